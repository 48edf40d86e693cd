#include <stdlib.h>
#include <string.h>

#include "pull_int.h"

/* Records aimed at in one piece: below a page, so that a piece is seldom asked
 * for twice, and near enough to it that few requests are spent. */
#define AIM ((uint64_t)465)
/* How fast the width follows what is seen. */
#define STEP ((uint64_t)4)

/* Ids that hold about a piece's records, when n are seen on so many. */
static uint64_t
width(uint64_t ids, uint64_t n)
{
	if (n >= ids)
		return SEKI_PAGE;
	return ids > UINT64_MAX / AIM ? ids / n * AIM : ids * AIM / n;
}

static struct seki_piece *
insert(struct seki_piece *after, uint64_t a, uint64_t b, struct seki_err *err)
{
	struct seki_piece *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	p->a = a;
	p->b = b;
	if (after != NULL) {
		p->next = after->next;
		after->next = p;
	}
	return p;
}

int
seki_span_init(struct seki_span *s, uint64_t from, uint64_t upto,
    uint64_t about, struct seki_err *err)
{
	memset(s, 0, sizeof(*s));
	s->upto = upto;
	/* Where there are few, they may lie in a heap: the first page finds its
	 * beginning.  Else all can be asked for at once. */
	s->width =
	    about > (upto - from) / 2 ? width(upto - from, about) : upto - from;
	s->head = insert(NULL, from, upto, err);
	return s->head == NULL ? -1 : 0;
}

void
seki_span_free(struct seki_span *s)
{
	struct seki_piece *p;

	while ((p = s->head) != NULL) {
		s->head = p->next;
		free(p);
	}
}

/* No more than so many of the ids that are listed one by one. */
static uint64_t
few(const struct seki_span *s, uint64_t a, uint64_t b)
{
	size_t i = 0;

	while (i < s->nretry && s->retry[i] <= a)
		i++;
	if (s->nretry - i <= SEKI_ASK_RETRY || s->retry[i + SEKI_ASK_RETRY] > b)
		return b;
	return s->retry[i + SEKI_ASK_RETRY - 1];
}

/* Nothing behind a failed piece is worth a request. */
struct seki_piece *
seki_span_take(struct seki_span *s, int only_head, struct seki_err *err)
{
	struct seki_piece *p;
	uint64_t b;

	for (p = s->head; p != NULL; p = p->next)
		if (p->state == SEKI_PIECE_TODO ||
		    p->state == SEKI_PIECE_FAILED)
			break;
	if (p == NULL || p->state == SEKI_PIECE_FAILED ||
	    (p != s->head && only_head))
		return NULL;
	b = p->b - p->a > s->width ? p->a + s->width : p->b;
	b = few(s, p->a, b);
	if (b != p->b) {
		if (insert(p, b, p->b, err) == NULL)
			return NULL;
		p->b = b;
	}
	p->state = SEKI_PIECE_BUSY;
	return p;
}

/* n records were seen on so many ids. */
static void
learn(struct seki_span *s, uint64_t ids, uint64_t n)
{
	uint64_t w = s->width, want;

	want = n == 0 ? w * STEP : width(ids, n);
	if (want > w * STEP)
		want = w * STEP;
	if (want < w / STEP)
		want = w / STEP;
	if (want > UINT64_MAX / (STEP * 2))
		want = UINT64_MAX / (STEP * 2);
	s->width = want < SEKI_PAGE ? SEKI_PAGE : want;
}

/*
 * A short page within bounds says that there is no more of them, as the
 * service states it; the closing count tells if it was wrong.  Of the end only
 * a page without records is believed, or one that reaches the newest.
 */
int
seki_span_done(struct seki_span *s, struct seki_piece *p,
    const struct seki_batch *got, struct seki_err *err)
{
	uint64_t n = got->records;

	if (n > 0 && got->last < p->b && (p->b == s->upto || n >= SEKI_PAGE)) {
		if (insert(p, got->last, p->b, err) == NULL)
			return -1;
		p->b = got->last;
	}
	/* Before the first record of a long piece may lie anything. */
	learn(s, n >= SEKI_PAGE ? got->last - got->first + 1 : p->b - p->a, n);
	p->state = SEKI_PIECE_DONE;
	return 0;
}

struct seki_piece *
seki_span_pop(struct seki_span *s)
{
	struct seki_piece *p = s->head;

	if (p == NULL || p->state == SEKI_PIECE_TODO ||
	    p->state == SEKI_PIECE_BUSY)
		return NULL;
	s->head = p->next;
	p->next = NULL;
	return p;
}
