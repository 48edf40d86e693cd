#include <stdlib.h>
#include <string.h>

#include "steps.h"

/*
 * A form's way through the steps of a chain.  What is at hand is {PATH: PATH
 * at the beginning}, or null for a field that came on the way; whose type may
 * be another one than at the beginning is remembered.
 */
struct way {
	json_t *now;
	json_t *moved; /* {PATH: true}: a step named it */
};

static int
nomem(struct seki_err *err)
{
	return seki_err_nomem(err);
}

static int
wrong(struct seki_err *err, const char *path, const char *why)
{
	seki_err_field(err, path);
	return seki_fail(err, SEKI_SCHEMA, "%s", _(why));
}

/* A path's table, as a key of o; NULL for a field of the record itself. */
static json_t *
table_in(const json_t *o, const char *path)
{
	size_t n = seki_steps_table(path);

	return n == 0 ? NULL : json_object_getn(o, path, n);
}

/* What is inside a table that came on the way is the table's matter. */
static int
inside_new(const json_t *now, const char *path)
{
	return json_is_null(table_in(now, path));
}

/* Where a path goes, appended; 0: it ends here. */
static int
goes_to(const json_t *step, const char *path, struct seki_buf *b, int *moved,
    struct seki_err *err)
{
	size_t n = strlen(path), gone;
	const char *to;

	seki_buf_reset(b);
	if (seki_steps_end(step, path))
		return 0;
	gone = seki_steps_go(json_object_get(step, "continues"), path, n, &to);
	*moved = gone == n;
	return seki_buf_fmt(b, err, "%s%s", to, path + gone) == -1 ? -1 : 1;
}

/* Each field that the step names must be there. */
static int
named_are_there(const struct way *w, const json_t *step, struct seki_err *err)
{
	json_t *ended = json_object_get(step, "ended");
	json_t *goes = json_object_get(step, "continues"), *v;
	const char *path;
	size_t i;

	json_array_foreach(ended, i, v)
	{
		path = json_string_value(v);
		if (json_object_get(w->now, path) == NULL &&
		    !inside_new(w->now, path))
			return wrong(err, path,
			    N_("what was accepted ends a field that is not "
			       "there"));
	}
	json_object_foreach(goes, path, v)
	{
		if (json_object_get(w->now, path) == NULL &&
		    !inside_new(w->now, path))
			return wrong(err, path,
			    N_("what was accepted continues a field that is "
			       "not there"));
	}
	return 0;
}

static int
add_new(json_t *next, const json_t *step, struct seki_err *err)
{
	json_t *added = json_object_get(step, "added"), *v;
	const char *path;
	size_t i;

	json_array_foreach(added, i, v)
	{
		path = json_string_value(v);
		if (inside_new(next, path))
			continue;
		if (json_object_get(next, path) != NULL)
			return wrong(err, path,
			    N_("what was accepted adds a field that is there "
			       "already"));
		if (json_object_set_new(next, path, json_null()) == -1)
			return nomem(err);
	}
	return 0;
}

static int
carry_on(const struct way *w, const json_t *step, json_t *next, json_t *moved,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	const char *path;
	json_t *v;
	int r = 0, named;

	json_object_foreach(w->now, path, v)
	{
		if ((r = goes_to(step, path, &b, &named, err)) == -1)
			break;
		if (r == 0)
			continue;
		if (json_object_get(next, b.p) != NULL) {
			r = wrong(err, b.p, N_("two fields go on as one"));
			break;
		}
		named = named || json_object_get(w->moved, path) != NULL;
		if (json_object_set(next, b.p, v) == -1 ||
		    (named &&
			json_object_set_new(moved, b.p, json_true()) == -1)) {
			r = nomem(err);
			break;
		}
	}
	seki_buf_free(&b);
	return r == -1 ? -1 : 0;
}

static int
walk(struct way *w, const json_t *step, struct seki_err *err)
{
	json_t *next = json_object(), *moved = json_object();
	const char *by = json_string_value(json_object_get(step, "by"));
	int r = -1;

	if (next == NULL || moved == NULL)
		r = nomem(err);
	else if (seki_steps_grave(step) && by[0] == '\0')
		(void)seki_fail(err, SEKI_SCHEMA, "%s",
		    _("a field ends or goes on as another without a person "
		      "who accepted it"));
	else if (named_are_there(w, step, err) == 0 &&
		 carry_on(w, step, next, moved, err) == 0)
		r = add_new(next, step, err);
	if (r == -1) {
		json_decref(next);
		json_decref(moved);
		return -1;
	}
	json_decref(w->now);
	json_decref(w->moved);
	w->now = next;
	w->moved = moved;
	return 0;
}

