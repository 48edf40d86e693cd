#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "attach_int.h"

/* "seki" and the version of the table. */
#define APPLICATION 0x73656B69
#define VERSION 1

/*
 * A memory, nothing that is believed: whoever takes a digest from here reads
 * the file.  So it need not be durable, only whole: the journal is written
 * ahead, and a kill loses nothing.
 */
struct seki_index {
	sqlite3 *db;
	sqlite3_stmt *find, *note;
	pthread_mutex_t lock;
	char *path;
};

static const char table[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS file ("
    " domain TEXT NOT NULL, app TEXT NOT NULL, key TEXT NOT NULL,"
    " name BLOB NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,"
    " PRIMARY KEY (domain, app, key)) STRICT, WITHOUT ROWID;"
    "PRAGMA application_id = 1936026473;"
    "PRAGMA user_version = 1;";

static int
foreign(const struct seki_index *x, struct seki_err *err)
{
	seki_err_object(err, x->path);
	seki_err_hint(err,
	    _("Name another folder, or move %s away: then every attachment is "
	      "fetched again."),
	    x->path);
	return seki_fail(
	    err, SEKI_CONFIG, "%s", _("not an index of attachments"));
}

static int
failed(const struct seki_index *x, struct seki_err *err)
{
	int code = sqlite3_errcode(x->db) & 0xFF;

	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		return foreign(x, err);
	seki_err_object(err, x->path);
	return seki_sqlite_fail(x->db, _("index"), err);
}

static int
pragma(struct seki_index *x, const char *sql, int *value, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;

	*value = 0;
	if (sqlite3_prepare_v2(x->db, sql, -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW) {
		(void)sqlite3_finalize(st);
		return failed(x, err);
	}
	*value = sqlite3_column_int(st, 0);
	(void)sqlite3_finalize(st);
	return 0;
}

/* An empty file is one that was never begun. */
static int
check(struct seki_index *x, struct seki_err *err)
{
	int application, version, entries;

	if (pragma(x, "PRAGMA application_id", &application, err) == -1 ||
	    pragma(x, "PRAGMA user_version", &version, err) == -1 ||
	    pragma(x, "SELECT count(*) FROM sqlite_schema", &entries, err) ==
		-1)
		return -1;
	if (entries == 0 || (application == APPLICATION && version == VERSION))
		return 0;
	return foreign(x, err);
}

/* 0600 whatever the umask; no link, nobody else's. */
static int
create(struct seki_index *x, struct seki_err *err)
{
	int fd = open(x->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;
	int r = -1;

	if (fd == -1 || fstat(fd, &st) == -1)
		(void)seki_err_errno(err, _("index"));
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0 ||
		 st.st_uid != geteuid())
		(void)seki_fail(err, SEKI_UNSAFE, _("mode %04o; must be 0600"),
		    (unsigned)st.st_mode & 07777);
	else
		r = 0;
	if (fd != -1)
		(void)close(fd);
	if (r == -1)
		seki_err_object(err, x->path);
	return r;
}

static int
prepare(struct seki_index *x, struct seki_err *err)
{
	if (sqlite3_exec(x->db, table, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(x->db,
		"SELECT sha256 FROM file WHERE domain = ?1 AND app = ?2 AND"
		" key = ?3 AND name = ?4 AND size = ?5",
		-1, &x->find, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(x->db,
		"INSERT OR REPLACE INTO file VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		-1, &x->note, NULL) != SQLITE_OK)
		return failed(x, err);
	return 0;
}

struct seki_index *
seki_index_open(const char *path, struct seki_err *err)
{
	struct seki_index *x = calloc(1, sizeof(*x));

	if (x == NULL || (x->path = strdup(path)) == NULL) {
		free(x);
		(void)seki_err_nomem(err);
		return NULL;
	}
	(void)pthread_mutex_init(&x->lock, NULL);
	if (create(x, err) == 0) {
		if (sqlite3_open_v2(path, &x->db,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX,
			NULL) != SQLITE_OK)
			(void)failed(x, err);
		else if (check(x, err) == 0 && prepare(x, err) == 0)
			return x;
	}
	seki_index_free(x);
	return NULL;
}

static int
bind(sqlite3_stmt *st, const struct seki_file_id *id)
{
	return sqlite3_bind_text(st, 1, id->domain, -1, SQLITE_STATIC) |
	       sqlite3_bind_text(st, 2, id->app, -1, SQLITE_STATIC) |
	       sqlite3_bind_text(st, 3, id->key, -1, SQLITE_STATIC) |
	       sqlite3_bind_blob(
		   st, 4, id->name, (int)strlen(id->name), SQLITE_STATIC) |
	       sqlite3_bind_int64(st, 5, (sqlite3_int64)id->size);
}

int
seki_index_find(struct seki_index *x, const struct seki_file_id *id,
    char hex[SEKI_HEX], struct seki_err *err)
{
	const char *s;
	int r = SQLITE_ERROR, found = 0;

	(void)pthread_mutex_lock(&x->lock);
	if (bind(x->find, id) == SQLITE_OK)
		r = sqlite3_step(x->find);
	if (r == SQLITE_ROW) {
		s = (const char *)sqlite3_column_text(x->find, 0);
		/* Anything else is no digest, and not known. */
		if (s != NULL && strlen(s) == SEKI_HEX - 1 &&
		    strspn(s, "0123456789abcdef") == SEKI_HEX - 1) {
			memcpy(hex, s, SEKI_HEX);
			found = 1;
		}
	} else if (r != SQLITE_DONE) {
		found = failed(x, err);
	}
	(void)sqlite3_reset(x->find);
	(void)pthread_mutex_unlock(&x->lock);
	return found;
}

int
seki_index_note(struct seki_index *x, const struct seki_file_id *id,
    const char *hex, struct seki_err *err)
{
	int r = -1;

	(void)pthread_mutex_lock(&x->lock);
	if (bind(x->note, id) == SQLITE_OK &&
	    sqlite3_bind_text(x->note, 6, hex, -1, SQLITE_STATIC) ==
		SQLITE_OK &&
	    sqlite3_step(x->note) == SQLITE_DONE)
		r = 0;
	else
		(void)failed(x, err);
	(void)sqlite3_reset(x->note);
	(void)pthread_mutex_unlock(&x->lock);
	return r;
}

void
seki_index_free(struct seki_index *x)
{
	if (x == NULL)
		return;
	(void)sqlite3_finalize(x->find);
	(void)sqlite3_finalize(x->note);
	(void)sqlite3_close(x->db);
	(void)pthread_mutex_destroy(&x->lock);
	free(x->path);
	free(x);
}
