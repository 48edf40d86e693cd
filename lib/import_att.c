#include <stdlib.h>
#include <string.h>

#include "attach_int.h"
#include "relay.h"
#include "store_int.h"

/* One attachment that the folder may hold already, of this or another
 * bundle. */
static int
one(struct seki_spool *to, struct seki_bundle *b, const struct seki_entry *f,
    uint64_t *stored, struct seki_err *err)
{
	const struct seki_relay_file *came = NULL;
	char hex[SEKI_HEX];
	struct seki_in *in;
	int r, exact;

	/* One that a sanitiser made anew is kept as what it is now; the ledger
	 * says in whose place (seki_store_remade). */
	if (b->relay != NULL)
		came = seki_relay_att(b->relay, f, &exact);
	seki_text_hex(
	    came != NULL ? came->sha256 : f->sha256, SEKI_SHA256, hex);
	r = seki_spool_holds(
	    to, hex, came != NULL ? came->place.size : f->size, NULL, err);
	if (r != 0)
		return r == -1 ? -1 : 0;
	if ((in = seki_bundle_entry(b, f->name, err)) == NULL)
		return -1;
	r = seki_spool_put(to, in, hex, err);
	seki_in_free(in);
	*stored += r == 0;
	return r;
}

int
seki_import_att_again(struct seki_bundle *b, struct seki_store *store,
    const char *host, uint64_t *stored, struct seki_err *err)
{
	int r;

	if (seki_bundle_file(b, "attachment") == NULL)
		return 0;
	/* The database's lock is the folder's. */
	r = seki_store_begin(store, host, err);
	if (r == 0) {
		r = seki_import_att(b, store, stored, err);
		seki_store_rollback(store);
	}
	return r;
}

int
seki_import_att(struct seki_bundle *b, const struct seki_store *store,
    uint64_t *stored, struct seki_err *err)
{
	const struct seki_manifest *m = seki_bundle_manifest(b);
	struct seki_buf path = SEKI_BUF_INIT;
	struct seki_spool *to = NULL;
	size_t i;
	int r = 0;

	*stored = 0;
	if (seki_bundle_file(b, "attachment") == NULL)
		return 0;
	if (seki_store_att(store, &path, err) == -1 ||
	    (to = seki_spool_keep(path.p, err)) == NULL)
		r = -1;
	for (i = 0; r == 0 && i < m->nfile; i++)
		if (strcmp(m->file[i].role, "attachment") == 0)
			r = one(to, b, &m->file[i], stored, err);
	if (r == 0)
		r = seki_spool_sync(to, err);
	seki_spool_free(to);
	seki_buf_free(&path);
	return r;
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
