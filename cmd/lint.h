/* What a relay would stop, told before a bundle is carried. */
#ifndef CMD_LINT_H
#define CMD_LINT_H

#include "cmd.h"
#include "profile.h"

/* A file in the making against the profile ctx: it goes by the name as.  For
 * struct seki_packing. */
int cmd_lint(const char *path, const char *as, void *ctx, struct seki_err *);

#endif
