#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "scan.h"
#include "sender_int.h"

/* One packing while it goes on. */
struct job {
	struct seki_sender *s;
	const struct seki_packing *o;
	struct seki_pack *pack;
	struct seki_manifest *m;
	struct seki_sent *b; /* what it becomes */
	struct seki_stand at;
	int known; /* something of this stream was packed before */
	int first; /* and never was, withdrawn ones neither */
	int clear; /* what is encrypted on media */
	struct seki_recipients to;
	char path[PATH_MAX];
};

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
target(struct job *j, struct seki_err *err)
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

int
seki_sender_relay(const struct seki_packing *o)
{
	return strcmp(o->carrier, "relay") == 0;
}

int
seki_sender_may(const struct seki_packing *o, const struct seki_policy *p,
    size_t recipients, const char *stream, struct seki_err *err)
{
	if (seki_sender_relay(o) && (!p->relay || !p->clear))
		return seki_fail(err, SEKI_POLICY,
		    _("the trust file does not allow bundles of stream %s to "
		      "go through a relay, in the clear"),
		    stream);
	if (!seki_sender_relay(o) &&
	    (!p->media || (!p->clear && recipients == 0)))
		return seki_fail(err, SEKI_POLICY,
		    _("the trust file does not allow bundles of stream %s in"
		      " the clear on media"),
		    stream);
	return 0;
}

int
seki_sender_shown(
    const struct seki_packing *o, struct seki_out *out, struct seki_err *err)
{
	if (o->finished == NULL)
		return 0;
	return seki_out_flush(out, err) == -1
		   ? -1
		   : o->finished(seki_out_path(out), o->ctx, err);
}

/* The output's name says what it is: a workbook or a ZIP. */
int
seki_sender_carry(
    struct seki_pack *pack, const struct seki_packing *o, struct seki_err *err)
{
	size_t n = strlen(o->path);
	int zip = n > 4 && strcasecmp(o->path + n - 4, ".zip") == 0;
	int book = n > 5 && strcasecmp(o->path + n - 5, ".xlsx") == 0;

	if (!seki_sender_relay(o) && strcmp(o->carrier, "media") != 0) {
		seki_err_hint(err, "--carrier media; --carrier relay");
		return seki_fail(err, SEKI_USAGE,
		    _("--carrier %.32s: neither media nor relay"), o->carrier);
	}
	if (!seki_sender_relay(o)) {
		if (o->repair == NULL)
			return 0;
		seki_err_hint(err, "--carrier relay");
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--repair is for the carrier relay"));
	}
	if (zip || book)
		return seki_pack_carry(pack, zip, o->repair, err);
	seki_err_object(err, o->path);
	seki_err_hint(err, "-o NAME.xlsx");
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("a bundle for a relay is a workbook, NAME.xlsx, or with "
	      "attachments NAME.zip"));
}

static int
same_source(const struct job *j, struct seki_err *err)
{
	const struct seki_source *now = &seki_pack_schema(j->pack)->source;

	if (!j->known || (strcmp(now->system, j->at.system) == 0 &&
			     strcmp(now->domain, j->at.domain) == 0 &&
			     strcmp(now->app, j->at.app) == 0))
		return 0;
	seki_err_hint(err, "%s",
	    _("Is it another app? Give it a stream of its own. A copied app"
	      " is another app."));
	return seki_fail(err, SEKI_SOURCE,
	    _("the stream is bound to app %s of %s, these records come from"
	      " app %s of %s"),
	    j->at.app, j->at.domain, now->app, now->domain);
}

static int
allowed(struct job *j, struct seki_policy *p, struct seki_err *err)
{
	const char *stream = seki_pack_schema(j->pack)->stream;

	if (seki_trust_policy(j->o->trust, stream, p, err) == -1)
		return -1;
	if (seki_recipients_find(j->o, stream, p, &j->to, err) == -1)
		return -1;
	j->clear = seki_sender_relay(j->o) && p->nrecipient > 0;
	if (seki_sender_may(j->o, p, j->to.n, stream, err) == -1)
		return -1;
	if (p->audience[0] != '\0' && strcmp(p->audience, "*") != 0 &&
	    strcmp(p->audience, j->o->audience) != 0)
		return seki_fail(err, SEKI_AUDIENCE,
		    _("the trust file sends stream %s to %s"), stream,
		    p->audience);
	if (j->known && p->epoch < j->at.epoch)
		return seki_fail(err, SEKI_EPOCH,
		    _("the trust file says epoch %llu, the stream is in epoch"
		      " %llu: is it an old trust file?"),
		    (unsigned long long)p->epoch,
		    (unsigned long long)j->at.epoch);
	return 0;
}

