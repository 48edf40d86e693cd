#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "name.h"

/* The name that a text becomes: clean, then safe. */
static char *
named(const char *text, uint32_t number, size_t units)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf clean = SEKI_BUF_INIT, out = SEKI_BUF_INIT;
	unsigned flags = 0;

	assert_int_equal(
	    seki_name_clean(&clean, text, strlen(text), &flags, &err), 0);
	assert_int_equal(
	    seki_name_safe(&out, &clean, number, units, &flags, &err), 0);
	seki_buf_free(&clean);
	return out.p;
}

static void
expect(const char *text, const char *want)
{
	char *got = named(text, 1, SEKI_NAME_UNITS);

	assert_string_equal(got, want);
	free(got);
}

static void
test_windows(void **state)
{
	(void)state;
	expect("a.txt", "a.txt");
	expect("\\/:*?\"<>|", "＼／：＊？＂＜＞｜");
	expect("../x", "．.／x");
	expect("..", "．．");
	expect(".", "．");
	expect("", "（空）");
	expect("C:\\x", "C：＼x");
	expect("a.", "a．");
	expect("a...", "a．．．");
	expect(".htaccess", "．htaccess");
	expect("~$a.xlsx", "～$a.xlsx");
	expect(" \xE3\x80\x80 a b \xC2\xA0\xE3\x80\x80", "a b");
	expect("a\nb\x01\x7F\xC2\x85z", "a␊b␁␡␦z");
	expect("\n", "（空）");
	/* The blank before a dot at the end goes with it or stays inside. */
	expect("a .", "a ．");
}

static void
test_reserved(void **state)
{
	(void)state;
	expect("con", "con_");
	expect("CON.txt", "CON_.txt");
	expect("con.tar.gz", "con_.tar.gz");
	expect("nul .txt", "nul _.txt");
	expect("COM1", "COM1_");
	expect("com¹.log", "com¹_.log");
	expect("LPT³", "LPT³_");
	expect("COM10", "COM10");
	expect("conin$", "conin$_");
	expect("console.txt", "console.txt");
	expect("con．txt", "con．txt");
	expect("desktop.ini", "desktop.ini_");
	expect("a.EXE", "a.EXE_");
	expect("明細.lnk", "明細.lnk_");
	expect("exe", "exe");
}

static void
test_unseen(void **state)
{
	(void)state;
	/* What turns the order: the ending is seen to be what it is. */
	expect("\u202Etxt.exe", "txt.exe_");
	expect("a\u200Bb\u2066c\uFEFF", "abc");
	expect("\u200B\u3000\u200B", "（空）");
	expect("a\u00ADb\u3164c", "abc");
	/* Selectors are the shape of a name. */
	expect("葛\U000E0100田", "葛\U000E0100田");
	expect("神\uFE00", "神\uFE00");
	expect("😀.png", "😀.png");
	expect("\uFFFE", "\uFFFD");
}

static void
test_length(void **state)
{
	char text[1024] = "", *got;
	size_t i;

	(void)state;
	for (i = 0; i < 300; i++)
		(void)strcat(text, "長");
	(void)strcat(text, ".pdf");
	got = named(text, 1, SEKI_NAME_UNITS);
	assert_true(strlen(got) <= 255 && strlen(got) >= 252);
	assert_string_equal(got + strlen(got) - 7, "….pdf");
	free(got);
	got = named(text, 12345, SEKI_NAME_UNITS);
	assert_true(strlen(got) <= 255 && strlen(got) >= 252);
	assert_string_equal(got + strlen(got) - 13, "…_12345.pdf");
	free(got);
	/* Units: a pair of surrogates is two, and never cut. */
	text[0] = '\0';
	for (i = 0; i < 60; i++)
		(void)strcat(text, "😀");
	got = named(text, 1, 80);
	assert_int_equal(seki_name_units(got, strlen(got)), 79);
	free(got);
	/* A base and its selector stay together, or go. */
	text[0] = '\0';
	for (i = 0; i < 60; i++)
		(void)strcat(text, "葛\U000E0100");
	for (i = 70; i < 80; i++) {
		got = named(text, 1, i);
		assert_string_equal(got + strlen(got) - 7, "\U000E0100…");
		assert_true(seki_name_units(got, strlen(got)) <= i);
		free(got);
	}
	for (i = 0; i < 200; i++)
		text[i] = 'x';
	text[200] = '\0';
	got = named(text, 1, SEKI_NAME_UNITS);
	assert_string_equal(got, text);
	free(got);
	(void)strcpy(text + 200, "x");
	got = named(text, 1, SEKI_NAME_UNITS);
	assert_int_equal(seki_name_units(got, strlen(got)), 200);
	free(got);
}

