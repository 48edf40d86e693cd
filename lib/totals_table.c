#include <stdlib.h>
#include <string.h>

#include "match_int.h"
#include "norm_int.h"
#include "totals_int.h"

/* The table of totals (seki-match(5), TOTALS), read strictly. */

/* Words of a total row. */
static const char *const totals[] = { "合計", "総計", "小計", "計", "total",
	NULL };
static const struct {
	const char *ja, *en;
	enum seki_totals_kind kind;
} words[] = { { "月", "month", SEKI_TOTALS_MONTH },
	{ "年度", "fiscal-year", SEKI_TOTALS_YEAR },
	{ "件数", "count", SEKI_TOTALS_COUNT },
	{ "備考", "note", SEKI_TOTALS_NOTE } };
static const char *const settings[] = { "@日付", "@date", "@除外", "@except",
	NULL };

struct table {
	struct seki_grid *grid;
	const struct seki_grid_cell *cell;
	size_t n;
	struct seki_totals *to;
	struct seki_buf text; /* of the cell at hand */
	int headed;
	/* Columns that the first row names, for those it does not. */
	unsigned char *known;
	size_t nknown;
};

static int
bad(const struct table *t, size_t i, const char *head, const char *why,
    struct seki_err *err)
{
	char place[SEKI_GRID_PLACE];

	seki_grid_place(t->grid, i, place);
	return seki_fail(
	    err, SEKI_RULES, _("%s, column %s: %s"), place, head, why);
}

/* The cell's text without the spaces around it, to t->text. */
static int
take(struct table *t, size_t i, const char *head, struct seki_err *err)
{
	const struct seki_grid_cell *c = i < t->n ? &t->cell[i] : NULL;

	seki_buf_reset(&t->text);
	if (seki_buf_room(&t->text, 0, err) == -1)
		return -1;
	t->text.p[0] = '\0';
	if (c == NULL)
		return 0;
	if (c->formula || c->kind == SEKI_GRID_ERROR)
		return bad(
		    t, i, head, _("a formula; write what it gives"), err);
	return seki_norm_clean(c->p, c->n, SEKI_CLEAN_WS1, &t->text, err) == -1
		   ? -1
		   : 0;
}

static int
among(const char *word, const char *const *list)
{
	int i;

	for (i = 0; list[i] != NULL; i++)
		if (seki_norm_same(word, list[i]))
			return i;
	return -1;
}

/* "FIELD=VALUE", cut in two; NULL when there is no sign. */
static char *
halve(char *s)
{
	static const char *const sign[] = { "=", "＝" };
	char *at, *first = NULL, *value = NULL;
	size_t i;

	for (i = 0; i < 2; i++)
		if ((at = strstr(s, sign[i])) != NULL &&
		    (first == NULL || at < first)) {
			first = at;
			value = at + strlen(sign[i]);
		}
	if (first == NULL || first == s)
		return NULL;
	*first = '\0';
	while (first > s && first[-1] == ' ')
		*--first = '\0';
	while (*value == ' ')
		value++;
	return value;
}

static int
except(struct table *t, struct seki_err *err)
{
	struct seki_totals *to = t->to;
	struct seki_totals_except *e;
	char *value;

	if ((value = halve(t->text.p)) == NULL)
		return bad(
		    t, 1, settings[2], _("a condition is FIELD=VALUE"), err);
	if (to->nexcept == SEKI_TOTALS_COLS)
		return seki_fail(err, SEKI_LIMIT, _("more than %zu conditions"),
		    SEKI_TOTALS_COLS);
	e = reallocarray(to->except, to->nexcept + 1, sizeof(*e));
	if (e == NULL)
		return seki_err_nomem(err);
	to->except = e;
	e += to->nexcept++;
	memset(e, 0, sizeof(*e));
	e->row = seki_grid_row(t->grid);
	e->field = strdup(t->text.p);
	e->value = strdup(value);
	if (e->field == NULL || e->value == NULL)
		return seki_err_nomem(err);
	return seki_match_fold(
	    SEKI_HOW_TEXT, NULL, value, strlen(value), &e->fold, err);
}

static int
is_setting(const struct table *t)
{
	const char *s = t->cell[0].p;

	return s[0] == '@' || strncmp(s, "＠", strlen("＠")) == 0;
}

