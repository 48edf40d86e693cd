#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "match_int.h"

/*
 * Master tables in a temporary database, which SQLite keeps in a file without
 * a name: memory does not grow with a master.
 */
int
seki_match_failed(struct seki_match *m, struct seki_err *err)
{
	int code = sqlite3_errcode(m->db) & 0xFF;

	return seki_fail(err,
	    code == SQLITE_FULL	   ? SEKI_FULL
	    : code == SQLITE_NOMEM ? SEKI_NOMEM
	    : code == SQLITE_IOERR ? SEKI_IO
				   : SEKI_BUG,
	    _("temporary database: %s"), sqlite3_errmsg(m->db));
}

int
seki_match_sql(struct seki_match *m, const char *sql, struct seki_err *err)
{
	return sqlite3_exec(m->db, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? 0
		   : seki_match_failed(m, err);
}

int
seki_match_prepare(struct seki_match *m, const char *sql, sqlite3_stmt **st,
    struct seki_err *err)
{
	return sqlite3_prepare_v2(m->db, sql, -1, st, NULL) == SQLITE_OK
		   ? 0
		   : seki_match_failed(m, err);
}

static int
column(
    struct seki_master *t, const char *name, size_t *at, struct seki_err *err)
{
	char **grown;

	for (*at = 0; *at < t->n; ++*at)
		if (strcmp(t->column[*at], name) == 0)
			return 0;
	if (t->n == SEKI_MATCH_COLS)
		return seki_fail(err, SEKI_LIMIT, "%s",
		    _("too many columns of one table are used"));
	if ((grown = reallocarray(t->column, t->n + 1, sizeof(*grown))) == NULL)
		return seki_err_nomem(err);
	t->column = grown;
	if ((grown[t->n] = strdup(name)) == NULL)
		return seki_err_nomem(err);
	t->n++;
	return 0;
}

static int
columns(struct seki_match *m, struct seki_match_check *c, struct seki_err *err)
{
	struct seki_master *t = &m->master[c->from];
	size_t i, k;

	for (i = 0; i < c->nalt; i++)
		for (k = 0; k < c->alt[i].n; k++)
			if (column(t, c->alt[i].part[k].column,
				&c->alt[i].part[k].col, err) == -1)
				return -1;
	for (i = 0; i < c->nfactor; i++)
		if (c->factor[i].number == NULL &&
		    column(t, c->factor[i].name, &c->factor[i].at, err) == -1)
			return -1;
	/* Last time's value of the field is shown, too. */
	if (strcmp(c->master, SEKI_LAST_WORD) == 0 && c->field[0] != '\0')
		return column(t, c->field, &i, err);
	return 0;
}

static int
master(struct seki_match *m, const char *name, size_t *at, struct seki_err *err)
{
	struct seki_master *grown;

	for (*at = 0; *at < m->nmaster; ++*at)
		if (strcmp(m->master[*at].name, name) == 0)
			return 0;
	grown = reallocarray(m->master, m->nmaster + 1, sizeof(*grown));
	if (grown == NULL)
		return seki_err_nomem(err);
	m->master = grown;
	grown += m->nmaster;
	memset(grown, 0, sizeof(*grown));
	if ((grown->name = strdup(name)) == NULL)
		return seki_err_nomem(err);
	m->nmaster++;
	return 0;
}

static int
create(struct seki_match *m, size_t at, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;
	int r;

	r = seki_buf_fmt(&b, err,
	    "CREATE TABLE m%zu (row INTEGER PRIMARY KEY, place TEXT", at);
	for (i = 0; r == 0 && i < m->master[at].n; i++)
		r = seki_buf_fmt(&b, err, ", c%zu TEXT", i);
	if (r == 0 && (r = seki_buf_str(&b, ")", err)) == 0)
		r = seki_match_sql(m, b.p, err);
	seki_buf_reset(&b);
	if (r == 0)
		r = seki_buf_fmt(&b, err, "INSERT INTO m%zu VALUES (?, ?", at);
	for (i = 0; r == 0 && i < m->master[at].n; i++)
		r = seki_buf_str(&b, ", ?", err);
	if (r == 0 && (r = seki_buf_str(&b, ")", err)) == 0)
		r = seki_match_prepare(m, b.p, &m->master[at].insert, err);
	seki_buf_free(&b);
	return r;
}

static int
put(struct seki_match *m, struct seki_master *t, const char *place,
    struct seki_err *err)
{
	int ok = sqlite3_bind_int64(t->insert, 1, (sqlite3_int64)++t->rows) |
		 sqlite3_bind_text(t->insert, 2, place, -1, SQLITE_TRANSIENT);

	if (ok == SQLITE_OK && sqlite3_step(t->insert) == SQLITE_DONE &&
	    sqlite3_reset(t->insert) == SQLITE_OK &&
	    sqlite3_clear_bindings(t->insert) == SQLITE_OK)
		return 0;
	return seki_match_failed(m, err);
}

static int
set(struct seki_match *m, struct seki_master *t, size_t i, const char *s,
    size_t n, struct seki_err *err)
{
	return n == 0 || sqlite3_bind_text(t->insert, (int)i + 3, s, (int)n,
			     SQLITE_TRANSIENT) == SQLITE_OK
		   ? 0
		   : seki_match_failed(m, err);
}

/* Where each used column stands in the file's first row. */
static int
heads(const struct seki_master *t, struct seki_grid *g, size_t *where,
    struct seki_err *err)
{
	const struct seki_grid_cell *cell;
	const char *list[SEKI_MATCH_COLS + 1], *near;
	size_t i, k, n = 0;
	int r = seki_grid_next(g, &cell, &n, err);

	if (r != 1)
		return r == -1 ? -1
			       : seki_fail(err, SEKI_RULES, "%s",
				     _("the table is empty"));
	for (i = 0; i < t->n; i++) {
		where[i] = SIZE_MAX;
		for (k = 0; k < n; k++) {
			if (strcmp(cell[k].p, t->column[i]) != 0)
				continue;
			if (where[i] != SIZE_MAX)
				return seki_fail(err, SEKI_RULES,
				    _("two columns have the header \"%.*s\""),
				    seki_text_cut(cell[k].p, 80), cell[k].p);
			where[i] = k;
		}
		if (where[i] != SIZE_MAX)
			continue;
		for (k = 0; k < n && k < SEKI_MATCH_COLS; k++)
			list[k] = cell[k].p;
		list[k] = NULL;
		near = seki_text_nearest(t->column[i], list);
		seki_err_hint(err, "%s",
		    _("the first row holds the headers; correct it, or 鍵 "
		      "(key), 項目 (field) and 台帳項目 (against) of the table "
		      "of checks"));
		return seki_fail(err, SEKI_RULES,
		    near == NULL ? _("no column \"%.*s\"")
				 : _("no column \"%.*s\"; did you mean "
				     "\"%s\"?"),
		    seki_text_cut(t->column[i], 80), t->column[i], near);
	}
	return 0;
}

/* A cell that no person wrote cannot be compared with what one wrote. */
static int
usable(const struct seki_grid *g, size_t i, const struct seki_grid_cell *c,
    struct seki_err *err)
{
	char place[SEKI_GRID_PLACE];

	if (c->kind != SEKI_GRID_ERROR && !(c->formula && c->n == 0))
		return 0;
	seki_grid_place(g, i, place);
	seki_err_hint(err, "%s",
	    _("in the spreadsheet, correct the cell, or copy the column and "
	      "paste it as values"));
	return seki_fail(
	    err, SEKI_RULES, _("%s: a formula without a result"), place);
}

static int
rows(struct seki_match *m, struct seki_master *t, struct seki_grid *g,
    const size_t *where, struct seki_err *err)
{
	const struct seki_grid_cell *cell;
	char place[SEKI_GRID_PLACE];
	size_t i, n, any;
	int r;

	while ((r = seki_grid_next(g, &cell, &n, err)) == 1) {
		for (i = 0, any = 0; i < t->n; i++) {
			if (where[i] >= n || cell[where[i]].n == 0)
				continue;
			if (usable(g, where[i], &cell[where[i]], err) == -1 ||
			    set(m, t, i, cell[where[i]].p, cell[where[i]].n,
				err) == -1)
				return -1;
			any = 1;
		}
		(void)snprintf(place, sizeof(place), "%s%s%llu",
		    seki_grid_sheet(g),
		    seki_grid_sheet(g)[0] == '\0' ? "" : "!",
		    (unsigned long long)seki_grid_row(g));
		if (any && put(m, t, place, err) == -1)
			return -1;
	}
	if (r == 0 && seki_grid_merged(g) != NULL)
		return seki_fail(err, SEKI_RULES,
		    _("%s!%s: merged cells; unmerge them and fill in each row"),
		    seki_grid_sheet(g), seki_grid_merged(g));
	return r;
}

static int
load_file(struct seki_match *m, struct seki_master *t, const char *path,
    struct seki_err *err)
{
	struct seki_grid *g = seki_grid_open(path, NULL, err);
	size_t where[SEKI_MATCH_COLS];
	unsigned char digest[SEKI_SHA256];
	int r = -1;

	if (g == NULL && err->reason == SEKI_FILE)
		seki_err_hint(err,
		    _("put the master beside the table of checks, or say "
		      "where it is: --master %s=FILE"),
		    t->name);
	if (g != NULL && heads(t, g, where, err) == 0)
		r = rows(m, t, g, where, err);
	if (g != NULL) {
		seki_grid_digest(g, digest);
		seki_text_hex(digest, SEKI_SHA256, t->hex);
	}
	if (r == -1 && (err->reason == SEKI_CSV || err->reason == SEKI_XLSX))
		err->reason = SEKI_RULES;
	if (r == -1)
		seki_err_object(err, path);
	seki_grid_free(g);
	return r;
}

const char *
seki_match_near(const struct seki_schema *s, const char *code)
{
	const char *list[SEKI_FIELDS_MAX + 1];
	size_t i;

	for (i = 0; i < s->n && i < SEKI_FIELDS_MAX; i++)
		list[i] = s->field[i].code;
	list[i] = NULL;
	return seki_text_nearest(code, list);
}

static int
no_field(const struct seki_schema *s, const char *code, struct seki_err *err)
{
	const char *near = seki_match_near(s, code);

	return seki_fail(err, SEKI_RULES,
	    near == NULL ? _("no field \"%.*s\"")
			 : _("no field \"%.*s\"; did you mean \"%s\"?"),
	    seki_text_cut(code, 80), code, near);
}

/* A stream of records as a master: a column is a field. */
static int
load_stream(struct seki_match *m, struct seki_master *t, struct seki_in *raw,
    struct seki_err *err)
{
	struct seki_stream_in *in = seki_stream_open(raw, err);
	const struct seki_schema *s;
	struct seki_record *rec;
	size_t i;
	int at[SEKI_MATCH_COLS], r = in == NULL ? -1 : 0;

	s = in == NULL ? NULL : seki_stream_schema(in);
	for (i = 0; r == 0 && i < t->n; i++)
		if ((at[i] = seki_schema_find(
			 s, t->column[i], strlen(t->column[i]))) == -1)
			r = no_field(s, t->column[i], err);
	while (r == 0 && (r = seki_stream_next(in, &rec, err)) == 1) {
		r = 0;
		if (rec->kind != SEKI_RECORD_ROW)
			continue;
		for (i = 0; r == 0 && i < t->n; i++) {
			seki_buf_reset(&m->text);
			if ((r = seki_canon_text(
				 seki_field_shape(&s->field[at[i]]),
				 &rec->v[at[i]], &m->text, err)) == 0)
				r = set(m, t, i, m->text.p, m->text.n, err);
		}
		seki_buf_reset(&m->text);
		if (r == 0 && (r = seki_buf_fmt(&m->text, err, "%.*s",
				   (int)rec->key.n, rec->key.p)) == 0)
			r = put(m, t, m->text.p, err);
	}
	if (r == 0)
		seki_text_hex(seki_stream_proof(in)->root, SEKI_SHA256, t->hex);
	seki_stream_free(in);
	return r;
}

/* What the store holds, as a stream in a file without a name. */
static int
load_store(struct seki_match *m, struct seki_master *t, const char *stream,
    struct seki_err *err)
{
	struct seki_export how = { .stream = stream,
		.format = SEKI_EXPORT_STREAM };
	struct seki_exported done;
	struct seki_out *out;
	struct seki_in *in;
	int fd, r = -1;

	if (m->how->store == NULL)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("store:STREAM needs --store PATH"));
	if ((fd = seki_dir_spool(NULL, err)) == -1)
		return -1;
	if ((out = seki_out_fd(fd, stream, err)) != NULL &&
	    seki_export_run(m->how->store, &how, out, &done, err) == 0 &&
	    seki_out_flush(out, err) == 0 &&
	    (in = seki_in_again(fd, stream, err)) != NULL)
		r = load_stream(m, t, in, err);
	seki_out_abort(out);
	(void)close(fd);
	return r;
}

