#include <string.h>

#include "norm_int.h"
#include "scan.h"

/* A copy of the text to look at: ASCII for full-width, wide kana, small
 * letters, spaces and hyphens of one sort, nothing invisible. */
struct point {
	uint32_t c;
	uint32_t at; /* in the text, bytes */
};

/* What a word before a number says about it. */
enum {
	MYNUMBER = 1,
	JUMINHYO = 2,
	CARD = 4,
	NENKIN = 8,
	ZAIRYU = 16,
	RIVAL = 32,
	WHOLE = 64 /* of a field: it is called My Number and nothing else */
};
/* Municipal rules 3.5, and those of the other numbers.  Between the characters
 * of a label may stand space, dot, low line and hyphen. */
static const struct {
	const char *word;
	unsigned is;
} labels[] = {
	{ "個人番号", MYNUMBER },
	{ "マイナンバー", MYNUMBER },
	{ "マイナンバ", MYNUMBER },
	{ "mynumber", MYNUMBER },
	{ "マイナ番号", MYNUMBER },
	{ "まいなんば", MYNUMBER },
	{ "myno", MYNUMBER },
	{ "kojinbango", MYNUMBER },
	{ "kojinbangou", MYNUMBER },
	{ "通知カード", MYNUMBER },
	{ "特定個人情報", MYNUMBER },
	{ "住民票コード", JUMINHYO },
	{ "住民票cd", JUMINHYO },
	{ "juminhyocode", JUMINHYO },
	{ "クレジット", CARD },
	{ "クレカ", CARD },
	{ "カード番号", CARD },
	{ "cardnumber", CARD },
	{ "cardno", CARD },
	{ "visa", CARD },
	{ "mastercard", CARD },
	{ "jcb", CARD },
	{ "amex", CARD },
	{ "基礎年金番号", NENKIN },
	{ "年金手帳", NENKIN },
	{ "在留カード", ZAIRYU },
	{ "特別永住者証明書", ZAIRYU },
	{ "運転免許", RIVAL },
	{ "免許証", RIVAL },
	{ "電話", RIVAL },
	{ "tel", RIVAL },
	{ "fax", RIVAL },
	{ "携帯", RIVAL },
	{ "口座", RIVAL },
	{ "伝票", RIVAL },
	{ "注文", RIVAL },
	{ "受付番号", RIVAL },
	{ "法人番号", RIVAL },
	{ "追跡", RIVAL },
	{ "お問い合わせ番号", RIVAL },
	{ "整理番号", RIVAL },
	{ "許可番号", RIVAL },
	{ "jan", RIVAL },
	{ "管理番号", RIVAL },
	{ "登録番号", RIVAL },
};
#define NLABEL (sizeof(labels) / sizeof(labels[0]))
#define BEFORE 30 /* characters that a label may stand before */
#define GAP 4	  /* characters between digits that are spread */
#define FEWEST 8  /* digits that any of the numbers has */

struct text {
	struct seki_scan_text *to;
	const struct point *p;
	size_t n, bytes;
	unsigned field; /* what its name says */
};

static int
digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static int
letter(uint32_t c)
{
	return c >= 'a' && c <= 'z';
}

static int
separator(uint32_t c)
{
	return c == ' ' || c == '.' || c == '-' || c == 0x30FC;
}

/* Whether any number could be in it: most values are seen here.  A full-width
 * digit is EF BC 90..99. */
static int
worth(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i, k = 0;

	if (n < FEWEST)
		return 0;
	for (i = 0; i < n && k < FEWEST; i++)
		if ((p[i] >= '0' && p[i] <= '9') ||
		    (p[i] == 0xBC && i + 1 < n && p[i + 1] >= 0x90 &&
			p[i + 1] <= 0x99))
			k++;
	return k == FEWEST;
}

static uint32_t
folded(uint32_t c)
{
	if (c >= 0xFF01 && c <= 0xFF5E)
		c -= 0xFEE0;
	else if (c >= 0xFF61 && c < 0xFF9E)
		c = seki_norm_kana(c);
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 'a';
	if (c < 0x80)
		return c;
	if (seki_norm_space(c))
		return ' ';
	/* The long mark of マイナンバー is told from a hyphen by its place. */
	return c != 0x30FC && seki_norm_hyphen(c) ? '-' : c;
}

/* What stands between digits only for the eye: what does not show, and what
 * makes another picture of the digit before it. */
static int
dropped(uint32_t c)
{
	return seki_norm_drop(c) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0x20E3;
}

