#include <stdlib.h>
#include <string.h>

#include "apart.h"
#include "approval.h"
#include "part.h"
#include "relay.h"

/*
 * The order of work of threats C8.  What comes later is believed only because
 * of what came before: no byte is inflated before the signatures hold, none
 * is parsed before its digest does.
 */

/* Step 3: is it for us at all? */
static int
for_us(const struct seki_bundle *b, const struct seki_check *c,
    struct seki_err *err)
{
	const struct seki_manifest *m = b->manifest;

	if (c->stream != NULL && strcmp(m->stream, c->stream) != 0)
		return seki_fail(err, SEKI_POLICY,
		    _("the stream is %s, expected was %s"), m->stream,
		    c->stream);
	if (c->audience != NULL && strcmp(m->audience, c->audience) != 0) {
		seki_err_hint(err,
		    _("is --audience right? this host's own name goes there. "
		      "If it is: carry the bundle to %s"),
		    m->audience);
		return seki_fail(err, SEKI_AUDIENCE,
		    _("the bundle is for %s, this host is %s"), m->audience,
		    c->audience);
	}
	if ((strcmp(m->carrier, "media") == 0) != (b->relay == NULL))
		return seki_fail(err, SEKI_POLICY,
		    b->relay == NULL
			? _("a bundle for the carrier %s does not come as such "
			    "a ZIP")
			: _("a bundle for the carrier %s does not come as a "
			    "workbook"),
		    m->carrier);
	return 0;
}

/* What an approval is called must not be more than it is; that of a part is the
 * whole's. */
static int
approved(
    const struct seki_bundle *b, struct seki_verdict *v, struct seki_err *err)
{
	const unsigned char *digest;
	const struct seki_manifest *m = seki_bundle_placed(b, &digest);
	size_t i;

	v->recorded = seki_approval_recorded(m);
	/* What the code is of is blinded until an encrypted one is open. */
	if (m->nrecipient == 0 && seki_approval_check(m, err) == -1)
		return -1;
	if (strcmp(m->approval_kind, "signed") != 0)
		return 0;
	for (i = 0; i < v->nsigner; i++)
		if (v->signer[i].purpose == SEKI_P_APPROVE)
			return 0;
	return seki_fail(err, SEKI_THRESHOLD, "%s",
	    _("the manifest says that the approval is signed, and no "
	      "approver's signature is there"));
}

/* The signers of a part are those of the whole; its own signatures hold, too. */
static int
signed_by(const struct seki_bundle *b, const struct seki_check *c,
    struct seki_verdict *v, struct seki_err *err)
{
	const struct seki_whole *w = b->whole;
	struct seki_signer own[SEKI_SIGNATURES_MAX];

	memset(own, 0, sizeof(own));
	if (seki_trust_check(c->trust, b->manifest, b->bytes.p, b->bytes.n,
		b->sig, b->nsig, w == NULL ? v->signer : own, err) == -1)
		return -1;
	v->nsigner = w == NULL ? b->nsig : w->nsig;
	return w == NULL ? 0
			 : seki_trust_check(c->trust, w->manifest, w->bytes.p,
			       w->bytes.n, w->sig, w->nsig, v->signer, err);
}

/* Steps 4 and 5. */
static int
trusted(const struct seki_bundle *b, const struct seki_check *c,
    struct seki_policy *p, struct seki_verdict *v, struct seki_err *err)
{
	const struct seki_manifest *m = b->manifest;

	if (signed_by(b, c, v, err) == -1 ||
	    seki_trust_policy(c->trust, m->stream, p, err) == -1)
		return -1;
	if (m->nrecipient > 0 && seki_sealed_mine(b, c, err) == -1)
		return -1;
	v->alone = seki_trust_persons(c->trust) <= 1;
	if (approved(b, v, err) == -1)
		return -1;
	if (b->crc != NULL)
		return seki_fail(
		    err, SEKI_ZIP, _("%s: the checksum (CRC) differs"), b->crc);
	return 0;
}

