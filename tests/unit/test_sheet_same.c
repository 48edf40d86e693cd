#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sheet_pair.h"

/*
 * A workbook in a bundle is the one that the records give.  Whatever somebody
 * who may sign changes in it, so that a program shows something else, is seen,
 * and named.
 */
#define COVER "xl/worksheets/sheet1.xml"
#define RECORDS "xl/worksheets/sheet2.xml"
#define ROWS "xl/worksheets/sheet3.xml"
#define FIELDS_SHEET "xl/worksheets/sheet4.xml"
#define MARKS "xl/worksheets/sheet5.xml"
#define WORKBOOK "xl/workbook.xml"
#define STYLES "xl/styles.xml"

#define SAMPLES 250 /* more than wait for the widths */

static void
records(struct pair *p, unsigned id)
{
	static char n[16];

	(void)snprintf(n, sizeof(n), "%u", id * 1001);
	p->v[TEXT] = value(id % 2 ? "0012" : "山田\n太郎 & <子>");
	p->v[NUMBER] = value(n);
	p->v[DATE] = value("2026-04-01");
	p->v[INSTANT] = value("2026-04-01T00:15:00Z");
	if (id % 10 == 0)
		rows(p, "板", "釘");
}

/* Feeds the records of write() to what takes them; the id of the failure. */
static int
feed(struct pair *p, struct seki_sheet_out *o, unsigned change)
{
	struct seki_record rec = { .kind = SEKI_RECORD_ROW, .v = p->v };
	char id[16];
	unsigned i;

	for (i = 1; i <= SAMPLES; i++) {
		memset(p->v, 0, sizeof(p->v));
		records(p, i);
		if (i == change)
			p->v[TEXT] = value("0013");
		(void)snprintf(id, sizeof(id), "%u", i);
		rec.key = p->v[ID] = value(id);
		if (seki_sheet_put(o, &rec, &err) == -1)
			return -1;
	}
	memset(p->v, 0, sizeof(p->v));
	rec.kind = SEKI_RECORD_HELD;
	rec.key = value("1000");
	return seki_sheet_put(o, &rec, &err);
}

static void
write_book(struct pair *p, const struct seki_manifest *m)
{
	begin(p, m);
	assert_int_equal(feed(p, p->o, 0), 0);
	finish(p);
}

/* fd is closed. */
static int
same(struct pair *p, int fd, const struct seki_manifest *m, unsigned change)
{
	struct seki_sheet_out *o;
	int r = -1;

	seki_err_clear(&err);
	o = seki_sheet_same(fd, 0, book_size(fd), p->s, m, &err);
	if (o != NULL && (r = feed(p, o, change)) == 0)
		r = seki_sheet_end(o, &err);
	else
		seki_sheet_abort(o);
	(void)close(fd);
	return r;
}

/* A copy whose archive others have made, but by our rules: libzip sets flags
 * and times of its own, so the parts are written by our writer. */
static int
again(const char *part, const char *from, const char *to, const char *more)
{
	int fd = memfd_create("book", MFD_CLOEXEC);
	struct seki_out *out = seki_out_fd(fd, "book", &err);
	struct seki_zipout *w = seki_zipout_new(out, &err);
	zip_t *old = zip_open(path, ZIP_RDONLY, NULL);
	zip_int64_t i, count = zip_get_num_entries(old, 0);
	unsigned char sha256[SEKI_SHA256];
	uint64_t size;
	zip_stat_t st;
	zip_file_t *f;
	char *text, *at;
	int changed = part == NULL;

	for (i = 0; i < count; i++) {
		zip_stat_index(old, (zip_uint64_t)i, 0, &st);
		text = calloc(1, st.size + 1000);
		f = zip_fopen_index(old, (zip_uint64_t)i, 0);
		assert_int_equal(zip_fread(f, text, st.size), st.size);
		zip_fclose(f);
		if (part != NULL && strcmp(st.name, part) == 0) {
			if (to == NULL) {
				free(text);
				changed = 1;
				continue;
			}
			at = strstr(text, from);
			if (at == NULL)
				fail_msg("%s: no %s", part, from);
			memmove(at + strlen(to), at + strlen(from),
			    strlen(at + strlen(from)) + 1);
			memcpy(at, to, strlen(to));
			st.size += strlen(to) - strlen(from);
			changed = 1;
		}
		assert_int_equal(
		    seki_zipout_mem(w, st.name, text, st.size, &err), 0);
		free(text);
	}
	if (!changed)
		fail_msg("no part %s", part);
	if (more != NULL)
		assert_int_equal(seki_zipout_mem(w, more, "<x/>", 4, &err), 0);
	assert_int_equal(seki_zipout_end(w, &size, sha256, &err), 0);
	seki_zipout_free(w);
	assert_int_equal(seki_out_commit(out, &err), 0);
	zip_close(old);
	return fd;
}

