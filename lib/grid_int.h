/* What the files of the table reader share with each other. */
#ifndef SEKI_GRID_INT_H
#define SEKI_GRID_INT_H

#include "grid.h"
#include "xlsx.h"

struct seki_grid {
	char *name;
	struct seki_grid_how how;
	char *sheet; /* the one that is read; of a text NULL */
	int fd;	     /* the copy */
	uint64_t size;
	unsigned char digest[SEKI_SHA256];
	enum seki_encoding encoding;
	char separator;
	struct seki_csv_in *csv;
	struct seki_xlsx *book;
	struct seki_xlsx_rows *rows;
	struct seki_ahead *ahead; /* or NULL: rows are read as they are asked
				   * for */
	size_t nrow;		  /* so far */
	uint64_t row;
	int hidden, ended;
	struct seki_grid_cell *cell;
	size_t ncell; /* room */
	size_t *at;   /* of a workbook: where a cell's text begins */
	struct seki_buf text, work;
	char merged[24];
};

/* Room for n cells. */
int seki_grid_room(struct seki_grid *, size_t n, struct seki_err *);

int seki_grid_text_open(struct seki_grid *, struct seki_err *);
int seki_grid_text_next(struct seki_grid *, size_t *n, struct seki_err *);
void seki_grid_text_close(struct seki_grid *);

/* Rows of a sheet, read in a thread.  rows is borrowed, and nothing else may be
 * asked of it before next has given 0 or -1.  NULL: there is no thread. */
struct seki_ahead *seki_ahead_new(struct seki_xlsx_rows *rows);
/* As seki_xlsx_next. */
int seki_ahead_next(
    struct seki_ahead *, struct seki_cells **, struct seki_err *);
void seki_ahead_free(struct seki_ahead *); /* NULL is fine */

int seki_grid_book_open(struct seki_grid *, struct seki_err *);
int seki_grid_book_next(struct seki_grid *, size_t *n, struct seki_err *);
void seki_grid_book_close(struct seki_grid *);

#endif
