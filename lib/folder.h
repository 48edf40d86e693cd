/* A folder of files that appears whole.  What is being written waits in a
 * folder of its own, beside or, where the folder is there, in it. */
#ifndef SEKI_FOLDER_H
#define SEKI_FOLDER_H

#include "seki_int.h"

/* mode: of the files; 0600 is private, more is for the folder's group, which
 * is that of the folder around it.  SEKI_UNSAFE, SEKI_PERMISSION. */
struct seki_folder;
struct seki_folder *seki_folder_open(
    const char *path, mode_t mode, struct seki_err *);
/* A new file, whose name is NAME or FOLDER/NAME: the descriptor is the
 * caller's. */
int seki_folder_file(struct seki_folder *, const char *name, struct seki_err *);
/*
 * All files, of which there are n, stand under their names, durable, last of
 * all the one called last.  What is there already must be the same to the byte,
 * and nothing else may be there: SEKI_FILE, and nothing was changed.
 */
int seki_folder_commit(
    struct seki_folder *, const char *last, uint64_t n, struct seki_err *);
/* After that: the name that another file has; "" for something else. */
const char *seki_folder_clash(const struct seki_folder *);
/* What was not committed is gone. */
void seki_folder_free(struct seki_folder *);

#endif
