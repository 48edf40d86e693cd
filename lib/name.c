#include <stdlib.h>
#include <string.h>

#include "name.h"

enum what { TEXT, FIELD, LABEL, NTH, ENDING, KEY, STEM, ROW };

struct piece {
	enum what what;
	int folder; /* before the / */
	char *text; /* TEXT, or the name between { and } */
	size_t n;
	const struct seki_field *field, *table; /* FIELD, when bound */
	size_t index;
};
struct seki_name {
	struct piece piece[SEKI_TEMPLATE_PIECES];
	size_t n;
	int folders;
};

static const struct {
	const char *word;
	enum what what;
} words[] = { { "項目", LABEL }, { "field", LABEL }, { "n", NTH },
	{ "拡張子", ENDING }, { "ext", ENDING }, { "key", KEY },
	{ "元の名前", STEM }, { "name", STEM }, { "行", ROW }, { "row", ROW } };
#define NWORDS (sizeof(words) / sizeof(words[0]))

static int
wrong(const char *why, const char *at, struct seki_err *err)
{
	seki_err_hint(err, "%s", _("--name '{key}_{field}_{n}{ext}'"));
	return seki_fail(err, SEKI_USAGE, "--name: %s: %s", why, at);
}

static int
add(struct seki_name *t, enum what what, const char *s, size_t n,
    struct seki_err *err)
{
	struct piece *p = &t->piece[t->n];

	if (t->n == SEKI_TEMPLATE_PIECES)
		return seki_fail(err, SEKI_USAGE, "--name: %s",
		    _("more than 64 pieces in a template"));
	if ((p->text = strndup(s, n)) == NULL)
		return seki_err_nomem(err);
	p->what = what;
	p->n = n;
	t->n++;
	return 0;
}

/* {NAME}: a word of ours, or a field that is looked for later. */
static int
named(struct seki_name *t, const char **s, struct seki_err *err)
{
	const char *at = *s + 1, *end = strchr(at, '}');
	enum what what = FIELD;
	size_t i, n;

	if (end == NULL || memchr(at, '{', (size_t)(end - at)) != NULL)
		return wrong(_("a { has no }"), *s, err);
	if ((n = (size_t)(end - at)) == 0)
		return wrong(_("nothing between { and }"), *s, err);
	for (i = 0; i < NWORDS; i++)
		if (strlen(words[i].word) == n &&
		    memcmp(words[i].word, at, n) == 0)
			what = words[i].what;
	*s = end + 1;
	return add(t, what, at, n, err);
}

/* What stands in all the names must be what a name may have. */
static int
plain(const char *s, size_t n, const char *from, struct seki_err *err)
{
	size_t i = 0;
	uint32_t c;

	while (i < n) {
		c = seki_text_get(s, n, &i);
		if (seki_text_hidden(c) ||
		    (c < 0x80 && strchr("\\:*?\"<>|", (int)c) != NULL))
			return wrong(
			    _("Windows takes no such character in a name"),
			    from, err);
	}
	return 0;
}

/* As far as the next { or }, or one of them doubled; and the / between. */
static int
text(struct seki_name *t, const char **s, struct seki_err *err)
{
	const char *at = *s;
	size_t n = strcspn(at, "{}/"), i;

	if (n == 0 && *at == '/') {
		if (t->folders)
			return wrong(_("more than one /"), at, err);
		if (t->n == 0 || at[1] == '\0')
			return wrong(
			    _("nothing before or behind the /"), at, err);
		for (i = 0; i < t->n; i++)
			t->piece[i].folder = 1;
		t->folders = 1;
		*s = at + 1;
		return 0;
	}
	if (n == 0 && at[0] != at[1])
		return wrong(_("a } has no {"), at, err);
	*s = at + (n == 0 ? 2 : n);
	n = n == 0 ? 1 : n;
	return plain(at, n, at, err) == -1 ? -1 : add(t, TEXT, at, n, err);
}

struct seki_name *
seki_name_new(const char *template, struct seki_err *err)
{
	struct seki_name *t = calloc(1, sizeof(*t));
	const char *s = template;
	size_t bad;
	int r = 0;

	if (t == NULL)
		(void)seki_err_nomem(err);
	else if (*s == '\0')
		r = wrong(_("the template is empty"), "''", err);
	else if (strlen(s) > SEKI_TEMPLATE_MAX)
		r = seki_fail(err, SEKI_USAGE, "--name: %s",
		    _("a template of more than 1000 bytes"));
	else if (!seki_text_utf8(s, strlen(s), &bad))
		r = seki_fail(
		    err, SEKI_USAGE, "--name: %s", _("not valid UTF-8"));
	while (t != NULL && r == 0 && *s != '\0')
		r = s[0] == '{' && s[1] != '{' ? named(t, &s, err)
					       : text(t, &s, err);
	if (r == 0)
		return t;
	seki_name_free(t);
	return NULL;
}

