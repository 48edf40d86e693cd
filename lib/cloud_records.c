#include <stdlib.h>

#include "cloud_int.h"

/* A record that matches, when others than the order of ids is asked for. */
struct hit {
	uint64_t id;
	struct seki_cloud_value key[SEKI_CLOUD_ORDER_MAX];
};
struct hits {
	struct hit *v;
	size_t n, size;
	struct seki_arena keys;
};

static int
hidden(const struct seki_cloud_app *app, const char *code, size_t n)
{
	for (size_t i = 0; i < app->nhide; i++)
		if (strlen(app->hide[i]) == n &&
		    memcmp(app->hide[i], code, n) == 0)
			return 1;
	return 0;
}

static int
wanted(const struct seki_cloud_app *app, const struct seki_cloud_param *param,
    const char *code, size_t n)
{
	if (hidden(app, code, n))
		return 0;
	if (!param->fields)
		return 1;
	for (size_t i = 0; i < param->nfield; i++)
		if (param->field[i].n == n &&
		    memcmp(param->field[i].p, code, n) == 0)
			return 1;
	return 0;
}

/* The record with the members that are asked for, each as it is stored. */
static int
choose(const struct seki_cloud_app *app, const struct seki_cloud_param *param,
    const char *json, size_t n, struct seki_arena *arena, struct seki_buf *b,
    struct seki_err *err)
{
	struct seki_json j;
	enum seki_json_tok t;
	const char *code, *sep = "{";
	size_t len;

	seki_json_init(&j, json, n);
	if (seki_json_next(&j) != SEKI_J_OBJECT)
		goto bad;
	while ((t = seki_json_next(&j)) == SEKI_J_KEY) {
		const char *from = json + seki_json_at(&j);

		if (seki_json_text(&j, arena, &code, &len, err) == -1)
			return -1;
		if (seki_json_skip(&j, seki_json_next(&j)) == -1)
			goto bad;
		if (!wanted(app, param, code, len))
			continue;
		if (seki_buf_str(b, sep, err) == -1 ||
		    seki_buf_add(b, from, (size_t)(j.p - from), err) == -1)
			return -1;
		sep = ",";
	}
	if (t != SEKI_J_OBJECT_END)
		goto bad;
	return seki_buf_str(b, *sep == '{' ? "{}" : "}", err);
bad:
	return seki_json_fail(&j, SEKI_BUG, "stored record", err);
}

static int
put(const struct seki_cloud_app *app, const struct seki_cloud_param *param,
    const char *json, size_t n, struct seki_arena *arena, struct seki_buf *b,
    struct seki_err *err)
{
	if (b->p[b->n - 1] != '[' && b->p[b->n - 1] != ':' &&
	    seki_buf_byte(b, ',', err) == -1)
		return -1;
	if (!param->fields && app->nhide == 0)
		return seki_buf_add(b, json, n, err);
	return choose(app, param, json, n, arena, b, err);
}

/* Ids in their own order: one pass that stops with the page, unless all that
 * match must be counted. */
static int
in_order(struct seki_cloud_db *db, const struct seki_cloud_app *app,
    const struct seki_cloud_param *param, const struct seki_cloud_query *q,
    uint64_t *total, struct seki_buf *b, struct seki_err *err)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	uint64_t id, seen = 0;
	const char *json;
	size_t n;
	int r = 0;

	seki_cloud_db_scan(
	    db, app->id, q->lo, q->hi, q->norder == 0 || q->order[0].desc);
	while ((seen < q->offset + q->limit || (param->total && q->cond)) &&
	       (r = seki_cloud_db_next(db, &id, &json, &n, err)) == 1) {
		seki_arena_reset(&arena);
		r = seki_cloud_match(q->cond, json, n, &arena, err);
		if (r == 1 && seen >= q->offset && seen < q->offset + q->limit)
			r = put(app, param, json, n, &arena, b, err) == -1 ? -1
									   : 1;
		if (r == -1)
			break;
		seen += (uint64_t)r;
		r = 0;
	}
	seki_cloud_db_done(db);
	seki_arena_free(&arena);
	*total = seen;
	if (r == 0 && param->total && q->cond == NULL)
		return seki_cloud_db_count(
		    db, app->id, q->lo, q->hi, total, err);
	return r;
}

static int
add(struct hits *h, uint64_t id, const struct seki_cloud_query *q,
    const char *json, size_t n, struct seki_arena *arena, struct seki_err *err)
{
	struct seki_cloud_value *v;
	struct hit *more;

	if (h->n == h->size) {
		size_t size = h->size * 2 + 64;

		if ((more = reallocarray(h->v, size, sizeof(*more))) == NULL)
			return seki_err_nomem(err);
		h->v = more;
		h->size = size;
	}
	h->v[h->n].id = id;
	for (size_t i = 0; i < q->norder; i++) {
		v = &h->v[h->n].key[i];
		if (seki_cloud_match_key(
			q->order[i].field, json, n, arena, v, err) == -1)
			return -1;
		if (v->n > 0 &&
		    (v->p = seki_arena_copy(&h->keys, v->p, v->n, err)) == NULL)
			return -1;
	}
	h->n++;
	return 0;
}

