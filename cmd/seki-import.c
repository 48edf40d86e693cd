#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static const char *trust_dir, *store_path;
static struct seki_check check;
static uint64_t lock_wait = SEKI_LOCK_WAIT;
static int expect_new;

static const struct cmd_opt options[] = {
	{ "trust", 't', CMD_STRING, &trust_dir, "DIR", "trust.dir", NULL, 1, 0,
	    0, N_("folder with the trust file") },
	{ "audience", 'a', CMD_STRING, &check.audience, "HOST",
	    "bundle.audience", NULL, 1, 0, 0,
	    N_("this host, as bundles name it") },
	{ "store", 's', CMD_STRING, &store_path, "FILE", "store.path", NULL, 1,
	    0, 0, N_("the database; made when absent") },
	{ "stream", 0, CMD_STRING, &check.stream, "NAME", NULL, NULL, 0, 0, 0,
	    N_("only this stream is expected") },
	{ "allow-empty", 0, CMD_FLAG, &check.allow_empty, NULL, NULL, NULL, 0,
	    0, 0, N_("a full bundle may be without records") },
	{ "new", 0, CMD_FLAG, &expect_new, NULL, NULL, NULL, 0, 0, 0,
	    N_("a bundle that was taken before is a failure (stale)") },
	{ "lock-wait", 0, CMD_UINT, &lock_wait, "SECONDS", NULL, NULL, 0, 0,
	    3600, N_("how long to wait for another program's lock (30)") },
	{ .name = NULL },
};

static const struct cmd_tool tool = { "seki-import", "BUNDLE ...",
	N_("Take a verified bundle into the store, wholly or not at all."),
	options, 1, -1 };

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
	if (v->alone)
		cmd_note(_("%s: one-person operation (no approval)"), path);
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
		n->attachments };
	size_t i;

	seki_text_hex(m->root, SEKI_SHA256, root);
	seki_text_hex(n->stored_root, SEKI_SHA256, stored);
	seki_text_hex(seki_bundle_digest(b), SEKI_SHA256, id);
	for (i = 0; i < NCOUNT; i++)
		(void)snprintf(
		    t[i], sizeof(t[i]), "%llu", (unsigned long long)c[i]);
	say(path, m, v, t, root, stored);
	seki_time_format(v->taken, when);
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

static int
import(const char *path, void *ctx)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_import *opt = ctx;
	struct seki_imported n;
	struct seki_verdict v;
	struct seki_bundle *b;
	int status = 0;

	check.now = seki_time_now();
	if ((b = seki_bundle_open(path, NULL, &err)) == NULL ||
	    seki_import_bundle(b, &check, opt, &v, &n, &err) == -1)
		status = refused(path, &err);
	else if (v.already && expect_new)
		status = stale(path, &v);
	else {
		cmd_progress_end();
		if (!v.already) {
			v.taken = check.now;
			notes(path, seki_bundle_manifest(b), &v, &n);
			form_notes(path, &n);
		}
		report(path, b, &v, &n);
	}
	seki_bundle_free(b);
	return status;
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct passwd *pw = getpwuid(getuid());
	struct seki_import opt = { .operator= pw == NULL ? "" : pw->pw_name,
		.progress = progress };
	struct seki_trust *trust;
	char **operand;
	int n = cmd_init(argc, argv, &tool, &operand);

	if ((trust = seki_trust_open(trust_dir, seki_time_now(), &err)) == NULL)
		(void)refused(trust_dir, &err);
	else if ((check.store = seki_store_open(
		      store_path, 1, (unsigned)lock_wait, &err)) == NULL)
		(void)refused(store_path, &err);
	else {
		check.trust = trust;
		cmd_warn_trust(trust);
		cmd_each(n, operand, import, &opt);
	}
	seki_store_free(check.store);
	seki_trust_free(trust);
	return cmd_finish();
}
