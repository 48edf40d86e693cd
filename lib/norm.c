#include "norm_int.h"

#define S(shape) (1U << SEKI_S_##shape)
#define ANY_TEXT                                                               \
	(S(TEXT) | S(NUMBER) | S(DATE) | S(TIME) | S(DATETIME) | S(DURATION))
#define DIGITS (S(TEXT) | S(NUMBER))
#define INSTANT (S(TEXT) | S(DATE) | S(TIME) | S(DATETIME))
#define LINE SEKI_T_SINGLE_LINE_TEXT

/* DESIGN 4, municipal rules 6.  What a kind makes is described for people in
 * seki-rules(5). */
const struct seki_norm_kind seki_norm_kinds[] = {
	{ "keep", "そのまま", NULL, ~0U, SEKI_T_NONE, NULL, 0 },
	{ "text", "文字", seki_norm_text, ANY_TEXT, SEKI_T_NONE, "", 0 },
	{ "name_kanji", "氏名", seki_norm_name_kanji, S(TEXT), SEKI_T_NONE, " ",
	    0 },
	{ "name_kana", "氏名カナ", seki_norm_name_kana, S(TEXT), SEKI_T_NONE,
	    " ", 0 },
	{ "kana_zengin", "口座名義", seki_norm_kana_zengin, S(TEXT), LINE, " ",
	    0 },
	{ "zengin_corp", "法人口座名義", seki_norm_zengin_corp, S(TEXT), LINE,
	    " ", 0 },
	{ "yucho", "ゆうちょ口座", seki_norm_yucho, S(TEXT), LINE, "-", 0 },
	{ "address", "住所", seki_norm_address, S(TEXT), SEKI_T_NONE, " ", 0 },
	{ "tel", "電話番号", seki_norm_tel, DIGITS, LINE, "-", 0 },
	{ "postal", "郵便番号", seki_norm_postal, DIGITS, LINE, "-", 0 },
	{ "email", "メールアドレス", seki_norm_email, S(TEXT), SEKI_T_NONE,
	    NULL, 0 },
	{ "number", "数値", seki_norm_number, DIGITS, SEKI_T_NUMBER, NULL, 0 },
	{ "date", "日付", seki_norm_date, DIGITS | S(DATE), SEKI_T_DATE, "-",
	    0 },
	{ "date_lenient", "期限日", seki_norm_date_lenient, DIGITS | S(DATE),
	    SEKI_T_DATE, "-", SEKI_KIND_LENIENT },
	{ "date_serial", "シリアル値", seki_norm_date_serial, DIGITS | S(DATE),
	    SEKI_T_DATE, NULL, 0 },
	{ "fiscal_year", "年度", seki_norm_fiscal_year, DIGITS, LINE, NULL, 0 },
	{ "fy_of_date", "日付の年度", seki_norm_fy_of_date, DIGITS | S(DATE),
	    LINE, "-", SEKI_KIND_ONCE },
	{ "time", "時刻", seki_norm_time, S(TEXT) | S(TIME), LINE, ":", 0 },
	{ "time_ext", "翌日時刻", seki_norm_time_ext, S(TEXT) | S(TIME), LINE,
	    ":", 0 },
	{ "datetime", "日時", seki_norm_datetime, INSTANT, SEKI_T_DATETIME, " ",
	    0 },
	{ "datetime_jst", "日本時間", seki_norm_datetime_jst, INSTANT, LINE,
	    " ", 0 },
	{ "yesno", "有無", seki_norm_yesno, DIGITS, LINE, NULL, 0 },
	{ "sex", "性別", seki_norm_sex, DIGITS, LINE, NULL, 0 },
	{ "pref", "都道府県", seki_norm_pref, DIGITS, LINE, NULL, 0 },
	{ "lgcode", "団体コード", seki_norm_lgcode, DIGITS, LINE, NULL, 0 },
	{ "houjin", "法人番号", seki_norm_houjin, DIGITS, LINE, NULL, 0 },
	{ "forbidden", "禁止", seki_norm_forbidden, ANY_TEXT, SEKI_T_NONE, "",
	    0 },
	{ "cp932", "CP932で書ける", seki_norm_cp932, ANY_TEXT, SEKI_T_NONE, "",
	    SEKI_KIND_GATE },
	{ "cp932_fold", "CP932に寄せる", seki_norm_cp932_fold, ANY_TEXT,
	    SEKI_T_NONE, "", SEKI_KIND_GATE | SEKI_KIND_LENIENT },
	{ "jisx0208", "JISX0208で書ける", seki_norm_jisx0208, ANY_TEXT,
	    SEKI_T_NONE, "", SEKI_KIND_GATE },
	{ "jisx0213", "JISX0213で書ける", seki_norm_jisx0213, ANY_TEXT,
	    SEKI_T_NONE, "", SEKI_KIND_GATE },
	{ NULL, NULL, NULL, 0, SEKI_T_NONE, NULL, 0 },
};
#define NKINDS (sizeof(seki_norm_kinds) / sizeof(seki_norm_kinds[0]))

