#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "found.h"
#include "lint.h"
#include "repair.h"

static struct {
	const char *trust, *key, *state, *audience, *carrier, *output;
	const char *title, *purpose, *class, *period, *contact, *created;
	const char *bookmarks;
	const char *stream, *attachments, *forbid, *override, *by;
	const char *repair, *profile;
	int lint;
	uint64_t expires, max_held, resend, reissue, withdraw;
	int list, test, raw;
	struct cmd_list recipients;
} o = { .carrier = "media", .expires = 10, .max_held = UINT64_MAX };

static const struct cmd_opt opts[] = {
	{ "trust", 0, CMD_STRING, &o.trust, "DIR", "trust.dir", NULL, 0, 0, 0,
	    N_("folder with the trust file") },
	{ "key", 0, CMD_STRING, &o.key, "FILE", "bundle.key", NULL, 0, 0, 0,
	    N_("key that signs, mode 0600") },
	{ "state", 0, CMD_STRING, &o.state, "DIR", "bundle.state", NULL, 0, 0,
	    0, N_("the sender's private folder") },
	{ "audience", 0, CMD_STRING, &o.audience, "ID", "bundle.audience", NULL,
	    0, 0, 0, N_("the host that may import it") },
	{ "carrier", 0, CMD_STRING, &o.carrier, "media|relay", "bundle.carrier",
	    NULL, 0, 0, 0,
	    N_("how it travels: on a medium, or through what "
	       "rewrites files") },
	{ "output", 'o', CMD_STRING, &o.output, "FILE", NULL, NULL, 0, 0, 0,
	    N_("the bundle; never over an existing file") },
	{ "attachments", 0, CMD_STRING, &o.attachments, "DIR", NULL, NULL, 0, 0,
	    0, N_("pack the attachments too, from the folder of seki-pull") },
	{ "recipient", 0, CMD_LIST, &o.recipients, "KEYID", NULL, NULL, 0, 0, 0,
	    N_("encrypt to this key of the trust file, too") },
	{ "title", 0, CMD_STRING, &o.title, "TEXT", "bundle.title", NULL, 0, 0,
	    0, N_("what it is, for the cover") },
	{ "purpose", 0, CMD_STRING, &o.purpose, "TEXT", "bundle.purpose", NULL,
	    0, 0, 0, N_("what it is for") },
	{ "class", 0, CMD_STRING, &o.class, "TEXT", "bundle.class", NULL, 0, 0,
	    0, N_("classification of the information") },
	{ "period", 0, CMD_STRING, &o.period, "TEXT", "bundle.period", NULL, 0,
	    0, 0, N_("the time the records are about") },
	{ "contact", 0, CMD_STRING, &o.contact, "TEXT", "bundle.contact", NULL,
	    0, 0, 0, N_("whom to ask about it, for the cover") },
	{ "expires", 0, CMD_UINT, &o.expires, "DAYS", "bundle.expires", NULL, 0,
	    1, 366, N_("days from Monday to Friday it is good for (10)") },
	{ "created", 0, CMD_STRING, &o.created, "INSTANT", NULL, NULL, 0, 0, 0,
	    N_("when it is made: YYYY-MM-DDThh:mm:ssZ (now)") },
	{ "raw", 0, CMD_FLAG, &o.raw, NULL, NULL, NULL, 0, 0, 0,
	    N_("without a rules table, though the bundle before had one") },
	{ "test", 0, CMD_FLAG, &o.test, NULL, NULL, NULL, 0, 0, 0,
	    N_("mark it as a test") },
	{ "max-held", 0, CMD_UINT, &o.max_held, "N", NULL, NULL, 0, 0,
	    UINT64_MAX - 1, N_("refuse a stream with more held records") },
	{ "forbid", 0, CMD_STRING, &o.forbid, "FIELD,...", "scan.forbid", NULL,
	    0, 0, 0, N_("fields that must be empty") },
	{ "scan-override", 0, CMD_STRING, &o.override, "REASON", NULL, NULL, 0,
	    0, 0, N_("pack although something must not cross, with --by") },
	{ "by", 0, CMD_STRING, &o.by, "ID", NULL, NULL, 0, 0, 0,
	    N_("--scan-override: the person who decided so") },
	{ "bookmarks", 0, CMD_STRING, &o.bookmarks, "FILE", NULL, NULL, 0, 0, 0,
	    N_("also store the stream's final state here") },
	{ "stream", 0, CMD_STRING, &o.stream, "NAME", NULL, NULL, 0, 0, 0,
	    N_("the stream of --resend, --withdraw, --list") },
	{ "resend", 0, CMD_UINT, &o.resend, "N", NULL, NULL, 0, 1, INT64_MAX,
	    N_("hand out bundle N again, the same bytes") },
	{ "profile", 0, CMD_STRING, &o.profile, "FILE", "bundle.profile", NULL,
	    0, 0, 0, N_("what the relay lets through: refuse what it stops") },
	{ "lint", 0, CMD_FLAG, &o.lint, NULL, NULL, NULL, 0, 0, 0,
	    N_("hold the finished bundles FILE ... against --profile") },
	{ "reissue", 0, CMD_UINT, &o.reissue, "N", NULL, NULL, 0, 1, INT64_MAX,
	    N_("make bundle N once more, for --carrier") },
	{ "repair", 0, CMD_STRING, &o.repair, "FILE", NULL, NULL, 0, 0, 0,
	    N_("--carrier relay: spell out what seki-verify --damage "
	       "listed") },
	{ "withdraw", 0, CMD_UINT, &o.withdraw, "N", NULL, NULL, 0, 1,
	    INT64_MAX, N_("give the number of the last bundle back") },
	{ "list", 0, CMD_FLAG, &o.list, NULL, NULL, NULL, 0, 0, 0,
	    N_("show what the outbox holds") },
	{ .name = NULL },
};

