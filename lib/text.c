#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/* Length of the valid sequence at s (RFC 3629 section 4), or 0. */
static size_t
sequence(const unsigned char *s, size_t n)
{
	unsigned char c = s[0];
	unsigned char lo = 0x80, hi = 0xBF;
	size_t len, i;

	if (c < 0x80)
		return c != 0;
	if (c < 0xC2 || c > 0xF4)
		return 0;
	len = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
	if (len > n)
		return 0;
	if (c == 0xE0)
		lo = 0xA0;
	else if (c == 0xED)
		hi = 0x9F;
	else if (c == 0xF0)
		lo = 0x90;
	else if (c == 0xF4)
		hi = 0x8F;
	if (s[1] < lo || s[1] > hi)
		return 0;
	for (i = 2; i < len; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

int
seki_text_utf8(const char *text, size_t n, size_t *bad)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i = 0, len;
	uint64_t w;

	while (i < n) {
		if (n - i >= 8) {
			memcpy(&w, s + i, 8);
			/* No high bit and no zero byte among the eight. */
			if ((w & 0x8080808080808080) == 0 &&
			    ((w - 0x0101010101010101) & 0x8080808080808080) ==
				0) {
				i += 8;
				continue;
			}
		}
		if ((len = sequence(s + i, n - i)) == 0) {
			if (bad != NULL)
				*bad = i;
			return 0;
		}
		i += len;
	}
	return 1;
}

uint32_t
seki_text_get(const char *text, size_t n, size_t *at)
{
	const unsigned char *s = (const unsigned char *)text + *at;
	size_t left = n - *at;

	if (s[0] < 0x80 || left < 2) {
		*at += 1;
		return s[0];
	}
	if (s[0] < 0xE0) {
		*at += 2;
		return (uint32_t)(s[0] & 0x1F) << 6 | (s[1] & 0x3F);
	}
	if (s[0] < 0xF0 && left >= 3) {
		*at += 3;
		return (uint32_t)(s[0] & 0x0F) << 12 |
		       (uint32_t)(s[1] & 0x3F) << 6 | (s[2] & 0x3F);
	}
	if (left >= 4) {
		*at += 4;
		return (uint32_t)(s[0] & 0x07) << 18 |
		       (uint32_t)(s[1] & 0x3F) << 12 |
		       (uint32_t)(s[2] & 0x3F) << 6 | (s[3] & 0x3F);
	}
	*at = n;
	return 0xFFFD;
}

size_t
seki_text_put(char *dst, uint32_t c)
{
	unsigned char *d = (unsigned char *)dst;

	if (c < 0x80) {
		d[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		d[0] = (unsigned char)(0xC0 | c >> 6);
		d[1] = (unsigned char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		d[0] = (unsigned char)(0xE0 | c >> 12);
		d[1] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
		d[2] = (unsigned char)(0x80 | (c & 0x3F));
		return 3;
	}
	d[0] = (unsigned char)(0xF0 | c >> 18);
	d[1] = (unsigned char)(0x80 | (c >> 12 & 0x3F));
	d[2] = (unsigned char)(0x80 | (c >> 6 & 0x3F));
	d[3] = (unsigned char)(0x80 | (c & 0x3F));
	return 4;
}

int
seki_text_cut(const char *s, size_t max)
{
	size_t n = strnlen(s, max + 1);

	if (n <= max)
		return (int)n;
	for (n = max; n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80; n--)
		;
	return (int)n;
}

int
seki_text_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c <= 0x9F) ||
	       (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
	       (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

/* What could move a cursor, colour a line or turn the reading order. */
static int
unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c <= 0x9F) ||
	       (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0x061C || c == 0xFEFF;
}

int
seki_text_show(
    struct seki_buf *b, const char *s, size_t n, struct seki_err *err)
{
	size_t i = 0, at, len;
	uint32_t c;

	while (i < n) {
		len = sequence((const unsigned char *)s + i, n - i);
		at = i;
		c = len == 0 ? (unsigned char)s[i++] : seki_text_get(s, n, &i);
		if (len != 0 && !unsafe(c)) {
			if (seki_buf_add(b, s + at, i - at, err) == -1)
				return -1;
		} else if (seki_buf_fmt(b, err, "\\u{%X}", (unsigned)c) == -1)
			return -1;
	}
	return 0;
}

/* Levenshtein over bytes; words are short, long ones are never near. */
static size_t
distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i, j, diag, up, cost;
	size_t row[129];

	if (la > 128 || lb > 128)
		return SIZE_MAX;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		diag = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			up = row[j];
			cost = diag + (a[i - 1] != b[j - 1]);
			if (up + 1 < cost)
				cost = up + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			row[j] = cost;
			diag = up;
		}
	}
	return row[lb];
}

const char *
seki_text_nearest(const char *word, const char *const *list)
{
	const char *best = NULL;
	size_t d, least = SIZE_MAX, room = strlen(word) / 2 + 1;

	for (; *list != NULL; list++)
		if ((d = distance(word, *list)) < least) {
			least = d;
			best = *list;
		}
	return least <= room ? best : NULL;
}

void
seki_text_hex(const void *p, size_t n, char *hex)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *s = p;
	size_t i;

	for (i = 0; i < n; i++) {
		hex[2 * i] = digit[s[i] >> 4];
		hex[2 * i + 1] = digit[s[i] & 15];
	}
	hex[2 * n] = '\0';
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
seki_text_unhex(const char *hex, void *p, size_t n)
{
	unsigned char *d = p;
	size_t i;
	int hi, lo;

	if (strlen(hex) != 2 * n)
		return -1;
	for (i = 0; i < n; i++) {
		hi = nibble(hex[2 * i]);
		lo = nibble(hex[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return -1;
		d[i] = (unsigned char)(hi << 4 | lo);
	}
	return 0;
}
