#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <zlib.h>

#include "sigtext.h"

#define LETTERS (SEKI_SIGTEXT_BYTES / 3 * 4)
/* Cells named in a message. */
#define NAMED 8

static ssize_t
read_at(int fd, void *p, size_t n, uint64_t at)
{
	size_t got = 0;
	ssize_t r = 1;

	while (got < n && r > 0) {
		r = pread(fd, (char *)p + got, n - got, (off_t)(at + got));
		got += r > 0 ? (size_t)r : 0;
	}
	return r == -1 ? -1 : (ssize_t)got;
}

int
seki_sigtext_write(int fd, uint64_t length,
    int (*put)(void *ctx, const char *, size_t, struct seki_err *), void *ctx,
    struct seki_err *err)
{
	size_t total = (size_t)((length + SEKI_SIGTEXT_BYTES - 1) /
				SEKI_SIGTEXT_BYTES),
	       i, n;
	unsigned char bytes[SEKI_SIGTEXT_BYTES];
	char cell[LETTERS + 64];
	int head;

	if (total > SEKI_SIGTEXT_MAX)
		return seki_fail(err, SEKI_LIMIT, "%s",
		    _("the signature would take more cells than a workbook for "
		      "a relay may have; send fewer records at once"));
	for (i = 0; i < total; i++) {
		n = i + 1 < total ? SEKI_SIGTEXT_BYTES
				  : (size_t)(length - i * SEKI_SIGTEXT_BYTES);
		if (read_at(fd, bytes, n, i * SEKI_SIGTEXT_BYTES) != (ssize_t)n)
			return seki_err_errno(err, _("read"));
		head = snprintf(cell, sizeof(cell), "%04zu/%04zu:%08lx:", i + 1,
		    total, crc32(crc32(0, NULL, 0), bytes, (uInt)n));
		n = (size_t)EVP_EncodeBlock(
		    (unsigned char *)cell + head, bytes, (int)n);
		if (put(ctx, cell, (size_t)head + n, err) == -1)
			return -1;
	}
	return 0;
}

enum { MISSING, GOOD, DAMAGED, TWO };

struct seki_sigtext {
	int fd;
	size_t total; /* 0: none seen */
	int totals;   /* they do not agree about it */
	unsigned char *state;
	uint32_t *crc;
	size_t last; /* bytes of the last one */
};

struct seki_sigtext *
seki_sigtext_new(int fd, struct seki_err *err)
{
	struct seki_sigtext *s = calloc(1, sizeof(*s));

	if (s == NULL)
		(void)seki_err_nomem(err);
	else
		s->fd = fd;
	return s;
}

/* Digits up to the letter: the number and where it goes on; 0 for none. */
static size_t
number(const char **p, const char *end, char letter)
{
	const char *s = *p;
	size_t n = 0;

	for (; s < end && *s >= '0' && *s <= '9' && s - *p < 6; s++)
		n = n * 10 + (size_t)(*s - '0');
	if (s - *p < 4 || s == end || *s != letter)
		return 0;
	*p = s + 1;
	return n;
}

static int
hexadecimal(const char **p, const char *end, uint32_t *crc)
{
	const char *s = *p;
	char text[9] = "";

	if (end - s < 9 || s[8] != ':')
		return 0;
	memcpy(text, s, 8);
	if (strspn(text, "0123456789abcdefABCDEF") != 8)
		return 0;
	*crc = (uint32_t)strtoul(text, NULL, 16);
	*p = s + 9;
	return 1;
}

/* Strict base64 of 1 to SEKI_SIGTEXT_BYTES bytes: how many; 0 when it is none.
 */
static size_t
decode(const char *s, size_t n, unsigned char *out)
{
	size_t pad = 0;
	int got;

	if (n == 0 || n % 4 != 0 || n > LETTERS)
		return 0;
	while (pad < 3 && s[n - 1 - pad] == '=')
		pad++;
	if (pad == 3 || memchr(s, '=', n - pad) != NULL)
		return 0;
	got = EVP_DecodeBlock(out, (const unsigned char *)s, (int)n);
	return got == (int)(n / 4 * 3) ? (size_t)got - pad : 0;
}

static int
begin(struct seki_sigtext *s, size_t total, struct seki_err *err)
{
	s->state = calloc(total + 1, sizeof(*s->state));
	s->crc = calloc(total + 1, sizeof(*s->crc));
	if (s->state == NULL || s->crc == NULL)
		return seki_err_nomem(err);
	s->total = total;
	return 0;
}

static int
keep(struct seki_sigtext *s, size_t i, const unsigned char *p, size_t n,
    struct seki_err *err)
{
	size_t done = 0;
	ssize_t w;

	for (; s->fd != -1 && done < n; done += (size_t)w)
		if ((w = pwrite(s->fd, p + done, n - done,
			 (off_t)((i - 1) * SEKI_SIGTEXT_BYTES + done))) == -1)
			return seki_err_errno(err, _("copy to the spool"));
	if (i == s->total)
		s->last = n;
	return 0;
}

/* White space that a program on the way may have put around it, and the mark
 * that some put before a text. */
