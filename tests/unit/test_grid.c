#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <xlsxwriter.h>

#include "grid.h"
#include "workbook.h"
#include "xlsx.h"

/* All rows of a table as one text: cells behind |, each with the letter of its
 * kind. */
static void
dump(struct seki_grid *g, struct seki_buf *b)
{
	static const char letter[] = "TNDHSUBE";
	const struct seki_grid_cell *c;
	struct seki_err err = SEKI_ERR_INIT;
	size_t i, n;
	int r;

	while ((r = seki_grid_next(g, &c, &n, &err)) == 1) {
		(void)seki_buf_fmt(
		    b, &err, "%llu", (unsigned long long)seki_grid_row(g));
		for (i = 0; i < n; i++)
			(void)seki_buf_fmt(b, &err, "|%c%s%s",
			    letter[c[i].kind], c[i].formula ? "=" : "", c[i].p);
		(void)seki_buf_byte(b, '\n', &err);
	}
	if (r == -1)
		(void)seki_buf_fmt(b, &err, "!%s", err.text);
}

static void
is(const char *bytes, size_t n, const struct seki_grid_how *how,
    const char *want)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_grid *g =
	    seki_grid_read(seki_in_mem(bytes, n, "t.csv", &err), how, &err);

	if (g == NULL)
		(void)seki_buf_fmt(&b, &err, "!%s", err.text);
	else
		dump(g, &b);
	(void)seki_buf_byte(&b, '\0', &err);
	assert_string_equal(b.p, want);
	seki_buf_free(&b);
	seki_grid_free(g);
}
#define IS(bytes, want) is(bytes, sizeof(bytes) - 1, NULL, want)

static void
test_text(void **state)
{
	static const struct seki_grid_how utf8 = { .encoding = SEKI_ENC_UTF8 };
	static const struct seki_grid_how semi = { .separator = ';' };

	(void)state;
	IS("a,b\r\n1,\"x\"\"y\n,z\"\r\n", "1|Ta|Tb\n2|T1|Tx\"y\n,z\n");
	IS("\xEF\xBB\xBF\xE7\xA5\x9E,b\n", "1|T神|Tb\n");
	/* 髙 and 〜 of CP932, the second byte of ソ a backslash */
	IS("\xFB\xFC,\x83\x5C,\x81\x60,\xB6\xDE\r\n", "1|T髙|Tソ|T～|Tｶﾞ\n");
	IS("\xFF\xFE\x00\x4E\x09\x00\x62\x00\x42\xD8\xB7\xDF\r\x00\n\x00",
	    "1|T一|Tb𠮷\n");
	IS("\xFE\xFF\x4E\x00\x00\x09\x00\x62", "1|T一|Tb\n");
	IS("a\tb,c\nd\te\n", "1|Ta|Tb,c\n2|Td|Te\n");
	IS("\"a\tx\",b\nc,d\n", "1|Ta\tx|Tb\n2|Tc|Td\n");
	is("a;b,c\n", 6, &semi, "1|Ta|Tb,c\n");
	IS("", "");
	IS("a,b\n\xE7\xA5\x9E,\xFF\n",
	    "!line 2: a byte (0x9E) that is neither UTF-8 nor CP932 "
	    "(Shift_JIS)");
	IS("a\n\x81", "!line 2: a byte (0x81) that is neither UTF-8 nor CP932 "
		      "(Shift_JIS)");
	IS("\xFF\xFE\x00\xDC", "!line 1: a byte (0x00) that is not UTF-16");
	IS("\xFF\xFE\x00", "!line 1: a byte (0x00) that is not UTF-16");
	is("\x83\x5C\n", 3, &utf8,
	    "!row 1: not UTF-8; it looks like Shift_JIS (CP932)");
	IS("\xD0\xCF\x11\xE0\xA1\xB1",
	    "!a workbook in the old format (.xls), or one with a password");
}

/* A character cut by every border of a read, as far as a chunk. */
static void
test_borders(void **state)
{
	size_t pad, n = 3 * SEKI_CHUNK;
	char *s = malloc(n), want[16];
	struct seki_err err = SEKI_ERR_INIT;
	const struct seki_grid_cell *c;
	struct seki_grid *g;

	(void)state;
	for (pad = 0; pad < 4; pad++) {
		memset(s, 'x', pad);
		for (size_t i = pad; i + 1 < n; i += 2)
			memcpy(s + i, i % 6000 < 2 ? "\r\n" : "\x83\x5C", 2);
		g = seki_grid_read(
		    seki_in_mem(s, n - (n - pad) % 2, "t", &err), NULL, &err);
		assert_non_null(g);
		assert_int_equal(seki_grid_encoding(g), SEKI_ENC_CP932);
		while (seki_grid_next(g, &c, &n, &err) == 1)
			assert_null(strchr(c[0].p, '?'));
		assert_int_equal(err.reason, SEKI_OK);
		seki_grid_free(g);
		n = 3 * SEKI_CHUNK;
	}
	(void)want;
	free(s);
}

