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
	char *name; /* as it came */
	int fd;	    /* owned when own is set */
	int own;
	struct seki_place place;
	unsigned char sha256[SEKI_SHA256]; /* of what it yields, */
	int known;			   /* when that was worked out */
	int taken;			   /* the workbook, an attachment */
};
struct seki_relay {
	int whole; /* the file that came, owned, or -1 */
	int fd;	   /* the workbook's, owned */
	uint64_t at, length;
	struct seki_relay_file *file; /* whatever else came */
	size_t nfile;
	int stream; /* the records' stream, made of the cells; -1: not yet */
	uint64_t nstream;
	uint32_t crc;
	/* For people: what was met and does no harm. */
	uint64_t hidden;   /* rows, columns, sheets */
	uint64_t repaired; /* values that 補修 gave back */
	uint64_t broken;   /* characters that were no UTF-8 */
};

/*
 * What arrived: a file of ours (fd is taken; path for messages), or with fd -1
 * the folder at path.  *seal is the archive of 署名, the caller's, and
 * *length its size.  SEKI_ZIP: neither a workbook nor an archive or folder with
 * one; a text or page that came instead is shown.  SEKI_XLSX, SEKI_SIGNATURE:
 * no signature in it, or a damaged one.
 */
struct seki_relay *seki_relay_open(int fd, uint64_t length, const char *path,
    const char *spool, int *seal, uint64_t *nseal, struct seki_err *);
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
/* What came as the attachment f of the manifest: by its digest, else by its
 * name; NULL when nothing did. */
const struct seki_relay_file *seki_relay_att(
    const struct seki_relay *, const struct seki_entry *f, int *exact);

#endif
