#include <string.h>

#include <jansson.h>

#include "store_int.h"

/*
 * The ledger and the table of bundles say the same: the k-th entry of an
 * import is about the k-th bundle, and there are no others; so it is with the
 * runs that made local streams, which have their rows there too.  What the
 * tables held after a delta stands in the ledger only.
 */
#define NKINDS 3
struct pair {
	sqlite3 *db;
	/* Columns named like the entry's members. */
	sqlite3_stmt *st[NKINDS];
};

static const char *const kinds[NKINDS] = { "import", "again", "local" };
static const char *const rows[NKINDS] = {
	"SELECT s.stream AS stream, b.epoch AS epoch, b.seq AS seq,"
	" b.kind AS bundle_kind, b.prev AS prev, b.created AS created,"
	" b.taken AS time, lower(hex(b.digest)) AS manifest,"
	" lower(hex(b.root)) AS root, lower(hex(b.schema)) AS schema,"
	" b.records AS records, b.held AS held, o.domain AS domain,"
	" o.app AS app, lower(hex(b.rows_sha256)) AS rows_sha256,"
	" b.past AS past, lower(hex(b.past_sha256)) AS past_sha256,"
	" b.manifest AS text"
	" FROM seki_bundle b LEFT JOIN seki_stream s ON s.id = b.stream"
	" LEFT JOIN seki_source o ON o.id = b.source"
	" WHERE b.kind <> '" SEKI_STORE_LOCAL "' ORDER BY b.id",
	"SELECT s.stream AS stream, b.epoch AS epoch, b.seq AS seq,"
	" lower(hex(b.root)) AS root, lower(hex(t.digest)) AS manifest,"
	" t.taken AS time FROM seki_twin t"
	" LEFT JOIN seki_bundle b ON b.id = t.bundle"
	" LEFT JOIN seki_stream s ON s.id = b.stream ORDER BY t.id",
	"SELECT s.stream AS stream, b.epoch AS epoch, b.seq AS run,"
	" b.prev AS prev, b.created AS created, b.taken AS time,"
	" lower(hex(b.digest)) AS run_sha256, lower(hex(b.root)) AS root,"
	" lower(hex(b.schema)) AS schema, b.records AS records,"
	" b.held AS held, o.domain AS domain, o.app AS app,"
	" lower(hex(b.rows_sha256)) AS rows_sha256, b.past AS past,"
	" lower(hex(b.past_sha256)) AS past_sha256, b.manifest AS text"
	" FROM seki_bundle b LEFT JOIN seki_stream s ON s.id = b.stream"
	" LEFT JOIN seki_source o ON o.id = b.source"
	" WHERE b.kind = '" SEKI_STORE_LOCAL "' ORDER BY b.id",
};

static int
apart(const json_t *entry, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("keep the database as it is and call who runs this host"));
	return seki_fail(err, SEKI_LEDGER,
	    _("entry %lld is not about the bundle that seki_bundle holds"),
	    (long long)json_integer_value(json_object_get(entry, "n")));
}

static int
equal(sqlite3_stmt *st, int at, const json_t *v)
{
	const char *text = (const char *)sqlite3_column_text(st, at);

	if (v == NULL)
		return text != NULL && text[0] == '\0';
	if (json_is_integer(v))
		return sqlite3_column_type(st, at) == SQLITE_INTEGER &&
		       sqlite3_column_int64(st, at) == json_integer_value(v);
	return text != NULL && json_is_string(v) &&
	       strcmp(text, json_string_value(v)) == 0;
}

/* The manifest that the row keeps is the one of the entry's digest. */
static int
kept(sqlite3_stmt *st, int at, const json_t *entry)
{
	const char *text = (const char *)sqlite3_column_text(st, at);
	const json_t *want = json_object_get(entry, "manifest");
	struct seki_err err = SEKI_ERR_INIT;
	char hex[SEKI_HEX];

	if (want == NULL)
		want = json_object_get(entry, "run_sha256");
	return text != NULL && json_is_string(want) &&
	       seki_sha256_hex(text, (size_t)sqlite3_column_bytes(st, at), hex,
		   &err) == 0 &&
	       strcmp(hex, json_string_value(want)) == 0;
}

