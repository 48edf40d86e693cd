#include <stdlib.h>
#include <string.h>

#include "page_int.h"

static int
copy(struct seki_page *p, struct seki_value *v, const char *s, size_t n,
    struct seki_err *err)
{
	char *d = seki_arena_copy(&p->arena, s, n, err);

	if (d == NULL)
		return -1;
	v->p = d;
	v->n = n;
	v->set = n > 0;
	return 0;
}

static int
wrong(struct seki_page *p, const struct column *c, struct seki_err *err)
{
	return seki_page_odd(p, SEKI_PROTOCOL, c,
	    _("the value is not of the form that its type has"), err);
}

static int
number(struct seki_page *p, const struct column *c, struct seki_value *v,
    struct seki_err *err)
{
	int r;

	if (seki_num_ok(v->p, v->n))
		return 0;
	seki_buf_reset(&p->list);
	if ((r = seki_num_canon(v->p, v->n, &p->list, err)) == -1)
		return -1;
	if (r == 1)
		return seki_page_odd(p, SEKI_RECORD, c, _("not a number"), err);
	return copy(p, v, p->list.p, p->list.n, err);
}

static int
datetime(struct seki_page *p, const struct column *c, struct seki_value *v,
    struct seki_err *err)
{
	char text[SEKI_TIME];
	seki_time t;

	if (seki_time_parse(v->p, v->n, &t) == 0)
		return 0;
	if (seki_time_parse_any(v->p, v->n, &t) == -1)
		return seki_page_odd(
		    p, SEKI_RECORD, c, _("not a date and time"), err);
	seki_time_format(t, text);
	/* An offset may lead out of the years that a text can hold. */
	if (seki_time_parse(text, strlen(text), &t) == -1)
		return seki_page_odd(
		    p, SEKI_RECORD, c, _("not a date and time"), err);
	return copy(p, v, text, strlen(text), err);
}

/* A string (or, for numbers of the service's own, a JSON number) by shape. */
static int
scalar(struct seki_page *p, const struct column *c, struct seki_value *v,
    struct seki_err *err)
{
	const char *why;

	if (seki_json_text(&p->j, &p->arena, &v->p, &v->n, err) == -1)
		return -1;
	if ((v->set = v->n > 0) == 0)
		return 0;
	if (v->n > SEKI_VALUE_MAX)
		return seki_page_odd(p, SEKI_FLOOD, c,
		    _("the value is larger than the limit"), err);
	if (c->shape == SEKI_S_NUMBER)
		return number(p, c, v, err);
	if (c->shape == SEKI_S_DATETIME)
		return datetime(p, c, v, err);
	if (c->shape != SEKI_S_TEXT &&
	    (why = seki_value_check(c->shape, v->p, v->n)) != NULL)
		return seki_page_odd(p, SEKI_RECORD, c, _(why), err);
	return 0;
}

static int
append(struct seki_page *p, const struct column *c, struct seki_item *item,
    struct seki_err *err)
{
	if (seki_item_add(c->shape, &p->list, item, err) == -1)
		return -1;
	if (p->list.n > SEKI_VALUE_MAX)
		return seki_page_odd(p, SEKI_FLOOD, c,
		    _("the value is larger than the limit"), err);
	return 0;
}

/* An object's string member into the arena with a NUL, null as "". */
static int
member(struct seki_page *p, const char **to, size_t *n, struct seki_err *err)
{
	enum seki_json_tok t = seki_json_next(&p->j);
	const char *s;

	*to = "";
	*n = 0;
	if (t == SEKI_J_NULL)
		return 0;
	if (t == SEKI_J_BAD)
		return seki_page_bad(p, err);
	if (t == SEKI_J_NUMBER) {
		s = p->j.s;
		*n = p->j.n;
	} else if (t != SEKI_J_STRING) {
		return 1;
	} else if (seki_json_text(&p->j, &p->arena, &s, n, err) == -1) {
		return -1;
	}
	*to = seki_arena_copy(&p->arena, s, *n, err);
	return *to == NULL ? -1 : 0;
}

/* One user or file, after its {. */
static int
object(struct seki_page *p, const struct column *c, struct seki_err *err)
{
	struct seki_item item = { .p = NULL };
	enum seki_json_tok t;
	const char **to, *key = NULL;
	size_t *len, nkey;
	int r;

