#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "seki_int.h"

/* What was read, as cells joined by | and rows by /. */
static int
read_all(const char *s, size_t n, struct seki_buf *b, struct seki_err *err)
{
	struct seki_csv_in *c;
	const struct seki_csv_cell *cell;
	size_t i, k, row = 0;
	int r;

	c = seki_csv_open(seki_in_mem(s, n, "t", err), err);
	assert_non_null(c);
	while ((r = seki_csv_next(c, &cell, &k, err)) == 1) {
		if (row++ > 0)
			assert_int_equal(seki_buf_byte(b, '/', err), 0);
		for (i = 0; i < k; i++) {
			assert_int_equal(cell[i].p[cell[i].n], '\0');
			if (i > 0)
				assert_int_equal(seki_buf_byte(b, '|', err), 0);
			assert_int_equal(
			    seki_buf_add(b, cell[i].p, cell[i].n, err), 0);
		}
	}
	seki_csv_free(c);
	return r;
}

#define ROW(s, text)                                                           \
	{                                                                      \
		s, sizeof(s) - 1, text                                         \
	}
static const struct {
	const char *s;
	size_t n;
	const char *text; /* what is read, or !what the message says */
} rows[] = {
	ROW("", ""),
	ROW("\xEF\xBB\xBF", ""),
	ROW("a", "a"),
	ROW("a,b\nc,d\n", "a|b/c|d"),
	ROW("a,b\r\nc,d\r\n", "a|b/c|d"),
	ROW("\xEF\xBB\xBFi,j\r\n", "i|j"),
	ROW("a,\n", "a|"),
	ROW(",a", "|a"),
	ROW("\n\na\n\n", "a"),
	ROW("\"\"\na\n", "/a"),
	ROW("\"a\"\"b\",\"c,d\"\n", "a\"b|c,d"),
	ROW("\"a\r\nb\"\r\n", "a\r\nb"),
	ROW("\"\"\"\"\n", "\""),
	ROW("\"a\",b\n\"c\"", "a|b/c"),
	ROW(" a , b \n", " a | b "),
	ROW("\"\xEF\xBB\xBF"
	    "a\"\n",
	    "\xEF\xBB\xBF"
	    "a"),
	ROW("\xE6\xBC\xA2,\xE5\xAD\x97\n", "\xE6\xBC\xA2|\xE5\xAD\x97"),
	ROW("a\"b\n", "!row 1: RFC 4180 2.5"),
	ROW("x\n\na \"b\"\n", "!row 3: RFC 4180 2.5"),
	ROW("\"a\"b\n", "!row 1: RFC 4180 2.7"),
	ROW("\"a\" ,b\n", "!row 1: RFC 4180 2.7"),
	ROW("x\n\"abc\n", "!row 2: RFC 4180 2.5: a quote is opened"),
	ROW("\"", "!row 1: RFC 4180 2.5: a quote is opened"),
	ROW("\"a\"\"", "!row 1: RFC 4180 2.5: a quote is opened"),
	ROW("a\rb\n", "!row 1: RFC 4180 2.1"),
	ROW("a\r", "!row 1: RFC 4180 2.1"),
	ROW("a\0b\n", "!row 1: U+0000"),
	ROW("\"a\0b\"\n", "!row 1: U+0000"),
	ROW("\"a\"\0\n", "!row 1: U+0000"),
	ROW("\0\n", "!row 1: U+0000"),
	ROW("\xFF\xFE"
	    "a\0,\0",
	    "!row 1: UTF-16"),
	ROW("\xFE\xFF\0a\0,", "!row 1: UTF-16"),
	ROW("a\n\x8E\xED\x95\xCA,b\n",
	    "!row 2: not UTF-8; it looks like Shift"),
	ROW("\xB6\xC5\n", "!row 1: not UTF-8; it looks like Shift"),
	ROW("\xFF\n", "!row 1: not valid UTF-8"),
	ROW("\xE6\xBC\xE6\n", "!row 1: not valid UTF-8"),
	ROW("\xED\xA0\x80\n", "!row 1: not"),
};

