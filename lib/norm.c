#include "norm_int.h"

#define S(shape) (1U << SEKI_S_##shape)
#define ANY_TEXT                                                               \
	(S(TEXT) | S(NUMBER) | S(DATE) | S(TIME) | S(DATETIME) | S(DURATION))

/* DESIGN 4, municipal rules 6.  What a kind makes is described for people in
 * seki-rules(5). */
const struct seki_norm_kind seki_norm_kinds[] = {
	{ "keep", "そのまま", NULL, ~0U, SEKI_T_NONE, NULL },
	{ "text", "文字", seki_norm_text, ANY_TEXT, SEKI_T_NONE, "" },
	{ "name_kanji", "氏名", seki_norm_name_kanji, S(TEXT), SEKI_T_NONE,
	    " " },
	{ "number", "数値", seki_norm_number, S(TEXT) | S(NUMBER),
	    SEKI_T_NUMBER, NULL },
	{ "date", "日付", seki_norm_date, S(TEXT) | S(NUMBER) | S(DATE),
	    SEKI_T_DATE, "-" },
	{ "datetime", "日時", seki_norm_datetime,
	    S(TEXT) | S(DATE) | S(TIME) | S(DATETIME), SEKI_T_DATETIME, " " },
	{ "datetime_jst", "日本時間", seki_norm_datetime_jst,
	    S(TEXT) | S(DATE) | S(TIME) | S(DATETIME), SEKI_T_SINGLE_LINE_TEXT,
	    " " },
	{ "tel", "電話番号", seki_norm_tel, S(TEXT) | S(NUMBER),
	    SEKI_T_SINGLE_LINE_TEXT, "-" },
	{ "postal", "郵便番号", seki_norm_postal, S(TEXT) | S(NUMBER),
	    SEKI_T_SINGLE_LINE_TEXT, "-" },
	{ NULL, NULL, NULL, 0, SEKI_T_NONE, NULL },
};

static const char *const later[] = { "name_kana", "kana_zengin", "address",
	"email", "time", "fiscal_year", "yesno", "sex", "pref", "lgcode",
	"houjin", "forbidden", "cp932", NULL };

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

int
seki_norm_later(const char *word)
{
	size_t i;

	for (i = 0; later[i] != NULL; i++)
		if (seki_norm_same(later[i], word))
			return 1;
	return 0;
}

const char *
seki_norm_nearest(const char *word)
{
	const char *list[2 * 16 + 1];
	size_t i, n = 0;

	for (i = 0; seki_norm_kinds[i].name != NULL && n < 31; i++) {
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
