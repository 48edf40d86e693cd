#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pull_int.h"

/* Each thread reads what it has asked for; with one more for every four
 * connections, these stay busy meanwhile. */
#define THREADS(connections) ((connections) + (connections) / 4u)
#define THREADS_MAX THREADS(SEKI_HTTP_CONNECTIONS_MAX)
/* Batches beyond one a thread: what is being written, or kept for the piece
 * that all others wait for.  Each takes a page's memory. */
#define AHEAD 1u

struct seki_fetch {
	struct seki_fetch_how how;
	struct seki_pool *pool;
	pthread_t thread[THREADS_MAX];
	unsigned nthread;
	struct seki_page *page[THREADS_MAX];

	pthread_mutex_t lock;
	pthread_cond_t change;
	struct seki_span span;
	struct seki_batch *idle; /* batches nobody has */
	unsigned nidle;
	struct seki_batch *shown; /* what the caller of next has */
	uint64_t pages;
	unsigned started;
	int stop;
	struct seki_err err; /* of the failed piece */
};

static void
batch_free(struct seki_batch *b)
{
	if (b == NULL)
		return;
	seki_stream_part_free(b->part);
	seki_buf_free(&b->ids);
	seki_buf_free(&b->seen);
	free(b);
}

static struct seki_batch *
batch_new(const struct seki_schema *schema, struct seki_err *err)
{
	struct seki_batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		(void)seki_err_nomem(err);
	else if ((b->part = seki_stream_part_new(schema, err)) != NULL)
		return b;
	batch_free(b);
	return NULL;
}

static void
put_back(struct seki_fetch *f, struct seki_batch *b)
{
	if (b == NULL)
		return;
	b->next = f->idle;
	f->idle = b;
	f->nidle++;
}

/* Nothing is left to ask for, or to hope for. */
static int
over(const struct seki_fetch *f)
{
	const struct seki_piece *p;

	for (p = f->span.head; p != NULL; p = p->next) {
		if (p->state == SEKI_PIECE_FAILED)
			return 1;
		if (p->state != SEKI_PIECE_DONE)
			return 0;
	}
	return 1;
}

/* A piece to read and an empty batch for it, or NULL at the end. */
static struct seki_piece *
work(struct seki_fetch *f, uint64_t *number, struct seki_err *err)
{
	struct seki_piece *p = NULL;

	(void)pthread_mutex_lock(&f->lock);
	for (;;) {
		if (f->stop || over(f))
			break;
		if (f->nidle > 0)
			p = seki_span_take(&f->span, f->nidle == 1, err);
		if (p != NULL || err->reason != SEKI_OK)
			break;
		(void)pthread_cond_wait(&f->change, &f->lock);
	}
	if (p != NULL) {
		p->batch = f->idle;
		f->idle = p->batch->next;
		f->nidle--;
		*number = ++f->pages;
	}
	(void)pthread_mutex_unlock(&f->lock);
	return p;
}

static int
rises(const struct seki_piece *p, struct seki_batch *b,
    const struct seki_record *rec, struct seki_err *err)
{
	uint64_t id = strtoull(rec->key.p, NULL, 10);

	if (id > (b->records > 0 ? b->last : p->a) && id <= p->b) {
		b->first = b->records++ == 0 ? id : b->first;
		b->last = id;
		return 0;
	}
	seki_err_record(err, rec->key.p, rec->key.n);
	return seki_fail(err, SEKI_PROTOCOL, "%s",
	    id > p->b ? _("the record was not asked for")
		      : _("the record numbers do not rise"));
}

static int
read_page(struct seki_fetch *f, struct seki_page *page, struct seki_piece *p,
    const struct seki_reply *reply, uint64_t number, struct seki_err *err)
{
	struct seki_batch *b = p->batch;
	struct seki_record *rec;
	int r, whole;

	b->records = b->first = b->last = b->skipped = b->settled = 0;
	b->gone = 0;
	b->from = p->a;
	seki_buf_reset(&b->ids);
	seki_buf_reset(&b->seen);
	seki_page_begin(page, reply->body.p, reply->body.n, number);
	while ((r = seki_page_next(page, &rec, err)) == 1)
		if (rises(p, b, rec, err) == -1 ||
		    f->how.record(f->how.ctx, b, rec, err) == -1)
			return -1;
	if (r == 0 && b->records > SEKI_PAGE)
		return seki_fail(err, SEKI_PROTOCOL,
		    _("page %llu: more records than were asked for"),
		    (unsigned long long)number);
	if (r == 0)
		r = seki_page_count(page, b->records, err);
	if (r == -1 || f->how.end == NULL)
		return r;
	/* As seki_span_done believes it. */
	whole = b->records == 0 || b->last == p->b ||
		(p->b != f->span.upto && b->records < SEKI_PAGE);
	return f->how.end(f->how.ctx, b, whole ? p->b : b->last, err);
}

static int
ask(struct seki_fetch *f, struct seki_page *page, struct seki_piece *p,
    struct seki_reply *reply, uint64_t number, struct seki_err *err)
{
	struct seki_http *h = seki_pool_take(f->pool, err);
	int r;

	if (h == NULL)
		return -1;
	r = seki_api_page(h, f->how.ask, p->a, p->b, number, reply, err);
	seki_pool_give(f->pool, h);
	if (r == 0 && f->how.before != NULL)
		r = f->how.before(
		    f->how.before_ctx, page, p->a, p->b, number, reply, err);
	return r == -1 ? -1 : read_page(f, page, p, reply, number, err);
}

