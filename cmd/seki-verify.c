#include <string.h>

#include "approved.h"
#include "damage.h"
#include "sets.h"

static const char *trust_dir, *store_path, *key_path;
static struct seki_check check;
static struct cmd_damage files;
static struct cmd_sets sets;
static int no_sandbox;

static const struct cmd_opt options[] = {
	{ "trust", 't', CMD_STRING, &trust_dir, "DIR", "trust.dir", NULL, 1, 0,
	    0, N_("folder with the trust file") },
	{ "audience", 'a', CMD_STRING, &check.audience, "HOST",
	    "bundle.audience", NULL, 1, 0, 0,
	    N_("this host, as bundles name it") },
	{ "store", 's', CMD_STRING, &store_path, "FILE", "store.path", NULL, 0,
	    0, 0, N_("look at order and replay, too") },
	{ "key", 'k', CMD_STRING, &key_path, "FILE", "bundle.key", NULL, 0, 0,
	    0, N_("this host's key, which opens encrypted bundles") },
	{ "stream", 0, CMD_STRING, &check.stream, "NAME", NULL, NULL, 0, 0, 0,
	    N_("only this stream is expected") },
	{ "allow-empty", 0, CMD_FLAG, &check.allow_empty, NULL, NULL, NULL, 0,
	    0, 0, N_("a full bundle may be without records") },
	{ "accept-attachments", 0, CMD_FLAG, &check.accept, NULL, NULL, NULL, 0,
	    0, 0, N_("attachments may have come back changed from a relay") },
	{ "report", 0, CMD_STRING, &files.report, "FILE.xlsx", NULL, NULL, 0, 0,
	    0, N_("what a relay changed, with the values found") },
	{ "damage", 0, CMD_STRING, &files.list, "FILE", NULL, NULL, 0, 0, 0,
	    N_("the same without values, for seki-pack --repair") },
	{ "no-sandbox", 0, CMD_RISK, &no_sandbox, NULL, "worker.sandbox", NULL,
	    0, 0, 0, N_("parse without a sandbox, at your own risk") },
	{ .name = NULL }
};

static const struct cmd_tool tool = { "seki-verify", "BUNDLE ...",
	N_("Is it whole, trusted, in order, in date?  Changes nothing."),
	options, 1, -1 };

static int
refused(const char *object, struct seki_err *err)
{
	seki_err_next(err);
	return cmd_fail(object, err);
}

/* "inet-1 (prepare), p-0007 (approve)" */
static int
signers(const struct seki_verdict *v, struct seki_buf *b, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < v->nsigner; i++)
		if (seki_buf_fmt(b, err, "%s%s (%s)", i > 0 ? ", " : "",
			v->signer[i].id,
			seki_purpose_word(v->signer[i].purpose)) == -1)
			return -1;
	return 0;
}

/* What is true but ought to be known. */
static void
notes(const char *path, const struct seki_manifest *m,
    const struct seki_verdict *v)
{
	char when[SEKI_TIME];

	if (v->already) {
		seki_time_jst(v->taken, when);
		cmd_note(_("%s: imported on %s (Japan time): nothing to do"),
		    path, when);
	}
	cmd_approval(path, m, v);
	if (v->unordered)
		cmd_note(_("%s: order and replay were not looked at; give "
			   "--store FILE for that"),
		    path);
	if (v->first)
		cmd_note(_("%s: the stream begins here with seq %llu; earlier "
			   "bundles were not seen by this store"),
		    path, (unsigned long long)m->seq);
	else if (v->gap > 0)
		cmd_note(_("%s: %llu bundles before it were skipped"), path,
		    (unsigned long long)v->gap);
	cmd_damage_notes(path, v);
	if (v->no_view && !v->already)
		cmd_note(_("%s: there is no workbook in it"), path);
	if (m->test)
		cmd_note(_("%s: this is a test bundle"), path);
}

static void
print(const char *path, struct seki_bundle *b, const struct seki_verdict *v,
    const char *who)
{
	const struct seki_manifest *m = seki_bundle_manifest(b);
	enum seki_reason reason = v->already ? SEKI_ALREADY : SEKI_OK;
	char from[SEKI_TIME], until[SEKI_TIME], root[SEKI_HEX], id[SEKI_HEX];
	char what[64];
	char file[SEKI_HEX], n[9][24];

	seki_text_hex(m->root, SEKI_SHA256, root);
	seki_text_hex(seki_bundle_digest(b), SEKI_SHA256, id);
	seki_text_hex(seki_bundle_sha256(b), SEKI_SHA256, file);
	seki_time_jst(m->created, from);
	seki_time_jst(m->expires, until);
	if (m->parts > 1)
		(void)snprintf(what, sizeof(what), _("part %llu of %llu"),
		    (unsigned long long)m->part, (unsigned long long)m->parts);
	else
		(void)snprintf(what, sizeof(what), "%s",
		    strcmp(m->kind, "delta") == 0 ? _("delta") : _("full"));
	cmd_say(_("%s: %s: stream %s, seq %llu, %s, %llu records, %llu held, "
		  "root %s, signed by %s, created %s, valid until %s"),
	    path, seki_err_word(reason), m->stream, (unsigned long long)m->seq,
	    what,
	    (unsigned long long)m->records, (unsigned long long)m->held, root,
	    who, from, until);
	if (m->nrecipient > 0)
		cmd_json_with("#encrypted", "true");
	seki_time_format(m->created, from);
	seki_time_format(m->expires, until);
	(void)snprintf(n[0], 24, "%llu", (unsigned long long)m->seq);
	(void)snprintf(n[1], 24, "%llu", (unsigned long long)m->epoch);
	(void)snprintf(n[2], 24, "%llu", (unsigned long long)m->records);
	(void)snprintf(n[3], 24, "%llu", (unsigned long long)m->held);
	(void)snprintf(n[4], 24, "%llu", (unsigned long long)m->deletes);
	(void)snprintf(n[5], 24, "%llu", (unsigned long long)v->repaired);
	(void)snprintf(n[6], 24, "%llu", (unsigned long long)v->remade);
	/* Of the whole that was put together: part 0. */
	(void)snprintf(n[7], 24, "%llu",
	    b->set != NULL ? 0 : (unsigned long long)m->part);
	(void)snprintf(n[8], 24, "%llu",
	    b->set != NULL ? (unsigned long long)b->set->n
			   : (unsigned long long)m->parts);
	if (b->set != NULL)
		file[0] = '\0';
	cmd_json(reason, path, seki_err_sentence(reason), "stream", m->stream,
	    "kind", m->kind, "#epoch", n[1], "#seq", n[0], "#records", n[2],
	    "#held", n[3], "#deleted", n[4], "root", root, "manifest", id,
	    "sha256", file, "signers", who, "created", from, "expires", until,
	    "#alone", v->alone ? "true" : "false", "#ordered",
	    v->unordered ? "false" : "true", "#view",
	    v->no_view ? "false" : "true", "#part", n[7], "#parts", n[8],
	    "#relay",
	    v->relay ? "true" : "false", "#repaired", n[5], "#remade", n[6],
	    "#test", m->test ? "true" : "false", NULL);
}

