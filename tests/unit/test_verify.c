/* Opening and verifying bundles: each row is a good bundle with one fault,
 * signed anew where the row says so, and its one answer. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "bundlemaker.h"

#define A16 "aaaaaaaaaaaaaaaa"
#define A64 A16 A16 A16 A16

static struct seki_verdict verdict;

/* The first FROM becomes TO. */
static void
exchange(struct seki_buf *b, const char *from, const char *to)
{
	struct seki_buf new = SEKI_BUF_INIT;
	const char *at = strstr(b->p, from);

	assert_non_null(at);
	assert_int_equal(
	    seki_buf_add(&new, b->p, (size_t)(at - b->p), &err), 0);
	assert_int_equal(seki_buf_str(&new, to, &err), 0);
	assert_int_equal(seki_buf_str(&new, at + strlen(from), &err), 0);
	seki_buf_free(b);
	*b = new;
}

static enum seki_reason
answer(void)
{
	struct seki_bundle *b;

	memset(&err, 0, sizeof(err));
	b = seki_bundle_open(path, dir, &err);
	if (b != NULL)
		(void)seki_bundle_verify(b, &check, &verdict, &err);
	seki_bundle_free(b);
	return err.reason;
}

static void
expect(const char *what, enum seki_reason want)
{
	enum seki_reason got = answer();

	if (got != want)
		fail_msg("%s: %s '%s', not %s", what, seki_err_word(got),
		    err.text, seki_err_word(want));
	if (got != SEKI_OK && strstr(err.object, path) != err.object)
		fail_msg("%s: names '%s'", what, err.object);
}

static void
test_good(void **state)
{
	static const char *const names[] = { "one", "order", "names",
		"lineends", "every", "held", "delta" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		begin(names[i]);
		view = i > 0 ? 2 : 0;
		build();
		end(&plain);
		save();
		expect(names[i], SEKI_OK);
		assert_int_equal(verdict.nsigner, 1);
		assert_string_equal(verdict.signer[0].id, "inet-1");
		assert_int_equal(verdict.signer[0].purpose, SEKI_P_PREPARE);
		assert_int_equal(verdict.proof.records, m->records);
		assert_memory_equal(verdict.proof.root, m->root, SEKI_SHA256);
		assert_true(verdict.unordered && verdict.alone);
		assert_int_equal(verdict.no_view, i == 0);
		assert_false(verdict.already);
	}
}

/* Rows that change the manifest before it is signed. */
static void
other_audience(void)
{
	set(&m->audience, "lgwan-2");
}
static void
other_stream(void)
{
	check.stream = "another";
}
static void
other_org(void)
{
	set(&m->org, "131041");
}
static void
unsigned_(void)
{
	sign = 0;
}
static void
newer_trust(void)
{
	m->trust = 2;
}
static void
expired(void)
{
	check.now = m->expires;
}
static void
still_good(void)
{
	check.now = m->expires - 1;
}
static void
early(void)
{
	check.now = m->created - 301;
}
static void
nearly(void)
{
	check.now = m->created - 300;
}
static void
not_yet(void)
{
	m->not_before = m->created + HOUR + 301;
}
static void
count(void)
{
	m->records++;
}
static void
held(void)
{
	m->held++;
}
static void
root(void)
{
	m->root[7] ^= 1;
}
static void
form(void)
{
	m->schema[7] ^= 1;
}
static void
app(void)
{
	set(&m->source.app, "8");
}
static void
domain(void)
{
	set(&m->source.domain, "other.example.com");
}
static void
system_(void)
{
	set(&m->source.system, "portal");
}
static void
kind(void)
{
	set(&m->kind, "delta");
}
static void
stream(void)
{
	set(&m->stream, "other");
}
static void
rules(void)
{
	set(&m->rules, "77777777777777777777777777777777"
		       "77777777777777777777777777777777");
}
static void
schema_id(void)
{
	set(&m->schema_id, "vector.00000000");
}
static void
no_schema_id(void)
{
	set(&m->schema_id, "");
}
static void
by(void)
{
	set(&m->prepared_by, "p-0001");
}
static void
flip_manifest(void)
{
	flip = 'm';
}
static void
flip_records(void)
{
	flip = 'r';
}
static void
flip_view(void)
{
	view = 1;
	flip = 'v';
}
static void
sixteen(void)
{
	sign = 16;
}

