#include <stdlib.h>

#include "fallback.h"
#include "grid.h"

/* The report's columns in two languages; NULL-ended. */
const char *const seki_fallback_ja[] = { "文字", "符号位置", "名称", "区分",
	"検査", "項目", "件数", "番号", "候補", "代替", "代替済", "備考",
	NULL };
const char *const seki_fallback_en[] = { "character", "code points", "name",
	"class", "gate", "fields", "count", "records", "candidates", "fallback",
	"replaced", "note", NULL };
const char *const seki_fallback_sheet[2] = { "文字", "characters" };

struct choice {
	const struct seki_norm_kind *gate; /* NULL: every one */
	char *from, *to;
	uint64_t row;
};
struct seki_fallback {
	struct choice *list; /* by from and gate */
	size_t n, size;
};

struct table {
	struct seki_fallback *f;
	const struct seki_rules *rules;
	struct seki_grid *grid;
	const struct seki_grid_cell *cell;
	size_t n;
	int col[SEKI_FB_COLS]; /* where it stands, -1: nowhere */
};

static int
bad_at(const struct table *t, enum seki_fallback_col col, uint64_t row,
    struct seki_err *err, enum seki_reason reason, const char *why)
{
	seki_err_object(err, seki_grid_name(t->grid));
	return seki_fail(err, reason, _("row %llu, column %s: %s"),
	    (unsigned long long)row, seki_fallback_ja[col], why);
}

static int
bad(const struct table *t, enum seki_fallback_col col, struct seki_err *err,
    const char *why)
{
	return bad_at(t, col, seki_grid_row(t->grid), err, SEKI_RULES, why);
}

static int
column_of(const char *word)
{
	int i;

	for (i = 0; i < SEKI_FB_COLS; i++)
		if (strcmp(word, seki_fallback_ja[i]) == 0 ||
		    seki_norm_same(word, seki_fallback_en[i]))
			return i;
	return -1;
}

static int
unknown(const struct table *t, size_t i, struct seki_err *err)
{
	const char *list[2 * SEKI_FB_COLS + 1];
	const char *word = t->cell[i].p, *near;
	size_t k;

	for (k = 0; k < SEKI_FB_COLS; k++) {
		list[2 * k] = seki_fallback_ja[k];
		list[2 * k + 1] = seki_fallback_en[k];
	}
	list[2 * k] = NULL;
	seki_err_object(err, seki_grid_name(t->grid));
	if ((near = seki_text_nearest(word, list)) == NULL)
		near = seki_fallback_ja[SEKI_FB_TO];
	return seki_fail(err, SEKI_RULES,
	    _("row %llu, cell %zu: unknown column \"%.*s\"; did you mean "
	      "\"%s\"?"),
	    (unsigned long long)seki_grid_row(t->grid), i + 1,
	    seki_text_cut(word, 80), word, near);
}

static int
header(struct table *t, struct seki_err *err)
{
	size_t i;
	int k;

	for (i = 0; i < t->n; i++) {
		if (t->cell[i].n == 0)
			continue;
		if ((k = column_of(t->cell[i].p)) == -1)
			return unknown(t, i, err);
		if (t->col[k] != -1)
			return bad(t, (enum seki_fallback_col)k, err,
			    _("the column stands twice"));
		t->col[k] = (int)i;
	}
	if (t->col[SEKI_FB_CHAR] == -1 && t->col[SEKI_FB_POINTS] == -1)
		k = SEKI_FB_CHAR;
	else if (t->col[SEKI_FB_TO] == -1)
		k = SEKI_FB_TO;
	else
		return 0;
	seki_err_object(err, seki_grid_name(t->grid));
	seki_err_hint(err, "%s",
	    _("fill in the table that seki-normalize --characters writes"));
	return seki_fail(err, SEKI_RULES,
	    _("the first row has no column %s (%s)"), seki_fallback_ja[k],
	    seki_fallback_en[k]);
}

/* The cell's text without the ' that keeps a spreadsheet from taking it for a
 * formula; "" where there is none.  NULL: a spreadsheet made it. */
