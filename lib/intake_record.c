#include <stdio.h>
#include <string.h>

#include "intake_int.h"

/*
 * A row on its way through the spool: the file's number, the length of what two
 * records with one key must share, then for each field its length + 1, 0 for
 * nothing, and its text; the last two say where it was read.
 */
#define HEAD (2 * sizeof(uint32_t))

static void
put_length(struct seki_buf *b, size_t from)
{
	size_t n = b->n - from - sizeof(uint32_t);
	uint32_t len = n == 0 ? 0 : (uint32_t)n + 1;

	memcpy(b->p + from, &len, sizeof(len));
}

static int
put_text(struct seki_buf *b, const char *s, struct seki_err *err)
{
	uint32_t len = 0;
	size_t from = b->n;

	if (seki_buf_add(b, &len, sizeof(len), err) == -1 ||
	    seki_buf_str(b, s, err) == -1)
		return -1;
	put_length(b, from);
	return 0;
}

static int
has_line(const char *s, size_t n)
{
	return memchr(s, '\n', n) != NULL || memchr(s, '\r', n) != NULL;
}

/* 0, 1 when a problem was reported, -1. */
static int
value(struct seki_intake_at *at, size_t f, struct seki_err *err)
{
	static const struct seki_grid_cell none = { .p = "" };
	struct seki_intake *t = at->t;
	const struct seki_layout_col *col = &at->l->col[at->of[f]];
	const struct seki_grid_cell *cell = at->cell[at->of[f]];
	const char *why = NULL, *hint = NULL;
	struct seki_buf *b = &t->data;
	size_t from = b->n;
	uint32_t len = 0;
	int r;

	t->at[f] = from;
	if (col->value[0] != '\0')
		return put_text(b, col->value, err);
	if (cell == NULL)
		cell = &none;
	if (seki_buf_add(b, &len, sizeof(len), err) == -1 ||
	    (r = seki_intake_value(col, cell, b, &why, &hint, err)) == -1)
		return -1;
	if (r == 1)
		return seki_intake_cell(at, at->place[at->of[f]], col->label,
			   why, hint, err) == -1
			   ? -1
			   : 1;
	if (col->type == SEKI_LAY_ANY && !t->field[f].lines)
		t->field[f].lines = has_line(cell->p, cell->n);
	put_length(b, from);
	return 0;
}

static int
key_bad(
    struct seki_intake_at *at, size_t f, const char *why, struct seki_err *err)
{
	const struct seki_layout_col *col = &at->l->col[at->of[f]];

	return seki_intake_cell(
		   at, at->place[at->of[f]], col->label, why, NULL, err) == -1
		   ? -1
		   : 1;
}

/* The parts of a key, with / between them. */
static int
key(struct seki_intake_at *at, struct seki_err *err)
{
	struct seki_intake *t = at->t;
	uint32_t len;
	size_t i, k;
	const char *s;

	for (i = 0; i < t->nkey; i++) {
		memcpy(&len, t->data.p + t->at[t->key[i]], sizeof(len));
		s = t->data.p + t->at[t->key[i]] + sizeof(len);
		if (len == 0)
			return key_bad(
			    at, t->key[i], _("empty, but it is the key"), err);
		for (k = 0; k + 1 < len; k++)
			if ((unsigned char)s[k] < 0x20 || s[k] == 0x7F)
				return key_bad(at, t->key[i],
				    _("a control character in the key"), err);
		if ((i > 0 && seki_buf_byte(&t->id, '/', err) == -1) ||
		    seki_buf_add(&t->id, s, len - 1, err) == -1)
			return -1;
	}
	if (t->id.n > SEKI_KEY_MAX)
		return key_bad(
		    at, t->key[0], _("the key is longer than 255 bytes"), err);
	return 0;
}

int
seki_intake_record(struct seki_intake_at *at, const char *source,
    const char *row, const char *id, struct seki_err *err)
{
	struct seki_intake *t = at->t;
	uint32_t head[2] = { (uint32_t)(t->nfile - 1), 0 };
	struct seki_sorted s;
	int r, wrong = 0;
	size_t f;

	seki_buf_reset(&t->data);
	seki_buf_reset(&t->id);
	if (seki_buf_add(&t->data, head, HEAD, err) == -1)
		return -1;
	for (f = 0; f < t->n; f++) {
		if ((r = value(at, f, err)) == -1)
			return -1;
		wrong |= r;
	}
	head[1] = (uint32_t)(t->data.n - HEAD);
	at->file->records++;
	if (wrong)
		return 0;
	if ((r = t->nkey > 0 ? key(at, err) : seki_buf_str(&t->id, id, err)) !=
	    0)
		return r == -1 ? -1 : 0;
	memcpy(t->data.p, head, HEAD);
	if (put_text(&t->data, source, err) == -1 ||
	    put_text(&t->data, row, err) == -1)
		return -1;
	s = (struct seki_sorted){ t->id.p, t->data.p, t->id.n, t->data.n };
	return seki_sort_add(t->sort, &s, err);
}

void
seki_intake_keep_parse(
    const struct seki_intake *t, const char *data, struct seki_intake_kept *k)
{
	uint32_t head[2], len;
	const char *p = data + HEAD;
	size_t i;

	memcpy(head, data, HEAD);
	k->file = head[0];
	k->same = p;
	k->nsame = head[1];
	for (i = 0; i < t->n + 2; i++) {
		memcpy(&len, p, sizeof(len));
		p += sizeof(len);
		k->v[i].p = p;
		k->v[i].n = len == 0 ? 0 : len - 1;
		k->v[i].set = len > 0;
		p += k->v[i].n;
	}
}
