#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/*
 * A record's JSON object and back.  Writing and reading know one rule each per
 * shape; the text between them is the value's text (seki.h).
 */

static int
quote_pair(struct seki_buf *b, const char *name, const char *p, size_t n,
    struct seki_err *err)
{
	if (seki_buf_str(b, name, err) == -1)
		return -1;
	return p == NULL ? seki_buf_str(b, "null", err)
			 : seki_json_quote(b, p, n, err);
}

static int
format_item(enum seki_shape shape, const struct seki_item *item,
    struct seki_buf *b, struct seki_err *err)
{
	if (shape == SEKI_S_CHOICES)
		return seki_json_quote(b, item->p, item->n, err);
	if (shape == SEKI_S_USERS) {
		if (quote_pair(b, "{\"code\":", item->code, item->ncode, err) ==
			-1 ||
		    quote_pair(b, ",\"name\":", item->p, item->n, err) == -1)
			return -1;
		return seki_buf_byte(b, '}', err);
	}
	if (quote_pair(b, "{\"name\":", item->p, item->n, err) == -1 ||
	    quote_pair(b, ",\"size\":", item->size, item->nsize, err) == -1 ||
	    quote_pair(b, ",\"contentType\":", item->type, item->ntype, err) ==
		-1 ||
	    quote_pair(b,
		",\"sha256\":", item->nsha256 == 1 ? NULL : item->sha256,
		item->nsha256, err) == -1)
		return -1;
	return seki_buf_byte(b, '}', err);
}

static int
format_list(enum seki_shape shape, const struct seki_value *v,
    struct seki_buf *b, struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_item item;
	size_t at = 0, n = 0;
	int r;

	if (seki_buf_byte(b, '[', err) == -1)
		return -1;
	while ((r = seki_item_next(shape, v, &at, &text, &item, err)) == 1)
		if ((n++ > 0 && seki_buf_byte(b, ',', err) == -1) ||
		    format_item(shape, &item, b, err) == -1) {
			r = -1;
			break;
		}
	seki_buf_free(&text);
	return r == -1 ? -1 : seki_buf_byte(b, ']', err);
}

static int format_table(const struct seki_field *, const struct seki_value *,
    struct seki_buf *, struct seki_err *);

static int
format_value(const struct seki_field *f, const struct seki_value *v,
    struct seki_buf *b, struct seki_err *err)
{
	enum seki_shape shape = seki_field_shape(f);

	switch (shape) {
	case SEKI_S_CHOICES:
	case SEKI_S_USERS:
	case SEKI_S_FILES:
		return format_list(shape, v, b, err);
	case SEKI_S_TABLE:
		return format_table(f, v, b, err);
	case SEKI_S_TEXT:
	case SEKI_S_NUMBER:
	case SEKI_S_DATE:
	case SEKI_S_TIME:
	case SEKI_S_DATETIME:
	case SEKI_S_DURATION:
	default:
		return v->set ? seki_json_quote(b, v->p, v->n, err)
			      : seki_buf_str(b, "null", err);
	}
}

static int
format_member(const struct seki_field *f, const struct seki_value *v, int first,
    struct seki_buf *b, struct seki_err *err)
{
	if (seki_buf_room(b, f->njson + 1, err) == -1)
		return -1;
	if (!first)
		b->p[b->n++] = ',';
	memcpy(b->p + b->n, f->json, f->njson);
	b->n += f->njson;
	return format_value(f, v, b, err);
}

static int
format_table(const struct seki_field *f, const struct seki_value *v,
    struct seki_buf *b, struct seki_err *err)
{
	size_t i, k;

	if (seki_buf_byte(b, '[', err) == -1)
		return -1;
	for (i = 0; i < v->nrow; i++) {
		if ((i > 0 && seki_buf_byte(b, ',', err) == -1) ||
		    quote_pair(b,
			"{\"$id\":", v->row[i].id.set ? v->row[i].id.p : NULL,
			v->row[i].id.n, err) == -1)
			return -1;
		for (k = 0; k < f->nsub; k++)
			if (format_member(
				&f->sub[k], &v->row[i].v[k], 0, b, err) == -1)
				return -1;
		if (seki_buf_byte(b, '}', err) == -1)
			return -1;
	}
	return seki_buf_byte(b, ']', err);
}

