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
	int column; /* of the key */
};

struct seki_store_read {
	sqlite3 *db;
	const struct seki_store_form *form;
	struct scan rows, held;
	struct scan *table; /* by table */
	struct seki_canon *canon, *old;
	struct seki_arena arena;
	struct seki_store_item item;
	struct seki_value *v;
	struct seki_proof proof;
	const unsigned char *leaf; /* stored, of the row at hand */
	int started, is_held;
};

/* SQL columns of the records' scan, of the tables' scans. */
enum { R_LEAF, R_HELD, R_FIRST };
enum { T_KEY, T_ORDINAL, T_LEAF, T_ID, T_FIRST };

static int
step(struct seki_store_read *r, struct scan *s, struct seki_err *err)
{
	int more = seki_store_step(r->db, s->st, err);

	if (more == -1)
		return -1;
	s->more = more;
	if (!more)
		return 0;
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
		    which == 0 ? "SELECT seki_leaf, seki_held%s FROM %s"
				 " WHERE seki_source = %lld"
				 " ORDER BY seki_len, %s"
			       : "SELECT seki_key, seki_ordinal, seki_leaf,"
				 " \"$id\"%s FROM %s WHERE seki_source = %lld"
				 " ORDER BY seki_len, %s",
		    b.p == NULL ? "" : b.p, t->name, (long long)r->form->source,
		    which == 0 ? t->col[t->key].name
			       : "seki_key, seki_ordinal");
	s->column = which == 0 ? R_FIRST + (int)t->key : T_KEY;
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
		"SELECT key, reasons FROM seki_held WHERE stream = %lld"
		" AND seki_source = %lld ORDER BY seki_len, key",
		(long long)f->id, (long long)f->source) == -1)
		goto fail;
	if (checked && ((r->canon = seki_canon_new(f->schema, err)) == NULL ||
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
changed(const char *key, size_t n, const char *why, struct seki_err *err)
{
	seki_err_record(err, key, n);
	seki_err_hint(err, "%s",
	    _("the row was changed past seki-import: take the store from its "
	      "backup, or import the stream into a new one"));
	return seki_fail(err, SEKI_CONTENT, "%s", why);
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

static int
check_row(struct seki_store_read *r, struct scan *s, size_t t,
    const struct seki_value *key, const struct seki_row *row,
    struct seki_err *err)
{
	struct seki_canon *c = r->is_held ? r->old : r->canon;
	unsigned char leaf[SEKI_SHA256];

	if (c == NULL)
		return 0;
	if (seki_canon_row(c, t, key->p, key->n, row, err) == -1)
		return -1;
	if (seki_store_digest(s->st, T_LEAF, leaf) == 0 &&
	    memcmp(leaf, seki_canon_leaf(c), SEKI_SHA256) == 0)
		return 0;
	seki_err_field(err, r->form->table[1 + t].field->code);
	return changed(key->p, key->n,
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
			return changed(s->key, s->nkey,
			    _("rows of a table without their record"), err);
		if (room(r, v, &size, err) == -1 ||
		    take_row(r, s, table, &v->row[v->nrow], err) == -1)
			return -1;
		if ((size_t)sqlite3_column_int64(s->st, T_ORDINAL) !=
		    v->nrow + 1)
			return changed(key->p, key->n,
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
		if (seki_canon_record(c, rec, found, err) == -1)
			return -1;
		if (seki_store_digest(r->rows.st, R_LEAF, leaf) != 0 ||
		    memcmp(leaf, found, SEKI_SHA256) != 0)
			return changed(rec->key.p, rec->key.n,
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

	memset(rec, 0, sizeof(*rec));
	rec->kind = SEKI_RECORD_HELD;
	rec->key = (struct seki_value){
		.p = r->held.key, .n = r->held.nkey, .set = 1
	};
	rec->reasons.p = (const char *)sqlite3_column_text(r->held.st, 1);
	rec->reasons.n = (size_t)sqlite3_column_bytes(r->held.st, 1);
	rec->reasons.set = 1;
	r->item.has_old = with_old;
	if (r->canon != NULL &&
	    seki_canon_record(r->canon, rec, NULL, err) == -1)
		return -1;
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
			return changed(r->table[i].key, r->table[i].nkey,
			    _("rows of a table without their record"), err);
	return r->canon == NULL ? 0 : seki_canon_end(r->canon, &r->proof, err);
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
		return changed(r->rows.key, r->rows.nkey,
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