/* A row that begins with @: the cell beside it has the value. */
static int
setting(struct table *t, struct seki_err *err)
{
	char name[256], why[512];
	const char *near;
	size_t i;
	int what;

	seki_buf_reset(&t->text);
	if (seki_norm_clean(t->cell[0].p, t->cell[0].n,
		SEKI_CLEAN_WS1 | SEKI_CLEAN_ASCII, &t->text, err) == -1)
		return -1;
	(void)snprintf(name, sizeof(name), "%.*s", seki_text_cut(t->text.p, 80),
	    t->text.p);
	what = among(name, settings);
	if (what == -1) {
		near = seki_text_nearest(name, settings);
		(void)snprintf(why, sizeof(why),
		    _("an unknown setting; did you mean \"%s\"?"),
		    near == NULL ? settings[0] : near);
		return bad(t, 0, name, why, err);
	}
	for (i = 2; i < t->n; i++)
		if (t->cell[i].n > 0)
			return bad(
			    t, i, name, _("a setting has one value"), err);
	if (take(t, 1, name, err) == -1)
		return -1;
	if (t->text.n == 0)
		return bad(t, 1, name, _("the setting has no value"), err);
	if (what / 2 == 1)
		return except(t, err);
	if (t->to->date != NULL)
		return bad(t, 0, name, _("the setting stands twice"), err);
	t->to->date_row = seki_grid_row(t->grid);
	t->to->date = strdup(t->text.p);
	return t->to->date == NULL ? seki_err_nomem(err) : 0;
}

/* What is summed: "合計 FIELD", with a blank or a colon; or NULL. */
static const char *
summed(const char *s)
{
	static const char *const sum[] = { "合計", "sum" };
	static const char *const then[] = { " ", ":", "：" };
	size_t i, k, n;

	for (i = 0; i < 2; i++) {
		n = strlen(sum[i]);
		if (strncasecmp(s, sum[i], n) != 0)
			continue;
		for (k = 0; k < 3; k++)
			if (strncmp(s + n, then[k], strlen(then[k])) == 0) {
				s += n + strlen(then[k]);
				return s + strspn(s, " ");
			}
	}
	return NULL;
}

static int
column(struct table *t, size_t i, struct seki_err *err)
{
	struct seki_totals *to = t->to;
	const char *field = summed(t->text.p);
	enum seki_totals_kind kind =
	    field == NULL ? SEKI_TOTALS_FIELD : SEKI_TOTALS_SUM;
	struct seki_totals_col *c;
	size_t k;

	for (k = 0; field == NULL && k < sizeof(words) / sizeof(words[0]); k++)
		if (seki_norm_same(t->text.p, words[k].ja) ||
		    seki_norm_same(t->text.p, words[k].en)) {
			kind = words[k].kind;
			field = "";
		}
	if (kind == SEKI_TOTALS_NOTE)
		return 0;
	if (kind == SEKI_TOTALS_SUM && field[0] == '\0')
		return bad(t, i, t->text.p, _("no field is named"), err);
	c = seki_totals_add(
	    to, kind, t->text.p, field == NULL ? t->text.p : field, err);
	if (c == NULL)
		return -1;
	c->cell = i;
	return 0;
}

/* Two columns of one kind and field; month and year are one kind here. */
static int
twice(const struct table *t, const struct seki_totals_col *list, size_t n,
    struct seki_err *err)
{
	const struct seki_totals_col *a, *b;

	for (a = list; a < list + n; a++)
		for (b = list; b < a; b++)
			if (strcmp(a->field, b->field) == 0 &&
			    (a->field[0] == '\0' || a->kind == b->kind))
				return bad(t, a->cell, a->head,
				    a->kind == b->kind
					? _("the column stands twice")
					: _("only one of 月 and 年度"),
				    err);
	return 0;
}

static int
head(struct table *t, struct seki_err *err)
{
	struct seki_totals *to = t->to;
	size_t i;

	t->headed = 1;
	to->head_row = seki_grid_row(t->grid);
	if ((t->known = calloc(t->n + 1, 1)) == NULL)
		return seki_err_nomem(err);
	t->nknown = t->n;
	for (i = 0; i < t->n; i++) {
		if (take(t, i, "?", err) == -1)
			return -1;
		if (t->text.n == 0)
			continue;
		t->known[i] = 1;
		if (column(t, i, err) == -1)
			return -1;
	}
	if (twice(t, to->key, to->nkey, err) == -1 ||
	    twice(t, to->fig, to->nfig, err) == -1)
		return -1;
	if (to->nfig > 0)
		return 0;
	return bad(t, 0, words[2].ja,
	    _("no table of totals: the first row needs 件数 (count) or 合計 "
	      "FIELD (sum FIELD)"),
	    err);
}

