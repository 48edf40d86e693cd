#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "seki_int.h"

/* 1980-01-01 00:00, the beginning of ZIP's time. */
#define DOS_DATE 0x0021
#define VERSION 20
#define MADE_BY (3 << 8 | VERSION) /* Unix, so that the mode is one */
#define REGULAR_0600 ((uint32_t)0100600 << 16)

struct entry {
	char *name;
	struct seki_part part;
	uint32_t at;
};

struct seki_zipout {
	struct seki_out *out;
	struct seki_sha256 sha;
	struct entry *entry;
	size_t n;
	uint64_t at;
};

static void
le16(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)(v & 0xFF);
	p[1] = (unsigned char)(v >> 8 & 0xFF);
}

static void
le32(unsigned char *p, uint32_t v)
{
	le16(p, v & 0xFFFF);
	le16(p + 2, v >> 16);
}

struct seki_zipout *
seki_zipout_new(struct seki_out *out, struct seki_err *err)
{
	struct seki_zipout *z = calloc(1, sizeof(*z));

	if (z == NULL)
		(void)seki_err_nomem(err);
	else if (seki_sha256_init(&z->sha, err) == 0) {
		seki_sha256_restart(&z->sha);
		z->out = out;
		return z;
	}
	free(z);
	return NULL;
}

static int
put(struct seki_zipout *z, const void *p, size_t n, struct seki_err *err)
{
	z->at += n;
	if (z->at > SEKI_BUNDLE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("the bundle is larger than %llu bytes"),
		    (unsigned long long)SEKI_BUNDLE_MAX);
	seki_sha256_add(&z->sha, p, n);
	return seki_out_write(z->out, p, n, err);
}

/* What local and central header share, "version needed" to name length. */
static void
shared(unsigned char *p, const struct entry *e)
{
	le16(p, VERSION);
	le16(p + 4, e->part.deflated ? 8 : 0);
	le16(p + 8, DOS_DATE);
	le32(p + 10, e->part.crc);
	le32(p + 14, (uint32_t)e->part.packed);
	le32(p + 18, (uint32_t)e->part.size);
	le16(p + 22, (unsigned)strlen(e->name));
}

/* The entry's header; its bytes must follow. */
static int
begin(struct seki_zipout *z, const char *name, const struct seki_part *part,
    struct seki_err *err)
{
	unsigned char p[30] = { 'P', 'K', 3, 4 };
	struct entry *e;

	if (z->n == SEKI_ENTRIES_MAX || part->size > SEKI_BUNDLE_MAX)
		return seki_fail(
		    err, SEKI_LIMIT, "%s", _("more than a bundle can hold"));
	if ((e = reallocarray(z->entry, z->n + 1, sizeof(*e))) == NULL)
		return seki_err_nomem(err);
	z->entry = e;
	e += z->n;
	if ((e->name = strdup(name)) == NULL)
		return seki_err_nomem(err);
	z->n++;
	e->part = *part;
	e->at = (uint32_t)z->at;
	shared(p + 4, e);
	if (put(z, p, sizeof(p), err) == -1)
		return -1;
	return put(z, name, strlen(name), err);
}

int
seki_zipout_mem(struct seki_zipout *z, const char *name, const void *p,
    size_t n, struct seki_err *err)
{
	struct seki_part part = { .fd = -1, .packed = n, .size = n };

	part.crc = (uint32_t)crc32(0, p, (uInt)n);
	if (begin(z, name, &part, err) == -1)
		return -1;
	return put(z, p, n, err);
}

int
seki_zipout_part(struct seki_zipout *z, const char *name,
    const struct seki_part *part, struct seki_err *err)
{
	unsigned char buf[SEKI_CHUNK];
	uint64_t at = 0;
	size_t n = sizeof(buf);
	ssize_t r = 0;

	if (begin(z, name, part, err) == -1)
		return -1;
	while (at < part->packed) {
		if (n > part->packed - at)
			n = (size_t)(part->packed - at);
		r = pread(part->fd, buf, n, (off_t)(part->at + at));
		if (r <= 0)
			break;
		if (put(z, buf, (size_t)r, err) == -1)
			return -1;
		at += (uint64_t)r;
	}
	if (r == -1)
		return seki_err_errno(err, _("temporary file"));
	if (at != part->packed)
		return seki_fail(err, SEKI_BUG, "%s",
		    _("a temporary file changed its length"));
	return 0;
}

static int
directory(struct seki_zipout *z, struct seki_err *err)
{
	unsigned char p[46];
	size_t i;

	for (i = 0; i < z->n; i++) {
		memset(p, 0, sizeof(p));
		memcpy(p, "PK\1\2", 4);
		le16(p + 4, MADE_BY);
		shared(p + 6, &z->entry[i]);
		le32(p + 38, REGULAR_0600);
		le32(p + 42, z->entry[i].at);
		if (put(z, p, sizeof(p), err) == -1 ||
		    put(z, z->entry[i].name, strlen(z->entry[i].name), err) ==
			-1)
			return -1;
	}
	return 0;
}

int
seki_zipout_end(struct seki_zipout *z, uint64_t *size, unsigned char *sha256,
    struct seki_err *err)
{
	unsigned char p[22] = { 'P', 'K', 5, 6 };
	uint64_t start = z->at;

	if (directory(z, err) == -1)
		return -1;
	le16(p + 8, (unsigned)z->n);
	le16(p + 10, (unsigned)z->n);
	le32(p + 12, (uint32_t)(z->at - start));
	le32(p + 16, (uint32_t)start);
	if (put(z, p, sizeof(p), err) == -1)
		return -1;
	*size = z->at;
	seki_sha256_end(&z->sha, sha256);
	return 0;
}

void
seki_zipout_free(struct seki_zipout *z)
{
	if (z == NULL)
		return;
	while (z->n > 0)
		free(z->entry[--z->n].name);
	free(z->entry);
	seki_sha256_free(&z->sha);
	free(z);
}

int
seki_zipout_stored(int fd, struct seki_part *part, struct seki_err *err)
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
