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

static int64_t
ms_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
global(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
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

static size_t
on_header(char *p, size_t one, size_t n, void *ctx)
{
	struct seki_http *h = ctx;
	char text[32];

	(void)one;
	if ((h->headers += n) > HEADERS_MAX) {
		(void)seki_fail(h->err, SEKI_FLOOD, "%s",
		    _("the answer's header lines are larger than the limit"));
		return 0;
	}
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) {
		h->length[0] = h->location[0] = '\0';
		h->reply->warning[0] = '\0';
		h->after = 0;
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
	(void)header_is(p, n, "Location", h->location, sizeof(h->location));
	(void)header_is(p, n, "X-Cybozu-Warning", h->reply->warning,
	    sizeof(h->reply->warning));
	return n;
}

static size_t
on_body(char *p, size_t one, size_t n, void *ctx)
{
	struct seki_http *h = ctx;

	(void)one;
	if (n > SEKI_HTTP_BODY - h->reply->body.n) {
		(void)seki_fail(h->err, SEKI_FLOOD,
		    _("the answer is larger than %zu MiB"),
		    SEKI_HTTP_BODY / SEKI_MIB);
		return 0;
	}
	return seki_buf_add(&h->reply->body, p, n, h->err) == -1 ? 0 : n;
}

static int
on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct seki_http *h = ctx;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return atomic_load(&h->stop);
}

/* Every header list holds the token, so each is wiped before it goes. */
static void
slist_wipe(struct curl_slist *list)
{
	struct curl_slist *l;

	for (l = list; l != NULL; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static int
slist_add(struct curl_slist **list, const char *line, struct seki_err *err)
{
	struct curl_slist *l = curl_slist_append(*list, line);

	if (l == NULL)
		return seki_err_nomem(err);
	*list = l;
	return 0;
}

static int
headers(struct seki_http *h, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r = -1;

	if (seki_buf_fmt(&b, err, "X-Cybozu-API-Token: %s", h->token) == 0 &&
	    slist_add(&h->get, b.p, err) == 0 &&
	    slist_add(&h->post, b.p, err) == 0 &&
	    slist_add(&h->write, b.p, err) == 0 &&
	    slist_add(&h->write, "Content-Type: application/json", err) == 0 &&
	    slist_add(&h->write, "Expect:", err) == 0 &&
	    slist_add(&h->post, "X-HTTP-Method-Override: GET", err) == 0 &&
	    slist_add(&h->post, "Content-Type: application/json", err) == 0 &&
	    slist_add(&h->post, "Expect:", err) == 0)
		r = 0;
	seki_buf_wipe(&b);
	return r;
}

/* What one header line may hold, so that no token can add a line. */
static int
token_ok(const char *s)
{
	size_t n = 0;

	for (; s[n] != '\0'; n++)
		if (s[n] <= ' ' || s[n] > '~')
			return 0;
	return n > 0 && n <= SEKI_SECRET_MAX;
}

static int
setup(struct seki_http *h, struct seki_err *err)
{
	CURL *c = h->curl;
	CURLcode r = CURLE_OK;

	if (h->o.proxy != NULL && strchr(h->o.proxy, '@') != NULL)
		return seki_fail(err, SEKI_CONFIG, "%s",
		    _("the proxy's address holds a user name or password"));
#define SET(opt, value)                                                        \
	if (r == CURLE_OK)                                                     \
	r = curl_easy_setopt(c, opt, value)
	SET(CURLOPT_PROTOCOLS_STR, h->url.plain ? "http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* "" keeps libcurl from looking into the environment. */
	SET(CURLOPT_PROXY,
	    h->o.proxy != NULL && !h->url.local ? h->o.proxy : "");
	SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_CONNECTTIMEOUT, h->o.connect);
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, h->o.stall);
	SET(CURLOPT_BUFFERSIZE, 262144L);
	SET(CURLOPT_TCP_NODELAY, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_USERAGENT, "seki/" SEKI_VERSION);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, h);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, h);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, h);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_ERRORBUFFER, h->why);
	if (!h->url.local || h->o.gzip)
		SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	if (h->o.ca != NULL) {
		SET(CURLOPT_CAINFO, h->o.ca);
		SET(CURLOPT_CAPATH, NULL);
	}
