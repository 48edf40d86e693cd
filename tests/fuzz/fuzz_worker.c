/*
 * Whatever a worker says, who hears it gets data within its bounds or refuses,
 * and never anything but SEKI_WORKER.  The first byte chooses the answer.
 */
#include <stdlib.h>

#include <jansson.h>

#include "apart.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
refused(const struct seki_err *err)
{
	if (err->reason != SEKI_WORKER || err->text[0] == '\0')
		abort();
}

static void
utf8(const char *p, size_t n)
{
	size_t bad;

	if (n > 0 && !seki_text_utf8(p, n, &bad))
		abort();
}

/* A name that is another one, a place outside the file: neither may pass. */
static void
structure(struct seki_heard *h)
{
	struct seki_err err = SEKI_ERR_INIT, why = SEKI_ERR_INIT;
	struct seki_manifest *m;
	struct seki_zip zip;
	uint64_t length = 100000;
	size_t i;

	if (seki_apart_hear_structure(h, length, &zip, &m, &why, &err) == -1) {
		refused(&err);
		return;
	}
	for (i = 0; i < zip.n; i++)
		if (zip.entry[i].place.at > length ||
		    zip.entry[i].place.packed >
			length - zip.entry[i].place.at ||
		    !seki_zip_name_ok(
			zip.entry[i].name, strlen(zip.entry[i].name), 1))
			abort();
	if (m != NULL) {
		struct seki_buf b = SEKI_BUF_INIT;

		(void)seki_manifest_format(m, &b, &why);
		seki_buf_free(&b);
	}
	seki_manifest_free(m);
	seki_zip_release(&zip);
}

static void
content(struct seki_heard *h)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_work_content c;

	if (seki_apart_hear_content(h, &c, &err) == -1)
		refused(&err);
	utf8(c.stream, strlen(c.stream));
	(void)seki_atts_ok(&c.atts, &err);
	seki_atts_free(&c.atts);
}

/* The form up to two bytes 0xfe, records behind them. */
static void
records(struct seki_heard *h)
{
	struct seki_err err = SEKI_ERR_INIT, ignored = SEKI_ERR_INIT;
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_heard rest = { h->end, h->end, 0 };
	const unsigned char *cut = h->p;
	struct seki_schema *s;
	struct seki_canon *c;
	struct seki_record rec;
	size_t i;

	while ((cut = memchr(cut, 0xfe, (size_t)(h->end - cut))) != NULL &&
	       cut + 1 < h->end && cut[1] != 0xfe)
		cut++;
	if (cut != NULL && cut + 1 < h->end) {
		rest.p = cut + 2;
		h->end = cut;
	}
	if ((s = seki_apart_hear_schema(h, &err)) == NULL) {
		refused(&err);
		return;
	}
	c = seki_canon_new(s, &ignored);
	while (rest.p < rest.end &&
	       seki_apart_hear_record(&rest, s, &arena, &rec, &err) == 0) {
		utf8(rec.key.p, rec.key.n);
		for (i = 0; rec.kind == SEKI_RECORD_ROW && i < s->n; i++)
			utf8(rec.v[i].p, rec.v[i].n);
		(void)seki_canon_add(c, &rec, NULL, &ignored);
		seki_arena_reset(&arena);
	}
	if (rest.p < rest.end)
		refused(&err);
	seki_canon_free(c);
	seki_arena_free(&arena);
	seki_schema_free(s);
}

static void
failure(struct seki_heard *h)
{
	struct seki_err err;

	seki_heard_err(h, &err);
	if (!seki_heard_end(h))
		return;
	if (seki_err_status(err.reason) == 0 ||
	    seki_err_status(err.reason) == 75)
		abort();
	utf8(err.text, strlen(err.text));
	utf8(err.hint, strlen(err.hint));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_heard h = { data + 1, data + size, 0 };

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 's':
		structure(&h);
		break;
	case 'c':
		content(&h);
		break;
	case 'r':
		records(&h);
		break;
	case 'j':
		json_decref(seki_heard_json(&h));
		break;
	default:
		failure(&h);
		break;
	}
	return 0;
}
