#include <stdlib.h>
#include <string.h>

#include "attach_int.h"
#include "delta_int.h"
#include "reading_int.h"

/* Seconds; less is what the overlap of two pulls takes (delta.c). */
#define CLOCKS_APART 600

struct run {
	struct seki_http *http;
	const struct seki_pull *pull;
	struct seki_app app;
	struct seki_ask ask;
	struct seki_buf fields;
	struct seki_page *page;
	struct seki_stream_out *out;
	struct seki_pool *pool;
	struct seki_delta delta;
	struct seki_reading reading;
	char revision[24];	    /* of the form, at the end */
	struct seki_attach *attach; /* or NULL */
	char from[SEKI_TIME];
	struct seki_err *err;
};

static int
stream_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= SEKI_STREAM_MAX &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == n;
}

/*
 * The condition is put into parentheses, so its own must pair: else "a) or (b"
 * would take records out of the order that proves the pull.
 */
static const char *
condition_fault(const char *q)
{
	int depth = 0, quoted = 0;
	size_t bad;

	if (!seki_text_utf8(q, strlen(q), &bad))
		return _("--query is not valid UTF-8");
	for (; *q != '\0'; q++) {
		if (quoted && *q == '\\' && q[1] != '\0')
			q++;
		else if (*q == '"')
			quoted = !quoted;
		else if (!quoted && *q == '(')
			depth++;
		else if (!quoted && *q == ')' && --depth < 0)
			break;
	}
	if (quoted)
		return _("--query: a text does not end with its quote");
	return depth != 0 ? _("--query: the parentheses do not pair") : NULL;
}

static int
blank(const char *s)
{
	return s == NULL || s[strspn(s, " \t\r\n")] == '\0';
}

static int
arguments(const struct seki_pull *pull, struct seki_err *err)
{
	const char *why;

	if (!seki_page_id_ok(pull->app, strlen(pull->app))) {
		(void)seki_fail(
		    err, SEKI_CONFIG, "%s", _("--app is not an app's number"));
		seki_err_hint(err, "%s",
		    _("It is the number in the app's address (/k/NUMBER/)."));
		return -1;
	}
	if (!stream_ok(pull->stream))
		return seki_fail(err, SEKI_CONFIG, "%s",
		    _("--stream takes 1 to 64 of a-z, 0-9, dot and hyphen"));
	if (!blank(pull->query) && (why = condition_fault(pull->query)) != NULL)
		return seki_fail(err, SEKI_CONFIG, "%s", why);
	return 0;
}

/* The fields to ask for, when not all are wanted. */
static int
wanted(struct run *r)
{
	const struct seki_schema *s = r->app.schema;
	size_t i;

	if (r->pull->fields == NULL)
		return 0;
	for (i = 0; i < s->n; i++)
		if (seki_buf_byte(&r->fields, i ? ',' : '[', r->err) == -1 ||
		    seki_json_quote(&r->fields, s->field[i].code,
			strlen(s->field[i].code), r->err) == -1)
			return -1;
	if (seki_buf_byte(&r->fields, ']', r->err) == -1)
		return -1;
	r->ask.fields = r->fields.p;
	return 0;
}

static int
batch(void *ctx, struct seki_batch *b, struct seki_err *err)
{
	struct run *r = ctx;

	if (seki_delta_join(&r->delta, b, err) == -1 ||
	    seki_stream_join(r->out, b->part, err) == -1)
		return -1;
	if (r->pull->progress != NULL)
		r->pull->progress(
		    r->pull->ctx, r->reading.count, r->reading.total);
	return 0;
}

/* A form that was changed meanwhile is told from a look at its revision. */
static int
look(struct seki_http *h, void *ctx, struct seki_err *err)
{
	struct run *r = ctx;

	return seki_app_revision(h, r->pull->app, r->revision, err);
}

static void
note(const struct run *r, const char *text)
{
	if (r->pull->note != NULL)
		r->pull->note(r->pull->ctx, text);
}

static void
vanished(const struct run *r)
{
	char text[160];

	if (r->reading.vanished == 0)
		return;
	(void)snprintf(text, sizeof(text),
	    _("%llu records were deleted after they were read, the first is "
	      "%llu: the stream holds them as they were"),
	    (unsigned long long)r->reading.vanished,
	    (unsigned long long)r->reading.gone);
	note(r, text);
}

/* Up to the newest change there was at the beginning: what is added later comes
 * with the next delta, else this one might never end.  Deletions, and what is
 * read whether it changed or not, may lie farther, but were there the last
 * time. */
