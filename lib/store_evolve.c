#include <stdlib.h>
#include <string.h>

#include "store_int.h"

/*
 * Tables and columns of a stream after its form changed: what goes on is
 * renamed, what is new is added, what ended is dropped (its values are in the
 * history by then).  Names that move wait under others meanwhile, since one
 * may take what another leaves.
 */
struct evolve {
	sqlite3 *db;
	const struct seki_store_map *map;
	const struct seki_store_form *old;
	struct seki_store_form next; /* names as they will be */
	char **waits; /* by the tables of next: where its rows are, or NULL */
};

/* Somebody's view or index may name the column. */
static int
alter(
    struct evolve *e, const char *field, const char *sql, struct seki_err *err)
{
	char *why = NULL;
	int r = sqlite3_exec(e->db, sql, NULL, NULL, &why);

	if (r == SQLITE_OK)
		return 0;
	if (r != SQLITE_ERROR) {
		sqlite3_free(why);
		/* Full, locked, out of memory: said as ever. */
		return seki_store_exec(e->db, err, "%s", sql);
	}
	seki_err_field(err, field);
	seki_err_hint(err, "%s",
	    _("DROP or change that view or index, which is not seki's, then "
	      "run the same command again"));
	(void)seki_fail(err, SEKI_SCHEMA,
	    _("the form changed, but something that somebody added to the "
	      "database does not allow it: %s"),
	    why == NULL ? "" : why);
	sqlite3_free(why);
	return -1;
}

static int alter_fmt(struct evolve *, const char *field, struct seki_err *,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int
alter_fmt(struct evolve *e, const char *field, struct seki_err *err,
    const char *fmt, ...)
{
	va_list ap;
	char *sql;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&sql, fmt, ap);
	va_end(ap);
	if (r == -1)
		return seki_err_nomem(err);
	r = alter(e, field, sql, err);
	free(sql);
	return r;
}

