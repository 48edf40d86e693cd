/* seki-match --totals. */
#ifndef MATCH_TOTALS_H
#define MATCH_TOTALS_H

#include "seki.h"

/* Options, as they were given. */
struct match_totals {
	const char *rules, *report, *output, *by, *sum, *fail_on;
	void (*progress)(uint64_t records);
	void (*note)(void *ctx, const char *text);
};
/* in is taken. */
int match_totals(
    const struct match_totals *, struct seki_in *, struct seki_err *);
int match_totals_init(
    const struct match_totals *, struct seki_in *, struct seki_err *);

#endif
