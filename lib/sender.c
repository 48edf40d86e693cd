#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "approval.h"
#include "part.h"
#include "sender_int.h"

#define VERSION 3
#define JST 32400
#define DAY 86400

#define APPROVAL(before, between)                                              \
	before "approval TEXT NOT NULL DEFAULT ''" between before              \
	       "approval_number TEXT NOT NULL DEFAULT ''" between before       \
	       "approval_code TEXT NOT NULL DEFAULT ''" between before         \
	       "approver TEXT NOT NULL DEFAULT ''"

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS position ("
    " stream TEXT PRIMARY KEY, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " manifest TEXT NOT NULL, created INTEGER NOT NULL, system TEXT NOT NULL,"
    " domain TEXT NOT NULL, app TEXT NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS outbox ("
    " id INTEGER PRIMARY KEY, stream TEXT NOT NULL, epoch INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, status TEXT NOT NULL, prev TEXT NOT NULL,"
    " manifest TEXT NOT NULL, root TEXT NOT NULL, schema TEXT NOT NULL,"
    " sha256 TEXT NOT NULL, size INTEGER NOT NULL, kind TEXT NOT NULL,"
    " carrier TEXT NOT NULL, audience TEXT NOT NULL,"
    " created INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " records INTEGER NOT NULL, held INTEGER NOT NULL,"
    " deletes INTEGER NOT NULL, test INTEGER NOT NULL, name TEXT NOT NULL,"
    " system TEXT NOT NULL, domain TEXT NOT NULL, app TEXT NOT NULL,"
    " title TEXT NOT NULL, purpose TEXT NOT NULL, class TEXT NOT NULL,"
    " period TEXT NOT NULL, signer TEXT NOT NULL, key TEXT NOT NULL,"
    " state TEXT NOT NULL," APPROVAL(
	" ", ",") ", parts INTEGER NOT NULL DEFAULT 1) STRICT;"
		  "CREATE TABLE IF NOT EXISTS part ("
		  " stream TEXT NOT NULL, epoch INTEGER NOT NULL,"
		  " seq INTEGER NOT NULL, n INTEGER NOT NULL,"
		  " records INTEGER NOT NULL, size INTEGER NOT NULL,"
		  " sha256 TEXT NOT NULL,"
		  " PRIMARY KEY (stream, epoch, seq, n)) STRICT;"
		  "CREATE UNIQUE INDEX IF NOT EXISTS outbox_place"
		  " ON outbox (stream, epoch, seq) WHERE status <> 'withdrawn';"
		  "PRAGMA user_version = 3;";
/* A state of version 1 knew no approval. */
static const char since2[] = APPROVAL("ALTER TABLE outbox ADD COLUMN ", ";");
/* And one of version 2 no parts. */
static const char since3[] =
    "ALTER TABLE outbox ADD COLUMN parts INTEGER NOT NULL DEFAULT 1;";

sqlite3_stmt *
seki_sender_sql(struct seki_sender *s, struct seki_err *err, const char *sql,
    const char *letters, ...)
{
	sqlite3_stmt *stmt = NULL;
	const char *text;
	int i, r;
	va_list ap;

	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		(void)seki_sqlite_fail(s->db, "state.db", err);
		return NULL;
	}
	va_start(ap, letters);
	for (i = 1, r = SQLITE_OK; *letters != '\0'; letters++, i++) {
		if (*letters == 'i')
			r |= sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
		else {
			text = va_arg(ap, const char *);
			r |= sqlite3_bind_text(stmt, i,
			    text != NULL ? text : "", -1, SQLITE_TRANSIENT);
		}
	}
	va_end(ap);
	if (r == SQLITE_OK)
		return stmt;
	(void)seki_sqlite_fail(s->db, "state.db", err);
	(void)sqlite3_finalize(stmt);
	return NULL;
}

int
seki_sender_step(
    struct seki_sender *s, sqlite3_stmt *stmt, struct seki_err *err)
{
	int r = sqlite3_step(stmt);

	if (r == SQLITE_ROW || r == SQLITE_DONE)
		return r == SQLITE_ROW;
	return seki_sqlite_fail(s->db, "state.db", err);
}

