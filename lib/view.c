#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/* A box is full when either is reached; one record may pass BYTES alone. */
#define RECORDS 64
#define BYTES ((size_t)256 * 1024)

struct box {
	struct seki_arena arena;
	struct seki_record rec[RECORDS];
	size_t n, bytes;
};

struct seki_view {
	const struct seki_schema *schema;
	struct seki_lane *lane;
	struct box *box[SEKI_LANE_BOXES], *now;
	struct seki_sheet_out *sheet; /* the thread's own until the end */
};

static int
copy_value(struct box *b, const struct seki_value *v, struct seki_value *to,
    struct seki_err *err)
{
	*to = *v;
	to->p = NULL;
	if (v->n == 0)
		return 0;
	b->bytes += v->n;
	to->p = seki_arena_copy(&b->arena, v->p, v->n, err);
	return to->p == NULL ? -1 : 0;
}

static struct seki_value *
values(
    struct box *b, const struct seki_value *v, size_t n, struct seki_err *err)
{
	struct seki_value *to;
	size_t i;

	b->bytes += n * sizeof(*to);
	if ((to = seki_arena_get(&b->arena, (n + 1) * sizeof(*to), err)) ==
	    NULL)
		return NULL;
	for (i = 0; i < n; i++)
		if (copy_value(b, &v[i], &to[i], err) == -1)
			return NULL;
	return to;
}

static int
copy_table(struct box *b, const struct seki_field *f,
    const struct seki_value *v, struct seki_value *to, struct seki_err *err)
{
	size_t i;

	to->row = NULL;
	if (v->nrow == 0)
		return 0;
	to->row = seki_arena_get(&b->arena, v->nrow * sizeof(*v->row), err);
	if (to->row == NULL)
		return -1;
	for (i = 0; i < v->nrow; i++)
		if (copy_value(b, &v->row[i].id, &to->row[i].id, err) == -1 ||
		    (to->row[i].v = values(b, v->row[i].v, f->nsub, err)) ==
			NULL)
			return -1;
	return 0;
}

static int
copy_record(const struct seki_schema *schema, struct box *b,
    const struct seki_record *rec, struct seki_err *err)
{
	struct seki_record *to = &b->rec[b->n];
	size_t i;

	*to = *rec;
	if (copy_value(b, &rec->key, &to->key, err) == -1 ||
	    copy_value(b, &rec->reasons, &to->reasons, err) == -1 ||
	    copy_value(b, &rec->deleted, &to->deleted, err) == -1)
		return -1;
	to->v = NULL;
	if (rec->kind == SEKI_RECORD_ROW) {
		if ((to->v = values(b, rec->v, schema->n, err)) == NULL)
			return -1;
		for (i = 0; i < schema->n; i++)
			if (schema->field[i].type == SEKI_T_SUBTABLE &&
			    copy_table(b, &schema->field[i], &rec->v[i],
				&to->v[i], err) == -1)
				return -1;
	}
	b->n++;
	return 0;
}

static int
take(void *ctx, void *arg, struct seki_err *err)
{
	struct seki_view *v = ctx;
	struct box *b = arg;
	size_t i;

	for (i = 0; i < b->n; i++)
		if (seki_sheet_put(v->sheet, &b->rec[i], err) == -1)
			return -1;
	return 0;
}

struct seki_view *
seki_view_new(const char *path, const struct seki_schema *schema,
    const char *spool, seki_time created, struct seki_err *err)
{
	struct seki_view *v = calloc(1, sizeof(*v));
	size_t i;

	if (v == NULL)
		goto nomem;
	v->schema = schema;
	for (i = 0; i < SEKI_LANE_BOXES; i++)
		if ((v->box[i] = calloc(1, sizeof(*v->box[i]))) == NULL)
			goto nomem;
	v->sheet = seki_sheet_create(path, schema, spool, created, err);
	if (v->sheet != NULL &&
	    (v->lane = seki_lane_new((void **)v->box, take, v, err)) != NULL)
		return v;
	seki_view_abort(v);
	return NULL;

nomem:
	(void)seki_err_nomem(err);
	seki_view_abort(v);
	return NULL;
}

int
seki_view_put(
    struct seki_view *v, const struct seki_record *rec, struct seki_err *err)
{
	if (v->now == NULL) {
		if ((v->now = seki_lane_get(v->lane, err)) == NULL)
			return -1;
		seki_arena_reset(&v->now->arena);
		v->now->n = v->now->bytes = 0;
	}
	if (copy_record(v->schema, v->now, rec, err) == -1)
		return -1;
	if (v->now->n == RECORDS || v->now->bytes >= BYTES) {
		seki_lane_send(v->lane, v->now);
		v->now = NULL;
	}
	return 0;
}

int
seki_view_end(
    struct seki_view *v, const struct seki_manifest *m, struct seki_err *err)
{
	struct seki_sheet_out *sheet;
	int r;

	if (v->now != NULL)
		seki_lane_send(v->lane, v->now);
	r = seki_lane_end(v->lane, err);
	v->lane = NULL;
	if (r == 0) {
		sheet = v->sheet;
		v->sheet = NULL;
		r = seki_sheet_end(sheet, m, err);
	}
	seki_view_abort(v);
	return r;
}

void
seki_view_abort(struct seki_view *v)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	size_t i;

	if (v == NULL)
		return;
	(void)seki_lane_end(v->lane, &ignored);
	seki_sheet_abort(v->sheet);
	for (i = 0; i < SEKI_LANE_BOXES; i++)
		if (v->box[i] != NULL) {
			seki_arena_free(&v->box[i]->arena);
			free(v->box[i]);
		}
	free(v);
}
