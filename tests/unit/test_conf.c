#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "seki_int.h"

static const char *const known[] = { "lang", "source.query", "source.app",
	"bundle.expires", "bundle.title", NULL };

static char path[] = "/tmp/seki-conf-XXXXXX";

static struct seki_conf *
parse(const char *s, size_t n, struct seki_err *err)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(s, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	return seki_conf_open(path, known, err);
}

#define ROW(s, text, hint)                                                     \
	{                                                                      \
		s, sizeof(s) - 1, text, hint                                   \
	}
static const struct {
	const char *s;
	size_t n;
	const char *text, *hint;
} bad[] = {
	ROW("lang = ja\nlang = en\n",
	    "line 2: \"lang\" is set on line 1 already", ""),
	ROW("[source]\napp = 1\n\n[bundle]\n[source]\n",
	    "line 5: section [source] stands on line 1 already", ""),
	ROW("[source]\napp=1\n#\napp=1\n",
	    "line 4: \"app\" is set on line 2 already", ""),
	ROW("[source]\nquary = x\n", "line 2: unknown key \"quary\"",
	    "The nearest known key is \"query\" in section [source]."),
	ROW("[source]\nexpire = 1\n", "line 2: unknown key \"expire\"",
	    "The nearest known key is \"expires\" in section [bundle]."),
	ROW("[source]\nlang = ja\n", "line 2: unknown key \"lang\"",
	    "The nearest known key is \"lang\", before any section."),
	ROW("source.query = x\n", "line 1: unknown key \"source.query\"",
	    "The nearest known key is \"query\" in section [source]."),
	ROW("[source]\nApp = 1\n", "line 2: unknown key \"App\"",
	    "The nearest known key is \"app\" in section [source]."),
	ROW("[sorce]\n", "line 1: unknown section [sorce]",
	    "The nearest known section is [source]."),
	ROW("zzzzzzzz = 1\n", "line 1: unknown key \"zzzzzzzz\"",
	    "seki.conf(5) lists the keys that can be set."),
	ROW("[zzzzzzzz]\n", "line 1: unknown section [zzzzzzzz]",
	    "seki.conf(5) lists the keys that can be set."),
	ROW("[]\n", "line 1: unknown section []", NULL),
	ROW("[lang]\n", "line 1: unknown section [lang]", NULL),
	ROW("[ source ]\n", "line 1: unknown section [ source ]", NULL),
	ROW("[source] # x\n", "line 1: a section's line must end with ]", ""),
	ROW("[source\n", "line 1: a section's line must end with ]", ""),
	ROW("lang\n",
	    "line 1: neither \"key = value\" nor a section nor a comment", ""),
	ROW("= ja\n", "line 1: unknown key \"\"", NULL),
	ROW("[source]\nquery = a\n  and b\n",
	    "line 3: neither \"key = value\" nor a section nor a comment", ""),
	ROW("lang = \xE3\x81\n", "line 1: not UTF-8 at byte 8 of the line", ""),
	ROW("\n\x8Clang = ja\n", "line 2: not UTF-8 at byte 1 of the line", ""),
	ROW("lang = j\0a\n", "line 1: not UTF-8 at byte 9 of the line", ""),
	ROW("lang = a\rb\n", "line 1: a control character", ""),
	ROW("lang = a\033[1m\n", "line 1: a control character", ""),
	ROW("lang = a\177\n", "line 1: a control character", ""),
	ROW("\xEF\xBB\xBF\xEF\xBB\xBFlang = ja\n",
	    "line 1: unknown key \"\xEF\xBB\xBFlang\"", NULL),
};

static void
test_bad(void **state)
{
	struct seki_err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		seki_err_clear(&err);
		if (parse(bad[i].s, bad[i].n, &err) != NULL)
			fail_msg("row %zu is taken: %s", i, bad[i].s);
		if (err.reason != SEKI_CONFIG ||
		    strcmp(err.text, bad[i].text) != 0 ||
		    (bad[i].hint != NULL && strcmp(err.hint, bad[i].hint) != 0))
			fail_msg("row %zu: %s: %s (%s)", i,
			    seki_err_word(err.reason), err.text, err.hint);
		assert_string_equal(err.object, path);
	}
}

static void
test_good(void **state)
{
	static const char s[] = "\xEF\xBB\xBF; by hand\r\n"
				"lang=ja\r\n"
				"\r\n"
				"\t[source]\t\r\n"
				"# query = none\r\n"
				"query = \xE6\x97\xA5\xE4\xBB\x98 > "
				"\"2026-04-01\" ; # = [x] \\  \r\n"
				"  app\t=\r\n"
				"[bundle]\r\n"
				"expires = 10";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_conf *conf;

	(void)state;
	conf = parse(s, sizeof(s) - 1, &err);
	if (conf == NULL)
		fail_msg("%s", err.text);
	assert_string_equal(seki_conf_get(conf, "lang"), "ja");
	assert_int_equal(seki_conf_line(conf, "lang"), 2);
	assert_string_equal(seki_conf_get(conf, "source.query"),
	    "\xE6\x97\xA5\xE4\xBB\x98 > \"2026-04-01\" ; # = [x] \\");
	assert_int_equal(seki_conf_line(conf, "source.query"), 6);
	assert_string_equal(seki_conf_get(conf, "source.app"), "");
	assert_string_equal(seki_conf_get(conf, "bundle.expires"), "10");
	assert_null(seki_conf_get(conf, "bundle.title"));
	assert_null(seki_conf_get(conf, "source"));
	assert_int_equal(seki_conf_line(conf, "bundle.title"), 0);
	seki_conf_free(conf);
	seki_conf_free(NULL);
	conf = parse("", 0, &err);
	assert_non_null(conf);
	seki_conf_free(conf);
}

static void
test_size(void **state)
{
	static char s[SEKI_CONF_MAX + 1];
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_conf *conf;

	(void)state;
	memset(s, '\n', sizeof(s));
	assert_null(parse(s, sizeof(s), &err));
	assert_int_equal(err.reason, SEKI_LIMIT);
	seki_err_clear(&err);
	conf = parse(s, sizeof(s) - 1, &err);
	assert_non_null(conf);
	seki_conf_free(conf);
	assert_null(seki_conf_open("/nonexistent/x", known, &err));
	assert_int_equal(err.reason, SEKI_FILE);
	assert_string_equal(err.object, "/nonexistent/x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_size),
	};
	int fd = mkstemp(path), r;

	if (fd == -1)
		return 1;
	(void)close(fd);
	r = cmocka_run_group_tests_name("conf", tests, NULL, NULL);
	(void)unlink(path);
	return r;
}
