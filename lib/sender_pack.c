#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "approval.h"
#include "sender_cut.h"
#include "sender_job.h"

static int
text(char *to, size_t size, const char *from, const char *what,
    struct seki_err *err)
{
	if (from == NULL)
		from = "";
	if (strlen(from) >= size)
		return seki_fail(err, SEKI_LIMIT,
		    _("%s: longer than %zu bytes"), what, size - 1);
	memcpy(to, from, strlen(from) + 1);
	return 0;
}

/* Where the bundle will stand, independent of the current folder, and whether
 * it can: better now than after an hour's pull. */
static int
target(struct seki_job *j, struct seki_err *err)
{
	char *dir = strdup(j->o->path), *base = strdup(j->o->path),
	     *real = NULL;
	struct stat st;
	int r = -1;

	if (dir == NULL || base == NULL)
		(void)seki_err_nomem(err);
	else if ((real = realpath(dirname(dir), NULL)) == NULL ||
		 access(real, W_OK | X_OK) == -1)
		(void)seki_err_errno(err, _("output"));
	else if (snprintf(j->path, sizeof(j->path), "%s/%s",
		     strcmp(real, "/") == 0 ? "" : real,
		     basename(base)) >= (int)sizeof(j->path))
		(void)seki_fail(err, SEKI_FILE, "%s",
		    _("the name of the output is too long"));
	else if (lstat(j->path, &st) == 0 && !S_ISREG(st.st_mode))
		(void)seki_fail(err, SEKI_FILE, "%s",
		    _("exists and is not a regular file"));
	else
		r = 0;
	free(real);
	free(dir);
	free(base);
	if (r == -1)
		seki_err_object(err, j->o->path);
	return r;
}

