#include <stdlib.h>
#include <string.h>

#include "store_int.h"

/*
 * A stream's form in the database: which tables and columns it has and what
 * they are called.  Names are the stream's and the field codes; where SQL
 * would take two for one, the mapping tables say which is which.
 */

/* The store's own columns, and names that mean the rowid. */
static const char *const reserved[] = { "seki_source", "seki_len", "seki_leaf",
	"seki_bundle", "seki_held", "seki_key", "seki_ordinal", "rowid", "oid",
	"_rowid_" };
#define NRESERVED (sizeof(reserved) / sizeof(reserved[0]))

char *
seki_store_quote(const char *s, size_t n)
{
	char *q = malloc(2 * n + 3), *p = q;
	size_t i;

	if (q == NULL)
		return NULL;
	*p++ = '"';
	for (i = 0; i < n; i++) {
		if (s[i] == '"')
			*p++ = '"';
		*p++ = s[i];
	}
	*p++ = '"';
	*p = '\0';
	return q;
}

static int
quote(const char *s, char **out, struct seki_err *err)
{
	return (*out = seki_store_quote(s, strlen(s))) == NULL
		   ? seki_err_nomem(err)
		   : 0;
}

void
seki_store_form_free(struct seki_store_form *f)
{
	struct seki_store_table *t;
	size_t i, k, n = f->schema == NULL ? 0 : f->schema->tables + 1;

	for (i = 0; f->table != NULL && i < n; i++) {
		t = &f->table[i];
		for (k = 0; k < t->n; k++)
			free(t->col[k].name);
		free(t->col);
		free(t->name);
		free(t->view);
	}
	free(f->table);
	free(f->history);
	free(f->state);
	seki_schema_free(f->schema);
	memset(f, 0, sizeof(*f));
}

/* Room for the columns of one table; names come later. */
static int
columns(const struct seki_schema *s, struct seki_store_table *t,
    struct seki_err *err)
{
	const struct seki_field *f =
	    t->field == NULL ? s->field : t->field->sub;
	size_t i, n = t->field == NULL ? s->n : t->field->nsub;

