/* What is said of a bundle is heard as it was, or refused. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "apart.h"

static const char *const streams[] = { "tests/data/root/every.jsonl",
	"tests/data/root/order.jsonl" };

static struct seki_heard
heard(const struct seki_answer *a)
{
	return (struct seki_heard){ (const unsigned char *)a->items.p,
		(const unsigned char *)a->items.p + a->items.n, 0 };
}

/* Every cut of an answer is refused. */
static void
cut_record(const struct seki_answer *a, const struct seki_schema *s)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_record rec;
	struct seki_heard h;
	struct seki_err err;
	size_t n;

	for (n = 0; n < a->items.n; n++) {
		seki_err_clear(&err);
		h = heard(a);
		h.end = h.p + n;
		assert_int_equal(
		    seki_apart_hear_record(&h, s, &arena, &rec, &err), -1);
		assert_int_equal(err.reason, SEKI_WORKER);
	}
	seki_arena_free(&arena);
}

static void
same_record(const struct seki_schema *s, const struct seki_record *was)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_answer a = { .err = &err };
	struct seki_buf x = SEKI_BUF_INIT, y = SEKI_BUF_INIT;
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_record is;
	struct seki_heard h;

	seki_apart_say_record(&a, s, was);
	h = heard(&a);
	assert_int_equal(seki_apart_hear_record(&h, s, &arena, &is, &err), 0);
	assert_true(seki_heard_end(&h));
	assert_int_equal(is.kind, was->kind);
	if (was->kind == SEKI_RECORD_HELD) {
		assert_int_equal(is.reasons.n, was->reasons.n);
		assert_memory_equal(is.reasons.p, was->reasons.p, is.reasons.n);
	} else {
		assert_int_equal(seki_record_format(s, was, &x, &err), 0);
		assert_int_equal(seki_record_format(s, &is, &y, &err), 0);
		assert_string_equal(x.p, y.p);
	}
	cut_record(&a, s);
	seki_buf_free(&a.items);
	seki_buf_free(&x);
	seki_buf_free(&y);
	seki_arena_free(&arena);
}

static void
same_schema(const struct seki_schema *was)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_answer a = { .err = &err };
	struct seki_schema *is;
	struct seki_heard h;
	size_t n, whole;

	seki_apart_say_schema(&a, was);
	h = heard(&a);
	assert_non_null(is = seki_apart_hear_schema(&h, &err));
	assert_memory_equal(is->digest, was->digest, SEKI_SHA256);
	assert_string_equal(is->stream, was->stream);
	assert_string_equal(is->source.domain, was->source.domain);
	assert_int_equal(is->deletes, was->deletes);
	assert_true(was->steps == NULL || json_equal(is->steps, was->steps));
	seki_schema_free(is);
	whole = a.items.n;
	for (n = 0; n < whole; n++) {
		seki_err_clear(&err);
		h = heard(&a);
		h.end = h.p + n;
		assert_null(seki_apart_hear_schema(&h, &err));
		assert_int_equal(err.reason, SEKI_WORKER);
	}
	/* Something behind it. */
	seki_err_clear(&err);
	seki_answer_uint(&a, 0);
	h = heard(&a);
	assert_null(seki_apart_hear_schema(&h, &err));
	seki_buf_free(&a.items);
}

static void
test_records(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_stream_in *s;
	struct seki_record *rec;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		s = seki_stream_open(seki_in_file(streams[i], 0, &err), &err);
		assert_non_null(s);
		same_schema(seki_stream_schema(s));
		while (seki_stream_next(s, &rec, &err) == 1)
			same_record(seki_stream_schema(s), rec);
		assert_int_equal(err.reason, SEKI_OK);
		seki_stream_free(s);
	}
}

/* The whole stream through a worker is the stream. */
static void
test_stream(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_stream_in *s, *t;
	struct seki_place place = { .at = 0 };
	struct seki_record *a, *b;
	int fd, r;

	(void)state;
	fd = open(streams[0], O_RDONLY | O_CLOEXEC);
	assert_int_equal(
	    seki_in_slurp(streams[0], SEKI_RECORD_MAX, &text, &err), 0);
	place.packed = place.size = text.n;
	place.crc = (uint32_t)crc32(0, (const Bytef *)text.p, (uInt)text.n);
	s = seki_stream_open(seki_in_file(streams[0], 0, &err), &err);
	t = seki_apart_stream(fd, &place, "x: records", &err);
	assert_non_null(t);
	while ((r = seki_stream_next(t, &b, &err)) == 1) {
		assert_int_equal(seki_stream_next(s, &a, &err), 1);
		assert_memory_equal(
		    seki_stream_leaf(s), seki_stream_leaf(t), SEKI_SHA256);
	}
	assert_int_equal(r, 0);
	assert_int_equal(seki_stream_next(s, &a, &err), 0);
	assert_memory_equal(seki_stream_proof(s), seki_stream_proof(t),
	    sizeof(struct seki_proof));
	assert_string_equal(seki_stream_state(s), seki_stream_state(t));
	assert_string_equal(
	    seki_stream_ending(s)->source, seki_stream_ending(t)->source);
	seki_stream_free(t);
	seki_stream_free(s);
	/* Given up in the middle; and a failure at the end. */
	t = seki_apart_stream(fd, &place, "x", &err);
	assert_int_equal(seki_stream_next(t, &b, &err), 1);
	seki_stream_free(t);
	place.crc ^= 1;
	t = seki_apart_stream(fd, &place, "x: records", &err);
	while ((r = seki_stream_next(t, &b, &err)) == 1)
		;
	assert_int_equal(r, -1);
	assert_int_equal(err.reason, SEKI_ZIP);
	assert_string_equal(err.object, "x: records");
	seki_stream_free(t);
	seki_buf_free(&text);
	(void)close(fd);
}

