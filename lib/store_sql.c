#include <stdlib.h>
#include <string.h>

#include "store_int.h"

/* The statements that write a stream, prepared once. */

/* ", name" for each column, after its format. */
static int
columns(const struct seki_store_table *t, const char *before, const char *after,
    int skip, struct seki_buf *b, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if ((int)i != skip &&
		    (seki_buf_str(b, before, err) == -1 ||
			seki_buf_str(b, t->col[i].name, err) == -1 ||
			seki_buf_str(b, after, err) == -1))
			return -1;
	return 0;
}

static int
marks(struct seki_buf *b, size_t n, struct seki_err *err)
{
	while (n-- > 0)
		if (seki_buf_str(b, ", ?", err) == -1)
			return -1;
	return 0;
}

/* The key's column stands where the key is bound; it is not listed again. */
static int
prepare_insert(struct seki_store_sql *w, size_t which, struct seki_err *err)
{
	const struct seki_store_table *t = &w->form->table[which];
	struct seki_buf b = SEKI_BUF_INIT;
	int main = which == 0, r;

	r = seki_buf_fmt(&b, err, "INSERT INTO %s (seki_source, seki_len, %s",
	    t->name, main ? t->col[t->key].name : "seki_key");
	if (r == 0)
		r = seki_buf_str(&b,
		    main ? ", seki_leaf, seki_bundle, seki_held"
			 : ", seki_ordinal, seki_leaf, \"$id\"",
		    err);
	if (r == 0)
		r = columns(t, ", ", "", main ? (int)t->key : -1, &b, err);
	if (r == 0)
		r = seki_buf_str(&b, ") VALUES (?, ?, ?, ?, ?, ?", err);
	if (r == 0)
		r = marks(&b, t->n - (size_t)main, err);
	if (r == 0)
		r = seki_store_prepare(w->db,
		    main ? &w->insert : &w->table[which - 1].insert, err, "%s)",
		    b.p);
	seki_buf_free(&b);
	return r;
}

static int
prepare_update(struct seki_store_sql *w, struct seki_err *err)
{
	const struct seki_store_table *t = &w->form->table[0];
	struct seki_buf b = SEKI_BUF_INIT;
	int r = seki_buf_fmt(&b, err,
	    "UPDATE %s SET (seki_leaf, seki_bundle, seki_held", t->name);

	if (r == 0)
		r = columns(t, ", ", "", (int)t->key, &b, err);
	if (r == 0)
		r = seki_buf_str(&b, ") = (?4, ?5, ?6", err);
	if (r == 0)
		r = marks(&b, t->n - 1, err);
	if (r == 0)
		r = seki_store_prepare(w->db, &w->update, err,
		    "%s) WHERE seki_source = ?1 AND seki_len = ?2 AND %s = ?3",
		    b.p, t->col[t->key].name);
	seki_buf_free(&b);
	return r;
}

static int
prepare_main(struct seki_store_sql *w, struct seki_err *err)
{
	const struct seki_store_table *t = &w->form->table[0];
	const char *key = t->col[t->key].name;
	struct seki_buf b = SEKI_BUF_INIT;
	int r = columns(t, ", ", "", -1, &b, err);

	if (r == -1 || prepare_insert(w, 0, err) == -1 ||
	    prepare_update(w, err) == -1 ||
	    seki_store_prepare(w->db, &w->delete, err,
		"DELETE FROM %s WHERE seki_source = ? AND seki_len = ?"
		" AND %s = ?",
		t->name, key) == -1 ||
	    seki_store_prepare(w->db, &w->mark, err,
		"UPDATE %s SET seki_held = ?4 WHERE seki_source = ?1"
		" AND seki_len = ?2 AND %s = ?3",
		t->name, key) == -1 ||
	    seki_store_prepare(w->db, &w->find, err,
		"SELECT seki_leaf, seki_held FROM %s WHERE seki_source = ?"
		" AND seki_len = ? AND %s = ?",
		t->name, key) == -1 ||
	    seki_store_prepare(w->db, &w->batch, err,
		"SELECT %s, seki_leaf, seki_held FROM %s"
		" WHERE seki_source = ?1 AND (seki_len, %s) > (?2, ?3)"
		" ORDER BY seki_len, %s LIMIT %d",
		key, t->name, key, key, SEKI_STORE_BATCH) == -1 ||
	    seki_store_prepare(w->db, &w->select, err,
		"SELECT b.created, seki_bundle, seki_leaf%s FROM %s"
		" LEFT JOIN seki_bundle b ON b.id = seki_bundle"
		" WHERE seki_source = ? AND seki_len = ? AND %s = ?",
		b.p, t->name, key) == -1)
		r = -1;
	seki_buf_free(&b);
	return r;
}