	if ((t->col = calloc(n + 1, sizeof(*t->col))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < n; i++) {
		if (f[i].type == SEKI_T_SUBTABLE)
			continue;
		if (t->field == NULL && strcmp(f[i].code, s->key) == 0)
			t->key = t->n;
		t->col[t->n].field = &f[i];
		t->col[t->n++].index = i;
	}
	return 0;
}

int
seki_store_form_skeleton(struct seki_store_form *f, struct seki_err *err)
{
	const struct seki_schema *s = f->schema;
	size_t i;

	if ((f->table = calloc(s->tables + 1, sizeof(*f->table))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE)
			f->table[1 + s->field[i].table].field = &s->field[i];
	for (i = 0; i <= s->tables; i++)
		if (columns(s, &f->table[i], err) == -1)
			return -1;
	return 0;
}

static const char *
code(const struct seki_store_table *t)
{
	return t->field == NULL ? "" : t->field->code;
}

static int
by_hand(const char *table, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("take the store from its backup, or import into a new one"));
	return seki_fail(err, SEKI_SCHEMA,
	    _("table %s: not as seki-import wrote it; it was changed by hand"),
	    table);
}

static int
load_table(sqlite3 *db, const struct seki_store_form *f,
    struct seki_store_table *t, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	size_t i = 0;
	int r;

	if (seki_store_prepare(db, &st, err,
		"SELECT t.name, t.view, c.code, c.name FROM seki_table t"
		" LEFT JOIN seki_column c USING (stream, field)"
		" WHERE stream = %lld AND field = %Q ORDER BY c.place",
		(long long)f->id, code(t)) == -1)
		return -1;
	while ((r = seki_store_step(db, st, err)) == 1) {
		const char *c = (const char *)sqlite3_column_text(st, 2);
		const char *name = (const char *)sqlite3_column_text(st, 0);
		const char *view = (const char *)sqlite3_column_text(st, 1);
		const char *column = (const char *)sqlite3_column_text(st, 3);

		if (name == NULL || view == NULL ||
		    (c != NULL) != (column != NULL)) {
			r = by_hand("seki_table", err);
			break;
		}
		if (t->name == NULL && (quote(name, &t->name, err) == -1 ||
					   quote(view, &t->view, err) == -1))
			break;
		if (c == NULL && t->n == 0)
			continue;
		if (c == NULL || i == t->n ||
		    strcmp(c, t->col[i].field->code) != 0) {
			r = by_hand("seki_column", err);
			break;
		}
		if (quote(column, &t->col[i].name, err) == -1)
			break;
		i++;
	}
	(void)sqlite3_finalize(st);
	if (r == 0 && (i != t->n || t->name == NULL))
		return by_hand("seki_column", err);
	return r == 0 ? 0 : -1;
}

static int
of_manifest(sqlite3_stmt *st, int text, int digest)
{
	unsigned char want[SEKI_SHA256], got[SEKI_SHA256];
	const void *p = sqlite3_column_text(st, text);
	size_t n = (size_t)sqlite3_column_bytes(st, text);
	struct seki_err err = SEKI_ERR_INIT;

	return p != NULL && seki_store_digest(st, digest, want) == 0 &&
	       seki_sha256_of(p, n, got, &err) == 0 &&
	       memcmp(got, want, sizeof(got)) == 0;
}

static int
take_bundle(sqlite3_stmt *st, struct seki_store_form *f, struct seki_err *err)
{
	const char *state = (const char *)sqlite3_column_text(st, 10);
	const char *kind = (const char *)sqlite3_column_text(st, 15);

	/* The row says of itself which manifest it holds. */
	if (!of_manifest(st, 17, 16)) {
		seki_err_hint(err, "%s",
		    _("keep the database as it is and call who runs this "
		      "host"));
		return seki_fail(err, SEKI_LEDGER, "%s",
		    _("seki_bundle: a manifest that is not the one of its "
		      "digest"));
	}
	if (state == NULL || kind == NULL ||
	    seki_store_digest(st, 6, f->root) ||
	    seki_store_digest(st, 16, f->digest) ||
	    seki_store_digest(st, 12, f->sum) ||
	    seki_store_digest(st, 14, f->past_sum))
		return by_hand("seki_bundle", err);
	f->local = strcmp(kind, SEKI_STORE_LOCAL) == 0;
	f->seq = (uint64_t)sqlite3_column_int64(st, 7);
	f->proof.records = (uint64_t)sqlite3_column_int64(st, 8);
	f->proof.held = (uint64_t)sqlite3_column_int64(st, 9);
	memcpy(f->proof.root, f->root, SEKI_SHA256);
	f->epoch = (uint64_t)sqlite3_column_int64(st, 11);
	f->past = (uint64_t)sqlite3_column_int64(st, 13);
	f->state = strdup(state);
	return f->state == NULL ? seki_err_nomem(err) : 0;
}

/* A delta's own root and counts are not those of the tables. */
static int
take_delta(sqlite3 *db, sqlite3_stmt *st, struct seki_store_form *f,
    struct seki_err *err)
{
	const char *kind = (const char *)sqlite3_column_text(st, 15);

