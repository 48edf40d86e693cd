#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sort.h"

/* Runs that are merged at once: each costs a buffer. */
#define RUNS 64
#define HEAD (2 * sizeof(uint32_t))

/* A sorted piece of the spool file while it is read. */
struct run {
	uint64_t begin;
	uint64_t at, end; /* what is still in the file */
	char *buf;
	size_t size, from, fill;
	struct seki_sorted now;
	size_t order; /* of equal keys */
};

struct seki_sort {
	char *spool;
	size_t memory;
	char *buf; /* records as they came: lengths, key, data */
	size_t n;
	uint32_t *at;
	size_t nat, size;
	int sorted;	      /* so far they came in order */
	int ascending;	      /* all of them, and no key twice */
	struct seki_buf last; /* key, across runs */
	int fd; /* of its own, or the shared one's */
	uint64_t written;
	struct seki_sort_file *shared;
	struct run run[RUNS];
	size_t nrun;
	struct run *heap[RUNS];
	size_t nheap, next;
	int merging;
};

struct seki_sort *
seki_sort_new(const char *spool, size_t memory, struct seki_err *err)
{
	struct seki_sort *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	s->fd = -1;
	s->sorted = s->ascending = 1;
	s->memory = memory > 0 ? memory : SEKI_SORT_MEMORY;
	if (spool == NULL || (s->spool = strdup(spool)) != NULL)
		return s;
	free(s);
	(void)seki_err_nomem(err);
	return NULL;
}

void
seki_sort_share(struct seki_sort *s, struct seki_sort_file *file)
{
	s->shared = file;
	s->fd = file->fd;
}

static size_t
parse(const char *p, struct seki_sorted *to)
{
	uint32_t n[2];

	memcpy(n, p, HEAD);
	to->key = p + HEAD;
	to->nkey = n[0];
	to->data = to->key + n[0];
	to->ndata = n[1];
	return HEAD + n[0] + n[1];
}

static int
cmp(const struct seki_sorted *a, const struct seki_sorted *b)
{
	return seki_key_cmp(a->key, a->nkey, b->key, b->nkey);
}

static int
cmp_at(const void *a, const void *b, void *ctx)
{
	const struct seki_sort *s = ctx;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	struct seki_sorted x, y;
	int r;

	(void)parse(s->buf + i, &x);
	(void)parse(s->buf + k, &y);
	r = cmp(&x, &y);
	return r != 0 ? r : i < k ? -1 : i > k;
}

static void
arrange(struct seki_sort *s)
{
	if (!s->sorted)
		qsort_r(s->at, s->nat, sizeof(*s->at), cmp_at, s);
	s->sorted = 1;
}

static int
put(int fd, const char *p, size_t n, uint64_t at, struct seki_err *err)
{
	ssize_t r;

	for (; n > 0; p += r, at += (uint64_t)r, n -= (size_t)r)
		if ((r = pwrite(fd, p, n, (off_t)at)) == -1)
			return seki_err_errno(err, _("temporary file"));
	return 0;
}

/* Where the next n bytes go. */
static uint64_t
place(struct seki_sort *s, uint64_t n)
{
	uint64_t *end = s->shared == NULL ? &s->written : &s->shared->end, at;

	if (s->shared != NULL)
		(void)pthread_mutex_lock(&s->shared->lock);
	at = *end;
	*end += n;
	if (s->shared != NULL)
		(void)pthread_mutex_unlock(&s->shared->lock);
	return at;
}

/* Bytes on their way to a file, a chunk at a time. */
struct to {
	int fd;
	uint64_t at;
	struct seki_buf b;
};

static int
drain(struct to *t, size_t above, struct seki_err *err)
{
	if (t->b.n <= above)
		return 0;
	if (put(t->fd, t->b.p, t->b.n, t->at, err) == -1)
		return -1;
	t->at += t->b.n;
	seki_buf_reset(&t->b);
	return 0;
}

static int
emit(struct to *t, const struct seki_sorted *r, struct seki_err *err)
{
	uint32_t n[2] = { (uint32_t)r->nkey, (uint32_t)r->ndata };

	if (seki_buf_add(&t->b, n, HEAD, err) == -1 ||
	    seki_buf_add(&t->b, r->key, r->nkey, err) == -1 ||
	    seki_buf_add(&t->b, r->data, r->ndata, err) == -1)
		return -1;
	return drain(t, 4 * SEKI_CHUNK, err);
}

static int merge_all(struct seki_sort *, struct seki_err *);

