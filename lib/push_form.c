#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "push_int.h"

/* The two forms while they are put side by side. */
struct match {
	struct seki_pairs *to;
	const struct seki_push *push;
	const struct seki_schema *schema;
	json_t *props;
	struct seki_buf lacking, other; /* for the message */
	struct seki_err *err;
};

static const char *
text_of(const json_t *prop, const char *key)
{
	const char *s = json_string_value(json_object_get(prop, key));

	return s != NULL ? s : "";
}

/* What the service fills in by itself (record API 6.1). */
static int
by_service(enum seki_type type)
{
	static const enum seki_type types[] = { SEKI_T_ID, SEKI_T_REVISION,
		SEKI_T_RECORD_NUMBER, SEKI_T_CREATOR, SEKI_T_CREATED_TIME,
		SEKI_T_MODIFIER, SEKI_T_UPDATED_TIME, SEKI_T_STATUS,
		SEKI_T_STATUS_ASSIGNEE, SEKI_T_CATEGORY };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i] == type)
			return 1;
	return 0;
}

/* Copied by a lookup that stands among these fields. */
static int
copied(json_t *props, const char *code)
{
	json_t *prop, *map;
	const char *name;
	size_t i;

	json_object_foreach(props, name, prop)
	{
		json_array_foreach(
		    json_object_get(
			json_object_get(prop, "lookup"), "fieldMappings"),
		    i, map)
		{
			if (strcmp(text_of(map, "field"), code) == 0)
				return 1;
		}
	}
	return 0;
}

static int
listed(struct match *m, struct seki_buf *b, const char *table, const char *code,
    const char *more)
{
	return seki_buf_fmt(b, m->err, "%s%s%s%s%s", b->n ? ", " : "", table,
	    table[0] ? "." : "", code, more);
}

/* 1: a pair to write; 0: left alone, or an entry in the message; -1. */
static int
pairable(struct match *m, json_t *props, const char *table,
    const struct seki_field *f)
{
	json_t *prop = json_object_get(props, f->code);
	const char *type = text_of(prop, "type"), *word;
	struct seki_buf b = SEKI_BUF_INIT;
	int r;

	if (by_service(f->type) || (prop == NULL && f->type == SEKI_T_CALC))
		return 0;
	if (prop == NULL)
		return listed(m, &m->lacking, table, f->code, "");
	word = seki_type_word(f->type);
	if (strcmp(type, word) != 0) {
		r = seki_buf_fmt(&b, m->err, " (%s / %.40s)", word, type);
		if (r == 0)
			r = listed(m, &m->other, table, f->code, b.p);
		seki_buf_free(&b);
		return r;
	}
	if (f->type == SEKI_T_FILE && m->push->attachments == NULL)
		return listed(m, &m->to->files, table, f->code, "");
	if (f->type == SEKI_T_CALC || text_of(prop, "expression")[0] != '\0' ||
	    copied(props, f->code))
		return listed(m, &m->to->left, table, f->code, "");
	return 1;
}

static int
fill(struct match *m, struct seki_pair *p, const struct seki_field *f,
    const json_t *prop, size_t ours)
{
	p->code = f->code;
	p->type = f->type;
	p->shape = seki_field_shape(f);
	p->ours = ours;
	p->row_key = -1;
	if (f->type == SEKI_T_RADIO_BUTTON &&
	    (p->standard = strdup(text_of(prop, "defaultValue"))) == NULL)
		return seki_err_nomem(m->err);
	return 0;
}

static int
table(struct match *m, struct seki_pair *p, const struct seki_field *f)
{
	json_t *props =
	    json_object_get(json_object_get(m->props, f->code), "fields");
	const char *const *key;
	size_t i;
	int r;

	if ((p->sub = calloc(f->nsub + 1, sizeof(*p->sub))) == NULL)
		return seki_err_nomem(m->err);
	for (i = 0; i < f->nsub; i++) {
		if ((r = pairable(m, props, f->code, &f->sub[i])) == 1 &&
		    fill(m, &p->sub[p->nsub++], &f->sub[i],
			json_object_get(props, f->sub[i].code), i) == -1)
			r = -1;
		if (r == -1)
			return -1;
		key = m->push->row_keys;
		while (r == 1 && key != NULL && *key != NULL)
			if (strcmp(*key++, f->sub[i].code) == 0)
				p->row_key = (int)p->nsub - 1;
	}
	return 0;
}

/* Each names a text, number or time in a table that is written, and no table
 * has two. */
