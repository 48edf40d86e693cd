#include <stdlib.h>
#include <string.h>

#include "match_int.h"
#include "totals_int.h"

/* A stream's records counted and summed by group, and held against a table. */

struct run {
	struct seki_totals *t;
	const struct seki_schema *s;
	struct seki_totaled *res;
	struct seki_buf text, fold;
	struct seki_dec add;
};

/* The month, or the year of accounts, that a day in Japan lies in. */
static int
period(const struct seki_totals_col *c, const struct seki_value *v,
    struct seki_buf *to, struct seki_err *err)
{
	char day[SEKI_TIME];
	const char *month;
	seki_time at;
	int y, m;

	if (!v->set || v->n >= sizeof(day))
		return 0;
	memcpy(day, v->p, v->n);
	day[v->n] = '\0';
	if (c->shape == SEKI_S_DATETIME) {
		if (seki_time_parse(v->p, v->n, &at) == -1)
			return 0;
		seki_time_jst(at, day);
	}
	if ((month = strchr(day, '-')) == NULL)
		return 0;
	y = atoi(day);
	m = atoi(month + 1);
	if (c->kind == SEKI_TOTALS_YEAR)
		return seki_buf_fmt(to, err, "%04d", m < 4 ? y - 1 : y);
	return seki_buf_fmt(to, err, "%04d-%02d", y, m);
}

static int
parts(struct run *r, const struct seki_record *rec, struct seki_err *err)
{
	struct seki_totals *t = r->t;
	const struct seki_totals_col *c;
	size_t i;

	for (i = 0; i < t->nkey; i++) {
		c = &t->key[i];
		t->any[i] = 0;
		seki_buf_reset(&t->part[i]);
		if ((c->kind == SEKI_TOTALS_FIELD
			    ? seki_match_text(
				  r->s, rec, c->at, SIZE_MAX, &t->part[i], err)
			    : period(c, &rec->v[c->at], &t->part[i], err)) ==
		    -1)
			return -1;
	}
	return 0;
}

/* 1 when a condition of the table leaves the record out. */
static int
excluded(struct run *r, const struct seki_record *rec, struct seki_err *err)
{
	const struct seki_totals_except *e = r->t->except;
	size_t i;

	for (i = 0; i < r->t->nexcept; i++, e++) {
		seki_buf_reset(&r->text);
		seki_buf_reset(&r->fold);
		if (seki_match_text(
			r->s, rec, e->at, SIZE_MAX, &r->text, err) == -1 ||
		    seki_match_fold(SEKI_HOW_TEXT, NULL, r->text.p, r->text.n,
			&r->fold, err) == -1)
			return -1;
		if (r->fold.n == e->fold.n &&
		    (e->fold.n == 0 ||
			memcmp(r->fold.p, e->fold.p, e->fold.n) == 0))
			return 1;
	}
	return 0;
}

static int
sums(struct run *r, const struct seki_record *rec, struct seki_totals_group *g,
    struct seki_err *err)
{
	const struct seki_totals_col *c;
	size_t i;
	int got;

	for (i = 0; i < r->t->nfig; i++) {
		c = &r->t->fig[i];
		if (c->kind != SEKI_TOTALS_SUM)
			continue;
		seki_buf_reset(&r->text);
		if (seki_match_text(r->s, rec, c->at, c->sub, &r->text, err) ==
			-1 ||
		    (got = seki_dec_set(&r->add, r->text.p, r->text.n, err)) ==
			-1)
			return -1;
		if (got == 1)
			r->res->nothing++;
		else if (seki_dec_add(&g->have[i], &r->add, err) == -1)
			return -1;
	}
	return 0;
}

static int
one(struct run *r, const struct seki_record *rec, struct seki_err *err)
{
	struct seki_totals_group *g;
	int out, made;

	r->res->held += rec->kind == SEKI_RECORD_HELD;
	r->res->deleted += rec->kind == SEKI_RECORD_DELETED;
	if (rec->kind != SEKI_RECORD_ROW)
		return 0;
	if ((out = excluded(r, rec, err)) != 0) {
		r->res->excluded++;
		return out == 1 ? 0 : -1;
	}
	if (parts(r, rec, err) == -1 ||
	    (g = seki_totals_group(r->t, &made, err)) == NULL)
		return -1;
	r->res->records++;
	r->res->groups += g->count++ == 0;
	return sums(r, rec, g, err);
}

/* A count is a figure like the others. */
static int
counts(struct seki_totals *t, struct seki_err *err)
{
	char n[24];
	size_t i, k;

	for (i = 0; i < t->n; i++)
		for (k = 0; k < t->nfig && !t->group[i]->total; k++) {
			if (t->fig[k].kind != SEKI_TOTALS_COUNT)
				continue;
			(void)snprintf(n, sizeof(n), "%llu",
			    (unsigned long long)t->group[i]->count);
			if (seki_dec_set(
				&t->group[i]->have[k], n, strlen(n), err) == -1)
				return -1;
		}
	return 0;
}

