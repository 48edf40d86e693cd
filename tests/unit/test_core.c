#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "seki_int.h"

static void
test_numbers(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: no number */
	} rows[] = {
		{ "0", "0" },
		{ "-0", "0" },
		{ "+5", "5" },
		{ "007", "7" },
		{ "1.50", "1.5" },
		{ "-0.0", "0" },
		{ ".5", "0.5" },
		{ "1e3", "1000" },
		{ "1.5E-3", "0.0015" },
		{ "-1e-7", "-0.0000001" },
		{ "12345e-2", "123.45" },
		{ "100e-2", "1" },
		{ "0e99999", "0" },
		{ "123456789012345678901234567890.0123456789",
		    "123456789012345678901234567890.0123456789" },
		{ "9007199254740993", "9007199254740993" },
		{ "1e400", NULL },
		{ "1e-402", NULL },
		{ "1e9999999", NULL },
		{ "", NULL },
		{ "-", NULL },
		{ ".", NULL },
		{ "1.", NULL },
		{ "1,000", NULL },
		{ "0x10", NULL },
		{ "1e", NULL },
		{ "NaN", NULL },
		{ "１", NULL },
		{ "1 ", NULL },
	};
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seki_buf_reset(&b);
		r = seki_num_canon(rows[i].in, strlen(rows[i].in), &b, &err);
		if (r != (rows[i].out == NULL))
			fail_msg("'%s': %d", rows[i].in, r);
		if (r == 0 && strcmp(b.p, rows[i].out) != 0)
			fail_msg("'%s' gave '%s'", rows[i].in, b.p);
		if (r == 0 && !seki_num_ok(b.p, b.n))
			fail_msg("'%s' is not canonical", b.p);
		if (rows[i].out != NULL &&
		    strcmp(rows[i].in, rows[i].out) != 0 &&
		    seki_num_ok(rows[i].in, strlen(rows[i].in)))
			fail_msg("'%s' passed for canonical", rows[i].in);
	}
	seki_buf_free(&b);
	assert_int_equal(seki_num_digits("1200.50", 7), 5);
	assert_int_equal(seki_num_digits("-0.0015", 7), 2);
	assert_int_equal(seki_num_digits("1200", 4), 2);
}

static void
test_utf8(void **state)
{
	static const struct {
		const char *s;
		int ok;
	} rows[] = {
		{ "abc", 1 },
		{ "関所 𠮷 😀", 1 },
		{ "\xF4\x8F\xBF\xBF", 1 },
		{ "\xC0\xAF", 0 },
		{ "\xE0\x9F\xBF", 0 },
		{ "\xED\xA0\x80", 0 },
		{ "\xF4\x90\x80\x80", 0 },
		{ "\xF0\x8F\xBF\xBF", 0 },
		{ "\x80", 0 },
		{ "abcdefgh\xE4\xB9", 0 },
		{ "\xFF", 0 },
		{ "abcdefghijklmnop\xE9", 0 },
	};
	size_t i, bad;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (seki_text_utf8(rows[i].s, strlen(rows[i].s), &bad) !=
		    rows[i].ok)
			fail_msg("row %zu", i);
	assert_false(seki_text_utf8("abcdefg\0abcdefgh", 16, &bad));
	assert_int_equal(bad, 7);
	assert_false(seki_text_utf8("a\0b", 3, &bad));
}

static void
test_show(void **state)
{
	static const char evil[] = "a\x1B[2J\r\xE2\x80\xAE"
				   "b\xC2\x9B"
				   "c\x80関";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;

	(void)state;
	assert_int_equal(seki_text_show(&b, evil, sizeof(evil) - 1, &err), 0);
	assert_string_equal(
	    b.p, "a\\u{1B}[2J\\u{D}\\u{202E}b\\u{9B}c\\u{80}関");
	seki_buf_free(&b);
}