/* Later than every bundle ever made of the stream, withdrawn ones too: one of
 * them may be on its way. */
static int
created(struct job *j, seki_time *t, struct seki_err *err)
{
	sqlite3_stmt *stmt = seki_sender_sql(j->s, err,
	    "SELECT max(created) FROM outbox WHERE stream = ?", "s",
	    seki_pack_schema(j->pack)->stream);
	seki_time last = j->known ? j->at.created : 0;
	int r;

	if (stmt == NULL)
		return -1;
	if ((r = seki_sender_step(j->s, stmt, err)) == 1 &&
	    sqlite3_column_int64(stmt, 0) > last)
		last = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	if (r == -1)
		return -1;
	j->first = last == 0;
	if (j->o->created != 0 && j->o->created <= last)
		return seki_fail(err, SEKI_ORDER, "%s",
		    _("--created is not later than the bundle before"));
	*t = j->o->created != 0 ? j->o->created : j->o->now;
	if (*t <= last)
		*t = last + 1;
	if (*t <= seki_time_now() + SEKI_CLOCK_AHEAD)
		return 0;
	seki_err_hint(err, "%s",
	    j->o->created != 0
		? _("give --created an instant that is not to come")
		: _("set this host's clock right (timedatectl); if it was "
		    "ahead before, wait until the time of the last bundle"));
	return seki_fail(err, SEKI_CLOCK, "%s",
	    _("the bundle would be dated in the future, and every later one "
	      "after it"));
}

/* Who answers for what the scan found: a slip in the name would be signed. */
static int
answers(const struct job *j, struct seki_err *err)
{
	const struct seki_packing *o = j->o;
	const struct seki_trust_member *who;
	size_t i;

	if (o->by == NULL)
		return 0;
	if (o->override[strspn(o->override, " ")] == '\0' ||
	    !seki_form_ok(SEKI_F_LINE, o->override))
		return seki_fail(err, SEKI_USAGE, "--scan-override: %s",
		    seki_form_what(SEKI_F_LINE));
	for (i = 0; (who = seki_trust_member(o->trust, i)) != NULL; i++)
		if (!who->host && !who->safe && strcmp(who->id, o->by) == 0)
			break;
	if (who == NULL) {
		seki_err_hint(err, "%s",
		    _("seki-key show lists the persons of the trust file."));
		return seki_fail(err, SEKI_USAGE,
		    _("--by %.63s: not a person of the trust file"), o->by);
	}
	if (seki_manifest_set(&j->m->scan_by, o->by, err) == -1)
		return -1;
	return seki_manifest_set(&j->m->scan_reason, o->override, err);
}

static void
met(void *ctx, const struct seki_scan_hit *h)
{
	*(int *)ctx |= h->level >= SEKI_SCAN_SUSPECT;
}

/* What a person says about the bundle stands in the clear in its manifest: no
 * override lets a number of a person pass there. */
static int
said(const struct seki_packing *o, struct seki_err *err)
{
	const char *const w[][2] = { { "--title", o->title },
		{ "--purpose", o->purpose }, { "--class", o->class },
		{ "--period", o->period }, { "--contact", o->contact },
		{ "--scan-override", o->override } };
	int number = 0, r = 0;
	struct seki_scan_text to = { .hit = met, .ctx = &number };
	size_t i;

	for (i = 0; i < sizeof(w) / sizeof(w[0]) && r == 0; i++) {
		if (w[i][1] == NULL || !seki_form_ok(SEKI_F_LINE, w[i][1]))
			continue;
		r = seki_scan_text(&to, w[i][1], strlen(w[i][1]), 0, err);
		if (r == 0 && number)
			r = seki_fail(err, SEKI_USAGE,
			    _("%s: the number of a person must not stand here"),
			    w[i][0]);
	}
	seki_buf_free(&to.points);
	return r;
}

