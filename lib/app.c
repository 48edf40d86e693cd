#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "pull_int.h"

static int
cmp_code(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
code_add(struct seki_app *app, const char *code, struct seki_err *err)
{
	char **list;

	if (app->ncode >= SEKI_FIELDS_MAX * 4)
		return seki_fail(err, SEKI_FLOOD,
		    _("form: more than %zu fields"), SEKI_FIELDS_MAX);
	/* One more than there are: the list ends with NULL. */
	list = reallocarray(app->code, app->ncode + 2, sizeof(*list));
	if (list == NULL)
		return seki_err_nomem(err);
	app->code = list;
	list[app->ncode + 1] = NULL;
	if ((list[app->ncode] = strdup(code)) == NULL)
		return seki_err_nomem(err);
	app->ncode++;
	return 0;
}

/* Codes in the layout: also of fields the token may not see. */
static int
codes_placed(struct seki_app *app, const json_t *list, unsigned depth,
    struct seki_err *err)
{
	const char *code;
	json_t *e;
	size_t i;

	json_array_foreach(list, i, e)
	{
		code = json_string_value(json_object_get(e, "code"));
		if (code != NULL && code_add(app, code, err) == -1)
			return -1;
		if (depth == 4)
			continue;
		if (codes_placed(app, json_object_get(e, "fields"), depth + 1,
			err) == -1 ||
		    codes_placed(app, json_object_get(e, "layout"), depth + 1,
			err) == -1)
			return -1;
	}
	return 0;
}

static int
codes(struct seki_app *app, json_t *props, const json_t *layout,
    struct seki_err *err)
{
	json_t *prop, *sub, *value;
	const char *code, *in;

	if (code_add(app, "$id", err) == -1 ||
	    code_add(app, "$revision", err) == -1 ||
	    codes_placed(app, layout, 0, err) == -1)
		return -1;
	json_object_foreach(props, code, prop)
	{
		if (code_add(app, code, err) == -1)
			return -1;
		sub = json_object_get(prop, "fields");
		json_object_foreach(sub, in, value)
		{
			if (code_add(app, in, err) == -1)
				return -1;
		}
	}
	qsort(app->code, app->ncode, sizeof(*app->code), cmp_code);
	return 0;
}

int
seki_app_knows(const struct seki_app *app, const char *p, size_t n)
{
	size_t lo = 0, hi = app->ncode, mid;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if ((c = strncmp(app->code[mid], p, n)) == 0)
			c = app->code[mid][n] != '\0';
		if (c == 0)
			return 1;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

/* Names from the command line must be fields of the form; outer: and columns
 * of their own. */
static int
names(const struct seki_app *app, json_t *props, const char *const *list,
    int outer, const char *option, struct seki_err *err)
{
	const char *near;
	json_t *prop;

	for (; list != NULL && *list != NULL; list++) {
		prop = json_object_get(props, *list);
		if (outer ? prop != NULL && seki_columns_is(prop)
			  : seki_app_knows(app, *list, strlen(*list)))
			continue;
		if (strcmp(*list, "$id") == 0 ||
		    strcmp(*list, "$revision") == 0)
			continue;
		seki_err_field(err, *list);
		(void)seki_fail(err, SEKI_CONFIG,
		    seki_app_knows(app, *list, strlen(*list))
			? _("%s: the field is no column of its own")
			: _("%s: the form has no such field"),
		    option);
		near = seki_text_nearest(*list, (const char *const *)app->code);
		if (near != NULL && strcmp(near, *list) != 0)
			seki_err_hint(
			    err, _("The nearest field code: %s"), near);
		else
			seki_err_hint(err, "%s",
			    _("Use field codes, not labels; a table goes by "
			      "the table's own code."));
		return -1;
	}
	return 0;
}

static int
revision(
    const json_t *doc, char out[24], const char *what, struct seki_err *err)
{
	json_t *v = json_object_get(doc, "revision");
	const char *s = json_string_value(v);

	if (json_is_integer(v))
		(void)snprintf(
		    out, 24, "%lld", (long long)json_integer_value(v));
	else if (s != NULL && s[0] != '\0' && strlen(s) < 24 &&
		 strspn(s, "0123456789") == strlen(s))
		(void)snprintf(out, 24, "%s", s);
	else
		return seki_fail(err, SEKI_PROTOCOL,
		    _("%s: the answer has no revision"), what);
	return 0;
}

static int
moved(struct seki_err *err)
{
	(void)seki_fail(err, SEKI_MOVED, "%s",
	    _("the app's form was changed while it was read"));
	seki_err_hint(err, "%s", _("Run the same command again."));
	return -1;
}

static int
parse(struct seki_app *app, json_t *fields, json_t *layout, const char *domain,
    const struct seki_pull *pull, struct seki_err *err)
{
	json_t *props = json_object_get(fields, "properties");
	char other[24];

	if (!json_is_object(props) ||
	    !json_is_array(json_object_get(layout, "layout")))
		return seki_fail(
		    err, SEKI_PROTOCOL, _("form: the answer has no fields"));
	if (revision(fields, app->revision, "form", err) == -1 ||
	    revision(layout, other, "form", err) == -1)
		return -1;
	if (strcmp(app->revision, other) != 0)
		return moved(err);
	if (codes(app, props, json_object_get(layout, "layout"), err) == -1 ||
	    names(app, props, pull->fields, 1, "--fields", err) == -1 ||
	    names(app, props, pull->hidden, 0, "--allow-hidden", err) == -1)
		return -1;
	app->schema = seki_schema_new(pull->stream, "$id", err);
	if (app->schema == NULL || seki_schema_source(app->schema, "kintone",
				       domain, pull->app, err) == -1)
		return -1;
	return seki_columns_build(
	    app->schema, props, json_object_get(layout, "layout"), pull, err);
}

int
seki_app_parse(struct seki_app *app, const char *fields, size_t nfields,
    const char *layout, size_t nlayout, const char *domain,
    const struct seki_pull *pull, struct seki_err *err)
{
	json_t *f, *l = NULL;
	int r = -1;

	memset(app, 0, sizeof(*app));
	f = seki_doc_parse(fields, nfields, SEKI_PROTOCOL, _("form"), err);
	if (f != NULL)
		l = seki_doc_parse(
		    layout, nlayout, SEKI_PROTOCOL, _("form layout"), err);
	if (f != NULL && l != NULL)
		r = parse(app, f, l, domain, pull, err);
	json_decref(f);
	json_decref(l);
	if (r == -1)
		seki_app_release(app);
	return r;
}

static int
get(struct seki_http *h, const char *what, const char *path, const char *app,
    struct seki_reply *reply, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r = -1;

	if (seki_buf_fmt(&b, err, "%s%s", path, app) == 0)
		r = seki_api_call(h, what, b.p, NULL, reply, err);
	seki_buf_free(&b);
	return r;
}

/* For a person who has to ask what was done to the form. */
static void
changed(struct seki_app *app, const json_t *doc)
{
	const json_t *who = json_object_get(doc, "modifier");
	const char *name = json_string_value(json_object_get(who, "name"));
	const char *code = json_string_value(json_object_get(who, "code"));
	const char *when =
	    json_string_value(json_object_get(doc, "modifiedAt"));
	seki_time t;

	if (name == NULL || code == NULL || when == NULL ||
	    seki_time_parse_any(when, strlen(when), &t) == -1)
		return;
	(void)snprintf(app->modifier, sizeof(app->modifier), "%.*s (%.*s)",
	    seki_text_cut(name, 96), name, seki_text_cut(code, 96), code);
	seki_time_format(t, app->modified);
}

/* The answer must be about the app that was asked for. */
static int
right_app(const struct seki_reply *reply, const char *number,
    struct seki_app *app, struct seki_err *err)
{
	json_t *doc = seki_doc_parse(
	    reply->body.p, reply->body.n, SEKI_PROTOCOL, _("app"), err);
	const char *id;

	if (doc == NULL)
		return -1;
	id = json_string_value(json_object_get(doc, "appId"));
	if (id == NULL || strcmp(id, number) != 0)
		(void)seki_fail(err, SEKI_PROTOCOL, "%s",
		    _("the answer is about another app"));
	if (app != NULL)
		changed(app, doc);
	json_decref(doc);
	return err->reason == SEKI_OK ? 0 : -1;
}

int
seki_app_ask(struct seki_http *h, const char *number, struct seki_reply *fields,
    struct seki_reply *layout, struct seki_err *err)
{
	struct seki_reply a = SEKI_REPLY_INIT;
	int r = -1;

	if (get(h, _("form"), "/k/v1/app/form/fields.json?app=", number, fields,
		err) == 0 &&
	    get(h, _("form layout"), "/k/v1/app/form/layout.json?app=", number,
		layout, err) == 0 &&
	    get(h, _("app"), "/k/v1/app.json?id=", number, &a, err) == 0)
		r = right_app(&a, number, NULL, err);
	seki_reply_free(&a);
	return r;
}

/* What is asked for beside the fields. */
struct beside {
	const char *number;
	struct seki_reply layout, app;
	struct seki_app about; /* who changed it, and when */
};

static int
ask_layout(struct seki_http *h, void *ctx, struct seki_err *err)
{
	struct beside *b = ctx;

	return get(h, _("form layout"),
	    "/k/v1/app/form/layout.json?app=", b->number, &b->layout, err);
}

static int
ask_app(struct seki_http *h, void *ctx, struct seki_err *err)
{
	struct beside *b = ctx;

	return get(h, _("app"), "/k/v1/app.json?id=", b->number, &b->app,
		   err) == -1
		   ? -1
		   : right_app(&b->app, b->number, &b->about, err);
}

int
seki_app_load(struct seki_app *app, struct seki_http *h, struct seki_pool *pool,
    const struct seki_pull *pull, const struct seki_errand *more,
    struct seki_err *err)
{
	struct beside b = { .number = pull->app };
	struct seki_errand errand[3] = { { ask_layout, &b, SEKI_ERR_INIT },
		{ ask_app, &b, SEKI_ERR_INIT } };
	struct seki_reply f = SEKI_REPLY_INIT;
	size_t n = 2;
	int r = -1;

	memset(app, 0, sizeof(*app));
	if (more != NULL)
		errand[n++] = *more;
	if (get(h, _("form"), "/k/v1/app/form/fields.json?app=", pull->app, &f,
		err) == 0 &&
	    seki_pool_run(pool, errand, n, err) == 0)
		r = seki_app_parse(app, f.body.p, f.body.n, b.layout.body.p,
		    b.layout.body.n, seki_http_domain(h), pull, err);
	memcpy(app->modifier, b.about.modifier, sizeof(app->modifier));
	memcpy(app->modified, b.about.modified, sizeof(app->modified));
	seki_reply_free(&f);
	seki_reply_free(&b.layout);
	seki_reply_free(&b.app);
	if (r == -1) {
		seki_err_object(err, seki_http_domain(h));
		seki_app_release(app);
	}
	return r;
}

int
seki_app_revision(
    struct seki_http *h, const char *app, char out[24], struct seki_err *err)
{
	struct seki_reply reply = SEKI_REPLY_INIT;
	json_t *doc = NULL;
	int r = -1;

	if (get(h, _("form"), "/k/v1/app/form/fields.json?app=", app, &reply,
		err) == 0)
		doc = seki_doc_parse(
		    reply.body.p, reply.body.n, SEKI_PROTOCOL, _("form"), err);
	if (doc != NULL)
		r = revision(doc, out, _("form"), err);
	json_decref(doc);
	seki_reply_free(&reply);
	if (r == -1)
		seki_err_object(err, seki_http_domain(h));
	return r;
}

void
seki_app_release(struct seki_app *app)
{
	size_t i;

	for (i = 0; i < app->ncode; i++)
		free(app->code[i]);
	free(app->code);
	seki_schema_free(app->schema);
	memset(app, 0, sizeof(*app));
}
