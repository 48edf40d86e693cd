#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/bn.h>

#include "cloud_int.h"

/* Parentheses and fields inside each other. */
#define DEPTH 32
#define JST 32400

/*
 * Calculated fields, exactly: a number is an integer and how many of its
 * digits stand behind the point.  Times are seconds.  What is not known here
 * leaves a field as it is.
 */
struct calc {
	struct seki_cloud_draft *d;
	const struct seki_cloud_field *table; /* of the row, or NULL */
	const char **text;		      /* cells by the app's fields */
	size_t *n;
	unsigned char *done; /* 1 under way, 2 done */
	BN_CTX *ctx;
	unsigned depth;
};
struct number {
	BIGNUM *n;
	unsigned scale;
};
enum outcome {
	FINE,
	BROKEN,	 /* no value: the field is empty */
	UNKNOWN, /* nothing we can work out */
	FAILED	 /* err */
};
struct parser {
	struct calc *c;
	const char *p, *end;
	enum seki_calc format; /* of the result */
	enum outcome is;
};

static int
failed(struct parser *p, enum outcome is)
{
	if (p->is == FINE)
		p->is = is;
	if (is == FAILED)
		(void)seki_err_nomem(p->c->d->k->err);
	return -1;
}

static int
bn(struct parser *p, struct number *v)
{
	v->scale = 0;
	v->n = BN_CTX_get(p->c->ctx);
	return v->n == NULL ? failed(p, FAILED) : 0;
}

/* v is multiplied by ten to that power. */
static int
shift(struct parser *p, struct number *v, unsigned by)
{
	v->scale += by;
	for (; by > 0; by--)
		if (BN_mul_word(v->n, 10) != 1)
			return failed(p, FAILED);
	return 0;
}

static int
whole(struct parser *p, struct number *v, int64_t n)
{
	if (bn(p, v) == -1)
		return -1;
	if (BN_set_word(v->n, (BN_ULONG)(n < 0 ? -n : n)) != 1)
		return failed(p, FAILED);
	BN_set_negative(v->n, n < 0);
	return 0;
}

/* A decimal as the service keeps it. */
static int
decimal(struct parser *p, const char *s, size_t n, struct number *v)
{
	struct seki_buf b = SEKI_BUF_INIT;
	const char *dot;
	size_t i;
	int r = seki_num_canon(s, n, &b, p->c->d->k->err);

	if (r != 0 || bn(p, v) == -1) {
		seki_buf_free(&b);
		return r == -1	? failed(p, FAILED)
		       : r == 1 ? failed(p, BROKEN)
				: -1;
	}
	dot = memchr(b.p, '.', b.n);
	if (dot != NULL) {
		v->scale = (unsigned)(b.n - (size_t)(dot - b.p) - 1);
		i = (size_t)(dot - b.p);
		memmove(b.p + i, b.p + i + 1, b.n - i); /* with its NUL */
	}
	r = BN_dec2bn(&v->n, b.p) == 0 ? failed(p, FAILED) : 0;
	seki_buf_free(&b);
	return r;
}

/* HH:MM or more hours, perhaps negative. */
static int
hours(struct parser *p, const char *s, struct number *v)
{
	char *end;
	long long h = strtoll(s, &end, 10), m;

	if (*end != ':' || llabs(h) > 9999999)
		return failed(p, BROKEN);
	m = strtoll(end + 1, NULL, 10);
	h = llabs(h) * 3600 + m * 60;
	return whole(p, v, *s == '-' ? -h : h);
}

static int
moment(struct parser *p, const char *s, size_t n, struct number *v)
{
	char full[SEKI_TIME + 16];
	seki_time t;

	(void)snprintf(full, sizeof(full), "%.*s%s", n < 20 ? (int)n : 20, s,
	    n == 10 ? "T00:00:00Z" : "");
	if (seki_time_parse(full, strlen(full), &t) == -1)
		return failed(p, BROKEN);
	return whole(p, v, t);
}

/* A cell's value; an empty number is 0, an empty time makes the result empty.
 */
