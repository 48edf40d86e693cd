#include <string.h>

#include "delta_int.h"
#include "steps.h"

/* Changes named in a message; its command has them all. */
#define NAMED 5u
/* A command that is longer is not shown whole, but said. */
#define COMMAND_MAX ((size_t)1700)

/* The form, before a record is read, against the last accepted one. */
struct accept {
	struct seki_delta *d;
	struct seki_accept_side was, is;
	unsigned used;	       /* changes of fields that something uses */
	struct seki_buf text;  /* them */
	struct seki_buf pairs; /* what probably continues, as options */
	json_t *guessed;       /* {PATH: true}: as what */
};

static void
say(const struct seki_delta *d, const char *text)
{
	if (d->pull->note != NULL)
		d->pull->note(d->pull->ctx, text);
}

/* fmt takes a path and, perhaps, a label. */
static void
note(const struct seki_delta *d, const char *fmt, const char *path,
    const char *label)
{
	char text[1024];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(text, sizeof(text), fmt, path, label);
#pragma GCC diagnostic pop
	say(d, text);
}

static int
uses(const struct seki_pull *pull, const char *path)
{
	size_t i;

	if (pull->rules == NULL || strcmp(path, "$id") == 0)
		return 1;
	for (i = 0; pull->rules[i] != NULL; i++)
		if (seki_rules_uses(pull->rules[i], path) > 0)
			return 1;
	return 0;
}

/* Is it one only because its table is? */
static int
with_table(const struct accept *a, const char *path)
{
	size_t n = seki_steps_table(path);

	return n > 0 && json_object_getn(a->was.form, path, n) != NULL &&
	       !json_equal(json_object_getn(a->was.form, path, n),
		   json_object_getn(a->is.form, path, n));
}

static int
name(struct accept *a, const struct seki_accept_col *old, const char *now,
    const struct seki_accept_col *guess, struct seki_err *err)
{
	struct seki_buf *b = &a->text;

	if (++a->used > NAMED)
		return 0;
	if (a->used > 1 && seki_buf_str(b, "; ", err) == -1)
		return -1;
	if (a->used == NAMED)
		return seki_buf_str(b, "…", err);
	if (now != NULL)
		return seki_buf_fmt(b, err, _("%s \"%s\" is %s, was %s"),
		    old->path, old->label, now, old->type);
	if (guess == NULL)
		return seki_buf_fmt(
		    b, err, _("%s \"%s\" is not there"), old->path, old->label);
	return seki_buf_fmt(b, err,
	    _("%s \"%s\" is not there, probably %s \"%s\" now"), old->path,
	    old->label, guess->path, guess->label);
}

static int
propose(struct accept *a, const struct seki_accept_col *old,
    const struct seki_accept_col *new, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r = -1;

	if (json_object_set_new(a->guessed, new->path, json_true()) == -1)
		return seki_err_nomem(err);
	if (seki_buf_fmt(&b, err, "%s=%s", old->path, new->path) == 0 &&
	    seki_buf_str(&a->pairs, " --continue ", err) == 0)
		r = seki_shell_word(&a->pairs, b.p, err);
	seki_buf_free(&b);
	return r;
}

/* A field that went away or changed its type. */
static int
changed(struct accept *a, const struct seki_accept_col *old, const char *now,
    struct seki_err *err)
{
	const struct seki_accept_col *guess = NULL;

	if (!uses(a->d->pull, old->path)) {
		note(a->d,
		    now == NULL
			? _("field %s (%s): it is gone, and no rule uses it")
			: _("field %s (%s): it has another type, and no rule "
			    "uses it"),
		    old->path, old->label);
		return 0;
	}
	if (now == NULL)
		guess = seki_accept_guess(&a->was, &a->is, old);
	if (guess != NULL && json_object_get(a->guessed, guess->path) != NULL)
		guess = NULL;
	if (guess != NULL && propose(a, old, guess, err) == -1)
		return -1;
	return name(a, old, now, guess, err);
}

