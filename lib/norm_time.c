#include <time.h>

#include "norm_int.h"

#define JST 32400
#define DAY 86400

struct clock {
	int h, m, s; /* s -1: none given */
};

static int
whole(const uint32_t *c, size_t n)
{
	return n == 0 || n > 3 ? -1 : seki_norm_count(c, n);
}

static size_t
find(const uint32_t *c, size_t n, uint32_t what)
{
	size_t i = 0;

	while (i < n && c[i] != what)
		i++;
	return i;
}

/* 9:05, 18:10:50 */
static int
colons(const uint32_t *c, size_t n, struct clock *t)
{
	size_t a = find(c, n, ':'), b;

	if (a == n)
		return -1;
	b = a + 1 + find(c + a + 1, n - a - 1, ':');
	t->h = whole(c, a);
	t->m = b - a == 3 ? whole(c + a + 1, 2) : -1;
	t->s = b == n ? -1 : n - b == 3 ? whole(c + b + 1, 2) : -1;
	return t->h == -1 || t->m == -1 || (b < n && t->s == -1) ? -1 : 0;
}

/* 9時, 9時5分, 9時半, 9時5分10秒 */
static int
words(const uint32_t *c, size_t n, struct clock *t)
{
	size_t a = find(c, n, 0x6642), b;

	if (a == n || (t->h = whole(c, a)) == -1)
		return -1;
	c += a + 1;
	n -= a + 1;
	t->m = 0;
	t->s = -1;
	if (n == 0)
		return 0;
	if (n == 1 && c[0] == 0x534A) {
		t->m = 30;
		return 0;
	}
	if ((b = find(c, n, 0x5206)) == n || (t->m = whole(c, b)) == -1)
		return -1;
	c += b + 1;
	n -= b + 1;
	if (n == 0)
		return 0;
	if (c[n - 1] != 0x79D2 || (t->s = whole(c, n - 1)) == -1)
		return -1;
	return 0;
}

/* Half of the day.  12 with 午前 or 午後: the decree of 1872 and most people
 * mean opposite things. */
static int
half(int pm, int english, struct clock *t)
{
	if (!english && t->h == 12)
		return SEKI_B_AMBIGUOUS;
	if (t->h > 12 || (english && t->h == 0))
		return SEKI_B_RANGE;
	t->h = t->h % 12 + (pm ? 12 : 0);
	return 0;
}

/* t->h as it was written, up to 999: not yet known to be a day's. */
static int
reading_of(const uint32_t *c, size_t n, struct clock *t)
{
	static const struct {
		const char *word;
		int pm, english;
	} halves[] = { { "午前", 0, 0 }, { "午後", 1, 0 }, { "AM", 0, 1 },
		{ "PM", 1, 1 } };
	size_t len, i;
	int which = -1, code;

	if (seki_norm_begins(c, n, "正午", &len) && len == n) {
		*t = (struct clock){ 12, 0, -1 };
		return 0;
	}
	for (i = 0; which == -1 && i < 4; i++) {
		if (seki_norm_begins(c, n, halves[i].word, &len))
			c += len;
		else if (!halves[i].english ||
			 !seki_norm_ends(c, n, halves[i].word, &len))
			continue;
		n -= len;
		which = (int)i;
	}
	if (colons(c, n, t) == -1 && words(c, n, t) == -1)
		return SEKI_B_UNPARSED;
	if (which != -1 &&
	    (code = half(halves[which].pm, halves[which].english, t)) != 0)
		return code;
	return t->m > 59 || t->s > 59 ? SEKI_B_RANGE : 0;
}

static int
clock_of(const uint32_t *c, size_t n, struct clock *t)
{
	int code = reading_of(c, n, t);

	return code == 0 && t->h > 23 ? SEKI_B_RANGE : code;
}

static int
put_clock(const struct clock *t, struct seki_buf *out, struct seki_err *err)
{
	if (seki_buf_fmt(out, err, "%02d:%02d", t->h, t->m) == -1)
		return -1;
	return t->s == -1 ? 0 : seki_buf_fmt(out, err, ":%02d", t->s);
}

int
seki_norm_time(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	struct clock t;
	int code;

	if (seki_value_check(SEKI_S_TIME, s, n) == NULL)
		return seki_buf_add(out, s, n, err);
	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	seki_norm_tight(&p);
	if ((code = clock_of(p.c, p.n, &t)) != 0)
		return code;
	return put_clock(&t, out, err);
}

/* Hours up to 29 belong to the day before. */
#define LATE 29

int
seki_norm_time_ext(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	struct clock t;
	size_t len;
	int code, next = 0;

	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	seki_norm_tight(&p);
	if (seki_norm_ends(p.c, p.n, "+1D", &len)) {
		p.n -= len;
		next = 1;
	}
	if ((code = reading_of(p.c, p.n, &t)) != 0)
		return code;
	if (t.h > (next ? LATE - 24 : LATE))
		return SEKI_B_RANGE;
	next = next || t.h > 23;
	t.h %= 24;
	if (put_clock(&t, out, err) == -1)
		return -1;
	return next ? seki_buf_str(out, "+1d", err) : 0;
}

