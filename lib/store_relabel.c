#include <string.h>

#include "store_int.h"

/*
 * The form became another one.  The schema's digest is part of every leaf, so
 * each row is read, held against its old leaf, and given the one it has in the
 * new form.  A version that holds a value which has no place there goes to the
 * history as it is.
 */
struct leaf {
	sqlite3 *db;
	const struct seki_store_form *form;
	const struct seki_store_map *map;
	struct seki_canon *canon; /* of the new form */
	struct seki_arena arena;
	struct seki_store_sql *sql;	       /* of the old one */
	sqlite3_stmt *st[1 + SEKI_FIELDS_MAX]; /* by the old tables */
	int64_t bundle;
	uint64_t kept;
};

static int
prepare(struct leaf *l, struct seki_err *err)
{
	const struct seki_store_table *t = &l->form->table[0];
	size_t i;

	/* What loses a value is this bundle's version from now on. */
	if (seki_store_prepare(l->db, &l->st[0], err,
		"UPDATE %s SET seki_leaf = ?1,"
		" seki_bundle = coalesce(?5, seki_bundle)"
		" WHERE seki_source = ?2 AND seki_len = ?3 AND %s = ?4",
		t->name, t->col[t->key].name) == -1)
		return -1;
	for (i = 1; i <= l->form->schema->tables; i++)
		if (seki_store_prepare(l->db, &l->st[i], err,
			"UPDATE %s SET seki_leaf = ?1 WHERE seki_source = ?2"
			" AND seki_len = ?3 AND seki_key = ?4"
			" AND seki_ordinal = ?5",
			l->form->table[i].name) == -1)
			return -1;
	return 0;
}

/* last: the ordinal of a row, the bundle of a record, or 0 for none. */
static int
set(struct leaf *l, size_t which, const struct seki_value *key, int64_t last,
    struct seki_err *err)
{
	sqlite3_stmt *st = l->st[which];
	int r;

	(void)sqlite3_bind_blob(
	    st, 1, seki_canon_leaf(l->canon), SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 2, l->form->source);
	(void)sqlite3_bind_int64(st, 3, (sqlite3_int64)key->n);
	(void)sqlite3_bind_text64(
	    st, 4, key->p, key->n, SQLITE_STATIC, SQLITE_UTF8);
	if (last > 0)
		(void)sqlite3_bind_int64(st, 5, last);
	else
		(void)sqlite3_bind_null(st, 5);
	r = seki_store_step(l->db, st, err);
	(void)sqlite3_reset(st);
	return r;
}

/* The rows of one table; of one that is new there are none. */
static int
rows(struct leaf *l, const struct seki_record *rec, size_t field,
    struct seki_err *err)
{
	size_t k, t = l->map->to->field[field].table;
	size_t old = l->map->table[t].table;

	for (k = 0; old != SEKI_STORE_NONE && k < rec->v[field].nrow; k++)
		if (seki_canon_row(l->canon, t, rec->key.p, rec->key.n,
			&rec->v[field].row[k], err) == -1 ||
		    set(l, 1 + old, &rec->key, (int64_t)k + 1, err) == -1)
			return -1;
	return 0;
}

static int
record(struct leaf *l, const struct seki_record *old, struct seki_err *err)
{
	const struct seki_schema *s = l->map->to;
	struct seki_record rec;
	int loses = seki_store_map_loses(l->map, old);
	size_t i;

	seki_arena_reset(&l->arena);
	if ((loses &&
		seki_store_past(l->sql, old->key.p, old->key.n, err) == -1) ||
	    seki_store_map_record(l->map, old, &l->arena, &rec, err) == -1 ||
	    seki_canon_record(l->canon, &rec, NULL, err) == -1 ||
	    set(l, 0, &rec.key, loses ? l->bundle : 0, err) == -1)
		return -1;
	l->kept += loses ? 1 : 0;
	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE &&
		    rows(l, &rec, i, err) == -1)
			return -1;
	return 0;
}

static int
leaves(struct leaf *l, struct seki_err *err)
{
	struct seki_store_read *in =
	    seki_store_read_open(l->db, l->form, 1, err);
	struct seki_store_item *item;
	int r = -1;

	if (in == NULL || prepare(l, err) == -1)
		goto out;
	while ((r = seki_store_read_next(in, &item, err)) == 1)
		if ((item->has_old && record(l, &item->old, err) == -1) ||
		    (item->rec.kind == SEKI_RECORD_ROW &&
			record(l, &item->rec, err) == -1)) {
			r = -1;
			break;
		}
out:
	seki_store_read_free(in);
	return r;
}

int
seki_store_relabel(sqlite3 *db, const struct seki_store_form *f,
    const struct seki_store_map *map, int64_t bundle, seki_time created,
    seki_time now, uint64_t *kept, struct seki_err *err)
{
	struct leaf l = { .db = db, .form = f, .map = map, .bundle = bundle };
	size_t i;
	int r = -1;

	if ((l.canon = seki_canon_new(map->to, err)) != NULL &&
	    (l.sql = seki_store_sql_open(db, f, bundle, created, now, err)) !=
		NULL)
		r = leaves(&l, err);
	for (i = 0; i <= f->schema->tables; i++)
		(void)sqlite3_finalize(l.st[i]);
	seki_store_sql_free(l.sql);
	seki_canon_free(l.canon);
	seki_arena_free(&l.arena);
	*kept = l.kept;
	return r;
}
