#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "charset.h"
#include "fold.h"
#include "norm_int.h"

/* The report and the candidates as functions of a text, as the table has them.
 */
static int
report(const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return seki_charset_report(SEKI_CP932, s, n, out, err);
}

static struct seki_fold *fold;

static int
candidates(const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return seki_fold_text(fold, s, n, out, err);
}

enum {
	ONCE = 1, /* it does not read what it makes */
	ANY = 2,  /* it takes a text of any length */
	PLAIN = 4 /* it reads without NFKC */
};
static const struct {
	const char *name;
	seki_norm_fn *fn;
	size_t rows; /* of the published table, so that none is lost */
	int how;
} fns[] = {
	{ "text", seki_norm_text, 13, ANY },
	{ "name_kanji", seki_norm_name_kanji, 20, ANY },
	{ "name_kana", seki_norm_name_kana, 10, PLAIN },
	{ "kana_zengin", seki_norm_kana_zengin, 16, PLAIN },
	{ "zengin_corp", seki_norm_zengin_corp, 7, PLAIN },
	{ "yucho", seki_norm_yucho, 5, 0 },
	{ "address", seki_norm_address, 24, PLAIN },
	{ "postal", seki_norm_postal, 7, 0 },
	{ "tel", seki_norm_tel, 18, 0 },
	{ "email", seki_norm_email, 8, PLAIN },
	{ "number", seki_norm_number, 22, PLAIN },
	{ "date", seki_norm_date, 42, 0 },
	{ "date_lenient", seki_norm_date_lenient, 3, 0 },
	{ "date_serial", seki_norm_date_serial, 5, 0 },
	{ "datetime_jst", seki_norm_datetime_jst, 2, 0 },
	{ "fiscal_year", seki_norm_fiscal_year, 8, 0 },
	{ "fy_of_date", seki_norm_fy_of_date, 3, ONCE },
	{ "time", seki_norm_time, 13, 0 },
	{ "time_ext", seki_norm_time_ext, 3, 0 },
	{ "yesno", seki_norm_yesno, 17, 0 },
	{ "sex", seki_norm_sex, 6, 0 },
	{ "pref", seki_norm_pref, 5, 0 },
	{ "lgcode", seki_norm_lgcode, 9, 0 },
	{ "mynumber_cd", seki_norm_mynumber_cd, 5, ONCE },
	{ "mynumber", seki_norm_mynumber, 7, 0 },
	{ "houjin_cd", seki_norm_houjin_cd, 4, ONCE },
	{ "houjin", seki_norm_houjin, 5, 0 },
	{ "juminhyo", seki_norm_juminhyo, 3, 0 },
	{ "cp932", report, 18, ONCE | ANY },
	{ "nfkc", seki_norm_nfkc, 15, ONCE },
	{ "fold", candidates, 7, ONCE | ANY },
	{ "datetime", seki_norm_datetime, 0, 0 },
	{ "gate_cp932", seki_norm_cp932, 0, ANY },
	{ "gate_fold", seki_norm_cp932_fold, 0, ANY },
	{ "gate_jisx0208", seki_norm_jisx0208, 0, ANY },
	{ "gate_jisx0213", seki_norm_jisx0213, 0, ANY },
	{ "forbidden", seki_norm_forbidden, 0, ANY },
};
#define NFNS (sizeof(fns) / sizeof(fns[0]))
/* What other tests run of the table, so that all its rows are run. */
static const char *const elsewhere[] = { "mynumber_scan" };
#define ROWS 342
#define ROWS_ELSEWHERE 12

static void
unescape(char *s)
{
	char *d = s, *end;

	while (*s != '\0') {
		if (*s != '\\') {
			*d++ = *s++;
			continue;
		}
		s++;
		if (*s == 'u') {
			d += seki_text_put(
			    d, (uint32_t)strtoul(s + 2, &end, 16));
			s = end + 1;
			continue;
		}
		*d++ = *s == 'n'   ? '\n'
		       : *s == 'r' ? '\r'
		       : *s == 't' ? '\t'
				   : *s;
		s++;
	}
	*d = '\0';
}

/* "ERROR:word" or the text. */
static void
run(seki_norm_fn *fn, const char *s, struct seki_buf *b)
{
	struct seki_err err = SEKI_ERR_INIT;
	int r;

	seki_buf_reset(b);
	r = fn(s, strlen(s), b, &err);
	assert_int_not_equal(r, -1);
	if (r > 0) {
		assert_int_equal(b->n, 0);
		(void)seki_buf_fmt(
		    b, &err, "ERROR:%s", seki_broken_word((enum seki_broken)r));
	}
	(void)seki_buf_add(b, "", 0, &err);
}

