/* What the files of seki-read's work share with each other. */
#ifndef SEKI_INTAKE_INT_H
#define SEKI_INTAKE_INT_H

#include "layout.h"
#include "sort.h"

/* A field of what comes out; all layouts of one run have the same. */
struct seki_intake_field {
	char *code, *label;
	enum seki_layout_type type;
	int lines; /* ANY: a value has a line end */
};

struct seki_intake {
	struct seki_intake_how how;
	enum seki_encoding encoding;
	struct seki_range box;	   /* how.range, or everything */
	struct seki_layout **list; /* of the folder */
	size_t nlist;
	struct seki_layout *own; /* the form's, or made from the first header */
	const char *first;	 /* name of the layout that decided the form */
	struct seki_intake_field *field;
	size_t n;    /* without $id and where it was read */
	size_t *key; /* fields that make the key, in order */
	size_t nkey;
	struct seki_intake_file *file;
	size_t nfile;
	struct seki_sort *sort;
	uint64_t problems;
	enum seki_reason why; /* of the first problem */
	/* Of the record at work: where each field's text begins in data. */
	struct seki_buf id, data;
	size_t *at;
};

/* The file at work. */
struct seki_intake_at {
	struct seki_intake *t;
	struct seki_grid *grid;
	struct seki_intake_file *file;
	const struct seki_layout *l;
	size_t *of;	       /* by field: the layout's column */
	size_t *map;	       /* by the file's columns: the layout's column */
	size_t ncol;	       /* of map */
	uint64_t header_row;   /* 1 is the first */
	struct seki_range box; /* the rows and columns that are looked at */
	/* By the layout's columns: the cell, and its column for messages. */
	const struct seki_grid_cell **cell;
	size_t *place;
};
#define SEKI_INTAKE_NONE SIZE_MAX

/* A note for people. */
void seki_intake_say(struct seki_intake *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * One problem that a person must mend: reported at once; -1 when that was the
 * last one that is reported, with err set, else 0.
 */
int seki_intake_problem(
    struct seki_intake *, struct seki_err *problem, struct seki_err *);
/* -1 with err set when there was one. */
int seki_intake_sound(const struct seki_intake *, struct seki_err *);
/* The same of a cell of the row just read; field and hint may be NULL. */
int seki_intake_cell(struct seki_intake_at *, size_t col, const char *field,
    const char *why, const char *hint, struct seki_err *);

/*
 * The value of a cell in a column: appended to b.  0; 1 and *why, *hint in
 * words when it cannot be taken; -1.  Nothing appended: it is empty.
 */
int seki_intake_value(const struct seki_layout_col *,
    const struct seki_grid_cell *, struct seki_buf *b, const char **why,
    const char **hint, struct seki_err *);
/*
 * A record out of at->cell, for the spool; source and row ("" for none) say
 * where it was read, id is its key where no field is.
 */
int seki_intake_record(struct seki_intake_at *, const char *source,
    const char *row, const char *id, struct seki_err *);
/* What seki_intake_record keeps: values and where they were read. */
struct seki_intake_kept {
	size_t file;
	const char *same; /* what two records with one key must share */
	size_t nsame;
	struct seki_value *v; /* n + 2; the caller's */
};
void seki_intake_keep_parse(
    const struct seki_intake *, const char *data, struct seki_intake_kept *);

/* Layouts of this run. */
int seki_intake_choose(struct seki_intake_at *, struct seki_err *);
/* The layout's fields become the run's, or must be the same; fills at->out. */
int seki_intake_bind(struct seki_intake_at *, struct seki_err *);
int seki_intake_head(struct seki_intake_at *, const struct seki_layout *,
    struct seki_layout_head *, struct seki_err *);

int seki_intake_rows(struct seki_intake_at *, struct seki_err *);
int seki_intake_forms(struct seki_intake_at *, struct seki_err *);

#endif
