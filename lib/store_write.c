#include <stdlib.h>
#include <string.h>

#include "store_int.h"

/*
 * A bundle into the tables.  What stands there and what comes are both in key
 * order, so with a full one, one merge tells new, equal, changed and vanished
 * apart.  The keys that stand there are read some hundred at a time: no scan
 * is open while rows are written.  A delta names what it is about; the rest
 * stays, and its rows are looked up one by one.
 */
struct old {
	char *key; /* in keys */
	size_t n;
	unsigned char leaf[SEKI_SHA256];
	int held;
};

struct seki_store_write {
	struct seki_store_sql *sql;
	const struct seki_store_form *form;
	struct seki_canon *canon; /* leaves of the tables' rows */
	struct seki_arena arena, keys;
	struct old old[SEKI_STORE_BATCH];
	size_t nold, at;
	int exhausted, delta;
	unsigned char **leaf; /* by table: of the rows at hand */
	struct seki_imported count;
};

struct seki_store_write *
seki_store_write_open(sqlite3 *db, const struct seki_store_form *f,
    int64_t bundle, seki_time created, seki_time now, int delta,
    struct seki_err *err)
{
	struct seki_store_write *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	w->form = f;
	w->delta = delta;
	w->leaf = calloc(f->schema->tables + 1, sizeof(*w->leaf));
	if (w->leaf == NULL)
		(void)seki_err_nomem(err);
	else if ((w->canon = seki_canon_new(f->schema, err)) != NULL &&
		 (w->sql = seki_store_sql_open(
		      db, f, bundle, created, now, err)) != NULL &&
		 /* What is held is what a full bundle says is held. */
		 (delta || seki_store_exec(db, err,
			       "DELETE FROM seki_held WHERE stream = %lld"
			       " AND seki_source = %lld",
			       (long long)f->id, (long long)f->source) == 0))
		return w;
	seki_store_write_free(w);
	return NULL;
}

void
seki_store_write_free(struct seki_store_write *w)
{
	if (w == NULL)
		return;
	seki_store_sql_free(w->sql);
	seki_canon_free(w->canon);
	seki_arena_free(&w->arena);
	seki_arena_free(&w->keys);
	free(w->leaf);
	free(w);
}

/* The next keys that stand in the table, after the last of the batch. */
static int
load(struct seki_store_write *w, struct seki_err *err)
{
	sqlite3_stmt *st = w->sql->batch;
	struct old *o;
	int r = 0;

	if (w->nold == 0)
		seki_store_sql_key(w->sql, st, "", 0);
	else {
		o = &w->old[w->nold - 1];
		(void)sqlite3_bind_int64(st, 1, w->form->source);
		(void)sqlite3_bind_int64(st, 2, (sqlite3_int64)o->n);
		(void)sqlite3_bind_text64(
		    st, 3, o->key, o->n, SQLITE_TRANSIENT, SQLITE_UTF8);
		seki_arena_reset(&w->keys);
	}
	w->at = w->nold = 0;
	while ((r = seki_store_step(w->sql->db, st, err)) == 1) {
		o = &w->old[w->nold++];
		o->n = (size_t)sqlite3_column_bytes(st, 0);
		o->key = seki_arena_copy(
		    &w->keys, sqlite3_column_text(st, 0), o->n, err);
		o->held = sqlite3_column_int(st, 2);
		if (o->key == NULL) {
			r = -1;
			break;
		}
		/* A leaf that is none equals no leaf. */
		if (seki_store_digest(st, 1, o->leaf))
			memset(o->leaf, 0, SEKI_SHA256);
	}
	(void)sqlite3_reset(st);
	w->exhausted = w->nold < SEKI_STORE_BATCH;
	return r;
}

/* The key that stands there next; NULL after the last: *old. */
static int
peek(struct seki_store_write *w, struct old **old, struct seki_err *err)
{
	if (w->at == w->nold && !w->exhausted && load(w, err) == -1)
		return -1;
	*old = w->at < w->nold ? &w->old[w->at] : NULL;
	return 0;
}

static int
drop_rows(
    struct seki_store_write *w, const char *key, size_t n, struct seki_err *err)
{
	sqlite3_stmt *st;
	size_t i;

	for (i = 0; i < w->form->schema->tables; i++) {
		st = w->sql->table[i].delete;
		seki_store_sql_key(w->sql, st, key, n);
		if (seki_store_sql_run(w->sql, st, key, n, err) == -1)
			return -1;
	}
	return 0;
}

static int
vanish(struct seki_store_write *w, const struct old *o, struct seki_err *err)
{
	if (seki_store_past(w->sql, o->key, o->n, err) == -1 ||
	    drop_rows(w, o->key, o->n, err) == -1)
		return -1;
	seki_store_sql_key(w->sql, w->sql->delete, o->key, o->n);
	w->count.removed++;
	return seki_store_sql_run(w->sql, w->sql->delete, o->key, o->n, err);
}

