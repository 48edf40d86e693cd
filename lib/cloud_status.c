#include <stdio.h>

#include <jansson.h>

#include "cloud_int.h"

#define BATCH 100

static const struct seki_cloud_field *
of_type(const struct seki_cloud_app *a, enum seki_type type)
{
	for (size_t i = 0; i < a->nfield; i++)
		if (a->field[i].type == type && !a->field[i].off)
			return &a->field[i];
	return NULL;
}

const char *
seki_cloud_status_first(const struct seki_cloud_app *a)
{
	json_t *states = json_object_get(a->status, "states");

	for (void *i = json_object_iter(states); i != NULL;
	     i = json_object_iter_next(states, i)) {
		const char *n = json_string_value(
		    json_object_get(json_object_iter_value(i), "index"));

		if (n != NULL && strcmp(n, "0") == 0)
			return json_object_iter_key(i);
	}
	return "未処理";
}

static int
switched_on(struct seki_cloud_call *k)
{
	if (json_is_true(json_object_get(k->app->status, "enable")) &&
	    of_type(k->app, SEKI_T_STATUS) != NULL &&
	    of_type(k->app, SEKI_T_STATUS_ASSIGNEE) != NULL)
		return 0;
	return seki_cloud_refuse(k->fault, SEKI_CLOUD_GAIA_ST02, NULL, 0);
}

/* The record, when its revision is the one the request knows. */
static int
get(struct seki_cloud_call *k, const struct seki_cloud_tree *item,
    struct seki_cloud_draft *d)
{
	const struct seki_cloud_tree *rev =
	    seki_cloud_tree_get(item, "revision");
	uint64_t id, want;

	if (seki_cloud_param_id(item, "id", &id, k->fault) == -1)
		return -1;
	if (id == 0)
		return seki_cloud_invalid(
		    k->fault, "id", SEKI_CLOUD_REQUIRED, NULL, 0);
	if (seki_cloud_draft_get(d, k, id) == -1)
		return -1;
	if (rev == NULL || rev->kind == SEKI_J_NULL ||
	    (rev->p != NULL && strcmp(rev->p, "-1") == 0))
		return 0;
	if (seki_cloud_param_number(rev, SEKI_CLOUD_ID_MAX, &want) == -1)
		return seki_cloud_invalid(
		    k->fault, "revision", SEKI_CLOUD_INTEGER, NULL, 0);
	if (want != d->revision)
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_CO02, NULL, 0);
	return 0;
}

static const char *
member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

/* The action from the record's state whose condition it meets; NULL: none. */
static int
action(struct seki_cloud_call *k, const struct seki_cloud_draft *d,
    const char *name, json_t **out)
{
	const struct seki_cloud_field *f = of_type(k->app, SEKI_T_STATUS);
	size_t at = (size_t)(f - k->app->field), i;
	struct seki_buf from = SEKI_BUF_INIT;
	struct seki_cloud_query q;
	json_t *a;
	int r = 0;

	*out = NULL;
	json_array_foreach(json_object_get(k->app->status, "actions"), i, a)
	{
		const char *cond = member(a, "filterCond");
		const char *state = member(a, "from");

		if (*out != NULL || strcmp(member(a, "name"), name) != 0)
			continue;
		seki_buf_reset(&from);
		if (seki_json_quote(&from, state, strlen(state), k->err) == -1)
			r = -1;
		if (r == -1 || from.n != d->n[at] ||
		    memcmp(from.p, d->text[at], from.n) != 0)
			continue;
		r = seki_cloud_query_parse(&q, cond, strlen(cond), k);
		if (r == 0)
			r = q.cond == NULL ? 1
					   : seki_cloud_match(q.cond, d->stored,
						 d->nstored, k->arena, k->err);
		seki_cloud_query_free(&q);
		if (r == 1)
			*out = a;
		r = r == -1 ? -1 : 0;
	}
	seki_buf_free(&from);
	return r;
}

static int
assigned(const struct seki_cloud_draft *d, const char *code)
{
	const struct seki_cloud_field *f =
	    of_type(d->k->app, SEKI_T_STATUS_ASSIGNEE);
	size_t at = (size_t)(f - d->k->app->field);
	const struct seki_cloud_tree *u;
	struct seki_cloud_tree *t;

	if (seki_cloud_draft_is_empty(d->text[at], d->n[at]))
		return 1;
	if (seki_cloud_tree_parse(
		&t, d->text[at], d->n[at], d->k->arena, d->k->err) != 0)
		return 0;
	for (u = t->child; u != NULL; u = u->next)
		if (seki_cloud_tree_is(seki_cloud_tree_get(u, "code"), code))
			return 1;
	return 0;
}

static int
assign(struct seki_cloud_draft *d, const char *const *code, size_t n)
{
	const struct seki_cloud_field *f =
	    of_type(d->k->app, SEKI_T_STATUS_ASSIGNEE);
	struct seki_cloud_call *k = d->k;
	struct seki_buf b = SEKI_BUF_INIT;
	const char *s;
	int r = seki_buf_byte(&b, '[', k->err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (i > 0 && seki_buf_byte(&b, ',', k->err) == -1)
			r = -1;
		else if ((r = seki_cloud_person(k->db, SEKI_T_USER_SELECT,
			      code[i], strlen(code[i]), &b, k->err)) == 0)
			r = seki_cloud_refuse(k->fault, SEKI_CLOUD_GAIA_IL26,
			    code[i], strlen(code[i]));
		else
			r = r == 1 ? 0 : -1;
	}
	if (r == 0 && (r = seki_buf_byte(&b, ']', k->err)) == 0) {
		s = seki_arena_copy(k->arena, b.p, b.n, k->err);
		r = s == NULL ? -1 : 0;
		seki_cloud_draft_set(d, f, s, b.n);
	}
	seki_buf_free(&b);
	return r;
}

