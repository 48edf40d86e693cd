#include <stdlib.h>
#include <string.h>

#include "store_int.h"

/*
 * The rows of a stream in key order: one scan of the records' table, one of
 * the held ones, one of each table inside the records, merged by key.  One
 * record is in memory at a time.
 */

/* A scan and the key it stands at. */
struct scan {
	sqlite3_stmt *st;
	int more;
	const char *key;
	size_t nkey;
	int column;  /* of the key */
	size_t list; /* of the sum */
	int nsum;    /* the first columns, which are summed */
};

struct seki_store_read {
	sqlite3 *db;
	const struct seki_store_form *form;
	struct scan rows, held;
	struct scan *table; /* by table */
	struct seki_canon *canon, *old;
	struct seki_store_sum sum;
	unsigned char summed[SEKI_SHA256];
	struct seki_arena arena;
	struct seki_store_item item;
	struct seki_value *v;
	struct seki_proof proof;
	const unsigned char *leaf; /* stored, of the row at hand */
	int started, is_held;
};

/* SQL columns of the records' scan, of the tables' scans. */
enum { R_LEAF, R_SOURCE, R_BUNDLE, R_HELD, R_FIRST };
enum { T_LEAF, T_SOURCE, T_KEY, T_ORDINAL, T_ID, T_FIRST };

/* What comes next is for a person to decide: nothing is mended by itself. */
static void
hint(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("the tables were changed past seki-import: keep a copy of the "
	      "store, then take it from its backup, or import the stream "
	      "into a new one; seki-export --unchecked shows them as they "
	      "are"));
}

int
seki_store_changed(
    const char *key, size_t n, const char *why, struct seki_err *err)
{
	seki_err_record(err, key, n);
	hint(err);
	return seki_fail(err, SEKI_CONTENT, "%s", why);
}

int
seki_store_differs(const struct seki_store_form *f, const struct seki_proof *p,
    struct seki_err *err)
{
	hint(err);
	if (f->local)
		return seki_fail(err, SEKI_CONTENT,
		    _("local stream %s no longer matches run %llu, after which "
		      "it was changed by hand"),
		    f->schema->stream, (unsigned long long)f->seq);
	if (p == NULL ||
	    (p->records == f->proof.records && p->held == f->proof.held))
		return seki_fail(err, SEKI_CONTENT,
		    _("stream %s no longer matches bundle %llu, after which "
		      "it was changed by hand"),
		    f->schema->stream, (unsigned long long)f->seq);
	return seki_fail(err, SEKI_CONTENT,
	    _("stream %s no longer matches bundle %llu: %llu records, %llu "
	      "held imported; %llu, %llu found"),
	    f->schema->stream, (unsigned long long)f->seq,
	    (unsigned long long)f->proof.records,
	    (unsigned long long)f->proof.held, (unsigned long long)p->records,
	    (unsigned long long)p->held);
}

static int
step(struct seki_store_read *r, struct scan *s, struct seki_err *err)
{
	int more = seki_store_step(r->db, s->st, err);

	if (more == -1)
		return -1;
	s->more = more;
	if (!more)
		return 0;
	if (r->sum.list != NULL)
		seki_store_sum_add(&r->sum, s->list, s->st, 0, s->nsum);
	if (sqlite3_column_type(s->st, s->column) == SQLITE_NULL)
		return seki_store_changed(
		    "", 0, _("a row without its key"), err);
	s->key = (const char *)sqlite3_column_text(s->st, s->column);
	s->nkey = (size_t)sqlite3_column_bytes(s->st, s->column);
	return s->key == NULL ? seki_err_nomem(err) : 0;
}

static int
list(const struct seki_store_table *t, struct seki_buf *b, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (seki_buf_fmt(b, err, ", %s", t->col[i].name) == -1)
			return -1;
	return 0;
}

