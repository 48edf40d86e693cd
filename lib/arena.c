#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/* Chunks kept for the next record; what one giant record needed beyond this
 * is given back, so that memory does not follow the largest record for ever. */
#define KEEP ((size_t)1 << 20)
#define FIRST ((size_t)1 << 15)

struct seki_chunk {
	struct seki_chunk *next;
	size_t size;
	_Alignas(16) char p[];
};

static struct seki_chunk *
grow(struct seki_arena *a, size_t n)
{
	struct seki_chunk *c;
	size_t size = a->now == NULL ? FIRST : a->now->size * 2;

	if (a->now != NULL && a->now->next != NULL && a->now->next->size >= n)
		return a->now->next;
	if (size < n)
		size = n;
	if (n > SIZE_MAX - sizeof(*c) ||
	    (c = malloc(sizeof(*c) + size)) == NULL)
		return NULL;
	c->size = size;
	if (a->now == NULL) {
		c->next = a->head;
		a->head = c;
	} else {
		c->next = a->now->next;
		a->now->next = c;
	}
	return c;
}

void *
seki_arena_get(struct seki_arena *a, size_t n, struct seki_err *err)
{
	struct seki_chunk *c;
	size_t at = (a->used + 15) & ~(size_t)15;
	void *p;

	if (a->now == NULL || at > a->now->size || a->now->size - at < n) {
		if ((c = grow(a, n)) == NULL) {
			(void)seki_err_nomem(err);
			return NULL;
		}
		a->now = c;
		at = 0;
	}
	p = a->now->p + at;
	a->used = at + n;
	return p;
}

void *
seki_arena_copy(
    struct seki_arena *a, const void *src, size_t n, struct seki_err *err)
{
	char *p = seki_arena_get(a, n + 1, err);

	if (p == NULL)
		return NULL;
	if (n > 0)
		memcpy(p, src, n);
	p[n] = '\0';
	return p;
}

void
seki_arena_reset(struct seki_arena *a)
{
	struct seki_chunk *c, *next, **at = &a->head;
	size_t sum = 0;

	for (c = a->head; c != NULL; c = next) {
		next = c->next;
		if (sum + c->size > KEEP && c != a->head) {
			*at = next;
			free(c);
			continue;
		}
		sum += c->size;
		at = &c->next;
	}
	a->now = a->head;
	a->used = 0;
}

void
seki_arena_free(struct seki_arena *a)
{
	struct seki_chunk *c, *next;

	for (c = a->head; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	a->head = a->now = NULL;
	a->used = 0;
}