static int
digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

/* Take Z, +09:00 or +0900 off the end: its seconds; Japan's without one.  A
 * colon must stand before it, else it is part of a date. */
static int
zone(const uint32_t *c, size_t *n)
{
	size_t k = *n, tail;
	int sign, h, m;

	if (k > 0 && c[k - 1] == 'Z') {
		--*n;
		return 0;
	}
	tail = k > 6 && c[k - 3] == ':' ? 6 : 5;
	if (k <= tail || (c[k - tail] != '+' && c[k - tail] != '-') ||
	    find(c, k - tail, ':') == k - tail)
		return JST;
	sign = c[k - tail] == '+' ? 1 : -1;
	h = seki_norm_count(c + k - tail + 1, 2);
	m = seki_norm_count(c + k - 2, 2);
	if (!digit(c[k - tail + 1]) || h == -1 || h > 14 || m == -1 || m > 59)
		return JST;
	*n -= tail;
	return sign * (h * 3600 + m * 60);
}

/* Fractions of a second are dropped, as the service does. */
static void
fraction(const uint32_t *c, size_t *n)
{
	size_t k = *n;

	while (k > 0 && digit(c[k - 1]))
		k--;
	if (k > 3 && k < *n && c[k - 1] == '.' && digit(c[k - 2]) &&
	    digit(c[k - 3]) && c[k - 4] == ':')
		*n = k - 1;
}

/* Where the time may begin: behind a T, a 日 or a parenthesis, or at a gap
 * (kept as a blank until here). */
static int
instant(const struct seki_points *p, size_t n, int offset, seki_time *when)
{
	struct seki_points date SEKI_UNSET, time SEKI_UNSET;
	struct clock t;
	struct seki_day d;
	int code, first = SEKI_B_UNPARSED;
	size_t i;

	for (i = 1; i < n; i++) {
		if (p->c[i] != 'T' && p->c[i] != ' ' && p->c[i - 1] != 0x65E5 &&
		    p->c[i - 1] != ')')
			continue;
		date.n = i;
		memcpy(date.c, p->c, i * sizeof(p->c[0]));
		time.n = n - i;
		memcpy(time.c, p->c + i, time.n * sizeof(p->c[0]));
		if (time.c[0] == 'T')
			time.c[0] = ' ';
		seki_norm_tight(&date);
		seki_norm_tight(&time);
		code = seki_norm_day(date.c, date.n, &d);
		if (code == SEKI_B_UNPARSED)
			continue;
		if (code == 0)
			code = d.d == 0 ? SEKI_B_NO_DAY
					: clock_of(time.c, time.n, &t);
		if (code == 0) {
			*when = seki_time_days(d.y, d.m, d.d) * DAY +
				t.h * 3600 + t.m * 60 + (t.s == -1 ? 0 : t.s) -
				offset;
			return 0;
		}
		if (first == SEKI_B_UNPARSED)
			first = code;
	}
	return first;
}

/* Japan time unless it says; 0, a seki_broken or -1. */
static int
parse(const char *s, size_t n, seki_time *when, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	size_t i;
	int code, offset;

	if (seki_time_parse_any(s, n, when) == 0)
		return 0;
	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	for (i = 0; i < p.n; i++)
		if (p.c[i] >= 'a' && p.c[i] <= 'z')
			p.c[i] -= 32;
		else if (seki_norm_hyphen(p.c[i]))
			p.c[i] = '-';
	/* Anything longer is no instant, and the search is quadratic. */
	if (p.n > 64)
		return SEKI_B_UNPARSED;
	offset = zone(p.c, &p.n);
	fraction(p.c, &p.n);
	return instant(&p, p.n, offset, when);
}

/* seki_time_format would write the year 33 with two digits. */
static int
put(seki_time t, const char *zone_text, struct seki_buf *out,
    struct seki_err *err)
{
	time_t tt = (time_t)t;
	struct tm tm;

	if (gmtime_r(&tt, &tm) == NULL || tm.tm_year < 1 - 1900 ||
	    tm.tm_year > 9999 - 1900)
		return SEKI_B_RANGE;
	return seki_buf_fmt(out, err, "%04d-%02d-%02dT%02d:%02d:%02d%s",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, zone_text);
}

int
seki_norm_datetime(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	seki_time t;
	int code;

	if (seki_time_parse(s, n, &t) == 0)
		return seki_buf_add(out, s, n, err);
	if ((code = parse(s, n, &t, err)) != 0)
		return code;
	return put(t, "Z", out, err);
}

int
seki_norm_datetime_jst(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	seki_time t;
	int code = parse(s, n, &t, err);

	return code != 0 ? code : put(t + JST, "+09:00", out, err);
}
