/* Places of a sheet, as spreadsheets spell them. */
#ifndef SEKI_RANGE_H
#define SEKI_RANGE_H

#include <stdint.h>

/* Both ends are inside; rows and columns count from 0. */
struct seki_range {
	uint32_t r1, c1, r2, c2;
};
#define SEKI_RANGE_END UINT32_MAX /* open: to the last one */

/*
 * "C5", "A3:F200", and with an open end "A3:F" or "A:F".  $ and small letters
 * are as good.  0, or -1 when it is none, or lies backwards, or past the last
 * row or column of Excel.
 */
int seki_range_parse(const char *, struct seki_range *);
int seki_range_has(const struct seki_range *, uint32_t row, uint32_t col);
/* 1 when a cell lies in both. */
int seki_range_meet(const struct seki_range *, const struct seki_range *);

#endif
