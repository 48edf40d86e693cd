#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "seki_int.h"

/* 2^53 - 1: every reader of JSON agrees on integers up to here. */
#define INTEGER_MAX ((json_int_t)9007199254740991)

void
seki_doc_warm(void)
{
	json_object_seed(0);
}

/* The tokenizer is the judge of the form; jansson only builds the tree. */
struct json_t *
seki_doc_parse(const char *p, size_t n, enum seki_reason reason,
    const char *what, struct seki_err *err)
{
	enum seki_json_tok tok;
	struct seki_json j;
	json_error_t why;
	json_t *doc;

	seki_json_init(&j, p, n);
	do
		tok = seki_json_next(&j);
	while (tok != SEKI_J_END && tok != SEKI_J_BAD);
	if (tok == SEKI_J_BAD) {
		seki_json_fail(&j, reason, what, err);
		return NULL;
	}
	doc = json_loadb(p, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
	if (doc != NULL)
		return doc;
	if (json_error_code(&why) == json_error_out_of_memory)
		seki_err_nomem(err);
	else if (json_error_code(&why) == json_error_duplicate_key)
		seki_fail(err, reason,
		    _("%s: RFC 8259 4: a key stands twice, before byte %d"),
		    what, why.position);
	else
		seki_fail(err, reason,
		    _("%s: a number is too large, before byte %d"), what,
		    why.position);
	return NULL;
}

static int canon(
    const json_t *, unsigned, struct seki_buf *, struct seki_err *);

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
ascii(const char *s)
{
	while (*s != '\0')
		if ((unsigned char)*s++ > 0x7E)
			return 0;
	return 1;
}

/* 1: outside the form. */
static int
members(const json_t *doc, const char **key, unsigned depth,
    struct seki_buf *buf, struct seki_err *err)
{
	size_t n = json_object_size(doc), i = 0;
	json_t *v;
	void *at;
	int r;

	for (at = json_object_iter((json_t *)(uintptr_t)doc); at != NULL;
	     at = json_object_iter_next((json_t *)(uintptr_t)doc, at))
		key[i++] = json_object_iter_key(at);
	qsort(key, n, sizeof(*key), by_bytes);
	for (i = 0; i < n; i++) {
		v = json_object_get(doc, key[i]);
		if (i > 0 && seki_buf_byte(buf, ',', err) == -1)
			return -1;
		if (!ascii(key[i]))
			return 1;
		if (seki_json_quote(buf, key[i], strlen(key[i]), err) == -1 ||
		    seki_buf_byte(buf, ':', err) == -1)
			return -1;
		if ((r = canon(v, depth + 1, buf, err)) != 0)
			return r;
	}
	return 0;
}

static int
object(const json_t *doc, unsigned depth, struct seki_buf *buf,
    struct seki_err *err)
{
	const char **key;
	int r;

	key = calloc(json_object_size(doc) + 1, sizeof(*key));
	if (key == NULL)
		return seki_err_nomem(err);
	r = seki_buf_byte(buf, '{', err);
	if (r == 0)
		r = members(doc, key, depth, buf, err);
	if (r == 0)
		r = seki_buf_byte(buf, '}', err);
	free(key);
	return r;
}

static int
array(const json_t *doc, unsigned depth, struct seki_buf *buf,
    struct seki_err *err)
{
	size_t i;
	int r;

	if (seki_buf_byte(buf, '[', err) == -1)
		return -1;
	for (i = 0; i < json_array_size(doc); i++) {
		if (i > 0 && seki_buf_byte(buf, ',', err) == -1)
			return -1;
		r = canon(json_array_get(doc, i), depth + 1, buf, err);
		if (r != 0)
			return r;
	}
	return seki_buf_byte(buf, ']', err);
}

/* 0, 1 when the document is outside the form, -1 */
static int
canon(const json_t *doc, unsigned depth, struct seki_buf *buf,
    struct seki_err *err)
{
	json_int_t n;

	switch (json_typeof(doc)) {
	case JSON_OBJECT:
		return depth == SEKI_JSON_DEPTH ? 1
						: object(doc, depth, buf, err);
	case JSON_ARRAY:
		return depth == SEKI_JSON_DEPTH ? 1
						: array(doc, depth, buf, err);
	case JSON_STRING:
		return seki_json_quote(
		    buf, json_string_value(doc), json_string_length(doc), err);
	case JSON_INTEGER:
		n = json_integer_value(doc);
		if (n < 0 || n > INTEGER_MAX)
			return 1;
		return seki_buf_fmt(buf, err, "%lld", (long long)n);
	case JSON_TRUE:
		return seki_buf_str(buf, "true", err);
	case JSON_FALSE:
		return seki_buf_str(buf, "false", err);
	case JSON_REAL:
	case JSON_NULL:
		break;
	}
	return 1;
}

int
seki_doc_canon(
    const struct json_t *doc, struct seki_buf *buf, struct seki_err *err)
{
	int r = canon(doc, 0, buf, err);

	if (r == 1)
		return seki_fail(err, SEKI_BUG, "%s",
		    _("a document of ours has no canonical form"));
	return r;
}

/* What could be written before a value outside the form is canonical, so the
 * first difference is found either way. */
struct json_t *
seki_doc_open(const char *p, size_t n, enum seki_reason reason,
    const char *what, struct seki_err *err)
{
	struct seki_buf buf = SEKI_BUF_INIT;
	size_t i = 0;
	json_t *doc;
	int r;

	if ((doc = seki_doc_parse(p, n, reason, what, err)) == NULL)
		return NULL;
	r = canon(doc, 0, &buf, err);
	while (r != -1 && i < n && i < buf.n && p[i] == buf.p[i])
		i++;
	if (r == 1 || (r == 0 && (i < n || i < buf.n)))
		r = seki_fail(err, reason,
		    _("%s: not in canonical form at byte %zu"), what, i);
	seki_buf_free(&buf);
	if (r == 0)
		return doc;
	json_decref(doc);
	return NULL;
}

static json_t *
member(const json_t *doc, const char *key, enum seki_reason reason,
    const char *what, struct seki_err *err)
{
	json_t *v = json_object_get(doc, key);

	if (v == NULL)
		seki_fail(err, reason, _("%s: \"%s\" is missing"), what, key);
	return v;
}

const char *
seki_doc_str(const struct json_t *doc, const char *key, enum seki_reason reason,
    const char *what, struct seki_err *err)
{
	const json_t *v = member(doc, key, reason, what, err);

	if (v != NULL && !json_is_string(v)) {
		seki_fail(
		    err, reason, _("%s: \"%s\" is not a string"), what, key);
		return NULL;
	}
	return v != NULL ? json_string_value(v) : NULL;
}

int
seki_doc_uint(const struct json_t *doc, const char *key, uint64_t *to,
    enum seki_reason reason, const char *what, struct seki_err *err)
{
	const json_t *v = member(doc, key, reason, what, err);

	if (v == NULL)
		return -1;
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    json_integer_value(v) > INTEGER_MAX)
		return seki_fail(err, reason,
		    _("%s: \"%s\" is not a whole number of 0 to 2^53-1"), what,
		    key);
	*to = (uint64_t)json_integer_value(v);
	return 0;
}

