#include "norm_int.h"

/*
 * Legal forms as banks abbreviate them (municipal rules 4.3).  Readings are
 * written with large kana: so they are found in text of either kind.
 */
static const struct form {
	const char *abbr;    /* in full width */
	const char *word[8]; /* any of them */
} forms[] = {
	{ "カ", { "株式会社", "カブシキガイシヤ", "カブシキカイシヤ", "\u3231",
		    "(株)" } },
	{ "ユ", { "有限会社", "ユウゲンガイシヤ", "ユウゲンカイシヤ", "\u3232",
		    "(有)" } },
	{ "メ", { "合名会社", "ゴウメイガイシヤ", "ゴウメイカイシヤ" } },
	{ "シ", { "合資会社", "ゴウシガイシヤ", "ゴウシカイシヤ" } },
	{ "ド", { "合同会社", "ゴウドウガイシヤ", "ゴウドウカイシヤ" } },
	{ "ザイ",
	    { "財団法人", "一般財団法人", "公益財団法人", "ザイダンホウジン",
		"イツパンザイダンホウジン", "コウエキザイダンホウジン" } },
	{ "シヤ",
	    { "社団法人", "一般社団法人", "公益社団法人", "シヤダンホウジン",
		"イツパンシヤダンホウジン", "コウエキシヤダンホウジン" } },
	{ "イ", { "医療法人", "医療法人社団", "医療法人財団", "社会医療法人",
		    "イリヨウホウジン", "イリヨウホウジンシヤダン",
		    "イリヨウホウジンザイダン", "シヤカイイリヨウホウジン" } },
	{ "ガク", { "学校法人", "ガツコウホウジン" } },
	{ "シユウ", { "宗教法人", "シユウキヨウホウジン" } },
	{ "フク", { "社会福祉法人", "シヤカイフクシホウジン" } },
	{ "トクヒ",
	    { "特定非営利活動法人", "トクテイヒエイリカツドウホウジン" } },
	{ "ドク", { "独立行政法人", "ドクリツギヨウセイホウジン" } },
	{ "チドク",
	    { "地方独立行政法人", "チホウドクリツギヨウセイホウジン" } },
	{ "ダイ", { "国立大学法人", "公立大学法人", "コクリツダイガクホウジン",
		      "コウリツダイガクホウジン" } },
	{ "ベン", { "弁護士法人", "ベンゴシホウジン" } },
	{ "ギヨ", { "行政書士法人", "ギヨウセイシヨシホウジン" } },
	{ "シホウ", { "司法書士法人", "シホウシヨシホウジン" } },
	{ "ゼイ", { "税理士法人", "ゼイリシホウジン" } },
	{ "ノウ", { "農事組合法人", "ノウジクミアイホウジン" } },
	{ "カンリ", { "管理組合法人", "カンリクミアイホウジン" } },
	{ "ロウム",
	    { "社会保険労務士法人", "シヤカイホケンロウムシホウジン" } },
	{ "ソ", { "相互会社", "ソウゴガイシヤ", "ソウゴカイシヤ" } },
	{ "ホゴ", { "更生保護法人", "コウセイホゴホウジン" } },
	{ "エイ", { "営業所", "エイギヨウシヨ" } },
	{ "シユツ", { "出張所", "シユツチヨウジヨ" } },
};
#define NFORMS (sizeof(forms) / sizeof(forms[0]))
#define OFFICES 2 /* the last ones of the table: at the end of a name only */

static int
abbreviation(const uint32_t *c, size_t n, int first)
{
	size_t f, len;

	for (f = 0; f < NFORMS; f++)
		if (seki_norm_begins(c, n, forms[f].abbr, &len) &&
		    (len == n ? !first : c[len] == ')'))
			return 1;
	return 0;
}

/* Does it have one already: at its head, its end or between? */
static int
abbreviated(const uint32_t *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((i == 0 || c[i - 1] == '(') &&
		    abbreviation(c + i, n - i, i == 0))
			return 1;
	return 0;
}

struct found {
	const struct form *form;
	size_t at, len;
};

static void
try_word(const struct form *form, const char *word, const uint32_t *c, size_t n,
    size_t at, struct found *best)
{
	size_t len;

	if (seki_norm_begins(c + at, n - at, word, &len) && len > best->len &&
	    (form < forms + NFORMS - OFFICES || at + len == n))
		*best = (struct found){ form, at, len };
}

/* The longest word, the first one of that length.  Nearly all are another word
 * by the last byte of their first character. */
static void
find(const uint32_t *c, size_t n, struct found *best)
{
	const char *const *word;
	const struct form *f;
	char first[4];
	size_t i, len, w;

	for (i = 0; i < n; i++) {
		len = seki_text_put(first, c[i]);
		for (f = forms; f < forms + NFORMS; f++)
			for (word = f->word, w = 0; w < 8 && word[w] != NULL;
			     w++)
				if (word[w][len - 1] == first[len - 1])
					try_word(f, word[w], c, n, i, best);
	}
}

static void
append(struct seki_points *to, const char *word)
{
	size_t i = 0, n = strlen(word);

	while (i < n)
		to->c[to->n++] = seki_text_get(word, n, &i);
}

/* No space beside the form; what is longer than a bank can hold stays long. */
static void
abbreviate(
    const struct seki_points *p, const struct found *f, struct seki_points *to)
{
	size_t head = f->at, tail = f->at + f->len, i;

	while (head > 0 && p->c[head - 1] == ' ')
		head--;
	while (tail < p->n && p->c[tail] == ' ')
		tail++;
	to->n = 0;
	for (i = 0; i < head; i++)
		to->c[to->n++] = p->c[i];
	if (head > 0)
		append(to, "(");
	append(to, f->form->abbr);
	if (tail < p->n || head == 0)
		append(to, ")");
	for (i = tail; i < p->n; i++)
		to->c[to->n++] = p->c[i];
}

int
seki_norm_zengin_corp(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET, to SEKI_UNSET;
	struct found f = { .form = NULL };
	size_t i;
	int code = seki_norm_reading(s, n, &p, out, err);

	if (code != 0)
		return code;
	/* The longest form shortens it by less than twenty. */
	if (p.n > 100)
		return SEKI_B_TOO_LONG;
	for (i = 0; i < p.n; i++)
		p.c[i] = seki_norm_large(p.c[i]);
	if (!abbreviated(p.c, p.n))
		find(p.c, p.n, &f);
	if (f.form == NULL)
		return seki_norm_bank(p.c, p.n, out, err);
	abbreviate(&p, &f, &to);
	return seki_norm_bank(to.c, to.n, out, err);
}
