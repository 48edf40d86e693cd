#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "cloud_int.h"
#include "norm_int.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static const struct seki_cloud_kind *const kinds[] = { &seki_cloud_soudan,
	&seki_cloud_kifu };

static json_t *
document(
    const struct seki_cloud_kind *kind, void (*fn)(struct seki_cloud_gen *))
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_cloud_gen g = {
		.b = &b, .err = &err, .kind = kind, .app = 1
	};
	json_t *doc;

	fn(&g);
	assert_int_equal(g.bad, 0);
	doc = seki_doc_parse(b.p, b.n, SEKI_RECORD, "made", &err);
	if (doc == NULL)
		fail_msg("%s: %s", kind->name, err.text);
	seki_buf_free(&b);
	return doc;
}

static json_t *
record(const struct seki_cloud_kind *kind, uint64_t seed, uint64_t id,
    int flaws, struct seki_buf *b)
{
	struct seki_err err = SEKI_ERR_INIT;
	json_t *doc;

	seki_buf_reset(b);
	assert_int_equal(
	    seki_cloud_gen_record(kind, seed, id, flaws, b, &err), 0);
	doc = seki_doc_parse(b->p, b->n, SEKI_RECORD, "made", &err);
	if (doc == NULL)
		fail_msg("%s %ju: %s", kind->name, (uintmax_t)id, err.text);
	return doc;
}

static const char *
member(json_t *v, const char *name)
{
	return json_string_value(json_object_get(v, name));
}

/* A text value agrees with the field's type; the empty one always does. */
static void
check_text(const char *code, json_t *prop, const char *s)
{
	static const char *const calc[] = { "DATETIME", "DATE", "TIME",
		"HOUR_MINUTE", "DAY_HOUR_MINUTE" };
	static const enum seki_shape of[] = { SEKI_S_DATETIME, SEKI_S_DATE,
		SEKI_S_TIME, SEKI_S_DURATION, SEKI_S_DURATION };
	const char *type = member(prop, "type"), *fmt = member(prop, "format");
	enum seki_shape shape = SEKI_S_TEXT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	const char *why;

	if (strcmp(type, "CALC") == 0) {
		shape = SEKI_S_NUMBER;
		for (size_t i = 0; i < ROWS(calc); i++)
			if (strcmp(fmt, calc[i]) == 0)
				shape = of[i];
	} else if (strcmp(type, "NUMBER") == 0)
		shape = SEKI_S_NUMBER;
	else if (strcmp(type, "DATE") == 0)
		shape = SEKI_S_DATE;
	else if (strcmp(type, "TIME") == 0)
		shape = SEKI_S_TIME;
	else if (strcmp(type, "DATETIME") == 0 ||
		 strcmp(type, "CREATED_TIME") == 0 ||
		 strcmp(type, "UPDATED_TIME") == 0)
		shape = SEKI_S_DATETIME;
	if (*s == '\0')
		return;
	if (shape == SEKI_S_NUMBER) {
		if (seki_num_canon(s, strlen(s), &b, &err) != 0 ||
		    seki_num_digits(b.p, b.n) > 30)
			fail_msg("%s: %s is no number", code, s);
		seki_buf_free(&b);
	} else if ((why = seki_value_check(shape, s, strlen(s))) != NULL)
		fail_msg("%s: %s: %s", code, s, why);
	if (shape == SEKI_S_DATETIME && strcmp(s + 16, ":00Z") != 0)
		fail_msg("%s: %s is finer than a minute", code, s);
	if (json_object_get(prop, "options") != NULL &&
	    json_object_get(json_object_get(prop, "options"), s) == NULL)
		fail_msg("%s: %s is no option", code, s);
	if (strchr(s, '\r') != NULL)
		fail_msg("%s: a CR", code);
}

static void check_fields(json_t *props, json_t *rec, int top);

static void
check_value(const char *code, json_t *prop, json_t *value)
{
	const char *type = member(prop, "type");
	json_t *v;
	size_t i;

	if (json_is_string(value))
		check_text(code, prop, json_string_value(value));
	else if (json_is_object(value))
		assert_non_null(member(value, "code"));
	else if (json_is_null(value))
		assert_true(strcmp(type, "DATE") == 0 ||
			    strcmp(type, "TIME") == 0 ||
			    strcmp(type, "DROP_DOWN") == 0 ||
			    strcmp(type, "RADIO_BUTTON") == 0);
	else
		json_array_foreach(value, i, v)
		{
			if (strcmp(type, "SUBTABLE") == 0)
				check_fields(json_object_get(prop, "fields"),
				    json_object_get(v, "value"), 0);
			else if (json_is_string(v))
				check_text(code, prop, json_string_value(v));
			else
				assert_non_null(member(v, "name"));
		}
}

