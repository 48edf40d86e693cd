#include <stdlib.h>
#include <string.h>

#include "sheet_in.h"

/* A sheet of the list begins: its head row says which column is which. */
static int
begin(struct seki_rows_in *r, struct seki_err *err)
{
	const char *name = seki_xlsx_name(r->x, r->sheet[r->at]);
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_cells *row;
	int n;

	if (r->map == NULL)
		r->map = calloc(SEKI_SHEET_COLS, sizeof(*r->map));
	if (r->cell == NULL)
		r->cell = calloc(r->list->n, sizeof(*r->cell));
	if (r->map == NULL || r->cell == NULL)
		return seki_err_nomem(err);
	if ((r->rows = seki_xlsx_rows(r->x, r->sheet[r->at], err)) == NULL ||
	    (n = seki_xlsx_next(r->rows, &row, err)) == -1)
		return -1;
	if (n == 1)
		n = seki_rows_heads(r->list, row, r->map, &b, err);
	seki_buf_free(&b);
	if (n == 1 && row->hidden && !r->relay)
		n = 0;
	if (n == 0)
		return seki_fail(err, SEKI_VIEW,
		    _("sheet %s: the heads in its first row are not those of "
		      "the form"),
		    name);
	if (n == 1 && seki_xlsx_col_hidden(r->rows, (uint32_t)r->list->n - 1) &&
	    r->relay)
		r->hidden++;
	else if (n == 1 &&
		 seki_xlsx_col_hidden(r->rows, (uint32_t)r->list->n - 1))
		return seki_fail(
		    err, SEKI_VIEW, _("sheet %s: columns are hidden"), name);
	return n == 1 ? 0 : -1;
}

static int
end(struct seki_rows_in *r, struct seki_err *err)
{
	int merged = seki_xlsx_merged(r->rows);

	seki_xlsx_rows_free(r->rows);
	r->rows = NULL;
	if (merged)
		return seki_fail(err, SEKI_XLSX,
		    _("sheet %s: cells are merged"),
		    seki_xlsx_name(r->x, r->sheet[r->at]));
	r->at++;
	return 0;
}

static int
odd(const struct seki_rows_in *r, const struct seki_cell *c,
    enum seki_reason reason, const char *what, struct seki_err *err)
{
	char name[16];

	seki_cell_name(r->row, c->col, name);
	return seki_fail(err, reason, _("sheet %s, cell %s: %s"),
	    seki_xlsx_name(r->x, r->sheet[r->at]), name, what);
}

static int
take(struct seki_rows_in *r, const struct seki_cells *row, struct seki_err *err)
{
	const struct seki_cell *c;
	size_t i;
	int k;

	r->row = row->row;
	memset(r->cell, 0, r->list->n * sizeof(*r->cell));
	for (i = 0; i < row->n; i++) {
		c = &row->cell[i];
		k = c->col < SEKI_SHEET_COLS ? r->map[c->col] : -1;
		if (c->formula)
			return odd(r, c, SEKI_XLSX,
			    _("a formula, where only values may stand"), err);
		if (k == -1)
			return odd(r, c, SEKI_VIEW,
			    _("a value beside the columns of the form"), err);
		r->cell[k] = c;
	}
	if (row->n > 0 && row->hidden && r->relay)
		r->hidden++;
	else if (row->n > 0 && row->hidden)
		return odd(
		    r, &row->cell[0], SEKI_VIEW, _("the row is hidden"), err);
	return 0;
}

int
seki_rows_next(struct seki_rows_in *r, struct seki_err *err)
{
	struct seki_cells *row;
	int n;

	while (r->at < r->n) {
		if (r->rows == NULL && begin(r, err) == -1)
			return -1;
		while ((n = seki_xlsx_next(r->rows, &row, err)) == 1) {
			if (take(r, row, err) == -1)
				return -1;
			if (row->n > 0)
				return 1;
		}
		if (n == -1 || end(r, err) == -1)
			return -1;
	}
	return 0;
}

void
seki_rows_rewind(struct seki_rows_in *r)
{
	seki_xlsx_rows_free(r->rows);
	r->rows = NULL;
	r->at = 0;
}

void
seki_rows_free(struct seki_rows_in *r)
{
	seki_xlsx_rows_free(r->rows);
	free(r->sheet);
	free(r->part);
	free(r->map);
	free(r->cell);
}
