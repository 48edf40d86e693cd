#include <stdlib.h>

#include "cloud_int.h"

/* Parentheses inside each other. */
#define DEPTH 32
/* Comparisons of one query: the tree is walked recursively. */
#define TERMS 1000
/* Tables whose rows one conjunction is about. */
#define TABLES 16

enum tok { END, WORD, STRING, OP, OPEN, CLOSE, COMMA, BAD };

struct parser {
	struct seki_cloud_query *q;
	struct seki_cloud_call *k;
	const char *p, *end;
	unsigned depth, terms;
	enum tok tok;
	const char *s; /* of WORD, STRING (unescaped) and OP */
	size_t n;
};

static int
syntax(struct parser *p)
{
	return seki_cloud_invalid(
	    p->k->fault, "query", SEKI_CLOUD_SYNTAX, NULL, 0);
}

static int
refuse(struct parser *p, enum seki_cloud_code code, const char *s, size_t n)
{
	return seki_cloud_refuse(p->k->fault, code, s, n);
}

/* Between tokens: also line ends and the full-width space (U+3000). */
static size_t
space(const char *s, const char *end)
{
	if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')
		return 1;
	return end - s >= 3 && memcmp(s, "\xe3\x80\x80", 3) == 0 ? 3 : 0;
}

static int
string(struct parser *p)
{
	size_t n = 0, room = (size_t)(p->end - p->p);
	char *to;

	if ((to = seki_arena_get(&p->q->arena, room + 1, p->k->err)) == NULL)
		return -1;
	for (p->p++; p->p < p->end && *p->p != '"'; p->p++) {
		char c = *p->p;

		if ((unsigned char)c < 0x20)
			return syntax(p);
		if (c == '\\') {
			if (++p->p == p->end)
				return syntax(p);
			switch (*p->p) {
			case 't':
				c = '\t';
				break;
			case 'n':
				c = '\n';
				break;
			case '"':
			case '\\':
				c = *p->p;
				break;
			default:
				return syntax(p);
			}
		}
		to[n++] = c;
	}
	if (p->p == p->end)
		return syntax(p);
	p->p++;
	p->tok = STRING;
	p->s = to;
	p->n = n;
	return 0;
}

static int
advance(struct parser *p)
{
	size_t n;

	while (p->p < p->end && (n = space(p->p, p->end)) > 0)
		p->p += n;
	p->s = p->p;
	p->n = 1;
	if (p->p == p->end) {
		p->tok = END;
		return 0;
	}
	switch (*p->p) {
	case '"':
		return string(p);
	case '(':
		p->tok = OPEN;
		break;
	case ')':
		p->tok = CLOSE;
		break;
	case ',':
		p->tok = COMMA;
		break;
	case '=':
		p->tok = OP;
		break;
	case '!':
	case '<':
	case '>':
		p->tok = OP;
		if (p->p + 1 < p->end && p->p[1] == '=')
			p->n = 2;
		else if (*p->p == '!')
			return syntax(p);
		break;
	default:
		p->tok = WORD;
		while (p->s + p->n < p->end &&
		       strchr("\"(),=!<>", p->s[p->n]) == NULL &&
		       space(p->s + p->n, p->end) == 0)
			p->n++;
	}
	p->p += p->n;
	return 0;
}

static int
is(const struct parser *p, const char *word)
{
	return p->tok == WORD && p->n == strlen(word) &&
	       memcmp(p->s, word, p->n) == 0;
}

/* Pass over a word that must stand here. */
static int
expect(struct parser *p, const char *word)
{
	return is(p, word) ? advance(p) : syntax(p);
}

static const struct seki_cloud_field *
field(struct parser *p)
{
	const struct seki_cloud_field *f;

	if (p->tok != WORD) {
		(void)syntax(p);
		return NULL;
	}
	f = seki_cloud_app_find(p->k->app, p->s, p->n);
	/* Whether $revision may stand in a condition is not documented. */
	if (f == NULL || f->type == SEKI_T_REVISION) {
		(void)refuse(p,
		    memchr(p->s, '.', p->n) != NULL ? SEKI_CLOUD_GAIA_IR02
						    : SEKI_CLOUD_GAIA_IQ11,
		    p->s, p->n);
		return NULL;
	}
	return advance(p) == -1 ? NULL : f;
}

