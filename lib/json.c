#include <stdint.h>
#include <string.h>

#include "json_int.h"

/* What may come next. */
/* clang-format off */
enum {
	WANT_VALUE,
	WANT_FIRST,     /* a value or the end of the array just begun */
	WANT_FIRST_KEY, /* a key or the end of the object just begun */
	WANT_KEY,
	WANT_COMMA,     /* a comma or the end of the innermost container */
	DONE,
	FAILED
};
/* clang-format on */

/* Bytes inside a string: what must be done about each. */
enum {
	PLAIN,
	QUOTE,
	ESCAPE,
	CONTROL,
	LEAD2,
	LEAD3,
	LEAD4,
	STRAY /* begins no UTF-8 sequence */
};

#define X8(c) c, c, c, c, c, c, c, c
#define X16(c) X8(c), X8(c)
#define X32(c) X16(c), X16(c)
/* clang-format off */
static const unsigned char class[256] = {
	X32(CONTROL),
	PLAIN, PLAIN, QUOTE, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN,
	X8(PLAIN), X16(PLAIN),
	X16(PLAIN), X8(PLAIN),
	PLAIN, PLAIN, PLAIN, PLAIN, ESCAPE, PLAIN, PLAIN, PLAIN,
	X32(PLAIN),
	X32(STRAY), X32(STRAY),
	STRAY, STRAY, LEAD2, LEAD2, LEAD2, LEAD2, LEAD2, LEAD2,
	X8(LEAD2), X16(LEAD2),
	X16(LEAD3),
	LEAD4, LEAD4, LEAD4, LEAD4, LEAD4, STRAY, STRAY, STRAY,
	X8(STRAY)
};
/* clang-format on */

/* Past the ASCII that a string may hold as it is, or some of it. */
static inline const char *
plain(const char *p, const char *end)
{
	uint64_t w, stop;

	for (; end - p >= 8; p += 8) {
		w = seki_json_eight(p);
		stop = seki_json_quoted(w) | (w & SEKI_JSON_HIGH);
		if (stop != 0)
			return p + seki_json_first(stop);
	}
	return p;
}