static const char *const words[] = { "採用", "却下", NULL };
static const struct seki_workbook_col cols[] = { { "氏名", 20, NULL },
	{ "判定", 0, words }, { "額", 0, NULL } };

static void
test_book(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_workbook *w = seki_workbook_create(NULL, &err);
	char path[] = "/tmp/seki-grid-XXXXXX";
	struct seki_grid *g;
	struct seki_out *out;
	int fd = mkstemp(path);

	(void)state;
	assert_non_null(w);
	assert_int_equal(seki_workbook_sheet(w, "結果[1]", cols, 3, &err), 0);
	assert_int_equal(
	    seki_workbook_str(w, SEKI_LOOK_WRONG, "𠮷野_x000D_\n b ", &err), 0);
	assert_int_equal(seki_workbook_none(w, SEKI_LOOK_FILL, &err), 0);
	assert_int_equal(
	    seki_workbook_number(w, SEKI_LOOK_PLAIN, "12.5", 4, &err), 0);
	assert_int_equal(seki_workbook_end(w, &err), 0);
	assert_int_equal(
	    seki_workbook_str(w, SEKI_LOOK_PLAIN, "=1+1", &err), 0);
	assert_int_equal(seki_workbook_link(w,
			     "https://example.jp/k/1/show#record=1", "7", &err),
	    0);
	assert_int_equal(seki_workbook_number(
			     w, SEKI_LOOK_PLAIN, "1234567890123456", 16, &err),
	    0);
	assert_int_equal(seki_workbook_end(w, &err), 0);
	assert_int_equal(seki_workbook_sheet(w, "結果[1]", NULL, 0, &err), 0);
	seki_workbook_width(w, 30);
	assert_int_equal(
	    seki_workbook_str(w, SEKI_LOOK_TITLE, "送付票", &err), 0);
	assert_int_equal(seki_workbook_end(w, &err), 0);
	out = seki_out_fd(fd, path, &err);
	assert_int_equal(seki_workbook_save(w, out, &err), 0);
	assert_int_equal(seki_out_commit(out, &err), 0);
	seki_workbook_free(w);

	g = seki_grid_open(path, NULL, &err);
	assert_non_null(g);
	assert_int_equal(seki_grid_sheets(g), 2);
	assert_string_equal(seki_grid_sheet(g), "結果［1］");
	dump(g, &b);
	(void)seki_buf_byte(&b, '\0', &err);
	assert_string_equal(b.p,
	    "1|T氏名|T判定|T額\n2|T𠮷野_x000D_\n b |T|N12.5"
	    "\n3|T=1+1|T7|T1234567890123456\n");
	assert_null(seki_grid_merged(g));
	assert_int_equal(seki_grid_rewind(g, "結果［1］~2", &err), 0);
	seki_buf_reset(&b);
	dump(g, &b);
	(void)seki_buf_byte(&b, '\0', &err);
	assert_string_equal(b.p, "1|T送付票\n");
	assert_int_equal(seki_grid_rewind(g, "無い", &err), -1);
	assert_int_equal(err.reason, SEKI_CONFIG);
	seki_grid_free(g);
	seki_buf_free(&b);
	(void)unlink(path);
}