static void
test_time(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "2026-04-01T00:15:00Z", "2026-04-01 09:15" },
		{ "2026-12-31T15:00:00Z", "2027-01-01 00:00" },
		{ "2024-02-29T00:00:00Z", "2024-02-29 09:00" },
		{ "0034-04-07T22:13:00Z", "0034-04-08 07:13" },
		{ "2025-02-29T00:00:00Z", NULL },
		{ "2026-13-01T00:00:00Z", NULL },
		{ "2026-04-01T24:00:00Z", NULL },
		{ "2026-04-01T00:15:00", NULL },
		{ "2026-04-01 00:15:00Z", NULL },
		{ "2026-04-01T00:15:00+09:00", NULL },
	};
	char jst[SEKI_TIME], back[SEKI_TIME];
	seki_time t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((seki_time_parse(rows[i].in, strlen(rows[i].in), &t) ==
			0) != (rows[i].out != NULL))
			fail_msg("%s", rows[i].in);
		if (rows[i].out == NULL)
			continue;
		seki_time_jst(t, jst);
		assert_string_equal(jst, rows[i].out);
		seki_time_format(t, back);
		assert_string_equal(back, rows[i].in);
	}
	assert_int_equal(
	    seki_time_parse_any("2012-02-03T09:00:00.123+09:00", 29, &t), 0);
	seki_time_format(t, back);
	assert_string_equal(back, "2012-02-03T00:00:00Z");
	assert_int_equal(
	    seki_time_parse_any("2012-02-03T09:00:00+0900", 24, &t), 0);
	seki_time_format(t, back);
	assert_string_equal(back, "2012-02-03T00:00:00Z");
}

/* A list's text and back, with all that could be taken for structure. */
static void
test_items(void **state)
{
	static const char *const names[] = { "", "a\nb", "c\rd", "␛", "␛{A}",
		"名 <x>", "普通" };
	static const enum seki_shape shapes[] = { SEKI_S_CHOICES, SEKI_S_USERS,
		SEKI_S_FILES };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf list = SEKI_BUF_INIT, one = SEKI_BUF_INIT;
	struct seki_item item;
	struct seki_value v;
	size_t i, k, at, n = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (k = 0; k < 3; k++) {
		seki_buf_reset(&list);
		for (i = 0; i < n; i++) {
			item = (struct seki_item){ .p = names[i],
				.n = strlen(names[i]),
				.code = "g<u>\n",
				.ncode = 5,
				.size = "12",
				.nsize = 2,
				.type = "a/b; c=<d>",
				.ntype = 10 };
			assert_int_equal(
			    seki_item_add(shapes[k], &list, &item, &err), 0);
		}
		v = (struct seki_value){ .p = list.p, .n = list.n, .set = 1 };
		assert_null(seki_value_check(shapes[k], list.p, list.n));
		for (at = 0, i = 0;
		     seki_item_next(shapes[k], &v, &at, &one, &item, &err) == 1;
		     i++) {
			assert_int_equal(item.n, strlen(names[i]));
			assert_memory_equal(item.p, names[i], item.n);
			if (shapes[k] == SEKI_S_USERS)
				assert_memory_equal(item.code, "g<u>\n", 5);
			if (shapes[k] == SEKI_S_FILES)
				assert_memory_equal(
				    item.type, "a/b; c=<d>", 10);
		}
		assert_int_equal(i, n);
	}
	assert_non_null(seki_value_check(SEKI_S_USERS, "x", 1));
	assert_non_null(seki_value_check(SEKI_S_CHOICES, "a\n\nb", 4));
	assert_non_null(seki_value_check(SEKI_S_CHOICES, "␛{41", 6));
	assert_non_null(seki_value_check(SEKI_S_FILES, "a <x ->", 7));
	seki_buf_free(&list);
	seki_buf_free(&one);
}

