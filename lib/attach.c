#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "attach_int.h"

#define THREADS_MAX SEKI_HTTP_CONNECTIONS_MAX
/* Files told of one by one that are not what they say. */
#define TELL 20

/* A file of a page.  Texts are in the page's arena. */
struct file {
	struct seki_get get;
	uint64_t nth; /* in the page */
	int wanted;   /* of a record that is sent */
	char hex[SEKI_HEX];
	char found[64]; /* what it is, when it says that it is something else */
	const char *said;
	struct page *page;
	struct file *next; /* to be fetched */
};

struct page {
	struct seki_arena arena;
	struct seki_buf list; /* struct file, by key, name and size */
	size_t n, first;      /* first: of the record being walked */
	size_t busy;	      /* still to be fetched */
	const struct file *failed, *gone; /* the first ones of the page */
	struct seki_err err;		  /* of failed */
	const struct seki_attach *of;
	struct seki_page *walker;
	struct page *before; /* among all of them */
};

struct seki_attach {
	struct seki_attach_how how;
	struct seki_spool *spool;
	const char *domain;
	uint64_t max;
	pthread_t thread[THREADS_MAX];
	unsigned nthread;
	struct page *pages;
	int any; /* the form has a field for them */

	pthread_mutex_t lock;
	pthread_cond_t more, done;
	struct file *head, **tail;
	int stop;
	struct seki_files count;
};

static struct file *
files(struct page *p)
{
	return (struct file *)(void *)p->list.p;
}

/* Which of the two a message is about must not depend on the order in which
 * threads end. */
static void
first(const struct file **of, const struct file *f)
{
	if (*of == NULL || f->nth < (*of)->nth)
		*of = f;
}

static void
tell(struct seki_attach *a, const struct file *f)
{
	char text[512];

	if (++a->count.odd > TELL || a->how.pull->note == NULL)
		return;
	/* Neither name nor type: both are what people typed. */
	if (f->said[0] == '\0')
		(void)snprintf(text, sizeof(text),
		    _("record %s: field %.*s: an attachment is a program (%s) "
		      "and does not say so"),
		    f->get.record, seki_text_cut(f->get.field, 200),
		    f->get.field, f->found);
	else
		(void)snprintf(text, sizeof(text),
		    _("record %s: field %.*s: an attachment calls itself %s "
		      "and is %s"),
		    f->get.record, seki_text_cut(f->get.field, 200),
		    f->get.field, f->said, f->found);
	a->how.pull->note(a->how.pull->ctx, text);
}

static void
ended(struct seki_attach *a, struct file *f, enum seki_got got,
    const struct seki_err *err)
{
	struct page *p = f->page;

	if (got == SEKI_GOT_FAILED) {
		first(&p->failed, f);
		if (p->failed == f)
			p->err = *err;
	} else if (got == SEKI_GOT_GONE) {
		first(&p->gone, f);
	} else if (got == SEKI_GOT_FETCHED) {
		a->count.fetched++;
		a->count.bytes += f->get.id.size;
	} else {
		a->count.kept++;
	}
	if (--p->busy == 0)
		(void)pthread_cond_broadcast(&a->done);
}

/* The next file, or NULL at the end.  Of a page that failed none is fetched
 * any more. */
static struct file *
next(struct seki_attach *a)
{
	struct file *f;

	for (;;) {
		while (!a->stop && a->head == NULL)
			(void)pthread_cond_wait(&a->more, &a->lock);
		if ((f = a->head) == NULL)
			return NULL;
		if ((a->head = f->next) == NULL)
			a->tail = &a->head;
		if (!a->stop && f->page->failed == NULL)
			return f;
		if (--f->page->busy == 0)
			(void)pthread_cond_broadcast(&a->done);
	}
}

static void
one(struct seki_attach *a, struct file *f, struct seki_magic **magic,
    struct seki_buf *head)
{
	struct seki_err err = SEKI_ERR_INIT;
	const char *odd = NULL;
	enum seki_got got = SEKI_GOT_FAILED;

