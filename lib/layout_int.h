/* What the files of layouts share with each other. */
#ifndef SEKI_LAYOUT_INT_H
#define SEKI_LAYOUT_INT_H

#include "chartable.h"
#include "layout.h"

enum seki_layout_head_col {
	SEKI_LAYC_HEADER,
	SEKI_LAYC_FIELD,
	SEKI_LAYC_LABEL,
	SEKI_LAYC_TYPE,
	SEKI_LAYC_KEY,
	SEKI_LAYC_REQUIRED,
	SEKI_LAYC_LENGTH,
	SEKI_LAYC_VALUE,
	SEKI_LAYC_CELL,
	SEKI_LAYC_LABEL_CELL,
	SEKI_LAYC_NOTE,
	SEKI_LAYC_COUNT
};

/* A table of a layout while it is read. */
struct seki_layout_table {
	struct seki_chartable t;
	struct seki_layout *to;
};
/* Fail with SEKI_RULES: the place, WHY, and WORD and the nearest of the list
 * when they are given. */
int seki_layout_bad(const struct seki_layout_table *, enum seki_layout_head_col,
    struct seki_err *, const char *why, const char *word,
    const char *const *list);
/* The cell's text, cleaned; the caller frees it. */
char *seki_layout_cell(const struct seki_layout_table *,
    enum seki_layout_head_col, struct seki_err *);
/* The row just read: a column, or a setting. */
int seki_layout_row(struct seki_layout_table *, struct seki_err *);

#endif