/* Who has the record in its new state: the one that was named, else the users
 * that the state names. */
static int
hand_over(struct seki_cloud_draft *d, const json_t *state,
    const struct seki_cloud_tree *who)
{
	json_t *entity = json_object_get(state, "assignee"), *e, *list;
	const char *code[BATCH];
	size_t n = 0, i;

	list = json_object_get(entity, "entities");
	if (who != NULL && who->kind == SEKI_J_STRING && who->n > 0) {
		code[n++] = who->p;
		return assign(d, code, n);
	}
	if (strcmp(member(entity, "type"), "ONE") == 0 &&
	    json_array_size(list) > 0)
		return seki_cloud_invalid(
		    d->k->fault, "assignee", SEKI_CLOUD_REQUIRED, NULL, 0);
	json_array_foreach(list, i, e)
	{
		e = json_object_get(e, "entity");
		if (n < BATCH && strcmp(member(e, "type"), "USER") == 0)
			code[n++] = member(e, "code");
	}
	return assign(d, code, n);
}

static int
change(struct seki_cloud_call *k, const struct seki_cloud_tree *item,
    struct seki_cloud_draft *d)
{
	const struct seki_cloud_tree *name =
	    seki_cloud_tree_get(item, "action");
	const struct seki_cloud_field *f = of_type(k->app, SEKI_T_STATUS);
	struct seki_buf b = SEKI_BUF_INIT;
	const char *to, *s;
	json_t *a;
	int r;

	if (get(k, item, d) == -1)
		return -1;
	if (name == NULL || name->kind != SEKI_J_STRING)
		return seki_cloud_invalid(
		    k->fault, "action", SEKI_CLOUD_REQUIRED, NULL, 0);
	if (action(k, d, name->p, &a) == -1)
		return -1;
	if (a == NULL)
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_IL03, name->p, name->n);
	/* Tokens stand for the administrator, who may act for anybody. */
	if (k->user != NULL && !assigned(d, k->user->code))
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_NT01, NULL, 0);
	to = member(a, "to");
	if (seki_json_quote(&b, to, strlen(to), k->err) == -1)
		return -1;
	s = seki_arena_copy(k->arena, b.p, b.n, k->err);
	seki_cloud_draft_set(d, f, s, b.n);
	seki_buf_free(&b);
	if (s == NULL)
		return -1;
	r = hand_over(d,
	    json_object_get(json_object_get(k->app->status, "states"), to),
	    seki_cloud_tree_get(item, "assignee"));
	/* The service counts the change of state and that of the assignee. */
	if (r == 0 && (r = seki_cloud_draft_touch(d, 2)) == 0)
		r = seki_cloud_draft_store(d);
	return r;
}

int
seki_cloud_status_put(struct seki_cloud_call *k)
{
	struct seki_cloud_draft d;

	if (switched_on(k) == -1 || change(k, k->args, &d) == -1)
		return -1;
	return seki_buf_fmt(
	    k->b, k->err, "{\"revision\":\"%ju\"}", (uintmax_t)d.revision);
}

int
seki_cloud_status_put_all(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *list, *t;
	struct seki_cloud_draft d;

	if (switched_on(k) == -1 || seki_cloud_param_list(k->args, "records",
					&list, BATCH, k->fault) == -1)
		return -1;
	if (list == NULL)
		return seki_cloud_invalid(
		    k->fault, "records", SEKI_CLOUD_REQUIRED, NULL, 0);
	if (seki_buf_str(k->b, "{\"records\":[", k->err) == -1)
		return -1;
	for (t = list->child; t != NULL; t = t->next)
		if (change(k, t, &d) == -1 ||
		    seki_buf_fmt(k->b, k->err,
			"%s{\"id\":\"%ju\",\"revision\":\"%ju\"}",
			t != list->child ? "," : "", (uintmax_t)d.id,
			(uintmax_t)d.revision) == -1)
			return -1;
	return seki_buf_str(k->b, "]}", k->err);
}

int
seki_cloud_status_assign(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *list;
	struct seki_cloud_draft d;
	const char *code[BATCH];
	size_t n = 0;

	if (switched_on(k) == -1 || seki_cloud_param_list(k->args, "assignees",
					&list, BATCH, k->fault) == -1)
		return -1;
	if (list == NULL)
		return seki_cloud_invalid(
		    k->fault, "assignees", SEKI_CLOUD_REQUIRED, NULL, 0);
	for (const struct seki_cloud_tree *t = list->child; t != NULL;
	     t = t->next) {
		if (t->kind != SEKI_J_STRING)
			return seki_cloud_invalid(
			    k->fault, "assignees", SEKI_CLOUD_SHAPE, NULL, 0);
		code[n++] = t->p;
	}
	if (get(k, k->args, &d) == -1)
		return -1;
	if (k->user != NULL && !assigned(&d, k->user->code))
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_NT01, NULL, 0);
	if (assign(&d, code, n) == -1 || seki_cloud_draft_touch(&d, 1) == -1 ||
	    seki_cloud_draft_store(&d) == -1)
		return -1;
	return seki_buf_fmt(
	    k->b, k->err, "{\"revision\":\"%ju\"}", (uintmax_t)d.revision);
}
