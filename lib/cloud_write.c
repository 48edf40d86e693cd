#include <stdio.h>
#include <stdlib.h>

#include "cloud_int.h"

/* Records of one request. */
#define BATCH 100

static int
id_revision(struct seki_cloud_call *k, const struct seki_cloud_draft *d)
{
	return seki_buf_fmt(k->b, k->err, "\"id\":\"%ju\",\"revision\":\"%ju\"",
	    (uintmax_t)d->id, (uintmax_t)d->revision);
}

static int
required(struct seki_cloud_call *k, const char *name)
{
	return seki_cloud_invalid(k->fault, name, SEKI_CLOUD_REQUIRED, NULL, 0);
}

static int
add(struct seki_cloud_call *k, const struct seki_cloud_tree *record,
    const char *at, struct seki_cloud_draft *d)
{
	if (seki_cloud_draft_new(d, k) == -1)
		return -1;
	d->at = at;
	if (seki_cloud_draft_put(d, record) == -1)
		return -1;
	return seki_cloud_draft_write(d);
}

int
seki_cloud_write_add(struct seki_cloud_call *k)
{
	struct seki_cloud_draft d;

	if (add(k, seki_cloud_tree_get(k->args, "record"), "record", &d) ==
		-1 ||
	    seki_buf_byte(k->b, '{', k->err) == -1 || id_revision(k, &d) == -1)
		return -1;
	return seki_buf_byte(k->b, '}', k->err);
}

static int
batch(struct seki_cloud_call *k, const char *name,
    const struct seki_cloud_tree **list)
{
	if (seki_cloud_param_list(k->args, name, list, BATCH, k->fault) == -1)
		return -1;
	return *list == NULL ? required(k, name) : 0;
}

int
seki_cloud_write_add_all(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *list, *t;
	struct seki_buf revisions = SEKI_BUF_INIT;
	struct seki_cloud_draft d;
	char at[32];
	size_t i = 0;
	int r;

	if (batch(k, "records", &list) == -1)
		return -1;
	r = seki_buf_str(k->b, "{\"ids\":[", k->err);
	for (t = list->child; r == 0 && t != NULL; t = t->next, i++) {
		(void)snprintf(at, sizeof(at), "records[%zu]", i);
		if ((r = add(k, t, at, &d)) == 0 &&
		    (r = seki_buf_fmt(k->b, k->err, "%s\"%ju\"",
			 i > 0 ? "," : "", (uintmax_t)d.id)) == 0)
			r = seki_buf_fmt(&revisions, k->err, "%s\"%ju\"",
			    i > 0 ? "," : "", (uintmax_t)d.revision);
	}
	if (r == 0)
		r = seki_buf_fmt(k->b, k->err, "],\"revisions\":[%s]}",
		    revisions.n > 0 ? revisions.p : "");
	seki_buf_free(&revisions);
	return r;
}

/* The record that an updateKey names; *id 0: there is none. */
static int
by_key(struct seki_cloud_call *k, const struct seki_cloud_tree *key,
    const struct seki_cloud_field **f, const char **text, size_t *n,
    uint64_t *id)
{
	const struct seki_cloud_tree *name = seki_cloud_tree_get(key, "field");
	const struct seki_cloud_tree *v = seki_cloud_tree_get(key, "value");
	struct seki_buf b = SEKI_BUF_INIT;
	int r;

	if (name == NULL || name->kind != SEKI_J_STRING)
		return required(k, "updateKey.field");
	if (v == NULL || (v->kind != SEKI_J_STRING && v->kind != SEKI_J_NUMBER))
		return required(k, "updateKey.value");
	*f = seki_cloud_app_find(k->app, name->p, name->n);
	if (*f == NULL)
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_IQ11, name->p, name->n);
	if (!(*f)->unique || (*f)->inner ||
	    ((*f)->type != SEKI_T_SINGLE_LINE_TEXT &&
		(*f)->type != SEKI_T_NUMBER))
		return seki_cloud_invalid(k->fault, "updateKey.field",
		    SEKI_CLOUD_NOT_UNIQUE, NULL, 0);
	if (seki_json_quote(&b, v->p, v->n, k->err) == -1)
		return -1;
	*n = b.n;
	*text = seki_arena_copy(k->arena, b.p, b.n, k->err);
	seki_buf_free(&b);
	if (*text == NULL || seki_cloud_unique_ready(k, k->app) == -1)
		return -1;
	r = seki_cloud_unique_find(k, k->app, *f, *text, *n, id);
	return r;
}