/* What stands under key; NULL when nothing does. */
static int
find(struct seki_store_write *w, const struct seki_value *key,
    struct old **found, struct seki_err *err)
{
	sqlite3_stmt *st = w->sql->find;
	struct old *o = &w->old[0];
	int r;

	*found = NULL;
	seki_store_sql_key(w->sql, st, key->p, key->n);
	if ((r = seki_store_step(w->sql->db, st, err)) == 1) {
		seki_arena_reset(&w->keys);
		o->n = key->n;
		o->key = seki_arena_copy(&w->keys, key->p, key->n, err);
		o->held = sqlite3_column_int(st, 1);
		if (seki_store_digest(st, 0, o->leaf))
			memset(o->leaf, 0, SEKI_SHA256);
		*found = o;
		r = o->key == NULL ? -1 : 0;
	}
	(void)sqlite3_reset(st);
	return r;
}

/* Everything before key is gone; *found is what stands under key itself. */
static int
reach(struct seki_store_write *w, const struct seki_value *key,
    struct old **found, struct seki_err *err)
{
	struct old *o;
	int cmp;

	*found = NULL;
	if (w->delta)
		return key == NULL ? 0 : find(w, key, found, err);
	for (;;) {
		if (peek(w, &o, err) == -1)
			return -1;
		if (o == NULL)
			return 0;
		cmp = key == NULL ? -1
				  : seki_key_cmp(o->key, o->n, key->p, key->n);
		if (cmp > 0)
			return 0;
		w->at++;
		if (cmp == 0) {
			*found = o;
			return 0;
		}
		if (vanish(w, o, err) == -1)
			return -1;
	}
}

static int
mark(struct seki_store_write *w, const struct old *o, int held,
    struct seki_err *err)
{
	sqlite3_stmt *st = w->sql->mark;

	if (!!o->held == held)
		return 0;
	seki_store_sql_key(w->sql, st, o->key, o->n);
	(void)sqlite3_bind_int(st, 4, held);
	return seki_store_sql_run(w->sql, st, o->key, o->n, err);
}

/* Of a delta: the key is held no longer.  *was: it had been. */
static int
release(struct seki_store_write *w, const struct seki_value *key, int *was,
    struct seki_err *err)
{
	seki_store_sql_key(w->sql, w->sql->unhold, key->p, key->n);
	if (seki_store_sql_run(w->sql, w->sql->unhold, key->p, key->n, err) ==
	    -1)
		return -1;
	*was = sqlite3_changes(w->sql->db) > 0;
	return 0;
}

/* Who deletes what is not there changes nothing; it is counted. */
static int
put_deleted(struct seki_store_write *w, const struct seki_record *rec,
    struct seki_err *err)
{
	struct old *o;
	int was;

	if (!w->delta)
		return seki_fail(
		    err, SEKI_POLICY, "%s", _("a full bundle deletes nothing"));
	w->count.deleted++;
	if (release(w, &rec->key, &was, err) == -1 ||
	    reach(w, &rec->key, &o, err) == -1)
		return -1;
	if (o != NULL)
		return vanish(w, o, err);
	w->count.absent += !was;
	return 0;
}

static int
put_held(struct seki_store_write *w, const struct seki_record *rec,
    struct seki_err *err)
{
	sqlite3_stmt *st = w->sql->hold;
	struct old *o;

	if (reach(w, &rec->key, &o, err) == -1 ||
	    (o != NULL && mark(w, o, 1, err) == -1))
		return -1;
	seki_store_sql_key(w->sql, st, rec->key.p, rec->key.n);
	seki_store_sql_value(st, 4, &rec->reasons);
	w->count.held++;
	return seki_store_sql_run(w->sql, st, rec->key.p, rec->key.n, err);
}

/* Leaves of the record's rows, table by table, into the arena. */
static int
leaves(struct seki_store_write *w, const struct seki_record *rec,
    struct seki_err *err)
{
	const struct seki_schema *s = w->form->schema;
	const struct seki_value *v;
	size_t i, k, t;

	for (i = 0; i < s->n; i++) {
		if (s->field[i].type != SEKI_T_SUBTABLE)
			continue;
		t = s->field[i].table;
		v = &rec->v[i];
		w->leaf[t] =
		    seki_arena_get(&w->arena, v->nrow * SEKI_SHA256 + 1, err);
		if (w->leaf[t] == NULL)
			return -1;
		for (k = 0; k < v->nrow; k++) {
			if (seki_canon_row(w->canon, t, rec->key.p, rec->key.n,
				&v->row[k], err) == -1)
				return -1;
			memcpy(w->leaf[t] + k * SEKI_SHA256,
			    seki_canon_leaf(w->canon), SEKI_SHA256);
		}
		w->count.rows += v->nrow;
	}
	return 0;
}