/* A line for the cover, signed with the rest. */
static int
contact(
    const struct seki_packing *o, struct seki_manifest *m, struct seki_err *err)
{
	if (o->contact == NULL || o->contact[0] == '\0')
		return 0;
	if (!seki_form_ok(SEKI_F_LINE, o->contact))
		return seki_fail(err, SEKI_USAGE, "--contact: %s",
		    seki_form_what(SEKI_F_LINE));
	return seki_manifest_note(m, "contact", o->contact, err);
}

/* What the manifest says before a record is read. */
static int
begin(struct job *j, struct seki_err *err)
{
	const char *owner =
	    seki_trust_owner(j->o->trust, seki_key_id(j->o->key));
	const struct seki_packing *o = j->o;
	struct seki_manifest *m = j->m;
	struct seki_policy policy;
	const char *stream = seki_pack_schema(j->pack)->stream;

	if (owner == NULL) {
		seki_err_hint(err, "%s",
		    _("seki-key show lists whose keys the trust file names."));
		return seki_fail(err, SEKI_SIGNATURE, "%s",
		    _("the key is not in the trust file"));
	}
	if ((j->known = seki_sender_stand(j->s, stream, &j->at, err)) == -1 ||
	    said(o, err) == -1 || same_source(j, err) == -1 ||
	    allowed(j, &policy, err) == -1 ||
	    created(j, &m->created, err) == -1)
		return -1;
	m->epoch = policy.epoch;
	m->seq = 1;
	if (j->known && j->at.epoch == policy.epoch) {
		m->seq = j->at.seq + 1;
		memcpy(m->prev, j->at.manifest, sizeof(m->prev));
	}
	m->trust = seki_trust_version(o->trust);
	m->not_before = m->created;
	m->expires = seki_sender_weekdays(m->created, o->expires);
	m->part = m->parts = 1;
	m->test = o->test;
	if (seki_manifest_set(&m->org, seki_trust_org(o->trust), err) == -1 ||
	    seki_manifest_set(&m->stream, stream, err) == -1 ||
	    seki_manifest_set(&m->audience, o->audience, err) == -1 ||
	    seki_manifest_set(&m->carrier, o->carrier, err) == -1 ||
	    seki_manifest_set(&m->prepared_by, owner, err) == -1 ||
	    seki_manifest_set(&m->title, o->title, err) == -1 ||
	    seki_manifest_set(&m->purpose, o->purpose, err) == -1 ||
	    seki_manifest_set(&m->class, o->class, err) == -1 ||
	    answers(j, err) == -1 || contact(o, m, err) == -1)
		return -1;
	return seki_manifest_set(&m->period, o->period, err);
}

/* The row of the outbox, as far as the manifest has it. */
static int
describe(const struct job *j, struct seki_err *err)
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
	return 0;
}

static int
no_link(const char *why, const char *hint, struct seki_err *err)
{
	seki_err_hint(err, "%s", hint);
	return seki_fail(err, SEKI_ORDER, "%s", why);
}

/* Both states are those of the same stream. */
static int
linked(const struct seki_state *own, const struct seki_state *before, int again,
    struct seki_err *err)
{
	const char *hint = _("pull again from the bookmarks of the last bundle "
			     "packed, which seki-pack --bookmarks stores, or "
			     "once in full, without --delta");

	if (own->after[0] == '\0')
		return no_link(
		    _("the delta does not say which bundle's records it "
		      "changes"),
		    hint, err);
	if (strcmp(own->after, before->own) == 0 ||
	    (again && strcmp(own->after, before->after) == 0))
		return 0;
	return no_link(
	    _("the delta was pulled from other bookmarks than those of the "
	      "last bundle packed: changes could be missing"),
	    hint, err);
}

static int
carries(const struct seki_state *s)
{
	return strcmp(s->attachments, "all") == 0;
}

/* What did not change is not in a delta: it stays as the rules and the form of
 * the bundle before made it. */
static int
alike(const struct job *j, const struct seki_sent *last,
    const struct seki_state *own, const struct seki_state *before,
    struct seki_err *err)
{
	const char *hint = _("pull once in full, without --delta");

