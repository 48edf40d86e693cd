#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seki_int.h"

/* A stream is a small table of operations around the one below it. */
struct ops {
	ssize_t (*read)(struct seki_in *, void *, size_t, struct seki_err *);
	void (*free)(struct seki_in *);
};

struct seki_in {
	const struct ops *ops;
	char *name;
	struct seki_in *below;
	int fd;
	const char *mem;
	size_t left;
	struct seki_sha256 sha;
	unsigned char *digest;
	uint64_t *count;
	const struct seki_in_ops *own;
	void *ctx;
	char *buf; /* of seki_in_line */
	size_t at, fill, size;
	struct seki_err sticky;
};

static struct seki_in *new (
    const struct ops *ops, const char *name, struct seki_err *err)
{
	struct seki_in *in = calloc(1, sizeof(*in));

	if (in == NULL || (in->name = strdup(name)) == NULL) {
		free(in);
		(void)seki_err_nomem(err);
		return NULL;
	}
	in->ops = ops;
	in->fd = -1;
	return in;
}

static ssize_t
read_fd(struct seki_in *in, void *p, size_t n, struct seki_err *err)
{
	ssize_t r;

	do
		r = read(in->fd, p, n);
	while (r == -1 && errno == EINTR);
	if (r == -1)
		(void)seki_err_errno(err, in->name);
	return r;
}

static void
free_fd(struct seki_in *in)
{
	(void)close(in->fd);
}

static const struct ops fd_ops = { read_fd, free_fd };

struct seki_in *
seki_in_fd(int fd, const char *name, struct seki_err *err)
{
	struct seki_in *in = new (&fd_ops, name, err);

	if (in == NULL)
		(void)close(fd);
	else
		in->fd = fd;
	return in;
}

/* O_NONBLOCK: opening a FIFO must not wait for somebody to write to it. */
static int
open_regular(
    const char *path, uint64_t max, struct stat *st, struct seki_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd == -1 && errno == ELOOP)
		return seki_fail(err, SEKI_FILE, "%s",
		    _("a symbolic link, not a regular file"));
	if (fd == -1 && errno == ENXIO)
		return seki_fail(err, SEKI_FILE, "%s", _("not a regular file"));
	if (fd == -1)
		return seki_err_errno(err, _("open"));
	if (fstat(fd, st) == -1)
		(void)seki_err_errno(err, _("open"));
	else if (S_ISDIR(st->st_mode))
		(void)seki_fail(
		    err, SEKI_FILE, "%s", _("a folder, not a regular file"));
	else if (!S_ISREG(st->st_mode))
		(void)seki_fail(err, SEKI_FILE, "%s", _("not a regular file"));
	else if (max > 0 && (uint64_t)st->st_size > max)
		(void)seki_fail(err, SEKI_LIMIT,
		    _("%llu bytes, the limit is %llu"),
		    (unsigned long long)st->st_size, (unsigned long long)max);
	else
		return fd;
	(void)close(fd);
	return -1;
}

struct seki_in *
seki_in_file(const char *path, uint64_t max, struct seki_err *err)
{
	struct stat st;
	int fd = open_regular(path, max, &st, err);

	if (fd != -1)
		return seki_in_fd(fd, path, err);
	seki_err_object(err, path);
	return NULL;
}

static ssize_t
read_mem(struct seki_in *in, void *p, size_t n, struct seki_err *err)
{
	(void)err;
	if (n > in->left)
		n = in->left;
	if (n > 0)
		memcpy(p, in->mem, n);
	in->mem += n;
	in->left -= n;
	return (ssize_t)n;
}

static const struct ops mem_ops = { read_mem, NULL };

struct seki_in *
seki_in_mem(const void *p, size_t n, const char *name, struct seki_err *err)
{
	struct seki_in *in = new (&mem_ops, name, err);

	if (in == NULL)
		return NULL;
	in->mem = p;
	in->left = n;
	return in;
}

static ssize_t
read_own(struct seki_in *in, void *p, size_t n, struct seki_err *err)
{
	return in->own->read(in->ctx, p, n, err);
}

static void
free_own(struct seki_in *in)
{
	in->own->free(in->ctx);
}

static const struct ops own_ops = { read_own, free_own };

struct seki_in *
seki_in_new(const struct seki_in_ops *own, void *ctx, const char *name,
    struct seki_err *err)
{
	struct seki_in *in = new (&own_ops, name, err);

