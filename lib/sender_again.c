#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "approval.h"
#include "attach_int.h"
#include "relay.h"
#include "repair.h"
#include "sender_cut.h"
#include "sigfile.h"

/*
 * A bundle once more for another carrier, or for the same one with what a relay
 * broke spelt out.  Place in the stream, dates of making and content are those
 * of the kept one; so the importer takes whichever comes first.  It is made of
 * the kept bytes whenever it is asked for, and nothing of it is kept.
 */
struct again {
	struct seki_sender *s;
	const struct seki_packing *o;
	struct seki_bundle *kept;
	struct seki_pack *pack;
	struct seki_manifest *m;
	struct seki_sent *b;
	struct seki_recipients to;
	int clear; /* what is encrypted on media */
	char *att; /* folder of its attachments, gone in the end */
	struct seki_sigfile text;
};

static int
none(const struct seki_packing *o, uint64_t seq, struct seki_err *err)
{
	seki_err_hint(
	    err, "%s", _("seki-pack --list shows what the outbox holds."));
	return seki_fail(err, SEKI_USAGE,
	    _("the outbox has no bundle %llu of stream %s"),
	    (unsigned long long)seq, o->stream);
}

static int
find(struct again *a, uint64_t seq, struct seki_err *err)
{
	struct seki_buf path = SEKI_BUF_INIT;
	int r = seki_outbox_find(a->s, a->o->stream, NULL, seq, a->b, err);

	if (r != 1)
		return r == -1 ? -1 : none(a->o, seq, err);
	if (seki_outbox_path(a->s, a->b, &path, err) == -1)
		return -1;
	if (seki_outbox_same(a->b, path.p) != 1) {
		seki_err_object(err, path.p);
		r = seki_fail(err, SEKI_DIGEST, "%s",
		    _("the kept bundle is missing or was changed"));
	} else if ((a->kept = seki_bundle_open(path.p, a->s->dir, err)) == NULL)
		r = -1;
	seki_buf_free(&path);
	return r == -1 ? -1 : 0;
}

/* One name, since only one run at a time has the sender's folder. */
static char *
folder(const char *dir, struct seki_err *err)
{
	char *path;

	if (asprintf(&path, "%s/again", dir) != -1)
		return path;
	(void)seki_err_nomem(err);
	return NULL;
}

/* The kept attachments as a folder that a pack can take them from. */
static int
attachments(struct again *a, struct seki_err *err)
{
	const struct seki_manifest *m = a->kept->manifest;
	struct seki_spool *to = NULL;
	struct seki_in *in;
	char hex[SEKI_HEX];
	size_t i;
	int r = 0;

	if (seki_bundle_file(a->kept, "attachment") == NULL)
		return 0;
	if ((a->att = folder(a->s->dir, err)) == NULL)
		return -1;
	if ((to = seki_spool_keep(a->att, err)) == NULL)
		return -1;
	for (i = 0; r == 0 && i < m->nfile; i++) {
		if (strcmp(m->file[i].role, "attachment") != 0)
			continue;
		seki_text_hex(m->file[i].sha256, SEKI_SHA256, hex);
		in = seki_bundle_entry(a->kept, m->file[i].name, err);
		r = in == NULL ? -1 : seki_spool_put(to, in, hex, err);
		seki_in_free(in);
	}
	seki_spool_free(to);
	return r;
}

