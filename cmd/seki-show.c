#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd.h"

static uint64_t records;
static const char *trust_dir;
static struct seki_trust *trust;
static int no_sandbox;

static const struct cmd_opt options[] = {
	{ .name = "records",
	    .letter = 'n',
	    .kind = CMD_UINT,
	    .to = &records,
	    .arg = "N",
	    .max = UINT64_MAX,
	    .help = N_("print the first N records, too: personal data") },
	{ .name = "trust",
	    .letter = 't',
	    .kind = CMD_STRING,
	    .to = &trust_dir,
	    .arg = "DIR",
	    .conf = "trust.dir",
	    .help = N_("say whose keys a bundle is encrypted to") },
	{ .name = "no-sandbox",
	    .kind = CMD_RISK,
	    .to = &no_sandbox,
	    .conf = "worker.sandbox",
	    .help = N_("parse without a sandbox, at your own risk") },
	{ .name = NULL },
};

static const struct cmd_tool tool = {
	.name = "seki-show",
	.synopsis = "FILE ...",
	.summary = N_("What a stream, bundle or trust file says of itself.  "
		      "Verifies nothing, needs no key."),
	.opt = options,
	.operands_min = 1,
	.operands_max = -1,
};

/* One file under way: its path, and the object that --json prints. */
struct shown {
	const char *path;
	json_t *all;
	uint64_t n;
};

static void
safe(const char *s, size_t n)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	if (n > 0 && seki_text_show(&b, s, n, &err) == 0)
		(void)fwrite(b.p, 1, b.n, stdout);
	seki_buf_free(&b);
}

static json_t *
value(const char *key, const char *exact)
{
	if (key[0] != '#')
		return json_string(exact);
	if (strcmp(exact, "true") == 0 || strcmp(exact, "false") == 0)
		return json_boolean(exact[0] == 't');
	return json_integer(strtoll(exact, NULL, 10));
}

static int
say(void *ctx, const char *key, const char *label, const char *text,
    const char *exact, struct seki_err *err)
{
	struct shown *s = ctx;
	size_t n = strlen(key);
	char name[64];
	json_t *list;
	int r;

	if (!cmd.json) {
		(void)printf("  %s: ", label);
		safe(text, strlen(text));
		(void)putchar('\n');
		return 0;
	}
	(void)snprintf(name, sizeof(name), "%s", key + (key[0] == '#'));
	if (n < 2 || strcmp(key + n - 2, "[]") != 0) {
		r = json_object_set_new(s->all, name, value(key, exact));
		return r == 0 ? 0 : seki_err_nomem(err);
	}
	name[strlen(name) - 2] = '\0';
	if ((list = json_object_get(s->all, name)) == NULL) {
		list = json_array();
		(void)json_object_set(s->all, name, list);
		json_decref(list);
	}
	r = json_array_append_new(list, json_string(exact));
	return r == 0 ? 0 : seki_err_nomem(err);
}

static void
values(const struct seki_field *f, size_t n, const struct seki_value *v,
    const char *indent)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		(void)printf("%s", indent);
		safe(f[i].code, strlen(f[i].code));
		(void)fputs(": ", stdout);
		if (f[i].type == SEKI_T_SUBTABLE)
			(void)printf(_("%zu rows"), v[i].nrow);
		else if (v[i].set)
			safe(v[i].p, v[i].n);
		(void)putchar('\n');
		if (f[i].type != SEKI_T_SUBTABLE)
			continue;
		for (k = 0; k < v[i].nrow; k++) {
			(void)printf("      %zu\n", k + 1);
			values(f[i].sub, f[i].nsub, v[i].row[k].v, "        ");
		}
	}
}

static int
record(void *ctx, const struct seki_schema *schema, const struct seki_record *r,
    const char *line, size_t n, struct seki_err *err)
{
	struct shown *s = ctx;

	(void)err;
	s->n++;
	if (cmd.json) {
		/* The message as it stands: exact, and jq reads it. */
		(void)printf("%.*s\n", (int)n, line);
		return 0;
	}
	(void)printf(_("  record %llu, key "), (unsigned long long)s->n);
	safe(r->key.p, r->key.n);
	if (r->kind == SEKI_RECORD_HELD) {
		(void)printf(_(": held: "));
		safe(r->reasons.p, r->reasons.n);
	} else if (r->kind == SEKI_RECORD_DELETED)
		(void)printf(_(": deleted"));
	(void)putchar('\n');
	if (r->kind == SEKI_RECORD_ROW)
		values(schema->field, schema->n, r->v, "    ");
	return 0;
}

static void
finish(struct shown *s)
{
	char *text;

	(void)json_object_set_new(s->all, "verified", json_false());
	if ((text = json_dumps(s->all, JSON_COMPACT)) != NULL)
		(void)printf("%s\n", text);
	free(text);
}

static int
show(const char *path, void *ctx)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct shown s = { .path = path, .all = json_object() };
	struct seki_show how = { &s, say, record, records, trust };
	int r, status = 0;

	(void)ctx;
	if (s.all == NULL) {
		(void)seki_err_nomem(&err);
		return cmd_fail(path, &err);
	}
	if (cmd.json) {
		(void)json_object_set_new(
		    s.all, "tool", json_string(tool.name));
		(void)json_object_set_new(s.all, "status", json_integer(0));
		(void)json_object_set_new(s.all, "reason", json_string("ok"));
		(void)json_object_set_new(s.all, "object", json_string(path));
	} else {
		safe(path, strlen(path));
		(void)puts(":");
	}
	r = seki_show_path(path, &how, &err);
	if (r == 0 && cmd.json)
		finish(&s);
	else if (r == 0)
		cmd_note(_("%s: nothing of this was verified; seki-verify "
			   "does that"),
		    path);
	else
		status = cmd_fail(path, &err);
	json_decref(s.all);
	return status;
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	char **operand;
	int n = cmd_init(argc, argv, &tool, &operand);

	cmd_sandbox(no_sandbox);
	if (trust_dir != NULL &&
	    (trust = seki_enrol_open(trust_dir, 0, &err)) == NULL)
		(void)cmd_fail(trust_dir, &err);
	else
		cmd_each(n, operand, show, NULL);
	seki_trust_free(trust);
	return cmd_finish();
}