/* One past what a cell's list may have. */
static void
test_choices(void **state)
{
	char word[128], more[128];
	const char *list[] = { word, more, NULL };
	const struct seki_workbook_col col = { "種別", 0, list };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_workbook *w = seki_workbook_create(NULL, &err);
	size_t i;

	(void)state;
	memset(word, 'a', sizeof(word));
	memset(more, 'b', sizeof(more));
	word[127] = more[126] = '\0';
	assert_int_equal(seki_workbook_sheet(w, "a", &col, 1, &err), 0);
	more[126] = 'b';
	more[127] = '\0';
	assert_int_equal(seki_workbook_sheet(w, "b", &col, 1, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	/* They are bytes: 84 characters, their commas and one more. */
	for (i = 0; i < 126; i += 3)
		memcpy(word + i, "種", 4);
	for (i = 0; i < 126; i += 3)
		memcpy(more + i, "別", 4);
	memcpy(more + 126, "a", 2);
	seki_err_clear(&err);
	assert_int_equal(seki_workbook_sheet(w, "c", &col, 1, &err), 0);
	memcpy(word + 126, "a", 2);
	assert_int_equal(seki_workbook_sheet(w, "d", &col, 1, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	seki_workbook_free(w);
}

/* One past what Excel takes. */
static void
test_links(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_workbook *w = seki_workbook_create(NULL, &err);
	char path[] = "/tmp/seki-grid-XXXXXX";
	const struct seki_grid_cell *c;
	struct seki_grid *g;
	struct seki_out *out;
	int fd = mkstemp(path);
	uint32_t i;
	size_t n;

	(void)state;
	assert_int_equal(seki_workbook_sheet(w, "a", NULL, 0, &err), 0);
	for (i = 0; i <= SEKI_WORKBOOK_LINKS; i++) {
		assert_int_equal(
		    seki_workbook_link(w, "https://example.jp/", "x", &err), 0);
		assert_int_equal(seki_workbook_end(w, &err), 0);
	}
	out = seki_out_fd(fd, path, &err);
	assert_int_equal(seki_workbook_save(w, out, &err), 0);
	assert_int_equal(seki_out_commit(out, &err), 0);
	seki_workbook_free(w);
	g = seki_grid_open(path, NULL, &err);
	assert_non_null(g);
	for (i = 0; seki_grid_next(g, &c, &n, &err) == 1; i++)
		assert_string_equal(c[0].p, "x");
	assert_int_equal(i, SEKI_WORKBOOK_LINKS + 1);
	seki_grid_free(g);
	(void)close(fd);
	(void)unlink(path);
}

static void
put(lxw_workbook *b, lxw_worksheet *s, unsigned row, double v, const char *how)
{
	lxw_format *f = workbook_add_format(b);

	format_set_num_format(f, how);
	(void)worksheet_write_number(s, row, 0, v, f);
}

/* What only the format of a cell tells. */
static void
test_dates(void **state)
{
	static const char path[] = "/tmp/seki-grid-dates.xlsx";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	lxw_workbook *book = workbook_new(path);
	lxw_worksheet *s = workbook_add_worksheet(book, NULL);
	struct seki_grid *g;

	(void)state;
	put(book, s, 0, 45383, "yyyy/m/d");
	put(book, s, 1, 45383.5, "yyyy/m/d");
	put(book, s, 2, 0.375, "h:mm");
	put(book, s, 3, 2.0625, "[h]:mm");
	put(book, s, 4, 45383.0104166667, "yyyy/m/d h:mm");
	put(book, s, 5, 12, "m\"月\"d\"日\""); /* serials before 61 differ */
	put(book, s, 6, 0.1, "0.00");
	(void)worksheet_write_boolean(s, 7, 0, 1, NULL);
	(void)worksheet_write_formula_num(s, 8, 0, "=1+1", NULL, 2);
	(void)worksheet_merge_range(s, 9, 0, 10, 1, "併合", NULL);
	assert_int_equal(workbook_close(book), 0);
	g = seki_grid_open(path, NULL, &err);
	assert_non_null(g);
	dump(g, &b);
	(void)seki_buf_byte(&b, '\0', &err);
	assert_string_equal(b.p,
	    "1|D2024-04-01\n2|S2024-04-01 12:00\n3|H09:00\n4|U49:30\n"
	    "5|S2024-04-01 00:15\n6|N12\n7|N0.1\n8|BTRUE\n9|N=2\n"
	    "10|T併合\n");
	assert_string_equal(seki_grid_merged(g), "A10:B11");
	seki_grid_free(g);
	seki_buf_free(&b);
	(void)unlink(path);
}

static void
test_formats(void **state)
{
	static const struct {
		const char *code;
		enum seki_xlsx_as as;
	} rows[] = { { "General", SEKI_AS_PLAIN },
		{ "0.00E+00", SEKI_AS_PLAIN }, { "G/標準", SEKI_AS_PLAIN },
		{ "#,##0", SEKI_AS_PLAIN }, { "@", SEKI_AS_PLAIN },
		{ "0\"day\"", SEKI_AS_PLAIN }, { "\\d0", SEKI_AS_PLAIN },
		{ "[Red]0", SEKI_AS_PLAIN }, { "yyyy/m/d", SEKI_AS_DATE },
		{ "m\"月\"d\"日\"", SEKI_AS_DATE },
		{ "[$-411]ggge\"年\"m\"月\"d\"日\"", SEKI_AS_DATE },
		{ "mmm", SEKI_AS_DATE }, { "h:mm", SEKI_AS_TIME },
		{ "[h]:mm", SEKI_AS_TIME }, { "[mm]:ss", SEKI_AS_TIME },
		{ "yyyy/m/d h:mm", SEKI_AS_DATETIME },
		{ "0;[Red]\"d\"", SEKI_AS_PLAIN }, { "aaa", SEKI_AS_PLAIN } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (seki_xlsx_format(rows[i].code) != rows[i].as)
			fail_msg("'%s'", rows[i].code);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_borders),
		cmocka_unit_test(test_book),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