static int
operator(struct parser *p, enum seki_cloud_op *op)
{
	static const struct {
		const char *text;
		enum seki_cloud_op op;
	} all[] = { { "=", SEKI_CLOUD_EQ }, { "!=", SEKI_CLOUD_NE },
		{ "<", SEKI_CLOUD_LT }, { "<=", SEKI_CLOUD_LE },
		{ ">", SEKI_CLOUD_GT }, { ">=", SEKI_CLOUD_GE } };
	int no = 0;

	if (p->tok == OP) {
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			if (strlen(all[i].text) == p->n &&
			    memcmp(all[i].text, p->s, p->n) == 0)
				*op = all[i].op;
		return advance(p);
	}
	if (is(p, "is")) {
		if (advance(p) == -1)
			return -1;
		if ((no = is(p, "not")) && advance(p) == -1)
			return -1;
		*op = no ? SEKI_CLOUD_NOT_EMPTY : SEKI_CLOUD_EMPTY;
		return expect(p, "empty");
	}
	if ((no = is(p, "not")) && advance(p) == -1)
		return -1;
	if (is(p, "in"))
		*op = no ? SEKI_CLOUD_NOT_IN : SEKI_CLOUD_IN;
	else if (is(p, "like"))
		*op = no ? SEKI_CLOUD_NOT_LIKE : SEKI_CLOUD_LIKE;
	else
		return syntax(p);
	return advance(p);
}

static struct seki_cloud_node *
node(struct parser *p)
{
	struct seki_cloud_node *n;

	n = seki_arena_get(&p->q->arena, sizeof(*n), p->k->err);
	if (n != NULL)
		memset(n, 0, sizeof(*n));
	return n;
}

static int
add_value(struct parser *p, struct seki_cloud_node *n, int quoted,
    const char *s, size_t len)
{
	struct seki_cloud_value *v = n->value;

	if ((n->nvalue & (n->nvalue - 1)) == 0) {
		v = seki_arena_get(
		    &p->q->arena, (n->nvalue * 2 + 1) * sizeof(*v), p->k->err);
		if (v == NULL)
			return -1;
		if (n->nvalue > 0)
			memcpy(v, n->value, n->nvalue * sizeof(*v));
	}
	v[n->nvalue] = (struct seki_cloud_value){ .p = s, .n = len };
	n->value = v;
	return seki_cloud_type_value(n->field, quoted, &v[n->nvalue++],
	    &p->q->arena, p->k->fault, p->k->err);
}

static int caller(struct parser *, struct seki_cloud_node *);
static int called(const struct parser *);

static int
value(struct parser *p, struct seki_cloud_node *n)
{
	if (p->tok != STRING && p->tok != WORD)
		return syntax(p);
	if (called(p))
		return caller(p, n);
	if (add_value(p, n, p->tok == STRING, p->s, p->n) == -1)
		return -1;
	return advance(p);
}

/* NAME(ARG, ...): its parts. */
static int
function(struct parser *p, struct seki_cloud_func *f)
{
	*f = (struct seki_cloud_func){ .narg = 0 };
	if (p->n >= sizeof(f->name))
		return syntax(p);
	memcpy(f->name, p->s, p->n);
	if (advance(p) == -1 || p->tok != OPEN || advance(p) == -1)
		return syntax(p);
	while (p->tok == WORD) {
		if (f->narg == 2 || p->n >= sizeof(f->arg[0]))
			return syntax(p);
		memcpy(f->arg[f->narg++], p->s, p->n);
		if (advance(p) == -1)
			return -1;
		if (p->tok == COMMA && (advance(p) == -1 || p->tok != WORD))
			return syntax(p);
	}
	return p->tok == CLOSE ? advance(p) : syntax(p);
}

/* A word that can be nothing but a function. */
static int
called(const struct parser *p)
{
	return p->tok == WORD && *p->s >= 'A' && *p->s <= 'Z';
}

static struct seki_cloud_node *
bound(struct parser *p, const struct seki_cloud_field *f, enum seki_cloud_op op,
    const char *s, size_t len)
{
	struct seki_cloud_node *n = node(p);

	if (n == NULL || (n->value = seki_arena_get(&p->q->arena,
			      sizeof(*n->value), p->k->err)) == NULL)
		return NULL;
	n->op = op;
	n->field = f;
	n->nvalue = 1;
	n->value->n = len;
	n->value->p = seki_arena_copy(&p->q->arena, s, len, p->k->err);
	return n->value->p != NULL ? n : NULL;
}

