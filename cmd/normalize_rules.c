#include <string.h>
#include <strings.h>

#include "cmd.h"
#include "normalize.h"

static int
english(void)
{
	return strcmp(cmd.lang, "en") == 0;
}

static int
book(const char *path)
{
	size_t n = path == NULL ? 0 : strlen(path);

	return n > 5 && strcasecmp(path + n - 5, ".xlsx") == 0;
}

int
normalize_init(
    struct seki_stream_in *in, const char *path, struct seki_err *err)
{
	struct seki_out *out = cmd_output(path, err);

	if (out == NULL)
		return -1;
	if ((book(path) ? seki_rules_book(in, out, english(), err)
			: seki_rules_init(in, out, english(), err)) == 0)
		return seki_out_commit(out, err);
	seki_out_abort(out);
	return -1;
}

static int
told(void *ctx, const struct seki_rules_change *c, struct seki_err *err)
{
	char row[24];

	(void)err;
	(void)snprintf(row, sizeof(row), "%llu", c->row);
	if (c->row > 0)
		cmd_json_with("#row", row);
	cmd_say("%s", c->words);
	cmd_json(SEKI_OK, ctx, c->words, "change", c->what, "output", c->output,
	    "column", c->column, "was", c->was, "now", c->now, NULL);
	return 0;
}

static void
no_difference(
    const struct seki_rules *was, const struct seki_rules *is, const char *name)
{
	const char *a = seki_rules_digest(was), *b = seki_rules_digest(is);
	const char *text = strcmp(a, b) == 0
			       ? _("no difference: the same file")
			       : _("no difference in what the tables say; the "
				   "files differ");

	cmd_say("%s", text);
	cmd_json(SEKI_OK, name, text, "was", a, "now", b, NULL);
}

int
normalize_diff(const char *was, const char *is, struct seki_err *err)
{
	struct seki_rules *a = seki_rules_open(was, err), *b = NULL;
	char name[512];
	int n = -1;

	(void)snprintf(name, sizeof(name), "%s", is);
	if (a != NULL && (b = seki_rules_open(is, err)) != NULL)
		n = seki_rules_diff(a, b, english(), told, name, err);
	if (n == 0)
		no_difference(a, b, name);
	else if (n > 0)
		cmd.status = seki_err_worse(cmd.status, 1);
	seki_rules_free(a);
	seki_rules_free(b);
	return n == -1 ? -1 : 0;
}

/* Behind the differences, which were told one by one. */
static void
say_accepted(const char *table, const char *by, const char *digest,
    const struct seki_rules_ok *ok)
{
	char text[1024];

	if (ok->known)
		(void)snprintf(text, sizeof(text),
		    _("accepted already by %s on %s"), ok->by, ok->at);
	else if (by != NULL && ok->by[0] == '\0')
		(void)snprintf(text, sizeof(text),
		    _("accepted by %s: the first one of this table"), by);
	else if (by != NULL)
		(void)snprintf(text, sizeof(text),
		    _("accepted by %s: differences from the one that %s "
		      "accepted on %s: %d"),
		    by, ok->by, ok->at, ok->changes);
	else if (ok->by[0] == '\0')
		(void)snprintf(text, sizeof(text), "%s",
		    _("nobody accepted this table for unattended use yet"));
	else
		(void)snprintf(text, sizeof(text),
		    _("not accepted: differences from the one that %s "
		      "accepted on %s: %d"),
		    ok->by, ok->at, ok->changes);
	cmd_say("%s: %s", table, text);
	cmd_json_with("#accepted", by != NULL || ok->known ? "true" : "false");
	cmd_json(SEKI_OK, table, text, "rules", digest, "by",
	    by != NULL && !ok->known ? by : ok->by, NULL);
}

int
normalize_accept(const char *table, const char *by, struct seki_err *err)
{
	struct seki_rules *rules = seki_rules_open(table, err);
	struct seki_rules_ok ok;
	char name[512];
	int r = -1;

	(void)snprintf(name, sizeof(name), "%s", table);
	if (rules != NULL)
		r = seki_rules_accept(
		    rules, by, english(), told, name, &ok, err);
	if (r == 0) {
		say_accepted(table, by, seki_rules_digest(rules), &ok);
		if (by == NULL && !ok.known)
			cmd.status = seki_err_worse(cmd.status, 1);
	}
	seki_rules_free(rules);
	return r;
}

int
normalize_unattended(const struct seki_rules *rules, struct seki_err *err)
{
	return seki_rules_accepted(rules, english(), err);
}
