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

int
seki_json_quote(
    struct seki_buf *buf, const char *s, size_t n, struct seki_err *err)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[] = "\"\"\\\\\bb\tt\nn\ff\rr"; /* in pairs */
	const char *end = s + n, *p, *q;
	char esc[6] = { '\\', 'u', '0', '0' };

	if (seki_buf_byte(buf, '"', err) == -1)
		return -1;
	while (s < end) {
		p = s;
		while (
		    end - p >= 8 && seki_json_quoted(seki_json_eight(p)) == 0)
			p += 8;
		while (p < end && (unsigned char)*p >= 0x20 && *p != '"' &&
		       *p != '\\')
			p++;
		if (p > s && seki_buf_add(buf, s, (size_t)(p - s), err) == -1)
			return -1;
		if ((s = p) == end)
			break;
		esc[4] = hex[(unsigned char)*s >> 4];
		esc[5] = hex[*s & 15];
		q = *s == '\0' ? NULL : strchr(shorts, *s);
		if (q != NULL ? seki_buf_byte(buf, '\\', err) == -1 ||
				    seki_buf_byte(buf, q[1], err) == -1
			      : seki_buf_add(buf, esc, 6, err) == -1)
			return -1;
		s++;
	}
	return seki_buf_byte(buf, '"', err);
}
