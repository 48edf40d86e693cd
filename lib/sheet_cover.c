#include <string.h>

#include "sheet_out.h"

/* Cover: one narrow column and four, as wide as A4 together; the boxes stand
 * in all five. */
#define FIRST 19
#define OTHERS 18
#define BOX_HEIGHT 72

static const double heights[] = { [SEKI_LINE_TITLE] = 36,
	[SEKI_LINE_NOTICE] = 28,
	[SEKI_LINE_FIELD] = 18,
	[SEKI_LINE_LAST] = 20,
	[SEKI_LINE_SPACE] = 14,
	[SEKI_LINE_BOXES] = 20 };

struct cover_styles {
	lxw_format *title, *notice, *name[2], *text[2], *box, *room;
};

static lxw_format *
made(struct seki_book *b, double size, int bold, uint8_t bottom)
{
	lxw_format *f = seki_book_format(b, size);

	if (f == NULL)
		return NULL;
	format_set_num_format(f, "@");
	format_set_align(f, LXW_ALIGN_VERTICAL_CENTER);
	if (bold)
		format_set_bold(f);
	if (bottom != LXW_BORDER_NONE)
		format_set_bottom(f, bottom);
	return f;
}

static int
cover_styles(struct seki_book *b, struct cover_styles *s, struct seki_err *err)
{
	int last;

	s->title = made(b, 22, 1, LXW_BORDER_NONE);
	s->notice = made(b, 16, 1, LXW_BORDER_MEDIUM);
	s->box = made(b, 11, 0, LXW_BORDER_NONE);
	s->room = made(b, 11, 0, LXW_BORDER_NONE);
	for (last = 0; last < 2; last++) {
		s->name[last] =
		    made(b, 11, 1, last ? LXW_BORDER_HAIR : LXW_BORDER_NONE);
		s->text[last] =
		    made(b, 11, 0, last ? LXW_BORDER_HAIR : LXW_BORDER_NONE);
		if (s->name[last] == NULL || s->text[last] == NULL)
			return seki_err_nomem(err);
	}
	if (s->title == NULL || s->notice == NULL || s->box == NULL ||
	    s->room == NULL)
		return seki_err_nomem(err);
	format_set_border(s->box, LXW_BORDER_THIN);
	format_set_border(s->room, LXW_BORDER_THIN);
	format_set_align(s->box, LXW_ALIGN_CENTER);
	format_set_bg_color(s->box, 0xE7E6E6);
	return 0;
}

static int
text(struct seki_book *b, lxw_worksheet *ws, lxw_row_t row, size_t col,
    const char *s, lxw_format *f, struct seki_err *err)
{
	lxw_error e;

	if (s == NULL || s[0] == '\0')
		e = worksheet_write_blank(ws, row, (lxw_col_t)col, f);
	else {
		seki_buf_reset(&b->cell);
		if (seki_cell_escape(&b->cell, s, strlen(s), err) == -1)
			return -1;
		e = worksheet_write_string(
		    ws, row, (lxw_col_t)col, b->cell.p, f);
	}
	return seki_book_error(e, err);
}

static int
line(struct seki_book *b, lxw_row_t row, const struct seki_line *l,
    const struct cover_styles *s, struct seki_err *err)
{
	lxw_worksheet *ws = b->cover;
	int last = l->style == SEKI_LINE_LAST;
	lxw_format *first = s->name[last], *rest = s->text[last];
	size_t i;

	if (seki_book_error(
		worksheet_set_row(ws, row, heights[l->style], NULL), err) == -1)
		return -1;
	if (l->style == SEKI_LINE_SPACE)
		return 0;
	if (l->style == SEKI_LINE_TITLE)
		return text(b, ws, row, 0, l->cell[0], s->title, err);
	if (l->style == SEKI_LINE_NOTICE)
		first = rest = s->notice;
	if (l->style == SEKI_LINE_BOXES)
		first = rest = s->box;
	for (i = 0; i < 5; i++)
		if (text(b, ws, row, i, l->cell[i], i == 0 ? first : rest,
			err) == -1)
			return -1;
	if (l->style != SEKI_LINE_BOXES)
		return 0;
	for (i = 0; i < 5; i++)
		if (text(b, ws, row + 1, i, NULL, s->room, err) == -1)
			return -1;
	return seki_book_error(
	    worksheet_set_row(ws, row + 1, BOX_HEIGHT, NULL), err);
}

