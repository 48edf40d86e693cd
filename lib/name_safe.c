#include <string.h>
#include <strings.h>

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

#include "name.h"

#define MORE "…"
/* Letters of an ending behind its dot. */
#define ENDING_MAX 10

/* A device, whatever ending it has (Windows, "Naming Files"). */
static const char *const devices[] = { "CON", "PRN", "AUX", "NUL", "CONIN$",
	"CONOUT$", "CLOCK$", NULL };
/* What a folder of Windows acts upon by itself. */
static const char *const acted[] = { "desktop.ini", "thumbs.db", "autorun.inf",
	"folder.htt", NULL };
/* What Windows runs when somebody opens it, or does not show the ending of. */
static const char *const runs[] = { "bat", "chm", "cmd", "com", "cpl", "dll",
	"exe", "hta", "jar", "js", "jse", "lnk", "msc", "msi", "msp", "pif",
	"ps1", "reg", "scf", "scr", "sct", "url", "vb", "vbe", "vbs", "ws",
	"wsf", "wsh", NULL };

size_t
seki_name_units(const char *s, size_t n)
{
	size_t i = 0, units = 0;

	while (i < n)
		units += seki_text_get(s, n, &i) > 0xFFFF ? 2 : 1;
	return units;
}

static int
selector(uint32_t c)
{
	return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF) ||
	       (c >= 0x180B && c <= 0x180D);
}

/* What stands for a character in a name; 0: nothing does. */
static uint32_t
instead(uint32_t c)
{
	if (c < 0x20)
		return 0x2400 + c;
	if (c == 0x7F)
		return 0x2421;
	if (c >= 0x80 && c <= 0x9F)
		return 0x2426;
	if (c < 0x80)
		return strchr("\\/:*?\"<>|", (int)c) != NULL ? c + 0xFEE0 : c;
	if (c == 0x2028 || c == 0x2029)
		return 0x2424;
	/* No program shows these, or XML holds them. */
	if (c == 0xFFFE || c == 0xFFFF)
		return 0xFFFD;
	/* The shape of a person's name is in its selectors. */
	if (selector(c))
		return c;
	return seki_text_hidden(c) || u_hasBinaryProperty((UChar32)c,
					  UCHAR_DEFAULT_IGNORABLE_CODE_POINT)
		   ? 0
		   : c;
}

/* White, or nothing at all in a name. */
static int
blank(uint32_t c)
{
	return u_isUWhiteSpace((UChar32)c) || instead(c) == 0;
}

/* Without white space at its ends. */
static void
trim(const char **s, size_t *n, unsigned *flags)
{
	size_t i, k, first = *n, last = 0;

	for (i = 0; i < *n;) {
		k = i;
		if (blank(seki_text_get(*s, *n, &i)))
			continue;
		first = k < first ? k : first;
		last = i;
	}
	if (last < first)
		first = last;
	if (first > 0 || last < *n)
		*flags |= SEKI_NAME_REPLACED;
	*s += first;
	*n = last - first;
}

int
seki_name_clean(struct seki_buf *b, const char *s, size_t n, unsigned *flags,
    struct seki_err *err)
{
	size_t i = 0;
	uint32_t c, to;
	char u[4];

	trim(&s, &n, flags);
	while (i < n) {
		c = seki_text_get(s, n, &i);
		if ((to = instead(c)) != c)
			*flags |= SEKI_NAME_REPLACED;
		if (to != 0 &&
		    seki_buf_add(b, u, seki_text_put(u, to), err) == -1)
			return -1;
	}
	return 0;
}

size_t
seki_name_ending(const char *s, size_t n)
{
	size_t i = n;

	while (i > 0 && n - i <= ENDING_MAX &&
	       ((s[i - 1] >= '0' && s[i - 1] <= '9') ||
		   (s[i - 1] >= 'A' && s[i - 1] <= 'Z') ||
		   (s[i - 1] >= 'a' && s[i - 1] <= 'z')))
		i--;
	/* Neither all of the name nor a dot alone. */
	return i > 1 && i < n && n - i <= ENDING_MAX && s[i - 1] == '.' ? i - 1
									: n;
}

static int
among(const char *s, size_t n, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strlen(*list) == n && strncasecmp(s, *list, n) == 0)
			return 1;
	return 0;
}

/* COM1 to COM9 and LPT1 to LPT9, superscript digits too. */
static int
port(const char *s, size_t n)
{
	static const char *const digits[] = { "0", "1", "2", "3", "4", "5", "6",
		"7", "8", "9", "¹", "²", "³", NULL };

	return n > 3 &&
	       (strncasecmp(s, "COM", 3) == 0 ||
		   strncasecmp(s, "LPT", 3) == 0) &&
	       among(s + 3, n - 3, digits);
}

