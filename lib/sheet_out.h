/* What the files of the workbook writer share with each other. */
#ifndef SEKI_SHEET_OUT_H
#define SEKI_SHEET_OUT_H

#include <xlsxwriter.h>

#include "sheet_int.h"
#include "xlsx.h"

/* Formats of data cells; those that show decimals are made when needed. */
struct seki_styles {
	lxw_format *text, *name, *right, *general, *decimal[16], *head;
};

/* A sheet with data, for what is set when its last row is known. */
struct seki_book_sheet {
	lxw_worksheet *ws;
	size_t list;
	uint32_t rows;
};
/* Where a list's next row goes. */
struct seki_book_list {
	size_t sheet; /* index, or SIZE_MAX before the first */
	unsigned parts;
	uint64_t xml, rows;
	unsigned char *width; /* by column */
	lxw_format **text;    /* by column: of text cells */
};

struct seki_book {
	const struct seki_layout *layout;
	const char *path; /* borrowed */
	lxw_workbook *wb;
	lxw_worksheet *cover, *fields;
	struct seki_styles style;
	struct seki_book_sheet *sheet;
	size_t nsheet;
	struct seki_book_list *list;
	struct seki_buf show, cell, piece;
	struct seki_proof count;
};

struct seki_book *seki_book_new(const struct seki_layout *, const char *path,
    const char *tmpdir, int constant, seki_time created, struct seki_err *);
int seki_book_put(
    struct seki_book *, const struct seki_record *, struct seki_err *);
/* One of the first records: what the columns' widths come from. */
void seki_book_measure(struct seki_book *, const struct seki_record *);
/* Widths, print setup, cover, 項目一覧; then the file.  Frees, on failure
 * too. */
int seki_book_close(
    struct seki_book *, const struct seki_manifest *, struct seki_err *);
void seki_book_abort(struct seki_book *);

/* A sheet for the next rows of a list, with its head row. */
int seki_book_sheet(struct seki_book *, size_t list, struct seki_err *);
lxw_format *seki_book_decimal(struct seki_book *, int decimals);
/* libxlsxwriter's answer as ours. */
int seki_book_error(lxw_error, struct seki_err *);
lxw_format *seki_book_format(struct seki_book *, double size);
/* The format of a field's text. */

/* Lines a text takes in a column; the height of a row of so many. */
size_t seki_book_lines(const char *, size_t, size_t width);
double seki_book_height(size_t lines);

int seki_book_cover(
    struct seki_book *, const struct seki_manifest *, struct seki_err *);
int seki_book_fields(struct seki_book *, struct seki_err *);
/* A4, page x of y, repeated head row, one page wide where that is legible. */
void seki_book_print(
    struct seki_book *, const struct seki_book_sheet *, const char *title);

#endif
