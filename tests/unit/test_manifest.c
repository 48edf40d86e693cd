#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "seki_int.h"

/* The published example of seki-bundle(5), MANIFEST. */
#define VECTOR "tests/data/bundle/manifest.json"

#define HEX(c)                                                                 \
	c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c  \
	    c c c c c c c c c c c c c c c c c c c c c c c c c c c c c
#define A64 HEX("a")
#define FOUR(a) a "," a "," a "," a
#define SIXTEEN FOUR(FOUR("\"" A64 "\""))

static struct seki_buf vector = SEKI_BUF_INIT;

static int
setup(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	return seki_in_slurp(VECTOR, SEKI_MANIFEST_MAX, &vector, &err);
}

static int
teardown(void **state)
{
	(void)state;
	seki_buf_free(&vector);
	return 0;
}

/* The vector with the first FROM replaced by TO. */
static void
replaced(struct seki_buf *buf, const char *from, const char *to)
{
	struct seki_err err = SEKI_ERR_INIT;
	const char *at = strstr(vector.p, from);

	if (at == NULL)
		fail_msg("the vector does not hold %s", from);
	else if (seki_buf_add(buf, vector.p, (size_t)(at - vector.p), &err) ==
		     -1 ||
		 seki_buf_str(buf, to, &err) == -1 ||
		 seki_buf_str(buf, at + strlen(from), &err) == -1)
		fail_msg("memory");
}

static void
test_vector(void **state)
{
	struct seki_buf again = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_manifest *m;

	(void)state;
	m = seki_manifest_parse(vector.p, vector.n, &err);
	if (m == NULL)
		fail_msg("%s: %s", seki_err_word(err.reason), err.text);
	assert_string_equal(m->org, "012041");
	assert_string_equal(m->stream, "soudan");
	assert_string_equal(m->source.domain, "example.cybozu.com");
	assert_string_equal(m->title, "相談記録");
	assert_int_equal(m->seq, 2);
	assert_int_equal(strlen(m->prev), 64);
	assert_int_equal(m->created, 1775002500);
	assert_int_equal(m->next_by, 1775600000 - 1775600000 % 60);
	assert_int_equal(m->records, 1234);
	assert_int_equal(m->root[0], 0x5f);
	assert_int_equal(m->schema[31], 0x77);
	assert_int_equal(m->nfile, 2);
	assert_string_equal(m->file[1].role, "view");
	assert_int_equal(m->file[1].size, 96120);
	assert_int_equal(m->nnote, 1);
	assert_string_equal(m->note[0], "kakari");
	assert_int_equal(m->test, 1);
	assert_int_equal(seki_manifest_format(m, &again, &err), 0);
	assert_int_equal(again.n, vector.n);
	assert_memory_equal(again.p, vector.p, vector.n);
	seki_manifest_free(m);
	seki_buf_free(&again);
}

#define SET63 "00000000000000000000000000000000000000000000000000000000000000a"
#define SET "0" SET63

