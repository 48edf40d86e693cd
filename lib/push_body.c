#include <string.h>

#include "push_int.h"

static int
scalar(const struct seki_pair *p, const struct seki_value *v,
    struct seki_buf *b, struct seki_err *err)
{
	int day = p->shape == SEKI_S_DATE || p->shape == SEKI_S_TIME;

	if (!v->set)
		return seki_buf_str(b, day ? "null" : "\"\"", err);
	return seki_json_quote(
	    b, v->p, p->shape == SEKI_S_TIME ? (size_t)5 : v->n, err);
}

static int
list(const struct seki_pair *p, const struct seki_value *v, struct seki_buf *b,
    struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_item item;
	const char *comma = "";
	size_t at = 0;
	int r, users = p->shape == SEKI_S_USERS;

	if (seki_buf_byte(b, '[', err) == -1)
		return -1;
	while ((r = seki_item_next(p->shape, v, &at, &text, &item, err)) == 1) {
		r = seki_buf_str(b, comma, err);
		comma = ",";
		if (r == 0 && users)
			r = seki_buf_str(b, "{\"code\":", err);
		if (r == 0)
			r = seki_json_quote(b, users ? item.code : item.p,
			    users ? item.ncode : item.n, err);
		if (r == 0 && users)
			r = seki_buf_byte(b, '}', err);
		if (r == -1)
			break;
	}
	seki_buf_free(&text);
	return r == -1 ? -1 : seki_buf_byte(b, ']', err);
}

static int
member(const char *code, const char *comma, struct seki_buf *b,
    struct seki_err *err)
{
	if (seki_buf_str(b, comma, err) == -1 ||
	    seki_json_quote(b, code, strlen(code), err) == -1)
		return -1;
	return seki_buf_str(b, ":{\"value\":", err);
}

static int
row(const struct seki_pair *p, const struct seki_row *ours,
    const struct seki_row *theirs, int same_app, struct seki_buf *b,
    struct seki_err *err)
{
	size_t k;

	if (seki_buf_byte(b, '{', err) == -1)
		return -1;
	if (theirs != NULL &&
	    (seki_buf_str(b, "\"id\":", err) == -1 ||
		seki_json_quote(b, theirs->id.p, theirs->id.n, err) == -1 ||
		seki_buf_byte(b, ',', err) == -1))
		return -1;
	if (seki_buf_str(b, "\"value\":{", err) == -1)
		return -1;
	for (k = 0; k < p->nsub; k++)
		if (member(p->sub[k].code, k ? "," : "", b, err) == -1 ||
		    seki_push_value(&p->sub[k], &ours->v[p->sub[k].ours],
			theirs != NULL ? &theirs->v[p->sub[k].theirs] : NULL,
			same_app, b, err) == -1 ||
		    seki_buf_byte(b, '}', err) == -1)
			return -1;
	return seki_buf_str(b, "}}", err);
}

/* The whole table: a row that is left out is deleted there. */
static int
table(const struct seki_pair *p, const struct seki_value *v,
    const struct seki_value *theirs, int same_app, struct seki_buf *b,
    struct seki_err *err)
{
	size_t i;

	if (seki_buf_byte(b, '[', err) == -1)
		return -1;
	for (i = 0; i < v->nrow; i++)
		if ((i > 0 && seki_buf_byte(b, ',', err) == -1) ||
		    row(p, &v->row[i], seki_push_row(p, v, i, theirs, same_app),
			same_app, b, err) == -1)
			return -1;
	return seki_buf_byte(b, ']', err);
}

int
seki_push_value(const struct seki_pair *p, const struct seki_value *v,
    const struct seki_value *theirs, int same_app, struct seki_buf *b,
    struct seki_err *err)
{
	if (p->shape == SEKI_S_TABLE)
		return table(p, v, theirs, same_app, b, err);
	if (p->shape == SEKI_S_CHOICES || p->shape == SEKI_S_USERS)
		return list(p, v, b, err);
	if (p->shape == SEKI_S_FILES)
		return seki_push_file_value(p, v, theirs, b, err);
	return scalar(p, v, b, err);
}

/* Lists and texts; a table would be a page of its own. */
static void
tell(const struct seki_push_run *r, const struct seki_pair *p,
    const struct seki_value *here, const struct seki_value *there)
{
	struct seki_buf a = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	if (p->shape != SEKI_S_TABLE && p->shape != SEKI_S_FILES &&
	    seki_buf_add(&a, here->p, here->n, &err) == 0 &&
	    seki_buf_add(&b, there->p, there->n, &err) == 0)
		r->push->values(r->push->ctx, r->tell->key, p->code,
		    a.p ? a.p : "", b.p ? b.p : "");
	seki_buf_free(&a);
	seki_buf_free(&b);
}

int
seki_push_body(struct seki_push_run *r, const struct seki_record *ours,
    const struct seki_record *theirs, struct seki_buf *b,
    struct seki_buf *differs)
{
	const struct seki_value *there;
	const struct seki_pair *p;
	size_t i;
	int same;

	seki_buf_reset(b);
	seki_buf_reset(differs);
	for (i = 0; i < r->pairs.n; i++) {
		p = &r->pairs.pair[i];
		there = theirs ? &theirs->v[p->theirs] : NULL;
		seki_arena_reset(&r->scratch);
		same = there == NULL
			   ? 0
			   : seki_push_same(p, &ours->v[p->ours], there,
				 r->pairs.same_app, &r->scratch, r->err);
		if (same == 1)
			continue;
		if (same == -1 ||
		    member(p->code, b->n == 0 ? "{" : ",", b, r->err) == -1 ||
		    seki_push_value(p, &ours->v[p->ours], there,
			r->pairs.same_app, b, r->err) == -1 ||
		    seki_buf_byte(b, '}', r->err) == -1)
			return -1;
		if (r->tell != NULL && there != NULL)
			tell(r, p, &ours->v[p->ours], there);
		if (theirs != NULL && seki_buf_fmt(differs, r->err, "%s%s",
					  differs->n ? "," : "", p->code) == -1)
			return -1;
	}
	return b->n == 0 ? 0 : seki_buf_byte(b, '}', r->err);
}
