#include <stdlib.h>
#include <string.h>

#include "intake_int.h"
#include "xlsx.h"

/* A table: one record a row, below the header. */

static int
extra(struct seki_intake_at *at, size_t i, struct seki_err *err)
{
	return seki_intake_cell(at, i, NULL,
	    _("a value in a column without a header"),
	    at->header_row == 1
		? _("if the headers are in another row: --header-row N; else "
		    "get the file anew, or give the column a header")
		: _("get the file anew, or give the column a header"),
	    err);
}

/* The cells by the layout's columns: 1, 0 when all of them are empty, -1. */
static int
spread(struct seki_intake_at *at, const struct seki_grid_cell *c, size_t n,
    struct seki_err *err)
{
	size_t i, last = n;
	int some = 0, told = 0;

	memset(at->cell, 0, at->l->n * sizeof(*at->cell));
	if (last > at->box.c2)
		last = (size_t)at->box.c2 + 1;
	for (i = at->box.c1; i < last; i++) {
		if (i < at->ncol && at->map[i] != SEKI_LAYOUT_NONE)
			at->cell[at->map[i]] = &c[i];
		else if ((c[i].n > 0 || c[i].formula) && !told++ &&
			 extra(at, i, err) == -1)
			return -1;
		some |= c[i].n > 0 || c[i].formula;
	}
	return some;
}

static int
row(struct seki_intake_at *at, const struct seki_grid_cell *c, size_t n,
    struct seki_err *err)
{
	struct seki_intake_file *f = at->file;
	char num[24], id[SEKI_KEY_MAX + 1];
	int r = spread(at, c, n, err);

	if (r == 0)
		f->empty++;
	if (r != 1)
		return r;
	f->hidden += (uint64_t)seki_grid_hidden(at->grid);
	f->ragged += seki_grid_separator(at->grid) != 0 && n < at->ncol;
	(void)snprintf(num, sizeof(num), "%llu",
	    (unsigned long long)seki_grid_row(at->grid));
	if (at->t->how.files > 1)
		(void)snprintf(id, sizeof(id), "%.*s:%s",
		    seki_text_cut(f->name, 200), f->name, num);
	else
		(void)snprintf(id, sizeof(id), "%s", num);
	return seki_intake_record(at, f->name, num, id, err);
}

/* Where in the layout's columns the file has them, for messages. */
static void
places(struct seki_intake_at *at)
{
	size_t i;

	for (i = 0; i < at->ncol; i++)
		if (at->map[i] != SEKI_LAYOUT_NONE)
			at->place[at->map[i]] = i;
}

static int
each(struct seki_intake_at *at, struct seki_err *err)
{
	struct seki_intake *t = at->t;
	struct seki_intake_file *f = at->file;
	const struct seki_grid_cell *c;
	uint64_t now;
	size_t n;
	int r;

	while ((r = seki_grid_next(at->grid, &c, &n, err)) == 1) {
		now = seki_grid_row(at->grid);
		f->rows++;
		if (now <= at->header_row)
			f->above++;
		else if (now - 1 > at->box.r2)
			f->outside++;
		else if (row(at, c, n, err) == -1)
			return -1;
		if (t->how.progress != NULL && f->rows % 1024 == 0)
			t->how.progress(f->rows);
	}
	return r;
}

/* A cell over several rows is one value for many records, or none. */
static int
merged(struct seki_intake_at *at, struct seki_err *err)
{
	struct seki_range data = at->box;
	const struct seki_range *m;
	char from[16], to[16], why[80];
	struct seki_err p = SEKI_ERR_INIT;
	size_t i, n;

	m = seki_grid_merges(at->grid, &n);
	data.r1 = (uint32_t)at->header_row - 1;
	if (data.c2 >= at->ncol)
		data.c2 = (uint32_t)at->ncol - 1;
	for (i = 0; i < n; i++) {
		if (!seki_range_meet(&m[i], &data))
			continue;
		seki_cell_name(m[i].r1, m[i].c1, from);
		seki_cell_name(m[i].r2, m[i].c2, to);
		(void)snprintf(why, sizeof(why), "%s:%s", from, to);
		seki_err_object(&p, at->file->name);
		seki_err_hint(&p, "%s",
		    _("in Excel: unmerge them, and give every row its own "
		      "value"));
		(void)seki_fail(&p, SEKI_XLSX,
		    _("%.*s!%s: merged cells among the records"),
		    seki_text_cut(at->file->sheet, 120), at->file->sheet, why);
		if (seki_intake_problem(at->t, &p, err) == -1)
			return -1;
		seki_err_clear(&p);
	}
	return 0;
}

/* Sheets that show and have something in them, but were not read. */
static int
others(struct seki_intake_at *at, struct seki_err *err)
{
	const struct seki_grid_cell *c;
	const char *name;
	size_t i, n;
	int r;

	for (i = 0; i < seki_grid_sheets(at->grid); i++) {
		name = seki_grid_sheet_name(at->grid, i);
		if (strcmp(name, at->file->sheet) == 0 ||
		    seki_grid_sheet_hidden(at->grid, i))
			continue;
		if (seki_grid_rewind(at->grid, name, err) == -1 ||
		    (r = seki_grid_next(at->grid, &c, &n, err)) == -1)
			return -1;
		if (r == 1)
			seki_intake_say(at->t,
			    _("%s: the sheet \"%.*s\" has something in it and "
			      "was not read"),
			    at->file->name, seki_text_cut(name, 120), name);
	}
	return 0;
}

static void
notes(const struct seki_intake_at *at)
{
	const struct seki_intake_file *f = at->file;

	if (f->empty > 0)
		seki_intake_say(at->t, _("%s: %llu empty rows left out"),
		    f->name, (unsigned long long)f->empty);
	if (f->hidden > 0)
		seki_intake_say(at->t,
		    _("%s: %llu hidden rows were read like the others"),
		    f->name, (unsigned long long)f->hidden);
	if (f->ragged > 0)
		seki_intake_say(at->t,
		    _("%s: %llu rows are shorter than the header: the rest "
		      "of them is empty"),
		    f->name, (unsigned long long)f->ragged);
	if (f->outside > 0)
		seki_intake_say(at->t,
		    _("%s: %llu rows outside of the range were not read"),
		    f->name, (unsigned long long)f->outside);
}

int
seki_intake_rows(struct seki_intake_at *at, struct seki_err *err)
{
	if (seki_intake_choose(at, err) == -1 ||
	    seki_intake_bind(at, err) == -1)
		return -1;
	free(at->file->sheet);
	at->file->sheet = strdup(seki_grid_sheet(at->grid));
	if (at->file->sheet == NULL)
		return seki_err_nomem(err);
	places(at);
	/* From the top again: what stands above is counted, too. */
	if (seki_grid_rewind(at->grid,
		seki_grid_sheets(at->grid) > 0 ? at->file->sheet : NULL,
		err) == -1 ||
	    each(at, err) == -1 || merged(at, err) == -1)
		return -1;
	notes(at);
	return others(at, err);
}
