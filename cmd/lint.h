/* What a relay would stop, told before a bundle is carried. */
#ifndef CMD_LINT_H
#define CMD_LINT_H

#include "cmd.h"
#include "profile.h"

/* A bundle in the making against a profile: it goes by the name of the output.
 * For struct seki_packing. */
struct cmd_lint {
	const struct seki_profile *profile;
	const char *output;
};
int cmd_lint(const char *path, void *lint, struct seki_err *);

#endif
