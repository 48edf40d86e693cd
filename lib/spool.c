#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach_int.h"

/* Files on their way in; what a killed run left of these is removed. */
#define NEW "new."

struct seki_spool {
	char *path;
	int dir, lock;
	struct seki_index *index;
};

struct seki_spool_new {
	struct seki_spool *to;
	char name[32];
	int fd, at;
	struct seki_sha256 sha;
};

/* Others must not even look in: it holds what people attached. */
static int
closed(const char *dir, struct seki_err *err)
{
	struct stat st;

	if (seki_dir_private(dir, 0, err) == -1)
		return -1;
	if (stat(dir, &st) == 0 && (st.st_mode & 077) != 0) {
		seki_err_object(err, dir);
		seki_err_hint(err, "chmod 700 %s", dir);
		return seki_fail(err, SEKI_UNSAFE,
		    _("others may look into the folder (mode %04o)"),
		    (unsigned)st.st_mode & 07777);
	}
	return 0;
}

static struct seki_spool *
spool_new(const char *dir, struct seki_err *err)
{
	struct seki_spool *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->path = strdup(dir)) == NULL) {
		free(s);
		(void)seki_err_nomem(err);
		return NULL;
	}
	s->lock = s->dir = -1;
	if (closed(dir, err) == 0) {
		s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (s->dir != -1)
			return s;
		(void)seki_err_errno(err, _("folder"));
		seki_err_object(err, dir);
	}
	seki_spool_free(s);
	return NULL;
}

struct seki_spool *
seki_spool_read(const char *dir, struct seki_err *err)
{
	return spool_new(dir, err);
}

/* Under the lock nobody else writes here. */
static void
sweep(const struct seki_spool *s)
{
	int fd = dup(s->dir);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, NEW, strlen(NEW)) == 0)
			(void)unlinkat(s->dir, e->d_name, 0);
	if (d != NULL)
		(void)closedir(d);
	else if (fd != -1)
		(void)close(fd);
}

struct seki_spool *
seki_spool_open(const char *dir, int create, struct seki_err *err)
{
	struct seki_buf lock = SEKI_BUF_INIT, index = SEKI_BUF_INIT;
	struct seki_spool *s = NULL;
	int ok;

	if (seki_dir_private(dir, create, err) == -1 ||
	    (s = spool_new(dir, err)) == NULL)
		return NULL;
	ok = seki_buf_fmt(&lock, err, "%s/lock", dir) == 0 &&
	     seki_buf_fmt(&index, err, "%s/index", dir) == 0 &&
	     (s->lock = seki_dir_lock(lock.p, err)) != -1;
	if (ok) {
		sweep(s);
		ok = (s->index = seki_index_open(index.p, err)) != NULL;
	}
	seki_buf_free(&lock);
	seki_buf_free(&index);
	if (ok)
		return s;
	seki_spool_free(s);
	return NULL;
}

struct seki_spool *
seki_spool_keep(const char *dir, struct seki_err *err)
{
	struct seki_spool *s;

	if (seki_dir_private(dir, 1, err) == -1 ||
	    (s = spool_new(dir, err)) == NULL)
		return NULL;
	sweep(s);
	return s;
}

void
seki_spool_free(struct seki_spool *s)
{
	if (s == NULL)
		return;
	seki_index_free(s->index);
	if (s->dir != -1)
		(void)close(s->dir);
	if (s->lock != -1)
		(void)close(s->lock);
	free(s->path);
	free(s);
}

const char *
seki_spool_path(const struct seki_spool *s)
{
	return s->path;
}

static int
fail(const struct seki_spool *s, const char *what, struct seki_err *err)
{
	(void)seki_err_errno(err, what);
	seki_err_object(err, s->path);
	seki_err_next(err);
	return -1;
}

int
seki_spool_sync(struct seki_spool *s, struct seki_err *err)
{
	return fsync(s->dir) == -1 ? fail(s, _("write"), err) : 0;
}

int
seki_spool_find(struct seki_spool *s, const struct seki_file_id *id,
    char hex[SEKI_HEX], struct seki_err *err)
{
	return seki_index_find(s->index, id, hex, err);
}

int
seki_spool_note(struct seki_spool *s, const struct seki_file_id *id,
    const char *hex, struct seki_err *err)
{
	return seki_index_note(s->index, id, hex, err);
}

static int
hex_ok(const char *hex)
{
	return strlen(hex) == SEKI_HEX - 1 &&
	       strspn(hex, "0123456789abcdef") == SEKI_HEX - 1;
}

int
seki_spool_file(
    struct seki_spool *s, const char *hex, uint64_t size, struct seki_err *err)
{
	struct stat st;
	int fd;

	if (!hex_ok(hex))
		return seki_fail(err, SEKI_BUG, "spool");
	fd =
	    openat(s->dir, hex, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1 && (errno == ENOENT || errno == ELOOP || errno == ENXIO)) {
		seki_err_object(err, s->path);
		return seki_fail(err, SEKI_FILE,
		    _("the attachment is not in the folder (%.16s…)"), hex);
	}
	if (fd == -1 || fstat(fd, &st) == -1) {
		(void)fail(s, _("read"), err);
	} else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != size) {
		seki_err_object(err, s->path);
		(void)seki_fail(err, SEKI_DIGEST,
		    _("the attachment's file is damaged (%.16s…)"), hex);
	} else {
		return fd;
	}
	if (fd != -1)
		(void)close(fd);
	return -1;
}

/* The digest of all that can be read. */
static int
digest(struct seki_spool *s, int fd, struct seki_buf *head, char hex[SEKI_HEX],
    struct seki_err *err)
{
	unsigned char sum[SEKI_SHA256], *buf = malloc(SEKI_CHUNK);
	struct seki_sha256 sha;
	ssize_t n = -1;

