#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pack_int.h"

/* What the reader of the stream sees also goes into the bundle, byte by byte:
 * data/records.jsonl is the stream. */
struct tee {
	struct seki_in *below;
	struct seki_pack *to;
};

static ssize_t
tee_read(void *ctx, void *p, size_t n, struct seki_err *err)
{
	struct tee *t = ctx;
	ssize_t r = seki_in_read(t->below, p, n, err);

	if (r <= 0)
		return r;
	if (t->to->squeeze == NULL)
		return r;
	seki_sha256_add(&t->to->sha, p, (size_t)r);
	return seki_squeeze_write(t->to->squeeze, p, (size_t)r, err) == -1 ? -1
									   : r;
}

static void
tee_free(void *ctx)
{
	struct tee *t = ctx;

	seki_in_free(t->below);
	free(t);
}

static struct seki_in *
tee(struct seki_in *below, struct seki_pack *to, struct seki_err *err)
{
	static const struct seki_in_ops ops = { tee_read, tee_free };
	struct tee *t = malloc(sizeof(*t));

	if (t == NULL) {
		seki_in_free(below);
		(void)seki_err_nomem(err);
		return NULL;
	}
	t->below = below;
	t->to = to;
	return seki_in_new(&ops, t, seki_in_name(below), err);
}

struct seki_pack *
seki_pack_open(struct seki_in *in, const char *spool, const char *attachments,
    const struct seki_scan_how *scan, struct seki_err *err)
{
	struct seki_pack *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		seki_in_free(in);
		(void)seki_err_nomem(err);
		return NULL;
	}
	p->spool = spool;
	p->attachments = attachments;
	if (scan != NULL)
		p->how = *scan;
	p->how.spool = spool;
	p->how.attachments = attachments;
	p->records.fd = p->book.fd = p->files.fd = p->att_fd = -1;
	p->clear.fd = -1;
	if (seki_sha256_init(&p->sha, err) == -1 ||
	    (p->press = seki_press_new(err)) == NULL ||
	    (p->squeeze = seki_squeeze_new(p->press, spool, err)) == NULL) {
		seki_in_free(in);
		goto fail;
	}
	seki_sha256_restart(&p->sha);
	if ((in = tee(in, p, err)) != NULL &&
	    (p->in = seki_stream_open(in, err)) != NULL &&
	    (p->scan = seki_scan_new(seki_pack_schema(p), &p->how, err)) !=
		NULL)
		return p;

fail:
	seki_pack_free(p);
	return NULL;
}

int
seki_pack_carry(struct seki_pack *p, int zip, int text,
    const struct seki_repair *repair, struct seki_err *err)
{
	if ((p->relay = calloc(1, sizeof(*p->relay))) == NULL)
		return seki_err_nomem(err);
	p->relay->zip = zip;
	p->relay->text = text;
	p->relay->repair = repair;
	p->relay->frame.fd = p->relay->seal = -1;
	/* The stream's own bytes do not travel. */
	if (!p->keep) {
		seki_squeeze_abort(p->squeeze);
		p->squeeze = NULL;
	}
	return 0;
}

void
seki_pack_of(struct seki_pack *p, const struct seki_of *of)
{
	p->of = of;
	seki_stream_allow_part(p->in);
}

void
seki_pack_keep(struct seki_pack *p)
{
	p->keep = 1;
}

const struct seki_part *
seki_pack_kept(const struct seki_pack *p)
{
	return p->clear.fd != -1 ? &p->clear : &p->records;
}

const unsigned char *
seki_pack_blind(const struct seki_pack *p)
{
	return p->sealed ? p->blind : NULL;
}

const struct seki_schema *
seki_pack_schema(const struct seki_pack *p)
{
	return seki_stream_schema(p->in);
}

const struct seki_proof *
seki_pack_proof(const struct seki_pack *p)
{
	return seki_stream_proof(p->in);
}

const char *
seki_pack_state(const struct seki_pack *p)
{
	return seki_stream_state(p->in);
}

static int
fill_content(
    const struct seki_pack *p, struct seki_manifest *m, struct seki_err *err)
{
	const struct seki_schema *schema = seki_pack_schema(p);
	const struct seki_proof *proof = seki_pack_proof(p);
	const struct seki_ending *end = seki_stream_ending(p->in);
	char id[SEKI_SCHEMA_ID];
	struct seki_origin origin;

	seki_origin_schema(schema->stream, schema->digest, id);
	memcpy(m->schema, schema->digest, SEKI_SHA256);
	memcpy(m->root, proof->root, SEKI_SHA256);
	m->records = proof->records;
	m->deletes = proof->deleted;
	m->held = proof->held;
	if (seki_manifest_set(&m->schema_id, id, err) == -1 ||
	    (p->of == NULL &&
		seki_manifest_set(&m->kind, proof->kind, err) == -1) ||
	    seki_manifest_set(&m->rules, end->rules, err) == -1 ||
	    seki_manifest_set(&m->source.system, schema->source.system, err) ==
		-1 ||
	    seki_manifest_set(&m->source.domain, schema->source.domain, err) ==
		-1 ||
	    seki_manifest_set(&m->source.app, schema->source.app, err) == -1)
		return -1;
	if (seki_origin_parse(end->source, &origin, err) == -1)
		return -1;
	return seki_origin_fill(&origin, m, err);
}