int
seki_sender_run(struct seki_sender *s, sqlite3_stmt *stmt, struct seki_err *err)
{
	int r;

	if (stmt == NULL)
		return -1;
	while ((r = seki_sender_step(s, stmt, err)) == 1)
		;
	(void)sqlite3_finalize(stmt);
	return r;
}

static int
exec(struct seki_sender *s, const char *sql, struct seki_err *err)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return seki_sqlite_fail(s->db, "state.db", err);
}

int
seki_sender_begin(struct seki_sender *s, struct seki_err *err)
{
	return exec(s, "BEGIN IMMEDIATE", err);
}

int
seki_sender_commit(struct seki_sender *s, struct seki_err *err)
{
	if (exec(s, "COMMIT", err) == 0)
		return 0;
	seki_sender_rollback(s);
	return -1;
}

void
seki_sender_rollback(struct seki_sender *s)
{
	if (!sqlite3_get_autocommit(s->db))
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

static void
column(sqlite3_stmt *stmt, int i, char *to, size_t size)
{
	const unsigned char *text = sqlite3_column_text(stmt, i);

	(void)snprintf(to, size, "%s", text != NULL ? (const char *)text : "");
}

int
seki_sender_stand(struct seki_sender *s, const char *stream,
    struct seki_stand *at, struct seki_err *err)
{
	sqlite3_stmt *stmt = seki_sender_sql(s, err,
	    "SELECT epoch, seq, manifest, created, system, domain, app"
	    " FROM position WHERE stream = ?",
	    "s", stream);
	int r;

	memset(at, 0, sizeof(*at));
	if (stmt == NULL)
		return -1;
	if ((r = seki_sender_step(s, stmt, err)) == 1) {
		at->epoch = (uint64_t)sqlite3_column_int64(stmt, 0);
		at->seq = (uint64_t)sqlite3_column_int64(stmt, 1);
		column(stmt, 2, at->manifest, sizeof(at->manifest));
		at->created = sqlite3_column_int64(stmt, 3);
		column(stmt, 4, at->system, sizeof(at->system));
		column(stmt, 5, at->domain, sizeof(at->domain));
		column(stmt, 6, at->app, sizeof(at->app));
	}
	(void)sqlite3_finalize(stmt);
	return r;
}

int
seki_sender_place(struct seki_sender *s, const char *stream,
    const struct seki_sent *b, struct seki_err *err)
{
	if (b == NULL)
		return seki_sender_run(s,
		    seki_sender_sql(s, err,
			"DELETE FROM position WHERE stream = ?", "s", stream),
		    err);
	return seki_sender_run(s,
	    seki_sender_sql(s, err,
		"INSERT OR REPLACE INTO position VALUES (?,?,?,?,?,?,?,?)",
		"siisisss", stream, (int64_t)b->epoch, (int64_t)b->seq,
		b->manifest, (int64_t)b->created, b->system, b->domain, b->app),
	    err);
}

static int
approved(json_t *o, const struct seki_sent *b)
{
	json_t *more = json_pack("{s:s,s:s,s:s,s:s,s:s}", "approval",
	    SEKI_APPROVAL_RECORDED, "approval_kind", b->approval,
	    "approval_number", b->approval_number, "approval_code",
	    b->approval_code, "approver", b->approver);
	int r = more == NULL ? -1 : json_object_update(o, more);

	json_decref(more);
	return r;
}

/* The columns of the transfer ledger that the sender knows. */
int
seki_sender_note(struct seki_sender *s, const char *kind,
    const struct seki_sent *b, struct seki_err *err)
{
	const char *slash = strrchr(b->name, '/');
	json_t *o;

	o = json_pack("{s:s,s:I,s:I,s:s,s:s,s:I,s:I,s:I,s:s,s:I,s:s,"
		      "s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b}",
	    "stream", b->stream, "epoch", (json_int_t)b->epoch, "seq",
	    (json_int_t)b->seq, "manifest", b->manifest, "root", b->root,
	    "records", (json_int_t)b->records, "held", (json_int_t)b->held,
	    "deletes", (json_int_t)b->deletes, "file",
	    slash != NULL ? slash + 1 : b->name, "size", (json_int_t)b->size,
	    "sha256", b->sha256, "kind_of_records", b->kind, "system",
	    b->system, "domain", b->domain, "app", b->app, "title", b->title,
	    "purpose", b->purpose, "class", b->class, "period", b->period,
	    "carrier", b->carrier, "audience", b->audience, "signer", b->signer,
	    "key", b->key, "test", b->test != 0);
	if (o == NULL)
		return seki_err_nomem(err);
	if ((b->parts > 1 && json_object_set_new(o, "parts",
				 json_integer((json_int_t)b->parts)) != 0) ||
	    (strcmp(b->approval, "recorded") == 0 && approved(o, b) == -1)) {
		json_decref(o);
		return seki_err_nomem(err);
	}
	return seki_ledger_add(s->db, kind, seki_time_now(), o, err);
}

int
seki_sender_settle(
    struct seki_sender *s, const struct seki_sent *b, struct seki_err *err)
{
	if (seki_sender_place(s, b->stream, b, err) == -1)
		return -1;
	return seki_sender_note(s, "pack", b, err);
}

/* Temporary files of a killed run: the outbox is ours alone, and we hold its
 * lock; beside a bundle's own name only what carries that name. */
static void
sweep(const struct seki_sender *s, const char *name)
{
	char pattern[8300];
	size_t i, k = 0;
	glob_t g;

	if (name == NULL) {
		(void)snprintf(
		    pattern, sizeof(pattern), "%s/outbox/*.tmp", s->dir);
	} else {
		for (i = 0; name[i] != '\0' && k < sizeof(pattern) - 16; i++) {
			if (strchr("*?[\\", name[i]) != NULL)
				pattern[k++] = '\\';
			pattern[k++] = name[i];
		}
		(void)strcpy(pattern + k, ".??????.tmp");
	}
	if (glob(pattern, 0, NULL, &g) != 0)
		return;
	for (i = 0; i < g.gl_pathc; i++)
		(void)unlink(g.gl_pathv[i]);
	globfree(&g);
}

static int
sweep_names(const struct seki_sender *s, const struct seki_sent *b,
    struct seki_err *err)
{
	struct seki_buf name = SEKI_BUF_INIT;
	uint64_t n;
	int r = 0;

	sweep(s, b->name);
	for (n = 1; r == 0 && b->parts > 1 && n <= b->parts; n++) {
		seki_buf_reset(&name);
		r = seki_part_name(b->name, n, b->parts, &name, err);
		if (r == 0)
			sweep(s, name.p);
	}
	seki_buf_free(&name);
	return r;
}

/* A run was ended between "pending" and the end.  When the kept bytes are
 * whole, somebody may hold a copy: its number stays used, or two bundles could
 * claim it.  Else nothing was handed out, and the number is free again. */
static int
finish_or_discard(
    struct seki_sender *s, const struct seki_sent *b, struct seki_err *err)
{
	int r = sweep_names(s, b, err);

	if (r == 0 && !seki_outbox_whole(s, b))
		r = seki_outbox_drop(s, b, err);
	else if (r == 0 && (r = seki_sender_begin(s, err)) == 0) {
		if (seki_outbox_status(s, b,
			seki_outbox_there(s, b, b->name) == 1 ? "ready"
							      : "unsure",
			err) == 0 &&
		    seki_sender_settle(s, b, err) == 0)
			r = seki_sender_commit(s, err);
		else
			r = -1;
		seki_sender_rollback(s);
	}
	return r;
}

static int
recover(struct seki_sender *s, struct seki_err *err)
{
	struct seki_sent *b = calloc(1, sizeof(*b));
	int r;

	if (b == NULL)
		return seki_err_nomem(err);
	sweep(s, NULL);
	while ((r = seki_outbox_find(s, NULL, "pending", 0, b, err)) == 1)
		if (finish_or_discard(s, b, err) == -1) {
			r = -1;
			break;
		}
	free(b);
	return r;
}

static int
prepare(struct seki_sender *s, const char *host, struct seki_err *err)
{
	sqlite3_stmt *stmt = seki_sender_sql(s, err, "PRAGMA user_version", "");
	int64_t version = 0;
	int r;

	if (stmt == NULL)
		return -1;
	if ((r = seki_sender_step(s, stmt, err)) == 1)
		version = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	if (r == -1)
		return -1;
	if (version > VERSION)
		return seki_fail(err, SEKI_SCHEMA, "%s",
		    _("the state was written by a newer version of Seki"));
	/* A reader of the ledger may hold the file for a moment. */
	(void)sqlite3_busy_timeout(s->db, SEKI_LOCK_WAIT * 1000);
	if (exec(s, "PRAGMA synchronous = EXTRA", err) == -1 ||
	    seki_sender_begin(s, err) == -1)
		return -1;
	if ((version != 1 || exec(s, since2, err) == 0) &&
	    ((version != 1 && version != 2) || exec(s, since3, err) == 0) &&
	    exec(s, tables, err) == 0 &&
	    seki_ledger_init(s->db, host, err) == 0)
		return seki_sender_commit(s, err);
	seki_sender_rollback(s);
	return -1;
}

/* It decides which number the next bundle gets, and its ledger names people's
 * records (threats C11). */
static int
ours(int fd, const char *path, struct seki_err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return seki_err_errno(err, _("open"));
	if (!S_ISREG(st.st_mode))
		return seki_fail(err, SEKI_FILE, "%s", _("not a regular file"));
	if (st.st_uid != geteuid()) {
		seki_err_hint(
		    err, _("as root: chown %u %s"), (unsigned)geteuid(), path);
		return seki_fail(err, SEKI_UNSAFE, "%s",
		    _("the file belongs to another user"));
	}
	if ((st.st_mode & 077) == 0)
		return 0;
	seki_err_hint(err, "chmod 600 %s", path);
	return seki_fail(err, SEKI_UNSAFE, _("mode %04o; must be 0600"),
	    (unsigned)st.st_mode & 07777);
}

/* SQLite would create it with the umask's mode. */
static int
make_db(const char *path, struct seki_err *err)
{
	int r, fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd == -1)
		return seki_err_errno(err, _("open"));
	r = ours(fd, path, err);
	(void)close(fd);
	return r;
}