static int
open_table(struct seki_store_read *r, size_t which, struct seki_err *err)
{
	const struct seki_store_table *t = &r->form->table[which];
	struct scan *s = which == 0 ? &r->rows : &r->table[which - 1];
	struct seki_buf b = SEKI_BUF_INIT;
	int q = list(t, &b, err);

	if (q == 0)
		q = seki_store_prepare(r->db, &s->st, err,
		    which == 0 ? "SELECT seki_leaf, seki_source, seki_bundle,"
				 " seki_held%s FROM %s"
				 " ORDER BY seki_source, seki_len, %s"
			       : "SELECT seki_leaf, seki_source, seki_key,"
				 " seki_ordinal, \"$id\"%s FROM %s"
				 " ORDER BY seki_source, seki_len, %s",
		    b.p == NULL ? "" : b.p, t->name,
		    which == 0 ? t->col[t->key].name
			       : "seki_key, seki_ordinal");
	s->column = which == 0 ? R_FIRST + (int)t->key : T_KEY;
	s->nsum = which == 0 ? R_FIRST : T_KEY;
	s->list = which;
	seki_buf_free(&b);
	return q;
}

struct seki_store_read *
seki_store_read_open(sqlite3 *db, const struct seki_store_form *f, int checked,
    struct seki_err *err)
{
	struct seki_store_read *r = calloc(1, sizeof(*r));
	size_t i;

	if (r == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	r->db = db;
	r->form = f;
	if ((r->table = calloc(f->schema->tables + 1, sizeof(*r->table))) ==
		NULL ||
	    (r->v = calloc(f->schema->n, sizeof(*r->v))) == NULL) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	for (i = 0; i <= f->schema->tables; i++)
		if (open_table(r, i, err) == -1)
			goto fail;
	if (seki_store_prepare(db, &r->held.st, err,
		"SELECT key, reasons, seki_source, seki_bundle FROM seki_held"
		" WHERE stream = %lld ORDER BY seki_source, seki_len, key",
		(long long)f->id) == -1)
		goto fail;
	r->held.list = f->schema->tables + 1;
	r->held.nsum = 4;
	if (checked &&
	    (seki_store_sum_init(&r->sum, f->schema->tables, err) == -1 ||
		(r->canon = seki_canon_new(f->schema, err)) == NULL ||
		(r->old = seki_canon_new(f->schema, err)) == NULL))
		goto fail;
	return r;

fail:
	seki_store_read_free(r);
	return NULL;
}

void
seki_store_read_free(struct seki_store_read *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; r->table != NULL && i < r->form->schema->tables; i++)
		(void)sqlite3_finalize(r->table[i].st);
	(void)sqlite3_finalize(r->rows.st);
	(void)sqlite3_finalize(r->held.st);
	seki_canon_free(r->canon);
	seki_canon_free(r->old);
	seki_store_sum_free(&r->sum);
	seki_arena_free(&r->arena);
	free(r->table);
	free(r->v);
	free(r);
}

int
seki_store_read_values(sqlite3_stmt *st, int at,
    const struct seki_store_table *t, struct seki_value *v,
    struct seki_err *err)
{
	struct seki_value *to;
	size_t i;

	for (i = 0; i < t->n; i++, at++) {
		to = &v[t->col[i].index];
		memset(to, 0, sizeof(*to));
		if (sqlite3_column_type(st, at) == SQLITE_NULL)
			continue;
		to->p = (const char *)sqlite3_column_text(st, at);
		to->n = (size_t)sqlite3_column_bytes(st, at);
		to->set = 1;
		if (to->p == NULL)
			return seki_err_nomem(err);
	}
	return 0;
}

static int
copy_value(
    struct seki_store_read *r, struct seki_value *v, struct seki_err *err)
{
	if (!v->set)
		return 0;
	v->p = seki_arena_copy(&r->arena, v->p, v->n, err);
	return v->p == NULL ? -1 : 0;
}

/* A row of a table, copied, because the scan moves on. */
static int
take_row(struct seki_store_read *r, struct scan *s,
    const struct seki_store_table *t, struct seki_row *row,
    struct seki_err *err)
{
	size_t i;

