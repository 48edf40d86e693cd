#include <stdlib.h>

#include "norm_int.h"

/* One row of a rules table. */

/* A workbook's sheet is named, too: it may have several. */
int
seki_rules_bad(const struct seki_rules_table *t, enum seki_rules_col col,
    struct seki_err *err, const char *why)
{
	const char *sheet = seki_grid_sheet(t->grid);

	if (sheet[0] != '\0')
		return seki_fail(err, SEKI_RULES,
		    _("sheet %s, row %llu, column %s: %s"), sheet,
		    (unsigned long long)seki_grid_row(t->grid),
		    seki_rules_head(t->rules, col), why);
	return seki_fail(err, SEKI_RULES, _("row %llu, column %s: %s"),
	    (unsigned long long)seki_grid_row(t->grid),
	    seki_rules_head(t->rules, col), why);
}

int
seki_rules_bad_word(const struct seki_rules_table *t, enum seki_rules_col col,
    const char *word, const char *near, const char *why, struct seki_err *err)
{
	char line[512];

	if (near != NULL)
		(void)snprintf(line, sizeof(line),
		    _("%s: \"%.*s\"; did you mean \"%s\"?"), why,
		    seki_text_cut(word, 80), word, near);
	else
		(void)snprintf(line, sizeof(line), "%s: \"%.*s\"", why,
		    seki_text_cut(word, 80), word);
	return seki_rules_bad(t, col, err, line);
}

char *
seki_rules_trim(const struct seki_grid_cell *cell, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	const char *s = cell->p;
	size_t n = cell->n;

	if (n > 0 && s[0] == '\'') {
		s++;
		n--;
	}
	if (seki_norm_clean(s, n, 0, &b, err) == -1 ||
	    seki_buf_room(&b, 0, err) == -1) {
		seki_buf_free(&b);
		return NULL;
	}
	return b.p;
}

char *
seki_rules_cell(const struct seki_rules_table *t, enum seki_rules_col col,
    struct seki_err *err)
{
	static const struct seki_grid_cell none = { .p = "" };
	int at = t->col[col];

	return seki_rules_trim(
	    at == -1 || (size_t)at >= t->n ? &none : &t->cell[at], err);
}

