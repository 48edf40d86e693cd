#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static const char *store_path, *format = "csv", *output, *fields, *mode;
static struct seki_export opt;
static uint64_t lock_wait = SEKI_LOCK_WAIT;
static int people;

static const struct cmd_opt options[] = {
	{ "store", 's', CMD_STRING, &store_path, "FILE", "store.path", NULL, 1,
	    0, 0, N_("the database") },
	{ "stream", 0, CMD_STRING, &opt.stream, "NAME", "export.stream", NULL,
	    1, 0, 0, N_("the stream to export") },
	{ "format", 'f', CMD_STRING, &format, "stream|csv", "export.format",
	    NULL, 0, 0, 0, N_("record stream with its proof, or CSV (csv)") },
	{ "people", 0, CMD_FLAG, &people, NULL, NULL, NULL, 0, 0, 0,
	    N_("CSV for spreadsheets: labels, Japan time") },
	{ "table", 0, CMD_STRING, &opt.table, "CODE", NULL, NULL, 0, 0, 0,
	    N_("CSV of the rows of one table") },
	{ "fields", 0, CMD_STRING, &fields, "CODE,...", "export.fields", NULL,
	    0, 0, 0, N_("only these fields") },
	{ "attachments", 0, CMD_STRING, &opt.attachments, "DIR", NULL, NULL, 0,
	    0, 0, N_("copy the attachments into this folder") },
	{ "name", 0, CMD_STRING, &opt.name, "TEMPLATE", "export.name", NULL, 0,
	    0, 0, N_("call them so, as {key}_{field}_{n}{ext}, and list them") },
	{ "mode", 0, CMD_STRING, &mode, "MODE", "export.mode", NULL, 0, 0, 0,
	    N_("with --name: mode of the files, 600, 640 or 660 (600)") },
	{ "output", 'o', CMD_STRING, &output, "FILE", NULL, NULL, 0, 0, 0,
	    N_("a new file instead of standard output") },
	{ "unchecked", 0, CMD_FLAG, &opt.unchecked, NULL, NULL, NULL, 0, 0, 0,
	    N_("do not compare the rows with what was imported") },
	{ "lock-wait", 0, CMD_UINT, &lock_wait, "SECONDS", NULL, NULL, 0, 0,
	    3600, N_("how long to wait for another program's lock (30)") },
	{ .name = NULL },
};

static const struct cmd_tool tool = { "seki-export", "",
	N_("Give the records of a store back, as a stream or as CSV."), options,
	0, 0 };

static void
progress(void *ctx, uint64_t done, uint64_t total)
{
	(void)ctx;
	cmd_progress(N_("records"), done, total);
}

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	cmd_note("%s", text);
}

static int
choose_format(struct seki_err *err)
{
	int stream = strcmp(format, "stream") == 0;

	if (!stream && strcmp(format, "csv") != 0)
		(void)seki_fail(
		    err, SEKI_USAGE, "%s", _("--format takes stream or csv"));
	if (stream && (people || opt.table != NULL))
		(void)seki_fail(err, SEKI_USAGE, "%s",
		    _("--people and --table are for --format csv"));
	if (stream && opt.unchecked)
		(void)seki_fail(err, SEKI_USAGE, "%s",
		    _("--unchecked is for --format csv: a stream would prove "
		      "what nobody checked"));
	if (err->reason != SEKI_OK) {
		seki_err_hint(err, "seki-export --help");
		return -1;
	}
	opt.format = stream   ? SEKI_EXPORT_STREAM
		     : people ? SEKI_EXPORT_PEOPLE
			      : SEKI_EXPORT_CSV;
	return 0;
}