static const struct cmd_tool tool = { "seki-pack", "[FILE ...]",
	N_("Pack a record stream into one signed bundle."), opts, 0, -1 };

static int
need(const char *value, const char *option, struct seki_err *err)
{
	if (value != NULL)
		return 0;
	seki_err_hint(err, "seki-pack --help");
	return seki_fail(err, SEKI_USAGE, _("--%s is missing"), option);
}

static void
progress(uint64_t done)
{
	cmd_progress(N_("records"), done, 0);
}

static void
result(const struct seki_sent *b, const char *object, const char *message)
{
	char seq[24], records[24], held[24], deletes[24], size[24];
	char created[SEKI_TIME], expires[SEKI_TIME];

	(void)snprintf(seq, sizeof(seq), "%llu", (unsigned long long)b->seq);
	(void)snprintf(
	    records, sizeof(records), "%llu", (unsigned long long)b->records);
	(void)snprintf(held, sizeof(held), "%llu", (unsigned long long)b->held);
	(void)snprintf(
	    deletes, sizeof(deletes), "%llu", (unsigned long long)b->deletes);
	(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)b->size);
	seki_time_format(b->created, created);
	seki_time_format(b->expires, expires);
	cmd_json(SEKI_OK, object, message, "stream", b->stream, "#seq", seq,
	    "status_of_bundle", b->status, "kind", b->kind, "#records", records,
	    "#held", held, "#deletes", deletes, "root", b->root, "manifest",
	    b->manifest, "sha256", b->sha256, "#size", size, "created", created,
	    "expires", expires, "audience", b->audience, NULL);
}

/* A place for the bookmarks, before anything is given out that they must
 * follow: 0, and *marks NULL when nobody asked. */
static int
reserve(struct seki_out **marks, struct seki_err *err)
{
	*marks = NULL;
	if (o.bookmarks == NULL)
		return 0;
	*marks = seki_out_file(o.bookmarks, 0600, SEKI_OUT_REPLACE, err);
	return *marks == NULL ? -1 : 0;
}

/* The value the next pull starts from: printed, and stored when asked; a person
 * at a terminal has no use for the long line then.  Takes marks. */
static int
hand_on(struct seki_out *marks, const char *state, struct seki_err *err)
{
	int hidden = marks != NULL && isatty(1);

	if (!hidden)
		(void)printf("%s\n", state);
	if (marks == NULL)
		return 0;
	if (seki_out_str(marks, state, err) == 0 &&
	    seki_out_str(marks, "\n", err) == 0) {
		if (seki_out_commit(marks, err) == 0)
			return 0;
	} else
		seki_out_abort(marks);
	if (hidden)
		(void)printf("%s\n", state);
	seki_err_hint(err,
	    _("the bundle is out and stays good; store the line on standard "
	      "output in %s, or let the next pull begin where this one did"),
	    o.bookmarks);
	return -1;
}

