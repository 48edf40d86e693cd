/*
 * Parts (seki-bundle(5), PARTS): a bundle that is too large for its way travels
 * as several.  Each is a bundle of its own with some of the records, in their
 * order, and carries manifest and signatures of the whole.  Only the whole has
 * a place in the stream, and only together they give it.
 */
#ifndef SEKI_PART_H
#define SEKI_PART_H

#include "seki_int.h"

#define SEKI_SET_MAX 99

/* What a part carries of the whole. */
struct seki_whole {
	struct seki_buf bytes; /* of the manifest */
	unsigned char digest[SEKI_SHA256];
	struct seki_manifest *manifest;
	struct seki_sig sig[SEKI_SIGNATURES_MAX];
	struct seki_buf der[SEKI_SIGNATURES_MAX];
	size_t nsig;
	/* Of an encrypted one that was opened: the true root is in manifest
	 * then. */
	unsigned char blind[SEKI_SHA256];
};
/*
 * Into b->whole, of a part whose manifest was read: SEKI_DIGEST when it is
 * missing or another than part.set names, SEKI_MANIFEST when it is none or what
 * the part says of itself is not what the whole says, SEKI_ZIP, SEKI_LIMIT.
 */
int seki_whole_read(struct seki_bundle *b, struct seki_err *);
void seki_whole_free(struct seki_whole *);
/* The manifest that has the place in the stream, and its digest. */
const struct seki_manifest *seki_bundle_placed(
    const struct seki_bundle *, const unsigned char **digest);

/*
 * Which lines of the whole's stream a part has, SCHEMA and STATE not counted:
 * from 1, to included, of all.  It stands in the note, "1-205/700", and tells
 * parts of two cuts apart.  -1: none, or another text.
 */
#define SEKI_NOTE_LINES "lines"
struct seki_lines {
	uint64_t from, to, of;
};
int seki_lines_read(const struct seki_manifest *, struct seki_lines *);
int seki_lines_note(
    struct seki_manifest *, const struct seki_lines *, struct seki_err *);
/* Does b go on where a ends? */
int seki_lines_meet(
    const struct seki_manifest *a, const struct seki_manifest *b);

/* All parts of one whole, as it. */
struct seki_set {
	struct seki_bundle *part[SEKI_SET_MAX];
	size_t n;
	int stream; /* the whole's records, put together; -1: not yet */
	size_t damaged; /* parts whose cells are not what was signed */
	struct seki_place made;
};
/*
 * The bundle that these are the parts of; they are taken, on failure not.
 * SEKI_GAP when one is missing, SEKI_POLICY when they are of different ones or
 * one is there twice.  part[i] is n = i + 1 or NULL.
 */
struct seki_bundle *seki_set_join(
    struct seki_bundle *const *part, size_t n, struct seki_err *);
/* Which parts are missing: "2, 3", appended. */
int seki_set_missing(struct seki_bundle *const *part, size_t n,
    struct seki_buf *, struct seki_err *);
/* The parts verified, their records put together and proven against the whole:
 * what seki_bundle_verify does for a set, but for what the caller does with the
 * records. */
int seki_set_verify(struct seki_bundle *, const struct seki_check *,
    struct seki_verdict *, struct seki_err *);
void seki_set_free(struct seki_set *);

/* NAME.zip, part 2 of 12: "NAME-02of12.zip", appended. */
int seki_part_name(const char *name, uint64_t n, uint64_t of, struct seki_buf *,
    struct seki_err *);

#endif
