#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "reclist.h"

#define DIR "tests/data/relay/"

static struct seki_err err;

/* A record list that judge_relay.py made, from hexadecimal digits. */
static struct seki_buf
vector(const char *stream, size_t list)
{
	struct seki_buf hex = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	char name[SEKI_RECLIST_NAME], path[128], two[3] = "";
	size_t i, n = 0;

	seki_reclist_name(list, name);
	(void)snprintf(path, sizeof(path), DIR "%s.%.*s.hex", stream,
	    (int)(strlen(name) - 9), name + 5);
	assert_int_equal(seki_in_slurp(path, 1 << 20, &hex, &err), 0);
	assert_int_equal(seki_buf_str(&b, "", &err), 0);
	for (i = 0; i < hex.n; i++) {
		if (hex.p[i] == '\n')
			continue;
		two[n++] = hex.p[i];
		if (n < 2)
			continue;
		n = 0;
		assert_int_equal(
		    seki_buf_byte(&b, (int)strtoul(two, NULL, 16), &err), 0);
	}
	seki_buf_free(&hex);
	return b;
}

static struct seki_stream_in *
stream(const char *name)
{
	char path[128];
	struct seki_in *in;
	struct seki_stream_in *s;

	(void)snprintf(path, sizeof(path), "%s/%s.jsonl",
	    strcmp(name, "many") == 0 ? "tests/data/relay" : "tests/data/root",
	    name);
	in = seki_in_file(path, 0, &err);
	assert_non_null(in);
	s = seki_stream_open(in, &err);
	assert_non_null(s);
	return s;
}

static const char *const streams[] = { "empty", "every", "held", "names",
	"delta", "many" };

/* What the writer makes is what the second implementation made. */
static void
test_written(void **state)
{
	struct seki_press *press = seki_press_new(&err);
	unsigned char want[SEKI_SHA256];
	struct seki_reclist_out *o;
	struct seki_stream_in *s;
	struct seki_part part[4];
	struct seki_record *r;
	struct seki_buf b;
	size_t i, k, n;
	int got;

	(void)state;
	assert_non_null(press);
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		s = stream(streams[i]);
		n = seki_stream_schema(s)->tables + 1;
		o = seki_reclist_create(
		    seki_stream_schema(s), press, NULL, &err);
		assert_non_null(o);
		while ((got = seki_stream_next(s, &r, &err)) == 1)
			assert_int_equal(
			    seki_reclist_put(o, r, seki_stream_leaf(s), &err),
			    0);
		assert_int_equal(got, 0);
		assert_int_equal(seki_reclist_end(o, part, &err), 0);
		for (k = 0; k < n; k++) {
			b = vector(streams[i], k);
			assert_int_equal(part[k].size, b.n);
			assert_int_equal(
			    seki_sha256_of(b.p, b.n, want, &err), 0);
			assert_memory_equal(part[k].sha256, want, SEKI_SHA256);
			seki_buf_free(&b);
			(void)close(part[k].fd);
		}
		seki_stream_free(s);
	}
	seki_press_free(press);
}

/* How many rows, and blocks; -1 when it is refused, as it must be. */
static int
rows(const char *p, size_t n, const char *of, size_t list, size_t *blocks)
{
	struct seki_stream_in *s = stream(of);
	struct seki_in *in = seki_in_mem(p, n, "list", &err);
	struct seki_reclist_in *l;
	struct seki_reclist_row row;
	int count = 0, r;

	memset(&err, 0, sizeof(err));
	l = seki_reclist_open(in, seki_stream_schema(s), list, &err);
	assert_non_null(l);
	*blocks = 0;
	while ((r = seki_reclist_next(l, &row, &err)) == 1) {
		count++;
		*blocks += seki_reclist_block(l) != NULL;
		assert_true(row.nkey > 0 && row.nkey <= SEKI_KEY_MAX);
		assert_int_equal(row.ordinal > 0, list > 0);
	}
	seki_reclist_free(l);
	seki_stream_free(s);
	if (r == -1)
		assert_int_equal(err.reason, SEKI_RECORD);
	return r == -1 ? -1 : count;
}

static void
test_read(void **state)
{
	static const struct {
		const char *of;
		size_t list;
		int rows;
		size_t blocks;
	} all[] = {
		{ "empty", 0, 0, 0 },
		{ "every", 0, 2, 1 },
		{ "every", 1, 2, 1 },
		{ "every", 2, 1, 1 },
		{ "held", 0, 2, 1 },
		{ "names", 0, 8, 1 },
		{ "delta", 0, 2, 1 },
		{ "many", 0, 65, 2 },
		{ "many", 1, 65, 2 },
	};
	size_t i, blocks;
	struct seki_buf b;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		b = vector(all[i].of, all[i].list);
		assert_int_equal(
		    rows(b.p, b.n, all[i].of, all[i].list, &blocks),
		    all[i].rows);
		assert_int_equal(blocks, all[i].blocks);
		seki_buf_free(&b);
	}
}

/* Where the second block of "many" begins: 64 rows and two columns, or for the
 * table the number beside the key. */
#define SECOND(list)                                                           \
	(1 + 9 * (18 + 4 * (size_t)(list)) + 55 * (19 + 4 * (size_t)(list)) +  \
	    (size_t)2 * SEKI_RECLIST_SUM)

