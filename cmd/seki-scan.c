#include <string.h>
#include <strings.h>

#include "found.h"

static const char *spool, *forbid, *out_path, *report_path;

static const struct cmd_opt options[] = {
	{ .name = "attachments",
	    .kind = CMD_STRING,
	    .to = &spool,
	    .arg = "DIR",
	    .help = N_("look into the attachments, from the folder of "
		       "seki-pull") },
	{ .name = "forbid",
	    .kind = CMD_STRING,
	    .to = &forbid,
	    .arg = "FIELD,...",
	    .conf = "scan.forbid",
	    .help = N_("fields that must be empty") },
	{ .name = "report",
	    .kind = CMD_STRING,
	    .to = &report_path,
	    .arg = "FILE.xlsx|csv",
	    .help = N_("write a list for people, the worst first") },
	{ .name = "output",
	    .letter = 'o',
	    .kind = CMD_STRING,
	    .to = &out_path,
	    .arg = "FILE",
	    .help = N_("write here instead of standard output") },
	{ .name = NULL },
};
static const struct cmd_tool tool = { "seki-scan", "[FILE]",
	N_("Find what must not cross in a record stream."), options, 0, 1 };

static void
progress(uint64_t records)
{
	cmd_progress(N_("records"), records, 0);
}

static void
notes(const struct seki_scanned *s)
{
	cmd_found_rest();
	if (s->summary[0] != '\0')
		cmd_note(_("%llu records: %s"), (unsigned long long)s->records,
		    s->summary);
	else
		cmd_note(_("%llu records: nothing was found"),
		    (unsigned long long)s->records);
	if (s->unseen > 0)
		cmd_note(_("%llu attachments were not looked into, only their "
			   "names: --attachments DIR"),
		    (unsigned long long)s->unseen);
}

static void
say(const struct seki_scanned *s)
{
	static const char *const name[] = { NULL, "#note", "#low", "#suspect",
		"#found" };
	char n[24], root[SEKI_HEX];
	int level;

	if (!cmd.json)
		notes(s);
	for (level = SEKI_SCAN_NOTE; level < SEKI_SCAN_LEVEL_COUNT; level++) {
		(void)snprintf(
		    n, sizeof(n), "%llu", (unsigned long long)s->level[level]);
		cmd_json_with(name[level], n);
	}
	(void)snprintf(n, sizeof(n), "%llu", (unsigned long long)s->records);
	cmd_json_with("#records", n);
	(void)snprintf(n, sizeof(n), "%llu", (unsigned long long)s->unseen);
	cmd_json_with("#unseen", n);
	cmd_json_with("result", s->result);
	cmd_json_with("summary", s->summary);
	seki_text_hex(s->proof.root, SEKI_SHA256, root);
	cmd_json_with("root", root);
}

static void
hint(struct seki_err *err)
{
	if (report_path != NULL)
		seki_err_hint(err,
		    _("open %s, put right what it names in the app, and pull "
		      "again"),
		    report_path);
	else
		seki_err_hint(err, "%s",
		    _("put right what is named in the app and pull again; "
		      "--report FILE.xlsx lists it for the section"));
}

/* The report is there whatever the answer is. */
static int
scan(struct seki_scan_run *run, struct seki_in *in, struct seki_err *err)
{
	struct seki_scanned res;
	struct seki_out *out = cmd_output(out_path, err);
	int r, whole;

	if (out == NULL ||
	    (report_path != NULL && (run->report = seki_out_file(report_path,
					 0600, SEKI_OUT_NEW, err)) == NULL)) {
		seki_in_free(in);
		seki_out_abort(out);
		return -1;
	}
	r = seki_scan_stream(run, in, out, &res, err);
	cmd_progress_end();
	whole = r == 0 || err->reason == SEKI_FORBIDDEN;
	if (!whole || run->report == NULL)
		seki_out_abort(run->report);
	else if (seki_out_commit(run->report, err) == -1)
		r = -1;
	if (r == 0)
		r = seki_out_commit(out, err);
	else
		seki_out_abort(out);
	if (whole)
		say(&res);
	if (r == -1 && err->reason == SEKI_FORBIDDEN)
		hint(err);
	return r;
}

static int
run(int n, char **operand, struct seki_err *err)
{
	struct seki_scan_run how = { .how = { .attachments = spool,
					 .finding = cmd_found,
					 .unknown = cmd_found_unknown,
					 .ctx = n > 0 ? operand[0] : NULL },
		.progress = progress };
	const char *dot =
	    report_path == NULL ? NULL : strrchr(report_path, '.');
	struct seki_in *in;

	how.csv = dot != NULL && strcasecmp(dot, ".csv") == 0;
	if (report_path != NULL && !how.csv &&
	    (dot == NULL || strcasecmp(dot, ".xlsx") != 0))
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--report takes a name that ends with .xlsx or .csv"));
	if (cmd_words(forbid, &how.how.forbid, err) == -1 ||
	    (in = cmd_input(n, operand, err)) == NULL)
		return -1;
	return scan(&how, in, err);
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	char **operands;
	int n = cmd_init(argc, argv, &tool, &operands);

	cmd_json_stderr();
	if (run(n, operands, &err) == -1)
		(void)cmd_fail(n > 0 ? operands[0] : NULL, &err);
	else
		cmd_json(SEKI_OK, n > 0 ? operands[0] : "", "", NULL);
	return cmd_finish();
}
