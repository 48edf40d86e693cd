#include <stdlib.h>
#include <string.h>

#include "sheet_out.h"

/* A front is longer only when a form has more columns than the limit. */
#define FRONT (SEKI_MIB / 2)
#define ROWS "<sheetData>"

/*
 * A workbook against the one that the records give: part by part, in the order
 * they are made, every byte of what they inflate to.
 */
struct same {
	int fd;
	struct seki_zip zip;
	size_t ended;
};
struct open_part {
	struct same *of;
	struct seki_in *in;
	char *buf; /* bytes at to n are not compared yet */
	size_t at, n;
	int fronted;
	struct seki_buf front; /* kept until the end */
};

static void
drop(void *arg)
{
	struct open_part *p = arg;

	seki_in_free(p->in);
	seki_buf_free(&p->front);
	free(p->buf);
	free(p);
}

static void *
begin(void *ctx, const char *name, int front, struct seki_err *err)
{
	struct same *s = ctx;
	const struct seki_zip_entry *e = seki_zip_find(&s->zip, name);
	struct open_part *p;

	if (e == NULL) {
		(void)seki_fail(err, SEKI_VIEW, _("%s is missing"), name);
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL || (p->buf = malloc(SEKI_CHUNK)) == NULL) {
		(void)seki_err_nomem(err);
		free(p);
		return NULL;
	}
	p->of = s;
	p->fronted = front;
	if ((p->in = seki_zip_in(s->fd, &e->place, name, err)) != NULL)
		return p;
	drop(p);
	return NULL;
}

static int
more(struct open_part *p, struct seki_err *err)
{
	ssize_t n = seki_in_read(p->in, p->buf, SEKI_CHUNK, err);

	p->at = 0;
	p->n = n > 0 ? (size_t)n : 0;
	return n > 0 ? 1 : (int)n;
}

/* The front follows from the rows behind it: 0, 1 when there is none, -1. */
static int
take_front(struct open_part *p, struct seki_err *err)
{
	const char *rows;
	size_t n;
	int r;

	for (;;) {
		if ((r = more(p, err)) != 1)
			return r == -1 ? -1 : 1;
		n = p->front.n;
		if (n > FRONT)
			return 1;
		if (seki_buf_add(&p->front, p->buf, p->n, err) == -1)
			return -1;
		rows = memmem(p->front.p, p->front.n, ROWS, strlen(ROWS));
		if (rows == NULL)
			continue;
		p->at = (size_t)(rows - p->front.p) + strlen(ROWS) - n;
		p->front.n = n + p->at;
		return 0;
	}
}

static int
compare(struct seki_parts *parts, struct open_part *p, const char *s, size_t n,
    struct seki_err *err)
{
	size_t k, done = 0;
	int r;

	while (done < n) {
		if (p->at == p->n && (r = more(p, err)) != 1) {
			parts->at = done;
			return r == -1 ? -1 : 1;
		}
		k = p->n - p->at < n - done ? p->n - p->at : n - done;
		if (memcmp(p->buf + p->at, s + done, k) != 0) {
			for (k = 0; p->buf[p->at + k] == s[done + k]; k++)
				;
			parts->at = done + k;
			return 1;
		}
		p->at += k;
		done += k;
	}
	return 0;
}

static int
put(struct seki_parts *parts, void *arg, const char *s, size_t n,
    struct seki_err *err)
{
	struct open_part *p = arg;
	int r;

	parts->at = 0;
	if (p->fronted && p->front.n == 0 && (r = take_front(p, err)) != 0)
		return r;
	return compare(parts, p, s, n, err);
}

static int
end(struct seki_parts *parts, void *arg, const char *front, size_t n,
    struct seki_err *err)
{
	struct open_part *p = arg;
	int r = 0;

	(void)parts;
	if (p->front.n != n || (n > 0 && memcmp(p->front.p, front, n) != 0))
		r = 1;
	else if (p->at != p->n)
		r = 1;
	else
		r = more(p, err);
	p->of->ended++;
	drop(p);
	return r;
}

static int
finish(void *ctx, struct seki_err *err)
{
	struct same *s = ctx;

	(void)err;
	return s->ended == s->zip.n ? 0 : 1;
}

static void
same_free(void *ctx)
{
	struct same *s = ctx;

	seki_zip_release(&s->zip);
	free(s);
}

int
seki_parts_same(struct seki_parts *parts, int fd, uint64_t offset,
    uint64_t length, struct seki_err *err)
{
	static const struct seki_parts_ops ops = { begin, put, end, drop,
		finish, same_free };
	struct same *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return seki_err_nomem(err);
	s->fd = fd;
	if (seki_zip_open(fd, offset, length, SEKI_ZIP_BOOK, &s->zip, err) ==
	    -1) {
		free(s);
		return -1;
	}
	*parts = (struct seki_parts){ .ops = &ops, .ctx = s };
	return 0;
}
