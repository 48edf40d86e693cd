/* Records in the order of their keys, however many there are. */
#ifndef SEKI_SORT_H
#define SEKI_SORT_H

#include <pthread.h>

#include "seki_int.h"

struct seki_sorted {
	const char *key, *data;
	size_t nkey, ndata;
};

/*
 * What does not fit into memory (bytes; 0: SEKI_SORT_MEMORY) waits in files
 * without a name in spool, or, with NULL, where seki_dir_spool puts them.
 * Memory and open files do not grow with the number of records.
 */
struct seki_sort;
struct seki_sort *seki_sort_new(
    const char *spool, size_t memory, struct seki_err *);
/* One file for the spills of several sorts, also in several threads; before the
 * first record.  Borrowed; lock is initialised, end 0. */
struct seki_sort_file {
	int fd;
	uint64_t end;
	pthread_mutex_t lock;
};
void seki_sort_share(struct seki_sort *, struct seki_sort_file *);
/* Both are copied.  SEKI_LIMIT past SEKI_RECORD_MAX, key and data. */
int seki_sort_add(
    struct seki_sort *, const struct seki_sorted *, struct seki_err *);
/* After the last one.  1 and a record borrowed until the next call, in the
 * order of seki_key_cmp, equal keys as they were added; 0 after the last; -1.
 */
int seki_sort_next(struct seki_sort *, struct seki_sorted *, struct seki_err *);
/* From the first record again; none may be added any more. */
void seki_sort_rewind(struct seki_sort *);
/* 1 when every key came after the one before: none is doubled. */
int seki_sort_ascending(const struct seki_sort *);
void seki_sort_free(struct seki_sort *);

#endif
