#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "cloud_int.h"

/* "Seki" as application_id; user_version counts changes of these tables. */
#define APPLICATION 0x53656b69
#define VERSION 2
/* Statements of other modules that a connection keeps. */
#define KEPT 64

struct seki_cloud_data {
	char *path;
	char *dir; /* ours to remove, or NULL */
	pthread_mutex_t lock, writing;
	struct seki_cloud_db *idle;
};
struct seki_cloud_db {
	sqlite3 *sql;
	sqlite3_stmt *add, *one, *count, *scan[2], *doc, *doc_set, *apps;
	sqlite3_stmt *scanning;
	struct {
		const char *text;
		sqlite3_stmt *stmt;
	} kept[KEPT];
	struct seki_cloud_db *next;
};

static const char tables[] =
    "CREATE TABLE doc(app INTEGER NOT NULL, name TEXT NOT NULL,"
    " json TEXT NOT NULL, PRIMARY KEY(app, name)) STRICT;"
    /* app << 40 | id: one b-tree, so that a page of records lies together */
    "CREATE TABLE record(key INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;"
    /* ids are never used again: the last one of each kind */
    "CREATE TABLE counter(name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT;"
    "CREATE TABLE uniq(app INTEGER NOT NULL, field TEXT NOT NULL,"
    " value TEXT NOT NULL, id INTEGER NOT NULL,"
    " PRIMARY KEY(app, field, value, id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX uniq_of ON uniq(app, id);"
    "CREATE TABLE person(kind TEXT NOT NULL, code TEXT NOT NULL,"
    " name TEXT NOT NULL, PRIMARY KEY(kind, code)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE comment(app INTEGER NOT NULL, record INTEGER NOT NULL,"
    " id INTEGER NOT NULL, json TEXT NOT NULL,"
    " PRIMARY KEY(app, record, id)) STRICT, WITHOUT ROWID;"
    /* app 0: uploaded, in no record yet; data: of its pieces, '' when the
     * content is made up */
    "CREATE TABLE file(key TEXT PRIMARY KEY, name TEXT NOT NULL,"
    " type TEXT NOT NULL, size INTEGER NOT NULL, app INTEGER NOT NULL,"
    " record INTEGER NOT NULL, created INTEGER NOT NULL,"
    " data TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX file_of ON file(app, record);"
    "CREATE INDEX file_data ON file(data);"
    "CREATE TABLE piece(data TEXT NOT NULL, n INTEGER NOT NULL,"
    " bytes BLOB NOT NULL, PRIMARY KEY(data, n)) STRICT;";

static int64_t
key(uint64_t app, uint64_t id)
{
	return (int64_t)(app << 40 | id);
}

static void
db_close(struct seki_cloud_db *db)
{
	if (db == NULL)
		return;
	sqlite3_finalize(db->add);
	sqlite3_finalize(db->one);
	sqlite3_finalize(db->count);
	sqlite3_finalize(db->scan[0]);
	sqlite3_finalize(db->scan[1]);
	sqlite3_finalize(db->doc);
	sqlite3_finalize(db->doc_set);
	sqlite3_finalize(db->apps);
	for (size_t i = 0; i < KEPT; i++)
		sqlite3_finalize(db->kept[i].stmt);
	sqlite3_close(db->sql);
	free(db);
}

static int
run(struct seki_cloud_db *db, const char *text, struct seki_err *err)
{
	if (sqlite3_exec(db->sql, text, NULL, NULL, NULL) != SQLITE_OK)
		return seki_sqlite_fail(db->sql, "exec", err);
	return 0;
}

static int
prepare(struct seki_cloud_db *db, struct seki_err *err)
{
#define RANGE "FROM record WHERE key BETWEEN ?1 AND ?2"
	const struct {
		sqlite3_stmt **stmt;
		const char *text;
	} all[] = {
		{ &db->add, "INSERT INTO record(key, json) VALUES(?1, ?2)" },
		{ &db->one, "SELECT json FROM record WHERE key = ?1" },
		{ &db->count, "SELECT count(*) " RANGE },
		{ &db->scan[0], "SELECT key, json " RANGE " ORDER BY key" },
		{ &db->scan[1],
		    "SELECT key, json " RANGE " ORDER BY key DESC" },
		{ &db->doc, "SELECT json FROM doc"
			    " WHERE app = ?1 AND name = ?2" },
		{ &db->doc_set, "INSERT OR REPLACE INTO doc(app, name, json)"
				" VALUES(?1, ?2, ?3)" },
		{ &db->apps, "SELECT DISTINCT app FROM doc ORDER BY app" },
	};
#undef RANGE

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (sqlite3_prepare_v3(db->sql, all[i].text, -1,
			SQLITE_PREPARE_PERSISTENT, all[i].stmt,
			NULL) != SQLITE_OK)
			return seki_sqlite_fail(db->sql, "prepare", err);
	/* A kill loses nothing that was answered; only a power cut may.  Not
	 * before the file has its page size, by which the cache is measured. */
	return run(db, "PRAGMA synchronous = NORMAL", err);
}

