#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "seki_int.h"

#define BOX ((size_t)256 * 1024)

struct box {
	size_t n;
	unsigned char p[BOX];
};

struct seki_squeeze {
	struct seki_lane *lane;
	struct box *box[SEKI_LANE_BOXES], *now;
	/* The thread's own until the lane has ended. */
	struct seki_part part;
	struct seki_sha256 sha;
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
take(void *ctx, void *arg, struct seki_err *err)
{
	struct seki_squeeze *s = ctx;
	struct box *b = arg;

	seki_sha256_add(&s->sha, b->p, b->n);
	s->part.crc = (uint32_t)crc32(s->part.crc, b->p, (uInt)b->n);
	s->part.size += b->n;
	if (s->part.size > SEKI_BUNDLE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("the records are more than %llu bytes"),
		    (unsigned long long)SEKI_BUNDLE_MAX);
	s->z.next_in = b->p;
	s->z.avail_in = (uInt)b->n;
	return squeeze(s, Z_NO_FLUSH, err);
}

struct seki_squeeze *
seki_squeeze_new(const char *spool, struct seki_err *err)
{
	struct seki_squeeze *s = calloc(1, sizeof(*s));
	size_t i;

	if (s == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	s->part.deflated = 1;
	s->part.fd = -1;
	for (i = 0; i < SEKI_LANE_BOXES; i++)
		if ((s->box[i] = malloc(sizeof(*s->box[i]))) == NULL) {
			(void)seki_err_nomem(err);
			goto fail;
		}
	/* A raw stream; level and memory are part of "the same bytes". */
	if (deflateInit2(&s->z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) !=
	    Z_OK) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	s->begun = 1;
	if (seki_sha256_init(&s->sha, err) == -1)
		goto fail;
	seki_sha256_restart(&s->sha);
	if ((s->part.fd = seki_dir_spool(spool, err)) != -1 &&
	    (s->lane = seki_lane_new((void **)s->box, take, s, err)) != NULL)
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
		if (s->now == NULL) {
			if ((s->now = seki_lane_get(s->lane, err)) == NULL)
				return -1;
			s->now->n = 0;
		}
		k = BOX - s->now->n < n ? BOX - s->now->n : n;
		memcpy(s->now->p + s->now->n, from, k);
		s->now->n += k;
		from += k;
		n -= k;
		if (s->now->n == BOX) {
			seki_lane_send(s->lane, s->now);
			s->now = NULL;
		}
	}
	return 0;
}

int
seki_squeeze_end(
    struct seki_squeeze *s, struct seki_part *part, struct seki_err *err)
{
	int r;

	if (s->now != NULL)
		seki_lane_send(s->lane, s->now);
	r = seki_lane_end(s->lane, err);
	s->lane = NULL;
	s->z.avail_in = 0;
	if (r == 0 && (r = squeeze(s, Z_FINISH, err)) == 0) {
		seki_sha256_end(&s->sha, s->part.sha256);
		*part = s->part;
		s->part.fd = -1;
	}
	seki_squeeze_abort(s);
	return r;
}

void
seki_squeeze_abort(struct seki_squeeze *s)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	size_t i;

	if (s == NULL)
		return;
	(void)seki_lane_end(s->lane, &ignored);
	for (i = 0; i < SEKI_LANE_BOXES; i++)
		free(s->box[i]);
	if (s->begun)
		(void)deflateEnd(&s->z);
	if (s->sha.ctx != NULL)
		seki_sha256_free(&s->sha);
	if (s->part.fd != -1)
		(void)close(s->part.fd);
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
