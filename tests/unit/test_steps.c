#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "norm_int.h"
#include "steps.h"

static json_t *
doc(const char *text)
{
	struct seki_err err = SEKI_ERR_INIT;
	json_t *o;
	char *s = strdup(text), *p;

	for (p = s; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	o = seki_doc_parse(s, strlen(s), SEKI_RECORD, "test", &err);
	if (o == NULL)
		fail_msg("%s: %s", s, err.text);
	free(s);
	return o;
}

/* May the one go on as the other? */
static const struct {
	const char *was, *is;
	int ok;
} fit[] = {
	{ "SINGLE_LINE_TEXT", "SINGLE_LINE_TEXT", 1 },
	{ "SINGLE_LINE_TEXT", "MULTI_LINE_TEXT", 1 },
	{ "MULTI_LINE_TEXT", "SINGLE_LINE_TEXT", 1 },
	{ "DROP_DOWN", "RADIO_BUTTON", 1 },
	{ "LINK", "SINGLE_LINE_TEXT", 1 },
	{ "NUMBER", "CALC:NUMBER", 1 },
	{ "CALC:NUMBER_DIGIT", "NUMBER", 1 },
	{ "DATE", "CALC:DATE", 1 },
	{ "UPDATED_TIME", "DATETIME", 1 },
	{ "CHECK_BOX", "MULTI_SELECT", 1 },
	{ "NUMBER", "SINGLE_LINE_TEXT", 1 },
	{ "DATE", "MULTI_LINE_TEXT", 1 },
	{ "CALC:HOUR_MINUTE", "SINGLE_LINE_TEXT", 1 },
	{ "SUBTABLE", "SUBTABLE", 1 },
	{ "FILE", "FILE", 1 },
	{ "USER_SELECT", "USER_SELECT", 1 },
	{ "SINGLE_LINE_TEXT", "NUMBER", 0 },
	{ "SINGLE_LINE_TEXT", "DATE", 0 },
	{ "NUMBER", "DROP_DOWN", 0 },
	{ "DATE", "DATETIME", 0 },
	{ "CALC:DATE", "CALC:DATETIME", 0 },
	{ "CHECK_BOX", "SINGLE_LINE_TEXT", 0 },
	{ "DROP_DOWN", "CHECK_BOX", 0 },
	{ "USER_SELECT", "GROUP_SELECT", 0 },
	{ "USER_SELECT", "SINGLE_LINE_TEXT", 0 },
	{ "FILE", "SINGLE_LINE_TEXT", 0 },
	{ "SUBTABLE", "SINGLE_LINE_TEXT", 0 },
	{ "RECORD_NUMBER", "SINGLE_LINE_TEXT", 0 },
	{ "STATUS", "DROP_DOWN", 0 },
	{ "__ID__", "NUMBER", 0 },
	{ "NO_TYPE", "SINGLE_LINE_TEXT", 0 },
	{ "CALC:NO", "NUMBER", 0 },
	{ "CALC", "NUMBER", 0 },
};

static void
test_fit(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fit) / sizeof(fit[0]); i++)
		if (seki_steps_fit(fit[i].was, fit[i].is) != fit[i].ok)
			fail_msg("%s -> %s", fit[i].was, fit[i].is);
}

/* Forms, the steps between as {continues}, [ended], [added], and what must
 * come out: {path: path before}, or the field that is at fault. */
