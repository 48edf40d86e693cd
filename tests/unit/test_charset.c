#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "charset.h"
#include "fold.h"

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

static const struct {
	enum seki_charset set;
	const char *s, *want;
	int lost;
} looks[] = {
	{ SEKI_CP932, "", "OK", 0 },
	{ SEKI_CP932, "a\t\n\x1A\x7F ｱ漢", "OK", 0 },
	{ SEKI_CP932, "髙①髙", "EXT:U+9AD9 EXT:U+2460", 0 },
	{ SEKI_CP932, "𠮷𠮷a\uE000𠮷", "NG:U+20BB7 PUA:U+E000", 4 },
	{ SEKI_CP932, "\uE758\U000F0000", "PUA:U+E758 PUA:U+F0000", 2 },
	{ SEKI_CP932, "\u00A6", "FOLD:U+00A6>U+FFE4", 1 },
	{ SEKI_CP932, "é\u2010\u2011", "NG:U+00E9 NG:U+2011", 2 },
	{ SEKI_JISX0208, "山田ｱ～－a", "OK", 0 },
	{ SEKI_JISX0208, "髙①㈱", "EXT:U+9AD9 EXT:U+2460 EXT:U+3231", 4 - 1 },
	{ SEKI_JISX0208, "\uFA11\uFFE4", "EXT:U+FA11 EXT:U+FFE4", 2 },
	{ SEKI_JISX0208, "\u00A6", "NG:U+00A6", 1 },
	{ SEKI_JISX0208, "〜", "FOLD:U+301C>U+FF5E", 1 },
	{ SEKI_JISX0213, "山田ｱ〜～①㈱\u2212俱剝\U00020B9F", "OK", 0 },
	{ SEKI_JISX0213, "髙", "NG:U+9AD9", 1 },
	{ SEKI_JISX0213, "\uFA11\u9ED1", "OK", 0 },
	{ SEKI_JISX0213, "𠮷", "NG:U+20BB7", 1 },
	{ SEKI_JISX0213, "か\u309A", "OK", 0 },
	{ SEKI_JISX0213, "か\u309Aか\u3099", "NG:U+3099", 1 },
	{ SEKI_JISX0213, "\u309A", "NG:U+309A", 1 },
	{ SEKI_JISX0213, "\u2015\uFFE1",
	    "FOLD:U+2015>U+2014 FOLD:U+FFE1>U+00A3", 2 },
	{ SEKI_JISX0213, "葛\U000E0100\uE000", "NG:U+E0100 PUA:U+E000", 2 },
	{ SEKI_JISX0213, "\U0001F600\U0002FFFF\U00030000",
	    "NG:U+1F600 NG:U+2FFFF NG:U+30000", 3 },
};

static void
test_look(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_charset_found f;
	size_t i, at;
	int lost;

	(void)state;
	for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		const char *s = looks[i].s;

		seki_buf_reset(&b);
		assert_int_equal(
		    seki_charset_report(looks[i].set, s, strlen(s), &b, &err),
		    0);
		for (lost = 0, at = 0;
		     seki_charset_next(looks[i].set, s, strlen(s), &at, &f);)
			lost += f.lost;
		if (strcmp(b.p, looks[i].want) != 0 || lost != looks[i].lost)
			fail_msg("row %zu: '%s', %d lost", i, b.p, lost);
	}
	at = 0;
	assert_int_equal(
	    seki_charset_next(SEKI_CP932, "ab𠮷c♡", 10, &at, &f), 1);
	assert_int_equal(f.at, 2);
	assert_int_equal(f.n, 4);
	assert_int_equal(at, 6);
	seki_buf_free(&b);
}

static void
test_name(void **state)
{
	static const struct {
		uint32_t c;
		const char *name;
	} rows[] = { { 0x304B, "HIRAGANA LETTER KA" },
		{ 0x200B, "ZERO WIDTH SPACE" },
		{ 0x20BB7, "CJK UNIFIED IDEOGRAPH-20BB7" },
		{ 0xE0100, "VARIATION SELECTOR-17" },
		{ 0xE000, "<private use area-E000>" } };
	char name[SEKI_CHARSET_NAME];
	size_t i;
	uint32_t c;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seki_charset_name(rows[i].c, name);
		assert_string_equal(name, rows[i].name);
	}
	for (c = 0; c < 0x110000; c++) {
		seki_charset_name(c, name);
		if (name[0] == '\0' || strlen(name) > SEKI_CHARSET_NAME - 2)
			fail_msg("U+%04X: '%s'", (unsigned)c, name);
		for (i = 0; name[i] != '\0'; i++)
			assert_true(name[i] >= ' ' && name[i] < 0x7F &&
				    name[i] != '"' && name[i] != '\\');
	}
}

/* JIS X 0208 as glibc has it, but for the seven characters that it spells as
 * the standard does and CP932 otherwise. */
static void
test_jisx0208(void **state)
{
	iconv_t cd = iconv_open("UTF-8", "EUC-JP");
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_charset_found f;
	size_t nin, nout, at, codes = 0, folded = 0;
	char in[2], c[8], *from, *to;
	int a, z;

	(void)state;
	assert_true(cd != (iconv_t)-1);
	assert_int_equal(seki_charset_open(SEKI_JISX0208, &err), 0);
	for (a = 0xA1; a <= 0xFE; a++)
		for (z = 0xA1; z <= 0xFE; z++) {
			in[0] = (char)a;
			in[1] = (char)z;
			from = in;
			to = c;
			nin = 2;
			nout = sizeof(c);
			(void)iconv(cd, NULL, NULL, NULL, NULL);
			if (iconv(cd, &from, &nin, &to, &nout) == (size_t)-1)
				continue;
			codes++;
			at = 0;
			if (!seki_charset_next(
				SEKI_JISX0208, c, sizeof(c) - nout, &at, &f))
				continue;
			assert_int_equal(f.as, SEKI_CHARSET_FOLD);
			folded++;
		}
	assert_int_equal(codes, 6879);
	assert_int_equal(folded, 6);
	(void)iconv_close(cd);
}

