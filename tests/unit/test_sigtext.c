#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "sigtext.h"

#define VECTOR "tests/data/relay/seal.txt"
#define BYTES 6001
#define CELLS 3

static struct seki_err err;
static char cell[CELLS][8192]; /* those of the vector */

/* The bytes that mkrelay.py spelt. */
static unsigned char
known(size_t i)
{
	return (unsigned char)(7 * i + i / 256);
}

static int
setup(void **state)
{
	struct seki_in *in = seki_in_file(VECTOR, 0, &err);
	size_t n, i;
	char *s;

	(void)state;
	assert_non_null(in);
	for (i = 0; i < CELLS; i++) {
		assert_int_equal(seki_in_line(in, &s, &n, 8000, &err), 1);
		memcpy(cell[i], s, n);
		cell[i][n] = '\0';
	}
	assert_int_equal(seki_in_line(in, &s, &n, 8000, &err), 0);
	seki_in_free(in);
	return 0;
}

struct written {
	size_t n;
};

static int
compare(void *ctx, const char *s, size_t n, struct seki_err *e)
{
	struct written *w = ctx;

	(void)e;
	assert_true(w->n < CELLS);
	assert_int_equal(strlen(cell[w->n]), n);
	assert_memory_equal(cell[w->n], s, n);
	w->n++;
	return 0;
}

static int
file(size_t n)
{
	int fd = seki_dir_spool(NULL, &err);
	unsigned char c;
	size_t i;

	assert_int_not_equal(fd, -1);
	for (i = 0; i < n; i++) {
		c = known(i);
		assert_int_equal(write(fd, &c, 1), 1);
	}
	return fd;
}

