#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender_int.h"

#define TEXTS(X)                                                               \
	X(stream)                                                              \
	X(status)                                                              \
	X(manifest)                                                            \
	X(prev) X(root) X(schema) X(sha256) X(kind) X(carrier) X(audience)     \
	    X(name) X(system) X(domain) X(app) X(title) X(purpose) X(class)    \
		X(period) X(signer) X(key) X(approval) X(approval_number)  \
		    X(approval_code) X(approver)
#define NUMBERS(X)                                                             \
	X(epoch)                                                               \
	X(seq)                                                                 \
	X(created) X(expires) X(records) X(held) X(deletes) X(size) X(test)    \
	X(parts)

static const struct {
	const char *name;
	size_t at, size;
	int text;
} columns[] = {
#define X(c)                                                                   \
	{ #c, offsetof(struct seki_sent, c),                                   \
		sizeof(((struct seki_sent *)0)->c), 1 },
	TEXTS(X)
#undef X
#define X(c) { #c, offsetof(struct seki_sent, c), sizeof(int64_t), 0 },
	    NUMBERS(X)
#undef X
};
#define NCOLUMNS ((int)(sizeof(columns) / sizeof(columns[0])))

/* "stream,status, ..." or "?,?, ..." */
static int
names(struct seki_buf *sql, const char *instead, struct seki_err *err)
{
	int i;

	for (i = 0; i < NCOLUMNS; i++)
		if (seki_buf_fmt(sql, err, "%s%s", i == 0 ? "" : ",",
			instead != NULL ? instead : columns[i].name) == -1)
			return -1;
	return 0;
}

static void
row(sqlite3_stmt *stmt, struct seki_sent *b)
{
	const unsigned char *text;
	int64_t n;
	char *to;
	int i;

	memset(b, 0, sizeof(*b));
	for (i = 0; i < NCOLUMNS; i++) {
		to = (char *)b + columns[i].at;
		if (columns[i].text) {
			text = sqlite3_column_text(stmt, i);
			(void)snprintf(to, columns[i].size, "%s",
			    text != NULL ? (const char *)text : "");
		} else {
			n = sqlite3_column_int64(stmt, i);
			memcpy(to, &n, sizeof(n));
		}
	}
}

/* A SELECT of all columns with this condition. */
static sqlite3_stmt *
select_where(struct seki_sender *s, const char *where, const char *stream,
    const char *status, uint64_t seq, struct seki_err *err)
{
	struct seki_buf sql = SEKI_BUF_INIT;
	sqlite3_stmt *stmt = NULL;

	if (seki_buf_str(&sql, "SELECT ", err) == 0 &&
	    names(&sql, NULL, err) == 0 &&
	    seki_buf_fmt(&sql, err, " FROM outbox WHERE %s", where) == 0)
		stmt = seki_sender_sql(
		    s, err, sql.p, "ssi", stream, status, (int64_t)seq);
	seki_buf_free(&sql);
	return stmt;
}

int
seki_outbox_find(struct seki_sender *s, const char *stream, const char *status,
    uint64_t seq, struct seki_sent *b, struct seki_err *err)
{
	sqlite3_stmt *stmt = select_where(s,
	    "(?1 = '' OR stream = ?1) AND status <> 'withdrawn' AND"
	    " (?2 = '' OR status = ?2) AND (?3 = 0 OR seq = ?3)"
	    " ORDER BY epoch DESC, seq DESC LIMIT 1",
	    stream, status, seq, err);
	int r;

	if (stmt == NULL)
		return -1;
	if ((r = seki_sender_step(s, stmt, err)) == 1)
		row(stmt, b);
	(void)sqlite3_finalize(stmt);
	return r;
}

int
seki_sender_list(struct seki_sender *s, const char *stream,
    void (*fn)(const struct seki_sent *, void *), void *ctx,
    struct seki_err *err)
{
	struct seki_sent *b = calloc(1, sizeof(*b));
	sqlite3_stmt *stmt;
	int r = -1;

	if (b == NULL)
		return seki_err_nomem(err);
	stmt = select_where(s,
	    "(?1 = '' OR stream = ?1) AND ?2 = '' AND ?3 = 0 ORDER BY id",
	    stream, NULL, 0, err);
	while (stmt != NULL && (r = seki_sender_step(s, stmt, err)) == 1) {
		row(stmt, b);
		fn(b, ctx);
	}
	(void)sqlite3_finalize(stmt);
	free(b);
	return r;
}

