#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "seki_int.h"

/* 1 when the tokenizer takes all of it. */
static int
takes(struct seki_json *j, const char *s, size_t n)
{
	enum seki_json_tok tok;

	seki_json_init(j, s, n);
	do
		tok = seki_json_next(j);
	while (tok != SEKI_J_END && tok != SEKI_J_BAD);
	return tok == SEKI_J_END;
}

#define ROW(ok, at, s)                                                         \
	{                                                                      \
		ok, at, s, sizeof(s) - 1                                       \
	}
static const struct {
	int ok;
	size_t at; /* where the fault is */
	const char *s;
	size_t n;
} rows[] = {
	ROW(1, 0, "{}"),
	ROW(1, 0, " [ ] \r\n\t"),
	ROW(1, 0, "0"),
	ROW(1, 0, "-0.10E+09"),
	ROW(1, 0, "\"\""),
	ROW(1, 0, "\"\\u0001\\ud842\\uDFB7\\b\\/\""),
	ROW(1, 0, "\"a\177\xC2\x80\xE0\xA0\x80\xED\x9F\xBF\xF0\x90\x80\x80\""),
	ROW(1, 0, "\"\xF4\x8F\xBF\xBF\xEF\xBF\xBF\""),
	ROW(1, 0, "{\"a\":[1,2,{\"b\":null}],\"\":true}"),
	ROW(1, 0, "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]"),
	ROW(0, 16, "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"),
	ROW(0, 0, ""),
	ROW(0, 1, " "),
	ROW(0, 0, "\xEF\xBB\xBF{}"),
	ROW(0, 2, "{}\0"),
	ROW(0, 3, "{} {}"),
	ROW(0, 2, "1 \0"),
	ROW(0, 1, "[\0]"),
	ROW(0, 0, "nul"),
	ROW(0, 4, "truex"),
	ROW(0, 0, "True"),
	ROW(0, 0, "NaN"),
	ROW(0, 1, "-"),
	ROW(0, 0, "+1"),
	ROW(0, 0, "01"),
	ROW(0, 1, "-01"),
	ROW(0, 2, "1."),
	ROW(0, 0, ".5"),
	ROW(0, 2, "1e"),
	ROW(0, 3, "1e+"),
	ROW(0, 1, "1,"),
	ROW(0, 3, "[1,]"),
	ROW(0, 1, "[,1]"),
	ROW(0, 3, "[1 2]"),
	ROW(0, 2, "[1"),
	ROW(0, 2, "[1}"),
	ROW(0, 7, "{\"a\":1,}"),
	ROW(0, 5, "{\"a\" 1}"),
	ROW(0, 1, "{a:1}"),
	ROW(0, 5, "{\"a\":}"),
	ROW(0, 6, "{\"a\":1]"),
	ROW(0, 1, "{1:1}"),
	ROW(0, 1, "{,}"),
	ROW(0, 1, "\""),
	ROW(0, 2, "\"a"),
	ROW(0, 3, "\"\\\""),
	ROW(0, 1, "\"\\"),
	ROW(0, 1, "\"\\x41\""),
	ROW(0, 1, "\"\\U0041\""),
	ROW(0, 1, "\"\\u004\""),
	ROW(0, 1, "\"\\u00g0\""),
	ROW(0, 1, "\"\\u0000\""),
	ROW(0, 2, "\"a\0\""),
	ROW(0, 1, "\"\\ud800\""),
	ROW(0, 1, "\"\\ud800\\n\""),
	ROW(0, 1, "\"\\ud800\\u0041\""),
	ROW(0, 1, "\"\\ud800\\ud800\""),
	ROW(0, 1, "\"\\udc00\\ud800\""),
	ROW(0, 1, "\"\\udfff\""),
	ROW(0, 1, "\"\n\""),
	ROW(0, 1, "\"\x1F\""),
	ROW(0, 13, "\"abcdefghijkl\tmnopqrst\""),
	ROW(0, 1, "\"\x80\""),
	ROW(0, 1, "\"\xBF\""),
	ROW(0, 1, "\"\xC0\xAF\""),
	ROW(0, 1, "\"\xC1\xBF\""),
	ROW(0, 1, "\"\xC3\""),
	ROW(0, 1, "\"\xE0\x9F\xBF\""),
	ROW(0, 1, "\"\xE3\x81\""),
	ROW(0, 4, "\"\xE3\x81\x82\xE3\x81"),
	ROW(0, 4, "\"\xE3\x81\x82\xE3\x41\x82\""),
	ROW(0, 1, "\"\xED\xA0\x80\""),
	ROW(0, 1, "\"\xED\xBF\xBF\""),
	ROW(0, 1, "\"\xF0\x8F\xBF\xBF\""),
	ROW(0, 1, "\"\xF0\x9F\x98\""),
	ROW(0, 1, "\"\xF4\x90\x80\x80\""),
	ROW(0, 1, "\"\xF5\x80\x80\x80\""),
	ROW(0, 1, "\"\xF8\x88\x80\x80\x80\""),
	ROW(0, 1, "\"\xFE\""),
	ROW(0, 1, "\"\xFF\""),
	ROW(0, 1, "[\xE3\x80\x80]"),
	ROW(0, 1, "[\v]"),
	ROW(0, 1, "[\xC2\xA0]"),
	ROW(0, 1, "[//\n]"),
};

