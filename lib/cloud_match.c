#include <stdlib.h>

#include "cloud_int.h"

/* The texts of one cell: none when it is empty, several of a list. */
struct cell {
	struct seki_cloud_value *item;
	size_t n, size;
};

struct reader {
	const struct seki_cloud_field *field;
	struct seki_json json;
	struct seki_arena *arena;
	struct seki_err *err;
	struct cell cell;
	/* Called with each cell the field has in the record. */
	int (*fn)(struct reader *, void *);
	void *ctx;
};

static int
bad(struct reader *r)
{
	return seki_json_fail(&r->json, SEKI_BUG, "stored record", r->err);
}

static int
item(struct reader *r)
{
	struct cell *c = &r->cell;
	struct seki_cloud_value v, *more;

	if (seki_json_text(&r->json, r->arena, &v.p, &v.n, r->err) == -1)
		return -1;
	if (v.n == 0)
		return 0;
	if (seki_cloud_type_form(r->field, &v, r->arena, r->err) == -1)
		return -1;
	if (c->n == c->size) {
		size_t size = c->size * 2 + 4;

		if ((more = seki_arena_get(
			 r->arena, size * sizeof(*more), r->err)) == NULL)
			return -1;
		if (c->n > 0)
			memcpy(more, c->item, c->n * sizeof(*more));
		c->item = more;
		c->size = size;
	}
	c->item[c->n++] = v;
	return 0;
}

/* A user is known by the code, a file by its name. */
static int
object(struct reader *r)
{
	const char *member = r->field->type == SEKI_T_FILE ? "name" : "code";
	enum seki_json_tok t;

	while ((t = seki_json_next(&r->json)) == SEKI_J_KEY) {
		int wanted = seki_json_is(&r->json, member);

		t = seki_json_next(&r->json);
		if (wanted && t == SEKI_J_STRING) {
			if (item(r) == -1)
				return -1;
		} else if (seki_json_skip(&r->json, t) == -1)
			return bad(r);
	}
	return t == SEKI_J_OBJECT_END ? 0 : bad(r);
}

static int
scalar(struct reader *r, enum seki_json_tok t)
{
	if (t == SEKI_J_STRING)
		return item(r);
	if (t == SEKI_J_OBJECT)
		return object(r);
	return seki_json_skip(&r->json, t) == -1 ? bad(r) : 0;
}

static int
value(struct reader *r)
{
	enum seki_json_tok t = seki_json_next(&r->json);

	r->cell = (struct cell){ .item = NULL };
	if (t != SEKI_J_ARRAY) {
		if (scalar(r, t) == -1)
			return -1;
	} else {
		while ((t = seki_json_next(&r->json)) != SEKI_J_ARRAY_END)
			if (t == SEKI_J_BAD || scalar(r, t) == -1)
				return bad(r);
	}
	return r->fn(r, r->ctx);
}

static int fields(struct reader *, int inner);

static int
rows(struct reader *r)
{
	enum seki_json_tok t = seki_json_next(&r->json);

	if (t != SEKI_J_ARRAY)
		return seki_json_skip(&r->json, t) == -1 ? bad(r) : 0;
	while ((t = seki_json_next(&r->json)) == SEKI_J_OBJECT)
		while ((t = seki_json_next(&r->json)) == SEKI_J_KEY) {
			int wanted = seki_json_is(&r->json, "value");

			t = seki_json_next(&r->json);
			if (wanted && t == SEKI_J_OBJECT) {
				if (fields(r, 1) == -1)
					return -1;
			} else if (seki_json_skip(&r->json, t) == -1)
				return bad(r);
		}
	return t == SEKI_J_ARRAY_END ? 0 : bad(r);
}

/* {"type":T,"value":V}: the value when it is wanted, the rows when it is a
 * table whose inside is looked at.  type stands before value. */
static int
field(struct reader *r, int wanted, int look_inside)
{
	enum seki_json_tok t = seki_json_next(&r->json);
	int table = 0;

	if (t != SEKI_J_OBJECT)
		return bad(r);
	while ((t = seki_json_next(&r->json)) == SEKI_J_KEY) {
		int is_value = seki_json_is(&r->json, "value");
		int is_type = seki_json_is(&r->json, "type");

		if (is_value && wanted) {
			if (value(r) == -1)
				return -1;
			continue;
		}
		if (is_value && look_inside && table) {
			if (rows(r) == -1)
				return -1;
			continue;
		}
		t = seki_json_next(&r->json);
		if (is_type && t == SEKI_J_STRING)
			table = seki_json_is(&r->json, "SUBTABLE");
		if (seki_json_skip(&r->json, t) == -1)
			return bad(r);
	}
	return t == SEKI_J_OBJECT_END ? 0 : bad(r);
}

/* The members of a record or a row, after their brace. */
static int
fields(struct reader *r, int inner)
{
	size_t n = strlen(r->field->code);
	enum seki_json_tok t;

	while ((t = seki_json_next(&r->json)) == SEKI_J_KEY) {
		const char *p;
		size_t len;

		if (seki_json_text(&r->json, r->arena, &p, &len, r->err) == -1)
			return -1;
		if (field(r,
			len == n && r->field->inner == inner &&
			    memcmp(p, r->field->code, n) == 0,
			r->field->inner && !inner) == -1)
			return -1;
	}
	return t == SEKI_J_OBJECT_END ? 0 : bad(r);
}

static int
read_field(const struct seki_cloud_field *f, const char *json, size_t n,
    struct seki_arena *arena, int (*fn)(struct reader *, void *), void *ctx,
    struct seki_err *err)
{
	struct reader r = {
		.field = f, .arena = arena, .err = err, .fn = fn, .ctx = ctx
	};

