#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lookup_int.h"

/* A lookup table from its file. */

const struct seki_chartable_col seki_lookup_cols[SEKI_LOOKUP_COLS] = {
	{ "変換前", "from", SEKI_CHARTABLE_NEEDED },
	{ "変換後", "to", SEKI_CHARTABLE_NEEDED },
	{ "件数", "count", SEKI_CHARTABLE_NOTE },
	{ "候補", "candidates", SEKI_CHARTABLE_NOTE },
	{ "記録", "records", SEKI_CHARTABLE_NOTE },
	{ "備考", "note", SEKI_CHARTABLE_NOTE },
};

struct reader {
	struct seki_lookup *t;
	struct seki_chartable table;
	size_t room;
};

/* A copy, "" where the cell is not there; NULL with err set. */
static char *
text(const struct reader *r, enum seki_lookup_col col, struct seki_err *err)
{
	const char *cell = seki_chartable_cell(&r->table, col);
	char *s;

	if (strlen(cell) > SEKI_LOOKUP_TEXT) {
		(void)seki_fail(err, SEKI_LIMIT,
		    _("row %llu, column %s: longer than %d bytes"),
		    (unsigned long long)seki_chartable_row(&r->table),
		    seki_lookup_cols[col].ja, SEKI_LOOKUP_TEXT);
		return NULL;
	}
	if ((s = strdup(cell)) == NULL)
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
	row->row = seki_chartable_row(&r->table);
	if (row->from[0] == '\0')
		return seki_chartable_bad(&r->table, SEKI_LOOKUP_FROM, err,
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
rows(struct reader *r, struct seki_err *err)
{
	struct seki_lookup *t = r->t;
	struct seki_lookup_row *grown;
	int got;

	while ((got = seki_chartable_next(&r->table, err)) == 1) {
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
		return seki_chartable_bad_at(
		    &r->table, SEKI_LOOKUP_FROM, t->row[i].row, err, why);
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
			got = seki_chartable_bad_at(
			    &r->table, SEKI_LOOKUP_TO, next->row, err, why);
			break;
		}
	}
	free(seen);
	return got;
}

static int
read_file(struct seki_lookup *t, struct seki_err *err)
{
	static const struct seki_grid_how limit = { .max = SEKI_LOOKUP_FILE };
	unsigned char digest[SEKI_SHA256];
	struct reader r = { .t = t };
	struct seki_grid *grid = seki_grid_open(t->path, &limit, err);
	int got = -1;

	if (grid == NULL)
		return -1;
	if (seki_chartable_begin(
		&r.table, grid, seki_lookup_cols, SEKI_LOOKUP_COLS, err) == 0 &&
	    rows(&r, err) == 0 && enter(&r, err) == 0 && circle(&r, err) == 0)
		got = 0;
	seki_grid_digest(grid, digest);
	seki_text_hex(digest, SEKI_SHA256, t->digest);
	if (got == 0 && (t->sheet = strdup(seki_grid_sheet(grid))) == NULL)
		got = seki_err_nomem(err);
	seki_chartable_close(&r.table);
	seki_grid_free(grid);
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
