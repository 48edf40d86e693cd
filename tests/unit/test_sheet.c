#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "sheet_pair.h"

/* Values that somebody on the way likes to change. */
static const char *const texts[] = { "東京都", "a\r\nb\rc", "a\n", "\n", "  x",
	" ", "　", "　東　", "a\tb", "a_x000D_b", "_x000D_x000D_", "␛",
	"␛{LONG}", "␛{41}", "=1+1", "@x", "0012", "+81", "-5", "42", "1e5",
	"1/2", "TRUE", "#N/A", "NaN", "Infinity", "2026-04-01", "'x",
	"\x01\x1F\x7F", "\xC2\x80\xC2\x9F", "\xEF\xBB\xBFx",
	"\xEF\xBF\xBE\xEF\xBF\xBF", "\xEF\xBF\xBD",
	"𠮷葛󠄀🏫ｶﾞ\xE2\x80\x8D", "か\xE3\x82\x99", "<&>\"]]>",
	"a\n\n\nb", "a  b", "\xE2\x80\xAEx", "null", "http://example.lg.jp/",
	"東\xE2\x80\xA8京", "％" };
static const char *const numbers[] = { "0", "-1", "0.1", "0.3", "1234567.25",
	"12345678901", "123456789012345", "1234567890123456",
	"123456789012345678901234567890", "0.0000001", "0.000000000000001",
	"0.0000000000000001", "999999999999999", "1000000000000000",
	"-0.000123", "99999.999999999", "8.0000000000001" };
static const char *const dates[] = { "2019-05-01", "1900-02-28", "0001-01-01",
	"9999-12-31", "1868-10-23" };
static const char *const times[] = { "00:00", "23:59", "09:15:30", "09:15:00" };
static const char *const instants[] = { "2026-03-31T15:30:00Z",
	"2026-12-31T15:00:01Z", "9999-12-31T23:59:59Z", "1969-12-31T23:59:00Z",
	"0001-01-01T00:00:00Z" };
static const char *const durations[] = { "49:30", "-1:05", "00:00", "1000:59" };
static const char *const choices[] = { "甲", "甲\n乙", "a␛{A}b\n␛{}", "␛{}",
	" a\nb " };
static const char *const users[] = { "佐藤 花子 <sato.k>",
	"名 <x> <a␛{3C}b>>\n <guest/g@example.com>" };
static const char *const files[] = {
	"現況 <1>.jpg <248913 - image/jpeg>",
	"b.pdf <0 "
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
	"5>",
};
#define PICK(list, i) value(list[(i) % (sizeof(list) / sizeof(list[0]))])

static void
put_hard(struct pair *p, unsigned first)
{
	unsigned i;

	for (i = 0; i < COUNT(texts); i++) {
		p->v[REVISION] = value("3");
		p->v[TEXT] = PICK(texts, i);
		p->v[LINES] = PICK(texts, i + 7);
		p->v[NUMBER] = PICK(numbers, i);
		p->v[DATE] = PICK(dates, i);
		p->v[TIME] = PICK(times, i);
		p->v[INSTANT] = PICK(instants, i);
		p->v[DURATION] = PICK(durations, i);
		p->v[CHOICES] = PICK(choices, i);
		p->v[USERS] = PICK(users, i);
		p->v[FILES] = PICK(files, i);
		if (i % 3 == 0)
			rows(p, texts[i], i % 2 ? "" : "=1+1");
		put(p, first + 2 * i, SEKI_RECORD_ROW);
		if (i % 10 == 3)
			put(p, first + 2 * i + 1,
			    i % 20 == 3 ? SEKI_RECORD_HELD
					: SEKI_RECORD_DELETED);
	}
	/* All of it empty. */
	put(p, first + 2 * i, SEKI_RECORD_ROW);
}

static void
test_hard(void **state)
{
	struct pair p;

	(void)state;
	begin(&p, NULL);
	put_hard(&p, 1);
	finish(&p);
	same_root(&p);
	release(&p);
}

/* Texts that one cell cannot hold, in records and in rows, and enough of all
 * that the workbook is written in constant memory. */
