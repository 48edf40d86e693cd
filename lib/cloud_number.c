#include "cloud_int.h"

/* Plain and without zeros in front: such a text is kept as it came. */
static int
plain(const char *s, size_t n, size_t *frac)
{
	size_t i = n > 0 && *s == '-', whole, from = i;

	while (i < n && s[i] >= '0' && s[i] <= '9')
		i++;
	whole = i - from;
	*frac = 0;
	if (whole == 0 || (whole > 1 && s[from] == '0'))
		return 0;
	if (i == n)
		return 1;
	if (s[i++] != '.')
		return 0;
	*frac = n - i;
	while (i < n && s[i] >= '0' && s[i] <= '9')
		i++;
	return i == n && *frac > 0;
}

/* Is the magnitude to grow when these digits behind it go? */
static int
up(const char *mode, int odd, const char *rest, size_t n)
{
	int half;

	if (strcmp(mode, "DOWN") == 0)
		return 0;
	if (strcmp(mode, "UP") == 0)
		return n > 0;
	half = rest[0] > '5'   ? 1
	       : rest[0] < '5' ? -1
			       : n > 1; /* no zeros at the end */
	return half != 0 ? half > 0 : odd;
}

/* A canonical decimal to so many places, in its own memory. */
static void
cut(char *s, size_t *n, size_t places, const char *mode)
{
	char *dot = memchr(s, '.', *n), *p, *last;
	int grow;

	if (dot == NULL || (size_t)(s + *n - dot) - 1 <= places)
		return;
	last = places > 0 ? dot + places : dot - 1;
	grow = up(mode, (*last - '0') & 1, dot + 1 + places,
	    (size_t)(s + *n - dot) - 1 - places);
	*n = (size_t)(last + 1 - s);
	for (p = last; grow && p >= s && *p != '-'; p--) {
		if (*p == '.')
			continue;
		grow = *p == '9';
		*p = grow ? '0' : (char)(*p + 1);
	}
	if (grow) {
		p = s + (*s == '-');
		memmove(p + 1, p, *n - (size_t)(p - s));
		*p = '1';
		++*n;
	}
}

static size_t
whole(const char *s, size_t n)
{
	const char *dot = memchr(s, '.', n);
	size_t len = dot != NULL ? (size_t)(dot - s) : n;

	len -= *s == '-';
	return len == 1 && s[*s == '-'] == '0' ? 0 : len;
}

int
seki_cloud_number(const struct seki_cloud_app *a, const char *s, size_t n,
    struct seki_buf *b, struct seki_err *err)
{
	struct seki_buf t = SEKI_BUF_INIT;
	size_t frac, room = (size_t)(a->digits - a->places);
	int r;

	while (n > 0 && *s == ' ') {
		s++;
		n--;
	}
	while (n > 0 && s[n - 1] == ' ')
		n--;
	if (plain(s, n, &frac) && frac <= (size_t)a->places)
		return whole(s, n) > room ? 2 : seki_buf_add(b, s, n, err);
	if ((r = seki_num_canon(s, n, &t, err)) == 0 &&
	    (r = seki_buf_room(&t, 2, err)) == 0) {
		cut(t.p, &t.n, (size_t)a->places, a->rounding);
		t.p[t.n] = '\0';
		/* Again: -0.00 is 0. */
		r = whole(t.p, t.n) > room ? 2
					   : seki_num_canon(t.p, t.n, b, err);
	}
	seki_buf_free(&t);
	return r;
}
