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

/* Values that have another leaf were changed by hand: in the history they
 * would pass for what was imported. */
static int
genuine(sqlite3_stmt *st, int at, const struct seki_canon *c, int r,
    const struct seki_err *why, const struct seki_value *key,
    struct seki_err *err)
{
	unsigned char leaf[SEKI_SHA256];

	if (why->reason == SEKI_NOMEM)
		return seki_err_nomem(err);
	if (r == 0 && seki_store_digest(st, at, leaf) == 0 &&
	    memcmp(leaf, seki_canon_leaf(c), SEKI_SHA256) == 0)
		return 0;
	return seki_store_changed(
	    key->p, key->n, _("the record is not the one imported"), err);
}

static int
one_row(sqlite3_stmt *st, const struct seki_store_table *t,
    struct seki_arena *a, struct seki_row *row, struct seki_err *err)
{
	size_t i;

	memset(row, 0, sizeof(*row));
	row->v = seki_arena_get(a, (t->n + 1) * sizeof(*row->v), err);
	if (row->v == NULL ||
	    seki_store_read_values(st, 2, t, row->v, err) == -1)
		return -1;
	for (i = 0; i < t->n; i++)
		if (keep(a, &row->v[i], err) == -1)
			return -1;
	row->id.set = sqlite3_column_type(st, 1) != SQLITE_NULL;
	row->id.p = (const char *)sqlite3_column_text(st, 1);
	row->id.n = (size_t)sqlite3_column_bytes(st, 1);
	return keep(a, &row->id, err);
}

static int
rows(struct seki_store_sql *w, size_t t, const struct seki_value *key,
    struct seki_arena *a, struct seki_value *v, struct seki_err *err)
{
	struct seki_err why = SEKI_ERR_INIT;
	sqlite3_stmt *st = w->table[t].select;
	struct seki_row *grown;
	size_t size = 0;
	int r;

	memset(v, 0, sizeof(*v));
	seki_store_sql_key(w, st, key->p, key->n);
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
		r = seki_canon_row(
		    w->canon, t, key->p, key->n, &v->row[v->nrow++], &why);
		if (genuine(st, 0, w->canon, r, &why, key, err) == -1)
			break;
	}
	(void)sqlite3_reset(st);
	v->set = v->nrow > 0;
	return r == 0 && err->reason == SEKI_OK ? 0 : -1;
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

/* The record's own row, which must be there.  1: this very bundle made it, when
 * it brought another form; the version before is in the history already. */
static int
own_row(struct seki_store_sql *w, struct seki_record *rec, struct seki_err *err)
{
	struct seki_err why = SEKI_ERR_INIT;
	int r;

	seki_store_sql_key(w, w->select, rec->key.p, rec->key.n);
	if ((r = seki_store_step(w->db, w->select, err)) == -1)
		return -1;
	if (r == 0)
		return seki_store_changed(rec->key.p, rec->key.n,
		    _("the length of the key is not the one imported"), err);
	if (sqlite3_column_int64(w->select, 1) == w->bundle) {
		w->doubled++;
		return 1;
	}
	if (seki_store_read_values(
		w->select, 3, &w->form->table[0], rec->v, err) == -1)
		return -1;
	r = seki_canon_record(w->canon, rec, NULL, &why);
	return genuine(w->select, 2, w->canon, r, &why, &rec->key, err);
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
	if (rec.v != NULL)
		r = own_row(w, &rec, err);
	for (i = 0; r == 0 && i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE)
			r = rows(
			    w, s->field[i].table, &rec.key, &a, &rec.v[i], err);
	if (r == 0 && (r = seki_record_format(s, &rec, &json, err)) == 0)
		r = insert(w, &rec, &json, err);
	(void)sqlite3_reset(w->select);
	seki_arena_free(&a);
	seki_buf_free(&json);
	return r == 1 ? 0 : r;
}

/* A walk along the chain: each row's hash is over the one before it and all
 * columns. */
