#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "grid.h"
#include "lookup_int.h"

/* A lookup table from its file. */

const char *const seki_lookup_ja[] = { "変換前", "変換後", "件数", "候補",
	"記録", "備考", NULL };
const char *const seki_lookup_en[] = { "from", "to", "count", "candidates",
	"records", "note", NULL };

struct reader {
	struct seki_lookup *t;
	struct seki_grid *grid;
	const struct seki_grid_cell *cell;
	size_t n;
	int col[SEKI_LOOKUP_COLS], english;
	size_t room;
};

static const char *
head(const struct reader *r, int col)
{
	return r->english ? seki_lookup_en[col] : seki_lookup_ja[col];
}

/* "sheet S, row N, column C: why". */
static int
bad(const struct reader *r, uint64_t row, int col, struct seki_err *err,
    const char *why)
{
	const char *sheet = seki_grid_sheet(r->grid);

	if (sheet[0] != '\0')
		return seki_fail(err, SEKI_RULES,
		    _("sheet %s, row %llu, column %s: %s"), sheet,
		    (unsigned long long)row, head(r, col), why);
	return seki_fail(err, SEKI_RULES, _("row %llu, column %s: %s"),
	    (unsigned long long)row, head(r, col), why);
}

static int
column_of(const char *word)
{
	int i;

	for (i = 0; i < SEKI_LOOKUP_COLS; i++)
		if (strcmp(word, seki_lookup_ja[i]) == 0 ||
		    strcasecmp(word, seki_lookup_en[i]) == 0)
			return i;
	return -1;
}

static int
unknown(const struct reader *r, size_t i, struct seki_err *err)
{
	const char *list[2 * SEKI_LOOKUP_COLS + 1], *near;
	const char *word = r->cell[i].p;
	char place[SEKI_GRID_PLACE];
	size_t k;

	for (k = 0; k < SEKI_LOOKUP_COLS; k++) {
		list[2 * k] = seki_lookup_ja[k];
		list[2 * k + 1] = seki_lookup_en[k];
	}
	list[2 * k] = NULL;
	near = seki_text_nearest(word, list);
	seki_grid_place(r->grid, i, place);
	seki_err_hint(err, "%s",
	    _("a lookup table has the columns 変換前 (from) and 変換後 (to)"));
	if (near != NULL)
		return seki_fail(err, SEKI_RULES,
		    _("%s: unknown column \"%.*s\"; did you mean \"%s\"?"),
		    place, seki_text_cut(word, 80), word, near);
	return seki_fail(err, SEKI_RULES, _("%s: unknown column \"%.*s\""),
	    place, seki_text_cut(word, 80), word);
}

static int
header(struct reader *r, struct seki_err *err)
{
	size_t i;
	int k;

	for (i = 0; i < r->n; i++) {
		if (r->cell[i].n == 0)
			continue;
		if ((k = column_of(r->cell[i].p)) == -1)
			return unknown(r, i, err);
		r->english = strcmp(r->cell[i].p, seki_lookup_ja[k]) != 0;
		if (r->col[k] != -1)
			return bad(r, seki_grid_row(r->grid), k, err,
			    _("the column stands twice"));
		r->col[k] = (int)i;
	}
	for (k = SEKI_LOOKUP_FROM; k <= SEKI_LOOKUP_TO; k++)
		if (r->col[k] == -1)
			return seki_fail(err, SEKI_RULES,
			    _("the first row has no column %s (%s)"),
			    seki_lookup_ja[k], seki_lookup_en[k]);
	return 0;
}

/* A date or a formula is not what was typed; nobody can tell any more what
 * that was. */
static int
usable(const struct reader *r, int col, const struct seki_grid_cell *c,
    struct seki_err *err)
{
	uint64_t row = seki_grid_row(r->grid);

