/* What has changed since the last pull: delta.c finds it, accept.c compares the
 * form, pull.c runs them. */
#ifndef SEKI_DELTA_INT_H
#define SEKI_DELTA_INT_H

#include "pull_int.h"

/* Records remembered so that the next delta does not send them again; past
 * this they are, which does no harm. */
#define SEKI_SEEN_MAX ((size_t)20000)

struct seki_delta {
	const struct seki_pull *pull;
	struct seki_app *app;
	struct seki_ask *ask;
	struct seki_bookmarks from; /* read before seki_delta_begin */
	int on;			    /* else a full pull */
	int time, revision;	    /* columns, or -1 */
	char since[SEKI_TIME];	    /* of this delta */
	char started[SEKI_TIME];    /* this minute, on the service's clock */
	char mark[SEKI_TIME];	    /* of the next one */
	char at[SEKI_TIME];
	struct seki_buf cond, old; /* conditions */
	struct seki_gone gone;
	struct seki_ids *list;
	struct seki_ids_note ids; /* named when a list is kept */
	struct seki_ids_note more; /* of the changes */
	struct seki_buf seen;	  /* struct seki_mark */
	uint64_t skipped, settled;
};
/* Full or delta, and its conditions, which are set in ask. */
int seki_delta_begin(struct seki_delta *, const struct seki_pull *,
    struct seki_app *, struct seki_ask *, seki_time now, struct seki_err *);
/* The ids of every record, compared with the last list, when wanted. */
int seki_delta_ids(struct seki_delta *, struct seki_pool *, struct seki_http *,
    struct seki_err *);
/* Is it sent, or was it with the last pull?  In any thread. */
int seki_delta_sends(const void *, const struct seki_record *);
/* For seki_fetch_how. */
int seki_delta_record(
    void *, struct seki_batch *, const struct seki_record *, struct seki_err *);
int seki_delta_page(
    void *, struct seki_batch *, uint64_t upto, struct seki_err *);
int seki_delta_join(
    struct seki_delta *, const struct seki_batch *, struct seki_err *);
/* After the last one, of a full pull the count-th: the counts, the list of
 * ids.  SEKI_HELD when more are gone than pull->max_drop allows. */
int seki_delta_end(struct seki_delta *, struct seki_http *, uint64_t count,
    struct seki_err *);
void seki_delta_free(struct seki_delta *);

/* The form against that of the last pull: 0; 1 when a change was accepted that
 * old records must be read again for; -1 with SEKI_SCHEMA. */
int seki_accept_form(struct seki_delta *, struct seki_err *);

#endif
