#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "seki_int.h"

/*
 * A tiled ZIP: local entries without gaps, the central directory in the same
 * order, the end record, the end of the file.  Every byte belongs to exactly
 * one structure, so no two readers can see different archives in it.
 */
#define LOCAL 30
#define CENTRAL 46
#define END 22
/* 4,096 entries of our own need 0.7 MiB. */
#define DIRECTORY_MAX (4 * SEKI_MIB)

#define FLAG_DESCRIPTOR 0x0008
#define FLAGS_OTHERS 0x080e /* deflate's speed, descriptor, UTF-8 names */

/* A header's fields that local and central header share. */
struct head {
	unsigned version, flags, method, time, date;
	uint32_t crc, packed, size;
	unsigned nname, nextra;
	const unsigned char *name, *extra;
};
struct entry {
	struct head head;
	unsigned ncomment, disk, host;
	uint32_t attr, local;
};
struct check {
	int fd, own;
	uint64_t offset, length; /* of the archive */
	uint64_t dir;		 /* of the directory, from its start */
	unsigned char *p;	 /* the directory */
	size_t n, count;
	uint64_t at;	   /* end of what belongs to an entry so far */
	uint64_t inflated; /* stated by all entries so far */
	struct seki_zip *zip;
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

static int
bytes(const struct check *c, uint64_t at, void *dst, size_t n,
    struct seki_err *err)
{
	char *p = dst;
	ssize_t r;

	for (; n > 0; n -= (size_t)r, p += r, at += (uint64_t)r) {
		r = pread(c->fd, p, n, (off_t)(c->offset + at));
		if (r == -1)
			return seki_err_errno(err, _("read"));
		if (r == 0)
			return seki_fail(
			    err, SEKI_ZIP, "%s", _("the file became shorter"));
	}
	return 0;
}

int
seki_zip_none(uint64_t length, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("name the bundle, a .zip; if this is it, copy it from the medium "
	      "again, and if the answer stays ask the sender: seki-pack "
	      "--resend"));
	return seki_fail(err, SEKI_ZIP, "%s",
	    length == 0 ? _("no bundle (.zip): the file is empty")
			: _("no bundle (.zip) but another file"));
}

/* What was taken for a bundle. */
static int
no_bundle(const struct check *c, struct seki_err *err)
{
	char head[4] = { 0 };

	if (!c->own || (c->length >= sizeof(head) &&
			   bytes(c, 0, head, sizeof(head), err) == -1))
		return err->reason != SEKI_OK;
	return memcmp(head, "PK\3\4", sizeof(head)) != 0 &&
	       seki_zip_none(c->length, err) == -1;
}

int
seki_zip_stream(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("seki-pack makes a bundle of it, on the side it comes from"));
	return seki_fail(
	    err, SEKI_ZIP, "%s", _("a record stream, not a bundle"));
}

static int
stream(const struct check *c, struct seki_err *err)
{
	static const char begin[] = "{\"type\":\"SCHEMA\"";
	char head[sizeof(begin) - 1];

	if (c->length < sizeof(head) ||
	    bytes(c, 0, head, sizeof(head), err) == -1 ||
	    memcmp(head, begin, sizeof(head)) != 0)
		return 0;
	(void)seki_zip_stream(err);
	return 1;
}

/* Why there is no end record in the last 22 bytes. */
static int
no_end(const struct check *c, struct seki_err *err)
{
	unsigned char *tail;
	size_t i, n = SEKI_CHUNK + END;

	if (stream(c, err) || err->reason != SEKI_OK || no_bundle(c, err))
		return -1;
	if (n > c->length)
		n = (size_t)c->length;
	if ((tail = malloc(n)) == NULL)
		return seki_err_nomem(err);
	if (bytes(c, c->length - n, tail, n, err) == -1)
		goto out;
	for (i = n - END; i > 0; i--)
		if (le32(tail + i - 1) == 0x06054b50)
			(void)seki_fail(err, SEKI_ZIP,
			    _("%zu bytes after the end of the archive "
			      "belong to no entry"),
			    n - (i - 1) - END);
	(void)seki_fail(err, SEKI_ZIP, "%s",
	    _("no end of the archive: cut off, or no ZIP"));
out:
	free(tail);
	return -1;
}

