/* Eight bytes of a string at a time: for the tokenizer and for quoting. */
#ifndef SEKI_JSON_INT_H
#define SEKI_JSON_INT_H

#include <string.h>

#include "seki_int.h"

#define SEKI_JSON_ONES UINT64_C(0x0101010101010101)
#define SEKI_JSON_HIGH UINT64_C(0x8080808080808080)

static inline uint64_t
seki_json_eight(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Not 0 when one of the eight bytes is below n, which is up to 128. */
static inline uint64_t
seki_json_below(uint64_t w, unsigned n)
{
	return (w - SEKI_JSON_ONES * n) & ~w & SEKI_JSON_HIGH;
}

/* Not 0 when one of them must be escaped in a string (RFC 8259 7). */
static inline uint64_t
seki_json_quoted(uint64_t w)
{
	return seki_json_below(w, 0x20) |
	       seki_json_below(w ^ (SEKI_JSON_ONES * '"'), 1) |
	       seki_json_below(w ^ (SEKI_JSON_ONES * '\\'), 1);
}

/* Which of the eight is the first of such a mask; 0 where the machine has them
 * the other way round: then it is looked at byte by byte. */
static inline size_t
seki_json_first(uint64_t mask)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (size_t)__builtin_ctzll(mask) / 8;
#else
	(void)mask;
	return 0;
#endif
}

#endif
