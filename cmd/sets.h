/* Parts among the operands, until all of a bundle are there. */
#ifndef CMD_SETS_H
#define CMD_SETS_H

#include "cmd.h"
#include "part.h"

struct cmd_set {
	struct seki_bundle *part[SEKI_SET_MAX];
	size_t n;
};
struct cmd_sets {
	struct seki_bundle **part; /* of bundles that are not complete */
	size_t n;
};
/*
 * The part (taken) joins those of the same bundle.  *whole is the bundle when
 * it was the last one missing, the caller's then, else NULL.  A part that is
 * there already is noted, and the first one counts; one of another cut stands
 * in nobody's way.
 */
int cmd_sets_add(struct cmd_sets *, struct seki_bundle *part,
    struct seki_bundle **whole, struct seki_err *);
/* A bundle of which parts are missing: "1, 4" are here, "2, 3" are not. */
struct cmd_rest {
	const char *path; /* of those that are here: "a", "a … b" */
	const char *here, *missing;
	int mixed; /* parts of another cut of the same bundle are here */
};
void cmd_sets_rest(const struct cmd_sets *,
    void (*fn)(const struct cmd_set *, const struct cmd_rest *));
void cmd_sets_free(struct cmd_sets *);

#endif
