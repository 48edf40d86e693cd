/* What seki-normalize does with rules tables besides using them. */
#ifndef NORMALIZE_H
#define NORMALIZE_H

#include "seki.h"

/* 0, or -1 with err set; results are reported, and cmd.status is set where the
 * answer is no. */

/* A first table from a stream; path NULL: CSV on stdout; *.xlsx: a workbook. */
int normalize_init(struct seki_stream_in *, const char *path,
    struct seki_err *);
int normalize_diff(const char *was, const char *is, struct seki_err *);
/* by NULL: only tell. */
int normalize_accept(const char *table, const char *by, struct seki_err *);
/* Refuse what nobody accepted. */
int normalize_unattended(const struct seki_rules *, struct seki_err *);
/* What lookup tables do not know is said, and with dir written there. */
int normalize_worklists(
    const struct seki_rules *, const char *dir, struct seki_err *);

#endif
