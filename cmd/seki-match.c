#include <string.h>

#include "cmd.h"
#include "match.h"
#include "match_totals.h"

static int totals, init;
static const char *by, *sum;
static const char *rules_path, *last, *store_path, *report_path, *decisions;
static const char *fold, *shown, *fail_on, *out_path;
static struct cmd_list masters;

static const struct cmd_opt options[] = {
	{ .name = "rules",
	    .letter = 'r',
	    .kind = CMD_STRING,
	    .to = &rules_path,
	    .arg = "FILE",
	    .help = N_("the table of checks or of totals (seki-match(5))") },
	{ .name = "master",
	    .letter = 'm',
	    .kind = CMD_LIST,
	    .to = &masters,
	    .arg = "NAME=FILE",
	    .help = N_("where a master of the table is (beside the table)") },
	{ .name = "last",
	    .kind = CMD_STRING,
	    .to = &last,
	    .arg = "FILE",
	    .help = N_("last time's records: a stream, or store:STREAM") },
	{ .name = "store",
	    .kind = CMD_STRING,
	    .to = &store_path,
	    .arg = "PATH",
	    .conf = "store.path",
	    .help = N_("the store that store:STREAM means") },
	{ .name = "report",
	    .kind = CMD_STRING,
	    .to = &report_path,
	    .arg = "FILE.xlsx",
	    .help = N_("write a workbook for people, problems first") },
	{ .name = "decisions",
	    .kind = CMD_STRING,
	    .to = &decisions,
	    .arg = "FILE.xlsx",
	    .help =
		N_("a report in which people filled in what they decided") },
	{ .name = "fold",
	    .kind = CMD_STRING,
	    .to = &fold,
	    .arg = "FILE",
	    .help = N_("characters that count as one in names, a table") },
	{ .name = "show",
	    .kind = CMD_STRING,
	    .to = &shown,
	    .arg = "FIELD,...",
	    .help = N_("fields of the record that the report shows") },
	{ .name = "fail-on",
	    .kind = CMD_STRING,
	    .to = &fail_on,
	    .arg = "ng|warn|never",
	    .help = N_("what ends with status 1 (ng)") },
	{ .name = "output",
	    .letter = 'o',
	    .kind = CMD_STRING,
	    .to = &out_path,
	    .arg = "FILE",
	    .help = N_("write here instead of standard output") },
	{ .name = "totals",
	    .kind = CMD_FLAG,
	    .to = &totals,
	    .help =
		N_("compare counts and sums by group with a table of totals") },
	{ .name = "init",
	    .kind = CMD_FLAG,
	    .to = &init,
	    .help = N_("write an empty table of totals for a stream") },
	{ .name = "by",
	    .kind = CMD_STRING,
	    .to = &by,
	    .arg = "FIELD,...",
	    .help = N_("fields that make its groups; FIELD:month, "
		       "FIELD:fiscal-year") },
	{ .name = "sum",
	    .kind = CMD_STRING,
	    .to = &sum,
	    .arg = "FIELD,...",
	    .help = N_("fields that are summed in it") },
	{ .name = NULL },
};
static const struct cmd_tool tool = { "seki-match", "[FILE]",
	N_("Match records with masters, last time's and each other."), options,
	0, 1 };

static void
progress(uint64_t records)
{
	cmd_progress(N_("records"), records, 0);
}

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	cmd_note("%s", text);
}

static void
say(const struct seki_matched *m)
{
	char n[6][24], root[SEKI_HEX];
	const uint64_t v[] = { m->records, m->ok, m->warn, m->ng, m->approved,
		m->held };
	static const char *const name[] = { "#records", "#ok", "#warn", "#ng",
		"#approved", "#held" };
	size_t i;

	cmd_note(_("%llu records: %llu OK, %llu to be looked at, %llu NG"),
	    (unsigned long long)m->records, (unsigned long long)m->ok,
	    (unsigned long long)m->warn, (unsigned long long)m->ng);
	if (m->held > 0)
		cmd_note(_("%llu held records were passed on unmatched"),
		    (unsigned long long)m->held);
	if (m->stale > 0)
		cmd_note(_("%llu decisions do not count any more"),
		    (unsigned long long)m->stale);
	for (i = 0; i < 6; i++) {
		(void)snprintf(
		    n[i], sizeof(n[i]), "%llu", (unsigned long long)v[i]);
		cmd_json_with(name[i], n[i]);
	}
	seki_text_hex(m->proof.root, SEKI_SHA256, root);
	cmd_json_with("root", root);
}

