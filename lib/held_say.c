#include <stdlib.h>

#include "held_int.h"

/* What is wrong with a held record, in words, and the values that are. */

const char *
seki_held_label(const struct seki_held_book *b, const struct seki_plan_col *col)
{
	const struct seki_schema *out = b->plan->out;
	const char *dot = strchr(col->rule->output, '.');
	size_t at;

	if (dot == NULL)
		return out->field[col->out].label;
	at = seki_plan_find(out->field, out->n, col->rule->output,
	    (size_t)(dot - col->rule->output));
	return at == SEKI_NOWHERE ? col->rule->output
				  : out->field[at].sub[col->out].label;
}

static int
more(const struct seki_held_book *b, struct seki_buf *to, struct seki_err *err)
{
	if (b->more == 0)
		return 0;
	return seki_buf_fmt(
	    to, err, _("\nand %llu more"), (unsigned long long)b->more);
}

int
seki_held_reasons(
    const struct seki_held_book *b, struct seki_buf *to, struct seki_err *err)
{
	const struct seki_held_finding *f;
	size_t i;

	for (i = 0; i < b->n; i++) {
		f = &b->found[i];
		if (i > 0 && seki_buf_byte(to, '\n', err) == -1)
			return -1;
		if (f->what.row > 0 &&
		    seki_buf_fmt(to, err, _("row %zu: "), f->what.row) == -1)
			return -1;
		if (seki_buf_fmt(to, err, "%s: %s",
			seki_held_label(b, f->what.col),
			seki_broken_sentence(f->what.code)) == -1 ||
		    (f->nchars > 0 &&
			seki_buf_fmt(to, err, " (%.*s)", (int)f->nchars,
			    b->chars.p + f->chars) == -1))
			return -1;
	}
	return more(b, to, err);
}

/* One line for each row of the rules table. */
int
seki_held_rules(
    const struct seki_held_book *b, struct seki_buf *to, struct seki_err *err)
{
	const struct seki_held_what *w;
	size_t i, k, lines = 0;

	for (i = 0; i < b->n; i++) {
		w = &b->found[i].what;
		for (k = 0; k < i; k++)
			if (b->found[k].what.col == w->col &&
			    strcmp(b->found[k].what.rule, w->rule) == 0)
				break;
		if (k < i)
			continue;
		if (seki_buf_fmt(to, err, _("%srow %llu: %s, %s"),
			lines++ > 0 ? "\n" : "",
			(unsigned long long)w->col->rule->row,
			w->col->rule->output, seki_norm_shown(w->rule)) == -1)
			return -1;
	}
	return 0;
}

/* Is nothing of what the rule reads there?  Then all of it is in question. */
static int
nothing(const struct seki_held_what *w, const struct seki_value *v)
{
	size_t i;

	for (i = 0; i < w->col->nref; i++)
		if (v[w->col->ref[i].field].set)
			return 0;
	return 1;
}

/* What a lookup table does not know waits, whatever else the row says. */
static int
holds(const struct seki_held_what *w)
{
	return w->col->rule->then != SEKI_THEN_KEEP ||
	       strcmp(w->rule, "lookup") == 0;
}

static int
reads(const struct seki_held_what *w, size_t field)
{
	size_t i;

	for (i = 0; i < w->col->nref; i++)
		if (w->col->ref[i].field == field)
			return 1;
	return 0;
}

static int
value(const struct seki_field *f, const struct seki_value *v,
    struct seki_buf *to, struct seki_err *err)
{
	enum seki_shape shape = seki_field_shape(f);

	if (shape == SEKI_S_TABLE)
		return seki_buf_fmt(to, err, _("%zu rows"), v->nrow);
	return v->set ? seki_canon_text(shape, v, to, err) : 0;
}

int
seki_held_cell(const struct seki_held_book *b, const struct seki_record *rec,
    size_t source, int held, struct seki_buf *to, enum seki_look *look,
    struct seki_err *err)
{
	const struct seki_held_source *s = &b->source[source];
	const struct seki_field *f = &b->plan->in->field[s->field];
	const size_t field = s->sub == SEKI_NOWHERE ? s->field : s->sub;
	const struct seki_held_what *w;
	const struct seki_value *v;
	size_t i, done = 0;

	for (i = 0; i < b->n; i++) {
		w = &b->found[i].what;
		if ((w->row > 0) != (s->sub != SEKI_NOWHERE) ||
		    (w->row > 0 && w->table != s->field) || !reads(w, field))
			continue;
		v = w->row > 0 ? rec->v[s->field].row[w->row - 1].v : rec->v;
		if (v[field].set || nothing(w, v)) {
			if (*look != SEKI_LOOK_WRONG)
				*look = held && holds(w) ? SEKI_LOOK_WRONG
							 : SEKI_LOOK_DOUBT;
		} else
			continue;
		/* Of a table, the rows in question; each once. */
		if (w->row > 0 && w->row != done) {
			if (seki_buf_fmt(to, err, _("%srow %zu: "),
				done > 0 ? "\n" : "", w->row) == -1 ||
			    value(&f->sub[field], &v[field], to, err) == -1)
				return -1;
			done = w->row;
		} else if (w->row == 0 && done == 0) {
			if (value(f, &v[field], to, err) == -1)
				return -1;
			done = 1;
		}
	}
	return 0;
}