/* Z8: zeros that say they are fewer; and an entry that is cut. */
static void
test_zeros(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	int fd = seki_dir_spool(NULL, &err);
	unsigned char out[65536];
	static unsigned char zeros[1 << 20];
	z_stream z = { .next_in = NULL };
	struct seki_place place = { .deflated = 1, .size = SEKI_MIB };
	struct seki_in *in;
	ssize_t r;
	int i;

	(void)state;
	assert_int_equal(
	    deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
	    Z_OK);
	for (i = 0; i < 64; i++) {
		z.next_in = zeros;
		z.avail_in = sizeof(zeros);
		do {
			z.next_out = out;
			z.avail_out = sizeof(out);
			(void)deflate(&z, i == 63 ? Z_FINISH : Z_NO_FLUSH);
			r = write(fd, out, sizeof(out) - z.avail_out);
			assert_true(r >= 0);
			place.packed += (uint64_t)r;
		} while (z.avail_out == 0);
	}
	(void)deflateEnd(&z);
	in = seki_apart_in(fd, &place, "zeros", &err);
	assert_non_null(in);
	while ((r = seki_in_read(in, out, sizeof(out), &err)) > 0)
		;
	assert_int_equal(r, -1);
	assert_int_equal(err.reason, SEKI_ZIP);
	assert_non_null(strstr(err.text, "more bytes than stated"));
	seki_in_free(in);
	place.size = sizeof(zeros) * 64;
	place.packed /= 2;
	seki_err_clear(&err);
	in = seki_apart_in(fd, &place, "zeros", &err);
	while ((r = seki_in_read(in, out, sizeof(out), &err)) > 0)
		;
	assert_int_equal(r, -1);
	assert_int_equal(err.reason, SEKI_ZIP);
	seki_in_free(in);
	(void)close(fd);
}

/* A place outside the file, a name that may not be, a list without end. */
static const struct table {
	const char *name;
	uint64_t n, at, packed, size, deflated, what;
	int good;
} tables[] = {
	{ "manifest.json", 1, 10, 20, 20, 0, 0, 1 },
	{ "manifest.json", 1, 1001, 0, 0, 0, 0, 0 },
	{ "manifest.json", 1, 990, 11, 11, 0, 0, 0 },
	{ "manifest.json", 1, 10, 20, 21, 0, 0, 0 },
	{ "manifest.json", 1, 10, 20, SEKI_INFLATED_MAX, 1, 0, 1 },
	{ "manifest.json", 1, 10, 20, SEKI_INFLATED_MAX + 1, 1, 0, 0 },
	{ "manifest.json", 1, 10, UINT64_MAX, UINT64_MAX, 0, 0, 0 },
	{ "manifest.json", 1, 10, 20, 20, 2, 0, 0 },
	{ "manifest.json", 2, 10, 20, 20, 0, 0, 0 },
	{ "manifest.json", 0, 10, 20, 20, 0, 0, 0 },
	{ "manifest.json", UINT64_MAX, 10, 20, 20, 0, 0, 0 },
	{ "manifest.json", 1, 10, 20, 20, 0, 1, 0 },
	{ "manifest.json", 1, 10, 20, 20, 0, 2, 0 },
	{ "manifest.json", 1, 10, 20, 20, 0, 3, 0 },
	{ "../manifest.json", 1, 10, 20, 20, 0, 0, 0 },
	{ "/etc/passwd", 1, 10, 20, 20, 0, 0, 0 },
	{ "", 1, 10, 20, 20, 0, 0, 0 },
};

static void
test_structure(void **state)
{
	struct seki_err err, why;
	struct seki_answer a = { .err = &err };
	struct seki_manifest *m;
	struct seki_zip zip;
	struct seki_heard h;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct table *t = &tables[i];

		seki_err_clear(&err);
		seki_err_clear(&why);
		a.items.n = 0;
		seki_answer_uint(&a, t->n);
		seki_answer_text(&a, t->name);
		seki_answer_uint(&a, t->at);
		seki_answer_uint(&a, t->packed);
		seki_answer_uint(&a, t->size);
		seki_answer_uint(&a, 0);
		seki_answer_uint(&a, t->deflated);
		seki_answer_uint(&a, t->what);
		h = heard(&a);
		r = seki_apart_hear_structure(&h, 1000, &zip, &m, &why, &err);
		if (r != (t->good ? 0 : -1))
			fail_msg("row %zu: %d %s", i, r, err.text);
		if (r == -1)
			assert_int_equal(err.reason, SEKI_WORKER);
		seki_zip_release(&zip);
	}
	seki_buf_free(&a.items);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_structure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
