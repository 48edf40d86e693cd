/* Tables about single characters: CSV in UTF-8 that a person keeps. */
#ifndef CHARTABLE_H
#define CHARTABLE_H

#include "seki_int.h"

/* A column: its two headers, and whether the table must have it. */
struct seki_chartable_col {
	const char *ja, *en;
	int needed;
};
#define SEKI_CHARTABLE_COLS 6
/* A table while it is read. */
struct seki_chartable {
	struct seki_csv_in *csv;
	char *name; /* of its file */
	const struct seki_chartable_col *col;
	size_t ncol;
	int at[SEKI_CHARTABLE_COLS]; /* where it stands, -1: nowhere */
	size_t width;
	const struct seki_csv_cell *cell;
};
/*
 * Read the first row.  in is taken.  The headers, Japanese or English, stand
 * in any order; one that is unknown, double or missing is SEKI_RULES.  After
 * 0 or -1 seki_chartable_close.
 */
int seki_chartable_open(struct seki_chartable *, struct seki_in *in,
    const struct seki_chartable_col *, size_t ncol, struct seki_err *);
/* 1 and a row whose cells are borrowed until the next call; 0; -1.  Rows
 * without text are passed over; one of another width is SEKI_RULES. */
int seki_chartable_next(struct seki_chartable *, struct seki_err *);
/* The cell, "" where the column is not there. */
const char *seki_chartable_cell(const struct seki_chartable *, size_t col);
/* The character a cell is: itself, or its code point as U+20BB7; 0 with err
 * set when it is neither. */
uint32_t seki_chartable_char(
    const struct seki_chartable *, size_t col, struct seki_err *);
/* Fail with SEKI_RULES: "row N, column C: why".  -1.  at: of another row than
 * the one just read. */
int seki_chartable_bad(
    const struct seki_chartable *, size_t col, struct seki_err *, const char *);
int seki_chartable_bad_at(const struct seki_chartable *, size_t col,
    uint64_t row, struct seki_err *, const char *);
void seki_chartable_close(struct seki_chartable *);

#endif