static int
row_keys(struct match *m)
{
	const char *const *f = m->push->row_keys;
	const struct seki_pair *p, *s;
	size_t i;

	for (; f != NULL && *f != NULL; f++) {
		for (i = 0; i < m->to->n; i++) {
			p = &m->to->pair[i];
			s = p->row_key == -1 ? NULL : &p->sub[p->row_key];
			if (s != NULL && strcmp(s->code, *f) == 0 &&
			    s->shape != SEKI_S_CHOICES &&
			    s->shape != SEKI_S_USERS &&
			    s->shape != SEKI_S_FILES)
				break;
		}
		if (i < m->to->n)
			continue;
		seki_err_field(m->err, *f);
		seki_err_hint(m->err, "%s",
		    _("Name one field of a table, by its code, that is no "
		      "list and that can be written."));
		return seki_fail(m->err, SEKI_CONFIG, "%s",
		    _("--row-key: not a field that tells the rows of a table "
		      "apart"));
	}
	return 0;
}

static int
wanted(const struct seki_push *push, const char *code)
{
	const char *const *f = push->fields;

	for (; f != NULL && *f != NULL; f++)
		if (strcmp(*f, code) == 0)
			return 1;
	return push->fields == NULL ||
	       (push->key != NULL && strcmp(push->key, code) == 0);
}

static int
pair_all(struct match *m)
{
	const struct seki_schema *s = m->schema;
	struct seki_pair *p;
	size_t i;
	int r;

	m->to->pair = calloc(s->n + 1, sizeof(*m->to->pair));
	m->to->ask = calloc(s->n + 3, sizeof(*m->to->ask));
	if (m->to->pair == NULL || m->to->ask == NULL)
		return seki_err_nomem(m->err);
	for (i = 0; i < s->n; i++) {
		if (!wanted(m->push, s->field[i].code))
			continue;
		if ((r = pairable(m, m->props, "", &s->field[i])) == -1)
			return -1;
		if (r == 0)
			continue;
		p = &m->to->pair[m->to->n];
		m->to->ask[m->to->n++] = s->field[i].code;
		if (fill(m, p, &s->field[i],
			json_object_get(m->props, s->field[i].code), i) == -1)
			return -1;
		if (p->type == SEKI_T_SUBTABLE &&
		    table(m, p, &s->field[i]) == -1)
			return -1;
	}
	return 0;
}

/* Every field that does not fit, in one message. */
static int
fits(struct match *m)
{
	const char *a = m->lacking.p, *b = m->other.p;

	if (m->lacking.n == 0 && m->other.n == 0)
		return m->to->n > 0 ? 0
				    : seki_fail(m->err, SEKI_CONFIG, "%s",
					  _("the stream has no field that can "
					    "be written into this app"));
	seki_err_hint(m->err, "%s",
	    _("Nothing was written. Correct the app's form, or name the "
	      "fields to write with --fields (a table by its own code)."));
	if (m->other.n == 0)
		return seki_fail(
		    m->err, SEKI_SCHEMA, _("the app has no such field: %s"), a);
	if (m->lacking.n == 0)
		return seki_fail(m->err, SEKI_SCHEMA,
		    _("another type in the app (stream / app): %s"), b);
	return seki_fail(m->err, SEKI_SCHEMA,
	    _("the app has no such field: %s; another type in the app (stream "
	      "/ app): %s"),
	    a, b);
}

static int
no_field(struct match *m, const char *option, const char *code)
{
	const char *list[SEKI_FIELDS_MAX + 1], *near;
	size_t i;

	for (i = 0; i < m->schema->n && i < SEKI_FIELDS_MAX; i++)
		list[i] = m->schema->field[i].code;
	list[i] = NULL;
	seki_err_field(m->err, code);
	if ((near = seki_text_nearest(code, list)) != NULL)
		seki_err_hint(m->err, _("The nearest field code: %s"), near);
	return seki_fail(
	    m->err, SEKI_CONFIG, _("%s: the stream has no such field"), option);
}

static int
names(struct match *m)
{
	const char *const *f = m->push->fields;
	int i;

	for (; f != NULL && *f != NULL; f++) {
		i = seki_schema_find(m->schema, *f, strlen(*f));
		if (i == -1)
			return no_field(m, "--fields", *f);
		if (by_service(m->schema->field[i].type)) {
			seki_err_field(m->err, *f);
			return seki_fail(m->err, SEKI_CONFIG, "%s",
			    _("--fields: the service fills in this field "
			      "itself"));
		}
	}
	if (m->push->key != NULL && seki_schema_find(m->schema, m->push->key,
					strlen(m->push->key)) == -1)
		return no_field(m, "--key", m->push->key);
	return 0;
}

