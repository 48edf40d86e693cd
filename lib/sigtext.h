/*
 * Bytes as cells of text that every program passes on: the sheet 署名 of a
 * workbook for a relay (seki-relay(5), SIGNATURE TEXT).
 *
 * A cell is NNNN/TTTT:CCCCCCCC: and up to 4,000 letters of base64 (RFC 4648 4):
 * its number and how many there are, from 1, in at least four digits; the
 * CRC-32 of its bytes in hexadecimal; its bytes, 3,000 but in the last one.
 */
#ifndef SEKI_SIGTEXT_H
#define SEKI_SIGTEXT_H

#include "seki_int.h"

#define SEKI_SIGTEXT_BYTES ((size_t)3000)
/* What a text file of them is called in an archive. */
#define SEKI_SIGTEXT_FILE "signature.txt"

/* The file at fd, length bytes of it, as cells, each handed to put. */
int seki_sigtext_write(int fd, uint64_t length,
    int (*put)(void *ctx, const char *, size_t, struct seki_err *), void *ctx,
    struct seki_err *);

/*
 * Back: cells in any order, doubled ones too, among whatever else is there.
 * The bytes go into the file fd, which is borrowed; with -1 nowhere: to learn
 * whether there are any.
 */
struct seki_sigtext;
struct seki_sigtext *seki_sigtext_new(int fd, struct seki_err *);
/* 1 when the text is such a cell, good or damaged; 0 when it is another; -1. */
int seki_sigtext_take(
    struct seki_sigtext *, const char *, size_t, struct seki_err *);
/* Any such cell was there; all are, and good. */
int seki_sigtext_any(const struct seki_sigtext *);
int seki_sigtext_whole(const struct seki_sigtext *);
/* The length of the bytes; -1: SEKI_XLSX when there was no such cell, SEKI_SIGNATURE with the numbers of
 * those that are missing or damaged. */
int seki_sigtext_end(
    struct seki_sigtext *, uint64_t *length, struct seki_err *);
void seki_sigtext_free(struct seki_sigtext *);

#endif
