/* Importing and exporting while memory runs out: always an error, never half
 * an import. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "nomem.h"

#include "bundlemaker.h"
#include "prove.h"
#include "store_int.h"

static char store_path[300];
static int keep; /* the store of the run before stays */

static int
import(struct seki_err *e)
{
	struct seki_import opt = { .operator= "test" };
	struct seki_check c = check;
	struct seki_imported n;
	struct seki_verdict v;
	struct seki_bundle *b = NULL;
	int r = -1;

	if (!keep)
		(void)unlink(store_path);
	if ((c.store = seki_store_open(store_path, 1, 1, e)) != NULL &&
	    (b = seki_bundle_open(path, dir, e)) != NULL)
		r = seki_import_bundle(b, &c, &opt, &v, &n, e);
	seki_bundle_free(b);
	seki_store_free(c.store);
	return r;
}

static int export(struct seki_err *e, const struct seki_export *x)
{
	struct seki_store *s = seki_store_open(store_path, 0, 1, e);
	struct seki_exported n;
	struct seki_out *out = NULL;
	int r = -1, fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (s != NULL && (out = seki_out_fd(fd, "null", e)) != NULL)
		r = seki_export_run(s, x, out, &n, e);
	seki_out_abort(out);
	seki_store_free(s);
	(void)close(fd);
	return r;
}

static int
stream(struct seki_err *e)
{
	static const char *const some[] = { "$revision" };
	struct seki_export x = { .stream = "vector",
		.format = SEKI_EXPORT_STREAM,
		.fields = some,
		.nfield = 1 };

	return export(e, &x);
}

static int
people(struct seki_err *e)
{
	struct seki_export x = { .stream = "vector",
		.format = SEKI_EXPORT_PEOPLE };

	return export(e, &x);
}

/* Every record of the stream gets another revision; the labels change. */
static void
next_bundle(const char *name)
{
	static const char was[] = "\"label\":\"$revision\"";
	char *s;

	begin(name);
	for (s = records.p; (s = strstr(s, was)) != NULL; s++)
		s[10] = '%';
	m->seq = 2;
	m->created = m->not_before = NOW + 60;
}

/* The third bundle: a delta, in which each record has another revision. */
static void
delta_bundle(const char *name)
{
	begin(name);
	revise('8');
	as_delta();
	m->seq = 3;
	m->created = m->not_before = NOW + 120;
}

static void
finish(void)
{
	build();
	end(&plain);
	save();
}

static void
test_store(void **state)
{
	struct seki_position p;
	struct seki_store *s;

	(void)state;
	(void)snprintf(store_path, sizeof(store_path), "%s/town.db", dir);
	begin("every");
	finish();
	exhaust("import", import);
	exhaust("stream", stream);
	exhaust("people", people);
	/* The next one, into the same store, relabelled. */
	assert_non_null(s = seki_store_open(store_path, 0, 1, &err));
	assert_int_equal(seki_store_position(s, "vector", &p, &err), 0);
	seki_store_free(s);
	next_bundle("every");
	seki_text_hex(p.digest, SEKI_SHA256, m->prev);
	prove();
	finish();
	keep = 1;
	exhaust("relabel", import);
	assert_non_null(s = seki_store_open(store_path, 0, 1, &err));
	assert_int_equal(seki_store_position(s, "vector", &p, &err), 0);
	seki_store_free(s);
	delta_bundle("every");
	seki_text_hex(p.digest, SEKI_SHA256, m->prev);
	prove();
	finish();
	exhaust("delta", import);
	exhaust("stream", stream);
	exhaust("people", people);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
