#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include <sqlite3.h>

#include "cloud_int.h"

/* An upload that no record takes is kept so long. */
#define LIFE (3 * 86400)

int
seki_cloud_file_random(char *out, size_t digits, struct seki_err *err)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char r[64];

	if (getrandom(r, digits, 0) != (ssize_t)digits)
		return seki_err_errno(err, "getrandom");
	for (size_t i = 0; i < digits; i++)
		out[i] = hex[r[i] & 15];
	out[digits] = '\0';
	return 0;
}

/* As the keys in records look: the time, then 35 hexadecimal digits. */
static int
new_key(seki_time now, char key[64], struct seki_err *err)
{
	char digits[40], t[SEKI_TIME];
	size_t n = 0;

	if (seki_cloud_file_random(digits, 35, err) == -1)
		return -1;
	seki_time_format(now, t);
	for (const char *s = t; *s != '\0'; s++)
		if (*s >= '0' && *s <= '9')
			key[n++] = *s;
	(void)snprintf(key + n, 64 - n, "%s", digits);
	return 0;
}

/* The object of a record that has the key. */
const struct seki_cloud_tree *
seki_cloud_file_find(const struct seki_cloud_tree *t, const char *key, size_t n)
{
	const struct seki_cloud_tree *k = seki_cloud_tree_get(t, "fileKey");

	if (k != NULL && k->kind == SEKI_J_STRING && k->n == n &&
	    memcmp(k->p, key, n) == 0)
		return t;
	for (t = t->child, k = NULL; t != NULL && k == NULL; t = t->next)
		k = seki_cloud_file_find(t, key, n);
	return k;
}

/* A file the record has already. */
static int
keep(struct seki_cloud_draft *d, const char *key, size_t n, struct seki_buf *b)
{
	const struct seki_cloud_tree *had = NULL;
	struct seki_cloud_tree *t;
	int r = 1;

	if (memmem(d->stored, d->nstored, key, n) != NULL)
		r = seki_cloud_tree_parse(
		    &t, d->stored, d->nstored, d->k->arena, d->k->err);
	if (r == -1)
		return -1;
	if (r == 0)
		had = seki_cloud_file_find(t, key, n);
	return had != NULL ? seki_buf_add(b, had->raw, had->nraw, d->k->err)
			   : seki_cloud_refuse(
				 d->k->fault, SEKI_CLOUD_GAIA_BL01, key, n);
}

static int
describe(
    struct seki_buf *b, const char *key, sqlite3_stmt *st, struct seki_err *err)
{
	const char *name = (const char *)sqlite3_column_text(st, 0);
	const char *type = (const char *)sqlite3_column_text(st, 1);

	if (name == NULL || type == NULL)
		return seki_err_nomem(err);
	if (seki_buf_str(b, "{\"contentType\":", err) == -1 ||
	    seki_json_quote(b, type, strlen(type), err) == -1 ||
	    seki_buf_fmt(b, err, ",\"fileKey\":\"%s\",\"name\":", key) == -1 ||
	    seki_json_quote(b, name, strlen(name), err) == -1)
		return -1;
	return seki_buf_fmt(b, err, ",\"size\":\"%ju\"}",
	    (uintmax_t)sqlite3_column_int64(st, 2));
}

int
seki_cloud_file_attach(
    struct seki_cloud_draft *d, const char *key, size_t n, struct seki_buf *b)
{
	struct seki_cloud_call *k = d->k;
	sqlite3_stmt *st;
	char fresh[64];
	int r;

