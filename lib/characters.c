#include <stdlib.h>
#include <string.h>

#include "characters_int.h"

struct seki_characters *
seki_characters_new(const struct seki_schema *in,
    const struct seki_charset_tables *tables,
    const struct seki_standins *standins, int places, const char *spool,
    struct seki_err *err)
{
	struct seki_characters *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	c->in = in;
	c->tables = tables;
	c->standins = standins;
	c->spool = spool;
	if (!places || (c->places = seki_rowfile_new(spool, err)) != NULL)
		return c;
	seki_characters_free(c);
	return NULL;
}

static int
compare(const struct seki_char *e, const struct seki_norm_kind *gate,
    const char *s, size_t n)
{
	size_t less = e->n < n ? e->n : n;
	int way;

	if (e->gate != gate)
		return e->gate < gate ? -1 : 1;
	if ((way = memcmp(e->s, s, less)) != 0)
		return way;
	return e->n < n ? -1 : e->n > n;
}

/* Where it stands or belongs. */
static size_t
find(const struct seki_characters *c, const struct seki_norm_kind *gate,
    const char *s, size_t n, int *same)
{
	size_t lo = 0, hi = c->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (compare(c->list[mid], gate, s, n) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*same = lo < c->n && compare(c->list[lo], gate, s, n) == 0;
	return lo;
}

static struct seki_char *
insert(struct seki_characters *c, size_t at, const struct seki_norm_kind *gate,
    const char *s, const struct seki_lost *l, struct seki_err *err)
{
	size_t size = c->size == 0 ? 64 : 2 * c->size;
	struct seki_char *e, **grown;

	if (c->n == c->size) {
		if ((grown = reallocarray(c->list, size, sizeof(*grown))) ==
		    NULL) {
			(void)seki_err_nomem(err);
			return NULL;
		}
		c->list = grown;
		c->size = size;
	}
	e = calloc(1, sizeof(*e));
	if (e == NULL || (e->s = malloc(l->n + 1)) == NULL) {
		free(e);
		(void)seki_err_nomem(err);
		return NULL;
	}
	memcpy(e->s, s + l->at, l->n);
	e->s[l->n] = '\0';
	e->n = l->n;
	e->gate = gate;
	e->why = l->why;
	memmove(c->list + at + 1, c->list + at,
	    (c->n - at) * sizeof(struct seki_char *));
	c->list[at] = e;
	c->n++;
	return e;
}

static void
in_field(struct seki_char *e, const char *output)
{
	size_t i;

	for (i = 0; i < e->nfield; i++)
		if (e->field[i] == output)
			return;
	if (e->nfield < SEKI_CHARACTERS_NAMED)
		e->field[e->nfield++] = output;
	else
		e->more = 1;
}

static int
in_record(struct seki_characters *c, struct seki_char *e, struct seki_err *err)
{
	if (e->record == c->record)
		return 0;
	e->record = c->record;
	if (e->records++ >= SEKI_CHARACTERS_NAMED)
		return 0;
	if (e->named.n > 0 && seki_buf_str(&e->named, ", ", err) == -1)
		return -1;
	return seki_buf_add(&e->named, c->key.p, c->key.n, err);
}

static int
place(struct seki_characters *c, const struct seki_char *e,
    const struct seki_rule *rule, size_t row, struct seki_err *err)
{
	const char *class = seki_charset_word(e->why.as);
	char n[24] = "";

	if (c->places == NULL)
		return 0;
	if (row > 0)
		(void)snprintf(n, sizeof(n), "%zu", row);
	if (seki_rowfile_put(
		c->places, SEKI_PLACE_KEY, c->key.p, c->key.n, err) == -1 ||
	    seki_rowfile_put(
		c->places, SEKI_PLACE_URL, c->url.p, c->url.n, err) == -1 ||
	    seki_rowfile_put(c->places, SEKI_PLACE_FIELD, rule->output,
		strlen(rule->output), err) == -1 ||
	    seki_rowfile_put(c->places, SEKI_PLACE_ROW, n, strlen(n), err) ==
		-1 ||
	    seki_rowfile_put(c->places, SEKI_PLACE_CHAR, e->s, e->n, err) ==
		-1 ||
	    seki_rowfile_put(
		c->places, SEKI_PLACE_CLASS, class, strlen(class), err) == -1 ||
	    seki_rowfile_put(c->places, SEKI_PLACE_GATE, rule->kind->name,
		strlen(rule->kind->name), err) == -1)
		return -1;
	return seki_rowfile_end(c->places, err);
}

/* The record at hand; the same one for all of its values. */
static int
now(struct seki_characters *c, const struct seki_record *rec,
    struct seki_err *err)
{
	if (c->record > 0 && c->key.n == rec->key.n &&
	    memcmp(c->key.p, rec->key.p, rec->key.n) == 0)
		return 0;
	c->record++;
	seki_buf_reset(&c->key);
	seki_buf_reset(&c->url);
	if (seki_buf_add(&c->key, rec->key.p, rec->key.n, err) == -1)
		return -1;
	return seki_record_link(c->in, rec, &c->url, err);
}

int
seki_characters_look(struct seki_characters *c, const struct seki_rule *rule,
    const struct seki_record *rec, size_t row, const struct seki_value *v,
    struct seki_err *err)
{
	struct seki_char *e;
	struct seki_lost l;
	size_t at = 0, i;
	int same;

	if (seki_charset_open(seki_norm_set(rule->kind), err) == -1)
		return -1;
	c->value++;
	while (seki_lost_next(rule->kind, v->p, v->n, &at, &l)) {
		i = find(c, rule->kind, v->p + l.at, l.n, &same);
		if (!same && c->n >= SEKI_CHARACTERS_MAX) {
			c->over++;
			continue;
		}
		e = same ? c->list[i] : insert(c, i, rule->kind, v->p, &l, err);
		if (e == NULL || now(c, rec, err) == -1 ||
		    in_record(c, e, err) == -1)
			return -1;
		e->count++;
		in_field(e, rule->output);
		if (e->value != c->value && place(c, e, rule, row, err) == -1)
			return -1;
		e->value = c->value;
	}
	return 0;
}

void
seki_characters_given(struct seki_characters *c, const struct seki_rule *rule,
    const struct seki_value *v)
{
	struct seki_lost l;
	size_t at = 0, i;
	int same;

	while (seki_lost_next(rule->kind, v->p, v->n, &at, &l)) {
		i = find(c, rule->kind, v->p + l.at, l.n, &same);
		if (same)
			c->list[i]->given++;
	}
}

size_t
seki_characters_count(const struct seki_characters *c)
{
	return c->n;
}

/* What a cell cannot show, its code points say. */
static int
shows(const struct seki_char *e)
{
	uint32_t c;
	size_t i = 0;

	c = seki_text_get(e->s, e->n, &i);
	return !seki_text_hidden(c) && !seki_norm_space(c) &&
	       !seki_norm_drop(c);
}

static int
fields(const struct seki_char *e, struct seki_buf *b, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < e->nfield; i++)
		if (seki_buf_fmt(
			b, err, "%s%s", i > 0 ? ", " : "", e->field[i]) == -1)
			return -1;
	return e->more ? seki_buf_str(b, ", …", err) : 0;
}

