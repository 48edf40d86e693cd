#include "norm_int.h"

/* RFC 5321 4.5.3.1. */
#define LOCAL_MAX 64
#define DOMAIN_MAX 253
#define LABEL_MAX 63

/* Name <address>, and mailto: before it. */
static void
bare(const uint32_t **c, size_t *n)
{
	size_t i = *n, len;

	if (*n > 0 && (*c)[*n - 1] == '>') {
		while (i > 0 && (*c)[i - 1] != '<')
			i--;
		if (i > 0) {
			*c += i;
			*n -= i + 1;
		}
	}
	if (seki_norm_begins(*c, *n, "mailto:", &len)) {
		*c += len;
		*n -= len;
	}
}

/* Dots may repeat and end the local part: old addresses of carriers do. */
static int
allowed(uint32_t c)
{
	switch (c) {
	case ',':
	case ';':
	case '<':
	case '>':
	case '(':
	case ')':
	case '[':
	case ']':
	case '\\':
	case '"':
	case ':':
		return 0;
	default:
		return c > ' ' && c < 0x7F;
	}
}

static int
in_label(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-';
}

static int
domain(const uint32_t *c, size_t n)
{
	size_t i, len = 0, dots = 0;

	for (i = 0; i <= n; i++) {
		if (i < n && c[i] != '.') {
			if (!in_label(c[i]) || (len == 0 && c[i] == '-'))
				return 0;
			len++;
			continue;
		}
		if (len == 0 || len > LABEL_MAX || c[i - 1] == '-')
			return 0;
		dots += i < n;
		len = 0;
	}
	return dots > 0;
}

static int
judge(const uint32_t *c, size_t n, size_t *at)
{
	size_t i, ats = 0;

	for (i = 0; i < n; i++) {
		if (!allowed(c[i]))
			return SEKI_B_CHARSET;
		if (c[i] == '@' && ats++ == 0)
			*at = i;
	}
	if (ats != 1 || *at == 0)
		return SEKI_B_UNPARSED;
	if (*at > LOCAL_MAX || n - *at - 1 > DOMAIN_MAX)
		return SEKI_B_TOO_LONG;
	return domain(c + *at + 1, n - *at - 1) ? 0 : SEKI_B_UNPARSED;
}

int
seki_norm_email(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	const uint32_t *c = p.c;
	size_t len, at = 0, i;
	int code;

	if ((code = seki_norm_points(s, n, 0, &p, err)) != 0)
		return code;
	for (i = 0; i < p.n; i++)
		if (p.c[i] == 0xFF5E)
			p.c[i] = '~';
	len = p.n;
	bare(&c, &len);
	if ((code = judge(c, len, &at)) != 0)
		return code;
	for (i = (size_t)(c - p.c) + at; i < p.n; i++)
		if (p.c[i] >= 'A' && p.c[i] <= 'Z')
			p.c[i] += 32;
	return seki_norm_put(out, c, len, err);
}
