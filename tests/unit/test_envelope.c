#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "envelope.h"

/* The published vectors, and an outline that is wrong in one place. */
#define DATA "tests/data/bundle/sealed/"

static struct seki_err err;
static struct seki_key *ec, *rsa;
static char dir[] = "/tmp/seki-envelope-XXXXXX";

/* A key file as a host has it: git does not keep its mode. */
static struct seki_key *
key(const char *name)
{
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_key *k;
	struct seki_out *out;
	char path[256];

	(void)snprintf(path, sizeof(path), DATA "%s", name);
	assert_int_equal(seki_in_slurp(path, 65536, &text, &err), 0);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = seki_out_file(path, 0600, SEKI_OUT_NEW, &err);
	assert_non_null(out);
	assert_int_equal(seki_out_write(out, text.p, text.n, &err), 0);
	assert_int_equal(seki_out_commit(out, &err), 0);
	seki_buf_free(&text);
	k = seki_key_open(path, &err);
	(void)unlink(path);
	return k;
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	ec = key("ec.key");
	rsa = key("rsa.key");
	return ec == NULL || rsa == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	seki_key_free(ec);
	seki_key_free(rsa);
	return rmdir(dir);
}

static int
begin(void **state)
{
	(void)state;
	memset(&err, 0, sizeof(err));
	return 0;
}

static void
slurp(const char *name, struct seki_buf *b)
{
	char path[256];

	(void)snprintf(path, sizeof(path), DATA "%s", name);
	if (seki_in_slurp(path, 65536, b, &err) == -1)
		fail_msg("%s: %s", path, err.text);
}

/* A file without a name that holds this. */
static int
file(const void *p, size_t n)
{
	int fd = seki_dir_spool(NULL, &err);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	return fd;
}

/* What opening it gives; *n bytes of it lie in the descriptor. */
static int
opened(const void *p, size_t len, size_t nto, const struct seki_key *k,
    uint64_t *n, int *to)
{
	int fd = file(p, len), r;

	memset(&err, 0, sizeof(err));
	*to = file("", 0);
	*n = 0;
	r = seki_envelope_open(fd, 0, len, nto, k, *to, n, &err);
	(void)close(fd);
	return r;
}

static void
same(int fd, uint64_t n, const struct seki_buf *want)
{
	char *p = malloc(want->n + 1);

	assert_int_equal(n, want->n);
	assert_int_equal(pread(fd, p, want->n + 1, 0), (ssize_t)want->n);
	assert_memory_equal(p, want->p, want->n);
	free(p);
}

static void
test_openssl(void **state)
{
	struct seki_buf cms = SEKI_BUF_INIT, inside = SEKI_BUF_INIT;
	uint64_t n;
	int to;

	(void)state;
	slurp("openssl.cms", &cms);
	slurp("inside.zip", &inside);
	assert_int_equal(opened(cms.p, cms.n, 2, ec, &n, &to), 0);
	same(to, n, &inside);
	(void)close(to);
	assert_int_equal(opened(cms.p, cms.n, 2, rsa, &n, &to), 0);
	same(to, n, &inside);
	(void)close(to);
	/* To fewer keys than it is said to be. */
	assert_int_equal(opened(cms.p, cms.n, 1, ec, &n, &to), -1);
	assert_int_equal(err.reason, SEKI_CMS);
	(void)close(to);
	seki_buf_free(&cms);
	seki_buf_free(&inside);
}

static void
seal(const struct seki_buf *plain, struct seki_buf *out)
{
	struct seki_buf cert[2] = { SEKI_BUF_INIT, SEKI_BUF_INIT };
	struct seki_part part;
	int fd = file(plain->p, plain->n);

	assert_int_equal(seki_key_cert(ec, &cert[0], &err), 0);
	assert_int_equal(seki_key_cert(rsa, &cert[1], &err), 0);
	assert_int_equal(seki_envelope_seal(fd, cert, 2, NULL, &part, &err), 0);
	assert_int_equal(seki_buf_room(out, part.size, &err), 0);
	assert_int_equal(
	    pread(part.fd, out->p, part.size, 0), (ssize_t)part.size);
	out->n = part.size;
	(void)close(part.fd);
	(void)close(fd);
	seki_buf_free(&cert[0]);
	seki_buf_free(&cert[1]);
}