static void
test_read(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err;
	size_t i, fails = 0;
	int r, want;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = (struct seki_err)SEKI_ERR_INIT;
		seki_buf_reset(&b);
		want = rows[i].text[0] == '!' ? -1 : 0;
		r = read_all(rows[i].s, rows[i].n, &b, &err);
		if (r == want &&
		    (r == 0 ? strcmp(b.p == NULL ? "" : b.p, rows[i].text) == 0
			    : err.reason == SEKI_CSV &&
				  strncmp(err.text, rows[i].text + 1,
				      strlen(rows[i].text + 1)) == 0))
			continue;
		fails++;
		print_error("row %zu: %d '%s' '%s'\n", i, r,
		    b.p == NULL ? "" : b.p, err.text);
	}
	seki_buf_free(&b);
	assert_int_equal(fails, 0);
}

/* Every ceiling: at it, and one past it. */
static int
big(size_t cells, size_t bytes, int quote, struct seki_err *err)
{
	struct seki_buf s = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	size_t i;
	int r;

	*err = (struct seki_err)SEKI_ERR_INIT;
	for (i = 0; i < cells; i++) {
		if (i > 0)
			assert_int_equal(seki_buf_byte(&s, ',', err), 0);
		if (quote)
			assert_int_equal(seki_buf_byte(&s, '"', err), 0);
		assert_int_equal(seki_buf_room(&s, bytes, err), 0);
		memset(s.p + s.n, 'x', bytes);
		s.n += bytes;
		if (quote && cells < 9)
			assert_int_equal(seki_buf_byte(&s, '"', err), 0);
	}
	r = read_all(s.p, s.n, &b, err);
	if (r == 0)
		assert_int_equal(b.n, cells * bytes + cells - 1);
	seki_buf_free(&s);
	seki_buf_free(&b);
	return r;
}

