#include <stdio.h>
#include <string.h>

#include "sheet_out.h"

/* The parts that are no sheets (ECMA-376-1, ECMA-376-2). */
#define TYPES "http://schemas.openxmlformats.org/package/2006/"
#define SHEETML "application/vnd.openxmlformats-officedocument.spreadsheetml."

static int
part(struct seki_book *b, const char *name, const char *text, size_t n,
    struct seki_err *err)
{
	void *p = b->parts.ops->begin(b->parts.ctx, name, 0, err);
	int r;

	if (p == NULL)
		return -1;
	if ((r = b->parts.ops->write(&b->parts, p, text, n, err)) == 0)
		r = b->parts.ops->end(&b->parts, p, NULL, 0, err);
	else
		b->parts.ops->drop(p);
	return r == 1 ? seki_book_differs(name, err) : r;
}

static int
finish(struct seki_book *b, const char *name, struct seki_err *err)
{
	return part(b, name, b->text.p, b->text.n, err);
}

static int
types(struct seki_book *b, struct seki_err *err)
{
	struct seki_buf *t = &b->text;
	size_t i;

	seki_buf_reset(t);
	if (seki_buf_str(t,
		SEKI_XML
		"<Types xmlns=\"" TYPES "content-types\">"
		"<Default Extension=\"rels\" ContentType=\"application/"
		"vnd.openxmlformats-package.relationships+xml\"/>"
		"<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
		"<Override PartName=\"/docProps/app.xml\" ContentType="
		"\"application/vnd.openxmlformats-officedocument.extended-"
		"properties+xml\"/>"
		"<Override PartName=\"/docProps/core.xml\" ContentType="
		"\"application/vnd.openxmlformats-package.core-properties+xml"
		"\"/>"
		"<Override PartName=\"/xl/styles.xml\" ContentType=\"" SHEETML
		"styles+xml\"/>"
		"<Override PartName=\"/xl/workbook.xml\" ContentType=\"" SHEETML
		"sheet.main+xml\"/>",
		err) == -1)
		return -1;
	for (i = 0; i < b->nsheet; i++)
		if (seki_buf_fmt(t, err,
			"<Override PartName=\"/xl/worksheets/sheet%zu.xml\" "
			"ContentType=\"" SHEETML "worksheet+xml\"/>",
			i + 1) == -1)
			return -1;
	return seki_buf_str(t, "</Types>", err) == -1
		   ? -1
		   : finish(b, "[Content_Types].xml", err);
}

static int
root(struct seki_book *b, struct seki_err *err)
{
	static const char text[] =
	    SEKI_XML "<Relationships xmlns=\"" TYPES "relationships\">"
		     "<Relationship Id=\"rId1\" Type=\"" SEKI_XMLNS_DOC
		     "/officeDocument\" Target=\"xl/workbook.xml\"/>"
		     "<Relationship Id=\"rId2\" Type=\"" TYPES
		     "relationships/metadata/core-properties\" "
		     "Target=\"docProps/core.xml\"/>"
		     "<Relationship Id=\"rId3\" Type=\"" SEKI_XMLNS_DOC
		     "/extended-properties\" Target=\"docProps/app.xml\"/>"
		     "</Relationships>";

	return part(b, "_rels/.rels", text, sizeof(text) - 1, err);
}

static int
properties(struct seki_book *b, struct seki_err *err)
{
	static const char app[] =
	    SEKI_XML "<Properties xmlns=\"http://schemas.openxmlformats.org/"
		     "officeDocument/2006/extended-properties\"><Application>"
		     "Seki</Application></Properties>";
	struct seki_buf *t = &b->text;
	char time[SEKI_TIME];

	seki_time_format(b->m == NULL ? 0 : b->m->created, time);
	seki_buf_reset(t);
	if (seki_buf_fmt(t, err,
		SEKI_XML "<cp:coreProperties xmlns:cp=\"" TYPES
			 "metadata/core-properties\" "
			 "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
			 "xmlns:dcterms=\"http://purl.org/dc/terms/\" "
			 "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance"
			 "\"><dc:title>" SEKI_SHEET_COVER "</dc:title>"
			 "<dc:subject>%s</dc:subject><dcterms:created "
			 "xsi:type=\"dcterms:W3CDTF\">%s</dcterms:created>"
			 "</cp:coreProperties>",
		b->layout->schema->stream, time) == -1 ||
	    finish(b, "docProps/core.xml", err) == -1)
		return -1;
	return part(b, "docProps/app.xml", app, sizeof(app) - 1, err);
}

/* 'name'!, for references; no name has a ' in it. */
static int
quoted(struct seki_buf *t, const char *name, struct seki_err *err)
{
	return seki_buf_str(t, "'", err) == -1 ||
		       seki_cells_xml(t, name, strlen(name), err) == -1 ||
		       seki_buf_str(t, "'!", err) == -1
		   ? -1
		   : 0;
}

