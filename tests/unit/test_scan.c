#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "norm_int.h"
#include "scan.h"

/* Everything that one text gives: "level:what at+n why" joined by "; ". */
struct got {
	struct seki_buf out;
	const char *text;
	int digits; /* also the digits, which no tool shows */
};

static void
hit(void *ctx, const struct seki_scan_hit *h)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct got *g = ctx;
	size_t i;

	(void)seki_buf_fmt(&g->out, &err, "%s%s:%s", g->out.n > 0 ? "; " : "",
	    seki_scan_level_word(h->level), seki_scan_what_word(h->what));
	if (g->digits) {
		struct seki_buf d = SEKI_BUF_INIT;

		(void)seki_norm_nfkc(g->text + h->at, h->n, &d, &err);
		(void)seki_buf_byte(&g->out, ' ', &err);
		for (i = 0; i < d.n; i++)
			if (d.p[i] >= '0' && d.p[i] <= '9')
				(void)seki_buf_byte(&g->out, d.p[i], &err);
		seki_buf_free(&d);
		return;
	}
	(void)seki_buf_fmt(&g->out, &err, " %zu+%zu ", h->at, h->n);
	(void)seki_scan_why_words(h->why, &g->out, &err);
}

static const char *
scan(struct got *g, const char *field, const char *text, int number)
{
	struct seki_scan_text work = { .hit = hit, .ctx = g };
	struct seki_err err = SEKI_ERR_INIT;
	unsigned bits = 0;

	seki_buf_reset(&g->out);
	g->text = text;
	if (field != NULL)
		assert_int_equal(seki_scan_label(&work, field, &bits, &err), 0);
	assert_int_equal((number ? seki_scan_number : seki_scan_text)(
			     &work, text, strlen(text), bits, &err),
	    0);
	seki_buf_free(&work.points);
	return g->out.n > 0 ? g->out.p : "";
}

/* The published table's rows, of which test_norm counts the others. */
static void
test_table(void **state)
{
	struct seki_buf file = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct got g = { .digits = 1 };
	char *line, *next, *kind, *in, *want, have[256];
	size_t rows = 0, fails = 0;

	(void)state;
	assert_int_equal(seki_in_slurp("tests/data/normalise-cases.tsv",
			     1 << 20, &file, &err),
	    0);
	for (next = file.p; (line = strsep(&next, "\n")) != NULL;) {
		kind = strsep(&line, "\t");
		if (strcmp(kind, "mynumber_scan") != 0)
			continue;
		in = strsep(&line, "\t");
		want = strsep(&line, "\t");
		rows++;
		(void)snprintf(have, sizeof(have), "%s", scan(&g, NULL, in, 0));
		/* The table says high for found, and knows My Numbers only. */
		if (strstr(have, ":mynumber ") == NULL)
			(void)strcpy(have, "none");
		else {
			char *at = strchr(have, ':');

			memmove(at + 1, at + 10, strlen(at + 10) + 1);
			if (strncmp(have, "found", 5) == 0) {
				memcpy(have, "high", 4);
				memmove(
				    have + 4, have + 5, strlen(have + 5) + 1);
			}
		}
		if (strcmp(have, want) != 0) {
			print_error("'%s': %s, not %s\n", in, have, want);
			fails++;
		}
	}
	assert_int_equal(rows, 12);
	assert_int_equal(fails, 0);
	seki_buf_free(&file);
	seki_buf_free(&g.out);
}