struct walk {
	sqlite3 *db;
	sqlite3_stmt *st;
	struct seki_sha256 h;
	uint64_t n;
	unsigned char hash[SEKI_SHA256];
};

static int
gone(const struct seki_store_form *f, uint64_t n, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("the history was changed past seki-import: keep a copy of the "
	      "store, then take it from its backup, or import the stream "
	      "into a new one"));
	return seki_fail(err, SEKI_CONTENT,
	    _("stream %s: row %llu of the history is missing or was changed"),
	    f->schema->stream, (unsigned long long)n);
}

static int
start(struct walk *w, const struct seki_store_form *f, struct seki_err *err)
{
	if (seki_sha256_init(&w->h, err) == -1)
		return -1;
	return seki_store_prepare(w->db, &w->st, err,
	    "SELECT * FROM %s WHERE n > %lld ORDER BY n", f->history,
	    (long long)w->n);
}

/* 1, or 0 at the end. */
static int
next(struct walk *w, const struct seki_store_form *f, struct seki_err *err)
{
	int i, r = seki_store_step(w->db, w->st, err);

	if (r != 1)
		return r;
	if (sqlite3_column_int64(w->st, 0) != (sqlite3_int64)++w->n)
		return gone(f, w->n, err);
	seki_sha256_restart(&w->h);
	seki_sha256_add(&w->h, "\x11", 1);
	seki_sha256_add(&w->h, w->hash, SEKI_SHA256);
	for (i = 0; i < sqlite3_column_count(w->st); i++)
		seki_store_sum_column(&w->h, w->st, i);
	seki_sha256_end(&w->h, w->hash);
	return 1;
}

static void
stop(struct walk *w)
{
	(void)sqlite3_finalize(w->st);
	seki_sha256_free(&w->h);
}

int
seki_store_past_sum(sqlite3 *db, const struct seki_store_form *f, uint64_t *n,
    unsigned char *hash, struct seki_err *err)
{
	struct walk w = { .db = db, .n = *n };
	int r;

	memcpy(w.hash, hash, SEKI_SHA256);
	if ((r = start(&w, f, err)) == 0)
		while ((r = next(&w, f, err)) == 1)
			;
	stop(&w);
	*n = w.n;
	memcpy(hash, w.hash, SEKI_SHA256);
	return r;
}

/* What one bundle brought: up to its count, with its hash. */
static int
stretch(struct walk *w, const struct seki_store_form *f, sqlite3_stmt *bundle,
    struct seki_err *err)
{
	uint64_t upto = (uint64_t)sqlite3_column_int64(bundle, 0), from = w->n;
	unsigned char hash[SEKI_SHA256];
	int r;

	while (w->n < upto)
		if ((r = next(w, f, err)) != 1)
			return r == -1 ? -1 : gone(f, w->n + 1, err);
	if (w->n == upto && seki_store_digest(bundle, 1, hash) == 0 &&
	    memcmp(hash, w->hash, SEKI_SHA256) == 0)
		return 0;
	return gone(f, from + 1, err);
}

int
seki_store_past_check(
    sqlite3 *db, const struct seki_store_form *f, struct seki_err *err)
{
	struct walk w = { .db = db };
	sqlite3_stmt *bundle = NULL;
	int r;

	if ((r = start(&w, f, err)) == 0 &&
	    (r = seki_store_prepare(db, &bundle, err,
		 "SELECT past, past_sha256 FROM seki_bundle"
		 " WHERE stream = %lld ORDER BY id",
		 (long long)f->id)) == 0)
		while ((r = seki_store_step(db, bundle, err)) == 1)
			if ((r = stretch(&w, f, bundle, err)) == -1)
				break;
	if (r == 0 && (r = next(&w, f, err)) == 1)
		r = gone(f, w.n, err);
	(void)sqlite3_finalize(bundle);
	stop(&w);
	return r;
}