static int
records(struct run *r, struct seki_stream_in *in,
    const struct seki_totals_how *how, struct seki_err *err)
{
	struct seki_record *rec;
	uint64_t n = 0;
	int got;

	while ((got = seki_stream_next(in, &rec, err)) == 1) {
		if (one(r, rec, err) == -1) {
			seki_err_record(err, rec->key.p, rec->key.n);
			return -1;
		}
		if (++n % 1024 == 0 && how != NULL && how->progress != NULL)
			how->progress(n);
	}
	if (got == -1)
		return -1;
	r->res->proof = *seki_stream_proof(in);
	if (strcmp(r->res->proof.kind, "full") == 0)
		return counts(r->t, err);
	seki_err_hint(err, "%s",
	    _("pull all records, or export the stream from the store"));
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("a delta has only what changed; totals need every record"));
}

int
seki_totals_take(struct seki_totals *t, struct seki_in *raw,
    const struct seki_totals_how *how, struct seki_totaled *res, char *stream,
    struct seki_err *err)
{
	struct seki_stream_in *in = seki_stream_open(raw, err);
	struct run r = { .t = t, .res = res };
	int got = -1;

	memset(res, 0, sizeof(*res));
	if (in == NULL)
		return -1;
	r.s = seki_stream_schema(in);
	(void)snprintf(stream, SEKI_STREAM_MAX + 1, "%s", r.s->stream);
	if (seki_totals_bind(t, r.s, err) == 0 &&
	    seki_dec_init(&r.add, err) == 0) {
		got = records(&r, in, how, err);
		seki_dec_release(&r.add);
	}
	seki_buf_free(&r.text);
	seki_buf_free(&r.fold);
	seki_stream_free(in);
	return got;
}

/* table 0 where the stream has no such group is the same. */
static enum seki_totals_verdict
verdict(const struct seki_totals_group *g, size_t fig, int order)
{
	if (g->row == 0)
		return SEKI_TOTALS_NO_ROW;
	if (g->want[fig] == NULL || (g->total && g->open[fig]))
		return SEKI_TOTALS_UNASKED;
	if (order == 0)
		return SEKI_TOTALS_SAME;
	return g->total	       ? SEKI_TOTALS_OWN_ROWS
	       : g->count == 0 ? SEKI_TOTALS_NO_RECORD
			       : SEKI_TOTALS_DIFFERS;
}

int
seki_totals_judge(const struct seki_totals_group *g, size_t fig,
    struct seki_totals_figure *f, struct seki_err *err)
{
	struct seki_dec want, diff;
	int r = -1, order = 0;

	seki_buf_reset(&f->have);
	seki_buf_reset(&f->diff);
	f->want = g->want[fig] == NULL ? "" : g->want[fig];
	if (seki_dec_init(&want, err) == -1)
		return -1;
	if (seki_dec_init(&diff, err) == 0) {
		r = f->want[0] == '\0'
			? 0
			: seki_dec_set(&want, f->want, strlen(f->want), err);
		if (r == 0)
			r = seki_dec_cmp(&g->have[fig], &want, &order, err);
		if (r == 0 &&
		    (r = seki_dec_add(&diff, &g->have[fig], err)) == 0)
			r = seki_dec_sub(&diff, &want, err);
		if (r == 0 &&
		    (r = seki_dec_text(&g->have[fig], &f->have, err)) == 0)
			r = seki_dec_text(&diff, &f->diff, err);
		seki_dec_release(&diff);
	}
	seki_dec_release(&want);
	f->v = verdict(g, fig, order);
	return r;
}

static const char *const words[] = { "same", "empty", "differs",
	"not-in-stream", "not-in-table", "total-row" };

static int
member(struct seki_buf *b, const char *name, const char *text,
    struct seki_err *err)
{
	return seki_buf_fmt(b, err, ",\"%s\":", name) == -1
		   ? -1
		   : seki_json_quote(b, text, strlen(text), err);
}

static int
listed(const struct seki_totals *t, const struct seki_totals_group *g,
    const struct seki_totals_col *c, const struct seki_totals_figure *f,
    struct seki_buf *b, struct seki_err *err)
{
	size_t i;

	if (seki_buf_fmt(b, err, "%s{\"row\":%llu,\"group\":[",
		b->n > 1 ? "," : "", (unsigned long long)g->row) == -1)
		return -1;
	for (i = 0; i < t->nkey; i++) {
		if (i > 0 && seki_buf_byte(b, ',', err) == -1)
			return -1;
		if ((g->show[i] == NULL ? seki_buf_str(b, "null", err)
					: seki_json_quote(b, g->show[i],
					      strlen(g->show[i]), err)) == -1)
			return -1;
	}
	if (seki_buf_byte(b, ']', err) == -1 ||
	    member(b, "figure", c->head, err) == -1 ||
	    member(b, "why", words[f->v], err) == -1 ||
	    member(b, "table", f->want, err) == -1 ||
	    member(b, "stream", f->have.p, err) == -1 ||
	    member(b, "difference", f->diff.p, err) == -1)
		return -1;
	return seki_buf_byte(b, '}', err);
}