	while ((t = seki_json_next(&p->j)) == SEKI_J_KEY) {
		to = NULL;
		len = NULL;
		if (seki_json_is(&p->j, "name")) {
			to = &item.p;
			len = &item.n;
		} else if (c->shape == SEKI_S_USERS &&
			   seki_json_is(&p->j, "code")) {
			to = &item.code;
			len = &item.ncode;
		} else if (c->shape == SEKI_S_FILES &&
			   seki_json_is(&p->j, "size")) {
			to = &item.size;
			len = &item.nsize;
		} else if (c->shape == SEKI_S_FILES &&
			   seki_json_is(&p->j, "contentType")) {
			to = &item.type;
			len = &item.ntype;
		} else if (c->shape == SEKI_S_FILES && p->file != NULL &&
			   seki_json_is(&p->j, "fileKey")) {
			to = &key;
			len = &nkey;
		}
		if (to == NULL) {
			t = seki_json_next(&p->j);
			if (seki_json_skip(&p->j, t) == -1)
				return seki_page_bad(p, err);
			continue;
		}
		if (*to != NULL)
			return wrong(p, c, err);
		if ((r = member(p, to, len, err)) != 0)
			return r == 1 ? wrong(p, c, err) : -1;
	}
	if (t == SEKI_J_BAD)
		return seki_page_bad(p, err);
	if (item.p == NULL ||
	    (c->shape == SEKI_S_USERS ? item.code == NULL
				      : item.size == NULL || item.type == NULL))
		return wrong(p, c, err);
	if (c->shape == SEKI_S_FILES && p->file != NULL &&
	    p->file(p->file_ctx, c->f, &item, key != NULL ? key : "", err) ==
		-1)
		return -1;
	return append(p, c, &item, err);
}

static int
choice(struct seki_page *p, const struct column *c, struct seki_err *err)
{
	struct seki_item item = { .p = NULL };

	if (seki_json_text(&p->j, &p->arena, &item.p, &item.n, err) == -1)
		return -1;
	return append(p, c, &item, err);
}

/* The list text that was put together must be one that streams take. */
static int
finish(struct seki_page *p, const struct column *c, struct seki_value *v,
    struct seki_err *err)
{
	const char *why = seki_value_check(c->shape, p->list.p, p->list.n);

	if (why != NULL)
		return seki_page_odd(p, SEKI_RECORD, c, _(why), err);
	return copy(p, v, p->list.p, p->list.n, err);
}

/* The items of a list, after its [. */
static int
list(struct seki_page *p, const struct column *c, struct seki_value *v,
    struct seki_err *err)
{
	enum seki_json_tok t;
	size_t items = 0;
	int r;

	seki_buf_reset(&p->list);
	for (; (t = seki_json_next(&p->j)) != SEKI_J_ARRAY_END; items++) {
		if (t == SEKI_J_BAD)
			return seki_page_bad(p, err);
		if (c->shape == SEKI_S_CHOICES && t == SEKI_J_STRING)
			r = choice(p, c, err);
		else if (c->shape != SEKI_S_CHOICES && t == SEKI_J_OBJECT)
			r = object(p, c, err);
		else
			r = wrong(p, c, err);
		if (r == -1)
			return -1;
	}
	return items == 0 ? 0 : finish(p, c, v, err);
}

/* One row, after its {. */
static int
row(struct seki_page *p, struct column *c, struct seki_row *r,
    struct seki_err *err)
{
	enum seki_json_tok t;
	int value;

	memset(r, 0, sizeof(*r));
	r->v = seki_arena_get(&p->arena, (c->sub.n + 1) * sizeof(*r->v), err);
	if (r->v == NULL)
		return -1;
	for (value = 0; (t = seki_json_next(&p->j)) == SEKI_J_KEY;) {
		if (seki_json_is(&p->j, "id")) {
			t = seki_json_next(&p->j);
			if ((t != SEKI_J_STRING && t != SEKI_J_NUMBER) ||
			    r->id.set || !seki_page_id_ok(p->j.s, p->j.n))
				break;
			r->id.p = p->j.s;
			r->id.n = p->j.n;
			r->id.set = 1;
		} else if (seki_json_is(&p->j, "value")) {
			t = seki_json_next(&p->j);
			if (t != SEKI_J_OBJECT || value++)
				break;
			if (seki_page_fields(p, &c->sub, r->v, err) == -1)
				return -1;
		} else if (seki_json_skip(&p->j, seki_json_next(&p->j)) == -1) {
			return seki_page_bad(p, err);
		}
	}
	if (t == SEKI_J_BAD)
		return seki_page_bad(p, err);
	if (t != SEKI_J_OBJECT_END || !value || !r->id.set)
		return wrong(p, c, err);
	return 0;
}