static int
gone(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
clear(char *path)
{
	if (path != NULL)
		(void)nftw(path, gone, 8, FTW_DEPTH | FTW_PHYS);
	free(path);
}

void
seki_sender_sweep(const char *dir)
{
	struct seki_err ignored = SEKI_ERR_INIT;

	clear(folder(dir, &ignored));
}

/* Digests of the workbook's own files first: it is read by their word. */
static int
relay_stream(struct again *a, struct seki_err *err)
{
	struct seki_verdict *v = calloc(1, sizeof(*v));
	int r = -1;

	if (v == NULL)
		return seki_err_nomem(err);
	if (seki_relay_files(a->kept, 0, v, err) == 0)
		r = seki_relay_build(a->kept, NULL, err);
	free(v);
	return r;
}

static int
open_pack(struct again *a, struct seki_err *err)
{
	struct seki_in *in;

	if (a->kept->manifest->nrecipient > 0) {
		seki_err_hint(err, "%s",
		    _("hand out the same bytes with --resend; for another "
		      "carrier, withdraw it and pack the records again"));
		return seki_fail(err, SEKI_RECIPIENT, "%s",
		    _("the kept bundle is encrypted, and only its recipients "
		      "can open it"));
	}
	if (a->kept->relay != NULL && relay_stream(a, err) == -1)
		return -1;
	if (attachments(a, err) == -1 ||
	    (in = seki_bundle_entry(a->kept, "data/records.jsonl", err)) ==
		NULL)
		return -1;
	a->pack = seki_pack_open(in, a->s->dir, a->att, a->o->scan, err);
	if (a->pack != NULL && a->o->max_size > 0)
		seki_pack_keep(a->pack);
	return a->pack == NULL ? -1 : seki_sender_carry(a->pack, a->o, err);
}

/* Everything that places it in the stream stays. */
static int
begin(struct again *a, struct seki_err *err)
{
	const struct seki_manifest *k = a->kept->manifest;
	const char *owner =
	    seki_trust_owner(a->o->trust, seki_key_id(a->o->key));
	struct seki_packing o = *a->o;
	struct seki_manifest *m = a->m;
	struct seki_policy p;

	o.audience = k->audience;
	if (owner == NULL)
		return seki_fail(err, SEKI_SIGNATURE, "%s",
		    _("the key is not in the trust file"));
	if (seki_trust_policy(a->o->trust, k->stream, &p, err) == -1 ||
	    seki_recipients_find(&o, k->stream, &p, &a->to, err) == -1 ||
	    seki_sender_may(a->o, &p, a->to.n, k->stream, err) == -1)
		return -1;
	a->clear = seki_sender_relay(a->o) && p.nrecipient > 0;
	if (seki_sender_like(m, k, a->o, err) == -1 ||
	    seki_manifest_set(
		&m->approval_code, k->approval_code, err) == -1 ||
	    seki_manifest_note(
		m, SEKI_NOTE_REISSUE, a->b->manifest, err) == -1)
		return -1;
	m->expires = seki_sender_weekdays(a->o->now, a->o->expires);
	return seki_manifest_set(&m->prepared_by, owner, err);
}

static struct seki_in *
kept_stream(void *kept, struct seki_err *err)
{
	return seki_bundle_entry(kept, "data/records.jsonl", err);
}

static int
part_name(void *ctx, uint64_t n, uint64_t of, struct seki_buf *to,
    struct seki_err *err)
{
	struct again *a = ctx;

	a->b->parts = of;
	return seki_part_name(a->o->path, n, of, to, err);
}

/* The whole is the kept one, whose digest the next bundle names. */
static int
cut(struct again *a, struct seki_cut_parts *parts, struct seki_err *err)
{
	const struct seki_bundle *k = a->kept;
	const struct seki_of of = {
		.manifest = &k->bytes, .der = &k->der[0], .sig = k->sig[0].name
	};
	struct seki_cut c = { .s = a->s,
		.o = a->o,
		.k = k->manifest,
		.of = &of,
		.att = a->att,
		.expires = a->m->expires,
		.open = kept_stream,
		.ctx = a->kept,
		.length = seki_pack_kept(a->pack)->size,
		.size = a->b->size };

	if (a->to.n > 0) {
		seki_err_hint(err, "%s",
		    _("withdraw it and pack the records again with "
		      "--max-size, or leave --max-size out"));
		return seki_fail(err, SEKI_RECIPIENT, "%s",
		    _("the kept bundle is in the clear: what it says of itself "
		      "cannot travel with encrypted parts"));
	}
	return seki_cut_make(&c, part_name, a, parts, err);
}

static int
write_one(struct again *a, struct seki_out **out, struct seki_err *err)
{
	struct seki_signed w = SEKI_SIGNED_INIT;
	int r = -1;

	if (seki_sender_sign(a->o, a->pack, a->m, &a->to, &w, err) == 0 &&
	    seki_sha256_hex(
		w.manifest.p, w.manifest.n, a->b->manifest, err) == 0 &&
	    (*out = seki_out_file(a->o->path, 0600, SEKI_OUT_NEW, err)) != NULL)
		r = seki_sender_write(
		    a->pack, &w, *out, &a->b->size, a->b->sha256, err);
	seki_signed_free(&w);
	return r;
}

/* A text beside the workbook comes first, and goes with it. */
static int
name_one(struct again *a, struct seki_out *out, struct seki_err *err)
{
	if (seki_out_flush(out, err) == -1 ||
	    seki_sigfile_place(&a->text, err) == -1) {
		seki_out_abort(out);
		return -1;
	}
	if (seki_out_commit(out, err) == 0)
		return 0;
	seki_sigfile_undo(&a->text);
	return -1;
}

/* The ledger's row and the files, or neither. */
static int
name_it(struct again *a, struct seki_out *out, struct seki_cut_parts *parts,
    struct seki_err *err)
{
	int r = -1;

	if (seki_sender_begin(a->s, err) == 0 &&
	    seki_sender_note(a->s, "reissue", a->b, err) == 0)
		r = out != NULL ? name_one(a, out, err)
				: seki_cut_commit(parts, err);
	else
		seki_out_abort(out);
	if (r == 0)
		r = seki_sender_commit(a->s, err);
	seki_sender_rollback(a->s);
	return r;
}

/* Signed and finished, and what is beside it, without their names; when it is
 * too large, *out is NULL and the parts are. */
static int
finish(struct again *a, struct seki_out **out, struct seki_cut_parts *parts,
    struct seki_err *err)
{
	uint64_t length;
	int fd;

	a->b->parts = 1;
	if (write_one(a, out, err) == -1)
		return -1;
	if (a->o->max_size > 0 && a->b->size > a->o->max_size) {
		seki_out_abort(*out);
		*out = NULL;
		return cut(a, parts, err);
	}
	if (seki_sender_shown(a->o, *out, a->o->path, err) == -1)
		return -1;
	if (!a->o->text)
		return 0;
	fd = seki_pack_signature(a->pack, &length);
	return seki_sender_text(a->o, fd, length, &a->text, err);
}

static int
write_out(struct again *a, struct seki_err *err)
{
	struct seki_cut_parts *parts = calloc(1, sizeof(*parts));
	struct seki_out *out = NULL;
	int r;

	if (parts == NULL)
		return seki_err_nomem(err);
	if ((r = finish(a, &out, parts, err)) == 0)
		r = name_it(a, out, parts, err);
	else
		seki_out_abort(out);
	seki_cut_free(parts);
	free(parts);
	return r;
}

/* The scan is made anew, and what it says was approved, too. */
static int
still_approved(const struct again *a, struct seki_err *err)
{
	int same;

	if (!seki_approval_recorded(a->m) ||
	    (same = seki_approval_same(a->m, err)) == 1)
		return 0;
	if (same == -1)
		return -1;
	seki_err_hint(err,
	    _("seki-pack --resend %llu hands out the bundle that was "
	      "approved; else pack the records again, with an approval of "
	      "their own"),
	    (unsigned long long)a->m->seq);
	return seki_fail(err, SEKI_POLICY, "%s",
	    _("the recorded approval is not for this: the scan answers "
	      "otherwise than it did then"));
}

static int
work(struct again *a, uint64_t seq, struct seki_packed *done,
    struct seki_err *err)
{
	const struct seki_proof *p;

	if (find(a, seq, err) == -1 || open_pack(a, err) == -1 ||
	    begin(a, err) == -1 ||
	    seki_pack_read(a->pack, a->m, a->o->progress, err) == -1)
		return -1;
	p = seki_pack_proof(a->pack);
	if (memcmp(p->root, a->kept->manifest->root, SEKI_SHA256) != 0)
		return seki_fail(err, SEKI_CONTENT, "%s",
		    _("the kept bundle gives other records than its manifest "
		      "says"));
	if (still_approved(a, err) == -1)
		return -1;
	(void)snprintf(
	    a->b->carrier, sizeof(a->b->carrier), "%s", a->o->carrier);
	(void)snprintf(a->b->name, sizeof(a->b->name), "%s", a->o->path);
	a->b->expires = a->m->expires;
	if (write_out(a, err) == -1)
		return -1;
	if (a->text.path != NULL)
		(void)snprintf(
		    done->text, sizeof(done->text), "%s", a->text.path);
	done->sent = *a->b;
	done->recipients = a->to.n;
	done->clear = a->clear;
	return 0;
}

int
seki_sender_reissue(struct seki_sender *s, uint64_t seq,
    const struct seki_packing *o, struct seki_packed *done,
    struct seki_err *err)
{
	struct again a = { .s = s, .o = o };
	int r = -1;

	memset(done, 0, sizeof(*done));
	if ((a.b = calloc(1, sizeof(*a.b))) == NULL)
		return seki_err_nomem(err);
	if ((a.m = seki_manifest_new(err)) != NULL)
		r = work(&a, seq, done, err);
	seki_pack_free(a.pack);
	seki_manifest_free(a.m);
	seki_sigfile_release(&a.text);
	seki_recipients_free(&a.to);
	seki_bundle_free(a.kept);
	clear(a.att);
	free(a.b);
	return r;
}