static void
encrypted(const struct seki_packed *p)
{
	if (p->recipients > 0)
		cmd_note(
		    _("%s: encrypted to %zu keys"), o.output, p->recipients);
	if (p->clear)
		cmd_note(_("%s: anybody can read it: bundles of stream %s are "
			   "encrypted on media only, not through a relay"),
		    o.output, p->sent.stream);
}

/* What a person should know beside the result. */
static void
remarks(const struct seki_packed *p)
{
	const struct seki_sent *b = &p->sent;
	char when[SEKI_TIME];

	if (b->held > 0)
		cmd_note(_("%s: %llu records are held: their last good version"
			   " stays on the other side"),
		    o.output, (unsigned long long)b->held);
	/* As much as seki-pull lets pass by itself. */
	if (p->fewer * 10 > p->fewer + b->records + b->held)
		cmd_note(_("%s: %llu of the %llu records of the bundle before "
			   "are not in it, and the other side will remove them:"
			   " was the condition changed?"),
		    o.output, (unsigned long long)p->fewer,
		    (unsigned long long)(p->fewer + b->records + b->held));
	if (p->bare > 0 && !p->already)
		cmd_note(_("%s: bundle %llu carried attachments, this one has "
			   "none, and the other side will have none for these "
			   "records: pull again with --attachments DIR, and "
			   "pack with it"),
		    o.output, (unsigned long long)p->bare);
	/* As after a slip in --state or in the name of the stream. */
	if (p->first)
		cmd_note(_("%s: the first bundle of stream %s in this folder "
			   "(--state)"),
		    o.output, b->stream);
	if (p->other > 0)
		cmd_note(_("%s: bundle %llu went to %s, this one goes to %s"),
		    o.output, (unsigned long long)p->other, p->audience,
		    b->audience);
	if (p->same > 0 && !p->already)
		cmd_note(_("%s: the same records as in bundle %llu: nothing "
			   "has changed since"),
		    o.output, (unsigned long long)p->same);
	if (p->met[0] != '\0')
		cmd_note(_("%s: the scan: %s"), o.output, p->met);
	if (p->overridden)
		cmd_note(_("%s: let pass by %s, which the bundle says"),
		    o.output, o.by);
	encrypted(p);
	if (b->records == 0 && strcmp(b->kind, "full") == 0)
		cmd_note(_("%s: a full bundle without records: the importer"
			   " takes it only with --allow-empty"),
		    o.output);
	seki_time_jst(p->already ? b->created : b->expires, when);
	if (p->already)
		cmd_note(_("%s: bundle %llu of stream %s, packed on %s, holds"
			   " the same records; no new one was made"),
		    o.output, (unsigned long long)b->seq, b->stream, when);
	else if (strcmp(b->kind, "delta") == 0)
		cmd_note(_("%s: bundle %llu of stream %s for %s, delta of %llu "
			   "records and %llu deletions, good until %s"),
		    o.output, (unsigned long long)b->seq, b->stream,
		    b->audience, (unsigned long long)b->records,
		    (unsigned long long)b->deletes, when);
	else
		cmd_note(_("%s: bundle %llu of stream %s for %s, %llu records,"
			   " good until %s"),
		    o.output, (unsigned long long)b->seq, b->stream,
		    b->audience, (unsigned long long)b->records, when);
}

static void
tell(const struct seki_packed *p)
{
	if (!cmd.json)
		remarks(p);
	result(&p->sent, o.output,
	    seki_err_sentence(p->already ? SEKI_ALREADY : SEKI_OK));
}

static int
instant(struct seki_packing *p, struct seki_err *err)
{
	if (o.created == NULL ||
	    seki_time_parse(o.created, strlen(o.created), &p->created) == 0)
		return 0;
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("--created is not an instant like 2026-04-01T00:15:00Z"));
}

