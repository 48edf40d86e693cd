#include <stdlib.h>
#include <string.h>

#include "attach_int.h"

/* A file coming down: into the spool, or only through a digest. */
struct coming {
	const struct seki_get *get;
	struct seki_spool_new *file; /* NULL: only its digest */
	struct seki_sha256 sha;
	uint64_t n;
	struct seki_buf *head;
};

static int
begin(void *ctx, struct seki_err *err)
{
	struct coming *c = ctx;

	c->n = 0;
	seki_buf_reset(c->head);
	seki_sha256_restart(&c->sha);
	return c->file == NULL ? 0 : seki_spool_restart(c->file, err);
}

static int
wrong_length(uint64_t want, uint64_t came, struct seki_err *err)
{
	return seki_fail(err, SEKI_PROTOCOL,
	    came > want ? _("the attachment has %llu bytes, but %llu and more "
			    "came")
			: _("the attachment has %llu bytes, but only %llu "
			    "came"),
	    (unsigned long long)want, (unsigned long long)came);
}

static int
write_some(void *ctx, const void *p, size_t n, struct seki_err *err)
{
	struct coming *c = ctx;

	c->n += n;
	if (c->n > c->get->id.size)
		return wrong_length(c->get->id.size, c->n, err);
	if (c->head->n < SEKI_MAGIC_HEAD &&
	    seki_buf_add(c->head, p, n, err) == -1)
		return -1;
	if (c->file != NULL)
		return seki_spool_write(c->file, p, n, err);
	seki_sha256_add(&c->sha, p, n);
	return 0;
}

/* The service knows no such file: it was taken out of its record, or the
 * record is another by now (record API 7.3). */
static int
gone(const struct seki_reply *reply)
{
	return reply->status == 404 && reply->json && reply->body.p != NULL &&
	       strstr(reply->body.p, "\"GAIA_BL01\"") != NULL;
}

/* A page that a proxy or the service shows to people. */
static int
page(const struct seki_get *get, struct seki_err *err)
{
	(void)seki_fail(err, SEKI_PROTOCOL,
	    _("a web page came instead of the attachment of %llu bytes"),
	    (unsigned long long)get->id.size);
	seki_err_hint(err, "%s",
	    _("Check --base-url, and whether a proxy or sign-in page stands "
	      "before the service."));
	return -1;
}

/* One answer whose length is right, or why there is none. */
static enum seki_got
ask(struct coming *c, struct seki_http *h, struct seki_err *err)
{
	struct seki_http_sink sink = { begin, write_some, c };
	struct seki_reply reply = SEKI_REPLY_INIT;
	const struct seki_get *get = c->get;
	enum seki_got got = SEKI_GOT_FAILED;
	struct seki_err e;
	unsigned nth = 1;
	int r, again;

	do {
		seki_err_clear(&e);
		r = seki_http_fetch(
		    h, get->id.key, strlen(get->id.key), &sink, &reply, &e);
		again = 0;
		if (r == 0 && reply.status == 200 && c->n == get->id.size)
			got = SEKI_GOT_FETCHED;
		else if (r == 0 && gone(&reply))
			got = SEKI_GOT_GONE;
		else if (r == 0 && reply.status != 200)
			(void)seki_api_check(h, _("downloading"), &reply, &e);
		else if (reply.status == 200 && reply.html &&
			 (r == 0 || e.reason == SEKI_PROTOCOL)) {
			seki_err_clear(&e);
			(void)page(get, &e);
		} else if (r == 0) {
			(void)wrong_length(get->id.size, c->n, &e);
			again = 1;
		}
	} while (again && seki_http_pause(h, nth++) == 0);
	if (got == SEKI_GOT_FAILED && err->reason == SEKI_OK)
		*err = e;
	seki_reply_free(&reply);
	return got;
}

static enum seki_got
fetch(struct seki_spool *spool, struct seki_pool *pool, struct seki_http *h,
    struct coming *c, char hex[SEKI_HEX], struct seki_err *err)
{
	enum seki_got got = SEKI_GOT_FAILED;
	unsigned char sum[SEKI_SHA256];

	if (pool != NULL && (h = seki_pool_take(pool, err)) == NULL)
		return got;
	got = ask(c, h, err);
	if (pool != NULL)
		seki_pool_give(pool, h);
	if (got != SEKI_GOT_FETCHED)
		return got;
	if (c->file != NULL) {
		struct seki_spool_new *file = c->file;

		c->file = NULL;
		if (seki_spool_commit(file, hex, err) == -1)
			return SEKI_GOT_FAILED;
	} else {
		seki_sha256_end(&c->sha, sum);
		seki_text_hex(sum, sizeof(sum), hex);
	}
	return seki_spool_note(spool, &c->get->id, hex, err) == -1
		   ? SEKI_GOT_FAILED
		   : got;
}

enum seki_got
seki_attach_get(struct seki_spool *spool, struct seki_pool *pool,
    struct seki_http *h, const struct seki_get *get, int keep,
    struct seki_buf *head, char hex[SEKI_HEX], struct seki_err *err)
{
	struct coming c = { .get = get, .head = head };
	enum seki_got got = SEKI_GOT_FAILED;
	int known;

	seki_buf_reset(head);
	known = seki_spool_find(spool, &get->id, hex, err);
	if (known == 1 && keep)
		known = seki_spool_holds(spool, hex, get->id.size, head, err);
	if (known == -1)
		goto out;
	if (known == 1)
		return SEKI_GOT_KEPT;
	if (seki_sha256_init(&c.sha, err) == -1)
		goto out;
	if (!keep || (c.file = seki_spool_begin(spool, err)) != NULL)
		got = fetch(spool, pool, h, &c, hex, err);
	seki_spool_abort(c.file);
	seki_sha256_free(&c.sha);
out:
	if (got == SEKI_GOT_FAILED) {
		seki_err_record(err, get->record, strlen(get->record));
		seki_err_field(err, get->field);
	}
	return got;
}
