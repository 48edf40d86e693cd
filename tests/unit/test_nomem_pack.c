#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "seki_int.h"

/*
 * As test_nomem, for the sender: the n-th allocation of our own objects
 * fails.  Some of them happen in threads, so that which one is the n-th may
 * differ from run to run; that all of them are met does not.
 */
static atomic_long left = -1;

static int
refuse(void)
{
	return left >= 0 && atomic_fetch_sub(&left, 1) == 0;
}

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__real_reallocarray(void *, size_t, size_t);
char *__real_strdup(const char *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__wrap_reallocarray(void *, size_t, size_t);
char *__wrap_strdup(const char *);

void *
__wrap_malloc(size_t n)
{
	return refuse() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return refuse() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return refuse() ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
	return refuse() ? NULL : __real_strdup(s);
}

static char dir[] = "/tmp/seki-nomem-XXXXXX";

static const char *
in_dir(const char *name)
{
	static char path[8][128];
	static unsigned i;

	i = (i + 1) % 8;
	(void)snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

/* Bytes that no file may exceed, or 0; and what is packed. */
static uint64_t max_size;
static const char *stream = "tests/data/root/every.jsonl";

static int
pack(struct seki_err *err)
{
	struct seki_packing o = { .audience = "lgwan-1",
		.max_size = max_size,
		.carrier = "media",
		.expires = 10,
		.now = seki_time_now(),
		.max_held = UINT64_MAX,
		.path = in_dir("b.zip") };
	struct seki_packed *done = __real_calloc(1, sizeof(*done));
	struct seki_trust *trust = seki_trust_open(in_dir("trust"), o.now, err);
	struct seki_key *key = NULL;
	struct seki_sender *s = NULL;
	struct seki_in *in;
	int r = -1;

	if (trust != NULL &&
	    (key = seki_key_open(in_dir("inet-1.key"), err)) != NULL &&
	    (s = seki_sender_open(in_dir("sent"), "host", err)) != NULL &&
	    (in = seki_in_file(stream, 0, err)) !=
		NULL) {
		o.trust = trust;
		o.key = key;
		r = seki_sender_pack(s, in, &o, done, err);
	}
	free(done->state);
	free(done);
	seki_sender_free(s);
	seki_key_free(key);
	seki_trust_free(trust);
	return r;
}

static int
again(struct seki_err *err)
{
	struct seki_sent *b = __real_calloc(1, sizeof(*b));
	struct seki_sender *s = seki_sender_open(in_dir("sent"), "host", err);
	char *state = NULL;
	int r = -1;

	if (s != NULL &&
	    seki_sender_resend(s, "vector", 1, in_dir("c.zip"), b, err) == 0)
		r = seki_sender_withdraw(s, "vector", 1, b, &state, err);
	free(state);
	free(b);
	seki_sender_free(s);
	return r;
}

static void
clear_state(void)
{
	char name[64];
	int n, of;

	for (of = 2; of < 8; of++)
		for (n = 1; n <= of; n++) {
			(void)snprintf(
			    name, sizeof(name), "b-%dof%d.zip", n, of);
			(void)unlink(in_dir(name));
			(void)snprintf(name, sizeof(name),
			    "sent/outbox/vector-1-%dof%d.zip", n, of);
			(void)unlink(in_dir(name));
		}
	(void)unlink(in_dir("b.zip"));
	(void)unlink(in_dir("c.zip"));
	(void)unlink(in_dir("sent/outbox/vector-1.zip"));
	(void)unlink(in_dir("sent/state.db"));
	(void)unlink(in_dir("sent/lock"));
	(void)rmdir(in_dir("sent/outbox"));
	(void)rmdir(in_dir("sent"));
}

/* Every step-th allocation from first on, until all goes well; there are at
 * least so many. */
static void
pack_all(long first, long step, long least)
{
	struct seki_err err;
	long n;
	int r;

	for (n = first;; n += step) {
		clear_state();
		seki_err_clear(&err);
		left = n;
		r = pack(&err);
		left = -1;
		if (r == 0)
			break;
		if (err.reason != SEKI_NOMEM)
			fail_msg("%ld: %s: %s", n, seki_err_word(err.reason),
			    err.text);
		/* Whatever happened, the next run makes bundle 1. */
		seki_err_clear(&err);
		if ((n - first) / step % 16 == 0 && pack(&err) == -1)
			fail_msg("after %ld: %s", n, err.text);
	}
	if (n <= least)
		fail_msg("only %ld allocations", n);
}

static void
test_pack(void **state)
{
	(void)state;
	pack_all(0, 1, 200);
}

/* Records whose texts do not shrink: else two parts are larger than the
 * whole. */
static void
make_long(const char *path)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_stream_in *in = seki_stream_open(
	    seki_in_file("tests/data/relay/many.jsonl", 0, &err), &err);
	struct seki_out *out = seki_out_file(path, 0600, SEKI_OUT_NEW, &err);
	const struct seki_ending end = { .kind = "full" };
	struct seki_stream_out *w;
	struct seki_record *rec;
	struct seki_proof proof;
	uint32_t dice = 1;
	char text[400];
	size_t i;

	assert_non_null(in);
	assert_non_null(out);
	w = seki_stream_create(out, seki_stream_schema(in), &err);
	assert_non_null(w);
	while (seki_stream_next(in, &rec, &err) == 1) {
		for (i = 0; i < sizeof(text); i++) {
			dice = dice * 1664525 + 1013904223;
			text[i] = (char)('!' + (dice >> 24) % 90);
		}
		rec->v[1].p = text;
		rec->v[1].n = sizeof(text);
		assert_int_equal(seki_stream_put(w, rec, &err), 0);
	}
	assert_int_equal(seki_stream_end(w, &end, NULL, 0, &proof, &err), 0);
	seki_stream_abort(w);
	seki_stream_free(in);
	assert_int_equal(seki_out_commit(out, &err), 0);
}

static void
test_parts(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	char path[128];
	struct stat st;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s", in_dir("long.jsonl"));
	make_long(path);
	stream = path;
	clear_state();
	if (pack(&err) == -1)
		fail_msg("%s: %s", err.object, err.text);
	assert_int_equal(stat(in_dir("b.zip"), &st), 0);
	max_size = (uint64_t)st.st_size / 4 * 3;
	/* The parts are made when the whole is done. */
	pack_all(201, 4, 400);
	assert_true(access(in_dir("b-1of2.zip"), F_OK) == 0 ||
		    access(in_dir("b-1of3.zip"), F_OK) == 0);
	assert_int_equal(access(in_dir("b.zip"), F_OK), -1);
	max_size = 0;
	stream = "tests/data/root/every.jsonl";
}

static void
test_again(void **state)
{
	struct seki_err err;
	long n;
	int r;

	(void)state;
	for (n = 0;; n++) {
		clear_state();
		seki_err_clear(&err);
		assert_int_equal(pack(&err), 0);
		left = n;
		r = again(&err);
		left = -1;
		if (r == 0)
			break;
		if (err.reason != SEKI_NOMEM)
			fail_msg("%ld: %s: %s", n, seki_err_word(err.reason),
			    err.text);
	}
	assert_true(n > 10);
}

static int
make_trust(void **state)
{
	struct seki_enrol e = { .keys = dir,
		.org = "012041",
		.host = "inet-1",
		.person = "p-0001",
		.safe = "safe-1",
		.now = seki_time_now() };
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	e.trust = in_dir("trust");
	if (seki_enrol_init(&e, &err) == -1) {
		print_error("%s\n", err.text);
		return -1;
	}
	return 0;
}

static int
remove_all(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests_name(
	    "nomem_pack", tests, make_trust, remove_all);
}
