#include <stdio.h>

#include "cloud_int.h"

/* What the service fills in by itself, and a request's value of it is passed
 * over. */
static int
derived(const struct seki_cloud_draft *d, const struct seki_cloud_field *f)
{
	return f->type == SEKI_T_NONE || f->type == SEKI_T_ID ||
	       f->type == SEKI_T_REVISION || f->type == SEKI_T_RECORD_NUMBER ||
	       f->type == SEKI_T_CALC || f->type == SEKI_T_STATUS ||
	       f->type == SEKI_T_STATUS_ASSIGNEE ||
	       f->type == SEKI_T_CATEGORY || f->computed ||
	       (f->copied && seki_cloud_lookup_here(d->k->c, f));
}

static int
stamp(const struct seki_cloud_field *f)
{
	return f->type == SEKI_T_CREATOR || f->type == SEKI_T_MODIFIER ||
	       f->type == SEKI_T_CREATED_TIME || f->type == SEKI_T_UPDATED_TIME;
}

const char *
seki_cloud_draft_empty(const struct seki_cloud_field *f)
{
	static const char *const by[SEKI_T_NONE + 1] = {
		[SEKI_T_RADIO_BUTTON] = "null",
		[SEKI_T_DROP_DOWN] = "null",
		[SEKI_T_DATE] = "null",
		[SEKI_T_TIME] = "null",
		[SEKI_T_CHECK_BOX] = "[]",
		[SEKI_T_MULTI_SELECT] = "[]",
		[SEKI_T_USER_SELECT] = "[]",
		[SEKI_T_ORGANIZATION_SELECT] = "[]",
		[SEKI_T_GROUP_SELECT] = "[]",
		[SEKI_T_STATUS_ASSIGNEE] = "[]",
		[SEKI_T_CATEGORY] = "[]",
		[SEKI_T_FILE] = "[]",
		[SEKI_T_SUBTABLE] = "[]",
	};

	return by[f->type] != NULL ? by[f->type] : "\"\"";
}

int
seki_cloud_draft_is_empty(const char *s, size_t n)
{
	return s == NULL || (n == 4 && memcmp(s, "null", 4) == 0) ||
	       (n == 2 && (*s == '"' || *s == '['));
}

void
seki_cloud_draft_set(struct seki_cloud_draft *d,
    const struct seki_cloud_field *f, const char *s, size_t n)
{
	d->text[f - d->k->app->field] = s;
	d->n[f - d->k->app->field] = n;
}

static int
begin(struct seki_cloud_draft *d, struct seki_cloud_call *k)
{
	size_t n = k->app->nfield;

	*d = (struct seki_cloud_draft){ .k = k, .at = "record", .stored = "" };
	d->text = seki_arena_get(k->arena, n * sizeof(*d->text), k->err);
	d->n = seki_arena_get(k->arena, n * sizeof(*d->n), k->err);
	d->given = seki_arena_get(k->arena, n, k->err);
	if (d->text == NULL || d->n == NULL || d->given == NULL)
		return -1;
	memset(d->text, 0, n * sizeof(*d->text));
	memset(d->n, 0, n * sizeof(*d->n));
	memset(d->given, 0, n);
	return 0;
}

/* The buffer's text becomes the field's; the buffer is emptied. */
static int
take(struct seki_cloud_draft *d, const struct seki_cloud_field *f,
    struct seki_buf *b)
{
	const char *s = seki_arena_copy(d->k->arena, b->p, b->n, d->k->err);

	if (s == NULL)
		return -1;
	seki_cloud_draft_set(d, f, s, b->n);
	seki_buf_reset(b);
	return 0;
}

static int
format(struct seki_cloud_draft *d, const struct seki_cloud_field *f,
    struct seki_buf *b)
{
	struct seki_cloud_call *k = d->k;
	const char *first;
	char t[SEKI_TIME];

	if (f->type == SEKI_T_RECORD_NUMBER)
		return seki_buf_fmt(b, k->err, "\"%s%s%ju\"", k->app->code,
		    *k->app->code != '\0' ? "-" : "", (uintmax_t)d->id);
	if (f->type == SEKI_T_CREATOR || f->type == SEKI_T_MODIFIER)
		return seki_cloud_caller(k, b);
	if (f->type == SEKI_T_CREATED_TIME || f->type == SEKI_T_UPDATED_TIME) {
		seki_time_format(k->now - k->now % 60, t);
		return seki_buf_fmt(b, k->err, "\"%s\"", t);
	}
	if (f->type == SEKI_T_STATUS) {
		first = seki_cloud_status_first(k->app);
		return seki_json_quote(b, first, strlen(first), k->err);
	}
	return seki_cloud_value_standard(d, f, b);
}

