#include <stdlib.h>
#include <string.h>

#include "grid_int.h"

/* A workbook's sheet.  Dates are numbers there: the format of the cell says
 * which of them are meant as dates. */

static int
no_sheet(const struct seki_grid *g, struct seki_err *err)
{
	const char *list[SEKI_GRID_SHEETS + 1];
	size_t i, n = seki_xlsx_sheets(g->book);
	const char *near;

	if (g->how.sheet == NULL)
		return seki_fail(err, SEKI_XLSX, "%s",
		    _("the workbook has no sheet that shows"));
	for (i = 0; i < n && i < SEKI_GRID_SHEETS; i++)
		list[i] = seki_xlsx_name(g->book, i);
	list[i] = NULL;
	near = seki_text_nearest(g->how.sheet, list);
	if (near == NULL && n > 0)
		near = list[0];
	if (near != NULL)
		seki_err_hint(err, _("there is a sheet \"%s\""), near);
	return seki_fail(err, SEKI_CONFIG, _("no sheet \"%.*s\""),
	    seki_text_cut(g->how.sheet, 120), g->how.sheet);
}

static int
choose(struct seki_grid *g, size_t *at, struct seki_err *err)
{
	size_t n = seki_xlsx_sheets(g->book), i;

	for (i = 0; i < n; i++)
		if (g->how.sheet == NULL
			? !seki_xlsx_hidden(g->book, i)
			: strcmp(seki_xlsx_name(g->book, i), g->how.sheet) == 0)
			break;
	if (i == n)
		return no_sheet(g, err);
	*at = i;
	free(g->sheet);
	g->sheet = strdup(seki_xlsx_name(g->book, i));
	g->how.sheet = NULL; /* the caller's, perhaps gone by the next time */
	return g->sheet == NULL ? seki_err_nomem(err) : 0;
}

int
seki_grid_book_open(struct seki_grid *g, struct seki_err *err)
{
	size_t at = 0;

	seki_grid_book_close(g);
	if (g->book == NULL &&
	    ((g->book = seki_xlsx_open(g->fd, 0, g->size, err)) == NULL ||
		seki_xlsx_styles(g->book, err) == -1))
		return -1;
	seki_xlsx_ahead(g->book);
	if (choose(g, &at, err) == -1 ||
	    (g->rows = seki_xlsx_rows(g->book, at, err)) == NULL)
		return -1;
	return 0;
}

static enum seki_shape
shape_of(enum seki_grid_kind kind)
{
	switch (kind) {
	case SEKI_GRID_NUMBER:
		return SEKI_S_NUMBER;
	case SEKI_GRID_DATE:
		return SEKI_S_DATE;
	case SEKI_GRID_TIME:
		return SEKI_S_TIME;
	case SEKI_GRID_DATETIME:
		return SEKI_S_DATETIME;
	case SEKI_GRID_DURATION:
		return SEKI_S_DURATION;
	case SEKI_GRID_TEXT:
	case SEKI_GRID_BOOL:
	case SEKI_GRID_ERROR:
	default:
		return SEKI_S_TEXT;
	}
}

/* A day with a time is both, however it is shown; hours past a day are none of
 * the clock.  What is neither stays the number it is. */
static enum seki_grid_kind
next_kind(enum seki_grid_kind kind)
{
	return kind == SEKI_GRID_DATE	? SEKI_GRID_DATETIME
	       : kind == SEKI_GRID_TIME ? SEKI_GRID_DURATION
					: SEKI_GRID_NUMBER;
}

static enum seki_grid_kind
kind_of(enum seki_xlsx_as as)
{
	return as == SEKI_AS_DATE	? SEKI_GRID_DATE
	       : as == SEKI_AS_TIME	? SEKI_GRID_TIME
	       : as == SEKI_AS_DATETIME ? SEKI_GRID_DATETIME
					: SEKI_GRID_NUMBER;
}

/* What people see of an instant: the sheet's clock is Japan's. */
static int
show(struct seki_grid *g, enum seki_shape shape, const struct seki_value *v,
    struct seki_err *err)
{
	return shape == SEKI_S_DATETIME
		   ? seki_cell_show(shape, v, &g->text, err)
		   : seki_buf_add(&g->text, v->p, v->n, err);
}

