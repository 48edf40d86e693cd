/* What a worker says, in bytes that whoever reads them need not believe. */
#ifndef SEKI_ANSWER_H
#define SEKI_ANSWER_H

#include "seki_int.h"

/*
 * Items, each with a letter for its kind: u a number of 8 bytes, b bytes and t
 * a text, both behind a length of 4, the text with a NUL behind it.  Numbers
 * are little-endian.  Lists are a number and so many times their items.
 *
 * Parts, each behind a letter and a length of 4: P some items, A the last
 * ones, E a failure in place of them, N that no sandbox was to be had.
 */
#define SEKI_PART_HEAD ((size_t)5)

/* The speaking side.  A failure stays in err, which is that of the whole
 * answer, and makes the rest silent. */
struct seki_answer {
	int fd;
	struct seki_buf items;
	struct seki_err *err;
};
void seki_answer_uint(struct seki_answer *, uint64_t);
void seki_answer_bytes(struct seki_answer *, const void *, size_t);
/* NULL is said as "". */
void seki_answer_text(struct seki_answer *, const char *);
void seki_answer_textn(struct seki_answer *, const char *, size_t);
/* A JSON value or NULL, its members one by one; for none of our own depth. */
void seki_answer_json(struct seki_answer *, const struct json_t *);
void seki_answer_err(struct seki_answer *, const struct seki_err *);
/* Send the items so far as one part, and forget them. */
int seki_answer_send(struct seki_answer *, char letter);

/* The listening side: whatever is not as it must be makes all that follows
 * empty, and the end bad. */
struct seki_heard {
	const unsigned char *p, *end;
	int bad;
};
uint64_t seki_heard_uint(struct seki_heard *, uint64_t max);
/* Bytes and texts are borrowed from the part.  A text is valid UTF-8 with a NUL
 * behind it and none inside; n may be NULL. */
const void *seki_heard_bytes(struct seki_heard *, size_t *n, size_t max);
void seki_heard_exact(struct seki_heard *, void *, size_t);
const char *seki_heard_text(struct seki_heard *, size_t *n, size_t max);
/* A text into dst, of size bytes; "" when it is none or too long. */
void seki_heard_copy(struct seki_heard *, char *dst, size_t size);
/* New reference; NULL for none, for a bad one, and without memory (bad). */
struct json_t *seki_heard_json(struct seki_heard *);
/* A failure that a parser may have; its reason is never SEKI_OK. */
void seki_heard_err(struct seki_heard *, struct seki_err *);
/* How many items of a list: no more than max, nor than there can be. */
size_t seki_heard_count(struct seki_heard *, size_t max);
/* 1 when all was heard and all of it was right. */
int seki_heard_end(const struct seki_heard *);

#endif
