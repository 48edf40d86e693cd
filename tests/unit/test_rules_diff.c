#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "norm_int.h"

static struct seki_rules *
table(const char *text, const char *name)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_rules *r =
	    seki_rules_read(seki_in_mem(text, strlen(text), name, &err), &err);

	if (r == NULL)
		fail_msg("%s: %s", text, err.text);
	return r;
}

#define EN                                                                     \
	"output,label,source,kind,required,length,default,on-broken,"          \
	"keep-original,note\n"
#define JA "表示名,出力項目,元項目,種別,必須,桁数,既定値,不合格時,原値保持\n"
static const struct {
	const char *was, *is, *words;
} rows[] = {
	/* What is written in another way is no difference. */
	{ EN "a,,,text,,,,,,x\n", EN "a,,,text,,,,,,another note\n", "" },
	{ EN "a,b,c+d|e,date,yes,,,keep,yes,\n",
	    JA "b,a,c ＋ d ｜ e,日付,はい,,,残す,はい\n", "" },
	{ EN "a,,a,text,no,20,,hold,no,\n",
	    JA ",a,,文字,いいえ,２０,,保留,しない\n", "" },
	{ EN "a,,,date,,,令和6年4月1日,,,\n", EN "a,,,Date,,,2024-04-01,,,\n",
	    "" },
	{ EN "a,,,text,,0-5,,,,\n", EN "a,,,text,,5,,,,\n", "" },
	/* Each column. */
	{ EN "a,,,text,,,,,,\n", EN "a,l,,text,,,,,,\n",
	    "row 2, a: label: nothing becomes \"l\"\n" },
	{ EN "a,,,text,,,,,,\n", EN "a,,b+c,text,,,,,,\n",
	    "row 2, a: source: \"a\" becomes \"b+c\"\n" },
	{ EN "a,,,text,,,,,,\n", EN "\na,,,tel,,,,,,\n",
	    "row 3, a: kind: \"text\" becomes \"tel\"\n" },
	{ EN "a,,,text,,,,,,\n", EN "a,,,text,1,,,,,\n",
	    "row 2, a: required: \"no\" becomes \"yes\"\n" },
	{ EN "a,,,text,yes,,,,,\n", EN "a,,,text,,,,,,\n",
	    "row 2, a: required: \"yes\" becomes \"no\"\n" },
	{ EN "a,,,text,,20,,,,\n", EN "a,,,text,,7-20,,,,\n",
	    "row 2, a: length: \"20\" becomes \"7-20\"\n" },
	{ EN "a,,,text,,,x,,,\n", EN "a,,,text,,,,,,\n",
	    "row 2, a: default: \"x\" becomes nothing\n" },
	{ EN "a,,,text,,,,keep,,\n", EN "a,,,text,,,,stop,,\n",
	    "row 2, a: on-broken: \"keep\" becomes \"stop\"\n" },
	{ EN "a,,,text,,,,,yes,\n", EN "a,,,text,,,,,,\n",
	    "row 2, a: keep-original: \"yes\" becomes \"no\"\n" },
	/* Conditions: several rows of one output. */
	{ "output,source,kind,when\na,b,text,f=1\na,c,text,f=2|3\n",
	    "条件,出力項目,元項目,種別\nf ＝ 1,a,b,文字\n"
	    "f=2 ｜ 3,a,c,文字\n",
	    "" },
	{ "output,source,kind,when\na,b,text,f=1\na,c,text,f=2\n",
	    "output,source,kind,when\na,c,text,f=2\na,b,text,f=3\n",
	    "row 3, a: when: \"f=1\" becomes \"f=3\"\n"
	    "row 3, a: moved, now behind a\n" },
	/* Several in one row, in the order of the columns. */
	{ EN "a,,,text,,,,,,\n", EN "a,l,,tel,,,,,,\n",
	    "row 2, a: label: nothing becomes \"l\"\n"
	    "row 2, a: kind: \"text\" becomes \"tel\"\n" },
	/* Rows. */
	{ EN "a,,,text,,,,,,\n", EN "a,,,text,,,,,,\nb,,c,date,,,,,,\n",
	    "row 3, b: added: source \"c\", kind \"date\"\n" },
	{ EN "a,,,text,,,,,,\nb,,,date,,,,,,\n", EN "b,,,date,,,,,,\n",
	    "a: removed; it was: kind \"text\"\n" },
	{ EN "a,,,text,,,,,,\n", EN "b,,a,text,,,,,,\n",
	    "row 2, b: added: source \"a\", kind \"text\"\n"
	    "a: removed; it was: kind \"text\"\n" },
	/* The fewest rows move. */
	{ EN "a,,,text,,,,,,\nb,,,text,,,,,,\nc,,,text,,,,,,\n",
	    EN "c,,,text,,,,,,\na,,,text,,,,,,\nb,,,text,,,,,,\n",
	    "row 2, c: moved, now first\n" },
	{ EN "a,,,text,,,,,,\nb,,,text,,,,,,\nc,,,text,,,,,,\n",
	    EN "b,,,text,,,,,,\nc,,,text,,,,,,\na,,,tel,,,,,,\n",
	    "row 4, a: kind: \"text\" becomes \"tel\"\n"
	    "row 4, a: moved, now behind c\n" },
	/* A row that came or went moves none. */
	{ EN "a,,,text,,,,,,\nb,,,text,,,,,,\n",
	    EN "x,,,text,,,,,,\na,,,text,,,,,,\nb,,,text,,,,,,\n",
	    "row 2, x: added: kind \"text\"\n" },
	{ EN "a,,,text,,,,,,\nb,,,text,,,,,,\n",
	    JA ",b,,text,,,,,\n,a,,text,,,,,\n",
	    "row 3, a: moved, now behind b\n" },
};