/* What is in memory becomes a run. */
static int
spill(struct seki_sort *s, struct seki_err *err)
{
	struct to t = { .fd = -1 };
	struct seki_sorted r;
	struct run *run;
	uint64_t at;
	size_t i;
	int ok = 0, in_order = s->sorted;

	if (s->nrun == RUNS && merge_all(s, err) == -1)
		return -1;
	if (s->fd == -1 && (s->fd = seki_dir_spool(s->spool, err)) == -1)
		return -1;
	t.fd = s->fd;
	t.at = at = place(s, s->n);
	arrange(s);
	if (in_order)
		ok = put(s->fd, s->buf, s->n, at, err);
	for (i = 0; !in_order && ok == 0 && i < s->nat; i++) {
		(void)parse(s->buf + s->at[i], &r);
		ok = emit(&t, &r, err);
	}
	if (ok == 0)
		ok = drain(&t, 0, err);
	seki_buf_free(&t.b);
	if (ok == -1)
		return -1;
	run = &s->run[s->nrun++];
	run->at = run->begin = at;
	run->end = at + s->n;
	s->n = s->nat = 0;
	return 0;
}

static int
room(struct seki_sort *s, struct seki_err *err)
{
	size_t size = s->size == 0 ? 1024 : 2 * s->size;
	uint32_t *at;

	if (s->nat < s->size)
		return 0;
	if ((at = reallocarray(s->at, size, sizeof(*at))) == NULL)
		return seki_err_nomem(err);
	s->at = at;
	s->size = size;
	return 0;
}

/* What is known of the order while it lasts. */
static int
follow(struct seki_sort *s, const struct seki_sorted *r, struct seki_err *err)
{
	struct seki_sorted last;

	if (s->sorted && s->nat > 0) {
		(void)parse(s->buf + s->at[s->nat - 1], &last);
		s->sorted = cmp(&last, r) <= 0;
	}
	if (!s->ascending)
		return 0;
	s->ascending = s->last.p == NULL ||
		       seki_key_cmp(s->last.p, s->last.n, r->key, r->nkey) < 0;
	seki_buf_reset(&s->last);
	return seki_buf_add(&s->last, r->key, r->nkey, err);
}

int
seki_sort_add(
    struct seki_sort *s, const struct seki_sorted *r, struct seki_err *err)
{
	uint32_t n[2] = { (uint32_t)r->nkey, (uint32_t)r->ndata };
	size_t all = HEAD + r->nkey + r->ndata;
	char *to;

	if (r->nkey > SEKI_RECORD_MAX || r->ndata > SEKI_RECORD_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("a record is longer than %zu bytes"), SEKI_RECORD_MAX);
	if (s->buf == NULL &&
	    (s->buf = malloc(s->memory + HEAD + 2 * SEKI_RECORD_MAX)) == NULL)
		return seki_err_nomem(err);
	if (s->n > 0 && s->n + all > s->memory && spill(s, err) == -1)
		return -1;
	if (room(s, err) == -1)
		return -1;
	to = s->buf + s->n;
	memcpy(to, n, HEAD);
	memcpy(to + HEAD, r->key, r->nkey);
	if (r->ndata > 0)
		memcpy(to + HEAD + r->nkey, r->data, r->ndata);
	if (follow(s, r, err) == -1)
		return -1;
	s->at[s->nat++] = (uint32_t)s->n;
	s->n += all;
	return 0;
}

/* Bytes of a run from r->from on, at least n. */
static int
fetch(int fd, struct run *r, size_t n, struct seki_err *err)
{
	size_t have = r->fill - r->from, want;
	ssize_t got;
	char *buf;

	if (have >= n)
		return 0;
	memmove(r->buf, r->buf + r->from, have);
	r->from = 0;
	r->fill = have;
	if (n > r->size) {
		if ((buf = realloc(r->buf, n)) == NULL)
			return seki_err_nomem(err);
		r->buf = buf;
		r->size = n;
	}
	while (r->fill < n) {
		want = r->size - r->fill;
		if (want > r->end - r->at)
			want = (size_t)(r->end - r->at);
		got = pread(fd, r->buf + r->fill, want, (off_t)r->at);
		if (got == -1)
			return seki_err_errno(err, _("temporary file"));
		if (got == 0)
			return seki_fail(err, SEKI_BUG, "sort");
		r->fill += (size_t)got;
		r->at += (uint64_t)got;
	}
	return 0;
}

/* The run's next record: 1, 0, -1. */
static int
step(int fd, struct run *r, struct seki_err *err)
{
	uint32_t n[2];

	if (r->from == r->fill && r->at == r->end)
		return 0;
	if (fetch(fd, r, HEAD, err) == -1)
		return -1;
	memcpy(n, r->buf + r->from, HEAD);
	if (fetch(fd, r, HEAD + n[0] + n[1], err) == -1)
		return -1;
	r->from += parse(r->buf + r->from, &r->now);
	return 1;
}

