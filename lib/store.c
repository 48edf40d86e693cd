#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_int.h"

/*
 * The database file: whose it is, its own tables, transactions, and what the
 * order of bundles asks of it.  The tables of the streams are store_form.c's.
 */
static int
run(sqlite3 *db, const char *sql, struct seki_err *err)
{
	if (sql == NULL)
		return seki_err_nomem(err);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return seki_sqlite_fail(db, _("database"), err);
}

int
seki_store_exec(sqlite3 *db, struct seki_err *err, const char *fmt, ...)
{
	char *sql;
	va_list ap;
	int r;

	va_start(ap, fmt);
	sql = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	r = run(db, sql, err);
	sqlite3_free(sql);
	return r;
}

int
seki_store_prepare(
    sqlite3 *db, sqlite3_stmt **st, struct seki_err *err, const char *fmt, ...)
{
	char *sql;
	va_list ap;
	int r;

	va_start(ap, fmt);
	sql = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	if (sql == NULL)
		return seki_err_nomem(err);
	r = sqlite3_prepare_v3(
	    db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
	sqlite3_free(sql);
	return r == SQLITE_OK ? 0 : seki_sqlite_fail(db, _("database"), err);
}

int
seki_store_step(sqlite3 *db, sqlite3_stmt *st, struct seki_err *err)
{
	int r = sqlite3_step(st);

	if (r == SQLITE_ROW)
		return 1;
	if (r == SQLITE_DONE)
		return 0;
	(void)seki_sqlite_fail(db, _("database"), err);
	(void)sqlite3_reset(st);
	return -1;
}

int
seki_store_digest(sqlite3_stmt *st, int column, unsigned char *out)
{
	if (sqlite3_column_bytes(st, column) != SEKI_SHA256)
		return 1;
	memcpy(out, sqlite3_column_blob(st, column), SEKI_SHA256);
	return 0;
}

/* What SQLite opens beside it: a pipe there would make it wait for ever. */
static int
beside_ok(const char *path, struct seki_err *err)
{
	static const char *const ends[] = { "-journal", "-wal", "-shm" };
	struct stat st;
	char *name;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (asprintf(&name, "%s%s", path, ends[i]) == -1)
			return seki_err_nomem(err);
		if (lstat(name, &st) == 0 && !S_ISREG(st.st_mode)) {
			seki_err_object(err, name);
			r = seki_fail(
			    err, SEKI_FILE, "%s", _("not a regular file"));
		}
		free(name);
	}
	return r;
}

/* A table of rules or a bundle is soon named by mistake. */
static int
database(const char *path, struct seki_err *err)
{
	static const char magic[16] = "SQLite format 3";
	char head[sizeof(magic)];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return 0;
	n = read(fd, head, sizeof(head));
	(void)close(fd);
	if (n <= 0 ||
	    (n == sizeof(head) && memcmp(head, magic, sizeof(head)) == 0))
		return 0;
	seki_err_hint(err, "%s",
	    _("name the store that seki-import made, or a file that is not "
	      "there yet"));
	return seki_fail(
	    err, SEKI_SCHEMA, "%s", _("not a database: --store names a store"));
}

/* The folder's rules, then the file's (threats C11).  1: not there. */
static int
file_ok(const char *path, struct seki_err *err)
{
	struct stat st;
	char *copy = strdup(path);
	int r;

	if (copy == NULL)
		return seki_err_nomem(err);
	r = seki_dir_private(dirname(copy), 0, err);
	free(copy);
	if (r == -1)
		return -1;
	if (beside_ok(path, err) == -1)
		return -1;
	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 1 : seki_err_errno(err, _("store"));
	if (!S_ISREG(st.st_mode))
		return seki_fail(err, SEKI_FILE, "%s", _("not a regular file"));
	if (database(path, err) == -1)
		return -1;
	if (st.st_uid != geteuid())
		return seki_fail(err, SEKI_UNSAFE, "%s",
		    _("the store belongs to another user"));
	if ((st.st_mode & 077) == 0)
		return 0;
	seki_err_hint(err, "chmod 600 %s", path);
	return seki_fail(err, SEKI_UNSAFE, _("mode %04o; must be 0600"),
	    (unsigned)st.st_mode & 07777);
}

