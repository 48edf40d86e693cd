#include <stdlib.h>

#include <jansson.h>

#include "cloud_int.h"

static int
options(struct seki_cloud_field *f, json_t *list, struct seki_err *err)
{
	const char *name;
	size_t n = 0;
	json_t *v;

	if (!json_is_object(list))
		return 0;
	f->option = calloc(json_object_size(list) + 1, sizeof(*f->option));
	if (f->option == NULL)
		return seki_err_nomem(err);
	json_object_foreach(
	    list, name, v) if ((f->option[n++] = strdup(name)) ==
			       NULL) return seki_err_nomem(err);
	return 0;
}

static int
add(struct seki_cloud_app *a, const char *code, json_t *prop, int inner,
    struct seki_err *err)
{
	const char *type = json_string_value(json_object_get(prop, "type"));
	const char *fmt = json_string_value(json_object_get(prop, "format"));
	struct seki_cloud_field *f;
	int calc;

	if (type == NULL)
		return seki_fail(
		    err, SEKI_RECORD, _("form fields: a property has no type"));
	if ((f = reallocarray(a->field, a->nfield + 1, sizeof(*f))) == NULL)
		return seki_err_nomem(err);
	a->field = f;
	f += a->nfield;
	memset(f, 0, sizeof(*f));
	if ((f->code = strdup(code)) == NULL)
		return seki_err_nomem(err);
	a->nfield++;
	f->type = seki_type_find(type, strlen(type));
	f->inner = inner;
	f->calc = SEKI_C_NUMBER;
	if (fmt != NULL && (calc = seki_calc_find(fmt, strlen(fmt))) != -1)
		f->calc = (enum seki_calc)calc;
	return options(f, json_object_get(prop, "options"), err);
}

static int
builtin(struct seki_cloud_app *a, struct seki_err *err)
{
	json_t *id = json_pack("{s:s}", "type", "__ID__");
	json_t *rev = json_pack("{s:s}", "type", "__REVISION__");
	int r = -1;

	if (id == NULL || rev == NULL)
		seki_err_nomem(err);
	else if (add(a, "$id", id, 0, err) == 0 &&
		 add(a, "$revision", rev, 0, err) == 0)
		r = 0;
	json_decref(id);
	json_decref(rev);
	return r;
}

int
seki_cloud_app_parse(
    struct seki_cloud_app *a, const char *json, size_t n, struct seki_err *err)
{
	json_t *doc, *props, *v, *w, *inner;
	const char *code, *sub;
	int r = -1;

	if ((doc = seki_doc_parse(json, n, SEKI_RECORD, "form fields", err)) ==
	    NULL)
		return -1;
	if (!json_is_object(props = json_object_get(doc, "properties"))) {
		seki_fail(err, SEKI_RECORD, _("form fields: no properties"));
		goto out;
	}
	if (builtin(a, err) == -1)
		goto out;
	json_object_foreach(props, code, v)
	{
		if (add(a, code, v, 0, err) == -1)
			goto out;
		inner = json_object_get(v, "fields");
		json_object_foreach(
		    inner, sub, w) if (add(a, sub, w, 1, err) == -1) goto out;
	}
	r = 0;
out:
	json_decref(doc);
	return r;
}

const struct seki_cloud_field *
seki_cloud_app_find(const struct seki_cloud_app *a, const char *code, size_t n)
{
	for (size_t i = 0; i < a->nfield; i++)
		if (strlen(a->field[i].code) == n &&
		    memcmp(a->field[i].code, code, n) == 0)
			return &a->field[i];
	return NULL;
}

void
seki_cloud_app_free(struct seki_cloud_app *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->nfield; i++) {
		free(a->field[i].code);
		for (char **o = a->field[i].option; o != NULL && *o; o++)
			free(*o);
		free(a->field[i].option);
	}
	for (size_t i = 0; i < a->nhide; i++)
		free(a->hide[i]);
	free(a->field);
	free(a->hide);
	free(a);
}
