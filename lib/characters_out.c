#include "characters_int.h"
#include "workbook.h"

/* The report as people get it: a workbook, or its table as CSV. */

static int
csv_cell(void *ctx, enum seki_fallback_col col, const char *s, size_t n,
    struct seki_err *err)
{
	(void)col;
	return seki_csv_put(ctx, s, n, err);
}

static int
csv_rows(struct seki_characters *c, struct seki_csv_out *csv, int english,
    struct seki_err *err)
{
	const char *const *head = english ? seki_fallback_en : seki_fallback_ja;
	size_t i;

	for (i = 0; head[i] != NULL; i++)
		if (seki_csv_put(csv, head[i], strlen(head[i]), err) == -1)
			return -1;
	if (seki_csv_end(csv, err) == -1)
		return -1;
	for (i = 0; i < c->n; i++)
		if (seki_characters_row(c, c->list[i], csv_cell, csv, err) ==
			-1 ||
		    seki_csv_end(csv, err) == -1)
			return -1;
	return 0;
}

int
seki_characters_csv(struct seki_characters *c, struct seki_out *out,
    int english, struct seki_err *err)
{
	struct seki_csv_out *csv = seki_csv_create(out, SEKI_CSV_PEOPLE, err);
	int r = csv == NULL ? -1 : csv_rows(c, csv, english, err);

	seki_csv_close(csv);
	return r;
}

static int
book_cell(void *ctx, enum seki_fallback_col col, const char *s, size_t n,
    struct seki_err *err)
{
	if (col == SEKI_FB_COUNT || col == SEKI_FB_REPLACED)
		return seki_workbook_number(ctx, SEKI_LOOK_PLAIN, s, n, err);
	return seki_workbook_text(ctx,
	    col == SEKI_FB_TO	  ? SEKI_LOOK_FILL
	    : col == SEKI_FB_CHAR ? SEKI_LOOK_DOUBT
				  : SEKI_LOOK_WRAP,
	    s, n, err);
}

/* The sheet that is filled in; its words are read back. */
static int
table(struct seki_characters *c, struct seki_workbook *w, int english,
    struct seki_err *err)
{
	static const unsigned width[SEKI_FB_COLS] = { 8, 18, 34, 8, 12, 18, 8,
		22, 14, 12, 10, 22 };
	struct seki_workbook_col col[SEKI_FB_COLS] = { { NULL, 0, NULL } };
	size_t i;

	for (i = 0; i < SEKI_FB_COLS; i++) {
		col[i].title =
		    english ? seki_fallback_en[i] : seki_fallback_ja[i];
		col[i].width = width[i];
	}
	if (seki_workbook_sheet(
		w, seki_fallback_sheet[english], col, SEKI_FB_COLS, err) == -1)
		return -1;
	seki_workbook_landscape(w);
	for (i = 0; i < c->n; i++)
		if (seki_characters_row(c, c->list[i], book_cell, w, err) ==
			-1 ||
		    seki_workbook_end(w, err) == -1)
			return -1;
	return 0;
}

static int
place_row(struct seki_characters *c, struct seki_workbook *w,
    const struct seki_rowcell *cell, struct seki_err *err)
{
	const struct seki_rowcell *ch = &cell[SEKI_PLACE_CHAR];
	size_t i;

	if (seki_workbook_link(
		w, cell[SEKI_PLACE_URL].p, cell[SEKI_PLACE_KEY].p, err) == -1)
		return -1;
	for (i = SEKI_PLACE_FIELD; i <= SEKI_PLACE_GATE; i++)
		if (seki_workbook_text(w,
			i == SEKI_PLACE_CHAR ? SEKI_LOOK_DOUBT
					     : SEKI_LOOK_PLAIN,
			cell[i].p, cell[i].n, err) == -1)
			return -1;
	seki_buf_reset(&c->text);
	if (seki_lost_points(ch->p, ch->n, &c->text, err) == -1 ||
	    seki_workbook_text(w, SEKI_LOOK_PLAIN, c->text.p, c->text.n, err) ==
		-1)
		return -1;
	return seki_workbook_end(w, err);
}

static int
places(struct seki_characters *c, struct seki_workbook *w, struct seki_err *err)
{
	const struct seki_workbook_col col[] = { { _("Record"), 12, NULL },
		{ _("Field"), 18, NULL }, { _("Row of the table"), 10, NULL },
		{ _("Character"), 8, NULL }, { _("Class"), 8, NULL },
		{ _("Gate"), 12, NULL }, { _("Code points"), 18, NULL } };
	const struct seki_rowcell *cell;
	uint32_t rows = 0;
	size_t n;
	int r;

	if (seki_rowfile_rewind(c->places, err) == -1 ||
	    seki_workbook_sheet(w, _("Places"), col, 7, err) == -1)
		return -1;
	while ((r = seki_rowfile_next(c->places, &cell, &n, err)) == 1) {
		if (rows > 0 && rows % SEKI_SHEET_RECORDS == 0 &&
		    seki_workbook_sheet(w, _("Places"), col, 7, err) == -1)
			return -1;
		if (place_row(c, w, cell, err) == -1)
			return -1;
		rows++;
	}
	return r;
}

static int
cover(struct seki_characters *c, struct seki_workbook *w, struct seki_err *err)
{
	char now[SEKI_TIME];

	seki_time_jst(seki_time_now(), now);
	if (seki_workbook_sheet(w, _("Cover"), NULL, 0, err) == -1)
		return -1;
	seki_workbook_width(w, 40);
	seki_workbook_width(w, 60);
	if (seki_workbook_str(w, SEKI_LOOK_TITLE,
		_("Characters that the other system does not have"),
		err) == -1 ||
	    seki_workbook_end(w, err) == -1 ||
	    seki_workbook_pair(w, _("Made at"), now, err) == -1 ||
	    seki_workbook_pair(w, _("Stream"), c->in->stream, err) == -1 ||
	    seki_workbook_count(
		w, _("Characters, counted at each gate"), c->n, err) == -1 ||
	    seki_workbook_count(
		w, _("Places"), seki_rowfile_rows(c->places), err) == -1 ||
	    seki_workbook_count(w, _("Values given a fallback"),
		c->standins->given, err) == -1 ||
	    (c->over > 0 && seki_workbook_count(w,
				_("Places of other characters, not listed"),
				c->over, err) == -1))
		return -1;
	if (seki_workbook_pair(w, _("Classes"),
		_("NG: the other system has no such character. FOLD: it has "
		  "the same one under another code point. PUA: a character "
		  "of a city's own. EXT: one of NEC or IBM, not in JIS "
		  "X 0208."),
		err) == -1)
		return -1;
	return seki_workbook_pair(w, _("What to do"),
	    _("Where another character may stand, write it into the column "
	      "\"fallback\" of the next sheet, save, and give this file to "
	      "seki-normalize --fallbacks. Rows left empty: the records go on "
	      "waiting. Nothing is replaced by a question mark. This file "
	      "holds personal data."),
	    err);
}

int
seki_characters_book(struct seki_characters *c, struct seki_out *out,
    int english, struct seki_err *err)
{
	struct seki_workbook *w = seki_workbook_create(c->spool, err);
	int r = -1;

	if (w != NULL && cover(c, w, err) == 0 &&
	    table(c, w, english != 0, err) == 0 && places(c, w, err) == 0)
		r = seki_workbook_save(w, out, err);
	seki_workbook_free(w);
	return r;
}
