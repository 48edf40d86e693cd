#include <string.h>

#include "sheet_out.h"

/* Character widths that fit A4 landscape, legibly when shrunk to one page;
 * beyond that the sheet goes on to the right, with its first column. */
#define ONE_PAGE 220
#define SHRUNK "70"

#define BEGIN                                                                  \
	SEKI_XML "<worksheet xmlns=\"" SEKI_XMLNS_MAIN                         \
		 "\" xmlns:r=\"" SEKI_XMLNS_DOC "\">"
#define FIT "<sheetPr><pageSetUpPr fitToPage=\"1\"/></sheetPr>"
#define ROWS "<sheetFormatPr defaultRowHeight=\"15\"/><cols>"
/* The size first: a title may begin with digits. */
#define FONT "&amp;9&amp;\"BIZ UDゴシック,標準\""
#define PAGE_OF                                                                \
	"<oddFooter>&amp;C" FONT "&amp;P / &amp;N</oddFooter></headerFooter>"
/* Letters of the title; more would reach what stands on the right. */
#define TITLE 40
#define GRID "<printOptions gridLines=\"1\"/>"

static int
widths(struct seki_buf *b, const unsigned char *width, size_t n,
    struct seki_err *err)
{
	size_t i;

	if (seki_buf_str(b, ROWS, err) == -1)
		return -1;
	/* Five pixels of margin, as a share of a digit's seven. */
	for (i = 0; i < n; i++)
		if (seki_buf_fmt(b, err,
			"<col min=\"%zu\" max=\"%zu\" width=\"%u.7109375\" "
			"customWidth=\"1\"/>",
			i + 1, i + 1, width[i]) == -1)
			return -1;
	return seki_buf_str(b, "</cols><sheetData>", err);
}

static int
one_page(const struct seki_book *b, const struct seki_book_sheet *s)
{
	const struct seki_book_list *l = &b->list[s->list];
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < b->layout->list[s->list].n; i++)
		sum += l->width[i];
	return sum <= ONE_PAGE;
}

/* "A1:F47", the head row and all below it. */
static int
range(struct seki_buf *b, const struct seki_book *book,
    const struct seki_book_sheet *s, struct seki_err *err)
{
	const struct seki_book_list *l = &book->list[s->list];

	return seki_buf_fmt(b, err, "A1:%s%u",
	    l->letters[book->layout->list[s->list].n - 1], s->rows + 1);
}

int
seki_print_front(struct seki_buf *b, const struct seki_book *book,
    const struct seki_book_sheet *s, struct seki_err *err)
{
	if (seki_buf_str(b, BEGIN, err) == -1 ||
	    (one_page(book, s) && seki_buf_str(b, FIT, err) == -1) ||
	    seki_buf_str(b, "<dimension ref=\"", err) == -1 ||
	    range(b, book, s, err) == -1 ||
	    seki_buf_str(b,
		"\"/><sheetViews><sheetView workbookViewId=\"0\">"
		"<pane xSplit=\"1\" ySplit=\"1\" topLeftCell=\"B2\" "
		"activePane=\"bottomRight\" state=\"frozen\"/>"
		"<selection pane=\"topRight\" activeCell=\"B1\" sqref=\"B1\"/>"
		"<selection pane=\"bottomLeft\" activeCell=\"A2\" "
		"sqref=\"A2\"/><selection pane=\"bottomRight\"/></sheetView>"
		"</sheetViews>",
		err) == -1)
		return -1;
	return widths(
	    b, book->list[s->list].width, book->layout->list[s->list].n, err);
}

/* & begins a code in a page header. */
static int
title(struct seki_buf *b, const char *s, struct seki_err *err)
{
	size_t n = strlen(s), i = 0, at, k;

	for (k = 0; k < TITLE && i < n; k++) {
		at = i;
		(void)seki_text_get(s, n, &i);
		if ((s[at] == '&' && seki_buf_str(b, "&amp;", err) == -1) ||
		    seki_cells_xml(b, s + at, i - at, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_print_back(struct seki_buf *b, const struct seki_book *book,
    const struct seki_book_sheet *s, struct seki_err *err)
{
	const char *name = book->layout->schema->stream;

	if (book->m != NULL && book->m->title != NULL &&
	    book->m->title[0] != '\0')
		name = book->m->title;
	if (seki_buf_str(b, "</sheetData><autoFilter ref=\"", err) == -1 ||
	    range(b, book, s, err) == -1 ||
	    seki_buf_str(b,
		"\"/>" GRID "<pageMargins left=\"0.4\" right=\"0.4\" "
		"top=\"0.7\" bottom=\"0.6\" header=\"0.3\" footer=\"0.3\"/>",
		err) == -1 ||
	    seki_buf_str(b,
		one_page(book, s)
		    ? "<pageSetup paperSize=\"9\" fitToHeight=\"0\" "
		    : "<pageSetup paperSize=\"9\" scale=\"" SHRUNK
		      "\" pageOrder=\"overThenDown\" ",
		err) == -1 ||
	    seki_buf_str(b,
		"orientation=\"landscape\"/><headerFooter><oddHeader>"
		"&amp;L" FONT,
		err) == -1 ||
	    title(b, name, err) == -1)
		return -1;
	return seki_buf_str(b,
	    "&amp;R" FONT "&amp;A</oddHeader>" PAGE_OF
	    "<ignoredErrors><ignoredError sqref=\"A1:XFD1048576\" "
	    "numberStoredAsText=\"1\"/></ignoredErrors></worksheet>",
	    err);
}

int
seki_print_page(struct seki_buf *b, const unsigned char *width, size_t n,
    int cover, struct seki_err *err)
{
	if (seki_buf_str(b, BEGIN FIT "<sheetViews>", err) == -1 ||
	    seki_buf_str(b,
		cover ? "<sheetView showGridLines=\"0\" tabSelected=\"1\" "
			"workbookViewId=\"0\"/>"
		      : "<sheetView workbookViewId=\"0\"><pane ySplit=\"1\" "
			"topLeftCell=\"A2\" activePane=\"bottomLeft\" "
			"state=\"frozen\"/><selection pane=\"bottomLeft\"/>"
			"</sheetView>",
		err) == -1 ||
	    seki_buf_str(b, "</sheetViews>", err) == -1)
		return -1;
	return widths(b, width, n, err);
}

int
seki_print_page_back(struct seki_buf *b, int cover, struct seki_err *err)
{
	if (seki_buf_str(b, "</sheetData>", err) == -1 ||
	    (!cover && seki_buf_str(b, GRID, err) == -1))
		return -1;
	return seki_buf_str(b,
	    "<pageMargins left=\"0.6\" right=\"0.6\" top=\"0.7\" bottom=\"0.7\""
	    " header=\"0.3\" footer=\"0.3\"/><pageSetup paperSize=\"9\" "
	    "fitToHeight=\"0\" orientation=\"portrait\"/><headerFooter>" PAGE_OF
	    "</worksheet>",
	    err);
}
