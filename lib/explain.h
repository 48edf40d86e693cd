/*
 * How each output of one record came about, in words (seki-normalize
 * --explain): its sources, the lookup, what the kind made, the default, and
 * what broke a rule.  The record's values stand there, since that is what was
 * asked for.
 */
#ifndef SEKI_EXPLAIN_H
#define SEKI_EXPLAIN_H

#include "norm_int.h"

struct seki_explain {
	const struct seki_plan *plan;
	struct seki_buf text; /* so far */
	struct seki_err err;  /* once failed is set, nothing more is told */
	int failed;
};
/* Told while one output is made, in this order; the first argument may be NULL,
 * and then nothing is done.  in: the values that the sources are among; row:
 * of a table, from 1, or 0. */
void seki_explain_sources(struct seki_explain *, const struct seki_plan_col *,
    size_t table, size_t row, const struct seki_value *in,
    const struct seki_value *chosen);
void seki_explain_lookup(struct seki_explain *, const struct seki_rule *,
    int hit, const struct seki_lookup_row *);
void seki_explain_kind(struct seki_explain *, const struct seki_rule *,
    const struct seki_value *from, const struct seki_value *to);
void seki_explain_default(struct seki_explain *);
void seki_explain_broken(struct seki_explain *, const struct seki_rule *,
    const char *name, enum seki_broken);
/* No row of the output counts for the record. */
void seki_explain_none(struct seki_explain *, const struct seki_plan_col *);
/* What stands in the field now. */
void seki_explain_result(struct seki_explain *, const struct seki_value *);

#endif