static int
number(sqlite3 *db, const char *sql, int64_t *n, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r;

	if (seki_store_prepare(db, &st, err, "%s", sql) == -1)
		return -1;
	r = seki_store_step(db, st, err);
	*n = r == 1 ? sqlite3_column_int64(st, 0) : 0;
	(void)sqlite3_finalize(st);
	return r == -1 ? -1 : 0;
}

/* 1 ours, 0 an empty database, -1. */
static int
ours(sqlite3 *db, struct seki_err *err)
{
	int64_t app, version, things;

	if (number(db, "PRAGMA application_id", &app, err) == -1 ||
	    number(db, "PRAGMA user_version", &version, err) == -1 ||
	    number(db, "SELECT count(*) FROM sqlite_schema", &things, err) ==
		-1)
		return -1;
	if (app == 0 && version == 0 && things == 0)
		return 0;
	if (app != SEKI_STORE_APP) {
		seki_err_hint(err, "%s",
		    _("give the store a file of its own with --store"));
		return seki_fail(err, SEKI_SCHEMA, "%s",
		    _("a database of another program, not a store of "
		      "seki-import"));
	}
	if (version == SEKI_STORE_VERSION)
		return 1;
	seki_err_hint(err, "%s",
	    version < SEKI_STORE_VERSION
		? _("import the stream's next full bundle into a new store")
		: _("use the version of seki that made this store"));
	return seki_fail(err, SEKI_SCHEMA,
	    _("a store of version %lld; this program knows version %d"),
	    (long long)version, SEKI_STORE_VERSION);
}

/* The journal's end is made durable too (EXTRA): a commit that was reported
 * must not come back as a journal after a power cut. */
static const char settings[] =
    "PRAGMA synchronous = EXTRA; PRAGMA cache_size = -4096;"
    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON; PRAGMA recursive_triggers = ON;";

/* The ceiling of the page cache is counted in pages when it is set, so the
 * size of a page must be known before: chosen, or read from the file. */
static int
connect(struct seki_store *s, int fresh, struct seki_err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, r;

	r = sqlite3_open_v2(s->path, &s->db, flags, NULL);
	if (s->db == NULL)
		return seki_err_nomem(err);
	if (r != SQLITE_OK)
		return seki_sqlite_fail(s->db, _("open the store"), err);
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_busy_timeout(s->db, (int)s->wait * 1000);
	if (run(s->db,
		fresh ? "PRAGMA page_size = 16384" : "PRAGMA schema_version",
		err) == -1)
		return -1;
	return run(s->db, settings, err);
}

/* Ours, or nothing yet: then db stays NULL. */
static int
look(struct seki_store *s, struct seki_err *err)
{
	int r;

	if (connect(s, 0, err) == -1 || (r = ours(s->db, err)) == -1)
		return -1;
	if (r == 1)
		return seki_store_shape_check(s->db, err);
	(void)sqlite3_close(s->db);
	s->db = NULL;
	return 0;
}

struct seki_store *
seki_store_open(
    const char *path, int create, unsigned wait, struct seki_err *err)
{
	struct seki_store *s;
	int r;

	if (strstr(path, "://") != NULL) {
		(void)seki_fail(err, SEKI_CONFIG, "%s",
		    _("this version keeps its store in an SQLite file only"));
		seki_err_object(err, path);
		return NULL;
	}
	/* ":memory:" is a name like others. */
	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    asprintf(&s->path, "%s%s", path[0] == ':' ? "./" : "", path) ==
		-1) {
		free(s);
		(void)seki_err_nomem(err);
		return NULL;
	}
	s->wait = wait;
	r = file_ok(s->path, err);
	if (r == 1 && !create) {
		seki_err_hint(err, "%s",
		    _("check the path; seki-import makes the store"));
		r = seki_fail(err, SEKI_FILE, "%s", _("no such file"));
	} else if (r == 0)
		r = look(s, err);
	if (r != -1)
		return s;
	seki_err_object(err, path);
	seki_store_free(s);
	return NULL;
}

void
seki_store_free(struct seki_store *s)
{
	if (s == NULL)
		return;
	(void)sqlite3_close(s->db);
	free(s->path);
	free(s);
}

