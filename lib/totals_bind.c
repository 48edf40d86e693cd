#include <stdlib.h>
#include <string.h>

#include "match_int.h"
#include "norm_int.h"
#include "totals_int.h"

/* A table of totals bound to a form: every field found, by its code or, as
 * people see it, by its label. */

static int
bad(const struct seki_totals *t, uint64_t row, const char *head,
    const char *why, struct seki_err *err)
{
	seki_err_object(err, t->name);
	return row == 0
		   ? seki_fail(err, SEKI_USAGE, "%s: %s", head, why)
		   : seki_fail(err, SEKI_RULES, _("row %llu, column %s: %s"),
			 (unsigned long long)row, head, why);
}

static int
no_field(const struct seki_totals *t, uint64_t row, const char *head,
    const struct seki_schema *s, const char *word, struct seki_err *err)
{
	const char *near = seki_match_near(s, word);
	char why[512];

	(void)snprintf(why, sizeof(why),
	    near == NULL ? _("no field \"%.*s\"")
			 : _("no field \"%.*s\"; did you mean \"%s\"?"),
	    seki_text_cut(word, 80), word, near);
	return bad(t, row, head, why, err);
}

/* By code, else by the label that tables for people have: -1, or -2 on
 * failure. */
static int
find(const struct seki_schema *s, const char *word, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int at = seki_schema_find(s, word, strlen(word));
	size_t i;

	for (i = 0; at == -1 && i < s->n; i++) {
		seki_buf_reset(&b);
		if (seki_schema_label(s, NULL, i, &b, err) == -1)
			at = -2;
		else if (b.n > 0 && strcmp(b.p, word) == 0)
			at = (int)i;
	}
	seki_buf_free(&b);
	return at;
}

/* CODE, or TABLE.CODE when it is to be summed. */
static int
field(const struct seki_totals *t, struct seki_totals_col *c,
    const struct seki_schema *s, uint64_t row, struct seki_err *err)
{
	const char *dot = strchr(c->field, '.');
	int at = find(s, c->field, err);
	const struct seki_field *f;

	c->sub = SIZE_MAX;
	if (at == -1 && dot != NULL && c->kind == SEKI_TOTALS_SUM) {
		at = seki_schema_find(s, c->field, (size_t)(dot - c->field));
		if (at != -1)
			c->sub = seki_plan_find(s->field[at].sub,
			    s->field[at].nsub, dot + 1, strlen(dot + 1));
		if (c->sub == SEKI_NOWHERE)
			at = -1;
	}
	if (at == -2)
		return -1;
	if (at == -1)
		return no_field(t, row, c->head, s, c->field, err);
	c->at = (size_t)at;
	f = &s->field[at];
	c->shape = seki_field_shape(c->sub == SIZE_MAX ? f : &f->sub[c->sub]);
	return 0;
}

static int
period(struct seki_totals *t, struct seki_totals_col *c,
    const struct seki_schema *s, struct seki_err *err)
{
	int at = find(s, t->date, err);

	if (at == -2)
		return -1;
	if (at == -1)
		return no_field(t, t->date_row, "@日付", s, t->date, err);
	c->at = (size_t)at;
	c->shape = seki_field_shape(&s->field[at]);
	if (c->shape == SEKI_S_DATE || c->shape == SEKI_S_DATETIME)
		return 0;
	seki_err_hint(err, "%s",
	    _("make it a date first, with the kind 日付 of seki-normalize"));
	return bad(t, t->date_row, "@日付",
	    _("the field is neither a date nor a date-time"), err);
}

static int
column(struct seki_totals *t, struct seki_totals_col *c,
    const struct seki_schema *s, struct seki_err *err)
{
	if (c->kind == SEKI_TOTALS_COUNT)
		return 0;
	if (c->kind == SEKI_TOTALS_MONTH || c->kind == SEKI_TOTALS_YEAR)
		return period(t, c, s, err);
	if (field(t, c, s, t->head_row, err) == -1)
		return -1;
	if (c->kind == SEKI_TOTALS_SUM && c->shape != SEKI_S_NUMBER)
		return bad(
		    t, t->head_row, c->head, _("the field is no number"), err);
	if (c->kind == SEKI_TOTALS_FIELD && c->shape != SEKI_S_TEXT &&
	    c->shape != SEKI_S_NUMBER && c->shape != SEKI_S_DATE &&
	    c->shape != SEKI_S_CHOICES)
		return bad(t, t->head_row, c->head,
		    _("nothing is grouped by a field of this type"), err);
	return 0;
}

int
seki_totals_bind(
    struct seki_totals *t, const struct seki_schema *s, struct seki_err *err)
{
	struct seki_totals_except *e;
	size_t i;
	int at;

	for (i = 0; i < t->nkey; i++)
		if (column(t, &t->key[i], s, err) == -1)
			return -1;
	for (i = 0; i < t->nfig; i++)
		if (column(t, &t->fig[i], s, err) == -1)
			return -1;
	for (i = 0; i < t->nexcept; i++) {
		e = &t->except[i];
		if ((at = find(s, e->field, err)) == -2)
			return -1;
		if (at == -1)
			return no_field(t, e->row, "@除外", s, e->field, err);
		if (seki_field_shape(&s->field[at]) == SEKI_S_TABLE)
			return bad(t, e->row, "@除外",
			    _("a table has no value of its own"), err);
		e->at = (size_t)at;
	}
	return 0;
}
