#include "cloud_int.h"

static int
text(struct seki_buf *b, const char *s, struct seki_err *err)
{
	return seki_buf_str(b, s, err);
}

/* A record without one of its fields. */
static int
without(const struct seki_cloud_tree *record, const char *field,
    struct seki_buf *b, struct seki_err *err)
{
	const char *sep = "{";

	for (const struct seki_cloud_tree *f = record->child; f != NULL;
	     f = f->next) {
		if (field != NULL && f->nkey == strlen(field) &&
		    memcmp(f->key, field, f->nkey) == 0)
			continue;
		if (text(b, sep, err) == -1 ||
		    seki_json_quote(b, f->key, f->nkey, err) == -1 ||
		    text(b, ":", err) == -1 ||
		    seki_buf_add(b, f->raw, f->nraw, err) == -1)
			return -1;
		sep = ",";
	}
	return text(b, *sep == '{' ? "{}" : "}", err);
}

static int
records(const struct seki_cloud_failure *f, const struct seki_cloud_tree *list,
    struct seki_buf *b, struct seki_err *err)
{
	const struct seki_cloud_failure *hide =
	    seki_cloud_trouble_has(f, SEKI_CLOUD_F_HIDE);
	int left = seki_cloud_trouble_has(f, SEKI_CLOUD_F_EMPTY) ? 0 : 1;
	const char *sep = "[";

	for (const struct seki_cloud_tree *r = left ? list->child : NULL;
	     r != NULL; r = r->next) {
		int first = r == list->child, n = 1;

		if (first && seki_cloud_trouble_has(f, SEKI_CLOUD_F_MISSING))
			n = 0;
		if (first && seki_cloud_trouble_has(f, SEKI_CLOUD_F_REPEAT))
			n = 2;
		for (; n > 0; n--) {
			if (text(b, sep, err) == -1 ||
			    without(r, first && hide ? hide->text : NULL, b,
				err) == -1)
				return -1;
			sep = ",";
		}
	}
	return text(b, *sep == '[' ? "[]" : "]", err);
}

static int
rewrite(const struct seki_cloud_failure *f, const struct seki_cloud_tree *o,
    struct seki_buf *b, struct seki_err *err)
{
	int empty = seki_cloud_trouble_has(f, SEKI_CLOUD_F_EMPTY) != NULL;
	int deploy = seki_cloud_trouble_has(f, SEKI_CLOUD_F_DEPLOY) != NULL;
	const char *sep = "{";

	if (seki_cloud_trouble_has(f, SEKI_CLOUD_F_EXTRA)) {
		if (text(b, "{\"newKey\":{\"nested\":[1,null,\"x\"]}", err) ==
		    -1)
			return -1;
		sep = ",";
	}
	for (const struct seki_cloud_tree *m = o->child; m != NULL;
	     m = m->next) {
		int list = m->nkey == 7 && memcmp(m->key, "records", 7) == 0;
		int next = m->nkey == 4 && memcmp(m->key, "next", 4) == 0;
		int revision =
		    m->nkey == 8 && memcmp(m->key, "revision", 8) == 0;

		if (text(b, sep, err) == -1 ||
		    seki_json_quote(b, m->key, m->nkey, err) == -1 ||
		    text(b, ":", err) == -1)
			return -1;
		sep = ",";
		if (list && m->kind == SEKI_J_ARRAY
			? records(f, m, b, err) == -1
		    : next && empty ? text(b, "true", err) == -1
		    : revision && deploy
			? text(b, "\"999\"", err) == -1
			: seki_buf_add(b, m->raw, m->nraw, err) == -1)
			return -1;
	}
	return text(b, *sep == '{' ? "{}" : "}", err);
}

