#include <stdlib.h>

#include "cloud_int.h"

#define BIT(op) (1u << SEKI_CLOUD_##op)
#define SAME (BIT(EQ) | BIT(NE))
#define ORDERED (SAME | BIT(LT) | BIT(LE) | BIT(GT) | BIT(GE))
#define AMONG (BIT(IN) | BIT(NOT_IN))
#define WORDS (BIT(LIKE) | BIT(NOT_LIKE))
#define NOTHING (BIT(EMPTY) | BIT(NOT_EMPTY))

/* Operators by type (record API 2.3); a type that is missing takes none. */
static const unsigned takes[SEKI_T_NONE + 1] = {
	[SEKI_T_ID] = ORDERED | AMONG,
	[SEKI_T_RECORD_NUMBER] = ORDERED | AMONG,
	[SEKI_T_NUMBER] = ORDERED | AMONG,
	[SEKI_T_CALC] = ORDERED | AMONG,
	[SEKI_T_CREATOR] = AMONG,
	[SEKI_T_MODIFIER] = AMONG,
	[SEKI_T_USER_SELECT] = AMONG,
	[SEKI_T_STATUS_ASSIGNEE] = AMONG,
	[SEKI_T_ORGANIZATION_SELECT] = AMONG,
	[SEKI_T_GROUP_SELECT] = AMONG,
	[SEKI_T_CREATED_TIME] = ORDERED,
	[SEKI_T_UPDATED_TIME] = ORDERED,
	[SEKI_T_DATETIME] = ORDERED,
	[SEKI_T_DATE] = ORDERED,
	[SEKI_T_TIME] = ORDERED,
	[SEKI_T_SINGLE_LINE_TEXT] = SAME | AMONG | WORDS,
	[SEKI_T_LINK] = SAME | AMONG | WORDS,
	[SEKI_T_MULTI_LINE_TEXT] = WORDS | NOTHING,
	[SEKI_T_RICH_TEXT] = WORDS | NOTHING,
	[SEKI_T_FILE] = WORDS | NOTHING,
	[SEKI_T_CHECK_BOX] = AMONG,
	[SEKI_T_MULTI_SELECT] = AMONG,
	[SEKI_T_RADIO_BUTTON] = AMONG,
	[SEKI_T_DROP_DOWN] = AMONG,
	[SEKI_T_STATUS] = SAME | AMONG,
};

int
seki_cloud_type_takes(const struct seki_cloud_field *f, enum seki_cloud_op op)
{
	return (takes[f->type] & 1u << op) != 0;
}

/* Fields with one value a record. */
int
seki_cloud_type_sorts(const struct seki_cloud_field *f)
{
	return !f->inner &&
	       ((takes[f->type] & SAME) != 0 ||
		   f->type == SEKI_T_RADIO_BUTTON ||
		   f->type == SEKI_T_DROP_DOWN || f->type == SEKI_T_CREATOR ||
		   f->type == SEKI_T_MODIFIER);
}

static int
numeric(const struct seki_cloud_field *f)
{
	return f->type == SEKI_T_ID || f->type == SEKI_T_RECORD_NUMBER ||
	       f->type == SEKI_T_NUMBER ||
	       (f->type == SEKI_T_CALC && (f->calc == SEKI_C_NUMBER ||
					      f->calc == SEKI_C_NUMBER_DIGIT));
}

static int
instant(const struct seki_cloud_field *f)
{
	return f->type == SEKI_T_CREATED_TIME ||
	       f->type == SEKI_T_UPDATED_TIME || f->type == SEKI_T_DATETIME ||
	       (f->type == SEKI_T_CALC && f->calc == SEKI_C_DATETIME);
}

int
seki_cloud_type_dated(const struct seki_cloud_field *f, int *is_instant)
{
	*is_instant = instant(f);
	return *is_instant || f->type == SEKI_T_DATE ||
	       (f->type == SEKI_T_CALC && f->calc == SEKI_C_DATE);
}

/* Both without sign; digits, perhaps a dot and digits. */
static int
magnitude(const struct seki_cloud_value *a, const struct seki_cloud_value *b)
{
	const char *pa = memchr(a->p, '.', a->n), *pb = memchr(b->p, '.', b->n);
	size_t ia = pa != NULL ? (size_t)(pa - a->p) : a->n;
	size_t ib = pb != NULL ? (size_t)(pb - b->p) : b->n;
	size_t n = a->n < b->n ? a->n : b->n;
	int r;

	if (ia != ib)
		return ia < ib ? -1 : 1;
	/* Equal integer length: the dots stand at the same place, and no
	 * canonical fraction ends in 0. */
	if ((r = memcmp(a->p, b->p, n)) != 0)
		return r;
	return a->n < b->n ? -1 : a->n > b->n;
}

