#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "pull_int.h"

/* A server that gives each connection the next of its answers, as bytes, and
 * keeps what it was asked. */
struct server {
	int fd;
	unsigned port;
	pthread_t thread;
	const char *const *answer; /* NULL-ended; the last one stays */
	const char *raw;	   /* one binary answer instead */
	size_t nraw;
	int silent; /* reads, never answers */
	int keep;   /* connections stay open until an answer is empty */
	unsigned asked;
	char last[8192];
};

/* 1 when an answer was sent. */
static int
converse(struct server *s, int fd)
{
	/* Other tests may knock at this port by mistake: what they did not ask
	 * does not count. */
	char text[sizeof(s->last)];
	size_t n = 0, want = 0;
	char *body;
	ssize_t got;
	unsigned at;

	while (n < sizeof(text) - 1) {
		text[n] = '\0';
		if ((body = strstr(text, "\r\n\r\n")) != NULL) {
			char *len = strstr(text, "Content-Length: ");

			want = (size_t)(body + 4 - text) +
			       (len ? (size_t)atol(len + 16) : 0);
			if (n >= want)
				break;
		}
		got = read(fd, text + n, sizeof(text) - 1 - n);
		if (got <= 0)
			return 0;
		n += (size_t)got;
	}
	text[n] = '\0';
	memcpy(s->last, text, n + 1);
	at = s->asked++;
	if (s->silent) {
		/* Until the client goes away. */
		while (read(fd, &got, 1) > 0)
			;
		return 0;
	}
	if (s->raw != NULL) {
		for (n = 0; n < s->nraw; n += (size_t)got)
			if ((got = send(fd, s->raw + n, s->nraw - n,
				 MSG_NOSIGNAL)) <= 0)
				return 0;
		return 1;
	}
	while (at > 0 && s->answer[at] == NULL)
		at--;
	return send(fd, s->answer[at], strlen(s->answer[at]), MSG_NOSIGNAL) > 0;
}

struct kept {
	struct server *s;
	int fd;
};

static void *
keep(void *ctx)
{
	struct kept *k = ctx;

	while (converse(k->s, k->fd))
		;
	(void)shutdown(k->fd, SHUT_WR);
	(void)close(k->fd);
	free(k);
	return NULL;
}

static void
kept(struct server *s, int fd)
{
	struct kept *k = malloc(sizeof(*k));
	pthread_t t;

	assert_non_null(k);
	k->s = s;
	k->fd = fd;
	assert_int_equal(pthread_create(&t, NULL, keep, k), 0);
	(void)pthread_detach(t);
}

static void *
serve(void *ctx)
{
	struct server *s = ctx;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) != -1) {
		if (s->keep) {
			kept(s, fd);
			continue;
		}
		(void)converse(s, fd);
		(void)shutdown(fd, SHUT_WR);
		(void)close(fd);
	}
	return NULL;
}

static void
start(struct server *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(s->fd, 8), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &n), 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
stop(struct server *s)
{
	(void)shutdown(s->fd, SHUT_RDWR);
	(void)pthread_join(s->thread, NULL);
	(void)close(s->fd);
}

static struct seki_http *
client(const struct server *s, struct seki_http_opt *o)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http *h;
	char base[64];

	(void)snprintf(base, sizeof(base), "http://127.0.0.1:%u", s->port);
	o->base = base;
	o->token = "planted-token-31415";
	o->wait = 1;
	h = seki_http_open(o, &err);
	if (h == NULL)
		fail_msg("open: %s", err.text);
	return h;
}

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json"
#define OK_ANSWER OK_HEAD "\r\nContent-Length: 2\r\n\r\n{}"
#define BUSY                                                                   \
	"HTTP/1.1 503 X\r\nContent-Type: text/html\r\n"                        \
	"Content-Length: 0\r\n\r\n"

