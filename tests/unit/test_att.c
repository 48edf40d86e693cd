#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seki_int.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static struct seki_schema *schema;

static int
setup(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	schema = seki_schema_new("s", "$id", &err);
	return schema != NULL &&
		       seki_schema_add(schema, NULL, "$id", "$id", SEKI_T_ID,
			   SEKI_C_NUMBER, &err) != NULL &&
		       seki_schema_add(schema, NULL, "f", "f", SEKI_T_FILE,
			   SEKI_C_NUMBER, &err) != NULL &&
		       seki_schema_add(schema,
			   seki_schema_add(schema, NULL, "t", "t",
			       SEKI_T_SUBTABLE, SEKI_C_NUMBER, &err),
			   "g", "g", SEKI_T_FILE, SEKI_C_NUMBER,
			   &err) != NULL &&
		       seki_schema_finish(schema, &err) == 0
		   ? 0
		   : -1;
}

static int
teardown(void **state)
{
	(void)state;
	seki_schema_free(schema);
	return 0;
}

static struct seki_value
text(const char *s)
{
	return (struct seki_value){ .p = s, .n = strlen(s), .set = s[0] != 0 };
}

/* A record with files in its field and in the row of its table. */
static void
add(struct seki_atts *a, const char *key, const char *f, const char *g)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_value inner = text(g), v[3];
	struct seki_row row = { .id = text("1"), .v = &inner };
	struct seki_record rec = { .key = text(key), .v = v };

	v[0] = text(key);
	v[1] = text(f);
	v[2] = (struct seki_value){ .set = 1, .nrow = 1, .row = &row };
	assert_int_equal(seki_atts_add(a, schema, &rec, &err), 0);
}

static const struct {
	const char *files; /* of the manifest: digest and size, in order */
	const char *said, *f, *g;
	enum seki_reason reason;
} rows[] = {
	{ "", "all", "", "", SEKI_OK },
	{ "", "none", "", "", SEKI_OK },
	/* Of what does not come along anything may be said. */
	{ "", "none", "x <1 " A ">", "x <1 - t>", SEKI_OK },
	{ "", "none", "x <1 " A ">", "x <2 " A ">", SEKI_OK },
	{ A, "none", "x <1 " A ">", "", SEKI_CONTENT },
	{ A, "all", "x <1 " A ">", "", SEKI_OK },
	{ A, "all", "", "x <1 " A " t>", SEKI_OK },
	{ A, "all", "x <1 " A ">\ny <1 " A ">", "z <1 " A ">", SEKI_OK },
	{ A B C, "all", "x <1 " C ">\ny <1 " A ">", "z <1 " B ">", SEKI_OK },
	{ A C, "all", "x <1 " C ">\ny <1 " A ">", "z <1 " B ">", SEKI_CONTENT },
	{ B C, "all", "x <1 " C ">\ny <1 " A ">", "z <1 " B ">", SEKI_CONTENT },
	{ A B, "all", "x <1 " C ">\ny <1 " A ">", "z <1 " B ">", SEKI_CONTENT },
	{ A B C, "all", "x <1 " C ">", "z <1 " B ">", SEKI_CONTENT },
	{ A B C, "all", "x <1 " A ">", "z <1 " B ">", SEKI_CONTENT },
	{ A, "all", "", "", SEKI_CONTENT },
	{ "", "all", "x <1 " A ">", "", SEKI_CONTENT },
	{ A, "all", "x <2 " A ">", "", SEKI_CONTENT },
	{ A, "all", "x <1 " A ">", "x <1 - t>", SEKI_CONTENT },
	{ "", "all", "", "x <1 - t>", SEKI_CONTENT },
	{ A, "all", "x <1 " A ">", "x <2 " A ">", SEKI_RECORD },
};

static void
test_same(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_manifest *m = seki_manifest_new(&err);
		struct seki_atts a = { .n = 0 };
		unsigned char sha256[SEKI_SHA256];
		char hex[SEKI_HEX], name[80];

		assert_int_equal(
		    seki_manifest_set(&m->attachments, rows[i].said, &err), 0);
		assert_int_equal(seki_manifest_file(m, "data/records.jsonl",
				     "records", 7, schema->digest, &err),
		    0);
		for (k = 0; k < strlen(rows[i].files); k += 64) {
			memcpy(hex, rows[i].files + k, 64);
			hex[64] = '\0';
			assert_int_equal(
			    seki_text_unhex(hex, sha256, SEKI_SHA256), 0);
			(void)snprintf(name, sizeof(name), "att/%s", hex);
			assert_int_equal(seki_manifest_file(m, name,
					     "attachment", 1, sha256, &err),
			    0);
		}
		add(&a, "7", rows[i].f, rows[i].g);
		if (seki_atts_same(&a, m, &err) !=
			(rows[i].reason == SEKI_OK ? 0 : -1) ||
		    err.reason != rows[i].reason)
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
		seki_atts_free(&a);
		seki_manifest_free(m);
	}
}

/* The name in the bundle is the digest, or it could be any file. */
static void
test_name(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_manifest *m = seki_manifest_new(&err);
	struct seki_atts a = { .n = 0 };
	unsigned char sha256[SEKI_SHA256];

	(void)state;
	assert_int_equal(seki_text_unhex(A, sha256, SEKI_SHA256), 0);
	assert_int_equal(seki_manifest_set(&m->attachments, "all", &err), 0);
	assert_int_equal(
	    seki_manifest_file(m, "att/" B, "attachment", 1, sha256, &err), 0);
	add(&a, "7", "x <1 " A ">", "");
	assert_int_equal(seki_atts_same(&a, m, &err), -1);
	assert_int_equal(err.reason, SEKI_CONTENT);
	seki_atts_free(&a);
	seki_manifest_free(m);
}

static void
test_many(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_atts a = { .n = 0 };
	char item[100], key[24];
	size_t i;

	(void)state;
	for (i = 0; i < SEKI_ENTRIES_MAX; i++) {
		/* Twice each, and from both ends. */
		(void)snprintf(item, sizeof(item), "x <1 %064zx>",
		    i % 2 ? i : SEKI_ENTRIES_MAX - i);
		(void)snprintf(key, sizeof(key), "%zu", i + 1);
		add(&a, key, item, item);
	}
	assert_int_equal(seki_atts_ok(&a, &err), 0);
	for (i = 1; i < a.n; i++)
		assert_true(memcmp(a.v[i - 1]->sha256, a.v[i]->sha256,
				SEKI_SHA256) < 0);
	for (i = 0; i < SEKI_ENTRIES_MAX; i++) {
		(void)snprintf(item, sizeof(item), "x <1 %064zx>",
		    2 * SEKI_ENTRIES_MAX + i);
		add(&a, "9", item, "");
	}
	assert_int_equal(a.n, SEKI_ENTRIES_MAX);
	assert_int_equal(seki_atts_ok(&a, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	seki_atts_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