static int
load_last(struct seki_match *m, struct seki_master *t, const char *from,
    struct seki_err *err)
{
	struct seki_in *in;

	if (strncmp(from, "store:", 6) == 0)
		return load_store(m, t, from + 6, err);
	if ((in = seki_in_file(from, 0, err)) == NULL)
		return -1;
	return load_stream(m, t, in, err);
}

/* NAME=FILE of the command line beats the file of that name beside the table.
 */
static const char *
given(const struct seki_match *m, const char *name)
{
	const char *const *s = m->how->masters;
	size_t n = strlen(name);

	for (; s != NULL && *s != NULL; s++)
		if (strncmp(*s, name, n) == 0 && (*s)[n] == '=')
			return *s + n + 1;
	return NULL;
}

static int
load(struct seki_match *m, struct seki_master *t, struct seki_err *err)
{
	const char *from = given(m, t->name);
	struct seki_buf path = SEKI_BUF_INIT;
	int r = -1;

	if (strcmp(t->name, SEKI_LAST_WORD) == 0) {
		if (m->how->last != NULL)
			return load_last(m, t, m->how->last, err);
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("the table compares with last time's records: name them "
		      "with --last"));
	}
	if (strncmp(t->name, "store:", 6) == 0)
		return load_store(m, t, t->name + 6, err);
	if (from != NULL)
		return load_file(m, t, from, err);
	if (strchr(t->name, '/') != NULL || strchr(t->name, '\\') != NULL)
		return seki_fail(err, SEKI_RULES,
		    _("\"%.*s\": a table is a file in the folder of the "
		      "checks, without a path"),
		    seki_text_cut(t->name, 80), t->name);
	if (seki_buf_fmt(&path, err, "%s%s", m->rules->folder, t->name) == 0)
		r = load_file(m, t, path.p, err);
	seki_buf_free(&path);
	return r;
}