static const struct {
	const char *was, *is, *steps, *want, *fault;
} ways[] = {
	{ "{'a':'DATE'}", "{'b':'DATE'}", "[['A',{'a':'b'},[],[]]]",
	    "{'b':'a'}", NULL },
	/* It is there no more, and is again: one after the other. */
	{ "{'a':'DATE'}", "{'a':'DATE'}",
	    "[['A',{'a':'b'},[],[]],['A',{'b':'a'},[],[]]]", "{'a':'a'}",
	    NULL },
	{ "{'a':'DATE'}", "{'a':'NUMBER'}", "[['A',{},['a'],['a']]]", "{}",
	    NULL },
	{ "{'a':'NUMBER'}", "{'a':'CALC:NUMBER'}", "[['A',{'a':'a'},[],[]]]",
	    "{'a':'a'}", NULL },
	{ "{'a':'NUMBER'}", "{'a':'DATE'}", "[['A',{'a':'a'},[],[]]]", NULL,
	    "a" },
	{ "{'a':'DATE'}", "{'a':'DATE','b':'DATE'}", "[['',{},[],['b']]]",
	    "{'a':'a'}", NULL },
	/* A table goes on, and with it what is inside. */
	{ "{'t':'SUBTABLE','t.a':'DATE','t.b':'DATE'}",
	    "{'u':'SUBTABLE','u.a':'DATE','u.c':'DATE'}",
	    "[['A',{'t':'u','t.b':'u.c'},[],[]]]",
	    "{'u':'t','u.a':'t.a','u.c':'t.b'}", NULL },
	{ "{'t':'SUBTABLE','t.a':'DATE'}", "{'u':'SUBTABLE','u.a':'DATE'}",
	    "[['A',{},['t'],['u']]]", "{}", NULL },
	/* A table that came on the way is one matter. */
	{ "{'a':'DATE'}",
	    "{'a':'DATE','t':'SUBTABLE','t.y':'DATE','t.z':'DATE'}",
	    "[['',{},[],['t']],['A',{},['t.x'],['t.y']]]", "{'a':'a'}", NULL },
	{ "{'t':'SUBTABLE','t.a':'DATE'}", "{'t':'SUBTABLE','a':'DATE'}",
	    "[['A',{'t.a':'a'},[],[]]]", NULL, "a" },
	{ "{'t':'SUBTABLE','t.a':'DATE','u':'SUBTABLE'}",
	    "{'t':'SUBTABLE','u':'SUBTABLE','u.a':'DATE'}",
	    "[['A',{'t.a':'u.a'},[],[]]]", NULL, "u.a" },
	{ "{'a':'DATE'}", "{}", "[['',{},['a'],[]]]", NULL, "" },
	{ "{'a':'DATE'}", "{}", "[['A',{},['b'],[]]]", NULL, "b" },
	{ "{'a':'DATE'}", "{'a':'DATE'}", "[['A',{},[],['a']]]", NULL, "a" },
	{ "{'a':'DATE'}", "{'c':'DATE'}", "[['A',{'a':'b'},[],[]]]", NULL,
	    "b" },
	{ "{'a':'DATE','b':'DATE'}", "{'b':'DATE'}", "[['A',{'a':'b'},[],[]]]",
	    NULL, "b" },
};

static json_t *
chain(const char *text, const char *was, struct seki_err *err)
{
	json_t *list = doc(text), *steps = json_array(), *v;
	json_t *form = doc(was);
	char hex[SEKI_HEX];
	size_t i;

	assert_int_equal(seki_steps_digest(form, hex, err), 0);
	json_array_foreach(list, i, v)
	{
		assert_int_equal(
		    json_array_append_new(steps,
			json_pack("{s:O,s:s,s:s,s:s,s:O,s:O,s:O}", "by",
			    json_array_get(v, 0), "at", "2026-11-20T01:00:00Z",
			    "revision", "7", "from",
			    i == 0 ? hex
				   : "000000000000000000000000000000000000"
				     "0000000000000000000000000000",
			    "continues", json_array_get(v, 1), "ended",
			    json_array_get(v, 2), "added",
			    json_array_get(v, 3))),
		    0);
	}
	json_decref(list);
	json_decref(form);
	return steps;
}

