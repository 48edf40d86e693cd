#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "pull_int.h"

/* A form under construction. */
struct build {
	struct seki_schema *schema;
	json_t *props;
	const struct seki_pull *pull;
	struct seki_err *err;
};

static int
listed(const char *const *list, const char *code)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, code) == 0)
			return 1;
	return 0;
}

static int
pulled(const struct build *b, const char *code)
{
	return b->pull->fields == NULL || listed(b->pull->fields, code);
}

static const char *
type_of(const json_t *prop)
{
	const char *s = json_string_value(json_object_get(prop, "type"));

	return s != NULL ? s : "";
}

int
seki_columns_is(const json_t *prop)
{
	const char *type = type_of(prop);

	return strcmp(type, "GROUP") != 0 &&
	       strcmp(type, "REFERENCE_TABLE") != 0 &&
	       strcmp(type, "LABEL") != 0 && strcmp(type, "SPACER") != 0 &&
	       strcmp(type, "HR") != 0 &&
	       !json_is_false(json_object_get(prop, "enabled"));
}

static struct seki_field *
add(struct build *b, struct seki_field *parent, const char *code,
    const json_t *prop)
{
	const char *word = type_of(prop), *label, *format;
	enum seki_type type = seki_type_find(word, strlen(word));
	int calc = SEKI_C_NUMBER;

	if (type == SEKI_T_NONE || type == SEKI_T_ID ||
	    type == SEKI_T_REVISION || (parent && type == SEKI_T_SUBTABLE)) {
		seki_err_field(b->err, code);
		(void)seki_fail(b->err, SEKI_PROTOCOL,
		    _("form: this version does not know the type %.*s"),
		    seki_text_cut(word, 40), word);
		seki_err_hint(b->err, "%s",
		    _("Name the fields to pull with --fields, or install a "
		      "newer version."));
		return NULL;
	}
	if (type == SEKI_T_CALC) {
		format = json_string_value(json_object_get(prop, "format"));
		if (format == NULL ||
		    (calc = seki_calc_find(format, strlen(format))) == -1) {
			seki_err_field(b->err, code);
			(void)seki_fail(b->err, SEKI_PROTOCOL,
			    _("form: the calculation has no known format"));
			return NULL;
		}
	}
	label = json_string_value(json_object_get(prop, "label"));
	return seki_schema_add(b->schema, parent, code, label ? label : code,
	    type, (enum seki_calc)calc, b->err);
}