/* The import would look at the form, too. */
static int
form(void *ctx, struct seki_err *err)
{
	return seki_store_fits(check.store, ctx, err);
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

/* A bundle, a part, or all parts. */
static int
look(struct seki_bundle *b)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf who = SEKI_BUF_INIT, name = SEKI_BUF_INIT;
	const char *path = b->path;
	struct seki_verdict v;
	int status = 0;

	memset(&v, 0, sizeof(v));
	check.damage = seki_damage_new(&err);
	check.meanwhile =
	    check.store != NULL && b->whole == NULL ? form : NULL;
	check.ctx = b;
	if (check.damage != NULL &&
	    seki_bundle_verify(b, &check, &v, &err) == 0 &&
	    signers(&v, &who, &err) == 0 &&
	    seki_text_show(&name, path, strlen(path), &err) == 0) {
		notes(path, seki_bundle_manifest(b), &v);
		print(cmd.json ? path : name.p, b, &v, who.p);
	} else {
		if (check.damage != NULL)
			damaged(b->set != NULL && b->set->damaged < 2
				    ? err.object
				    : path,
			    b);
		status = refused(path, &err);
	}
	seki_damage_free(check.damage);
	seki_buf_free(&name);
	seki_buf_free(&who);
	return status;
}

static int
verify(const char *path, void *ctx)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_bundle *b = seki_bundle_open(path, NULL, &err);
	int status;

	(void)ctx;
	if (b == NULL)
		return refused(path, &err);
	status = look(b);
	if (status == 0 && seki_bundle_manifest(b)->parts > 1) {
		if (cmd_sets_add(&sets, b, &b, &err) == -1)
			return refused(path, &err);
		if (b != NULL)
			status = look(b);
	}
	seki_bundle_free(b);
	return status;
}

/* Each is good by itself; where all of it was imported, none is missing. */
static void
lacking(const struct cmd_set *set, const struct cmd_rest *rest)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_verdict v;
	size_t i;

	for (i = 0; i < set->n && set->part[i] == NULL; i++)
		;
	check.damage = NULL;
	check.meanwhile = NULL;
	if (check.store != NULL &&
	    seki_bundle_verify(set->part[i], &check, &v, &err) == 0 &&
	    v.already)
		return;
	cmd_note(_("%s: only a part: seki-import takes all %zu together; here: "
		   "%s; parts that are missing: %s%s"),
	    rest->path, set->n, rest->here, rest->missing,
	    rest->mixed ? _(" (they are of different cuts of the bundle)")
			: "");
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_key *key = NULL;
	struct seki_trust *trust;
	char **operand;
	int n = cmd_init(argc, argv, &tool, &operand);

	cmd_sandbox(no_sandbox);
	check.now = seki_time_now();
	if (n > 1 && (files.report != NULL || files.list != NULL)) {
		seki_err_hint(&err, "%s",
		    _("of parts, give the one that a cell was changed in "
		      "(seki-verify without them names it), or all to "
		      "seki-import"));
		(void)seki_fail(&err, SEKI_USAGE, "%s",
		    _("--report and --damage are for one bundle"));
		(void)refused(NULL, &err);
		return cmd_finish();
	}
	if ((trust = seki_trust_open(trust_dir, check.now, &err)) == NULL ||
	    (store_path != NULL && (check.store = seki_store_open(store_path, 0,
					SEKI_LOCK_WAIT, &err)) == NULL)) {
		(void)refused(trust == NULL ? trust_dir : store_path, &err);
	} else {
		check.trust = trust;
		key = cmd_decrypt(key_path, &check);
		cmd_warn_trust(trust);
		cmd_each(n, operand, verify, NULL);
		cmd_sets_rest(&sets, lacking);
		cmd_sets_free(&sets);
	}
	seki_key_free(key);
	seki_store_free(check.store);
	seki_trust_free(trust);
	return cmd_finish();
}
