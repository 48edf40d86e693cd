#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "attach_int.h"
#include "push_int.h"

/*
 * Attachments of records that are written.  While records are compared, the
 * value of an app's file says its key in the place of its type, and a body has
 * a mark where the key of a file will stand that is not uploaded yet: a byte
 * that JSON never holds, what is to be uploaded as JSON, the byte again.
 */
#define MARK '\1'

struct one {
	struct seki_item i;
	int used;
};

static int
copy(struct seki_arena *a, const char **p, size_t n, struct seki_err *err)
{
	if (*p == NULL)
		return 0;
	*p = seki_arena_copy(a, *p, n, err);
	return *p == NULL ? -1 : 0;
}

/* A list as items in the arena. */
static struct one *
items(const struct seki_value *v, struct seki_arena *a, size_t *n,
    struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT, list = SEKI_BUF_INIT;
	struct one f = { .used = 0 }, *made = NULL;
	size_t at = 0;
	int r;

	while (
	    (r = seki_item_next(SEKI_S_FILES, v, &at, &text, &f.i, err)) == 1)
		if (copy(a, &f.i.p, f.i.n, err) == -1 ||
		    copy(a, &f.i.size, f.i.nsize, err) == -1 ||
		    copy(a, &f.i.sha256, f.i.nsha256, err) == -1 ||
		    copy(a, &f.i.type, f.i.ntype, err) == -1 ||
		    seki_buf_add(&list, &f, sizeof(f), err) == -1) {
			r = -1;
			break;
		}
	*n = list.n / sizeof(f);
	if (r == 0)
		made = seki_arena_copy(a, list.p, list.n, err);
	seki_buf_free(&text);
	seki_buf_free(&list);
	return made;
}

static int
unknown(const struct seki_item *f)
{
	return f->sha256 == NULL || f->nsha256 != SEKI_HEX - 1;
}

static int
same_name(const struct seki_item *a, const struct seki_item *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0 &&
	       a->nsize == b->nsize && memcmp(a->size, b->size, a->nsize) == 0;
}

/* Theirs that is this one of ours: of ours without a digest nothing more is
 * known than name and size. */
static struct one *
pair_of(const struct seki_item *ours, struct one *theirs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!theirs[i].used && same_name(ours, &theirs[i].i) &&
		    (unknown(ours) ||
			(!unknown(&theirs[i].i) &&
			    memcmp(ours->sha256, theirs[i].i.sha256,
				SEKI_HEX - 1) == 0))) {
			theirs[i].used = 1;
			return &theirs[i];
		}
	return NULL;
}

int
seki_push_file_same(const struct seki_value *ours,
    const struct seki_value *theirs, struct seki_arena *a, struct seki_err *err)
{
	size_t i, nx, ny;
	struct one *x = items(ours, a, &nx, err);
	struct one *y = x == NULL ? NULL : items(theirs, a, &ny, err);

	if (y == NULL)
		return -1;
	for (i = 0; i < nx && nx == ny; i++)
		if (pair_of(&x[i].i, y, ny) == NULL)
			break;
	return nx == ny && i == nx;
}

static int
member(struct seki_buf *b, const char *name, const char *s, size_t n,
    struct seki_err *err)
{
	return seki_buf_fmt(b, err,
		   "%s\"%s\":", b->p[b->n - 1] == '{' ? "" : ",", name) == -1
		   ? -1
		   : seki_json_quote(b, s != NULL ? s : "", n, err);
}

static int
mark(const struct seki_pair *p, const struct seki_item *f, struct seki_buf *b,
    struct seki_err *err)
{
	return seki_buf_byte(b, MARK, err) == -1 ||
		       seki_buf_byte(b, '{', err) == -1 ||
		       member(b, "field", p->code, strlen(p->code), err) ==
			   -1 ||
		       member(b, "name", f->p, f->n, err) == -1 ||
		       member(b, "sha256", f->sha256,
			   unknown(f) ? 0 : f->nsha256, err) == -1 ||
		       member(b, "size", f->size, f->nsize, err) == -1 ||
		       member(b, "type", f->type, f->ntype, err) == -1 ||
		       seki_buf_byte(b, '}', err) == -1 ||
		       seki_buf_byte(b, MARK, err) == -1
		   ? -1
		   : 0;
}