	if (in == NULL) {
		own->free(ctx);
		return NULL;
	}
	in->own = own;
	in->ctx = ctx;
	return in;
}

static ssize_t
read_sha(struct seki_in *in, void *p, size_t n, struct seki_err *err)
{
	ssize_t r = seki_in_read(in->below, p, n, err);

	if (r > 0) {
		seki_sha256_add(&in->sha, p, (size_t)r);
		*in->count += (uint64_t)r;
	} else if (r == 0 && in->digest != NULL) {
		seki_sha256_end(&in->sha, in->digest);
		in->digest = NULL;
	}
	return r;
}

static void
free_sha(struct seki_in *in)
{
	seki_sha256_free(&in->sha);
}

static const struct ops sha_ops = { read_sha, free_sha };

struct seki_in *
seki_in_sha256(struct seki_in *below, unsigned char *digest, uint64_t *count,
    struct seki_err *err)
{
	struct seki_in *in = new (&sha_ops, below->name, err);

	if (in == NULL || seki_sha256_init(&in->sha, err) == -1) {
		if (in != NULL)
			free(in->name);
		free(in);
		seki_in_free(below);
		return NULL;
	}
	seki_sha256_restart(&in->sha);
	in->below = below;
	in->digest = digest;
	in->count = count;
	*count = 0;
	return in;
}

ssize_t
seki_in_read(struct seki_in *in, void *p, size_t n, struct seki_err *err)
{
	ssize_t r;

	if (in->sticky.reason != SEKI_OK) {
		if (err->reason == SEKI_OK)
			*err = in->sticky;
		return -1;
	}
	if (n == 0)
		return 0;
	if ((r = in->ops->read(in, p, n, err)) == -1) {
		seki_err_object(err, in->name);
		in->sticky = *err;
	}
	return r;
}

static int
too_long(const struct seki_in *in, size_t max, struct seki_err *err)
{
	seki_err_object(err, in->name);
	return seki_fail(
	    err, SEKI_LIMIT, _("a line is longer than %zu bytes"), max);
}

/* Make room behind what is not yet handed out, and read once. */
static ssize_t
fill(struct seki_in *in, size_t max, struct seki_err *err)
{
	size_t have = in->fill - in->at, size = in->size;
	ssize_t r;
	char *p;

	if (have > max)
		return too_long(in, max, err);
	if (in->at > 0) {
		memmove(in->buf, in->buf + in->at, have);
		in->at = 0;
		in->fill = have;
	}
	if (size - have <= SEKI_CHUNK) {
		size = size == 0 ? 4 * SEKI_CHUNK : 2 * size;
		if ((p = realloc(in->buf, size)) == NULL)
			return seki_err_nomem(err);
		in->buf = p;
		in->size = size;
	}
	r = seki_in_read(in, in->buf + have, in->size - have - 1, err);
	if (r > 0)
		in->fill += (size_t)r;
	return r;
}

int
seki_in_line(struct seki_in *in, char **line, size_t *n, size_t max,
    struct seki_err *err)
{
	size_t seen = 0;
	char *lf = NULL;
	ssize_t r;

	while (in->buf == NULL || (lf = memchr(in->buf + in->at + seen, '\n',
				       in->fill - in->at - seen)) == NULL) {
		seen = in->fill - in->at;
		if ((r = fill(in, max, err)) == -1)
			return -1;
		if (r > 0)
			continue;
		if (seen == 0)
			return 0;
		seki_err_object(err, in->name);
		return seki_fail(err, SEKI_CUT, "%s",
		    _("the input ends in the middle of a line"));
	}
	*line = in->buf + in->at;
	*n = (size_t)(lf - *line);
	if (*n > max)
		return too_long(in, max, err);
	*lf = '\0';
	in->at += *n + 1;
	return 1;
}

const char *
seki_in_name(const struct seki_in *in)
{
	return in->name;
}

void
seki_in_free(struct seki_in *in)
{
	if (in == NULL)
		return;
	if (in->ops->free != NULL)
		in->ops->free(in);
	seki_in_free(in->below);
	free(in->buf);
	free(in->name);
	free(in);
}

/* Bytes appended to buf; the size was checked when the file was opened, and
 * is checked again because a file may grow. */
