#include <stdio.h>
#include <string.h>
#include <time.h>

#include "seki_int.h"

/* Japan has had one offset and no summer time since 1952. */
#define JST 32400
#define DAY 86400

seki_time
seki_time_now(void)
{
	return (seki_time)time(NULL);
}

/* Days from 1970-01-01 by the 400-year cycle of the Gregorian calendar. */
int64_t
seki_time_days(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

int
seki_time_day_ok(int year, int month, int day)
{
	static const int last[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
		return 0;
	return day <= last[month - 1] + (month == 2 && leap);
}

/* which: 0 an instant, 1 minutes, 2 seconds. */
static void
put(seki_time t, int which, char out[SEKI_TIME])
{
	struct tm tm;
	time_t tt = (time_t)t;
	int n;

	/* strftime writes the year 34 as "34". */
	if (gmtime_r(&tt, &tm) == NULL) {
		(void)snprintf(out, SEKI_TIME, "?");
		return;
	}
	n = snprintf(out, SEKI_TIME, "%04d-%02d-%02d%c%02d:%02d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    which == 0 ? 'T' : ' ', tm.tm_hour, tm.tm_min);
	if (which != 1 && n > 0 && n < SEKI_TIME)
		(void)snprintf(out + n, (size_t)(SEKI_TIME - n), ":%02d%s",
		    tm.tm_sec, which == 0 ? "Z" : "");
}

void
seki_time_format(seki_time t, char out[SEKI_TIME])
{
	put(t, 0, out);
}

void
seki_time_jst(seki_time t, char out[SEKI_TIME])
{
	put(t + JST, 1, out);
}

void
seki_time_jst_s(seki_time t, char out[SEKI_TIME])
{
	put(t + JST, 2, out);
}

/* n digits at s as a number, or -1. */
static int
num(const char *s, size_t n)
{
	int v = 0;

	for (; n > 0; n--, s++) {
		if (*s < '0' || *s > '9')
			return -1;
		v = v * 10 + (*s - '0');
	}
	return v;
}

/* YYYY-MM-DDThh:mm:ss, the part both parsers share. */
static int
parse(const char *s, seki_time *t)
{
	int y = num(s, 4), mo = num(s + 5, 2), d = num(s + 8, 2);
	int h = num(s + 11, 2), mi = num(s + 14, 2), se = num(s + 17, 2);

	if (s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' ||
	    s[16] != ':' || !seki_time_day_ok(y, mo, d) || h < 0 || h > 23 ||
	    mi < 0 || mi > 59 || se < 0 || se > 59)
		return -1;
	*t = seki_time_days(y, mo, d) * DAY + h * 3600 + mi * 60 + se;
	return 0;
}

int
seki_time_parse(const char *s, size_t n, seki_time *t)
{
	if (n != 20 || s[19] != 'Z')
		return -1;
	return parse(s, t);
}

int
seki_time_parse_any(const char *s, size_t n, seki_time *t)
{
	const char *p = s + 19, *end = s + n;
	int h, m, sign;

	if (n < 20 || parse(s, t) == -1)
		return -1;
	if (*p == '.')
		for (p++; p < end && *p >= '0' && *p <= '9';)
			p++;
	if (end - p == 1 && *p == 'Z')
		return 0;
	if ((end - p != 6 || p[3] != ':') && end - p != 5)
		return -1;
	sign = *p == '+' ? 1 : *p == '-' ? -1 : 0;
	h = num(p + 1, 2);
	m = num(end - 2, 2);
	if (sign == 0 || h < 0 || h > 14 || m < 0 || m > 59)
		return -1;
	*t -= sign * (h * 3600 + m * 60);
	return 0;
}
