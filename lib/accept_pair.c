#include <stdlib.h>
#include <string.h>

#include "delta_int.h"
#include "steps.h"

/* What a person says goes on under another code: --continue OLD=NEW. */

static int
bad(struct seki_err *err, const char *pair, const char *why)
{
	return seki_fail(err, SEKI_CONFIG, "--continue %.*s: %s",
	    seki_text_cut(pair, 300), pair, why);
}

static int
unknown(const struct seki_accept_side *s, const char *pair, const char *word,
    const char *why, struct seki_err *err)
{
	const char **list = calloc(s->n + 1, sizeof(*list)), *near, *dot;
	size_t i;

	if (list == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < s->n; i++) {
		dot = strchr(s->col[i].path, '.');
		list[i] = dot == NULL || strchr(word, '.') != NULL
			      ? s->col[i].path
			      : dot + 1;
		if (strcmp(s->col[i].label, word) == 0)
			break;
	}
	near = i < s->n ? s->col[i].path : seki_text_nearest(word, list);
	if (near != NULL)
		seki_err_hint(err, _("The nearest field code: %s"), near);
	free(list);
	return bad(err, pair, why);
}

/* A field is free to go on, or to be gone on as, when it is not on the other
 * side as well, unless it is of another type there. */
static int
stays(const struct seki_accept_side *other, const struct seki_accept_col *c)
{
	const char *type =
	    json_string_value(json_object_get(other->form, c->path));

	return type != NULL && strcmp(type, c->type) == 0;
}

/* The tables of both must go on as one, too. */
static int
table_goes(const json_t *goes, const char *old, const char *new)
{
	size_t n = seki_steps_table(old), m = seki_steps_table(new);
	const char *to;

	if (n == 0 || m == 0)
		return n == m;
	to = json_string_value(json_object_getn(goes, old, n));
	if (to == NULL)
		return n == m && memcmp(old, new, n) == 0;
	return strlen(to) == m && memcmp(to, new, m) == 0;
}

static int
taken(const json_t *goes, const char *new)
{
	json_t *o = (json_t *)(uintptr_t)goes, *v;
	const char *old;

	json_object_foreach(o, old, v)
	{
		if (strcmp(json_string_value(v), new) == 0)
			return 1;
	}
	return 0;
}

static int
fits(const struct seki_accept_side *was, const struct seki_accept_side *is,
    const struct seki_accept_col *old, const struct seki_accept_col *new,
    const char *pair, const json_t *goes, struct seki_err *err)
{
	char why[300];

	if (stays(is, old))
		return bad(err, pair, _("the first field is still there"));
	if (stays(was, new))
		return bad(
		    err, pair, _("the second field was there before, too"));
	if (json_object_get(goes, old->path) != NULL || taken(goes, new->path))
		return bad(err, pair, _("one of these fields stands twice"));
	if (!seki_steps_fit(old->type, new->type)) {
		(void)snprintf(why, sizeof(why),
		    _("%.100s cannot go on as %.100s; left out, the old field "
		      "ends and the new one begins"),
		    old->type, new->type);
		return bad(err, pair, why);
	}
	return 0;
}

/* Said before and recorded: the command was given again. */
static int
known(const json_t *steps, const char *old, const char *new)
{
	const char *to;
	json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		to = json_string_value(
		    json_object_get(json_object_get(step, "continues"), old));
		if (to != NULL && strcmp(to, new) == 0)
			return 1;
	}
	return 0;
}

static int
pair(const char *text, const struct seki_accept_side *was,
    const struct seki_accept_side *is, const json_t *steps, json_t *goes,
    struct seki_err *err)
{
	const char *eq = strchr(text, '=');
	const struct seki_accept_col *old, *new;
	char word[SEKI_PATH_MAX + 1];

	if (eq == NULL || eq == text || eq[1] == '\0' ||
	    strlen(text) > SEKI_PATH_MAX)
		return bad(err, text, _("it is OLD=NEW, by field code"));
	(void)snprintf(word, sizeof(word), "%.*s", (int)(eq - text), text);
	if (known(steps, word, eq + 1))
		return 0;
	if ((old = seki_accept_named(was, word)) == NULL)
		return unknown(was, text, word,
		    _("the last accepted form had no such field as the first"),
		    err);
	if ((new = seki_accept_named(is, eq + 1)) == NULL)
		return unknown(is, text, eq + 1,
		    _("the form has no such field as the second"), err);
	if (fits(was, is, old, new, text, goes, err) == -1)
		return -1;
	return json_object_set_new(goes, old->path, json_string(new->path)) ==
		       -1
		   ? seki_err_nomem(err)
		   : 0;
}

/* All of them at once: no field goes on as one that goes on itself, and a
 * field stays in its table. */
static int
together(json_t *goes, struct seki_err *err)
{
	char text[2 * SEKI_PATH_MAX + 2];
	const char *old, *new;
	json_t *v;

	json_object_foreach(goes, old, v)
	{
		new = json_string_value(v);
		(void)snprintf(text, sizeof(text), "%s=%s", old, new);
		if (strcmp(old, new) != 0 && json_object_get(goes, new) != NULL)
			return bad(
			    err, text, _("the second field goes on itself"));
		if (!table_goes(goes, old, new))
			return bad(err, text,
			    _("a field goes on in its own table only"));
	}
	return 0;
}

json_t *
seki_accept_pairs(const struct seki_pull *pull,
    const struct seki_accept_side *was, const struct seki_accept_side *is,
    const json_t *steps, struct seki_err *err)
{
	const char *const *p = pull->continues;
	json_t *goes = json_object();
	int r = goes == NULL ? seki_err_nomem(err) : 0;

	for (; r == 0 && p != NULL && *p != NULL; p++)
		r = pair(*p, was, is, steps, goes, err);
	if (r == 0)
		r = together(goes, err);
	if (r == 0)
		return goes;
	json_decref(goes);
	return NULL;
}
