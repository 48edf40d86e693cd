/* What normalising one record needs, for the files that do it. */
#ifndef NORM_RUN_H
#define NORM_RUN_H

#include "characters.h"
#include "explain.h"
#include "held_book.h"

/* What one thread has: a piece of the stream comes in, and goes out. */
struct seki_run {
	const struct seki_plan *plan;
	struct seki_stream_in *in;
	struct seki_stream_part *part;
	struct seki_normal *res, own; /* counts, so far of this piece */
	uint64_t max;
	struct seki_arena arena;
	struct seki_buf work, join; /* of one value */
	struct seki_buf reasons;    /* of one record */
	struct seki_buf retry;	    /* held keys, each with a NUL */
	struct seki_buf named;	    /* likewise: the first, for people */
	struct seki_buf waits;	    /* struct seki_run_wait, value, key, by turns */
	struct seki_record rec;	    /* what goes out */
	int failed;
	struct seki_err err;
};

/* A value that a lookup table has not: said to the table in the order of the
 * records, and by one thread. */
struct seki_run_wait {
	struct seki_lookup *lookup;
	size_t nvalue, nkey;
};

/* Where a value stands, for reasons: a table's row counts from 1. */
struct seki_run_at {
	size_t table, row; /* of the stream's form; row 0: in no table */
	const struct seki_record *from;
	const struct seki_value *v; /* what the rule was applied to, or NULL */
};

/* One output by one row of the rules table, into out; what breaks the rule goes
 * into the run's reasons, or is flagged.  SEKI_HELD when the table says to
 * stop. */
int seki_run_column(struct seki_run *, const struct seki_plan_col *,
    const struct seki_value *in, struct seki_value *out,
    const struct seki_run_at *, struct seki_err *);
int seki_run_broken(struct seki_run *, const struct seki_plan_col *,
    const char *rule, int code, struct seki_value *out,
    const struct seki_run_at *, struct seki_err *);
/* A record as the rules make it, in r->rec, with its reasons. */
int seki_run_record(
    struct seki_run *, const struct seki_record *, struct seki_err *);
/* The same of any message, counted, and put into r->part. */
int seki_run_one(
    struct seki_run *, const struct seki_record *, struct seki_err *);
void seki_run_release(struct seki_run *);

#endif
