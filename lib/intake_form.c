#include <stdlib.h>
#include <string.h>

#include "intake_int.h"
#include "xlsx.h"

/* Filled-in forms: one record a sheet, its cells named by a table. */

/* What has been seen of one cell or range, by the layout's columns. */
struct seen {
	struct seki_buf text, label;
	enum seki_grid_kind kind;
	int formula; /* without a result */
	unsigned n;
};
struct sheet {
	struct seki_intake_at *at;
	struct seen *seen;
	struct seki_grid_cell *cell;
	int any;
};

/* What tells of a spoilt cell is not lost among the others of its range. */
static int
collect(struct seen *s, const struct seki_layout_col *col,
    const struct seki_grid_cell *c, struct seki_err *err)
{
	if (c->n == 0 && !c->formula)
		return 0;
	if (c->n == 0)
		s->formula = 1;
	if (s->n++ == 0 || c->kind == SEKI_GRID_ERROR ||
	    c->kind == SEKI_GRID_BOOL)
		s->kind = c->kind;
	else if (s->kind != SEKI_GRID_ERROR && s->kind != SEKI_GRID_BOOL)
		s->kind = SEKI_GRID_TEXT;
	if (s->text.n > 0 && col->type == SEKI_LAY_LINES &&
	    seki_buf_byte(&s->text, '\n', err) == -1)
		return -1;
	if (s->text.n + c->n > SEKI_VALUE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("a value is longer than %zu bytes"), SEKI_VALUE_MAX);
	return seki_buf_add(&s->text, c->p, c->n, err);
}

static int
row(struct sheet *s, const struct seki_grid_cell *c, size_t n,
    struct seki_err *err)
{
	const struct seki_layout *l = s->at->l;
	uint32_t now = (uint32_t)seki_grid_row(s->at->grid) - 1, k;
	size_t i;

	for (i = 0; i < l->n; i++) {
		const struct seki_layout_col *col = &l->col[i];

		if (col->has_cell && now >= col->cell.r1 && now <= col->cell.r2)
			for (k = col->cell.c1; k <= col->cell.c2 && k < n; k++)
				if (collect(&s->seen[i], col, &c[k], err) == -1)
					return -1;
		k = col->label_cell.c1;
		if (col->has_label && now == col->label_cell.r1 && k < n &&
		    seki_buf_add(&s->seen[i].label, c[k].p, c[k].n, err) == -1)
			return -1;
	}
	return 0;
}

static int
drifted(const struct sheet *s, const struct seki_range *r,
    const struct seki_layout_col *col, const char *why, struct seki_err *err)
{
	const char *name = seki_grid_sheet(s->at->grid);
	char cell[16];

	seki_cell_name(r->r1, r->c1, cell);
	seki_err_hint(err,
	    _("another form, or a changed one: see row %llu of the table %s"),
	    (unsigned long long)col->row, s->at->l->name);
	return seki_fail(err, SEKI_SCHEMA, "%.*s!%s: %s",
	    seki_text_cut(name, 120), name, cell, why);
}

/* The label beside the cell says that it is the cell that is meant. */
static int
label(const struct sheet *s, size_t i, struct seki_err *err)
{
	const struct seki_layout_col *col = &s->at->l->col[i];
	struct seki_buf why = SEKI_BUF_INIT;
	char *is;
	int r = 0;

	if (!col->has_label)
		return 0;
	is = seki_layout_clean(
	    s->seen[i].label.p == NULL ? "" : s->seen[i].label.p,
	    s->seen[i].label.n, err);
	if (is == NULL)
		return -1;
	if (strstr(is, col->label_is) == NULL) {
		r = seki_buf_fmt(&why, err,
		    is[0] == '\0' ? _("nothing stands there; the table says "
				      "\"%.*s\"")
				  : _("the table says \"%.*s\" stands there, "
				      "something else does"),
		    seki_text_cut(col->label_is, 80), col->label_is);
		if (r == 0)
			r = drifted(s, &col->label_cell, col, why.p, err);
	}
	free(is);
	seki_buf_free(&why);
	return r;
}

