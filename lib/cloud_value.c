#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "cloud_int.h"

struct writing {
	struct seki_cloud_draft *d;
	const struct seki_cloud_field *f;
	const char *at;
	struct seki_buf *b;
};

static int
wrong(const struct writing *w, const char *end, enum seki_cloud_why why,
    const char *arg, size_t n)
{
	char key[320];

	(void)snprintf(key, sizeof(key), "%s%s", w->at, end);
	(void)seki_cloud_invalid(w->d->k->fault, key, why, arg, n);
	return 1;
}

static int
empty(const struct writing *w)
{
	return seki_buf_str(w->b, seki_cloud_draft_empty(w->f), w->d->k->err);
}

static int
quote(const struct writing *w, const char *s, size_t n)
{
	return seki_json_quote(w->b, s, n, w->d->k->err);
}

/* As the service counts: an emoji is two. */
static long
units(const char *s, size_t n)
{
	long count = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		count += ((c & 0xc0) != 0x80) + (c >= 0xf0);
	}
	return count;
}

static int
text(const struct writing *w, const char *s, size_t n)
{
	long len = units(s, n);
	char arg[24];

	if (w->f->longest >= 0 && len > w->f->longest) {
		(void)snprintf(arg, sizeof(arg), "%ld", w->f->longest + 1);
		return wrong(w, ".value", SEKI_CLOUD_LONG, arg, strlen(arg));
	}
	if (w->f->shortest >= 0 && n > 0 && len < w->f->shortest) {
		(void)snprintf(arg, sizeof(arg), "%ld", w->f->shortest - 1);
		return wrong(w, ".value", SEKI_CLOUD_SHORT, arg, strlen(arg));
	}
	return quote(w, s, n);
}

/* 1 when the value breaks the bound. */
static int
beyond(const struct writing *w, const struct seki_cloud_value *v,
    const char *limit, int sign, int *out)
{
	struct seki_cloud_value l = { limit, 0 };
	struct seki_arena *arena = w->d->k->arena;

	*out = 0;
	if (limit == NULL)
		return 0;
	l.n = strlen(limit);
	if (seki_cloud_type_form(w->f, &l, arena, w->d->k->err) == -1)
		return -1;
	*out = seki_cloud_type_cmp(w->f, v, &l) * sign > 0;
	return 0;
}

static int
number(const struct writing *w, const char *s, size_t n)
{
	struct seki_cloud_call *k = w->d->k;
	struct seki_cloud_value v;
	size_t from = w->b->n + 1;
	char arg[24], key[320];
	int r, out;

	if (seki_buf_byte(w->b, '"', k->err) == -1 ||
	    (r = seki_cloud_number(k->app, s, n, w->b, k->err)) == -1)
		return -1;
	if (r == 1 && w->f->inner) /* in tables without a word */
		return seki_buf_byte(w->b, '"', k->err);
	if (r == 1) {
		(void)snprintf(
		    key, sizeof(key), "%s[%s].value", w->d->at, w->f->code);
		(void)seki_cloud_invalid(
		    k->fault, key, SEKI_CLOUD_NUMBER, NULL, 0);
		return 1;
	}
	if (r == 2) {
		(void)snprintf(
		    arg, sizeof(arg), "%ld", k->app->digits - k->app->places);
		return wrong(w, ".value", SEKI_CLOUD_DIGITS, arg, strlen(arg));
	}
	v.n = w->b->n - from;
	if ((v.p = seki_arena_copy(k->arena, w->b->p + from, v.n, k->err)) ==
		NULL ||
	    seki_cloud_type_form(w->f, &v, k->arena, k->err) == -1 ||
	    beyond(w, &v, w->f->most, 1, &out) == -1)
		return -1;
	if (out)
		return wrong(w, ".value", SEKI_CLOUD_MOST, w->f->most,
		    strlen(w->f->most));
	if (beyond(w, &v, w->f->least, -1, &out) == -1)
		return -1;
	if (out)
		return wrong(w, ".value", SEKI_CLOUD_LEAST, w->f->least,
		    strlen(w->f->least));
	return seki_buf_byte(w->b, '"', k->err);
}

