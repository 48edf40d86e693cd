#include <stdlib.h>
#include <string.h>

#include "page_int.h"

#define UNKNOWN (-1)

static int
columns_init(struct columns *c, const struct seki_field *f, size_t n,
    const char *const *hidden, struct seki_err *err)
{
	const char *const *h;
	size_t i;

	c->n = n;
	c->norder = n + 8;
	c->c = calloc(n + 1, sizeof(*c->c));
	c->order = malloc(c->norder * sizeof(*c->order));
	if (c->c == NULL || c->order == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < c->norder; i++)
		c->order[i] = UNKNOWN;
	for (i = 0; i < n; i++) {
		c->c[i].f = &f[i];
		c->c[i].ncode = strlen(f[i].code);
		c->c[i].word = seki_type_word(f[i].type);
		c->c[i].nword = strlen(c->c[i].word);
		c->c[i].shape = seki_field_shape(&f[i]);
		for (h = hidden; h != NULL && *h != NULL; h++)
			if (strcmp(*h, f[i].code) == 0)
				c->c[i].leave = 1;
	}
	return 0;
}

struct seki_page *
seki_page_new(const struct seki_app *app, const struct seki_pull *pull,
    struct seki_err *err)
{
	const struct seki_schema *s = app->schema;
	struct seki_page *p;
	size_t i;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	p->app = app;
	p->pull = pull;
	p->id = seki_schema_find(s, "$id", 3);
	p->revision = seki_schema_find(s, "$revision", 9);
	if (columns_init(&p->top, s->field, s->n, pull->hidden, err) == -1)
		goto fail;
	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE &&
		    columns_init(&p->top.c[i].sub, s->field[i].sub,
			s->field[i].nsub, pull->hidden, err) == -1)
			goto fail;
	return p;

fail:
	seki_page_free(p);
	return NULL;
}

void
seki_page_free(struct seki_page *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; p->top.c != NULL && i < p->top.n; i++) {
		free(p->top.c[i].sub.c);
		free(p->top.c[i].sub.order);
	}
	free(p->top.c);
	free(p->top.order);
	seki_arena_free(&p->arena);
	seki_buf_free(&p->list);
	free(p);
}

void
seki_page_files(struct seki_page *p, seki_page_file *file, void *ctx)
{
	p->file = file;
	p->file_ctx = ctx;
}

void *
seki_page_files_of(const struct seki_page *p)
{
	return p->file_ctx;
}

void
seki_page_begin(
    struct seki_page *p, const char *text, size_t n, uint64_t number)
{
	seki_json_init(&p->j, text, n);
	p->number = number;
	p->nth = 0;
	p->state = PAGE_TOP;
	p->record = NULL;
	p->records = 0;
	p->counted = 0;
}

/* The record's own id, looked for from its beginning: $id comes last. */
static void
name_record(struct seki_page *p, struct seki_err *err)
{
	struct seki_json j;
	enum seki_json_tok t;
	char id[24];

	if (p->record == NULL || err->record[0] != '\0')
		return;
	seki_json_init(&j, p->record, (size_t)(p->j.end - p->record));
	if (seki_json_next(&j) != SEKI_J_OBJECT)
		return;
	while (seki_json_next(&j) == SEKI_J_KEY) {
		t = SEKI_J_BAD;
		if (seki_json_is(&j, "$id")) {
			if (seki_page_id(&j, id, sizeof(id)) == 0)
				seki_err_record(err, id, strlen(id));
			return;
		}
		t = seki_json_next(&j);
		if (seki_json_skip(&j, t) == -1)
			return;
	}
}

/* After the key "$id" was read: its value as text.  Does not end the cell. */
int
seki_page_id(struct seki_json *j, char *out, size_t size)
{
	enum seki_json_tok t;
	int value;

	if (seki_json_next(j) != SEKI_J_OBJECT)
		return -1;
	while (seki_json_next(j) == SEKI_J_KEY) {
		value = seki_json_is(j, "value");
		t = seki_json_next(j);
		if (value && (t == SEKI_J_STRING || t == SEKI_J_NUMBER)) {
			if (!seki_page_id_ok(j->s, j->n) || j->n >= size)
				return -1;
			memcpy(out, j->s, j->n);
			out[j->n] = '\0';
			return 0;
		}
		if (seki_json_skip(j, t) == -1)
			return -1;
	}
	return -1;
}

