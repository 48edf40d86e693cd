#include <stdlib.h>
#include <string.h>

#include "relay_int.h"

int
seki_relay_group_init(struct seki_relay_group *g,
    const struct seki_sheet_layout *layout, struct seki_relay_rows *rows,
    struct seki_err *err)
{
	memset(g, 0, sizeof(*g));
	g->layout = layout;
	g->rows = rows;
	g->row = calloc(layout->n, sizeof(*g->row));
	g->n = calloc(layout->n, sizeof(*g->n));
	g->room = calloc(layout->n, sizeof(*g->room));
	if (g->row == NULL || g->n == NULL || g->room == NULL)
		return seki_err_nomem(err);
	return 0;
}

void
seki_relay_group_release(struct seki_relay_group *g)
{
	size_t i;

	for (i = 0; g->row != NULL && i < g->layout->n; i++)
		free(g->row[i]);
	free(g->row);
	free(g->n);
	free(g->room);
	seki_arena_free(&g->arena);
}

static struct seki_relay_row *
add(struct seki_relay_group *g, size_t list, struct seki_err *err)
{
	struct seki_relay_row *more;

	if (g->n[list] == g->room[list]) {
		g->room[list] = g->room[list] == 0 ? 4 : 2 * g->room[list];
		more = reallocarray(g->row[list], g->room[list], sizeof(*more));
		if (more == NULL) {
			(void)seki_err_nomem(err);
			return NULL;
		}
		g->row[list] = more;
	}
	return &g->row[list][g->n[list]++];
}

static enum seki_relay_tag
packed(const char **p, const char **text, size_t *n)
{
	enum seki_relay_tag tag = (enum seki_relay_tag) * *p;
	uint32_t len;

	memcpy(&len, *p + 1, sizeof(len));
	*text = *p + 1 + sizeof(len);
	*n = len;
	*p = *text + len;
	return tag;
}

/* As relay_rows.c wrote it, copied: the sorter gives it but once. */
static int
unpack(struct seki_relay_group *g, size_t list, const struct seki_sorted *s,
    struct seki_err *err)
{
	size_t n = g->layout->list[list].n, i;
	struct seki_relay_row *r = add(g, list, err);
	struct seki_relay_cell *c;
	const char *p;

	g->weight += s->ndata + n * sizeof(*r->cell);
	if (r == NULL)
		return -1;
	if (g->weight > SEKI_RELAY_KEY) {
		seki_err_record(err, s->key, s->nkey);
		return seki_fail(err, SEKI_LIMIT,
		    _("the rows of one key take more than %zu bytes"),
		    SEKI_RELAY_KEY);
	}
	if ((p = seki_arena_copy(&g->arena, s->data, s->ndata, err)) == NULL ||
	    (r->cell = seki_arena_get(
		 &g->arena, (n + 1) * sizeof(*r->cell), err)) == NULL)
		return -1;
	r->used = r->two = 0;
	r->key = g->key;
	r->nkey = g->nkey;
	memcpy(&r->sheet, p, sizeof(r->sheet));
	memcpy(&r->row, p + sizeof(r->sheet), sizeof(r->row));
	p += sizeof(r->sheet) + sizeof(r->row);
	memset(&r->cell[0], 0, sizeof(r->cell[0]));
	for (i = 1; i < n; i++) {
		c = &r->cell[i];
		c->exact = NULL;
		c->tag = packed(&p, &c->p, &c->n);
		if (c->tag != SEKI_RELAY_TWO)
			continue;
		c->tag = packed(&p, &c->exact, &c->nexact);
		r->two = 1;
	}
	return 0;
}

/* The smallest key of all lists. */
static int
lowest(struct seki_relay_group *g, struct seki_err *err)
{
	struct seki_sorted s, low = { .key = NULL };
	size_t i;
	int r;

	for (i = 0; i < g->layout->n; i++) {
		if ((r = seki_relay_rows_peek(g->rows, i, &s, err)) == -1)
			return -1;
		if (r == 1 && (low.key == NULL || seki_key_cmp(s.key, s.nkey,
						      low.key, low.nkey) < 0))
			low = s;
	}
	if (low.key == NULL)
		return 0;
	g->key = seki_arena_copy(&g->arena, low.key, low.nkey, err);
	g->nkey = low.nkey;
	return g->key == NULL ? -1 : 1;
}

int
seki_relay_group_next(struct seki_relay_group *g, struct seki_err *err)
{
	struct seki_sorted s;
	size_t i;
	int r;

	seki_arena_reset(&g->arena);
	g->weight = 0;
	memset(g->n, 0, g->layout->n * sizeof(*g->n));
	if ((r = lowest(g, err)) != 1)
		return r;
	for (i = 0; i < g->layout->n; i++) {
		while ((r = seki_relay_rows_peek(g->rows, i, &s, err)) == 1 &&
		       seki_key_cmp(s.key, s.nkey, g->key, g->nkey) == 0) {
			if (unpack(g, i, &s, err) == -1)
				return -1;
			seki_relay_rows_take(g->rows, i);
		}
		if (r == -1)
			return -1;
	}
	return 1;
}

