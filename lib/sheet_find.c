#include <stdlib.h>
#include <string.h>

#include "sheet_in.h"

/*
 * Which sheet holds which list: by its name, else by its heads, since programs
 * on the way may rename sheets.  Sheets of others are looked through and left
 * alone.
 */

int
seki_rows_fail(const struct seki_rows_in *r, size_t col, const char *what,
    struct seki_err *err)
{
	char name[16];
	uint32_t at = 0;

	while (r->map != NULL && at < SEKI_SHEET_COLS && r->map[at] != (int)col)
		at++;
	seki_cell_name(r->row, at == SEKI_SHEET_COLS ? 0 : at, name);
	if (r->list->col[col].field != NULL)
		seki_err_field(err, r->list->col[col].field->code);
	return seki_fail(err, SEKI_VIEW, _("sheet %s, cell %s: %s"),
	    seki_xlsx_name(r->x, r->sheet[r->at]), name, what);
}

int
seki_rows_heads(const struct seki_list *l, const struct seki_cells *row,
    int *map, struct seki_buf *b, struct seki_err *err)
{
	struct seki_value v;
	size_t i, k, found = 0;
	int r;

	for (i = 0; i < SEKI_SHEET_COLS; i++)
		map[i] = -1;
	if (row->row != 0)
		return 0;
	for (i = 0; i < row->n; i++) {
		if (row->cell[i].formula)
			return 0;
		r = seki_cell_read(SEKI_S_TEXT, &row->cell[i], 0, b, &v, err);
		if (r == -1)
			return -1;
		for (k = 0; r == 0 && k < l->n; k++)
			if (strlen(l->col[k].head) == v.n &&
			    memcmp(l->col[k].head, v.p, v.n) == 0)
				break;
		if (r == 1 || k == l->n)
			return 0;
		map[row->cell[i].col] = (int)k;
		found++;
	}
	if (found != l->n)
		return 0;
	/* Each once: as many as there are, and none missing. */
	for (k = 0; k < l->n; k++) {
		for (i = 0; i < row->n; i++)
			if (map[row->cell[i].col] == (int)k)
				break;
		if (i == row->n)
			return 0;
	}
	return 1;
}

int
seki_rows_add(
    struct seki_rows_in *r, size_t sheet, unsigned part, struct seki_err *err)
{
	size_t *s = reallocarray(r->sheet, r->n + 1, sizeof(*s)), i;
	unsigned *p;

	if (s == NULL)
		return seki_err_nomem(err);
	r->sheet = s;
	if ((p = reallocarray(r->part, r->n + 1, sizeof(*p))) == NULL)
		return seki_err_nomem(err);
	r->part = p;
	/* Sheets may have been moved: their numbers tell the order. */
	for (i = r->n; part != 0 && i > 0 && p[i - 1] > part; i--) {
		p[i] = p[i - 1];
		s[i] = s[i - 1];
	}
	p[i] = part;
	s[i] = sheet;
	r->n++;
	return 0;
}

/* The first row of a sheet, borrowed until rows are freed. */
static int
first(struct seki_sheet_in *in, size_t sheet, struct seki_xlsx_rows **rows,
    struct seki_cells **row, struct seki_err *err)
{
	*rows = seki_xlsx_rows(in->x, sheet, err);
	return *rows == NULL ? -1 : seki_xlsx_next(*rows, row, err);
}

/* Nobody reads this sheet, but nothing in it may break the rules. */
static int
look_through(struct seki_xlsx_rows *rows, struct seki_err *err)
{
	struct seki_cells *row;
	int r;

	while ((r = seki_xlsx_next(rows, &row, err)) == 1)
		;
	return r;
}

/* The cover's title is the name that its sheet had. */
static int
is_cover(const struct seki_cells *row)
{
	const size_t n = sizeof(SEKI_SHEET_COVER) - 1;

	return row->row == 0 && row->n > 0 && row->cell[0].col == 0 &&
	       row->cell[0].kind == SEKI_CELL_TEXT && row->cell[0].n == n &&
	       memcmp(row->cell[0].p, SEKI_SHEET_COVER, n) == 0;
}

static int
by_heads(struct seki_sheet_in *in, size_t sheet, struct seki_err *err)
{
	struct seki_xlsx_rows *rows = NULL;
	struct seki_cells *row;
	int map[SEKI_SHEET_COLS];
	size_t i, at = 0, hits = 0;
	int r = first(in, sheet, &rows, &row, err);

	for (i = 0; r == 1 && i < in->layout->n; i++) {
		r = seki_rows_heads(
		    &in->layout->list[i], row, map, &in->buf, err);
		if (r == 1) {
			at = i;
			hits++;
		} else if (r == 0)
			r = 1;
	}
	if (r == 1 && hits == 0 && in->relay && in->cover == SIZE_MAX &&
	    is_cover(row))
		in->cover = sheet;
	if (r == 1)
		r = hits == 1 ? seki_rows_add(&in->list[at], sheet, 0, err)
			      : look_through(rows, err);
	seki_xlsx_rows_free(rows);
	return r == -1 ? -1 : 0;
}

static int
fields_sheet(struct seki_sheet_in *in, size_t sheet, struct seki_err *err)
{
	struct seki_xlsx_rows *rows = seki_xlsx_rows(in->x, sheet, err);
	int r = rows == NULL ? -1 : look_through(rows, err);

	seki_xlsx_rows_free(rows);
	return r;
}

static int
one(struct seki_sheet_in *in, size_t sheet, struct seki_err *err)
{
	const char *name = seki_xlsx_name(in->x, sheet);
	unsigned part;
	size_t i;

	if (seki_xlsx_hidden(in->x, sheet) && in->relay)
		in->hidden++;
	else if (seki_xlsx_hidden(in->x, sheet))
		return seki_fail(err, SEKI_VIEW, _("sheet %s is hidden"), name);
	if (strcmp(name, SEKI_SHEET_COVER) == 0) {
		in->cover = sheet;
		return 0;
	}
	if (strcmp(name, SEKI_SHEET_FIELDS) == 0)
		return fields_sheet(in, sheet, err);
	/* Read before anything else. */
	if (in->relay && strcmp(name, SEKI_SHEET_SEAL) == 0)
		return 0;
	for (i = 0; i < in->layout->n; i++)
		if ((part = seki_sheet_layout_part(
			 &in->layout->list[i], name)) != 0)
			return seki_rows_add(&in->list[i], sheet, part, err);
	return by_heads(in, sheet, err);
}

int
seki_sheet_find(struct seki_sheet_in *in, struct seki_err *err)
{
	size_t i;

	in->cover = SIZE_MAX;
	for (i = 0; i < in->layout->n; i++) {
		in->list[i].x = in->x;
		in->list[i].list = &in->layout->list[i];
		in->list[i].relay = in->relay;
	}
	for (i = 0; i < seki_xlsx_sheets(in->x); i++)
		if (one(in, i, err) == -1)
			return -1;
	for (i = 0; i < in->layout->marks; i++)
		if (in->list[i].n == 0)
			return seki_fail(err, SEKI_VIEW,
			    _("sheet %s is missing"), in->layout->list[i].name);
	return 0;
}
