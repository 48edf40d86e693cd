#include <stdlib.h>

#include <jansson.h>

#include "norm_int.h"

/* What differs between two tables, in words. */

#define NONE SIZE_MAX

/* Both tables, row for row: what the new one's row was, unless it is new. */
struct pairs {
	const json_t *was;
	json_t *is;
	size_t nwas, nis;
	size_t *from; /* of each new row; NONE */
	char *taken;  /* of each old row: it is one of them */
	char *stays;  /* of each new row: the order of those did not change */
};

struct differ {
	struct pairs p;
	const struct seki_rules *rules; /* the new table */
	int english, n;
	seki_rules_told *told;
	void *ctx;
	struct seki_buf words, a, b;
};

static const char *
cell(const json_t *row, int col)
{
	const char *s =
	    json_string_value(json_object_get(row, seki_rules_en[col]));

	return s == NULL ? "" : s;
}

static const char *
output(const json_t *row)
{
	return cell(row, SEKI_COL_OUTPUT);
}

/* Rows of one output are one row; where there are several, first those that
 * did not change. */
static void
pair(struct pairs *p, int equal)
{
	const json_t *row, *old;
	size_t i, k;

	for (i = 0; i < p->nis; i++) {
		row = json_array_get(p->is, i);
		for (k = 0; p->from[i] == NONE && k < p->nwas; k++) {
			old = json_array_get(p->was, k);
			if (p->taken[k] ||
			    strcmp(output(row), output(old)) != 0 ||
			    (equal && !json_equal(row, old)))
				continue;
			p->from[i] = k;
			p->taken[k] = 1;
		}
	}
}

/* The longest run of rows that are still in order: all others moved.  len and
 * back are of each new row. */
static void
order(struct pairs *p, size_t *len, size_t *back)
{
	size_t i, k, end = NONE;

	for (i = 0; i < p->nis; i++) {
		len[i] = p->from[i] == NONE ? 0 : 1;
		back[i] = NONE;
		for (k = 0; len[i] > 0 && k < i; k++)
			if (len[k] >= len[i] && p->from[k] < p->from[i]) {
				len[i] = len[k] + 1;
				back[i] = k;
			}
		if (len[i] > 0 && (end == NONE || len[i] > len[end]))
			end = i;
	}
	for (; end != NONE; end = back[end])
		p->stays[end] = 1;
}

static int
pairs(struct pairs *p, struct seki_err *err)
{
	size_t *work = calloc(2 * p->nis + 1, sizeof(*work)), i;

	p->from = calloc(p->nis + 1, sizeof(*p->from));
	p->taken = calloc(p->nwas + 1, 1);
	p->stays = calloc(p->nis + 1, 1);
	if (work == NULL || p->from == NULL || p->taken == NULL ||
	    p->stays == NULL) {
		free(work);
		return seki_err_nomem(err);
	}
	for (i = 0; i < p->nis; i++)
		p->from[i] = NONE;
	pair(p, 1);
	pair(p, 0);
	order(p, work, work + p->nis);
	free(work);
	return 0;
}

static int
tell(struct differ *d, struct seki_rules_change *c, struct seki_err *err)
{
	c->words = d->words.p;
	d->n++;
	return d->told == NULL ? 0 : d->told(d->ctx, c, err);
}

static const char *
head(const struct differ *d, int col)
{
	return d->english ? seki_rules_en[col] : seki_rules_ja[col];
}

/* "source "a+b", kind "date"": all that the row says. */
static int
all(struct differ *d, const json_t *row, struct seki_err *err)
{
	const char *s;
	int i;

	seki_buf_reset(&d->a);
	for (i = 0; i < SEKI_COL_COUNT; i++) {
		s = cell(row, i);
		if (i == SEKI_COL_OUTPUT || s[0] == '\0' ||
		    (i == SEKI_COL_SOURCE && strcmp(s, output(row)) == 0))
			continue;
		seki_buf_reset(&d->b);
		if (seki_rules_say((enum seki_rules_col)i, s, d->english, &d->b,
			err) == -1 ||
		    seki_buf_fmt(&d->a, err, _("%s%s %s"),
			d->a.n == 0 ? "" : _(", "), head(d, i), d->b.p) == -1)
			return -1;
	}
	return 0;
}

static int
came(struct differ *d, size_t i, struct seki_err *err)
{
	const json_t *row = json_array_get(d->p.is, i);
	struct seki_rules_change c = { "added", output(row),
		d->rules->rule[i].row, "", "", "", NULL };

	seki_buf_reset(&d->words);
	if (all(d, row, err) == -1 ||
	    seki_buf_fmt(&d->words, err, _("row %llu, %s: added: %s"), c.row,
		c.output, d->a.p) == -1)
		return -1;
	return tell(d, &c, err);
}

