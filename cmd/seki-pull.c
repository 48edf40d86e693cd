#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service.h"

static struct {
	const char *stream, *query, *fields, *attachments;
	const char *bookmarks, *output, *budget;
	const char *accept_form;
	struct cmd_list hidden, goes, rules;
	uint64_t connections, max_drop, max_file;
	int delta, deletes, doctor;
	struct seki_rules **table; /* as long as the process */
	struct seki_buf command;
} o = { .attachments = "none", .max_drop = 10 };

static struct seki_files files;

static const struct cmd_opt opts[] = {
	CMD_SERVICE_OPTS,
	{ "stream", 0, CMD_STRING, &o.stream, "NAME", "source.stream", NULL, 0,
	    0, 0, N_("name of the stream: a-z, 0-9, dot, hyphen") },
	{ "query", 0, CMD_STRING, &o.query, "COND", "source.query", NULL, 0, 0,
	    0, N_("only records that meet the condition") },
	{ "fields", 0, CMD_STRING, &o.fields, "A,B", "source.fields", NULL, 0,
	    0, 0, N_("only these fields, by code") },
	{ "allow-hidden", 0, CMD_LIST, &o.hidden, "FIELD", NULL, NULL, 0, 0, 0,
	    N_("take the field as empty where the service leaves it out") },
	{ "attachments", 0, CMD_STRING, &o.attachments, "DIR", NULL, NULL, 0, 0,
	    0, N_("fetch attachments into this folder; none: names only") },
	{ "max-file", 0, CMD_UINT, &o.max_file, "BYTES", NULL, NULL, 0, 1,
	    SEKI_FILE_MOST,
	    N_("end when an attachment is larger than that (256 MiB)") },
	{ "bookmarks", 0, CMD_STRING, &o.bookmarks, "FILE", NULL, NULL, 0, 0, 0,
	    N_("what the last run left; checked when it exists") },
	{ "delta", 0, CMD_FLAG, &o.delta, NULL, NULL, NULL, 0, 0, 0,
	    N_("only what changed since the bookmarks were left") },
	{ "deletes", 0, CMD_FLAG, &o.deletes, NULL, NULL, NULL, 0, 0, 0,
	    N_("keep ids beside the bookmarks, to tell deletions") },
	{ "max-drop", 0, CMD_UINT, &o.max_drop, "PERCENT", NULL, NULL, 0, 0,
	    100, N_("stop when more records than that are gone (10)") },
	{ "rules", 'r', CMD_LIST, &o.rules, "FILE", "rules.file", NULL, 0, 0, 0,
	    N_("rules tables: only fields they use stop a changed form") },
	{ "accept-form", 0, CMD_STRING, &o.accept_form, "PERSON", NULL, NULL, 0,
	    0, 0, N_("who accepts that fields are gone or others") },
	{ "continue", 0, CMD_LIST, &o.goes, "OLD=NEW", NULL, NULL, 0, 0, 0,
	    N_("the field goes on under another code") },
	{ "output", 'o', CMD_STRING, &o.output, "FILE", NULL, NULL, 0, 0, 0,
	    N_("write the stream to a new file instead of stdout") },
	{ "connections", 'j', CMD_UINT, &o.connections, "N", NULL, NULL, 0, 1,
	    SEKI_HTTP_CONNECTIONS_MAX,
	    N_("ask over so many connections at a time (4)") },
	{ "budget", 0, CMD_STRING, &o.budget, "FILE", "source.budget", NULL, 0,
	    0, 0, N_("count the requests of the day in this file") },
	{ "doctor", 0, CMD_FLAG, &o.doctor, NULL, NULL, NULL, 0, 0, 0,
	    N_("pull nothing; say where it would fail, and the fix") },
	{ .name = NULL },
};

static const struct cmd_tool tool = { "seki-pull", "",
	N_("Fetch an app's records as a record stream on stdout."), opts, 0,
	0 };

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

/* The lists among the options, and the tables that say which fields are
 * used. */
static int
lists(struct seki_pull *p, struct seki_err *err)
{
	size_t i;

	o.table = calloc(o.rules.n + 1, sizeof(*o.table));
	if (o.table == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < o.rules.n; i++)
		if ((o.table[i] = seki_rules_open(o.rules.v[i], err)) == NULL)
			return -1;
	p->rules = o.rules.n > 0 ? o.table : NULL;
	p->command = o.command.p;
	return cmd_words(o.fields, &p->fields, err) == -1 ||
		       cmd_list(&o.hidden, &p->hidden, err) == -1
		   ? -1
		   : cmd_list(&o.goes, &p->continues, err);
}

static void
count_files(void)
{
	const struct {
		const char *name;
		uint64_t n;
	} c[] = { { "#attachments", files.named },
		{ "#fetched", files.fetched },
		{ "#fetched_bytes", files.bytes }, { "#kept", files.kept },
		{ "#other_type", files.odd } };
	char text[24];
	size_t i;

	if (strcmp(o.attachments, "none") == 0)
		return;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		(void)snprintf(
		    text, sizeof(text), "%llu", (unsigned long long)c[i].n);
		cmd_json_with(c[i].name, text);
	}
	if (cmd.verbose && !cmd.json)
		cmd_note(_("%llu attachments: %llu fetched, %llu bytes; %llu "
			   "were there"),
		    (unsigned long long)files.named,
		    (unsigned long long)files.fetched,
		    (unsigned long long)files.bytes,
		    (unsigned long long)files.kept);
}