	f->delta = kind != NULL && strcmp(kind, "delta") == 0;
	if (!f->delta)
		return 0;
	if (seki_store_proof(db, f->digest, &f->proof, err) == -1)
		return -1;
	memcpy(f->root, f->proof.root, SEKI_SHA256);
	return 0;
}

/* Forms are kept by their digest, which knows nothing of streams: whose this
 * one is stands in the rows of the stream itself. */
static int
own(sqlite3_stmt *st, struct seki_schema *s, struct seki_err *err)
{
	const char *t[4];
	size_t i;

	for (i = 0; i < 4; i++)
		if ((t[i] = (const char *)sqlite3_column_text(
			 st, 18 + (int)i)) == NULL)
			return by_hand("seki_source", err);
	free(s->stream);
	if ((s->stream = strdup(t[0])) == NULL)
		return seki_err_nomem(err);
	return seki_schema_source(s, t[1], t[2], t[3], err);
}

static int
take_row(sqlite3_stmt *st, struct seki_store_form *f, struct seki_err *err)
{
	const char *history = (const char *)sqlite3_column_text(st, 3);
	const char *message = (const char *)sqlite3_column_text(st, 5);
	struct seki_err why = SEKI_ERR_INIT;
	unsigned char digest[SEKI_SHA256];

	f->id = sqlite3_column_int64(st, 0);
	f->source = sqlite3_column_int64(st, 1);
	f->bundle = sqlite3_column_int64(st, 2);
	if (history == NULL || message == NULL)
		return by_hand("seki_stream", err);
	if (quote(history, &f->history, err) == -1)
		return -1;
	f->schema = seki_schema_parse(
	    message, (size_t)sqlite3_column_bytes(st, 5), &why);
	if (why.reason == SEKI_NOMEM)
		return seki_err_nomem(err);
	if (f->schema == NULL || seki_store_digest(st, 4, digest) ||
	    memcmp(digest, f->schema->digest, SEKI_SHA256) != 0)
		return by_hand("seki_schema", err);
	f->schema->deletes = 0; /* a stream's matter */
	if (own(st, f->schema, err) == -1)
		return -1;
	return f->bundle == 0 ? 0 : take_bundle(st, f, err);
}

int
seki_store_form_load(sqlite3 *db, const char *stream, struct seki_store_form *f,
    struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	size_t i;
	int r;

	memset(f, 0, sizeof(*f));
	if (seki_store_prepare(db, &st, err,
		"SELECT s.id, s.source, s.bundle, s.history, s.schema,"
		" m.message, b.root, b.seq, b.records, b.held, b.state,"
		" b.epoch, b.rows_sha256, b.past, b.past_sha256, b.kind,"
		" b.digest, b.manifest,"
		" s.stream, o.system, o.domain, o.app"
		" FROM seki_stream s LEFT JOIN seki_schema m ON m.digest = "
		"s.schema"
		" LEFT JOIN seki_bundle b ON b.id = s.bundle"
		" LEFT JOIN seki_source o ON o.id = s.source"
		" WHERE s.stream = %Q",
		stream) == -1)
		return -1;
	if ((r = seki_store_step(db, st, err)) == 1)
		r = take_row(st, f, err) == -1 ||
			    take_delta(db, st, f, err) == -1
			? -1
			: 1;
	(void)sqlite3_finalize(st);
	if (r == 1 && seki_store_form_skeleton(f, err) == -1)
		r = -1;
	for (i = 0; r == 1 && i <= f->schema->tables; i++)
		if (load_table(db, f, &f->table[i], err) == -1)
			r = -1;
	if (r == -1)
		seki_store_form_free(f);
	return r;
}

/* base, or base_2, base_3 …: the first name that SQL has not yet, whatever
 * the case of its letters.  Views are made last, but their names are given
 * already; SQLite keeps sqlite_… for itself. */
int
seki_store_free_name(
    sqlite3 *db, const char *base, char **out, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	const char *lead = sqlite3_strnicmp(base, "sqlite_", 7) == 0 ? "_" : "";
	unsigned n;
	int r = 1;

	if (seki_store_prepare(db, &st, err, "%s",
		"SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE"
		" UNION ALL SELECT 1 FROM seki_table WHERE view = ?1"
		" COLLATE NOCASE LIMIT 1") == -1)
		return -1;
	*out = NULL;
	for (n = 1; r == 1; n++) {
		free(*out);
		if ((n == 1 ? asprintf(out, "%s%s", lead, base)
			    : asprintf(out, "%s%s_%u", lead, base, n)) == -1) {
			*out = NULL;
			r = seki_err_nomem(err);
			break;
		}
		(void)sqlite3_reset(st);
		(void)sqlite3_bind_text(st, 1, *out, -1, SQLITE_STATIC);
		r = seki_store_step(db, st, err);
	}
	(void)sqlite3_finalize(st);
	return r;
}

int
seki_store_reserved(const char *s)
{
	size_t i;

	for (i = 0; i < NRESERVED; i++)
		if (sqlite3_stricmp(reserved[i], s) == 0)
			return 1;
	return 0;
}

static int
taken(char *const *name, size_t n, const char *s)
{
	size_t i;

	if (seki_store_reserved(s))
		return 1;
	for (i = 0; i < n; i++)
		if (sqlite3_stricmp(name[i], s) == 0)
			return 1;
	return 0;
}

/* The plain names of a table's columns, freed by the caller. */
static int
column_names(
    const struct seki_store_table *t, char **name, struct seki_err *err)
{
	unsigned k;
	size_t i;

	for (i = 0; i < t->n; i++) {
		const char *c = t->col[i].field->code;

		if ((name[i] = strdup(c)) == NULL)
			return seki_err_nomem(err);
		/* A row's own id is "$id" in the tables inside records. */
		for (k = 2; taken(name, i, name[i]) ||
			    (t->field != NULL && strcmp(name[i], "$id") == 0);
		     k++) {
			free(name[i]);
			if (asprintf(&name[i], "%s_%u", c, k) == -1) {
				name[i] = NULL;
				return seki_err_nomem(err);
			}
		}
	}
	return 0;
}

static int
map_columns(sqlite3 *db, int64_t stream, struct seki_store_table *t,
    char **name, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct seki_field *f = t->col[i].field;

		if (seki_store_exec(db, err,
			"INSERT INTO seki_column VALUES (%lld, %Q, %d, %Q, %Q,"
			" %Q, %Q)",
			(long long)stream, code(t), (int)i + 1, f->code,
			name[i], seki_type_word(f->type), f->label) == -1 ||
		    quote(name[i], &t->col[i].name, err) == -1)
			return -1;
	}
	return 0;
}

