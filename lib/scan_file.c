#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan_int.h"

void
seki_scan_add(struct seki_scan_file *f, enum seki_scan_level level,
    enum seki_scan_what what)
{
	f->to->bits[level] |= 1U << what;
}

int
seki_scan_spend(struct seki_scan_file *f, uint64_t n)
{
	if (n > f->left) {
		f->left = 0;
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_LIMIT);
		return 0;
	}
	f->left -= n;
	return 1;
}

ssize_t
seki_scan_get(int fd, uint64_t at, void *p, size_t n, struct seki_err *err)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		r = pread(fd, (char *)p + got, n - got, (off_t)(at + got));
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return seki_err_errno(err, _("read"));
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

static void
number(void *ctx, const struct seki_scan_hit *h)
{
	seki_scan_add(ctx, h->level, h->what);
}

/* What may belong to the next piece: a number and the label before it. */
#define KEEP ((size_t)512)

int
seki_scan_piece(struct seki_scan_file *f, const char *s, size_t n, int end,
    struct seki_err *err)
{
	struct seki_buf *b = &f->line;
	size_t keep;

	if (seki_buf_add(b, s, n, err) == -1)
		return -1;
	if (b->n < SEKI_CHUNK && !end)
		return 0;
	if (b->n > 0 && seki_scan_text(&f->text, b->p, b->n, 0, err) == -1)
		return -1;
	keep = end || b->n < KEEP ? 0 : b->n - KEEP;
	while (keep > 0 && keep < b->n && (b->p[keep] & 0xC0) == 0x80)
		keep++;
	if (keep > 0)
		memmove(b->p, b->p + keep, b->n - keep);
	b->n = keep > 0 ? b->n - keep : 0;
	return seki_buf_add(b, "", 0, err);
}

static int
begins(const unsigned char *p, size_t n, const char *with, size_t len)
{
	return n >= len && memcmp(p, with, len) == 0;
}

/* Texts have no NUL; in UTF-16 they stand on one side of every other byte. */
static int
texty(const unsigned char *p, size_t n)
{
	size_t i, nul[2] = { 0, 0 };

	if (begins(p, n, "\xFF\xFE", 2) || begins(p, n, "\xFE\xFF", 2))
		return 1;
	for (i = 0; i < n && i < 4096; i++)
		nul[i & 1] += p[i] == 0;
	return nul[0] + nul[1] == 0 ||
	       (i >= 8 && (nul[0] == 0 || nul[1] == 0) &&
		   nul[0] + nul[1] >= i / 8);
}

/* A reader takes a PDF that does not begin at the first byte. */
static int
pdf_at(const unsigned char *p, size_t n, size_t *at)
{
	const unsigned char *q = memmem(p, n < 1024 ? n : 1024, "%PDF-", 5);

	if (q == NULL)
		return 0;
	*at = (size_t)(q - p);
	return 1;
}

static int
white(const unsigned char *p, size_t n)
{
	size_t i = 0;

	if (begins(p, n, "\xEF\xBB\xBF", 3))
		i = 3;
	for (; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r' && p[i] != '\n')
			return 0;
	return 1;
}

/* Kinds that cannot be looked into, and programs. */
static void
kinds(struct seki_scan_file *f, const unsigned char *p, size_t n,
    const char *type, const char *name)
{
	static const struct {
		const char *p;
		size_t n;
	} programs[] = { { "MZ", 2 },
		{ "\x7F"
		  "ELF",
		    4 },
		{ "#!", 2 }, { "\xCA\xFE\xBA\xBE", 4 },
		{ "\xCE\xFA\xED\xFE", 4 }, { "\xCF\xFA\xED\xFE", 4 },
		{ "L\0\0\0\x01\x14\x02\0", 8 }, { "ITSF", 4 } };
	size_t i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (begins(p, n, programs[i].p, programs[i].n) &&
		    !(programs[i].n == 2 && texty(p, n) && p[0] == 'M'))
			seki_scan_add(f, SEKI_SCAN_FOUND, SEKI_SCAN_PROGRAM);
	if (seki_magic_program(type, name))
		seki_scan_add(f, SEKI_SCAN_FOUND, SEKI_SCAN_PROGRAM);
	if (seki_magic_archive(type, name) && !begins(p, n, "PK", 2))
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ARCHIVE);
}

/*
 * A file may be read by more than one program: an archive is known by its end,
 * the others by their beginning.  Each that could take it is asked.
 */