static int
fold(struct text *t, const char *s, size_t n, struct seki_err *err)
{
	struct seki_buf *b = &t->to->points;
	struct point *p;
	uint32_t c;
	size_t i = 0, at, k = 0;

	seki_buf_reset(b);
	if (seki_buf_room(b, n * sizeof(*p), err) == -1)
		return -1;
	p = (struct point *)(void *)b->p;
	while (i < n) {
		at = i;
		c = seki_text_get(s, n, &i);
		if (dropped(c))
			continue;
		if (k > 0 && (c == 0x3099 || c == 0xFF9E || c == 0x309A ||
				 c == 0xFF9F)) {
			c = seki_norm_compose(p[k - 1].c,
			    c == 0x309A || c == 0xFF9F ? 0x309A : 0x3099);
			if (c != 0)
				p[k - 1].c = c;
			continue;
		}
		p[k++] = (struct point){ folded(c), (uint32_t)at };
	}
	t->p = p;
	t->n = k;
	t->bytes = n;
	return 0;
}

/* Does a label end before e?  Where it begins, or e. */
static size_t
ends(const struct text *t, size_t e, const char *word)
{
	size_t n = strlen(word), i, from;
	uint32_t w, c;

	while (n > 0) {
		for (from = n - 1; ((unsigned char)word[from] & 0xC0) == 0x80;)
			from--;
		i = from;
		w = seki_text_get(word, n, &i);
		if (e == 0)
			return SIZE_MAX;
		c = t->p[--e].c;
		if (c == w || (w == 0x30FC && c == '-')) {
			n = from;
			continue;
		}
		/* Not behind the label: there the nearest one is looked for. */
		if (word[n] == '\0' || (c != ' ' && c != 0x30FB && c != '_' &&
					   c != '-' && c != '.'))
			return SIZE_MAX;
	}
	return e;
}

/* The kinds of the label that ends at e, or 0; a word of letters must not be a
 * part of a longer one. */
static unsigned
label_at(const struct text *t, size_t e)
{
	size_t i, at;

	for (i = 0; i < NLABEL; i++) {
		at = ends(t, e, labels[i].word);
		if (at == SIZE_MAX)
			continue;
		if (letter((unsigned char)labels[i].word[0]) &&
		    ((at > 0 && letter(t->p[at - 1].c)) ||
			(e < t->n && letter(t->p[e].c))))
			continue;
		return labels[i].is;
	}
	return 0;
}

/* What the nearest of some kinds of labels before i is, or 0. */
static unsigned
before(const struct text *t, size_t i, unsigned kinds)
{
	size_t e, low = i > BEFORE ? i - BEFORE : 0;
	unsigned is;

	for (e = i; e > low; e--) {
		is = label_at(t, e) & kinds;
		if (is != 0)
			return is;
	}
	return 0;
}

/* Behind a name with a remark in parentheses, whatever the remark names:
 * 個人番号（電話で確認）1234 */
static int
remarked(const struct text *t, size_t i, unsigned kind)
{
	size_t low = i > BEFORE ? i - BEFORE : 0;

	while (i > low && (t->p[i - 1].c == ' ' || t->p[i - 1].c == ':'))
		i--;
	if (i == 0 || t->p[i - 1].c != ')')
		return 0;
	while (i > low && t->p[i - 1].c != '(')
		i--;
	return i > low && (label_at(t, i - 1) & kind) != 0;
}

/*
 * Is it called so?  1, 0, or -1 when the name of something else stands there.
 * The field's own name counts as standing directly before, but only in
 * favour: a number in a field for telephones may be called a My Number in the
 * text.
 */
static int
called(const struct text *t, size_t i, unsigned kind, unsigned rivals,
    unsigned *why)
{
	unsigned is;

	if ((t->field & kind) != 0) {
		*why |= SEKI_WHY_FIELD;
		return 1;
	}
	is = before(t, i, kind | rivals);
	if ((is & kind) != 0 || (is != 0 && remarked(t, i, kind))) {
		*why |= SEKI_WHY_LABEL;
		return 1;
	}
	return is != 0 || (t->field & rivals) != 0 ? -1 : 0;
}

static size_t
run(const struct text *t, size_t i)
{
	size_t k = i;

	while (k < t->n && digit(t->p[k].c))
		k++;
	return k - i;
}

/* Digits in groups of these lengths with one separator between any two: where
 * they end, or 0. */
static size_t
groups(const struct text *t, size_t i, const char *lengths, char *d)
{
	for (;; lengths++, i++) {
		size_t want = (size_t)(*lengths - '0'), k;

		if (run(t, i) != want)
			return 0;
		for (k = 0; k < want; k++)
			*d++ = (char)t->p[i++].c;
		if (lengths[1] == '\0')
			break;
		if (i >= t->n || !separator(t->p[i].c))
			return 0;
	}
	*d = '\0';
	return i;
}

