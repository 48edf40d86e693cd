#include <string.h>

#include "steps.h"

/*
 * The chain of accepted forms as a stream brings it.  It decides what becomes
 * of columns on the other side, so nothing is read into it that no writer
 * writes.
 */
#define WHAT "SCHEMA: accepted"

static const char *
line_why(const char *s, size_t max)
{
	size_t i, n = strlen(s);

	if (n == 0)
		return N_("it is empty");
	if (n > max)
		return N_("it is too long");
	if (!seki_text_utf8(s, n, &i))
		return N_("it is not valid UTF-8");
	for (i = 0; i < n;)
		if (seki_text_hidden(seki_text_get(s, n, &i)))
			return N_("it has control characters");
	return NULL;
}

const char *
seki_steps_person_why(const char *s)
{
	const char *why = line_why(s, SEKI_PERSON_MAX);
	size_t n = strlen(s);

	if (why == NULL &&
	    (s[0] == ' ' || s[n - 1] == ' ' || strncmp(s, "　", 3) == 0))
		return N_("it begins or ends with a space");
	return why;
}

int
seki_steps_person(const char *option, const char *by, enum seki_reason reason,
    struct seki_err *err)
{
	const char *why = seki_steps_person_why(by);

	if (why == NULL &&
	    (strcmp(by, "YOUR NAME") == 0 || strcmp(by, _("YOUR NAME")) == 0))
		why = N_("put the name of the person who accepts it");
	return why == NULL ? 0
			   : seki_fail(err, reason, "%s: %s", option, _(why));
}

const char *
seki_steps_path_why(const char *s)
{
	const char *dot = strchr(s, '.');

	if (dot != NULL &&
	    (dot == s || dot[1] == '\0' || strchr(dot + 1, '.') != NULL))
		return N_("it is neither CODE nor TABLE.CODE");
	return line_why(s, SEKI_PATH_MAX);
}

static int
bad(struct seki_err *err, const char *field, const char *why)
{
	seki_err_field(err, field);
	return seki_fail(err, SEKI_RECORD, WHAT ": %s", _(why));
}

static int
path_ok(const char *path, struct seki_err *err)
{
	const char *why = path == NULL ? N_("a field code is no text")
				       : seki_steps_path_why(path);

	return why == NULL ? 0 : bad(err, "", why);
}

/* A set of paths, ascending, so that none stands twice. */
static int
list_ok(const json_t *step, const char *key, struct seki_err *err)
{
	json_t *list = seki_doc_array(step, key, SEKI_RECORD, WHAT, err);
	const char *s, *before = NULL;
	json_t *item;
	size_t i;

	if (list == NULL)
		return -1;
	if (json_array_size(list) > SEKI_FIELDS_MAX)
		return bad(err, "", N_("too many fields"));
	json_array_foreach(list, i, item)
	{
		s = json_string_value(item);
		if (path_ok(s, err) == -1)
			return -1;
		if (before != NULL && strcmp(before, s) >= 0)
			return bad(err, s,
			    N_("fields out of order, or one of them twice"));
		before = s;
	}
	return 0;
}

/* Every field has one fate: it goes on as one other, or ends; and what is
 * there afterwards has one origin.  No chains and no loops. */
static int
fates(const json_t *step, json_t *goes, struct seki_err *err)
{
	const json_t *ended = json_object_get(step, "ended");
	const json_t *added = json_object_get(step, "added");
	const char *both = N_("a field goes on and ends, or is new");
	const char *old, *new, *other, *to;
	json_t *v, *w;

	json_object_foreach(goes, old, v)
	{
		new = json_string_value(v);
		if (path_ok(old, err) == -1 || path_ok(new, err) == -1)
			return -1;
		if (seki_steps_among(ended, old, strlen(old)))
			return bad(err, old, both);
		if (seki_steps_among(added, new, strlen(new)))
			return bad(err, new, both);
		if (strcmp(old, new) == 0)
			continue;
		if (json_object_get(goes, new) != NULL)
			return bad(err, new,
			    N_("a field goes on as one that goes on itself"));
		json_object_foreach(goes, other, w)
		{
			to = json_string_value(w);
			if (w != v && to != NULL && strcmp(to, new) == 0)
				return bad(
				    err, new, N_("two fields go on as one"));
		}
	}
	return 0;
}

static int
texts_ok(const json_t *step, struct seki_err *err)
{
	const char *by = seki_doc_str(step, "by", SEKI_RECORD, WHAT, err);
	const char *rev, *from, *why;
	seki_time at;

	if (by == NULL ||
	    seki_doc_time(step, "at", &at, SEKI_RECORD, WHAT, err) == -1 ||
	    (rev = seki_doc_str(step, "revision", SEKI_RECORD, WHAT, err)) ==
		NULL ||
	    (from = seki_doc_str(step, "from", SEKI_RECORD, WHAT, err)) == NULL)
		return -1;
	if (by[0] != '\0' && (why = seki_steps_person_why(by)) != NULL)
		return bad(err, "", why);
	if (!seki_form_ok(SEKI_F_DIGITS, rev))
		return bad(err, "", N_("a revision is digits"));
	if (!seki_form_ok(SEKI_F_HEX, from))
		return bad(err, "", N_("\"from\" is no digest"));
	return 0;
}

static int
step_ok(const json_t *step, struct seki_err *err)
{
	static const char *const known[] = { "by", "at", "revision", "from",
		"continues", "ended", "added", NULL };
	json_t *goes;

	if (!json_is_object(step))
		return bad(err, "", N_("a step is no object"));
	if (seki_doc_known(step, known, SEKI_RECORD, WHAT, err) == -1 ||
	    texts_ok(step, err) == -1 ||
	    (goes = seki_doc_object(
		 step, "continues", SEKI_RECORD, WHAT, err)) == NULL ||
	    list_ok(step, "ended", err) == -1 ||
	    list_ok(step, "added", err) == -1)
		return -1;
	if (json_object_size(goes) > SEKI_FIELDS_MAX)
		return bad(err, "", N_("too many fields"));
	if (json_object_size(goes) == 0 &&
	    json_array_size(json_object_get(step, "ended")) == 0 &&
	    json_array_size(json_object_get(step, "added")) == 0)
		return bad(err, "", N_("a step that changes nothing"));
	return fates(step, goes, err);
}

int
seki_steps_check(const json_t *steps, struct seki_err *err)
{
	json_t *step;
	size_t i;

	if (!json_is_array(steps) || json_array_size(steps) == 0 ||
	    json_array_size(steps) > SEKI_STEPS_MAX)
		return bad(err, "", N_("not a list of 1 to 16 steps"));
	json_array_foreach(steps, i, step)
	{
		if (step_ok(step, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_steps_grave(const json_t *step)
{
	return json_array_size(json_object_get(step, "ended")) > 0 ||
	       json_object_size(json_object_get(step, "continues")) > 0;
}
