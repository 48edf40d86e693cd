#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sheet_pair.h"

/* A small workbook for what follows: two records, two rows, a held one. */
static void
small(struct pair *p, const struct seki_manifest *m)
{
	begin(p, m);
	p->v[TEXT] = value("0012");
	p->v[NUMBER] = value("48000");
	p->v[DATE] = value("2026-04-01");
	p->v[INSTANT] = value("2026-04-01T00:15:00Z");
	rows(p, "板", "釘");
	put(p, 7, SEKI_RECORD_ROW);
	p->v[TEXT] = value("二");
	put(p, 10, SEKI_RECORD_ROW);
	put(p, 11, SEKI_RECORD_HELD);
	finish(p);
}

#define CREATED 1774600000
#define COVER "xl/worksheets/sheet1.xml"
#define RECORDS "xl/worksheets/sheet2.xml"
#define ROWS "xl/worksheets/sheet3.xml"
#define MARKS "xl/worksheets/sheet5.xml"
#define WORKBOOK "xl/workbook.xml"

/* One change each, and what the reader says; SEKI_OK: it reads, another root
 * when text is "other". */
static const struct {
	const char *part, *from, *to;
	enum seki_reason reason;
	const char *text;
} changes[] = {
	/* X3, in a record, a row, a held key, and without its result. */
	{ RECORDS, "<v>48000</v>", "<f>48000</f><v>48000</v>", SEKI_XLSX,
	    "cell E2: a formula" },
	{ RECORDS, "<v>48000</v>", "<f>48000</f>", SEKI_XLSX,
	    "cell E2: a formula" },
	{ ROWS, "<v>1.5</v>", "<f>3/2</f><v>1.5</v>", SEKI_XLSX,
	    "明細, cell E2: a formula" },
	/* X4: other text that reads as well. */
	{ RECORDS, "<t>0012</t>", "<t>0013</t>", SEKI_OK, "other" },
	{ RECORDS, "<t>0012</t>", "<t xml:space=\"preserve\">0012 </t>",
	    SEKI_OK, "other" },
	{ RECORDS, "<t>0012</t>", "<r><t>00</t></r><r><t>12</t></r>", SEKI_OK,
	    "same" },
	{ RECORDS, "<v>48000</v>", "<v>48001</v>", SEKI_OK, "other" },
	{ RECORDS, "<v>48000</v>", "<v>4.8E4</v>", SEKI_OK, "same" },
	{ RECORDS, "<v>48000</v>", "", SEKI_OK, "other" },
	{ RECORDS, "<t>2026-04-01</t>", "<t>2026-04-02</t>", SEKI_OK, "other" },
	{ RECORDS, "<t>2026-04-01 09:15</t>", "<t>2026-04-01T00:15:00Z</t>",
	    SEKI_OK, "same" },
	{ RECORDS, "<t>2026-04-01 09:15</t>", "<t>2026-04-01 09:16</t>",
	    SEKI_OK, "other" },
	/* Values of another type. */
	{ RECORDS, "<t>2026-04-01</t>", "<t>2026/4/1</t>", SEKI_VIEW,
	    "cell F2: not a value" },
	{ RECORDS, "<t>2026-04-01 09:15</t>", "<t>R8.4.1 9:15</t>", SEKI_VIEW,
	    "cell H2: not a value" },
	{ RECORDS, "<v>48000</v>", "<v>many</v>", SEKI_VIEW,
	    "cell E2: not a value" },
	{ RECORDS, "<t>0012</t>", "<t>␛{12</t>", SEKI_VIEW,
	    "cell C2: not a value" },
	/* Keys and order. */
	{ RECORDS, "<t>7</t>", "<t>10</t>", SEKI_VIEW, "the key stands twice" },
	{ RECORDS, "<t>7</t>", "<t>77</t>", SEKI_VIEW,
	    "not in the order of their keys" },
	{ RECORDS, "<t>7</t>", "<t></t>", SEKI_VIEW, "the row has no key" },
	{ RECORDS, "<t>7</t>", "<t>8</t>", SEKI_OK, "other" },
	{ ROWS, "<c r=\"B3\" s=\"4\"><v>2</v>", "<c r=\"B3\"><v>3</v>",
	    SEKI_VIEW, "not in their order" },
	{ ROWS, "<c r=\"B3\" s=\"4\"><v>2</v>", "<c r=\"B3\"><v>-2</v>",
	    SEKI_VIEW, "counted from 1" },
	{ MARKS, "<t>保留</t>", "<t>削除</t>", SEKI_OK, "other" },
	{ MARKS, "<t>保留</t>", "<t>保畄</t>", SEKI_VIEW, "neither held" },
	/* Heads, columns and sheets. */
	{ RECORDS, "<t>件名</t>", "<t>件明</t>", SEKI_VIEW, "the heads" },
	{ RECORDS, "<t>日時（日本時間）</t>", "<t>日時</t>", SEKI_VIEW,
	    "the heads" },
	{ RECORDS, "<row r=\"3\"",
	    "<row r=\"3\"><c r=\"Z3\"><v>1</v></c>"
	    "</row><row r=\"4\"",
	    SEKI_VIEW, "cell Z3: a value beside" },
	{ RECORDS, "</sheetData>",
	    "<row r=\"9\"><c r=\"Z9\"><v>1</v></c>"
	    "</row></sheetData>",
	    SEKI_VIEW, "cell Z9: a value beside" },
	{ RECORDS, "</sheetData>",
	    "<row r=\"9\"><c r=\"B9\"><v>1</v></c>"
	    "</row></sheetData>",
	    SEKI_VIEW, "cell A9: the row has no key" },
	{ RECORDS, "</sheetData>",
	    "<row r=\"9\"><c r=\"B9\" s=\"1\"/></row>"
	    "<row r=\"10\"/></sheetData>",
	    SEKI_OK, "same" },
	{ RECORDS, "</sheetData>",
	    "</sheetData><mergeCells><mergeCell "
	    "ref=\"A1:B2\"/></mergeCells>",
	    SEKI_XLSX, "merged" },
	{ RECORDS, "<row r=\"2\"", "<row r=\"2\" hidden=\"1\"", SEKI_VIEW,
	    "the row is hidden" },
	{ RECORDS, "<row r=\"1\"", "<row r=\"1\" hidden=\"true\"", SEKI_VIEW,
	    "the heads" },
	{ RECORDS, "<col min=\"2\"", "<col hidden=\"1\" min=\"2\"", SEKI_VIEW,
	    "columns are hidden" },
	{ RECORDS, "<sheetFormatPr ", "<sheetFormatPr zeroHeight=\"1\" ",
	    SEKI_VIEW, "columns are hidden" },
	{ WORKBOOK, "<sheet name=\"レコード\"",
	    "<sheet state=\"hidden\" name=\"レコード\"", SEKI_VIEW,
	    "レコード is hidden" },
	{ WORKBOOK, "<sheet name=\"項目一覧\"",
	    "<sheet state=\"veryHidden\" name=\"項目一覧\"", SEKI_VIEW,
	    "項目一覧 is hidden" },
	{ WORKBOOK, "<sheet name=\"レコード\"", "<sheet name=\"Sheet2\"",
	    SEKI_OK, "same" },
	{ WORKBOOK, "<sheet name=\"保留・削除\"", "<sheet name=\"Sheet5\"",
	    SEKI_OK, "same" },
	{ WORKBOOK, "<sheet name=\"項目一覧\"", "<sheet name=\"明細 (2)\"",
	    SEKI_VIEW, "明細 (2): the heads" },
	{ RECORDS, "<worksheet ", "<!DOCTYPE worksheet []><worksheet ",
	    SEKI_XLSX, "DOCTYPE" },
	{ MARKS, "<worksheet ", "<!DOCTYPE worksheet []><worksheet ", SEKI_XLSX,
	    "DOCTYPE" },
};

