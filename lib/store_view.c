#include <stdlib.h>
#include <string.h>

#include "store_int.h"

/*
 * The views for people: labels for codes, Japan time for UTC, in key order.
 */

static int
label(const struct seki_store_form *f, const struct seki_store_table *t,
    size_t index, struct seki_buf *b, struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT;
	char *q = NULL;
	int r = seki_schema_label(f->schema, t->field, index, &text, err);

	if (r == 0 && text.n == 0)
		r = seki_buf_str(&text, "?", err);
	if (r == 0 && (q = seki_store_quote(text.p, text.n)) == NULL)
		r = seki_err_nomem(err);
	if (r == 0)
		r = seki_buf_fmt(b, err, " AS %s", q);
	free(q);
	seki_buf_free(&text);
	return r;
}

static int
column(const struct seki_store_form *f, const struct seki_store_table *t,
    size_t i, struct seki_buf *b, struct seki_err *err)
{
	const struct seki_store_column *c = &t->col[i];
	const char *fmt = seki_field_shape(c->field) == SEKI_S_DATETIME
			      ? "strftime('%%Y-%%m-%%d %%H:%%M', %s, "
				"'+9 hours')"
			      : "%s";
	char *sql;
	int r;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (asprintf(&sql, fmt, c->name) == -1)
		return seki_err_nomem(err);
#pragma GCC diagnostic pop
	r = seki_buf_str(b, sql, err) == -1 ||
		    label(f, t, c->index, b, err) == -1
		? -1
		: 0;
	free(sql);
	return r;
}

static int
definition(const struct seki_store_form *f, const struct seki_store_table *t,
    struct seki_buf *b, struct seki_err *err)
{
	const struct seki_store_table *main = &f->table[0];
	size_t i;
	int r = seki_buf_fmt(b, err, "CREATE VIEW %s AS SELECT ", t->view);

	if (r == 0 && t->field != NULL) {
		r = seki_buf_str(b, "seki_key", err);
		if (r == 0)
			r = label(f, main, main->col[main->key].index, b, err);
		if (r == 0)
			r = seki_buf_str(b, ", seki_ordinal AS \"行\"", err);
	}
	for (i = 0; r == 0 && i < t->n; i++) {
		if (i > 0 || t->field != NULL)
			r = seki_buf_str(b, ", ", err);
		if (r == 0)
			r = column(f, t, i, b, err);
	}
	if (r == 0 && t->field == NULL)
		r = seki_buf_str(
		    b, ", iif(seki_held, '保留', '') AS \"保留\"", err);
	if (r == -1)
		return -1;
	return seki_buf_fmt(b, err,
	    " FROM %s ORDER BY seki_source, seki_len, %s", t->name,
	    t->field == NULL ? main->col[main->key].name
			     : "seki_key, seki_ordinal");
}

/* 1: it stands there just so. */
static int
stands(sqlite3 *db, const struct seki_store_table *t, const char *sql,
    struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r = -1;

	if (seki_store_prepare(db, &st, err,
		"SELECT 1 FROM sqlite_schema WHERE type = 'view' AND sql = %Q",
		sql) == 0)
		r = seki_store_step(db, st, err);
	(void)sqlite3_finalize(st);
	return r == 0
		   ? seki_store_exec(db, err, "DROP VIEW IF EXISTS %s", t->view)
		   : r;
}

int
seki_store_view_make(
    sqlite3 *db, const struct seki_store_form *f, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i <= f->schema->tables; i++) {
		seki_buf_reset(&b);
		r = definition(f, &f->table[i], &b, err);
		if (r == 0 && (r = stands(db, &f->table[i], b.p, err)) == 0)
			r = seki_store_exec(db, err, "%s", b.p);
		if (r == 1)
			r = 0;
	}
	seki_buf_free(&b);
	return r;
}
