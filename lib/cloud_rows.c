#include <stdio.h>

#include "cloud_int.h"

/* Above the ids of generated rows. */
#define FIRST_ROW 2000000000u

/* The row being written: its cells by the app's fields. */
struct row {
	struct seki_cloud_draft *d;
	const struct seki_cloud_field *table;
	size_t index;
	uint64_t id; /* 0: a new one */
	const struct seki_cloud_tree *was;
	const char **text;
	size_t *n;
	unsigned char *given;
};

static int
is_inner(const struct row *w, size_t i)
{
	const struct seki_cloud_app *a = w->d->k->app;

	return a->field[i].inner && a->field[i].type != SEKI_T_NONE &&
	       &a->field[a->field[i].table] == w->table;
}

static int
take(struct row *w, size_t i, struct seki_buf *b)
{
	w->n[i] = b->n;
	w->text[i] = seki_arena_copy(w->d->k->arena, b->p, b->n, w->d->k->err);
	seki_buf_reset(b);
	return w->text[i] == NULL ? -1 : 0;
}

/* A stored row keeps its cells, a new one begins with the default values. */
static int
begin(struct row *w)
{
	const struct seki_cloud_app *a = w->d->k->app;
	const struct seki_cloud_tree *c;
	struct seki_buf b = SEKI_BUF_INIT;
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->nfield; i++) {
		if (!is_inner(w, i))
			continue;
		c = seki_cloud_tree_get(w->was, a->field[i].code);
		c = seki_cloud_tree_get(c, "value");
		if (c != NULL) {
			w->text[i] = c->raw;
			w->n[i] = c->nraw;
		} else if ((r = seki_cloud_value_standard(
				w->d, &a->field[i], &b)) == 0)
			r = take(w, i, &b);
	}
	seki_buf_free(&b);
	return r;
}

static int
cell(struct row *w, size_t i, const struct seki_cloud_tree *v)
{
	const struct seki_cloud_field *f = &w->d->k->app->field[i];
	struct seki_buf b = SEKI_BUF_INIT;
	char at[256];
	int r;

	if (f->type == SEKI_T_CALC || f->computed ||
	    (f->copied && seki_cloud_lookup_here(w->d->k->c, f)))
		return 0;
	(void)snprintf(at, sizeof(at), "%s.%s.value[%zu].value.%s", w->d->at,
	    w->table->code, w->index, f->code);
	w->given[i] = 1;
	r = seki_cloud_value(w->d, f, v, at, &b);
	if (r == 0)
		r = take(w, i, &b);
	seki_buf_free(&b);
	return r == -1 ? -1 : 0;
}

static void
missing(const struct row *w, const struct seki_cloud_field *f)
{
	char key[320];

	(void)snprintf(key, sizeof(key), "%s.%s.value[%zu].value.%s.value",
	    w->d->at, w->table->code, w->index, f->code);
	(void)seki_cloud_invalid(
	    w->d->k->fault, key, SEKI_CLOUD_REQUIRED, NULL, 0);
}

static int
cells(struct row *w, const struct seki_cloud_tree *request)
{
	const struct seki_cloud_app *a = w->d->k->app;
	const struct seki_cloud_tree *v;

	if (begin(w) == -1)
		return -1;
	for (size_t i = 0; i < a->nfield; i++) {
		if (!is_inner(w, i))
			continue;
		v = seki_cloud_tree_get(request, a->field[i].code);
		v = seki_cloud_tree_get(v, "value");
		if (v != NULL && cell(w, i, v) == -1)
			return -1;
		if (a->field[i].required &&
		    seki_cloud_draft_is_empty(w->text[i], w->n[i]))
			missing(w, &a->field[i]);
	}
	return seki_cloud_lookup_row(w->d, w->table, w->text, w->n, w->given);
}

static int
compose(struct row *w, struct seki_buf *b)
{
	const struct seki_cloud_app *a = w->d->k->app;
	struct seki_err *err = w->d->k->err;
	const char *sep = "";

	if (w->id == 0 && seki_cloud_db_number(
			      w->d->k->db, "row", FIRST_ROW, &w->id, err) == -1)
		return -1;
	if (seki_buf_fmt(b, err, "%s{\"id\":\"%ju\",\"value\":{",
		w->index > 0 ? "," : "", (uintmax_t)w->id) == -1)
		return -1;
	for (size_t i = 0; i < a->nfield; i++) {
		if (!is_inner(w, i))
			continue;
		if (seki_buf_str(b, sep, err) == -1 ||
		    seki_json_quote(b, a->field[i].code,
			strlen(a->field[i].code), err) == -1 ||
		    seki_buf_fmt(b, err, ":{\"type\":\"%s\",\"value\":",
			seki_type_word(a->field[i].type)) == -1 ||
		    seki_buf_add(b, w->text[i], w->n[i], err) == -1 ||
		    seki_buf_byte(b, '}', err) == -1)
			return -1;
		sep = ",";
	}
	return seki_buf_str(b, "}}", err);
}

