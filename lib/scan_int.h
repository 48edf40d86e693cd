/* What the files that look into attachments share: scan_file.c tells what a
 * file is, scan_zip.c walks archives, scan_office.c reads the parts of office
 * documents, scan_ole.c old ones, scan_pdf.c, scan_page.c texts that programs
 * run. */
#ifndef SEKI_SCAN_INT_H
#define SEKI_SCAN_INT_H

#include "attach_int.h"
#include "scan.h"

struct seki_scan_file {
	struct seki_magic *magic;
	const char *spool;
	struct seki_scan_text text; /* for numbers in what people read */
	struct seki_buf line;	    /* of it, what waits to be looked at */
	uint64_t left; /* that may still be inflated */
	struct seki_scan_inside *to;
	unsigned char *chunk; /* 2 SEKI_CHUNK */
};
void seki_scan_add(
    struct seki_scan_file *, enum seki_scan_level, enum seki_scan_what);
/* So many bytes more are to be inflated: 1, or 0 and a LIMIT. */
int seki_scan_spend(struct seki_scan_file *, uint64_t);
/* Numbers in a text that comes in pieces of whole characters: what is cut
 * between two pieces is found, too.  end: nothing follows. */
int seki_scan_piece(struct seki_scan_file *, const char *, size_t, int end,
    struct seki_err *);
/* n bytes at a place of the file: how many there were, or -1. */
ssize_t seki_scan_get(
    int fd, uint64_t at, void *, size_t n, struct seki_err *);

/* Calls each for every string and integer of a JSON text that was read well;
 * name is that of the member it stands under, or "". */
struct seki_scan_each {
	int (*each)(void *ctx, const char *name, const char *, size_t,
	    struct seki_err *);
	void *ctx;
};
int seki_scan_each(const struct seki_scan_each *, const char *json, size_t,
    struct seki_err *);

/* One file of any kind; name is an entry's or "". */
int seki_scan_look(struct seki_scan_file *, int fd, uint64_t size,
    const char *name, int depth, struct seki_err *);
/* 1 when there is an archive with its end at the file's end; *prefix: bytes
 * before it that are not its own. */
int seki_scan_zip_there(
    int fd, uint64_t size, uint64_t *prefix, struct seki_err *);
int seki_scan_zip(struct seki_scan_file *, int fd, uint64_t size, int depth,
    struct seki_err *);
/* An XML part; in is taken.  What breaks XML's rules is a finding. */
int seki_scan_part(struct seki_scan_file *, struct seki_in *,
    const char *name, struct seki_err *);
int seki_scan_ole(
    struct seki_scan_file *, int fd, uint64_t size, struct seki_err *);
int seki_scan_pdf(
    struct seki_scan_file *, int fd, uint64_t size, struct seki_err *);
/* Texts: web pages, RTF, mails, plain text. */
int seki_scan_page(
    struct seki_scan_file *, int fd, uint64_t size, struct seki_err *);

#endif