static int
slurp(int fd, size_t max, struct seki_buf *buf, struct seki_err *err)
{
	size_t start = buf->n;
	ssize_t r;

	for (;;) {
		if (seki_buf_room(buf, SEKI_CHUNK, err) == -1)
			return -1;
		r = read(fd, buf->p + buf->n, SEKI_CHUNK);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			return seki_err_errno(err, _("read"));
		if (r == 0)
			break;
		buf->n += (size_t)r;
		if (buf->n - start > max)
			return seki_fail(
			    err, SEKI_LIMIT, _("more than %zu bytes"), max);
	}
	buf->p[buf->n] = '\0';
	return 0;
}

int
seki_in_slurp(
    const char *path, size_t max, struct seki_buf *buf, struct seki_err *err)
{
	struct stat st;
	int r, fd = open_regular(path, max, &st, err);

	if (fd == -1) {
		seki_err_object(err, path);
		return -1;
	}
	if ((r = slurp(fd, max, buf, err)) == -1)
		seki_err_object(err, path);
	(void)close(fd);
	return r;
}

static int private(const struct stat *st, struct seki_err *err)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return seki_fail(err, SEKI_UNSAFE, "%s",
		    _("the file belongs to another user"));
	if ((st->st_mode & 077) != 0)
		return seki_fail(err, SEKI_UNSAFE, _("mode %04o; must be 0600"),
		    (unsigned)st->st_mode & 07777);
	return 0;
}

/* State that is believed: whoever else may write to it decides what we do. */
static int
ours(const struct stat *st, const char *path, struct seki_err *err)
{
	if (st->st_uid != geteuid() && st->st_uid != 0) {
		seki_err_hint(
		    err, _("as root: chown %u %s"), (unsigned)geteuid(), path);
		return seki_fail(err, SEKI_UNSAFE, "%s",
		    _("the file belongs to another user"));
	}
	if ((st->st_mode & 022) == 0)
		return 0;
	seki_err_hint(err, "chmod go-w %s", path);
	return seki_fail(err, SEKI_UNSAFE,
	    _("others may write to the file (mode %04o)"),
	    (unsigned)st->st_mode & 07777);
}

int
seki_in_believed(
    const char *path, size_t max, struct seki_buf *buf, struct seki_err *err)
{
	struct stat st;
	int r = -1, fd = open_regular(path, max, &st, err);

	if (fd != -1 && ours(&st, path, err) == 0)
		r = slurp(fd, max, buf, err);
	if (fd != -1)
		(void)close(fd);
	if (r == -1)
		seki_err_object(err, path);
	return r;
}

int
seki_in_private(
    const char *path, size_t max, struct seki_buf *buf, struct seki_err *err)
{
	struct stat st;
	int r = -1, fd = open_regular(path, max, &st, err);

	if (fd != -1 && private(&st, err) == 0)
		r = slurp(fd, max, buf, err);
	if (fd != -1)
		(void)close(fd);
	if (r == -1) {
		seki_err_object(err, path);
		if (err->reason == SEKI_UNSAFE)
			seki_err_hint(err, "chmod 600 %s", path);
	}
	return r;
}

int
seki_in_secret(const char *path, struct seki_buf *buf, struct seki_err *err)
{
	if (seki_in_private(path, SEKI_SECRET_MAX, buf, err) == -1)
		return -1;
	while (buf->n > 0 &&
	       (buf->p[buf->n - 1] == '\n' || buf->p[buf->n - 1] == '\r'))
		buf->p[--buf->n] = '\0';
	return 0;
}

int
seki_in_spool(const char *dir, struct seki_in *in, struct seki_err *err)
{
	unsigned char buf[SEKI_CHUNK];
	int fd = seki_dir_spool(dir, err);
	struct seki_out *out;
	ssize_t n = -1;

	if (fd == -1)
		return -1;
	if ((out = seki_out_fd(fd, "", err)) != NULL) {
		while ((n = seki_in_read(in, buf, sizeof(buf), err)) > 0)
			if (seki_out_write(out, buf, (size_t)n, err) == -1)
				break;
		if (n == 0 && seki_out_flush(out, err) == -1)
			n = -1;
		seki_out_abort(out);
	}
	if (n == 0)
		return fd;
	(void)close(fd);
	return -1;
}

struct seki_in *
seki_in_again(int fd, const char *name, struct seki_err *err)
{
	int again = seki_dir_reopen(fd, err);

	return again == -1 ? NULL : seki_in_fd(again, name, err);
}
