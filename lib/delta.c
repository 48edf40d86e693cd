#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "delta_int.h"
#include "reading_int.h"

/* Before the start of the last pull: times there are whole minutes, and a long
 * bulk request may commit what it did minutes ago (record API 2.4, 2.5). */
#define OVERLAP (10 * 60)

static int
clock_ok(const struct seki_delta *d, struct seki_err *err)
{
	if (strcmp(d->from.started, d->started) <= 0)
		return 0;
	(void)seki_fail(err, SEKI_CLOCK,
	    _("the last pull began at %s, which is later than now"),
	    d->from.started);
	seki_err_hint(err, "%s",
	    _("Set this host's clock, or pull in full, without --delta."));
	return -1;
}

/* On the service's clock when it tells it, because its records are. */
static void
times(struct seki_delta *d, seki_time now)
{
	seki_time last;

	seki_time_format(now, d->at);
	now -= now % 60;
	seki_time_format(now, d->started);
	seki_time_format(now - OVERLAP, d->mark);
	if (seki_time_parse(d->from.started, strlen(d->from.started), &last) ==
	    0)
		seki_time_format(last - OVERLAP, d->since);
}

static int
by_type(const struct seki_schema *s, enum seki_type type)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->field[i].type == type)
			return (int)i;
	return -1;
}

static int
full_first(struct seki_err *err, const char *why)
{
	(void)seki_fail(err, SEKI_CONFIG, "%s", why);
	seki_err_hint(err, "%s",
	    _("Pull once in full: the same command without --delta."));
	return -1;
}

static int
possible(const struct seki_delta *d, struct seki_err *err)
{
	char hex[SEKI_HEX];

	if (d->time == -1) {
		seki_err_hint(err, "%s",
		    _("Name the field 更新日時 (time of the last change) in "
		      "--fields too, and pull once in full."));
		return seki_fail(err, SEKI_CONFIG, "%s",
		    _("--fields leaves out the time of the last change, by "
		      "which changes are found"));
	}
	if (seki_bookmarks_query(d->ask->query, hex, err) == -1)
		return -1;
	if (strcmp(d->from.query, hex) != 0)
		return full_first(
		    err, _("the condition is not that of the last pull"));
	if (d->since[0] == '\0')
		return full_first(err,
		    _("the bookmarks do not say when the last pull began"));
	if (d->pull->deletes && d->from.ids.name[0] == '\0')
		return full_first(
		    err, _("the last pull kept no list of ids (--deletes)"));
	return clock_ok(d, err);
}

static int
conditions(struct seki_delta *d, struct seki_err *err)
{
	const char *code = d->app->schema->field[d->time].code;

	/* A record may be added with a time of the past (record API 6.1). */
	if (seki_buf_fmt(&d->cond, err, "%s >= \"%s\" or $id > %" PRIu64, code,
		d->since, d->from.id_max) == -1 ||
	    seki_buf_fmt(&d->old, err, "(%s) and %s < \"%s\"", d->cond.p, code,
		d->started) == -1)
		return -1;
	d->ask->since = d->cond.p;
	d->ask->retry = d->from.retry;
	d->ask->nretry = d->from.nretry;
	return 0;
}

static void
note(const struct seki_delta *d, const char *text)
{
	if (d->pull->note != NULL)
		d->pull->note(d->pull->ctx, text);
}

static void
names(struct seki_delta *d)
{
	(void)snprintf(d->ids.name, sizeof(d->ids.name), "ids-%.20s-%d", d->at,
	    (int)getpid());
	(void)snprintf(d->more.name, sizeof(d->more.name), "ids-%.20s-%d+",
	    d->at, (int)getpid());
}

/* A field that was taken as empty and is not to be now; or NULL. */
static const char *
shown(const struct seki_delta *d)
{
	const char *const *h;
	const char *code;
	json_t *v;
	size_t i;

	json_array_foreach(d->from.hidden, i, v)
	{
		code = json_string_value(v);
		for (h = d->pull->hidden; h != NULL && *h != NULL; h++)
			if (code != NULL && strcmp(*h, code) == 0)
				break;
		if (h == NULL || *h == NULL)
			return code;
	}
	return NULL;
}

