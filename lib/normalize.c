#include <stdlib.h>

#include <jansson.h>

#include "crew.h"
#include "norm_run.h"

/* The stream as a whole. */
struct all {
	const struct seki_plan *plan;
	struct seki_stream_in *in;
	struct seki_stream_out *out;
	struct seki_normal *res;
	uint64_t max, read;
	struct seki_buf retry;
	struct seki_run run[SEKI_CREW_BOXES];
	size_t n;
	struct seki_crew *crew;
	void (*progress)(uint64_t);
};

/* What the form is now that the rules made, for the next run; only where the
 * next pull will read it.  Behind another one's, in a stream that was
 * normalised before. */
static int
remember(const struct all *r, json_t *o, struct seki_err *err)
{
	json_t *at = json_object_get(o, "normal");
	const char *key = "normal";

	if (!json_is_object(json_object_get(o, "form")))
		return 0;
	if (seki_stream_ending(r->in)->rules != NULL && json_is_object(at)) {
		key = "next";
		while (json_is_object(json_object_get(at, key)))
			at = json_object_get(at, key);
	} else
		at = o;
	return json_object_set(at, key, r->plan->memory) == -1
		   ? seki_err_nomem(err)
		   : 0;
}

/* The keys held here join bookmarks.retry, each once. */
static char *
bookmarks(const struct all *r, const char *text, struct seki_err *err)
{
	json_t *o = seki_doc_parse(text == NULL ? "{}" : text,
	    text == NULL ? 2 : strlen(text), SEKI_RECORD, "bookmarks", err);
	json_t *retry, *seen = json_object(), *item;
	const char *key = r->retry.p;
	char *made = NULL;
	size_t i;

	if (o == NULL || remember(r, o, err) == -1)
		goto out;
	if (r->retry.n == 0) {
		made = json_dumps(o, JSON_COMPACT);
		goto out;
	}
	retry = json_object_get(o, "retry");
	if (!json_is_array(retry)) {
		retry = json_array();
		(void)json_object_set_new(o, "retry", retry);
	}
	json_array_foreach(retry, i, item)
	{
		if (json_is_string(item))
			(void)json_object_set_new_nocheck(
			    seen, json_string_value(item), json_true());
	}
	for (; key < r->retry.p + r->retry.n; key += strlen(key) + 1)
		if (json_object_get(seen, key) == NULL)
			(void)json_array_append_new(retry, json_string(key));
	made = json_dumps(o, JSON_COMPACT);
out:
	if (made == NULL)
		(void)seki_err_nomem(err);
	json_decref(o);
	json_decref(seen);
	return made;
}

static int
finish(struct all *r, struct seki_err *err)
{
	struct seki_ending end = *seki_stream_ending(r->in);
	char *marks = NULL;
	int code;

	if ((r->retry.n > 0 || end.bookmarks != NULL) &&
	    (marks = bookmarks(r, end.bookmarks, err)) == NULL)
		return -1;
	if (marks != NULL)
		end.bookmarks = marks;
	end.rules = seki_rules_digest(r->plan->rules);
	code = seki_stream_end(
	    r->out, &end, seki_stream_proof(r->in), 0, &r->res->proof, err);
	free(marks);
	return code;
}

static int
summary_of(const struct seki_plan_col *col, size_t n, struct seki_normal *res,
    struct seki_err *err)
{
	const char *kind;
	unsigned long long times;
	size_t i;
	int k;

	for (i = 0; i < n; i++)
		for (k = 1; k < SEKI_B_COUNT; k++) {
			if ((times = col[i].count[k]) == 0)
				continue;
			kind = col[i].rule->kind->name;
			if (seki_buf_fmt(&res->broken, err, "%s %s %s %llu\n",
				col[i].rule->output, kind,
				seki_broken_word((enum seki_broken)k),
				times) == -1 ||
			    seki_buf_fmt(&res->said, err,
				_("%s (kind %s): %s: %llu\n"),
				col[i].rule->output, seki_norm_shown(kind),
				seki_broken_sentence((enum seki_broken)k),
				times) == -1)
				return -1;
		}
	return 0;
}

