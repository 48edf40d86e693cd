#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "books.h"
#include "cmd.h"
#include "normalize.h"

static const char *rules_path, *out_path, *worklist, *explain, *by, *fold,
    *gaiji, *fallbacks;
static struct books books;
static struct seki_char_files files;
static int init, check, diff, accept_it, unattended;
static uint64_t max_held;

static const struct cmd_opt options[] = {
	{ .name = "rules",
	    .letter = 'r',
	    .kind = CMD_STRING,
	    .to = &rules_path,
	    .arg = "FILE",
	    .conf = "rules.file",
	    .help = N_("the rules table, CSV or XLSX (seki-rules(5))") },
	{ .name = "max-held",
	    .kind = CMD_UINT,
	    .to = &max_held,
	    .arg = "N",
	    .max = 1000000,
	    .help = N_("how many records may break a rule and wait (0)") },
	{ .name = "held",
	    .kind = CMD_STRING,
	    .to = &books.held_path,
	    .arg = "FILE.xlsx",
	    .help = N_("write the held records for people, with reasons") },
	{ .name = "characters",
	    .kind = CMD_STRING,
	    .to = &books.characters_path,
	    .arg = "FILE.xlsx|FILE.csv",
	    .help = N_("write which characters the gates do not let through") },
	{ .name = "fallbacks",
	    .kind = CMD_STRING,
	    .to = &fallbacks,
	    .arg = "FILE",
	    .help = N_("that file, filled in: what stands for characters") },
	{ .name = "gaiji",
	    .kind = CMD_STRING,
	    .to = &gaiji,
	    .arg = "FILE",
	    .help = N_("what the city's own characters mean, a CSV") },
	{ .name = "fold",
	    .kind = CMD_STRING,
	    .to = &fold,
	    .arg = "FILE",
	    .help = N_("candidates for the report on characters, a CSV") },
	{ .name = "output",
	    .letter = 'o',
	    .kind = CMD_STRING,
	    .to = &out_path,
	    .arg = "FILE",
	    .help = N_("write here instead of standard output") },
	{ .name = "worklist",
	    .kind = CMD_STRING,
	    .to = &worklist,
	    .arg = "DIR",
	    .help = N_("write what lookup tables do not know into a workbook "
		       "there") },
	{ .name = "explain",
	    .kind = CMD_STRING,
	    .to = &explain,
	    .arg = "KEY",
	    .help = N_("only tell how each value of this record comes "
		       "about") },
	{ .name = "check",
	    .kind = CMD_FLAG,
	    .to = &check,
	    .help = N_("only check the table against the stream's form") },
	{ .name = "init",
	    .kind = CMD_FLAG,
	    .to = &init,
	    .help = N_("write a first rules table from a stream") },
	{ .name = "diff",
	    .kind = CMD_FLAG,
	    .to = &diff,
	    .help = N_("say what differs between two tables: OLD NEW") },
	{ .name = "accept",
	    .kind = CMD_FLAG,
	    .to = &accept_it,
	    .help = N_("accept the table for unattended use") },
	{ .name = "by",
	    .kind = CMD_STRING,
	    .to = &by,
	    .arg = "NAME",
	    .help = N_("who accepts it") },
	{ .name = "unattended",
	    .kind = CMD_FLAG,
	    .to = &unattended,
	    .conf = "rules.unattended",
	    .help = N_("refuse a table that nobody accepted") },
	{ .name = NULL },
};
static const struct cmd_tool tool = { "seki-normalize", "[FILE]",
	N_("Normalise a record stream by a rules table."), options, 0, 2 };

static void
progress(uint64_t records)
{
	cmd_progress(N_("records"), records, 0);
}

static void
say_left(const struct seki_plan *plan)
{
	struct seki_buf left = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	int n = seki_plan_left(plan, &left, &err);

	if (n > 0)
		cmd_note(_("%d fields have no row in the table and are left "
			   "out: %s"),
		    n, left.p);
	seki_buf_free(&left);
}

static void
say_broken(const struct seki_normal *res)
{
	char *line, *next = res->said.p;

	while (!cmd.json && (line = strsep(&next, "\n")) != NULL)
		if (line[0] != '\0')
			cmd_note("  %s", line);
}