static const struct {
	const char *name;
	const char *answer[4];
	enum seki_reason reason;
	long status;
	unsigned asked;
} answers[] = {
	{ "good", { OK_ANSWER }, SEKI_OK, 200, 1 },
	{ "type with charset",
	    { OK_HEAD ";charset=utf-8\r\nContent-Length: 2\r\n\r\n{}" },
	    SEKI_OK, 200, 1 },
	{ "same length twice",
	    { OK_HEAD "\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}" },
	    SEKI_OK, 200, 1 },
	{ "two lengths",
	    { OK_HEAD "\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}" },
	    SEKI_PROTOCOL, 0, 1 },
	{ "too long a length", { OK_HEAD "\r\nContent-Length: 3\r\n\r\n{}" },
	    SEKI_NETWORK, 0, 3 },
	{ "chunk missing",
	    { OK_HEAD "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n" },
	    SEKI_NETWORK, 0, 3 },
	{ "nothing", { "" }, SEKI_NETWORK, 0, 3 },
	{ "no HTTP", { "SSH-2.0-x\r\n" }, SEKI_PROTOCOL, 0, 1 },
	{ "gzip unasked is no JSON",
	    { OK_HEAD "\r\nContent-Encoding: gzip\r\n"
		      "Content-Length: 2\r\n\r\n{}" },
	    SEKI_OK, 200, 1 },
	{ "302",
	    { "HTTP/1.1 302 X\r\nLocation: https://evil.example/x?a=b\r\n"
	      "Content-Length: 0\r\n\r\n" },
	    SEKI_REDIRECT, 0, 1 },
	{ "307 to the same host",
	    { "HTTP/1.1 307 X\r\nLocation: /other\r\n"
	      "Content-Length: 0\r\n\r\n" },
	    SEKI_REDIRECT, 0, 1 },
	{ "308 to a file",
	    { "HTTP/1.1 308 X\r\nLocation: file:///etc/passwd\r\n"
	      "Content-Length: 0\r\n\r\n" },
	    SEKI_REDIRECT, 0, 1 },
	{ "400 is an answer",
	    { "HTTP/1.1 400 X\r\nContent-Type: application/json\r\n"
	      "Content-Length: 2\r\n\r\n{}" },
	    SEKI_OK, 400, 1 },
	{ "401 is never repeated",
	    { "HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n" }, SEKI_OK, 401,
	    1 },
	{ "500 is never repeated",
	    { "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n" }, SEKI_OK, 500,
	    1 },
	{ "429 to the end", { "HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n" },
	    SEKI_OK, 429, 3 },
	{ "503 then good", { BUSY, OK_ANSWER }, SEKI_OK, 200, 2 },
	{ "503 twice, then good", { BUSY, BUSY, OK_ANSWER }, SEKI_OK, 200, 3 },
	{ "503 to the end", { BUSY }, SEKI_OK, 503, 3 },
	{ "520 with an answer",
	    { "HTTP/1.1 520 X\r\nContent-Type: application/json\r\n"
	      "Content-Length: 2\r\n\r\n{}" },
	    SEKI_OK, 520, 1 },
	{ "520 without one",
	    { "HTTP/1.1 520 X\r\nContent-Length: 0\r\n\r\n", OK_ANSWER },
	    SEKI_OK, 200, 2 },
	{ "cut, then good",
	    { OK_HEAD "\r\nContent-Length: 3\r\n\r\n{}", OK_ANSWER }, SEKI_OK,
	    200, 2 },
};

static void
test_answers(void **state)
{
	struct seki_http_opt o = { .tries = 3 };
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_http *h;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct server s = { .answer = answers[i].answer };
		struct seki_err err = SEKI_ERR_INIT;
		int r;

		start(&s);
		h = client(&s, &o);
		r = seki_http_ask(h, "/k", "{}", &reply, &err);
		seki_http_free(h);
		stop(&s);
		if (err.reason != answers[i].reason ||
		    (r == 0) != (err.reason == SEKI_OK))
			fail_msg("%s: %d %s: %s", answers[i].name, r,
			    seki_err_word(err.reason), err.text);
		if (r == 0 && reply.status != answers[i].status)
			fail_msg(
			    "%s: status %ld", answers[i].name, reply.status);
		/* libcurl itself asks once more when a connection it kept
		 * is gone; these are all new. */
		if (s.asked != answers[i].asked)
			fail_msg("%s: asked %u times, not %u", answers[i].name,
			    s.asked, answers[i].asked);
		if (strstr(err.text, "planted") || strstr(err.hint, "planted"))
			fail_msg("%s: the token shows", answers[i].name);
		if (strstr(err.text, "a=b"))
			fail_msg("%s: %s", answers[i].name, err.text);
	}
	seki_reply_free(&reply);
}