int
seki_record_format(const struct seki_schema *s, const struct seki_record *rec,
    struct seki_buf *b, struct seki_err *err)
{
	size_t i;

	if (seki_buf_byte(b, '{', err) == -1)
		return -1;
	if (rec->kind == SEKI_RECORD_DELETED) {
		if (seki_json_quote(b, s->key, strlen(s->key), err) == -1 ||
		    quote_pair(b, ":", rec->key.p, rec->key.n, err) == -1 ||
		    quote_pair(b, ",\"_sdc_deleted_at\":", rec->deleted.p,
			rec->deleted.n, err) == -1)
			return -1;
		return seki_buf_byte(b, '}', err);
	}
	for (i = 0; i < s->n; i++)
		if (format_member(&s->field[i], &rec->v[i], i == 0, b, err) ==
		    -1) {
			seki_err_record(err, rec->key.p, rec->key.n);
			seki_err_field(err, s->field[i].code);
			return -1;
		}
	return seki_buf_byte(b, '}', err);
}

/* Reading. */

static int
bad(struct seki_err *err, const char *why)
{
	return seki_fail(err, SEKI_RECORD, "%s", why);
}

static int
odd(const struct seki_json *j, struct seki_err *err)
{
	if (j->why != NULL)
		return seki_json_fail(j, SEKI_RECORD, "JSON", err);
	return bad(err, _("a value of another kind than the schema says"));
}

static int
text(struct seki_json *j, struct seki_arena *a, const char **p, size_t *n,
    struct seki_err *err)
{
	if (seki_json_text(j, a, p, n, err) == -1)
		return -1;
	if (*n > SEKI_VALUE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("a value is longer than %zu bytes"), SEKI_VALUE_MAX);
	return 0;
}

static int
parse_scalar(enum seki_shape shape, struct seki_json *j, enum seki_json_tok tok,
    struct seki_arena *a, struct seki_value *v, struct seki_err *err)
{
	const char *why;

	memset(v, 0, sizeof(*v));
	if (tok == SEKI_J_NULL)
		return 0;
	if (tok != SEKI_J_STRING)
		return odd(j, err);
	if (text(j, a, &v->p, &v->n, err) == -1)
		return -1;
	if (v->n == 0)
		return bad(err, _("an empty string where null must stand"));
	if ((why = seki_value_check(shape, v->p, v->n)) != NULL)
		return bad(err, _(why));
	v->set = 1;
	return 0;
}

/* {"code":…,"name":…} or {"name":…,"size":…,"contentType":…,"sha256":…} */
static int
parse_object_item(enum seki_shape shape, struct seki_json *j,
    struct seki_arena *a, struct seki_item *item, struct seki_err *err)
{
	enum seki_json_tok tok;
	const char **p;
	size_t *n;
	unsigned seen = 0, bit;

	while ((tok = seki_json_next(j)) == SEKI_J_KEY) {
		if (seki_json_is(j, "name"))
			p = &item->p, n = &item->n, bit = 1;
		else if (shape == SEKI_S_USERS && seki_json_is(j, "code"))
			p = &item->code, n = &item->ncode, bit = 2;
		else if (shape == SEKI_S_FILES && seki_json_is(j, "size"))
			p = &item->size, n = &item->nsize, bit = 2;
		else if (shape == SEKI_S_FILES && seki_json_is(j, "sha256"))
			p = &item->sha256, n = &item->nsha256, bit = 4;
		else if (shape == SEKI_S_FILES &&
			 seki_json_is(j, "contentType"))
			p = &item->type, n = &item->ntype, bit = 8;
		else
			return bad(err, _("a list item has an unknown key"));
		tok = seki_json_next(j);
		if ((seen & bit) != 0 ||
		    (tok != SEKI_J_STRING && (bit < 4 || tok != SEKI_J_NULL)))
			return odd(j, err);
		seen |= bit;
		if (tok == SEKI_J_STRING && text(j, a, p, n, err) == -1)
			return -1;
	}
	if (tok != SEKI_J_OBJECT_END)
		return odd(j, err);
	if (seen != (shape == SEKI_S_USERS ? 3U : 15U))
		return bad(err, _("a list item lacks a key"));
	return 0;
}

