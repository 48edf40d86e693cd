/* A rules table of any bytes: read as CSV, parsed, bound to a form; what is
 * taken has a form that can be written and read. */
#include <stdlib.h>

#include "norm_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct seki_schema *
form(struct seki_err *err)
{
	struct seki_schema *s = seki_schema_new("s", "$id", err);
	struct seki_field *t;

	seki_schema_add(s, NULL, "$id", "$id", SEKI_T_ID, 0, err);
	seki_schema_add(s, NULL, "a", "A", SEKI_T_SINGLE_LINE_TEXT, 0, err);
	seki_schema_add(s, NULL, "b", "B", SEKI_T_NUMBER, 0, err);
	seki_schema_add(s, NULL, "c", "C", SEKI_T_CHECK_BOX, 0, err);
	t = seki_schema_add(s, NULL, "t", "T", SEKI_T_SUBTABLE, 0, err);
	seki_schema_add(s, t, "x", "X", SEKI_T_MULTI_LINE_TEXT, 0, err);
	seki_schema_add(s, t, "y", "Y", SEKI_T_DATE, 0, err);
	if (seki_schema_finish(s, err) == -1)
		abort();
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seki_schema *in;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_schema *again;
	struct seki_rules *rules;
	struct seki_plan *plan = NULL;

	if (in == NULL)
		in = form(&err);
	rules = seki_rules_read(seki_in_mem(data, size, "fuzz", &err), &err);
	if (rules != NULL)
		plan = seki_plan_new(rules, in, &err);
	/* A lookup table is looked for here; it may be a folder. */
	if (plan == NULL && err.reason != SEKI_RULES &&
	    err.reason != SEKI_LIMIT && err.reason != SEKI_FILE)
		abort();
	if (plan != NULL) {
		if (seki_plan_left(plan, &b, &err) == -1)
			abort();
		seki_buf_reset(&b);
		if (seki_schema_format(seki_plan_schema(plan), &b, &err) ==
			-1 ||
		    (again = seki_schema_parse(b.p, b.n, &err)) == NULL ||
		    memcmp(again->digest, seki_plan_schema(plan)->digest,
			SEKI_SHA256) != 0)
			abort();
		seki_schema_free(again);
	}
	seki_plan_free(plan);
	seki_rules_free(rules);
	seki_buf_free(&b);
	return 0;
}
