#include <stdlib.h>
#include <string.h>

#include "layout_int.h"
#include "norm_int.h"

/* One row of a layout: a column of the file, or a setting. */

static const char *const types[] = { "text", "文字", "lines", "複数行", "code",
	"コード", "number", "数値", "date", "日付", "time", "時刻", "datetime",
	"日時", NULL };
static const char *const yes[] = { "no", "いいえ", "任意", "×", "0", "false",
	"yes", "はい", "必須", "○", "1", "true", "鍵", NULL };
#define YES 6
static const char *const settings[] = { "@sheet", "@シート", "@header-row",
	"@見出し行", "@range", "@範囲", "@overlap", "@重なり", NULL };

static int
among(const char *word, const char *const *list)
{
	int i;

	for (i = 0; list[i] != NULL; i++)
		if (seki_norm_same(word, list[i]))
			return i;
	return -1;
}

/* The cell as one of the words: its place in the list, none when it is empty,
 * or -1. */
static int
word(const struct seki_layout_table *t, enum seki_layout_head_col col,
    const char *const *list, int none, struct seki_err *err)
{
	char *s = seki_layout_cell(t, col, err);
	int i = none;

	if (s == NULL)
		return -1;
	if (s[0] != '\0' && (i = among(s, list)) == -1)
		(void)seki_layout_bad(t, col, err,
		    _("not one of the words for this column"), s, list);
	free(s);
	return i;
}

/* "7", "5-7"; digits of any width. */
static int
span(const char *s, size_t n, size_t *least, size_t *most)
{
	struct seki_points p;
	struct seki_err ignored = SEKI_ERR_INIT;
	size_t v[2] = { 0, 0 }, i, k = 0, digits = 0;

	if (seki_norm_points(s, n, 0, &p, &ignored) != 0)
		return -1;
	seki_norm_tight(&p);
	for (i = 0; i < p.n; i++)
		if (p.c[i] >= '0' && p.c[i] <= '9' && digits++ < 7)
			v[k] = v[k] * 10 + (p.c[i] - '0');
		else if (p.c[i] == '-' && k++ == 0 && digits > 0)
			digits = 0;
		else
			return -1;
	if (digits == 0 || v[k] == 0 || v[0] > v[k])
		return -1;
	*least = v[0];
	*most = v[k];
	return k == 0 ? 1 : 0;
}

static int
length(const struct seki_layout_table *t, struct seki_layout_col *c,
    struct seki_err *err)
{
	char *s = seki_layout_cell(t, SEKI_LAYC_LENGTH, err);
	int r;

	if (s == NULL)
		return -1;
	if (s[0] == '\0') {
		free(s);
		return 0;
	}
	r = span(s, strlen(s), &c->least, &c->most);
	/* A code has so many; anything else, up to so many. */
	if (r == 1 && c->type != SEKI_LAY_CODE)
		c->least = 0;
	if (r == -1)
		(void)seki_layout_bad(
		    t, SEKI_LAYC_LENGTH, err, _("not N or M-N"), s, NULL);
	else if (c->type > SEKI_LAY_CODE)
		r = seki_layout_bad(t, SEKI_LAYC_LENGTH, err,
		    _("only texts and codes have a length"), NULL, NULL);
	free(s);
	return r == -1 ? -1 : 0;
}

static int
range(const struct seki_layout_table *t, enum seki_layout_head_col col,
    struct seki_range *to, int *has, struct seki_err *err)
{
	char *s = seki_layout_cell(t, col, err);
	int r = 0;

	if (s == NULL)
		return -1;
	if ((*has = s[0] != '\0') != 0 &&
	    (seki_range_parse(s, to) == -1 || to->r2 == SEKI_RANGE_END))
		r = seki_layout_bad(t, col, err,
		    _("not a cell such as C5 or a range such as C5:C8"), s,
		    NULL);
	free(s);
	return r;
}

static int
code_ok(
    const struct seki_layout_table *t, const char *code, struct seki_err *err)
{
	const char *why = seki_rules_code(code, strlen(code));
	const struct seki_layout *l = t->to;
	char line[64];
	size_t i;

	if (why != NULL)
		return seki_layout_bad(
		    t, SEKI_LAYC_FIELD, err, _(why), code, NULL);
	if (strcmp(code, SEKI_LAYOUT_FROM) == 0 ||
	    strcmp(code, SEKI_LAYOUT_ROW) == 0)
		return seki_layout_bad(t, SEKI_LAYC_FIELD, err,
		    _("this field is seki-read's own"), code, NULL);
	for (i = 0; i < l->n; i++)
		if (strcmp(l->col[i].code, code) == 0) {
			(void)snprintf(line, sizeof(line),
			    _("row %llu has the same field"),
			    (unsigned long long)l->col[i].row);
			return seki_layout_bad(
			    t, SEKI_LAYC_FIELD, err, line, NULL, NULL);
		}
	return 0;
}

/* A label cell must hold something, and a word must be somewhere. */
static int
labelled(const struct seki_layout_table *t, const struct seki_layout_col *c,
    struct seki_err *err)
{
	if (!t->to->form || (c->label_is[0] != '\0') == c->has_label)
		return 0;
	return seki_layout_bad(t, SEKI_LAYC_LABEL_CELL, err,
	    _("a label cell needs its 見出し (header), and the other way "
	      "round"),
	    NULL, NULL);
}

