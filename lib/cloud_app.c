#include <stdlib.h>

#include <jansson.h>

#include "cloud_int.h"

static int
options(struct seki_cloud_field *f, json_t *list, struct seki_err *err)
{
	size_t n = 0;

	if (!json_is_object(list))
		return 0;
	f->option = calloc(json_object_size(list) + 1, sizeof(*f->option));
	if (f->option == NULL)
		return seki_err_nomem(err);
	for (void *i = json_object_iter(list); i != NULL;
	     i = json_object_iter_next(list, i))
		if ((f->option[n++] = strdup(json_object_iter_key(i))) == NULL)
			return seki_err_nomem(err);
	return 0;
}

/* A setting that is a number as text; "" is none. */
static const char *
bound(json_t *prop, const char *name)
{
	const char *s = json_string_value(json_object_get(prop, name));

	return s != NULL && *s != '\0' ? s : NULL;
}

static void
settings(struct seki_cloud_field *f, json_t *prop)
{
	const char *s;

	f->required = json_is_true(json_object_get(prop, "required"));
	f->unique = json_is_true(json_object_get(prop, "unique"));
	f->now = json_is_true(json_object_get(prop, "defaultNowValue"));
	f->off = json_is_false(json_object_get(prop, "enabled"));
	s = bound(prop, "expression");
	f->computed = s != NULL && f->type == SEKI_T_SINGLE_LINE_TEXT;
	f->expression = s;
	s = bound(prop, "minLength");
	f->shortest = s != NULL ? strtol(s, NULL, 10) : -1;
	s = bound(prop, "maxLength");
	f->longest = s != NULL ? strtol(s, NULL, 10) : -1;
	/* The service keeps unique texts to this length. */
	if (f->unique && f->type == SEKI_T_SINGLE_LINE_TEXT &&
	    (f->longest == -1 || f->longest > 64))
		f->longest = 64;
	f->least = bound(prop, "minValue");
	f->most = bound(prop, "maxValue");
	f->standard = json_object_get(prop, "defaultValue");
	f->lookup = json_object_get(prop, "lookup");
	if (!json_is_object(f->lookup))
		f->lookup = NULL;
}

static int
add(struct seki_cloud_app *a, const char *code, json_t *prop, int inner,
    size_t table, struct seki_err *err)
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
	f->table = table;
	f->calc = SEKI_C_NUMBER;
	if (fmt != NULL && (calc = seki_calc_find(fmt, strlen(fmt))) != -1)
		f->calc = (enum seki_calc)calc;
	settings(f, prop);
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
	else if (add(a, "$id", id, 0, 0, err) == 0 &&
		 add(a, "$revision", rev, 0, 0, err) == 0)
		r = 0;
	json_decref(id);
	json_decref(rev);
	return r;
}

/* What lookups copy cannot be written by itself. */
static void
copies(struct seki_cloud_app *a)
{
	for (size_t i = 0; i < a->nfield; i++) {
		json_t *maps =
			   json_object_get(a->field[i].lookup, "fieldMappings"),
		       *map;
		size_t n;

		json_array_foreach(maps, n, map)
		{
			const char *to =
			    json_string_value(json_object_get(map, "field"));

			for (size_t j = 0; to != NULL && j < a->nfield; j++)
				if (strcmp(a->field[j].code, to) == 0)
					a->field[j].copied = 1;
		}
	}
}

static int
properties(struct seki_cloud_app *a, json_t *props, struct seki_err *err)
{
	for (void *i = json_object_iter(props); i != NULL;
	     i = json_object_iter_next(props, i)) {
		json_t *v = json_object_iter_value(i);
		json_t *inner = json_object_get(v, "fields");
		size_t table = a->nfield;

		if (add(a, json_object_iter_key(i), v, 0, 0, err) == -1)
			return -1;
		for (void *k = json_object_iter(inner); k != NULL;
		     k = json_object_iter_next(inner, k))
			if (add(a, json_object_iter_key(k),
				json_object_iter_value(k), 1, table, err) == -1)
				return -1;
	}
	copies(a);
	return 0;
}

int
seki_cloud_app_parse(
    struct seki_cloud_app *a, const char *json, size_t n, struct seki_err *err)
{
	json_t *props;

	a->code = "";
	a->digits = 16;
	a->places = 4;
	a->rounding = "HALF_EVEN";
	if ((a->form = seki_doc_parse(
		 json, n, SEKI_RECORD, "form fields", err)) == NULL)
		return -1;
	if (!json_is_object(props = json_object_get(a->form, "properties")))
		return seki_fail(
		    err, SEKI_RECORD, _("form fields: no properties"));
	if (builtin(a, err) == -1)
		return -1;
	return properties(a, props, err);
}

static long
count(json_t *o, const char *name, long max, long standard)
{
	const char *s = json_string_value(json_object_get(o, name));
	long n = s != NULL ? strtol(s, NULL, 10) : -1;

	return n >= 0 && n <= max ? n : standard;
}

void
seki_cloud_app_settings(struct seki_cloud_app *a, struct json_t *about,
    struct json_t *all, struct json_t *status)
{
	json_t *precision = json_object_get(all, "numberPrecision");
	const char *s;

	a->about = about;
	a->status = status;
	if ((s = json_string_value(json_object_get(about, "code"))) != NULL)
		a->code = s;
	a->digits = count(precision, "digits", 30, 16);
	a->places = count(precision, "decimalPlaces", 10, 4);
	s = json_string_value(json_object_get(precision, "roundingMode"));
	a->rounding = s != NULL && strcmp(s, "UP") == 0	    ? "UP"
		      : s != NULL && strcmp(s, "DOWN") == 0 ? "DOWN"
							    : "HALF_EVEN";
	json_decref(all);
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
	json_decref(a->form);
	json_decref(a->about);
	json_decref(a->status);
	free(a->field);
	free(a->hide);
	free(a);
}
