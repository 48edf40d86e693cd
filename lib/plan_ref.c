#include <stdlib.h>

#include "norm_int.h"

/* What a rule is made from: its sources, looked up in the form. */

int
seki_plan_bad(const struct seki_bind *b, enum seki_rules_col col,
    struct seki_err *err, const char *why, const char *word, const char *near)
{
	char text[512];

	if (near != NULL)
		(void)snprintf(text, sizeof(text),
		    _("%s: \"%.*s\"; did you mean \"%s\"?"), why,
		    seki_text_cut(word, 80), word, near);
	else if (word != NULL)
		(void)snprintf(text, sizeof(text), "%s: \"%.*s\"", why,
		    seki_text_cut(word, 80), word);
	else
		(void)snprintf(text, sizeof(text), "%s", why);
	seki_err_object(err, b->plan->rules->name);
	if (b->plan->rules->sheet[0] != '\0')
		return seki_fail(err, SEKI_RULES,
		    _("sheet %s, row %llu, column %s: %s"),
		    b->plan->rules->sheet, (unsigned long long)b->rule->row,
		    seki_rules_head(b->plan->rules, col), text);
	return seki_fail(err, SEKI_RULES, _("row %llu, column %s: %s"),
	    (unsigned long long)b->rule->row,
	    seki_rules_head(b->plan->rules, col), text);
}

size_t
seki_plan_find(
    const struct seki_field *f, size_t n, const char *code, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(f[i].code) == len &&
		    memcmp(f[i].code, code, len) == 0)
			return i;
	return SEKI_NOWHERE;
}

/* People write labels, and shorten; the code of such a field is the best
 * answer. */
static const char *
nearest(const struct seki_field *f, size_t n, const char *word)
{
	const char *list[SEKI_FIELDS_MAX + 1];
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(f[i].label, word) == 0)
			return f[i].code;
		list[i] = f[i].code;
	}
	list[n] = NULL;
	for (i = 0; i < n; i++)
		if (strstr(f[i].code, word) != NULL ||
		    strstr(f[i].label, word) != NULL)
			return f[i].code;
	return seki_text_nearest(word, list);
}

/* "TABLE.": the fields of that table; else those of the record. */
static int
choose_list(struct seki_bind *b, const char *s, size_t n, size_t *skip,
    struct seki_err *err)
{
	const struct seki_schema *in = b->plan->in;
	const char *dot = memchr(s, '.', n);
	size_t i, len = dot == NULL ? 0 : (size_t)(dot - s);
	int inner = strchr(b->rule->output, '.') != NULL;

	*skip = dot == NULL ? 0 : len + 1;
	if (inner != (dot != NULL))
		return seki_plan_bad(b, SEKI_COL_SOURCE, err,
		    inner ? _("an output inside a table is made from fields "
			      "of a table, written TABLE.CODE")
			  : _("a field of a table cannot leave it"),
		    NULL, NULL);
	if (!inner)
		return 0;
	if (b->table[0] != '\0' &&
	    (strlen(b->table) != len || memcmp(b->table, s, len) != 0))
		return seki_plan_bad(b, SEKI_COL_SOURCE, err,
		    _("all sources of a table's field are in one table"), NULL,
		    NULL);
	(void)snprintf(b->table, sizeof(b->table), "%.*s", (int)len, s);
	i = seki_plan_find(in->field, in->n, s, len);
	if (i == SEKI_NOWHERE || in->field[i].type != SEKI_T_SUBTABLE)
		return seki_plan_bad(b, SEKI_COL_SOURCE, err,
		    _("the form has no such table"), b->table,
		    nearest(in->field, in->n, b->table));
	b->list = in->field[i].sub;
	b->nlist = in->field[i].nsub;
	return 0;
}

int
seki_plan_scalar(const struct seki_field *f)
{
	enum seki_shape s = seki_field_shape(f);

	return s != SEKI_S_CHOICES && s != SEKI_S_USERS && s != SEKI_S_FILES &&
	       s != SEKI_S_TABLE;
}

