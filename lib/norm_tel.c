#include "norm_int.h"

/* Between digits only; 一 is how some write a hyphen by hand. */
static int
hyphen(uint32_t c)
{
	return seki_norm_hyphen(c) || c == 0x4E00 || c == ' ';
}

static int
digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

int
seki_norm_postal(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	char digits[8];
	size_t i = 0, k = 0;
	int code;

	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	if (p.c[0] == 0x3012)
		for (i = 1; i < p.n && p.c[i] == ' ';)
			i++;
	if (i == p.n || !digit(p.c[i]) || !digit(p.c[p.n - 1]))
		return SEKI_B_CHARSET;
	for (; i < p.n; i++) {
		if (!digit(p.c[i]) && !hyphen(p.c[i]))
			return SEKI_B_CHARSET;
		if (digit(p.c[i]) && k++ < 7)
			digits[k - 1] = (char)p.c[i];
	}
	return k == 7 ? seki_buf_add(out, digits, 7, err) : SEKI_B_LENGTH;
}

/* A telephone number, taken apart. */
struct tel {
	const uint32_t *c;
	size_t n;
	char number[48]; /* digits and single hyphens */
	size_t len, digits;
	char ext[16];
};

static void
blanks(struct tel *t)
{
	while (t->n > 0 && t->c[0] == ' ') {
		t->c++;
		t->n--;
	}
	while (t->n > 0 && t->c[t->n - 1] == ' ')
		t->n--;
}

static void
label(struct tel *t)
{
	static const char *const words[] = { "電話番号", "電話", "TEL", NULL };
	size_t i, len;

	for (i = 0; words[i] != NULL; i++)
		if (seki_norm_begins(t->c, t->n, words[i], &len)) {
			t->c += len;
			t->n -= len;
			while (t->n > 0 && (t->c[0] == ':' || t->c[0] == '.' ||
					       t->c[0] == ' ')) {
				t->c++;
				t->n--;
			}
			return;
		}
}

/* (代), (代表) at the end. */
static int
main_mark(struct tel *t)
{
	size_t len;

	blanks(t);
	if (!seki_norm_ends(t->c, t->n, "(代)", &len) &&
	    !seki_norm_ends(t->c, t->n, "(代表)", &len))
		return 0;
	t->n -= len;
	return 1;
}

/* 内線12, ext. 12, in parentheses or not, at the end. */
static int
extension(struct tel *t)
{
	static const char *const words[] = { "内線番号", "内線", "EXT", NULL };
	size_t n = t->n, k, i, w, word;
	int paren = n > 0 && t->c[n - 1] == ')';

	n -= (size_t)paren;
	for (k = n; k > 0 && digit(t->c[k - 1]);)
		k--;
	if (k == n || n - k >= sizeof(t->ext) || t->ext[0] != '\0')
		return 0;
	i = k;
	while (k > 0 &&
	       (t->c[k - 1] == ' ' || t->c[k - 1] == '.' || t->c[k - 1] == ':'))
		k--;
	for (word = 0; words[word] != NULL; word++) {
		if (!seki_norm_ends(t->c, k, words[word], &w))
			continue;
		k -= w;
		if (paren && (k == 0 || t->c[k - 1] != '('))
			return 0;
		t->n = k - (size_t)paren;
		for (k = 0; i < n; i++)
			t->ext[k++] = (char)t->c[i];
		t->ext[k] = '\0';
		return 1;
	}
	return 0;
}

static int
separator(uint32_t c)
{
	return hyphen(c) || c == '.' || c == '(' || c == ')';
}

/* Digits, with one hyphen for every run of separators between them; the
 * parentheses of (03)1234-5678 and 03(1234)5678 pair up. */
