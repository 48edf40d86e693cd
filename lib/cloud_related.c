#include <stdlib.h>

#include <jansson.h>

#include "cloud_int.h"

/*
 * Conditions on the fields of a related records list: LIST.FIELD.  The records
 * of the other app that meet it are looked up while the query is read; what
 * remains is a condition on the field by which records are related.
 */

static const char *
text(json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static int
unknown(struct seki_cloud_call *k, const char *s, size_t n)
{
	return seki_cloud_refuse(k->fault, SEKI_CLOUD_GAIA_IR02, s, n);
}

/* The setting of a field that is such a list, or NULL. */
static json_t *
setting(const struct seki_cloud_app *a, const char *code, size_t n)
{
	json_t *props = json_object_get(a->form, "properties"), *t;
	char name[200];

	if (n >= sizeof(name))
		return NULL;
	memcpy(name, code, n);
	name[n] = '\0';
	t = json_object_get(json_object_get(props, name), "referenceTable");
	return json_is_object(t) ? t : NULL;
}

int
seki_cloud_related_open(struct seki_cloud_related *r, struct seki_cloud_call *k,
    const char *code, size_t n)
{
	const char *dot = memchr(code, '.', n), *cond;
	json_t *t = setting(k->app, code, (size_t)(dot - code)), *by, *app;
	const struct seki_cloud_app *other;

	memset(r, 0, sizeof(*r));
	/* A list's own condition about another list is not looked into. */
	if (t == NULL || k->related)
		return unknown(k, code, n);
	by = json_object_get(t, "condition");
	app = json_object_get(t, "relatedApp");
	other = seki_cloud_find(k->c, strtoull(text(app, "app"), NULL, 10));
	if (other == NULL)
		return unknown(k, code, n);
	r->k = *k;
	r->k.app = other;
	r->k.related = 1;
	r->here = seki_cloud_app_find(
	    k->app, text(by, "field"), strlen(text(by, "field")));
	r->there = seki_cloud_app_find(
	    other, text(by, "relatedField"), strlen(text(by, "relatedField")));
	r->field =
	    seki_cloud_app_find(other, dot + 1, n - (size_t)(dot + 1 - code));
	if (r->here == NULL || r->there == NULL)
		return unknown(k, code, n);
	if (r->field == NULL || r->field->type == SEKI_T_NONE)
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_IQ11, code, n);
	if (seki_cloud_may(k, other->id, SEKI_CLOUD_VIEW) == -1)
		return -1;
	cond = text(t, "filterCond");
	return seki_cloud_query_parse(&r->filter, cond, strlen(cond), &r->k);
}

void
seki_cloud_related_close(struct seki_cloud_related *r)
{
	if (r->k.app != NULL)
		seki_cloud_query_free(&r->filter);
}

/* One record of the other app: what it is related by, and whether it meets the
 * condition. */
struct pair {
	struct seki_cloud_value key;
	int meets;
};
struct pairs {
	struct pair *v;
	size_t n, room;
};

static int
order(const void *a, const void *b)
{
	const struct seki_cloud_value *x = &((const struct pair *)a)->key,
				      *y = &((const struct pair *)b)->key;
	size_t n = x->n < y->n ? x->n : y->n;
	int r = memcmp(x->p, y->p, n);

	return r != 0 ? r : x->n < y->n ? -1 : x->n > y->n;
}

static int
look(struct seki_cloud_related *r, const struct seki_cloud_node *cond,
    const char *json, size_t n, struct seki_arena *scratch,
    struct seki_arena *keep, struct pairs *list)
{
	struct seki_err *err = r->k.err;
	struct seki_cloud_value key;
	struct pair *more;
	int meets;

	meets = seki_cloud_match(r->filter.cond, json, n, scratch, err);
	if (meets != 1)
		return meets;
	if (seki_cloud_match_key(r->there, json, n, scratch, &key, err) == -1)
		return -1;
	/* What is empty is related to nothing. */
	if (key.n == 0)
		return 0;
	meets = seki_cloud_match(cond, json, n, scratch, err);
	if (meets == -1)
		return -1;
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		more = reallocarray(list->v, list->room, sizeof(*more));
		if (more == NULL)
			return seki_err_nomem(err);
		list->v = more;
	}
	key.p = seki_arena_copy(keep, key.p, key.n, err);
	if (key.p == NULL ||
	    seki_cloud_type_form(r->here, &key, keep, err) == -1)
		return -1;
	list->v[list->n++] = (struct pair){ .key = key, .meets = meets };
	return 0;
}

static int
scan(struct seki_cloud_related *r, const struct seki_cloud_node *cond,
    struct seki_arena *keep, struct pairs *list)
{
	struct seki_arena scratch = SEKI_ARENA_INIT;
	const char *json;
	uint64_t id;
	size_t n;
	int got;

	seki_cloud_db_scan(
	    r->k.db, r->k.app->id, r->filter.lo, r->filter.hi, 0);
	while ((got = seki_cloud_db_next(r->k.db, &id, &json, &n, r->k.err)) ==
	       1) {
		seki_arena_reset(&scratch);
		got = look(r, cond, json, n, &scratch, keep, list);
		if (got == -1)
			break;
	}
	seki_cloud_db_done(r->k.db);
	seki_arena_free(&scratch);
	return got;
}

/* As with tables: any related record meets a positive condition, all must meet
 * a negative one. */
static int
chosen(struct seki_cloud_node *node, const struct pairs *list, int all,
    struct seki_arena *arena, struct seki_err *err)
{
	size_t i, j;

	node->nvalue = 0;
	node->value =
	    seki_arena_get(arena, (list->n + 1) * sizeof(*node->value), err);
	if (node->value == NULL)
		return -1;
	for (i = 0; i < list->n; i = j) {
		size_t meet = 0;

		for (j = i; j < list->n && order(&list->v[i], &list->v[j]) == 0;
		     j++)
			meet += (size_t)list->v[j].meets;
		if (all ? meet == j - i : meet > 0)
			node->value[node->nvalue++] = list->v[i].key;
	}
	return 0;
}

int
seki_cloud_related_find(struct seki_cloud_related *r,
    struct seki_cloud_node *node, int all, struct seki_arena *arena)
{
	struct seki_cloud_node cond = *node;
	struct pairs list = { .v = NULL };
	int got = scan(r, &cond, arena, &list);

	if (got == 0) {
		if (list.n > 0)
			qsort(list.v, list.n, sizeof(*list.v), order);
		memset(node, 0, sizeof(*node));
		node->op = SEKI_CLOUD_IN;
		node->field = r->here;
		got = chosen(node, &list, all, arena, r->k.err);
	}
	free(list.v);
	return got;
}
