/*
 * Texts of any content become a workbook; both readers take it back: the
 * strict one finds the same root, the comparing one no difference, and none
 * when a text is another one.  Byte FF ends a text.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "seki_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define RECORDS 8

static struct seki_schema *
form(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_schema *s = seki_schema_new("s", "$id", &err);

	if (s == NULL ||
	    seki_schema_add(s, NULL, "$id", "$id", SEKI_T_ID, 0, &err) ==
		NULL ||
	    seki_schema_add(s, NULL, "a", "氏名", SEKI_T_SINGLE_LINE_TEXT, 0,
		&err) == NULL ||
	    seki_schema_finish(s, &err) == -1)
		abort();
	return s;
}

/* Every text to o, the last one changed on demand. */
static int
feed(struct seki_sheet_out *o, struct seki_canon *c,
    const struct seki_value *text, size_t n, int change, struct seki_err *err)
{
	static const char ids[] = "12345678";
	struct seki_value v[2];
	struct seki_record rec = { .kind = SEKI_RECORD_ROW, .v = v };
	size_t i;

	for (i = 0; i < n; i++) {
		v[0] = (struct seki_value){ .p = ids + i, .n = 1, .set = 1 };
		v[1] = text[i];
		if (change && i == n - 1)
			v[1] = (struct seki_value){
				.p = "\x1b other", .n = 7, .set = 1
			};
		rec.key = v[0];
		if ((c != NULL && seki_canon_add(c, &rec, NULL, err) == -1) ||
		    seki_sheet_put(o, &rec, err) == -1)
			return -1;
	}
	return 0;
}

static int
same(int fd, uint64_t length, const struct seki_schema *s,
    const struct seki_value *text, size_t n, int change)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_sheet_out *o =
	    seki_sheet_same(fd, 0, length, s, NULL, &err);

	if (o == NULL)
		abort();
	if (feed(o, NULL, text, n, change, &err) == 0)
		return seki_sheet_end(o, &err) == 0;
	seki_sheet_abort(o);
	return 0;
}

static size_t
split(const uint8_t *data, size_t size, struct seki_value text[RECORDS])
{
	const uint8_t *end = data + size, *ff;
	size_t n = 0;

	for (; n < RECORDS; data = ff + 1) {
		if ((ff = memchr(data, 0xFF, (size_t)(end - data))) == NULL)
			ff = end;
		text[n] = (struct seki_value){ .p = (const char *)data,
			.n = (size_t)(ff - data),
			.set = ff > data };
		if (!seki_text_utf8(text[n].p, text[n].n, NULL) ||
		    memchr(data, '\0', text[n].n) != NULL)
			return 0;
		n++;
		if (ff == end)
			break;
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seki_schema *schema;
	static struct seki_press *press;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_value text[RECORDS];
	struct seki_sheet_out *o;
	struct seki_canon *c;
	struct seki_proof in, out;
	size_t n;
	off_t length;
	int fd;

	if (schema == NULL) {
		schema = form();
		if ((press = seki_press_new(&err)) == NULL)
			abort();
	}
	if ((n = split(data, size, text)) == 0)
		return 0;
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	o = seki_sheet_create(fd, schema, NULL, press, "/tmp", &err);
	c = seki_canon_new(schema, &err);
	if (o == NULL || c == NULL || feed(o, c, text, n, 0, &err) == -1 ||
	    seki_sheet_end(o, &err) == -1 || seki_canon_end(c, &in, &err) == -1)
		abort();
	length = lseek(fd, 0, SEEK_END);
	if (seki_sheet_read(
		fd, 0, (uint64_t)length, schema, NULL, &out, &err) == -1 ||
	    memcmp(in.root, out.root, SEKI_SHA256) != 0 ||
	    !same(fd, (uint64_t)length, schema, text, n, 0) ||
	    same(fd, (uint64_t)length, schema, text, n, 1))
		abort();
	seki_canon_free(c);
	(void)close(fd);
	return 0;
}
