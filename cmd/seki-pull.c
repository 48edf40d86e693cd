#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

static struct {
	const char *base, *app, *token, *stream, *query, *fields, *attachments;
	const char *bookmarks, *output, *ca, *proxy;
	struct cmd_list hidden;
	uint64_t connections, tries, timeout, calls;
	/* Lists made of the above; as long as the process. */
	char *text;
	const char **only, **leave;
} o = { .attachments = "none" };

/* The environment holds the token, the file only names it: flags beat
 * environment beats file, so both are one option here. */
#define TOKEN_ENV "KINTONE_API_TOKEN"

static const struct cmd_opt opts[] = {
	{ "base-url", 0, CMD_STRING, &o.base, "URL", "source.base-url",
	    "KINTONE_BASE_URL", 1, 0, 0,
	    N_("the service: https://SUBDOMAIN.cybozu.com") },
	{ "app", 0, CMD_STRING, &o.app, "N", "source.app", NULL, 1, 0, 0,
	    N_("the app's number") },
	{ "token-file", 0, CMD_STRING, &o.token, "FILE", "source.token-file",
	    TOKEN_ENV, 1, 0, 0, N_("file with the API token, mode 0600") },
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
	{ "ca", 0, CMD_STRING, &o.ca, "FILE", NULL, NULL, 0, 0, 0,
	    N_("certificates of authorities, PEM, instead of the system's") },
	{ "proxy", 0, CMD_STRING, &o.proxy, "URL", NULL, "HTTPS_PROXY", 0, 0, 0,
	    N_("proxy for https") },
	{ "connections", 'j', CMD_UINT, &o.connections, "N", NULL, NULL, 0, 1,
	    SEKI_HTTP_CONNECTIONS_MAX,
	    N_("ask over so many connections at a time (4)") },
	{ "max-calls", 0, CMD_UINT, &o.calls, "N", NULL, NULL, 0, 1, 1000000,
	    N_("end before more requests than that are sent") },
	{ "tries", 0, CMD_UINT, &o.tries, "N", NULL, NULL, 0, 1, 10,
	    N_("how often a request is sent at most (5)") },
	{ "timeout", 0, CMD_UINT, &o.timeout, "SECONDS", NULL, NULL, 0, 1, 60,
	    N_("give up after so long without a byte (30)") },
	{ .name = NULL },
};

static const struct cmd_tool tool = { "seki-pull", "",
	N_("Fetch an app's records as a record stream on stdout."), opts, 0,
	0 };

static struct seki_buf secret;

/*
 * What the service said may hold the token it was sent: each token is blotted
 * out wherever it stands, whoever quotes it.
 */
static void
blot(char *text)
{
	const char *t, *end;
	char *at;
	size_t n;

	for (t = secret.p; t != NULL && *t != '\0';
	     t = end + strspn(end, ", \r\n")) {
		end = t + (n = strcspn(t, ", \r\n"));
		while (n > 3 && (at = memmem(text, strlen(text), t, n)) != NULL)
			memset(at, '*', n);
	}
}

static void
blot_err(struct seki_err *err)
{
	blot(err->object);
	blot(err->record);
	blot(err->field);
	blot(err->text);
	blot(err->hint);
}

static void
say(const char *line)
{
	char *text = strdup(line);

	if (text != NULL) {
		blot(text);
		cmd_note("%s", text);
	}
	free(text);
}

static void
trace(void *ctx, const char *line)
{
	(void)ctx;
	say(line);
}

static void
note(void *ctx, const char *text)
{
	(void)ctx;
	say(text);
}

static void
progress(void *ctx, uint64_t done, uint64_t total)
{
	(void)ctx;
	cmd_progress(N_("records"), done, total);
}

/* The token, from wherever; what the environment held is wiped there. */
static int
token(struct seki_buf *b, struct seki_err *err)
{
	char *env = getenv(TOKEN_ENV);
	int r = 0;

	if (o.token != env)
		r = seki_in_secret(o.token, b, err);
	else
		r = seki_buf_str(b, env, err);
	if (r == -1)
		seki_err_object(err, o.token == env ? TOKEN_ENV : o.token);
	if (env != NULL)
		explicit_bzero(env, strlen(env));
	return r;
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
	    o.stream, "app", o.app, "kind", proof->kind, "#records", count,
	    "root", root, NULL);
	if (cmd.verbose && !cmd.json)
		cmd_note(_("%s records, content root %s"), count, root);
}

/* The whole pull into out, which is committed only when it is whole. */
static int
pull(struct seki_http *http, struct seki_err *err)
{
	struct seki_pull p = { .app = o.app,
		.stream = o.stream,
		.query = o.query,
		.connections = (unsigned)o.connections,
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
	struct seki_http_opt ho = { .trace = NULL };
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
	} else if (token(&secret, &err) == 0) {
		ho.base = o.base;
		ho.token = secret.p != NULL ? secret.p : "";
		ho.ca = o.ca;
		ho.proxy = o.proxy;
		ho.tries = (unsigned)o.tries;
		ho.calls = o.calls;
		ho.stall = (long)o.timeout;
		ho.trace = cmd.verbose ? trace : NULL;
		http = seki_http_open(&ho, &err);
	}
	if (http != NULL)
		r = pull(http, &err);
	seki_http_free(http);
	blot_err(&err);
	seki_buf_wipe(&secret);
	if (r == -1)
		(void)cmd_fail(NULL, &err);
	return cmd_finish();
}
