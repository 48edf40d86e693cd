#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "seki_int.h"

int
seki_work_structure(
    int fd, uint64_t length, struct seki_zip *zip, struct seki_err *err)
{
	return seki_zip_open(fd, 0, length, 1, zip, err);
}

int
seki_work_digest(struct seki_in *in, unsigned char *digest, uint64_t *count,
    struct seki_err *err)
{
	struct seki_sha256 h;
	char buf[SEKI_CHUNK / 4];
	ssize_t r;

	*count = 0;
	if (seki_sha256_init(&h, err) == -1) {
		seki_in_free(in);
		return -1;
	}
	while ((r = seki_in_read(in, buf, sizeof(buf), err)) > 0) {
		seki_sha256_add(&h, buf, (size_t)r);
		*count += (uint64_t)r;
	}
	seki_sha256_end(&h, digest);
	seki_sha256_free(&h);
	seki_in_free(in);
	return r == -1 ? -1 : 0;
}

/* What the form says of itself, as far as it fits: a longer text than any
 * manifest may hold is no text of a manifest. */
static int
take_schema(const struct seki_schema *s, struct seki_work_content *out,
    struct seki_err *err)
{
	const struct {
		char *to;
		size_t size;
		const char *from;
	} v[] = {
		{ out->stream, sizeof(out->stream), s->stream },
		{ out->system, sizeof(out->system), s->source.system },
		{ out->domain, sizeof(out->domain), s->source.domain },
		{ out->app, sizeof(out->app), s->source.app },
	};
	size_t i;

	memcpy(out->schema, s->digest, SEKI_SHA256);
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (snprintf(v[i].to, v[i].size, "%s",
			v[i].from == NULL ? "" : v[i].from) >= (int)v[i].size)
			return seki_fail(err, SEKI_RECORD, "%s",
			    _("SCHEMA: the name of stream or source is too "
			      "long"));
	return 0;
}

int
seki_work_records(int fd, const struct seki_place *place, const char *name,
    struct seki_work_content *out, struct seki_err *err)
{
	struct seki_in *in = seki_zip_in(fd, place, name, err);
	struct seki_stream_in *s;
	const struct seki_ending *end;
	struct seki_record *rec;
	int r;

	memset(out, 0, sizeof(*out));
	if (in == NULL || (s = seki_stream_open(in, err)) == NULL)
		return -1;
	seki_stream_allow_part(s);
	r = take_schema(seki_stream_schema(s), out, err);
	if (r == 0)
		while ((r = seki_stream_next(s, &rec, err)) == 1)
			if (seki_atts_add(&out->atts, seki_stream_schema(s),
				rec, err) == -1) {
				r = -1;
				break;
			}
	if (r == 0) {
		end = seki_stream_ending(s);
		r = seki_origin_parse(end->source, &out->origin, err);
	}
	if (r == 0) {
		out->proof = *seki_stream_proof(s);
		(void)snprintf(out->rules, sizeof(out->rules), "%s",
		    end->rules == NULL ? "" : end->rules);
	}
	seki_stream_free(s);
	return r;
}

struct thread {
	const struct seki_work_task *task;
	struct seki_err err;
	int r;
};

static void *
run(void *ctx)
{
	struct thread *t = ctx;

	t->r = t->task->run(t->task->ctx, &t->err);
	return NULL;
}

int
seki_work_both(const struct seki_work_task *first,
    const struct seki_work_task *second, struct seki_err *err)
{
	struct thread t = { .task = second };
	pthread_t id;
	int r, started;

	started = pthread_create(&id, NULL, run, &t) == 0;
	r = first->run(first->ctx, err);
	if (started)
		(void)pthread_join(id, NULL);
	else if (r == 0)
		(void)run(&t);
	if (r == 0 && t.r == -1)
		*err = t.err;
	return r == -1 ? -1 : t.r;
}
