#include <stdlib.h>
#include <string.h>

#include "service.h"

/* What a dry run shows, and how many troubles are printed one by one. */
#define EXAMPLES 10
#define TROUBLES 20

static struct {
	const char *mode, *key, *fields, *state, *tmpdir, *attachments;
	struct cmd_list row_keys;
	int whole, dry, overwrite;
	unsigned examples, troubles;
} o;

static const struct cmd_opt opts[] = {
	CMD_SERVICE_OPTS,
	{ "mode", 0, CMD_STRING, &o.mode, "MODE", NULL, NULL, 1, 0, 0,
	    N_("add, update or upsert (both, by key)") },
	{ "key", 0, CMD_STRING, &o.key, "FIELD", NULL, NULL, 0, 0, 0,
	    N_("the unique field that tells records apart") },
	{ "fields", 0, CMD_STRING, &o.fields, "A,B", NULL, NULL, 0, 0, 0,
	    N_("only these fields, by code") },
	{ "row-key", 0, CMD_LIST, &o.row_keys, "FIELD", NULL, NULL, 0, 0, 0,
	    N_("the field that tells the rows of its table apart") },
	{ "attachments", 0, CMD_STRING, &o.attachments, "DIR", NULL, NULL, 0, 0,
	    0, N_("send attachments too, from the folder of seki-pull") },
	{ "all-or-nothing", 0, CMD_FLAG, &o.whole, NULL, NULL, NULL, 0, 0, 0,
	    N_("one transaction of at most 2,000 records") },
	{ "dry-run", 'n', CMD_FLAG, &o.dry, NULL, NULL, NULL, 0, 0, 0,
	    N_("compare and say what would be written") },
	{ "overwrite", 0, CMD_FLAG, &o.overwrite, NULL, NULL, NULL, 0, 0, 0,
	    N_("also what was changed in the app after the pull") },
	{ "state", 0, CMD_STRING, &o.state, "DIR", NULL, NULL, 0, 0, 0,
	    N_("folder that remembers what add without key has sent") },
	{ "tmpdir", 0, CMD_STRING, &o.tmpdir, "DIR", NULL, "TMPDIR", 0, 0, 0,
	    N_("where temporary data lie; else /var/tmp") },
	{ .name = NULL },
};

static const struct cmd_tool tool = { "seki-push", "[FILE]",
	N_("Write a record stream into an app: only what differs."), opts, 0,
	1 };

static const char *const modes[] = { "add", "update", "upsert", NULL };

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	cmd_service_note(text);
}

static void
progress(void *ctx, uint64_t done, uint64_t total)
{
	(void)ctx;
	cmd_progress(N_("records"), done, total);
}

/* With --json stdout has the one summary, so these are notes then. */
static void
trouble(void *ctx, const struct seki_err *err)
{
	struct seki_err e = *err;

	(void)ctx;
	cmd.status = seki_err_worse(cmd.status, seki_err_status(e.reason));
	if (o.troubles++ >= TROUBLES)
		return;
	cmd_service_blot_err(&e);
	if (cmd.json)
		cmd_note("%s %s: %s%s%s%s%s", _("record"), e.record,
		    e.field[0] ? _("field") : "", e.field[0] ? " " : "",
		    e.field, e.field[0] ? ": " : "", e.text);
	else
		(void)cmd_fail(NULL, &e);
}

static void
plan(void *ctx, const char *key, const char *differs, const char *gone)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	(void)ctx;
	if (o.examples++ < EXAMPLES &&
	    seki_buf_str(&b, differs[0] ? "update " : "add ", &err) == 0 &&
	    seki_text_show(&b, key, strlen(key), &err) == 0 &&
	    seki_buf_fmt(&b, &err, "%s%s%s%s%s", differs[0] ? " " : "", differs,
		gone[0] ? " (" : "", gone, gone[0] ? ")" : "") == 0)
		cmd_say("%s", b.p);
	seki_buf_free(&b);
}

static void
values(void *ctx, const char *key, const char *field, const char *here,
    const char *there)
{
	(void)ctx;
	cmd_note(
	    _("record %s: field %s: the stream has \"%s\", the app \"%s\""),
	    key, field, here, there);
}

static int
mode(enum seki_push_mode *to, struct seki_err *err)
{
	int i;

	for (i = 0; modes[i] != NULL; i++)
		if (strcmp(modes[i], o.mode) == 0) {
			*to = (enum seki_push_mode)i;
			return 0;
		}
	return seki_fail(
	    err, SEKI_USAGE, "%s", _("--mode takes add, update or upsert"));
}