int
seki_cloud_trouble_body(const struct seki_cloud_failure *f, struct seki_buf *b,
    struct seki_err *err)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_buf out = SEKI_BUF_INIT;
	struct seki_cloud_tree *t;
	int r;

	if (!seki_cloud_trouble_has(f, SEKI_CLOUD_F_REPEAT) &&
	    !seki_cloud_trouble_has(f, SEKI_CLOUD_F_MISSING) &&
	    !seki_cloud_trouble_has(f, SEKI_CLOUD_F_HIDE) &&
	    !seki_cloud_trouble_has(f, SEKI_CLOUD_F_EMPTY) &&
	    !seki_cloud_trouble_has(f, SEKI_CLOUD_F_EXTRA) &&
	    !seki_cloud_trouble_has(f, SEKI_CLOUD_F_DEPLOY))
		return 0;
	r = seki_cloud_tree_parse(&t, b->p, b->n, &arena, err);
	if (r == 0)
		r = rewrite(f, t, &out, err);
	seki_arena_free(&arena);
	if (r != 0) {
		seki_buf_free(&out);
		return -1;
	}
	seki_buf_free(b);
	*b = out;
	return 0;
}

/* The record that is named, else the one with the greatest id: 0 for none. */
static int
choose(
    struct seki_cloud_call *k, const struct seki_cloud_failure *f, uint64_t *id)
{
	const char *json;
	size_t n;
	int r;

	*id = f->n;
	if (f->n == 0)
		return seki_cloud_db_last(k->db, k->app->id, id, k->err);
	r = seki_cloud_db_one(k->db, k->app->id, *id, &json, &n, k->err);
	seki_cloud_db_done(k->db);
	if (r == 0)
		*id = 0;
	return r == -1 ? -1 : 0;
}

static int
change(struct seki_cloud_call *k, const struct seki_cloud_failure *f)
{
	struct seki_cloud_draft d;
	uint64_t id;

	if (f->what == SEKI_CLOUD_F_INSERT) {
		if (seki_cloud_draft_new(&d, k) == -1)
			return -1;
		return seki_cloud_draft_store(&d);
	}
	if (choose(k, f, &id) == -1)
		return -1;
	if (id == 0)
		return 0;
	if (f->what == SEKI_CLOUD_F_DELETE)
		return seki_cloud_write_forget(k->db, k->app->id, id, k->err);
	if (seki_cloud_draft_get(&d, k, id) == -1 ||
	    seki_cloud_draft_touch(&d, 1) == -1)
		return -1;
	return seki_cloud_draft_store(&d);
}

/* By the app of the request; where it names none, by the first. */
static const struct seki_cloud_app *
app(struct seki_cloud *c, const struct seki_cloud_request *q,
    struct seki_arena *arena)
{
	struct seki_cloud_fault fault = { .code = SEKI_CLOUD_OK };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_cloud_tree *args;
	const struct seki_cloud_app *a = NULL;
	uint64_t id;

	if (seki_cloud_param_parse(q, &args, arena, &fault, &err) == 0 &&
	    seki_cloud_param_id(args, "app", &id, &fault) == 0)
		a = seki_cloud_find(c, id);
	return a != NULL ? a : c->app[0];
}

int
seki_cloud_trouble_data(struct seki_cloud *c,
    const struct seki_cloud_request *q, const struct seki_cloud_failure *f,
    struct seki_err *err)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_cloud_fault fault = { .code = SEKI_CLOUD_OK };
	struct seki_cloud_call k = { .c = c,
		.req = q,
		.now = seki_time_now(),
		.arena = &arena,
		.fault = &fault,
		.err = err };
	int r = -1;

	k.app = app(c, q, &arena);
	if ((k.db = seki_cloud_data_get(c->data, err)) != NULL &&
	    seki_cloud_data_write(c->data, k.db, err) == 0) {
		r = change(&k, f);
		if (seki_cloud_data_written(c->data, k.db, r == 0, err) == -1)
			r = -1;
	}
	seki_cloud_data_put(c->data, k.db);
	seki_arena_free(&arena);
	return r;
}