int
seki_master_load(struct seki_match *m, struct seki_err *err)
{
	struct seki_match_check *c;
	size_t i;

	for (i = 0; i < m->rules->n; i++) {
		c = &m->rules->check[i];
		c->from = SIZE_MAX;
		if (c->master[0] == '\0' ||
		    strcmp(c->master, SEKI_BATCH_WORD) == 0)
			continue;
		if (master(m, c->master, &c->from, err) == -1 ||
		    columns(m, c, err) == -1)
			return -1;
	}
	for (i = 0; i < m->nmaster; i++)
		if (create(m, i, err) == -1 ||
		    load(m, &m->master[i], err) == -1)
			return -1;
	return 0;
}

/* The folded key of a master's row: 0; 1 when a part is empty. */
static int
key_of(struct seki_match *m, const struct seki_match_alt *alt,
    sqlite3_stmt *row, struct seki_buf *b, struct seki_err *err)
{
	size_t i, start;
	const char *s;

	seki_buf_reset(b);
	for (i = 0; i < alt->n; i++) {
		s = (const char *)sqlite3_column_text(
		    row, (int)alt->part[i].col + 1);
		start = b->n;
		if (s == NULL)
			return 1;
		if (seki_match_fold(
			alt->part[i].how, m->fold, s, strlen(s), b, err) == -1)
			return -1;
		if (b->n == start)
			return 1;
		if (seki_buf_byte(b, '\x1F', err) == -1)
			return -1;
	}
	return 0;
}

