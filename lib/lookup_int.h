/* What finding, reading and writing of lookup tables share. */
#ifndef LOOKUP_INT_H
#define LOOKUP_INT_H

#include "chartable.h"
#include "lookup.h"

/* The columns of a table and of a worklist. */
enum seki_lookup_col {
	SEKI_LOOKUP_FROM,
	SEKI_LOOKUP_TO,
	SEKI_LOOKUP_COUNT,
	SEKI_LOOKUP_NEAR,
	SEKI_LOOKUP_KEYS,
	SEKI_LOOKUP_NOTE,
	SEKI_LOOKUP_COLS
};
extern const struct seki_chartable_col seki_lookup_cols[];
/* What of a value counts when it is not there as it is; out is emptied
 * first. */
int seki_lookup_fold(
    const char *, size_t, struct seki_buf *out, struct seki_err *);
/* A row that has all but its place in the trees; *twin: the one with the same
 * from, or NULL. */
int seki_lookup_enter(struct seki_lookup *, struct seki_lookup_row *,
    struct seki_lookup_row **twin, struct seki_err *);
/* The row of exactly that value, open ones too, or NULL. */
struct seki_lookup_row *seki_lookup_exact(
    const struct seki_lookup *, char *from);
/* Is what the row asks about among the open values, written the same way? */
int seki_lookup_waits(
    const struct seki_lookup *, const struct seki_lookup_row *);

#endif