static int
read_end(struct check *c, struct seki_err *err)
{
	unsigned char e[END];
	uint64_t size;

	if (c->length < END && no_bundle(c, err))
		return -1;
	if (c->length < END)
		return seki_fail(err, SEKI_ZIP, "%s", _("no ZIP: too short"));
	if (bytes(c, c->length - END, e, END, err) == -1)
		return -1;
	if (le32(e) != 0x06054b50)
		return no_end(c, err);
	if (le16(e + 20) != 0)
		return seki_fail(err, SEKI_ZIP, "%s",
		    _("the end of the archive announces a comment"));
	c->count = le16(e + 10);
	size = le32(e + 12);
	c->dir = le32(e + 16);
	if (c->count == 0xffff || size == 0xffffffff || c->dir == 0xffffffff)
		return seki_fail(
		    err, SEKI_ZIP, "%s", _("ZIP64 is not allowed"));
	if (le16(e + 4) != 0 || le16(e + 6) != 0 || le16(e + 8) != c->count)
		return seki_fail(err, SEKI_ZIP, "%s",
		    _("archives in several parts are not allowed"));
	if (c->dir + size != c->length - END)
		return seki_fail(err, SEKI_ZIP, "%s",
		    _("the end of the archive is not where it must be"));
	if (size > DIRECTORY_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("a directory of %llu bytes, the limit is %llu"),
		    (unsigned long long)size,
		    (unsigned long long)DIRECTORY_MAX);
	c->n = (size_t)size;
	return 0;
}

static int
read_directory(struct check *c, struct seki_err *err)
{
	size_t max = c->own ? SEKI_ENTRIES_MAX : SEKI_PARTS_MAX;

	if (c->count == 0)
		return seki_fail(err, SEKI_ZIP, "%s", _("an empty archive"));
	if (c->count > max)
		return seki_fail(err, SEKI_LIMIT,
		    _("%zu entries, the limit is %zu"), c->count, max);
	c->p = malloc(c->n + 1);
	c->zip->entry = calloc(c->count, sizeof(*c->zip->entry));
	/* Names and a NUL each fit where the headers were. */
	c->zip->names = malloc(c->n + 1);
	if (c->p == NULL || c->zip->entry == NULL || c->zip->names == NULL)
		return seki_err_nomem(err);
	return bytes(c, c->dir, c->p, c->n, err);
}

/* The part that both headers share, from "version needed" on. */
static void
head(const unsigned char *p, struct head *h)
{
	h->version = le16(p);
	h->flags = le16(p + 2);
	h->method = le16(p + 4);
	h->time = le16(p + 6);
	h->date = le16(p + 8);
	h->crc = le32(p + 10);
	h->packed = le32(p + 14);
	h->size = le32(p + 18);
	h->nname = le16(p + 22);
	h->nextra = le16(p + 24);
}

/* Take the central header at *at. */
static int
central(const struct check *c, size_t i, size_t *at, struct entry *e,
    struct seki_err *err)
{
	const unsigned char *p = c->p + *at;
	size_t left = c->n - *at;

	if (left < CENTRAL || le32(p) != 0x02014b50)
		return seki_fail(err, SEKI_ZIP,
		    _("no directory header for entry %zu"), i + 1);
	head(p + 6, &e->head);
	e->host = p[5];
	e->ncomment = le16(p + 32);
	e->disk = le16(p + 34);
	e->attr = le32(p + 38);
	e->local = le32(p + 42);
	if (left - CENTRAL <
	    (size_t)e->head.nname + e->head.nextra + e->ncomment)
		return seki_fail(err, SEKI_ZIP,
		    _("the directory header of entry %zu is cut"), i + 1);
	e->head.name = p + CENTRAL;
	e->head.extra = e->head.name + e->head.nname;
	*at += CENTRAL + (size_t)e->head.nname + e->head.nextra + e->ncomment;
	return 0;
}