/* The stored row with the id; a row that is not there is a new one. */
static int
identify(struct row *w, const struct seki_cloud_tree *old,
    const struct seki_cloud_tree *row, const struct seki_cloud_tree *all)
{
	const struct seki_cloud_tree *id = seki_cloud_tree_get(row, "id"), *o;
	uint64_t n, m;

	w->id = 0;
	w->was = NULL;
	if (id == NULL || id->kind == SEKI_J_NULL)
		return 0;
	if (seki_cloud_param_number(id, UINT64_MAX, &n) == -1)
		return seki_cloud_refuse(
		    w->d->k->fault, SEKI_CLOUD_CB_IJ01, NULL, 0);
	for (; all != row; all = all->next) {
		o = seki_cloud_tree_get(all, "id");
		if (o != NULL &&
		    seki_cloud_param_number(o, UINT64_MAX, &m) == 0 && m == n)
			return seki_cloud_refuse(
			    w->d->k->fault, SEKI_CLOUD_GAIA_SI01, id->p, id->n);
	}
	for (; old != NULL; old = old->next) {
		o = seki_cloud_tree_get(old, "id");
		if (o != NULL &&
		    seki_cloud_param_number(o, UINT64_MAX, &m) == 0 && m == n) {
			w->id = n;
			w->was = seki_cloud_tree_get(old, "value");
		}
	}
	return 0;
}

static int
rows(struct row *w, const struct seki_cloud_tree *old,
    const struct seki_cloud_tree *list, struct seki_buf *b)
{
	size_t n = w->d->k->app->nfield;

	for (const struct seki_cloud_tree *r = list; r != NULL; r = r->next) {
		memset(w->text, 0, n * sizeof(*w->text));
		memset(w->n, 0, n * sizeof(*w->n));
		memset(w->given, 0, n);
		if (identify(w, old, r, list) == -1 ||
		    cells(w, seki_cloud_tree_get(r, "value")) == -1 ||
		    compose(w, b) == -1)
			return -1;
		w->index++;
	}
	return 0;
}

static int
room(struct row *w)
{
	struct seki_cloud_call *k = w->d->k;
	size_t n = k->app->nfield;

	w->text = seki_arena_get(k->arena, n * sizeof(*w->text), k->err);
	w->n = seki_arena_get(k->arena, n * sizeof(*w->n), k->err);
	w->given = seki_arena_get(k->arena, n, k->err);
	return w->text == NULL || w->n == NULL || w->given == NULL ? -1 : 0;
}

static int
calculate(struct row *w, const struct seki_cloud_tree *r, struct seki_buf *b)
{
	const struct seki_cloud_tree *id;
	size_t n = w->d->k->app->nfield;

	for (; r != NULL; r = r->next) {
		memset(w->text, 0, n * sizeof(*w->text));
		memset(w->n, 0, n * sizeof(*w->n));
		id = seki_cloud_tree_get(r, "id");
		w->was = seki_cloud_tree_get(r, "value");
		if (id == NULL ||
		    seki_cloud_param_number(id, UINT64_MAX, &w->id) == -1)
			return seki_fail(
			    w->d->k->err, SEKI_BUG, "stored record");
		if (begin(w) == -1 ||
		    seki_cloud_calc_row(w->d, w->table, w->text, w->n) == -1 ||
		    compose(w, b) == -1)
			return -1;
		w->index++;
	}
	return 0;
}

int
seki_cloud_rows_calc(
    struct seki_cloud_draft *d, const struct seki_cloud_field *f)
{
	struct seki_cloud_call *k = d->k;
	size_t i = (size_t)(f - k->app->field);
	struct row w = { .d = d, .table = f };
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_cloud_tree *old;
	const char *s;
	int r;

	if (seki_cloud_draft_is_empty(d->text[i], d->n[i]))
		return 0;
	if (room(&w) == -1 || seki_cloud_tree_parse(&old, d->text[i], d->n[i],
				  k->arena, k->err) != 0)
		return -1;
	r = seki_buf_byte(&b, '[', k->err);
	if (r == 0 && (r = calculate(&w, old->child, &b)) == 0 &&
	    (r = seki_buf_byte(&b, ']', k->err)) == 0) {
		s = seki_arena_copy(k->arena, b.p, b.n, k->err);
		r = s == NULL ? -1 : 0;
		seki_cloud_draft_set(d, f, s, b.n);
	}
	seki_buf_free(&b);
	return r;
}

int
seki_cloud_rows(struct seki_cloud_draft *d, const struct seki_cloud_field *f,
    const struct seki_cloud_tree *v)
{
	struct seki_cloud_call *k = d->k;
	size_t i = (size_t)(f - k->app->field);
	struct row w = { .d = d, .table = f };
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_cloud_tree *old = NULL;
	char key[320];
	const char *s;
	int r = 0;

	if (v->kind != SEKI_J_ARRAY) {
		(void)snprintf(key, sizeof(key), "%s.%s.value", d->at, f->code);
		(void)seki_cloud_invalid(
		    k->fault, key, SEKI_CLOUD_SHAPE, NULL, 0);
		return 0;
	}
	if (room(&w) == -1)
		return -1;
	if (d->text[i] != NULL)
		r = seki_cloud_tree_parse(
		    &old, d->text[i], d->n[i], k->arena, k->err);
	if (r == 0 && (r = seki_buf_byte(&b, '[', k->err)) == 0 &&
	    (r = rows(&w, old != NULL ? old->child : NULL, v->child, &b)) ==
		0 &&
	    (r = seki_buf_byte(&b, ']', k->err)) == 0) {
		s = seki_arena_copy(k->arena, b.p, b.n, k->err);
		r = s == NULL ? -1 : 0;
		seki_cloud_draft_set(d, f, s, b.n);
	}
	seki_buf_free(&b);
	return r == 0 ? 0 : -1;
}