static int
decimal(const struct seki_cloud_value *a, const struct seki_cloud_value *b)
{
	int na = a->n > 0 && a->p[0] == '-', nb = b->n > 0 && b->p[0] == '-';
	struct seki_cloud_value ua = { a->p + na, a->n - (size_t)na };
	struct seki_cloud_value ub = { b->p + nb, b->n - (size_t)nb };

	if (na != nb)
		return na ? -1 : 1;
	return na ? magnitude(&ub, &ua) : magnitude(&ua, &ub);
}

int
seki_cloud_type_cmp(const struct seki_cloud_field *f,
    const struct seki_cloud_value *a, const struct seki_cloud_value *b)
{
	size_t n = a->n < b->n ? a->n : b->n;
	int r;

	if (a->n == 0 || b->n == 0)
		return a->n != 0 ? 1 : b->n != 0 ? -1 : 0;
	if (numeric(f) && seki_num_ok(a->p, a->n) && seki_num_ok(b->p, b->n))
		return decimal(a, b);
	if ((r = memcmp(a->p, b->p, n)) != 0)
		return r;
	return a->n < b->n ? -1 : a->n > b->n;
}

/* 0, 1 when it is no number, -1. */
static int
canonical(
    struct seki_cloud_value *v, struct seki_arena *arena, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r;

	if (seki_num_ok(v->p, v->n))
		return 0;
	if ((r = seki_num_canon(v->p, v->n, &b, err)) == 0) {
		v->n = b.n;
		v->p = seki_arena_copy(arena, b.p, b.n, err);
		r = v->p == NULL ? -1 : 0;
	}
	seki_buf_free(&b);
	return r;
}

int
seki_cloud_type_form(const struct seki_cloud_field *f,
    struct seki_cloud_value *v, struct seki_arena *arena, struct seki_err *err)
{
	const char *dash;

	if (!numeric(f) || v->n == 0)
		return 0;
	/* A record number may carry the app's code: SHUZEN-3. */
	if (f->type == SEKI_T_RECORD_NUMBER &&
	    (dash = memrchr(v->p, '-', v->n)) != NULL) {
		v->n -= (size_t)(dash + 1 - v->p);
		v->p = dash + 1;
	}
	return canonical(v, arena, err) == -1 ? -1 : 0;
}

static int
invalid(struct seki_cloud_fault *fault)
{
	return seki_cloud_invalid(fault, "query", SEKI_CLOUD_SYNTAX, NULL, 0);
}

static int
choice(const struct seki_cloud_field *f, const struct seki_cloud_value *v,
    struct seki_cloud_fault *fault)
{
	for (char **o = f->option; o != NULL && *o != NULL; o++)
		if (strlen(*o) == v->n && memcmp(*o, v->p, v->n) == 0)
			return 0;
	if (f->option == NULL || v->n == 0)
		return 0;
	return seki_cloud_refuse(fault, SEKI_CLOUD_GAIA_IQ10, v->p, v->n);
}

int
seki_cloud_type_value(const struct seki_cloud_field *f, int quoted,
    struct seki_cloud_value *v, struct seki_arena *arena,
    struct seki_cloud_fault *fault, struct seki_err *err)
{
	char text[SEKI_TIME];
	seki_time t;
	int r;

	/* Quoted or a number; a bare word is a function, and what one means
	 * depends on the service's clock and users: none is known here. */
	if (!quoted && (!numeric(f) || v->n == 0))
		return invalid(fault);
	if (v->n == 0)
		return 0;
	if (numeric(f)) {
		if ((r = canonical(v, arena, err)) == -1)
			return -1;
		return r == 1 ? invalid(fault) : 0;
	}
	if (instant(f)) {
		if (seki_time_parse_any(v->p, v->n, &t) == -1)
			return invalid(fault);
		seki_time_format(t, text);
		v->n = strlen(text);
		v->p = seki_arena_copy(arena, text, v->n, err);
		return v->p == NULL ? -1 : 0;
	}
	if ((f->type == SEKI_T_DATE &&
		seki_value_check(SEKI_S_DATE, v->p, v->n) != NULL) ||
	    (f->type == SEKI_T_TIME &&
		seki_value_check(SEKI_S_TIME, v->p, v->n) != NULL))
		return invalid(fault);
	return choice(f, v, fault);
}
