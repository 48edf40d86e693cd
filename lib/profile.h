/*
 * What a relay lets through, as data (seki-profile(5)): sizes, entries, names,
 * kinds of files, rows.  A bundle that would be stopped is known before it is
 * carried.
 */
#ifndef SEKI_PROFILE_H
#define SEKI_PROFILE_H

#include "seki_int.h"

struct seki_profile;
/* SEKI_CONFIG names line and key of what is wrong. */
struct seki_profile *seki_profile_open(const char *path, struct seki_err *);
void seki_profile_free(struct seki_profile *);

/*
 * Hold the file at path, which travels under the name as, against it: how many
 * things would be stopped, or -1 when it cannot be read (SEKI_ZIP, SEKI_FILE …).
 * Each is told: name is the entry it is about, or "" for the whole; what is
 * translated.
 */
int seki_profile_check(const struct seki_profile *, const char *path,
    const char *as,
    void (*tell)(void *ctx, const char *name, const char *what), void *ctx,
    struct seki_err *);

/* The largest file that passes; UINT64_MAX: any. */
uint64_t seki_profile_size(const struct seki_profile *);

#endif
