#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder_int.h"

int
seki_folder_failed(struct seki_err *err, const char *what, const char *object)
{
	(void)seki_err_errno(err, what);
	seki_err_object(err, object);
	return -1;
}

/* What a killed run left; one at work holds its lock. */
static void
sweep(const char *path, const char *form)
{
	char pattern[2 * SEKI_TMP_PATH];
	size_t i, k = 0;
	struct stat st;
	glob_t g;
	int fd;

	for (i = 0; path[i] != '\0' && k < sizeof(pattern) - 32; i++) {
		if (strchr("*?[\\", path[i]) != NULL)
			pattern[k++] = '\\';
		pattern[k++] = path[i];
	}
	(void)strcpy(pattern + k, form);
	if (path[i] != '\0' || glob(pattern, GLOB_NOSORT, NULL, &g) != 0)
		return;
	for (i = 0; i < g.gl_pathc; i++) {
		if ((fd = open(g.gl_pathv[i], SEKI_FOLDER)) == -1)
			continue;
		if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
		    (st.st_mode & 07777) == 0700 &&
		    flock(fd, LOCK_EX | LOCK_NB) == 0)
			(void)seki_tmp_tree(AT_FDCWD, g.gl_pathv[i]);
		(void)close(fd);
	}
	globfree(&g);
}

/* The folder that is there, or the one around it. */
static int
around(struct seki_folder *f, struct seki_err *err)
{
	const char *slash = strrchr(f->path, '/');
	char *up;
	struct stat st;
	int r;

	if (f->to != -1)
		r = fstat(f->to, &st);
	else {
		if ((up = strndup(slash == NULL	     ? "."
				  : slash == f->path ? "/"
						     : f->path,
			 slash == NULL || slash == f->path
			     ? 1
			     : (size_t)(slash - f->path))) == NULL)
			return seki_err_nomem(err);
		r = stat(up, &st);
		free(up);
	}
	f->group = st.st_gid;
	return r == 0 ? 0 : seki_folder_failed(err, _("folder"), f->path);
}

static int
start(struct seki_folder *f, struct seki_err *err)
{
	/* Only the files of a group's folder may be those of others, too. */
	if (access(f->path, F_OK) == 0) {
		if ((f->mode & 077) == 0 &&
		    seki_dir_private(f->path, 0, err) == -1)
			return -1;
		f->to = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (f->to == -1)
			return seki_folder_failed(err, _("folder"), f->path);
	}
	sweep(f->path, f->to == -1 ? ".??????.tmp" : "/.seki.??????.tmp");
	if (around(f, err) == -1)
		return -1;
	if (asprintf(&f->tmp, "%s%s.XXXXXX.tmp", f->path,
		f->to == -1 ? "" : "/.seki") == -1) {
		f->tmp = NULL;
		return seki_err_nomem(err);
	}
	f->fd = seki_tmp_dir(f->tmp, 4, &f->at);
	return f->fd == -1
		   ? seki_folder_failed(err, _("create folder"), f->path)
		   : 0;
}

struct seki_folder *
seki_folder_open(const char *path, mode_t mode, struct seki_err *err)
{
	struct seki_folder *f = calloc(1, sizeof(*f));
	size_t n = strlen(path);

	if (f == NULL || (f->path = strdup(path)) == NULL) {
		free(f);
		(void)seki_err_nomem(err);
		return NULL;
	}
	while (n > 1 && f->path[n - 1] == '/')
		f->path[--n] = '\0';
	f->mode = mode;
	f->to = f->fd = f->at = -1;
	if (start(f, err) == 0)
		return f;
	seki_folder_free(f);
	return NULL;
}

/* Is that still the folder we made? */
static int
ours(const struct seki_folder *f)
{
	struct stat a, b;

	return fstat(f->fd, &a) == 0 && lstat(f->tmp, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void
seki_folder_free(struct seki_folder *f)
{
	if (f == NULL)
		return;
	if (f->fd != -1) {
		if (ours(f))
			(void)seki_tmp_tree(AT_FDCWD, f->tmp);
		(void)close(f->fd);
		seki_tmp_forget(f->at);
	}
	if (f->to != -1)
		(void)close(f->to);
	free(f->tmp);
	free(f->path);
	free(f);
}

/* Group and mode; of a folder also the right to go in. */
int
seki_folder_give(
    const struct seki_folder *f, int fd, int folder, struct seki_err *err)
{
	mode_t mode = f->mode;
	struct stat st;

	if (folder)
		mode |= (mode & 0444) >> 2;
	if ((f->mode & 077) != 0 && fstat(fd, &st) == 0 &&
	    st.st_gid != f->group && fchown(fd, (uid_t)-1, f->group) == -1) {
		seki_err_hint(err,
		    _("The account must be a member of the folder's group: "
		      "usermod -aG GROUP ACCOUNT"));
		return seki_folder_failed(
		    err, _("give to the folder's group"), f->path);
	}
	return fchmod(fd, mode) == -1
		   ? seki_folder_failed(err, _("set mode"), f->path)
		   : 0;
}

int
seki_folder_file(struct seki_folder *f, const char *name, struct seki_err *err)
{
	const char *slash = strchr(name, '/');
	char sub[SEKI_NAME_BYTES + 1];
	int in = f->fd, fd = -1;

	if (slash != NULL) {
		(void)snprintf(
		    sub, sizeof(sub), "%.*s", (int)(slash - name), name);
		if (mkdirat(f->fd, sub, 0700) == -1 && errno != EEXIST)
			return seki_folder_failed(
			    err, _("create folder"), f->path);
		if ((in = openat(f->fd, sub, SEKI_FOLDER)) == -1)
			return seki_folder_failed(err, _("folder"), f->path);
	}
	fd = openat(in, slash == NULL ? name : slash + 1,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		(void)seki_folder_failed(err, _("create file"), f->path);
	if (in != f->fd)
		(void)close(in);
	if (fd != -1 && seki_folder_give(f, fd, 0, err) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}
