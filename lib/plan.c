#include <stdlib.h>

#include <jansson.h>

#include "norm_int.h"

/* A rules table bound to a form: what comes out, and from where. */
static int
joined(const struct seki_plan_col *col)
{
	size_t i;

	for (i = 1; i < col->nref; i++)
		if (col->ref[i].alt == col->ref[i - 1].alt)
			return 1;
	return 0;
}

/* The field of a reference; of a text in quotes NULL. */
static const struct seki_field *
field_of(const struct seki_bind *b, const struct seki_plan_ref *ref)
{
	return ref->field == SEKI_NOWHERE ? NULL : &b->list[ref->field];
}

static const struct seki_field *
first_field(const struct seki_bind *b, const struct seki_plan_col *col)
{
	const struct seki_field *f = NULL;
	size_t i;

	for (i = 0; f == NULL && i < col->nref; i++)
		f = field_of(b, &col->ref[i]);
	return f;
}

static int
long_text(enum seki_type type)
{
	return type == SEKI_T_MULTI_LINE_TEXT || type == SEKI_T_RICH_TEXT;
}

/* A text kind leaves a text what it is; from several it makes a plain one. */
static enum seki_type
text_type(const struct seki_bind *b, const struct seki_plan_col *col)
{
	const struct seki_field *first = field_of(b, &col->ref[0]), *f;
	int same = first != NULL && seki_field_shape(first) == SEKI_S_TEXT &&
		   first->type != SEKI_T_ID;
	int multi = 0;
	size_t i;

	for (i = 0; i < col->nref; i++) {
		f = field_of(b, &col->ref[i]);
		same = same && f != NULL && f->type == first->type;
		multi = multi || (f != NULL && long_text(f->type));
	}
	if (same)
		return first->type;
	return multi ? SEKI_T_MULTI_LINE_TEXT : SEKI_T_SINGLE_LINE_TEXT;
}

static int
check_keep(const struct seki_bind *b, const struct seki_plan_col *col,
    struct seki_err *err)
{
	const struct seki_rule *r = b->rule;
	const struct seki_field *a = field_of(b, &col->ref[0]), *f;
	enum seki_shape shape = a == NULL ? SEKI_S_TEXT : seki_field_shape(a);
	size_t i;

	for (i = 0; i < col->nref; i++)
		if (field_of(b, &col->ref[i]) == NULL)
			return seki_plan_bad(b, SEKI_COL_SOURCE, err,
			    _("keep takes no text in quotes; the kind text "
			      "does"),
			    NULL, NULL);
	if (joined(col))
		return seki_plan_bad(b, SEKI_COL_SOURCE, err,
		    _("keep joins nothing; the kind text does"), NULL, NULL);
	for (i = 1; i < col->nref; i++) {
		f = field_of(b, &col->ref[i]);
		if (f->type != a->type || f->calc != a->calc ||
		    shape == SEKI_S_TABLE)
			return seki_plan_bad(b, SEKI_COL_SOURCE, err,
			    _("keep needs sources of one type"), NULL, NULL);
	}
	if (!seki_plan_scalar(a) && (r->instead != NULL || r->most != SIZE_MAX))
		return seki_plan_bad(b, SEKI_COL_KIND, err,
		    _("a list or table has neither length nor default"), NULL,
		    NULL);
	if (r->instead != NULL &&
	    seki_value_check(shape, r->instead, strlen(r->instead)) != NULL)
		return seki_plan_bad(b, SEKI_COL_DEFAULT, err,
		    _("the default is not of the field's type"), NULL, NULL);
	return 0;
}

static int
check_kind(const struct seki_bind *b, const struct seki_plan_col *col,
    struct seki_err *err)
{
	const struct seki_norm_kind *kind = b->rule->kind;
	const struct seki_field *f;
	char why[160];
	size_t i;

