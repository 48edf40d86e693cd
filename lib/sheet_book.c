#include <stdlib.h>
#include <string.h>

#include "sheet_out.h"

/* Names are shown with the glyphs of family registers. */
static int
is_name(const struct seki_field *f)
{
	static const char *const yes[] = { "氏名", "名前", "宛名", "世帯主" };
	static const char *const no[] = { "カナ", "かな", "フリガナ",
		"ふりがな", "ｶﾅ", "ﾌﾘｶﾞﾅ" };
	size_t i;

	if (f == NULL || f->type != SEKI_T_SINGLE_LINE_TEXT)
		return 0;
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strstr(f->label, no[i]) != NULL)
			return 0;
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (strstr(f->label, yes[i]) != NULL)
			return 1;
	return 0;
}

static void
column(struct seki_book_list *l, const struct seki_col *c, size_t i)
{
	char name[16];

	seki_cell_name(0, (uint32_t)i, name);
	(void)snprintf(l->letters[i], sizeof(l->letters[i]), "%.*s",
	    (int)strlen(name) - 1, name);
	l->style[i] = c->shape == SEKI_S_NUMBER ? SEKI_STYLE_RIGHT
		      : is_name(c->field)	? SEKI_STYLE_NAME
						: SEKI_STYLE_TEXT;
}

static int
lists(struct seki_book *b, struct seki_err *err)
{
	const struct seki_list *l = b->layout->list;
	struct seki_book_list *to;
	size_t i, k;

	b->list = calloc(b->layout->n, sizeof(*b->list));
	if (b->list == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < b->layout->n; i++) {
		to = &b->list[i];
		to->width = calloc(l[i].n, 1);
		to->style = calloc(l[i].n, 1);
		to->letters = calloc(l[i].n, sizeof(*to->letters));
		if (to->width == NULL || to->style == NULL ||
		    to->letters == NULL)
			return seki_err_nomem(err);
		for (k = 0; k < l[i].n; k++)
			column(to, &l[i].col[k], k);
	}
	return 0;
}

/* A sheet's place in the workbook; its part begins later. */
struct seki_book_sheet *
seki_book_add(struct seki_book *b, struct seki_err *err)
{
	struct seki_book_sheet **more, *s = calloc(1, sizeof(*s));

	more = reallocarray(
	    b->sheet, b->nsheet + 1, sizeof(struct seki_book_sheet *));
	if (more != NULL)
		b->sheet = more;
	if (more == NULL || s == NULL) {
		(void)seki_err_nomem(err);
		free(s);
		return NULL;
	}
	s->list = SIZE_MAX;
	b->sheet[b->nsheet++] = s;
	return s;
}

static int
first_sheets(struct seki_book *b, struct seki_err *err)
{
	struct seki_book_sheet *s;
	size_t i;

	if ((s = seki_book_add(b, err)) == NULL)
		return -1;
	(void)snprintf(s->name, sizeof(s->name), "%s", SEKI_SHEET_COVER);
	for (i = 0; i < b->layout->marks; i++)
		if (seki_book_sheet(b, i, err) == -1)
			return -1;
	if ((s = seki_book_add(b, err)) == NULL)
		return -1;
	(void)snprintf(s->name, sizeof(s->name), "%s", SEKI_SHEET_FIELDS);
	b->fields = s;
	return 0;
}

struct seki_book *
seki_book_new(const struct seki_sheet_layout *layout,
    const struct seki_manifest *m, struct seki_parts *parts,
    struct seki_err *err)
{
	struct seki_book *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		(void)seki_err_nomem(err);
		parts->ops->free(parts->ctx);
		return NULL;
	}
	b->layout = layout;
	b->m = m;
	b->seal = -1;
	b->parts = *parts;
	if (lists(b, err) == 0 && first_sheets(b, err) == 0)
		return b;
	seki_book_free(b);
	return NULL;
}

void
seki_book_free(struct seki_book *b)
{
	size_t i;

	if (b == NULL)
		return;
	for (i = 0; i < b->nsheet; i++) {
		if (b->sheet[i]->part != NULL)
			b->parts.ops->drop(b->sheet[i]->part);
		free(b->sheet[i]);
	}
	free(b->sheet);
	for (i = 0; b->list != NULL && i < b->layout->n; i++) {
		free(b->list[i].width);
		free(b->list[i].style);
		free(b->list[i].letters);
		seki_buf_free(&b->list[i].row);
	}
	free(b->list);
	b->parts.ops->free(b->parts.ctx);
	seki_buf_free(&b->show);
	seki_buf_free(&b->cell);
	seki_buf_free(&b->piece);
	seki_buf_free(&b->text);
	free(b);
}

int
seki_book_differs(const char *where, struct seki_err *err)
{
	return seki_fail(
	    err, SEKI_VIEW, _("%s: not what the records give"), where);
}

/* The cell that byte at of the row belongs to; cells may be NULL. */
static int
row_differs(const struct seki_book *b, const struct seki_book_sheet *s,
    uint32_t row, const char *cells, struct seki_err *err)
{
	static const char ref[] = "<c r=\"";
	const char *c = cells == NULL ? NULL : cells + b->parts.at;

	while (c > cells && strncmp(c, ref, sizeof(ref) - 1) != 0)
		c--;
	if (c == NULL || strncmp(c, ref, sizeof(ref) - 1) != 0)
		return seki_fail(err, SEKI_VIEW,
		    _("sheet %s, row %u: not what the records give"), s->name,
		    (unsigned)row);
	c += sizeof(ref) - 1;
	return seki_fail(err, SEKI_VIEW,
	    _("sheet %s, cell %.*s: not what the records give"), s->name,
	    (int)strcspn(c, "\""), c);
}

