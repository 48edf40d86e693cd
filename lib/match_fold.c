#include <string.h>

#include "match_int.h"
#include "norm_int.h"

/*
 * What of a text counts when two are compared (municipal rules 6.3, match
 * key).  A folded text is never stored as a value.
 */
static const struct {
	const char *en, *ja;
} hows[SEKI_HOW_COUNT] = { { "exact", "同じ" }, { "text", "文字" },
	{ "name", "氏名" }, { "corp", "法人名" }, { "kana", "カナ" },
	{ "tel", "電話" }, { "postal", "郵便番号" }, { "number", "数値" },
	{ "date", "日付" }, { "address", "住所" }, { "at-most", "以下" },
	{ "at-least", "以上" }, { "found", "ある" }, { "absent", "ない" } };

int
seki_how_find(const char *word)
{
	int i;

	for (i = 0; i < SEKI_HOW_COUNT; i++)
		if (seki_norm_same(word, hows[i].en) ||
		    strcmp(word, hows[i].ja) == 0)
			return i;
	return -1;
}

const char *
seki_how_near(const char *word)
{
	const char *list[2 * SEKI_HOW_COUNT + 1];
	size_t i;

	for (i = 0; i < SEKI_HOW_COUNT; i++) {
		list[2 * i] = hows[i].ja;
		list[2 * i + 1] = hows[i].en;
	}
	list[2 * i] = NULL;
	return seki_text_nearest(word, list);
}

/* Forms of a legal person that are written, shortened or left out; as they are
 * after NFKC and without spaces. */
static const char *const forms[] = { "特定非営利活動法人", "公益社団法人",
	"公益財団法人", "一般社団法人", "一般財団法人", "社会福祉法人",
	"社会医療法人", "独立行政法人", "株式会社", "有限会社", "合同会社",
	"合資会社", "合名会社", "医療法人", "学校法人", "宗教法人", "npo法人",
	"(特非)", "(公社)", "(公財)", "(一社)", "(一財)", "(社福)", "(株)",
	"(有)", "(同)", "(資)", "(名)", "(医)", "(学)", "(宗)", "(福)", "(独)",
	NULL };

static void
drop_forms(struct seki_buf *b, size_t start)
{
	size_t i, n;
	char *at;

	for (i = 0; forms[i] != NULL; i++)
		while ((at = memmem(b->p + start, b->n - start, forms[i],
			    strlen(forms[i]))) != NULL &&
		       b->n - start > strlen(forms[i])) {
			n = strlen(forms[i]);
			memmove(at, at + n, b->n - (size_t)(at - b->p) - n);
			b->n -= n;
			b->p[b->n] = '\0';
		}
}

static uint32_t
one(enum seki_how how, const struct seki_fold *fold, uint32_t c)
{
	const struct seki_fold_to *to;

	if (c >= 'A' && c <= 'Z')
		return c + 32;
	if (how == SEKI_HOW_KANA) {
		if (c >= 0x3041 && c <= 0x3096)
			c += 0x60;
		return seki_norm_hyphen(c) ? 0 : seki_norm_large(c);
	}
	if (c != 0x30FC && seki_norm_hyphen(c))
		return '-';
	if (fold != NULL && c > 0x2E7F && seki_fold_find(fold, c, &to) > 0)
		return to->to;
	return c;
}

static int
variant(uint32_t c)
{
	return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);
}

/* NFKC, no spaces, no selectors, letters small; the rest by how. */
static int
plain(enum seki_how how, const struct seki_fold *fold, const char *s, size_t n,
    struct seki_buf *out, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i = 0;
	uint32_t c;
	char utf8[4];
	int r = seki_norm_nfkc(s, n, &b, err);

	/* What is too long to be a name is compared as it stands. */
	if (r > 0)
		r = seki_buf_add(out, s, n, err);
	while (r == 0 && i < b.n) {
		c = seki_text_get(b.p, b.n, &i);
		if (seki_norm_space(c) || seki_norm_drop(c) || c < 0x20 ||
		    variant(c) || (c = one(how, fold, c)) == 0)
			continue;
		r = seki_buf_add(out, utf8, seki_text_put(utf8, c), err);
	}
	seki_buf_free(&b);
	return r;
}

static const char *
kind_of(enum seki_how how)
{
	static const char *const kind[SEKI_HOW_COUNT] = {
		[SEKI_HOW_TEL] = "tel",
		[SEKI_HOW_POSTAL] = "postal",
		[SEKI_HOW_NUMBER] = "number",
		[SEKI_HOW_DATE] = "date",
		[SEKI_HOW_ADDRESS] = "address",
		[SEKI_HOW_MOST] = "number",
		[SEKI_HOW_LEAST] = "number",
	};

	return kind[how];
}

/* Of a telephone number the digits before an extension. */
static void
digits(struct seki_buf *b, size_t start)
{
	size_t i, n = start;

	for (i = start; i < b->n && b->p[i] != ' '; i++)
		if (b->p[i] >= '0' && b->p[i] <= '9')
			b->p[n++] = b->p[i];
	b->n = n;
	b->p[n] = '\0';
}

int
seki_match_fold(enum seki_how how, const struct seki_fold *fold, const char *s,
    size_t n, struct seki_buf *out, struct seki_err *err)
{
	const char *kind = kind_of(how);
	size_t start = out->n;
	struct seki_buf b = SEKI_BUF_INIT;
	int r;

	if (n == 0 || seki_buf_room(out, 0, err) == -1)
		return n == 0 ? seki_buf_room(out, 0, err) : -1;
	if (how == SEKI_HOW_EXACT)
		return seki_buf_add(out, s, n, err);
	if (kind == NULL) {
		r = plain(how, fold, s, n, out, err);
		if (r == 0 && how == SEKI_HOW_CORP)
			drop_forms(out, start);
		return r;
	}
	r = seki_norm_apply(seki_norm_find(kind), s, n, &b, err);
	if (r == SEKI_B_EMPTY)
		r = 0;
	else if (r > 0) /* what cannot be read is compared as it stands */
		r = plain(SEKI_HOW_TEXT, NULL, s, n, out, err);
	else if (r == 0 && how == SEKI_HOW_ADDRESS)
		r = plain(how, fold, b.p, b.n, out, err);
	else if (r == 0) {
		r = seki_buf_add(out, b.p, b.n, err);
		if (r == 0 && how == SEKI_HOW_TEL)
			digits(out, start);
	}
	seki_buf_free(&b);
	return r;
}