static const char *const words[] = { NULL,
#define X(name, word, sentence) word,
	SEKI_BROKEN(X)
#undef X
};
static const char *const sentences[] = { NULL,
#define X(name, word, sentence) sentence,
	SEKI_BROKEN(X)
#undef X
};

const char *
seki_broken_word(enum seki_broken b)
{
	return words[b];
}

const char *
seki_broken_sentence(enum seki_broken b)
{
	return _(sentences[b]);
}

const char *
seki_norm_shown(const char *rule)
{
	static const char probe[] = N_("kinds have English names");
	static const char *const other[][2] = { { "required", "必須" },
		{ "length", "桁数" }, { "lookup", "変換表" },
		{ "when", "条件" } };
	size_t i;

	/* Tables take both names; only one of them is in people's language. */
	if (strcmp(_(probe), probe) == 0)
		return rule;
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (strcmp(rule, other[i][0]) == 0)
			return other[i][1];
	for (i = 0; seki_norm_kinds[i].name != NULL; i++)
		if (strcmp(rule, seki_norm_kinds[i].name) == 0)
			return seki_norm_kinds[i].ja;
	return rule;
}

/* strcasecmp asks the locale. */
int
seki_norm_same(const char *a, const char *b)
{
	int ca, cb;

	do {
		ca = (unsigned char)*a++;
		cb = (unsigned char)*b++;
		ca += ca >= 'A' && ca <= 'Z' ? 32 : 0;
		cb += cb >= 'A' && cb <= 'Z' ? 32 : 0;
	} while (ca == cb && ca != 0);
	return ca == cb;
}

const struct seki_norm_kind *
seki_norm_find(const char *word)
{
	const struct seki_norm_kind *k = seki_norm_kinds;

	while (k->name != NULL && !seki_norm_same(k->name, word) &&
	       strcmp(k->ja, word) != 0)
		k++;
	return k->name == NULL ? NULL : k;
}

const char *
seki_norm_nearest(const char *word)
{
	const char *list[2 * NKINDS];
	size_t i, n = 0;

	for (i = 0; seki_norm_kinds[i].name != NULL; i++) {
		list[n++] = seki_norm_kinds[i].name;
		list[n++] = seki_norm_kinds[i].ja;
	}
	list[n] = NULL;
	return seki_text_nearest(word, list);
}

static int
canonical(struct seki_buf *out, size_t start, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r;

	if (seki_num_ok(out->p + start, out->n - start))
		return 0;
	r = seki_num_canon(out->p + start, out->n - start, &b, err);
	out->n = start;
	if (r == 0)
		r = seki_buf_add(out, b.p, b.n, err);
	seki_buf_free(&b);
	return r == 1 ? SEKI_B_TOO_LONG : r;
}

int
seki_norm_apply(const struct seki_norm_kind *kind, const char *s, size_t n,
    struct seki_buf *out, struct seki_err *err)
{
	size_t start = out->n;
	int r = kind->fn(s, n, out, err);

	if (r == 0 && kind->to == SEKI_T_NUMBER)
		r = canonical(out, start, err);
	/* A month is a date to people, but no day that a DATE could hold. */
	if (r == 0 && kind->to == SEKI_T_DATE && out->n - start != 10)
		r = SEKI_B_NO_DAY;
	if (r == 0 && out->n - start > SEKI_VALUE_MAX)
		r = SEKI_B_TOO_LONG;
	if (r != 0)
		out->n = start;
	return r;
}
