#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "rowfile.h"

#define END UINT32_MAX

struct seki_rowfile {
	FILE *f;
	uint64_t rows;
	struct seki_rowcell *cell;
	size_t n, size;
	struct seki_buf text; /* of the row that is read */
};

struct seki_rowfile *
seki_rowfile_new(const char *spool, struct seki_err *err)
{
	struct seki_rowfile *r = calloc(1, sizeof(*r));
	int fd = r == NULL ? -1 : seki_dir_spool(spool, err);

	if (fd != -1 && (r->f = fdopen(fd, "w+")) != NULL)
		return r;
	if (fd != -1)
		(void)close(fd);
	if (fd != -1 || r == NULL)
		(void)seki_err_nomem(err);
	free(r);
	return NULL;
}

static int
number(struct seki_rowfile *r, uint32_t v, struct seki_err *err)
{
	return fwrite(&v, sizeof(v), 1, r->f) == 1
		   ? 0
		   : seki_err_errno(err, _("temporary file"));
}

int
seki_rowfile_put(struct seki_rowfile *r, uint32_t tag, const char *s, size_t n,
    struct seki_err *err)
{
	if (number(r, tag, err) == -1 || number(r, (uint32_t)n, err) == -1)
		return -1;
	return fwrite(s, 1, n, r->f) == n
		   ? 0
		   : seki_err_errno(err, _("temporary file"));
}

int
seki_rowfile_end(struct seki_rowfile *r, struct seki_err *err)
{
	r->rows++;
	return number(r, END, err);
}

int
seki_rowfile_rewind(struct seki_rowfile *r, struct seki_err *err)
{
	return fflush(r->f) == 0 && fseek(r->f, 0, SEEK_SET) == 0
		   ? 0
		   : seki_err_errno(err, _("temporary file"));
}

static int
add(struct seki_rowfile *r, uint32_t tag, uint32_t n, struct seki_err *err)
{
	size_t size = r->size == 0 ? 16 : 2 * r->size;
	struct seki_rowcell *grown;

	if (r->n == r->size) {
		grown = reallocarray(r->cell, size, sizeof(*grown));
		if (grown == NULL)
			return seki_err_nomem(err);
		r->cell = grown;
		r->size = size;
	}
	if (seki_buf_room(&r->text, (size_t)n + 1, err) == -1)
		return -1;
	if (fread(r->text.p + r->text.n, 1, n, r->f) != n)
		return seki_err_errno(err, _("temporary file"));
	r->cell[r->n++] = (struct seki_rowcell){ .tag = tag, .n = n };
	r->text.n += n;
	r->text.p[r->text.n++] = '\0';
	return 0;
}

/* The buffer moves while it grows: the texts are known at the row's end. */
static void
settle(struct seki_rowfile *r)
{
	const char *p = r->text.p;
	size_t i;

	for (i = 0; i < r->n; i++) {
		r->cell[i].p = p;
		p += r->cell[i].n + 1;
	}
}

int
seki_rowfile_next(struct seki_rowfile *r, const struct seki_rowcell **cell,
    size_t *n, struct seki_err *err)
{
	uint32_t tag, len;

	r->n = 0;
	seki_buf_reset(&r->text);
	if (fread(&tag, sizeof(tag), 1, r->f) != 1)
		return ferror(r->f) ? seki_err_errno(err, _("temporary file"))
				    : 0;
	while (tag != END) {
		if (fread(&len, sizeof(len), 1, r->f) != 1)
			return seki_err_errno(err, _("temporary file"));
		if (add(r, tag, len, err) == -1)
			return -1;
		if (fread(&tag, sizeof(tag), 1, r->f) != 1)
			return seki_err_errno(err, _("temporary file"));
	}
	settle(r);
	*cell = r->cell;
	*n = r->n;
	return 1;
}

uint64_t
seki_rowfile_rows(const struct seki_rowfile *r)
{
	return r->rows;
}

void
seki_rowfile_free(struct seki_rowfile *r)
{
	if (r == NULL)
		return;
	(void)fclose(r->f);
	free(r->cell);
	seki_buf_free(&r->text);
	free(r);
}
