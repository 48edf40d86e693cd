#include <stdatomic.h>
#include <stdlib.h>

#include <microhttpd.h>

#include "cloud_int.h"

/* The service's addresses and what is asked for are no longer than these. */
#define ADDRESS_MAX 8192
#define BODY_MAX SEKI_MIB
/* What is written: 20 requests of 100 records. */
#define WRITE_MAX (64 * SEKI_MIB)
/* More than an address and the headers of any client. */
#define CONNECTION_MEMORY ((size_t)65536)
/* Seconds after which a connection that says nothing is closed. */
#define IDLE 300u

static void *
begin(void *cls, const char *uri, struct MHD_Connection *conn)
{
	struct seki_cloud_http *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->c = cls;
	q->conn = conn;
	if ((q->uri = strdup(uri)) == NULL) {
		free(q);
		q = NULL;
	}
	return q;
}

static void
end(void *cls, struct MHD_Connection *conn, void **con,
    enum MHD_RequestTerminationCode code)
{
	struct seki_cloud_http *q = *con;

	(void)cls;
	(void)conn;
	(void)code;
	*con = NULL;
	if (q == NULL)
		return;
	if (q->parts != NULL)
		(void)MHD_destroy_post_processor(q->parts);
	seki_cloud_upload_free(q->upload);
	if (q->begun)
		(void)atomic_fetch_sub(&q->c->running, 1);
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
header(struct seki_cloud_http *q, const char *name)
{
	return MHD_lookup_connection_value(q->conn, MHD_HEADER_KIND, name);
}

static int
refusal(struct seki_cloud_http *q, const struct seki_cloud_fault *fault,
    const struct seki_cloud_reply *reply)
{
	const char *lang = header(q, "Accept-Language");
	int english = lang != NULL && strncasecmp(lang, "en", 2) == 0;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	int r = reply->bulk > 0 ? seki_buf_str(&b, "{\"results\":[", &err) : 0;

	/* The failing one of many; the others say nothing. */
	for (size_t i = 0; r == 0 && i < reply->at; i++)
		r = seki_buf_str(&b, "{},", &err);
	if (r == 0)
		r = seki_cloud_error_body(fault, english, &b, &err);
	for (size_t i = reply->at + 1; r == 0 && i < reply->bulk; i++)
		r = seki_buf_str(&b, ",{}", &err);
	if (r == 0 && reply->bulk > 0)
		r = seki_buf_str(&b, "]}", &err);
	if (r == -1) {
		seki_buf_free(&b);
		return -1;
	}
	return seki_cloud_answer(q, seki_cloud_error_status(fault->code),
	    "application/json;charset=utf-8", &b, 0,
	    fault->code == SEKI_CLOUD_GAIA_TO04
		? seki_cloud_error_word(fault->code)
		: NULL);
}

static int
refuse(struct seki_cloud_http *q, enum seki_cloud_code code)
{
	struct seki_cloud_fault fault = { .code = SEKI_CLOUD_OK };
	struct seki_cloud_reply reply = { .file = NULL };

	(void)seki_cloud_refuse(&fault, code, NULL, 0);
	return refusal(q, &fault, &reply);
}

/* Faults that stand for the whole answer: 1 when there is none. */
static int
instead(struct seki_cloud_http *q)
{
	static const struct {
		unsigned status;
		const char *title;
	} titles[] = { { 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 500, "Internal Server Error" },
		{ 502, "Bad Gateway" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" } };
	const char *title = "Error";

	for (const struct seki_cloud_failure *f = q->fail;
	     f->what != SEKI_CLOUD_F_NONE; f++) {
		if (f->what == SEKI_CLOUD_F_DROP)
			return -1;
		if (f->what == SEKI_CLOUD_F_CODE)
			return refuse(q, (enum seki_cloud_code)f->n);
		if (f->what == SEKI_CLOUD_F_GONE)
			return refuse(q, SEKI_CLOUD_GAIA_CN01);
		if (f->what == SEKI_CLOUD_F_MAINTENANCE)
			return seki_cloud_answer_page(
			    q, 503, "Service maintenance");
		if (f->what == SEKI_CLOUD_F_HTML)
			return seki_cloud_answer_page(q, 200, "Login");
		if (f->what == SEKI_CLOUD_F_REDIRECT)
			return seki_cloud_answer_page(q, 302, "Found");
		if (f->what != SEKI_CLOUD_F_STATUS)
			continue;
		/* These two the service itself says, the others servers
		 * before it. */
		if (f->n == 429)
			return refuse(q, SEKI_CLOUD_GAIA_TO04);
		if (f->n == 520)
			return refuse(q, SEKI_CLOUD_GAIA_RE18);
		for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
			if (titles[i].status == f->n)
				title = titles[i].title;
		return seki_cloud_answer_page(q, (unsigned)f->n, title);
	}
	return 1;
}

/* What comes before the answer is worked out. */
static int
before(struct seki_cloud_http *q, const struct seki_cloud_request *req)
{
	struct seki_err err = SEKI_ERR_INIT;

	for (const struct seki_cloud_failure *f = q->fail;
	     f->what != SEKI_CLOUD_F_NONE; f++) {
		if (f->what == SEKI_CLOUD_F_DELAY)
			seki_cloud_wait(q->c, (unsigned)f->n);
		if ((f->what == SEKI_CLOUD_F_EDIT ||
			f->what == SEKI_CLOUD_F_DELETE ||
			f->what == SEKI_CLOUD_F_INSERT) &&
		    seki_cloud_trouble_data(q->c, req, f, &err) == -1)
			return -1;
	}
	return 0;
}

/* Basic authentication stands in front of everything. */
static int
admitted(struct seki_cloud_http *q)
{
	const char *s = header(q, "Authorization");

	if (q->c->basic == NULL)
		return 1;
	return s != NULL && strncasecmp(s, "Basic ", 6) == 0 &&
	       seki_cloud_users_find(q->c->basic, s + 6) != NULL;
}

static int
work(struct seki_cloud_http *q, struct seki_cloud_request *req)
{
	struct seki_cloud_fault fault = { .code = SEKI_CLOUD_OK };
	struct seki_cloud_reply *reply = req->reply;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	int r;

	(void)MHD_get_connection_values(
	    q->conn, MHD_HEADER_KIND, token, &q->tokens);
	req->tokens = q->tokens.p;
	r = seki_cloud_api(q->c, req, &b, &fault, &err);
	if (r == 0 && reply->file != NULL) {
		seki_buf_free(&b);
		return seki_cloud_answer_file(q, reply->file);
	}
	if (r == 0 && seki_cloud_trouble_body(q->fail, &b, &err) == -1)
		r = -1;
	if (r == 0)
		return seki_cloud_answer(q, 200,
		    "application/json;charset=utf-8", &b, reply->warning, NULL);
	seki_buf_free(&b);
	if (r == 1)
		return seki_cloud_answer_page(q, 404, "Not Found");
	if (fault.code == SEKI_CLOUD_OK)
		return seki_cloud_answer_page(q, 500, "Internal Server Error");
	return refusal(q, &fault, reply);
}

static int
respond(struct seki_cloud_http *q, const char *path, const char *method)
{
	const char *args = strchr(q->uri, '?');
	struct seki_cloud_reply reply = { .file = NULL };
	struct seki_cloud_request req = { .method = method,
		.path = path,
		.args = args != NULL ? args + 1 : "",
		.override = header(q, "X-HTTP-Method-Override"),
		.type = header(q, "Content-Type"),
		.password = header(q, "X-Cybozu-Authorization"),
		.body = q->body.p,
		.nbody = q->body.n,
		.upload = q->upload,
		.reply = &reply };
	int r;

	if (strlen(q->uri) > ADDRESS_MAX)
		return seki_cloud_answer_page(q, 414, "Request URL Too Large");
	if (q->large)
		return seki_cloud_answer_page(
		    q, 413, "Request Entity Too Large");
	if (!admitted(q))
		return seki_cloud_answer_page(q, 401, "Unauthorized");
	if (q->running > q->c->concurrent)
		return refuse(q, SEKI_CLOUD_GAIA_TO04);
	if (q->c->delay > 0)
		seki_cloud_wait(q->c, q->c->delay);
	seki_cloud_trouble_count(q->c->trouble,
	    req.override != NULL ? req.override : method, path, q->fail);
	if (before(q, &req) == -1)
		return -1;
	if ((r = instead(q)) != 1)
		return r;
	return work(q, &req);
}

/* The part "file" of a form becomes an upload. */
static enum MHD_Result
part(void *ctx, enum MHD_ValueKind kind, const char *key, const char *filename,
    const char *type, const char *encoding, const char *data, uint64_t off,
    size_t n)
{
	struct seki_cloud_http *q = ctx;
	struct seki_err err = SEKI_ERR_INIT;

	(void)kind;
	(void)encoding;
	if (strcmp(key, "file") != 0 || filename == NULL)
		return MHD_YES;
	if (off == 0 && q->upload == NULL)
		q->upload = seki_cloud_upload_new(q->c, filename,
		    type != NULL ? type : "application/octet-stream", &err);
	if (q->upload == NULL ||
	    seki_cloud_upload_add(q->upload, data, n, &err) == -1) {
		q->large = err.reason == SEKI_LIMIT;
		q->broken = 1;
		return MHD_NO;
	}
	return MHD_YES;
}

static int
receive(
    struct seki_cloud_http *q, const char *method, const char *data, size_t n)
{
	const char *override = header(q, "X-HTTP-Method-Override");
	struct seki_err err = SEKI_ERR_INIT;
	size_t max = strcmp(method, "GET") == 0 ||
			     (override != NULL && strcmp(override, "GET") == 0)
			 ? BODY_MAX
			 : WRITE_MAX;

	if (q->parts != NULL) {
		if (!q->broken && !q->large)
			(void)MHD_post_process(q->parts, data, n);
		return 0;
	}
	if (q->body.n + n > max)
		q->large = 1;
	else if (seki_buf_add(&q->body, data, n, &err) == -1)
		return -1;
	return 0;
}

static void
open_parts(struct seki_cloud_http *q, const char *path)
{
	const char *type = header(q, "Content-Type");
	size_t n = strlen(path);

	if (type != NULL && strncasecmp(type, "multipart/form-data", 19) == 0 &&
	    n > 13 && strcmp(path + n - 13, "/v1/file.json") == 0)
		q->parts = MHD_create_post_processor(q->conn, 65536, part, q);
}

static enum MHD_Result
handle(void *cls, struct MHD_Connection *conn, const char *path,
    const char *method, const char *version, const char *data, size_t *n,
    void **con)
{
	struct seki_cloud *c = cls;
	struct seki_cloud_http *q = *con;

	(void)conn;
	(void)version;
	if (q == NULL)
		return MHD_NO;
	if (!q->begun) {
		q->begun = 1;
		q->running = atomic_fetch_add(&c->running, 1) + 1;
		open_parts(q, path);
		return MHD_YES;
	}
	if (*n > 0) {
		int r = receive(q, method, data, *n);

		*n = 0;
		return r == 0 ? MHD_YES : MHD_NO;
	}
	/* Its last piece is handed over only now. */
	if (q->parts != NULL) {
		(void)MHD_destroy_post_processor(q->parts);
		q->parts = NULL;
		if (q->broken && !q->large)
			return MHD_NO;
	}
	return respond(q, path, method) == 0 ? MHD_YES : MHD_NO;
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
