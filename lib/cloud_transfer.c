#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "cloud_int.h"

#define PIECE SEKI_CLOUD_PIECE
/* No file of the service is larger. */
#define FILE_MAX ((uint64_t)1 << 30)

struct seki_cloud_upload {
	struct seki_cloud *c;
	char *name, *type;
	char data[64];
	uint64_t size, pieces;
	int kept;
	struct seki_buf b;
};

struct seki_cloud_upload *
seki_cloud_upload_new(struct seki_cloud *c, const char *name, const char *type,
    struct seki_err *err)
{
	struct seki_cloud_upload *u = calloc(1, sizeof(*u));
	char digits[40];

	if (u == NULL || (u->name = strdup(name)) == NULL ||
	    (u->type = strdup(type)) == NULL ||
	    seki_cloud_file_random(digits, 32, err) == -1) {
		seki_err_nomem(err);
		seki_cloud_upload_free(u);
		return NULL;
	}
	u->c = c;
	(void)snprintf(u->data, sizeof(u->data), "open %s", digits);
	return u;
}

static int
flush(struct seki_cloud_upload *u, struct seki_err *err)
{
	struct seki_cloud_db *db;
	int r;

	if (u->b.n == 0)
		return 0;
	if ((db = seki_cloud_data_get(u->c->data, err)) == NULL)
		return -1;
	if ((r = seki_cloud_data_write(u->c->data, db, err)) == 0) {
		r = seki_cloud_run(db, err,
		    "INSERT INTO piece(data, n, bytes) VALUES(?1, ?2, ?3)",
		    "sib", u->data, u->pieces, u->b.p, u->b.n);
		if (seki_cloud_data_written(u->c->data, db, r != -1, err) == -1)
			r = -1;
	}
	seki_cloud_data_put(u->c->data, db);
	u->pieces++;
	seki_buf_reset(&u->b);
	return r == -1 ? -1 : 0;
}

int
seki_cloud_upload_add(
    struct seki_cloud_upload *u, const void *p, size_t n, struct seki_err *err)
{
	const char *s = p;
	size_t part;