/* Its table must have gone the same way. */
static int
same_table(const struct way *w, const char *path, const char *old,
    struct seki_err *err)
{
	const char *table = json_string_value(table_in(w->now, path));
	size_t n = seki_steps_table(old);

	if (table == NULL ? n == 0 && seki_steps_table(path) == 0
			  : strlen(table) == n && memcmp(table, old, n) == 0)
		return 0;
	return wrong(err, path, N_("a field cannot go on in another table"));
}

static int
one_arrives(const struct way *w, const char *path, const char *is,
    const json_t *from, json_t *origin, struct seki_err *err)
{
	const json_t *v = json_object_get(w->now, path);
	const char *old = json_string_value(v), *was;

	if (json_is_null(v) || inside_new(w->now, path))
		return 0;
	if (v == NULL)
		return wrong(err, path, N_("a new field that nobody accepted"));
	was = json_string_value(json_object_get(from, old));
	if (json_object_get(w->moved, path) != NULL ? !seki_steps_fit(was, is)
						    : strcmp(was, is) != 0) {
		seki_err_field(err, path);
		return seki_fail(err, SEKI_SCHEMA,
		    _("type %s where %s was, which nobody accepted"), is, was);
	}
	if (same_table(w, path, old, err) == -1)
		return -1;
	return json_object_set_new(origin, path, json_string(old)) == -1
		   ? nomem(err)
		   : 0;
}

/* It must lead to the form that came, neither more nor less. */
static json_t *
arrive(const struct way *w, const json_t *from, const json_t *to,
    struct seki_err *err)
{
	json_t *origin = json_object(), *there = (json_t *)(uintptr_t)to, *v;
	const char *path;
	int r = origin == NULL ? nomem(err) : 0;

	if (r == 0)
		json_object_foreach(w->now, path, v)
		{
			if (json_object_get(to, path) == NULL) {
				r = wrong(err, path,
				    N_("the field is gone, which nobody "
				       "accepted"));
				break;
			}
		}
	if (r == 0)
		json_object_foreach(there, path, v)
		{
			if ((r = one_arrives(w, path, json_string_value(v),
				 from, origin, err)) == -1)
				break;
		}
	if (r == 0)
		return origin;
	json_decref(origin);
	return NULL;
}

/* The last step that begins at the form, or -1. */
static ssize_t
beginning(const json_t *steps, const json_t *from, struct seki_err *err)
{
	char hex[SEKI_HEX];
	size_t i;

	if (seki_steps_digest(from, hex, err) == -1)
		return -1;
	for (i = json_array_size(steps); i-- > 0;)
		if (strcmp(json_string_value(json_object_get(
			       json_array_get(steps, i), "from")),
			hex) == 0)
			return (ssize_t)i;
	(void)seki_fail(err, SEKI_SCHEMA, "%s",
	    _("the stream does not say that anybody accepted a change of the "
	      "form that is stored here"));
	return -1;
}

static int
start(struct way *w, const json_t *from, struct seki_err *err)
{
	json_t *form = (json_t *)(uintptr_t)from, *v;
	const char *path;

	w->now = json_object();
	w->moved = json_object();
	if (w->now == NULL || w->moved == NULL)
		return nomem(err);
	json_object_foreach(form, path, v)
	{
		if (json_object_set_new(w->now, path, json_string(path)) == -1)
			return nomem(err);
	}
	return 0;
}

json_t *
seki_steps_follow(const json_t *steps, const json_t *from, const json_t *to,
    size_t *first, struct seki_err *err)
{
	struct way w = { NULL, NULL };
	ssize_t at = beginning(steps, from, err);
	json_t *origin = NULL;
	size_t i;
	int r;

	if (at == -1)
		return NULL;
	r = start(&w, from, err);
	for (i = (size_t)at; r == 0 && i < json_array_size(steps); i++)
		r = walk(&w, json_array_get(steps, i), err);
	if (r == 0)
		origin = arrive(&w, from, to, err);
	if (first != NULL)
		*first = (size_t)at;
	json_decref(w.now);
	json_decref(w.moved);
	return origin;
}