static struct seki_cloud_db *
db_open(const char *path, struct seki_err *err)
{
	struct seki_cloud_db *db;

	if ((db = calloc(1, sizeof(*db))) == NULL) {
		seki_err_nomem(err);
		return NULL;
	}
	if (sqlite3_open_v2(path, &db->sql,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
		NULL) != SQLITE_OK) {
		seki_sqlite_fail(db->sql, "open", err);
		seki_err_object(err, path);
		db_close(db);
		return NULL;
	}
	sqlite3_busy_timeout(db->sql, SEKI_LOCK_WAIT * 1000);
	return db;
}

static int
pragma(struct seki_cloud_db *db, const char *text, int *value,
    struct seki_err *err)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db->sql, text, -1, &st, NULL) != SQLITE_OK)
		return seki_sqlite_fail(db->sql, text, err);
	*value =
	    sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int(st, 0) : -1;
	return sqlite3_finalize(st) == SQLITE_OK
		   ? 0
		   : seki_sqlite_fail(db->sql, text, err);
}

/* A new file gets its tables; one that is not ours is refused. */
static int
setup(struct seki_cloud_db *db, struct seki_err *err)
{
	int application, version, schema;

	if (pragma(db, "PRAGMA application_id", &application, err) == -1 ||
	    pragma(db, "PRAGMA user_version", &version, err) == -1 ||
	    pragma(db, "PRAGMA schema_version", &schema, err) == -1)
		return -1;
	if (schema == 0) {
		char text[160];

		(void)snprintf(text, sizeof(text),
		    "BEGIN IMMEDIATE;"
		    "PRAGMA application_id = %d; PRAGMA user_version = %d;",
		    APPLICATION, VERSION);
		/* Large pages: a record of 3 kB wastes little of one. */
		if (run(db,
			"PRAGMA page_size = 65536;"
			"PRAGMA journal_mode = DELETE",
			err) == -1 ||
		    run(db, text, err) == -1 || run(db, tables, err) == -1 ||
		    run(db, "COMMIT", err) == -1)
			return -1;
	} else if (application != APPLICATION || version != VERSION)
		return seki_fail(err, SEKI_CONFIG,
		    _("not a data file of this version of seki-cloud"));
	return 0;
}

static int
temporary(struct seki_cloud_data *d, const char *tmpdir, struct seki_err *err)
{
	char dir[PATH_MAX], *p;

	(void)snprintf(dir, sizeof(dir), "%s/seki-cloud.XXXXXX",
	    tmpdir != NULL ? tmpdir : "/var/tmp");
	if (mkdtemp(dir) == NULL)
		return seki_err_errno(err, dir);
	if ((d->dir = strdup(dir)) == NULL ||
	    asprintf(&p, "%s/data.db", dir) == -1)
		return seki_err_nomem(err);
	d->path = p;
	return 0;
}

/* Created by us so that nobody else can read it (SQLite keeps the mode for its
 * journals); what is no regular file is refused. */
static int
create(const char *path, struct seki_err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;
	int r = 0;

	seki_err_object(err, path);
	if (fd == -1)
		return seki_err_errno(err, "open");
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		r = seki_fail(err, SEKI_FILE, _("not a regular file"));
	(void)close(fd);
	if (r == 0)
		seki_err_clear(err);
	return r;
}

struct seki_cloud_data *
seki_cloud_data_open(const char *path, const char *tmpdir, struct seki_err *err)
{
	struct seki_cloud_data *d;
	struct seki_cloud_db *db = NULL;

	if ((d = calloc(1, sizeof(*d))) == NULL) {
		seki_err_nomem(err);
		return NULL;
	}
	(void)pthread_mutex_init(&d->lock, NULL);
	(void)pthread_mutex_init(&d->writing, NULL);
	if (path == NULL ? temporary(d, tmpdir, err) == -1
			 : (d->path = strdup(path)) == NULL) {
		seki_err_nomem(err);
		goto fail;
	}
	if (create(d->path, err) == -1 || (db = db_open(d->path, err)) == NULL)
		goto fail;
	if (setup(db, err) == -1 || prepare(db, err) == -1) {
		seki_err_object(err, d->path);
		goto fail;
	}
	seki_cloud_data_put(d, db);
	return d;
fail:
	db_close(db);
	seki_cloud_data_free(d);
	return NULL;
}

