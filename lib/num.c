#include <string.h>

#include "seki_int.h"

/* A decimal, taken apart: value = 0.DIGITS x 10^point, digits borrowed from
 * two places of the text. */
struct parts {
	const char *whole, *frac;
	size_t nwhole, nfrac;
	long exp;
	int minus;
};

static int
digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
digits(const char **p, const char *end)
{
	const char *s = *p;

	while (*p < end && digit(**p))
		++*p;
	return (size_t)(*p - s);
}

/* 0, or 1 when it is no number.  An exponent past six figures is none. */
static int
take(const char *p, const char *end, struct parts *d)
{
	int minus;
	size_t n;

	memset(d, 0, sizeof(*d));
	if (p < end && (*p == '-' || *p == '+'))
		d->minus = *p++ == '-';
	d->whole = p;
	d->nwhole = digits(&p, end);
	d->frac = p;
	if (p < end && *p == '.') {
		d->frac = ++p;
		d->nfrac = digits(&p, end);
		if (d->nfrac == 0)
			return 1;
	}
	if (d->nwhole + d->nfrac == 0)
		return 1;
	if (p == end)
		return 0;
	if (*p != 'e' && *p != 'E')
		return 1;
	p++;
	minus = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	for (n = 0; p < end && digit(*p); p++, n++)
		if ((d->exp = d->exp * 10 + (*p - '0')) > 999999)
			return 1;
	if (minus)
		d->exp = -d->exp;
	return n == 0 || p != end;
}

static char
nth(const struct parts *d, size_t i)
{
	return i < d->nwhole ? d->whole[i] : d->frac[i - d->nwhole];
}

int
seki_num_canon(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct parts d;
	size_t first, last, i;
	long point, k;

	if (take(s, s + n, &d) != 0)
		return 1;
	last = d.nwhole + d.nfrac;
	for (first = 0; first < last && nth(&d, first) == '0';)
		first++;
	while (last > first && nth(&d, last - 1) == '0')
		last--;
	if (first == last)
		return seki_buf_byte(out, '0', err);
	/* Digits first..last-1; the decimal point stands before digit "point"
	 * counted from first. */
	point = (long)d.nwhole + d.exp - (long)first;
	if (last - first > SEKI_DIGITS_MAX || point > (long)SEKI_DIGITS_MAX ||
	    point < -(long)SEKI_DIGITS_MAX)
		return 1;
	if (seki_buf_room(out, 2 * SEKI_DIGITS_MAX + 4, err) == -1)
		return -1;
	if (d.minus)
		out->p[out->n++] = '-';
	if (point <= 0) {
		out->p[out->n++] = '0';
		out->p[out->n++] = '.';
		for (k = point; k < 0; k++)
			out->p[out->n++] = '0';
	}
	for (i = first; i < last; i++) {
		if (point > 0 && (long)(i - first) == point)
			out->p[out->n++] = '.';
		out->p[out->n++] = nth(&d, i);
	}
	for (k = (long)(last - first); k < point; k++)
		out->p[out->n++] = '0';
	out->p[out->n] = '\0';
	return 0;
}

int
seki_num_ok(const char *s, size_t n)
{
	const char *p = s, *end = s + n;
	const char *whole;
	size_t nwhole, nfrac = 0;

	if (p < end && *p == '-')
		p++;
	whole = p;
	nwhole = digits(&p, end);
	if (nwhole == 0 || (nwhole > 1 && whole[0] == '0'))
		return 0;
	if (p < end) {
		if (*p++ != '.')
			return 0;
		nfrac = digits(&p, end);
		if (nfrac == 0 || p[-1] == '0')
			return 0;
	}
	if (p != end || nwhole > SEKI_DIGITS_MAX || nfrac > 2 * SEKI_DIGITS_MAX)
		return 0;
	return !(s[0] == '-' && nwhole == 1 && whole[0] == '0' && nfrac == 0);
}

size_t
seki_num_digits(const char *s, size_t n)
{
	size_t i = 0, count = 0, zeros = 0;

	while (i < n && (s[i] == '-' || s[i] == '0' || s[i] == '.'))
		i++;
	for (; i < n; i++) {
		if (s[i] == '.')
			continue;
		count++;
		zeros = s[i] == '0' ? zeros + 1 : 0;
	}
	return count - zeros;
}
