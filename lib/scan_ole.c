#include <ctype.h>
#include <string.h>

#include "scan_int.h"

/*
 * Old office documents ([MS-CFB]): a small file system whose directory
 * entries, 128 bytes each, name every stream.  They are looked for at every
 * place where one can stand, without following the chains: so a broken or
 * endless chain hides none, and neither does a document inside a document.
 */
#define ENTRY 128
#define STEP 64 /* of the smallest sectors */
#define NAMES 33

static unsigned
le16(const unsigned char *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

/* A name in small ASCII letters; 0 when no entry stands there. */
static int
entry_name(const unsigned char *p, char name[NAMES])
{
	unsigned n = le16(p + 64), i, c;

	if (n < 4 || n > 64 || n % 2 != 0 || (p[66] != 1 && p[66] != 2) ||
	    p[67] > 1)
		return 0;
	for (i = 0; i < n / 2 - 1; i++) {
		c = le16(p + (size_t)2 * i);
		if (c == 0)
			return 0;
		name[i] = (char)(c < 0x80 ? tolower((int)c) : '?');
	}
	name[i] = '\0';
	return le16(p + (size_t)2 * i) == 0;
}

static int
numbered(const char *name, const char *front, const char *digits, size_t n)
{
	size_t k = strlen(front);

	return strncmp(name, front, k) == 0 &&
	       strspn(name + k, digits) == strlen(name + k) &&
	       strlen(name + k) >= n;
}

static void
entry(struct seki_scan_file *f, const unsigned char *p)
{
	char name[NAMES];
	int storage = p[66] == 1;

	if (!entry_name(p, name))
		return;
	if (strcmp(name, "_vba_project") == 0 ||
	    strcmp(name, "_vba_project_cur") == 0 ||
	    (storage &&
		(strcmp(name, "vba") == 0 || strcmp(name, "macros") == 0)))
		seki_scan_add(f, SEKI_SCAN_FOUND, SEKI_SCAN_MACRO);
	/* Word and Excel name an embedded object's storage so. */
	if (strcmp(name, "\1ole10native") == 0 ||
	    strcmp(name, "package") == 0 ||
	    (storage && (numbered(name, "_", "0123456789", 8) ||
			    numbered(name, "mbd", "0123456789abcdef", 8))))
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT);
	if (strcmp(name, "encryptedpackage") == 0 ||
	    strcmp(name, "encryptioninfo") == 0 ||
	    strcmp(name, "encryptedsummary") == 0)
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ENCRYPTED);
	if (strncmp(name, "__attach_version1.0_#", 21) == 0)
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_EMBEDDED);
}

/* Streams begin where an entry could stand: a Word document or a workbook that
 * says that it is encrypted ([MS-DOC] 2.5.2, [MS-XLS] 2.4.117). */
static void
locked(struct seki_scan_file *f, const unsigned char *p)
{
	static const unsigned char bof[] = { 9, 8, 16, 0, 0, 6, 5, 0 };

	if ((le16(p) == 0xA5EC && le16(p + 2) >= 0xC0 && (p[11] & 1) != 0) ||
	    (memcmp(p, bof, sizeof(bof)) == 0 && le16(p + 20) == 0x2F))
		seki_scan_add(f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ENCRYPTED);
}

/* BoundSheet8 of a sheet of Excel 4.0 macros ([MS-XLS] 2.4.28): its length
 * follows from its name's, so nothing else looks like one. */
static void
sheets(struct seki_scan_file *f, const unsigned char *p, size_t n)
{
	const unsigned char *q = p, *end = p + n;
	unsigned chars;

	while (
	    (q = memchr(q, 0x85, (size_t)(end - q))) != NULL && end - q >= 13) {
		chars = q[10];
		if (q[1] == 0 && q[3] == 0 && q[8] < 3 && q[9] == 1 &&
		    chars > 0 && chars < 32 && q[11] < 2 &&
		    le16(q + 2) == 8 + chars * (1U + q[11]))
			seki_scan_add(f, SEKI_SCAN_FOUND, SEKI_SCAN_MACRO);
		q++;
	}
}

int
seki_scan_ole(
    struct seki_scan_file *f, int fd, uint64_t size, struct seki_err *err)
{
	uint64_t at;
	ssize_t n;
	size_t i;

	/* Each piece overlaps the next one by an entry. */
	for (at = 0; at < size; at += SEKI_CHUNK) {
		n = seki_scan_get(fd, at, f->chunk, SEKI_CHUNK + ENTRY, err);
		if (n == -1)
			return -1;
		for (i = 0; i + ENTRY <= (size_t)n; i += STEP) {
			entry(f, f->chunk + i);
			locked(f, f->chunk + i);
		}
		sheets(f, f->chunk, (size_t)n);
	}
	return 0;
}