/* 0 when no record is so bad as to fail the run. */
static int
judged(const struct seki_matched *m, struct seki_err *err)
{
	int warn = fail_on != NULL && strcmp(fail_on, "warn") == 0;

	if ((fail_on != NULL && strcmp(fail_on, "never") == 0) ||
	    (m->ng == 0 && !(warn && m->warn > 0)))
		return 0;
	if (report_path != NULL)
		seki_err_hint(err,
		    _("open %s; fill in what is decided, and give it to "
		      "--decisions"),
		    report_path);
	else
		seki_err_hint(
		    err, "%s", _("--report FILE.xlsx shows each of them"));
	return seki_fail(err, SEKI_HELD,
	    _("%llu records do not agree, %llu are to be looked at"),
	    (unsigned long long)m->ng, (unsigned long long)m->warn);
}

static int
run(struct seki_match_how *how, struct seki_in *in, struct seki_err *err)
{
	struct seki_matched res;
	struct seki_out *out;
	int r = -1;

	out = cmd_output(out_path, err);
	if (out == NULL ||
	    (report_path != NULL && (how->report = seki_out_file(report_path,
					 0600, SEKI_OUT_NEW, err)) == NULL)) {
		seki_in_free(in);
		seki_out_abort(out);
		return -1;
	}
	r = seki_match(how, in, out, &res, err);
	cmd_progress_end();
	if (r == 0 && how->report != NULL)
		r = seki_out_commit(how->report, err);
	else
		seki_out_abort(how->report);
	if (r == 0)
		r = seki_out_commit(out, err);
	else
		seki_out_abort(out);
	if (r == -1)
		return -1;
	say(&res);
	if (judged(&res, err) == -1)
		return -1;
	cmd_json(SEKI_OK, rules_path, "", NULL);
	return 0;
}

static int
match(struct seki_in *in, struct seki_err *err)
{
	struct seki_match_how how = { .last = last,
		.fold = fold,
		.decisions = decisions,
		.note = note,
		.progress = progress };
	struct seki_match_rules *rules = seki_match_rules_open(rules_path, err);
	struct seki_store *store = NULL;
	int r = -1;

	how.rules = rules;
	if (rules != NULL && cmd_words(shown, &how.show, err) == 0 &&
	    cmd_list(&masters, &how.masters, err) == 0 &&
	    (store_path == NULL ||
		(store = how.store = seki_store_open(
		     store_path, 0, SEKI_LOCK_WAIT, err)) != NULL))
		r = run(&how, in, err);
	else
		seki_in_free(in);
	seki_store_free(store);
	seki_match_rules_free(rules);
	return r;
}

static int
totals_mode(struct seki_in *in, struct seki_err *err)
{
	const struct match_totals o = { .rules = rules_path,
		.report = report_path,
		.output = out_path,
		.by = by,
		.sum = sum,
		.fail_on = fail_on,
		.progress = progress,
		.note = note };

	return init ? match_totals_init(&o, in, err)
		    : match_totals(&o, in, err);
}

/* Options that do not go together; the first one that is wrong. */
static int
usage(struct seki_err *err)
{
	static const char *const words[] = { "ng", "warn", "never", NULL };
	const char *why = NULL;
	int i = 0;

	while (fail_on != NULL && words[i] != NULL &&
	       strcmp(fail_on, words[i]) != 0)
		i++;
	if (words[i] == NULL)
		why = _("--fail-on takes ng, warn or never");
	else if (!init && rules_path == NULL)
		why = _("--rules FILE names the table");
	else if (init && !totals)
		why = _("--init writes a table of totals: --totals --init");
	else if (!init && (by != NULL || sum != NULL))
		why = _("--by and --sum go with --totals --init");
	else if (totals && (masters.n > 0 || last != NULL || shown != NULL ||
			       decisions != NULL || fold != NULL))
		why = _("--master, --last, --show, --decisions and --fold do "
			"not go with --totals");
	else if (totals && !init && out_path != NULL)
		why = _("--totals writes no stream; --report FILE.xlsx has "
			"the result");
	else if (init && (rules_path != NULL || report_path != NULL))
		why = _("--init takes no table and writes no report; -o FILE "
			"names the new table");
	return why == NULL ? 0 : seki_fail(err, SEKI_USAGE, "%s", why);
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_in *in = NULL;
	char **operands;
	int n = cmd_init(argc, argv, &tool, &operands);

	cmd_json_stderr();
	if (usage(&err) == 0)
		in = cmd_input(n, operands, &err);
	if (in == NULL ||
	    (totals ? totals_mode(in, &err) : match(in, &err)) == -1)
		(void)cmd_fail(rules_path, &err);
	return cmd_finish();
}