void
seki_name_free(struct seki_name *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		free(t->piece[i].text);
	free(t);
}

/* Of the fields of a list, the one that is called so by its label, or code. */
static int
in_list(struct piece *p, const struct seki_schema *s,
    const struct seki_field *table, int code, struct seki_err *err)
{
	const struct seki_field *f = table != NULL ? table->sub : s->field;
	size_t i, n = table != NULL ? table->nsub : s->n;
	struct seki_buf b = SEKI_BUF_INIT;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		seki_buf_reset(&b);
		if (code ? seki_buf_str(&b, f[i].code, err) == -1
			 : seki_schema_label(s, table, i, &b, err) == -1)
			r = -1;
		else if (b.n == p->n && memcmp(b.p, p->text, p->n) == 0) {
			p->field = &f[i];
			p->table = table;
			p->index = i;
			r = 1;
		}
	}
	seki_buf_free(&b);
	return r;
}

/* Those of the record come before those in its tables: their codes tell them
 * apart. */
static int
find(struct piece *p, const struct seki_schema *s, struct seki_err *err)
{
	size_t i;
	int code, r = 0;

	for (code = 0; code < 2 && r == 0; code++) {
		r = in_list(p, s, NULL, code, err);
		for (i = 0; i < s->n && r == 0; i++)
			if (s->field[i].type == SEKI_T_SUBTABLE)
				r = in_list(p, s, &s->field[i], code, err);
	}
	return r;
}

/* Labels of all fields, then our words, NULL behind them. */
static const char **
valid(const struct seki_schema *s)
{
	size_t i, k, n = 0;
	const char **list =
	    calloc(2 * SEKI_FIELDS_MAX + NWORDS + 1, sizeof(*list));

	for (i = 0; list != NULL && i < s->n && n < SEKI_FIELDS_MAX; i++) {
		list[n++] = s->field[i].label;
		for (k = 0; k < s->field[i].nsub && n < SEKI_FIELDS_MAX; k++)
			list[n++] = s->field[i].sub[k].label;
	}
	for (i = 0; list != NULL && i < s->n && n < 2 * SEKI_FIELDS_MAX; i++)
		list[n++] = s->field[i].code;
	for (i = 0; list != NULL && i < NWORDS; i++)
		list[n++] = words[i].word;
	return list;
}

static int
unknown(
    const struct piece *p, const struct seki_schema *s, struct seki_err *err)
{
	const char **list = valid(s), *near;

	if (list == NULL)
		return seki_err_nomem(err);
	near = seki_text_nearest(p->text, list);
	if (near != NULL)
		seki_err_hint(err, _("did you mean {%s}?"), near);
	else
		seki_err_hint(err, "%s",
		    _("labels and codes of fields, and {field} {n} {ext} "
		      "{key} {name} {row}"));
	free(list);
	return seki_fail(err, SEKI_USAGE,
	    _("--name: there is no field {%s} in the stream"), p->text);
}

int
seki_name_bind(
    struct seki_name *t, const struct seki_schema *s, struct seki_err *err)
{
	enum seki_shape shape;
	struct piece *p;
	size_t i;
	int r;

	for (i = 0; i < t->n; i++) {
		p = &t->piece[i];
		if (p->what != FIELD)
			continue;
		if ((r = find(p, s, err)) != 1)
			return r == -1 ? -1 : unknown(p, s, err);
		shape = seki_field_shape(p->field);
		if (shape == SEKI_S_TABLE || shape == SEKI_S_FILES) {
			seki_err_hint(err, "%s", "{field} {name}");
			return seki_fail(err, SEKI_USAGE,
			    _("--name: {%s} is no text but a table or files"),
			    p->text);
		}
	}
	return 0;
}