static size_t
one(size_t k, const char *in, const char *want)
{
	const char *name = fns[k].name;
	seki_norm_fn *fn = fns[k].fn;
	struct seki_buf b = SEKI_BUF_INIT, again = SEKI_BUF_INIT;
	size_t fails = 0;

	run(fn, in, &b);
	if (strcmp(b.p, want) != 0) {
		print_error("%s '%s': '%s', not '%s'\n", name, in, b.p, want);
		fails++;
	} else if ((fns[k].how & ONCE) == 0 &&
		   strncmp(want, "ERROR:", 6) != 0) {
		run(fn, b.p, &again);
		if (strcmp(b.p, again.p) != 0) {
			print_error("%s '%s': '%s' becomes '%s'\n", name, in,
			    b.p, again.p);
			fails++;
		}
	}
	seki_buf_free(&b);
	seki_buf_free(&again);
	return fails;
}

static void
test_cases(void **state)
{
	struct seki_buf file = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	size_t count[NFNS] = { 0 }, fails = 0, skipped = 0, rows = 0, i;
	char *line, *kind, *in, *want;

	(void)state;
	assert_int_equal(seki_in_slurp("tests/data/normalise-cases.tsv",
			     1 << 20, &file, &err),
	    0);
	for (line = strtok(file.p, "\n"); line != NULL;
	     line = strtok(NULL, "\n")) {
		kind = strsep(&line, "\t");
		in = strsep(&line, "\t");
		want = strsep(&line, "\t");
		assert_non_null(want);
		for (i = 0; i < NFNS; i++) {
			if (strcmp(kind, fns[i].name) != 0)
				continue;
			unescape(in);
			unescape(want);
			fails += one(i, in, want);
			count[i]++;
		}
		skipped += strcmp(kind, elsewhere[0]) == 0;
		rows++;
	}
	assert_int_equal(rows - 1, ROWS);
	assert_int_equal(skipped, ROWS_ELSEWHERE);
	for (rows = 0, i = 0; i < NFNS; i++)
		rows += count[i];
	assert_int_equal(rows + skipped, ROWS);
	for (i = 0; i < NFNS; i++)
		if (count[i] != fns[i].rows) {
			print_error("%s: %zu rows, not %zu\n", fns[i].name,
			    count[i], fns[i].rows);
			fails++;
		}
	seki_buf_free(&file);
	assert_int_equal(fails, 0);
}

