#include <string.h>

#include "repair.h"
#include "sheet_out.h"

/* A row of a list on its way into its sheet. */
struct place {
	struct seki_book *b;
	struct seki_book_list *bl;
	const struct seki_list *l;
	uint32_t row;		      /* from 1 */
	const struct seki_value *key; /* of the record */
	uint32_t ordinal;	      /* of the table's row, or 0 */
	size_t lines;		      /* the row's height so far */
};

static int
place(struct seki_book *b, size_t list, const struct seki_value *key,
    uint32_t ordinal, struct place *p, struct seki_err *err)
{
	struct seki_book_list *bl = &b->list[list];

	if ((bl->sheet == NULL || bl->sheet->rows == SEKI_SHEET_RECORDS ||
		bl->sheet->xml > SEKI_SHEET_XML) &&
	    seki_book_sheet(b, list, err) == -1)
		return -1;
	p->b = b;
	p->bl = bl;
	p->l = &b->layout->list[list];
	p->row = ++bl->sheet->rows + 1;
	p->key = key;
	p->ordinal = ordinal;
	p->lines = 1;
	seki_buf_reset(&bl->row);
	return 0;
}

/* s is escaped. */
static int
string(struct place *p, size_t col, const char *s, size_t n, unsigned style,
    struct seki_err *err)
{
	size_t lines = seki_book_lines(s, n, p->bl->width[col]);

	if (lines > p->lines)
		p->lines = lines;
	return seki_cells_text(
	    &p->bl->row, p->bl->letters[col], p->row, style, s, n, err);
}

/* A canonical decimal, which is one of XML Schema too.  One that does not fit
 * its column would show as ####. */
static int
number(struct place *p, size_t col, const char *s, size_t n, unsigned style,
    struct seki_err *err)
{
	if (n + 3 > p->bl->width[col])
		p->bl->width[col] = (unsigned char)(n + 3);
	return seki_cells_number(
	    &p->bl->row, p->bl->letters[col], p->row, style, s, n, err);
}

/* A number of ours. */
static int
count(struct place *p, size_t col, uint32_t x, struct seki_err *err)
{
	char s[16];

	return number(p, col, s, (size_t)snprintf(s, sizeof(s), "%u", x),
	    SEKI_STYLE_GENERAL, err);
}

/* The row goes into its sheet. */
static int
done(struct place *p, struct seki_err *err)
{
	p->bl->sheet->xml += p->bl->row.n;
	return seki_book_row(p->b, p->bl->sheet, p->row,
	    p->lines == 1 ? 0 : seki_book_height(p->lines), &p->bl->row, err);
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
	return string(p, col, cell->p, cell->n, SEKI_STYLE_TEXT, err);
}

/* s goes into the cell as it is. */
static int
spelt(
    struct place *p, size_t col, const char *s, size_t n, struct seki_err *err)
{
	return string(p, col, s, n, SEKI_STYLE_TEXT, err);
}

/* One piece of a text as a row of another sheet: 長文 or 補修. */
static int
piece(struct place *from, size_t list, size_t col, unsigned k, const char *s,
    size_t n, struct seki_err *err)
{
	const struct seki_col *c;
	struct seki_book *b = from->b;
	struct place p;
	size_t i;
	int r = 0;

	if (place(b, list, from->key, from->ordinal, &p, err) == -1)
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
			r = list == b->layout->longs ? text(&p, i, s, n, err)
						     : spelt(&p, i, s, n, err);
		else if (c->what == SEKI_COL_PIECE)
			r = count(&p, i, k, err);
		else if (p.ordinal != 0)
			r = count(&p, i, p.ordinal, err);
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
		if (piece(p, p->b->layout->longs, col, ++k, keep->p + at, len,
			err) == -1)
			return -1;
	}
	return string(p, col, SEKI_CELL_LONG, sizeof(SEKI_CELL_LONG) - 1,
	    SEKI_STYLE_TEXT, err);
}

/* The same text once more, so that a relay cannot break it: in 補修. */
static int
spell(
    struct place *p, size_t col, const char *s, size_t n, struct seki_err *err)
{
	const struct seki_field *f = p->l->col[col].field;
	int all = seki_repair_has(
	    p->b->repair, p->key->p, p->key->n, f == NULL ? "$id" : f->code);
	struct seki_buf *keep = &p->b->piece, spelling = SEKI_BUF_INIT;
	size_t at = 0, len;
	unsigned k = 0;
	int r, wants = all ? 2 : seki_repair_wants(s, n);

	if (wants == 0)
		return 0;
	all = wants == 2;
	seki_buf_reset(keep);
	r = seki_buf_add(keep, s, n, err);
	for (; r == 0 && at < n; at += len) {
		len = seki_repair_cut(keep->p + at, n - at, all);
		seki_buf_reset(&spelling);
		r = seki_repair_spell(&spelling, keep->p + at, len, all, err);
		if (r == 0)
			r = piece(p, p->b->layout->repair, col, ++k, spelling.p,
			    spelling.n, err);
	}
	seki_buf_free(&spelling);
	return r;
}

static int
value(struct place *p, size_t col, const struct seki_value *v,
    struct seki_err *err)
{
	const struct seki_col *c = &p->l->col[col];
	struct seki_book *b = p->b;
	const char *s = v->p;
	size_t n = v->n;
	int decimals;

	if (!v->set || v->n == 0)
		return 0;
	if (c->shape == SEKI_S_NUMBER && seki_cell_number(s, n, &decimals)) {
		if (b->layout->repair != 0 && spell(p, col, s, n, err) == -1)
			return -1;
		return number(p, col, s, n,
		    decimals == -1 ? (unsigned)SEKI_STYLE_GENERAL
				   : SEKI_STYLE_DECIMAL + (unsigned)decimals,
		    err);
	}
	if (c->shape == SEKI_S_DATETIME || c->shape == SEKI_S_FILES ||
	    memchr(s, '\r', n) != NULL) {
		seki_buf_reset(&b->show);
		if (seki_cell_show(c->shape, v, &b->show, err) == -1)
			return -1;
		s = b->show.p;
		n = b->show.n;
	}
	if (b->layout->repair != 0 && spell(p, col, s, n, err) == -1)
		return -1;
	seki_buf_reset(&b->cell);
	if (seki_cell_escape(&b->cell, s, n, err) == -1)
		return -1;
	if (b->cell.n > SEKI_CELL_MAX &&
	    seki_cell_units(b->cell.p, b->cell.n) > SEKI_CELL_MAX)
		return long_text(p, col, s, n, err);
	return string(p, col, b->cell.p, b->cell.n, p->bl->style[col], err);
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
			ret = count(&p, i, ordinal, err);
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
	return done(&p, err);
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
