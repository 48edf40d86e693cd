/*
 * What people chose to stand for characters that a gate's set does not have,
 * and the city's own characters (外字).  A replacement is made only where the
 * original stays beside it, and only when the value passes the gate with it.
 */
#ifndef SEKI_FALLBACK_H
#define SEKI_FALLBACK_H

#include "fold.h"
#include "lost.h"

/* Characters of one fallback, such as (株). */
#define SEKI_FALLBACK_CHARS 16

/* Columns of the table, as the report on characters has them too; the others
 * of the report are passed over. */
enum seki_fallback_col {
	SEKI_FB_CHAR,
	SEKI_FB_POINTS,
	SEKI_FB_NAME,
	SEKI_FB_CLASS,
	SEKI_FB_GATE,
	SEKI_FB_FIELDS,
	SEKI_FB_COUNT,
	SEKI_FB_RECORDS,
	SEKI_FB_CANDIDATES,
	SEKI_FB_TO,
	SEKI_FB_REPLACED,
	SEKI_FB_NOTE,
	SEKI_FB_COLS
};
extern const char *const seki_fallback_ja[], *const seki_fallback_en[];
extern const char *const seki_fallback_sheet[2]; /* ja, en */

struct seki_fallback;
/*
 * The filled-in report, XLSX or CSV: 文字 (character) or 符号位置 (code points),
 * 代替 (fallback), and perhaps 検査 (gate); without it the row is for every
 * gate of the rules table.  Rows without a fallback are passed over.
 * SEKI_RULES names row and column of what is wrong; SEKI_CONFIG a fallback that
 * does not pass its own gate, or is a question mark.  hex is of the file.
 */
struct seki_fallback *seki_fallback_open(const char *path,
    const struct seki_rules *, char hex[SEKI_HEX], struct seki_err *);
struct seki_fallback *seki_fallback_read(struct seki_in *,
    const struct seki_rules *, char hex[SEKI_HEX], struct seki_err *);
/* What was chosen for one character at a gate, or NULL. */
const char *seki_fallback_find(const struct seki_fallback *,
    const struct seki_norm_kind *, const char *, size_t);
void seki_fallback_free(struct seki_fallback *);

/* Both tables together; either may be NULL. */
struct seki_standins {
	struct seki_fallback *fallback;
	const struct seki_gaiji *gaiji;
	/* Values that were given other characters; values that were not, only
	 * because their row does not keep the original, and the first such
	 * output. */
	uint64_t given, unkept;
	const char *unkept_output;
};
/* What stands for the character at a gate: chosen, or the city's own word when
 * it passes the gate.  NULL: nothing.  Borrowed. */
const char *seki_standin(const struct seki_standins *,
    const struct seki_norm_kind *, const char *, size_t);
/* The text with all of it that is lost replaced, as far as there is something
 * for it, appended: how many, or -1. */
int seki_standins_apply(const struct seki_standins *,
    const struct seki_norm_kind *, const char *, size_t, struct seki_buf *,
    struct seki_err *);

#endif