static void
test_long(void **state)
{
	static const char *const unit[] = { "x", "東", "𠮷", "\t", "a\n", "␛",
		"_x000D_", " " };
	static char big[SEKI_VALUE_MAX + 1], list[200000];
	size_t n, i;
	struct pair p;

	(void)state;
	begin(&p, NULL);
	put_hard(&p, 1);
	for (i = 0; i < COUNT(unit); i++) {
		for (n = 0; n + strlen(unit[i]) < sizeof(big);)
			n += (size_t)sprintf(big + n, "%s", unit[i]);
		p.v[LINES] = value(big);
		p.v[LINES].n = i == 0	? SEKI_CELL_MAX
			       : i == 1 ? 3 * (SEKI_CELL_MAX + 1)
					: n;
		p.v[TEXT] = p.v[LINES];
		rows(&p, "y", "z");
		p.row[i % 2][0] = p.v[LINES];
		put(&p, 1001 + (unsigned)i, SEKI_RECORD_ROW);
	}
	for (n = 0, i = 0; i < 5000; i++)
		n += (size_t)sprintf(
		    list + n, "%s佐藤 花子 <sato%zu>", i == 0 ? "" : "\n", i);
	p.v[USERS] = value(list);
	put(&p, 2000, SEKI_RECORD_ROW);
	finish(&p);
	same_root(&p);
	release(&p);
}

/* One record more than a sheet holds, and one table row. */
static void
test_sheets(void **state)
{
	struct pair p;
	unsigned i;
	zip_t *z;

	(void)state;
	begin(&p, NULL);
	for (i = 1; i <= SEKI_SHEET_RECORDS + 1; i++) {
		p.v[TEXT] = value("x");
		if (i % 2 == 0)
			rows(&p, "a", "b");
		if (i == SEKI_SHEET_RECORDS + 1)
			rows(&p, "a", "b");
		put(&p, i, SEKI_RECORD_ROW);
	}
	finish(&p);
	same_root(&p);
	assert_int_equal(p.proof.rows[0], SEKI_SHEET_RECORDS + 2);
	z = zip_open(path, ZIP_RDONLY, NULL);
	/* Cover, records, rows, fields, and a second one for two of them. */
	assert_true(zip_name_locate(z, "xl/worksheets/sheet6.xml", 0) >= 0);
	assert_true(zip_name_locate(z, "xl/worksheets/sheet7.xml", 0) == -1);
	zip_close(z);
	release(&p);
}

/* A sheet ends as well before its XML passes what the reader takes. */
static void
test_xml_size(void **state)
{
	static char big[SEKI_VALUE_MAX + 1];
	struct pair p;
	zip_stat_t st;
	unsigned i;
	zip_t *z;

	(void)state;
	memset(big, 'x', SEKI_VALUE_MAX);
	begin(&p, NULL);
	for (i = 1; i <= 390; i++) {
		p.v[LINES] = value(big);
		put(&p, i, SEKI_RECORD_ROW);
	}
	finish(&p);
	z = zip_open(path, ZIP_RDONLY, NULL);
	for (i = 0; i < zip_get_num_entries(z, 0); i++) {
		assert_int_equal(zip_stat_index(z, i, 0, &st), 0);
		assert_true(st.size < SEKI_PART_MAX);
	}
	/* Cover, records, rows, fields, and two of long texts. */
	assert_true(zip_name_locate(z, "xl/worksheets/sheet6.xml", 0) >= 0);
	zip_close(z);
	same_root(&p);
	release(&p);
}

static void
slurp(struct seki_buf *b)
{
	seki_buf_reset(b);
	assert_int_equal(seki_in_slurp(path, 1 << 26, b, &err), 0);
}

static void
test_same_bytes(void **state)
{
	struct seki_buf a = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	struct pair p;
	int big, i;

	(void)state;
	for (big = 0; big < 2; big++) {
		for (i = 0; i < 2; i++) {
			begin(&p, NULL);
			put_hard(&p, 1);
			if (big)
				for (i = 0; i < 9000; i++)
					put(&p, 1000 + (unsigned)i,
					    SEKI_RECORD_ROW);
			i = i != 0;
			finish(&p);
			release(&p);
			slurp(a.n == 0 ? &a : &b);
			if (b.n != 0)
				break;
		}
		if (b.n == 0)
			slurp(&b);
		assert_int_equal(a.n, b.n);
		assert_memory_equal(a.p, b.p, a.n);
		seki_buf_reset(&a);
		seki_buf_reset(&b);
	}
	seki_buf_free(&a);
	seki_buf_free(&b);
}

/* Forms that are hard to lay out: equal labels, labels that are our own heads,
 * names no sheet may have, a key that is not $id. */