/* A comparison with a span of time becomes one with its ends. */
static int
span(struct parser *p, struct seki_cloud_node *n)
{
	struct seki_cloud_func f;
	const struct seki_cloud_field *field = n->field;
	char from[SEKI_TIME], to[SEKI_TIME];
	enum seki_cloud_op op = n->op;
	seki_time a, b;
	size_t len = 20;
	int moment;

	if (function(p, &f) == -1)
		return -1;
	if (!seki_cloud_type_dated(field, &moment) ||
	    (!moment && strcmp(f.name, "NOW") == 0))
		return syntax(p);
	if (seki_cloud_func(p->k, &f, &a, &b) == -1)
		return -1;
	/* A date stands for the day in Japan. */
	if (!moment) {
		len = 10;
		a += 32400;
		b += 32400;
	}
	seki_time_format(a, from);
	seki_time_format(b, to);
	if (op == SEKI_CLOUD_EQ || op == SEKI_CLOUD_NE) {
		int same = op == SEKI_CLOUD_EQ;

		n->op = same ? SEKI_CLOUD_AND : SEKI_CLOUD_OR;
		n->a = bound(
		    p, field, same ? SEKI_CLOUD_GE : SEKI_CLOUD_LT, from, len);
		n->b = bound(
		    p, field, same ? SEKI_CLOUD_LT : SEKI_CLOUD_GE, to, len);
		return n->a == NULL || n->b == NULL ? -1 : 0;
	}
	n->op = op == SEKI_CLOUD_LT || op == SEKI_CLOUD_LE ? SEKI_CLOUD_LT
							   : SEKI_CLOUD_GE;
	n->a = bound(p, field, n->op,
	    op == SEKI_CLOUD_LT || op == SEKI_CLOUD_GE ? from : to, len);
	if (n->a == NULL)
		return -1;
	*n = *n->a;
	return 0;
}

/* PRIMARY_ORGANIZATION(): a caller without one leaves nothing to compare. */
static int
organization(struct parser *p, struct seki_cloud_node *n)
{
	const char *code = p->k->user != NULL ? p->k->user->organization : "";

	return *code == '\0' ? 0 : add_value(p, n, 1, code, strlen(code));
}

/* LOGINUSER() in a list of users is who asks. */
static int
caller(struct parser *p, struct seki_cloud_node *n)
{
	const char *code = seki_cloud_caller_code(p->k);
	struct seki_cloud_func f;

	if (function(p, &f) == -1)
		return -1;
	if (strcmp(f.name, "PRIMARY_ORGANIZATION") == 0 && f.narg == 0 &&
	    n->field->type == SEKI_T_ORGANIZATION_SELECT)
		return organization(p, n);
	if (strcmp(f.name, "LOGINUSER") != 0 || f.narg != 0 ||
	    (n->field->type != SEKI_T_USER_SELECT &&
		n->field->type != SEKI_T_CREATOR &&
		n->field->type != SEKI_T_MODIFIER &&
		n->field->type != SEKI_T_STATUS_ASSIGNEE))
		return syntax(p);
	return add_value(p, n, 1, code, strlen(code));
}

static int
values(struct parser *p, struct seki_cloud_node *n)
{
	if (p->tok != OPEN)
		return syntax(p);
	do {
		if (advance(p) == -1 || value(p, n) == -1)
			return -1;
	} while (p->tok == COMMA);
	/* Only PRIMARY_ORGANIZATION() of a caller who has none. */
	if (n->nvalue == 0)
		n->op = SEKI_CLOUD_IGNORED;
	return p->tok == CLOSE ? advance(p) : syntax(p);
}

/* Operator and values, about n->field; listed: of a table or a list. */
static int
compared(struct parser *p, struct seki_cloud_node *n, int listed)
{
	if (operator(p, &n->op) == -1)
		return -1;
	if (listed && (n->op == SEKI_CLOUD_EQ || n->op == SEKI_CLOUD_NE))
		return refuse(p, SEKI_CLOUD_GAIA_IQ07, n->field->code,
		    strlen(n->field->code));
	if (!seki_cloud_type_takes(n->field, n->op))
		return refuse(p, SEKI_CLOUD_GAIA_IQ03, n->field->code,
		    strlen(n->field->code));
	if (n->op == SEKI_CLOUD_EMPTY || n->op == SEKI_CLOUD_NOT_EMPTY)
		return 0;
	if (n->op == SEKI_CLOUD_IN || n->op == SEKI_CLOUD_NOT_IN)
		return values(p, n);
	return called(p) ? span(p, n) : value(p, n);
}

