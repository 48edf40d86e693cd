/*
 * Sums and products of decimals, exactly: amounts never pass through a double.
 * The arithmetic is OpenSSL's.
 */
#ifndef SEKI_DEC_H
#define SEKI_DEC_H

#include <openssl/bn.h>

#include "seki_int.h"

struct seki_dec {
	BIGNUM *n; /* the value times 10^scale */
	unsigned scale;
};

/* 0; -1 without memory.  The value is 0. */
int seki_dec_init(struct seki_dec *, struct seki_err *);
void seki_dec_release(struct seki_dec *);
/* A canonical decimal (seki_num_ok).  1 when it is none (err untouched). */
int seki_dec_set(struct seki_dec *, const char *, size_t, struct seki_err *);
/* a becomes a + b, a - b, a * b. */
int seki_dec_add(
    struct seki_dec *a, const struct seki_dec *b, struct seki_err *);
int seki_dec_sub(
    struct seki_dec *a, const struct seki_dec *b, struct seki_err *);
int seki_dec_mul(
    struct seki_dec *a, const struct seki_dec *b, struct seki_err *);
/* |a| in the place of a. */
void seki_dec_abs(struct seki_dec *);
/* <0, 0, >0 to *order. */
int seki_dec_cmp(const struct seki_dec *, const struct seki_dec *, int *order,
    struct seki_err *);
/* The canonical decimal, appended. */
int seki_dec_text(
    const struct seki_dec *, struct seki_buf *, struct seki_err *);

#endif