static void
page(lxw_worksheet *ws)
{
	worksheet_set_paper(ws, 9);
	worksheet_set_margins(ws, 0.6, 0.6, 0.7, 0.7);
	worksheet_fit_to_pages(ws, 1, 0);
	(void)worksheet_set_footer(ws, "&C&\"BIZ UDゴシック,標準\"&9&P / &N");
}

int
seki_book_cover(
    struct seki_book *b, const struct seki_manifest *m, struct seki_err *err)
{
	struct seki_cover c = { .line = NULL };
	struct cover_styles s;
	size_t i;
	int r = -1;

	if (cover_styles(b, &s, err) == -1 ||
	    seki_cover_fill(&c, b->layout, m, &b->count, err) == -1)
		goto done;
	(void)worksheet_set_column(b->cover, 0, 0, FIRST, NULL);
	(void)worksheet_set_column(b->cover, 1, 4, OTHERS, NULL);
	worksheet_gridlines(b->cover, LXW_HIDE_ALL_GRIDLINES);
	worksheet_set_portrait(b->cover);
	page(b->cover);
	for (r = 0, i = 0; i < c.n && r == 0; i++)
		r = line(b, (lxw_row_t)i, &c.line[i], &s, err);

done:
	seki_cover_free(&c);
	return r;
}

/* Widths of 項目一覧; its columns: label, code, type, sheet. */
static const unsigned char widths[] = { 30, 30, 17, 20 };

static int
fields_row(struct seki_book *b, lxw_row_t row, const char *const cell[4],
    lxw_format *f, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < 4; i++)
		if (text(b, b->fields, row, i, cell[i], f, err) == -1)
			return -1;
	return 0;
}

static int
fields_of(struct seki_book *b, const struct seki_list *l, lxw_row_t *row,
    struct seki_err *err)
{
	const char *cell[4] = { NULL, NULL, NULL, l->name };
	size_t i;

	if (l->what == SEKI_LIST_TABLE) {
		cell[0] = l->table->label;
		cell[1] = l->table->code;
		cell[2] = seki_cover_type(l->table);
		if (fields_row(b, (*row)++, cell, b->style.text, err) == -1)
			return -1;
	}
	for (i = 0; i < l->n; i++) {
		if (l->col[i].field == NULL)
			continue;
		cell[0] = l->col[i].head;
		cell[1] = l->col[i].field->code;
		cell[2] = seki_cover_type(l->col[i].field);
		if (fields_row(b, (*row)++, cell, b->style.text, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_book_fields(struct seki_book *b, struct seki_err *err)
{
	static const char *const head[4] = { "表示名", "項目コード", "種類",
		"シート" };
	lxw_format *legend = seki_book_format(b, 9);
	lxw_row_t row = 1;
	size_t i;

	if (legend == NULL)
		return seki_err_nomem(err);

	if (fields_row(b, 0, head, b->style.head, err) == -1)
		return -1;
	for (i = 0; i < b->layout->marks; i++)
		if (fields_of(b, &b->layout->list[i], &row, err) == -1)
			return -1;
	for (i = 0; i < 4; i++)
		(void)worksheet_set_column(
		    b->fields, (lxw_col_t)i, (lxw_col_t)i, widths[i], NULL);
	worksheet_freeze_panes(b->fields, 1, 0);
	(void)worksheet_repeat_rows(b->fields, 0, 0);
	worksheet_gridlines(b->fields, LXW_SHOW_ALL_GRIDLINES);
	worksheet_set_portrait(b->fields);
	page(b->fields);
	/* Not escaped: this speaks of escapes. */
	return seki_book_error(
	    worksheet_write_string(b->fields, row + 1, 0,
		"␛{…} は、セルに書けない文字を表します"
		"（␛{9} はタブ、␛{3000} は端にある全角空白、␛{LONG} は"
		"シート「長文」に続く長い文）。",
		legend),
	    err);
}
