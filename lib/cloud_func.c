#include <stdlib.h>
#include <time.h>

#include "cloud_int.h"

#define DAY 86400
#define JST 32400

struct day {
	int year, month, day;
};

static struct day
civil(int64_t days)
{
	time_t t = (time_t)(days * DAY);
	struct tm tm = { .tm_year = 70, .tm_mday = 1 };

	(void)gmtime_r(&t, &tm);
	return (struct day){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday };
}

/* The first day of a month, which may lie in another year. */
static int64_t
month(int year, int m)
{
	year += (m - 1 >= 0 ? m - 1 : m - 12) / 12;
	m = ((m - 1) % 12 + 12) % 12 + 1;
	return seki_time_days(year, m, 1);
}

static int
refuse(struct seki_cloud_call *k, enum seki_cloud_code code, const char *arg)
{
	return seki_cloud_refuse(k->fault, code, arg, strlen(arg));
}

/* So many months on, at the end of a month that is shorter. */
static int64_t
shift(struct day d, int months)
{
	int64_t first = month(d.year, d.month + months);
	int64_t next = month(d.year, d.month + months + 1);

	return first + d.day - 1 < next ? first + d.day - 1 : next - 1;
}

static int
from_today(struct seki_cloud_call *k, int64_t today,
    const struct seki_cloud_func *f, int64_t *from)
{
	char *end;
	long n;

	if (f->narg != 2)
		return refuse(k, SEKI_CLOUD_GAIA_IL08, "");
	n = strtol(f->arg[0], &end, 10);
	if (end == f->arg[0] || *end != '\0' || labs(n) > 99999)
		return refuse(k, SEKI_CLOUD_GAIA_IL08, "");
	if (strcmp(f->arg[1], "DAYS") == 0)
		*from = today + n;
	else if (strcmp(f->arg[1], "WEEKS") == 0)
		*from = today + 7 * n;
	else if (strcmp(f->arg[1], "MONTHS") == 0)
		*from = shift(civil(today), (int)n);
	else if (strcmp(f->arg[1], "YEARS") == 0)
		*from = shift(civil(today), (int)n * 12);
	else
		return refuse(k, SEKI_CLOUD_GAIA_IQ25, "");
	return 0;
}

static int
week(struct seki_cloud_call *k, int64_t today, int move,
    const struct seki_cloud_func *f, int64_t *from, int64_t *to)
{
	static const char *const names[] = { "SUNDAY", "MONDAY", "TUESDAY",
		"WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY" };

	/* 1970-01-01 was a Thursday; a week begins on Sunday. */
	*from = today - (today + 4) % 7 + 7 * move;
	*to = *from + 7;
	if (f->narg == 0)
		return 0;
	for (int i = 0; i < 7 && f->narg == 1; i++)
		if (strcmp(f->arg[0], names[i]) == 0) {
			*from += i;
			*to = *from + 1;
			return 0;
		}
	return refuse(k, SEKI_CLOUD_GAIA_IL08, "");
}

static int
of_month(struct seki_cloud_call *k, int64_t today, int move,
    const struct seki_cloud_func *f, int64_t *from, int64_t *to)
{
	struct day d = civil(today);
	char *end;
	long n;

	*from = month(d.year, d.month + move);
	*to = month(d.year, d.month + move + 1);
	if (f->narg == 0)
		return 0;
	if (f->narg != 1)
		return refuse(k, SEKI_CLOUD_GAIA_IL08, "");
	if (strcmp(f->arg[0], "LAST") == 0) {
		*from = *to - 1;
		return 0;
	}
	n = strtol(f->arg[0], &end, 10);
	if (end == f->arg[0] || *end != '\0' || n < 1 || n > 31)
		return refuse(k, SEKI_CLOUD_GAIA_IQ23, f->arg[0]);
	/* A day that the month has not is the first of the next one. */
	*from = *from + n - 1 < *to ? *from + n - 1 : *to;
	*to = *from + 1;
	return 0;
}

int
seki_cloud_func(struct seki_cloud_call *k, const struct seki_cloud_func *f,
    seki_time *from, seki_time *to)
{
	enum kind { ONE, WEEK, MONTH, YEAR };
	static const struct {
		const char *name;
		enum kind kind;
		int move;
	} all[] = { { "TODAY", ONE, 0 }, { "YESTERDAY", ONE, -1 },
		{ "TOMORROW", ONE, 1 }, { "THIS_WEEK", WEEK, 0 },
		{ "LAST_WEEK", WEEK, -1 }, { "NEXT_WEEK", WEEK, 1 },
		{ "THIS_MONTH", MONTH, 0 }, { "LAST_MONTH", MONTH, -1 },
		{ "NEXT_MONTH", MONTH, 1 }, { "THIS_YEAR", YEAR, 0 },
		{ "LAST_YEAR", YEAR, -1 }, { "NEXT_YEAR", YEAR, 1 } };
	int64_t today = (k->now + JST) / DAY, a = 0, b = 0;
	size_t i = 0, n = sizeof(all) / sizeof(all[0]);
	int r = 0;

	if (strcmp(f->name, "NOW") == 0 && f->narg == 0) {
		*from = k->now - k->now % 60;
		*to = *from + 60;
		return 0;
	}
	while (i < n && strcmp(all[i].name, f->name) != 0)
		i++;
	if (strcmp(f->name, "FROM_TODAY") == 0) {
		r = from_today(k, today, f, &a);
		b = a + 1;
	} else if (i == n)
		return seki_cloud_invalid(
		    k->fault, "query", SEKI_CLOUD_SYNTAX, NULL, 0);
	else if (all[i].kind == WEEK)
		r = week(k, today, all[i].move, f, &a, &b);
	else if (all[i].kind == MONTH)
		r = of_month(k, today, all[i].move, f, &a, &b);
	else if (f->narg != 0)
		return refuse(k, SEKI_CLOUD_GAIA_IL08, "");
	else if (all[i].kind == YEAR) {
		a = month(civil(today).year + all[i].move, 1);
		b = month(civil(today).year + all[i].move + 1, 1);
	} else {
		a = today + all[i].move;
		b = a + 1;
	}
	*from = a * DAY - JST;
	*to = b * DAY - JST;
	return r;
}
