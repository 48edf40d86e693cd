#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "books.h"
#include "cmd.h"
#include "normalize.h"

static const char *rules_path, *out_path, *worklist, *by, *fold, *gaiji,
    *fallbacks;
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
	char *line, *next = res->broken.p;

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

/* DIR/NAME.xlsx of NAME.csv; nobody's work is written over. */
static int
one_worklist(const struct seki_rules *rules, size_t i, const char *name,
    struct seki_err *err)
{
	const char *slash = strrchr(name, '/'), *dot;
	char path[4096];
	struct seki_out *out;

	name = slash == NULL ? name : slash + 1;
	dot = strrchr(name, '.');
	if (snprintf(path, sizeof(path), "%s/%.*s.xlsx", worklist,
		dot == NULL ? (int)strlen(name) : (int)(dot - name),
		name) >= (int)sizeof(path))
		return seki_fail(
		    err, SEKI_LIMIT, "%s", _("a name is too long"));
	if (access(path, F_OK) == 0) {
		cmd_note(_("%s is there already and stays as it is: fill it in "
			   "and put it in the place of the lookup table, or "
			   "move it away"),
		    path);
		return 0;
	}
	if ((out = cmd_output(path, err)) == NULL)
		return -1;
	if (seki_rules_worklist(
		rules, i, strcmp(cmd.lang, "en") == 0, NULL, out, err) == -1) {
		seki_out_abort(out);
		return -1;
	}
	cmd_note(_("worklist: %s"), path);
	return seki_out_commit(out, err);
}

/* Also of a run that held too much: then it is needed most. */
static int
worklists(const struct seki_rules *rules, struct seki_err *err)
{
	uint64_t values, more;
	const char *name;
	size_t i;

	for (i = 0;
	     (name = seki_rules_waiting(rules, i, &values, &more)) != NULL;
	     i++) {
		cmd_note(_("%s: %llu values have no row yet"), name,
		    (unsigned long long)values);
		if (more > 0)
			cmd_note(_("%s: besides, %llu times a value that the "
				   "worklist has no room for"),
			    name, (unsigned long long)more);
		if (worklist != NULL && one_worklist(rules, i, name, err) == -1)
			return -1;
	}
	return 0;
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
	if (worklists(rules, r == 0 ? err : &other) == -1 && r == 0)
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
with_rules(struct seki_stream_in *in, struct seki_err *err)
{
	const struct seki_schema *out;
	struct seki_rules *rules;
	struct seki_plan *plan = NULL;
	int r = -1;

	if ((rules = seki_rules_open(rules_path, err)) != NULL &&
	    seki_char_files_open(&files, rules, fold, gaiji, fallbacks, err) ==
		0 &&
	    (!unattended || normalize_unattended(rules, err) == 0))
		plan = seki_plan_new(rules, seki_stream_schema(in), err);
	if (plan != NULL && !check)
		r = normalize(rules, plan, in, err);
	else if (plan != NULL) {
		out = seki_plan_schema(plan);
		say_left(plan);
		cmd_say(_("%s: good: %zu fields come out of %zu"), rules_path,
		    out->n, seki_stream_schema(in)->n);
		cmd_json(SEKI_OK, rules_path, "", "rules",
		    seki_rules_digest(rules), NULL);
		r = 0;
	}
	books_close(&books);
	seki_plan_free(plan);
	seki_char_files_close(&files);
	seki_rules_free(rules);
	return r;
}

/* One of the four, and what belongs to it. */
static int
called_right(int n)
{
	int modes = init + check + diff + accept_it;

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
	const char *alone = books.held_path != NULL	    ? "--held"
			    : books.characters_path != NULL ? "--characters"
			    : !check && fallbacks != NULL   ? "--fallbacks"
			    : !check && gaiji != NULL	    ? "--gaiji"
			    : !check && fold != NULL	    ? "--fold"
							    : NULL;

	if (alone == NULL)
		return;
	(void)seki_fail(&err, SEKI_USAGE, _("%s does not go with %s"), alone,
	    init    ? "--init"
	    : check ? "--check"
	    : diff  ? "--diff"
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
	if (init || check || diff || accept_it)
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