static const char month_is[] = N_("not a month such as 2026-04 or 令和8年4月");

/* What a spreadsheet makes of 2026/4 is that month's first day; a number lost
 * the 0 of 2026.10. */
static int
month(struct table *t, const struct seki_totals_col *c, struct seki_buf *to,
    struct seki_err *err)
{
	struct seki_points p;
	struct seki_day d;
	enum seki_grid_kind kind = t->cell[c->cell].kind;
	int code = seki_norm_points(t->text.p, t->text.n, 1, &p, err);

	if (code == -1)
		return -1;
	if (code == 0)
		seki_norm_tight(&p);
	if (code != 0 || seki_norm_day(p.c, p.n, &d) != 0 ||
	    (kind != SEKI_GRID_TEXT && kind != SEKI_GRID_DATE) ||
	    (kind == SEKI_GRID_TEXT ? d.d != 0 : d.d != 1))
		return bad(t, c->cell, c->head, _(month_is), err);
	return seki_buf_fmt(to, err, "%04d-%02d", d.y, d.m);
}

static int
year(struct table *t, const struct seki_totals_col *c, struct seki_buf *to,
    struct seki_err *err)
{
	enum seki_grid_kind kind = t->cell[c->cell].kind;
	int code = SEKI_B_UNPARSED;

	if (kind == SEKI_GRID_TEXT || kind == SEKI_GRID_NUMBER)
		code = seki_norm_fiscal_year(t->text.p, t->text.n, to, err);
	if (code > 0)
		return bad(t, c->cell, c->head,
		    _("not a year such as 2026 or 令和8年度"), err);
	return code;
}

/* The parts of the row's group; in a total row, which are any. */
static int
parts(struct table *t, int *total, struct seki_err *err)
{
	struct seki_totals *to = t->to;
	struct seki_totals_col *c;
	struct seki_buf *b;
	size_t i;
	int r = 0;

	*total = 0;
	for (i = 0; r == 0 && i < to->nkey; i++) {
		c = &to->key[i];
		b = &to->part[i];
		seki_buf_reset(b);
		if (take(t, c->cell, c->head, err) == -1)
			return -1;
		to->any[i] = among(t->text.p, totals) != -1 ||
			     (*total && t->text.n == 0);
		if (to->any[i])
			*total = 1;
		else if (t->text.n > 0)
			r = c->kind == SEKI_TOTALS_MONTH ? month(t, c, b, err)
			    : c->kind == SEKI_TOTALS_YEAR
				? year(t, c, b, err)
				: seki_buf_add(b, t->text.p, t->text.n, err);
	}
	return r;
}

/* What a number cell of a workbook holds beyond 15 digits is not what was
 * typed. */
static int
rounded(const struct seki_grid_cell *c)
{
	size_t i, digits = 0;

	for (i = 0; i < c->n; i++)
		digits += c->p[i] >= '0' && c->p[i] <= '9';
	return c->kind == SEKI_GRID_NUMBER && digits > 15;
}

/* A figure: new, or NULL when the cell is empty. */
static int
figure(struct table *t, const struct seki_totals_col *c, char **want,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	enum seki_grid_kind kind;
	int r;

	if (take(t, c->cell, c->head, err) == -1)
		return -1;
	if (t->text.n == 0)
		return 0;
	kind = t->cell[c->cell].kind;
	if (rounded(&t->cell[c->cell]))
		return bad(t, c->cell, c->head,
		    _("more digits than a spreadsheet's number holds; write "
		      "it as a text"),
		    err);
	r = kind == SEKI_GRID_TEXT || kind == SEKI_GRID_NUMBER
		? seki_norm_apply(
		      seki_norm_find("number"), t->text.p, t->text.n, &b, err)
		: SEKI_B_UNPARSED;
	if (r == 0 && c->kind == SEKI_TOTALS_COUNT &&
	    strspn(b.p, "0123456789") != b.n)
		r = SEKI_B_UNPARSED;
	if (r > 0)
		r = bad(t, c->cell, c->head,
		    c->kind == SEKI_TOTALS_COUNT ? _("not a count")
						 : _("not a number"),
		    err);
	else if (r == 0 && (*want = strndup(b.p, b.n)) == NULL)
		r = seki_err_nomem(err);
	seki_buf_free(&b);
	return r;
}