int
seki_doc_bool(const struct json_t *doc, const char *key, int *to,
    enum seki_reason reason, const char *what, struct seki_err *err)
{
	const json_t *v = member(doc, key, reason, what, err);

	if (v == NULL)
		return -1;
	if (!json_is_boolean(v))
		return seki_fail(err, reason,
		    _("%s: \"%s\" is neither true nor false"), what, key);
	*to = json_is_true(v);
	return 0;
}

int
seki_doc_time(const struct json_t *doc, const char *key, seki_time *to,
    enum seki_reason reason, const char *what, struct seki_err *err)
{
	const char *s = seki_doc_str(doc, key, reason, what, err);

	if (s == NULL)
		return -1;
	if (seki_time_parse(s, strlen(s), to) == -1)
		return seki_fail(err, reason,
		    _("%s: \"%s\" is not an instant (YYYY-MM-DDThh:mm:ssZ)"),
		    what, key);
	return 0;
}

struct json_t *
seki_doc_object(const struct json_t *doc, const char *key,
    enum seki_reason reason, const char *what, struct seki_err *err)
{
	json_t *v = member(doc, key, reason, what, err);

	if (v == NULL || json_is_object(v))
		return v;
	seki_fail(err, reason, _("%s: \"%s\" is not an object"), what, key);
	return NULL;
}

struct json_t *
seki_doc_array(const struct json_t *doc, const char *key,
    enum seki_reason reason, const char *what, struct seki_err *err)
{
	json_t *v = member(doc, key, reason, what, err);

	if (v == NULL || json_is_array(v))
		return v;
	seki_fail(err, reason, _("%s: \"%s\" is not an array"), what, key);
	return NULL;
}

int
seki_doc_known(const struct json_t *doc, const char *const *known,
    enum seki_reason reason, const char *what, struct seki_err *err)
{
	const char *key, *near;
	size_t i;
	void *at;

	for (at = json_object_iter((json_t *)(uintptr_t)doc); at != NULL;
	     at = json_object_iter_next((json_t *)(uintptr_t)doc, at)) {
		key = json_object_iter_key(at);
		for (i = 0; known[i] != NULL; i++)
			if (strcmp(known[i], key) == 0)
				break;
		if (known[i] != NULL)
			continue;
		seki_fail(err, reason, _("%s: unknown key \"%s\""), what, key);
		if ((near = seki_text_nearest(key, known)) != NULL)
			seki_err_hint(
			    err, _("The nearest known key is \"%s\"."), near);
		return -1;
	}
	return 0;
}
