#include <stdlib.h>
#include <string.h>

#include "steps.h"

/* Forms as paths and types. */

static void
type_text(const struct seki_field *f, char *out, size_t size)
{
	(void)snprintf(out, size, "%s%s%s", seki_type_word(f->type),
	    f->type == SEKI_T_CALC ? ":" : "",
	    f->type == SEKI_T_CALC ? seki_calc_word(f->calc) : "");
}

static int
put(json_t *o, const struct seki_field *f, const char *table,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char type[64];
	int r = -1;

	type_text(f, type, sizeof(type));
	if (seki_buf_fmt(
		&b, err, "%s%s%s", table, table[0] ? "." : "", f->code) == -1)
		return -1;
	if (json_object_get(o, b.p) != NULL) {
		seki_err_field(err, b.p);
		(void)seki_fail(err, SEKI_RECORD, "%s",
		    _("a field code is empty or stands twice in the form"));
	} else if (json_object_set_new(o, b.p, json_string(type)) == -1)
		(void)seki_err_nomem(err);
	else
		r = 0;
	seki_buf_free(&b);
	return r;
}

json_t *
seki_steps_form(const struct seki_schema *s, struct seki_err *err)
{
	json_t *o = json_object();
	const struct seki_field *f;
	size_t i, k;

	if (o == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	for (i = 0; i < s->n; i++) {
		f = &s->field[i];
		if (put(o, f, "", err) == -1)
			goto fail;
		for (k = 0; k < f->nsub; k++)
			if (put(o, &f->sub[k], f->code, err) == -1)
				goto fail;
	}
	return o;
fail:
	json_decref(o);
	return NULL;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **
seki_steps_paths(const json_t *o, size_t *n, struct seki_err *err)
{
	json_t *object = (json_t *)(uintptr_t)o;
	const char **list = calloc(json_object_size(o) + 1, sizeof(*list));
	void *at;

	*n = 0;
	if (list == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	for (at = json_object_iter(object); at != NULL;
	     at = json_object_iter_next(object, at))
		list[(*n)++] = json_object_iter_key(at);
	qsort(list, *n, sizeof(*list), by_bytes);
	return list;
}

static void
lp(struct seki_sha256 *h, const char *s)
{
	size_t n = strlen(s);
	unsigned char len[4] = { (unsigned char)(n >> 24),
		(unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	seki_sha256_add(h, len, sizeof(len));
	seki_sha256_add(h, s, n);
}

int
seki_steps_digest(const json_t *form, char hex[SEKI_HEX], struct seki_err *err)
{
	unsigned char digest[SEKI_SHA256];
	struct seki_sha256 h;
	const char **path;
	size_t i, n;

	if ((path = seki_steps_paths(form, &n, err)) == NULL)
		return -1;
	if (seki_sha256_init(&h, err) == -1) {
		free(path);
		return -1;
	}
	seki_sha256_restart(&h);
	seki_sha256_add(&h, "\x05", 1);
	for (i = 0; i < n; i++) {
		lp(&h, path[i]);
		lp(&h, json_string_value(json_object_get(form, path[i])));
	}
	seki_sha256_end(&h, digest);
	seki_sha256_free(&h);
	free(path);
	seki_text_hex(digest, sizeof(digest), hex);
	return 0;
}

size_t
seki_steps_table(const char *path)
{
	const char *dot = strchr(path, '.');

	return dot == NULL ? 0 : (size_t)(dot - path);
}

int
seki_steps_among(const json_t *list, const char *path, size_t n)
{
	const char *s;
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		s = json_string_value(item);
		if (strncmp(s, path, n) == 0 && s[n] == '\0')
			return 1;
	}
	return 0;
}

int
seki_steps_end(const json_t *step, const char *path)
{
	const json_t *ended = json_object_get(step, "ended");
	size_t table = seki_steps_table(path);

	return seki_steps_among(ended, path, strlen(path)) ||
	       (table > 0 && seki_steps_among(ended, path, table));
}

size_t
seki_steps_go(const json_t *goes, const char *path, size_t n, const char **to)
{
	const char *dot = memchr(path, '.', n);
	size_t table = dot == NULL ? 0 : (size_t)(dot - path);

	if ((*to = json_string_value(json_object_getn(goes, path, n))) != NULL)
		return n;
	if (table > 0 && (*to = json_string_value(
			      json_object_getn(goes, path, table))) != NULL)
		return table;
	*to = "";
	return 0;
}

const struct seki_field *
seki_steps_find(const struct seki_schema *s, const char *path,
    const struct seki_field **parent)
{
	size_t k, n = seki_steps_table(path);
	int i = seki_schema_find(s, path, strlen(path));

	*parent = NULL;
	if (i != -1)
		return &s->field[i];
	if (n == 0 || (i = seki_schema_find(s, path, n)) == -1)
		return NULL;
	*parent = &s->field[i];
	for (k = 0; k < s->field[i].nsub; k++)
		if (strcmp(s->field[i].sub[k].code, path + n + 1) == 0)
			return &s->field[i].sub[k];
	return NULL;
}

/* Values that are like no others: of what only its own service makes sense. */
static int
alone(enum seki_type type)
{
	return type == SEKI_T_NONE || type == SEKI_T_ID ||
	       type == SEKI_T_REVISION || type == SEKI_T_RECORD_NUMBER ||
	       type == SEKI_T_STATUS || type == SEKI_T_SUBTABLE ||
	       type == SEKI_T_FILE;
}

/* What a value of the type looks like, or -1. */
static int
shape(const char *type)
{
	const char *colon = strchr(type, ':');
	struct seki_field f;
	int s, calc;

	memset(&f, 0, sizeof(f));
	f.type = seki_type_find(
	    type, colon == NULL ? strlen(type) : (size_t)(colon - type));
	if (alone(f.type))
		return -1;
	if (f.type == SEKI_T_CALC) {
		calc = colon == NULL
			   ? -1
			   : seki_calc_find(colon + 1, strlen(colon + 1));
		if (calc == -1)
			return -1;
		f.calc = (enum seki_calc)calc;
	}
	s = (int)seki_field_shape(&f);
	/* Codes of users, organisations and groups are of three worlds. */
	return s == (int)SEKI_S_USERS ? -1 : s;
}

static int
plain_text(const char *type)
{
	return strcmp(type, "SINGLE_LINE_TEXT") == 0 ||
	       strcmp(type, "MULTI_LINE_TEXT") == 0;
}

int
seki_steps_fit(const char *was, const char *is)
{
	int a, b;

	if (strcmp(was, is) == 0)
		return 1;
	a = shape(was);
	b = shape(is);
	if (a == -1 || b == -1)
		return 0;
	if (a == b)
		return 1;
	/* The text of one number, date or time is a text. */
	return plain_text(is) && a != (int)SEKI_S_CHOICES;
}
