/*
 * The third copy of a relay's signature: the text of its sheet 署名 as a file
 * beside the workbook (seki-relay(5), SIGNATURE TEXT).
 */
#ifndef SEKI_SIGFILE_H
#define SEKI_SIGFILE_H

#include "seki_int.h"

/* All zero: none is wanted, which the calls below take for done. */
struct seki_sigfile {
	char *path;
	struct seki_out *out; /* until it has its name */
	int named;	      /* this run gave it its name */
};

/*
 * Finish that of the workbook NAME.xlsx, which need not be there yet: NAME.txt,
 * without its name.  The archive of 署名 is length bytes of fd.  A file that
 * stands there already with the same bytes does; another one is SEKI_FILE.
 */
int seki_sigfile_make(struct seki_sigfile *, const char *book, int fd,
    uint64_t length, struct seki_err *);
/* It gets its name, if that is free (SEKI_FILE). */
int seki_sigfile_place(struct seki_sigfile *, struct seki_err *);
/* The workbook did not get its own: the text loses it again, if it was we who
 * gave it. */
void seki_sigfile_undo(struct seki_sigfile *);
void seki_sigfile_release(struct seki_sigfile *);

#endif