static int
cmp_code(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const char **
seki_columns_keys(json_t *object, size_t *n, struct seki_err *err)
{
	const char **list, *key;
	json_t *value;

	*n = 0;
	if ((list = calloc(json_object_size(object) + 1, sizeof(*list))) ==
	    NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	json_object_foreach(object, key, value)
	{
		list[(*n)++] = key;
	}
	qsort(list, *n, sizeof(*list), cmp_code);
	return list;
}

static int
sub_has(const struct seki_field *table, const char *code)
{
	size_t i;

	for (i = 0; i < table->nsub; i++)
		if (strcmp(table->sub[i].code, code) == 0)
			return 1;
	return 0;
}

/* Placed on the form but not told of: hidden from this token. */
static int
lost(struct build *b, const char *code)
{
	if (listed(b->pull->hidden, code))
		return 0;
	seki_err_field(b->err, code);
	(void)seki_fail(b->err, SEKI_PERMISSION, "%s",
	    _("form: the service shows the field's place, but not the field"));
	seki_err_hint(b->err,
	    _("Give the token the right to see it, or do without it: "
	      "--allow-hidden %s"),
	    code);
	return -1;
}

/* The fields of a table: as on the form, then what the form does not show. */
static int
inner(struct build *b, struct seki_field *table, json_t *sub, json_t *cells)
{
	const char **list, *code;
	json_t *cell, *prop;
	size_t i, n;
	int r = 0;

	if (!json_is_object(sub))
		return seki_fail(
		    b->err, SEKI_PROTOCOL, _("form: a table without fields"));
	json_array_foreach(cells, i, cell)
	{
		code = json_string_value(json_object_get(cell, "code"));
		if (code == NULL)
			continue;
		if ((prop = json_object_get(sub, code)) == NULL) {
			if (lost(b, code) == -1)
				return -1;
		} else if (seki_columns_is(prop) &&
			   add(b, table, code, prop) == NULL)
			return -1;
	}
	if ((list = seki_columns_keys(sub, &n, b->err)) == NULL)
		return -1;
	for (i = 0; i < n && r == 0; i++) {
		prop = json_object_get(sub, list[i]);
		if (!sub_has(table, list[i]) && seki_columns_is(prop) &&
		    add(b, table, list[i], prop) == NULL)
			r = -1;
	}
	free(list);
	return r;
}

/* One field of the outer form; cells is a table's layout or NULL. */
static int
column(struct build *b, const char *code, json_t *cells)
{
	json_t *prop = json_object_get(b->props, code);
	struct seki_field *f;

	if (!pulled(b, code))
		return 0;
	if (prop == NULL)
		return lost(b, code);
	if (!seki_columns_is(prop))
		return 0;
	if ((f = add(b, NULL, code, prop)) == NULL)
		return -1;
	return f->type == SEKI_T_SUBTABLE
		   ? inner(b, f, json_object_get(prop, "fields"), cells)
		   : 0;
}

static int
cells(struct build *b, json_t *fields)
{
	const char *code;
	json_t *cell;
	size_t i;

	json_array_foreach(fields, i, cell)
	{
		code = json_string_value(json_object_get(cell, "code"));
		if (code != NULL && seki_columns_is(cell) &&
		    column(b, code, NULL) == -1)
			return -1;
	}
	return 0;
}

static int
walk(struct build *b, json_t *layout, unsigned depth)
{
	json_t *element, *fields;
	const char *type, *code;
	size_t i;
	int r;

	json_array_foreach(layout, i, element)
	{
		type = type_of(element);
		code = json_string_value(json_object_get(element, "code"));
		fields = json_object_get(element, "fields");
		if (strcmp(type, "GROUP") != 0)
			r = strcmp(type, "SUBTABLE") != 0 ? cells(b, fields)
			    : code != NULL ? column(b, code, fields)
					   : 0;
		else if (depth > 0)
			r = seki_fail(b->err, SEKI_PROTOCOL,
			    _("form: a group inside a group"));
		else
			r = walk(
			    b, json_object_get(element, "layout"), depth + 1);
		if (r == -1)
			return -1;
	}
	return 0;
}

static int
placed(json_t *layout, const char *word)
{
	json_t *element, *cell;
	size_t i, k;

	json_array_foreach(layout, i, element)
	{
		if (placed(json_object_get(element, "layout"), word))
			return 1;
		json_array_foreach(json_object_get(element, "fields"), k, cell)
		{
			if (strcmp(type_of(cell), word) == 0)
				return 1;
		}
	}
	return 0;
}

/* Fields that stand nowhere on the form, of one type, or of any with "". */
static int
off_form(struct build *b, const char *word)
{
	const char **list;
	json_t *prop;
	size_t i, n;
	int r = 0;

	if ((list = seki_columns_keys(b->props, &n, b->err)) == NULL)
		return -1;
	for (i = 0; i < n && r == 0; i++) {
		prop = json_object_get(b->props, list[i]);
		if ((word[0] == '\0' || strcmp(type_of(prop), word) == 0) &&
		    seki_schema_find(b->schema, list[i], strlen(list[i])) == -1)
			r = column(b, list[i], NULL);
	}
	free(list);
	return r;
}

static int
columns(struct build *b, json_t *layout)
{
	static const char *const system[] = { "CREATOR", "CREATED_TIME",
		"MODIFIER", "UPDATED_TIME", "STATUS", "STATUS_ASSIGNEE",
		"CATEGORY", "", NULL };
	struct seki_schema *s = b->schema;
	size_t i;

	if (seki_schema_add(s, NULL, "$id", "$id", SEKI_T_ID, SEKI_C_NUMBER,
		b->err) == NULL ||
	    seki_schema_add(s, NULL, "$revision", "$revision", SEKI_T_REVISION,
		SEKI_C_NUMBER, b->err) == NULL)
		return -1;
	if (!placed(layout, "RECORD_NUMBER") &&
	    off_form(b, "RECORD_NUMBER") == -1)
		return -1;
	if (walk(b, layout, 0) == -1)
		return -1;
	for (i = 0; system[i] != NULL; i++)
		if (off_form(b, system[i]) == -1)
			return -1;
	return seki_schema_finish(s, b->err);
}

int
seki_columns_build(struct seki_schema *schema, json_t *props, json_t *layout,
    const struct seki_pull *pull, struct seki_err *err)
{
	struct build b = {
		.schema = schema, .props = props, .pull = pull, .err = err
	};

	return columns(&b, layout);
}