static int
changes(struct run *r)
{
	const struct seki_gone *gone = &r->delta.gone;
	const struct seki_bookmarks *from = &r->delta.from;
	uint64_t beyond = from->nretry > 0 ? from->retry[from->nretry - 1] : 0;

	if (beyond > from->id_max)
		beyond = from->id_max;
	if (gone->n > 0 && gone->id[gone->n - 1] > beyond)
		beyond = gone->id[gone->n - 1];
	return seki_reading_newest(r->http, &r->reading, r->err) == -1 ||
		       seki_reading_changes(&r->reading, beyond, r->err) == -1
		   ? -1
		   : look(r->http, r, r->err);
}

static int
records(struct run *r)
{
	struct seki_reading *d = &r->reading;

	d->how = (struct seki_fetch_how){ .app = &r->app,
		.pull = r->pull,
		.ask = &r->ask,
		.record = seki_delta_record,
		.end = seki_delta_page,
		.ctx = &r->delta,
		.before = r->attach != NULL ? seki_attach_page : NULL,
		.before_ctx = r->attach };
	d->pool = r->pool;
	d->batch = batch;
	d->ctx = r;
	d->notes = r->page;
	if (r->delta.on)
		return changes(r);
	d->beside = look;
	if (seki_reading_whole(d, r->err) == -1)
		return -1;
	vanished(r);
	return 0;
}

static int
same_form(struct run *r)
{
	if (strcmp(r->revision, r->app.revision) == 0)
		return 0;
	(void)seki_fail(r->err, SEKI_MOVED, "%s",
	    _("the app's form was changed while it was read"));
	seki_err_hint(r->err, "%s", _("Run the same command again."));
	return -1;
}

static int
member(struct seki_buf *b, const char *name, const char *value,
    struct seki_err *err)
{
	if (seki_buf_fmt(b, err, "%c\"%s\":", b->n == 0 ? '{' : ',', name) ==
	    -1)
		return -1;
	return seki_json_quote(b, value, strlen(value), err);
}

static const char *
id_text(uint64_t id, char text[24])
{
	text[0] = '\0';
	if (id > 0)
		(void)snprintf(text, 24, "%llu", (unsigned long long)id);
	return text;
}

/* What the manifest will say about the fetch, keys in their order. */
static int
about(const struct run *r, struct seki_buf *b)
{
	char to[SEKI_TIME], hex[SEKI_HEX], min[24], max[24];
	struct seki_err *err = r->err;

	seki_time_format(seki_time_now(), to);
	if (seki_bookmarks_query(r->ask.query, hex, err) == -1 ||
	    member(b, "attachments", r->attach != NULL ? "all" : "none", err) ==
		-1 ||
	    member(b, "fetched_from", r->from, err) == -1 ||
	    member(b, "fetched_to", to, err) == -1 ||
	    member(b, "id_max", id_text(r->reading.last, max), err) == -1 ||
	    member(b, "id_min", id_text(r->reading.first, min), err) == -1 ||
	    member(b, "query_sha256", hex, err) == -1)
		return -1;
	return seki_buf_fmt(b, err, ",\"total\":%llu}",
	    (unsigned long long)(r->reading.count - r->delta.skipped));
}

static char *
bookmarks(const struct run *r)
{
	const struct seki_delta *d = &r->delta;
	uint64_t known =
	    r->reading.upto > d->from.id_max ? r->reading.upto : d->from.id_max;
	char max[24], hex[SEKI_HEX];
	struct seki_bookmarks_new new = { .from = r->from,
		.started = d->started,
		.id_max = id_text(known, max),
		.hidden = r->pull->hidden,
		.query = hex,
		.after = d->on ? d->from.own : NULL,
		.seen = (const struct seki_mark *)(const void *)d->seen.p,
		.nseen = d->seen.n / sizeof(struct seki_mark),
		.ids = d->ids,
		.normal = d->from.normal };

	if (seki_bookmarks_query(r->ask.query, hex, r->err) == -1)
		return NULL;
	return seki_bookmarks_write(&new, &r->app, r->err);
}

static int
end(struct run *r, struct seki_proof *proof)
{
	struct seki_buf s = SEKI_BUF_INIT;
	struct seki_ending ending = { .kind = r->delta.on ? "delta" : "full" };
	char *marks = NULL;
	int got = -1;

	if (about(r, &s) == 0 && (marks = bookmarks(r)) != NULL) {
		ending.source = s.p;
		ending.bookmarks = marks;
		got = seki_stream_end(r->out, &ending, NULL, 0, proof, r->err);
	}
	seki_buf_free(&s);
	free(marks);
	return got;
}

