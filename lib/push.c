#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach_int.h"
#include "push_int.h"

/* Text of records that wait to be compared. */
#define WAITING (16 * SEKI_MIB)

struct walk {
	struct seki_push_run r;
	struct seki_stream_in *in;
	struct seki_push_journal *journal;
	struct seki_proof *proof;
	struct seki_once *once;
	struct seki_push_item item[SEKI_PUSH_BATCH];
	size_t n, bytes;
	struct seki_arena arena;
	uint64_t nth; /* records of the stream so far, marks left out */
	/* What one transaction is to take. */
	struct seki_push_item **kept;
	size_t nkept, room;
	struct seki_arena store;
};

static int
form(struct seki_push_run *r, const struct seki_schema *schema)
{
	struct seki_reply f = SEKI_REPLY_INIT, l = SEKI_REPLY_INIT;
	const char *domain = seki_http_domain(r->http);
	int got = -1;

	if (seki_app_ask(r->http, r->push->app, &f, &l, r->err) == 0)
		got = seki_pairs_build(
		    &r->pairs, r->push, schema, domain, &f, &l, r->err);
	seki_reply_free(&f);
	seki_reply_free(&l);
	if (got == 0)
		got = seki_push_precision(r);
	if (got == 0)
		r->page = seki_page_new(&r->pairs.app, &r->pairs.pull, r->err);
	if (r->page != NULL && r->spool != NULL)
		seki_page_files(r->page, seki_push_file_heard, r);
	return r->page == NULL ? -1 : 0;
}

static void
note(
    const struct seki_push *push, const char *what, const struct seki_buf *list)
{
	char text[1024];

	if (push->note == NULL || list->n == 0)
		return;
	(void)snprintf(text, sizeof(text), "%s: %s", what, list->p);
	push->note(push->ctx, text);
}

static uint64_t
troubles(const struct seki_pushed *d)
{
	return d->conflict + d->missing + d->refused;
}

/* The stream is of this app and older than what the app has now: writing it
 * would take back what somebody did there after the pull.  What an interrupted
 * run of ours wrote has a greater number, too, but does not differ. */
static int
newer(const struct seki_push_run *r, const struct seki_push_item *item)
{
	const struct seki_value *was;
	size_t n = strlen(item->revision);

	if (r->push->overwrite || r->pairs.revision == -1)
		return 0;
	was = &item->rec->v[r->pairs.revision];
	if (!was->set)
		return 0;
	return n != was->n ? n > was->n : memcmp(item->revision, was->p, n) > 0;
}

/* What is to become of a record that was compared, if there was anything to
 * compare it with. */
static int
decide(struct seki_push_run *r, struct seki_push_item *item)
{
	enum seki_push_mode mode = r->push->mode;

	if (item->found && item->body.n == 0) {
		r->done->same++;
		item->state = SEKI_PUSH_ENDED;
	} else if (item->found && mode == SEKI_PUSH_MODE_ADD) {
		return seki_push_conflict(r, item,
		    _("this key is in the app already, with other values"));
	} else if (item->found && newer(r, item)) {
		return seki_push_conflict(r, item,
		    _("changed in the app after it was pulled; left as it is "
		      "(pull again, or --overwrite takes that back)"));
	} else if (item->found) {
		item->state = SEKI_PUSH_CHANGE;
	} else if (mode == SEKI_PUSH_MODE_UPDATE) {
		seki_push_trouble(r, item, &r->done->missing, "",
		    _("not in the app: nothing to update"));
	} else {
		item->state = SEKI_PUSH_ADD;
		r->done->standard += seki_push_empties(&r->pairs, item->rec);
		return seki_push_body(
		    r, item->rec, NULL, &item->body, &item->differs);
	}
	return 0;
}

static void
plan(struct seki_push_run *r, struct seki_push_item *item)
{
	int add = item->state == SEKI_PUSH_ADD;

	if (r->push->plan != NULL)
		r->push->plan(r->push->ctx, item->key,
		    add ? "" : item->differs.p,
		    !add && item->gone.n > 0 ? item->gone.p : "");
	if (add)
		r->done->added++;
	else
		r->done->updated++;
}