static void
test_written(void **state)
{
	struct written w = { 0 };
	int fd = file(BYTES);

	(void)state;
	assert_int_equal(seki_sigtext_write(fd, BYTES, compare, &w, &err), 0);
	assert_int_equal(w.n, CELLS);
	/* Past the ceiling nothing is written at all. */
	w.n = CELLS;
	assert_int_equal(
	    seki_sigtext_write(fd,
		(uint64_t)SEKI_SIGTEXT_MAX * SEKI_SIGTEXT_BYTES + 1, compare,
		&w, &err),
	    -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	(void)close(fd);
}

/* Texts as cells, in their order, up to a NULL; ours: how many are of a
 * signature.  The reason; SEKI_OK only for the bytes of the vector. */
static enum seki_reason
read_back(const char *const *text, int ours)
{
	int fd = seki_dir_spool(NULL, &err), r, count = 0;
	struct seki_sigtext *s = seki_sigtext_new(fd, &err);
	unsigned char got[BYTES + 1];
	uint64_t n = 0;
	size_t i;

	memset(&err, 0, sizeof(err));
	assert_non_null(s);
	for (i = 0; text[i] != NULL; i++) {
		r = seki_sigtext_take(s, text[i], strlen(text[i]), &err);
		assert_true(r == 0 || r == 1);
		count += r;
	}
	if (count != ours)
		fail_msg("%d cells of a signature, not %d", count, ours);
	assert_int_equal(seki_sigtext_any(s), ours > 0);
	i = (size_t)seki_sigtext_whole(s);
	r = seki_sigtext_end(s, &n, &err);
	assert_int_equal(r, i == 1 ? 0 : -1);
	seki_sigtext_free(s);
	if (r == -1) {
		(void)close(fd);
		return err.reason;
	}
	assert_int_equal(n, BYTES);
	assert_int_equal(pread(fd, got, sizeof(got), 0), BYTES);
	for (i = 0; i < BYTES; i++)
		assert_int_equal(got[i], known(i));
	(void)close(fd);
	return SEKI_OK;
}

/* The vector's cells, and one text more, before and behind them. */
static void
beside(const char *what, const char *text, int is, enum seki_reason want)
{
	const char *behind[] = { cell[0], cell[1], cell[2], text, NULL };
	const char *before[] = { text, cell[2], cell[1], cell[0], NULL };
	enum seki_reason a = read_back(behind, CELLS + is),
			 b = read_back(before, CELLS + is);

	if (a != want || b != want)
		fail_msg("%s: %s behind, %s before", what, seki_err_word(a),
		    seki_err_word(b));
}

/* The vector's cells with this one in place of the first. */
static void
instead(const char *what, const char *text, int is, enum seki_reason want)
{
	const char *all[] = { text, cell[1], cell[2], NULL };
	enum seki_reason got = read_back(all, CELLS - 1 + is);

	if (got != want)
		fail_msg("%s: %s", what, seki_err_word(got));
}

static void
test_order(void **state)
{
	const char *const all[][5] = {
		{ cell[0], cell[1], cell[2], NULL },
		{ cell[2], cell[1], cell[0], NULL },
		{ cell[1], cell[2], cell[0], cell[1], NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(
		    read_back(all[i], i == 2 ? CELLS + 1 : CELLS), SEKI_OK);
}

static void
test_missing(void **state)
{
	const char *none[] = { "", "0001", "x", NULL };
	size_t i;

	(void)state;
	assert_int_equal(read_back(none, 0), SEKI_XLSX);
	for (i = 0; i < CELLS; i++) {
		const char *two[] = { cell[(i + 1) % CELLS],
			cell[(i + 2) % CELLS], NULL };
		char number[16];

		assert_int_equal(read_back(two, 2), SEKI_SIGNATURE);
		(void)snprintf(number, sizeof(number), ": %zu", i + 1);
		assert_non_null(strstr(err.text, number));
	}
}

/* A cell as a writer would make it, with what it says about itself. */
static const char *
made(const char *numbers, const void *p, size_t n, const char *letters)
{
	static char out[16384];

	(void)snprintf(out, sizeof(out), "%s:%08lx:%s", numbers,
	    crc32(crc32(0, NULL, 0), p, (uInt)n), letters);
	return out;
}

static void
test_strange(void **state)
{
	static const struct {
		const char *text;
		int is; /* of a signature */
		enum seki_reason reason;
	} all[] = {
		/* None of ours. */
		{ "0000/0003:00000000:AAAA", 0, SEKI_OK },
		{ "0004/0003:00000000:AAAA", 0, SEKI_OK },
		{ "0000/0000:00000000:AAAA", 0, SEKI_OK },
		{ "001/003:00000000:AAAA", 0, SEKI_OK },
		{ "0001/100000:00000000:AAAA", 0, SEKI_OK },
		{ "000001/0000003:00000000:AAAA", 0, SEKI_OK },
		{ "-001/0003:00000000:AAAA", 0, SEKI_OK },
		{ "0001-0003:00000000:AAAA", 0, SEKI_OK },
		{ "0001/0003:0000000g:AAAA", 0, SEKI_OK },
		{ "0001/0003:0000000:AAAA", 0, SEKI_OK },
		{ "0001/0003", 0, SEKI_OK },
		{ "0001/0003:", 0, SEKI_OK },
		{ "0001/0003:00000000", 0, SEKI_OK },
		{ "0001/", 0, SEKI_OK },
		{ "0001/2026:12", 0, SEKI_OK },
		/* Ours, damaged: another copy is good. */
		{ "0001/0003:00000000:", 1, SEKI_OK },
		{ "0001/0003:00000000:AAAA", 1, SEKI_OK },
		{ "00001/00003:00000000:AAAA", 1, SEKI_OK },
		/* Two totals. */
		{ "0001/0002:00000000:AAAA", 1, SEKI_SIGNATURE },
		{ "0001/99999:00000000:AAAA", 1, SEKI_SIGNATURE },
		{ "99999/99999:ff000000:/w==", 1, SEKI_SIGNATURE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		beside(all[i].text, all[i].text, all[i].is, all[i].reason);
}

static void
test_damaged(void **state)
{
	char text[8200], *letters;
	unsigned char zero[SEKI_SIGTEXT_BYTES + 3] = { 0 };
	size_t i, at;

	(void)state;
	at = strlen("0001/0003:00000000:");
	/* One letter is another: the CRC says so. */
	for (i = at; i < strlen(cell[0]); i += 97) {
		memcpy(text, cell[0], sizeof(cell[0]));
		text[i] = text[i] == 'A' ? 'B' : 'A';
		instead("a letter", text, 1, SEKI_SIGNATURE);
		beside("a letter", text, 1, SEKI_OK);
	}
	memcpy(text, cell[0], sizeof(cell[0]));
	text[10] = text[10] == '0' ? '1' : '0';
	instead("the CRC", text, 1, SEKI_SIGNATURE);
	beside("the CRC", text, 1, SEKI_OK);
	/* Padding in the middle, letters of the other alphabet, a blank. */
	letters = text + at;
	for (i = 0; i < 4; i++) {
		memcpy(text, cell[0], sizeof(cell[0]));
		letters[400] = "=-_ "[i];
		instead("no base64", text, 1, SEKI_SIGNATURE);
		memcpy(text, cell[0], sizeof(cell[0]));
		letters[strlen(letters) - 1] = "=-_ "[i];
		instead("no base64 at the end", text, 1, SEKI_SIGNATURE);
	}
	/* Cut, and longer than a cell may be. */
	memcpy(text, cell[0], sizeof(cell[0]));
	text[strlen(text) - 4] = '\0';
	instead("cut", text, 1, SEKI_SIGNATURE);
	(void)snprintf(text, sizeof(text), "%sAAAA", cell[0]);
	instead("longer", text, 1, SEKI_SIGNATURE);
	memset(text, 'A', 4004);
	text[4004] = '\0';
	instead("3003 bytes", made("0001/0003", zero, 3003, text), 1,
	    SEKI_SIGNATURE);
	/* Good, but not full, though another one follows. */
	instead(
	    "3 bytes", made("0001/0003", zero, 3, "AAAA"), 1, SEKI_SIGNATURE);
}

static void
test_twice(void **state)
{
	char letters[4001], text[8200];
	unsigned char zero[SEKI_SIGTEXT_BYTES] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < CELLS; i++)
		beside("the same twice", cell[i], 1, SEKI_OK);
	memset(letters, 'A', 4000);
	letters[4000] = '\0';
	beside("another one that is good",
	    made("0001/0003", zero, sizeof(zero), letters), 1, SEKI_SIGNATURE);
	beside("another last one", made("0003/0003", zero, 3, "AAAA"), 1,
	    SEKI_SIGNATURE);
	/* The same in other letters. */
	memcpy(text, cell[0], sizeof(cell[0]));
	for (i = 10; i < 18; i++)
		if (text[i] >= 'a' && text[i] <= 'f')
			text[i] = (char)(text[i] - 'a' + 'A');
	assert_string_not_equal(text, cell[0]);
	beside("the CRC in capitals", text, 1, SEKI_OK);
	instead("the CRC in capitals", text, 1, SEKI_OK);
	(void)snprintf(text, sizeof(text), "00001/00003%.4100s", cell[0] + 9);
	instead("five digits", text, 1, SEKI_OK);
}

static void
test_blanks(void **state)
{
	static const char *const around[][2] = { { " ", "" }, { "", " " },
		{ "\t \r\n", "\r\n" }, { "\n\n", "\t" } };
	char text[8300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s%s", around[i][0],
		    cell[0], around[i][1]);
		instead("blanks", text, 1, SEKI_OK);
	}
	(void)snprintf(text, sizeof(text), "\xEF\xBB\xBF%.4100s", cell[0]);
	instead("U+FEFF", text, 1, SEKI_OK);
	instead("only blanks", " \t\r\n", 0, SEKI_SIGNATURE);
	(void)snprintf(text, sizeof(text), "\xE3\x80\x80%s", cell[0]);
	instead("U+3000", text, 0, SEKI_SIGNATURE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_blanks),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