static void
test_cut(void **state)
{
	size_t list, i, blocks;
	struct seki_buf b;
	char *copy;
	int want, got;

	(void)state;
	for (list = 0; list < 2; list++) {
		b = vector("many", list);
		for (i = 0; i < b.n; i++) {
			/* No byte behind it that could be read. */
			copy = malloc(i + 1);
			assert_non_null(copy);
			memcpy(copy, b.p, i);
			want = i == 0 ? 0 : i == SECOND(list) ? 64 : -1;
			got = rows(copy, i, "many", list, &blocks);
			if (got != want)
				fail_msg(
				    "list %zu cut at %zu: %d", list, i, got);
			free(copy);
		}
		seki_buf_free(&b);
	}
}

/* One byte of a list is another one. */
static void
spoilt(const char *of, size_t list, size_t at, int byte)
{
	struct seki_buf b = vector(of, list);
	size_t blocks;

	assert_true(at < b.n && b.p[at] != (char)byte);
	b.p[at] = (char)byte;
	if (rows(b.p, b.n, of, list, &blocks) != -1)
		fail_msg("%s, list %zu: byte %zu is %d", of, list, at, byte);
	seki_buf_free(&b);
}

static void
test_spoilt(void **state)
{
	size_t k;

	(void)state;
	/* How many rows: none, fewer, more, too many. */
	spoilt("many", 0, 0, 0);
	spoilt("many", 0, 0, 63);
	spoilt("many", 0, 0, 65);
	spoilt("many", 0, 0, 255);
	spoilt("many", 0, SECOND(0), 0);
	spoilt("many", 0, SECOND(0), 2);
	/* Keys: none, too long for what is there, descending, twice. */
	spoilt("held", 0, 1, 0);
	spoilt("held", 0, 1, 2);
	spoilt("held", 0, 1, 255);
	spoilt("held", 0, 2, '3');
	spoilt("held", 0, 2, '4');
	spoilt("held", 0, 20, '1');
	/* The first key of the second block is not above the last of the first.
	 */
	spoilt("many", 0, SECOND(0) + 2, '5');
	/* Numbers in the record: 0, a gap, one twice, a large one. */
	for (k = 3; k < 6; k++)
		spoilt("every", 1, k, 1);
	spoilt("every", 1, 6, 0);
	spoilt("every", 1, 6, 2);
	spoilt("every", 1, 28, 1);
	spoilt("every", 1, 28, 3);
	spoilt("every", 1, 25, 255);
	/* The next record's rows begin at 1 again. */
	spoilt("many", 1, SECOND(1) + 7, 2);
}

static void
test_more(void **state)
{
	struct seki_buf b = vector("many", 0), c = vector("held", 0);
	size_t blocks;

	(void)state;
	assert_int_equal(seki_buf_byte(&b, 0, &err), 0);
	assert_int_equal(rows(b.p, b.n, "many", 0, &blocks), -1);
	/* Behind a full block, too. */
	b.p[SECOND(0)] = 0;
	assert_int_equal(rows(b.p, SECOND(0) + 1, "many", 0, &blocks), -1);
	/* A block more, though its keys ascend: the one before was not full. */
	b.n = 0;
	assert_int_equal(seki_buf_add(&b, c.p, c.n, &err), 0);
	assert_int_equal(seki_buf_add(&b, c.p, c.n, &err), 0);
	b.p[c.n + 2] = '5';
	b.p[c.n + 20] = '7';
	assert_int_equal(rows(b.p, b.n, "held", 0, &blocks), -1);
	seki_buf_free(&b);
	seki_buf_free(&c);
}

static void
test_names(void **state)
{
	static const char *const bad[] = { "data/list-0.bin",
		"data/list-01.bin", "data/list-513.bin", "data/list-.bin",
		"data/list--1.bin", "data/list-+1.bin", "data/list- 1.bin",
		"data/list-1.binx", "data/list-1", "data/list.bin2", "list.bin",
		"", "data/list-18446744073709551617.bin" };
	char name[SEKI_RECLIST_NAME];
	size_t i;

	(void)state;
	for (i = 0; i <= SEKI_FIELDS_MAX; i++) {
		seki_reclist_name(i, name);
		assert_true(seki_reclist_name_ok(name));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(seki_reclist_name_ok(bad[i]));
}

/* n values of a mebibyte less the five bytes, and one of odd bytes. */
static int
filled(struct seki_reclist_sum *s, size_t n, size_t odd, unsigned char *out)
{
	char *p = calloc(1, SEKI_MIB);
	struct seki_value v = { .p = p, .n = SEKI_MIB - 5, .set = 1 };
	size_t i;

	assert_non_null(p);
	for (i = 0; i <= n; i++) {
		if (i == n)
			v.n = odd;
		if (i < n || odd > 0)
			assert_int_equal(
			    seki_reclist_sum_add(s, 0, SEKI_S_NUMBER, &v, &err),
			    0);
	}
	free(p);
	return seki_reclist_sum_end(s, out);
}

/* At the ceiling the columns are known, past it not; then all is new. */
static void
test_ceiling(void **state)
{
	struct seki_reclist_sum *s = seki_reclist_sum_new(1, &err);
	unsigned char a[SEKI_RECLIST_SUM], b[SEKI_RECLIST_SUM];
	size_t n = SEKI_RECLIST_KEEP / SEKI_MIB;

	(void)state;
	assert_non_null(s);
	assert_int_equal(filled(s, 0, 1, a), 0);
	assert_int_equal(filled(s, n, 0, b), 0);
	assert_int_equal(filled(s, n, 1, b), 1);
	assert_int_equal(filled(s, 0, 1, b), 0);
	assert_memory_equal(a, b, sizeof(a));
	seki_reclist_sum_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