/* One fault a row. */
static const struct {
	const char *from, *to;
	enum seki_reason reason;
	const char *text; /* part of the message */
} rows[] = {
	/* J1, J2: the form */
	{ "\"seq\":2", "\"seq\":2,\"seq\":2", SEKI_MANIFEST, "stands twice" },
	{ "\"seq\":2", "\"seq\":2,\"\\u0073eq\":2", SEKI_MANIFEST, "twice" },
	{ "\"seq\":2", "\"seq\": 2", SEKI_MANIFEST, "canonical form at byte" },
	{ "\"seq\":2", "\"seq\":2.0", SEKI_MANIFEST, "canonical form at byte" },
	{ "\"seq\":2", "\"seq\":2e0", SEKI_MANIFEST, "canonical form at byte" },
	{ "\"seq\":2", "\"seq\":-2", SEKI_MANIFEST, "canonical form at byte" },
	{ "\"seq\":2", "\"seq\":null", SEKI_MANIFEST, "canonical form" },
	{ "\"seq\":2", "\"seq\":9007199254740992", SEKI_MANIFEST, "canonical" },
	{ "\"seq\":2", "\"seq\":99999999999999999999", SEKI_MANIFEST,
	    "too large" },
	{ "{\"approval\"", "\xEF\xBB\xBF{\"approval\"", SEKI_MANIFEST, "byte" },
	{ "{\"approval\"", " {\"approval\"", SEKI_MANIFEST, "at byte 0" },
	{ "example.cybozu.com", "example\\u002ecybozu.com", SEKI_MANIFEST,
	    "canonical" },
	{ "data/records", "data\\/records", SEKI_MANIFEST, "canonical" },
	{ "相談記録", "\\u76f8談記録", SEKI_MANIFEST, "canonical" },
	{ "相談記録", "\\ud800", SEKI_MANIFEST, "manifest.json" },
	{ "相談記録", "\\u0000", SEKI_MANIFEST, "U+0000" },
	{ "相談記録", "\xC0\xAF", SEKI_MANIFEST, "UTF-8" },
	/* format and keys */
	{ "seki-bundle/1", "seki-bundle/2", SEKI_MANIFEST, "newer seki" },
	{ "seki-bundle/1", "seki-bundle/10", SEKI_MANIFEST, "newer seki" },
	{ "seki-bundle/1", "other/1", SEKI_MANIFEST, "not a bundle of seki" },
	{ "\"format\":\"seki-bundle/1\"", "\"format\":1", SEKI_MANIFEST,
	    "not a bundle of seki" },
	{ "\"format\":\"seki-bundle/1\",", "", SEKI_MANIFEST,
	    "not a bundle of seki" },
	{ "\"seq\":2", "\"seq\":2,\"seqq\":2", SEKI_MANIFEST, "unknown key" },
	{ "\"n\":1", "\"n\":1,\"o\":1", SEKI_MANIFEST, "unknown key" },
	{ "\"alg\"", "\"al\":1,\"alg\"", SEKI_MANIFEST, "unknown key" },
	{ "\"by\":\"\"", "\"by\":\"\",\"c\":1", SEKI_MANIFEST, "unknown key" },
	{ "\"domain\"", "\"dom\":1,\"domain\"", SEKI_MANIFEST, "unknown key" },
	{ "\"name\":\"data", "\"n\":1,\"name\":\"data", SEKI_MANIFEST,
	    "unknown key" },
	{ "\"seq\":2,", "", SEKI_MANIFEST, "\"seq\" is missing" },
	{ "\"held\":3,", "", SEKI_MANIFEST, "\"held\" is missing" },
	{ "\"notes\":{\"kakari\":\"学務\"},", "", SEKI_MANIFEST, "notes" },
	{ "\"recipients\":[],", "", SEKI_MANIFEST, "recipients" },
	{ "seki-root-1", "seki-root-2", SEKI_MANIFEST, "alg" },
	/* types */
	{ "\"seq\":2", "\"seq\":\"2\"", SEKI_MANIFEST, "\"seq\"" },
	{ "\"seq\":2", "\"seq\":true", SEKI_MANIFEST, "\"seq\"" },
	{ "\"test\":true", "\"test\":1", SEKI_MANIFEST, "\"test\"" },
	{ "\"org\":\"012041\"", "\"org\":12041", SEKI_MANIFEST, "\"org\"" },
	{ "\"recipients\":[]", "\"recipients\":{}", SEKI_MANIFEST, "recip" },
	{ "\"recipients\":[]", "\"recipients\":[1]", SEKI_MANIFEST, "recip" },
	{ "\"kakari\":\"学務\"", "\"kakari\":1", SEKI_MANIFEST, "notes" },
	{ "\"notes\":{\"kakari\":\"学務\"}", "\"notes\":[]", SEKI_MANIFEST,
	    "notes" },
	/* values */
	{ "012041", "012042", SEKI_MANIFEST, "\"org\"" },
	{ "012041", "01204", SEKI_MANIFEST, "\"org\"" },
	{ "\"stream\":\"soudan\"", "\"stream\":\"Soudan\"", SEKI_MANIFEST,
	    "\"stream\"" },
	{ "\"stream\":\"soudan\"", "\"stream\":\"\"", SEKI_MANIFEST,
	    "\"stream\"" },
	{ "\"stream\":\"soudan\"", "\"stream\":\"..\"", SEKI_MANIFEST,
	    "\"stream\"" },
	{ "\"stream\":\"soudan\"", "\"stream\":\"a/b\"", SEKI_MANIFEST,
	    "\"stream\"" },
	{ "\"stream\":\"soudan\"", "\"stream\":\"" A64 "a\"", SEKI_MANIFEST,
	    "\"stream\"" },
	{ "lgwan-1", "LGWAN 1", SEKI_MANIFEST, "\"audience\"" },
	{ "lgwan-1", A64, SEKI_MANIFEST, "\"audience\"" },
	{ "\"kind\":\"full\"", "\"kind\":\"part\"", SEKI_MANIFEST, "\"kind\"" },
	{ "\"media\"", "\"mail\"", SEKI_MANIFEST, "\"carrier\"" },
	{ "\"seq\":2", "\"seq\":0", SEKI_MANIFEST, "\"seq\"" },
	{ "\"epoch\":1", "\"epoch\":0", SEKI_MANIFEST, "\"epoch\"" },
	{ "\"trust\":1", "\"trust\":0", SEKI_MANIFEST, "\"trust\"" },
	{ "\"seq\":2", "\"seq\":1", SEKI_MANIFEST, "\"prev\" is empty" },
	{ "\"prev\":\"9d", "\"prev\":\"9D", SEKI_MANIFEST, "\"prev\"" },
	{ "\"prev\":\"9d", "\"prev\":\"9d0", SEKI_MANIFEST, "\"prev\"" },
	{ "\"root\":\"5f", "\"root\":\"5", SEKI_MANIFEST, "\"root\"" },
	{ "\"root\":\"5f", "\"root\":\"5F", SEKI_MANIFEST, "\"root\"" },
	{ "\"created\":\"2026-04-01T00:15:00Z", "\"created\":\"2026-04-01",
	    SEKI_MANIFEST, "\"created\"" },
	{ "\"created\":\"2026-04-01T00:15:00Z",
	    "\"created\":\"2026-04-31T00:15:00Z", SEKI_MANIFEST, "created" },
	{ "\"created\":\"2026-04-01T00:15:00Z",
	    "\"created\":\"2026-04-01T00:15:00+09:00", SEKI_MANIFEST, "creat" },
	{ "\"created\":\"2026-04-01T00:15:00Z\"", "\"created\":\"\"",
	    SEKI_MANIFEST, "\"created\"" },
	{ "\"created\":\"2026-04-01", "\"created\":\"2026-05-01", SEKI_MANIFEST,
	    "\"created\"" },
	{ "\"expires\":\"2026-04-15", "\"expires\":\"2026-04-01", SEKI_MANIFEST,
	    "\"not_before\"" },
	{ "\"next_by\":\"2026-04-07T22:13:00Z\"", "\"next_by\":\"soon\"",
	    SEKI_MANIFEST, "\"next_by\"" },
	{ "\"next_by\":\"2026-04-07T22:13:00Z\"",
	    "\"next_by\":\"1970-01-01T00:00:00Z\"", SEKI_MANIFEST,
	    "\"next_by\"" },
	{ "\"fetched_to\":\"2026-04-01T00:14:55Z\"", "\"fetched_to\":\"now\"",
	    SEKI_MANIFEST, "\"fetched_to\"" },
	{ "\"attachments\":\"none\"", "\"attachments\":\"some\"", SEKI_MANIFEST,
	    "\"attachments\"" },
	{ "\"system\":\"kintone\"", "\"system\":\"\"", SEKI_MANIFEST, "syst" },
	{ "example.cybozu.com", "a b", SEKI_MANIFEST, "\"domain\"" },
	{ "\"app\":\"12\"", "\"app\":\"1/2\"", SEKI_MANIFEST, "\"app\"" },
	{ "\"id_max\":\"20011\"", "\"id_max\":\"x\"", SEKI_MANIFEST, "id_max" },
	{ "\"id\":\"soudan.1\"", "\"id\":\"s 1\"", SEKI_MANIFEST, "\"id\"" },
	{ "\"n\":1", "\"n\":0", SEKI_MANIFEST, "\"n\"" },
	{ "\"n\":1", "\"n\":2", SEKI_MANIFEST, "part" },
	{ "\"of\":1", "\"of\":2", SEKI_MANIFEST, "\"set\"" },
	{ "\"set\":\"\"", "\"set\":\"a\"", SEKI_MANIFEST, "\"set\"" },
	{ "\"set\":\"\"", "\"set\":\"" SET "\"", SEKI_MANIFEST, "\"set\"" },
	{ "\"of\":1,\"set\":\"\"", "\"of\":2,\"set\":\"A" SET63 "\"",
	    SEKI_MANIFEST, "\"set\"" },
	{ "\"of\":1,\"set\":\"\"", "\"of\":100,\"set\":\"" SET "\"",
	    SEKI_MANIFEST, "larger than 99" },
	{ "\"of\":1,\"set\":\"\"", "\"of\":0,\"set\":\"" SET "\"",
	    SEKI_MANIFEST, "less than 1" },
	{ "\"by\":\"\"", "\"by\":\"p-1\"", SEKI_MANIFEST, "override" },
	{ "\"by\":\"\",\"reason\":\"\"", "\"by\":\"p-1\",\"reason\":\"ok\"",
	    SEKI_MANIFEST, "no \"result\"" },
	{ "\"result\":\"\"", "\"result\":\"A\"", SEKI_MANIFEST, "\"result\"" },
	{ "\"kind\":\"\",\"number\"", "\"kind\":\"oral\",\"number\"",
	    SEKI_MANIFEST, "\"kind\"" },
	{ "相談記録", "相\\n談", SEKI_MANIFEST, "\"title\"" },
	{ "相談記録", "相\xC2\x9B談", SEKI_MANIFEST, "\"title\"" },
	{ "相談記録", "相\x7F談", SEKI_MANIFEST, "\"title\"" },
	{ "相談記録", A64 A64 A64 A64 A64 A64 A64 A64 "a", SEKI_MANIFEST,
	    "\"title\"" },
	{ "\"deletes\":0", "\"deletes\":1", SEKI_MANIFEST, "deletes nothing" },
	{ "\"kakari\"", "\"Kakari\"", SEKI_MANIFEST, "notes" },
	{ "学務", "学\\t務", SEKI_MANIFEST, "notes" },
	/* files (C1 names, roles) */
	{ "data/records.jsonl", "data/records.json", SEKI_MANIFEST, "role" },
	{ "data/records.jsonl", "../x", SEKI_MANIFEST, "\"name\"" },
	{ "data/records.jsonl", "/x", SEKI_MANIFEST, "\"name\"" },
	{ "data/records.jsonl", "data", SEKI_MANIFEST, "role" },
	{ "data/records.jsonl", "data/", SEKI_MANIFEST, "\"name\"" },
	{ "data/records.jsonl", "a//b", SEKI_MANIFEST, "\"name\"" },
	{ "data/records.jsonl", "a/b/c", SEKI_MANIFEST, "\"name\"" },
	{ "data/records.jsonl", ".a/b", SEKI_MANIFEST, "\"name\"" },
	{ "data/records.jsonl", "C:\\\\x", SEKI_MANIFEST, "\"name\"" },
	{ "data/records.jsonl", "Data/x", SEKI_MANIFEST, "\"name\"" },
	{ "data/records.jsonl", "", SEKI_MANIFEST, "\"name\"" },
	{ "data/records.jsonl", "a/" A64 "a", SEKI_MANIFEST, "\"name\"" },
	{ "data/records.jsonl", "view/records.xlsx", SEKI_MANIFEST, "sorted" },
	{ "data/records.jsonl", "zzzz", SEKI_MANIFEST, "sorted" },
	{ "\"role\":\"records\"", "\"role\":\"attachment\"", SEKI_MANIFEST,
	    "role" },
	{ "\"role\":\"records\"", "\"role\":\"record\"", SEKI_MANIFEST,
	    "\"role\"" },
	{ "\"size\":483112", "\"size\":2147483649", SEKI_LIMIT, "larger" },
	{ "\"sha256\":\"ab", "\"sha256\":\"a", SEKI_MANIFEST, "sha256" },
	{ "\"media\"", "\"relay\"", SEKI_MANIFEST, "role" },
	{ "\"recipients\":[]",
	    "\"recipients\":[" SIXTEEN ",\"" A64 "\"]", SEKI_LIMIT,
	    "more than 16" },
	{ "\"recipients\":[]", "\"recipients\":[" SIXTEEN "]", SEKI_MANIFEST,
	    "may not be in the role" },
	{ "\"recipients\":[]", "\"recipients\":[\"x\"]", SEKI_MANIFEST,
	    "role" },
	{ "\"files\":[", "\"files\":[1,", SEKI_MANIFEST, "files" },
};

