/* Local streams: local.c runs, local_doc.c knows the documents, local_att.c
 * looks for attachments. */
#ifndef LOCAL_INT_H
#define LOCAL_INT_H

#include <jansson.h>

#include "store_int.h"

/* What the end of a stream says that is to become local. */
struct seki_local_end {
	char *state; /* the STATE's value as it came */
	char rules[SEKI_HEX];
	/* It was made from another stream: that one's proof. */
	int made;
	struct seki_proof from;
	uint64_t dropped;
	struct seki_local_trace trace;
};
/* After seki_stream_next has returned 0.  SEKI_RECORD when "exported" is not
 * what seki-export writes. */
int seki_local_end_read(
    const struct seki_stream_in *, struct seki_local_end *, struct seki_err *);
void seki_local_end_free(struct seki_local_end *);

/* The run before, by its document in seki_bundle; run 0: none. */
struct seki_local_last {
	uint64_t run;
	char digest[SEKI_HEX]; /* of the document; "" for none */
	seki_time created, taken;
	char origin[SEKI_STREAM_MAX + 1];
	char rules[SEKI_HEX];
	struct seki_local_trace trace;
};
int seki_local_last(sqlite3 *, const struct seki_store_form *,
    struct seki_local_last *, struct seki_err *);

/* The document of a run: what is known of it before it writes.  A new
 * reference, or NULL. */
json_t *seki_local_doc(const struct seki_local *, const struct seki_local_end *,
    const struct seki_local_last *before, const struct seki_schema *,
    const struct seki_proof *, seki_time created, const char *origin,
    struct seki_err *);
/* The ledger's entry: the document, which is not changed, and what the run did.
 * A new reference, or NULL. */
json_t *seki_local_entry(json_t *doc, const char *digest,
    const struct seki_imported *, const struct seki_store_form *after,
    struct seki_err *);

/* The record's attachments lie in STORE.att: SEKI_FILE, SEKI_DIGEST naming the
 * record and the field.  Only their size is looked at. */
struct seki_local_att;
struct seki_local_att *seki_local_att_open(const struct seki_store *,
    const struct seki_schema *borrowed, struct seki_err *);
int seki_local_att_check(
    struct seki_local_att *, const struct seki_record *, struct seki_err *);
void seki_local_att_free(struct seki_local_att *);

#endif