/* Of a result and of a failure. */
static void
scanned(const struct seki_packed *p, struct seki_err *err)
{
	cmd_found_rest();
	cmd_json_with("scan", p->scan);
	cmd_json_with("scan_met", p->met);
	cmd_json_with("#scan_overridden", p->overridden ? "true" : "false");
	if (err->reason == SEKI_FORBIDDEN)
		seki_err_hint(err, "%s",
		    _("put right what is named in the app and pull again "
		      "(seki-scan --report FILE.xlsx lists it), or let a "
		      "person decide: --scan-override REASON --by ID"));
}

/* A delta from other bookmarks than the last bundle's: those it should have
 * begun from go where the next pull looks for them. */
static void
set_right(struct seki_out **marks, const char *state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_out *out = *marks;

	if (out == NULL || state == NULL)
		return;
	*marks = NULL;
	if (seki_out_str(out, state, &err) == 0 &&
	    seki_out_str(out, "\n", &err) == 0) {
		if (seki_out_commit(out, &err) == 0)
			cmd_note(_("%s: holds the bookmarks of the last bundle "
				   "packed again; a pull now begins there"),
			    o.bookmarks);
	} else
		seki_out_abort(out);
}

/* With --profile, what the relay would stop is not handed out. */
static int
let_through(struct seki_packing *p, struct cmd_lint *lint,
    struct seki_profile **profile, struct seki_err *err)
{
	if (o.profile == NULL)
		return 0;
	if ((*profile = seki_profile_open(o.profile, err)) == NULL)
		return -1;
	lint->profile = *profile;
	p->finished = cmd_lint;
	p->ctx = lint;
	return 0;
}

/* Everything that can be wrong is found before stdin is read. */
static int
pack(struct seki_sender *sender, struct seki_in *in, struct seki_err *err)
{
	struct seki_scan_how scan = { .finding = cmd_found,
		.unknown = cmd_found_unknown,
		.ctx = (void *)(uintptr_t)o.output };
	struct seki_packing p = { .audience = o.audience,
		.carrier = o.carrier,
		.title = o.title,
		.purpose = o.purpose,
		.class = o.class,
		.period = o.period,
		.contact = o.contact,
		.expires = (unsigned)o.expires,
		.now = seki_time_now(),
		.max_held = o.max_held,
		.test = o.test,
		.raw = o.raw,
		.attachments = o.attachments,
		.scan = &scan,
		.by = o.by,
		.override = o.override,
		.path = o.output,
		.progress = progress };
	struct seki_packed *done = calloc(1, sizeof(*done));
	struct seki_profile *profile = NULL;
	struct cmd_lint lint = { .output = o.output };
	struct seki_trust *trust = NULL;
	struct seki_key *key = NULL;
	struct seki_out *marks = NULL;
	int r = -1;

	if (done == NULL) {
		seki_in_free(in);
		return seki_err_nomem(err);
	}
	if (cmd_words(o.forbid, &scan.forbid, err) == -1 ||
	    cmd_list(&o.recipients, &p.recipients, err) == -1 ||
	    instant(&p, err) == -1 || reserve(&marks, err) == -1 ||
	    (trust = seki_trust_open(o.trust, p.now, err)) == NULL ||
	    (key = seki_key_open(o.key, err)) == NULL ||
	    let_through(&p, &lint, &profile, err) == -1)
		goto out;
	cmd_warn_trust(trust);
	p.trust = trust;
	p.key = key;
	r = seki_sender_pack(sender, in, &p, done, err);
	in = NULL;
	cmd_progress_end();
	scanned(done, err);
	if (r == -1) {
		set_right(&marks, done->state);
		goto out;
	}
	tell(done);
	r = hand_on(marks, done->state, err);
	marks = NULL;
out:
	seki_in_free(in);
	seki_out_abort(marks);
	free(done->state);
	free(done);
	seki_profile_free(profile);
	seki_key_free(key);
	seki_trust_free(trust);
	return r;
}

/* The list is about one bundle; the records of another need no repair. */
static int
repairs(const char *stream, uint64_t seq, struct seki_repair **r,
    struct seki_err *err)
{
	uint64_t about;

	if (o.repair == NULL)
		return 0;
	if ((*r = seki_repair_open(o.repair, stream, &about, err)) == NULL)
		return -1;
	if (about == seq)
		return 0;
	seki_err_object(err, o.repair);
	seki_err_hint(
	    err, "seki-pack --reissue %llu", (unsigned long long)about);
	return seki_fail(err, SEKI_CONFIG,
	    _("the damage list is about bundle %llu, not %llu"),
	    (unsigned long long)about, (unsigned long long)seq);
}