/* The row of the outbox, as far as the manifest has it. */
static int
describe(const struct seki_job *j, struct seki_err *err)
{
	const struct seki_manifest *m = j->m;
	struct seki_sent *b = j->b;
	const struct {
		char *to;
		size_t size;
		const char *from, *what;
	} t[] = {
#define T(member, from) { b->member, sizeof(b->member), from, #member }
		T(stream, m->stream),
		T(prev, m->prev),
		T(kind, m->kind),
		T(carrier, m->carrier),
		T(audience, m->audience),
		T(name, j->path),
		T(system, m->source.system),
		T(domain, m->source.domain),
		T(app, m->source.app),
		T(title, m->title),
		T(purpose, m->purpose),
		T(class, m->class),
		T(period, m->period),
		T(signer, m->prepared_by),
		T(key, seki_key_id(j->o->key)),
		T(approval, m->approval_kind),
		T(approval_number, m->approval_number),
		T(approval_code, m->approval_code),
		T(approver, seki_approval_name(m)),
		T(status, "pending"),
#undef T
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (text(t[i].to, t[i].size, t[i].from, t[i].what, err) == -1)
			return -1;
	seki_text_hex(m->root, SEKI_SHA256, b->root);
	seki_text_hex(m->schema, SEKI_SHA256, b->schema);
	b->epoch = m->epoch;
	b->seq = m->seq;
	b->created = m->created;
	b->expires = m->expires;
	b->records = m->records;
	b->held = m->held;
	b->deletes = m->deletes;
	b->test = m->test != 0;
	b->parts = 1;
	return 0;
}

/* A withdrawn bundle of this number: a kill may have left its files. */
static int
withdrawn(const struct seki_job *j, struct seki_err *err)
{
	sqlite3_stmt *stmt = seki_sender_sql(j->s, err,
	    "SELECT 1 FROM outbox WHERE stream = ? AND epoch = ? AND seq = ?"
	    " AND status = 'withdrawn'",
	    "sii", j->b->stream, (int64_t)j->b->epoch, (int64_t)j->b->seq);
	int r = stmt == NULL ? -1 : seki_sender_step(j->s, stmt, err);

	(void)sqlite3_finalize(stmt);
	if (r == 1 && seki_outbox_parts_left(j->s, j->b, err) == -1)
		return -1;
	return r;
}

static int
unknown(const char *kept, struct seki_err *err)
{
	seki_err_object(err, kept);
	seki_err_hint(err, "%s",
	    _("bring back the backup of the state folder; do not start anew"));
	return seki_fail(err, SEKI_FILE, "%s",
	    _("the outbox holds a bundle that state.db does not know"));
}

static int
write_kept(const struct seki_job *j, const char *kept, struct seki_signed *w,
    struct seki_out **out, struct seki_err *err)
{
	int again = withdrawn(j, err);

	if (again == -1 ||
	    seki_sender_sign(j->o, j->pack, j->m, &j->to, w, err) == -1 ||
	    seki_sha256_hex(w->manifest.p, w->manifest.n, j->b->manifest,
		err) == -1)
		return -1;
	if (again == 0 && access(kept, F_OK) == 0)
		return unknown(kept, err);
	*out = seki_out_file(
	    kept, 0600, again == 1 ? SEKI_OUT_REPLACE : SEKI_OUT_NEW, err);
	if (*out == NULL)
		return -1;
	return seki_sender_write(
	    j->pack, w, *out, &j->b->size, j->b->sha256, err);
}

static struct seki_in *
kept_stream(void *pack, struct seki_err *err)
{
	const struct seki_part *p = seki_pack_kept(pack);
	const struct seki_place place = { .at = p->at,
		.packed = p->packed,
		.size = p->size,
		.crc = p->crc,
		.deflated = p->deflated };

	return seki_zip_in(p->fd, &place, "data/records.jsonl", err);
}

static int
kept_name(void *ctx, uint64_t n, uint64_t of, struct seki_buf *to,
    struct seki_err *err)
{
	const struct seki_job *j = ctx;

	j->b->parts = of;
	return seki_outbox_part_path(j->s, j->b, n, to, err);
}

static int
write_text(struct seki_job *j, struct seki_err *err)
{
	uint64_t length;
	int fd;

	if (!j->o->text)
		return 0;
	fd = seki_pack_signature(j->pack, &length);
	return seki_sender_text(j->o, fd, length, &j->text, err);
}

/* Whoever asked to see what is handed out, sees that: the whole, or its parts
 * when it is too large. */
static int
cut(struct seki_job *j, const struct seki_signed *w, struct seki_out *out,
    struct seki_cut_parts *parts, struct seki_err *err)
{
	const struct seki_of of = { .manifest = &w->manifest,
		.der = &w->der,
		.sig = w->name,
		.blind = seki_pack_blind(j->pack),
		.root = seki_pack_proof(j->pack)->root };
	const struct seki_cut c = { .s = j->s,
		.o = j->o,
		.k = j->m,
		.of = &of,
		.to = &j->to,
		.att = j->o->attachments,
		.expires = j->m->expires,
		.open = kept_stream,
		.ctx = j->pack,
		.length = seki_pack_kept(j->pack)->size,
		.size = j->b->size };

	if (j->o->max_size == 0 || j->b->size <= j->o->max_size)
		return seki_sender_shown(j->o, out, j->o->path, err) == -1
			   ? -1
			   : write_text(j, err);
	return seki_cut_make(&c, kept_name, j, parts, err);
}

static int
add(const struct seki_job *j, const struct seki_cut_parts *parts,
    struct seki_err *err)
{
	int r = -1;

	if (seki_sender_begin(j->s, err) == 0 &&
	    seki_outbox_add(j->s, j->b, seki_pack_state(j->pack), err) == 0 &&
	    seki_outbox_parts_add(j->s, j->b, parts, err) == 0)
		r = seki_sender_commit(j->s, err);
	seki_sender_rollback(j->s);
	return r;
}

/* "pending" is on the disk before the bytes get a name anywhere. */
static int
name_all(struct seki_job *j, struct seki_out *out,
    struct seki_cut_parts *parts, struct seki_err *err)
{
	int r = seki_out_commit(out, err);

	if (r == 0)
		r = seki_cut_commit(parts, err);
	if (r == 0)
		r = seki_outbox_publish(j->s, j->b, j->o->path, &j->text, err);
	if (r == -1) {
		struct seki_err ignored = SEKI_ERR_INIT;

		(void)seki_outbox_drop(j->s, j->b, &ignored);
	}
	return r;
}

static int
hand_out(struct seki_job *j, struct seki_err *err)
{
	struct seki_cut_parts *parts = calloc(1, sizeof(*parts));
	struct seki_buf kept = SEKI_BUF_INIT;
	struct seki_signed w = SEKI_SIGNED_INIT;
	struct seki_out *out = NULL;
	int r = -1;

	if (parts == NULL)
		return seki_err_nomem(err);
	if (seki_outbox_path(j->s, j->b, &kept, err) == 0 &&
	    write_kept(j, kept.p, &w, &out, err) == 0 &&
	    cut(j, &w, out, parts, err) == 0 && add(j, parts, err) == 0)
		r = name_all(j, out, parts, err);
	else
		seki_out_abort(out);
	seki_cut_free(parts);
	free(parts);
	seki_buf_free(&kept);
	seki_signed_free(&w);
	return r;
}

/* From here on the bundle exists; a failure leaves the settling to the next
 * start. */
static int
settle(const struct seki_job *j, struct seki_err *err)
{
	int r = -1;

	if (seki_sender_begin(j->s, err) == 0 &&
	    seki_outbox_status(j->s, j->b, "ready", err) == 0 &&
	    seki_sender_settle(j->s, j->b, err) == 0)
		r = seki_sender_commit(j->s, err);
	seki_sender_rollback(j->s);
	(void)snprintf(j->b->status, sizeof(j->b->status), "ready");
	return r;
}

/* What the caller tells of the scan, whatever the answer is. */
static void
scanned(const struct seki_job *j, struct seki_packed *done)
{
	const struct seki_manifest *m = j->m;

	(void)snprintf(done->scan, sizeof(done->scan), "%s", m->scan);
	done->overridden = m->scan_by[0] != '\0';
	(void)snprintf(done->met, sizeof(done->met), "%s",
	    seki_manifest_noted(m, "scan"));
}

/* The code that was entered is that of what was just read. */
static int
approved(const struct seki_job *j, struct seki_err *err)
{
	int same;

	if (j->o->approval == NULL)
		return 0;
	if ((same = seki_approval_same(j->m, err)) != 0)
		return same == 1 ? 0 : -1;
	seki_err_hint(err, "%s",
	    _("Compare the digits with the page.  If they are right: give the "
	      "stream's file and the texts (--title, --purpose, --class, "
	      "--period, --audience, …) that the page was made with; when "
	      "they changed since, make a page anew with --approval-page and "
	      "have it approved."));
	return seki_fail(err, SEKI_POLICY, "%s",
	    _("--approved: the check code is another one: this stream or "
	      "these texts are not what was approved"));
}

/* Refused for whatever a bundle would be, signatures too, so that nobody
 * decides in vain; the manifest is thrown away. */
static int
page(const struct seki_job *j, struct seki_packed *done, struct seki_err *err)
{
	struct seki_signed w = SEKI_SIGNED_INIT;
	struct seki_sent *last = &done->sent;
	struct seki_approval_page p = {
		.m = j->m, .schema = seki_pack_schema(j->pack), .now = j->o->now
	};
	int r = seki_outbox_find(j->s, j->b->stream, NULL, 0, last, err);

	if (r == -1)
		return -1;
	p.last = r == 1 ? last : NULL;
	p.form = r == 1 && strcmp(last->schema, j->b->schema) != 0;
	r = -1;
	if (seki_job_follows(j, p.last, done, err) == 0 &&
	    seki_approval_code(j->m, done->code, err) == 0 &&
	    seki_approval_print(&p, j->s->dir, j->o->page, err) == 0)
		r = seki_sender_sign(j->o, j->pack, j->m, &j->to, &w, err);
	seki_signed_free(&w);
	if (r == 0)
		done->sent = *j->b;
	return r;
}

static int
work(struct seki_job *j, struct seki_packed *done, struct seki_err *err)
{
	const struct seki_proof *proof;
	int r;

	if (j->o->max_size > 0)
		seki_pack_keep(j->pack);
	if (target(j, err) == -1 || seki_job_begin(j, err) == -1 ||
	    seki_sender_carry(j->pack, j->o, err) == -1)
		return -1;
	r = seki_pack_read(j->pack, j->m, j->o->progress, err);
	scanned(j, done);
	if (r == -1)
		return -1;
	proof = seki_pack_proof(j->pack);
	if (proof->held > j->o->max_held)
		return seki_fail(err, SEKI_HELD,
		    _("%llu records are held, at most %llu are allowed"),
		    (unsigned long long)proof->held,
		    (unsigned long long)j->o->max_held);
	if (approved(j, err) == -1 || describe(j, err) == -1)
		return -1;
	if (j->o->page != NULL)
		return page(j, done, err);
	if ((r = seki_job_repeated(j, done, err)) == -1)
		return -1;
	if (r == 0) {
		if (hand_out(j, err) == -1 || settle(j, err) == -1)
			return -1;
		done->sent = *j->b;
	}
	if (j->text.path != NULL)
		(void)snprintf(
		    done->text, sizeof(done->text), "%s", j->text.path);
	if ((done->state = strdup(seki_pack_state(j->pack))) == NULL)
		return seki_err_nomem(err);
	return 0;
}

/* A refusal is an event of the transfer too; what the host itself lacks
 * (space, a lock) is none.  The place in the text is enough: no values. */
static void
refused(const struct seki_job *j, const struct seki_err *err)
{
	int status = seki_err_status(err->reason);
	struct seki_err ignored = SEKI_ERR_INIT;
	json_t *o;

	if (status != 1 && status != 65)
		return;
	o = json_pack("{s:s,s:s,s:s,s:s}", "stream",
	    j->pack != NULL ? seki_pack_schema(j->pack)->stream : "", "reason",
	    seki_err_word(err->reason), "audience", j->o->audience, "carrier",
	    j->o->carrier);
	if (o == NULL)
		return;
	if (seki_sender_begin(j->s, &ignored) == -1)
		json_decref(o);
	else if (seki_ledger_add(
		     j->s->db, "refuse", seki_time_now(), o, &ignored) == 0)
		(void)seki_sender_commit(j->s, &ignored);
	seki_sender_rollback(j->s);
}

int
seki_sender_pack(struct seki_sender *s, struct seki_in *in,
    const struct seki_packing *o, struct seki_packed *done,
    struct seki_err *err)
{
	struct seki_job j = { .s = s, .o = o };
	int r = -1;

	memset(done, 0, sizeof(*done));
	if ((j.b = calloc(1, sizeof(*j.b))) == NULL) {
		seki_in_free(in);
		return seki_err_nomem(err);
	}
	if ((j.pack = seki_pack_open(
		 in, s->dir, o->attachments, o->scan, err)) != NULL &&
	    (j.m = seki_manifest_new(err)) != NULL)
		r = work(&j, done, err);
	if (r == -1 && o->page == NULL)
		refused(&j, err);
	done->recipients = j.to.n;
	done->clear = j.clear;
	seki_sigfile_release(&j.text);
	seki_recipients_free(&j.to);
	seki_manifest_free(j.m);
	seki_pack_free(j.pack);
	free(j.b);
	return r;
}
