#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relaymaker.h"

/*
 * Cut off anywhere, or with a bit turned in any of its bytes, a bundle is
 * refused, or is what was signed; soon, and never by a signal.
 */
static const char stream[] = "tests/data/root/one.jsonl";

/* Under a sanitizer, which makes each fork slow, only some of them. */
#ifdef SEKI_SANITIZED
#define STEP 41
#else
#define STEP 1
#endif

/* A verdict takes no longer than this; SIGALRM ends the test. */
#define SECONDS 5

static int
judge(struct relay *r, const char *p, size_t n)
{
	struct seki_err err = SEKI_ERR_INIT;
	int ok;

	(void)alarm(SECONDS);
	ok = relay_judge(r, p, n, &err);
	(void)alarm(0);
	if (ok == 0)
		assert_int_not_equal(err.reason, SEKI_OK);
	return ok;
}

static void
make(struct relay *r, const char *carrier)
{
	struct seki_err err = SEKI_ERR_INIT;

	if (relay_make(r, carrier, stream, &err) == -1)
		fail_msg("%s: %s", err.object, err.text);
	assert_int_equal(judge(r, r->book.p, r->book.n), 1);
}

static void
cut(const char *carrier)
{
	struct relay r;
	size_t n;

	make(&r, carrier);
	for (n = 0; n < r.book.n; n += STEP)
		if (judge(&r, r.book.p, n) != 0)
			fail_msg("%zu of %zu bytes were taken", n, r.book.n);
	assert_int_equal(relay_free(&r), 0);
}

/* The same bits on every run. */
static void
flip(const char *carrier, size_t most)
{
	struct relay r;
	uint32_t seed = 20260401;
	size_t i, taken = 0;
	char bit;

	make(&r, carrier);
	for (i = 0; i < r.book.n; i += STEP) {
		seed = seed * 1103515245 + 12345;
		bit = (char)(1 << (seed >> 16) % 8);
		r.book.p[i] = (char)(r.book.p[i] ^ bit);
		switch (judge(&r, r.book.p, r.book.n)) {
		case -1:
			fail_msg("byte %zu: other content was taken", i);
			break;
		case 1:
			taken++;
			break;
		default:
			break;
		}
		r.book.p[i] = (char)(r.book.p[i] ^ bit);
	}
	if (taken > most)
		fail_msg("%zu of %zu were taken", taken, r.book.n);
	assert_int_equal(relay_free(&r), 0);
}

static void
test_cut(void **state)
{
	(void)state;
	cut("relay");
}

static void
test_cut_media(void **state)
{
	(void)state;
	cut("media");
}

static void
test_flip(void **state)
{
	(void)state;
	/* Version, time and marks of eleven entries, and ends of streams. */
	flip("relay", 300);
}

static void
test_flip_media(void **state)
{
	(void)state;
	/* Who made each of four entries, and marks; an end of a stream. */
	flip("media", 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_media),
		cmocka_unit_test(test_flip),
		cmocka_unit_test(test_flip_media),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
