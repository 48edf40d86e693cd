#include <string.h>

#include "sheet_out.h"

/* A row of a list on its way into its sheet. */
struct place {
	struct seki_book *b;
	struct seki_book_list *bl;
	const struct seki_list *l;
	lxw_worksheet *ws;
	lxw_row_t row;
	const struct seki_value *key; /* of the record */
	uint32_t ordinal;	      /* of the table's row, or 0 */
	size_t lines;		      /* the row's height so far */
};

static int
place(struct seki_book *b, size_t list, const struct seki_value *key,
    uint32_t ordinal, struct place *p, struct seki_err *err)
{
	struct seki_book_list *bl = &b->list[list];

	if ((bl->sheet == SIZE_MAX ||
		b->sheet[bl->sheet].rows == SEKI_SHEET_RECORDS ||
		bl->xml > SEKI_SHEET_XML) &&
	    seki_book_sheet(b, list, err) == -1)
		return -1;
	p->b = b;
	p->bl = bl;
	p->l = &b->layout->list[list];
	p->ws = b->sheet[bl->sheet].ws;
	p->row = ++b->sheet[bl->sheet].rows;
	p->key = key;
	p->ordinal = ordinal;
	p->lines = 1;
	bl->rows++;
	return 0;
}

/* s is escaped and NUL-terminated. */
static int
string(struct place *p, size_t col, const char *s, size_t n, lxw_format *f,
    struct seki_err *err)
{
	size_t lines = seki_book_lines(s, n, p->bl->width[col]), i;

	if (lines > p->lines)
		p->lines = lines;
	p->bl->xml += n + 48;
	for (i = 0; i < n; i++)
		p->bl->xml += s[i] == '&' || s[i] == '<' || s[i] == '>' ? 4 : 0;
	return seki_book_error(
	    worksheet_write_string(p->ws, p->row, (lxw_col_t)col, s, f), err);
}

/* n: letters it shows.  A number that does not fit shows as ####. */
static int
number(struct place *p, size_t col, double d, size_t n, lxw_format *f,
    struct seki_err *err)
{
	if (n + 3 > p->bl->width[col])
		p->bl->width[col] = (unsigned char)(n + 3);
	p->bl->xml += 48;
	if (f == NULL)
		return seki_err_nomem(err);
	return seki_book_error(
	    worksheet_write_number(p->ws, p->row, (lxw_col_t)col, d, f), err);
}

/* The row is written: its height, before the next begins. */
static int
done(struct place *p, struct seki_err *err)
{
	if (p->lines == 1)
		return 0;
	return seki_book_error(
	    worksheet_set_row(p->ws, p->row, seki_book_height(p->lines), NULL),
	    err);
}

static int
text(struct place *p, size_t col, const char *s, size_t n, struct seki_err *err)
{
	struct seki_buf *cell = &p->b->cell;

	seki_buf_reset(cell);
	if (n == 0)
		return 0;
	if (seki_cell_escape(cell, s, n, err) == -1)
		return -1;
	return string(p, col, cell->p, cell->n, p->b->style.text, err);
}

/* One piece of a long text as a row of its own sheet. */
static int
piece(struct place *from, size_t col, unsigned k, const char *s, size_t n,
    struct seki_err *err)
{
	const struct seki_col *c;
	struct seki_book *b = from->b;
	struct place p;
	size_t i;
	int r = 0;

	if (place(b, b->layout->longs, from->key, from->ordinal, &p, err) == -1)
		return -1;
	for (i = 0; i < p.l->n && r == 0; i++) {
		c = &p.l->col[i];
		if (c->what == SEKI_COL_KEY)
			r = text(&p, i, p.key->p, p.key->n, err);
		else if (c->what == SEKI_COL_LIST)
			r = text(
			    &p, i, from->l->name, strlen(from->l->name), err);
		else if (c->what == SEKI_COL_HEAD)
			r = text(&p, i, from->l->col[col].head,
			    strlen(from->l->col[col].head), err);
		else if (c->what == SEKI_COL_TEXT)
			r = text(&p, i, s, n, err);
		else if (c->what == SEKI_COL_PIECE)
			r = number(&p, i, k, 2, b->style.general, err);
		else if (p.ordinal != 0)
			r = number(&p, i, p.ordinal, 5, b->style.general, err);
	}
	return r == 0 ? done(&p, err) : -1;
}

static int
long_text(
    struct place *p, size_t col, const char *s, size_t n, struct seki_err *err)
{
	struct seki_buf *keep = &p->b->piece;
	size_t at = 0, len;
	unsigned k = 0;