static size_t
digits(const struct text *t, size_t i, size_t n, char *d)
{
	size_t k;

	if (run(t, i) != n)
		return 0;
	for (k = 0; k < n; k++)
		d[k] = (char)t->p[i + k].c;
	d[n] = '\0';
	return i + n;
}

static int
joint(uint32_t c)
{
	return c == '-' || c == '.' || c == '/' || c == ',' || c == ':';
}

/* Part of a word or of a longer number (municipal rules 3.5, 2). */
static int
part(const struct text *t, size_t i, size_t end)
{
	const struct point *p = t->p;

	if (i > 0 &&
	    (digit(p[i - 1].c) || letter(p[i - 1].c) || p[i - 1].c == '+'))
		return 1;
	if (i > 1 && joint(p[i - 1].c) && digit(p[i - 2].c))
		return 1;
	if (end < t->n && (digit(p[end].c) || letter(p[end].c)))
		return 1;
	return end + 1 < t->n && joint(p[end].c) && digit(p[end + 1].c);
}

static void
hit(const struct text *t, size_t i, size_t end, enum seki_scan_level level,
    enum seki_scan_what what, unsigned why)
{
	struct seki_scan_hit h = { level, what, why, t->p[i].at, 0 };

	h.n = (end < t->n ? t->p[end].at : t->bytes) - h.at;
	t->to->hit(t->to->ctx, &h);
}

static int
two(const char *d)
{
	return (d[0] - '0') * 10 + d[1] - '0';
}

/* YYYYMMDDhhmm of 1900 to 2099. */
static int
instant(const char *d)
{
	int y = two(d) * 100 + two(d + 2);

	return y >= 1900 && y <= 2099 &&
	       seki_time_day_ok(y, two(d + 4), two(d + 6)) && two(d + 8) < 24 &&
	       two(d + 10) < 60;
}

/* Four more digits behind a space: without a label it is some longer number. */
static int
goes_on(const struct text *t, size_t end)
{
	return end < t->n && t->p[end].c == ' ' && run(t, end + 1) == 4;
}

/* What people put between the boxes of a form, the cells of a list, lines. */
static int
between(uint32_t c)
{
	return separator(c) || c == 0x30FB || c == 0x3001 || c == 0x3002 ||
	       (c < 0x80 && strchr("\t\r\n/,_|:;~*\"'[]()", (int)c) != NULL);
}

static size_t
gap(const struct text *t, size_t i)
{
	size_t k = i;

	while (
	    k < t->n && k - i < GAP && t->p[k].c != '\0' && between(t->p[k].c))
		k++;
	return k - i;
}

/* The middle of a longer row of groups? */
static int
amid(const struct text *t, size_t i)
{
	size_t k = 0;

	while (i > 0 && k++ < GAP && t->p[i - 1].c != '\0' &&
	       between(t->p[i - 1].c))
		i--;
	return i > 0 && digit(t->p[i - 1].c);
}

/* Twelve digits in groups of one length, and no more of them: where they end,
 * or 0. */
static size_t
spread(const struct text *t, size_t i, size_t each, char *d)
{
	size_t got = 0, k, n = 0;

	for (;;) {
		if (run(t, i) != each)
			return 0;
		for (k = 0; k < each; k++)
			d[got++] = (char)t->p[i++].c;
		n = gap(t, i);
		if (got == 12)
			break;
		if (n == 0)
			return 0;
		i += n;
	}
	d[got] = '\0';
	return n > 0 && run(t, i + n) == each ? 0 : i;
}

/* Two digits each would be a day and a time. */
static size_t
loose(const struct text *t, size_t i, char *d)
{
	static const size_t each[] = { 1, 3, 4, 6 };
	size_t end = 0, k;

	for (k = 0; end == 0 && k < sizeof(each) / sizeof(each[0]); k++)
		end = spread(t, i, each[k], d);
	return end;
}

/* However it is spread, when its name stands before it and the check digit is
 * right. */
static size_t
spread_mynumber(const struct text *t, size_t i)
{
	unsigned why = SEKI_WHY_GROUPS | SEKI_WHY_CHECK;
	char d[20];
	size_t end = loose(t, i, d);

	if (end == 0 || amid(t, i) || part(t, i, end) ||
	    seki_norm_mod11(d, 11) != d[11] ||
	    called(t, i, MYNUMBER, RIVAL, &why) <= 0)
		return 0;
	hit(t, i, end, SEKI_SCAN_FOUND, SEKI_SCAN_MYNUMBER, why);
	return end;
}

