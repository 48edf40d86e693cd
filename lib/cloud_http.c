#include <stdatomic.h>
#include <stdlib.h>

#include <microhttpd.h>

#include "cloud_int.h"

/* Requests the service answers at the same time. */
#define CONCURRENT 100
/* Its addresses and bodies are no longer than these. */
#define ADDRESS_MAX 8192
#define BODY_MAX SEKI_MIB
/* More than an address and the headers of any client. */
#define CONNECTION_MEMORY ((size_t)65536)
/* Seconds after which a connection that says nothing is closed. */
#define IDLE 300u

struct request {
	char *uri;
	struct seki_buf body, tokens;
	int begun, large;
	unsigned running;
};

static void *
begin(void *cls, const char *uri, struct MHD_Connection *conn)
{
	struct request *q = calloc(1, sizeof(*q));

	(void)cls;
	(void)conn;
	if (q != NULL && (q->uri = strdup(uri)) == NULL) {
		free(q);
		q = NULL;
	}
	return q;
}

static void
end(void *cls, struct MHD_Connection *conn, void **con,
    enum MHD_RequestTerminationCode code)
{
	struct seki_cloud *c = cls;
	struct request *q = *con;

	(void)conn;
	(void)code;
	*con = NULL;
	if (q == NULL)
		return;
	if (q->begun)
		(void)atomic_fetch_sub(&c->running, 1);
	seki_buf_wipe(&q->tokens);
	seki_buf_free(&q->body);
	free(q->uri);
	free(q);
}

/* The header may be given several times. */
static enum MHD_Result
token(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf *b = ctx;

	(void)kind;
	if (value == NULL || strcasecmp(name, "X-Cybozu-API-Token") != 0)
		return MHD_YES;
	if (b->n > 0 && seki_buf_byte(b, ',', &err) == -1)
		return MHD_NO;
	return seki_buf_str(b, value, &err) == 0 ? MHD_YES : MHD_NO;
}

static const char *
header(struct MHD_Connection *conn, const char *name)
{
	return MHD_lookup_connection_value(conn, MHD_HEADER_KIND, name);
}

/* b is taken.  word: an error code that stands in a header, or NULL. */
static enum MHD_Result
answer(struct MHD_Connection *conn, const struct request *q, unsigned status,
    const char *type, struct seki_buf *b, const char *word)
{
	struct MHD_Response *res;
	enum MHD_Result r;
	char running[16];

	res = MHD_create_response_from_buffer(b->n, b->n > 0 ? b->p : NULL,
	    b->n > 0 ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (res == NULL) {
		seki_buf_free(b);
		return MHD_NO;
	}
	(void)snprintf(running, sizeof(running), "%u", q->running);
	(void)MHD_add_response_header(res, "Content-Type", type);
	(void)MHD_add_response_header(res, "X-ConcurrencyLimit-Limit", "100");
	(void)MHD_add_response_header(
	    res, "X-ConcurrencyLimit-Running", running);
	(void)MHD_add_response_header(
	    res, "Cache-Control", "no-cache, no-store, must-revalidate");
	if (word != NULL)
		(void)MHD_add_response_header(res, "X-Cybozu-Error", word);
	r = MHD_queue_response(conn, status, res);
	MHD_destroy_response(res);
	return r;
}

/* What no API answers comes from the servers before it: not JSON. */
static enum MHD_Result
page(struct MHD_Connection *conn, const struct request *q, unsigned status,
    const char *title)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	if (seki_buf_fmt(&b, &err,
		"<html><head><title>%u %s</title></head>"
		"<body>%s</body></html>",
		status, title, title) == -1)
		return MHD_NO;
	return answer(conn, q, status, "text/html", &b, NULL);
}