/* LIST.FIELD OPERATOR VALUES */
static int
related(struct parser *p, struct seki_cloud_node *n)
{
	struct seki_cloud_related r;
	int all, got = -1;

	if (seki_cloud_related_open(&r, p->k, p->s, p->n) == 0 &&
	    advance(p) == 0) {
		n->field = r.field;
		got = compared(p, n, 1);
		all = n->op == SEKI_CLOUD_NOT_IN ||
		      n->op == SEKI_CLOUD_NOT_LIKE ||
		      n->op == SEKI_CLOUD_NOT_EMPTY;
		if (got == 0 && n->op != SEKI_CLOUD_IGNORED)
			got = seki_cloud_related_find(&r, n, all, &p->q->arena);
	}
	seki_cloud_related_close(&r);
	return got;
}

static int
comparison(struct parser *p, struct seki_cloud_node **out)
{
	struct seki_cloud_node *n;

	if (++p->terms > TERMS)
		return syntax(p);
	if ((n = *out = node(p)) == NULL)
		return -1;
	if (p->tok == WORD && memchr(p->s, '.', p->n) != NULL &&
	    seki_cloud_app_find(p->k->app, p->s, p->n) == NULL)
		return related(p, n);
	if ((n->field = field(p)) == NULL)
		return -1;
	return compared(p, n, n->field->inner);
}

static int either(struct parser *, struct seki_cloud_node **);

static int
term(struct parser *p, struct seki_cloud_node **out)
{
	if (p->tok != OPEN)
		return comparison(p, out);
	if (++p->depth > DEPTH)
		return syntax(p);
	if (advance(p) == -1 || either(p, out) == -1)
		return -1;
	p->depth--;
	return p->tok == CLOSE ? advance(p) : syntax(p);
}

/* A chain of terms with one connective between them. */
static int
chain(struct parser *p, const char *word, enum seki_cloud_op op,
    int (*part)(struct parser *, struct seki_cloud_node **),
    struct seki_cloud_node **out)
{
	struct seki_cloud_node *n;

	if (part(p, out) == -1)
		return -1;
	while (is(p, word)) {
		if (advance(p) == -1 || (n = node(p)) == NULL)
			return -1;
		n->op = op;
		n->a = *out;
		*out = n;
		if (part(p, &n->b) == -1)
			return -1;
	}
	return 0;
}

static int
both(struct parser *p, struct seki_cloud_node **out)
{
	return chain(p, "and", SEKI_CLOUD_AND, term, out);
}

static int
either(struct parser *p, struct seki_cloud_node **out)
{
	return chain(p, "or", SEKI_CLOUD_OR, both, out);
}

static int
order(struct parser *p)
{
	struct seki_cloud_query *q = p->q;

	if (expect(p, "order") == -1 || !is(p, "by"))
		return syntax(p);
	do {
		const struct seki_cloud_field *f;

		if (advance(p) == -1 || (f = field(p)) == NULL)
			return -1;
		if (q->norder == SEKI_CLOUD_ORDER_MAX ||
		    !seki_cloud_type_sorts(f))
			return syntax(p);
		q->order[q->norder].field = f;
		q->order[q->norder].desc = is(p, "desc");
		q->norder++;
		if ((is(p, "asc") || is(p, "desc")) && advance(p) == -1)
			return -1;
	} while (p->tok == COMMA);
	return 0;
}

static int
number(struct parser *p, const char *word, uint64_t max,
    enum seki_cloud_code over, uint64_t *out)
{
	if (!is(p, word))
		return 0;
	p->q->paged = 1;
	if (advance(p) == -1)
		return -1;
	if (p->tok != WORD)
		return syntax(p);
	*out = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (p->s[i] < '0' || p->s[i] > '9')
			return syntax(p);
		if (*out <= max)
			*out = *out * 10 + (uint64_t)(p->s[i] - '0');
	}
	if (*out > max)
		return refuse(p, over, NULL, 0);
	return advance(p);
}

/* The query as if ignored conditions did not stand there. */
static struct seki_cloud_node *
prune(struct seki_cloud_node *n)
{
	if (n->op == SEKI_CLOUD_IGNORED)
		return NULL;
	if (n->op != SEKI_CLOUD_AND && n->op != SEKI_CLOUD_OR)
		return n;
	n->a = prune(n->a);
	n->b = prune(n->b);
	return n->a == NULL ? n->b : n->b == NULL ? n->a : n;
}

