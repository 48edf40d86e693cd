#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seki_int.h"

struct seki_out {
	char *path; /* NULL: a descriptor that is not ours */
	char *tmp;
	int at; /* its note for signals */
	char *name;
	enum seki_out_how how;
	int fd;
	char *buf;
	size_t fill;
	struct seki_err sticky;
};

static struct seki_out *new (const char *name, struct seki_err *err)
{
	struct seki_out *out = calloc(1, sizeof(*out));

	if (out != NULL && (out->name = strdup(name)) != NULL &&
	    (out->buf = malloc(SEKI_CHUNK)) != NULL) {
		out->fd = out->at = -1;
		return out;
	}
	if (out != NULL)
		free(out->name);
	free(out);
	(void)seki_err_nomem(err);
	return NULL;
}

struct seki_out *
seki_out_fd(int fd, const char *name, struct seki_err *err)
{
	struct seki_out *out = new (name, err);

	if (out != NULL)
		out->fd = fd;
	return out;
}

/* What stands under the name now must fit "how". */
static int
target_ok(const char *path, enum seki_out_how how, struct seki_err *err)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : seki_err_errno(err, _("output"));
	if (!S_ISREG(st.st_mode))
		return seki_fail(err, SEKI_FILE, "%s",
		    _("exists and is not a regular file"));
	if (how == SEKI_OUT_REPLACE)
		return 0;
	seki_err_hint(
	    err, "%s", _("choose another name or move the old file away"));
	return seki_fail(
	    err, SEKI_FILE, "%s", _("exists already; it was not overwritten"));
}

struct seki_out *
seki_out_file(
    const char *path, mode_t mode, enum seki_out_how how, struct seki_err *err)
{
	struct seki_out *out;

	if (target_ok(path, how, err) == -1)
		goto fail;
	if ((out = new (path, err)) == NULL)
		return NULL;
	out->how = how;
	seki_tmp_sweep(path, mode);
	if ((out->path = strdup(path)) == NULL ||
	    asprintf(&out->tmp, "%s.XXXXXX.tmp", path) == -1) {
		out->tmp = NULL;
		(void)seki_err_nomem(err);
	} else if ((out->fd = seki_tmp_open(out->tmp, 4, &out->at)) == -1) {
		(void)seki_err_errno(err, _("output"));
		free(out->tmp);
		out->tmp = NULL;
	} else if (fchmod(out->fd, mode) == -1)
		(void)seki_err_errno(err, _("output"));
	else
		return out;
	seki_out_abort(out);
fail:
	seki_err_object(err, path);
	return NULL;
}

static int
fail(struct seki_out *out, struct seki_err *err)
{
	(void)seki_err_errno(err, _("write"));
	seki_err_object(err, out->name);
	out->sticky = *err;
	return -1;
}

static int
sticky(const struct seki_out *out, struct seki_err *err)
{
	if (out->sticky.reason != SEKI_OK && err->reason == SEKI_OK)
		*err = out->sticky;
	return out->sticky.reason == SEKI_OK ? 0 : -1;
}

static int
drain(struct seki_out *out, const char *p, size_t n, struct seki_err *err)
{
	ssize_t r;

	while (n > 0) {
		if ((r = write(out->fd, p, n)) == -1) {
			if (errno == EINTR)
				continue;
			return fail(out, err);
		}
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

int
seki_out_flush(struct seki_out *out, struct seki_err *err)
{
	size_t n = out->fill;

	if (sticky(out, err) == -1)
		return -1;
	out->fill = 0;
	return drain(out, out->buf, n, err);
}

int
seki_out_write(
    struct seki_out *out, const void *p, size_t n, struct seki_err *err)
{
	if (sticky(out, err) == -1)
		return -1;
	if (n > SEKI_CHUNK - out->fill && seki_out_flush(out, err) == -1)
		return -1;
	if (n >= SEKI_CHUNK)
		return drain(out, p, n, err);
	memcpy(out->buf + out->fill, p, n);
	out->fill += n;
	return 0;
}

int
seki_out_str(struct seki_out *out, const char *s, struct seki_err *err)
{
	return seki_out_write(out, s, strlen(s), err);
}

const char *
seki_out_path(const struct seki_out *out)
{
	return out->tmp != NULL ? out->tmp : out->name;
}

/* A rename is durable only when its folder is.  Nothing here may fail for want
 * of memory: the file already stands under its name. */
static int
sync_folder(const char *path)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	int fd, r;

	(void)snprintf(dir, sizeof(dir), "%.*s",
	    slash == NULL ? 1 : (int)(slash - path + 1),
	    slash == NULL ? "." : path);
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	r = fsync(fd);
	(void)close(fd);
	return r;
}

/* link() never replaces; where the medium has no links (FAT), renameat2. */
static int
place(struct seki_out *out)
{
	if (out->how == SEKI_OUT_REPLACE)
		return rename(out->tmp, out->path);
	if (renameat2(
		AT_FDCWD, out->tmp, AT_FDCWD, out->path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (link(out->tmp, out->path) == -1)
		return -1;
	(void)unlink(out->tmp);
	return 0;
}

static int
commit_file(struct seki_out *out, struct seki_err *err)
{
	if (fsync(out->fd) == -1)
		return fail(out, err);
	if (place(out) == -1) {
		if (errno == EEXIST)
			(void)seki_fail(err, SEKI_FILE, "%s",
			    _("exists already; it was not overwritten"));
		return fail(out, err);
	}
	seki_tmp_forget(out->at);
	free(out->tmp);
	out->tmp = NULL;
	return sync_folder(out->path) == -1 ? fail(out, err) : 0;
}

int
seki_out_commit(struct seki_out *out, struct seki_err *err)
{
	struct stat st;
	int r = seki_out_flush(out, err);

	if (r == 0 && out->path != NULL)
		r = commit_file(out, err);
	else if (r == 0 && fstat(out->fd, &st) == 0 && S_ISREG(st.st_mode) &&
		 fsync(out->fd) == -1)
		r = fail(out, err);
	seki_out_abort(out);
	return r;
}

void
seki_out_abort(struct seki_out *out)
{
	if (out == NULL)
		return;
	if (out->path != NULL && out->fd != -1)
		(void)close(out->fd);
	if (out->tmp != NULL) {
		(void)unlink(out->tmp);
		seki_tmp_forget(out->at);
	}
	free(out->tmp);
	free(out->path);
	free(out->name);
	free(out->buf);
	free(out);
}
