#include <string.h>
#include <unistd.h>

#include "grid.h"
#include "scan_int.h"

/*
 * Texts that some program runs: web pages and pictures made of text (SVG),
 * RTF, mails; and numbers in any text.  Letters are compared small and without
 * NULs, so that UTF-16 is read, too.
 */
#define LONGEST ((size_t)48)

enum { PAGE = 1, RTF = 2, ANY = 4 };
static const struct {
	const char *word;
	unsigned in;
	enum seki_scan_level level;
	enum seki_scan_what what;
} words[] = {
	{ "<script", PAGE, SEKI_SCAN_FOUND, SEKI_SCAN_SCRIPT },
	{ "javascript:", PAGE, SEKI_SCAN_FOUND, SEKI_SCAN_SCRIPT },
	{ "vbscript:", PAGE, SEKI_SCAN_FOUND, SEKI_SCAN_SCRIPT },
	/* In a namespace, or put together from entities. */
	{ ":script", PAGE, SEKI_SCAN_SUSPECT, SEKI_SCAN_SCRIPT },
	{ "<!entity", PAGE, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD },
	{ "<iframe", PAGE, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK },
	{ "<object", PAGE, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT },
	{ "<embed", PAGE, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT },
	{ "<foreignobject", PAGE, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT },
	{ "http-equiv=\"refresh", PAGE, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK },
	{ "http-equiv='refresh", PAGE, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK },
	{ "http-equiv=refresh", PAGE, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK },
	{ "\\objdata", RTF, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT },
	{ "\\object", RTF, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT },
	{ "\\objocx", RTF, SEKI_SCAN_FOUND, SEKI_SCAN_OBJECT },
	{ "\\objemb", RTF, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT },
	{ "\\objautlink", RTF, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK },
	{ "\\objupdate", RTF, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT },
	{ "\\template", RTF, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK },
	{ "includepicture", RTF, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK },
	{ "includetext", RTF, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK },
	{ "ddeauto", RTF, SEKI_SCAN_FOUND, SEKI_SCAN_DDE },
	{ "=cmd|", ANY, SEKI_SCAN_FOUND, SEKI_SCAN_DDE },
	{ "activemime", ANY, SEKI_SCAN_FOUND, SEKI_SCAN_MACRO },
	{ "w:macrospresent=\"yes", ANY, SEKI_SCAN_FOUND, SEKI_SCAN_MACRO },
	{ "content-disposition: attachment", ANY, SEKI_SCAN_SUSPECT,
	    SEKI_SCAN_EMBEDDED },
	{ "content-transfer-encoding: base64", ANY, SEKI_SCAN_SUSPECT,
	    SEKI_SCAN_EMBEDDED },
};

/* An attribute that begins with "on", in a tag: state from byte to byte. */
struct events {
	int tag;     /* inside < > */
	int quote;   /* inside one, which closes it */
	int matched; /* letters of an attribute's name that fit, or -1 */
};

static void
event(struct seki_scan_file *f, struct events *e, int c)
{
	if (!e->tag) {
		e->tag = c == '<';
		e->quote = 0;
		e->matched = -1;
	} else if (e->quote != 0) {
		if (c == e->quote)
			e->quote = 0;
	} else if (c == '>') {
		e->tag = 0;
	} else if (c == '=') {
		if (e->matched > 4)
			seki_scan_add(f, SEKI_SCAN_FOUND, SEKI_SCAN_SCRIPT);
		e->matched = -1;
	} else if (c == '"' || c == '\'') {
		e->quote = c;
		e->matched = 0;
	} else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' ||
		   c == '/') {
		/* White space may stand before the =, too. */
		if (e->matched <= 4)
			e->matched = 0;
	} else if ((e->matched == 0 && c == 'o') ||
		   (e->matched == 1 && c == 'n') ||
		   (e->matched > 1 && c >= 'a' && c <= 'z')) {
		e->matched++;
	} else {
		e->matched = -1;
	}
}

static unsigned
kind(const unsigned char *p, size_t n)
{
	size_t i = 0;

	if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
		i = 3;
	else if (n >= 2 && p[0] >= 0xFE && p[1] >= 0xFE)
		i = 2;
	while (i < n && p[i] <= ' ')
		i++;
	if (i < n && p[i] == '<')
		return PAGE | ANY;
	if (n - i >= 5 && memcmp(p + i, "{\\rt", 4) == 0)
		return RTF | ANY;
	return ANY;
}

/* A script in a plain text runs only when its name says page: NOTE, which
 * seki_scan_file_name turns into FOUND. */