static int
told(void *ctx, const struct seki_rules_change *c, struct seki_err *err)
{
	return seki_buf_fmt(ctx, err, "%s\n", c->words);
}

static void
test_diff(void **state)
{
	struct seki_rules *was, *is;
	size_t i, lines;
	const char *s;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_buf b = SEKI_BUF_INIT;
		int n;

		was = table(rows[i].was, "was");
		is = table(rows[i].is, "is");
		n = seki_rules_diff(was, is, 1, told, &b, &err);
		if (strcmp(b.p == NULL ? "" : b.p, rows[i].words) != 0)
			fail_msg("row %zu: %s", i, b.p);
		for (lines = 0, s = rows[i].words; *s != '\0'; s++)
			lines += *s == '\n';
		assert_int_equal(n, lines);
		/* Nothing to itself. */
		assert_int_equal(
		    seki_rules_diff(is, is, 1, NULL, NULL, &err), 0);
		seki_buf_free(&b);
		seki_rules_free(was);
		seki_rules_free(is);
	}
}

static int
members(void *ctx, const struct seki_rules_change *c, struct seki_err *err)
{
	return seki_buf_fmt(ctx, err, "%s/%s/%llu/%s/%s/%s\n", c->what,
	    c->output, c->row, c->column, c->was, c->now);
}

/* For programs the same in every language; no control character in words. */
static void
test_members(void **state)
{
	struct seki_rules *was = table(EN
	    "a,,,text,,,,,,\nb,,,text,,,,,,\nx,\"l\n\u2028\",,text,,,,,,\n",
	    "was");
	struct seki_rules *is =
	    table(JA ",b,,文字,,,,,\n,a,,日付,はい,,,,\n,c,,文字,,,,,\n", "is");
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;

	(void)state;
	assert_int_equal(seki_rules_diff(was, is, 0, members, &b, &err), 5);
	assert_string_equal(b.p, "changed/a/3/kind/text/date\n"
				 "changed/a/3/required//yes\n"
				 "moved/a/3///\n"
				 "added/c/4///\n"
				 "removed/x/0///\n");
	seki_buf_reset(&b);
	assert_int_equal(seki_rules_diff(is, was, 0, told, &b, &err), 5);
	assert_non_null(strstr(b.p, "種別: \"日付\" becomes \"文字\"\n"));
	assert_non_null(strstr(b.p, "必須: \"はい\" becomes \"いいえ\"\n"));
	assert_null(strstr(b.p, "\u2028"));
	seki_buf_free(&b);
	seki_rules_free(was);
	seki_rules_free(is);
}

/* As many rows as a table may have, all in the other order. */
static void
test_many(void **state)
{
	struct seki_buf a = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_rules *was, *is;
	size_t i;

	(void)state;
	assert_int_equal(seki_buf_str(&a, EN, &err), 0);
	assert_int_equal(seki_buf_str(&b, EN, &err), 0);
	for (i = 0; i < SEKI_FIELDS_MAX; i++)
		assert_int_equal(
		    seki_buf_fmt(&a, &err, "f%zu,,,text,,,,,,\n", i) |
			seki_buf_fmt(&b, &err, "f%zu,,,text,,,,,,\n",
			    SEKI_FIELDS_MAX - i - 1),
		    0);
	was = table(a.p, "was");
	is = table(b.p, "is");
	assert_int_equal(seki_rules_diff(was, is, 1, NULL, NULL, &err),
	    (int)SEKI_FIELDS_MAX - 1);
	seki_rules_free(was);
	seki_rules_free(is);
	seki_buf_free(&a);
	seki_buf_free(&b);
}