static int
moment(const struct writing *w, const char *s, size_t n)
{
	char full[32], out[SEKI_TIME];
	seki_time t;

	/* A form's default value has no seconds. */
	if (n == 17 && s[16] == 'Z') {
		(void)snprintf(full, sizeof(full), "%.16s:00Z", s);
		s = full;
		n = 20;
	}
	if (seki_time_parse_any(s, n, &t) == -1)
		return wrong(w, ".value", SEKI_CLOUD_SHAPE, NULL, 0);
	t -= (t % 60 + 60) % 60;
	if ((w->f->type == SEKI_T_CREATED_TIME ||
		w->f->type == SEKI_T_UPDATED_TIME) &&
	    t > w->d->k->now)
		return wrong(w, ".value", SEKI_CLOUD_FUTURE, NULL, 0);
	seki_time_format(t, out);
	return quote(w, out, strlen(out));
}

static int
has(const struct seki_cloud_field *f, const char *s, size_t n)
{
	for (char **o = f->option; o != NULL && *o != NULL; o++)
		if (strlen(*o) == n && memcmp(*o, s, n) == 0)
			return 1;
	return 0;
}

/* A radio button cannot be emptied. */
static int
choice(const struct writing *w, const char *s, size_t n)
{
	if (n == 0 && w->f->type == SEKI_T_RADIO_BUTTON) {
		s = json_string_value(w->f->standard);
		n = s != NULL ? strlen(s) : 0;
	}
	if (n == 0)
		return empty(w);
	if (!has(w->f, s, n))
		return wrong(w, ".value", SEKI_CLOUD_CHOICE, s, n);
	return quote(w, s, n);
}

static int
date(const struct writing *w, const char *s, size_t n)
{
	if (seki_value_check(SEKI_S_DATE, s, n) != NULL || *s == '0')
		return wrong(w, ".value", SEKI_CLOUD_SHAPE, NULL, 0);
	return quote(w, s, n);
}

static int
hour(const struct writing *w, const char *s, size_t n)
{
	if (n != 5 || seki_value_check(SEKI_S_TIME, s, n) != NULL)
		return wrong(w, ".value", SEKI_CLOUD_SHAPE, NULL, 0);
	return quote(w, s, n);
}

/* One text, by the field's type. */
static int
scalar(const struct writing *w, const char *s, size_t n)
{
	static int (*const by[SEKI_T_NONE + 1])(
	    const struct writing *, const char *, size_t) = {
		[SEKI_T_RADIO_BUTTON] = choice,
		[SEKI_T_DROP_DOWN] = choice,
		[SEKI_T_NUMBER] = number,
		[SEKI_T_CREATED_TIME] = moment,
		[SEKI_T_UPDATED_TIME] = moment,
		[SEKI_T_DATETIME] = moment,
		[SEKI_T_DATE] = date,
		[SEKI_T_TIME] = hour,
	};

	if (by[w->f->type] == NULL)
		return text(w, s, n);
	if (n == 0 && by[w->f->type] != choice)
		return empty(w);
	return by[w->f->type](w, s, n);
}

static int
person(const struct writing *w, const struct seki_cloud_tree *v)
{
	const struct seki_cloud_tree *code = seki_cloud_tree_get(v, "code");
	struct seki_cloud_call *k = w->d->k;
	int r;

	if (code == NULL || code->kind != SEKI_J_STRING)
		return wrong(w, ".value", SEKI_CLOUD_SHAPE, NULL, 0);
	r = seki_cloud_person(
	    k->db, w->f->type, code->p, code->n, w->b, k->err);
	if (r == 0)
		return seki_cloud_refuse(k->fault,
		    w->f->type == SEKI_T_ORGANIZATION_SELECT
			? SEKI_CLOUD_GAIA_IL28
			: SEKI_CLOUD_GAIA_IL26,
		    code->p, code->n);
	return r == 1 ? 0 : -1;
}

static int
several(enum seki_type t)
{
	return t == SEKI_T_CHECK_BOX || t == SEKI_T_MULTI_SELECT;
}

static int
item(const struct writing *w, const struct seki_cloud_tree *v, size_t i)
{
	const struct seki_cloud_tree *key;
	char end[48];

	if (several(w->f->type)) {
		(void)snprintf(end, sizeof(end), ".values[%zu].value", i);
		if (v->kind != SEKI_J_STRING)
			return wrong(w, end, SEKI_CLOUD_SHAPE, NULL, 0);
		if (!has(w->f, v->p, v->n))
			return wrong(w, end, SEKI_CLOUD_CHOICE, v->p, v->n);
		return quote(w, v->p, v->n);
	}
	if (w->f->type != SEKI_T_FILE)
		return person(w, v);
	key = seki_cloud_tree_get(v, "fileKey");
	if (key == NULL || key->kind != SEKI_J_STRING)
		return wrong(w, ".value", SEKI_CLOUD_SHAPE, NULL, 0);
	return seki_cloud_file_attach(w->d, key->p, key->n, w->b);
}

