#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach_int.h"
#include "local_int.h"

/* A local stream brings no attachments: those that its records name came with
 * a bundle and lie beside the store. */
struct seki_local_att {
	const struct seki_schema *schema;
	struct seki_spool *from; /* NULL: the store has no folder of them */
	sqlite3 *db;
	struct seki_buf item;
};

struct seki_local_att *
seki_local_att_open(const struct seki_store *store,
    const struct seki_schema *schema, struct seki_err *err)
{
	struct seki_local_att *a = calloc(1, sizeof(*a));
	struct seki_buf path = SEKI_BUF_INIT;
	int ok;

	if (a == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	a->schema = schema;
	a->db = store->db;
	ok = seki_store_att(store, &path, err) == 0 &&
	     (access(path.p, F_OK) == -1 ||
		 (a->from = seki_spool_read(path.p, err)) != NULL);
	seki_buf_free(&path);
	if (ok)
		return a;
	seki_local_att_free(a);
	return NULL;
}

static int
missing(const char *hex, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("a local stream takes only attachments that a bundle brought: "
	      "import the bundle with them first, or pull without "
	      "attachments"));
	return seki_fail(err, SEKI_FILE,
	    _("the attachment is not beside the store (%.16s…)"), hex);
}

static int
one(struct seki_local_att *a, const struct seki_item *item,
    struct seki_err *err)
{
	char hex[SEKI_HEX], size[24];
	struct seki_err why = SEKI_ERR_INIT;
	uint64_t n;
	int fd, r = 0;

	/* Pulled without attachments: the name is all there is. */
	if (item->nsha256 != SEKI_HEX - 1)
		return 0;
	(void)snprintf(hex, sizeof(hex), "%.64s", item->sha256);
	(void)snprintf(size, sizeof(size), "%.*s",
	    item->nsize < 20 ? (int)item->nsize : 20, item->size);
	if (a->from == NULL)
		return missing(hex, err);
	n = strtoull(size, NULL, 10);
	fd = seki_spool_file(a->from, hex, n, &why);
	/* One that a relay's sanitiser made anew stands under its own digest. */
	if (fd == -1 && why.reason == SEKI_FILE && a->db != NULL)
		r = seki_store_remade(a->db, hex, &n, err);
	if (r == 1)
		fd = seki_spool_file(a->from, hex, n, &why);
	if (fd != -1) {
		(void)close(fd);
		return 0;
	}
	if (r == -1)
		return -1;
	if (why.reason == SEKI_FILE)
		return missing(hex, err);
	*err = why;
	return -1;
}

static int
file(void *att, const struct seki_record *rec, const struct seki_field *f,
    const struct seki_item *item, struct seki_err *err)
{
	if (one(att, item, err) == 0)
		return 0;
	seki_err_record(err, rec->key.p, rec->key.n);
	seki_err_field(err, f->code);
	return -1;
}

int
seki_local_att_check(struct seki_local_att *a, const struct seki_record *rec,
    struct seki_err *err)
{
	const struct seki_att_walk w = { file, a, &a->item };

	return seki_att_each(a->schema, rec, &w, err);
}

void
seki_local_att_free(struct seki_local_att *a)
{
	if (a == NULL)
		return;
	seki_spool_free(a->from);
	seki_buf_free(&a->item);
	free(a);
}
