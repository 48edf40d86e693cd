#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#include <curl/curl.h>

#include "http_int.h"

/* Header lines of one answer, all together. */
#define HEADERS_MAX ((size_t)65536)
/* The longest pause between two tries, milliseconds. */
#define PAUSE_MAX 60000L

int64_t
seki_http_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The value of a header line when its name is this one, trimmed. */
static int
header_is(const char *p, size_t n, const char *name, char *out, size_t size)
{
	size_t k = strlen(name);

	if (n <= k || strncasecmp(p, name, k) != 0 || p[k] != ':')
		return 0;
	p += k + 1;
	n -= k + 1;
	while (n > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	while (n > 0 && strchr(" \t\r\n", p[n - 1]) != NULL)
		n--;
	if (n >= size)
		n = size - 1;
	memcpy(out, p, n);
	out[n] = '\0';
	return 1;
}

size_t
seki_http_on_header(char *p, size_t one, size_t n, void *ctx)
{
	struct seki_http *h = ctx;
	char text[32], date[64];

	(void)one;
	if ((h->headers += n) > HEADERS_MAX) {
		(void)seki_fail(h->err, SEKI_FLOOD, "%s",
		    _("the answer's header lines are larger than the limit"));
		return 0;
	}
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) {
		h->length[0] = h->location[0] = '\0';
		h->reply->warning[0] = '\0';
		h->after = h->limit = h->running = 0;
	}
	/* libcurl takes the last of two lengths without a word. */
	if (header_is(p, n, "Content-Length", text, sizeof(text))) {
		if (h->length[0] != '\0' && strcmp(h->length, text) != 0) {
			(void)seki_fail(h->err, SEKI_PROTOCOL, "%s",
			    _("the answer names two different lengths"));
			return 0;
		}
		memcpy(h->length, text, sizeof(text));
	}
	if (header_is(p, n, "Retry-After", text, sizeof(text)))
		h->after = strtol(text, NULL, 10);
	if (header_is(p, n, "X-ConcurrencyLimit-Limit", text, sizeof(text)))
		h->limit = strtol(text, NULL, 10);
	if (header_is(p, n, "X-ConcurrencyLimit-Running", text, sizeof(text)))
		h->running = strtol(text, NULL, 10);
	if (header_is(p, n, "Date", date, sizeof(date)))
		h->date = h->reply->date = curl_getdate(date, NULL);
	(void)header_is(p, n, "Location", h->location, sizeof(h->location));
	(void)header_is(p, n, "X-Cybozu-Warning", h->reply->warning,
	    sizeof(h->reply->warning));
	return n;
}

size_t
seki_http_on_body(char *p, size_t one, size_t n, void *ctx)
{
	struct seki_http *h = ctx;
	long status = 0;

	(void)one;
	if (h->sink != NULL)
		(void)curl_easy_getinfo(
		    h->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200) {
		h->sunk += n;
		return h->sink->write(h->sink->ctx, p, n, h->err) == -1 ? 0 : n;
	}
	if (n > SEKI_HTTP_BODY - h->reply->body.n) {
		(void)seki_fail(h->err, SEKI_FLOOD,
		    _("the answer is larger than %zu MiB"),
		    SEKI_HTTP_BODY / SEKI_MIB);
		return 0;
	}
	return seki_buf_add(&h->reply->body, p, n, h->err) == -1 ? 0 : n;
}

int
seki_http_on_progress(
    void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct seki_http *h = ctx;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return atomic_load(&h->site->stop);
}

void
seki_reply_free(struct seki_reply *reply)
{
	seki_buf_free(&reply->body);
}

