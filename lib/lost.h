/* What a gate's set does not have, as people see it: a character with the marks
 * that belong to it. */
#ifndef SEKI_LOST_H
#define SEKI_LOST_H

#include "charset.h"
#include "norm_int.h"

/* Code points of one; more marks than that begin another. */
#define SEKI_LOST_POINTS 8
#define SEKI_LOST_BYTES (4 * SEKI_LOST_POINTS)
struct seki_lost {
	size_t at, n; /* where in the text, bytes */
	/* The first code point of it that is lost, and what it is. */
	struct seki_charset_found why;
};
/*
 * The next one of valid UTF-8 that keeps the text from passing the gate: 1, or
 * 0 at the end.  *at is 0 first.  A variation selector or another combining
 * mark stands together with what it belongs to, whichever of them is lost.
 * After seki_charset_open of the gate's set.
 */
int seki_lost_next(const struct seki_norm_kind *, const char *, size_t,
    size_t *at, struct seki_lost *);
/* Does the text pass the gate? */
int seki_lost_none(const struct seki_norm_kind *, const char *, size_t);
/* Is all of it one character with its marks? */
int seki_lost_one(const char *, size_t);
/* "U+845B U+E0100", appended; and back: SEKI_LOST_BYTES at to, the length, or
 * 0 when it is something else. */
int seki_lost_points(const char *, size_t, struct seki_buf *, struct seki_err *);
size_t seki_lost_parse(const char *points, char to[SEKI_LOST_BYTES + 1]);

#endif
