#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "push_int.h"

#define DIGEST ((size_t)16)

typedef unsigned char digest[DIGEST];

struct seki_once {
	int fd;
	struct seki_out *out;
	struct seki_sha256 sha;
	size_t n;
	digest twice;
};

struct seki_once *
seki_once_new(const char *spool, struct seki_err *err)
{
	struct seki_once *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	if ((o->fd = seki_dir_spool(spool, err)) == -1 ||
	    (o->out = seki_out_fd(o->fd, "", err)) == NULL ||
	    seki_sha256_init(&o->sha, err) == -1) {
		seki_once_free(o);
		return NULL;
	}
	return o;
}

static void
work_out(const struct seki_once *o, const char *p, size_t n, digest d)
{
	struct seki_sha256 sha = o->sha;
	unsigned char whole[SEKI_SHA256];

	seki_sha256_restart(&sha);
	seki_sha256_add(&sha, p, n);
	seki_sha256_end(&sha, whole);
	memcpy(d, whole, DIGEST);
}

int
seki_once_add(
    struct seki_once *o, const char *p, size_t n, struct seki_err *err)
{
	digest d;

	work_out(o, p, n, d);
	o->n++;
	return seki_out_write(o->out, d, DIGEST, err);
}

static void
swap(digest a, digest b)
{
	digest t;

	memcpy(t, a, DIGEST);
	memcpy(a, b, DIGEST);
	memcpy(b, t, DIGEST);
}

static void
sink(digest *d, size_t i, size_t n)
{
	size_t child;

	for (; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && memcmp(d[child], d[child + 1], DIGEST) < 0)
			child++;
		if (memcmp(d[i], d[child], DIGEST) >= 0)
			return;
		swap(d[i], d[child]);
	}
}

/* A heap, because it needs no memory beside the mapped file. */
static void
sort(digest *d, size_t n)
{
	size_t i;

	for (i = n / 2; i-- > 0;)
		sink(d, i, n);
	for (i = n; i-- > 1;) {
		swap(d[0], d[i]);
		sink(d, 0, i);
	}
}

int
seki_once_twice(struct seki_once *o, struct seki_err *err)
{
	digest *d;
	size_t i;
	int r = 0;

	if (seki_out_flush(o->out, err) == -1)
		return -1;
	if (o->n == 0)
		return 0;
	d = mmap(
	    NULL, o->n * DIGEST, PROT_READ | PROT_WRITE, MAP_SHARED, o->fd, 0);
	if (d == MAP_FAILED)
		return seki_err_errno(err, _("temporary file"));
	sort(d, o->n);
	for (i = 1; i < o->n && r == 0; i++)
		if (memcmp(d[i - 1], d[i], DIGEST) == 0) {
			memcpy(o->twice, d[i], DIGEST);
			r = 1;
		}
	(void)munmap(d, o->n * DIGEST);
	return r;
}

int
seki_once_is(const struct seki_once *o, const char *p, size_t n)
{
	digest d;

	work_out(o, p, n, d);
	return memcmp(d, o->twice, DIGEST) == 0;
}

void
seki_once_free(struct seki_once *o)
{
	if (o == NULL)
		return;
	seki_out_abort(o->out);
	if (o->fd != -1)
		(void)close(o->fd);
	if (o->sha.ctx != NULL)
		seki_sha256_free(&o->sha);
	free(o);
}
