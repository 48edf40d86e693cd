#include <string.h>

#include "store_int.h"

/*
 * The store's own tables, and that nothing stands in the database which makes
 * them do something else: who owns the file can put a trigger there.
 */
static const char *const things[] = {
	"CREATE TABLE seki_source (id INTEGER PRIMARY KEY, system TEXT NOT "
	"NULL, domain TEXT NOT NULL, app TEXT NOT NULL, UNIQUE (system, "
	"domain, app)) STRICT",
	"CREATE TABLE seki_schema (digest BLOB PRIMARY KEY, message TEXT "
	"NOT NULL) STRICT",
	"CREATE TABLE seki_stream (id INTEGER PRIMARY KEY, stream TEXT NOT "
	"NULL UNIQUE, schema BLOB NOT NULL REFERENCES seki_schema, source "
	"INTEGER NOT NULL REFERENCES seki_source, bundle INTEGER REFERENCES "
	"seki_bundle, history TEXT NOT NULL) STRICT",
	"CREATE TABLE seki_table (stream INTEGER NOT NULL REFERENCES "
	"seki_stream, field TEXT NOT NULL, name TEXT NOT NULL UNIQUE, view "
	"TEXT NOT NULL UNIQUE, PRIMARY KEY (stream, field)) STRICT",
	"CREATE TABLE seki_column (stream INTEGER NOT NULL REFERENCES "
	"seki_stream, field TEXT NOT NULL, place INTEGER NOT NULL, code "
	"TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, label TEXT "
	"NOT NULL, PRIMARY KEY (stream, field, place)) STRICT",
	"CREATE TABLE seki_bundle (id INTEGER PRIMARY KEY, stream INTEGER "
	"NOT NULL REFERENCES seki_stream, epoch INTEGER NOT NULL, seq "
	"INTEGER NOT NULL, kind TEXT NOT NULL, digest BLOB NOT NULL UNIQUE, "
	"prev TEXT NOT NULL, root BLOB NOT NULL, schema BLOB NOT NULL "
	"REFERENCES seki_schema, source INTEGER NOT NULL REFERENCES "
	"seki_source, records INTEGER NOT NULL, held INTEGER NOT NULL, "
	"created TEXT NOT NULL, taken TEXT NOT NULL, state TEXT NOT NULL, "
	"manifest TEXT NOT NULL, rows_sha256 BLOB NOT NULL, past INTEGER "
	"NOT NULL, past_sha256 BLOB NOT NULL, UNIQUE (stream, epoch, seq)) "
	"STRICT",
	"CREATE TABLE seki_held (stream INTEGER NOT NULL REFERENCES "
	"seki_stream, seki_source INTEGER NOT NULL, seki_len INTEGER NOT "
	"NULL, key TEXT NOT NULL, reasons TEXT NOT NULL, seki_bundle "
	"INTEGER NOT NULL, PRIMARY KEY (stream, seki_source, seki_len, "
	"key)) STRICT",
	"CREATE TABLE seki_twin (id INTEGER PRIMARY KEY, "
	"digest BLOB NOT NULL UNIQUE, "
	"bundle INTEGER NOT NULL REFERENCES seki_bundle, "
	"taken TEXT NOT NULL) STRICT",
};

int
seki_store_shape_make(sqlite3 *db, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		if (seki_store_exec(db, err, "%s", things[i]) == -1)
			return -1;
	return 0;
}

static int
stands(sqlite3 *db, const char *sql, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r = -1, n = (int)strcspn(sql + 13, " ");

	if (seki_store_prepare(db, &st, err, "%s",
		"SELECT 1 FROM sqlite_schema WHERE sql = ?") == -1)
		return -1;
	(void)sqlite3_bind_text(st, 1, sql, -1, SQLITE_STATIC);
	r = seki_store_step(db, st, err);
	(void)sqlite3_finalize(st);
	if (r != 0)
		return r == 1 ? 0 : -1;
	seki_err_hint(err, "%s",
	    _("take the store from its backup, or import into a new one"));
	return seki_fail(err, SEKI_SCHEMA,
	    _("table %.*s: not as seki-import made it"), n, sql + 13);
}

/* Triggers but the ledger's, and indexes that forbid rows. */
static int
foreign(sqlite3 *db, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	char *q;
	int r;

	if (seki_store_prepare(db, &st, err, "%s",
		"SELECT type, name, tbl_name FROM sqlite_schema WHERE"
		" (type = 'trigger' AND name NOT IN ('seki_ledger_update',"
		" 'seki_ledger_delete', 'seki_ledger_insert')) OR"
		" (type = 'index' AND sql LIKE 'CREATE UNIQUE%' AND"
		" (tbl_name LIKE 'seki\\_%' ESCAPE '\\' OR tbl_name IN"
		" (SELECT name FROM seki_table UNION ALL"
		" SELECT history FROM seki_stream))) LIMIT 1") == -1)
		return -1;
	if ((r = seki_store_step(db, st, err)) == 1) {
		q = sqlite3_mprintf("%s %Q", sqlite3_column_text(st, 0),
		    sqlite3_column_text(st, 1));
		seki_err_hint(err,
		    _("find out who made it and why; DROP %s removes it"),
		    q == NULL ? "" : q);
		sqlite3_free(q);
		r = seki_fail(err, SEKI_SCHEMA,
		    _("table %s: somebody added the %s %s"),
		    (const char *)sqlite3_column_text(st, 2),
		    (const char *)sqlite3_column_text(st, 0),
		    (const char *)sqlite3_column_text(st, 1));
	}
	(void)sqlite3_finalize(st);
	return r;
}

int
seki_store_shape_check(sqlite3 *db, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		if (stands(db, things[i], err) == -1)
			return -1;
	return seki_ledger_shape(db, err) == -1 ? -1 : foreign(db, err);
}