/* revision as given; UINT64_MAX: not to be looked at. */
static int
revision(
    struct seki_cloud_call *k, const struct seki_cloud_tree *t, uint64_t *out)
{
	*out = UINT64_MAX;
	if (t == NULL || t->kind == SEKI_J_NULL ||
	    ((t->kind == SEKI_J_NUMBER || t->kind == SEKI_J_STRING) &&
		strcmp(t->p, "-1") == 0))
		return 0;
	if (seki_cloud_param_number(t, SEKI_CLOUD_ID_MAX, out) == 0)
		return 0;
	return seki_cloud_invalid(
	    k->fault, "revision", SEKI_CLOUD_INTEGER, NULL, 0);
}

static int
same_revision(struct seki_cloud_call *k, const struct seki_cloud_tree *item,
    const struct seki_cloud_draft *d)
{
	uint64_t want;

	if (revision(k, seki_cloud_tree_get(item, "revision"), &want) == -1)
		return -1;
	if (want == UINT64_MAX || want == d->revision)
		return 0;
	return seki_cloud_refuse(k->fault, SEKI_CLOUD_GAIA_CO02, NULL, 0);
}

/* One record to change, or with upsert to add: by id or by updateKey. */
struct change {
	const struct seki_cloud_field *key; /* NULL: by id */
	const char *text;
	size_t n;
	uint64_t id;
	int inserted;
};

static int
target(struct seki_cloud_call *k, const struct seki_cloud_tree *item,
    struct change *c)
{
	const struct seki_cloud_tree *key =
	    seki_cloud_tree_get(item, "updateKey");

	if (key != NULL && key->kind == SEKI_J_NULL)
		key = NULL;
	if (seki_cloud_param_id(item, "id", &c->id, k->fault) == -1)
		return -1;
	if (key != NULL && c->id > 0)
		return seki_cloud_invalid(
		    k->fault, "updateKey", SEKI_CLOUD_TOGETHER, NULL, 0);
	if (key != NULL)
		return by_key(k, key, &c->key, &c->text, &c->n, &c->id);
	return c->id > 0 ? 0 : required(k, "id");
}

static int
there(struct seki_cloud_call *k, uint64_t id)
{
	const char *json;
	size_t n;
	int r = seki_cloud_db_one(k->db, k->app->id, id, &json, &n, k->err);

	seki_cloud_db_done(k->db);
	return r;
}

static int
insert(struct seki_cloud_call *k, const struct seki_cloud_tree *record,
    const char *at, struct change *c, struct seki_cloud_draft *d)
{
	c->inserted = 1;
	if (seki_cloud_draft_new(d, k) == -1)
		return -1;
	d->at = at;
	if (seki_cloud_draft_put(d, record) == -1)
		return -1;
	if (c->key != NULL) {
		seki_cloud_draft_set(d, c->key, c->text, c->n);
		d->given[c->key - k->app->field] = 1;
	}
	return seki_cloud_draft_write(d);
}

static int
put(struct seki_cloud_call *k, const struct seki_cloud_tree *item, int upsert,
    const char *at, struct change *c, struct seki_cloud_draft *d)
{
	const struct seki_cloud_tree *record =
	    seki_cloud_tree_get(item, "record");
	int r = 1;

	*c = (struct change){ .key = NULL };
	if (target(k, item, c) == -1)
		return -1;
	if (c->key != NULL && seki_cloud_tree_get(record, c->key->code) != NULL)
		return seki_cloud_invalid(
		    k->fault, "updateKey", SEKI_CLOUD_TOGETHER, NULL, 0);
	if (c->id == 0 && !upsert)
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_RE20, c->text, c->n);
	if (upsert && (r = c->id > 0 ? there(k, c->id) : 0) == -1)
		return -1;
	if (r == 0)
		return insert(k, record, at, c, d);
	if (seki_cloud_draft_get(d, k, c->id) == -1 ||
	    same_revision(k, item, d) == -1)
		return -1;
	d->at = at;
	if (seki_cloud_draft_put(d, record) == -1)
		return -1;
	return seki_cloud_draft_write(d);
}

