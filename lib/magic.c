#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <magic.h>

#include "attach_int.h"

struct seki_magic {
	magic_t cookie;
};

/*
 * Kinds that people tell apart.  Only two that both are known and are not the
 * same are worth a word: what browsers and systems call a file varies far more
 * than what it is.
 */
enum kind {
	UNKNOWN,
	PDF,
	PICTURE,
	FILM,
	SOUND,
	OFFICE, /* of any age: a .doc may be anything an office program reads */
	ARCHIVE,
	PLAIN,
	PAGE, /* a browser runs what is in it */
	PROGRAM
};
static const char *const words[] = {
	"",
	"PDF",
	N_("a picture"),
	N_("a film"),
	N_("a sound"),
	N_("an office document"),
	N_("an archive"),
	N_("plain text"),
	N_("a web page"),
	N_("a program"),
};

/* By the beginning of a MIME type, ours and libmagic's; the first that fits. */
static const struct {
	const char *type;
	enum kind kind;
} types[] = {
	{ "application/pdf", PDF },
	{ "image/svg", PAGE },
	{ "image/", PICTURE },
	{ "video/", FILM },
	{ "audio/", SOUND },
	{ "application/vnd.ms-cab", ARCHIVE },
	{ "application/vnd.ms-htmlhelp", PROGRAM },
	{ "application/msword", OFFICE },
	{ "application/vnd.ms-", OFFICE },
	{ "application/vnd.openxmlformats", OFFICE },
	{ "application/vnd.oasis.opendocument", OFFICE },
	{ "application/cdfv2", OFFICE },
	{ "application/x-ole-storage", OFFICE },
	{ "application/x-js-taro", OFFICE },
	{ "text/rtf", OFFICE },
	{ "application/rtf", OFFICE },
	{ "application/zip", ARCHIVE },
	{ "application/x-zip", ARCHIVE },
	{ "application/x-7z", ARCHIVE },
	{ "application/x-rar", ARCHIVE },
	{ "application/vnd.rar", ARCHIVE },
	{ "application/x-lzh", ARCHIVE },
	{ "application/x-lha", ARCHIVE },
	{ "application/gzip", ARCHIVE },
	{ "application/x-tar", ARCHIVE },
	{ "application/x-xz", ARCHIVE },
	{ "application/x-bzip2", ARCHIVE },
	{ "application/x-iso9660", ARCHIVE },
	{ "application/x-lzma", ARCHIVE },
	{ "application/x-compress", ARCHIVE },
	{ "application/x-cpio", ARCHIVE },
	{ "application/x-arj", ARCHIVE },
	{ "application/zstd", ARCHIVE },
	{ "text/html", PAGE },
	{ "application/xhtml", PAGE },
	{ "text/x-shellscript", PROGRAM },
	{ "text/x-msdos-batch", PROGRAM },
	{ "text/javascript", PROGRAM },
	{ "application/javascript", PROGRAM },
	{ "application/x-dosexec", PROGRAM },
	{ "application/vnd.microsoft.portable-executable", PROGRAM },
	{ "application/x-msdownload", PROGRAM },
	{ "application/x-executable", PROGRAM },
	{ "application/x-pie-executable", PROGRAM },
	{ "application/x-sharedlib", PROGRAM },
	{ "application/x-mach-binary", PROGRAM },
	{ "application/x-msi", PROGRAM },
	{ "application/java-archive", PROGRAM },
	{ "application/x-java-applet", PROGRAM },
	{ "application/x-ms-shortcut", PROGRAM },
	{ "application/x-mswinurl", PROGRAM },
	{ "text/", PLAIN },
	{ "application/json", PLAIN },
	{ "application/xml", PLAIN },
	{ "application/csv", PLAIN },
};