static int
reissue(struct seki_sender *sender, struct seki_err *err)
{
	struct seki_scan_how scan = { .finding = cmd_found,
		.unknown = cmd_found_unknown,
		.ctx = (void *)(uintptr_t)o.output };
	struct seki_packing p = { .stream = o.stream,
		.carrier = o.carrier,
		.expires = (unsigned)o.expires,
		.now = seki_time_now(),
		.scan = &scan,
		.path = o.output,
		.progress = progress };
	struct seki_packed *done = calloc(1, sizeof(*done));
	struct seki_profile *profile = NULL;
	struct cmd_lint lint = { .output = o.output };
	struct seki_repair *list = NULL;
	struct seki_trust *trust = NULL;
	struct seki_key *key = NULL;
	int r = -1;

	if (done == NULL)
		return seki_err_nomem(err);
	if (cmd_list(&o.recipients, &p.recipients, err) == 0 &&
	    repairs(o.stream, o.reissue, &list, err) == 0 &&
	    (trust = seki_trust_open(o.trust, p.now, err)) != NULL &&
	    (key = seki_key_open(o.key, err)) != NULL &&
	    let_through(&p, &lint, &profile, err) == 0) {
		p.repair = list;
		p.trust = trust;
		p.key = key;
		r = seki_sender_reissue(sender, o.reissue, &p, done, err);
	}
	cmd_progress_end();
	if (r == 0 && !cmd.json)
		encrypted(done);
	if (r == 0 && !cmd.json)
		cmd_note(_("%s: bundle %llu of stream %s once more, for the "
			   "carrier %s"),
		    o.output, (unsigned long long)done->sent.seq,
		    done->sent.stream, o.carrier);
	if (r == 0)
		result(&done->sent, o.output, seki_err_sentence(SEKI_OK));
	free(done);
	seki_profile_free(profile);
	seki_repair_free(list);
	seki_key_free(key);
	seki_trust_free(trust);
	return r;
}

static int
resend(struct seki_sender *sender, struct seki_err *err)
{
	struct seki_sent *b = calloc(1, sizeof(*b));
	int r;

	if (b == NULL)
		return seki_err_nomem(err);
	r = seki_sender_resend(sender, o.stream, o.resend, o.output, b, err);
	if (r == 0 && !cmd.json)
		cmd_note(_("%s: bundle %llu of stream %s again, the same"
			   " bytes"),
		    o.output, (unsigned long long)b->seq, b->stream);
	if (r == 0)
		result(b, o.output, seki_err_sentence(SEKI_OK));
	free(b);
	return r;
}

static int
withdraw(struct seki_sender *sender, struct seki_err *err)
{
	struct seki_sent *b = calloc(1, sizeof(*b));
	struct seki_out *marks = NULL;
	char *state = NULL;
	int r;

	if (b == NULL)
		return seki_err_nomem(err);
	r = reserve(&marks, err);
	if (r == 0)
		r = seki_sender_withdraw(
		    sender, o.stream, o.withdraw, b, &state, err);
	if (r == 0 && !cmd.json)
		cmd_note(_("bundle %llu of stream %s is withdrawn: destroy"
			   " every copy, %s too"),
		    (unsigned long long)b->seq, b->stream, b->name);
	if (r == 0) {
		result(b, b->name, seki_err_sentence(SEKI_OK));
		r = hand_on(marks, state, err);
	} else
		seki_out_abort(marks);
	free(state);
	free(b);
	return r;
}

static void
show(const struct seki_sent *b, void *ctx)
{
	char when[SEKI_TIME];

	(void)ctx;
	seki_time_jst(b->created, when);
	if (cmd.json)
		result(b, b->name, seki_err_sentence(SEKI_OK));
	else
		cmd_say("%s\t%llu\t%llu\t%s\t%s\t%llu\t%s\t%s", b->stream,
		    (unsigned long long)b->epoch, (unsigned long long)b->seq,
		    b->status, when, (unsigned long long)b->records, b->root,
		    b->name);
}

