/*
 * A workbook of any content is read in bounded memory or refused.  The first
 * byte chooses: the input is the whole archive, or one part of a workbook
 * whose other parts are good, so that the checksums stay right.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zip.h>

#include "seki_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define NS "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define NS_DOC                                                                 \
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define NS_PKG "http://schemas.openxmlformats.org/package/2006/relationships"
#define REL(id, type, target)                                                  \
	"<Relationship Id=\"" id "\" Type=\"" NS_DOC "/" type                  \
	"\" Target=\"" target "\"/>"
#define SHEET(rows)                                                            \
	"<worksheet xmlns=\"" NS "\"><sheetData>" rows                         \
	"</sheetData></worksheet>"
#define CELL(s) "<c t=\"inlineStr\"><is><t>" s "</t></is></c>"

static const struct {
	const char *name, *text;
} part[] = {
	{ "xl/worksheets/sheet1.xml",
	    SHEET("<row>" CELL("レコードID") CELL("a") CELL("b")
		    CELL("c（日本時間）") CELL("d") "</row>") },
	{ "xl/sharedStrings.xml", "<sst xmlns=\"" NS "\"/>" },
	{ "xl/workbook.xml",
	    "<workbook xmlns=\"" NS "\" xmlns:r=\"" NS_DOC "\"><sheets>"
	    "<sheet name=\"送付票\" r:id=\"c\"/>"
	    "<sheet name=\"レコード\" r:id=\"r\"/>"
	    "<sheet name=\"長文\" r:id=\"l\"/></sheets></workbook>" },
	{ "xl/_rels/workbook.xml.rels",
	    "<Relationships xmlns=\"" NS_PKG
	    "\">" REL("r", "worksheet", "worksheets/sheet1.xml")
		REL("l", "worksheet", "worksheets/sheet2.xml") REL(
		    "c", "worksheet", "worksheets/sheet3.xml") REL("s",
		    "sharedStrings", "sharedStrings.xml") "</Relationships>" },
	{ "_rels/.rels",
	    "<Relationships xmlns=\"" NS_PKG "\">" REL(
		"b", "officeDocument", "xl/workbook.xml") "</Relationships>" },
	{ "xl/worksheets/sheet2.xml",
	    SHEET("<row>" CELL("レコードID") CELL("シート") CELL("行番号")
		    CELL("項目") CELL("番号") CELL("本文") "</row>") },
	{ "xl/worksheets/sheet3.xml", SHEET("") },
};
#define PARTS (sizeof(part) / sizeof(part[0]))

static int
whole(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

/* The input as part number which. */
static int
wrapped(size_t which, const uint8_t *data, size_t size, size_t *length)
{
	uint8_t *out;
	zip_source_t *src, *s;
	zip_error_t why;
	zip_int64_t n;
	zip_t *z;
	size_t i;
	int fd;

	zip_error_init(&why);
	if ((src = zip_source_buffer_create(NULL, 0, 0, &why)) == NULL ||
	    (z = zip_open_from_source(src, ZIP_CREATE | ZIP_TRUNCATE, &why)) ==
		NULL)
		abort();
	for (i = 0; i < PARTS; i++) {
		s = i == which ? zip_source_buffer(z, data, size, 0)
			       : zip_source_buffer(
				     z, part[i].text, strlen(part[i].text), 0);
		if (s == NULL ||
		    (n = zip_file_add(z, part[i].name, s, 0)) == -1 ||
		    zip_set_file_compression(
			z, (zip_uint64_t)n, ZIP_CM_STORE, 0) == -1)
			abort();
	}
	zip_source_keep(src);
	if (zip_close(z) == -1 || zip_source_open(src) == -1)
		abort();
	if ((out = malloc(size + 8192)) == NULL ||
	    (n = zip_source_read(src, out, size + 8192)) <= 0)
		abort();
	*length = (size_t)n;
	zip_source_close(src);
	zip_source_free(src);
	fd = whole(out, *length);
	free(out);
	return fd;
}

static struct seki_schema *
form(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_schema *s = seki_schema_new("s", "$id", &err);

	if (s == NULL ||
	    seki_schema_add(s, NULL, "$id", "$id", SEKI_T_ID, 0, &err) ==
		NULL ||
	    seki_schema_add(
		s, NULL, "a", "a", SEKI_T_SINGLE_LINE_TEXT, 0, &err) == NULL ||
	    seki_schema_add(s, NULL, "b", "b", SEKI_T_NUMBER, 0, &err) ==
		NULL ||
	    seki_schema_add(s, NULL, "c", "c", SEKI_T_DATETIME, 0, &err) ==
		NULL ||
	    seki_schema_add(s, NULL, "d", "d", SEKI_T_USER_SELECT, 0, &err) ==
		NULL ||
	    seki_schema_finish(s, &err) == -1)
		abort();
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seki_schema *schema;
	static struct seki_manifest *m;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_proof proof;
	size_t which, length;
	int fd;

	if (schema == NULL) {
		schema = form();
		if ((m = seki_manifest_new(&err)) == NULL)
			abort();
	}
	if (size == 0)
		return 0;
	which = data[0] % (PARTS + 1);
	data++;
	length = --size;
	fd = which == PARTS ? whole(data, size)
			    : wrapped(which, data, size, &length);
	if (seki_sheet_read(fd, 0, length, schema, m, &proof, &err) == -1 &&
	    (err.reason == SEKI_OK || err.reason == SEKI_BUG ||
		err.text[0] == '\0'))
		abort();
	(void)close(fd);
	return 0;
}
