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

/*
 * The form against the last accepted one, before a record is read: 0; 1 when
 * old records must be read again; -1 with SEKI_SCHEMA, or SEKI_CONFIG for a
 * continuation that cannot be.  The schema gets the chain of accepted forms.
 */
int seki_accept_form(struct seki_delta *, struct seki_err *);

/* A form in the order of its columns (accept_form.c). */
struct seki_accept_col {
	const char *path, *label, *type;
	size_t place; /* within its table; SIZE_MAX: not known */
};
struct seki_accept_side {
	struct seki_accept_col *col;
	size_t n;
	struct json_t *form; /* {path: type} */
	struct json_t *own;  /* holds the texts */
};
int seki_accept_was(const struct seki_delta *, struct seki_accept_side *,
    struct seki_err *);
int seki_accept_is(const struct seki_schema *, struct seki_accept_side *,
    struct seki_err *);
void seki_accept_free(struct seki_accept_side *);
const struct seki_accept_col *seki_accept_find(
    const struct seki_accept_side *, const char *path);
/* As people name it: a path, or the code of a field inside a table; NULL. */
const struct seki_accept_col *seki_accept_named(
    const struct seki_accept_side *, const char *word);
/* The field the old one probably goes on as, or NULL. */
const struct seki_accept_col *seki_accept_guess(
    const struct seki_accept_side *was, const struct seki_accept_side *is,
    const struct seki_accept_col *old);
/* --continue OLD=NEW as {OLD: NEW}; SEKI_CONFIG for one that cannot be. */
struct json_t *seki_accept_pairs(const struct seki_pull *,
    const struct seki_accept_side *was, const struct seki_accept_side *is,
    const struct json_t *steps, struct seki_err *);

#endif