	if (strcmp(last->audience, j->b->audience) != 0)
		return no_link(
		    _("the bundle before went to another audience, which alone "
		      "has the records that the delta changes"),
		    _("check the spelling of --audience first; if another one "
		      "is meant, pull once in full, without --delta"),
		    err);
	if (own->rules[0] == '\0' && before->rules[0] != '\0')
		return no_link(
		    _("the delta went through no rules table, the bundle "
		      "before through one: records that did not change would "
		      "stay as it made them"),
		    _("pull once in full, without --delta, and pack that with "
		      "--raw"),
		    err);
	if (strcmp(own->rules, before->rules) != 0)
		return no_link(
		    _("the delta went through another rules table than the "
		      "bundle before: records that did not change would stay "
		      "as the old one made them"),
		    hint, err);
	if (carries(before) && !carries(own))
		return no_link(
		    _("the bundle before carried attachments, the delta brings "
		      "none"),
		    _("pull again with --attachments DIR, and pack with it"),
		    err);
	if (carries(own) && !carries(before))
		return no_link(
		    _("the delta brings attachments, the bundle before carried "
		      "none"),
		    _("pull once in full, with --attachments DIR and without "
		      "--delta"),
		    err);
	if (strcmp(last->schema, j->b->schema) != 0 &&
	    strcmp(own->form, before->form) != 0)
		return no_link(
		    _("the form changed since the bundle before: records that "
		      "did not change are needed in it, too"),
		    hint, err);
	return 0;
}

/*
 * A delta is made of the records as the last bundle left them: else changes
 * that lie between would be in none.  again: it may also be that bundle once
 * more, from the bookmarks before it.  When it is not linked, *state is that
 * of the last bundle.
 */
static int
continues(const struct job *j, const struct seki_sent *last, int again,
    char **state, struct seki_err *err)
{
	struct seki_state own, before;

	if (strcmp(j->b->kind, "delta") != 0)
		return 0;
	if (last == NULL || j->m->prev[0] == '\0')
		return no_link(
		    _("a delta, but there is no bundle of the stream before "
		      "it whose records it could change"),
		    _("pull in full, without --delta, and pack that first"),
		    err);
	if (seki_outbox_state(j->s, last, state, err) == -1 ||
	    seki_state_read(*state, &before, err) == -1 ||
	    seki_state_read(seki_pack_state(j->pack), &own, err) == -1 ||
	    linked(&own, &before, again, err) == -1)
		return -1;
	free(*state);
	*state = NULL;
	return alike(j, last, &own, &before, err);
}

/* An option left out is soon done: attachments are noted, seki-normalize is
 * refused, as the importer would. */
static int
left_out(const struct job *j, const struct seki_sent *last,
    struct seki_packed *done, struct seki_err *err)
{
	struct seki_state own, before;
	char *state = NULL;
	int r = -1;

	if (last == NULL)
		return 0;
	if (seki_outbox_state(j->s, last, &state, err) == 0 &&
	    seki_state_read(state, &before, err) == 0)
		r = seki_state_read(seki_pack_state(j->pack), &own, err);
	free(state);
	if (r == 0 && strcmp(j->b->kind, "full") == 0 && carries(&before) &&
	    !carries(&own))
		done->bare = last->seq;
	if (r == -1 || j->o->raw || j->m->prev[0] == '\0' ||
	    own.rules[0] != '\0' || before.rules[0] == '\0')
		return r;
	seki_err_hint(err, "%s",
	    strcmp(j->b->kind, "full") == 0
		? _("Send the stream through seki-normalize --rules TABLE. "
		    "When it shall go without from now on, pack once with "
		    "--raw.")
		: _("Send the stream through seki-normalize --rules TABLE. "
		    "When it shall go without from now on, pull once in full, "
		    "without --delta, and pack that with --raw."));
	return seki_fail(err, SEKI_CONFIG,
	    _("bundle %llu went through a rules table, this stream did not"),
	    (unsigned long long)last->seq);
}

/*
 * The same records again under the same name, or never surely handed out: a
 * run that was ended and is repeated must not use a second number.  1 when
 * that was all, 0 to go on, -1.
 */
