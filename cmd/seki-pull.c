#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service.h"

static struct {
	const char *stream, *query, *fields, *attachments;
	const char *bookmarks, *output;
	struct cmd_list hidden;
	/* Lists made of the above; as long as the process. */
	char *text;
	const char **only, **leave;
} o = { .attachments = "none" };

static const struct cmd_opt opts[] = {
	CMD_SERVICE_OPTS,
	{ "stream", 0, CMD_STRING, &o.stream, "NAME", "source.stream", NULL, 1,
	    0, 0, N_("name of the stream: a-z, 0-9, dot, hyphen") },
	{ "query", 0, CMD_STRING, &o.query, "COND", "source.query", NULL, 0, 0,
	    0, N_("only records that meet the condition") },
	{ "fields", 0, CMD_STRING, &o.fields, "A,B", "source.fields", NULL, 0,
	    0, 0, N_("only these fields, by code") },
	{ "allow-hidden", 0, CMD_LIST, &o.hidden, "FIELD", NULL, NULL, 0, 0, 0,
	    N_("take the field as empty where the service leaves it out") },
	{ "attachments", 0, CMD_STRING, &o.attachments, "none", NULL, NULL, 0,
	    0, 0, N_("none: names and sizes only") },
	{ "bookmarks", 0, CMD_STRING, &o.bookmarks, "FILE", NULL, NULL, 0, 0, 0,
	    N_("what the last run left; checked when it exists") },
	{ "output", 'o', CMD_STRING, &o.output, "FILE", NULL, NULL, 0, 0, 0,
	    N_("write the stream to a new file instead of stdout") },
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

/* --fields "a,b" and --allow-hidden as lists that NULL ends. */
static int
lists(struct seki_pull *p, struct seki_err *err)
{
	char *rest, *word;
	size_t n = 0;

	o.text = strdup(o.fields != NULL ? o.fields : "");
	o.leave = calloc(o.hidden.n + 1, sizeof(*o.leave));
	if (o.text == NULL || o.leave == NULL ||
	    (o.only = calloc(strlen(o.text) + 2, sizeof(*o.only))) == NULL)
		return seki_err_nomem(err);
	for (rest = o.text; (word = strsep(&rest, ",")) != NULL;)
		if (*word != '\0')
			o.only[n++] = word;
	if (o.hidden.n > 0)
		memcpy(o.leave, o.hidden.v, o.hidden.n * sizeof(*o.leave));
	p->fields = o.fields != NULL ? o.only : NULL;
	p->hidden = o.leave;
	return 0;
}

static void
done(const struct seki_proof *proof, const char *domain)
{
	char root[SEKI_HEX], count[24];

	seki_text_hex(proof->root, sizeof(proof->root), root);
	(void)snprintf(
	    count, sizeof(count), "%llu", (unsigned long long)proof->records);
	cmd_json(SEKI_OK, domain, seki_err_sentence(SEKI_OK), "stream",
	    o.stream, "app", cmd_service.app, "kind", proof->kind, "#records",
	    count, "root", root, NULL);
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
		.progress = progress,
		.note = note };
	struct seki_proof *proof = calloc(1, sizeof(*proof));
	struct seki_out *out = NULL;
	int r = -1;

	if (proof == NULL)
		return seki_err_nomem(err);
	if (lists(&p, err) == -1)
		goto out;
	if (o.bookmarks != NULL && seki_pull_bookmarks(o.bookmarks,
				       seki_http_domain(http), &p, err) == -1)
		goto out;
	out = o.output != NULL
		  ? seki_out_file(o.output, 0600, SEKI_OUT_NEW, err)
		  : seki_out_fd(1, "stdout", err);
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
		done(proof, seki_http_domain(http));
out:
	seki_out_abort(out);
	free(proof);
	return r;
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http *http = NULL;
	char **operand;
	int r = -1;

	cmd_json_stderr();
	(void)cmd_init(argc, argv, &tool, &operand);
	if (o.fields != NULL && strspn(o.fields, ", ") == strlen(o.fields)) {
		(void)seki_fail(
		    &err, SEKI_USAGE, "%s", _("--fields names no field"));
	} else if (strcmp(o.attachments, "none") != 0) {
		(void)seki_fail(
		    &err, SEKI_USAGE, "%s", _("--attachments takes none"));
	} else {
		http = cmd_service_open(&err);
	}
	if (http != NULL)
		r = pull(http, &err);
	seki_http_free(http);
	cmd_service_blot_err(&err);
	if (r == -1)
		(void)cmd_fail(NULL, &err);
	cmd_service_close();
	return cmd_finish();
}
