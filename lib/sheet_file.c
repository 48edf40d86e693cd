#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sheet_out.h"

/* The parts of a workbook on their way into a file. */
struct made {
	char *name;
	struct seki_part part;
};
struct file {
	int fd; /* borrowed */
	struct seki_press *press;
	const char *spool;
	struct made *made;
	size_t n;
};
struct open_part {
	struct file *of;
	char *name;
	struct seki_squeeze *squeeze;
};

static void
drop(void *arg)
{
	struct open_part *p = arg;

	seki_squeeze_abort(p->squeeze);
	free(p->name);
	free(p);
}

static void *
begin(void *ctx, const char *name, int front, struct seki_err *err)
{
	struct file *f = ctx;
	struct open_part *p = calloc(1, sizeof(*p));

	(void)front;
	if (p == NULL || (p->name = strdup(name)) == NULL) {
		(void)seki_err_nomem(err);
		free(p);
		return NULL;
	}
	p->of = f;
	p->squeeze = seki_squeeze_new(f->press, f->spool, err);
	if (p->squeeze != NULL)
		return p;
	drop(p);
	return NULL;
}

static int
put(struct seki_parts *parts, void *arg, const char *s, size_t n,
    struct seki_err *err)
{
	struct open_part *p = arg;

	(void)parts;
	return seki_squeeze_write(p->squeeze, s, n, err);
}

static int
end(struct seki_parts *parts, void *arg, const char *front, size_t n,
    struct seki_err *err)
{
	struct open_part *p = arg;
	struct file *f = p->of;
	struct seki_squeeze *s = p->squeeze;
	struct made *m = reallocarray(f->made, f->n + 1, sizeof(*m));
	int r = -1;

	(void)parts;
	if (m == NULL)
		(void)seki_err_nomem(err);
	else {
		f->made = m;
		p->squeeze = NULL;
		r = seki_squeeze_end(s, front, n, &m[f->n].part, err);
		if (r == 0) {
			m[f->n++].name = p->name;
			p->name = NULL;
		}
	}
	drop(p);
	return r;
}

static int
is_types(const struct made *m)
{
	return strcmp(m->name, "[Content_Types].xml") == 0;
}

/* Where a workbook's readers look first stands first. */
static int
finish(void *ctx, struct seki_err *err)
{
	struct file *f = ctx;
	struct seki_out *out = seki_out_fd(f->fd, _("the workbook"), err);
	struct seki_zipout *z = out == NULL ? NULL : seki_zipout_new(out, err);
	unsigned char sha256[SEKI_SHA256];
	uint64_t size;
	size_t i, pass;
	int r = z == NULL ? -1 : 0;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < f->n && r == 0; i++)
			if (is_types(&f->made[i]) == (pass == 0))
				r = seki_zipout_part(
				    z, f->made[i].name, &f->made[i].part, err);
	if (r == 0)
		r = seki_zipout_end(z, &size, sha256, err);
	seki_zipout_free(z);
	if (r == 0)
		return seki_out_commit(out, err);
	seki_out_abort(out);
	return -1;
}

static void
file_free(void *ctx)
{
	struct file *f = ctx;

	while (f->n > 0) {
		f->n--;
		free(f->made[f->n].name);
		(void)close(f->made[f->n].part.fd);
	}
	free(f->made);
	free(f);
}

int
seki_parts_file(struct seki_parts *parts, int fd, struct seki_press *press,
    const char *spool, struct seki_err *err)
{
	static const struct seki_parts_ops ops = { begin, put, end, drop,
		finish, file_free };
	struct file *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return seki_err_nomem(err);
	f->fd = fd;
	f->press = press;
	f->spool = spool;
	*parts = (struct seki_parts){ .ops = &ops, .ctx = f };
	return 0;
}