static int
open_db(struct seki_sender *s, const char *host, struct seki_err *err)
{
	char *path;
	int r = -1;

	if (asprintf(&path, "%s/state.db", s->dir) == -1)
		return seki_err_nomem(err);
	if (make_db(path, err) == 0 &&
	    sqlite3_open_v2(path, &s->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
		NULL) != SQLITE_OK)
		(void)seki_sqlite_fail(s->db, "state.db", err);
	else if (err->reason == SEKI_OK)
		r = prepare(s, host, err);
	if (r == -1)
		seki_err_object(err, path);
	free(path);
	return r;
}

struct seki_sender *
seki_sender_open(const char *dir, const char *host, struct seki_err *err)
{
	struct seki_sender *s = calloc(1, sizeof(*s));
	char *lock = NULL, *box = NULL;

	if (s == NULL || (s->dir = strdup(dir)) == NULL ||
	    asprintf(&lock, "%s/lock", dir) == -1 ||
	    asprintf(&box, "%s/outbox", dir) == -1) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	s->lock = -1;
	if (seki_dir_private(dir, 1, err) == -1 ||
	    seki_dir_private(box, 1, err) == -1 ||
	    (s->lock = seki_dir_lock(lock, err)) == -1 ||
	    open_db(s, host, err) == -1 || recover(s, err) == -1)
		goto fail;
	seki_sender_sweep(dir);
	free(lock);
	free(box);
	return s;

fail:
	free(lock);
	free(box);
	seki_sender_free(s);
	return NULL;
}

void
seki_sender_free(struct seki_sender *s)
{
	if (s == NULL)
		return;
	(void)sqlite3_close(s->db);
	if (s->lock > 0)
		(void)close(s->lock);
	free(s->dir);
	free(s);
}

seki_time
seki_sender_weekdays(seki_time t, unsigned n)
{
	int64_t day = (t + JST) / DAY, weekday;

	while (n > 0) {
		day++;
		weekday = (day + 4) % 7; /* 1970-01-01 was a Thursday */
		if (weekday != 0 && weekday != 6)
			n--;
	}
	return (day + 1) * DAY - JST;
}
