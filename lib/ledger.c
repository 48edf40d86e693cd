#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include <jansson.h>
#include <openssl/rand.h>
#include <sqlite3.h>

#include "seki_int.h"

/*
 * The ledger (threats C9): hash = SHA-256(0x10 || previous hash || entry),
 * 32 zero bytes before the first.  The triggers stop honest mistakes; whoever
 * drops them still breaks the chain.
 */
static const char *const things[] = {
	"CREATE TABLE seki_ledger ("
	"n INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash BLOB NOT NULL) "
	"STRICT",
	"CREATE TRIGGER seki_ledger_update "
	"BEFORE UPDATE ON seki_ledger BEGIN "
	"SELECT raise(ABORT, 'the ledger is append-only'); END",
	"CREATE TRIGGER seki_ledger_delete "
	"BEFORE DELETE ON seki_ledger BEGIN "
	"SELECT raise(ABORT, 'the ledger is append-only'); END",
	/* REPLACE deletes without firing the trigger above. */
	"CREATE TRIGGER seki_ledger_insert "
	"BEFORE INSERT ON seki_ledger "
	"WHEN NEW.n <> (SELECT coalesce(max(n), 0) + 1 FROM seki_ledger) BEGIN "
	"SELECT raise(ABORT, 'the ledger is append-only'); END",
};
#define NTHINGS (sizeof(things) / sizeof(things[0]))

/* SQLite forgets the system's error when a commit fails.  A disk that is full
 * has a code of its own, so under a limit on the size of files a write that
 * failed has met that. */
static int
at_limit(sqlite3 *db, int e)
{
	struct rlimit most;

	return e == EFBIG ||
	       (e != EIO &&
		   sqlite3_extended_errcode(db) == SQLITE_IOERR_WRITE &&
		   getrlimit(RLIMIT_FSIZE, &most) == 0 &&
		   most.rlim_cur != RLIM_INFINITY);
}

static enum seki_reason
reason(sqlite3 *db)
{
	int e = sqlite3_system_errno(db);

	switch (sqlite3_errcode(db) & 0xFF) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return SEKI_LOCKED;
	case SQLITE_FULL:
		return SEKI_FULL;
	case SQLITE_IOERR:
		return e == ENOSPC || e == EDQUOT || at_limit(db, e) ? SEKI_FULL
								     : SEKI_IO;
	case SQLITE_CORRUPT:
		return SEKI_IO;
	case SQLITE_CANTOPEN:
		return e == ENOSPC || e == EDQUOT ? SEKI_FULL : SEKI_PERMISSION;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return SEKI_PERMISSION;
	case SQLITE_NOMEM:
		return SEKI_NOMEM;
	case SQLITE_CONSTRAINT:
		return SEKI_RECORD;
	case SQLITE_TOOBIG:
		return SEKI_LIMIT;
	/* A statement that does not fit what is there: not the tables we made.
	 */
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_SCHEMA:
	case SQLITE_NOTADB:
		return SEKI_SCHEMA;
	default:
		return SEKI_BUG;
	}
}

/* SQLite's words name tables, columns and constraints, never a value. */
int
seki_sqlite_fail(sqlite3 *db, const char *what, struct seki_err *err)
{
	enum seki_reason why = reason(db);

	if (why == SEKI_LOCKED)
		seki_err_hint(err, "%s",
		    _("wait until the other program has ended, then run the "
		      "same command again"));
	if (why == SEKI_SCHEMA ||
	    (sqlite3_errcode(db) & 0xFF) == SQLITE_CORRUPT)
		seki_err_hint(err, "%s",
		    _("the database is damaged or was changed by hand: take "
		      "it from its backup"));
	return seki_fail(err, why, "%s: %s", what, sqlite3_errmsg(db));
}

static void
keep(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("keep the database as it is and call who runs this host"));
}

static int
run(sqlite3 *db, const char *sql, struct seki_err *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return seki_sqlite_fail(db, _("ledger"), err);
}

static void
link_hash(struct seki_sha256 *h, const unsigned char *prev, const void *entry,
    size_t n, unsigned char *hash)
{
	seki_sha256_restart(h);
	seki_sha256_add(h, "\x10", 1);
	seki_sha256_add(h, prev, SEKI_SHA256);
	seki_sha256_add(h, entry, n);
	seki_sha256_end(h, hash);
}

/* The last entry's number and hash; 0 and zeros for an empty ledger. */
static int
head(sqlite3 *db, uint64_t *n, unsigned char *hash, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r;

	*n = 0;
	memset(hash, 0, SEKI_SHA256);
	if (sqlite3_prepare_v2(db,
		"SELECT n, hash FROM seki_ledger ORDER BY n DESC LIMIT 1", -1,
		&st, NULL) != SQLITE_OK)
		return seki_sqlite_fail(db, _("ledger"), err);
	if ((r = sqlite3_step(st)) == SQLITE_ROW) {
		*n = (uint64_t)sqlite3_column_int64(st, 0);
		if (sqlite3_column_bytes(st, 1) == SEKI_SHA256)
			memcpy(hash, sqlite3_column_blob(st, 1), SEKI_SHA256);
	}
	(void)sqlite3_finalize(st);
	return r == SQLITE_ROW || r == SQLITE_DONE
		   ? 0
		   : seki_sqlite_fail(db, _("ledger"), err);
}

