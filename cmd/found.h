/* What a scan says to people, of seki-scan and seki-pack. */
#ifndef CMD_FOUND_H
#define CMD_FOUND_H

#include "cmd.h"
#include "scan.h"

/* Findings that are named one by one on stderr; --json names all. */
#define CMD_FOUND_NAMED 20

/* For seki_scan_how; ctx is the object of the JSON. */
void cmd_found(void *ctx, const struct seki_scan_finding *);
void cmd_found_unknown(void *ctx, const char *name);
/* The note of a bundle's scan (seki_scan_summary), in words. */
void cmd_found_met(const char *path, const char *met);
/* How many were not named; nothing when all were. */
void cmd_found_rest(void);

#endif