int
seki_outbox_add(struct seki_sender *s, const struct seki_sent *b,
    const char *state, struct seki_err *err)
{
	struct seki_buf sql = SEKI_BUF_INIT;
	sqlite3_stmt *stmt = NULL;
	const char *from;
	int64_t n;
	int i, bad = 0;

	if (seki_buf_str(&sql, "INSERT INTO outbox (", err) == 0 &&
	    names(&sql, NULL, err) == 0 &&
	    seki_buf_str(&sql, ",state) VALUES (", err) == 0 &&
	    names(&sql, "?", err) == 0 && seki_buf_str(&sql, ",?)", err) == 0)
		stmt = seki_sender_sql(s, err, sql.p, "");
	seki_buf_free(&sql);
	if (stmt == NULL)
		return -1;
	for (i = 0; i < NCOLUMNS; i++) {
		from = (const char *)b + columns[i].at;
		if (columns[i].text)
			bad |= sqlite3_bind_text(
			    stmt, i + 1, from, -1, SQLITE_STATIC);
		else {
			memcpy(&n, from, sizeof(n));
			bad |= sqlite3_bind_int64(stmt, i + 1, n);
		}
	}
	bad |= sqlite3_bind_text(stmt, i + 1, state, -1, SQLITE_STATIC);
	if (bad == SQLITE_OK)
		return seki_sender_run(s, stmt, err);
	(void)seki_sqlite_fail(s->db, "state.db", err);
	(void)sqlite3_finalize(stmt);
	return -1;
}

int
seki_outbox_status(struct seki_sender *s, const struct seki_sent *b,
    const char *status, struct seki_err *err)
{
	return seki_sender_run(s,
	    seki_sender_sql(s, err,
		"UPDATE outbox SET status = ? WHERE stream = ? AND epoch = ?"
		" AND seq = ? AND status <> 'withdrawn'",
		"ssii", status, b->stream, (int64_t)b->epoch, (int64_t)b->seq),
	    err);
}

int
seki_outbox_path(const struct seki_sender *s, const struct seki_sent *b,
    struct seki_buf *buf, struct seki_err *err)
{
	if (b->epoch == 1)
		return seki_buf_fmt(buf, err, "%s/outbox/%s-%llu.zip", s->dir,
		    b->stream, (unsigned long long)b->seq);
	/* No stream's name has a ~: no two bundles share a file. */
	return seki_buf_fmt(buf, err, "%s/outbox/%s~%llu-%llu.zip", s->dir,
	    b->stream, (unsigned long long)b->epoch,
	    (unsigned long long)b->seq);
}

/* The file first: a row without its file is discarded by the next start, a
 * file without its row would never be looked at again. */
int
seki_outbox_drop(
    struct seki_sender *s, const struct seki_sent *b, struct seki_err *err)
{
	struct seki_buf path = SEKI_BUF_INIT;

	if (seki_outbox_path(s, b, &path, err) == -1)
		return -1;
	(void)unlink(path.p);
	seki_buf_free(&path);
	if (seki_outbox_parts_drop(s, b, err) == -1)
		return -1;
	return seki_sender_run(s,
	    seki_sender_sql(s, err,
		"DELETE FROM outbox WHERE stream = ? AND epoch = ? AND"
		" seq = ? AND status = 'pending'",
		"sii", b->stream, (int64_t)b->epoch, (int64_t)b->seq),
	    err);
}

int
seki_outbox_open(const struct seki_sent *b, const char *path)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_part part;
	struct stat st;
	char hex[SEKI_HEX];
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == b->size &&
	    seki_zipout_stored(fd, &part, &err) == 0) {
		seki_text_hex(part.sha256, SEKI_SHA256, hex);
		if (part.size == b->size && strcmp(hex, b->sha256) == 0)
			return fd;
	}
	(void)close(fd);
	return -1;
}

int
seki_outbox_same(const struct seki_sent *b, const char *path)
{
	struct stat st;
	int fd = seki_outbox_open(b, path);

	if (fd != -1)
		(void)close(fd);
	else if (lstat(path, &st) == -1 && errno == ENOENT)
		return -1;
	return fd != -1;
}

static int
missing(struct seki_err *err, const char *stream, uint64_t seq)
{
	seki_err_hint(
	    err, "%s", _("seki-pack --list shows what the outbox holds."));
	return seki_fail(err, SEKI_USAGE,
	    _("the outbox has no bundle %llu of stream %s"),
	    (unsigned long long)seq, stream);
}

