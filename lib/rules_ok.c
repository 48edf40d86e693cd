#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "norm_int.h"
#include "steps.h"

/*
 * Who accepted a rules table: TABLE.ok beside it, canonical JSON and a LF
 * (seki-rules(5), ACCEPTED TABLES).  Accepted are digests; the rows of the last
 * one are kept, without their notes, to tell what changed since.
 */
#define FORMAT "seki-rules-ok-1"
/* Differences that a refusal names. */
#define NAMED 5

struct ok {
	const char *table; /* the name without its folder */
	char *path;
	json_t *doc; /* NULL: nobody accepted it yet */
};

static void
ok_release(struct ok *ok)
{
	json_decref(ok->doc);
	free(ok->path);
}

static json_t *
accepted(const struct ok *ok)
{
	return json_object_get(ok->doc, "accepted");
}

static const char *
text(const json_t *entry, const char *key)
{
	return json_string_value(json_object_get(entry, key));
}

/* The command that goes on from here, behind what to do first. */
static void
hint(const struct seki_rules *rules, const char *first, struct seki_err *err)
{
	struct seki_err none = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;

	if (seki_shell_word(&b, rules->name, &none) == 0)
		seki_err_hint(err,
		    "%s seki-normalize --accept --by '%s' --rules %s", first,
		    _("YOUR NAME"), b.p);
	seki_buf_free(&b);
}

static int
bad(const struct ok *ok, const char *why, struct seki_err *err)
{
	return seki_fail(err, SEKI_CONFIG, "%s: %s", ok->path, why);
}

static int
entry_ok(const struct ok *ok, const json_t *entry, struct seki_err *err)
{
	static const char *const known[] = { "at", "by", "digest", NULL };
	const char *by, *digest, *why;
	seki_time at;

	if (!json_is_object(entry))
		return bad(ok, _("an entry is no object"), err);
	if (seki_doc_known(entry, known, SEKI_CONFIG, ok->path, err) == -1 ||
	    seki_doc_time(entry, "at", &at, SEKI_CONFIG, ok->path, err) == -1 ||
	    (by = seki_doc_str(entry, "by", SEKI_CONFIG, ok->path, err)) ==
		NULL ||
	    (digest = seki_doc_str(
		 entry, "digest", SEKI_CONFIG, ok->path, err)) == NULL)
		return -1;
	if ((why = seki_steps_person_why(by)) != NULL)
		return bad(ok, _(why), err);
	return seki_form_ok(SEKI_F_HEX, digest)
		   ? 0
		   : bad(ok, _("\"digest\" is no digest"), err);
}

static int
row_ok(const struct ok *ok, const json_t *row, struct seki_err *err)
{
	const char *output, *why, *key;
	json_t *v;

	if (!json_is_object(row))
		return bad(ok, _("a row is no object"), err);
	if (seki_doc_known(row, seki_rules_en, SEKI_CONFIG, ok->path, err) ==
		-1 ||
	    (output = seki_doc_str(row, seki_rules_en[SEKI_COL_OUTPUT],
		 SEKI_CONFIG, ok->path, err)) == NULL ||
	    seki_doc_str(row, seki_rules_en[SEKI_COL_KIND], SEKI_CONFIG,
		ok->path, err) == NULL)
		return -1;
	json_object_foreach((json_t *)(uintptr_t)row, key, v)
	{
		if (!json_is_string(v))
			return bad(ok, _("a cell is no text"), err);
	}
	why = seki_rules_output(output);
	return why == NULL ? 0 : bad(ok, _(why), err);
}

static int
list_ok(const struct ok *ok, const char *key, size_t max,
    int (*fn)(const struct ok *, const json_t *, struct seki_err *),
    struct seki_err *err)
{
	const json_t *list =
	    seki_doc_array(ok->doc, key, SEKI_CONFIG, ok->path, err);
	size_t i;

	if (list == NULL)
		return -1;
	if (json_array_size(list) == 0 || json_array_size(list) > max)
		return bad(ok, _("a list is empty or too long"), err);
	for (i = 0; i < json_array_size(list); i++)
		if (fn(ok, json_array_get(list, i), err) == -1)
			return -1;
	return 0;
}

