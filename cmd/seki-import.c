#include <pwd.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "approved.h"
#include "cmd.h"
#include "damage.h"
#include "import.h"
#include "sets.h"

static const char *trust_dir, *store_path, *key_path;
static struct seki_check check;
static uint64_t lock_wait = SEKI_LOCK_WAIT;
static int expect_new, no_sandbox;
static struct seki_local local;
static uint64_t max_drop = 10;
static const char *accept_why;
static struct cmd_damage files;
static struct cmd_sets sets;

static const struct cmd_opt options[] = {
	{ "trust", 't', CMD_STRING, &trust_dir, "DIR", "trust.dir", NULL, 0, 0,
	    0, N_("folder with the trust file") },
	{ "audience", 'a', CMD_STRING, &check.audience, "HOST",
	    "bundle.audience", NULL, 0, 0, 0,
	    N_("this host, as bundles name it") },
	{ "store", 's', CMD_STRING, &store_path, "FILE", "store.path", NULL, 1,
	    0, 0, N_("the database; made when absent") },
	{ "key", 'k', CMD_STRING, &key_path, "FILE", "bundle.key", NULL, 0, 0,
	    0, N_("this host's key, which opens encrypted bundles") },
	{ "stream", 0, CMD_STRING, &check.stream, "NAME", NULL, NULL, 0, 0, 0,
	    N_("only this stream is expected") },
	{ "allow-empty", 0, CMD_FLAG, &check.allow_empty, NULL, NULL, NULL, 0,
	    0, 0, N_("a full bundle may be without records") },
	{ "no-sandbox", 0, CMD_RISK, &no_sandbox, NULL, "worker.sandbox", NULL,
	    0, 0, 0, N_("parse without a sandbox, at your own risk") },
	{ "new", 0, CMD_FLAG, &expect_new, NULL, NULL, NULL, 0, 0, 0,
	    N_("a bundle that was taken before is a failure (stale)") },
	{ "local", 0, CMD_STRING, &local.stream, "STREAM", NULL, NULL, 0, 0, 0,
	    N_("a record stream becomes this local stream; no bundle") },
	{ "by", 0, CMD_STRING, &local.by, "NAME", NULL, NULL, 0, 0, 0,
	    N_("who wants it so, for the ledger: of --local, of "
	       "--accept-attachments") },
	{ "accept-form", 0, CMD_STRING, &local.accept_form, "PERSON", NULL,
	    NULL, 0, 0, 0,
	    N_("--local: who accepts that the rules make another form") },
	{ "max-drop", 0, CMD_UINT, &max_drop, "PERCENT", NULL, NULL, 0, 0, 100,
	    N_("--local: how many of the records may be gone (10)") },
	{ "accept-attachments", 0, CMD_STRING, &accept_why, "REASON", NULL,
	    NULL, 0, 0, 0,
	    N_("take attachments that came back changed from a relay, with "
	       "--by") },
	{ "report", 0, CMD_STRING, &files.report, "FILE.xlsx", NULL, NULL, 0, 0,
	    0, N_("what a relay changed, with the values found") },
	{ "damage", 0, CMD_STRING, &files.list, "FILE", NULL, NULL, 0, 0, 0,
	    N_("the same without values, for seki-pack --repair") },
	{ "lock-wait", 0, CMD_UINT, &lock_wait, "SECONDS", NULL, NULL, 0, 0,
	    3600, N_("how long to wait for another program's lock (30)") },
	{ .name = NULL },
};

static const struct cmd_tool tool = { "seki-import", "BUNDLE ... | [FILE]",
	N_("Take a verified bundle into the store, wholly or not at all."),
	options, 0, -1 };

static void
progress(void *ctx, uint64_t done, uint64_t total)
{
	(void)ctx;
	cmd_progress(N_("records"), done, total);
}

static void
notes(const char *path, const struct seki_manifest *m,
    const struct seki_verdict *v, const struct seki_imported *n)
{
	cmd_approval(path, m, v);
	if (v->first)
		cmd_note(_("%s: the stream begins here with seq %llu; earlier "
			   "bundles were not seen by this store"),
		    path, (unsigned long long)m->seq);
	else if (v->gap > 0)
		cmd_note(_("%s: %llu bundles before it were skipped"), path,
		    (unsigned long long)v->gap);
	if (n->beside[0] != '\0')
		cmd_note(_("%s: stream %s is new in this store; it has: %s"),
		    path, m->stream, n->beside);
	if (m->held > 0)
		cmd_note(_("%s: %llu records are held: their last good "
			   "version stays, marked: record %s%s"),
		    path, (unsigned long long)m->held, n->keys,
		    m->held > SEKI_HELD_NAMED ? ", …" : "");
	if (n->absent > 0)
		cmd_note(_("%s: %llu of the deletions are of records that were "
			   "not here"),
		    path, (unsigned long long)n->absent);
	if (m->test)
		cmd_note(_("%s: this is a test bundle"), path);
}