static void
test_json_type(void **state)
{
	static const struct {
		const char *type;
		int json;
	} rows[] = { { "application/json", 1 },
		{ "Application/JSON; charset=UTF-8", 1 }, { "text/html", 0 },
		{ "application/jsonp", 0 }, { "application/json-seq", 0 } };
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http_opt o = { .tries = 1 };
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *list[] = { text, NULL };
		struct server s = { .answer = list };
		struct seki_http *h;

		(void)snprintf(text, sizeof(text),
		    "HTTP/1.1 200 X\r\nContent-Type: %s\r\n"
		    "X-Cybozu-Warning: w%zu\r\nContent-Length: 2\r\n\r\n{}",
		    rows[i].type, i);
		start(&s);
		h = client(&s, &o);
		assert_int_equal(seki_http_ask(h, "/k", NULL, &reply, &err), 0);
		seki_http_free(h);
		stop(&s);
		if (reply.json != rows[i].json)
			fail_msg("%s: %d", rows[i].type, reply.json);
		(void)snprintf(text, sizeof(text), "w%zu", i);
		assert_string_equal(reply.warning, text);
	}
	seki_reply_free(&reply);
}

/* What goes over the wire. */
static void
test_request(void **state)
{
	static const char *const list[] = { OK_ANSWER, NULL };
	struct server s = { .answer = list };
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http_opt o = { .tries = 1 };
	struct seki_http *h;

	(void)state;
	start(&s);
	h = client(&s, &o);
	assert_int_equal(seki_http_ask(h, "/k/v1/records.json",
			     "{\"app\":\"1\"}", &reply, &err),
	    0);
	assert_ptr_equal(
	    strstr(s.last, "POST /k/v1/records.json HTTP/1.1\r\n"), s.last);
	assert_non_null(
	    strstr(s.last, "\r\nX-Cybozu-API-Token: planted-token-31415\r\n"));
	assert_non_null(strstr(s.last, "\r\nX-HTTP-Method-Override: GET\r\n"));
	assert_non_null(strstr(s.last, "\r\nContent-Type: application/json\r"));
	assert_non_null(strstr(s.last, "\r\n\r\n{\"app\":\"1\"}"));
	assert_null(strstr(s.last, "Accept-Encoding"));
	assert_null(strstr(s.last, "Expect"));
	assert_int_equal(
	    seki_http_ask(h, "/k/v1/app.json?id=1", NULL, &reply, &err), 0);
	assert_ptr_equal(
	    strstr(s.last, "GET /k/v1/app.json?id=1 HTTP/1.1\r\n"), s.last);
	assert_null(strstr(s.last, "Content-Type"));
	assert_null(strstr(s.last, "Override"));
	seki_http_free(h);
	stop(&s);
	seki_reply_free(&reply);
}

static char *
squeeze(const char *head, size_t zeros, size_t *n)
{
	unsigned char *block = calloc(1, 1 << 20), *p;
	size_t room = zeros / 500 + 4096, h = strlen(head);
	z_stream z = { .next_in = NULL };

	p = malloc(room);
	memcpy(p, head, h);
	memset(block, ' ', 1 << 20);
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	z.next_out = p + h;
	z.avail_out = (uInt)(room - h);
	while (zeros > 0) {
		size_t k = zeros < 1 << 20 ? zeros : 1 << 20;

		z.next_in = block;
		z.avail_in = (uInt)k;
		assert_int_equal(deflate(&z, Z_NO_FLUSH), Z_OK);
		zeros -= k;
	}
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	*n = h + (size_t)z.total_out;
	(void)deflateEnd(&z);
	free(block);
	return (char *)p;
}

#define MANY                                                                   \
	"HTTP/1.1 429 X\r\nContent-Type: application/json\r\n"                 \
	"Content-Length: 2\r\n\r\n{}"

/* What changes something is sent by its own method, and what adds something
 * never twice unless the service has not looked at it. */
