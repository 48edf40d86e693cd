#include "norm_int.h"

/* Numbers with a check digit (municipal rules 3). */
#define DIGITS 16

/* Digits alone: hyphens, spaces and dots between them go.  0, or a code. */
static int
digits(const uint32_t *c, size_t n, char d[DIGITS], size_t *count)
{
	size_t i;

	*count = 0;
	for (i = 0; i < n; i++) {
		if (c[i] >= '0' && c[i] <= '9') {
			if (*count == DIGITS)
				return SEKI_B_LENGTH;
			d[(*count)++] = (char)c[i];
		} else if ((!seki_norm_hyphen(c[i]) && c[i] != ' ' &&
			       c[i] != '.') ||
			   i == 0 || i + 1 == n)
			return SEKI_B_CHARSET;
	}
	return 0;
}

static int
number(
    const char *s, size_t n, size_t want, char d[DIGITS], struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	size_t count;
	int code;

	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0 ||
	    (code = digits(p.c, p.n, d, &count)) != 0)
		return code;
	return count == want ? 0 : SEKI_B_LENGTH;
}

/* From the right: weights 2 to 7, and again; modulus 11.  MIC Ordinance 85 of
 * 2014, article 5; resident record codes by a secondary source. */
char
seki_norm_mod11(const char *d, size_t n)
{
	unsigned sum = 0, r;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (unsigned)(d[n - 1 - i] - '0') * (unsigned)(i % 6 + 2);
	r = sum % 11;
	return (char)('0' + (r <= 1 ? 0 : 11 - r));
}

/* From the right: weights 1 and 2 by turns; modulus 9, never 0.  MOF Ordinance
 * 70 of 2014. */
static char
mod9(const char *d, size_t n)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (unsigned)(d[n - 1 - i] - '0') * (i % 2 == 0 ? 1U : 2U);
	return (char)('9' - sum % 9);
}

/* From the left: weights 6 to 2; modulus 11. */
static char
municipal(const char *d)
{
	unsigned sum = 0, i;

	for (i = 0; i < 5; i++)
		sum += (unsigned)(d[i] - '0') * (6 - i);
	return (char)('0' + (11 - sum % 11) % 10);
}

int
seki_norm_mynumber_cd(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	char d[DIGITS];
	int code = number(s, n, 11, d, err);

	return code != 0 ? code
			 : seki_buf_byte(out, seki_norm_mod11(d, 11), err);
}

int
seki_norm_houjin_cd(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	char d[DIGITS];
	int code = number(s, n, 12, d, err);

	return code != 0 ? code : seki_buf_byte(out, mod9(d, 12), err);
}

static int
checked(const char *s, size_t n, size_t want, struct seki_buf *out,
    struct seki_err *err)
{
	char d[DIGITS];
	int code = number(s, n, want, d, err);

	if (code != 0)
		return code;
	return seki_norm_mod11(d, want - 1) == d[want - 1]
		   ? seki_buf_add(out, d, want, err)
		   : SEKI_B_CHECK_DIGIT;
}

int
seki_norm_mynumber(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return checked(s, n, 12, out, err);
}

int
seki_norm_juminhyo(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return checked(s, n, 11, out, err);
}

/* T stands before it as the number of an invoice's issuer. */
int
seki_norm_houjin(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	char d[DIGITS];
	size_t count, skip;
	int code;

	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	if (!seki_norm_begins(p.c, p.n, "T", &skip))
		skip = 0;
	while (skip > 0 && skip < p.n && p.c[skip] == ' ')
		skip++;
	if (skip == p.n)
		return SEKI_B_LENGTH;
	if ((code = digits(p.c + skip, p.n - skip, d, &count)) != 0)
		return code;
	if (count != 13)
		return SEKI_B_LENGTH;
	return mod9(d + 1, 12) == d[0] ? seki_buf_add(out, d, 13, err)
				       : SEKI_B_CHECK_DIGIT;
}

int
seki_norm_lgcode(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	char d[DIGITS];
	size_t count;
	int code;

	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0 ||
	    (code = digits(p.c, p.n, d, &count)) != 0)
		return code;
	if (count == 5)
		d[5] = municipal(d);
	else if (count != 6)
		return SEKI_B_LENGTH;
	return municipal(d) == d[5] ? seki_buf_add(out, d, 6, err)
				    : SEKI_B_CHECK_DIGIT;
}

/* One group of digits; the separators behind it are taken. */
static size_t
group(const struct seki_points *p, size_t *at, char d[DIGITS])
{
	size_t n = 0;

	while (*at < p->n && p->c[*at] >= '0' && p->c[*at] <= '9') {
		if (n < DIGITS)
			d[n] = (char)p->c[*at];
		n++;
		++*at;
	}
	while (*at < p->n && (seki_norm_hyphen(p->c[*at]) || p->c[*at] == ' '))
		++*at;
	return n;
}

/* 9900-198-1-1234567, as it came out. */
static int
known(const struct seki_points *p)
{
	static const char form[] = "9900-000-0-0000000";
	size_t i;

	if (p->n != sizeof(form) - 1)
		return 0;
	for (i = 0; i < p->n; i++)
		if (form[i] == '0' && i > 3 ? p->c[i] < '0' || p->c[i] > '9'
					    : p->c[i] != (uint32_t)form[i])
			return 0;
	return (p->c[7] == '8' && p->c[9] == '1') ||
	       (p->c[7] == '9' && p->c[9] == '2' && p->c[11] == '0');
}

static int
account(const char *symbol, const char *d, size_t n, struct seki_buf *out,
    struct seki_err *err)
{
	static const char zeros[] = "0000000";

	if (symbol[0] != '0' && symbol[0] != '1')
		return SEKI_B_UNPARSED;
	if (symbol[0] == '0')
		return n > 6 ? SEKI_B_LENGTH
			     : seki_buf_fmt(out, err, "9900-%.2s9-2-%s%.*s",
				   symbol + 1, zeros + n, (int)n, d);
	if (n < 2 || n > 8)
		return SEKI_B_LENGTH;
	/* The number of a general account ends in a 1 that is not the bank's.
	 */
	if (d[--n] != '1')
		return SEKI_B_CHECK_DIGIT;
	return seki_buf_fmt(
	    out, err, "9900-%.2s8-1-%s%.*s", symbol + 1, zeros + n, (int)n, d);
}

/* Symbol and number of a passbook as branch, type and account; the single
 * digit between them belongs to neither (municipal rules 4.4). */
int
seki_norm_yucho(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	char symbol[DIGITS], d[DIGITS];
	size_t at = 0, len;
	int code;

	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	if (known(&p))
		return seki_norm_put(out, p.c, p.n, err);
	len = group(&p, &at, symbol);
	if (len > 0 && len != 5)
		return SEKI_B_LENGTH;
	if (len == 5 && (len = group(&p, &at, d)) == 1 && at < p.n)
		len = group(&p, &at, d);
	if (len == 0 || at < p.n)
		return at < p.n && p.c[at] >= '0' && p.c[at] <= '9'
			   ? SEKI_B_LENGTH
			   : SEKI_B_CHARSET;
	return account(symbol, d, len, out, err);
}
