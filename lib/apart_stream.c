#include <stdlib.h>
#include <string.h>

#include "apart.h"

/* A record is no larger than its line, but for what stands around each of its
 * values. */
#define PART (3 * SEKI_RECORD_MAX)
/* Records are said together until there are so many bytes. */
#define FULL (SEKI_CHUNK / 2)

struct far {
	struct seki_worker_job job;
	struct seki_worker *worker;
	int fd;
	struct seki_place place;
	const char *name; /* the child's copy stays */
	struct seki_heard h;
	struct seki_proof stated;
	struct seki_buf text[SEKI_STREAM_TEXTS];
};

static int
records(struct seki_stream_in *s, struct seki_answer *a, struct seki_err *err)
{
	const struct seki_schema *schema = seki_stream_schema(s);
	struct seki_record *rec;
	int r;

	while ((r = seki_stream_next(s, &rec, err)) == 1) {
		seki_apart_say_record(a, schema, rec);
		if (a->items.n >= FULL && seki_answer_send(a, 'P') == -1)
			return -1;
	}
	if (r == 0 && a->items.n > 0)
		r = seki_answer_send(a, 'P');
	return r;
}

static void
end(const struct seki_stream_in *s, struct seki_answer *a)
{
	const struct seki_proof *p = seki_stream_stated(s);
	const struct seki_ending *e = seki_stream_ending(s);

	seki_answer_text(a, p->kind);
	seki_answer_uint(a, p->records);
	seki_answer_uint(a, p->held);
	seki_answer_uint(a, p->deleted);
	seki_answer_bytes(a, p->root, sizeof(p->root));
	seki_answer_text(a, seki_stream_state(s));
	seki_answer_text(a, e->bookmarks);
	seki_answer_text(a, e->source);
	seki_answer_text(a, e->rules);
}

static int
run(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	const struct far *f = ctx;
	struct seki_in *in = seki_zip_in(f->fd, &f->place, f->name, err);
	struct seki_stream_in *s;
	int r;

	if (in == NULL || (s = seki_stream_open(in, err)) == NULL)
		return -1;
	/* By who hears it. */
	seki_stream_elsewhere(s);
	seki_stream_allow_part(s);
	seki_apart_say_schema(a, seki_stream_schema(s));
	r = seki_answer_send(a, 'P');
	if (r == 0)
		r = records(s, a, err);
	if (r == 0)
		end(s, a);
	seki_stream_free(s);
	return r;
}

static int
take(void *ctx, struct seki_heard *h, struct seki_err *err)
{
	struct far *f = ctx;
	struct seki_proof *p = &f->stated;
	const char *s;
	size_t i, n;

	seki_heard_copy(h, p->kind, sizeof(p->kind));
	p->records = seki_heard_uint(h, UINT64_MAX);
	p->held = seki_heard_uint(h, UINT64_MAX);
	p->deleted = seki_heard_uint(h, UINT64_MAX);
	seki_heard_exact(h, p->root, sizeof(p->root));
	for (i = 0; i < SEKI_STREAM_TEXTS; i++) {
		s = seki_heard_text(h, &n, SEKI_SCHEMA_MAX);
		if (seki_buf_add(&f->text[i], s, n, err) == -1)
			return -1;
	}
	if (!seki_stream_kind_ok(p->kind))
		h->bad = 1;
	return seki_heard_end(h) ? 0 : seki_worker_garbage(err);
}

/* 0 at the end, when the proof is known. */
static int
next(void *ctx, const struct seki_schema *schema, struct seki_arena *a,
    struct seki_record *rec, struct seki_err *err)
{
	struct far *f = ctx;
	struct seki_worker *w = f->worker;
	int r = 1;

	if (w == NULL)
		return seki_worker_garbage(err);
	if (f->h.p == f->h.end)
		r = seki_worker_next(w, &f->h, err);
	if (r == 1)
		return seki_apart_hear_record(&f->h, schema, a, rec, err) == -1
			   ? -1
			   : 1;
	if (r == 0) {
		f->worker = NULL;
		r = seki_worker_end(w, err);
	}
	return r;
}

static void
proof(void *ctx, struct seki_proof *stated,
    struct seki_buf text[SEKI_STREAM_TEXTS])
{
	struct far *f = ctx;
	size_t i;

	*stated = f->stated;
	for (i = 0; i < SEKI_STREAM_TEXTS; i++) {
		text[i] = f->text[i];
		f->text[i] = (struct seki_buf)SEKI_BUF_INIT;
	}
}

static void
far_free(void *ctx)
{
	struct far *f = ctx;
	size_t i;

	if (f == NULL)
		return;
	seki_worker_stop(f->worker);
	for (i = 0; i < SEKI_STREAM_TEXTS; i++)
		seki_buf_free(&f->text[i]);
	free(f);
}

/* What the parser says first; without it, why. */
static struct seki_schema *
schema_of(struct far *f, struct seki_err *err)
{
	struct seki_worker *w = f->worker;
	struct seki_schema *s;
	int r = seki_worker_next(w, &f->h, err);

	if (r == 1) {
		s = seki_apart_hear_schema(&f->h, err);
		f->h.p = f->h.end;
		return s;
	}
	if (r == 0) {
		f->worker = NULL;
		if (seki_worker_end(w, err) == 0)
			(void)seki_worker_garbage(err);
	}
	return NULL;
}

struct seki_stream_in *
seki_apart_stream(int fd, const struct seki_place *place, const char *name,
    struct seki_err *err)
{
	static const struct seki_stream_ops ops = { next, proof, far_free };
	struct far *f = calloc(1, sizeof(*f));
	struct seki_schema *schema = NULL;

	if (f == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	f->fd = fd;
	f->place = *place;
	f->name = name;
	f->job = (struct seki_worker_job){ .run = run,
		.take = take,
		.ctx = f,
		.in = { fd },
		.nin = 1,
		.inflated = place->size,
		.part = PART };
	f->worker = seki_worker_start(&f->job, err);
	if (f->worker != NULL && (schema = schema_of(f, err)) != NULL)
		return seki_stream_new(&ops, f, schema, name, err);
	seki_err_object(err, name);
	far_free(f);
	return NULL;
}