/* As people's tables show it; of a list its names, one after another. */
static int
shown(struct seki_name_filled *f, enum seki_shape shape,
    const struct seki_value *v, struct seki_err *err)
{
	struct seki_item item;
	char jst[SEKI_TIME];
	size_t at = 0;
	seki_time t;
	int r;

	if (shape == SEKI_S_DATETIME && seki_time_parse(v->p, v->n, &t) == 0) {
		seki_time_jst(t, jst);
		return seki_buf_str(&f->value, jst, err);
	}
	if (shape != SEKI_S_CHOICES && shape != SEKI_S_USERS)
		return seki_canon_text(shape, v, &f->value, err);
	while ((r = seki_item_next(shape, v, &at, &f->text, &item, err)) == 1)
		if ((f->value.n > 0 &&
			seki_buf_str(&f->value, "、", err) == -1) ||
		    seki_buf_add(&f->value, item.p, item.n, err) == -1)
			return -1;
	return r;
}

static int
field(struct seki_name_filled *f, const struct piece *p,
    const struct seki_name_file *of, struct seki_err *err)
{
	const struct seki_value *v = NULL;

	if (p->table == NULL)
		v = &of->rec->v[p->index];
	else if (p->table == of->table)
		v = &of->row->v[p->index];
	return v == NULL || !v->set
		   ? 0
		   : shown(f, seki_field_shape(p->field), v, err);
}

static int
number(struct seki_name_filled *f, uint64_t n, struct seki_err *err)
{
	return n == 0 ? 0
		      : seki_buf_fmt(
			    &f->value, err, "%llu", (unsigned long long)n);
}

/* The name as it came, in two: what does not show at its end hides no ending,
 * whose ASCII letters have a small form each. */
static int
half(struct seki_name_filled *f, int end, const struct seki_name_file *of,
    struct seki_err *err)
{
	unsigned none = 0;
	size_t i, n;

	seki_buf_reset(&f->text);
	if (seki_name_clean(&f->text, of->name, of->nname,
		end ? &none : &f->flags, err) == -1 ||
	    seki_buf_room(&f->text, 0, err) == -1)
		return -1;
	n = seki_name_ending(f->text.p, f->text.n);
	for (i = end ? n : f->text.n; i < f->text.n; i++)
		if (f->text.p[i] >= 'A' && f->text.p[i] <= 'Z')
			f->text.p[i] = (char)(f->text.p[i] + ('a' - 'A'));
	return end ? seki_buf_add(&f->value, f->text.p + n, f->text.n - n, err)
		   : seki_buf_add(&f->value, f->text.p, n, err);
}

static int
value(struct seki_name_filled *f, const struct piece *p,
    const struct seki_name_file *of, const char *label, struct seki_err *err)
{
	seki_buf_reset(&f->value);
	switch (p->what) {
	case TEXT:
		return seki_buf_add(&f->value, p->text, p->n, err);
	case FIELD:
		return field(f, p, of, err);
	case LABEL:
		return seki_buf_str(&f->value, label, err);
	case NTH:
		return number(f, of->nth, err);
	case ENDING:
		return half(f, 1, of, err);
	case KEY:
		return seki_buf_add(
		    &f->value, of->rec->key.p, of->rec->key.n, err);
	case STEM:
		return half(f, 0, of, err);
	case ROW:
		return number(f, of->nrow, err);
	}
	return 0;
}

int
seki_name_fill(const struct seki_name *t, const struct seki_name_file *of,
    const char *label, struct seki_name_filled *f, struct seki_err *err)
{
	const struct piece *p;
	struct seki_buf *to;
	size_t i, before;

	seki_buf_reset(&f->folder);
	seki_buf_reset(&f->file);
	seki_buf_reset(&f->from);
	f->flags = 0;
	f->folders = t->folders;
	for (i = 0; i < t->n; i++) {
		p = &t->piece[i];
		to = p->folder ? &f->folder : &f->file;
		before = to->n;
		if (value(f, p, of, label, err) == -1)
			return -1;
		/* NUL stands in no value. */
		if (p->folder && (seki_buf_add(&f->from, f->value.p, f->value.n,
				      err) == -1 ||
				     seki_buf_byte(&f->from, 0, err) == -1))
			return -1;
		if (p->what == TEXT
			? seki_buf_add(to, f->value.p, f->value.n, err) == -1
			: seki_name_clean(
			      to, f->value.p, f->value.n, &f->flags, err) == -1)
			return -1;
		if (to->n == before && p->what != ENDING &&
		    seki_buf_str(to, SEKI_NAME_EMPTY, err) == -1)
			return -1;
	}
	return 0;
}

void
seki_name_filled_free(struct seki_name_filled *f)
{
	seki_buf_free(&f->folder);
	seki_buf_free(&f->file);
	seki_buf_free(&f->from);
	seki_buf_free(&f->value);
	seki_buf_free(&f->text);
}