/* Sizes around which lengths of DER, chunks and blocks change. */
static void
test_sizes(void **state)
{
	static const size_t size[] = { 0, 1, 15, 16, 17, 127, 128, 255, 256,
		65535, 65536, 65537, 200001 };
	struct seki_buf plain = SEKI_BUF_INIT, cms = SEKI_BUF_INIT;
	uint64_t n;
	size_t i;
	int to;

	(void)state;
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		seki_buf_reset(&plain);
		seki_buf_reset(&cms);
		while (plain.n < size[i])
			assert_int_equal(
			    seki_buf_byte(&plain, (int)(plain.n % 251), &err),
			    0);
		if (plain.p == NULL)
			assert_int_equal(seki_buf_room(&plain, 1, &err), 0);
		seal(&plain, &cms);
		if (opened(cms.p, cms.n, 2, i % 2 ? ec : rsa, &n, &to) == -1)
			fail_msg("%zu: %s", size[i], err.text);
		same(to, n, &plain);
		(void)close(to);
	}
	seki_buf_free(&plain);
	seki_buf_free(&cms);
}

/* No bit of it is free: one recipient's part apart, which the other does not
 * look into. */
static void
test_every_bit(void **state)
{
	struct seki_buf plain = SEKI_BUF_INIT, cms = SEKI_BUF_INIT;
	uint64_t n;
	size_t i;
	int to, r[2];

	(void)state;
	assert_int_equal(seki_buf_str(&plain, "inside", &err), 0);
	seal(&plain, &cms);
	for (i = 0; i < cms.n; i++) {
		cms.p[i] = (char)(cms.p[i] ^ 1 << i % 8);
		r[0] = opened(cms.p, cms.n, 2, ec, &n, &to);
		(void)close(to);
		if (r[0] == -1 && err.reason != SEKI_CMS &&
		    err.reason != SEKI_DIGEST && err.reason != SEKI_RECIPIENT)
			fail_msg("byte %zu: %s", i, seki_err_word(err.reason));
		r[1] = r[0];
		if (r[0] == 0) {
			r[1] = opened(cms.p, cms.n, 2, rsa, &n, &to);
			(void)close(to);
		}
		if (r[1] == 0)
			fail_msg("byte %zu may be changed", i);
		cms.p[i] = (char)(cms.p[i] ^ 1 << i % 8);
	}
	seki_buf_free(&plain);
	seki_buf_free(&cms);
}

static void
test_every_length(void **state)
{
	struct seki_buf plain = SEKI_BUF_INIT, cms = SEKI_BUF_INIT;
	uint64_t n;
	size_t i;
	int to;

	(void)state;
	assert_int_equal(seki_buf_str(&plain, "inside", &err), 0);
	seal(&plain, &cms);
	for (i = 0; i < cms.n; i++) {
		assert_int_equal(opened(cms.p, i, 2, ec, &n, &to), -1);
		assert_int_equal(err.reason, SEKI_CMS);
		(void)close(to);
	}
	assert_int_equal(seki_buf_byte(&cms, 0, &err), 0);
	assert_int_equal(opened(cms.p, cms.n, 2, ec, &n, &to), -1);
	assert_string_equal(err.text, "bytes after the message");
	(void)close(to);
	seki_buf_free(&plain);
	seki_buf_free(&cms);
}

/* An outline with one thing another than it must be. */
struct odd {
	int version, originator, recipients, twice, type, cipher, nonce, icv;
	int pieces, after, nulls;
	size_t name; /* of the issuer, in bytes */
};

static void
add(struct seki_buf *b, const void *p, size_t n)
{
	assert_int_equal(seki_buf_add(b, p, n, &err), 0);
}

static void
element(struct seki_buf *b, int tag, const void *p, size_t n)
{
	assert_int_equal(seki_envelope_header(b, tag, n, &err), 0);
	add(b, p, n);
}

static void
wrap(struct seki_buf *b, size_t from, int tag)
{
	assert_int_equal(seki_envelope_wrap_in(b, from, tag, &err), 0);
}

