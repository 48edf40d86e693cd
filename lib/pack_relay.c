#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack_int.h"
#include "sigtext.h"

/*
 * What a relay rewrites cannot be bound by its bytes.  So the workbook carries,
 * as the text of its sheet 署名, a small archive of ours: manifest and
 * signatures; the frame, which is the record stream without its records; the
 * record lists.
 */

static int
line(struct seki_pack *p, const char *s, size_t n, struct seki_err *err)
{
	struct seki_pack_relay *r = p->relay;

	seki_sha256_add(&r->sha, s, n);
	seki_sha256_add(&r->sha, "\n", 1);
	return seki_squeeze_write(r->squeeze, s, n, err) == -1 ||
		       seki_squeeze_write(r->squeeze, "\n", 1, err) == -1
		   ? -1
		   : 0;
}

int
seki_pack_relay_begin(struct seki_pack *p, struct seki_err *err)
{
	const struct seki_schema *schema = seki_stream_schema(p->in);
	struct seki_pack_relay *r = p->relay;
	const char *s;
	size_t n, i;

	r->nlist = schema->tables + 1;
	if ((r->list = calloc(r->nlist, sizeof(*r->list))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < r->nlist; i++)
		r->list[i].fd = -1;
	if (seki_sha256_init(&r->sha, err) == -1)
		return -1;
	seki_sha256_restart(&r->sha);
	r->squeeze = seki_squeeze_new(p->press, p->spool, err);
	if (r->squeeze == NULL || (r->out = seki_reclist_create(schema,
				       p->press, p->spool, err)) == NULL)
		return -1;
	s = seki_stream_line(p->in, &n);
	return line(p, s, n, err);
}

int
seki_pack_relay_put(
    struct seki_pack *p, const struct seki_record *rec, struct seki_err *err)
{
	const char *s;
	size_t n;

	if (rec->kind == SEKI_RECORD_ROW)
		return seki_reclist_put(
		    p->relay->out, rec, seki_stream_leaf(p->in), err);
	s = seki_stream_line(p->in, &n);
	return line(p, s, n, err);
}

static int
state(struct seki_pack *p, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r = seki_buf_fmt(&b, err, "{\"type\":\"STATE\",\"value\":%s}",
	    seki_stream_state(p->in));

	if (r == 0)
		r = line(p, b.p, b.n, err);
	seki_buf_free(&b);
	return r;
}

static int
end_frame(struct seki_pack *p, struct seki_manifest *m, struct seki_err *err)
{
	struct seki_pack_relay *r = p->relay;
	struct seki_squeeze *s = r->squeeze;

	if (state(p, err) == -1)
		return -1;
	r->squeeze = NULL;
	if (seki_squeeze_end(s, NULL, 0, &r->frame, err) == -1)
		return -1;
	seki_sha256_end(&r->sha, r->frame.sha256);
	return seki_manifest_file(m, "data/frame.jsonl", "frame", r->frame.size,
	    r->frame.sha256, err);
}

int
seki_pack_relay_end(
    struct seki_pack *p, struct seki_manifest *m, struct seki_err *err)
{
	struct seki_pack_relay *r = p->relay;
	struct seki_reclist_out *out = r->out;
	char name[SEKI_RECLIST_NAME];
	size_t i;

	r->out = NULL;
	if ((p->squeeze != NULL && seki_pack_records_end(p, err) == -1) ||
	    end_frame(p, m, err) == -1) {
		seki_reclist_abort(out);
		return -1;
	}
	if (seki_reclist_end(out, r->list, err) == -1)
		return -1;
	for (i = 0; i < r->nlist; i++) {
		seki_reclist_name(i, name);
		if (seki_manifest_file(m, name, "list", r->list[i].size,
			r->list[i].sha256, err) == -1)
			return -1;
	}
	return 0;
}

/* The archive, in a file without a name. */
static int
seal(struct seki_pack *p, const struct seki_sealing *s, uint64_t *length,
    struct seki_err *err)
{
	struct seki_pack_relay *r = p->relay;
	struct seki_out *out;
	struct seki_zipout *z = NULL;
	char name[SEKI_RECLIST_NAME];
	unsigned char sha256[SEKI_SHA256];
	size_t i;
	int ok = -1;

	if ((r->seal = seki_dir_spool(p->spool, err)) == -1 ||
	    (out = seki_out_fd(r->seal, p->spool, err)) == NULL)
		return -1;
	if ((z = seki_zipout_new(out, err)) != NULL &&
	    seki_pack_head(p, s, z, err) == 0 &&
	    seki_zipout_part(z, "data/frame.jsonl", &r->frame, err) == 0)
		ok = 0;
	for (i = 0; ok == 0 && i < r->nlist; i++) {
		seki_reclist_name(i, name);
		ok = seki_zipout_part(z, name, &r->list[i], err);
	}
	if (ok == 0)
		ok = seki_zipout_end(z, length, sha256, err);
	seki_zipout_free(z);
	if (ok == 0)
		return seki_out_commit(out, err);
	seki_out_abort(out);
	return -1;
}

/* The other side's own reader must get the signed records out of it. */
static int
check(const struct seki_pack *p, struct seki_err *err)
{
	struct seki_bundle *b =
	    seki_bundle_of(p->book.fd, p->book.size, p->spool, err);
	unsigned char root[SEKI_SHA256];
	int r = -1;

	if (b != NULL && seki_relay_root(b, root, err) == 0)
		r = memcmp(root, p->m->root, SEKI_SHA256) == 0
			? 0
			: seki_fail(err, SEKI_VIEW, "%s",
			      _("the workbook just made gives other records "
				"than the stream; nothing was packed"));
	seki_bundle_free(b);
	if (r == -1)
		seki_err_object(err, "records.xlsx");
	return r;
}

static int
put_cell(void *ctx, const char *cell, size_t n, struct seki_err *err)
{
	return seki_squeeze_write(ctx, cell, n, err) == -1
		   ? -1
		   : seki_squeeze_write(ctx, "\n", 1, err);
}

/* The signature once more: a relay mostly passes texts on as they are. */
static int
text(struct seki_pack *p, struct seki_zipout *z, struct seki_err *err)
{
	struct seki_squeeze *s = seki_squeeze_new(p->press, p->spool, err);
	struct seki_part part = { .fd = -1 };
	int r = -1;

	if (s == NULL)
		return -1;
	if (seki_sigtext_write(
		p->relay->seal, p->relay->nseal, put_cell, s, err) == -1)
		seki_squeeze_abort(s);
	else if (seki_squeeze_end(s, NULL, 0, &part, err) == 0)
		r = seki_zipout_part(z, SEKI_SIGTEXT_FILE, &part, err);
	if (part.fd != -1)
		(void)close(part.fd);
	return r;
}

static int
zip(struct seki_pack *p, struct seki_zipout *z, struct seki_err *err)
{
	char name[SEKI_ATT_NAME];
	size_t i;

	/* Before texts of others, which may hold a signature, too. */
	if (seki_zipout_part(z, "records.xlsx", &p->book, err) == -1 ||
	    (p->relay->text && text(p, z, err) == -1))
		return -1;
	for (i = 0; p->att != NULL && i < p->atts.n; i++) {
		seki_att_name(p->atts.v[i], 1, name);
		if (seki_zipout_part(z, name, &p->att[i], err) == -1)
			return -1;
	}
	return 0;
}

/* A whole file, and its size and digest. */
static int
copy(const struct seki_part *from, struct seki_out *out, struct seki_err *err)
{
	struct seki_in *in = seki_in_again(from->fd, "records.xlsx", err);
	unsigned char buf[SEKI_CHUNK];
	ssize_t n = -1;

	if (in == NULL)
		return -1;
	while ((n = seki_in_read(in, buf, sizeof(buf), err)) > 0)
		if (seki_out_write(out, buf, (size_t)n, err) == -1) {
			n = -1;
			break;
		}
	seki_in_free(in);
	return n == -1 ? -1 : 0;
}

static int
write_out(struct seki_pack *p, struct seki_out *out, uint64_t *size,
    unsigned char *sha256, struct seki_err *err)
{
	struct seki_zipout *z;
	int r = -1;

	if (!p->relay->zip) {
		*size = p->book.size;
		memcpy(sha256, p->book.sha256, SEKI_SHA256);
		return copy(&p->book, out, err);
	}
	if ((z = seki_zipout_new(out, err)) != NULL && zip(p, z, err) == 0)
		r = seki_zipout_end(z, size, sha256, err);
	seki_zipout_free(z);
	return r;
}

int
seki_pack_relay_write(struct seki_pack *p, const struct seki_sealing *s,
    struct seki_out *out, uint64_t *size, unsigned char *sha256,
    struct seki_err *err)
{
	struct seki_pack_relay *r = p->relay;
	struct seki_view *v = p->view;

	if (p->att != NULL && p->atts.n > 0 && !r->zip) {
		seki_err_hint(err, "%s",
		    _("name the output .zip: it then holds the workbook and "
		      "the attachments"));
		return seki_fail(err, SEKI_USAGE,
		    _("%zu attachments travel along, and a workbook cannot "
		      "hold them"),
		    p->atts.n);
	}
	if (seal(p, s, &r->nseal, err) == -1)
		return -1;
	seki_view_seal(v, r->seal, r->nseal);
	p->view = NULL;
	if (seki_view_end(v, err) == -1 ||
	    seki_zipout_stored(p->book.fd, &p->book, err) == -1 ||
	    check(p, err) == -1)
		return -1;
	return write_out(p, out, size, sha256, err);
}

int
seki_pack_signature(const struct seki_pack *p, uint64_t *length)
{
	*length = p->relay->nseal;
	return p->relay->seal;
}

void
seki_pack_relay_free(struct seki_pack *p)
{
	struct seki_pack_relay *r = p->relay;
	size_t i;

	if (r == NULL)
		return;
	seki_squeeze_abort(r->squeeze);
	seki_reclist_abort(r->out);
	if (r->sha.ctx != NULL)
		seki_sha256_free(&r->sha);
	if (r->frame.fd != -1)
		(void)close(r->frame.fd);
	for (i = 0; i < r->nlist; i++)
		if (r->list[i].fd != -1)
			(void)close(r->list[i].fd);
	free(r->list);
	if (r->seal != -1)
		(void)close(r->seal);
	free(r);
}
