#include <stdlib.h>
#include <string.h>

#include "match_int.h"
#include "norm_int.h"

/* The checks bound to a form: every field found, or SEKI_RULES. */

/* What the output has more than the input. */
#define VERDICT "判定"
#define REASONS "判定理由"
#define FINDINGS "照合結果"
static const struct {
	const char *code;
	enum seki_type type;
} columns[] = { { "照合", SEKI_T_SINGLE_LINE_TEXT },
	{ "項目", SEKI_T_SINGLE_LINE_TEXT },
	{ "結果", SEKI_T_SINGLE_LINE_TEXT },
	{ "重大度", SEKI_T_SINGLE_LINE_TEXT }, { "値", SEKI_T_MULTI_LINE_TEXT },
	{ "台帳の値", SEKI_T_MULTI_LINE_TEXT },
	{ "前回の値", SEKI_T_MULTI_LINE_TEXT },
	{ "台帳", SEKI_T_SINGLE_LINE_TEXT },
	{ "台帳の行", SEKI_T_SINGLE_LINE_TEXT }, { "規則の行", SEKI_T_NUMBER },
	{ "メッセージ", SEKI_T_MULTI_LINE_TEXT } };

static int
no_field(const struct seki_match *m, const struct seki_match_check *c,
    const char *what, const char *code, struct seki_err *err)
{
	const char *near = seki_match_near(m->in, code);

	seki_err_object(err, m->rules->name);
	return seki_fail(err, SEKI_RULES,
	    near == NULL
		? _("row %llu, column %s: the form has no field \"%.*s\"")
		: _("row %llu, column %s: the form has no field \"%.*s\"; did "
		    "you mean \"%s\"?"),
	    (unsigned long long)c->row, what, seki_text_cut(code, 80), code,
	    near);
}

/* CODE, or TABLE.CODE when sub may be: then the sum over its rows is meant. */
static int
field(const struct seki_match *m, const struct seki_match_check *c,
    const char *what, const char *code, size_t *at, size_t *sub,
    struct seki_err *err)
{
	const char *dot = strchr(code, '.');
	int i = seki_schema_find(m->in, code, strlen(code));
	size_t k;

	if (sub != NULL)
		*sub = SIZE_MAX;
	if (i == -1 && dot != NULL && sub != NULL) {
		i = seki_schema_find(m->in, code, (size_t)(dot - code));
		if (i == -1)
			return no_field(m, c, what, code, err);
		k = seki_plan_find(m->in->field[i].sub, m->in->field[i].nsub,
		    dot + 1, strlen(dot + 1));
		if (k == SEKI_NOWHERE)
			return no_field(m, c, what, code, err);
		*sub = k;
	}
	if (i == -1)
		return no_field(m, c, what, code, err);
	*at = (size_t)i;
	return 0;
}

static int
numeric(const struct seki_match_check *c)
{
	return c->how == SEKI_HOW_NUMBER || c->how == SEKI_HOW_MOST ||
	       c->how == SEKI_HOW_LEAST;
}

static int
one(struct seki_match *m, struct seki_match_check *c, struct seki_err *err)
{
	size_t i, k, *sub = numeric(c) ? &c->sub : NULL;

	c->at = c->sub = c->when_at = SIZE_MAX;
	if (c->field[0] != '\0' &&
	    field(m, c, "項目", c->field, &c->at, sub, err) == -1)
		return -1;
	if (c->when != NULL &&
	    field(m, c, "条件", c->when, &c->when_at, NULL, err) == -1)
		return -1;
	for (i = 0; i < c->nalt; i++)
		for (k = 0; k < c->alt[i].n; k++)
			if (field(m, c, "鍵", c->alt[i].part[k].field,
				&c->alt[i].part[k].at, NULL, err) == -1)
				return -1;
	for (i = 0; c->from == SIZE_MAX && i < c->nfactor; i++)
		if (c->factor[i].number == NULL &&
		    field(m, c, "台帳項目", c->factor[i].name, &c->factor[i].at,
			numeric(c) ? &c->factor[i].sub : NULL, err) == -1)
			return -1;
	return 0;
}

/* Checks that look a record up by one key share the lookup: an empty key cell
 * repeats the row above. */
static int
lookups(struct seki_match *m, struct seki_err *err)
{
	struct seki_match_check *c, *k;
	struct seki_match_lookup *l;
	size_t i;

	for (i = 0; i < m->rules->n; i++) {
		c = &m->rules->check[i];
		c->lookup = SIZE_MAX;
		if (c->master[0] == '\0')
			continue;
		for (k = c; c->nalt == 0 && k-- > m->rules->check;)
			if (strcmp(k->master, c->master) == 0) {
				c->lookup = k->lookup;
				break;
			}
		if (c->nalt == 0)
			continue;
		l = reallocarray(m->lookup, m->nlookup + 1, sizeof(*l));
		if (l == NULL)
			return seki_err_nomem(err);
		m->lookup = l;
		l += m->nlookup;
		memset(l, 0, sizeof(*l));
		l->master = c->from;
		l->check = c;
		c->lookup = m->nlookup++;
		if (l->master != SIZE_MAX &&
		    seki_lookup_index(m, c->lookup, err) == -1)
			return -1;
	}
	return 0;
}