/* By the service's clock, whose times the records bear, and not later than
 * ours: a wrong one would pass over changes for good, an early one only reads
 * some again. */
static seki_time
now(const struct run *r)
{
	seki_time there = seki_http_date(r->http), here = seki_time_now();
	char text[200];

	if (there <= 0)
		return here;
	if (there - here > CLOCKS_APART || here - there > CLOCKS_APART) {
		(void)snprintf(text, sizeof(text),
		    _("the clocks of the service and of this host are %lld "
		      "seconds apart; the earlier one counts. Which one is "
		      "wrong? seki-pull --doctor, timedatectl"),
		    (long long)(there - here));
		note(r, text);
	}
	return there < here ? there : here;
}

static int
last_run(struct run *r)
{
	if (r->pull->bookmarks == NULL)
		return 0;
	return seki_bookmarks_read(r->pull->bookmarks,
	    seki_http_domain(r->http), r->pull, &r->delta.from, r->err);
}

/* The form and, when there is none to compare it with, how far to go. */
static int
form(struct run *r)
{
	const struct seki_errand more = { seki_reading_newest, &r->reading,
		SEKI_ERR_INIT };

	r->reading.how.ask = &r->ask;
	return seki_app_load(&r->app, r->http, r->pool, r->pull,
	    r->delta.from.found ? NULL : &more, r->err);
}

/* Not before the form is known to be the accepted one. */
static int
newest(struct run *r)
{
	if (r->delta.on || !r->delta.from.found)
		return 0;
	return seki_reading_newest(r->http, &r->reading, r->err);
}

/* A folder that cannot be used is known before a record is asked for. */
static int
attachments(struct run *r)
{
	const struct seki_attach_how how = { .pool = r->pool,
		.app = &r->app,
		.pull = r->pull,
		.ask = &r->ask,
		.sends = seki_delta_sends,
		.ctx = &r->delta };

	if (r->pull->attachments == NULL)
		return 0;
	seki_http_last(r->http, SEKI_HTTP_RUN_FILES);
	r->attach = seki_attach_new(&how, r->err);
	return r->attach == NULL ? -1 : 0;
}

static int
all(struct run *r, struct seki_out *out, struct seki_proof *proof)
{
	unsigned n = r->pull->connections;

	if (n == 0)
		n = SEKI_HTTP_CONNECTIONS;
	if (n > SEKI_HTTP_CONNECTIONS_MAX)
		n = SEKI_HTTP_CONNECTIONS_MAX;
	seki_time_format(seki_time_now(), r->from);
	if (arguments(r->pull, r->err) == -1 || last_run(r) == -1 ||
	    (r->pool = seki_pool_new(r->http, n, r->err)) == NULL ||
	    form(r) == -1 || wanted(r) == -1 ||
	    seki_delta_begin(
		&r->delta, r->pull, &r->app, &r->ask, now(r), r->err) == -1 ||
	    attachments(r) == -1 ||
	    (r->page = seki_page_new(&r->app, r->pull, r->err)) == NULL ||
	    (r->out = seki_stream_create(out, r->app.schema, r->err)) == NULL)
		return -1;
	if (newest(r) == -1 ||
	    seki_delta_ids(&r->delta, r->pool, r->http, r->err) == -1 ||
	    records(r) == -1 ||
	    seki_delta_end(&r->delta, r->http, r->reading.count, r->err) ==
		-1 ||
	    (r->attach != NULL && seki_attach_end(r->attach, r->err) == -1) ||
	    same_form(r) == -1)
		return -1;
	seki_page_notes(r->page);
	return end(r, proof);
}

int
seki_pull_run(struct seki_http *http, const struct seki_pull *pull,
    struct seki_out *out, struct seki_proof *proof, struct seki_err *err)
{
	struct run r = { .http = http, .pull = pull, .err = err };
	int got;

	r.ask.app = pull->app;
	r.ask.query = blank(pull->query) ? "" : pull->query;
	got = all(&r, out, proof);
	if (got == -1)
		seki_err_object(err, seki_http_domain(http));
	seki_stream_abort(r.out);
	seki_page_free(r.page);
	seki_attach_free(r.attach);
	seki_pool_free(r.pool);
	seki_delta_free(&r.delta);
	seki_reading_free(&r.reading);
	seki_app_release(&r.app);
	seki_buf_free(&r.fields);
	return got;
}