/* The workbook explains whatever there is. */
static void
test_help(void **state)
{
	const struct seki_norm_kind *k;
	int i;

	(void)state;
	for (k = seki_norm_kinds; k->name != NULL; k++)
		if (seki_norm_help(k) == NULL)
			fail_msg("no line about the kind %s", k->name);
	for (i = 0; i < SEKI_COL_COUNT; i++)
		if (seki_rules_help((enum seki_rules_col)i) == NULL)
			fail_msg("no line about column %s", seki_rules_en[i]);
}

/* TABLE.ok. */
static char dir[] = "/tmp/seki-rules-ok-XXXXXX";
static char csv[64], ok[80];

static void
put(const char *text)
{
	FILE *fp = fopen(ok, "w");

	assert_non_null(fp);
	assert_true(fputs(text, fp) >= 0);
	assert_int_equal(fclose(fp), 0);
}

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ENTRY(at, by, digest)                                                  \
	"{\"at\":\"" at "\",\"by\":\"" by "\",\"digest\":\"" digest "\"}"
#define GOOD ENTRY("2026-04-01T00:00:00Z", "x", HEX)
#define ROW "{\"kind\":\"text\",\"output\":\"a\",\"source\":\"a\"}"
#define DOC(accepted, format, rows, table)                                     \
	"{\"accepted\":[" accepted "],\"format\":\"" format                    \
	"\",\"rows\":[" rows "],\"table\":\"" table "\"}\n"
#define FORM "seki-rules-ok-1"
static const struct {
	const char *text, *want;
} records[] = {
	{ DOC(GOOD, FORM, ROW, "t.csv"), "changed since x accepted it on "
					 "2026-04-01 09:00: row 2, a: kind: "
					 "\"text\" becomes \"date\"" },
	{ DOC(GOOD, FORM,
	      "{\"kind\":\"date\",\"output\":\"a\","
	      "\"source\":\"a\"}",
	      "t.csv"),
	    "nobody accepted this file: its rows are those that x" },
	{ "", "its end is missing" },
	{ "\n", "t.csv.ok" },
	{ "{}\n", "\"format\"" },
	{ "[]\n", "not a record of accepted tables" },
	{ "output,kind\na,text\n", "t.csv.ok" },
	{ DOC(GOOD, FORM, ROW, "t.csv") "\n", "t.csv.ok" },
	{ " " DOC(GOOD, FORM, ROW, "t.csv"), "t.csv.ok" },
	{ DOC(GOOD, "seki-rules-ok-2", ROW, "t.csv"), "not a record of" },
	{ DOC(GOOD, FORM, ROW, "u.csv"), "the record of another table" },
	{ DOC("", FORM, ROW, "t.csv"), "a list is empty or too long" },
	{ DOC(GOOD, FORM, "", "t.csv"), "a list is empty or too long" },
	{ DOC("1", FORM, ROW, "t.csv"), "an entry is no object" },
	{ DOC(GOOD, FORM, "1", "t.csv"), "a row is no object" },
	{ DOC(ENTRY("2026-04-31T00:00:00Z", "x", HEX), FORM, ROW, "t.csv"),
	    "is not an instant" },
	{ DOC(ENTRY("2026-04-01T00:00:00Z", "", HEX), FORM, ROW, "t.csv"),
	    "it is empty" },
	{ DOC(ENTRY("2026-04-01T00:00:00Z", "a\u202Eb", HEX), FORM, ROW,
	      "t.csv"),
	    "it has control characters" },
	{ DOC(ENTRY("2026-04-01T00:00:00Z", "x", "ab"), FORM, ROW, "t.csv"),
	    "is no digest" },
	{ DOC(GOOD, FORM, "{\"kind\":\"text\"}", "t.csv"), "\"output\"" },
	{ DOC(GOOD, FORM, "{\"output\":\"a\"}", "t.csv"), "\"kind\"" },
	{ DOC(GOOD, FORM, "{\"kind\":\"text\",\"length\":7,\"output\":\"a\"}",
	      "t.csv"),
	    "a cell is no text" },
	{ DOC(GOOD, FORM, "{\"kind\":\"text\",\"output\":\"a\u202E\"}",
	      "t.csv"),
	    "a field code is letters" },
	{ DOC(GOOD, FORM, "{\"kind\":\"text\",\"output\":\"a\",\"z\":\"\"}",
	      "t.csv"),
	    "\"z\"" },
};

