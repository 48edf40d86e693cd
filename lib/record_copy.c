#include <string.h>

#include "seki_int.h"

/* What a value weighs beside its text: about the memory it takes, but the same
 * on every machine, since widths of columns depend on it. */
#define VALUE ((size_t)32)

/* Where copies go, and how much they weigh. */
struct copy {
	struct seki_arena *arena;
	size_t weight;
	struct seki_err *err;
};

static int
value(struct copy *c, const struct seki_value *v, struct seki_value *to)
{
	*to = *v;
	to->p = NULL;
	c->weight += VALUE + v->n;
	if (v->n == 0)
		return 0;
	to->p = seki_arena_copy(c->arena, v->p, v->n, c->err);
	return to->p == NULL ? -1 : 0;
}

static struct seki_value *
values(struct copy *c, const struct seki_value *v, size_t n)
{
	struct seki_value *to;
	size_t i;

	to = seki_arena_get(c->arena, (n + 1) * sizeof(*to), c->err);
	for (i = 0; to != NULL && i < n; i++)
		if (value(c, &v[i], &to[i]) == -1)
			return NULL;
	return to;
}

static int
table(struct copy *c, const struct seki_field *f, const struct seki_value *v,
    struct seki_value *to)
{
	size_t i;

	to->row = NULL;
	if (v->nrow == 0)
		return 0;
	to->row = seki_arena_get(c->arena, v->nrow * sizeof(*v->row), c->err);
	if (to->row == NULL)
		return -1;
	for (i = 0; i < v->nrow; i++)
		if (value(c, &v->row[i].id, &to->row[i].id) == -1 ||
		    (to->row[i].v = values(c, v->row[i].v, f->nsub)) == NULL)
			return -1;
	return 0;
}

struct seki_record *
seki_record_copy(const struct seki_schema *schema,
    const struct seki_record *rec, struct seki_arena *arena, size_t *weight,
    struct seki_err *err)
{
	struct copy c = { .arena = arena, .err = err };
	struct seki_record *to = seki_arena_get(arena, sizeof(*to), err);
	size_t i;

	if (to == NULL)
		return NULL;
	memset(to, 0, sizeof(*to));
	to->kind = rec->kind;
	if (value(&c, &rec->key, &to->key) == -1)
		return NULL;
	if (rec->kind == SEKI_RECORD_ROW) {
		if ((to->v = values(&c, rec->v, schema->n)) == NULL)
			return NULL;
		for (i = 0; i < schema->n; i++)
			if (schema->field[i].type == SEKI_T_SUBTABLE &&
			    table(&c, &schema->field[i], &rec->v[i],
				&to->v[i]) == -1)
				return NULL;
	}
	*weight += c.weight;
	return to;
}