#undef SET
	if (r != CURLE_OK)
		return seki_fail(err,
		    r == CURLE_OUT_OF_MEMORY ? SEKI_NOMEM : SEKI_BUG,
		    "libcurl: %s", curl_easy_strerror(r));
	return 0;
}

static void
defaults(struct seki_http_opt *o)
{
	o->connect = o->connect ? o->connect : SEKI_HTTP_CONNECT;
	o->stall = o->stall ? o->stall : SEKI_HTTP_STALL;
	o->page = o->page ? o->page : SEKI_HTTP_PAGE;
	o->run = o->run ? o->run : SEKI_HTTP_RUN;
	o->tries = o->tries ? o->tries : SEKI_HTTP_TRIES;
	o->wait = o->wait ? o->wait : 1000;
	/* Whatever else was borrowed is libcurl's copy from here on. */
	o->base = o->token = NULL;
}

struct seki_http *
seki_http_open(const struct seki_http_opt *o, struct seki_err *err)
{
	static pthread_once_t first = PTHREAD_ONCE_INIT;
	struct seki_http *h;

	(void)pthread_once(&first, global);
	if (!token_ok(o->token)) {
		(void)seki_fail(err, SEKI_CREDENTIALS, "%s",
		    _("the API token is empty or has characters that no token "
		      "has"));
		seki_err_hint(err, "%s",
		    _("Put the token alone on one line of the token file."));
		return NULL;
	}
	if ((h = calloc(1, sizeof(*h))) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	h->o = *o;
	defaults(&h->o);
	h->end = ms_now() + (int64_t)h->o.run * 1000;
	if (seki_url_base(o->base, &h->url, err) == -1)
		goto fail;
	if ((h->token = strdup(o->token)) == NULL ||
	    (h->curl = curl_easy_init()) == NULL) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	if (setup(h, err) == -1 || headers(h, err) == -1)
		goto fail;
	return h;

fail:
	seki_http_free(h);
	return NULL;
}

const char *
seki_http_domain(const struct seki_http *h)
{
	return h->url.domain;
}

void
seki_http_stop(struct seki_http *h)
{
	atomic_store(&h->stop, 1);
}

void
seki_http_redact(const struct seki_http *h, char *p, size_t n)
{
	size_t k = strlen(h->token);
	char *hit;

	while ((hit = memmem(p, n, h->token, k)) != NULL) {
		memset(hit, '*', k);
		n -= (size_t)(hit - p) + k;
		p = hit + k;
	}
}

void
seki_http_free(struct seki_http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	slist_wipe(h->get);
	slist_wipe(h->post);
	slist_wipe(h->write);
	seki_url_release(&h->url);
	if (h->token != NULL)
		explicit_bzero(h->token, strlen(h->token));
	free(h->token);
	free(h);
}

void
seki_reply_free(struct seki_reply *reply)
{
	seki_buf_free(&reply->body);
}

static int
is_json(CURL *curl)
{
	char *type = NULL;

	(void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	return type != NULL && strncasecmp(type, "application/json", 16) == 0 &&
	       (type[16] == '\0' || type[16] == ';' || type[16] == ' ');
}

static void
trace(struct seki_http *h, const char *method, const char *path, int64_t began,
    unsigned nth)
{
	char line[512];

	if (h->o.trace == NULL)
		return;
	(void)snprintf(line, sizeof(line),
	    "%s %.200s: status %ld, %zu bytes, %lld ms, try %u", method, path,
	    h->reply->status, h->reply->body.n, (long long)(ms_now() - began),
	    nth);
	h->o.trace(h->o.ctx, line);
}

static int
transfer(struct seki_http *h, const char *url, const char *query,
    struct seki_err *err)
{
	int64_t left = h->end - ms_now(), page = (int64_t)h->o.page * 1000;
	CURLcode r;

	h->again = 0;
	if (left <= 0 || atomic_load(&h->stop))
		return seki_fail(err, SEKI_NETWORK,
		    _("the run took longer than %ld seconds"), h->o.run);
	seki_buf_reset(&h->reply->body);
	h->reply->status = 0;
	h->reply->warning[0] = '\0';
	h->headers = 0;
	h->length[0] = h->location[0] = h->why[0] = '\0';
	h->err = err;
	if ((r = curl_easy_setopt(h->curl, CURLOPT_URL, url)) != CURLE_OK)
		return seki_err_nomem(err);
	(void)curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, h->method);
	/* On a connection that was used before libcurl by itself sends again
	 * what got no answer. */
	(void)curl_easy_setopt(
	    h->curl, CURLOPT_FRESH_CONNECT, h->method != NULL ? 1L : 0L);
	if (query != NULL) {
		(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER,
		    h->method != NULL ? h->write : h->post);
		(void)curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)strlen(query));
		(void)curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, query);
	} else {
		(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->get);
		(void)curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
	}
	(void)curl_easy_setopt(
	    h->curl, CURLOPT_TIMEOUT_MS, (long)(left < page ? left : page));
	r = curl_easy_perform(h->curl);
	(void)curl_easy_getinfo(
	    h->curl, CURLINFO_RESPONSE_CODE, &h->reply->status);
	if (r != CURLE_OK)
		return seki_http_fail(h, r, err);
	h->reply->json = is_json(h->curl);
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