/*
 * Key order is "shorter first, then bytes": the length stands before the key
 * in the primary key, so that a plain index scan is that order.
 */
static int
create(sqlite3 *db, const struct seki_store_table *t, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;
	int r;

	r = seki_buf_fmt(&b, err, "CREATE TABLE %s (%s", t->name,
	    t->field == NULL
		? "seki_source INTEGER NOT NULL, seki_len INTEGER NOT NULL, "
		  "seki_leaf BLOB NOT NULL, seki_bundle INTEGER NOT NULL, "
		  "seki_held INTEGER NOT NULL"
		: "seki_source INTEGER NOT NULL, seki_len INTEGER NOT NULL, "
		  "seki_key TEXT NOT NULL, seki_ordinal INTEGER NOT NULL, "
		  "seki_leaf BLOB NOT NULL, \"$id\" TEXT");
	for (i = 0; r == 0 && i < t->n; i++)
		r = seki_buf_fmt(&b, err, ", %s TEXT%s", t->col[i].name,
		    t->field == NULL && i == t->key ? " NOT NULL" : "");
	if (r == 0)
		r = seki_buf_fmt(&b, err,
		    ", PRIMARY KEY (seki_source, seki_len, %s)) STRICT",
		    t->field == NULL ? t->col[t->key].name
				     : "seki_key, seki_ordinal");
	if (r == 0)
		r = seki_store_exec(db, err, "%s", b.p);
	seki_buf_free(&b);
	return r;
}

