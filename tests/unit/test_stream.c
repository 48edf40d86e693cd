#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "seki_int.h"

/* Streams made by the second implementation (tests/judge_root.py), and the
 * same with one defect each, named after it. */
static const struct {
	const char *name;
	enum seki_reason reason;
	const char *text; /* must stand in the message */
} rows[] = {
	{ "empty", SEKI_OK, NULL },
	{ "one", SEKI_OK, NULL },
	{ "order", SEKI_OK, NULL },
	{ "names", SEKI_OK, NULL },
	{ "lineends", SEKI_OK, NULL },
	{ "every", SEKI_OK, NULL },
	{ "held", SEKI_OK, NULL },
	{ "delta", SEKI_OK, NULL },
	{ "key", SEKI_OK, NULL },
	{ "accepted", SEKI_OK, NULL },
	{ "bad-accepted-loop", SEKI_RECORD, "goes on itself" },
	{ "bad-accepted-two-to-one", SEKI_RECORD, "two fields go on as one" },
	{ "bad-accepted-control", SEKI_RECORD, "control characters" },
	{ "bad-accepted-too-many", SEKI_RECORD, "1 to 16" },
	{ "bad-cut", SEKI_CUT, "without its proof" },
	{ "bad-cut-line", SEKI_CUT, "middle of a line" },
	{ "bad-empty", SEKI_CUT, "empty" },
	{ "bad-dropped", SEKI_CONTENT, "counts differ: 3 records" },
	{ "bad-swapped", SEKI_RECORD, "does not come after" },
	{ "bad-doubled", SEKI_RECORD, "does not come after" },
	{ "bad-changed", SEKI_CONTENT, "root" },
	{ "bad-retitled", SEKI_CONTENT, "root" },
	{ "bad-other-stream", SEKI_RECORD, "another stream" },
	{ "bad-after-state", SEKI_RECORD, "follows the STATE" },
	{ "bad-two-states", SEKI_RECORD, "follows the STATE" },
	{ "bad-unknown-field", SEKI_RECORD, "does not know" },
	{ "bad-missing-field", SEKI_RECORD, "missing" },
	{ "bad-double-field", SEKI_RECORD, "twice" },
	{ "bad-number-bare", SEKI_RECORD, "another kind" },
	{ "bad-number-form", SEKI_RECORD, "plain decimal" },
	{ "bad-empty-string", SEKI_RECORD, "null must stand" },
	{ "bad-no-key", SEKI_RECORD, "key is empty" },
	{ "bad-surrogate", SEKI_RECORD, "" },
	{ "bad-nul", SEKI_RECORD, "" },
	{ "bad-overlong", SEKI_RECORD, "" },
	{ "bad-cut-utf8", SEKI_RECORD, "" },
	{ "bad-deep", SEKI_LIMIT, "" },
	{ "bad-no-schema", SEKI_RECORD, "no SCHEMA" },
	{ "bad-other-alg", SEKI_RECORD, "another algorithm" },
};

static struct seki_stream_in *
open_row(const char *name, struct seki_err *err)
{
	char path[256];
	struct seki_in *in;

	(void)snprintf(path, sizeof(path), "tests/data/root/%s.jsonl", name);
	in = seki_in_file(path, 0, err);
	return in == NULL ? NULL : seki_stream_open(in, err);
}

static void
test_vectors(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_stream_in *s = open_row(rows[i].name, &err);
		struct seki_record *rec;

		while (s != NULL && seki_stream_next(s, &rec, &err) == 1)
			;
		if (err.reason != rows[i].reason)
			fail_msg("%s: %s: %s", rows[i].name,
			    seki_err_word(err.reason), err.text);
		if (rows[i].text != NULL &&
		    strstr(err.text, rows[i].text) == NULL)
			fail_msg("%s: said: %s", rows[i].name, err.text);
		seki_stream_free(s);
	}
}

/* All records of s to w, in parts of so many, or one by one. */
static void
copy(struct seki_stream_in *s, struct seki_stream_out *w, unsigned size)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_stream_part *part =
	    seki_stream_part_new(seki_stream_schema(s), &err);
	struct seki_record *rec;
	unsigned n = 0;
	int r;

	while ((r = seki_stream_next(s, &rec, &err)) == 1)
		if (size == 0) {
			assert_int_equal(seki_stream_put(w, rec, &err), 0);
		} else {
			assert_int_equal(
			    seki_stream_part_put(part, rec, &err), 0);
			if (++n % size == 0)
				assert_int_equal(
				    seki_stream_join(w, part, &err), 0);
		}
	assert_int_equal(r, 0);
	assert_int_equal(seki_stream_join(w, part, &err), 0);
	seki_stream_part_free(part);
}

