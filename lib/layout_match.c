#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "norm_int.h"

/* Headers against a layout, and the difference in words. */

/* One of the spellings of a header is the word. */
static int
spelt(const char *spellings, const char *w)
{
	size_t n = strlen(w), k;
	const char *s = spellings;

	for (;;) {
		k = strcspn(s, "|");
		while (k > 0 && s[0] == ' ') {
			s++;
			k--;
		}
		if (strncmp(s, w, n) == 0 && k >= n &&
		    strspn(s + n, " ") >= k - n)
			return 1;
		s += strcspn(s, "|");
		if (*s++ == '\0')
			return 0;
	}
}

/* Where headers repeat, the layout's repeat likewise: in their order. */
static size_t
find(const struct seki_layout *l, const char *w, const char *used)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!used[i] && l->col[i].header[0] != '\0' &&
		    spelt(l->col[i].header, w))
			return i;
	return SEKI_LAYOUT_NONE;
}

static int
name(struct seki_buf *b, const char *w, struct seki_err *err)
{
	return seki_buf_fmt(b, err, "\"%.*s\"", seki_text_cut(w, 80), w);
}

static int
list(struct seki_buf *b, const char *what, const char *const *w, size_t n,
    struct seki_err *err)
{
	size_t i;

	if (n == 0)
		return 0;
	if ((b->n > 0 && seki_buf_str(b, "; ", err) == -1) ||
	    seki_buf_fmt(b, err, "%s ", what) == -1)
		return -1;
	for (i = 0; i < n && i < 10; i++)
		if ((i > 0 && seki_buf_str(b, ", ", err) == -1) ||
		    name(b, w[i], err) == -1)
			return -1;
	return n > 10 ? seki_buf_fmt(b, err, _(" and %zu more"), n - 10) : 0;
}

/* Of each that is gone the nearest of the new ones. */
static int
renamed(struct seki_buf *b, const char *const *gone, size_t ngone,
    const char *const *new, struct seki_err *err)
{
	const char *near;
	size_t i, k, n = 0;
	char first[256];

	for (i = 0; i < ngone && n < 10; i++) {
		k = strcspn(gone[i], "|");
		while (k > 0 && gone[i][k - 1] == ' ')
			k--;
		(void)snprintf(first, sizeof(first), "%.*s", (int)k, gone[i]);
		if ((near = seki_text_nearest(first, new)) == NULL)
			continue;
		if (seki_buf_str(b, n++ == 0 ? _("; perhaps renamed: ") : ", ",
			err) == -1 ||
		    name(b, first, err) == -1 ||
		    seki_buf_str(b, " → ", err) == -1 ||
		    name(b, near, err) == -1)
			return -1;
	}
	return 0;
}

struct drift {
	const char **gone, **new, **twice; /* NULL-ended */
	size_t ngone, nnew, ntwice, same;
};

/* Where no header is the same the first row may be no headers but somebody's
 * values, which are not shown. */
static int
say(const struct drift *d, struct seki_buf *b, struct seki_err *err)
{
	if (d->same == 0)
		return seki_buf_str(b,
		    _("none of its headers is in the file; has the file a row "
		      "of headers at all?"),
		    err);
	if (list(b, _("not in the file:"), d->gone, d->ngone, err) == -1 ||
	    list(b, _("not in the layout:"), d->new, d->nnew, err) == -1 ||
	    list(b, _("more than once:"), d->twice, d->ntwice, err) == -1)
		return -1;
	return renamed(b, d->gone, d->ngone, d->new, err);
}

static int
among(const char *w, const struct seki_layout_head *h, size_t upto)
{
	size_t i;

	for (i = 0; i < upto; i++)
		if (strcmp(h->word[i], w) == 0)
			return 1;
	return 0;
}

static void
compare(const struct seki_layout *l, const struct seki_layout_head *h,
    size_t *map, char *used, struct drift *d)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		map[i] = SEKI_LAYOUT_NONE;
		if (h->word[i][0] == '\0')
			continue;
		map[i] = find(l, h->word[i], used);
		if (map[i] != SEKI_LAYOUT_NONE) {
			used[map[i]] = 1;
			d->same++;
		} else if (among(h->word[i], h, i))
			d->twice[d->ntwice++] = h->word[i];
		else
			d->new[d->nnew++] = h->word[i];
	}
	for (i = 0; i < l->n; i++)
		if (!used[i] && l->col[i].header[0] != '\0')
			d->gone[d->ngone++] = l->col[i].header;
}

int
seki_layout_match(const struct seki_layout *l, const struct seki_layout_head *h,
    size_t *map, size_t *differ, struct seki_buf *words, struct seki_err *err)
{
	struct drift d = { .gone = calloc(l->n + 1, sizeof(*d.gone)),
		.new = calloc(h->n + 1, sizeof(*d.new)),
		.twice = calloc(h->n + 1, sizeof(*d.twice)) };
	char *used = calloc(l->n + 1, 1);
	int r = -1;

	if (d.gone == NULL || d.new == NULL || d.twice == NULL || used == NULL)
		(void)seki_err_nomem(err);
	else {
		compare(l, h, map, used, &d);
		*differ = d.ngone + d.nnew + d.ntwice;
		r = *differ == 0;
		if (r == 0 && words != NULL && say(&d, words, err) == -1)
			r = -1;
	}
	free(d.gone);
	free(d.new);
	free(d.twice);
	free(used);
	return r;
}

void
seki_layout_head_free(struct seki_layout_head *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		free(h->word[i]);
	free(h->word);
	memset(h, 0, sizeof(*h));
}

static int
taken(const struct seki_layout *l, const char *code)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->col[i].code, code) == 0)
			return 1;
	return strcmp(code, SEKI_LAYOUT_FROM) == 0 ||
	       strcmp(code, SEKI_LAYOUT_ROW) == 0;
}

/* Room for a number behind it. */
#define LETTERS 120

int
seki_layout_code(const struct seki_layout *l, const char *label,
    struct seki_buf *b, struct seki_err *err)
{
	size_t i = 0, from, n = strlen(label), letters = 0, begin = b->n, end;
	unsigned k;

	if (strncmp(label, "_sdc_", 5) == 0 && seki_buf_byte(b, 'x', err) == -1)
		return -1;
	while (i < n && letters++ < LETTERS) {
		from = i;
		(void)seki_text_get(label, n, &i);
		if ((seki_rules_code(label + from, i - from) != NULL
			    ? seki_buf_byte(b, '_', err)
			    : seki_buf_add(b, label + from, i - from, err)) ==
		    -1)
			return -1;
	}
	end = b->n;
	for (k = 2; taken(l, b->p + begin); k++) {
		b->n = end;
		if (seki_buf_fmt(b, err, "_%u", k) == -1)
			return -1;
	}
	return k > 2;
}