/* Where the value comes from: a column, a cell, or the table itself. */
static int
origin(const struct seki_layout_table *t, struct seki_layout_col *c,
    struct seki_err *err)
{
	int from = t->to->form ? c->has_cell : c->header[0] != '\0';

	if (from && c->value[0] != '\0')
		return seki_layout_bad(t, SEKI_LAYC_VALUE, err,
		    _("a fixed value has no column or cell"), NULL, NULL);
	if (from || c->code[0] != '\0')
		return 0;
	return seki_layout_bad(t, SEKI_LAYC_FIELD, err,
	    _("neither a field nor where it comes from"), NULL, NULL);
}

/* A fixed value is checked here, once. */
static int
fixed(const struct seki_layout_table *t, const struct seki_layout_col *c,
    struct seki_err *err)
{
	if (c->value[0] == '\0' || c->type == SEKI_LAY_TEXT ||
	    c->type == SEKI_LAY_CODE)
		return 0;
	return seki_layout_bad(
	    t, SEKI_LAYC_TYPE, err, _("a fixed value is a text"), NULL, NULL);
}

static int
details(const struct seki_layout_table *t, struct seki_layout_col *c,
    struct seki_err *err)
{
	int type = word(t, SEKI_LAYC_TYPE, types, 0, err);
	int key = word(t, SEKI_LAYC_KEY, yes, 0, err);
	int need = word(t, SEKI_LAYC_REQUIRED, yes, 0, err);

	if (type == -1 || key == -1 || need == -1)
		return -1;
	c->type = (enum seki_layout_type)(type / 2);
	c->key = key >= YES;
	c->required = need >= YES || c->key;
	if (length(t, c, err) == -1 ||
	    range(t, SEKI_LAYC_CELL, &c->cell, &c->has_cell, err) == -1 ||
	    range(t, SEKI_LAYC_LABEL_CELL, &c->label_cell, &c->has_label,
		err) == -1)
		return -1;
	free(c->value);
	if ((c->value = seki_layout_cell(t, SEKI_LAYC_VALUE, err)) == NULL)
		return -1;
	if (c->key && c->code[0] == '\0')
		return seki_layout_bad(t, SEKI_LAYC_KEY, err,
		    _("what is left out cannot be the key"), NULL, NULL);
	if (labelled(t, c, err) == -1 || origin(t, c, err) == -1)
		return -1;
	return fixed(t, c, err);
}

/* In a form's table the header is what the label cell must hold. */
static int
form_label(struct seki_layout_col *c, struct seki_err *err)
{
	char *none = strdup("");

	if (none == NULL)
		return seki_err_nomem(err);
	free(c->label_is);
	c->label_is = c->header;
	c->header = none;
	return 0;
}

static int
column(struct seki_layout_table *t, const char *code, struct seki_err *err)
{
	char *head = seki_layout_cell(t, SEKI_LAYC_HEADER, err);
	char *label = seki_layout_cell(t, SEKI_LAYC_LABEL, err);
	struct seki_layout_col *c = NULL;
	int r = -1;

	if (head != NULL && label != NULL &&
	    (code[0] == '\0' || code_ok(t, code, err) == 0))
		c = seki_layout_add(t->to, head, code, label, err);
	if (c != NULL) {
		c->row = seki_chartable_row(&t->t);
		if (t->to->form)
			r = form_label(c, err);
		else
			r = 0;
	}
	free(head);
	free(label);
	return r == -1 ? -1 : details(t, c, err);
}

/* A row number as Excel shows it. */
static int
number(const char *s, uint64_t *to)
{
	size_t least, most;

	if (span(s, strlen(s), &least, &most) != 1)
		return -1;
	*to = most;
	return 0;
}

static int
set(struct seki_layout *l, int what, char **value)
{
	int i;

	switch (what) {
	case 0:
		free(l->sheet);
		l->sheet = *value;
		*value = NULL;
		return 0;
	case 1:
		return number(*value, &l->header_row);
	case 2:
		l->ranged = 1;
		return seki_range_parse(*value, &l->range);
	default:
		if ((i = among(*value, yes)) == -1)
			return -1;
		l->overlap = i >= YES;
		return 0;
	}
}

static int
setting(struct seki_layout_table *t, const char *name, struct seki_err *err)
{
	int what = among(name, settings), r;
	char *value;

	if (what == -1)
		return seki_layout_bad(t, SEKI_LAYC_FIELD, err,
		    _("an unknown setting"), name, settings);
	if ((value = seki_layout_cell(t, SEKI_LAYC_VALUE, err)) == NULL)
		return -1;
	r = value[0] == '\0' ? -1 : set(t->to, what / 2, &value);
	if (r == -1)
		(void)seki_layout_bad(t, SEKI_LAYC_VALUE, err,
		    _("not a value of this setting"), name, NULL);
	free(value);
	return r;
}

int
seki_layout_row(struct seki_layout_table *t, struct seki_err *err)
{
	char *code = seki_layout_cell(t, SEKI_LAYC_FIELD, err);
	int r;

	if (code == NULL)
		return -1;
	r = code[0] == '@' ? setting(t, code, err) : column(t, code, err);
	free(code);
	return r;
}
