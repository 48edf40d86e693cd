#include <stdlib.h>

#include "lookup_int.h"
#include "workbook.h"

/* The worklist of a lookup table: what nobody has decided yet, and what may be
 * meant by it. */

#define NEAR 3	       /* candidates beside a value */
#define LEAST 40       /* per cent that a candidate has in common */
#define WORK 20000000U /* comparisons before the rest goes without */
#define PAIRS 64       /* of neighbouring characters that count */

/* Pairs of neighbouring characters of a folded text, in order. */
struct pairs {
	uint64_t v[PAIRS];
	size_t n;
};
struct book {
	struct seki_lookup *t;
	struct seki_workbook *w;
	int english;
	struct pairs *from, *to; /* of the table's rows */
	uint64_t work;
};

static int
order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The first and last one count, too: a short word has few others. */
static void
pairs_of(const char *s, struct pairs *p)
{
	size_t i = 0, n = strlen(s);
	uint32_t last = 0, c;

	p->n = 0;
	while (i < n && p->n < PAIRS - 1) {
		c = seki_text_get(s, n, &i);
		p->v[p->n++] = (uint64_t)last << 32 | c;
		last = c;
	}
	p->v[p->n++] = (uint64_t)last << 32;
	qsort(p->v, p->n, sizeof(*p->v), order);
}

/* Dice's coefficient, in per cent. */
static unsigned
alike(const struct pairs *a, const struct pairs *b)
{
	size_t i = 0, k = 0, both = 0;

	while (i < a->n && k < b->n)
		if (a->v[i] == b->v[k]) {
			both++;
			i++;
			k++;
		} else if (a->v[i] < b->v[k])
			i++;
		else
			k++;
	return (unsigned)(200 * both / (a->n + b->n));
}

struct candidate {
	const char *to;
	unsigned percent;
};

static void
offer(struct candidate *best, const char *to, unsigned percent)
{
	size_t i, k;

	for (i = 0; i < NEAR && best[i].to != NULL; i++)
		if (strcmp(best[i].to, to) == 0) {
			if (best[i].percent >= percent)
				return;
			break;
		}
	if (i == NEAR)
		i--;
	if (best[i].to != NULL && best[i].percent >= percent)
		return;
	for (k = i; k > 0 && best[k - 1].percent < percent; k--)
		best[k] = best[k - 1];
	best[k].to = to;
	best[k].percent = percent;
}

/* The nearest results, by what leads to them and by themselves. */
static int
near(struct book *b, const char *fold, struct seki_buf *out,
    struct seki_err *err)
{
	struct candidate best[NEAR] = { { .to = NULL } };
	const struct seki_lookup_row *row;
	struct pairs p;
	unsigned here, there;
	size_t i;

	if ((b->work += b->t->n) > WORK)
		return 0;
	pairs_of(fold, &p);
	for (i = 0; i < b->t->n; i++) {
		row = &b->t->row[i];
		if (row->to == NULL || row->to[0] == '\0')
			continue;
		here = alike(&p, &b->from[i]);
		there = alike(&p, &b->to[i]);
		if (here < there)
			here = there;
		if (here >= LEAST)
			offer(best, row->to, here);
	}
	for (i = 0; i < NEAR && best[i].to != NULL; i++)
		if (seki_buf_fmt(out, err, "%s%s", i == 0 ? "" : " | ",
			best[i].to) == -1)
			return -1;
	return 0;
}

static int
measure(struct book *b, struct seki_err *err)
{
	const struct seki_lookup *t = b->t;
	size_t i;

	b->from = calloc(t->n + 1, sizeof(*b->from));
	b->to = calloc(t->n + 1, sizeof(*b->to));
	if (b->from == NULL || b->to == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < t->n; i++) {
		if (t->row[i].to == NULL || t->row[i].to[0] == '\0')
			continue;
		pairs_of(t->row[i].fold, &b->from[i]);
		if (seki_lookup_fold(t->row[i].to, strlen(t->row[i].to),
			&b->t->work, err) == -1)
			return -1;
		pairs_of(b->t->work.p, &b->to[i]);
	}
	return 0;
}