/* What the published table does not say. */
static const struct {
	const char *name, *in, *want;
} more[] = {
	{ "text", "", "ERROR:empty" },
	{ "text", "\u3000\n\t ", "ERROR:empty" },
	{ "text", "a\u3000\nb", "a\u3000\nb" },
	{ "text", "か\u200B\u3099", "が" },
	{ "text", "か\u3099\u3099", "が\u3099" },
	{ "text", "は\u309Aハ\u309Aﾊﾟ", "ぱパパ" },
	{ "text", "ｳﾞﾜﾞｦﾞｶﾟ", "ヴヷヺカ\u309C" },
	{ "text", "ゝ\u3099ヽ\u3099", "ゞヾ" },
	{ "text", " \u3099", "\u3099" },
	{ "text", "か\u309A", "か\u309A" },
	{ "text", "カﾞ", "ガ" },
	{ "text", "1 ﾞ", "1 \u309B" },
	{ "text", "葛\U000E0100🏫", "葛\U000E0100🏫" },
	{ "text", "\r", "ERROR:empty" },
	{ "text", "a\r", "a" },
	{ "text", "a\r\rb", "a\n\nb" },
	{ "text",
	    "a\ab\xC2\x85"
	    "c\u00AD",
	    "abc" },
	{ "text", "x\uFFFEy\uFFFFz", "xyz" },
	{ "text", "（全角）！～￥", "（全角）！～￥" },
	{ "text", "=1+1", "=1+1" },
	{ "name_kanji", "a\nb\tc", "a b c" },
	{ "name_kanji", "山田  太郎", "山田 太郎" },
	{ "name_kanji", "～", "～" },
	{ "name_kanji", "ｶ \u3099", "カ \u3099" },
	{ "name_kanji", "\u2FC8\u2E9F", "黄母" },
	{ "number", "0", "0" },
	{ "number", "-0", "0" },
	{ "number", "△0.00", "0.00" },
	{ "number", "00.50", "0.50" },
	{ "number", ".5", "0.5" },
	{ "number", "5.", "ERROR:unparsed" },
	{ "number", "", "ERROR:empty" },
	{ "number", "円", "ERROR:unparsed" },
	{ "number", "-", "ERROR:unparsed" },
	{ "number", "()", "ERROR:unparsed" },
	{ "number", "+5", "5" },
	{ "number", "+-5", "ERROR:unparsed" },
	{ "number", "--5", "ERROR:unparsed" },
	{ "number", "-5-", "ERROR:unparsed" },
	{ "number", "(-5)", "ERROR:unparsed" },
	{ "number", "¥¥5", "ERROR:unparsed" },
	{ "number", "5円円", "ERROR:unparsed" },
	{ "number", "-¥1,234", "-1234" },
	{ "number", "¥ -1,234 円", "-1234" },
	{ "number", "( 1,234 円 )", "-1234" },
	{ "number", "(1,234)円", "-1234" },
	{ "number", "1 234", "ERROR:grouping" },
	{ "number", "1,,234", "ERROR:grouping" },
	{ "number", ",234", "ERROR:grouping" },
	{ "number", "1,234,", "ERROR:grouping" },
	{ "number", "0,123", "ERROR:grouping" },
	{ "number", "1234,567", "ERROR:grouping" },
	{ "number", "1.234,5", "ERROR:grouping" },
	{ "number", "1,234.5", "1234.5" },
	{ "number", "1e5", "ERROR:unparsed" },
	{ "number", "1.2.3", "ERROR:unparsed" },
	{ "number", "①", "ERROR:unparsed" },
	{ "number", "50%", "ERROR:unparsed" },
	{ "number", "123456789012345678901234567890.5",
	    "123456789012345678901234567890.5" },
	{ "number", "123,456,789,012,345,678,901,234,567,890",
	    "123456789012345678901234567890" },
	{ "number", "〇", "0" },
	{ "number", "〇〇七", "7" },
	{ "number", "十", "10" },
	{ "number", "二十一", "21" },
	{ "number", "千", "1000" },
	{ "number", "千万", "10000000" },
	{ "number", "万", "ERROR:unparsed" },
	{ "number", "十百", "ERROR:unparsed" },
	{ "number", "二十二十", "ERROR:unparsed" },
	{ "number", "二二十", "ERROR:unparsed" },
	{ "number", "千二三", "ERROR:unparsed" },
	{ "number", "1万2億", "ERROR:unparsed" },
	{ "number", "1万2万", "ERROR:unparsed" },
	{ "number", "1億20000万", "ERROR:unparsed" },
	{ "number", "1万2,345円", "12345" },
	{ "number", "1万23456", "ERROR:unparsed" },
	{ "number", "二〇〇万", "2000000" },
	{ "number", "2千500", "2500" },
	{ "number", "2百500", "ERROR:unparsed" },
	{ "number", "1,234千円", "1234000" },
	{ "number", "1.5千円", "1500" },
	{ "number", "15百万円", "15000000" },
	{ "number", "15百5十", "ERROR:unparsed" },
	{ "number", "1.5億2000万", "ERROR:unparsed" },
	{ "number", "1億2.5万", "100025000" },
	{ "number", "1.23456万", "12345.6" },
	{ "number", "-1.5万", "-15000" },
	{ "number", "2兆3億", "2000300000000" },
	{ "number", "9999兆9999億9999万9999", "9999999999999999" },
	{ "number", "999999999999999兆", "ERROR:too-long" },
	{ "number", "3億2,00万", "ERROR:grouping" },
	{ "number", "二5", "ERROR:unparsed" },
	{ "date", "2024-4-1", "2024-04-01" },
	{ "date", "", "ERROR:empty" },
	{ "date", "2024-04", "2024-04" },
	{ "date", "2024年4月", "2024-04" },
	{ "date", "令和6年", "ERROR:unparsed" },
	{ "date", "2024", "ERROR:unparsed" },
	{ "date", "2024年", "ERROR:unparsed" },
	{ "date", "令和0年4月1日", "ERROR:era-range" },
	{ "date", "平成31年4月", "2019-04" },
	{ "date", "平成31年5月", "ERROR:era-range" },
	{ "date", "昭和100年1月1日", "ERROR:era-range" },
	{ "date", "昭和9999年1月1日", "ERROR:unparsed" },
	{ "date", "明治5年12月", "ERROR:pre-gregorian" },
	{ "date", "2024-04-00", "ERROR:calendar" },
	{ "date", "2024年0月1日", "ERROR:calendar" },
	{ "date", "20240400", "ERROR:calendar" },
	{ "date", "0000-01-01", "ERROR:calendar" },
	{ "date", "R060431", "ERROR:calendar" },
	{ "date", "060401", "ERROR:ambiguous" },
	{ "date", "5060401", "ERROR:ambiguous" },
	{ "date", "4/1/2024", "ERROR:ambiguous" },
	{ "date", "六四年四月一日", "ERROR:ambiguous" },
	{ "date", "二〇二四年四月一日", "2024-04-01" },
	{ "date", "千九百六十四年十月十日", "1964-10-10" },
	{ "date", "2024/4-1", "ERROR:unparsed" },
	{ "date", "2024年4/1", "ERROR:unparsed" },
	{ "date", "2024/4/1日", "ERROR:unparsed" },
	{ "date", "2024年4月1", "2024-04-01" },
	{ "date", "4月1日", "ERROR:unparsed" },
	{ "date", "2024年4月1日月曜日", "2024-04-01" },
	{ "date", "2024-04-01(月曜)", "2024-04-01" },
	{ "date", "2024年4月(月)", "ERROR:unparsed" },
	{ "date", "1900-01-01（月）", "1900-01-01" },
	{ "date", "昭和39(1964)年10月10日", "1964-10-10" },
	{ "date", "昭和39年（1964年）10月10日", "1964-10-10" },
	{ "date", "1989(昭和64)年1月8日", "ERROR:era-range" },
	{ "date", "1964(39)年10月10日", "ERROR:unparsed" },
	{ "date", "昭和39(平成1)年10月10日", "ERROR:unparsed" },
	{ "date", "㋿6年4月1日", "2024-04-01" },
	{ "date", "X060401", "ERROR:unparsed" },
	{ "date", "2024-04-01T00:00:00Z", "ERROR:unparsed" },
	{ "date", "12345-01-01", "ERROR:unparsed" },
	{ "tel", "", "ERROR:empty" },
	{ "tel", "電話番号：03-1234-5678", "03-1234-5678" },
	{ "tel", "℡03-1234-5678", "03-1234-5678" },
	{ "tel", "03-1234-5678㈹", "03-1234-5678" },
	{ "tel", "03-1234-5678(内線12)", "03-1234-5678 内線12" },
	{ "tel", "03-1234-5678 ext. 12", "03-1234-5678 内線12" },
	{ "tel", "03-1234-5678 内線12（代）", "03-1234-5678 内線12" },
	{ "tel", "+81 (0)3-1234-5678", "03-1234-5678" },
	{ "tel", "+81(0)312345678", "0312345678" },
	{ "tel", "+81", "ERROR:length" },
	{ "tel", "+1-202-555-0100", "ERROR:charset" },
	{ "tel", "0800-1234567", "0800-123-4567" },
	{ "tel", "0570012345", "0570-012-345" },
	{ "tel", "090-123-4567", "ERROR:length" },
	{ "tel", "03.1234.5678", "03-1234-5678" },
	{ "tel", "03 1234 5678", "03-1234-5678" },
	{ "tel", "03-1234-5678-", "ERROR:charset" },
	{ "tel", "-03-1234-5678", "ERROR:charset" },
	{ "tel", "(03-1234-5678", "ERROR:charset" },
	{ "tel", "03)1234-5678", "ERROR:charset" },
	{ "tel", "((03))1234-5678", "ERROR:charset" },
	{ "tel", "03-1234-5678/5679", "ERROR:charset" },
	{ "tel", "03-1234-5678 090-1234-5678", "ERROR:length" },
	{ "tel", "内線12", "ERROR:charset" },
	{ "tel", "110", "ERROR:length" },
	{ "tel", "312345678", "ERROR:leading-zero-lost" },
	{ "postal", "", "ERROR:empty" },
	{ "postal", "〒 100-0013", "1000013" },
	{ "postal", "〒", "ERROR:charset" },
	{ "postal", "-1000013", "ERROR:charset" },
	{ "postal", "100-0013-", "ERROR:charset" },
	{ "postal", "12345678", "ERROR:length" },
	{ "postal", "0600000", "0600000" },
	{ "time", "24:30", "ERROR:range" },
	{ "time", "9:5", "ERROR:unparsed" },
	{ "time", "午後13時", "ERROR:range" },
	{ "time", "9:05 PM", "21:05" },
	{ "time", "0:30 AM", "ERROR:range" },
	{ "time", "9時5分10秒", "09:05:10" },
	{ "time", "三時半", "03:30" },
	{ "time", "9", "ERROR:unparsed" },
	{ "datetime", "2026-04-01T00:15:00Z", "2026-04-01T00:15:00Z" },
	{ "datetime", "2026-04-01T09:15:00+09:00", "2026-04-01T00:15:00Z" },
	{ "datetime", "2026-04-01 09:15", "2026-04-01T00:15:00Z" },
	{ "datetime", "2026/4/1 9:15:30", "2026-04-01T00:15:30Z" },
	{ "datetime", "2026-04-01 09:15:30.250", "2026-04-01T00:15:30Z" },
	{ "datetime", "2026-04-01T09:15Z", "2026-04-01T09:15:00Z" },
	{ "datetime", "2026-04-01 09:15 -0500", "2026-04-01T14:15:00Z" },
	{ "datetime", "令和8年4月1日 午前9時15分", "2026-04-01T00:15:00Z" },
	{ "datetime", "令和 8年 4月 1日(水) 正午", "2026-04-01T03:00:00Z" },
	{ "datetime", "２０２６．４．１　９：１５", "2026-04-01T00:15:00Z" },
	{ "datetime", "T15.12.24 0:00", "1926-12-23T15:00:00Z" },
	{ "datetime", "2026-04-01", "ERROR:unparsed" },
	{ "datetime", "2026-04 09:15", "ERROR:no-day" },
	{ "datetime", "26/4/1 9:15", "ERROR:ambiguous" },
	{ "datetime", "2026-04-01 24:00", "ERROR:range" },
	{ "datetime", "2026-02-30 10:00", "ERROR:calendar" },
	{ "datetime", "2026-04-01 午後12時", "ERROR:ambiguous" },
	{ "datetime", "0001-01-01 08:59", "ERROR:range" },
	{ "datetime", "0001-01-01 09:00", "0001-01-01T00:00:00Z" },
	{ "datetime", "9:15", "ERROR:unparsed" },
	{ "datetime", "", "ERROR:empty" },
	{ "datetime_jst", "0999-12-31T15:00:00Z", "1000-01-01T00:00:00+09:00" },
	{ "datetime_jst", "9999-12-31T15:00:00Z", "ERROR:range" },
	{ "name_kana", "", "ERROR:empty" },
	{ "name_kana", "ｱﾞ", "ERROR:charset" },
	{ "name_kana", "ヤマダ〜", "ERROR:charset" },
	{ "name_kana", "やまだ\n\tたろう", "ヤマダ タロウ" },
	{ "name_kana", "Ｏ’Ｂ", "ERROR:charset" },
	{ "name_kana", "O'BRIEN-ﾔﾏﾀﾞ", "O'BRIEN-ヤマダ" },
	{ "name_kana", "ヷヸヹヺ", "ヷヸヹヺ" },
	{ "kana_zengin", "ヰヱヲヷ", "ｲｴｵﾜﾞ" },
	{ "kana_zengin", "「ア」、イ。￥／", "｢ｱ｣,ｲ.\\/" },
	{ "kana_zengin", "ヤマダ　　タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ" },
	{ "kana_zengin",
	    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホ",
	    "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎ" },
	{ "kana_zengin",
	    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘボ",
	    "ERROR:too-long" },
	{ "kana_zengin",
	    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘボ山",
	    "ERROR:charset" },
	{ "kana_zengin", "ヽ", "ERROR:charset" },
	{ "zengin_corp", "ヤマダ タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ" },
	{ "zengin_corp", "かぶしきかいしゃ　やまだ", "ｶ)ﾔﾏﾀﾞ" },
	{ "zengin_corp", "ｶﾌﾞｼｷｶﾞｲｼﾔﾔﾏﾀﾞ", "ｶ)ﾔﾏﾀﾞ" },
	{ "zengin_corp", "（有）ヤマダ", "ﾕ)ﾔﾏﾀﾞ" },
	{ "zengin_corp", "ヤマダ㈲", "ﾔﾏﾀﾞ(ﾕ" },
	{ "zengin_corp", "医療法人社団ヤマダ会", "ERROR:charset" },
	{ "zengin_corp", "医療法人社団 ヤマダカイ", "ｲ)ﾔﾏﾀﾞｶｲ" },
	{ "zengin_corp", "シャカイイリョウホウジン ヤマダ", "ｲ)ﾔﾏﾀﾞ" },
	{ "zengin_corp", "チホウドクリツギョウセイホウジン ヤマダ",
	    "ﾁﾄﾞｸ)ﾔﾏﾀﾞ" },
	{ "zengin_corp", "カ）カブシキガイシャ", "ｶ)ｶﾌﾞｼｷｶﾞｲｼﾔ" },
	{ "zengin_corp", "ヤマダ チバエイギョウショ", "ﾔﾏﾀﾞ ﾁﾊﾞ(ｴｲ" },
	{ "zengin_corp", "エイギョウショ ヤマダ", "ｴｲｷﾞﾖｳｼﾖ ﾔﾏﾀﾞ" },
	{ "yucho", "11940 12345671", "9900-198-1-1234567" },
	{ "yucho", "11940-2-12345671", "9900-198-1-1234567" },
	{ "yucho", "11940-1", "ERROR:length" },
	{ "yucho", "01940-1234567", "ERROR:length" },
	{ "yucho", "11940-123456781", "ERROR:length" },
	{ "yucho", "1194-12345671", "ERROR:length" },
	{ "yucho", "21940-12345671", "ERROR:unparsed" },
	{ "yucho", "11940-1-12345671-1", "ERROR:length" },
	{ "yucho", "11940", "ERROR:charset" },
	{ "yucho", "記号11940", "ERROR:charset" },
	{ "yucho", "9900-198-2-1234567", "ERROR:length" },
	{ "address", "", "ERROR:empty" },
	{ "address", "北海道札幌市北二十四条西十丁目",
	    "北海道札幌市北24条西10丁目" },
	{ "address", "千代田区六番町六番地六", "千代田区六番町6-6" },
	{ "address", "六番町六番地の二十 三番館", "六番町6-20 三番館" },
	{ "address", "3番地六本木ビル", "3 六本木ビル" },
	{ "address", "六本木七丁目二番一号", "六本木7-2-1" },
	{ "address", "霞が関二丁目一番", "霞が関2-1" },
	{ "address", "霞が関3番地コーポ", "霞が関3 コーポ" },
	{ "address", "霞が関2-1-3号101", "霞が関2-1-3号101" },
	{ "address", "霞が関2-1-101号室", "霞が関2-1-101号室" },
	{ "address", "霞が関２丁目１番３号棟", "霞が関2-1-3号棟" },
	{ "address", "百番地先", "100番地先" },
	{ "address", "1 - 2 ‐ 3", "1-2-3" },
	{ "address", "2番町3丁目", "2番町3丁目" },
	{ "address", "二日町三丁目の5", "二日町3丁目の5" },
	{ "address", "1番地の乙", "1番地の乙" },
	{ "address", "三番二号館", "三番二号館" },
	{ "address", "コーポ〇一丁", "コーポ〇一丁" },
	{ "address", "\u2F3E田市1丁目2", "戸田市1-2" },
	{ "email", "", "ERROR:empty" },
	{ "email", "mailto:a@b.jp", "a@b.jp" },
	{ "email", "<a@b.jp>", "a@b.jp" },
	{ "email", "x <mailto:a～1@b.JP>", "a~1@b.jp" },
	{ "email", "a@b@c.jp", "ERROR:unparsed" },
	{ "email", "@b.jp", "ERROR:unparsed" },
	{ "email", "a@b..jp", "ERROR:unparsed" },
	{ "email", "a@-b.jp", "ERROR:unparsed" },
	{ "email", "a@b-.jp", "ERROR:unparsed" },
	{ "email", "a@b_c.jp", "ERROR:unparsed" },
	{ "email", "a@b.jp;c@d.jp", "ERROR:charset" },
	{ "email", "a b@c.jp", "ERROR:charset" },
	{ "email", "a@b.jp 自宅", "ERROR:charset" },
	{ "date_lenient", "昭和100年1月1日", "2025-01-01" },
	{ "date_lenient", "令和元年4月30日", "2019-04-30" },
	{ "date_lenient", "平成31年2月29日", "ERROR:calendar" },
	{ "date_lenient", "令和0年4月1日", "ERROR:era-range" },
	{ "date_lenient", "1990(昭和64)年1月8日", "ERROR:era-mismatch" },
	{ "date_lenient", "平成31年5月1日(木)", "ERROR:weekday" },
	{ "date_lenient", "平成31年5月1日(水)", "2019-05-01" },
	{ "date_lenient", "24/4/1", "ERROR:ambiguous" },
	{ "date_serial", "1", "1900-01-01" },
	{ "date_serial", "0", "ERROR:range" },
	{ "date_serial", "４５３８３", "2024-04-01" },
	{ "date_serial", "2958465", "9999-12-31" },
	{ "date_serial", "2958466", "ERROR:range" },
	{ "date_serial", "99999999999999", "ERROR:range" },
	{ "date_serial", "45383.5", "ERROR:unparsed" },
	{ "date_serial", "-1", "ERROR:unparsed" },
	{ "date_serial", "2024/4/1", "ERROR:unparsed" },
	{ "fiscal_year", "2024", "2024" },
	{ "fiscal_year", "昭和64年度", "ERROR:era-range" },
	{ "fiscal_year", "昭和元年度", "1926" },
	{ "fiscal_year", "大正15年度", "1926" },
	{ "fiscal_year", "明治45", "1912" },
	{ "fiscal_year", "令和0年度", "ERROR:era-range" },
	{ "fiscal_year", "明治5年度", "ERROR:pre-gregorian" },
	{ "fiscal_year", "令和六年度", "2024" },
	{ "fiscal_year", "年度", "ERROR:unparsed" },
	{ "fiscal_year", "令和6年度分", "ERROR:unparsed" },
	{ "fiscal_year", "0000年度", "ERROR:range" },
	{ "fy_of_date", "令和6年3月", "2023" },
	{ "fy_of_date", "平成31年5月1日", "ERROR:era-range" },
	{ "fy_of_date", "2024", "ERROR:unparsed" },
	{ "fy_of_date", "0001-03-31", "ERROR:range" },
	{ "time_ext", "29:59:59", "05:59:59+1d" },
	{ "time_ext", "9:05", "09:05" },
	{ "time_ext", "06:00+1d", "ERROR:range" },
	{ "time_ext", "23:60", "ERROR:range" },
	{ "time_ext", "二十五時", "01:00+1d" },
	{ "yesno", "ＹＥＳ", "1" },
	{ "yesno", "✔\uFE0F", "1" },
	{ "yesno", "\uFE0F", "ERROR:unparsed" },
	{ "yesno", " － ", "0" },
	{ "yesno", "希望", "ERROR:unparsed" },
	{ "yesno", "◎", "ERROR:unparsed" },
	{ "yesno", "はいはい", "ERROR:unparsed" },
	{ "sex", "ＭＡＬＥ", "1" },
	{ "sex", "９", "9" },
	{ "sex", "", "ERROR:empty" },
	{ "pref", "京都府", "26" },
	{ "pref", "北海", "ERROR:unparsed" },
	{ "pref", "0", "ERROR:unparsed" },
	{ "pref", "1", "01" },
	{ "pref", "沖縄", "47" },
	{ "pref", "東京都千代田区", "ERROR:unparsed" },
	{ "lgcode", "", "ERROR:empty" },
	{ "lgcode", "1310A", "ERROR:charset" },
	{ "lgcode", "13101-6", "131016" },
	{ "houjin", "T", "ERROR:length" },
	{ "houjin", "T 7000012050002", "7000012050002" },
	{ "houjin", "70000120500021", "ERROR:length" },
	{ "houjin", "7-000012050002-", "ERROR:charset" },
	{ "houjin", "法人7000012050002", "ERROR:charset" },
	{ "mynumber", "1234.5678.9018", "123456789018" },
	{ "mynumber", "1234/5678/9018", "ERROR:charset" },
	{ "forbidden", " \u3000\n", "ERROR:empty" },
	{ "forbidden", "a", "ERROR:forbidden" },
	{ "gate_cp932", "髙 ①\u301C", "ERROR:charset" },
	{ "gate_cp932", " 髙\t\uFA11①\n", " 髙\t\uFA11①\n" },
	{ "gate_cp932", "\uE000", "ERROR:charset" },
	{ "gate_cp932", "葛\U000E0100", "ERROR:charset" },
	{ "gate_cp932", "a\u200B", "ERROR:charset" },
	{ "gate_fold", "10\u301C20\u2212\u00A5", "10～20－￥" },
	{ "gate_fold", "\u301C𠮷", "ERROR:charset" },
	{ "gate_jisx0208", "高橋ｱ～", "高橋ｱ～" },
	{ "gate_jisx0208", "髙橋", "ERROR:charset" },
	{ "gate_jisx0208", "①", "ERROR:charset" },
	{ "gate_jisx0213", "か\u309A①\uFA11", "か\u309A①\uFA11" },
	{ "gate_jisx0213", "髙", "ERROR:charset" },
	{ "fold", "一", "ERROR:no-candidate" },
	{ "fold", "髙橋", "ERROR:unparsed" },
	{ "fold", "", "ERROR:empty" },
	{ "nfkc", "", "" },
	{ "nfkc", "  ", "  " },
};

