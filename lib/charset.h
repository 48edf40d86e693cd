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

#endif