/* The part of a name that a device would be called by, or 0. */
static size_t
device(const char *s, size_t n)
{
	const char *dot = memchr(s, '.', n);
	size_t all = dot == NULL ? n : (size_t)(dot - s), k = all;

	while (k > 0 && s[k - 1] == ' ')
		k--;
	return among(s, k, devices) || port(s, k) ? all : 0;
}

/* The longest beginning of whole characters as people see them that fits. */
static int
fitting(const char *s, size_t n, size_t bytes, size_t units, size_t *fits,
    struct seki_err *err)
{
	UErrorCode e = U_ZERO_ERROR;
	UText *t;
	UBreakIterator *it;
	size_t i = 0, k, used = 0;
	int32_t at;

	while (i < n) {
		k = i;
		used += seki_text_get(s, n, &i) > 0xFFFF ? 2 : 1;
		if (i > bytes || used > units) {
			i = k;
			break;
		}
	}
	*fits = i;
	t = utext_openUTF8(NULL, s, (int64_t)n, &e);
	it = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &e);
	ubrk_setUText(it, t, &e);
	if (U_SUCCESS(e) && i < n && !ubrk_isBoundary(it, (int32_t)i) &&
	    (at = ubrk_preceding(it, (int32_t)i)) > 0)
		*fits = (size_t)at;
	ubrk_close(it);
	(void)utext_close(t);
	if (U_SUCCESS(e))
		return 0;
	return e == U_MEMORY_ALLOCATION_ERROR
		   ? seki_err_nomem(err)
		   : seki_fail(err, SEKI_BUG, "ICU: %s", u_errorName(e));
}

/* A dot or ~ in front hides a file, a dot behind is lost. */
static int
ends(struct seki_buf *b, const char *s, size_t n, unsigned *flags,
    struct seki_err *err)
{
	size_t k, last = n;

	trim(&s, &n, flags);
	for (last = n; last > 0 && s[last - 1] == '.'; last--)
		;
	k = last > 0 && (s[0] == '.' || s[0] == '~');
	if (k > 0 || last < n)
		*flags |= SEKI_NAME_REPLACED;
	if (n == 0)
		return seki_buf_str(b, SEKI_NAME_EMPTY, err);
	if ((k > 0 && seki_buf_str(b, s[0] == '.' ? "．" : "～", err) == -1) ||
	    seki_buf_add(b, s + k, last - k, err) == -1)
		return -1;
	for (; last < n; last++)
		if (seki_buf_str(b, "．", err) == -1)
			return -1;
	return 0;
}

/* What Windows acts upon becomes a name like another one. */
static int
harmless(struct seki_buf *b, const char *s, size_t n, unsigned *flags,
    struct seki_err *err)
{
	size_t d = device(s, n), at = seki_name_ending(s, n);

	if (d > 0)
		*flags |= SEKI_NAME_RESERVED;
	if (d > 0 && (seki_buf_add(b, s, d, err) == -1 ||
			 seki_buf_byte(b, '_', err) == -1))
		return -1;
	if (seki_buf_add(b, s + d, n - d, err) == -1)
		return -1;
	if (!among(s, n, acted) &&
	    (at == n || !among(s + at + 1, n - at - 1, runs)))
		return 0;
	*flags |= SEKI_NAME_RESERVED;
	return seki_buf_byte(b, '_', err);
}

static int
compose(struct seki_buf *b, const struct seki_buf *name, uint32_t number,
    size_t units, unsigned *flags, struct seki_err *err)
{
	char suffix[16] = "";
	size_t at = seki_name_ending(name->p, name->n);
	const char *end = name->p + at;
	size_t nend = name->n - at, more = 0, fits = at, tail;

	if (number > 1)
		(void)snprintf(suffix, sizeof(suffix), "_%u", number);
	tail = strlen(suffix) + nend; /* ASCII */
	if (at + tail > SEKI_NAME_BYTES ||
	    seki_name_units(name->p, at) + tail > units) {
		more = sizeof(MORE) - 1;
		*flags |= SEKI_NAME_CUT;
		if (fitting(name->p, at, SEKI_NAME_BYTES - tail - more,
			units - tail - 1, &fits, err) == -1)
			return -1;
	}
	return seki_buf_add(b, name->p, fits, err) == -1 ||
		       seki_buf_add(b, MORE, more, err) == -1 ||
		       seki_buf_str(b, suffix, err) == -1 ||
		       seki_buf_add(b, end, nend, err) == -1
		   ? -1
		   : 0;
}

int
seki_name_safe(struct seki_buf *b, const struct seki_buf *clean,
    uint32_t number, size_t units, unsigned *flags, struct seki_err *err)
{
	struct seki_buf ended = SEKI_BUF_INIT, name = SEKI_BUF_INIT;
	int r = -1;

	if (ends(&ended, clean->n == 0 ? "" : clean->p, clean->n, flags, err) ==
		0 &&
	    harmless(&name, ended.p, ended.n, flags, err) == 0)
		r = compose(b, &name, number, units, flags, err);
	seki_buf_free(&ended);
	seki_buf_free(&name);
	return r;
}
