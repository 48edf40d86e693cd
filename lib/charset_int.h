/* Between the files of charset. */
#ifndef CHARSET_INT_H
#define CHARSET_INT_H

#include "charset.h"

/* Bytes below 0x80 at s. */
size_t seki_charset_ascii(const char *, size_t);
/* JIS X 0213: make the table; is the character in it; are the two one code? */
int seki_charset_jis(struct seki_err *);
int seki_charset_jis_has(uint32_t);
int seki_charset_jis_pair(uint32_t, uint32_t mark);

#endif
