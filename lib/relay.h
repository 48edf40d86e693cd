/*
 * What a relay delivers in place of a bundle (seki-workbook(5), RELAY): a
 * workbook that others may have rewritten, alone, in a ZIP or in a folder with
 * its attachments.  Its sheet 署名 holds a small archive of ours; the records
 * come out of its cells.
 */
#ifndef SEKI_RELAY_H
#define SEKI_RELAY_H

#include "seki_int.h"

struct seki_relay_file {
	char *name; /* as it came, without its folder */
	struct seki_place place;	   /* in whole */
	unsigned char sha256[SEKI_SHA256]; /* of what it yields, */
	int known;			   /* when that was worked out */
	int taken;			   /* the workbook, an attachment */
};
struct seki_relay {
	/* What came: a file, or those of a folder one behind the other. */
	int whole;
	uint64_t nwhole;
	int folder;
	struct seki_relay_file *file; /* of a folder or archive */
	size_t nfile;
	/* The workbook: in whole, or inflated into a file of its own. */
	int book;
	uint64_t at, length;
	int stream;		/* the records', made of the cells; -1: not yet */
	struct seki_place made; /* where it lies there */
	/* For people: what was met and does no harm. */
	uint64_t hidden;   /* rows, columns, sheets */
	uint64_t repaired; /* values that 補修 gave back */
	uint64_t broken;   /* characters that were no UTF-8 */
};

/*
 * What arrived: a file of ours (fd is taken, on failure too; path for messages),
 * or with fd -1 the folder at path.  *seal is the archive of 署名, the caller's,
 * and *length its size.  It is taken apart by a worker without rights, unless
 * direct says that it is ours.  SEKI_ZIP: neither a workbook nor an archive or
 * folder with one; a text or page that came instead is shown.  SEKI_XLSX,
 * SEKI_SIGNATURE: no signature in it, or a damaged one.
 */
struct seki_relay *seki_relay_open(int fd, uint64_t length, const char *path,
    const char *spool, int direct, int *seal, uint64_t *nseal,
    struct seki_err *);
/* The parsing of that: workbook and signature text in what lies in whole, with
 * the files of a folder listed; those of an archive are then, too. */
struct seki_relay_find {
	struct seki_relay *r;
	const char *path; /* for messages */
	const char *spool;
	int seal, book; /* files to write the archive and the workbook into */
	uint64_t nseal; /* bytes of the archive */
	int inflated;	/* the workbook lies in book, not in whole */
};
int seki_relay_find(struct seki_relay_find *, struct seki_err *);
/* The files of a folder, copied into whole. */
int seki_relay_folder(struct seki_relay *, const char *path, const char *spool,
    struct seki_err *);
int seki_relay_add(struct seki_relay *, const char *name,
    const struct seki_place *, struct seki_err *);
/* Does the file begin like a bundle of ours, with manifest.json? */
int seki_relay_ours(int fd);
/* 1 when fd is the stream made of the cells. */
int seki_relay_stream(const struct seki_relay *, int fd);
void seki_relay_free(struct seki_relay *);

/*
 * The stream out of the cells, into b->relay->stream, which begins with the
 * frame's SCHEMA and ends with its STATE.  The frame and the lists of b are
 * proven already.  SEKI_CONTENT when its root is not the signed one, or
 * anything in the sheets differs from what was signed; what, is added to
 * damage, which may be NULL.
 */
int seki_relay_build(
    struct seki_bundle *b, struct seki_damage *damage, struct seki_err *);
/* The parsing of that, into the file out, or with -1 for the root alone. */
struct seki_relay_made {
	unsigned char root[SEKI_SHA256];
	uint64_t written, hidden, repaired, broken;
	uint32_t crc;
};
typedef int seki_damage_fn(
    void *ctx, const struct seki_damage_item *, struct seki_err *);
int seki_relay_make(struct seki_bundle *, int out, seki_damage_fn *, void *ctx,
    struct seki_relay_made *, struct seki_err *);
/*
 * Step 7 for a relay: the archive's files by their digests; attachments, which
 * a sanitiser may have made anew: those are counted and named in the verdict,
 * SEKI_DIGEST unless accept is set.  What else came is counted, too.
 */
int seki_relay_files(const struct seki_bundle *, int accept,
    struct seki_verdict *, struct seki_err *);
/* "SIGNED DELIVERED SIZE" for each attachment that came back changed, digests
 * and bytes, lines separated by LF; appended. */
int seki_relay_remade(
    const struct seki_bundle *, struct seki_buf *, struct seki_err *);
/* Is it called as a copy of the signature's text is: signature.txt, or as a
 * workbook beside it? */
int seki_relay_text(const struct seki_relay *, const struct seki_relay_file *);
/* What came as the attachment f of the manifest: by its digest, else by its
 * name; NULL when nothing did. */
const struct seki_relay_file *seki_relay_att(
    const struct seki_relay *, const struct seki_entry *f, int *exact);

#endif
