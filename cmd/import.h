/* What seki-import says. */
#ifndef IMPORT_H
#define IMPORT_H

#include "seki.h"

/* Make the local stream from the one input; the failure or result is reported.
 * fresh: a run that changes nothing is a failure (stale). */
void import_local(struct seki_store *, const struct seki_local *,
    struct seki_in *taken, const char *store_path, int fresh);

#endif
