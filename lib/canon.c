#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/*
 * seki-root-1 (DESIGN 5, seki-stream(5) CONTENT ROOT).  One list for the
 * records, one for each table inside them, one for deletions, one for held
 * records: each keeps a running digest over its leaves, so the memory does not
 * depend on the number of records.
 */
struct list {
	struct seki_sha256 head;
	uint64_t count;
	struct seki_buf last;
	struct seki_buf leaves; /* of a canon that keeps them */
	uint32_t ordinal;	/* of a table's row within its parent */
};

struct seki_canon {
	const struct seki_schema *schema;
	struct seki_sha256 leaf;
	struct list *list;
	size_t nlist, key;	     /* key: which field */
	struct seki_buf first, last; /* keys over all lists (seki_canon_add) */
	int keep;
	struct seki_buf buf, text;
	unsigned char latest[SEKI_SHA256];
};

static int
line_ends(const struct seki_value *v, struct seki_buf *b, struct seki_err *err)
{
	const char *s = v->p, *end = v->p + v->n, *cr;

	while ((cr = memchr(s, '\r', (size_t)(end - s))) != NULL) {
		if (seki_buf_add(b, s, (size_t)(cr - s), err) == -1 ||
		    seki_buf_byte(b, '\n', err) == -1)
			return -1;
		s = cr + 1;
		if (s < end && *s == '\n')
			s++;
	}
	return seki_buf_add(b, s, (size_t)(end - s), err);
}

static int
files(const struct seki_value *v, struct seki_buf *b, struct seki_err *err)
{
	struct seki_buf one = SEKI_BUF_INIT, list = SEKI_BUF_INIT;
	struct seki_item item;
	size_t at = 0;
	int r;

	while (
	    (r = seki_item_next(SEKI_S_FILES, v, &at, &one, &item, err)) == 1) {
		item.type = NULL;
		if (seki_item_add(SEKI_S_FILES, &list, &item, err) == -1) {
			r = -1;
			break;
		}
	}
	if (r == 0)
		r = seki_buf_add(b, list.p, list.n, err);
	seki_buf_free(&one);
	seki_buf_free(&list);
	return r;
}

int
seki_canon_text(enum seki_shape shape, const struct seki_value *v,
    struct seki_buf *b, struct seki_err *err)
{
	if (shape == SEKI_S_FILES)
		return files(v, b, err);
	if (shape == SEKI_S_TEXT && memchr(v->p, '\r', v->n) != NULL)
		return line_ends(v, b, err);
	return seki_buf_add(b, v->p, v->n, err);
}

struct seki_canon *
seki_canon_new(const struct seki_schema *schema, struct seki_err *err)
{
	struct seki_canon *c = calloc(1, sizeof(*c));
	size_t i;

	if (c == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	c->schema = schema;
	c->key =
	    (size_t)seki_schema_find(schema, schema->key, strlen(schema->key));
	c->nlist = schema->tables + 3;
	if ((c->list = calloc(c->nlist, sizeof(*c->list))) == NULL) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	if (seki_sha256_init(&c->leaf, err) == -1)
		goto fail;
	for (i = 0; i < c->nlist; i++) {
		if (seki_sha256_init(&c->list[i].head, err) == -1)
			goto fail;
		seki_sha256_restart(&c->list[i].head);
	}
	return c;

fail:
	seki_canon_free(c);
	return NULL;
}

void
seki_canon_free(struct seki_canon *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; c->list != NULL && i < c->nlist; i++) {
		seki_sha256_free(&c->list[i].head);
		seki_buf_free(&c->list[i].last);
		seki_buf_free(&c->list[i].leaves);
	}
	free(c->list);
	seki_sha256_free(&c->leaf);
	seki_buf_free(&c->first);
	seki_buf_free(&c->last);
	seki_buf_free(&c->buf);
	seki_buf_free(&c->text);
	free(c);
}

static void
be32(unsigned char *p, size_t n)
{
	p[0] = (unsigned char)(n >> 24);
	p[1] = (unsigned char)(n >> 16);
	p[2] = (unsigned char)(n >> 8);
	p[3] = (unsigned char)n;
}

