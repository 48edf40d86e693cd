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
	if (param->fields == NULL)
		return 1;
	for (const struct seki_cloud_tree *f = param->fields->child; f != NULL;
	     f = f->next)
		if (f->n == n && memcmp(f->p, code, n) == 0)
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
	if (param->fields == NULL && app->nhide == 0)
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
seki_cloud_records(struct seki_cloud_call *k)
{
	struct seki_cloud_param param;
	struct seki_cloud_query q;
	uint64_t total = 0;
	int r;

	if (seki_cloud_param_read(&param, k->args, k->fault) == -1)
		return -1;
	r = seki_cloud_query_parse(&q, param.query, param.nquery, k);
	if (r == 0)
		r = seki_buf_str(k->b, "{\"records\":[", k->err);
	if (r == 0 &&
	    (q.norder == 0 ||
		(q.norder == 1 && q.order[0].field->type == SEKI_T_ID)))
		r = in_order(k->db, k->app, &param, &q, &total, k->b, k->err);
	else if (r == 0)
		r = sorted(k->db, k->app, &param, &q, &total, k->b, k->err);
	if (r == 0)
		r = seki_buf_str(k->b, "],\"totalCount\":", k->err);
	if (r == 0)
		r = param.total ? seki_buf_fmt(k->b, k->err, "\"%ju\"}",
				      (uintmax_t)total)
				: seki_buf_str(k->b, "null}", k->err);
	seki_cloud_query_free(&q);
	return r;
}

int
seki_cloud_records_find(struct seki_cloud_call *k, struct seki_cloud_query *q,
    uint64_t **id, size_t *n)
{
	struct hits h = { .keys = SEKI_ARENA_INIT };
	int r;

	*id = NULL;
	if ((r = gather(k->db, k->app->id, q, &h, k->err)) == 0 && h.n > 1)
		qsort_r(h.v, h.n, sizeof(*h.v), compare, q);
	if (r == 0 && (*id = calloc(h.n + 1, sizeof(**id))) == NULL)
		r = seki_err_nomem(k->err);
	*n = h.n;
	for (size_t i = 0; r == 0 && i < h.n; i++)
		(*id)[i] = h.v[i].id;
	seki_arena_free(&h.keys);
	free(h.v);
	return r;
}

int
seki_cloud_records_list(struct seki_cloud_call *k,
    const struct seki_cloud_param *param, const uint64_t *id, size_t n)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	const char *json;
	size_t len;
	int r = 0;

	for (size_t i = 0; r != -1 && i < n; i++) {
		seki_arena_reset(&arena);
		r = seki_cloud_db_one(
		    k->db, k->app->id, id[i], &json, &len, k->err);
		/* 0: deleted meanwhile */
		if (r == 1)
			r = put(k->app, param, json, len, &arena, k->b, k->err);
	}
	seki_cloud_db_done(k->db);
	seki_arena_free(&arena);
	return r == -1 ? -1 : 0;
}

int
seki_cloud_records_missing(struct seki_cloud_call *k, uint64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%ju", (uintmax_t)id);
	return seki_cloud_refuse(
	    k->fault, SEKI_CLOUD_GAIA_RE01, text, strlen(text));
}

int
seki_cloud_records_one(struct seki_cloud_call *k)
{
	struct seki_cloud_param all = { .query = "" };
	struct seki_arena arena = SEKI_ARENA_INIT;
	const char *json;
	uint64_t id;
	size_t n;
	int r;

	if (seki_cloud_param_id(k->args, "id", &id, k->fault) == -1)
		return -1;
	if (id == 0)
		return seki_cloud_invalid(
		    k->fault, "id", SEKI_CLOUD_REQUIRED, NULL, 0);
	r = seki_cloud_db_one(k->db, k->app->id, id, &json, &n, k->err);
	if (r == 0)
		r = seki_cloud_records_missing(k, id);
	else if (r == 1)
		r = seki_buf_str(k->b, "{\"record\":", k->err) == -1 ||
			    put(k->app, &all, json, n, &arena, k->b, k->err) ==
				-1 ||
			    seki_buf_str(k->b, "}", k->err) == -1
			? -1
			: 0;
	seki_cloud_db_done(k->db);
	seki_arena_free(&arena);
	return r;
}
