#include <string.h>

#include "sheet_out.h"

/* Room for all of a cell but its text. */
#define AROUND 96

static char *
put(char *to, const char *s)
{
	size_t n = strlen(s);

	memcpy(to, s, n);
	return to + n;
}

static char *
digits(char *to, uint32_t n)
{
	char d[10];
	size_t k = sizeof(d);

	do
		d[--k] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	memcpy(to, d + k, sizeof(d) - k);
	return to + sizeof(d) - k;
}

static char *
begin(struct seki_buf *b, const char *letters, uint32_t row, unsigned style)
{
	char *to = put(b->p + b->n, "<c r=\"");

	to = digits(put(to, letters), row);
	return put(digits(put(to, "\" s=\""), style), "\"");
}

static void
end(struct seki_buf *b, char *to)
{
	*to = '\0';
	b->n = (size_t)(to - b->p);
}

/* The text of a node, or of an attribute in double quotes. */
static char *
text(char *to, const char *s, size_t n)
{
	size_t i, from = 0;
	const char *as;

	for (i = 0; i < n; i++) {
		if (s[i] == '&')
			as = "&amp;";
		else if (s[i] == '<')
			as = "&lt;";
		else if (s[i] == '>')
			as = "&gt;";
		else if (s[i] == '"')
			as = "&quot;";
		else
			continue;
		memcpy(to, s + from, i - from);
		to = put(to + (i - from), as);
		from = i + 1;
	}
	memcpy(to, s + from, n - from);
	return to + (n - from);
}

/* Bytes that n letters may take. */
static size_t
most(const char *s, size_t n)
{
	size_t i, more = 0;

	for (i = 0; i < n; i++)
		more +=
		    s[i] == '&' || s[i] == '<' || s[i] == '>' || s[i] == '"';
	return n + more * 5;
}

int
seki_cells_xml(
    struct seki_buf *b, const char *s, size_t n, struct seki_err *err)
{
	if (seki_buf_room(b, most(s, n), err) == -1)
		return -1;
	end(b, text(b->p + b->n, s, n));
	return 0;
}

int
seki_cells_text(struct seki_buf *b, const char *letters, uint32_t row,
    unsigned style, const char *s, size_t n, struct seki_err *err)
{
	char *to;

	if (seki_buf_room(b, AROUND + most(s, n), err) == -1)
		return -1;
	to = put(begin(b, letters, row, style), " t=\"inlineStr\"><is><t>");
	end(b, put(text(to, s, n), "</t></is></c>"));
	return 0;
}

int
seki_cells_number(struct seki_buf *b, const char *letters, uint32_t row,
    unsigned style, const char *s, size_t n, struct seki_err *err)
{
	char *to;

	if (seki_buf_room(b, AROUND + n, err) == -1)
		return -1;
	to = put(begin(b, letters, row, style), "><v>");
	memcpy(to, s, n);
	end(b, put(to + n, "</v></c>"));
	return 0;
}

int
seki_cells_blank(struct seki_buf *b, const char *letters, uint32_t row,
    unsigned style, struct seki_err *err)
{
	if (seki_buf_room(b, AROUND, err) == -1)
		return -1;
	end(b, put(begin(b, letters, row, style), "/>"));
	return 0;
}
