#include <string.h>

#include "store_int.h"

/* Rows of seki_bundle: each says what its bundle, or a local stream's run, left
 * in the tables. */
int64_t
seki_store_next(sqlite3 *db, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int64_t id = -1;

	if (seki_store_prepare(db, &st, err, "%s",
		"SELECT coalesce(max(id), 0) + 1 FROM seki_bundle") == 0 &&
	    seki_store_step(db, st, err) == 1)
		id = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return id;
}

int
seki_store_beside(sqlite3 *db, char *names, size_t size, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	const char *s;
	int r = -1;

	if (seki_store_prepare(db, &st, err, "%s",
		"SELECT coalesce(group_concat(stream, ', '), '') FROM"
		" (SELECT stream FROM seki_stream ORDER BY stream)") == 0 &&
	    seki_store_step(db, st, err) == 1) {
		s = (const char *)sqlite3_column_text(st, 0);
		(void)snprintf(names, size, "%.*s",
		    s == NULL ? 0 : seki_text_cut(s, size - 1),
		    s == NULL ? "" : s);
		r = 0;
	}
	(void)sqlite3_finalize(st);
	return r;
}

int
seki_store_seal(sqlite3 *db, struct seki_store_form *f, int64_t id,
    const unsigned char *sum, uint64_t *grown, struct seki_err *err)
{
	uint64_t n = f->past;
	sqlite3_stmt *st = NULL;
	int r;

	if (seki_store_past_sum(db, f, &n, f->past_sum, err) == -1)
		return -1;
	*grown = n - f->past;
	f->past = n;
	memcpy(f->sum, sum, SEKI_SHA256);
	if (seki_store_prepare(db, &st, err,
		"UPDATE seki_bundle SET rows_sha256 = ?, past = %lld,"
		" past_sha256 = ? WHERE id = %lld",
		(long long)n, (long long)id) == -1)
		return -1;
	(void)sqlite3_bind_blob(st, 1, f->sum, SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_blob(st, 2, f->past_sum, SEKI_SHA256, SQLITE_STATIC);
	r = seki_store_step(db, st, err);
	(void)sqlite3_finalize(st);
	return r;
}