static void
object(struct seki_buf *b, enum seki_envelope_der which)
{
	size_t n;
	const unsigned char *p = seki_envelope_oid(which, &n);

	element(b, 0x06, p, n);
}

static void
one_recipient(struct seki_buf *b, int i, const struct odd *o)
{
	unsigned char point[66] = { 0, 4 }, number = (unsigned char)(i + 1);
	unsigned char wrapped[40] = { 0 };
	size_t from = b->n, at, in;

	add(b, "\2\1\3", 3);
	at = b->n;
	object(b, SEKI_ED_EC_PUBLIC);
	if (o->nulls)
		add(b, "\5\0", 2);
	wrap(b, at, 0x30);
	element(b, 0x03, point, sizeof(point));
	wrap(b, at, 0xA1);
	wrap(b, at, 0xA0);
	at = b->n;
	object(b, SEKI_ED_ECDH);
	in = b->n;
	object(b, SEKI_ED_AES_WRAP);
	wrap(b, in, 0x30);
	wrap(b, at, 0x30);
	at = b->n;
	in = b->n;
	while (b->n < in + o->name)
		assert_int_equal(
		    seki_buf_byte(b, 5 * ((b->n - in) % 2 == 0), &err), 0);
	wrap(b, in, 0x30);
	element(b, 0x02, o->twice ? (const void *)"\1" : &number, 1);
	wrap(b, at, 0x30);
	element(b, 0x04, wrapped, sizeof(wrapped));
	wrap(b, at, 0x30);
	wrap(b, at, 0x30);
	wrap(b, from, 0xA1);
}

static void
content(struct seki_buf *b, const struct odd *o)
{
	unsigned char nonce[13] = { 0 };
	size_t from = b->n, at, in;

	object(b, o->type ? SEKI_ED_AUTH_ENVELOPED : SEKI_ED_DATA);
	at = b->n;
	object(b, o->cipher ? SEKI_ED_AES_WRAP : SEKI_ED_AES_GCM);
	in = b->n;
	element(b, 0x04, nonce, o->nonce ? 13 : 12);
	if (o->icv != 1)
		element(b, 0x02, o->icv ? "\14" : "\20", 1);
	wrap(b, in, 0x30);
	wrap(b, at, 0x30);
	if (o->pieces) {
		at = b->n;
		element(b, 0x04, "ab", 2);
		wrap(b, at, 0xA0);
	} else
		element(b, 0x80, "ab", 2);
	wrap(b, from, 0x30);
}

static const char *
outline(const struct odd *o, struct seki_envelope *e)
{
	static struct seki_buf b;
	unsigned char tag[16] = { 0 };
	size_t at;
	int i;

	seki_buf_reset(&b);
	object(&b, SEKI_ED_AUTH_ENVELOPED);
	at = b.n;
	element(&b, 0x02, o->version ? "\1" : "\0", 1);
	if (o->originator)
		element(&b, 0xA0, "", 0);
	size_t set = b.n;
	for (i = 0; i < o->recipients; i++)
		one_recipient(&b, i, o);
	wrap(&b, set, 0x31);
	content(&b, o);
	if (o->after == 1)
		element(&b, 0xA1, "", 0);
	element(&b, 0x04, tag, o->after == 4 ? 12 : 16);
	if (o->after == 2)
		element(&b, 0xA2, "", 0);
	wrap(&b, at, 0x30);
	wrap(&b, at, 0xA0);
	wrap(&b, 0, 0x30);
	if (o->after == 3)
		add(&b, "\0", 1);
	/* As it is read: so much and no more. */
	at = b.n < SEKI_ENVELOPE_HEAD ? b.n : SEKI_ENVELOPE_HEAD;
	return seki_envelope_der((unsigned char *)b.p, at,
	    (unsigned char *)b.p + b.n - SEKI_ENVELOPE_TAIL, b.n, e);
}