static int
too_many(const struct all *r, struct seki_err *err)
{
	const struct seki_normal *res = r->res;

	seki_err_hint(err,
	    _("correct these records and pull again (--held FILE.xlsx lists "
	      "them for the people who do), or let them wait with "
	      "--max-held %llu"),
	    (unsigned long long)res->held);
	return seki_fail(err, SEKI_HELD,
	    _("%llu of %llu records break a rule, more than --max-held %llu; "
	      "the first: record %s%s"),
	    (unsigned long long)res->held, (unsigned long long)res->records,
	    (unsigned long long)r->max, res->keys.p,
	    res->held > SEKI_HELD_NAMED ? ", …" : "");
}

/* A piece, record by record, in any thread. */
static void
piece(void *box)
{
	struct seki_run *r = box;
	struct seki_record *from;
	int code;

	while ((code = seki_stream_next(r->in, &from, &r->err)) == 1)
		if ((code = seki_run_one(r, from, &r->err)) == -1)
			break;
	r->failed = code == -1;
}

/* The first held keys of the stream, out of those of a piece. */
static int
name(struct all *a, const struct seki_run *r, struct seki_err *err)
{
	const char *key = r->named.p;
	uint64_t n = a->res->held;

	for (; key < r->named.p + r->named.n && n < SEKI_HELD_NAMED; n++) {
		if ((n > 0 && seki_buf_str(&a->res->keys, ", ", err) == -1) ||
		    seki_buf_str(&a->res->keys, key, err) == -1)
			return -1;
		key += strlen(key) + 1;
	}
	return 0;
}

/* Past the ceiling no end will name them. */
static int
retry(struct all *a, const struct seki_run *r, struct seki_err *err)
{
	const char *key = r->retry.p;
	size_t n;

	if (a->res->held > a->max)
		return 0;
	for (; key < r->retry.p + r->retry.n; key += n) {
		n = strlen(key) + 1;
		if (seki_buf_add(&a->retry, key, n, err) == -1)
			return -1;
		if (a->retry.n <= SEKI_SCHEMA_MAX)
			continue;
		seki_err_record(err, key, n - 1);
		return seki_fail(err, SEKI_LIMIT, "%s",
		    _("more records are held than the stream's end can "
		      "name"));
	}
	return 0;
}

static int
waits(const struct seki_run *r, struct seki_err *err)
{
	const char *p = r->waits.p, *end = p + r->waits.n;
	struct seki_value key = { .set = 1 };
	struct seki_run_wait w;

	for (; p < end; p += w.nvalue + w.nkey) {
		memcpy(&w, p, sizeof(w));
		p += sizeof(w);
		key.p = p + w.nvalue;
		key.n = w.nkey;
		if (seki_lookup_wait(w.lookup, p, w.nvalue, &key, err) == -1)
			return -1;
	}
	return 0;
}

/* Its counts and keys become the stream's; it is ready for the next. */
static int
count(struct all *a, struct seki_run *r, struct seki_err *err)
{
	int code = name(a, r, err);

	a->res->held += r->own.held;
	a->res->records += r->own.records;
	a->res->flagged += r->own.flagged;
	a->res->unknown += r->own.unknown;
	if (code == 0)
		code = retry(a, r, err);
	if (code == 0)
		code = waits(r, err);
	seki_buf_reset(&r->waits);
	memset(&r->own, 0, sizeof(r->own));
	seki_buf_reset(&r->retry);
	seki_buf_reset(&r->named);
	return code;
}

static void
progress(struct all *a, uint64_t read)
{
	if (a->progress != NULL && (a->read + read) / 1024 > a->read / 1024)
		a->progress(a->read + read);
	a->read += read;
}

/* What a thread has made joins the stream, in its order. */
static int
take(struct all *a, struct seki_run *r, struct seki_err *err)
{
	uint64_t read = r->own.records;

	if (seki_stream_back(a->in, r->in, err) == -1 || count(a, r, err) == -1)
		return -1;
	if (r->failed) {
		*err = r->err;
		return -1;
	}
	progress(a, read);
	if (a->res->held > a->max)
		return 0;
	return seki_stream_join(a->out, r->part, err);
}

