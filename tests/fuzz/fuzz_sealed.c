/* Whatever is called an envelope: the outline is judged without a step outside
 * of it, and only what the published ones hold comes out, since nobody forges
 * a tag. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define DATA "tests/data/bundle/sealed/"

static struct seki_key *key;
static struct seki_buf inside;

/* git does not keep a key file's mode. */
static void
vectors(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf pem = SEKI_BUF_INIT;
	char path[] = "/tmp/seki-fuzz-XXXXXX";
	int fd = mkstemp(path);

	if (seki_in_slurp(DATA "inside.zip", SEKI_MIB, &inside, &err) == -1 ||
	    seki_in_slurp(DATA "ec.key", SEKI_MIB, &pem, &err) == -1 ||
	    fd == -1 || write(fd, pem.p, pem.n) != (ssize_t)pem.n ||
	    (key = seki_key_open(path, &err)) == NULL)
		abort();
	(void)unlink(path);
	(void)close(fd);
	seki_buf_free(&pem);
}

static int
memory(const void *p, size_t n)
{
	int fd = memfd_create("envelope", MFD_CLOEXEC);

	if (fd == -1 || write(fd, p, n) != (ssize_t)n)
		abort();
	return fd;
}

/* What came out is what was put in, for whichever recipients. */
static void
known(int fd, uint64_t n)
{
	char *p = malloc(inside.n + 1);

	if (n != inside.n ||
	    pread(fd, p, inside.n + 1, 0) != (ssize_t)inside.n ||
	    memcmp(p, inside.p, inside.n) != 0)
		abort();
	free(p);
}

static void
outline(const uint8_t *data, size_t size)
{
	size_t some = size < SEKI_ENVELOPE_HEAD ? size : SEKI_ENVELOPE_HEAD, i;
	struct seki_envelope e;

	if (size < SEKI_ENVELOPE_TAIL ||
	    seki_envelope_der(
		data, some, data + size - SEKI_ENVELOPE_TAIL, size, &e) != NULL)
		return;
	if (e.n == 0 || e.n > SEKI_RECIPIENTS_MAX || e.at > size ||
	    e.length != size - SEKI_ENVELOPE_TAIL - e.at)
		abort();
	for (i = 0; i < e.n; i++)
		if (e.to[i].rid < data ||
		    e.to[i].rid + e.to[i].nrid > data + e.at ||
		    e.to[i].wrapped < data ||
		    e.to[i].wrapped + e.to[i].nwrapped > data + e.at)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_err err = SEKI_ERR_INIT;
	uint64_t n = 0;
	int from, to;
	size_t nto;

	if (key == NULL)
		vectors();
	outline(data, size);
	from = memory(data, size);
	to = memory("", 0);
	for (nto = 1; nto <= 2; nto++) {
		seki_err_clear(&err);
		n = 0;
		if (seki_envelope_open(from, 0, size, nto, key, to, &n, &err) ==
		    0)
			known(to, n);
		else if (err.reason != SEKI_CMS && err.reason != SEKI_DIGEST &&
			 err.reason != SEKI_RECIPIENT)
			abort();
	}
	(void)close(from);
	(void)close(to);
	return 0;
}