#define NCOUNT 9

/* As texts, and in the JSON; also of a run that failed: what was written stays
 * written. */
static void
counts(const struct seki_pushed *d, char t[NCOUNT][24])
{
	const struct {
		const char *name;
		uint64_t n;
	} c[NCOUNT] = { { "#add", d->added }, { "#update", d->updated },
		{ "#same", d->same }, { "#conflict", d->conflict },
		{ "#missing", d->missing }, { "#refused", d->refused },
		{ "#held", d->held }, { "#deleted", d->deleted },
		{ "#uploaded", d->uploaded } };
	size_t i;

	for (i = 0; i < NCOUNT; i++)
		(void)snprintf(t[i], 24, "%llu", (unsigned long long)c[i].n);
	for (i = 0; i < NCOUNT - (o.attachments == NULL); i++)
		cmd_json_with(c[i].name, t[i]);
}

static void
report(const struct seki_pushed *d, enum seki_reason reason, const char *domain)
{
	char t[NCOUNT][24];

	counts(d, t);
	if (o.troubles > TROUBLES)
		cmd_note(_("and %u more that cannot be written"),
		    o.troubles - TROUBLES);
	cmd_say(_("%sadd %s, update %s, same %s, conflict %s, missing %s, "
		  "refused %s, skipped: held %s, deleted %s"),
	    o.dry ? "dry-run: " : "", t[0], t[1], t[2], t[3], t[4], t[5], t[6],
	    t[7]);
	if (d->standard > 0)
		cmd_note(_("a radio button cannot be empty there: the form's "
			   "standard stands in %llu places"),
		    (unsigned long long)d->standard);
	if (d->uploaded > 0 && !cmd.json)
		cmd_note(o.dry ? _("%s attachments would be uploaded")
			       : _("%s attachments were uploaded"),
		    t[8]);
	if (d->deleted > 0)
		cmd_note("%s", _("deletions are not carried out"));
	cmd_json_with("app", cmd_service.app);
	cmd_json_with("mode", o.mode);
	cmd_json_with("#dry_run", o.dry ? "true" : "false");
	/* A failure's object is printed by cmd_fail. */
	if (reason == SEKI_OK || reason == SEKI_HELD || reason == SEKI_ALREADY)
		cmd_json(reason, domain, seki_err_sentence(reason), NULL);
}

static int
push(struct seki_http *http, const struct seki_push *p, int n, char **operand,
    struct seki_err *err)
{
	struct seki_pushed done = { .added = 0 };
	struct seki_in *in = cmd_input(n, operand, err);
	enum seki_reason reason;
	int r = -1;

	if (in != NULL)
		r = seki_push_run(http, p, in, &done, err);
	cmd_progress_end();
	if (r == 0) {
		reason = done.conflict + done.missing + done.refused ? SEKI_HELD
			 : done.already ? SEKI_ALREADY
					: SEKI_OK;
		/* Also when only an earlier run told of them. */
		cmd.status =
		    seki_err_worse(cmd.status, seki_err_status(reason));
		report(&done, reason, seki_http_domain(http));
	} else if (cmd.json || done.added + done.updated > 0) {
		report(&done, err->reason, seki_http_domain(http));
	}
	return r;
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http *http = NULL;
	struct seki_push p = {
		.progress = progress, .note = note, .trouble = trouble
	};
	char **operand;
	int r = -1, n = cmd_init(argc, argv, &tool, &operand);

	if (mode(&p.mode, &err) == 0 &&
	    cmd_words(o.fields, &p.fields, &err) == 0 &&
	    cmd_list(&o.row_keys, &p.row_keys, &err) == 0)
		http = cmd_service_open(&err);
	if (http != NULL) {
		p.app = cmd_service.app;
		p.key = o.key;
		p.state = o.state;
		p.spool = o.tmpdir;
		p.attachments = o.attachments;
		p.whole = o.whole;
		p.dry = o.dry;
		p.overwrite = o.overwrite;
		p.plan = o.dry ? plan : NULL;
		p.values = cmd.verbose ? values : NULL;
		r = push(http, &p, n, operand, &err);
	}
	seki_http_free(http);
	cmd_service_blot_err(&err);
	if (r == -1)
		(void)cmd_fail(NULL, &err);
	cmd_service_close();
	return cmd_finish();
}