static int
list(const struct writing *w, const struct seki_cloud_tree *v)
{
	struct seki_cloud_call *k = w->d->k;
	int bad = 0, r;
	size_t i = 0;

	if (v->kind == SEKI_J_NULL || (v->kind == SEKI_J_STRING && v->n == 0))
		return empty(w);
	if (v->kind != SEKI_J_ARRAY)
		return wrong(w, ".value", SEKI_CLOUD_SHAPE, NULL, 0);
	if (seki_buf_byte(w->b, '[', k->err) == -1)
		return -1;
	for (v = v->child; v != NULL; v = v->next, i++) {
		if ((i > 0 && seki_buf_byte(w->b, ',', k->err) == -1) ||
		    (r = item(w, v, i)) == -1)
			return -1;
		bad |= r;
	}
	return seki_buf_byte(w->b, ']', k->err) == -1 ? -1 : bad;
}

int
seki_cloud_value(struct seki_cloud_draft *d, const struct seki_cloud_field *f,
    const struct seki_cloud_tree *v, const char *at, struct seki_buf *b)
{
	struct writing w = { d, f, at, b };

	if (f->type == SEKI_T_CREATOR || f->type == SEKI_T_MODIFIER)
		return person(&w, v);
	if (several(f->type) || f->type == SEKI_T_FILE ||
	    f->type == SEKI_T_USER_SELECT || f->type == SEKI_T_GROUP_SELECT ||
	    f->type == SEKI_T_ORGANIZATION_SELECT)
		return list(&w, v);
	if (v->kind == SEKI_J_STRING || v->kind == SEKI_J_NUMBER)
		return scalar(&w, v->p, v->n);
	if (v->kind == SEKI_J_NULL)
		return scalar(&w, "", 0);
	return wrong(&w, ".value", SEKI_CLOUD_SHAPE, NULL, 0);
}

/* The time of adding, as a form shows it to people in Japan. */
static int
now(const struct writing *w)
{
	char out[SEKI_TIME];
	seki_time t = w->d->k->now;

	if (w->f->type == SEKI_T_DATETIME) {
		seki_time_format(t - t % 60, out);
		return quote(w, out, strlen(out));
	}
	seki_time_jst(t, out); /* YYYY-MM-DD hh:mm */
	return w->f->type == SEKI_T_DATE ? quote(w, out, 10)
					 : quote(w, out + 11, 5);
}

/* LOGINUSER() is the caller; others that are no longer there are left out. */
static int
people(const struct writing *w, const json_t *list)
{
	struct seki_cloud_call *k = w->d->k;
	const char *code, *sep = "";
	json_t *v;
	size_t i;

	if (seki_buf_byte(w->b, '[', k->err) == -1)
		return -1;
	json_array_foreach(list, i, v)
	{
		struct seki_buf one = SEKI_BUF_INIT;
		int r = 0;

		code = json_string_value(json_object_get(v, "code"));
		if (code != NULL && strcmp(code, "LOGINUSER()") == 0)
			code = seki_cloud_caller_code(k);
		if (code != NULL)
			r = seki_cloud_person(k->db, w->f->type, code,
			    strlen(code), &one, k->err);
		if (r == 1) {
			r = seki_buf_str(w->b, sep, k->err) == -1 ||
				    seki_buf_add(w->b, one.p, one.n, k->err) ==
					-1
				? -1
				: 0;
			sep = ",";
		}
		seki_buf_free(&one);
		if (r == -1)
			return -1;
	}
	return seki_buf_byte(w->b, ']', k->err);
}

int
seki_cloud_value_standard(struct seki_cloud_draft *d,
    const struct seki_cloud_field *f, struct seki_buf *b)
{
	struct writing w = { d, f, "", b };
	const json_t *s = f->standard;
	char *text;
	int r;

	if (f->now)
		return now(&w);
	if (json_is_string(s) && json_string_length(s) > 0 && !f->computed)
		return scalar(&w, json_string_value(s), json_string_length(s));
	if (!json_is_array(s) || json_array_size(s) == 0)
		return empty(&w);
	if (!several(f->type))
		return people(&w, s);
	if ((text = json_dumps(s, JSON_COMPACT)) == NULL)
		return seki_err_nomem(d->k->err);
	r = seki_buf_str(b, text, d->k->err);
	free(text);
	return r;
}
