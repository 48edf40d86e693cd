#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "scan_int.h"

/*
 * Archives as anybody makes them, not the narrow form of a bundle
 * (seki_zip_open): names in any character set, comments, descriptors.  What
 * such an archive says in two places must agree, or it is ODD.
 */
#define END 22
#define CENTRAL 46
#define LOCAL 30
#define DIRECTORY ((uint64_t)16 << 20)

struct end {
	uint64_t at; /* of the central directory */
	uint64_t size, prefix;
	size_t entries;
	int big; /* ZIP64 */
};

struct entry {
	char name[256];
	struct seki_place place;
	unsigned flags, method;
};

static unsigned
le16(const unsigned char *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t
le32(const unsigned char *p)
{
	return le16(p) | (uint32_t)le16(p + 2) << 16;
}

/* The last end record whose directory stands before it: 1, 0, -1. */
static int
find_end(int fd, uint64_t size, struct end *e, struct seki_err *err)
{
	size_t want = size < 65535 + END ? (size_t)size : 65535 + END, i;
	unsigned char *p, sig[4];
	uint64_t at;
	ssize_t n;
	int r = 0;

	if (size < END)
		return 0;
	if ((p = malloc(want)) == NULL)
		return seki_err_nomem(err);
	if ((n = seki_scan_get(fd, size - want, p, want, err)) == -1)
		r = -1;
	for (i = n < END ? 0 : (size_t)n - END + 1; r == 0 && i-- > 0;) {
		if (memcmp(p + i, "PK\x05\x06", 4) != 0)
			continue;
		at = size - want + i;
		e->entries = le16(p + i + 10);
		e->size = le32(p + i + 12);
		e->big = e->size == 0xffffffff || e->entries == 0xffff ||
			 le32(p + i + 16) == 0xffffffff;
		if (e->big) {
			r = 1;
			break;
		}
		if (e->size > at)
			continue;
		e->at = at - e->size;
		if (e->entries > 0 &&
		    (seki_scan_get(fd, e->at, sig, 4, err) != 4 ||
			memcmp(sig, "PK\x01\x02", 4) != 0))
			continue;
		e->prefix =
		    e->at -
		    (e->at < le32(p + i + 16) ? e->at : le32(p + i + 16));
		r = e->entries > 0;
	}
	free(p);
	return err->reason != SEKI_OK ? -1 : r;
}

int
seki_scan_zip_there(
    int fd, uint64_t size, uint64_t *prefix, struct seki_err *err)
{
	struct end e = { .at = 0 };
	int r = find_end(fd, size, &e, err);

	*prefix = e.prefix;
	return r;
}

/* An entry of the directory and its local header: 1, or 0 when they are at
 * odds; -1. */
static int
take(int fd, const struct end *end, const unsigned char *p, size_t n,
    struct entry *e, size_t *used, struct seki_err *err)
{
	unsigned char l[LOCAL], local[256];
	size_t nname, keep;
	uint64_t at;
	ssize_t r;

	if (n < CENTRAL || memcmp(p, "PK\x01\x02", 4) != 0)
		return 0;
	nname = le16(p + 28);
	*used = CENTRAL + nname + le16(p + 30) + le16(p + 32);
	if (*used > n)
		return 0;
	keep = nname < sizeof(e->name) - 1 ? nname : sizeof(e->name) - 1;
	memcpy(e->name, p + CENTRAL, keep);
	e->name[keep] = '\0';
	e->flags = le16(p + 8);
	e->method = le16(p + 10);
	at = end->prefix + le32(p + 42);
	e->place = (struct seki_place){ .packed = le32(p + 20),
		.size = le32(p + 24),
		.crc = le32(p + 16),
		.deflated = e->method == 8 };
	if ((r = seki_scan_get(fd, at, l, LOCAL, err)) == -1)
		return -1;
	if (r != LOCAL || memcmp(l, "PK\x03\x04", 4) != 0 ||
	    le16(l + 26) != nname || le16(l + 8) != e->method)
		return 0;
	if ((r = seki_scan_get(fd, at + LOCAL, local, keep, err)) == -1)
		return -1;
	e->place.at = at + LOCAL + nname + le16(l + 28);
	return (size_t)r == keep && memcmp(local, e->name, keep) == 0 &&
	       memchr(e->name, '\0', keep) == NULL &&
	       e->place.at + e->place.packed <= end->at;
}

static int
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcasecmp(s + n - k, end) == 0;
}

static int
under(const char *name, const char *folder)
{
	return strcasestr(name, folder) != NULL;
}

/* What the names of the parts of an office document say (ECMA-376, ISO
 * 26300). */
