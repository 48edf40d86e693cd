#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seki_int.h"

/*
 * A temporary folder goes with all that is in it.  A signal handler may call
 * this, so there is nothing here but system calls: readdir() takes memory.
 */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

static int tree(int at, const char *name, int depth);

/* How many of the folder's entries are gone now; one pass may miss some. */
static int
pass(int fd, int depth)
{
	_Alignas(struct entry) char buf[8192];
	const struct entry *e;
	int gone = 0;
	long n, i;

	if (lseek(fd, 0, SEEK_SET) == -1)
		return 0;
	while ((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i += e->len) {
			e = (const struct entry *)(const void *)(buf + i);
			if (e->name[0] == '.' &&
			    (e->name[1] == '\0' ||
				(e->name[1] == '.' && e->name[2] == '\0')))
				continue;
			if (unlinkat(fd, e->name, 0) == 0 ||
			    (depth > 0 && (errno == EISDIR || errno == EPERM) &&
				tree(fd, e->name, depth - 1) == 0))
				gone++;
		}
	return gone;
}

static int
tree(int at, const char *name, int depth)
{
	int fd =
	    openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return -1;
	while (pass(fd, depth) > 0)
		;
	(void)close(fd);
	return unlinkat(at, name, AT_REMOVEDIR);
}

int
seki_tmp_tree(int at, const char *name)
{
	return tree(at, name, 1);
}
