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

int seki_grid_book_open(struct seki_grid *, struct seki_err *);
int seki_grid_book_next(struct seki_grid *, size_t *n, struct seki_err *);
void seki_grid_book_close(struct seki_grid *);

#endif