static const struct {
	const char *part, *from, *to, *more, *text;
} attacks[] = {
	/* Other values, formats that show other values, and what hides. */
	{ RECORDS, "<v>1001</v>", "<v>9001</v>", NULL, "レコード, cell E2" },
	{ RECORDS, "<v>1001</v>", "<f>9001</f><v>1001</v>", NULL, "cell E2" },
	{ RECORDS, "s=\"4\"><v>250250</v>", "s=\"15\"><v>250250</v>", NULL,
	    "cell E251" },
	{ RECORDS, "<t>0012</t>", "<t>0021</t>", NULL, "cell C2" },
	{ RECORDS, "<t>0012</t>", "<t>0012</t><rPh sb=\"0\" eb=\"1\"/>", NULL,
	    "cell C2" },
	{ RECORDS, "<c r=\"C2\"", "<c r=\"Z9\"", NULL, "cell C2" },
	{ RECORDS, "<row r=\"2\">", "<row r=\"2\" ht=\"0\" customHeight=\"1\">",
	    NULL, "row 2" },
	{ RECORDS, "<row r=\"2\">", "<row r=\"2\" hidden=\"1\">", NULL,
	    "row 2" },
	{ RECORDS, "<row r=\"2\">", "<row r=\"2\" zeroHeight=\"1\">", NULL,
	    "row 2" },
	{ RECORDS, "width=\"", "width=\"0.", NULL, "レコード:" },
	{ RECORDS, "<cols>", "<cols><!-- -->", NULL, "レコード:" },
	{ RECORDS, "<sheetViews><sheetView ",
	    "<sheetViews><sheetView showFormulas=\"1\" ", NULL, "レコード:" },
	{ RECORDS, "</sheetData>",
	    "<row r=\"900\"><c r=\"A900\"><v>1</v></c></row></sheetData>", NULL,
	    "レコード" },
	{ RECORDS, "<autoFilter ref=\"A1:L251\"/>",
	    "<autoFilter ref=\"A1:L251\"><filterColumn colId=\"0\"/>"
	    "</autoFilter>",
	    NULL, "レコード" },
	{ RECORDS, "</worksheet>", "<legacyDrawing r:id=\"rId1\"/></worksheet>",
	    NULL, "レコード" },
	{ RECORDS, "</worksheet>", "</worksheet> ", NULL, "レコード" },
	{ RECORDS, "標準\"hard", "標準\"合計 999", NULL, "レコード" },
	{ ROWS, "<t>板</t>", "<t>版</t>", NULL, "明細, cell D2" },
	{ MARKS, "<t>保留</t>", "<t>削除</t>", NULL, "保留・削除, cell B2" },
	{ COVER, "<t>250件</t>", "<t>205件</t>", NULL, "送付票, cell B" },
	{ FIELDS_SHEET, "<t>数値</t>", "<t>金額</t>", NULL, "項目一覧, cell" },
	{ STYLES, "formatCode=\"0.0\"", "formatCode=\"&quot;9&quot;\"", NULL,
	    "styles.xml" },
	{ STYLES, "<sz val=\"10\"/>",
	    "<sz val=\"10\"/><color rgb=\"FFFFFFFF\"/>", NULL, "styles.xml" },
	{ WORKBOOK, "<workbookPr/>", "<workbookPr date1904=\"1\"/>", NULL,
	    "workbook.xml" },
	{ WORKBOOK, "</sheets>",
	    "<sheet name=\"x\" sheetId=\"99\" r:id=\"rId1\"/></sheets>", NULL,
	    "workbook.xml" },
	{ WORKBOOK, "</definedNames>",
	    "<definedName name=\"x\">1</definedName></definedNames>", NULL,
	    "workbook.xml" },
	{ "xl/_rels/workbook.xml.rels", "sheet2.xml", "sheet3.xml", NULL,
	    "workbook.xml.rels" },
	{ "_rels/.rels", "xl/workbook.xml", "xl/styles.xml", NULL, ".rels" },
	{ "docProps/core.xml", "送付票", "送附票", NULL, "core.xml" },
	/* Parts of others, and parts that are gone. */
	{ NULL, NULL, NULL, "xl/vbaProject.bin", "holds more" },
	{ NULL, NULL, NULL, "xl/comments1.xml", "holds more" },
	{ NULL, NULL, NULL, "xl/worksheets/_rels/sheet2.xml.rels",
	    "holds more" },
	{ NULL, NULL, NULL, "xl/worksheets/sheet6.xml", "holds more" },
	{ STYLES, "", NULL, NULL, "is missing" },
	{ MARKS, "", NULL, NULL, "is missing" },
};

