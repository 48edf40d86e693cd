#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"
#include "xlsx.h"

static struct seki_err err;

/* Every cell of the first sheet as "B7=text" or "B7#number" and so on. */
static int
dump(int fd, char *out, size_t size)
{
	static const char mark[] = { '=', '#', '?', '@' };
	struct seki_xlsx_rows *rows = NULL;
	struct seki_cells *row;
	struct seki_xlsx *x;
	char name[16];
	size_t i, n = 0;
	int r = -1;

	out[0] = '\0';
	seki_err_clear(&err);
	x = seki_xlsx_open(fd, 0, book_size(fd), &err);
	if (x != NULL)
		rows = seki_xlsx_rows(x, 0, &err);
	while (rows != NULL && (r = seki_xlsx_next(rows, &row, &err)) == 1)
		for (i = 0; i < row->n; i++) {
			seki_cell_name(row->row, row->cell[i].col, name);
			n += (size_t)snprintf(out + n, size - n, "%s%s%s%c%.*s",
			    n > 0 ? " " : "", row->cell[i].formula ? "f" : "",
			    name, mark[row->cell[i].kind], (int)row->cell[i].n,
			    row->cell[i].p);
		}
	seki_xlsx_rows_free(rows);
	seki_xlsx_free(x);
	close(fd);
	return r;
}

#define ROW(cells) "<row r=\"1\">" cells "</row>"
#define INLINE(s) "<c r=\"A1\" t=\"inlineStr\"><is>" s "</is></c>"

/* Rows of a sheet, and the cells that must come out. */
static const struct {
	const char *data, *cells;
} good[] = {
	{ "", "" },
	{ "<row/>", "" },
	{ ROW("<c r=\"A1\" s=\"1\"/>"), "" },
	{ ROW("<c r=\"A1\" t=\"s\"><v>0</v></c>"), "A1=zero" },
	{ ROW("<c r=\"A1\" t=\"s\"><v> 0 </v></c>"), "A1=zero" },
	{ ROW("<c r=\"A1\"><v>42.0</v></c>"), "A1#42.0" },
	{ ROW("<c r=\"A1\" t=\"n\"><v>\n1E-7 </v></c>"), "A1#1E-7" },
	{ ROW("<c r=\"A1\"><v>NaN</v></c>"), "A1#NaN" },
	{ ROW("<c r=\"A1\" t=\"b\"><v>1</v></c><c t=\"b\"><v>false</v></c>"),
	    "A1?TRUE B1?FALSE" },
	{ ROW("<c r=\"A1\" t=\"e\"><v>#N/A</v></c>"), "A1=#N/A" },
	{ ROW("<c r=\"A1\" t=\"d\"><v>2019-05-01</v></c>"), "A1@2019-05-01" },
	{ ROW("<c r=\"A1\" t=\"str\"><v> a </v></c>"), "A1= a " },
	{ ROW("<c t=\"str\"><v>a</v></c><c r=\"D1\"><v>1</v></c>"
	      "<c><v>2</v></c>"),
	    "A1=a D1#1 E1#2" },
	{ "<row><c><v>1</v></c></row><row r=\"5\"><c><v>2</v></c></row>"
	  "<row><c><v>3</v></c></row>",
	    "A1#1 A5#2 A6#3" },
	{ ROW("<c r=\"C1\"><v>3</v></c><c r=\"A1\"><v>1</v></c>"),
	    "C1#3 A1#1" },
	{ ROW(INLINE("<t>a</t>")), "A1=a" },
	{ ROW(INLINE("<t xml:space=\"preserve\"> a </t>")), "A1= a " },
	{ ROW(INLINE("<t> a </t>")), "A1= a " },
	{ ROW(INLINE("<r><rPr><b/></rPr><t>東</t></r><r><t>京</t></r>"
		     "<rPh sb=\"0\" eb=\"1\"><t>トウキョウ</t></rPh>"
		     "<phoneticPr fontId=\"1\"/>")),
	    "A1=東京" },
	{ ROW(INLINE("<t>a_x000D__x000a_b_x005F_</t>")), "A1=a\nb_" },
	{ ROW(INLINE("<t>_xD842__xDFB7_ _xD842_ _x0000_</t>")),
	    "A1=𠮷 \xEF\xBF\xBD \xEF\xBF\xBD" },
	{ ROW(INLINE("<t>_x12_ _xZZZZ_ _x000D</t>")),
	    "A1=_x12_ _xZZZZ_ _x000D" },
	{ ROW(INLINE("<t>a&#13;&#10;b&#13;c</t>")), "A1=a\nb\nc" },
	{ ROW(INLINE("<t><![CDATA[<&>]]>&lt;&#x845B;&#xE0100;</t>")),
	    "A1=<&><葛󠄀" },
	{ ROW(INLINE("<t/>")), "" },
	{ ROW("<c r=\"A1\"><f>1+1</f><v>2</v></c>"), "fA1#2" },
	{ ROW("<c r=\"A1\"><f>1+1</f></c>"), "fA1#" },
	{ ROW("<c r=\"A1\"><v>1</v><extLst><ext><v>2</v></ext></extLst></c>"),
	    "A1#1" },
	{ ROW("<x:c xmlns:x=\"other\" r=\"A1\"><v>1</v></x:c>"), "" },
	{ "<!-- c --><?pi?>" ROW("<c r=\"A1\"><v>1<!-- 2 -->3</v></c>"),
	    "A1#13" },
};

