#include <stdlib.h>
#include <string.h>

#include "chartable.h"
#include "match_int.h"
#include "norm_int.h"

/* The table of checks (seki-match(5)), read strictly. */
enum col {
	C_NAME,
	C_MASTER,
	C_KEY,
	C_FIELD,
	C_AGAINST,
	C_HOW,
	C_TOLERANCE,
	C_SEVERITY,
	C_MISSING,
	C_AMBIGUOUS,
	C_WHEN,
	C_MESSAGE,
	C_NOTE,
	C_COUNT
};
static const struct seki_chartable_col cols[C_COUNT] = {
	{ "照合名", "check", SEKI_CHARTABLE_NEEDED }, { "台帳", "master", 0 },
	{ "鍵", "key", 0 }, { "項目", "field", 0 },
	{ "台帳項目", "against", 0 },
	{ "比べ方", "how", SEKI_CHARTABLE_NEEDED },
	{ "許容差", "tolerance", 0 }, { "重大度", "severity", 0 },
	{ "見つからない時", "missing", 0 }, { "複数の時", "ambiguous", 0 },
	{ "条件", "when", 0 }, { "メッセージ", "message", 0 },
	{ "備考", "note", SEKI_CHARTABLE_NOTE }
};

struct table {
	struct seki_chartable t;
	struct seki_match_rules *rules;
};

static int
bad(const struct table *t, enum col col, const char *why, const char *word,
    const char *near, struct seki_err *err)
{
	return seki_chartable_bad_word(&t->t, col, err, why, word, near);
}

/* The cell's text without what surrounds it, new; empty when there is none. */
static char *
cell(const struct table *t, enum col col, struct seki_err *err)
{
	return seki_chartable_text(&t->t, col, 0, err);
}

static int
severity(const struct table *t, enum col col, enum seki_severity unsaid,
    enum seki_severity *to, struct seki_err *err)
{
	static const char *const words[] = { "可", "ok", "情報", "info", "注意",
		"warn", "NG", "ng", NULL };
	char *word = cell(t, col, err);
	size_t i;
	int r = 0;

	if (word == NULL)
		return -1;
	*to = unsaid;
	if (word[0] != '\0') {
		for (i = 0; words[i] != NULL; i++)
			if (seki_norm_same(word, words[i]))
				break;
		if (words[i] == NULL)
			r = bad(t, col,
			    _("not one of the words for this column"), word,
			    seki_text_nearest(word, words), err);
		*to = (enum seki_severity)(i / 2);
	}
	free(word);
	return r;
}

/* The next piece of *s up to one of the separators (of either width), without
 * the blanks around it; NULL after the last.  Cuts s. */
static char *
piece(char **s, const char *narrow, const char *wide)
{
	char *p = *s, *end, *w;

	if (p == NULL)
		return NULL;
	end = strstr(p, narrow);
	w = strstr(p, wide);
	if (w != NULL && (end == NULL || w < end)) {
		*s = w + strlen(wide);
		end = w;
	} else
		*s = end == NULL ? NULL : end + strlen(narrow);
	if (end != NULL)
		*end = '\0';
	while (*p == ' ')
		p++;
	for (end = p + strlen(p); end > p && end[-1] == ' ';)
		*--end = '\0';
	return p;
}

/* FIELD[:HOW][=COLUMN]. */
static int
part(const struct table *t, char *s, struct seki_match_part *p,
    struct seki_err *err)
{
	char *left = piece(&s, "=", "＝"), *how = left, *field;
	int h = SEKI_HOW_TEXT;

	field = piece(&how, ":", "：");
	if (how != NULL) {
		how = piece(&how, ":", "：");
		if ((h = seki_how_find(how)) == -1 || h >= SEKI_HOW_MOST)
			return bad(t, C_KEY, _("no way to compare keys"), how,
			    seki_how_near(how), err);
	}
	if (field == NULL || field[0] == '\0')
		return bad(
		    t, C_KEY, _("a part of the key is empty"), NULL, NULL, err);
	if (s != NULL)
		s = piece(&s, "=", "＝");
	p->how = (enum seki_how)h;
	p->field = strdup(field);
	p->column = strdup(s == NULL || s[0] == '\0' ? field : s);
	return p->field == NULL || p->column == NULL ? seki_err_nomem(err) : 0;
}

