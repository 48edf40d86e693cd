#include <string.h>

#include "sheet_out.h"

/* Cover: one narrow column and four, as wide as A4 together; the boxes stand
 * in all five. */
static const unsigned char cover_widths[] = { 19, 18, 18, 18, 18 };
#define COVER_COLS sizeof(cover_widths)
/* In half points. */
static const unsigned char heights[] = { [SEKI_LINE_TITLE] = 72,
	[SEKI_LINE_NOTICE] = 56,
	[SEKI_LINE_FIELD] = 36,
	[SEKI_LINE_LAST] = 40,
	[SEKI_LINE_SPACE] = 28,
	[SEKI_LINE_BOXES] = 40,
	[SEKI_LINE_ROOM] = 144 };

static const struct {
	unsigned char first, rest;
} styles[] = { [SEKI_LINE_TITLE] = { SEKI_STYLE_TITLE, SEKI_STYLE_TITLE },
	[SEKI_LINE_NOTICE] = { SEKI_STYLE_NOTICE, SEKI_STYLE_NOTICE },
	[SEKI_LINE_FIELD] = { SEKI_STYLE_LABEL, SEKI_STYLE_VALUE },
	[SEKI_LINE_LAST] = { SEKI_STYLE_LABEL_LAST, SEKI_STYLE_VALUE_LAST },
	[SEKI_LINE_BOXES] = { SEKI_STYLE_BOX, SEKI_STYLE_BOX },
	[SEKI_LINE_ROOM] = { SEKI_STYLE_ROOM, SEKI_STYLE_ROOM } };

static int
cell(struct seki_book *b, struct seki_buf *row, size_t col, uint32_t at,
    const char *s, unsigned style, struct seki_err *err)
{
	const char letters[2] = { (char)('A' + col), '\0' };

	if (s == NULL || s[0] == '\0')
		return seki_cells_blank(row, letters, at, style, err);
	seki_buf_reset(&b->cell);
	if (seki_cell_escape(&b->cell, s, strlen(s), err) == -1)
		return -1;
	return seki_cells_text(
	    row, letters, at, style, b->cell.p, b->cell.n, err);
}

static int
line(struct seki_book *b, struct seki_book_sheet *s, uint32_t *at,
    const struct seki_line *l, struct seki_err *err)
{
	/* The title goes on over its neighbours. */
	size_t i, n = l->style == SEKI_LINE_SPACE   ? 0
		      : l->style == SEKI_LINE_TITLE ? 1
						    : COVER_COLS;
	struct seki_buf *row = &b->text;

	seki_buf_reset(row);
	++*at;
	for (i = 0; i < n; i++)
		if (cell(b, row, i, *at, l->cell[i],
			i == 0 ? styles[l->style].first : styles[l->style].rest,
			err) == -1)
			return -1;
	return seki_book_row(b, s, *at, heights[l->style], row, err);
}

/* The part ends with what makes it a page to print. */
static int
page(struct seki_book *b, struct seki_book_sheet *s, const unsigned char *width,
    size_t n, int cover, struct seki_err *err)
{
	struct seki_buf front = SEKI_BUF_INIT;
	int r = -1;

	seki_buf_reset(&b->text);
	if (seki_print_page(&front, width, n, cover, err) == 0 &&
	    seki_print_page_back(&b->text, cover, err) == 0)
		r = seki_book_end(b, s, &front, &b->text, err);
	seki_buf_free(&front);
	return r;
}

int
seki_cover_put(
    struct seki_book *b, struct seki_book_sheet *s, struct seki_err *err)
{
	struct seki_cover c = { .line = NULL };
	uint32_t at = 0;
	size_t i;
	int r = -1;

	if (seki_cover_fill(&c, b->layout, b->m, &b->count, err) == 0)
		r = seki_book_begin(b, s, err);
	for (i = 0; i < c.n && r == 0; i++)
		r = line(b, s, &at, &c.line[i], err);
	seki_cover_free(&c);
	return r == -1 ? -1 : page(b, s, cover_widths, COVER_COLS, 1, err);
}