	if (c->formula || c->kind == SEKI_GRID_ERROR)
		return bad(
		    r, row, col, err, _("a formula; write what it gives"));
	if (c->n > SEKI_LOOKUP_TEXT)
		return seki_fail(err, SEKI_LIMIT,
		    _("row %llu, column %s: longer than %d bytes"),
		    (unsigned long long)row, head(r, col), SEKI_LOOKUP_TEXT);
	if (c->n == 0 || c->kind == SEKI_GRID_TEXT ||
	    c->kind == SEKI_GRID_NUMBER)
		return 0;
	seki_err_hint(err, "%s",
	    _("make the column text (in Excel: Format Cells, Text), then type "
	      "the value again"));
	return bad(r, row, col, err,
	    _("the spreadsheet made a date or a truth value of what was "
	      "typed"));
}

/* A copy, "" where the cell is not there; NULL with err set. */
static char *
text(const struct reader *r, int col, struct seki_err *err)
{
	static const struct seki_grid_cell none = { .p = "" };
	int at = r->col[col];
	const struct seki_grid_cell *c =
	    at == -1 || (size_t)at >= r->n ? &none : &r->cell[at];
	char *s;

	if (col != SEKI_LOOKUP_NOTE && usable(r, col, c, err) == -1)
		return NULL;
	if ((s = strndup(c->p, c->n)) == NULL)
		(void)seki_err_nomem(err);
	return s;
}

static int
nothing(const char *s)
{
	return strcmp(s, SEKI_LOOKUP_NOTHING_JA) == 0 ||
	       strcmp(s, "(空)") == 0 ||
	       strcasecmp(s, SEKI_LOOKUP_NOTHING_EN) == 0;
}

static int
fill(struct reader *r, struct seki_lookup_row *row, struct seki_err *err)
{
	struct seki_buf *b = &r->t->work;

	if ((row->from = text(r, SEKI_LOOKUP_FROM, err)) == NULL ||
	    (row->to = text(r, SEKI_LOOKUP_TO, err)) == NULL ||
	    (row->note = text(r, SEKI_LOOKUP_NOTE, err)) == NULL)
		return -1;
	row->row = seki_grid_row(r->grid);
	if (row->from[0] == '\0')
		return bad(r, row->row, SEKI_LOOKUP_FROM, err,
		    _("empty: an empty value is not looked up"));
	if (row->to[0] == '\0') {
		free(row->to);
		row->to = NULL;
	} else if (nothing(row->to))
		row->to[0] = '\0';
	if (seki_lookup_fold(row->from, strlen(row->from), b, err) == -1)
		return -1;
	if ((row->fold = strdup(b->p)) == NULL)
		return seki_err_nomem(err);
	return 0;
}

static int
blank(const struct reader *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->cell[i].n > 0)
			return 0;
	return 1;
}

static int
rows(struct reader *r, struct seki_err *err)
{
	struct seki_lookup *t = r->t;
	struct seki_lookup_row *grown;
	int got, headed = 0;

	while ((got = seki_grid_next(r->grid, &r->cell, &r->n, err)) == 1) {
		if (blank(r))
			continue;
		if (!headed) {
			headed = 1;
			if (header(r, err) == -1)
				return -1;
			continue;
		}
		if (t->n == SEKI_LOOKUP_ROWS)
			return seki_fail(err, SEKI_LIMIT,
			    _("more than %d rows"), SEKI_LOOKUP_ROWS);
		if (t->n == r->room) {
			r->room = r->room == 0 ? 256 : r->room * 2;
			grown = reallocarray(t->row, r->room, sizeof(*grown));
			if (grown == NULL)
				return seki_err_nomem(err);
			t->row = grown;
		}
		memset(&t->row[t->n], 0, sizeof(*t->row));
		if (fill(r, &t->row[t->n++], err) == -1)
			return -1;
	}
	if (got == 0 && !headed)
		return seki_fail(
		    err, SEKI_RULES, "%s", _("the table is empty"));
	return got;
}