static enum MHD_Result
refusal(struct MHD_Connection *conn, const struct request *q,
    const struct seki_cloud_fault *fault)
{
	const char *lang = header(conn, "Accept-Language");
	int english = lang != NULL && strncasecmp(lang, "en", 2) == 0;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	if (seki_cloud_error_body(fault, english, &b, &err) == -1) {
		seki_buf_free(&b);
		return MHD_NO;
	}
	return answer(conn, q, seki_cloud_error_status(fault->code),
	    "application/json;charset=utf-8", &b,
	    fault->code == SEKI_CLOUD_GAIA_TO04
		? seki_cloud_error_word(fault->code)
		: NULL);
}

static enum MHD_Result
respond(struct seki_cloud *c, struct MHD_Connection *conn, struct request *q,
    const char *path, const char *method)
{
	struct seki_cloud_fault fault = { .code = SEKI_CLOUD_OK };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	const char *args = strchr(q->uri, '?');
	struct seki_cloud_request req = { .method = method,
		.path = path,
		.args = args != NULL ? args + 1 : "",
		.override = header(conn, "X-HTTP-Method-Override"),
		.type = header(conn, "Content-Type"),
		.password = header(conn, "X-Cybozu-Authorization"),
		.body = q->body.p,
		.nbody = q->body.n };
	int r;

	if (strlen(q->uri) > ADDRESS_MAX)
		return page(conn, q, 414, "Request URL Too Large");
	if (q->large)
		return page(conn, q, 413, "Request Entity Too Large");
	if (q->running > CONCURRENT) {
		(void)seki_cloud_refuse(&fault, SEKI_CLOUD_GAIA_TO04, NULL, 0);
		return refusal(conn, q, &fault);
	}
	if (c->delay > 0)
		seki_cloud_wait(c, c->delay);
	(void)MHD_get_connection_values(
	    conn, MHD_HEADER_KIND, token, &q->tokens);
	req.tokens = q->tokens.p;
	if ((r = seki_cloud_api(c, &req, &b, &fault, &err)) == 0)
		return answer(
		    conn, q, 200, "application/json;charset=utf-8", &b, NULL);
	seki_buf_free(&b);
	if (r == 1)
		return page(conn, q, 404, "Not Found");
	if (fault.code == SEKI_CLOUD_OK)
		return page(conn, q, 500, "Internal Server Error");
	return refusal(conn, q, &fault);
}

static enum MHD_Result
handle(void *cls, struct MHD_Connection *conn, const char *path,
    const char *method, const char *version, const char *data, size_t *n,
    void **con)
{
	struct seki_cloud *c = cls;
	struct seki_err err = SEKI_ERR_INIT;
	struct request *q = *con;

	(void)version;
	if (q == NULL)
		return MHD_NO;
	if (!q->begun) {
		q->begun = 1;
		q->running = atomic_fetch_add(&c->running, 1) + 1;
		return MHD_YES;
	}
	if (*n > 0) {
		if (q->body.n + *n > BODY_MAX)
			q->large = 1;
		else if (seki_buf_add(&q->body, data, *n, &err) == -1)
			return MHD_NO;
		*n = 0;
		return MHD_YES;
	}
	return respond(c, conn, q, path, method);
}

/* A thread a connection: an answer that waits, or comes slowly, holds up no
 * other. */
struct MHD_Daemon *
seki_cloud_http_start(struct seki_cloud *c, int fd, struct seki_err *err)
{
	struct MHD_Daemon *d;

	/* An option and its value a line. */
	/* clang-format off */
	d = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION |
	    MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC,
	    0, NULL, NULL, handle, c,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_URI_LOG_CALLBACK, begin, c,
	    MHD_OPTION_NOTIFY_COMPLETED, end, c,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE,
	    MHD_OPTION_THREAD_STACK_SIZE, (size_t)1 << 20,
	    MHD_OPTION_END);
	/* clang-format on */
	if (d == NULL)
		seki_fail(
		    err, SEKI_IO, _("the web server library does not start"));
	return d;
}

void
seki_cloud_http_stop(struct MHD_Daemon *d)
{
	if (d != NULL)
		MHD_stop_daemon(d);
}
