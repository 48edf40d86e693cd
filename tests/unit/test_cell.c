#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "xlsx.h"

static struct seki_err err;
static struct seki_buf buf, two;

static struct seki_value
value(const char *s)
{
	return (struct seki_value){ .p = s, .n = strlen(s), .set = *s != '\0' };
}

/* Value and what stands in the cell (workbook-facts 4). */
static const struct {
	const char *value, *cell;
} texts[] = {
	{ "東京都", "東京都" },
	{ "a\nb", "a\nb" },
	{ "a\n", "a␛{A}" },
	{ "\n", "␛{A}" },
	{ "  x", "␛{20} x" },
	{ "x  ", "x ␛{20}" },
	{ " ", "␛{20}" },
	{ "　", "␛{3000}" },
	{ "　　", "␛{3000}␛{3000}" },
	{ "a　b", "a　b" },
	{ "a\tb", "a␛{9}b" },
	{ "a\rb", "a␛{D}b" },
	{ "\x01\x1F\x7F", "␛{1}␛{1F}␛{7F}" },
	{ "\xC2\x80\xC2\x9F", "␛{80}␛{9F}" },
	{ "\xC2\xA0x\xC2\xA0", "␛{A0}x␛{A0}" },
	{ "a\xC2\xA0"
	  "b",
	    "a\xC2\xA0"
	    "b" },
	{ "\xE1\x9A\x80x\xE2\x80\x8D", "␛{1680}x␛{200D}" },
	{ "\xE2\x80\xA8x\xE2\x80\xA9", "␛{2028}x␛{2029}" },
	{ "\xE2\x80\xAFx\xE2\x81\x9F", "␛{202F}x␛{205F}" },
	{ "\xEF\xBB\xBFx", "␛{FEFF}x" },
	{ "\xEF\xBF\xBE\xEF\xBF\xBF", "␛{FFFE}␛{FFFF}" },
	{ "\xEF\xBF\xBD", "\xEF\xBF\xBD" },
	{ "a_x000D_b", "a␛{5F}x000D_b" },
	{ "_X00e9_", "␛{5F}X00e9_" },
	{ "_x000D_x000D_", "␛{5F}x000D␛{5F}x000D_" },
	{ "_x000G_ _x000D", "_x000G_ _x000D" },
	{ "␛", "␛{241B}" },
	{ "␛{LONG}", "␛{241B}{LONG}" },
	{ "␛{41}", "␛{241B}{41}" },
	{ "=1+1", "=1+1" },
	{ "0012", "0012" },
	{ "+81", "+81" },
	{ "TRUE", "TRUE" },
	{ "#N/A", "#N/A" },
	{ "𠮷葛󠄀🏫ｶﾞ", "𠮷葛󠄀🏫ｶﾞ" },
	{ "<&>\"'", "<&>\"'" },
	{ "", "" },
};

static void
test_escape(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		seki_buf_reset(&buf);
		seki_buf_reset(&two);
		assert_int_equal(seki_cell_escape(&buf, texts[i].value,
				     strlen(texts[i].value), &err),
		    0);
		if (strcmp(buf.p, texts[i].cell) != 0)
			fail_msg("row %zu: '%s'", i, buf.p);
		if (seki_cell_unescape(&two, buf.p, buf.n, &err) != 0 ||
		    strcmp(two.p, texts[i].value) != 0)
			fail_msg("row %zu back: '%s'", i, two.p);
	}
}

/* Every character by itself, at both ends and inside. */
static void
test_every_character(void **state)
{
	char s[32];
	uint32_t c;
	size_t n;

	(void)state;
	for (c = 1; c <= 0x10FFFF; c += c < 0x11000 ? 1 : 251) {
		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		n = seki_text_put(s, c);
		s[n++] = 'x';
		n += seki_text_put(s + n, c);
		s[n++] = 'x';
		n += seki_text_put(s + n, c);
		seki_buf_reset(&buf);
		seki_buf_reset(&two);
		if (seki_cell_escape(&buf, s, n, &err) != 0 ||
		    seki_cell_unescape(&two, buf.p, buf.n, &err) != 0 ||
		    two.n != n || memcmp(two.p, s, n) != 0)
			fail_msg("U+%04X", c);
		for (n = 0; n < buf.n; n++)
			if (((unsigned char)buf.p[n] < 0x20 &&
				buf.p[n] != '\n') ||
			    buf.p[n] == 0x7F)
				fail_msg("U+%04X stands as it is", c);
	}
}