/* 1 when the rows that stand there are these. */
static int
same_rows(struct seki_store_write *w, const struct seki_record *rec, size_t t,
    size_t nrow, struct seki_err *err)
{
	sqlite3_stmt *st = w->sql->table[t].leaves;
	unsigned char leaf[SEKI_SHA256];
	size_t k = 0;
	int r;

	seki_store_sql_key(w->sql, st, rec->key.p, rec->key.n);
	while ((r = seki_store_step(w->sql->db, st, err)) == 1) {
		if (k == nrow || seki_store_digest(st, 0, leaf) ||
		    memcmp(leaf, w->leaf[t] + k * SEKI_SHA256, SEKI_SHA256) !=
			0)
			break;
		k++;
	}
	(void)sqlite3_reset(st);
	return r == -1 ? -1 : r == 0 && k == nrow;
}

static int
same(struct seki_store_write *w, const struct seki_record *rec,
    const unsigned char *leaf, const struct old *o, struct seki_err *err)
{
	const struct seki_schema *s = w->form->schema;
	size_t i;
	int r = memcmp(o->leaf, leaf, SEKI_SHA256) == 0;

	for (i = 0; r == 1 && i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE)
			r = same_rows(
			    w, rec, s->field[i].table, rec->v[i].nrow, err);
	return r;
}

static int
write_rows(struct seki_store_write *w, const struct seki_record *rec,
    size_t field, struct seki_err *err)
{
	size_t which = w->form->schema->field[field].table, i, k;
	const struct seki_store_table *t = &w->form->table[1 + which];
	const struct seki_value *v = &rec->v[field];
	sqlite3_stmt *st = w->sql->table[which].insert;

	for (k = 0; k < v->nrow; k++) {
		seki_store_sql_key(w->sql, st, rec->key.p, rec->key.n);
		(void)sqlite3_bind_int64(st, 4, (sqlite3_int64)k + 1);
		(void)sqlite3_bind_blob(st, 5, w->leaf[which] + k * SEKI_SHA256,
		    SEKI_SHA256, SQLITE_STATIC);
		seki_store_sql_value(st, 6, &v->row[k].id);
		for (i = 0; i < t->n; i++)
			seki_store_sql_value(
			    st, 7 + (int)i, &v->row[k].v[t->col[i].index]);
		if (seki_store_sql_run(
			w->sql, st, rec->key.p, rec->key.n, err) == -1) {
			seki_err_field(err, t->field->code);
			return -1;
		}
	}
	return 0;
}

static int
write_record(struct seki_store_write *w, const struct seki_record *rec,
    const unsigned char *leaf, sqlite3_stmt *st, struct seki_err *err)
{
	const struct seki_schema *s = w->form->schema;
	const struct seki_store_table *t = &w->form->table[0];
	int at = 7;
	size_t i;

	seki_store_sql_key(w->sql, st, rec->key.p, rec->key.n);
	(void)sqlite3_bind_blob(st, 4, leaf, SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 5, w->sql->bundle);
	(void)sqlite3_bind_int(st, 6, 0);
	for (i = 0; i < t->n; i++)
		if (i != t->key)
			seki_store_sql_value(
			    st, at++, &rec->v[t->col[i].index]);
	if (seki_store_sql_run(w->sql, st, rec->key.p, rec->key.n, err) == -1)
		return -1;
	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE &&
		    write_rows(w, rec, i, err) == -1)
			return -1;
	return 0;
}

static int
change(struct seki_store_write *w, const struct seki_record *rec,
    const unsigned char *leaf, const struct old *o, struct seki_err *err)
{
	int r = same(w, rec, leaf, o, err);

	if (r == -1)
		return -1;
	if (r == 1) {
		w->count.same++;
		return mark(w, o, 0, err);
	}
	w->count.changed++;
	if (seki_store_past(w->sql, o->key, o->n, err) == -1 ||
	    drop_rows(w, o->key, o->n, err) == -1)
		return -1;
	return write_record(w, rec, leaf, w->sql->update, err);
}

int
seki_store_write_put(struct seki_store_write *w, const struct seki_record *rec,
    const unsigned char *leaf, struct seki_err *err)
{
	struct old *o;
	int was;

	if (rec->kind == SEKI_RECORD_HELD)
		return put_held(w, rec, err);
	if (rec->kind != SEKI_RECORD_ROW)
		return put_deleted(w, rec, err);
	seki_arena_reset(&w->arena);
	if ((w->delta && release(w, &rec->key, &was, err) == -1) ||
	    leaves(w, rec, err) == -1 || reach(w, &rec->key, &o, err) == -1)
		return -1;
	w->count.records++;
	if (o != NULL)
		return change(w, rec, leaf, o, err);
	w->count.added++;
	return write_record(w, rec, leaf, w->sql->insert, err);
}

int
seki_store_write_end(
    struct seki_store_write *w, struct seki_imported *out, struct seki_err *err)
{
	struct old *none;

	if (reach(w, NULL, &none, err) == -1)
		return -1;
	*out = w->count;
	out->doubled = w->sql->doubled;
	return 0;
}