static int
add(struct seki_match *m, const char *code, enum seki_type type, size_t *at,
    struct seki_err *err)
{
	if (seki_schema_find(m->in, code, strlen(code)) != -1) {
		seki_err_hint(err, "%s",
		    _("the stream was matched before; match the one before "
		      "that, or leave the field out with seki-normalize"));
		return seki_fail(err, SEKI_RULES,
		    _("the form has a field \"%s\" already"), code);
	}
	*at = m->out->n;
	return seki_schema_add(
		   m->out, NULL, code, code, type, SEKI_C_NUMBER, err) == NULL
		   ? -1
		   : 0;
}

static int
output(struct seki_match *m, struct seki_err *err)
{
	size_t i;

	if ((m->out = seki_schema_copy(m->in, err)) == NULL ||
	    add(m, VERDICT, SEKI_T_SINGLE_LINE_TEXT, &m->verdict, err) == -1 ||
	    add(m, REASONS, SEKI_T_MULTI_LINE_TEXT, &m->reasons, err) == -1 ||
	    add(m, FINDINGS, SEKI_T_SUBTABLE, &m->findings, err) == -1)
		return -1;
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (seki_schema_add(m->out, &m->out->field[m->findings],
			columns[i].code, columns[i].code, columns[i].type,
			SEKI_C_NUMBER, err) == NULL)
			return -1;
	return seki_schema_finish(m->out, err);
}

int
seki_match_bind(struct seki_match *m, struct seki_err *err)
{
	const char *const *s = m->how->show;
	size_t i;

	for (i = 0; i < m->rules->n; i++)
		if (one(m, &m->rules->check[i], err) == -1)
			return -1;
	for (; s != NULL && *s != NULL; s++)
		if (seki_schema_find(m->in, *s, strlen(*s)) == -1)
			return seki_fail(err, SEKI_USAGE,
			    _("--show: the form has no field \"%.*s\""),
			    seki_text_cut(*s, 80), *s);
	return lookups(m, err) == -1 ? -1 : output(m, err);
}

/* Sums are of what is there: an empty cell adds nothing. */
static int
sum(const struct seki_value *table, size_t sub, struct seki_buf *b,
    struct seki_err *err)
{
	struct seki_dec total, add_;
	size_t i;
	int r = seki_dec_init(&total, err);

	if (r == -1)
		return -1;
	if ((r = seki_dec_init(&add_, err)) == 0) {
		for (i = 0; r == 0 && i < table->nrow; i++) {
			const struct seki_value *v = &table->row[i].v[sub];

			if (v->set &&
			    (r = seki_dec_set(&add_, v->p, v->n, err)) == 0)
				r = seki_dec_add(&total, &add_, err);
			r = r == 1 ? 0 : r;
		}
		seki_dec_release(&add_);
	}
	if (r == 0)
		r = seki_dec_text(&total, b, err);
	seki_dec_release(&total);
	return r;
}

int
seki_match_text(const struct seki_schema *s, const struct seki_record *rec,
    size_t at, size_t sub, struct seki_buf *b, struct seki_err *err)
{
	const struct seki_field *f = &s->field[at];
	enum seki_shape shape = seki_field_shape(f);

	if (seki_buf_room(b, 0, err) == -1)
		return -1;
	if (sub != SIZE_MAX)
		return sum(&rec->v[at], sub, b, err);
	if (!rec->v[at].set || shape == SEKI_S_TABLE)
		return 0;
	return seki_canon_text(shape, &rec->v[at], b, err);
}

int
seki_match_key(struct seki_match *m, const struct seki_match_alt *alt,
    const struct seki_record *rec, struct seki_buf *b, struct seki_err *err)
{
	size_t i, start;

	seki_buf_reset(b);
	for (i = 0; i < alt->n; i++) {
		start = b->n;
		seki_buf_reset(&m->text);
		if (seki_match_text(m->in, rec, alt->part[i].at, SIZE_MAX,
			&m->text, err) == -1 ||
		    seki_match_fold(alt->part[i].how, m->fold, m->text.p,
			m->text.n, b, err) == -1)
			return -1;
		if (b->n == start)
			return 1;
		if (seki_buf_byte(b, '\x1F', err) == -1)
			return -1;
	}
	return 0;
}
