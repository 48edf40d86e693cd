/* The text of tokens: escapes undone and made. */
#include <string.h>

#include "json_int.h"

/* Four digits that the tokenizer has checked. */
static unsigned
hex4(const char *p)
{
	unsigned u = 0;
	int i;

	for (i = 0; i < 4; i++)
		u = u << 4 |
		    (p[i] <= '9' ? (unsigned)(p[i] - '0')
				 : (unsigned)((p[i] | 0x20) - 'a' + 10));
	return u;
}

/* The byte or escape at *p of a checked string, as UTF-8. */
static size_t
decode(const char **p, char dst[4])
{
	const char *s = *p;
	unsigned u;

	if (*s != '\\') {
		*dst = *s;
		*p = s + 1;
		return 1;
	}
	*p = s + 2;
	switch (s[1]) {
	case 'b':
		*dst = '\b';
		return 1;
	case 'f':
		*dst = '\f';
		return 1;
	case 'n':
		*dst = '\n';
		return 1;
	case 'r':
		*dst = '\r';
		return 1;
	case 't':
		*dst = '\t';
		return 1;
	case 'u':
		break;
	default:
		*dst = s[1];
		return 1;
	}
	u = hex4(s + 2);
	*p = s + 6;
	if (u >= 0xD800 && u <= 0xDBFF) {
		u = 0x10000 + ((u - 0xD800) << 10) + (hex4(s + 8) - 0xDC00);
		*p = s + 12;
	}
	return seki_text_put(dst, u);
}

size_t
seki_json_unescape(const struct seki_json *j, char *dst)
{
	const char *p = j->s, *end = j->s + j->n, *q;
	char *d = dst, c[4];
	size_t n;

	if (!j->escaped) {
		memcpy(dst, j->s, j->n);
		return j->n;
	}
	while (p < end) {
		if ((q = memchr(p, '\\', (size_t)(end - p))) == NULL)
			q = end;
		memcpy(d, p, (size_t)(q - p));
		d += q - p;
		if ((p = q) == end)
			break;
		n = decode(&p, c);
		memcpy(d, c, n);
		d += n;
	}
	return (size_t)(d - dst);
}

int
seki_json_text(const struct seki_json *j, struct seki_arena *arena,
    const char **s, size_t *n, struct seki_err *err)
{
	char *d;

	if (!j->escaped) {
		*s = j->s;
		*n = j->n;
		return 0;
	}
	if ((d = seki_arena_get(arena, j->n + 1, err)) == NULL)
		return -1;
	*n = seki_json_unescape(j, d);
	d[*n] = '\0';
	*s = d;
	return 0;
}

int
seki_json_is(const struct seki_json *j, const char *word)
{
	const char *p = j->s, *end = j->s + j->n;
	size_t n = strlen(word);
	char c[4];

	if (!j->escaped)
		return j->n == n && memcmp(j->s, word, n) == 0;
	while (p < end) {
		if ((n = decode(&p, c)) > strlen(word) ||
		    memcmp(c, word, n) != 0)
			return 0;
		word += n;
	}
	return *word == '\0';
}

/* How many bytes at s need no escape. */
static size_t
unquoted(const char *s, size_t n)
{
	uint64_t stop;
	size_t i = 0;

	for (; n - i >= 8; i += 8) {
		stop = seki_json_quoted(seki_json_eight(s + i));
		if (stop != 0) {
			i += seki_json_first(stop);
			break;
		}
	}
	while (
	    i < n && (unsigned char)s[i] >= 0x20 && s[i] != '"' && s[i] != '\\')
		i++;
	return i;
}

static size_t
put_escape(char *to, char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[] = "\"\"\\\\\bb\tt\nn\ff\rr"; /* in pairs */
	const char *q = c == '\0' ? NULL : strchr(shorts, c);

	to[0] = '\\';
	if (q != NULL) {
		to[1] = q[1];
		return 2;
	}
	memcpy(to + 1, "u00", 3);
	to[4] = hex[(unsigned char)c >> 4];
	to[5] = hex[c & 15];
	return 6;
}

int
seki_json_quote(
    struct seki_buf *buf, const char *s, size_t n, struct seki_err *err)
{
	char *to;
	size_t k;

	/* Most texts have nothing to escape. */
	if (seki_buf_room(buf, n + 2, err) == -1)
		return -1;
	buf->p[buf->n++] = '"';
	while (n > 0) {
		k = unquoted(s, n);
		memcpy(buf->p + buf->n, s, k);
		buf->n += k;
		s += k;
		n -= k;
		if (n == 0)
			break;
		if (seki_buf_room(buf, n + 6, err) == -1)
			return -1;
		to = buf->p + buf->n;
		buf->n += put_escape(to, *s);
		s++;
		n--;
	}
	buf->p[buf->n++] = '"';
	buf->p[buf->n] = '\0';
	return 0;
}