	if (buf == NULL || seki_sha256_init(&sha, err) == -1) {
		free(buf);
		return seki_err_nomem(err);
	}
	while ((n = read(fd, buf, SEKI_CHUNK)) > 0) {
		seki_sha256_add(&sha, buf, (size_t)n);
		if (head != NULL && head->n < SEKI_MAGIC_HEAD &&
		    seki_buf_add(head, buf, (size_t)n, err) == -1)
			break;
	}
	seki_sha256_end(&sha, sum);
	seki_sha256_free(&sha);
	free(buf);
	seki_text_hex(sum, sizeof(sum), hex);
	if (n == 0)
		return 0;
	return err->reason != SEKI_OK ? -1 : fail(s, _("read"), err);
}

int
seki_spool_holds(struct seki_spool *s, const char *hex, uint64_t size,
    struct seki_buf *head, struct seki_err *err)
{
	struct seki_err e = SEKI_ERR_INIT;
	int fd = seki_spool_file(s, hex, size, &e), r;
	char found[SEKI_HEX];

	if (fd == -1 && (e.reason == SEKI_FILE || e.reason == SEKI_DIGEST))
		return 0;
	if (fd == -1) {
		*err = e;
		return -1;
	}
	/* A bad sector reads as an error: the file is fetched again. */
	r = digest(s, fd, head, found, &e);
	(void)close(fd);
	if (e.reason == SEKI_NOMEM)
		*err = e;
	return r == -1 ? (e.reason == SEKI_NOMEM ? -1 : 0)
		       : strcmp(found, hex) == 0;
}

struct seki_spool_new *
seki_spool_begin(struct seki_spool *s, struct seki_err *err)
{
	struct seki_spool_new *f = calloc(1, sizeof(*f));
	struct seki_buf path = SEKI_BUF_INIT;

	if (f == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	f->to = s;
	f->fd = f->at = -1;
	if (seki_sha256_init(&f->sha, err) == -1 ||
	    seki_buf_fmt(&path, err, "%s/" NEW "XXXXXX", s->path) == -1) {
		seki_buf_free(&path);
		seki_spool_abort(f);
		return NULL;
	}
	if ((f->fd = seki_tmp_open(path.p, 0, &f->at)) == -1)
		(void)fail(s, _("write"), err);
	else
		(void)snprintf(
		    f->name, sizeof(f->name), "%s", strrchr(path.p, '/') + 1);
	seki_buf_free(&path);
	if (f->fd != -1)
		return f;
	seki_spool_abort(f);
	return NULL;
}

int
seki_spool_restart(struct seki_spool_new *f, struct seki_err *err)
{
	seki_sha256_restart(&f->sha);
	if (ftruncate(f->fd, 0) == -1 || lseek(f->fd, 0, SEEK_SET) == -1)
		return fail(f->to, _("write"), err);
	return 0;
}

int
seki_spool_write(
    struct seki_spool_new *f, const void *p, size_t n, struct seki_err *err)
{
	const char *s = p;
	ssize_t r;

	seki_sha256_add(&f->sha, p, n);
	while (n > 0) {
		if ((r = write(f->fd, s, n)) == -1 && errno != EINTR)
			return fail(f->to, _("write"), err);
		s += r > 0 ? r : 0;
		n -= r > 0 ? (size_t)r : 0;
	}
	return 0;
}

/* Durable under its digest, which must be want unless that is NULL. */
static int
commit(struct seki_spool_new *f, const char *want, char hex[SEKI_HEX],
    struct seki_err *err)
{
	unsigned char sum[SEKI_SHA256];
	int r = 0;

	seki_sha256_end(&f->sha, sum);
	seki_text_hex(sum, sizeof(sum), hex);
	if (want != NULL && strcmp(hex, want) != 0)
		r = seki_fail(err, SEKI_DIGEST, "%s",
		    _("the attachment's file is damaged"));
	else if (fsync(f->fd) == -1 ||
		 renameat(f->to->dir, f->name, f->to->dir, hex) == -1)
		r = fail(f->to, _("write"), err);
	else
		f->name[0] = '\0';
	seki_spool_abort(f);
	return r;
}

int
seki_spool_commit(
    struct seki_spool_new *f, char hex[SEKI_HEX], struct seki_err *err)
{
	return commit(f, NULL, hex, err);
}

static int
write_all(struct seki_spool_new *f, struct seki_in *in, struct seki_err *err)
{
	unsigned char *buf = malloc(SEKI_CHUNK);
	ssize_t n;

	if (buf == NULL)
		return seki_err_nomem(err);
	while ((n = seki_in_read(in, buf, SEKI_CHUNK, err)) > 0)
		if (seki_spool_write(f, buf, (size_t)n, err) == -1) {
			n = -1;
			break;
		}
	free(buf);
	return n == -1 ? -1 : 0;
}

int
seki_spool_put(struct seki_spool *s, struct seki_in *in, const char *want,
    struct seki_err *err)
{
	struct seki_spool_new *f = seki_spool_begin(s, err);
	char hex[SEKI_HEX];
	int r = -1;

	if (f != NULL && seki_spool_restart(f, err) == 0 &&
	    write_all(f, in, err) == 0) {
		r = commit(f, want, hex, err);
		f = NULL;
	}
	seki_spool_abort(f);
	return r;
}

void
seki_spool_abort(struct seki_spool_new *f)
{
	if (f == NULL)
		return;
	if (f->fd != -1)
		(void)close(f->fd);
	if (f->name[0] != '\0')
		(void)unlinkat(f->to->dir, f->name, 0);
	seki_tmp_forget(f->at);
	if (f->sha.ctx != NULL)
		seki_sha256_free(&f->sha);
	free(f);
}
