#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "crew.h"

/* Boxes stand in a ring in the order they were sent. */
struct place {
	void *box;
	int done;
};

struct seki_crew {
	pthread_mutex_t lock;
	pthread_cond_t more, done;
	struct place place[SEKI_CREW_BOXES];
	uint64_t first, taken, sent; /* counted for ever */
	void (*fn)(void *);
	pthread_t thread[SEKI_CREW_MAX];
	size_t threads;
	int closed;
};

static struct place *
at(struct seki_crew *c, uint64_t i)
{
	return &c->place[i % SEKI_CREW_BOXES];
}

static void *
work(void *arg)
{
	struct seki_crew *c = arg;
	struct place *p;

	(void)pthread_mutex_lock(&c->lock);
	for (;;) {
		while (c->taken < c->sent && at(c, c->taken)->done)
			c->taken++;
		if (c->closed)
			break;
		if (c->taken == c->sent) {
			(void)pthread_cond_wait(&c->more, &c->lock);
			continue;
		}
		p = at(c, c->taken++);
		(void)pthread_mutex_unlock(&c->lock);
		c->fn(p->box);
		(void)pthread_mutex_lock(&c->lock);
		p->done = 1;
		(void)pthread_cond_signal(&c->done);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

size_t
seki_crew_boxes(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t threads = cores < 1		 ? 1
			 : cores > SEKI_CREW_MAX ? SEKI_CREW_MAX
						 : (size_t)cores;

	return 2 * threads + 1;
}

struct seki_crew *
seki_crew_new(void (*fn)(void *), struct seki_err *err)
{
	struct seki_crew *c = calloc(1, sizeof(*c));
	size_t want = (seki_crew_boxes() - 1) / 2;

	if (c == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->more, NULL);
	(void)pthread_cond_init(&c->done, NULL);
	c->fn = fn;
	while (c->threads < want &&
	       pthread_create(&c->thread[c->threads], NULL, work, c) == 0)
		c->threads++;
	if (c->threads > 0)
		return c;
	(void)seki_err_nomem(err);
	seki_crew_free(c);
	return NULL;
}

static void
put(struct seki_crew *c, void *box, int done)
{
	struct place *p;

	(void)pthread_mutex_lock(&c->lock);
	p = at(c, c->sent++);
	p->box = box;
	p->done = done;
	(void)pthread_cond_signal(&c->more);
	(void)pthread_mutex_unlock(&c->lock);
}

void
seki_crew_send(struct seki_crew *c, void *box)
{
	put(c, box, 0);
}

void
seki_crew_back(struct seki_crew *c, void *box)
{
	put(c, box, 1);
}

void *
seki_crew_get(struct seki_crew *c)
{
	struct place *p;

	(void)pthread_mutex_lock(&c->lock);
	p = at(c, c->first++);
	while (!p->done)
		(void)pthread_cond_wait(&c->done, &c->lock);
	/* A thread that has not run yet must not take the place for this one
	 * when the next box stands there. */
	if (c->taken < c->first)
		c->taken = c->first;
	(void)pthread_mutex_unlock(&c->lock);
	return p->box;
}

void
seki_crew_free(struct seki_crew *c)
{
	size_t i;

	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->closed = 1;
	(void)pthread_cond_broadcast(&c->more);
	(void)pthread_mutex_unlock(&c->lock);
	for (i = 0; i < c->threads; i++)
		(void)pthread_join(c->thread[i], NULL);
	(void)pthread_cond_destroy(&c->more);
	(void)pthread_cond_destroy(&c->done);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
