/* What seki-pack does, each thing in a file of its own. */
#ifndef PACK_H
#define PACK_H

#include "approval.h"
#include "lint.h"
#include "scan.h"

struct pack_options {
	const char *trust, *key, *state, *audience, *carrier, *output;
	const char *title, *purpose, *class, *period, *contact, *created;
	const char *bookmarks;
	const char *stream, *attachments, *forbid, *override, *by;
	const char *repair, *profile, *page, *approved, *max_size;
	int lint;
	uint64_t expires, max_held, resend, reissue, withdraw;
	int list, test, raw, text;
	struct cmd_list recipients;
};

/* One bundle of the stream (taken). */
int pack_stream(const struct pack_options *, struct seki_sender *,
    struct seki_in *, struct seki_err *);
/* The page to approve instead, and no bundle; in is taken. */
int pack_page(const struct pack_options *, struct seki_sender *,
    struct seki_in *, struct seki_err *);
/* Bundles that the outbox has. */
int pack_reissue(
    const struct pack_options *, struct seki_sender *, struct seki_err *);
int pack_resend(
    const struct pack_options *, struct seki_sender *, struct seki_err *);
int pack_withdraw(
    const struct pack_options *, struct seki_sender *, struct seki_err *);
void pack_show(const struct seki_sent *, void *);
/* Finished bundles against --profile. */
int pack_lint(
    const struct pack_options *, int n, char **operand, struct seki_err *);

/* Of several of them. */
/* Who can open the bundle, or that anybody can. */
void pack_encrypted(const struct pack_options *, const struct seki_packed *);
/* That it was too large for one file. */
void pack_parts(const struct pack_options *, const struct seki_sent *);
/* How the files are called that were handed out before, and that another size
 * does not change them. */
void pack_as_then(const struct pack_options *, const struct seki_sent *);
/* What the options say of a bundle in the making; also after a failure the
 * caller calls pack_given_free. */
struct pack_given {
	struct seki_scan_how scan;
	struct seki_packing p;
	struct seki_approval approval;
	struct seki_trust *trust;
	struct seki_key *key;
};
int pack_given(const struct pack_options *, const char *path,
    struct pack_given *, struct seki_err *);
void pack_given_free(struct pack_given *);
/* --max-size in bytes, 0 without it. */
int pack_max_size(
    const struct pack_options *, uint64_t *bytes, struct seki_err *);
void pack_progress(uint64_t done);
/* The file beside the workbook, if there is one. */
void pack_beside(const struct seki_packed *);
/* One JSON object about a bundle. */
void pack_result(
    const struct seki_sent *, const char *object, const char *message);
/* What the scan answered, in the JSON of a result and of a failure. */
void pack_scanned(const struct seki_packed *, struct seki_err *);
/* With --profile, what the relay would stop is not handed out. */
int pack_let_through(const struct pack_options *, struct seki_packing *,
    struct seki_profile **, struct seki_err *);
/* Whether --bookmarks is a name that the bundle, its parts or its text get,
 * however the folder is spelt. */
int pack_marks_taken(const struct pack_options *);
/* A place for --bookmarks, before anything is given out that they must follow:
 * 0, and *marks NULL when nobody asked. */
int pack_reserve(
    const struct pack_options *, struct seki_out **marks, struct seki_err *);
/* The value the next pull starts from: printed, and stored when asked; a person
 * at a terminal has no use for the long line then.  Takes marks. */
int pack_hand_on(const struct pack_options *, struct seki_out *marks,
    const char *state, struct seki_err *);
/* A delta from other bookmarks than the last bundle's: those it should have
 * begun from go where the next pull looks for them. */
void pack_set_right(
    const struct pack_options *, struct seki_out **marks, const char *state);

#endif
