#include <stdlib.h>

#include "held_int.h"
#include "layout.h"
#include "lost.h"

struct seki_held_book *
seki_held_book_new(
    const struct seki_plan *plan, const char *spool, struct seki_err *err)
{
	struct seki_held_book *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	b->plan = plan;
	b->spool = spool;
	b->from = seki_plan_find(plan->in->field, plan->in->n, SEKI_LAYOUT_FROM,
	    strlen(SEKI_LAYOUT_FROM));
	b->row = seki_plan_find(plan->in->field, plan->in->n, SEKI_LAYOUT_ROW,
	    strlen(SEKI_LAYOUT_ROW));
	b->found = reallocarray(NULL, SEKI_HELD_FINDINGS, sizeof(*b->found));
	if (b->found == NULL)
		(void)seki_err_nomem(err);
	else if ((b->rows[0] = seki_rowfile_new(spool, err)) != NULL &&
		 (b->rows[1] = seki_rowfile_new(spool, err)) != NULL)
		return b;
	seki_held_book_free(b);
	return NULL;
}

/* Which characters keep it from passing its gate. */
static int
characters(struct seki_held_book *b, const struct seki_held_what *w,
    struct seki_err *err)
{
	struct seki_lost l;
	size_t at = 0, n = 0;

	while (seki_lost_next(w->col->rule->kind, w->v->p, w->v->n, &at, &l)) {
		if (n++ == SEKI_HELD_CHARS)
			return seki_buf_str(&b->chars, ", …", err);
		if ((n > 1 && seki_buf_str(&b->chars, ", ", err) == -1) ||
		    seki_buf_add(&b->chars, w->v->p + l.at, l.n, err) == -1 ||
		    seki_buf_byte(&b->chars, ' ', err) == -1 ||
		    seki_lost_points(w->v->p + l.at, l.n, &b->chars, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_held_book_broken(struct seki_held_book *b, const struct seki_held_what *w,
    struct seki_err *err)
{
	struct seki_held_finding *f;

	if (b->n == SEKI_HELD_FINDINGS) {
		b->more++;
		return 0;
	}
	f = &b->found[b->n++];
	f->what = *w;
	f->chars = b->chars.n;
	if (w->code == SEKI_B_CHARSET && w->v != NULL &&
	    (w->col->rule->kind->how & SEKI_KIND_GATE) != 0 &&
	    characters(b, w, err) == -1)
		return -1;
	f->nchars = b->chars.n - f->chars;
	f->what.v = NULL;
	return 0;
}

/* The column of a source; a new one at the end. */
static int
column(struct seki_held_book *b, size_t field, size_t sub, int held,
    struct seki_err *err)
{
	struct seki_held_source *grown;
	size_t i;

	for (i = 0; i < b->nsource; i++)
		if (b->source[i].field == field && b->source[i].sub == sub) {
			b->source[i].in[held] = 1;
			return 0;
		}
	grown = reallocarray(b->source, b->nsource + 1, sizeof(*grown));
	if (grown == NULL)
		return seki_err_nomem(err);
	b->source = grown;
	grown += b->nsource++;
	*grown = (struct seki_held_source){ .field = field, .sub = sub };
	grown->in[held] = 1;
	return 0;
}

static int
columns(struct seki_held_book *b, int held, struct seki_err *err)
{
	const struct seki_held_what *w;
	size_t i, k;

	for (i = 0; i < b->n; i++) {
		w = &b->found[i].what;
		for (k = 0; k < w->col->nref; k++)
			if (column(b,
				w->row > 0 ? w->table : w->col->ref[k].field,
				w->row > 0 ? w->col->ref[k].field
					   : SEKI_NOWHERE,
				held, err) == -1)
				return -1;
	}
	return 0;
}

static int
put(struct seki_held_book *b, struct seki_rowfile *f, uint32_t tag,
    struct seki_err *err)
{
	int r = seki_rowfile_put(
	    f, tag, b->text.n == 0 ? "" : b->text.p, b->text.n, err);

	seki_buf_reset(&b->text);
	return r;
}

static int
sources(struct seki_held_book *b, const struct seki_record *rec, int held,
    struct seki_rowfile *f, struct seki_err *err)
{
	enum seki_look look;
	size_t i;

	for (i = 0; i < b->nsource; i++) {
		look = SEKI_LOOK_PLAIN;
		if (seki_held_cell(b, rec, i, held, &b->text, &look, err) == -1)
			return -1;
		if (look == SEKI_LOOK_PLAIN)
			continue;
		if (put(b, f,
			SEKI_HELD_SOURCE + 2 * (uint32_t)i +
			    (look == SEKI_LOOK_WRONG),
			err) == -1)
			return -1;
	}
	return 0;
}

static int
told(struct seki_held_book *b, const struct seki_record *rec, size_t field,
    uint32_t tag, struct seki_rowfile *f, struct seki_err *err)
{
	if (field != SEKI_NOWHERE && rec->v[field].set &&
	    seki_buf_add(&b->text, rec->v[field].p, rec->v[field].n, err) == -1)
		return -1;
	return put(b, f, tag, err);
}

int
seki_held_book_record(struct seki_held_book *b, const struct seki_record *rec,
    int held, struct seki_err *err)
{
	struct seki_rowfile *f = b->rows[held];

	if (b->n == 0)
		return 0;
	seki_buf_reset(&b->text);
	if (columns(b, held, err) == -1 ||
	    seki_rowfile_put(f, SEKI_HELD_KEY, rec->key.p, rec->key.n, err) ==
		-1 ||
	    seki_record_link(b->plan->in, rec, &b->text, err) == -1 ||
	    put(b, f, SEKI_HELD_URL, err) == -1 ||
	    told(b, rec, b->from, SEKI_HELD_FROM, f, err) == -1 ||
	    told(b, rec, b->row, SEKI_HELD_ROW, f, err) == -1 ||
	    seki_held_reasons(b, &b->text, err) == -1 ||
	    put(b, f, SEKI_HELD_REASONS, err) == -1 ||
	    seki_held_rules(b, &b->text, err) == -1 ||
	    put(b, f, SEKI_HELD_RULES, err) == -1 ||
	    sources(b, rec, held, f, err) == -1)
		return -1;
	b->n = 0;
	b->more = 0;
	seki_buf_reset(&b->chars);
	return seki_rowfile_end(f, err);
}

void
seki_held_book_free(struct seki_held_book *b)
{
	if (b == NULL)
		return;
	seki_rowfile_free(b->rows[0]);
	seki_rowfile_free(b->rows[1]);
	free(b->found);
	free(b->source);
	seki_buf_free(&b->chars);
	seki_buf_free(&b->text);
	free(b);
}