	r = seki_cloud_sql(k->db, &st, k->err,
	    "SELECT name, type, size FROM file"
	    " WHERE key = ?1 AND app = 0 AND created > ?2",
	    "ti", key, n, (uint64_t)(k->now - LIFE));
	if (r == 0)
		return keep(d, key, n, b);
	if (r == -1)
		return -1;
	if ((r = new_key(k->now, fresh, k->err)) == 0)
		r = describe(b, fresh, st, k->err);
	(void)sqlite3_reset(st);
	if (r == -1)
		return -1;
	return seki_cloud_run(k->db, k->err,
		   "INSERT INTO file(key, name, type, size, app, record,"
		   " created, data) SELECT ?2, name, type, size, ?3, ?4, ?5,"
		   " data FROM file WHERE key = ?1",
		   "tsiii", key, n, fresh, k->app->id, d->id,
		   (uint64_t)k->now) == -1
		   ? -1
		   : 0;
}

int
seki_cloud_file_drop(
    struct seki_cloud_db *db, const char *key, struct seki_err *err)
{
	return seki_cloud_run(db, err, "DELETE FROM file WHERE key = ?1", "s",
		   key) == -1 ||
		       seki_cloud_run(db, err,
			   "DELETE FROM piece WHERE data NOT IN"
			   " (SELECT data FROM file)"
			   " AND data NOT LIKE 'open %'",
			   "") == -1
		   ? -1
		   : 0;
}

int
seki_cloud_file_sweep(struct seki_cloud_db *db, uint64_t app, uint64_t id,
    const char *json, size_t n, struct seki_err *err)
{
	struct seki_buf gone = SEKI_BUF_INIT;
	sqlite3_stmt *st;
	const char *key;
	int r;

	r = seki_cloud_sql(db, &st, err,
	    "SELECT key FROM file WHERE app = ?1 AND record = ?2", "ii", app,
	    id);
	for (; r == 1; r = seki_cloud_sql_next(db, st, err)) {
		key = (const char *)sqlite3_column_text(st, 0);
		if (key == NULL ||
		    (memmem(json, n, key, strlen(key)) == NULL &&
			seki_buf_add(&gone, key, strlen(key) + 1, err) == -1)) {
			(void)sqlite3_reset(st);
			r = -1;
			break;
		}
	}
	for (size_t i = 0; r == 0 && i < gone.n; i += strlen(gone.p + i) + 1)
		r = seki_cloud_file_drop(db, gone.p + i, err);
	seki_buf_free(&gone);
	return r;
}

int
seki_cloud_file_expire(
    struct seki_cloud_db *db, seki_time now, struct seki_err *err)
{
	return seki_cloud_run(db, err,
		   "DELETE FROM file WHERE app = 0 AND created <= ?1", "i",
		   (uint64_t)(now - LIFE)) == -1 ||
		       seki_cloud_run(db, err,
			   "DELETE FROM piece WHERE data NOT IN"
			   " (SELECT data FROM file)",
			   "") == -1
		   ? -1
		   : 0;
}

int
seki_cloud_file_add(struct seki_cloud_db *db, uint64_t app, uint64_t record,
    const struct seki_cloud_tree *file, const char *data, struct seki_err *err)
{
	const struct seki_cloud_tree *key =
	    seki_cloud_tree_get(file, "fileKey");
	const struct seki_cloud_tree *name = seki_cloud_tree_get(file, "name");
	const struct seki_cloud_tree *type =
	    seki_cloud_tree_get(file, "contentType");
	const struct seki_cloud_tree *size = seki_cloud_tree_get(file, "size");
	uint64_t n;

	if (key == NULL || key->kind != SEKI_J_STRING || name == NULL ||
	    name->kind != SEKI_J_STRING || type == NULL ||
	    type->kind != SEKI_J_STRING || size == NULL ||
	    seki_cloud_param_number(size, SEKI_CLOUD_ID_MAX, &n) == -1)
		return 0;
	return seki_cloud_run(db, err,
		   "INSERT OR IGNORE INTO file(key, name, type, size, app,"
		   " record, created, data) VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0,"
		   " ?7)",
		   "sssiiis", key->p, name->p, type->p, n, app, record,
		   data) == -1
		   ? -1
		   : 0;
}
