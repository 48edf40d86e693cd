/* The check code of a recorded approval, against the published vector. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "approval.h"

#define VECTOR "tests/data/approval/manifest.json"
#define CODE "35650-12899-88226-16266"

static struct seki_manifest *m;

static int
setup(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	if (seki_in_slurp(VECTOR, SEKI_MANIFEST_MAX, &b, &err) == 0)
		m = seki_manifest_parse(b.p, b.n, &err);
	seki_buf_free(&b);
	return m == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	seki_manifest_free(m);
	return 0;
}

static void
test_vector(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	char code[SEKI_APPROVAL_CODE];

	(void)state;
	assert_int_equal(seki_approval_code(m, code, &err), 0);
	assert_string_equal(code, CODE);
	assert_string_equal(m->approval_code, CODE);
	assert_int_equal(seki_approval_same(m, &err), 1);
	assert_int_equal(seki_approval_check(m, &err), 0);
	assert_string_equal(seki_approval_name(m), "福祉課長: 佐藤 花子");
}

/* Refused, and that it was not for another reason. */
static void
not_approved(const char *why)
{
	struct seki_err err = SEKI_ERR_INIT;

	assert_int_equal(seki_approval_check(m, &err), -1);
	assert_int_equal(err.reason, SEKI_POLICY);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s: not %s", err.text, why);
}

static void
good(void)
{
	struct seki_err err = SEKI_ERR_INIT;

	assert_int_equal(seki_approval_check(m, &err), 0);
}

/* Everything the page shows is bound. */
static void
test_texts(void **state)
{
	char **const text[] = { &m->org, &m->stream, &m->audience, &m->kind,
		&m->source.system, &m->source.domain, &m->source.app,
		&m->attachments, &m->title, &m->purpose, &m->class, &m->period,
		&m->scan, &m->scan_by, &m->scan_reason, &m->note[5],
		&m->file[0].role };
	char *old;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		old = *text[i];
		*text[i] = (char *)(uintptr_t) "x";
		not_approved("the check code is not that of this content");
		*text[i] = old;
	}
	good();
}

static void
test_numbers(void **state)
{
	uint64_t *const n[] = { &m->records, &m->held, &m->deletes };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		++*n[i];
		not_approved("the check code");
		--*n[i];
	}
	m->root[31] ^= 1;
	not_approved("the check code");
	m->root[31] ^= 1;
	m->test = !m->test;
	not_approved("the check code");
	m->test = !m->test;
	good();
}

/* A text's end does not slip into the next one. */
static void
test_borders(void **state)
{
	char *title = m->title, *purpose = m->purpose;

	(void)state;
	assert_true(asprintf(&m->title, "%s%s", title, purpose) > 0);
	m->purpose = (char *)(uintptr_t) "";
	not_approved("the check code");
	free(m->title);
	m->title = title;
	m->purpose = purpose;
	good();
}

/* What may change between the page and the bundle. */
static void
test_unbound(void **state)
{
	char *carrier = m->carrier;

	(void)state;
	m->seq += 5;
	m->epoch++;
	m->created += 86400;
	m->carrier = (char *)(uintptr_t) "relay";
	good();
	m->carrier = carrier;
	m->created -= 86400;
	m->epoch--;
	m->seq -= 5;
}

static void
test_named(void **state)
{
	char *number = m->approval_number, *note = m->note[1], none[] = "";

	(void)state;
	m->approval_number = none;
	not_approved("its number or who approved");
	m->approval_number = number;
	m->note[1] = none;
	not_approved("its number or who approved");
	m->note[1] = note;
	good();
}

static void
test_parse(void **state)
{
	static const struct {
		const char *s, *number, *name, *code;
	} rows[] = {
		{ "7第12号:課長 山田:12345-67890-12345-67890", "7第12号",
		    "課長 山田", "12345-67890-12345-67890" },
		{ " 12 : 課長:山田　:12345 67890 12345 67890 ", "12",
		    "課長:山田", "12345-67890-12345-67890" },
		{ "12:x:12345678901234567890", "12", "x",
		    "12345-67890-12345-67890" },
		{ "12:x:０００００－１２３４５　６７８９０ー00000", "12", "x",
		    "00000-12345-67890-00000" },
		{ "12:x:12345-67890-12345-6789", NULL, "20 digits", NULL },
		{ "12:x:12345-67890-12345-678901", NULL, "20 digits", NULL },
		{ "12:x:12345-67890-12345-6789O", NULL, "20 digits", NULL },
		{ "12:x:12345-67890-12345-67890.", NULL, "20 digits", NULL },
		{ "12:x:\xFF", NULL, "20 digits", NULL },
		{ "12:x:", NULL, "20 digits", NULL },
		{ "12:12345-67890-12345-67890", NULL, "NUMBER:NAME:CODE",
		    NULL },
		{ "", NULL, "NUMBER:NAME:CODE", NULL },
		{ ":x:12345678901234567890", NULL, "the number is missing",
		    NULL },
		{ "12: 　 :12345678901234567890", NULL, "approved is missing",
		    NULL },
		{ "12:a\nb:12345678901234567890", NULL, "one line", NULL },
		{ "1\x1b[m:x:12345678901234567890", NULL, "one line", NULL },
		{ "12:\xE5\xB1:12345678901234567890", NULL, "one line", NULL },
	};
	struct seki_approval a;
	struct seki_err err;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seki_err_clear(&err);
		r = seki_approval_parse(rows[i].s, &a, &err);
		if (r != (rows[i].number == NULL ? -1 : 0))
			fail_msg("%s: %d", rows[i].s, r);
		if (r == -1) {
			assert_int_equal(err.reason, SEKI_USAGE);
			if (strstr(err.text, rows[i].name) == NULL)
				fail_msg("%s: %s", rows[i].s, err.text);
			continue;
		}
		assert_string_equal(a.number, rows[i].number);
		assert_string_equal(a.name, rows[i].name);
		assert_string_equal(a.code, rows[i].code);
	}
}

/* 512 bytes are taken, one more is not. */
static void
test_long(void **state)
{
	char s[600];
	struct seki_approval a;
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	(void)snprintf(s, sizeof(s), "12:%0512d:12345678901234567890", 0);
	assert_int_equal(seki_approval_parse(s, &a, &err), 0);
	assert_int_equal(strlen(a.name), 512);
	(void)snprintf(s, sizeof(s), "12:%0513d:12345678901234567890", 0);
	assert_int_equal(seki_approval_parse(s, &a, &err), -1);
	assert_int_equal(err.reason, SEKI_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_borders),
		cmocka_unit_test(test_unbound),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