static size_t
mynumber(const struct text *t, size_t i)
{
	size_t end;
	char d[20];
	unsigned why = 0;
	int good, name;

	end = digits(t, i, 12, d);
	if (end == 0) {
		if ((end = groups(t, i, "444", d)) == 0)
			return spread_mynumber(t, i);
		why |= SEKI_WHY_GROUPS;
	}
	if (part(t, i, end))
		return 0;
	name = called(t, i, MYNUMBER, RIVAL, &why);
	good = seki_norm_mod11(d, 11) == d[11];
	why |= good ? SEKI_WHY_CHECK : SEKI_WHY_BAD_CHECK;
	if (name > 0)
		hit(t, i, end, good ? SEKI_SCAN_FOUND : SEKI_SCAN_SUSPECT,
		    SEKI_SCAN_MYNUMBER, why);
	else if (good && !goes_on(t, end) &&
		 ((why & SEKI_WHY_GROUPS) != 0 || !instant(d)) && name == 0)
		hit(t, i, end, SEKI_SCAN_LOW, SEKI_SCAN_MYNUMBER, why);
	else
		return 0;
	return end;
}

/* Eleven digits are a mobile telephone, too: only with a label. */
static size_t
juminhyo(const struct text *t, size_t i)
{
	static const char *const forms[] = { "443", "515", "551", "56", "65",
		"434", "344" };
	unsigned why = 0;
	size_t end, k;
	char d[20];
	int good;

	end = digits(t, i, 11, d);
	for (k = 0; end == 0 && k < sizeof(forms) / sizeof(forms[0]); k++)
		if ((end = groups(t, i, forms[k], d)) != 0)
			why |= SEKI_WHY_GROUPS;
	if (end == 0 || part(t, i, end) ||
	    called(t, i, JUMINHYO, RIVAL | MYNUMBER, &why) <= 0)
		return 0;
	good = seki_norm_mod11(d, 10) == d[10];
	hit(t, i, end, good ? SEKI_SCAN_FOUND : SEKI_SCAN_SUSPECT,
	    SEKI_SCAN_JUMINHYO,
	    why | (good ? SEKI_WHY_CHECK : SEKI_WHY_BAD_CHECK));
	return end;
}

static int
luhn(const char *d)
{
	size_t n = strlen(d), i;
	int sum = 0, v;

	for (i = 0; i < n; i++) {
		v = d[n - 1 - i] - '0';
		if (i % 2 == 1)
			v = v > 4 ? 2 * v - 9 : 2 * v;
		sum += v;
	}
	return sum % 10 == 0;
}

/* The first digits that card companies issue (ISO/IEC 7812), by length. */
static int
issuer(const char *d)
{
	int a = two(d), b = a * 100 + two(d + 2);

	switch (strlen(d)) {
	case 14:
		return a == 30 || a == 36 || a == 38 || a == 39;
	case 15:
		return a == 34 || a == 37;
	case 16:
		return d[0] == '4' || (a >= 51 && a <= 55) ||
		       (b >= 2221 && b <= 2720) || (b >= 3528 && b <= 3589) ||
		       b == 6011 || a == 65 || (b >= 6440 && b <= 6499) ||
		       a == 62;
	default:
		return 0;
	}
}

static size_t
card(const struct text *t, size_t i)
{
	enum seki_scan_level level = SEKI_SCAN_LOW;
	unsigned why = SEKI_WHY_CHECK;
	size_t end, n;
	char d[24];
	int name;

	for (n = 16, end = 0; n >= 14 && end == 0; n--)
		end = digits(t, i, n, d);
	if (end == 0 && ((end = groups(t, i, "4444", d)) != 0 ||
			    (end = groups(t, i, "465", d)) != 0 ||
			    (end = groups(t, i, "464", d)) != 0))
		why |= SEKI_WHY_GROUPS;
	if (end == 0 || part(t, i, end) || !issuer(d) || !luhn(d))
		return 0;
	name = called(t, i, CARD, RIVAL, &why);
	if (name < 0)
		return 0;
	if (name > 0)
		level = SEKI_SCAN_FOUND;
	else if ((why & SEKI_WHY_GROUPS) != 0)
		level = SEKI_SCAN_SUSPECT;
	hit(t, i, end, level, SEKI_SCAN_CARD, why);
	return end;
}

