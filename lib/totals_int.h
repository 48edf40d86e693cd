/* What the files of totals share with each other. */
#ifndef TOTALS_INT_H
#define TOTALS_INT_H

#include "dec.h"
#include "grid.h"
#include "totals.h"

/* A column; what stands before COUNT says which group. */
enum seki_totals_kind {
	SEKI_TOTALS_FIELD,
	SEKI_TOTALS_MONTH,
	SEKI_TOTALS_YEAR,
	SEKI_TOTALS_COUNT,
	SEKI_TOTALS_SUM,
	SEKI_TOTALS_NOTE
};
struct seki_totals_col {
	enum seki_totals_kind kind;
	char *head;  /* as the table writes it */
	char *field; /* code or label, "" of a count */
	size_t cell; /* of the row */
	/* Bound to a form; sub: inside a table, or SIZE_MAX. */
	size_t at, sub;
	enum seki_shape shape;
};
/* Records that do not count: FIELD=VALUE. */
struct seki_totals_except {
	char *field, *value;
	uint64_t row;
	size_t at;
	struct seki_buf fold; /* of value */
};
/* A row of the table, or what only the stream has. */
struct seki_totals_group {
	struct seki_buf key; /* parts as they are compared, each ended by US */
	char **show;	     /* by the keys; NULL: any, in a total row */
	uint64_t row;	     /* of the table, or 0 */
	int total;
	char **want; /* by the figures: a canonical decimal, or NULL */
	/* What the stream has; of a total row, what its own rows have, and
	 * whether one of them says nothing. */
	uint64_t count;
	struct seki_dec *have;
	unsigned char *open;
};
struct seki_totals {
	char *name;
	char digest[SEKI_HEX];
	uint64_t head_row;
	struct seki_totals_col key[SEKI_TOTALS_COLS], fig[SEKI_TOTALS_COLS];
	size_t nkey, nfig;
	char *date; /* @日付, or NULL */
	uint64_t date_row;
	struct seki_totals_except *except;
	size_t nexcept;
	struct seki_totals_group **group; /* as they came: the table's first */
	struct seki_totals_group **index; /* by key */
	size_t n, room;
	/* Of the group at hand; any: of a total row. */
	struct seki_buf part[SEKI_TOTALS_COLS], fold;
	unsigned char any[SEKI_TOTALS_COLS];
};

struct seki_totals *seki_totals_new(const char *name, struct seki_err *);
struct seki_totals *seki_totals_read(struct seki_grid *, struct seki_err *);
/* A column more; SEKI_LIMIT. */
struct seki_totals_col *seki_totals_add(struct seki_totals *,
    enum seki_totals_kind, const char *head, const char *field,
    struct seki_err *);
/* The group of t->part and t->any: found or made, and which it was. */
struct seki_totals_group *seki_totals_group(
    struct seki_totals *, int *made, struct seki_err *);

/* Total rows get the sums of their own rows. */
int seki_totals_own(struct seki_totals *, struct seki_err *);

/* Columns and settings find their fields: totals_bind.c.  SEKI_RULES. */
int seki_totals_bind(
    struct seki_totals *, const struct seki_schema *, struct seki_err *);
/* All records into their groups, to the proof: totals.c */
int seki_totals_take(struct seki_totals *, struct seki_in *,
    const struct seki_totals_how *, struct seki_totaled *, char *stream,
    struct seki_err *);

/* A figure held against the stream. */
enum seki_totals_verdict {
	SEKI_TOTALS_SAME,
	SEKI_TOTALS_UNASKED, /* nothing stands in the table */
	SEKI_TOTALS_DIFFERS,
	SEKI_TOTALS_NO_RECORD, /* a group that the stream has not */
	SEKI_TOTALS_NO_ROW,    /* a group that the table has not */
	SEKI_TOTALS_OWN_ROWS   /* a total row that is not the sum of its rows */
};
struct seki_totals_figure {
	enum seki_totals_verdict v;
	const char *want; /* or "" */
	struct seki_buf have, diff;
};
/* Released by the caller, also on failure. */
int seki_totals_judge(const struct seki_totals_group *, size_t fig, struct seki_totals_figure *,
    struct seki_err *);
int seki_totals_report(const struct seki_totals *, const char *stream,
    const struct seki_totaled *, struct seki_out *, struct seki_err *);

#endif
