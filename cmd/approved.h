/* What seki-verify and seki-import say of an approval. */
#ifndef CMD_APPROVED_H
#define CMD_APPROVED_H

#include "cmd.h"

/* Who decided, or that nobody did; and for the JSON of the result. */
void cmd_approval(const char *path, const struct seki_manifest *,
    const struct seki_verdict *);

#endif
