/* Opening, verifying and showing a bundle while memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "nomem.h"

#include "bundlemaker.h"

static int
verify(struct seki_err *e)
{
	struct seki_bundle *b = seki_bundle_open(path, dir, e);
	struct seki_verdict v;
	int r = -1;

	if (b != NULL)
		r = seki_bundle_verify(b, &check, &v, e);
	seki_bundle_free(b);
	return r;
}

static int
say(void *ctx, const char *k, const char *label, const char *text,
    const char *exact, struct seki_err *e)
{
	(void)ctx;
	(void)k;
	(void)label;
	(void)text;
	(void)exact;
	(void)e;
	return 0;
}

static int
record(void *ctx, const struct seki_schema *schema, const struct seki_record *r,
    const char *line, size_t n, struct seki_err *e)
{
	(void)ctx;
	(void)schema;
	(void)r;
	(void)line;
	(void)n;
	(void)e;
	return 0;
}

static int
show(struct seki_err *e)
{
	struct seki_show how = { NULL, say, record, 1, NULL };

	return seki_show_path(path, &how, e);
}

static int
check_zip(struct seki_err *e)
{
	int r, fd = open(path, O_RDONLY | O_CLOEXEC);

	r = seki_zip_check(fd, 0, a.n, 1, e);
	(void)close(fd);
	return r;
}

static void
test_bundle(void **state)
{
	(void)state;
	begin("every");
	view = 2;
	build();
	end(&plain);
	save();
	exhaust("zip", check_zip);
	exhaust("show", show);
	exhaust("verify", verify);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundle),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