/* Step 6. */
static int
in_order(const struct seki_bundle *b, const struct seki_check *c,
    const struct seki_policy *p, struct seki_verdict *v, struct seki_err *err)
{
	const unsigned char *digest;
	/* How long it is good, a part says for itself. */
	struct seki_manifest at = *seki_bundle_placed(b, &digest);
	const struct seki_manifest *m = &at;

	at.expires = b->manifest->expires;
	v->unordered = c->store == NULL;
	if (c->store != NULL) {
		if (seki_store_trust_seen(
			c->store, seki_trust_version(c->trust), err) == -1 ||
		    seki_order_check(
			c->store, p, m, digest, c->now, v, err) == -1)
			return -1;
	} else if (seki_order_alone(m, p, c->now, err) == -1)
		return -1;
	if (v->already || c->allow_empty || strcmp(m->kind, "full") != 0 ||
	    m->records + m->held > 0)
		return 0;
	seki_err_hint(err, "%s",
	    _("if the source really is empty: the same command with "
	      "--allow-empty"));
	return seki_fail(err, SEKI_POLICY, "%s",
	    _("a full bundle without records would empty the stream"));
}

/* "bundle.zip: data/records.jsonl", for messages. */
static const char *
in_bundle(const struct seki_bundle *b, const char *name, char *out, size_t n)
{
	(void)snprintf(out, n, "%s: %s", b->path, name);
	return out;
}

/*
 * One file against its line in the manifest.  A stream that does not yield
 * what its own header states is no lawful ZIP; but when header and manifest
 * agree, the bytes were changed, and that is the answer people need.
 */
static int
file_ok(const struct seki_bundle *b, const struct seki_entry *f,
    struct seki_in *in, struct seki_err *err)
{
	const struct seki_zip_entry *e = seki_zip_find(&b->zip, f->name);
	struct seki_err why = SEKI_ERR_INIT;
	unsigned char digest[SEKI_SHA256];
	char name[512];
	uint64_t n;
	int r, same;

	r = seki_work_digest(in, digest, &n, &why);
	same = n == f->size && memcmp(digest, f->sha256, SEKI_SHA256) == 0;
	if (r == 0 && same)
		return 0;
	if (r == -1 && why.reason != SEKI_ZIP) {
		why.object[0] = '\0';
		seki_err_object(
		    &why, in_bundle(b, f->name, name, sizeof(name)));
		*err = why;
		return -1;
	}
	if (r == -1 && (same || e->place.size != f->size))
		return seki_fail(err, SEKI_ZIP, _("%s: %s"), f->name, why.text);
	return seki_fail(
	    err, SEKI_DIGEST, _("%s is not the signed one"), f->name);
}

/* A relay's attachments lie beside the workbook. */
static int
outside(const struct seki_bundle *b, const struct seki_entry *f)
{
	return b->relay != NULL && strcmp(f->role, "attachment") == 0;
}

/* The records only, or all but them: what is deflated, by a worker for all,
 * which is started before there are threads. */
struct half {
	const struct seki_bundle *b;
	int records;
	struct seki_feed *feed;
	struct seki_place *place;
	const char **name;
	size_t n;
};

static int
of_half(const struct half *h, const struct seki_entry *f)
{
	return !outside(h->b, f) &&
	       (strcmp(f->role, "records") == 0) == h->records;
}

static int
half_begin(struct half *h, struct seki_err *err)
{
	const struct seki_manifest *m = h->b->manifest;
	const struct seki_place *p;
	size_t i;

	h->place = calloc(m->nfile + 1, sizeof(*h->place));
	h->name = calloc(m->nfile + 1, sizeof(*h->name));
	if (h->place == NULL || h->name == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < m->nfile; i++) {
		if (!of_half(h, &m->file[i]))
			continue;
		p = &seki_zip_find(&h->b->zip, m->file[i].name)->place;
		if (!p->deflated)
			continue;
		h->place[h->n] = *p;
		h->name[h->n++] = m->file[i].name;
	}
	if (h->n == 0)
		return 0;
	h->feed = seki_feed_new(h->b->fd, h->place, h->name, h->n, err);
	return h->feed == NULL ? -1 : 0;
}

static void
half_end(struct half *h)
{
	seki_feed_free(h->feed);
	free(h->place);
	free(h->name);
}

