#include <stdlib.h>
#include <string.h>

#include "match_int.h"
#include "totals_int.h"

/* Groups, found by their values as people mean them: a width or a blank makes
 * no other group. */

/* Ends a part of a key; the part that stands for every value.  No folded text
 * has a control in it. */
#define END '\x1F'
#define ANY "\x1E"

struct seki_totals *
seki_totals_new(const char *name, struct seki_err *err)
{
	struct seki_totals *t = calloc(1, sizeof(*t));

	if (t != NULL && (t->name = strdup(name)) != NULL)
		return t;
	free(t);
	(void)seki_err_nomem(err);
	return NULL;
}

struct seki_totals_col *
seki_totals_add(struct seki_totals *t, enum seki_totals_kind kind,
    const char *head, const char *field, struct seki_err *err)
{
	size_t *n = kind < SEKI_TOTALS_COUNT ? &t->nkey : &t->nfig;
	struct seki_totals_col *c =
	    kind < SEKI_TOTALS_COUNT ? &t->key[*n] : &t->fig[*n];

	if (t->nkey + t->nfig == SEKI_TOTALS_COLS) {
		(void)seki_fail(err, SEKI_LIMIT, _("more than %zu columns"),
		    SEKI_TOTALS_COLS);
		return NULL;
	}
	++*n;
	c->kind = kind;
	c->sub = SIZE_MAX;
	c->head = strdup(head);
	c->field = strdup(field);
	if (c->head != NULL && c->field != NULL)
		return c;
	(void)seki_err_nomem(err);
	return NULL;
}

/* The key of the parts, to t->fold. */
static int
key(struct seki_totals *t, struct seki_err *err)
{
	size_t i, n = 0;

	seki_buf_reset(&t->fold);
	if (seki_buf_room(&t->fold, 0, err) == -1)
		return -1;
	for (i = 0; i < t->nkey; i++) {
		n += t->part[i].n;
		if (n > SEKI_TOTALS_KEY)
			break;
		if ((t->any[i]
			    ? seki_buf_str(&t->fold, ANY, err)
			    : seki_match_fold(SEKI_HOW_TEXT, NULL, t->part[i].p,
				  t->part[i].n, &t->fold, err)) == -1 ||
		    seki_buf_byte(&t->fold, END, err) == -1)
			return -1;
	}
	if (n <= SEKI_TOTALS_KEY && t->fold.n <= SEKI_TOTALS_KEY + t->nkey)
		return 0;
	return seki_fail(err, SEKI_LIMIT,
	    _("a group's values have more than %zu bytes; is another field "
	      "meant?"),
	    SEKI_TOTALS_KEY);
}