static void
test_cells(void **state)
{
	char sheet[4096], out[4096];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(sheet, sizeof(sheet), BOOK_SHEET("%s"), good[i].data);
		if (dump(book_one(sheet, NULL, NULL, NULL), out, sizeof(out)) !=
			0 ||
		    strcmp(out, good[i].cells) != 0)
			fail_msg("row %zu: '%s' (%s)", i, out, err.text);
	}
}

/* Rows of a sheet that are refused, and why. */
static const struct {
	const char *data;
	enum seki_reason reason;
	const char *text;
} bad[] = {
	{ ROW("<c r=\"A1\"><v>1</v></c><c r=\"A1\"><v>1</v></c>"), SEKI_XLSX,
	    "A1: the cell stands twice" },
	{ ROW("<c r=\"A1\"/><c r=\"A1\"/>"), SEKI_XLSX, "twice" },
	{ ROW("<c r=\"B1\"/><c r=\"A1\"/><c/>"), SEKI_XLSX, "B1: the cell" },
	{ ROW("<c r=\"A2\"/>"), SEKI_XLSX, "not of this row" },
	{ ROW("<c r=\"1\"/>"), SEKI_XLSX, "not of this row" },
	{ ROW("<c r=\"a1\"/>"), SEKI_XLSX, "not of this row" },
	{ ROW("<c r=\"A\"/>"), SEKI_XLSX, "not of this row" },
	{ ROW("<c r=\"A1B\"/>"), SEKI_XLSX, "not of this row" },
	{ ROW("<c r=\"XFE1\"/>"), SEKI_XLSX, "not of this row" },
	{ ROW("<c r=\"AAAAAAAAAAAA1\"/>"), SEKI_XLSX, "not of this row" },
	{ ROW("<c r=\"XFD1\"/><c/>"), SEKI_XLSX, "not of this row" },
	{ "<row r=\"2\"/><row r=\"1\"/>", SEKI_XLSX, "backwards" },
	{ "<row r=\"2\"/><row r=\"2\"/>", SEKI_XLSX, "backwards" },
	{ "<row r=\"0\"/>", SEKI_XLSX, "no number" },
	{ "<row r=\"-1\"/>", SEKI_XLSX, "no number" },
	{ "<row r=\"\"/>", SEKI_XLSX, "no number" },
	{ "<row r=\"18446744073709551617\"/>", SEKI_XLSX, "no number" },
	{ "<row r=\"1048577\"/>", SEKI_LIMIT, "too many rows" },
	{ "<row r=\"1048576\"/><row/>", SEKI_LIMIT, "too many rows" },
	{ ROW("<c r=\"SS1\"><v>1</v></c>"), SEKI_LIMIT, "too many columns" },
	{ ROW("<c r=\"A1\" t=\"s\"><v>1</v></c>"), SEKI_XLSX, "one of its" },
	{ ROW("<c r=\"A1\" t=\"s\"><v>-1</v></c>"), SEKI_XLSX, "one of its" },
	{ ROW("<c r=\"A1\" t=\"s\"><v>99999999999999999999</v></c>"), SEKI_XLSX,
	    "one of its" },
	{ ROW("<c r=\"A1\" t=\"s\"><v>x</v></c>"), SEKI_XLSX, "one of its" },
	{ ROW("<c r=\"A1\" t=\"b\"><v>2</v></c>"), SEKI_XLSX, "one of its" },
	{ ROW("<c r=\"A1\" t=\"x\"><v>2</v></c>"), SEKI_XLSX, "unknown type" },
	{ ROW("<c r=\"A1\"><v>1</v><v>2</v></c>"), SEKI_XLSX, "two values" },
	{ ROW(INLINE("<t>a</t></is><is><t>b</t>")), SEKI_XLSX, "two values" },
	{ ROW("<c r=\"A1\"><v>&nbsp;</v></c>"), SEKI_XLSX, "undefined entity" },
	{ ROW("<c r=\"A1\"><v>1</c>"), SEKI_XLSX, "mismatched" },
	{ ROW("<c r=\"A1\" r=\"B1\"/>"), SEKI_XLSX, "duplicate attribute" },
	{ ROW("<c r=\"A1\"><v>&#1;</v></c>"), SEKI_XLSX, "invalid character" },
	{ ROW("<c r=\"A1\"><v>\x01</v></c>"), SEKI_XLSX, "not well-formed" },
};

