#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "seki_int.h"

/* One entry while it is read: the rules of C1 on what data yields. */
struct entry {
	int fd;
	struct seki_place place;
	uint64_t in, out; /* read and yielded so far */
	uint32_t crc;
	int ended; /* the deflate stream is at its end */
	int ready; /* z is initialised */
	z_stream z;
	unsigned char buf[SEKI_CHUNK];
};

static ssize_t
packed(struct entry *e, void *p, size_t n, struct seki_err *err)
{
	ssize_t r;

	if (n > e->place.packed - e->in)
		n = (size_t)(e->place.packed - e->in);
	if (n == 0)
		return 0;
	r = pread(e->fd, p, n, (off_t)(e->place.at + e->in));
	if (r == -1)
		return seki_err_errno(err, _("read"));
	if (r == 0)
		return seki_fail(
		    err, SEKI_ZIP, "%s", _("the file became shorter"));
	e->in += (uint64_t)r;
	return r;
}

/*
 * Inflate up to n bytes.  When all that was stated is out, one more byte of
 * room shows whether the stream has more to say; so never more than that one
 * is produced.
 */
static ssize_t
inflated(struct entry *e, void *p, size_t n, struct seki_err *err)
{
	unsigned char more = 0;
	size_t room = n;
	ssize_t r;
	int z;

	if (room > e->place.size - e->out)
		room = (size_t)(e->place.size - e->out);
	e->z.next_out = room > 0 ? p : &more;
	e->z.avail_out = room > 0 ? (uInt)room : 1;
	do {
		if (e->z.avail_in == 0) {
			if ((r = packed(e, e->buf, sizeof(e->buf), err)) == -1)
				return -1;
			e->z.next_in = e->buf;
			e->z.avail_in = (uInt)r;
		}
		z = inflate(&e->z, Z_NO_FLUSH);
		if (z == Z_MEM_ERROR)
			return seki_err_nomem(err);
		if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
			return seki_fail(err, SEKI_ZIP, "%s",
			    _("the compressed data is damaged"));
		if (z == Z_BUF_ERROR && e->z.avail_out > 0 &&
		    e->in == e->place.packed)
			return seki_fail(err, SEKI_ZIP, "%s",
			    _("the compressed data is cut"));
	} while (z != Z_STREAM_END && e->z.avail_out > 0);
	e->ended = z == Z_STREAM_END;
	if (room == 0)
		return 1 - (ssize_t)e->z.avail_out;
	return (ssize_t)(room - e->z.avail_out);
}

/* After the last stated byte: nothing more, nothing left, the right CRC. */
static int
at_end(struct entry *e, struct seki_err *err)
{
	ssize_t r;

	if (e->place.deflated && !e->ended) {
		if ((r = inflated(e, NULL, 0, err)) == -1)
			return -1;
		if (r > 0)
			return seki_fail(err, SEKI_ZIP, "%s",
			    _("yields more bytes than stated"));
	}
	if (e->z.avail_in > 0 || e->in != e->place.packed)
		return seki_fail(err, SEKI_ZIP,
		    _("%llu bytes follow the compressed data"),
		    (unsigned long long)(e->z.avail_in + e->place.packed -
					 e->in));
	if (e->crc != e->place.crc)
		return seki_fail(
		    err, SEKI_ZIP, "%s", _("the checksum (CRC) differs"));
	return 0;
}

static ssize_t
entry_read(void *ctx, void *p, size_t n, struct seki_err *err)
{
	struct entry *e = ctx;
	ssize_t r;

	if (n > SEKI_MIB)
		n = SEKI_MIB;
	if (e->out == e->place.size)
		return at_end(e, err);
	if (!e->place.deflated)
		r = packed(e, p, n, err);
	else
		r = inflated(e, p, n, err);
	if (r == -1)
		return -1;
	e->out += (uint64_t)r;
	e->crc = (uint32_t)crc32(e->crc, p, (uInt)r);
	if (e->ended && e->out < e->place.size)
		return seki_fail(
		    err, SEKI_ZIP, "%s", _("yields fewer bytes than stated"));
	return r;
}

static void
entry_free(void *ctx)
{
	struct entry *e = ctx;

	if (e->ready)
		(void)inflateEnd(&e->z);
	free(e);
}

static const struct seki_in_ops entry_ops = { entry_read, entry_free };

struct seki_in *
seki_zip_in(int fd, const struct seki_place *place, const char *name,
    struct seki_err *err)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	e->fd = fd;
	e->place = *place;
	e->crc = (uint32_t)crc32(0, NULL, 0);
	if (place->deflated && inflateInit2(&e->z, -MAX_WBITS) != Z_OK) {
		free(e);
		(void)seki_err_nomem(err);
		return NULL;
	}
	e->ready = place->deflated;
	return seki_in_new(&entry_ops, e, name, err);
}

int
seki_zip_check(
    int fd, uint64_t offset, uint64_t length, int own, struct seki_err *err)
{
	struct seki_zip zip;
	struct seki_in *in;
	char *buf;
	ssize_t r = 0;
	size_t i;

	if (seki_zip_open(fd, offset, length, own, &zip, err) == -1)
		return -1;
	if ((buf = malloc(SEKI_CHUNK)) == NULL)
		r = seki_err_nomem(err);
	for (i = 0; i < zip.n && r == 0; i++) {
		in = seki_zip_in(
		    fd, &zip.entry[i].place, zip.entry[i].name, err);
		r = in == NULL ? -1 : 1;
		while (r > 0)
			r = seki_in_read(in, buf, SEKI_CHUNK, err);
		seki_in_free(in);
	}
	free(buf);
	seki_zip_release(&zip);
	return r == -1 ? -1 : 0;
}
