/* A bundle in the making, shared by pack.c and pack_relay.c. */
#ifndef SEKI_PACK_INT_H
#define SEKI_PACK_INT_H

#include "reclist.h"
#include "repair.h"
#include "scan_int.h"

/* What travels in 署名 beside manifest and signatures, and how it goes. */
struct seki_pack_relay {
	int zip;			  /* a ZIP of the workbook */
	int text;			  /* and in it the text of 署名 */
	const struct seki_repair *repair; /* or NULL */
	struct seki_squeeze *squeeze;	  /* of the frame */
	struct seki_sha256 sha;
	struct seki_part frame;
	struct seki_reclist_out *out;
	struct seki_part *list; /* one for the records, one for each table */
	size_t nlist;
	int seal; /* the file that 署名 holds, or -1 */
	uint64_t nseal;
};

struct seki_pack {
	const char *spool, *attachments;
	struct seki_press *press;
	struct seki_squeeze *squeeze;
	struct seki_sha256 sha; /* of the stream */
	struct seki_stream_in *in;
	struct seki_view *view;
	struct seki_scan_how how;
	struct seki_scan *scan;
	struct seki_part records, book;
	struct seki_atts atts; /* named by the records */
	struct seki_part *att; /* one each */
	int att_fd;
	int sealed; /* records, book and files are encrypted */
	unsigned char blind[SEKI_SHA256]; /* then */
	int keep;		/* the stream's bytes, in the clear: */
	struct seki_part clear; /* fd -1: they are still records */
	const struct seki_of *of; /* a part's, or NULL */
	struct seki_part files;
	const struct seki_manifest *m;
	struct seki_pack_relay *relay; /* or NULL: media */
};

/* What begins every archive of a bundle: manifest, signature; in a part also
 * those of the whole. */
int seki_pack_head(const struct seki_pack *, const struct seki_sealing *,
    struct seki_zipout *, struct seki_err *);
/* The stream's bytes are complete. */
int seki_pack_records_end(struct seki_pack *, struct seki_err *);

/* Frame and record lists, beside the workbook that the view makes. */
int seki_pack_relay_begin(struct seki_pack *, struct seki_err *);
int seki_pack_relay_put(
    struct seki_pack *, const struct seki_record *, struct seki_err *);
/* After the last record: the parts are done and listed in m. */
int seki_pack_relay_end(
    struct seki_pack *, struct seki_manifest *m, struct seki_err *);
/* Signed: the workbook is finished, read back as the other side will, and
 * written out, alone or with its attachments. */
int seki_pack_relay_write(struct seki_pack *, const struct seki_sealing *,
    struct seki_out *, uint64_t *size, unsigned char *sha256,
    struct seki_err *);
void seki_pack_relay_free(struct seki_pack *);

#endif
