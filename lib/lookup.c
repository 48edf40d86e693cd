#include <search.h>
#include <stdlib.h>

#include "lookup_int.h"
#include "match_int.h"

/* Finding a value in a lookup table, and keeping what is not found. */

static int
by_from(const void *a, const void *b)
{
	const struct seki_lookup_row *x = a, *y = b;

	return strcmp(x->from, y->from);
}

static int
by_fold(const void *a, const void *b)
{
	const struct seki_lookup_row *x = a, *y = b;

	return strcmp(x->fold, y->fold);
}

static int
open_by_fold(const void *a, const void *b)
{
	const struct seki_lookup_open *x = a, *y = b;

	return strcmp(x->fold, y->fold);
}

/* Hiragana as katakana: in UTF-8 both have three bytes. */
static void
katakana(char *p, size_t n)
{
	size_t i = 0, at = 0;
	uint32_t c;

	while (i < n) {
		c = seki_text_get(p, n, &i);
		if (c >= 0x3041 && c <= 0x3096)
			(void)seki_text_put(p + at, c + 0x60);
		at = i;
	}
}

int
seki_lookup_fold(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	seki_buf_reset(out);
	if (seki_match_fold(SEKI_HOW_TEXT, NULL, s, n, out, err) == -1)
		return -1;
	katakana(out->p, out->n);
	/* Of spaces alone nothing is left; they are their own key. */
	return out->n > 0 ? 0 : seki_buf_add(out, s, n, err);
}

static struct seki_lookup_row *
found(void *const *tree, const struct seki_lookup_row *key,
    int (*by)(const void *, const void *))
{
	void *at = tfind(key, tree, by);

	return at == NULL ? NULL : *(struct seki_lookup_row **)at;
}

struct seki_lookup_row *
seki_lookup_exact(const struct seki_lookup *t, char *from)
{
	const struct seki_lookup_row key = { .from = from };

	return found(&t->exact, &key, by_from);
}

/* Only rows that say something take part: an open one knows no answer. */
int
seki_lookup_enter(struct seki_lookup *t, struct seki_lookup_row *row,
    struct seki_lookup_row **twin, struct seki_err *err)
{
	void *at = tsearch(row, &t->exact, by_from);
	struct seki_lookup_row *first;

	*twin = NULL;
	if (at == NULL)
		return seki_err_nomem(err);
	if (*(struct seki_lookup_row **)at != row) {
		*twin = *(struct seki_lookup_row **)at;
		return 0;
	}
	if (row->to == NULL)
		return 0;
	if ((at = tsearch(row, &t->folded, by_fold)) == NULL)
		return seki_err_nomem(err);
	first = *(struct seki_lookup_row **)at;
	if (strcmp(first->to, row->to) != 0)
		first->many = 1;
	return 0;
}

static const struct seki_lookup_row *
used(struct seki_lookup_row *row)
{
	(void)__atomic_fetch_add(&row->used, 1, __ATOMIC_RELAXED);
	return row;
}

int
seki_lookup_find(struct seki_lookup *t, const char *s, size_t n,
    const struct seki_lookup_row **row, struct seki_buf *work,
    struct seki_err *err)
{
	struct seki_lookup_row key = { .to = NULL }, *hit;

	*row = NULL;
	seki_buf_reset(work);
	if (seki_buf_add(work, s, n, err) == -1 ||
	    seki_buf_room(work, 0, err) == -1)
		return -1;
	key.from = work->p;
	hit = found(&t->exact, &key, by_from);
	if (hit != NULL && hit->to != NULL) {
		*row = used(hit);
		return SEKI_LOOKUP_EXACT;
	}
	if (seki_lookup_fold(s, n, work, err) == -1)
		return -1;
	key.fold = work->p;
	if ((hit = found(&t->folded, &key, by_fold)) == NULL)
		return SEKI_LOOKUP_MISS;
	if (hit->many)
		return SEKI_LOOKUP_MANY;
	*row = used(hit);
	return SEKI_LOOKUP_FOLDED;
}

static struct seki_lookup_open *
new_open(struct seki_lookup *t, const char *s, size_t n, struct seki_err *err)
{
	struct seki_lookup_open *o, **grown;

	if (t->nopen == t->room) {
		t->room = t->room == 0 ? 64 : t->room * 2;
		grown = reallocarray(t->open, t->room, sizeof(*grown));
		if (grown == NULL) {
			(void)seki_err_nomem(err);
			return NULL;
		}
		t->open = grown;
	}
	if ((o = calloc(1, sizeof(*o))) == NULL ||
	    (o->value = strndup(s, n)) == NULL ||
	    (o->fold = strdup(t->work.p)) == NULL) {
		if (o != NULL)
			free(o->value);
		free(o);
		(void)seki_err_nomem(err);
		return NULL;
	}
	t->open[t->nopen++] = o;
	return o;
}

static int
name(struct seki_lookup_open *o, const struct seki_value *key,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;

	if (o->nkey == SEKI_LOOKUP_NAMES)
		return 0;
	if (seki_buf_fmt(&b, err, "%s%s%.*s", o->nkey == 0 ? "" : o->keys,
		o->nkey == 0 ? "" : ", ", (int)key->n, key->p) == -1) {
		seki_buf_free(&b);
		return -1;
	}
	free(o->keys);
	o->keys = b.p;
	o->nkey++;
	return 0;
}

int
seki_lookup_wait(struct seki_lookup *t, const char *s, size_t n,
    const struct seki_value *key, struct seki_err *err)
{
	struct seki_lookup_open probe = { .value = NULL }, *o;
	void *at;

	if (n > SEKI_LOOKUP_TEXT) {
		t->more++;
		return 0;
	}
	if (seki_lookup_fold(s, n, &t->work, err) == -1)
		return -1;
	probe.fold = t->work.p;
	if ((at = tfind(&probe, &t->waits, open_by_fold)) != NULL)
		o = *(struct seki_lookup_open **)at;
	else if (t->nopen == SEKI_LOOKUP_OPEN) {
		t->more++;
		return 0;
	} else if ((o = new_open(t, s, n, err)) == NULL)
		return -1;
	else if (tsearch(o, &t->waits, open_by_fold) == NULL)
		return seki_err_nomem(err);
	o->count++;
	return name(o, key, err);
}

int
seki_lookup_waits(
    const struct seki_lookup *t, const struct seki_lookup_row *row)
{
	const struct seki_lookup_open probe = { .fold = row->fold };
	void *at = tfind(&probe, &t->waits, open_by_fold);

	return at != NULL &&
	       strcmp((*(struct seki_lookup_open **)at)->value, row->from) == 0;
}

static void
keep(void *p)
{
	(void)p;
}

void
seki_lookup_free(struct seki_lookup *t)
{
	size_t i;

	if (t == NULL)
		return;
	tdestroy(t->exact, keep);
	tdestroy(t->folded, keep);
	tdestroy(t->waits, keep);
	for (i = 0; i < t->n; i++) {
		free(t->row[i].from);
		free(t->row[i].to);
		free(t->row[i].note);
		free(t->row[i].fold);
	}
	for (i = 0; i < t->nopen; i++) {
		free(t->open[i]->value);
		free(t->open[i]->fold);
		free(t->open[i]->keys);
		free(t->open[i]);
	}
	free(t->row);
	free(t->open);
	free(t->name);
	free(t->path);
	free(t->sheet);
	seki_buf_free(&t->work);
	free(t);
}
