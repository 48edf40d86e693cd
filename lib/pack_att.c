#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "attach_int.h"

/*
 * The attachments of a bundle in the making, one behind the other in a file
 * without a name: what was verified there is what is packed, whatever becomes
 * of the folder.
 */
struct taking {
	struct seki_spool *from;
	struct seki_out *out;
	uint64_t at; /* written so far */
	struct seki_err *err;
};

/* Of a file that is small when deflated, its beginning is, too. */
#define SAMPLE (4 * SEKI_CHUNK)

static int
put(struct taking *t, const void *p, size_t n)
{
	t->at += n;
	if (t->at > SEKI_BUNDLE_MAX)
		return seki_fail(t->err, SEKI_LIMIT,
		    _("the bundle is larger than %llu bytes"),
		    (unsigned long long)SEKI_BUNDLE_MAX);
	return seki_out_write(t->out, p, n, t->err);
}

/* A raw deflate stream of all of it, or the bytes as they are. */
static int
copy(struct taking *t, struct seki_in *in, z_stream *z, struct seki_part *part)
{
	unsigned char from[SEKI_CHUNK], to[SEKI_CHUNK];
	ssize_t n;
	int end;

	do {
		if ((n = seki_in_read(in, from, sizeof(from), t->err)) == -1)
			return -1;
		part->crc = (uint32_t)crc32(part->crc, from, (uInt)n);
		if (z == NULL) {
			if (put(t, from, (size_t)n) == -1)
				return -1;
			continue;
		}
		z->next_in = from;
		z->avail_in = (uInt)n;
		do {
			z->next_out = to;
			z->avail_out = sizeof(to);
			end = deflate(z, n == 0 ? Z_FINISH : Z_NO_FLUSH);
			if (put(t, to, sizeof(to) - z->avail_out) == -1)
				return -1;
		} while (n == 0 ? end != Z_STREAM_END : z->avail_out == 0);
	} while (n > 0);
	return 0;
}

static int
worth(int fd)
{
	unsigned char *from = malloc(SAMPLE), *to = malloc(2 * SAMPLE);
	ssize_t n = from && to ? pread(fd, from, SAMPLE, 0) : -1;
	uLongf size = 2 * SAMPLE;
	int r = n > 0 && compress2(to, &size, from, (uLong)n, 6) == Z_OK &&
		size < (uLongf)n - (uLongf)n / 10;

	free(from);
	free(to);
	return r;
}

static int
damaged(struct seki_err *err)
{
	return seki_fail(
	    err, SEKI_DIGEST, "%s", _("the attachment's file is damaged"));
}

/* The file's bytes, whose digest is compared when all of them have passed. */
static int
take(struct taking *t, int fd, const struct seki_att *att, int deflated,
    struct seki_part *part)
{
	unsigned char sum[SEKI_SHA256];
	struct seki_in *in = NULL;
	z_stream z = { .next_in = NULL };
	uint64_t n;
	int again = dup(fd), r = -1;

	part->at = t->at;
	part->size = att->size;
	part->deflated = deflated;
	if (again == -1 || lseek(again, 0, SEEK_SET) == -1)
		return seki_err_errno(t->err, _("read"));
	if ((in = seki_in_fd(again, seki_spool_path(t->from), t->err)) ==
		NULL ||
	    (in = seki_in_sha256(in, sum, &n, t->err)) == NULL)
		return -1;
	if (deflated && deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8,
			    Z_DEFAULT_STRATEGY) != Z_OK)
		(void)seki_err_nomem(t->err);
	else
		r = copy(t, in, deflated ? &z : NULL, part);
	if (deflated)
		(void)deflateEnd(&z);
	seki_in_free(in);
	part->packed = t->at - part->at;
	if (r == 0 &&
	    (n != att->size || memcmp(sum, att->sha256, SEKI_SHA256) != 0))
		r = damaged(t->err);
	memcpy(part->sha256, att->sha256, SEKI_SHA256);
	return r;
}

static int
one(struct taking *t, const struct seki_att *att, struct seki_part *part)
{
	char hex[SEKI_HEX];
	int fd, r;

	seki_text_hex(att->sha256, SEKI_SHA256, hex);
	if ((fd = seki_spool_file(t->from, hex, att->size, t->err)) == -1)
		r = -1;
	else
		r = take(t, fd, att, worth(fd), part);
	if (fd != -1)
		(void)close(fd);
	if (r == 0)
		return 0;
	seki_err_object(t->err, seki_spool_path(t->from));
	seki_att_place(att, t->err);
	if (t->err->reason == SEKI_FILE || t->err->reason == SEKI_DIGEST)
		seki_err_hint(t->err,
		    _("Pull the stream again: seki-pull --attachments %s"),
		    seki_spool_path(t->from));
	return -1;
}

static int
list(const struct seki_atts *a, const struct seki_part *part,
    struct seki_manifest *m, struct seki_err *err)
{
	int relay = strcmp(m->carrier, "relay") == 0;
	char name[SEKI_ATT_NAME];
	size_t i;

	for (i = 0; i < a->n; i++) {
		seki_att_name(a->v[i], relay, name);
		if (seki_manifest_file(m, name, "attachment", part[i].size,
			part[i].sha256, err) == -1)
			return -1;
	}
	return 0;
}

/* A stream that names what it does not bring would arrive without it, and
 * nobody would know. */
static int
asked(const struct seki_atts *a, const char *dir, struct seki_manifest *m,
    struct seki_err *err)
{
	if (strcmp(m->attachments, "all") != 0) {
		if (dir == NULL || a->n + a->unknown == 0)
			return 0;
		seki_err_hint(err, "%s",
		    _("Pull it with --attachments, or pack it without."));
		return seki_fail(err, SEKI_CONFIG, "%s",
		    _("the stream was made without its attachments"));
	}
	if (seki_atts_ok(a, err) == -1)
		return -1;
	if (dir != NULL || a->n == 0)
		return 1;
	seki_att_place(a->v[0], err);
	seki_err_hint(err, "%s",
	    _("Pack with --attachments DIR, the folder that seki-pull "
	      "--attachments was given; or pull without."));
	return seki_fail(err, SEKI_CONFIG,
	    _("the stream names %zu attachments, which would be lost"), a->n);
}

int
seki_pack_att(const struct seki_atts *a, const char *dir, const char *spool,
    struct seki_manifest *m, struct seki_part **parts, int *fd,
    struct seki_err *err)
{
	struct taking t = { .err = err };
	size_t i;
	int r = asked(a, dir, m, err);

	if (r != 1 || a->n == 0)
		return r == -1 ? -1 : 0;
	if ((*parts = calloc(a->n, sizeof(**parts))) == NULL)
		return seki_err_nomem(err);
	if ((*fd = seki_dir_spool(spool, err)) == -1 ||
	    (t.from = seki_spool_read(dir, err)) == NULL)
		return -1;
	if ((t.out = seki_out_fd(*fd, spool, err)) == NULL)
		r = -1;
	for (i = 0; r != -1 && i < a->n; i++) {
		(*parts)[i].fd = *fd;
		r = one(&t, a->v[i], &(*parts)[i]);
	}
	if (r != -1)
		r = seki_out_flush(t.out, err);
	seki_out_abort(t.out);
	seki_spool_free(t.from);
	return r == -1 ? -1 : list(a, *parts, m, err);
}