/* The record has exactly the form's fields, with its types. */
static void
check_fields(json_t *props, json_t *rec, int top)
{
	size_t fields = 0;
	const char *code;
	json_t *prop, *cell;

	json_object_foreach(props, code, prop)
	{
		const char *type = member(prop, "type");

		assert_string_equal(member(prop, "code"), code);
		if (strcmp(type, "GROUP") == 0 ||
		    strcmp(type, "REFERENCE_TABLE") == 0)
			continue;
		fields++;
		if ((cell = json_object_get(rec, code)) == NULL)
			fail_msg("%s is missing", code);
		assert_string_equal(member(cell, "type"), type);
		check_value(code, prop, json_object_get(cell, "value"));
	}
	assert_int_equal(json_object_size(rec), fields + (top ? 2 : 0));
}

static void
agree(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char id[24];

	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++) {
		json_t *form = document(kinds[k], seki_cloud_form_fields);

		for (uint64_t i = 1; i <= 500; i++) {
			json_t *r = record(kinds[k], i % 3, i, i % 2 == 0, &b);

			check_fields(json_object_get(form, "properties"), r, 1);
			snprintf(id, sizeof(id), "%ju", (uintmax_t)i);
			assert_string_equal(
			    member(json_object_get(r, "$id"), "value"), id);
			json_decref(r);
		}
		json_decref(form);
	}
	seki_buf_free(&b);
}

static void
mark(json_t *props, int *type, int *calc)
{
	const char *code, *fmt;
	json_t *p;

	json_object_foreach(props, code, p)
	{
		const char *t = member(p, "type");

		type[seki_type_find(t, strlen(t))] = 1;
		if ((fmt = member(p, "format")) != NULL)
			calc[seki_calc_find(fmt, strlen(fmt))] = 1;
	}
}

/* soudan has every type there is, kifu 40 plain fields. */
static void
types(void **state)
{
	int type[SEKI_T_NONE + 1] = { 0 }, calc[7] = { 0 }, inner[64] = { 0 };
	json_t *form = document(&seki_cloud_soudan, seki_cloud_form_fields);
	json_t *props = json_object_get(form, "properties"), *p;
	const char *code;
	int tables = 0;

	(void)state;
	mark(props, type, calc);
	type[SEKI_T_ID] = type[SEKI_T_REVISION] = 1;
	for (int i = 0; i < SEKI_T_NONE; i++)
		if (!type[i])
			fail_msg("no %s", seki_type_word((enum seki_type)i));
	for (int i = 0; i < 7; i++)
		assert_true(calc[i]);
	json_object_foreach(
	    props, code, p) if (json_object_get(p, "fields") != NULL)
	{
		tables++;
		mark(json_object_get(p, "fields"), inner, calc);
	}
	assert_int_equal(tables, 2);
	assert_true(inner[SEKI_T_FILE] && inner[SEKI_T_USER_SELECT] &&
		    inner[SEKI_T_CALC] && inner[SEKI_T_CHECK_BOX]);
	assert_non_null(
	    json_object_get(json_object_get(props, "学校コード"), "lookup"));
	json_decref(form);
	form = document(&seki_cloud_kifu, seki_cloud_form_fields);
	props = json_object_get(form, "properties");
	assert_int_equal(json_object_size(props), 40);
	json_object_foreach(props, code, p)
	    assert_null(json_object_get(p, "fields"));
	json_decref(form);
}

/* Each element of the layout is a field of the form, none twice. */
static void
walk(json_t *list, json_t *props, json_t *seen)
{
	json_t *e;
	size_t i;

	json_array_foreach(list, i, e)
	{
		const char *code = member(e, "code");
		json_t *p = props, *inner;

		if (code != NULL) {
			assert_int_equal(
			    json_object_set_new_nocheck(seen, code,
				json_integer(json_integer_value(
						 json_object_get(seen, code)) +
					     1)),
			    0);
			inner = json_object_get(
			    json_object_get(props, code), "fields");
			if (json_object_get(props, code) == NULL)
				fail_msg("%s is no field", code);
			if (inner != NULL)
				p = inner;
		}
		walk(json_object_get(e, "fields"), p, seen);
		walk(json_object_get(e, "layout"), props, seen);
	}
}

static void
layout(void **state)
{
	const char *code;
	json_t *n;

	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++) {
		json_t *form = document(kinds[k], seki_cloud_form_fields);
		json_t *lay = document(kinds[k], seki_cloud_form_layout);
		json_t *seen = json_object();

		walk(json_object_get(lay, "layout"),
		    json_object_get(form, "properties"), seen);
		assert_true(json_object_size(seen) >= 40);
		json_object_foreach(
		    seen, code, n) if (json_integer_value(n) != 1)
		    fail_msg("%s stands twice", code);
		json_decref(seen);
		json_decref(lay);
		json_decref(form);
		json_decref(document(kinds[k], seki_cloud_form_about));
		json_decref(document(kinds[k], seki_cloud_form_settings));
	}
}