	if (*magic != NULL || (*magic = seki_magic_open(&err)) != NULL)
		got = seki_attach_get(a->spool, a->how.pool, NULL, &f->get, 1,
		    head, f->hex, &err);
	if (got == SEKI_GOT_KEPT || got == SEKI_GOT_FETCHED)
		odd = seki_magic_odd(*magic, head->p, head->n, f->get.id.name,
		    f->get.type, &f->said);
	if (odd != NULL)
		(void)snprintf(f->found, sizeof(f->found), "%s", odd);
	(void)pthread_mutex_lock(&a->lock);
	ended(a, f, got, &err);
	(void)pthread_mutex_unlock(&a->lock);
}

static void *
run(void *ctx)
{
	struct seki_attach *a = ctx;
	struct seki_buf head = SEKI_BUF_INIT;
	struct seki_magic *magic = NULL;
	struct file *f;

	(void)pthread_mutex_lock(&a->lock);
	while ((f = next(a)) != NULL) {
		(void)pthread_mutex_unlock(&a->lock);
		one(a, f, &magic, &head);
		(void)pthread_mutex_lock(&a->lock);
	}
	(void)pthread_mutex_unlock(&a->lock);
	seki_magic_free(magic);
	seki_buf_free(&head);
	return NULL;
}

static int
has_files(const struct seki_field *f, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (f[i].type == SEKI_T_FILE || has_files(f[i].sub, f[i].nsub))
			return 1;
	return 0;
}

struct seki_attach *
seki_attach_new(const struct seki_attach_how *how, struct seki_err *err)
{
	const struct seki_schema *s = how->app->schema;
	struct seki_attach *a = calloc(1, sizeof(*a));
	unsigned i, n;

	if (a == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	a->how = *how;
	a->domain = s->source.domain;
	a->any = has_files(s->field, s->n);
	n = a->any ? seki_pool_size(how->pool) : 0;
	a->max = how->pull->max_file != 0 ? how->pull->max_file : SEKI_FILE_MAX;
	a->tail = &a->head;
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->more, NULL);
	(void)pthread_cond_init(&a->done, NULL);
	a->spool = seki_spool_open(how->pull->attachments, 1, err);
	for (i = 0; a->spool != NULL && i < n && i < THREADS_MAX; i++) {
		if (pthread_create(&a->thread[i], NULL, run, a) != 0) {
			(void)seki_err_nomem(err);
			break;
		}
		a->nthread++;
	}
	if (a->spool != NULL && a->nthread == n)
		return a;
	seki_attach_free(a);
	return NULL;
}

static int
cmp_file(const void *x, const void *y)
{
	const struct seki_file_id *a = &((const struct file *)x)->get.id;
	const struct seki_file_id *b = &((const struct file *)y)->get.id;
	int r = strcmp(a->key, b->key);

	if (r == 0)
		r = strcmp(a->name, b->name);
	return r != 0 ? r : a->size < b->size ? -1 : a->size > b->size;
}

/* A size is digits, but of any number. */
static uint64_t
size_of(const struct seki_item *item)
{
	char text[24];

	if (item->nsize >= 19)
		return UINT64_MAX;
	memcpy(text, item->size, item->nsize);
	text[item->nsize] = '\0';
	return strtoull(text, NULL, 10);
}

/* One file of the record being walked, whose number comes last. */
static int
collect(void *ctx, const struct seki_field *field, struct seki_item *item,
    const char *key, struct seki_err *err)
{
	struct page *p = ctx;
	struct file f = { .page = p, .nth = p->n };
	const struct seki_app *app = p->of->how.app;

	f.get.id.domain = p->of->domain;
	f.get.id.app = app->schema->source.app;
	f.get.id.size = size_of(item);
	f.get.field = field->code;
	f.get.id.key = seki_arena_copy(&p->arena, key, strlen(key), err);
	f.get.id.name = seki_arena_copy(&p->arena, item->p, item->n, err);
	f.get.type = seki_arena_copy(&p->arena, item->type, item->ntype, err);
	if (f.get.id.key == NULL || f.get.id.name == NULL ||
	    f.get.type == NULL ||
	    seki_buf_add(&p->list, &f, sizeof(f), err) == -1)
		return -1;
	p->n++;
	return 0;
}

