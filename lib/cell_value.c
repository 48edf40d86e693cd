#include <stdlib.h>
#include <string.h>

#include "xlsx.h"

/* Serials up to here mean other days to other programs: the 1900-02-29 that
 * never was. */
#define SERIAL_SAFE 61
/* 1970-01-01 as a serial of the 1900 and of the 1904 system. */
#define EPOCH_1900 25569
#define EPOCH_1904 24107
#define DAY 86400
/* 0001-01-01T00:00:00Z. */
#define TIME_MIN (-(seki_time)62135596800)

int
seki_cell_show(enum seki_shape shape, const struct seki_value *v,
    struct seki_buf *b, struct seki_err *err)
{
	char out[SEKI_TIME];
	seki_time t;
	size_t n;

	if (shape != SEKI_S_DATETIME)
		return seki_canon_text(shape, v, b, err);
	if (seki_time_parse(v->p, v->n, &t) == -1)
		return seki_fail(err, SEKI_RECORD, "%s",
		    _("a date and time is not of its form"));
	if (t % 60 == 0)
		seki_time_jst(t, out);
	else
		seki_time_jst_s(t, out);
	n = strlen(out);
	/* Past the year 9999 in Japan, or before 1000: as it is, with its Z. */
	if (n != (t % 60 == 0 ? 16U : 19U) || out[4] != '-')
		return seki_buf_add(b, v->p, v->n, err);
	return seki_buf_add(b, out, n, err);
}

/*
 * Spreadsheets hold 15 digits and write what they hold with up to 17: the
 * decimal that was meant is the one of 15 digits.
 */
static void
round15(struct seki_buf *b)
{
	size_t i, digits = 0, cut = 0, frac = 0, keep;
	int up, seen = 0;
	char *p = b->p;

	for (i = 0; i < b->n; i++) {
		if (p[i] == '.')
			frac = i;
		seen |= p[i] >= '1' && p[i] <= '9';
		if (seen && p[i] >= '0' && p[i] <= '9' && ++digits == 16)
			cut = i;
	}
	if (digits <= 15)
		return;
	up = p[cut] >= '5';
	for (i = cut; i < b->n; i++)
		if (p[i] != '.')
			p[i] = '0';
	for (i = cut; up && i-- > 0;) {
		if (p[i] == '.' || p[i] == '-')
			continue;
		up = p[i] == '9';
		p[i] = up ? '0' : (char)(p[i] + 1);
	}
	if (up) {
		keep = p[0] == '-';
		memmove(p + keep + 1, p + keep, b->n - keep + 1);
		p[keep] = '1';
		b->n++;
		frac += frac > 0;
	}
	if (frac == 0)
		return;
	while (p[b->n - 1] == '0')
		b->n--;
	if (p[b->n - 1] == '.')
		b->n--;
	p[b->n] = '\0';
}

/* The decimal of a cell: 0, 1 when it is none, -1. */
static int
decimal(const struct seki_cell *c, struct seki_buf *b, struct seki_err *err)
{
	int r = seki_num_canon(c->p, c->n, b, err);

	if (r != 0 || c->kind != SEKI_CELL_NUMBER)
		return r;
	/* Room for one more digit in front. */
	if (seki_buf_room(b, 1, err) == -1)
		return -1;
	round15(b);
	return 0;
}

/* The digits of a decimal and the power of ten they are to be taken with: no
 * point, which would be that of the locale.  How many digits count. */
static size_t
digits(const char *s, size_t n, char *out, long *ten)
{
	size_t i, k = 0, zeros = 0;
	int point = 0;

	for (*ten = 0, i = 0; i < n; i++) {
		point |= s[i] == '.';
		*ten -= point && s[i] != '.';
		if (s[i] < '0' || s[i] > '9' || (k == 0 && s[i] == '0'))
			continue;
		out[k++] = s[i];
		zeros = s[i] == '0' ? zeros + 1 : 0;
	}
	out[k] = '\0';
	return k - zeros;
}

