/*
 * What a relay may deliver: bytes that call themselves a workbook, or an
 * archive with one in it.  Whatever they are, nothing is taken but what was
 * signed.
 */
#include "../unit/relaymaker.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct relay relay;

static void
gone(void)
{
	(void)relay_free(&relay);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_err err = SEKI_ERR_INIT;

	if (relay.trust == NULL) {
		if (relay_make(&relay, "relay", "tests/data/root/one.jsonl",
			&err) == -1)
			abort();
		(void)atexit(gone);
	}
	if (relay_judge(&relay, data, size, &err) == -1)
		abort();
	return 0;
}
