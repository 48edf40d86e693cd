#include "norm_int.h"

/* Readings: as registers hold them, and as banks do (municipal rules 6.5). */

static int
katakana(uint32_t c)
{
	return c >= 0x30A1 && c <= 0x30FA;
}

static uint32_t
from_hiragana(uint32_t c)
{
	if ((c >= 0x3041 && c <= 0x3096) || c == 0x309D || c == 0x309E)
		return c + 0x60;
	return c;
}

/* A hyphen behind kana is a long mark in the wrong key. */
int
seki_norm_reading(const char *s, size_t n, struct seki_points *p,
    struct seki_buf *scratch, struct seki_err *err)
{
	uint32_t before = 0;
	size_t i;
	int code = seki_norm_cleaned(
	    s, n, SEKI_CLEAN_WS1 | SEKI_CLEAN_ASCII, p, scratch, err);

	for (i = 0; code == 0 && i < p->n; i++) {
		p->c[i] = from_hiragana(p->c[i]);
		if ((katakana(before) || before == 0x30FC) &&
		    seki_norm_hyphen(p->c[i]))
			p->c[i] = 0x30FC;
		before = p->c[i];
	}
	return code;
}

static int
letter(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

static int
in_reading(uint32_t c)
{
	/* ・ ー ヽ ヾ */
	return katakana(c) || (c >= 0x30FB && c <= 0x30FE) || letter(c) ||
	       (c < 0x80 && c != 0 && strchr(" .,-()'&", (int)c) != NULL);
}

int
seki_norm_name_kana(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	size_t i;
	int code = seki_norm_reading(s, n, &p, out, err);

	if (code != 0)
		return code;
	for (i = 0; i < p.n; i++)
		if (!in_reading(p.c[i]))
			return SEKI_B_CHARSET;
	return seki_norm_put(out, p.c, p.n, err);
}

/* U+30A1 to U+30FA in half width: the byte of JIS X 0201 of the large kana,
 * wi, we and wo as i, e and o, and above it the voicing mark, 1 or 2. */
static const uint16_t half[] = { 0xB1, 0xB1, 0xB2, 0xB2, 0xB3, 0xB3, 0xB4, 0xB4,
	0xB5, 0xB5, 0xB6, 0x1B6, 0xB7, 0x1B7, 0xB8, 0x1B8, 0xB9, 0x1B9, 0xBA,
	0x1BA, 0xBB, 0x1BB, 0xBC, 0x1BC, 0xBD, 0x1BD, 0xBE, 0x1BE, 0xBF, 0x1BF,
	0xC0, 0x1C0, 0xC1, 0x1C1, 0xC2, 0xC2, 0x1C2, 0xC3, 0x1C3, 0xC4, 0x1C4,
	0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0x1CA, 0x2CA, 0xCB, 0x1CB, 0x2CB,
	0xCC, 0x1CC, 0x2CC, 0xCD, 0x1CD, 0x2CD, 0xCE, 0x1CE, 0x2CE, 0xCF, 0xD0,
	0xD1, 0xD2, 0xD3, 0xD4, 0xD4, 0xD5, 0xD5, 0xD6, 0xD6, 0xD7, 0xD8, 0xD9,
	0xDA, 0xDB, 0xDC, 0xDC, 0xB2, 0xB4, 0xB5, 0xDD, 0x1B3, 0xB6, 0xB9,
	0x1DC, 0x1B2, 0x1B4, 0x1B5 };

uint32_t
seki_norm_large(uint32_t c)
{
	if (!katakana(c) || half[c - 0x30A1] > 0xFF)
		return c;
	return seki_norm_kana(half[c - 0x30A1] - 0xA1U + 0xFF61U);
}

/* One character of a reading as one or two of the bank's; 0: it has none. */
static size_t
bank(uint32_t c, uint32_t to[2])
{
	uint16_t h;

	if (katakana(c)) {
		h = half[c - 0x30A1];
		to[0] = 0xFF61U + (h & 0xFFU) - 0xA1U;
		to[1] = 0xFF9DU + (h >> 8);
		return h > 0xFF ? 2 : 1;
	}
	if (c >= 'a' && c <= 'z')
		c -= 32;
	to[0] = seki_norm_hyphen(c)	     ? '-'
		: c == 0x30FB || c == 0x3002 ? '.'
		: c == 0x3001		     ? ','
		: c == 0x300C		     ? 0xFF62
		: c == 0x300D		     ? 0xFF63
		: c == 0xFFE5 || c == 0xA5   ? '\\'
		: c == 0x309B		     ? 0xFF9E
		: c == 0x309C		     ? 0xFF9F
					     : c;
	c = to[0];
	return letter(c) || c == 0xFF62 || c == 0xFF63 || c == 0xFF9E ||
	       c == 0xFF9F ||
	       (c < 0x80 && c != 0 && strchr(" ()-./,\\", (int)c) != NULL);
}

/* What a payee's name may have at most (municipal rules 4.1, field 9). */
#define PAYEE 30

int
seki_norm_bank(
    const uint32_t *c, size_t n, struct seki_buf *out, struct seki_err *err)
{
	uint32_t to[PAYEE + 2];
	size_t i, k = 0, len;
	int full = 0;

	for (i = 0; i < n; i++) {
		if ((len = bank(c[i], &to[k])) == 0)
			return SEKI_B_CHARSET;
		full = full || k + len > PAYEE;
		k = full ? 0 : k + len;
	}
	return full ? SEKI_B_TOO_LONG : seki_norm_put(out, to, k, err);
}

int
seki_norm_kana_zengin(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	int code = seki_norm_reading(s, n, &p, out, err);

	return code != 0 ? code : seki_norm_bank(p.c, p.n, out, err);
}
