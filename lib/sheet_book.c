#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sheet_out.h"

#define FONT "BIZ UDゴシック"
#define FONT_NAMES "IPAmj明朝"

int
seki_book_error(lxw_error e, struct seki_err *err)
{
	if (e == LXW_NO_ERROR)
		return 0;
	if (e == LXW_ERROR_MEMORY_MALLOC_FAILED)
		return seki_err_nomem(err);
	return seki_fail(err, SEKI_BUG, "workbook: %s", lxw_strerror(e));
}

lxw_format *
seki_book_format(struct seki_book *b, double size)
{
	lxw_format *f = workbook_add_format(b->wb);

	if (f == NULL)
		return NULL;
	format_set_font_name(f, FONT);
	format_set_font_size(f, size);
	format_set_align(f, LXW_ALIGN_VERTICAL_TOP);
	return f;
}

static lxw_format *
text_format(struct seki_book *b)
{
	lxw_format *f = seki_book_format(b, 10);

	if (f == NULL)
		return NULL;
	format_set_num_format(f, "@");
	format_set_text_wrap(f);
	return f;
}

/* Not flush with the text of the next column. */
static void
number_align(lxw_format *f)
{
	format_set_align(f, LXW_ALIGN_RIGHT);
	format_set_indent(f, 1);
}

static int
styles(struct seki_book *b, struct seki_err *err)
{
	struct seki_styles *s = &b->style;

	s->text = text_format(b);
	s->name = text_format(b);
	s->right = text_format(b);
	s->general = seki_book_format(b, 10);
	s->head = text_format(b);
	if (s->text == NULL || s->name == NULL || s->right == NULL ||
	    s->general == NULL || s->head == NULL)
		return seki_err_nomem(err);
	format_set_font_name(s->name, FONT_NAMES);
	number_align(s->right);
	number_align(s->general);
	format_set_bold(s->head);
	format_set_align(s->head, LXW_ALIGN_VERTICAL_CENTER);
	format_set_bg_color(s->head, 0xE7E6E6);
	format_set_border(s->head, LXW_BORDER_THIN);
	return 0;
}

lxw_format *
seki_book_decimal(struct seki_book *b, int decimals)
{
	lxw_format **f;
	char num[24] = "0";

	if (decimals < 0)
		return b->style.general;
	f = &b->style.decimal[decimals];
	if (*f == NULL && (*f = seki_book_format(b, 10)) != NULL) {
		if (decimals > 0)
			(void)snprintf(num, sizeof(num), "0.%0*d", decimals, 0);
		format_set_num_format(*f, num);
		number_align(*f);
	}
	return *f;
}

static int
properties(struct seki_book *b, seki_time created, struct seki_err *err)
{
	char title[] = SEKI_SHEET_COVER;
	lxw_doc_properties p = { .title = title,
		.subject = b->layout->schema->stream,
		.created = (time_t)created };

	/* Without a time the library takes the clock's. */
	if (created == 0)
		p.created = 1;
	return seki_book_error(workbook_set_properties(b->wb, &p), err);
}

static int
sheets(struct seki_book *b, struct seki_err *err)
{
	size_t i;

	b->cover = workbook_add_worksheet(b->wb, SEKI_SHEET_COVER);
	if (b->cover == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < b->layout->marks; i++)
		if (seki_book_sheet(b, i, err) == -1)
			return -1;
	b->fields = workbook_add_worksheet(b->wb, SEKI_SHEET_FIELDS);
	return b->fields == NULL ? seki_err_nomem(err) : 0;
}

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
text_formats(struct seki_book *b)
{
	const struct seki_list *l = b->layout->list;
	size_t i, k;

	for (i = 0; i < b->layout->n; i++)
		for (k = 0; k < l[i].n; k++)
			b->list[i].text[k] =
			    l[i].col[k].shape == SEKI_S_NUMBER ? b->style.right
			    : is_name(l[i].col[k].field)       ? b->style.name
							       : b->style.text;
}

