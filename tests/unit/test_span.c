#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pull_int.h"

/* Which ids an app has. */
static int
dense(uint64_t id)
{
	return id >= 1 && id <= 100000;
}

/* A hash, so that what is deleted follows no pattern. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
	x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
	return x ^ (x >> 31);
}

static int
few_deleted(uint64_t id)
{
	return id <= 100000 && mix(id) % 100 != 0;
}

static int
half(uint64_t id)
{
	return id <= 100000 && mix(id) % 2;
}

static int
one_in_fifty(uint64_t id)
{
	return id <= 1000000 && mix(id) % 50 == 0;
}

static int
late(uint64_t id)
{
	return id > 5000000 && id <= 5020000;
}

static int
two_heaps(uint64_t id)
{
	return id <= 20000 || (id > 3000000 && id <= 3020000);
}

static int
stripes(uint64_t id)
{
	return id <= 1000000 && id / 10000 % 5 == 0;
}

static int
none(uint64_t id)
{
	(void)id;
	return 0;
}

static const struct {
	const char *name;
	int (*has)(uint64_t);
	uint64_t max;
	unsigned extra; /* requests beyond a page for each 500, in percent */
} apps[] = {
	{ "dense", dense, 100000, 3 },
	{ "few deleted", few_deleted, 100000, 5 },
	{ "half deleted", half, 100000, 20 },
	{ "one in fifty left", one_in_fifty, 1000000, 40 },
	{ "begins late", late, 5020000, 20 },
	{ "two heaps", two_heaps, 3020000, 60 },
	{ "stripes", stripes, 1000000, 60 },
	{ "empty", none, 0, 0 },
};

/* The page the service would give. */
static void
page(const struct seki_piece *p, int (*has)(uint64_t), uint64_t max,
    struct seki_batch *b)
{
	uint64_t id;

	memset(b, 0, sizeof(*b));
	for (id = p->a + 1; id <= max && id <= p->b; id++)
		if (has(id)) {
			b->first = b->first ? b->first : id;
			b->last = id;
			if (++b->records == SEKI_PAGE)
				return;
		}
}

/* With n connections, answered in an order that the dice choose. */
static void
simulate(size_t k, unsigned n, uint64_t *seen, unsigned *requests)
{
	struct seki_piece *busy[16], *p;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_batch b, got[16];
	struct seki_span s;
	uint64_t left = 0, id, before = 0;
	unsigned m = 0, i;

	*seen = *requests = 0;
	for (id = 1; id <= apps[k].max; id++)
		left += (unsigned)apps[k].has(id);
	assert_int_equal(seki_span_init(&s, 0, apps[k].max, left, &err), 0);
	while (s.head != NULL) {
		while (m < n && (p = seki_span_take(&s, 0, &err)) != NULL) {
			page(p, apps[k].has, apps[k].max, &got[m]);
			busy[m++] = p;
			++*requests;
		}
		assert_true(m > 0);
		i = (unsigned)(mix(*requests + m) % m);
		p = busy[i];
		b = got[i];
		busy[i] = busy[--m];
		got[i] = got[m];
		assert_int_equal(seki_span_done(&s, p, &b, &err), 0);
		*seen += b.records;
		left -= b.records;
		while ((p = seki_span_pop(&s)) != NULL) {
			assert_true(p->a == before && p->b >= p->a);
			before = p->b;
			free(p);
		}
	}
	assert_true(before == apps[k].max);
	assert_int_equal(left, 0);
	seki_span_free(&s);
}

static void
test_requests(void **state)
{
	uint64_t seen;
	unsigned requests, least, n;
	size_t k;

	(void)state;
	for (k = 0; k < sizeof(apps) / sizeof(apps[0]); k++)
		for (n = 1; n <= 8; n *= 2) {
			simulate(k, n, &seen, &requests);
			least = (unsigned)(seen / SEKI_PAGE) + 3;
			if (getenv("SHOW") != NULL)
				print_message("%s, %u: %llu records, %u "
					      "requests, least %u\n",
				    apps[k].name, n, (unsigned long long)seen,
				    requests, least);
			/* Finding an edge takes a few more. */
			if (requests > least + least * apps[k].extra / 100 + 4)
				fail_msg("%s, %u connections: %u requests, "
					 "least %u",
				    apps[k].name, n, requests, least);
		}
}

static void
test_order(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_batch full = { .records = SEKI_PAGE,
		.first = 1,
		.last = 500 },
			  part = { .records = 20, .first = 501, .last = 520 },
			  empty = { .records = 0 };
	struct seki_piece *p, *q;
	struct seki_span s;

	(void)state;
	/* Few in a wide span: the first page shows where they begin. */
	assert_int_equal(seki_span_init(&s, 0, 1700, 10, &err), 0);
	p = seki_span_take(&s, 0, &err);
	assert_true(p->a == 0 && p->b == 1700);
	assert_null(seki_span_take(&s, 0, &err));
	assert_null(seki_span_pop(&s));
	assert_int_equal(seki_span_done(&s, p, &full, &err), 0);
	assert_ptr_equal(seki_span_pop(&s), p);
	free(p);
	p = seki_span_take(&s, 1, &err);
	assert_true(p->a == 500 && p->b == 1000);
	assert_null(seki_span_take(&s, 1, &err));
	q = seki_span_take(&s, 0, &err);
	assert_true(q->a == 1000 && q->b == 1500);
	/* A short page within bounds ends them. */
	assert_int_equal(seki_span_done(&s, p, &part, &err), 0);
	assert_ptr_equal(seki_span_pop(&s), p);
	free(p);
	/* Nothing behind a failure is asked for. */
	q->state = SEKI_PIECE_FAILED;
	assert_null(seki_span_take(&s, 0, &err));
	assert_ptr_equal(seki_span_pop(&s), q);
	free(q);
	p = seki_span_take(&s, 0, &err);
	assert_true(p->a == 1500 && p->b == 1700);
	assert_null(seki_span_take(&s, 0, &err));
	/* Of the end a short page is not believed, an empty one is. */
	part.last = 1600;
	assert_int_equal(seki_span_done(&s, p, &part, &err), 0);
	free(seki_span_pop(&s));
	p = seki_span_take(&s, 0, &err);
	assert_true(p->a == 1600 && p->b == 1700);
	assert_int_equal(seki_span_done(&s, p, &empty, &err), 0);
	free(seki_span_pop(&s));
	assert_null(s.head);
	seki_span_free(&s);
	assert_int_equal(err.reason, SEKI_OK);
}

/* Ids that came after the count. */
static void
test_none_known(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_piece *p;
	struct seki_span s;
	uint64_t n;

	(void)state;
	for (n = 1; n < 5; n++) {
		assert_int_equal(seki_span_init(&s, 7, 7 + n, 0, &err), 0);
		p = seki_span_take(&s, 0, &err);
		assert_true(p->a == 7 && p->b == 7 + n);
		seki_span_free(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_none_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