static void
test_labels(void **state)
{
	static const struct {
		const char *code, *label;
		enum seki_type type;
	} f[] = { { "a", "同じ", SEKI_T_SINGLE_LINE_TEXT },
		{ "b", "同じ", SEKI_T_NUMBER },
		{ "c", "同じ（2）", SEKI_T_DATE },
		{ "d", "", SEKI_T_SINGLE_LINE_TEXT },
		{ "e", " 端 ", SEKI_T_SINGLE_LINE_TEXT },
		{ "f", "日時", SEKI_T_DATETIME },
		{ "g", "日時（日本時間）", SEKI_T_SINGLE_LINE_TEXT },
		{ "t1", "レコード", SEKI_T_SUBTABLE },
		{ "t2", "[a]:*?/\\b(2)'", SEKI_T_SUBTABLE },
		{ "t3", "AB", SEKI_T_SUBTABLE },
		{ "t4", "ab", SEKI_T_SUBTABLE }, { "t5", "", SEKI_T_SUBTABLE },
		{ "t6",
		    "とても長いテーブルの名前で三十一文字を超えてしまうもの一",
		    SEKI_T_SUBTABLE },
		{ "t7",
		    "とても長いテーブルの名前で三十一文字を超えてしまうもの二",
		    SEKI_T_SUBTABLE } };
	struct seki_schema *s = seki_schema_new("odd", "a", &err);
	struct seki_value v[COUNT(f)], row_v[2];
	struct seki_row row = { .v = row_v };
	struct seki_record rec = { .v = v };
	struct seki_proof p, q;
	struct seki_sheet_out *o;
	struct seki_canon *c;
	size_t i;

	(void)state;
	memset(v, 0, sizeof(v));
	memset(row_v, 0, sizeof(row_v));
	for (i = 0; i < COUNT(f); i++)
		assert_non_null(seki_schema_add(
		    s, NULL, f[i].code, f[i].label, f[i].type, 0, &err));
	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE) {
			assert_non_null(seki_schema_add(s, &s->field[i], "x",
			    "行番号", SEKI_T_SINGLE_LINE_TEXT, 0, &err));
			assert_non_null(seki_schema_add(s, &s->field[i], "y",
			    "同じ", SEKI_T_NUMBER, 0, &err));
			v[i].set = 1;
			v[i].nrow = 1;
			v[i].row = &row;
		}
	assert_int_equal(seki_schema_finish(s, &err), 0);
	rec.key = v[0] = value("キー");
	v[1] = value("5");
	v[5] = value("2026-04-01T00:15:00Z");
	v[6] = value("g");
	row.id = value("9");
	row_v[0] = value("r");
	row_v[1] = value("1");
	(void)unlink(path);
	seki_err_clear(&err);
	o = create(s, NULL);
	c = seki_canon_new(s, &err);
	assert_int_equal(seki_canon_add(c, &rec, NULL, &err), 0);
	assert_int_equal(seki_canon_end(c, &p, &err), 0);
	assert_int_equal(seki_sheet_put(o, &rec, &err), 0);
	if (end_sheet(o) == -1 ||
	    read_fd(open(path, O_RDONLY), s, NULL, &q) == -1)
		fail_msg("%s", err.text);
	assert_memory_equal(q.root, p.root, SEKI_SHA256);
	seki_canon_free(c);
	seki_schema_free(s);
}

/* The streams of the second implementation: each as a workbook and back. */
static int
through(const char *stream, struct seki_proof *in, struct seki_proof *out)
{
	struct seki_sheet_out *o = NULL;
	struct seki_stream_in *s = NULL;
	struct seki_record *rec;
	struct seki_in *f;
	int r = -1;

	seki_err_clear(&err);
	(void)unlink(path);
	if ((f = seki_in_file(stream, 0, &err)) != NULL &&
	    (s = seki_stream_open(f, &err)) != NULL)
		o = create(seki_stream_schema(s), NULL);
	while (o != NULL && (r = seki_stream_next(s, &rec, &err)) == 1)
		if (seki_sheet_put(o, rec, &err) == -1) {
			r = -1;
			break;
		}
	if (r == 0) {
		*in = *seki_stream_proof(s);
		r = end_sheet(o);
	} else
		abort_sheet(o);
	if (r == 0 && out != NULL)
		r = read_fd(
		    open(path, O_RDONLY), seki_stream_schema(s), NULL, out);
	seki_stream_free(s);
	return r;
}

static void
test_vectors(void **state)
{
	struct seki_proof in, out;
	struct dirent *d;
	char name[512];
	size_t n = 0;
	DIR *data = opendir("tests/data/root");

	(void)state;
	assert_non_null(data);
	while ((d = readdir(data)) != NULL) {
		if (strstr(d->d_name, ".jsonl") == NULL ||
		    strncmp(d->d_name, "bad-", 4) == 0)
			continue;
		(void)snprintf(
		    name, sizeof(name), "tests/data/root/%s", d->d_name);
		if (through(name, &in, &out) == -1)
			fail_msg("%s: %s", name, err.text);
		if (memcmp(in.root, out.root, SEKI_SHA256) != 0)
			fail_msg("%s: another root", name);
		n++;
	}
	closedir(data);
	assert_true(n >= 8);
}

