#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "steps.h"

#define WHAT "SCHEMA"

/* The JSON Schema of a shape, as any Singer target understands it. */
static const char *
shape_schema(enum seki_shape shape)
{
	switch (shape) {
	case SEKI_S_DATE:
		return "\"type\":[\"null\",\"string\"],\"format\":\"date\"";
	case SEKI_S_TIME:
		return "\"type\":[\"null\",\"string\"]";
	case SEKI_S_DATETIME:
		return "\"type\":[\"null\",\"string\"],"
		       "\"format\":\"date-time\"";
	case SEKI_S_CHOICES:
		return "\"type\":\"array\",\"items\":{\"type\":\"string\"}";
	case SEKI_S_USERS:
		return "\"type\":\"array\",\"items\":{\"type\":\"object\","
		       "\"properties\":{\"code\":{\"type\":\"string\"},"
		       "\"name\":{\"type\":\"string\"}}}";
	case SEKI_S_FILES:
		return "\"type\":\"array\",\"items\":{\"type\":\"object\","
		       "\"properties\":{\"name\":{\"type\":\"string\"},"
		       "\"size\":{\"type\":\"string\"},\"contentType\":"
		       "{\"type\":[\"null\",\"string\"]},\"sha256\":"
		       "{\"type\":[\"null\",\"string\"]}}}";
	case SEKI_S_TEXT:
	case SEKI_S_NUMBER:
	case SEKI_S_DURATION:
	case SEKI_S_TABLE:
	default:
		return "\"type\":[\"null\",\"string\"]";
	}
}

static int
str(struct seki_buf *b, const char *name, const char *s, struct seki_err *err)
{
	if (seki_buf_str(b, name, err) == -1)
		return -1;
	return seki_json_quote(b, s, strlen(s), err);
}

static int properties(struct seki_buf *, const struct seki_field *, size_t,
    const char *key, struct seki_err *);

static int
property(struct seki_buf *b, const struct seki_field *f, size_t index,
    const char *key, struct seki_err *err)
{
	enum seki_shape shape = seki_field_shape(f);

	if (str(b, "", f->code, err) == -1 || seki_buf_str(b, ":{", err) == -1)
		return -1;
	if (shape == SEKI_S_TABLE) {
		if (seki_buf_str(b,
			"\"type\":\"array\",\"items\":{\"type\":\"object\","
			"\"properties\":{\"$id\":{\"type\":\"string\"}",
			err) == -1 ||
		    (f->nsub > 0 && seki_buf_byte(b, ',', err) == -1) ||
		    properties(b, f->sub, f->nsub, "", err) == -1 ||
		    seki_buf_str(b, "}}", err) == -1)
			return -1;
	} else if (seki_buf_str(b,
		       strcmp(f->code, key) == 0 ? "\"type\":\"string\""
						 : shape_schema(shape),
		       err) == -1)
		return -1;
	if (str(b, ",\"x-seki\":{\"type\":", seki_type_word(f->type), err) ==
		-1 ||
	    str(b, ",\"code\":", f->code, err) == -1 ||
	    str(b, ",\"label\":", f->label, err) == -1 ||
	    (f->type == SEKI_T_CALC &&
		str(b, ",\"format\":", seki_calc_word(f->calc), err) == -1))
		return -1;
	return seki_buf_fmt(b, err, ",\"index\":%zu}}", index);
}

static int
properties(struct seki_buf *b, const struct seki_field *f, size_t n,
    const char *key, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((i > 0 && seki_buf_byte(b, ',', err) == -1) ||
		    property(b, &f[i], i, key, err) == -1)
			return -1;
	return 0;
}

static int
member(
    struct seki_buf *b, const char *name, const json_t *v, struct seki_err *err)
{
	char *text;
	int r;

	if (v == NULL)
		return 0;
	if ((text = json_dumps(v, JSON_COMPACT)) == NULL)
		return seki_err_nomem(err);
	r = seki_buf_fmt(b, err, ",\"%s\":", name);
	if (r == 0)
		r = seki_buf_str(b, text, err);
	free(text);
	return r;
}