static int
look(const json_t *entry, void *ctx, struct seki_err *err)
{
	const char *kind = json_string_value(json_object_get(entry, "kind"));
	struct pair *p = ctx;
	const char *name;
	sqlite3_stmt *st;
	size_t k;
	int i, r;

	for (k = 0;
	     k < NKINDS && (kind == NULL || strcmp(kind, kinds[k]) != 0);)
		k++;
	if (k == NKINDS)
		return 0;
	st = p->st[k];
	if ((r = seki_store_step(p->db, st, err)) == -1)
		return -1;
	if (r == 0)
		return apart(entry, err);
	for (i = 0; i < sqlite3_column_count(st); i++) {
		name = sqlite3_column_name(st, i);
		if (strcmp(name, "text") == 0
			? !kept(st, i, entry)
			: !equal(st, i, json_object_get(entry, name)))
			return apart(entry, err);
	}
	return 0;
}

static int
no_more(struct pair *p, size_t k, struct seki_err *err)
{
	int r = seki_store_step(p->db, p->st[k], err);

	if (r != 1)
		return r;
	seki_err_hint(err, "%s",
	    _("keep the database as it is and call who runs this host"));
	return seki_fail(err, SEKI_LEDGER, "%s",
	    _("seki_bundle holds a bundle that no entry is about"));
}

int
seki_store_ledger(struct seki_store *s, struct seki_err *err)
{
	struct pair p = { .db = s->db };
	size_t k;
	int r = 0;

	if (s->db == NULL)
		return 0;
	for (k = 0; r == 0 && k < NKINDS; k++)
		r = seki_store_prepare(s->db, &p.st[k], err, "%s", rows[k]);
	if (r == 0)
		r = seki_ledger_walk(s->db, look, &p, NULL, NULL, err);
	for (k = 0; r == 0 && k < NKINDS; k++)
		r = no_more(&p, k, err);
	for (k = 0; k < NKINDS; k++)
		(void)sqlite3_finalize(p.st[k]);
	if (r == -1)
		seki_err_object(err, s->path);
	return r;
}

int
seki_store_proof(sqlite3 *db, const unsigned char *digest, struct seki_proof *p,
    struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	const char *root;
	char hex[SEKI_HEX];
	int r;

	memset(p, 0, sizeof(*p));
	seki_text_hex(digest, SEKI_SHA256, hex);
	if (seki_store_prepare(db, &st, err,
		"SELECT json_extract(entry, '$.stored_records'),"
		" json_extract(entry, '$.stored_held'),"
		" json_extract(entry, '$.stored_root') FROM seki_ledger"
		" WHERE json_extract(entry, '$.kind') = 'import'"
		" AND json_extract(entry, '$.manifest') = %Q"
		" ORDER BY n DESC LIMIT 1",
		hex) == -1)
		return -1;
	if ((r = seki_store_step(db, st, err)) == 1) {
		p->records = (uint64_t)sqlite3_column_int64(st, 0);
		p->held = (uint64_t)sqlite3_column_int64(st, 1);
		root = (const char *)sqlite3_column_text(st, 2);
		if (root == NULL ||
		    seki_text_unhex(root, p->root, SEKI_SHA256) == -1)
			memset(p->root, 0, SEKI_SHA256);
	}
	(void)sqlite3_finalize(st);
	return r == -1 ? -1 : 0;
}

/* An old trust folder put back would bring back keys that were revoked. */
int
seki_store_trust_seen(
    struct seki_store *s, uint64_t version, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int64_t seen = 0;
	int r;

	if (s->db == NULL)
		return 0;
	if (seki_store_prepare(s->db, &st, err, "%s",
		"SELECT max(json_extract(entry, '$.trust_version'))"
		" FROM seki_ledger") == -1)
		return -1;
	if ((r = seki_store_step(s->db, st, err)) == 1)
		seen = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	if (r == -1 || seen <= 0 || version >= (uint64_t)seen)
		return r == -1 ? -1 : 0;
	return seki_fail(err, SEKI_TRUST_OLD,
	    _("the trust folder holds version %llu, this store was written "
	      "with version %lld: files were taken out of it, or an old one "
	      "was put back"),
	    (unsigned long long)version, (long long)seen);
}