/* "row 5: さとふる, 2026-04: ", for people. */
static int
name(const struct seki_totals *t, const struct seki_totals_group *g,
    struct seki_buf *b, struct seki_err *err)
{
	const char *s;
	size_t i;

	seki_buf_reset(b);
	if (g->row > 0 && seki_buf_fmt(b, err, _("row %llu: "),
			      (unsigned long long)g->row) == -1)
		return -1;
	for (i = 0; i < t->nkey; i++) {
		s = g->show[i] == NULL	    ? _("total")
		    : g->show[i][0] == '\0' ? _("(empty)")
					    : g->show[i];
		if (seki_buf_fmt(b, err, "%s%.*s", i > 0 ? ", " : "",
			seki_text_cut(s, 80), s) == -1)
			return -1;
	}
	return t->nkey == 0 ? seki_buf_str(b, _("all records"), err) : 0;
}

static int
said(const struct seki_totals *t, const struct seki_totals_group *g,
    const struct seki_totals_col *c, const struct seki_totals_figure *f,
    struct seki_buf *b, struct seki_err *err)
{
	const char *what = c->head, *have = f->have.p, *diff = f->diff.p;

	if (name(t, g, b, err) == -1)
		return -1;
	if (f->v == SEKI_TOTALS_NO_ROW)
		return seki_buf_fmt(b, err,
		    _(": not in the table; %s is %s in the stream"), what,
		    have);
	if (f->v == SEKI_TOTALS_NO_RECORD)
		return seki_buf_fmt(b, err,
		    _(": no record in the stream; %s is %s in the table"), what,
		    f->want);
	if (f->v == SEKI_TOTALS_OWN_ROWS)
		return seki_buf_fmt(b, err,
		    _(": %s is %s, the table's own rows give %s (difference "
		      "%s)"),
		    what, f->want, have, diff);
	return seki_buf_fmt(b, err,
	    _(": %s is %s in the table, %s in the stream (difference %s)"),
	    what, f->want, have, diff);
}

static int
one_figure(const struct seki_totals *t, const struct seki_totals_group *g,
    size_t fig, struct seki_totals_figure *f, struct seki_buf *b,
    const struct seki_totals_how *how, struct seki_totaled *res,
    struct seki_err *err)
{
	const struct seki_totals_col *c = &t->fig[fig];

	if (seki_totals_judge(g, fig, f, err) == -1)
		return -1;
	res->same += f->v == SEKI_TOTALS_SAME;
	res->unasked += f->v == SEKI_TOTALS_UNASKED;
	if (f->v < SEKI_TOTALS_DIFFERS)
		return 0;
	if (said(t, g, c, f, b, err) == -1 ||
	    listed(t, g, c, f, &res->list, err) == -1)
		return -1;
	if (res->differ++ == 0)
		(void)snprintf(res->first, sizeof(res->first), "%.*s",
		    seki_text_cut(b->p, sizeof(res->first) - 1), b->p);
	if (how->note != NULL)
		how->note(how->ctx, b->p);
	return 0;
}

static int
compare(struct seki_totals *t, const struct seki_totals_how *how,
    struct seki_totaled *res, struct seki_err *err)
{
	struct seki_totals_figure f = { .v = SEKI_TOTALS_SAME };
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i, k;
	int r = seki_totals_own(t, err);

	if (r == 0)
		r = seki_buf_byte(&res->list, '[', err);
	for (i = 0; i < t->n; i++)
		for (k = 0; r == 0 && k < t->nfig; k++)
			r = one_figure(
			    t, t->group[i], k, &f, &b, how, res, err);
	if (r == 0)
		r = seki_buf_byte(&res->list, ']', err);
	seki_buf_free(&f.have);
	seki_buf_free(&f.diff);
	seki_buf_free(&b);
	return r;
}

int
seki_totals_check(struct seki_totals *t, struct seki_in *in,
    const struct seki_totals_how *how, struct seki_totaled *res,
    struct seki_err *err)
{
	char stream[SEKI_STREAM_MAX + 1];

	if (seki_totals_take(t, in, how, res, stream, err) == -1 ||
	    compare(t, how, res, err) == -1)
		return -1;
	return how->report == NULL
		   ? 0
		   : seki_totals_report(t, stream, res, how->report, err);
}

void
seki_totaled_release(struct seki_totaled *res)
{
	seki_buf_free(&res->list);
}