static const struct {
	const char *field, *text, *want;
} cases[] = {
	/* The field's name counts as a label. */
	{ "個人番号", "123456789018", "found:mynumber 0+12 field,check-digit" },
	{ "ＭｙＮｕｍｂｅｒ", "1234-5678-9018",
	    "found:mynumber 0+14 field,check-digit,groups" },
	{ "世帯主のﾏｲﾅﾝﾊﾞｰ", "123456789018",
	    "found:mynumber 0+12 field,check-digit" },
	{ "my_number", "123456789019",
	    "suspect:mynumber 0+12 field,bad-check-digit" },
	/* And against, but not against the text itself. */
	{ "電話", "123456789018", "" },
	{ "電話", "個人番号 123456789018",
	    "found:mynumber 13+12 label,check-digit" },
	{ "個人番号", "注文番号 123456789018",
	    "found:mynumber 13+12 field,check-digit" },
	/* A field for nothing else, and a number of another length. */
	{ "個人番号", "12345678901", "suspect:mynumber 0+11 field,length" },
	{ "【マイナンバー】", "1234567890123",
	    "suspect:mynumber 0+13 field,length" },
	{ "個人番号", "未提出", "" },
	{ "マイナンバーカードの申請状況", "1234567890123", "" },
	/* Spellings. */
	{ NULL, "マイ・ナンバー：１２３４　５６７８　９０１８",
	    "found:mynumber 24+42 label,check-digit,groups" },
	{ NULL, "個 人 番 号\n123456789018",
	    "found:mynumber 16+12 label,check-digit" },
	{ NULL, "個人番号1\342\200\21323456789018",
	    "found:mynumber 12+15 label,check-digit" },
	{ NULL, "1234ー5678ー9018", "low:mynumber 0+18 check-digit,groups" },
	{ NULL, "1234.5678.9018", "low:mynumber 0+14 check-digit,groups" },
	/* Not four, four and four; two separators; one only. */
	{ NULL, "個人番号 123-456-789-018",
	    "found:mynumber 13+15 label,check-digit,groups" },
	{ NULL, "個人番号 1234--5678--9018",
	    "found:mynumber 13+16 label,check-digit,groups" },
	{ NULL, "個人番号 12345678-9018", "" },
	{ NULL, "個人番号 123-456-789-019", "" },
	{ NULL, "123-456-789-018", "" },
	/* Part of something longer. */
	{ NULL, "個人番号 +123456789018", "" },
	{ NULL, "個人番号 03-123456789018", "" },
	{ NULL, "個人番号 123456789018,5", "" },
	{ NULL, "個人番号 123456789018。5",
	    "found:mynumber 13+12 "
	    "label,check-digit" },
	{ NULL, "1234 5678 9018 1111", "" },
	{ NULL, "個人番号 1234 5678 9018 2026年",
	    "found:mynumber 13+14 label,check-digit,groups" },
	{ NULL, "1234567890189", "" },
	{ NULL, "12345678901", "" },
	/* Rivals; a word of letters is not part of a longer one. */
	{ NULL, "TEL 123456789018", "" },
	{ NULL, "hotel 123456789018", "low:mynumber 6+12 check-digit" },
	{ NULL, "January 123456789018", "low:mynumber 8+12 check-digit" },
	{ NULL, "ＪＡＮ：123456789018", "" },
	{ NULL, "マイナンバー不明、電話 123456789018", "" },
	{ NULL, "電話不明、マイナンバー 123456789018",
	    "found:mynumber 34+12 label,check-digit" },
	/* The label must end within thirty characters. */
	{ NULL,
	    "個人番号あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへ"
	    "123456789018",
	    "found:mynumber 99+12 label,check-digit" },
	{ NULL,
	    "個人番号あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへ"
	    "ほ123456789018",
	    "low:mynumber 102+12 check-digit" },
	/* No instants of other centuries, no February 30. */
	{ NULL, "202604011231", "" },
	{ NULL, "202602301230", "" },
	{ NULL, "180001010008", "low:mynumber 0+12 check-digit" },
	/* Codes, with a label only. */
	{ NULL, "住民票コード 12345678903",
	    "found:juminhyo 19+11 label,check-digit" },
	{ NULL, "住民票ｺｰﾄﾞ 1234-5678-903",
	    "found:juminhyo 22+13 label,check-digit,groups" },
	{ NULL, "住民票コード 12345678904",
	    "suspect:juminhyo 19+11 label,bad-check-digit" },
	{ "住民票コード", "12345678903",
	    "found:juminhyo 0+11 field,check-digit" },
	{ NULL, "12345678903", "" },
	{ NULL, "住民票コード不明 携帯 09012345678", "" },
	{ NULL, "基礎年金番号 1234-567890", "low:nenkin 19+11 label,groups" },
	{ NULL, "1234-567890", "" },
	{ NULL, "在留カード AB12345678CD", "low:zairyu 16+12 label" },
	{ NULL, "AB12345678CD", "" },
	/* Cards. */
	{ NULL, "4111 1111 1111 1111", "suspect:card 0+19 check-digit,groups" },
	{ NULL, "4111111111111111", "low:card 0+16 check-digit" },
	{ NULL, "VISA 4111111111111111", "found:card 5+16 label,check-digit" },
	{ NULL, "カード番号 3782-822463-10005",
	    "found:card 16+17 label,check-digit,groups" },
	{ NULL, "伝票番号 4111-1111-1111-1111", "" },
	{ NULL, "4111 1111 1111 1112", "" },
	{ NULL, "1111 1111 1111 1117", "" },
	/* Several in one text. */
	{ NULL, "個人番号 123456789018 と 111111111118",
	    "found:mynumber 13+12 label,check-digit; "
	    "found:mynumber 30+12 label,check-digit" },
};

