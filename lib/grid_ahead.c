#include <pthread.h>
#include <stdlib.h>

#include "grid_int.h"

/*
 * A sheet's rows, read ahead by a thread of its own: one core has the XML, the
 * other one what the cells mean.  Rows pass in their order and a failure comes
 * after the rows before it, as if nobody had read ahead.
 */

/* Rows that wait, and how many pass at once; bytes past which it stops. */
#define SLOTS 256
#define PASS 32
#define BYTES ((uint64_t)1024 * 1024)
/* What a row keeps for the next one. */
#define KEEP ((size_t)16 * 1024)

struct seki_ahead {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, room;
	/* Under the lock: rows, and their bytes, counted for ever. */
	uint64_t made, used, made_bytes, used_bytes;
	int ended, end, closed; /* end: of seki_xlsx_next */
	struct seki_err err;
	struct seki_xlsx_slot slot[SLOTS];
	struct seki_xlsx_rows *rows;
	/* The reader's own. */
	uint64_t seen, given, given_bytes;
};

static size_t
weight(const struct seki_xlsx_slot *s)
{
	return s->text.n + s->row.n * sizeof(*s->row.cell);
}

/* Wait until there is room for another pass: 0, or -1 when nobody reads on. */
static int
publish(struct seki_ahead *a, uint64_t made, uint64_t bytes)
{
	int closed;

	(void)pthread_mutex_lock(&a->lock);
	a->made = made;
	a->made_bytes = bytes;
	(void)pthread_cond_signal(&a->more);
	while (!a->closed && made > a->used &&
	       (made - a->used > SLOTS - PASS || bytes - a->used_bytes > BYTES))
		(void)pthread_cond_wait(&a->room, &a->lock);
	closed = a->closed;
	(void)pthread_mutex_unlock(&a->lock);
	return closed ? -1 : 0;
}

static void *
work(void *arg)
{
	struct seki_ahead *a = arg;
	struct seki_err err = SEKI_ERR_INIT;
	uint64_t made = 0, bytes = 0, passed = 0;
	struct seki_cells *row;
	struct seki_xlsx_slot *s;
	int r;

	while ((r = seki_xlsx_next(a->rows, &row, &err)) == 1) {
		s = &a->slot[made % SLOTS];
		if (seki_xlsx_keep(a->rows, s, &err) == -1) {
			r = -1;
			break;
		}
		bytes += weight(s);
		if (++made % PASS != 0 && bytes - passed < BYTES / 8)
			continue;
		passed = bytes;
		if (publish(a, made, bytes) == -1)
			break;
	}
	(void)pthread_mutex_lock(&a->lock);
	a->made = made;
	a->ended = 1;
	a->end = r;
	a->err = err;
	(void)pthread_cond_signal(&a->more);
	(void)pthread_mutex_unlock(&a->lock);
	return NULL;
}

struct seki_ahead *
seki_ahead_new(struct seki_xlsx_rows *rows)
{
	struct seki_ahead *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->rows = rows;
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->more, NULL);
	(void)pthread_cond_init(&a->room, NULL);
	if (pthread_create(&a->thread, NULL, work, a) == 0)
		return a;
	free(a);
	return NULL;
}

/* Give back what was read, and see what there is. */
static void
pass(struct seki_ahead *a)
{
	(void)pthread_mutex_lock(&a->lock);
	a->used = a->given;
	a->used_bytes = a->given_bytes;
	(void)pthread_cond_signal(&a->room);
	while (a->made == a->given && !a->ended)
		(void)pthread_cond_wait(&a->more, &a->lock);
	a->seen = a->made;
	(void)pthread_mutex_unlock(&a->lock);
}

int
seki_ahead_next(
    struct seki_ahead *a, struct seki_cells **row, struct seki_err *err)
{
	struct seki_xlsx_slot *s;

	if (a->given > 0) {
		s = &a->slot[(a->given - 1) % SLOTS];
		if (weight(s) > KEEP)
			seki_xlsx_slot_free(s);
	}
	if (a->given == a->seen || a->given % PASS == 0)
		pass(a);
	if (a->given == a->seen) {
		if (a->end == -1)
			*err = a->err;
		return a->end;
	}
	s = &a->slot[a->given++ % SLOTS];
	a->given_bytes += weight(s);
	*row = &s->row;
	return 1;
}

void
seki_ahead_free(struct seki_ahead *a)
{
	size_t i;

	if (a == NULL)
		return;
	(void)pthread_mutex_lock(&a->lock);
	a->closed = 1;
	(void)pthread_cond_signal(&a->room);
	(void)pthread_mutex_unlock(&a->lock);
	(void)pthread_join(a->thread, NULL);
	for (i = 0; i < SLOTS; i++)
		seki_xlsx_slot_free(&a->slot[i]);
	(void)pthread_cond_destroy(&a->more);
	(void)pthread_cond_destroy(&a->room);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}
