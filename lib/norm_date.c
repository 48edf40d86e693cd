#include "norm_int.h"

/* JIS X 0301:2019; the last day of an era belongs to it, the first of the next
 * one does not.  Dates as y * 10000 + m * 100 + d. */
static const struct era {
	const char *word[3];
	int first; /* the year 1 */
	int from, to;
} eras[] = {
	{ { "明治", "明", "M" }, 1868, 18730101, 19120729 },
	{ { "大正", "大", "T" }, 1912, 19120730, 19261224 },
	{ { "昭和", "昭", "S" }, 1926, 19261225, 19890107 },
	{ { "平成", "平", "H" }, 1989, 19890108, 20190430 },
	{ { "令和", "令", "R" }, 2019, 20190501, 99991231 },
};
/* Until then the calendar was another one: Meiji 1 to 5. */
#define LUNISOLAR 5

#define NEN 0x5E74
#define TSUKI 0x6708
#define HI 0x65E5
#define GAN 0x5143

/* A year as it was written: in an era, or with four digits. */
struct year {
	const struct era *era;
	int n;
	int full; /* enough digits for the common era */
};

struct parse {
	const uint32_t *c;
	size_t n, at;
};

static int
next(struct parse *p, uint32_t c)
{
	if (p->at == p->n || p->c[p->at] != c)
		return 0;
	p->at++;
	return 1;
}

/* A run of ASCII digits or of kanji numerals: its value, or -1. */
static int
count(struct parse *p, size_t *len)
{
	const uint32_t *c = p->c + p->at;
	size_t i = 0, n = p->n - p->at;

	while (i < n && c[i] >= '0' && c[i] <= '9')
		i++;
	if (i == 0)
		while (i < n && (seki_norm_digit(c[i]) >= 0 ||
				    seki_norm_small(c[i]) > 0))
			i++;
	p->at += i;
	*len = i;
	return seki_norm_count(c, i);
}

static int
year(struct parse *p, struct year *y)
{
	size_t i, k, len;

	y->era = NULL;
	for (i = 0; y->era == NULL && i < sizeof(eras) / sizeof(eras[0]); i++)
		for (k = 0; y->era == NULL && k < 3; k++)
			if (seki_norm_begins(p->c + p->at, p->n - p->at,
				eras[i].word[k], &len)) {
				y->era = &eras[i];
				p->at += len;
			}
	y->full = 0;
	if (y->era != NULL && next(p, GAN)) {
		y->n = 1;
		return 0;
	}
	if ((y->n = count(p, &len)) == -1)
		return -1;
	y->full = y->n >= 1000 || len == 4;
	return y->era != NULL && (len > 3 || y->n > 999) ? -1 : 0;
}

static int
weekday(const uint32_t *c, size_t *n)
{
	static const uint32_t day[] = { HI, TSUKI, 0x706B, 0x6C34, 0x6728,
		0x91D1, 0x571F };
	size_t k = *n, len;
	int paren = 0, you = 0, i;

	if (k > 0 && c[k - 1] == ')') {
		paren = 1;
		k--;
	}
	if (seki_norm_ends(c, k, "曜日", &len) ||
	    seki_norm_ends(c, k, "曜", &len)) {
		you = 1;
		k -= len;
	}
	if ((!paren && !you) || k < 2 || (paren && c[k - 2] != '('))
		return -1;
	for (i = 0; i < 7 && day[i] != c[k - 1];)
		i++;
	if (i == 7)
		return -1;
	*n = k - 1 - (paren ? 1 : 0);
	return i;
}

/* R060401 and 20240401; six digits alone could be either. */
static int
compact(const uint32_t *c, size_t n, struct year *y, int *m, int *d)
{
	struct parse p = { .c = c, .n = n };
	size_t i = 0, digits;
	struct parse head;

	while (i < n && (c[i] < '0' || c[i] > '9'))
		i++;
	for (digits = 0;
	     i + digits < n && c[i + digits] >= '0' && c[i + digits] <= '9';)
		digits++;
	if (i + digits != n || digits < 6 || digits > 8 || i > 1)
		return SEKI_B_UNPARSED;
	if (i == 0 && digits < 8)
		return SEKI_B_AMBIGUOUS;
	if (i == 1 && digits != 6)
		return SEKI_B_UNPARSED;
	head = p;
	head.n = n - 4;
	if (year(&head, y) == -1 || head.at != head.n)
		return SEKI_B_UNPARSED;
	*m = seki_norm_count(c + n - 4, 2);
	if ((*d = seki_norm_count(c + n - 2, 2)) == 0)
		*d = 99;
	return 0;
}

/* Month and day behind 年, or behind one of . / -; *d 0: a month.  A day
 * written as 0 is 99, which no month has. */
static int
rest(struct parse *p, int nen, int *m, int *d)
{
	uint32_t sep = nen ? TSUKI : p->at < p->n ? p->c[p->at] : 0;
	size_t len;

	*d = 0;
	if (!nen && ((sep != '.' && sep != '/' && sep != '-') || !next(p, sep)))
		return -1;
	if ((*m = count(p, &len)) == -1)
		return -1;
	if (!nen && p->at == p->n)
		return 0;
	if (!next(p, sep))
		return -1;
	if (nen && p->at == p->n)
		return 0;
	if ((*d = count(p, &len)) == -1)
		return -1;
	if (*d == 0)
		*d = 99;
	if (nen)
		(void)next(p, HI);
	return p->at == p->n ? 0 : -1;
}

/* 1964(昭和39)年10月10日, 昭和39(1964)年…, 1964年(昭和39年)10月10日; other is
 * the year in the parentheses, its n -1 when there are none. */
