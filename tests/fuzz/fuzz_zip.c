/*
 * What the structure check takes as a bundle of ours, libzip takes too, with
 * the same entries, names and bytes; in any case the check ends in bounded
 * memory.  The first byte of the input chooses the profile.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zip.h>

#include "seki_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
same_bytes(zip_file_t *f, struct seki_in *in)
{
	struct seki_err err = SEKI_ERR_INIT;
	unsigned char a[4096], b[4096];
	zip_int64_t n;
	ssize_t r;

	if (f == NULL || in == NULL)
		abort();
	while ((r = seki_in_read(in, a, sizeof(a), &err)) > 0)
		if ((n = zip_fread(f, b, (zip_uint64_t)r)) != r ||
		    memcmp(a, b, (size_t)r) != 0)
			abort();
	if (r == -1 || zip_fread(f, b, 1) != 0)
		abort();
	(void)zip_fclose(f);
	seki_in_free(in);
}

static void
judge(int fd, const uint8_t *data, size_t size)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_zip ours;
	zip_error_t why;
	zip_source_t *src;
	zip_t *z;
	size_t i;

	if (seki_zip_open(fd, 0, size, 1, &ours, &err) == -1)
		abort();
	zip_error_init(&why);
	if ((src = zip_source_buffer_create(data, size, 0, &why)) == NULL ||
	    (z = zip_open_from_source(src, ZIP_RDONLY, &why)) == NULL ||
	    zip_get_num_entries(z, 0) != (zip_int64_t)ours.n)
		abort();
	for (i = 0; i < ours.n; i++) {
		if (strcmp(zip_get_name(z, i, 0), ours.entry[i].name) != 0)
			abort();
		same_bytes(zip_fopen_index(z, i, 0),
		    seki_zip_in(fd, &ours.entry[i].place, "entry", &err));
	}
	zip_discard(z);
	seki_zip_release(&ours);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_err err = SEKI_ERR_INIT;
	int fd, own;

	if (size == 0)
		return 0;
	own = data[0] & 1;
	data++;
	size--;
	if ((fd = memfd_create("fuzz", MFD_CLOEXEC)) == -1 ||
	    write(fd, data, size) != (ssize_t)size)
		abort();
	if (seki_zip_check(fd, 0, size, own, &err) == 0) {
		if (own)
			judge(fd, data, size);
	} else if (err.reason != SEKI_ZIP && err.reason != SEKI_LIMIT)
		abort();
	(void)close(fd);
	return 0;
}
