/*
 * The parsing jobs of a bundle (seki_work_*), each in a worker of its own. What
 * comes back is plain data in bounds, and wherever signed bytes can tell
 * whether it is true they are asked here: no worker is believed about what was
 * signed.
 */
#ifndef SEKI_APART_H
#define SEKI_APART_H

#include "worker.h"

/*
 * Step 2: a bundle's entries, and its manifest when one stands where it must.
 * *m is NULL and *why set when it is no lawful one; that matters only after
 * what the names say.
 */
int seki_apart_structure(int fd, uint64_t length, struct seki_zip *,
    struct seki_manifest **m, struct seki_err *why, struct seki_err *);

/* Another manifest in the same file, stored: as above. */
int seki_apart_manifest(int fd, const struct seki_place *,
    struct seki_manifest **m, struct seki_err *why, struct seki_err *);
/* What the parser took from the manifest is what stands there: written again it
 * is the same bytes, or the parser did not tell the truth (SEKI_WORKER). */
int seki_apart_true(const struct seki_manifest *, const struct seki_buf *bytes,
    struct seki_err *);

/*
 * The bytes of entries, one after the other, inflated by one worker for all.
 * What is stored as it is needs none: seki_zip_in.
 */
struct seki_feed;
/* All but err is borrowed; names are for messages. */
struct seki_feed *seki_feed_new(int fd, const struct seki_place *place,
    const char *const *name, size_t n, struct seki_err *);
/* The next entry, to be read to its end before the one after it; the feed is
 * borrowed. */
struct seki_in *seki_feed_next(struct seki_feed *, struct seki_err *);
void seki_feed_free(struct seki_feed *);
/* One entry: deflated by a worker, else as it is.  fd is borrowed. */
struct seki_in *seki_apart_in(
    int fd, const struct seki_place *, const char *name, struct seki_err *);

/* Step 8; *out is all zero on failure. */
int seki_apart_records(int fd, const struct seki_place *, const char *name,
    struct seki_work_content *out, struct seki_err *);

/* Step 9, which goes on by itself until seki_apart_view_end; all but err is
 * borrowed until then. */
struct seki_apart_view {
	struct seki_worker_job job;
	struct seki_worker *worker;
	int fd;
	const struct seki_place *records, *view;
	const struct seki_manifest *m;
	const char *name;
};
int seki_apart_view_start(struct seki_apart_view *, int fd,
    const struct seki_place *records, const struct seki_place *view,
    const struct seki_manifest *m, const char *name, struct seki_err *);
/* Waits, unless nobody wants to know any more. */
int seki_apart_view_end(struct seki_apart_view *, struct seki_err *);
void seki_apart_view_stop(struct seki_apart_view *);

/*
 * Step 10: the records of an entry as seki_stream_open gives them, parsed by a
 * worker.  Leaves and root are worked out here, from what it said; so when the
 * root is the signed one, the records are the signed ones.
 */
struct seki_stream_in *seki_apart_stream(
    int fd, const struct seki_place *, const char *name, struct seki_err *);

/* What hears the answers, for the tests: SEKI_WORKER, or 0 and data that is
 * within the bounds of its types. */
int seki_apart_hear_structure(struct seki_heard *, uint64_t length,
    struct seki_zip *, struct seki_manifest **m, struct seki_err *why,
    struct seki_err *);
int seki_apart_hear_content(
    struct seki_heard *, struct seki_work_content *, struct seki_err *);
struct seki_schema *seki_apart_hear_schema(
    struct seki_heard *, struct seki_err *);
int seki_apart_hear_record(struct seki_heard *, const struct seki_schema *,
    struct seki_arena *, struct seki_record *, struct seki_err *);
/* The other end of them. */
void seki_apart_say_schema(struct seki_answer *, const struct seki_schema *);
void seki_apart_say_record(struct seki_answer *, const struct seki_schema *,
    const struct seki_record *);

#endif
