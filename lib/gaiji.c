#include <stdlib.h>
#include <string.h>

#include "chartable.h"
#include "fold.h"

enum { CODE, TEXT, MJ, NAME, NOTE, COLS };
static const struct seki_chartable_col cols[] = { { "外字", "code", 1 },
	{ "代替", "text", 0 }, { "MJ文字図形名", "mj", 0 },
	{ "名称", "name", 0 }, { "備考", "note", SEKI_CHARTABLE_NOTE } };

struct seki_gaiji {
	struct seki_gaiji_char *list; /* by code point */
	size_t n, size;
	struct seki_arena arena; /* the texts */
};

static int
compare(const void *a, const void *b)
{
	const struct seki_gaiji_char *x = a, *y = b;

	if (x->c != y->c)
		return x->c < y->c ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int
order(
    struct seki_gaiji *g, const struct seki_chartable *t, struct seki_err *err)
{
	size_t i;

	if (g->n > 0)
		qsort(g->list, g->n, sizeof(*g->list), compare);
	for (i = 1; i < g->n; i++)
		if (g->list[i - 1].c == g->list[i].c)
			return seki_chartable_bad_at(t, CODE, g->list[i].row,
			    err, _("another row has the same character"));
	return 0;
}

static int
mj_ok(const char *s)
{
	return strncmp(s, "MJ", 2) == 0 && strlen(s) == 8 &&
	       strspn(s + 2, "0123456789") == 6;
}

static int
check(const struct seki_chartable *t, uint32_t c, struct seki_err *err)
{
	const char *text = seki_chartable_cell(t, TEXT);
	const char *mj = seki_chartable_cell(t, MJ);

	if ((c < 0xE000 || c > 0xF8FF) && c < 0xF0000)
		return seki_chartable_bad(t, CODE, err,
		    _("not a private code point (U+E000 to U+F8FF, or from "
		      "U+F0000 on)"));
	if (mj[0] != '\0' && !mj_ok(mj))
		return seki_chartable_bad(t, MJ, err,
		    _("an MJ name is MJ and six digits, such as MJ000001"));
	if (text[0] == '\0' && mj[0] == '\0')
		return seki_chartable_bad(t, TEXT, err,
		    _("neither a text nor an MJ name stands for it"));
	return 0;
}

static const char *
copy(struct seki_gaiji *g, const struct seki_chartable *t, size_t col,
    struct seki_err *err)
{
	const char *s = seki_chartable_cell(t, col);

	return seki_arena_copy(&g->arena, s, strlen(s), err);
}

static int
row(struct seki_gaiji *g, const struct seki_chartable *t, struct seki_err *err)
{
	uint32_t c = seki_chartable_char(t, CODE, err);
	struct seki_gaiji_char e = { .c = c }, *grown;
	size_t size = g->size == 0 ? 64 : 2 * g->size;

	if (c == 0 || check(t, c, err) == -1)
		return -1;
	e.row = (uint32_t)seki_chartable_row(t);
	if ((e.text = copy(g, t, TEXT, err)) == NULL ||
	    (e.mj = copy(g, t, MJ, err)) == NULL ||
	    (e.name = copy(g, t, NAME, err)) == NULL ||
	    (e.note = copy(g, t, NOTE, err)) == NULL)
		return -1;
	if (g->n == g->size) {
		grown = reallocarray(g->list, size, sizeof(*grown));
		if (grown == NULL)
			return seki_err_nomem(err);
		g->list = grown;
		g->size = size;
	}
	g->list[g->n++] = e;
	return 0;
}

struct seki_gaiji *
seki_gaiji_read(struct seki_in *in, struct seki_err *err)
{
	struct seki_gaiji *g = calloc(1, sizeof(*g));
	struct seki_chartable t;
	int r;

	if (g == NULL) {
		seki_in_free(in);
		(void)seki_err_nomem(err);
		return NULL;
	}
	r = seki_chartable_open(&t, in, cols, COLS, err) == -1 ? -1 : 1;
	while (r == 1 && (r = seki_chartable_next(&t, err)) == 1)
		if (row(g, &t, err) == -1)
			r = -1;
	if (r == 0)
		r = order(g, &t, err);
	seki_chartable_close(&t);
	if (r == 0)
		return g;
	seki_gaiji_free(g);
	return NULL;
}

struct seki_gaiji *
seki_gaiji_open(const char *path, struct seki_err *err)
{
	struct seki_in *in = seki_in_file(path, SEKI_CHARTABLE_MAX, err);

	return in == NULL ? NULL : seki_gaiji_read(in, err);
}

const struct seki_gaiji_char *
seki_gaiji_find(const struct seki_gaiji *g, uint32_t c)
{
	size_t lo = 0, hi = g->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (g->list[mid].c < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < g->n && g->list[lo].c == c ? &g->list[lo] : NULL;
}

void
seki_gaiji_free(struct seki_gaiji *g)
{
	if (g == NULL)
		return;
	seki_arena_free(&g->arena);
	free(g->list);
	free(g);
}