static int
compare(const void *a, const void *b, void *ctx)
{
	const struct seki_cloud_query *q = ctx;
	const struct hit *x = a, *y = b;
	int r;

	for (size_t i = 0; i < q->norder; i++) {
		r = seki_cloud_type_cmp(
		    q->order[i].field, &x->key[i], &y->key[i]);
		if (r != 0)
			return q->order[i].desc ? -r : r;
	}
	return x->id < y->id ? 1 : x->id > y->id ? -1 : 0;
}

static int
gather(struct seki_cloud_db *db, uint64_t app, const struct seki_cloud_query *q,
    struct hits *h, struct seki_err *err)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	const char *json;
	uint64_t id;
	size_t n;
	int r;

	seki_cloud_db_scan(db, app, q->lo, q->hi, 0);
	while ((r = seki_cloud_db_next(db, &id, &json, &n, err)) == 1) {
		seki_arena_reset(&arena);
		r = seki_cloud_match(q->cond, json, n, &arena, err);
		if (r == -1 ||
		    (r == 1 && add(h, id, q, json, n, &arena, err) == -1)) {
			r = -1;
			break;
		}
	}
	seki_cloud_db_done(db);
	seki_arena_free(&arena);
	return r;
}

static int
sorted(struct seki_cloud_db *db, const struct seki_cloud_app *app,
    const struct seki_cloud_param *param, struct seki_cloud_query *q,
    uint64_t *total, struct seki_buf *b, struct seki_err *err)
{
	struct hits h = { .keys = SEKI_ARENA_INIT };
	struct seki_arena arena = SEKI_ARENA_INIT;
	const char *json;
	size_t n;
	int r;

	if ((r = gather(db, app->id, q, &h, err)) == 0 && h.n > 1)
		qsort_r(h.v, h.n, sizeof(*h.v), compare, q);
	*total = h.n;
	for (size_t i = q->offset;
	     r == 0 && i < h.n && i < q->offset + q->limit; i++) {
		seki_arena_reset(&arena);
		r = seki_cloud_db_one(db, app->id, h.v[i].id, &json, &n, err);
		/* 0: deleted since it was found */
		if (r == 1)
			r = put(app, param, json, n, &arena, b, err);
	}
	seki_cloud_db_done(db);
	seki_arena_free(&arena);
	seki_arena_free(&h.keys);
	free(h.v);
	return r;
}

int
seki_cloud_records(struct seki_cloud_db *db, const struct seki_cloud_app *app,
    const struct seki_cloud_param *param, struct seki_buf *b,
    struct seki_cloud_fault *fault, struct seki_err *err)
{
	struct seki_cloud_query q;
	uint64_t total = 0;
	int r;

	r = seki_cloud_query_parse(&q, param->query.n > 0 ? param->query.p : "",
	    param->query.n, app, fault, err);
	if (r == 0)
		r = seki_buf_str(b, "{\"records\":[", err);
	if (r == 0 &&
	    (q.norder == 0 ||
		(q.norder == 1 && q.order[0].field->type == SEKI_T_ID)))
		r = in_order(db, app, param, &q, &total, b, err);
	else if (r == 0)
		r = sorted(db, app, param, &q, &total, b, err);
	if (r == 0)
		r = seki_buf_str(b, "],\"totalCount\":", err);
	if (r == 0)
		r = param->total
			? seki_buf_fmt(b, err, "\"%ju\"}", (uintmax_t)total)
			: seki_buf_str(b, "null}", err);
	seki_cloud_query_free(&q);
	return r;
}

int
seki_cloud_records_one(struct seki_cloud_db *db,
    const struct seki_cloud_app *app, const struct seki_cloud_param *param,
    struct seki_buf *b, struct seki_cloud_fault *fault, struct seki_err *err)
{
	struct seki_cloud_param all = { .id = param->id };
	struct seki_arena arena = SEKI_ARENA_INIT;
	const char *json;
	char text[24];
	size_t n;
	int r;

	(void)snprintf(text, sizeof(text), "%ju", (uintmax_t)param->id);
	if ((r = seki_cloud_db_one(db, app->id, param->id, &json, &n, err)) ==
	    0)
		r = seki_cloud_refuse(
		    fault, SEKI_CLOUD_GAIA_RE01, text, strlen(text));
	else if (r == 1)
		r = seki_buf_str(b, "{\"record\":", err) == -1 ||
			    put(app, &all, json, n, &arena, b, err) == -1 ||
			    seki_buf_str(b, "}", err) == -1
			? -1
			: 0;
	seki_cloud_db_done(db);
	seki_arena_free(&arena);
	return r;
}
