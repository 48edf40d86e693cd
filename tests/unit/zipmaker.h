/*
 * Makes ZIP archives by hand, so that a test can tell one lie.  Included once
 * by a test; the archive under construction is "a".
 */
#ifndef ZIPMAKER_H
#define ZIPMAKER_H

#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

/* What a header says; by default the truth. */
struct says {
	const char *name;
	size_t nname; /* 0: strlen */
	unsigned flags, method, version, extra_id, time;
	uint32_t crc, packed, size, attr, local;
	unsigned disk, comment;
	int descriptor; /* 12 or 16 bytes behind the data */
};
#define END_RECORD 22

struct archive {
	unsigned char b[1 << 22];
	size_t n;
	struct says central[32];
	size_t count;
};
static struct archive a;

static void
put(uint64_t v, int bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		a.b[a.n++] = (unsigned char)v;
}

static void
put_bytes(const void *p, size_t n)
{
	memcpy(a.b + a.n, p, n);
	a.n += n;
}

static size_t
name_length(const struct says *s)
{
	return s->nname > 0 ? s->nname : strlen(s->name);
}

static void
put_head(const struct says *s)
{
	put(s->version, 2);
	put(s->flags, 2);
	put(s->method, 2);
	put(s->time, 2);
	put(0x21, 2);
	put(s->crc, 4);
	put(s->packed, 4);
	put(s->size, 4);
	put(name_length(s), 2);
	put(s->extra_id != 0 ? 8 : 0, 2);
}

static void
put_name(const struct says *s)
{
	put_bytes(s->name, name_length(s));
	if (s->extra_id == 0)
		return;
	put(s->extra_id, 2);
	put(4, 2);
	put(0, 4);
}

static void
add_local(const struct says *s, const void *data, size_t n)
{
	put(0x04034b50, 4);
	put_head(s);
	put_name(s);
	put_bytes(data, n);
	if (s->descriptor == 16)
		put(0x08074b50, 4);
	if (s->descriptor > 0) {
		put(a.central[a.count - 1].crc, 4);
		put(a.central[a.count - 1].packed, 4);
		put(a.central[a.count - 1].size, 4);
	}
}

/* The truth about data, packed when method is 8. */
static struct says
truth(const char *name, unsigned method, const void *data, size_t n,
    unsigned char *out, size_t *nout)
{
	struct says s = { .name = name,
		.method = method,
		.version = 20,
		.attr = 0100644U << 16,
		.local = (uint32_t)a.n };
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)data,
		.avail_in = (uInt)n,
		.next_out = out,
		.avail_out = 1 << 19 };

	s.crc = (uint32_t)crc32(0, data, (uInt)n);
	s.size = s.packed = (uint32_t)n;
	*nout = n;
	if (method != 8) {
		memcpy(out, data, n);
		return s;
	}
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	*nout = z.total_out;
	s.packed = (uint32_t)z.total_out;
	(void)deflateEnd(&z);
	return s;
}

static unsigned char packed[1 << 21];

static void
add(const char *name, unsigned method, const void *data, size_t n)
{
	size_t np;
	struct says s = truth(name, method, data, n, packed, &np);

	a.central[a.count++] = s;
	add_local(&s, packed, np);
}

struct last {
	unsigned comment, disk;
	int count, dir, size; /* added to the truth */
};

static const struct last plain = { .comment = 0 };

static void
end(const struct last *l)
{
	size_t i, dir = a.n, size;

	for (i = 0; i < a.count; i++) {
		struct says *s = &a.central[i];

		put(0x02014b50, 4);
		put(20 | 3 << 8, 2);
		put_head(s);
		put(s->comment, 2);
		put(s->disk, 2);
		put(0, 2);
		put(s->attr, 4);
		put(s->local, 4);
		put_name(s);
		for (size_t k = 0; k < s->comment; k++)
			put('c', 1);
	}
	size = a.n - dir;
	put(0x06054b50, 4);
	put(l->disk, 2);
	put(0, 2);
	put(a.count + (size_t)l->count, 2);
	put(a.count + (size_t)l->count, 2);
	put(size + (size_t)l->size, 4);
	put(dir + (size_t)l->dir, 4);
	put(l->comment, 2);
}

#endif
