/* Between the files of the workbook of held records. */
#ifndef SEKI_HELD_INT_H
#define SEKI_HELD_INT_H

#include "held_book.h"
#include "rowfile.h"
#include "workbook.h"

struct seki_held_finding {
	struct seki_held_what what;
	size_t chars, nchars; /* in the book's text of characters */
};
/* A field that a broken rule read: a column of the sheets. */
struct seki_held_source {
	size_t field, sub; /* sub: SEKI_NOWHERE outside tables */
	int in[2];	   /* which sheets have it */
};
/* Cells of a row that waits.  Sources follow, those in question only: at
 * SEKI_HELD_SOURCE + 2 * number, one more when it is WRONG. */
enum {
	SEKI_HELD_KEY,
	SEKI_HELD_URL,
	SEKI_HELD_FROM,
	SEKI_HELD_ROW,
	SEKI_HELD_REASONS,
	SEKI_HELD_RULES,
	SEKI_HELD_SOURCE
};
struct seki_held_book {
	const struct seki_plan *plan;
	const char *spool;
	struct seki_rowfile *rows[2]; /* flagged, held */
	struct seki_held_finding *found; /* SEKI_HELD_FINDINGS */
	size_t n;
	uint64_t more; /* findings of the record than these */
	struct seki_held_source *source;
	size_t nsource;
	size_t from, row; /* fields that say where it was read, or NOWHERE */
	struct seki_buf chars, text;
};

/* What a record of the stream shows in a source's column: appended; and how
 * the cell looks.  0, or -1. */
int seki_held_cell(const struct seki_held_book *, const struct seki_record *,
    size_t source, int held, struct seki_buf *, enum seki_look *,
    struct seki_err *);
/* Its broken rules in words, and where they stand: lines, appended. */
int seki_held_reasons(
    const struct seki_held_book *, struct seki_buf *, struct seki_err *);
int seki_held_rules(
    const struct seki_held_book *, struct seki_buf *, struct seki_err *);
/* What people call the output of a rule. */
const char *seki_held_label(
    const struct seki_held_book *, const struct seki_plan_col *);

#endif
