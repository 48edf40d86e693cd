#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach_int.h"
#include "export_int.h"
#include "store_int.h"

/*
 * Attachments out of the store: for a stream by their digests, as a pull leaves
 * them; beside a CSV under names that people can read and that hold nothing a
 * file system or a shell takes for more than a name; or under wanted names
 * (export_named.c).
 */
struct seki_export_att {
	const struct seki_export *opt;
	const struct seki_schema *schema;
	sqlite3 *db;
	struct seki_spool *from, *to; /* to: of a stream */
	struct seki_buf item, path;
	struct seki_export_named *named; /* or NULL */
	struct seki_name_file file;	 /* the one at hand */
	uint64_t inner[SEKI_FIELDS_MAX]; /* of a table's fields, so far */
	int held;
	uint64_t nth; /* of the record */
	uint64_t files, left;
};

/* Bytes of a name; the longest that file systems take is 255. */
#define KEY_MAX ((size_t)80)
#define NAME_MAX_ ((size_t)140)
#define END_MAX ((size_t)12)

static int
target(struct seki_export_att *a, struct seki_err *err)
{
	const struct seki_export *opt = a->opt;

	if (opt->name != NULL)
		return (a->named = seki_export_named_open(
			    opt, a->schema, err)) == NULL
			   ? -1
			   : 0;
	if (seki_dir_private(opt->attachments, 1, err) == -1)
		return -1;
	return opt->format == SEKI_EXPORT_STREAM &&
		       (a->to = seki_spool_keep(opt->attachments, err)) == NULL
		   ? -1
		   : 0;
}

struct seki_export_att *
seki_export_att_open(const struct seki_store *store,
    const struct seki_export *opt, const struct seki_schema *schema,
    struct seki_err *err)
{
	struct seki_export_att *a = calloc(1, sizeof(*a));
	struct seki_buf path = SEKI_BUF_INIT;
	int ok = 0;

	if (a == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	a->opt = opt;
	a->schema = schema;
	a->db = store->db;
	/* A store without attachments has no folder of them. */
	if (seki_store_att(store, &path, err) == 0 &&
	    (access(path.p, F_OK) == -1 ||
		(a->from = seki_spool_read(path.p, err)) != NULL))
		ok = target(a, err) == 0;
	seki_buf_free(&path);
	if (ok)
		return a;
	seki_export_att_free(a);
	return NULL;
}

void
seki_export_att_free(struct seki_export_att *a)
{
	if (a == NULL)
		return;
	seki_spool_free(a->from);
	seki_spool_free(a->to);
	seki_export_named_free(a->named);
	seki_buf_free(&a->item);
	seki_buf_free(&a->path);
	free(a);
}

/* What a file name may not hold on Windows, and what does not show. */
static int
plain(uint32_t c)
{
	return !seki_text_hidden(c) &&
	       (c > 0x7E || strchr("/\\:*?\"<>|", (int)c) == NULL);
}

/* Two keys never become one: what is changed of it can be told. */
static int
add_key(struct seki_buf *b, const struct seki_value *key, struct seki_err *err)
{
	char hex[SEKI_HEX];
	size_t i = 0, k, from = b->n;
	uint32_t c;

	while (i < key->n) {
		k = i;
		c = seki_text_get(key->p, key->n, &i);
		for (; k < i; k++) {
			unsigned char u = (unsigned char)key->p[k];

			if ((c >= 0x80 && plain(c)) || c == '-' ||
				    (c >= '0' && c <= '9') ||
				    (c >= 'A' && c <= 'Z') ||
				    (c >= 'a' && c <= 'z')
				? seki_buf_byte(b, u, err) == -1
				: seki_buf_fmt(b, err, "%%%02X", u) == -1)
				return -1;
		}
	}
	if (b->n - from <= KEY_MAX)
		return 0;
	if (seki_sha256_hex(key->p, key->n, hex, err) == -1)
		return -1;
	b->n = from;
	return seki_buf_fmt(b, err, "~%.32s", hex);
}

/* A long name loses of its middle: its end says what opens it. */
static int
add_name(struct seki_buf *b, const char *s, size_t n, struct seki_err *err)
{
	const char *dot = n > 0 ? memrchr(s, '.', n) : NULL;
	size_t end = dot != NULL && n - (size_t)(dot - s) <= END_MAX
			 ? (size_t)(dot - s)
			 : n;
	size_t i = 0, from = b->n, k;
	char u[4];
	uint32_t c;

	while (i < n) {
		if (i < end && b->n - from > NAME_MAX_)
			i = end;
		if (i >= n)
			break;
		c = seki_text_get(s, n, &i);
		k = seki_text_put(u, plain(c) ? c : (uint32_t)'_');
		if (seki_buf_add(b, u, k, err) == -1)
			return -1;
	}
	if (b->n == from)
		return seki_buf_str(b, "_", err);
	/* Windows takes a dot or blank at the end away. */
	if (b->p[b->n - 1] == '.' || b->p[b->n - 1] == ' ')
		b->p[b->n - 1] = '_';
	return 0;
}

static int
by_digest(struct seki_export_att *a, struct seki_in *in, const char *hex,
    uint64_t size, struct seki_err *err)
{
	int r = seki_spool_holds(a->to, hex, size, NULL, err);

	if (r != 0)
		return r == 1 ? 0 : -1;
	return seki_spool_put(a->to, in, hex, err);
}

/* An export that was interrupted left it, whole.  What cannot be read is not
 * this file; who wants to write there says why not. */
static int
is_there(const char *path, const char *hex, uint64_t size)
{
	struct seki_err own = SEKI_ERR_INIT;
	struct seki_in *in = seki_in_file(path, size, &own);
	int same = in != NULL && seki_export_named_copy(in, NULL, hex, &own) == 0;

	seki_in_free(in);
	return same;
}

static int
by_name(struct seki_export_att *a, struct seki_in *in, const char *hex,
    uint64_t size, struct seki_err *err)
{
	struct seki_out *out;

	if (is_there(a->path.p, hex, size))
		return 0;
	out = seki_out_file(a->path.p, 0600, SEKI_OUT_NEW, err);
	if (out != NULL && seki_export_named_copy(in, out, hex, err) == 0)
		return seki_out_commit(out, err);
	seki_out_abort(out);
	return -1;
}

/* The file, or the one that a relay's sanitiser made of it and somebody took
 * for it; hex and size are then that one's. */
static int
stored(struct seki_export_att *a, char hex[SEKI_HEX], uint64_t *size,
    struct seki_err *err)
{
	struct seki_err own = SEKI_ERR_INIT;
	int fd = seki_spool_file(a->from, hex, *size, &own), r = 0;

