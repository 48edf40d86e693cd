/* No other bytes than the published signature hold over the published manifest:
 * nobody forges, and no byte of a signature file is free. */
#include <stdlib.h>

#include "seki_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct seki_buf manifest, signature, cert;

static void
vectors(void)
{
	struct seki_err err = SEKI_ERR_INIT;

	if (seki_in_slurp("tests/data/bundle/manifest.json", SEKI_MANIFEST_MAX,
		&manifest, &err) == -1 ||
	    seki_in_slurp("tests/data/bundle/prepare.p7s", SEKI_SIGNATURE_MAX,
		&signature, &err) == -1 ||
	    seki_in_slurp("tests/data/bundle/signer.der", SEKI_TRUST_MAX, &cert,
		&err) == -1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_err err = SEKI_ERR_INIT;
	enum seki_purpose purpose;
	seki_time when;

	if (cert.p == NULL)
		vectors();
	if (seki_cms_verify(data, size, manifest.p, manifest.n, cert.p, cert.n,
		&purpose, &when, &err) == 0) {
		if (size != signature.n ||
		    memcmp(data, signature.p, size) != 0)
			abort();
		return 0;
	}
	if (err.reason != SEKI_CMS && err.reason != SEKI_SIGNATURE &&
	    err.reason != SEKI_LIMIT)
		abort();
	return 0;
}