/* The trees point to rows, which stay where they are from now on. */
static int
enter(struct reader *r, struct seki_err *err)
{
	struct seki_lookup *t = r->t;
	struct seki_lookup_row *twin;
	char why[96];
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (seki_lookup_enter(t, &t->row[i], &twin, err) == -1)
			return -1;
		if (twin == NULL)
			continue;
		(void)snprintf(why, sizeof(why),
		    _("row %llu has the same value: one of the two rows must "
		      "go"),
		    (unsigned long long)twin->row);
		return bad(r, t->row[i].row, SEKI_LOOKUP_FROM, err, why);
	}
	return 0;
}

/* A result that is replaced in its turn, and so on, until the first value is
 * there again: whoever wrote that meant something else. */
static int
circle(const struct reader *r, struct seki_err *err)
{
	const struct seki_lookup *t = r->t;
	const struct seki_lookup_row *at, *next;
	size_t *seen = calloc(t->n + 1, sizeof(*seen)), i;
	char why[96];
	int got = seen == NULL ? seki_err_nomem(err) : 0;

	for (i = 0; got == 0 && i < t->n; i++) {
		for (at = &t->row[i];
		     at != NULL && at->to != NULL && seen[at - t->row] == 0;
		     at = next == at ? NULL : next) {
			seen[at - t->row] = i + 1;
			next = seki_lookup_exact(t, at->to);
			if (next == NULL || next == at ||
			    seen[next - t->row] != i + 1)
				continue;
			(void)snprintf(why, sizeof(why),
			    _("rows %llu and %llu change a value in a circle"),
			    (unsigned long long)next->row,
			    (unsigned long long)at->row);
			got = bad(r, next->row, SEKI_LOOKUP_TO, err, why);
			break;
		}
	}
	free(seen);
	return got;
}

static int
merged(const struct reader *r, struct seki_err *err)
{
	const char *range = seki_grid_merged(r->grid);

	if (range == NULL)
		return 0;
	return seki_fail(err, SEKI_RULES,
	    _("%s!%s: merged cells; unmerge them and fill in each row"),
	    seki_grid_sheet(r->grid), range);
}

static int
read_file(struct seki_lookup *t, struct seki_err *err)
{
	static const struct seki_grid_how limit = { .max = SEKI_LOOKUP_FILE };
	unsigned char digest[SEKI_SHA256];
	struct reader r = { .t = t };
	int k, got = -1;

	for (k = 0; k < SEKI_LOOKUP_COLS; k++)
		r.col[k] = -1;
	if ((r.grid = seki_grid_open(t->path, &limit, err)) == NULL)
		return -1;
	if (rows(&r, err) == 0 && merged(&r, err) == 0 && enter(&r, err) == 0 &&
	    circle(&r, err) == 0)
		got = 0;
	seki_grid_digest(r.grid, digest);
	seki_text_hex(digest, SEKI_SHA256, t->digest);
	if (got == 0 && (t->sheet = strdup(seki_grid_sheet(r.grid))) == NULL)
		got = seki_err_nomem(err);
	seki_grid_free(r.grid);
	return got;
}

struct seki_lookup *
seki_lookup_read(
    const char *path, const char *name, int absent, struct seki_err *err)
{
	struct seki_lookup *t = calloc(1, sizeof(*t));

	if (t == NULL || (t->name = strdup(name)) == NULL ||
	    (t->path = strdup(path)) == NULL) {
		seki_lookup_free(t);
		(void)seki_err_nomem(err);
		return NULL;
	}
	if (absent && access(path, F_OK) == -1 && errno == ENOENT) {
		(void)snprintf(t->digest, sizeof(t->digest), "-");
		return t;
	}
	if (read_file(t, err) == 0)
		return t;
	/* A broken file is a broken table. */
	if (seki_err_status(err->reason) == 65 && err->reason != SEKI_LIMIT)
		err->reason = SEKI_RULES;
	seki_err_object(err, name);
	seki_lookup_free(t);
	return NULL;
}