/* Nothing is left: no file, no descriptor, when a workbook is given up. */
static void
test_abort(void **state)
{
	struct pair p;
	int fd = dup(0), after;
	unsigned i;

	(void)state;
	close(fd);
	begin(&p, NULL);
	abort_sheet(p.o);
	release(&p);
	begin(&p, NULL);
	for (i = 1; i < 60000; i++) {
		p.v[TEXT] = value("x");
		p.v[NUMBER] = value("1");
		put(&p, i, SEKI_RECORD_ROW);
	}
	abort_sheet(p.o);
	release(&p);
	assert_int_equal(unlink(path), 0);
	after = dup(0);
	close(after);
	assert_int_equal(after, fd);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	/* A folder that is not there; a value that is no text. */
	begin(&p, NULL);
	seki_sheet_abort(p.o);
	assert_null(
	    seki_sheet_create(out_fd, p.s, NULL, press, "/nonexistent", &err));
	assert_int_equal(seki_err_status(err.reason), 74);
	closed();
	release(&p);
	begin(&p, NULL);
	p.v[TEXT] = value("\xFF");
	put(&p, 1, SEKI_RECORD_ROW);
	assert_int_equal(end_sheet(p.o), -1);
	assert_int_equal(err.reason, SEKI_TEXT);
	assert_string_equal(err.field, "件名");
	release(&p);
}

/* No room for a part, or for the whole: the end fails, and says so. */
static void
test_no_room(void **state)
{
	static const struct {
		unsigned records;
		rlim_t room;
		int fits;
	} row[] = { { 20, 0, 0 }, { 20, 1000, 0 }, { 20, 8192, 0 },
		{ 2000, 60000, 0 }, { 30000, 100000, 0 }, { 30000, 200000, 0 },
		{ 30000, 1 << 23, 1 } };
	struct rlimit old, now;
	struct seki_proof q;
	struct pair p;
	size_t i;
	unsigned k;
	int r;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	for (i = 0; i < COUNT(row); i++) {
		begin(&p, NULL);
		now = old;
		now.rlim_cur = row[i].room;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
		for (k = 1; k <= row[i].records; k++) {
			p.v[TEXT] = value("あいうえおかきくけこさしすせそ");
			p.v[LINES] = value("たちつてとなにぬねのはひふへほ");
			put(&p, k, SEKI_RECORD_ROW);
		}
		seki_err_clear(&err);
		r = end_sheet(p.o);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
		if ((r == 0) != row[i].fits)
			fail_msg("row %zu: nobody saw it", i);
		if (r == -1 && seki_err_status(err.reason) != 74)
			fail_msg("row %zu: %s", i, err.text);
		if (r == 0)
			assert_int_equal(
			    read_fd(open(path, O_RDONLY), p.s, NULL, &q), 0);
		release(&p);
	}
}

/*
 * For workbook.bats: --write STREAM WORKBOOK and --read STREAM WORKBOOK print
 * the root.
 */
static int
tool(char **argv)
{
	struct seki_proof out;
	char hex[SEKI_HEX];
	struct seki_stream_in *s;
	struct seki_in *f;
	int r;

	if (strcmp(argv[1], "--write") == 0) {
		(void)snprintf(path, sizeof(path), "%s", argv[3]);
		r = through(argv[2], &out, NULL);
	} else {
		f = seki_in_file(argv[2], 0, &err);
		s = f == NULL ? NULL : seki_stream_open(f, &err);
		r = s == NULL ? -1
			      : read_fd(open(argv[3], O_RDONLY),
				    seki_stream_schema(s), NULL, &out);
		seki_stream_free(s);
	}
	if (r == -1) {
		printf("%s %s %s %s\n", seki_err_word(err.reason), err.record,
		    err.field, err.text);
		return seki_err_status(err.reason);
	}
	seki_text_hex(out.root, sizeof(out.root), hex);
	printf("%s\n", hex);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hard),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_sheets),
		cmocka_unit_test(test_xml_size),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_no_room),
	};
	int r;

	if (mkdtemp(dir) == NULL)
		return 1;
	if (argc == 4)
		r = tool(argv);
	else {
		(void)snprintf(path, sizeof(path), "%s/book.xlsx", dir);
		r = cmocka_run_group_tests(tests, NULL, NULL);
		(void)unlink(path);
	}
	(void)rmdir(dir);
	return r;
}
