#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "seki_int.h"

#define BOX ((size_t)256 * 1024)

/*
 * While bytes come in, every core has work: they are only digested and kept.
 * Deflating waits until the caller says that one is idle.
 */
struct seki_squeeze {
	unsigned char *box; /* not kept yet */
	size_t n;
	int raw;
	struct seki_part part;
	struct seki_sha256 sha;
	/* The thread's own while it runs; stop is set to end it early. */
	pthread_t thread;
	int started, failed;
	atomic_int stop;
	struct seki_err err;
	z_stream z;
	int begun;
	unsigned char out[SEKI_CHUNK];
};

static int
write_all(int fd, const unsigned char *p, size_t n, struct seki_err *err)
{
	ssize_t r;

	for (; n > 0; p += r, n -= (size_t)r)
		if ((r = write(fd, p, n)) == -1)
			return seki_err_errno(err, _("temporary file"));
	return 0;
}

static int
keep(struct seki_squeeze *s, struct seki_err *err)
{
	seki_sha256_add(&s->sha, s->box, s->n);
	s->part.crc = (uint32_t)crc32(s->part.crc, s->box, (uInt)s->n);
	s->part.size += s->n;
	if (s->part.size > SEKI_BUNDLE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("the records are more than %llu bytes"),
		    (unsigned long long)SEKI_BUNDLE_MAX);
	if (write_all(s->raw, s->box, s->n, err) == -1)
		return -1;
	s->n = 0;
	return 0;
}

/* Deflate what z has, and with Z_FINISH all that is left. */
static int
squeeze(struct seki_squeeze *s, int flush, struct seki_err *err)
{
	size_t n;
	int r;

	do {
		s->z.next_out = s->out;
		s->z.avail_out = (uInt)sizeof(s->out);
		if ((r = deflate(&s->z, flush)) == Z_STREAM_ERROR)
			return seki_fail(
			    err, SEKI_BUG, "%s", _("zlib refused to compress"));
		n = sizeof(s->out) - s->z.avail_out;
		if (write_all(s->part.fd, s->out, n, err) == -1)
			return -1;
		s->part.packed += n;
	} while (flush == Z_FINISH ? r != Z_STREAM_END : s->z.avail_out == 0);
	return 0;
}

static int
all(struct seki_squeeze *s, struct seki_err *err)
{
	uint64_t at = 0;
	ssize_t r;

	while (!atomic_load(&s->stop) &&
	       (r = pread(s->raw, s->box, BOX, (off_t)at)) != 0) {
		if (r == -1)
			return seki_err_errno(err, _("temporary file"));
		at += (uint64_t)r;
		s->z.next_in = s->box;
		s->z.avail_in = (uInt)r;
		if (squeeze(s, Z_NO_FLUSH, err) == -1)
			return -1;
	}
	s->z.avail_in = 0;
	return squeeze(s, Z_FINISH, err);
}

static void *
work(void *ctx)
{
	struct seki_squeeze *s = ctx;

	s->failed = all(s, &s->err) == -1;
	return NULL;
}

struct seki_squeeze *
seki_squeeze_new(const char *spool, struct seki_err *err)
{
	struct seki_squeeze *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	s->part.deflated = 1;
	s->raw = s->part.fd = -1;
	/* A raw stream; level and memory are part of "the same bytes". */
	if ((s->box = malloc(BOX)) == NULL ||
	    deflateInit2(&s->z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) !=
		Z_OK) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	s->begun = 1;
	if (seki_sha256_init(&s->sha, err) == -1)
		goto fail;
	seki_sha256_restart(&s->sha);
	if ((s->raw = seki_dir_spool(spool, err)) != -1 &&
	    (s->part.fd = seki_dir_spool(spool, err)) != -1)
		return s;

fail:
	seki_squeeze_abort(s);
	return NULL;
}

int
seki_squeeze_write(
    struct seki_squeeze *s, const void *p, size_t n, struct seki_err *err)
{
	const unsigned char *from = p;
	size_t k;

	while (n > 0) {
		k = BOX - s->n < n ? BOX - s->n : n;
		memcpy(s->box + s->n, from, k);
		s->n += k;
		from += k;
		n -= k;
		if (s->n == BOX && keep(s, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_squeeze_start(struct seki_squeeze *s, struct seki_err *err)
{
	if (keep(s, err) == -1)
		return -1;
	seki_sha256_end(&s->sha, s->part.sha256);
	if (pthread_create(&s->thread, NULL, work, s) == 0)
		s->started = 1;
	else
		(void)work(s);
	return 0;
}

static void
wait_for(struct seki_squeeze *s)
{
	if (s->started)
		(void)pthread_join(s->thread, NULL);
	s->started = 0;
}

int
seki_squeeze_end(
    struct seki_squeeze *s, struct seki_part *part, struct seki_err *err)
{
	int r;

	wait_for(s);
	r = s->failed ? -1 : 0;
	if (r == -1)
		*err = s->err;
	else {
		*part = s->part;
		s->part.fd = -1;
	}
	seki_squeeze_abort(s);
	return r;
}

void
seki_squeeze_abort(struct seki_squeeze *s)
{
	if (s == NULL)
		return;
	atomic_store(&s->stop, 1);
	wait_for(s);
	if (s->begun)
		(void)deflateEnd(&s->z);
	if (s->sha.ctx != NULL)
		seki_sha256_free(&s->sha);
	if (s->raw != -1)
		(void)close(s->raw);
	if (s->part.fd != -1)
		(void)close(s->part.fd);
	free(s->box);
	free(s);
}

int
seki_squeeze_stored(int fd, struct seki_part *part, struct seki_err *err)
{
	unsigned char buf[SEKI_CHUNK];
	struct seki_sha256 sha;
	ssize_t r;

	memset(part, 0, sizeof(*part));
	part->fd = fd;
	if (seki_sha256_init(&sha, err) == -1)
		return -1;
	seki_sha256_restart(&sha);
	while ((r = pread(fd, buf, sizeof(buf), (off_t)part->size)) > 0) {
		seki_sha256_add(&sha, buf, (size_t)r);
		part->crc = (uint32_t)crc32(part->crc, buf, (uInt)r);
		part->size += (uint64_t)r;
	}
	part->packed = part->size;
	seki_sha256_end(&sha, part->sha256);
	seki_sha256_free(&sha);
	return r == -1 ? seki_err_errno(err, _("temporary file")) : 0;
}
