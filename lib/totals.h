/*
 * Totals (照合表): counts and sums by group that were read off another system's
 * screen, held against a record stream (seki-match(5), TOTALS).
 */
#ifndef SEKI_TOTALS_H
#define SEKI_TOTALS_H

#include "seki_int.h"

/* A table: CSV, TSV or XLSX.  SEKI_RULES names place, column and what is near;
 * SEKI_LIMIT for more rows or columns than can be. */
struct seki_totals;
struct seki_totals *seki_totals_open(const char *path, struct seki_err *);
void seki_totals_free(struct seki_totals *);

/* All borrowed; any may be NULL. */
struct seki_totals_how {
	struct seki_out *report; /* workbook; the caller commits */
	void (*note)(void *ctx, const char *text); /* a figure that differs */
	void (*progress)(uint64_t records);
	void *ctx;
};
struct seki_totaled {
	uint64_t records;  /* that count */
	uint64_t excluded; /* left out by @除外 */
	uint64_t held, deleted;
	uint64_t nothing; /* empty values in a field that is summed */
	uint64_t groups;  /* of the stream */
	/* Figures of the table, and of groups that it does not have. */
	uint64_t same, differ, unasked;
	char first[512];       /* what differs first, for people */
	struct seki_buf list;  /* all that differs, a JSON array */
	struct seki_proof proof;
};
/*
 * Reads all of in (taken) with its proof.  Memory does not grow with the
 * records, only with the groups, which are bounded.  0 also when figures differ.
 * SEKI_RULES for a table that the form does not fit, SEKI_LIMIT for too many
 * groups, SEKI_USAGE for a delta, and what reading a stream gives.
 */
int seki_totals_check(struct seki_totals *, struct seki_in *,
    const struct seki_totals_how *, struct seki_totaled *, struct seki_err *);
void seki_totaled_release(struct seki_totaled *);

/*
 * A table of the stream's groups with empty figures, a workbook to out, which
 * the caller commits.  by: FIELD, FIELD:月, FIELD:年度; sum: FIELD; each
 * NULL-ended, sum may be NULL.  in is taken.  SEKI_USAGE and as above.
 */
int seki_totals_init(struct seki_in *, const char *const *by,
    const char *const *sum, int english, struct seki_out *, struct seki_err *);

#endif