static void
test_refused(void **state)
{
	char sheet[4096], out[4096];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(sheet, sizeof(sheet), BOOK_SHEET("%s"), bad[i].data);
		if (dump(book_one(sheet, NULL, NULL, NULL), out, sizeof(out)) !=
			-1 ||
		    err.reason != bad[i].reason ||
		    strstr(err.text, bad[i].text) == NULL)
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
	}
}

#define BOOK(head, sheets)                                                     \
	"<workbook xmlns=\"" NS "\" xmlns:r=\"" NS_DOC "\">" head              \
	"<sheets>" sheets "</sheets></workbook>"
#define RELS(rels)                                                             \
	"<Relationships xmlns=\"" NS_PKG "\">" rels "</Relationships>"
#define REL(type, target)                                                      \
	"<Relationship Id=\"s\" Type=\"" type "\" Target=\"" target "\"/>"
#define SHEET_REL NS_DOC "/worksheet"
#define STRICT "http://purl.oclc.org/ooxml/officeDocument/relationships"

/* Other ways to say the same, and what is none: workbook, its relationships,
 * a text that must stand in the message. */
static const struct {
	const char *book, *rels, *text;
} books[] = {
	{ NULL, NULL, NULL },
	{ NULL, RELS(REL(SHEET_REL, "/xl/worksheets/sheet1.xml")), NULL },
	{ NULL, RELS(REL(SHEET_REL, "../xl/./worksheets/sheet1.xml")), NULL },
	{ NULL, RELS(REL(SHEET_REL, "worksheets/SHEET1.xml")), NULL },
	{ NULL, RELS(REL(STRICT "/worksheet", "worksheets/sheet1.xml")), NULL },
	{ "<x:workbook xmlns:x=\"http://purl.oclc.org/ooxml/"
	  "spreadsheetml/main\" xmlns:y=\"" STRICT "\"><x:sheets>"
	  "<x:sheet name=\"S\" y:id=\"s\"/></x:sheets></x:workbook>",
	    NULL, NULL },
	{ NULL, RELS(REL(SHEET_REL, "../../sheet1.xml")), "leads out" },
	{ NULL, RELS(REL(SHEET_REL, "worksheets/none.xml")), "no part" },
	{ NULL, RELS(REL(NS_DOC "/chartsheet", "worksheets/sheet1.xml")),
	    "has no part" },
	{ NULL,
	    RELS("<Relationship Id=\"s\" Type=\"" SHEET_REL "\" "
		 "TargetMode=\"External\" Target=\"file:///etc/passwd\"/>"),
	    "has no part" },
	{ NULL,
	    RELS(REL(SHEET_REL, "worksheets/sheet1.xml")
		    REL(SHEET_REL, "worksheets/sheet1.xml")),
	    "stands twice" },
	{ BOOK("", "<sheet name=\"S\" r:id=\"s\"/><sheet name=\"s\" "
		   "r:id=\"u\"/>"),
	    NULL, "no name of its own" },
	{ BOOK("", "<sheet r:id=\"s\"/>"), NULL, "no name of its own" },
	{ BOOK("", "<sheet name=\"S\"/>"), NULL, "no name of its own" },
	{ "<workbook/>", NULL, "not a workbook" },
	{ "<table xmlns=\"" NS "\"/>", NULL, "not a workbook" },
	{ "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" BOOK_BOOK, NULL,
	    "not in UTF-8" },
	{ "<?xml version=\"1.0\" encoding=\"utf-8\"?>" BOOK_BOOK, NULL, NULL },
	{ "\xEF\xBB\xBF<?xml version=\"1.0\"?>" BOOK_BOOK, NULL, NULL },
	{ "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>" BOOK_BOOK, NULL,
	    "not in UTF-8" },
	{ "", NULL, "no element" },
};