/* Conditions on $id that all records must satisfy become bounds of the scan;
 * what is left over is the condition. */
static struct seki_cloud_node *
bounds(struct seki_cloud_query *q, struct seki_cloud_node *n)
{
	uint64_t id;

	if (n->op == SEKI_CLOUD_AND) {
		n->a = bounds(q, n->a);
		n->b = bounds(q, n->b);
		return n->a == NULL ? n->b : n->b == NULL ? n->a : n;
	}
	if (n->op == SEKI_CLOUD_OR || n->field->type != SEKI_T_ID ||
	    n->nvalue != 1 || n->value[0].n > 12 || n->value[0].n == 0 ||
	    n->value[0].p[0] == '-' ||
	    memchr(n->value[0].p, '.', n->value[0].n) != NULL)
		return n;
	id = 0;
	for (size_t i = 0; i < n->value[0].n; i++)
		id = id * 10 + (uint64_t)(n->value[0].p[i] - '0');
	if (id >= SEKI_CLOUD_ID_MAX)
		return n;
	if (n->op == SEKI_CLOUD_GT || n->op == SEKI_CLOUD_GE) {
		id += n->op == SEKI_CLOUD_GT;
		q->lo = id > q->lo ? id : q->lo;
	} else if (n->op == SEKI_CLOUD_LT || n->op == SEKI_CLOUD_LE) {
		if (n->op == SEKI_CLOUD_LT && id == 0)
			return n;
		id -= n->op == SEKI_CLOUD_LT;
		q->hi = id < q->hi ? id : q->hi;
	} else if (n->op == SEKI_CLOUD_EQ) {
		q->lo = id > q->lo ? id : q->lo;
		q->hi = id < q->hi ? id : q->hi;
	} else
		return n;
	return NULL;
}

static int
positive(enum seki_cloud_op op)
{
	return op == SEKI_CLOUD_IN || op == SEKI_CLOUD_LIKE ||
	       op == SEKI_CLOUD_EMPTY || op == SEKI_CLOUD_LT ||
	       op == SEKI_CLOUD_LE || op == SEKI_CLOUD_GT ||
	       op == SEKI_CLOUD_GE;
}

/* Positive conditions about one table that and joins: heads holds the first of
 * each table. */
static void
join(struct seki_cloud_node *n, struct seki_cloud_node **heads, size_t *nhead)
{
	struct seki_cloud_node *own[TABLES];
	size_t i = 0;

	if (n == NULL)
		return;
	if (n->op == SEKI_CLOUD_AND) {
		join(n->a, heads, nhead);
		join(n->b, heads, nhead);
		return;
	}
	if (n->op == SEKI_CLOUD_OR) {
		join(n->a, own, &i);
		i = 0;
		join(n->b, own, &i);
		return;
	}
	if (!n->field->inner || !positive(n->op))
		return;
	while (i < *nhead && heads[i]->field->table != n->field->table)
		i++;
	if (i < *nhead) {
		n->joined = 1;
		n->same = heads[i]->same;
		heads[i]->same = n;
	} else if (*nhead < TABLES)
		heads[(*nhead)++] = n;
}

int
seki_cloud_query_parse(struct seki_cloud_query *q, const char *text, size_t n,
    struct seki_cloud_call *k)
{
	struct parser p = { .q = q, .k = k, .p = text, .end = text + n };
	struct seki_cloud_node *heads[TABLES];
	size_t nhead = 0;

	*q = (struct seki_cloud_query){ .hi = SEKI_CLOUD_ID_MAX, .limit = 100 };
	if (advance(&p) == -1)
		return -1;
	if (p.tok != END && !is(&p, "order") && !is(&p, "limit") &&
	    !is(&p, "offset") && either(&p, &q->cond) == -1)
		return -1;
	if ((is(&p, "order") && order(&p) == -1) ||
	    number(&p, "limit", SEKI_PAGE, SEKI_CLOUD_GAIA_QU01, &q->limit) ==
		-1 ||
	    number(&p, "offset", 10000, SEKI_CLOUD_GAIA_QU02, &q->offset) == -1)
		return -1;
	if (p.tok != END)
		return syntax(&p);
	if (q->cond != NULL)
		q->cond = prune(q->cond);
	if (q->cond != NULL)
		q->cond = bounds(q, q->cond);
	join(q->cond, heads, &nhead);
	return 0;
}

void
seki_cloud_query_free(struct seki_cloud_query *q)
{
	seki_arena_free(&q->arena);
}
