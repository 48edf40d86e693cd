/*
 * The whole into parts (seki-bundle(5), PARTS), each no larger than asked for.
 */
#ifndef SEKI_SENDER_CUT_H
#define SEKI_SENDER_CUT_H

#include "part.h"
#include "sender_int.h"

struct seki_cut {
	const struct seki_sender *s;
	const struct seki_packing *o;  /* max_size, carrier, key, trust, path */
	const struct seki_manifest *k; /* the whole's, as it was signed */
	const struct seki_of *of;
	const struct seki_recipients *to; /* or NULL */
	const char *att; /* folder of its attachments, or NULL */
	seki_time expires;
	/* The whole's stream in the clear, from its beginning each time. */
	struct seki_in *(*open)(void *ctx, struct seki_err *);
	void *ctx;
	uint64_t length; /* bytes of that */
	uint64_t size;	 /* of the whole's file */
};

/* A part that is finished but has no name yet. */
struct seki_cut_part {
	struct seki_out *out;
	char *path; /* that it will have */
	uint64_t size, records;
	char sha256[SEKI_HEX];
};
struct seki_cut_parts {
	struct seki_cut_part v[SEKI_SET_MAX];
	size_t n;
};
/*
 * Two parts or more.  name: what part n of of is to be called, appended.
 * SEKI_LIMIT: a single record is too large, or there would be more than
 * SEKI_SET_MAX.  After a failure there are none.
 */
typedef int seki_cut_name(
    void *ctx, uint64_t n, uint64_t of, struct seki_buf *, struct seki_err *);
int seki_cut_make(const struct seki_cut *, seki_cut_name *, void *ctx,
    struct seki_cut_parts *, struct seki_err *);
/* All of them get their names, or none does. */
int seki_cut_commit(struct seki_cut_parts *, struct seki_err *);
/* Those without a name are gone. */
void seki_cut_free(struct seki_cut_parts *);

#endif