/* The counts of the result, whatever the result is. */
static void
say_counts(const struct seki_normal *res)
{
	char in[24], held[24], flagged[24], given[24];

	(void)snprintf(given, sizeof(given), "%llu",
	    (unsigned long long)files.standins.given);
	(void)snprintf(
	    in, sizeof(in), "%llu", (unsigned long long)res->records);
	(void)snprintf(
	    held, sizeof(held), "%llu", (unsigned long long)res->held);
	(void)snprintf(
	    flagged, sizeof(flagged), "%llu", (unsigned long long)res->flagged);
	cmd_json_with("#records", in);
	cmd_json_with("#held", held);
	cmd_json_with("#flagged", flagged);
	cmd_json_with("#replaced", given);
	cmd_json_with("keys", res->keys.p);
	cmd_json_with("broken", res->broken.p);
}

static void
say_standins(const struct seki_standins *s)
{
	if (s->given > 0)
		cmd_note(_("%llu values were given other characters; the "
			   "originals stand beside them"),
		    (unsigned long long)s->given);
	if (s->unkept > 0)
		cmd_note(_("%llu values wait although there is a fallback: the "
			   "row of %s does not keep the original "
			   "(keep-original)"),
		    (unsigned long long)s->unkept, s->unkept_output);
}

/* Staff need the files most when too much is held. */
static int
save_books(int r, const struct seki_normal *res, struct seki_err *err)
{
	const struct seki_held_run run = { .res = res,
		.max_held = max_held,
		.stopped = r == -1 && res->held <= max_held };
	struct seki_err other = SEKI_ERR_INIT;

	if (r == 0)
		return books_save(&books, &run, err);
	if (err->reason != SEKI_HELD)
		return -1;
	if (books_save(&books, &run, &other) == -1)
		(void)cmd_fail(NULL, &other);
	else if (books.held_path != NULL)
		cmd_note(_("%s: the held records, for the people who correct "
			   "them"),
		    books.held_path);
	return -1;
}

static int
normalize(const struct seki_rules *rules, struct seki_plan *plan,
    struct seki_stream_in *in, struct seki_err *err)
{
	struct seki_err other = SEKI_ERR_INIT;
	struct seki_normal res;
	struct seki_out *out;
	char root[SEKI_HEX];
	int r;

	say_left(plan);
	if (books_open(&books, plan, &files, err) == -1 ||
	    (out = cmd_output(out_path, err)) == NULL)
		return -1;
	r = seki_normalize(plan, in, out, max_held, progress, &res, err);
	cmd_progress_end();
	r = save_books(r, &res, err);
	if (r == 0)
		r = seki_out_commit(out, err);
	else
		seki_out_abort(out);
	if (r == 0 && res.held > 0)
		cmd_note(_("%llu of %llu records are held: record %s%s"),
		    (unsigned long long)res.held,
		    (unsigned long long)res.records, res.keys.p,
		    res.held > SEKI_HELD_NAMED ? ", …" : "");
	say_broken(&res);
	say_standins(&files.standins);
	if (res.unknown > 0)
		cmd_note(_("%llu values stayed as they were: their lookup "
			   "table does not know them"),
		    (unsigned long long)res.unknown);
	if (normalize_worklists(rules, worklist, r == 0 ? err : &other) == -1 &&
	    r == 0)
		r = -1;
	say_counts(&res);
	if (r == 0) {
		seki_text_hex(res.proof.root, SEKI_SHA256, root);
		cmd_json(SEKI_OK, rules_path, "", "root", root, NULL);
	}
	seki_normal_release(&res);
	return r;
}

static int
tell(struct seki_plan *plan, struct seki_stream_in *in, struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT;
	int r = seki_normalize_explain(plan, in, explain, &text, err);

	if (r == 1) {
		/* Its last line is ended here. */
		cmd_say("%.*s", (int)(text.n == 0 ? 0 : text.n - 1), text.p);
		cmd_json(SEKI_OK, rules_path, text.p, "record", explain, NULL);
	} else if (r == 0) {
		seki_err_hint(err, "%s",
		    _("--explain takes a record's key as the stream has it"));
		r = seki_fail(err, SEKI_USAGE,
		    _("no record with the key %s in the stream"), explain);
	}
	seki_buf_free(&text);
	return r == 1 ? 0 : -1;
}