static void
test_one_fault(void **state)
{
	static const struct {
		const char *what;
		const char *stream;
		void (*change)(void);
		enum seki_reason want;
	} rows[] = {
		{ "another audience", "order", other_audience, SEKI_AUDIENCE },
		{ "another stream than expected", "order", other_stream,
		    SEKI_POLICY },
		{ "another organisation", "order", other_org, SEKI_TRUST },
		{ "no signature", "order", unsigned_, SEKI_THRESHOLD },
		{ "sixteen signatures", "order", sixteen, SEKI_OK },
		{ "prepared by one who did not sign", "order", by,
		    SEKI_SIGNATURE },
		{ "a newer trust file needed", "order", newer_trust,
		    SEKI_TRUST_OLD },
		{ "expired", "order", expired, SEKI_EXPIRED },
		{ "in its last second", "order", still_good, SEKI_OK },
		{ "from the future", "order", early, SEKI_EARLY },
		{ "five minutes ahead", "order", nearly, SEKI_OK },
		{ "not valid yet", "order", not_yet, SEKI_EARLY },
		{ "another count", "order", count, SEKI_CONTENT },
		{ "another count of held", "order", held, SEKI_CONTENT },
		{ "another root", "order", root, SEKI_CONTENT },
		{ "another form", "order", form, SEKI_CONTENT },
		{ "another kind", "order", kind, SEKI_CONTENT },
		{ "another stream", "order", stream, SEKI_CONTENT },
		{ "another rules table", "order", rules, SEKI_CONTENT },
		{ "another name of the form", "order", schema_id,
		    SEKI_CONTENT },
		{ "no name of the form", "order", no_schema_id, SEKI_OK },
		{ "another app", "order", app, SEKI_SOURCE },
		{ "another domain", "order", domain, SEKI_SOURCE },
		{ "another system", "order", system_, SEKI_SOURCE },
		{ "a bit in the manifest", "order", flip_manifest,
		    SEKI_SIGNATURE },
		{ "a bit in the records", "every", flip_records, SEKI_DIGEST },
		{ "a bit in the workbook", "order", flip_view, SEKI_DIGEST },
		{ "cut stream", "bad-cut", NULL, SEKI_CUT },
		{ "dropped record", "bad-dropped", NULL, SEKI_CONTENT },
		{ "changed record", "bad-changed", NULL, SEKI_CONTENT },
		{ "surrogate", "bad-surrogate", NULL, SEKI_RECORD },
		{ "NUL", "bad-nul", NULL, SEKI_RECORD },
		{ "overlong", "bad-overlong", NULL, SEKI_RECORD },
		{ "cut UTF-8", "bad-cut-utf8", NULL, SEKI_RECORD },
		{ "deep", "bad-deep", NULL, SEKI_LIMIT },
		{ "empty", "empty", NULL, SEKI_POLICY },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].stream);
		if (rows[i].change != NULL)
			rows[i].change();
		build();
		end(&plain);
		save();
		expect(rows[i].what, rows[i].want);
	}
	check.allow_empty = 1;
	expect("empty, allowed", SEKI_OK);
}

/* What manifest and STATE both say of the fetch: one side alone changed. */
static void
test_origin(void **state)
{
	static const char said[] =
	    "\"source\":{\"attachments\":\"none\","
	    "\"fetched_from\":\"2026-03-01T00:00:00Z\","
	    "\"fetched_to\":\"2026-03-01T00:00:09Z\",\"id_max\":\"9\","
	    "\"id_min\":\"1\",\"query_sha256\":\"" A64 "\",\"total\":2}}}}";
	static const struct {
		const char *from, *to, *key;
		enum seki_reason want;
	} rows[] = {
		{ "", "", "", SEKI_OK },
		{ "\"none\"", "\"all\"", "\"attachments\"", SEKI_CONTENT },
		{ "00:00:00Z", "00:00:01Z", "\"fetched_from\"", SEKI_CONTENT },
		{ "00:00:09Z", "00:00:08Z", "\"fetched_to\"", SEKI_CONTENT },
		{ "\"9\"", "\"10\"", "\"id_max\"", SEKI_CONTENT },
		{ "\"1\"", "\"\"", "\"id_min\"", SEKI_CONTENT },
		{ A64, "", "\"query_sha256\"", SEKI_CONTENT },
		{ ":2}", ":3}", "\"total\"", SEKI_CONTENT },
		{ ",\"total\":2", "", "\"total\"", SEKI_CONTENT },
		{ ":2}", ":\"2\"}", "\"total\"", SEKI_RECORD },
		{ "\"9\"", "9", "\"id_max\"", SEKI_RECORD },
		{ A64, A64 "a", "\"query_sha256\" is too long", SEKI_RECORD },
	};
	struct seki_buf source = SEKI_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin("every");
		set(&m->attachments, "none");
		set(&m->fetched_from, "2026-03-01T00:00:00Z");
		set(&m->fetched_to, "2026-03-01T00:00:09Z");
		set(&m->id_max, "9");
		set(&m->id_min, "1");
		set(&m->query_sha256, A64);
		m->total = 2;
		seki_buf_reset(&source);
		assert_int_equal(seki_buf_str(&source, said, &err), 0);
		exchange(&source, rows[i].from, rows[i].to);
		exchange(&records, "\"source\":{}}}}", source.p);
		build();
		end(&plain);
		save();
		expect(rows[i].to, rows[i].want);
		if (strstr(err.text, rows[i].key) == NULL)
			fail_msg("row %zu: %s", i, err.text);
	}
	seki_buf_free(&source);
}

