#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <expat.h>

#include "scan_int.h"

/*
 * Parts of office documents: what they link to, what they run.  The names of
 * elements are looked at without their prefixes, which a document may choose.
 */
#define FIELD ((size_t)256) /* what is looked at of a field's code */

struct part {
	struct seki_scan_file *f;
	XML_Parser parser;
	struct seki_err *err;
	int failed, code; /* code: inside w:instrText or f */
	char field[FIELD];
	size_t n;
};

static const char *
local(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon == NULL ? name : colon + 1;
}

static int
is(const char *name, const char *word)
{
	return strcmp(local(name), word) == 0;
}

static const char *
att(const char **atts, const char *name)
{
	for (; *atts != NULL; atts += 2)
		if (is(atts[0], name))
			return atts[1];
	return "";
}

static int
has(const char *s, const char *word)
{
	return strcasestr(s, word) != NULL;
}

static void
found(struct part *p, enum seki_scan_what what)
{
	seki_scan_add(p->f, SEKI_SCAN_FOUND, what);
}

/* A hyperlink waits for a click; everything else is fetched when the document
 * is opened. */
static void
relationship(struct part *p, const char **atts)
{
	const char *type = att(atts, "Type");

	if (strcasecmp(att(atts, "TargetMode"), "External") == 0 &&
	    !has(type, "/hyperlink"))
		seki_scan_add(p->f, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK);
	if (has(type, "/vbaProject") || has(type, "/xlMacrosheet") ||
	    has(type, "/xlIntlMacrosheet") || has(type, "/wordVbaData"))
		found(p, SEKI_SCAN_MACRO);
	if (has(type, "/oleObject"))
		seki_scan_add(p->f, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT);
	if (has(type, "/control") && !has(type, "/ctrlProp"))
		found(p, SEKI_SCAN_OBJECT);
}

/* PROGRAM|'TOPIC'!ITEM */
static int
dde(const char *s)
{
	const char *bar = s;

	while ((bar = strstr(bar, "|'")) != NULL)
		if (bar > s && ((bar[-1] | 32) >= 'a' && (bar[-1] | 32) <= 'z'))
			return strstr(bar, "'!") != NULL;
		else
			bar++;
	return 0;
}

/* Another host is named. */
static int
outside(const char *s)
{
	return has(s, "://") || has(s, "\\\\");
}

/* Does the code of a field begin with DDE, does a formula have one? */
static void
code(struct part *p)
{
	const char *s = p->field;

	p->field[p->n] = '\0';
	while (*s == ' ' || *s == '\t' || *s == '\n' || *s == '=')
		s++;
	if (strncasecmp(s, "DDE", 3) == 0 || dde(s))
		found(p, SEKI_SCAN_DDE);
	if ((strncasecmp(s, "INCLUDE", 7) == 0 && outside(s)) ||
	    has(s, "WEBSERVICE("))
		seki_scan_add(p->f, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK);
}

static void
start(void *ctx, const char *name, const char **atts)
{
	struct part *p = ctx;

	if (is(name, "Relationship"))
		relationship(p, atts);
	else if ((is(name, "Override") || is(name, "Default")) &&
		 (has(att(atts, "ContentType"), "macro") ||
		     has(att(atts, "ContentType"), "vbaProject")))
		found(p, SEKI_SCAN_MACRO);
	else if (is(name, "ddeLink"))
		found(p, SEKI_SCAN_DDE);
	else if (is(name, "oleLink") || is(name, "webPr") || is(name, "dbPr") ||
		 (is(name, "imagedata") && outside(att(atts, "src"))))
		seki_scan_add(p->f, SEKI_SCAN_SUSPECT, SEKI_SCAN_LINK);
	else if (is(name, "encryption-data"))
		seki_scan_add(p->f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ENCRYPTED);
	else if (is(name, "event-listener") || is(name, "script"))
		found(p, SEKI_SCAN_MACRO);
	else if (is(name, "object-ole"))
		seki_scan_add(p->f, SEKI_SCAN_SUSPECT, SEKI_SCAN_OBJECT);
	else if (is(name, "dde-source") || is(name, "dde-link"))
		found(p, SEKI_SCAN_DDE);
	else if (is(name, "fldChar") || is(name, "f"))
		p->n = 0; /* a new one begins, or the old one ends */
	else if (is(name, "fldSimple")) {
		p->n = (size_t)snprintf(
		    p->field, FIELD - 1, "%s", att(atts, "instr"));
		p->n = p->n > FIELD - 2 ? FIELD - 2 : p->n;
		code(p);
		p->n = 0;
	}
	p->code = is(name, "instrText") || is(name, "f");
}

static void
say(struct part *p, const char *s, size_t n)
{
	if (!p->failed && seki_scan_piece(p->f, s, n, 0, p->err) == -1) {
		p->failed = 1;
		(void)XML_StopParser(p->parser, XML_FALSE);
	}
}

/* Elements that end a line of what people read. */
static void
end(void *ctx, const char *name)
{
	static const char *const lines[] = { "p", "h", "si", "is", "c", "v",
		"tc", "tr", "row", "br", "table-cell", NULL };
	struct part *p = ctx;
	size_t i;

	if (p->code)
		code(p);
	p->code = 0;
	for (i = 0; lines[i] != NULL; i++)
		if (is(name, lines[i])) {
			say(p, "\n", 1);
			return;
		}
}

static void
text(void *ctx, const char *s, int len)
{
	struct part *p = ctx;
	size_t n = (size_t)len, room = FIELD - 1 - p->n;

	say(p, s, n);
	if (!p->code)
		return;
	n = n < room ? n : room;
	memcpy(p->field + p->n, s, n);
	p->n += n;
}

static void
doctype(void *ctx, const char *name, const char *sys, const char *pub, int sub)
{
	struct part *p = ctx;

	(void)name;
	(void)sys;
	(void)pub;
	(void)sub;
	seki_scan_add(p->f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
	(void)XML_StopParser(p->parser, XML_FALSE);
}

static int
feed(struct part *p, struct seki_in *in, struct seki_err *err)
{
	ssize_t n;
	void *to;

	do {
		if ((to = XML_GetBuffer(p->parser, (int)SEKI_CHUNK)) == NULL)
			return seki_err_nomem(err);
		if ((n = seki_in_read(in, to, SEKI_CHUNK, err)) == -1)
			return -1;
		if (XML_ParseBuffer(p->parser, (int)n, n == 0) ==
		    XML_STATUS_ERROR) {
			if (p->failed)
				return -1;
			if (XML_GetErrorCode(p->parser) == XML_ERROR_NO_MEMORY)
				return seki_err_nomem(err);
			seki_scan_add(p->f, SEKI_SCAN_SUSPECT, SEKI_SCAN_ODD);
			return 0;
		}
	} while (n > 0);
	return 0;
}

int
seki_scan_part(struct seki_scan_file *f, struct seki_in *in, const char *name,
    struct seki_err *err)
{
	struct part p = { .f = f, .err = err };
	int r = -1;

	(void)name;
	if ((p.parser = XML_ParserCreate(NULL)) == NULL)
		(void)seki_err_nomem(err);
	else {
		XML_SetUserData(p.parser, &p);
		XML_SetElementHandler(p.parser, start, end);
		XML_SetCharacterDataHandler(p.parser, text);
		XML_SetStartDoctypeDeclHandler(p.parser, doctype);
		r = feed(&p, in, err);
		XML_ParserFree(p.parser);
	}
	seki_in_free(in);
	if (seki_scan_piece(f, "", 0, 1, err) == -1)
		r = -1;
	return r;
}