/* Without a key records go by $id, which means this very app. */
static int
by_id(struct match *m)
{
	if (m->push->mode != SEKI_PUSH_MODE_UPDATE)
		return 0;
	m->to->key = seki_schema_find(m->schema, "$id", 3);
	if (m->to->key == -1)
		return no_field(m, "--mode update", "$id");
	if (m->to->same_app)
		return 0;
	seki_err_hint(m->err, "%s",
	    _("Record numbers mean nothing in another app: name a unique "
	      "field with --key."));
	return seki_fail(m->err, SEKI_SOURCE,
	    _("the stream is of app %.40s of %.200s"), m->schema->source.app,
	    m->schema->source.domain);
}

static int
key(struct match *m)
{
	const char *code = m->push->key;
	const struct seki_pair *p = m->to->pair;
	size_t i;

	m->to->key = -1;
	if (code == NULL)
		return by_id(m);
	for (i = 0; i < m->to->n && strcmp(p[i].code, code) != 0;)
		i++;
	if (i < m->to->n &&
	    json_is_true(
		json_object_get(json_object_get(m->props, code), "unique")) &&
	    (p[i].type == SEKI_T_SINGLE_LINE_TEXT ||
		p[i].type == SEKI_T_NUMBER)) {
		m->to->key = (int)p[i].ours;
		return 0;
	}
	seki_err_field(m->err, code);
	seki_err_hint(m->err, "%s",
	    _("In the form's settings of the field tick 値の重複を禁止する, "
	      "then press アプリを更新."));
	return seki_fail(m->err, SEKI_CONFIG, "%s",
	    _("--key takes a text (one line) or number field that the app "
	      "keeps unique"));
}

static int
theirs(struct match *m, const char *domain, const struct seki_reply *fields,
    const struct seki_reply *layout)
{
	const struct seki_schema *s;
	struct seki_pair *p;
	size_t i, k;

	m->to->pull.app = m->push->app;
	m->to->pull.stream = m->schema->stream;
	m->to->pull.fields = m->to->ask;
	if (seki_app_parse(&m->to->app, fields->body.p, fields->body.n,
		layout->body.p, layout->body.n, domain, &m->to->pull,
		m->err) == -1)
		return -1;
	s = m->to->app.schema;
	for (i = 0; i < m->to->n; i++) {
		p = &m->to->pair[i];
		p->theirs =
		    (size_t)seki_schema_find(s, p->code, strlen(p->code));
		for (k = 0; k < p->nsub; k++)
			for (p->sub[k].theirs = 0;
			     strcmp(
				 s->field[p->theirs].sub[p->sub[k].theirs].code,
				 p->sub[k].code) != 0;)
				p->sub[k].theirs++;
		if ((int)p->ours == m->to->key)
			m->to->key_theirs = (int)p->theirs;
	}
	if (m->push->key == NULL)
		m->to->key_theirs = seki_schema_find(s, "$id", 3);
	return 0;
}

static int
build(struct match *m, const char *domain, const struct seki_reply *fields,
    const struct seki_reply *layout)
{
	const struct seki_source *source = &m->schema->source;

	m->to->same_app = strcmp(source->domain, domain) == 0 &&
			  strcmp(source->app, m->push->app) == 0;
	m->to->revision =
	    m->to->same_app ? seki_schema_find(m->schema, "$revision", 9) : -1;
	if (!json_is_object(m->props))
		return seki_fail(
		    m->err, SEKI_PROTOCOL, _("form: the answer has no fields"));
	if (names(m) == -1 || pair_all(m) == -1 || fits(m) == -1 ||
	    row_keys(m) == -1 || key(m) == -1)
		return -1;
	return theirs(m, domain, fields, layout);
}

int
seki_pairs_build(struct seki_pairs *to, const struct seki_push *push,
    const struct seki_schema *schema, const char *domain,
    const struct seki_reply *fields, const struct seki_reply *layout,
    struct seki_err *err)
{
	struct match m = {
		.to = to, .push = push, .schema = schema, .err = err
	};
	json_t *doc = seki_doc_parse(
	    fields->body.p, fields->body.n, SEKI_PROTOCOL, _("form"), err);
	int r;

	memset(to, 0, sizeof(*to));
	if (doc == NULL)
		return -1;
	m.props = json_object_get(doc, "properties");
	r = build(&m, domain, fields, layout);
	seki_buf_free(&m.lacking);
	seki_buf_free(&m.other);
	json_decref(doc);
	return r;
}

void
seki_pairs_release(struct seki_pairs *to)
{
	size_t i, k;

	for (i = 0; i < to->n; i++) {
		for (k = 0; k < to->pair[i].nsub; k++)
			free(to->pair[i].sub[k].standard);
		free(to->pair[i].sub);
		free(to->pair[i].standard);
	}
	free(to->pair);
	free(to->ask);
	seki_app_release(&to->app);
	seki_buf_free(&to->left);
	seki_buf_free(&to->files);
}
