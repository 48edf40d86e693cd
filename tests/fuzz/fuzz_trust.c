/* Whatever a trust file holds, it is taken or refused as one. */
#include <stdlib.h>

#include "trust_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_trust_file *t;

	if (seki_buf_add(&text, data, size, &err) == -1)
		return 0;
	t = seki_trust_file_parse(&text, 1, &err);
	if (t == NULL && err.reason != SEKI_TRUST && err.reason != SEKI_LIMIT)
		abort();
	seki_trust_file_free(t);
	return 0;
}
