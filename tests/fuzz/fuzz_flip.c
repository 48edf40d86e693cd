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
int LLVMFuzzerInitialize(int *, char ***);

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
put(struct seki_buf *b, uint32_t v, int bytes)
{
	struct seki_err err = SEKI_ERR_INIT;

	for (; bytes > 0; bytes--, v >>= 8)
		if (seki_buf_byte(b, (int)(v & 0xFF), &err) == -1)
			abort();
}

/* What both headers of an entry say; mend() works out the checksum. */
static void
head(struct seki_buf *b, size_t n, size_t name)
{
	put(b, 20, 2);
	put(b, 0, 4);
	put(b, 0x00210000, 4);
	put(b, 0, 4);
	put(b, (uint32_t)n, 4);
	put(b, (uint32_t)n, 4);
	put(b, (uint32_t)name, 2);
	put(b, 0, 2);
}

static void
entry(zip_t *z, zip_uint64_t i, struct seki_buf *b, struct seki_buf *dir)
{
	struct seki_err err = SEKI_ERR_INIT;
	const char *name = zip_get_name(z, i, 0);
	zip_file_t *from = zip_fopen_index(z, i, 0);
	static char data[1 << 20];
	zip_int64_t n = from == NULL ? -1 : zip_fread(from, data, sizeof(data));
	size_t at = b->n;

	if (n < 0 || n == sizeof(data))
		abort();
	(void)zip_fclose(from);
	put(b, 0x04034b50, 4);
	head(b, (size_t)n, strlen(name));
	put(dir, 0x02014b50, 4);
	put(dir, 0x0314, 2);
	head(dir, (size_t)n, strlen(name));
	put(dir, 0, 6);
	put(dir, 0100644U << 16, 4);
	put(dir, (uint32_t)at, 4);
	if (seki_buf_str(b, name, &err) == -1 ||
	    seki_buf_add(b, data, (size_t)n, &err) == -1 ||
	    seki_buf_str(dir, name, &err) == -1)
		abort();
}

/* All parts stored. */
static void
store(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT, dir = SEKI_BUF_INIT;
	zip_t *z = zip_open(relay.file, ZIP_RDONLY, NULL);
	zip_int64_t i, n;
	size_t at;

	if (z == NULL)
		abort();
	n = zip_get_num_entries(z, 0);
	for (i = 0; i < n; i++)
		entry(z, (zip_uint64_t)i, &b, &dir);
	zip_discard(z);
	at = b.n;
	if (seki_buf_add(&b, dir.p, dir.n, &err) == -1)
		abort();
	put(&b, 0x06054b50, 4);
	put(&b, 0, 4);
	put(&b, (uint32_t)n, 2);
	put(&b, (uint32_t)n, 2);
	put(&b, (uint32_t)dir.n, 4);
	put(&b, (uint32_t)at, 4);
	put(&b, 0, 2);
	seki_buf_free(&dir);
	plain = b.p;
	nplain = b.n;
	mend(plain);
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
	if (relay_judge(&relay, plain, nplain, &err) != 1) {
		(void)fprintf(stderr, "%s: %s\n", err.object, err.text);
		abort();
	}
	if ((p = malloc(nplain)) == NULL)
		abort();
	memcpy(p, plain, nplain);
	all_bits(p);
	free(p);
}

/* Here, where no limit of time for one input counts. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	begin();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t i, at;
	char *p;

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
