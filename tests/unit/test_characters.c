#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "char_files.h"
#include "characters.h"

static const char table[] =
    "output,source,kind,keep-original\n氏名,氏名,cp932,yes\n"
    "かな,氏名,jisx0208,yes\nそのまま,氏名,keep,\n";

static struct seki_rules *
rules_of(const char *text)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_rules *r = seki_rules_read(
	    seki_in_mem(text, strlen(text), "r.csv", &err), &err);

	if (r == NULL)
		fail_msg("%s", err.text);
	return r;
}

static const struct seki_norm_kind *
gate(const char *name)
{
	struct seki_err err = SEKI_ERR_INIT;
	const struct seki_norm_kind *k = seki_norm_find(name);

	assert_int_equal(seki_charset_open(seki_norm_set(k), &err), 0);
	return k;
}

/* What is lost, character by character: "U+20BB7,U+845B U+E0100". */
static const struct {
	const char *gate, *s, *want;
} losses[] = {
	{ "cp932", "", "" },
	{ "cp932", "高橋ｱ①", "" },
	{ "cp932", "𠮷野𠮷", "U+20BB7,U+20BB7" },
	{ "cp932", "葛\U000E0100城", "U+845B U+E0100" },
	{ "cp932", "𠮷\U000E0100", "U+20BB7 U+E0100" },
	{ "cp932", "か\u3099き\u3099", "U+304B U+3099,U+304D U+3099" },
	{ "cp932", "か\u3099\U000E0100", "U+304B U+3099 U+E0100" },
	/* Nothing there that a mark could belong to. */
	{ "cp932", "\u3099", "U+3099" },
	{ "cp932", "a\n\u3099", "U+3099" },
	{ "cp932", " \u3099", "U+3099" },
	{ "cp932", "\u200B\u3099", "U+200B U+3099" },
	{ "cp932", "\uE000\u3099", "U+E000 U+3099" },
	/* Marks beyond the eighth code point begin another. */
	{ "cp932", "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301",
	    "U+0061 U+0301 U+0301 U+0301 U+0301 U+0301 U+0301 U+0301,U+0301" },
	{ "cp932", "〜", "U+301C" },
	{ "cp932_fold", "〜𠮷", "U+20BB7" },
	{ "jisx0208", "髙〜", "U+9AD9,U+301C" },
	{ "jisx0213", "か\u309A髙か\u3099", "U+9AD9,U+304B U+3099" },
};

static void
test_lost(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_lost l;
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		const char *s = losses[i].s;
		const struct seki_norm_kind *k = gate(losses[i].gate);

		seki_buf_reset(&b);
		(void)seki_buf_str(&b, "", &err);
		for (at = 0; seki_lost_next(k, s, strlen(s), &at, &l);) {
			if (b.n > 0)
				(void)seki_buf_byte(&b, ',', &err);
			(void)seki_lost_points(s + l.at, l.n, &b, &err);
			assert_true(l.n <= SEKI_LOST_BYTES);
			assert_true(seki_lost_one(s + l.at, l.n));
		}
		if (strcmp(b.p, losses[i].want) != 0)
			fail_msg("row %zu: %s", i, b.p);
		assert_int_equal(seki_lost_none(k, s, strlen(s)), b.n == 0);
	}
	seki_buf_free(&b);
}

static void
test_points(void **state)
{
	static const char *const bad[] = { "", " ", "U+", "U+12", "U+D800",
		"U+110000", "U+0000", "U+-001", "U+ 0041", "0041", "U+0041x",
		"U+0041,U+0042", "U+00000041", "u+0041",
		"U+0041 U+0301 U+0301 U+0301 U+0301 U+0301 U+0301 U+0301 "
		"U+0301" };
	char to[SEKI_LOST_BYTES + 1];
	size_t i;

	(void)state;
	assert_int_equal(seki_lost_parse("U+845B U+E0100", to), 7);
	assert_string_equal(to, "葛\U000E0100");
	assert_int_equal(seki_lost_parse(" U+20bb7  ", to), 4);
	assert_string_equal(to, "𠮷");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (seki_lost_parse(bad[i], to) != 0)
			fail_msg("'%s' is read", bad[i]);
	assert_false(seki_lost_one("ab", 2));
	assert_false(seki_lost_one("", 0));
}

