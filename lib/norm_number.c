#include <inttypes.h>

#include "norm_int.h"

int
seki_norm_digit(uint32_t c)
{
	if (c < 0x3007)
		return -1;
	switch (c) {
	case 0x3007: /* 〇 */
	case 0x96F6: /* 零 */
		return 0;
	case 0x4E00: /* 一 */
	case 0x58F1: /* 壱 */
	case 0x58F9: /* 壹 */
		return 1;
	case 0x4E8C: /* 二 */
	case 0x5F10: /* 弐 */
	case 0x8CB3: /* 貳 */
		return 2;
	case 0x4E09: /* 三 */
	case 0x53C2: /* 参 */
	case 0x53C3: /* 參 */
		return 3;
	case 0x56DB: /* 四 */
		return 4;
	case 0x4E94: /* 五 */
		return 5;
	case 0x516D: /* 六 */
		return 6;
	case 0x4E03: /* 七 */
		return 7;
	case 0x516B: /* 八 */
		return 8;
	case 0x4E5D: /* 九 */
		return 9;
	default:
		return -1;
	}
}

uint64_t
seki_norm_small(uint32_t c)
{
	switch (c) {
	case 0x5341: /* 十 */
	case 0x62FE:
		return 10;
	case 0x767E: /* 百 */
		return 100;
	case 0x5343: /* 千 */
	case 0x9621:
		return 1000;
	default:
		return 0;
	}
}

uint64_t
seki_norm_big(uint32_t c)
{
	switch (c) {
	case 0x4E07: /* 万 */
	case 0x842C:
		return 10000;
	case 0x5104: /* 億 */
		return 100000000;
	case 0x5146: /* 兆 */
		return 1000000000000;
	default:
		return 0;
	}
}

/* Digits as written, in ASCII or positional kanji: mantissa x 10^-places. */
struct run {
	size_t n; /* characters taken */
	uint64_t m;
	unsigned places;
	int kanji;
};

static int
ascii(uint32_t c)
{
	return c >= '0' && c <= '9';
}

/* Check the commas of a whole part: one to three digits, then threes. */
static int
grouped(const uint32_t *c, size_t n)
{
	size_t i, since = 0, commas = 0;

	for (i = 0; i < n; i++) {
		if (c[i] != ',') {
			since++;
			continue;
		}
		if (commas++ == 0 ? since == 0 || since > 3 : since != 3)
			return 0;
		since = 0;
	}
	return commas == 0 || (since == 3 && c[0] != '0');
}

/* How far the whole part and the decimals go; a code above 0 when wrong. */
static int
extent(const uint32_t *c, size_t n, size_t *whole, size_t *frac)
{
	size_t i = 0;

	while (i < n && (ascii(c[i]) || c[i] == ','))
		i++;
	*whole = i;
	*frac = 0;
	if (!grouped(c, i))
		return SEKI_B_GROUPING;
	if (i == n || c[i] != '.')
		return 0;
	while (i + 1 + *frac < n && ascii(c[i + 1 + *frac]))
		++*frac;
	if (i + 1 + *frac < n && c[i + 1 + *frac] == ',')
		return SEKI_B_GROUPING;
	return *frac == 0 ? SEKI_B_UNPARSED : 0;
}

static int
take(const uint32_t *c, size_t n, struct run *r)
{
	size_t whole, frac, i;
	int d, code;

	memset(r, 0, sizeof(*r));
	while (r->n < n && (d = seki_norm_digit(c[r->n])) >= 0) {
		r->m = r->m * 10 + (unsigned)d;
		r->kanji = 1;
		if (++r->n > 15)
			return SEKI_B_TOO_LONG;
	}
	if (r->n > 0)
		return 0;
	if ((code = extent(c, n, &whole, &frac)) != 0)
		return code;
	if (whole + frac > 20)
		return SEKI_B_TOO_LONG;
	r->n = whole + (frac > 0 ? frac + 1 : 0);
	for (i = 0; i < r->n; i++)
		if (ascii(c[i])) {
			if (r->m > 100000000000000)
				return SEKI_B_TOO_LONG;
			r->m = r->m * 10 + (c[i] - '0');
		}
	r->places = (unsigned)frac;
	return whole == 0 && frac > 0 ? SEKI_B_UNPARSED : 0;
}

/* A number under construction: v x 10^-places. */
struct sum {
	uint64_t v;
	unsigned places;
};

/* What stands before one big unit, or at the end: 二千五百, 3, 1.5, 15百.  *at
 * moves on.  A coefficient with decimals or past 9 is all there is. */
