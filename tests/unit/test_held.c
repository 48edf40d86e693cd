#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "held_book.h"

/* The workbook of held records, at its limits. */
static struct seki_schema *form;
static struct seki_rules *rules;
static struct seki_plan *plan;
static char path[] = "/tmp/seki-held-XXXXXX";
static int fd;

static int
setup(void **state)
{
	static const char table[] =
	    "output,source,kind,on-broken,keep-original\n"
	    "氏名,氏名,cp932,,\n金額,金額,number,keep,yes\n"
	    "表.名,表.名,name_kana,,\n";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_field *t;

	(void)state;
	form = seki_schema_new("s", "$id", &err);
	assert_int_equal(seki_schema_source(
			     form, "kintone", "example.cybozu.com", "7", &err),
	    0);
	seki_schema_add(
	    form, NULL, "$id", "$id", SEKI_T_ID, SEKI_C_NUMBER, &err);
	seki_schema_add(form, NULL, "氏名", "お名前", SEKI_T_SINGLE_LINE_TEXT,
	    SEKI_C_NUMBER, &err);
	seki_schema_add(form, NULL, "金額", "金額", SEKI_T_SINGLE_LINE_TEXT,
	    SEKI_C_NUMBER, &err);
	t = seki_schema_add(
	    form, NULL, "表", "家族", SEKI_T_SUBTABLE, SEKI_C_NUMBER, &err);
	seki_schema_add(form, t, "名", "続柄", SEKI_T_SINGLE_LINE_TEXT,
	    SEKI_C_NUMBER, &err);
	assert_int_equal(seki_schema_finish(form, &err), 0);
	rules = seki_rules_read(
	    seki_in_mem(table, sizeof(table) - 1, "r.csv", &err), &err);
	assert_non_null(rules);
	plan = seki_plan_new(rules, form, &err);
	if (plan == NULL)
		fail_msg("%s", err.text);
	fd = mkstemp(path);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	seki_plan_free(plan);
	seki_rules_free(rules);
	seki_schema_free(form);
	(void)close(fd);
	(void)unlink(path);
	return 0;
}

static struct seki_value
text(const char *s)
{
	return (struct seki_value){ .p = s, .n = strlen(s), .set = 1 };
}

