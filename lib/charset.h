/* Character sets of the systems that Seki hands records to, and strict
 * conversion.  Nothing here is replaced, dropped or folded: a character that a
 * set does not have is an error, never a "?". */
#ifndef CHARSET_H
#define CHARSET_H

#include "seki_int.h"

/*
 * CP932 (Windows-31J; what "Shift_JIS" means in offices) to UTF-8, appended.
 * Every byte below 0x80 is itself, NUL and controls too.  The 398 codes of
 * which a character has a second one (NEC, IBM) decode to that character; the
 * user-defined area to U+E000..U+E757.  0, or -1: no CP932 (SEKI_TEXT), *bad
 * the offset of the first byte of what is none, out as it was; or anything
 * else (no memory), *bad SIZE_MAX.  A text that ends inside a character fails
 * at that character's first byte: a reader of chunks sees *bad == n - 1.
 */
int seki_charset_decode_cp932(const char *, size_t n, struct seki_buf *out,
    size_t *bad, struct seki_err *);
/*
 * Valid UTF-8 to CP932, appended; the user-defined area, too.  Of two codes
 * the one that Windows writes.  0, or -1 as above: *bad is the offset of the
 * first character that CP932 does not have, which the error names by its code
 * point.
 */
int seki_charset_encode_cp932(const char *, size_t n, struct seki_buf *out,
    size_t *bad, struct seki_err *);

/* The CP932 code of a character: one byte, two bytes (first one high), or
 * UINT32_MAX.  Call after seki_charset_cp932 has returned 0. */
uint32_t seki_charset_code(uint32_t c);
/* Make the tables; the first call only.  0, or -1 with SEKI_BUG when the
 * system's converter is missing. */
int seki_charset_cp932(struct seki_err *);

/*
 * What a set does not have.  JIS X 0208 is counted as CP932 writes it, with
 * ASCII and half-width kana; JIS X 0213 (2004) with ASCII and half-width kana,
 * by the system's table EUC-JISX0213.
 */
enum seki_charset { SEKI_CP932, SEKI_JISX0208, SEKI_JISX0213 };
enum seki_charset_class {
	SEKI_CHARSET_EXT,  /* in CP932 by NEC or IBM, not in JIS X 0208 */
	SEKI_CHARSET_FOLD, /* it has another code point for it: fold */
	SEKI_CHARSET_PUA,  /* private use: means something in one system only */
	SEKI_CHARSET_NG	   /* it has none */
};
struct seki_charset_found {
	size_t at, n; /* where in the text, bytes */
	uint32_t c, fold;
	enum seki_charset_class as;
	int lost; /* the set cannot hold it: all but EXT of CP932 */
};
/* Make the tables of a set; the first call only.  0, or -1 with SEKI_BUG when
 * the system has no table of it. */
int seki_charset_open(enum seki_charset, struct seki_err *);
/*
 * The next character of valid UTF-8, from *at on, that is not plainly in the
 * set: 1, or 0 at the end.  *at is 0 first.  After seki_charset_open.  In JIS
 * X 0213 some characters are two code points: neither of them is found.
 */
int seki_charset_next(enum seki_charset, const char *, size_t, size_t *at,
    struct seki_charset_found *);
/* EXT:U+9AD9, FOLD:U+301C>U+FF5E */
#define SEKI_CHARSET_TOKEN 40
void seki_charset_token(
    const struct seki_charset_found *, char token[SEKI_CHARSET_TOKEN]);
/* EXT:U+9AD9 FOLD:U+301C>U+FF5E PUA:U+E000 NG:U+20BB7, each once, in order of
 * appearance, or OK; appended. */
int seki_charset_report(enum seki_charset, const char *, size_t,
    struct seki_buf *, struct seki_err *);
/* Its name in Unicode, such as HIRAGANA LETTER KA; ASCII, cut to fit. */
#define SEKI_CHARSET_NAME 96
void seki_charset_name(uint32_t, char name[SEKI_CHARSET_NAME]);
const char *seki_charset_word(enum seki_charset_class); /* EXT … */

#endif