static int
choose_names(struct seki_err *err)
{
	static const struct {
		const char *text;
		mode_t mode;
	} modes[] = { { "600", 0600 }, { "640", 0640 }, { "660", 0660 } };
	size_t i;

	if (opt.name == NULL && mode == NULL)
		return 0;
	if (opt.name == NULL || opt.attachments == NULL ||
	    opt.format == SEKI_EXPORT_STREAM) {
		seki_err_hint(err, "seki-export --help");
		return seki_fail(err, SEKI_USAGE, "%s",
		    opt.name == NULL ? _("--mode is for --name")
				     : _("--name is for --attachments beside a "
					 "CSV"));
	}
	for (i = 0; mode != NULL && i < 3; i++)
		if (strcmp(mode + (mode[0] == '0'), modes[i].text) == 0)
			opt.mode = modes[i].mode;
	return mode != NULL && opt.mode == 0
		   ? seki_fail(err, SEKI_USAGE, "%s",
			 _("--mode takes 600, 640 or 660"))
		   : 0;
}

/* "a,b": codes, into memory that lives as long as the process. */
static int
choose_fields(struct seki_err *err)
{
	const char **list;
	char *copy, *s;
	size_t n = 1;

	if (fields == NULL)
		return 0;
	for (s = strchr(fields, ','); s != NULL; s = strchr(s + 1, ','))
		n++;
	if ((copy = strdup(fields)) == NULL ||
	    (list = calloc(n, sizeof(*list))) == NULL)
		return seki_err_nomem(err);
	for (opt.nfield = 0; (s = strsep(&copy, ",")) != NULL;)
		list[opt.nfield++] = s;
	opt.fields = list;
	return 0;
}

static void
report(const struct seki_exported *d)
{
	char root[SEKI_HEX], t[7][24];
	const uint64_t n[7] = { d->records, d->held, d->absent, d->lines,
		d->epoch, d->seq, d->attachments };
	size_t i;

	for (i = 0; i < 7; i++)
		(void)snprintf(
		    t[i], sizeof(t[i]), "%llu", (unsigned long long)n[i]);
	seki_text_hex(d->root, SEKI_SHA256, root);
	cmd_progress_end();
	if (d->absent > 0)
		cmd_note(_("%s held records never had a good version: they "
			   "are not in this CSV"),
		    t[2]);
	if (d->held > d->absent && opt.format != SEKI_EXPORT_STREAM)
		cmd_note(_("of %s held records the last good version is given"),
		    t[1]);
	if (opt.attachments != NULL)
		cmd_json_with("#attachments", t[6]);
	if (cmd.verbose)
		cmd_note(d->local ? _("local stream %s, run %s: %s records, "
				      "%s held, root %s")
				  : _("stream %s, seq %s: %s records, %s held, "
				      "root %s"),
		    opt.stream, t[5], t[0], t[1], root);
	if (!d->local)
		cmd_json_with("#epoch", t[4]);
	else
		cmd_json_with("#local", "true");
	cmd_json_with(d->local ? "#run" : "#seq", t[5]);
	cmd_json(SEKI_OK, output == NULL ? "stdout" : output,
	    seki_err_sentence(SEKI_OK), "stream", opt.stream, "#records", t[0],
	    "#held", t[1], "#absent", t[2], "#lines", t[3], "root", root, NULL);
}

static int export(struct seki_store *store, struct seki_err *err)
{
	struct seki_out *out = cmd_output(output, err);
	struct seki_exported done;

	if (out == NULL)
		return -1;
	if (seki_export_run(store, &opt, out, &done, err) == -1) {
		seki_out_abort(out);
		return -1;
	}
	if (seki_out_commit(out, err) == -1)
		return -1;
	report(&done);
	return 0;
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_store *store = NULL;
	char **operand;

	(void)cmd_init(argc, argv, &tool, &operand);
	cmd_json_stderr();
	opt.progress = progress;
	opt.note = note;
	if (choose_format(&err) == 0 && choose_names(&err) == 0 &&
	    choose_fields(&err) == 0)
		store =
		    seki_store_open(store_path, 0, (unsigned)lock_wait, &err);
	if (store == NULL || export(store, &err) == -1)
		(void)cmd_fail(NULL, &err);
	seki_store_free(store);
	return cmd_finish();
}