void
seki_cloud_data_free(struct seki_cloud_data *d)
{
	struct seki_cloud_db *db;
	char path[PATH_MAX];

	if (d == NULL)
		return;
	while ((db = d->idle) != NULL) {
		d->idle = db->next;
		db_close(db);
	}
	if (d->dir != NULL) {
		const char *const end[] = { "", "-wal", "-shm", "-journal" };

		for (size_t i = 0; i < 4 && d->path != NULL; i++) {
			(void)snprintf(
			    path, sizeof(path), "%s%s", d->path, end[i]);
			(void)unlink(path);
		}
		(void)rmdir(d->dir);
	}
	(void)pthread_mutex_destroy(&d->lock);
	(void)pthread_mutex_destroy(&d->writing);
	free(d->dir);
	free(d->path);
	free(d);
}

struct seki_cloud_db *
seki_cloud_data_get(struct seki_cloud_data *d, struct seki_err *err)
{
	struct seki_cloud_db *db;

	(void)pthread_mutex_lock(&d->lock);
	if ((db = d->idle) != NULL)
		d->idle = db->next;
	(void)pthread_mutex_unlock(&d->lock);
	if (db != NULL)
		return db;
	if ((db = db_open(d->path, err)) == NULL)
		return NULL;
	if (prepare(db, err) == -1) {
		db_close(db);
		return NULL;
	}
	return db;
}

int
seki_cloud_data_serve(struct seki_cloud_data *d, struct seki_err *err)
{
	struct seki_cloud_db *db;
	int r;

	if ((db = seki_cloud_data_get(d, err)) == NULL)
		return -1;
	r = run(db, "PRAGMA journal_mode = WAL", err);
	seki_cloud_data_put(d, db);
	return r;
}

void
seki_cloud_data_put(struct seki_cloud_data *d, struct seki_cloud_db *db)
{
	if (db == NULL)
		return;
	(void)pthread_mutex_lock(&d->lock);
	db->next = d->idle;
	d->idle = db;
	(void)pthread_mutex_unlock(&d->lock);
}

int
seki_cloud_db_begin(struct seki_cloud_db *db, struct seki_err *err)
{
	return run(db, "BEGIN IMMEDIATE", err);
}

/* What was filled in is in the file itself afterwards, not in a log that
 * every reader would have to look through. */
