#include <stdlib.h>
#include <string.h>

#include "in_ahead.h"
#include "xlsx_int.h"

/* Between namespace and name; in no URI and no name. */
#define SEP '\n'
/* A markup token longer than this is no workbook's: expat must keep it whole.
 */
#define TOKEN_MAX (4 * SEKI_MIB)

/* Parts larger than this are worth a thread. */
#define AHEAD (4 * SEKI_MIB)

static const struct {
	const char *uri;
	size_t n;
	enum seki_ns ns;
} spaces[] = {
#define URI(s) s, sizeof(s) - 1
	{ URI("http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
	    SEKI_NS_MAIN },
	{ URI("http://purl.oclc.org/ooxml/spreadsheetml/main"), SEKI_NS_MAIN },
	{ URI("http://schemas.openxmlformats.org/package/2006/relationships"),
	    SEKI_NS_RELS },
#undef URI
};

static const char *const rel_spaces[] = {
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
	"http://purl.oclc.org/ooxml/officeDocument/relationships",
};

void
seki_xml_stop(struct seki_xml *x)
{
	(void)XML_StopParser(x->parser, XML_FALSE);
}

void
seki_xml_pause(struct seki_xml *x)
{
	x->paused = 1;
	(void)XML_StopParser(x->parser, XML_TRUE);
}

int
seki_xml_fail(struct seki_xml *x, enum seki_reason reason, const char *what)
{
	(void)seki_fail(x->err, reason, "%s: %s", x->name, what);
	seki_xml_stop(x);
	return -1;
}

const char *
seki_xml_att(const char **atts, const char *name)
{
	for (; *atts != NULL; atts += 2)
		if (strcmp(atts[0], name) == 0)
			return atts[1];
	return NULL;
}

const char *
seki_xml_att_rel(const char **atts, const char *name)
{
	size_t i, n;

	for (; *atts != NULL; atts += 2)
		for (i = 0; i < 2; i++) {
			n = strlen(rel_spaces[i]);
			if (strncmp(atts[0], rel_spaces[i], n) == 0 &&
			    atts[0][n] == SEP &&
			    strcmp(atts[0] + n + 1, name) == 0)
				return atts[1];
		}
	return NULL;
}

int
seki_xml_bool(const char *s)
{
	return s != NULL && (strcmp(s, "1") == 0 || strcmp(s, "true") == 0);
}

static void XMLCALL
start(void *ctx, const char *name, const char **atts)
{
	struct seki_xml *x = ctx;
	enum seki_ns ns = SEKI_NS_OTHER;
	const char *local = name;
	size_t i;

	if (x->err->reason != SEKI_OK)
		return;
	for (i = 0; atts[i] != NULL; i += 2)
		if (i >= (size_t)2 * SEKI_XML_ATTRS) {
			(void)seki_xml_fail(
			    x, SEKI_LIMIT, _("too many attributes"));
			return;
		}
	if (++x->depth > SEKI_XML_DEPTH) {
		(void)seki_xml_fail(
		    x, SEKI_LIMIT, _("elements are nested too deep"));
		return;
	}
	if (x->ops == NULL)
		return;
	for (i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (strncmp(name, spaces[i].uri, spaces[i].n) == 0 &&
		    name[spaces[i].n] == SEP) {
			ns = spaces[i].ns;
			local = name + spaces[i].n + 1;
			break;
		}
	x->ops->start(x, ns, local, atts);
}

static void XMLCALL
end(void *ctx, const char *name)
{
	struct seki_xml *x = ctx;

	(void)name;
	if (x->err->reason != SEKI_OK)
		return;
	if (x->ops != NULL)
		x->ops->end(x);
	x->depth--;
}

static void XMLCALL
text(void *ctx, const char *s, int n)
{
	struct seki_xml *x = ctx;

	if (x->err->reason == SEKI_OK)
		x->ops->text(x, s, (size_t)n);
}

static void XMLCALL
doctype(void *ctx, const char *name, const char *sysid, const char *pubid,
    int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	(void)seki_xml_fail(ctx, SEKI_XLSX, _("DOCTYPE is not allowed"));
}

static void XMLCALL
declaration(void *ctx, const char *version, const char *encoding, int alone)
{
	(void)version;
	(void)alone;
	if (encoding != NULL && strcasecmp(encoding, "UTF-8") != 0 &&
	    strcasecmp(encoding, "UTF-16") != 0)
		(void)seki_xml_fail(
		    ctx, SEKI_XLSX, _("not in UTF-8 or UTF-16"));
}

struct seki_xml *
seki_xml_open(struct seki_xlsx *book, const char *part,
    const struct seki_xml_ops *ops, void *ctx, struct seki_err *err)
{
	struct seki_xml *x = calloc(1, sizeof(*x));
	const struct seki_zip_entry *e = seki_xlsx_part(book, part);

	if (x == NULL || (x->chunk = malloc(SEKI_CHUNK)) == NULL) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	if (e == NULL) {
		(void)seki_fail(
		    err, SEKI_XLSX, _("the workbook has no part %s"), part);
		goto fail;
	}
	x->in = seki_zip_in(book->fd, &e->place, e->name, err);
	if (x->in != NULL && book->ahead && e->place.size > AHEAD)
		x->in = seki_in_ahead(x->in, err);
	if (x->in == NULL)
		goto fail;
	x->name = e->name;
	x->ops = ops;
	x->ctx = ctx;
	x->broken = &book->broken;
	return x;

fail:
	seki_xml_free(x);
	return NULL;
}

void
seki_xml_free(struct seki_xml *x)
{
	if (x == NULL)
		return;
	seki_in_free(x->in);
	if (x->parser != NULL)
		XML_ParserFree(x->parser);
	free(x->chunk);
	free(x);
}

/* Once the first bytes are there: they tell UTF-16 from UTF-8. */
static int
begin(struct seki_xml *x, size_t n)
{
	const unsigned char *s = (const unsigned char *)x->chunk;

	x->utf16 = n >= 2 && ((s[0] == 0xFE && s[1] == 0xFF) ||
				 (s[0] == 0xFF && s[1] == 0xFE) || s[0] == 0 ||
				 s[1] == 0);
	x->parser = XML_ParserCreateNS(x->utf16 ? NULL : "UTF-8", SEP);
	if (x->parser == NULL)
		return seki_err_nomem(x->err);
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, start, end);
	if (x->ops != NULL)
		XML_SetCharacterDataHandler(x->parser, text);
	XML_SetStartDoctypeDeclHandler(x->parser, doctype);
	XML_SetXmlDeclHandler(x->parser, declaration);
	return 0;
}

/* How many bytes at the end of s may be the beginning of a character. */
static size_t
cut(const char *s, size_t n)
{
	size_t k, len;
	unsigned char c;

	for (k = 1; k <= 3 && k <= n; k++) {
		c = (unsigned char)s[n - k];
		if ((c & 0xC0) == 0x80)
			continue;
		len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
		return k < len ? k : 0;
	}
	return 0;
}

static int
status(struct seki_xml *x, enum XML_Status st)
{
	if (x->err->reason != SEKI_OK)
		return -1;
	if (st == XML_STATUS_SUSPENDED)
		return 1;
	if (st == XML_STATUS_ERROR) {
		enum XML_Error e = XML_GetErrorCode(x->parser);

		if (e == XML_ERROR_NO_MEMORY)
			return seki_err_nomem(x->err);
		return seki_fail(x->err, SEKI_XLSX,
		    _("%s: XML error in line %lu: %s"), x->name,
		    (unsigned long)XML_GetCurrentLineNumber(x->parser),
		    XML_ErrorString(e));
	}
	if (!x->last &&
	    x->fed - (uint64_t)XML_GetCurrentByteIndex(x->parser) > TOKEN_MAX)
		return seki_fail(x->err, SEKI_LIMIT, "%s: %s", x->name,
		    _("one piece of markup is too long"));
	return 0;
}

/* One broken character must cost a cell, not the workbook: before expat it
 * becomes U+FFFD. */
static int
mended(struct seki_xml *x, char *to, const char *s, size_t n)
{
	size_t bad, done = 0;

	while (!seki_text_utf8(s, n, &bad)) {
		memcpy(to + done, s, bad);
		memcpy(to + done + bad, "\xEF\xBF\xBD", 3);
		done += bad + 3;
		s += bad + 1;
		n -= bad + 1;
		++*x->broken;
	}
	memcpy(to + done, s, n);
	return (int)(done + n);
}

static int
feed(struct seki_xml *x, size_t n)
{
	size_t room = 3 * SEKI_CHUNK, keep = 0;
	void *to;
	int len;

	if (!x->utf16 && !x->last)
		keep = cut(x->chunk, n);
	if (x->utf16 || seki_text_utf8(x->chunk, n - keep, NULL))
		room = n - keep;
	if ((to = XML_GetBuffer(x->parser, (int)room + 1)) == NULL)
		return seki_err_nomem(x->err);
	if (room == n - keep) {
		memcpy(to, x->chunk, room);
		len = (int)room;
	} else
		len = mended(x, to, x->chunk, n - keep);
	memmove(x->chunk, x->chunk + n - keep, keep);
	x->carry = keep;
	x->fed += (uint64_t)len;
	return status(x, XML_ParseBuffer(x->parser, len, x->last));
}

static int
more(struct seki_xml *x)
{
	struct seki_err why = SEKI_ERR_INIT;
	ssize_t n = seki_in_read(
	    x->in, x->chunk + x->carry, SEKI_CHUNK - x->carry, &why);

	if (n == -1)
		return seki_fail(
		    x->err, why.reason, "%s: %s", x->name, why.text);
	x->last = n == 0;
	if (x->parser == NULL && begin(x, (size_t)n) == -1)
		return -1;
	return feed(x, x->carry + (size_t)n);
}

int
seki_xml_run(struct seki_xml *x, struct seki_err *err)
{
	int r = 0;

	x->err = err;
	if (x->paused) {
		x->paused = 0;
		r = status(x, XML_ResumeParser(x->parser));
	}
	while (r == 0 && !x->last)
		r = more(x);
	return r;
}

int
seki_xml_whole(struct seki_xlsx *book, const char *part,
    const struct seki_xml_ops *ops, void *ctx, struct seki_err *err)
{
	struct seki_xml *x = seki_xml_open(book, part, ops, ctx, err);
	int r = -1;

	if (x != NULL)
		r = seki_xml_run(x, err);
	seki_xml_free(x);
	return r == 0 ? 0 : -1;
}
