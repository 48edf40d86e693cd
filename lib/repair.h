/*
 * Which values of a bundle a workbook for a relay spells out once more, in the
 * sheet 補修: those that a relay damaged before (seki-verify --damage), beside
 * those with characters beyond U+FFFF, which some programs break.
 */
#ifndef SEKI_REPAIR_H
#define SEKI_REPAIR_H

#include "seki_int.h"

struct seki_repair;
/*
 * A damage list (seki-relay(5), DAMAGE LIST).  SEKI_TEXT when it is none,
 * SEKI_CONFIG when it is about another stream than this; seq is that of the
 * bundle it is about.
 */
struct seki_repair *seki_repair_open(
    const char *path, const char *stream, uint64_t *seq, struct seki_err *);
/* Is it on the list?  code: of the field; "*" on the list is every field. */
int seki_repair_has(
    const struct seki_repair *, const char *key, size_t nkey, const char *code);
/* How many entries it has. */
size_t seki_repair_count(const struct seki_repair *);
void seki_repair_free(struct seki_repair *);

/* Must a relay's workbook spell the text out?  0; 1 for what is beyond U+FFFF;
 * 2: a number in text, with all. */
int seki_repair_wants(const char *, size_t);
/* The spelling, appended: ␛{HEX} for each character beyond U+FFFF, with all
 * for each beyond U+007F and the first, so that no program takes the cell for
 * a number or a date, and whatever a cell escapes. */
int seki_repair_spell(
    struct seki_buf *, const char *, size_t, int all, struct seki_err *);
/* Bytes of s whose spelling fits one cell: whole characters. */
size_t seki_repair_cut(const char *, size_t, int all);

#endif
