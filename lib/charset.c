#include <pthread.h>
#include <string.h>

#include <unicode/ucnv.h>

#include "charset_int.h"

/*
 * CP932, as ICU's windows-31j has it without fallbacks.  Its table is read
 * once, code by code, into ours: converting through ICU itself would drop
 * default-ignorable characters and swap 1A, 1C and 7F (municipal rules 5.3).
 */
#define TRAILS 189 /* 40 to FC, with the gap at 7F */

static struct {
	uint16_t point[60][TRAILS]; /* by code; 0: none */
	uint16_t code[65536];	    /* by character, two bytes; 0: none */
	int ok;
} cp932;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int
row_of(unsigned char lead)
{
	if (lead >= 0x81 && lead <= 0x9F)
		return lead - 0x81;
	if (lead >= 0xE0 && lead <= 0xFC)
		return lead - 0xE0 + 31;
	return -1;
}

/* Which of two codes is written: IBM's, but NEC's of row 13. */
static uint16_t
written(UConverter *icu, UChar c)
{
	UErrorCode e = U_ZERO_ERROR;
	char code[8];

	if (ucnv_fromUChars(icu, code, sizeof(code), &c, 1, &e) != 2 ||
	    U_FAILURE(e))
		return 0;
	return (uint16_t)((unsigned char)code[0] << 8 | (unsigned char)code[1]);
}

static void
learn(UConverter *icu, unsigned char lead)
{
	const int row = row_of(lead);
	char code[2] = { (char)lead, 0 };
	UErrorCode e;
	UChar c[4];
	int trail;

	for (trail = 0x40; trail <= 0xFC; trail++) {
		code[1] = (char)trail;
		e = U_ZERO_ERROR;
		if (ucnv_toUChars(icu, c, 4, code, 2, &e) != 1 || U_FAILURE(e))
			continue;
		cp932.point[row][trail - 0x40] = c[0];
		if (cp932.code[c[0]] == 0)
			cp932.code[c[0]] = written(icu, c[0]);
	}
}

static void
make(void)
{
	UErrorCode e = U_ZERO_ERROR;
	UConverter *icu = ucnv_open("windows-31j", &e);
	unsigned lead;

	if (U_FAILURE(e))
		return;
	ucnv_setToUCallBack(icu, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &e);
	ucnv_setFromUCallBack(
	    icu, UCNV_FROM_U_CALLBACK_STOP, NULL, NULL, NULL, &e);
	ucnv_setFallback(icu, 0);
	for (lead = 0x81; U_SUCCESS(e) && lead <= 0xFC; lead++)
		if (row_of((unsigned char)lead) != -1)
			learn(icu, (unsigned char)lead);
	ucnv_close(icu);
	/* Another table than the one known would lose names. */
	cp932.ok = cp932.point[0][0] == 0x3000 && cp932.code[0x9AD9] == 0xFBFC;
}

int
seki_charset_cp932(struct seki_err *err)
{
	(void)pthread_once(&once, make);
	return cp932.ok ? 0
			: seki_fail(err, SEKI_BUG,
			      "ICU has no converter windows-31j");
}

uint32_t
seki_charset_code(uint32_t c)
{
	if (c < 0x80)
		return c;
	if (c >= 0xFF61 && c <= 0xFF9F)
		return c - 0xFF61 + 0xA1;
	if (c > 0xFFFF || cp932.code[c] == 0)
		return UINT32_MAX;
	return cp932.code[c];
}

/* The character at s, *len bytes long; UINT32_MAX: none. */
static uint32_t
point(const unsigned char *s, size_t n, size_t *len)
{
	int row;
	uint16_t c;

	*len = 1;
	if (s[0] >= 0xA1 && s[0] <= 0xDF)
		return s[0] - 0xA1U + 0xFF61U;
	row = row_of(s[0]);
	if (row == -1 || n < 2 || s[1] < 0x40 || s[1] > 0xFC)
		return UINT32_MAX;
	*len = 2;
	c = cp932.point[row][s[1] - 0x40];
	return c == 0 ? UINT32_MAX : c;
}

size_t
seki_charset_ascii(const char *s, size_t n)
{
	size_t i = 0;
	uint64_t w;

	for (; n - i >= 8; i += 8) {
		memcpy(&w, s + i, 8);
		if ((w & 0x8080808080808080) != 0)
			break;
	}
	while (i < n && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}

int
seki_charset_decode_cp932(const char *s, size_t n, struct seki_buf *out,
    size_t *bad, struct seki_err *err)
{
	const size_t start = out->n;
	size_t i = 0, len;
	uint32_t c;

	*bad = SIZE_MAX;
	/* Two bytes become three at most, one of kana three. */
	if (seki_charset_cp932(err) == -1 || seki_buf_room(out, n, err) == -1)
		return -1;
	while (i < n) {
		len = seki_charset_ascii(s + i, n - i);
		if (seki_buf_add(out, s + i, len, err) == -1)
			goto fail;
		if ((i += len) == n)
			break;
		c = point((const unsigned char *)s + i, n - i, &len);
		if (c == UINT32_MAX) {
			*bad = i;
			(void)seki_fail(err, SEKI_TEXT,
			    _("byte %zu is not CP932 (Shift_JIS)"), i + 1);
			goto fail;
		}
		if (seki_buf_room(out, 4, err) == -1)
			goto fail;
		out->n += seki_text_put(out->p + out->n, c);
		i += len;
	}
	if (out->p != NULL)
		out->p[out->n] = '\0';
	return 0;

fail:
	out->n = start;
	return -1;
}

int
seki_charset_encode_cp932(const char *s, size_t n, struct seki_buf *out,
    size_t *bad, struct seki_err *err)
{
	const size_t start = out->n;
	size_t i = 0, at;
	uint32_t c, code;

	*bad = SIZE_MAX;
	/* No character is longer in CP932 than in UTF-8. */
	if (seki_charset_cp932(err) == -1 || seki_buf_room(out, n, err) == -1)
		return -1;
	while (i < n) {
		at = seki_charset_ascii(s + i, n - i);
		memcpy(out->p + out->n, s + i, at);
		out->n += at;
		if ((i += at) == n)
			break;
		at = i;
		c = seki_text_get(s, n, &i);
		if ((code = seki_charset_code(c)) == UINT32_MAX) {
			*bad = at;
			out->n = start;
			return seki_fail(err, SEKI_TEXT,
			    _("CP932 (Shift_JIS) has no character U+%04X"),
			    (unsigned)c);
		}
		if (code > 0xFF)
			out->p[out->n++] = (char)(code >> 8);
		out->p[out->n++] = (char)(code & 0xFF);
	}
	if (out->p != NULL)
		out->p[out->n] = '\0';
	return 0;
}