static int
cell(struct parser *p, const struct seki_cloud_field *f,
    const struct seki_cloud_tree *t, struct number *v)
{
	const char *s = t != NULL && t->kind == SEKI_J_STRING ? t->p : "";
	size_t n = strlen(s);
	int moment_like;

	if (f->type == SEKI_T_NUMBER ||
	    (f->type == SEKI_T_CALC &&
		(f->calc == SEKI_C_NUMBER || f->calc == SEKI_C_NUMBER_DIGIT)))
		return n == 0 ? whole(p, v, 0) : decimal(p, s, n, v);
	if (f->type != SEKI_T_TIME && f->type != SEKI_T_CALC &&
	    !seki_cloud_type_dated(f, &moment_like))
		return failed(p, UNKNOWN);
	if (n == 0)
		return failed(p, BROKEN);
	return n >= 10 && s[4] == '-' ? moment(p, s, n, v) : hours(p, s, v);
}

static int one(struct calc *, size_t i);

static int
parsed(struct parser *p, const char *s, size_t n, struct seki_cloud_tree **t)
{
	struct seki_cloud_call *k = p->c->d->k;

	*t = NULL;
	if (s == NULL)
		return 0;
	return seki_cloud_tree_parse(t, s, n, k->arena, k->err) == 0
		   ? 0
		   : failed(p, FAILED);
}

static int
mine(const struct calc *c, const struct seki_cloud_field *f)
{
	return f->inner && c->table != NULL &&
	       &c->d->k->app->field[f->table] == c->table;
}

/* The text of a field in reach, worked out first where it must be. */
static int
reach(struct parser *p, const struct seki_cloud_field *f,
    struct seki_cloud_tree **t)
{
	struct calc *c = p->c;
	size_t i = (size_t)(f - c->d->k->app->field);

	if (f->inner && !mine(c, f))
		return failed(p, UNKNOWN);
	if (mine(c, f) || c->table == NULL) {
		/* What refers to itself has no value. */
		if (c->done[i] == 1)
			return failed(p, UNKNOWN);
		if (one(c, i) == -1)
			return failed(p, FAILED);
		return parsed(p, c->text[i], c->n[i], t);
	}
	return parsed(p, c->d->text[i], c->d->n[i], t);
}

static void
space(struct parser *p)
{
	while (p->p < p->end) {
		if (strchr(" \t\r\n", *p->p) != NULL)
			p->p++;
		else if (p->end - p->p >= 3 &&
			 memcmp(p->p, "\xe3\x80\x80", 3) == 0)
			p->p += 3;
		else
			break;
	}
}

static int
next(struct parser *p, char c)
{
	space(p);
	if (p->p == p->end || *p->p != c)
		return 0;
	p->p++;
	return 1;
}

static size_t
word(struct parser *p, const char **s)
{
	space(p);
	*s = p->p;
	while (p->p < p->end && strchr(" \t\r\n+-*/()&,\"=<>!^", *p->p) == NULL)
		p->p++;
	return (size_t)(p->p - *s);
}

static const struct seki_cloud_field *
field(struct parser *p, const char *s, size_t n)
{
	const struct seki_cloud_field *f =
	    n == 0 ? NULL : seki_cloud_app_find(p->c->d->k->app, s, n);

	if (f == NULL)
		(void)failed(p, UNKNOWN);
	return f;
}

static int sum(struct parser *, struct number *);

static int
add(struct parser *p, struct number *a, struct number *b, int minus)
{
	if ((a->scale < b->scale && shift(p, a, b->scale - a->scale) == -1) ||
	    (b->scale < a->scale && shift(p, b, a->scale - b->scale) == -1))
		return -1;
	return (minus ? BN_sub(a->n, a->n, b->n) : BN_add(a->n, a->n, b->n)) ==
		       1
		   ? 0
		   : failed(p, FAILED);
}

/* A table's column: its cells one after the other. */
static int
column(struct parser *p, const struct seki_cloud_field *f, struct number *v)
{
	struct calc *c = p->c;
	struct seki_cloud_tree *t;
	struct number one_cell;

	if (parsed(p, c->text[f->table], c->n[f->table], &t) == -1)
		return -1;
	for (t = t != NULL ? t->child : NULL; t != NULL; t = t->next) {
		const struct seki_cloud_tree *x = seki_cloud_tree_get(
		    seki_cloud_tree_get(t, "value"), f->code);

		x = seki_cloud_tree_get(x, "value");
		/* Rows without a time do not count. */
		if ((x == NULL || x->n == 0) && f->type != SEKI_T_NUMBER)
			continue;
		if (cell(p, f, x, &one_cell) == -1 ||
		    add(p, v, &one_cell, 0) == -1)
			return -1;
	}
	return 0;
}