int
seki_delta_begin(struct seki_delta *d, const struct seki_pull *pull,
    struct seki_app *app, struct seki_ask *ask, seki_time now,
    struct seki_err *err)
{
	const char *code;
	char text[320];
	int r;

	d->pull = pull;
	d->app = app;
	d->ask = ask;
	d->time = by_type(app->schema, SEKI_T_UPDATED_TIME);
	d->revision = by_type(app->schema, SEKI_T_REVISION);
	times(d, now);
	if ((r = seki_accept_form(d, err)) == -1)
		return -1;
	d->on = pull->delta && d->from.found && r == 0 &&
		(pull->attachments == NULL || d->from.attachments);
	if (pull->delta && d->from.found && r == 0 && !d->on)
		note(d, _("the last pull left attachments behind: every record "
			  "is read"));
	if (d->on && (code = shown(d)) != NULL) {
		d->on = 0;
		(void)snprintf(text, sizeof(text),
		    _("field %.200s: left out at the last pull, and not to be "
		      "any more: every record is read"),
		    code);
		note(d, text);
	}
	if (pull->delta && !d->from.found)
		note(d, _("no bookmarks yet: every record is read"));
	if (d->from.strange > 0)
		note(d, _("held keys that are no record numbers are read "
			  "again by a full pull only"));
	if (pull->bookmarks != NULL && pull->deletes)
		names(d);
	if (pull->bookmarks != NULL)
		seki_ids_sweep(
		    pull->bookmarks, d->from.found ? d->from.ids.name : NULL);
	if (!d->on)
		return 0;
	app->schema->deletes = 1;
	return possible(d, err) == -1 ? -1 : conditions(d, err);
}

/* Deletions of ids below this one, that stand before it in the stream. */
static int
deletions(struct seki_delta *d, struct seki_batch *b, uint64_t upto,
    struct seki_err *err)
{
	struct seki_record rec = { .kind = SEKI_RECORD_DELETED };
	char key[24];
	int n;

	if (b->gone == 0)
		b->gone = seki_ids_after(&d->gone, b->from) + 1;
	for (; b->gone <= d->gone.n && d->gone.id[b->gone - 1] <= upto;
	     b->gone++) {
		n = snprintf(
		    key, sizeof(key), "%" PRIu64, d->gone.id[b->gone - 1]);
		rec.key =
		    (struct seki_value){ .p = key, .n = (size_t)n, .set = 1 };
		rec.deleted = (struct seki_value){
			.p = d->at, .n = strlen(d->at), .set = 1
		};
		if (seki_stream_part_put(b->part, &rec, err) == -1)
			return -1;
	}
	return 0;
}

static int
came_back(const struct seki_record *rec, struct seki_err *err)
{
	seki_err_record(err, rec->key.p, rec->key.n);
	(void)seki_fail(err, SEKI_MOVED, "%s",
	    _("the record was not among the ids and is there now"));
	seki_err_hint(err, "%s", _("Run the same command again."));
	return -1;
}

static uint64_t
number(const struct seki_value *v)
{
	return v->set ? strtoull(v->p, NULL, 10) : 0;
}

int
seki_delta_sends(const void *ctx, const struct seki_record *rec)
{
	const struct seki_delta *d = ctx;
	uint64_t id = number(&rec->key);

	return !d->on || seki_bookmarks_retry(&d->from, id) ||
	       !seki_bookmarks_seen(&d->from, id,
		   d->revision == -1 ? 0 : number(&rec->v[d->revision]));
}

/* 1 when the record is to be sent. */
static int
wanted(struct seki_delta *d, struct seki_batch *b,
    const struct seki_record *rec, const struct seki_mark *m,
    struct seki_err *err)
{
	const struct seki_value *t = &rec->v[d->time];
	int again = seki_bookmarks_retry(&d->from, m->id);

