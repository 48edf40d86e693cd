#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "seki_int.h"

/*
 * Temporary files that are being written.  They hold records of persons: a run
 * that a signal ends takes them along.  The handler may run in any thread, and
 * beside the others, so a place is never freed memory, and only who has moved
 * its state on touches the name.
 */
enum { FREE, FILLED_IN, OPEN, TAKEN };

static struct {
	atomic_int state;
	char path[SEKI_TMP_PATH];
} place[SEKI_TMP_MAX];

static const int ends[] = { SIGTERM, SIGHUP, SIGINT };
#define NENDS (sizeof(ends) / sizeof(ends[0]))

static atomic_int ending, opening;

/* Only what may be called in a signal handler. */
static void
remove_it(const char *path)
{
	if (unlink(path) == -1 && (errno == EISDIR || errno == EPERM))
		(void)seki_tmp_tree(AT_FDCWD, path);
}

/* The same. */
static void
end(int sig)
{
	static const struct timespec moment = { .tv_nsec = 1000000 };
	sigset_t set;
	size_t i;
	int was;

	/* A second signal, in another thread, must not end the first one's
	 * work half way. */
	while (atomic_exchange(&ending, 1))
		(void)pause();
	/* A file of another thread may be there and have no note yet. */
	while (atomic_load(&opening) > 0)
		(void)nanosleep(&moment, NULL);
	for (i = 0; i < SEKI_TMP_MAX; i++) {
		was = OPEN;
		if (atomic_compare_exchange_strong(
			&place[i].state, &was, TAKEN))
			remove_it(place[i].path);
	}
	/* By the signal itself, so that who waits for us sees it. */
	(void)signal(sig, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, sig);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	(void)raise(sig);
}

/* Under nohup, and in the background of a script, a signal is ignored: that
 * stays. */
void
seki_tmp_signals(void)
{
	struct sigaction now, new = { .sa_handler = end };
	size_t i;

	(void)sigemptyset(&new.sa_mask);
	for (i = 0; i < NENDS; i++)
		(void)sigaddset(&new.sa_mask, ends[i]);
	for (i = 0; i < NENDS; i++)
		if (sigaction(ends[i], NULL, &now) == 0 &&
		    now.sa_handler == SIG_DFL)
			(void)sigaction(ends[i], &new, NULL);
}

static int
note(const char *path)
{
	size_t i, n = strlen(path) + 1;
	int was;

	for (i = 0; n <= SEKI_TMP_PATH && i < SEKI_TMP_MAX; i++) {
		was = FREE;
		if (!atomic_compare_exchange_strong(
			&place[i].state, &was, FILLED_IN))
			continue;
		memcpy(place[i].path, path, n);
		atomic_store(&place[i].state, OPEN);
		return (int)i;
	}
	/* Not a failure of the run: only a signal leaves this one. */
	return -1;
}

/* No signal between the file and its note, nor a file after the handler has
 * taken all there were. */
static int
begin(int (*make)(char *, int), char *template, int suffix, int *at)
{
	sigset_t block, before;
	size_t i;
	int fd, e;

	*at = -1;
	(void)sigemptyset(&block);
	for (i = 0; i < NENDS; i++)
		(void)sigaddset(&block, ends[i]);
	(void)pthread_sigmask(SIG_BLOCK, &block, &before);
	(void)atomic_fetch_add(&opening, 1);
	if (atomic_load(&ending)) {
		(void)atomic_fetch_sub(&opening, 1);
		for (;;)
			(void)pause();
	}
	if ((fd = make(template, suffix)) != -1)
		*at = note(template);
	e = errno;
	(void)atomic_fetch_sub(&opening, 1);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = e;
	return fd;
}

static int
file(char *template, int suffix)
{
	return mkostemps(template, suffix, O_CLOEXEC);
}

int
seki_tmp_open(char *template, int suffix, int *at)
{
	return begin(file, template, suffix, at);
}

/* mkdtemp() takes no end behind the letters. */
static int
folder(char *template, int suffix)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	char *x = template + strlen(template) - (size_t)suffix - 6;
	unsigned char random[6];
	int fd, i, tries;

	for (tries = 0; tries < 100; tries++) {
		if (getentropy(random, sizeof(random)) == -1)
			return -1;
		for (i = 0; i < 6; i++)
			x[i] = letters[random[i] % 32];
		if (mkdir(template, 0700) == 0)
			break;
		if (errno != EEXIST)
			return -1;
	}
	fd = open(template, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* So that who finds it can tell that somebody is at work there. */
	if (fd != -1)
		(void)flock(fd, LOCK_EX | LOCK_NB);
	return fd;
}

int
seki_tmp_dir(char *template, int suffix, int *at)
{
	return begin(folder, template, suffix, at);
}

void
seki_tmp_forget(int at)
{
	int was = OPEN;

	if (at != -1)
		(void)atomic_compare_exchange_strong(
		    &place[at].state, &was, FREE);
}

/* A run at work writes now and then, and no other user's file is ours. */
static int
left_over(const char *path, mode_t mode)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_uid == geteuid() && st.st_nlink == 1 &&
	       ((st.st_mode & 07777) == 0600 || (st.st_mode & 07777) == mode) &&
	       time(NULL) - st.st_mtime > SEKI_TMP_AGE;
}

void
seki_tmp_sweep(const char *path, mode_t mode)
{
	static atomic_uint swept;
	char pattern[2 * SEKI_TMP_PATH];
	size_t i, k = 0;
	glob_t g;

	/* The repeated run begins with what the killed one had open.  For each
	 * of thousands of attachments the whole folder would be read. */
	if (atomic_fetch_add(&swept, 1) >= SEKI_TMP_SWEEPS)
		return;
	for (i = 0; path[i] != '\0'; i++) {
		if (k > sizeof(pattern) - 16)
			return;
		if (strchr("*?[\\", path[i]) != NULL)
			pattern[k++] = '\\';
		pattern[k++] = path[i];
	}
	(void)strcpy(pattern + k, ".??????.tmp");
	if (glob(pattern, GLOB_NOSORT, NULL, &g) != 0)
		return;
	for (i = 0; i < g.gl_pathc; i++)
		if (left_over(g.gl_pathv[i], mode))
			(void)unlink(g.gl_pathv[i]);
	globfree(&g);
}
