#include <string.h>

#include "xlsx.h"

/* U+241B, which opens every escape of ours: ␛{HEX}. */
#define ESC "\xE2\x90\x9B"

/* Bytes that may need an escape, or begin a character that may. */
static const unsigned char suspect[256] = { 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, [11] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, ['_'] = 1, [0x7F] = 1, [0xC2] = 1, [0xE2] = 1, [0xEF] = 1 };

/* White space that some program trims at the ends of a cell. */
static int
white(uint32_t c)
{
	return c == ' ' || c == '\n' || c == 0xA0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200D) || c == 0x2028 || c == 0x2029 ||
	       c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

static int
hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') ||
	       (c >= 'a' && c <= 'f');
}

/* Does what follows a _ make it an OOXML escape, _xHHHH_? */
static int
ooxml(const char *s, size_t n)
{
	return n >= 7 && (s[1] == 'x' || s[1] == 'X') && hex(s[2]) &&
	       hex(s[3]) && hex(s[4]) && hex(s[5]) && s[6] == '_';
}

static int
unsafe(uint32_t c, const char *at, size_t left)
{
	return (c < 0x20 && c != '\n') || (c >= 0x7F && c <= 0x9F) ||
	       c == 0x241B || c == 0xFFFE || c == 0xFFFF ||
	       (c == '_' && ooxml(at, left));
}

/* Where the last character of valid UTF-8 begins. */
static size_t
last(const char *s, size_t n)
{
	for (n--; n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80; n--)
		;
	return n;
}

static int
plain(const char *s, size_t n)
{
	unsigned bad = 0;
	size_t i, at = 0;

	for (i = 0; i < n; i++)
		bad |= suspect[(unsigned char)s[i]];
	if (bad || white(seki_text_get(s, n, &at)))
		return 0;
	at = last(s, n);
	return !white(seki_text_get(s, n, &at));
}

int
seki_cell_escape(
    struct seki_buf *b, const char *s, size_t n, struct seki_err *err)
{
	size_t i = 0, at, from = 0, end;
	uint32_t c;

	if (!seki_text_utf8(s, n, NULL))
		return seki_fail(
		    err, SEKI_TEXT, "%s", _("a value is not valid UTF-8"));
	if (n == 0 || plain(s, n))
		return seki_buf_add(b, s, n, err);
	end = last(s, n);
	while (i < n) {
		at = i;
		c = seki_text_get(s, n, &i);
		if (!unsafe(c, s + at, n - at) &&
		    !((at == 0 || at == end) && white(c)))
			continue;
		if (seki_buf_add(b, s + from, at - from, err) == -1 ||
		    seki_buf_fmt(b, err, ESC "{%X}", (unsigned)c) == -1)
			return -1;
		from = i;
	}
	return seki_buf_add(b, s + from, n - from, err);
}

/* The character of the escape behind ESC at s; 0 when it is none of ours. */
static uint32_t
code(const char *s, size_t n, size_t *len)
{
	uint32_t c = 0;
	size_t i;

	if (n < 3 || s[0] != '{' || s[1] == '0')
		return 0;
	for (i = 1; i < n && i < 8 && s[i] != '}'; i++) {
		if (s[i] >= '0' && s[i] <= '9')
			c = c * 16 + (uint32_t)(s[i] - '0');
		else if (s[i] >= 'A' && s[i] <= 'F')
			c = c * 16 + (uint32_t)(s[i] - 'A' + 10);
		else
			return 0;
	}
	if (i == n || s[i] != '}' || c > 0x10FFFF ||
	    (c >= 0xD800 && c <= 0xDFFF))
		return 0;
	*len = i + 1;
	return c;
}

int
seki_cell_unescape(
    struct seki_buf *b, const char *s, size_t n, struct seki_err *err)
{
	const char *e, *end = s + n;
	char u[4];
	size_t len;
	uint32_t c;

	while ((e = memmem(s, (size_t)(end - s), ESC, 3)) != NULL) {
		if (seki_buf_add(b, s, (size_t)(e - s), err) == -1)
			return -1;
		s = e + 3;
		if ((c = code(s, (size_t)(end - s), &len)) == 0)
			return 1;
		s += len;
		if (seki_buf_add(b, u, seki_text_put(u, c), err) == -1)
			return -1;
	}
	return seki_buf_add(b, s, (size_t)(end - s), err);
}

size_t
seki_cell_units(const char *s, size_t n)
{
	size_t i, units = 0;

	for (i = 0; i < n; i++) {
		units += ((unsigned char)s[i] & 0xC0) != 0x80;
		units += (unsigned char)s[i] >= 0xF0;
	}
	return units;
}

size_t
seki_cell_cut(const char *s, size_t n)
{
	/* Both ends may become an escape when they are white space. */
	const size_t most = SEKI_CELL_MAX - 16;
	size_t i = 0, at, units = 0;
	uint32_t c;

	while (i < n) {
		at = i;
		c = seki_text_get(s, n, &i);
		units += unsafe(c, s + at, n - at) ? 9 : c > 0xFFFF ? 2 : 1;
		if (units > most)
			return at;
	}
	return n;
}

int
seki_cell_number(const char *s, size_t n, int *decimals)
{
	const char *dot = memchr(s, '.', n);
	size_t whole = dot == NULL ? n : (size_t)(dot - s);
	size_t frac = dot == NULL ? 0 : n - whole - 1;
	int minus = s[0] == '-';

	if (frac > 15 || whole - (size_t)minus > 15 ||
	    seki_num_digits(s, n) > 15)
		return 0;
	/* The general format shows 11 places and small numbers as 1E-05. */
	*decimals = n - (size_t)minus <= 11 &&
			    !(frac > 4 && memcmp(s + minus, "0.0000", 6) == 0)
			? -1
			: (int)frac;
	return 1;
}

void
seki_cell_name(uint32_t row, uint32_t col, char out[16])
{
	char letters[8];
	size_t n = sizeof(letters) - 1;

	letters[n] = '\0';
	for (col++; col > 0 && n > 0; col = (col - 1) / 26)
		letters[--n] = (char)('A' + (col - 1) % 26);
	(void)snprintf(out, 16, "%s%u", letters + n, (unsigned)row + 1);
}
