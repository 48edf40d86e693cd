#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "cloud_int.h"

/* The cells that a lookup stands among: a record's, or a row's. */
struct cells {
	struct seki_cloud_call *k;
	const char **text;
	size_t *n;
};

static const struct seki_cloud_app *
source(const struct seki_cloud *c, const struct seki_cloud_field *f)
{
	const char *id = json_string_value(
	    json_object_get(json_object_get(f->lookup, "relatedApp"), "app"));

	return id == NULL ? NULL : seki_cloud_find(c, strtoull(id, NULL, 10));
}

/* Of the lookup field itself, or of one that a lookup of the same app fills
 * in. */
int
seki_cloud_lookup_here(
    const struct seki_cloud *c, const struct seki_cloud_field *f)
{
	for (size_t i = 0; i < c->napp; i++) {
		const struct seki_cloud_app *a = c->app[i];

		if (f < a->field || f >= a->field + a->nfield)
			continue;
		for (size_t j = 0; j < a->nfield; j++) {
			json_t *map, *maps = json_object_get(
					 a->field[j].lookup, "fieldMappings");
			size_t n;

			json_array_foreach(maps, n, map)
			{
				const char *to = json_string_value(
				    json_object_get(map, "field"));

				if (to != NULL && strcmp(to, f->code) == 0)
					return source(c, &a->field[j]) != NULL;
			}
		}
	}
	return 0;
}

/* The source record with the key, 0 when there is none. */
static int
find(struct seki_cloud_call *k, const struct seki_cloud_app *from,
    const struct seki_cloud_field *f, const char *text, size_t n, uint64_t *id)
{
	const char *code =
	    json_string_value(json_object_get(f->lookup, "relatedKeyField"));
	const struct seki_cloud_field *key =
	    code != NULL ? seki_cloud_app_find(from, code, strlen(code)) : NULL;
	struct seki_cloud_tree *t;
	const char *dash;

	if (key == NULL || (!key->unique && key->type != SEKI_T_RECORD_NUMBER))
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_LO03, f->code, strlen(f->code));
	if (key->type != SEKI_T_RECORD_NUMBER)
		return seki_cloud_unique_ready(k, from) == -1
			   ? -1
			   : seki_cloud_unique_find(k, from, key, text, n, id);
	*id = 0;
	if (seki_cloud_tree_parse(&t, text, n, k->arena, k->err) != 0)
		return -1;
	if ((dash = memrchr(t->p, '-', t->n)) != NULL) {
		t->n -= (size_t)(dash + 1 - t->p);
		t->p = dash + 1;
	}
	(void)seki_cloud_param_number(t, SEKI_CLOUD_ID_MAX, id);
	return 0;
}

/* What a value of the source becomes in a field: empty as the field has it. */
static void
put(struct cells *c, const char *code, const struct seki_cloud_tree *v)
{
	const struct seki_cloud_app *a = c->k->app;
	const struct seki_cloud_field *f =
	    seki_cloud_app_find(a, code, strlen(code));

	if (f == NULL)
		return;
	if (v == NULL || seki_cloud_draft_is_empty(v->raw, v->nraw)) {
		c->text[f - a->field] = seki_cloud_draft_empty(f);
		c->n[f - a->field] = strlen(c->text[f - a->field]);
	} else {
		c->text[f - a->field] = v->raw;
		c->n[f - a->field] = v->nraw;
	}
}

static void
copy(struct cells *c, const struct seki_cloud_field *f,
    const struct seki_cloud_tree *record)
{
	json_t *map, *maps = json_object_get(f->lookup, "fieldMappings");
	const struct seki_cloud_tree *v = NULL;
	const char *to, *from;
	size_t i;

	json_array_foreach(maps, i, map)
	{
		to = json_string_value(json_object_get(map, "field"));
		from = json_string_value(json_object_get(map, "relatedField"));
		if (to == NULL || from == NULL)
			continue;
		if (record != NULL)
			v = seki_cloud_tree_get(
			    seki_cloud_tree_get(record, from), "value");
		put(c, to, v);
	}
}

static int
look(struct cells *c, const struct seki_cloud_field *f)
{
	struct seki_cloud_call *k = c->k;
	const struct seki_cloud_app *from = source(k->c, f);
	size_t i = (size_t)(f - k->app->field);
	struct seki_cloud_tree *t = NULL;
	const char *json, *mine;
	uint64_t id = 0;
	size_t n;
	int r;

	if (from == NULL)
		return 0;
	if (seki_cloud_draft_is_empty(c->text[i], c->n[i])) {
		copy(c, f, NULL);
		return 0;
	}
	if (seki_cloud_may(k, from->id, SEKI_CLOUD_VIEW) == -1 ||
	    find(k, from, f, c->text[i], c->n[i], &id) == -1)
		return -1;
	r = id == 0 ? 0
		    : seki_cloud_db_one(k->db, from->id, id, &json, &n, k->err);
	mine = r == 1 ? seki_arena_copy(k->arena, json, n, k->err) : NULL;
	seki_cloud_db_done(k->db);
	if (r == 0) {
		char arg[200];

		(void)snprintf(arg, sizeof(arg), "%s %.*s", f->code,
		    (int)(c->n[i] < 60 ? c->n[i] : 60), c->text[i]);
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_LO04, arg, strlen(arg));
	}
	if (mine == NULL ||
	    seki_cloud_tree_parse(&t, mine, n, k->arena, k->err) != 0)
		return -1;
	copy(c, f, t);
	return 0;
}

static int
all(struct cells *c, const struct seki_cloud_field *table,
    const unsigned char *given)
{
	const struct seki_cloud_app *a = c->k->app;

	for (size_t i = 0; i < a->nfield; i++) {
		const struct seki_cloud_field *f = &a->field[i];

		if (f->lookup == NULL || !given[i] ||
		    f->inner != (table != NULL) ||
		    (table != NULL && &a->field[f->table] != table))
			continue;
		if (look(c, f) == -1)
			return -1;
	}
	return 0;
}

int
seki_cloud_lookup(struct seki_cloud_draft *d)
{
	struct cells c = { d->k, d->text, d->n };

	return all(&c, NULL, d->given);
}

int
seki_cloud_lookup_row(struct seki_cloud_draft *d,
    const struct seki_cloud_field *table, const char **text, size_t *n,
    const unsigned char *given)
{
	struct cells c = { d->k, text, n };

	return all(&c, table, given);
}
