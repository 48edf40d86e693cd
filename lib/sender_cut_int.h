/* The whole into parts, shared by the files that do it. */
#ifndef SEKI_SENDER_CUT_INT_H
#define SEKI_SENDER_CUT_INT_H

#include "sender_cut.h"

struct seki_cut_work {
	const struct seki_cut *c;
	uint64_t target; /* bytes that a part shall have, as foreseen */
	uint64_t fixed;	 /* bytes before the first record */
	uint64_t rest;	 /* of the whole, without attachments and those */
	/* The plan: how many lines between SCHEMA and STATE each part has, and
	 * what the whole's STATE says, which every part's says, too. */
	uint64_t count[SEKI_SET_MAX];
	uint64_t foreseen[SEKI_SET_MAX]; /* bytes of each */
	size_t n;
	struct seki_buf bookmarks, source, rules;
	/* Of the part that is foreseen now. */
	uint64_t bytes, files;
	struct seki_atts atts;
};

/* The whole's stream, from its beginning. */
struct seki_stream_in *seki_cut_stream(
    const struct seki_cut_work *, struct seki_err *);
/* What a part takes before its first record, and so what records take. */
void seki_cut_share(struct seki_cut_work *, uint64_t fixed);
/* Into count, foreseen and n, by target; SEKI_LIMIT: too many parts. */
int seki_cut_plan(struct seki_cut_work *, struct seki_err *);
/* A part that was too large, foreseen as that, would have been a little too
 * small. */
void seki_cut_lower(struct seki_cut_work *, uint64_t size, uint64_t foreseen);
/* The attachments of the first record, in bytes. */
int seki_cut_first(struct seki_cut_work *, uint64_t *bytes, struct seki_err *);
int seki_cut_too_many(const struct seki_cut_work *, struct seki_err *);
void seki_cut_forget(struct seki_cut_work *);

/* Part i of the plan, whose lines come next in the stream, as to->path but
 * without that name.  SEKI_LIMIT: a record alone is too large. */
int seki_cut_one(const struct seki_cut_work *, struct seki_stream_in *,
    size_t i, struct seki_cut_part *to, struct seki_err *);

#endif