static void
seeds(void **state)
{
	struct seki_buf a = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	int flawed = 0;

	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++)
		for (uint64_t i = 1; i <= 200; i++) {
			json_decref(record(kinds[k], 5, i, 0, &a));
			json_decref(record(kinds[k], 5, i, 0, &b));
			assert_string_equal(a.p, b.p);
			json_decref(record(kinds[k], 6, i, 0, &b));
			assert_string_not_equal(a.p, b.p);
			json_decref(record(kinds[k], 5, i, 1, &b));
			flawed += strcmp(a.p, b.p) != 0;
		}
	assert_true(flawed > 20);
	seki_buf_free(&a);
	seki_buf_free(&b);
}

/* How many values of a field a rule does not take; empty ones do not count. */
static unsigned
broken(const char *code, seki_norm_fn *fn, json_t *rec, int loud)
{
	const char *v = member(json_object_get(rec, code), "value");
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	int r;

	if (v == NULL || *v == '\0')
		return 0;
	r = fn(v, strlen(v), &b, &err);
	seki_buf_free(&b);
	if (r != 0 && loud)
		fail_msg("%s: %s: %s", code, v,
		    seki_broken_word((enum seki_broken)r));
	return r != 0;
}

/* Without flaws every rule takes every value; with them, some are broken. */
static void
accepted(void **state)
{
	static const struct {
		const char *code;
		seki_norm_fn *fn;
		int flawed; /* gets flaws */
	} rules[] = { { "児童生徒氏名", seki_norm_name_kanji, 0 },
		{ "保護者氏名", seki_norm_name_kanji, 0 },
		{ "電話番号", seki_norm_tel, 1 },
		{ "郵便番号", seki_norm_postal, 1 },
		{ "費用負担額", seki_norm_number, 1 },
		{ "生年月日", seki_norm_date, 1 },
		{ "相談日", seki_norm_date, 0 },
		{ "相談時刻", seki_norm_time, 0 },
		{ "次回面談", seki_norm_datetime_jst, 0 },
		{ "精密値", seki_norm_number, 0 },
		{ "件名", seki_norm_text, 0 }, { "備考", seki_norm_text, 0 },
		{ "相談内容", seki_norm_text, 0 } };
	struct seki_buf b = SEKI_BUF_INIT;
	unsigned n[ROWS(rules)] = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 2000; i++) {
		json_t *good = record(&seki_cloud_soudan, 1, i, 0, &b);
		json_t *bad = record(&seki_cloud_soudan, 1, i, 1, &b);

		for (size_t k = 0; k < ROWS(rules); k++) {
			(void)broken(rules[k].code, rules[k].fn, good, 1);
			n[k] += broken(rules[k].code, rules[k].fn, bad, 0);
		}
		json_decref(good);
		json_decref(bad);
	}
	for (size_t k = 0; k < ROWS(rules); k++)
		if (rules[k].flawed ? n[k] < 10 || n[k] > 200 : n[k] > 0)
			fail_msg("%s: %u flaws", rules[k].code, n[k]);
	seki_buf_free(&b);
}

/* What the demo promises to carry is there. */
static void
awkward(void **state)
{
	static const char *const must[] = { "\"=1+1\"", "\"+81\"", "\"0012\"",
		"𠮷", "葛\U000E0100", "😀", "ｶﾞｽ", "か\u3099",
		"12345678901234567890.0123456789", "0.0000000001", "　前後",
		"\"  前後", "\\n", "\\t", "１，", "〒", "+81-3-", "令和", "Ｒ",
		"\"value\":null", "\"value\":\"\"", "\"value\":[]" };
	struct seki_buf b = SEKI_BUF_INIT;
	int seen[ROWS(must)] = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 200; i++) {
		json_decref(record(&seki_cloud_soudan, 1, i, 0, &b));
		for (size_t m = 0; m < ROWS(must); m++)
			seen[m] |= strstr(b.p, must[m]) != NULL;
	}
	for (size_t m = 0; m < ROWS(must); m++)
		if (!seen[m])
			fail_msg("no %s", must[m]);
	seki_buf_free(&b);
}

/* About 2.8 kB a record, so that 100,000 are 280 MB. */
static void
size(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t total = 0;

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++) {
		json_decref(record(&seki_cloud_kifu, 1, i, 0, &b));
		total += b.n;
	}
	if (total < 2700000 || total > 2950000)
		fail_msg("%zu bytes", total);
	seki_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agree),
		cmocka_unit_test(types),
		cmocka_unit_test(layout),
		cmocka_unit_test(seeds),
		cmocka_unit_test(accepted),
		cmocka_unit_test(awkward),
		cmocka_unit_test(size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
