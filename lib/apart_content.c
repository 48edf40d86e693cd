#include <stdlib.h>
#include <string.h>

#include "apart.h"

/* As many attachments as a bundle can have, and two texts for each. */
#define ANSWER (4 * SEKI_MIB)

struct job {
	int fd;
	const struct seki_place *place;
	const char *name;
	struct seki_work_content *out;
};

static void
say_proof(struct seki_answer *a, const struct seki_proof *p)
{
	size_t i;

	seki_answer_text(a, p->kind);
	seki_answer_uint(a, p->records);
	seki_answer_uint(a, p->held);
	seki_answer_uint(a, p->deleted);
	for (i = 0; i < SEKI_FIELDS_MAX; i++)
		seki_answer_uint(a, p->rows[i]);
	seki_answer_bytes(a, p->root, sizeof(p->root));
}

static void
say_att(struct seki_answer *a, const struct seki_att *att)
{
	seki_answer_bytes(a, att->sha256, sizeof(att->sha256));
	seki_answer_uint(a, att->size);
	seki_answer_text(a, att->record);
	seki_answer_text(a, att->field);
	seki_answer_text(a, att->ext);
}

static int
run(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	const struct job *j = ctx;
	struct seki_work_content *c = j->out;
	size_t i;

	if (seki_work_records(j->fd, j->place, j->name, c, err) == -1)
		return -1;
	say_proof(a, &c->proof);
	seki_answer_text(a, c->stream);
	seki_answer_bytes(a, c->schema, sizeof(c->schema));
	seki_answer_text(a, c->system);
	seki_answer_text(a, c->domain);
	seki_answer_text(a, c->app);
	seki_answer_text(a, c->rules);
	seki_answer_text(a, c->origin.attachments);
	seki_answer_text(a, c->origin.query_sha256);
	seki_answer_text(a, c->origin.fetched_from);
	seki_answer_text(a, c->origin.fetched_to);
	seki_answer_text(a, c->origin.id_min);
	seki_answer_text(a, c->origin.id_max);
	seki_answer_uint(a, c->origin.total);
	seki_answer_uint(a, c->atts.n);
	for (i = 0; i < c->atts.n; i++)
		say_att(a, c->atts.v[i]);
	seki_answer_uint(a, c->atts.unknown);
	seki_answer_uint(a, c->atts.more != 0);
	say_att(a, &c->atts.clash);
	return 0;
}

static void
hear_proof(struct seki_heard *h, struct seki_proof *p)
{
	size_t i;

	seki_heard_copy(h, p->kind, sizeof(p->kind));
	p->records = seki_heard_uint(h, UINT64_MAX);
	p->held = seki_heard_uint(h, UINT64_MAX);
	p->deleted = seki_heard_uint(h, UINT64_MAX);
	for (i = 0; i < SEKI_FIELDS_MAX; i++)
		p->rows[i] = seki_heard_uint(h, UINT64_MAX);
	seki_heard_exact(h, p->root, sizeof(p->root));
	if (!seki_stream_kind_ok(p->kind))
		h->bad = 1;
}

static void
hear_att(struct seki_heard *h, struct seki_att *att)
{
	seki_heard_exact(h, att->sha256, sizeof(att->sha256));
	att->size = seki_heard_uint(h, UINT64_MAX);
	seki_heard_copy(h, att->record, sizeof(att->record));
	seki_heard_copy(h, att->field, sizeof(att->field));
	seki_heard_copy(h, att->ext, sizeof(att->ext));
}

/* By digest, each once. */
static int
hear_atts(struct seki_heard *h, struct seki_atts *a, struct seki_err *err)
{
	size_t i, n = seki_heard_count(h, SEKI_ENTRIES_MAX);
	struct seki_att *att;

	if ((a->v = calloc(n + 1, sizeof(*a->v))) == NULL)
		return seki_err_nomem(err);
	a->room = n + 1;
	for (i = 0; i < n && !h->bad; i++) {
		if ((att = calloc(1, sizeof(*att))) == NULL)
			return seki_err_nomem(err);
		a->v[a->n++] = att;
		hear_att(h, att);
		if (i > 0 &&
		    memcmp(a->v[i - 1]->sha256, att->sha256, SEKI_SHA256) >= 0)
			h->bad = 1;
	}
	a->unknown = seki_heard_uint(h, UINT64_MAX);
	a->more = (int)seki_heard_uint(h, 1);
	hear_att(h, &a->clash);
	return 0;
}

int
seki_apart_hear_content(
    struct seki_heard *h, struct seki_work_content *c, struct seki_err *err)
{
	int r;

	memset(c, 0, sizeof(*c));
	hear_proof(h, &c->proof);
	seki_heard_copy(h, c->stream, sizeof(c->stream));
	seki_heard_exact(h, c->schema, sizeof(c->schema));
	seki_heard_copy(h, c->system, sizeof(c->system));
	seki_heard_copy(h, c->domain, sizeof(c->domain));
	seki_heard_copy(h, c->app, sizeof(c->app));
	seki_heard_copy(h, c->rules, sizeof(c->rules));
	seki_heard_copy(
	    h, c->origin.attachments, sizeof(c->origin.attachments));
	seki_heard_copy(
	    h, c->origin.query_sha256, sizeof(c->origin.query_sha256));
	seki_heard_copy(
	    h, c->origin.fetched_from, sizeof(c->origin.fetched_from));
	seki_heard_copy(h, c->origin.fetched_to, sizeof(c->origin.fetched_to));
	seki_heard_copy(h, c->origin.id_min, sizeof(c->origin.id_min));
	seki_heard_copy(h, c->origin.id_max, sizeof(c->origin.id_max));
	c->origin.total = seki_heard_uint(h, UINT64_MAX);
	r = hear_atts(h, &c->atts, err);
	if (r == 0 && (!seki_heard_end(h) || !seki_schema_stream_ok(c->stream)))
		r = seki_worker_garbage(err);
	if (r == -1) {
		seki_atts_free(&c->atts);
		memset(c, 0, sizeof(*c));
	}
	return r;
}

static int
take(void *ctx, struct seki_heard *h, struct seki_err *err)
{
	const struct job *j = ctx;

	return seki_apart_hear_content(h, j->out, err);
}

int
seki_apart_records(int fd, const struct seki_place *place, const char *name,
    struct seki_work_content *out, struct seki_err *err)
{
	struct job j = { fd, place, name, out };
	const struct seki_worker_job job = { .run = run,
		.take = take,
		.ctx = &j,
		.in = { fd },
		.nin = 1,
		.inflated = place->size,
		.part = ANSWER };

	memset(out, 0, sizeof(*out));
	return seki_worker_run(&job, err);
}
