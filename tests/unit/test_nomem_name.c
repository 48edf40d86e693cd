#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "name.h"
#include "nomem.h"

static struct seki_schema *schema;

static int
setup(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	schema = seki_schema_new("s", "$id", &err);
	return schema == NULL ||
		       seki_schema_add(schema, NULL, "件名", "用件",
			   SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER, &err) == NULL
		   ? -1
		   : 0;
}

static int
teardown(void **state)
{
	(void)state;
	seki_schema_free(schema);
	return 0;
}

/* Three files, of which two are twins, in a folder each. */
static int
names(struct seki_err *err)
{
	static const char *const value[] = { "p/q", "p／q", "" };
	static const char name[] = "見積 *.PDF";
	struct seki_value v = { .set = 1 };
	struct seki_record rec = { .v = &v };
	struct seki_name_file file = { .rec = &rec,
		.field = &schema->field[0],
		.name = name,
		.nname = sizeof(name) - 1 };
	struct seki_name_filled f = { .flags = 0 };
	struct seki_buf path = SEKI_BUF_INIT;
	struct seki_name *n =
	    seki_name_new("{用件}/{key}{{{name}{ext}_{n}{行}{項目}", err);
	struct seki_twins *t = n == NULL ? NULL : seki_twins_new(err);
	int r = t == NULL ? -1 : seki_name_bind(n, schema, err);
	size_t i;

	if (r == 0)
		r = seki_twins_reserve(t, "目録.xlsx", err);
	for (i = 0; i < 3 && r == 0; i++) {
		v.p = value[i];
		v.n = strlen(value[i]);
		v.set = v.n > 0;
		if ((r = seki_name_fill(n, &file, "用件", &f, err)) == 0)
			r = seki_twins_give(t, &f, &path, err);
	}
	seki_buf_free(&path);
	seki_name_filled_free(&f);
	seki_twins_free(t);
	seki_name_free(n);
	return r;
}

static void
test_names(void **state)
{
	(void)state;
	exhaust("names", names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
