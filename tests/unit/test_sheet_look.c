#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sheet_pair.h"

/* How a sheet looks: what seki-workbook(5) says of widths, heights, header. */
#define RECORDS "xl/worksheets/sheet2.xml"

/* The part as text; the caller frees. */
static char *
part(const char *name)
{
	zip_t *z = zip_open(path, ZIP_RDONLY, NULL);
	zip_file_t *f;
	zip_stat_t st;
	char *text;

	assert_non_null(z);
	assert_int_equal(zip_stat(z, name, 0, &st), 0);
	text = calloc(1, st.size + 1);
	assert_non_null(text);
	f = zip_fopen(z, name, 0);
	assert_int_equal(zip_fread(f, text, st.size), st.size);
	zip_fclose(f);
	zip_close(z);
	return text;
}

static void
has(const char *text, const char *what, int yes, const char *where)
{
	if ((strstr(text, what) != NULL) != yes)
		fail_msg("%s: %s%s", where, yes ? "no " : "", what);
}

/* Width of a column of レコード, from 1. */
static int
width(const char *text, int col)
{
	char from[32];
	const char *at;

	(void)snprintf(from, sizeof(from), "<col min=\"%d\"", col);
	assert_non_null(at = strstr(text, from));
	assert_non_null(at = strstr(at, "width=\""));
	return atoi(at + 7);
}

#define WIDE "あいうえおかきくけこさしすせそ"

/*
 * Records 1 to n-1 hold a text of size bytes, the nth a wide title: it counts
 * only while the records before weigh less than 4 MiB and are fewer than 200.
 */
static void
test_sample(void **state)
{
	/* key, 13 values: 14 times 32, 1 for $id and 1 to 3 for the key */
	static const struct {
		unsigned n;
		size_t size;
		int counts;
	} row[] = { { 200, 1, 1 }, { 201, 1, 0 }, { 4, SEKI_VALUE_MAX, 1 },
		{ 5, SEKI_VALUE_MAX, 0 },
		/* Two that miss the limit by one byte, and meet it. */
		{ 5, SEKI_VALUE_MAX - 14 * 32 - 3, 1 },
		{ 5, SEKI_VALUE_MAX - 14 * 32 - 2, 0 } };
	static char big[SEKI_VALUE_MAX + 1];
	struct pair p;
	unsigned k;
	size_t i;
	char *text;

	(void)state;
	memset(big, 'x', SEKI_VALUE_MAX);
	for (i = 0; i < COUNT(row); i++) {
		begin(&p, NULL);
		for (k = 1; k < row[i].n; k++) {
			p.v[LINES] = value(big);
			p.v[LINES].n = row[i].size;
			put(&p, k, SEKI_RECORD_ROW);
		}
		p.v[TEXT] = value(WIDE);
		put(&p, k, SEKI_RECORD_ROW);
		finish(&p);
		text = part(RECORDS);
		if ((width(text, 3) == 30) != row[i].counts)
			fail_msg("row %zu: width %d", i, width(text, 3));
		free(text);
		release(&p);
	}
}

/* Tables weigh too: a row is its id and its values. */
static void
test_sample_rows(void **state)
{
	static struct seki_row many[SEKI_ROWS_MAX];
	static struct seki_value none[3];
	struct pair p;
	char *text;
	size_t i, n;
	int full;

	(void)state;
	for (i = 0; i < COUNT(many); i++)
		many[i] = (struct seki_row){ .id = value("1"), .v = none };
	for (full = 0; full < 2; full++) {
		/* 129 bytes a row: two records' rows reach 4 MiB. */
		n = (4 * SEKI_MIB / 2 - 14 * 32 - 2) / (4 * 32 + 1) +
		    (size_t)full;
		begin(&p, NULL);
		for (i = 1; i <= 2; i++) {
			p.v[TABLE].set = 1;
			p.v[TABLE].nrow = n;
			p.v[TABLE].row = many;
			put(&p, (unsigned)i, SEKI_RECORD_ROW);
		}
		p.v[TEXT] = value(WIDE);
		put(&p, 3, SEKI_RECORD_ROW);
		finish(&p);
		text = part(RECORDS);
		assert_int_equal(width(text, 3), full ? 7 : 30);
		free(text);
		release(&p);
	}
}

/* A number widens its column whenever it comes, up to the end of a sheet. */
static void
test_number(void **state)
{
	struct pair p;
	unsigned k;
	char *text;

	(void)state;
	begin(&p, NULL);
	for (k = 1; k <= 250; k++) {
		p.v[NUMBER] = value(k == 250 ? "-0.000000000000001" : "1");
		put(&p, k, SEKI_RECORD_ROW);
	}
	finish(&p);
	text = part(RECORDS);
	assert_int_equal(width(text, 5), 21);
	free(text);
	release(&p);
}

/* A key is as narrow in レコード as in all lists, whatever its type. */
static void
test_key(void **state)
{
	struct seki_schema *s = seki_schema_new("key", "a", &err);
	struct seki_value v[2] = { value(WIDE WIDE), value(WIDE WIDE) };
	struct seki_record rec = { .key = v[0], .v = v };
	struct seki_sheet_out *o;
	char *text;

	(void)state;
	field(s, NULL, "a", SEKI_T_MULTI_LINE_TEXT, 0);
	field(s, NULL, "b", SEKI_T_MULTI_LINE_TEXT, 0);
	assert_int_equal(seki_schema_finish(s, &err), 0);
	assert_non_null(o = create(s, NULL));
	assert_int_equal(seki_sheet_put(o, &rec, &err), 0);
	assert_int_equal(end_sheet(o), 0);
	text = part(RECORDS);
	assert_int_equal(width(text, 1), 30);
	assert_int_equal(width(text, 2), 46);
	free(text);
	seki_schema_free(s);
}

