#include <string.h>

#include <jansson.h>

#include "apart.h"
#include "steps.h"

/* Form and records, said and heard.  What is not set is said as no bytes. */

static void
say_value(struct seki_answer *a, const struct seki_value *v)
{
	if (v->set)
		seki_answer_textn(a, v->p, v->n);
	else
		seki_answer_bytes(a, "", 0);
}

static void
say_rows(struct seki_answer *a, const struct seki_field *f,
    const struct seki_value *v)
{
	size_t i, k;

	seki_answer_uint(a, v->nrow);
	for (i = 0; i < v->nrow; i++) {
		say_value(a, &v->row[i].id);
		for (k = 0; k < f->nsub; k++)
			say_value(a, &v->row[i].v[k]);
	}
}

void
seki_apart_say_record(struct seki_answer *a, const struct seki_schema *s,
    const struct seki_record *r)
{
	size_t i;

	seki_answer_uint(a, (uint64_t)r->kind);
	if (r->kind != SEKI_RECORD_ROW) {
		say_value(a, &r->key);
		say_value(
		    a, r->kind == SEKI_RECORD_HELD ? &r->reasons : &r->deleted);
		return;
	}
	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE)
			say_rows(a, &s->field[i], &r->v[i]);
		else
			say_value(a, &r->v[i]);
}

static void
say_fields(struct seki_answer *a, const struct seki_field *f, size_t n)
{
	size_t i;

	seki_answer_uint(a, n);
	for (i = 0; i < n; i++) {
		seki_answer_text(a, f[i].code);
		seki_answer_text(a, f[i].label);
		seki_answer_uint(a, (uint64_t)f[i].type);
		seki_answer_uint(a, (uint64_t)f[i].calc);
		if (f[i].type == SEKI_T_SUBTABLE)
			say_fields(a, f[i].sub, f[i].nsub);
	}
}

void
seki_apart_say_schema(struct seki_answer *a, const struct seki_schema *s)
{
	seki_answer_text(a, s->stream);
	seki_answer_text(a, s->key);
	seki_answer_text(a, s->source.system);
	seki_answer_text(a, s->source.domain);
	seki_answer_text(a, s->source.app);
	seki_answer_uint(a, s->deletes != 0);
	seki_answer_json(a, s->source.files);
	seki_answer_json(a, s->steps);
	seki_answer_json(a, s->normal);
	say_fields(a, s->field, s->n);
}

static void
hear_value(struct seki_heard *h, enum seki_shape shape, struct seki_value *v)
{
	size_t n;

	memset(v, 0, sizeof(*v));
	if (h->p < h->end && *h->p == 'b') {
		(void)seki_heard_bytes(h, &n, 0);
		return;
	}
	v->p = seki_heard_text(h, &v->n, SEKI_VALUE_MAX);
	v->set = 1;
	if (v->n == 0 || seki_value_check(shape, v->p, v->n) != NULL)
		h->bad = 1;
}

static struct seki_value *
hear_values(struct seki_heard *h, const struct seki_field *f, size_t n,
    struct seki_arena *a, struct seki_err *err)
{
	struct seki_value *v = seki_arena_get(a, (n + 1) * sizeof(*v), err);
	size_t i;

	for (i = 0; v != NULL && i < n; i++)
		hear_value(h, seki_field_shape(&f[i]), &v[i]);
	return v;
}

static int
hear_rows(struct seki_heard *h, const struct seki_field *f,
    struct seki_arena *a, struct seki_value *v, struct seki_err *err)
{
	size_t i;

	memset(v, 0, sizeof(*v));
	v->nrow = seki_heard_count(h, SEKI_ROWS_MAX);
	v->set = v->nrow > 0;
	if (v->nrow == 0)
		return 0;
	v->row = seki_arena_get(a, v->nrow * sizeof(*v->row), err);
	if (v->row == NULL)
		return -1;
	for (i = 0; i < v->nrow; i++) {
		hear_value(h, SEKI_S_TEXT, &v->row[i].id);
		v->row[i].v = hear_values(h, f->sub, f->nsub, a, err);
		if (v->row[i].v == NULL)
			return -1;
		if (h->bad)
			return 0;
	}
	return 0;
}

static int
hear_row(struct seki_heard *h, const struct seki_schema *s,
    struct seki_arena *a, struct seki_record *r, struct seki_err *err)
{
	int key = seki_schema_find(s, s->key, strlen(s->key));
	size_t i;