static int
number(struct seki_grid *g, const struct seki_cell *from,
    struct seki_grid_cell *to, struct seki_err *err)
{
	int r = 1, d1904 = seki_xlsx_1904(g->book);
	struct seki_value v;

	while (r == 1) {
		r = seki_cell_read(
		    shape_of(to->kind), from, d1904, &g->work, &v, err);
		if (r == 1 && to->kind == SEKI_GRID_NUMBER)
			return seki_buf_add(&g->text, from->p, from->n, err);
		if (r == 1)
			to->kind = next_kind(to->kind);
	}
	return r == -1 ? -1 : show(g, shape_of(to->kind), &v, err);
}

static int
one(struct seki_grid *g, const struct seki_cell *from,
    struct seki_grid_cell *to, struct seki_err *err)
{
	to->formula = from->formula;
	to->kind = from->error			    ? SEKI_GRID_ERROR
		   : from->kind == SEKI_CELL_NUMBER ? SEKI_GRID_NUMBER
		   : from->kind == SEKI_CELL_BOOL   ? SEKI_GRID_BOOL
		   : from->kind == SEKI_CELL_DATE   ? SEKI_GRID_DATETIME
						    : SEKI_GRID_TEXT;
	if (from->kind == SEKI_CELL_NUMBER && from->n > 0) {
		to->kind = kind_of(seki_xlsx_as(g->book, from->style));
		return number(g, from, to, err);
	}
	if (memchr(from->p, '\0', from->n) != NULL)
		return seki_fail(
		    err, SEKI_XLSX, "%s", _("U+0000 is not allowed"));
	return seki_buf_add(&g->text, from->p, from->n, err);
}

/* From the first column to the last one that is there. */
static int
fill(struct seki_grid *g, const struct seki_cells *row, size_t n,
    struct seki_err *err)
{
	size_t i;

	seki_buf_reset(&g->text);
	if (seki_buf_byte(&g->text, '\0', err) == -1)
		return -1;
	memset(g->cell, 0, n * sizeof(*g->cell));
	memset(g->at, 0, n * sizeof(*g->at));
	for (i = 0; i < row->n; i++) {
		struct seki_grid_cell *to = &g->cell[row->cell[i].col];
		size_t *at = &g->at[row->cell[i].col];

		*at = g->text.n;
		if (one(g, &row->cell[i], to, err) == -1)
			return -1;
		to->n = g->text.n - *at;
		if (seki_buf_byte(&g->text, '\0', err) == -1)
			return -1;
	}
	for (i = 0; i < n; i++)
		g->cell[i].p = g->text.p + g->at[i];
	return 0;
}

/* A thread is worth it when there are more rows than a header and what is
 * looked at to choose. */
#define ALONE 64

static int
next_row(struct seki_grid *g, struct seki_cells **row, struct seki_err *err)
{
	if (g->ahead != NULL)
		return seki_ahead_next(g->ahead, row, err);
	if (++g->nrow == ALONE && (g->ahead = seki_ahead_new(g->rows)) != NULL)
		return seki_ahead_next(g->ahead, row, err);
	return seki_xlsx_next(g->rows, row, err);
}

int
seki_grid_book_next(struct seki_grid *g, size_t *n, struct seki_err *err)
{
	struct seki_cells *row;
	size_t i;
	int r;

	do {
		if ((r = next_row(g, &row, err)) != 1)
			break;
		for (*n = 0, i = 0; i < row->n; i++)
			if (row->cell[i].col >= *n)
				*n = (size_t)row->cell[i].col + 1;
	} while (*n == 0);
	if (r == 0)
		(void)snprintf(g->merged, sizeof(g->merged), "%s",
		    seki_xlsx_merged_at(g->rows));
	if (r != 1)
		return r;
	g->row = row->row + 1U;
	g->hidden = row->hidden;
	if (seki_grid_room(g, *n, err) == -1 || fill(g, row, *n, err) == -1)
		return -1;
	return 1;
}

void
seki_grid_book_close(struct seki_grid *g)
{
	seki_ahead_free(g->ahead);
	seki_xlsx_rows_free(g->rows);
	g->ahead = NULL;
	g->rows = NULL;
	g->nrow = 0;
}
