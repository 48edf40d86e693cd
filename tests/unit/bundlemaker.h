/*
 * Makes keys, trust and signed bundles in a folder of their own, so that a
 * test can change one thing.  Included once by a test.
 */
#ifndef BUNDLEMAKER_H
#define BUNDLEMAKER_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "seki_int.h"
#include "zipmaker.h"

#define NOW 1775000000 /* 2026-03-31T23:33:20Z */
#define HOUR 3600

static char dir[] = "/tmp/seki-test-verify.XXXXXX";
static char path[256];
static struct seki_trust *trust;
static struct seki_key *key;
static struct seki_err err;

/* The bundle under construction. */
static struct seki_buf records; /* data/records.jsonl */
static struct seki_manifest *m;
static int sign;  /* how many signatures */
static char flip; /* a part in which one bit is turned after signing */
static int view;  /* with a workbook: 1 of junk, 2 that shows the records */
static struct seki_check check;

static int
setup(void **state)
{
	struct seki_enrol e = { .org = "012041",
		.host = "inet-1",
		.person = "p-0001",
		.safe = "safe-1",
		.now = NOW };
	static char at[512];

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	e.keys = dir;
	(void)snprintf(at, sizeof(at), "%s/trust", dir);
	e.trust = at;
	(void)snprintf(path, sizeof(path), "%s/b.zip", dir);
	if (seki_enrol_init(&e, &err) == -1 ||
	    (key = seki_key_open(e.file[0], &err)) == NULL ||
	    (trust = seki_trust_open(at, NOW, &err)) == NULL) {
		print_error("%s: %s\n", err.object, err.text);
		return -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	char cmd[300];

	(void)state;
	seki_key_free(key);
	seki_trust_free(trust);
	(void)snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	return system(cmd) == 0 ? 0 : -1;
}

static void
set(char **member, const char *s)
{
	assert_int_equal(seki_manifest_set(member, s, &err), 0);
}

/* What a stream says of itself, into the manifest. */
static void
describe(const char *stream)
{
	struct seki_in *in = seki_in_file(stream, 0, &err);
	struct seki_stream_in *s = seki_stream_open(in, &err);
	const struct seki_schema *schema = seki_stream_schema(s);
	const struct seki_proof *p;
	struct seki_record *r;
	char id[SEKI_SCHEMA_ID];

	set(&m->stream, schema->stream);
	set(&m->source.system, schema->source.system);
	set(&m->source.domain, schema->source.domain);
	set(&m->source.app, schema->source.app);
	memcpy(m->schema, schema->digest, SEKI_SHA256);
	seki_origin_schema(schema->stream, schema->digest, id);
	set(&m->schema_id, id);
	while (seki_stream_next(s, &r, &err) == 1)
		;
	assert_int_equal(err.reason, SEKI_OK);
	p = seki_stream_proof(s);
	set(&m->kind, p->kind);
	memcpy(m->root, p->root, SEKI_SHA256);
	m->records = p->records;
	m->held = p->held;
	m->deletes = p->deleted;
	seki_stream_free(s);
}

static void
begin(const char *name)
{
	char file[256];

	memset(&err, 0, sizeof(err));
	seki_manifest_free(m);
	assert_non_null(m = seki_manifest_new(&err));
	seki_buf_reset(&records);
	(void)snprintf(file, sizeof(file), "tests/data/root/%s.jsonl", name);
	assert_int_equal(seki_in_slurp(file, SEKI_MIB, &records, &err), 0);
	if (strncmp(name, "bad-", 4) == 0)
		(void)snprintf(
		    file, sizeof(file), "tests/data/root/order.jsonl");
	describe(file);
	set(&m->org, "012041");
	set(&m->audience, "lgwan-1");
	set(&m->carrier, "media");
	set(&m->prepared_by, "inet-1");
	set(&m->attachments, "none");
	m->epoch = m->seq = m->trust = 1;
	m->created = m->not_before = NOW;
	m->expires = NOW + 240 * HOUR;
	sign = 1;
	flip = 0;
	view = 0;
	memset(&check, 0, sizeof(check));
	check.trust = trust;
	check.audience = "lgwan-1";
	check.now = NOW + HOUR;
}

static void
list(const char *name, const char *role, const void *p, size_t n)
{
	unsigned char digest[SEKI_SHA256];
	struct seki_sha256 h;

	assert_int_equal(seki_sha256_init(&h, &err), 0);
	seki_sha256_add(&h, p, n);
	seki_sha256_end(&h, digest);
	seki_sha256_free(&h);
	assert_int_equal(seki_manifest_file(m, name, role, n, digest, &err), 0);
}

/* A bit turned in a part, with its CRC as it was before: in a manifest within
 * the root, so that it stays canonical. */
static void
add_part(char part, const char *name, unsigned method, const void *p, size_t n)
{
	const struct says *s = &a.central[a.count];
	size_t at;

	add(name, method, p, n);
	at = s->local + 30 + strlen(name);
	if (part == 'm')
		at += (size_t)(strstr(p, "\"root\":\"") + 8 - (const char *)p);
	else
		at += s->packed / 2;
	if (flip == part)
		a.b[at] ^= 1;
}

/* The workbook of the stream in records. */
static void
render(struct seki_buf *out)
{
	char at[300];
	struct seki_in *in = seki_in_mem(records.p, records.n, "records", &err);
	struct seki_stream_in *s = seki_stream_open(in, &err);
	struct seki_press *press = seki_press_new(&err);
	struct seki_sheet_out *w;
	struct seki_record *r;
	int fd;

	(void)snprintf(at, sizeof(at), "%s/view.xlsx", dir);
	fd = open(at, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	w = seki_sheet_create(fd, seki_stream_schema(s), m, press, dir, &err);
	while (seki_stream_next(s, &r, &err) == 1)
		assert_int_equal(seki_sheet_put(w, r, &err), 0);
	if (seki_sheet_end(w, &err) == -1 ||
	    seki_in_slurp(at, SEKI_MIB, out, &err) == -1)
		fail_msg("%s", err.text);
	seki_press_free(press);
	(void)close(fd);
	(void)unlink(at);
	seki_stream_free(s);
}

static void
build(void)
{
	struct seki_buf text = SEKI_BUF_INIT, der = SEKI_BUF_INIT;
	struct seki_buf book = SEKI_BUF_INIT;
	static char name[20][64];
	int i;

	list("data/records.jsonl", "records", records.p, records.n);
	if (view == 1)
		assert_int_equal(seki_buf_str(&book, "workbook", &err), 0);
	if (view == 2)
		render(&book);
	if (view)
		list("view/records.xlsx", "view", book.p, book.n);
	assert_int_equal(seki_manifest_format(m, &text, &err), 0);
	memset(&a, 0, sizeof(a));
	add_part('m', "manifest.json", 0, text.p, text.n);
	for (i = 0; i < sign; i++) {
		seki_buf_reset(&der);
		if (seki_cms_sign(key, SEKI_P_PREPARE, text.p, text.n,
			m->created + 1, &der, &err) == -1)
			fail_msg("%s", err.text);
		(void)snprintf(name[i], sizeof(name[i]),
		    "sig/prepare.%.14s%02d.p7s", seki_key_id(key), i);
		add_part('s', name[i], 0, der.p, der.n);
	}
	add_part('r', "data/records.jsonl", 8, records.p, records.n);
	if (view)
		add_part('v', "view/records.xlsx", 0, book.p, book.n);
	seki_buf_free(&book);
	seki_buf_free(&text);
	seki_buf_free(&der);
}

static void
save(void)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, a.b, a.n), (ssize_t)a.n);
	(void)close(fd);
}

#endif