static void
test_records(void **state)
{
	struct seki_rules *r = table("output,kind\na,date\n", csv);
	struct seki_rules_ok res;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT, other = SEKI_ERR_INIT;

		put(records[i].text);
		assert_int_equal(seki_rules_accepted(r, 1, &err), -1);
		if (err.reason != SEKI_CONFIG ||
		    strstr(err.text, records[i].want) == NULL ||
		    strstr(err.hint, "--accept --by 'YOUR NAME'") == NULL)
			fail_msg("row %zu: %s: %s", i, err.text, err.hint);
		/* What is broken is not written over. */
		assert_int_equal(
		    seki_rules_accept(r, "y", 1, NULL, NULL, &res, &other),
		    i < 2 ? 0 : -1);
	}
	(void)unlink(ok);
	seki_rules_free(r);
}

static void
test_names(void **state)
{
	static const char *const bad[] = { "", " x", "x ", "　x", "a\nb",
		"a\x1B[31mb", "\xFF", "a\u200Bb", "YOUR NAME" };
	struct seki_rules *r = table("output,kind\na,date\n", csv);
	char longest[SEKI_PERSON_MAX + 2];
	struct seki_rules_ok res;
	struct stat st;
	size_t i;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[SEKI_PERSON_MAX + 1] = '\0';
	for (i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		const char *by =
		    i == sizeof(bad) / sizeof(bad[0]) ? longest : bad[i];

		if (seki_rules_accept(r, by, 1, NULL, NULL, &res, &err) == 0 ||
		    err.reason != SEKI_USAGE || stat(ok, &st) == 0)
			fail_msg("row %zu: \"%s\"", i, by);
	}
	longest[SEKI_PERSON_MAX] = '\0';
	for (i = 0; i < 2; i++) {
		struct seki_err err = SEKI_ERR_INIT;

		assert_int_equal(
		    seki_rules_accept(r, longest, 1, NULL, NULL, &res, &err),
		    0);
		assert_int_equal(res.known, i);
		assert_string_equal(res.by, i == 0 ? "" : longest);
		assert_int_equal(seki_rules_accepted(r, 1, &err), 0);
	}
	assert_int_equal(stat(ok, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	(void)unlink(ok);
	seki_rules_free(r);
}

/* As many entries as there may be, then one more. */
static void
test_limit(void **state)
{
	struct seki_rules *r = table("output,kind\na,date\n", csv);
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_rules_ok res;
	size_t i, n;

	(void)state;
	for (n = SEKI_RULES_OKS_MAX - 1; n <= SEKI_RULES_OKS_MAX + 1; n++) {
		seki_err_clear(&err);
		seki_buf_reset(&b);
		assert_int_equal(seki_buf_str(&b, "{\"accepted\":[", &err), 0);
		for (i = 0; i < n; i++)
			assert_int_equal(
			    seki_buf_str(&b, i == 0 ? GOOD : "," GOOD, &err),
			    0);
		assert_int_equal(seki_buf_str(&b,
				     "],\"format\":\"" FORM "\",\"rows\":[" ROW
				     "],\"table\":\"t.csv\"}\n",
				     &err),
		    0);
		put(b.p);
		assert_int_equal(
		    seki_rules_accept(r, "y", 1, NULL, NULL, &res, &err),
		    n < SEKI_RULES_OKS_MAX ? 0 : -1);
		if (n >= SEKI_RULES_OKS_MAX)
			assert_int_equal(err.reason,
			    n == SEKI_RULES_OKS_MAX ? SEKI_LIMIT : SEKI_CONFIG);
	}
	/* A record that is larger than may be read is not read. */
	seki_err_clear(&err);
	assert_int_equal(truncate(ok, (off_t)SEKI_RULES_OK_MAX + 1), 0);
	assert_int_equal(seki_rules_accepted(r, 1, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	(void)unlink(ok);
	seki_buf_free(&b);
	seki_rules_free(r);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(csv, sizeof(csv), "%s/t.csv", dir);
	(void)snprintf(ok, sizeof(ok), "%s.ok", csv);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(ok);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
