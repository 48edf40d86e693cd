/* What the files that read a relay's workbook share with each other. */
#ifndef SEKI_RELAY_INT_H
#define SEKI_RELAY_INT_H

#include "reclist.h"
#include "relay.h"
#include "sheet_in.h"
#include "sort.h"

/* A cell as it was read. */
enum seki_relay_tag {
	SEKI_RELAY_EMPTY,
	SEKI_RELAY_VALUE, /* canonical text of its column's shape */
	SEKI_RELAY_ODD,	  /* no value of that shape: its letters */
	SEKI_RELAY_LONG,  /* the text stands in 長文 */
	SEKI_RELAY_TWO	  /* packed: VALUE, its other reading follows */
};
struct seki_relay_cell {
	enum seki_relay_tag tag;
	const char *p;
	size_t n;
	/* VALUE: the other reading of a number (seki_cell_exact), or NULL. */
	const char *exact;
	size_t nexact;
};
/* A row of a list, by its columns; the key's cell is empty here. */
struct seki_relay_row {
	const char *key;
	size_t nkey;
	uint32_t sheet, row; /* of the workbook; row from 0 */
	int used;	     /* of 長文: a cell sends there */
	int two;	     /* a cell has another reading */
	struct seki_relay_cell *cell;
};

/*
 * The rows of all lists, each list in the order of its keys, whatever the order
 * in the sheets (relay_rows.c).  Two threads read the sheets.
 */
struct seki_relay_rows;
/* in: its sheets were found.  All is borrowed. */
struct seki_relay_rows *seki_relay_rows_read(
    struct seki_sheet_in *in, const char *spool, struct seki_err *);
/* The next row of a list without taking it: 1, borrowed until it is taken; 0
 * after the last; -1. */
int seki_relay_rows_peek(struct seki_relay_rows *, size_t list,
    struct seki_sorted *, struct seki_err *);
void seki_relay_rows_take(struct seki_relay_rows *, size_t list);
/* Where a column of the list stands in a sheet: "B7" of a row. */
void seki_relay_rows_cell(const struct seki_relay_rows *, size_t list,
    uint32_t sheet, uint32_t row, size_t col, char out[16]);
uint64_t seki_relay_rows_hidden(const struct seki_relay_rows *);
void seki_relay_rows_free(struct seki_relay_rows *);

/* All rows of one key (relay_group.c). */
struct seki_relay_group {
	const struct seki_sheet_layout *layout;
	struct seki_relay_rows *rows;
	const char *key;
	size_t nkey;
	struct seki_relay_row **row; /* by list */
	size_t *n, *room;
	struct seki_arena arena;
	size_t weight;
};
int seki_relay_group_init(struct seki_relay_group *,
    const struct seki_sheet_layout *, struct seki_relay_rows *,
    struct seki_err *);
/* 1; 0 after the last; -1.  Everything is borrowed until the next call. */
int seki_relay_group_next(struct seki_relay_group *, struct seki_err *);
void seki_relay_group_release(struct seki_relay_group *);
/*
 * A value of one of its rows, put together: borrowed from the group.  0; 1 when
 * it is none.  Spelt it is the one of 補修, 1 when that has none; exact numbers
 * are in their other reading, where they have one.
 */
enum { SEKI_RELAY_AS_IT_IS = 0, SEKI_RELAY_EXACT = 1, SEKI_RELAY_SPELT = 2 };
int seki_relay_group_value(struct seki_relay_group *, size_t list,
    const struct seki_relay_row *, size_t col, int how, struct seki_value *,
    struct seki_err *);
/* The number in a column, from 1; 0 when it is none. */
uint32_t seki_relay_number(const struct seki_relay_row *, size_t col);

/*
 * One list against its record list (relay_match.c).
 */
struct seki_relay_match;
struct seki_relay_where {
	const struct seki_relay_rows *rows;
	struct seki_xlsx *x;
	seki_damage_fn *damage; /* or NULL */
	void *ctx;
	const struct seki_sheet_layout *layout;
};
struct seki_relay_match *seki_relay_match_new(struct seki_in *list,
    const struct seki_schema *, size_t nlist, const struct seki_relay_where *,
    struct seki_err *);
/* What the record list says of a row: 1 and the leaf; 0 when it has no such
 * row; -1.  Rows before it that were not asked for are missing. */
int seki_relay_match_find(struct seki_relay_match *, const char *key, size_t n,
    uint32_t ordinal, const unsigned char **leaf, struct seki_err *);
/*
 * Of the row just found: its values, by the record list's columns, and whether
 * it is the signed one.  Cells that are wrong are named when the block ends.
 */
int seki_relay_match_put(struct seki_relay_match *,
    const struct seki_relay_row *, const struct seki_value *const *v, int same,
    struct seki_err *);
/* Of a row that was not found, or came once more. */
int seki_relay_match_odd(struct seki_relay_match *,
    const struct seki_relay_row *, uint32_t ordinal, enum seki_damage_kind,
    struct seki_err *);
/* After the last row.  Rows that did not match, or -1. */
int64_t seki_relay_match_end(struct seki_relay_match *, struct seki_err *);
void seki_relay_match_free(struct seki_relay_match *);

#endif
