#include <stdlib.h>

#include <unicode/uchar.h>

#include "lost.h"

static int
mark(uint32_t c)
{
	return (U_GET_GC_MASK((UChar32)c) & U_GC_M_MASK) != 0;
}

/* Can a mark belong to it?  Not to a line end, a space, nothing visible. */
static int
base(uint32_t c)
{
	return (U_GET_GC_MASK((UChar32)c) & (U_GC_C_MASK | U_GC_Z_MASK)) == 0 ||
	       u_charType((UChar32)c) == U_PRIVATE_USE_CHAR ||
	       u_charType((UChar32)c) == U_UNASSIGNED;
}

/* Where the character before end begins. */
static size_t
before(const char *s, size_t end)
{
	while (end > 0 && ((unsigned char)s[--end] & 0xC0) == 0x80)
		continue;
	return end;
}

static uint32_t
point(const char *s, size_t n, size_t at)
{
	return seki_text_get(s, n, &at);
}

/* Back to what the mark at belongs to; not before least. */
static size_t
first(const char *s, size_t n, size_t least, size_t at)
{
	size_t i = at, points = 1;

	while (i > least && points++ < SEKI_LOST_POINTS) {
		i = before(s, i);
		if (!mark(point(s, n, i)))
			return base(point(s, n, i)) ? i : at;
	}
	return at;
}

static size_t
last(const char *s, size_t n, size_t at)
{
	size_t i = at, next, points = 1;

	(void)seki_text_get(s, n, &i);
	while (i < n && points++ < SEKI_LOST_POINTS) {
		next = i;
		if (!mark(seki_text_get(s, n, &next)))
			break;
		i = next;
	}
	return i;
}

int
seki_lost_next(const struct seki_norm_kind *kind, const char *s, size_t n,
    size_t *at, struct seki_lost *l)
{
	const enum seki_charset set = seki_norm_set(kind);
	const size_t least = *at;
	size_t end;

	while (seki_charset_next(set, s, n, at, &l->why)) {
		if (!l->why.lost || (l->why.as == SEKI_CHARSET_FOLD &&
					(kind->how & SEKI_KIND_LENIENT) != 0))
			continue;
		l->at =
		    mark(l->why.c) ? first(s, n, least, l->why.at) : l->why.at;
		end = last(s, n, l->at);
		/* Never short of what was found. */
		if (end < *at)
			end = *at;
		l->n = end - l->at;
		*at = end;
		return 1;
	}
	return 0;
}

int
seki_lost_none(const struct seki_norm_kind *kind, const char *s, size_t n)
{
	struct seki_lost l;
	size_t at = 0;

	return !seki_lost_next(kind, s, n, &at, &l);
}

int
seki_lost_one(const char *s, size_t n)
{
	return n > 0 && last(s, n, 0) == n;
}

int
seki_lost_points(
    const char *s, size_t n, struct seki_buf *b, struct seki_err *err)
{
	const char *space = "";
	size_t i = 0;
	uint32_t c;

	while (i < n) {
		c = seki_text_get(s, n, &i);
		if (seki_buf_fmt(b, err, "%sU+%04X", space, (unsigned)c) == -1)
			return -1;
		space = " ";
	}
	return 0;
}

/* Digits only: strtoul would take a sign and spaces. */
static const char *
number(const char *s, uint32_t *c)
{
	size_t n = strspn(s, "0123456789ABCDEFabcdef");

	if (n < 4 || n > 6)
		return NULL;
	*c = (uint32_t)strtoul(s, NULL, 16);
	return *c > 0 && *c <= 0x10FFFF && (*c < 0xD800 || *c > 0xDFFF) ? s + n
									: NULL;
}

size_t
seki_lost_parse(const char *s, char to[SEKI_LOST_BYTES + 1])
{
	size_t n = 0, points = 0;
	uint32_t c = 0;

	do {
		while (*s == ' ')
			s++;
		if (points++ == SEKI_LOST_POINTS || s[0] != 'U' ||
		    s[1] != '+' || (s = number(s + 2, &c)) == NULL)
			return 0;
		n += seki_text_put(to + n, c);
	} while (*s == ' ' && s[strspn(s, " ")] != '\0');
	to[n] = '\0';
	return s[strspn(s, " ")] == '\0' ? n : 0;
}