static void
test_signature_flips(void **state)
{
	struct seki_err e;
	size_t i, n, at;

	(void)state;
	begin("one");
	build();
	end(&plain);
	at = a.central[1].local + 30 + strlen(a.central[1].name);
	n = a.central[1].size;
	for (i = 0; i < n; i += 7) {
		a.b[at + i] ^= 1;
		save();
		(void)answer();
		e = err;
		if (e.reason != SEKI_SIGNATURE && e.reason != SEKI_CMS)
			fail_msg("byte %zu of %zu: %s %s", i, n,
			    seki_err_word(e.reason), e.text);
		a.b[at + i] ^= 1;
	}
}

/* What a bundle may hold beside, and may not lack. */
static void
test_files(void **state)
{
	static const struct {
		const char *name;
		unsigned method;
		size_t n;
		enum seki_reason want;
	} rows[] = {
		{ "att/x", 0, 1, SEKI_DIGEST },
		{ "view/records.xlsx", 0, 1, SEKI_DIGEST },
		{ "view/records.xlsx", 8, 1, SEKI_ZIP },
		{ "data/records.cms", 0, 1, SEKI_DIGEST },
		{ "data/records.csv", 0, 1, SEKI_ZIP },
		{ "data/x.jsonl", 0, 1, SEKI_ZIP },
		{ "other", 0, 1, SEKI_ZIP },
		{ "sig/x", 0, 1, SEKI_ZIP },
		{ "sig/.p7s", 0, 1, SEKI_ZIP },
		{ "sig/approve.0123456789abcdef.p7s", 8, 1, SEKI_ZIP },
		{ "sig/approve.0123456789abcdef.p7s", 0, 1, SEKI_CMS },
		{ "sig/approve.0123456789abcdef.p7s", 0, 16385, SEKI_LIMIT },
		{ "trust/2.json", 0, 1, SEKI_OK },
		{ "trust/2.json", 8, 1, SEKI_ZIP },
		{ "trust/2.json", 0, 262145, SEKI_LIMIT },
	};
	char *junk = calloc(1, 300000);
	size_t i, keep;

	(void)state;
	assert_non_null(junk);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin("one");
		build();
		add(rows[i].name, rows[i].method, junk, rows[i].n);
		end(&plain);
		save();
		expect(rows[i].name, rows[i].want);
	}
	free(junk);
	/* One without its records. */
	begin("one");
	build();
	keep = a.central[2].local;
	a.n = keep;
	a.count = 2;
	end(&plain);
	save();
	expect("no records", SEKI_DIGEST);
	assert_non_null(strstr(err.text, "missing"));
	begin("one");
	sign = 17;
	build();
	end(&plain);
	save();
	expect("seventeen signatures", SEKI_LIMIT);
}