int
seki_page_id_ok(const char *s, size_t n)
{
	size_t i;

	if (n == 0 || n > 18 || s[0] == '0')
		return 0;
	for (i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return 0;
	return 1;
}

int
seki_page_odd(struct seki_page *p, enum seki_reason reason,
    const struct column *c, const char *why, struct seki_err *err)
{
	if (c != NULL)
		seki_err_field(err, c->f->code);
	name_record(p, err);
	if (err->record[0] != '\0')
		return seki_fail(err, reason, _("page %llu: %s"),
		    (unsigned long long)p->number, why);
	return seki_fail(err, reason, _("page %llu, its record %llu: %s"),
	    (unsigned long long)p->number, (unsigned long long)p->nth, why);
}

/* A text that is no JSON: cut when it began well and stops where more must
 * come. */
int
seki_page_bad(struct seki_page *p, struct seki_err *err)
{
	const char *begin = p->j.text, *end = p->j.end;
	char what[64];

	while (begin < end && strchr(" \t\r\n", *begin) != NULL)
		begin++;
	while (end > begin && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	if (!p->j.deep && begin < end && *begin == '{' &&
	    (end[-1] != '}' || p->j.s >= end)) {
		(void)seki_fail(err, SEKI_NETWORK, _("page %llu is incomplete"),
		    (unsigned long long)p->number);
		seki_err_hint(err, "%s",
		    _("Nothing was taken. Run the same command again."));
		return -1;
	}
	if (begin == end || *begin != '{')
		return seki_fail(err, SEKI_PROTOCOL,
		    _("page %llu: expected JSON, got something else"),
		    (unsigned long long)p->number);
	(void)snprintf(
	    what, sizeof(what), _("page %llu"), (unsigned long long)p->number);
	return seki_json_fail(&p->j, SEKI_PROTOCOL, what, err);
}

/* The order of keys is nearly always that of the last object, so that a field
 * is found by one comparison. */
static int
find(struct columns *c, const char *s, size_t n, size_t k)
{
	size_t i;
	int hint = k < c->norder ? c->order[k] : UNKNOWN;

	if (hint >= 0 && c->c[hint].ncode == n &&
	    memcmp(c->c[hint].f->code, s, n) == 0)
		return hint;
	for (i = 0; i < c->n; i++)
		if (c->c[i].ncode == n && memcmp(c->c[i].f->code, s, n) == 0) {
			if (k < c->norder)
				c->order[k] = (int)i;
			return (int)i;
		}
	return UNKNOWN;
}

/* A key the schema has not: harmless, unless the form did not have it when
 * the pull began and it is a field now. */
static int
stranger(struct seki_page *p, const char *code, size_t n, struct seki_err *err)
{
	enum seki_json_tok t = seki_json_next(&p->j);
	int field = 0, known = seki_app_knows(p->app, code, n);
	char name[200];

	if (t != SEKI_J_OBJECT || known)
		return seki_json_skip(&p->j, t) == -1 ? seki_page_bad(p, err)
						      : 0;
	while ((t = seki_json_next(&p->j)) == SEKI_J_KEY) {
		field |= seki_json_is(&p->j, "type");
		if (seki_json_skip(&p->j, seki_json_next(&p->j)) == -1)
			return seki_page_bad(p, err);
	}
	if (t == SEKI_J_BAD)
		return seki_page_bad(p, err);
	if (!field)
		return 0;
	(void)snprintf(name, sizeof(name), "%.*s",
	    n < 190 ? (int)n : seki_text_cut(code, 190), code);
	seki_err_field(err, name);
	(void)seki_page_odd(p, SEKI_MOVED, NULL,
	    _("a field that the form did not have; the form was changed "
	      "while it was read"),
	    err);
	seki_err_hint(err, "%s", _("Run the same command again."));
	return -1;
}

/* What a record or row was to hold and did not. */
static int
left_out(struct seki_page *p, struct columns *c, struct seki_value *v,
    struct seki_err *err)
{
	struct column *k;
	size_t i;

	for (i = 0; i < c->n; i++) {
		k = &c->c[i];
		if (k->seen == c->turn)
			continue;
		memset(&v[i], 0, sizeof(v[i]));
		k->left++;
		if (k->leave || k->f->type == SEKI_T_CALC)
			continue;
		if (k->f->type == SEKI_T_ID || k->f->type == SEKI_T_REVISION)
			return seki_page_odd(p, SEKI_PROTOCOL, k,
			    _("the record does not say its number"), err);
		(void)seki_page_odd(p, SEKI_PERMISSION, k,
		    _("the service left the field out"), err);
		seki_err_hint(err,
		    _("Give the token the right to see the field, or do "
		      "without it: --allow-hidden %s"),
		    k->f->code);
		return -1;
	}
	return 0;
}

/* The members of a record or row, after its {. */
int
seki_page_fields(struct seki_page *p, struct columns *c, struct seki_value *v,
    struct seki_err *err)
{
	enum seki_json_tok t;
	struct column *k;
	const char *code;
	size_t at, n;
	int i;

	c->turn++;
	for (at = 0; (t = seki_json_next(&p->j)) == SEKI_J_KEY; at++) {
		if (seki_json_text(&p->j, &p->arena, &code, &n, err) == -1)
			return -1;
		if ((i = find(c, code, n, at)) == UNKNOWN) {
			if (stranger(p, code, n, err) == -1)
				return -1;
			continue;
		}
		k = &c->c[i];
		if (k->seen == c->turn)
			return seki_page_odd(p, SEKI_PROTOCOL, k,
			    _("the field stands there twice"), err);
		k->seen = c->turn;
		if (seki_page_cell(p, k, &v[i], err) == -1)
			return -1;
	}
	if (t == SEKI_J_BAD)
		return seki_page_bad(p, err);
	return left_out(p, c, v, err);
}

static int
record(struct seki_page *p, struct seki_record **out, struct seki_err *err)
{
	struct seki_record *r = &p->rec;

	seki_arena_reset(&p->arena);
	memset(r, 0, sizeof(*r));
	p->nth++;
	p->record = p->j.s;
	r->kind = SEKI_RECORD_ROW;
	r->v = seki_arena_get(&p->arena, (p->top.n + 1) * sizeof(*r->v), err);
	if (r->v == NULL || seki_page_fields(p, &p->top, r->v, err) == -1)
		return -1;
	r->key = r->v[p->id];
	if (!r->key.set || !seki_page_id_ok(r->key.p, r->key.n))
		return seki_page_odd(p, SEKI_PROTOCOL, &p->top.c[p->id],
		    _("not a record number"), err);
	*out = r;
	return 1;
}

/* A count is a text there; anything else is none. */
static void
total(struct seki_page *p, enum seki_json_tok t)
{
	const struct seki_json *j = &p->j;
	uint64_t n = 0;
	size_t i;

	if ((t != SEKI_J_STRING && t != SEKI_J_NUMBER) || j->n == 0 ||
	    j->n > 18)
		return;
	/* The text need not end with a NUL. */
	for (i = 0; i < j->n; i++) {
		if (j->s[i] < '0' || j->s[i] > '9')
			return;
		n = n * 10 + (uint64_t)(j->s[i] - '0');
	}
	p->total = n;
	p->counted = 1;
}

/* Members beside the records; the service may add some at any time. */
static int
top(struct seki_page *p, struct seki_err *err)
{
	enum seki_json_tok t;
	int counts;

	for (;;) {
		if ((t = seki_json_next(&p->j)) != SEKI_J_KEY)
			break;
		if (seki_json_is(&p->j, "records")) {
			if (p->records++)
				return seki_page_odd(p, SEKI_PROTOCOL, NULL,
				    _("the list of records stands there "
				      "twice"),
				    err);
			if ((t = seki_json_next(&p->j)) != SEKI_J_ARRAY)
				break;
			p->state = PAGE_RECORDS;
			return 1;
		}
		counts = seki_json_is(&p->j, "totalCount");
		t = seki_json_next(&p->j);
		if (counts)
			total(p, t);
		if (seki_json_skip(&p->j, t) == -1)
			return seki_page_bad(p, err);
	}
	if (t == SEKI_J_OBJECT_END)
		t = seki_json_next(&p->j);
	if (t == SEKI_J_BAD)
		return seki_page_bad(p, err);
	p->record = NULL;
	if (t != SEKI_J_END || !p->records)
		return seki_fail(err, SEKI_PROTOCOL,
		    _("page %llu: the answer holds no list of records"),
		    (unsigned long long)p->number);
	p->state = PAGE_DONE;
	return 0;
}

int
seki_page_next(
    struct seki_page *p, struct seki_record **out, struct seki_err *err)
{
	enum seki_json_tok t;
	int r;

	for (;;) {
		if (p->state == PAGE_TOP) {
			t = seki_json_next(&p->j);
			if (t == SEKI_J_BAD)
				return seki_page_bad(p, err);
			if (t != SEKI_J_OBJECT)
				return seki_fail(err, SEKI_PROTOCOL,
				    _("page %llu: the answer is no object"),
				    (unsigned long long)p->number);
			p->state = PAGE_MEMBERS;
		}
		if (p->state == PAGE_DONE)
			return 0;
		if (p->state == PAGE_MEMBERS && (r = top(p, err)) != 1)
			return r;
		t = seki_json_next(&p->j);
		if (t == SEKI_J_OBJECT)
			return record(p, out, err);
		if (t == SEKI_J_BAD)
			return seki_page_bad(p, err);
		if (t != SEKI_J_ARRAY_END)
			return seki_page_odd(
			    p, SEKI_PROTOCOL, NULL, _("not a record"), err);
		p->state = PAGE_MEMBERS;
	}
}

int
seki_page_count(const struct seki_page *p, uint64_t got, struct seki_err *err)
{
	if (!p->counted)
		return seki_fail(err, SEKI_PROTOCOL,
		    _("page %llu: the answer has no totalCount"),
		    (unsigned long long)p->number);
	if (got == p->total || (got == SEKI_PAGE && p->total > got))
		return 0;
	(void)seki_fail(err, SEKI_MOVED,
	    _("page %llu: %llu records came, but the service counts %llu"),
	    (unsigned long long)p->number, (unsigned long long)got,
	    (unsigned long long)p->total);
	seki_err_hint(err, "%s", _("Run the same command again."));
	return -1;
}

static void
add_left(struct columns *to, const struct columns *c)
{
	size_t i;

	for (i = 0; i < to->n; i++) {
		to->c[i].left += c->c[i].left;
		if (to->c[i].sub.c != NULL)
			add_left(&to->c[i].sub, &c->c[i].sub);
	}
}

void
seki_page_add(struct seki_page *p, const struct seki_page *other)
{
	add_left(&p->top, &other->top);
}

static void
note(const struct seki_page *p, const struct columns *c)
{
	char text[512];
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (c->c[i].sub.c != NULL)
			note(p, &c->c[i].sub);
		if (c->c[i].left == 0)
			continue;
		(void)snprintf(text, sizeof(text),
		    _("field %.*s: left out by the service %llu times, "
		      "taken as empty"),
		    seki_text_cut(c->c[i].f->code, 200), c->c[i].f->code,
		    (unsigned long long)c->c[i].left);
		p->pull->note(p->pull->ctx, text);
	}
}

void
seki_page_notes(const struct seki_page *p)
{
	if (p->pull->note != NULL)
		note(p, &p->top);
}