static int
went(struct differ *d, size_t k, struct seki_err *err)
{
	const json_t *row = json_array_get(d->p.was, k);
	struct seki_rules_change c = { "removed", output(row), 0, "", "", "",
		NULL };

	seki_buf_reset(&d->words);
	if (all(d, row, err) == -1 ||
	    seki_buf_fmt(&d->words, err, _("%s: removed; it was: %s"), c.output,
		d->a.p) == -1)
		return -1;
	return tell(d, &c, err);
}

static int
changed(struct differ *d, size_t i, int col, const char *was, const char *now,
    struct seki_err *err)
{
	struct seki_rules_change c = { "changed",
		output(json_array_get(d->p.is, i)), d->rules->rule[i].row,
		seki_rules_en[col], was, now, NULL };

	seki_buf_reset(&d->words);
	seki_buf_reset(&d->a);
	seki_buf_reset(&d->b);
	if (seki_rules_say(
		(enum seki_rules_col)col, was, d->english, &d->a, err) == -1 ||
	    seki_rules_say(
		(enum seki_rules_col)col, now, d->english, &d->b, err) == -1 ||
	    seki_buf_fmt(&d->words, err,
		/* TRANSLATORS: row, output, column, what it was and is */
		_("row %llu, %s: %s: %s becomes %s"), c.row, c.output,
		head(d, col), d->a.p, d->b.p) == -1)
		return -1;
	return tell(d, &c, err);
}

static int
moved(struct differ *d, size_t i, struct seki_err *err)
{
	struct seki_rules_change c = { "moved",
		output(json_array_get(d->p.is, i)), d->rules->rule[i].row, "",
		"", "", NULL };
	int r;

	seki_buf_reset(&d->words);
	r = i == 0 ? seki_buf_fmt(&d->words, err,
			 _("row %llu, %s: moved, now first"), c.row, c.output)
		   : seki_buf_fmt(&d->words, err,
			 _("row %llu, %s: moved, now behind %s"), c.row,
			 c.output, output(json_array_get(d->p.is, i - 1)));
	return r == -1 ? -1 : tell(d, &c, err);
}

static int
stayed(struct differ *d, size_t i, struct seki_err *err)
{
	const json_t *old = json_array_get(d->p.was, d->p.from[i]);
	const json_t *new = json_array_get(d->p.is, i);
	int col;

	for (col = 0; col < SEKI_COL_COUNT; col++)
		if (strcmp(cell(old, col), cell(new, col)) != 0 &&
		    changed(d, i, col, cell(old, col), cell(new, col), err) ==
			-1)
			return -1;
	return d->p.stays[i] ? 0 : moved(d, i, err);
}

static int
rows(struct differ *d, struct seki_err *err)
{
	size_t i;

	if (pairs(&d->p, err) == -1)
		return -1;
	for (i = 0; i < d->p.nis; i++)
		if ((d->p.from[i] == NONE ? came(d, i, err)
					  : stayed(d, i, err)) == -1)
			return -1;
	for (i = 0; i < d->p.nwas; i++)
		if (!d->p.taken[i] && went(d, i, err) == -1)
			return -1;
	return 0;
}

int
seki_rules_compare(const json_t *was, const struct seki_rules *is, int english,
    seki_rules_told *told, void *ctx, struct seki_err *err)
{
	struct differ d = {
		.rules = is, .english = english, .told = told, .ctx = ctx
	};
	int r = -1;

	d.p.was = was;
	d.p.nwas = json_array_size(was);
	if ((d.p.is = seki_rules_rows(is, err)) != NULL) {
		d.p.nis = json_array_size(d.p.is);
		r = rows(&d, err);
	}
	json_decref(d.p.is);
	free(d.p.from);
	free(d.p.taken);
	free(d.p.stays);
	seki_buf_free(&d.words);
	seki_buf_free(&d.a);
	seki_buf_free(&d.b);
	return r == -1 ? -1 : d.n;
}

int
seki_rules_diff(const struct seki_rules *was, const struct seki_rules *is,
    int english, seki_rules_told *told, void *ctx, struct seki_err *err)
{
	json_t *rows_was = seki_rules_rows(was, err);
	int r;

	if (rows_was == NULL)
		return -1;
	r = seki_rules_compare(rows_was, is, english, told, ctx, err);
	json_decref(rows_was);
	return r;
}