static int
changes(struct accept *a, struct seki_err *err)
{
	const struct seki_accept_col *c;
	const char *now;
	size_t i;

	for (i = 0; i < a->was.n; i++) {
		c = &a->was.col[i];
		now = json_string_value(json_object_get(a->is.form, c->path));
		if ((now != NULL && strcmp(now, c->type) == 0) ||
		    (now == NULL && with_table(a, c->path)))
			continue;
		if (changed(a, c, now, err) == -1)
			return -1;
	}
	return 0;
}

/* Said of a field that is new and no other's continuation; a table's own name
 * does for what is inside. */
static void
additions(const struct accept *a, json_t *goes)
{
	const char *path, *old;
	json_t *v;
	size_t i, n;
	int new;

	for (i = 0; i < a->is.n; i++) {
		path = a->is.col[i].path;
		n = seki_steps_table(path);
		new =
		    json_object_get(a->was.form, path) == NULL &&
		    (n == 0 || json_object_getn(a->was.form, path, n) != NULL);
		json_object_foreach(goes, old, v)
		{
			if (strcmp(json_string_value(v), path) == 0)
				new = 0;
		}
		if (new)
			note(a->d, _("field %s: new since the last pull"), path,
			    "");
	}
}

static int
who(struct accept *a, struct seki_err *err)
{
	const struct seki_app *app = a->d->app;
	char when[SEKI_TIME];
	seki_time t;

	if (app->modifier[0] == '\0' ||
	    seki_time_parse(app->modified, strlen(app->modified), &t) == -1)
		return 0;
	seki_time_jst(t, when);
	return seki_buf_fmt(&a->text, err,
	    _(" (the app was changed last by %s, %s)"), app->modifier, when);
}

/* Names, codes, who did it and the command that goes on from here. */
static int
stop(struct accept *a, struct seki_err *err)
{
	const struct seki_pull *pull = a->d->pull;
	const char *pairs = a->pairs.n > 0 ? a->pairs.p : "";
	const char *command =
	    pull->command == NULL ? "seki-pull …" : pull->command;
	int rules = pull->rules != NULL;

	if (who(a, err) == -1)
		return -1;
	if (strlen(command) + strlen(pairs) > COMMAND_MAX) {
		command = "seki-pull …";
		pairs = " --continue OLD=NEW …";
	}
	seki_err_hint(err,
	    rules ? _("Look at the form and correct the rules table; a field "
		      "that goes on under another code is named by "
		      "--continue OLD=NEW. Then, once, the command below; "
		      "seki-normalize and seki-pack must follow it, for only "
		      "the packed bundle keeps the acceptance. With your own "
		      "name: %s --accept-form '%s'%s")
		  : _("Look at the form and at what uses these fields; a "
		      "field that goes on under another code is named by "
		      "--continue OLD=NEW. Then, once, the command below; "
		      "seki-pack must follow it, for only the packed bundle "
		      "keeps the acceptance. With your own name: %s "
		      "--accept-form '%s'%s"),
	    command, _("YOUR NAME"), pairs);
	return seki_fail(err, SEKI_SCHEMA,
	    _("the form changed since the last pull: %s"), a->text.p);
}

/* One more step of the chain; 0 when there is nothing to say. */
static int
record(
    struct accept *a, const json_t *goes, const char *by, struct seki_err *err)
{
	struct seki_delta *d = a->d;
	struct seki_schema *s = d->app->schema;
	json_t *step = seki_steps_make(
	    a->was.form, a->is.form, goes, by, d->at, d->app->revision, err);
	int r;

	if (step == NULL)
		return -1;
	if (!seki_steps_grave(step) &&
	    json_array_size(json_object_get(step, "added")) == 0) {
		json_decref(step);
		return 0;
	}
	if (s->steps == NULL && (s->steps = json_array()) == NULL) {
		json_decref(step);
		return seki_err_nomem(err);
	}
	r = seki_steps_add(s->steps, step, err);
	if (r == 0 && seki_steps_check(s->steps, err) == -1)
		r = -1;
	return r == 0 ? 1 : -1;
}