static int
alternative(const struct table *t, char *s, struct seki_match_check *c,
    struct seki_err *err)
{
	struct seki_match_alt *alt =
	    reallocarray(c->alt, c->nalt + 1, sizeof(*alt));
	struct seki_match_part *p;
	char *one;

	if (alt == NULL)
		return seki_err_nomem(err);
	c->alt = alt;
	alt += c->nalt++;
	memset(alt, 0, sizeof(*alt));
	while ((one = piece(&s, "+", "＋")) != NULL) {
		if ((p = reallocarray(alt->part, alt->n + 1, sizeof(*p))) ==
		    NULL)
			return seki_err_nomem(err);
		alt->part = p;
		p += alt->n++;
		memset(p, 0, sizeof(*p));
		if (part(t, one, p, err) == -1)
			return -1;
	}
	return 0;
}

/* The row above of the same master, whose key an empty cell repeats. */
static const struct seki_match_check *
above(const struct table *t, const struct seki_match_check *c)
{
	const struct seki_match_check *k;

	for (k = c; k-- > t->rules->check;)
		if (strcmp(k->master, c->master) == 0)
			return k;
	return NULL;
}

static int
key(const struct table *t, struct seki_match_check *c, struct seki_err *err)
{
	char *word = cell(t, C_KEY, err), *s = word, *one;
	int r = 0;

	if (word == NULL)
		return -1;
	if (c->master[0] == '\0') {
		if (word[0] != '\0')
			r = bad(t, C_KEY,
			    _("a key, but no table to look it up in"), NULL,
			    NULL, err);
	} else if (word[0] == '\0') {
		if (above(t, c) == NULL)
			r = bad(t, C_KEY,
			    _("the first check of a table needs its key"), NULL,
			    NULL, err);
	} else
		while (r == 0 && (one = piece(&s, "|", "｜")) != NULL)
			r = alternative(t, one, c, err);
	free(word);
	return r;
}

static int
factors(const struct table *t, struct seki_match_check *c, struct seki_err *err)
{
	char *word = cell(t, C_AGAINST, err), *s = word, *one, *star;
	struct seki_match_factor *f;
	int r = word == NULL ? -1 : 0, set;

	/* One sign for the product, whichever was typed. */
	while (r == 0 && (star = strstr(word, "×")) != NULL) {
		*star = '*';
		memmove(star + 1, star + 2, strlen(star + 2) + 1);
	}
	while (
	    r == 0 && word[0] != '\0' && (one = piece(&s, "*", "＊")) != NULL) {
		f = reallocarray(c->factor, c->nfactor + 1, sizeof(*f));
		if (f == NULL) {
			r = seki_err_nomem(err);
			break;
		}
		c->factor = f;
		f += c->nfactor++;
		memset(f, 0, sizeof(*f));
		f->sub = SIZE_MAX;
		if (one[0] == '\0')
			r = bad(t, C_AGAINST, _("a factor is empty"), NULL,
			    NULL, err);
		else if ((f->name = strdup(one)) == NULL ||
			 (f->number = calloc(1, sizeof(*f->number))) == NULL)
			r = seki_err_nomem(err);
		else if (seki_dec_init(f->number, err) == -1)
			r = -1;
		else if ((set = seki_dec_set(
			      f->number, one, strlen(one), err)) == -1)
			r = -1;
		else if (set == 1) {
			seki_dec_release(f->number);
			free(f->number);
			f->number = NULL;
		}
	}
	free(word);
	return r;
}

static int
how(const struct table *t, struct seki_match_check *c, struct seki_err *err)
{
	char *word = cell(t, C_HOW, err);
	int h, r = 0;

	if (word == NULL)
		return -1;
	h = word[0] == '\0' ? SEKI_HOW_TEXT : seki_how_find(word);
	if (h == -1)
		r = bad(t, C_HOW, _("no way to compare"), word,
		    seki_how_near(word), err);
	c->how = (enum seki_how)h;
	free(word);
	return r;
}