	for (i = 0; i < col->nref; i++) {
		if ((f = field_of(b, &col->ref[i])) == NULL ||
		    (kind->from & 1U << seki_field_shape(f)) != 0)
			continue;
		(void)snprintf(why, sizeof(why),
		    _("the kind %s cannot read a field of type %s; keep "
		      "carries it on"),
		    kind->name, seki_type_word(f->type));
		return seki_plan_bad(b, SEKI_COL_KIND, err, why, f->code, NULL);
	}
	if (kind->joiner == NULL && joined(col))
		return seki_plan_bad(b, SEKI_COL_SOURCE, err,
		    _("this kind joins nothing"), kind->name, NULL);
	if (b->rule->then == SEKI_THEN_KEEP && !b->rule->original &&
	    kind->to != SEKI_T_NONE && kind->to != SEKI_T_SINGLE_LINE_TEXT)
		return seki_plan_bad(b, SEKI_COL_ON_BROKEN, err,
		    _("a value that breaks this kind cannot stay in its "
		      "field: set keep-original to yes, too"),
		    kind->name, NULL);
	return 0;
}

/* The type of what comes out, and its format. */
static enum seki_type
type_of(const struct seki_bind *b, const struct seki_plan_col *col)
{
	const struct seki_field *first = field_of(b, &col->ref[0]);
	enum seki_type type =
	    first == NULL ? SEKI_T_SINGLE_LINE_TEXT : first->type;

	if (b->rule->kind->to != SEKI_T_NONE)
		return b->rule->kind->to;
	if (b->rule->kind->fn != NULL)
		return text_type(b, col);
	/* Others take the one __ID__ of a form for its key. */
	if (type == SEKI_T_ID && strcmp(b->rule->output, "$id") != 0)
		return SEKI_T_SINGLE_LINE_TEXT;
	if (type == SEKI_T_REVISION &&
	    strcmp(b->rule->output, "$revision") != 0)
		return SEKI_T_NUMBER;
	return type;
}

/* Append a field to what comes out; its index, or SEKI_NOWHERE. */
static size_t
append(struct seki_bind *b, size_t parent, const char *code, const char *label,
    enum seki_type type, enum seki_calc calc, struct seki_err *err)
{
	struct seki_schema *out = b->plan->out;
	struct seki_field *p =
	    parent == SEKI_NOWHERE ? NULL : &out->field[parent];
	const struct seki_field *list = p == NULL ? out->field : p->sub;
	size_t n = p == NULL ? out->n : p->nsub;

	if (seki_plan_find(list, n, code, strlen(code)) != SEKI_NOWHERE) {
		(void)seki_plan_bad(b, SEKI_COL_OUTPUT, err,
		    _("two rows make the same output"), code, NULL);
		return SEKI_NOWHERE;
	}
	if (seki_schema_add(out, p, code, label, type, calc, err) == NULL)
		return SEKI_NOWHERE;
	return n;
}

static size_t
beside(struct seki_bind *b, size_t parent, const char *code, const char *label,
    const char *suffix, const char *mark, enum seki_type type,
    struct seki_err *err)
{
	struct seki_buf c = SEKI_BUF_INIT, l = SEKI_BUF_INIT;
	size_t i = SEKI_NOWHERE;

	if (seki_buf_fmt(&c, err, "%s%s", code, suffix) == 0 &&
	    seki_buf_fmt(&l, err, "%s（%s）", label, mark) == 0)
		i = append(b, parent, c.p, l.p, type, SEKI_C_NUMBER, err);
	seki_buf_free(&c);
	seki_buf_free(&l);
	return i;
}

/* Where the rule says so, the value's original and what was wrong with it. */
static int
make_beside(struct seki_bind *b, size_t parent, const char *label,
    struct seki_plan_col *col, struct seki_err *err)
{
	const struct seki_rule *r = b->rule;
	const struct seki_field *f;
	const char *code = strchr(r->output, '.');
	enum seki_type type = SEKI_T_SINGLE_LINE_TEXT;
	size_t i;