static struct seki_push_item *
keep_item(struct walk *w, struct seki_push_item *item)
{
	const struct seki_schema *s = seki_stream_schema(w->in);
	struct seki_push_item **more, *k;
	size_t bytes = 0;

	if (w->nkept == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		more = reallocarray(w->kept, w->room, sizeof(*more));
		if (more == NULL)
			return NULL;
		w->kept = more;
	}
	if ((k = malloc(sizeof(*k))) == NULL)
		return NULL;
	*k = *item;
	memset(&item->body, 0, sizeof(item->body));
	memset(&item->differs, 0, sizeof(item->differs));
	memset(&item->gone, 0, sizeof(item->gone));
	w->kept[w->nkept++] = k;
	k->rec = seki_record_copy(s, item->rec, &w->store, &bytes, w->r.err);
	k->key =
	    seki_arena_copy(&w->store, item->key, strlen(item->key), w->r.err);
	return k->rec == NULL || k->key == NULL ? NULL : k;
}

/* Past what one transaction takes nothing more is kept: it refuses. */
static int
keep_all(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->item[i].state != SEKI_PUSH_ENDED &&
		    keep_item(w, &w->item[i]) == NULL)
			return seki_err_nomem(w->r.err);
	if (w->nkept > SEKI_PUSH_BULK * SEKI_PUSH_BATCH)
		return seki_push_bulk(&w->r, w->kept, w->nkept);
	return 0;
}

static int
send(struct walk *w, struct seki_push_item **list, size_t n)
{
	static const enum seki_push_state states[] = { SEKI_PUSH_ADD,
		SEKI_PUSH_CHANGE };
	struct seki_push_item *some[SEKI_PUSH_BATCH];
	size_t i, k, m;

	if (w->r.push->whole)
		return seki_push_bulk(&w->r, list, n);
	for (k = 0; k < 2; k++) {
		for (i = m = 0; i < n; i++)
			if (list[i]->state == states[k])
				some[m++] = list[i];
		if (seki_push_send(&w->r, some, m, states[k]) == -1)
			return -1;
	}
	return 0;
}

static int
remembered(struct walk *w, struct seki_push_item **list, size_t n)
{
	struct seki_err e = SEKI_ERR_INIT;
	size_t i;

	/* A crash while files go up leaves nothing in doubt. */
	for (i = 0; w->r.spool != NULL && i < n; i++)
		if (list[i]->state != SEKI_PUSH_ENDED &&
		    seki_push_file_send(&w->r, list[i]) == -1)
			return -1;
	if (w->journal == NULL)
		return send(w, list, n);
	w->r.sent = 0;
	if (seki_push_journal_begin(w->journal, w->nth, w->r.err) == -1)
		return -1;
	if (send(w, list, n) == 0)
		/* A transaction that a record spoilt wrote nothing. */
		return w->r.push->whole && troubles(w->r.done) > 0
			   ? seki_push_journal_undo(w->journal, w->r.err)
			   : seki_push_journal_end(
				 w->journal, troubles(w->r.done), w->r.err);
	if (!w->r.sent)
		(void)seki_push_journal_undo(w->journal, &e);
	return -1;
}

static int
too_many(struct walk *w)
{
	if (troubles(w->r.done) <= SEKI_PUSH_TROUBLE)
		return 0;
	seki_err_hint(w->r.err, "%s",
	    _("Look at the first messages: what is wrong with all of them?"));
	return seki_fail(w->r.err, SEKI_HELD,
	    _("more than %llu records cannot be written; the rest was left "
	      "alone"),
	    (unsigned long long)SEKI_PUSH_TROUBLE);
}