int
seki_store_table_make(sqlite3 *db, const struct seki_store_form *f,
    size_t which, struct seki_err *err)
{
	struct seki_store_table *t = &f->table[which];
	char **name = calloc(t->n + 1, sizeof(*name));
	char *base = NULL, *table = NULL, *view = NULL, *people = NULL;
	size_t i;
	int r = -1;

	if (name == NULL || asprintf(&base, "%s%s%s", f->schema->stream,
				which == 0 ? "" : "_", code(t)) == -1)
		(void)seki_err_nomem(err);
	else if (seki_store_free_name(db, base, &table, err) == 0 &&
		 asprintf(&people, "%s_表示", table) != -1 &&
		 seki_store_free_name(db, people, &view, err) == 0 &&
		 seki_store_exec(db, err,
		     "INSERT INTO seki_table VALUES (%lld, %Q, %Q, %Q)",
		     (long long)f->id, code(t), table, view) == 0 &&
		 quote(table, &t->name, err) == 0 &&
		 quote(view, &t->view, err) == 0 &&
		 column_names(t, name, err) == 0 &&
		 map_columns(db, f->id, t, name, err) == 0)
		r = create(db, t, err);
	for (i = 0; name != NULL && i < t->n; i++)
		free(name[i]);
	free(name);
	free(base);
	free(table);
	free(view);
	free(people);
	return r;
}

/* Versions that are no longer current, as the stream's own JSON objects: they
 * outlive every change of the form. */
static int
make_history(sqlite3 *db, const char *name, struct seki_err *err)
{
	return seki_store_exec(db, err,
	    "CREATE TABLE \"%w\" (n INTEGER PRIMARY KEY,"
	    " seki_source INTEGER NOT NULL, seki_len INTEGER NOT NULL, "
	    "seki_key TEXT NOT NULL,"
	    " valid_from TEXT NOT NULL, valid_to TEXT NOT NULL,"
	    " learnt TEXT NOT NULL, seki_bundle INTEGER NOT NULL,"
	    " seki_until INTEGER NOT NULL, seki_schema BLOB NOT NULL,"
	    " seki_leaf BLOB NOT NULL, record TEXT NOT NULL,"
	    " UNIQUE (seki_source, seki_len, seki_key, seki_until))"
	    " STRICT",
	    name);
}

static int
make_stream(sqlite3 *db, const struct seki_schema *s, const char *history,
    int64_t *id, struct seki_err *err)
{
	struct seki_buf message = SEKI_BUF_INIT;
	char hex[SEKI_HEX];
	int r = seki_schema_format(s, &message, err);

	seki_text_hex(s->digest, SEKI_SHA256, hex);
	if (r == 0)
		r = seki_store_exec(db, err,
		    "INSERT OR IGNORE INTO seki_schema VALUES (x'%s', %Q);"
		    "INSERT OR IGNORE INTO seki_source (system, domain, app)"
		    " VALUES (%Q, %Q, %Q);"
		    "INSERT INTO seki_stream (stream, schema, source, history)"
		    " SELECT %Q, x'%s', id, %Q FROM seki_source"
		    " WHERE system = %Q AND domain = %Q AND app = %Q",
		    hex, message.p, s->source.system, s->source.domain,
		    s->source.app, s->stream, hex, history, s->source.system,
		    s->source.domain, s->source.app);
	*id = sqlite3_last_insert_rowid(db);
	seki_buf_free(&message);
	return r;
}

int
seki_store_form_make(sqlite3 *db, const struct seki_schema *s,
    struct seki_store_form *f, struct seki_err *err)
{
	char *base = NULL, *history = NULL;
	size_t i;
	int r = -1;

	memset(f, 0, sizeof(*f));
	if ((f->schema = seki_schema_copy(s, err)) == NULL)
		return -1;
	if (asprintf(&base, "%s_history", s->stream) == -1) {
		base = NULL;
		(void)seki_err_nomem(err);
	} else if (seki_store_free_name(db, base, &history, err) == 0 &&
		   make_history(db, history, err) == 0 &&
		   make_stream(db, f->schema, history, &f->id, err) == 0 &&
		   seki_store_form_skeleton(f, err) == 0)
		r = 0;
	for (i = 0; r == 0 && i <= s->tables; i++)
		r = seki_store_table_make(db, f, i, err);
	seki_store_form_free(f);
	free(base);
	free(history);
	return r == -1 || seki_store_form_load(db, s->stream, f, err) != 1 ? -1
									   : 0;
}
