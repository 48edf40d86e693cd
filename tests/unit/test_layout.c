#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layout.h"
#include "spoilt.h"

static const struct {
	const char *text;
	enum seki_spoilt plain, strict;
} spellings[] = {
	{ "1.23E+11", SEKI_SPOILT_EXPONENT, SEKI_SPOILT_EXPONENT },
	{ "1.23457E+11", SEKI_SPOILT_EXPONENT, SEKI_SPOILT_EXPONENT },
	{ "1E+12", SEKI_SPOILT_EXPONENT, SEKI_SPOILT_EXPONENT },
	{ "-1.2E-05", SEKI_SPOILT_EXPONENT, SEKI_SPOILT_EXPONENT },
	{ "9.9E+307", SEKI_SPOILT_EXPONENT, SEKI_SPOILT_EXPONENT },
	{ "1E12", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "1.23e+11", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "12.3E+11", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "1.E+11", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "1.2E+1", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "1.2E+1234", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "A1.23E+11", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "1.23E+11 ", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "#N/A", SEKI_SPOILT_ERROR, SEKI_SPOILT_ERROR },
	{ "#REF!", SEKI_SPOILT_ERROR, SEKI_SPOILT_ERROR },
	{ "#N/A!", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "#12", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "########", SEKI_SPOILT_NARROW, SEKI_SPOILT_NARROW },
	{ "################################", SEKI_SPOILT_NARROW,
	    SEKI_SPOILT_NARROW },
	{ "##", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "###1", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "5月3日", SEKI_SPOILT_NOT, SEKI_SPOILT_DAY },
	{ "12月31日", SEKI_SPOILT_NOT, SEKI_SPOILT_DAY },
	{ "5月3日頃", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "令和8年5月3日", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "3-May", SEKI_SPOILT_NOT, SEKI_SPOILT_DAY },
	{ "May-03", SEKI_SPOILT_NOT, SEKI_SPOILT_DAY },
	{ "May-2003", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "3-may", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "5/3", SEKI_SPOILT_NOT, SEKI_SPOILT_DAY },
	{ "2026/5/3", SEKI_SPOILT_NOT, SEKI_SPOILT_DAY },
	{ "2026/5", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "1/2/3", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "100-0001", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "5-3", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
	{ "E", SEKI_SPOILT_NOT, SEKI_SPOILT_NOT },
};

static void
test_spoilt(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const char *s = spellings[i].text;

		if (seki_spoilt_text(s, strlen(s), 0) != spellings[i].plain ||
		    seki_spoilt_text(s, strlen(s), 1) != spellings[i].strict)
			fail_msg("row %zu: '%s'", i, s);
		assert_non_null(seki_spoilt_sentence(spellings[i].strict));
	}
}

static const struct {
	const char *text;
	int ok;
	struct seki_range r;
} ranges[] = {
	{ "C5", 1, { 4, 2, 4, 2 } },
	{ "$C$5", 1, { 4, 2, 4, 2 } },
	{ "a3:f200", 1, { 2, 0, 199, 5 } },
	{ "A3:F", 1, { 2, 0, SEKI_RANGE_END, 5 } },
	{ "A:F", 1, { 0, 0, SEKI_RANGE_END, 5 } },
	{ "XFD1048576", 1, { 1048575, 16383, 1048575, 16383 } },
	{ "XFE1", 0, { 0 } },
	{ "A1048577", 0, { 0 } },
	{ "A", 0, { 0 } },
	{ "A0", 0, { 0 } },
	{ "5", 0, { 0 } },
	{ "", 0, { 0 } },
	{ "A1:", 0, { 0 } },
	{ "B1:A1", 0, { 0 } },
	{ "A2:A1", 0, { 0 } },
	{ "A:F3", 0, { 0 } },
	{ "A1:B2:C3", 0, { 0 } },
	{ "A99999999999999", 0, { 0 } },
	{ "AAAAAAAAAAAAA1", 0, { 0 } },
};

static void
test_range(void **state)
{
	struct seki_range r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		int ok = seki_range_parse(ranges[i].text, &r) == 0;

		if (ok != ranges[i].ok ||
		    (ok && memcmp(&r, &ranges[i].r, sizeof(r)) != 0))
			fail_msg("row %zu: '%s'", i, ranges[i].text);
	}
	assert_true(seki_range_has(&ranges[4].r, 4000000, 5));
	assert_false(seki_range_has(&ranges[4].r, 0, 6));
	assert_true(seki_range_meet(&ranges[0].r, &ranges[2].r));
	assert_false(seki_range_meet(&ranges[0].r, &ranges[5].r));
}

