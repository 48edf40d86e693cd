/*
 * Matching (照合): each record against master tables, last time's records and
 * the others of the batch, by a table of checks (seki-match(5)).
 */
#ifndef SEKI_MATCH_H
#define SEKI_MATCH_H

#include "dec.h"
#include "fold.h"

/* Rows of a master that a message names. */
#define SEKI_MATCH_HITS 5

struct seki_match_rules;
/* SEKI_RULES names sheet or row, column and the nearest valid word. */
struct seki_match_rules *seki_match_rules_open(
    const char *path, struct seki_err *);
void seki_match_rules_free(struct seki_match_rules *);

struct seki_match_how {
	const struct seki_match_rules *rules;
	/* NAME=FILE: where a master of the table is; NULL-ended, or NULL. */
	const char *const *masters;
	const char *last;	  /* last time's stream, or store:STREAM */
	struct seki_store *store; /* for store:STREAM, or NULL */
	const char *fold;	 /* table of characters that are one, or NULL */
	const char *decisions;	 /* a report that was filled in, or NULL */
	const char *const *show; /* fields of the report, or NULL */
	struct seki_out *report; /* workbook, or NULL; the caller commits */
	void (*note)(void *ctx, const char *text);
	void (*progress)(uint64_t records);
	void *ctx;
};
struct seki_matched {
	uint64_t records, held, deleted;
	uint64_t ok, warn, ng; /* records */
	uint64_t findings, approved, stale;
	struct seki_proof proof;
};
/*
 * Reads all of in (taken) before it writes a record to out, which the caller
 * commits: the stream with three fields more.  SEKI_CUT and what reading a
 * stream gives; SEKI_RULES for a table or a master that cannot be used.
 */
int seki_match(const struct seki_match_how *, struct seki_in *,
    struct seki_out *, struct seki_matched *, struct seki_err *);

#endif
