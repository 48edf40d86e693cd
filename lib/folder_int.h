/* What folder.c, which fills a folder, and folder_commit.c, which lets it
 * appear, share. */
#ifndef SEKI_FOLDER_INT_H
#define SEKI_FOLDER_INT_H

#include "folder.h"

/* How one is opened. */
#define SEKI_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct seki_folder {
	char *path, *tmp;
	int to, fd; /* the folder, where it is there; the temporary one */
	int at;	    /* its note for signals */
	mode_t mode;
	gid_t group;
	uint64_t files; /* found */
	char clash[2 * SEKI_NAME_BYTES + 2];
};

/* errno as a failure, with the object. */
int seki_folder_failed(struct seki_err *, const char *what, const char *object);
/* The folder's group and mode to a file, or to a folder. */
int seki_folder_give(
    const struct seki_folder *, int fd, int folder, struct seki_err *);

#endif
