#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pull_int.h"

static void
fill(struct seki_idset *s, const uint64_t *id, size_t n)
{
	struct seki_err err = SEKI_ERR_INIT;
	size_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(seki_idset_add(s, id[i], &err), 0);
}

static void
test_has(void **state)
{
	static const uint64_t ids[] = { 1, 2, 3, 7, 9, 10, 4000000000 };
	struct seki_idset s = { .n = 0 };
	uint64_t id, n = 0;

	(void)state;
	assert_int_equal(seki_idset_has(&s, 1), 0);
	fill(&s, ids, sizeof(ids) / sizeof(ids[0]));
	assert_int_equal(s.n, 7);
	for (id = 0; id < 20; id++)
		n += (uint64_t)seki_idset_has(&s, id);
	assert_int_equal(n, 6);
	assert_int_equal(seki_idset_has(&s, 0), 0);
	assert_int_equal(seki_idset_has(&s, 8), 0);
	assert_int_equal(seki_idset_has(&s, 4000000000), 1);
	assert_int_equal(seki_idset_has(&s, 3999999999), 0);
	assert_int_equal(seki_idset_has(&s, UINT64_MAX), 0);
	seki_idset_free(&s);
}

static void
test_rise(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_idset s = { .n = 0 };
	static const uint64_t ids[] = { 5, 6 };

	(void)state;
	fill(&s, ids, 2);
	assert_int_equal(seki_idset_add(&s, 6, &err), -1);
	assert_int_equal(err.reason, SEKI_PROTOCOL);
	seki_err_clear(&err);
	assert_int_equal(seki_idset_add(&s, 5, &err), -1);
	assert_int_equal(s.n, 2);
	seki_idset_free(&s);
}

static void
test_without(void **state)
{
	static const uint64_t a[] = { 1, 2, 3, 4, 8, 9 }, b[] = { 2, 4, 9, 11 };
	struct seki_idset x = { .n = 0 }, y = { .n = 0 };
	uint64_t first;

	(void)state;
	fill(&x, a, 6);
	fill(&y, b, 4);
	assert_int_equal(seki_idset_without(&x, &y, &first), 3);
	assert_int_equal(first, 1);
	assert_int_equal(seki_idset_without(&y, &x, &first), 1);
	assert_int_equal(first, 11);
	assert_int_equal(seki_idset_without(&x, &x, &first), 0);
	assert_int_equal(first, 0);
	seki_idset_free(&x);
	assert_int_equal(seki_idset_without(&y, &x, &first), 4);
	assert_int_equal(first, 2);
	seki_idset_free(&y);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_rise),
		cmocka_unit_test(test_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