static void
test_ending(void **state)
{
	static const struct {
		const char *name;
		size_t at;
	} t[] = { { "a.PDF", 1 }, { "a", 1 }, { ".a", 2 }, { "a.", 2 },
		{ "a.b c", 5 }, { "a.tar.gz", 5 }, { "a.0123456789", 1 },
		{ "a.0123456789x", 13 }, { "a.日", 5 }, { "", 0 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(
		    seki_name_ending(t[i].name, strlen(t[i].name)), t[i].at);
}

static void
refuse(const char *template, const char *why)
{
	struct seki_err err = SEKI_ERR_INIT;

	assert_null(seki_name_new(template, &err));
	assert_int_equal(err.reason, SEKI_USAGE);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s: %s", template, err.text);
}

static void
test_template(void **state)
{
	char text[2048] = "";
	struct seki_err err = SEKI_ERR_INIT;
	int i;

	(void)state;
	refuse("", "empty");
	refuse("a{", "has no }");
	refuse("a{b{c}", "has no }");
	refuse("a}b", "has no {");
	refuse("{}", "nothing between");
	refuse("a/b/c", "more than one /");
	refuse("/a", "nothing before");
	refuse("a/", "nothing before");
	refuse("a:b", "no such character");
	refuse("a\\b", "no such character");
	refuse("a\nb", "no such character");
	refuse("a\u202Eb", "no such character");
	refuse("a\xFF", "UTF-8");
	for (i = 0; i < 64; i++)
		(void)strcat(text, "{n}");
	seki_name_free(seki_name_new(text, &err));
	assert_int_equal(err.reason, SEKI_OK);
	(void)strcat(text, "{n}");
	refuse(text, "64");
	memset(text, 'a', 1001);
	text[1001] = '\0';
	refuse(text, "1000");
	text[1000] = '\0';
	seki_name_free(seki_name_new(text, &err));
	assert_int_equal(err.reason, SEKI_OK);
}

/* A file of a record whose only field is 件名. */
static void
given(struct seki_twins *t, const char *template, const char *value,
    const char *name, const char *want)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_schema *s = seki_schema_new("a", "$id", &err);
	struct seki_value v[2] = {
		{ .p = value, .n = strlen(value), .set = value[0] != '\0' }
	};
	struct seki_record rec = { .v = v };
	struct seki_name_file file = {
		.rec = &rec, .nth = 1, .name = name, .nname = strlen(name)
	};
	struct seki_name_filled f = { .flags = 0 };
	struct seki_buf path = SEKI_BUF_INIT;
	struct seki_name *n = seki_name_new(template, &err);

	assert_non_null(s);
	assert_non_null(n);
	rec.key = v[0];
	assert_non_null(seki_schema_add(s, NULL, "件名", "用件",
	    SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER, &err));
	assert_int_equal(seki_name_bind(n, s, &err), 0);
	file.field = &s->field[0];
	assert_int_equal(seki_name_fill(n, &file, "用件", &f, &err), 0);
	assert_int_equal(seki_twins_give(t, &f, &path, &err), 0);
	assert_string_equal(path.p, want);
	seki_buf_free(&path);
	seki_name_filled_free(&f);
	seki_name_free(n);
	seki_schema_free(s);
}

static void
test_fill(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_twins *t = seki_twins_new(&err);

	(void)state;
	given(t, "{{{用件}}}_{件名}", "x", "a", "{x}_x");
	given(t, "{項目}_{n}_{行}_{key}", "k", "a", "用件_1_（空）_k");
	given(t, "{元の名前}{拡張子}", "", "見積.PDF", "見積.pdf");
	given(t, "{name}{ext}", "", "見積 2.PDF\u200B", "見積 2.pdf");
	given(t, "{用件}/{name}", "a/../b", "../x", "a／..／b/．.／x");
	given(t, "{用件}", "", "a", "（空）");
	given(t, "{ext}", "", "a", "（空）_2");
	given(t, "a {用件}", "\u3000", "a", "a （空）");
	seki_twins_free(t);
}

/* What {name} says of a record with these fields: y, y again, z called y. */
static void
test_fields(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_schema *s = seki_schema_new("a", "$id", &err);
	struct seki_twins *t = seki_twins_new(&err);
	struct seki_value v[4] = { { .p = "A", .n = 1, .set = 1 },
		{ .p = "B", .n = 1, .set = 1 }, { .p = "C", .n = 1, .set = 1 },
		{ .p = "p <1>\nq <2>", .n = 11, .set = 1 } };
	struct seki_record rec = { .v = v };
	struct seki_name_file file = { .rec = &rec, .name = "", .nname = 0 };
	struct seki_name_filled f = { .flags = 0 };
	struct seki_buf path = SEKI_BUF_INIT;
	struct seki_name *n =
	    seki_name_new("{同じ}{同じ（2）}{y}{c}{n}{人}", &err);

	(void)state;
	assert_non_null(seki_schema_add(s, NULL, "y", "同じ",
	    SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER, &err));
	assert_non_null(seki_schema_add(s, NULL, "c", "同じ",
	    SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER, &err));
	assert_non_null(seki_schema_add(
	    s, NULL, "n", "y", SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER, &err));
	assert_non_null(seki_schema_add(
	    s, NULL, "u", "人", SEKI_T_USER_SELECT, SEKI_C_NUMBER, &err));
	assert_int_equal(seki_name_bind(n, s, &err), 0);
	file.field = &s->field[0];
	file.nth = 7;
	assert_int_equal(seki_name_fill(n, &file, "x", &f, &err), 0);
	assert_int_equal(seki_twins_give(t, &f, &path, &err), 0);
	/* A label wins over a code, our words over both. */
	assert_string_equal(path.p, "ABCB7p、q");
	seki_name_free(n);
	assert_non_null(n = seki_name_new("{同じ（3）}", &err));
	assert_int_equal(seki_name_bind(n, s, &err), -1);
	assert_int_equal(err.reason, SEKI_USAGE);
	seki_buf_free(&path);
	seki_name_filled_free(&f);
	seki_name_free(n);
	seki_twins_free(t);
	seki_schema_free(s);
}

static void
test_twins(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_twins *t = seki_twins_new(&err);

	(void)state;
	assert_int_equal(seki_twins_reserve(t, "目録.xlsx", &err), 0);
	given(t, "{name}{ext}", "", "目録.xlsx", "目録_2.xlsx");
	given(t, "{name}{ext}", "", "a.txt", "a.txt");
	given(t, "{name}{ext}", "", "A.TXT", "A_2.txt");
	given(t, "{name}{ext}", "", "a_2.txt", "a_2_2.txt");
	given(t, "{name}{ext}", "", "a.txt", "a_3.txt");
	/* One character, written in two ways; a wide letter. */
	given(t, "{name}", "", "がく", "がく");
	given(t, "{name}", "", "か\u3099く", "か\u3099く_2");
	given(t, "{name}", "", "ｃafe\u0301", "ｃafe\u0301");
	given(t, "{name}", "", "caf\u00E9", "caf\u00E9_2");
	given(t, "{name}", "", "straße", "straße");
	given(t, "{name}", "", "STRASSE", "STRASSE_2");
	given(t, "{name}", "", "x\u0131", "x\u0131");
	given(t, "{name}", "", "xI", "xI_2");
	/* Two values, one spelling: two folders; the same value, the same. */
	given(t, "{用件}/a", "p/q", "", "p／q/a");
	given(t, "{用件}/a", "p／q", "", "p／q_2/a");
	given(t, "{用件}/a", "P/Q", "", "P／Q_3/a");
	given(t, "{用件}/a", "p／q", "", "p／q_2/a_2");
	given(t, "{用件}/a", "p/q", "", "p／q/a_2");
	given(t, "{用件}/a", "目録.XLSX", "", "目録_3.XLSX/a");
	seki_twins_free(t);
}

static void
test_many_twins(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_twins *t = seki_twins_new(&err);
	char want[32] = "同じ.pdf";
	int i;

	(void)state;
	for (i = 1; i <= 2000; i++) {
		if (i > 1)
			(void)snprintf(want, sizeof(want), "同じ_%d.pdf", i);
		given(t, "同じ{ext}", "", "a.pdf", want);
	}
	seki_twins_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_windows),
		cmocka_unit_test(test_reserved), cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_length), cmocka_unit_test(test_ending),
		cmocka_unit_test(test_template), cmocka_unit_test(test_fill),
		cmocka_unit_test(test_fields), cmocka_unit_test(test_twins),
		cmocka_unit_test(test_many_twins) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
