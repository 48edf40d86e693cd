/*
 * Recorded approval (seki-bundle(5), APPROVAL): a printed page goes through the
 * town's own papers, and a check code binds what it showed.  Nobody signs: it
 * never counts as an approver's signature.
 */
#ifndef SEKI_APPROVAL_H
#define SEKI_APPROVAL_H

#include "seki_int.h"

/* 20 digits in groups of five with hyphens, and NUL. */
#define SEKI_APPROVAL_CODE 24
/* The note that names who approved. */
#define SEKI_NOTE_APPROVER "approver"
/* What covers and ledgers call it. */
#define SEKI_APPROVAL_RECORDED "記録承認（電子署名なし）"

/* What the operator enters once the page was approved. */
struct seki_approval {
	char number[513], name[513], code[SEKI_APPROVAL_CODE];
};
/* NUMBER:NAME:CODE, where NAME may have colons and CODE is as people write it:
 * SEKI_USAGE. */
int seki_approval_parse(
    const char *, struct seki_approval *, struct seki_err *);
/* Into the manifest, without looking whether the code is right. */
int seki_approval_set(
    struct seki_manifest *, const struct seki_approval *, struct seki_err *);

/* The code of what the manifest says. */
int seki_approval_code(const struct seki_manifest *,
    char code[SEKI_APPROVAL_CODE], struct seki_err *);
/* 1 when the manifest's own code is that, 0, -1. */
int seki_approval_same(const struct seki_manifest *, struct seki_err *);
/* Is this manifest's approval a recorded one? */
int seki_approval_recorded(const struct seki_manifest *);
/* A recorded approval names its number and who approved, and its code is that
 * of the content (SEKI_POLICY); any other is not looked at, nor is that of a
 * part, which is the whole's. */
int seki_approval_check(const struct seki_manifest *, struct seki_err *);
/*
 * Of an encrypted bundle the manifest must not let guesses be tested: instead of
 * the code it has the digest of it and blind, 32 bytes that are inside.  And
 * back, where the rest of the manifest is that of the open bundle: a code that
 * is not the content's stays as it is, and is refused by seki_approval_check.
 */
int seki_approval_blind(
    struct seki_manifest *, const unsigned char *blind, struct seki_err *);
int seki_approval_unblind(
    struct seki_manifest *, const unsigned char *blind, struct seki_err *);
/* Who approved, or ""; borrowed. */
const char *seki_approval_name(const struct seki_manifest *);

/* The page for the section chief: one sheet of A4 without values of records. */
struct seki_approval_page {
	const struct seki_manifest *m;
	const struct seki_schema *schema;
	const struct seki_sent *last; /* the bundle just before, or NULL */
	int form;		      /* last had another form */
	seki_time now;
};
int seki_approval_print(const struct seki_approval_page *, const char *spool,
    struct seki_out *, struct seki_err *);

#endif
