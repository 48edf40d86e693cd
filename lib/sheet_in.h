/* What the files of the workbook reader share with each other. */
#ifndef SEKI_SHEET_IN_H
#define SEKI_SHEET_IN_H

#include "sheet_int.h"
#include "xlsx.h"

/* The sheets of one list, in their order, and where the reading stands. */
struct seki_rows_in {
	struct seki_xlsx *x;
	const struct seki_list *list;
	size_t *sheet; /* of the workbook */
	unsigned *part;
	size_t n, at;
	struct seki_xlsx_rows *rows; /* of sheet[at], or NULL */
	int *map;		     /* column of the sheet to ours, or -1 */
	const struct seki_cell *
	    *cell; /* of the row just read, by our columns */
	uint32_t row;
	/* Of a relay's workbook: what is hidden is counted, not refused. */
	int relay;
	uint64_t hidden;
};
/* One more sheet of the list; part as its name says, or 0. */
int seki_rows_add(
    struct seki_rows_in *, size_t sheet, unsigned part, struct seki_err *);
/* The next row that is not blank: 1, 0 after the last of the last sheet, -1. */
int seki_rows_next(struct seki_rows_in *, struct seki_err *);
/* From the first row again. */
void seki_rows_rewind(struct seki_rows_in *);
void seki_rows_free(struct seki_rows_in *);
/* SEKI_VIEW with sheet, cell and, when the column is a field's, field. */
int seki_rows_fail(const struct seki_rows_in *, size_t col, const char *what,
    struct seki_err *);
/* Is this row the head row of the list?  Every head once, nothing else. */
int seki_rows_heads(const struct seki_list *, const struct seki_cells *,
    int *map, struct seki_buf *, struct seki_err *);

/* The lists of a workbook. */
struct seki_sheet_in {
	struct seki_xlsx *x;
	struct seki_sheet_layout *layout;
	struct seki_rows_in *list; /* by the layout's lists */
	size_t cover;		   /* sheet, or SIZE_MAX */
	int relay;		   /* as in seki_rows_in */
	uint64_t hidden;	   /* sheets */
	struct seki_buf buf;
};
int seki_sheet_find(struct seki_sheet_in *, struct seki_err *);
int seki_sheet_cover(struct seki_sheet_in *, const struct seki_manifest *,
    const struct seki_proof *, struct seki_err *);

#endif