static void
test_attacks(void **state)
{
	struct pair p;
	size_t i;
	int r;

	(void)state;
	write_book(&p, NULL);
	if (same(&p, open(path, O_RDONLY), NULL, 0) == -1)
		fail_msg("%s", err.text);
	/* The way the parts lie in the archive is the writer's. */
	if (same(&p, again(NULL, NULL, NULL, NULL), NULL, 0) == -1)
		fail_msg("%s", err.text);
	for (i = 0; i < COUNT(attacks); i++) {
		r = same(&p,
		    again(attacks[i].part, attacks[i].from, attacks[i].to,
			attacks[i].more),
		    NULL, 0);
		if (r != -1 || err.reason != SEKI_VIEW ||
		    strstr(err.text, attacks[i].text) == NULL)
			fail_msg("row %zu: %d %s: %s", i, r,
			    seki_err_word(err.reason), err.text);
	}
	release(&p);
}

/* Other records than the workbook was made from, before and after the widths
 * are known; more of them, fewer; another manifest. */
static void
test_records(void **state)
{
	static const unsigned change[] = { 1, 7, 199, 201, 249 };
	struct seki_manifest *m = seki_manifest_new(&err);
	struct seki_sheet_out *o;
	struct seki_record rec = { .kind = SEKI_RECORD_HELD };
	struct pair p;
	char id[16];
	size_t i;
	int fd;

	(void)state;
	assert_int_equal(seki_manifest_set(&m->title, "教育 & 相談", &err), 0);
	m->created = 1774600000;
	write_book(&p, m);
	if (same(&p, open(path, O_RDONLY), m, 0) == -1)
		fail_msg("%s", err.text);
	for (i = 0; i < COUNT(change); i++) {
		assert_int_equal(
		    same(&p, open(path, O_RDONLY), m, change[i]), -1);
		assert_int_equal(err.reason, SEKI_VIEW);
		(void)snprintf(id, sizeof(id), "%u", change[i]);
		assert_string_equal(err.record, id);
	}
	m->created++;
	assert_int_equal(same(&p, open(path, O_RDONLY), m, 0), -1);
	m->created--;
	m->seq++;
	assert_int_equal(same(&p, open(path, O_RDONLY), m, 0), -1);
	assert_non_null(strstr(err.text, "送付票"));
	m->seq--;
	/* One held record more than it shows. */
	seki_err_clear(&err);
	fd = open(path, O_RDONLY);
	o = seki_sheet_same(fd, 0, book_size(fd), p.s, m, &err);
	assert_int_equal(feed(&p, o, 0), 0);
	rec.key = value("1001");
	if (seki_sheet_put(o, &rec, &err) == 0)
		assert_int_equal(seki_sheet_end(o, &err), -1);
	else
		seki_sheet_abort(o);
	assert_int_equal(err.reason, SEKI_VIEW);
	close(fd);
	seki_manifest_free(m);
	release(&p);
}

/* Any bit of its parts turned: never taken for the same, never worse than
 * refused.  (In the directory some bits mean nothing to anybody.) */
static void
test_bits(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct pair p;
	const unsigned char *end;
	uint64_t x = 1;
	size_t i, n, at;
	int fd;

	(void)state;
	write_book(&p, NULL);
	assert_int_equal(seki_in_slurp(path, 1 << 24, &b, &err), 0);
	end = (const unsigned char *)b.p + b.n - 22;
	n = end[16] | (size_t)end[17] << 8 | (size_t)end[18] << 16;
	for (i = 0; i < 300; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		fd = memfd_create("bits", MFD_CLOEXEC);
		at = (x >> 20) % n;
		b.p[at] ^= (char)(1 << (x >> 60 & 7));
		assert_int_equal(write(fd, b.p, b.n), b.n);
		b.p[at] ^= (char)(1 << (x >> 60 & 7));
		if (same(&p, fd, NULL, 0) == 0)
			fail_msg("byte %zu: nobody saw it", at);
		if (err.reason != SEKI_VIEW && err.reason != SEKI_ZIP &&
		    err.reason != SEKI_LIMIT)
			fail_msg("%s: %s", seki_err_word(err.reason), err.text);
	}
	seki_buf_free(&b);
	release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacks),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_bits),
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