	if (fd != -1)
		return fd;
	if (own.reason == SEKI_FILE)
		r = seki_store_remade(a->db, hex, size, err);
	if (r == -1)
		return -1;
	if (r == 1 && a->to != NULL)
		return seki_fail(err, SEKI_DIGEST,
		    _("the attachment came back changed from a relay "
		      "(%.16s…); a stream names what was sent, and cannot "
		      "bring this one: export a CSV"),
		    hex);
	if (r == 1)
		return seki_spool_file(a->from, hex, *size, err);
	*err = own;
	return -1;
}

static int
one(struct seki_export_att *a, const struct seki_record *rec,
    const struct seki_item *item, struct seki_err *err)
{
	char hex[SEKI_HEX];
	uint64_t size =
	    item->nsize < 19 ? strtoull(item->size, NULL, 10) : UINT64_MAX;
	struct seki_in *in;
	int fd, r;

	a->nth++;
	if (item->nsha256 != SEKI_HEX - 1) {
		a->left++;
		return a->named == NULL
			   ? 0
			   : seki_export_named_put(a->named, &a->file, item,
				 a->held, NULL, NULL, err);
	}
	memcpy(hex, item->sha256, SEKI_HEX - 1);
	hex[SEKI_HEX - 1] = '\0';
	if (a->from == NULL)
		return seki_fail(err, SEKI_FILE, "%s",
		    _("the store has no folder of attachments"));
	if ((fd = stored(a, hex, &size, err)) == -1 ||
	    (in = seki_in_fd(fd, seki_spool_path(a->from), err)) == NULL)
		return -1;
	seki_buf_reset(&a->path);
	if (a->named != NULL)
		r = seki_export_named_put(
		    a->named, &a->file, item, a->held, in, hex, err);
	else if (a->to != NULL)
		r = by_digest(a, in, hex, size, err);
	else if (seki_buf_fmt(&a->path, err, "%s/", a->opt->attachments) ==
		     -1 ||
		 add_key(&a->path, &rec->key, err) == -1 ||
		 seki_buf_fmt(&a->path, err, "_%llu_",
		     (unsigned long long)a->nth) == -1 ||
		 add_name(&a->path, item->p, item->n, err) == -1)
		r = -1;
	else
		r = by_name(a, in, hex, size, err);
	if (r == -1 && err->reason == SEKI_DIGEST)
		seki_err_object(err, seki_spool_path(a->from));
	seki_in_free(in);
	a->files += r == 0;
	return r;
}

/* The last bundle of the stream that carried it: its import stores it again. */
static void
carrier(const struct seki_export_att *a, const struct seki_item *item,
    struct seki_err *err)
{
	struct seki_err own = SEKI_ERR_INIT;
	sqlite3_stmt *st = NULL;

