#include <stdlib.h>

#include "norm_int.h"

/* The rules table: its words in two languages, parsed strictly.  What a
 * spreadsheet adds by itself (empty rows, empty columns at the right, a BOM)
 * is accepted; what a person may have meant otherwise is not. */
const char *const seki_rules_ja[] = { "出力項目", "表示名", "元項目", "種別",
	"必須", "桁数", "既定値", "変換表", "不一致時", "不合格時", "原値保持",
	"備考", NULL };
const char *const seki_rules_en[] = { "output", "label", "source", "kind",
	"required", "length", "default", "lookup", "on-miss", "on-broken",
	"keep-original", "note", NULL };

static int
header_of(const char *word)
{
	int i;

	for (i = 0; i < SEKI_COL_COUNT; i++)
		if (strcmp(word, seki_rules_ja[i]) == 0 ||
		    seki_norm_same(word, seki_rules_en[i]))
			return i;
	return -1;
}

/* seki-export writes the records themselves so. */
static int
exported(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("give the rules table; seki-normalize --init writes a first one "
	      "from a record stream"));
	return seki_fail(err, SEKI_RULES, "%s",
	    _("an exported CSV (its first column is $id), not a rules table"));
}

static int
unknown_header(const struct seki_rules_table *t, size_t i, const char *word,
    struct seki_err *err)
{
	const char *list[2 * SEKI_COL_COUNT + 1];
	const char *near;
	size_t k;

	for (k = 0; k < SEKI_COL_COUNT; k++) {
		list[2 * k] = seki_rules_ja[k];
		list[2 * k + 1] = seki_rules_en[k];
	}
	list[2 * k] = NULL;
	if (i == 0 && strcmp(word, "$id") == 0)
		return exported(err);
	near = seki_text_nearest(word, list);
	seki_err_hint(err, "%s",
	    _("seki-normalize --init writes a table with every column"));
	if (near != NULL)
		return seki_fail(err, SEKI_RULES,
		    _("row %llu, cell %zu: unknown column \"%.*s\"; did you "
		      "mean \"%s\"?"),
		    (unsigned long long)seki_csv_row(t->csv), i + 1,
		    seki_text_cut(word, 80), word, near);
	return seki_fail(err, SEKI_RULES,
	    _("row %llu, cell %zu: unknown column \"%.*s\""),
	    (unsigned long long)seki_csv_row(t->csv), i + 1,
	    seki_text_cut(word, 80), word);
}

static int
header(struct seki_rules_table *t, struct seki_err *err)
{
	char *word;
	size_t i;
	int k;

	for (i = 0; i < t->ncol; i++) {
		if ((word = seki_rules_trim(&t->cell[i], err)) == NULL)
			return -1;
		if (word[0] == '\0') {
			free(word);
			continue;
		}
		if ((k = header_of(word)) == -1)
			(void)unknown_header(t, i, word, err);
		free(word);
		if (k == -1)
			return -1;
		t->rules->english[k] =
		    strstr(t->cell[i].p, seki_rules_ja[k]) == NULL;
		if (t->col[k] != -1)
			return seki_rules_bad(t, (enum seki_rules_col)k, err,
			    _("the column stands twice"));
		t->col[k] = (int)i;
	}
	for (k = SEKI_COL_OUTPUT; k <= SEKI_COL_KIND; k++)
		if ((k == SEKI_COL_OUTPUT || k == SEKI_COL_KIND) &&
		    t->col[k] == -1)
			return seki_fail(err, SEKI_RULES,
			    _("the first row has no column %s (%s)"),
			    seki_rules_ja[k], seki_rules_en[k]);
	return 0;
}

static int
empty_row(const struct seki_rules_table *t, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (t->cell[i].n > 0)
			return 0;
	return 1;
}

/* As many cells as the first row; more only when they are empty. */
static int
row_shape(const struct seki_rules_table *t, size_t n, struct seki_err *err)
{
	size_t i, k;
	int named;

	if (n < t->ncol)
		return seki_fail(err, SEKI_RULES,
		    _("row %llu: %zu cells where the first row has %zu"),
		    (unsigned long long)seki_csv_row(t->csv), n, t->ncol);
	for (i = 0; i < n; i++) {
		for (named = 0, k = 0; k < SEKI_COL_COUNT; k++)
			named = named || t->col[k] == (int)i;
		if (!named && t->cell[i].n > 0)
			return seki_fail(err, SEKI_RULES,
			    _("row %llu, cell %zu: it stands in a column "
			      "without a header"),
			    (unsigned long long)seki_csv_row(t->csv), i + 1);
	}
	return 0;
}

