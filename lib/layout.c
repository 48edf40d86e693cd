#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "layout_int.h"
#include "norm_int.h"

static const struct seki_chartable_col cols[SEKI_LAYC_COUNT] = {
	{ "見出し", "header", 0 }, { "項目", "field", 0 },
	{ "表示名", "label", 0 }, { "型", "type", 0 }, { "鍵", "key", 0 },
	{ "必須", "required", 0 }, { "桁数", "length", 0 },
	{ "値", "value", 0 }, { "セル", "cell", 0 },
	{ "見出しセル", "label-cell", 0 },
	{ "備考", "note", SEKI_CHARTABLE_NOTE }
};

char *
seki_layout_clean(const char *s, size_t n, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;

	if (seki_norm_clean(s, n, SEKI_CLEAN_WS1, &b, err) != -1 &&
	    seki_buf_room(&b, 0, err) == 0) {
		b.p[b.n] = '\0';
		return b.p;
	}
	seki_buf_free(&b);
	return NULL;
}

char *
seki_layout_cell(const struct seki_layout_table *t,
    enum seki_layout_head_col col, struct seki_err *err)
{
	return seki_chartable_text(&t->t, col, SEKI_CLEAN_WS1, err);
}

int
seki_layout_bad(const struct seki_layout_table *t,
    enum seki_layout_head_col col, struct seki_err *err, const char *why,
    const char *word, const char *const *list)
{
	return seki_chartable_bad_word(&t->t, col, err, why, word,
	    list == NULL ? NULL : seki_text_nearest(word, list));
}

static int
header(struct seki_layout_table *t, struct seki_grid *g, struct seki_err *err)
{
	const int *at = t->t.at;

	if (seki_chartable_begin(&t->t, g, cols, SEKI_LAYC_COUNT, err) == -1) {
		seki_err_hint(err, "%s",
		    _("seki-layout(5) says which columns there are"));
		return -1;
	}
	t->to->form = at[SEKI_LAYC_CELL] != -1;
	if (at[SEKI_LAYC_FIELD] != -1 &&
	    (t->to->form || at[SEKI_LAYC_HEADER] != -1))
		return 0;
	return seki_fail(err, SEKI_RULES, "%s",
	    _("no layout: the first row needs 項目 (field) and one "
	      "of 見出し (header) and セル (cell)"));
}

/* A record must have something in it; its key may be the row. */
static int
complete(const struct seki_layout *l, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->col[i].code[0] != '\0')
			return 0;
	return seki_fail(err, SEKI_RULES, "%s", _("the layout names no field"));
}

static int
rows(struct seki_layout_table *t, struct seki_err *err)
{
	int r;

	while ((r = seki_chartable_next(&t->t, err)) == 1)
		if (seki_layout_row(t, err) == -1)
			return -1;
	return r == 0 ? complete(t->to, err) : -1;
}

struct seki_layout *
seki_layout_new(const char *name, struct seki_err *err)
{
	struct seki_layout *l = calloc(1, sizeof(*l));
	const char *slash = strrchr(name, '/'), *dot;

	if (slash != NULL)
		name = slash + 1;
	if ((dot = strrchr(name, '.')) == NULL || dot == name)
		dot = name + strlen(name);
	if (l != NULL &&
	    (l->name = strndup(name, (size_t)(dot - name))) != NULL)
		return l;
	free(l);
	(void)seki_err_nomem(err);
	return NULL;
}

struct seki_layout *
seki_layout_read(struct seki_in *in, struct seki_err *err)
{
	static const struct seki_grid_how how = { .max = SEKI_RULES_MAX };
	struct seki_grid *g = seki_grid_read(in, &how, err);
	struct seki_layout_table t = { .to = NULL };
	unsigned char digest[SEKI_SHA256];
	int r = -1;

	if (g != NULL &&
	    (t.to = seki_layout_new(seki_grid_name(g), err)) != NULL) {
		seki_grid_digest(g, digest);
		seki_text_hex(digest, SEKI_SHA256, t.to->digest);
		r = header(&t, g, err) == -1 ? -1 : rows(&t, err);
		if (r == -1)
			seki_err_object(err, seki_grid_name(g));
	}
	seki_grid_free(g);
	if (r == 0)
		return t.to;
	seki_layout_free(t.to);
	return NULL;
}

