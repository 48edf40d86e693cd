#include <string.h>

#include <jansson.h>

#include "answer.h"

/* What a parser fails with.  Nothing here says that something holds, is trusted
 * or may be tried again later. */
static const enum seki_reason parser[] = { SEKI_ZIP, SEKI_LIMIT, SEKI_RECORD,
	SEKI_CUT, SEKI_CONTENT, SEKI_VIEW, SEKI_XLSX, SEKI_TEXT, SEKI_MANIFEST,
	SEKI_CSV, SEKI_POLICY, SEKI_SIGNATURE, SEKI_DIGEST, SEKI_NOMEM, SEKI_IO, SEKI_FULL, SEKI_BUG };

/* A number, with its letter. */
#define ITEM 9

/* n bytes of the part, or NULL. */
static const unsigned char *
take(struct seki_heard *h, size_t n)
{
	const unsigned char *p = h->p;

	if (h->bad || n > (size_t)(h->end - h->p)) {
		h->bad = 1;
		return NULL;
	}
	h->p += n;
	return p;
}

static uint64_t
number(struct seki_heard *h, unsigned char letter, size_t n)
{
	const unsigned char *p = take(h, n + 1);
	uint64_t v = 0;

	if (p == NULL || p[0] != letter) {
		h->bad = 1;
		return 0;
	}
	while (n > 0)
		v = v << 8 | p[n--];
	return v;
}

uint64_t
seki_heard_uint(struct seki_heard *h, uint64_t max)
{
	uint64_t v = number(h, 'u', 8);

	if (v <= max)
		return v;
	h->bad = 1;
	return 0;
}

size_t
seki_heard_count(struct seki_heard *h, size_t max)
{
	size_t n = (size_t)seki_heard_uint(h, max);

	/* No item is shorter than a text. */
	if (n <= (size_t)(h->end - h->p) / 5)
		return n;
	h->bad = 1;
	return 0;
}

const void *
seki_heard_bytes(struct seki_heard *h, size_t *n, size_t max)
{
	const void *p;

	*n = (size_t)number(h, 'b', 4);
	if (*n > max)
		h->bad = 1;
	p = take(h, *n);
	if (p == NULL)
		*n = 0;
	return p;
}

void
seki_heard_exact(struct seki_heard *h, void *dst, size_t n)
{
	size_t got;
	const void *p = seki_heard_bytes(h, &got, n);

	if (p != NULL && got == n) {
		memcpy(dst, p, n);
		return;
	}
	h->bad = 1;
	memset(dst, 0, n);
}

const char *
seki_heard_text(struct seki_heard *h, size_t *n, size_t max)
{
	size_t len = (size_t)number(h, 't', 4), bad;
	const char *p;

	if (len > max)
		h->bad = 1;
	p = (const char *)take(h, len + 1);
	if (p != NULL && (p[len] != '\0' || !seki_text_utf8(p, len, &bad))) {
		h->bad = 1;
		p = NULL;
	}
	if (n != NULL)
		*n = p == NULL ? 0 : len;
	return p == NULL ? "" : p;
}

void
seki_heard_copy(struct seki_heard *h, char *dst, size_t size)
{
	size_t n;
	const char *p = seki_heard_text(h, &n, size - 1);

	memcpy(dst, p, n);
	dst[n] = '\0';
}

static json_t *json(struct seki_heard *h, unsigned depth);

static json_t *
object(struct seki_heard *h, unsigned depth)
{
	size_t i, n = seki_heard_count(h, SEKI_SCHEMA_MAX);
	json_t *o = json_object(), *v;
	const char *key;

	for (i = 0; i < n && !h->bad; i++) {
		key = seki_heard_text(h, NULL, SEKI_VALUE_MAX);
		/* Takes v, and fails for NULL. */
		if ((v = json(h, depth)) == NULL ||
		    json_object_get(o, key) != NULL ||
		    json_object_set(o, key, v) == -1)
			h->bad = 1;
		json_decref(v);
	}
	return o;
}

static json_t *
array(struct seki_heard *h, unsigned depth)
{
	size_t i, n = seki_heard_count(h, SEKI_SCHEMA_MAX);
	json_t *o = json_array(), *v;

	for (i = 0; i < n && !h->bad; i++) {
		if ((v = json(h, depth)) == NULL ||
		    json_array_append(o, v) == -1)
			h->bad = 1;
		json_decref(v);
	}
	return o;
}

static json_t *
json(struct seki_heard *h, unsigned depth)
{
	uint64_t kind = seki_heard_uint(h, 1 + (uint64_t)JSON_NULL);
	uint64_t bits;
	const char *s;
	double real;
	size_t n;

	if (depth == SEKI_JSON_DEPTH)
		h->bad = 1;
	if (kind == 0 || h->bad)
		return NULL;
	switch ((json_type)(kind - 1)) {
	case JSON_OBJECT:
		return object(h, depth + 1);
	case JSON_ARRAY:
		return array(h, depth + 1);
	case JSON_STRING:
		s = seki_heard_text(h, &n, SEKI_VALUE_MAX);
		return json_stringn(s, n);
	case JSON_INTEGER:
		return json_integer((json_int_t)seki_heard_uint(h, UINT64_MAX));
	case JSON_TRUE:
		return json_true();
	case JSON_FALSE:
		return json_false();
	case JSON_NULL:
		return json_null();
	case JSON_REAL:
		bits = seki_heard_uint(h, UINT64_MAX);
		memcpy(&real, &bits, sizeof(real));
		/* None for what is no number. */
		return json_real(real);
	default:
		return NULL;
	}
}

json_t *
seki_heard_json(struct seki_heard *h)
{
	const unsigned char *before = h->p;
	json_t *o = json(h, 0);

	/* Nothing comes of what is none, or without memory; of 0 alone, too. */
	if (o == NULL && h->p - before != ITEM)
		h->bad = 1;
	if (!h->bad)
		return o;
	json_decref(o);
	return NULL;
}

void
seki_heard_err(struct seki_heard *h, struct seki_err *err)
{
	uint64_t reason = seki_heard_uint(h, SEKI_UNSAFE);
	size_t i, n;
	const char *p;

	seki_err_clear(err);
	for (i = 0; i < sizeof(parser) / sizeof(parser[0]); i++)
		if (reason == (uint64_t)parser[i])
			err->reason = parser[i];
	err->line = seki_heard_uint(h, UINT64_MAX);
	p = seki_heard_bytes(h, &n, sizeof(err->object) - 1);
	if (n > 0 && memchr(p, '\0', n) == NULL)
		memcpy(err->object, p, n);
	seki_heard_copy(h, err->record, sizeof(err->record));
	seki_heard_copy(h, err->field, sizeof(err->field));
	seki_heard_copy(h, err->text, sizeof(err->text));
	seki_heard_copy(h, err->hint, sizeof(err->hint));
	if (err->reason == SEKI_OK)
		h->bad = 1;
}

int
seki_heard_end(const struct seki_heard *h)
{
	return !h->bad && h->p == h->end;
}