static int
is_type(CURL *curl, const char *want)
{
	size_t n = strlen(want);
	char *type = NULL;

	(void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	return type != NULL && strncasecmp(type, want, n) == 0 &&
	       (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static void
trace(struct seki_http *h, const char *method, const char *path, int64_t began,
    unsigned nth)
{
	char line[512];
	/* What stands behind a file's ? opens the file. */
	size_t n = h->sink != NULL ? strcspn(path, "?") : strlen(path);

	if (h->site->o.trace == NULL)
		return;
	(void)snprintf(line, sizeof(line),
	    "%s %.*s: status %ld, %llu bytes, %lld ms, try %u", method,
	    (int)(n < 200 ? n : 200), path, h->reply->status,
	    (unsigned long long)(h->reply->body.n + h->sunk),
	    (long long)(seki_http_ms() - began), nth);
	(void)pthread_mutex_lock(&h->site->lock);
	h->site->o.trace(h->site->o.ctx, line);
	(void)pthread_mutex_unlock(&h->site->lock);
}

static int
is_file(const struct seki_http *h)
{
	return h->sink != NULL || h->mime != NULL;
}

/* What is sent, and with which header lines. */
static void
set_body(struct seki_http *h, const char *query)
{
	const struct seki_http_site *site = h->site;

	if (h->mime != NULL) {
		(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, site->form);
		(void)curl_easy_setopt(h->curl, CURLOPT_MIMEPOST, h->mime);
	} else if (query != NULL) {
		(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER,
		    h->method != NULL ? site->write : site->post);
		(void)curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)strlen(query));
		(void)curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, query);
	} else {
		(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, site->get);
		(void)curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
	}
}

static int
transfer(struct seki_http *h, const char *url, const char *query,
    struct seki_err *err)
{
	struct seki_http_site *site = h->site;
	int64_t left = site->end - seki_http_ms(),
		page = (int64_t)site->o.page * 1000;
	CURLcode r;

	h->again = 0;
	if (left <= 0 || atomic_load(&site->stop))
		return seki_fail(err, SEKI_NETWORK,
		    _("the run took longer than %ld seconds"), site->o.run);
	seki_buf_reset(&h->reply->body);
	h->reply->status = 0;
	h->reply->date = 0;
	h->reply->warning[0] = '\0';
	h->headers = 0;
	h->sunk = 0;
	if (h->sink != NULL && h->sink->begin(h->sink->ctx, err) == -1)
		return -1;
	h->length[0] = h->location[0] = h->why[0] = '\0';
	h->err = err;
	if ((r = curl_easy_setopt(h->curl, CURLOPT_URL, url)) != CURLE_OK)
		return seki_err_nomem(err);
	(void)curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, h->method);
	/* On a connection that was used before libcurl by itself sends again
	 * what got no answer. */
	(void)curl_easy_setopt(
	    h->curl, CURLOPT_FRESH_CONNECT, h->method != NULL ? 1L : 0L);
	set_body(h, query);
	/* A file may be as large as it is; what stalls is cut off. */
	(void)curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS,
	    (long)(left < page || is_file(h) ? left : page));
	r = curl_easy_perform(h->curl);
	(void)curl_easy_getinfo(
	    h->curl, CURLINFO_RESPONSE_CODE, &h->reply->status);
	h->reply->json = is_type(h->curl, "application/json");
	h->reply->html = is_type(h->curl, "text/html");
	if (r != CURLE_OK)
		return seki_http_fail(h, r, err);
	if (h->reply->status >= 300 && h->reply->status < 400)
		return seki_http_fail_redirect(h, err);
	return 0;
}

/* Statuses worth another try; 520 with a body of its own is an answer. */
static int
busy(const struct seki_reply *reply)
{
	long s = reply->status;

	return s == 429 || (s >= 502 && s <= 504) || (s == 520 && !reply->json);
}

static int64_t
wait_for(const struct seki_http *h, unsigned nth)
{
	int64_t ms = (int64_t)h->site->o.wait << (nth < 8 ? nth - 1 : 7);
	uint16_t dice = 0;

	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) == -1)
		dice = 0;
	ms += ms * dice / UINT16_MAX;
	if (h->after > 0 && (int64_t)h->after * 1000 > ms)
		ms = h->after > 60 ? PAUSE_MAX : (int64_t)h->after * 1000;
	return ms > PAUSE_MAX ? PAUSE_MAX : ms;
}

/* Who looks on shall know why it takes so long. */
static void
tell(struct seki_http *h, unsigned nth, int64_t ms)
{
	struct seki_http_site *site = h->site;
	char line[160], why[48] = "";

	if (site->o.note == NULL)
		return;
	if (h->reply->status >= 400)
		(void)snprintf(
		    why, sizeof(why), _("status %ld"), h->reply->status);
	(void)snprintf(line, sizeof(line),
	    _("%.80s: %s; tried again in %lld.%lld s (try %u of %u)"),
	    site->url.domain, why[0] != '\0' ? why : _("no whole answer"),
	    (long long)ms / 1000, (long long)ms % 1000 / 100, nth + 1,
	    site->o.tries);
	(void)pthread_mutex_lock(&site->lock);
	site->o.note(site->o.ctx, line);
	(void)pthread_mutex_unlock(&site->lock);
}

