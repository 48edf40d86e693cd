#include <stdlib.h>
#include <string.h>

#include "apart.h"

/* What a worker inflates: chunks as parts of one item, an empty one behind each
 * entry. */
struct seki_feed {
	struct seki_worker_job job;
	struct seki_worker *worker;
	int fd;
	const struct seki_place *place;
	const char *const *name;
	size_t n, next;
	const unsigned char *p;
	size_t left;	       /* of the chunk at p */
	uint64_t came;	       /* of the entry so far */
	int ended;	       /* the entry */
	struct seki_place own; /* of a feed that belongs to its only stream */
};

static int
one(const struct seki_feed *f, size_t i, struct seki_answer *a,
    struct seki_err *err)
{
	struct seki_in *in = seki_zip_in(f->fd, &f->place[i], f->name[i], err);
	char buf[SEKI_CHUNK];
	ssize_t r;

	if (in == NULL)
		return -1;
	while ((r = seki_in_read(in, buf, sizeof(buf), err)) > 0) {
		seki_answer_bytes(a, buf, (size_t)r);
		if (seki_answer_send(a, 'P') == -1)
			break;
	}
	seki_in_free(in);
	if (r != 0)
		return -1;
	seki_answer_bytes(a, "", 0);
	return seki_answer_send(a, 'P');
}

static int
run(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	const struct seki_feed *f = ctx;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (one(f, i, a, err) == -1)
			return -1;
	return 0;
}

struct seki_feed *
seki_feed_new(int fd, const struct seki_place *place, const char *const *name,
    size_t n, struct seki_err *err)
{
	struct seki_feed *f = calloc(1, sizeof(*f));
	size_t i;

	if (f == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	f->fd = fd;
	f->place = place;
	f->name = name;
	f->n = n;
	f->ended = 1;
	f->job = (struct seki_worker_job){
		.run = run, .ctx = f, .in = { fd }, .nin = 1
	};
	for (i = 0; i < n; i++)
		f->job.inflated += place[i].size;
	if ((f->worker = seki_worker_start(&f->job, err)) != NULL)
		return f;
	free(f);
	return NULL;
}

/* The next chunk: 1, 0 at the entry's end, -1. */
static int
chunk(struct seki_feed *f, struct seki_err *err)
{
	struct seki_heard h;
	struct seki_worker *w = f->worker;
	int r;

	if (w == NULL)
		return seki_worker_garbage(err);
	if ((r = seki_worker_next(w, &h, err)) == 1) {
		f->p = seki_heard_bytes(&h, &f->left, SEKI_CHUNK);
		f->came += f->left;
		if (!seki_heard_end(&h) || f->came > f->place[f->next - 1].size)
			return seki_worker_garbage(err);
		return f->left > 0;
	}
	if (r == 0) {
		f->worker = NULL;
		/* It cannot be at its end before the entry is. */
		if (seki_worker_end(w, err) == 0)
			(void)seki_worker_garbage(err);
	}
	return -1;
}

static ssize_t
feed_read(void *ctx, void *p, size_t n, struct seki_err *err)
{
	struct seki_feed *f = ctx;
	int r;

	if (f->ended)
		return 0;
	if (f->left == 0) {
		if ((r = chunk(f, err)) == -1)
			return -1;
		if (r == 0) {
			f->ended = 1;
			if (f->came == f->place[f->next - 1].size)
				return 0;
			return seki_worker_garbage(err);
		}
	}
	if (n > f->left)
		n = f->left;
	memcpy(p, f->p, n);
	f->p += n;
	f->left -= n;
	return (ssize_t)n;
}

static void
borrowed(void *ctx)
{
	(void)ctx;
}

static void
owned(void *ctx)
{
	seki_feed_free(ctx);
}

struct seki_in *
seki_feed_next(struct seki_feed *f, struct seki_err *err)
{
	static const struct seki_in_ops ops = { feed_read, borrowed };

	if (!f->ended || f->next == f->n) {
		(void)seki_fail(err, SEKI_BUG, "feed");
		return NULL;
	}
	f->ended = 0;
	f->came = 0;
	return seki_in_new(&ops, f, f->name[f->next++], err);
}

void
seki_feed_free(struct seki_feed *f)
{
	if (f == NULL)
		return;
	seki_worker_stop(f->worker);
	free(f);
}

struct seki_in *
seki_apart_in(int fd, const struct seki_place *place, const char *name,
    struct seki_err *err)
{
	static const struct seki_in_ops ops = { feed_read, owned };
	struct seki_feed *f;

	if (!place->deflated)
		return seki_zip_in(fd, place, name, err);
	if ((f = seki_feed_new(fd, place, &name, 1, err)) == NULL)
		return NULL;
	/* Caller's and this frame's are gone by then. */
	f->own = *place;
	f->place = &f->own;
	f->next = 1;
	f->ended = 0;
	return seki_in_new(&ops, f, name, err);
}