static int
rows(struct seki_rules_table *t, struct seki_err *err)
{
	struct seki_rules *rules = t->rules;
	struct seki_rule *grown;
	size_t n;
	int r;

	while ((r = seki_csv_next(t->csv, &t->cell, &n, err)) == 1) {
		if (empty_row(t, n))
			continue;
		if (t->ncol == 0) {
			t->ncol = n;
			if (header(t, err) == -1)
				return -1;
			continue;
		}
		if (row_shape(t, n, err) == -1)
			return -1;
		if (rules->n == SEKI_FIELDS_MAX)
			return seki_fail(err, SEKI_LIMIT,
			    _("more than %zu fields"), SEKI_FIELDS_MAX);
		grown = reallocarray(rules->rule, rules->n + 1, sizeof(*grown));
		if (grown == NULL)
			return seki_err_nomem(err);
		rules->rule = grown;
		grown += rules->n;
		memset(grown, 0, sizeof(*grown));
		grown->row = seki_csv_row(t->csv);
		r = seki_rules_row(t, grown, err);
		rules->n++;
		if (r == -1)
			return -1;
	}
	if (r == 0 && t->ncol == 0)
		return seki_fail(
		    err, SEKI_RULES, "%s", _("the table is empty"));
	if (r == 0 && rules->n == 0)
		return seki_fail(err, SEKI_RULES, "%s",
		    _("the table has headers but no rows"));
	return r;
}

/* A broken CSV is a broken table; what it is called stays. */
static int
read_csv(struct seki_rules *rules, struct seki_in *in, struct seki_err *err)
{
	unsigned char digest[SEKI_SHA256] = { 0 };
	struct seki_rules_table t = { .rules = rules };
	uint64_t count;
	size_t i;
	int r;

	for (i = 0; i < SEKI_COL_COUNT; i++)
		t.col[i] = -1;
	if ((in = seki_in_sha256(in, digest, &count, err)) == NULL ||
	    (t.csv = seki_csv_open(in, err)) == NULL)
		return -1;
	r = rows(&t, err);
	if (r == -1 && err->reason == SEKI_CSV)
		err->reason = SEKI_RULES;
	seki_csv_free(t.csv);
	seki_text_hex(digest, SEKI_SHA256, rules->digest);
	return r;
}

struct seki_rules *
seki_rules_read(struct seki_in *in, struct seki_err *err)
{
	struct seki_rules *rules = calloc(1, sizeof(*rules));
	char *name = strdup(seki_in_name(in));

	if (rules == NULL || name == NULL) {
		seki_in_free(in);
		free(name);
		free(rules);
		(void)seki_err_nomem(err);
		return NULL;
	}
	rules->name = name;
	if (read_csv(rules, in, err) == 0)
		return rules;
	seki_err_object(err, name);
	seki_rules_free(rules);
	return NULL;
}

/* Said of a file whose first byte no table has. */
static int
stream(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("the table's CSV goes to --rules, the stream to standard input; "
	      "seki-normalize --init writes a first table"));
	return seki_fail(
	    err, SEKI_RULES, "%s", _("not a rules table but a record stream"));
}

/* Excel saves .xlsx and .xls unless told otherwise. */
static int
not_csv(const char *path, struct seki_err *err)
{
	struct seki_in *in = seki_in_file(path, SEKI_RULES_MAX, err);
	char head[4] = { 0 };
	ssize_t n;

	if (in == NULL)
		return -1;
	n = seki_in_read(in, head, sizeof(head), err);
	seki_in_free(in);
	if (n == -1)
		return -1;
	if (head[0] == '{') {
		seki_err_object(err, path);
		return stream(err);
	}
	if (memcmp(head, "PK\3\4", 4) != 0 &&
	    memcmp(head, "\xD0\xCF\x11\xE0", 4) != 0)
		return 0;
	seki_err_object(err, path);
	seki_err_hint(err, "%s",
	    _("in Excel: Save As, type \"CSV UTF-8 (comma delimited)\""));
	return seki_fail(err, SEKI_RULES, "%s",
	    _("a workbook; this version reads rules tables as CSV in UTF-8"));
}

struct seki_rules *
seki_rules_open(const char *path, struct seki_err *err)
{
	struct seki_in *in;

	if (not_csv(path, err) == -1 ||
	    (in = seki_in_file(path, SEKI_RULES_MAX, err)) == NULL)
		return NULL;
	return seki_rules_read(in, err);
}

const char *
seki_rules_head(const struct seki_rules *rules, enum seki_rules_col col)
{
	return rules->english[col] ? seki_rules_en[col] : seki_rules_ja[col];
}

const char *
seki_rules_digest(const struct seki_rules *rules)
{
	return rules->digest;
}

void
seki_rules_free(struct seki_rules *rules)
{
	size_t i;

	if (rules == NULL)
		return;
	for (i = 0; i < rules->n; i++) {
		free(rules->rule[i].output);
		free(rules->rule[i].source);
		free(rules->rule[i].label);
		free(rules->rule[i].instead);
	}
	free(rules->rule);
	free(rules->name);
	free(rules);
}