/* No check digit is published: only with a label, and only to be looked at. */
static size_t
nenkin(const struct text *t, size_t i)
{
	unsigned why = 0;
	size_t end;
	char d[20];

	end = digits(t, i, 10, d);
	if (end == 0 && (end = groups(t, i, "46", d)) != 0)
		why |= SEKI_WHY_GROUPS;
	if (end == 0 || part(t, i, end) ||
	    called(t, i, NENKIN, RIVAL | MYNUMBER | JUMINHYO, &why) <= 0)
		return 0;
	hit(t, i, end, SEKI_SCAN_LOW, SEKI_SCAN_NENKIN, why);
	return end;
}

/* Two letters, eight digits, two letters; i is at the digits. */
static size_t
zairyu(const struct text *t, size_t i)
{
	const struct point *p = t->p;
	size_t end = i + 10;
	unsigned why = 0;

	if (i < 2 || run(t, i) != 8 || end > t->n || !letter(p[i - 1].c) ||
	    !letter(p[i - 2].c) || !letter(p[i + 8].c) || !letter(p[i + 9].c) ||
	    (i > 2 && (letter(p[i - 3].c) || digit(p[i - 3].c))) ||
	    (end < t->n && (letter(p[end].c) || digit(p[end].c))) ||
	    called(t, i - 2, ZAIRYU, RIVAL, &why) <= 0)
		return 0;
	hit(t, i - 2, end, SEKI_SCAN_LOW, SEKI_SCAN_ZAIRYU, why);
	return end;
}

/* Cards before My Numbers: twelve of their digits may look like one. */
static size_t
number_at(const struct text *t, size_t i)
{
	size_t end;

	if ((end = card(t, i)) == 0 && (end = mynumber(t, i)) == 0 &&
	    (end = juminhyo(t, i)) == 0 && (end = nenkin(t, i)) == 0)
		end = zairyu(t, i);
	return end;
}

/* How many digits, counted as far as it matters. */
static size_t
many(const struct text *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->n && n < FEWEST; i++)
		n += digit(t->p[i].c) != 0;
	return n;
}

int
seki_scan_text(struct seki_scan_text *to, const char *s, size_t n,
    unsigned bits, struct seki_err *err)
{
	struct text t = { .to = to, .field = bits };
	size_t i = 0, end;
	int met = 0;

	if (!worth(s, n))
		return 0;
	if (fold(&t, s, n, err) == -1)
		return -1;
	while (i < t.n) {
		if (!digit(t.p[i].c)) {
			i++;
			continue;
		}
		end = number_at(&t, i);
		met |= end > 0;
		i = end > 0 ? end : i + run(&t, i);
	}
	/* A field for nothing but My Numbers holds many digits and no such
	 * number: one too few, or one too many. */
	if (!met && (bits & WHOLE) != 0 && many(&t) >= FEWEST)
		hit(&t, 0, t.n, SEKI_SCAN_SUSPECT, SEKI_SCAN_MYNUMBER,
		    SEKI_WHY_FIELD | SEKI_WHY_LENGTH);
	return 0;
}

int
seki_scan_number(struct seki_scan_text *to, const char *s, size_t n,
    unsigned bits, struct seki_err *err)
{
	size_t want = (bits & MYNUMBER) != 0   ? 12
		      : (bits & JUMINHYO) != 0 ? 11
					       : 0;
	char d[16];

	if (n >= want || n + 4 < want)
		return seki_scan_text(to, s, n, bits, err);
	memset(d, '0', want - n);
	memcpy(d + want - n, s, n);
	return seki_scan_text(to, d, want, bits, err);
}

/* Nothing but the label, whatever stands around it. */
static int
whole(const struct text *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->n; i++)
		n += t->p[i].c != ' ' && t->p[i].c != '_' && t->p[i].c != '-' &&
		     t->p[i].c != 0x30FB;
	return n <= 8;
}

int
seki_scan_label(struct seki_scan_text *to, const char *name, unsigned *bits,
    struct seki_err *err)
{
	struct text t = { .to = to };

	if (fold(&t, name, strlen(name), err) == -1)
		return -1;
	*bits = before(&t, t.n, ~0U);
	if ((*bits & MYNUMBER) != 0 && whole(&t))
		*bits |= WHOLE;
	return 0;
}

/* As SEKI_CSV_PEOPLE sees it: a plain decimal is none. */
int
seki_scan_formula(const char *s, size_t n)
{
	size_t i = 0;
	uint32_t c;

	if (n < 2)
		return 0;
	c = seki_text_get(s, n, &i);
	if (c >= 0xFF01 && c <= 0xFF5E)
		c -= 0xFEE0;
	if (c == '=' || c == '@' || c == '\t' || c == '\r')
		return 1;
	return c == '+' || (c == '-' && !seki_num_ok(s, n));
}