static void
test_books(void **state)
{
	char out[256];
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(books) / sizeof(books[0]); i++) {
		r = dump(book_one(BOOK_SHEET(ROW("<c r=\"A1\"><v>1</v></c>")),
			     NULL, books[i].book, books[i].rels),
		    out, sizeof(out));
		if (books[i].text == NULL
			? r != 0 || strcmp(out, "A1#1") != 0
			: r != -1 || err.reason != SEKI_XLSX ||
			      strstr(err.text, books[i].text) == NULL)
			fail_msg("row %zu: %d '%s' %s", i, r, out, err.text);
	}
}

/* X1: a DOCTYPE in any part, also one that nobody reads. */
static void
test_doctype(void **state)
{
	static const char *const doctype[] = {
		"<!DOCTYPE x>",
		"<!DOCTYPE x []>",
		"<!DOCTYPE x [<!ENTITY a \"b\"><!ENTITY c \"&a;&a;\">]>",
		"<!DOCTYPE x SYSTEM \"file:///etc/passwd\">",
		"<!DOCTYPE x PUBLIC \"p\" \"http://localhost/\">",
	};
	static const char *const part[] = { "_rels/.rels", "xl/workbook.xml",
		"xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml",
		"xl/worksheets/sheet1.xml", "xl/styles.xml",
		"docProps/core.xml" };
	const char *text[] = { BOOK_RELS, BOOK_BOOK, BOOK_BOOK_RELS,
		BOOK_STRINGS, BOOK_SHEET(""), "<styleSheet/>", "<p/>" };
	struct book_part parts[7];
	char bad_part[2048], out[64];
	size_t i, k, at;

	(void)state;
	for (at = 0; at < 7; at++)
		for (i = 0; i < 5; i++) {
			snprintf(bad_part, sizeof(bad_part), "%s%s", doctype[i],
			    text[at]);
			for (k = 0; k < 7; k++)
				parts[k] = (struct book_part){ .name = part[k],
					.text = k == at ? bad_part : text[k] };
			if (dump(book_make(parts, 7), out, sizeof(out)) != -1 ||
			    err.reason != SEKI_XLSX ||
			    strstr(err.text, "DOCTYPE") == NULL ||
			    strstr(err.text, part[at]) == NULL)
				fail_msg("%s %zu: %s", part[at], i, err.text);
		}
}