char **
seki_rules_cells(const struct seki_rules_table *t, struct seki_err *err)
{
	char **cell = calloc(SEKI_COL_COUNT, sizeof(*cell));
	int i;

	if (cell == NULL)
		(void)seki_err_nomem(err);
	for (i = 0; cell != NULL && i < SEKI_COL_COUNT; i++) {
		if (!seki_rules_raw((enum seki_rules_col)i) ||
		    (cell[i] = seki_rules_cell(
			 t, (enum seki_rules_col)i, err)) != NULL)
			continue;
		while (i > 0)
			free(cell[--i]);
		free(cell);
		return NULL;
	}
	return cell;
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

int
seki_rules_choice(const struct seki_rules_table *t, enum seki_rules_col col,
    const char *const *list, int width, int *to, struct seki_err *err)
{
	char *word = seki_rules_cell(t, col, err);
	int i;

	if (word == NULL)
		return -1;
	i = word[0] == '\0' ? 0 : among(word, list);
	if (i == -1)
		(void)seki_rules_bad_word(t, col, word,
		    seki_text_nearest(word, list),
		    _("not one of the words for this column"), err);
	free(word);
	*to = i / width;
	return i == -1 ? -1 : 0;
}

static int
yes(const struct seki_rules_table *t, enum seki_rules_col col, int *to,
    struct seki_err *err)
{
	static const char *const words[] = { "no", "いいえ", "任意", "しない",
		"×", "n", "0", "false", "yes", "はい", "必須", "する", "○", "y",
		"1", "true", NULL };

	return seki_rules_choice(t, col, words, 8, to, err);
}

static int
then(
    const struct seki_rules_table *t, struct seki_rule *r, struct seki_err *err)
{
	static const char *const words[] = { "hold", "保留", "keep", "残す",
		"stop", "中止", NULL };
	int i;

	if (seki_rules_choice(t, SEKI_COL_ON_BROKEN, words, 2, &i, err) == -1)
		return -1;
	r->then = (enum seki_then)i;
	return 0;
}

/* Digits in any width; 0 when there are none. */
static const uint32_t *
digits(const uint32_t *c, const uint32_t *end, size_t *v)
{
	for (*v = 0; c < end && *c >= '0' && *c <= '9' && *v < 10000000; c++)
		*v = *v * 10 + (*c - '0');
	return c;
}

/* "20": at most; "7-7", "2-10": from, to. */
static int
length(
    const struct seki_rules_table *t, struct seki_rule *r, struct seki_err *err)
{
	struct seki_points p = { .n = 0 };
	const uint32_t *c = p.c, *end;
	char *word = seki_rules_cell(t, SEKI_COL_LENGTH, err);
	int code;

	r->least = 0;
	r->most = SIZE_MAX;
	if (word == NULL)
		return -1;
	code = seki_norm_points(word, strlen(word), 0, &p, err);
	free(word);
	if (code == -1)
		return -1;
	if (code == SEKI_B_EMPTY)
		return 0;
	end = c + p.n;
	c = digits(c, end, &r->most);
	if (c < end && c > p.c && seki_norm_hyphen(*c)) {
		r->least = r->most;
		c = digits(c + 1, end, &r->most);
	}
	if (c == end && c > p.c && !seki_norm_hyphen(c[-1]) && r->most > 0 &&
	    r->least <= r->most)
		return 0;
	return seki_rules_bad(t, SEKI_COL_LENGTH, err,
	    _("a length is a number such as 20, or two such as 2-10"));
}

static int
kind(
    const struct seki_rules_table *t, struct seki_rule *r, struct seki_err *err)
{
	char *word = seki_rules_cell(t, SEKI_COL_KIND, err);
	int code = 0;

	if (word == NULL)
		return -1;
	if (word[0] == '\0')
		code = seki_rules_bad(t, SEKI_COL_KIND, err,
		    _("no kind; keep carries a field on as it is"));
	else if ((r->kind = seki_norm_find(word)) == NULL)
		code = seki_rules_bad_word(t, SEKI_COL_KIND, word,
		    seki_norm_nearest(word), _("unknown kind"), err);
	free(word);
	if (code == -1)
		seki_err_hint(err, "%s",
		    _("man seki-rules lists the kinds under KINDS, and so does "
		      "the third sheet of a workbook of --init"));
	return code;
}

int
seki_rules_length(const struct seki_rule *r, const char *s, size_t n)
{
	size_t chars = seki_norm_chars(s, n);

	if (r->kind->to == SEKI_T_NUMBER)
		chars -= (s[0] == '-' ? 1U : 0) +
			 (memchr(s, '.', n) != NULL ? 1U : 0);
	return chars > r->most	  ? SEKI_B_TOO_LONG
	       : chars < r->least ? SEKI_B_LENGTH
				  : 0;
}

/* A default has to hold its own rule, or it would break it in every record. */
static int
instead(
    const struct seki_rules_table *t, struct seki_rule *r, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char *word = seki_rules_cell(t, SEKI_COL_DEFAULT, err);
	int code = 0;

	if (word == NULL)
		return -1;
	if (word[0] == '\0') {
		free(word);
		return 0;
	}
	if (r->kind->fn != NULL)
		code = seki_norm_apply(r->kind, word, strlen(word), &b, err);
	else
		code = seki_buf_str(&b, word, err);
	free(word);
	if (code > 0)
		code = seki_rules_bad_word(t, SEKI_COL_DEFAULT,
		    seki_broken_word((enum seki_broken)code), NULL,
		    _("the default does not fit the kind"), err);
	else if (code == 0 && seki_rules_length(r, b.p, b.n) != 0)
		code = seki_rules_bad(t, SEKI_COL_DEFAULT, err,
		    _("the default is not of the length of its own row"));
	if (code == -1)
		seki_buf_free(&b);
	r->instead = b.p;
	return code;
}

static int
space_like(uint32_t c)
{
	return seki_norm_space(c) || seki_norm_drop(c) || c == '\t' ||
	       c == '\n' || c == 0x2028 || c == 0x2029;
}

const char *
seki_rules_code(const char *s, size_t n)
{
	uint32_t c;
	size_t i = 0;

	if (n == 0)
		return N_("an empty field code");
	if (seki_norm_chars(s, n) > 128)
		return N_("a field code longer than 128 characters");
	if (strncmp(s, "_sdc_", 5) == 0)
		return N_("codes beginning with _sdc_ are the stream's own");
	while (i < n) {
		c = seki_text_get(s, n, &i);
		if (space_like(c) ||
		    (c < 0x80 && c != '_' && c != '-' &&
			!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
			!(c >= 'a' && c <= 'z')))
			return N_("a field code is letters, digits, _ and -, "
				  "without spaces");
	}
	return NULL;
}

/* CODE or TABLE.CODE; $id and $revision only as themselves. */
const char *
seki_rules_output(const char *s)
{
	const char *dot = strchr(s, '.'), *why;

	if (strcmp(s, "$id") == 0 || strcmp(s, "$revision") == 0)
		return NULL;
	if (dot == NULL)
		return seki_rules_code(s, strlen(s));
	why = seki_rules_code(s, (size_t)(dot - s));
	return why != NULL ? why : seki_rules_code(dot + 1, strlen(dot + 1));
}

static int
output(
    const struct seki_rules_table *t, struct seki_rule *r, struct seki_err *err)
{
	const char *why;

	if ((r->output = seki_rules_cell(t, SEKI_COL_OUTPUT, err)) == NULL)
		return -1;
	if ((why = seki_rules_output(r->output)) != NULL)
		return seki_rules_bad_word(
		    t, SEKI_COL_OUTPUT, r->output, NULL, _(why), err);
	return 0;
}

/* Several rows may make one output when no record has to choose. */
static int
alone(
    const struct seki_rules_table *t, struct seki_rule *r, struct seki_err *err)
{
	const struct seki_rule *other;
	const char *why;
	char where[160];
	size_t i;

	for (i = 0; i < t->rules->n; i++) {
		other = &t->rules->rule[i];
		if (strcmp(other->output, r->output) != 0 ||
		    (why = seki_rules_apart(other, r)) == NULL)
			continue;
		(void)snprintf(where, sizeof(where),
		    _("row %llu has the same output%s%s"),
		    (unsigned long long)other->row, why[0] == '\0' ? "" : "; ",
		    why[0] == '\0' ? "" : _(why));
		return seki_rules_bad(t,
		    why[0] == '\0' ? SEKI_COL_OUTPUT : SEKI_COL_WHEN, err,
		    where);
	}
	return 0;
}

int
seki_rules_row(
    const struct seki_rules_table *t, struct seki_rule *r, struct seki_err *err)
{
	if ((r->cell = seki_rules_cells(t, err)) == NULL ||
	    output(t, r, err) == -1 || kind(t, r, err) == -1 ||
	    (r->source = seki_rules_cell(t, SEKI_COL_SOURCE, err)) == NULL ||
	    (r->label = seki_rules_cell(t, SEKI_COL_LABEL, err)) == NULL ||
	    yes(t, SEKI_COL_REQUIRED, &r->required, err) == -1 ||
	    yes(t, SEKI_COL_ORIGINAL, &r->original, err) == -1 ||
	    then(t, r, err) == -1 || length(t, r, err) == -1 ||
	    instead(t, r, err) == -1 || seki_rules_when(t, r, err) == -1 ||
	    alone(t, r, err) == -1 || seki_rules_lookup(t, r, err) == -1)
		return -1;
	if (r->source[0] == '\0') {
		free(r->source);
		if ((r->source = strdup(r->output)) == NULL)
			return seki_err_nomem(err);
	}
	if ((r->kind->how & SEKI_KIND_LENIENT) != 0 && !r->original)
		return seki_rules_bad(t, SEKI_COL_ORIGINAL, err,
		    _("this kind lets through what is not strictly right: set "
		      "keep-original to yes"));
	if (r->kind->fn == NULL && r->original)
		return seki_rules_bad(t, SEKI_COL_ORIGINAL, err,
		    _("keep changes nothing: there is no original beside it"));
	return 0;
}