static int
index_alt(struct seki_match *m, size_t lookup, size_t alt, struct seki_err *err)
{
	struct seki_match_lookup *l = &m->lookup[lookup];
	const struct seki_master *t = &m->master[l->master];
	sqlite3_stmt *in = NULL, *out = NULL;
	char sql[256];
	size_t i;
	int r;

	(void)snprintf(sql, sizeof(sql),
	    "CREATE TABLE k%zu_%zu (key TEXT, row INTEGER)", lookup, alt);
	r = seki_match_sql(m, sql, err);
	seki_buf_reset(&m->b);
	if (r == 0)
		r = seki_buf_str(&m->b, "SELECT row", err);
	for (i = 0; r == 0 && i < t->n; i++)
		r = seki_buf_fmt(&m->b, err, ", c%zu", i);
	if (r == 0 && (r = seki_buf_fmt(&m->b, err, " FROM m%zu ORDER BY row",
			   l->master)) == 0)
		r = seki_match_prepare(m, m->b.p, &in, err);
	(void)snprintf(sql, sizeof(sql), "INSERT INTO k%zu_%zu VALUES (?, ?)",
	    lookup, alt);
	if (r == 0)
		r = seki_match_prepare(m, sql, &out, err);
	while (r == 0 && sqlite3_step(in) == SQLITE_ROW) {
		if ((r = key_of(m, &l->check->alt[alt], in, &m->a, err)) == 1)
			r = 0;
		else if (r == 0 &&
			 (sqlite3_bind_text(out, 1, m->a.p, (int)m->a.n,
			      SQLITE_STATIC) != SQLITE_OK ||
			     sqlite3_bind_int64(out, 2,
				 sqlite3_column_int64(in, 0)) != SQLITE_OK ||
			     sqlite3_step(out) != SQLITE_DONE ||
			     sqlite3_reset(out) != SQLITE_OK))
			r = seki_match_failed(m, err);
	}
	(void)sqlite3_finalize(in);
	(void)sqlite3_finalize(out);
	(void)snprintf(sql, sizeof(sql),
	    "CREATE INDEX i%zu_%zu ON k%zu_%zu (key, row)", lookup, alt, lookup,
	    alt);
	return r == 0 ? seki_match_sql(m, sql, err) : -1;
}