	code = code == NULL ? r->output : code + 1;
	for (i = 0; i < col->nref; i++)
		if ((f = field_of(b, &col->ref[i])) != NULL &&
		    long_text(f->type))
			type = SEKI_T_MULTI_LINE_TEXT;
	if (r->original && col->original == SEKI_NOWHERE &&
	    (col->original = beside(b, parent, code, label, "_原値", "原値",
		 type, err)) == SEKI_NOWHERE)
		return -1;
	if (r->then == SEKI_THEN_KEEP && col->flag == SEKI_NOWHERE &&
	    (col->flag = beside(b, parent, code, label, "_不備", "不備",
		 SEKI_T_SINGLE_LINE_TEXT, err)) == SEKI_NOWHERE)
		return -1;
	return 0;
}

/* The column's own field and those beside it. */
static int
make(struct seki_bind *b, size_t parent, struct seki_plan_col *col,
    struct seki_err *err)
{
	const struct seki_rule *r = b->rule;
	const struct seki_field *from = first_field(b, col);
	const char *code = strchr(r->output, '.'), *label = r->label;
	enum seki_type type = type_of(b, col);
	size_t i;

	code = code == NULL ? r->output : code + 1;
	if (label[0] == '\0')
		label = from == NULL ? code : from->label;
	col->out = append(b, parent, code, label, type,
	    from == NULL ? SEKI_C_NUMBER : from->calc, err);
	if (col->out == SEKI_NOWHERE)
		return -1;
	if (type == SEKI_T_SUBTABLE)
		for (i = 0; i < from->nsub; i++)
			if (append(b, col->out, from->sub[i].code,
				from->sub[i].label, from->sub[i].type,
				from->sub[i].calc, err) == SEKI_NOWHERE)
				return -1;
	return make_beside(b, parent, label, col, err);
}

/* One more row for an output: into the same fields, and of their type. */
static int
join(struct seki_bind *b, size_t parent, struct seki_plan_col *list,
    struct seki_plan_col *col, struct seki_err *err)
{
	struct seki_schema *out = b->plan->out;
	struct seki_plan_col *first = &list[col->group];
	const struct seki_field *f = parent == SEKI_NOWHERE
					 ? &out->field[first->out]
					 : &out->field[parent].sub[first->out];
	char label[512];

	if (type_of(b, col) != f->type || f->type == SEKI_T_SUBTABLE)
		return seki_plan_bad(b, SEKI_COL_KIND, err,
		    _("rows of one output make fields of one type, and no "
		      "tables"),
		    b->rule->kind->name, NULL);
	(void)snprintf(label, sizeof(label), "%.*s",
	    (int)seki_text_cut(f->label, 400), f->label);
	col->out = first->out;
	col->original = first->original;
	col->flag = first->flag;
	if (make_beside(b, parent, label, col, err) == -1)
		return -1;
	first->original = col->original;
	first->flag = col->flag;
	return 0;
}

/* The group of the last column of the list. */
static void
group(struct seki_plan_col *list, size_t n)
{
	struct seki_plan_col *col = &list[n - 1];
	size_t i;

	col->group = n - 1;
	col->last = 1;
	col->original = col->flag = SEKI_NOWHERE;
	for (i = 0; i + 1 < n; i++)
		if (strcmp(list[i].rule->output, col->rule->output) == 0) {
			if (col->group == n - 1)
				col->group = i;
			list[i].last = 0;
		}
}

static struct seki_plan_col *
new_col(struct seki_plan_col **list, size_t *n, const struct seki_rule *rule,
    struct seki_err *err)
{
	struct seki_plan_col *c = reallocarray(*list, *n + 1, sizeof(*c));

