#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder_int.h"

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
	int copy = openat(w->fd, ".", SEKI_FOLDER), r = 0;
	DIR *dir = copy == -1 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (dir == NULL) {
		if (copy != -1)
			(void)close(copy);
		return seki_folder_failed(err, _("read folder"), w->f->path);
	}
	for (errno = 0; r == 0 && (e = readdir(dir)) != NULL; errno = 0)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = fn(w, e->d_name, err);
	if (r == 0 && errno != 0)
		r = seki_folder_failed(err, _("read folder"), w->f->path);
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
	if ((in.fd = openat(w->fd, name, SEKI_FOLDER)) == -1)
		return seki_folder_failed(err, _("folder"), w->f->path);
	in.other = w->other == -1 ? -1 : openat(w->other, name, SEKI_FOLDER);
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
	    (fd = openat(w->fd, name, SEKI_FOLDER)) == -1)
		return r == -1
			   ? -1
			   : seki_folder_failed(err, _("folder"), w->f->path);
	r = seki_folder_give(w->f, fd, 1, err);
	if (r == 0 && fsync(fd) == -1)
		r = seki_folder_failed(err, _("folder"), w->f->path);
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
	return seki_folder_failed(err, _("rename"), w->f->path);
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
	return fsync(f->to) == -1
		   ? seki_folder_failed(err, _("folder"), f->path)
		   : 0;
}

/* All at once. */
static int
appear(struct seki_folder *f, struct seki_err *err)
{
	int r;

	if (seki_folder_give(f, f->fd, 1, err) == -1)
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
		return seki_folder_failed(err, _("rename"), f->path);
	seki_tmp_forget(f->at);
	r = openat(f->fd, "..", SEKI_FOLDER);
	if (r == -1 || fsync(r) == -1)
		(void)seki_folder_failed(err, _("folder"), f->path);
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
		return seki_folder_failed(err, _("folder"), f->path);
	return f->to == -1 ? appear(f, err) : into(f, last, err);
}