	u->size += n;
	if (u->size > FILE_MAX)
		return seki_fail(err, SEKI_LIMIT, "upload");
	for (; n > 0; s += part, n -= part) {
		part = PIECE - u->b.n < n ? PIECE - u->b.n : n;
		if (seki_buf_add(&u->b, s, part, err) == -1)
			return -1;
		if (u->b.n == PIECE && flush(u, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_cloud_upload_keep(struct seki_cloud_upload *u, struct seki_cloud_db *db,
    seki_time now, char key[40], struct seki_err *err)
{
	char d[40], data[64];

	if (seki_cloud_file_random(d, 32, err) == -1)
		return -1;
	for (char *s = d; *s != '\0'; s++)
		*s = (char)(*s >= 'A' ? *s | 0x20 : *s);
	(void)snprintf(key, 40, "%.8s-%.4s-4%.3s-a%.3s-%.12s", d, d + 8, d + 12,
	    d + 15, d + 18);
	(void)snprintf(data, sizeof(data), "kept %s", u->data + 5);
	if ((u->b.n > 0 &&
		seki_cloud_run(db, err,
		    "INSERT INTO piece(data, n, bytes) VALUES(?1, ?2, ?3)",
		    "sib", u->data, u->pieces, u->b.p, u->b.n) == -1) ||
	    seki_cloud_run(db, err,
		"UPDATE piece SET data = ?2 WHERE data = ?1", "ss", u->data,
		data) == -1 ||
	    seki_cloud_run(db, err,
		"INSERT INTO file(key, name, type, size, app, record, created,"
		" data) VALUES(?1, ?2, ?3, ?4, 0, 0, ?5, ?6)",
		"sssiis", key, u->name, u->type, u->size, (uint64_t)now,
		data) == -1)
		return -1;
	u->kept = 1;
	return 0;
}

void
seki_cloud_upload_free(struct seki_cloud_upload *u)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_cloud_db *db;

	if (u == NULL)
		return;
	if (!u->kept && u->pieces > 0 &&
	    (db = seki_cloud_data_get(u->c->data, &err)) != NULL) {
		if (seki_cloud_data_write(u->c->data, db, &err) == 0) {
			(void)seki_cloud_run(db, &err,
			    "DELETE FROM piece WHERE data = ?1", "s", u->data);
			(void)seki_cloud_data_written(u->c->data, db, 1, &err);
		}
		seki_cloud_data_put(u->c->data, db);
	}
	seki_buf_free(&u->b);
	free(u->name);
	free(u->type);
	free(u);
}

int
seki_cloud_uploaded(struct seki_cloud_call *k)
{
	char key[40];

	if (k->req->upload == NULL)
		return seki_cloud_invalid(
		    k->fault, "file", SEKI_CLOUD_REQUIRED, NULL, 0);
	if (seki_cloud_upload_keep(
		k->req->upload, k->db, k->now, key, k->err) == -1)
		return -1;
	return seki_buf_fmt(k->b, k->err, "{\"fileKey\":\"%s\"}", key);
}

static int
fill(struct seki_cloud_download *d, const char *type, size_t ntype,
    uint64_t size, const char *data)
{
	/* It becomes a header. */
	if (ntype >= sizeof(d->type) || memchr(type, '\n', ntype) != NULL ||
	    memchr(type, '\r', ntype) != NULL) {
		type = "application/octet-stream";
		ntype = strlen(type);
	}
	memcpy(d->type, type, ntype);
	d->type[ntype] = '\0';
	d->size = size;
	(void)snprintf(d->data, sizeof(d->data), "%s", data);
	return 1;
}

/* A file of a generated record, whose key ends with its id: 1, 0, -1. */
static int
generated(struct seki_cloud_call *k, const char *key, size_t n,
    struct seki_cloud_download *d)
{
	uint64_t id = n == 49 ? strtoull(key + 30, NULL, 10) / 1000 : 0, size;
	const struct seki_cloud_tree *file, *type;
	struct seki_cloud_tree *t;
	const char *json;
	size_t len;
	int r = 0;

	for (size_t i = 0; r == 0 && i < k->c->napp; i++) {
		uint64_t app = k->c->app[i]->id;

		r = seki_cloud_db_one(k->db, app, id, &json, &len, k->err);
		if (r != 1 || memmem(json, len, key, n) == NULL)
			r = r == -1 ? -1 : 0;
		else if (seki_cloud_tree_parse(
			     &t, json, len, k->arena, k->err) != 0)
			r = -1;
		else if ((file = seki_cloud_file_find(t, key, n)) == NULL ||
			 (type = seki_cloud_tree_get(file, "contentType")) ==
			     NULL ||
			 seki_cloud_param_number(
			     seki_cloud_tree_get(file, "size"),
			     SEKI_CLOUD_ID_MAX, &size) == -1)
			r = 0;
		else if (seki_cloud_may(k, app, SEKI_CLOUD_VIEW) == -1)
			r = -1;
		else
			r = fill(d, type->p, type->n, size, "");
		seki_cloud_db_done(k->db);
	}
	return r;
}

static int
stored(struct seki_cloud_call *k, const char *key, size_t n,
    struct seki_cloud_download *d)
{
	sqlite3_stmt *st;
	int r;

	r = seki_cloud_sql(k->db, &st, k->err,
	    "SELECT app, type, size, data FROM file"
	    " WHERE key = ?1 AND app > 0",
	    "t", key, n);
	if (r != 1)
		return r;
	r = seki_cloud_may(
	    k, (uint64_t)sqlite3_column_int64(st, 0), SEKI_CLOUD_VIEW);
	if (r == 0)
		r = fill(d, (const char *)sqlite3_column_text(st, 1),
		    (size_t)sqlite3_column_bytes(st, 1),
		    (uint64_t)sqlite3_column_int64(st, 2),
		    (const char *)sqlite3_column_text(st, 3));
	(void)sqlite3_reset(st);
	return r;
}

int
seki_cloud_download(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *key =
	    seki_cloud_tree_get(k->args, "fileKey");
	struct seki_cloud_download *d;
	int r;

	if (key == NULL || key->kind != SEKI_J_STRING || key->n == 0)
		return seki_cloud_invalid(
		    k->fault, "fileKey", SEKI_CLOUD_REQUIRED, NULL, 0);
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return seki_err_nomem(k->err);
	d->c = k->c;
	d->piece = UINT64_MAX;
	(void)snprintf(d->key, sizeof(d->key), "%s", key->p);
	if ((r = stored(k, key->p, key->n, d)) == 0)
		r = generated(k, key->p, key->n, d);
	if (r == 1 && k->req->reply != NULL) {
		k->req->reply->file = d;
		return 0;
	}
	seki_cloud_download_free(d);
	return r == -1 ? -1
		       : seki_cloud_refuse(
			     k->fault, SEKI_CLOUD_GAIA_BL01, key->p, key->n);
}

/* Content that nobody ever sent: it begins as its type does and depends on
 * nothing but the key. */
static void
make(const struct seki_cloud_download *d, uint64_t at, char *to, size_t n)
{
	static const struct {
		const char *type, *bytes;
		size_t n;
	} begins[] = {
		{ "application/pdf", "%PDF-1.4\n", 9 },
		{ "image/jpeg", "\xff\xd8\xff\xe0\0\x10JFIF\0", 11 },
		{ "image/png", "\x89PNG\r\n\x1a\n", 8 },
		{ "application/vnd.", "PK\3\4", 4 },
	};
	size_t key = strlen(d->key), len = 0;
	const char *head = "";

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(d->type, begins[i].type, strlen(begins[i].type)) ==
		    0) {
			head = begins[i].bytes;
			len = begins[i].n;
		}
	for (size_t i = 0; i < n; i++, at++)
		to[i] = at < len	      ? head[at]
			: at % (key + 1) == 0 ? '\n'
					      : d->key[at % (key + 1) - 1];
}

static int
piece(struct seki_cloud_download *d, uint64_t n)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_cloud_db *db;
	sqlite3_stmt *st;
	int r;

	if (d->piece == n)
		return 0;
	if ((db = seki_cloud_data_get(d->c->data, &err)) == NULL)
		return -1;
	r = seki_cloud_sql(db, &st, &err,
	    "SELECT bytes FROM piece WHERE data = ?1 AND n = ?2", "si", d->data,
	    n);
	if (r == 1) {
		seki_buf_reset(&d->bytes);
		r = seki_buf_add(&d->bytes, sqlite3_column_blob(st, 0),
		    (size_t)sqlite3_column_bytes(st, 0), &err);
		(void)sqlite3_reset(st);
	} else
		r = -1; /* deleted while it was read */
	seki_cloud_data_put(d->c->data, db);
	if (r == 0)
		d->piece = n;
	return r;
}

ssize_t
seki_cloud_download_read(
    struct seki_cloud_download *d, uint64_t at, char *to, size_t n)
{
	size_t off = (size_t)(at % PIECE);

	if (at >= d->size)
		return 0;
	if (n > d->size - at)
		n = (size_t)(d->size - at);
	if (d->data[0] == '\0') {
		make(d, at, to, n);
		return (ssize_t)n;
	}
	if (piece(d, at / PIECE) == -1 || off >= d->bytes.n)
		return -1;
	if (n > d->bytes.n - off)
		n = d->bytes.n - off;
	memcpy(to, d->bytes.p + off, n);
	return (ssize_t)n;
}

void
seki_cloud_download_free(struct seki_cloud_download *d)
{
	if (d == NULL)
		return;
	seki_buf_free(&d->bytes);
	free(d);
}