static void
fail(struct seki_fetch *f, struct seki_piece *p, const struct seki_err *err)
{
	const struct seki_piece *q;

	/* The failure told is that of the lowest ids, whichever came first. */
	for (q = f->span.head; q != p && q != NULL; q = q->next)
		if (q->state == SEKI_PIECE_FAILED)
			break;
	if (q == p)
		f->err = *err;
	p->state = SEKI_PIECE_FAILED;
}

static void
one(struct seki_fetch *f, struct seki_page *page, struct seki_piece *p,
    struct seki_reply *reply, uint64_t number)
{
	struct seki_err err = SEKI_ERR_INIT;
	int r = ask(f, page, p, reply, number, &err);

	(void)pthread_mutex_lock(&f->lock);
	if (r == 0)
		r = seki_span_done(&f->span, p, p->batch, &err);
	if (r == -1)
		fail(f, p, &err);
	(void)pthread_cond_broadcast(&f->change);
	(void)pthread_mutex_unlock(&f->lock);
}

static void *
run(void *ctx)
{
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_fetch *f = ctx;
	struct seki_page *page;
	struct seki_piece *p;
	uint64_t number;

	(void)pthread_mutex_lock(&f->lock);
	page = f->page[f->started++];
	(void)pthread_mutex_unlock(&f->lock);
	while ((p = work(f, &number, &err)) != NULL)
		one(f, page, p, &reply, number);
	(void)pthread_mutex_lock(&f->lock);
	if (err.reason != SEKI_OK) {
		f->err = err;
		f->stop = 1;
	}
	(void)pthread_cond_broadcast(&f->change);
	(void)pthread_mutex_unlock(&f->lock);
	seki_reply_free(&reply);
	return NULL;
}

static int
prepare(struct seki_fetch *f, unsigned threads, struct seki_err *err)
{
	struct seki_batch *b;
	unsigned i;

	f->span.retry = f->how.ask->retry;
	f->span.nretry = f->how.ask->nretry;
	for (i = 0; i < threads + AHEAD; i++) {
		if ((b = batch_new(f->how.app->schema, err)) == NULL)
			return -1;
		put_back(f, b);
	}
	for (i = 0; i < threads; i++)
		if ((f->page[i] = seki_page_new(
			 f->how.app, f->how.pull, err)) == NULL)
			return -1;
	for (i = 0; i < threads; i++) {
		if (pthread_create(&f->thread[i], NULL, run, f) != 0)
			return seki_err_nomem(err);
		f->nthread++;
	}
	return 0;
}

struct seki_fetch *
seki_fetch_start(const struct seki_fetch_how *how, struct seki_pool *pool,
    uint64_t from, uint64_t upto, uint64_t about, struct seki_err *err)
{
	struct seki_fetch *f;

	if ((f = calloc(1, sizeof(*f))) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	f->how = *how;
	f->pool = pool;
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_cond_init(&f->change, NULL);
	if (seki_span_init(&f->span, from, upto, about, err) == 0 &&
	    prepare(f, THREADS(seki_pool_size(pool)), err) == 0)
		return f;
	seki_fetch_end(f, NULL);
	return NULL;
}

int
seki_fetch_next(
    struct seki_fetch *f, struct seki_batch **out, struct seki_err *err)
{
	struct seki_piece *p = NULL;
	int r = -1;

	(void)pthread_mutex_lock(&f->lock);
	put_back(f, f->shown);
	f->shown = NULL;
	(void)pthread_cond_broadcast(&f->change);
	while (!f->stop && f->span.head != NULL &&
	       (p = seki_span_pop(&f->span)) == NULL)
		(void)pthread_cond_wait(&f->change, &f->lock);
	if (p != NULL)
		f->shown = p->batch;
	if (p != NULL && p->state == SEKI_PIECE_DONE)
		r = 1;
	else if (p == NULL && !f->stop)
		r = 0;
	else if (err->reason == SEKI_OK)
		*err = f->err;
	*out = f->shown;
	(void)pthread_mutex_unlock(&f->lock);
	free(p);
	return r;
}

/* Requests under way are broken off: only a failure leaves any. */
void
seki_fetch_end(struct seki_fetch *f, struct seki_page *total)
{
	struct seki_batch *b;
	struct seki_piece *p;
	unsigned i;
	int whole;

	if (f == NULL)
		return;
	(void)pthread_mutex_lock(&f->lock);
	f->stop = 1;
	whole = f->span.head == NULL;
	(void)pthread_cond_broadcast(&f->change);
	(void)pthread_mutex_unlock(&f->lock);
	if (!whole)
		seki_pool_stop(f->pool);
	for (i = 0; i < f->nthread; i++)
		(void)pthread_join(f->thread[i], NULL);
	for (i = 0; i < THREADS_MAX; i++) {
		if (total != NULL && f->page[i] != NULL)
			seki_page_add(total, f->page[i]);
		seki_page_free(f->page[i]);
	}
	for (p = f->span.head; p != NULL; p = p->next)
		batch_free(p->batch);
	seki_span_free(&f->span);
	batch_free(f->shown);
	while ((b = f->idle) != NULL) {
		f->idle = b->next;
		batch_free(b);
	}
	(void)pthread_cond_destroy(&f->change);
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
}