static void
test_follow(void **state)
{
	json_t *was, *is, *steps, *got, *want;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;

		was = doc(ways[i].was);
		is = doc(ways[i].is);
		steps = chain(ways[i].steps, ways[i].was, &err);
		if (seki_steps_check(steps, &err) == -1)
			fail_msg("%zu: %s", i, err.text);
		got = seki_steps_follow(steps, was, is, NULL, &err);
		if (ways[i].want == NULL) {
			if (got != NULL || err.reason != SEKI_SCHEMA ||
			    strcmp(err.field, ways[i].fault) != 0)
				fail_msg("%zu: field '%s'", i, err.field);
		} else {
			want = doc(ways[i].want);
			if (!json_equal(got, want))
				fail_msg("%zu: %s: %s", i, err.field, err.text);
			json_decref(want);
		}
		json_decref(was);
		json_decref(is);
		json_decref(steps);
		json_decref(got);
	}
}

/* What make writes, follow reads: to the same end. */
static void
test_make(void **state)
{
	static const struct {
		const char *was, *is, *goes, *ended, *added;
	} rows[] = {
		{ "{'a':'DATE','b':'DATE'}", "{'b':'DATE','c':'DATE'}", "{}",
		    "['a']", "['c']" },
		{ "{'a':'DATE','b':'DATE'}", "{'b':'DATE','c':'DATE'}",
		    "{'a':'c'}", "[]", "[]" },
		{ "{'a':'DATE'}", "{'a':'NUMBER'}", "{}", "['a']", "['a']" },
		/* The code of one that goes on, for a new one. */
		{ "{'a':'DATE'}", "{'a':'NUMBER','b':'DATE'}", "{'a':'b'}",
		    "[]", "['a']" },
		/* The code of one that ends, for another. */
		{ "{'a':'DATE','b':'NUMBER'}", "{'b':'DATE'}", "{'a':'b'}",
		    "['b']", "[]" },
		{ "{'t':'SUBTABLE','t.a':'DATE'}", "{}", "{}", "['t']", "[]" },
		{ "{}", "{'t':'SUBTABLE','t.a':'DATE'}", "{}", "[]", "['t']" },
		{ "{'t':'SUBTABLE','t.a':'DATE','t.b':'DATE'}",
		    "{'u':'SUBTABLE','u.a':'NUMBER','u.b':'DATE'}", "{'t':'u'}",
		    "['t.a']", "['u.a']" },
		{ "{'t':'SUBTABLE','t.a':'DATE'}", "{'t':'DATE'}", "{}",
		    "['t']", "['t']" },
	};
	json_t *was, *is, *goes, *step, *steps, *want, *got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;

		was = doc(rows[i].was);
		is = doc(rows[i].is);
		goes = doc(rows[i].goes);
		step = seki_steps_make(
		    was, is, goes, "山田", "2026-11-20T01:00:00Z", "7", &err);
		assert_non_null(step);
		want = doc(rows[i].ended);
		if (!json_equal(json_object_get(step, "ended"), want))
			fail_msg("%zu: ended", i);
		json_decref(want);
		want = doc(rows[i].added);
		if (!json_equal(json_object_get(step, "added"), want))
			fail_msg("%zu: added", i);
		json_decref(want);
		steps = json_array();
		assert_int_equal(seki_steps_add(steps, step, &err), 0);
		got = seki_steps_check(steps, &err) == -1
			  ? NULL
			  : seki_steps_follow(steps, was, is, NULL, &err);
		if (got == NULL)
			fail_msg("%zu: %s: %s", i, err.field, err.text);
		json_decref(got);
		json_decref(was);
		json_decref(is);
		json_decref(goes);
		json_decref(steps);
	}
}

/* The chain is bounded, and the last step that begins here is taken. */
static void
test_bound(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	json_t *a = doc("{'a':'DATE'}"), *b = doc("{'b':'DATE'}");
	json_t *there = doc("{'a':'b'}"), *back = doc("{'b':'a'}");
	json_t *steps = json_array(), *got, *step;
	size_t i, first;

	(void)state;
	for (i = 0; i < SEKI_STEPS_MAX + 3; i++) {
		step = i % 2 == 0 ? seki_steps_make(a, b, there, "x",
					"2026-11-20T01:00:00Z", "", &err)
				  : seki_steps_make(b, a, back, "x",
					"2026-11-20T01:00:00Z", "", &err);
		assert_int_equal(seki_steps_add(steps, step, &err), 0);
	}
	/* The 19th is from a to b; 3 to 18 … 19 are left. */
	assert_int_equal(json_array_size(steps), SEKI_STEPS_MAX);
	assert_int_equal(seki_steps_check(steps, &err), 0);
	got = seki_steps_follow(steps, a, b, &first, &err);
	assert_true(json_equal(got, back));
	assert_int_equal(first, SEKI_STEPS_MAX - 1);
	json_decref(got);
	json_decref(a);
	json_decref(b);
	json_decref(there);
	json_decref(back);
	json_decref(steps);
}