int
seki_book_row(struct seki_book *b, struct seki_book_sheet *s, uint32_t row,
    unsigned height, const struct seki_buf *cells, struct seki_err *err)
{
	char head[80];
	int n, r;

	if (height == 0)
		n = snprintf(head, sizeof(head), "<row r=\"%u\">", row);
	else
		n = snprintf(head, sizeof(head),
		    "<row r=\"%u\" ht=\"%u%s\" customHeight=\"1\">", row,
		    height / 2, height % 2 == 0 ? "" : ".5");
	r = b->parts.ops->write(&b->parts, s->part, head, (size_t)n, err);
	if (r == 1)
		return row_differs(b, s, row, NULL, err);
	if (r == 0)
		r = b->parts.ops->write(
		    &b->parts, s->part, cells->p, cells->n, err);
	if (r == 1)
		return row_differs(b, s, row, cells->p, err);
	if (r == 0)
		r = b->parts.ops->write(&b->parts, s->part, "</row>", 6, err);
	return r == 1 ? row_differs(b, s, row, NULL, err) : r;
}

/* How wide the column of a head is at least; long heads wrap, and the button
 * of the filter needs room. */
static size_t
head_width(const struct seki_list *l, const struct seki_col *c)
{
	size_t w = seki_cover_width(c->head, strlen(c->head)) + 3;

	if (c->what == SEKI_COL_TEXT)
		return 90;
	if (l->what == SEKI_LIST_LONG &&
	    (c->what == SEKI_COL_LIST || c->what == SEKI_COL_HEAD))
		return 26;
	return w > 18 ? 18 : w;
}

static int
head_row(struct seki_book *b, size_t list, struct seki_err *err)
{
	const struct seki_list *l = &b->layout->list[list];
	struct seki_book_list *to = &b->list[list];
	size_t i, w, lines, most = 1;

	seki_buf_reset(&to->row);
	for (i = 0; i < l->n; i++) {
		seki_buf_reset(&b->cell);
		if (seki_cell_escape(&b->cell, l->col[i].head,
			strlen(l->col[i].head), err) == -1 ||
		    seki_cells_text(&to->row, to->letters[i], 1,
			SEKI_STYLE_HEAD, b->cell.p, b->cell.n, err) == -1)
			return -1;
		w = head_width(l, &l->col[i]);
		lines = seki_book_lines(
		    l->col[i].head, strlen(l->col[i].head), w - 1);
		if (lines > most)
			most = lines;
		if (w > to->width[i])
			to->width[i] = (unsigned char)w;
	}
	return seki_book_row(
	    b, to->sheet, 1, seki_book_height(most), &to->row, err);
}

int
seki_book_begin(
    struct seki_book *b, struct seki_book_sheet *s, struct seki_err *err)
{
	char name[48];
	size_t i = 0;

	while (b->sheet[i] != s)
		i++;
	(void)snprintf(name, sizeof(name), "xl/worksheets/sheet%zu.xml", i + 1);
	s->part = b->parts.ops->begin(b->parts.ctx, name, 1, err);
	return s->part == NULL ? -1 : 0;
}

int
seki_book_end(struct seki_book *b, struct seki_book_sheet *s,
    const struct seki_buf *front, const struct seki_buf *back,
    struct seki_err *err)
{
	void *part = s->part;
	int r = b->parts.ops->write(&b->parts, part, back->p, back->n, err);

	if (r == 0) {
		s->part = NULL;
		r = b->parts.ops->end(&b->parts, part, front->p, front->n, err);
	}
	return r == 1 ? seki_book_differs(s->name, err) : r;
}

static int
end_data(struct seki_book *b, struct seki_book_sheet *s, struct seki_err *err)
{
	struct seki_buf front = SEKI_BUF_INIT;
	int r = -1;

	seki_buf_reset(&b->text);
	if (seki_print_front(&front, b, s, err) == 0 &&
	    seki_print_back(&b->text, b, s, err) == 0)
		r = seki_book_end(b, s, &front, &b->text, err);
	seki_buf_free(&front);
	return r;
}

int
seki_book_sheet(struct seki_book *b, size_t list, struct seki_err *err)
{
	struct seki_book_list *bl = &b->list[list];
	struct seki_book_sheet *s;

	if (bl->sheet != NULL && end_data(b, bl->sheet, err) == -1)
		return -1;
	if ((s = seki_book_add(b, err)) == NULL)
		return -1;
	s->list = list;
	seki_sheet_layout_name(&b->layout->list[list], ++bl->parts, s->name);
	bl->sheet = s;
	if (seki_book_begin(b, s, err) == -1)
		return -1;
	return head_row(b, list, err);
}

int
seki_book_close(struct seki_book *b, struct seki_err *err)
{
	size_t i;
	int r = 0;

	for (i = 0; i < b->layout->n && r == 0; i++)
		if (b->list[i].sheet != NULL)
			r = end_data(b, b->list[i].sheet, err);
	if (r == 0 && seki_cover_put(b, b->sheet[0], err) == 0 &&
	    seki_cover_fields(b, b->fields, err) == 0 &&
	    (b->seal == -1 || seki_seal_put(b, err) == 0) &&
	    seki_package_put(b, err) == 0)
		r = b->parts.ops->finish(b->parts.ctx, err);
	else
		r = -1;
	if (r == 1)
		r = seki_fail(err, SEKI_VIEW, "%s",
		    _("the workbook holds more than the records give"));
	seki_book_free(b);
	return r;
}
