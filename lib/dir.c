#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seki_int.h"

int
seki_err_errno(struct seki_err *err, const char *what)
{
	enum seki_reason reason = SEKI_IO;
	int e = errno;

	if (e == ENOSPC || e == EDQUOT || e == EFBIG)
		reason = SEKI_FULL;
	else if (e == EACCES || e == EPERM || e == EROFS)
		reason = SEKI_PERMISSION;
	else if (e == ENOENT || e == ELOOP || e == EISDIR || e == ENOTDIR ||
		 e == ENAMETOOLONG)
		reason = SEKI_FILE;
	else if (e == ENOMEM)
		reason = SEKI_NOMEM;
	return seki_fail(err, reason, "%s: %s", what, strerror(e));
}

int
seki_dir_private(const char *path, int create, struct seki_err *err)
{
	struct stat st;

	if (create && mkdir(path, 0700) == -1 && errno != EEXIST)
		(void)seki_err_errno(err, _("create folder"));
	else if (stat(path, &st) == -1)
		(void)seki_err_errno(err, _("folder"));
	else if (!S_ISDIR(st.st_mode))
		(void)seki_fail(err, SEKI_FILE, "%s", _("not a folder"));
	else if (st.st_uid != geteuid())
		(void)seki_fail(err, SEKI_UNSAFE, "%s",
		    _("the folder belongs to another user"));
	else if ((st.st_mode & 022) != 0) {
		seki_err_hint(err, "chmod 700 %s", path);
		(void)seki_fail(err, SEKI_UNSAFE,
		    _("others may write to the folder (mode %04o)"),
		    (unsigned)st.st_mode & 07777);
	} else
		return 0;
	seki_err_object(err, path);
	return -1;
}

/* What a process that can open nothing has instead. */
static const int *pool;
static size_t npool, taken;

void
seki_dir_pool(const int *fd, size_t n)
{
	pool = fd;
	npool = n;
	taken = 0;
}

int
seki_dir_spool(const char *dir, struct seki_err *err)
{
	char path[4096];
	int fd;

	if (pool != NULL && taken < npool)
		return pool[taken++];
	if (pool != NULL)
		return seki_fail(err, SEKI_BUG, "worker: spool files");
	if (dir == NULL)
		dir = "/var/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd != -1 || (errno != EOPNOTSUPP && errno != EISDIR))
		goto out;
	/* A file system without O_TMPFILE: a name that is gone at once. */
	if (snprintf(path, sizeof(path), "%s/seki.XXXXXX", dir) >=
	    (int)sizeof(path))
		errno = ENAMETOOLONG;
	else if ((fd = mkostemp(path, O_CLOEXEC)) != -1)
		(void)unlink(path);
out:
	if (fd == -1) {
		(void)seki_err_errno(err, _("temporary file"));
		seki_err_object(err, dir);
	}
	return fd;
}

int
seki_dir_reopen(int fd, struct seki_err *err)
{
	char path[64];
	int again;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((again = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		(void)seki_err_errno(err, _("temporary file"));
	return again;
}

int
seki_dir_lock(const char *path, struct seki_err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd == -1)
		(void)seki_err_errno(err, _("lock"));
	else if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	else if (errno == EWOULDBLOCK)
		(void)seki_fail(
		    err, SEKI_LOCKED, "%s", _("another run is at work here"));
	else
		(void)seki_err_errno(err, _("lock"));
	if (fd != -1)
		(void)close(fd);
	seki_err_object(err, path);
	return -1;
}
