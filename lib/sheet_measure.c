#include <string.h>

#include "sheet_out.h"

/* How wide a column may get, in half-width letters. */
#define WIDE 30
#define WIDEST 46
/* Half points of one line, and the most a row may have. */
#define LINE 27
#define MARGIN 4
#define TALLEST 818

static size_t
widest(const struct seki_col *c)
{
	return c->what == SEKI_COL_FIELD &&
		       (c->field->type == SEKI_T_MULTI_LINE_TEXT ||
			   c->field->type == SEKI_T_RICH_TEXT)
		   ? WIDEST
		   : WIDE;
}

static void
widen(struct seki_book *b, size_t list, size_t col, const struct seki_value *v)
{
	const struct seki_col *c = &b->layout->list[list].col[col];
	unsigned char *width = &b->list[list].width[col];
	size_t n = v->n, most = widest(c), w;
	const char *s = v->p, *lf;

	if (!v->set)
		return;
	/* Japan time is shorter than the instant. */
	if (c->shape == SEKI_S_DATETIME)
		n = 16;
	for (; n > 0; n -= (size_t)(lf + 1 - s), s = lf + 1) {
		lf = memchr(s, '\n', n);
		w = seki_cover_width(s, lf == NULL ? n : (size_t)(lf - s)) + 2;
		if (w > most)
			w = most;
		if (w > *width)
			*width = (unsigned char)w;
		if (lf == NULL)
			return;
	}
}

static void
widen_rows(struct seki_book *b, size_t list, const struct seki_record *r,
    const struct seki_value *rows)
{
	const struct seki_list *l = &b->layout->list[list];
	size_t i, k;

	for (k = 0; k < rows->nrow; k++)
		for (i = 0; i < l->n; i++)
			if (l->col[i].what == SEKI_COL_KEY)
				widen(b, list, i, &r->key);
			else if (l->col[i].what == SEKI_COL_ROW_ID)
				widen(b, list, i, &rows->row[k].id);
			else if (l->col[i].what == SEKI_COL_FIELD)
				widen(b, list, i,
				    &rows->row[k].v[l->col[i].index]);
}

void
seki_book_measure(struct seki_book *b, const struct seki_record *r)
{
	const struct seki_schema *s = b->layout->schema;
	const struct seki_list *l = &b->layout->list[0];
	size_t i;

	for (i = 0; i < b->layout->n; i++)
		if (b->layout->list[i].what != SEKI_LIST_TABLE)
			widen(b, i, 0, &r->key);
	if (r->kind != SEKI_RECORD_ROW)
		return;
	for (i = 1; i < l->n; i++)
		widen(b, 0, i, &r->v[l->col[i].index]);
	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE)
			widen_rows(b, 1 + s->field[i].table, r, &r->v[i]);
}

size_t
seki_book_lines(const char *s, size_t n, size_t width)
{
	const char *lf;
	size_t lines = 0, part, w, room = width > 3 ? width - 2 : 1;

	/* No letter is wider than its bytes: most texts end here. */
	if (n <= room && memchr(s, '\n', n) == NULL)
		return 1;
	for (;;) {
		lf = memchr(s, '\n', n);
		part = lf == NULL ? n : (size_t)(lf - s);
		w = part > room ? seki_cover_width(s, part) : 0;
		lines += w == 0 ? 1 : (w + room - 1) / room;
		if (lf == NULL)
			return lines;
		n -= part + 1;
		s = lf + 1;
	}
}

unsigned
seki_book_height(size_t lines)
{
	size_t h = lines * LINE + MARGIN;

	return h > TALLEST ? TALLEST : (unsigned)h;
}
