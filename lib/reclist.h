/*
 * The record list of a workbook for a relay (seki-relay(5), RECORD LIST):
 * for each row of a list its key and half of its leaf, for each block of 64
 * rows eight bytes of each column.  The root decides; this says what is wrong.
 */
#ifndef SEKI_RECLIST_H
#define SEKI_RECLIST_H

#include "seki_int.h"

#define SEKI_RECLIST_BLOCK 64
#define SEKI_RECLIST_LEAF 16
#define SEKI_RECLIST_SUM 8
#define SEKI_RECLIST_NAME 40

/*
 * The columns of a list: those of its fields that are no tables and not the
 * key, in the schema's order; of a table the row's id and its fields.  list: 0
 * for the records, 1 + t for table t.
 */
struct seki_reclist_col {
	const struct seki_field *field; /* NULL: the row's id */
	enum seki_shape shape;
	size_t index; /* among the fields */
};
struct seki_reclist_cols {
	struct seki_reclist_col *col;
	size_t n;
};
int seki_reclist_cols(const struct seki_schema *, size_t list,
    struct seki_reclist_cols *, struct seki_err *);

/* The values of a block's columns while it fills up, and the eight bytes of
 * each in the end. */
struct seki_reclist_sum;
struct seki_reclist_sum *seki_reclist_sum_new(
    size_t columns, struct seki_err *);
int seki_reclist_sum_add(struct seki_reclist_sum *, size_t column,
    enum seki_shape, const struct seki_value *, struct seki_err *);
/* Into out, SEKI_RECLIST_SUM for each column; empty again.  1: the values were
 * too large to be kept (SEKI_RECLIST_KEEP), nothing is known. */
int seki_reclist_sum_end(struct seki_reclist_sum *, unsigned char *out);
void seki_reclist_sum_free(struct seki_reclist_sum *);

/* Writing: all lists of a stream, each into a part of its own. */
struct seki_reclist_out;
struct seki_reclist_out *seki_reclist_create(const struct seki_schema *borrowed,
    struct seki_press *, const char *spool, struct seki_err *);
/* leaf: the record's own (seki_stream_leaf).  Held and deleted ones are in no
 * list. */
int seki_reclist_put(struct seki_reclist_out *, const struct seki_record *,
    const unsigned char *leaf, struct seki_err *);
/* Ends and frees, on failure too; part has room for the tables and one, and
 * their descriptors are the caller's; with the digest of what each yields. */
int seki_reclist_end(
    struct seki_reclist_out *, struct seki_part *part, struct seki_err *);
void seki_reclist_abort(struct seki_reclist_out *);
/* "data/list.bin", "data/list-1.bin", …: what the part of a list is called. */
void seki_reclist_name(size_t list, char out[SEKI_RECLIST_NAME]);
int seki_reclist_name_ok(const char *);

/* Reading one list: rows block by block. */
struct seki_reclist_row {
	const char *key; /* of the record */
	size_t nkey;
	uint32_t ordinal; /* of a table's row; 0 for records */
	unsigned char leaf[SEKI_RECLIST_LEAF];
};
struct seki_reclist_in;
/* in is taken. */
struct seki_reclist_in *seki_reclist_open(struct seki_in *,
    const struct seki_schema *, size_t list, struct seki_err *);
/* 1 and the next row, borrowed until the block's end; 0 after the last; -1:
 * SEKI_RECORD when it is no such list, also when keys do not ascend. */
int seki_reclist_next(
    struct seki_reclist_in *, struct seki_reclist_row *, struct seki_err *);
/* The row just given ends its block: the columns' sums, else NULL. */
const unsigned char *seki_reclist_block(const struct seki_reclist_in *);
void seki_reclist_free(struct seki_reclist_in *);

#endif
