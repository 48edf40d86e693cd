/* The sender's database, shared by sender.c and outbox.c. */
#ifndef SENDER_INT_H
#define SENDER_INT_H

#include <sqlite3.h>

#include "seki_int.h"

struct seki_sender {
	char *dir;
	int lock;
	struct sqlite3 *db;
};

/* Statements: prepare and bind in one.  Letters: s text, i int64; NULL text
 * binds as "". */
sqlite3_stmt *seki_sender_sql(struct seki_sender *, struct seki_err *,
    const char *sql, const char *letters, ...);
/* Run to the end and finalize; stmt may be NULL (err is set then). */
int seki_sender_run(struct seki_sender *, sqlite3_stmt *, struct seki_err *);
/* 1 a row, 0 none, -1. */
int seki_sender_step(struct seki_sender *, sqlite3_stmt *, struct seki_err *);
int seki_sender_begin(struct seki_sender *, struct seki_err *);
int seki_sender_commit(struct seki_sender *, struct seki_err *);
void seki_sender_rollback(struct seki_sender *);
/* What a reissue that was killed left in the folder, which is locked, goes. */
void seki_sender_sweep(const char *dir);

/* A bundle's manifest and the preparer's signature over it. */
#define SEKI_SIG_NAME 64
struct seki_signed {
	struct seki_buf manifest, der;
	char name[SEKI_SIG_NAME];
};
#define SEKI_SIGNED_INIT { SEKI_BUF_INIT, SEKI_BUF_INIT, "" }
/* What was read is encrypted, when there is to whom, and its manifest signed;
 * the trust file judges that as the other side will.  The caller frees w, after
 * a failure too. */
int seki_sender_sign(const struct seki_packing *, struct seki_pack *,
    struct seki_manifest *, const struct seki_recipients *to,
    struct seki_signed *w, struct seki_err *);
/* The finished bundle into out: its size, and its digest in hex. */
int seki_sender_write(struct seki_pack *, const struct seki_signed *,
    struct seki_out *, uint64_t *size, char sha256[SEKI_HEX],
    struct seki_err *);
void seki_signed_free(struct seki_signed *);
/* Is it for a relay?  And if so the pack gets to know (SEKI_USAGE). */
int seki_sender_relay(const struct seki_packing *);
/* The finished file, before it is committed, to who asked to see it; as is what
 * it will be called. */
int seki_sender_shown(const struct seki_packing *, struct seki_out *,
    const char *as, struct seki_err *);
/* Where one is wanted, the finished text beside the workbook, shown too; the
 * archive of 署名 is length bytes of fd. */
struct seki_sigfile;
int seki_sender_text(const struct seki_packing *, int fd, uint64_t length,
    struct seki_sigfile *, struct seki_err *);
/* The output is a ZIP; a workbook. */
int seki_sender_zip(const struct seki_packing *);
int seki_sender_book(const struct seki_packing *);
/* Does the trust file let it travel so (SEKI_POLICY)? */
int seki_sender_may(const struct seki_packing *, const struct seki_policy *,
    size_t recipients, const char *stream, struct seki_err *);
int seki_sender_carry(
    struct seki_pack *, const struct seki_packing *, struct seki_err *);

/* Everything that places k in its stream, and what people said of it, into a
 * manifest for o->carrier; but the approval's code, which is about content. */
int seki_sender_like(struct seki_manifest *, const struct seki_manifest *k,
    const struct seki_packing *, struct seki_err *);

/* The outbox (lib/outbox.c). */
/* The newest live bundle of a stream with this status (or any but withdrawn,
 * NULL) and seq (0: any): 1, 0, -1. */
int seki_outbox_find(struct seki_sender *, const char *stream,
    const char *status, uint64_t seq, struct seki_sent *, struct seki_err *);
int seki_outbox_add(struct seki_sender *, const struct seki_sent *,
    const char *state, struct seki_err *);