static int
repeated(struct job *j, struct seki_packed *done, struct seki_err *err)
{
	struct seki_sent *last = &done->sent;
	int r = seki_outbox_find(j->s, j->b->stream, NULL, 0, last, err);
	int there, equal;

	if (r == -1)
		return -1;
	equal = r == 1 && last->epoch == j->b->epoch &&
		strcmp(last->root, j->b->root) == 0 &&
		strcmp(last->schema, j->b->schema) == 0 &&
		strcmp(last->kind, j->b->kind) == 0 &&
		strcmp(last->audience, j->b->audience) == 0 &&
		last->test == j->b->test && last->expires > j->o->now &&
		seki_outbox_sealed(j->s, last, &j->to);
	there = equal ? seki_outbox_same(last, j->path) : 0;
	if (r == 1 && strcmp(last->kind, "full") == 0 &&
	    strcmp(j->b->kind, "full") == 0 &&
	    last->records + last->held > j->b->records + j->b->held)
		done->fewer =
		    last->records + last->held - j->b->records - j->b->held;
	done->first = j->first;
	if (r == 1 && strcmp(last->audience, j->b->audience) != 0) {
		done->other = last->seq;
		memcpy(done->audience, last->audience, sizeof(done->audience));
	}
	if (there != 1 && access(j->path, F_OK) == 0) {
		seki_err_object(err, j->o->path);
		seki_err_hint(err, "%s",
		    _("Choose another name or move the old file away."));
		return seki_fail(err, SEKI_FILE, "%s",
		    _("exists already; it was not overwritten"));
	}
	if (left_out(j, r == 1 ? last : NULL, done, err) == -1)
		return -1;
	if (equal)
		done->same = last->seq;
	if (!equal || (there != 1 && strcmp(last->status, "unsure") != 0))
		return continues(j, r == 1 ? last : NULL, 0, &done->state, err);
	if (continues(j, last, 1, &done->state, err) == -1 ||
	    seki_outbox_restate(j->s, last, seki_pack_state(j->pack), err) ==
		-1)
		return -1;
	if (there != 1 &&
	    seki_outbox_publish(j->s, last, j->o->path, err) == -1)
		return -1;
	if (seki_outbox_status(j->s, last, "ready", err) == -1)
		return -1;
	(void)snprintf(last->status, sizeof(last->status), "ready");
	done->already = 1;
	return 1;
}

/* Sign, and let the rules of the other side judge before anybody else does. */
int
seki_sender_sign(const struct seki_packing *o, const struct seki_manifest *m,
    const struct seki_buf *bytes, char name[SEKI_SIG_NAME],
    struct seki_buf *der, struct seki_err *err)
{
	struct seki_signer signer;
	struct seki_sig sig;

	(void)snprintf(
	    name, SEKI_SIG_NAME, "sig/prepare.%.16s.p7s", seki_key_id(o->key));
	if (seki_cms_sign(o->key, SEKI_P_PREPARE, bytes->p, bytes->n,
		m->created, der, err) == -1)
		return -1;
	sig.name = name;
	sig.der = der->p;
	sig.n = der->n;
	if (seki_trust_check(
		o->trust, m, bytes->p, bytes->n, &sig, 1, &signer, err) == 0)
		return 0;
	if (err->reason == SEKI_THRESHOLD)
		seki_err_hint(err, "%s",
		    _("The stream wants more signatures than the one that"
		      " packs; approving is not part of this version."));
	return -1;
}

/* A withdrawn bundle of this number: a kill may have left its file. */
static int
withdrawn(const struct job *j, struct seki_err *err)
{
	sqlite3_stmt *stmt = seki_sender_sql(j->s, err,
	    "SELECT 1 FROM outbox WHERE stream = ? AND epoch = ? AND seq = ?"
	    " AND status = 'withdrawn'",
	    "sii", j->b->stream, (int64_t)j->b->epoch, (int64_t)j->b->seq);
	int r = stmt == NULL ? -1 : seki_sender_step(j->s, stmt, err);

	(void)sqlite3_finalize(stmt);
	return r;
}

static int
write_kept(const struct job *j, const char *kept, struct seki_out **out,
    struct seki_err *err)
{
	struct seki_buf manifest = SEKI_BUF_INIT, der = SEKI_BUF_INIT;
	unsigned char digest[SEKI_SHA256];
	char name[SEKI_SIG_NAME];
	struct seki_sealing s = { .sig = name };
	int r = -1, again = withdrawn(j, err);

