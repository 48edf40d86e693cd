#include <stdlib.h>
#include <string.h>

#include "xlsx_int.h"

#define COLS 16384
/* Bytes of one cell's text before it is looked at: a unit is at most seven
 * letters, _xHHHH_. */
#define CELL_BYTES (8 * SEKI_CELL_MAX)

/* The type of a cell in the file, by its t. */
enum type { T_NUMBER, T_SHARED, T_INLINE, T_STR, T_BOOL, T_ERROR, T_DATE };

struct seki_xlsx_rows {
	struct seki_xlsx *book;
	struct seki_xml *xml;
	struct seki_cells row;
	size_t size;	      /* of row.cell */
	size_t *at, nat;      /* per cell: where its text begins, or SIZE_MAX */
	struct seki_buf text; /* of the row's cells */
	uint32_t next_row, col;
	uint32_t *seen;	 /* per column: row + 1 where it stood last */
	uint32_t hidden; /* first hidden column + 1, or 0 */
	char merged[24]; /* the first range of them */
	struct seki_range *merges;
	size_t nmerge;
	/* The element we are in: 0 outside of sheetData. */
	int in_data, in_row, in_cell, in_string, valued;
	unsigned text_depth; /* of the v or t we are in, or 0 */
	unsigned phonetic;   /* of the rPh we are in, or 0 */
	enum type type;
	int formula;
	uint32_t style;
	size_t from, t_from;
};

static int
is(const char *local, const char *name)
{
	return strcmp(local, name) == 0;
}

/* Most elements have names of one letter. */
static int
is_letter(const char *local, char c)
{
	return local[0] == c && local[1] == '\0';
}

static void
bad(struct seki_xlsx_rows *r, const char *what)
{
	char name[16];

	seki_cell_name(r->row.row, r->col, name);
	(void)seki_fail(r->xml->err, SEKI_XLSX, _("%s: cell %s: %s"),
	    r->xml->name, name, what);
	seki_xml_stop(r->xml);
}

static void
row_start(struct seki_xlsx_rows *r, const char **atts)
{
	const char *s = seki_xml_att(atts, "r");
	uint64_t row = r->next_row;

	if (s != NULL)
		for (row = 0; *s >= '0' && *s <= '9' && row < 1U << 30; s++)
			row = row * 10 + (uint64_t)(*s - '0');
	if (s != NULL && (*s != '\0' || row-- == 0)) {
		(void)seki_xml_fail(
		    r->xml, SEKI_XLSX, _("a row has no number"));
		return;
	}
	if (row < r->next_row) {
		(void)seki_xml_fail(
		    r->xml, SEKI_XLSX, _("row numbers go backwards"));
		return;
	}
	if (row > SEKI_SHEET_ROWS) {
		(void)seki_xml_fail(r->xml, SEKI_LIMIT, _("too many rows"));
		return;
	}
	r->row.row = (uint32_t)row;
	r->row.hidden = seki_xml_bool(seki_xml_att(atts, "hidden"));
	r->row.n = 0;
	r->next_row = (uint32_t)row + 1;
	r->col = 0;
	seki_buf_reset(&r->text);
	r->in_row = 1;
}

/* "B7": its column, checked against the row; or -1. */
static long
reference(const struct seki_xlsx_rows *r, const char *s)
{
	long col = 0;
	uint64_t row = 0;

	for (; *s >= 'A' && *s <= 'Z' && col <= COLS; s++)
		col = col * 26 + (*s - 'A' + 1);
	for (; *s >= '0' && *s <= '9' && row < 1U << 30; s++)
		row = row * 10 + (uint64_t)(*s - '0');
	if (*s != '\0' || col == 0 || col > COLS || row != r->row.row + 1U)
		return -1;
	return col - 1;
}

static int
type(const char *t)
{
	static const struct {
		const char *t;
		enum type type;
	} types[] = { { "s", T_SHARED }, { "inlineStr", T_INLINE },
		{ "n", T_NUMBER }, { "str", T_STR }, { "b", T_BOOL },
		{ "e", T_ERROR }, { "d", T_DATE } };
	size_t i;

	if (t == NULL)
		return T_NUMBER;
	if (is_letter(t, 's'))
		return T_SHARED;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (is(t, types[i].t))
			return (int)types[i].type;
	return -1;
}