static void
test_send(void **state)
{
	static const struct {
		const char *method;
		const char *answer[4];
		enum seki_reason reason;
		long status;
		unsigned asked;
	} rows[] = {
		{ "PUT", { OK_ANSWER }, SEKI_OK, 200, 1 },
		{ "PUT", { BUSY, OK_ANSWER }, SEKI_OK, 200, 2 },
		{ "PUT", { "", OK_ANSWER }, SEKI_OK, 200, 2 },
		{ "POST", { OK_ANSWER }, SEKI_OK, 200, 1 },
		{ "POST", { BUSY, OK_ANSWER }, SEKI_OK, 503, 1 },
		{ "POST", { "", OK_ANSWER }, SEKI_NETWORK, 0, 1 },
		{ "POST", { OK_HEAD "\r\nContent-Length: 9\r\n\r\n{}" },
		    SEKI_NETWORK, 200, 1 },
		{ "POST", { MANY, OK_ANSWER }, SEKI_OK, 200, 2 },
		{ "POST", { MANY }, SEKI_OK, 429, 3 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct server s = { .answer = rows[i].answer };
		struct seki_http_opt o = { .tries = 3 };
		struct seki_reply reply = SEKI_REPLY_INIT;
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_http *h;
		char line[32];

		start(&s);
		h = client(&s, &o);
		(void)seki_http_send(h, rows[i].method, "/k/v1/records.json",
		    "{\"app\":1}", &reply, &err);
		seki_http_free(h);
		stop(&s);
		(void)snprintf(line, sizeof(line), "%s /k/v1/records.json ",
		    rows[i].method);
		if (err.reason != rows[i].reason ||
		    reply.status != rows[i].status || s.asked != rows[i].asked)
			fail_msg("row %zu: %s, status %ld, asked %u", i,
			    seki_err_word(err.reason), reply.status, s.asked);
		if (strncmp(s.last, line, strlen(line)) != 0 ||
		    strstr(s.last, "Override") != NULL ||
		    strstr(s.last, "\r\n\r\n{\"app\":1}") == NULL)
			fail_msg("row %zu: %s", i, s.last);
		seki_reply_free(&reply);
	}
}

/* libcurl by itself sends again what got no answer on a connection that was
 * used before. */
static void
test_send_reused(void **state)
{
	const char *const answer[] = { OK_ANSWER, "", NULL };
	struct server s = { .answer = answer, .keep = 1 };
	struct seki_http_opt o = { .tries = 3 };
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http *h;

	(void)state;
	start(&s);
	h = client(&s, &o);
	assert_int_equal(
	    seki_http_ask(h, "/k/v1/records.json", "{}", &reply, &err), 0);
	assert_int_equal(
	    seki_http_send(h, "POST", "/k/v1/records.json", "{}", &reply, &err),
	    -1);
	assert_int_equal(err.reason, SEKI_NETWORK);
	assert_int_equal(s.asked, 2);
	seki_http_free(h);
	stop(&s);
	seki_reply_free(&reply);
}

#define GZIP_HEAD OK_HEAD "\r\nContent-Encoding: gzip\r\n\r\n"

/* One byte past the ceiling is too much, however few came over the wire. */
static void
test_bomb(void **state)
{
	static const size_t size[] = { 1000, SEKI_HTTP_BODY,
		SEKI_HTTP_BODY + 1 };
	struct seki_http_opt o = { .tries = 3, .gzip = 1 };
	struct seki_reply reply = SEKI_REPLY_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct server s = { .fd = -1 };
		struct seki_http *h;
		int r, want = size[i] > SEKI_HTTP_BODY ? -1 : 0;
		char *raw = squeeze(GZIP_HEAD, size[i], &s.nraw);

		s.raw = raw;
		start(&s);
		h = client(&s, &o);
		r = seki_http_ask(h, "/k", NULL, &reply, &err);
		assert_non_null(strstr(s.last, "Accept-Encoding: gzip"));
		seki_http_free(h);
		stop(&s);
		free(raw);
		if (r != want || err.reason != (want ? SEKI_FLOOD : SEKI_OK))
			fail_msg("%zu: %d %s", size[i], r, err.text);
		if (r == 0)
			assert_int_equal(reply.body.n, size[i]);
		assert_int_equal(s.asked, 1);
		if (reply.body.size > 4 * SEKI_HTTP_BODY)
			fail_msg("%zu bytes of memory", reply.body.size);
	}
	seki_reply_free(&reply);
}

