#include <stdlib.h>

#include <unicode/uchar.h>

#include "charset_int.h"

/* Which of two code points of one character a table has depends on the table
 * (municipal rules 5.3). */
static const uint16_t twins[][2] = { { 0x301C, 0xFF5E }, { 0x2212, 0xFF0D },
	{ 0x2016, 0x2225 }, { 0x2014, 0x2015 }, { 0x00A2, 0xFFE0 },
	{ 0x00A3, 0xFFE1 }, { 0x00AC, 0xFFE2 }, { 0x00A5, 0xFFE5 },
	{ 0x203E, 0xFFE3 }, { 0x00A6, 0xFFE4 } };

static int private(uint32_t c)
{
	return (c >= 0xE000 && c <= 0xF8FF) || c >= 0xF0000;
}

/* Rows 1 to 8 and 16 to 84 of JIS X 0208, by their codes in CP932. */
static int
jisx0208(uint32_t code)
{
	return code <= 0xFF || (code >= 0x8140 && code <= 0x84FF) ||
	       (code >= 0x889F && code <= 0xEAA4);
}

static int
has(enum seki_charset set, uint32_t c)
{
	uint32_t code;

	if (private(c))
		return 0;
	if (set == SEKI_JISX0213)
		return seki_charset_jis_has(c);
	code = seki_charset_code(c);
	return code != UINT32_MAX && (set == SEKI_CP932 || jisx0208(code));
}

static uint32_t
fold(enum seki_charset set, uint32_t c)
{
	size_t i;

	for (i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		if (twins[i][0] == c && has(set, twins[i][1]))
			return twins[i][1];
		if (twins[i][1] == c && has(set, twins[i][0]))
			return twins[i][0];
	}
	return 0;
}

/* 0 when the set has it and JIS X 0208 does, too. */
static int
judge(enum seki_charset set, uint32_t c, struct seki_charset_found *f)
{
	uint32_t code = set == SEKI_JISX0213 ? 0 : seki_charset_code(c);

	f->c = c;
	f->fold = 0;
	f->lost = 1;
	if (private(c))
		f->as = SEKI_CHARSET_PUA;
	else if (set == SEKI_JISX0213 ? seki_charset_jis_has(c)
				      : code != UINT32_MAX && jisx0208(code))
		return 0;
	else if (set != SEKI_JISX0213 && code != UINT32_MAX) {
		f->as = SEKI_CHARSET_EXT;
		f->lost = set == SEKI_JISX0208;
	} else
		f->as = (f->fold = fold(set, c)) != 0 ? SEKI_CHARSET_FOLD
						      : SEKI_CHARSET_NG;
	return 1;
}

int
seki_charset_open(enum seki_charset set, struct seki_err *err)
{
	return set == SEKI_JISX0213 ? seki_charset_jis(err)
				    : seki_charset_cp932(err);
}

int
seki_charset_next(enum seki_charset set, const char *s, size_t n, size_t *at,
    struct seki_charset_found *f)
{
	size_t i = *at, next;
	uint32_t c;

	for (;;) {
		i += seki_charset_ascii(s + i, n - i);
		if (i == n)
			break;
		f->at = i;
		c = seki_text_get(s, n, &i);
		next = i;
		if (set == SEKI_JISX0213 && i < n &&
		    seki_charset_jis_pair(c, seki_text_get(s, n, &next))) {
			i = next;
			continue;
		}
		if (judge(set, c, f)) {
			f->n = i - f->at;
			*at = i;
			return 1;
		}
	}
	*at = n;
	return 0;
}

const char *
seki_charset_word(enum seki_charset_class as)
{
	static const char *const words[] = { "EXT", "FOLD", "PUA", "NG" };

	return words[as];
}

void
seki_charset_token(
    const struct seki_charset_found *f, char token[SEKI_CHARSET_TOKEN])
{
	int n = snprintf(token, SEKI_CHARSET_TOKEN, "%s:U+%04X",
	    seki_charset_word(f->as), (unsigned)f->c);

	if (f->fold != 0)
		(void)snprintf(token + n, SEKI_CHARSET_TOKEN - (size_t)n,
		    ">U+%04X", (unsigned)f->fold);
}

/* Each character once: a bit for each that there is. */
#define BITS (0x110000 / 8)

int
seki_charset_report(enum seki_charset set, const char *s, size_t n,
    struct seki_buf *b, struct seki_err *err)
{
	const size_t start = b->n;
	struct seki_charset_found f;
	char token[SEKI_CHARSET_TOKEN];
	uint8_t *seen = NULL;
	size_t at = 0;
	int r = seki_charset_open(set, err);

	while (r == 0 && seki_charset_next(set, s, n, &at, &f)) {
		if (seen == NULL && (seen = calloc(1, BITS)) == NULL) {
			r = seki_err_nomem(err);
			break;
		}
		if ((seen[f.c / 8] & 1U << f.c % 8) != 0)
			continue;
		seen[f.c / 8] |= (uint8_t)(1U << f.c % 8);
		seki_charset_token(&f, token);
		r = seki_buf_fmt(
		    b, err, "%s%s", b->n > start ? " " : "", token);
	}
	free(seen);
	return r == -1 || b->n > start ? r : seki_buf_str(b, "OK", err);
}

void
seki_charset_name(uint32_t c, char name[SEKI_CHARSET_NAME])
{
	UErrorCode e = U_ZERO_ERROR;
	int32_t n = u_charName(
	    (UChar32)c, U_EXTENDED_CHAR_NAME, name, SEKI_CHARSET_NAME - 1, &e);

	if (U_FAILURE(e) && e != U_BUFFER_OVERFLOW_ERROR)
		n = 0;
	name[n < SEKI_CHARSET_NAME ? n : SEKI_CHARSET_NAME - 1] = '\0';
}