/* Who accepted another form, a line for each time. */
static void
form_notes(const char *path, const struct seki_imported *n)
{
	char text[sizeof(n->accepted)], *line, *next = text;

	memcpy(text, n->accepted, sizeof(text));
	while ((line = strsep(&next, "\n")) != NULL)
		if (line[0] != '\0')
			cmd_note(
			    _("%s: another form, accepted by %s"), path, line);
	if (n->kept > 0)
		cmd_note(_("%s: %llu records had values in fields that are "
			   "no more; their versions went to the history"),
		    path, (unsigned long long)n->kept);
}

enum {
	EPOCH,
	SEQ,
	RECORDS,
	HELD,
	ADDED,
	CHANGED,
	REMOVED,
	SAME,
	DELETED,
	ABSENT,
	STORED,
	STORED_HELD,
	GAP,
	ATTACHMENTS,
	PARTS,
	NCOUNT
};

/* The line for people; of a delta also what the tables now hold. */
static void
say(const char *path, const struct seki_manifest *m,
    const struct seki_verdict *v, char t[NCOUNT][24], const char *root,
    const char *stored)
{
	char when[SEKI_TIME];

	seki_time_jst(v->taken, when);
	if (v->already)
		cmd_say(_("%s: already: stream %s, seq %s was imported on %s "
			  "(Japan time); 0 records"),
		    path, m->stream, t[SEQ], when);
	else if (strcmp(m->kind, "delta") == 0)
		cmd_say(_("%s: ok: stream %s, seq %s, delta of %s records, %s "
			  "held, %s deleted (%s new, %s changed, %s removed, "
			  "%s as before, %s not there), root %s; now %s "
			  "records, %s held, root %s"),
		    path, m->stream, t[SEQ], t[RECORDS], t[HELD], t[DELETED],
		    t[ADDED], t[CHANGED], t[REMOVED], t[SAME], t[ABSENT], root,
		    t[STORED], t[STORED_HELD], stored);
	else
		cmd_say(_("%s: ok: stream %s, seq %s, %s records, %s held (%s "
			  "new, %s changed, %s removed, %s as before), root "
			  "%s"),
		    path, m->stream, t[SEQ], t[RECORDS], t[HELD], t[ADDED],
		    t[CHANGED], t[REMOVED], t[SAME], root);
}

static void
report(const char *path, const struct seki_bundle *b,
    const struct seki_verdict *v, const struct seki_imported *n)
{
	const struct seki_manifest *m = seki_bundle_manifest(b);
	enum seki_reason reason = v->already ? SEKI_ALREADY : SEKI_OK;
	char root[SEKI_HEX], stored[SEKI_HEX], id[SEKI_HEX], when[SEKI_TIME];
	char t[NCOUNT][24];
	const uint64_t c[NCOUNT] = { m->epoch, m->seq, n->records, n->held,
		n->added, n->changed, n->removed, n->same, n->deleted,
		n->absent, n->stored_records, n->stored_held, v->gap,
		n->attachments, b->set != NULL ? b->set->n : 1 };
	size_t i;

	seki_text_hex(m->root, SEKI_SHA256, root);
	seki_text_hex(n->stored_root, SEKI_SHA256, stored);
	seki_text_hex(seki_bundle_digest(b), SEKI_SHA256, id);
	for (i = 0; i < NCOUNT; i++)
		(void)snprintf(
		    t[i], sizeof(t[i]), "%llu", (unsigned long long)c[i]);
	say(path, m, v, t, root, stored);
	seki_time_format(v->taken, when);
	if (m->nrecipient > 0)
		cmd_json_with("#encrypted", "true");
	if (b->set != NULL)
		cmd_json_with("#parts", t[PARTS]);
	if (n->keys[0] != '\0')
		cmd_json_with("keys", n->keys);
	if (n->beside[0] != '\0')
		cmd_json_with("new_beside", n->beside);
	if (strcmp(m->attachments, "all") == 0)
		cmd_json_with("#attachments_stored", t[ATTACHMENTS]);
	cmd_json(reason, path, seki_err_sentence(reason), "stream", m->stream,
	    "#epoch", t[EPOCH], "#seq", t[SEQ], "kind", m->kind, "#records",
	    t[RECORDS], "#held", t[HELD], "#deleted", t[DELETED], "#added",
	    t[ADDED], "#changed", t[CHANGED], "#removed", t[REMOVED], "#same",
	    t[SAME], "#absent", t[ABSENT], "#gap", t[GAP], "form_accepted",
	    n->accepted, "root", root, "#stored_records", t[STORED],
	    "#stored_held", t[STORED_HELD], "stored_root",
	    v->already ? "" : stored, "manifest", id, "store", store_path,
	    "#alone", v->alone ? "true" : "false", "taken", when, NULL);
}

