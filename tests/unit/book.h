/*
 * Workbooks for tests: made of parts given as text, or a copy of one with some
 * text exchanged.  Included once by a test.
 */
#ifndef BOOK_H
#define BOOK_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

#define NS "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define NS_DOC                                                                 \
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define NS_PKG "http://schemas.openxmlformats.org/package/2006/relationships"
#define BOOK_RELS                                                              \
	"<Relationships xmlns=\"" NS_PKG "\"><Relationship Id=\"a\" "          \
	"Type=\"" NS_DOC "/officeDocument\" Target=\"xl/workbook.xml\"/>"      \
	"</Relationships>"
#define BOOK_BOOK                                                              \
	"<workbook xmlns=\"" NS "\" xmlns:r=\"" NS_DOC "\"><sheets>"           \
	"<sheet name=\"S\" sheetId=\"1\" r:id=\"s\"/></sheets></workbook>"
#define BOOK_BOOK_RELS                                                         \
	"<Relationships xmlns=\"" NS_PKG "\"><Relationship Id=\"s\" "          \
	"Type=\"" NS_DOC "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"     \
	"<Relationship Id=\"t\" Type=\"" NS_DOC "/sharedStrings\" "            \
	"Target=\"sharedStrings.xml\"/></Relationships>"
#define BOOK_STRINGS "<sst xmlns=\"" NS "\"><si><t>zero</t></si></sst>"
#define BOOK_SHEET(data)                                                       \
	"<worksheet xmlns=\"" NS "\"><sheetData>" data                         \
	"</sheetData></worksheet>"

struct book_part {
	const char *name;
	const char *text;
	size_t n; /* 0: strlen */
};

/* The finished archive as a file without a name. */
static int
book_finish(zip_t *z, zip_source_t *src)
{
	char chunk[65536];
	zip_int64_t n;
	int fd = memfd_create("book", MFD_CLOEXEC);

	zip_source_keep(src);
	if (zip_close(z) == -1)
		fail_msg("zip_close: %s", zip_strerror(z));
	assert_int_not_equal(fd, -1);
	assert_int_equal(zip_source_open(src), 0);
	while ((n = zip_source_read(src, chunk, sizeof(chunk))) > 0)
		assert_int_equal(write(fd, chunk, (size_t)n), n);
	zip_source_close(src);
	zip_source_free(src);
	return fd;
}

static zip_t *
book_begin(zip_source_t **src)
{
	zip_error_t e;
	zip_t *z;

	zip_error_init(&e);
	*src = zip_source_buffer_create(NULL, 0, 0, &e);
	assert_non_null(*src);
	z = zip_open_from_source(*src, ZIP_CREATE | ZIP_TRUNCATE, &e);
	assert_non_null(z);
	return z;
}

/* text lives until the archive is finished, or is given away. */
static void
book_add(zip_t *z, const char *name, const void *text, size_t n, int give)
{
	zip_source_t *s = zip_source_buffer(z, text, n, give);

	assert_non_null(s);
	assert_true(zip_file_add(z, name, s, ZIP_FL_ENC_UTF_8) >= 0);
}

static int __attribute__((unused))
book_make(const struct book_part *part, size_t n)
{
	zip_source_t *src;
	zip_t *z = book_begin(&src);
	size_t i;

	for (i = 0; i < n; i++)
		book_add(z, part[i].name, part[i].text,
		    part[i].n == 0 ? strlen(part[i].text) : part[i].n, 0);
	return book_finish(z, src);
}

/* A workbook of one sheet; a NULL is the usual part. */
static int __attribute__((unused)) book_one(const char *sheet,
    const char *strings, const char *book, const char *book_rels)
{
	const struct book_part part[] = {
		{ .name = "_rels/.rels", .text = BOOK_RELS },
		{ .name = "xl/workbook.xml",
		    .text = book == NULL ? BOOK_BOOK : book },
		{ .name = "xl/_rels/workbook.xml.rels",
		    .text = book_rels == NULL ? BOOK_BOOK_RELS : book_rels },
		{ .name = "xl/sharedStrings.xml",
		    .text = strings == NULL ? BOOK_STRINGS : strings },
		{ .name = "xl/worksheets/sheet1.xml",
		    .text = sheet == NULL ? BOOK_SHEET("") : sheet },
	};

	return book_make(part, sizeof(part) / sizeof(part[0]));
}

/* In the copy, the first from of part is to.  Fails when there is none. */
static int __attribute__((unused)) book_change(
    const char *path, const char *part, const char *from, const char *to)
{
	zip_t *z, *old = zip_open(path, ZIP_RDONLY, NULL);
	zip_int64_t i, count = zip_get_num_entries(old, 0);
	zip_source_t *src;
	zip_stat_t st;
	zip_file_t *f;
	char *text, *at;
	int changed = 0;

	assert_non_null(old);
	z = book_begin(&src);
	for (i = 0; i < count; i++) {
		zip_stat_index(old, (zip_uint64_t)i, 0, &st);
		text = calloc(1, st.size + strlen(to) + 1);
		assert_non_null(text);
		f = zip_fopen_index(old, (zip_uint64_t)i, 0);
		assert_int_equal(zip_fread(f, text, st.size), st.size);
		zip_fclose(f);
		if (strcmp(st.name, part) == 0 &&
		    (at = strstr(text, from)) != NULL) {
			memmove(at + strlen(to), at + strlen(from),
			    strlen(at + strlen(from)) + 1);
			memcpy(at, to, strlen(to));
			st.size += strlen(to) - strlen(from);
			changed = 1;
		}
		book_add(z, st.name, text, st.size, 1);
	}
	zip_close(old);
	if (!changed)
		fail_msg("%s: no %s", part, from);
	return book_finish(z, src);
}

static uint64_t __attribute__((unused)) book_size(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint64_t)st.st_size;
}

#endif