int
seki_sender_resend(struct seki_sender *s, const char *stream, uint64_t seq,
    const char *path, struct seki_sent *b, struct seki_err *err)
{
	int r = seki_outbox_find(s, stream, NULL, seq, b, err);

	if (r == 0)
		return missing(err, stream, seq);
	if (r == -1 || seki_outbox_publish(s, b, path, NULL, err) == -1)
		return -1;
	if (strcmp(b->status, "unsure") != 0)
		return 0;
	(void)snprintf(b->status, sizeof(b->status), "ready");
	return seki_outbox_status(s, b, "ready", err);
}

int
seki_outbox_restate(struct seki_sender *s, const struct seki_sent *b,
    const char *state, struct seki_err *err)
{
	return seki_sender_run(s,
	    seki_sender_sql(s, err,
		"UPDATE outbox SET state = ? WHERE stream = ? AND epoch = ?"
		" AND seq = ? AND status <> 'withdrawn'",
		"ssii", state, b->stream, (int64_t)b->epoch, (int64_t)b->seq),
	    err);
}

int
seki_outbox_state(struct seki_sender *s, const struct seki_sent *b,
    char **state, struct seki_err *err)
{
	sqlite3_stmt *stmt;
	const unsigned char *text;
	int r;

	*state = NULL;
	if (b == NULL) {
		*state = strdup("{}");
		return *state == NULL ? seki_err_nomem(err) : 0;
	}
	stmt = seki_sender_sql(s, err,
	    "SELECT state FROM outbox WHERE stream = ? AND epoch = ? AND"
	    " seq = ? AND status <> 'withdrawn'",
	    "sii", b->stream, (int64_t)b->epoch, (int64_t)b->seq);
	if (stmt == NULL)
		return -1;
	if ((r = seki_sender_step(s, stmt, err)) == 1) {
		text = sqlite3_column_text(stmt, 0);
		*state = strdup(text != NULL ? (const char *)text : "{}");
	}
	(void)sqlite3_finalize(stmt);
	if (r == -1)
		return -1;
	return *state == NULL ? seki_err_nomem(err) : 0;
}

static int
give_back(struct seki_sender *s, struct seki_sent *b, char **state,
    struct seki_err *err)
{
	struct seki_sent *before = calloc(1, sizeof(*before));
	int r = -1;

	if (before == NULL)
		return seki_err_nomem(err);
	if (seki_sender_begin(s, err) == 0 &&
	    seki_outbox_status(s, b, "withdrawn", err) == 0 &&
	    (r = seki_outbox_find(s, b->stream, NULL, 0, before, err)) != -1) {
		const struct seki_sent *to = r == 1 ? before : NULL;

		if (seki_outbox_state(s, to, state, err) == -1 ||
		    seki_sender_place(s, b->stream, to, err) == -1 ||
		    seki_sender_note(s, "withdraw", b, err) == -1)
			r = -1;
		else
			r = seki_sender_commit(s, err);
	}
	seki_sender_rollback(s);
	free(before);
	return r;
}

/* The files last: until it is withdrawn it can be handed out again.  What a
 * kill leaves of them goes when the number is used again. */
int
seki_sender_withdraw(struct seki_sender *s, const char *stream, uint64_t seq,
    struct seki_sent *b, char **state, struct seki_err *err)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	struct seki_buf path = SEKI_BUF_INIT;
	int r = seki_outbox_find(s, stream, NULL, 0, b, err);

	if (r == 1 && b->seq > seq) {
		seki_err_hint(err, "%s",
		    _("Withdraw the later ones first, the last one before"
		      " all."));
		return seki_fail(err, SEKI_ORDER,
		    _("bundle %llu of the stream was packed after it"),
		    (unsigned long long)b->seq);
	}
	if (r == 0 || (r == 1 && b->seq != seq))
		return missing(err, stream, seq);
	if (r == -1 || give_back(s, b, state, err) == -1)
		return -1;
	(void)snprintf(b->status, sizeof(b->status), "withdrawn");
	if (seki_outbox_path(s, b, &path, &ignored) == 0)
		(void)unlink(path.p);
	seki_buf_free(&path);
	(void)seki_outbox_parts_drop(s, b, &ignored);
	return 0;
}