static void
check_change(struct pair *p, size_t i)
{
	struct seki_proof q;
	int r = read_fd(book_change(path, changes[i].part, changes[i].from,
			    changes[i].to),
		p->s, NULL, &q),
	    same;

	if (changes[i].reason != SEKI_OK) {
		if (r != -1 || err.reason != changes[i].reason ||
		    strstr(err.text, changes[i].text) == NULL)
			fail_msg("row %zu: %d %s: %s", i, r,
			    seki_err_word(err.reason), err.text);
		return;
	}
	if (r == -1)
		fail_msg("row %zu: %s", i, err.text);
	same = memcmp(q.root, p->proof.root, SEKI_SHA256) == 0;
	if (same != (strcmp(changes[i].text, "same") == 0))
		fail_msg("row %zu: the root is %s", i,
		    same ? "the same" : "another");
}

static void
test_changes(void **state)
{
	struct pair p;
	size_t i;

	(void)state;
	small(&p, NULL);
	same_root(&p);
	for (i = 0; i < COUNT(changes); i++)
		check_change(&p, i);
	/* Where it happened. */
	(void)read_fd(
	    book_change(path, RECORDS, "<t>2026-04-01</t>", "<t>x</t>"), p.s,
	    NULL, &p.proof);
	assert_string_equal(err.record, "7");
	assert_string_equal(err.field, "日付");
	release(&p);
}