static int
flush(struct walk *w)
{
	struct seki_push_item *list[SEKI_PUSH_BATCH];
	struct seki_push_run *r = &w->r;
	size_t i, n = 0;

	for (i = 0; i < w->n; i++)
		if (w->item[i].state == SEKI_PUSH_OPEN)
			list[n++] = &w->item[i];
	if (n > 0 && r->pairs.key != -1 && seki_push_look(r, list, n) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (decide(r, list[i]) == -1)
			return -1;
	for (i = 0; i < n && r->spool != NULL; i++)
		if (list[i]->state != SEKI_PUSH_ENDED &&
		    seki_push_file_check(r, list[i]) == -1)
			return -1;
	for (i = 0; i < n && r->push->dry; i++)
		if (list[i]->state != SEKI_PUSH_ENDED)
			plan(r, list[i]);
	if (r->push->whole ? keep_all(w) == -1
			   : !r->push->dry && remembered(w, list, n) == -1)
		return -1;
	w->n = w->bytes = 0;
	seki_arena_reset(&w->arena);
	if (r->push->progress != NULL)
		r->push->progress(r->push->ctx, w->nth, w->proof->records);
	return too_many(w);
}

static const char *
key_fault(const struct seki_value *key)
{
	size_t i;

	if (!key->set)
		return _("the key is empty");
	for (i = 0; i < key->n; i++)
		if ((unsigned char)key->p[i] < ' ')
			return _("a control character in the key");
	return NULL;
}

static int
collect(struct walk *w, const struct seki_record *rec)
{
	const struct seki_schema *s = seki_stream_schema(w->in);
	struct seki_push_run *r = &w->r;
	struct seki_push_item *item = &w->item[w->n++];
	const struct seki_value *key;
	const char *why = NULL, *field = "";

	item->rec = seki_record_copy(s, rec, &w->arena, &w->bytes, r->err);
	if (item->rec == NULL)
		return -1;
	item->state = SEKI_PUSH_OPEN;
	item->found = 0;
	key =
	    r->pairs.key != -1 ? &item->rec->v[r->pairs.key] : &item->rec->key;
	if ((why = key_fault(key)) != NULL) {
		key = &item->rec->key;
		field = r->push->key ? r->push->key : s->key;
	} else {
		why = seki_push_unfit(&r->pairs, item->rec, &field);
	}
	item->key = key->p;
	if (why != NULL)
		seki_push_trouble(r, item, &r->done->refused, field, why);
	if (w->n == SEKI_PUSH_BATCH || w->bytes > WAITING)
		return flush(w);
	return 0;
}

static int
one(struct walk *w, const struct seki_record *rec)
{
	if (rec->kind == SEKI_RECORD_HELD) {
		w->r.done->held++;
		return 0;
	}
	if (rec->kind == SEKI_RECORD_DELETED) {
		w->r.done->deleted++;
		return 0;
	}
	w->nth++;
	if (w->journal != NULL && w->nth <= seki_push_journal_done(w->journal))
		return 0;
	return collect(w, rec);
}

/* Everything was compared; one transaction is written now or not at all. */
static int
last(struct walk *w)
{
	if (w->n > 0 && flush(w) == -1)
		return -1;
	if (!w->r.push->whole || w->nkept == 0)
		return 0;
	if (troubles(w->r.done) > 0 && !w->r.push->dry) {
		seki_push_nothing(&w->r);
		return 0;
	}
	return w->r.push->dry ? seki_push_bulk(&w->r, w->kept, w->nkept)
			      : remembered(w, w->kept, w->nkept);
}

static int
walk(struct walk *w)
{
	struct seki_record *rec;
	int got;

	while ((got = seki_stream_next(w->in, &rec, w->r.err)) == 1)
		if (one(w, rec) == -1)
			return -1;
	return got == -1 ? -1 : last(w);
}

/* The service takes no notice of fields that the form does not have any more.
 */
static int
same_form(struct seki_push_run *r)
{
	char now[24];

	if (r->push->dry || r->done->added + r->done->updated == 0)
		return 0;
	if (seki_app_revision(r->http, r->push->app, now, r->err) == -1)
		return -1;
	if (strcmp(now, r->pairs.app.revision) == 0)
		return 0;
	seki_err_hint(r->err, "%s", _("Run the same command again."));
	return seki_fail(r->err, SEKI_MOVED, "%s",
	    _("the app's form was changed while records were written"));
}

/* They were named then, and no later run looks at them. */
static void
earlier(const struct seki_push_run *r)
{
	char text[200];

	if (r->push->note == NULL)
		return;
	(void)snprintf(text, sizeof(text),
	    _("%llu records of this stream were refused when it was added "
	      "and are not in the app"),
	    (unsigned long long)r->done->refused);
	r->push->note(r->push->ctx, text);
}

/* A dry run makes no folder. */
static int
journal(struct walk *w)
{
	const struct seki_push *push = w->r.push;
	struct stat st;

	if (push->state == NULL || (push->dry && stat(push->state, &st) == -1))
		return 0;
	w->journal =
	    seki_push_journal_open(push->state, seki_http_domain(w->r.http),
		push->app, w->proof, &w->r.done->already, w->r.err);
	if (w->journal == NULL)
		return -1;
	w->r.done->refused = seki_push_journal_refused(w->journal);
	if (w->r.done->refused > 0)
		earlier(&w->r);
	return 0;
}

static void
release(struct walk *w)
{
	size_t i;

	for (i = 0; i < SEKI_PUSH_BATCH; i++) {
		seki_buf_free(&w->item[i].body);
		seki_buf_free(&w->item[i].differs);
		seki_buf_free(&w->item[i].gone);
	}
	for (i = 0; i < w->nkept; i++) {
		seki_buf_free(&w->kept[i]->body);
		seki_buf_free(&w->kept[i]->differs);
		seki_buf_free(&w->kept[i]->gone);
		free(w->kept[i]);
	}
	free(w->kept);
	seki_arena_free(&w->arena);
	seki_arena_free(&w->store);
	seki_arena_free(&w->r.scratch);
	seki_arena_free(&w->r.files);
	seki_spool_free(w->r.spool);
	seki_page_free(w->r.page);
	seki_pairs_release(&w->r.pairs);
	seki_push_journal_free(w->journal);
	seki_once_free(w->once);
	free(w->proof);
	seki_stream_free(w->in);
	free(w);
}

static int
attachments(struct seki_push_run *r)
{
	const char *dir = r->push->attachments;

	if (dir == NULL)
		return 0;
	seki_http_last(r->http, SEKI_HTTP_RUN_FILES);
	r->spool = seki_spool_open(dir, 0, r->err);
	return r->spool == NULL ? -1 : 0;
}

static int
all(struct walk *w, int fd, const char *name)
{
	struct seki_push_run *r = &w->r;

	/* The form tells whether the key is one whose texts may be shown. */
	if (attachments(r) == -1 ||
	    (w->once = seki_once_new(r->push->spool, r->err)) == NULL ||
	    seki_push_prove(r->push, fd, name, w->proof, w->once, r->err) ==
		-1 ||
	    (w->in = seki_stream_again(fd, name, r->err)) == NULL ||
	    form(r, seki_stream_schema(w->in)) == -1 ||
	    seki_push_unique(r->push, fd, name, w->once, r->err) == -1 ||
	    journal(w) == -1)
		return -1;
	if (r->done->already)
		return 0;
	note(r->push, _("the service works these out, left alone"),
	    &r->pairs.left);
	note(r->push, _("attachments are not carried, left alone"),
	    &r->pairs.files);
	return walk(w) == -1 ? -1 : same_form(r);
}

int
seki_push_run(struct seki_http *http, const struct seki_push *push,
    struct seki_in *in, struct seki_pushed *done, struct seki_err *err)
{
	struct walk *w = calloc(1, sizeof(*w));
	const char *name = seki_in_name(in);
	int fd = -1, got = -1;

	memset(done, 0, sizeof(*done));
	if (w == NULL || (w->proof = calloc(1, sizeof(*w->proof))) == NULL) {
		(void)seki_err_nomem(err);
		free(w);
		goto out;
	}
	w->r.http = http;
	w->r.push = push;
	w->r.done = done;
	w->r.err = err;
	if (seki_push_arguments(push, err) == 0 &&
	    (fd = seki_in_spool(push->spool, in, err)) != -1)
		got = all(w, fd, name);
	release(w);
out:
	if (fd != -1)
		(void)close(fd);
	seki_in_free(in);
	return got;
}
