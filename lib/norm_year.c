#include "norm_int.h"

/* Years of accounts, and days as spreadsheets count them (municipal rules 6.4,
 * 6.7). */

int
seki_norm_fiscal_year(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	size_t len = 0;
	int code, y;

	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	seki_norm_tight(&p);
	if (seki_norm_ends(p.c, p.n, "年度", &len) ||
	    seki_norm_ends(p.c, p.n, "年", &len))
		p.n -= len;
	if ((code = seki_norm_year(p.c, p.n, &y)) != 0)
		return code;
	return seki_buf_fmt(out, err, "%04d", y);
}

/* The year of accounts that a day, or a month, lies in. */
int
seki_norm_fy_of_date(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	struct seki_day d;
	int code;

	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	seki_norm_tight(&p);
	if ((code = seki_norm_day(p.c, p.n, &d)) != 0)
		return code;
	d.y -= d.m < 4;
	return d.y < 1 ? SEKI_B_RANGE : seki_buf_fmt(out, err, "%04d", d.y);
}

/* Excel's count of days from 1900: it has a 1900-02-29, number 60. */
#define FALSE_DAY 60
#define LAST_DAY 2958465 /* 9999-12-31 */

static int
day_of(int serial, struct seki_buf *out, struct seki_err *err)
{
	const int days = serial - (serial > FALSE_DAY);
	int y = 1900 + (days - 1) / 366, m = 12, d;
	seki_time first = seki_time_days(1900, 1, 1) - 1 + days;

	while (seki_time_days(y + 1, 1, 1) <= first)
		y++;
	while (seki_time_days(y, m, 1) > first)
		m--;
	d = (int)(first - seki_time_days(y, m, 1)) + 1;
	return seki_buf_fmt(out, err, "%04d-%02d-%02d", y, m, d);
}

int
seki_norm_date_serial(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	size_t i;
	int code, serial = 0;

	if (seki_value_check(SEKI_S_DATE, s, n) == NULL)
		return seki_buf_add(out, s, n, err);
	if ((code = seki_norm_points(s, n, 1, &p, err)) != 0)
		return code;
	for (i = 0; i < p.n; i++) {
		if (p.c[i] < '0' || p.c[i] > '9')
			return SEKI_B_UNPARSED;
		if (serial <= LAST_DAY)
			serial = serial * 10 + (int)(p.c[i] - '0');
	}
	if (serial < 1 || serial == FALSE_DAY || serial > LAST_DAY)
		return SEKI_B_RANGE;
	return day_of(serial, out, err);
}
