#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "seki_int.h"

#define ROW(s, text)                                                           \
	{                                                                      \
		s, sizeof(s) - 1, text                                         \
	}
static const struct {
	const char *s;
	size_t n;
	const char *text; /* NULL: canonical */
} rows[] = {
	ROW("{}", NULL),
	ROW("[]", NULL),
	ROW("{\"a\":[0,9007199254740991,true,false,\"\"],\"b\":{}}", NULL),
	ROW("{\"A\":1,\"a\":2,\"aa\":3}", NULL),
	ROW("\"\xE6\xBC\xA2\\n\\\"\\\\\\u000b/\"", NULL),
	ROW("{\"a\":1,\"a\":1}",
	    "m: RFC 8259 4: a key stands twice, before byte 10"),
	ROW("{\"a\":1,\"\\u0061\":1}",
	    "m: RFC 8259 4: a key stands twice, before byte 15"),
	ROW("{\"a\":{\"b\":1,\"b\":1}}", ""),
	ROW("{\"b\":1,\"a\":1}", "m: not in canonical form at byte 2"),
	ROW("{\"a\":1, \"b\":1}", "m: not in canonical form at byte 7"),
	ROW(" {}", "m: not in canonical form at byte 0"),
	ROW("{}\n", "m: not in canonical form at byte 2"),
	ROW("{\"a\":1.0}", "m: not in canonical form at byte 5"),
	ROW("{\"a\":1e2}", "m: not in canonical form at byte 5"),
	ROW("{\"a\":-0}", "m: not in canonical form at byte 5"),
	ROW("{\"a\":-1}", "m: not in canonical form at byte 5"),
	ROW("{\"a\":9007199254740992}", "m: not in canonical form at byte 5"),
	ROW("{\"a\":99999999999999999999}", ""),
	ROW("{\"a\":1e999}", ""),
	ROW("{\"a\":null}", "m: not in canonical form at byte 5"),
	ROW("{\"a\":\"\\/\"}", "m: not in canonical form at byte 6"),
	ROW("{\"a\":\"\\u0041\"}", "m: not in canonical form at byte 6"),
	ROW("{\"a\":\"\\u000B\"}", "m: not in canonical form at byte 11"),
	ROW("{\"a\":\"\\u000a\"}", "m: not in canonical form at byte 7"),
	ROW("{\"\xC3\xA9\":1}", "m: not in canonical form at byte 1"),
	ROW("{\"\177\":1}", "m: not in canonical form at byte 1"),
	ROW("\xEF\xBB\xBF{}", "m: RFC 8259 8.1: a byte order mark at byte 0"),
	ROW("{}\0", "m: RFC 8259 2: more after the value at byte 2"),
	ROW("{\"a\":\"\\u0000\"}", "m: U+0000 is not allowed at byte 6"),
	ROW("{\"a\":\"\xFF\"}", "m: RFC 8259 8.1: invalid UTF-8 at byte 6"),
	ROW("", "m: RFC 8259 2: the text ends too soon at byte 0"),
};

static void
test_open(void **state)
{
	struct seki_err err;
	json_t *doc;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seki_err_clear(&err);
		doc = seki_doc_open(
		    rows[i].s, rows[i].n, SEKI_MANIFEST, "m", &err);
		if ((doc != NULL) != (rows[i].text == NULL))
			fail_msg("row %zu: %s: %s", i, rows[i].s, err.text);
		if (doc == NULL && err.reason != SEKI_MANIFEST)
			fail_msg("row %zu: %s", i, seki_err_word(err.reason));
		if (doc == NULL && rows[i].text[0] != '\0' &&
		    strcmp(rows[i].text, err.text) != 0)
			fail_msg("row %zu: '%s', not '%s'", i, err.text,
			    rows[i].text);
		json_decref(doc);
	}
}

static void
test_deep(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	static char s[100000];

	(void)state;
	memset(s, '[', sizeof(s));
	assert_null(
	    seki_doc_open(s, sizeof(s), SEKI_MANIFEST, "manifest", &err));
	assert_int_equal(err.reason, SEKI_LIMIT);
	assert_string_equal(err.text, "manifest: nested too deeply at byte 16");
}