int
seki_cloud_draft_new(struct seki_cloud_draft *d, struct seki_cloud_call *k)
{
	const struct seki_cloud_field *f = k->app->field;
	struct seki_buf b = SEKI_BUF_INIT;
	char name[40];
	uint64_t last;
	int r = 0;

	if (begin(d, k) == -1 ||
	    seki_cloud_db_last(k->db, k->app->id, &last, k->err) == -1)
		return -1;
	(void)snprintf(name, sizeof(name), "app %ju", (uintmax_t)k->app->id);
	if (seki_cloud_db_number(k->db, name, last + 1, &d->id, k->err) == -1)
		return -1;
	d->adding = 1;
	d->revision = 1;
	for (; r == 0 && f < k->app->field + k->app->nfield; f++)
		if (!f->inner && !f->off && f->type != SEKI_T_NONE &&
		    f->type != SEKI_T_ID && f->type != SEKI_T_REVISION &&
		    (r = format(d, f, &b)) == 0)
			r = take(d, f, &b);
	seki_buf_free(&b);
	return r;
}

int
seki_cloud_draft_get(
    struct seki_cloud_draft *d, struct seki_cloud_call *k, uint64_t id)
{
	const struct seki_cloud_tree *v;
	const struct seki_cloud_field *f;
	struct seki_cloud_tree *t;
	const char *json;
	size_t n;
	int r;

	if (begin(d, k) == -1)
		return -1;
	d->id = id;
	r = seki_cloud_db_one(k->db, k->app->id, id, &json, &n, k->err);
	if (r == 1) {
		d->stored = seki_arena_copy(k->arena, json, n, k->err);
		d->nstored = n;
	}
	seki_cloud_db_done(k->db);
	if (r == 0)
		return seki_cloud_records_missing(k, id);
	if (r == -1 || d->stored == NULL)
		return -1;
	r = seki_cloud_tree_parse(&t, d->stored, n, k->arena, k->err);
	if (r != 0)
		return r == 1 ? seki_fail(k->err, SEKI_BUG, "stored record")
			      : -1;
	for (t = t->child; t != NULL; t = t->next) {
		v = seki_cloud_tree_get(t, "value");
		f = seki_cloud_app_find(k->app, t->key, t->nkey);
		if (v == NULL || f == NULL || f->inner)
			continue;
		seki_cloud_draft_set(d, f, v->raw, v->nraw);
		if (f->type == SEKI_T_REVISION)
			(void)seki_cloud_param_number(
			    v, SEKI_CLOUD_ID_MAX, &d->revision);
	}
	return 0;
}

/* Creator, times and the like: with a new record, by an administrator. */
static int
may_stamp(struct seki_cloud_draft *d, const char *at)
{
	char key[320];

	if (d->adding)
		return seki_cloud_may(d->k, d->k->app->id, SEKI_CLOUD_ADMIN);
	(void)snprintf(key, sizeof(key), "%s.value", at);
	(void)seki_cloud_invalid(d->k->fault, key, SEKI_CLOUD_FIXED, NULL, 0);
	return 1;
}

static int
field(struct seki_cloud_draft *d, const struct seki_cloud_field *f,
    const struct seki_cloud_tree *v)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char at[256];
	int r;

	(void)snprintf(at, sizeof(at), "%s.%s", d->at, f->code);
	if (stamp(f) && (r = may_stamp(d, at)) != 0)
		return r == 1 ? 0 : -1;
	d->given[f - d->k->app->field] = 1;
	if (f->type == SEKI_T_SUBTABLE)
		return seki_cloud_rows(d, f, v);
	r = seki_cloud_value(d, f, v, at, &b);
	if (r == 0)
		r = take(d, f, &b);
	seki_buf_free(&b);
	return r == -1 ? -1 : 0;
}

int
seki_cloud_draft_put(
    struct seki_cloud_draft *d, const struct seki_cloud_tree *record)
{
	const struct seki_cloud_field *f;
	const struct seki_cloud_tree *t, *v;

	if (record == NULL || record->kind == SEKI_J_NULL)
		return 0;
	if (record->kind != SEKI_J_OBJECT)
		return seki_cloud_invalid(
		    d->k->fault, d->at, SEKI_CLOUD_SHAPE, NULL, 0);
	for (t = record->child; t != NULL; t = t->next) {
		f = seki_cloud_app_find(d->k->app, t->key, t->nkey);
		v = seki_cloud_tree_get(t, "value");
		/* A code that there is not is passed over without a word. */
		if (f == NULL || f->inner || v == NULL || derived(d, f))
			continue;
		if (field(d, f, v) == -1)
			return -1;
	}
	return seki_cloud_lookup(d);
}

/* Where a problem with the whole value is reported. */
static const char *
suffix(const struct seki_cloud_field *f)
{
	return f->type == SEKI_T_CHECK_BOX || f->type == SEKI_T_MULTI_SELECT ||
		       f->type == SEKI_T_FILE
		   ? ".values"
	       : f->type == SEKI_T_USER_SELECT ||
		       f->type == SEKI_T_GROUP_SELECT ||
		       f->type == SEKI_T_ORGANIZATION_SELECT
		   ? ".values.value"
		   : ".value";
}