struct seki_layout *
seki_layout_open(const char *path, struct seki_err *err)
{
	struct seki_in *in = seki_in_file(path, SEKI_RULES_MAX, err);

	return in == NULL ? NULL : seki_layout_read(in, err);
}

struct seki_layout_col *
seki_layout_add(struct seki_layout *l, const char *head, const char *code,
    const char *label, struct seki_err *err)
{
	struct seki_layout_col *c;

	if (l->n == SEKI_FIELDS_MAX) {
		(void)seki_fail(err, SEKI_LIMIT, _("more than %zu fields"),
		    SEKI_FIELDS_MAX);
		return NULL;
	}
	c = reallocarray(l->col, l->n + 1, sizeof(*c));
	if (c == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	l->col = c;
	c += l->n++;
	memset(c, 0, sizeof(*c));
	c->most = SIZE_MAX;
	c->header = strdup(head);
	c->code = strdup(code);
	c->label = strdup(label[0] == '\0' ? code : label);
	c->value = strdup("");
	c->label_is = strdup("");
	if (c->header != NULL && c->code != NULL && c->label != NULL &&
	    c->value != NULL && c->label_is != NULL)
		return c;
	(void)seki_err_nomem(err);
	return NULL;
}

void
seki_layout_free(struct seki_layout *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++) {
		free(l->col[i].header);
		free(l->col[i].code);
		free(l->col[i].label);
		free(l->col[i].value);
		free(l->col[i].label_is);
	}
	free(l->col);
	free(l->sheet);
	free(l->name);
	free(l);
}

enum seki_type
seki_layout_type(enum seki_layout_type t)
{
	static const enum seki_type type[] = { SEKI_T_SINGLE_LINE_TEXT,
		SEKI_T_MULTI_LINE_TEXT, SEKI_T_SINGLE_LINE_TEXT, SEKI_T_NUMBER,
		SEKI_T_DATE, SEKI_T_TIME, SEKI_T_DATETIME,
		SEKI_T_SINGLE_LINE_TEXT };

	return type[t];
}

/* Excel's lock files and whatever hides are none. */
static int
is_table(const struct dirent *e)
{
	static const char *const end[] = { ".csv", ".tsv", ".txt", ".xlsx",
		NULL };
	size_t i, n = strlen(e->d_name);

	if (e->d_name[0] == '.' || e->d_name[0] == '~')
		return 0;
	for (i = 0; end[i] != NULL; i++)
		if (n > strlen(end[i]) &&
		    strcasecmp(e->d_name + n - strlen(end[i]), end[i]) == 0)
			return 1;
	return 0;
}

/* Not the locale's order: results must not differ between machines. */
static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
take(const char *dir, const char *name, struct seki_layout **to,
    struct seki_err *err)
{
	struct seki_buf path = SEKI_BUF_INIT;

	*to = NULL;
	if (seki_buf_fmt(&path, err, "%s/%s", dir, name) == 0)
		*to = seki_layout_open(path.p, err);
	if (*to != NULL && (*to)->form) {
		seki_err_object(err, path.p);
		seki_err_hint(
		    err, "%s", _("a table of cells goes to --form FILE"));
		(void)seki_fail(err, SEKI_RULES, "%s",
		    _("a form's table, not a layout of columns"));
		seki_layout_free(*to);
		*to = NULL;
	}
	seki_buf_free(&path);
	return *to == NULL ? -1 : 0;
}

int
seki_layout_dir(const char *dir, struct seki_layout ***list, size_t *n,
    struct seki_err *err)
{
	struct dirent **e = NULL;
	int i, r = 0, all = scandir(dir, &e, is_table, by_bytes);

	*n = 0;
	*list = NULL;
	if (all == -1) {
		(void)seki_err_errno(err, _("folder"));
		seki_err_object(err, dir);
		return -1;
	}
	if (all == 0 || (size_t)all > SEKI_LAYOUTS_MAX) {
		seki_err_object(err, dir);
		r = seki_fail(err, SEKI_CONFIG,
		    _("%d layouts in the folder; 1 to %zu can be used"), all,
		    SEKI_LAYOUTS_MAX);
	} else if ((*list = calloc((size_t)all, sizeof(**list))) == NULL)
		r = seki_err_nomem(err);
	for (i = 0; i < all; i++) {
		if (r == 0 &&
		    (r = take(dir, e[i]->d_name, &(*list)[*n], err)) == 0)
			++*n;
		free(e[i]);
	}
	free(e);
	return r;
}
