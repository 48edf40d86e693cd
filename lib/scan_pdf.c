#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "scan_int.h"

/*
 * A PDF is looked at as a row of names and words (ISO 32000 7.2): what makes it
 * active is always a name in some dictionary, in the file itself or in a
 * compressed object stream.  Neither cross-reference tables nor lengths are
 * believed.
 */
#define NAME 32

enum {
	OBJSTM = 1,
	FLATE = 2,
	FILTER = 4, /* another one */
	FIRST = 8,
	N_OF = 16,
	PREDICTOR = 32
};
static const struct {
	const char *name;
	unsigned how;  /* of a stream's dictionary */
	int short_one; /* by chance in other data: not inside a stream */
	enum seki_scan_level level;
	enum seki_scan_what what;
} names[] = {
	{ "JavaScript", 0, 0, SEKI_SCAN_FOUND, SEKI_SCAN_JAVASCRIPT },
	{ "JS", 0, 1, SEKI_SCAN_FOUND, SEKI_SCAN_JAVASCRIPT },
	{ "Launch", 0, 0, SEKI_SCAN_FOUND, SEKI_SCAN_LAUNCH },
	{ "EmbeddedFile", 0, 0, SEKI_SCAN_SUSPECT, SEKI_SCAN_EMBEDDED },
	{ "EmbeddedFiles", 0, 0, SEKI_SCAN_SUSPECT, SEKI_SCAN_EMBEDDED },
	{ "EF", 0, 1, SEKI_SCAN_SUSPECT, SEKI_SCAN_EMBEDDED },
	{ "3D", 0, 1, SEKI_SCAN_SUSPECT, SEKI_SCAN_FORM },
	{ "RichMedia", 0, 0, SEKI_SCAN_SUSPECT, SEKI_SCAN_FORM },
	{ "XFA", 0, 1, SEKI_SCAN_SUSPECT, SEKI_SCAN_FORM },
	{ "Encrypt", 0, 0, SEKI_SCAN_SUSPECT, SEKI_SCAN_ENCRYPTED },
	/* Mostly the page and the zoom to begin with. */
	{ "OpenAction", 0, 0, SEKI_SCAN_LOW, SEKI_SCAN_ACTION },
	{ "AA", 0, 1, SEKI_SCAN_LOW, SEKI_SCAN_ACTION },
	{ "ObjStm", OBJSTM, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "First", FIRST, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "N", N_OF, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "FlateDecode", FLATE, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "Fl", FLATE, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "ASCIIHexDecode", FILTER, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "AHx", FILTER, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "ASCII85Decode", FILTER, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "A85", FILTER, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "LZWDecode", FILTER, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "LZW", FILTER, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "RunLengthDecode", FILTER, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "RL", FILTER, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "Crypt", FILTER, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
	{ "Predictor", PREDICTOR, 1, SEKI_SCAN_NONE, SEKI_SCAN_ODD },
};

struct pdf {
	struct seki_scan_file *f;
	int fd;
	int inside;   /* a stream's data */
	int object;   /* what an object stream yields: no streams in it */
	unsigned how; /* the dictionary since the last obj */
	int naming;   /* a name is being read */
	char word[NAME];
	size_t n;
	int hex, digit; /* #xx: digits still to come, and the value */
};

static int
regular(unsigned c)
{
	return c > ' ' && c != '/' && c != '<' && c != '>' && c != '(' &&
	       c != ')' && c != '[' && c != ']' && c != '{' && c != '}' &&
	       c != '%';
}

static int
hex(unsigned c)
{
	if (c >= '0' && c <= '9')
		return (int)c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? (int)c - 'a' + 10 : -1;
}

static void
named(struct pdf *p)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, p->word) != 0 ||
		    (p->inside && names[i].short_one))
			continue;
		/* Squeezed twice: of the outer one nothing could be read. */
		if ((p->how & names[i].how & FLATE) != 0)
			p->how |= FILTER;
		p->how |= names[i].how;
		if (names[i].level != SEKI_SCAN_NONE)
			seki_scan_add(p->f, names[i].level, names[i].what);
	}
}

static int pieces(struct pdf *, const unsigned char *, size_t, uint64_t at,
    struct seki_err *);

