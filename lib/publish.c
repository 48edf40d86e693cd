#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sigfile.h"

static int
copy(int from, struct seki_out *out, struct seki_err *err)
{
	unsigned char buf[SEKI_CHUNK];
	uint64_t at = 0;
	ssize_t r;

	while ((r = pread(from, buf, sizeof(buf), (off_t)at)) > 0) {
		if (seki_out_write(out, buf, (size_t)r, err) == -1)
			return -1;
		at += (uint64_t)r;
	}
	return r == -1 ? seki_err_errno(err, _("read")) : 0;
}

/* Where files without a name are not known (FAT on a stick). */
static int
by_rename(
    int from, const char *path, struct seki_sigfile *text, struct seki_err *err)
{
	struct seki_out *out = seki_out_file(path, 0600, SEKI_OUT_NEW, err);

	if (out == NULL)
		return -1;
	if (copy(from, out, err) == 0 && seki_out_flush(out, err) == 0 &&
	    seki_sigfile_place(text, err) == 0)
		return seki_out_commit(out, err);
	seki_out_abort(out);
	return -1;
}

/* The file gets its name when all of it is on the disk, and only if the name
 * is free: whatever ends us before leaves nothing behind. */
static int
by_link(int fd, int from, const char *path, int folder,
    struct seki_sigfile *text, struct seki_err *err)
{
	struct seki_out *out;
	char self[64];

	if ((out = seki_out_fd(fd, path, err)) == NULL)
		return -1;
	if (fchmod(fd, 0600) == -1)
		(void)seki_err_errno(err, _("output"));
	if (err->reason != SEKI_OK || copy(from, out, err) == -1) {
		seki_out_abort(out);
		return -1;
	}
	if (seki_out_commit(out, err) == -1 ||
	    seki_sigfile_place(text, err) == -1)
		return -1;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == -1) {
		if (errno == EEXIST)
			return seki_fail(err, SEKI_FILE, "%s",
			    _("exists already; it was not overwritten"));
		return seki_err_errno(err, _("output"));
	}
	if (fsync(folder) == 0)
		return 0;
	(void)seki_err_errno(err, _("output"));
	(void)unlink(path);
	return -1;
}

int
seki_publish(
    int from, const char *path, struct seki_sigfile *text, struct seki_err *err)
{
	struct seki_sigfile none = { .path = NULL };
	char *name = strdup(path);
	int folder = -1, fd = -1, r = -1;

	if (name == NULL)
		return seki_err_nomem(err);
	if (text == NULL)
		text = &none;
	folder = open(dirname(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder == -1) {
		(void)seki_err_errno(err, _("output"));
		goto out;
	}
	fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd != -1)
		r = by_link(fd, from, path, folder, text, err);
	else if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)
		r = by_rename(from, path, text, err);
	else
		(void)seki_err_errno(err, _("output"));
out:
	if (r == -1) {
		seki_err_object(err, path);
		seki_sigfile_undo(text);
	}
	if (fd != -1)
		(void)close(fd);
	if (folder != -1)
		(void)close(folder);
	free(name);
	return r;
}