static int
written(struct parse *p, struct year *y, struct year *other, int *m, int *d)
{
	int nen;

	other->n = -1;
	if (year(p, y) == -1)
		return -1;
	nen = next(p, NEN);
	if (next(p, '(')) {
		if (year(p, other) == -1)
			return -1;
		(void)next(p, NEN);
		if (!next(p, ')') || (y->era == NULL) == (other->era == NULL))
			return -1;
		nen = nen || next(p, NEN);
	}
	return rest(p, nen, m, d);
}

/* The year of the common era, or a code below 0. */
static int
common(const struct year *y)
{
	if (y->era == NULL)
		return y->full ? y->n : -SEKI_B_AMBIGUOUS;
	if (y->n == 0)
		return -SEKI_B_ERA_RANGE;
	if (y->era == eras && y->n <= LUNISOLAR)
		return -SEKI_B_PRE_GREGORIAN;
	return y->era->first + y->n - 1;
}

static int
in_era(const struct era *era, int y, int m, int d)
{
	int day = (y * 100 + m) * 100 + d;

	if (d == 0)
		return day / 100 >= era->from / 100 &&
		       day / 100 <= era->to / 100;
	return day >= era->from && day <= era->to;
}

static int
judge(const struct year *a, const struct year *b, int wd, int *y, int m, int d)
{
	int other;

	if ((*y = common(a)) < 0)
		return -*y;
	if (b->n != -1) {
		if ((other = common(b)) < 0)
			return -other;
		if (other != *y)
			return SEKI_B_ERA_MISMATCH;
	}
	if (!seki_time_day_ok(*y, m, d == 0 ? 1 : d))
		return SEKI_B_CALENDAR;
	if (wd == -1)
		return 0;
	if (d == 0)
		return SEKI_B_UNPARSED;
	/* 1970-01-01 was a Thursday. */
	return (seki_time_days(*y, m, d) % 7 + 11) % 7 == wd ? 0
							     : SEKI_B_WEEKDAY;
}

/* era is the one it was written in, or NULL. */
static int
day(const uint32_t *c, size_t n, struct seki_day *to, const struct era **era)
{
	struct year a, b = { .n = -1 };
	int wd = weekday(c, &n), code;
	struct parse p = { .c = c, .n = n };
	int *m = &to->m, *d = &to->d;

	code = compact(c, n, &a, m, d);
	if (code == SEKI_B_AMBIGUOUS)
		return code;
	if (code != 0 && written(&p, &a, &b, m, d) == -1)
		return SEKI_B_UNPARSED;
	*era = a.era != NULL ? a.era : b.era;
	return judge(&a, &b, wd, &to->y, *m, *d);
}

int
seki_norm_day(const uint32_t *c, size_t n, struct seki_day *to)
{
	const struct era *era;
	int code = day(c, n, to, &era);

	if (code == 0 && era != NULL && !in_era(era, to->y, to->m, to->d))
		return SEKI_B_ERA_RANGE;
	return code;
}

int
seki_norm_day_lenient(const uint32_t *c, size_t n, struct seki_day *to)
{
	const struct era *era;

	return day(c, n, to, &era);
}

/* A year of accounts, from April on, must share a day with its era: Heisei 31
 * and Reiwa 1 are the same one, Heisei 32 is none. */
int
seki_norm_year(const uint32_t *c, size_t n, int *to)
{
	struct parse p = { .c = c, .n = n };
	struct year y;

	if (year(&p, &y) == -1 || p.at != p.n)
		return SEKI_B_UNPARSED;
	if ((*to = common(&y)) < 0)
		return -*to;
	if (*to == 0 || *to > 9999)
		return SEKI_B_RANGE;
	if (y.era != NULL &&
	    ((*to * 100 + 4) * 100 + 1 > y.era->to ||
		((*to + 1) * 100 + 3) * 100 + 31 < y.era->from))
		return SEKI_B_ERA_RANGE;
	return 0;
}

void
seki_norm_tight(struct seki_points *p)
{
	size_t i, k = 0;
	uint32_t c;

	for (i = 0; i < p->n; i++) {
		c = p->c[i];
		if (c == ' ')
			continue;
		if (seki_norm_hyphen(c))
			c = '-';
		if (c >= 'a' && c <= 'z')
			c -= 32;
		p->c[k++] = c;
	}
	p->n = k;
}

static int
put(const struct seki_day *d, struct seki_buf *out, struct seki_err *err)
{
	const int part[] = { d->y / 100, d->y % 100, d->m, d->d };
	char text[11];
	size_t i, n = 0;

	for (i = 0; i < 4; i++) {
		if (i > 1)
			text[n++] = '-';
		text[n++] = (char)('0' + part[i] / 10);
		text[n++] = (char)('0' + part[i] % 10);
	}
	return seki_buf_add(out, text, d->d == 0 ? 7 : 10, err);
}

typedef int day_fn(const uint32_t *, size_t, struct seki_day *);

static int
date(const char *s, size_t n, day_fn *fn, struct seki_buf *out,
    struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	struct seki_day d;
	int code;

	if (seki_value_check(SEKI_S_DATE, s, n) == NULL)
		return seki_buf_add(out, s, n, err);
	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	seki_norm_tight(&p);
	if ((code = fn(p.c, p.n, &d)) != 0)
		return code;
	return put(&d, out, err);
}

int
seki_norm_date(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return date(s, n, seki_norm_day, out, err);
}

int
seki_norm_date_lenient(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return date(s, n, seki_norm_day_lenient, out, err);
}
