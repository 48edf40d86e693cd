#include "norm_int.h"

/* Answers that stand for a code: the whole value is one of these words, in any
 * width and case (municipal rules 6.4). */
struct answer {
	const char *code;
	const char *const *word; /* NULL-ended */
};

static int
is(const struct seki_points *p, const char *word)
{
	size_t len;

	return seki_norm_begins(p->c, p->n, word, &len) && len == p->n;
}

static int
find(const struct answer *list, const struct seki_points *p,
    struct seki_buf *out, struct seki_err *err)
{
	const char *const *w;

	for (; list->code != NULL; list++)
		for (w = list->word; *w != NULL; w++)
			if (is(p, *w))
				return seki_buf_str(out, list->code, err);
	return SEKI_B_UNPARSED;
}

/* Without the selector that makes a sign a coloured picture. */
static int
answer(const char *s, size_t n, struct seki_points *p, struct seki_err *err)
{
	int code = seki_norm_points(s, n, 1, p, err);
	size_t i, k = 0;

	for (i = 0; code == 0 && i < p->n; i++)
		if (p->c[i] != 0xFE0F)
			p->c[k++] = p->c[i];
	if (code == 0)
		p->n = k;
	return code;
}

static const char *const yes[] = { "1", "true", "yes", "y", "t", "on", "はい",
	"有", "有り", "あり", "ある", "済", "済み", "○", "◯", "\u3007", "⭕",
	"●", "✓", "✔", "☑", "✅", "レ", "該当", "該当する", "希望する",
	"同意する", "可", "要", NULL };
static const char *const no[] = { "0", "false", "no", "n", "f", "off", "x",
	"いいえ", "無", "無し", "なし", "ない", "未", "未済", "×", "✕", "✖",
	"☓", "╳", "☐", "□", "❌", "非該当", "該当しない", "希望しない",
	"同意しない", "否", "不可", "不要", NULL };
static const struct answer yesno[] = { { "1", yes }, { "0", no },
	{ NULL, NULL } };

int
seki_norm_yesno(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	int code = answer(s, n, &p, err);

	if (code != 0)
		return code;
	if (p.n == 1 && seki_norm_hyphen(p.c[0]))
		return seki_buf_str(out, "0", err);
	return find(yesno, &p, out, err);
}

/* ISO/IEC 5218. */
static const char *const male[] = { "男", "男性", "おとこ", "m", "male", "1",
	NULL };
static const char *const female[] = { "女", "女性", "おんな", "f", "female",
	"2", NULL };
static const char *const other[] = { "その他", "other", "9", NULL };
static const char *const unsaid[] = { "不明", "未回答", "回答しない", "無回答",
	"0", NULL };
static const struct answer sexes[] = { { "1", male }, { "2", female },
	{ "9", other }, { "0", unsaid }, { NULL, NULL } };

int
seki_norm_sex(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	int code = answer(s, n, &p, err);

	return code != 0 ? code : find(sexes, &p, out, err);
}

/* By their codes, from 01; JIS X 0401. */
static const char *const prefs[] = { "北海道", "青森県", "岩手県", "宮城県",
	"秋田県", "山形県", "福島県", "茨城県", "栃木県", "群馬県", "埼玉県",
	"千葉県", "東京都", "神奈川県", "新潟県", "富山県", "石川県", "福井県",
	"山梨県", "長野県", "岐阜県", "静岡県", "愛知県", "三重県", "滋賀県",
	"京都府", "大阪府", "兵庫県", "奈良県", "和歌山県", "鳥取県", "島根県",
	"岡山県", "広島県", "山口県", "徳島県", "香川県", "愛媛県", "高知県",
	"福岡県", "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県",
	"沖縄県" };
#define NPREFS ((int)(sizeof(prefs) / sizeof(prefs[0])))

/* The word without its last character? */
static int
short_of(const struct seki_points *p, const char *word)
{
	size_t i, k = 0, n = strlen(word) - 3;

	for (i = 0; i < p->n && k < n; i++)
		if (p->c[i] != seki_text_get(word, n, &k))
			return 0;
	return i == p->n && k == n;
}

/* With its 都, 府 or 県, or without; 北海道 whole. */
static int
pref_of(const struct seki_points *p)
{
	int i;

	if (p->n <= 2 && p->c[0] >= '0' && p->c[0] <= '9') {
		i = seki_norm_count(p->c, p->n);
		return i >= 1 && i <= NPREFS ? i : 0;
	}
	for (i = 0; i < NPREFS; i++) {
		if (is(p, prefs[i]))
			return i + 1;
		if (i > 0 && short_of(p, prefs[i]))
			return i + 1;
	}
	return 0;
}

int
seki_norm_pref(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	int code;

	if ((code = answer(s, n, &p, err)) != 0)
		return code;
	code = p.n == 0 ? 0 : pref_of(&p);
	return code == 0 ? SEKI_B_UNPARSED
			 : seki_buf_fmt(out, err, "%02d", code);
}

/* A field that must not cross: only an empty one passes. */
int
seki_norm_forbidden(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	const size_t start = out->n;
	int code = seki_norm_clean(s, n, 0, out, err);

	out->n = start;
	return code == 0 ? SEKI_B_FORBIDDEN : code;
}
