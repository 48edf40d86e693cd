/* Making a recipient's key, naming it, packing to it and opening that while
 * memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "nomem.h"

static char dir[] = "/tmp/seki-nomem-XXXXXX";

static const char *
in_dir(const char *name)
{
	static char path[16][128];
	static unsigned i;

	i = (i + 1) % 16;
	(void)snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static int
recipient(struct seki_err *err)
{
	seki_time now = seki_time_now();
	struct seki_key *key;
	char pem[256];

	(void)unlink(in_dir("l.key"));
	(void)unlink(in_dir("l.pem"));
	key = seki_key_recipient(in_dir("l.key"), "lgwan-1", now,
	    now + 86400000, pem, sizeof(pem), err);
	if (key == NULL && (access(in_dir("l.pem"), F_OK) == 0 ||
			       access(in_dir("l.key"), F_OK) == 0))
		fail_msg("half of a key is left");
	seki_key_free(key);
	return key == NULL ? -1 : 0;
}

static int
next(struct seki_err *err)
{
	const char *root[] = { in_dir("p-0001.key"), NULL };
	struct seki_next n = { .dir = in_dir("trust"),
		.certificate = in_dir("l.pem"),
		.owner = "lgwan-1",
		.stream = "vector",
		.root = root,
		.now = seki_time_now() };
	int r = -1;

	if (seki_next_open(&n, err) == 0)
		r = seki_next_make(&n, err);
	if (r == -1 && access(in_dir("trust/2.json"), F_OK) == 0)
		fail_msg("a version in spite of failure");
	seki_next_free(&n);
	return r;
}

static void
clear_state(void)
{
	(void)unlink(in_dir("b.zip"));
	(void)unlink(in_dir("sent/outbox/vector-1.zip"));
	(void)unlink(in_dir("sent/state.db"));
	(void)unlink(in_dir("sent/lock"));
	(void)rmdir(in_dir("sent/outbox"));
	(void)rmdir(in_dir("sent"));
}

static int
pack(struct seki_err *err)
{
	struct seki_packing o = { .audience = "lgwan-1",
		.carrier = "media",
		.expires = 10,
		.now = seki_time_now(),
		.max_held = UINT64_MAX,
		.path = in_dir("b.zip") };
	struct seki_packed *done = __real_calloc(1, sizeof(*done));
	struct seki_trust *trust = NULL;
	struct seki_key *key = NULL;
	struct seki_sender *s = NULL;
	struct seki_in *in;
	int r = -1;

	clear_state();
	if ((trust = seki_trust_open(in_dir("trust"), o.now, err)) != NULL &&
	    (key = seki_key_open(in_dir("inet-1.key"), err)) != NULL &&
	    (s = seki_sender_open(in_dir("sent"), "host", err)) != NULL &&
	    (in = seki_in_file("tests/data/root/every.jsonl", 0, err)) !=
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
verify(struct seki_err *err)
{
	struct seki_check check = { .now = seki_time_now(),
		.audience = "lgwan-1" };
	struct seki_trust *trust =
	    seki_trust_open(in_dir("trust"), check.now, err);
	struct seki_key *key = NULL;
	struct seki_bundle *b = NULL;
	struct seki_verdict v;
	int r = -1;

	if (trust != NULL &&
	    (key = seki_key_open(in_dir("l.key"), err)) != NULL &&
	    (b = seki_bundle_open(in_dir("b.zip"), dir, err)) != NULL) {
		check.trust = trust;
		check.key = key;
		r = seki_bundle_verify(b, &check, &v, err);
	}
	seki_bundle_free(b);
	seki_key_free(key);
	seki_trust_free(trust);
	return r;
}

static void
test_sealed(void **state)
{
	(void)state;
	exhaust("recipient", recipient);
	exhaust("next", next);
	exhaust("pack", pack);
	exhaust("verify", verify);
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
	return seki_enrol_init(&e, &err);
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
		cmocka_unit_test(test_sealed),
	};

	return cmocka_run_group_tests_name(
	    "nomem_sealed", tests, make_trust, remove_all);
}
