#include <stdlib.h>
#include <string.h>

#include "store_int.h"

/*
 * What a delta makes of the tables.  Its own root covers its own records only,
 * so that of the whole is worked out before a row is written: what stands
 * there and what comes are merged by key, leaf by leaf.  Both are believed by
 * then: the stored leaves are those the last import left, the stream's are
 * signed.
 */

/* A scan and the key it stands at: key, leaf. */
struct scan {
	sqlite3_stmt *st;
	int more;
	const char *key;
	size_t n;
};

struct after {
	sqlite3 *db;
	const struct seki_store_form *form;
	struct seki_canon *canon;
	struct scan rows, held;
	struct scan *table; /* by table */
};

static int
step(struct after *a, struct scan *s, struct seki_err *err)
{
	int more = seki_store_step(a->db, s->st, err);

	if (more == -1)
		return -1;
	s->more = more;
	s->key = more ? (const char *)sqlite3_column_text(s->st, 0) : NULL;
	s->n = more ? (size_t)sqlite3_column_bytes(s->st, 0) : 0;
	return more && s->key == NULL ? seki_err_nomem(err) : 0;
}

static int
open_scans(struct after *a, struct seki_err *err)
{
	const struct seki_store_form *f = a->form;
	const struct seki_store_table *t;
	struct scan *s;
	size_t i;

	for (i = 0; i <= f->schema->tables; i++) {
		t = &f->table[i];
		s = i == 0 ? &a->rows : &a->table[i - 1];
		if (seki_store_prepare(a->db, &s->st, err,
			"SELECT %s, seki_leaf FROM %s"
			" ORDER BY seki_source, seki_len, %s",
			i == 0 ? t->col[t->key].name : "seki_key", t->name,
			i == 0 ? t->col[t->key].name
			       : "seki_key, seki_ordinal") == -1 ||
		    step(a, s, err) == -1)
			return -1;
	}
	if (seki_store_prepare(a->db, &a->held.st, err,
		"SELECT key FROM seki_held WHERE stream = %lld"
		" ORDER BY seki_source, seki_len, key",
		(long long)f->id) == -1)
		return -1;
	return step(a, &a->held, err);
}

static int
put(struct after *a, size_t list, const struct scan *s, struct seki_err *err)
{
	unsigned char leaf[SEKI_SHA256];

	if (seki_store_digest(s->st, 1, leaf))
		return seki_store_changed(
		    s->key, s->n, _("the record is not the one imported"), err);
	return seki_canon_put(a->canon, list, leaf, err);
}

/* Rows of the tables up to key; its own count when the record stays. */
static int
tables(struct after *a, const struct seki_value *key, int stays,
    struct seki_err *err)
{
	struct scan *s;
	size_t i;

	for (i = 0; i < a->form->schema->tables; i++)
		for (s = &a->table[i]; s->more && seki_key_cmp(s->key, s->n,
						      key->p, key->n) <= 0;)
			if ((stays && put(a, 1 + i, s, err) == -1) ||
			    step(a, s, err) == -1)
				return -1;
	return 0;
}

static int
cmp(const struct scan *s, const struct scan *t)
{
	if (!s->more || !t->more)
		return s->more ? -1 : t->more ? 1 : 0;
	return seki_key_cmp(s->key, s->n, t->key, t->n);
}

/* The next key that stands in the tables, a row or held or both: past it. */
static int
pass(struct after *a, int stays, struct seki_err *err)
{
	int order = cmp(&a->rows, &a->held), is_held = order >= 0;
	const struct scan *s = is_held ? &a->held : &a->rows;
	struct seki_record rec = { .kind = SEKI_RECORD_HELD,
		.key = { .p = s->key, .n = s->n, .set = 1 } };

	if (tables(a, &rec.key, stays && !is_held, err) == -1)
		return -1;
	/* A held record's last good version is in no root. */
	if (stays && (is_held ? seki_canon_record(a->canon, &rec, NULL, err)
			      : put(a, 0, &a->rows, err)) == -1)
		return -1;
	if (order <= 0 && a->rows.more && step(a, &a->rows, err) == -1)
		return -1;
	return is_held && a->held.more ? step(a, &a->held, err) : 0;
}

/* Where the next stored key lies beside key; 1 after the last. */
static int
beside(const struct after *a, const struct seki_value *key)
{
	const struct scan *s =
	    cmp(&a->rows, &a->held) < 0 ? &a->rows : &a->held;

	return s->more ? seki_key_cmp(s->key, s->n, key->p, key->n) : 1;
}

static int
merge(struct after *a, struct seki_stream_in *in, struct seki_err *err)
{
	struct seki_record *rec;
	int r, order;

	while ((r = seki_stream_next(in, &rec, err)) == 1) {
		while ((order = beside(a, &rec->key)) < 0)
			if (pass(a, 1, err) == -1)
				return -1;
		if (order == 0 && pass(a, 0, err) == -1)
			return -1;
		if (rec->kind != SEKI_RECORD_DELETED &&
		    seki_canon_add(a->canon, rec, NULL, err) == -1)
			return -1;
	}
	while (r == 0 && (a->rows.more || a->held.more))
		r = pass(a, 1, err);
	return r;
}

int
seki_store_after(sqlite3 *db, const struct seki_store_form *f,
    struct seki_stream_in *in, struct seki_proof *out, struct seki_err *err)
{
	struct after a = { .db = db, .form = f };
	size_t i;
	int r = -1;

	memset(out, 0, sizeof(*out));
	a.table = calloc(f->schema->tables + 1, sizeof(*a.table));
	if (a.table == NULL)
		return seki_err_nomem(err);
	if ((a.canon = seki_canon_new(f->schema, err)) != NULL &&
	    open_scans(&a, err) == 0 && merge(&a, in, err) == 0)
		r = seki_canon_end(a.canon, out, err);
	for (i = 0; i < f->schema->tables; i++)
		(void)sqlite3_finalize(a.table[i].st);
	(void)sqlite3_finalize(a.rows.st);
	(void)sqlite3_finalize(a.held.st);
	seki_canon_free(a.canon);
	free(a.table);
	return r;
}