static int
prepare_table(struct seki_store_sql *w, size_t i, struct seki_err *err)
{
	const struct seki_store_table *t = &w->form->table[1 + i];
	static const char where[] = "WHERE seki_source = ? AND seki_len = ?"
				    " AND seki_key = ?";
	struct seki_buf b = SEKI_BUF_INIT;
	int r = columns(t, ", ", "", -1, &b, err);

	if (r == -1 || prepare_insert(w, 1 + i, err) == -1 ||
	    seki_store_prepare(w->db, &w->table[i].delete, err,
		"DELETE FROM %s %s", t->name, where) == -1 ||
	    seki_store_prepare(w->db, &w->table[i].leaves, err,
		"SELECT seki_leaf FROM %s %s ORDER BY seki_ordinal", t->name,
		where) == -1 ||
	    seki_store_prepare(w->db, &w->table[i].select, err,
		"SELECT seki_leaf, \"$id\"%s FROM %s %s"
		" ORDER BY seki_ordinal",
		b.p == NULL ? "" : b.p, t->name, where) == -1)
		r = -1;
	seki_buf_free(&b);
	return r;
}

static int
prepare(struct seki_store_sql *w, struct seki_err *err)
{
	size_t i;

	if (prepare_main(w, err) == -1 ||
	    seki_store_prepare(w->db, &w->hold, err,
		"INSERT OR REPLACE INTO seki_held (seki_source, seki_len, key, stream,"
		" reasons, seki_bundle) VALUES (?, ?, ?, %lld, ?, %lld)",
		(long long)w->form->id, (long long)w->bundle) == -1 ||
	    seki_store_prepare(w->db, &w->unhold, err,
		"DELETE FROM seki_held WHERE seki_source = ? AND seki_len = ?"
		" AND key = ? AND stream = %lld",
		(long long)w->form->id) == -1 ||
	    seki_store_prepare(w->db, &w->history, err,
		"INSERT INTO %s (seki_source, seki_len, seki_key, valid_from,"
		" valid_to, learnt, seki_bundle, seki_until, seki_schema,"
		" seki_leaf, record) VALUES (?, ?, ?, ?, %Q, %Q, ?, %lld, ?,"
		" ?, ?)",
		w->form->history, w->created, w->now,
		(long long)w->bundle) == -1)
		return -1;
	for (i = 0; i < w->form->schema->tables; i++)
		if (prepare_table(w, i, err) == -1)
			return -1;
	return 0;
}

struct seki_store_sql *
seki_store_sql_open(sqlite3 *db, const struct seki_store_form *f,
    int64_t bundle, seki_time created, seki_time now, struct seki_err *err)
{
	struct seki_store_sql *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	w->db = db;
	w->form = f;
	w->bundle = bundle;
	seki_time_format(created, w->created);
	seki_time_format(now, w->now);
	w->table = calloc(f->schema->tables + 1, sizeof(*w->table));
	if (w->table == NULL)
		(void)seki_err_nomem(err);
	else if ((w->canon = seki_canon_new(f->schema, err)) != NULL &&
		 prepare(w, err) == 0)
		return w;
	seki_store_sql_free(w);
	return NULL;
}

void
seki_store_sql_key(
    const struct seki_store_sql *w, sqlite3_stmt *st, const char *key, size_t n)
{
	(void)sqlite3_bind_int64(st, 1, w->form->source);
	(void)sqlite3_bind_int64(st, 2, (sqlite3_int64)n);
	(void)sqlite3_bind_text64(st, 3, key, n, SQLITE_STATIC, SQLITE_UTF8);
}

void
seki_store_sql_value(sqlite3_stmt *st, int at, const struct seki_value *v)
{
	if (v->set)
		(void)sqlite3_bind_text64(
		    st, at, v->p, v->n, SQLITE_STATIC, SQLITE_UTF8);
	else
		(void)sqlite3_bind_null(st, at);
}

int
seki_store_sql_run(struct seki_store_sql *w, sqlite3_stmt *st, const char *key,
    size_t n, struct seki_err *err)
{
	int r = seki_store_step(w->db, st, err);

	(void)sqlite3_reset(st);
	if (r != -1)
		return 0;
	if (err->reason == SEKI_RECORD)
		seki_err_hint(err, "%s",
		    _("a rule that somebody added to the table refuses it; "
		      "nothing was imported"));
	seki_err_record(err, key, n);
	return -1;
}

void
seki_store_sql_free(struct seki_store_sql *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; w->table != NULL && i < w->form->schema->tables; i++) {
		(void)sqlite3_finalize(w->table[i].insert);
		(void)sqlite3_finalize(w->table[i].delete);
		(void)sqlite3_finalize(w->table[i].leaves);
		(void)sqlite3_finalize(w->table[i].select);
	}
	(void)sqlite3_finalize(w->insert);
	(void)sqlite3_finalize(w->update);
	(void)sqlite3_finalize(w->delete);
	(void)sqlite3_finalize(w->mark);
	(void)sqlite3_finalize(w->select);
	(void)sqlite3_finalize(w->find);
	(void)sqlite3_finalize(w->batch);
	(void)sqlite3_finalize(w->hold);
	(void)sqlite3_finalize(w->unhold);
	(void)sqlite3_finalize(w->history);
	seki_canon_free(w->canon);
	free(w->table);
	free(w);
}