	memset(row, 0, sizeof(*row));
	row->v = seki_arena_get(&r->arena, (t->n + 1) * sizeof(*row->v), err);
	if (row->v == NULL ||
	    seki_store_read_values(s->st, T_FIRST, t, row->v, err) == -1)
		return -1;
	for (i = 0; i < t->n; i++)
		if (copy_value(r, &row->v[i], err) == -1)
			return -1;
	row->id.set = sqlite3_column_type(s->st, T_ID) != SQLITE_NULL;
	row->id.p = (const char *)sqlite3_column_text(s->st, T_ID);
	row->id.n = (size_t)sqlite3_column_bytes(s->st, T_ID);
	return copy_value(r, &row->id, err);
}

/* What no import can have written has no leaf. */
static int
not_ours(const struct seki_err *why, const struct seki_value *key,
    struct seki_err *err)
{
	if (why->reason == SEKI_NOMEM)
		return seki_err_nomem(err);
	seki_err_field(err, why->field);
	return seki_store_changed(
	    key->p, key->n, _("the record is not the one imported"), err);
}

static int
check_row(struct seki_store_read *r, struct scan *s, size_t t,
    const struct seki_value *key, const struct seki_row *row,
    struct seki_err *err)
{
	struct seki_canon *c = r->is_held ? r->old : r->canon;
	struct seki_err why = SEKI_ERR_INIT;
	unsigned char leaf[SEKI_SHA256];

	if (c == NULL)
		return 0;
	if (seki_canon_row(c, t, key->p, key->n, row, &why) == -1)
		return not_ours(&why, key, err);
	if (seki_store_digest(s->st, T_LEAF, leaf) == 0 &&
	    memcmp(leaf, seki_canon_leaf(c), SEKI_SHA256) == 0)
		return 0;
	seki_err_field(err, r->form->table[1 + t].field->code);
	return seki_store_changed(key->p, key->n,
	    _("a row of the table is not the one imported"), err);
}

static int
room(struct seki_store_read *r, struct seki_value *v, size_t *size,
    struct seki_err *err)
{
	struct seki_row *grown;

	if (v->nrow < *size)
		return 0;
	*size = *size == 0 ? 8 : 2 * *size;
	grown = seki_arena_get(&r->arena, *size * sizeof(*grown), err);
	if (grown == NULL)
		return -1;
	if (v->nrow > 0)
		memcpy(grown, v->row, v->nrow * sizeof(*grown));
	v->row = grown;
	return 0;
}

/* The rows of table t that belong to key. */
static int
gather(struct seki_store_read *r, size_t t, const struct seki_value *key,
    struct seki_value *v, struct seki_err *err)
{
	const struct seki_store_table *table = &r->form->table[1 + t];
	struct scan *s = &r->table[t];
	size_t size = 0;
	int cmp;

	memset(v, 0, sizeof(*v));
	while (s->more) {
		cmp = seki_key_cmp(s->key, s->nkey, key->p, key->n);
		if (cmp > 0)
			break;
		if (cmp < 0)
			return seki_store_changed(s->key, s->nkey,
			    _("rows of a table without their record"), err);
		if (room(r, v, &size, err) == -1 ||
		    take_row(r, s, table, &v->row[v->nrow], err) == -1)
			return -1;
		if ((size_t)sqlite3_column_int64(s->st, T_ORDINAL) !=
		    v->nrow + 1)
			return seki_store_changed(key->p, key->n,
			    _("a row of a table is missing"), err);
		if (check_row(r, s, t, key, &v->row[v->nrow], err) == -1 ||
		    step(r, s, err) == -1)
			return -1;
		v->nrow++;
	}
	v->set = v->nrow > 0;
	return 0;
}

/* The record at hand of the records' scan, into rec. */
static int
take_record(
    struct seki_store_read *r, struct seki_record *rec, struct seki_err *err)
{
	const struct seki_store_form *f = r->form;
	struct seki_canon *c = r->is_held ? r->old : r->canon;
	unsigned char leaf[SEKI_SHA256], found[SEKI_SHA256];
	struct seki_err why = SEKI_ERR_INIT;
	size_t i;

