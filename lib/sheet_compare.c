#include <string.h>

#include "sheet_in.h"

/* The cover must say what the manifest says, cell by cell. */

static int
differs(const struct seki_sheet_in *in, uint32_t row, uint32_t col,
    struct seki_err *err)
{
	char name[16];

	seki_cell_name(row, col, name);
	return seki_fail(err, SEKI_VIEW,
	    _("sheet %s, cell %s: not what the manifest says"),
	    seki_xlsx_name(in->x, in->cover), name);
}

static int
cell(struct seki_sheet_in *in, uint32_t row, uint32_t col, const char *want,
    const struct seki_cell *c, struct seki_err *err)
{
	struct seki_value v = { .p = "" };
	size_t n = want == NULL ? 0 : strlen(want);
	int r = 0;

	if (c != NULL && c->formula) {
		char name[16];

		seki_cell_name(row, col, name);
		return seki_fail(err, SEKI_XLSX, _("sheet %s, cell %s: %s"),
		    seki_xlsx_name(in->x, in->cover), name,
		    _("a formula, where only values may stand"));
	}
	if (c != NULL)
		r = seki_cell_read(SEKI_S_TEXT, c, 0, &in->buf, &v, err);
	if (r == -1)
		return -1;
	if (r == 0 && v.n == n && (n == 0 || memcmp(v.p, want, n) == 0))
		return 0;
	return differs(in, row, col, err);
}

/* row: what the file has there, or NULL for nothing. */
static int
line(struct seki_sheet_in *in, uint32_t at, const struct seki_line *want,
    const struct seki_cells *row, struct seki_err *err)
{
	const struct seki_cell *found[5] = { NULL };
	uint32_t k;
	size_t i;

	for (i = 0; row != NULL && i < row->n; i++) {
		if (row->cell[i].col >= 5)
			return differs(in, at, row->cell[i].col, err);
		found[row->cell[i].col] = &row->cell[i];
	}
	if (row != NULL && row->hidden)
		return differs(in, at, 0, err);
	for (k = 0; k < 5; k++)
		if (cell(in, at, k, want == NULL ? NULL : want->cell[k],
			found[k], err) == -1)
			return -1;
	return 0;
}

static int
compare(struct seki_sheet_in *in, const struct seki_cover *c,
    struct seki_xlsx_rows *rows, struct seki_err *err)
{
	struct seki_cells *row;
	uint32_t at = 0;
	int r;

	while ((r = seki_xlsx_next(rows, &row, err)) == 1) {
		for (; at < row->row && at < c->n; at++)
			if (line(in, at, &c->line[at], NULL, err) == -1)
				return -1;
		at = row->row;
		if (line(in, at, at < c->n ? &c->line[at] : NULL, row, err) ==
		    -1)
			return -1;
		at++;
	}
	for (; r == 0 && at < c->n; at++)
		r = line(in, at, &c->line[at], NULL, err);
	if (r == 0 && seki_xlsx_col_hidden(rows, 4))
		return differs(in, 0, 0, err);
	return r;
}

int
seki_sheet_cover(struct seki_sheet_in *in, const struct seki_manifest *m,
    const struct seki_proof *proof, struct seki_err *err)
{
	struct seki_cover c = { .line = NULL };
	struct seki_xlsx_rows *rows = NULL;
	int r = -1;

	if (in->cover == SIZE_MAX)
		return seki_fail(
		    err, SEKI_VIEW, _("sheet %s is missing"), SEKI_SHEET_COVER);
	if (seki_cover_fill(&c, in->layout, m, proof, err) == 0 &&
	    (rows = seki_xlsx_rows(in->x, in->cover, err)) != NULL)
		r = compare(in, &c, rows, err);
	seki_xlsx_rows_free(rows);
	seki_cover_free(&c);
	return r;
}