	/* s may lie in a buffer that the pieces use. */
	seki_buf_reset(keep);
	if (seki_buf_add(keep, s, n, err) == -1)
		return -1;
	for (; at < n; at += len) {
		len = seki_cell_cut(keep->p + at, n - at);
		if (piece(p, col, ++k, keep->p + at, len, err) == -1)
			return -1;
	}
	return string(p, col, SEKI_CELL_LONG, sizeof(SEKI_CELL_LONG) - 1,
	    p->b->style.text, err);
}

static int
value(struct place *p, size_t col, const struct seki_value *v,
    struct seki_err *err)
{
	const struct seki_col *c = &p->l->col[col];
	struct seki_book *b = p->b;
	const char *s = v->p;
	size_t n = v->n;
	double d;
	int decimals;

	if (!v->set || v->n == 0)
		return 0;
	if (c->shape == SEKI_S_NUMBER &&
	    seki_cell_number(s, n, &d, &decimals)) {
		return number(
		    p, col, d, n, seki_book_decimal(b, decimals), err);
	}
	if (c->shape == SEKI_S_DATETIME || c->shape == SEKI_S_FILES ||
	    memchr(s, '\r', n) != NULL) {
		seki_buf_reset(&b->show);
		if (seki_cell_show(c->shape, v, &b->show, err) == -1)
			return -1;
		s = b->show.p;
		n = b->show.n;
	}
	seki_buf_reset(&b->cell);
	if (seki_cell_escape(&b->cell, s, n, err) == -1)
		return -1;
	if (b->cell.n > SEKI_CELL_MAX &&
	    seki_cell_units(b->cell.p, b->cell.n) > SEKI_CELL_MAX)
		return long_text(p, col, s, n, err);
	return string(p, col, b->cell.p, b->cell.n, p->bl->text[col], err);
}

static int
record(struct seki_book *b, const struct seki_record *r, struct seki_err *err)
{
	struct place p;
	size_t i;

	if (place(b, 0, &r->key, 0, &p, err) == -1 ||
	    text(&p, 0, r->key.p, r->key.n, err) == -1)
		return -1;
	for (i = 1; i < p.l->n; i++)
		if (value(&p, i, &r->v[p.l->col[i].index], err) == -1) {
			seki_err_field(err, p.l->col[i].field->code);
			return -1;
		}
	b->count.records++;
	return done(&p, err);
}

static int
row(struct seki_book *b, size_t list, const struct seki_record *r,
    const struct seki_row *row, uint32_t ordinal, struct seki_err *err)
{
	const struct seki_col *c;
	struct place p;
	size_t i;
	int ret = 0;

	if (place(b, list, &r->key, ordinal, &p, err) == -1)
		return -1;
	for (i = 0; i < p.l->n && ret == 0; i++) {
		c = &p.l->col[i];
		if (c->what == SEKI_COL_KEY)
			ret = text(&p, i, r->key.p, r->key.n, err);
		else if (c->what == SEKI_COL_ORDINAL)
			ret = number(&p, i, ordinal, 5, b->style.general, err);
		else if (c->what == SEKI_COL_ROW_ID)
			ret = value(&p, i, &row->id, err);
		else
			ret = value(&p, i, &row->v[c->index], err);
		if (ret == -1 && c->field != NULL)
			seki_err_field(err, c->field->code);
	}
	b->count.rows[list - 1]++;
	return ret == 0 ? done(&p, err) : -1;
}

static int
mark(struct seki_book *b, const struct seki_record *r, struct seki_err *err)
{
	int held = r->kind == SEKI_RECORD_HELD;
	const char *word = held ? SEKI_WORD_HELD : SEKI_WORD_DELETED;
	struct place p;

	if (place(b, b->layout->marks, &r->key, 0, &p, err) == -1 ||
	    text(&p, 0, r->key.p, r->key.n, err) == -1 ||
	    text(&p, 1, word, strlen(word), err) == -1)
		return -1;
	b->count.held += (uint64_t)held;
	b->count.deleted += (uint64_t)!held;
	return 0;
}

int
seki_book_put(
    struct seki_book *b, const struct seki_record *r, struct seki_err *err)
{
	const struct seki_schema *s = b->layout->schema;
	size_t i, k;
	int ret;

	ret = r->kind == SEKI_RECORD_ROW ? record(b, r, err) : mark(b, r, err);
	for (i = 0; ret == 0 && r->kind == SEKI_RECORD_ROW && i < s->n; i++)
		for (k = 0; ret == 0 && s->field[i].type == SEKI_T_SUBTABLE &&
			    k < r->v[i].nrow;
		     k++)
			ret = row(b, 1 + s->field[i].table, r, &r->v[i].row[k],
			    (uint32_t)k + 1, err);
	if (ret == -1)
		seki_err_record(err, r->key.p, r->key.n);
	return ret;
}
