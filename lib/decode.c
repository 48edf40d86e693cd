#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "grid.h"

/* The bytes of an encoding as UTF-8, a chunk at a time. */
struct decode {
	struct seki_in *below;
	enum seki_encoding from;
	unsigned char raw[SEKI_CHUNK];
	size_t n; /* in raw: what was cut by the chunk's end */
	struct seki_buf out;
	size_t at;
	uint64_t lines;
	int ended, begun;
};

static size_t
units16(struct decode *d, size_t i)
{
	return d->from == SEKI_ENC_UTF16LE
		   ? (size_t)d->raw[i] | (size_t)d->raw[i + 1] << 8
		   : (size_t)d->raw[i + 1] | (size_t)d->raw[i] << 8;
}

/* As many bytes as are whole characters: how many, or the offset of a bad one
 * with *bad set. */
static size_t
utf16(struct decode *d, int *bad, struct seki_err *err)
{
	size_t i = 0, c, low;
	char utf8[4];

	while (i + 2 <= d->n) {
		c = units16(d, i);
		if (c >= 0xD800 && c < 0xDC00) {
			if (i + 4 > d->n)
				break;
			low = units16(d, i + 2);
			if (low < 0xDC00 || low > 0xDFFF) {
				*bad = 1;
				return i;
			}
			c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
		} else if (c == 0 || (c >= 0xDC00 && c < 0xE000)) {
			*bad = 1;
			return i;
		}
		i += c > 0xFFFF ? 4 : 2;
		if (seki_buf_add(&d->out, utf8,
			seki_text_put(utf8, (uint32_t)c), err) == -1)
			*bad = -1;
	}
	return i;
}

/* A lead byte at the very end waits for its second one. */
static size_t
whole(const struct decode *d)
{
	size_t i = 0;

	while (i < d->n) {
		unsigned char c = d->raw[i];

		if ((c >= 0x81 && c <= 0x9F) || (c >= 0xE0 && c <= 0xFC)) {
			if (i + 1 == d->n)
				break;
			i++;
		}
		i++;
	}
	return i;
}

static size_t
cp932(struct decode *d, int *bad, struct seki_err *err)
{
	struct seki_err said = SEKI_ERR_INIT; /* the line is not known there */
	size_t n = whole(d), at;

	if (seki_charset_decode_cp932(
		(const char *)d->raw, n, &d->out, &at, &said) == 0)
		return n;
	*bad = at == SIZE_MAX ? -1 : 1;
	if (*bad == -1)
		*err = said;
	return at;
}

static int
broken(struct decode *d, size_t at, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < at; i++)
		d->lines += d->raw[i] == '\n';
	seki_err_hint(err, "%s",
	    _("save the file again as \"CSV UTF-8\" (in Excel: Save As, CSV "
	      "UTF-8)"));
	return seki_fail(err, SEKI_CSV,
	    d->from == SEKI_ENC_CP932
		? _("line %llu: a byte (0x%02X) that is neither UTF-8 nor "
		    "CP932 (Shift_JIS)")
		: _("line %llu: a byte (0x%02X) that is not UTF-16"),
	    (unsigned long long)d->lines + 1, d->raw[at]);
}

static int
fill(struct decode *d, struct seki_err *err)
{
	size_t used, i, skip = 0;
	int bad = 0;
	ssize_t n =
	    seki_in_read(d->below, d->raw + d->n, sizeof(d->raw) - d->n, err);

	if (n == -1)
		return -1;
	d->ended = n == 0;
	d->n += (size_t)n;
	seki_buf_reset(&d->out);
	d->at = 0;
	used = d->from == SEKI_ENC_CP932 ? cp932(d, &bad, err)
					 : utf16(d, &bad, err);
	if (bad == -1)
		return -1;
	if (bad == 1 || (d->ended && used < d->n))
		return broken(d, used, err);
	for (i = 0; i < used; i++)
		d->lines += d->raw[i] == '\n';
	memmove(d->raw, d->raw + used, d->n - used);
	d->n -= used;
	/* The mark of the byte order is no character of the text. */
	if (!d->begun && d->out.n > 0) {
		d->begun = 1;
		if (d->from != SEKI_ENC_CP932 && d->out.n >= 3 &&
		    memcmp(d->out.p, "\xEF\xBB\xBF", 3) == 0)
			skip = 3;
		d->at = skip;
	}
	return 0;
}

static ssize_t
take(void *ctx, void *p, size_t n, struct seki_err *err)
{
	struct decode *d = ctx;
	size_t k;

	while (d->at == d->out.n && !d->ended)
		if (fill(d, err) == -1)
			return -1;
	k = d->out.n - d->at;
	if (k > n)
		k = n;
	if (k > 0)
		memcpy(p, d->out.p + d->at, k);
	d->at += k;
	return (ssize_t)k;
}

static void
end(void *ctx)
{
	struct decode *d = ctx;

	seki_in_free(d->below);
	seki_buf_free(&d->out);
	free(d);
}

static const struct seki_in_ops ops = { take, end };

struct seki_in *
seki_decode_in(
    struct seki_in *below, enum seki_encoding from, struct seki_err *err)
{
	struct decode *d;

	/* Whether UTF-8 is valid the reader of the rows looks at itself. */
	if (from == SEKI_ENC_UTF8)
		return below;
	if ((d = calloc(1, sizeof(*d))) == NULL) {
		seki_in_free(below);
		(void)seki_err_nomem(err);
		return NULL;
	}
	d->below = below;
	d->from = from;
	return seki_in_new(&ops, d, seki_in_name(below), err);
}