static int
refused(const char *object, struct seki_err *err)
{
	seki_err_next(err);
	return cmd_fail(object, err);
}

static int
stale(const char *path, const struct seki_verdict *v)
{
	struct seki_err err = SEKI_ERR_INIT;
	char when[SEKI_TIME];

	seki_time_jst(v->taken, when);
	seki_err_hint(&err, "%s",
	    _("bring the newer bundle; on the sending host, look whether "
	      "seki-pack ran"));
	(void)seki_fail(&err, SEKI_STALE,
	    _("it was imported on %s (Japan time); nothing new came"), when);
	return refused(path, &err);
}

/* A file that cannot be written is a failure of its own. */
static void
damaged(const char *path, const struct seki_bundle *b)
{
	struct seki_err err = SEKI_ERR_INIT;

	if (cmd_damage(&files, check.damage, seki_bundle_manifest(b), path,
		&err) == -1)
		(void)refused(path, &err);
}

/* A bundle, or all of its parts. */
static int
take(struct seki_bundle *b, const struct seki_import *opt)
{
	struct seki_err err = SEKI_ERR_INIT;
	const char *path = b->path;
	struct seki_imported n;
	struct seki_verdict v;
	int status = 0;

	check.now = seki_time_now();
	check.damage = seki_damage_new(&err);
	if (check.damage == NULL)
		status = refused(path, &err);
	else if (seki_import_bundle(b, &check, opt, &v, &n, &err) == -1) {
		damaged(b->set != NULL && b->set->damaged < 2 ? err.object
							      : path,
		    b);
		status = refused(path, &err);
	} else if (v.already && expect_new)
		status = stale(path, &v);
	else {
		cmd_progress_end();
		if (!v.already) {
			v.taken = check.now;
			notes(path, seki_bundle_manifest(b), &v, &n);
			cmd_damage_notes(path, &v);
			form_notes(path, &n);
		}
		report(path, b, &v, &n);
	}
	seki_damage_free(check.damage);
	return status;
}

static int
import(const char *path, void *ctx)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_bundle *b = seki_bundle_open(path, NULL, &err);
	int status = 0;

	if (b != NULL && seki_bundle_manifest(b)->parts > 1 &&
	    cmd_sets_add(&sets, b, &b, &err) == 0 && b == NULL)
		return 0;
	if (err.reason != SEKI_OK)
		return refused(path, &err);
	status = take(b, ctx);
	seki_bundle_free(b);
	return status;
}

/* One part: was all of it taken before, or is something wrong with it?  1:
 * neither, the others are missing. */
static int
alone(struct seki_bundle *b)
{
	const struct seki_manifest *m = seki_bundle_manifest(b);
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_verdict v;
	char when[SEKI_TIME];

	check.now = seki_time_now();
	check.damage = NULL;
	if (seki_bundle_verify(b, &check, &v, &err) == -1) {
		cmd.status = seki_err_worse(cmd.status, refused(b->path, &err));
		return 0;
	}
	if (!v.already)
		return 1;
	seki_time_jst(v.taken, when);
	cmd_say(_("%s: %s: part %llu of %llu of bundle %llu, which was "
		  "imported on %s (Japan time): nothing to do"),
	    b->path, seki_err_word(SEKI_ALREADY), (unsigned long long)m->part,
	    (unsigned long long)m->parts, (unsigned long long)m->seq, when);
	cmd_json(SEKI_ALREADY, b->path, seki_err_sentence(SEKI_ALREADY), NULL);
	return 0;
}

static void
incomplete(const struct cmd_set *set, const struct cmd_rest *rest)
{
	const struct seki_manifest *m = NULL;
	struct seki_err err = SEKI_ERR_INIT;
	size_t i, good = 0;

	for (i = 0; i < set->n; i++)
		if (set->part[i] != NULL) {
			m = seki_bundle_manifest(set->part[i]);
			good += (size_t)alone(set->part[i]);
		}
	if (good == 0)
		return;
	if (rest->mixed)
		seki_err_hint(&err, "%s",
		    _("the bundle was cut more than once, and these are of "
		      "different cuts: give all the parts that one seki-pack "
		      "made"));
	else
		seki_err_hint(&err,
		    _("bring the missing ones (on the sending host: seki-pack "
		      "--state DIR --stream %s --resend %llu -o FILE gives all "
		      "of them again), and give all parts to one seki-import"),
		    m->stream, (unsigned long long)m->seq);
	(void)seki_fail(&err, SEKI_GAP,
	    _("bundle %llu of stream %s is in %llu parts; here: %s; parts "
	      "that are missing: %s; nothing was imported"),
	    (unsigned long long)m->seq, m->stream, (unsigned long long)m->parts,
	    rest->here, rest->missing);
	cmd.status = seki_err_worse(cmd.status, cmd_fail(rest->path, &err));
}