/* Without its quotes: what the mapping holds. */
static char *
unquoted(const char *q, struct seki_err *err)
{
	char *plain = strdup(q), *to = plain;
	size_t i, n = strlen(q);

	if (plain == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	for (i = 1; i + 1 < n; i++) {
		*to++ = q[i];
		i += q[i] == '"' ? 1 : 0;
	}
	*to = '\0';
	return plain;
}

static const struct seki_store_table *
was(const struct evolve *e, size_t which)
{
	size_t t;

	if (which == 0)
		return &e->old->table[0];
	t = e->map->table[which - 1].table;
	return t == SEKI_STORE_NONE ? NULL : &e->old->table[1 + t];
}

/* The column of the old table that goes on as this one, or NULL. */
static const struct seki_store_column *
column_was(
    const struct evolve *e, size_t which, const struct seki_store_column *c)
{
	const struct seki_store_table *t = was(e, which);
	const size_t *field =
	    which == 0 ? e->map->field : e->map->table[which - 1].field;
	size_t i;

	for (i = 0; t != NULL && i < t->n; i++)
		if (t->col[i].index == field[c->index])
			return &t->col[i];
	return NULL;
}

static int
ends(const struct evolve *e, const struct seki_store_table *t, size_t i)
{
	size_t at = t->col[i].index;

	return t->field == NULL
		   ? e->map->ends[at]
		   : e->map->inner[t->field - e->old->schema->field][at];
}

/* Views first: they name columns.  Then whole tables, and columns. */
static int
drop(struct evolve *e, struct seki_err *err)
{
	const struct seki_store_table *t;
	size_t i, k;

	for (i = 0; i <= e->old->schema->tables; i++)
		if (seki_store_exec(e->db, err, "DROP VIEW IF EXISTS %s",
			e->old->table[i].view) == -1)
			return -1;
	for (i = 0; i <= e->old->schema->tables; i++) {
		t = &e->old->table[i];
		if (t->field != NULL &&
		    e->map->ends[t->field - e->old->schema->field]) {
			if (alter_fmt(e, t->field->code, err, "DROP TABLE %s",
				t->name) == -1)
				return -1;
			continue;
		}
		for (k = 0; k < t->n; k++)
			if (ends(e, t, k) &&
			    alter_fmt(e, t->col[k].field->code, err,
				"ALTER TABLE %s DROP COLUMN %s", t->name,
				t->col[k].name) == -1)
				return -1;
	}
	return 0;
}

/* Does it keep the name it has in SQL? */
static int
stays(const struct seki_store_column *old, const struct seki_store_column *new)
{
	return old != NULL && strcmp(old->field->code, new->field->code) == 0;
}

static int
aside(struct evolve *e, size_t which, struct seki_err *err)
{
	struct seki_store_table *t = &e->next.table[which];
	const struct seki_store_table *o = was(e, which);
	const struct seki_store_column *c;
	size_t i;

	for (i = 0; i < t->n; i++) {
		c = column_was(e, which, &t->col[i]);
		if (c != NULL && !stays(c, &t->col[i]) &&
		    alter_fmt(e, c->field->code, err,
			"ALTER TABLE %s RENAME COLUMN %s TO"
			" \"seki_moving_%zu\"",
			o->name, c->name, i) == -1)
			return -1;
	}
	if (which == 0 || strcmp(o->field->code, t->field->code) == 0)
		return (e->waits[which] = strdup(o->name)) == NULL
			   ? seki_err_nomem(err)
			   : 0;
	if (asprintf(&e->waits[which], "\"seki_moving_%lld_%zu\"",
		(long long)e->old->id, which) == -1) {
		e->waits[which] = NULL;
		return seki_err_nomem(err);
	}
	return alter_fmt(e, o->field->code, err, "ALTER TABLE %s RENAME TO %s",
	    o->name, e->waits[which]);
}

static int
has_column(
    sqlite3 *db, sqlite3_stmt *st, const char *name, struct seki_err *err)
{
	if (seki_store_reserved(name))
		return 1;
	(void)sqlite3_reset(st);
	(void)sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	return seki_store_step(db, st, err);
}

/* code, code_2 …: what the table has not yet, as SQL takes names for one.
 * Quoted. */
static int
free_column(struct evolve *e, const char *table, const char *code, char **out,
    struct seki_err *err)
{
	char *plain = unquoted(table, err), *name = NULL;
	sqlite3_stmt *st = NULL;
	unsigned n;
	int r = -1;

	if (plain != NULL &&
	    seki_store_prepare(e->db, &st, err,
		"SELECT 1 FROM pragma_table_info(%Q) WHERE name = ?1"
		" COLLATE NOCASE LIMIT 1",
		plain) == 0)
		r = 1;
	for (n = 1; r == 1; n++) {
		free(name);
		if ((n == 1 ? asprintf(&name, "%s", code)
			    : asprintf(&name, "%s_%u", code, n)) == -1) {
			name = NULL;
			r = seki_err_nomem(err);
		} else
			r = has_column(e->db, st, name, err);
	}
	(void)sqlite3_finalize(st);
	if (r == 0 && (*out = seki_store_quote(name, strlen(name))) == NULL)
		r = seki_err_nomem(err);
	free(plain);
	free(name);
	return r;
}

/* Its place in SQL. */
static int
settle(struct evolve *e, size_t which, size_t i, struct seki_err *err)
{
	struct seki_store_column *c = &e->next.table[which].col[i];
	const struct seki_store_column *o = column_was(e, which, c);

	if (stays(o, c))
		return (c->name = strdup(o->name)) == NULL ? seki_err_nomem(err)
							   : 0;
	if (free_column(e, e->waits[which], c->field->code, &c->name, err) ==
	    -1)
		return -1;
	return o == NULL ? alter_fmt(e, c->field->code, err,
			       "ALTER TABLE %s ADD COLUMN %s TEXT",
			       e->waits[which], c->name)
			 : alter_fmt(e, c->field->code, err,
			       "ALTER TABLE %s RENAME COLUMN"
			       " \"seki_moving_%zu\" TO %s",
			       e->waits[which], i, c->name);
}

static int
note_column(struct evolve *e, size_t which, size_t i, struct seki_err *err)
{
	const struct seki_store_table *t = &e->next.table[which];
	const struct seki_store_column *c = &t->col[i];
	char *plain = unquoted(c->name, err);
	int r;

	if (plain == NULL)
		return -1;
	r = seki_store_exec(e->db, err,
	    "INSERT INTO seki_column VALUES (%lld, %Q, %d, %Q, %Q, %Q, %Q)",
	    (long long)e->old->id, t->field == NULL ? "" : t->field->code,
	    (int)i + 1, c->field->code, plain, seki_type_word(c->field->type),
	    c->field->label);
	free(plain);
	return r;
}

static int
note_table(struct evolve *e, size_t which, struct seki_err *err)
{
	const struct seki_store_table *t = &e->next.table[which];
	const struct seki_store_table *o = was(e, which);
	size_t i;
	int r;

	/* The row of a table whose code stays is there still. */
	r = seki_store_exec(e->db, err,
	    "UPDATE seki_table SET field = %Q WHERE stream = %lld"
	    " AND field = '.%q'",
	    t->field == NULL ? "" : t->field->code, (long long)e->old->id,
	    o->field == NULL ? "" : o->field->code);
	for (i = 0; r == 0 && i < t->n; i++)
		r = note_column(e, which, i, err);
	return r;
}

/* A table under another code gets another name, and so does its view. */
static int
rename_table(struct evolve *e, size_t which, struct seki_err *err)
{
	const struct seki_store_table *t = &e->next.table[which];
	const struct seki_store_table *o = was(e, which);
	char *base = NULL, *name = NULL, *people = NULL, *view = NULL,
	     *q = NULL;
	int r = -1;

	if (which == 0 || strcmp(o->field->code, t->field->code) == 0)
		return 0;
	if (asprintf(&base, "%s_%s", e->map->to->stream, t->field->code) ==
	    -1) {
		base = NULL;
		(void)seki_err_nomem(err);
	} else if (seki_store_free_name(e->db, base, &name, err) == 0 &&
		   (q = seki_store_quote(name, strlen(name))) != NULL &&
		   alter_fmt(e, t->field->code, err,
		       "ALTER TABLE %s RENAME TO %s", e->waits[which],
		       q) == 0 &&
		   asprintf(&people, "%s_表示", name) != -1 &&
		   seki_store_free_name(e->db, people, &view, err) == 0)
		r = seki_store_exec(e->db, err,
		    "UPDATE seki_table SET name = %Q, view = %Q"
		    " WHERE stream = %lld AND field = '.%q'",
		    name, view, (long long)e->old->id, o->field->code);
	free(base);
	free(name);
	free(people);
	free(view);
	free(q);
	return r;
}

/* The rows of the mapping step aside, too: ".CODE" is no code of a field. */
static int
unmap(struct evolve *e, struct seki_err *err)
{
	const struct seki_store_table *t;
	size_t i;

	if (seki_store_exec(e->db, err,
		"DELETE FROM seki_column WHERE stream = %lld;"
		"UPDATE seki_table SET field = '.' || field"
		" WHERE stream = %lld",
		(long long)e->old->id, (long long)e->old->id) == -1)
		return -1;
	for (i = 1; i <= e->old->schema->tables; i++) {
		t = &e->old->table[i];
		if (e->map->ends[t->field - e->old->schema->field] &&
		    seki_store_exec(e->db, err,
			"DELETE FROM seki_table WHERE stream = %lld AND"
			" field = '.%q'",
			(long long)e->old->id, t->field->code) == -1)
			return -1;
	}
	return 0;
}

static int
tables(struct evolve *e, struct seki_err *err)
{
	size_t i, k, n = e->map->to->tables;

	for (i = 0; i <= n; i++)
		if (was(e, i) != NULL && aside(e, i, err) == -1)
			return -1;
	for (i = 0; i <= n; i++)
		for (k = 0; was(e, i) != NULL && k < e->next.table[i].n; k++)
			if (settle(e, i, k, err) == -1)
				return -1;
	for (i = 0; i <= n; i++)
		if (was(e, i) != NULL && (rename_table(e, i, err) == -1 ||
					     note_table(e, i, err) == -1))
			return -1;
	for (i = 1; i <= n; i++)
		if (was(e, i) == NULL &&
		    seki_store_table_make(e->db, &e->next, i, err) == -1)
			return -1;
	return 0;
}

int
seki_store_schema_put(sqlite3 *db, int64_t stream, const struct seki_schema *s,
    struct seki_err *err)
{
	struct seki_buf message = SEKI_BUF_INIT;
	char hex[SEKI_HEX];
	int r = seki_schema_format(s, &message, err);

	seki_text_hex(s->digest, SEKI_SHA256, hex);
	if (r == 0)
		r = seki_store_exec(db, err,
		    "INSERT INTO seki_schema VALUES (x'%s', %Q)"
		    " ON CONFLICT (digest) DO UPDATE SET message ="
		    " excluded.message;"
		    "UPDATE seki_stream SET schema = x'%s' WHERE id = %lld",
		    hex, message.p, hex, (long long)stream);
	seki_buf_free(&message);
	return r;
}

int
seki_store_evolve(sqlite3 *db, const struct seki_store_form *old,
    const struct seki_store_map *map, struct seki_err *err)
{
	struct evolve e = { .db = db, .map = map, .old = old };
	size_t i;
	int r = -1;

	e.waits = calloc(map->to->tables + 1, sizeof(*e.waits));
	if (e.waits == NULL)
		return seki_err_nomem(err);
	e.next.id = old->id;
	if ((e.next.schema = seki_schema_copy(map->to, err)) != NULL)
		e.next.schema->deletes = 0; /* a table deletes nothing */
	if (e.next.schema != NULL &&
	    seki_store_form_skeleton(&e.next, err) == 0 && drop(&e, err) == 0 &&
	    unmap(&e, err) == 0 && tables(&e, err) == 0)
		r = seki_store_schema_put(db, old->id, e.next.schema, err);
	for (i = 0; i <= map->to->tables; i++)
		free(e.waits[i]);
	free(e.waits);
	seki_store_form_free(&e.next);
	return r;
}
