#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "pull_int.h"

/* Times the end is looked for again when records were added meanwhile. */
#define ROUNDS 3

struct run {
	struct seki_http *http;
	const struct seki_pull *pull;
	struct seki_app app;
	struct seki_ask ask;
	struct seki_buf fields;
	struct seki_page *page;
	struct seki_stream_out *out;
	struct seki_pool *pool;
	uint64_t first, last; /* ids */
	char from[SEKI_TIME];
	uint64_t count;
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

/* In any of the threads. */
static int
keep(void *ctx, struct seki_batch *b, const struct seki_record *rec,
    struct seki_err *err)
{
	(void)ctx;
	return seki_stream_part_put(b->part, rec, err);
}

static int
batches(struct run *r, struct seki_fetch *f)
{
	struct seki_batch *b;
	int got;

	while ((got = seki_fetch_next(f, &b, r->err)) == 1) {
		if (seki_stream_join(r->out, b->part, r->err) == -1)
			return -1;
		if (b->records > 0)
			r->last = b->last;
		if (r->first == 0)
			r->first = b->first;
		r->count += b->records;
		if (r->pull->progress != NULL)
			r->pull->progress(
			    r->pull->ctx, r->count, seki_fetch_total(f));
	}
	return got;
}

static int
moved(struct run *r, uint64_t total)
{
	(void)seki_fail(r->err, SEKI_MOVED,
	    _("%llu records were read, but the service counts %llu; some were "
	      "added or deleted meanwhile"),
	    (unsigned long long)r->count, (unsigned long long)total);
	seki_err_hint(r->err, "%s", _("Run the same command again."));
	return -1;
}

/* Records that were added behind the end are read too; that the count agrees
 * with what was read is the condition of the proof. */
static int
records(struct run *r)
{
	const struct seki_fetch_how how = { &r->app, r->pull, &r->ask, keep,
		r };
	struct seki_fetch *f;
	uint64_t total = 0;
	int round, got;

	for (round = 0; round < ROUNDS; round++) {
		f = seki_fetch_start(&how, r->pool, r->last, r->err);
		if (f == NULL)
			return -1;
		got = batches(r, f);
		seki_fetch_end(f, r->page);
		if (got == -1 ||
		    seki_api_total(r->http, &r->ask, &total, r->err) == -1)
			return -1;
		if (total <= r->count)
			break;
	}
	return total == r->count ? 0 : moved(r, total);
}

static int
same_form(struct run *r)
{
	char now[24];

	if (seki_app_revision(r->http, r->pull->app, now, r->err) == -1)
		return -1;
	if (strcmp(now, r->app.revision) == 0)
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

static int
query_digest(const char *query, char hex[SEKI_HEX], struct seki_err *err)
{
	struct seki_sha256 sha;
	unsigned char digest[SEKI_SHA256];

	if (seki_sha256_init(&sha, err) == -1)
		return -1;
	seki_sha256_add(&sha, query, strlen(query));
	seki_sha256_end(&sha, digest);
	seki_sha256_free(&sha);
	seki_text_hex(digest, sizeof(digest), hex);
	return 0;
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
	if (query_digest(r->ask.query, hex, err) == -1 ||
	    member(b, "attachments", "none", err) == -1 ||
	    member(b, "fetched_from", r->from, err) == -1 ||
	    member(b, "fetched_to", to, err) == -1 ||
	    member(b, "id_max", id_text(r->last, max), err) == -1 ||
	    member(b, "id_min", id_text(r->first, min), err) == -1 ||
	    member(b, "query_sha256", hex, err) == -1)
		return -1;
	return seki_buf_fmt(
	    b, err, ",\"total\":%llu}", (unsigned long long)r->count);
}

static int
bookmarks(const struct run *r, struct seki_buf *b)
{
	struct seki_err *err = r->err;
	char max[24];

	if (member(b, "app", r->pull->app, err) == -1 ||
	    member(b, "domain", seki_http_domain(r->http), err) == -1 ||
	    member(b, "fetched_from", r->from, err) == -1 ||
	    member(b, "form_revision", r->app.revision, err) == -1 ||
	    member(b, "id_max", id_text(r->last, max), err) == -1)
		return -1;
	if (seki_buf_str(b, ",\"retry\":[]", err) == -1 ||
	    member(b, "stream", r->pull->stream, err) == -1)
		return -1;
	return seki_buf_byte(b, '}', err);
}

static int
end(struct run *r, struct seki_proof *proof)
{
	struct seki_buf s = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	struct seki_ending ending = { .kind = "full" };
	int got = -1;

	if (about(r, &s) == 0 && bookmarks(r, &b) == 0) {
		ending.source = s.p;
		ending.bookmarks = b.p;
		got = seki_stream_end(r->out, &ending, NULL, 0, proof, r->err);
	}
	seki_buf_free(&s);
	seki_buf_free(&b);
	return got;
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
	if (arguments(r->pull, r->err) == -1 ||
	    seki_app_load(&r->app, r->http, r->pull, r->err) == -1 ||
	    wanted(r) == -1 ||
	    (r->pool = seki_pool_new(r->http, n, r->err)) == NULL ||
	    (r->page = seki_page_new(&r->app, r->pull, r->err)) == NULL ||
	    (r->out = seki_stream_create(out, r->app.schema, r->err)) == NULL)
		return -1;
	if (records(r) == -1 || same_form(r) == -1)
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
	seki_pool_free(r.pool);
	seki_app_release(&r.app);
	seki_buf_free(&r.fields);
	return got;
}

static int
same(const json_t *doc, const char *key, const char *want, struct seki_err *err)
{
	const char *s = json_string_value(json_object_get(doc, key));

	if (s != NULL && strcmp(s, want) == 0)
		return 0;
	if (s == NULL)
		(void)seki_fail(err, SEKI_CONFIG,
		    _("the bookmarks do not name their %s"), key);
	else
		(void)seki_fail(err, SEKI_CONFIG,
		    _("the bookmarks belong to another %s than %s"), key, want);
	seki_err_hint(err, "%s",
	    _("Each stream has a bookmarks file of its own. Name another "
	      "file, or move this one away to begin anew."));
	return -1;
}

int
seki_pull_bookmarks(const char *path, const char *domain,
    const struct seki_pull *pull, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct stat st;
	json_t *doc = NULL, *marks;
	int r = -1;

	if (lstat(path, &st) == -1 && errno == ENOENT)
		return 0;
	if (seki_in_slurp(path, SEKI_SCHEMA_MAX, &b, err) == 0)
		doc =
		    seki_doc_parse(b.p, b.n, SEKI_CONFIG, _("bookmarks"), err);
	if (doc != NULL) {
		marks = json_object_get(doc, "bookmarks");
		r = same(marks, "domain", domain, err) == -1 ||
			    same(marks, "app", pull->app, err) == -1 ||
			    same(marks, "stream", pull->stream, err) == -1
			? -1
			: 0;
	}
	json_decref(doc);
	seki_buf_free(&b);
	if (r == -1)
		seki_err_object(err, path);
	return r;
}
