#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sender_cut.h"

/*
 * What of a bundle is handed out: its kept file, or, when it was too large,
 * those of its parts, which are kept beside it.
 */

int
seki_outbox_part_path(const struct seki_sender *s, const struct seki_sent *b,
    uint64_t n, struct seki_buf *to, struct seki_err *err)
{
	struct seki_buf whole = SEKI_BUF_INIT;
	int r = seki_outbox_path(s, b, &whole, err);

	/* A bundle's file ends in its number: no part has the name of one. */
	if (r == 0)
		r = seki_part_name(whole.p, n, b->parts, to, err);
	seki_buf_free(&whole);
	return r;
}

int
seki_outbox_parts_add(struct seki_sender *s, const struct seki_sent *b,
    const struct seki_cut_parts *p, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (seki_sender_run(s,
			seki_sender_sql(s, err,
			    "INSERT OR REPLACE INTO part VALUES "
			    "(?,?,?,?,?,?,?)",
			    "siiiiis", b->stream, (int64_t)b->epoch,
			    (int64_t)b->seq, (int64_t)(i + 1),
			    (int64_t)p->v[i].records, (int64_t)p->v[i].size,
			    p->v[i].sha256),
			err) == -1)
			return -1;
	return 0;
}

static void
remove_files(struct seki_sender *s, const struct seki_sent *b)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	struct seki_buf path = SEKI_BUF_INIT;
	uint64_t n;

	for (n = 1; b->parts > 1 && n <= b->parts; n++) {
		seki_buf_reset(&path);
		if (seki_outbox_part_path(s, b, n, &path, &ignored) == 0)
			(void)unlink(path.p);
	}
	seki_buf_free(&path);
}

int
seki_outbox_parts_drop(
    struct seki_sender *s, const struct seki_sent *b, struct seki_err *err)
{
	remove_files(s, b);
	return seki_sender_run(s,
	    seki_sender_sql(s, err,
		"DELETE FROM part WHERE stream = ? AND epoch = ? AND seq = ?",
		"sii", b->stream, (int64_t)b->epoch, (int64_t)b->seq),
	    err);
}

int
seki_outbox_parts_left(
    struct seki_sender *s, const struct seki_sent *b, struct seki_err *err)
{
	struct seki_sent *old = malloc(sizeof(*old));
	sqlite3_stmt *stmt;
	int r = -1;

	if (old == NULL)
		return seki_err_nomem(err);
	*old = *b;
	stmt = seki_sender_sql(s, err,
	    "SELECT DISTINCT o.parts FROM outbox o JOIN part USING (stream,"
	    " epoch, seq) WHERE stream = ? AND epoch = ? AND seq = ?"
	    " AND status = 'withdrawn'",
	    "sii", b->stream, (int64_t)b->epoch, (int64_t)b->seq);
	while (stmt != NULL && (r = seki_sender_step(s, stmt, err)) == 1) {
		old->parts = (uint64_t)sqlite3_column_int64(stmt, 0);
		remove_files(s, old);
	}
	(void)sqlite3_finalize(stmt);
	old->parts = 1;
	if (r == 0)
		r = seki_outbox_parts_drop(s, old, err);
	free(old);
	return r;
}

/* The bundle as if part n were all of it. */
static struct seki_sent *
as_part(struct seki_sender *s, const struct seki_sent *b, uint64_t n,
    struct seki_err *err)
{
	struct seki_sent *p = malloc(sizeof(*p));
	sqlite3_stmt *stmt;
	int r = -1;

