#include <string.h>

#include <openssl/crypto.h>

#include "dec.h"

int
seki_dec_init(struct seki_dec *d, struct seki_err *err)
{
	d->scale = 0;
	if ((d->n = BN_new()) == NULL)
		return seki_err_nomem(err);
	BN_zero(d->n);
	return 0;
}

void
seki_dec_release(struct seki_dec *d)
{
	BN_free(d->n);
	d->n = NULL;
}

int
seki_dec_set(struct seki_dec *d, const char *s, size_t n, struct seki_err *err)
{
	char digits[SEKI_DIGITS_MAX + 4];
	const char *dot = memchr(s, '.', n);
	size_t whole = dot == NULL ? n : (size_t)(dot - s);

	if (n == 0 || n > SEKI_DIGITS_MAX || !seki_num_ok(s, n))
		return 1;
	memcpy(digits, s, whole);
	d->scale = 0;
	if (dot != NULL) {
		d->scale = (unsigned)(n - whole - 1);
		memcpy(digits + whole, dot + 1, d->scale);
	}
	digits[whole + d->scale] = '\0';
	return BN_dec2bn(&d->n, digits) == 0 ? seki_err_nomem(err) : 0;
}

static int
raise_to(struct seki_dec *d, unsigned scale, struct seki_err *err)
{
	for (; d->scale < scale; d->scale++)
		if (BN_mul_word(d->n, 10) == 0)
			return seki_err_nomem(err);
	return 0;
}

/* b with a's scale, or a with b's: then only the numbers count. */
static int
level(struct seki_dec *a, const struct seki_dec *b, struct seki_dec *same,
    struct seki_err *err)
{
	if (seki_dec_init(same, err) == -1)
		return -1;
	same->scale = b->scale;
	if (BN_copy(same->n, b->n) == NULL)
		(void)seki_err_nomem(err);
	else if (raise_to(a, b->scale, err) == 0 &&
		 raise_to(same, a->scale, err) == 0)
		return 0;
	seki_dec_release(same);
	return -1;
}

static int
combine(struct seki_dec *a, const struct seki_dec *b,
    int (*op)(BIGNUM *, const BIGNUM *, const BIGNUM *), struct seki_err *err)
{
	struct seki_dec same;
	int r;

	if (level(a, b, &same, err) == -1)
		return -1;
	r = op(a->n, a->n, same.n) == 1 ? 0 : seki_err_nomem(err);
	seki_dec_release(&same);
	return r;
}

int
seki_dec_add(struct seki_dec *a, const struct seki_dec *b, struct seki_err *err)
{
	return combine(a, b, BN_add, err);
}

int
seki_dec_sub(struct seki_dec *a, const struct seki_dec *b, struct seki_err *err)
{
	return combine(a, b, BN_sub, err);
}

int
seki_dec_mul(struct seki_dec *a, const struct seki_dec *b, struct seki_err *err)
{
	BN_CTX *ctx = BN_CTX_new();
	int r = ctx != NULL && BN_mul(a->n, a->n, b->n, ctx) == 1;

	a->scale += b->scale;
	BN_CTX_free(ctx);
	return r ? 0 : seki_err_nomem(err);
}

void
seki_dec_abs(struct seki_dec *d)
{
	BN_set_negative(d->n, 0);
}

int
seki_dec_cmp(const struct seki_dec *a, const struct seki_dec *b, int *order,
    struct seki_err *err)
{
	struct seki_dec left, right;
	int r = -1;

	if (seki_dec_init(&left, err) == -1)
		return -1;
	left.scale = a->scale;
	if (BN_copy(left.n, a->n) == NULL)
		(void)seki_err_nomem(err);
	else if ((r = level(&left, b, &right, err)) == 0) {
		*order = BN_cmp(left.n, right.n);
		seki_dec_release(&right);
	}
	seki_dec_release(&left);
	return r;
}

int
seki_dec_text(
    const struct seki_dec *d, struct seki_buf *b, struct seki_err *err)
{
	char *s = BN_bn2dec(d->n), *digits;
	size_t n, whole;
	int r = 0;

	if (s == NULL)
		return seki_err_nomem(err);
	digits = s + (*s == '-');
	n = strlen(digits);
	whole = n > d->scale ? n - d->scale : 0;
	if (*s == '-')
		r = seki_buf_byte(b, '-', err);
	if (r == 0)
		r = whole > 0 ? seki_buf_add(b, digits, whole, err)
			      : seki_buf_byte(b, '0', err);
	while (n > whole && digits[n - 1] == '0')
		n--;
	if (r == 0 && n > whole) {
		r = seki_buf_byte(b, '.', err);
		for (whole = strlen(digits); r == 0 && whole < d->scale;
		     whole++)
			r = seki_buf_byte(b, '0', err);
		whole =
		    strlen(digits) > d->scale ? strlen(digits) - d->scale : 0;
		if (r == 0)
			r = seki_buf_add(b, digits + whole, n - whole, err);
	}
	OPENSSL_free(s);
	return r;
}