/* Tables of fallbacks: why they are refused, or NULL. */
static const struct {
	const char *text, *says;
	enum seki_reason reason;
} fallbacks[] = {
	{ "文字,代替\n𠮷,吉\n", NULL, SEKI_OK },
	{ "character,fallback\n𠮷,吉\n", NULL, SEKI_OK },
	{ "符号位置,代替,検査\nU+845B U+E0100,葛,cp932\n", NULL, SEKI_OK },
	{ "文字,符号位置,名称,区分,検査,項目,件数,番号,候補,代替,代替済,備考\n"
	  "𠮷,U+20BB7,x,NG,CP932で書ける,氏名,1,12,吉,吉,0,\n,,,,,,,,,,,\n",
	    NULL, SEKI_OK },
	{ "文字,代替,検査\n𠮷,吉,cp932\n𠮷,土,jisx0208\n𠮷,士,\n", NULL,
	    SEKI_OK },
	/* Not chosen: passed over, whatever stands there. */
	{ "文字,代替\n二文字,\n", NULL, SEKI_OK },
	{ "文字,代替,検査\n𠮷,髙,cp932\n", NULL, SEKI_OK },
	{ "文字,代替\n\u00A0,　\n", NULL, SEKI_OK },
	{ "文字,代替\n𠮷,1234567890123456\n", NULL, SEKI_OK },
	{ "", "the table is empty", SEKI_RULES },
	{ "文字\n𠮷\n", "no column 代替 (fallback)", SEKI_RULES },
	{ "代替\n吉\n", "no column 文字 (character)", SEKI_RULES },
	{ "文字,falback\n", "did you mean \"fallback\"", SEKI_RULES },
	{ "文字,代替,文字\n", "row 1, column 文字: the column stands twice",
	    SEKI_RULES },
	{ "文字,代替\n𠮷野,吉野\n", "row 2, column 文字: one character",
	    SEKI_RULES },
	{ "文字,代替\n,吉\n", "row 2, column 文字: one character", SEKI_RULES },
	{ "符号位置,代替\n20BB7,吉\n", "row 2, column 符号位置: code points",
	    SEKI_RULES },
	{ "符号位置,代替\nU+0041 U+0042,吉\n", "符号位置: code points",
	    SEKI_RULES },
	{ "文字,符号位置,代替\n𠮷,U+9AD9,吉\n", "符号位置: these are not",
	    SEKI_RULES },
	{ "文字,代替\n𠮷,𠮷\n", "cannot stand for itself", SEKI_RULES },
	{ "文字,代替,検査\n𠮷,吉,text\n", "column 検査: a gate is",
	    SEKI_RULES },
	{ "文字,代替,検査\n𠮷,吉,jis\n", "column 検査: a gate is", SEKI_RULES },
	{ "文字,代替\n𠮷,吉\n髙,高\nU+20BB7,土\n",
	    "row 4, column 文字: one character", SEKI_RULES },
	{ "文字,符号位置,代替\n𠮷,,吉\n,U+20BB7,土\n",
	    "row 3, column 文字: another row has the same", SEKI_RULES },
	/* What fails the gate itself, or tells nothing. */
	{ "文字,代替\n𠮷,髙\n", "does not pass the gate jisx0208",
	    SEKI_CONFIG },
	{ "文字,代替,検査\n髙,𠮷,jisx0213\n", "pass the gate jisx0213",
	    SEKI_CONFIG },
	{ "文字,代替\n𠮷,?\n", "a question mark", SEKI_CONFIG },
	{ "文字,代替\n𠮷,吉？\n", "a question mark", SEKI_CONFIG },
	{ "文字,代替\n𠮷,\uFFFD\n", "a question mark", SEKI_CONFIG },
	{ "文字,代替\n𠮷,吉 \n", "a space before or behind", SEKI_CONFIG },
	{ "文字,代替\n𠮷,　吉\n", "a space before or behind", SEKI_CONFIG },
	{ "文字,代替\n𠮷,\"吉\n\"\n", "does not show", SEKI_CONFIG },
	{ "文字,代替\n𠮷,吉\u200B\n", "does not show", SEKI_CONFIG },
	{ "文字,代替\n𠮷,12345678901234567\n", "longer than 16", SEKI_CONFIG },
	{ "文字,代替\n𠮷,\"吉\n", "", SEKI_RULES },
};

static void
test_fallbacks(void **state)
{
	struct seki_rules *rules = rules_of(table);
	struct seki_fallback *f;
	char hex[SEKI_HEX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		const char *text = fallbacks[i].text;

		f = seki_fallback_read(
		    seki_in_mem(text, strlen(text), "f.csv", &err), rules, hex,
		    &err);
		if ((f != NULL) != (fallbacks[i].says == NULL) ||
		    err.reason != fallbacks[i].reason ||
		    (f == NULL && strstr(err.text, fallbacks[i].says) == NULL))
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
		/* The status of what people are to correct. */
		if (fallbacks[i].reason == SEKI_CONFIG)
			assert_int_equal(seki_err_status(err.reason), 78);
		seki_fallback_free(f);
	}
	seki_rules_free(rules);
}

