#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <fcntl.h>

#include "nomem.h"
#include "totals_int.h"

/* A table with everything in it, held against a stream. */
static const char table[] =
    "経路,月,件数,合計 金額,備考\n@日付,日時\n@除外,状態=取消\n"
    "Ａ,令和8年4月,2,\"1,000\",x\nA,2026-05,,3,\nB,,0,0,\n合計,,2,1003,\n";
static const struct {
	const char *where, *when, *sum, *state;
} records[] = {
	{ "A", "2026-03-31T15:00:00Z", "400.5", "受付" },
	{ "Ａ", "2026-04-30T14:59:00Z", "600", "受付" },
	{ "A", "2026-04-30T15:00:00Z", "3", "受付" },
	{ "A", "2026-04-30T15:00:00Z", NULL, "取消" },
	{ "C", NULL, NULL, NULL },
};
static struct seki_buf raw;

static void
set(struct seki_value *v, const char *s)
{
	memset(v, 0, sizeof(*v));
	v->p = s;
	v->n = s == NULL ? 0 : strlen(s);
	v->set = s != NULL;
}

static int
setup(void **state)
{
	static const struct {
		const char *code;
		enum seki_type type;
	} field[] = { { "$id", SEKI_T_ID }, { "経路", SEKI_T_SINGLE_LINE_TEXT },
		{ "日時", SEKI_T_DATETIME }, { "金額", SEKI_T_NUMBER },
		{ "状態", SEKI_T_SINGLE_LINE_TEXT } };
	static char path[] = "/tmp/seki-nomem-XXXXXX";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_schema *s = seki_schema_new("s", "$id", &err);
	struct seki_ending end = { .kind = "full" };
	struct seki_value v[5];
	struct seki_record rec = { .v = v };
	struct seki_stream_out *w;
	struct seki_out *out;
	char key[2] = "1";
	size_t i;
	int fd = mkstemp(path);

	(void)state;
	for (i = 0; i < 5; i++)
		assert_non_null(seki_schema_add(s, NULL, field[i].code,
		    field[i].code, field[i].type, SEKI_C_NUMBER, &err));
	assert_int_equal(seki_schema_finish(s, &err), 0);
	out = seki_out_fd(fd, "t", &err);
	w = seki_stream_create(out, s, &err);
	for (i = 0; i < 5; i++, key[0]++) {
		set(&rec.key, key);
		v[0] = rec.key;
		set(&v[1], records[i].where);
		set(&v[2], records[i].when);
		set(&v[3], records[i].sum);
		set(&v[4], records[i].state);
		assert_int_equal(seki_stream_put(w, &rec, &err), 0);
	}
	assert_int_equal(seki_stream_end(w, &end, NULL, 0, NULL, &err), 0);
	seki_stream_abort(w);
	assert_int_equal(seki_out_commit(out, &err), 0);
	assert_int_equal(seki_in_slurp(path, 1 << 20, &raw, &err), 0);
	seki_schema_free(s);
	(void)close(fd);
	return unlink(path);
}

static int
teardown(void **state)
{
	(void)state;
	seki_buf_free(&raw);
	return 0;
}

static struct seki_totaled last;
static struct seki_buf list;

static int
check(struct seki_err *err)
{
	struct seki_totals_how how = { .report = NULL };
	struct seki_in *t = seki_in_mem(table, sizeof(table) - 1, "t", err);
	struct seki_grid *g = t == NULL ? NULL : seki_grid_read(t, NULL, err);
	struct seki_totals *to = g == NULL ? NULL : seki_totals_read(g, err);
	struct seki_in *in =
	    to == NULL ? NULL : seki_in_mem(raw.p, raw.n, "raw", err);
	int r = -1;

	memset(&last, 0, sizeof(last));
	seki_grid_free(g);
	if (in != NULL)
		r = seki_totals_check(to, in, &how, &last, err);
	seki_totals_free(to);
	if (r == 0) {
		seki_buf_free(&list);
		list = last.list;
		memset(&last.list, 0, sizeof(last.list));
	}
	seki_totaled_release(&last);
	return r;
}

static void
test_check(void **state)
{
	(void)state;
	exhaust("totals", check);
	assert_int_equal(last.records, 4);
	assert_int_equal(last.excluded, 1);
	assert_int_equal(last.groups, 3);
	assert_int_equal(last.nothing, 1);
	/* 2 and 3; 0 and 0; the sum of the total row, whose count cannot be
	 * told. */
	assert_int_equal(last.same, 5);
	assert_int_equal(last.unasked, 2);
	assert_int_equal(last.differ, 3);
	assert_string_equal(list.p,
	    "[{\"row\":4,\"group\":[\"Ａ\",\"2026-04\"],"
	    "\"figure\":\"合計 金額\",\"why\":\"differs\",\"table\":\"1000\","
	    "\"stream\":\"1000.5\",\"difference\":\"0.5\"},"
	    "{\"row\":0,\"group\":[\"C\",\"\"],\"figure\":\"件数\","
	    "\"why\":\"not-in-table\",\"table\":\"\",\"stream\":\"1\","
	    "\"difference\":\"1\"},"
	    "{\"row\":0,\"group\":[\"C\",\"\"],\"figure\":\"合計 金額\","
	    "\"why\":\"not-in-table\",\"table\":\"\",\"stream\":\"0\","
	    "\"difference\":\"0\"}]");
	seki_buf_free(&list);
}

static int
init(struct seki_err *err)
{
	static const char *const by[] = { "経路", "日時:年度", NULL };
	static const char *const sum[] = { "金額", NULL };
	struct seki_in *in = seki_in_mem(raw.p, raw.n, "raw", err);
	struct seki_out *out;
	int fd = open("/dev/null", O_WRONLY), r = -1;

	if (in != NULL && (out = seki_out_fd(fd, "null", err)) != NULL) {
		r = seki_totals_init(in, by, sum, 0, out, err);
		seki_out_abort(out);
	} else
		seki_in_free(in);
	(void)close(fd);
	return r;
}

static void
test_init(void **state)
{
	(void)state;
	exhaust("init", init);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_check),
		cmocka_unit_test(test_init) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