/* The rows of a table, after its [. */
static int
table(struct seki_page *p, struct column *c, struct seki_value *v,
    struct seki_err *err)
{
	struct seki_row *rows = NULL, *more;
	enum seki_json_tok t;
	size_t n = 0, room = 0;

	while ((t = seki_json_next(&p->j)) == SEKI_J_OBJECT) {
		if (n == SEKI_ROWS_MAX)
			return seki_page_odd(p, SEKI_FLOOD, c,
			    _("more rows than the limit"), err);
		if (n == room) {
			room = room ? room * 2 : 8;
			more = seki_arena_get(
			    &p->arena, room * sizeof(*more), err);
			if (more == NULL)
				return -1;
			if (n > 0)
				memcpy(more, rows, n * sizeof(*more));
			rows = more;
		}
		if (row(p, c, &rows[n], err) == -1)
			return -1;
		n++;
	}
	if (t == SEKI_J_BAD)
		return seki_page_bad(p, err);
	if (t != SEKI_J_ARRAY_END)
		return wrong(p, c, err);
	v->row = rows;
	v->nrow = n;
	v->set = n > 0;
	return 0;
}

/* null, "" and [] are one kind of nothing whatever the type (record API 4). */
static int
value(struct seki_page *p, struct column *c, struct seki_value *v,
    struct seki_err *err)
{
	enum seki_json_tok t = seki_json_next(&p->j);
	int lists = c->shape >= SEKI_S_CHOICES;

	memset(v, 0, sizeof(*v));
	if (t == SEKI_J_BAD)
		return seki_page_bad(p, err);
	if (t == SEKI_J_NULL || (t == SEKI_J_STRING && p->j.n == 0))
		return 0;
	if (!lists &&
	    (t == SEKI_J_STRING ||
		(t == SEKI_J_NUMBER && (c->f->type == SEKI_T_ID ||
					   c->f->type == SEKI_T_REVISION))))
		return scalar(p, c, v, err);
	if (t == SEKI_J_ARRAY && c->shape == SEKI_S_TABLE)
		return table(p, c, v, err);
	if (t == SEKI_J_ARRAY && lists)
		return list(p, c, v, err);
	if (t == SEKI_J_OBJECT &&
	    (c->f->type == SEKI_T_CREATOR || c->f->type == SEKI_T_MODIFIER)) {
		seki_buf_reset(&p->list);
		return object(p, c, err) == -1 ? -1 : finish(p, c, v, err);
	}
	if (t == SEKI_J_ARRAY && seki_json_next(&p->j) == SEKI_J_ARRAY_END)
		return 0;
	if (p->j.s >= p->j.end)
		return seki_page_bad(p, err);
	return wrong(p, c, err);
}

int
seki_page_cell(struct seki_page *p, struct column *c, struct seki_value *v,
    struct seki_err *err)
{
	enum seki_json_tok t = seki_json_next(&p->j);
	int types = 0, values = 0;

	if (t == SEKI_J_BAD)
		return seki_page_bad(p, err);
	if (t != SEKI_J_OBJECT)
		return wrong(p, c, err);
	while ((t = seki_json_next(&p->j)) == SEKI_J_KEY) {
		if (seki_json_is(&p->j, "type")) {
			t = seki_json_next(&p->j);
			if (t == SEKI_J_BAD)
				break;
			if (t != SEKI_J_STRING || types++ ||
			    !seki_json_is(&p->j, c->word))
				return seki_page_odd(p, SEKI_PROTOCOL, c,
				    _("the type is not the one the form "
				      "names"),
				    err);
		} else if (seki_json_is(&p->j, "value")) {
			if (values++)
				return wrong(p, c, err);
			if (value(p, c, v, err) == -1)
				return -1;
		} else if (seki_json_skip(&p->j, seki_json_next(&p->j)) == -1) {
			return seki_page_bad(p, err);
		}
	}
	if (t == SEKI_J_BAD)
		return seki_page_bad(p, err);
	return types && values ? 0 : wrong(p, c, err);
}
