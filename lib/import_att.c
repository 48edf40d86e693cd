#include <stdlib.h>
#include <string.h>

#include "attach_int.h"
#include "part.h"
#include "relay.h"
#include "store_int.h"

/*
 * A bundle that was taken before brings back what was taken then.  A file that
 * came back changed again, in another way, is none of the store's: nobody let
 * that one pass.  1 when it is not to be stored.
 */
static int
other_one(sqlite3 *again, struct seki_spool *to, const struct seki_entry *f,
    const char *hex, struct seki_err *err)
{
	char was[SEKI_HEX];
	uint64_t size = f->size;
	int r;

	seki_text_hex(f->sha256, SEKI_SHA256, was);
	if ((r = seki_spool_holds(to, was, size, NULL, err)) != 0)
		return r;
	if ((r = seki_store_remade(again, was, &size, err)) == -1)
		return -1;
	if (r == 1 && strcmp(was, hex) == 0)
		return 0;
	if (r == 1 && (r = seki_spool_holds(to, was, size, NULL, err)) != 0)
		return r;
	seki_err_hint(err, "%s",
	    _("give the file that was taken then, or have the sender make the "
	      "bundle once more: seki-pack --reissue N --carrier media"));
	return seki_fail(err, SEKI_DIGEST,
	    _("%s is missing in the store, and came back changed in another "
	      "way than the one that was taken"),
	    f->name);
}

/* One attachment that the folder may hold already, of this or another
 * bundle. */
static int
one(struct seki_spool *to, struct seki_bundle *b, const struct seki_entry *f,
    sqlite3 *again, uint64_t *stored, struct seki_err *err)
{
	const struct seki_relay_file *came = NULL;
	char hex[SEKI_HEX];
	struct seki_in *in;
	int r, exact = 1;

	/* One that a sanitiser made anew is kept as what it is now; the ledger
	 * says in whose place (seki_store_remade). */
	if (b->relay != NULL)
		came = seki_relay_att(b->relay, f, &exact);
	seki_text_hex(
	    came != NULL ? came->sha256 : f->sha256, SEKI_SHA256, hex);
	r = seki_spool_holds(
	    to, hex, came != NULL ? came->place.size : f->size, NULL, err);
	if (r == 0 && again != NULL && came != NULL && !exact)
		r = other_one(again, to, f, hex, err);
	if (r != 0)
		return r == -1 ? -1 : 0;
	if ((in = seki_bundle_entry(b, f->name, err)) == NULL)
		return -1;
	r = seki_spool_put(to, in, hex, err);
	seki_in_free(in);
	*stored += r == 0;
	return r;
}

/* Those of a bundle or of one part. */
static int
of_one(struct seki_spool *to, struct seki_bundle *b, sqlite3 *again,
    uint64_t *stored, struct seki_err *err)
{
	const struct seki_manifest *m = seki_bundle_manifest(b);
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < m->nfile; i++)
		if (strcmp(m->file[i].role, "attachment") == 0)
			r = one(to, b, &m->file[i], again, stored, err);
	return r;
}

/* In a set the parts have them. */
static int
any(const struct seki_bundle *b)
{
	size_t i;

	if (b->set == NULL)
		return seki_bundle_file(b, "attachment") != NULL;
	for (i = 0; i < b->set->n; i++)
		if (any(b->set->part[i]))
			return 1;
	return 0;
}

static int
all(struct seki_bundle *b, const struct seki_store *store, sqlite3 *again,
    uint64_t *stored, struct seki_err *err)
{
	struct seki_buf path = SEKI_BUF_INIT;
	struct seki_spool *to = NULL;
	size_t i;
	int r = 0;

	*stored = 0;
	if (!any(b))
		return 0;
	if (seki_store_att(store, &path, err) == -1 ||
	    (to = seki_spool_keep(path.p, err)) == NULL)
		r = -1;
	if (r == 0 && b->set == NULL)
		r = of_one(to, b, again, stored, err);
	for (i = 0; r == 0 && b->set != NULL && i < b->set->n; i++)
		r = of_one(to, b->set->part[i], again, stored, err);
	if (r == 0)
		r = seki_spool_sync(to, err);
	seki_spool_free(to);
	seki_buf_free(&path);
	return r;
}

int
seki_import_att_again(struct seki_bundle *b, struct seki_store *store,
    const char *host, uint64_t *stored, struct seki_err *err)
{
	int r;

	if (!any(b))
		return 0;
	/* The database's lock is the folder's. */
	r = seki_store_begin(store, host, err);
	if (r == 0) {
		r = all(b, store, store->db, stored, err);
		seki_store_rollback(store);
	}
	return r;
}

int
seki_import_att(struct seki_bundle *b, const struct seki_store *store,
    int again, uint64_t *stored, struct seki_err *err)
{
	return all(b, store, again ? store->db : NULL, stored, err);
}

int
seki_store_remade(
    sqlite3 *db, char hex[SEKI_HEX], uint64_t *size, struct seki_err *err)
{
	char like[SEKI_HEX + 4], is[SEKI_HEX] = "";
	const char *lines, *at;
	unsigned long long n = 0;
	sqlite3_stmt *st = NULL;
	int r;

	(void)snprintf(like, sizeof(like), "%%%s %%", hex);
	if (seki_store_prepare(db, &st, err,
		"SELECT json_extract(entry, '$.attachments_remade')"
		" FROM seki_ledger WHERE instr(entry, '\"attachments_remade\"')"
		" AND json_extract(entry, '$.attachments_remade') LIKE %Q"
		" ORDER BY n DESC LIMIT 1",
		like) == -1)
		return -1;
	if ((r = seki_store_step(db, st, err)) == 1) {
		lines = (const char *)sqlite3_column_text(st, 0);
		at = lines == NULL ? NULL : strstr(lines, hex);
		r = at != NULL && (at == lines || at[-1] == '\n') &&
		    sscanf(at + SEKI_HEX, "%64[0-9a-f] %llu", is, &n) == 2;
	}
	(void)sqlite3_finalize(st);
	if (r != 1)
		return r;
	memcpy(hex, is, SEKI_HEX);
	*size = n;
	return 1;
}
