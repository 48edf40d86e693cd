#include <stdlib.h>
#include <string.h>

#include "attach_int.h"
#include "store_int.h"

/* One attachment that the folder may hold already, of this or another
 * bundle. */
static int
one(struct seki_spool *to, struct seki_bundle *b, const struct seki_entry *f,
    uint64_t *stored, struct seki_err *err)
{
	char hex[SEKI_HEX];
	struct seki_in *in;
	int r;

	seki_text_hex(f->sha256, SEKI_SHA256, hex);
	if ((r = seki_spool_holds(to, hex, f->size, NULL, err)) != 0)
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