static void
by_name(struct seki_scan_file *f, const char *name)
{
	if (ends_with(name, "vbaProject.bin") || under(name, "macrosheets/") ||
	    under(name, "dialogsheets/") ||
	    strncasecmp(name, "Basic/", 6) == 0 ||
	    strncasecmp(name, "Scripts/", 8) == 0)
		seki_scan_add(f, SEKI_SCAN_FOUND, SEKI_SCAN_MACRO);
	if (under(name, "activeX/") || under(name, "/ctrlProps/activeX"))
		seki_scan_add(f, SEKI_SCAN_FOUND, SEKI_SCAN_OBJECT);
	if (under(name, "embeddings/") && ends_with(name, ".bin"))
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT);
	if (under(name, "externalLinks/") && ends_with(name, ".xml"))
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK);
	if (seki_magic_program("", name))
		seki_scan_add(f, SEKI_SCAN_FOUND, SEKI_SCAN_PROGRAM);
	if (name[0] == '/' || name[0] == '\\' || strstr(name, "../") != NULL ||
	    strstr(name, "..\\") != NULL)
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
}

/* A failure of the archive's own is a finding; what the host lacks is none. */
static int
own_fault(struct seki_scan_file *f, struct seki_err *err)
{
	if (err->reason != SEKI_ZIP && err->reason != SEKI_LIMIT)
		return -1;
	seki_err_clear(err);
	seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
	return 0;
}

/* Again from its front, into a file that can be read at any place. */
static int
nested(struct seki_scan_file *f, int fd, const struct entry *e, int depth,
    struct seki_err *err)
{
	struct seki_in *in;
	int part, r;

	if (depth + 1 >= SEKI_SCAN_DEPTH) {
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_LIMIT);
		return 0;
	}
	if ((in = seki_zip_in(fd, &e->place, e->name, err)) == NULL)
		return -1;
	part = seki_in_spool(f->spool, in, err);
	seki_in_free(in);
	if (part == -1)
		return own_fault(f, err);
	r = seki_scan_look(f, part, e->place.size, e->name, depth + 1, err);
	(void)close(part);
	return r;
}

/* XML by its beginning, in any of its encodings. */
static int
xml(const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < 8; i++)
		if (p[i] == '<')
			return 1;
		else if (p[i] > ' ' && p[i] < 0x80)
			return 0;
	return 0;
}

/* A name is text, too; where it is no UTF-8 its digits are looked at. */
static int
name_numbers(struct seki_scan_file *f, const char *name, struct seki_err *err)
{
	char s[sizeof(((struct entry *)0)->name)];
	size_t n = strlen(name), bad, i;

	memcpy(s, name, n + 1);
	if (!seki_text_utf8(s, n, &bad))
		for (i = 0; i < n; i++)
			if ((s[i] & 0x80) != 0)
				s[i] = ' ';
	return seki_scan_text(&f->text, s, n, 0, err);
}

static int
entry(struct seki_scan_file *f, int fd, const struct entry *e, int depth,
    struct seki_err *err)
{
	unsigned char head[16];
	struct seki_in *in;
	size_t got = 0;
	ssize_t n = 1;
	int r;

	by_name(f, e->name);
	if (name_numbers(f, e->name, err) == -1)
		return -1;
	if ((e->flags & 0x2041) != 0) {
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ENCRYPTED);
		return 0;
	}
	if (e->method != 0 && e->method != 8) {
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ARCHIVE);
		return 0;
	}
	if (e->place.size == 0 || !seki_scan_spend(f, e->place.size))
		return 0;
	if ((in = seki_zip_in(fd, &e->place, e->name, err)) == NULL)
		return -1;
	while (got < sizeof(head) && n > 0) {
		n = seki_in_read(in, head + got, sizeof(head) - got, err);
		got += n > 0 ? (size_t)n : 0;
	}
	seki_in_free(in);
	if (n == -1)
		return own_fault(f, err);
	if (!xml(head, got) ||
	    !(ends_with(e->name, ".xml") || ends_with(e->name, ".rels") ||
		ends_with(e->name, ".vml")))
		return nested(f, fd, e, depth, err);
	if ((in = seki_zip_in(fd, &e->place, e->name, err)) == NULL)
		return -1;
	r = seki_scan_part(f, in, e->name, err);
	return r == -1 ? own_fault(f, err) : 0;
}

int
seki_scan_zip(struct seki_scan_file *f, int fd, uint64_t size, int depth,
    struct seki_err *err)
{
	struct end end = { .at = 0 };
	unsigned char *dir = NULL;
	struct entry e;
	size_t i, at = 0, used = 0;
	ssize_t n;
	int r = find_end(fd, size, &end, err);

	if (r <= 0)
		return r;
	if (end.big || end.size > DIRECTORY ||
	    end.entries > SEKI_SCAN_ENTRIES) {
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_LIMIT);
		return 0;
	}
	if ((dir = malloc((size_t)end.size + 1)) == NULL)
		return seki_err_nomem(err);
	n = seki_scan_get(fd, end.at, dir, (size_t)end.size, err);
	r = n == -1 ? -1 : 0;
	for (i = 0; r == 0 && i < end.entries; i++) {
		r = take(fd, &end, dir + at, (size_t)n - at, &e, &used, err);
		if (r == 0) {
			seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
			break;
		}
		at += used;
		if (r == 1)
			r = entry(f, fd, &e, depth, err);
	}
	/* Entries that the end record does not count. */
	if (r == 0 && i == end.entries && at != (size_t)n)
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
	free(dir);
	return r;
}