uint32_t
seki_relay_number(const struct seki_relay_row *r, size_t col)
{
	const struct seki_relay_cell *c = &r->cell[col];
	uint64_t x = 0;
	size_t i;

	if (c->tag != SEKI_RELAY_VALUE || c->n == 0 || c->n > 9)
		return 0;
	for (i = 0; i < c->n; i++) {
		if (c->p[i] < '0' || c->p[i] > '9')
			return 0;
		x = x * 10 + (uint64_t)(c->p[i] - '0');
	}
	return (uint32_t)x;
}

static int
is(const struct seki_relay_cell *c, const char *s)
{
	return c->tag == SEKI_RELAY_VALUE && c->n == strlen(s) &&
	       memcmp(c->p, s, c->n) == 0;
}

/* A value's place, as rows of 長文 and 補修 name it. */
struct place {
	const char *list, *head;
	uint32_t ordinal;
};

/* Piece k of the text of a place: NULL when there is none, or two.  used: how
 * many rows are about the place, whatever their number says; they are marked.
 */
static const struct seki_relay_cell *
piece(struct seki_relay_group *g, size_t in, const struct place *at, uint32_t k,
    uint32_t *used)
{
	const struct seki_relay_cell *text = NULL;
	struct seki_relay_row *r;
	size_t i, n = 0;

	*used = 0;
	for (i = 0; i < g->n[in]; i++) {
		r = &g->row[in][i];
		if (seki_relay_number(r, 2) != at->ordinal ||
		    !is(&r->cell[3], at->head) || !is(&r->cell[1], at->list))
			continue;
		r->used = 1;
		++*used;
		if (seki_relay_number(r, 4) != k)
			continue;
		n++;
		text = &r->cell[5];
	}
	return n == 1 ? text : NULL;
}

static int
pieces(struct seki_relay_group *g, size_t in, size_t list,
    const struct seki_relay_row *r, size_t col, struct seki_value *v,
    struct seki_err *err)
{
	const struct seki_list *l = &g->layout->list[list];
	const struct place at = { l->name, l->col[col].head,
		l->what == SEKI_LIST_TABLE ? seki_relay_number(r, 1) : 0 };
	const struct seki_relay_cell *text;
	struct seki_buf b = SEKI_BUF_INIT;
	uint32_t k = 0, rows;
	int n = 0;

	/* Each number from 1 to that of the rows once, or it is none. */
	do {
		text = piece(g, in, &at, ++k, &rows);
		if (text == NULL || b.n > SEKI_VALUE_MAX)
			n = 1;
		else if (text->tag == SEKI_RELAY_VALUE)
			n = seki_buf_add(&b, text->p, text->n, err);
		else
			n = text->tag != SEKI_RELAY_EMPTY;
	} while (n == 0 && k < rows);
	if (n == 0) {
		v->p = seki_arena_copy(&g->arena, b.p, b.n, err);
		v->n = b.n;
		v->set = b.n > 0;
		if (v->p == NULL)
			n = -1;
	}
	seki_buf_free(&b);
	return n;
}

/* What 長文 and 補修 show is what cells show: an instant in Japan time. */
static int
as_cell(struct seki_relay_group *g, enum seki_shape shape, struct seki_value *v,
    struct seki_err *err)
{
	struct seki_cell c = { .kind = SEKI_CELL_TEXT, .p = v->p, .n = v->n };
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_value as;
	int r = 1;

	if (shape == SEKI_S_DATETIME) {
		r = seki_cell_read(shape, &c, 0, &b, &as, err);
		if (r == 0) {
			v->p = seki_arena_copy(&g->arena, as.p, as.n, err);
			v->n = as.n;
			r = v->p == NULL ? -1 : 0;
		}
	} else if (seki_value_check(shape, v->p, v->n) == NULL)
		r = 0;
	seki_buf_free(&b);
	return r;
}

int
seki_relay_group_value(struct seki_relay_group *g, size_t list,
    const struct seki_relay_row *r, size_t col, int how, struct seki_value *v,
    struct seki_err *err)
{
	int spelt = (how & SEKI_RELAY_SPELT) != 0;
	int exact = (how & SEKI_RELAY_EXACT) != 0;
	const struct seki_col *c = &g->layout->list[list].col[col];
	const struct seki_relay_cell *cell = &r->cell[col];
	int n;

	memset(v, 0, sizeof(*v));
	if (!spelt && cell->tag == SEKI_RELAY_VALUE) {
		exact &= cell->exact != NULL;
		v->p = exact ? cell->exact : cell->p;
		v->n = exact ? cell->nexact : cell->n;
		v->set = 1;
		return 0;
	}
	if (!spelt && cell->tag != SEKI_RELAY_LONG)
		return cell->tag == SEKI_RELAY_ODD;
	n = pieces(g, spelt ? g->layout->repair : g->layout->longs, list, r,
	    col, v, err);
	if (n != 0 || !v->set || c->shape == SEKI_S_TEXT)
		return n;
	return as_cell(g, c->shape, v, err);
}