int
seki_cell_exact(
    const struct seki_cell *c, struct seki_buf *b, struct seki_err *err)
{
	char s[SEKI_DIGITS_MAX + 32], back[64], *e;
	size_t n, k;
	double x;
	long ten;
	int r, places;

	seki_buf_reset(b);
	if (c->n > SEKI_DIGITS_MAX ||
	    (r = seki_num_canon(c->p, c->n, b, err)) == 1)
		return 1;
	if (r == -1 || b->n > SEKI_DIGITS_MAX ||
	    digits(b->p, b->n, s, &ten) <= 15)
		return r == -1 ? -1 : 1;
	n = strlen(s);
	(void)snprintf(s + n, sizeof(s) - n, "e%ld", ten);
	x = strtod(s, NULL);
	for (places = 14; places < 17; places++) {
		(void)snprintf(back, sizeof(back), "%.*e", places, x);
		if (strtod(back, NULL) == x)
			break;
	}
	if (places == 14 || (e = strchr(back, 'e')) == NULL)
		return 1;
	for (n = k = 0; back + n < e; n++)
		if (back[n] >= '0' && back[n] <= '9')
			s[k++] = back[n];
	(void)snprintf(s + k, sizeof(s) - k, "e%ld",
	    strtol(e + 1, NULL, 10) - (long)k + 1);
	ten = b->p[0] == '-';
	seki_buf_reset(b);
	return (ten && seki_buf_str(b, "-", err) == -1) ||
		       seki_num_canon(s, strlen(s), b, err) == -1
		   ? -1
		   : 0;
}

/* A serial as days and seconds, rounded: a serial counts in 2^-n of a day. */
static int
serial(const struct seki_cell *c, struct seki_buf *b, int64_t *days,
    int64_t *secs, struct seki_err *err)
{
	int64_t frac = 0, ten = 1;
	size_t i;
	int r;

	if ((r = decimal(c, b, err)) != 0)
		return r;
	*days = 0;
	for (i = 0; i < b->n && b->p[i] != '.'; i++) {
		if (b->p[i] == '-' || i >= 9)
			return 1;
		*days = *days * 10 + (b->p[i] - '0');
	}
	for (i++; i < b->n && ten < 1000000000000; i++, ten *= 10)
		frac = frac * 10 + (b->p[i] - '0');
	*secs = (frac * DAY + ten / 2) / ten;
	if (*secs == DAY) {
		*secs = 0;
		++*days;
	}
	seki_buf_reset(b);
	return 0;
}

static int
instant(const struct seki_cell *c, int d1904, struct seki_buf *b, seki_time *t,
    struct seki_err *err)
{
	int64_t days, secs;
	int r;

	if ((r = serial(c, b, &days, &secs, err)) != 0)
		return r;
	if (!d1904 && days < SERIAL_SAFE)
		return 1;
	*t = (days - (d1904 ? EPOCH_1904 : EPOCH_1900)) * DAY + secs;
	return 0;
}

static int
from_serial(enum seki_shape shape, const struct seki_cell *c, int d1904,
    struct seki_buf *b, struct seki_err *err)
{
	char out[SEKI_TIME];
	int64_t days, secs;
	seki_time t;
	int r;

	if (shape == SEKI_S_DATE || shape == SEKI_S_DATETIME) {
		if ((r = instant(c, d1904, b, &t, err)) != 0)
			return r;
		if (shape == SEKI_S_DATE && t % DAY != 0)
			return 1;
		seki_time_format(shape == SEKI_S_DATE ? t : t - 9 * 3600, out);
		return seki_buf_add(
		    b, out, shape == SEKI_S_DATE ? 10 : strlen(out), err);
	}
	if ((r = serial(c, b, &days, &secs, err)) != 0)
		return r;
	if (shape == SEKI_S_DURATION) {
		secs = days * DAY + secs + 30;
		return seki_buf_fmt(b, err, "%lld:%02d",
		    (long long)(secs / 3600), (int)(secs / 60 % 60));
	}
	if (days != 0)
		return 1;
	r = seki_buf_fmt(
	    b, err, "%02d:%02d", (int)(secs / 3600), (int)(secs / 60 % 60));
	if (r == 0 && secs % 60 != 0)
		r = seki_buf_fmt(b, err, ":%02d", (int)(secs % 60));
	return r;
}

/* "2026-04-01 00:30[:15]", also with T, Z, +09:00; without an offset it is
 * Japan time. */