static int
number(struct tel *t)
{
	int open = 0, gap = 0;
	size_t i;
	uint32_t c;

	for (i = 0; i < t->n; i++) {
		c = t->c[i];
		if (digit(c)) {
			if (t->len + 2 >= sizeof(t->number))
				return SEKI_B_LENGTH;
			if (gap && t->len > 0)
				t->number[t->len++] = '-';
			t->number[t->len++] = (char)c;
			t->digits++;
			gap = 0;
			continue;
		}
		if (!separator(c) || (t->len == 0 && c != '('))
			return SEKI_B_CHARSET;
		if ((c == '(' && open++ > 0) || (c == ')' && open-- != 1))
			return SEKI_B_CHARSET;
		gap = 1;
	}
	if (open != 0 || gap || t->digits == 0)
		return SEKI_B_CHARSET;
	return 0;
}

/* +81 3-…, +81 (0)3-…: a zero in its place. */
static int
abroad(struct tel *t, struct seki_points *p)
{
	size_t len;

	if (t->n == 0 || t->c[0] != '+')
		return 0;
	if (!seki_norm_begins(t->c, t->n, "+81", &len))
		return SEKI_B_CHARSET;
	t->c += len;
	t->n -= len;
	while (t->n > 0 && (hyphen(t->c[0]) || t->c[0] == '.')) {
		t->c++;
		t->n--;
	}
	if (seki_norm_begins(t->c, t->n, "(0)", &len)) {
		t->c += len;
		t->n -= len;
		while (t->n > 0 && hyphen(t->c[0])) {
			t->c++;
			t->n--;
		}
	} else if (t->n > 0 && t->c[0] == '0') {
		t->c++;
		t->n--;
	}
	/* At least "+81" was taken away: there is room for the zero. */
	memmove(p->c + 1, t->c, t->n * sizeof(p->c[0]));
	p->c[0] = '0';
	t->c = p->c;
	t->n++;
	return 0;
}

/* How many digits the first two groups have, where that is fixed. */
static int
fixed(const char *d, size_t n, size_t *a, size_t *b)
{
	if (n == 11 && memcmp(d, "0800", 4) == 0) {
		*a = 4;
		*b = 3;
	} else if (n == 11 && d[1] >= '5' && d[2] == '0') {
		*a = 3;
		*b = 4;
	} else if (n == 10 &&
		   (memcmp(d, "0120", 4) == 0 || memcmp(d, "0570", 4) == 0 ||
		       memcmp(d, "0990", 4) == 0)) {
		*a = 4;
		*b = 3;
	} else
		return 0;
	return 1;
}

static int
judge(const struct tel *t, struct seki_buf *out, struct seki_err *err)
{
	char d[sizeof(t->number)] = "";
	size_t i, k = 0, a, b;

	for (i = 0; i < t->len; i++)
		if (t->number[i] != '-')
			d[k++] = t->number[i];
	if (d[0] != '0')
		return k == 9 || k == 10 ? SEKI_B_ZERO_LOST : SEKI_B_LENGTH;
	if (k < 10)
		return SEKI_B_LENGTH;
	if (fixed(d, k, &a, &b))
		return seki_buf_add(out, d, a, err) == -1 ||
			       seki_buf_byte(out, '-', err) == -1 ||
			       seki_buf_add(out, d + a, b, err) == -1 ||
			       seki_buf_byte(out, '-', err) == -1
			   ? -1
			   : seki_buf_add(out, d + a + b, k - a - b, err);
	/* Ten digits of a mobile or IP number: one is missing. */
	if (k != 10 || (d[1] >= '5' && d[2] == '0'))
		return SEKI_B_LENGTH;
	return seki_buf_add(out, t->number, t->len, err);
}

int
seki_norm_tel(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	struct tel t = { .n = 0 };
	int code;

	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	t.c = p.c;
	t.n = p.n;
	label(&t);
	while (main_mark(&t) || extension(&t))
		;
	blanks(&t);
	if ((code = abroad(&t, &p)) != 0 || (code = number(&t)) != 0 ||
	    (code = judge(&t, out, err)) != 0)
		return code;
	if (t.ext[0] == '\0')
		return 0;
	return seki_buf_fmt(out, err, " 内線%s", t.ext);
}