static void
test_unescape_refuses(void **state)
{
	static const char *const bad[] = { "␛", "a␛b", "␛{", "␛{}", "␛{41",
		"␛{041}", "␛{g}", "␛{a}", "␛{D800}", "␛{110000}", "␛{0}",
		"␛{LONG}", "␛{12345678}" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		seki_buf_reset(&buf);
		if (seki_cell_unescape(&buf, bad[i], strlen(bad[i]), &err) != 1)
			fail_msg("row %zu: '%s'", i, bad[i]);
	}
	seki_buf_reset(&buf);
	assert_int_equal(seki_cell_escape(&buf, "a\xFF", 2, &err), -1);
	assert_int_equal(err.reason, SEKI_TEXT);
	seki_err_clear(&err);
	assert_int_equal(seki_cell_escape(&buf, "\xED\xA0\x80", 3, &err), -1);
	seki_err_clear(&err);
}

/* Whether a decimal is a numeric cell, and which. */
static const struct {
	const char *s;
	int is;
	int decimals;
} numbers[] = {
	{ "0", 1, -1 },
	{ "0.1", 1, -1 },
	{ "-0.3", 1, -1 },
	{ "1234567.25", 1, -1 },
	{ "48000", 1, -1 },
	{ "12345678901", 1, -1 },
	{ "123456789012", 1, 0 },
	{ "999999999999999", 1, 0 },
	{ "1000000000000000", 0, 0 },
	{ "100000000000000", 1, 0 },
	{ "1234567890123456", 0, 0 },
	{ "0.000000000000001", 1, 15 },
	{ "0.0000000000000001", 0, 0 },
	{ "0.00001", 1, 5 },
	{ "0.0001", 1, -1 },
	{ "12345678.9012345", 1, 7 },
	{ "12345678.90123456", 0, 0 },
	{ "-123456789012345", 1, 0 },
	{ "123456789012345678901234567890", 0, 0 },
};

static void
test_number(void **state)
{
	struct seki_cell c = { .kind = SEKI_CELL_NUMBER };
	struct seki_value v;
	char out[64];
	int decimals;
	size_t i;
	double d;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		decimals = 0;
		if (seki_cell_number(numbers[i].s, strlen(numbers[i].s),
			&decimals) != numbers[i].is ||
		    decimals != numbers[i].decimals)
			fail_msg("%s: %d", numbers[i].s, decimals);
		if (!numbers[i].is)
			continue;
		/* As other programs write it. */
		d = strtod(numbers[i].s, NULL);
		snprintf(out, sizeof(out), "%.16G", d);
		c.p = out;
		c.n = strlen(out);
		assert_int_equal(
		    seki_cell_read(SEKI_S_NUMBER, &c, 0, &buf, &v, &err), 0);
		assert_string_equal(v.p, numbers[i].s);
		snprintf(out, sizeof(out), "%.17g", d);
		c.n = strlen(out);
		assert_int_equal(
		    seki_cell_read(SEKI_S_NUMBER, &c, 0, &buf, &v, &err), 0);
		assert_string_equal(v.p, numbers[i].s);
	}
}

/* What a numeric cell holds, its other reading; NULL: it has none. */
static const struct {
	const char *cell, *exact;
} exacts[] = {
	{ "42", NULL },
	{ "0.1", NULL },
	{ "0.10000000000000001", NULL },
	{ "1.1000000000000001", NULL },
	{ "123456789012345", NULL },
	{ "1234567890123456", "1234567890123456" },
	{ "-1234567890123456", "-1234567890123456" },
	{ "1.234567890123456E+15", "1234567890123456" },
	{ "0.1234567890123456", "0.1234567890123456" },
	{ "0.12345678901234559", "0.1234567890123456" },
	{ "0.30000000000000004", "0.30000000000000004" },
	{ "9007199254740993", "9007199254740992" },
	{ "12345678901234567890", "12345678901234567000" },
	{ "1e400", NULL },
	{ "123456789012345000000", NULL },
	{ "0.000001234567890123456", "0.000001234567890123456" },
	{ "NaN", NULL },
	{ "x", NULL },
};