/* Exactly one of the five things this tool does, with what it needs. */
static int
usage(struct seki_err *err)
{
	if ((o.resend > 0) + (o.reissue > 0) + (o.withdraw > 0) + o.list +
		o.lint >
	    1)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--resend, --reissue, --withdraw, --list and --lint "
		      "exclude each other"));
	if (o.repair != NULL && o.reissue == 0)
		return seki_fail(
		    err, SEKI_USAGE, "%s", _("--repair goes with --reissue N"));
	if ((o.by == NULL) != (o.override == NULL))
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--scan-override REASON and --by ID come together"));
	if (o.list || o.lint)
		return 0;
	if (o.withdraw > 0)
		return need(o.stream, "stream", err);
	if (need(o.output, "output", err) == -1)
		return -1;
	if (o.resend > 0)
		return need(o.stream, "stream", err);
	if (need(o.trust, "trust", err) == -1 || need(o.key, "key", err) == -1)
		return -1;
	if (o.reissue > 0)
		return need(o.stream, "stream", err);
	return need(o.audience, "audience", err);
}

static int
from_input(
    struct seki_sender *sender, int n, char **operand, struct seki_err *err)
{
	struct seki_in *in = cmd_input(n, operand, err);

	return in == NULL ? -1 : pack(sender, in, err);
}

/* Finished bundles, each by itself. */
static int
lint_one(const char *path, void *ctx)
{
	struct cmd_lint l = { .profile = ctx, .output = path };
	struct seki_err err = SEKI_ERR_INIT;

	if (cmd_lint(path, &l, &err) == -1)
		return cmd_fail(path, &err);
	cmd_say(_("%s: ok: nothing in it would be stopped"), path);
	cmd_json(SEKI_OK, path, seki_err_sentence(SEKI_OK), NULL);
	return 0;
}

static int
lint(int n, char **operand, struct seki_err *err)
{
	struct seki_profile *p;

	if (need(o.profile, "profile", err) == -1)
		return -1;
	if (n == 0)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--lint needs the bundles to look at"));
	if ((p = seki_profile_open(o.profile, err)) == NULL)
		return -1;
	cmd_each(n, operand, lint_one, p);
	seki_profile_free(p);
	return 0;
}

/* Only a pack makes the folder: what asks about bundles would find none in a
 * new one, and say nothing of the slip. */
static int
there(struct seki_err *err)
{
	char *path;
	int r;

	if (!o.list && o.withdraw == 0 && o.resend == 0 && o.reissue == 0)
		return 0;
	if (asprintf(&path, "%s/state.db", o.state) == -1)
		return seki_err_nomem(err);
	r = access(path, F_OK) == -1 && (errno == ENOENT || errno == ENOTDIR);
	free(path);
	if (!r)
		return 0;
	seki_err_object(err, o.state);
	seki_err_hint(err, "%s",
	    _("Name the folder that bundles were packed in: --state DIR, or "
	      "bundle.state in seki.conf."));
	return seki_fail(
	    err, SEKI_FILE, "%s", _("nothing was ever packed in this folder"));
}

static int
run(int n, char **operand, struct seki_err *err)
{
	struct seki_sender *sender;
	char host[256] = "";
	int r;

	if (usage(err) == -1)
		return -1;
	if (o.lint)
		return lint(n, operand, err);
	if (n > 1)
		return seki_fail(
		    err, SEKI_USAGE, "%s", _("one stream at a time"));
	if (need(o.state, "state", err) == -1 || there(err) == -1)
		return -1;
	(void)gethostname(host, sizeof(host) - 1);
	if ((sender = seki_sender_open(o.state, host, err)) == NULL)
		return -1;
	if (o.list)
		r = seki_sender_list(sender, o.stream, show, NULL, err);
	else if (o.withdraw > 0)
		r = withdraw(sender, err);
	else if (o.resend > 0)
		r = resend(sender, err);
	else if (o.reissue > 0)
		r = reissue(sender, err);
	else
		r = from_input(sender, n, operand, err);
	seki_sender_free(sender);
	return r;
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	char **operand;
	int n;

	n = cmd_init(argc, argv, &tool, &operand);
	if (!o.list && !o.lint)
		cmd_json_stderr();
	if (run(n, operand, &err) == -1)
		(void)cmd_fail(o.output, &err);
	return cmd_finish();
}
