#include "norm_run.h"

/* One record: every output by the row that counts for it; held, when one of
 * them breaks its rule. */

/* Does the row count for this record, or this row of a table? */
static int
applies(const struct seki_plan_col *col, const struct seki_value *in,
    const struct seki_run_at *at)
{
	const struct seki_value *v;
	const char *const *is = (const char *const *)col->rule->is;

	if (col->rule->when == NULL)
		return 1;
	v = col->outside ? &at->from->v[col->when] : &in[col->when];
	for (; *is != NULL; is++)
		if (v->set ? v->n == strlen(*is) && memcmp(v->p, *is, v->n) == 0
			   : **is == '\0')
			return 1;
	return 0;
}

/* All rows of the table that make one output: the one whose condition holds, or
 * the one without a condition. */
static int
columns(struct seki_run *r, const struct seki_plan_col *col, size_t n,
    const struct seki_value *in, struct seki_value *out,
    const struct seki_run_at *at, struct seki_err *err)
{
	const struct seki_plan_col *which;
	size_t i, k;
	int required;

	for (i = 0; i < n; i++) {
		if (col[i].group != i)
			continue;
		if (col[i].last && col[i].rule->when == NULL) {
			if (seki_run_column(r, &col[i], in, out, at, err) == -1)
				return -1;
			continue;
		}
		which = NULL;
		required = 0;
		for (k = i; k < n; k++) {
			if (col[k].group != i)
				continue;
			required = required || col[k].rule->required;
			if (col[k].rule->when == NULL
				? which == NULL
				: applies(&col[k], in, at))
				which = &col[k];
			if (col[k].last)
				break;
		}
		if (which == NULL)
			seki_explain_none(r->plan->more.explain, &col[i]);
		if (which != NULL
			? seki_run_column(r, which, in, out, at, err) == -1
			: required && seki_run_broken(r, &col[i], "when",
					  SEKI_B_EMPTY, out, at, err) == -1)
			return -1;
	}
	return 0;
}

static struct seki_value *
values(struct seki_run *r, size_t n, struct seki_err *err)
{
	struct seki_value *v =
	    seki_arena_get(&r->arena, (n + 1) * sizeof(*v), err);

	if (v != NULL)
		memset(v, 0, (n + 1) * sizeof(*v));
	return v;
}

static int
table(struct seki_run *r, const struct seki_plan_table *t,
    const struct seki_record *from, struct seki_err *err)
{
	const struct seki_value *in = &from->v[t->from];
	struct seki_value *out = &r->rec.v[t->to];
	const struct seki_field *f = &r->plan->out->field[t->to];
	struct seki_run_at at = { .table = t->from, .from = from };

	*out = *in;
	if (in->nrow == 0)
		return 0;
	out->row = seki_arena_get(&r->arena, in->nrow * sizeof(*out->row), err);
	if (out->row == NULL)
		return -1;
	for (at.row = 1; at.row <= in->nrow; at.row++) {
		struct seki_row *row = &out->row[at.row - 1];

		row->id = in->row[at.row - 1].id;
		if ((row->v = values(r, f->nsub, err)) == NULL)
			return -1;
		if (columns(r, t->col, t->ncol, in->row[at.row - 1].v, row->v,
			&at, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_run_record(
    struct seki_run *r, const struct seki_record *from, struct seki_err *err)
{
	const struct seki_plan *p = r->plan;
	struct seki_run_at at = { .from = from };
	size_t i;

	memset(&r->rec, 0, sizeof(r->rec));
	seki_arena_reset(&r->arena);
	seki_buf_reset(&r->reasons);
	r->rec.key = from->key;
	if ((r->rec.v = values(r, p->out->n, err)) == NULL)
		return -1;
	for (i = 0; i < p->ncarry; i++)
		r->rec.v[p->carry[i].alt] = from->v[p->carry[i].field];
	if (columns(r, p->col, p->ncol, from->v, r->rec.v, &at, err) == -1)
		return -1;
	for (i = 0; i < p->ntable; i++)
		if (table(r, &p->table[i], from, err) == -1)
			return -1;
	return 0;
}

/* The record as a HELD message, remembered for the next pull. */
static int
held(struct seki_run *r, struct seki_err *err)
{
	struct seki_normal *res = r->res;
	const struct seki_value *key = &r->rec.key;

	if (res->held++ < SEKI_HELD_NAMED &&
	    (seki_buf_add(&r->named, key->p, key->n, err) == -1 ||
		seki_buf_byte(&r->named, '\0', err) == -1))
		return -1;
	if (res->held > r->max)
		return 0;
	if (seki_buf_byte(&r->reasons, ']', err) == -1 ||
	    seki_buf_add(&r->retry, key->p, key->n, err) == -1 ||
	    seki_buf_byte(&r->retry, '\0', err) == -1)
		return -1;
	r->rec.kind = SEKI_RECORD_HELD;
	r->rec.v = NULL;
	r->rec.reasons.p = r->reasons.p;
	r->rec.reasons.n = r->reasons.n;
	r->rec.reasons.set = 1;
	return 0;
}

/* To the workbook for people: the record, if a rule was broken. */
static int
tell(const struct seki_run *r, const struct seki_record *from, int is_held,
    struct seki_err *err)
{
	return r->plan->more.held == NULL
		   ? 0
		   : seki_held_book_record(
			 r->plan->more.held, from, is_held, err);
}

/* The record that stops the run is in the workbook, too. */
static int
stopped(const struct seki_run *r, const struct seki_record *from,
    const struct seki_err *err)
{
	struct seki_err other = SEKI_ERR_INIT;

	if (err->reason == SEKI_HELD)
		(void)tell(r, from, 1, &other);
	return -1;
}

int
seki_run_one(
    struct seki_run *r, const struct seki_record *from, struct seki_err *err)
{
	const struct seki_record *to = from;

	if (from->kind == SEKI_RECORD_ROW) {
		r->res->records++;
		if (seki_run_record(r, from, err) == -1) {
			seki_err_record(err, from->key.p, from->key.n);
			return stopped(r, from, err);
		}
		if ((r->reasons.n > 0 && held(r, err) == -1) ||
		    tell(r, from, r->reasons.n > 0, err) == -1) {
			seki_err_record(err, from->key.p, from->key.n);
			return -1;
		}
		to = &r->rec;
	}
	/* Past the ceiling nothing is written: it will have no proof. */
	return r->res->held > r->max ? 0
				     : seki_stream_part_put(r->part, to, err);
}

void
seki_run_release(struct seki_run *r)
{
	seki_arena_free(&r->arena);
	seki_buf_free(&r->work);
	seki_buf_free(&r->join);
	seki_buf_free(&r->reasons);
	seki_buf_free(&r->retry);
	seki_buf_free(&r->named);
	seki_buf_free(&r->waits);
}