static int
doc_ok(const struct ok *ok, struct seki_err *err)
{
	static const char *const known[] = { "accepted", "format", "rows",
		"table", NULL };
	const char *format, *table;

	if (!json_is_object(ok->doc))
		return bad(ok, _("not a record of accepted tables"), err);
	format = seki_doc_str(ok->doc, "format", SEKI_CONFIG, ok->path, err);
	if (format == NULL)
		return -1;
	if (strcmp(format, FORMAT) != 0)
		return bad(ok, _("not a record of accepted tables"), err);
	table = seki_doc_str(ok->doc, "table", SEKI_CONFIG, ok->path, err);
	if (table == NULL ||
	    seki_doc_known(ok->doc, known, SEKI_CONFIG, ok->path, err) == -1)
		return -1;
	if (strcmp(table, ok->table) != 0)
		return bad(ok, _("it is the record of another table"), err);
	return list_ok(ok, "accepted", SEKI_RULES_OKS_MAX, entry_ok, err) ==
			   -1 ||
		       list_ok(ok, "rows", SEKI_FIELDS_MAX, row_ok, err) == -1
		   ? -1
		   : 0;
}

static int
parse(struct ok *ok, const struct seki_buf *b, struct seki_err *err)
{
	if (b->n == 0 || b->p[b->n - 1] != '\n')
		return bad(ok, _("its end is missing"), err);
	ok->doc = seki_doc_open(b->p, b->n - 1, SEKI_CONFIG, ok->path, err);
	return ok->doc == NULL ? -1 : doc_ok(ok, err);
}

/* 0, also when there is none yet. */
static int
ok_open(const struct seki_rules *rules, struct ok *ok, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	const char *slash = strrchr(rules->name, '/');
	struct stat st;
	size_t at;
	int r;

	memset(ok, 0, sizeof(*ok));
	ok->table = slash == NULL ? rules->name : slash + 1;
	if (!seki_text_utf8(ok->table, strlen(ok->table), &at))
		return seki_fail(err, SEKI_CONFIG, "%s",
		    _("the table's file name is not valid UTF-8"));
	if (asprintf(&ok->path, "%s.ok", rules->name) == -1) {
		ok->path = NULL;
		return seki_err_nomem(err);
	}
	if (lstat(ok->path, &st) == -1 && errno == ENOENT)
		return 0;
	r = seki_in_slurp(ok->path, SEKI_RULES_OK_MAX, &b, err);
	if (r == 0 && (r = parse(ok, &b, err)) == -1)
		hint(rules,
		    _("bring back the right file, or move this one away and "
		      "accept the table again:"),
		    err);
	seki_buf_free(&b);
	return r;
}

static const json_t *
last(const struct ok *ok)
{
	size_t n = json_array_size(accepted(ok));

	return n == 0 ? NULL : json_array_get(accepted(ok), n - 1);
}

/* In Japan time. */
static void
when(const json_t *entry, char out[SEKI_TIME])
{
	const char *at = text(entry, "at");
	seki_time t;

	out[0] = '\0';
	if (at != NULL && seki_time_parse(at, strlen(at), &t) == 0)
		seki_time_jst(t, out);
}

struct few {
	struct seki_buf text;
	int n;
};

static int
few(void *ctx, const struct seki_rules_change *c, struct seki_err *err)
{
	struct few *f = ctx;

	if (f->n++ > NAMED)
		return 0;
	if (f->n > 1 && seki_buf_str(&f->text, "; ", err) == -1)
		return -1;
	return seki_buf_str(&f->text, f->n > NAMED ? "…" : c->words, err);
}

static int
changed(const struct seki_rules *rules, const struct ok *ok, int english,
    struct seki_err *err)
{
	struct few f = { .n = 0 };
	char at[SEKI_TIME];
	int n = seki_rules_compare(
	    json_object_get(ok->doc, "rows"), rules, english, few, &f, err);

	when(last(ok), at);
	if (n == 0)
		(void)seki_fail(err, SEKI_CONFIG,
		    _("nobody accepted this file: its rows are those that %s "
		      "accepted on %s, but the file, or one that it names, is "
		      "another"),
		    text(last(ok), "by"), at);
	else if (n > 0)
		(void)seki_fail(err, SEKI_CONFIG,
		    _("changed since %s accepted it on %s: %s"),
		    text(last(ok), "by"), at, f.text.p);
	seki_buf_free(&f.text);
	return -1;
}

static int
known(const struct seki_rules *rules, const struct ok *ok)
{
	const char *digest = seki_rules_digest(rules);
	size_t i;

	for (i = 0; i < json_array_size(accepted(ok)); i++)
		if (strcmp(text(json_array_get(accepted(ok), i), "digest"),
			digest) == 0)
			return 1;
	return 0;
}