/* A table from text: the error's text, or NULL. */
static const char *
bad_fold(const char *text, struct seki_err *err)
{
	struct seki_in *in = seki_in_mem(text, strlen(text), "f.csv", err);
	struct seki_fold *f;

	assert_non_null(in);
	if ((f = seki_fold_read(in, err)) == NULL)
		return err->text;
	seki_fold_free(f);
	return NULL;
}

static const char *
bad_gaiji(const char *text, struct seki_err *err)
{
	struct seki_in *in = seki_in_mem(text, strlen(text), "g.csv", err);
	struct seki_gaiji *g;

	assert_non_null(in);
	if ((g = seki_gaiji_read(in, err)) == NULL)
		return err->text;
	seki_gaiji_free(g);
	return NULL;
}

static const struct {
	const char *(*read)(const char *, struct seki_err *);
	const char *text, *says;
} tables[] = {
	{ bad_fold, "from,to\n", NULL },
	{ bad_fold, "理由,候補,元\r\nx,高,髙\r\n,,\r\n", NULL },
	{ bad_fold, "", "no column 元 (from)" },
	{ bad_fold, "from\n", "no column 候補 (to)" },
	{ bad_fold, "from,to,why\n", "row 1, cell 3: unknown column \"why\"" },
	{ bad_fold, "from,to,reasons\n", "did you mean \"reason\"" },
	{ bad_fold, "from,to,from\n", "row 1, column from: the column stands" },
	{ bad_fold, "from,to\n髙,高\nU+9AD9,U+9AD8\n",
	    "row 3, column to: another row says the same" },
	{ bad_fold, "from,to\n髙\n", "row 2: 1 cells where the first row" },
	{ bad_fold, "from,to\n髙橋,高\n", "row 2, column from: one character" },
	{ bad_fold, "from,to\n髙,\n", "row 2, column to: one character" },
	{ bad_fold, "from,to\nU+110000,a\n", "row 2, column from: one" },
	{ bad_fold, "from,to\nU+D800,a\n", "row 2, column from: one" },
	{ bad_fold, "from,to\nU+-1,a\n", "row 2, column from: one" },
	{ bad_fold, "from,to\n髙,髙\n", "row 2, column to: a character can" },
	/* CP932 is read, what is neither is not. */
	{ bad_fold, "from,to\n\x8D\x82,a\n", NULL },
	{ bad_fold, "from,to\n\xFF\x82,a\n", "line 2" },
	{ bad_fold, "from\tto\n髙\t高\n", NULL },
	{ bad_gaiji, "code,text,mj,name,note\nU+E000,吉,,つちよし,\n", NULL },
	{ bad_gaiji, "外字,MJ文字図形名\nU+F0000,MJ000001\n\uE001,MJ000002\n",
	    NULL },
	{ bad_gaiji, "text\n吉\n", "no column 外字 (code)" },
	{ bad_gaiji, "code,text\nU+E000,吉\nU+E001,高\nU+E000,崎\n",
	    "row 4, column code: another row has the same character" },
	{ bad_gaiji, "code,text\n髙,高\n",
	    "row 2, column code: not a private" },
	{ bad_gaiji, "code,text\nU+E000,\n", "row 2, column text: neither" },
	{ bad_gaiji, "code,mj\nU+E000,MJ1\n", "column mj: an MJ" },
	{ bad_gaiji, "code,txet\n", "did you mean \"text\"" },
};

static void
test_tables(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		const char *says = tables[i].read(tables[i].text, &err);

		if (tables[i].says == NULL
			? says != NULL
			: says == NULL || err.reason != SEKI_RULES ||
			      strstr(says, tables[i].says) == NULL)
			fail_msg(
			    "row %zu: %s", i, says == NULL ? "read" : says);
	}
}

static const char own[] = "code,text,mj,name,note\n"
			  "U+E001,,MJ000001,,\nU+E000,土吉,MJ000002,つち,x\n";

static void
test_found(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_fold *f = seki_fold_open("tests/data/fold.csv", &err);
	struct seki_gaiji *g = seki_gaiji_read(
	    seki_in_mem(own, sizeof(own) - 1, "own.csv", &err), &err);
	const struct seki_fold_to *to;
	const struct seki_gaiji_char *c;

	(void)state;
	assert_non_null(f);
	assert_non_null(g);
	assert_int_equal(seki_fold_find(f, 0x9089, &to), 2);
	assert_int_equal(to[0].to, 0x8FBA);
	assert_string_equal(seki_fold_reason(f, to), "made for tests");
	assert_int_equal(seki_fold_find(f, 0x4E00, &to), 0);
	assert_non_null(c = seki_gaiji_find(g, 0xE000));
	assert_string_equal(c->name, "つち");
	assert_string_equal(c->note, "x");
	assert_null(seki_gaiji_find(g, 0xE002));
	seki_fold_free(f);
	seki_gaiji_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_second),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_jisx0208),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