static int
line(struct book *b, const struct seki_lookup_open *o,
    const struct seki_lookup_row *row, const char *nearest,
    struct seki_err *err)
{
	const char *nothing =
	    b->english ? SEKI_LOOKUP_NOTHING_EN : SEKI_LOOKUP_NOTHING_JA;
	const char *from = o != NULL ? o->value : row->from;
	const char *to = row == NULL || row->to == NULL ? ""
			 : row->to[0] == '\0'		? nothing
							: row->to;
	const char *note = row == NULL ? "" : row->note;
	uint64_t n = o != NULL ? o->count : row->used;
	char count[24];

	(void)snprintf(count, sizeof(count), "%llu", (unsigned long long)n);
	if (seki_workbook_str(b->w, SEKI_LOOK_PLAIN, from, err) == -1 ||
	    seki_workbook_str(b->w,
		to[0] == '\0' ? SEKI_LOOK_FILL : SEKI_LOOK_PLAIN, to,
		err) == -1 ||
	    seki_workbook_number(
		b->w, SEKI_LOOK_GREY, count, strlen(count), err) == -1 ||
	    seki_workbook_str(b->w, SEKI_LOOK_GREY, nearest, err) == -1 ||
	    seki_workbook_str(b->w, SEKI_LOOK_GREY,
		o == NULL || o->keys == NULL ? "" : o->keys, err) == -1 ||
	    seki_workbook_str(b->w, SEKI_LOOK_PLAIN, note, err) == -1)
		return -1;
	return seki_workbook_end(b->w, err);
}

static int
by_count(const void *a, const void *b)
{
	const struct seki_lookup_open *x =
	    *(const struct seki_lookup_open *const *)a;
	const struct seki_lookup_open *y =
	    *(const struct seki_lookup_open *const *)b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->value, y->value);
}

/* A row that was left open before is counted with the new ones, or it would
 * stand there twice. */
static int
lines(struct book *b, struct seki_err *err)
{
	struct seki_lookup *t = b->t;
	struct seki_buf n = SEKI_BUF_INIT;
	const struct seki_lookup_row *row;
	size_t i;
	int r = 0;

	if (t->nopen > 0)
		qsort(t->open, t->nopen, sizeof(*t->open), by_count);
	for (i = 0; r == 0 && i < t->nopen; i++) {
		seki_buf_reset(&n);
		row = seki_lookup_exact(t, t->open[i]->value);
		if ((r = near(b, t->open[i]->fold, &n, err)) == 0 &&
		    (r = seki_buf_room(&n, 0, err)) == 0)
			r = line(b, t->open[i],
			    row != NULL && row->to == NULL ? row : NULL, n.p,
			    err);
	}
	for (i = 0; r == 0 && i < t->n; i++) {
		row = &t->row[i];
		if (row->to == NULL && seki_lookup_waits(t, row))
			continue;
		r = line(b, NULL, row, "", err);
	}
	seki_buf_free(&n);
	return r;
}

static int
sheet(struct book *b, struct seki_err *err)
{
	static const unsigned width[SEKI_LOOKUP_COLS] = { 40, 40, 8, 50, 20,
		30 };
	struct seki_workbook_col col[SEKI_LOOKUP_COLS] = { { .width = 0 } };
	size_t i;

	for (i = 0; i < SEKI_LOOKUP_COLS; i++) {
		col[i].title = b->english ? seki_lookup_cols[i].en
					  : seki_lookup_cols[i].ja;
		col[i].width = width[i];
	}
	return seki_workbook_sheet(b->w,
	    b->t->sheet != NULL && b->t->sheet[0] != '\0' ? b->t->sheet
							  : "変換表",
	    col, SEKI_LOOKUP_COLS, err);
}

int
seki_lookup_worklist(struct seki_lookup *t, int english, const char *spool,
    struct seki_out *out, struct seki_err *err)
{
	struct book b = { .t = t, .english = english };
	int r = -1;

	if ((b.w = seki_workbook_create(spool, err)) != NULL &&
	    measure(&b, err) == 0 && sheet(&b, err) == 0 && lines(&b, err) == 0)
		r = seki_workbook_save(b.w, out, err);
	seki_workbook_free(b.w);
	free(b.from);
	free(b.to);
	return r;
}