static int
section(const uint32_t *c, size_t n, size_t *at, struct sum *s)
{
	uint64_t small, before = 10000;
	struct run r;
	int code, alone = 0;

	s->v = 0;
	s->places = 0;
	for (;;) {
		if ((code = take(c + *at, n - *at, &r)) != 0)
			return code;
		*at += r.n;
		small = *at < n ? seki_norm_small(c[*at]) : 0;
		if (alone && r.n + small > 0)
			return SEKI_B_UNPARSED;
		if (before < 10000 &&
		    (r.places > 0 || (r.kanji && r.n > 1) ||
			(small > 0 ? r.m > 9 : r.m >= before)))
			return SEKI_B_UNPARSED;
		if (small == 0) {
			s->v += r.m;
			s->places += r.places;
			return 0;
		}
		if (small >= before || (r.n > 0 && r.m == 0) ||
		    (r.kanji && r.n > 1))
			return SEKI_B_UNPARSED;
		alone = r.m > 9 || r.places > 0;
		before = small;
		for (; r.places > 0 && small >= 10; r.places--)
			small /= 10;
		s->v += (r.n == 0 ? 1 : r.m) * small;
		s->places = r.places;
		++*at;
	}
}

/* t += s x unit; a decimal left over needs t to be written with it. */
static int
add(struct sum *t, const struct sum *s, uint64_t unit)
{
	uint64_t v;
	unsigned places = s->places, i;

	for (; places > 0 && unit >= 10; places--)
		unit /= 10;
	for (i = 0; i < places; i++)
		if (__builtin_mul_overflow(t->v, (uint64_t)10, &t->v))
			return SEKI_B_TOO_LONG;
	if (__builtin_mul_overflow(s->v, unit, &v) ||
	    __builtin_add_overflow(t->v, v, &t->v))
		return SEKI_B_TOO_LONG;
	t->places = places;
	return 0;
}

static int
units(const uint32_t *c, size_t n, struct sum *t)
{
	uint64_t unit, before = UINT64_MAX, limit;
	struct sum s;
	size_t at = 0, from;
	unsigned i;
	int code;

	t->v = 0;
	t->places = 0;
	while (at < n) {
		from = at;
		if ((code = section(c, n, &at, &s)) != 0)
			return code;
		unit = at < n ? seki_norm_big(c[at]) : 1;
		if (unit == 0 || at == from || unit >= before)
			return SEKI_B_UNPARSED;
		at += at < n;
		for (limit = 10000, i = 0; i < s.places && i < 15; i++)
			limit *= 10;
		if (before != UINT64_MAX && s.v >= limit)
			return SEKI_B_UNPARSED;
		if (s.places > 0 && at < n)
			return SEKI_B_UNPARSED;
		before = unit;
		if ((code = add(t, &s, unit)) != 0)
			return code;
	}
	return 0;
}

static int
write_sum(const struct sum *t, struct seki_buf *out, struct seki_err *err)
{
	char digits[24];
	int n = snprintf(
	    digits, sizeof(digits), "%0*" PRIu64, (int)t->places + 1, t->v);
	size_t whole = (size_t)n - t->places;

	if (seki_buf_add(out, digits, whole, err) == -1)
		return -1;
	return t->places == 0 ? 0
			      : seki_buf_fmt(out, err, ".%s", digits + whole);
}

/* 1,234.50: decimals as written, leading zeros dropped. */
static int
plain(const uint32_t *c, size_t n, struct seki_buf *out, struct seki_err *err)
{
	size_t whole, frac, i = 0;
	int code = extent(c, n, &whole, &frac);

	if (code != 0)
		return code;
	if (whole + frac == 0 || whole + (frac > 0 ? frac + 1 : 0) != n)
		return SEKI_B_UNPARSED;
	while (i + 1 < whole && (c[i] == '0' || c[i] == ','))
		i++;
	if (whole == 0 && seki_buf_byte(out, '0', err) == -1)
		return -1;
	for (; i < n; i++)
		if (c[i] != ',' && seki_buf_byte(out, (int)c[i], err) == -1)
			return -1;
	return 0;
}

static int
kanji(const uint32_t *c, size_t n, struct seki_buf *out, struct seki_err *err)
{
	size_t i = 0;

	while (i + 1 < n && seki_norm_digit(c[i]) == 0)
		i++;
	for (; i < n; i++)
		if (seki_buf_byte(out, '0' + seki_norm_digit(c[i]), err) == -1)
			return -1;
	return 0;
}

