#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "seki_int.h"

static const struct {
	enum seki_reason reason;
	const char *word;
	int status;
} list[] = {
#define X(name, word, status, sentence) { SEKI_##name, word, status },
	SEKI_REASONS(X)
#undef X
};
#define N (sizeof(list) / sizeof(list[0]))

/* seki(7) promises the words and statuses to everybody. */
static void
test_manual(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf man = SEKI_BUF_INIT;
	char row[128];
	size_t i;

	(void)state;
	assert_int_equal(seki_in_slurp("man/seki.7", 1 << 20, &man, &err), 0);
	for (i = 0; i < N; i++) {
		(void)snprintf(row, sizeof(row), ".It Li %s Ta %d Ta ",
		    list[i].word, list[i].status);
		if (strstr(man.p, row) == NULL)
			fail_msg("seki(7) lacks: %s", row);
	}
	seki_buf_free(&man);
}

static void
test_first_stays(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	assert_int_equal(seki_fail(&err, SEKI_IO, "first"), -1);
	assert_int_equal(seki_fail(&err, SEKI_BUG, "second"), -1);
	assert_int_equal(err.reason, SEKI_IO);
	assert_string_equal(err.text, "first");
	seki_err_object(&err, "inner");
	seki_err_object(&err, "outer");
	assert_string_equal(err.object, "inner");
}

/* A cut message ends at a character, not inside one. */
static void
test_clip(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	char longer[4096];
	size_t i, bad;

	(void)state;
	for (i = 0; i + 3 < sizeof(longer); i += 3)
		memcpy(longer + i, "関", 3);
	longer[i] = '\0';
	(void)seki_fail(&err, SEKI_IO, "%s", longer);
	seki_err_record(&err, longer, i);
	seki_err_field(&err, longer);
	assert_true(seki_text_utf8(err.text, strlen(err.text), &bad));
	assert_true(seki_text_utf8(err.record, strlen(err.record), &bad));
	assert_true(seki_text_utf8(err.field, strlen(err.field), &bad));
}

static void
test_worse(void **state)
{
	static const int order[] = { 70, 1, 65, 64, 77, 78, 71, 69, 74, 75, 0 };
	size_t i, k, n = sizeof(order) / sizeof(order[0]);

	(void)state;
	for (i = 0; i < n; i++)
		for (k = i; k < n; k++) {
			assert_int_equal(
			    seki_err_worse(order[i], order[k]), order[i]);
			assert_int_equal(
			    seki_err_worse(order[k], order[i]), order[i]);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_first_stays),
		cmocka_unit_test(test_clip),
		cmocka_unit_test(test_worse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