static const char *
text(const struct table *t, enum seki_fallback_col col, struct seki_err *err)
{
	const struct seki_grid_cell *c;

	if (t->col[col] == -1 || (size_t)t->col[col] >= t->n)
		return "";
	c = &t->cell[t->col[col]];
	if (c->formula || (c->n > 0 && c->kind != SEKI_GRID_TEXT &&
			      c->kind != SEKI_GRID_NUMBER)) {
		(void)bad(t, col, err,
		    _("a formula, or a date or truth value that the "
		      "spreadsheet made; type it as text"));
		return NULL;
	}
	return c->n > 1 && c->p[0] == '\'' ? c->p + 1 : c->p;
}

/* The character by itself, by its code points, or by both when they agree. */
static int
from(const struct table *t, char to[SEKI_LOST_BYTES + 1], struct seki_err *err)
{
	const char *shown = text(t, SEKI_FB_CHAR, err);
	const char *points =
	    shown == NULL ? NULL : text(t, SEKI_FB_POINTS, err);
	size_t n;

	if (points == NULL)
		return -1;
	if (points[0] != '\0') {
		if ((n = seki_lost_parse(points, to)) == 0 ||
		    !seki_lost_one(to, n))
			return bad(t, SEKI_FB_POINTS, err,
			    _("code points of one character are wanted, such "
			      "as U+20BB7 or U+845B U+E0100"));
		if (shown[0] != '\0' && strcmp(shown, to) != 0)
			return bad(t, SEKI_FB_POINTS, err,
			    _("these are not the code points of the character "
			      "in the same row"));
		return 0;
	}
	n = strlen(shown);
	if (n == 0 || n > SEKI_LOST_BYTES || !seki_lost_one(shown, n))
		return bad(t, SEKI_FB_CHAR, err, _("one character is wanted"));
	memcpy(to, shown, n + 1);
	return 0;
}

static int
gate_of(const struct table *t, const struct seki_norm_kind **gate,
    struct seki_err *err)
{
	const char *word = text(t, SEKI_FB_GATE, err);

	*gate = NULL;
	if (word == NULL)
		return -1;
	if (word[0] == '\0')
		return 0;
	if ((*gate = seki_norm_find(word)) != NULL &&
	    ((*gate)->how & SEKI_KIND_GATE) != 0)
		return 0;
	return bad(t, SEKI_FB_GATE, err,
	    _("a gate is cp932, cp932_fold, jisx0208 or jisx0213; empty means "
	      "each gate of the rules table"));
}

/* What a person would not see, or could not tell from what was written. */
static const char *
wrong(const char *s)
{
	size_t i = 0, n = strlen(s), chars = 0, before;
	uint32_t c;

	while (i < n) {
		before = i;
		c = seki_text_get(s, n, &i);
		chars++;
		if (c == '?' || c == 0xFF1F || c == 0xFFFD)
			return N_("a question mark tells nobody what stood "
				  "there");
		if (c < 0x20 || seki_norm_drop(c) || seki_text_hidden(c))
			return N_("a character that does not show");
		if (n > i - before && seki_norm_space(c) &&
		    (before == 0 || i == n))
			return N_("a space before or behind it");
	}
	return chars > SEKI_FALLBACK_CHARS ? N_("longer than 16 characters")
					   : NULL;
}

static int
refused(const struct table *t, const struct seki_norm_kind *gate,
    struct seki_err *err)
{
	char why[200];

	(void)snprintf(why, sizeof(why),
	    _("this does not pass the gate %s either"), gate->name);
	seki_err_hint(err, "%s",
	    _("choose characters that the other system has, or leave the cell "
	      "empty: the records wait"));
	return bad_at(
	    t, SEKI_FB_TO, seki_grid_row(t->grid), err, SEKI_CONFIG, why);
}

static int
through(const struct table *t, const struct seki_norm_kind *gate,
    const char *to, struct seki_err *err)
{
	if (seki_charset_open(seki_norm_set(gate), err) == -1)
		return -1;
	return seki_lost_none(gate, to, strlen(to)) ? 0 : refused(t, gate, err);
}