static void
cell_start(struct seki_xlsx_rows *r, const char **atts)
{
	const char *ref = NULL, *t = NULL, *s = NULL;
	long col;
	int ty;

	for (; *atts != NULL; atts += 2)
		if (atts[0][0] == 'r' && atts[0][1] == '\0')
			ref = atts[1];
		else if (atts[0][0] == 't' && atts[0][1] == '\0')
			t = atts[1];
		else if (atts[0][0] == 's' && atts[0][1] == '\0')
			s = atts[1];
	col = ref == NULL ? (long)r->col : reference(r, ref);
	if (col < 0 || col >= COLS) {
		bad(r, _("the reference is not of this row"));
		return;
	}
	r->col = (uint32_t)col;
	if (r->seen[col] == r->row.row + 1) {
		bad(r, _("the cell stands twice"));
		return;
	}
	r->seen[col] = r->row.row + 1;
	if ((ty = type(t)) == -1) {
		bad(r, _("an unknown type of cell"));
		return;
	}
	r->type = (enum type)ty;
	r->style =
	    s == NULL || r->book->nas == 0 ? 0 : (uint32_t)strtoul(s, NULL, 10);
	r->formula = r->in_string = r->valued = 0;
	r->text_depth = r->phonetic = 0;
	r->from = r->text.n;
	r->in_cell = 1;
}

/* Inside c: v or is by the type, and what tells that it is a formula. */
static void
in_cell(struct seki_xlsx_rows *r, const char *local)
{
	unsigned depth = r->xml->depth;

	if (depth == 5 && is_letter(local, 'f'))
		r->formula = 1;
	else if (depth == 5 && (r->type == T_INLINE ? is(local, "is")
						    : is_letter(local, 'v'))) {
		if (r->valued)
			bad(r, _("the cell has two values"));
		r->valued = 1;
		if (r->type == T_INLINE)
			r->in_string = 1;
		else
			r->text_depth = depth;
	} else if (!r->in_string || r->phonetic != 0 || r->text_depth != 0)
		return;
	else if (depth == 6 && is(local, "rPh"))
		r->phonetic = depth;
	else if (depth <= 7 && is_letter(local, 't')) {
		r->text_depth = depth;
		r->t_from = r->text.n;
	}
}

/* One that cannot be read still counts as the first. */
static void
merge(struct seki_xlsx_rows *r, const char *ref)
{
	struct seki_range range, *grown;

	if (r->merged[0] == '\0')
		(void)snprintf(r->merged, sizeof(r->merged), "%s",
		    ref == NULL ? "?" : ref);
	if (ref == NULL || seki_range_parse(ref, &range) == -1)
		return;
	if (r->nmerge == SEKI_MERGED_MAX) {
		(void)seki_xml_fail(
		    r->xml, SEKI_LIMIT, _("too many merged cells"));
		return;
	}
	if ((r->nmerge & (r->nmerge - 1)) == 0) {
		grown = reallocarray(r->merges,
		    r->nmerge == 0 ? 1 : 2 * r->nmerge, sizeof(*grown));
		if (grown == NULL) {
			(void)seki_err_nomem(r->xml->err);
			seki_xml_stop(r->xml);
			return;
		}
		r->merges = grown;
	}
	r->merges[r->nmerge++] = range;
}

/* Beside sheetData: only what hides or joins cells. */
static void
beside(struct seki_xlsx_rows *r, const char *local, const char **atts)
{
	unsigned depth = r->xml->depth;
	const char *s = seki_xml_att(atts, "min");

	if (depth == 2 && is(local, "sheetData"))
		r->in_data = 1;
	else if (depth == 2 && is(local, "sheetFormatPr") &&
		 seki_xml_bool(seki_xml_att(atts, "zeroHeight")))
		r->hidden = 1;
	else if (depth == 3 && is(local, "mergeCell"))
		merge(r, seki_xml_att(atts, "ref"));
	else if (depth == 3 && is(local, "col") && s != NULL &&
		 r->hidden == 0 && seki_xml_bool(seki_xml_att(atts, "hidden")))
		r->hidden = (uint32_t)strtoul(s, NULL, 10);
}

static void
start(
    struct seki_xml *xml, enum seki_ns ns, const char *local, const char **atts)
{
	struct seki_xlsx_rows *r = xml->ctx;

	if (xml->depth == 1 &&
	    (ns != SEKI_NS_MAIN || !is(local, "worksheet"))) {
		(void)seki_xml_fail(xml, SEKI_XLSX, _("not a worksheet"));
		return;
	}
	if (ns != SEKI_NS_MAIN)
		return;
	if (r->in_cell)
		in_cell(r, local);
	else if (r->in_row) {
		if (xml->depth == 4 && is_letter(local, 'c'))
			cell_start(r, atts);
	} else if (r->in_data) {
		if (xml->depth == 3 && is(local, "row"))
			row_start(r, atts);
	} else
		beside(r, local, atts);
}