/* The list as it is written: what the app has by its key, so that it stays. */
int
seki_push_file_value(const struct seki_pair *p, const struct seki_value *v,
    const struct seki_value *theirs, struct seki_buf *b, struct seki_err *err)
{
	static const struct seki_value none = { .set = 0 };
	struct seki_arena a = SEKI_ARENA_INIT;
	struct one *x, *y = NULL, *hit;
	size_t i, nx, ny;
	int r = -1;

	x = items(v, &a, &nx, err);
	if (x != NULL)
		y = items(theirs != NULL ? theirs : &none, &a, &ny, err);
	if (y == NULL || seki_buf_byte(b, '[', err) == -1)
		goto out;
	for (i = 0; i < nx; i++) {
		if (seki_buf_str(
			b, i ? ",{\"fileKey\":" : "{\"fileKey\":", err) == -1)
			goto out;
		hit = pair_of(&x[i].i, y, ny);
		if ((hit != NULL
			    ? seki_json_quote(b, hit->i.type, hit->i.ntype, err)
			    : mark(p, &x[i].i, b, err)) == -1 ||
		    seki_buf_byte(b, '}', err) == -1)
			goto out;
	}
	r = seki_buf_byte(b, ']', err);
out:
	seki_arena_free(&a);
	return r;
}

static void
identify(const struct seki_push_run *r, struct seki_file_id *id,
    const char *key, const struct seki_item *f)
{
	id->domain = seki_http_domain(r->http);
	id->app = r->push->app;
	id->key = key;
	id->name = f->p;
	id->size = strtoull(f->size, NULL, 10);
}

int
seki_push_file_heard(void *ctx, const struct seki_field *field,
    struct seki_item *item, const char *key, struct seki_err *err)
{
	struct seki_push_run *r = ctx;
	struct seki_file_id id;
	int known;

	(void)field;
	identify(r, &id, key, item);
	if ((known = seki_spool_find(r->spool, &id, r->hex, err)) == -1)
		return -1;
	item->type = key;
	item->ntype = strlen(key);
	item->sha256 = known ? r->hex : NULL;
	item->nsha256 = known ? SEKI_HEX - 1 : 0;
	return 0;
}

/* The digest of a file of theirs, by reading it. */
static int
read_it(struct seki_push_run *r, const struct seki_pair *p,
    const struct seki_push_item *item, struct seki_item *f)
{
	struct seki_get get = { .record = item->key, .field = p->code };
	struct seki_buf head = SEKI_BUF_INIT;
	char hex[SEKI_HEX];
	enum seki_got got;

	identify(r, &get.id, f->type, f);
	got = seki_attach_get(
	    r->spool, NULL, r->http, &get, 0, &head, hex, r->err);
	seki_buf_free(&head);
	/* It was taken out meanwhile: so it is none that stays. */
	if (got == SEKI_GOT_GONE)
		return 0;
	if (got == SEKI_GOT_FAILED)
		return -1;
	f->sha256 = seki_arena_copy(&r->files, hex, SEKI_HEX - 1, r->err);
	f->nsha256 = SEKI_HEX - 1;
	return f->sha256 == NULL ? -1 : 0;
}

/* One value of theirs: files whose digest decides are read. */
static int
learn(struct seki_push_run *r, const struct seki_pair *p,
    const struct seki_push_item *item, const struct seki_value *ours,
    struct seki_value *theirs)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i, k, nx, ny;
	struct one *x = items(ours, &r->files, &nx, r->err);
	struct one *y = x ? items(theirs, &r->files, &ny, r->err) : NULL;
	int got = y == NULL ? -1 : 0;

	for (i = 0; got == 0 && i < ny; i++) {
		for (k = 0; k < nx && unknown(&y[i].i); k++)
			if (!unknown(&x[k].i) && same_name(&x[k].i, &y[i].i))
				break;
		if (k < nx && unknown(&y[i].i))
			got = read_it(r, p, item, &y[i].i);
		if (got == 0)
			got = seki_item_add(SEKI_S_FILES, &b, &y[i].i, r->err);
	}
	if (got == 0 && b.n > 0) {
		theirs->p = seki_arena_copy(&r->files, b.p, b.n, r->err);
		theirs->n = b.n;
		got = theirs->p == NULL ? -1 : 0;
	}
	seki_buf_free(&b);
	return got;
}

