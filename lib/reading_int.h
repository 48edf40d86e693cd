/* Every record of a condition, and that there are no others: reading.c with
 * fetch.c below it, pull.c and delta.c above. */
#ifndef SEKI_READING_INT_H
#define SEKI_READING_INT_H

#include "pull_int.h"

/* Of which records; all borrowed. */
struct seki_reading_of {
	const struct seki_app *app;
	const struct seki_pull *pull;
	const struct seki_ask *ask;
	struct seki_pool *pool;
};
struct seki_reading {
	struct seki_fetch_how how; /* its record also fills batch->ids */
	struct seki_pool *pool;
	/* Batches in the order of ids; borrowed until it returns. */
	int (*batch)(void *ctx, struct seki_batch *, struct seki_err *);
	/* NULL, or an errand run beside each closing count. */
	int (*beside)(struct seki_http *, void *ctx, struct seki_err *);
	void *ctx; /* of both */
	struct seki_page *notes; /* or NULL (seki_fetch_end) */

	/* As the service said last (seki_reading_newest). */
	uint64_t newest; /* the greatest id, 0 for none */
	uint64_t total;	 /* how many */

	/* What came of it. */
	uint64_t upto; /* all there was up to this id was read */
	struct seki_idset read;
	uint64_t count, first, last;
	uint64_t vanished, gone;  /* deleted after they were read; the first */
	uint64_t unseen, missed; /* there now and not read; the first */

	/* Of seki_reading_ids. */
	struct seki_app app;
	struct seki_ask ask;
};
/* An errand (seki_pool_run) whose ctx is a reading. */
int seki_reading_newest(struct seki_http *, void *reading, struct seki_err *);
/*
 * After newest: all records up to it and those added meanwhile.  0 when the
 * closing count agrees, or when the ids listed again lack only some that were
 * read (vanished).  -1: SEKI_MOVED when one is there that was not read,
 * SEKI_REMOTE when there are too few requests left, or what fetch.c says.
 */
int seki_reading_whole(struct seki_reading *, struct seki_err *);
/* After newest: what the condition has up to it or, when that is farther, up to
 * beyond, without another look at the end. */
int seki_reading_changes(
    struct seki_reading *, uint64_t beyond, struct seki_err *);
/* Makes a reading of ids alone, for the same condition without its times. */
int seki_reading_ids(struct seki_reading *, const struct seki_reading_of *,
    struct seki_err *);
void seki_reading_free(struct seki_reading *);

#endif
