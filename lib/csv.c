#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/* What ends a run of ordinary bytes: outside quotes, inside them. */
enum { PLAIN = 1, QUOTED = 2 };
static const unsigned char stops[256] = { ['\0'] = PLAIN | QUOTED,
	['"'] = PLAIN | QUOTED,
	['\r'] = PLAIN,
	['\n'] = PLAIN };

/* Reading.  A row's cells lie one after another in text, each with its NUL;
 * while it grows they are known by their offsets. */
struct seki_csv_in {
	struct seki_in *in;
	char buf[SEKI_CHUNK];
	size_t at, fill;
	int end;
	uint64_t row;
	struct seki_buf text;
	size_t *start;
	struct seki_csv_cell *cell;
	size_t ncell, size;
	char separator;
	unsigned char stop[256];
};

struct seki_csv_in *
seki_csv_open(struct seki_in *in, struct seki_err *err)
{
	return seki_csv_open_by(in, ',', err);
}

struct seki_csv_in *
seki_csv_open_by(struct seki_in *in, char separator, struct seki_err *err)
{
	struct seki_csv_in *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		seki_in_free(in);
		(void)seki_err_nomem(err);
		return NULL;
	}
	c->in = in;
	c->separator = separator;
	memcpy(c->stop, stops, sizeof(stops));
	c->stop[(unsigned char)separator] |= PLAIN;
	return c;
}

static int
bad(const struct seki_csv_in *c, struct seki_err *err, const char *why)
{
	seki_err_object(err, seki_in_name(c->in));
	return seki_fail(
	    err, SEKI_CSV, _("row %llu: %s"), (unsigned long long)c->row, why);
}

static int
limit(const struct seki_csv_in *c, struct seki_err *err, const char *why)
{
	seki_err_object(err, seki_in_name(c->in));
	return seki_fail(err, SEKI_LIMIT, _("row %llu: %s"),
	    (unsigned long long)c->row, why);
}

/* 1 when c->buf[c->at] is there, 0 at the end. */
static int
more(struct seki_csv_in *c, struct seki_err *err)
{
	ssize_t n;

	if (c->at < c->fill)
		return 1;
	if (c->end)
		return 0;
	if ((n = seki_in_read(c->in, c->buf, sizeof(c->buf), err)) == -1)
		return -1;
	c->at = 0;
	c->fill = (size_t)n;
	c->end = n == 0;
	return n > 0;
}

/* Take the byte if it is the next one. */
static int
taste(struct seki_csv_in *c, char byte, struct seki_err *err)
{
	int r = more(c, err);

	if (r == 1 && c->buf[c->at] != byte)
		return 0;
	if (r == 1)
		c->at++;
	return r;
}

/* Everything up to a byte that stops, appended: 1, or 0 at the end. */
static int
span(struct seki_csv_in *c, unsigned char where, struct seki_err *err)
{
	size_t from;
	int r;

	while ((r = more(c, err)) == 1) {
		for (from = c->at; c->at < c->fill; c->at++)
			if ((c->stop[(unsigned char)c->buf[c->at]] & where) !=
			    0)
				break;
		if (c->text.n + (c->at - from) > SEKI_RECORD_MAX)
			return limit(c, err,
			    _("longer than 4 MiB; perhaps a "
			      "quote is never closed"));
		if (seki_buf_add(&c->text, c->buf + from, c->at - from, err) ==
		    -1)
			return -1;
		if (c->at < c->fill)
			return 1;
	}
	return r;
}

static int
quoted(struct seki_csv_in *c, struct seki_err *err)
{
	int r;

	for (;;) {
		if ((r = span(c, QUOTED, err)) == -1)
			return -1;
		if (r == 0)
			return bad(c, err,
			    _("RFC 4180 2.5: a quote is opened here and "
			      "never closed"));
		if (c->buf[c->at] == '\0')
			return bad(c, err, _("U+0000 is not allowed"));
		c->at++;
		if ((r = taste(c, '"', err)) == -1)
			return -1;
		if (r == 0)
			return 0;
		if (seki_buf_byte(&c->text, '"', err) == -1)
			return -1;
	}
}