static int
half_ok(void *ctx, struct seki_err *err)
{
	const struct half *h = ctx;
	const struct seki_bundle *b = h->b;
	const struct seki_manifest *m = b->manifest;
	const struct seki_place *p;
	struct seki_in *in;
	size_t i;

	for (i = 0; i < m->nfile; i++) {
		if (!of_half(h, &m->file[i]))
			continue;
		p = &seki_zip_find(&b->zip, m->file[i].name)->place;
		in = p->deflated ? seki_feed_next(h->feed, err)
				 : seki_zip_in(b->fd, p, m->file[i].name, err);
		if (in == NULL || file_ok(b, &m->file[i], in, err) == -1)
			return -1;
	}
	return 0;
}

static int
listed(const struct seki_manifest *m, const char *name)
{
	size_t i;

	if (m->parts > 1 && strncmp(name, SEKI_WHOLE, strlen(SEKI_WHOLE)) == 0)
		return 1;
	if (strcmp(name, "manifest.json") == 0 ||
	    strncmp(name, "sig/", 4) == 0 || strncmp(name, "trust/", 6) == 0)
		return 1;
	for (i = 0; i < m->nfile; i++)
		if (strcmp(m->file[i].name, name) == 0)
			return 1;
	return 0;
}

/* Step 7. */
static int
files_ok(const struct seki_bundle *b, const struct seki_check *c,
    struct seki_verdict *v, struct seki_err *err)
{
	const struct seki_manifest *m = b->manifest;
	struct half records = { .b = b, .records = 1 }, others = { .b = b };
	size_t i;
	int r = -1;

	for (i = 0; i < m->nfile; i++)
		if (!outside(b, &m->file[i]) &&
		    seki_zip_find(&b->zip, m->file[i].name) == NULL)
			return seki_fail(err, SEKI_DIGEST, _("%s is missing"),
			    m->file[i].name);
	for (i = 0; i < b->zip.n; i++)
		if (!listed(m, b->zip.entry[i].name))
			return seki_fail(err, SEKI_DIGEST,
			    _("%s is not in the manifest"),
			    b->zip.entry[i].name);
	if (half_begin(&records, err) == 0 && half_begin(&others, err) == 0)
		r = seki_work_both(
		    &(struct seki_work_task){ half_ok, &records },
		    &(struct seki_work_task){ half_ok, &others }, err);
	half_end(&records);
	half_end(&others);
	return r == -1 || b->relay == NULL
		   ? r
		   : seki_relay_files(b, c->accept, v, err);
}

struct content {
	const struct seki_bundle *b;
	const struct seki_check *check;
	struct seki_verdict *verdict;
	const struct seki_entry *records, *view;
	struct seki_work_content found;
	struct seki_err after; /* of check->meanwhile */
};

static const struct seki_place *
place(const struct content *c, const struct seki_entry *f)
{
	return &seki_zip_find(&c->b->zip, f->name)->place;
}

static int
read_records(struct content *c, struct seki_err *err)
{
	const struct seki_relay *r = c->b->relay;
	const struct seki_set *set = c->b->set;
	char name[512];

	if (set != NULL)
		return seki_apart_records(
		    set->stream, &set->made, c->b->path, &c->found, err);
	return seki_apart_records(r != NULL ? r->stream : c->b->fd,
	    r != NULL ? &r->made : place(c, c->records),
	    in_bundle(c->b, r != NULL ? _("the sheets") : c->records->name,
		name, sizeof(name)),
	    &c->found, err);
}

static int
count_ok(
    const char *what, uint64_t stated, uint64_t found, struct seki_err *err)
{
	if (stated == found)
		return 0;
	return seki_fail(err, SEKI_CONTENT,
	    _("counts differ: %llu %s stated, %llu found"),
	    (unsigned long long)stated, what, (unsigned long long)found);
}

/* The form, its name, the rules and the fetch. */
static int
as_described(const struct seki_manifest *m, const struct seki_work_content *c,
    struct seki_err *err)
{
	char id[SEKI_SCHEMA_ID];

	if (memcmp(m->schema, c->schema, SEKI_SHA256) != 0)
		return seki_fail(err, SEKI_CONTENT, "%s",
		    _("the records have another form than the manifest "
		      "says"));
	seki_origin_schema(c->stream, c->schema, id);
	if (m->schema_id[0] != '\0' && strcmp(m->schema_id, id) != 0)
		return seki_fail(err, SEKI_CONTENT,
		    _("schema: \"id\": the form of the records is %s, the "
		      "manifest says %s"),
		    id, m->schema_id);
	if (strcmp(m->rules, c->rules) != 0)
		return seki_fail(err, SEKI_CONTENT, "%s",
		    _("the records went through another rules table than "
		      "the manifest says"));
	if (seki_origin_same(&c->origin, m, err) == -1)
		return -1;
	return seki_atts_same(&c->atts, m, err);
}

