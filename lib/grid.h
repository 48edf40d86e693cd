/*
 * Tables that people keep, row by row: CSV, TSV or a workbook, by what the
 * bytes say and never by the file's name.  What a cell means is for the
 * caller; nothing is repaired here.
 */
#ifndef SEKI_GRID_H
#define SEKI_GRID_H

#include "range.h"
#include "seki_int.h"

enum seki_encoding {
	SEKI_ENC_ANY, /* BOM, else UTF-8 when all of it is, else CP932 */
	SEKI_ENC_UTF8,
	SEKI_ENC_CP932,
	SEKI_ENC_UTF16LE, /* only behind its BOM */
	SEKI_ENC_UTF16BE,
	SEKI_ENC_BOOK /* a workbook (OOXML) */
};
/* "UTF-8" and so on, for people and for --encoding. */
const char *seki_encoding_word(enum seki_encoding);

/* What a workbook says of a cell; of a text file all are TEXT. */
enum seki_grid_kind {
	SEKI_GRID_TEXT,	    /* also a cell that is empty: n is 0 */
	SEKI_GRID_NUMBER,   /* canonical decimal of 15 digits, or its letters */
	SEKI_GRID_DATE,	    /* YYYY-MM-DD */
	SEKI_GRID_TIME,	    /* hh:mm or hh:mm:ss */
	SEKI_GRID_DATETIME, /* YYYY-MM-DD hh:mm or hh:mm:ss, as it is shown */
	SEKI_GRID_DURATION, /* 49:30 */
	SEKI_GRID_BOOL,	    /* TRUE, FALSE */
	SEKI_GRID_ERROR	    /* #N/A, #REF! … */
};

struct seki_grid_cell {
	const char *p; /* valid UTF-8 without U+0000, and a NUL behind it */
	size_t n;
	enum seki_grid_kind kind;
	int formula; /* p is its stored result, perhaps nothing */
};

struct seki_grid_how {
	const char *sheet;	     /* by name; NULL: the first that shows */
	enum seki_encoding encoding; /* what a text must be; ANY: decided */
	char separator;		     /* 0: TAB when the first line has one,
				      * else a comma */
	uint64_t max;		     /* bytes of the file; 0: the usual limit */
	const char *spool;	     /* folder of the copy, or NULL */
};

/*
 * The file is copied first, so that what is read is what the digest is of,
 * whoever writes to it meanwhile.  how may be NULL.  SEKI_FILE, SEKI_LIMIT;
 * SEKI_CSV for a text that is in no encoding; SEKI_XLSX; SEKI_CONFIG when there
 * is no sheet of that name.
 */
struct seki_grid;
struct seki_grid *seki_grid_open(
    const char *path, const struct seki_grid_how *, struct seki_err *);
/* The same of a stream, which is taken. */
struct seki_grid *seki_grid_read(
    struct seki_in *, const struct seki_grid_how *, struct seki_err *);

/*
 * The next row that has a cell: 1, 0 after the last, -1.  Cells from the first
 * column to the row's last, borrowed until the next call.  SEKI_CSV (RFC 4180,
 * a byte that is none of the encoding), SEKI_XLSX, SEKI_LIMIT name the row.
 */
int seki_grid_next(struct seki_grid *, const struct seki_grid_cell **,
    size_t *n, struct seki_err *);
/* Of the row just read: its number, as a spreadsheet counts; whether a filter
 * or a person hid it. */
uint64_t seki_grid_row(const struct seki_grid *);
int seki_grid_hidden(const struct seki_grid *);
/* Where its cell i stands, for messages: "row 7, cell 2", "Sheet1!B7". */
#define SEKI_GRID_PLACE 160
void seki_grid_place(
    const struct seki_grid *, size_t i, char out[SEKI_GRID_PLACE]);

const char *seki_grid_name(const struct seki_grid *);  /* of the file */
const char *seki_grid_sheet(const struct seki_grid *); /* "": a text */
enum seki_encoding seki_grid_encoding(const struct seki_grid *);
char seki_grid_separator(const struct seki_grid *); /* 0: a workbook */
void seki_grid_digest(const struct seki_grid *, unsigned char out[SEKI_SHA256]);
/* Known once next has given 0: the first range of merged cells, or NULL. */
const char *seki_grid_merged(const struct seki_grid *);
/* All of them, likewise; borrowed until the next rewind. */
const struct seki_range *seki_grid_merges(const struct seki_grid *, size_t *n);
/* A workbook's sheets; 0 of a text. */
size_t seki_grid_sheets(const struct seki_grid *);
const char *seki_grid_sheet_name(const struct seki_grid *, size_t i);
int seki_grid_sheet_hidden(const struct seki_grid *, size_t i);
/* Begin again, with that sheet (of a text: NULL). */
int seki_grid_rewind(struct seki_grid *, const char *sheet, struct seki_err *);
void seki_grid_free(struct seki_grid *);

/* Bytes of an encoding as UTF-8; below is taken.  SEKI_CSV names line and
 * byte. */
struct seki_in *seki_decode_in(
    struct seki_in *below, enum seki_encoding, struct seki_err *);

#endif
