#include <stdlib.h>
#include <string.h>

#include "intake_int.h"
#include "norm_int.h"

/* Which layout a file has: by its headers, never by its name. */

static int
has_sheet(const struct seki_grid *g, const char *name)
{
	size_t i;

	for (i = 0; i < seki_grid_sheets(g); i++)
		if (strcmp(seki_grid_sheet_name(g, i), name) == 0)
			return 1;
	return 0;
}

/* A text has no sheets: then the layout's is not looked for. */
static const char *
sheet_of(const struct seki_intake_at *at, const struct seki_layout *l)
{
	if (seki_grid_sheets(at->grid) == 0)
		return NULL;
	return l != NULL && l->sheet != NULL ? l->sheet : at->t->how.sheet;
}

static int
take_head(struct seki_layout_head *h, const struct seki_grid_cell *c, size_t n,
    const struct seki_range *box, struct seki_err *err)
{
	size_t i, used = n;

	while (used > 0 && (c[used - 1].n == 0 || used - 1 > box->c2))
		used--;
	if (used <= box->c1)
		return 0;
	if ((h->word = calloc(used, sizeof(*h->word))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < used; i++) {
		h->word[i] = i < box->c1
				 ? strdup("")
				 : seki_layout_clean(c[i].p, c[i].n, err);
		if (h->word[i] == NULL)
			return seki_err_nomem(err);
		h->n++;
	}
	return 1;
}

int
seki_intake_head(struct seki_intake_at *at, const struct seki_layout *l,
    struct seki_layout_head *h, struct seki_err *err)
{
	const struct seki_grid_cell *c;
	uint64_t want = l != NULL && l->header_row > 0 ? l->header_row
						       : at->t->how.header_row;
	size_t n;
	int r;

	memset(h, 0, sizeof(*h));
	at->box = l != NULL && l->ranged ? l->range : at->t->box;
	if (seki_grid_rewind(at->grid, sheet_of(at, l), err) == -1)
		return -1;
	while ((r = seki_grid_next(at->grid, &c, &n, err)) == 1) {
		h->row = seki_grid_row(at->grid);
		if (h->row - 1 < at->box.r1 || h->row < want)
			continue;
		if (h->row - 1 > at->box.r2 || (want > 0 && h->row > want))
			break;
		if ((r = take_head(h, c, n, &at->box, err)) != 0)
			return r == -1 ? -1 : 0;
	}
	return r == -1 ? -1 : 0;
}

static int
no_head(const struct seki_intake_at *at, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("name the row with --header-row N, the sheet with --sheet"));
	return seki_fail(err,
	    seki_grid_separator(at->grid) == 0 ? SEKI_XLSX : SEKI_CSV, "%s",
	    _("no row of headers"));
}

/* What the headers were compared with. */
struct tried {
	const struct seki_layout *found, *also, *near;
	size_t differ; /* of near */
	struct seki_buf words;
};

static int
try(struct seki_intake_at *at, const struct seki_layout *l, struct tried *to,
    struct seki_err *err)
{
	struct seki_buf words = SEKI_BUF_INIT;
	struct seki_layout_head h;
	size_t *map = NULL, differ = 0;
	int r = 0;

	if (l->sheet != NULL && seki_grid_sheets(at->grid) > 0 &&
	    !has_sheet(at->grid, l->sheet))
		return 0;
	if (seki_intake_head(at, l, &h, err) == -1 ||
	    (map = calloc(h.n + 1, sizeof(*map))) == NULL ||
	    (r = seki_layout_match(l, &h, map, &differ, &words, err)) == -1)
		r = err->reason == SEKI_OK ? seki_err_nomem(err) : -1;
	else if (r == 1 && to->found == NULL)
		to->found = l;
	else if (r == 1)
		to->also = l;
	else if (to->near == NULL || differ < to->differ) {
		to->near = l;
		to->differ = differ;
		seki_buf_free(&to->words);
		to->words = words;
		words = (struct seki_buf)SEKI_BUF_INIT;
	}
	seki_buf_free(&words);
	seki_layout_head_free(&h);
	free(map);
	return r == -1 ? -1 : 0;
}

static int
drifted(const struct tried *to, struct seki_err *err)
{
	if (to->near == NULL)
		return seki_fail(err, SEKI_SCHEMA, "%s",
		    _("no layout has the sheet that it names"));
	seki_err_hint(err,
	    _("if the portal changed its file, change the layout %s: a header "
	      "that is only spelt otherwise joins the old one under 見出し "
	      "(header) with | between them; a new column gets a row, with "
	      "項目 (field) left empty if nobody needs it"),
	    to->near->name);
	return seki_fail(err, SEKI_SCHEMA,
	    _("no layout has these headers; the nearest is %s: %s"),
	    to->near->name, to->words.p == NULL ? "" : to->words.p);
}