/* A text, and the row it stands in; its column is 30 wide and 28 have room. */
static const struct {
	const char *text, *row;
} heights[] = {
	{ "x", "<row r=\"3\"><" },
	{ "abcdefghijklmnopqrstuvwxyz12", "<row r=\"3\"><" },
	{ "abcdefghijklmnopqrstuvwxyz123", "ht=\"29\"" },
	{ "あいうえおかきくけこさしすせ", "<row r=\"3\"><" },
	{ "あいうえおかきくけこさしすせx", "ht=\"29\"" },
	{ "a\nb\nc", "ht=\"42.5\"" },
	/* Variation selectors have no width, however many there are. */
	{ "x\nあ\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80"
	  "\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80",
	    "ht=\"29\"" },
	{ "\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8"
	  "\x80\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80\xEF\xB8\x80",
	    "<row r=\"3\"><" },
	{ "a\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nb",
	    "ht=\"409\"" },
};

static void
test_heights(void **state)
{
	struct pair p;
	char *text, *at;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(heights); i++) {
		begin(&p, NULL);
		p.v[TEXT] = value(WIDE);
		put(&p, 1, SEKI_RECORD_ROW);
		p.v[TEXT] = value(heights[i].text);
		put(&p, 2, SEKI_RECORD_ROW);
		finish(&p);
		text = part(RECORDS);
		assert_non_null(at = strstr(text, "<row r=\"3\""));
		at[60] = '\0';
		has(at, heights[i].row, 1, at);
		free(text);
		release(&p);
	}
}

#define HEADER "<oddHeader>&amp;L&amp;9&amp;\"BIZ UDゴシック,標準\""

static const struct {
	const char *title, *header;
} titles[] = {
	{ "", HEADER "hard&amp;R&amp;9&amp;\"" },
	/* Digits are not the size of the letters. */
	{ "2026年度 & <相談>",
	    HEADER "2026年度 &amp;&amp; &lt;相談&gt;&amp;R" },
	/* Forty letters, however long. */
	{ "𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷"
	  "𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷&x",
	    "𠮷&amp;&amp;&amp;R" },
};

static void
test_header(void **state)
{
	struct seki_manifest *m = seki_manifest_new(&err);
	struct pair p;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(titles); i++) {
		assert_int_equal(
		    seki_manifest_set(&m->title, titles[i].title, &err), 0);
		begin(&p, m);
		put(&p, 1, SEKI_RECORD_ROW);
		finish(&p);
		text = part(RECORDS);
		has(text, titles[i].header, 1, "レコード");
		free(text);
		release(&p);
	}
	seki_manifest_free(m);
}

#define VECTOR "tests/data/view/"

static void
write_vector(struct seki_manifest *m)
{
	struct seki_sheet_out *o;
	struct seki_stream_in *s;
	struct seki_record *rec;
	struct seki_in *f;
	int r;

	seki_err_clear(&err);
	f = seki_in_file(VECTOR "records.jsonl", 0, &err);
	s = f == NULL ? NULL : seki_stream_open(f, &err);
	assert_non_null(s);
	assert_non_null(o = create(seki_stream_schema(s), m));
	while ((r = seki_stream_next(s, &rec, &err)) == 1)
		assert_int_equal(seki_sheet_put(o, rec, &err), 0);
	if (r == -1 || end_sheet(o) == -1)
		fail_msg("%s", err.text);
	seki_stream_free(s);
}

/* The published vector: every part is what the second implementation says. */
static void
test_vector(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_manifest *m;
	struct seki_sha256 sha;
	unsigned char digest[SEKI_SHA256];
	char hex[SEKI_HEX], *text, *line, *save;
	size_t n = 0;
	zip_t *z;

	(void)state;
	assert_int_equal(
	    seki_in_slurp(VECTOR "manifest.json", 65536, &b, &err), 0);
	assert_non_null(m = seki_manifest_parse(b.p, b.n, &err));
	write_vector(m);
	seki_manifest_free(m);
	seki_buf_reset(&b);
	assert_int_equal(
	    seki_in_slurp(VECTOR "parts.sha256", 65536, &b, &err), 0);
	assert_int_equal(seki_sha256_init(&sha, &err), 0);
	for (line = strtok_r(b.p, "\n", &save); line != NULL; n++) {
		text = part(line + SEKI_HEX + 1);
		seki_sha256_restart(&sha);
		seki_sha256_add(&sha, text, strlen(text));
		seki_sha256_end(&sha, digest);
		seki_text_hex(digest, sizeof(digest), hex);
		if (strncmp(line, hex, SEKI_HEX - 1) != 0)
			fail_msg("%s: %s", line, hex);
		free(text);
		line = strtok_r(NULL, "\n", &save);
	}
	z = zip_open(path, ZIP_RDONLY, NULL);
	assert_int_equal(zip_get_num_entries(z, 0), n);
	zip_close(z);
	assert_true(n > 10);
	seki_sha256_free(&sha);
	seki_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_sample_rows),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_heights),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_vector),
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
