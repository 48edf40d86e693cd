#include <stdlib.h>

#include "norm_int.h"

/* The rules table: its words in two languages, parsed strictly.  What a
 * spreadsheet adds by itself (empty rows, empty columns at the right, a BOM)
 * is accepted; what a person may have meant otherwise is not. */
const char *const seki_rules_ja[] = { "出力項目", "表示名", "元項目", "種別",
	"必須", "桁数", "既定値", "変換表", "不一致時", "不合格時", "原値保持",
	"条件", "備考", NULL };
const char *const seki_rules_en[] = { "output", "label", "source", "kind",
	"required", "length", "default", "lookup", "on-miss", "on-broken",
	"keep-original", "when", "note", NULL };

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
		    (unsigned long long)seki_grid_row(t->grid), i + 1,
		    seki_text_cut(word, 80), word, near);
	return seki_fail(err, SEKI_RULES,
	    _("row %llu, cell %zu: unknown column \"%.*s\""),
	    (unsigned long long)seki_grid_row(t->grid), i + 1,
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
empty_row(const struct seki_rules_table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->cell[i].n > 0)
			return 0;
	return 1;
}

/* What a spreadsheet made of what was typed; nobody can tell any more what that
 * was. */
static int
spoilt(const struct seki_rules_table *t, enum seki_rules_col col,
    struct seki_err *err)
{
	const struct seki_grid_cell *c;

	if (t->col[col] == -1 || (size_t)t->col[col] >= t->n)
		return 0;
	c = &t->cell[t->col[col]];
	if (c->formula || c->kind == SEKI_GRID_ERROR)
		return seki_rules_bad(
		    t, col, err, _("a formula; write what it gives"));
	if (c->n == 0 || c->kind == SEKI_GRID_TEXT ||
	    c->kind == SEKI_GRID_NUMBER)
		return 0;
	seki_err_hint(err, "%s",
	    _("make the column text (in Excel: Format Cells, Text), then type "
	      "the value again"));
	return seki_rules_bad(t, col, err,
	    _("the spreadsheet made a date or a truth value of what was "
	      "typed"));
}

/* A CSV has as many cells as its first row; more only when they are empty.  A
 * workbook's row ends with its last cell. */
static int
row_shape(const struct seki_rules_table *t, struct seki_err *err)
{
	size_t i, k;
	int named;

	if (t->n < t->ncol && seki_grid_encoding(t->grid) != SEKI_ENC_BOOK)
		return seki_fail(err, SEKI_RULES,
		    _("row %llu: %zu cells where the first row has %zu"),
		    (unsigned long long)seki_grid_row(t->grid), t->n, t->ncol);
	for (i = 0; i < t->n; i++) {
		for (named = 0, k = 0; k < SEKI_COL_COUNT; k++)
			named = named || t->col[k] == (int)i;
		if (!named && t->cell[i].n > 0)
			return seki_fail(err, SEKI_RULES,
			    _("row %llu, cell %zu: it stands in a column "
			      "without a header"),
			    (unsigned long long)seki_grid_row(t->grid), i + 1);
	}
	for (k = 0; k < SEKI_COL_COUNT; k++)
		if (k != SEKI_COL_NOTE &&
		    spoilt(t, (enum seki_rules_col)k, err) == -1)
			return -1;
	return 0;
}

/* One cell over several rows would say nothing of all but the first. */
static int
merged(const struct seki_rules_table *t, struct seki_err *err)
{
	const char *range = seki_grid_merged(t->grid);

	if (range == NULL)
		return 0;
	return seki_fail(err, SEKI_RULES,
	    _("%s!%s: merged cells; unmerge them and fill in each row"),
	    seki_grid_sheet(t->grid), range);
}