static struct seki_manifest *
manifest(const struct pair *p)
{
	struct seki_manifest *m = seki_manifest_new(&err);

	assert_non_null(m);
	assert_int_equal(seki_manifest_set(&m->title, "教育相談", &err), 0);
	assert_int_equal(
	    seki_manifest_set(&m->purpose, "面談の準備 & <確認>\n二行目", &err),
	    0);
	assert_int_equal(seki_manifest_set(&m->kind, "full", &err), 0);
	assert_int_equal(seki_manifest_set(&m->audience, "lgwan-1", &err), 0);
	assert_int_equal(seki_manifest_set(&m->prepared_by, "inet-1", &err), 0);
	m->epoch = 1;
	m->seq = 128;
	m->created = CREATED;
	m->expires = CREATED + 86400;
	memset(m->root, 0xA5, sizeof(m->root));
	(void)p;
	return m;
}

/* Every member of the manifest that the cover shows, changed afterwards. */
static void
test_cover(void **state)
{
	static const struct {
		const char *from, *to, *text;
	} row[] = {
		{ "<t>教育相談</t>", "<t>教育相段</t>", "cell B4: not what" },
		{ "<t>lgwan-1</t>", "<t>lgwan-2</t>", "not what" },
		{ "<t>inet-1</t>", "<t>inet-2</t>", "not what" },
		{ "<t>開いて保存せず取込フォルダへ</t>",
		    "<t>保存してから取込フォルダへ</t>", "cell A2: not what" },
		{ "<t>2件</t>", "<t>3件</t>", "not what" },
		{ "<t>a5a5a5a5 a5a5a5a5", "<t>a5a5a5a5 a5a5a5a4", "not what" },
		{ "<t>起案</t>", "<t>承認済</t>", "not what" },
		{ "<t>全件</t>", "<t>差分</t>", "not what" },
	};
	struct seki_manifest *m;
	struct seki_proof q;
	struct pair p;
	size_t i;

	(void)state;
	m = manifest(&p);
	small(&p, m);
	if (read_fd(open(path, O_RDONLY), p.s, m, &q) == -1)
		fail_msg("%s", err.text);
	assert_string_equal(q.kind, "full");
	for (i = 0; i < COUNT(row); i++) {
		if (read_fd(book_change(path, COVER, row[i].from, row[i].to),
			p.s, m, &q) != -1 ||
		    err.reason != SEKI_VIEW ||
		    strstr(err.text, row[i].text) == NULL)
			fail_msg("row %zu: %s", i, err.text);
	}
	/* The other way round: the manifest says something else. */
	m->seq++;
	assert_int_equal(read_fd(open(path, O_RDONLY), p.s, m, &q), -1);
	assert_int_equal(err.reason, SEKI_VIEW);
	m->seq--;
	m->test = 1;
	assert_int_equal(read_fd(open(path, O_RDONLY), p.s, m, &q), -1);
	m->test = 0;
	/* More than the cover says, less, none; a formula; hidden. */
	assert_int_equal(read_fd(book_change(path, COVER, "</sheetData>",
				     "<row r=\"90\"><c r=\"A90\"><v>1</v></c>"
				     "</row></sheetData>"),
			     p.s, m, &q),
	    -1);
	assert_non_null(strstr(err.text, "A90"));
	assert_int_equal(read_fd(book_change(path, COVER, "<c r=\"C5\"",
				     "<c r=\"G5\"><v>1</v></c><c r=\"C5\""),
			     p.s, m, &q),
	    -1);
	assert_non_null(strstr(err.text, "G5"));
	assert_int_equal(read_fd(book_change(path, COVER, "<c r=\"C5\"",
				     "<c r=\"F5\"><f>1</f></c><c r=\"C5\""),
			     p.s, m, &q),
	    -1);
	assert_int_equal(
	    read_fd(
		book_change(path, WORKBOOK, "送付票", "送付表"), p.s, m, &q),
	    -1);
	assert_non_null(strstr(err.text, "送付票 is missing"));
	assert_int_equal(read_fd(book_change(path, COVER, "<row r=\"5\"",
				     "<row r=\"5\" hidden=\"1\""),
			     p.s, m, &q),
	    -1);
	seki_manifest_free(m);
	release(&p);
}