static void
test_canon(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf buf = SEKI_BUF_INIT;
	json_t *doc, *in, *more;
	int i;

	(void)state;
	doc = json_pack(
	    "{s:i, s:s, s:[b,b], s:{}}", "z", 1, "a", "x", "m", 1, 0, "B");
	assert_int_equal(seki_doc_canon(doc, &buf, &err), 0);
	assert_string_equal(
	    buf.p, "{\"B\":{},\"a\":\"x\",\"m\":[true,false],\"z\":1}");
	json_decref(doc);
	doc = json_pack("[f]", 1.0);
	assert_int_equal(seki_doc_canon(doc, &buf, &err), -1);
	assert_int_equal(err.reason, SEKI_BUG);
	json_decref(doc);
	seki_err_clear(&err);
	doc = in = json_array();
	for (i = 1; i < SEKI_JSON_DEPTH; i++) {
		more = json_array();
		json_array_append_new(in, more);
		in = more;
	}
	assert_int_equal(seki_doc_canon(doc, &buf, &err), 0);
	json_array_append_new(in, json_array());
	assert_int_equal(seki_doc_canon(doc, &buf, &err), -1);
	json_decref(doc);
	seki_buf_free(&buf);
}

static void
test_members(void **state)
{
	static const char s[] =
	    "{\"a\":[],\"b\":true,\"i\":7,\"n\":-1,\"o\":{},"
	    "\"r\":1.5,\"s\":\"x\","
	    "\"t\":\"2026-04-01T00:15:00Z\","
	    "\"u\":\"2026-02-29T00:15:00Z\"}";
	static const char *const all[] = { "a", "b", "i", "n", "o", "r", "s",
		"t", "u", NULL };
	static const char *const few[] = { "a", "b", "i", "n", "o", "r", "s",
		"t", "uu", NULL };
	static const char *const near[] = { "purpose", "title", NULL };
	struct seki_err err = SEKI_ERR_INIT;
	uint64_t u = 0;
	seki_time t = 0;
	json_t *doc;
	int b = 0;

	(void)state;
	doc = seki_doc_parse(s, sizeof(s) - 1, SEKI_RECORD, "d", &err);
	assert_non_null(doc);
#define FAILS(call, want)                                                      \
	do {                                                                   \
		seki_err_clear(&err);                                          \
		assert_true((call));                                           \
		assert_int_equal(err.reason, SEKI_RECORD);                     \
		assert_string_equal(err.text, want);                           \
	} while (0)
#define REST SEKI_RECORD, "d", &err
	assert_string_equal(seki_doc_str(doc, "s", REST), "x");
	FAILS(seki_doc_str(doc, "i", REST) == NULL, "d: \"i\" is not a string");
	FAILS(seki_doc_str(doc, "x", REST) == NULL, "d: \"x\" is missing");
	assert_int_equal(seki_doc_uint(doc, "i", &u, REST), 0);
	assert_int_equal(u, 7);
	FAILS(seki_doc_uint(doc, "n", &u, REST) == -1,
	    "d: \"n\" is not a whole number of 0 to 2^53-1");
	FAILS(seki_doc_uint(doc, "r", &u, REST) == -1,
	    "d: \"r\" is not a whole number of 0 to 2^53-1");
	FAILS(seki_doc_uint(doc, "x", &u, REST) == -1, "d: \"x\" is missing");
	assert_int_equal(seki_doc_bool(doc, "b", &b, REST), 0);
	assert_int_equal(b, 1);
	FAILS(seki_doc_bool(doc, "i", &b, REST) == -1,
	    "d: \"i\" is neither true nor false");
	assert_int_equal(seki_doc_time(doc, "t", &t, REST), 0);
	assert_int_equal(t, 1775002500);
	FAILS(seki_doc_time(doc, "u", &t, REST) == -1,
	    "d: \"u\" is not an instant (YYYY-MM-DDThh:mm:ssZ)");
	assert_non_null(seki_doc_object(doc, "o", REST));
	FAILS(seki_doc_object(doc, "a", REST) == NULL,
	    "d: \"a\" is not an object");
	assert_non_null(seki_doc_array(doc, "a", REST));
	FAILS(
	    seki_doc_array(doc, "o", REST) == NULL, "d: \"o\" is not an array");
	assert_int_equal(seki_doc_known(doc, all, REST), 0);
	FAILS(seki_doc_known(doc, few, REST) == -1, "d: unknown key \"u\"");
	json_decref(doc);
	doc = json_pack("{s:i}", "titel", 1);
	FAILS(
	    seki_doc_known(doc, near, REST) == -1, "d: unknown key \"titel\"");
	assert_string_equal(err.hint, "The nearest known key is \"title\".");
	json_decref(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_canon),
		cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests_name("doc", tests, NULL, NULL);
}