static void
test_exact(void **state)
{
	struct seki_cell c = { .kind = SEKI_CELL_NUMBER };
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(exacts) / sizeof(exacts[0]); i++) {
		c.p = exacts[i].cell;
		c.n = strlen(c.p);
		r = seki_cell_exact(&c, &buf, &err);
		if (r != (exacts[i].exact == NULL) ||
		    (r == 0 && strcmp(buf.p, exacts[i].exact) != 0))
			fail_msg("%s: %d %s", c.p, r, r == 0 ? buf.p : "");
	}
	/* Long enough to be refused before a double sees it. */
	seki_buf_reset(&buf);
	for (i = 0; i < 500; i++)
		assert_int_equal(seki_buf_byte(&buf, '9', &err), 0);
	c.p = buf.p;
	c.n = 500;
	assert_int_equal(seki_cell_exact(&c, &two, &err), 1);
	c.n = 400;
	assert_int_equal(seki_cell_exact(&c, &two, &err), 1);
}

/* A cell, the shape it is read as, the value; NULL: not of that shape. */
static const struct {
	enum seki_shape shape;
	enum seki_cell_kind kind;
	const char *cell, *value;
} reads[] = {
#define T SEKI_CELL_TEXT
#define N SEKI_CELL_NUMBER
#define B SEKI_CELL_BOOL
#define D SEKI_CELL_DATE
	{ SEKI_S_TEXT, T, "a␛{9}b", "a\tb" },
	{ SEKI_S_TEXT, T, "␛{9", NULL },
	{ SEKI_S_TEXT, N, "12", "12" },
	{ SEKI_S_TEXT, N, "1E5", "100000" },
	{ SEKI_S_TEXT, N, "42.0", "42" },
	{ SEKI_S_TEXT, N, "0.10000000000000001", "0.1" },
	{ SEKI_S_TEXT, N, "NaN", "NaN" },
	{ SEKI_S_TEXT, B, "TRUE", "TRUE" },
	{ SEKI_S_TEXT, D, "2026-04-01T00:00:00", "2026-04-01T00:00:00" },
	{ SEKI_S_NUMBER, T, "1234567890123456", "1234567890123456" },
	{ SEKI_S_NUMBER, T, "007", "7" },
	{ SEKI_S_NUMBER, N, "0.0000001", "0.0000001" },
	{ SEKI_S_NUMBER, N, "1E-7", "0.0000001" },
	{ SEKI_S_NUMBER, N, "-0", "0" },
	{ SEKI_S_NUMBER, N, "0.29999999999999999", "0.3" },
	{ SEKI_S_NUMBER, N, "0.99999999999999999", "1" },
	{ SEKI_S_NUMBER, N, "-9.9999999999999999", "-10" },
	{ SEKI_S_NUMBER, N, "12345678901234567", "12345678901234600" },
	{ SEKI_S_NUMBER, N, "99999999999999999", "100000000000000000" },
	{ SEKI_S_NUMBER, N, "1234.5678901234567", "1234.56789012346" },
	{ SEKI_S_NUMBER, T, "一", NULL },
	{ SEKI_S_NUMBER, B, "TRUE", NULL },
	{ SEKI_S_DATE, T, "2019-05-01", "2019-05-01" },
	{ SEKI_S_DATE, T, "2019-02-29", NULL },
	{ SEKI_S_DATE, T, "R1.5.1", NULL },
	{ SEKI_S_DATE, N, "43586", "2019-05-01" },
	{ SEKI_S_DATE, N, "61", "1900-03-01" },
	{ SEKI_S_DATE, N, "60", NULL },
	{ SEKI_S_DATE, N, "43586.5", NULL },
	{ SEKI_S_DATE, N, "-1", NULL },
	{ SEKI_S_DATE, D, "2019-05-01", "2019-05-01" },
	{ SEKI_S_DATE, D, "2019-05-01T00:00:00", "2019-05-01" },
	{ SEKI_S_DATE, D, "2019-05-01T09:00:00", NULL },
	{ SEKI_S_TIME, T, "09:15", "09:15" },
	{ SEKI_S_TIME, T, "09:15:30", "09:15:30" },
	{ SEKI_S_TIME, T, "24:00", NULL },
	{ SEKI_S_TIME, N, "0.385416666666667", "09:15" },
	{ SEKI_S_TIME, N, "0.38542824074", "09:15:01" },
	{ SEKI_S_TIME, N, "0", "00:00" },
	{ SEKI_S_TIME, N, "1.5", NULL },
	{ SEKI_S_TIME, N, "0.9999999", NULL },
	{ SEKI_S_TIME, D, "09:15:00", "09:15" },
	{ SEKI_S_TIME, D, "1899-12-30T09:15:00", "09:15" },
	{ SEKI_S_DATETIME, T, "2026-04-01 00:30", "2026-03-31T15:30:00Z" },
	{ SEKI_S_DATETIME, T, "2026-04-01 00:30:15", "2026-03-31T15:30:15Z" },
	{ SEKI_S_DATETIME, T, "2026-04-01T00:30:00+09:00",
	    "2026-03-31T15:30:00Z" },
	{ SEKI_S_DATETIME, T, "2026-03-31T15:30:00Z", "2026-03-31T15:30:00Z" },
	{ SEKI_S_DATETIME, T, "2026-04-01 00:30Z", "2026-04-01T00:30:00Z" },
	{ SEKI_S_DATETIME, T, "2026-04-01 24:30", NULL },
	{ SEKI_S_DATETIME, T, "2026-04-01", NULL },
	{ SEKI_S_DATETIME, T, "2026-04-01 00:30 JST", NULL },
	{ SEKI_S_DATETIME, T, "2026-04-01 00:30:00 Asia/Tokyo", NULL },
	{ SEKI_S_DATETIME, N, "46113.0208333333", "2026-03-31T15:30:00Z" },
	{ SEKI_S_DATETIME, N, "46113.02100694444", "2026-03-31T15:30:15Z" },
	{ SEKI_S_DATETIME, D, "2026-04-01T00:30:00", "2026-03-31T15:30:00Z" },
	{ SEKI_S_DATETIME, D, "2026-04-01T00:30:00.000",
	    "2026-03-31T15:30:00Z" },
	{ SEKI_S_DURATION, T, "49:30", "49:30" },
	{ SEKI_S_DURATION, T, "-1:05", "-1:05" },
	{ SEKI_S_DURATION, T, "49:75", NULL },
	{ SEKI_S_DURATION, N, "2.0625", "49:30" },
	{ SEKI_S_CHOICES, T, "甲\n乙␛{241B}{A}丙", "甲\n乙␛{A}丙" },
	{ SEKI_S_CHOICES, T, "甲\n\n乙", NULL },
	{ SEKI_S_USERS, T, "加藤 誠 <kato_m>", "加藤 誠 <kato_m>" },
	{ SEKI_S_USERS, T, "加藤 誠", NULL },
	{ SEKI_S_FILES, T, "a.pdf <12 ->", "a.pdf <12 ->" },
	{ SEKI_S_FILES, T, "a.pdf", NULL },
#undef T
#undef N
#undef B
#undef D
};

