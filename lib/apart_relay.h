/* The parsing of what a relay delivered, in a worker without rights. */
#ifndef SEKI_APART_RELAY_H
#define SEKI_APART_RELAY_H

#include "apart.h"
#include "relay.h"

/* seki_relay_find; f->r->file of an archive is filled in here. */
int seki_apart_find(struct seki_relay_find *, struct seki_err *);
/* seki_relay_make; damage is told here. */
int seki_apart_make(struct seki_bundle *, int out, seki_damage_fn *, void *ctx,
    struct seki_relay_made *, struct seki_err *);

/* What hears the answers, for the tests. */
int seki_apart_hear_find(
    struct seki_heard *, struct seki_relay_find *, struct seki_err *);
int seki_apart_hear_damage(struct seki_heard *, struct seki_damage_item *);
int seki_apart_hear_made(
    struct seki_heard *, struct seki_relay_made *, struct seki_err *);

#endif
