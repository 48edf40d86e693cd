#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "crew.h"

struct box {
	atomic_int hands; /* that hold it now */
	int times, twice;
	uint64_t n;
};

static void
count(void *p)
{
	struct box *b = p;

	if (atomic_fetch_add(&b->hands, 1) > 0)
		b->twice = 1;
	b->times++;
	(void)atomic_fetch_sub(&b->hands, 1);
}

/* Threads that were only just made have often not run when the first places
 * are used for the second time. */
static void
test_every_box_once(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct box box[SEKI_CREW_BOXES], *b;
	size_t i, n = seki_crew_boxes();
	struct seki_crew *c;
	uint64_t sent, got;
	int round;

	(void)state;
	for (round = 0; round < 5000; round++) {
		memset(box, 0, sizeof(box));
		c = seki_crew_new(count, &err);
		assert_non_null(c);
		for (i = 0; i < n; i++)
			seki_crew_back(c, &box[i]);
		for (sent = got = 0; sent < 60; sent++) {
			b = seki_crew_get(c);
			assert_int_equal(b->times, b->n > 0);
			if (b->n > 0)
				assert_int_equal(b->n, ++got);
			b->n = sent + 1;
			b->times = 0;
			seki_crew_send(c, b);
		}
		for (i = 0; i < n; i++) {
			b = seki_crew_get(c);
			assert_int_equal(b->n, ++got);
			assert_int_equal(b->times, 1);
			assert_false(b->twice);
		}
		seki_crew_free(c);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_box_once),
	};

	return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