static int
insert(sqlite3 *db, uint64_t n, const struct seki_buf *entry,
    const unsigned char *hash, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r;

	if (sqlite3_prepare_v2(db, "INSERT INTO seki_ledger VALUES (?, ?, ?)",
		-1, &st, NULL) != SQLITE_OK)
		return seki_sqlite_fail(db, _("ledger"), err);
	(void)sqlite3_bind_int64(st, 1, (sqlite3_int64)n);
	(void)sqlite3_bind_text64(
	    st, 2, entry->p, entry->n, SQLITE_STATIC, SQLITE_UTF8);
	(void)sqlite3_bind_blob(st, 3, hash, SEKI_SHA256, SQLITE_STATIC);
	r = sqlite3_step(st) == SQLITE_DONE
		? 0
		: seki_sqlite_fail(db, _("ledger"), err);
	(void)sqlite3_finalize(st);
	return r;
}

/* The entry is there, and the last. */
static int
read_back(sqlite3 *db, uint64_t n, const struct seki_buf *entry,
    const unsigned char *hash, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int same = 0, r;

	if (sqlite3_prepare_v2(db,
		"SELECT n, entry, hash FROM seki_ledger"
		" ORDER BY n DESC LIMIT 1",
		-1, &st, NULL) != SQLITE_OK)
		return seki_sqlite_fail(db, _("ledger"), err);
	if ((r = sqlite3_step(st)) == SQLITE_ROW)
		same =
		    sqlite3_column_int64(st, 0) == (sqlite3_int64)n &&
		    (size_t)sqlite3_column_bytes(st, 1) == entry->n &&
		    memcmp(sqlite3_column_blob(st, 1), entry->p, entry->n) ==
			0 &&
		    sqlite3_column_bytes(st, 2) == SEKI_SHA256 &&
		    memcmp(sqlite3_column_blob(st, 2), hash, SEKI_SHA256) == 0;
	if (r != SQLITE_ROW && r != SQLITE_DONE)
		(void)seki_sqlite_fail(db, _("ledger"), err);
	(void)sqlite3_finalize(st);
	if (same)
		return 0;
	keep(err);
	return seki_fail(err, SEKI_LEDGER, "%s",
	    _("the database does not keep the entry it is given"));
}

static int
put(json_t *entry, const char *key, json_t *value, struct seki_err *err)
{
	return json_object_set_new(entry, key, value) == 0
		   ? 0
		   : seki_err_nomem(err);
}

int
seki_ledger_add(sqlite3 *db, const char *kind, seki_time when, json_t *entry,
    struct seki_err *err)
{
	unsigned char prev[SEKI_SHA256], hash[SEKI_SHA256];
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_sha256 h = { NULL };
	char time[SEKI_TIME];
	uint64_t n = 0;
	int r = -1;

	seki_time_format(when, time);
	if (entry != NULL && head(db, &n, prev, err) == 0 &&
	    put(entry, "kind", json_string(kind), err) == 0 &&
	    put(entry, "time", json_string(time), err) == 0 &&
	    put(entry, "n", json_integer((json_int_t)++n), err) == 0 &&
	    seki_doc_canon(entry, &text, err) == 0 &&
	    seki_sha256_init(&h, err) == 0) {
		link_hash(&h, prev, text.p, text.n, hash);
		r = insert(db, n, &text, hash, err);
		if (r == 0)
			r = read_back(db, n, &text, hash, err);
	} else if (entry == NULL)
		r = seki_err_nomem(err);
	seki_sha256_free(&h);
	seki_buf_free(&text);
	json_decref(entry);
	return r;
}

/* The first entry: which host, and a number no other database has, so that
 * two ledgers with equal entries still differ. */
static int
begin(sqlite3 *db, const char *host, struct seki_err *err)
{
	unsigned char id[16];
	char hex[2 * sizeof(id) + 1];
	json_t *entry;

	if (RAND_bytes(id, sizeof(id)) != 1)
		return seki_fail(err, SEKI_BUG, "%s", _("no random numbers"));
	seki_text_hex(id, sizeof(id), hex);
	if ((entry = json_object()) == NULL ||
	    put(entry, "host", json_string(host), err) == -1 ||
	    put(entry, "database", json_string(hex), err) == -1) {
		json_decref(entry);
		return seki_err_nomem(err);
	}
	return seki_ledger_add(db, "begin", seki_time_now(), entry, err);
}

/* Does just this stand in the schema? */
static int
stands(sqlite3 *db, const char *sql, int *yes, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r;

	if (sqlite3_prepare_v2(db,
		"SELECT count(*) FROM sqlite_schema WHERE sql = ?", -1, &st,
		NULL) != SQLITE_OK)
		return seki_sqlite_fail(db, _("ledger"), err);
	(void)sqlite3_bind_text(st, 1, sql, -1, SQLITE_STATIC);
	r = sqlite3_step(st);
	*yes = sqlite3_column_int(st, 0) == 1;
	(void)sqlite3_finalize(st);
	return r == SQLITE_ROW ? 0 : seki_sqlite_fail(db, _("ledger"), err);
}