static int
check(const struct table *t, const struct seki_norm_kind *gate, const char *to,
    struct seki_err *err)
{
	const char *why = wrong(to);
	size_t i;

	if (why != NULL)
		return bad_at(t, SEKI_FB_TO, seki_grid_row(t->grid), err,
		    SEKI_CONFIG, _(why));
	if (gate != NULL)
		return through(t, gate, to, err);
	for (i = 0; i < t->rules->n; i++) {
		gate = t->rules->rule[i].kind;
		if ((gate->how & SEKI_KIND_GATE) != 0 &&
		    through(t, gate, to, err) == -1)
			return -1;
	}
	return 0;
}

static int
add(struct seki_fallback *f, const struct seki_norm_kind *gate,
    const char *from, const char *to, uint64_t row, struct seki_err *err)
{
	size_t size = f->size == 0 ? 64 : 2 * f->size;
	struct choice c = { .gate = gate, .row = row }, *grown;

	if (f->n == f->size) {
		grown = reallocarray(f->list, size, sizeof(*grown));
		if (grown == NULL)
			return seki_err_nomem(err);
		f->list = grown;
		f->size = size;
	}
	c.from = strdup(from);
	c.to = strdup(to);
	f->list[f->n++] = c;
	return c.from == NULL || c.to == NULL ? seki_err_nomem(err) : 0;
}

static int
row(struct table *t, struct seki_err *err)
{
	const struct seki_norm_kind *gate;
	const char *to = text(t, SEKI_FB_TO, err);
	char c[SEKI_LOST_BYTES + 1];

	if (to == NULL)
		return -1;
	if (to[0] == '\0')
		return 0;
	if (from(t, c, err) == -1 || gate_of(t, &gate, err) == -1)
		return -1;
	if (strcmp(c, to) == 0)
		return bad(t, SEKI_FB_TO, err,
		    _("a character cannot stand for itself"));
	if (check(t, gate, to, err) == -1)
		return -1;
	return add(t->f, gate, c, to, seki_grid_row(t->grid), err);
}

