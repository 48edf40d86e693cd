#include <stdlib.h>
#include <string.h>

#include "store_int.h"

/*
 * What the tables of a stream hold, in one digest over the stored leaves: it
 * also covers what the content root does not, the last good versions of held
 * records, reasons, and which bundle brought a row.  Leaves are cheap to read;
 * that the values are those of their leaves is another question, which the
 * reader asks of all rows and seki_store_past of those that go.
 */
static void
number(struct seki_sha256 *h, int64_t n)
{
	unsigned char be[8];
	size_t i;

	for (i = 0; i < 8; i++)
		be[i] = (unsigned char)((uint64_t)n >> (56 - 8 * i));
	seki_sha256_add(h, be, sizeof(be));
}

/* Its type, its length, its bytes; a whole number is 8 bytes without length. */
void
seki_store_sum_column(struct seki_sha256 *h, sqlite3_stmt *st, int at)
{
	int n, type = sqlite3_column_type(st, at);
	unsigned char tag = (unsigned char)type;

	seki_sha256_add(h, &tag, 1);
	if (type == SQLITE_INTEGER) {
		number(h, sqlite3_column_int64(st, at));
		return;
	}
	n = sqlite3_column_bytes(st, at);
	number(h, n);
	if (n > 0)
		seki_sha256_add(h, sqlite3_column_blob(st, at), (size_t)n);
}

int
seki_store_sum_init(
    struct seki_store_sum *s, size_t tables, struct seki_err *err)
{
	memset(s, 0, sizeof(*s));
	if ((s->list = calloc(tables + 2, sizeof(*s->list))) == NULL)
		return seki_err_nomem(err);
	for (s->n = 0; s->n < tables + 2; s->n++) {
		if (seki_sha256_init(&s->list[s->n], err) == -1)
			return -1;
		seki_sha256_restart(&s->list[s->n]);
	}
	return 0;
}

void
seki_store_sum_add(
    struct seki_store_sum *s, size_t list, sqlite3_stmt *st, int at, int n)
{
	for (; n > 0; n--, at++)
		seki_store_sum_column(&s->list[list], st, at);
}

void
seki_store_sum_end(struct seki_store_sum *s, unsigned char *out)
{
	struct seki_sha256 *all = &s->list[0];
	unsigned char head[SEKI_SHA256];
	size_t i;

	seki_sha256_end(all, head);
	seki_sha256_restart(all);
	seki_sha256_add(all, "\x12", 1);
	seki_sha256_add(all, head, SEKI_SHA256);
	for (i = 1; i < s->n; i++) {
		seki_sha256_end(&s->list[i], head);
		seki_sha256_add(all, head, SEKI_SHA256);
	}
	seki_sha256_end(all, out);
}

void
seki_store_sum_free(struct seki_store_sum *s)
{
	while (s->n > 0)
		seki_sha256_free(&s->list[--s->n]);
	free(s->list);
	s->list = NULL;
}

/* One list: the n columns that are summed, in the order of keys. */
static int
scan(sqlite3 *db, struct seki_store_sum *s, size_t list, sqlite3_stmt *st,
    struct seki_err *err)
{
	int r;

	while ((r = seki_store_step(db, st, err)) == 1)
		seki_store_sum_add(s, list, st, 0, sqlite3_column_count(st));
	(void)sqlite3_finalize(st);
	return r;
}

static int
leaves(sqlite3 *db, const struct seki_store_form *f, struct seki_store_sum *s,
    struct seki_err *err)
{
	const struct seki_store_table *t;
	sqlite3_stmt *st = NULL;
	size_t i;

	for (i = 0; i <= f->schema->tables; i++) {
		t = &f->table[i];
		if (seki_store_prepare(db, &st, err,
			"SELECT seki_leaf, seki_source%s FROM %s"
			" ORDER BY seki_source, seki_len, %s",
			i == 0 ? ", seki_bundle, seki_held" : "", t->name,
			i == 0 ? t->col[t->key].name
			       : "seki_key, seki_ordinal") == -1 ||
		    scan(db, s, i, st, err) == -1)
			return -1;
	}
	if (seki_store_prepare(db, &st, err,
		"SELECT key, reasons, seki_source, seki_bundle FROM seki_held"
		" WHERE stream = %lld ORDER BY seki_source, seki_len, key",
		(long long)f->id) == -1)
		return -1;
	return scan(db, s, i, st, err);
}

/* Which row it is: the reader names the first that is not as it was. */
static int
differs(sqlite3 *db, const struct seki_store_form *f, struct seki_err *err)
{
	struct seki_store_read *in = seki_store_read_open(db, f, 1, err);
	struct seki_store_item *item;
	int r = in == NULL ? -1 : 1;

	while (r == 1)
		r = seki_store_read_next(in, &item, err);
	seki_store_read_free(in);
	return r == -1 ? -1 : seki_store_differs(f, NULL, err);
}

int
seki_store_sum_check(
    sqlite3 *db, const struct seki_store_form *f, struct seki_err *err)
{
	unsigned char found[SEKI_SHA256];
	struct seki_store_sum s;
	int r = seki_store_sum_init(&s, f->schema->tables, err);

	if (r == 0 && (r = leaves(db, f, &s, err)) == 0) {
		seki_store_sum_end(&s, found);
		if (memcmp(found, f->sum, SEKI_SHA256) != 0)
			r = differs(db, f, err);
	}
	seki_store_sum_free(&s);
	return r;
}
