/* Importing and exporting while memory runs out: always an error, never half
 * an import. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "nomem.h"

#include "storemaker.h"

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

static void
test_store(void **state)
{
	(void)state;
	first_bundle();
	exhaust("import", import);
	exhaust("stream", stream);
	exhaust("people", people);
	/* The next one, into the same store, relabelled. */
	next_bundle();
	exhaust("relabel", import);
	delta_bundle();
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