/* What was read can be written again, and is the same stream but for the
 * "from" in its STATE. */
static void
round_trip(unsigned size)
{
	size_t i;

	for (i = 0; rows[i].reason == SEKI_OK; i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_stream_in *s = open_row(rows[i].name, &err);
		struct seki_record *rec;
		struct seki_stream_out *w;
		struct seki_proof proof;
		struct seki_out *out;
		char path[] = "/tmp/seki-test.XXXXXX";
		int fd = mkstemp(path), r;

		assert_non_null(s);
		out = seki_out_fd(fd, path, &err);
		w = seki_stream_create(out, seki_stream_schema(s), &err);
		assert_non_null(w);
		copy(s, w, size);
		assert_int_equal(seki_stream_end(w, seki_stream_ending(s),
				     seki_stream_proof(s), 0, &proof, &err),
		    0);
		seki_stream_abort(w);
		assert_int_equal(seki_out_commit(out, &err), 0);
		assert_memory_equal(
		    proof.root, seki_stream_proof(s)->root, SEKI_SHA256);
		seki_stream_free(s);
		(void)close(fd);

		s = seki_stream_open(seki_in_file(path, 0, &err), &err);
		assert_non_null(s);
		while ((r = seki_stream_next(s, &rec, &err)) == 1)
			;
		if (r != 0)
			fail_msg("%s: %s", rows[i].name, err.text);
		assert_memory_equal(
		    proof.root, seki_stream_proof(s)->root, SEKI_SHA256);
		seki_stream_free(s);
		(void)unlink(path);
	}
}

static void
test_round_trip(void **state)
{
	unsigned size;

	(void)state;
	for (size = 0; size < 4; size++)
		round_trip(size);
}

/* Parts in another order than their keys are no stream. */
static void
test_parts_order(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_stream_in *s = open_row("order", &err);
	struct seki_stream_part *part[2];
	struct seki_stream_out *w;
	struct seki_record *rec;
	struct seki_out *out;
	int pipefd[2], i;

	(void)state;
	assert_int_equal(pipe(pipefd), 0);
	out = seki_out_fd(pipefd[1], "pipe", &err);
	w = seki_stream_create(out, seki_stream_schema(s), &err);
	for (i = 0; i < 2; i++) {
		part[i] = seki_stream_part_new(seki_stream_schema(s), &err);
		assert_int_equal(seki_stream_next(s, &rec, &err), 1);
		assert_int_equal(seki_stream_part_put(part[i], rec, &err), 0);
	}
	assert_int_equal(seki_stream_join(w, part[1], &err), 0);
	assert_int_equal(seki_stream_join(w, part[0], &err), -1);
	assert_int_equal(err.reason, SEKI_RECORD);
	assert_non_null(strstr(err.text, "does not come after"));
	seki_stream_part_free(part[0]);
	seki_stream_part_free(part[1]);
	seki_stream_abort(w);
	seki_out_abort(out);
	seki_stream_free(s);
	(void)close(pipefd[0]);
	(void)close(pipefd[1]);
}

/* A filter that loses a record cannot write a proof. */
static void
test_lost_record(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_stream_in *s = open_row("order", &err);
	struct seki_ending end = { .kind = "full" };
	struct seki_record *rec;
	struct seki_stream_out *w;
	struct seki_out *out;
	int n = 0, pipefd[2];

	(void)state;
	assert_int_equal(pipe(pipefd), 0);
	out = seki_out_fd(pipefd[1], "pipe", &err);
	w = seki_stream_create(out, seki_stream_schema(s), &err);
	while (seki_stream_next(s, &rec, &err) == 1)
		if (n++ != 1)
			assert_int_equal(seki_stream_put(w, rec, &err), 0);
	assert_int_equal(
	    seki_stream_end(w, &end, seki_stream_proof(s), 0, NULL, &err), -1);
	assert_int_equal(err.reason, SEKI_BUG);
	seki_err_clear(&err);
	assert_int_equal(
	    seki_stream_end(w, &end, seki_stream_proof(s), 1, NULL, &err), 0);
	seki_stream_abort(w);
	seki_out_abort(out);
	seki_stream_free(s);
	(void)close(pipefd[0]);
	(void)close(pipefd[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_parts_order),
		cmocka_unit_test(test_lost_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