	if (deletions(d, b, m->id - 1, err) == -1)
		return -1;
	if (b->gone <= d->gone.n && d->gone.id[b->gone - 1] == m->id)
		return came_back(rec, err);
	if (m->id > d->from.id_max || (t->set && strcmp(t->p, d->since) >= 0)) {
		if (t->set && strcmp(t->p, d->started) < 0)
			b->settled++;
	} else if (!again) {
		seki_err_record(err, rec->key.p, rec->key.n);
		return seki_fail(err, SEKI_PROTOCOL, "%s",
		    _("the record was not asked for"));
	}
	if (seki_delta_sends(d, rec))
		return 1;
	b->skipped++;
	return 0;
}

/* In any thread: d is not written to. */
int
seki_delta_record(void *ctx, struct seki_batch *b,
    const struct seki_record *rec, struct seki_err *err)
{
	struct seki_delta *d = ctx;
	struct seki_mark m = { .id = number(&rec->key) };
	const struct seki_value *t;
	int r = 1;

	if ((!d->on || d->ids.name[0] != '\0') &&
	    seki_buf_add(&b->ids, &m.id, sizeof(m.id), err) == -1)
		return -1;
	if (d->time != -1 && d->revision != -1) {
		m.revision = number(&rec->v[d->revision]);
		t = &rec->v[d->time];
		if (t->set && strcmp(t->p, d->mark) >= 0 &&
		    seki_buf_add(&b->seen, &m, sizeof(m), err) == -1)
			return -1;
	}
	if (d->on)
		r = wanted(d, b, rec, &m, err);
	return r == 1 ? seki_stream_part_put(b->part, rec, err) : r;
}

int
seki_delta_page(
    void *ctx, struct seki_batch *b, uint64_t upto, struct seki_err *err)
{
	struct seki_delta *d = ctx;

	return d->on ? deletions(d, b, upto, err) : 0;
}

/* A list's file is begun with its first id, so that a pull that fails early
 * leaves none. */
static int
list(struct seki_delta *d, const char *name, const struct seki_batch *b,
    struct seki_err *err)
{
	if (d->list == NULL &&
	    (d->list = seki_ids_create(d->pull->bookmarks, name, err)) == NULL)
		return -1;
	return b == NULL || b->ids.n == 0
		   ? 0
		   : seki_ids_put(d->list,
			 (const uint64_t *)(const void *)b->ids.p,
			 b->ids.n / sizeof(uint64_t), err);
}

int
seki_delta_join(
    struct seki_delta *d, const struct seki_batch *b, struct seki_err *err)
{
	d->skipped += b->skipped;
	d->settled += b->settled;
	if (b->seen.n > 0 &&
	    d->seen.n < SEKI_SEEN_MAX * sizeof(struct seki_mark) &&
	    seki_buf_add(&d->seen, b->seen.p, b->seen.n, err) == -1)
		return -1;
	if (d->ids.name[0] == '\0' || (d->on && b->ids.n == 0))
		return 0;
	return list(d, d->on ? d->more.name : d->ids.name, b, err);
}

static int
list_end(struct seki_delta *d, struct seki_ids_note *note, struct seki_err *err)
{
	struct seki_ids *ids;

	if (list(d, note->name, NULL, err) == -1)
		return -1;
	ids = d->list;
	d->list = NULL;
	return seki_ids_commit(ids, note, err);
}

/* What was added after the ids were listed is sent, so it must be on the list:
 * else nobody would miss it when it is gone the next time. */
static int
list_more(struct seki_delta *d, struct seki_err *err)
{
	struct seki_gone late = { .id = NULL };
	const char *at = d->pull->bookmarks;
	int r;

	if (d->list == NULL)
		return 0;
	if (list_end(d, &d->more, err) == -1)
		return -1;
	r = seki_ids_gone(at, &d->more, &d->ids, &late, err);
	seki_ids_remove(at, d->more.name);
	if (r == 0 && late.n > 0)
		r = seki_ids_join(at, &d->ids, &late, d->more.name, err);
	seki_ids_gone_free(&late);
	return r;
}

/*
 * What was edited since the pull began will come with the next one, and has
 * left this count; what must not be is that the service has more that lay
 * still than were read.
 */
