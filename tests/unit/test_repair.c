#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "repair.h"
#include "xlsx.h"

#define VECTOR "tests/data/relay/damage.txt"
#define FIRST "seki-damage-1\tvector\t7\n"

static struct seki_err err;
static char path[] = "/tmp/seki-repair-XXXXXX";
static int fd;

static int
setup(void **state)
{
	(void)state;
	return (fd = mkstemp(path)) == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)close(fd);
	return unlink(path);
}

/* The list that these bytes are. */
static struct seki_repair *
list(const char *p, size_t n, uint64_t *seq)
{
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, p, n, 0), (ssize_t)n);
	memset(&err, 0, sizeof(err));
	*seq = 0;
	return seki_repair_open(path, "vector", seq, &err);
}

static int
has(const struct seki_repair *r, const char *key, const char *code)
{
	return seki_repair_has(r, key, strlen(key), code);
}

static void
test_vector(void **state)
{
	uint64_t seq = 0;
	struct seki_repair *r = seki_repair_open(VECTOR, "vector", &seq, &err);

	(void)state;
	assert_non_null(r);
	assert_int_equal(seq, 7);
	assert_int_equal(seki_repair_count(r), 4);
	assert_true(has(r, "1", "件名"));
	assert_false(has(r, "1", "数"));
	assert_false(has(r, "1", "*"));
	assert_true(has(r, "12", "数"));
	assert_true(has(r, "12", "何"));
	assert_true(has(r, "甲 乙", "件名"));
	assert_false(has(r, "甲", "件名"));
	assert_false(has(r, "2", "件名"));
	assert_false(has(r, "", "件名"));
	seki_repair_free(r);
	assert_false(seki_repair_has(NULL, "1", 1, "件名"));
	assert_null(seki_repair_open(VECTOR, "soudan", &seq, &err));
	assert_int_equal(err.reason, SEKI_CONFIG);
}

/* Written with a literal's own length, for NUL in it. */
#define CASE(text, n)                                                          \
	{                                                                      \
		text, sizeof(text) - 1, n                                      \
	}

static void
test_lines(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		int count; /* -1: refused */
	} all[] = {
		CASE(FIRST, 0),
		CASE("seki-damage-1\tvector\t7\r\n1\ta\r\n\r\n2\tb\r\n", 2),
		CASE(FIRST "\n\n1\ta\n\n", 1),
		CASE(FIRST "1\ta\n1\ta\n", 2),
		CASE(FIRST " 1\t a\n", 1),
		CASE("seki-damage-1\tvector\t9007199254740992\n", 0),
		CASE("", -1),
		CASE("\n", -1),
		CASE("\n" FIRST, -1),
		CASE("\r\n" FIRST, -1),
		CASE("\0\n" FIRST, -1),
		CASE("1\ta\n", -1),
		CASE("seki-damage-2\tvector\t7\n", -1),
		CASE("seki-damage-1\n", -1),
		CASE("seki-damage-1\t\n", -1),
		CASE("seki-damage-1\tvector\n", -1),
		CASE("seki-damage-1\tvector\t\n", -1),
		CASE("seki-damage-1\tvector\t0\n", -1),
		CASE("seki-damage-1\tvector\t07\n", -1),
		CASE("seki-damage-1\tvector\t-1\n", -1),
		CASE("seki-damage-1\tvector\t+7\n", -1),
		CASE("seki-damage-1\tvector\t 7\n", -1),
		CASE("seki-damage-1\tvector\t7x\n", -1),
		CASE("seki-damage-1\tvector\t7\t\n", -1),
		CASE("seki-damage-1\tvector\t18446744073709551623\n", -1),
		CASE("seki-damage-1 vector 7\n", -1),
		CASE("seki-damage-1vector7\n", -1),
		CASE("seki-damage-1\t\tvector\t7\n", -1),
		CASE("seki-damage-1\tVector\t7\n", -1),
		CASE(" " FIRST, -1),
		CASE("\xEF\xBB\xBF" FIRST, -1),
		CASE(FIRST "1\n", -1),
		CASE(FIRST "1\t\n", -1),
		CASE(FIRST "\ta\n", -1),
		CASE(FIRST "\t\n", -1),
		CASE(FIRST "1\ta\t\n", -1),
		CASE(FIRST "1\ta\tb\n", -1),
		CASE(FIRST " \n", -1),
		CASE(FIRST "1\0\ta\n", -1),
		CASE(FIRST "1\ta\0\n", -1),
		CASE(FIRST "\0\n", -1),
		CASE(FIRST "1\t\xFF\n", -1),
		CASE(FIRST "\xED\xA0\x80\ta\n", -1),
		CASE(FIRST "1\t\xE4\xBB\n", -1),
	};
	struct seki_repair *r;
	uint64_t seq;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		r = list(all[i].p, all[i].n, &seq);
		if ((r == NULL) != (all[i].count == -1))
			fail_msg("%zu: %s", i, r == NULL ? err.text : "taken");
		if (r == NULL) {
			assert_int_equal(err.reason, SEKI_TEXT);
			assert_string_equal(err.object, path);
			assert_true(err.hint[0] != '\0');
		} else
			assert_int_equal(seki_repair_count(r), all[i].count);
		seki_repair_free(r);
	}
}