static void
test_texts(void **state)
{
	struct got g = { .digits = 0 };
	size_t i, fails = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(scan(&g, cases[i].field, cases[i].text, 0),
			cases[i].want) != 0) {
			print_error("%s '%s': '%s', not '%s'\n",
			    cases[i].field == NULL ? "-" : cases[i].field,
			    cases[i].text, g.out.n > 0 ? g.out.p : "",
			    cases[i].want);
			fails++;
		}
	seki_buf_free(&g.out);
	assert_int_equal(fails, 0);
}

/* A NUMBER has no leading zeros: 012345678903 is a My Number, too. */
static void
test_number(void **state)
{
	struct got g = { .digits = 0 };
	char d[16] = "01234567890";

	(void)state;
	d[11] = seki_norm_mod11(d, 11);
	d[12] = '\0';
	assert_string_equal(scan(&g, "個人番号", d + 1, 1),
	    "found:mynumber 0+12 field,check-digit");
	assert_string_equal(scan(&g, "金額", d + 1, 1), "");
	seki_buf_free(&g.out);
}

/* By chance 1 of 10 numbers of 12 digits passes; none of them stops. */
static void
test_chance(void **state)
{
	struct got g = { .digits = 0 };
	unsigned long long v = 987654321;
	size_t i, low = 0;
	char d[16];

	(void)state;
	for (i = 0; i < 20000; i++) {
		v = (v * 6364136223846793005ULL + 1442695040888963407ULL);
		(void)snprintf(
		    d, sizeof(d), "%012llu", (v >> 16) % 1000000000000ULL);
		(void)scan(&g, NULL, d, 0);
		assert_true(
		    g.out.n == 0 || strncmp(g.out.p, "low:mynumber", 12) == 0);
		low += g.out.n > 0;
	}
	assert_in_range(low, 1500, 2500);
	seki_buf_free(&g.out);
}

static void
test_formula(void **state)
{
	static const char *const yes[] = { "=1+1", "+81-3", "@x", "\tx", "\rx",
		"＝1", "－なし", "-x", NULL };
	static const char *const no[] = { "", "-", "-5", "-0.5", "x=1", "1-2",
		NULL };
	size_t i;

	(void)state;
	for (i = 0; yes[i] != NULL; i++)
		assert_true(seki_scan_formula(yes[i], strlen(yes[i])));
	for (i = 0; no[i] != NULL; i++)
		assert_false(seki_scan_formula(no[i], strlen(no[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_formula),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