static struct seki_fallback *
chosen(const char *text, const struct seki_rules *rules)
{
	struct seki_err err = SEKI_ERR_INIT;
	char hex[SEKI_HEX];
	struct seki_fallback *f = seki_fallback_read(
	    seki_in_mem(text, strlen(text), "f.csv", &err), rules, hex, &err);

	if (f == NULL)
		fail_msg("%s", err.text);
	return f;
}

static void
test_apply(void **state)
{
	static const char own[] =
	    "code,text,mj\nU+E000,土吉,\nU+E001,𠮷,\nU+E002,,MJ000001\n"
	    "U+E003,?,\n";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_rules *rules = rules_of(table);
	struct seki_gaiji *g = seki_gaiji_read(
	    seki_in_mem(own, sizeof(own) - 1, "own.csv", &err), &err);
	struct seki_standins s = { .gaiji = g,
		.fallback = chosen("文字,代替,検査\n𠮷,吉,cp932\n𠮷,土,\n"
				   "葛\U000E0100,葛,\n髙,高,\n",
		    rules) };
	struct seki_buf b = SEKI_BUF_INIT;
	static const struct {
		const char *gate, *s, *want;
		int n;
	} rows[] = {
		{ "cp932", "𠮷野", "吉野", 1 },
		{ "jisx0208", "𠮷野", "土野", 1 },
		/* Only where it is lost. */
		{ "cp932", "髙橋𠮷", "髙橋吉", 1 },
		{ "jisx0208", "髙橋", "高橋", 1 },
		{ "cp932", "葛\U000E0100葛\U000E0101𠮷", "葛葛\U000E0101吉",
		    2 },
		{ "cp932", "𠮷\U000E0100", "𠮷\U000E0100", 0 },
		/* The city's own, when the set has it. */
		{ "cp932", "a\uE000\uE001\uE002\uE003",
		    "a土吉\uE001\uE002\uE003", 1 },
		{ "cp932", "abc", "abc", 0 },
		{ "cp932", "", "", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seki_buf_reset(&b);
		assert_int_equal(seki_standins_apply(&s, gate(rows[i].gate),
				     rows[i].s, strlen(rows[i].s), &b, &err),
		    rows[i].n);
		if (strcmp(b.p, rows[i].want) != 0)
			fail_msg("row %zu: %s", i, b.p);
	}
	seki_buf_free(&b);
	seki_fallback_free(s.fallback);
	seki_gaiji_free(g);
	seki_rules_free(rules);
}

static void
test_candidates(void **state)
{
	static const char own[] = "code,text,mj,name,note\nU+E001,,MJ000001,,\n"
				  "U+E000,土吉,,つち,x\nU+E002,𠮷,,,\n";
	static const struct {
		const char *gate, *s, *want;
		int n;
	} rows[] = {
		{ "cp932", "𠮷", "吉", 1 },
		{ "cp932", "邉", "", 0 }, /* it is not lost: nothing asked */
		{ "jisx0208", "髙", "高", 1 }, { "cp932", "〜", "～", 1 },
		{ "jisx0213", "\u2015", "\u2014", 1 },
		{ "cp932", "か\u3099", "が|か", 2 },
		{ "cp932", "葛\U000E0100", "葛", 1 },
		{ "cp932", "𠮷\U000E0100", "吉", 1 },
		{ "jisx0208", "\uFA12", "\u6674", 1 },
		{ "cp932", "剝", "剥", 1 }, { "cp932", "\uE000", "土吉", 1 },
		{ "cp932", "\uE001", "", 0 },
		{ "cp932", "\uE002", "", 0 }, /* it would be lost, too */
		{ "cp932", "\u200B", "", 0 },
		{ "cp932", "\u00A5", "￥", 1 }, /* never a backslash */
	};
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_fold *f = seki_fold_open("tests/data/fold.csv", &err);
	struct seki_gaiji *g = seki_gaiji_read(
	    seki_in_mem(own, sizeof(own) - 1, "own.csv", &err), &err);
	const struct seki_charset_tables t = { f, g };
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_lost l;
	size_t i, at;
	int n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct seki_norm_kind *k = gate(rows[i].gate);

		seki_buf_reset(&b);
		(void)seki_buf_str(&b, "", &err);
		at = 0;
		n = seki_lost_next(k, rows[i].s, strlen(rows[i].s), &at, &l)
			? seki_candidates(
			      &t, k, rows[i].s + l.at, l.n, &l.why, &b, &err)
			: 0;
		if (n != rows[i].n || strcmp(b.p, rows[i].want) != 0)
			fail_msg("row %zu: %d: %s", i, n, b.p);
	}
	seki_buf_free(&b);
	seki_fold_free(f);
	seki_gaiji_free(g);
}