static int
lp(struct seki_buf *b, const void *p, size_t n, struct seki_err *err)
{
	char *to;

	if (seki_buf_room(b, n + 4, err) == -1)
		return -1;
	to = b->p + b->n;
	be32((unsigned char *)to, n);
	if (n > 0)
		memcpy(to + 4, p, n);
	b->n += n + 4;
	b->p[b->n] = '\0';
	return 0;
}

/* Keys of a list are strictly ascending: that proves them unique. */
static int
ascend(struct seki_buf *last, int first, const struct seki_value *key,
    struct seki_err *err)
{
	if (key->n == 0 || key->n > SEKI_KEY_MAX) {
		seki_err_record(err, key->p, key->n);
		return seki_fail(err, SEKI_RECORD,
		    _("a key is empty or longer than %zu bytes"), SEKI_KEY_MAX);
	}
	if (!first && seki_key_cmp(last->p, last->n, key->p, key->n) >= 0) {
		seki_err_record(err, key->p, key->n);
		return seki_fail(err, SEKI_RECORD, "%s",
		    _("the key does not come after the one before it"));
	}
	seki_buf_reset(last);
	return seki_buf_add(last, key->p, key->n, err);
}

static int
begin(
    struct seki_canon *c, unsigned char tag, size_t list, struct seki_err *err)
{
	unsigned char be[4];

	seki_buf_reset(&c->buf);
	be32(be, list);
	return seki_buf_byte(&c->buf, tag, err) == -1 ||
		       seki_buf_add(&c->buf, c->schema->digest, SEKI_SHA256,
			   err) == -1 ||
		       seki_buf_add(&c->buf, be, 4, err) == -1
		   ? -1
		   : 0;
}

static int
value(struct seki_canon *c, enum seki_shape shape, const struct seki_value *v,
    struct seki_err *err)
{
	if (!v->set)
		return seki_buf_add(&c->buf, "\0\0\0\0\0", 5, err);
	if (v->n > SEKI_VALUE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("a value is longer than %zu bytes"), SEKI_VALUE_MAX);
	if (seki_buf_room(&c->buf, v->n + 5, err) == -1)
		return -1;
	c->buf.p[c->buf.n++] = 1;
	/* Most values are their own canonical text: no copy in between. */
	if (shape != SEKI_S_FILES &&
	    (shape != SEKI_S_TEXT || memchr(v->p, '\r', v->n) == NULL))
		return lp(&c->buf, v->p, v->n, err);
	seki_buf_reset(&c->text);
	if (seki_canon_text(shape, v, &c->text, err) == -1)
		return -1;
	return lp(&c->buf, c->text.p, c->text.n, err);
}

static int
put(struct seki_canon *c, size_t list, const unsigned char *leaf,
    struct seki_err *err)
{
	struct list *l = &c->list[list];

	l->count++;
	if (c->keep)
		return seki_buf_add(&l->leaves, leaf, SEKI_SHA256, err);
	seki_sha256_add(&l->head, leaf, SEKI_SHA256);
	return 0;
}

/* The leaf is complete in buf. */
static void
digest(struct seki_canon *c)
{
	seki_sha256_restart(&c->leaf);
	seki_sha256_add(&c->leaf, c->buf.p, c->buf.n);
	seki_sha256_end(&c->leaf, c->latest);
}

/* And it goes into its list. */
static int
end(struct seki_canon *c, size_t list, unsigned char *leaf,
    struct seki_err *err)
{
	digest(c);
	if (leaf != NULL)
		memcpy(leaf, c->latest, SEKI_SHA256);
	return put(c, list, c->latest, err);
}

/* A deletion or a held record: only that it is one. */
static int
mark(struct seki_canon *c, size_t list, const struct seki_value *key,
    unsigned char *leaf, struct seki_err *err)
{
	if (begin(c, 1, list, err) == -1 ||
	    lp(&c->buf, key->p, key->n, err) == -1)
		return -1;
	return end(c, list, leaf, err);
}

