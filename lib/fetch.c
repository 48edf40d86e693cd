#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pull_int.h"

/* One page is read, one waits, one arrives. */
#define SLOTS 3u

struct slot {
	struct seki_reply reply;
	char last[24];
};

struct seki_fetch {
	struct seki_http *http;
	const struct seki_ask *ask;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct slot slot[SLOTS];
	unsigned made, freed, taken;
	int stop, done;
	char from[24];
	struct seki_err err; /* the thread's, read once it is done */
};

/* A slot nobody reads, or NULL when the reader has gone. */
static struct slot *
empty(struct seki_fetch *f)
{
	struct slot *s;

	(void)pthread_mutex_lock(&f->lock);
	while (!f->stop && f->made - f->freed == SLOTS)
		(void)pthread_cond_wait(&f->change, &f->lock);
	s = f->stop ? NULL : &f->slot[f->made % SLOTS];
	(void)pthread_mutex_unlock(&f->lock);
	return s;
}

static void
hand_over(struct seki_fetch *f, int page, int done)
{
	(void)pthread_mutex_lock(&f->lock);
	f->made += page ? 1 : 0;
	f->done = done;
	(void)pthread_cond_broadcast(&f->change);
	(void)pthread_mutex_unlock(&f->lock);
}

/* A short page is not taken for the end, only one without records: then it is
 * the service that says there are no more. */
static void *
run(void *ctx)
{
	struct seki_fetch *f = ctx;
	struct slot *s;
	char last[24];
	uint64_t n;

	memcpy(last, f->from, sizeof(last));
	for (n = 1; (s = empty(f)) != NULL; n++) {
		if (seki_api_page(
			f->http, f->ask, last, n, &s->reply, &f->err) == -1)
			break;
		if (!seki_page_last(s->reply.body.p, s->reply.body.n, s->last))
			s->last[0] = '\0';
		memcpy(last, s->last, sizeof(last));
		hand_over(f, 1, last[0] == '\0');
		if (last[0] == '\0')
			return NULL;
	}
	hand_over(f, 0, 1);
	return NULL;
}

struct seki_fetch *
seki_fetch_start(struct seki_http *http, const struct seki_ask *ask,
    const char *last, struct seki_err *err)
{
	struct seki_fetch *f;

	if ((f = calloc(1, sizeof(*f))) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	f->http = http;
	f->ask = ask;
	memcpy(f->from, last, strnlen(last, sizeof(f->from) - 1));
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->change, NULL);
	if (pthread_create(&f->thread, NULL, run, f) != 0) {
		(void)seki_err_nomem(err);
		free(f);
		return NULL;
	}
	return f;
}

int
seki_fetch_next(struct seki_fetch *f, const char **text, size_t *n,
    const char **last, struct seki_err *err)
{
	struct slot *s = NULL;

	(void)pthread_mutex_lock(&f->lock);
	f->freed = f->taken;
	(void)pthread_cond_broadcast(&f->change);
	while (!f->done && f->made == f->taken)
		(void)pthread_cond_wait(&f->change, &f->lock);
	if (f->made != f->taken)
		s = &f->slot[f->taken++ % SLOTS];
	(void)pthread_mutex_unlock(&f->lock);
	if (s == NULL) {
		if (err->reason == SEKI_OK)
			*err = f->err;
		return -1;
	}
	*text = s->reply.body.p;
	*n = s->reply.body.n;
	*last = s->last;
	return 0;
}

void
seki_fetch_end(struct seki_fetch *f)
{
	unsigned i;
	int done;

	if (f == NULL)
		return;
	(void)pthread_mutex_lock(&f->lock);
	f->stop = 1;
	done = f->done;
	(void)pthread_cond_broadcast(&f->change);
	(void)pthread_mutex_unlock(&f->lock);
	if (!done)
		seki_http_stop(f->http);
	(void)pthread_join(f->thread, NULL);
	for (i = 0; i < SLOTS; i++)
		seki_reply_free(&f->slot[i].reply);
	(void)pthread_cond_destroy(&f->change);
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
}