static int
body(const uint32_t *c, size_t n, struct seki_buf *out, struct seki_err *err)
{
	size_t i, digits = 0, unit = 0;
	struct sum t;
	int code;

	for (i = 0; i < n; i++) {
		digits += seki_norm_digit(c[i]) >= 0 ? 1 : 0;
		unit += seki_norm_small(c[i]) > 0 || seki_norm_big(c[i]) > 0;
	}
	if (n == 0)
		return SEKI_B_UNPARSED;
	if (digits == n)
		return kanji(c, n, out, err);
	if (unit == 0)
		return plain(c, n, out, err);
	if ((code = units(c, n, &t)) != 0)
		return code;
	return write_sum(&t, out, err);
}

/* What stands around a number: 金 ¥1,234 円也, △, (…), 1,234-. */
struct frame {
	uint32_t *c;
	size_t n;
	int minus, sign, yen, gold, en, nari, receipt;
};

static int
once(int *seen)
{
	return ++*seen == 1;
}

/* 1 when a character was taken away, 0 when there is none, -1 when one of
 * them stands twice. */
static int
front(struct frame *f)
{
	uint32_t c = f->c[0];
	int good;

	if (c == '(' && f->n > 2 && f->c[f->n - 1] == ')') {
		f->n -= 2;
		f->minus = 1;
		good = once(&f->sign);
	} else if (c == 0x25B3 || c == 0x25B2 || seki_norm_hyphen(c)) {
		f->n--;
		f->minus = 1;
		good = once(&f->sign);
	} else if (c == '+') {
		f->n--;
		good = once(&f->sign);
	} else if (c == '\\' || c == 0xA5 || c == 0xFFE5) {
		f->n--;
		good = once(&f->yen);
	} else if (c == 0x91D1) {
		f->n--;
		good = once(&f->gold);
	} else if (c == ' ') {
		f->n--;
		good = 1;
	} else
		return 0;
	f->c++;
	return good ? 1 : -1;
}

static int
back(struct frame *f)
{
	uint32_t c = f->c[f->n - 1];
	uint32_t p = f->n > 1 ? f->c[f->n - 2] : 0;

	if (c == ' ') {
		f->n--;
		return 1;
	}
	if (c == 0x4E5F)
		return f->n--, once(&f->nari) ? 1 : -1;
	if (c == 0x5186 || c == 0x5713)
		return f->n--, once(&f->en) ? 1 : -1;
	if (seki_norm_hyphen(c) && (ascii(p) || seki_norm_digit(p) >= 0))
		return f->n--, once(&f->receipt) ? 1 : -1;
	return 0;
}

/* A space between two digits may be a lost comma or two numbers: refused. */
static int
squeeze(struct frame *f)
{
	size_t i, k = 0;

	for (i = 0; i < f->n; i++) {
		if (f->c[i] != ' ')
			f->c[k++] = f->c[i];
		else if (k > 0 && ascii(f->c[k - 1]) && ascii(f->c[i + 1]))
			return SEKI_B_GROUPING;
	}
	f->n = k;
	return 0;
}

static int
zero(const char *s)
{
	return s[strspn(s, "0.")] == '\0';
}

int
seki_norm_number(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	struct frame f = { .c = p.c };
	size_t start = out->n;
	int code, a, b;

	if (seki_num_ok(s, n))
		return seki_buf_add(out, s, n, err);
	if ((code = seki_norm_points(s, n, 0, &p, err)) != 0)
		return code;
	f.n = p.n;
	do {
		a = f.n > 0 ? front(&f) : 0;
		b = f.n > 0 ? back(&f) : 0;
		if (a == -1 || b == -1)
			return SEKI_B_UNPARSED;
	} while (a + b > 0);
	if (f.sign && f.receipt)
		return SEKI_B_UNPARSED;
	if ((code = squeeze(&f)) != 0)
		return code;
	if (seki_buf_byte(out, '-', err) == -1)
		return -1;
	if ((code = body(f.c, f.n, out, err)) != 0) {
		out->n = start;
		return code;
	}
	if (!f.minus || zero(out->p + start + 1)) {
		out->n--;
		memmove(out->p + start, out->p + start + 1, out->n - start);
	}
	out->p[out->n] = '\0';
	return 0;
}

int
seki_norm_count(const uint32_t *c, size_t n)
{
	size_t i, at = 0, digits = 0;
	int v = 0;
	struct sum s;

	for (i = 0; i < n; i++)
		digits += ascii(c[i]) ? 1 : 0;
	if (n == 0 || (digits > 0 && (digits != n || n > 4)))
		return -1;
	for (i = 0; i < digits; i++)
		v = v * 10 + ((int)c[i] - '0');
	if (digits > 0)
		return v;
	if (section(c, n, &at, &s) != 0 || at != n || s.places > 0 ||
	    s.v > 9999)
		return -1;
	return (int)s.v;
}
