#include <stdlib.h>

#include "held_int.h"

/* The workbook itself: cover, held records, records kept with a flag. */

/* How often each rule was broken, and how. */
static int
reasons(struct seki_held_book *b, struct seki_workbook *w,
    const struct seki_plan_col *col, size_t n, struct seki_err *err)
{
	size_t i;
	int k;

	for (i = 0; i < n; i++)
		for (k = 1; k < SEKI_B_COUNT; k++) {
			if (col[i].count[k] == 0)
				continue;
			seki_buf_reset(&b->text);
			if (seki_buf_fmt(&b->text, err, "%s (%s): %s",
				seki_held_label(b, &col[i]),
				col[i].rule->output,
				seki_broken_sentence((enum seki_broken)k)) ==
				-1 ||
			    seki_workbook_count(
				w, b->text.p, col[i].count[k], err) == -1)
				return -1;
		}
	return 0;
}

static int
state(struct seki_held_book *b, struct seki_workbook *w,
    const struct seki_held_run *run, struct seki_err *err)
{
	seki_buf_reset(&b->text);
	if (run->stopped)
		return seki_workbook_pair(w, _("State"),
		    _("stopped at a record, as its rule says; the records "
		      "after it were not looked at; nothing was passed on"),
		    err);
	if (run->res->held <= run->max_held)
		return seki_workbook_pair(w, _("State"),
		    _("passed on; the records held here wait until they are "
		      "corrected"),
		    err);
	if (seki_buf_fmt(&b->text, err,
		_("nothing was passed on: more records are held than "
		  "--max-held %llu allows"),
		(unsigned long long)run->max_held) == -1)
		return -1;
	return seki_workbook_pair(w, _("State"), b->text.p, err);
}

static int
cover(struct seki_held_book *b, struct seki_workbook *w,
    const struct seki_held_run *run, struct seki_err *err)
{
	const struct seki_plan *p = b->plan;
	char now[SEKI_TIME];
	size_t i;

	seki_time_jst(seki_time_now(), now);
	if (seki_workbook_sheet(w, _("Cover"), NULL, 0, err) == -1)
		return -1;
	seki_workbook_width(w, 48);
	seki_workbook_width(w, 60);
	if (seki_workbook_str(w, SEKI_LOOK_TITLE,
		_("Records that are held, and why"), err) == -1 ||
	    seki_workbook_end(w, err) == -1 ||
	    seki_workbook_pair(w, _("Made at"), now, err) == -1 ||
	    seki_workbook_pair(w, _("Stream"), p->in->stream, err) == -1 ||
	    state(b, w, run, err) == -1 ||
	    seki_workbook_count(
		w, _("Records looked at"), run->res->records, err) == -1 ||
	    seki_workbook_count(w, _("Records held"),
		seki_rowfile_rows(b->rows[1]), err) == -1 ||
	    seki_workbook_count(w, _("Records kept with a flag"),
		seki_rowfile_rows(b->rows[0]), err) == -1 ||
	    reasons(b, w, p->col, p->ncol, err) == -1)
		return -1;
	for (i = 0; i < p->ntable; i++)
		if (reasons(b, w, p->table[i].col, p->table[i].ncol, err) == -1)
			return -1;
	if (seki_workbook_pair(
		w, _("Rules table"), seki_rules_name(p->rules), err) == -1 ||
	    seki_workbook_pair(w, _("Digest of the rules (SHA-256)"),
		seki_rules_digest(p->rules), err) == -1)
		return -1;
	return seki_workbook_pair(w, _("What to do"),
	    _("Correct the values in red where the records come from, then "
	      "pull again. A value that a lookup table does not have is filled "
	      "in in the worklist (--worklist), a character that the other "
	      "system does not have in the report of --characters. Yellow "
	      "values were passed on with a flag. This file "
	      "holds personal data: it stays on this side, and is deleted "
	      "when the work is done."),
	    err);
}

static int
by_form(const void *x, const void *y)
{
	const struct seki_held_source *const *a = x, *const *b = y;

	if ((*a)->field != (*b)->field)
		return (*a)->field < (*b)->field ? -1 : 1;
	return (*a)->sub < (*b)->sub ? -1 : (*a)->sub > (*b)->sub;
}

/* The sources of a sheet in the order of the form: how many. */
static size_t
ordered(struct seki_held_book *b, int held, struct seki_held_source **list)
{
	size_t i, n = 0;

	for (i = 0; i < b->nsource; i++)
		if (b->source[i].in[held])
			list[n++] = &b->source[i];
	if (n > 0)
		qsort(list, n, sizeof(struct seki_held_source *), by_form);
	return n;
}

struct sheet {
	struct seki_held_book *b;
	struct seki_workbook *w;
	int held;
	struct seki_held_source **source;
	size_t n;
	struct seki_workbook_col *col;
	size_t ncol;
	struct seki_arena titles;
	const struct seki_rowcell **cell; /* by source, of the row at hand */
};

/* The label; with the code behind it where people call two fields the same. */
static int
title(struct sheet *s, size_t i, struct seki_err *err)
{
	const struct seki_schema *in = s->b->plan->in;
	const struct seki_field *f = &in->field[s->source[i]->field];
	const size_t sub = s->source[i]->sub;
	struct seki_buf b = SEKI_BUF_INIT;
	int r;

	if (sub == SEKI_NOWHERE && strcmp(f->label, f->code) == 0)
		r = seki_buf_str(&b, f->label, err);
	else if (sub == SEKI_NOWHERE)
		r = seki_buf_fmt(&b, err, "%s (%s)", f->label, f->code);
	else
		r = seki_buf_fmt(&b, err, "%s.%s", f->label, f->sub[sub].label);
	if (r == 0) {
		s->col[s->ncol].title =
		    seki_arena_copy(&s->titles, b.p, b.n + 1, err);
		s->col[s->ncol].width = 24;
		r = s->col[s->ncol++].title == NULL ? -1 : 0;
	}
	seki_buf_free(&b);
	return r;
}