/* The digest of the rules and what is bound to them. */
static void
test_bind(void **state)
{
	static const char a[] = "1111111111111111111111111111111111111111111111"
				"111111111111111111";
	static const char z[] = "2222222222222222222222222222222222222222222222"
				"222222222222222222";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_rules *r = rules_of(table), *other = rules_of(table);
	struct seki_buf b = SEKI_BUF_INIT;
	char own[SEKI_HEX], want[SEKI_HEX];

	(void)state;
	memcpy(own, seki_rules_digest(r), SEKI_HEX);
	assert_int_equal(
	    seki_sha256_hex(table, sizeof(table) - 1, want, &err), 0);
	assert_string_equal(own, want);
	assert_int_equal(seki_rules_bind(r, "@gaiji", z, &err), 0);
	(void)seki_buf_fmt(&b, &err, "seki-rules-2\n%s\n%s  @gaiji\n", own, z);
	assert_int_equal(seki_sha256_hex(b.p, b.n, want, &err), 0);
	assert_string_equal(seki_rules_digest(r), want);
	assert_int_equal(seki_rules_bind(r, "zip.csv", z, &err), 0);
	assert_int_equal(seki_rules_bind(r, "@fold", a, &err), 0);
	/* The order in which they come does not matter. */
	assert_int_equal(seki_rules_bind(other, "@fold", a, &err), 0);
	assert_int_equal(seki_rules_bind(other, "zip.csv", z, &err), 0);
	assert_int_equal(seki_rules_bind(other, "@gaiji", z, &err), 0);
	assert_string_equal(seki_rules_digest(r), seki_rules_digest(other));
	seki_buf_reset(&b);
	(void)seki_buf_fmt(&b, &err,
	    "seki-rules-2\n%s\n%s  @fold\n%s  @gaiji\n%s  zip.csv\n", own, a, z,
	    z);
	assert_int_equal(seki_sha256_hex(b.p, b.n, want, &err), 0);
	assert_string_equal(seki_rules_digest(r), want);
	seki_buf_free(&b);
	seki_rules_free(r);
	seki_rules_free(other);
}

/* One character more than are told apart. */
static void
test_many(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_rules *rules = rules_of(table);
	struct seki_schema *s = seki_schema_new("s", "$id", &err);
	const struct seki_charset_tables t = { NULL, NULL };
	const struct seki_standins none = { .fallback = NULL };
	struct seki_record rec = { .key = { .p = "1", .n = 1, .set = 1 } };
	struct seki_characters *c;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_value v = { .set = 1 };
	struct seki_out *out;
	struct seki_in *in;
	char path[] = "/tmp/seki-chars-XXXXXX";
	char text[8];
	uint32_t i;
	int fd = mkstemp(path);

	(void)state;
	for (i = 0; i <= SEKI_CHARACTERS_MAX; i++)
		(void)seki_buf_add(
		    &b, text, seki_text_put(text, 0x20000 + i), &err);
	v.p = b.p;
	v.n = b.n;
	c = seki_characters_new(s, &t, &none, 1, NULL, &err);
	assert_non_null(c);
	assert_int_equal(
	    seki_characters_look(c, &rules->rule[0], &rec, 0, &v, &err), 0);
	assert_int_equal(seki_characters_count(c), SEKI_CHARACTERS_MAX);
	out = seki_out_fd(fd, path, &err);
	assert_int_equal(seki_characters_book(c, out, 1, &err), 0);
	assert_int_equal(seki_out_commit(out, &err), 0);
	/* The report says so, and is a table of fallbacks as it is. */
	in = seki_in_file(path, 0, &err);
	assert_non_null(in);
	seki_in_free(in);
	{
		struct seki_grid *g = seki_grid_open(path, NULL, &err);
		const struct seki_grid_cell *cell;
		uint64_t rows = 0;
		size_t n;
		int told = 0;

		assert_non_null(g);
		while (seki_grid_next(g, &cell, &n, &err) == 1)
			told =
			    told ||
			    (n > 1 && strstr(cell[0].p, "not listed") != NULL &&
				strcmp(cell[1].p, "1") == 0);
		assert_true(told);
		assert_int_equal(seki_grid_rewind(g, "characters", &err), 0);
		while (seki_grid_next(g, &cell, &n, &err) == 1)
			rows++;
		assert_int_equal(rows, SEKI_CHARACTERS_MAX + 1);
		seki_grid_free(g);
	}
	seki_characters_free(c);
	seki_schema_free(s);
	seki_rules_free(rules);
	seki_buf_free(&b);
	(void)unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_fallbacks),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
