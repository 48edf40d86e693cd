/*
 * What the files of the workbook writer share with each other.  Every byte of
 * a workbook is decided here and follows from form, records and manifest: so
 * who has those can tell whether a workbook is theirs (sheet_same.c).
 */
#ifndef SEKI_SHEET_OUT_H
#define SEKI_SHEET_OUT_H

#include "sheet_int.h"
#include "xlsx.h"

#define SEKI_XML                                                               \
	"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define SEKI_XMLNS_MAIN                                                        \
	"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define SEKI_XMLNS_DOC                                                         \
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships"

/* Where the parts of a workbook go as they are made. */
struct seki_parts {
	const struct seki_parts_ops *ops;
	void *ctx;
	size_t at; /* after a write that differs: its first byte that does */
};
struct seki_parts_ops {
	/* Several may be open at a time.  front: something will stand before
	 * what is written, and is known only at the end.  NULL on failure. */
	void *(*begin)(
	    void *ctx, const char *name, int front, struct seki_err *);
	/* 0; 1: differs from what is there; -1. */
	int (*write)(struct seki_parts *, void *part, const char *, size_t,
	    struct seki_err *);
	/* The part is gone, on failure too; answers like write. */
	int (*end)(struct seki_parts *, void *part, const char *front, size_t,
	    struct seki_err *);
	void (*drop)(void *part);
	/* After the last part: 0, 1 when there is more than that, -1. */
	int (*finish)(void *ctx, struct seki_err *);
	void (*free)(void *ctx);
};
/* Into the file fd, which is empty (sheet_file.c). */
int seki_parts_file(struct seki_parts *, int fd, struct seki_press *,
    const char *spool, struct seki_err *);
/* Against the workbook there (sheet_same.c). */
int seki_parts_same(struct seki_parts *, int fd, uint64_t offset,
    uint64_t length, struct seki_err *);

/* Cell formats: their numbers in styles.xml (sheet_style.c). */
enum seki_style {
	SEKI_STYLE_NONE,
	SEKI_STYLE_TEXT,
	SEKI_STYLE_NAME,  /* with the glyphs of family registers */
	SEKI_STYLE_RIGHT, /* a number that must be text */
	SEKI_STYLE_GENERAL,
	SEKI_STYLE_HEAD,
	SEKI_STYLE_TITLE,
	SEKI_STYLE_NOTICE,
	SEKI_STYLE_LABEL, /* of the cover; the next three follow */
	SEKI_STYLE_VALUE,
	SEKI_STYLE_LABEL_LAST,
	SEKI_STYLE_VALUE_LAST,
	SEKI_STYLE_BOX,
	SEKI_STYLE_ROOM,
	SEKI_STYLE_LEGEND,
	SEKI_STYLE_DECIMAL /* and 0 to 15 decimals */
};
int seki_style_put(struct seki_buf *, struct seki_err *);

/* A sheet of the workbook; they never move. */
struct seki_book_sheet {
	char name[SEKI_SHEET_NAME];
	size_t list;   /* SIZE_MAX: the cover, 項目一覧 */
	uint32_t rows; /* with data */
	uint64_t xml;
	void *part; /* while it is open */
};
/* Where a list's next row goes. */
struct seki_book_list {
	struct seki_book_sheet *sheet; /* NULL before the first */
	unsigned parts;
	struct seki_buf row;  /* cells of the row being made */
	unsigned char *width; /* by column, in half-width letters */
	unsigned char *style; /* by column: of text cells */
	char (*letters)[4];   /* by column */
};

struct seki_book {
	const struct seki_sheet_layout *layout;
	const struct seki_manifest *m; /* or NULL */
	struct seki_parts parts;
	struct seki_book_sheet **sheet, *fields;
	size_t nsheet;
	struct seki_book_list *list;
	struct seki_buf show, cell, piece, text;
	struct seki_proof count;
	/* Of a workbook for a relay; all borrowed. */
	const struct seki_repair *repair; /* or NULL */
	int seal;			  /* what 署名 holds; -1: nothing */
	uint64_t nseal;
};

/* parts is taken. */
struct seki_book *seki_book_new(const struct seki_sheet_layout *,
    const struct seki_manifest *, struct seki_parts *, struct seki_err *);
int seki_book_put(
    struct seki_book *, const struct seki_record *, struct seki_err *);
/* One of the first records: what the columns' widths come from. */
void seki_book_measure(struct seki_book *, const struct seki_record *);
/* The end of every sheet, cover, 項目一覧 and the other parts. */
int seki_book_close(struct seki_book *, struct seki_err *);
void seki_book_free(struct seki_book *);

/* A sheet for the next rows of a list, with its head row. */
int seki_book_sheet(struct seki_book *, size_t list, struct seki_err *);
/* A row of a sheet: its number from 1, its height in half points or 0, its
 * cells. */
int seki_book_row(struct seki_book *, struct seki_book_sheet *, uint32_t row,
    unsigned height, const struct seki_buf *cells, struct seki_err *);
/* A sheet's part begins, and ends with what stands around its rows. */
int seki_book_begin(
    struct seki_book *, struct seki_book_sheet *, struct seki_err *);
int seki_book_end(struct seki_book *, struct seki_book_sheet *,
    const struct seki_buf *front, const struct seki_buf *back,
    struct seki_err *);
/* The cover, and 項目一覧, whole (sheet_cover.c). */
int seki_cover_put(
    struct seki_book *, struct seki_book_sheet *, struct seki_err *);
int seki_cover_fields(
    struct seki_book *, struct seki_book_sheet *, struct seki_err *);
/* 署名, the last sheet of a workbook for a relay (sheet_seal.c). */
int seki_seal_put(struct seki_book *, struct seki_err *);
/* The next sheet's place in the workbook; NULL without memory. */
struct seki_book_sheet *seki_book_add(struct seki_book *, struct seki_err *);
/* All parts that are no sheets (sheet_package.c). */
int seki_package_put(struct seki_book *, struct seki_err *);

/* Lines a text takes in a column; the height of a row of so many, in half
 * points. */
size_t seki_book_lines(const char *, size_t, size_t width);
unsigned seki_book_height(size_t lines);

/* A part of the workbook is not what it must be. */
int seki_book_differs(const char *where, struct seki_err *);

/* Text as XML, also for attributes (sheet_cells.c). */
int seki_cells_xml(struct seki_buf *, const char *, size_t, struct seki_err *);
/* Cells, appended: of a text that is escaped already, of a decimal, blank. */
int seki_cells_text(struct seki_buf *, const char *letters, uint32_t row,
    unsigned style, const char *, size_t, struct seki_err *);
int seki_cells_number(struct seki_buf *, const char *letters, uint32_t row,
    unsigned style, const char *, size_t, struct seki_err *);
int seki_cells_blank(struct seki_buf *, const char *letters, uint32_t row,
    unsigned style, struct seki_err *);

/*
 * What stands before the rows of a sheet, appended: of a data sheet, with the
 * widths it has by now; of the cover or 項目一覧, n columns wide.  And what
 * stands behind the rows (sheet_print.c).
 */
int seki_print_front(struct seki_buf *, const struct seki_book *,
    const struct seki_book_sheet *, struct seki_err *);
int seki_print_back(struct seki_buf *, const struct seki_book *,
    const struct seki_book_sheet *, struct seki_err *);
int seki_print_page(struct seki_buf *, const unsigned char *width, size_t n,
    int cover, struct seki_err *);
int seki_print_page_back(struct seki_buf *, int cover, struct seki_err *);

#endif