static void
done(const struct seki_proof *proof, const struct seki_http *http)
{
	char root[SEKI_HEX], count[24], gone[24], calls[24];

	seki_text_hex(proof->root, sizeof(proof->root), root);
	(void)snprintf(
	    count, sizeof(count), "%llu", (unsigned long long)proof->records);
	(void)snprintf(
	    gone, sizeof(gone), "%llu", (unsigned long long)proof->deleted);
	(void)snprintf(calls, sizeof(calls), "%llu",
	    (unsigned long long)seki_http_calls(http));
	count_files();
	cmd_json(SEKI_OK, seki_http_domain(http), seki_err_sentence(SEKI_OK),
	    "stream", o.stream, "app", cmd_service.app, "kind", proof->kind,
	    "#records", count, "#deleted", gone, "root", root, "#calls", calls,
	    NULL);
	if (cmd.verbose && !cmd.json)
		cmd_note(_("%s records, content root %s"), count, root);
}

/* The whole pull into out, which is committed only when it is whole. */
static int
pull(struct seki_http *http, struct seki_err *err)
{
	struct seki_pull p = { .app = cmd_service.app,
		.stream = o.stream,
		.query = o.query,
		.bookmarks = o.bookmarks,
		.delta = o.delta,
		.deletes = o.deletes,
		.max_drop = (unsigned)o.max_drop,
		.accept_form = o.accept_form,
		.connections = (unsigned)o.connections,
		.max_file = o.max_file,
		.files = &files,
		.progress = progress,
		.note = note };
	struct seki_proof *proof = calloc(1, sizeof(*proof));
	struct seki_out *out = NULL;
	int r = -1;

	if (strcmp(o.attachments, "none") != 0)
		p.attachments = o.attachments;

	if (proof == NULL)
		return seki_err_nomem(err);
	if (lists(&p, err) == -1)
		goto out;
	out = cmd_output(o.output, err);
	if (out == NULL) {
		seki_err_object(err, o.output);
		goto out;
	}
	r = seki_pull_run(http, &p, out, proof, err);
	if (r == 0) {
		r = seki_out_commit(out, err);
		out = NULL;
	}
	if (r == 0)
		done(proof, http);
out:
	seki_out_abort(out);
	free(proof);
	return r;
}

/* The pull, and its requests counted whatever became of it. */
static int
counted(struct seki_http *http, struct seki_err *err)
{
	struct seki_err late = SEKI_ERR_INIT;
	int r;

	if (cmd_service_spend(http, o.budget, err) == -1)
		return -1;
	r = pull(http, err);
	if (cmd_service_spend(http, o.budget, &late) == -1)
		cmd_note(_("%s: the requests of this run are not counted: %s"),
		    o.budget, late.text);
	return r;
}

/* On a screen they would stay: in its history, in what it was recorded to. */
static int
terminal(struct seki_err *err)
{
	if (o.doctor || o.output != NULL || !isatty(1))
		return 0;
	seki_err_hint(
	    err, "%s", _("-o FILE, or a pipe: seki-pull … | seki-normalize …"));
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("standard output is a terminal, and records are personal data"));
}

/* A command to be pasted writes to a file: standard output may have been
 * anything. */
static int
called(int argc, char **argv, struct seki_err *err)
{
	if (cmd_called(&tool, argc, argv, &o.command, err) == -1)
		return -1;
	return o.output != NULL
		   ? 0
		   : seki_buf_str(&o.command, " -o raw.jsonl", err);
}

static int
options_ok(struct seki_err *err)
{
	if (o.stream == NULL && !o.doctor)
		return seki_fail(
		    err, SEKI_USAGE, _("--%s %s is needed"), "stream", "NAME");
	if (o.bookmarks == NULL &&
	    (o.delta || o.deletes || o.accept_form != NULL))
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--delta, --deletes and --accept-form need --bookmarks"));
	if (o.accept_form == NULL && o.goes.n > 0)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--continue needs --accept-form PERSON"));
	if (o.attachments[0] == '\0')
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--attachments takes a folder, or none"));
	if (o.max_file != 0 && strcmp(o.attachments, "none") == 0)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--max-file needs --attachments DIR"));
	return terminal(err);
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http *http = NULL;
	char **operand;
	int r = -1;

	(void)cmd_init(argc, argv, &tool, &operand);
	if (!o.doctor)
		cmd_json_stderr();
	if (called(argc, argv, &err) == 0 && options_ok(&err) == 0)
		http = cmd_service_open(&err);
	if (http != NULL && o.doctor)
		r = cmd_service_doctor(http, o.budget, &err);
	else if (http != NULL)
		r = counted(http, &err);
	seki_http_free(http);
	cmd_service_blot_err(&err);
	if (r == -1)
		(void)cmd_fail(NULL, &err);
	cmd_service_close();
	return cmd_finish();
}
