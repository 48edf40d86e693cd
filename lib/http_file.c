#include <stdlib.h>
#include <string.h>

#include "http_int.h"

#define FILES "/k/v1/file.json"

int
seki_http_fetch(struct seki_http *h, const char *key, size_t n,
    const struct seki_http_sink *sink, struct seki_reply *reply,
    struct seki_err *err)
{
	struct seki_buf path = SEKI_BUF_INIT;
	char *code = curl_easy_escape(h->curl, key, (int)n);
	int r = -1;

	if (code == NULL)
		return seki_err_nomem(err);
	h->method = NULL;
	h->sink = sink;
	if (seki_buf_fmt(&path, err, FILES "?fileKey=%s", code) == 0)
		r = seki_http_repeat(h, path.p, NULL, reply, err);
	h->sink = NULL;
	h->sunk = 0;
	curl_free(code);
	seki_buf_free(&path);
	return r;
}

/* An upload under way, between libcurl's calls. */
struct upload {
	struct seki_http *h;
	const struct seki_http_source *from;
};

static size_t
on_read(char *p, size_t one, size_t n, void *ctx)
{
	struct upload *u = ctx;
	ssize_t r = u->from->read(u->from->ctx, p, one * n, u->h->err);

	return r == -1 ? CURL_READFUNC_ABORT : (size_t)r;
}

static int
on_seek(void *ctx, curl_off_t at, int whence)
{
	struct upload *u = ctx;

	if (at != 0 || whence != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	return u->from->begin(u->from->ctx, u->h->err) == -1
		   ? CURL_SEEKFUNC_FAIL
		   : CURL_SEEKFUNC_OK;
}

/* In a quoted string stands neither a quote nor the end of a line; browsers
 * write %22, %0D and %0A, and what the service makes of these nobody says. */
int
seki_http_name_ok(const char *s, size_t n)
{
	return n > 0 && memchr(s, '"', n) == NULL &&
	       memchr(s, '\n', n) == NULL && memchr(s, '\r', n) == NULL;
}

/* It becomes a header line. */
static const char *
type_of(const char *s)
{
	const char *slash = s != NULL ? strchr(s, '/') : NULL;
	size_t n;

	for (n = 0; slash != NULL && s[n] >= ' ' && s[n] <= '~'; n++)
		;
	return slash != NULL && slash > s && slash[1] != '\0' && s[n] == '\0' &&
		       n < 256
		   ? s
		   : "application/octet-stream";
}

static int
form(struct upload *u, curl_mime *mime, struct seki_err *err)
{
	curl_mimepart *part = curl_mime_addpart(mime);

	if (part == NULL || curl_mime_name(part, "file") != CURLE_OK ||
	    curl_mime_filename(part, u->from->name) != CURLE_OK ||
	    curl_mime_type(part, type_of(u->from->type)) != CURLE_OK ||
	    curl_mime_data_cb(part, (curl_off_t)u->from->size, on_read, on_seek,
		NULL, u) != CURLE_OK)
		return seki_err_nomem(err);
	return 0;
}

int
seki_http_upload(struct seki_http *h, const struct seki_http_source *from,
    struct seki_reply *reply, struct seki_err *err)
{
	struct upload u = { .h = h, .from = from };
	curl_mime *mime = curl_mime_init(h->curl);
	int r = -1;

	if (mime == NULL)
		return seki_err_nomem(err);
	h->method = NULL;
	h->mime = mime;
	if (from->begin(from->ctx, err) == 0 && form(&u, mime, err) == 0)
		r = seki_http_repeat(h, FILES, NULL, reply, err);
	h->mime = NULL;
	(void)curl_easy_setopt(h->curl, CURLOPT_MIMEPOST, NULL);
	(void)curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
	curl_mime_free(mime);
	return r;
}

void
seki_http_last(struct seki_http *h, long seconds)
{
	h->site->o.run = seconds;
	h->site->end = seki_http_ms() + (int64_t)seconds * 1000;
}
