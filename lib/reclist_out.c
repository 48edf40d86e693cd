#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reclist.h"

/* One list on its way. */
struct list {
	struct seki_reclist_cols cols;
	struct seki_reclist_sum *sum;
	struct seki_squeeze *to;
	struct seki_buf block; /* its rows; the first byte is their number */
	unsigned rows;
	unsigned char *sums;
	struct seki_sha256 sha;
};
struct seki_reclist_out {
	const struct seki_schema *schema;
	struct seki_canon *canon; /* for the leaves of tables' rows */
	struct list *list;
	size_t n;
};

void
seki_reclist_abort(struct seki_reclist_out *o)
{
	struct list *l;
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; o->list != NULL && i < o->n; i++) {
		l = &o->list[i];
		free(l->cols.col);
		seki_reclist_sum_free(l->sum);
		seki_squeeze_abort(l->to);
		seki_buf_free(&l->block);
		free(l->sums);
		if (l->sha.ctx != NULL)
			seki_sha256_free(&l->sha);
	}
	free(o->list);
	seki_canon_free(o->canon);
	free(o);
}

static int
begin(struct seki_reclist_out *o, size_t i, struct seki_press *press,
    const char *spool, struct seki_err *err)
{
	struct list *l = &o->list[i];

	if (seki_sha256_init(&l->sha, err) == -1 ||
	    seki_reclist_cols(o->schema, i, &l->cols, err) == -1 ||
	    (l->sum = seki_reclist_sum_new(l->cols.n, err)) == NULL ||
	    (l->to = seki_squeeze_new(press, spool, err)) == NULL)
		return -1;
	seki_sha256_restart(&l->sha);
	if ((l->sums = calloc(l->cols.n + 1, SEKI_RECLIST_SUM)) == NULL)
		return seki_err_nomem(err);
	return seki_buf_byte(&l->block, 0, err);
}

struct seki_reclist_out *
seki_reclist_create(const struct seki_schema *schema, struct seki_press *press,
    const char *spool, struct seki_err *err)
{
	struct seki_reclist_out *o = calloc(1, sizeof(*o));
	size_t i;

	if (o == NULL ||
	    (o->list = calloc(schema->tables + 1, sizeof(*o->list))) == NULL) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	o->schema = schema;
	o->n = schema->tables + 1;
	if ((o->canon = seki_canon_new(schema, err)) == NULL)
		goto fail;
	for (i = 0; i < o->n; i++)
		if (begin(o, i, press, spool, err) == -1)
			goto fail;
	return o;

fail:
	seki_reclist_abort(o);
	return NULL;
}

/* The block is full, or the last one. */
static int
flush(struct list *l, struct seki_err *err)
{
	if (l->rows == 0)
		return 0;
	if (seki_reclist_sum_end(l->sum, l->sums) == 1)
		memset(l->sums, 0, l->cols.n * SEKI_RECLIST_SUM);
	l->block.p[0] = (char)l->rows;
	if (seki_buf_add(
		&l->block, l->sums, l->cols.n * SEKI_RECLIST_SUM, err) == -1 ||
	    seki_squeeze_write(l->to, l->block.p, l->block.n, err) == -1)
		return -1;
	seki_sha256_add(&l->sha, l->block.p, l->block.n);
	seki_buf_reset(&l->block);
	l->rows = 0;
	return seki_buf_byte(&l->block, 0, err);
}

static int
put(struct list *l, const struct seki_value *key, uint32_t ordinal,
    const unsigned char *leaf, struct seki_err *err)
{
	unsigned char be[4] = { (unsigned char)(ordinal >> 24),
		(unsigned char)(ordinal >> 16), (unsigned char)(ordinal >> 8),
		(unsigned char)ordinal };

	if (seki_buf_byte(&l->block, (int)key->n, err) == -1 ||
	    seki_buf_add(&l->block, key->p, key->n, err) == -1 ||
	    (ordinal > 0 &&
		seki_buf_add(&l->block, be, sizeof(be), err) == -1) ||
	    seki_buf_add(&l->block, leaf, SEKI_RECLIST_LEAF, err) == -1)
		return -1;
	return ++l->rows == SEKI_RECLIST_BLOCK ? flush(l, err) : 0;
}

static int
values(struct list *l, const struct seki_value *id, const struct seki_value *v,
    struct seki_err *err)
{
	const struct seki_reclist_col *c;
	size_t i;

	for (i = 0; i < l->cols.n; i++) {
		c = &l->cols.col[i];
		if (seki_reclist_sum_add(l->sum, i, c->shape,
			c->field == NULL ? id : &v[c->index], err) == -1)
			return -1;
	}
	return 0;
}

static int
row(struct seki_reclist_out *o, size_t t, const struct seki_record *r,
    const struct seki_row *row, uint32_t ordinal, struct seki_err *err)
{
	struct seki_canon_place at = { t, r->key.p, r->key.n, ordinal };
	const unsigned char *leaf = seki_canon_of_row(o->canon, &at, row, err);
	struct list *l = &o->list[1 + t];

	if (leaf == NULL || values(l, &row->id, row->v, err) == -1)
		return -1;
	return put(l, &r->key, ordinal, leaf, err);
}

int
seki_reclist_put(struct seki_reclist_out *o, const struct seki_record *r,
    const unsigned char *leaf, struct seki_err *err)
{
	const struct seki_schema *s = o->schema;
	size_t i, k;

	if (r->kind != SEKI_RECORD_ROW)
		return 0;
	if (values(&o->list[0], NULL, r->v, err) == -1 ||
	    put(&o->list[0], &r->key, 0, leaf, err) == -1)
		return -1;
	for (i = 0; i < s->n && s->tables > 0; i++)
		for (k = 0;
		     s->field[i].type == SEKI_T_SUBTABLE && k < r->v[i].nrow;
		     k++)
			if (row(o, s->field[i].table, r, &r->v[i].row[k],
				(uint32_t)k + 1, err) == -1)
				return -1;
	return 0;
}

int
seki_reclist_end(
    struct seki_reclist_out *o, struct seki_part *part, struct seki_err *err)
{
	struct seki_squeeze *to;
	size_t i;
	int r = 0;

	for (i = 0; i < o->n && r == 0; i++) {
		if (flush(&o->list[i], err) == -1) {
			r = -1;
			break;
		}
		to = o->list[i].to;
		o->list[i].to = NULL;
		r = seki_squeeze_end(to, NULL, 0, &part[i], err);
		seki_sha256_end(&o->list[i].sha, part[i].sha256);
	}
	seki_reclist_abort(o);
	return r;
}
