#include <stdlib.h>
#include <string.h>

#include "store_int.h"

/*
 * Are the tables still as the mapping says?  Asked before the first write
 * (threats D2): a column that somebody renamed or retyped is refused by name,
 * not met halfway.
 */
struct want {
	const char *name;
	const char *type;
	int notnull, seen;
};

static int
wrong(const char *table, const char *column, const char *what,
    struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("undo the change made by hand, or take the store from its "
	      "backup"));
	return seki_fail(
	    err, SEKI_SCHEMA, _("table %s: column %s %s"), table, column, what);
}

static const struct want record_own[] = {
	{ "\"seki_source\"", "INTEGER", 1, 0 },
	{ "\"seki_len\"", "INTEGER", 1, 0 },
	{ "\"seki_leaf\"", "BLOB", 1, 0 },
	{ "\"seki_bundle\"", "INTEGER", 1, 0 },
	{ "\"seki_held\"", "INTEGER", 1, 0 },
};
static const struct want row_own[] = {
	{ "\"seki_source\"", "INTEGER", 1, 0 },
	{ "\"seki_len\"", "INTEGER", 1, 0 },
	{ "\"seki_key\"", "TEXT", 1, 0 },
	{ "\"seki_ordinal\"", "INTEGER", 1, 0 },
	{ "\"seki_leaf\"", "BLOB", 1, 0 },
	{ "\"$id\"", "TEXT", 0, 0 },
};
#define OWN_MAX (sizeof(row_own) / sizeof(row_own[0]))

static size_t
expected(const struct seki_store_table *t, struct want *w)
{
	size_t i, n = t->field == NULL
			  ? sizeof(record_own) / sizeof(record_own[0])
			  : OWN_MAX;

	memcpy(w, t->field == NULL ? record_own : row_own, n * sizeof(*w));
	for (i = 0; i < t->n; i++)
		w[n++] = (struct want){ t->col[i].name, "TEXT",
			t->field == NULL && i == t->key, 0 };
	return n;
}

/* One line of table_info: name, type, notnull, dflt_value. */
static int
look(sqlite3_stmt *st, const struct seki_store_table *t, struct want *w,
    size_t n, struct seki_err *err)
{
	const char *name = (const char *)sqlite3_column_text(st, 0);
	const char *type = (const char *)sqlite3_column_text(st, 1);
	int notnull = sqlite3_column_int(st, 2), r = 0;
	char *q = seki_store_quote(name, strlen(name));
	size_t i;

	if (q == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < n && strcmp(w[i].name, q) != 0;)
		i++;
	if (i == n) {
		if (notnull && sqlite3_column_type(st, 3) == SQLITE_NULL)
			r = wrong(t->name, q,
			    _("is not ours and must not be empty"), err);
	} else {
		w[i].seen = 1;
		if (strcmp(type, w[i].type) != 0)
			r = wrong(t->name, q, _("has another type"), err);
		else if (notnull && !w[i].notnull)
			r = wrong(t->name, q, _("must not be empty"), err);
	}
	free(q);
	return r;
}

static int
check(sqlite3 *db, int64_t stream, const struct seki_store_table *t,
    struct seki_err *err)
{
	struct want *w = calloc(OWN_MAX + t->n, sizeof(*w));
	sqlite3_stmt *st = NULL;
	size_t i, n;
	int r = -1;

	if (w == NULL)
		return seki_err_nomem(err);
	n = expected(t, w);
	if (seki_store_prepare(db, &st, err,
		"SELECT i.name, i.type, i.\"notnull\", i.dflt_value"
		" FROM seki_table t JOIN pragma_table_info(t.name) i"
		" WHERE t.stream = %lld AND t.field = %Q",
		(long long)stream, t->field == NULL ? "" : t->field->code) == 0)
		while ((r = seki_store_step(db, st, err)) == 1)
			if ((r = look(st, t, w, n, err)) == -1)
				break;
	(void)sqlite3_finalize(st);
	for (i = 0; r == 0 && i < n; i++)
		if (!w[i].seen)
			r = wrong(t->name, w[i].name, _("is missing"), err);
	free(w);
	return r;
}

int
seki_store_check(
    sqlite3 *db, const struct seki_store_form *f, struct seki_err *err)
{
	size_t i;

	for (i = 0; i <= f->schema->tables; i++)
		if (check(db, f->id, &f->table[i], err) == -1)
			return -1;
	return 0;
}
