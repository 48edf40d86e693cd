#include <string.h>

#include "cmd.h"

static struct seki_intake_how how;
static const char *keys, *separator, *out_path;

static const struct cmd_opt options[] = {
	{ .name = "stream",
	    .kind = CMD_STRING,
	    .to = &how.stream,
	    .arg = "NAME",
	    .required = 1,
	    .help = N_("name of the stream: a-z 0-9 . -") },
	{ .name = "layouts",
	    .letter = 'l',
	    .kind = CMD_STRING,
	    .to = &how.layouts,
	    .arg = "DIR",
	    .help = N_("choose a layout of this folder by each file's headers "
		       "(seki-layout(5))") },
	{ .name = "form",
	    .kind = CMD_STRING,
	    .to = &how.form,
	    .arg = "TABLE",
	    .help = N_("the files are filled-in forms, one record a sheet, "
		       "cells by this table") },
	{ .name = "key",
	    .letter = 'k',
	    .kind = CMD_STRING,
	    .to = &keys,
	    .arg = "COLUMN,...",
	    .help = N_("columns that make a record's key (the row's number)") },
	{ .name = "overlap",
	    .kind = CMD_FLAG,
	    .to = &how.overlap,
	    .help = N_("files may have records in common, with the same "
		       "values") },
	{ .name = "sheet",
	    .kind = CMD_STRING,
	    .to = &how.sheet,
	    .arg = "NAME",
	    .help = N_("sheet of the workbooks (the first that shows)") },
	{ .name = "header-row",
	    .kind = CMD_UINT,
	    .to = &how.header_row,
	    .arg = "N",
	    .min = 1,
	    .max = 1048576,
	    .help = N_("row of the headers (the first with a cell)") },
	{ .name = "range",
	    .kind = CMD_STRING,
	    .to = &how.range,
	    .arg = "A3:F200",
	    .help = N_("read only these cells, the headers on top") },
	{ .name = "encoding",
	    .kind = CMD_STRING,
	    .to = &how.encoding,
	    .arg = "WORD",
	    .help = N_("UTF-8, CP932, UTF-16LE or UTF-16BE (decided)") },
	{ .name = "separator",
	    .kind = CMD_STRING,
	    .to = &separator,
	    .arg = "CHAR",
	    .help = N_("between cells of a text: a character or tab "
		       "(decided)") },
	{ .name = "max-errors",
	    .kind = CMD_UINT,
	    .to = &how.max_errors,
	    .arg = "N",
	    .min = 1,
	    .max = 1000000,
	    .help = N_("how many problems are named before it ends (20)") },
	{ .name = "output",
	    .letter = 'o',
	    .kind = CMD_STRING,
	    .to = &out_path,
	    .arg = "FILE",
	    .help = N_("write here instead of standard output") },
	{ .name = NULL },
};
static const struct cmd_tool tool = { "seki-read", "FILE ...",
	N_("Read CSV, TSV and Excel files as a record stream."), options, 1,
	-1 };

static void
say(const char *line)
{
	cmd_progress_end();
	cmd_note("%s", line);
}

static void
problem(const struct seki_err *err)
{
	(void)cmd_fail(NULL, err);
}

static void
progress(uint64_t rows)
{
	cmd_progress(N_("rows"), rows, 0);
}

static int
usage(struct seki_err *err)
{
	static const char *const words[] = { "tab", "\t", "\\t", NULL };
	size_t i;

	how.say = say;
	how.problem = problem;
	how.progress = progress;
	if (cmd_words(keys, &how.key, err) == -1)
		return -1;
	for (i = 0; separator != NULL && words[i] != NULL; i++)
		if (strcmp(separator, words[i]) == 0)
			separator = "\t";
	if (separator != NULL &&
	    (strlen(separator) != 1 || strchr("\"\r\n", separator[0])))
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--separator is one ASCII character, or tab"));
	how.separator = separator == NULL ? '\0' : separator[0];
	if ((how.layouts != NULL) + (how.form != NULL) + (how.key != NULL) > 1)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("only one of --layouts, --form, --key: a layout has its "
		      "own key"));
	return 0;
}

/* One line a file: what it was taken for. */
static void
report(const struct seki_intake *t)
{
	const struct seki_intake_file *f;
	size_t i;

	for (i = 0; (f = seki_intake_file(t, i)) != NULL; i++) {
		cmd_note(_("%s → %s → %llu records"), f->name,
		    f->layout[0] == '\0' ? f->encoding : f->layout,
		    (unsigned long long)f->records);
		if (f->overlap > 0)
			cmd_note(_("%s: %llu of them stand in another file, "
				   "too"),
			    f->name, (unsigned long long)f->overlap);
	}
}

static void
numbers(const struct seki_intake *t, const struct seki_proof *proof)
{
	const struct seki_intake_file *f;
	char hex[SEKI_HEX], n[2][24];
	size_t i;

	for (i = 0; (f = seki_intake_file(t, i)) != NULL; i++) {
		(void)snprintf(
		    n[0], sizeof(n[0]), "%llu", (unsigned long long)f->records);
		(void)snprintf(
		    n[1], sizeof(n[1]), "%llu", (unsigned long long)f->overlap);
		cmd_json(SEKI_OK, f->name, "", "sha256", f->digest, "layout",
		    f->layout, "sheet", f->sheet, "encoding", f->encoding,
		    "#rows", n[0], "#overlap", n[1], NULL);
	}
	seki_text_hex(proof->root, SEKI_SHA256, hex);
	(void)snprintf(
	    n[0], sizeof(n[0]), "%llu", (unsigned long long)proof->records);
	cmd_json(SEKI_OK, how.stream, "", "#records", n[0], "root", hex, NULL);
}

static int
write_out(struct seki_intake *t, struct seki_err *err)
{
	struct seki_proof proof;
	struct seki_out *out = cmd_output(out_path, err);

	if (out == NULL)
		return -1;
	if (seki_intake_write(t, out, &proof, err) == -1) {
		seki_out_abort(out);
		return -1;
	}
	if (seki_out_commit(out, err) == -1)
		return -1;
	report(t);
	numbers(t, &proof);
	return 0;
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_intake *t = NULL;
	char **operands;
	int i, n = cmd_init(argc, argv, &tool, &operands), r = -1;

	cmd_json_stderr();
	how.files = (size_t)n;
	if (usage(&err) == 0 && (t = seki_intake_new(&how, &err)) != NULL)
		r = 0;
	for (i = 0; r == 0 && i < n; i++)
		r = seki_intake_add(t, operands[i], &err);
	cmd_progress_end();
	if (r == 0)
		r = write_out(t, &err);
	if (r == -1)
		(void)cmd_fail(NULL, &err);
	seki_intake_free(t);
	return cmd_finish();
}