static void
trim(const char **p, const char **end)
{
	if (*end - *p >= 3 && memcmp(*p, "\xEF\xBB\xBF", 3) == 0)
		*p += 3;
	while (*p < *end && strchr(" \t\r\n", **p) != NULL)
		++*p;
	while (*end > *p && strchr(" \t\r\n", (*end)[-1]) != NULL)
		--*end;
}

int
seki_sigtext_take(
    struct seki_sigtext *s, const char *p, size_t len, struct seki_err *err)
{
	/* EVP_DecodeBlock fills whole groups. */
	unsigned char bytes[SEKI_SIGTEXT_BYTES + 4];
	const char *end = p + len;
	size_t i, total, n;
	uint32_t crc;

	trim(&p, &end);
	if ((i = number(&p, end, '/')) == 0 ||
	    (total = number(&p, end, ':')) == 0 || i > total ||
	    total > SEKI_SIGTEXT_MAX || !hexadecimal(&p, end, &crc))
		return 0;
	if (s->total == 0 && begin(s, total, err) == -1)
		return -1;
	if (total != s->total) {
		s->totals = 1;
		return 1;
	}
	n = decode(p, (size_t)(end - p), bytes);
	if (n == 0 || (i < total && n != SEKI_SIGTEXT_BYTES) ||
	    crc32(crc32(0, NULL, 0), bytes, (uInt)n) != crc) {
		if (s->state[i] == MISSING)
			s->state[i] = DAMAGED;
		return 1;
	}
	if (s->state[i] == GOOD || s->state[i] == TWO) {
		if (s->crc[i] != crc)
			s->state[i] = TWO;
		return 1;
	}
	s->state[i] = GOOD;
	s->crc[i] = crc;
	return keep(s, i, bytes, n, err) == -1 ? -1 : 1;
}

int
seki_sigtext_any(const struct seki_sigtext *s)
{
	return s->total > 0;
}

int
seki_sigtext_whole(const struct seki_sigtext *s)
{
	size_t i;

	if (s->total == 0 || s->totals)
		return 0;
	for (i = 1; i <= s->total; i++)
		if (s->state[i] != GOOD)
			return 0;
	return 1;
}

/* "3, 17 and 12 more" */
static int
name(const struct seki_sigtext *s, int state, struct seki_buf *b,
    struct seki_err *err)
{
	size_t i, n = 0;

	for (i = 1; i <= s->total; i++) {
		if (s->state[i] != state)
			continue;
		if (++n <= NAMED &&
		    seki_buf_fmt(b, err, "%s%zu", n > 1 ? ", " : "", i) == -1)
			return -1;
	}
	if (n <= NAMED)
		return 0;
	return seki_buf_fmt(b, err, _(" and %zu more"), n - NAMED);
}

static int
which(const struct seki_sigtext *s, int state, const char *numbers,
    struct seki_err *err)
{
	switch (state) {
	case MISSING:
		return seki_fail(err, SEKI_SIGNATURE,
		    _("of the %zu cells of sheet 署名 some are missing: %s"),
		    s->total, numbers);
	case DAMAGED:
		return seki_fail(err, SEKI_SIGNATURE,
		    _("of the %zu cells of sheet 署名 some were changed: %s"),
		    s->total, numbers);
	default:
		return seki_fail(err, SEKI_SIGNATURE,
		    _("of the %zu cells of sheet 署名 some stand twice and "
		      "differ: %s"),
		    s->total, numbers);
	}
}

static int
damaged(const struct seki_sigtext *s, struct seki_err *err)
{
	static const int states[] = { TWO, DAMAGED, MISSING };
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;

	seki_err_hint(err, "%s",
	    _("the signature was damaged on the way: name a folder in which "
	      "the text file that came beside the workbook lies, too; carry "
	      "the original file again; or ask the sender for another "
	      "carrier: seki-pack --reissue N --carrier media"));
	if (s->totals)
		return seki_fail(err, SEKI_SIGNATURE, "%s",
		    _("sheet 署名 holds the signatures of two bundles"));
	for (i = 0; i < sizeof(states) / sizeof(states[0]) && b.n == 0; i++)
		if (name(s, states[i], &b, err) == 0 && b.n > 0)
			(void)which(s, states[i], b.p, err);
	seki_buf_free(&b);
	return -1;
}

int
seki_sigtext_end(struct seki_sigtext *s, uint64_t *length, struct seki_err *err)
{
	if (s->total == 0) {
		seki_err_hint(err, "%s",
		    _("is it the right file? A workbook for a relay has a "
		      "sheet 署名; where a text file came beside it, name a "
		      "folder in which both lie"));
		return seki_fail(err, SEKI_XLSX, "%s",
		    _("an Excel workbook without a signature: not a bundle"));
	}
	if (!seki_sigtext_whole(s))
		return damaged(s, err);
	*length = (s->total - 1) * SEKI_SIGTEXT_BYTES + s->last;
	return 0;
}

void
seki_sigtext_free(struct seki_sigtext *s)
{
	if (s == NULL)
		return;
	free(s->state);
	free(s->crc);
	free(s);
}