static int
parse_list(enum seki_shape shape, struct seki_json *j, enum seki_json_tok tok,
    struct seki_arena *a, struct seki_value *v, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_item item;
	int r = 0;

	memset(v, 0, sizeof(*v));
	if (tok != SEKI_J_ARRAY)
		return odd(j, err);
	while (r == 0 && (tok = seki_json_next(j)) != SEKI_J_ARRAY_END) {
		memset(&item, 0, sizeof(item));
		if (shape == SEKI_S_CHOICES && tok == SEKI_J_STRING)
			r = text(j, a, &item.p, &item.n, err);
		else if (shape != SEKI_S_CHOICES && tok == SEKI_J_OBJECT)
			r = parse_object_item(shape, j, a, &item, err);
		else
			r = odd(j, err);
		if (r == 0)
			r = seki_item_add(shape, &b, &item, err);
	}
	if (r == 0 && b.n > SEKI_VALUE_MAX)
		r = seki_fail(err, SEKI_LIMIT,
		    _("a value is longer than %zu bytes"), SEKI_VALUE_MAX);
	/* A size or digest of another form shows now; nothing else can. */
	if (r == 0 && shape == SEKI_S_FILES && b.n > 0 &&
	    seki_value_check(shape, b.p, b.n) != NULL)
		r = bad(err, _("a list holds an item of another form"));
	if (r == 0 && b.n > 0) {
		v->p = seki_arena_copy(a, b.p, b.n, err);
		v->n = b.n;
		v->set = 1;
		if (v->p == NULL)
			r = -1;
	}
	seki_buf_free(&b);
	return r;
}

static int parse_table(const struct seki_field *, struct seki_json *,
    enum seki_json_tok, struct seki_arena *, struct seki_value *,
    struct seki_err *);

static int
parse_value(const struct seki_field *f, struct seki_json *j,
    struct seki_arena *a, struct seki_value *v, struct seki_err *err)
{
	enum seki_json_tok tok = seki_json_next(j);
	enum seki_shape shape = seki_field_shape(f);
	int r;

	if (shape == SEKI_S_TABLE)
		r = parse_table(f, j, tok, a, v, err);
	else if (shape == SEKI_S_CHOICES || shape == SEKI_S_USERS ||
		 shape == SEKI_S_FILES)
		r = parse_list(shape, j, tok, a, v, err);
	else
		r = parse_scalar(shape, j, tok, a, v, err);
	if (r == -1)
		seki_err_field(err, f->code);
	return r;
}

/* The field a KEY names; the next one is tried first. */
static const struct seki_field *
field(const struct seki_field *list, size_t n, size_t next, struct seki_json *j,
    struct seki_arena *a, struct seki_err *err)
{
	const char *p;
	size_t len, i;

	if (seki_json_text(j, a, &p, &len, err) == -1)
		return NULL;
	for (i = 0; i < n; i++, next++) {
		if (next >= n)
			next = 0;
		if (strncmp(list[next].code, p, len) == 0 &&
		    list[next].code[len] == '\0')
			return &list[next];
	}
	(void)bad(err, _("a field that the schema does not know"));
	return NULL;
}

static int
twice(const struct seki_field *f, struct seki_err *err)
{
	seki_err_field(err, f->code);
	return bad(err, _("a key stands twice"));
}

/* The members of an object by a list of fields: all of them, each once.  A
 * key "$id" beside them goes to id when that is not NULL. */
