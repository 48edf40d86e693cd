/* A stream that is taken, written again, is taken again with the same proof:
 * no reader of ours loses a record or a value. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "seki_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Read it all; with a descriptor, write it there as a stream of its own. */
static int
pass(struct seki_in *in, int fd, struct seki_proof *proof)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_stream_in *s = seki_stream_open(in, &err);
	struct seki_stream_out *to = NULL;
	struct seki_out *out = NULL;
	struct seki_record *r;
	int n = -1;

	if (s == NULL)
		return -1;
	if (fd != -1 && ((out = seki_out_fd(fd, "again", &err)) == NULL ||
			    (to = seki_stream_create(
				 out, seki_stream_schema(s), &err)) == NULL))
		abort();
	while ((n = seki_stream_next(s, &r, &err)) == 1)
		if (to != NULL && seki_stream_put(to, r, &err) == -1)
			abort();
	if (n == 0) {
		*proof = *seki_stream_proof(s);
		if (to != NULL && (seki_stream_end(to, seki_stream_ending(s),
				       proof, 0, NULL, &err) == -1 ||
				      seki_out_flush(out, &err) == -1))
			abort();
	} else if (seki_err_status(err.reason) != 65 &&
		   err.reason != SEKI_CONTENT)
		abort();
	seki_stream_abort(to);
	seki_out_abort(out);
	seki_stream_free(s);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_proof a, b;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd == -1)
		abort();
	if (pass(seki_in_mem(data, size, "input", &err), fd, &a) == 0) {
		if (lseek(fd, 0, SEEK_SET) != 0 ||
		    pass(seki_in_fd(dup(fd), "again", &err), -1, &b) != 0 ||
		    memcmp(a.root, b.root, SEKI_SHA256) != 0 ||
		    a.records != b.records || a.held != b.held ||
		    a.deleted != b.deleted)
			abort();
	}
	(void)close(fd);
	return 0;
}