static int
need(const char *value, const char *option, struct seki_err *err)
{
	if (value != NULL)
		return 0;
	seki_err_hint(err, "seki-import --help");
	return seki_fail(err, SEKI_USAGE, _("--%s is missing"), option);
}

/* Words, and somebody who says them. */
static int
accept_ok(struct seki_err *err)
{
	if (accept_why == NULL)
		return 0;
	check.accept = 1;
	if (accept_why[strspn(accept_why, " ")] != '\0' &&
	    local.by[strspn(local.by, " ")] != '\0')
		return 0;
	seki_err_hint(err, "seki-import --help");
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("--accept-attachments needs words, and --by a name"));
}

/* What belongs to bundles does not go with --local, nor the other way; but a
 * configuration serves both. */
static int
arguments(int n, struct seki_err *err)
{
	const char *odd = NULL;

	if (local.stream == NULL) {
		if (need(trust_dir, "trust", err) == -1 ||
		    need(check.audience, "audience", err) == -1)
			return -1;
		if (n > 0 && (local.by == NULL) == (accept_why == NULL) &&
		    local.accept_form == NULL)
			return accept_ok(err);
		(void)seki_fail(err, SEKI_USAGE, "%s",
		    n == 0 ? _("missing operand: BUNDLE ...")
		    : accept_why != NULL || local.accept_form == NULL
			? _("--by goes with --local, or with "
			    "--accept-attachments, which needs it")
			: _("--accept-form is for --local"));
	} else {
		odd = check.stream != NULL ? "stream"
		      : check.allow_empty  ? "allow-empty"
		      : accept_why != NULL ? "accept-attachments"
					   : NULL;
		if (odd == NULL && n <= 1)
			return 0;
		if (odd != NULL)
			(void)seki_fail(err, SEKI_USAGE,
			    _("--%s does not go with --local"), odd);
		else
			(void)seki_fail(err, SEKI_USAGE, "%s",
			    _("--local takes one stream"));
	}
	seki_err_hint(err, "seki-import --help");
	return -1;
}

static void
bundles(int n, char **operand, struct seki_import *opt)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_trust *trust =
	    seki_trust_open(trust_dir, seki_time_now(), &err);
	struct seki_key *key;

	if (trust == NULL) {
		(void)refused(trust_dir, &err);
		return;
	}
	check.trust = trust;
	if ((check.store = seki_store_open(
		 store_path, 1, (unsigned)lock_wait, &err)) == NULL)
		(void)refused(store_path, &err);
	else {
		key = cmd_decrypt(key_path, &check);
		cmd_warn_trust(trust);
		cmd_each(n, operand, import, opt);
		cmd_sets_rest(&sets, incomplete);
		cmd_sets_free(&sets);
		seki_key_free(key);
	}
	seki_trust_free(trust);
}

static void
one_stream(int n, char **operand)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_in *in = cmd_input(n, operand, &err);
	struct utsname host;

	local.progress = progress;
	local.max_drop = (unsigned)max_drop;
	if (uname(&host) == -1)
		host.nodename[0] = '\0';
	local.host = check.audience != NULL ? check.audience : host.nodename;
	if (in == NULL)
		(void)refused(NULL, &err);
	else if ((check.store = seki_store_open(
		      store_path, 1, (unsigned)lock_wait, &err)) == NULL) {
		(void)refused(store_path, &err);
		seki_in_free(in);
	} else
		import_local(check.store, &local, in, store_path, expect_new);
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct passwd *pw = getpwuid(getuid());
	struct seki_import opt = { .operator= pw == NULL ? "" : pw->pw_name,
		.progress = progress };
	char uid[24], **operand;
	int n = cmd_init(argc, argv, &tool, &operand);

	/* Nobody else answers for a local stream, so somebody is named. */
	(void)snprintf(uid, sizeof(uid), "uid %lu", (unsigned long)getuid());
	local.operator= pw == NULL ? uid : opt.operator;
	opt.accept_by = local.by;
	opt.accept_why = accept_why;
	cmd_sandbox(no_sandbox);
	if (arguments(n, &err) == -1)
		(void)cmd_fail(NULL, &err);
	else if (local.stream != NULL)
		one_stream(n, operand);
	else
		bundles(n, operand, &opt);
	seki_store_free(check.store);
	return cmd_finish();
}