/* Other streams, and keys at their length. */
static void
test_edges(void **state)
{
	char text[1024], key[SEKI_KEY_MAX + 2];
	struct seki_repair *r;
	uint64_t seq;
	size_t n;

	(void)state;
	/* Cut in a line. */
	assert_null(list("seki-damage-1\tvector\t7", 22, &seq));
	assert_int_equal(err.reason, SEKI_CUT);
	assert_null(list(FIRST "1\ta", sizeof(FIRST) + 2, &seq));
	assert_int_equal(err.reason, SEKI_CUT);
	assert_null(list("seki-damage-1\tvecto\t7\n", 22, &seq));
	assert_int_equal(err.reason, SEKI_CONFIG);
	assert_null(list("seki-damage-1\tvectors\t7\n", 24, &seq));
	assert_int_equal(err.reason, SEKI_CONFIG);
	memset(key, 'k', sizeof(key));
	for (n = SEKI_KEY_MAX; n <= SEKI_KEY_MAX + 1; n++) {
		(void)snprintf(
		    text, sizeof(text), FIRST "%.*s\ta\n", (int)n, key);
		r = list(text, strlen(text), &seq);
		assert_int_equal(r != NULL, n == SEKI_KEY_MAX);
		assert_int_equal(
		    seki_repair_has(r, key, n, "a"), n == SEKI_KEY_MAX);
		seki_repair_free(r);
	}
	(void)snprintf(text, sizeof(text), "seki-damage-1\t%.65s\t7\n", key);
	assert_null(list(text, strlen(text), &seq));
	assert_int_equal(err.reason, SEKI_TEXT);
}