static int
among(struct seki_intake_at *at, struct seki_err *err)
{
	struct seki_intake *t = at->t;
	struct tried to = { .found = NULL };
	int r = 0;
	size_t i;

	for (i = 0; r == 0 && to.also == NULL && i < t->nlist; i++)
		r = try(at, t->list[i], &to, err);
	if (r == 0 && to.also != NULL) {
		seki_err_hint(err, "%s",
		    _("give each its own header, or keep them in two folders"));
		r = seki_fail(err, SEKI_CONFIG,
		    _("two layouts have these headers: %s and %s"),
		    to.found->name, to.also->name);
	} else if (r == 0 && to.found == NULL)
		r = drifted(&to, err);
	at->l = to.found;
	seki_buf_free(&to.words);
	return r;
}

/* A header as --key names it. */
static int
key_named(struct seki_intake *t, struct seki_layout *l, struct seki_err *err)
{
	const char *const *k = t->how.key;
	const char *list[SEKI_FIELDS_MAX + 1], *near;
	size_t i;
	int nth = 0;

	for (i = 0; i < l->n; i++)
		list[i] = l->col[i].label;
	list[i] = NULL;
	for (; k != NULL && *k != NULL; k++) {
		char *w = seki_layout_clean(*k, strlen(*k), err);

		for (i = 0; w != NULL && i < l->n; i++)
			if (strcmp(l->col[i].label, w) == 0 ||
			    strcmp(l->col[i].code, w) == 0)
				break;
		free(w);
		if (w == NULL)
			return -1;
		if (i < l->n && l->col[i].key == 0) {
			l->col[i].key = ++nth;
			l->col[i].required = 1;
			continue;
		}
		if ((near = seki_text_nearest(*k, list)) != NULL)
			seki_err_hint(err, _("there is a column \"%s\""), near);
		return seki_fail(err, SEKI_CONFIG,
		    i < l->n ? _("--key names \"%.*s\" twice")
			     : _("--key: no column \"%.*s\""),
		    seki_text_cut(*k, 80), *k);
	}
	return 0;
}

static int
column(struct seki_intake *t, struct seki_layout *l, const char *label,
    struct seki_err *err)
{
	struct seki_buf code = SEKI_BUF_INIT;
	struct seki_layout_col *c = NULL;
	int r = seki_layout_code(l, label, &code, err);

	if (r != -1)
		c = seki_layout_add(l, label, code.p, label, err);
	if (r == 1)
		seki_intake_say(t,
		    _("the header \"%s\" is taken already: its field is %s"),
		    label, code.p);
	seki_buf_free(&code);
	if (c == NULL)
		return -1;
	c->type = SEKI_LAY_ANY;
	return 0;
}

/* Without layouts the first file's headers are one. */
static int
make(struct seki_intake_at *at, struct seki_err *err)
{
	struct seki_intake *t = at->t;
	struct seki_layout_head h;
	size_t i;
	int r = seki_intake_head(at, NULL, &h, err);

	if (r == 0 && h.n == 0)
		r = no_head(at, err);
	if (r == 0 && (t->own = seki_layout_new("", err)) == NULL)
		r = -1;
	for (i = 0; r == 0 && i < h.n; i++)
		if (h.word[i][0] != '\0')
			r = column(t, t->own, h.word[i], err);
	seki_layout_head_free(&h);
	return r == 0 ? key_named(t, t->own, err) : -1;
}

/* The second file and those after it, without layouts. */
static int
as_first(struct seki_intake_at *at, struct seki_err *err)
{
	struct tried to = { .found = NULL };
	int r = try(at, at->t->own, &to, err);

	if (r == 0 && to.found == NULL) {
		seki_err_hint(err, "%s",
		    _("files of other columns go into another run, or take "
		      "--layouts DIR"));
		r = seki_fail(err, SEKI_SCHEMA,
		    _("other headers than those of %s: %s"),
		    at->t->file[0].name, to.words.p == NULL ? "" : to.words.p);
	}
	seki_buf_free(&to.words);
	return r;
}

/* Leaves at->map and at->header_row, and the grid behind the header. */
static int
map(struct seki_intake_at *at, struct seki_err *err)
{
	struct seki_layout_head h;
	size_t differ;
	int r = seki_intake_head(at, at->l, &h, err);

	if (r == 0 && h.n == 0)
		r = no_head(at, err);
	if (r == 0 && (at->map = calloc(h.n, sizeof(*at->map))) == NULL)
		r = seki_err_nomem(err);
	at->ncol = h.n;
	at->header_row = h.row;
	if (r == 0 &&
	    seki_layout_match(at->l, &h, at->map, &differ, NULL, err) == -1)
		r = -1;
	seki_layout_head_free(&h);
	return r;
}

int
seki_intake_choose(struct seki_intake_at *at, struct seki_err *err)
{
	struct seki_intake *t = at->t;
	int r;

	if (t->nlist > 0)
		r = among(at, err);
	else {
		r = t->own == NULL ? make(at, err) : as_first(at, err);
		at->l = t->own;
	}
	return r == 0 ? map(at, err) : -1;
}