int
seki_schema_format(
    const struct seki_schema *s, struct seki_buf *b, struct seki_err *err)
{
	if (str(b, "{\"type\":\"SCHEMA\",\"stream\":", s->stream, err) == -1 ||
	    str(b,
		",\"schema\":{\"type\":\"object\",\"x-seki\":{\"source\":"
		"{\"system\":",
		s->source.system, err) == -1 ||
	    str(b, ",\"domain\":", s->source.domain, err) == -1 ||
	    str(b, ",\"app\":", s->source.app, err) == -1 ||
	    member(b, "files", s->source.files, err) == -1 ||
	    seki_buf_str(b, "}", err) == -1 ||
	    member(b, "accepted", s->steps, err) == -1 ||
	    member(b, "normal", s->normal, err) == -1 ||
	    seki_buf_str(b, "},\"properties\":{", err) == -1 ||
	    properties(b, s->field, s->n, s->key, err) == -1)
		return -1;
	if (s->deletes && seki_buf_str(b,
			      ",\"_sdc_deleted_at\":{\"type\":[\"null\","
			      "\"string\"],\"format\":\"date-time\"}",
			      err) == -1)
		return -1;
	if (str(b, "}},\"key_properties\":[", s->key, err) == -1)
		return -1;
	return seki_buf_str(b, "]}", err);
}

static int
bad(struct seki_err *err, const char *why)
{
	return seki_fail(err, SEKI_RECORD, WHAT ": %s", why);
}

/* The properties by their index; every index once, none left out. */
static int
order(json_t *props, json_t **sorted, size_t n, struct seki_err *err)
{
	const char *code, *own;
	json_t *p, *x;
	uint64_t i;

	json_object_foreach(props, code, p)
	{
		if (strcmp(code, "_sdc_deleted_at") == 0 ||
		    ((x = json_object_get(p, "x-seki")) == NULL &&
			strcmp(code, "$id") == 0))
			continue;
		if ((x = seki_doc_object(
			 p, "x-seki", SEKI_RECORD, WHAT, err)) == NULL ||
		    seki_doc_uint(x, "index", &i, SEKI_RECORD, WHAT, err) ==
			-1) {
			seki_err_field(err, code);
			return -1;
		}
		own = json_string_value(json_object_get(x, "code"));
		if (own == NULL || strcmp(code, own) != 0) {
			seki_err_field(err, code);
			return bad(err, _("a property's name is not its code"));
		}
		if (i >= n || sorted[i] != NULL) {
			seki_err_field(err, code);
			return bad(err, _("index out of order"));
		}
		sorted[i] = p;
	}
	for (i = 0; i < n; i++)
		if (sorted[i] == NULL)
			return bad(err, _("index out of order"));
	return 0;
}

static int fields(
    struct seki_schema *, struct seki_field *, json_t *, struct seki_err *);

static int
one(struct seki_schema *s, struct seki_field *parent, json_t *p,
    struct seki_err *err)
{
	json_t *x = json_object_get(p, "x-seki"), *items;
	const char *code, *label, *word, *fmt;
	enum seki_type type;
	struct seki_field *f;
	int calc = SEKI_C_NUMBER;

	if ((code = seki_doc_str(x, "code", SEKI_RECORD, WHAT, err)) == NULL ||
	    (label = seki_doc_str(x, "label", SEKI_RECORD, WHAT, err)) ==
		NULL ||
	    (word = seki_doc_str(x, "type", SEKI_RECORD, WHAT, err)) == NULL)
		return -1;
	type = seki_type_find(word, strlen(word));
	if (type == SEKI_T_NONE ||
	    (parent != NULL && type == SEKI_T_SUBTABLE)) {
		seki_err_field(err, code);
		return bad(err, _("an unknown field type"));
	}
	if (type == SEKI_T_CALC) {
		fmt = seki_doc_str(x, "format", SEKI_RECORD, WHAT, err);
		if (fmt == NULL)
			return -1;
		if ((calc = seki_calc_find(fmt, strlen(fmt))) == -1)
			return bad(err, _("an unknown format of a CALC field"));
	}
	f = seki_schema_add(
	    s, parent, code, label, type, (enum seki_calc)calc, err);
	if (f == NULL || type != SEKI_T_SUBTABLE)
		return f == NULL ? -1 : 0;
	if ((items = seki_doc_object(p, "items", SEKI_RECORD, WHAT, err)) ==
		NULL ||
	    (items = seki_doc_object(
		 items, "properties", SEKI_RECORD, WHAT, err)) == NULL)
		return -1;
	return fields(s, f, items, err);
}

static int
fields(struct seki_schema *s, struct seki_field *parent, json_t *props,
    struct seki_err *err)
{
	json_t *sorted[SEKI_FIELDS_MAX] = { NULL };
	size_t i, n = json_object_size(props);
	json_t *id = json_object_get(props, "$id");