static const struct {
	const char *end;
	enum kind kind;
} ends[] = {
	{ ".pdf", PDF },
	{ ".jpg", PICTURE },
	{ ".jpeg", PICTURE },
	{ ".png", PICTURE },
	{ ".gif", PICTURE },
	{ ".bmp", PICTURE },
	{ ".tif", PICTURE },
	{ ".tiff", PICTURE },
	{ ".heic", PICTURE },
	{ ".webp", PICTURE },
	{ ".mp4", FILM },
	{ ".mov", FILM },
	{ ".avi", FILM },
	{ ".mp3", SOUND },
	{ ".wav", SOUND },
	{ ".m4a", SOUND },
	{ ".doc", OFFICE },
	{ ".xls", OFFICE },
	{ ".ppt", OFFICE },
	{ ".docx", OFFICE },
	{ ".xlsx", OFFICE },
	{ ".pptx", OFFICE },
	{ ".odt", OFFICE },
	{ ".ods", OFFICE },
	{ ".docm", OFFICE },
	{ ".dotm", OFFICE },
	{ ".xlsm", OFFICE },
	{ ".xltm", OFFICE },
	{ ".xlsb", OFFICE },
	{ ".pptm", OFFICE },
	{ ".rtf", OFFICE },
	{ ".jtd", OFFICE },
	{ ".zip", ARCHIVE },
	{ ".7z", ARCHIVE },
	{ ".rar", ARCHIVE },
	{ ".lzh", ARCHIVE },
	{ ".gz", ARCHIVE },
	{ ".tar", ARCHIVE },
	{ ".iso", ARCHIVE },
	{ ".img", ARCHIVE },
	{ ".vhd", ARCHIVE },
	{ ".vhdx", ARCHIVE },
	{ ".cab", ARCHIVE },
	{ ".arj", ARCHIVE },
	{ ".ace", ARCHIVE },
	{ ".z", ARCHIVE },
	{ ".bz2", ARCHIVE },
	{ ".xz", ARCHIVE },
	{ ".tgz", ARCHIVE },
	{ ".wim", ARCHIVE },
	{ ".txt", PLAIN },
	{ ".csv", PLAIN },
	{ ".tsv", PLAIN },
	{ ".log", PLAIN },
	{ ".xml", PLAIN },
	{ ".json", PLAIN },
	{ ".htm", PAGE },
	{ ".html", PAGE },
	{ ".svg", PAGE },
	{ ".xhtml", PAGE },
	{ ".mht", PAGE },
	{ ".mhtml", PAGE },
	{ ".exe", PROGRAM },
	{ ".dll", PROGRAM },
	{ ".msi", PROGRAM },
	{ ".bat", PROGRAM },
	{ ".cmd", PROGRAM },
	{ ".sh", PROGRAM },
	{ ".js", PROGRAM },
	{ ".vbs", PROGRAM },
	{ ".ps1", PROGRAM },
	{ ".jar", PROGRAM },
	{ ".com", PROGRAM },
	{ ".scr", PROGRAM },
	{ ".pif", PROGRAM },
	{ ".cpl", PROGRAM },
	{ ".hta", PROGRAM },
	{ ".vbe", PROGRAM },
	{ ".jse", PROGRAM },
	{ ".wsf", PROGRAM },
	{ ".wsh", PROGRAM },
	{ ".lnk", PROGRAM },
	{ ".url", PROGRAM },
	{ ".reg", PROGRAM },
	{ ".chm", PROGRAM },
	{ ".xll", PROGRAM },
	{ ".xlam", PROGRAM },
	{ ".ppam", PROGRAM },
	{ ".iqy", PROGRAM },
	{ ".slk", PROGRAM },
	{ ".msp", PROGRAM },
	{ ".psm1", PROGRAM },
	{ ".apk", PROGRAM },
	{ ".vb", PROGRAM },
	{ ".ws", PROGRAM },
	{ ".wsc", PROGRAM },
	{ ".sct", PROGRAM },
	{ ".scf", PROGRAM },
	{ ".msc", PROGRAM },
	{ ".hlp", PROGRAM },
	{ ".inf", PROGRAM },
	{ ".ps1xml", PROGRAM },
	{ ".psc1", PROGRAM },
	{ ".gadget", PROGRAM },
	{ ".application", PROGRAM },
	{ ".appref-ms", PROGRAM },
	{ ".settingcontent-ms", PROGRAM },
	{ ".library-ms", PROGRAM },
	{ ".search-ms", PROGRAM },
	{ ".searchconnector-ms", PROGRAM },
	{ ".website", PROGRAM },
	{ ".desklink", PROGRAM },
	{ ".theme", PROGRAM },
	{ ".themepack", PROGRAM },
	{ ".diagcab", PROGRAM },
	{ ".rdp", PROGRAM },
	{ ".udl", PROGRAM },
	{ ".wll", PROGRAM },
	{ ".xla", PROGRAM },
	{ ".ppa", PROGRAM },
	{ ".dqy", PROGRAM },
	{ ".oqy", PROGRAM },
	{ ".rqy", PROGRAM },
	{ ".ade", PROGRAM },
	{ ".adp", PROGRAM },
	{ ".mde", PROGRAM },
	{ ".accde", PROGRAM },
	{ ".mst", PROGRAM },
	{ ".msix", PROGRAM },
	{ ".appx", PROGRAM },
	{ ".appinstaller", PROGRAM },
	{ ".desktop", PROGRAM },
	{ ".py", PROGRAM },
	{ ".pyw", PROGRAM },
	{ ".csh", PROGRAM },
	{ ".ksh", PROGRAM },
	{ ".swf", PROGRAM },
	{ ".jnlp", PROGRAM },
	{ ".one", PROGRAM },
	{ ".deb", PROGRAM },
	{ ".rpm", PROGRAM },
	{ ".dmg", PROGRAM },
	{ ".pkg", PROGRAM },
};