/* Could these bytes be what Excel's plain "CSV" is in Japan? */
static int
cp932(const unsigned char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] < 0x80 || (s[i] >= 0xA1 && s[i] <= 0xDF))
			continue;
		if (s[i] == 0x80 || s[i] == 0xA0 || s[i] > 0xFC || i + 1 == n)
			return 0;
		i++;
		if (s[i] < 0x40 || s[i] == 0x7F || s[i] > 0xFC)
			return 0;
	}
	return 1;
}

static int
not_utf8(
    const struct seki_csv_in *c, const char *s, size_t n, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("save the file again as \"CSV UTF-8\" (in Excel: Save As, CSV "
	      "UTF-8)"));
	if (c->row == 1 && n >= 2 &&
	    (memcmp(s, "\xFF\xFE", 2) == 0 || memcmp(s, "\xFE\xFF", 2) == 0))
		return bad(c, err, _("UTF-16 text, not UTF-8"));
	if (cp932((const unsigned char *)s, n))
		return bad(
		    c, err, _("not UTF-8; it looks like Shift_JIS (CP932)"));
	return bad(c, err, _("not valid UTF-8"));
}

/* Close the cell that began at "from". */
static int
keep(struct seki_csv_in *c, size_t from, struct seki_err *err)
{
	size_t *start, n, bytes = c->text.n - from;
	struct seki_csv_cell *cell;
	const char *s = c->text.p == NULL ? "" : c->text.p + from;

	if (bytes > SEKI_VALUE_MAX)
		return limit(c, err, _("a cell is longer than 1 MiB"));
	if (!seki_text_utf8(s, bytes, &n))
		return not_utf8(c, s, bytes, err);
	if (c->ncell == SEKI_CSV_COLS)
		return limit(c, err, _("more than 16384 cells"));
	if (c->ncell + 1 >= c->size) {
		n = c->size == 0 ? 64 : 2 * c->size;
		if ((start = reallocarray(c->start, n, sizeof(*start))) != NULL)
			c->start = start;
		if ((cell = reallocarray(c->cell, n, sizeof(*cell))) != NULL)
			c->cell = cell;
		if (start == NULL || cell == NULL)
			return seki_err_nomem(err);
		c->size = n;
	}
	c->start[c->ncell++] = from;
	return seki_buf_byte(&c->text, '\0', err);
}

/* After a cell: 1 another follows, 0 the row ends here. */
static int
after(struct seki_csv_in *c, int was_quoted, struct seki_err *err)
{
	int r = more(c, err);

	if (r != 1)
		return r;
	if (c->buf[c->at] == c->separator) {
		c->at++;
		return 1;
	}
	switch (c->buf[c->at++]) {
	case '\n':
		return 0;
	case '\r':
		if ((r = taste(c, '\n', err)) != 0)
			return r == -1 ? -1 : 0;
		return bad(c, err,
		    _("RFC 4180 2.1: a CR without LF; rows end with CRLF or "
		      "LF"));
	case '\0':
		return bad(c, err, _("U+0000 is not allowed"));
	default:
		return bad(c, err,
		    was_quoted ? _("RFC 4180 2.7: text after a closing quote")
			       : _("RFC 4180 2.5: a quote inside a cell that "
				   "does not begin with one"));
	}
}

static int
row(struct seki_csv_in *c, struct seki_err *err)
{
	size_t from;
	int q, r = 1;

	c->ncell = 0;
	seki_buf_reset(&c->text);
	while (r == 1) {
		from = c->text.n;
		if ((q = taste(c, '"', err)) == -1 ||
		    (q == 1 ? quoted(c, err) : span(c, PLAIN, err)) == -1 ||
		    keep(c, from, err) == -1)
			return -1;
		r = after(c, q, err);
	}
	if (r == -1)
		return -1;
	/* An empty line; "" is a row with an empty cell. */
	return c->ncell > 1 || c->text.n > 1 || q == 1;
}

/* A pipe may give less than three bytes at first. */
static int
bom(struct seki_csv_in *c, struct seki_err *err)
{
	ssize_t n;

	while (c->fill < 3 && !c->end) {
		n = seki_in_read(
		    c->in, c->buf + c->fill, sizeof(c->buf) - c->fill, err);
		if (n == -1)
			return -1;
		c->fill += (size_t)n;
		c->end = n == 0;
	}
	if (c->fill >= 3 && memcmp(c->buf, "\xEF\xBB\xBF", 3) == 0)
		c->at = 3;
	return more(c, err);
}