	if (json_object_get(props, "_sdc_deleted_at") != NULL) {
		n--;
		s->deletes = 1;
	}
	if (id != NULL && json_object_get(id, "x-seki") == NULL)
		n--;
	if (n > SEKI_FIELDS_MAX)
		return seki_fail(err, SEKI_LIMIT, _("more than %zu fields"),
		    SEKI_FIELDS_MAX);
	if (order(props, sorted, n, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (one(s, parent, sorted[i], err) == -1)
			return -1;
	return 0;
}

static const char *
key_of(const json_t *root, struct seki_err *err)
{
	json_t *keys =
	    seki_doc_array(root, "key_properties", SEKI_RECORD, WHAT, err);

	if (keys == NULL)
		return NULL;
	if (json_array_size(keys) == 1 &&
	    json_is_string(json_array_get(keys, 0)))
		return json_string_value(json_array_get(keys, 0));
	(void)bad(err, _("key_properties must name exactly one field"));
	return NULL;
}

int
seki_schema_stream_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= SEKI_STREAM_MAX &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == n;
}

/* How the form came to be what it is. */
static int
past(struct seki_schema *s, const json_t *x, struct seki_err *err)
{
	json_t *steps = json_object_get(x, "accepted");
	json_t *normal = json_object_get(x, "normal");

	if (steps != NULL && seki_steps_check(steps, err) == -1)
		return -1;
	if (normal != NULL && !json_is_object(normal))
		return bad(err, _("\"normal\" is no object"));
	s->steps = json_incref(steps);
	s->normal = json_incref(normal);
	return 0;
}

static int
is_hex(const char *s)
{
	return s != NULL && strlen(s) == SEKI_HEX - 1 &&
	       strspn(s, "0123456789abcdef") == SEKI_HEX - 1;
}

/* The files that were read: what else an entry says is for people. */
int
seki_schema_files(struct seki_schema *s, json_t *list, struct seki_err *err)
{
	const char *name;
	json_t *f;
	size_t i;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > SEKI_INTAKE_FILES)
		return bad(err, _("\"files\" is no list of files"));
	json_array_foreach(list, i, f)
	{
		name = json_string_value(json_object_get(f, "name"));
		if (name == NULL || name[0] == '\0' ||
		    strchr(name, '/') != NULL ||
		    !is_hex(json_string_value(json_object_get(f, "sha256"))))
			return bad(err, _("a file without name and sha256"));
	}
	s->source.files = json_incref(list);
	return 0;
}

static struct seki_schema *
build(const json_t *root, struct seki_err *err)
{
	const char *type = seki_doc_str(root, "type", SEKI_RECORD, WHAT, err);
	const char *stream, *key, *sys, *domain, *app;
	json_t *schema, *x, *own, *props;
	struct seki_schema *s;

	if (type == NULL)
		return NULL;
	if (strcmp(type, "SCHEMA") != 0) {
		(void)bad(err, _("the first line is no SCHEMA message"));
		return NULL;
	}
	if ((stream = seki_doc_str(root, "stream", SEKI_RECORD, WHAT, err)) ==
		NULL ||
	    (key = key_of(root, err)) == NULL ||
	    (schema = seki_doc_object(
		 root, "schema", SEKI_RECORD, WHAT, err)) == NULL ||
	    (props = seki_doc_object(
		 schema, "properties", SEKI_RECORD, WHAT, err)) == NULL ||
	    (own = seki_doc_object(schema, "x-seki", SEKI_RECORD, WHAT, err)) ==
		NULL ||
	    (x = seki_doc_object(own, "source", SEKI_RECORD, WHAT, err)) ==
		NULL ||
	    (sys = seki_doc_str(x, "system", SEKI_RECORD, WHAT, err)) == NULL ||
	    (domain = seki_doc_str(x, "domain", SEKI_RECORD, WHAT, err)) ==
		NULL ||
	    (app = seki_doc_str(x, "app", SEKI_RECORD, WHAT, err)) == NULL)
		return NULL;
	if (!seki_schema_stream_ok(stream)) {
		(void)bad(err, _("a stream's name is 1 to 64 of a-z 0-9 . -"));
		return NULL;
	}
	if ((s = seki_schema_new(stream, key, err)) == NULL)
		return NULL;
	if (seki_schema_source(s, sys, domain, app, err) == 0 &&
	    seki_schema_files(s, json_object_get(x, "files"), err) == 0 &&
	    past(s, own, err) == 0 && fields(s, NULL, props, err) == 0 &&
	    seki_schema_finish(s, err) == 0)
		return s;
	seki_schema_free(s);
	return NULL;
}

struct seki_schema *
seki_schema_parse(const char *p, size_t n, struct seki_err *err)
{
	json_t *root = seki_doc_parse(p, n, SEKI_RECORD, WHAT, err);
	struct seki_schema *s;

	if (root == NULL)
		return NULL;
	s = build(root, err);
	json_decref(root);
	return s;
}
