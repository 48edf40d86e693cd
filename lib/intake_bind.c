#include <stdlib.h>
#include <string.h>

#include "intake_int.h"

/* The fields of a run: the first layout's, which all others must have. */

static size_t
field_of(const struct seki_intake *t, const char *code)
{
	size_t f;

	for (f = 0; f < t->n; f++)
		if (strcmp(t->field[f].code, code) == 0)
			return f;
	return SEKI_INTAKE_NONE;
}

static int
first_field(struct seki_intake *t, const struct seki_layout_col *c,
    struct seki_err *err)
{
	struct seki_intake_field *f = &t->field[t->n];

	f->code = strdup(c->code);
	f->label = strdup(c->label);
	f->type = c->type;
	f->lines = 0;
	t->n++;
	return f->code == NULL || f->label == NULL ? seki_err_nomem(err) : 0;
}

/* By --key's order, or the layout's rows: key counts from 1, or is 1. */
static void
keys(struct seki_intake *t, const struct seki_layout *l)
{
	size_t i, f;
	int nth, most = 0;

	for (i = 0; i < l->n; i++)
		if (l->col[i].key > most)
			most = l->col[i].key;
	for (nth = 1; nth <= most; nth++)
		for (i = 0; i < l->n; i++) {
			if (l->col[i].key != nth)
				continue;
			f = field_of(t, l->col[i].code);
			t->key[t->nkey++] = f;
		}
}

static int
first(struct seki_intake_at *at, struct seki_err *err)
{
	struct seki_intake *t = at->t;
	const struct seki_layout *l = at->l;
	size_t i;

	t->field = calloc(l->n + 1, sizeof(*t->field));
	t->key = calloc(l->n + 1, sizeof(*t->key));
	t->at = calloc(l->n + 1, sizeof(*t->at));
	if (t->field == NULL || t->key == NULL || t->at == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < l->n; i++)
		if (l->col[i].code[0] != '\0' &&
		    first_field(t, &l->col[i], err) == -1)
			return -1;
	keys(t, l);
	t->first = l->name;
	return 0;
}

static int
other(const struct seki_intake_at *at, const char *code, const char *why,
    struct seki_err *err)
{
	seki_err_field(err, code);
	seki_err_hint(err, "%s",
	    _("read them in two runs, as two streams; or give both layouts "
	      "the same fields: a row without a header makes an empty or "
	      "fixed one"));
	return seki_fail(err, SEKI_CONFIG,
	    _("the layouts %s and %s make different records: %s"), at->t->first,
	    at->l->name, why);
}

static int
is_key(const struct seki_intake *t, size_t f)
{
	size_t i;

	for (i = 0; i < t->nkey; i++)
		if (t->key[i] == f)
			return 1;
	return 0;
}

int
seki_intake_bind(struct seki_intake_at *at, struct seki_err *err)
{
	struct seki_intake *t = at->t;
	const struct seki_layout *l = at->l;
	size_t i, f;

	if (t->field == NULL && first(at, err) == -1)
		return -1;
	t->how.overlap |= l->overlap;
	at->of = calloc(t->n + 1, sizeof(*at->of));
	at->cell = calloc(l->n + 1, sizeof(*at->cell));
	at->place = calloc(l->n + 1, sizeof(*at->place));
	if (at->of == NULL || at->cell == NULL || at->place == NULL)
		return seki_err_nomem(err);
	for (f = 0; f < t->n; f++)
		at->of[f] = SEKI_INTAKE_NONE;
	for (i = 0; i < l->n; i++) {
		const struct seki_layout_col *c = &l->col[i];

		if (c->code[0] == '\0')
			continue;
		if ((f = field_of(t, c->code)) == SEKI_INTAKE_NONE)
			return other(at, c->code, _("a field more"), err);
		if (seki_layout_type(c->type) !=
		    seki_layout_type(t->field[f].type))
			return other(at, c->code, _("another type"), err);
		if ((c->key > 0) != is_key(t, f))
			return other(at, c->code, _("another key"), err);
		at->of[f] = i;
	}
	for (f = 0; f < t->n; f++)
		if (at->of[f] == SEKI_INTAKE_NONE)
			return other(
			    at, t->field[f].code, _("a field less"), err);
	return 0;
}
