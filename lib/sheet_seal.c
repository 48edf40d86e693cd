#include <string.h>

#include "sheet_out.h"
#include "sigtext.h"

/* What the sheet is, for who finds it in a workbook. */
static const char says[] =
    "このシートは、送付した内容が途中で変わっていないことを確かめるための"
    "電子署名です。変更・削除・並べ替えをしないでください。";

/* A cell is cut at the edge of its column when it is shown. */
static const unsigned char width[] = { 110 };

struct seal {
	struct seki_book *b;
	struct seki_book_sheet *s;
	uint32_t at;
};

static int
put(void *ctx, const char *text, size_t n, struct seki_err *err)
{
	struct seal *to = ctx;
	struct seki_buf *row = &to->b->text;

	seki_buf_reset(row);
	if (seki_cells_text(
		row, "A", ++to->at, SEKI_STYLE_LEGEND, text, n, err) == -1)
		return -1;
	return seki_book_row(to->b, to->s, to->at, 0, row, err);
}

int
seki_seal_put(struct seki_book *b, struct seki_err *err)
{
	struct seal to = { b, seki_book_add(b, err), 0 };
	struct seki_buf front = SEKI_BUF_INIT;
	int r = -1;

	if (to.s == NULL)
		return -1;
	(void)snprintf(to.s->name, sizeof(to.s->name), "%s", SEKI_SHEET_SEAL);
	if (seki_book_begin(b, to.s, err) == -1 ||
	    put(&to, says, sizeof(says) - 1, err) == -1 ||
	    seki_sigtext_write(b->seal, b->nseal, put, &to, err) == -1)
		return -1;
	seki_buf_reset(&b->text);
	if (seki_print_page(&front, width, sizeof(width), 0, err) == 0 &&
	    seki_print_page_back(&b->text, 0, err) == 0)
		r = seki_book_end(b, to.s, &front, &b->text, err);
	seki_buf_free(&front);
	return r;
}
