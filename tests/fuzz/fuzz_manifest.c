/* Canonical or refused: what is taken, written again, is the same bytes. */
#include <stdlib.h>

#include "seki_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_manifest *m;

	m = seki_manifest_parse((const char *)data, size, &err);
	if (m == NULL) {
		if (seki_err_status(err.reason) != 65)
			abort();
		return 0;
	}
	if (seki_manifest_format(m, &b, &err) == -1 || b.n != size ||
	    memcmp(b.p, data, size) != 0)
		abort();
	seki_buf_free(&b);
	seki_manifest_free(m);
	return 0;
}