static struct seki_plan_ref *
new_ref(struct seki_plan_col *col, unsigned alt, struct seki_err *err)
{
	struct seki_plan_ref *grown =
	    reallocarray(col->ref, col->nref + 1, sizeof(*grown));

	if (grown == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	col->ref = grown;
	grown += col->nref++;
	memset(grown, 0, sizeof(*grown));
	grown->alt = alt;
	return grown;
}

/* "text": what it holds, without its quotes. */
static int
literal(const struct seki_bind *b, const char *s, size_t n, unsigned alt,
    struct seki_plan_col *col, struct seki_err *err)
{
	size_t quote = *s == '"' ? 1 : strlen("「");
	struct seki_plan_ref *ref;

	if (n == 2 * quote)
		return seki_plan_bad(b, SEKI_COL_SOURCE, err,
		    _("a text in quotes is empty"), NULL, NULL);
	if ((ref = new_ref(col, alt, err)) == NULL)
		return -1;
	ref->field = SEKI_NOWHERE;
	ref->text = s + quote;
	ref->n = n - 2 * quote;
	return 0;
}

static int
one_ref(struct seki_bind *b, const char *s, size_t n, unsigned alt,
    struct seki_plan_col *col, struct seki_err *err)
{
	struct seki_plan_ref *ref;
	char word[600];
	size_t i, skip;

	while (n > 0 && (s[0] == ' ' || s[n - 1] == ' ')) {
		s += s[0] == ' ';
		n--;
	}
	if (n == 0)
		return seki_plan_bad(b, SEKI_COL_SOURCE, err,
		    _("a source is empty; A+B joins, A|B takes the first that "
		      "is not empty"),
		    NULL, NULL);
	if (seki_rules_quoted(s) == n)
		return literal(b, s, n, alt, col, err);
	if (choose_list(b, s, n, &skip, err) == -1)
		return -1;
	i = seki_plan_find(b->list, b->nlist, s + skip, n - skip);
	if (i == SEKI_NOWHERE) {
		(void)snprintf(
		    word, sizeof(word), "%.*s", (int)(n - skip), s + skip);
		seki_err_hint(err, "%s",
		    _("seki-normalize --init writes a table with every field "
		      "of the form"));
		return seki_plan_bad(b, SEKI_COL_SOURCE, err,
		    _("the form has no such field"), word,
		    nearest(b->list, b->nlist, word));
	}
	if ((ref = new_ref(col, alt, err)) == NULL)
		return -1;
	ref->field = i;
	return 0;
}

/* The condition asks a field of the record, or of the same table. */
int
seki_plan_when(
    struct seki_bind *b, struct seki_plan_col *col, struct seki_err *err)
{
	const struct seki_schema *in = b->plan->in;
	const char *when = b->rule->when, *dot;
	const struct seki_field *list = in->field, *f;
	size_t n = in->n;

	col->when = SEKI_NOWHERE;
	if (when == NULL)
		return 0;
	dot = b->table[0] == '\0' ? NULL : strchr(when, '.');
	if (dot != NULL && strlen(b->table) == (size_t)(dot - when) &&
	    strncmp(when, b->table, (size_t)(dot - when)) == 0) {
		when = dot + 1;
		list = b->list;
		n = b->nlist;
	} else
		col->outside = 1;
	col->when = seki_plan_find(list, n, when, strlen(when));
	if (col->when == SEKI_NOWHERE)
		return seki_plan_bad(b, SEKI_COL_WHEN, err,
		    _("the form has no such field"), when,
		    nearest(list, n, when));
	f = &list[col->when];
	if (!seki_plan_scalar(f))
		return seki_plan_bad(b, SEKI_COL_WHEN, err,
		    _("a condition asks no list or table"), f->code, NULL);
	return 0;
}

size_t
seki_plan_separator(const char *s, int *plus)
{
	*plus = *s == '+' || strncmp(s, "＋", 3) == 0;
	if (*s == '+' || *s == '|')
		return 1;
	return *plus || strncmp(s, "｜", 3) == 0 ? 3 : 0;
}

int
seki_plan_refs(
    struct seki_bind *b, struct seki_plan_col *col, struct seki_err *err)
{
	const char *s = b->rule->source, *from = s;
	unsigned alt = 0;
	size_t len = 0, quoted;
	int plus = 0;

	for (;; s++) {
		if ((quoted = seki_rules_quoted(s)) > 0)
			s += quoted;
		if (*s != '\0' && (len = seki_plan_separator(s, &plus)) == 0)
			continue;
		if (one_ref(b, from, (size_t)(s - from), alt, col, err) == -1)
			return -1;
		if (*s == '\0')
			return 0;
		alt += plus ? 0 : 1;
		from = s + len;
		s = from - 1;
	}
}
