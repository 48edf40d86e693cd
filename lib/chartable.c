#include <stdlib.h>
#include <string.h>

#include "chartable.h"
#include "norm_int.h"

static const char *
head(const struct seki_chartable *t, size_t col)
{
	return t->english[col] ? t->col[col].en : t->col[col].ja;
}

uint64_t
seki_chartable_row(const struct seki_chartable *t)
{
	return seki_grid_row(t->grid);
}

static void
place(const struct seki_chartable *t, size_t col, char to[SEKI_GRID_PLACE])
{
	if (seki_grid_encoding(t->grid) != SEKI_ENC_BOOK)
		(void)snprintf(to, SEKI_GRID_PLACE, _("row %llu"),
		    (unsigned long long)seki_grid_row(t->grid));
	else
		seki_grid_place(
		    t->grid, t->at[col] == -1 ? 0 : (size_t)t->at[col], to);
}

int
seki_chartable_bad_word(const struct seki_chartable *t, size_t col,
    struct seki_err *err, const char *why, const char *word, const char *near)
{
	char at[SEKI_GRID_PLACE];

	place(t, col, at);
	seki_err_object(err, seki_grid_name(t->grid));
	if (word == NULL)
		return seki_fail(err, SEKI_RULES, _("%s, column %s: %s"), at,
		    head(t, col), why);
	if (near == NULL)
		return seki_fail(err, SEKI_RULES,
		    _("%s, column %s: %s: \"%.*s\""), at, head(t, col), why,
		    seki_text_cut(word, 80), word);
	return seki_fail(err, SEKI_RULES,
	    _("%s, column %s: %s: \"%.*s\"; did you mean \"%s\"?"), at,
	    head(t, col), why, seki_text_cut(word, 80), word, near);
}

int
seki_chartable_bad(const struct seki_chartable *t, size_t col,
    struct seki_err *err, const char *why)
{
	return seki_chartable_bad_word(t, col, err, why, NULL, NULL);
}

int
seki_chartable_bad_at(const struct seki_chartable *t, size_t col, uint64_t row,
    struct seki_err *err, const char *why)
{
	seki_err_object(err, seki_grid_name(t->grid));
	if (seki_grid_sheet(t->grid)[0] != '\0')
		return seki_fail(err, SEKI_RULES,
		    _("sheet %s, row %llu, column %s: %s"),
		    seki_grid_sheet(t->grid), (unsigned long long)row,
		    head(t, col), why);
	return seki_fail(err, SEKI_RULES, _("row %llu, column %s: %s"),
	    (unsigned long long)row, head(t, col), why);
}

/* At a cell that no column is known for. */
static int
lost(const struct seki_chartable *t, size_t i, struct seki_err *err,
    const char *why)
{
	char at[SEKI_GRID_PLACE];

	seki_grid_place(t->grid, i, at);
	seki_err_object(err, seki_grid_name(t->grid));
	return seki_fail(err, SEKI_RULES, "%s: %s", at, why);
}

static int
unknown(const struct seki_chartable *t, size_t i, const char *word,
    struct seki_err *err)
{
	const char *list[2 * SEKI_CHARTABLE_COLS + 1], *near;
	char why[512];
	size_t k;

	for (k = 0; k < t->ncol; k++) {
		list[2 * k] = t->col[k].ja;
		list[2 * k + 1] = t->col[k].en;
	}
	list[2 * k] = NULL;
	if ((near = seki_text_nearest(word, list)) == NULL)
		(void)snprintf(why, sizeof(why), _("unknown column \"%.*s\""),
		    seki_text_cut(word, 80), word);
	else
		(void)snprintf(why, sizeof(why),
		    _("unknown column \"%.*s\"; did you mean \"%s\"?"),
		    seki_text_cut(word, 80), word, near);
	return lost(t, i, err, why);
}

static int
column(
    struct seki_chartable *t, size_t i, const char *word, struct seki_err *err)
{
	size_t k;

	for (k = 0; k < t->ncol; k++)
		if (seki_norm_same(word, t->col[k].ja) ||
		    seki_norm_same(word, t->col[k].en))
			break;
	if (k == t->ncol)
		return unknown(t, i, word, err);
	t->english[k] = !seki_norm_same(word, t->col[k].ja);
	if (t->at[k] != -1) {
		t->at[k] = (int)i;
		return seki_chartable_bad(
		    t, k, err, _("the column stands twice"));
	}
	t->at[k] = (int)i;
	return 0;
}

static int
header(struct seki_chartable *t, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;
	int r = 0;

	t->width = t->n;
	for (i = 0; r == 0 && i < t->n; i++) {
		seki_buf_reset(&b);
		r = seki_norm_clean(
		    t->cell[i].p, t->cell[i].n, SEKI_CLEAN_WS1, &b, err);
		if (r == 0 && b.n > 0)
			r = column(t, i, b.p, err);
	}
	seki_buf_free(&b);
	return r;
}

static int
complete(const struct seki_chartable *t, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < t->ncol; i++)
		if (t->at[i] == -1 && t->col[i].use == SEKI_CHARTABLE_NEEDED) {
			seki_err_object(err, seki_grid_name(t->grid));
			return seki_fail(err, SEKI_RULES,
			    _("the first row has no column %s (%s)"),
			    t->col[i].ja, t->col[i].en);
		}
	return 0;
}

/* A broken CSV or workbook is a broken table. */
static int
as_rules(int r, struct seki_err *err)
{
	if (r == -1 && (err->reason == SEKI_CSV || err->reason == SEKI_XLSX))
		err->reason = SEKI_RULES;
	return r;
}

