/*
 * Characters that could stand for another one which an old system does not
 * have (the shrink map of MJ characters and its like).  Seki ships no such
 * table: their data has a licence of its own.  A person chooses; nothing is
 * ever replaced by it.
 */
#ifndef FOLD_H
#define FOLD_H

#include "seki_int.h"

struct seki_fold_to {
	uint32_t from, to;
	uint32_t reason; /* offset, for seki_fold_reason */
	uint32_t row;	 /* of the file */
};
struct seki_fold;
/* CSV with the columns 元 (from), 候補 (to), 理由 (reason; may be missing), one
 * row a candidate.  SEKI_RULES names row and column of what is double, empty
 * or no character.  in is taken. */
struct seki_fold *seki_fold_read(struct seki_in *in, struct seki_err *);
struct seki_fold *seki_fold_open(const char *path, struct seki_err *);
/* How many candidates there are; *to is the first one, in order of their code
 * points, borrowed. */
size_t seki_fold_find(
    const struct seki_fold *, uint32_t from, const struct seki_fold_to **to);
const char *seki_fold_reason(
    const struct seki_fold *, const struct seki_fold_to *);
/* The candidates of one character that CP932 has, joined by |, appended: 0;
 * SEKI_B_NO_CANDIDATE; SEKI_B_UNPARSED when it is not one character; -1. */
int seki_fold_text(const struct seki_fold *, const char *, size_t,
    struct seki_buf *, struct seki_err *);
void seki_fold_free(struct seki_fold *);

/*
 * A city's own characters (外字): what its private code points mean.
 */
struct seki_gaiji_char {
	uint32_t c;	  /* of a private-use area */
	uint32_t row;	  /* of the file */
	const char *text; /* what may stand for it, or "" */
	const char *mj;	  /* its name in the MJ list, or "" */
	const char *name; /* what people call it, or "" */
	const char *note;
};
struct seki_gaiji;
/* CSV with the columns 外字 (code), 代替 (text), MJ文字図形名 (mj), 名称
 * (name), 備考 (note); one row a character, with a text or an MJ name.  As
 * above. */
struct seki_gaiji *seki_gaiji_read(struct seki_in *in, struct seki_err *);
struct seki_gaiji *seki_gaiji_open(const char *path, struct seki_err *);
/* Borrowed; NULL when the table does not know it. */
const struct seki_gaiji_char *seki_gaiji_find(
    const struct seki_gaiji *, uint32_t);
void seki_gaiji_free(struct seki_gaiji *);

/* The tables a list of lost characters may be explained by; either may be
 * NULL. */
struct seki_charset_tables {
	const struct seki_fold *fold;
	const struct seki_gaiji *gaiji;
};

#endif
