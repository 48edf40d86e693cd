#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unicode/uchar.h>

#include "characters.h"

/* Traps of converters (municipal rules 5.3): each is shown to be there in the
 * system's own, then not to be in ours. */

static const struct seki_norm_kind *
gate(const char *name)
{
	struct seki_err err = SEKI_ERR_INIT;
	const struct seki_norm_kind *k = seki_norm_find(name);

	assert_int_equal(seki_charset_open(seki_norm_set(k), &err), 0);
	return k;
}

/* What the system makes of one character: how many bytes, or -1. */
static int
system_writes(iconv_t cd, uint32_t c, char out[8])
{
	char in[8], *from = in, *to = out;
	size_t nin = seki_text_put(in, c), nout = 8;

	(void)iconv(cd, NULL, NULL, NULL, NULL);
	return iconv(cd, &from, &nin, &to, &nout) == (size_t)-1
		   ? -1
		   : (int)(8 - nout);
}

static int
passes(const struct seki_norm_kind *k, uint32_t c)
{
	char s[8];

	return seki_lost_none(k, s, seki_text_put(s, c));
}

static int
surrogate(uint32_t c)
{
	return c >= 0xD800 && c <= 0xDFFF;
}

/* 1. glibc's CP932 folds what decodes to another character. */
static void
test_glibc_folds(void **state)
{
	static const uint32_t folded[] = { 0x301C, 0x2212, 0x2016, 0x2014,
		0x00A2, 0x00A3, 0x00AC, 0x00A5, 0x203E };
	iconv_t cd = iconv_open("CP932", "UTF-8");
	struct seki_buf b = SEKI_BUF_INIT;
	char out[8];
	size_t i, bad, n;

	(void)state;
	assert_true(cd != (iconv_t)-1);
	for (i = 0; i < sizeof(folded) / sizeof(folded[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;

		assert_true(system_writes(cd, folded[i], out) > 0);
		assert_false(passes(gate("cp932"), folded[i]));
		n = seki_text_put(out, folded[i]);
		assert_int_equal(
		    seki_charset_encode_cp932(out, n, &b, &bad, &err), -1);
		assert_int_equal(b.n, 0);
	}
	/* Folded on purpose only, and into what reads as the same. */
	assert_true(passes(gate("cp932_fold"), 0x00A5));
	assert_true(passes(gate("cp932_fold"), 0x00A6));
	(void)iconv_close(cd);
	seki_buf_free(&b);
}

/* 2. glibc's IBM943 writes 7F for more than a hundred characters. */
static void
test_ibm943(void **state)
{
	iconv_t cd = iconv_open("IBM943", "UTF-8");
	char out[8];
	uint32_t c;
	int n = 0;

	(void)state;
	if (cd == (iconv_t)-1)
		skip();
	for (c = 0x80; c < 0x10000; c++) {
		if (surrogate(c) || system_writes(cd, c, out) != 1 ||
		    out[0] != 0x7F)
			continue;
		n++;
		if (passes(gate("cp932"), c) || passes(gate("jisx0208"), c))
			fail_msg("U+%04X", (unsigned)c);
	}
	assert_true(n > 100);
	(void)iconv_close(cd);
}

/* 3. With //TRANSLIT everything is written, as ? at the worst.  Ours gives the
 * very character back, or refuses; of all there are. */
static void
test_translit(void **state)
{
	iconv_t cd = iconv_open("CP932//TRANSLIT", "UTF-8");
	struct seki_buf b = SEKI_BUF_INIT, back = SEKI_BUF_INIT;
	char in[8], out[8];
	size_t n, bad;
	uint32_t c;

	(void)state;
	assert_int_equal(system_writes(cd, 0x20BB7, out), 1);
	assert_int_equal(out[0], '?');
	(void)iconv_close(cd);
	for (c = 1; c < 0x110000; c++) {
		struct seki_err err = SEKI_ERR_INIT;

		if (surrogate(c))
			continue;
		n = seki_text_put(in, c);
		seki_buf_reset(&b);
		seki_buf_reset(&back);
		if (seki_charset_encode_cp932(in, n, &b, &bad, &err) == -1) {
			assert_int_equal(b.n, 0);
			if (passes(gate("cp932"), c))
				fail_msg("U+%04X passes", (unsigned)c);
			continue;
		}
		assert_true(c == '?' || memchr(b.p, '?', b.n) == NULL);
		assert_int_equal(
		    seki_charset_decode_cp932(b.p, b.n, &back, &bad, &err), 0);
		if (back.n != n || memcmp(back.p, in, n) != 0)
			fail_msg("U+%04X comes back as another", (unsigned)c);
	}
	seki_buf_free(&b);
	seki_buf_free(&back);
}

/* 4. ICU drops what may be ignored when it is shown, without a word. */
static void
test_ignorable(void **state)
{
	static const char *const gates[] = { "cp932", "cp932_fold", "jisx0208",
		"jisx0213" };
	size_t i;
	uint32_t c;
	int n = 0;

	(void)state;
	for (c = 0x80; c < 0x110000; c++) {
		if (surrogate(c) || !u_hasBinaryProperty((UChar32)c,
					UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
			continue;
		n++;
		for (i = 0; i < 4; i++)
			/* The soft hyphen has a code in JIS X 0213. */
			if (passes(gate(gates[i]), c) && (c != 0xAD || i != 3))
				fail_msg("%s U+%04X", gates[i], (unsigned)c);
	}
	assert_true(n > 400);
}

/* 5. ICU swaps 1A, 1C and 7F; in Shift_JIS of others 5C and 7E are signs. */
static void
test_ascii(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	size_t bad;
	char c;

	(void)state;
	for (c = 1; c > 0 && c < 0x7F; c++) {
		seki_buf_reset(&b);
		assert_int_equal(
		    seki_charset_decode_cp932(&c, 1, &b, &bad, &err), 0);
		assert_int_equal(b.n, 1);
		assert_int_equal(b.p[0], c);
		assert_true(passes(gate("cp932"), (uint32_t)c));
		assert_true(passes(gate("jisx0208"), (uint32_t)c));
		assert_true(passes(gate("jisx0213"), (uint32_t)c));
	}
	seki_buf_free(&b);
}

/* 6. With fallbacks on, ICU writes cousins of printed forms: here they are
 * candidates, and never written unasked.  8. Of those, none is lost. */
static void
test_cousins(void **state)
{
	static const char forms[] =
	    "俠剝啞嚙囊塡屛屢搔摑攢栅梎潑瀆焰瘦禱簞繈繡繫腁荆萊蔣蟬蠟軀醬醱頰"
	    "頹顚驒鷗鹼麴麵";
	const struct seki_charset_tables none = { NULL, NULL };
	const struct seki_norm_kind *k = gate("cp932");
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_lost l;
	size_t at = 0, n = 0;

	(void)state;
	while (seki_lost_next(k, forms, sizeof(forms) - 1, &at, &l)) {
		seki_buf_reset(&b);
		n++;
		assert_int_equal(seki_candidates(&none, k, forms + l.at, l.n,
				     &l.why, &b, &err),
		    1);
		assert_int_equal(b.n, 3);
		assert_true(seki_lost_none(k, b.p, b.n));
	}
	assert_int_equal(n, 39);
	seki_buf_free(&b);
}

/* 7. Python reads these as characters. */
static void
test_bytes(void **state)
{
	static const char bytes[] = "\x80\xA0\xFD\xFE\xFF";
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i, bad;

	(void)state;
	for (i = 0; i < 5; i++) {
		struct seki_err err = SEKI_ERR_INIT;

		assert_int_equal(
		    seki_charset_decode_cp932(bytes + i, 1, &b, &bad, &err),
		    -1);
		assert_int_equal(bad, 0);
	}
	seki_buf_free(&b);
}

/* 髙 is in no JIS; in JIS X 0213 it is thought to be 高. */
static void
test_taka(void **state)
{
	(void)state;
	assert_true(passes(gate("cp932"), 0x9AD9));
	assert_false(passes(gate("jisx0208"), 0x9AD9));
	assert_false(passes(gate("jisx0213"), 0x9AD9));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glibc_folds),
		cmocka_unit_test(test_ibm943),
		cmocka_unit_test(test_translit),
		cmocka_unit_test(test_ignorable),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_cousins),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_taka),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
