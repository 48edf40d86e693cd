#include <string.h>

#include "intake_int.h"
#include "norm_int.h"
#include "spoilt.h"

/* One cell: nothing is repaired, and what Excel has spoilt is not guessed. */

struct look {
	const struct seki_layout_col *col;
	const struct seki_grid_cell *cell;
	const char **why, **hint;
};

static int
refuse(const struct look *l, const char *why, const char *hint)
{
	*l->why = why;
	*l->hint = hint;
	return 1;
}

static int
spoilt(const struct look *l, enum seki_spoilt s)
{
	return refuse(l, seki_spoilt_sentence(s), seki_spoilt_remedy(s));
}

/* A column in which a day is none that somebody wrote. */
static int
strict(const struct seki_layout_col *c)
{
	return c->type == SEKI_LAY_CODE || c->type == SEKI_LAY_NUMBER ||
	       c->least > 0 || c->most != SIZE_MAX;
}

/* Digits before the point; past 15 the spreadsheet has none. */
static int
too_many(const struct seki_grid_cell *c)
{
	const char *dot = memchr(c->p, '.', c->n);
	size_t n = dot == NULL ? c->n : (size_t)(dot - c->p);

	return c->kind == SEKI_GRID_NUMBER && n > 15 + (c->p[0] == '-');
}

static enum seki_spoilt
by_kind(const struct look *l)
{
	const struct seki_grid_cell *c = l->cell;

	switch (c->kind) {
	case SEKI_GRID_ERROR:
		return SEKI_SPOILT_ERROR;
	case SEKI_GRID_BOOL:
		return SEKI_SPOILT_BOOL;
	case SEKI_GRID_NUMBER:
		if (too_many(c))
			return SEKI_SPOILT_DIGITS;
		return l->col->type == SEKI_LAY_CODE && l->col->least == 0
			   ? SEKI_SPOILT_NUMBER
			   : SEKI_SPOILT_NOT;
	case SEKI_GRID_DATE:
	case SEKI_GRID_TIME:
	case SEKI_GRID_DATETIME:
	case SEKI_GRID_DURATION:
		return strict(l->col) ? SEKI_SPOILT_DATE : SEKI_SPOILT_NOT;
	case SEKI_GRID_TEXT:
	default:
		return seki_spoilt_text(c->p, c->n, strict(l->col));
	}
}

static int
all_digits(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return 0;
	return 1;
}

static int
text(const struct look *l, struct seki_buf *b, struct seki_err *err)
{
	const struct seki_layout_col *col = l->col;
	const struct seki_grid_cell *c = l->cell;
	size_t chars;

	if (col->least > 0 || col->most != SIZE_MAX) {
		chars = seki_norm_chars(c->p, c->n);
		if (chars < col->least && all_digits(c->p, c->n))
			return spoilt(l, SEKI_SPOILT_ZERO);
		if (chars < col->least || chars > col->most)
			return refuse(l,
			    _("not of the length that the layout "
			      "says"),
			    NULL);
	}
	if (col->type <= SEKI_LAY_CODE && col->type != SEKI_LAY_LINES &&
	    (memchr(c->p, '\n', c->n) != NULL ||
		memchr(c->p, '\r', c->n) != NULL))
		return refuse(l, _("a line end inside a text of one line"),
		    _("the layout's 型 (type) for such a column is 複数行 "
		      "(lines)"));
	return seki_buf_add(b, c->p, c->n, err);
}

static const char *
no_such(enum seki_layout_type type)
{
	return type == SEKI_LAY_NUMBER ? _("not a number")
	       : type == SEKI_LAY_DATE ? _("not a date")
	       : type == SEKI_LAY_TIME ? _("not a time")
				       : _("not a date and time");
}

/* By the function that normalises such values, so that both read the same. */
static int
parsed(const struct look *l, const char *kind, enum seki_shape shape,
    struct seki_buf *b, struct seki_err *err)
{
	const struct seki_grid_cell *c = l->cell;
	size_t from = b->n;
	int r = kind != NULL
		    ? seki_norm_apply(seki_norm_find(kind), c->p, c->n, b, err)
		    : seki_norm_time(c->p, c->n, b, err);

	if (r == 0 && b->n > from &&
	    seki_value_check(shape, b->p + from, b->n - from) != NULL)
		r = SEKI_B_UNPARSED;
	if (r == -1 || r == 0)
		return r;
	b->n = from;
	if (r == SEKI_B_EMPTY)
		return 0;
	if (shape != SEKI_S_NUMBER &&
	    seki_spoilt_text(c->p, c->n, 1) == SEKI_SPOILT_DAY)
		return refuse(l,
		    _("a day without its year, such as 5月3日 or 3-May: Excel "
		      "may have saved it so"),
		    seki_spoilt_remedy(SEKI_SPOILT_DAY));
	return refuse(l,
	    r == SEKI_B_UNPARSED ? no_such(l->col->type)
				 : seki_broken_sentence((enum seki_broken)r),
	    NULL);
}

/* What a workbook says outright need not be parsed. */
static int
by_type(const struct look *l, struct seki_buf *b, struct seki_err *err)
{
	const struct seki_grid_cell *c = l->cell;

	switch (l->col->type) {
	case SEKI_LAY_NUMBER:
		if (c->kind == SEKI_GRID_NUMBER && seki_num_ok(c->p, c->n))
			return seki_buf_add(b, c->p, c->n, err);
		return parsed(l, "number", SEKI_S_NUMBER, b, err);
	case SEKI_LAY_DATE:
		if (c->kind == SEKI_GRID_DATE)
			return seki_buf_add(b, c->p, c->n, err);
		if (c->kind == SEKI_GRID_DATETIME)
			return refuse(l, _("a day with a time"), NULL);
		return parsed(l, "date", SEKI_S_DATE, b, err);
	case SEKI_LAY_TIME:
		if (c->kind == SEKI_GRID_TIME)
			return seki_buf_add(b, c->p, c->n, err);
		return parsed(l, NULL, SEKI_S_TIME, b, err);
	case SEKI_LAY_DATETIME:
		return parsed(l, "datetime", SEKI_S_DATETIME, b, err);
	case SEKI_LAY_TEXT:
	case SEKI_LAY_LINES:
	case SEKI_LAY_CODE:
	case SEKI_LAY_ANY:
	default:
		return text(l, b, err);
	}
}

int
seki_intake_value(const struct seki_layout_col *col,
    const struct seki_grid_cell *cell, struct seki_buf *b, const char **why,
    const char **hint, struct seki_err *err)
{
	struct look l = { col, cell, why, hint };
	enum seki_spoilt s;

	if (cell->n == 0 && cell->formula)
		return spoilt(&l, SEKI_SPOILT_FORMULA);
	if (cell->n == 0)
		return col->required
			   ? refuse(&l, _("empty, but required"), NULL)
			   : 0;
	if ((s = by_kind(&l)) != SEKI_SPOILT_NOT)
		return spoilt(&l, s);
	if (cell->n > SEKI_VALUE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("a value is longer than %zu bytes"), SEKI_VALUE_MAX);
	return by_type(&l, b, err);
}