static int
rows(struct seki_rules_table *t, struct seki_err *err)
{
	struct seki_rules *rules = t->rules;
	struct seki_rule *grown;
	int r;

	while ((r = seki_grid_next(t->grid, &t->cell, &t->n, err)) == 1) {
		if (empty_row(t))
			continue;
		if (t->ncol == 0) {
			t->ncol = t->n;
			if (header(t, err) == -1)
				return -1;
			continue;
		}
		if (row_shape(t, err) == -1)
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
		grown->row = seki_grid_row(t->grid);
		r = seki_rules_row(t, grown, err);
		rules->n++;
		if (r == -1)
			return -1;
	}
	if (r == 0 && merged(t, err) == -1)
		return -1;
	if (r == 0 && t->ncol == 0)
		return seki_fail(
		    err, SEKI_RULES, "%s", _("the table is empty"));
	if (r == 0 && rules->n == 0)
		return seki_fail(err, SEKI_RULES, "%s",
		    _("the table has headers but no rows"));
	return r;
}

/* A broken CSV or workbook is a broken table. */
static int
read_grid(struct seki_rules *rules, struct seki_in *in, struct seki_err *err)
{
	static const struct seki_grid_how limit = { .max = SEKI_RULES_MAX };
	unsigned char digest[SEKI_SHA256] = { 0 };
	struct seki_rules_table t = { .rules = rules };
	size_t i;
	int r = -1;

	for (i = 0; i < SEKI_COL_COUNT; i++)
		t.col[i] = -1;
	if ((t.grid = seki_grid_read(in, &limit, err)) != NULL) {
		r = rows(&t, err);
		seki_grid_digest(t.grid, digest);
	}
	if (r == -1 && seki_err_status(err->reason) == 65 &&
	    err->reason != SEKI_LIMIT)
		err->reason = SEKI_RULES;
	if (rules->sheet == NULL &&
	    (rules->sheet = strdup(
		 t.grid == NULL ? "" : seki_grid_sheet(t.grid))) == NULL)
		r = seki_err_nomem(err);
	seki_grid_free(t.grid);
	seki_text_hex(digest, SEKI_SHA256, rules->file);
	return r == 0 ? seki_rules_bind(rules, NULL, NULL, err) : -1;
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
	if (read_grid(rules, in, err) == 0)
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
	    _("the table goes to --rules, the stream to standard input; "
	      "seki-normalize --init writes a first table"));
	return seki_fail(
	    err, SEKI_RULES, "%s", _("not a rules table but a record stream"));
}

struct seki_rules *
seki_rules_open(const char *path, struct seki_err *err)
{
	struct seki_in *in = seki_in_file(path, SEKI_RULES_MAX, err);
	char head = '\0';
	ssize_t n;

	if (in == NULL)
		return NULL;
	n = seki_in_read(in, &head, 1, err);
	seki_in_free(in);
	if (n != -1 && head == '{')
		(void)stream(err);
	if (n != -1 && head != '{') {
		in = seki_in_file(path, SEKI_RULES_MAX, err);
		return in == NULL ? NULL : seki_rules_read(in, err);
	}
	seki_err_object(err, path);
	return NULL;
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
	size_t i, k;

	if (rules == NULL)
		return;
	for (i = 0; i < rules->n; i++) {
		for (k = 0; rules->rule[i].cell != NULL && k < SEKI_COL_COUNT;
		     k++)
			free(rules->rule[i].cell[k]);
		free(rules->rule[i].cell);
		free(rules->rule[i].output);
		free(rules->rule[i].source);
		free(rules->rule[i].label);
		free(rules->rule[i].instead);
		free(rules->rule[i].when);
		for (k = 0;
		     rules->rule[i].is != NULL && rules->rule[i].is[k] != NULL;
		     k++)
			free(rules->rule[i].is[k]);
		free(rules->rule[i].is);
	}
	for (i = 0; i < rules->nlookup; i++)
		seki_lookup_free(rules->lookup[i]);
	for (i = 0; i < rules->nbound; i++)
		free(rules->bound[i]);
	free(rules->lookup);
	free(rules->bound);
	free(rules->sheet);
	free(rules->rule);
	free(rules->name);
	free(rules);
}