static int
parse_members(const struct seki_field *list, size_t n, struct seki_json *j,
    struct seki_arena *a, struct seki_value *v, struct seki_value *id,
    struct seki_err *err)
{
	unsigned char seen[SEKI_FIELDS_MAX] = { 0 };
	const struct seki_field *f;
	enum seki_json_tok tok;
	size_t i, next = 0, count = 0, ids = 0;

	for (;;) {
		/* Writers keep the schema's order. */
		if (next < n &&
		    seki_json_key(j, list[next].json, list[next].njson)) {
			if (seen[next]++ > 0)
				return twice(&list[next], err);
			if (parse_value(&list[next], j, a, &v[next], err) == -1)
				return -1;
			next++;
			count++;
			continue;
		}
		if ((tok = seki_json_next(j)) != SEKI_J_KEY)
			break;
		if (id != NULL && seki_json_is(j, "$id")) {
			if (ids++ > 0)
				return bad(err, _("a key stands twice"));
			if (parse_scalar(SEKI_S_TEXT, j, seki_json_next(j), a,
				id, err) == -1)
				return -1;
			continue;
		}
		if ((f = field(list, n, next, j, a, err)) == NULL)
			return -1;
		i = (size_t)(f - list);
		if (seen[i]++ > 0)
			return twice(f, err);
		if (parse_value(f, j, a, &v[i], err) == -1)
			return -1;
		next = i + 1;
		count++;
	}
	if (tok != SEKI_J_OBJECT_END)
		return odd(j, err);
	if (id != NULL && ids == 0)
		return bad(err, _("a table row lacks its $id"));
	if (count == n)
		return 0;
	for (i = 0; seen[i];)
		i++;
	seki_err_field(err, list[i].code);
	return bad(err, _("a field of the schema is missing"));
}

static int
parse_row(const struct seki_field *f, struct seki_json *j, struct seki_arena *a,
    struct seki_row *row, struct seki_err *err)
{
	memset(row, 0, sizeof(*row));
	row->v = seki_arena_get(a, (f->nsub + 1) * sizeof(*row->v), err);
	if (row->v == NULL)
		return -1;
	return parse_members(f->sub, f->nsub, j, a, row->v, &row->id, err);
}

static int
parse_table(const struct seki_field *f, struct seki_json *j,
    enum seki_json_tok tok, struct seki_arena *a, struct seki_value *v,
    struct seki_err *err)
{
	struct seki_row *grown;
	size_t size = 0;

	memset(v, 0, sizeof(*v));
	if (tok != SEKI_J_ARRAY)
		return odd(j, err);
	while ((tok = seki_json_next(j)) == SEKI_J_OBJECT) {
		if (v->nrow == SEKI_ROWS_MAX)
			return seki_fail(err, SEKI_LIMIT,
			    _("more than %zu rows in a table"), SEKI_ROWS_MAX);
		if (v->nrow == size) {
			size = size == 0 ? 8 : 2 * size;
			grown = seki_arena_get(a, size * sizeof(*grown), err);
			if (grown == NULL)
				return -1;
			if (v->nrow > 0)
				memcpy(grown, v->row, v->nrow * sizeof(*grown));
			v->row = grown;
		}
		if (parse_row(f, j, a, &v->row[v->nrow], err) == -1)
			return -1;
		v->nrow++;
	}
	if (tok != SEKI_J_ARRAY_END)
		return odd(j, err);
	v->set = v->nrow > 0;
	return 0;
}

int
seki_record_parse(const struct seki_schema *s, struct seki_json *j,
    struct seki_arena *a, struct seki_record *rec, struct seki_err *err)
{
	int k = seki_schema_find(s, s->key, strlen(s->key));

	memset(rec, 0, sizeof(*rec));
	rec->v = seki_arena_get(a, s->n * sizeof(*rec->v), err);
	if (rec->v == NULL)
		return -1;
	if (parse_members(s->field, s->n, j, a, rec->v, NULL, err) == -1)
		return -1;
	rec->key = rec->v[k];
	if (rec->key.set)
		return 0;
	seki_err_field(err, s->key);
	return bad(err, _("the key is empty"));
}