/* Step 8: what the stream proves is what the manifest says. */
static int
as_signed(const struct seki_manifest *m, const struct seki_work_content *c,
    struct seki_err *err)
{
	if (strcmp(m->source.system, c->system) != 0 ||
	    strcmp(m->source.domain, c->domain) != 0 ||
	    strcmp(m->source.app, c->app) != 0)
		return seki_fail(err, SEKI_SOURCE,
		    _("the records are of %s app %s, the manifest says %s "
		      "app %s"),
		    c->domain, c->app, m->source.domain, m->source.app);
	if (strcmp(m->stream, c->stream) != 0)
		return seki_fail(err, SEKI_CONTENT,
		    _("the records are of stream %s, the manifest says %s"),
		    c->stream, m->stream);
	if (strcmp(m->parts > 1 ? "part" : m->kind, c->proof.kind) != 0)
		return seki_fail(err, SEKI_CONTENT,
		    _("the records are a %s stream, the manifest says %s"),
		    c->proof.kind, m->parts > 1 ? "part" : m->kind);
	if (as_described(m, c, err) == -1 ||
	    count_ok(_("records"), m->records, c->proof.records, err) == -1 ||
	    count_ok(_("held"), m->held, c->proof.held, err) == -1 ||
	    count_ok(_("deleted"), m->deletes, c->proof.deleted, err) == -1)
		return -1;
	if (memcmp(m->root, c->proof.root, SEKI_SHA256) != 0)
		return seki_fail(err, SEKI_CONTENT, "%s",
		    _("the content root is not the signed one"));
	return 0;
}

/* The file of the bundle that a failure is about. */
static int
about(const struct content *c, const struct seki_entry *f, struct seki_err *err)
{
	char name[512];

	seki_err_object(
	    err, f == NULL ? c->b->path
			   : in_bundle(c->b, f->name, name, sizeof(name)));
	return -1;
}

/* Step 8, and what the caller does meanwhile with records that are proven. */
static int
records_first(struct content *c, struct seki_err *err)
{
	struct seki_err own = SEKI_ERR_INIT;
	int r = read_records(c, &own);

	/* What the manifest says comes before what the stream says of
	 * itself. */
	if ((r == 0 || c->found.proof.kind[0] != '\0') &&
	    as_signed(c->b->manifest, &c->found, err) == -1)
		return about(c, c->records, err);
	if (r == -1) {
		*err = own;
		return -1;
	}
	c->verdict->proof = c->found.proof;
	if (c->check->meanwhile != NULL &&
	    c->check->meanwhile(c->check->ctx, &c->after) == -1 &&
	    c->after.reason == SEKI_OK)
		(void)seki_fail(&c->after, SEKI_BUG, "meanwhile");
	return 0;
}

/* The sheets give the records back, or it is said what is wrong in them. */
static int
from_sheets(struct seki_bundle *b, const struct seki_check *c,
    struct seki_verdict *v, struct seki_err *err)
{
	int r = seki_relay_build(b, c->damage, err);

	v->relay = 1;
	v->hidden = b->relay->hidden;
	v->repaired = b->relay->repaired;
	if (r == 0)
		return 0;
	seki_err_object(err, b->path);
	if (err->reason == SEKI_CONTENT || err->reason == SEKI_VIEW ||
	    err->reason == SEKI_XLSX) {
		if (b->manifest->parts > 1)
			seki_err_hint(err,
			    _("carry this part again; or have the sender make "
			      "all parts anew: seki-pack --reissue %llu "
			      "--carrier relay --max-size SIZE --repair LIST "
			      "(the list that seki-verify --damage writes of "
			      "this part), or --carrier media"),
			    (unsigned long long)b->manifest->seq);
		else
			seki_err_hint(err,
			    _("carry the original again; or have the sender "
			      "make another: seki-pack --reissue %llu "
			      "--carrier relay --repair LIST (the list that "
			      "seki-verify --damage writes), or --carrier "
			      "media"),
			    (unsigned long long)b->manifest->seq);
	}
	return -1;
}