static int
datetime(const char *s, size_t n, struct seki_buf *b, struct seki_err *err)
{
	char iso[48];
	size_t len = n >= 19 && s[16] == ':' ? 19 : 16, z = len;
	seki_time t;

	if (n < len || (s[10] != ' ' && s[10] != 'T'))
		return 1;
	if (z < n && s[z] == '.')
		for (z++; z < n && s[z] >= '0' && s[z] <= '9';)
			z++;
	if (n - z > 6)
		return 1;
	(void)snprintf(iso, sizeof(iso), "%.10sT%.*s%s%.*s%s", s, (int)len - 11,
	    s + 11, len == 16 ? ":00" : "", (int)(n - z), s + z,
	    n == z ? "+09:00" : "");
	if (seki_time_parse_any(iso, strlen(iso), &t) == -1 || t < TIME_MIN)
		return 1;
	seki_time_format(t, iso);
	return seki_buf_str(b, iso, err);
}

/* t="d": a day, a time or both, where the others expect one of them. */
static void
iso_part(enum seki_shape shape, const char **s, size_t *n)
{
	const char *t = memchr(*s, 'T', *n);
	size_t day = t == NULL ? 0 : (size_t)(t - *s);

	if (shape == SEKI_S_DATE && t != NULL &&
	    strspn(t + 1, "0:.Z") >= *n - day - 1)
		*n = day;
	if (shape != SEKI_S_TIME)
		return;
	if (t != NULL) {
		*s = t + 1;
		*n -= day + 1;
	}
	if (*n > 8)
		*n = 8;
	if (*n == 8 && memcmp(*s + 5, ":00", 3) == 0)
		*n = 5;
}

static int
text(const struct seki_cell *c, struct seki_buf *b, struct seki_value *v,
    struct seki_err *err)
{
	int r;

	if (c->kind == SEKI_CELL_NUMBER) {
		if ((r = decimal(c, b, err)) == -1)
			return -1;
		v->p = r == 0 ? b->p : c->p;
		v->n = r == 0 ? b->n : c->n;
		return 0;
	}
	v->p = c->p;
	v->n = c->n;
	if (c->kind != SEKI_CELL_TEXT ||
	    memmem(c->p, c->n, "\xE2\x90\x9B", 3) == NULL)
		return 0;
	r = seki_cell_unescape(b, c->p, c->n, err);
	v->p = b->p;
	v->n = b->n;
	return r;
}

static int
by_shape(enum seki_shape shape, const struct seki_cell *c, int d1904,
    struct seki_buf *b, struct seki_value *v, struct seki_err *err)
{
	const char *s = c->p;
	size_t n = c->n;
	int r;

	switch (shape) {
	case SEKI_S_NUMBER:
		r = decimal(c, b, err);
		break;
	case SEKI_S_DATE:
	case SEKI_S_TIME:
	case SEKI_S_DATETIME:
	case SEKI_S_DURATION:
		if (c->kind == SEKI_CELL_NUMBER) {
			r = from_serial(shape, c, d1904, b, err);
			break;
		}
		if (c->kind == SEKI_CELL_DATE)
			iso_part(shape, &s, &n);
		r = shape == SEKI_S_DATETIME ? datetime(s, n, b, err)
					     : seki_buf_add(b, s, n, err);
		break;
	case SEKI_S_TEXT:
	case SEKI_S_CHOICES:
	case SEKI_S_USERS:
	case SEKI_S_FILES:
	case SEKI_S_TABLE:
	default:
		return text(c, b, v, err);
	}
	v->p = b->p;
	v->n = b->n;
	return r;
}

int
seki_cell_read(enum seki_shape shape, const struct seki_cell *c, int d1904,
    struct seki_buf *b, struct seki_value *v, struct seki_err *err)
{
	int r;

	memset(v, 0, sizeof(*v));
	if (c == NULL || c->n == 0)
		return 0;
	seki_buf_reset(b);
	if ((r = by_shape(shape, c, d1904, b, v, err)) != 0)
		return r;
	v->set = v->n > 0;
	return shape != SEKI_S_TEXT &&
	       seki_value_check(shape, v->p, v->n) != NULL;
}
