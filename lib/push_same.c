#include <stdlib.h>
#include <string.h>

#include "push_int.h"

struct word {
	const char *p;
	size_t n;
};
struct words {
	struct word *w;
	size_t n, room;
};

/* A list's choices, or its users' codes: what a write sends. */
static int
collect(enum seki_shape shape, const struct seki_value *v, struct words *w,
    struct seki_arena *a, struct seki_err *err)
{
	struct seki_buf buf = SEKI_BUF_INIT;
	struct seki_item item;
	struct word *more, *to;
	size_t at = 0;
	int r;

	while ((r = seki_item_next(shape, v, &at, &buf, &item, err)) == 1) {
		if (w->n == w->room) {
			w->room = w->room ? 2 * w->room : 16;
			more = seki_arena_get(a, w->room * sizeof(*more), err);
			if (more == NULL) {
				r = -1;
				break;
			}
			if (w->n > 0)
				memcpy(more, w->w, w->n * sizeof(*more));
			w->w = more;
		}
		to = &w->w[w->n++];
		to->n = shape == SEKI_S_USERS ? item.ncode : item.n;
		to->p = seki_arena_copy(
		    a, shape == SEKI_S_USERS ? item.code : item.p, to->n, err);
		if (to->p == NULL) {
			r = -1;
			break;
		}
	}
	seki_buf_free(&buf);
	return r;
}

static int
cmp_word(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	return seki_key_cmp(x->p, x->n, y->p, y->n);
}

/* The service does not promise an order inside a list (record API 4). */
static int
same_list(enum seki_shape shape, const struct seki_value *ours,
    const struct seki_value *theirs, struct seki_arena *a, struct seki_err *err)
{
	struct words x = { .n = 0 }, y = { .n = 0 };
	size_t i;

	if (collect(shape, ours, &x, a, err) == -1 ||
	    collect(shape, theirs, &y, a, err) == -1)
		return -1;
	if (x.n != y.n)
		return 0;
	if (x.n == 0)
		return 1;
	qsort(x.w, x.n, sizeof(*x.w), cmp_word);
	qsort(y.w, y.n, sizeof(*y.w), cmp_word);
	for (i = 0; i < x.n; i++)
		if (cmp_word(&x.w[i], &y.w[i]) != 0)
			return 0;
	return 1;
}

static int
same_text(const struct seki_pair *p, const struct seki_value *ours,
    const struct seki_value *theirs, struct seki_err *err)
{
	struct seki_buf a = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	int r = -1;

	/* A radio button cannot be emptied: it goes back to its standard. */
	if (p->type == SEKI_T_RADIO_BUTTON && !ours->set && theirs->set)
		return strlen(p->standard) == theirs->n &&
		       memcmp(p->standard, theirs->p, theirs->n) == 0;
	/* hh:mm and hh:mm:00; seki_push_unfit lets no other second pass. */
	if (p->shape == SEKI_S_TIME && ours->set && theirs->set)
		return memcmp(ours->p, theirs->p, 5) == 0;
	if (ours->set != theirs->set || !ours->set)
		return ours->set == theirs->set;
	if (seki_canon_text(p->shape, ours, &a, err) == 0 &&
	    seki_canon_text(p->shape, theirs, &b, err) == 0)
		r = a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
	seki_buf_free(&a);
	seki_buf_free(&b);
	return r;
}

static const struct seki_row *
by_key(const struct seki_pair *key, const struct seki_row *row,
    const struct seki_value *theirs)
{
	struct seki_err err = SEKI_ERR_INIT;
	size_t k;

	for (k = 0; k < theirs->nrow; k++)
		if (same_text(key, &row->v[key->ours],
			&theirs->row[k].v[key->theirs], &err) == 1)
			return &theirs->row[k];
	return NULL;
}

const struct seki_row *
seki_push_row(const struct seki_pair *p, const struct seki_value *ours,
    size_t i, const struct seki_value *theirs, int same_app)
{
	const struct seki_value *id = &ours->row[i].id;
	size_t k;

	if (theirs == NULL)
		return NULL;
	if (p->row_key != -1)
		return by_key(&p->sub[p->row_key], &ours->row[i], theirs);
	if (!same_app)
		return i < theirs->nrow ? &theirs->row[i] : NULL;
	for (k = 0; id->set && k < theirs->nrow; k++)
		if (seki_key_cmp(id->p, id->n, theirs->row[k].id.p,
			theirs->row[k].id.n) == 0)
			return &theirs->row[k];
	return NULL;
}

size_t
seki_push_gone(const struct seki_pair *p, const struct seki_value *ours,
    const struct seki_value *theirs, int same_app)
{
	size_t i, stay = 0;

	for (i = 0; i < ours->nrow; i++)
		stay += seki_push_row(p, ours, i, theirs, same_app) != NULL;
	return theirs->nrow > stay ? theirs->nrow - stay : 0;
}

static int
same_table(const struct seki_pair *p, const struct seki_value *ours,
    const struct seki_value *theirs, int same_app, struct seki_arena *a,
    struct seki_err *err)
{
	size_t i, k;
	int r;

	if (ours->nrow != theirs->nrow)
		return 0;
	for (i = 0; i < ours->nrow; i++) {
		if (seki_push_row(p, ours, i, theirs, same_app) !=
		    &theirs->row[i])
			return 0;
		for (k = 0; k < p->nsub; k++) {
			r = seki_push_same(&p->sub[k],
			    &ours->row[i].v[p->sub[k].ours],
			    &theirs->row[i].v[p->sub[k].theirs], same_app, a,
			    err);
			if (r != 1)
				return r;
		}
	}
	return 1;
}

int
seki_push_same(const struct seki_pair *p, const struct seki_value *ours,
    const struct seki_value *theirs, int same_app, struct seki_arena *scratch,
    struct seki_err *err)
{
	if (p->shape == SEKI_S_TABLE)
		return same_table(p, ours, theirs, same_app, scratch, err);
	if (p->shape == SEKI_S_CHOICES || p->shape == SEKI_S_USERS)
		return same_list(p->shape, ours, theirs, scratch, err);
	if (p->shape == SEKI_S_FILES)
		return seki_push_file_same(ours, theirs, scratch, err);
	return same_text(p, ours, theirs, err);
}