/* An empty file is an empty database: whoever comes first fills it. */
static int
make_file(struct seki_store *s, struct seki_err *err)
{
	int fd = open(
	    s->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd != -1)
		(void)close(fd);
	else if (errno != EEXIST)
		return seki_err_errno(err, _("make the store"));
	return file_ok(s->path, err) == 0 ? connect(s, 1, err) : -1;
}

int
seki_store_begin(struct seki_store *s, const char *host, struct seki_err *err)
{
	int r;

	if (s->db == NULL && make_file(s, err) == -1)
		return -1;
	if (run(s->db, "BEGIN IMMEDIATE", err) == -1)
		return -1;
	if ((r = ours(s->db, err)) == 0) {
		r = seki_store_shape_make(s->db, err);
		if (r == 0)
			r = seki_store_exec(s->db, err,
			    "PRAGMA application_id = %d;"
			    "PRAGMA user_version = %d",
			    SEKI_STORE_APP, SEKI_STORE_VERSION);
	} else if (r == 1)
		r = seki_store_shape_check(s->db, err) == -1 ? -1 : 1;
	/* An old store's ledger is never begun anew. */
	if (r == 1 || (r == 0 && seki_ledger_init(s->db, host, err) == 0))
		return 0;
	seki_store_rollback(s);
	return -1;
}

int
seki_store_commit(struct seki_store *s, struct seki_err *err)
{
	return run(s->db, "COMMIT", err);
}

