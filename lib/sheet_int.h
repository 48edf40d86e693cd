/* How records lie in a workbook: shared by its writer and its reader. */
#ifndef SEKI_SHEET_INT_H
#define SEKI_SHEET_INT_H

#include "seki_int.h"

/* What a column holds. */
enum seki_col_what {
	SEKI_COL_KEY,	  /* of the record, or of the record a row belongs to */
	SEKI_COL_ORDINAL, /* of a table's row within its record, from 1 */
	SEKI_COL_ROW_ID,
	SEKI_COL_FIELD,
	SEKI_COL_KIND, /* held or deleted */
	SEKI_COL_LIST, /* long texts: name of the list, head of the column, */
	SEKI_COL_HEAD, /* number of the piece, the piece */
	SEKI_COL_PIECE,
	SEKI_COL_TEXT
};
struct seki_col {
	enum seki_col_what what;
	const struct seki_field *field; /* KEY of records and FIELD, or NULL */
	enum seki_shape shape;
	size_t index; /* FIELD, KEY of records: among the fields */
	char *head;   /* unique within its list */
};
enum seki_list_what {
	SEKI_LIST_RECORDS,
	SEKI_LIST_TABLE,
	SEKI_LIST_MARKS, /* held and deleted */
	SEKI_LIST_LONG,	 /* what one cell cannot hold */
	SEKI_LIST_REPAIR /* the spelling of what a relay may break */
};
struct seki_list {
	enum seki_list_what what;
	const struct seki_field *table; /* TABLE only */
	char *name; /* of its first sheet; unique regardless of case */
	struct seki_col *col;
	size_t n;
};
/* Lists in this order: records, tables as in the schema, marks, long, and of a
 * workbook for a relay repair. */
struct seki_sheet_layout {
	const struct seki_schema *schema;
	struct seki_list *list;
	size_t n, marks, longs;
	size_t repair; /* 0: not for a relay */
};
struct seki_sheet_layout *seki_sheet_layout_new(
    const struct seki_schema *borrowed, int relay, struct seki_err *);
void seki_sheet_layout_free(struct seki_sheet_layout *);

/* Names of the other sheets. */
#define SEKI_SHEET_COVER "送付票"
#define SEKI_SHEET_FIELDS "項目一覧"
#define SEKI_SHEET_SEAL "署名"
/* In the cell of a value that stands in the sheet of long texts. */
#define SEKI_CELL_LONG "␛{LONG}"
/* Words of the column SEKI_COL_KIND. */
#define SEKI_WORD_HELD "保留"
#define SEKI_WORD_DELETED "削除"
/* A sheet's name takes 31 UTF-16 units; further sheets are "NAME (2)". */
#define SEKI_SHEET_BASE 25
#define SEKI_SHEET_NAME 160
void seki_sheet_layout_name(
    const struct seki_list *, unsigned part, char out[SEKI_SHEET_NAME]);
/* Which part of the list has this name, or 0. */
unsigned seki_sheet_layout_part(const struct seki_list *, const char *name);

/*
 * The cover and 項目一覧 as rows of text, written and compared as they are.
 */
enum seki_line_style {
	SEKI_LINE_TITLE,
	SEKI_LINE_NOTICE,
	SEKI_LINE_FIELD, /* a is what, b the value; a empty: b goes on */
	SEKI_LINE_LAST,	 /* the last of a FIELD's lines */
	SEKI_LINE_SPACE,
	SEKI_LINE_BOXES, /* texts of five boxes */
	SEKI_LINE_ROOM	 /* below them: a stamp and its day */
};
struct seki_line {
	enum seki_line_style style;
	const char *cell[5]; /* NULL: blank */
};
struct seki_cover {
	struct seki_line *line;
	size_t n, size;
	struct seki_arena arena;
};
/* m may be NULL; proof: the counts. */
int seki_cover_fill(struct seki_cover *, const struct seki_sheet_layout *,
    const struct seki_manifest *m, const struct seki_proof *,
    struct seki_err *);
void seki_cover_free(struct seki_cover *);
/*
 * What the manifest's note "scan" says, in Japanese: a line for each kind, each
 * behind a LF, appended; 1 when the note is no such text: nothing is appended.
 */
int seki_cover_scan(struct seki_buf *, const char *note, struct seki_err *);
/* 1234567 as 1,234,567. */
void seki_cover_grouped(uint64_t, char out[32]);
/* Cell width: half-width letters 1, Japanese 2. */
size_t seki_cover_width(const char *, size_t);
/* A field's type in words of a form's maker. */
const char *seki_cover_type(const struct seki_field *);

#endif