int
seki_lookup_index(struct seki_match *m, size_t lookup, struct seki_err *err)
{
	struct seki_match_lookup *l = &m->lookup[lookup];
	const struct seki_master *t = &m->master[l->master];
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i, k;
	int r = 0;

	l->find = calloc(l->check->nalt, sizeof(*l->find));
	l->value = calloc(t->n + 1, sizeof(*l->value));
	if (l->find == NULL || l->value == NULL)
		return seki_err_nomem(err);
	for (i = 0; r == 0 && i < l->check->nalt; i++) {
		r = index_alt(m, lookup, i, err);
		seki_buf_reset(&b);
		if (r == 0)
			r = seki_buf_str(&b, "SELECT m.place", err);
		for (k = 0; r == 0 && k < t->n; k++)
			r = seki_buf_fmt(&b, err, ", m.c%zu", k);
		if (r == 0 &&
		    (r = seki_buf_fmt(&b, err,
			 " FROM k%zu_%zu k JOIN m%zu m ON m.row = k.row "
			 "WHERE k.key = ? ORDER BY k.row LIMIT %d",
			 lookup, i, l->master, SEKI_MATCH_HITS)) == 0)
			r = seki_match_prepare(m, b.p, &l->find[i], err);
	}
	seki_buf_free(&b);
	return r;
}

void
seki_master_release(struct seki_match *m)
{
	size_t i, k;

	for (i = 0; i < m->nlookup; i++) {
		for (k = 0;
		     m->lookup[i].find != NULL && k < m->lookup[i].check->nalt;
		     k++)
			(void)sqlite3_finalize(m->lookup[i].find[k]);
		free(m->lookup[i].find);
		free(m->lookup[i].value);
	}
	for (i = 0; i < m->nmaster; i++) {
		(void)sqlite3_finalize(m->master[i].insert);
		for (k = 0; k < m->master[i].n; k++)
			free(m->master[i].column[k]);
		free(m->master[i].column);
		free(m->master[i].name);
	}
	free(m->lookup);
	free(m->master);
}