/* The text of a shared cell stands elsewhere: 0, or -1 out of range. */
static int
shared(struct seki_xlsx_rows *r, struct seki_cell *c)
{
	const struct seki_strings *st = &r->book->strings;
	const char *s = r->text.p + r->from;
	uint64_t i = 0;

	for (; *s >= '0' && *s <= '9' && i < 1U << 30; s++)
		i = i * 10 + (uint64_t)(*s - '0');
	if (*s != '\0' || r->text.n == r->from || i >= st->n)
		return -1;
	c->n = st->end[i] - (i == 0 ? 0 : st->end[i - 1]);
	c->p = c->n == 0 ? "" : st->text.p + st->end[i] - c->n;
	r->text.n = r->from;
	return 0;
}

static int
truth(struct seki_xlsx_rows *r, struct seki_cell *c)
{
	const char *s = r->text.p + r->from;

	if (is(s, "1") || is(s, "true"))
		c->p = "TRUE";
	else if (is(s, "0") || is(s, "false"))
		c->p = "FALSE";
	else
		return -1;
	c->n = strlen(c->p);
	r->text.n = r->from;
	return 0;
}

static int
grow(struct seki_xlsx_rows *r, struct seki_err *err)
{
	size_t size = r->size == 0 ? 64 : r->size * 2;
	struct seki_cell *c = reallocarray(r->row.cell, size, sizeof(*c));
	size_t *at;

	if (c == NULL)
		return seki_err_nomem(err);
	r->row.cell = c;
	r->size = size;
	if (size <= r->nat)
		return 0;
	if ((at = reallocarray(r->at, size, sizeof(*at))) == NULL)
		return seki_err_nomem(err);
	r->at = at;
	r->nat = size;
	return 0;
}

/* XML Schema lets white space stand around what is no text. */
static void
trim(struct seki_xlsx_rows *r)
{
	char *s = r->text.p + r->from;
	size_t n = r->text.n - r->from, k = 0;

	if ((unsigned char)s[0] > ' ' && (unsigned char)s[n - 1] > ' ')
		return;
	while (n > 0 && strchr(" \t\n\r", s[n - 1]) != NULL)
		n--;
	while (k < n && strchr(" \t\n\r", s[k]) != NULL)
		k++;
	memmove(s, s + k, n - k);
	r->text.n = r->from + n - k;
	r->text.p[r->text.n] = '\0';
}

static void
cell_end(struct seki_xlsx_rows *r)
{
	struct seki_cell *c;

	r->in_cell = 0;
	if (r->text.n > r->from && r->type != T_INLINE && r->type != T_STR)
		trim(r);
	if (r->text.n == r->from && !r->formula) {
		r->col++;
		return;
	}
	if (r->row.n >= r->size && grow(r, r->xml->err) == -1) {
		seki_xml_stop(r->xml);
		return;
	}
	c = &r->row.cell[r->row.n];
	memset(c, 0, sizeof(*c));
	c->col = r->col;
	c->formula = r->formula;
	c->error = r->type == T_ERROR;
	c->style = r->style;
	c->kind = r->type == T_NUMBER ? SEKI_CELL_NUMBER
		  : r->type == T_BOOL ? SEKI_CELL_BOOL
		  : r->type == T_DATE ? SEKI_CELL_DATE
				      : SEKI_CELL_TEXT;
	if (r->type == T_STR || r->type == T_ERROR)
		seki_xlsx_text(&r->text, r->from);
	if (r->text.n > r->from &&
	    ((r->type == T_SHARED && shared(r, c) == -1) ||
		(r->type == T_BOOL && truth(r, c) == -1))) {
		bad(r, _("the value is not one of its type"));
		return;
	}
	r->at[r->row.n] = c->p != NULL ? SIZE_MAX : r->from;
	if (c->p == NULL)
		c->n = r->text.n - r->from;
	if (c->n > 0 && r->col >= SEKI_SHEET_COLS) {
		(void)seki_xml_fail(r->xml, SEKI_LIMIT, _("too many columns"));
		return;
	}
	r->col++;
	if (c->n > 0 || c->formula)
		r->row.n++;
}