/* Sleep before the next try; -1 when there is no time left for it. */
static int
pause_for(struct seki_http *h, unsigned nth)
{
	static const struct timespec step = { 0, 20000000 };
	int64_t ms = (int64_t)h->o.wait << (nth < 8 ? nth - 1 : 7);
	int64_t until;
	uint16_t dice = 0;

	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) == -1)
		dice = 0;
	ms += ms * dice / UINT16_MAX;
	if (h->after > 0 && (int64_t)h->after * 1000 > ms)
		ms = h->after > 60 ? PAUSE_MAX : (int64_t)h->after * 1000;
	if (ms > PAUSE_MAX)
		ms = PAUSE_MAX;
	until = ms_now() + ms;
	if (until >= h->end)
		return -1;
	while (ms_now() < until) {
		if (atomic_load(&h->stop))
			return -1;
		(void)nanosleep(&step, NULL);
	}
	return 0;
}

int
seki_http_pause(struct seki_http *h, unsigned nth)
{
	return nth >= h->o.tries ? -1 : pause_for(h, nth);
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

static int
repeat(struct seki_http *h, const char *path, const char *body,
    struct seki_reply *reply, struct seki_err *err)
{
	struct seki_err e = SEKI_ERR_INIT;
	struct seki_buf url = SEKI_BUF_INIT;
	const char *method = h->method ? h->method : body ? "POST" : "GET";
	int64_t began;
	unsigned nth;
	int r = -1;

	h->reply = reply;
	if (seki_buf_fmt(&url, err, "%s%s", h->url.base, path) == -1)
		return -1;
	for (nth = 1;; nth++) {
		seki_err_clear(&e);
		began = ms_now();
		r = transfer(h, url.p, body, &e);
		trace(h, method, path, began, nth);
		if (!once_more(h, r) || seki_http_pause(h, nth) == -1)
			break;
	}
	seki_buf_free(&url);
	if (r == -1) {
		seki_err_object(&e, h->url.domain);
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
	return repeat(h, path, query, reply, err);
}

int
seki_http_send(struct seki_http *h, const char *method, const char *path,
    const char *body, struct seki_reply *reply, struct seki_err *err)
{
	h->method = method;
	return repeat(h, path, body, reply, err);
}