static struct seki_layout *
layout(const char *text)
{
	struct seki_err err = SEKI_ERR_INIT;

	return seki_layout_read(
	    seki_in_mem(text, strlen(text), "dir/a.b.csv", &err), &err);
}

static void
test_parse(void **state)
{
	struct seki_layout *l = layout("項目,見出し,型,桁数,鍵,値\n"
				       "a, A | Ａ２ ,code,５－７,○,\n"
				       "b,B,,3,,\n"
				       ",C,,,,\n"
				       "d,,,,,x\n"
				       "@見出し行,,,,,３\n@範囲,,,,,A2:C\n");

	(void)state;
	assert_non_null(l);
	assert_string_equal(l->name, "a.b");
	assert_int_equal(l->n, 4);
	assert_int_equal(l->col[0].least, 5);
	assert_int_equal(l->col[0].most, 7);
	assert_int_equal(l->col[0].key, 1);
	assert_int_equal(l->col[0].required, 1);
	assert_int_equal(l->col[1].least, 0);
	assert_int_equal(l->col[1].most, 3);
	assert_string_equal(l->col[2].code, "");
	assert_string_equal(l->col[3].value, "x");
	assert_int_equal(l->header_row, 3);
	assert_int_equal(l->range.r1, 1);
	seki_layout_free(l);
	seki_layout_free(NULL);
}

/* Headers behind |, and what is said of them: "" when they fit. */
static void
words(const struct seki_layout *l, const char *heads, const char *want)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_layout_head h = { .word = calloc(32, sizeof(char *)) };
	struct seki_buf b = SEKI_BUF_INIT;
	char *copy = strdup(heads), *next = copy, *w;
	size_t map[32], differ;
	int r;

	while ((w = strsep(&next, "|")) != NULL)
		h.word[h.n++] = seki_layout_clean(w, strlen(w), &err);
	r = seki_layout_match(l, &h, map, &differ, &b, &err);
	assert_int_equal(r, want[0] == '\0');
	assert_int_equal(differ == 0, r);
	assert_string_equal(b.p == NULL ? "" : b.p, want);
	seki_layout_head_free(&h);
	seki_buf_free(&b);
	free(copy);
}

static void
test_match(void **state)
{
	struct seki_layout *l = layout("見出し,項目\n寄附番号|申込 番号,a\n"
				       "電話,b\n電話,c\nｶﾅ,d\n,e\n");

	(void)state;
	words(l, "寄附番号|電話|電話|カナ", "");
	words(l, "カナ||電話|　申込　番号 |電話|", "");
	words(l, "寄附番|電話|電話|カナ",
	    "not in the file: \"寄附番号|申込 番号\"; not in the layout: "
	    "\"寄附番\"; perhaps renamed: \"寄附番号\" → \"寄附番\"");
	words(l, "寄附番号|電話|カナ|カナ",
	    "not in the file: \"電話\"; more than once: \"カナ\"");
	words(l, "寄附番号|電話|電話|電話|カナ", "more than once: \"電話\"");
	words(l, "寄附番号|電話|電話|カナ3",
	    "not in the file: \"カナ\"; not in the layout: \"カナ3\"; "
	    "perhaps renamed: \"カナ\" → \"カナ3\"");
	seki_layout_free(l);
}

static void
test_code(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_layout *l = layout("見出し,項目\nx,a\ny,a_2\n");
	struct seki_buf b = SEKI_BUF_INIT;
	char many[400];

	(void)state;
	assert_int_equal(seki_layout_code(l, "a b(c)", &b, &err), 0);
	assert_string_equal(b.p, "a_b_c_");
	seki_buf_reset(&b);
	assert_int_equal(seki_layout_code(l, "a", &b, &err), 1);
	assert_string_equal(b.p, "a_3");
	seki_buf_reset(&b);
	assert_int_equal(seki_layout_code(l, "_sdc_x", &b, &err), 0);
	assert_string_equal(b.p, "x_sdc_x");
	seki_buf_reset(&b);
	assert_int_equal(seki_layout_code(l, "取込行", &b, &err), 1);
	memset(many, 'k', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	seki_buf_reset(&b);
	assert_int_equal(seki_layout_code(l, many, &b, &err), 0);
	assert_int_equal(b.n, 120);
	seki_buf_free(&b);
	seki_layout_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