static void
test_rows(void **state)
{
	struct seki_manifest *m;
	struct seki_buf buf;
	struct seki_err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seki_err_clear(&err);
		buf = (struct seki_buf)SEKI_BUF_INIT;
		replaced(&buf, rows[i].from, rows[i].to);
		m = seki_manifest_parse(buf.p, buf.n, &err);
		if (m != NULL)
			fail_msg("row %zu: %s was taken", i, rows[i].to);
		if (err.reason != rows[i].reason ||
		    strstr(err.text, rows[i].text) == NULL)
			fail_msg("row %zu: %s: %s: %s", i, rows[i].to,
			    seki_err_word(err.reason), err.text);
		seki_buf_free(&buf);
	}
}

/* What may be there although the vector has it otherwise. */
static const struct {
	const char *from, *to;
} fine[] = {
	{ "\"next_by\":\"2026-04-07T22:13:00Z\"", "\"next_by\":\"\"" },
	{ "\"total\":1237", "\"total\":9007199254740991" },
	{ "学務", "一行目\\n二行目" },
	{ "\"notes\":{\"kakari\":\"学務\"}", "\"notes\":{}" },
	{ "相談記録", "" },
	{ "\"by\":\"\",\"reason\":\"\"},\"result\":\"\"",
	    "\"by\":\"p-1\",\"reason\":\"理由\"},\"result\":\"found\"" },
	{ "\"result\":\"\"", "\"result\":\"clean\"" },
	{ "\"of\":1,\"set\":\"\"", "\"of\":2,\"set\":\"" SET "\"" },
	{ "\"kind\":\"full\"", "\"kind\":\"delta\"" },
};

