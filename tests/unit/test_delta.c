#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "delta_int.h"

static char dir[] = "/tmp/test_delta.XXXXXX";
static char marks[64];

static void
write_list(
    const char *name, const uint64_t *id, size_t n, struct seki_ids_note *note)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_ids *ids = seki_ids_create(marks, name, &err);

	assert_non_null(ids);
	assert_int_equal(seki_ids_put(ids, id, n, &err), 0);
	(void)snprintf(note->name, sizeof(note->name), "%s", name);
	assert_int_equal(seki_ids_commit(ids, note, &err), 0);
	assert_int_equal(note->n, n);
}

static const struct {
	uint64_t was[6], is[6], gone[6]; /* ended by 0 */
} rows[] = {
	{ { 0 }, { 0 }, { 0 } },
	{ { 1, 2, 3 }, { 1, 2, 3 }, { 0 } },
	{ { 1, 2, 3 }, { 0 }, { 1, 2, 3 } },
	{ { 0 }, { 7, 8 }, { 0 } },
	{ { 1, 5, 9 }, { 2, 5, 10 }, { 1, 9 } },
	{ { 4, 5 }, { 1, 2, 3, 5 }, { 4 } },
	{ { 9, 10, 100 }, { 9, 100 }, { 10 } },
	{ { 1, 999999999999999999 }, { 1 }, { 999999999999999999 } },
};

static size_t
length(const uint64_t *id)
{
	size_t n = 0;

	while (id[n] != 0)
		n++;
	return n;
}

static void
test_gone(void **state)
{
	struct seki_ids_note was = { .n = 0 }, is = { .n = 0 };
	struct seki_gone gone;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;

		write_list("ids-was", rows[i].was, length(rows[i].was), &was);
		write_list("ids-is", rows[i].is, length(rows[i].is), &is);
		if (seki_ids_gone(marks, &was, &is, &gone, &err) == -1)
			fail_msg("row %zu: %s", i, err.text);
		n = length(rows[i].gone);
		if (gone.n != n)
			fail_msg("row %zu: %zu are gone", i, gone.n);
		if (n > 0)
			assert_memory_equal(
			    gone.id, rows[i].gone, n * sizeof(*gone.id));
		assert_int_equal(seki_ids_after(&gone, 0), 0);
		assert_int_equal(seki_ids_after(&gone, UINT64_MAX), n);
		if (n > 0)
			assert_int_equal(
			    seki_ids_after(&gone, rows[i].gone[0]), 1);
		seki_ids_gone_free(&gone);
	}
}

/* Ids that came later are put into the list, in their order. */
static void
test_join(void **state)
{
	static const struct {
		uint64_t was[6], more[6], now[8];
	} join[] = {
		{ { 0 }, { 4 }, { 4 } },
		{ { 1, 2 }, { 9 }, { 1, 2, 9 } },
		{ { 5, 7 }, { 1, 6, 8 }, { 1, 5, 6, 7, 8 } },
	};
	struct seki_ids_note list = { .n = 0 }, want = { .n = 0 };
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(join) / sizeof(join[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		uint64_t more[6];
		struct seki_gone late = { .id = more,
			.n = length(join[i].more) };

		memcpy(more, join[i].more, sizeof(more));
		n = length(join[i].now);
		write_list("ids-was", join[i].was, length(join[i].was), &list);
		write_list("ids-want", join[i].now, n, &want);
		if (seki_ids_join(marks, &list, &late, "ids-new", &err) == -1)
			fail_msg("row %zu: %s", i, err.text);
		assert_string_equal(list.name, "ids-new");
		assert_string_equal(list.sha256, want.sha256);
		assert_int_equal(list.n, n);
	}
}

static void
spoil(const char *name, const char *text)
{
	char path[128];
	FILE *fp;

	(void)snprintf(path, sizeof(path), "%s.%s", marks, name);
	fp = fopen(path, "w");
	assert_non_null(fp);
	(void)fputs(text, fp);
	(void)fclose(fp);
}

static void
test_spoiled(void **state)
{
	static const char *const texts[] = { "", "1\n3\n", "1\n2\n3", "1\n2\n",
		"1\n3\n2\n", "1\n2\n2\n", "1\n2\nx\n", "1\n2\n3\n4\n",
		"1\n2\n03\n", "1\r\n2\r\n3\r\n",
		"1\n2\n99999999999999999999999999999999999999\n" };
	static const uint64_t id[] = { 1, 2, 3 };
	struct seki_ids_note note = { .n = 0 }, good = { .n = 0 };
	struct seki_gone gone;
	size_t i;

	(void)state;
	write_list("ids-good", id, 3, &good);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;

		write_list("ids-bad", id, 3, &note);
		spoil("ids-bad", texts[i]);
		if (seki_ids_gone(marks, &note, &good, &gone, &err) != -1)
			fail_msg("text %zu was taken as the old list", i);
		seki_ids_gone_free(&gone);
		seki_err_clear(&err);
		if (seki_ids_gone(marks, &good, &note, &gone, &err) != -1)
			fail_msg("text %zu was taken as the new list", i);
		seki_ids_gone_free(&gone);
	}
}

static void
test_sweep(void **state)
{
	static const uint64_t id[] = { 1 };
	struct seki_ids_note note = { .n = 0 };
	char path[128];

	(void)state;
	write_list("ids-old", id, 1, &note);
	write_list("ids-keep", id, 1, &note);
	spoil("other", "x");
	seki_ids_sweep(marks, "ids-keep");
	(void)snprintf(path, sizeof(path), "%s.ids-old", marks);
	assert_int_equal(access(path, F_OK), -1);
	(void)snprintf(path, sizeof(path), "%s.ids-keep", marks);
	assert_int_equal(access(path, F_OK), 0);
	(void)snprintf(path, sizeof(path), "%s.other", marks);
	assert_int_equal(access(path, F_OK), 0);
}

/* 09:00 in Japan is where a day ends. */
static void
test_budget(void **state)
{
	static const struct {
		seki_time now;
		const char *app;
		uint64_t calls, total;
	} calls[] = {
		{ 1775001599, "1", 10, 10 }, /* 2026-03-31T23:59:59Z */
		{ 1775001599, "1", 5, 15 },
		{ 1775001600, "1", 7, 7 }, /* 2026-04-01T00:00:00Z */
		{ 1775001600, "2", 3, 3 },
		{ 1775001599, "1", 0, 15 },
		{ 1775088000, "1", 0, 0 },
		{ 1775001600, "1", 1, 8 },
	};
	char path[128];
	struct stat st;
	uint64_t total;
	size_t i;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/spent", dir);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;

		if (seki_budget_add(path, "d.example", calls[i].app,
			calls[i].now, calls[i].calls, &total, &err) == -1)
			fail_msg("call %zu: %s", i, err.text);
		if (total != calls[i].total)
			fail_msg(
			    "call %zu: %llu", i, (unsigned long long)total);
	}
	/* A year of days does not make it grow. */
	for (i = 0; i < 365; i++) {
		struct seki_err err = SEKI_ERR_INIT;

		assert_int_equal(
		    seki_budget_add(path, "d.example", "1",
			1775001600 + (seki_time)i * 86400, 1, &total, &err),
		    0);
	}
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 1500);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static int
begin(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(marks, sizeof(marks), "%s/marks", dir);
	return 0;
}

static int
end(void **state)
{
	char command[96];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_spoiled),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_budget),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