/* SUM(A, B, ...), after its parenthesis. */
static int
total(struct parser *p, struct number *v)
{
	const struct seki_cloud_field *f;
	struct number part;
	const char *s, *back;
	size_t n;

	if (whole(p, v, 0) == -1)
		return -1;
	do {
		space(p);
		back = p->p;
		n = word(p, &s);
		f = n == 0 ? NULL : seki_cloud_app_find(p->c->d->k->app, s, n);
		if (f != NULL && f->inner && p->c->table == NULL) {
			if (column(p, f, v) == -1)
				return -1;
			continue;
		}
		p->p = back;
		if (sum(p, &part) == -1 || add(p, v, &part, 0) == -1)
			return -1;
	} while (next(p, ','));
	return next(p, ')') ? 0 : failed(p, UNKNOWN);
}

static int
factor(struct parser *p, struct number *v)
{
	const struct seki_cloud_field *f;
	struct seki_cloud_tree *t;
	const char *s;
	size_t n;
	int r;

	if (++p->c->depth > DEPTH)
		return failed(p, UNKNOWN);
	if (next(p, '(')) {
		r = sum(p, v);
		if (r == 0 && !next(p, ')'))
			r = failed(p, UNKNOWN);
	} else if (next(p, '-')) {
		if ((r = factor(p, v)) == 0)
			BN_set_negative(v->n, !BN_is_negative(v->n));
	} else if ((n = word(p, &s)) > 0 && *s >= '0' && *s <= '9') {
		r = decimal(p, s, n, v);
	} else if (next(p, '(')) {
		r = n == 3 && memcmp(s, "SUM", 3) == 0 ? total(p, v)
						       : failed(p, UNKNOWN);
	} else {
		f = field(p, s, n);
		r = f == NULL || reach(p, f, &t) == -1 ? -1 : cell(p, f, t, v);
	}
	p->c->depth--;
	return r;
}

/* To so many places, of quotient and rest as BN_div leaves them. */
static int
rounded(
    struct parser *p, BIGNUM *q, BIGNUM *rest, const BIGNUM *by, int negative)
{
	const char *mode = p->c->d->k->app->rounding;
	int half, up;

	if (BN_is_zero(rest) || strcmp(mode, "DOWN") == 0)
		return 0;
	BN_set_negative(rest, 0);
	if (BN_lshift1(rest, rest) != 1)
		return failed(p, FAILED);
	half = BN_ucmp(rest, by);
	up = strcmp(mode, "UP") == 0 || half > 0 || (half == 0 && BN_is_odd(q));
	if (up && (negative ? BN_sub_word(q, 1) : BN_add_word(q, 1)) != 1)
		return failed(p, FAILED);
	return 0;
}

static int
divide(struct parser *p, struct number *a, struct number *b)
{
	unsigned places = (unsigned)p->c->d->k->app->places;
	struct number q, rest;
	unsigned scale = a->scale;
	int negative;

	if (BN_is_zero(b->n))
		return failed(p, BROKEN);
	negative = BN_is_negative(a->n) != BN_is_negative(b->n);
	if (shift(p, a, b->scale + places) == -1 || shift(p, b, scale) == -1 ||
	    bn(p, &q) == -1 || bn(p, &rest) == -1)
		return -1;
	if (BN_div(q.n, rest.n, a->n, b->n, p->c->ctx) != 1)
		return failed(p, FAILED);
	q.scale = places;
	*a = q;
	return rounded(p, q.n, rest.n, b->n, negative);
}

static int
product(struct parser *p, struct number *v)
{
	struct number b;

	if (factor(p, v) == -1)
		return -1;
	for (;;) {
		if (next(p, '*')) {
			if (factor(p, &b) == -1)
				return -1;
			if (BN_mul(v->n, v->n, b.n, p->c->ctx) != 1)
				return failed(p, FAILED);
			v->scale += b.scale;
		} else if (next(p, '/')) {
			if (factor(p, &b) == -1 || divide(p, v, &b) == -1)
				return -1;
		} else
			return 0;
		if (BN_num_bits(v->n) > 4096 || v->scale > 400)
			return failed(p, BROKEN);
	}
}

static int
sum(struct parser *p, struct number *v)
{
	struct number b;
	int minus;

	if (product(p, v) == -1)
		return -1;
	while ((minus = next(p, '-')) || next(p, '+'))
		if (product(p, &b) == -1 || add(p, v, &b, minus) == -1)
			return -1;
	return 0;
}