/* What the city's table calls its own character. */
static int
note(const struct seki_characters *c, const struct seki_char *e,
    struct seki_buf *b, struct seki_err *err)
{
	const struct seki_gaiji_char *own =
	    c->tables->gaiji == NULL
		? NULL
		: seki_gaiji_find(c->tables->gaiji, e->why.c);

	if (own == NULL)
		return 0;
	return seki_buf_fmt(b, err, "%s%s%s%s%s", own->name,
	    own->name[0] != '\0' && own->mj[0] != '\0' ? " " : "", own->mj,
	    own->note[0] != '\0' ? " " : "", own->note);
}

static int
cell(struct seki_characters *c, const struct seki_char *e,
    enum seki_fallback_col col, struct seki_buf *b, struct seki_err *err)
{
	char name[SEKI_CHARSET_NAME];
	const char *to = NULL;

	switch (col) {
	case SEKI_FB_CHAR:
		return shows(e) ? seki_buf_add(b, e->s, e->n, err) : 0;
	case SEKI_FB_POINTS:
		return seki_lost_points(e->s, e->n, b, err);
	case SEKI_FB_NAME:
		seki_charset_name(e->why.c, name);
		return seki_buf_str(b, name, err);
	case SEKI_FB_CLASS:
		return seki_buf_str(b, seki_charset_word(e->why.as), err);
	case SEKI_FB_GATE:
		return seki_buf_str(b, e->gate->name, err);
	case SEKI_FB_FIELDS:
		return fields(e, b, err);
	case SEKI_FB_COUNT:
		return seki_buf_fmt(
		    b, err, "%llu", (unsigned long long)e->count);
	case SEKI_FB_RECORDS:
		return seki_buf_fmt(b, err, "%s%s", e->named.p,
		    e->records > SEKI_CHARACTERS_NAMED ? ", …" : "");
	case SEKI_FB_CANDIDATES:
		return seki_candidates(
		    c->tables, e->gate, e->s, e->n, &e->why, b, err);
	case SEKI_FB_TO:
		if (c->standins->fallback != NULL)
			to = seki_fallback_find(
			    c->standins->fallback, e->gate, e->s, e->n);
		return to == NULL ? 0 : seki_buf_str(b, to, err);
	case SEKI_FB_REPLACED:
		return seki_buf_fmt(
		    b, err, "%llu", (unsigned long long)e->given);
	case SEKI_FB_NOTE:
		return note(c, e, b, err);
	case SEKI_FB_COLS:
	default:
		return 0;
	}
}

int
seki_characters_row(struct seki_characters *c, const struct seki_char *e,
    int (*put)(void *, enum seki_fallback_col, const char *, size_t,
	struct seki_err *),
    void *ctx, struct seki_err *err)
{
	enum seki_fallback_col col;

	if (seki_charset_open(seki_norm_set(e->gate), err) == -1)
		return -1;
	for (col = SEKI_FB_CHAR; col < SEKI_FB_COLS; col++) {
		seki_buf_reset(&c->text);
		if (seki_buf_str(&c->text, "", err) == -1 ||
		    cell(c, e, col, &c->text, err) == -1 ||
		    put(ctx, col, c->text.p, c->text.n, err) == -1)
			return -1;
	}
	return 0;
}

void
seki_characters_free(struct seki_characters *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->n; i++) {
		free(c->list[i]->s);
		seki_buf_free(&c->list[i]->named);
		free(c->list[i]);
	}
	free(c->list);
	seki_rowfile_free(c->places);
	seki_buf_free(&c->key);
	seki_buf_free(&c->url);
	seki_buf_free(&c->text);
	free(c);
}