int
seki_push_file_learn(struct seki_push_run *r, const struct seki_push_item *item,
    const struct seki_record *theirs)
{
	const struct seki_pair *p, *s;
	const struct seki_value *v;
	struct seki_value *w;
	const struct seki_row *row;
	size_t i, k, n;

	seki_arena_reset(&r->files);
	for (i = 0; i < r->pairs.n; i++) {
		p = &r->pairs.pair[i];
		v = &item->rec->v[p->ours];
		w = &theirs->v[p->theirs];
		if (p->shape == SEKI_S_FILES && learn(r, p, item, v, w) == -1)
			return -1;
		for (n = 0; p->shape == SEKI_S_TABLE && n < v->nrow; n++) {
			row = seki_push_row(p, v, n, w, r->pairs.same_app);
			for (k = 0; row != NULL && k < p->nsub; k++) {
				s = &p->sub[k];
				if (s->shape == SEKI_S_FILES &&
				    learn(r, s, item, &v->row[n].v[s->ours],
					&row->v[s->theirs]) == -1)
					return -1;
			}
		}
	}
	return 0;
}

/* The next mark of a body from *at on: a new document, or NULL at the end.
 * *from and *to are where it stands. */
static json_t *
next(const struct seki_buf *b, size_t *from, size_t *to, struct seki_err *err)
{
	const char *s, *e;
	json_t *doc;

	if (b->n <= *to || (s = memchr(b->p + *to, MARK, b->n - *to)) == NULL ||
	    (e = memchr(s + 1, MARK, b->n - (size_t)(s + 1 - b->p))) == NULL)
		return NULL;
	*from = (size_t)(s - b->p);
	*to = (size_t)(e + 1 - b->p);
	doc = seki_doc_parse(
	    s + 1, (size_t)(e - s - 1), SEKI_BUG, "attachment", err);
	return doc;
}

static const char *
text(const json_t *doc, const char *key)
{
	const char *s = json_string_value(json_object_get(doc, key));

	return s != NULL ? s : "";
}

static void
place(
    const struct seki_push_item *item, const json_t *doc, struct seki_err *err)
{
	seki_err_record(err, item->key, strlen(item->key));
	seki_err_field(err, text(doc, "field"));
}

static int
there(struct seki_push_run *r, const struct seki_push_item *item,
    const json_t *doc)
{
	const char *hex = text(doc, "sha256");
	int fd;

	if (hex[0] == '\0') {
		place(item, doc, r->err);
		seki_err_hint(r->err, "%s",
		    _("Pull the stream again with --attachments, or leave the "
		      "field out with --fields."));
		return seki_fail(r->err, SEKI_CONFIG, "%s",
		    _("the stream names an attachment that was not fetched"));
	}
	fd = seki_spool_file(
	    r->spool, hex, strtoull(text(doc, "size"), NULL, 10), r->err);
	if (fd == -1) {
		place(item, doc, r->err);
		seki_err_hint(r->err,
		    _("Pull the stream again: seki-pull --attachments %s"),
		    seki_spool_path(r->spool));
		return -1;
	}
	(void)close(fd);
	return 0;
}

int
seki_push_file_check(struct seki_push_run *r, struct seki_push_item *item)
{
	size_t from = 0, to = 0;
	json_t *doc;
	int got = 0;

	while (
	    got == 0 && (doc = next(&item->body, &from, &to, r->err)) != NULL) {
		const char *name = text(doc, "name");

		if ((got = there(r, item, doc)) == 0 &&
		    !seki_http_name_ok(name, strlen(name))) {
			seki_push_trouble(r, item, &r->done->refused,
			    text(doc, "field"),
			    _("the name of an attachment is empty or has a "
			      "quote or a line end, which no upload carries"));
			got = 1;
		}
		if (got == 0 && r->push->dry)
			r->done->uploaded++;
		json_decref(doc);
	}
	return got == -1 || r->err->reason != SEKI_OK ? -1 : 0;
}

/* A file going up; its digest is known before its last byte has left. */
struct going {
	struct seki_push_run *r;
	const char *hex;
	uint64_t size, n;
	int fd;
	struct seki_sha256 sha;
};

static int
damaged(const struct going *g, struct seki_err *err)
{
	seki_err_object(err, seki_spool_path(g->r->spool));
	seki_err_hint(err,
	    _("Pull the stream again: seki-pull --attachments %s"),
	    seki_spool_path(g->r->spool));
	return seki_fail(err, SEKI_DIGEST,
	    _("the attachment's file is damaged (%.16s…)"), g->hex);
}

