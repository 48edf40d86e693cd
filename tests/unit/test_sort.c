#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "sort.h"

static void
add(struct seki_sort *s, const char *key, const char *data)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_sorted r = { key, data, strlen(key), strlen(data) };

	assert_int_equal(seki_sort_add(s, &r, &err), 0);
}

static void
test_order(void **state)
{
	static const char *const want[] = { "2:d", "9:a", "9:e", "10:b", "a1:c",
		NULL };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_sorted r;
	char line[64];
	size_t i, memory;

	(void)state;
	/* In memory, and with a run for each record. */
	for (memory = 0; memory < 2; memory++) {
		struct seki_sort *s = seki_sort_new(NULL, memory, &err);

		add(s, "9", "a");
		add(s, "10", "b");
		add(s, "a1", "c");
		add(s, "2", "d");
		add(s, "9", "e");
		for (i = 0; want[i] != NULL; i++) {
			assert_int_equal(seki_sort_next(s, &r, &err), 1);
			(void)snprintf(line, sizeof(line), "%.*s:%.*s",
			    (int)r.nkey, r.key, (int)r.ndata, r.data);
			assert_string_equal(line, want[i]);
		}
		assert_int_equal(seki_sort_next(s, &r, &err), 0);
		seki_sort_free(s);
	}
}

static void
test_empty(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_sort *s = seki_sort_new(NULL, 0, &err);
	struct seki_sorted r;

	(void)state;
	assert_int_equal(seki_sort_next(s, &r, &err), 0);
	seki_sort_free(s);
	s = seki_sort_new("/no/such/folder", 1, &err);
	add(s, "1", "");
	r.key = "2";
	r.nkey = 1;
	r.ndata = 0;
	assert_int_equal(seki_sort_add(s, &r, &err), -1);
	assert_int_equal(err.reason, SEKI_FILE);
	seki_sort_free(s);
	seki_sort_free(NULL);
}

/* n records whose numbers jump about; all come back, in order, whole. */
static long
many(uint32_t n, size_t memory)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_sort *s = seki_sort_new(NULL, memory, &err);
	char key[16], data[256];
	struct seki_sorted r;
	struct rusage use;
	uint32_t i, k;

	memset(data, 'x', sizeof(data));
	for (i = 0; i < n; i++) {
		k = (uint32_t)((uint64_t)i * 7919 % n);
		(void)snprintf(key, sizeof(key), "%u", k);
		memcpy(data, &k, sizeof(k));
		r = (struct seki_sorted){ key, data, strlen(key), 200 };
		assert_int_equal(seki_sort_add(s, &r, &err), 0);
	}
	for (i = 0; i < n; i++) {
		assert_int_equal(seki_sort_next(s, &r, &err), 1);
		memcpy(&k, r.data, sizeof(k));
		assert_int_equal(k, i);
		assert_int_equal(r.ndata, 200);
	}
	assert_int_equal(seki_sort_next(s, &r, &err), 0);
	seki_sort_free(s);
	(void)getrusage(RUSAGE_SELF, &use);
	return use.ru_maxrss;
}

/* More runs than are merged at once, twice over. */
static void
test_many_runs(void **state)
{
	(void)state;
	(void)many(20000, 20000);
	(void)many(10001, 1 << 20);
}

static void
test_flat(void **state)
{
	long some = many(100000, 0), all = many(1000000, 0);

	(void)state;
#ifndef __SANITIZE_ADDRESS__
	/* 200 MB pass through; buffers of the merge are all that is more. */
	assert_true(all < some + 16 * 1024);
#else
	(void)some;
	(void)all;
#endif
}

/* A record larger than memory, and one that is too large. */
static void
test_large(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_sort *s = seki_sort_new(NULL, 1024, &err);
	char *data = calloc(1, SEKI_RECORD_MAX + 1);
	struct seki_sorted r = { "b", data, 1, SEKI_RECORD_MAX };

	(void)state;
	data[SEKI_RECORD_MAX - 1] = 'z';
	assert_int_equal(seki_sort_add(s, &r, &err), 0);
	add(s, "a", "1");
	assert_int_equal(seki_sort_next(s, &r, &err), 1);
	assert_int_equal(r.ndata, 1);
	assert_int_equal(seki_sort_next(s, &r, &err), 1);
	assert_int_equal(r.ndata, SEKI_RECORD_MAX);
	assert_int_equal(r.data[SEKI_RECORD_MAX - 1], 'z');
	seki_sort_free(s);
	s = seki_sort_new(NULL, 0, &err);
	r = (struct seki_sorted){ "b", data, 1, SEKI_RECORD_MAX + 1 };
	assert_int_equal(seki_sort_add(s, &r, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	seki_sort_free(s);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_many_runs),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