int
seki_cloud_write_put(struct seki_cloud_call *k)
{
	struct seki_cloud_draft d;
	struct change c;

	if (put(k, k->args, 0, "record", &c, &d) == -1)
		return -1;
	return seki_buf_fmt(
	    k->b, k->err, "{\"revision\":\"%ju\"}", (uintmax_t)d.revision);
}

int
seki_cloud_write_put_all(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *list, *t;
	struct seki_cloud_draft d;
	struct change c;
	char at[32];
	size_t i = 0;
	int upsert;

	if (seki_cloud_param_bool(k->args, "upsert", &upsert, k->fault) == -1 ||
	    (upsert && seki_cloud_may(k, k->app->id, SEKI_CLOUD_ADD) == -1) ||
	    batch(k, "records", &list) == -1 ||
	    seki_buf_str(k->b, "{\"records\":[", k->err) == -1)
		return -1;
	for (t = list->child; t != NULL; t = t->next, i++) {
		(void)snprintf(at, sizeof(at), "records[%zu]", i);
		if (put(k, t, upsert, at, &c, &d) == -1 ||
		    seki_buf_str(k->b, i > 0 ? ",{" : "{", k->err) == -1 ||
		    id_revision(k, &d) == -1 ||
		    (upsert &&
			seki_buf_fmt(k->b, k->err, ",\"operation\":\"%s\"",
			    c.inserted ? "INSERT" : "UPDATE") == -1) ||
		    seki_buf_byte(k->b, '}', k->err) == -1)
			return -1;
	}
	return seki_buf_str(k->b, "]}", k->err);
}

/* A record with all that hangs on it. */
static int
remove_one(
    struct seki_cloud_call *k, uint64_t id, const struct seki_cloud_tree *rev)
{
	struct seki_cloud_draft d;
	uint64_t want;

	if (revision(k, rev, &want) == -1 ||
	    seki_cloud_draft_get(&d, k, id) == -1)
		return -1;
	if (want != UINT64_MAX && want != d.revision)
		return seki_cloud_refuse(
		    k->fault, SEKI_CLOUD_GAIA_CO02, NULL, 0);
	return seki_cloud_write_forget(k->db, k->app->id, id, k->err);
}

int
seki_cloud_write_forget(
    struct seki_cloud_db *db, uint64_t app, uint64_t id, struct seki_err *err)
{
	char name[40];
	uint64_t last;

	/* The greatest id stays used up. */
	(void)snprintf(name, sizeof(name), "app %ju", (uintmax_t)app);
	if (seki_cloud_db_last(db, app, &last, err) == -1 ||
	    seki_cloud_run(db, err,
		"INSERT OR IGNORE INTO counter(name, n) VALUES(?1, ?2)", "si",
		name, last) == -1)
		return -1;
	if (seki_cloud_db_remove(db, app, id, err) == -1 ||
	    seki_cloud_run(db, err,
		"DELETE FROM uniq WHERE app = ?1 AND id = ?2", "ii", app,
		id) == -1 ||
	    seki_cloud_run(db, err,
		"DELETE FROM comment WHERE app = ?1 AND record = ?2", "ii", app,
		id) == -1)
		return -1;
	return seki_cloud_file_sweep(db, app, id, "", 0, err);
}

int
seki_cloud_write_delete(struct seki_cloud_call *k)
{
	const struct seki_cloud_tree *ids, *revs, *r = NULL;
	uint64_t id;

	if (batch(k, "ids", &ids) == -1 ||
	    seki_cloud_param_list(
		k->args, "revisions", &revs, BATCH, k->fault) == -1)
		return -1;
	if (ids->count == 0)
		return required(k, "ids");
	if (revs != NULL)
		r = revs->child;
	for (const struct seki_cloud_tree *t = ids->child; t != NULL;
	     t = t->next) {
		if (seki_cloud_param_number(t, SEKI_CLOUD_ID_MAX, &id) == -1)
			return seki_cloud_invalid(
			    k->fault, "ids", SEKI_CLOUD_INTEGER, NULL, 0);
		if (remove_one(k, id, r) == -1)
			return -1;
		r = r != NULL ? r->next : NULL;
	}
	return seki_buf_str(k->b, "{}", k->err);
}