static double
seconds(const struct timespec *from)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) +
	       (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

static void
test_late(void **state)
{
	static const struct {
		const char *name;
		struct seki_http_opt o;
		unsigned asked;
	} rows[] = {
		{ "page", { .page = 1, .tries = 2 }, 2 },
		{ "stall", { .stall = 1, .tries = 1 }, 1 },
		{ "run", { .run = 1, .tries = 5 }, 1 },
	};
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct timespec from;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct server s = { .silent = 1 };
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_http_opt o = rows[i].o;
		struct seki_http *h;

		start(&s);
		h = client(&s, &o);
		(void)clock_gettime(CLOCK_MONOTONIC, &from);
		assert_int_equal(
		    seki_http_ask(h, "/k", NULL, &reply, &err), -1);
		if (err.reason != SEKI_NETWORK || s.asked != rows[i].asked)
			fail_msg("%s: %s, asked %u times", rows[i].name,
			    err.text, s.asked);
		if (seconds(&from) > 8)
			fail_msg("%s: %.1f s", rows[i].name, seconds(&from));
		seki_http_free(h);
		stop(&s);
	}
	seki_reply_free(&reply);
}

static void *
soon(void *ctx)
{
	static const struct timespec wait = { 0, 200000000 };

	(void)nanosleep(&wait, NULL);
	seki_http_stop(ctx);
	return NULL;
}

static void
test_stop(void **state)
{
	struct server s = { .silent = 1 };
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http_opt o = { .tries = 5 };
	struct timespec from;
	struct seki_http *h;
	pthread_t thread;

	(void)state;
	start(&s);
	h = client(&s, &o);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(pthread_create(&thread, NULL, soon, h), 0);
	assert_int_equal(seki_http_ask(h, "/k", NULL, &reply, &err), -1);
	assert_true(seconds(&from) < 5);
	(void)pthread_join(thread, NULL);
	seki_http_free(h);
	stop(&s);
	seki_reply_free(&reply);
}

static void
test_refused(void **state)
{
	struct server s = { .fd = -1 };
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http_opt o = { .tries = 5 };
	struct seki_http *h;

	(void)state;
	start(&s);
	stop(&s);
	h = client(&s, &o);
	assert_int_equal(seki_http_ask(h, "/k", NULL, &reply, &err), -1);
	assert_int_equal(err.reason, SEKI_NETWORK);
	assert_non_null(strstr(err.object, "127.0.0.1:"));
	seki_http_free(h);
	seki_reply_free(&reply);
}