static int
round_to(struct parser *p, struct number *v, unsigned places)
{
	struct number by, rest;
	int negative = BN_is_negative(v->n);

	if (v->scale <= places)
		return 0;
	if (whole(p, &by, 1) == -1 || shift(p, &by, v->scale - places) == -1 ||
	    bn(p, &rest) == -1)
		return -1;
	if (BN_div(v->n, rest.n, v->n, by.n, p->c->ctx) != 1)
		return failed(p, FAILED);
	v->scale = places;
	return rounded(p, v->n, rest.n, by.n, negative);
}

/* As the service writes it, appended; BROKEN for more digits than it keeps. */
static int
plain(struct parser *p, struct number *v, struct seki_buf *b)
{
	const struct seki_cloud_app *a = p->c->d->k->app;
	struct seki_err *err = p->c->d->k->err;
	struct seki_buf t = SEKI_BUF_INIT, canon = SEKI_BUF_INIT;
	char *digits;
	int r;

	if (round_to(p, v, (unsigned)a->places) == -1)
		return -1;
	if ((digits = BN_bn2dec(v->n)) == NULL)
		return failed(p, FAILED);
	r = seki_buf_fmt(&t, err, "%se-%u", digits, v->scale);
	OPENSSL_free(digits);
	if (r == 0)
		r = seki_num_canon(t.p, t.n, &canon, err);
	if (r == 0)
		r = seki_cloud_number(a, canon.p, canon.n, b, err);
	seki_buf_free(&t);
	seki_buf_free(&canon);
	return r == 0 ? 0 : failed(p, r == -1 ? FAILED : BROKEN);
}

/* Seconds, down to the minute. */
static int
seconds(struct parser *p, struct number *v, int64_t *out)
{
	struct number by, rest;
	int negative = BN_is_negative(v->n);

	if (whole(p, &by, 1) == -1 || shift(p, &by, v->scale) == -1 ||
	    bn(p, &rest) == -1)
		return -1;
	if (BN_div(v->n, rest.n, v->n, by.n, p->c->ctx) != 1)
		return failed(p, FAILED);
	if (BN_num_bits(v->n) > 40)
		return failed(p, BROKEN);
	*out = (int64_t)BN_get_word(v->n);
	*out = negative ? -*out : *out;
	return 0;
}

static int
timed(struct parser *p, struct number *v, struct seki_buf *b)
{
	enum seki_calc format = p->format;
	struct seki_err *err = p->c->d->k->err;
	char text[SEKI_TIME];
	int64_t t, day;
	int r;

	if (seconds(p, v, &t) == -1)
		return -1;
	if (format == SEKI_C_HOUR_MINUTE || format == SEKI_C_DAY_HOUR_MINUTE) {
		r = seki_buf_fmt(b, err, "%s%02" PRId64 ":%02" PRId64,
		    t <= -60 ? "-" : "", (t < 0 ? -t : t) / 3600,
		    (t < 0 ? -t : t) / 60 % 60);
		return r == 0 ? 0 : failed(p, FAILED);
	}
	if (format == SEKI_C_TIME) {
		/* A time of day, or an instant's in Japan. */
		day = t >= 0 && t < 86400 ? t
					  : ((t + JST) % 86400 + 86400) % 86400;
		r = seki_buf_fmt(b, err, "%02" PRId64 ":%02" PRId64, day / 3600,
		    day / 60 % 60);
		return r == 0 ? 0 : failed(p, FAILED);
	}
	t -= (t % 60 + 60) % 60;
	/* Years 1000 to 9999. */
	if (t < -30610224000 || t > 253402300799 - JST)
		return failed(p, BROKEN);
	seki_time_format(format == SEKI_C_DATE ? t + JST : t, text);
	r = seki_buf_fmt(b, err, "%.*s", format == SEKI_C_DATE ? 10 : 20, text);
	return r == 0 ? 0 : failed(p, FAILED);
}

static int
calculation(struct parser *p, struct seki_buf *b)
{
	struct number v;

	if (sum(p, &v) == -1)
		return -1;
	space(p);
	if (p->p != p->end)
		return failed(p, UNKNOWN);
	return p->format == SEKI_C_NUMBER || p->format == SEKI_C_NUMBER_DIGIT
		   ? plain(p, &v, b)
		   : timed(p, &v, b);
}

static int
literal(struct parser *p, struct seki_buf *b)
{
	const char *end = memchr(p->p, '"', (size_t)(p->end - p->p));

	if (end == NULL || memchr(p->p, '\\', (size_t)(end - p->p)) != NULL)
		return failed(p, UNKNOWN);
	if (seki_buf_add(b, p->p, (size_t)(end - p->p), p->c->d->k->err) == -1)
		return failed(p, FAILED);
	p->p = end + 1;
	return 0;
}