int
seki_rules_accepted(
    const struct seki_rules *rules, int english, struct seki_err *err)
{
	struct ok ok;
	int r = ok_open(rules, &ok, err);

	if (r == 0 && !known(rules, &ok)) {
		r = ok.doc == NULL
			? seki_fail(err, SEKI_CONFIG, "%s",
			      _("nobody accepted this table for unattended "
				"use yet"))
			: changed(rules, &ok, english, err);
		hint(rules, _("look at it, then, with your own name:"), err);
	}
	ok_release(&ok);
	return r;
}

/* The record with one more entry; takes rows. */
static json_t *
more(const struct seki_rules *rules, const struct ok *ok, const char *by,
    json_t *rows, struct seki_err *err)
{
	char at[SEKI_TIME];
	json_t *list = ok->doc == NULL ? json_array() : json_copy(accepted(ok));
	json_t *doc;

	seki_time_format(seki_time_now(), at);
	if (json_array_append_new(
		list, json_pack("{s:s, s:s, s:s}", "at", at, "by", by, "digest",
			  seki_rules_digest(rules))) == -1) {
		json_decref(list);
		json_decref(rows);
		(void)seki_err_nomem(err);
		return NULL;
	}
	doc = json_pack("{s:s, s:s, s:o, s:o}", "format", FORMAT, "table",
	    ok->table, "accepted", list, "rows", rows);
	if (doc == NULL)
		(void)seki_err_nomem(err);
	return doc;
}

static int
too_much(const struct ok *ok, struct seki_err *err)
{
	seki_err_object(err, ok->path);
	seki_err_hint(err, "%s",
	    _("move the file away and keep it; then the same command again"));
	return seki_fail(err, SEKI_LIMIT,
	    _("no more than %zu acceptances and %zu MiB stand in one record"),
	    SEKI_RULES_OKS_MAX, SEKI_RULES_OK_MAX / SEKI_MIB);
}

/* For every host that runs the table, as the table itself is. */
static int
save(const struct ok *ok, const struct seki_buf *b, struct seki_err *err)
{
	struct seki_out *out;

	if (b->n > SEKI_RULES_OK_MAX)
		return too_much(ok, err);
	out = seki_out_file(ok->path, 0644, SEKI_OUT_REPLACE, err);
	if (out == NULL)
		return -1;
	if (seki_out_write(out, b->p, b->n, err) == 0)
		return seki_out_commit(out, err);
	seki_out_abort(out);
	return -1;
}

static int
record(const struct seki_rules *rules, const struct ok *ok, const char *by,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	json_t *rows, *doc = NULL;
	int r = -1;

	if (json_array_size(accepted(ok)) >= SEKI_RULES_OKS_MAX)
		return too_much(ok, err);
	if ((rows = seki_rules_rows(rules, err)) != NULL)
		doc = more(rules, ok, by, rows, err);
	if (doc != NULL && seki_doc_canon(doc, &b, err) == 0 &&
	    seki_buf_byte(&b, '\n', err) == 0)
		r = save(ok, &b, err);
	json_decref(doc);
	seki_buf_free(&b);
	return r;
}

static int
accept_it(const struct seki_rules *rules, const struct ok *ok, const char *by,
    int english, seki_rules_told *told, void *ctx, struct seki_rules_ok *res,
    struct seki_err *err)
{
	const json_t *before = last(ok);

	memset(res, 0, sizeof(*res));
	if (before != NULL) {
		(void)snprintf(
		    res->by, sizeof(res->by), "%s", text(before, "by"));
		when(before, res->at);
		res->known = strcmp(text(before, "digest"),
				 seki_rules_digest(rules)) == 0;
		res->changes =
		    seki_rules_compare(json_object_get(ok->doc, "rows"), rules,
			english, told, ctx, err);
	}
	if (res->changes == -1)
		return -1;
	return by == NULL || res->known ? 0 : record(rules, ok, by, err);
}

int
seki_rules_accept(const struct seki_rules *rules, const char *by, int english,
    seki_rules_told *told, void *ctx, struct seki_rules_ok *res,
    struct seki_err *err)
{
	struct ok ok;
	int r;

	if (by != NULL && seki_steps_person("--by", by, SEKI_USAGE, err) == -1)
		return -1;
	if ((r = ok_open(rules, &ok, err)) == 0)
		r = accept_it(rules, &ok, by, english, told, ctx, res, err);
	ok_release(&ok);
	return r;
}
