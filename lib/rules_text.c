#include <stdlib.h>

#include <jansson.h>

#include "norm_int.h"

/* What a row says, column by column, in one spelling: two tables that mean the
 * same say the same, one in Japanese and a workbook, the other one not. */

#define SHOWN 80 /* bytes of a text in a message */

typedef int text_fn(
    const struct seki_rule *, struct seki_buf *, struct seki_err *);

static int
output(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	return seki_buf_str(b, r->output, err);
}

static int
label(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	return seki_buf_str(b, r->label, err);
}

static int
source(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	const char *at = r->source, *from;
	size_t n;
	int plus;

	while (seki_rules_next(&at, &from, &n)) {
		if (seki_buf_add(b, from, n, err) == -1)
			return -1;
		if (at == NULL)
			break;
		from += n;
		from += strspn(from, " ");
		(void)seki_plan_separator(from, &plus);
		if (seki_buf_byte(b, plus ? '+' : '|', err) == -1)
			return -1;
	}
	return 0;
}

static int
kind(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	return seki_buf_str(b, r->kind->name, err);
}

static int
required(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	return r->required ? seki_buf_str(b, "yes", err) : 0;
}

static int
original(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	return r->original ? seki_buf_str(b, "yes", err) : 0;
}

static int
length(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	if (r->most == SIZE_MAX)
		return 0;
	return r->least == 0
		   ? seki_buf_fmt(b, err, "%zu", r->most)
		   : seki_buf_fmt(b, err, "%zu-%zu", r->least, r->most);
}

static int
instead(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	return r->instead == NULL ? 0 : seki_buf_str(b, r->instead, err);
}

static const char *const yes_no[] = { "no", "いいえ", "yes", "はい", NULL };
static const char *const then[] = { "hold", "保留", "keep", "残す", "stop",
	"中止", NULL };

static int
on_broken(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	return r->then == SEKI_THEN_HOLD
		   ? 0
		   : seki_buf_str(b, then[2 * (int)r->then], err);
}

static const char *const miss[] = { "hold", "保留", "keep", "残す", "worklist",
	"作業表", NULL };

static int
on_miss(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	return r->miss == SEKI_MISS_HOLD
		   ? 0
		   : seki_buf_str(b, miss[2 * (int)r->miss], err);
}

static int
when(const struct seki_rule *r, struct seki_buf *b, struct seki_err *err)
{
	size_t i;

	if (r->when == NULL)
		return 0;
	if (seki_buf_str(b, r->when, err) == -1)
		return -1;
	for (i = 0; r->is != NULL && r->is[i] != NULL; i++)
		if (seki_buf_fmt(
			b, err, "%s%s", i == 0 ? "=" : "|", r->is[i]) == -1)
			return -1;
	return 0;
}

/* A column that is not here says what is written in it; one with words of its
 * own has them in pairs, English and Japanese, first what an empty cell
 * means. */
static const struct {
	text_fn *text;
	const char *const *words;
} columns[SEKI_COL_COUNT] = {
	[SEKI_COL_OUTPUT] = { output, NULL },
	[SEKI_COL_LABEL] = { label, NULL },
	[SEKI_COL_SOURCE] = { source, NULL },
	[SEKI_COL_KIND] = { kind, NULL },
	[SEKI_COL_REQUIRED] = { required, yes_no },
	[SEKI_COL_LENGTH] = { length, NULL },
	[SEKI_COL_DEFAULT] = { instead, NULL },
	[SEKI_COL_ON_MISS] = { on_miss, miss },
	[SEKI_COL_ON_BROKEN] = { on_broken, then },
	[SEKI_COL_ORIGINAL] = { original, yes_no },
	[SEKI_COL_WHEN] = { when, NULL },
};

int
seki_rules_raw(enum seki_rules_col col)
{
	return columns[col].text == NULL && col != SEKI_COL_NOTE;
}

const char *const *
seki_rules_words(
    enum seki_rules_col col, int english, const char *list[SEKI_RULES_WORDS])
{
	const char *const *pair = columns[col].words;
	size_t n = 0;

	for (; pair != NULL && *pair != NULL && n < SEKI_RULES_WORDS - 1;
	     pair += 2)
		list[n++] = pair[english ? 0 : 1];
	list[n] = NULL;
	return n == 0 ? NULL : list;
}

static int
text(const struct seki_rule *r, enum seki_rules_col col, struct seki_buf *b,
    struct seki_err *err)
{
	seki_buf_reset(b);
	return columns[col].text != NULL ? columns[col].text(r, b, err)
					 : seki_buf_str(b, r->cell[col], err);
}

static int
one_row(json_t *list, const struct seki_rule *r, struct seki_buf *b,
    struct seki_err *err)
{
	json_t *row = json_object();
	int i;

	if (json_array_append_new(list, row) == -1)
		return seki_err_nomem(err);
	for (i = 0; i < SEKI_COL_COUNT; i++) {
		if (i == SEKI_COL_NOTE)
			continue;
		if (text(r, (enum seki_rules_col)i, b, err) == -1)
			return -1;
		if (b->n > 0 && json_object_set_new(row, seki_rules_en[i],
				    json_stringn(b->p, b->n)) == -1)
			return seki_err_nomem(err);
	}
	return 0;
}

json_t *
seki_rules_rows(const struct seki_rules *rules, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	json_t *list = json_array();
	size_t i;
	int r = list == NULL ? seki_err_nomem(err) : 0;

	for (i = 0; r == 0 && i < rules->n; i++)
		r = one_row(list, &rules->rule[i], &b, err);
	seki_buf_free(&b);
	if (r == 0)
		return list;
	json_decref(list);
	return NULL;
}

/* The word that people read for what the rules mean. */
static const char *
word(enum seki_rules_col col, const char *s, int english)
{
	const char *const *pair = columns[col].words;
	const struct seki_norm_kind *k;

	if (col == SEKI_COL_KIND)
		return !english && (k = seki_norm_find(s)) != NULL ? k->ja : s;
	if (pair == NULL)
		return s;
	for (; *pair != NULL; pair += 2)
		if (strcmp(s, pair[0]) == 0 ||
		    (s[0] == '\0' && pair == columns[col].words))
			return pair[english ? 0 : 1];
	return s;
}

int
seki_rules_say(enum seki_rules_col col, const char *s, int english,
    struct seki_buf *out, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t n;
	int r;

	s = word(col, s, english);
	if (s[0] == '\0')
		return seki_buf_str(out, _("nothing"), err);
	n = (size_t)seki_text_cut(s, SHOWN);
	r = seki_text_show(&b, s, n, err);
	if (r == 0)
		r = seki_buf_fmt(
		    out, err, _("\"%s%s\""), b.p, s[n] == '\0' ? "" : "…");
	seki_buf_free(&b);
	return r;
}