/* Sleep before the next try; -1 when there is no time left for it. */
static int
pause_for(struct seki_http *h, unsigned nth)
{
	static const struct timespec step = { 0, 20000000 };
	int64_t ms = wait_for(h, nth), until = seki_http_ms() + ms;

	if (until >= h->site->end)
		return -1;
	tell(h, nth, ms);
	while (seki_http_ms() < until) {
		if (atomic_load(&h->site->stop))
			return -1;
		(void)nanosleep(&step, NULL);
	}
	return 0;
}

int
seki_http_path(const struct seki_http *h, const char *path, struct seki_buf *b,
    struct seki_err *err)
{
	const char *guest = h->site->guest;

	if (guest == NULL || strncmp(path, "/k/", 3) != 0)
		return seki_buf_str(b, path, err);
	return seki_buf_fmt(b, err, "/k/guest/%s/%s", guest, path + 3);
}

static int
address(const struct seki_http *h, const char *path, struct seki_buf *url,
    struct seki_err *err)
{
	return seki_buf_str(url, h->site->url.base, err) == -1
		   ? -1
		   : seki_http_path(h, path, url, err);
}

/* May one more request be sent?  Files are not counted there (record API
 * 7.1). */
static int
allowed(const struct seki_http *h, struct seki_err *err)
{
	struct seki_http_site *site = h->site;
	unsigned long long n;

	if (is_file(h))
		return 0;
	n = atomic_fetch_add(&site->calls, 1) + 1;
	if (site->o.calls != 0 && n > site->o.calls) {
		(void)seki_fail(err, SEKI_REMOTE,
		    _("more than the %llu requests that are allowed"),
		    (unsigned long long)site->o.calls);
		seki_err_hint(err, "%s",
		    _("Allow more with --max-calls, or take fewer records "
		      "with --query."));
		return -1;
	}
	return 0;
}

int
seki_http_pause(struct seki_http *h, unsigned nth)
{
	return nth >= h->site->o.tries ? -1 : pause_for(h, nth);
}

/* What was added twice stays there twice, so a POST is sent again only when
 * the service has said that it did not look at it. */
static int
once_more(const struct seki_http *h, int r)
{
	if (h->method != NULL && strcmp(h->method, "POST") == 0)
		return r == 0 && h->reply->status == 429;
	return r == -1 ? h->again : busy(h->reply);
}

int
seki_http_repeat(struct seki_http *h, const char *path, const char *query,
    struct seki_reply *reply, struct seki_err *err)
{
	struct seki_err e = SEKI_ERR_INIT;
	struct seki_buf url = SEKI_BUF_INIT;
	const char *method = h->method		? h->method
			     : query || h->mime ? "POST"
						: "GET";
	int64_t began;
	unsigned nth;
	int r = -1;

	h->reply = reply;
	h->crowded = 0;
	if (address(h, path, &url, err) == -1)
		return -1;
	for (nth = 1;; nth++) {
		seki_err_clear(&e);
		if ((r = allowed(h, &e)) == -1)
			break;
		began = seki_http_ms();
		r = transfer(h, url.p, query, &e);
		trace(h, method, path, began, nth);
		h->crowded |= r == 0 && reply->status == 429;
		if (!once_more(h, r) || seki_http_pause(h, nth) == -1)
			break;
	}
	seki_buf_free(&url);
	if (r == -1) {
		seki_err_object(&e, h->site->url.domain);
		if (err->reason == SEKI_OK)
			*err = e;
	}
	return r;
}

int
seki_http_ask(struct seki_http *h, const char *path, const char *query,
    struct seki_reply *reply, struct seki_err *err)
{
	h->method = NULL;
	return seki_http_repeat(h, path, query, reply, err);
}

int
seki_http_send(struct seki_http *h, const char *method, const char *path,
    const char *body, struct seki_reply *reply, struct seki_err *err)
{
	h->method = method;
	return seki_http_repeat(h, path, body, reply, err);
}