	memset(rec, 0, sizeof(*rec));
	rec->v = r->v;
	if (seki_store_read_values(
		r->rows.st, R_FIRST, &f->table[0], r->v, err) == -1)
		return -1;
	rec->key = (struct seki_value){
		.p = r->rows.key, .n = r->rows.nkey, .set = 1
	};
	if (c != NULL) {
		if (seki_canon_record(c, rec, found, &why) == -1)
			return not_ours(&why, &rec->key, err);
		if (seki_store_digest(r->rows.st, R_LEAF, leaf) != 0 ||
		    memcmp(leaf, found, SEKI_SHA256) != 0)
			return seki_store_changed(rec->key.p, rec->key.n,
			    _("the record is not the one imported"), err);
	}
	for (i = 0; i < f->schema->n; i++)
		if (f->schema->field[i].type == SEKI_T_SUBTABLE &&
		    gather(r, f->schema->field[i].table, &rec->key, &r->v[i],
			err) == -1)
			return -1;
	return 0;
}

static int
take_held(struct seki_store_read *r, int with_old, struct seki_err *err)
{
	struct seki_record *rec = &r->item.rec;
	struct seki_err why = SEKI_ERR_INIT;

	memset(rec, 0, sizeof(*rec));
	rec->kind = SEKI_RECORD_HELD;
	rec->key = (struct seki_value){
		.p = r->held.key, .n = r->held.nkey, .set = 1
	};
	rec->reasons.p = (const char *)sqlite3_column_text(r->held.st, 1);
	rec->reasons.n = (size_t)sqlite3_column_bytes(r->held.st, 1);
	rec->reasons.set = 1;
	r->item.has_old = with_old;
	if (rec->reasons.p == NULL)
		return seki_store_changed(rec->key.p, rec->key.n,
		    _("a held record without its reasons"), err);
	if (r->canon != NULL &&
	    seki_canon_record(r->canon, rec, NULL, &why) == -1)
		return not_ours(&why, &rec->key, err);
	return with_old ? take_record(r, &r->item.old, err) : 0;
}

/* Move on what the item before stood on. */
static int
advance(struct seki_store_read *r, struct seki_err *err)
{
	size_t i;

	if (!r->started) {
		r->started = 1;
		for (i = 0; i < r->form->schema->tables; i++)
			if (step(r, &r->table[i], err) == -1)
				return -1;
		return step(r, &r->rows, err) == -1 ||
			       step(r, &r->held, err) == -1
			   ? -1
			   : 0;
	}
	if ((!r->is_held || r->item.has_old) && step(r, &r->rows, err) == -1)
		return -1;
	return r->is_held ? step(r, &r->held, err) : 0;
}

static int
finish(struct seki_store_read *r, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < r->form->schema->tables; i++)
		if (r->table[i].more)
			return seki_store_changed(r->table[i].key,
			    r->table[i].nkey,
			    _("rows of a table without their record"), err);
	if (r->canon == NULL)
		return 0;
	seki_store_sum_end(&r->sum, r->summed);
	return seki_canon_end(r->canon, &r->proof, err);
}

int
seki_store_read_next(struct seki_store_read *r, struct seki_store_item **item,
    struct seki_err *err)
{
	int cmp;

	seki_arena_reset(&r->arena);
	if (advance(r, err) == -1)
		return -1;
	*item = &r->item;
	r->item.has_old = 0;
	if (!r->rows.more && !r->held.more)
		return finish(r, err);
	cmp = !r->rows.more   ? -1
	      : !r->held.more ? 1
			      : seki_key_cmp(r->held.key, r->held.nkey,
				    r->rows.key, r->rows.nkey);
	r->is_held = cmp <= 0;
	if (r->rows.more && cmp >= 0 &&
	    sqlite3_column_int(r->rows.st, R_HELD) != (cmp == 0))
		return seki_store_changed(r->rows.key, r->rows.nkey,
		    _("the mark of held records is not the one imported"), err);
	if (cmp <= 0)
		return take_held(r, cmp == 0, err) == -1 ? -1 : 1;
	return take_record(r, &r->item.rec, err) == -1 ? -1 : 1;
}

const struct seki_proof *
seki_store_read_proof(const struct seki_store_read *r)
{
	return &r->proof;
}

const unsigned char *
seki_store_read_sum(const struct seki_store_read *r)
{
	return r->summed;
}