static int
compare(const void *a, const void *b)
{
	const struct choice *x = a, *y = b;
	int way = strcmp(x->from, y->from);

	if (way != 0)
		return way;
	if (x->gate != y->gate)
		return (uintptr_t)x->gate < (uintptr_t)y->gate ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static int
order(const struct table *t, struct seki_err *err)
{
	struct seki_fallback *f = t->f;
	size_t i;

	if (f->n > 0)
		qsort(f->list, f->n, sizeof(*f->list), compare);
	for (i = 1; i < f->n; i++)
		if (strcmp(f->list[i - 1].from, f->list[i].from) == 0 &&
		    f->list[i - 1].gate == f->list[i].gate)
			return bad_at(t, SEKI_FB_CHAR, f->list[i].row, err,
			    SEKI_RULES,
			    _("another row has the same character"));
	return 0;
}

/* A report has the table on a sheet of its own. */
static int
choose_sheet(struct table *t, struct seki_err *err)
{
	size_t i, n = seki_grid_sheets(t->grid);
	const char *name;

	for (i = 0; i < n; i++) {
		name = seki_grid_sheet_name(t->grid, i);
		if (strcmp(name, seki_fallback_sheet[0]) == 0 ||
		    strcmp(name, seki_fallback_sheet[1]) == 0)
			return seki_grid_rewind(t->grid, name, err);
	}
	return 0;
}

static int
rows(struct table *t, struct seki_err *err)
{
	size_t i;
	int r, any, first = 1;

	if (choose_sheet(t, err) == -1)
		return -1;
	while ((r = seki_grid_next(t->grid, &t->cell, &t->n, err)) == 1) {
		for (any = 0, i = 0; i < t->n; i++)
			any = any || t->cell[i].n > 0;
		if (!any)
			continue;
		if ((first ? header(t, err) : row(t, err)) == -1)
			return -1;
		first = 0;
	}
	if (r == 0 && first) {
		seki_err_object(err, seki_grid_name(t->grid));
		return seki_fail(
		    err, SEKI_RULES, "%s", _("the table is empty"));
	}
	return r == 0 ? order(t, err) : -1;
}

struct seki_fallback *
seki_fallback_read(struct seki_in *in, const struct seki_rules *rules,
    char hex[SEKI_HEX], struct seki_err *err)
{
	static const struct seki_grid_how how = { .max = SEKI_CHARTABLE_MAX };
	unsigned char digest[SEKI_SHA256] = { 0 };
	struct table t = { .rules = rules, .f = calloc(1, sizeof(*t.f)) };
	size_t i;
	int r = -1;

	for (i = 0; i < SEKI_FB_COLS; i++)
		t.col[i] = -1;
	if (t.f == NULL) {
		seki_in_free(in);
		(void)seki_err_nomem(err);
		return NULL;
	}
	if ((t.grid = seki_grid_read(in, &how, err)) != NULL) {
		r = rows(&t, err);
		seki_grid_digest(t.grid, digest);
	}
	/* A broken CSV or workbook is a broken table. */
	if (r == -1 && seki_err_status(err->reason) == 65 &&
	    err->reason != SEKI_LIMIT)
		err->reason = SEKI_RULES;
	seki_grid_free(t.grid);
	seki_text_hex(digest, SEKI_SHA256, hex);
	if (r == 0)
		return t.f;
	seki_fallback_free(t.f);
	return NULL;
}

struct seki_fallback *
seki_fallback_open(const char *path, const struct seki_rules *rules,
    char hex[SEKI_HEX], struct seki_err *err)
{
	struct seki_in *in = seki_in_file(path, SEKI_CHARTABLE_MAX, err);
	struct seki_fallback *f =
	    in == NULL ? NULL : seki_fallback_read(in, rules, hex, err);

	if (f == NULL)
		seki_err_object(err, path);
	return f;
}

const char *
seki_fallback_find(const struct seki_fallback *f,
    const struct seki_norm_kind *gate, const char *s, size_t n)
{
	const char *any = NULL;
	size_t lo = 0, hi = f->n, mid;
	int way;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		way = strncmp(f->list[mid].from, s, n);
		if (way < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < f->n && strncmp(f->list[lo].from, s, n) == 0; lo++) {
		if (f->list[lo].from[n] != '\0')
			continue;
		if (f->list[lo].gate == gate)
			return f->list[lo].to;
		if (f->list[lo].gate == NULL)
			any = f->list[lo].to;
	}
	return any;
}

void
seki_fallback_free(struct seki_fallback *f)
{
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; i < f->n; i++) {
		free(f->list[i].from);
		free(f->list[i].to);
	}
	free(f->list);
	free(f);
}

const char *
seki_standin(const struct seki_standins *st, const struct seki_norm_kind *gate,
    const char *s, size_t n)
{
	const struct seki_gaiji_char *own;
	const char *to = NULL;
	size_t i = 0;
	uint32_t c;

	if (st->fallback != NULL)
		to = seki_fallback_find(st->fallback, gate, s, n);
	if (to != NULL || st->gaiji == NULL)
		return to;
	c = seki_text_get(s, n, &i);
	if (i != n || (own = seki_gaiji_find(st->gaiji, c)) == NULL ||
	    own->text[0] == '\0' || wrong(own->text) != NULL ||
	    !seki_lost_none(gate, own->text, strlen(own->text)))
		return NULL;
	return own->text;
}

int
seki_standins_apply(const struct seki_standins *st,
    const struct seki_norm_kind *gate, const char *s, size_t n,
    struct seki_buf *b, struct seki_err *err)
{
	struct seki_lost l;
	const char *to;
	size_t at = 0, from = 0;
	int given = 0;

	while (seki_lost_next(gate, s, n, &at, &l)) {
		if ((to = seki_standin(st, gate, s + l.at, l.n)) == NULL)
			continue;
		if (seki_buf_add(b, s + from, l.at - from, err) == -1 ||
		    seki_buf_str(b, to, err) == -1)
			return -1;
		from = at;
		given++;
	}
	return seki_buf_add(b, s + from, n - from, err) == -1 ? -1 : given;
}