static int
row(struct seki_canon *c, const struct seki_record *rec, struct seki_err *err)
{
	const struct seki_schema *s = c->schema;
	enum seki_shape shape;
	size_t i;

	if (begin(c, 0, 0, err) == -1 ||
	    lp(&c->buf, rec->key.p, rec->key.n, err) == -1)
		return -1;
	for (i = 0; i < s->n; i++) {
		shape = seki_field_shape(&s->field[i]);
		if (shape == SEKI_S_TABLE || i == c->key)
			continue;
		if (value(c, shape, &rec->v[i], err) == -1) {
			seki_err_record(err, rec->key.p, rec->key.n);
			seki_err_field(err, s->field[i].code);
			return -1;
		}
	}
	return 0;
}

int
seki_canon_record(struct seki_canon *c, const struct seki_record *rec,
    unsigned char *leaf, struct seki_err *err)
{
	size_t list = rec->kind == SEKI_RECORD_ROW	 ? 0
		      : rec->kind == SEKI_RECORD_DELETED ? c->nlist - 2
							 : c->nlist - 1;
	struct list *l = &c->list[list];

	if (ascend(&l->last, l->count == 0, &rec->key, err) == -1)
		return -1;
	if (rec->kind == SEKI_RECORD_ROW)
		return row(c, rec, err) == -1 ? -1 : end(c, 0, leaf, err);
	return mark(c, list, &rec->key, leaf, err);
}

static int
table_row(struct seki_canon *c, const struct seki_field *f, const char *parent,
    size_t n, uint32_t ordinal, const struct seki_row *r, struct seki_err *err)
{
	unsigned char be[4];
	size_t i;

	/* lp(lp(parent) || ordinal), then the row's own id as first field. */
	be32(be, n + 8);
	if (begin(c, 0, 1 + f->table, err) == -1 ||
	    seki_buf_add(&c->buf, be, 4, err) == -1 ||
	    lp(&c->buf, parent, n, err) == -1)
		return -1;
	be32(be, ordinal);
	if (seki_buf_add(&c->buf, be, 4, err) == -1 ||
	    value(c, SEKI_S_TEXT, &r->id, err) == -1)
		return -1;
	for (i = 0; i < f->nsub; i++)
		if (value(c, seki_field_shape(&f->sub[i]), &r->v[i], err) ==
		    -1) {
			seki_err_record(err, parent, n);
			seki_err_field(err, f->sub[i].code);
			return -1;
		}
	return 0;
}

int
seki_canon_row(struct seki_canon *c, size_t t, const char *parent, size_t n,
    const struct seki_row *r, struct seki_err *err)
{
	const struct seki_field *f = seki_schema_table(c->schema, t);
	struct list *l = &c->list[1 + t];
	struct seki_value key = { .p = parent, .n = n, .set = 1 };

	if (l->count > 0 && seki_key_cmp(l->last.p, l->last.n, parent, n) == 0)
		l->ordinal++;
	else if (ascend(&l->last, l->count == 0, &key, err) == -1)
		return -1;
	else
		l->ordinal = 1;
	if (table_row(c, f, parent, n, l->ordinal, r, err) == -1)
		return -1;
	return end(c, 1 + t, NULL, err);
}

const unsigned char *
seki_canon_of(
    struct seki_canon *c, const struct seki_record *rec, struct seki_err *err)
{
	if (row(c, rec, err) == -1)
		return NULL;
	digest(c);
	return c->latest;
}

const unsigned char *
seki_canon_of_row(struct seki_canon *c, const struct seki_canon_place *at,
    const struct seki_row *r, struct seki_err *err)
{
	const struct seki_field *f = seki_schema_table(c->schema, at->table);

	if (table_row(c, f, at->parent, at->nparent, at->ordinal, r, err) == -1)
		return NULL;
	digest(c);
	return c->latest;
}

int
seki_canon_join(struct seki_canon *c, const struct seki_canon *part,
    const void *leaves, size_t n, struct seki_err *err)
{
	const struct seki_buf *last = &part->list[0].last;
	struct list *l = &c->list[0];

	seki_sha256_add(&l->head, leaves, n * SEKI_SHA256);
	l->count += n;
	seki_buf_reset(&l->last);
	return seki_buf_add(&l->last, last->p, last->n, err);
}