/* "10", "5%". */
static int
tolerance(
    const struct table *t, struct seki_match_check *c, struct seki_err *err)
{
	char *word = cell(t, C_TOLERANCE, err), *percent;
	struct seki_buf b = SEKI_BUF_INIT;
	int r = 0;

	if (word == NULL)
		return -1;
	if (word[0] != '\0') {
		if ((percent = strstr(word, "%")) != NULL ||
		    (percent = strstr(word, "％")) != NULL) {
			c->percent = 1;
			*percent = '\0';
		}
		r = seki_norm_apply(
		    seki_norm_find("number"), word, strlen(word), &b, err);
		if (r > 0 || (r == 0 && b.p[0] == '-'))
			r = bad(t, C_TOLERANCE,
			    _("a tolerance is a number such as 10, or 5%"),
			    NULL, NULL, err);
		else if (c->how != SEKI_HOW_NUMBER && c->how != SEKI_HOW_MOST &&
			 c->how != SEKI_HOW_LEAST)
			r = bad(t, C_TOLERANCE,
			    _("only numbers have a tolerance"), NULL, NULL,
			    err);
	}
	free(word);
	if (r == -1)
		seki_buf_free(&b);
	c->tolerance = b.p;
	return r;
}

/* FIELD=VALUE. */
static int
when(const struct table *t, struct seki_match_check *c, struct seki_err *err)
{
	char *word = cell(t, C_WHEN, err), *s = word, *left;
	int r = 0;

	if (word == NULL)
		return -1;
	if (word[0] != '\0') {
		left = piece(&s, "=", "＝");
		if (s == NULL || left[0] == '\0')
			r = bad(t, C_WHEN, _("a condition is FIELD=VALUE"),
			    word, NULL, err);
		else {
			c->when = strdup(left);
			c->is = strdup(piece(&s, "\n", "\n"));
			if (c->when == NULL || c->is == NULL)
				r = seki_err_nomem(err);
		}
	}
	free(word);
	return r;
}

/* What cannot be meant. */
static int
sense(const struct table *t, const struct seki_match_check *c,
    struct seki_err *err)
{
	int batch = strcmp(c->master, SEKI_BATCH_WORD) == 0;
	int found = c->how == SEKI_HOW_THERE || c->how == SEKI_HOW_ABSENT;

	if (found && c->master[0] == '\0')
		return bad(t, C_MASTER, _("no table is named to look it up in"),
		    NULL, NULL, err);
	if (batch && (c->nfactor > 0 || c->how == SEKI_HOW_THERE))
		return bad(t, C_AGAINST,
		    _("doubles are found by their key; nothing else is "
		      "compared"),
		    NULL, NULL, err);
	if (batch && c->nalt > 1)
		return bad(t, C_KEY,
		    _("doubles have one key; write a row for each"), NULL, NULL,
		    err);
	if (batch || found)
		return 0;
	if (c->field[0] == '\0')
		return bad(t, C_FIELD, _("no field is named"), NULL, NULL, err);
	if (c->nfactor > 1 && c->how != SEKI_HOW_NUMBER &&
	    c->how != SEKI_HOW_MOST && c->how != SEKI_HOW_LEAST)
		return bad(t, C_AGAINST, _("only numbers are multiplied"), NULL,
		    NULL, err);
	if (c->nfactor == 0 && c->master[0] == '\0')
		return bad(t, C_AGAINST, _("nothing to compare the field with"),
		    NULL, NULL, err);
	return 0;
}

/* A field compared with the column of its own name. */
static int
same_name(struct seki_match_check *c, struct seki_err *err)
{
	if (c->nfactor > 0 || c->field[0] == '\0' || c->master[0] == '\0' ||
	    strcmp(c->master, SEKI_BATCH_WORD) == 0)
		return 0;
	if ((c->factor = calloc(1, sizeof(*c->factor))) == NULL ||
	    (c->factor->name = strdup(c->field)) == NULL)
		return seki_err_nomem(err);
	c->factor->sub = SIZE_MAX;
	c->nfactor = 1;
	return 0;
}

