#include <stdlib.h>

#include "http_int.h"

/* Good answers in a row after which one more connection is used again. */
#define CALM 16u
#define ERRANDS_MAX 4

struct seki_pool {
	struct seki_http **h; /* those not taken: from the front */
	struct seki_http *first;
	unsigned n, idle;
	unsigned out, limit; /* how many may be taken now */
	unsigned calm;
	pthread_mutex_t lock;
	pthread_cond_t change;
};

struct seki_pool *
seki_pool_new(struct seki_http *first, unsigned n, struct seki_err *err)
{
	struct seki_pool *p = calloc(1, sizeof(*p));

	if (p == NULL ||
	    (p->h = calloc(n, sizeof(struct seki_http *))) == NULL) {
		free(p);
		(void)seki_err_nomem(err);
		return NULL;
	}
	p->n = p->limit = n;
	p->first = p->h[0] = first;
	p->idle = 1;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->change, NULL);
	return p;
}

unsigned
seki_pool_size(const struct seki_pool *p)
{
	return p->n;
}

uint64_t
seki_pool_left(const struct seki_pool *p)
{
	return seki_http_left(p->first);
}

struct seki_http *
seki_pool_take(struct seki_pool *p, struct seki_err *err)
{
	struct seki_http *h;

	(void)pthread_mutex_lock(&p->lock);
	while (p->out >= p->limit)
		(void)pthread_cond_wait(&p->change, &p->lock);
	/* The one used last is the warmest. */
	if (p->idle > 0)
		h = p->h[--p->idle];
	else
		h = seki_http_another(p->first, err);
	if (h != NULL)
		p->out++;
	(void)pthread_mutex_unlock(&p->lock);
	return h;
}

/*
 * All users and programs of the organisation share what the service serves at
 * a time: when that comes near its end, we take less of it (record API 7.1).
 */
static void
adapt(struct seki_pool *p, const struct seki_http *h)
{
	int crowded = h->crowded ||
		      (h->limit > 0 && h->running >= h->limit - h->limit / 5);

	if (crowded) {
		p->limit = p->limit > 1 ? p->limit - 1 : 1;
		p->calm = 0;
	} else if (p->limit < p->n && ++p->calm >= CALM) {
		p->limit++;
		p->calm = 0;
	}
}

void
seki_pool_give(struct seki_pool *p, struct seki_http *h)
{
	(void)pthread_mutex_lock(&p->lock);
	adapt(p, h);
	p->h[p->idle++] = h;
	p->out--;
	(void)pthread_cond_broadcast(&p->change);
	(void)pthread_mutex_unlock(&p->lock);
}

struct runner {
	struct seki_pool *pool;
	struct seki_errand *errand;
	int r;
};

static void *
run_one(void *ctx)
{
	struct runner *n = ctx;
	struct seki_errand *e = n->errand;
	struct seki_http *h;

	n->r = -1;
	seki_err_clear(&e->err);
	if ((h = seki_pool_take(n->pool, &e->err)) == NULL)
		return NULL;
	n->r = e->run(h, e->ctx, &e->err);
	seki_pool_give(n->pool, h);
	return NULL;
}

int
seki_pool_run(
    struct seki_pool *p, struct seki_errand *e, size_t n, struct seki_err *err)
{
	struct runner one[ERRANDS_MAX];
	pthread_t thread[ERRANDS_MAX];
	size_t i, started = 1;

	if (n == 0 || n > ERRANDS_MAX)
		return seki_fail(err, SEKI_BUG, "%zu errands", n);
	for (i = 0; i < n; i++)
		one[i] = (struct runner){ p, &e[i], 0 };
	for (; p->n > 1 && started < n; started++)
		if (pthread_create(
			&thread[started], NULL, run_one, &one[started]) != 0)
			break;
	run_one(&one[0]);
	for (i = started; i < n && one[i - 1].r == 0; i++)
		run_one(&one[i]);
	for (i = 1; i < started; i++)
		(void)pthread_join(thread[i], NULL);
	for (i = 0; i < n; i++)
		if (one[i].r == -1) {
			*err = e[i].err;
			return -1;
		}
	return 0;
}

void
seki_pool_stop(struct seki_pool *p)
{
	seki_http_stop(p->first);
}

void
seki_pool_free(struct seki_pool *p)
{
	unsigned i;

	if (p == NULL)
		return;
	for (i = 0; i < p->idle; i++)
		if (p->h[i] != p->first)
			seki_http_free(p->h[i]);
	(void)pthread_cond_destroy(&p->change);
	(void)pthread_mutex_destroy(&p->lock);
	free(p->h);
	free(p);
}
