#include <stdlib.h>
#include <string.h>

#include "in_ahead.h"

struct box {
	ssize_t got; /* of seki_in_read */
	size_t at;
	struct seki_err err;
	char p[SEKI_CHUNK];
};

struct ahead {
	struct seki_in *below; /* the thread's, while there is one */
	int ended;	       /* likewise: it gives no more */
	struct seki_lane *lane;
	struct box *box, *now;
};

/* In the thread.  A failure travels in its box: those before it count. */
static int
fill(void *ctx, void *p, struct seki_err *unused)
{
	struct ahead *a = ctx;
	struct box *b = p;

	(void)unused;
	b->at = 0;
	b->got = 0;
	if (a->ended)
		return 0;
	b->got = seki_in_read(a->below, b->p, sizeof(b->p), &b->err);
	a->ended = b->got <= 0;
	return 0;
}

static ssize_t
ahead_read(void *ctx, void *p, size_t n, struct seki_err *err)
{
	struct ahead *a = ctx;
	struct box *b = a->now;

	/* At the end, and at a failure, it stays. */
	if (b != NULL && b->got > 0 && b->at == (size_t)b->got) {
		seki_lane_send(a->lane, b);
		b = NULL;
	}
	if (b == NULL && (b = a->now = seki_lane_get(a->lane, err)) == NULL)
		return -1;
	if (b->got == -1)
		*err = b->err;
	if (b->got <= 0)
		return b->got;
	if (n > (size_t)b->got - b->at)
		n = (size_t)b->got - b->at;
	memcpy(p, b->p + b->at, n);
	b->at += n;
	return (ssize_t)n;
}

static void
ahead_free(void *ctx)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	struct ahead *a = ctx;

	(void)seki_lane_end(a->lane, &ignored);
	seki_in_free(a->below);
	free(a->box);
	free(a);
}

static const struct seki_in_ops ops = { ahead_read, ahead_free };

static int
begin(struct ahead *a, struct seki_err *err)
{
	void *box[SEKI_LANE_BOXES];
	size_t i;

	if ((a->box = calloc(SEKI_LANE_BOXES, sizeof(*a->box))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < SEKI_LANE_BOXES; i++)
		box[i] = &a->box[i];
	if ((a->lane = seki_lane_new(box, fill, a, err)) == NULL)
		return -1;
	for (i = 0; i < SEKI_LANE_BOXES; i++)
		box[i] = seki_lane_get(a->lane, err);
	for (i = 0; i < SEKI_LANE_BOXES; i++)
		seki_lane_send(a->lane, box[i]);
	return 0;
}

struct seki_in *
seki_in_ahead(struct seki_in *below, struct seki_err *err)
{
	struct ahead *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		(void)seki_err_nomem(err);
		seki_in_free(below);
		return NULL;
	}
	a->below = below;
	if (begin(a, err) == 0)
		return seki_in_new(&ops, a, seki_in_name(below), err);
	ahead_free(a);
	return NULL;
}