static void
look(struct seki_scan_file *f, unsigned in, const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		int page = words[i].in == PAGE && (in & PAGE) == 0;

		if (!page && (words[i].in & in) == 0)
			continue;
		if (memmem(p, n, words[i].word, strlen(words[i].word)) == NULL)
			continue;
		if (page)
			seki_scan_add(f, SEKI_SCAN_NOTE, SEKI_SCAN_SCRIPT);
		else
			seki_scan_add(f, words[i].level, words[i].what);
	}
}

static int
active(struct seki_scan_file *f, int fd, uint64_t size, struct seki_err *err)
{
	unsigned char *p = f->chunk;
	struct events e = { .matched = -1 };
	size_t kept = 0, i, k;
	unsigned in = 0;
	uint64_t at;
	ssize_t n;

	for (at = 0; at < size; at += (uint64_t)n) {
		n = seki_scan_get(fd, at, p + kept, SEKI_CHUNK, err);
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		for (i = k = kept; i < kept + (size_t)n; i++)
			if (p[i] != 0)
				p[k++] =
				    (unsigned char)(p[i] >= 'A' && p[i] <= 'Z'
							? p[i] | 32
							: p[i]);
		if (at == 0)
			in = kind(p, k);
		for (i = kept; (in & PAGE) != 0 && i < k; i++)
			event(f, &e, p[i]);
		look(f, in, p, k);
		kept = k < LONGEST ? k : LONGEST;
		memmove(p, p + k - kept, kept);
	}
	return 0;
}

static enum seki_encoding
encoding(int fd, unsigned char *p, struct seki_err *err)
{
	ssize_t n = seki_scan_get(fd, 0, p, SEKI_CHUNK, err);
	size_t bad = 0, nul[2] = { 0, 0 }, i;

	if (n >= 2 && p[0] == 0xFF && p[1] == 0xFE)
		return SEKI_ENC_UTF16LE;
	if (n >= 2 && p[0] == 0xFE && p[1] == 0xFF)
		return SEKI_ENC_UTF16BE;
	if (n >= 2)
		for (i = 0; i < (size_t)n; i++)
			nul[i & 1] += p[i] == 0;
	if (nul[0] != nul[1] && (nul[0] == 0 || nul[1] == 0))
		return nul[0] > 0 ? SEKI_ENC_UTF16BE : SEKI_ENC_UTF16LE;
	if (n > 0 && !seki_text_utf8((char *)p, (size_t)n, &bad) &&
	    bad + 4 < (size_t)n)
		return SEKI_ENC_CP932;
	return SEKI_ENC_UTF8;
}

/* Without a character that the end of a piece may have cut. */
static size_t
whole(const char *p, size_t n)
{
	size_t i = n;

	if (n == 0 || (p[n - 1] & 0x80) == 0)
		return n;
	while (i > 0 && n - i < 3 && (p[i - 1] & 0xC0) == 0x80)
		i--;
	if (i > 0)
		i--;
	return i > 0 ? i : n;
}

/* Where it is no UTF-8 only digits and ASCII labels are read. */
static void
plain(char *p, size_t n)
{
	size_t bad, i;

	if (seki_text_utf8(p, n, &bad))
		return;
	for (i = 0; i < n; i++)
		if ((p[i] & 0x80) != 0 || p[i] == '\0')
			p[i] = ' ';
}

static int
numbers(struct seki_scan_file *f, int fd, enum seki_encoding enc,
    struct seki_err *err)
{
	struct seki_in *in = seki_in_again(fd, "", err);
	char *p = (char *)f->chunk;
	size_t n, have = 0;
	ssize_t got = -1;

	if (in != NULL)
		in = seki_decode_in(in, enc, err);
	while (in != NULL &&
	       (got = seki_in_read(in, p + have, SEKI_CHUNK - have, err)) > 0) {
		have += (size_t)got;
		n = whole(p, have);
		/* plain keeps the length, and what it makes is not cut. */
		plain(p, n);
		if (seki_scan_piece(f, p, n, 0, err) == -1) {
			got = -1;
			break;
		}
		have -= n;
		memmove(p, p + n, have);
	}
	seki_in_free(in);
	if (got == -1)
		return -1;
	plain(p, have);
	return seki_scan_piece(f, p, have, 1, err);
}

int
seki_scan_page(
    struct seki_scan_file *f, int fd, uint64_t size, struct seki_err *err)
{
	enum seki_encoding enc;

	if (active(f, fd, size, err) == -1)
		return -1;
	enc = encoding(fd, f->chunk, err);
	if (numbers(f, fd, enc, err) == 0)
		return 0;
	if (err->reason != SEKI_CSV)
		return -1;
	seki_err_clear(err);
	f->line.n = 0;
	return numbers(f, fd, SEKI_ENC_UTF8, err);
}
