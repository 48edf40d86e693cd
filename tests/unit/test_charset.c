#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "charset.h"

/* Municipal rules 5.3: what other decoders make something else of. */
static const struct {
	const char *cp932, *utf8;
} both[] = {
	{ "\x81\x60", "\uFF5E" },
	{ "\x81\x7C", "\uFF0D" },
	{ "\x81\x61", "\u2225" },
	{ "\x81\x5C", "\u2015" },
	{ "\x81\x5F", "\uFF3C" },
	{ "\x81\x91", "\uFFE0" },
	{ "\x81\x92", "\uFFE1" },
	{ "\x81\xCA", "\uFFE2" },
	{ "\x81\xE6", "\u2235" },
	{ "\x87\x8A\x87\x82\x87\x40", "㈱№①" },
	{ "\xFB\xFC\x8B\xB4", "髙橋" },
	{ "\xFA\xB1", "\uFA11" },
	{ "\xF0\x40\xF9\xFC", "\uE000\uE757" },
	{ "\\~ \x7F\x1A\x1C\t\r\n", "\\~ \x7F\x1A\x1C\t\r\n" },
	{ "\xB1\xB6\xDE\xA1\xDF", "ｱｶﾞ｡ﾟ" },
	{ "", "" },
	{ "12345678901234567\x82\xA0"
	  "12345678",
	    "12345678901234567あ12345678" },
};

static void
test_both(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	size_t i, bad;

	(void)state;
	for (i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		seki_buf_reset(&b);
		assert_int_equal(seki_buf_str(&b, ">", &err), 0);
		assert_int_equal(seki_charset_decode_cp932(both[i].cp932,
				     strlen(both[i].cp932), &b, &bad, &err),
		    0);
		if (strcmp(b.p + 1, both[i].utf8) != 0)
			fail_msg("row %zu: decoded '%s'", i, b.p);
		seki_buf_reset(&b);
		assert_int_equal(seki_buf_str(&b, ">", &err), 0);
		assert_int_equal(seki_charset_encode_cp932(both[i].utf8,
				     strlen(both[i].utf8), &b, &bad, &err),
		    0);
		if (strcmp(b.p + 1, both[i].cp932) != 0)
			fail_msg("row %zu: encoded otherwise", i);
	}
	seki_buf_reset(&b);
	assert_int_equal(
	    seki_charset_decode_cp932("a\0b", 3, &b, &bad, &err), 0);
	assert_int_equal(b.n, 3);
	seki_buf_free(&b);
}

/* One way: the second codes of a character. */
static void
test_second(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	size_t bad;

	(void)state;
	assert_int_equal(
	    seki_charset_decode_cp932(
		"\xEE\xE0\xED\x40\xFA\x58\x87\x90\xEE\xF9", 10, &b, &bad, &err),
	    0);
	assert_string_equal(b.p, "髙纊㈱≒\uFFE2");
	seki_buf_free(&b);
}

static const struct {
	const char *s;
	size_t bad;
} not_cp932[] = { { "\x80", 0 }, { "\xA0", 0 }, { "ab\xFD", 2 }, { "\xFF", 0 },
	{ "\x82", 0 }, { "\x82\xA0\x82", 2 }, { "\x82\x20", 0 },
	{ "\x81\x7F", 0 }, { "\x81\xAD", 0 }, { "\xEF\xBB\xBF", 0 },
	{ "\x85\x40", 0 }, { "12345678\xFC\x4C", 8 } };
static const struct {
	const char *s;
	size_t bad;
	const char *says;
} not_in[] = { { "𠮷野", 0, "U+20BB7" }, { "葛\U000E0100", 3, "U+E0100" },
	{ "\u301C", 0, "U+301C" }, { "12345678-\u2212", 9, "U+2212" },
	{ "\u00A5", 0, "U+00A5" }, { "\u203E", 0, "U+203E" },
	{ "a\u200Bb", 1, "U+200B" }, { "\uFEFF", 0, "U+FEFF" },
	{ "\u00AD", 0, "U+00AD" }, { "か\u3099", 3, "U+3099" },
	{ "剝", 0, "U+525D" }, { "\u32FF", 0, "U+32FF" },
	{ "\uE758", 0, "U+E758" }, { "\uF86F", 0, "U+F86F" },
	{ "\xC2\x80", 0, "U+0080" }, { "\u00E9", 0, "U+00E9" },
	{ "\U000F0000", 0, "U+F0000" } };

static void
test_refused(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i, bad;

	(void)state;
	for (i = 0; i < sizeof(not_cp932) / sizeof(not_cp932[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;

		if (seki_charset_decode_cp932(not_cp932[i].s,
			strlen(not_cp932[i].s), &b, &bad, &err) != -1 ||
		    err.reason != SEKI_TEXT || bad != not_cp932[i].bad ||
		    b.n != 0)
			fail_msg("decoding row %zu: at %zu", i, bad);
	}
	for (i = 0; i < sizeof(not_in) / sizeof(not_in[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;

		if (seki_charset_encode_cp932(not_in[i].s, strlen(not_in[i].s),
			&b, &bad, &err) != -1 ||
		    err.reason != SEKI_TEXT || bad != not_in[i].bad ||
		    b.n != 0 || strstr(err.text, not_in[i].says) == NULL)
			fail_msg("encoding row %zu: at %zu", i, bad);
	}
	seki_buf_free(&b);
}

/* Every code, beside glibc's decoder; every character, beside the counts that
 * were published (municipal rules 5.1, 5.2). */
static void
test_all(void **state)
{
	iconv_t cd = iconv_open("UTF-8", "CP932");
	struct seki_buf b = SEKI_BUF_INIT, e = SEKI_BUF_INIT;
	size_t codes = 0, same = 0, characters = 0, bad, nin, nout;
	unsigned a, z;
	uint32_t c;
	char in[2], theirs[8], *from, *to;
	int r;

	(void)state;
	assert_true(cd != (iconv_t)-1);
	for (a = 0x81; a <= 0xFC; a++)
		for (z = 0; z <= 0xFF; z++) {
			struct seki_err err = SEKI_ERR_INIT;

			if (a >= 0xA0 && a < 0xE0)
				continue;
			in[0] = (char)a;
			in[1] = (char)z;
			seki_buf_reset(&b);
			r = seki_charset_decode_cp932(in, 2, &b, &bad, &err);
			from = in;
			to = theirs;
			nin = 2;
			nout = sizeof(theirs);
			(void)iconv(cd, NULL, NULL, NULL, NULL);
			if (iconv(cd, &from, &nin, &to, &nout) == (size_t)-1) {
				assert_int_equal(r, -1);
				continue;
			}
			assert_int_equal(r, 0);
			assert_int_equal(b.n, sizeof(theirs) - nout);
			assert_memory_equal(b.p, theirs, b.n);
			codes++;
			seki_buf_reset(&e);
			assert_int_equal(
			    seki_charset_encode_cp932(b.p, b.n, &e, &bad, &err),
			    0);
			same += memcmp(e.p, in, 2) == 0;
		}
	for (c = 0x80; c < 0x110000; c++)
		characters += seki_charset_code(c) != UINT32_MAX;
	assert_int_equal(codes, 9795 - 191);
	assert_int_equal(codes - same, 398);
	/* All but U+F86F, which ICU writes and nothing reads. */
	assert_int_equal(characters, 63 + 6879 + 75 + 373 + 1880 - 1);
	(void)iconv_close(cd);
	seki_buf_free(&b);
	seki_buf_free(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_second),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