	seki_json_init(&r.json, json, n);
	if (seki_json_next(&r.json) != SEKI_J_OBJECT)
		return bad(&r);
	return fields(&r, 0);
}

static int
contains(const struct seki_cloud_value *hay, const struct seki_cloud_value *pin)
{
	return memmem(hay->p, hay->n, pin->p, pin->n) != NULL;
}

static int
blank(const struct seki_cloud_value *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (strchr(" \t\r\n", v->p[i]) == NULL)
			return 0;
	return 1;
}

static int
among(const struct seki_cloud_node *n, const struct cell *c)
{
	for (size_t i = 0; i < n->nvalue; i++) {
		if (n->value[i].n == 0 && c->n == 0)
			return 1;
		for (size_t j = 0; j < c->n; j++)
			if (seki_cloud_type_cmp(
				n->field, &c->item[j], &n->value[i]) == 0)
				return 1;
	}
	return 0;
}

/* The positive form of an operator, about one cell. */
static int
holds(const struct seki_cloud_node *n, const struct cell *c)
{
	int r;

	switch (n->op) {
	case SEKI_CLOUD_EQ:
	case SEKI_CLOUD_NE:
	case SEKI_CLOUD_IN:
	case SEKI_CLOUD_NOT_IN:
		return among(n, c);
	case SEKI_CLOUD_LIKE:
	case SEKI_CLOUD_NOT_LIKE:
		for (size_t i = 0; i < c->n; i++)
			if (contains(&c->item[i], &n->value[0]))
				return 1;
		return 0;
	case SEKI_CLOUD_EMPTY:
	case SEKI_CLOUD_NOT_EMPTY:
		for (size_t i = 0; i < c->n; i++)
			if (!blank(&c->item[i]))
				return 0;
		return 1;
	case SEKI_CLOUD_LT:
	case SEKI_CLOUD_LE:
	case SEKI_CLOUD_GT:
	case SEKI_CLOUD_GE:
	case SEKI_CLOUD_AND:
	case SEKI_CLOUD_OR:
	case SEKI_CLOUD_IGNORED:
		break;
	}
	if (c->n == 0 || n->value[0].n == 0)
		return 0;
	r = seki_cloud_type_cmp(n->field, &c->item[0], &n->value[0]);
	return n->op == SEKI_CLOUD_LT	? r < 0
	       : n->op == SEKI_CLOUD_LE ? r <= 0
	       : n->op == SEKI_CLOUD_GT ? r > 0
					: r >= 0;
}

/* Rows of a table that are looked at together. */
#define ROWS 4096

struct tally {
	const struct seki_cloud_node *node;
	size_t cells, held;
	unsigned char *broken; /* by row; or NULL */
};

static int
count(struct reader *r, void *ctx)
{
	struct tally *t = ctx;

	int held = holds(t->node, &r->cell);

	if (t->broken != NULL && t->cells < ROWS && !held)
		t->broken[t->cells] = 1;
	t->cells++;
	t->held += (size_t)held;
	return 0;
}

/* One row must satisfy them all. */
static int
one_row(const struct seki_cloud_node *n, const char *json, size_t len,
    struct seki_arena *arena, struct seki_err *err)
{
	unsigned char *broken = seki_arena_get(arena, ROWS, err);
	size_t rows = ROWS;

	if (broken == NULL)
		return -1;
	memset(broken, 0, ROWS);
	for (; n != NULL; n = n->same) {
		struct tally t = { .node = n, .broken = broken };

		if (read_field(n->field, json, len, arena, count, &t, err) ==
		    -1)
			return -1;
		rows = t.cells < rows ? t.cells : rows;
	}
	return memchr(broken, 0, rows) != NULL;
}

/* A table matches a positive condition by any row; a negative one needs a row
 * and is broken by any. */
static int
leaf(const struct seki_cloud_node *n, const char *json, size_t len,
    struct seki_arena *arena, struct seki_err *err)
{
	struct tally t = { .node = n };
	int negative = n->op == SEKI_CLOUD_NE || n->op == SEKI_CLOUD_NOT_IN ||
		       n->op == SEKI_CLOUD_NOT_LIKE ||
		       n->op == SEKI_CLOUD_NOT_EMPTY;

	if (n->joined)
		return 1;
	if (n->same != NULL)
		return one_row(n, json, len, arena, err);
	if (read_field(n->field, json, len, arena, count, &t, err) == -1)
		return -1;
	if (t.cells == 0 && !n->field->inner) {
		struct cell none = { .item = NULL };

		t.cells = 1; /* a key that is not there is empty */
		t.held = (size_t)holds(n, &none);
	}
	return negative ? t.cells > 0 && t.held == 0 : t.held > 0;
}

int
seki_cloud_match(const struct seki_cloud_node *n, const char *json, size_t len,
    struct seki_arena *arena, struct seki_err *err)
{
	int r;

	if (n == NULL)
		return 1;
	if (n->op != SEKI_CLOUD_AND && n->op != SEKI_CLOUD_OR)
		return leaf(n, json, len, arena, err);
	r = seki_cloud_match(n->a, json, len, arena, err);
	if (r == -1 || r == (n->op == SEKI_CLOUD_OR))
		return r;
	return seki_cloud_match(n->b, json, len, arena, err);
}

static int
take(struct reader *r, void *ctx)
{
	if (r->cell.n > 0)
		*(struct seki_cloud_value *)ctx = r->cell.item[0];
	return 0;
}

int
seki_cloud_match_key(const struct seki_cloud_field *f, const char *json,
    size_t n, struct seki_arena *arena, struct seki_cloud_value *v,
    struct seki_err *err)
{
	*v = (struct seki_cloud_value){ .p = NULL };
	return read_field(f, json, n, arena, take, v, err);
}