/* By hand: H(05 ‖ lp("$id") lp("__ID__") ‖ lp("t") … ‖ lp("t.a") …). */
static void
test_digest(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	json_t *form = doc("{'t.a':'CALC:DATE','$id':'__ID__','t':'SUBTABLE'}");
	static const char text[] = "\x05"
				   "\0\0\0\3$id\0\0\0\6__ID__"
				   "\0\0\0\1t\0\0\0\10SUBTABLE"
				   "\0\0\0\3t.a\0\0\0\11CALC:DATE";
	unsigned char digest[SEKI_SHA256];
	char hex[SEKI_HEX], want[SEKI_HEX];
	struct seki_sha256 h;

	(void)state;
	assert_int_equal(seki_sha256_init(&h, &err), 0);
	seki_sha256_restart(&h);
	seki_sha256_add(&h, text, sizeof(text) - 1);
	seki_sha256_end(&h, digest);
	seki_sha256_free(&h);
	seki_text_hex(digest, sizeof(digest), want);
	assert_int_equal(seki_steps_digest(form, hex, &err), 0);
	assert_string_equal(hex, want);
	json_decref(form);
}

static void
test_shell(void **state)
{
	static const char *const rows[][2] = {
		{ "a", "a" },
		{ "電話=保護者電話", "電話=保護者電話" },
		{ "", "''" },
		{ "山田 太郎", "'山田 太郎'" },
		{ "山田　太郎", "'山田　太郎'" },
		{ "a'b", "'a'\\''b'" },
		{ "$(rm)", "'$(rm)'" },
		{ "a\nb", "'a\nb'" },
		{ "更新日時 >= \"x\"", "'更新日時 >= \"x\"'" },
		{ "~", "'~'" },
		{ "*", "'*'" },
	};
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seki_buf_reset(&b);
		assert_int_equal(seki_shell_word(&b, rows[i][0], &err), 0);
		assert_string_equal(b.p, rows[i][1]);
	}
	seki_buf_free(&b);
}

/* Which fields a table uses, by its row; 0: none. */
static void
test_uses(void **state)
{
	static const char table[] = "出力項目,元項目,種別\n"
				    "氏名,姓 + 名,text\n"
				    "電話,携帯｜固定,tel\n"
				    "家族,家族,keep\n"
				    "資産.額,資産.額,keep\n"
				    "件名,,keep\n";
	static const struct {
		const char *path;
		unsigned long long row;
	} rows[] = { { "姓", 2 }, { "名", 2 }, { "氏名", 0 }, { "携帯", 3 },
		{ "固定", 3 }, { "電話", 0 }, { "家族", 4 }, { "家族.続柄", 4 },
		{ "資産", 5 }, { "資産.額", 5 }, { "資産.品", 0 }, { "額", 0 },
		{ "件名", 6 }, { "件", 0 }, { "携帯｜固定", 0 } };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_rules *r = seki_rules_read(
	    seki_in_mem(table, sizeof(table) - 1, "r", &err), &err);
	size_t i;

	(void)state;
	if (r == NULL)
		fail_msg("%s", err.text);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (seki_rules_uses(r, rows[i].path) != rows[i].row)
			fail_msg("%s: %llu", rows[i].path,
			    seki_rules_uses(r, rows[i].path));
	seki_rules_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_shell),
		cmocka_unit_test(test_uses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
