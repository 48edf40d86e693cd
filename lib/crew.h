/*
 * Threads that work on boxes beside each other and give them back in the order
 * they were sent: what comes out does not depend on how many there are.  No
 * box is ever in two hands, so memory stays flat and nothing else needs a
 * lock.
 */
#ifndef SEKI_CREW_H
#define SEKI_CREW_H

#include "seki_int.h"

/* A thread a core, up to so many: each needs boxes of its own. */
#define SEKI_CREW_MAX 4
#define SEKI_CREW_BOXES (2 * SEKI_CREW_MAX + 1)

struct seki_crew;
/* How many boxes there should be on this machine, SEKI_CREW_BOXES at most. */
size_t seki_crew_boxes(void);
/* fn runs in a thread; what fails there is for the box to remember. */
struct seki_crew *seki_crew_new(void (*fn)(void *box), struct seki_err *);
/* No more boxes are on their way than there should be. */
void seki_crew_send(struct seki_crew *, void *box);
/* The same of a box that needs no work: to begin, and to end. */
void seki_crew_back(struct seki_crew *, void *box);
/* The box that was sent longest ago; waits for it.  There must be one. */
void *seki_crew_get(struct seki_crew *);
/* Boxes that wait are left as they are; they are the caller's.  NULL is fine.
 */
void seki_crew_free(struct seki_crew *);

#endif