static enum kind
by_type(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strncasecmp(type, types[i].type, strlen(types[i].type)) ==
		    0)
			return types[i].kind;
	return UNKNOWN;
}

/* Windows takes dots and spaces at the end of a name away. */
static enum kind
by_end(const char *name)
{
	size_t n = strlen(name), k, i;

	while (n > 0 && (name[n - 1] == '.' || name[n - 1] == ' '))
		n--;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		k = strlen(ends[i].end);
		if (n >= k && strncasecmp(name + n - k, ends[i].end, k) == 0)
			return ends[i].kind;
	}
	return UNKNOWN;
}

/* An office document is a ZIP or, of old, a small file system; so are some
 * programs, and others are text; a sound may stand in a film's container: that
 * much libmagic may not see. */
static int
agree(enum kind said, enum kind found)
{
	return said == UNKNOWN || found == UNKNOWN || said == found ||
	       (said == OFFICE && (found == ARCHIVE || found == PLAIN)) ||
	       ((said == PROGRAM || said == PAGE) && found == PLAIN) ||
	       (said == PROGRAM && found == ARCHIVE) ||
	       (said == SOUND && found == FILM);
}

struct seki_magic *
seki_magic_open(struct seki_err *err)
{
	struct seki_magic *m = calloc(1, sizeof(*m));

	if (m == NULL ||
	    (m->cookie = magic_open(
		 MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS)) == NULL) {
		free(m);
		(void)seki_err_nomem(err);
		return NULL;
	}
	if (magic_load(m->cookie, NULL) == 0)
		return m;
	(void)seki_fail(
	    err, SEKI_CONFIG, "libmagic: %s", magic_error(m->cookie));
	seki_err_hint(err, "%s", _("Install the package libmagic-mgc."));
	seki_magic_free(m);
	return NULL;
}

const char *
seki_magic_type(struct seki_magic *m, const void *p, size_t n)
{
	const char *found = n > 0 ? magic_buffer(m->cookie, p, n) : NULL;

	return found == NULL ? "" : found;
}

int
seki_magic_lies(
    const char *found, const char *name, const char *type, const char **said)
{
	enum kind is = by_type(found), a = by_end(name), b = by_type(type);

	*said = "";
	if (is == UNKNOWN || (agree(a, is) && agree(b, is)))
		return is == PROGRAM && a != PROGRAM && b != PROGRAM;
	*said = _(words[agree(a, is) ? b : a]);
	return 1;
}

int
seki_magic_program(const char *found, const char *name)
{
	return by_type(found) == PROGRAM || by_end(name) == PROGRAM;
}

int
seki_magic_page(const char *found, const char *name)
{
	return by_type(found) == PAGE || by_end(name) == PAGE;
}

int
seki_magic_archive(const char *found, const char *name)
{
	return by_type(found) == ARCHIVE ||
	       (by_type(found) == UNKNOWN && by_end(name) == ARCHIVE);
}

const char *
seki_magic_odd(struct seki_magic *m, const void *p, size_t n, const char *name,
    const char *type, const char **said)
{
	const char *found = seki_magic_type(m, p, n);

	return seki_magic_lies(found, name, type, said) ? found : NULL;
}

void
seki_magic_free(struct seki_magic *m)
{
	if (m == NULL)
		return;
	magic_close(m->cookie);
	free(m);
}