	if (p == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	*p = *b;
	stmt = seki_sender_sql(s, err,
	    "SELECT records, size, sha256 FROM part WHERE stream = ? AND"
	    " epoch = ? AND seq = ? AND n = ?",
	    "siii", b->stream, (int64_t)b->epoch, (int64_t)b->seq, (int64_t)n);
	if (stmt != NULL && (r = seki_sender_step(s, stmt, err)) == 1) {
		p->records = (uint64_t)sqlite3_column_int64(stmt, 0);
		p->size = (uint64_t)sqlite3_column_int64(stmt, 1);
		(void)snprintf(p->sha256, sizeof(p->sha256), "%s",
		    (const char *)sqlite3_column_text(stmt, 2));
	}
	(void)sqlite3_finalize(stmt);
	if (r == 1)
		return p;
	free(p);
	if (r == 0)
		(void)seki_fail(err, SEKI_SCHEMA, "%s",
		    _("state.db does not know a part of a bundle it knows"));
	return NULL;
}

/* fn for each file that is handed out: kept is where it lies, name is what it
 * is called under path. */
static int
each(struct seki_sender *s, const struct seki_sent *b, const char *path,
    int (*fn)(const struct seki_sent *, const char *kept, const char *name,
	void *, struct seki_err *),
    void *ctx, struct seki_err *err)
{
	struct seki_buf kept = SEKI_BUF_INIT, name = SEKI_BUF_INIT;
	struct seki_sent *p;
	uint64_t n;
	int r = 0;

	if (b->parts <= 1) {
		r = seki_outbox_path(s, b, &kept, err);
		if (r == 0)
			r = fn(b, kept.p, path, ctx, err);
	}
	for (n = 1; r == 0 && b->parts > 1 && n <= b->parts; n++) {
		seki_buf_reset(&kept);
		seki_buf_reset(&name);
		p = as_part(s, b, n, err);
		r = p == NULL ||
			    seki_outbox_part_path(s, b, n, &kept, err) == -1 ||
			    seki_part_name(path, n, b->parts, &name, err) == -1
			? -1
			: fn(p, kept.p, name.p, ctx, err);
		free(p);
	}
	seki_buf_free(&kept);
	seki_buf_free(&name);
	return r;
}

struct seen {
	uint64_t same, absent, files;
};

static int
look_kept(const struct seki_sent *p, const char *kept, const char *name,
    void *ctx, struct seki_err *err)
{
	struct seen *seen = ctx;

	(void)name;
	(void)err;
	seen->files++;
	seen->same += seki_outbox_same(p, kept) == 1;
	return 0;
}

int
seki_outbox_whole(struct seki_sender *s, const struct seki_sent *b)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	struct seki_buf path = SEKI_BUF_INIT;
	struct seen seen = { 0, 0, 0 };
	int r = seki_outbox_path(s, b, &path, &ignored) == 0 &&
		seki_outbox_same(b, path.p) == 1 &&
		each(s, b, b->name, look_kept, &seen, &ignored) == 0;

	seki_buf_free(&path);
	return r && seen.same == seen.files;
}

static int
look_there(const struct seki_sent *p, const char *kept, const char *name,
    void *ctx, struct seki_err *err)
{
	struct seen *seen = ctx;
	int r = seki_outbox_same(p, name);

	(void)kept;
	(void)err;
	seen->files++;
	seen->same += r == 1;
	seen->absent += r == -1;
	return 0;
}

int
seki_outbox_there(
    struct seki_sender *s, const struct seki_sent *b, const char *path)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	struct seen seen = { 0, 0, 0 };

	if (each(s, b, path, look_there, &seen, &ignored) == -1)
		return 0;
	return seen.same == seen.files ? 1 : seen.absent == seen.files ? -1 : 0;
}

struct shown {
	const struct seki_packing *o;
	uint64_t largest;
};

static int
show(const struct seki_sent *p, const char *kept, const char *name, void *ctx,
    struct seki_err *err)
{
	struct shown *shown = ctx;
	const struct seki_packing *o = shown->o;

	if (p->size > shown->largest)
		shown->largest = p->size;
	if (o->finished == NULL || (o->max_size > 0 && p->size > o->max_size))
		return 0;
	return o->finished(kept, name, o->ctx, err);
}

int
seki_outbox_shown(struct seki_sender *s, const struct seki_sent *b,
    const struct seki_packing *o, uint64_t *largest, struct seki_err *err)
{
	struct shown shown = { .o = o };
	int r = each(s, b, o->path, show, &shown, err);

	*largest = shown.largest;
	return r;
}

/* What a run that was ended handed out already, stays as it is. */
struct given {
	char *name[SEKI_SET_MAX];
	size_t n;
	struct seki_sigfile *text; /* beside a bundle in one file */
};

static int
give(const struct seki_sent *p, const char *kept, const char *name, void *ctx,
    struct seki_err *err)
{
	struct given *g = ctx;
	int fd, r;

	if (p->parts > 1 && seki_outbox_same(p, name) == 1)
		return 0;
	if ((fd = seki_outbox_open(p, kept)) == -1) {
		seki_err_object(err, kept);
		return seki_fail(err, SEKI_DIGEST, "%s",
		    _("the kept bundle is missing or was changed"));
	}
	if ((g->name[g->n] = strdup(name)) == NULL)
		r = seki_err_nomem(err);
	else if ((r = seki_publish(fd, name, g->text, err)) == 0)
		g->n++;
	else
		free(g->name[g->n]);
	(void)close(fd);
	return r;
}

int
seki_outbox_publish(struct seki_sender *s, const struct seki_sent *b,
    const char *path, struct seki_sigfile *text, struct seki_err *err)
{
	struct given g = { .text = b->parts > 1 ? NULL : text };
	int r = each(s, b, path, give, &g, err);

	/* All parts, or none. */
	while (g.n > 0) {
		if (r == -1)
			(void)unlink(g.name[g.n - 1]);
		free(g.name[--g.n]);
	}
	return r;
}