static inline int
cont(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* RFC 3629 4: no overlong form, no surrogate. */
static inline int
three_ok(const char *p)
{
	unsigned char a = (unsigned char)p[0], b = (unsigned char)p[1];

	return cont(p[1]) && cont(p[2]) && !(a == 0xE0 && b < 0xA0) &&
	       !(a == 0xED && b > 0x9F);
}

static int
four_ok(const char *p)
{
	unsigned char a = (unsigned char)p[0], b = (unsigned char)p[1];

	return cont(p[1]) && cont(p[2]) && cont(p[3]) &&
	       !(a == 0xF0 && b < 0x90) && !(a == 0xF4 && b > 0x8F);
}

static enum seki_json_tok
bad(struct seki_json *j, const char *at, const char *why)
{
	j->why = why;
	j->s = at;
	j->n = 0;
	j->state = FAILED;
	return SEKI_J_BAD;
}

static int
hex4(const char *p, const char *end, unsigned *u)
{
	int i;

	if (end - p < 4)
		return -1;
	for (*u = 0, i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c >= '0' && c <= '9')
			*u = *u << 4 | (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			*u = *u << 4 | (unsigned)((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return 0;
}

/* An escape at p (its backslash): its length, or 0 with why set. */
static size_t
escape(struct seki_json *j, const char *p)
{
	unsigned u, low;

	if (j->end - p < 2) {
		j->why = N_("RFC 8259 7: the string does not end");
		return 0;
	}
	if (p[1] != 'u') {
		if (p[1] != '\0' && strchr("\"\\/bfnrt", p[1]) != NULL)
			return 2;
		j->why = N_("RFC 8259 7: no such escape");
		return 0;
	}
	if (hex4(p + 2, j->end, &u) == -1) {
		j->why = N_("RFC 8259 7: not four hexadecimal digits");
		return 0;
	}
	if (u == 0) {
		j->why = N_("U+0000 is not allowed");
		return 0;
	}
	if (u < 0xD800 || u > 0xDFFF)
		return 6;
	if (u < 0xDC00 && j->end - p >= 12 && p[6] == '\\' && p[7] == 'u' &&
	    hex4(p + 8, j->end, &low) == 0 && low >= 0xDC00 && low <= 0xDFFF)
		return 12;
	j->why = N_("RFC 8259 8.2: a surrogate without its other half");
	return 0;
}

/* j->p is behind the opening quote; 0 and s, n, p set, or -1. */
static int
string(struct seki_json *j)
{
	const char *p = j->p, *end = j->end;
	size_t n;

	j->s = p;
	j->escaped = 0;
	for (;;) {
		p = plain(p, end);
		if (p == end) {
			bad(j, p, N_("RFC 8259 7: the string does not end"));
			return -1;
		}
		switch (class[(unsigned char)*p]) {
		case PLAIN:
			do {
				p++;
			} while (p < end && class[(unsigned char)*p] == PLAIN);
			break;
		case QUOTE:
			j->n = (size_t)(p - j->s);
			j->p = p + 1;
			return 0;
		case ESCAPE:
			if ((n = escape(j, p)) == 0) {
				bad(j, p, j->why);
				return -1;
			}
			j->escaped = 1;
			p += n;
			break;
		case LEAD3: /* mostly Japanese, which comes in runs */
			do {
				if (end - p < 3 || !three_ok(p))
					goto utf8;
				p += 3;
			} while (p < end && class[(unsigned char)*p] == LEAD3);
			break;
		case LEAD2:
			if (end - p < 2 || !cont(p[1]))
				goto utf8;
			p += 2;
			break;
		case LEAD4:
			if (end - p < 4 || !four_ok(p))
				goto utf8;
			p += 4;
			break;
		case CONTROL:
			bad(j, p,
			    *p == '\0' ? N_("U+0000 is not allowed")
				       : N_("RFC 8259 7: a control character"));
			return -1;
		default:
			goto utf8;
		}
	}
utf8:
	bad(j, p, N_("RFC 8259 8.1: invalid UTF-8"));
	return -1;
}

static const char *
digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static enum seki_json_tok
number(struct seki_json *j)
{
	const char *p = j->p, *end = j->end, *q;

	j->s = p;
	if (*p == '-')
		p++;
	if ((q = digits(p, end)) == p)
		return bad(j, p, N_("RFC 8259 6: a digit is missing"));
	if (*p == '0' && q - p > 1)
		return bad(j, p, N_("RFC 8259 6: a leading zero"));
	p = q;
	if (p < end && *p == '.') {
		if ((q = digits(p + 1, end)) == p + 1)
			return bad(j, q, N_("RFC 8259 6: a digit is missing"));
		p = q;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if ((q = digits(p, end)) == p)
			return bad(j, q, N_("RFC 8259 6: a digit is missing"));
		p = q;
	}
	j->n = (size_t)(p - j->s);
	j->p = p;
	return SEKI_J_NUMBER;
}

static enum seki_json_tok
literal(struct seki_json *j, const char *word, enum seki_json_tok tok)
{
	size_t n = strlen(word);

	if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
		return bad(j, j->p, N_("RFC 8259 3: not a value"));
	j->s = j->p;
	j->n = n;
	j->p += n;
	return tok;
}

static inline void
blanks(struct seki_json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' ||
				    *j->p == '\t' || *j->p == '\r'))
		j->p++;
}

static enum seki_json_tok
begin(struct seki_json *j, enum seki_json_tok tok)
{
	if (j->depth == SEKI_JSON_DEPTH) {
		j->deep = 1;
		return bad(j, j->p, N_("nested too deeply"));
	}
	j->stack[j->depth++] = tok == SEKI_J_OBJECT;
	j->state = tok == SEKI_J_OBJECT ? WANT_FIRST_KEY : WANT_FIRST;
	j->s = j->p++;
	j->n = 1;
	return tok;
}

static enum seki_json_tok
finish(struct seki_json *j)
{
	int object = j->stack[--j->depth];

	j->state = j->depth == 0 ? DONE : WANT_COMMA;
	j->s = j->p++;
	j->n = 1;
	return object ? SEKI_J_OBJECT_END : SEKI_J_ARRAY_END;
}

static enum seki_json_tok
value(struct seki_json *j)
{
	enum seki_json_tok tok;

	if (j->p == j->end)
		return bad(j, j->p, N_("RFC 8259 2: the text ends too soon"));
	switch (*j->p) {
	case '{':
		return begin(j, SEKI_J_OBJECT);
	case '[':
		return begin(j, SEKI_J_ARRAY);
	case '"':
		j->p++;
		tok = string(j) == -1 ? SEKI_J_BAD : SEKI_J_STRING;
		break;
	case 't':
		tok = literal(j, "true", SEKI_J_TRUE);
		break;
	case 'f':
		tok = literal(j, "false", SEKI_J_FALSE);
		break;
	case 'n':
		tok = literal(j, "null", SEKI_J_NULL);
		break;
	default:
		if (*j->p != '-' && (*j->p < '0' || *j->p > '9'))
			return bad(j, j->p, N_("RFC 8259 3: not a value"));
		tok = number(j);
	}
	if (tok != SEKI_J_BAD)
		j->state = j->depth == 0 ? DONE : WANT_COMMA;
	return tok;
}

/* The colon belongs to the key: who has the key has a value coming. */
static enum seki_json_tok
key(struct seki_json *j)
{
	if (j->p == j->end || *j->p != '"')
		return bad(j, j->p, N_("RFC 8259 4: a key is missing"));
	j->p++;
	if (string(j) == -1)
		return SEKI_J_BAD;
	blanks(j);
	if (j->p == j->end || *j->p != ':')
		return bad(j, j->p, N_("RFC 8259 4: a colon is missing"));
	j->p++;
	j->state = WANT_VALUE;
	return SEKI_J_KEY;
}

void
seki_json_init(struct seki_json *j, const char *text, size_t n)
{
	memset(j, 0, offsetof(struct seki_json, stack));
	j->text = j->p = j->s = text;
	j->end = text + n;
	j->state = WANT_VALUE;
	j->why = NULL;
	j->deep = 0;
	if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		(void)bad(j, text, N_("RFC 8259 8.1: a byte order mark"));
}

enum seki_json_tok
seki_json_next(struct seki_json *j)
{
	int object;

	blanks(j);
	switch (j->state) {
	case WANT_VALUE:
		return value(j);
	case WANT_FIRST:
		if (j->p < j->end && *j->p == ']')
			return finish(j);
		return value(j);
	case WANT_FIRST_KEY:
		if (j->p < j->end && *j->p == '}')
			return finish(j);
		return key(j);
	case WANT_KEY:
		return key(j);
	case WANT_COMMA:
		object = j->stack[j->depth - 1];
		if (j->p < j->end && *j->p == (object ? '}' : ']'))
			return finish(j);
		if (j->p == j->end || *j->p != ',')
			return bad(j, j->p,
			    N_("RFC 8259 2: a comma or an end is missing"));
		j->p++;
		blanks(j);
		return object ? key(j) : value(j);
	case DONE:
		j->s = j->p;
		j->n = 0;
		if (j->p == j->end)
			return SEKI_J_END;
		return bad(j, j->p, N_("RFC 8259 2: more after the value"));
	default:
		return SEKI_J_BAD;
	}
}

int
seki_json_key(struct seki_json *j, const char *text, size_t n)
{
	const char *p = j->p;

	if (j->state == WANT_COMMA && j->stack[j->depth - 1] && p < j->end &&
	    *p == ',')
		p++;
	else if (j->state != WANT_FIRST_KEY)
		return 0;
	if ((size_t)(j->end - p) < n || memcmp(p, text, n) != 0)
		return 0;
	j->s = p + 1;
	j->n = n - 3;
	j->escaped = memchr(j->s, '\\', j->n) != NULL;
	j->p = p + n;
	j->state = WANT_VALUE;
	return 1;
}

size_t
seki_json_at(const struct seki_json *j)
{
	size_t at = (size_t)(j->s - j->text);

	/* Only in front of a string's text can there be a quote. */
	if (j->state != FAILED && j->s < j->end && at > 0 && j->s[-1] == '"')
		at--;
	return at;
}

int
seki_json_skip(struct seki_json *j, enum seki_json_tok tok)
{
	unsigned depth;

	if (tok == SEKI_J_BAD)
		return -1;
	if (tok != SEKI_J_OBJECT && tok != SEKI_J_ARRAY)
		return 0;
	depth = j->depth;
	while (j->depth >= depth)
		if (seki_json_next(j) == SEKI_J_BAD)
			return -1;
	return 0;
}

int
seki_json_fail(const struct seki_json *j, enum seki_reason reason,
    const char *what, struct seki_err *err)
{
	return seki_fail(err, j->deep ? SEKI_LIMIT : reason,
	    _("%s: %s at byte %zu"), what,
	    j->why != NULL ? _(j->why) : _("another kind of value is expected"),
	    seki_json_at(j));
}
