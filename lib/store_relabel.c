#include <string.h>

#include "store_int.h"

/*
 * Somebody gave a field another label.  Codes and types are as before, so the
 * rows stay; but the schema's digest is part of every leaf, so each row is
 * read, held against its old leaf, and given its new one.
 */
struct leaf {
	sqlite3 *db;
	const struct seki_store_form *form;
	struct seki_canon *canon;
	sqlite3_stmt *st[1 + SEKI_FIELDS_MAX];
};

static int
labels(sqlite3 *db, const struct seki_store_form *f,
    const struct seki_schema *s, struct seki_err *err)
{
	struct seki_buf message = SEKI_BUF_INIT;
	const struct seki_store_table *t;
	const struct seki_field *list;
	char hex[SEKI_HEX];
	size_t i, k;
	int r = seki_schema_format(s, &message, err);

	seki_text_hex(s->digest, SEKI_SHA256, hex);
	if (r == 0)
		r = seki_store_exec(db, err,
		    "INSERT OR IGNORE INTO seki_schema VALUES (x'%s', %Q);"
		    "UPDATE seki_stream SET schema = x'%s' WHERE id = %lld",
		    hex, message.p, hex, (long long)f->id);
	seki_buf_free(&message);
	for (i = 0; r == 0 && i <= f->schema->tables; i++) {
		t = &f->table[i];
		list = i == 0 ? s->field
			      : s->field[t->field - f->schema->field].sub;
		for (k = 0; r == 0 && k < t->n; k++)
			r = seki_store_exec(db, err,
			    "UPDATE seki_column SET label = %Q"
			    " WHERE stream = %lld AND field = %Q"
			    " AND place = %d",
			    list[t->col[k].index].label, (long long)f->id,
			    i == 0 ? "" : t->field->code, (int)k + 1);
	}
	return r;
}

static int
prepare(struct leaf *l, struct seki_err *err)
{
	const struct seki_store_table *t;
	size_t i;

	for (i = 0; i <= l->form->schema->tables; i++) {
		t = &l->form->table[i];
		if (seki_store_prepare(l->db, &l->st[i], err,
			"UPDATE %s SET seki_leaf = ?1 WHERE seki_source = ?2"
			" AND seki_len = ?3 AND %s = ?4%s",
			t->name, i == 0 ? t->col[t->key].name : "seki_key",
			i == 0 ? "" : " AND seki_ordinal = ?5") == -1)
			return -1;
	}
	return 0;
}

static int
set(struct leaf *l, size_t which, const struct seki_value *key, size_t ordinal,
    struct seki_err *err)
{
	sqlite3_stmt *st = l->st[which];
	int r;

	(void)sqlite3_bind_blob(
	    st, 1, seki_canon_leaf(l->canon), SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 2, l->form->source);
	(void)sqlite3_bind_int64(st, 3, (sqlite3_int64)key->n);
	(void)sqlite3_bind_text64(
	    st, 4, key->p, key->n, SQLITE_STATIC, SQLITE_UTF8);
	if (which > 0)
		(void)sqlite3_bind_int64(st, 5, (sqlite3_int64)ordinal);
	r = seki_store_step(l->db, st, err);
	(void)sqlite3_reset(st);
	return r;
}

static int
record(struct leaf *l, const struct seki_record *rec, struct seki_err *err)
{
	const struct seki_schema *s = l->form->schema;
	size_t i, k, t;

	if (seki_canon_record(l->canon, rec, NULL, err) == -1 ||
	    set(l, 0, &rec->key, 0, err) == -1)
		return -1;
	for (i = 0; i < s->n; i++) {
		if (s->field[i].type != SEKI_T_SUBTABLE)
			continue;
		t = s->field[i].table;
		for (k = 0; k < rec->v[i].nrow; k++)
			if (seki_canon_row(l->canon, t, rec->key.p, rec->key.n,
				&rec->v[i].row[k], err) == -1 ||
			    set(l, 1 + t, &rec->key, k + 1, err) == -1)
				return -1;
	}
	return 0;
}

static int
leaves(struct leaf *l, struct seki_err *err)
{
	struct seki_store_read *in =
	    seki_store_read_open(l->db, l->form, 1, err);
	struct seki_store_item *item;
	int r = -1;

	if (in == NULL || prepare(l, err) == -1)
		goto out;
	while ((r = seki_store_read_next(in, &item, err)) == 1)
		if ((item->has_old && record(l, &item->old, err) == -1) ||
		    (item->rec.kind == SEKI_RECORD_ROW &&
			record(l, &item->rec, err) == -1)) {
			r = -1;
			break;
		}
out:
	seki_store_read_free(in);
	return r;
}

int
seki_store_relabel(sqlite3 *db, const struct seki_store_form *f,
    const struct seki_schema *s, struct seki_err *err)
{
	struct leaf l = { .db = db, .form = f };
	size_t i;
	int r = -1;

	if ((l.canon = seki_canon_new(s, err)) != NULL && leaves(&l, err) == 0)
		r = labels(db, f, s, err);
	for (i = 0; i <= f->schema->tables; i++)
		(void)sqlite3_finalize(l.st[i]);
	seki_canon_free(l.canon);
	return r;
}