/* ASCII text as UTF-16 with its mark; the length. */
static size_t
utf16(const char *s, char *out, int big)
{
	size_t n = 0;

	out[n++] = (char)(big ? 0xFE : 0xFF);
	out[n++] = (char)(big ? 0xFF : 0xFE);
	for (; *s != '\0'; s++) {
		if (big)
			out[n++] = '\0';
		out[n++] = *s;
		if (!big)
			out[n++] = '\0';
	}
	return n;
}

static void
test_utf16(void **state)
{
	struct book_part part[] = {
		{ .name = "_rels/.rels", .text = BOOK_RELS },
		{ .name = "xl/workbook.xml", .text = BOOK_BOOK },
		{ .name = "xl/_rels/workbook.xml.rels",
		    .text = RELS(REL(SHEET_REL, "worksheets/sheet1.xml")) },
		{ .name = "xl/worksheets/sheet1.xml" },
	};
	char sheet[2048], out[256];
	int big;

	(void)state;
	part[3].text = sheet;
	for (big = 0; big < 2; big++) {
		part[3].n = utf16(
		    "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" BOOK_SHEET(
			ROW(INLINE("<t>a&#x6771;</t>"))),
		    sheet, big);
		assert_int_equal(dump(book_make(part, 4), out, sizeof(out)), 0);
		assert_string_equal(out, "A1=a東");
		part[3].n = utf16("<!DOCTYPE x []>" BOOK_SHEET(""), sheet, big);
		assert_int_equal(
		    dump(book_make(part, 4), out, sizeof(out)), -1);
		assert_non_null(strstr(err.text, "DOCTYPE"));
	}
}

/* A broken character costs its cell, wherever a chunk ends. */
static void
test_broken_utf8(void **state)
{
	static const char head[] =
	    "<worksheet xmlns=\"" NS "\"><sheetData><row>"
	    "<c t=\"inlineStr\"><is><t>";
	static const char tail[] =
	    "</t></is></c></row></sheetData></worksheet>";
	char *s, out[64];
	size_t pad, n, want;
	static char big[300000];

	(void)state;
	for (pad = 65520; pad < 65550; pad++) {
		s = big;
		n = (size_t)snprintf(s, sizeof(big), "<!--%*s-->%s",
		    (int)(pad - sizeof(head) - 6), "", head);
		want = n;
		n += (size_t)snprintf(s + n, sizeof(big) - n,
		    "𠮷東\xF0\xA0\xAE"
		    "é\xED\xA0\x80 \xFF%s",
		    tail);
		assert_true(n > want);
		if (dump(book_one(s, NULL, NULL, NULL), out, sizeof(out)) !=
			0 ||
		    strcmp(out,
			"A1=𠮷東\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDé"
			"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD") !=
			0)
			fail_msg("pad %zu: '%s' %s", pad, out, err.text);
	}
}

