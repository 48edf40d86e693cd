#include <string.h>

#include <jansson.h>

#include "delta_int.h"

/* Changes named in a message. */
#define NAMED 5u

static int
name(struct seki_buf *b, unsigned n, const char *code, const char *was,
    const char *is, struct seki_err *err)
{
	if (n > NAMED)
		return 0;
	if (n > 1 && seki_buf_str(b, ", ", err) == -1)
		return -1;
	if (n == NAMED)
		return seki_buf_str(b, "…", err);
	if (is == NULL)
		return seki_buf_fmt(b, err, _("%s is not there"), code);
	return seki_buf_fmt(b, err, _("%s is %s, was %s"), code, is, was);
}

/* Fields that went away or changed their type. */
static int
changes(json_t *was, json_t *is, struct seki_buf *b, unsigned *n,
    struct seki_err *err)
{
	const char *code, *now, *before;
	json_t *v;

	json_object_foreach(was, code, v)
	{
		before = json_string_value(v);
		now = json_string_value(json_object_get(is, code));
		if (now != NULL && before != NULL && strcmp(now, before) == 0)
			continue;
		if (name(b, ++*n, code, before ? before : "?", now, err) == -1)
			return -1;
	}
	return 0;
}

static void
additions(const struct seki_delta *d, json_t *was, json_t *is)
{
	char text[512];
	const char *code;
	json_t *v;

	json_object_foreach(is, code, v)
	{
		if (json_object_get(was, code) != NULL)
			continue;
		(void)snprintf(text, sizeof(text),
		    _("field %.200s: new since the last pull"), code);
		if (d->pull->note != NULL)
			d->pull->note(d->pull->ctx, text);
	}
}

/* A field more stops no job; one that is gone or another does (DESIGN 7). */
int
seki_accept_form(struct seki_delta *d, struct seki_err *err)
{
	json_t *was = d->from.form, *is;
	struct seki_buf b = SEKI_BUF_INIT;
	unsigned n = 0;
	int r = -1;

	if (!json_is_object(was))
		return 0;
	is = seki_bookmarks_form(d->app->schema);
	additions(d, was, is);
	if (changes(was, is, &b, &n, err) == 0)
		r = n > 0;
	if (r == 1 && !d->pull->accept_form) {
		r = seki_fail(err, SEKI_SCHEMA,
		    _("the form changed since the last pull: %s"), b.p);
		seki_err_hint(err, "%s",
		    _("Look at the form and at what uses these fields, then "
		      "run once with --accept-form."));
	}
	json_decref(is);
	seki_buf_free(&b);
	return r;
}
