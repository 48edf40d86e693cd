/*
 * Tables that staff keep and whose columns have names: checks, layouts,
 * characters.  CSV, TSV or XLSX, in any encoding that lib/grid.h reads.
 */
#ifndef CHARTABLE_H
#define CHARTABLE_H

#include "grid.h"

/* A column: its two headers, and whether the table must have it, or it is for
 * people only, so that anything may stand there. */
enum { SEKI_CHARTABLE_MAY, SEKI_CHARTABLE_NEEDED, SEKI_CHARTABLE_NOTE };
struct seki_chartable_col {
	const char *ja, *en;
	int use;
};
#define SEKI_CHARTABLE_COLS 16
/* A table while it is read. */
struct seki_chartable {
	struct seki_grid *grid;
	int owned;
	const struct seki_chartable_col *col;
	size_t ncol;
	int at[SEKI_CHARTABLE_COLS]; /* where it stands, -1: nowhere */
	unsigned char english[SEKI_CHARTABLE_COLS]; /* its header is */
	size_t width;
	int exact; /* rows of a text are as wide as the first one */
	const struct seki_grid_cell *cell;
	size_t n;
};
/*
 * Read the first row with text.  in is taken, a grid is borrowed.  The headers,
 * Japanese or English, stand in any order; one that is unknown, double or
 * missing is SEKI_RULES.  After 0 or -1 seki_chartable_close.  open reads no
 * more than SEKI_CHARTABLE_MAX bytes and is exact.
 */
int seki_chartable_open(struct seki_chartable *, struct seki_in *in,
    const struct seki_chartable_col *, size_t ncol, struct seki_err *);
int seki_chartable_begin(struct seki_chartable *, struct seki_grid *,
    const struct seki_chartable_col *, size_t ncol, struct seki_err *);
/*
 * 1 and a row whose cells are borrowed until the next call; 0; -1.  Rows
 * without text are passed over.  SEKI_RULES names sheet, row and column of a
 * formula, an error, a date or truth value (what was typed is lost), a text
 * without a header, merged cells.
 */
int seki_chartable_next(struct seki_chartable *, struct seki_err *);
/* The cell as it is, "" where the column is not there. */
const char *seki_chartable_cell(const struct seki_chartable *, size_t col);
/* The same cleaned (seki_norm_clean), without spaces around it; the caller
 * frees it. */
char *seki_chartable_text(
    const struct seki_chartable *, size_t col, int clean, struct seki_err *);
/* The character a cell is: itself, or its code point as U+20BB7; 0 with err
 * set when it is neither. */
uint32_t seki_chartable_char(
    const struct seki_chartable *, size_t col, struct seki_err *);
uint64_t seki_chartable_row(const struct seki_chartable *);
/* Fail with SEKI_RULES: "row N, column C: why", of a workbook "SHEET!B7, column
 * C: why"; -1.  word: with it and what is near to it; near may be NULL.  at:
 * of another row than the one just read. */
int seki_chartable_bad(
    const struct seki_chartable *, size_t col, struct seki_err *, const char *);
int seki_chartable_bad_word(const struct seki_chartable *, size_t col,
    struct seki_err *, const char *why, const char *word, const char *near);
int seki_chartable_bad_at(const struct seki_chartable *, size_t col,
    uint64_t row, struct seki_err *, const char *);
void seki_chartable_close(struct seki_chartable *);

#endif