static void
test_outline(void **state)
{
	static const struct odd good[] = { { .recipients = 1 },
		{ .recipients = 16 }, { .recipients = 2, .nulls = 1 } };
	static const struct {
		struct odd o;
		const char *why;
	} bad[] = {
		{ { .recipients = 1, .name = SEKI_ENVELOPE_HEAD },
		    "too long before" },
		{ { .recipients = 0 }, "no recipients" },
		{ { .recipients = 17 }, "more recipients" },
		{ { .recipients = 2, .twice = 1 }, "order of the recipients" },
		{ { .recipients = 1, .version = 1 }, "version" },
		{ { .recipients = 1, .originator = 1 }, "originator" },
		{ { .recipients = 1, .type = 1 }, "not data" },
		{ { .recipients = 1, .cipher = 1 }, "not AES-256-GCM" },
		{ { .recipients = 1, .nonce = 1 }, "not AES-256-GCM" },
		{ { .recipients = 1, .icv = 1 }, "not AES-256-GCM" },
		{ { .recipients = 1, .icv = 2 }, "not AES-256-GCM" },
		{ { .recipients = 1, .pieces = 1 }, "in one piece" },
		{ { .recipients = 1, .after = 1 }, "attributes" },
		{ { .recipients = 1, .after = 2 }, "attributes" },
		{ { .recipients = 1, .after = 3 }, "bytes after" },
		{ { .recipients = 1, .after = 4 }, "tag of 16" },
	};
	struct seki_envelope e;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		why = outline(&good[i], &e);
		if (why != NULL)
			fail_msg("%zu: %s", i, why);
		assert_int_equal(e.n, good[i].recipients);
		assert_int_equal(e.length, 2);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = outline(&bad[i].o, &e);
		if (why == NULL || strstr(why, bad[i].why) == NULL)
			fail_msg("%zu: %s: %s", i, bad[i].why,
			    why == NULL ? "taken" : why);
	}
}

/* Put in front of b the header of an element that goes on for more bytes. */
static void
around(struct seki_buf *b, int tag, uint64_t more)
{
	struct seki_buf out = SEKI_BUF_INIT;

	assert_int_equal(seki_envelope_header(&out, tag, b->n + more, &err), 0);
	add(&out, b->p, b->n);
	seki_buf_free(b);
	*b = out;
}

/* Of a content of gigabytes no more is needed than what stands around it. */
static void
test_large(void **state)
{
	static const struct odd good = { .recipients = 1 };
	const uint64_t n = ((uint64_t)1 << 31) + 5, rest = n + 18;
	unsigned char tail[SEKI_ENVELOPE_TAIL] = { 4, 16 };
	struct seki_buf b = SEKI_BUF_INIT, info = SEKI_BUF_INIT;
	struct seki_envelope e;
	size_t at;

	(void)state;
	content(&info, &good);
	/* Without its header, and its two bytes. */
	memmove(info.p, info.p + 2, info.n - 2);
	info.n -= 2 + 4;
	assert_int_equal(seki_envelope_header(&info, 0x80, n, &err), 0);
	around(&info, 0x30, n);
	element(&b, 0x02, "\0", 1);
	at = b.n;
	one_recipient(&b, 0, &good);
	wrap(&b, at, 0x31);
	add(&b, info.p, info.n);
	around(&b, 0x30, rest);
	around(&b, 0xA0, rest);
	seki_buf_reset(&info);
	object(&info, SEKI_ED_AUTH_ENVELOPED);
	add(&info, b.p, b.n);
	around(&info, 0x30, rest);
	assert_null(seki_envelope_der(
	    (unsigned char *)info.p, info.n, tail, info.n + rest, &e));
	assert_int_equal(e.at, info.n);
	assert_int_equal(e.length, n);
	assert_non_null(seki_envelope_der(
	    (unsigned char *)info.p, info.n, tail, info.n + rest + 1, &e));
	assert_non_null(seki_envelope_der(
	    (unsigned char *)info.p, info.n, tail, info.n + rest - 1, &e));
	/* All but the last byte before the content. */
	assert_non_null(seki_envelope_der(
	    (unsigned char *)info.p, info.n - 1, tail, info.n + rest, &e));
	seki_buf_free(&info);
	seki_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_openssl, begin),
		cmocka_unit_test_setup(test_sizes, begin),
		cmocka_unit_test_setup(test_every_bit, begin),
		cmocka_unit_test_setup(test_every_length, begin),
		cmocka_unit_test_setup(test_outline, begin),
		cmocka_unit_test_setup(test_large, begin),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