/* Outputs: nothing under the final name until commit, nothing replaced. */
static void
test_out(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	char dir[] = "/tmp/seki-test.XXXXXX", path[64], link_[64];
	struct seki_out *out;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/out", dir);
	(void)snprintf(link_, sizeof(link_), "%s/link", dir);
	out = seki_out_file(path, 0600, SEKI_OUT_NEW, &err);
	assert_non_null(out);
	assert_int_equal(seki_out_str(out, "hello", &err), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(seki_out_commit(out, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_null(seki_out_file(path, 0600, SEKI_OUT_NEW, &err));
	assert_int_equal(err.reason, SEKI_FILE);
	seki_err_clear(&err);
	assert_int_equal(symlink(path, link_), 0);
	assert_null(seki_out_file(link_, 0600, SEKI_OUT_REPLACE, &err));
	assert_int_equal(err.reason, SEKI_FILE);
	seki_err_clear(&err);
	assert_null(seki_in_file(link_, 0, &err));
	assert_int_equal(err.reason, SEKI_FILE);
	seki_err_clear(&err);
	out = seki_out_file(path, 0600, SEKI_OUT_REPLACE, &err);
	assert_int_equal(seki_out_str(out, "gone", &err), 0);
	seki_out_abort(out);
	assert_int_equal(seki_in_slurp(path, 100, &b, &err), 0);
	assert_string_equal(b.p, "hello");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(seki_in_secret(path, &b, &err), -1);
	assert_int_equal(err.reason, SEKI_UNSAFE);
	assert_non_null(strstr(err.text, "0644"));
	seki_buf_free(&b);
	(void)unlink(link_);
	(void)unlink(path);
	/* No temporary file is left: the folder is empty. */
	assert_int_equal(rmdir(dir), 0);
}

static void
test_full(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	int fd = open("/dev/full", O_WRONLY);
	struct seki_out *out = seki_out_fd(fd, "full", &err);

	(void)state;
	assert_int_equal(seki_out_str(out, "x", &err), 0);
	assert_int_equal(seki_out_commit(out, &err), -1);
	assert_int_equal(err.reason, SEKI_FULL);
	(void)close(fd);
}

static void
test_lines(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_in *in = seki_in_mem("a\n\nbc\nrest", 10, "mem", &err);
	char *line;
	size_t n;

	(void)state;
	assert_int_equal(seki_in_line(in, &line, &n, 10, &err), 1);
	assert_string_equal(line, "a");
	assert_int_equal(seki_in_line(in, &line, &n, 10, &err), 1);
	assert_int_equal(n, 0);
	assert_int_equal(seki_in_line(in, &line, &n, 1, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	seki_in_free(in);
	seki_err_clear(&err);
	in = seki_in_mem("rest", 4, "mem", &err);
	assert_int_equal(seki_in_line(in, &line, &n, 10, &err), -1);
	assert_int_equal(err.reason, SEKI_CUT);
	seki_in_free(in);
}

static void
test_folders(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	char dir[] = "/tmp/seki-test.XXXXXX", lock[64];
	int a, b;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(lock, sizeof(lock), "%s/lock", dir);
	assert_int_equal(seki_dir_private(dir, 0, &err), 0);
	a = seki_dir_lock(lock, &err);
	assert_true(a >= 0);
	b = seki_dir_lock(lock, &err);
	assert_int_equal(b, -1);
	assert_int_equal(err.reason, SEKI_LOCKED);
	(void)close(a);
	seki_err_clear(&err);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(seki_dir_private(dir, 0, &err), -1);
	assert_int_equal(err.reason, SEKI_UNSAFE);
	seki_err_clear(&err);
	a = seki_dir_spool(dir, &err);
	assert_true(a >= 0);
	assert_int_equal(write(a, "abc", 3), 3);
	b = seki_dir_reopen(a, &err);
	assert_true(b >= 0);
	assert_int_equal(lseek(b, 0, SEEK_END), 3);
	(void)close(a);
	(void)close(b);
	(void)unlink(lock);
	assert_int_equal(rmdir(dir), 0);
}

static void
test_cut(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		int want;
	} rows[] = {
		{ "", 0, 0 },
		{ "abc", 3, 3 },
		{ "abc", 2, 2 },
		{ "関所", 6, 6 },
		{ "関所", 5, 3 },
		{ "関所", 4, 3 },
		{ "関所", 3, 3 },
		{ "関所", 2, 0 },
		{ "a𠮷", 4, 1 },
		{ "é", 1, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (seki_text_cut(rows[i].text, rows[i].max) != rows[i].want)
			fail_msg("row %zu: %d", i,
			    seki_text_cut(rows[i].text, rows[i].max));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