/* Each reader, which is one thread's, has one and keeps it. */
static struct page *
page_of(
    struct seki_attach *a, const struct seki_page *reader, struct seki_err *err)
{
	struct page *p = seki_page_files_of(reader);

	if (p != NULL)
		return p;
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	p->of = a;
	p->walker = seki_page_new(a->how.app, a->how.pull, err);
	if (p->walker == NULL) {
		free(p);
		return NULL;
	}
	seki_page_files(p->walker, collect, p);
	(void)pthread_mutex_lock(&a->lock);
	p->before = a->pages;
	a->pages = p;
	(void)pthread_mutex_unlock(&a->lock);
	return p;
}

static int
refuse(const struct file *f, uint64_t max, struct seki_err *err)
{
	seki_err_record(err, f->get.record, strlen(f->get.record));
	seki_err_field(err, f->get.field);
	if (f->get.id.key[0] == '\0')
		return seki_fail(err, SEKI_PROTOCOL, "%s",
		    _("the attachment has no fileKey"));
	seki_err_hint(err,
	    _("Nothing was taken. Allow larger ones with --max-file BYTES (at "
	      "most %" PRIu64 ")."),
	    SEKI_FILE_MOST);
	return seki_fail(err, SEKI_FLOOD,
	    _("an attachment of %" PRIu64 " bytes; --max-file allows %" PRIu64),
	    f->get.id.size, max);
}

/* The record's number for its files. */
static int
label(struct seki_attach *a, struct page *p, const struct seki_record *rec,
    struct seki_err *err)
{
	int wanted = a->how.sends(a->how.ctx, rec);
	const char *id = NULL;
	struct file *f = files(p);
	size_t i;

	if (p->first == p->n)
		return 0;
	if ((id = seki_arena_copy(&p->arena, rec->key.p, rec->key.n, err)) ==
	    NULL)
		return -1;
	for (i = p->first; i < p->n; i++) {
		f[i].wanted = wanted;
		f[i].get.record = id;
		if (wanted &&
		    (f[i].get.id.size > a->max || f[i].get.id.key[0] == '\0'))
			return refuse(&f[i], a->max, err);
	}
	p->first = p->n;
	return 0;
}

/* What the page names, once each. */
static int
walk(struct seki_attach *a, struct page *p, const struct seki_reply *reply,
    uint64_t number, struct seki_err *err)
{
	struct seki_record *rec;
	int r;

	seki_arena_reset(&p->arena);
	seki_buf_reset(&p->list);
	p->n = p->first = 0;
	p->failed = p->gone = NULL;
	seki_err_clear(&p->err);
	seki_page_begin(p->walker, reply->body.p, reply->body.n, number);
	while ((r = seki_page_next(p->walker, &rec, err)) == 1)
		if (label(a, p, rec, err) == -1)
			return -1;
	if (r == 0 && p->n > 0)
		qsort(p->list.p, p->n, sizeof(struct file), cmp_file);
	return r;
}

/* Of files with one key, name and size one is fetched; waits for all. */
static void
fetch(struct seki_attach *a, struct page *p)
{
	struct file *f = files(p);
	size_t i, same;
	int wanted;

	(void)pthread_mutex_lock(&a->lock);
	for (i = 0; i < p->n; i = same) {
		for (wanted = 0, same = i;
		     same < p->n && cmp_file(&f[i], &f[same]) == 0; same++)
			wanted |= f[same].wanted;
		if (!wanted)
			continue;
		*a->tail = &f[i];
		a->tail = &f[i].next;
		p->busy++;
	}
	(void)pthread_cond_broadcast(&a->more);
	while (p->busy > 0)
		(void)pthread_cond_wait(&a->done, &a->lock);
	(void)pthread_mutex_unlock(&a->lock);
	for (i = 0; i < p->n; i = same)
		for (same = i; same < p->n && cmp_file(&f[i], &f[same]) == 0;
		     same++) {
			memcpy(f[same].hex, f[i].hex, sizeof(f[i].hex));
			memcpy(f[same].found, f[i].found, sizeof(f[i].found));
			f[same].said = f[i].said;
		}
}