static void
test_more(void **state)
{
	size_t i, k, fails = 0;

	(void)state;
	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		for (k = 0; strcmp(fns[k].name, more[i].name) != 0; k++)
			assert_true(k + 1 < NFNS);
		fails += one(k, more[i].in, more[i].want);
	}
	assert_int_equal(fails, 0);
}

/* A value longer than any number, date or telephone is refused, not read. */
static void
test_long(void **state)
{
	struct seki_buf s = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	size_t i, k;

	(void)state;
	for (k = 0; k < 2; k++) {
		seki_buf_reset(&s);
		/* U+FDFA is 18 characters in NFKC. */
		for (i = 0; i < SEKI_POINTS + (k == 0); i++)
			(void)seki_buf_str(&s, k == 0 ? "1" : "\uFDFA", &err);
		for (i = 0; i < NFNS; i++) {
			if ((fns[i].how & (k == 0 ? ANY : ANY | PLAIN)) != 0)
				continue;
			seki_buf_reset(&b);
			run(fns[i].fn, s.p, &b);
			assert_string_equal(b.p, "ERROR:too-long");
		}
	}
	/* As a NUMBER it has to be a decimal the stream can hold. */
	seki_buf_reset(&b);
	seki_buf_reset(&s);
	for (i = 0; i < SEKI_DIGITS_MAX + 1; i++)
		(void)seki_buf_byte(&s, '1', &err);
	assert_int_equal(
	    seki_norm_apply(seki_norm_find("number"), s.p, s.n, &b, &err),
	    SEKI_B_TOO_LONG);
	assert_int_equal(seki_norm_apply(seki_norm_find("number"), s.p,
			     SEKI_DIGITS_MAX, &b, &err),
	    0);
	seki_buf_free(&s);
	seki_buf_free(&b);
}