/* Of merged cells only the first has a value. */
static int
covered(const struct sheet *s, size_t i, struct seki_err *err)
{
	const struct seki_layout_col *col = &s->at->l->col[i];
	const struct seki_range *m, *c = &col->cell;
	char why[160], cell[16];
	size_t k, n;

	m = seki_grid_merges(s->at->grid, &n);
	for (k = 0; col->has_cell && k < n; k++) {
		if (!seki_range_has(&m[k], c->r1, c->c1) ||
		    (m[k].r1 == c->r1 && m[k].c1 == c->c1))
			continue;
		seki_cell_name(m[k].r1, m[k].c1, cell);
		(void)snprintf(why, sizeof(why),
		    _("the cell is merged with others: its value stands in "
		      "%s"),
		    cell);
		return drifted(s, c, col, why, err);
	}
	return 0;
}

static int
record(struct sheet *s, struct seki_err *err)
{
	struct seki_intake_at *at = s->at;
	const char *name = seki_grid_sheet(at->grid);
	struct seki_buf from = SEKI_BUF_INIT, id = SEKI_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < at->l->n; i++)
		if ((r = label(s, i, err)) == 0)
			r = covered(s, i, err);
	for (i = 0; i < at->l->n; i++) {
		struct seen *seen = &s->seen[i];

		s->cell[i].p = seen->text.p == NULL ? "" : seen->text.p;
		s->cell[i].n = seen->formula ? 0 : seen->text.n;
		s->cell[i].kind = seen->kind;
		s->cell[i].formula = seen->formula;
		at->cell[i] = &s->cell[i];
	}
	if (r == 0)
		r = seki_buf_fmt(&from, err, name[0] == '\0' ? "%s" : "%s!%s",
		    at->file->name, name);
	if (r == 0)
		r = seki_buf_fmt(&id, err, "%.*s:%.*s",
		    seki_text_cut(at->file->name, 150), at->file->name,
		    seki_text_cut(name, 100), name);
	if (r == 0)
		r = seki_intake_record(at, from.p, "", id.p, err);
	seki_buf_free(&from);
	seki_buf_free(&id);
	return r;
}

static int
one(struct sheet *s, struct seki_err *err)
{
	struct seki_intake_at *at = s->at;
	const struct seki_grid_cell *c;
	size_t i, n;
	int r, any = 0;

	for (i = 0; i < at->l->n; i++) {
		seki_buf_reset(&s->seen[i].text);
		seki_buf_reset(&s->seen[i].label);
		s->seen[i].kind = SEKI_GRID_TEXT;
		s->seen[i].n = 0;
		s->seen[i].formula = 0;
	}
	while ((r = seki_grid_next(at->grid, &c, &n, err)) == 1)
		if (row(s, c, n, err) == -1)
			return -1;
	if (r == -1)
		return -1;
	at->file->rows++;
	for (i = 0; i < at->l->n; i++)
		any |= s->seen[i].n > 0;
	if (any)
		return record(s, err);
	at->file->empty++;
	seki_intake_say(at->t, _("%s: the sheet \"%.*s\" is not filled in"),
	    at->file->name, seki_text_cut(seki_grid_sheet(at->grid), 120),
	    seki_grid_sheet(at->grid));
	return 0;
}

static int
sheets(struct sheet *s, struct seki_err *err)
{
	struct seki_intake_at *at = s->at;
	const char *want = at->t->how.sheet, *name;
	size_t i, n = seki_grid_sheets(at->grid);

	if (n == 0 || want != NULL)
		return one(s, err);
	for (i = 0; i < n; i++) {
		name = seki_grid_sheet_name(at->grid, i);
		if (seki_grid_sheet_hidden(at->grid, i))
			continue;
		if (seki_grid_rewind(at->grid, name, err) == -1 ||
		    one(s, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_intake_forms(struct seki_intake_at *at, struct seki_err *err)
{
	struct sheet s = { .at = at };
	size_t i, n;
	int r = -1;

	at->l = at->t->own;
	if (seki_intake_bind(at, err) == -1)
		return -1;
	n = at->l->n;
	s.seen = calloc(n, sizeof(*s.seen));
	s.cell = calloc(n, sizeof(*s.cell));
	for (i = 0; i < n; i++)
		at->place[i] = i;
	if (s.seen == NULL || s.cell == NULL)
		(void)seki_err_nomem(err);
	else
		r = sheets(&s, err);
	for (i = 0; s.seen != NULL && i < n; i++) {
		seki_buf_free(&s.seen[i].text);
		seki_buf_free(&s.seen[i].label);
	}
	free(s.seen);
	free(s.cell);
	return r;
}