static void
test_fine(void **state)
{
	struct seki_manifest *m;
	struct seki_buf buf, again;
	struct seki_err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		seki_err_clear(&err);
		buf = again = (struct seki_buf)SEKI_BUF_INIT;
		replaced(&buf, fine[i].from, fine[i].to);
		m = seki_manifest_parse(buf.p, buf.n, &err);
		if (m == NULL)
			fail_msg("row %zu: %s", i, err.text);
		if (seki_manifest_format(m, &again, &err) == -1 ||
		    again.n != buf.n || memcmp(again.p, buf.p, buf.n) != 0)
			fail_msg("row %zu: written otherwise", i);
		seki_manifest_free(m);
		seki_buf_free(&buf);
		seki_buf_free(&again);
	}
}

/* J2 and J3: after the end, too deep, too long, cut off anywhere. */
static void
test_ends(void **state)
{
	struct seki_buf buf = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	char *deep = malloc(SEKI_MANIFEST_MAX + 1);
	size_t i;

	(void)state;
	assert_non_null(deep);
	memset(deep, '[', SEKI_MANIFEST_MAX + 1);
	assert_null(seki_manifest_parse(deep, 60000, &err));
	assert_int_equal(err.reason, SEKI_LIMIT);
	seki_err_clear(&err);
	assert_null(seki_manifest_parse(deep, SEKI_MANIFEST_MAX + 1, &err));
	assert_int_equal(err.reason, SEKI_LIMIT);
	free(deep);
	for (i = 0; i < vector.n; i++) {
		seki_err_clear(&err);
		assert_null(seki_manifest_parse(vector.p, i, &err));
		assert_int_equal(err.reason, SEKI_MANIFEST);
	}
	for (i = 0; i < 3; i++) {
		seki_err_clear(&err);
		seki_buf_reset(&buf);
		assert_int_equal(
		    seki_buf_add(&buf, vector.p, vector.n, &err), 0);
		assert_int_equal(seki_buf_byte(&buf, "\n\0 "[i], &err), 0);
		assert_null(seki_manifest_parse(buf.p, buf.n, &err));
		assert_int_equal(err.reason, SEKI_MANIFEST);
	}
	seki_buf_free(&buf);
}