static void
test_wants(void **state)
{
	static const struct {
		const char *s;
		int wants;
	} all[] = { { "", 0 }, { "a", 0 }, { "東京", 0 }, { "\xEF\xBF\xBD", 0 },
		{ "𠮷", 1 }, { "a𠮷", 1 }, { "葛\xF3\xA0\x84\x80", 1 },
		{ "😀", 1 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(seki_repair_wants(all[i].s, strlen(all[i].s)),
		    all[i].wants);
}

static void
test_spelling(void **state)
{
	static const struct {
		const char *s;
		int all;
		const char *want;
	} all[] = {
		{ "", 0, "" },
		{ "𠮷野家", 0, "␛{20BB7}野家" },
		{ "𠮷野家", 1, "␛{20BB7}␛{91CE}␛{5BB6}" },
		{ "a\tb\n", 0, "a␛{9}b␛{A}" },
		{ "␛", 0, "␛{241B}" },
		{ "␛", 1, "␛{241B}" },
		{ " 𠮷 𠮷 ", 0, "␛{20}␛{20BB7}␛{20}␛{20BB7}␛{20}" },
		{ "_x0041_", 0, "␛{5F}x0041_" },
		{ "_x00𠮷41_", 0, "_x00␛{20BB7}41_" },
		{ "é\xC2\x80\x7F", 1, "␛{E9}␛{80}␛{7F}" },
		{ "\xF4\x8F\xBF\xBF", 0, "␛{10FFFF}" },
	};
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		seki_buf_reset(&b);
		assert_int_equal(seki_buf_str(&b, "", &err), 0);
		assert_int_equal(seki_repair_spell(&b, all[i].s,
				     strlen(all[i].s), all[i].all, &err),
		    0);
		assert_string_equal(b.p, all[i].want);
	}
	seki_buf_free(&b);
}

/* Cut, spelt, read back as cells are: the same text; each piece fits. */
static void
pieces(const char *s, size_t n, int all)
{
	struct seki_buf one = SEKI_BUF_INIT, got = SEKI_BUF_INIT,
			text = SEKI_BUF_INIT;
	struct seki_cell c = { .kind = SEKI_CELL_TEXT };
	struct seki_value v;
	size_t at = 0, k, i;

	while (at < n) {
		k = seki_repair_cut(s + at, n - at, all);
		assert_true(k > 0 && k <= n - at);
		assert_true(seki_text_utf8(s + at, k, NULL));
		seki_buf_reset(&one);
		assert_int_equal(
		    seki_repair_spell(&one, s + at, k, all, &err), 0);
		assert_true(seki_cell_units(one.p, one.n) <= SEKI_CELL_MAX);
		for (i = 0; all && i + 2 < one.n; i++)
			if ((unsigned char)one.p[i] > 0x7F) {
				assert_memory_equal(one.p + i, "␛", 3);
				i += 2;
			}
		assert_false(seki_repair_wants(one.p, one.n));
		c.p = one.p;
		c.n = one.n;
		assert_int_equal(
		    seki_cell_read(SEKI_S_TEXT, &c, 0, &text, &v, &err), 0);
		assert_int_equal(seki_buf_add(&got, v.p, v.n, &err), 0);
		at += k;
	}
	assert_int_equal(got.n, n);
	assert_memory_equal(got.p, s, n);
	seki_buf_free(&one);
	seki_buf_free(&got);
	seki_buf_free(&text);
}

static void
test_pieces(void **state)
{
	static const char *const unit[] = { "x", "東", "𠮷", "\t", " ", "\n",
		"_x0041_", "␛", "␛{LONG}", "\xEF\xBF\xBE", "\xC2\x80", "é",
		"葛\xF3\xA0\x84\x80", "\xF4\x8F\xBF\xBF", "_", "\xE3\x80\x80",
		"a_X00", "\x7F", "\xE1\x9A\x80", "\xC2\xA0" };
	static const size_t lengths[] = { 1, 2, 3639, 3640, 3641, 3642, 7282,
		16383, 16384, 32766, 32767, 32768, 65534, 65535, 100000 };
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i, k, n;

	(void)state;
	for (i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
		for (k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
			seki_buf_reset(&b);
			for (n = 0; n < lengths[k]; n++)
				assert_int_equal(
				    seki_buf_str(&b, unit[i], &err), 0);
			pieces(b.p, b.n, 0);
			pieces(b.p, b.n, 1);
		}
	/* All of them mixed, at every phase of a cell's end. */
	for (k = 0; k < 9; k++) {
		seki_buf_reset(&b);
		for (n = 0; n < 32760 + k; n++)
			assert_int_equal(seki_buf_byte(&b, 'x', &err), 0);
		for (i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
			assert_int_equal(seki_buf_str(&b, unit[i], &err), 0);
		pieces(b.p, b.n, 0);
		pieces(b.p, b.n, 1);
	}
	seki_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_wants),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
