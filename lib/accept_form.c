#include <stdlib.h>
#include <string.h>

#include "delta_int.h"
#include "steps.h"

/* The last accepted form and the present one, side by side. */

/* Where the code stands in the form now: bookmarks of an earlier version tell
 * codes without their tables. */
static json_t *
path_of(const struct seki_schema *s, const char *code)
{
	size_t i, k;

	for (i = 0; i < s->n; i++)
		for (k = 0; k < s->field[i].nsub; k++)
			if (strcmp(s->field[i].sub[k].code, code) == 0)
				return json_sprintf(
				    "%s.%s", s->field[i].code, code);
	return json_string(code);
}

static const char *
code_of(const char *path)
{
	const char *dot = strchr(path, '.');

	return dot == NULL ? path : dot + 1;
}

static int
row(json_t *list, json_t *path, const char *label, const char *type)
{
	return json_array_append_new(
	    list, json_pack("[o, s, s]", path, label, type));
}

/* [[path, label, type], …]: those that the bookmarks know in order, then the
 * others. */
static json_t *
remembered(const struct seki_delta *d)
{
	json_t *list = json_array(), *seen = json_object(), *v;
	json_t *form = d->from.form;
	const char *path, *label, *type, *code;
	size_t i;

	json_array_foreach(d->from.columns, i, v)
	{
		path = json_string_value(json_array_get(v, 0));
		label = json_string_value(json_array_get(v, 1));
		if (path == NULL || label == NULL)
			continue;
		type = json_string_value(json_object_get(form, code_of(path)));
		if (type != NULL &&
		    row(list, json_string(path), label, type) == 0)
			(void)json_object_set_new(
			    seen, code_of(path), json_true());
	}
	json_object_foreach(form, code, v)
	{
		type = json_string_value(v);
		if (json_object_get(seen, code) == NULL)
			(void)row(list, path_of(d->app->schema, code), code,
			    type == NULL ? "?" : type);
	}
	json_decref(seen);
	return list;
}

/* The place of the last column among those of its table. */
static size_t
place(const struct seki_accept_side *s)
{
	const char *path = s->col[s->n].path;
	size_t i, n = seki_steps_table(path), count = 0;

	for (i = 0; i < s->n; i++)
		count += seki_steps_table(s->col[i].path) == n &&
			 strncmp(s->col[i].path, path, n) == 0;
	return count;
}

int
seki_accept_was(const struct seki_delta *d, struct seki_accept_side *s,
    struct seki_err *err)
{
	size_t i, known = json_array_size(d->from.columns);
	struct seki_accept_col *c;
	json_t *v;

	memset(s, 0, sizeof(*s));
	s->own = remembered(d);
	s->form = json_object();
	s->col = calloc(json_array_size(s->own) + 1, sizeof(*s->col));
	if (s->own == NULL || s->form == NULL || s->col == NULL)
		return seki_err_nomem(err);
	json_array_foreach(s->own, i, v)
	{
		c = &s->col[s->n];
		c->path = json_string_value(json_array_get(v, 0));
		c->label = json_string_value(json_array_get(v, 1));
		c->type = json_string_value(json_array_get(v, 2));
		if (json_object_get(s->form, c->path) != NULL)
			continue;
		c->place = i < known ? place(s) : SIZE_MAX;
		s->n++;
		if (json_object_set_new(
			s->form, c->path, json_string(c->type)) == -1)
			return seki_err_nomem(err);
	}
	return 0;
}

/* The key of the object that is the path: as long as the form. */
static const char *
key_in(json_t *form, const char *path)
{
	void *at = json_object_iter_at(form, path);

	return at == NULL ? NULL : json_object_iter_key(at);
}

static int
one(struct seki_accept_side *s, const struct seki_field *f, const char *table,
    struct seki_err *err)
{
	struct seki_accept_col *c = &s->col[s->n];
	struct seki_buf b = SEKI_BUF_INIT;

	if (seki_buf_fmt(
		&b, err, "%s%s%s", table, table[0] ? "." : "", f->code) == -1)
		return -1;
	c->path = key_in(s->form, b.p);
	c->label = f->label;
	c->type = json_string_value(json_object_get(s->form, b.p));
	c->place = place(s);
	s->n++;
	seki_buf_free(&b);
	return 0;
}

int
seki_accept_is(const struct seki_schema *schema, struct seki_accept_side *s,
    struct seki_err *err)
{
	const struct seki_field *f;
	size_t i, k;

	memset(s, 0, sizeof(*s));
	if ((s->form = seki_steps_form(schema, err)) == NULL)
		return -1;
	s->col = calloc(json_object_size(s->form) + 1, sizeof(*s->col));
	if (s->col == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < schema->n; i++) {
		f = &schema->field[i];
		if (one(s, f, "", err) == -1)
			return -1;
		for (k = 0; k < f->nsub; k++)
			if (one(s, &f->sub[k], f->code, err) == -1)
				return -1;
	}
	return 0;
}

void
seki_accept_free(struct seki_accept_side *s)
{
	json_decref(s->own);
	json_decref(s->form);
	free(s->col);
	memset(s, 0, sizeof(*s));
}

const struct seki_accept_col *
seki_accept_find(const struct seki_accept_side *s, const char *path)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->col[i].path, path) == 0)
			return &s->col[i];
	return NULL;
}

const struct seki_accept_col *
seki_accept_named(const struct seki_accept_side *s, const char *word)
{
	const struct seki_accept_col *c = seki_accept_find(s, word);
	size_t i;

	for (i = 0; c == NULL && i < s->n; i++)
		if (strcmp(code_of(s->col[i].path), word) == 0)
			c = &s->col[i];
	return c;
}

static int
same_list(const char *a, const char *b)
{
	size_t n = seki_steps_table(a);

	return n == seki_steps_table(b) && strncmp(a, b, n) == 0;
}

const struct seki_accept_col *
seki_accept_guess(const struct seki_accept_side *was,
    const struct seki_accept_side *is, const struct seki_accept_col *old)
{
	const struct seki_accept_col *c, *placed = NULL;
	const char *before;
	size_t i;

	for (i = 0; i < is->n; i++) {
		c = &is->col[i];
		before = json_string_value(json_object_get(was->form, c->path));
		if ((before != NULL && strcmp(before, c->type) == 0) ||
		    !same_list(old->path, c->path) ||
		    !seki_steps_fit(old->type, c->type))
			continue;
		if (strcmp(old->label, c->label) == 0)
			return c;
		if (old->place == c->place && strcmp(old->type, c->type) == 0)
			placed = c;
	}
	return placed;
}