/* Between the pure functions and the stream. */
static void
test_apply(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	assert_int_equal(
	    seki_norm_apply(seki_norm_find("number"), "1,234.50", 8, &b, &err),
	    0);
	assert_string_equal(b.p, "1234.5");
	seki_buf_reset(&b);
	assert_int_equal(
	    seki_norm_apply(seki_norm_find("数値"), "-0.00", 5, &b, &err), 0);
	assert_string_equal(b.p, "0");
	seki_buf_reset(&b);
	assert_int_equal(
	    seki_norm_apply(seki_norm_find("DATE"), "2024-04", 7, &b, &err),
	    SEKI_B_NO_DAY);
	assert_int_equal(b.n, 0);
	assert_int_equal(seki_norm_chars("葛\U000E0100城a", 11), 3);
	assert_null(seki_norm_find("nmae"));
	assert_string_equal(seki_norm_nearest("nubmer"), "number");
	assert_string_equal(seki_norm_nearest("電話番"), "電話番号");
	seki_buf_free(&b);
}

/* Any bytes of valid UTF-8: every kind gives the same again, none falls. */
static void
test_random(void **state)
{
	static const char *const bits[] = { "1", "0", "２", "-", "ー", ",", ".",
		"年", "月", "日", "(", ")", "令和", "R", "千", "万", "億", "〇",
		"三", " ", "\u3000", "円", "¥", "元", "/", "+81", "内線", "か",
		"\u3099", "ﾞ", "ｶ", "\u200B", "\n", "\r", "\t", "～", "A", "ｚ",
		"①", "㈱", "\u2F00", "\U00020BB7", "\U000E0100", "T", ":", "Z",
		"午後", "時", "分", "半", "\\", "△", "也", "曜", "木", "04",
		"2024", "\uFEFF", "\u00A0", "丁目", "番", "番地", "号", "の",
		"条", "北", "@", "ｱ", "ヲ", "(カ)", "株式会社", "+1d", "年度",
		"\uE000", "髙", "\u301C", "\u309A", "11940" };
	char text[128];
	unsigned long seed = 1;
	size_t i, k, n, fails = 0;

	(void)state;
	for (i = 0; i < 200000 && fails < 20; i++) {
		text[0] = '\0';
		n = 1 + i % 9;
		for (k = 0; k < n; k++) {
			seed = seed * 6364136223846793005UL +
			       1442695040888963407UL;
			strcat(text, bits[(seed >> 33) %
					  (sizeof(bits) / sizeof(bits[0]))]);
		}
		for (k = 0; k < NFNS; k++) {
			struct seki_buf b = SEKI_BUF_INIT;

			run(fns[k].fn, text, &b);
			fails += one(k, text, b.p);
			if (strncmp(b.p, "ERROR", 5) != 0)
				assert_true(seki_text_utf8(b.p, b.n, NULL));
			seki_buf_free(&b);
		}
	}
	assert_int_equal(fails, 0);
}

static int
open_fold(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	fold = seki_fold_open("tests/data/fold.csv", &err);
	return fold == NULL ? -1 : 0;
}

static int
close_fold(void **state)
{
	(void)state;
	seki_fold_free(fold);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_apply),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, open_fold, close_fold);
}