/* The sheet of long texts, with one thing wrong. */
static void
test_long_changed(void **state)
{
	static const struct {
		const char *part, *from, *to;
		enum seki_reason reason;
		const char *text;
	} row[] = {
		{ RECORDS, "<t>␛{LONG}</t>", "<t>short</t>", SEKI_VIEW,
		    "belongs to no row" },
		{ RECORDS, "<t>0012</t>", "<t>␛{LONG}</t>", SEKI_VIEW,
		    "long text is missing" },
		{ "xl/worksheets/sheet5.xml",
		    "<c r=\"E2\" s=\"4\"><v>1</v></c>",
		    "<c r=\"E2\"><v>2</v></c>", SEKI_VIEW, "is missing" },
		{ "xl/worksheets/sheet5.xml",
		    "<c r=\"E3\" s=\"4\"><v>2</v></c>",
		    "<c r=\"E3\"><v>3</v></c>", SEKI_VIEW,
		    "belongs to no row" },
		{ "xl/worksheets/sheet5.xml", "<t>本文</t>", "<t>本分</t>",
		    SEKI_VIEW, "長文: the heads" },
	};
	static char big[40000];
	struct seki_proof q;
	struct pair p;
	size_t i;

	(void)state;
	begin(&p, NULL);
	memset(big, 'x', sizeof(big) - 1);
	p.v[TEXT] = value("0012");
	p.v[LINES] = value(big);
	put(&p, 1, SEKI_RECORD_ROW);
	finish(&p);
	same_root(&p);
	for (i = 0; i < COUNT(row); i++)
		if (read_fd(
			book_change(path, row[i].part, row[i].from, row[i].to),
			p.s, NULL, &q) != -1 ||
		    err.reason != row[i].reason ||
		    strstr(err.text, row[i].text) == NULL)
			fail_msg("row %zu: %s", i, err.text);
	release(&p);
}

/* Two sheets of records are read at the same time; what is found is what
 * reading one after the other finds. */
#define NEXT "xl/worksheets/sheet5.xml"
static void
test_next_sheet(void **state)
{
	static const struct {
		const char *part, *from, *to, *part2, *from2, *to2;
		enum seki_reason reason;
		const char *text, *record;
	} row[] = {
		{ NEXT, "<t>65001</t>", "<t>64999</t>", NULL, NULL, NULL,
		    SEKI_VIEW, "(2), cell A2: the rows are not in the order",
		    "64999" },
		{ NEXT, "<t>65001</t>", "<t>65000</t>", NULL, NULL, NULL,
		    SEKI_VIEW, "(2), cell A2: the key stands twice", "65000" },
		{ NEXT, "<t>65001</t>", "<t></t>", NULL, NULL, NULL, SEKI_VIEW,
		    "(2), cell", "" },
		{ NEXT, "<t>65002</t>", "<t>65001</t>", NULL, NULL, NULL,
		    SEKI_VIEW, "(2), cell A3: the key stands twice", "65001" },
		{ NEXT, "<v>77</v>", "<v>many</v>", NULL, NULL, NULL, SEKI_VIEW,
		    "(2), cell E3: not a value", "65002" },
		{ NEXT, "<t>件名</t>", "<t>件数</t>", NULL, NULL, NULL,
		    SEKI_VIEW, "(2): the heads", "" },
		{ NEXT, "</sheetData>",
		    "</sheetData><mergeCells><mergeCell "
		    "ref=\"A1:B2\"/></mergeCells>",
		    NULL, NULL, NULL, SEKI_XLSX, "(2): cells are merged", "" },
		/* What stands first is told first. */
		{ NEXT, "<t>65001</t>", "<t>64999</t>", NEXT, "<v>76</v>",
		    "<v>many</v>", SEKI_VIEW, "(2), cell A2: the rows", "" },
		{ RECORDS, "<v>66</v>", "<v>many</v>", NEXT, "<t>件名</t>",
		    "<t>件数</t>", SEKI_VIEW, "レコード, cell E65001: not a",
		    "65000" },
		{ RECORDS, "<t>65000</t>", "<t>65002</t>", NEXT, "<v>77</v>",
		    "<v>many</v>", SEKI_VIEW, "(2), cell A2: the rows",
		    "65001" },
		/* Other values, other root. */
		{ NEXT, "<v>77</v>", "<v>78</v>", NULL, NULL, NULL, SEKI_OK,
		    "other", NULL },
		{ RECORDS, "<v>66</v>", "<v>67</v>", NULL, NULL, NULL, SEKI_OK,
		    "other", NULL },
		{ NEXT, "<v>77</v>", "<v>77.0</v>", NULL, NULL, NULL, SEKI_OK,
		    "same", NULL },
	};
	char once[32];
	struct seki_proof q;
	struct pair p;
	unsigned id;
	size_t i;
	int fd, r;

	(void)state;
	begin(&p, NULL);
	for (id = 1; id <= SEKI_SHEET_RECORDS + 2; id++) {
		if (id >= SEKI_SHEET_RECORDS)
			p.v[NUMBER] =
			    value(id == SEKI_SHEET_RECORDS	 ? "66"
				  : id == SEKI_SHEET_RECORDS + 1 ? "76"
								 : "77");
		put(&p, id, SEKI_RECORD_ROW);
	}
	finish(&p);
	same_root(&p);
	for (i = 0; i < COUNT(row); i++) {
		fd = book_change(path, row[i].part, row[i].from, row[i].to);
		if (row[i].part2 != NULL) {
			(void)snprintf(
			    once, sizeof(once), "/proc/self/fd/%d", fd);
			r = book_change(
			    once, row[i].part2, row[i].from2, row[i].to2);
			(void)close(fd);
			fd = r;
		}
		r = read_fd(fd, p.s, NULL, &q);
		if (row[i].reason == SEKI_OK) {
			if (r == -1 ||
			    (memcmp(q.root, p.proof.root, SEKI_SHA256) == 0) !=
				(strcmp(row[i].text, "same") == 0))
				fail_msg("row %zu: %s", i, err.text);
		} else if (r != -1 || err.reason != row[i].reason ||
			   strstr(err.text, row[i].text) == NULL ||
			   (row[i].record[0] != '\0' &&
			       strcmp(err.record, row[i].record) != 0))
			fail_msg(
			    "row %zu: record %s: %s", i, err.record, err.text);
	}
	release(&p);
}