	if (c != NULL) {
		*list = c;
		c += (*n)++;
		memset(c, 0, sizeof(*c));
		c->rule = rule;
		c->count = calloc(SEKI_B_COUNT, sizeof(*c->count));
	}
	if (c == NULL || c->count == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	return c;
}

/* The output table of TABLE.CODE; made with the first of its rows. */
static struct seki_plan_table *
table(struct seki_bind *b, struct seki_err *err)
{
	struct seki_plan *p = b->plan;
	const char *dot = strchr(b->rule->output, '.');
	size_t len = (size_t)(dot - b->rule->output), from, i;
	struct seki_plan_table *t;
	char code[520];

	from =
	    seki_plan_find(p->in->field, p->in->n, b->table, strlen(b->table));
	for (i = 0; i < p->ntable; i++) {
		t = &p->table[i];
		if (seki_plan_find(
			&p->out->field[t->to], 1, b->rule->output, len) != 0)
			continue;
		if (t->from == from)
			return t;
		(void)seki_plan_bad(b, SEKI_COL_SOURCE, err,
		    _("all fields of a table come from one table"), NULL, NULL);
		return NULL;
	}
	if ((t = reallocarray(p->table, p->ntable + 1, sizeof(*t))) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	p->table = t;
	t += p->ntable;
	memset(t, 0, sizeof(*t));
	(void)snprintf(code, sizeof(code), "%.*s", (int)len, b->rule->output);
	t->from = from;
	t->to = append(b, SEKI_NOWHERE, code, p->in->field[from].label,
	    SEKI_T_SUBTABLE, SEKI_C_NUMBER, err);
	if (t->to == SEKI_NOWHERE)
		return NULL;
	p->ntable++;
	return t;
}

/* The key, $id and $revision are carried on as they are. */
static int
check_carried(const struct seki_bind *b, const struct seki_plan_col *col,
    struct seki_err *err)
{
	const char *out = b->rule->output;

	if (strcmp(out, "$id") != 0 && strcmp(out, "$revision") != 0 &&
	    strcmp(out, b->plan->in->key) != 0)
		return 0;
	if (b->rule->kind->fn == NULL && col->nref == 1 &&
	    b->rule->when == NULL &&
	    strcmp(b->list[col->ref[0].field].code, out) == 0)
		return 0;
	return seki_plan_bad(b, SEKI_COL_OUTPUT, err,
	    _("no rule may change the key, $id or $revision"), out, NULL);
}

/* A field of a table is made from one of it, or nobody knows of which. */
static int
in_table(const struct seki_bind *b, const struct seki_plan_col *col,
    struct seki_err *err)
{
	if (strchr(b->rule->output, '.') == NULL || first_field(b, col) != NULL)
		return 0;
	return seki_plan_bad(b, SEKI_COL_SOURCE, err,
	    _("an output inside a table is made from fields of a table, "
	      "written TABLE.CODE"),
	    NULL, NULL);
}

static int
bind(struct seki_plan *p, const struct seki_rule *rule, struct seki_err *err)
{
	struct seki_bind b = {
		.plan = p, .rule = rule, .list = p->in->field, .nlist = p->in->n
	};
	struct seki_plan_col *col, *list, probe = { .rule = rule };
	struct seki_plan_table *t = NULL;
	size_t parent = SEKI_NOWHERE;
	int r = -1;

	if (seki_plan_refs(&b, &probe, err) == 0 &&
	    in_table(&b, &probe, err) == 0 &&
	    seki_plan_when(&b, &probe, err) == 0 &&
	    (rule->kind->fn == NULL ? check_keep(&b, &probe, err)
				    : check_kind(&b, &probe, err)) == 0 &&
	    (b.table[0] == '\0' ? check_carried(&b, &probe, err) == 0
				: (t = table(&b, err)) != NULL))
		r = 0;
	if (t != NULL)
		parent = t->to;
	col = r == -1	  ? NULL
	      : t != NULL ? new_col(&t->col, &t->ncol, rule, err)
			  : new_col(&p->col, &p->ncol, rule, err);
	if (col == NULL) {
		free(probe.ref);
		return -1;
	}
	col->ref = probe.ref;
	col->nref = probe.nref;
	col->when = probe.when;
	col->outside = probe.outside;
	list = t != NULL ? t->col : p->col;
	group(list, t != NULL ? t->ncol : p->ncol);
	return &list[col->group] == col ? make(&b, parent, col, err)
					: join(&b, parent, list, col, err);
}

static int
carried(const struct seki_plan *p, const char *code)
{
	size_t i;

	for (i = 0; i < p->rules->n; i++)
		if (strcmp(p->rules->rule[i].output, code) == 0)
			return 1;
	return 0;
}

/* First of all, those that no row names: $id, $revision and the key. */
static int
carry(struct seki_plan *p, struct seki_err *err)
{
	const char *const code[] = { "$id", "$revision", p->in->key };
	const struct seki_field *f;
	size_t i, k;

	for (i = 0; i < 3; i++) {
		k = seki_plan_find(
		    p->in->field, p->in->n, code[i], strlen(code[i]));
		if (k == SEKI_NOWHERE || carried(p, code[i]) ||
		    seki_plan_find(p->out->field, p->out->n, code[i],
			strlen(code[i])) != SEKI_NOWHERE)
			continue;
		f = &p->in->field[k];
		p->carry[p->ncarry].field = k;
		p->carry[p->ncarry++].alt = (unsigned)p->out->n;
		if (seki_schema_add(p->out, NULL, f->code, f->label, f->type,
			f->calc, err) == NULL)
			return -1;
	}
	return 0;
}

struct seki_plan *
seki_plan_new(const struct seki_rules *rules, const struct seki_schema *in,
    struct seki_err *err)
{
	struct seki_plan *p = calloc(1, sizeof(*p));
	size_t i;
	int r = -1;

	if (p == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	p->rules = rules;
	p->in = in;
	if ((p->out = seki_schema_new(in->stream, in->key, err)) != NULL &&
	    seki_schema_source(p->out, in->source.system, in->source.domain,
		in->source.app, err) == 0 &&
	    seki_plan_fates(rules, in, err) == 0)
		r = carry(p, err);
	for (i = 0; r == 0 && i < rules->n; i++)
		r = bind(p, &rules->rule[i], err);
	if (r == 0 && seki_schema_finish(p->out, err) == 0 &&
	    seki_plan_past(p, err) == 0) {
		p->out->deletes = in->deletes;
		p->out->source.files = json_incref(in->source.files);
		return p;
	}
	seki_plan_free(p);
	return NULL;
}

void
seki_plan_with(struct seki_plan *p, const struct seki_plan_more *more)
{
	p->more = *more;
}

const struct seki_schema *
seki_plan_schema(const struct seki_plan *p)
{
	return p->out;
}

static int
uses(const struct seki_plan_col *col, size_t n, size_t field)
{
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < col[i].nref; k++)
			if (col[i].ref[k].field == field)
				return 1;
	return 0;
}

static int
left(struct seki_buf *b, const char *table, const char *code, int *count,
    struct seki_err *err)
{
	return seki_buf_fmt(b, err, "%s%s%s%s", (*count)++ > 0 ? ", " : "",
	    table, table[0] != '\0' ? "." : "", code);
}

int
seki_plan_left(
    const struct seki_plan *p, struct seki_buf *b, struct seki_err *err)
{
	const struct seki_field *f;
	size_t i, k, t, tables;
	int count = 0, used;

	for (i = 0; i < p->in->n; i++) {
		f = &p->in->field[i];
		used = uses(p->col, p->ncol, i);
		for (k = 0; k < p->ncarry; k++)
			used = used || p->carry[k].field == i;
		tables = 0;
		for (t = 0; t < p->ntable; t++)
			tables += p->table[t].from == i ? 1U : 0;
		if (!used && tables == 0 &&
		    left(b, "", f->code, &count, err) == -1)
			return -1;
		for (k = 0; !used && tables > 0 && k < f->nsub; k++) {
			int inner = 0;

			for (t = 0; t < p->ntable; t++)
				inner = inner || (p->table[t].from == i &&
						     uses(p->table[t].col,
							 p->table[t].ncol, k));
			if (!inner &&
			    left(b, f->code, f->sub[k].code, &count, err) == -1)
				return -1;
		}
	}
	return count;
}

static void
free_cols(struct seki_plan_col *col, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(col[i].ref);
		free(col[i].count);
	}
	free(col);
}

void
seki_plan_free(struct seki_plan *p)
{
	size_t i;

	if (p == NULL)
		return;
	free_cols(p->col, p->ncol);
	for (i = 0; i < p->ntable; i++)
		free_cols(p->table[i].col, p->table[i].ncol);
	free(p->table);
	json_decref(p->memory);
	seki_schema_free(p->out);
	free(p);
}