/* Where the key is, or belongs. */
static size_t
place(const struct seki_totals *t, int *found)
{
	size_t low = 0, high = t->n, mid;
	const struct seki_buf *k;
	int order;

	*found = 0;
	while (low < high && !*found) {
		mid = (low + high) / 2;
		k = &t->index[mid]->key;
		order = memcmp(
		    t->fold.p, k->p, t->fold.n < k->n ? t->fold.n : k->n);
		if (order == 0)
			order = (t->fold.n > k->n) - (t->fold.n < k->n);
		if (order == 0) {
			*found = 1;
			low = mid;
		} else if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void
group_free(const struct seki_totals *t, struct seki_totals_group *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; g->show != NULL && i < t->nkey; i++)
		free(g->show[i]);
	for (i = 0; i < t->nfig; i++) {
		if (g->want != NULL)
			free(g->want[i]);
		if (g->have != NULL)
			seki_dec_release(&g->have[i]);
	}
	free(g->show);
	free(g->want);
	free(g->have);
	free(g->open);
	seki_buf_free(&g->key);
	free(g);
}

static struct seki_totals_group *
make(const struct seki_totals *t, struct seki_err *err)
{
	struct seki_totals_group *g = calloc(1, sizeof(*g));
	size_t i;

	if (g == NULL)
		goto nomem;
	g->show = calloc(t->nkey + 1, sizeof(*g->show));
	g->want = calloc(t->nfig + 1, sizeof(*g->want));
	g->have = calloc(t->nfig + 1, sizeof(*g->have));
	g->open = calloc(t->nfig + 1, 1);
	if (g->show == NULL || g->want == NULL || g->have == NULL ||
	    g->open == NULL)
		goto nomem;
	for (i = 0; i < t->nkey; i++)
		if (!t->any[i] &&
		    (g->show[i] = strndup(t->part[i].n == 0 ? "" : t->part[i].p,
			 t->part[i].n)) == NULL)
			goto nomem;
	for (i = 0; i < t->nfig; i++)
		if (seki_dec_init(&g->have[i], err) == -1)
			goto nomem;
	if (seki_buf_room(&g->key, 0, err) == 0 &&
	    seki_buf_add(&g->key, t->fold.p, t->fold.n, err) == 0)
		return g;
nomem:
	(void)seki_err_nomem(err);
	group_free(t, g);
	return NULL;
}

static int
room(struct seki_totals *t, struct seki_err *err)
{
	size_t n = t->room == 0 ? 64 : 2 * t->room;
	struct seki_totals_group **p;

	if (t->n == SEKI_TOTALS_GROUPS)
		return seki_fail(err, SEKI_LIMIT,
		    _("more than %zu groups; is another field meant?"),
		    SEKI_TOTALS_GROUPS);
	if (t->n < t->room)
		return 0;
	if ((p = reallocarray(t->group, n, sizeof(*p))) == NULL)
		return seki_err_nomem(err);
	t->group = p;
	if ((p = reallocarray(t->index, n, sizeof(*p))) == NULL)
		return seki_err_nomem(err);
	t->index = p;
	t->room = n;
	return 0;
}

struct seki_totals_group *
seki_totals_group(struct seki_totals *t, int *made, struct seki_err *err)
{
	struct seki_totals_group *g;
	size_t at;
	int found;

	if (key(t, err) == -1)
		return NULL;
	at = place(t, &found);
	*made = !found;
	if (found)
		return t->index[at];
	if (room(t, err) == -1 || (g = make(t, err)) == NULL)
		return NULL;
	memmove(
	    t->index + at + 1, t->index + at, (t->n - at) * sizeof(*t->index));
	t->index[at] = g;
	t->group[t->n++] = g;
	return g;
}

/* Is the group one of a total row's own?  Part by part. */
static int
own(const struct seki_buf *total, const struct seki_buf *k)
{
	const char *a = total->p, *b = k->p, *ae = a + total->n, *be = b + k->n;
	const char *a1, *b1;

	for (; a < ae && b < be; a = a1 + 1, b = b1 + 1) {
		a1 = memchr(a, END, (size_t)(ae - a));
		b1 = memchr(b, END, (size_t)(be - b));
		if (a1 == NULL || b1 == NULL)
			return 0;
		if (a1 - a == 1 && *a == ANY[0])
			continue;
		if (a1 - a != b1 - b || memcmp(a, b, (size_t)(a1 - a)) != 0)
			return 0;
	}
	return 1;
}

static int
add_row(const struct seki_totals *t, struct seki_totals_group *g,
    const struct seki_totals_group *row, struct seki_dec *d,
    struct seki_err *err)
{
	const char *s;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < t->nfig; i++) {
		if ((s = row->want[i]) == NULL)
			g->open[i] = 1;
		else if ((r = seki_dec_set(d, s, strlen(s), err)) == 0)
			r = seki_dec_add(&g->have[i], d, err);
	}
	return r;
}

int
seki_totals_own(struct seki_totals *t, struct seki_err *err)
{
	struct seki_totals_group *g, *row;
	struct seki_dec d;
	size_t i, k;
	int r = seki_dec_init(&d, err);

	if (r == -1)
		return -1;
	for (i = 0; i < t->n; i++) {
		g = t->group[i];
		for (k = 0; r == 0 && g->total && k < t->n; k++) {
			row = t->group[k];
			if (row->row == 0 || row->total ||
			    !own(&g->key, &row->key))
				continue;
			g->count++;
			r = add_row(t, g, row, &d, err);
		}
	}
	seki_dec_release(&d);
	return r;
}

void
seki_totals_free(struct seki_totals *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		group_free(t, t->group[i]);
	for (i = 0; i < t->nkey; i++) {
		free(t->key[i].head);
		free(t->key[i].field);
		seki_buf_free(&t->part[i]);
	}
	for (i = 0; i < t->nfig; i++) {
		free(t->fig[i].head);
		free(t->fig[i].field);
	}
	for (i = 0; i < t->nexcept; i++) {
		free(t->except[i].field);
		free(t->except[i].value);
		seki_buf_free(&t->except[i].fold);
	}
	seki_buf_free(&t->fold);
	free(t->except);
	free(t->group);
	free(t->index);
	free(t->date);
	free(t->name);
	free(t);
}