/* Every text also at every offset of a word, from memory without a spare
 * byte behind it, so that a read too far is seen by the sanitizer. */
static void
test_rows(void **state)
{
	struct seki_json j;
	size_t i, pad;
	char *p;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (pad = 0; pad < 9; pad++) {
			p = malloc(pad + rows[i].n + (pad == 0 && !rows[i].n));
			assert_non_null(p);
			memset(p, ' ', pad);
			memcpy(p + pad, rows[i].s, rows[i].n);
			if (pad > 0 && i != 0 && rows[i].s[0] == '\xEF') {
				free(p);
				continue;
			}
			if (takes(&j, p, pad + rows[i].n) != rows[i].ok)
				fail_msg(
				    "row %zu, pad %zu: %s", i, pad, rows[i].s);
			if (!rows[i].ok && seki_json_at(&j) != rows[i].at + pad)
				fail_msg("row %zu: at %zu, not %zu: %s", i,
				    seki_json_at(&j), rows[i].at + pad, j.why);
			assert_int_equal(seki_json_next(&j),
			    rows[i].ok ? SEKI_J_END : SEKI_J_BAD);
			free(p);
		}
}

static void
test_deep(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_json j;
	static char s[100000];

	(void)state;
	memset(s, '[', sizeof(s));
	assert_int_equal(takes(&j, s, sizeof(s)), 0);
	assert_int_equal(seki_json_fail(&j, SEKI_RECORD, "x", &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	assert_int_equal(j.depth, SEKI_JSON_DEPTH);
	seki_err_clear(&err);
	assert_int_equal(takes(&j, "[1,", 3), 0);
	seki_json_fail(&j, SEKI_RECORD, "line 7", &err);
	assert_int_equal(err.reason, SEKI_RECORD);
	assert_string_equal(
	    err.text, "line 7: RFC 8259 2: the text ends too soon at byte 3");
}

/* The NUL escape is valid JSON, but no text of ours may hold it. */
static int
has_nul_escape(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i + 6 <= n; i++) {
		if (s[i] != '\\')
			continue;
		if (memcmp(s + i, "\\u0000", 6) == 0)
			return 1;
		i++;
	}
	return 0;
}

static void
test_suite(void **state)
{
	static const char dir[] = "../shared/data/json-test-suite/test_parsing";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf buf = SEKI_BUF_INIT;
	struct seki_json j;
	struct dirent *e;
	char path[600];
	size_t seen = 0;
	int want;
	DIR *d;

	(void)state;
	if ((d = opendir(dir)) == NULL) {
		print_message("json: 318 cases of the suite skipped\n");
		skip();
	}
	while ((e = readdir(d)) != NULL) {
		if (strstr(e->d_name, ".json") == NULL)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		seki_buf_reset(&buf);
		if (seki_in_slurp(path, SEKI_RECORD_MAX, &buf, &err) == -1)
			fail_msg("%s: %s", path, err.text);
		want = takes(&j, buf.p != NULL ? buf.p : "", buf.n);
		if ((e->d_name[0] == 'n' && want) ||
		    (e->d_name[0] == 'y' &&
			want == has_nul_escape(buf.p, buf.n)))
			fail_msg("%s: %s", e->d_name, want ? "taken" : j.why);
		seen++;
	}
	(void)closedir(d);
	seki_buf_free(&buf);
	assert_true(seen > 300);
}

/* Random documents: the same tree as jansson sees. */
static uint64_t seed;

static unsigned
rnd(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

static void
put(struct seki_buf *b, const char *s)
{
	struct seki_err err = SEKI_ERR_INIT;

	assert_int_equal(seki_buf_str(b, s, &err), 0);
}

static void
blank(struct seki_buf *b)
{
	static const char *const ws[] = { "", "", "", " ", "\n", "\t\r " };

	put(b, ws[rnd(6)]);
}

static void
random_string(struct seki_buf *b, const char *first)
{
	static const char *const bits[] = { "a", "key", "plain text, long",
		"\xE9\x83\xB5\xE4\xBE\xBF\xE7\x95\xAA\xE5\x8F\xB7", "\xC3\xA9",
		"\xF0\xA0\xAE\xB7", "\xE8\x91\x9B\xF3\xA0\x84\x80", "\\n",
		"\\\"", "\\\\", "\\/", "\\u3042", "\\uD842\\udfb7", "\\u001f",
		"\\u00e9", "\177", " ", "\\t\\r\\b\\f", "0", "=1+1" };
	unsigned n = rnd(8);

	put(b, "\"");
	put(b, first);
	while (n-- > 0)
		put(b, bits[rnd(sizeof(bits) / sizeof(bits[0]))]);
	put(b, "\"");
}

static void
random_value(struct seki_buf *b, unsigned depth)
{
	static const char *const atoms[] = { "0", "-0", "1.10", "-12.5e-3",
		"9007199254740993", "123", "true", "false", "null" };
	static const char *const numbers[] = { "0", "1", "2", "3", "4" };
	unsigned kind = rnd(depth < 6 ? 8 : 5), n = rnd(5), i;

	blank(b);
	if (kind < 3) {
		random_string(b, "");
	} else if (kind < 5) {
		put(b, atoms[rnd(sizeof(atoms) / sizeof(atoms[0]))]);
	} else {
		put(b, kind == 5 ? "[" : "{");
		for (i = 0; i < n; i++) {
			put(b, i == 0 ? "" : ",");
			blank(b);
			if (kind != 5) {
				/* No key comes twice. */
				random_string(b, numbers[i]);
				blank(b);
				put(b, ":");
			}
			random_value(b, depth + 1);
		}
		blank(b);
		put(b, kind == 5 ? "]" : "}");
	}
	blank(b);
}

static void compare(struct seki_json *, enum seki_json_tok, const json_t *);

static void
compare_text(struct seki_json *j, const char *want, size_t n)
{
	char *s = malloc(j->n + 1);
	size_t got;

	assert_non_null(s);
	got = seki_json_unescape(j, s);
	if (got != n || memcmp(s, want, n) != 0)
		fail_msg("seed %llu: '%.*s', not '%s'",
		    (unsigned long long)seed, (int)got, s, want);
	if (strlen(want) == n)
		assert_int_equal(seki_json_is(j, want), 1);
	assert_int_equal(seki_json_is(j, "no such word"), 0);
	free(s);
}

static void
compare_object(struct seki_json *j, const json_t *want)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	enum seki_json_tok tok;
	size_t n = 0, len;
	const char *s;
	char *key;
	json_t *v;

	while ((tok = seki_json_next(j)) == SEKI_J_KEY) {
		assert_int_equal(seki_json_text(j, &arena, &s, &len, &err), 0);
		key = strndup(s, len);
		v = json_object_get(want, key);
		if (v == NULL)
			fail_msg("key '%s' is not there", key);
		compare_text(j, key, len);
		free(key);
		compare(j, seki_json_next(j), v);
		n++;
	}
	assert_int_equal(tok, SEKI_J_OBJECT_END);
	assert_int_equal(n, json_object_size(want));
	seki_arena_free(&arena);
}

static void
compare(struct seki_json *j, enum seki_json_tok tok, const json_t *want)
{
	char number[40];
	size_t i;

	switch (tok) {
	case SEKI_J_OBJECT:
		assert_true(json_is_object(want));
		compare_object(j, want);
		break;
	case SEKI_J_ARRAY:
		assert_true(json_is_array(want));
		for (i = 0; i < json_array_size(want); i++)
			compare(j, seki_json_next(j), json_array_get(want, i));
		assert_int_equal(seki_json_next(j), SEKI_J_ARRAY_END);
		break;
	case SEKI_J_STRING:
		assert_true(json_is_string(want));
		compare_text(
		    j, json_string_value(want), json_string_length(want));
		break;
	case SEKI_J_NUMBER:
		assert_true(json_is_number(want));
		(void)snprintf(number, sizeof(number), "%.*s", (int)j->n, j->s);
		assert_true(strtod(number, NULL) == json_number_value(want));
		break;
	case SEKI_J_TRUE:
		assert_true(json_is_true(want));
		break;
	case SEKI_J_FALSE:
		assert_true(json_is_false(want));
		break;
	case SEKI_J_NULL:
		assert_true(json_is_null(want));
		break;
	case SEKI_J_END:
	case SEKI_J_OBJECT_END:
	case SEKI_J_ARRAY_END:
	case SEKI_J_KEY:
	case SEKI_J_BAD:
		fail_msg("token %d: %s", tok, j->why);
	}
}

static void
test_random(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	enum seki_json_tok tok;
	struct seki_json j;
	json_t *want;
	unsigned i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		seed = i;
		seki_buf_reset(&b);
		random_value(&b, 0);
		want = json_loadb(
		    b.p, b.n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		if (want == NULL)
			fail_msg("document %u is not one: %s", i, b.p);
		seki_json_init(&j, b.p, b.n);
		compare(&j, seki_json_next(&j), want);
		assert_int_equal(seki_json_next(&j), SEKI_J_END);
		/* And the same end when everything is skipped. */
		seki_json_init(&j, b.p, b.n);
		tok = seki_json_next(&j);
		assert_int_equal(seki_json_skip(&j, tok), 0);
		assert_int_equal(seki_json_next(&j), SEKI_J_END);
		json_decref(want);
	}
	seki_buf_free(&b);
}

static void
test_quote(void **state)
{
	static const char text[] = "a\"b\\c/\b\t\n\f\r\x01\x1F\177"
				   "\xE6\xBC\xA2\xE5\xAD\x97 12345678\x0B";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;

	(void)state;
	assert_int_equal(seki_json_quote(&b, text, sizeof(text) - 1, &err), 0);
	assert_string_equal(b.p,
	    "\"a\\\"b\\\\c/\\b\\t\\n\\f\\r\\u0001\\u001f\177"
	    "\xE6\xBC\xA2\xE5\xAD\x97 12345678\\u000b\"");
	seki_buf_reset(&b);
	assert_int_equal(seki_json_quote(&b, "", 0, &err), 0);
	assert_string_equal(b.p, "\"\"");
	seki_buf_free(&b);
}

static void
test_place(void **state)
{
	struct seki_json j;
	static const char s[] = "{\"\\u0061b\": [12, \"\"]}";
	char c[8];

	(void)state;
	seki_json_init(&j, s, sizeof(s) - 1);
	assert_int_equal(seki_json_next(&j), SEKI_J_OBJECT);
	assert_int_equal(seki_json_at(&j), 0);
	assert_int_equal(seki_json_next(&j), SEKI_J_KEY);
	assert_int_equal(seki_json_at(&j), 1);
	assert_int_equal(seki_json_is(&j, "ab"), 1);
	assert_int_equal(seki_json_is(&j, "a"), 0);
	assert_int_equal(seki_json_is(&j, "abc"), 0);
	assert_int_equal(seki_json_unescape(&j, c), 2);
	assert_memory_equal(c, "ab", 2);
	assert_int_equal(seki_json_next(&j), SEKI_J_ARRAY);
	assert_int_equal(seki_json_next(&j), SEKI_J_NUMBER);
	assert_int_equal(seki_json_at(&j), 13);
	assert_int_equal(j.n, 2);
	assert_int_equal(seki_json_next(&j), SEKI_J_STRING);
	assert_int_equal(seki_json_at(&j), 17);
	assert_int_equal(seki_json_next(&j), SEKI_J_ARRAY_END);
	assert_int_equal(seki_json_next(&j), SEKI_J_OBJECT_END);
	assert_int_equal(seki_json_next(&j), SEKI_J_END);
	assert_int_equal(seki_json_at(&j), sizeof(s) - 1);
	assert_int_equal(takes(&j, "\"a\"", 3), 1);
	assert_int_equal(seki_json_at(&j), 3);
	seki_json_init(&j, "[[1,{\"a\":2}", 11);
	assert_int_equal(seki_json_skip(&j, seki_json_next(&j)), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_suite),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