static int
settled(struct seki_delta *d, struct seki_http *http, struct seki_err *err)
{
	struct seki_ask ask = *d->ask;
	uint64_t total;

	ask.since = d->old.p;
	ask.nretry = 0;
	if (seki_api_total(http, &ask, &total, err) == -1)
		return -1;
	if (total <= d->settled)
		return 0;
	(void)seki_fail(err, SEKI_MOVED,
	    _("%llu changed records were read, but the service counts %llu"),
	    (unsigned long long)d->settled, (unsigned long long)total);
	seki_err_hint(err, "%s", _("Run the same command again."));
	return -1;
}

/* gone of the records there were. */
static int
too_many(const struct seki_delta *d, uint64_t gone, uint64_t was,
    struct seki_err *err)
{
	if (gone * 100 <= was * d->pull->max_drop)
		return 0;
	(void)seki_fail(err, SEKI_HELD,
	    _("%llu of %llu records are gone; a token that lost its right to "
	      "see them looks the same"),
	    (unsigned long long)gone, (unsigned long long)was);
	seki_err_hint(err,
	    _("Look at the app. If they were deleted, run once with "
	      "--max-drop %u."),
	    (unsigned)((gone * 100 + was - 1) / was));
	return -1;
}

/* A full pull beside the one before: what it leaves out, the other side
 * removes. */
static int
fewer(const struct seki_delta *d, uint64_t count, struct seki_err *err)
{
	uint64_t was = d->from.known;
	char hex[SEKI_HEX];

	if (!d->from.found || count >= was)
		return 0;
	if (seki_bookmarks_query(d->ask->query, hex, err) == -1)
		return -1;
	if (strcmp(d->from.query, hex) != 0)
		return 0;
	return too_many(d, was - count, was, err);
}

int
seki_delta_end(struct seki_delta *d, struct seki_http *http, uint64_t count,
    struct seki_err *err)
{
	if (d->on)
		return settled(d, http, err) == -1 ? -1 : list_more(d, err);
	if (fewer(d, count, err) == -1)
		return -1;
	return d->ids.name[0] != '\0' ? list_end(d, &d->ids, err) : 0;
}

void
seki_delta_free(struct seki_delta *d)
{
	seki_bookmarks_free(&d->from);
	seki_ids_abort(d->list);
	seki_ids_gone_free(&d->gone);
	seki_buf_free(&d->cond);
	seki_buf_free(&d->old);
	seki_buf_free(&d->seen);
}

/* Ids of every record, by themselves. */

static int
keep(void *ctx, struct seki_batch *b, struct seki_err *err)
{
	struct seki_delta *d = ctx;

	return list(d, d->ids.name, b, err);
}

/* Ids that the last list lacks though they are no higher than it went: records
 * that could not be seen then.  They are read whatever their times. */
static int
appeared(struct seki_delta *d, struct seki_err *err)
{
	struct seki_bookmarks *m = &d->from;
	struct seki_gone fresh = { .id = NULL };
	int r;

	if (seki_ids_gone(d->pull->bookmarks, &d->ids, &m->ids, &fresh, err) ==
	    -1)
		return -1;
	r = seki_bookmarks_again(
	    m, fresh.id, seki_ids_after(&fresh, m->id_max), err);
	seki_ids_gone_free(&fresh);
	d->ask->retry = m->retry;
	d->ask->nretry = m->nretry;
	return r;
}

/* Before the changes are read: an id that is added between is only later. */
int
seki_delta_ids(struct seki_delta *d, struct seki_pool *pool,
    struct seki_http *http, struct seki_err *err)
{
	struct seki_reading_of of = { d->app, d->pull, d->ask, pool };
	struct seki_reading ids;
	int r = -1;

	if (!d->on || !d->pull->deletes)
		return 0;
	if (seki_reading_ids(&ids, &of, err) == 0) {
		ids.batch = keep;
		ids.ctx = d;
		if (seki_reading_newest(http, &ids, err) == 0 &&
		    seki_reading_whole(&ids, err) == 0)
			r = list_end(d, &d->ids, err);
	}
	seki_reading_free(&ids);
	if (r == 0)
		r = seki_ids_gone(
		    d->pull->bookmarks, &d->from.ids, &d->ids, &d->gone, err);
	if (r == 0)
		r = appeared(d, err);
	return r == 0 ? too_many(d, d->gone.n, d->from.ids.n, err) : -1;
}
