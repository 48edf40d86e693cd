#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "press_int.h"

/* Enough for any machine this runs on; each has its own 0.5 MiB. */
#define THREADS_MAX 4

struct seki_press {
	pthread_mutex_t lock;
	pthread_cond_t more, done; /* a piece waits; a piece was finished */
	struct seki_piece *first, **last, *idle;
	pthread_t thread[THREADS_MAX];
	size_t threads, flight; /* pieces handed in and not finished */
	int closed;
};

/* Pieces of one squeeze are taken in their order, so whoever waits for its turn
 * waits for a thread that is at work. */
static void *
work(void *arg)
{
	struct seki_press *p = arg;
	struct seki_deflater *d = seki_deflater_new();
	struct seki_piece *piece;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->first == NULL && !p->closed)
			(void)pthread_cond_wait(&p->more, &p->lock);
		if ((piece = p->first) == NULL)
			break;
		if ((p->first = piece->next) == NULL)
			p->last = &p->first;
		(void)pthread_mutex_unlock(&p->lock);
		seki_piece_deflate(piece, d);
		(void)pthread_mutex_lock(&p->lock);
		while (!seki_piece_turn(piece))
			(void)pthread_cond_wait(&p->done, &p->lock);
		(void)pthread_mutex_unlock(&p->lock);
		seki_piece_write(piece, d);
		(void)pthread_mutex_lock(&p->lock);
		seki_piece_done(piece);
		piece->next = p->idle;
		p->idle = piece;
		p->flight--;
		(void)pthread_cond_broadcast(&p->done);
	}
	(void)pthread_mutex_unlock(&p->lock);
	seki_deflater_free(d);
	return NULL;
}

struct seki_press *
seki_press_new(struct seki_err *err)
{
	struct seki_press *p = calloc(1, sizeof(*p));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t want = cores < 2 ? 1 : (size_t)cores;

	if (p == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->more, NULL);
	(void)pthread_cond_init(&p->done, NULL);
	p->last = &p->first;
	if (want > THREADS_MAX)
		want = THREADS_MAX;
	while (p->threads < want &&
	       pthread_create(&p->thread[p->threads], NULL, work, p) == 0)
		p->threads++;
	if (p->threads > 0)
		return p;
	(void)seki_err_nomem(err);
	seki_press_free(p);
	return NULL;
}

void
seki_press_free(struct seki_press *p)
{
	struct seki_piece *piece;
	size_t i;

	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->closed = 1;
	(void)pthread_cond_broadcast(&p->more);
	(void)pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->threads; i++)
		(void)pthread_join(p->thread[i], NULL);
	while ((piece = p->idle) != NULL) {
		p->idle = piece->next;
		free(piece);
	}
	(void)pthread_cond_destroy(&p->more);
	(void)pthread_cond_destroy(&p->done);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

struct seki_piece *
seki_press_get(struct seki_press *p, struct seki_err *err)
{
	struct seki_piece *piece;

	(void)pthread_mutex_lock(&p->lock);
	while (p->flight > p->threads + 1)
		(void)pthread_cond_wait(&p->done, &p->lock);
	if ((piece = p->idle) != NULL)
		p->idle = piece->next;
	(void)pthread_mutex_unlock(&p->lock);
	if (piece == NULL && (piece = malloc(sizeof(*piece))) == NULL)
		(void)seki_err_nomem(err);
	return piece;
}

void
seki_press_put(struct seki_press *p, struct seki_piece *piece)
{
	(void)pthread_mutex_lock(&p->lock);
	piece->next = NULL;
	*p->last = piece;
	p->last = &piece->next;
	p->flight++;
	(void)pthread_cond_signal(&p->more);
	(void)pthread_mutex_unlock(&p->lock);
}

void
seki_press_back(struct seki_press *p, struct seki_piece *piece)
{
	if (piece == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	piece->next = p->idle;
	p->idle = piece;
	(void)pthread_mutex_unlock(&p->lock);
}

void
seki_press_wait(struct seki_press *p, const uint64_t *finished, uint64_t number)
{
	(void)pthread_mutex_lock(&p->lock);
	while (*finished < number)
		(void)pthread_cond_wait(&p->done, &p->lock);
	(void)pthread_mutex_unlock(&p->lock);
}
