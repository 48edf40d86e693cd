/* Rows of texts that wait, in order, in a file without a name, until all of
 * them are known and a workbook is written.  Memory is one row's. */
#ifndef SEKI_ROWFILE_H
#define SEKI_ROWFILE_H

#include "seki_int.h"

struct seki_rowfile;
struct seki_rowcell {
	uint32_t tag; /* the caller's, not UINT32_MAX */
	size_t n;
	const char *p; /* and a NUL behind it */
};
/* spool: its folder, or NULL (seki_dir_spool). */
struct seki_rowfile *seki_rowfile_new(const char *spool, struct seki_err *);
/* A cell of the row that is being written; then the row's end. */
int seki_rowfile_put(struct seki_rowfile *, uint32_t tag, const char *, size_t,
    struct seki_err *);
int seki_rowfile_end(struct seki_rowfile *, struct seki_err *);
/* Read from the first row on; nothing is written after that. */
int seki_rowfile_rewind(struct seki_rowfile *, struct seki_err *);
/* 1 and the next row, borrowed until the next call; 0 after the last; -1. */
int seki_rowfile_next(struct seki_rowfile *, const struct seki_rowcell **,
    size_t *n, struct seki_err *);
uint64_t seki_rowfile_rows(const struct seki_rowfile *);
void seki_rowfile_free(struct seki_rowfile *);

#endif
