#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "press_int.h"

/* Level and memory are part of "the same bytes". */
#define LEVEL 6
#define MEMORY 8
/* A piece that does not shrink, its end marker, and then some. */
#define OUT (SEKI_PIECE + SEKI_PIECE / 8 + 1024)
/* Room at the head of the spool file for what comes to stand in front. */
#define FRONT ((uint64_t)64 * 1024)

struct seki_deflater {
	z_stream z;
	unsigned char out[OUT];
	size_t n;
	uint32_t crc;
};

/*
 * The caller fills now; part, finished and err are those of whichever thread
 * has its turn.
 */
struct seki_squeeze {
	struct seki_press *press;
	struct seki_piece *now;
	uint64_t handed, finished;
	uint64_t size; /* of what the caller has written */
	unsigned char tail[SEKI_PIECE_DICT];
	size_t ntail;
	struct seki_part part;
	int failed;
	struct seki_err err;
};

struct seki_deflater *
seki_deflater_new(void)
{
	struct seki_deflater *d = calloc(1, sizeof(*d));

	/* A raw stream: ZIP has headers of its own. */
	if (d != NULL && deflateInit2(&d->z, LEVEL, Z_DEFLATED, -MAX_WBITS,
			     MEMORY, Z_DEFAULT_STRATEGY) == Z_OK)
		return d;
	free(d);
	return NULL;
}

void
seki_deflater_free(struct seki_deflater *d)
{
	if (d != NULL)
		(void)deflateEnd(&d->z);
	free(d);
}

/* All of p as one piece: 0, or -1 when zlib has done what it never does. */
static int
deflate_piece(struct seki_deflater *d, const void *p, size_t n,
    const void *dict, size_t ndict, int last)
{
	int flush = last ? Z_FINISH : Z_SYNC_FLUSH, r;

	d->n = 0;
	if (deflateReset(&d->z) != Z_OK ||
	    (ndict > 0 &&
		deflateSetDictionary(&d->z, dict, (uInt)ndict) != Z_OK))
		return -1;
	d->z.next_in = (z_const Bytef *)(uintptr_t)p;
	d->z.avail_in = (uInt)n;
	d->z.next_out = d->out;
	d->z.avail_out = (uInt)sizeof(d->out);
	r = deflate(&d->z, flush);
	if (r != (last ? Z_STREAM_END : Z_OK) || d->z.avail_out == 0)
		return -1;
	d->n = sizeof(d->out) - d->z.avail_out;
	d->crc = (uint32_t)crc32(0, p, (uInt)n);
	return 0;
}

static int
write_all(
    int fd, const unsigned char *p, size_t n, uint64_t at, struct seki_err *err)
{
	ssize_t r;

	for (; n > 0; p += r, n -= (size_t)r, at += (uint64_t)r)
		if ((r = pwrite(fd, p, n, (off_t)at)) == -1)
			return seki_err_errno(err, _("temporary file"));
	return 0;
}

void
seki_piece_deflate(struct seki_piece *piece, struct seki_deflater *d)
{
	if (d != NULL && deflate_piece(d, piece->in, piece->n, piece->dict,
			     piece->ndict, piece->last) == -1)
		d->n = 0;
}

int
seki_piece_turn(const struct seki_piece *piece)
{
	return piece->of->finished == piece->number;
}

void
seki_piece_write(struct seki_piece *piece, struct seki_deflater *d)
{
	struct seki_squeeze *s = piece->of;
	struct seki_part *part = &s->part;

	if (s->failed)
		return;
	s->failed = 1;
	if (d == NULL)
		(void)seki_err_nomem(&s->err);
	else if (d->n == 0)
		(void)seki_fail(
		    &s->err, SEKI_BUG, "%s", _("zlib refused to compress"));
	else if (write_all(part->fd, d->out, d->n, part->at + part->packed,
		     &s->err) == 0) {
		part->crc = (uint32_t)crc32_combine(
		    part->crc, d->crc, (z_off_t)piece->n);
		part->packed += d->n;
		part->size += piece->n;
		s->failed = 0;
	}
}

void
seki_piece_done(struct seki_piece *piece)
{
	piece->of->finished++;
}

struct seki_squeeze *
seki_squeeze_new(
    struct seki_press *press, const char *spool, struct seki_err *err)
{
	struct seki_squeeze *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	s->press = press;
	s->part.deflated = 1;
	s->part.at = FRONT;
	if ((s->part.fd = seki_dir_spool(spool, err)) != -1)
		return s;
	free(s);
	return NULL;
}

static int
begin(struct seki_squeeze *s, struct seki_err *err)
{
	if ((s->now = seki_press_get(s->press, err)) == NULL)
		return -1;
	s->now->of = s;
	s->now->number = s->handed;
	s->now->n = 0;
	s->now->last = 0;
	s->now->ndict = s->ntail;
	memcpy(s->now->dict, s->tail, s->ntail);
	return 0;
}

static void
hand_in(struct seki_squeeze *s, int last)
{
	struct seki_piece *piece = s->now;

	s->now = NULL;
	piece->last = last;
	if (!last) {
		s->ntail = SEKI_PIECE_DICT;
		memcpy(s->tail, piece->in + piece->n - s->ntail, s->ntail);
	}
	s->handed++;
	seki_press_put(s->press, piece);
}

int
seki_squeeze_write(
    struct seki_squeeze *s, const void *p, size_t n, struct seki_err *err)
{
	const unsigned char *from = p;
	size_t k;

	s->size += n;
	if (s->size > SEKI_BUNDLE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("one entry is more than %llu bytes"),
		    (unsigned long long)SEKI_BUNDLE_MAX);
	while (n > 0) {
		if (s->now == NULL && begin(s, err) == -1)
			return -1;
		k = SEKI_PIECE - s->now->n < n ? SEKI_PIECE - s->now->n : n;
		memcpy(s->now->in + s->now->n, from, k);
		s->now->n += k;
		from += k;
		n -= k;
		if (s->now->n == SEKI_PIECE)
			hand_in(s, 0);
	}
	return 0;
}

/* A piece before all others, which do not know of it. */
static int
put_front(struct seki_squeeze *s, const void *p, size_t n, struct seki_err *err)
{
	struct seki_deflater *d = n > SEKI_PIECE ? NULL : seki_deflater_new();
	struct seki_part *part = &s->part;
	int r;

	if (d == NULL)
		return seki_err_nomem(err);
	r = deflate_piece(d, p, n, NULL, 0, 0);
	if (r == -1 || d->n > part->at)
		r = seki_fail(
		    err, SEKI_BUG, "%s", _("zlib refused to compress"));
	else if (write_all(part->fd, d->out, d->n, part->at - d->n, err) == -1)
		r = -1;
	else {
		part->crc = (uint32_t)crc32_combine(
		    d->crc, part->crc, (z_off_t)part->size);
		part->at -= d->n;
		part->packed += d->n;
		part->size += n;
	}
	seki_deflater_free(d);
	return r;
}

int
seki_squeeze_end(struct seki_squeeze *s, const void *front, size_t n,
    struct seki_part *part, struct seki_err *err)
{
	int r = s->now == NULL ? begin(s, err) : 0;

	if (r == 0) {
		hand_in(s, 1);
		seki_press_wait(s->press, &s->finished, s->handed);
		if (s->failed) {
			*err = s->err;
			r = -1;
		} else if (n > 0)
			r = put_front(s, front, n, err);
	}
	if (r == 0) {
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
	seki_press_back(s->press, s->now);
	seki_press_wait(s->press, &s->finished, s->handed);
	if (s->part.fd != -1)
		(void)close(s->part.fd);
	free(s);
}