/* Texts and numbers joined by &. */
static int
joined(struct parser *p, struct seki_buf *b)
{
	const struct seki_cloud_field *f;
	struct seki_cloud_tree *t;
	const char *s;
	size_t n;

	do {
		if (next(p, '"')) {
			if (literal(p, b) == -1)
				return -1;
			continue;
		}
		n = word(p, &s);
		if ((f = field(p, s, n)) == NULL)
			return -1;
		if (f->type != SEKI_T_SINGLE_LINE_TEXT &&
		    f->type != SEKI_T_NUMBER && f->type != SEKI_T_LINK &&
		    f->type != SEKI_T_RADIO_BUTTON &&
		    f->type != SEKI_T_DROP_DOWN &&
		    f->type != SEKI_T_RECORD_NUMBER)
			return failed(p, UNKNOWN);
		if (reach(p, f, &t) == -1)
			return -1;
		if (t != NULL && t->kind == SEKI_J_STRING &&
		    seki_buf_add(b, t->p, t->n, p->c->d->k->err) == -1)
			return failed(p, FAILED);
	} while (next(p, '&'));
	space(p);
	return p->p == p->end ? 0 : failed(p, UNKNOWN);
}

static int
put(struct calc *c, size_t i, const struct seki_buf *b)
{
	struct seki_buf q = SEKI_BUF_INIT;
	struct seki_err *err = c->d->k->err;

	if (seki_json_quote(&q, b->n > 0 ? b->p : "", b->n, err) == 0) {
		c->n[i] = q.n;
		c->text[i] = seki_arena_copy(c->d->k->arena, q.p, q.n, err);
	} else {
		c->text[i] = NULL;
	}
	seki_buf_free(&q);
	return c->text[i] == NULL ? -1 : 0;
}

static int
one(struct calc *c, size_t i)
{
	const struct seki_cloud_field *f = &c->d->k->app->field[i];
	struct parser p = { .c = c, .is = FINE, .format = f->calc };
	struct seki_buf b = SEKI_BUF_INIT;
	int r = 0;

	if (c->done[i])
		return 0;
	c->done[i] = 2;
	if (f->expression == NULL || f->inner != (c->table != NULL) ||
	    (f->inner && !mine(c, f)))
		return 0;
	c->done[i] = 1;
	p.p = f->expression;
	p.end = p.p + strlen(p.p);
	BN_CTX_start(c->ctx);
	if (f->type == SEKI_T_CALC)
		(void)calculation(&p, &b);
	else
		(void)joined(&p, &b);
	BN_CTX_end(c->ctx);
	c->done[i] = 2;
	if (p.is == BROKEN)
		seki_buf_reset(&b);
	if (p.is == FAILED)
		r = -1;
	else if (p.is != UNKNOWN)
		r = put(c, i, &b);
	seki_buf_free(&b);
	return r;
}

static int
run(struct calc *c)
{
	size_t i, n = c->d->k->app->nfield;
	int r = 0;

	c->done = seki_arena_get(c->d->k->arena, n, c->d->k->err);
	if (c->done == NULL)
		return -1;
	memset(c->done, 0, n);
	if ((c->ctx = BN_CTX_new()) == NULL)
		return seki_err_nomem(c->d->k->err);
	for (i = 0; r == 0 && i < n; i++) {
		c->depth = 0;
		r = one(c, i);
	}
	BN_CTX_free(c->ctx);
	return r;
}

/* Fields, then rows, which may hold such fields, then fields again, which may
 * be sums of rows. */
int
seki_cloud_calc(struct seki_cloud_draft *d)
{
	struct calc c = { .d = d, .text = d->text, .n = d->n };
	const struct seki_cloud_app *a = d->k->app;
	size_t i;
	int rows = 0;

	if (run(&c) == -1)
		return -1;
	for (i = 0; i < a->nfield; i++) {
		if (a->field[i].expression == NULL || !a->field[i].inner)
			continue;
		rows = 1;
		if (seki_cloud_rows_calc(d, &a->field[a->field[i].table]) == -1)
			return -1;
	}
	return rows ? run(&c) : 0;
}

int
seki_cloud_calc_row(struct seki_cloud_draft *d,
    const struct seki_cloud_field *table, const char **text, size_t *n)
{
	struct calc c = { .d = d, .table = table, .text = text, .n = n };

	return run(&c);
}