/* All that is on its way. */
static int
drain(struct all *a, struct seki_err *err)
{
	struct seki_run *r;
	size_t i;

	for (i = 0; i < a->n; i++) {
		r = seki_crew_get(a->crew);
		if (take(a, r, err) == -1)
			return -1;
		seki_crew_back(a->crew, r);
	}
	return 0;
}

/* A line that is not for a thread, such as the last one: 1, 0, -1. */
static int
apart(struct all *a, struct seki_err *err)
{
	struct seki_run *r = &a->run[0];
	struct seki_record *from;
	int code;

	if (drain(a, err) == -1)
		return -1;
	if ((code = seki_stream_next(a->in, &from, err)) != 1)
		return code;
	if (seki_run_one(r, from, err) == -1 || count(a, r, err) == -1)
		return -1;
	progress(a, 1);
	if (a->res->held > a->max)
		return 1;
	return seki_stream_join(a->out, r->part, err) == -1 ? -1 : 1;
}

static int
work(struct all *a, struct seki_err *err)
{
	struct seki_run *r;
	int code = 1;

	while (code == 1) {
		r = seki_crew_get(a->crew);
		if (take(a, r, err) == -1 ||
		    (code = seki_stream_lend(a->in, r->in, err)) == -1)
			return -1;
		if (code == 1) {
			seki_crew_send(a->crew, r);
			continue;
		}
		seki_crew_back(a->crew, r);
		code = apart(a, err);
	}
	if (code == -1)
		return -1;
	return a->res->held > a->max ? too_many(a, err) : finish(a, err);
}

/* What people are told of records is told in their order: by one piece after
 * the other. */
static size_t
pieces(const struct seki_plan_more *more)
{
	const struct seki_standins *s = more->standins;

	return more->held != NULL || more->characters != NULL ||
		       (s != NULL && (s->fallback != NULL || s->gaiji != NULL))
		   ? 1
		   : seki_crew_boxes();
}

static int
begin(struct all *a, struct seki_out *out, struct seki_err *err)
{
	size_t want = pieces(&a->plan->more);
	struct seki_run *r;

	if ((a->out = seki_stream_create(out, a->plan->out, err)) == NULL ||
	    (a->crew = seki_crew_new(piece, err)) == NULL)
		return -1;
	for (; a->n < want; seki_crew_back(a->crew, r)) {
		r = &a->run[a->n++];
		r->plan = a->plan;
		r->res = &r->own;
		r->max = a->max;
		if ((r->in = seki_stream_twin(a->in, err)) == NULL ||
		    (r->part = seki_stream_part_new(a->plan->out, err)) == NULL)
			return -1;
	}
	return 0;
}

static void
end(struct all *a)
{
	struct seki_run *r;

	seki_crew_free(a->crew);
	for (r = a->run; r < a->run + a->n; r++) {
		seki_stream_free(r->in);
		seki_stream_part_free(r->part);
		seki_run_release(r);
	}
	seki_stream_abort(a->out);
	seki_buf_free(&a->retry);
}

int
seki_normalize(const struct seki_plan *plan, struct seki_stream_in *in,
    struct seki_out *out, uint64_t max_held, void (*progress_fn)(uint64_t),
    struct seki_normal *res, struct seki_err *err)
{
	struct all *a = calloc(1, sizeof(*a));
	struct seki_err other = SEKI_ERR_INIT;
	size_t i;
	int code = -1;

	memset(res, 0, sizeof(*res));
	if (a == NULL)
		return seki_err_nomem(err);
	a->plan = plan;
	a->in = in;
	a->res = res;
	a->max = max_held;
	a->progress = progress_fn;
	if (begin(a, out, err) == 0)
		code = work(a, err);
	end(a);
	free(a);
	(void)summary_of(plan->col, plan->ncol, res, &other);
	for (i = 0; i < plan->ntable; i++)
		(void)summary_of(
		    plan->table[i].col, plan->table[i].ncol, res, &other);
	return code;
}

void
seki_normal_release(struct seki_normal *res)
{
	seki_buf_free(&res->keys);
	seki_buf_free(&res->broken);
	seki_buf_free(&res->said);
}