/* What an object stream yields, from its data at a place of the file. */
static int
inflated(struct pdf *p, uint64_t at, struct seki_err *err)
{
	struct pdf in = { .f = p->f, .fd = p->fd, .object = 1 };
	unsigned char *from = malloc(2 * SEKI_CHUNK), *to;
	z_stream z = { .next_in = NULL };
	int end = Z_OK, r = 0;
	ssize_t n;

	if (from == NULL)
		return seki_err_nomem(err);
	to = from + SEKI_CHUNK;
	if (inflateInit(&z) != Z_OK) {
		free(from);
		return seki_err_nomem(err);
	}
	while (r == 0 && end == Z_OK) {
		if (z.avail_in == 0) {
			n = seki_scan_get(p->fd, at, from, SEKI_CHUNK, err);
			if (n <= 0) {
				r = (int)n;
				break;
			}
			at += (uint64_t)n;
			z.next_in = from;
			z.avail_in = (uInt)n;
		}
		z.next_out = to;
		z.avail_out = (uInt)SEKI_CHUNK;
		end = inflate(&z, Z_NO_FLUSH);
		n = (ssize_t)(SEKI_CHUNK - z.avail_out);
		if (!seki_scan_spend(p->f, (uint64_t)n)) {
			end = Z_STREAM_END; /* which is said */
			break;
		}
		r = pieces(&in, to, (size_t)n, 0, err);
	}
	(void)inflateEnd(&z);
	free(from);
	if (r == 0 && end != Z_STREAM_END)
		seki_scan_add(p->f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
	return r;
}

/* The data of a stream begins at that place.  Readers do not ask an object
 * stream what it calls itself. */
static int
stream(struct pdf *p, uint64_t at, struct seki_err *err)
{
	unsigned how = p->how;
	int r = 0;

	p->how = 0;
	if ((how & OBJSTM) == 0 && (how & (FIRST | N_OF)) != (FIRST | N_OF)) {
		p->inside = 1;
		return 0;
	}
	if ((how & (FILTER | PREDICTOR)) != 0)
		seki_scan_add(p->f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
	else if ((how & FLATE) != 0)
		r = inflated(p, at, err);
	/* Without a filter its text stands here: it is read like the rest. */
	p->inside = (how & (FLATE | FILTER)) != 0;
	return r;
}

static int
word(struct pdf *p, uint64_t next, unsigned c, struct seki_err *err)
{
	const char *w = p->word;

	if (p->object)
		return 0;
	if (p->inside) {
		if (p->n >= 9 && strcmp(w + p->n - 9, "endstream") == 0)
			p->inside = 0;
		return 0;
	}
	if (strcmp(w, "obj") == 0 || strcmp(w, "endobj") == 0)
		p->how = 0;
	if (strcmp(w, "stream") != 0)
		return 0;
	/* CR LF or LF; a CR alone is taken by some. */
	if (c == '\r') {
		unsigned char lf = 0;

		if (seki_scan_get(p->fd, next, &lf, 1, err) == -1)
			return -1;
		next += lf == '\n';
	}
	return stream(p, next, err);
}

static void
put(struct pdf *p, unsigned c)
{
	/* A word is known by its end ("1 0 endstream"), a name as a whole. */
	if (p->n == NAME - 1) {
		if (!p->naming)
			memmove(p->word, p->word + 1, --p->n);
		else
			p->n--;
	}
	p->word[p->n++] = (char)c;
}

static void
name_byte(struct pdf *p, unsigned c)
{
	if (p->hex > 0 && hex(c) >= 0) {
		p->digit = p->digit * 16 + hex(c);
		if (--p->hex == 0)
			put(p, (unsigned)p->digit);
	} else if (c == '#') {
		p->hex = 2;
		p->digit = 0;
	} else {
		p->hex = 0;
		put(p, c);
	}
}

/* at: where the piece stands in the file. */
static int
pieces(struct pdf *p, const unsigned char *s, size_t n, uint64_t at,
    struct seki_err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned c = s[i];

		if (regular(c)) {
			if (p->naming)
				name_byte(p, c);
			else
				put(p, c);
			continue;
		}
		if (p->n > 0) {
			p->word[p->n] = '\0';
			if (p->naming)
				named(p);
			else if (word(p, at + i + 1, c, err) == -1)
				return -1;
		}
		p->naming = c == '/';
		p->hex = 0;
		p->n = 0;
	}
	return 0;
}

int
seki_scan_pdf(
    struct seki_scan_file *f, int fd, uint64_t size, struct seki_err *err)
{
	struct pdf p = { .f = f, .fd = fd };
	uint64_t at;
	ssize_t n;

	for (at = 0; at < size; at += (uint64_t)n) {
		n = seki_scan_get(fd, at, f->chunk, SEKI_CHUNK, err);
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		if (pieces(&p, f->chunk, (size_t)n, at, err) == -1)
			return -1;
	}
	return pieces(&p, (const unsigned char *)"\n", 1, size, err);
}
