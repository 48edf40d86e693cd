/* What a relay did to a workbook, told and written down. */
#ifndef CMD_DAMAGE_H
#define CMD_DAMAGE_H

#include "cmd.h"

/* --report FILE.xlsx and --damage FILE; NULL when not asked for. */
struct cmd_damage {
	const char *report, *list;
};
/* Names what is damaged, the first CMD_DAMAGE_NAMED cells, and writes the files
 * that were asked for.  -1: one of them could not be written. */
#define CMD_DAMAGE_NAMED 20
int cmd_damage(const struct cmd_damage *, const struct seki_damage *,
    const struct seki_manifest *, const char *path, struct seki_err *);
/* Of what came through a relay without harm. */
void cmd_damage_notes(const char *path, const struct seki_verdict *);

#endif