/* What seki-normalize, which alone knows what the rules make of the form,
 * needs to say the same of what it makes. */
static int
tell(struct accept *a, json_t *goes, struct seki_err *err)
{
	json_t *normal = a->d->app->schema->normal;

	if (normal == NULL)
		return 0;
	return json_object_set_new(
		   normal, "by", json_string(a->d->pull->accept_form)) == -1 ||
		       json_object_set_new(
			   normal, "at", json_string(a->d->at)) == -1 ||
		       json_object_set_new(normal, "revision",
			   json_string(a->d->app->revision)) == -1 ||
		       json_object_set(normal, "continues", goes) == -1
		   ? seki_err_nomem(err)
		   : 1;
}

static int
accepted(struct accept *a, struct seki_err *err)
{
	const struct seki_pull *pull = a->d->pull;
	json_t *goes;
	int r = -1, told;

	if (seki_steps_person(
		"--accept-form", pull->accept_form, SEKI_CONFIG, err) == -1)
		return -1;
	goes = seki_accept_pairs(
	    pull, &a->was, &a->is, a->d->app->schema->steps, err);
	if (goes != NULL) {
		additions(a, goes);
		r = record(a, goes, pull->accept_form, err);
	}
	if (r != -1 && (told = tell(a, goes, err)) != 0)
		r = told;
	if (r == 0)
		say(a->d, _("the form is the accepted one already"));
	json_decref(goes);
	return r;
}

/* A new field that a rule uses has values in old records, too. */
static int
used_now(const struct accept *a)
{
	size_t i;

	for (i = 0; i < a->is.n; i++)
		if (json_object_get(a->was.form, a->is.col[i].path) == NULL &&
		    uses(a->d->pull, a->is.col[i].path))
			return 1;
	return 0;
}

static int
unasked(struct accept *a, struct seki_err *err)
{
	json_t *none = json_object();
	int r = none == NULL ? seki_err_nomem(err) : record(a, none, "", err);

	json_decref(none);
	return r == 1 ? used_now(a) : r;
}

/* The chain and seki-normalize's memory go with the stream. */
static int
carry(struct seki_delta *d, struct seki_err *err)
{
	struct seki_schema *s = d->app->schema;

	if (d->from.steps != NULL &&
	    (s->steps = json_deep_copy(d->from.steps)) == NULL)
		return seki_err_nomem(err);
	if (json_is_object(d->from.normal) &&
	    (s->normal = json_copy(d->from.normal)) == NULL)
		return seki_err_nomem(err);
	return 0;
}

static int
compare(struct accept *a, struct seki_err *err)
{
	if (seki_accept_was(a->d, &a->was, err) == -1 ||
	    seki_accept_is(a->d->app->schema, &a->is, err) == -1)
		return -1;
	if (a->d->pull->accept_form != NULL)
		return accepted(a, err);
	additions(a, NULL);
	if (changes(a, err) == -1)
		return -1;
	return a->used > 0 ? stop(a, err) : unasked(a, err);
}

int
seki_accept_form(struct seki_delta *d, struct seki_err *err)
{
	struct accept a = { .d = d };
	int r;

	if (carry(d, err) == -1)
		return -1;
	if (!json_is_object(d->from.form)) {
		if (d->pull->accept_form != NULL)
			say(d, _("no bookmarks yet: there is no form to "
				 "accept a change of"));
		return 0;
	}
	r = (a.guessed = json_object()) == NULL ? seki_err_nomem(err)
						: compare(&a, err);
	json_decref(a.guessed);
	seki_accept_free(&a.was);
	seki_accept_free(&a.is);
	seki_buf_free(&a.text);
	seki_buf_free(&a.pairs);
	return r;
}
