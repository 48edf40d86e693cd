#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/* Never more boxes than places: putting one in never waits. */
struct line {
	void *box[SEKI_LANE_BOXES];
	size_t first, n;
};

struct seki_lane {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t idle_more, full_more;
	struct line idle, full;
	int closed, failed;
	int (*fn)(void *, void *, struct seki_err *);
	void *ctx;
	struct seki_err err;
};

static void
put(struct line *l, void *box)
{
	l->box[(l->first + l->n++) % SEKI_LANE_BOXES] = box;
}

static void *
take(struct line *l)
{
	void *box = l->box[l->first];

	l->first = (l->first + 1) % SEKI_LANE_BOXES;
	l->n--;
	return box;
}

static void *
work(void *arg)
{
	struct seki_lane *lane = arg;
	int failed = 0;
	void *box;

	(void)pthread_mutex_lock(&lane->lock);
	for (;;) {
		while (lane->full.n == 0 && !lane->closed)
			(void)pthread_cond_wait(&lane->full_more, &lane->lock);
		if (lane->full.n == 0)
			break;
		box = take(&lane->full);
		(void)pthread_mutex_unlock(&lane->lock);
		if (!failed && lane->fn(lane->ctx, box, &lane->err) == -1)
			failed = 1;
		(void)pthread_mutex_lock(&lane->lock);
		lane->failed = failed;
		put(&lane->idle, box);
		(void)pthread_cond_signal(&lane->idle_more);
	}
	(void)pthread_mutex_unlock(&lane->lock);
	return NULL;
}

struct seki_lane *
seki_lane_new(void *box[SEKI_LANE_BOXES],
    int (*fn)(void *, void *, struct seki_err *), void *ctx,
    struct seki_err *err)
{
	struct seki_lane *lane = calloc(1, sizeof(*lane));
	size_t i;

	if (lane == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	(void)pthread_mutex_init(&lane->lock, NULL);
	(void)pthread_cond_init(&lane->idle_more, NULL);
	(void)pthread_cond_init(&lane->full_more, NULL);
	lane->fn = fn;
	lane->ctx = ctx;
	for (i = 0; i < SEKI_LANE_BOXES; i++)
		put(&lane->idle, box[i]);
	if (pthread_create(&lane->thread, NULL, work, lane) == 0)
		return lane;
	(void)seki_err_nomem(err);
	free(lane);
	return NULL;
}

void *
seki_lane_get(struct seki_lane *lane, struct seki_err *err)
{
	void *box = NULL;

	(void)pthread_mutex_lock(&lane->lock);
	while (lane->idle.n == 0)
		(void)pthread_cond_wait(&lane->idle_more, &lane->lock);
	if (!lane->failed)
		box = take(&lane->idle);
	else if (err->reason == SEKI_OK)
		*err = lane->err;
	(void)pthread_mutex_unlock(&lane->lock);
	return box;
}

void
seki_lane_send(struct seki_lane *lane, void *box)
{
	(void)pthread_mutex_lock(&lane->lock);
	put(&lane->full, box);
	(void)pthread_cond_signal(&lane->full_more);
	(void)pthread_mutex_unlock(&lane->lock);
}

int
seki_lane_end(struct seki_lane *lane, struct seki_err *err)
{
	int failed;

	if (lane == NULL)
		return 0;
	(void)pthread_mutex_lock(&lane->lock);
	lane->closed = 1;
	(void)pthread_cond_signal(&lane->full_more);
	(void)pthread_mutex_unlock(&lane->lock);
	(void)pthread_join(lane->thread, NULL);
	failed = lane->failed;
	if (failed && err->reason == SEKI_OK)
		*err = lane->err;
	(void)pthread_cond_destroy(&lane->idle_more);
	(void)pthread_cond_destroy(&lane->full_more);
	(void)pthread_mutex_destroy(&lane->lock);
	free(lane);
	return failed ? -1 : 0;
}
