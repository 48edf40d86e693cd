#include <stdlib.h>
#include <string.h>

#include "xlsx_int.h"

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The unit of _xHHHH_ at s, or -1. */
static long
unit(const char *s, const char *end)
{
	long u = 0;
	int i, d;

	if (end - s < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_')
		return -1;
	for (i = 2; i < 6; i++) {
		if ((d = hex(s[i])) == -1)
			return -1;
		u = u * 16 + d;
	}
	return u;
}

static size_t
put_unit(char *to, const char **s, const char *end)
{
	long u = unit(*s, end), low;

	*s += 7;
	if (u >= 0xD800 && u <= 0xDBFF && (low = unit(*s, end)) >= 0xDC00 &&
	    low <= 0xDFFF) {
		*s += 7;
		u = 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00);
	}
	if (u == 0 || (u >= 0xD800 && u <= 0xDFFF))
		u = 0xFFFD;
	return seki_text_put(to, (uint32_t)u);
}

void
seki_xlsx_text(struct seki_buf *b, size_t from)
{
	char *s = b->p + from, *to;
	const char *p = s, *end = b->p + b->n;

	if (b->n == from || (memchr(s, '_', b->n - from) == NULL &&
				memchr(s, '\r', b->n - from) == NULL))
		return;
	/* Two passes: the CR of an _x000D_ is a line end as well. */
	for (to = s; p < end;)
		if (*p == '_' && unit(p, end) >= 0)
			to += put_unit(to, &p, end);
		else
			*to++ = *p++;
	end = to;
	for (p = to = s; p < end; p++) {
		if (*p == '\r' && p + 1 < end && p[1] == '\n')
			p++;
		*to++ = *p == '\r' ? '\n' : *p;
	}
	*to = '\0';
	b->n = (size_t)(to - b->p);
}

/*
 * Shared strings: the t of si, and of the r inside it; what stands in rPh is
 * how to read it aloud.
 */
struct sst {
	struct seki_strings *s;
	size_t from;
	unsigned skip; /* depth of the rPh we are in, or 0 */
	unsigned in_t; /* depth of the t we are in, or 0 */
};

static int
is(enum seki_ns ns, const char *local, const char *name)
{
	return ns == SEKI_NS_MAIN && strcmp(local, name) == 0;
}

static void
sst_start(
    struct seki_xml *xml, enum seki_ns ns, const char *local, const char **atts)
{
	struct sst *t = xml->ctx;

	(void)atts;
	if (xml->depth == 1 && !is(ns, local, "sst"))
		(void)seki_xml_fail(
		    xml, SEKI_XLSX, _("not a table of strings"));
	else if (t->skip != 0 || t->in_t != 0)
		return;
	else if (xml->depth == 3 && is(ns, local, "rPh"))
		t->skip = xml->depth;
	else if ((xml->depth == 3 || xml->depth == 4) && is(ns, local, "t")) {
		t->in_t = xml->depth;
		t->from = t->s->text.n;
	}
}

static void
sst_add(struct seki_xml *xml, struct seki_strings *s)
{
	uint32_t *end;
	size_t size;

	if (s->text.n + s->n * sizeof(*s->end) > SEKI_STRINGS_MAX) {
		(void)seki_xml_fail(xml, SEKI_LIMIT,
		    _("the shared strings are larger than the limit"));
		return;
	}
	if (s->n == s->size) {
		size = s->size == 0 ? 1024 : s->size * 2;
		end = reallocarray(s->end, size, sizeof(*end));
		if (end == NULL) {
			(void)seki_err_nomem(xml->err);
			seki_xml_stop(xml);
			return;
		}
		s->end = end;
		s->size = size;
	}
	s->end[s->n++] = (uint32_t)s->text.n;
}

static void
sst_end(struct seki_xml *xml)
{
	struct sst *t = xml->ctx;

	if (t->skip == xml->depth)
		t->skip = 0;
	else if (t->in_t == xml->depth) {
		t->in_t = 0;
		seki_xlsx_text(&t->s->text, t->from);
	} else if (xml->depth == 2)
		sst_add(xml, t->s);
}

static void
sst_text(struct seki_xml *xml, const char *s, size_t n)
{
	struct sst *t = xml->ctx;

	if (t->in_t != xml->depth)
		return;
	if (t->s->text.n > SEKI_STRINGS_MAX)
		(void)seki_xml_fail(xml, SEKI_LIMIT,
		    _("the shared strings are larger than the limit"));
	else if (seki_buf_add(&t->s->text, s, n, xml->err) == -1)
		seki_xml_stop(xml);
}

static const struct seki_xml_ops sst_ops = { sst_start, sst_end, sst_text };

int
seki_xlsx_strings(struct seki_xlsx *x, const char *part, struct seki_err *err)
{
	struct sst t = { .s = &x->strings };

	return seki_xml_whole(x, part, &sst_ops, &t, err);
}
