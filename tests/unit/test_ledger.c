#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>
#include <sqlite3.h>

#include "seki_int.h"

#define ENTRIES 6

static void
must(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static sqlite3 *
filled(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	sqlite3 *db;
	int i;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	if (seki_ledger_init(db, "lgwan-1", &err) == -1)
		fail_msg("init: %s", err.text);
	for (i = 1; i < ENTRIES; i++)
		if (seki_ledger_add(db, "import", 1000000 + i,
			json_pack("{s:s,s:i}", "stream", "soudan", "seq", i),
			&err) == -1)
			fail_msg("add %d: %s", i, err.text);
	return db;
}

static void
no_triggers(sqlite3 *db)
{
	must(db, "DROP TRIGGER seki_ledger_update");
	must(db, "DROP TRIGGER seki_ledger_delete");
	must(db, "DROP TRIGGER seki_ledger_insert");
}

static void
test_whole(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	unsigned char last[SEKI_SHA256], again[SEKI_SHA256];
	sqlite3 *db = filled();
	uint64_t n;

	(void)state;
	assert_int_equal(seki_ledger_check(db, last, &n, &err), 0);
	assert_int_equal(n, ENTRIES);
	/* A second start adds nothing. */
	assert_int_equal(seki_ledger_init(db, "lgwan-1", &err), 0);
	assert_int_equal(seki_ledger_check(db, again, &n, &err), 0);
	assert_int_equal(n, ENTRIES);
	assert_memory_equal(last, again, SEKI_SHA256);
	(void)sqlite3_close(db);
}

/* The published rule, worked out here a second time. */
static void
test_hash(void **state)
{
	static const char sql[] =
	    "SELECT hash FROM seki_ledger WHERE n = 1 UNION ALL "
	    "SELECT CAST(entry AS BLOB) FROM seki_ledger WHERE n = 2 UNION ALL "
	    "SELECT hash FROM seki_ledger WHERE n = 2";
	static const char want[] =
	    "{\"kind\":\"import\",\"n\":2,\"seq\":1,\"stream\":\"soudan\","
	    "\"time\":\"1970-01-12T13:46:41Z\"}";
	unsigned char cat[1 + SEKI_SHA256 + 256] = { 0x10 };
	unsigned char hash[SEKI_SHA256];
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_sha256 h;
	sqlite3 *db = filled();
	sqlite3_stmt *st;

	(void)state;
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	memcpy(cat + 1, sqlite3_column_blob(st, 0), SEKI_SHA256);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_bytes(st, 0), sizeof(want) - 1);
	assert_memory_equal(sqlite3_column_blob(st, 0), want, sizeof(want) - 1);
	memcpy(cat + 1 + SEKI_SHA256, want, sizeof(want) - 1);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(seki_sha256_init(&h, &err), 0);
	seki_sha256_restart(&h);
	seki_sha256_add(&h, cat, SEKI_SHA256 + sizeof(want));
	seki_sha256_end(&h, hash);
	assert_memory_equal(hash, sqlite3_column_blob(st, 0), SEKI_SHA256);
	seki_sha256_free(&h);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
}

/* What SQL alone may not do while the triggers stand. */
static void
test_append_only(void **state)
{
	static const char *const sql[] = {
		"UPDATE seki_ledger SET entry = '{}' WHERE n = 3",
		"DELETE FROM seki_ledger WHERE n = 3",
		"DELETE FROM seki_ledger",
		"INSERT OR REPLACE INTO seki_ledger SELECT n, '{}', hash "
		"FROM seki_ledger WHERE n = 3",
		"INSERT INTO seki_ledger SELECT n + 2, entry, hash "
		"FROM seki_ledger WHERE n = 6",
		"INSERT INTO seki_ledger SELECT -1, entry, hash "
		"FROM seki_ledger WHERE n = 6",
	};
	struct seki_err err = SEKI_ERR_INIT;
	sqlite3 *db = filled();
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		if (sqlite3_exec(db, sql[i], NULL, NULL, NULL) !=
		    SQLITE_CONSTRAINT)
			fail_msg("row %zu: allowed: %s", i, sql[i]);
	assert_int_equal(seki_ledger_check(db, NULL, &n, &err), 0);
	assert_int_equal(n, ENTRIES);
	(void)sqlite3_close(db);
}

/* L1: without the triggers, the chain tells, and where. */
static const struct {
	const char *sql, *text;
} breaks[] = {
	{ "UPDATE seki_ledger SET entry = replace(entry, 'soudan', 'soudam') "
	  "WHERE n = 3",
	    "chain breaks at entry 3" },
	{ "UPDATE seki_ledger SET hash = zeroblob(32) WHERE n = 4",
	    "chain breaks at entry 4" },
	{ "UPDATE seki_ledger SET hash = x'00' WHERE n = 4",
	    "chain breaks at entry 4" },
	{ "DELETE FROM seki_ledger WHERE n = 3", "chain breaks at entry 3" },
	{ "DELETE FROM seki_ledger WHERE n = 1", "chain breaks at entry 1" },
	{ "DELETE FROM seki_ledger", "chain breaks at entry 1" },
	{ "DELETE FROM seki_ledger WHERE n = 3; "
	  "UPDATE seki_ledger SET n = n - 1 WHERE n > 3",
	    "chain breaks at entry 3" },
	{ "UPDATE seki_ledger SET n = 99 WHERE n = 3; "
	  "UPDATE seki_ledger SET n = 3 WHERE n = 4; "
	  "UPDATE seki_ledger SET n = 4 WHERE n = 99",
	    "chain breaks at entry 3" },
	{ "UPDATE seki_ledger SET n = n + 1 WHERE n = 6; "
	  "INSERT INTO seki_ledger SELECT 6, entry, hash FROM seki_ledger "
	  "WHERE n = 5",
	    "chain breaks at entry 6" },
	{ "INSERT INTO seki_ledger VALUES (7, '{\"n\":7}', zeroblob(32))",
	    "chain breaks at entry 7" },
};

static void
test_breaks(void **state)
{
	struct seki_err err;
	sqlite3 *db;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		db = filled();
		no_triggers(db);
		must(db, breaks[i].sql);
		err = (struct seki_err)SEKI_ERR_INIT;
		if (seki_ledger_check(db, NULL, NULL, &err) != -1 ||
		    err.reason != SEKI_LEDGER ||
		    strcmp(err.text, breaks[i].text) != 0)
			fail_msg("row %zu: %s: '%s'", i,
			    seki_err_word(err.reason), err.text);
		(void)sqlite3_close(db);
	}
}

/* A rollback takes the entry along; a failed start leaves nothing. */
static void
test_transaction(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	sqlite3 *db = filled();
	uint64_t n;

	(void)state;
	must(db, "BEGIN");
	assert_int_equal(
	    seki_ledger_add(db, "import", 0, json_object(), &err), 0);
	must(db, "ROLLBACK");
	assert_int_equal(seki_ledger_check(db, NULL, &n, &err), 0);
	assert_int_equal(n, ENTRIES);
	assert_int_equal(seki_ledger_add(db, "import", 0,
			     json_pack("{s:f}", "x", 0.5), &err),
	    -1);
	assert_int_equal(err.reason, SEKI_BUG);
	(void)sqlite3_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_append_only),
		cmocka_unit_test(test_breaks),
		cmocka_unit_test(test_transaction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