static void
test_read(void **state)
{
	struct seki_cell c = { .col = 0 };
	struct seki_value v;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		c.kind = reads[i].kind;
		c.p = reads[i].cell;
		c.n = strlen(c.p);
		r = seki_cell_read(reads[i].shape, &c, 0, &buf, &v, &err);
		if (reads[i].value == NULL) {
			if (r != 1)
				fail_msg(
				    "'%s' is taken: %.*s", c.p, (int)v.n, v.p);
			continue;
		}
		if (r != 0 || v.n != strlen(reads[i].value) ||
		    memcmp(v.p, reads[i].value, v.n) != 0)
			fail_msg("'%s' as %d: %d '%.*s'", c.p,
			    (int)reads[i].shape, r, (int)v.n, v.p);
	}
	/* Days of the 1904 system; no cell, and one without text. */
	c.kind = SEKI_CELL_NUMBER;
	c.p = "42124";
	c.n = 5;
	assert_int_equal(seki_cell_read(SEKI_S_DATE, &c, 1, &buf, &v, &err), 0);
	assert_string_equal(v.p, "2019-05-01");
	assert_int_equal(
	    seki_cell_read(SEKI_S_DATE, NULL, 0, &buf, &v, &err), 0);
	assert_false(v.set);
	c.n = 0;
	assert_int_equal(seki_cell_read(SEKI_S_DATE, &c, 0, &buf, &v, &err), 0);
	assert_false(v.set);
}

