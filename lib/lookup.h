/*
 * Lookup tables (変換表) of rules tables: what people write, and what is to
 * stand for it.  A table is kept by staff, and so is the worklist of what it
 * does not know: a workbook of the same columns, which is the next table once
 * it is filled in (seki-rules(5), LOOKUP TABLES).
 */
#ifndef SEKI_LOOKUP_H
#define SEKI_LOOKUP_H

#include "seki_int.h"

#define SEKI_LOOKUP_ROWS 65536	/* of a table */
#define SEKI_LOOKUP_TEXT 4096	/* bytes of one cell */
#define SEKI_LOOKUP_OPEN 10000	/* values that a worklist collects */
#define SEKI_LOOKUP_NAMES 3	/* keys of records beside each of them */
#define SEKI_LOOKUP_FILE 0x4000000U /* bytes of a file, 64 MiB */

struct seki_lookup_row {
	char *from, *to, *note; /* to: NULL while nobody filled it in */
	char *fold;		/* of from; what tells it from no other: "" */
	uint64_t row;		/* of the file */
	uint64_t used;
	int many; /* another row is the same when folded, and says otherwise */
};
/* A value that no row knows. */
struct seki_lookup_open {
	char *value, *fold, *keys;
	size_t nkey;
	uint64_t count;
};
struct seki_lookup {
	char *name; /* as the rules table writes it */
	char *path, *sheet;
	char digest[SEKI_HEX]; /* of the file; "-" when there is none yet */
	struct seki_lookup_row *row;
	size_t n;
	void *exact, *folded, *waits; /* trees of rows, of open values */
	struct seki_lookup_open **open;
	size_t nopen, room;
	uint64_t more; /* were not collected: too many, or too long */
	struct seki_buf work;
};

/*
 * path is read with seki_grid_open.  name is what messages call it.  A file
 * that is not there is an empty table when absent is set, else SEKI_FILE.
 * SEKI_RULES names sheet, row and column of: an unknown or missing column, a
 * merged cell, a formula or a date, a key that stands twice, results that are
 * keys in a circle.
 */
struct seki_lookup *seki_lookup_read(
    const char *path, const char *name, int absent, struct seki_err *);
enum seki_lookup_hit {
	SEKI_LOOKUP_MISS,
	SEKI_LOOKUP_EXACT,
	SEKI_LOOKUP_FOLDED, /* the same for the match key of municipal rules 6.3 */
	SEKI_LOOKUP_MANY    /* only when folded, and rows that differ */
};
/* The row of a hit is borrowed; its to may be "", which is no value.  A
 * seki_lookup_hit or -1.  work is the caller's, so that threads may look up in
 * one table. */
int seki_lookup_find(struct seki_lookup *, const char *, size_t,
    const struct seki_lookup_row **, struct seki_buf *work, struct seki_err *);
/* The value joins the worklist, counted; key names its record.  One thread at a
 * time. */
int seki_lookup_wait(struct seki_lookup *, const char *, size_t,
    const struct seki_value *key, struct seki_err *);
/*
 * The worklist as a workbook: the open values first, the most frequent ones on
 * top, with the nearest results; then the table's own rows.  out is the
 * caller's to commit.
 */
int seki_lookup_worklist(struct seki_lookup *, int english, const char *spool,
    struct seki_out *, struct seki_err *);
void seki_lookup_free(struct seki_lookup *);

/* The word for a result that is no value. */
#define SEKI_LOOKUP_NOTHING_JA "（空）"
#define SEKI_LOOKUP_NOTHING_EN "(empty)"

#endif