static int
titles(struct sheet *s, struct seki_err *err)
{
	const struct seki_held_book *b = s->b;
	size_t i;

	s->col[s->ncol++] = (struct seki_workbook_col){ _("Record"), 12, NULL };
	if (b->from != SEKI_NOWHERE)
		s->col[s->ncol++] = (struct seki_workbook_col){
			b->plan->in->field[b->from].label, 18, NULL
		};
	if (b->row != SEKI_NOWHERE)
		s->col[s->ncol++] = (struct seki_workbook_col){
			b->plan->in->field[b->row].label, 8, NULL
		};
	s->col[s->ncol++] =
	    (struct seki_workbook_col){ _("Reasons"), 44, NULL };
	s->col[s->ncol++] = (struct seki_workbook_col){ _("Rules"), 26, NULL };
	for (i = 0; i < s->n; i++)
		if (title(s, i, err) == -1)
			return -1;
	return 0;
}

static int
row(struct sheet *s, const struct seki_rowcell *c, size_t n,
    struct seki_err *err)
{
	const struct seki_held_book *b = s->b;
	const struct seki_rowcell *at;
	size_t i;

	memset(s->cell, 0, (b->nsource + 1) * sizeof(*s->cell));
	for (i = SEKI_HELD_SOURCE; i < n; i++)
		s->cell[(c[i].tag - SEKI_HELD_SOURCE) / 2] = &c[i];
	if (seki_workbook_link(
		s->w, c[SEKI_HELD_URL].p, c[SEKI_HELD_KEY].p, err) == -1)
		return -1;
	for (i = SEKI_HELD_FROM; i < SEKI_HELD_SOURCE; i++) {
		if ((i == SEKI_HELD_FROM && b->from == SEKI_NOWHERE) ||
		    (i == SEKI_HELD_ROW && b->row == SEKI_NOWHERE))
			continue;
		if (seki_workbook_text(s->w,
			i == SEKI_HELD_RULES ? SEKI_LOOK_GREY : SEKI_LOOK_WRAP,
			c[i].p, c[i].n, err) == -1)
			return -1;
	}
	for (i = 0; i < s->n; i++) {
		at = s->cell[s->source[i] - b->source];
		if (at == NULL
			? seki_workbook_none(s->w, SEKI_LOOK_PLAIN, err) == -1
			: seki_workbook_text(s->w,
			      (at->tag - SEKI_HELD_SOURCE) % 2 == 1
				  ? SEKI_LOOK_WRONG
				  : SEKI_LOOK_DOUBT,
			      at->p, at->n, err) == -1)
			return -1;
	}
	return seki_workbook_end(s->w, err);
}

static int
next_sheet(struct sheet *s, const char *name, struct seki_err *err)
{
	if (seki_workbook_sheet(s->w, name, s->col, s->ncol, err) == -1)
		return -1;
	seki_workbook_landscape(s->w);
	return 0;
}

static int
rows(struct sheet *s, const char *name, struct seki_err *err)
{
	struct seki_rowfile *f = s->b->rows[s->held];
	const struct seki_rowcell *c;
	uint32_t done = 0;
	size_t n;
	int r;

	if (titles(s, err) == -1 || seki_rowfile_rewind(f, err) == -1 ||
	    next_sheet(s, name, err) == -1)
		return -1;
	while ((r = seki_rowfile_next(f, &c, &n, err)) == 1) {
		if (done > 0 && done % SEKI_SHEET_RECORDS == 0 &&
		    next_sheet(s, name, err) == -1)
			return -1;
		if (row(s, c, n, err) == -1)
			return -1;
		done++;
	}
	return r;
}

static int
sheet(struct seki_held_book *b, struct seki_workbook *w, int held,
    const char *name, struct seki_err *err)
{
	struct sheet s = { .b = b, .w = w, .held = held };
	int r = -1;

	s.source = calloc(b->nsource + 1, sizeof(struct seki_held_source *));
	s.cell = calloc(b->nsource + 1, sizeof(const struct seki_rowcell *));
	s.col = calloc(b->nsource + 8, sizeof(*s.col));
	if (s.source == NULL || s.cell == NULL || s.col == NULL)
		(void)seki_err_nomem(err);
	else {
		s.n = ordered(b, held, s.source);
		r = rows(&s, name, err);
	}
	free(s.source);
	free(s.cell);
	free(s.col);
	seki_arena_free(&s.titles);
	return r;
}

int
seki_held_book_save(struct seki_held_book *b, const struct seki_held_run *run,
    struct seki_out *out, struct seki_err *err)
{
	struct seki_workbook *w = seki_workbook_create(b->spool, err);
	int r = -1;

	if (w != NULL && cover(b, w, run, err) == 0 &&
	    sheet(b, w, 1, _("Held"), err) == 0 &&
	    (seki_rowfile_rows(b->rows[0]) == 0 ||
		sheet(b, w, 0, _("Kept with a flag"), err) == 0))
		r = seki_workbook_save(w, out, err);
	seki_workbook_free(w);
	return r;
}