const char *
seki_cover_type(const struct seki_field *f)
{
	static const char *const words[] = { [SEKI_T_ID] = "レコードID",
		[SEKI_T_REVISION] = "リビジョン",
		[SEKI_T_RECORD_NUMBER] = "レコード番号",
		[SEKI_T_CREATOR] = "作成者",
		[SEKI_T_CREATED_TIME] = "作成日時",
		[SEKI_T_MODIFIER] = "更新者",
		[SEKI_T_UPDATED_TIME] = "更新日時",
		[SEKI_T_SINGLE_LINE_TEXT] = "文字列（1行）",
		[SEKI_T_MULTI_LINE_TEXT] = "文字列（複数行）",
		[SEKI_T_RICH_TEXT] = "リッチエディター",
		[SEKI_T_NUMBER] = "数値",
		[SEKI_T_CALC] = "計算",
		[SEKI_T_CHECK_BOX] = "チェックボックス",
		[SEKI_T_RADIO_BUTTON] = "ラジオボタン",
		[SEKI_T_MULTI_SELECT] = "複数選択",
		[SEKI_T_DROP_DOWN] = "ドロップダウン",
		[SEKI_T_DATE] = "日付",
		[SEKI_T_TIME] = "時刻",
		[SEKI_T_DATETIME] = "日時",
		[SEKI_T_LINK] = "リンク",
		[SEKI_T_FILE] = "添付ファイル",
		[SEKI_T_USER_SELECT] = "ユーザー選択",
		[SEKI_T_ORGANIZATION_SELECT] = "組織選択",
		[SEKI_T_GROUP_SELECT] = "グループ選択",
		[SEKI_T_STATUS] = "ステータス",
		[SEKI_T_STATUS_ASSIGNEE] = "作業者",
		[SEKI_T_CATEGORY] = "カテゴリー",
		[SEKI_T_SUBTABLE] = "テーブル" };

	return f->type < SEKI_T_NONE ? words[f->type] : "";
}

/* Widths of 項目一覧; its columns: label, code, type, sheet. */
static const unsigned char field_widths[] = { 30, 30, 17, 20 };
#define FIELD_COLS sizeof(field_widths)

static int
fields_row(struct seki_book *b, struct seki_book_sheet *s, uint32_t at,
    const char *const *text, unsigned style, struct seki_err *err)
{
	size_t i, lines, most = 1;

	seki_buf_reset(&b->text);
	for (i = 0; i < FIELD_COLS; i++) {
		if (cell(b, &b->text, i, at, text[i], style, err) == -1)
			return -1;
		lines = text[i] == NULL ? 1
					: seki_book_lines(text[i],
					      strlen(text[i]), field_widths[i]);
		if (lines > most)
			most = lines;
	}
	return seki_book_row(
	    b, s, at, most == 1 ? 0 : seki_book_height(most), &b->text, err);
}

static int
fields_of(struct seki_book *b, struct seki_book_sheet *s,
    const struct seki_list *l, uint32_t *at, struct seki_err *err)
{
	const char *text[FIELD_COLS] = { NULL, NULL, NULL, l->name };
	size_t i;

	if (l->what == SEKI_LIST_TABLE) {
		text[0] = l->table->label;
		text[1] = l->table->code;
		text[2] = seki_cover_type(l->table);
		if (fields_row(b, s, ++*at, text, SEKI_STYLE_TEXT, err) == -1)
			return -1;
	}
	for (i = 0; i < l->n; i++) {
		if (l->col[i].field == NULL)
			continue;
		text[0] = l->col[i].head;
		text[1] = l->col[i].field->code;
		text[2] = seki_cover_type(l->col[i].field);
		if (fields_row(b, s, ++*at, text, SEKI_STYLE_TEXT, err) == -1)
			return -1;
	}
	return 0;
}

/* Not escaped: this speaks of escapes. */
static int
legend(struct seki_book *b, struct seki_book_sheet *s, uint32_t at,
    struct seki_err *err)
{
	static const char text[] =
	    "␛{…} は、セルに書けない文字を表します"
	    "（␛{9} はタブ、␛{3000} は端にある全角空白、␛{LONG} は"
	    "シート「長文」に続く長い文）。";

	seki_buf_reset(&b->text);
	if (seki_cells_text(&b->text, "A", at, SEKI_STYLE_LEGEND, text,
		sizeof(text) - 1, err) == -1)
		return -1;
	return seki_book_row(b, s, at, 0, &b->text, err);
}

int
seki_cover_fields(
    struct seki_book *b, struct seki_book_sheet *s, struct seki_err *err)
{
	static const char *const head[FIELD_COLS] = { "表示名", "項目コード",
		"種類", "シート" };
	uint32_t at = 1;
	size_t i;

	if (seki_book_begin(b, s, err) == -1 ||
	    fields_row(b, s, at, head, SEKI_STYLE_HEAD, err) == -1)
		return -1;
	for (i = 0; i < b->layout->marks; i++)
		if (fields_of(b, s, &b->layout->list[i], &at, err) == -1)
			return -1;
	return legend(b, s, at + 2, err) == -1
		   ? -1
		   : page(b, s, field_widths, FIELD_COLS, 0, err);
}