/* Nothing may stand where no column is. */
static int
stray(struct table *t, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->cell[i].n > 0 && (i >= t->nknown || !t->known[i]))
			return bad(t, i, "?",
			    _("it stands in a column without a header"), err);
	return 0;
}

static int
row(struct table *t, struct seki_err *err)
{
	struct seki_totals *to = t->to;
	struct seki_totals_group *g;
	char why[128];
	size_t i;
	int total, made;

	if (stray(t, err) == -1 || parts(t, &total, err) == -1 ||
	    (g = seki_totals_group(to, &made, err)) == NULL)
		return -1;
	if (!made) {
		(void)snprintf(why, sizeof(why),
		    _("row %llu has the same group"),
		    (unsigned long long)g->row);
		return bad(t, to->nkey > 0 ? to->key[0].cell : 0,
		    to->nkey > 0 ? to->key[0].head : to->fig[0].head, why, err);
	}
	g->row = seki_grid_row(t->grid);
	g->total = total;
	for (i = 0; i < to->nfig; i++)
		if (figure(t, &to->fig[i], &g->want[i], err) == -1)
			return -1;
	return 0;
}

static int
empty(const struct table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->cell[i].n > 0)
			return 0;
	return 1;
}

/* A table that says nothing would agree with everything. */
static int
complete(const struct table *t, struct seki_err *err)
{
	const struct seki_totals *to = t->to;
	size_t i, k, period = 0;

	for (i = 0; i < to->nkey; i++)
		period += to->key[i].field[0] == '\0';
	if ((period > 0) != (to->date != NULL))
		return seki_fail(err, SEKI_RULES, "%s",
		    period > 0 ? _("a column 月 or 年度 needs a row @日付 "
				   "(@date) with the field it is taken from")
			       : _("a row @日付 (@date), but no column 月 or "
				   "年度"));
	for (i = 0; i < to->n; i++)
		for (k = 0; k < to->nfig; k++)
			if (!to->group[i]->total &&
			    to->group[i]->want[k] != NULL)
				return 0;
	seki_err_hint(err, "%s",
	    _("fill in what the other system shows; an empty cell is not "
	      "compared"));
	return seki_fail(err, SEKI_RULES, "%s",
	    _("the table has no figures: there is nothing to compare with"));
}

static int
rows(struct table *t, struct seki_err *err)
{
	int r, got = 0;

	while (got == 0 &&
	       (r = seki_grid_next(t->grid, &t->cell, &t->n, err)) == 1) {
		if (empty(t))
			continue;
		got = is_setting(t) ? setting(t, err)
		      : t->headed   ? row(t, err)
				    : head(t, err);
	}
	if (got == -1 || r == -1)
		return -1;
	if (seki_grid_merged(t->grid) != NULL)
		return seki_fail(err, SEKI_RULES,
		    _("%s!%s: merged cells; unmerge them and fill in each row"),
		    seki_grid_sheet(t->grid), seki_grid_merged(t->grid));
	return complete(t, err);
}

struct seki_totals *
seki_totals_read(struct seki_grid *g, struct seki_err *err)
{
	unsigned char digest[SEKI_SHA256];
	struct table t = { .grid = g,
		.to = seki_totals_new(seki_grid_name(g), err) };
	int r = -1;

	if (t.to != NULL) {
		seki_grid_digest(g, digest);
		seki_text_hex(digest, SEKI_SHA256, t.to->digest);
		r = rows(&t, err);
	}
	free(t.known);
	seki_buf_free(&t.text);
	if (r == 0)
		return t.to;
	/* A broken CSV or workbook is a broken table. */
	if (err->reason == SEKI_CSV || err->reason == SEKI_XLSX)
		err->reason = SEKI_RULES;
	seki_totals_free(t.to);
	return NULL;
}

struct seki_totals *
seki_totals_open(const char *path, struct seki_err *err)
{
	static const struct seki_grid_how limit = { .max = SEKI_RULES_MAX };
	struct seki_totals *t = NULL;
	struct seki_grid *g = seki_grid_open(path, &limit, err);

	if (g != NULL)
		t = seki_totals_read(g, err);
	if (t == NULL)
		seki_err_object(err, path);
	seki_grid_free(g);
	return t;
}
