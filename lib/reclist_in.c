#include <stdlib.h>
#include <string.h>

#include "reclist.h"

struct seki_reclist_in {
	struct seki_in *in;
	size_t columns;
	int table;
	unsigned left;	      /* rows of this block that are still to come */
	struct seki_buf keys; /* of this block */
	struct seki_buf last; /* key of the row before */
	uint32_t ordinal;     /* and its ordinal */
	int begun;
	int rest;	       /* the last block was not full: nothing follows */
	unsigned char *sums;
	int block;
};

static int
bad(struct seki_reclist_in *l, struct seki_err *err)
{
	seki_err_object(err, seki_in_name(l->in));
	return seki_fail(err, SEKI_RECORD, "%s", _("not a record list"));
}

/* Exactly n bytes: 1; 0 at the end, when nothing of them is there; -1. */
static int
take(struct seki_reclist_in *l, void *p, size_t n, struct seki_err *err)
{
	size_t got = 0;
	ssize_t r;

	while (got < n) {
		r = seki_in_read(l->in, (char *)p + got, n - got, err);
		if (r == -1)
			return -1;
		if (r == 0)
			return got == 0 ? 0 : bad(l, err);
		got += (size_t)r;
	}
	return 1;
}

static int
need(struct seki_reclist_in *l, void *p, size_t n, struct seki_err *err)
{
	int r = n == 0 ? 1 : take(l, p, n, err);

	return r == 1 ? 0 : r == 0 ? bad(l, err) : -1;
}

struct seki_reclist_in *
seki_reclist_open(struct seki_in *in, const struct seki_schema *s, size_t list,
    struct seki_err *err)
{
	struct seki_reclist_in *l = calloc(1, sizeof(*l));
	struct seki_reclist_cols cols;

	if (l == NULL) {
		(void)seki_err_nomem(err);
		seki_in_free(in);
		return NULL;
	}
	l->in = in;
	l->table = list > 0;
	if (seki_reclist_cols(s, list, &cols, err) == -1)
		goto fail;
	l->columns = cols.n;
	free(cols.col);
	if ((l->sums = calloc(l->columns + 1, SEKI_RECLIST_SUM)) != NULL)
		return l;
	(void)seki_err_nomem(err);
fail:
	seki_reclist_free(l);
	return NULL;
}

/* Rows of a table count from 1 within their record. */
static int
ascends(struct seki_reclist_in *l, const char *key, size_t n, uint32_t ordinal,
    struct seki_err *err)
{
	int c = l->begun ? seki_key_cmp(l->last.p, l->last.n, key, n) : -1;
	uint32_t want = c == 0 ? l->ordinal + 1 : 1;

	if (n == 0 || c > 0 || (c == 0 && !l->table) ||
	    (l->table && ordinal != want))
		return bad(l, err);
	l->begun = 1;
	l->ordinal = ordinal;
	seki_buf_reset(&l->last);
	return seki_buf_add(&l->last, key, n, err);
}

static int
row(struct seki_reclist_in *l, struct seki_reclist_row *r, struct seki_err *err)
{
	unsigned char n, be[4];
	size_t at = l->keys.n;

	if (need(l, &n, 1, err) == -1 || need(l, l->keys.p + at, n, err) == -1)
		return -1;
	l->keys.n += n;
	r->key = l->keys.p + at;
	r->nkey = n;
	r->ordinal = 0;
	if (l->table) {
		if (need(l, be, sizeof(be), err) == -1)
			return -1;
		r->ordinal = (uint32_t)be[0] << 24 | (uint32_t)be[1] << 16 |
			     (uint32_t)be[2] << 8 | be[3];
	}
	if (need(l, r->leaf, sizeof(r->leaf), err) == -1)
		return -1;
	return ascends(l, r->key, r->nkey, r->ordinal, err);
}

int
seki_reclist_next(
    struct seki_reclist_in *l, struct seki_reclist_row *r, struct seki_err *err)
{
	unsigned char n;
	int got;

	l->block = 0;
	if (l->left == 0) {
		if ((got = take(l, &n, 1, err)) != 1)
			return got;
		if (n == 0 || n > SEKI_RECLIST_BLOCK || l->rest)
			return bad(l, err);
		l->rest = n < SEKI_RECLIST_BLOCK;
		l->left = n;
		/* They stay where they are until the block ends. */
		seki_buf_reset(&l->keys);
		if (seki_buf_room(&l->keys,
			(size_t)SEKI_RECLIST_BLOCK * (SEKI_KEY_MAX + 1),
			err) == -1)
			return -1;
	}
	if (row(l, r, err) == -1)
		return -1;
	if (--l->left > 0)
		return 1;
	if (need(l, l->sums, l->columns * SEKI_RECLIST_SUM, err) == -1)
		return -1;
	l->block = 1;
	return 1;
}

const unsigned char *
seki_reclist_block(const struct seki_reclist_in *l)
{
	return l->block ? l->sums : NULL;
}

void
seki_reclist_free(struct seki_reclist_in *l)
{
	if (l == NULL)
		return;
	seki_in_free(l->in);
	seki_buf_free(&l->keys);
	seki_buf_free(&l->last);
	free(l->sums);
	free(l);
}