void
seki_store_rollback(struct seki_store *s)
{
	if (s->db != NULL && !sqlite3_get_autocommit(s->db))
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

static int
when(sqlite3_stmt *st, int column, seki_time *t, struct seki_err *err)
{
	const char *text = (const char *)sqlite3_column_text(st, column);
	size_t n = (size_t)sqlite3_column_bytes(st, column);

	if (text != NULL && seki_time_parse(text, n, t) == 0)
		return 0;
	return seki_fail(err, SEKI_SCHEMA, "%s",
	    _("table seki_bundle: a time that is none; the store was changed "
	      "by hand"));
}

static int
position(sqlite3_stmt *st, struct seki_position *p, struct seki_err *err)
{
	p->known = 1;
	p->epoch = (uint64_t)sqlite3_column_int64(st, 0);
	p->seq = (uint64_t)sqlite3_column_int64(st, 1);
	(void)snprintf(p->domain, sizeof(p->domain), "%s",
	    (const char *)sqlite3_column_text(st, 6));
	(void)snprintf(p->app, sizeof(p->app), "%s",
	    (const char *)sqlite3_column_text(st, 7));
	if (seki_store_digest(st, 2, p->digest) ||
	    seki_store_digest(st, 3, p->root))
		return seki_fail(err, SEKI_SCHEMA, "%s",
		    _("table seki_bundle: a digest that is none; the store "
		      "was changed by hand"));
	return when(st, 4, &p->created, err) == -1 ||
		       when(st, 5, &p->taken, err) == -1
		   ? -1
		   : 0;
}

int
seki_store_position(struct seki_store *s, const char *stream,
    struct seki_position *p, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r = -1;

	memset(p, 0, sizeof(*p));
	if (s->db == NULL)
		return 0;
	if (seki_store_prepare(s->db, &st, err,
		"SELECT b.epoch, b.seq, b.digest, b.root, b.created, b.taken,"
		" o.domain, o.app FROM seki_stream s"
		" JOIN seki_bundle b ON b.id = s.bundle"
		" JOIN seki_source o ON o.id = s.source"
		" WHERE s.stream = %Q",
		stream) == 0 &&
	    (r = seki_store_step(s->db, st, err)) == 1)
		r = position(st, p, err);
	(void)sqlite3_finalize(st);
	if (r == -1)
		seki_err_object(err, s->path);
	return r;
}

/* A query for "taken": 1 and *at, 0, -1. */
static int
taken(
    struct seki_store *s, sqlite3_stmt *st, seki_time *at, struct seki_err *err)
{
	int r = seki_store_step(s->db, st, err);

	if (r == 1 && when(st, 0, at, err) == -1)
		r = -1;
	(void)sqlite3_finalize(st);
	if (r == -1)
		seki_err_object(err, s->path);
	return r;
}

int
seki_store_taken(struct seki_store *s, const unsigned char *digest,
    seki_time *at, struct seki_err *err)
{
	static const char *const from[] = { "seki_bundle b",
		"seki_twin t JOIN seki_bundle b ON b.id = t.bundle" };
	sqlite3_stmt *st = NULL;
	int i, r = 0;

	for (i = 0; r == 0 && i < 2 && s->db != NULL; i++) {
		if (seki_store_prepare(s->db, &st, err,
			"SELECT b.taken FROM %s WHERE %s = ?1", from[i],
			i == 0 ? "b.digest" : "t.digest") == -1)
			return -1;
		(void)sqlite3_bind_blob(
		    st, 1, digest, SEKI_SHA256, SQLITE_STATIC);
		r = taken(s, st, at, err);
	}
	return r == 1 ? i : r;
}

/* A bundle's digest or that of its twins, and whose it is. */
#define KNOWN                                                                  \
	"WITH known (id, digest) AS (SELECT id, lower(hex(digest))"            \
	" FROM seki_bundle UNION ALL SELECT bundle, lower(hex(digest))"        \
	" FROM seki_twin) "

/* Two names of one predecessor are one: it may have a twin itself. */
static int
prepare_again(struct seki_store *s, const struct seki_manifest *m,
    const char *want, sqlite3_stmt **st, struct seki_err *err)
{
	if (seki_store_prepare(s->db, st, err,
		KNOWN "SELECT %s FROM seki_bundle b JOIN seki_stream s"
		      " ON s.id = b.stream JOIN seki_source o"
		      " ON o.id = b.source WHERE s.stream = %Q"
		      " AND b.epoch = %lld AND b.seq = %lld AND b.kind = %Q"
		      " AND o.domain = %Q AND o.app = %Q AND b.root = ?1"
		      " AND (b.prev = %Q OR EXISTS (SELECT 1 FROM known x"
		      " JOIN known y USING (id) WHERE x.digest = b.prev"
		      " AND y.digest = %Q))",
		want, m->stream, (long long)m->epoch, (long long)m->seq,
		m->kind, m->source.domain, m->source.app, m->prev,
		m->prev) == -1)
		return -1;
	(void)sqlite3_bind_blob(*st, 1, m->root, SEKI_SHA256, SQLITE_STATIC);
	return 0;
}

int
seki_store_again(struct seki_store *s, const struct seki_manifest *m,
    seki_time *at, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;

	if (s->db == NULL)
		return 0;
	if (prepare_again(s, m, "b.taken", &st, err) == -1)
		return -1;
	return taken(s, st, at, err);
}

int
seki_store_remember(struct seki_store *s, const struct seki_manifest *m,
    const unsigned char *digest, seki_time now, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	char hex[SEKI_HEX], t[SEKI_TIME];
	int64_t id = 0;
	int r = prepare_again(s, m, "b.id", &st, err);

	if (r == 0 && (r = seki_store_step(s->db, st, err)) == 1)
		id = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	if (r == -1)
		return -1;
	seki_text_hex(digest, SEKI_SHA256, hex);
	seki_time_format(now, t);
	return seki_store_exec(s->db, err,
	    "INSERT INTO seki_twin (digest, bundle, taken)"
	    " VALUES (x'%s', %lld, %Q)",
	    hex, (long long)id, t);
}

int
seki_store_follows(
    struct seki_store *s, const struct seki_manifest *m, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r;

	if (s->db == NULL)
		return 0;
	if (seki_store_prepare(s->db, &st, err,
		"SELECT 1 FROM seki_twin t JOIN seki_stream s"
		" ON s.bundle = t.bundle WHERE s.stream = %Q"
		" AND lower(hex(t.digest)) = %Q",
		m->stream, m->prev) == -1)
		return -1;
	r = seki_store_step(s->db, st, err);
	(void)sqlite3_finalize(st);
	return r;
}

int
seki_store_floor(struct seki_store *s, seki_time *floor, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r;

	*floor = 0;
	if (s->db == NULL)
		return 0;
	/* A local run has the time of this host's own clock. */
	if (seki_store_prepare(s->db, &st, err,
		"SELECT created FROM seki_bundle WHERE kind <> '%s'"
		" ORDER BY created DESC LIMIT 1",
		SEKI_STORE_LOCAL) == -1)
		return -1;
	r = taken(s, st, floor, err);
	return r == -1 ? -1 : 0;
}