int
seki_csv_next(struct seki_csv_in *c, const struct seki_csv_cell **cell,
    size_t *n, struct seki_err *err)
{
	size_t i, end;
	int r;

	do {
		if ((r = c->row == 0 ? bom(c, err) : more(c, err)) != 1)
			return r;
		c->row++;
		if ((r = row(c, err)) == -1)
			return -1;
	} while (r == 0);
	for (i = 0; i < c->ncell; i++) {
		end = i + 1 < c->ncell ? c->start[i + 1] : c->text.n;
		c->cell[i].p = c->text.p + c->start[i];
		c->cell[i].n = end - 1 - c->start[i];
	}
	*cell = c->cell;
	*n = c->ncell;
	return 1;
}

uint64_t
seki_csv_row(const struct seki_csv_in *c)
{
	return c->row;
}

void
seki_csv_free(struct seki_csv_in *c)
{
	if (c == NULL)
		return;
	seki_in_free(c->in);
	seki_buf_free(&c->text);
	free(c->start);
	free(c->cell);
	free(c);
}

/* Writing. */
struct seki_csv_out {
	struct seki_out *out;
	enum seki_csv_for whom;
	struct seki_buf line;
	size_t cells;
};

struct seki_csv_out *
seki_csv_create(
    struct seki_out *out, enum seki_csv_for whom, struct seki_err *err)
{
	struct seki_csv_out *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	c->out = out;
	c->whom = whom;
	if (whom == SEKI_CSV_MACHINE ||
	    seki_out_write(out, "\xEF\xBB\xBF", 3, err) == 0)
		return c;
	seki_csv_close(c);
	return NULL;
}

/* Japanese Excel takes the full-width forms for their half-width ones. */
static int
formula(const char *s, size_t n)
{
	static const char *const begin[] = { "=", "+", "-", "@", "\t", "\r",
		"\n", "'", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
		"\xEF\xBC\xA0", NULL };
	size_t i;

	for (i = 0; begin[i] != NULL; i++)
		if (n >= strlen(begin[i]) &&
		    memcmp(s, begin[i], strlen(begin[i])) == 0)
			return !seki_num_ok(s, n);
	return 0;
}

/* A BOM in the first cell would be taken for the file's. */
static int
must_quote(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i] == ',' || s[i] == '"' || s[i] == '\n' || s[i] == '\r')
			return 1;
	return n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0;
}

int
seki_csv_put(
    struct seki_csv_out *c, const char *s, size_t n, struct seki_err *err)
{
	const char *q, *end = s + n;

	if (c->cells++ > 0 && seki_buf_byte(&c->line, ',', err) == -1)
		return -1;
	q = c->whom == SEKI_CSV_PEOPLE && formula(s, n) ? "'" : "";
	if (!must_quote(s, n))
		return seki_buf_str(&c->line, q, err) == -1
			   ? -1
			   : seki_buf_add(&c->line, s, n, err);
	if (seki_buf_fmt(&c->line, err, "\"%s", q) == -1)
		return -1;
	while ((q = memchr(s, '"', (size_t)(end - s))) != NULL) {
		if (seki_buf_add(&c->line, s, (size_t)(q + 1 - s), err) == -1 ||
		    seki_buf_byte(&c->line, '"', err) == -1)
			return -1;
		s = q + 1;
	}
	if (seki_buf_add(&c->line, s, (size_t)(end - s), err) == -1)
		return -1;
	return seki_buf_byte(&c->line, '"', err);
}

int
seki_csv_end(struct seki_csv_out *c, struct seki_err *err)
{
	int r;

	/* One empty cell alone would be an empty line, which is no row. */
	if (c->cells == 1 && c->line.n == 0 &&
	    seki_buf_str(&c->line, "\"\"", err) == -1)
		return -1;
	if (seki_buf_str(&c->line, c->whom == SEKI_CSV_PEOPLE ? "\r\n" : "\n",
		err) == -1)
		return -1;
	r = seki_out_write(c->out, c->line.p, c->line.n, err);
	seki_buf_reset(&c->line);
	c->cells = 0;
	return r;
}

void
seki_csv_close(struct seki_csv_out *c)
{
	if (c == NULL)
		return;
	seki_buf_free(&c->line);
	free(c);
}