/* The next row with text. */
static int
row(struct seki_chartable *t, struct seki_err *err)
{
	size_t i;
	int r;

	while ((r = seki_grid_next(t->grid, &t->cell, &t->n, err)) == 1)
		for (i = 0; i < t->n; i++)
			if (t->cell[i].n > 0 || t->cell[i].formula)
				return 1;
	return as_rules(r, err);
}

int
seki_chartable_begin(struct seki_chartable *t, struct seki_grid *g,
    const struct seki_chartable_col *col, size_t ncol, struct seki_err *err)
{
	size_t i;
	int r;

	memset(t, 0, sizeof(*t));
	t->grid = g;
	t->col = col;
	t->ncol = ncol;
	for (i = 0; i < SEKI_CHARTABLE_COLS; i++)
		t->at[i] = -1;
	if ((r = row(t, err)) == -1 || (r == 1 && header(t, err) == -1))
		return -1;
	return complete(t, err);
}

int
seki_chartable_open(struct seki_chartable *t, struct seki_in *in,
    const struct seki_chartable_col *col, size_t ncol, struct seki_err *err)
{
	static const struct seki_grid_how how = { .max = SEKI_CHARTABLE_MAX };
	struct seki_grid *g = seki_grid_read(in, &how, err);
	int r;

	memset(t, 0, sizeof(*t));
	if (g == NULL)
		return as_rules(-1, err);
	r = seki_chartable_begin(t, g, col, ncol, err);
	t->owned = 1;
	t->exact = seki_grid_encoding(g) != SEKI_ENC_BOOK;
	return r;
}

/* What a spreadsheet made of a cell is not what was typed. */
static int
typed(const struct seki_chartable *t, size_t col, struct seki_err *err)
{
	const struct seki_grid_cell *c = &t->cell[t->at[col]];

	if (t->col[col].use == SEKI_CHARTABLE_NOTE)
		return 0;
	if (c->formula || c->kind == SEKI_GRID_ERROR)
		return seki_chartable_bad(
		    t, col, err, _("a formula; write what it gives"));
	if (c->n == 0 || c->kind == SEKI_GRID_TEXT ||
	    c->kind == SEKI_GRID_NUMBER)
		return 0;
	seki_err_hint(err, "%s",
	    _("make the column text (in Excel: Format Cells, Text), then type "
	      "the value again"));
	return seki_chartable_bad(t, col, err,
	    _("the spreadsheet made a date or a truth value of what was "
	      "typed"));
}

static int
cells(const struct seki_chartable *t, struct seki_err *err)
{
	size_t i, k;

	for (i = 0; i < t->n; i++) {
		for (k = 0; k < t->ncol && t->at[k] != (int)i;)
			k++;
		if (k < t->ncol ? typed(t, k, err) == -1
				: t->cell[i].n > 0 &&
				      lost(t, i, err,
					  _("it stands in a column without a "
					    "header")) == -1)
			return -1;
	}
	return 0;
}

static int
merged(const struct seki_chartable *t, struct seki_err *err)
{
	if (seki_grid_merged(t->grid) == NULL)
		return 0;
	seki_err_object(err, seki_grid_name(t->grid));
	return seki_fail(err, SEKI_RULES,
	    _("%s!%s: merged cells; unmerge them and fill in each row"),
	    seki_grid_sheet(t->grid), seki_grid_merged(t->grid));
}

int
seki_chartable_next(struct seki_chartable *t, struct seki_err *err)
{
	int r = row(t, err);

	if (r != 1)
		return r == 0 ? merged(t, err) : -1;
	if (!t->exact || t->n == t->width)
		return cells(t, err) == -1 ? -1 : 1;
	seki_err_object(err, seki_grid_name(t->grid));
	return seki_fail(err, SEKI_RULES,
	    _("row %llu: %zu cells where the first row has %zu"),
	    (unsigned long long)seki_grid_row(t->grid), t->n, t->width);
}

static const struct seki_grid_cell *
at(const struct seki_chartable *t, size_t col)
{
	return t->at[col] == -1 || (size_t)t->at[col] >= t->n
		   ? NULL
		   : &t->cell[t->at[col]];
}

const char *
seki_chartable_cell(const struct seki_chartable *t, size_t col)
{
	const struct seki_grid_cell *c = at(t, col);

	return c == NULL ? "" : c->p;
}

char *
seki_chartable_text(
    const struct seki_chartable *t, size_t col, int clean, struct seki_err *err)
{
	const struct seki_grid_cell *c = at(t, col);
	struct seki_buf b = SEKI_BUF_INIT;

	if ((c == NULL || seki_norm_clean(c->p, c->n, clean, &b, err) != -1) &&
	    seki_buf_room(&b, 0, err) == 0) {
		b.p[b.n] = '\0';
		return b.p;
	}
	seki_buf_free(&b);
	return NULL;
}

uint32_t
seki_chartable_char(
    const struct seki_chartable *t, size_t col, struct seki_err *err)
{
	const char *s = seki_chartable_cell(t, col);
	size_t n = strlen(s), i = 0;
	char *end;
	unsigned long c;

	if (n > 2 && n < 9 && s[0] == 'U' && s[1] == '+') {
		c = strtoul(s + 2, &end, 16);
		if (*end == '\0' && s[2] != '-' && s[2] != '+' && s[2] != ' ' &&
		    c > 0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF))
			return (uint32_t)c;
	} else if (n > 0) {
		c = seki_text_get(s, n, &i);
		if (i == n)
			return (uint32_t)c;
	}
	(void)seki_chartable_bad(t, col, err,
	    _("one character is wanted, or its code point such as U+20BB7"));
	return 0;
}

void
seki_chartable_close(struct seki_chartable *t)
{
	if (t->owned)
		seki_grid_free(t->grid);
}