/* A writer cannot make what a reader refuses. */
static void
test_write(void **state)
{
	static const unsigned char zero[SEKI_SHA256];
	struct seki_buf buf = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_manifest *m = seki_manifest_new(&err);

	(void)state;
	assert_non_null(m);
	assert_int_equal(seki_manifest_format(m, &buf, &err), -1);
	assert_int_equal(err.reason, SEKI_MANIFEST);
	assert_int_equal(buf.n, 0);
	seki_manifest_free(m);
	seki_err_clear(&err);
	m = seki_manifest_parse(vector.p, vector.n, &err);
	assert_non_null(m);
	assert_int_equal(
	    seki_manifest_file(m, "view/records.xlsx", "view", 1, zero, &err),
	    -1);
	assert_int_equal(err.reason, SEKI_MANIFEST);
	seki_err_clear(&err);
	assert_int_equal(
	    seki_manifest_file(m, "att/00", "attachment", 1, zero, &err), 0);
	assert_string_equal(m->file[0].name, "att/00");
	m->total = (uint64_t)1 << 53;
	assert_int_equal(seki_manifest_format(m, &buf, &err), -1);
	assert_int_equal(err.reason, SEKI_MANIFEST);
	seki_err_clear(&err);
	m->total = 0;
	assert_int_equal(seki_manifest_format(m, &buf, &err), 0);
	seki_manifest_free(m);
	seki_buf_free(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_fine),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