static int
before(const struct run *a, const struct run *b)
{
	int r = cmp(&a->now, &b->now);

	return r != 0 ? r < 0 : a->order < b->order;
}

static void
sink(struct seki_sort *s, size_t i)
{
	struct run *r = s->heap[i];
	size_t k;

	while ((k = 2 * i + 1) < s->nheap) {
		if (k + 1 < s->nheap && before(s->heap[k + 1], s->heap[k]))
			k++;
		if (!before(s->heap[k], r))
			break;
		s->heap[i] = s->heap[k];
		i = k;
	}
	s->heap[i] = r;
}

static int
merge_begin(struct seki_sort *s, struct seki_err *err)
{
	size_t i;
	int r;

	s->nheap = 0;
	for (i = 0; i < s->nrun; i++) {
		struct run *run = &s->run[i];

		run->order = i;
		run->from = run->fill = 0;
		if (run->buf == NULL) {
			run->size = SEKI_CHUNK;
			if ((run->buf = malloc(run->size)) == NULL)
				return seki_err_nomem(err);
		}
		if ((r = step(s->fd, run, err)) == -1)
			return -1;
		if (r == 1)
			s->heap[s->nheap++] = run;
	}
	for (i = s->nheap; i-- > 0;)
		sink(s, i);
	s->merging = 1;
	return 0;
}

/* The record lent last is on top: go past it first. */
static int
merge_next(
    struct seki_sort *s, struct seki_sorted *to, int lent, struct seki_err *err)
{
	int r;

	if (lent && s->nheap > 0) {
		if ((r = step(s->fd, s->heap[0], err)) == -1)
			return -1;
		if (r == 0)
			s->heap[0] = s->heap[--s->nheap];
		if (s->nheap > 0)
			sink(s, 0);
	}
	if (s->nheap == 0)
		return 0;
	*to = s->heap[0]->now;
	return 1;
}

/* All runs into one, in a new file, so that the old one's space is free; in a
 * shared one behind the others. */
static int
merge_all(struct seki_sort *s, struct seki_err *err)
{
	struct to t = { .fd = s->shared != NULL
				  ? s->fd
				  : seki_dir_spool(s->spool, err) };
	struct seki_sorted r;
	uint64_t at = 0, total = 0;
	int ok = -1, lent = 0;
	size_t i;

	for (i = 0; i < s->nrun; i++)
		total += s->run[i].end - s->run[i].begin;
	if (s->shared != NULL)
		t.at = at = place(s, total);
	if (t.fd == -1 || merge_begin(s, err) == -1)
		goto out;
	while ((ok = merge_next(s, &r, lent, err)) == 1) {
		lent = 1;
		if (emit(&t, &r, err) == -1) {
			ok = -1;
			break;
		}
	}
	if (ok == 0)
		ok = drain(&t, 0, err);
out:
	seki_buf_free(&t.b);
	s->merging = 0;
	if (ok == -1) {
		if (t.fd != -1 && s->shared == NULL)
			(void)close(t.fd);
		return -1;
	}
	if (s->shared == NULL) {
		(void)close(s->fd);
		s->fd = t.fd;
		s->written = total;
	}
	s->nrun = 1;
	s->run[0].at = s->run[0].begin = at;
	s->run[0].end = at + total;
	return 0;
}

int
seki_sort_next(
    struct seki_sort *s, struct seki_sorted *to, struct seki_err *err)
{
	int lent = s->merging;

	if (s->nrun == 0) {
		arrange(s);
		if (s->next == s->nat)
			return 0;
		(void)parse(s->buf + s->at[s->next++], to);
		return 1;
	}
	if (!s->merging) {
		if (s->nat > 0 && spill(s, err) == -1)
			return -1;
		free(s->buf);
		s->buf = NULL;
		if (merge_begin(s, err) == -1)
			return -1;
	}
	return merge_next(s, to, lent, err);
}

void
seki_sort_rewind(struct seki_sort *s)
{
	size_t i;

	s->next = 0;
	s->merging = 0;
	for (i = 0; i < s->nrun; i++)
		s->run[i].at = s->run[i].begin;
}

int
seki_sort_ascending(const struct seki_sort *s)
{
	return s->ascending;
}

void
seki_sort_free(struct seki_sort *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < RUNS; i++)
		free(s->run[i].buf);
	if (s->fd != -1 && s->shared == NULL)
		(void)close(s->fd);
	seki_buf_free(&s->last);
	free(s->buf);
	free(s->at);
	free(s->spool);
	free(s);
}