static void
test_limits(void **state)
{
	struct seki_err err;

	(void)state;
	assert_int_equal(big(2, SEKI_VALUE_MAX, 0, &err), 0);
	assert_int_equal(big(2, SEKI_VALUE_MAX, 1, &err), 0);
	assert_int_equal(big(1, SEKI_VALUE_MAX + 1, 0, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	assert_int_equal(big(1, SEKI_VALUE_MAX + 1, 1, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	assert_int_equal(big(5, SEKI_VALUE_MAX, 1, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	assert_int_equal(big(SEKI_CSV_COLS, 1, 0, &err), 0);
	assert_int_equal(big(SEKI_CSV_COLS + 1, 1, 0, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
}

/* Byte by byte, as a slow pipe gives it, nothing is read otherwise. */
static void
test_slow(void **state)
{
	static const char text[] = "\xEF\xBB\xBF\"a\"\"\r\nb\",c\r\n\r\nd,e";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_csv_in *c;
	const struct seki_csv_cell *cell;
	int fd[2];
	size_t i, n;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	if ((pid = fork()) == 0) {
		for (i = 0; i < sizeof(text) - 1; i++) {
			if (write(fd[1], text + i, 1) != 1)
				_exit(1);
			(void)usleep(200);
		}
		_exit(0);
	}
	assert_true(pid > 0);
	(void)close(fd[1]);
	c = seki_csv_open(seki_in_fd(fd[0], "pipe", &err), &err);
	assert_int_equal(seki_csv_next(c, &cell, &n, &err), 1);
	assert_int_equal(n, 2);
	assert_string_equal(cell[0].p, "a\"\r\nb");
	assert_int_equal(seki_csv_row(c), 1);
	assert_int_equal(seki_csv_next(c, &cell, &n, &err), 1);
	assert_string_equal(cell[1].p, "e");
	assert_int_equal(seki_csv_row(c), 3);
	assert_int_equal(seki_csv_next(c, &cell, &n, &err), 0);
	assert_int_equal(seki_csv_next(c, &cell, &n, &err), 0);
	seki_csv_free(c);
}

static const struct {
	const char *cell, *machine, *people;
} cells[] = {
	{ "a", "a", "a" },
	{ "", "", "" },
	{ " a", " a", " a" },
	{ "a,b", "\"a,b\"", "\"a,b\"" },
	{ "a\"b", "\"a\"\"b\"", "\"a\"\"b\"" },
	{ "\"\"", "\"\"\"\"\"\"", "\"\"\"\"\"\"" },
	{ "a\nb", "\"a\nb\"", "\"a\nb\"" },
	{ "a\r\n", "\"a\r\n\"", "\"a\r\n\"" },
	{ "=1+1", "=1+1", "'=1+1" },
	{ "=1,\"", "\"=1,\"\"\"", "\"'=1,\"\"\"" },
	{ "+81", "+81", "'+81" },
	{ "-5", "-5", "-5" },
	{ "-1.25", "-1.25", "-1.25" },
	{ "-05", "-05", "'-05" },
	{ "-", "-", "'-" },
	{ "@a", "@a", "'@a" },
	{ "\ta", "\ta", "'\ta" },
	{ "\ra", "\"\ra\"", "\"'\ra\"" },
	{ "\na", "\"\na\"", "\"'\na\"" },
	{ "'a", "'a", "''a" },
	{ "＝1", "＝1", "'＝1" },
	{ "＠", "＠", "'＠" },
	{ "a=1", "a=1", "a=1" },
	{ "\xEF\xBB\xBFx", "\"\xEF\xBB\xBFx\"", "\"\xEF\xBB\xBFx\"" },
};

static void
write_all(enum seki_csv_for whom, struct seki_buf *b)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_out *out;
	struct seki_csv_out *c;
	char path[] = "/tmp/seki-test-XXXXXX";
	size_t i;
	int fd = mkstemp(path);

	assert_int_not_equal(fd, -1);
	out = seki_out_fd(fd, "t", &err);
	c = seki_csv_create(out, whom, &err);
	for (i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		assert_int_equal(
		    seki_csv_put(c, cells[i].cell, strlen(cells[i].cell), &err),
		    0);
		assert_int_equal(seki_csv_put(c, "x", 1, &err), 0);
		assert_int_equal(seki_csv_end(c, &err), 0);
	}
	/* A row of one empty cell is a row. */
	assert_int_equal(seki_csv_put(c, "", 0, &err), 0);
	assert_int_equal(seki_csv_end(c, &err), 0);
	seki_csv_close(c);
	assert_int_equal(seki_out_commit(out, &err), 0);
	assert_int_equal(seki_in_slurp(path, 1 << 20, b, &err), 0);
	(void)close(fd);
	(void)unlink(path);
}

static void
test_write(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT, want = SEKI_BUF_INIT;
	struct seki_buf again = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	size_t i;
	int people;

	(void)state;
	for (people = 0; people < 2; people++) {
		seki_buf_reset(&b);
		seki_buf_reset(&want);
		write_all(people ? SEKI_CSV_PEOPLE : SEKI_CSV_MACHINE, &b);
		if (people)
			seki_buf_str(&want, "\xEF\xBB\xBF", &err);
		for (i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
			seki_buf_fmt(&want, &err, "%s,x%s",
			    people ? cells[i].people : cells[i].machine,
			    people ? "\r\n" : "\n");
		seki_buf_fmt(&want, &err, "\"\"%s", people ? "\r\n" : "\n");
		assert_string_equal(b.p, want.p);
	}
	/* What the machine's says is read back as it was. */
	seki_buf_reset(&b);
	seki_buf_reset(&want);
	write_all(SEKI_CSV_MACHINE, &b);
	for (i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		seki_buf_fmt(
		    &want, &err, "%s%s|x", i > 0 ? "/" : "", cells[i].cell);
	seki_buf_str(&want, "/", &err);
	assert_int_equal(read_all(b.p, b.n, &again, &err), 0);
	assert_string_equal(again.p, want.p);
	seki_buf_free(&b);
	seki_buf_free(&want);
	seki_buf_free(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