struct seki_book *
seki_book_new(const struct seki_layout *layout, const char *path,
    const char *tmpdir, int constant, seki_time created, struct seki_err *err)
{
	struct seki_book *b = calloc(1, sizeof(*b));
	char *dir = tmpdir == NULL ? NULL : strdup(tmpdir);
	lxw_workbook_options opt = { .constant_memory = (uint8_t)constant,
		.tmpdir = dir };
	size_t i;

	if (b == NULL || (tmpdir != NULL && dir == NULL) ||
	    (b->list = calloc(layout->n, sizeof(*b->list))) == NULL ||
	    (b->wb = workbook_new_opt(path, &opt)) == NULL) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	free(dir);
	dir = NULL;
	b->layout = layout;
	b->path = path;
	for (i = 0; i < layout->n; i++) {
		b->list[i].sheet = SIZE_MAX;
		b->list[i].width = calloc(layout->list[i].n, 1);
		b->list[i].text =
		    calloc(layout->list[i].n, sizeof(lxw_format *));
		if (b->list[i].width == NULL || b->list[i].text == NULL) {
			(void)seki_err_nomem(err);
			goto fail;
		}
	}
	if (properties(b, created, err) == 0 && styles(b, err) == 0) {
		text_formats(b);
		if (sheets(b, err) == 0)
			return b;
	}

fail:
	free(dir);
	seki_book_abort(b);
	return NULL;
}

static void
book_free(struct seki_book *b)
{
	size_t i;

	for (i = 0; b->list != NULL && b->layout != NULL && i < b->layout->n;
	     i++) {
		free(b->list[i].width);
		free(b->list[i].text);
	}
	free(b->list);
	free(b->sheet);
	seki_buf_free(&b->show);
	seki_buf_free(&b->cell);
	seki_buf_free(&b->piece);
	free(b);
}

/* The library closes its temporary files only when it makes the workbook. */
void
seki_book_abort(struct seki_book *b)
{
	lxw_worksheet *ws;

	if (b == NULL)
		return;
	if (b->wb != NULL) {
		STAILQ_FOREACH(ws, b->wb->worksheets, list_pointers)
		if (ws->optimize_tmpfile != NULL)
			(void)fclose(ws->optimize_tmpfile);
		lxw_workbook_free(b->wb);
	}
	book_free(b);
}

static int
head_row(
    struct seki_book *b, size_t list, lxw_worksheet *ws, struct seki_err *err)
{
	const struct seki_list *l = &b->layout->list[list];
	size_t i, w, lines, most = 1;

	for (i = 0; i < l->n; i++) {
		seki_buf_reset(&b->cell);
		if (seki_cell_escape(&b->cell, l->col[i].head,
			strlen(l->col[i].head), err) == -1 ||
		    seki_book_error(worksheet_write_string(ws, 0, (lxw_col_t)i,
					b->cell.p, b->style.head),
			err) == -1)
			return -1;
		/* Long heads wrap; the button of the filter needs room. */
		w = seki_cover_width(l->col[i].head, strlen(l->col[i].head)) +
		    3;
		if (w > 18)
			w = 18;
		if (l->col[i].what == SEKI_COL_TEXT)
			w = 90;
		else if (l->what == SEKI_LIST_LONG &&
			 (l->col[i].what == SEKI_COL_LIST ||
			     l->col[i].what == SEKI_COL_HEAD))
			w = 26;
		lines = seki_book_lines(
		    l->col[i].head, strlen(l->col[i].head), w - 1);
		if (lines > most)
			most = lines;
		if (w > b->list[list].width[i])
			b->list[list].width[i] = (unsigned char)w;
	}
	return seki_book_error(
	    worksheet_set_row(ws, 0, seki_book_height(most), NULL), err);
}

int
seki_book_sheet(struct seki_book *b, size_t list, struct seki_err *err)
{
	struct seki_book_list *bl = &b->list[list];
	struct seki_book_sheet *s;
	char name[SEKI_SHEET_NAME];
	lxw_worksheet *ws;

	s = reallocarray(b->sheet, b->nsheet + 1, sizeof(*s));
	if (s == NULL)
		return seki_err_nomem(err);
	b->sheet = s;
	seki_layout_name(&b->layout->list[list], ++bl->parts, name);
	if ((ws = workbook_add_worksheet(b->wb, name)) == NULL)
		return seki_fail(err, SEKI_BUG, "sheet %s not made", name);
	s[b->nsheet] = (struct seki_book_sheet){ .ws = ws, .list = list };
	bl->sheet = b->nsheet++;
	bl->xml = 0;
	return head_row(b, list, ws, err);
}
