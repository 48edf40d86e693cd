#include <stdlib.h>
#include <string.h>

#include "sheet_out.h"

/* Records whose texts decide the columns' widths. */
#define SAMPLE 200

/*
 * Shared strings pass through more programs unharmed than inline ones, but
 * must be kept in memory.  So the first records wait until it is known whether
 * there are many.
 */
struct seki_sheet_out {
	const struct seki_schema *schema;
	struct seki_layout *layout;
	struct seki_book *book; /* NULL while records are kept */
	char *path, *tmpdir;
	seki_time created;
	struct seki_arena arena;
	struct seki_record **kept;
	size_t nkept, size;
	uint64_t cells, bytes;
};

struct seki_sheet_out *
seki_sheet_create(const char *path, const struct seki_schema *schema,
    const char *tmpdir, seki_time created, struct seki_err *err)
{
	struct seki_sheet_out *o = calloc(1, sizeof(*o));

	if (o == NULL || (o->path = strdup(path)) == NULL ||
	    (tmpdir != NULL && (o->tmpdir = strdup(tmpdir)) == NULL)) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	o->schema = schema;
	o->created = created;
	if ((o->layout = seki_layout_new(schema, err)) != NULL)
		return o;

fail:
	seki_sheet_abort(o);
	return NULL;
}

void
seki_sheet_abort(struct seki_sheet_out *o)
{
	if (o == NULL)
		return;
	seki_book_abort(o->book);
	seki_layout_free(o->layout);
	seki_arena_free(&o->arena);
	free(o->kept);
	free(o->path);
	free(o->tmpdir);
	free(o);
}

static int
keep_value(struct seki_sheet_out *o, struct seki_value *to,
    const struct seki_value *from, struct seki_err *err)
{
	*to = *from;
	to->nrow = 0;
	to->row = NULL;
	if (!from->set || from->n == 0)
		return 0;
	o->cells++;
	o->bytes += from->n;
	to->p = seki_arena_copy(&o->arena, from->p, from->n, err);
	return to->p == NULL ? -1 : 0;
}

static int
keep_rows(struct seki_sheet_out *o, const struct seki_field *f,
    struct seki_value *to, const struct seki_value *from, struct seki_err *err)
{
	struct seki_value *v;
	size_t i, k;

	if (from->nrow == 0)
		return 0;
	to->nrow = from->nrow;
	to->row = seki_arena_get(&o->arena, from->nrow * sizeof(*to->row), err);
	if (to->row == NULL)
		return -1;
	for (i = 0; i < from->nrow; i++) {
		v = seki_arena_get(&o->arena, (f->nsub + 1) * sizeof(*v), err);
		if (v == NULL ||
		    keep_value(o, &to->row[i].id, &from->row[i].id, err) == -1)
			return -1;
		to->row[i].v = v;
		for (k = 0; k < f->nsub; k++)
			if (keep_value(o, &v[k], &from->row[i].v[k], err) == -1)
				return -1;
		o->bytes += f->nsub * sizeof(*v);
	}
	return 0;
}

static struct seki_record *
copy(
    struct seki_sheet_out *o, const struct seki_record *r, struct seki_err *err)
{
	const struct seki_schema *s = o->schema;
	struct seki_record *to = seki_arena_get(&o->arena, sizeof(*to), err);
	size_t i;

	if (to == NULL)
		return NULL;
	memset(to, 0, sizeof(*to));
	to->kind = r->kind;
	if (keep_value(o, &to->key, &r->key, err) == -1)
		return NULL;
	if (r->kind != SEKI_RECORD_ROW)
		return to;
	to->v = seki_arena_get(&o->arena, s->n * sizeof(*to->v), err);
	if (to->v == NULL)
		return NULL;
	o->bytes += s->n * sizeof(*to->v);
	for (i = 0; i < s->n; i++)
		if (keep_value(o, &to->v[i], &r->v[i], err) == -1 ||
		    keep_rows(o, &s->field[i], &to->v[i], &r->v[i], err) == -1)
			return NULL;
	return to;
}

static int
keep(
    struct seki_sheet_out *o, const struct seki_record *r, struct seki_err *err)
{
	struct seki_record **p;
	size_t size;

	if (o->nkept == o->size) {
		size = o->size == 0 ? 256 : o->size * 2;
		if ((p = reallocarray(o->kept, size, sizeof(*p))) == NULL)
			return seki_err_nomem(err);
		o->kept = p;
		o->size = size;
	}
	if ((o->kept[o->nkept] = copy(o, r, err)) == NULL)
		return -1;
	o->nkept++;
	return 0;
}

/* The workbook begins, with the records that waited. */
static int
begin(struct seki_sheet_out *o, int constant, struct seki_err *err)
{
	size_t i;

	o->book = seki_book_new(
	    o->layout, o->path, o->tmpdir, constant, o->created, err);
	if (o->book == NULL)
		return -1;
	for (i = 0; i < o->nkept && i < SAMPLE; i++)
		seki_book_measure(o->book, o->kept[i]);
	for (i = 0; i < o->nkept; i++)
		if (seki_book_put(o->book, o->kept[i], err) == -1)
			return -1;
	seki_arena_free(&o->arena);
	free(o->kept);
	o->kept = NULL;
	o->nkept = 0;
	return 0;
}

int
seki_sheet_put(
    struct seki_sheet_out *o, const struct seki_record *r, struct seki_err *err)
{
	if (o->book == NULL && o->cells <= SEKI_SHEET_CELLS &&
	    o->bytes <= SEKI_SHEET_KEEP)
		return keep(o, r, err);
	if (o->book == NULL && begin(o, 1, err) == -1)
		return -1;
	return seki_book_put(o->book, r, err);
}

int
seki_sheet_end(struct seki_sheet_out *o, const struct seki_manifest *m,
    struct seki_err *err)
{
	int r = 0;

	if (o->book == NULL)
		r = begin(o,
		    o->cells > SEKI_SHEET_CELLS || o->bytes > SEKI_SHEET_KEEP,
		    err);
	if (r == 0) {
		r = seki_book_close(o->book, m, err);
		o->book = NULL;
	}
	seki_sheet_abort(o);
	return r;
}
