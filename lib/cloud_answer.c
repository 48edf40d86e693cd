#include <stdlib.h>

#include <microhttpd.h>
#include <zlib.h>

#include "cloud_int.h"

/* Pieces of an answer that drips. */
#define DRIPS 20

/* A body that does not arrive as it should. */
struct flow {
	struct seki_cloud *c;
	struct seki_buf b;
	struct seki_cloud_download *file;
	uint64_t size, end; /* end < size: cut there */
	unsigned wait;	    /* milliseconds between pieces; 0: at once */
};

static void
flow_free(void *ctx)
{
	struct flow *w = ctx;

	seki_buf_free(&w->b);
	seki_cloud_download_free(w->file);
	free(w);
}

static ssize_t
flow_read(void *ctx, uint64_t at, char *to, size_t n)
{
	struct flow *w = ctx;
	ssize_t r;

	if (at >= w->end)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n > w->end - at)
		n = (size_t)(w->end - at);
	if (w->wait > 0) {
		if (n > w->size / DRIPS + 1)
			n = (size_t)(w->size / DRIPS) + 1;
		seki_cloud_wait(w->c, w->wait);
	}
	if (w->file == NULL) {
		memcpy(to, w->b.p + at, n);
		return (ssize_t)n;
	}
	r = seki_cloud_download_read(w->file, at, to, n);
	return r > 0 ? r : MHD_CONTENT_READER_END_WITH_ERROR;
}

/* The answer's body: as it is, or by faults.  b, file: taken. */
static struct MHD_Response *
body(struct seki_cloud_http *q, struct seki_buf *b,
    struct seki_cloud_download *file)
{
	const struct seki_cloud_failure *slow =
	    seki_cloud_trouble_has(q->fail, SEKI_CLOUD_F_SLOW);
	int cut = seki_cloud_trouble_has(q->fail, SEKI_CLOUD_F_CUT) != NULL;
	struct MHD_Response *r;
	struct flow *w;

	if (file == NULL && slow == NULL && !cut) {
		r = MHD_create_response_from_buffer(b->n,
		    b->n > 0 ? b->p : NULL,
		    b->n > 0 ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
		if (r == NULL || b->n == 0)
			seki_buf_free(b);
		return r;
	}
	if ((w = calloc(1, sizeof(*w))) == NULL) {
		seki_buf_free(b);
		seki_cloud_download_free(file);
		return NULL;
	}
	w->c = q->c;
	w->b = *b;
	w->file = file;
	w->size = w->end = file != NULL ? file->size : b->n;
	w->wait = slow == NULL ? 0 : slow->n > 0 ? (unsigned)slow->n : 100;
	if (cut)
		w->end /= 2;
	if (file != NULL && seki_cloud_trouble_has(q->fail, SEKI_CLOUD_F_SHORT))
		w->size = w->end /= 2;
	r = MHD_create_response_from_callback(
	    w->size, 65536, flow_read, w, flow_free);
	if (r == NULL)
		flow_free(w);
	return r;
}

static int
squeeze(struct seki_buf *b)
{
	struct seki_buf out = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	z_stream z = { .next_in = (Bytef *)b->p, .avail_in = (uInt)b->n };
	int r = -1;

	if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		return -1;
	if (seki_buf_room(&out, deflateBound(&z, b->n), &err) == 0) {
		z.next_out = (Bytef *)out.p;
		z.avail_out = (uInt)(out.size - 1);
		if (deflate(&z, Z_FINISH) == Z_STREAM_END) {
			out.n = z.total_out;
			r = 0;
		}
	}
	(void)deflateEnd(&z);
	seki_buf_free(r == 0 ? b : &out);
	if (r == 0)
		*b = out;
	return r;
}

static void
head(struct seki_cloud_http *q, struct MHD_Response *res, const char *type)
{
	char running[16], limit[16];

	(void)snprintf(running, sizeof(running), "%u", q->running);
	(void)snprintf(limit, sizeof(limit), "%u", q->c->concurrent);
	(void)MHD_add_response_header(res, "Content-Type", type);
	(void)MHD_add_response_header(res, "X-ConcurrencyLimit-Limit", limit);
	(void)MHD_add_response_header(
	    res, "X-ConcurrencyLimit-Running", running);
	(void)MHD_add_response_header(
	    res, "Cache-Control", "no-cache, no-store, must-revalidate");
}

static int
queue(struct seki_cloud_http *q, struct MHD_Response *res, unsigned status)
{
	const struct seki_cloud_failure *f =
	    seki_cloud_trouble_has(q->fail, SEKI_CLOUD_F_REDIRECT);
	int r;

	if (f != NULL) {
		status = 302;
		(void)MHD_add_response_header(res, "Location",
		    f->text != NULL ? f->text : "http://elsewhere.invalid/");
	}
	r = MHD_queue_response(q->conn, status, res) == MHD_YES ? 0 : -1;
	MHD_destroy_response(res);
	return r;
}

int
seki_cloud_answer(struct seki_cloud_http *q, unsigned status, const char *type,
    struct seki_buf *b, int warning, const char *word)
{
	struct MHD_Response *res;
	int gzip = seki_cloud_trouble_has(q->fail, SEKI_CLOUD_F_GZIP) != NULL;

	if (gzip && squeeze(b) == -1) {
		seki_buf_free(b);
		return -1;
	}
	if (seki_cloud_trouble_has(q->fail, SEKI_CLOUD_F_SHORT))
		b->n /= 2;
	if ((res = body(q, b, NULL)) == NULL)
		return -1;
	head(q, res, type);
	if (gzip)
		(void)MHD_add_response_header(res, "Content-Encoding", "gzip");
	if (warning || seki_cloud_trouble_has(q->fail, SEKI_CLOUD_F_WARNING))
		(void)MHD_add_response_header(res, "X-Cybozu-Warning",
		    "Filter aborted because of too many search results");
	if (word != NULL)
		(void)MHD_add_response_header(res, "X-Cybozu-Error", word);
	if (status == 401 && strcmp(type, "text/html") == 0)
		(void)MHD_add_response_header(
		    res, "WWW-Authenticate", "Basic realm=\"basic\"");
	return queue(q, res, status);
}

int
seki_cloud_answer_file(
    struct seki_cloud_http *q, struct seki_cloud_download *file)
{
	struct seki_buf none = SEKI_BUF_INIT;
	struct MHD_Response *res;
	char type[256];

	(void)snprintf(type, sizeof(type), "%s", file->type);
	if ((res = body(q, &none, file)) == NULL)
		return -1;
	head(q, res, type);
	return queue(q, res, 200);
}

int
seki_cloud_answer_page(
    struct seki_cloud_http *q, unsigned status, const char *title)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	if (seki_buf_fmt(&b, &err,
		"<html><head><title>%u %s</title></head>"
		"<body>%s</body></html>",
		status, title, title) == -1)
		return -1;
	return seki_cloud_answer(q, status, "text/html", &b, 0, NULL);
}
