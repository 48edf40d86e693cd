#include <errno.h>
#include <iconv.h>
#include <pthread.h>
#include <string.h>

#include "charset_int.h"

/*
 * JIS X 0213:2004, read once from glibc's EUC-JISX0213: all codes of both
 * planes.  25 of them are a letter and a combining mark.
 */
#define POINTS 0x30000 /* planes 0 to 2; it uses nothing above */
#define PAIRS 32

static struct {
	uint8_t has[POINTS / 8];
	uint32_t pair[PAIRS][2];
	size_t pairs, codes;
	int ok;
} jis;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
learn(iconv_t cd, char *code, size_t n)
{
	unsigned char utf32[16];
	char *to = (char *)utf32;
	size_t left = sizeof(utf32);
	uint32_t c[2];
	size_t i;

	(void)iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &code, &n, &to, &left) != 0)
		return;
	for (i = 0; i < 2; i++)
		c[i] = (uint32_t)utf32[4 * i] |
		       (uint32_t)utf32[4 * i + 1] << 8 |
		       (uint32_t)utf32[4 * i + 2] << 16;
	if (left == sizeof(utf32) - 4 && c[0] < POINTS)
		jis.has[c[0] / 8] |= (uint8_t)(1U << c[0] % 8);
	else if (left == sizeof(utf32) - 8 && jis.pairs < PAIRS)
		memcpy(jis.pair[jis.pairs++], c, sizeof(c));
	else
		return;
	jis.codes++;
}

static void
make(void)
{
	iconv_t cd = iconv_open("UTF-32LE", "EUC-JISX0213");
	char code[3];
	int row, cell;

	if (cd == (iconv_t)-1)
		return;
	for (row = 0xA1; row <= 0xFE; row++)
		for (cell = 0xA1; cell <= 0xFE; cell++) {
			code[0] = (char)0x8F;
			code[1] = (char)row;
			code[2] = (char)cell;
			learn(cd, code + 1, 2);
			learn(cd, code, 3);
		}
	(void)iconv_close(cd);
	/* As many as the standard has; fewer would hold good names. */
	jis.ok = jis.codes == 11233;
}

int
seki_charset_jis(struct seki_err *err)
{
	(void)pthread_once(&once, make);
	if (jis.ok)
		return 0;
	seki_err_hint(err, "%s",
	    _("install the converters of the C library (gconv modules)"));
	return seki_fail(
	    err, SEKI_BUG, "%s", _("this system has no table of JIS X 0213"));
}

int
seki_charset_jis_has(uint32_t c)
{
	return c < 0x80 || (c >= 0xFF61 && c <= 0xFF9F) ||
	       (c < POINTS && (jis.has[c / 8] & 1U << c % 8) != 0);
}

int
seki_charset_jis_pair(uint32_t c, uint32_t mark)
{
	size_t i;

	for (i = 0; i < jis.pairs; i++)
		if (jis.pair[i][0] == c && jis.pair[i][1] == mark)
			return 1;
	return 0;
}
