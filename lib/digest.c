#include <stdlib.h>

#include <openssl/evp.h>

#include "seki_int.h"

int
seki_sha256_init(struct seki_sha256 *h, struct seki_err *err)
{
	if ((h->ctx = EVP_MD_CTX_new()) == NULL)
		return seki_err_nomem(err);
	if (EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) == 1)
		return 0;
	EVP_MD_CTX_free(h->ctx);
	h->ctx = NULL;
	return seki_fail(err, SEKI_BUG, "%s", _("OpenSSL has no SHA-256"));
}

void
seki_sha256_restart(struct seki_sha256 *h)
{
	/* NULL keeps the fetched algorithm: no look-up per record. */
	if (EVP_DigestInit_ex(h->ctx, NULL, NULL) != 1)
		abort();
}

void
seki_sha256_add(struct seki_sha256 *h, const void *p, size_t n)
{
	if (EVP_DigestUpdate(h->ctx, p, n) != 1)
		abort();
}

void
seki_sha256_end(struct seki_sha256 *h, unsigned char out[SEKI_SHA256])
{
	unsigned int n;

	if (EVP_DigestFinal_ex(h->ctx, out, &n) != 1 || n != SEKI_SHA256)
		abort();
}

void
seki_sha256_free(struct seki_sha256 *h)
{
	EVP_MD_CTX_free(h->ctx);
	h->ctx = NULL;
}

int
seki_sha256_of(const void *p, size_t n, unsigned char out[SEKI_SHA256],
    struct seki_err *err)
{
	struct seki_sha256 h;

	if (seki_sha256_init(&h, err) == -1)
		return -1;
	seki_sha256_add(&h, p, n);
	seki_sha256_end(&h, out);
	seki_sha256_free(&h);
	return 0;
}

int
seki_sha256_hex(
    const void *p, size_t n, char hex[SEKI_HEX], struct seki_err *err)
{
	unsigned char digest[SEKI_SHA256];

	if (seki_sha256_of(p, n, digest, err) == -1)
		return -1;
	seki_text_hex(digest, sizeof(digest), hex);
	return 0;
}
