/*
 * Workbooks of others, read strictly and as a stream (workbook-facts 6), and
 * the text of their cells.  Nothing here knows of records: sheet_read.c does.
 */
#ifndef SEKI_XLSX_H
#define SEKI_XLSX_H

#include "range.h"
#include "seki_int.h"

/* What kind of cell the file says it is.  The schema, not this, decides what
 * the value means (DESIGN 5). */
enum seki_cell_kind {
	SEKI_CELL_TEXT,
	SEKI_CELL_NUMBER, /* its letters; perhaps no number at all */
	SEKI_CELL_BOOL,	  /* TRUE or FALSE */
	SEKI_CELL_DATE	  /* t="d": ISO 8601 text */
};

struct seki_cell {
	uint32_t col; /* 0 is A */
	enum seki_cell_kind kind;
	int formula, error; /* error: t="e", #N/A */
	uint32_t style;	    /* its s; for seki_xlsx_as */
	const char *p;	    /* valid UTF-8, not NUL-terminated */
	size_t n;
};

struct seki_cells {
	uint32_t row; /* 0 is row 1 */
	int hidden;
	struct seki_cell *cell; /* as they stand in the file; no blank ones */
	size_t n;
};

/*
 * A workbook.  fd is borrowed for its life and never moved: several may read
 * it.  Opening checks the ZIP's structure, resolves the parts, looks through
 * every small part and reads the shared strings.
 */
struct seki_xlsx;
struct seki_xlsx *seki_xlsx_open(
    int fd, uint64_t offset, uint64_t length, struct seki_err *);
size_t seki_xlsx_sheets(const struct seki_xlsx *);
const char *seki_xlsx_name(const struct seki_xlsx *, size_t sheet);
int seki_xlsx_hidden(const struct seki_xlsx *, size_t sheet);
/* 1 when day 0 is 1904-01-01. */
int seki_xlsx_1904(const struct seki_xlsx *);
/* What a number is meant as, by the format of its style: for workbooks of
 * others, whose dates are numbers.  styles reads the formats first; without
 * them, and for a style that is not there, it is plain. */
enum seki_xlsx_as {
	SEKI_AS_PLAIN,
	SEKI_AS_DATE,
	SEKI_AS_TIME,
	SEKI_AS_DATETIME
};
int seki_xlsx_styles(struct seki_xlsx *, struct seki_err *);
enum seki_xlsx_as seki_xlsx_as(const struct seki_xlsx *, uint32_t style);
/* The same of a format's code, as it stands in the file. */
enum seki_xlsx_as seki_xlsx_format(const char *code);
/* From now on a thread inflates the large parts ahead of who reads them. */
void seki_xlsx_ahead(struct seki_xlsx *);
/* Characters that were no UTF-8 and are read as U+FFFD. */
uint64_t seki_xlsx_broken(const struct seki_xlsx *);
void seki_xlsx_free(struct seki_xlsx *);
/*
 * The same workbook for another thread: the two share what opening has read,
 * and each reads its own sheets.  The twin is freed first, when its thread has
 * ended; the characters broken in it count for the other from then on.
 */
struct seki_xlsx *seki_xlsx_twin(struct seki_xlsx *, struct seki_err *);

struct seki_xlsx_rows;
struct seki_xlsx_rows *seki_xlsx_rows(
    struct seki_xlsx *, size_t sheet, struct seki_err *);
/* 1 and a row borrowed until the next call; 0 at the end of the sheet, which
 * was read to its last byte; -1. */
int seki_xlsx_next(
    struct seki_xlsx_rows *, struct seki_cells **, struct seki_err *);
/* Whether a column up to the given one is hidden: known from the first row
 * on; whether cells are merged: known at the end. */
int seki_xlsx_col_hidden(const struct seki_xlsx_rows *, uint32_t upto);
int seki_xlsx_merged(const struct seki_xlsx_rows *);
const char *seki_xlsx_merged_at(const struct seki_xlsx_rows *); /* or "" */
/* All ranges of them; borrowed, likewise. */
const struct seki_range *seki_xlsx_merges(
    const struct seki_xlsx_rows *, size_t *n);
/* The row just given becomes the caller's, in place of the one that slot had
 * before, which goes back to be filled again; nothing is copied. */
struct seki_xlsx_slot {
	struct seki_cells row;
	size_t size;	      /* of row.cell */
	struct seki_buf text; /* of its cells */
};
int seki_xlsx_keep(struct seki_xlsx_rows *, struct seki_xlsx_slot *,
    struct seki_err *);
void seki_xlsx_slot_free(struct seki_xlsx_slot *);
void seki_xlsx_rows_free(struct seki_xlsx_rows *);

/* "B7" of row 6, column 1; room for 16. */
void seki_cell_name(uint32_t row, uint32_t col, char out[16]);

/*
 * Cell text (workbook-facts 4), appended.  Escaped are, as ␛{HEX}: controls
 * but LF, U+241B, U+FFFE, U+FFFF, white space at either end, and the _ of what
 * looks like _xHHHH_.  SEKI_TEXT when s is no UTF-8.
 */
int seki_cell_escape(
    struct seki_buf *, const char *s, size_t n, struct seki_err *);
/* Back: 0; 1 when an escape is none of ours (err untouched); -1. */
int seki_cell_unescape(
    struct seki_buf *, const char *s, size_t n, struct seki_err *);
/* UTF-16 units of valid UTF-8: what spreadsheets count. */
size_t seki_cell_units(const char *, size_t);
/* Bytes of s whose escaped text fits one cell: whole characters. */
size_t seki_cell_cut(const char *s, size_t n);

/*
 * Whether a canonical decimal may be a numeric cell.  1, with the decimals a
 * format must show or -1 when the general format shows them all; 0 when the
 * cell must be text: more than 15 digits or decimals, or 1e15 and beyond.
 */
int seki_cell_number(const char *, size_t, int *decimals);
/*
 * What a value shows in a text cell, not yet escaped, appended: its canonical
 * text, but an instant in Japan time, "2026-04-01 00:30", with its seconds
 * only when they are not 00.
 */
int seki_cell_show(enum seki_shape, const struct seki_value *,
    struct seki_buf *, struct seki_err *);
/*
 * The value of a cell by shape: borrowed from the cell or from buf, which is
 * reset.  0; 1 when the cell cannot be of that shape (err untouched); -1.
 */
int seki_cell_read(enum seki_shape, const struct seki_cell *, int d1904,
    struct seki_buf *, struct seki_value *, struct seki_err *);
/*
 * The other reading of a numeric cell: the shortest decimal that gives the same
 * number, into buf, which is reset.  0; 1 when it is that of 15 digits, which
 * seki_cell_read gives, or the cell holds no number; -1.
 */
int seki_cell_exact(
    const struct seki_cell *, struct seki_buf *, struct seki_err *);

#endif