static int
moved(const struct file *f, struct seki_err *err)
{
	seki_err_record(err, f->get.record, strlen(f->get.record));
	seki_err_field(err, f->get.field);
	seki_err_hint(err, "%s", _("Run the same command again."));
	return seki_fail(err, SEKI_MOVED, "%s",
	    _("the record names an attachment that the service does not have "
	      "(any more)"));
}

/* What the reader of the page puts into the values. */
static int
digest(void *ctx, const struct seki_field *field, struct seki_item *item,
    const char *key, struct seki_err *err)
{
	struct page *p = ctx;
	struct file want = { .get.id = { .key = key, .size = size_of(item) } };
	const struct file *f;

	want.get.id.name = seki_arena_copy(&p->arena, item->p, item->n, err);
	if (want.get.id.name == NULL)
		return -1;
	f = p->n == 0 ? NULL
		      : bsearch(&want, p->list.p, p->n, sizeof(want), cmp_file);
	if (f == NULL) {
		seki_err_field(err, field->code);
		return seki_fail(err, SEKI_BUG, "attachment");
	}
	if (f->hex[0] != '\0') {
		item->sha256 = f->hex;
		item->nsha256 = SEKI_HEX - 1;
	}
	return 0;
}

/* The page is as it will be sent. */
static void
named(struct seki_attach *a, struct page *p)
{
	const struct file *f = files(p);
	size_t i;

	(void)pthread_mutex_lock(&a->lock);
	for (i = 0; i < p->n; i++) {
		if (!f[i].wanted)
			continue;
		a->count.named++;
		if (f[i].found[0] != '\0')
			tell(a, &f[i]);
	}
	(void)pthread_mutex_unlock(&a->lock);
}

static int
again(struct seki_attach *a, uint64_t from, uint64_t to, uint64_t number,
    struct seki_reply *reply, struct seki_err *err)
{
	struct seki_http *h = seki_pool_take(a->how.pool, err);
	int r;

	if (h == NULL)
		return -1;
	r = seki_api_page(h, a->how.ask, from, to, number, reply, err);
	seki_pool_give(a->how.pool, h);
	return r;
}

int
seki_attach_page(void *ctx, struct seki_page *reader, uint64_t from,
    uint64_t to, uint64_t number, struct seki_reply *reply,
    struct seki_err *err)
{
	struct seki_attach *a = ctx;
	struct page *p;
	int round;

	if (!a->any)
		return 0;
	if ((p = page_of(a, reader, err)) == NULL)
		return -1;
	for (round = 0; round < 2; round++) {
		if (round > 0 && again(a, from, to, number, reply, err) == -1)
			return -1;
		if (walk(a, p, reply, number, err) == -1)
			return -1;
		fetch(a, p);
		if (p->failed != NULL) {
			*err = p->err;
			return -1;
		}
		if (p->gone == NULL)
			break;
	}
	if (p->gone != NULL)
		return moved(p->gone, err);
	named(a, p);
	seki_page_files(reader, digest, p);
	return 0;
}

int
seki_attach_end(struct seki_attach *a, struct seki_err *err)
{
	char text[256];

	if (a->how.pull->files != NULL)
		*a->how.pull->files = a->count;
	if (a->count.odd > TELL && a->how.pull->note != NULL) {
		(void)snprintf(text, sizeof(text),
		    _("and %llu more attachments that are not what they say"),
		    (unsigned long long)(a->count.odd - TELL));
		a->how.pull->note(a->how.pull->ctx, text);
	}
	return seki_spool_sync(a->spool, err);
}

void
seki_attach_free(struct seki_attach *a)
{
	struct page *p;
	unsigned i;

	if (a == NULL)
		return;
	(void)pthread_mutex_lock(&a->lock);
	a->stop = 1;
	(void)pthread_cond_broadcast(&a->more);
	(void)pthread_mutex_unlock(&a->lock);
	for (i = 0; i < a->nthread; i++)
		(void)pthread_join(a->thread[i], NULL);
	while ((p = a->pages) != NULL) {
		a->pages = p->before;
		seki_page_free(p->walker);
		seki_arena_free(&p->arena);
		seki_buf_free(&p->list);
		free(p);
	}
	seki_spool_free(a->spool);
	(void)pthread_cond_destroy(&a->done);
	(void)pthread_cond_destroy(&a->more);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}
