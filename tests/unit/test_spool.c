#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "attach_int.h"
#include "push_int.h"

#define DIR_ "/tmp/seki-test.spool"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DEF "cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34"
#define NONE "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static int
clean(void **state)
{
	(void)state;
	return system("rm -rf " DIR_) == 0 ? 0 : -1;
}

static void
write_file(const char *name, const char *text)
{
	char path[200];
	int fd;

	(void)snprintf(path, sizeof(path), DIR_ "/%s", name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

static struct seki_spool *
opened(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_spool *s = seki_spool_open(DIR_, 1, &err);

	if (s == NULL)
		fail_msg("%s: %s", err.object, err.text);
	return s;
}

static void
put(struct seki_spool *s, const char *text, const char *want)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_spool_new *f = seki_spool_begin(s, &err);
	char hex[SEKI_HEX];

	assert_non_null(f);
	assert_int_equal(seki_spool_restart(f, &err), 0);
	assert_int_equal(seki_spool_write(f, "rubbish", 7, &err), 0);
	assert_int_equal(seki_spool_restart(f, &err), 0);
	assert_int_equal(seki_spool_write(f, text, strlen(text), &err), 0);
	assert_int_equal(seki_spool_commit(f, hex, &err), 0);
	assert_string_equal(hex, want);
}

static int
holds(struct seki_spool *s, const char *hex, uint64_t size)
{
	struct seki_err err = SEKI_ERR_INIT;
	int r = seki_spool_holds(s, hex, size, NULL, &err);

	assert_int_equal(err.reason, SEKI_OK);
	return r;
}

static void
test_files(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_spool *s = opened();
	struct seki_buf head = SEKI_BUF_INIT;
	struct seki_spool_new *f;
	struct seki_in *in;
	struct stat st;

	(void)state;
	assert_int_equal(stat(DIR_, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	put(s, "abc", ABC);
	put(s, "", NONE);
	assert_int_equal(stat(DIR_ "/" ABC, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(holds(s, ABC, 3), 1);
	assert_int_equal(holds(s, NONE, 0), 1);
	assert_int_equal(holds(s, ABC, 4), 0);
	assert_int_equal(seki_spool_holds(s, ABC, 3, &head, &err), 1);
	assert_string_equal(head.p, "abc");
	seki_buf_free(&head);
	/* Damage of every kind is no file. */
	write_file(ABC, "abd");
	assert_int_equal(holds(s, ABC, 3), 0);
	put(s, "abc", ABC);
	assert_int_equal(holds(s, ABC, 3), 1);
	assert_int_equal(unlink(DIR_ "/" ABC), 0);
	assert_int_equal(holds(s, ABC, 3), 0);
	assert_int_equal(seki_spool_file(s, ABC, 3, &err), -1);
	assert_int_equal(err.reason, SEKI_FILE);
	seki_err_clear(&err);
	write_file("elsewhere", "abc");
	assert_int_equal(symlink("elsewhere", DIR_ "/" ABC), 0);
	assert_int_equal(holds(s, ABC, 3), 0);
	put(s, "abc", ABC);
	assert_int_equal(lstat(DIR_ "/" ABC, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(seki_spool_file(s, ABC, 2, &err), -1);
	assert_int_equal(err.reason, SEKI_DIGEST);
	seki_err_clear(&err);
	/* What is no digest is no name. */
	assert_int_equal(seki_spool_file(s, "../x", 2, &err), -1);
	assert_int_equal(err.reason, SEKI_BUG);
	seki_err_clear(&err);
	/* Another file's digest: neither name nor rest. */
	in = seki_in_mem("abd", 3, "abd", &err);
	assert_int_equal(seki_spool_put(s, in, DEF, &err), -1);
	assert_int_equal(err.reason, SEKI_DIGEST);
	seki_err_clear(&err);
	seki_in_free(in);
	in = seki_in_mem("def", 3, "def", &err);
	assert_int_equal(seki_spool_put(s, in, DEF, &err), 0);
	seki_in_free(in);
	assert_int_equal(holds(s, DEF, 3), 1);
	assert_int_equal(system("test $(ls " DIR_ " | grep -c '^[0-9a-f]*$')"
				" = 3"),
	    0);
	f = seki_spool_begin(s, &err);
	assert_int_equal(seki_spool_write(f, "x", 1, &err), 0);
	assert_int_equal(system("test $(ls " DIR_ "/new.* | wc -l) = 1"), 0);
	seki_spool_abort(f);
	assert_int_equal(system("! ls " DIR_ "/new.* 2>/dev/null"), 0);
	seki_spool_free(s);
}

static void
test_one_at_a_time(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_spool *s, *r;

	(void)state;
	assert_null(seki_spool_open(DIR_, 0, &err));
	assert_int_equal(err.reason, SEKI_FILE);
	seki_err_clear(&err);
	assert_int_equal(mkdir(DIR_, 0700), 0);
	write_file("new.Xy12ab", "left by a kill");
	write_file(ABC, "abc");
	write_file("newer", "somebody's");
	s = opened();
	assert_int_equal(access(DIR_ "/new.Xy12ab", F_OK), -1);
	assert_int_equal(access(DIR_ "/newer", F_OK), 0);
	assert_null(seki_spool_open(DIR_, 1, &err));
	assert_int_equal(err.reason, SEKI_LOCKED);
	seki_err_clear(&err);
	/* Reading needs no lock. */
	r = seki_spool_read(DIR_, &err);
	assert_non_null(r);
	assert_int_equal(holds(r, ABC, 3), 1);
	seki_spool_free(r);
	seki_spool_free(s);
	assert_int_equal(chmod(DIR_, 0750), 0);
	assert_null(seki_spool_open(DIR_, 1, &err));
	assert_int_equal(err.reason, SEKI_UNSAFE);
	seki_err_clear(&err);
	assert_null(seki_spool_read(DIR_, &err));
	assert_int_equal(err.reason, SEKI_UNSAFE);
}

static const struct seki_file_id id = { "d", "1", "k", "n", 3 };

static int
known(struct seki_spool *s, struct seki_file_id i, const char *want)
{
	struct seki_err err = SEKI_ERR_INIT;
	char hex[SEKI_HEX];
	int r = seki_spool_find(s, &i, hex, &err);

	assert_int_not_equal(r, -1);
	if (r == 1 && want != NULL)
		assert_string_equal(hex, want);
	return r;
}

static void
test_index(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_spool *s = opened();
	struct seki_file_id other;
	sqlite3 *db;

	(void)state;
	assert_int_equal(known(s, id, NULL), 0);
	assert_int_equal(seki_spool_note(s, &id, ABC, &err), 0);
	seki_spool_free(s);
	s = opened();
	assert_int_equal(known(s, id, ABC), 1);
#define OTHER(member, value)                                                   \
	other = id;                                                            \
	other.member = value;                                                  \
	assert_int_equal(known(s, other, NULL), 0)
	OTHER(domain, "e");
	OTHER(app, "2");
	OTHER(key, "K");
	OTHER(key, "k'");
	OTHER(name, "N");
	OTHER(name, "");
	OTHER(size, 4);
	/* Of one key the last word holds. */
	assert_int_equal(seki_spool_note(s, &id, NONE, &err), 0);
	assert_int_equal(known(s, id, NONE), 1);
	seki_spool_free(s);
	/* No digest, no answer. */
	assert_int_equal(sqlite3_open(DIR_ "/index", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE file SET sha256 = '../../x'",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	(void)sqlite3_close(db);
	s = opened();
	assert_int_equal(known(s, id, NULL), 0);
	seki_spool_free(s);
	/* A later version's is not touched. */
	assert_int_equal(sqlite3_open(DIR_ "/index", &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL),
	    SQLITE_OK);
	(void)sqlite3_close(db);
	assert_null(seki_spool_open(DIR_, 1, &err));
	assert_int_equal(err.reason, SEKI_CONFIG);
}

static const struct {
	const char *name, *type, *bytes;
	size_t n;
	const char *odd; /* how what it is begins, or NULL */
} kinds[] = {
#define B(s) s, sizeof(s) - 1
	{ "a.pdf", "application/pdf", B("%PDF-1.4\n"), NULL },
	{ "a.PDF", "", B("%PDF-1.4\n"), NULL },
	{ "a.pdf", "application/pdf",
	    B("\x7f"
	      "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\76\0\1\0\0\0"),
	    "application/" },
	{ "a.jpg", "image/jpeg", B("%PDF-1.4\n"), "application/pdf" },
	{ "a.jpg", "application/pdf", B("%PDF-1.4\n"), "application/pdf" },
	{ "a", "image/png", B("%PDF-1.4\n"), "application/pdf" },
	/* Pictures are not told apart: which kind harms nobody. */
	{ "a.jpg", "image/jpeg",
	    B("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0"
	      "\0\1\10\6\0\0\0\x1f\x15\xc4\x89"),
	    NULL },
	{ "a.csv", "application/vnd.ms-excel", B("a,b\n1,2\n"), NULL },
	{ "a.csv", "text/csv", B("\x83\x65\x83\x58\x83\x67,1\r\n"), NULL },
	{ "a.jar", "application/java-archive", B("PK\3\4\24\0\0\0\10\0"),
	    NULL },
	{ "a.zip", "application/zip", B("%PDF-1.4\n"), "application/pdf" },
	{ "a.docx", "application/zip", B("PK\3\4\24\0\0\0\10\0"), NULL },
	{ "a.txt", "text/plain", B("<!DOCTYPE html><html><script>"),
	    "text/html" },
	{ "a.html", "text/html", B("<!DOCTYPE html><html><script>"), NULL },
	{ "a.txt", "text/plain", B("#!/bin/sh\nrm -rf /\n"), "text/x-shell" },
	{ "a.sh", "application/octet-stream", B("#!/bin/sh\nls\n"), NULL },
	/* A program always says so, or it is told. */
	{ "a.dat", "application/octet-stream", B("#!/bin/sh\nls\n"),
	    "text/x-shell" },
	{ "a.dat", "application/octet-stream", B("%PDF-1.4\n"), NULL },
	{ "a.txt", "text/plain", B(""), NULL },
	{ "", "", B("anything"), NULL },
#undef B
};

static void
test_kinds(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_magic *m = seki_magic_open(&err);
	const char *odd, *said;
	size_t i;

	(void)state;
	assert_non_null(m);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		odd = seki_magic_odd(m, kinds[i].bytes, kinds[i].n,
		    kinds[i].name, kinds[i].type, &said);
		if ((odd == NULL) != (kinds[i].odd == NULL) ||
		    (odd != NULL &&
			strncmp(odd, kinds[i].odd, strlen(kinds[i].odd)) != 0))
			fail_msg("row %zu: %s", i, odd ? odd : "none");
		assert_non_null(said);
	}
	seki_magic_free(m);
}

#define X "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define Y "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* Theirs have a key in the place of the type; U: is uploaded. */
static const struct {
	const char *ours, *theirs;
	int same;
	const char *keys;
} pairs[] = {
	{ "", "", 1, "" },
	{ "a <1 " X " t>", "", 0, "U" },
	{ "", "a <1 " X " k1>", 0, "" },
	{ "a <1 " X " t>", "a <1 " X " k1>", 1, "k1" },
	{ "a <1 " X " t>", "a <1 " Y " k1>", 0, "U" },
	{ "a <1 " X " t>", "b <1 " X " k1>", 0, "U" },
	{ "a <1 " X " t>", "a <2 " X " k1>", 0, "U" },
	/* Nobody has read theirs, so it is not taken for ours. */
	{ "a <1 " X " t>", "a <1 - k1>", 0, "U" },
	{ "a <1 - t>", "a <1 - k1>", 1, "k1" },
	{ "a <1 - t>", "a <1 " Y " k1>", 1, "k1" },
	{ "a <1 - t>", "a <2 - k1>", 0, "U" },
	/* Order is the service's. */
	{ "a <1 " X " t>\nb <1 " Y " t>", "b <1 " Y " k2>\na <1 " X " k1>", 1,
	    "k1 k2" },
	/* The same twice needs two. */
	{ "a <1 " X " t>\na <1 " X " t>", "a <1 " X " k1>", 0, "k1 U" },
	{ "a <1 " X " t>\na <1 " X " t>", "a <1 " X " k1>\na <1 " X " k2>", 1,
	    "k1 k2" },
	{ "a <1 " X " t>\na <1 " X " t>", "a <1 " X " k1>\na <1 " Y " k2>", 0,
	    "k1 U" },
	{ "a <1 " X " t>", "a <1 " Y " k1>\na <1 " X " k2>", 0, "k2" },
	/* A key is opaque. */
	{ "a <1 " X ">", "a <1 " X " k\xE2\x90\x9B{20}1>", 1, "k 1" },
};

static void
keys_of(const struct seki_buf *b, struct seki_buf *keys)
{
	struct seki_err err = SEKI_ERR_INIT;
	const char *s = b->p;

	while ((s = strstr(s, "{\"fileKey\":")) != NULL) {
		s += strlen("{\"fileKey\":");
		if (keys->n > 0)
			(void)seki_buf_byte(keys, ' ', &err);
		if (*s == '\1')
			(void)seki_buf_byte(keys, 'U', &err);
		else
			(void)seki_buf_add(
			    keys, s + 1, strcspn(s + 1, "\""), &err);
	}
}

static void
test_pairs(void **state)
{
	static const struct seki_pair p = {
		.code = "f", .type = SEKI_T_FILE, .shape = SEKI_S_FILES
	};
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	size_t i;
	int same;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct seki_buf body = SEKI_BUF_INIT, keys = SEKI_BUF_INIT;
		struct seki_value a = { .p = pairs[i].ours,
			.n = strlen(pairs[i].ours) };
		struct seki_value b = { .p = pairs[i].theirs,
			.n = strlen(pairs[i].theirs) };

		a.set = a.n > 0;
		b.set = b.n > 0;
		same = seki_push_same(&p, &a, &b, 0, &arena, &err);
		assert_int_equal(
		    seki_push_value(&p, &a, &b, 0, &body, &err), 0);
		assert_int_equal(seki_buf_str(&keys, "", &err), 0);
		keys_of(&body, &keys);
		if (same != pairs[i].same ||
		    strcmp(keys.n ? keys.p : "", pairs[i].keys) != 0)
			fail_msg("row %zu: %d, %s", i, same, body.p);
		seki_arena_reset(&arena);
		seki_buf_free(&body);
		seki_buf_free(&keys);
	}
	seki_arena_free(&arena);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		int ok;
	} rows[] = { { "a.txt", 1 }, { "../../x", 1 }, { "a\\b", 1 },
		{ "\a\x1b\x7f\t", 1 }, { "%22", 1 }, { "", 0 }, { "a\"b", 0 },
		{ "a\nb", 0 }, { "a\r", 0 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (seki_http_name_ok(rows[i].name, strlen(rows[i].name)) !=
		    rows[i].ok)
			fail_msg("row %zu: '%s'", i, rows[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, clean, clean),
		cmocka_unit_test_setup_teardown(
		    test_one_at_a_time, clean, clean),
		cmocka_unit_test_setup_teardown(test_index, clean, clean),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