/* Others may have put more rows into the second sheet than are read ahead. */
static void
test_next_sheet_long(void **state)
{
	const unsigned last = SEKI_SHEET_RECORDS + SEKI_SHEET_AHEAD + 500;
	char *more = malloc((size_t)last * 80), *at = more;
	struct seki_canon *c;
	struct seki_proof q, want;
	struct pair p;
	unsigned id;

	(void)state;
	assert_non_null(more);
	begin(&p, NULL);
	assert_non_null(c = seki_canon_new(p.s, &err));
	for (id = 1; id <= last; id++) {
		struct seki_record rec = { .kind = SEKI_RECORD_ROW, .v = p.v };
		char text[16];

		(void)snprintf(text, sizeof(text), "%u", id);
		rec.key = p.v[ID] = value(text);
		assert_int_equal(seki_canon_add(c, &rec, NULL, &err), 0);
		if (id <= SEKI_SHEET_RECORDS + 1)
			put(&p, id, SEKI_RECORD_ROW);
		else
			at += sprintf(at,
			    "<row r=\"%u\"><c r=\"A%u\" t=\"inlineStr\"><is>"
			    "<t>%u</t></is></c></row>",
			    id - SEKI_SHEET_RECORDS + 1,
			    id - SEKI_SHEET_RECORDS + 1, id);
	}
	finish(&p);
	assert_int_equal(seki_canon_end(c, &want, &err), 0);
	(void)strcpy(at, "</sheetData>");
	if (read_fd(book_change(path, NEXT, "</sheetData>", more), p.s, NULL,
		&q) == -1)
		fail_msg("%s: %s", err.record, err.text);
	assert_memory_equal(q.root, want.root, SEKI_SHA256);
	assert_int_equal(q.records, last);
	/* Past what was read ahead a failure has its place as well. */
	(void)strcpy(at - strlen("</t></is></c></row>") - 1,
	    "1</t></is></c></row></sheetData>");
	(void)read_fd(
	    book_change(path, NEXT, "</sheetData>", more), p.s, NULL, &q);
	assert_int_equal(err.reason, SEKI_VIEW);
	assert_non_null(strstr(err.text, "(2), cell A66037: the rows"));
	seki_canon_free(c);
	free(more);
	release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_next_sheet),
		cmocka_unit_test(test_next_sheet_long),
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_long_changed),
	};
	int r;

	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/book.xlsx", dir);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(dir);
	return r;
}