static void
row_end(struct seki_xlsx_rows *r)
{
	struct seki_cell *c = r->row.cell;
	char name[16];
	size_t i;

	r->in_row = 0;
	for (i = 0; i < r->row.n; i++, c++) {
		if (r->at[i] != SIZE_MAX)
			c->p = r->text.p + r->at[i];
		if (c->n > SEKI_CELL_MAX &&
		    seki_cell_units(c->p, c->n) > SEKI_CELL_MAX) {
			seki_cell_name(r->row.row, c->col, name);
			(void)seki_fail(r->xml->err, SEKI_LIMIT,
			    _("%s: cell %s: the text is longer than a cell "
			      "may hold"),
			    r->xml->name, name);
			seki_xml_stop(r->xml);
			return;
		}
	}
	seki_xml_pause(r->xml);
}

static void
end(struct seki_xml *xml)
{
	struct seki_xlsx_rows *r = xml->ctx;

	if (r->text_depth == xml->depth) {
		r->text_depth = 0;
		if (r->in_string)
			seki_xlsx_text(&r->text, r->t_from);
	} else if (r->phonetic == xml->depth)
		r->phonetic = 0;
	else if (r->in_string && xml->depth == 5)
		r->in_string = 0;
	else if (r->in_cell && xml->depth == 4)
		cell_end(r);
	else if (r->in_row && xml->depth == 3)
		row_end(r);
	else if (r->in_data && xml->depth == 2)
		r->in_data = 0;
}

static void
text(struct seki_xml *xml, const char *s, size_t n)
{
	struct seki_xlsx_rows *r = xml->ctx;

	if (r->text_depth != xml->depth)
		return;
	if (r->text.n - r->from + n > CELL_BYTES)
		(void)seki_xml_fail(xml, SEKI_LIMIT,
		    _("a text is longer than a cell may hold"));
	else if (n < r->text.size - r->text.n) {
		memcpy(r->text.p + r->text.n, s, n);
		r->text.n += n;
		r->text.p[r->text.n] = '\0';
	} else if (seki_buf_add(&r->text, s, n, xml->err) == -1)
		seki_xml_stop(xml);
}

static const struct seki_xml_ops ops = { start, end, text };

struct seki_xlsx_rows *
seki_xlsx_rows(struct seki_xlsx *x, size_t sheet, struct seki_err *err)
{
	struct seki_xlsx_rows *r = calloc(1, sizeof(*r));

	if (r == NULL || (r->seen = calloc(COLS, sizeof(*r->seen))) == NULL) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	r->book = x;
	if (x->sheet[sheet].part == NULL) {
		(void)seki_fail(err, SEKI_XLSX, _("sheet %s has no part"),
		    x->sheet[sheet].name);
		goto fail;
	}
	/* A cell without text needs a text all the same. */
	if (seki_buf_room(&r->text, 0, err) == 0 &&
	    (r->xml = seki_xml_open(x, x->sheet[sheet].part, &ops, r, err)) !=
		NULL)
		return r;

fail:
	seki_xlsx_rows_free(r);
	return NULL;
}

int
seki_xlsx_next(
    struct seki_xlsx_rows *r, struct seki_cells **row, struct seki_err *err)
{
	int n = seki_xml_run(r->xml, err);

	if (n == 1)
		*row = &r->row;
	return n;
}

int
seki_xlsx_keep(
    struct seki_xlsx_rows *r, struct seki_xlsx_slot *s, struct seki_err *err)
{
	struct seki_cells row = s->row;
	struct seki_buf text = s->text;
	size_t size = s->size;

	s->row = r->row;
	s->size = r->size;
	s->text = r->text;
	r->row.cell = row.cell;
	r->row.n = 0;
	r->size = size;
	r->text = text;
	seki_buf_reset(&r->text);
	/* A cell without text needs a text all the same. */
	return seki_buf_room(&r->text, 0, err);
}

void
seki_xlsx_slot_free(struct seki_xlsx_slot *s)
{
	free(s->row.cell);
	seki_buf_free(&s->text);
	memset(s, 0, sizeof(*s));
}

int
seki_xlsx_col_hidden(const struct seki_xlsx_rows *r, uint32_t upto)
{
	return r->hidden != 0 && r->hidden - 1 <= upto;
}

int
seki_xlsx_merged(const struct seki_xlsx_rows *r)
{
	return r->merged[0] != '\0';
}

const char *
seki_xlsx_merged_at(const struct seki_xlsx_rows *r)
{
	return r->merged;
}

const struct seki_range *
seki_xlsx_merges(const struct seki_xlsx_rows *r, size_t *n)
{
	*n = r->nmerge;
	return r->merges;
}

void
seki_xlsx_rows_free(struct seki_xlsx_rows *r)
{
	if (r == NULL)
		return;
	seki_xml_free(r->xml);
	free(r->merges);
	free(r->row.cell);
	free(r->at);
	free(r->seen);
	seki_buf_free(&r->text);
	free(r);
}