	if (seki_store_prepare(a->db, &st, &own,
		"SELECT b.seq, b.epoch FROM seki_bundle b JOIN seki_stream s"
		" ON s.id = b.stream WHERE s.stream = %Q"
		" AND instr(CAST(b.manifest AS TEXT), 'att/%.*q') > 0"
		" ORDER BY b.id DESC LIMIT 1",
		a->opt->stream, (int)item->nsha256, item->sha256) == 0 &&
	    seki_store_step(a->db, st, &own) == 1)
		seki_err_hint(err,
		    _("Import the bundle that brought it once more, seq %llu "
		      "of stream %s in epoch %llu: what is missing is then "
		      "stored again."),
		    (unsigned long long)sqlite3_column_int64(st, 0),
		    a->opt->stream,
		    (unsigned long long)sqlite3_column_int64(st, 1));
	(void)sqlite3_finalize(st);
	seki_err_hint(err, "%s",
	    _("Import the bundle that brought it once more: what is missing is "
	      "then stored again."));
}

static int
value(struct seki_export_att *a, const struct seki_record *rec,
    const struct seki_field *f, const struct seki_value *v, int wanted,
    struct seki_err *err)
{
	struct seki_item item;
	size_t at = 0;
	int r;

	while ((r = seki_item_next(
		    SEKI_S_FILES, v, &at, &a->item, &item, err)) == 1) {
		a->file.nth++;
		a->file.name = item.p;
		a->file.nname = item.n;
		if (!wanted) {
			a->nth++;
			continue;
		}
		if (one(a, rec, &item, err) == -1) {
			r = -1;
			break;
		}
	}
	if (r == -1) {
		seki_err_record(err, rec->key.p, rec->key.n);
		seki_err_field(err, f->code);
		if (err->object[0] != '\0' && a->from != NULL &&
		    strcmp(err->object, seki_spool_path(a->from)) == 0)
			carrier(a, &item, err);
	}
	return r;
}

static int
listed(const struct seki_export *o, const char *code)
{
	size_t i;

	for (i = 0; i < o->nfield; i++)
		if (strcmp(o->fields[i], code) == 0)
			return 1;
	return o->nfield == 0;
}

/* The files of a table, numbered through all of its rows. */
static int
rows(struct seki_export_att *a, const struct seki_record *rec, size_t i,
    int here, struct seki_err *err)
{
	const struct seki_field *f = &a->schema->field[i];
	const struct seki_row *row = rec->v[i].row;
	size_t k, n;

	memset(a->inner, 0, sizeof(a->inner));
	a->file.table = f;
	for (n = 0; n < rec->v[i].nrow; n++)
		for (k = 0; k < f->nsub; k++) {
			if (f->sub[k].type != SEKI_T_FILE)
				continue;
			a->file.field = &f->sub[k];
			a->file.row = &row[n];
			a->file.nrow = n + 1;
			a->file.nth = a->inner[k];
			if (value(a, rec, &f->sub[k], &row[n].v[k],
				here && (a->opt->table == NULL ||
					    listed(a->opt, f->sub[k].code)),
				err) == -1)
				return -1;
			a->inner[k] = a->file.nth;
		}
	return 0;
}

/* Numbers do not depend on which fields are wanted. */
int
seki_export_att_put(struct seki_export_att *a, const struct seki_record *rec,
    int held, struct seki_err *err)
{
	const struct seki_schema *s = a->schema;
	const char *table = a->opt->table;
	const struct seki_field *f;
	size_t i;
	int here;

	a->nth = 0;
	a->held = held;
	for (i = 0; i < s->n; i++) {
		f = &s->field[i];
		here = table != NULL ? strcmp(table, f->code) == 0
				     : listed(a->opt, f->code);
		a->file = (struct seki_name_file){ .rec = rec, .field = f };
		if ((f->type == SEKI_T_FILE &&
			value(a, rec, f, &rec->v[i], table == NULL && here,
			    err) == -1) ||
		    (f->nsub > 0 && rows(a, rec, i, here, err) == -1))
			return -1;
	}
	return 0;
}

int
seki_export_att_end(
    struct seki_export_att *a, struct seki_exported *done, struct seki_err *err)
{
	char text[256];

	done->attachments = a->files;
	if (a->left > 0 && a->opt->note != NULL) {
		(void)snprintf(text, sizeof(text),
		    _("%llu attachments did not come with their records: only "
		      "their names did"),
		    (unsigned long long)a->left);
		a->opt->note(a->opt->ctx, text);
	}
	if (a->named != NULL)
		return seki_export_named_end(a->named, done, err);
	return a->to != NULL ? seki_spool_sync(a->to, err) : 0;
}
