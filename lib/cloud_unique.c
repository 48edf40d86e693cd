#include <stdlib.h>

#include <sqlite3.h>

#include "cloud_int.h"

/* The compared form of a value's JSON text: 1, 0 when it is empty, -1. */
static int
form(struct seki_cloud_call *k, const struct seki_cloud_field *f,
    const char *text, size_t n, struct seki_cloud_value *v)
{
	struct seki_cloud_tree *t;
	int r;

	if (seki_cloud_draft_is_empty(text, n))
		return 0;
	if ((r = seki_cloud_tree_parse(&t, text, n, k->arena, k->err)) != 0 ||
	    t->kind != SEKI_J_STRING)
		return r == -1 ? -1 : 0;
	v->p = t->p;
	v->n = t->n;
	return seki_cloud_type_form(f, v, k->arena, k->err) == -1 ? -1 : 1;
}

int
seki_cloud_unique_find(struct seki_cloud_call *k,
    const struct seki_cloud_app *a, const struct seki_cloud_field *f,
    const char *text, size_t n, uint64_t *id)
{
	struct seki_cloud_value v;
	sqlite3_stmt *st;
	int r;

	*id = 0;
	if ((r = form(k, f, text, n, &v)) != 1)
		return r;
	r = seki_cloud_sql(k->db, &st, k->err,
	    "SELECT id FROM uniq WHERE app = ?1 AND field = ?2 AND value = ?3"
	    " ORDER BY id LIMIT 1",
	    "ist", a->id, f->code, v.p, v.n);
	if (r == 1) {
		*id = (uint64_t)sqlite3_column_int64(st, 0);
		(void)sqlite3_reset(st);
	}
	return r == -1 ? -1 : 0;
}

static int
any(const struct seki_cloud_app *a)
{
	for (size_t i = 0; i < a->nfield; i++)
		if (a->field[i].unique && !a->field[i].inner)
			return 1;
	return 0;
}

int
seki_cloud_unique_drop(
    struct seki_cloud_call *k, const struct seki_cloud_app *a, uint64_t id)
{
	if (!any(a))
		return 0;
	return seki_cloud_run(k->db, k->err,
		   "DELETE FROM uniq WHERE app = ?1 AND id = ?2", "ii", a->id,
		   id) == -1
		   ? -1
		   : 0;
}

int
seki_cloud_unique_add(struct seki_cloud_call *k, const struct seki_cloud_app *a,
    const struct seki_cloud_field *f, const char *text, size_t n, uint64_t id)
{
	struct seki_cloud_value v;
	int r;

	if ((r = form(k, f, text, n, &v)) != 1)
		return r;
	return seki_cloud_run(k->db, k->err,
		   "INSERT OR IGNORE INTO uniq(app, field, value, id)"
		   " VALUES(?1, ?2, ?3, ?4)",
		   "isti", a->id, f->code, v.p, v.n, id) == -1
		   ? -1
		   : 0;
}

/* One pass over the app's records. */
static int
fill(struct seki_cloud_call *k, const struct seki_cloud_app *a)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_cloud_value v;
	const char *json;
	uint64_t id;
	size_t n;
	int r;

	seki_cloud_db_scan(k->db, a->id, 0, SEKI_CLOUD_ID_MAX, 0);
	while ((r = seki_cloud_db_next(k->db, &id, &json, &n, k->err)) == 1) {
		seki_arena_reset(&arena);
		for (size_t i = 0; r == 1 && i < a->nfield; i++) {
			const struct seki_cloud_field *f = &a->field[i];

			if (!f->unique || f->inner)
				continue;
			if (seki_cloud_match_key(
				f, json, n, &arena, &v, k->err) == -1 ||
			    (v.n > 0 && seki_cloud_run(k->db, k->err,
					    "INSERT OR IGNORE INTO"
					    " uniq(app, field, value, id)"
					    " VALUES(?1, ?2, ?3, ?4)",
					    "isti", a->id, f->code, v.p, v.n,
					    id) == -1))
				r = -1;
		}
		if (r == -1)
			break;
	}
	seki_cloud_db_done(k->db);
	seki_arena_free(&arena);
	return r;
}

int
seki_cloud_unique_ready(
    struct seki_cloud_call *k, const struct seki_cloud_app *a)
{
	char name[40];
	uint64_t n;

	if (!any(a))
		return 0;
	(void)snprintf(name, sizeof(name), "unique %ju", (uintmax_t)a->id);
	if (seki_cloud_db_number_get(k->db, name, &n, k->err) == -1)
		return -1;
	if (n > 0)
		return 0;
	if (fill(k, a) == -1)
		return -1;
	return seki_cloud_db_number(k->db, name, 1, &n, k->err);
}
