#include <stdlib.h>
#include <string.h>

#include "reading_int.h"

/* Times the end is looked for again when records were added meanwhile. */
#define ROUNDS 3

int
seki_reading_newest(struct seki_http *h, void *reading, struct seki_err *err)
{
	struct seki_reading *r = reading;

	return seki_api_newest(h, r->how.ask, &r->newest, &r->total, err);
}

static int
batches(struct seki_reading *r, struct seki_fetch *f, struct seki_err *err)
{
	struct seki_batch *b;
	int got;
	size_t i;

	while ((got = seki_fetch_next(f, &b, err)) == 1) {
		const uint64_t *id = (const uint64_t *)(const void *)b->ids.p;

		for (i = 0; i < b->ids.n / sizeof(*id); i++)
			if (seki_idset_add(&r->read, id[i], err) == -1)
				return -1;
		if (b->records > 0)
			r->last = b->last;
		if (r->first == 0)
			r->first = b->first;
		r->count += b->records;
		if (r->batch(r->ctx, b, err) == -1)
			return -1;
	}
	return got;
}

static int
pass(struct seki_reading *r, uint64_t from, uint64_t upto, uint64_t about,
    struct seki_err *err)
{
	struct seki_fetch *f =
	    seki_fetch_start(&r->how, r->pool, from, upto, about, err);
	int got;

	if (f == NULL)
		return -1;
	got = batches(r, f, err);
	seki_fetch_end(f, r->notes);
	return got;
}

/* Better no request than some that will not do: the pages that are left, the
 * closing count and the form. */
static int
affordable(const struct seki_reading *r, struct seki_err *err)
{
	uint64_t left = seki_pool_left(r->pool),
		 need = (r->total + SEKI_PAGE - 1) / SEKI_PAGE + 2;

	if (need <= left)
		return 0;
	(void)seki_fail(err, SEKI_REMOTE,
	    _("about %llu more requests are needed, %llu are allowed"),
	    (unsigned long long)need, (unsigned long long)left);
	seki_err_hint(err, "%s",
	    _("Allow more with --max-calls, or take fewer records with "
	      "--query."));
	return -1;
}

int
seki_reading_changes(
    struct seki_reading *r, uint64_t beyond, struct seki_err *err)
{
	r->upto = r->newest;
	if (beyond < r->newest)
		beyond = r->newest;
	if (beyond == 0)
		return 0;
	return affordable(r, err) == -1 ? -1
					: pass(r, 0, beyond, r->total, err);
}

/* Ids that a second look does not find, or finds anew. */

static int
only_id(void *ctx, struct seki_batch *b, const struct seki_record *rec,
    struct seki_err *err)
{
	uint64_t id = strtoull(rec->key.p, NULL, 10);

	(void)ctx;
	return seki_buf_add(&b->ids, &id, sizeof(id), err);
}

static int
nothing(void *ctx, struct seki_batch *b, struct seki_err *err)
{
	(void)ctx;
	(void)b;
	(void)err;
	return 0;
}

int
seki_reading_ids(struct seki_reading *ids, const struct seki_reading_of *of,
    struct seki_err *err)
{
	struct seki_schema *s =
	    seki_schema_new(of->app->schema->stream, "$id", err);

	memset(ids, 0, sizeof(*ids));
	ids->app = *of->app;
	ids->app.schema = s;
	ids->ask = (struct seki_ask){ .app = of->ask->app,
		.query = of->ask->query,
		.fields = "[\"$id\"]" };
	ids->how = (struct seki_fetch_how){ .app = &ids->app,
		.pull = of->pull,
		.ask = &ids->ask,
		.record = only_id };
	ids->pool = of->pool;
	ids->batch = nothing;
	return s != NULL &&
		       seki_schema_add(s, NULL, "$id", "$id", SEKI_T_ID,
			   SEKI_C_NUMBER, err) != NULL &&
		       seki_schema_finish(s, err) == 0
		   ? 0
		   : -1;
}

void
seki_reading_free(struct seki_reading *r)
{
	seki_idset_free(&r->read);
	if (r->how.app == &r->app)
		seki_schema_free(r->app.schema);
}

static int
again(struct seki_err *err)
{
	seki_err_hint(err, "%s", _("Run the same command again."));
	return -1;
}

static int
disagree(const struct seki_reading *r, struct seki_err *err)
{
	(void)seki_fail(err, SEKI_MOVED,
	    _("%llu records were read, but the service counts %llu; some were "
	      "added or deleted meanwhile"),
	    (unsigned long long)r->count, (unsigned long long)r->total);
	return again(err);
}

/* What listed has and read has not was there and is missing; the reverse was
 * deleted after it was read. */
static int
compare(struct seki_reading *r, const struct seki_reading *listed,
    struct seki_err *err)
{
	char id[24];

	r->vanished = seki_idset_without(&r->read, &listed->read, &r->gone);
	r->unseen = seki_idset_without(&listed->read, &r->read, &r->missed);
	if (r->unseen == 0)
		return 0;
	(void)snprintf(id, sizeof(id), "%llu", (unsigned long long)r->missed);
	seki_err_record(err, id, strlen(id));
	(void)seki_fail(err, SEKI_MOVED,
	    _("%llu records, of which this is the first, are there and were "
	      "not among the %llu that were read"),
	    (unsigned long long)r->unseen, (unsigned long long)r->count);
	return again(err);
}

static int
explain(struct seki_reading *r, struct seki_err *err)
{
	struct seki_reading_of of = { r->how.app, r->how.pull, r->how.ask,
		r->pool };
	struct seki_reading ids;
	int got = -1, ended = r->newest <= r->upto;

	if (ended && r->total > r->count)
		return disagree(r, err);
	if (seki_reading_ids(&ids, &of, err) == 0 &&
	    pass(&ids, 0, r->upto, r->count, err) == 0)
		got = compare(r, &ids, err);
	/* A service that counts fewer than it lists has not told the truth
	 * about one of them. */
	if (got == 0 && ended && r->total < ids.count)
		got = disagree(r, err);
	seki_reading_free(&ids);
	return got;
}

/*
 * Records that were added behind the end are read too.  The count agrees, or
 * the ids that are there now tell why not: one deleted meanwhile was rightly
 * read, one that nobody saw must not be missing.
 */
int
seki_reading_whole(struct seki_reading *r, struct seki_err *err)
{
	struct seki_errand errand[2] = { { seki_reading_newest, r,
					     SEKI_ERR_INIT },
		{ r->beside, r->ctx, SEKI_ERR_INIT } };
	size_t errands = r->beside == NULL ? 1 : 2;
	uint64_t left;
	int round;

	if (affordable(r, err) == -1)
		return -1;
	for (round = 0; round < ROUNDS; round++) {
		left = r->total > r->count ? r->total - r->count : 0;
		if (r->newest > r->upto &&
		    pass(r, r->upto, r->newest, left, err) == -1)
			return -1;
		r->upto = r->newest;
		if (seki_pool_run(r->pool, errand, errands, err) == -1)
			return -1;
		if (r->newest <= r->upto)
			break;
	}
	if (r->newest <= r->upto && r->total == r->count)
		return 0;
	return explain(r, err);
}
