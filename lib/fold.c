#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "chartable.h"
#include "fold.h"

enum { FROM, TO, REASON, COLS };
static const struct seki_chartable_col cols[] = { { "元", "from", 1 },
	{ "候補", "to", 1 }, { "理由", "reason", 0 } };

struct seki_fold {
	struct seki_fold_to *to; /* by from and to */
	size_t n, size;
	struct seki_buf text; /* the reasons, each with its NUL */
};

static int
compare(const void *a, const void *b)
{
	const struct seki_fold_to *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Most reasons are those of the row before. */
static int
reason(struct seki_fold *f, const char *s, uint32_t *at, struct seki_err *err)
{
	size_t n = strlen(s) + 1;

	*at = (uint32_t)f->text.n;
	if (f->n > 0 && strcmp(f->text.p + f->to[f->n - 1].reason, s) == 0) {
		*at = f->to[f->n - 1].reason;
		return 0;
	}
	return seki_buf_add(&f->text, s, n, err);
}

static int
row(struct seki_fold *f, const struct seki_chartable *t, struct seki_err *err)
{
	struct seki_fold_to to, *grown;
	size_t size = f->size == 0 ? 64 : 2 * f->size;

	if ((to.from = seki_chartable_char(t, FROM, err)) == 0 ||
	    (to.to = seki_chartable_char(t, TO, err)) == 0)
		return -1;
	to.row = (uint32_t)seki_chartable_row(t);
	if (to.from == to.to)
		return seki_chartable_bad(
		    t, TO, err, _("a character cannot stand for itself"));
	if (f->n == f->size) {
		grown = reallocarray(f->to, size, sizeof(*grown));
		if (grown == NULL)
			return seki_err_nomem(err);
		f->to = grown;
		f->size = size;
	}
	if (reason(f, seki_chartable_cell(t, REASON), &to.reason, err) == -1)
		return -1;
	f->to[f->n++] = to;
	return 0;
}

static int
order(struct seki_fold *f, const struct seki_chartable *t, struct seki_err *err)
{
	size_t i;

	if (f->n > 0)
		qsort(f->to, f->n, sizeof(*f->to), compare);
	for (i = 1; i < f->n; i++)
		if (f->to[i - 1].from == f->to[i].from &&
		    f->to[i - 1].to == f->to[i].to)
			return seki_chartable_bad_at(t, TO, f->to[i].row, err,
			    _("another row says the same"));
	return 0;
}

struct seki_fold *
seki_fold_read(struct seki_in *in, struct seki_err *err)
{
	struct seki_fold *f = calloc(1, sizeof(*f));
	struct seki_chartable t;
	int r;

	if (f == NULL) {
		seki_in_free(in);
		(void)seki_err_nomem(err);
		return NULL;
	}
	r = seki_chartable_open(&t, in, cols, COLS, err) == -1 ? -1 : 1;
	while (r == 1 && (r = seki_chartable_next(&t, err)) == 1)
		if (row(f, &t, err) == -1)
			r = -1;
	if (r == 0)
		r = order(f, &t, err);
	seki_chartable_close(&t);
	if (r == 0)
		return f;
	seki_fold_free(f);
	return NULL;
}

struct seki_fold *
seki_fold_open(const char *path, struct seki_err *err)
{
	struct seki_in *in = seki_in_file(path, SEKI_CHARTABLE_MAX, err);

	return in == NULL ? NULL : seki_fold_read(in, err);
}

size_t
seki_fold_find(
    const struct seki_fold *f, uint32_t from, const struct seki_fold_to **to)
{
	size_t lo = 0, hi = f->n, mid, n;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->to[mid].from < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	*to = f->to == NULL ? NULL : f->to + lo;
	for (n = 0; lo + n < f->n && f->to[lo + n].from == from;)
		n++;
	return n;
}

const char *
seki_fold_reason(const struct seki_fold *f, const struct seki_fold_to *to)
{
	return f->text.p + to->reason;
}

static int
put(uint32_t c, struct seki_buf *b, size_t start, struct seki_err *err)
{
	char text[8];

	if (b->n > start && seki_buf_byte(b, '|', err) == -1)
		return -1;
	return seki_buf_add(b, text, seki_text_put(text, c), err);
}

int
seki_fold_text(const struct seki_fold *f, const char *s, size_t n,
    struct seki_buf *b, struct seki_err *err)
{
	const size_t start = b->n;
	const struct seki_fold_to *to;
	size_t at = 0, count, i;
	uint32_t c;

	if (seki_charset_open(SEKI_CP932, err) == -1)
		return -1;
	if (n == 0)
		return SEKI_B_EMPTY;
	c = seki_text_get(s, n, &at);
	if (at != n)
		return SEKI_B_UNPARSED;
	count = seki_fold_find(f, c, &to);
	for (i = 0; i < count; i++)
		if (seki_charset_code(to[i].to) != UINT32_MAX &&
		    put(to[i].to, b, start, err) == -1)
			return -1;
	return b->n == start ? SEKI_B_NO_CANDIDATE : 0;
}

void
seki_fold_free(struct seki_fold *f)
{
	if (f == NULL)
		return;
	free(f->to);
	seki_buf_free(&f->text);
	free(f);
}