/* One past each limit. */
static void
test_limits(void **state)
{
	static char big[12000000];
	char out[64];
	size_t n, i;

	(void)state;
	/* X2: 50,000 attributes; 64 are taken. */
	n = (size_t)sprintf(big, "<worksheet xmlns=\"" NS "\"><sheetData>"
				 "<row");
	for (i = 0; i < 50000; i++)
		n += (size_t)sprintf(big + n, " a%zu=\"\"", i);
	sprintf(big + n, "/></sheetData></worksheet>");
	assert_int_equal(
	    dump(book_one(big, NULL, NULL, NULL), out, sizeof(out)), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	assert_non_null(strstr(err.text, "too many attributes"));
	for (i = 64; i <= 65; i++) {
		size_t k;

		n = (size_t)sprintf(big, "<worksheet xmlns=\"" NS "\"");
		for (k = 0; k < i; k++)
			n += (size_t)sprintf(big + n, " a%zu=\"\"", k);
		sprintf(big + n, "/>");
		assert_int_equal(
		    dump(book_one(big, NULL, NULL, NULL), out, sizeof(out)),
		    i == 64 ? 0 : -1);
	}
	/* Nesting. */
	for (i = SEKI_XML_DEPTH; i <= SEKI_XML_DEPTH + 1; i++) {
		size_t k;

		n = (size_t)sprintf(big, "<worksheet xmlns=\"" NS "\">");
		for (k = 1; k < i; k++)
			n += (size_t)sprintf(big + n, "<x>");
		for (k = 1; k < i; k++)
			n += (size_t)sprintf(big + n, "</x>");
		sprintf(big + n, "</worksheet>");
		assert_int_equal(
		    dump(book_one(big, NULL, NULL, NULL), out, sizeof(out)),
		    i == SEKI_XML_DEPTH ? 0 : -1);
	}
	assert_int_equal(err.reason, SEKI_LIMIT);
	/* A cell's text, in UTF-16 units. */
	for (i = SEKI_CELL_MAX; i <= SEKI_CELL_MAX + 1; i++) {
		n = (size_t)sprintf(big,
		    "<worksheet xmlns=\"" NS "\">"
		    "<sheetData><row><c t=\"inlineStr\"><is><t>𠮷");
		memset(big + n, 'x', i - 2);
		n += i - 2;
		sprintf(big + n, "</t></is></c></row></sheetData>"
				 "</worksheet>");
		assert_int_equal(
		    dump(book_one(big, NULL, NULL, NULL), out, sizeof(out)),
		    i == SEKI_CELL_MAX ? 0 : -1);
	}
	assert_int_equal(err.reason, SEKI_LIMIT);
	/* A comment that expat would have to keep whole. */
	n = (size_t)sprintf(big, "<worksheet xmlns=\"" NS "\"><!--");
	memset(big + n, 'x', 9000000);
	sprintf(big + n + 9000000, "--></worksheet>");
	assert_int_equal(
	    dump(book_one(big, NULL, NULL, NULL), out, sizeof(out)), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	assert_non_null(strstr(err.text, "markup"));
	/* An endless text is cut short as well. */
	n = (size_t)sprintf(big, "<worksheet xmlns=\"" NS "\">"
				 "<sheetData><row><c t=\"inlineStr\"><is><t>");
	memset(big + n, 'x', 9000000);
	sprintf(
	    big + n + 9000000, "</t></is></c></row></sheetData></worksheet>");
	assert_int_equal(
	    dump(book_one(big, NULL, NULL, NULL), out, sizeof(out)), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
}

static void
test_strings(void **state)
{
	static const char sst[] =
	    "<sst xmlns=\"" NS "\">"
	    "<si><t/></si><si><r><t> a</t></r><r><rPr/><t>_x0009_b</t></r>"
	    "<rPh sb=\"0\" eb=\"1\"><t>X</t></rPh><phoneticPr/></si>"
	    "<si/><si><t>c&#13;&#10;d</t></si></sst>";
	char out[64];

	(void)state;
	assert_int_equal(
	    dump(book_one(BOOK_SHEET(ROW("<c t=\"s\"><v>0</v></c>"
					 "<c t=\"s\"><v>1</v></c>"
					 "<c t=\"s\"><v>2</v></c>"
					 "<c t=\"s\"><v>3</v></c>")),
		     sst, NULL, NULL),
		out, sizeof(out)),
	    0);
	assert_string_equal(out, "B1= a\tb D1=c\nd");
	assert_int_equal(
	    dump(book_one(NULL, "<x/>", NULL, NULL), out, sizeof(out)), -1);
	assert_non_null(strstr(err.text, "table of strings"));
}

/* Shared strings must be kept in memory: no more than the limit. */
static void
test_many_strings(void **state)
{
	static const char head[] = "<sst xmlns=\"" NS "\">";
	size_t n = sizeof(head) - 1, i;
	char out[64], *s = malloc(SEKI_STRINGS_MAX + (8 << 20));

	(void)state;
	assert_non_null(s);
	memcpy(s, head, n);
	for (i = 0; i < SEKI_STRINGS_MAX / 65536 + 1; i++) {
		n += (size_t)sprintf(s + n, "<si><t>");
		memset(s + n, 'x', 65536);
		n += 65536;
		n += (size_t)sprintf(s + n, "</t></si>");
	}
	sprintf(s + n, "</sst>");
	assert_int_equal(
	    dump(book_one(NULL, s, NULL, NULL), out, sizeof(out)), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	assert_non_null(strstr(err.text, "shared strings"));
	free(s);
}

/* What runs or fetches when a person opens the workbook. */
static void
test_active(void **state)
{
	static const char *const name[] = { "xl/vbaProject.bin",
		"xl/activeX/activeX1.bin", "xl/embeddings/oleObject1.bin",
		"xl/externalLinks/externalLink1.xml", "xl/connections.xml",
		"xl/macrosheets/sheet1.xml" };
	struct book_part part[] = {
		{ .name = "_rels/.rels", .text = BOOK_RELS },
		{ .name = "xl/workbook.xml", .text = BOOK_BOOK },
		{ .name = "xl/_rels/workbook.xml.rels",
		    .text = BOOK_BOOK_RELS },
		{ .text = "<x/>" },
	};
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		part[3].name = name[i];
		assert_int_equal(
		    dump(book_make(part, 4), out, sizeof(out)), -1);
		if (err.reason != SEKI_XLSX ||
		    strstr(err.text, "active content") == NULL)
			fail_msg("%s: %s", name[i], err.text);
	}
}

/* Z8: a sheet of zeros, and one larger than a part may be. */
static void
test_zeros(void **state)
{
	char out[64];
	char *zeros = calloc(1, 300 << 20);
	struct book_part part[] = {
		{ .name = "_rels/.rels", .text = BOOK_RELS },
		{ .name = "xl/workbook.xml", .text = BOOK_BOOK },
		{ .name = "xl/_rels/workbook.xml.rels",
		    .text = RELS(REL(SHEET_REL, "worksheets/sheet1.xml")) },
		{ .name = "xl/worksheets/sheet1.xml",
		    .text = zeros,
		    .n = 300 << 20 },
	};

	(void)state;
	assert_non_null(zeros);
	assert_int_equal(dump(book_make(part, 4), out, sizeof(out)), -1);
	assert_true(err.reason == SEKI_XLSX || err.reason == SEKI_LIMIT);
	free(zeros);
	zeros = malloc(SEKI_PART_MAX + 1);
	assert_non_null(zeros);
	memset(zeros, ' ', SEKI_PART_MAX + 1);
	part[3].text = zeros;
	part[3].n = SEKI_PART_MAX + 1;
	assert_int_equal(dump(book_make(part, 4), out, sizeof(out)), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	free(zeros);
}

static void
test_not_zip(void **state)
{
	int fd = memfd_create("text", 0);

	(void)state;
	assert_int_equal(write(fd, "not a workbook", 14), 14);
	seki_err_clear(&err);
	assert_null(seki_xlsx_open(fd, 0, 14, &err));
	assert_int_equal(err.reason, SEKI_ZIP);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_books),
		cmocka_unit_test(test_doctype),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_broken_utf8),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_many_strings),
		cmocka_unit_test(test_active),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_not_zip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
