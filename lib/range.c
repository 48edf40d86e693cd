#include <stddef.h>

#include "range.h"

/* Excel's own. */
#define ROWS 1048576
#define COLS 16384

/* "F200", "F": 0 with row SEKI_RANGE_END when there is none; -1. */
static int
corner(const char **s, uint32_t *row, uint32_t *col)
{
	uint32_t c = 0, r = 0;
	const char *p = *s;

	p += *p == '$';
	for (; (*p | 0x20) >= 'a' && (*p | 0x20) <= 'z' && c <= COLS; p++)
		c = c * 26 + (uint32_t)((*p | 0x20) - 'a' + 1);
	p += *p == '$';
	*row = SEKI_RANGE_END;
	if (*p >= '0' && *p <= '9') {
		for (; *p >= '0' && *p <= '9' && r <= ROWS; p++)
			r = r * 10 + (uint32_t)(*p - '0');
		if (r == 0 || r > ROWS)
			return -1;
		*row = r - 1;
	}
	if (c == 0 || c > COLS)
		return -1;
	*col = c - 1;
	*s = p;
	return 0;
}

int
seki_range_parse(const char *s, struct seki_range *to)
{
	if (corner(&s, &to->r1, &to->c1) == -1)
		return -1;
	to->r2 = to->r1;
	to->c2 = to->c1;
	if (*s == '\0')
		return to->r1 == SEKI_RANGE_END ? -1 : 0;
	if (*s++ != ':' || corner(&s, &to->r2, &to->c2) == -1 || *s != '\0')
		return -1;
	if (to->r1 == SEKI_RANGE_END) {
		if (to->r2 != SEKI_RANGE_END)
			return -1;
		to->r1 = 0;
	}
	return to->r1 <= to->r2 && to->c1 <= to->c2 ? 0 : -1;
}

int
seki_range_has(const struct seki_range *r, uint32_t row, uint32_t col)
{
	return row >= r->r1 && row <= r->r2 && col >= r->c1 && col <= r->c2;
}

int
seki_range_meet(const struct seki_range *a, const struct seki_range *b)
{
	return a->r1 <= b->r2 && b->r1 <= a->r2 && a->c1 <= b->c2 &&
	       b->c1 <= a->c2;
}