int
seki_ledger_shape(sqlite3 *db, struct seki_err *err)
{
	size_t i;
	int yes;

	for (i = 0; i < NTHINGS; i++) {
		if (stands(db, things[i], &yes, err) == -1)
			return -1;
		if (yes)
			continue;
		keep(err);
		return seki_fail(err, SEKI_LEDGER, "%s",
		    _("its table or a trigger of it is missing or was "
		      "changed"));
	}
	return 0;
}

static int
make(sqlite3 *db, struct seki_err *err)
{
	size_t i;
	int yes;

	for (i = 0; i < NTHINGS; i++)
		if (stands(db, things[i], &yes, err) == -1 ||
		    (!yes && run(db, things[i], err) == -1))
			return -1;
	return 0;
}

int
seki_ledger_init(sqlite3 *db, const char *host, struct seki_err *err)
{
	unsigned char hash[SEKI_SHA256];
	uint64_t n = 0;

	/* A savepoint: the caller may or may not have a transaction. */
	if (run(db, "SAVEPOINT seki_ledger", err) == -1)
		return -1;
	if (make(db, err) == 0 && head(db, &n, hash, err) == 0 &&
	    (n > 0 || begin(db, host, err) == 0))
		return run(db, "RELEASE seki_ledger", err);
	(void)sqlite3_exec(db, "ROLLBACK TO seki_ledger; RELEASE seki_ledger",
	    NULL, NULL, NULL);
	return -1;
}

static int
broken(uint64_t n, struct seki_err *err)
{
	keep(err);
	return seki_fail(err, SEKI_LEDGER, _("chain breaks at entry %llu"),
	    (unsigned long long)n);
}

/* Entry n of the chain: its number, its form, its hash. */
static int
check(sqlite3_stmt *st, struct seki_sha256 *h, uint64_t n, unsigned char *prev,
    seki_ledger_fn *fn, void *ctx, struct seki_err *err)
{
	const char *text = (const char *)sqlite3_column_text(st, 1);
	size_t len = (size_t)sqlite3_column_bytes(st, 1);
	struct seki_err why = SEKI_ERR_INIT;
	unsigned char hash[SEKI_SHA256];
	uint64_t own = 0;
	json_t *doc;
	int r = 0;

	if (text == NULL || sqlite3_column_int64(st, 0) != (sqlite3_int64)n ||
	    sqlite3_column_bytes(st, 2) != SEKI_SHA256)
		return broken(n, err);
	link_hash(h, prev, text, len, hash);
	if (memcmp(hash, sqlite3_column_blob(st, 2), SEKI_SHA256) != 0)
		return broken(n, err);
	memcpy(prev, hash, SEKI_SHA256);
	if ((doc = seki_doc_open(text, len, SEKI_LEDGER, "entry", &why)) ==
	    NULL)
		return why.reason == SEKI_NOMEM ? seki_err_nomem(err)
						: broken(n, err);
	(void)seki_doc_uint(doc, "n", &own, SEKI_LEDGER, "entry", &why);
	if (own != n)
		r = broken(n, err);
	else if (fn != NULL)
		r = fn(doc, ctx, err);
	json_decref(doc);
	return r;
}

int
seki_ledger_check(
    sqlite3 *db, unsigned char *last, uint64_t *count, struct seki_err *err)
{
	return seki_ledger_walk(db, NULL, NULL, last, count, err);
}

int
seki_ledger_walk(sqlite3 *db, seki_ledger_fn *fn, void *ctx,
    unsigned char *last, uint64_t *count, struct seki_err *err)
{
	unsigned char prev[SEKI_SHA256] = { 0 };
	struct seki_sha256 h;
	sqlite3_stmt *st = NULL;
	uint64_t n = 0;
	int r = SQLITE_ERROR, bad = 0;

	if (sqlite3_prepare_v2(db,
		"SELECT n, entry, hash FROM seki_ledger ORDER BY n", -1, &st,
		NULL) != SQLITE_OK)
		return seki_sqlite_fail(db, _("ledger"), err);
	if (seki_sha256_init(&h, err) == -1) {
		(void)sqlite3_finalize(st);
		return -1;
	}
	while (!bad && (r = sqlite3_step(st)) == SQLITE_ROW)
		bad = check(st, &h, ++n, prev, fn, ctx, err) == -1;
	if (!bad && r != SQLITE_DONE)
		bad = seki_sqlite_fail(db, _("ledger"), err) == -1;
	if (!bad && n == 0)
		bad = broken(1, err) == -1;
	(void)sqlite3_finalize(st);
	seki_sha256_free(&h);
	if (bad)
		return -1;
	if (last != NULL)
		memcpy(last, prev, SEKI_SHA256);
	if (count != NULL)
		*count = n;
	return 0;
}