static int
unique(struct seki_cloud_draft *d, const struct seki_cloud_field *f,
    const char *s, size_t n)
{
	uint64_t other;
	char key[320];

	if (seki_cloud_unique_find(d->k, d->k->app, f, s, n, &other) == -1)
		return -1;
	if (other == 0 || other == d->id)
		return 0;
	(void)snprintf(key, sizeof(key), "%s.%s.value", d->at, f->code);
	(void)seki_cloud_invalid(d->k->fault, key, SEKI_CLOUD_UNIQUE, NULL, 0);
	return 0;
}

static int
check(struct seki_cloud_draft *d)
{
	const struct seki_cloud_app *a = d->k->app;
	char key[320];

	for (size_t i = 0; i < a->nfield; i++) {
		const struct seki_cloud_field *f = &a->field[i];
		int empty = seki_cloud_draft_is_empty(d->text[i], d->n[i]);

		if (f->inner || derived(d, f) || stamp(f))
			continue;
		if (f->required && empty && f->type != SEKI_T_SUBTABLE) {
			(void)snprintf(key, sizeof(key), "%s.%s%s", d->at,
			    f->code, suffix(f));
			(void)seki_cloud_invalid(
			    d->k->fault, key, SEKI_CLOUD_REQUIRED, NULL, 0);
		}
		if (f->unique && !empty && (d->adding || d->given[i]) &&
		    unique(d, f, d->text[i], d->n[i]) == -1)
			return -1;
	}
	return d->k->fault->code == SEKI_CLOUD_OK ? 0 : -1;
}

static int
compose(struct seki_cloud_draft *d, struct seki_buf *b)
{
	const struct seki_cloud_app *a = d->k->app;
	struct seki_err *err = d->k->err;

	if (seki_buf_byte(b, '{', err) == -1)
		return -1;
	for (size_t i = 0; i < a->nfield; i++) {
		const struct seki_cloud_field *f = &a->field[i];

		if (d->text[i] == NULL || f->type == SEKI_T_ID ||
		    f->type == SEKI_T_REVISION)
			continue;
		if (seki_json_quote(b, f->code, strlen(f->code), err) == -1 ||
		    seki_buf_fmt(b, err, ":{\"type\":\"%s\",\"value\":",
			seki_type_word(f->type)) == -1 ||
		    seki_buf_add(b, d->text[i], d->n[i], err) == -1 ||
		    seki_buf_str(b, "},", err) == -1)
			return -1;
	}
	return seki_buf_fmt(b, err,
	    "\"$revision\":{\"type\":\"__REVISION__\",\"value\":\"%ju\"},"
	    "\"$id\":{\"type\":\"__ID__\",\"value\":\"%ju\"}}",
	    (uintmax_t)d->revision, (uintmax_t)d->id);
}

static int
index_values(struct seki_cloud_draft *d)
{
	const struct seki_cloud_app *a = d->k->app;

	if (seki_cloud_unique_drop(d->k, a, d->id) == -1)
		return -1;
	for (size_t i = 0; i < a->nfield; i++)
		if (a->field[i].unique && !a->field[i].inner &&
		    seki_cloud_unique_add(d->k, a, &a->field[i], d->text[i],
			d->n[i], d->id) == -1)
			return -1;
	return 0;
}

int
seki_cloud_draft_store(struct seki_cloud_draft *d)
{
	struct seki_cloud_call *k = d->k;
	struct seki_buf b = SEKI_BUF_INIT;
	int r = -1;

	if (compose(d, &b) == 0)
		r = d->adding ? seki_cloud_db_add(
				    k->db, k->app->id, d->id, b.p, b.n, k->err)
			      : seki_cloud_db_set(
				    k->db, k->app->id, d->id, b.p, b.n, k->err);
	if (r == 0)
		r = index_values(d);
	if (r == 0)
		r = seki_cloud_file_sweep(
		    k->db, k->app->id, d->id, b.p, b.n, k->err);
	seki_buf_free(&b);
	return r;
}

/* Who changed it, and when. */
static int
touch(struct seki_cloud_draft *d)
{
	const struct seki_cloud_app *a = d->k->app;
	struct seki_buf b = SEKI_BUF_INIT;
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->nfield; i++)
		if ((a->field[i].type == SEKI_T_MODIFIER ||
			a->field[i].type == SEKI_T_UPDATED_TIME) &&
		    (r = format(d, &a->field[i], &b)) == 0)
			r = take(d, &a->field[i], &b);
	seki_buf_free(&b);
	return r;
}

int
seki_cloud_draft_touch(struct seki_cloud_draft *d, unsigned revisions)
{
	d->revision += revisions;
	return touch(d);
}

int
seki_cloud_draft_write(struct seki_cloud_draft *d)
{
	if (seki_cloud_unique_ready(d->k, d->k->app) == -1 || check(d) == -1)
		return -1;
	if (!d->adding && seki_cloud_draft_touch(d, 1) == -1)
		return -1;
	return seki_cloud_calc(d) == -1 ? -1 : seki_cloud_draft_store(d);
}
