#include <stdarg.h>
#include <stdio.h>

#include "explain.h"

static void say(struct seki_explain *, const char *)
    __attribute__((nonnull(1, 2)));

static void
say(struct seki_explain *e, const char *s)
{
	if (!e->failed && seki_buf_str(&e->text, s, &e->err) == -1)
		e->failed = 1;
}

static void
number(struct seki_explain *e, unsigned long long n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", n);
	say(e, text);
}

/* A value stays on its line: line ends are shown as \n. */
static void
value(struct seki_explain *e, const struct seki_value *v)
{
	size_t i;
	int r = 0;

	if (v == NULL || !v->set) {
		say(e, _("(empty)"));
		say(e, "\n");
		return;
	}
	for (i = 0; r == 0 && !e->failed && i < v->n; i++)
		r = v->p[i] == '\n' ? seki_buf_str(&e->text, "\\n", &e->err)
				    : seki_buf_byte(&e->text, v->p[i], &e->err);
	if (r == -1)
		e->failed = 1;
	say(e, "\n");
}

static void
step(struct seki_explain *e, const char *what)
{
	say(e, "    ");
	say(e, what);
	say(e, ": ");
}

static void
heading(struct seki_explain *e, const struct seki_plan_col *col, size_t row)
{
	const struct seki_rule *rule = col->rule;

	say(e, rule->output);
	if (row > 0) {
		say(e, "[");
		number(e, row);
		say(e, "]");
	}
	say(e, "  (");
	say(e, _("rules table, row"));
	say(e, " ");
	number(e, rule->row);
	if (rule->when != NULL) {
		say(e, ", ");
		say(e, rule->when);
		say(e, "=");
		say(e, rule->is[0]);
		say(e, rule->is[1] == NULL ? "" : "|…");
	}
	say(e, ")\n");
}

void
seki_explain_sources(struct seki_explain *e, const struct seki_plan_col *col,
    size_t table, size_t row, const struct seki_value *in,
    const struct seki_value *chosen)
{
	const struct seki_field *f;
	const struct seki_value *v;
	size_t i;

	if (e == NULL)
		return;
	f = row > 0 ? e->plan->in->field[table].sub : e->plan->in->field;
	heading(e, col, row);
	for (i = 0; i < col->nref; i++) {
		if (col->ref[i].text != NULL)
			continue;
		v = &in[col->ref[i].field];
		step(e, f[col->ref[i].field].code);
		if (seki_plan_scalar(&f[col->ref[i].field]))
			value(e, v);
		else
			say(e, _("a list or table, carried on as it is\n"));
	}
	if (col->nref > 1 || col->ref[0].text != NULL) {
		step(e, _("chosen"));
		value(e, chosen);
	}
}

void
seki_explain_lookup(struct seki_explain *e, const struct seki_rule *rule,
    int hit, const struct seki_lookup_row *row)
{
	if (e == NULL)
		return;
	step(e, rule->lookup->name);
	if (row == NULL) {
		say(e, hit == SEKI_LOOKUP_MANY
			   ? _("rows that differ are alike to it\n")
			   : _("has no row for it\n"));
		if (rule->miss == SEKI_MISS_KEEP) {
			say(e, "    ");
			say(e, _("it stays as it is\n"));
		}
		return;
	}
	say(e, _("row"));
	say(e, " ");
	number(e, row->row);
	say(e, hit == SEKI_LOOKUP_EXACT ? _(", the same") : _(", alike"));
	say(e, " → ");
	say(e, row->to[0] == '\0' ? _("(empty)") : row->to);
	say(e, "\n");
}

void
seki_explain_kind(struct seki_explain *e, const struct seki_rule *rule,
    const struct seki_value *from, const struct seki_value *to)
{
	if (e == NULL || rule->kind->fn == NULL)
		return;
	step(e, rule->kind->name);
	if (to->set && from->n == to->n && memcmp(from->p, to->p, to->n) == 0)
		say(e, _("unchanged\n"));
	else
		value(e, to);
}

void
seki_explain_default(struct seki_explain *e)
{
	if (e == NULL)
		return;
	say(e, "    ");
	say(e, _("empty: the default stands there\n"));
}

void
seki_explain_broken(struct seki_explain *e, const struct seki_rule *rule,
    const char *name, enum seki_broken code)
{
	if (e == NULL)
		return;
	step(e, name);
	say(e, seki_broken_sentence(code));
	say(e, " (");
	say(e, seki_broken_word(code));
	say(e, rule->then == SEKI_THEN_KEEP   ? _("): kept, with a flag\n")
	       : rule->then == SEKI_THEN_STOP ? _("): the run stops here\n")
					      : _("): the record is held\n"));
}

void
seki_explain_none(struct seki_explain *e, const struct seki_plan_col *col)
{
	if (e == NULL)
		return;
	say(e, col->rule->output);
	say(e, "\n    ");
	say(e, _("no row's condition holds\n"));
}

void
seki_explain_result(struct seki_explain *e, const struct seki_value *v)
{
	if (e == NULL)
		return;
	say(e, "    = ");
	value(e, v);
}