static int
read_records(
    struct seki_pack *p, void (*progress)(uint64_t), struct seki_err *err)
{
	struct seki_record *rec;
	const char *line;
	uint64_t n = 0;
	size_t len;
	int r;

	line = seki_stream_line(p->in, &len);
	if (seki_scan_around(p->scan, line, len, err) == -1 ||
	    (p->relay != NULL && seki_pack_relay_begin(p, err) == -1))
		return -1;
	while ((r = seki_stream_next(p->in, &rec, err)) == 1) {
		if (seki_view_put(p->view, rec, err) == -1 ||
		    seki_atts_add(&p->atts, seki_pack_schema(p), rec, err) ==
			-1 ||
		    seki_scan_record(p->scan, rec, err) == -1 ||
		    (p->relay != NULL &&
			seki_pack_relay_put(p, rec, err) == -1))
			return -1;
		if (progress != NULL && ++n % 1000 == 0)
			progress(n);
	}
	if (r == -1)
		return -1;
	line = seki_stream_state(p->in);
	return seki_scan_around(p->scan, line, strlen(line), err);
}

int
seki_pack_records_end(struct seki_pack *p, struct seki_err *err)
{
	struct seki_squeeze *s = p->squeeze;

	p->squeeze = NULL;
	if (seki_squeeze_end(s, NULL, 0, &p->records, err) == -1)
		return -1;
	seki_sha256_end(&p->sha, p->records.sha256);
	return 0;
}

static int
end_view(struct seki_pack *p, struct seki_err *err)
{
	struct seki_view *v = p->view;

	p->view = NULL;
	return seki_view_end(v, err);
}

static int
same(const struct seki_schema *schema, const struct seki_proof *a,
    const struct seki_proof *b)
{
	return a->records == b->records && a->held == b->held &&
	       a->deleted == b->deleted &&
	       memcmp(a->rows, b->rows, schema->tables * sizeof(a->rows[0])) ==
		   0 &&
	       memcmp(a->root, b->root, SEKI_SHA256) == 0;
}

/* What people will see is read with the reader the other side has, before
 * anything is signed. */
static int
check_view(
    struct seki_pack *p, const struct seki_manifest *m, struct seki_err *err)
{
	const struct seki_schema *schema = seki_pack_schema(p);
	struct seki_proof *found = calloc(1, sizeof(*found));
	int r = -1;

	if (found == NULL)
		return seki_err_nomem(err);
	if (seki_zipout_stored(p->book.fd, &p->book, err) == 0 &&
	    seki_sheet_read(
		p->book.fd, 0, p->book.size, schema, m, found, err) == 0)
		r = same(schema, seki_pack_proof(p), found)
			? 0
			: seki_fail(err, SEKI_VIEW, "%s",
			      _("the workbook just made shows other records "
				"than"
				" the stream; nothing was packed"));
	if (r == -1)
		seki_err_object(err, "view/records.xlsx");
	free(found);
	return r;
}

/* What the scan found goes into the manifest, and so on the cover. */
static int
fill_scan(
    const struct seki_pack *p, struct seki_manifest *m, struct seki_err *err)
{
	struct seki_buf met = SEKI_BUF_INIT;
	struct seki_err ignored = SEKI_ERR_INIT;
	int clear = seki_scan_verdict(p->scan, &ignored) == 0, r = -1;

	if (seki_manifest_set(&m->scan, seki_scan_result(p->scan), err) == 0 &&
	    seki_scan_summary(p->scan, SEKI_SCAN_LOW, &met, err) == 0 &&
	    (met.n == 0 || seki_manifest_note(m, "scan", met.p, err) == 0))
		r = 0;
	seki_buf_free(&met);
	if (r == -1 || (!clear && m->scan_by[0] != '\0'))
		return r;
	if (seki_manifest_set(&m->scan_by, NULL, err) == -1 ||
	    seki_manifest_set(&m->scan_reason, NULL, err) == -1)
		return -1;
	return seki_scan_verdict(p->scan, err);
}

/* The records' bytes and the workbook, in the manifest. */
static int
end_media(struct seki_pack *p, struct seki_manifest *m, struct seki_err *err)
{
	if (end_view(p, err) == -1 ||
	    seki_pack_records_end(p, err) == -1 ||
	    check_view(p, m, err) == -1)
		return -1;
	if (seki_manifest_file(m, "data/records.jsonl", "records",
		p->records.size, p->records.sha256, err) == -1)
		return -1;
	return seki_manifest_file(
	    m, "view/records.xlsx", "view", p->book.size, p->book.sha256, err);
}

static struct seki_sheet_out *
sheet(struct seki_pack *p, const struct seki_manifest *m, struct seki_err *err)
{
	struct seki_sheet_out *o;

	if ((p->book.fd = seki_dir_spool(p->spool, err)) == -1)
		return NULL;
	o = seki_sheet_create(
	    p->book.fd, seki_pack_schema(p), m, p->press, p->spool, err);
	if (o != NULL && p->relay != NULL)
		seki_sheet_repair(o, p->relay->repair);
	return o;
}

