/*
 * A good workbook for a relay in which bytes are other ones: the input is a
 * list of places, three bytes each, and what is turned there.  The parts are
 * stored, with the right checksums, so that the readers see what was turned.
 * Nothing is taken but what was signed; first every single bit is turned once.
 */
#include <zip.h>
#include <zlib.h>

#include "../unit/relaymaker.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct relay relay;
static char *plain; /* the workbook, nothing in it compressed */
static size_t nplain;

static void
gone(void)
{
	free(plain);
	(void)relay_free(&relay);
}

static uint32_t
get32(const char *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof(x));
	return x;
}

/* All parts stored, by libzip: its archive is one of others. */
static void
store(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	zip_t *z = zip_open(relay.file, 0, NULL);
	zip_int64_t i, n;

	if (z == NULL)
		abort();
	n = zip_get_num_entries(z, 0);
	for (i = 0; i < n; i++)
		if (zip_set_file_compression(
			z, (zip_uint64_t)i, ZIP_CM_STORE, 0) == -1)
			abort();
	if (zip_close(z) == -1 ||
	    seki_in_slurp(relay.file, 64 * SEKI_MIB, &b, &err) == -1)
		abort();
	plain = b.p;
	nplain = b.n;
}

/* The checksum of every entry, in both of its headers. */
static void
mend(char *p)
{
	size_t at, local, n, left;
	uint16_t name, extra;
	uint32_t crc;

	for (at = nplain - 22; at > 0 && memcmp(p + at, "PK\5\6", 4) != 0;)
		at--;
	memcpy(&name, p + at + 10, sizeof(name));
	left = name;
	for (at = get32(p + at + 16); left > 0 && at + 46 < nplain; left--) {
		local = get32(p + at + 42);
		n = get32(p + at + 20);
		if (local + 30 > nplain)
			return;
		memcpy(&name, p + local + 26, sizeof(name));
		memcpy(&extra, p + local + 28, sizeof(extra));
		local += 30U + name + extra;
		if (local > nplain || n > nplain - local)
			return;
		crc = (uint32_t)crc32(0, (const Bytef *)p + local, (uInt)n);
		memcpy(p + at + 16, &crc, sizeof(crc));
		memcpy(p + get32(p + at + 42) + 14, &crc, sizeof(crc));
		memcpy(&name, p + at + 28, sizeof(name));
		memcpy(&extra, p + at + 30, sizeof(extra));
		at += 46U + name + extra;
	}
}

static void
judge(const char *p)
{
	struct seki_err err = SEKI_ERR_INIT;

	if (relay_judge(&relay, p, nplain, &err) == -1)
		abort();
}

/* Every bit, as far as FUZZ_BITS says: all take an hour. */
static void
all_bits(char *p)
{
	const char *s = getenv("FUZZ_BITS");
	size_t step = s == NULL ? 997 : strtoul(s, NULL, 10), i;

	for (i = 0; step > 0 && i < 8 * nplain; i += step) {
		p[i / 8] = (char)(p[i / 8] ^ 1 << i % 8);
		mend(p);
		judge(p);
		memcpy(p, plain, nplain);
	}
}

static void
begin(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	char *p;

	if (relay_make(&relay, "relay", "tests/data/root/one.jsonl", &err) ==
	    -1)
		abort();
	(void)atexit(gone);
	store();
	if (relay_judge(&relay, plain, nplain, &err) != 1 ||
	    (p = malloc(nplain)) == NULL)
		abort();
	memcpy(p, plain, nplain);
	all_bits(p);
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t i, at;
	char *p;

	if (relay.trust == NULL)
		begin();
	if ((p = malloc(nplain)) == NULL)
		abort();
	memcpy(p, plain, nplain);
	for (i = 0; i + 4 <= size; i += 4) {
		at = (data[i] | (size_t)data[i + 1] << 8 |
			 (size_t)data[i + 2] << 16) %
		     nplain;
		p[at] = (char)(p[at] ^ data[i + 3]);
	}
	mend(p);
	judge(p);
	free(p);
	return 0;
}
