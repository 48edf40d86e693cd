#include <string.h>

#include "store_int.h"

/*
 * The history of a stream: versions that are current no longer, whole, as the
 * JSON objects of the record stream, so that no later change of the form can
 * make them unreadable.
 */
static int
keep(struct seki_arena *a, struct seki_value *v, struct seki_err *err)
{
	if (!v->set)
		return 0;
	v->p = seki_arena_copy(a, v->p, v->n, err);
	return v->p == NULL ? -1 : 0;
}

static int
one_row(sqlite3_stmt *st, const struct seki_store_table *t,
    struct seki_arena *a, struct seki_row *row, struct seki_err *err)
{
	size_t i;

	memset(row, 0, sizeof(*row));
	row->v = seki_arena_get(a, (t->n + 1) * sizeof(*row->v), err);
	if (row->v == NULL ||
	    seki_store_read_values(st, 1, t, row->v, err) == -1)
		return -1;
	for (i = 0; i < t->n; i++)
		if (keep(a, &row->v[i], err) == -1)
			return -1;
	row->id.set = sqlite3_column_type(st, 0) != SQLITE_NULL;
	row->id.p = (const char *)sqlite3_column_text(st, 0);
	row->id.n = (size_t)sqlite3_column_bytes(st, 0);
	return keep(a, &row->id, err);
}

static int
rows(struct seki_store_sql *w, size_t t, const char *key, size_t n,
    struct seki_arena *a, struct seki_value *v, struct seki_err *err)
{
	sqlite3_stmt *st = w->table[t].select;
	struct seki_row *grown;
	size_t size = 0;
	int r;

	memset(v, 0, sizeof(*v));
	seki_store_sql_key(w, st, key, n);
	while ((r = seki_store_step(w->db, st, err)) == 1) {
		if (v->nrow == size) {
			size = size == 0 ? 8 : 2 * size;
			grown = seki_arena_get(a, size * sizeof(*grown), err);
			if (grown == NULL)
				break;
			if (v->nrow > 0)
				memcpy(grown, v->row, v->nrow * sizeof(*grown));
			v->row = grown;
		}
		if (one_row(st, &w->form->table[1 + t], a, &v->row[v->nrow],
			err) == -1)
			break;
		v->nrow++;
	}
	(void)sqlite3_reset(st);
	v->set = v->nrow > 0;
	return r == 0 ? 0 : -1;
}

static int
insert(struct seki_store_sql *w, const struct seki_record *rec,
    const struct seki_buf *json, struct seki_err *err)
{
	const char *from = (const char *)sqlite3_column_text(w->select, 0);
	sqlite3_stmt *st = w->history;
	int r;

	seki_store_sql_key(w, st, rec->key.p, rec->key.n);
	(void)sqlite3_bind_text(
	    st, 4, from == NULL ? "" : from, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 5, sqlite3_column_int64(w->select, 1));
	(void)sqlite3_bind_blob(
	    st, 6, w->form->schema->digest, SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_value(st, 7, sqlite3_column_value(w->select, 2));
	(void)sqlite3_bind_text64(
	    st, 8, json->p, json->n, SQLITE_STATIC, SQLITE_UTF8);
	r = seki_store_sql_run(w, st, rec->key.p, rec->key.n, err);
	(void)sqlite3_clear_bindings(st);
	return r;
}

int
seki_store_past(
    struct seki_store_sql *w, const char *key, size_t n, struct seki_err *err)
{
	const struct seki_schema *s = w->form->schema;
	struct seki_arena a = SEKI_ARENA_INIT;
	struct seki_buf json = SEKI_BUF_INIT;
	struct seki_record rec = { .kind = SEKI_RECORD_ROW,
		.key = { .p = key, .n = n, .set = 1 } };
	size_t i;
	int r = -1;

	rec.v = seki_arena_get(&a, s->n * sizeof(*rec.v), err);
	seki_store_sql_key(w, w->select, key, n);
	if (rec.v != NULL && (r = seki_store_step(w->db, w->select, err)) == 1)
		r = seki_store_read_values(
		    w->select, 3, &w->form->table[0], rec.v, err);
	for (i = 0; r == 0 && i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE)
			r = rows(
			    w, s->field[i].table, key, n, &a, &rec.v[i], err);
	if (r == 0 && (r = seki_record_format(s, &rec, &json, err)) == 0)
		r = insert(w, &rec, &json, err);
	(void)sqlite3_reset(w->select);
	seki_arena_free(&a);
	seki_buf_free(&json);
	return r;
}