	if (again == -1 ||
	    (j->to.n > 0 && seki_pack_seal(j->pack, j->m, &j->to, err) == -1) ||
	    seki_manifest_format(j->m, &manifest, err) == -1 ||
	    seki_sender_sign(j->o, j->m, &manifest, name, &der, err) == -1 ||
	    seki_sha256_hex(manifest.p, manifest.n, j->b->manifest, err) == -1)
		goto out;
	if (again == 0 && access(kept, F_OK) == 0) {
		seki_err_object(err, kept);
		seki_err_hint(err, "%s",
		    _("bring back the backup of the state folder; do not "
		      "start anew"));
		(void)seki_fail(err, SEKI_FILE, "%s",
		    _("the outbox holds a bundle that state.db does not "
		      "know"));
		goto out;
	}
	*out = seki_out_file(
	    kept, 0600, again == 1 ? SEKI_OUT_REPLACE : SEKI_OUT_NEW, err);
	if (*out == NULL)
		goto out;
	s.manifest = manifest.p;
	s.nmanifest = manifest.n;
	s.der = der.p;
	s.nder = der.n;
	r = seki_pack_write(j->pack, &s, *out, &j->b->size, digest, err);
	if (r == 0)
		r = seki_sender_shown(j->o, *out, err);
	seki_text_hex(digest, SEKI_SHA256, j->b->sha256);
out:
	seki_buf_free(&manifest);
	seki_buf_free(&der);
	return r;
}

/* "pending" is on the disk before the bytes get a name anywhere. */
static int
hand_out(const struct job *j, struct seki_err *err)
{
	struct seki_buf kept = SEKI_BUF_INIT;
	struct seki_out *out = NULL;
	int r = -1;

	if (seki_outbox_path(j->s, j->b, &kept, err) == -1 ||
	    write_kept(j, kept.p, &out, err) == -1 ||
	    seki_outbox_add(j->s, j->b, seki_pack_state(j->pack), err) == -1) {
		seki_out_abort(out);
		seki_buf_free(&kept);
		return -1;
	}
	r = seki_out_commit(out, err);
	if (r == 0)
		r = seki_outbox_publish(j->s, j->b, j->o->path, err);
	if (r == -1) {
		struct seki_err ignored = SEKI_ERR_INIT;

		(void)seki_outbox_drop(j->s, j->b, &ignored);
	}
	seki_buf_free(&kept);
	return r;
}

/* From here on the bundle exists; a failure leaves the settling to the next
 * start. */
static int
settle(const struct job *j, struct seki_err *err)
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
scanned(const struct job *j, struct seki_packed *done)
{
	const struct seki_manifest *m = j->m;
	size_t i;

	(void)snprintf(done->scan, sizeof(done->scan), "%s", m->scan);
	done->overridden = m->scan_by[0] != '\0';
	for (i = 0; i < m->nnote; i++)
		if (strcmp(m->note[2 * i], "scan") == 0)
			(void)snprintf(done->met, sizeof(done->met), "%s",
			    m->note[2 * i + 1]);
}

static int
work(struct job *j, struct seki_packed *done, struct seki_err *err)
{
	const struct seki_proof *proof;
	int r;

	if (target(j, err) == -1 || begin(j, err) == -1 ||
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
	if (describe(j, err) == -1 || (r = repeated(j, done, err)) == -1)
		return -1;
	if (r == 0) {
		if (hand_out(j, err) == -1 || settle(j, err) == -1)
			return -1;
		done->sent = *j->b;
	}
	if ((done->state = strdup(seki_pack_state(j->pack))) == NULL)
		return seki_err_nomem(err);
	return 0;
}

/* A refusal is an event of the transfer too; what the host itself lacks
 * (space, a lock) is none.  The place in the text is enough: no values. */
static void
refused(const struct job *j, const struct seki_err *err)
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
	struct job j = { .s = s, .o = o };
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
	if (r == -1)
		refused(&j, err);
	done->recipients = j.to.n;
	done->clear = j.clear;
	seki_recipients_free(&j.to);
	seki_manifest_free(j.m);
	seki_pack_free(j.pack);
	free(j.b);
	return r;
}
