/*
 * Workbooks that staff open: rules tables, worklists, reports.  What is carried
 * between networks is never made here (sheet_int.h).  Every text is a text
 * cell, so that no spreadsheet spoils it, and nothing is a formula.
 */
#ifndef SEKI_WORKBOOK_H
#define SEKI_WORKBOOK_H

#include "seki_int.h"

enum seki_look {
	SEKI_LOOK_PLAIN,
	SEKI_LOOK_TITLE, /* large, for a cover */
	SEKI_LOOK_LABEL, /* a cover's names of things */
	SEKI_LOOK_WRAP,	 /* long text, in lines */
	SEKI_LOOK_GREY,	 /* for comparison only: last time's, the original */
	SEKI_LOOK_WRONG, /* in question: red */
	SEKI_LOOK_DOUBT, /* to be looked at: yellow */
	SEKI_LOOK_GOOD,	 /* green */
	SEKI_LOOK_FILL,	 /* to be filled in by a person: framed */
	SEKI_LOOK_NAME,	 /* of a page for print: names of things */
	SEKI_LOOK_VALUE, /* and what they are: framed, in lines */
	SEKI_LOOK_BAND,	 /* a page's part begins: dark */
	SEKI_LOOK_CODE,	 /* to be copied by hand: very large, framed */
	SEKI_LOOK_BOX,	 /* the head of a box for a seal or a day */
	SEKI_LOOK_ROOM,	 /* the box */
	SEKI_LOOKS
};

struct seki_workbook_col {
	const char *title;
	unsigned width; /* half-width characters; 0: as wide as the title */
	/* Words to choose from in the cells below, NULL-ended, or NULL;
	 * together 255 bytes with a comma between; more: seki_workbook_choose. */
	const char *const *choices;
};

/* Sheets are written one after another, rows in order; memory does not grow
 * with them.  spool: folder for temporary files, or NULL. */
struct seki_workbook;
struct seki_workbook *seki_workbook_create(
    const char *spool, struct seki_err *);
/*
 * A sheet.  A name that a spreadsheet would refuse is bent: other characters
 * for [ ] : * ? / \, cut to 31, doubles numbered.  Titles in row 1 stay in
 * sight and have filters; n 0: a page without columns, such as a cover.
 */
int seki_workbook_sheet(struct seki_workbook *, const char *name,
    const struct seki_workbook_col *, size_t n, struct seki_err *);
/* The same of a sheet that people fill in: what is typed below and beside stays
 * the text that was typed, no date and no number. */
int seki_workbook_form(struct seki_workbook *, const char *name,
    const struct seki_workbook_col *, size_t n, struct seki_err *);
/* Words to choose from in a column of the sheet just begun that are too many
 * for choices: the cells 2 to n + 1 of the first column of another sheet, which
 * may come later.  Others are taken after a question. */
int seki_workbook_choose(struct seki_workbook *, size_t col, const char *sheet,
    size_t n, struct seki_err *);
/* Columns of a page without titles: the next call sets the next one's width. */
void seki_workbook_width(struct seki_workbook *, unsigned width);
/* The sheet that is written is printed with lines between its cells. */
void seki_workbook_lines(struct seki_workbook *);
/* The sheet that is written prints on one page, in its middle; its rows have
 * room above and below. */
void seki_workbook_page(struct seki_workbook *);
/* The sheet that is written prints across the page. */
void seki_workbook_landscape(struct seki_workbook *);
/*
 * The next cell of the row, of valid UTF-8: a text; a canonical decimal, as a
 * number where 15 digits hold it; nothing; a link, an https address under a
 * text, which stands alone behind SEKI_WORKBOOK_LINKS of them in a sheet.  What
 * no cell can hold (32,767 UTF-16 units) ends with "…" and looks WRONG.
 */
int seki_workbook_text(struct seki_workbook *, enum seki_look, const char *,
    size_t, struct seki_err *);
int seki_workbook_str(
    struct seki_workbook *, enum seki_look, const char *, struct seki_err *);
int seki_workbook_number(struct seki_workbook *, enum seki_look, const char *,
    size_t, struct seki_err *);
int seki_workbook_none(
    struct seki_workbook *, enum seki_look, struct seki_err *);
int seki_workbook_link(
    struct seki_workbook *, const char *url, const char *, struct seki_err *);
/* A text over the next n columns. */
int seki_workbook_wide(struct seki_workbook *, enum seki_look, const char *,
    size_t n, struct seki_err *);
/* A row of a cover: a label and its text, or a count. */
int seki_workbook_pair(struct seki_workbook *, const char *label,
    const char *value, struct seki_err *);
int seki_workbook_count(struct seki_workbook *, const char *label, uint64_t,
    struct seki_err *);
/* The row is done.  SEKI_LIMIT: a sheet has no more rows than that. */
int seki_workbook_end(struct seki_workbook *, struct seki_err *);
/* The finished file to out, which the caller commits. */
int seki_workbook_save(
    struct seki_workbook *, struct seki_out *, struct seki_err *);
void seki_workbook_free(struct seki_workbook *);

#endif
