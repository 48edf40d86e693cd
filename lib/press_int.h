/*
 * Deflating on every core: bytes are cut into pieces of a fixed length, each
 * deflated by whichever thread is free, and written in their order.  So what
 * comes out depends on what goes in, not on how many threads there were.
 */
#ifndef SEKI_PRESS_INT_H
#define SEKI_PRESS_INT_H

#include "seki_int.h"

/* A piece, and what of the piece before it deflate may refer to. */
#define SEKI_PIECE ((size_t)128 * 1024)
#define SEKI_PIECE_DICT ((size_t)32 * 1024)

struct seki_piece {
	struct seki_piece *next;
	struct seki_squeeze *of;
	uint64_t number;
	int last;
	size_t n, ndict;
	unsigned char dict[SEKI_PIECE_DICT], in[SEKI_PIECE];
};

/* A piece to fill; waits while enough of them are on their way. */
struct seki_piece *seki_press_get(struct seki_press *, struct seki_err *);
/* Taken: deflated and written in its turn. */
void seki_press_put(struct seki_press *, struct seki_piece *);
/* Taken, never used; NULL is fine. */
void seki_press_back(struct seki_press *, struct seki_piece *);
/* Until number pieces of a squeeze are finished. */
void seki_press_wait(
    struct seki_press *, const uint64_t *finished, uint64_t number);

/* A thread's own (lib/squeeze.c); NULL when there is no memory for it. */
struct seki_deflater;
struct seki_deflater *seki_deflater_new(void);
void seki_deflater_free(struct seki_deflater *);
/* What is done with a piece, in this order.  turn and done are called with the
 * press locked, by which all threads agree. */
void seki_piece_deflate(struct seki_piece *, struct seki_deflater *);
int seki_piece_turn(const struct seki_piece *);
void seki_piece_write(struct seki_piece *, struct seki_deflater *);
void seki_piece_done(struct seki_piece *);

#endif