int
seki_cloud_db_commit(struct seki_cloud_db *db, struct seki_err *err)
{
	if (run(db, "COMMIT", err) == -1)
		return -1;
	(void)sqlite3_wal_checkpoint_v2(
	    db->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return 0;
}

int
seki_cloud_data_write(
    struct seki_cloud_data *d, struct seki_cloud_db *db, struct seki_err *err)
{
	(void)pthread_mutex_lock(&d->writing);
	if (seki_cloud_db_begin(db, err) == 0)
		return 0;
	(void)pthread_mutex_unlock(&d->writing);
	return -1;
}

int
seki_cloud_data_written(struct seki_cloud_data *d, struct seki_cloud_db *db,
    int commit, struct seki_err *err)
{
	int r = commit ? run(db, "COMMIT", err) : 0;

	if (!commit || r == -1)
		seki_cloud_db_rollback(db);
	(void)pthread_mutex_unlock(&d->writing);
	return r;
}

void
seki_cloud_db_rollback(struct seki_cloud_db *db)
{
	(void)sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}

/* One step of a statement that answers at most one row, which is read by the
 * caller before the statement is used again. */
static int
step(struct seki_cloud_db *db, sqlite3_stmt *st, struct seki_err *err)
{
	int r = sqlite3_step(st);

	if (r == SQLITE_ROW)
		return 1;
	if (r != SQLITE_DONE)
		(void)seki_sqlite_fail(db->sql, "step", err);
	(void)sqlite3_reset(st);
	return r == SQLITE_DONE ? 0 : -1;
}

static sqlite3_stmt *
kept(struct seki_cloud_db *db, const char *text, struct seki_err *err)
{
	size_t i = 0;

	while (i < KEPT && db->kept[i].text != NULL && db->kept[i].text != text)
		i++;
	if (i == KEPT) {
		(void)seki_fail(err, SEKI_BUG, "statements: %s", text);
		return NULL;
	}
	if (db->kept[i].text == NULL) {
		if (sqlite3_prepare_v3(db->sql, text, -1,
			SQLITE_PREPARE_PERSISTENT, &db->kept[i].stmt,
			NULL) != SQLITE_OK) {
			(void)seki_sqlite_fail(db->sql, "prepare", err);
			return NULL;
		}
		db->kept[i].text = text;
	}
	return db->kept[i].stmt;
}

static sqlite3_stmt *
bind(struct seki_cloud_db *db, struct seki_err *err, const char *text,
    const char *kinds, va_list ap)
{
	sqlite3_stmt *st = kept(db, text, err);
	const char *p;

	if (st == NULL)
		return NULL;
	(void)sqlite3_reset(st);
	for (int i = 1; *kinds != '\0'; kinds++, i++)
		switch (*kinds) {
		case 'i':
			(void)sqlite3_bind_int64(
			    st, i, (int64_t)va_arg(ap, uint64_t));
			break;
		case 's':
			(void)sqlite3_bind_text(
			    st, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
			break;
		case 't':
			p = va_arg(ap, const char *);
			(void)sqlite3_bind_text64(st, i, p, va_arg(ap, size_t),
			    SQLITE_STATIC, SQLITE_UTF8);
			break;
		default:
			p = va_arg(ap, const char *);
			(void)sqlite3_bind_blob64(
			    st, i, p, va_arg(ap, size_t), SQLITE_STATIC);
		}
	return st;
}

int
seki_cloud_sql(struct seki_cloud_db *db, sqlite3_stmt **st,
    struct seki_err *err, const char *text, const char *kinds, ...)
{
	va_list ap;

	va_start(ap, kinds);
	*st = bind(db, err, text, kinds, ap);
	va_end(ap);
	return *st == NULL ? -1 : step(db, *st, err);
}

int
seki_cloud_sql_next(
    struct seki_cloud_db *db, sqlite3_stmt *st, struct seki_err *err)
{
	return step(db, st, err);
}

int
seki_cloud_run(struct seki_cloud_db *db, struct seki_err *err, const char *text,
    const char *kinds, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int r;

	va_start(ap, kinds);
	st = bind(db, err, text, kinds, ap);
	va_end(ap);
	if (st == NULL || (r = step(db, st, err)) == -1)
		return -1;
	(void)sqlite3_reset(st);
	return r == 1 ? 0 : sqlite3_changes(db->sql);
}

int
seki_cloud_db_number(struct seki_cloud_db *db, const char *name,
    uint64_t at_least, uint64_t *n, struct seki_err *err)
{
	sqlite3_stmt *st;

	if (seki_cloud_sql(db, &st, err,
		"INSERT INTO counter(name, n) VALUES(?1, ?2)"
		" ON CONFLICT(name) DO UPDATE SET n = n + 1 RETURNING n",
		"si", name, at_least) != 1)
		return -1;
	*n = (uint64_t)sqlite3_column_int64(st, 0);
	/* The change is made when the statement has ended. */
	return step(db, st, err) == -1 ? -1 : 0;
}

int
seki_cloud_db_number_get(struct seki_cloud_db *db, const char *name,
    uint64_t *n, struct seki_err *err)
{
	sqlite3_stmt *st;
	int r;

	r = seki_cloud_sql(
	    db, &st, err, "SELECT n FROM counter WHERE name = ?1", "s", name);
	*n = r == 1 ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	if (r == 1)
		(void)sqlite3_reset(st);
	return r == -1 ? -1 : 0;
}

int
seki_cloud_db_set(struct seki_cloud_db *db, uint64_t app, uint64_t id,
    const char *json, size_t n, struct seki_err *err)
{
	return seki_cloud_run(db, err,
		   "UPDATE record SET json = ?2 WHERE key = ?1", "it",
		   (uint64_t)key(app, id), json, n) == -1
		   ? -1
		   : 0;
}

int
seki_cloud_db_remove(
    struct seki_cloud_db *db, uint64_t app, uint64_t id, struct seki_err *err)
{
	return seki_cloud_run(db, err, "DELETE FROM record WHERE key = ?1", "i",
	    (uint64_t)key(app, id));
}

int
seki_cloud_db_last(
    struct seki_cloud_db *db, uint64_t app, uint64_t *id, struct seki_err *err)
{
	sqlite3_stmt *st;

	if (seki_cloud_sql(db, &st, err,
		"SELECT coalesce(max(key), 0) FROM record"
		" WHERE key BETWEEN ?1 AND ?2",
		"ii", (uint64_t)key(app, 0),
		(uint64_t)key(app, SEKI_CLOUD_ID_MAX)) != 1)
		return -1;
	*id = (uint64_t)sqlite3_column_int64(st, 0) & SEKI_CLOUD_ID_MAX;
	(void)sqlite3_reset(st);
	return 0;
}

int
seki_cloud_db_doc_set(struct seki_cloud_db *db, uint64_t app, const char *name,
    const char *text, size_t n, struct seki_err *err)
{
	(void)sqlite3_bind_int64(db->doc_set, 1, (int64_t)app);
	(void)sqlite3_bind_text(db->doc_set, 2, name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text64(
	    db->doc_set, 3, text, n, SQLITE_STATIC, SQLITE_UTF8);
	return step(db, db->doc_set, err);
}

int
seki_cloud_db_doc(struct seki_cloud_db *db, uint64_t app, const char *name,
    struct seki_buf *b, struct seki_err *err)
{
	int r;

	(void)sqlite3_bind_int64(db->doc, 1, (int64_t)app);
	(void)sqlite3_bind_text(db->doc, 2, name, -1, SQLITE_STATIC);
	if ((r = step(db, db->doc, err)) == 1 &&
	    seki_buf_add(b, sqlite3_column_text(db->doc, 0),
		(size_t)sqlite3_column_bytes(db->doc, 0), err) == -1)
		r = -1;
	(void)sqlite3_reset(db->doc);
	return r;
}

int
seki_cloud_db_apps(struct seki_cloud_db *db,
    int (*fn)(void *, uint64_t, struct seki_err *), void *ctx,
    struct seki_err *err)
{
	int r;

	while ((r = step(db, db->apps, err)) == 1)
		if (fn(ctx, (uint64_t)sqlite3_column_int64(db->apps, 0), err) ==
		    -1) {
			r = -1;
			break;
		}
	(void)sqlite3_reset(db->apps);
	return r;
}

int
seki_cloud_db_add(struct seki_cloud_db *db, uint64_t app, uint64_t id,
    const char *json, size_t n, struct seki_err *err)
{
	(void)sqlite3_bind_int64(db->add, 1, key(app, id));
	(void)sqlite3_bind_text64(
	    db->add, 2, json, n, SQLITE_STATIC, SQLITE_UTF8);
	if (step(db, db->add, err) == -1)
		return -1;
	(void)sqlite3_reset(db->add);
	return 0;
}

void
seki_cloud_db_scan(
    struct seki_cloud_db *db, uint64_t app, uint64_t lo, uint64_t hi, int desc)
{
	sqlite3_stmt *st = db->scan[desc != 0];

	(void)sqlite3_bind_int64(st, 1, key(app, lo));
	(void)sqlite3_bind_int64(st, 2, key(app, hi));
	db->scanning = st;
}

int
seki_cloud_db_next(struct seki_cloud_db *db, uint64_t *id, const char **json,
    size_t *n, struct seki_err *err)
{
	sqlite3_stmt *st = db->scanning;
	int r;

	if ((r = step(db, st, err)) != 1)
		return r;
	*id = (uint64_t)sqlite3_column_int64(st, 0) & SEKI_CLOUD_ID_MAX;
	*json = (const char *)sqlite3_column_text(st, 1);
	*n = (size_t)sqlite3_column_bytes(st, 1);
	return *json == NULL ? seki_err_nomem(err) : 1;
}

void
seki_cloud_db_done(struct seki_cloud_db *db)
{
	(void)sqlite3_reset(db->scanning); /* NULL: nothing was scanned */
	(void)sqlite3_reset(db->one);
}

int
seki_cloud_db_one(struct seki_cloud_db *db, uint64_t app, uint64_t id,
    const char **json, size_t *n, struct seki_err *err)
{
	int r;

	(void)sqlite3_reset(db->one);
	(void)sqlite3_bind_int64(db->one, 1, key(app, id));
	if ((r = step(db, db->one, err)) != 1)
		return r;
	*json = (const char *)sqlite3_column_text(db->one, 0);
	*n = (size_t)sqlite3_column_bytes(db->one, 0);
	return *json == NULL ? seki_err_nomem(err) : 1;
}

int
seki_cloud_db_count(struct seki_cloud_db *db, uint64_t app, uint64_t lo,
    uint64_t hi, uint64_t *count, struct seki_err *err)
{
	int r;

	(void)sqlite3_bind_int64(db->count, 1, key(app, lo));
	(void)sqlite3_bind_int64(db->count, 2, key(app, hi));
	if ((r = step(db, db->count, err)) == 1)
		*count = (uint64_t)sqlite3_column_int64(db->count, 0);
	(void)sqlite3_reset(db->count);
	return r == 1 ? 0 : -1;
}