int
seki_canon_put(struct seki_canon *c, size_t list, const unsigned char *leaf,
    struct seki_err *err)
{
	return put(c, list, leaf, err);
}

void
seki_canon_keep(struct seki_canon *c)
{
	c->keep = 1;
}

static int
pass(struct list *to, struct list *from, struct seki_err *err)
{
	if (from->count == 0)
		return 0;
	seki_sha256_add(&to->head, from->leaves.p, from->leaves.n);
	to->count += from->count;
	to->ordinal = from->ordinal;
	seki_buf_reset(&to->last);
	if (seki_buf_add(&to->last, from->last.p, from->last.n, err) == -1)
		return -1;
	from->count = 0;
	seki_buf_reset(&from->leaves);
	return 0;
}

int
seki_canon_pass(
    struct seki_canon *c, struct seki_canon *part, struct seki_err *err)
{
	struct seki_value first = { .p = part->first.p, .n = part->first.n };
	size_t i;

	if (first.n == 0)
		return 0;
	if (ascend(&c->last, c->last.n == 0, &first, err) == -1)
		return -1;
	for (i = 0; i < c->nlist; i++)
		if (pass(&c->list[i], &part->list[i], err) == -1)
			return -1;
	seki_buf_reset(&c->last);
	if (seki_buf_add(&c->last, part->last.p, part->last.n, err) == -1)
		return -1;
	seki_buf_reset(&part->first);
	seki_buf_reset(&part->last);
	return 0;
}

const unsigned char *
seki_canon_leaf(const struct seki_canon *c)
{
	return c->latest;
}

int
seki_canon_add(struct seki_canon *c, const struct seki_record *rec,
    unsigned char *leaf, struct seki_err *err)
{
	const struct seki_schema *s = c->schema;
	size_t i, k;

	if (ascend(&c->last, c->last.n == 0, &rec->key, err) == -1 ||
	    seki_canon_record(c, rec, leaf, err) == -1)
		return -1;
	if (c->keep && c->first.n == 0 &&
	    seki_buf_add(&c->first, rec->key.p, rec->key.n, err) == -1)
		return -1;
	if (rec->kind != SEKI_RECORD_ROW)
		return 0;
	for (i = 0; i < s->n && s->tables > 0; i++)
		for (k = 0;
		     s->field[i].type == SEKI_T_SUBTABLE && k < rec->v[i].nrow;
		     k++)
			if (seki_canon_row(c, s->field[i].table, rec->key.p,
				rec->key.n, &rec->v[i].row[k], err) == -1)
				return -1;
	return 0;
}

int
seki_canon_end(
    struct seki_canon *c, struct seki_proof *proof, struct seki_err *err)
{
	unsigned char head[SEKI_SHA256];
	unsigned char be[8];
	size_t i, k;

	seki_buf_reset(&c->buf);
	if (seki_buf_byte(&c->buf, 2, err) == -1 ||
	    seki_buf_add(&c->buf, c->schema->digest, SEKI_SHA256, err) == -1)
		return -1;
	for (i = 0; i < c->nlist; i++) {
		for (k = 0; k < 8; k++)
			be[k] =
			    (unsigned char)(c->list[i].count >> (56 - 8 * k));
		seki_sha256_end(&c->list[i].head, head);
		if (seki_buf_add(&c->buf, be, 8, err) == -1 ||
		    seki_buf_add(&c->buf, head, SEKI_SHA256, err) == -1)
			return -1;
	}
	proof->records = c->list[0].count;
	for (i = 0; i < c->schema->tables; i++)
		proof->rows[i] = c->list[1 + i].count;
	proof->deleted = c->list[c->nlist - 2].count;
	proof->held = c->list[c->nlist - 1].count;
	seki_sha256_restart(&c->leaf);
	seki_sha256_add(&c->leaf, c->buf.p, c->buf.n);
	seki_sha256_end(&c->leaf, proof->root);
	return 0;
}