static int
right(struct going *g, struct seki_err *err)
{
	unsigned char sum[SEKI_SHA256];
	char hex[SEKI_HEX];

	seki_sha256_end(&g->sha, sum);
	seki_text_hex(sum, sizeof(sum), hex);
	return strcmp(hex, g->hex) == 0 ? 0 : damaged(g, err);
}

static int
begin(void *ctx, struct seki_err *err)
{
	struct going *g = ctx;

	g->n = 0;
	seki_sha256_restart(&g->sha);
	if (lseek(g->fd, 0, SEEK_SET) == -1)
		return seki_err_errno(err, _("read"));
	if (g->size == 0 && right(g, err) == -1)
		return -1;
	return 0;
}

static ssize_t
some(void *ctx, void *p, size_t n, struct seki_err *err)
{
	struct going *g = ctx;
	ssize_t r;

	if (n > g->size - g->n)
		n = (size_t)(g->size - g->n);
	if (n == 0)
		return 0;
	if ((r = read(g->fd, p, n)) == -1)
		return seki_err_errno(err, _("read"));
	if (r == 0)
		return damaged(g, err);
	seki_sha256_add(&g->sha, p, (size_t)r);
	g->n += (uint64_t)r;
	return g->n == g->size && right(g, err) == -1 ? -1 : r;
}

static int
key_of(struct seki_push_run *r, struct seki_reply *reply, struct seki_buf *b,
    struct seki_err *err)
{
	json_t *doc;
	const char *key;
	int got = -1;

	if (reply->status == 403)
		seki_err_hint(err, "%s", _(SEKI_PUSH_RIGHTS));
	if (seki_api_check(r->http, _("uploading"), reply, err) == -1)
		return -1;
	if ((doc = seki_doc_parse(reply->body.p, reply->body.n, SEKI_PROTOCOL,
		 _("uploading"), err)) == NULL)
		seki_err_hint(err, "%s", _(SEKI_PUSH_ODD));
	key = text(doc, "fileKey");
	if (key[0] != '\0') {
		got = seki_json_quote(b, key, strlen(key), err);
	} else {
		(void)seki_fail(err, SEKI_PROTOCOL, _("%s: the answer is odd"),
		    _("uploading"));
		seki_err_hint(err, "%s", _(SEKI_PUSH_ODD));
	}
	json_decref(doc);
	return got;
}

/* Its key, quoted, to b. */
static int
upload(struct seki_push_run *r, const json_t *doc, struct seki_buf *b,
    struct seki_err *err)
{
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct going g = { .r = r,
		.hex = text(doc, "sha256"),
		.size = strtoull(text(doc, "size"), NULL, 10) };
	struct seki_http_source from = { .name = text(doc, "name"),
		.type = text(doc, "type"),
		.size = g.size,
		.begin = begin,
		.read = some,
		.ctx = &g };
	int got = -1;

	if (seki_sha256_init(&g.sha, err) == -1)
		return -1;
	g.fd = seki_spool_file(r->spool, g.hex, g.size, err);
	if (g.fd != -1) {
		got = seki_http_upload(r->http, &from, &reply, err);
		(void)close(g.fd);
	}
	seki_sha256_free(&g.sha);
	if (got == 0)
		got = key_of(r, &reply, b, err);
	seki_reply_free(&reply);
	if (got == 0) {
		r->done->uploaded++;
		r->done->uploaded_bytes += g.size;
	}
	return got;
}

int
seki_push_file_send(struct seki_push_run *r, struct seki_push_item *item)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t from = 0, to = 0, last = 0;
	json_t *doc;
	int got = 0;

	while (
	    got == 0 && (doc = next(&item->body, &from, &to, r->err)) != NULL) {
		if (seki_buf_add(
			&b, item->body.p + last, from - last, r->err) == -1 ||
		    upload(r, doc, &b, r->err) == -1) {
			place(item, doc, r->err);
			got = -1;
		}
		last = to;
		json_decref(doc);
	}
	if (r->err->reason != SEKI_OK)
		got = -1;
	if (got == 0 && last > 0)
		got = seki_buf_add(
		    &b, item->body.p + last, item->body.n - last, r->err);
	if (got == 0 && last > 0) {
		seki_buf_free(&item->body);
		item->body = b;
		return 0;
	}
	seki_buf_free(&b);
	return got;
}