/* Headers that lie about good data, and good headers of other data. */
static void
test_sizes(void **state)
{
	static const struct {
		const char *what;
		size_t entry;
		int crc, size;
		enum seki_reason want;
	} rows[] = {
		{ "CRC of the manifest", 0, 1, 0, SEKI_ZIP },
		{ "CRC of a signature", 1, 1, 0, SEKI_ZIP },
		{ "CRC of the records", 2, 1, 0, SEKI_ZIP },
		{ "records yield more", 2, 0, -100, SEKI_ZIP },
		{ "records yield fewer", 2, 0, 100, SEKI_ZIP },
	};
	struct says *s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin("one");
		build();
		s = &a.central[rows[i].entry];
		s->crc += (uint32_t)rows[i].crc;
		s->size += (uint32_t)rows[i].size;
		memcpy(a.b + s->local + 14, &s->crc, 4);
		memcpy(a.b + s->local + 22, &s->size, 4);
		end(&plain);
		save();
		expect(rows[i].what, rows[i].want);
	}
	/* The payload of another bundle, with its own right headers (R7). */
	begin("one");
	build();
	seki_buf_reset(&records);
	assert_int_equal(seki_in_slurp("tests/data/root/order.jsonl", SEKI_MIB,
			     &records, &err),
	    0);
	a.n = a.central[2].local;
	a.count = 2;
	add("data/records.jsonl", 8, records.p, records.n);
	end(&plain);
	save();
	expect("another payload", SEKI_DIGEST);
	assert_string_equal(
	    err.text, "data/records.jsonl is not the signed one");
}

static void
test_manifest(void **state)
{
	char *big = malloc(SEKI_MANIFEST_MAX + 1);

	(void)state;
	assert_non_null(big);
	memset(big, '[', SEKI_MANIFEST_MAX + 1);
	memset(&a, 0, sizeof(a));
	add("manifest.json", 0, big, SEKI_MANIFEST_MAX + 1);
	end(&plain);
	save();
	expect("a large manifest", SEKI_LIMIT);
	memset(&a, 0, sizeof(a));
	add("manifest.json", 0, big, SEKI_MANIFEST_MAX);
	end(&plain);
	save();
	expect("brackets", SEKI_LIMIT);
	memset(&a, 0, sizeof(a));
	add("manifest.json", 0, "{}", 2);
	end(&plain);
	save();
	expect("{}", SEKI_MANIFEST);
	memset(&a, 0, sizeof(a));
	add("manifest.json", 0, "", 0);
	end(&plain);
	save();
	expect("nothing", SEKI_MANIFEST);
	memset(&a, 0, sizeof(a));
	add("data/records.jsonl", 0, "{}", 2);
	end(&plain);
	save();
	expect("no manifest", SEKI_ZIP);
	free(big);
}

/* P1: everything but a regular file, at once. */
static void
test_no_file(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char keep[256];
	int s;

	(void)state;
	begin("one");
	build();
	end(&plain);
	save();
	(void)snprintf(keep, sizeof(keep), "%s", path);
	(void)snprintf(path, sizeof(path), "%s/link", dir);
	assert_int_equal(symlink(keep, path), 0);
	expect("link", SEKI_FILE);
	(void)snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect("FIFO", SEKI_FILE);
	(void)snprintf(path, sizeof(path), "%s/socket", dir);
	memcpy(un.sun_path, path, strlen(path) + 1);
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s, (struct sockaddr *)&un, sizeof(un)), 0);
	expect("socket", SEKI_FILE);
	(void)close(s);
	(void)snprintf(path, sizeof(path), "/dev/zero");
	expect("device", SEKI_FILE);
	(void)snprintf(path, sizeof(path), "%s", dir);
	expect("folder", SEKI_FILE);
	(void)snprintf(path, sizeof(path), "%s/none", dir);
	expect("nothing there", SEKI_FILE);
	(void)snprintf(path, sizeof(path), "%s/big", dir);
	s = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(s, (off_t)SEKI_BUNDLE_MAX + 1), 0);
	(void)close(s);
	expect("too large", SEKI_LIMIT);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s", keep);
	expect("the good one", SEKI_OK);
}

/* P2: what is verified is the copy, whatever becomes of the file. */
static void
test_copy(void **state)
{
	struct seki_bundle *b;

	(void)state;
	begin("every");
	build();
	end(&plain);
	save();
	memset(&err, 0, sizeof(err));
	assert_non_null(b = seki_bundle_open(path, dir, &err));
	assert_int_equal(truncate(path, 10), 0);
	assert_int_equal(seki_bundle_verify(b, &check, &verdict, &err), 0);
	seki_bundle_free(b);
	expect("what is left", SEKI_ZIP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_one_fault),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_signature_flips),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