/* What the filter of a data sheet covers, and what every page repeats. */
static int
names(struct seki_buf *t, const struct seki_book *b, size_t i,
    struct seki_err *err)
{
	const struct seki_book_sheet *s = b->sheet[i];

	if (s->list != SIZE_MAX &&
	    (seki_buf_fmt(t, err,
		 "<definedName name=\"_xlnm._FilterDatabase\" "
		 "localSheetId=\"%zu\" hidden=\"1\">",
		 i) == -1 ||
		quoted(t, s->name, err) == -1 ||
		seki_buf_fmt(t, err, "$A$1:$%s$%u</definedName>",
		    b->list[s->list].letters[b->layout->list[s->list].n - 1],
		    s->rows + 1) == -1))
		return -1;
	if (i == 0)
		return 0;
	/* Of the signature, what it is and no more. */
	if (b->seal != -1 && i == b->nsheet - 1)
		return seki_buf_fmt(t, err,
			   "<definedName name=\"_xlnm.Print_Area\" "
			   "localSheetId=\"%zu\">",
			   i) == -1 ||
			       quoted(t, s->name, err) == -1 ||
			       seki_buf_str(
				   t, "$A$1:$A$1</definedName>", err) == -1
			   ? -1
			   : 0;
	if (seki_buf_fmt(t, err,
		"<definedName name=\"_xlnm.Print_Titles\" "
		"localSheetId=\"%zu\">",
		i) == -1 ||
	    (s->list != SIZE_MAX &&
		(quoted(t, s->name, err) == -1 ||
		    seki_buf_str(t, "$A:$A,", err) == -1)) ||
	    quoted(t, s->name, err) == -1)
		return -1;
	return seki_buf_str(t, "$1:$1</definedName>", err);
}

static int
workbook(struct seki_book *b, struct seki_err *err)
{
	struct seki_buf *t = &b->text;
	size_t i;

	seki_buf_reset(t);
	if (seki_buf_str(t,
		SEKI_XML "<workbook xmlns=\"" SEKI_XMLNS_MAIN
			 "\" xmlns:r=\"" SEKI_XMLNS_DOC "\"><workbookPr/>"
			 "<bookViews><workbookView xWindow=\"240\" "
			 "yWindow=\"15\" windowWidth=\"16095\" "
			 "windowHeight=\"9660\"/></bookViews><sheets>",
		err) == -1)
		return -1;
	for (i = 0; i < b->nsheet; i++)
		if (seki_buf_str(t, "<sheet name=\"", err) == -1 ||
		    seki_cells_xml(t, b->sheet[i]->name,
			strlen(b->sheet[i]->name), err) == -1 ||
		    seki_buf_fmt(t, err, "\" sheetId=\"%zu\" r:id=\"rId%zu\"/>",
			i + 1, i + 1) == -1)
			return -1;
	if (seki_buf_str(t, "</sheets><definedNames>", err) == -1)
		return -1;
	for (i = 0; i < b->nsheet; i++)
		if (names(t, b, i, err) == -1)
			return -1;
	return seki_buf_str(t, "</definedNames></workbook>", err) == -1
		   ? -1
		   : finish(b, "xl/workbook.xml", err);
}

static int
rels(struct seki_book *b, struct seki_err *err)
{
	struct seki_buf *t = &b->text;
	size_t i;

	seki_buf_reset(t);
	if (seki_buf_str(t,
		SEKI_XML "<Relationships xmlns=\"" TYPES "relationships\">",
		err) == -1)
		return -1;
	for (i = 0; i < b->nsheet; i++)
		if (seki_buf_fmt(t, err,
			"<Relationship Id=\"rId%zu\" Type=\"" SEKI_XMLNS_DOC
			"/worksheet\" Target=\"worksheets/sheet%zu.xml\"/>",
			i + 1, i + 1) == -1)
			return -1;
	if (seki_buf_fmt(t, err,
		"<Relationship Id=\"rId%zu\" Type=\"" SEKI_XMLNS_DOC
		"/styles\" Target=\"styles.xml\"/></Relationships>",
		b->nsheet + 1) == -1)
		return -1;
	return finish(b, "xl/_rels/workbook.xml.rels", err);
}

static int
styles(struct seki_book *b, struct seki_err *err)
{
	seki_buf_reset(&b->text);
	return seki_style_put(&b->text, err) == -1
		   ? -1
		   : finish(b, "xl/styles.xml", err);
}

int
seki_package_put(struct seki_book *b, struct seki_err *err)
{
	return types(b, err) == -1 || root(b, err) == -1 ||
		       properties(b, err) == -1 || workbook(b, err) == -1 ||
		       rels(b, err) == -1 || styles(b, err) == -1
		   ? -1
		   : 0;
}