static void
test_open(void **state)
{
	static const struct {
		const char *base, *token, *proxy;
		enum seki_reason reason;
		const char *domain;
	} rows[] = {
		{ "https://a.cybozu.com", "t", NULL, SEKI_OK, "a.cybozu.com" },
		{ "https://A.Cybozu.COM/", "t", NULL, SEKI_OK, "a.cybozu.com" },
		{ "https://a.cybozu.com:443", "t", NULL, SEKI_OK,
		    "a.cybozu.com" },
		{ "https://a.cybozu.com:8443", "t", NULL, SEKI_OK,
		    "a.cybozu.com:8443" },
		{ "http://localhost:80", "t", NULL, SEKI_OK, "localhost" },
		{ "http://LOCALHOST:8080", "t", NULL, SEKI_OK,
		    "localhost:8080" },
		{ "http://127.3.2.1:1", "t", NULL, SEKI_OK, "127.3.2.1:1" },
		{ "http://[::1]:8080", "t", NULL, SEKI_OK, "[::1]:8080" },
		{ "http://a.cybozu.com", "t", NULL, SEKI_CONFIG, NULL },
		{ "http://128.0.0.1", "t", NULL, SEKI_CONFIG, NULL },
		{ "http://[::2]", "t", NULL, SEKI_CONFIG, NULL },
		{ "http://localhost.example.com", "t", NULL, SEKI_CONFIG,
		    NULL },
		{ "http://127.0.0.1.example.com", "t", NULL, SEKI_CONFIG,
		    NULL },
		{ "http://127.0.0.1@example.com", "t", NULL, SEKI_CONFIG,
		    NULL },
		{ "ftp://localhost", "t", NULL, SEKI_CONFIG, NULL },
		{ "file:///etc/passwd", "t", NULL, SEKI_CONFIG, NULL },
		{ "a.cybozu.com", "t", NULL, SEKI_CONFIG, NULL },
		{ "", "t", NULL, SEKI_CONFIG, NULL },
		{ "https://", "t", NULL, SEKI_CONFIG, NULL },
		{ "https://u:secret@a.cybozu.com", "t", NULL, SEKI_CONFIG,
		    NULL },
		{ "https://a.cybozu.com/k/5/", "t", NULL, SEKI_CONFIG, NULL },
		{ "https://a.cybozu.com/?a=b", "t", NULL, SEKI_CONFIG, NULL },
		{ "https://a.cybozu.com/#a", "t", NULL, SEKI_CONFIG, NULL },
		{ "https://a.cybozu.com:99999", "t", NULL, SEKI_CONFIG, NULL },
		{ "https://\xE7\x94\xBA.jp", "t", NULL, SEKI_CONFIG, NULL },
		{ "https://a.cybozu.com", "", NULL, SEKI_CREDENTIALS, NULL },
		{ "https://a.cybozu.com", "a b", NULL, SEKI_CREDENTIALS, NULL },
		{ "https://a.cybozu.com", "a\r\nX: y", NULL, SEKI_CREDENTIALS,
		    NULL },
		{ "https://a.cybozu.com", "a\xC3\xA9", NULL, SEKI_CREDENTIALS,
		    NULL },
		{ "https://a.cybozu.com", "t", "http://p.example:80", SEKI_OK,
		    "a.cybozu.com" },
		{ "https://a.cybozu.com", "t", "http://u:secret@p.example:80",
		    SEKI_CONFIG, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_http_opt o = { .base = rows[i].base,
			.token = rows[i].token,
			.proxy = rows[i].proxy };
		struct seki_http *h = seki_http_open(&o, &err);

		if (err.reason != rows[i].reason ||
		    (h != NULL) != (err.reason == SEKI_OK))
			fail_msg("row %zu '%s': %s: %s", i, rows[i].base,
			    seki_err_word(err.reason), err.text);
		if (h != NULL &&
		    strcmp(seki_http_domain(h), rows[i].domain) != 0)
			fail_msg("row %zu: %s", i, seki_http_domain(h));
		if (strstr(err.text, "secret") || strstr(err.hint, "secret"))
			fail_msg("row %zu: %s", i, err.text);
		seki_http_free(h);
	}
}

static void
test_proxy(void **state)
{
	static const struct {
		const char *text, *url, *user, *password;
	} rows[] = {
		{ "http://p:3128", "http://p:3128", NULL, NULL },
		{ "p:3128", "p:3128", NULL, NULL },
		{ "http://u@p:3128", "http://p:3128", "u", NULL },
		{ "u:pw@p:3128/", "p:3128/", "u", "pw" },
		{ "http://town%5Cu%40x:a%3ab@p", "http://p", "town\\u@x",
		    "a:b" },
		{ "http://u:a@b@p", "http://p", "u", "a@b" },
		{ "http://u:@p", "http://p", "u", "" },
		{ "http://p/a@b", "http://p/a@b", NULL, NULL },
		{ "http://u%4@p", NULL, NULL, NULL },
		{ "http://u%@p", NULL, NULL, NULL },
		{ "http://u:%0a@p", NULL, NULL, NULL },
		{ "http://u:%00@p", NULL, NULL, NULL },
		{ "http://u:%7F@p", NULL, NULL, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_proxy p;
		int r = seki_proxy_parse(rows[i].text, &p, &err);

		if ((r == 0) != (rows[i].url != NULL))
			fail_msg("row %zu: %d", i, r);
		if (r == -1) {
			assert_int_equal(err.reason, SEKI_CONFIG);
			assert_null(p.user);
			continue;
		}
		assert_string_equal(p.url, rows[i].url);
		if ((p.user == NULL) != (rows[i].user == NULL) ||
		    (p.user != NULL && strcmp(p.user, rows[i].user) != 0))
			fail_msg("row %zu: %s", i, p.user);
		if ((p.password == NULL) != (rows[i].password == NULL) ||
		    (p.password != NULL &&
			strcmp(p.password, rows[i].password) != 0))
			fail_msg("row %zu: %s", i, p.password);
		seki_proxy_release(&p);
	}
}

static void
test_redact(void **state)
{
	struct server s = { .port = 1 };
	struct seki_http_opt o = { .tries = 1 };
	struct seki_http *h = client(&s, &o);
	char text[] = "a planted-token-31415planted-token-31415 planted-token-3"
		      "1415";

	(void)state;
	seki_http_redact(h, text, sizeof(text) - 1);
	assert_string_equal(text,
	    "a ************************************** *******************");
	seki_http_free(h);
}

/* Codes come before statuses; reasons and hints of what the service says. */
static void
test_check(void **state)
{
	static const struct {
		long status;
		int json;
		const char *body;
		enum seki_reason reason;
		const char *text;
	} rows[] = {
		{ 200, 1, "{}", SEKI_OK, NULL },
		{ 200, 1, "{\"appId\":\"1\",\"code\":\"SHUZEN\"}", SEKI_OK,
		    NULL },
		{ 200, 1, "", SEKI_PROTOCOL, "expected JSON" },
		{ 200, 0, "{}", SEKI_PROTOCOL, "expected JSON" },
		{ 200, 0, "<html>", SEKI_PROTOCOL, "<html>" },
		{ 200, 1, "{\"code\":\"GAIA_IA02\",\"message\":\"m\"}",
		    SEKI_PROTOCOL, "GAIA_IA02" },
		{ 520, 1, "{\"code\":\"GAIA_IA02\",\"message\":\"m\"}",
		    SEKI_CREDENTIALS, "GAIA_IA02" },
		{ 400, 1, "{\"code\":\"GAIA_IA02\",\"message\":\"m\"}",
		    SEKI_CREDENTIALS, "GAIA_IA02" },
		{ 520, 1, "{\"code\":\"CB_AU01\",\"message\":\"m\"}",
		    SEKI_CREDENTIALS, "CB_AU01" },
		{ 400, 1, "{\"code\":\"GAIA_NO01\",\"message\":\"m\"}",
		    SEKI_PERMISSION, "GAIA_NO01" },
		{ 403, 1, "{\"code\":\"CB_NO02\",\"message\":\"m\"}",
		    SEKI_PERMISSION, "CB_NO02" },
		{ 404, 1, "{\"code\":\"GAIA_AP01\",\"message\":\"m\"}",
		    SEKI_REMOTE, "GAIA_AP01" },
		{ 400, 1, "{\"code\":\"GAIA_TO04\",\"message\":\"m\"}",
		    SEKI_BUSY, "GAIA_TO04" },
		{ 400, 1,
		    "{\"code\":\"CB_VA01\",\"id\":\"i\",\"message\":\"m\","
		    "\"errors\":{\"query\":{\"messages\":[\"why\"]}}}",
		    SEKI_REMOTE, "CB_VA01: m / why (id i)" },
		{ 403, 1, "{\"code\":\"NEW_01\",\"message\":\"m\"}",
		    SEKI_CREDENTIALS, "NEW_01" },
		{ 400, 1, "{\"code\":\"NEW_01\",\"message\":\"m\"}",
		    SEKI_REMOTE, "NEW_01" },
		{ 429, 1, "{\"code\":\"NEW_01\",\"message\":\"m\"}", SEKI_BUSY,
		    "NEW_01" },
		{ 503, 0, "<html>x</html>", SEKI_BUSY, "503" },
		{ 401, 0, "", SEKI_CREDENTIALS, "401" },
		{ 404, 0, "<html>", SEKI_PROTOCOL, "404" },
		{ 400, 1, "{\"code\":1}", SEKI_PROTOCOL, "400" },
		{ 400, 1,
		    "{\"code\":\"X\",\"message\":\"a planted-token-31415"
		    "\"}",
		    SEKI_REMOTE, "a *******************" },
		{ 400, 1, "{\"code\":\"X\",\"message\":\"\\u001b[2J\"}",
		    SEKI_REMOTE, "\\u{1B}[2J" },
	};
	struct server s = { .port = 1 };
	struct seki_http_opt o = { .tries = 1 };
	struct seki_http *h = client(&s, &o);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_reply reply = { .status = rows[i].status,
			.json = rows[i].json };
		struct seki_err err = SEKI_ERR_INIT;

		assert_int_equal(
		    seki_buf_str(&reply.body, rows[i].body, &err), 0);
		(void)seki_api_check(h, "page 1", &reply, &err);
		if (err.reason != rows[i].reason ||
		    (rows[i].text && !strstr(err.text, rows[i].text)))
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
		if (err.reason != SEKI_OK && err.reason != SEKI_REMOTE &&
		    err.hint[0] == '\0')
			fail_msg("row %zu: no hint: %s", i, err.text);
		if (strstr(err.text, "planted"))
			fail_msg("row %zu: %s", i, err.text);
		seki_reply_free(&reply);
	}
	seki_http_free(h);
}

/* The pause is the one the service asks for, when that is the longer one. */
static void
test_retry_after(void **state)
{
	static const char *const answer[] = {
		"HTTP/1.1 429 X\r\nRetry-After: 1\r\n"
		"Content-Length: 0\r\n\r\n",
		OK_ANSWER, NULL
	};
	struct server s = { .answer = answer };
	struct seki_http_opt o = { .tries = 3 };
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct timespec from, to;
	struct seki_http *h;
	double took;

	(void)state;
	start(&s);
	h = client(&s, &o);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(seki_http_ask(h, "/k", "{}", &reply, &err), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	took = (double)(to.tv_sec - from.tv_sec) +
	       (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	if (took < 0.99 || took > 20)
		fail_msg("%f s", took);
	assert_int_equal(s.asked, 2);
	assert_int_equal(seki_http_calls(h), 2);
	seki_http_free(h);
	stop(&s);
	seki_reply_free(&reply);
}

/* Connections of one pool: one clock, one count, one end. */
static void
test_pool(void **state)
{
	static const char *const answer[] = { OK_HEAD
		"\r\nDate: Wed, 01 Apr 2026 00:00:00 GMT\r\n"
		"Content-Length: 2\r\n\r\n{}",
		NULL, NULL, NULL, NULL, NULL, NULL, NULL };
	struct server s = { .answer = answer };
	struct seki_http_opt o = { .tries = 1, .calls = 3 };
	struct seki_reply reply = SEKI_REPLY_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http *first, *one, *two;
	struct seki_pool *pool;

	(void)state;
	start(&s);
	first = client(&s, &o);
	pool = seki_pool_new(first, 2, &err);
	assert_non_null(pool);
	one = seki_pool_take(pool, &err);
	two = seki_pool_take(pool, &err);
	assert_ptr_equal(one, first);
	assert_non_null(two);
	assert_ptr_not_equal(one, two);
	assert_int_equal(seki_http_ask(one, "/k", "{}", &reply, &err), 0);
	assert_int_equal(seki_http_ask(two, "/k", "{}", &reply, &err), 0);
	assert_non_null(strstr(s.last, "X-Cybozu-API-Token: planted"));
	assert_int_equal(reply.date, 1775001600);
	assert_int_equal(seki_http_date(two), 1775001600);
	assert_int_equal(seki_http_calls(first), 2);
	/* The one given back last is taken again. */
	seki_pool_give(pool, one);
	seki_pool_give(pool, two);
	assert_ptr_equal(seki_pool_take(pool, &err), two);
	assert_int_equal(seki_http_ask(two, "/k", "{}", &reply, &err), 0);
	assert_int_equal(seki_http_ask(two, "/k", "{}", &reply, &err), -1);
	assert_int_equal(err.reason, SEKI_REMOTE);
	assert_int_equal(s.asked, 3);
	seki_err_clear(&err);
	seki_pool_stop(pool);
	assert_int_equal(seki_http_ask(one, "/k", "{}", &reply, &err), -1);
	assert_int_equal(s.asked, 3);
	seki_pool_give(pool, two);
	seki_pool_free(pool);
	seki_http_free(first);
	stop(&s);
	seki_reply_free(&reply);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_json_type),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_send_reused),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_redact),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