/* What the table makes of this form, without reading a record. */
static void
good(const struct seki_rules *rules, const struct seki_plan *plan,
    const struct seki_stream_in *in)
{
	say_left(plan);
	cmd_say(_("%s: good: %zu fields come out of %zu"), rules_path,
	    seki_plan_schema(plan)->n, seki_stream_schema(in)->n);
	cmd_json(
	    SEKI_OK, rules_path, "", "rules", seki_rules_digest(rules), NULL);
}

static int
with_rules(struct seki_stream_in *in, struct seki_err *err)
{
	struct seki_rules *rules;
	struct seki_plan *plan = NULL;
	int r = -1;

	if ((rules = seki_rules_open(rules_path, err)) != NULL &&
	    seki_char_files_open(&files, rules, fold, gaiji, fallbacks, err) ==
		0 &&
	    (!unattended || normalize_unattended(rules, err) == 0))
		plan = seki_plan_new(rules, seki_stream_schema(in), err);
	if (plan != NULL && check) {
		good(rules, plan, in);
		r = 0;
	} else if (plan != NULL && explain != NULL) {
		/* Fallbacks are part of how a value comes about. */
		r = books_open(&books, plan, &files, err);
		r = r == -1 ? -1 : tell(plan, in, err);
	} else if (plan != NULL)
		r = normalize(rules, plan, in, err);
	books_close(&books);
	seki_plan_free(plan);
	seki_char_files_close(&files);
	seki_rules_free(rules);
	return r;
}

/* One of these, and what belongs to it. */
static int
called_right(int n)
{
	int modes = init + check + diff + accept_it + (explain != NULL);

	if (modes > 1 || (by != NULL && !accept_it) || n > (diff ? 2 : 1))
		return 0;
	if (diff)
		return n == 2;
	return init || (rules_path != NULL && (!accept_it || n == 0));
}

static int
stream(int n, char **operands, struct seki_err *err)
{
	struct seki_stream_in *in = NULL;
	struct seki_in *raw;
	int r = -1;

	if ((raw = cmd_input(n, operands, err)) != NULL)
		in = seki_stream_open(raw, err);
	if (in != NULL)
		r = init ? normalize_init(in, out_path, err)
			 : with_rules(in, err);
	seki_stream_free(in);
	return r;
}

/* Options that nothing would come of are a mistake. */
static void
only_run(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	int rules = check || explain != NULL;
	const char *alone = books.held_path != NULL	    ? "--held"
			    : books.characters_path != NULL ? "--characters"
			    : worklist != NULL		    ? "--worklist"
			    : !rules && fallbacks != NULL   ? "--fallbacks"
			    : !rules && gaiji != NULL	    ? "--gaiji"
			    : !rules && fold != NULL	    ? "--fold"
							    : NULL;

	if (alone == NULL)
		return;
	(void)seki_fail(&err, SEKI_USAGE, _("%s does not go with %s"), alone,
	    init	      ? "--init"
	    : check	      ? "--check"
	    : explain != NULL ? "--explain"
	    : diff	      ? "--diff"
			      : "--accept");
	seki_err_hint(&err, "%s --help", tool.name);
	(void)cmd_fail(NULL, &err);
	exit(cmd_finish());
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	char **operands;
	int r, n = cmd_init(argc, argv, &tool, &operands);

	if (!check && !diff && !accept_it)
		cmd_json_stderr();
	if (!called_right(n)) {
		(void)seki_fail(&err, SEKI_USAGE, "%s",
		    _("one of --rules FILE, --rules FILE --check, --init, "
		      "--diff OLD NEW, --rules FILE --accept --by NAME"));
		seki_err_hint(&err, "%s --help", tool.name);
		(void)cmd_fail(NULL, &err);
		return cmd_finish();
	}
	if (init || check || diff || accept_it || explain != NULL)
		only_run();
	if (diff)
		r = normalize_diff(operands[0], operands[1], &err);
	else if (accept_it)
		r = normalize_accept(rules_path, by, &err);
	else
		r = stream(n, operands, &err);
	if (r == -1)
		(void)cmd_fail(init || diff ? NULL : rules_path, &err);
	return cmd_finish();
}