static struct seki_grid *
saved(struct seki_held_book *b, const struct seki_normal *res)
{
	const struct seki_held_run run = { .res = res };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_out *out;
	struct seki_grid *g;

	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	out = seki_out_fd(fd, path, &err);
	if (seki_held_book_save(b, &run, out, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(seki_out_commit(out, &err), 0);
	assert_non_null(g = seki_grid_open(path, NULL, &err));
	seki_held_book_free(b);
	return g;
}

static uint64_t
rows_of(struct seki_grid *g, const char *sheet)
{
	struct seki_err err = SEKI_ERR_INIT;
	const struct seki_grid_cell *cell;
	uint64_t rows = 0;
	size_t n;

	assert_int_equal(seki_grid_rewind(g, sheet, &err), 0);
	while (seki_grid_next(g, &cell, &n, &err) == 1)
		rows++;
	return rows;
}

static struct seki_grid *
many(uint32_t records)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_held_book *b = seki_held_book_new(plan, NULL, &err);
	struct seki_value v[4] = { text("1"), text("𠮷"), text("1"), { 0 } };
	struct seki_held_what what = { &plan->col[0], 0, 0, "cp932",
		SEKI_B_CHARSET, &v[1] };
	struct seki_record rec = { .v = v };
	struct seki_normal res = { .records = 1, .held = 1 };
	char key[16];
	uint32_t i;

	assert_non_null(b);
	for (i = 1; i <= records; i++) {
		(void)snprintf(key, sizeof(key), "%u", (unsigned)i);
		rec.key = v[0] = text(key);
		assert_int_equal(seki_held_book_broken(b, &what, &err), 0);
		assert_int_equal(seki_held_book_record(b, &rec, 1, &err), 0);
		/* Nothing is said of a record that broke no rule. */
		assert_int_equal(seki_held_book_record(b, &rec, 1, &err), 0);
	}
	return saved(b, &res);
}

/* One record more than a sheet has goes on in another sheet. */
static void
test_sheets(void **state)
{
	struct seki_grid *g = many(SEKI_SHEET_RECORDS);

	(void)state;
	assert_int_equal(seki_grid_sheets(g), 2);
	seki_grid_free(g);
	g = many(SEKI_SHEET_RECORDS + 1);
	assert_int_equal(seki_grid_sheets(g), 3);
	assert_int_equal(rows_of(g, "Held"), SEKI_SHEET_RECORDS + 1);
	assert_int_equal(rows_of(g, "Held~2"), 1 + 1);
	seki_grid_free(g);
}

/* One broken rule more than are told; rows of a table; a flag beside. */
static void
test_findings(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_held_book *b = seki_held_book_new(plan, NULL, &err);
	struct seki_value v[4] = { text("12"), { 0 }, text("約百"), { 0 } };
	struct seki_value inner[2] = { text("山田"), text("x_x0041_") };
	struct seki_row row[2] = { { .v = &inner[0] }, { .v = &inner[1] } };
	struct seki_record rec = { .key = text("12"), .v = v };
	struct seki_held_what what = { &plan->table[0].col[0], 3, 2,
		"name_kana", SEKI_B_CHARSET, &inner[1] };
	const struct seki_grid_cell *cell;
	struct seki_normal res = { .records = 1, .held = 1 };
	struct seki_grid *g;
	size_t i, n;

	(void)state;
	v[3].nrow = 2;
	v[3].row = row;
	for (i = 0; i < SEKI_HELD_FINDINGS - 2; i++)
		assert_int_equal(seki_held_book_broken(b, &what, &err), 0);
	what = (struct seki_held_what){ &plan->col[0], 0, 0, "required",
		SEKI_B_EMPTY, NULL };
	assert_int_equal(seki_held_book_broken(b, &what, &err), 0);
	what = (struct seki_held_what){ &plan->col[1], 0, 0, "number",
		SEKI_B_UNPARSED, &v[2] };
	assert_int_equal(seki_held_book_broken(b, &what, &err), 0);
	assert_int_equal(seki_held_book_broken(b, &what, &err), 0);
	assert_int_equal(seki_held_book_record(b, &rec, 1, &err), 0);
	g = saved(b, &res);
	assert_int_equal(seki_grid_sheets(g), 2);
	assert_int_equal(seki_grid_rewind(g, "Held", &err), 0);
	assert_int_equal(seki_grid_next(g, &cell, &n, &err), 1);
	assert_int_equal(n, 6);
	/* Titles in the order of the form. */
	assert_string_equal(cell[3].p, "お名前 (氏名)");
	assert_string_equal(cell[4].p, "金額");
	assert_string_equal(cell[5].p, "家族.続柄");
	assert_int_equal(seki_grid_next(g, &cell, &n, &err), 1);
	assert_string_equal(cell[0].p, "12");
	if (strstr(cell[1].p, "\nand 1 more") == NULL)
		fail_msg("%s", cell[1].p + cell[1].n - 200);
	assert_string_equal(cell[2].p,
	    "row 4: 表.名, name_kana\nrow 2: 氏名, required\nrow 3: 金額, "
	    "number");
	assert_string_equal(cell[3].p, "");
	assert_string_equal(cell[4].p, "約百");
	/* The row in question, once. */
	assert_string_equal(cell[5].p, "row 2: x_x0041_");
	seki_grid_free(g);
}

static void
test_none(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_held_book *b = seki_held_book_new(plan, NULL, &err);
	struct seki_normal res = { .records = 5 };
	struct seki_grid *g = saved(b, &res);

	(void)state;
	assert_int_equal(rows_of(g, "Held"), 1);
	seki_grid_free(g);
	seki_held_book_free(NULL);
}

static void
test_link(void **state)
{
	static const struct {
		const char *domain, *app, *key, *want;
	} rows[] = {
		{ "example.cybozu.com", "7", "12",
		    "https://example.cybozu.com/k/7/show#record=12" },
		{ "", "7", "12", "" },
		{ "example.cybozu.com/a?", "7", "12", "" },
		{ "a@b.example", "7", "12", "" },
		{ "example.cybozu.com", "7/../8", "12", "" },
		{ "example.cybozu.com", "", "12", "" },
		{ "example.cybozu.com", "7", "12#x", "" },
		{ "example.cybozu.com", "7", "", "" },
	};
	struct seki_schema s = { .key = (char *)(uintptr_t) "$id" };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_record rec = { .v = NULL };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s.source.domain = (char *)(uintptr_t)rows[i].domain;
		s.source.app = (char *)(uintptr_t)rows[i].app;
		rec.key = text(rows[i].key);
		seki_buf_reset(&b);
		assert_int_equal(seki_record_link(&s, &rec, &b, &err), 0);
		assert_string_equal(b.p, rows[i].want);
	}
	seki_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sheets),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_link),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
