/*
 * Layouts: what the columns of a portal's file, or the cells of a form, are
 * (seki-layout(5)).  They are tables that staff change, read like every other.
 */
#ifndef SEKI_LAYOUT_H
#define SEKI_LAYOUT_H

#include "grid.h"

/* Fields that every record of seki-read has: where it was read. */
#define SEKI_LAYOUT_FROM "取込元"
#define SEKI_LAYOUT_ROW "取込行"

/* What a column holds decides what Excel can have spoilt in it. */
enum seki_layout_type {
	SEKI_LAY_TEXT,
	SEKI_LAY_LINES, /* text of several lines */
	SEKI_LAY_CODE,	/* every digit counts */
	SEKI_LAY_NUMBER,
	SEKI_LAY_DATE,
	SEKI_LAY_TIME,
	SEKI_LAY_DATETIME,
	SEKI_LAY_ANY /* without a layout: text, of lines when one has some */
};

struct seki_layout_col {
	uint64_t row;	/* in the table, for messages */
	char *header;	/* cleaned; spellings with | between; "": no column */
	char *code;	/* "": known, and left out */
	char *label;	/* never empty when code is not */
	char *value;	/* what every record has, or "" */
	char *label_is; /* a form: what its label cell must hold, or "" */
	enum seki_layout_type type;
	int key, required;
	size_t least, most;		    /* characters; 0, SIZE_MAX */
	struct seki_range cell, label_cell; /* a form's */
	int has_cell, has_label;
};

struct seki_layout {
	char *name; /* of its file, without the ending */
	char digest[SEKI_HEX];
	struct seki_layout_col *col;
	size_t n;
	char *sheet;	     /* or NULL: the first that shows */
	uint64_t header_row; /* 0: the first that has a cell */
	struct seki_range range;
	int ranged;
	int overlap; /* files may have records in common */
	int form;    /* cells, not columns */
};

/* SEKI_RULES names row, column and the nearest valid word. */
struct seki_layout *seki_layout_open(const char *path, struct seki_err *);
struct seki_layout *seki_layout_read(struct seki_in *taken, struct seki_err *);
/* Empty, to be filled: columns come with seki_layout_add. */
struct seki_layout *seki_layout_new(const char *name, struct seki_err *);
/* Texts are copied; the column's place is borrowed until the next add. */
struct seki_layout_col *seki_layout_add(struct seki_layout *,
    const char *header, const char *code, const char *label, struct seki_err *);
void seki_layout_free(struct seki_layout *);
/* All of a folder (.csv .tsv .txt .xlsx), by name. */
int seki_layout_dir(
    const char *dir, struct seki_layout ***, size_t *n, struct seki_err *);
enum seki_type seki_layout_type(enum seki_layout_type);

/* A header as layouts compare it: seki_norm_clean, one space for many. */
char *seki_layout_clean(const char *, size_t, struct seki_err *);
/* A field code of a header: what may not stand in a code becomes _; then _2
 * and so on until none of the layout has it.  Appended; 1 when it was numbered,
 * 0, -1. */
int seki_layout_code(const struct seki_layout *, const char *label,
    struct seki_buf *, struct seki_err *);

/* The headers of a file, cleaned; "" where there is none. */
struct seki_layout_head {
	char **word;
	size_t n;
	uint64_t row;
};
void seki_layout_head_free(struct seki_layout_head *);
#define SEKI_LAYOUT_NONE SIZE_MAX
/*
 * Does the layout have exactly these headers, in any order?  map, with room
 * for head->n, then says for each column which of the layout's it is, or NONE
 * where there is no header.  1; 0 and what is missing, new and perhaps renamed
 * in words, appended, with how many headers differ; -1.
 */
int seki_layout_match(const struct seki_layout *,
    const struct seki_layout_head *, size_t *map, size_t *differ,
    struct seki_buf *words, struct seki_err *);

#endif