int
seki_scan_look(struct seki_scan_file *f, int fd, uint64_t size,
    const char *name, int depth, struct seki_err *err)
{
	unsigned char *p = malloc(SEKI_MAGIC_HEAD);
	uint64_t prefix = 0;
	size_t at = 0, n, ways = 0;
	const char *type;
	ssize_t got;
	int zip, r = -1;

	if (p == NULL)
		return seki_err_nomem(err);
	if ((got = seki_scan_get(fd, 0, p, SEKI_MAGIC_HEAD, err)) == -1 ||
	    (zip = seki_scan_zip_there(fd, size, &prefix, err)) == -1)
		goto out;
	n = (size_t)got;
	type = seki_magic_type(f->magic, p, n);
	if (depth == 0)
		(void)snprintf(f->to->type, sizeof(f->to->type), "%s", type);
	kinds(f, p, n, type, name);
	if (zip) {
		ways++;
		if (prefix > 0)
			seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
		if (seki_scan_zip(f, fd, size, depth, err) == -1)
			goto out;
	} else if (begins(p, n, "PK\x03\x04", 4)) {
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
	}
	if (begins(p, n, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8)) {
		ways++;
		if (seki_scan_ole(f, fd, size, err) == -1)
			goto out;
	}
	if (pdf_at(p, n, &at)) {
		ways++;
		if (!white(p, at))
			seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
		if (seki_scan_pdf(f, fd, size, err) == -1)
			goto out;
	}
	if (ways > 1)
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
	if (ways == 0 && texty(p, n) && seki_scan_page(f, fd, size, err) == -1)
		goto out;
	r = 0;
out:
	free(p);
	return r;
}

struct seki_scan_file *
seki_scan_file_new(const char *spool, struct seki_err *err)
{
	struct seki_scan_file *f = calloc(1, sizeof(*f));

	if (f == NULL || (f->chunk = malloc(2 * SEKI_CHUNK)) == NULL) {
		free(f);
		(void)seki_err_nomem(err);
		return NULL;
	}
	f->spool = spool;
	f->text.hit = number;
	f->text.ctx = f;
	if ((f->magic = seki_magic_open(err)) != NULL)
		return f;
	seki_scan_file_free(f);
	return NULL;
}

int
seki_scan_file(struct seki_scan_file *f, int fd, uint64_t size,
    struct seki_scan_inside *to, struct seki_err *err)
{
	memset(to, 0, sizeof(*to));
	f->to = to;
	f->left = SEKI_SCAN_INFLATED;
	return seki_scan_look(f, fd, size, "", 0, err);
}

/* Controls and marks that turn the direction: "exe.pdf" may be seen. */
static int
hidden(const char *name)
{
	size_t n = strlen(name), i = 0;

	while (i < n)
		if (seki_text_hidden(seki_text_get(name, n, &i)))
			return 1;
	return 0;
}

void
seki_scan_file_name(const struct seki_scan_inside *in, const char *name,
    const char *type, struct seki_scan_inside *more)
{
	const char *said;

	*more = *in;
	if (hidden(name))
		more->bits[SEKI_SCAN_SUSPECT] |= 1U << SEKI_SCAN_NAME;
	if (seki_magic_program("", name))
		more->bits[SEKI_SCAN_FOUND] |= 1U << SEKI_SCAN_PROGRAM;
	else if (seki_magic_lies(in->type, name, type, &said))
		more->bits[SEKI_SCAN_SUSPECT] |= 1U << SEKI_SCAN_TYPE;
	else if (seki_magic_archive(in->type, name) &&
		 !seki_magic_archive(in->type, ""))
		more->bits[SEKI_SCAN_SUSPECT] |= 1U << SEKI_SCAN_ARCHIVE;
	/* A browser runs what stands in a text whose name says page. */
	if ((in->bits[SEKI_SCAN_NOTE] & 1U << SEKI_SCAN_SCRIPT) == 0)
		return;
	more->bits[SEKI_SCAN_NOTE] &= ~(1U << SEKI_SCAN_SCRIPT);
	if (seki_magic_page("", name) || seki_magic_page(type, ""))
		more->bits[SEKI_SCAN_FOUND] |= 1U << SEKI_SCAN_SCRIPT;
}

void
seki_scan_file_free(struct seki_scan_file *f)
{
	if (f == NULL)
		return;
	seki_magic_free(f->magic);
	free(f->chunk);
	seki_buf_free(&f->text.points);
	seki_buf_free(&f->line);
	free(f);
}