	r->v = seki_arena_get(a, (s->n + 1) * sizeof(*r->v), err);
	if (r->v == NULL)
		return -1;
	for (i = 0; i < s->n && !h->bad; i++)
		if (s->field[i].type != SEKI_T_SUBTABLE)
			hear_value(h, seki_field_shape(&s->field[i]), &r->v[i]);
		else if (hear_rows(h, &s->field[i], a, &r->v[i], err) == -1)
			return -1;
	if (h->bad)
		return 0;
	r->key = r->v[key];
	return 0;
}

int
seki_apart_hear_record(struct seki_heard *h, const struct seki_schema *s,
    struct seki_arena *a, struct seki_record *r, struct seki_err *err)
{
	memset(r, 0, sizeof(*r));
	r->kind = (enum seki_kind)seki_heard_uint(h, SEKI_RECORD_DELETED);
	if (r->kind == SEKI_RECORD_ROW) {
		if (hear_row(h, s, a, r, err) == -1)
			return -1;
	} else {
		hear_value(h, SEKI_S_TEXT, &r->key);
		if (r->kind == SEKI_RECORD_HELD)
			hear_value(h, SEKI_S_TEXT, &r->reasons);
		else
			hear_value(h, SEKI_S_DATETIME, &r->deleted);
		if (!r->reasons.set && !r->deleted.set)
			h->bad = 1;
	}
	return h->bad || r->key.p == NULL ? seki_worker_garbage(err) : 0;
}

static int
hear_fields(struct seki_heard *h, struct seki_schema *s,
    struct seki_field *parent, struct seki_err *err)
{
	size_t i, n = seki_heard_count(h, SEKI_FIELDS_MAX);
	const char *code, *label;
	struct seki_field *f;
	enum seki_type type;
	enum seki_calc calc;

	for (i = 0; i < n && !h->bad; i++) {
		code = seki_heard_text(h, NULL, SEKI_VALUE_MAX);
		label = seki_heard_text(h, NULL, SEKI_VALUE_MAX);
		type = (enum seki_type)seki_heard_uint(h, SEKI_T_NONE - 1);
		calc =
		    (enum seki_calc)seki_heard_uint(h, SEKI_C_DAY_HOUR_MINUTE);
		if (parent != NULL && type == SEKI_T_SUBTABLE)
			h->bad = 1;
		if (h->bad)
			break;
		f = seki_schema_add(s, parent, code, label, type, calc, err);
		if (f == NULL || (type == SEKI_T_SUBTABLE &&
				     hear_fields(h, s, f, err) == -1))
			return -1;
	}
	return 0;
}

static int
hear_rest(struct seki_heard *h, struct seki_schema *s, struct seki_err *err)
{
	json_t *files;
	int r = 0;

	s->deletes = (int)seki_heard_uint(h, 1);
	if ((files = seki_heard_json(h)) != NULL)
		r = seki_schema_files(s, files, err);
	json_decref(files);
	s->steps = seki_heard_json(h);
	s->normal = seki_heard_json(h);
	if (s->normal != NULL && !json_is_object(s->normal))
		h->bad = 1;
	if (r == 0 && s->steps != NULL)
		r = seki_steps_check(s->steps, err);
	if (r == 0)
		r = hear_fields(h, s, NULL, err);
	return r == 0 && !h->bad ? seki_schema_finish(s, err) : r;
}

struct seki_schema *
seki_apart_hear_schema(struct seki_heard *h, struct seki_err *err)
{
	struct seki_err why = SEKI_ERR_INIT;
	struct seki_schema *s = NULL;
	const char *text[5];
	size_t i;

	for (i = 0; i < 5; i++)
		text[i] = seki_heard_text(h, NULL, SEKI_VALUE_MAX);
	if (seki_schema_stream_ok(text[0]) &&
	    (s = seki_schema_new(text[0], text[1], &why)) != NULL &&
	    seki_schema_source(s, text[2], text[3], text[4], &why) == 0 &&
	    hear_rest(h, s, &why) == 0 && seki_heard_end(h))
		return s;
	seki_schema_free(s);
	/* A form that breaks a rule was not said by the parser, which knows
	 * them all. */
	if (why.reason == SEKI_NOMEM)
		(void)seki_err_nomem(err);
	else
		(void)seki_worker_garbage(err);
	return NULL;
}