int
seki_pack_read(struct seki_pack *p, struct seki_manifest *m,
    void (*progress)(uint64_t), struct seki_err *err)
{
	struct seki_sheet_out *o = sheet(p, m, err);

	p->m = m;
	if (o == NULL ||
	    (p->view = seki_view_new(o, seki_pack_schema(p), err)) == NULL ||
	    read_records(p, progress, err) == -1 ||
	    fill_content(p, m, err) == -1 ||
	    seki_pack_att(&p->atts, p->attachments, p->spool, m, &p->att,
		&p->att_fd, err) == -1 ||
	    fill_scan(p, m, err) == -1)
		return -1;
	return p->relay != NULL ? seki_pack_relay_end(p, m, err)
				: end_media(p, m, err);
}

int
seki_pack_seal(struct seki_pack *p, struct seki_manifest *m,
    const struct seki_recipients *to, struct seki_err *err)
{
	const struct seki_seal s = { .records = &p->records,
		.view = &p->book,
		.att = p->att,
		.natt = p->att == NULL ? 0 : p->atts.n,
		.files = &p->files,
		.spool = p->spool,
		.to = to,
		.of = p->of,
		.blind = p->blind };

	if (p->keep) {
		p->clear = p->records;
		if ((p->clear.fd = dup(p->records.fd)) == -1)
			return seki_err_errno(err, _("temporary file"));
	}
	p->sealed = 1;
	return seki_seal(&s, m, err);
}

int
seki_pack_head(const struct seki_pack *p, const struct seki_sealing *s,
    struct seki_zipout *z, struct seki_err *err)
{
	const struct seki_of *of = p->of;
	char name[SEKI_HEX + 16];

	if (seki_zipout_mem(
		z, "manifest.json", s->manifest, s->nmanifest, err) == -1 ||
	    seki_zipout_mem(z, s->sig, s->der, s->nder, err) == -1)
		return -1;
	if (of == NULL)
		return 0;
	(void)snprintf(name, sizeof(name), SEKI_WHOLE "%s",
	    strchr(of->sig, '/') + 1);
	return seki_zipout_mem(z, SEKI_WHOLE_MANIFEST, of->manifest->p,
		   of->manifest->n, err) == -1
		   ? -1
		   : seki_zipout_mem(z, name, of->der->p, of->der->n, err);
}

static int
write_sealed(struct seki_pack *p, struct seki_zipout *z, struct seki_err *err)
{
	if (seki_zipout_part(z, "data/records.cms", &p->records, err) == -1 ||
	    seki_zipout_part(z, "view/records.cms", &p->book, err) == -1)
		return -1;
	return p->files.fd == -1
		   ? 0
		   : seki_zipout_part(z, SEKI_SEALED_FILES, &p->files, err);
}

static int
write_clear(struct seki_pack *p, struct seki_zipout *z, struct seki_err *err)
{
	char name[SEKI_ATT_NAME];
	size_t i;
	int r = -1;

	if (seki_zipout_part(z, "data/records.jsonl", &p->records, err) == 0 &&
	    seki_zipout_part(z, "view/records.xlsx", &p->book, err) == 0)
		r = 0;
	for (i = 0; r == 0 && p->att != NULL && i < p->atts.n; i++) {
		seki_att_name(p->atts.v[i], 0, name);
		r = seki_zipout_part(z, name, &p->att[i], err);
	}
	return r;
}

int
seki_pack_write(struct seki_pack *p, const struct seki_sealing *s,
    struct seki_out *out, uint64_t *size, unsigned char *sha256,
    struct seki_err *err)
{
	struct seki_zipout *z;
	int r = -1;

	if (p->relay != NULL)
		return seki_pack_relay_write(p, s, out, size, sha256, err);
	if ((z = seki_zipout_new(out, err)) != NULL &&
	    seki_pack_head(p, s, z, err) == 0)
		r = p->sealed ? write_sealed(p, z, err)
			      : write_clear(p, z, err);
	if (r == 0)
		r = seki_zipout_end(z, size, sha256, err);
	seki_zipout_free(z);
	return r;
}

void
seki_pack_free(struct seki_pack *p)
{
	if (p == NULL)
		return;
	/* The view's thread may be at work with the stream's schema, the stream
	 * writes to the squeeze while it reads. */
	seki_view_abort(p->view);
	seki_pack_relay_free(p);
	seki_scan_free(p->scan);
	seki_stream_free(p->in);
	seki_squeeze_abort(p->squeeze);
	seki_press_free(p->press);
	if (p->sha.ctx != NULL)
		seki_sha256_free(&p->sha);
	seki_atts_free(&p->atts);
	free(p->att);
	if (p->att_fd != -1)
		(void)close(p->att_fd);
	if (p->records.fd != -1)
		(void)close(p->records.fd);
	if (p->book.fd != -1)
		(void)close(p->book.fd);
	if (p->files.fd != -1)
		(void)close(p->files.fd);
	if (p->clear.fd != -1)
		(void)close(p->clear.fd);
	free(p);
}
