#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "part.h"

/* The published parts: together they are the whole; with a bit turned in one of
 * them, cut, or without one, nothing is. */
#define DATA "tests/data/parts/"
#define PARTS 3

#ifdef SEKI_SANITIZED
#define STEP 997
#else
#define STEP 61
#endif
#define SECONDS 5

static char dir[] = "/tmp/seki-parts-XXXXXX";
static struct seki_trust *trust;
static struct seki_buf bytes[PARTS];
static unsigned char root[SEKI_SHA256];
/* 2026-04-02, when they are good. */
static const seki_time now = 1775088000;

static const char *
in_dir(const char *name)
{
	static char path[8][128];
	static unsigned i;

	i = (i + 1) % 8;
	(void)snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static void
save(const char *path, const char *p, size_t n)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_out *out =
	    seki_out_file(path, 0600, SEKI_OUT_REPLACE, &err);

	assert_non_null(out);
	assert_int_equal(seki_out_write(out, p, n, &err), 0);
	assert_int_equal(seki_out_commit(out, &err), 0);
}

static const char *
name(int i)
{
	static const char *const names[PARTS] = { "1.zip", "2.zip", "3.zip" };

	return in_dir(names[i]);
}

/* 1 when the set is taken as what was signed, 0 refused. */
static int
judge(int n, struct seki_err *err)
{
	struct seki_bundle *part[PARTS] = { NULL }, *b = NULL;
	struct seki_check c = {
		.trust = trust, .audience = "lgwan-1", .now = now
	};
	struct seki_verdict v;
	int i, r = 0;

	seki_err_clear(err);
	(void)alarm(SECONDS);
	for (i = 0; i < n && err->reason == SEKI_OK; i++)
		part[i] = seki_bundle_open(name(i), NULL, err);
	if (err->reason == SEKI_OK)
		b = seki_set_join(part, PARTS, err);
	for (i = 0; b == NULL && i < n; i++)
		seki_bundle_free(part[i]);
	if (b != NULL && seki_bundle_verify(b, &c, &v, err) == 0) {
		r = 1;
		assert_memory_equal(v.proof.root, root, SEKI_SHA256);
	}
	seki_bundle_free(b);
	(void)alarm(0);
	assert_int_equal(r, err->reason == SEKI_OK);
	return r;
}

static void
test_whole(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	if (!judge(PARTS, &err))
		fail_msg("%s: %s", err.object, err.text);
	assert_int_equal(judge(PARTS - 1, &err), 0);
	assert_int_equal(err.reason, SEKI_GAP);
}

static void
test_flip(void **state)
{
	struct seki_buf *b = &bytes[1];
	struct seki_err err = SEKI_ERR_INIT;
	uint32_t seed = 20260401;
	size_t i, taken = 0;
	char bit;

	(void)state;
	for (i = 0; i < b->n; i += STEP) {
		seed = seed * 1103515245 + 12345;
		bit = (char)(1 << (seed >> 16) % 8);
		b->p[i] = (char)(b->p[i] ^ bit);
		save(name(1), b->p, b->n);
		taken += (size_t)judge(PARTS, &err);
		b->p[i] = (char)(b->p[i] ^ bit);
	}
	save(name(1), b->p, b->n);
	/* The last bits of compressed data mean nothing. */
	if (taken > 2)
		fail_msg("%zu were taken", taken);
}

static void
test_cut(void **state)
{
	struct seki_buf *b = &bytes[2];
	struct seki_err err = SEKI_ERR_INIT;
	size_t n;

	(void)state;
	for (n = 0; n < b->n; n += STEP) {
		save(name(2), b->p, n);
		if (judge(PARTS, &err) != 0)
			fail_msg("%zu of %zu bytes", n, b->n);
	}
	save(name(2), b->p, b->n);
	assert_int_equal(judge(PARTS, &err), 1);
}

static void
test_name(void **state)
{
	static const struct {
		const char *name;
		unsigned n, of;
		const char *is;
	} rows[] = {
		{ "a.zip", 1, 3, "a-1of3.zip" },
		{ "a.zip", 3, 10, "a-03of10.zip" },
		{ "d.x/a", 2, 2, "d.x/a-2of2" },
		{ "d.x/束.v2.xlsx", 99, 99, "d.x/束.v2-99of99.xlsx" },
	};
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seki_buf_reset(&b);
		assert_int_equal(seki_part_name(rows[i].name, rows[i].n,
				     rows[i].of, &b, &err),
		    0);
		assert_string_equal(b.p, rows[i].is);
	}
	seki_buf_free(&b);
}

static void
test_lines(void **state)
{
	static const char *const bad[] = { "", "1", "1-2", "0-1/2", "2-1/3",
		"1-4/3", "01-2/3", "1-2/3 ", " 1-2/3", "+1-2/3", "1-2/3/4",
		"1--2/3", "1-99999999999999999999/99999999999999999999" };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_manifest *m;
	struct seki_lines l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m = seki_manifest_new(&err);
		assert_int_equal(
		    seki_manifest_note(m, SEKI_NOTE_LINES, bad[i], &err), 0);
		if (seki_lines_read(m, &l) == 0)
			fail_msg("'%s' was taken", bad[i]);
		seki_manifest_free(m);
	}
	m = seki_manifest_new(&err);
	l = (struct seki_lines){ 3, 40, 500 };
	assert_int_equal(seki_lines_note(m, &l, &err), 0);
	assert_string_equal(seki_manifest_noted(m, SEKI_NOTE_LINES), "3-40/500");
	memset(&l, 0, sizeof(l));
	assert_int_equal(seki_lines_read(m, &l), 0);
	assert_true(l.from == 3 && l.to == 40 && l.of == 500);
	seki_manifest_free(m);
}

/* As a host has them: git does not keep modes. */
static int
setup(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	char command[512], path[128], hex[SEKI_HEX];
	int i;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(command, sizeof(command),
	    "cp -r " DATA "trust %s/trust && chmod 700 %s/trust", dir, dir);
	if (system(command) != 0)
		return -1;
	for (i = 0; i < PARTS; i++) {
		(void)snprintf(path, sizeof(path), DATA "clear-%dof%d.zip",
		    i + 1, PARTS);
		if (seki_in_slurp(path, 1 << 20, &bytes[i], &err) == -1)
			return -1;
		save(name(i), bytes[i].p, bytes[i].n);
	}
	if (seki_in_slurp(DATA "clear.txt", 4096, &b, &err) == -1)
		return -1;
	(void)snprintf(hex, sizeof(hex), "%s", strstr(b.p, "whole root ") + 11);
	i = seki_text_unhex(hex, root, SEKI_SHA256);
	seki_buf_free(&b);
	trust = seki_trust_open(in_dir("trust"), now, &err);
	return i == -1 || trust == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	char command[128];
	int i;

	(void)state;
	for (i = 0; i < PARTS; i++)
		seki_buf_free(&bytes[i]);
	seki_trust_free(trust);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_flip),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("parts", tests, setup, teardown);
}