/* Steps 8 and 9, at the same time; reported in their order. */
static int
content_ok(struct seki_bundle *b, const struct seki_check *check,
    struct seki_verdict *v, struct seki_err *err)
{
	struct content c = { .b = b,
		.check = check,
		.verdict = v,
		.records = seki_bundle_file(b, "records"),
		.view = seki_bundle_file(b, "view") };
	struct seki_err of_view = SEKI_ERR_INIT;
	struct seki_apart_view view = { .worker = NULL };
	char name[512];
	int r, started = 0;

	v->no_view |= c.view == NULL && b->relay == NULL && b->set == NULL;
	if (b->relay != NULL && from_sheets(b, check, v, err) == -1)
		return -1;
	if (c.view != NULL)
		started = seki_apart_view_start(&view, b->fd,
		    place(&c, c.records), place(&c, c.view), b->manifest,
		    in_bundle(b, c.records->name, name, sizeof(name)),
		    &of_view);
	r = records_first(&c, err);
	if (r == -1)
		seki_apart_view_stop(&view);
	else if (started == -1 || seki_apart_view_end(&view, &of_view) == -1) {
		*err = of_view;
		r = about(&c, c.view, err);
	}
	seki_atts_free(&c.found.atts);
	if (r == -1)
		return -1;
	if (c.after.reason == SEKI_OK)
		return 0;
	*err = c.after;
	return -1;
}

/*
 * Two bundles with one number are one when their roots are; that of an
 * encrypted one is known only when it is open.  Whatever else comes of that,
 * the first answer stands.
 */
static int
in_place(struct seki_bundle *b, const struct seki_check *c,
    const struct seki_policy *p, struct seki_verdict *v, struct seki_err *err)
{
	struct seki_err first = SEKI_ERR_INIT, ignored = SEKI_ERR_INIT;

	if (in_order(b, c, p, v, &first) == 0)
		return 0;
	if (b->manifest->nrecipient > 0 && !b->opened &&
	    (first.reason == SEKI_FORK || first.reason == SEKI_REPLAY ||
		first.reason == SEKI_ORDER || first.reason == SEKI_EXPIRED) &&
	    files_ok(b, c, v, &ignored) == 0 &&
	    seki_sealed_open(b, c->key, &ignored) == 0 &&
	    in_order(b, c, p, v, &ignored) == 0 && v->already)
		return 0;
	*err = first;
	return -1;
}

static int
verify_set(struct seki_bundle *b, const struct seki_check *c,
    struct seki_verdict *v, struct seki_err *err)
{
	if (seki_set_verify(b, c, v, err) == -1)
		return -1;
	return v->already && !v->twin ? 0 : content_ok(b, c, v, err);
}

int
seki_bundle_verify(struct seki_bundle *b, const struct seki_check *c,
    struct seki_verdict *v, struct seki_err *err)
{
	const struct seki_manifest *m = b->manifest;
	struct seki_policy p;
	int r = -1;

	memset(v, 0, sizeof(*v));
	if (b->set != NULL)
		return verify_set(b, c, v, err);
	if (for_us(b, c, err) == 0 && trusted(b, c, &p, v, err) == 0 &&
	    in_place(b, c, &p, v, err) == 0)
		r = b->opened ? 0 : files_ok(b, c, v, err);
	if (r == 0 && m->nrecipient > 0 && !b->opened)
		r = seki_sealed_open(b, c->key, err);
	if (r == 0 && m->nrecipient > 0)
		r = seki_approval_check(m, err);
	/* The stored manifest binds the bytes that were verified then. */
	if (r == 0 && (!v->already || v->twin))
		r = content_ok(b, c, v, err);
	if (r == 0)
		return 0;
	seki_err_object(err, b->path);
	if (b->relay == NULL &&
	    (err->reason == SEKI_DIGEST || err->reason == SEKI_CONTENT ||
		err->reason == SEKI_VIEW || err->reason == SEKI_SIGNATURE))
		seki_err_hint(err,
		    _("do not use this file; ask the sender for it again: "
		      "seki-pack --resend %llu"),
		    (unsigned long long)m->seq);
	return -1;
}
