#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct seki_folder {
	char *path, *tmp;
	int to, fd; /* the folder, where it is there; the temporary one */
	int at;	    /* its note for signals */
	mode_t mode;
	gid_t group;
	uint64_t files; /* found */
	char clash[2 * SEKI_NAME_BYTES + 2];
};

static int
failed(struct seki_err *err, const char *what, const char *object)
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
		if ((fd = open(g.gl_pathv[i], FOLDER)) == -1)
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
	return r == 0 ? 0 : failed(err, _("folder"), f->path);
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
			return failed(err, _("folder"), f->path);
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
	return f->fd == -1 ? failed(err, _("create folder"), f->path) : 0;
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
static int
give(const struct seki_folder *f, int fd, int folder, struct seki_err *err)
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
		return failed(err, _("give to the folder's group"), f->path);
	}
	return fchmod(fd, mode) == -1 ? failed(err, _("set mode"), f->path) : 0;
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
			return failed(err, _("create folder"), f->path);
		if ((in = openat(f->fd, sub, FOLDER)) == -1)
			return failed(err, _("folder"), f->path);
	}
	fd = openat(in, slash == NULL ? name : slash + 1,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		(void)failed(err, _("create file"), f->path);
	if (in != f->fd)
		(void)close(in);
	if (fd != -1 && give(f, fd, 0, err) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/*
 * Every entry of a folder in its turn.  fn gets the folder's descriptor, the
 * entry's name, and ctx; 1 goes on.
 */
struct walk {
	struct seki_folder *f;
	int fd, other; /* the folder walked through; the one beside it, or -1 */
	const char *sub; /* of the folder, or NULL */
	const char *last;
};
static int
each(const struct walk *w,
    int (*fn)(const struct walk *, const char *, struct seki_err *),
    struct seki_err *err)
{
	int copy = openat(w->fd, ".", FOLDER), r = 0;
	DIR *dir = copy == -1 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (dir == NULL) {
		if (copy != -1)
			(void)close(copy);
		return failed(err, _("read folder"), w->f->path);
	}
	for (errno = 0; r == 0 && (e = readdir(dir)) != NULL; errno = 0)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = fn(w, e->d_name, err);
	if (r == 0 && errno != 0)
		r = failed(err, _("read folder"), w->f->path);
	(void)closedir(dir);
	return r;
}

static int
is_folder(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* fn for what is in the folder of that name, beside the other's. */
static int
inside(const struct walk *w, const char *name,
    int (*fn)(const struct walk *, const char *, struct seki_err *),
    struct seki_err *err)
{
	struct walk in = *w;
	int r;

	in.sub = name;
	if ((in.fd = openat(w->fd, name, FOLDER)) == -1)
		return failed(err, _("folder"), w->f->path);
	in.other = w->other == -1 ? -1 : openat(w->other, name, FOLDER);
	r = each(&in, fn, err);
	if (in.other != -1)
		(void)close(in.other);
	(void)close(in.fd);
	return r;
}

/* A folder's mode comes with its last file, or it could not be written to. */
static int
finish(const struct walk *w, const char *name, struct seki_err *err)
{
	int fd, r;

	if (!is_folder(w->fd, name)) {
		w->f->files++;
		return 0;
	}
	if ((r = inside(w, name, finish, err)) == -1 ||
	    (fd = openat(w->fd, name, FOLDER)) == -1)
		return r == -1 ? -1 : failed(err, _("folder"), w->f->path);
	r = give(w->f, fd, 1, err);
	if (r == 0 && fsync(fd) == -1)
		r = failed(err, _("folder"), w->f->path);
	(void)close(fd);
	return r;
}

/* A name may be a person's: who knows where it is from says so. */
static int
in_the_way(const struct walk *w, const char *name, const char *why,
    struct seki_err *err)
{
	if (name != NULL)
		(void)snprintf(w->f->clash, sizeof(w->f->clash), "%s%s%s",
		    w->sub == NULL ? "" : w->sub, w->sub == NULL ? "" : "/",
		    name);
	seki_err_hint(err, "%s",
	    _("choose another folder, or move what is in this one away"));
	(void)seki_fail(
	    err, SEKI_FILE, "%s; %s", why, _("nothing was written"));
	seki_err_object(err, w->f->path);
	return -1;
}

const char *
seki_folder_clash(const struct seki_folder *f)
{
	return f->clash;
}

/* Regular files, byte for byte; -1 is another one, too. */
static int
same(int a, int b)
{
	char *p = malloc(2 * SEKI_CHUNK);
	struct stat x, y;
	ssize_t n = 0, m = 0;
	off_t at = 0;
	int r = p != NULL && fstat(a, &x) == 0 && fstat(b, &y) == 0 &&
		S_ISREG(x.st_mode) && S_ISREG(y.st_mode) &&
		x.st_size == y.st_size;

	while (r && (n = pread(a, p, SEKI_CHUNK, at)) > 0) {
		for (m = 0; m < n;) {
			ssize_t k = pread(
			    b, p + SEKI_CHUNK + m, (size_t)(n - m), at + m);

			if (k <= 0)
				break;
			m += k;
		}
		r = m == n && memcmp(p, p + SEKI_CHUNK, (size_t)n) == 0;
		at += n;
	}
	free(p);
	return r && n == 0;
}

/* What Windows and macOS leave in a folder that somebody looked into. */
static int
theirs(const char *name)
{
	return strcasecmp(name, "thumbs.db") == 0 ||
	       strcasecmp(name, "desktop.ini") == 0 ||
	       strcmp(name, ".DS_Store") == 0 || strncmp(name, "~$", 2) == 0;
}

/* What is there already: only what we bring, too. */
static int
fits(const struct walk *w, const char *name, struct seki_err *err)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	const char *own = strrchr(w->f->tmp, '/');
	int a, b, equal;

	if (theirs(name) || (w->sub == NULL && strcmp(name, own + 1) == 0))
		return 0;
	if (is_folder(w->fd, name) && w->sub == NULL &&
	    is_folder(w->other, name))
		return inside(w, name, fits, err);
	if (faccessat(w->other, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1)
		return in_the_way(w, NULL,
		    _("something is there that is no part of this export"),
		    err);
	a = openat(w->fd, name, flags);
	b = openat(w->other, name, flags);
	equal = a != -1 && b != -1 && same(a, b);
	if (a != -1)
		(void)close(a);
	if (b != -1)
		(void)close(b);
	return equal ? 0
		     : in_the_way(w, name,
			   _("a file of that name is there and is another one"),
			   err);
}

/* From the temporary folder to its place, unless it is there. */
static int
move(const struct walk *w, const char *name, struct seki_err *err)
{
	if (w->sub == NULL && w->last != NULL && strcmp(name, w->last) == 0)
		return 0;
	if (w->sub == NULL && is_folder(w->fd, name) &&
	    is_folder(w->other, name))
		return inside(w, name, move, err);
	if (renameat2(w->fd, name, w->other, name, RENAME_NOREPLACE) == 0 ||
	    errno == EEXIST)
		return 0;
	/* Some shares know no such rename. */
	if ((errno == EINVAL || errno == ENOSYS) &&
	    (faccessat(w->other, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		renameat(w->fd, name, w->other, name) == 0))
		return 0;
	return failed(err, _("rename"), w->f->path);
}

static int
into(struct seki_folder *f, const char *last, struct seki_err *err)
{
	const struct walk there = { .f = f, .fd = f->to, .other = f->fd };
	struct walk here = {
		.f = f, .fd = f->fd, .other = f->to, .last = last
	};

	if (each(&there, fits, err) == -1 || each(&here, move, err) == -1)
		return -1;
	here.last = NULL;
	if (move(&here, last, err) == -1)
		return -1;
	return fsync(f->to) == -1 ? failed(err, _("folder"), f->path) : 0;
}

/* All at once. */
static int
appear(struct seki_folder *f, struct seki_err *err)
{
	int r;

	if (give(f, f->fd, 1, err) == -1)
		return -1;
	r = renameat2(AT_FDCWD, f->tmp, AT_FDCWD, f->path, RENAME_NOREPLACE);
	/* rename() takes the place of nothing but an empty folder. */
	if (r == -1 && (errno == EINVAL || errno == ENOSYS))
		r = rename(f->tmp, f->path);
	if (r == -1 && (errno == EEXIST || errno == ENOTEMPTY)) {
		(void)seki_fail(err, SEKI_FILE, "%s",
		    _("appeared meanwhile; it was not overwritten"));
		seki_err_object(err, f->path);
		return -1;
	}
	if (r == -1)
		return failed(err, _("rename"), f->path);
	seki_tmp_forget(f->at);
	r = openat(f->fd, "..", FOLDER);
	if (r == -1 || fsync(r) == -1)
		(void)failed(err, _("folder"), f->path);
	if (r != -1)
		(void)close(r);
	(void)close(f->fd);
	f->fd = -1;
	return err->reason == SEKI_OK ? 0 : -1;
}

int
seki_folder_commit(
    struct seki_folder *f, const char *last, uint64_t n, struct seki_err *err)
{
	const struct walk all = { .f = f, .fd = f->fd, .other = -1 };

	f->files = 0;
	if (each(&all, finish, err) == -1)
		return -1;
	if (f->files != n) {
		(void)seki_fail(err, SEKI_BUG,
		    _("%llu files should be there, %llu are"),
		    (unsigned long long)n, (unsigned long long)f->files);
		seki_err_object(err, f->path);
		return -1;
	}
	if (fsync(f->fd) == -1)
		return failed(err, _("folder"), f->path);
	return f->to == -1 ? appear(f, err) : into(f, last, err);
}