static int
row(const struct table *t, struct seki_match_check *c, struct seki_err *err)
{
	const struct seki_match_check *k;

	c->row = seki_chartable_row(&t->t);
	if ((c->name = cell(t, C_NAME, err)) == NULL ||
	    (c->master = cell(t, C_MASTER, err)) == NULL ||
	    (c->field = cell(t, C_FIELD, err)) == NULL ||
	    (c->message = cell(t, C_MESSAGE, err)) == NULL)
		return -1;
	if (c->name[0] == '\0')
		return bad(
		    t, C_NAME, _("a check needs a name"), NULL, NULL, err);
	for (k = t->rules->check; k < c; k++)
		if (strcmp(k->name, c->name) == 0)
			return bad(t, C_NAME, _("another row has this name"),
			    c->name, NULL, err);
	if (how(t, c, err) == -1 || key(t, c, err) == -1 ||
	    factors(t, c, err) == -1 || tolerance(t, c, err) == -1 ||
	    severity(t, C_SEVERITY, SEKI_SEV_NG, &c->severity, err) == -1 ||
	    severity(t, C_MISSING, SEKI_SEV_NG, &c->missing, err) == -1 ||
	    severity(t, C_AMBIGUOUS, SEKI_SEV_NG, &c->ambiguous, err) == -1 ||
	    when(t, c, err) == -1 || same_name(c, err) == -1)
		return -1;
	return sense(t, c, err);
}

static int
rows(struct table *t, struct seki_err *err)
{
	struct seki_match_rules *rules = t->rules;
	struct seki_match_check *c;
	int r;

	while ((r = seki_chartable_next(&t->t, err)) == 1) {
		if (rules->n == SEKI_MATCH_CHECKS)
			return seki_fail(err, SEKI_LIMIT,
			    _("more than %zu checks"), SEKI_MATCH_CHECKS);
		c = reallocarray(rules->check, rules->n + 1, sizeof(*c));
		if (c == NULL)
			return seki_err_nomem(err);
		rules->check = c;
		c += rules->n++;
		memset(c, 0, sizeof(*c));
		if (row(t, c, err) == -1)
			return -1;
	}
	if (r == 0 && rules->n == 0)
		return seki_fail(
		    err, SEKI_RULES, "%s", _("the table has no checks"));
	return r;
}

struct seki_match_rules *
seki_match_rules_read(struct seki_grid *g, struct seki_err *err)
{
	struct seki_match_rules *rules = calloc(1, sizeof(*rules));
	struct table t = { .rules = rules };
	const char *slash;

	if (rules == NULL ||
	    (rules->name = strdup(seki_grid_name(g))) == NULL) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	slash = strrchr(rules->name, '/');
	rules->folder = strndup(
	    rules->name, slash == NULL ? 0 : (size_t)(slash - rules->name) + 1);
	if (rules->folder == NULL) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	seki_grid_digest(g, rules->digest);
	if (seki_chartable_begin(&t.t, g, cols, C_COUNT, err) == -1)
		seki_err_hint(err, "%s",
		    _("seki-match(5) says which columns there are; a table of "
		      "counts and sums is for --totals"));
	else if (rows(&t, err) == 0)
		return rules;

fail:
	seki_match_rules_free(rules);
	return NULL;
}

struct seki_match_rules *
seki_match_rules_open(const char *path, struct seki_err *err)
{
	static const struct seki_grid_how limit = { .max = SEKI_RULES_MAX };
	struct seki_match_rules *rules = NULL;
	struct seki_grid *g = seki_grid_open(path, &limit, err);

	if (g != NULL)
		rules = seki_match_rules_read(g, err);
	if (rules == NULL)
		seki_err_object(err, path);
	seki_grid_free(g);
	return rules;
}

static void
free_check(struct seki_match_check *c)
{
	size_t i, k;

	for (i = 0; i < c->nalt; i++) {
		for (k = 0; k < c->alt[i].n; k++) {
			free(c->alt[i].part[k].field);
			free(c->alt[i].part[k].column);
		}
		free(c->alt[i].part);
	}
	for (i = 0; i < c->nfactor; i++) {
		free(c->factor[i].name);
		if (c->factor[i].number != NULL)
			seki_dec_release(c->factor[i].number);
		free(c->factor[i].number);
	}
	free(c->alt);
	free(c->factor);
	free(c->name);
	free(c->master);
	free(c->field);
	free(c->message);
	free(c->when);
	free(c->is);
	free(c->tolerance);
}

void
seki_match_rules_free(struct seki_match_rules *rules)
{
	size_t i;

	if (rules == NULL)
		return;
	for (i = 0; i < rules->n; i++)
		free_check(&rules->check[i]);
	free(rules->check);
	free(rules->folder);
	free(rules->name);
	free(rules);
}