/* Instants and the Japan time people read. */
static void
test_show(void **state)
{
	static const struct {
		const char *value, *cell;
	} row[] = {
		{ "2026-03-31T15:30:00Z", "2026-04-01 00:30" },
		{ "2026-03-31T15:30:15Z", "2026-04-01 00:30:15" },
		{ "2025-12-31T15:00:00Z", "2026-01-01 00:00" },
		{ "1970-01-01T00:00:59Z", "1970-01-01 09:00:59" },
		{ "9999-12-31T14:59:00Z", "9999-12-31 23:59" },
		{ "9999-12-31T15:00:00Z", "9999-12-31T15:00:00Z" },
		{ "0001-01-01T00:00:00Z", "0001-01-01 09:00" },
	};
	struct seki_cell c = { .kind = SEKI_CELL_TEXT };
	struct seki_value v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		v = value(row[i].value);
		seki_buf_reset(&two);
		assert_int_equal(
		    seki_cell_show(SEKI_S_DATETIME, &v, &two, &err), 0);
		assert_string_equal(two.p, row[i].cell);
		c.p = two.p;
		c.n = two.n;
		if (seki_cell_read(SEKI_S_DATETIME, &c, 0, &buf, &v, &err) !=
			0 ||
		    strcmp(v.p, row[i].value) != 0)
			fail_msg("row %zu back: %s", i, v.p);
	}
	v = value("tomorrow");
	assert_int_equal(seki_cell_show(SEKI_S_DATETIME, &v, &two, &err), -1);
	seki_err_clear(&err);
}

static void
test_cut(void **state)
{
	static const char *const unit[] = { "x", "𠮷", "\t", "　", "_x000D_",
		"␛" };
	size_t i, n, len, at;
	char *s;

	(void)state;
	for (i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
		n = 0;
		s = malloc(400000);
		while (n + 8 < 200000) {
			strcpy(s + n, unit[i]);
			n += strlen(unit[i]);
		}
		for (at = 0; at < n; at += len) {
			len = seki_cell_cut(s + at, n - at);
			assert_true(len > 0 && at + len <= n);
			assert_true(
			    at + len == n ||
			    ((unsigned char)s[at + len] & 0xC0) != 0x80);
			seki_buf_reset(&buf);
			assert_int_equal(
			    seki_cell_escape(&buf, s + at, len, &err), 0);
			if (seki_cell_units(buf.p, buf.n) > SEKI_CELL_MAX)
				fail_msg("'%s': %zu units", unit[i],
				    seki_cell_units(buf.p, buf.n));
		}
		free(s);
	}
	assert_int_equal(seki_cell_units("a東𠮷", 8), 4);
}

static void
test_name(void **state)
{
	static const struct {
		uint32_t row, col;
		const char *name;
	} row[] = { { 0, 0, "A1" }, { 6, 1, "B7" }, { 0, 25, "Z1" },
		{ 9, 26, "AA10" }, { 1048575, 16383, "XFD1048576" } };
	char out[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		seki_cell_name(row[i].row, row[i].col, out);
		assert_string_equal(out, row[i].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_unescape_refuses),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_name),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	seki_buf_free(&buf);
	seki_buf_free(&two);
	return r;
}
