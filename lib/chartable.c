#include <stdlib.h>
#include <string.h>

#include "chartable.h"

int
seki_chartable_bad_at(const struct seki_chartable *t, size_t col, uint64_t row,
    struct seki_err *err, const char *why)
{
	seki_err_object(err, t->name);
	return seki_fail(err, SEKI_RULES, _("row %llu, column %s: %s"),
	    (unsigned long long)row, t->col[col].ja, why);
}

int
seki_chartable_bad(const struct seki_chartable *t, size_t col,
    struct seki_err *err, const char *why)
{
	return seki_chartable_bad_at(t, col, seki_csv_row(t->csv), err, why);
}

static int
column_of(const struct seki_chartable *t, const char *word)
{
	size_t i;

	for (i = 0; i < t->ncol; i++)
		if (strcmp(word, t->col[i].ja) == 0 ||
		    strcmp(word, t->col[i].en) == 0)
			return (int)i;
	return -1;
}

static int
unknown(const struct seki_chartable *t, size_t i, struct seki_err *err)
{
	const char *list[2 * SEKI_CHARTABLE_COLS + 1];
	const char *word = t->cell[i].p, *near;
	size_t k;

	for (k = 0; k < t->ncol; k++) {
		list[2 * k] = t->col[k].ja;
		list[2 * k + 1] = t->col[k].en;
	}
	list[2 * k] = NULL;
	seki_err_object(err, t->name);
	if ((near = seki_text_nearest(word, list)) == NULL)
		near = t->col[0].ja;
	return seki_fail(err, SEKI_RULES,
	    _("row %llu, cell %zu: unknown column \"%.*s\"; did you mean "
	      "\"%s\"?"),
	    (unsigned long long)seki_csv_row(t->csv), i + 1,
	    seki_text_cut(word, 80), word, near);
}

static int
header(struct seki_chartable *t, struct seki_err *err)
{
	size_t i;
	int k, r;

	if ((r = seki_csv_next(t->csv, &t->cell, &t->width, err)) == -1)
		return -1;
	for (i = 0; r == 1 && i < t->width; i++) {
		if ((k = column_of(t, t->cell[i].p)) == -1)
			return unknown(t, i, err);
		if (t->at[k] != -1)
			return seki_chartable_bad(
			    t, (size_t)k, err, _("the column stands twice"));
		t->at[k] = (int)i;
	}
	for (i = 0; i < t->ncol; i++)
		if (t->at[i] == -1 && t->col[i].needed) {
			seki_err_object(err, t->name);
			return seki_fail(err, SEKI_RULES,
			    _("the first row has no column %s (%s)"),
			    t->col[i].ja, t->col[i].en);
		}
	return 0;
}

/* A broken CSV is a broken table. */
static int
as_rules(int r, struct seki_err *err)
{
	if (r == -1 && err->reason == SEKI_CSV)
		err->reason = SEKI_RULES;
	return r;
}

int
seki_chartable_open(struct seki_chartable *t, struct seki_in *in,
    const struct seki_chartable_col *col, size_t ncol, struct seki_err *err)
{
	size_t i;

	memset(t, 0, sizeof(*t));
	t->col = col;
	t->ncol = ncol;
	for (i = 0; i < SEKI_CHARTABLE_COLS; i++)
		t->at[i] = -1;
	if ((t->name = strdup(seki_in_name(in))) == NULL) {
		seki_in_free(in);
		return seki_err_nomem(err);
	}
	if ((t->csv = seki_csv_open(in, err)) == NULL)
		return -1;
	return as_rules(header(t, err), err);
}

int
seki_chartable_next(struct seki_chartable *t, struct seki_err *err)
{
	size_t n, i;
	int r, text = 0;

	do {
		if ((r = seki_csv_next(t->csv, &t->cell, &n, err)) != 1)
			return as_rules(r, err);
		for (i = 0; i < n; i++)
			text = text || t->cell[i].n > 0;
	} while (!text);
	if (n == t->width)
		return 1;
	seki_err_object(err, t->name);
	return seki_fail(err, SEKI_RULES,
	    _("row %llu: %zu cells where the first row has %zu"),
	    (unsigned long long)seki_csv_row(t->csv), n, t->width);
}

const char *
seki_chartable_cell(const struct seki_chartable *t, size_t col)
{
	return t->at[col] == -1 ? "" : t->cell[t->at[col]].p;
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
	seki_csv_free(t->csv);
	free(t->name);
}