static int
extra_ok(const struct check *c, const struct head *h)
{
	/* ZIP64, Unicode path and comment, AES, strong encryption: each makes
	 * some reader see another name, size or content. */
	static const unsigned bad[] = { 0x0001, 0x7075, 0x6375, 0x9901,
		0x0017 };
	size_t i, k, n;

	if (c->own)
		return h->nextra == 0;
	for (i = 0; i < h->nextra; i += n) {
		if (h->nextra - i < 4)
			return 0;
		n = 4 + (size_t)le16(h->extra + i + 2);
		if (n > h->nextra - i)
			return 0;
		for (k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
			if (le16(h->extra + i) == bad[k])
				return 0;
	}
	return 1;
}

static int
bad_name(const struct head *h, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t n = h->nname < 80 ? h->nname : 80;

	if (n == 19 && memcmp(h->name, "[Content_Types].xml", n) == 0)
		seki_err_hint(err, "%s",
		    _("this is an Excel workbook; what is imported is the "
		      "bundle, the .zip it came in"));
	if (seki_text_show(&b, (const char *)h->name, n, err) == 0)
		(void)seki_fail(err, SEKI_ZIP, _("name not allowed: '%s'"),
		    b.p == NULL ? "" : b.p);
	seki_buf_free(&b);
	return -1;
}

/* A regular file, or in a workbook a folder without data. */
static int
type_ok(const struct entry *e, int own, int folder)
{
	unsigned type = (e->attr >> 16) & 0170000;

	if (own)
		return (type == 0 || type == 0100000) && (e->attr & 0x18) == 0;
	if (folder)
		return (type == 0 || type == 0040000) && e->head.size == 0;
	return (type == 0 || type == 0100000) && (e->attr & 0x18) == 0;
}

static int
entry_fail(const struct entry *e, struct seki_err *err, const char *why)
{
	return seki_fail(err, SEKI_ZIP, _("%.*s: %s"),
	    e->head.nname < 256 ? (int)e->head.nname : 256,
	    (const char *)e->head.name, why);
}

/* The rules on one central header by itself. */
static int
entry_ok(struct check *c, const struct entry *e, struct seki_err *err)
{
	const struct head *h = &e->head;
	uint64_t max = c->own ? SEKI_INFLATED_MAX : SEKI_PART_MAX;
	int folder = !c->own && h->nname > 0 && h->name[h->nname - 1] == '/';

	if (!seki_zip_name_ok((const char *)h->name,
		(size_t)h->nname - (folder ? 1 : 0), c->own == SEKI_ZIP_OWN))
		return bad_name(h, err);
	if ((h->flags & ~(c->own ? 0U : (unsigned)FLAGS_OTHERS)) != 0)
		return entry_fail(e, err, _("a flag that is not allowed"));
	if (h->method != 0 && h->method != 8)
		return entry_fail(
		    e, err, _("a compression that is not allowed"));
	if (h->size == 0xffffffff || h->packed == 0xffffffff ||
	    e->local == 0xffffffff)
		return entry_fail(e, err, _("ZIP64 is not allowed"));
	if (e->disk != 0 || (c->own && h->version > 20))
		return entry_fail(
		    e, err, _("a kind of archive that is not allowed"));
	if (!extra_ok(c, h))
		return entry_fail(e, err, _("extra field not allowed"));
	if (e->ncomment != 0)
		return entry_fail(e, err, _("comment not allowed"));
	if (!type_ok(e, c->own, folder))
		return entry_fail(e, err, _("not a regular file"));
	if (h->method == 0 && h->size != h->packed)
		return entry_fail(
		    e, err, _("yields more or fewer bytes than stated"));
	c->inflated += h->size;
	if (c->inflated > SEKI_INFLATED_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("all entries together exceed %llu bytes"),
		    (unsigned long long)SEKI_INFLATED_MAX);
	if (h->size > max)
		return seki_fail(err, SEKI_LIMIT,
		    _("%.*s: the entry exceeds %llu bytes"), (int)h->nname,
		    (const char *)h->name, (unsigned long long)max);
	return 0;
}

/* The descriptor behind the data, with or without its signature. */
static int
descriptor_ok(const struct check *c, const struct entry *e, uint64_t end,
    uint64_t next, struct seki_err *err)
{
	const struct head *h = &e->head;
	unsigned char d[16], *p = d;

	if (next > c->dir || next < end ||
	    (next - end != 12 && next - end != 16))
		return entry_fail(
		    e, err, _("the data descriptor has a wrong length"));
	if (bytes(c, end, d, (size_t)(next - end), err) == -1)
		return -1;
	if (next - end == 16) {
		if (le32(p) != 0x08074b50)
			return entry_fail(
			    e, err, _("the data descriptor has no signature"));
		p += 4;
	}
	if (le32(p) != h->crc || le32(p + 4) != h->packed ||
	    le32(p + 8) != h->size)
		return entry_fail(
		    e, err, _("data descriptor and directory disagree"));
	return 0;
}

static int
heads_agree(const struct check *c, const struct head *l, const struct head *h)
{
	if (l->flags != h->flags || l->method != h->method ||
	    l->nname != h->nname)
		return 0;
	if (c->own && (l->version != h->version || l->time != h->time ||
			  l->date != h->date))
		return 0;
	if ((h->flags & FLAG_DESCRIPTOR) != 0 && l->crc == 0 &&
	    l->packed == 0 && l->size == 0)
		return 1;
	return l->crc == h->crc && l->packed == h->packed && l->size == h->size;
}

/* The local header: its place, and that it says what the directory says.
 * *data is where the bytes begin. */
static int
local(const struct check *c, size_t i, const struct entry *e, uint64_t *data,
    struct seki_err *err)
{
	unsigned char p[LOCAL], *rest = NULL;
	struct head l;
	size_t n;
	int r = -1;

	if (e->local > c->at)
		return seki_fail(err, SEKI_ZIP,
		    _("%llu bytes before entry %zu belong to no entry"),
		    (unsigned long long)(e->local - c->at), i + 1);
	if (e->local < c->at)
		return seki_fail(
		    err, SEKI_ZIP, _("entries %zu and %zu overlap"), i, i + 1);
	if (c->dir - c->at < LOCAL)
		return entry_fail(e, err, _("no local header"));
	if (bytes(c, c->at, p, LOCAL, err) == -1)
		return -1;
	if (le32(p) != 0x04034b50)
		return entry_fail(e, err, _("no local header"));
	head(p + 4, &l);
	n = (size_t)l.nname + l.nextra;
	*data = c->at + LOCAL + n;
	if (*data > c->dir || e->head.packed > c->dir - *data)
		return seki_fail(err, SEKI_ZIP,
		    _("entry %zu and the directory overlap"), i + 1);
	if ((rest = malloc(n + 1)) == NULL)
		return seki_err_nomem(err);
	if (bytes(c, c->at + LOCAL, rest, n, err) == -1)
		goto out;
	l.extra = rest + l.nname;
	if (!heads_agree(c, &l, &e->head) ||
	    memcmp(rest, e->head.name, l.nname) != 0)
		(void)seki_fail(err, SEKI_ZIP,
		    _("the headers of entry %zu disagree"), i + 1);
	else if (!extra_ok(c, &l))
		(void)entry_fail(e, err, _("extra field not allowed"));
	else
		r = 0;
out:
	free(rest);
	return r;
}

/* Where the entry after e begins, by the directory. */
static uint64_t
next_local(const struct check *c, size_t i, size_t at)
{
	if (i + 1 == c->count || c->n - at < CENTRAL)
		return c->dir;
	return le32(c->p + at + 42);
}

static int
walk(struct check *c, struct seki_err *err)
{
	struct seki_zip_entry *out = c->zip->entry;
	char *name = c->zip->names;
	struct entry e;
	uint64_t data = 0, end, next;
	size_t i, at = 0;

	for (i = 0; i < c->count; i++) {
		if (central(c, i, &at, &e, err) == -1 ||
		    entry_ok(c, &e, err) == -1 ||
		    local(c, i, &e, &data, err) == -1)
			return -1;
		end = data + e.head.packed;
		next = next_local(c, i, at);
		if ((e.head.flags & FLAG_DESCRIPTOR) != 0) {
			if (descriptor_ok(c, &e, end, next, err) == -1)
				return -1;
			end = next;
		}
		c->at = end;
		memcpy(name, e.head.name, e.head.nname);
		name[e.head.nname] = '\0';
		out[i].name = name;
		name += e.head.nname + 1;
		out[i].place = (struct seki_place){ .at = c->offset + data,
			.packed = e.head.packed,
			.size = e.head.size,
			.crc = e.head.crc,
			.deflated = e.head.method == 8 };
		c->zip->n = i + 1;
	}
	if (at != c->n)
		return seki_fail(err, SEKI_ZIP,
		    _("%zu bytes of the directory belong to no entry"),
		    c->n - at);
	if (c->at != c->dir)
		return seki_fail(err, SEKI_ZIP,
		    _("%llu bytes before the directory belong to no entry"),
		    (unsigned long long)(c->dir - c->at));
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct seki_zip_entry *const *x = a, *const *y = b;

	return strcasecmp((*x)->name, (*y)->name);
}

static int
unique(const struct seki_zip *z, struct seki_err *err)
{
	const struct seki_zip_entry **v;
	size_t i;
	int r = 0;

	if ((v = calloc(z->n, sizeof(*v))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < z->n; i++)
		v[i] = &z->entry[i];
	qsort(v, z->n, sizeof(*v), by_name);
	for (i = 1; i < z->n && r == 0; i++)
		if (strcasecmp(v[i - 1]->name, v[i]->name) == 0)
			r = seki_fail(err, SEKI_ZIP,
			    _("entry listed twice: %s"), v[i]->name);
	free(v);
	return r;
}

int
seki_zip_open(int fd, uint64_t offset, uint64_t length, int own,
    struct seki_zip *zip, struct seki_err *err)
{
	struct check c = { .fd = fd,
		.own = own,
		.offset = offset,
		.length = length,
		.zip = zip };
	int r = -1;

	memset(zip, 0, sizeof(*zip));
	if (read_end(&c, err) == 0 && read_directory(&c, err) == 0 &&
	    walk(&c, err) == 0 && unique(zip, err) == 0)
		r = 0;
	free(c.p);
	if (r == -1)
		seki_zip_release(zip);
	return r;
}

const struct seki_zip_entry *
seki_zip_find(const struct seki_zip *zip, const char *name)
{
	size_t i;

	for (i = 0; i < zip->n; i++)
		if (strcmp(zip->entry[i].name, name) == 0)
			return &zip->entry[i];
	return NULL;
}

void
seki_zip_release(struct seki_zip *zip)
{
	free(zip->entry);
	free(zip->names);
	memset(zip, 0, sizeof(*zip));
}
