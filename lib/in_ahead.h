/* A stream that a thread of its own reads ahead of whoever asks for it. */
#ifndef SEKI_IN_AHEAD_H
#define SEKI_IN_AHEAD_H

#include "seki_int.h"

/* below is taken, and only that thread reads it: up to 256 KiB ahead.  What it
 * yields, its end and its failure, come as from below itself. */
struct seki_in *seki_in_ahead(struct seki_in *below, struct seki_err *);

#endif
