#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pull_int.h"

/* The ids of one pull, one a line, beside the bookmarks: what is there and
 * missing the next time was deleted. */
struct seki_ids {
	struct seki_out *out;
	struct seki_sha256 sha;
	uint64_t n;
};

static int
name_of(struct seki_buf *b, const char *bookmarks, const char *name,
    struct seki_err *err)
{
	return seki_buf_fmt(b, err, "%s.%s", bookmarks, name);
}

struct seki_ids *
seki_ids_create(const char *bookmarks, const char *name, struct seki_err *err)
{
	struct seki_buf path = SEKI_BUF_INIT;
	struct seki_ids *ids = calloc(1, sizeof(*ids));

	if (ids == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	if (seki_sha256_init(&ids->sha, err) == 0 &&
	    name_of(&path, bookmarks, name, err) == 0)
		ids->out = seki_out_file(path.p, 0600, SEKI_OUT_REPLACE, err);
	seki_buf_free(&path);
	if (ids->out != NULL)
		return ids;
	seki_ids_abort(ids);
	return NULL;
}

int
seki_ids_put(
    struct seki_ids *ids, const uint64_t *id, size_t n, struct seki_err *err)
{
	char line[24];
	size_t i, k;

	for (i = 0; i < n; i++) {
		k = (size_t)snprintf(
		    line, sizeof(line), "%llu\n", (unsigned long long)id[i]);
		seki_sha256_add(&ids->sha, line, k);
		if (seki_out_write(ids->out, line, k, err) == -1)
			return -1;
	}
	ids->n += n;
	return 0;
}

int
seki_ids_commit(
    struct seki_ids *ids, struct seki_ids_note *note, struct seki_err *err)
{
	unsigned char digest[SEKI_SHA256];
	struct seki_out *out = ids->out;

	seki_sha256_end(&ids->sha, digest);
	seki_text_hex(digest, sizeof(digest), note->sha256);
	note->n = ids->n;
	ids->out = NULL;
	seki_ids_abort(ids);
	return seki_out_commit(out, err);
}

void
seki_ids_abort(struct seki_ids *ids)
{
	if (ids == NULL)
		return;
	seki_out_abort(ids->out);
	seki_sha256_free(&ids->sha);
	free(ids);
}

/* A list being read; after 0 its digest must be the one noted. */
struct list {
	struct seki_in *in;
	unsigned char digest[SEKI_SHA256];
	uint64_t size, id, n;
};

static int
list_open(struct list *l, const char *bookmarks,
    const struct seki_ids_note *note, struct seki_err *err)
{
	struct seki_buf path = SEKI_BUF_INIT;
	struct seki_in *in = NULL;

	memset(l, 0, sizeof(*l));
	if (name_of(&path, bookmarks, note->name, err) == 0)
		in = seki_in_file(path.p, 0, err);
	if (in != NULL)
		l->in = seki_in_sha256(in, l->digest, &l->size, err);
	if (l->in == NULL && path.p != NULL) {
		seki_err_object(err, path.p);
		seki_err_hint(err, "%s",
		    _("Pull once in full, with --deletes and not --delta."));
	}
	seki_buf_free(&path);
	return l->in == NULL ? -1 : 0;
}

static int
list_bad(const struct list *l, struct seki_err *err)
{
	if (err->reason == SEKI_OK)
		(void)seki_fail(err, SEKI_CONFIG, "%s",
		    _("the list of ids is not the one that was written"));
	seki_err_object(err, seki_in_name(l->in));
	seki_err_hint(
	    err, "%s", _("Pull once in full, with --deletes and not --delta."));
	return -1;
}

static int
list_next(
    struct list *l, const struct seki_ids_note *note, struct seki_err *err)
{
	char hex[SEKI_HEX], *line;
	uint64_t before = l->id;
	size_t n;
	int r = seki_in_line(l->in, &line, &n, 32, err);

	if (r == -1)
		return list_bad(l, err);
	if (r == 0) {
		seki_text_hex(l->digest, sizeof(l->digest), hex);
		return strcmp(hex, note->sha256) == 0 && l->n == note->n
			   ? 0
			   : list_bad(l, err);
	}
	if (!seki_page_id_ok(line, n))
		return list_bad(l, err);
	l->id = strtoull(line, NULL, 10);
	l->n++;
	return l->id > before ? 1 : list_bad(l, err);
}

static int
merge(struct list *old, const struct seki_ids_note *was, struct list *now,
    const struct seki_ids_note *is, struct seki_out *out, size_t *n,
    struct seki_err *err)
{
	int a, b = list_next(now, is, err);

	while ((a = list_next(old, was, err)) == 1) {
		while (b == 1 && now->id < old->id)
			b = list_next(now, is, err);
		if (b == -1)
			return -1;
		if (b == 1 && now->id == old->id)
			continue;
		if (seki_out_write(out, &old->id, sizeof(old->id), err) == -1)
			return -1;
		++*n;
	}
	while (a == 0 && b == 1)
		b = list_next(now, is, err);
	return a == 0 && b == 0 ? 0 : -1;
}

static int
map(int fd, struct seki_gone *gone, struct seki_err *err)
{
	void *p;

	if (gone->n == 0)
		return 0;
	p = mmap(
	    NULL, gone->n * sizeof(*gone->id), PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return seki_err_errno(err, _("spool"));
	gone->id = p;
	return 0;
}

int
seki_ids_gone(const char *bookmarks, const struct seki_ids_note *was,
    const struct seki_ids_note *is, struct seki_gone *gone,
    struct seki_err *err)
{
	struct list old = { .in = NULL }, now = { .in = NULL };
	struct seki_out *out = NULL;
	int fd, r = -1;

	memset(gone, 0, sizeof(*gone));
	if ((fd = seki_dir_spool(NULL, err)) == -1)
		return -1;
	if (list_open(&old, bookmarks, was, err) == 0 &&
	    list_open(&now, bookmarks, is, err) == 0 &&
	    (out = seki_out_fd(fd, _("spool"), err)) != NULL) {
		r = merge(&old, was, &now, is, out, &gone->n, err);
		if (r == 0)
			r = seki_out_flush(out, err);
		seki_out_abort(out);
	}
	if (r == 0)
		r = map(fd, gone, err);
	seki_in_free(old.in);
	seki_in_free(now.in);
	(void)close(fd);
	return r;
}

static int
both(struct list *l, const struct seki_ids_note *note,
    const struct seki_gone *more, struct seki_ids *to, struct seki_err *err)
{
	size_t i = 0;
	int r;

	do {
		if ((r = list_next(l, note, err)) == -1)
			return -1;
		for (; i < more->n && (r == 0 || more->id[i] < l->id); i++)
			if (seki_ids_put(to, &more->id[i], 1, err) == -1)
				return -1;
		if (r == 1 && seki_ids_put(to, &l->id, 1, err) == -1)
			return -1;
	} while (r == 1);
	return 0;
}

int
seki_ids_join(const char *bookmarks, struct seki_ids_note *note,
    const struct seki_gone *more, const char *name, struct seki_err *err)
{
	struct seki_ids_note was = *note;
	struct seki_ids *to = NULL;
	struct list l;
	int r = -1;

	if (list_open(&l, bookmarks, &was, err) == 0 &&
	    (to = seki_ids_create(bookmarks, name, err)) != NULL &&
	    both(&l, &was, more, to, err) == 0) {
		(void)snprintf(note->name, sizeof(note->name), "%s", name);
		r = seki_ids_commit(to, note, err);
		to = NULL;
	}
	seki_ids_abort(to);
	seki_in_free(l.in);
	if (r == 0)
		seki_ids_remove(bookmarks, was.name);
	return r;
}

void
seki_ids_remove(const char *bookmarks, const char *name)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf path = SEKI_BUF_INIT;

	if (name_of(&path, bookmarks, name, &err) == 0)
		(void)unlink(path.p);
	seki_buf_free(&path);
}

void
seki_ids_gone_free(struct seki_gone *gone)
{
	if (gone->id != NULL)
		(void)munmap(
		    (void *)(uintptr_t)gone->id, gone->n * sizeof(*gone->id));
	memset(gone, 0, sizeof(*gone));
}

size_t
seki_ids_after(const struct seki_gone *gone, uint64_t id)
{
	size_t lo = 0, hi = gone->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (gone->id[mid] <= id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* What follows the bookmarks' name and a dot, when it is a list's. */
static const char *
list_name(const char *name, const char *base, size_t n)
{
	return strncmp(name, base, n) == 0 && strncmp(name + n, ".ids-", 5) == 0
		   ? name + n + 1
		   : NULL;
}

/* "ids-INSTANT-PID.XXXXXX.tmp": a list that is being written. */
static int
unfinished(const char *s)
{
	size_t n = strlen(s);

	return n > 4 && strcmp(s + n - 4, ".tmp") == 0;
}

/* Does the run go on whose list it is?  By its pid; but of another host's, or
 * of a number that is in use again, nothing is ours after an hour without a
 * word. */
static int
at_work(int dir, const char *file, const char *s)
{
	const char *dash = strrchr(s, '-');
	long pid = dash != NULL ? strtol(dash + 1, NULL, 10) : 0;
	struct stat st;

	if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_mtime + 3600 < time(NULL))
		return 0;
	/* Ours is not begun yet. */
	if (pid <= 0 || pid == getpid())
		return 0;
	return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

static void
sweep_unfinished(DIR *d, const char *base)
{
	size_t n = strlen(base);
	struct dirent *e;
	const char *s;

	while ((e = readdir(d)) != NULL)
		if ((s = list_name(e->d_name, base, n)) != NULL &&
		    unfinished(s) && !at_work(dirfd(d), e->d_name, s))
			(void)unlinkat(dirfd(d), e->d_name, 0);
	rewinddir(d);
}

static void
sweep(DIR *d, const char *base, const char *keep)
{
	char newest[256] = "";
	size_t n = strlen(base);
	struct dirent *e;
	const char *s;

	while ((e = readdir(d)) != NULL)
		if ((s = list_name(e->d_name, base, n)) != NULL &&
		    !unfinished(s) && strcmp(s, keep) != 0 &&
		    strcmp(s, newest) > 0)
			(void)snprintf(newest, sizeof(newest), "%s", s);
	rewinddir(d);
	while ((e = readdir(d)) != NULL)
		if ((s = list_name(e->d_name, base, n)) != NULL &&
		    !unfinished(s) && strcmp(s, keep) != 0 &&
		    strcmp(s, newest) != 0)
			(void)unlinkat(dirfd(d), e->d_name, 0);
}

/* Lists of runs whose state was never taken over; but the last one's may be: a
 * run that was ended before it stored the bookmarks of what it packed. */
void
seki_ids_sweep(const char *bookmarks, const char *keep)
{
	char *path = strdup(bookmarks), *copy = strdup(bookmarks), *base;
	DIR *d;

	if (path != NULL && copy != NULL &&
	    (d = opendir(dirname(path))) != NULL) {
		base = basename(copy);
		sweep_unfinished(d, base);
		if (keep != NULL)
			sweep(d, base, keep);
		(void)closedir(d);
	}
	free(path);
	free(copy);
}