int seki_outbox_status(struct seki_sender *, const struct seki_sent *,
    const char *status, struct seki_err *);
/* The value of the STATE it was packed with, or that of NULL, "{}"; the
 * caller's to free. */
int seki_outbox_state(struct seki_sender *, const struct seki_sent *,
    char **state, struct seki_err *);
/* The same records were read again: the next pull may begin there. */
int seki_outbox_restate(struct seki_sender *, const struct seki_sent *,
    const char *state, struct seki_err *);
int seki_outbox_drop(
    struct seki_sender *, const struct seki_sent *, struct seki_err *);
/* Where its bytes are kept: appended to buf. */
int seki_outbox_path(const struct seki_sender *, const struct seki_sent *,
    struct seki_buf *, struct seki_err *);
/* 1 when the file at path has the bundle's size and digest, 0 when it is
 * another or cannot be read, -1 when there is none. */
int seki_outbox_same(const struct seki_sent *, const char *path);
/* A regular file with those: its descriptor, or -1. */
int seki_outbox_open(const struct seki_sent *, const char *path);
/* Of a bundle with parts (lib/outbox_part.c) these are about the files of all
 * parts, beside path. */
/* Everything that is kept of it is as it was. */
int seki_outbox_whole(struct seki_sender *, const struct seki_sent *);
/* What was handed out under path: 1 it is this bundle, 0 another or not all of
 * it, -1 there is nothing. */
int seki_outbox_there(
    struct seki_sender *, const struct seki_sent *, const char *path);
/* Every file of it to who asks to see what is handed out, unless it is larger
 * than allowed; the size of the largest. */
int seki_outbox_shown(struct seki_sender *, const struct seki_sent *,
    const struct seki_packing *, uint64_t *largest, struct seki_err *);
/* Where part n is kept, appended. */
int seki_outbox_part_path(const struct seki_sender *, const struct seki_sent *,
    uint64_t n, struct seki_buf *, struct seki_err *);
struct seki_cut_parts;
int seki_outbox_parts_add(struct seki_sender *, const struct seki_sent *,
    const struct seki_cut_parts *, struct seki_err *);
/* Files and rows; nothing when there are none. */
int seki_outbox_parts_drop(
    struct seki_sender *, const struct seki_sent *, struct seki_err *);
/* What a kill left of a withdrawn bundle's parts, before its number is used
 * again. */
int seki_outbox_parts_left(
    struct seki_sender *, const struct seki_sent *, struct seki_err *);
/* The kept bytes are encrypted to just these, or to nobody as to says.  When
 * they cannot be read: they are not encrypted. */
int seki_outbox_sealed(const struct seki_sender *, const struct seki_sent *,
    const struct seki_recipients *to);
/* Hand out the kept bytes under path, checked on the way, with the text beside
 * them, or NULL; parts that stand there already stay. */
int seki_outbox_publish(struct seki_sender *, const struct seki_sent *,
    const char *path, struct seki_sigfile *, struct seki_err *);

/* Where a stream stands: 1, 0 when nothing was packed yet, -1. */
struct seki_stand {
	uint64_t epoch, seq;
	char manifest[SEKI_HEX];
	seki_time created;
	char system[64], domain[256], app[128];
};
int seki_sender_stand(struct seki_sender *, const char *stream,
    struct seki_stand *, struct seki_err *);
/* Position and ledger row of a bundle that was handed out, inside the
 * caller's transaction. */
int seki_sender_settle(
    struct seki_sender *, const struct seki_sent *, struct seki_err *);
/* The stream stands at this bundle, or with NULL nowhere. */
int seki_sender_place(struct seki_sender *, const char *stream,
    const struct seki_sent *, struct seki_err *);
/* A ledger row about a bundle, inside the caller's transaction. */
int seki_sender_note(struct seki_sender *, const char *kind,
    const struct seki_sent *, struct seki_err *);

#endif
