#include <stdlib.h>
#include <string.h>

#include "scan.h"

/* What is read goes on as it is, but the line at hand, which may be the last:
 * a stream without it has no proof. */
struct through {
	struct seki_in *below;
	struct seki_out *to;
	struct seki_buf *line; /* the caller's: it outlives the reader */
};

static int
pass(struct through *t, struct seki_err *err)
{
	if (t->line->n > 0 &&
	    seki_out_write(t->to, t->line->p, t->line->n, err) == -1)
		return -1;
	seki_buf_reset(t->line);
	return 0;
}

static ssize_t
through_read(void *ctx, void *p, size_t n, struct seki_err *err)
{
	struct through *t = ctx;
	ssize_t r = seki_in_read(t->below, p, n, err);
	const char *s = p, *lf;
	size_t k;

	if (r <= 0)
		return r;
	k = (size_t)r;
	/* An LF that ends what was read may end the last line. */
	if (t->line->n > 0 && t->line->p[t->line->n - 1] == '\n' &&
	    pass(t, err) == -1)
		return -1;
	lf = memrchr(s, '\n', s[k - 1] == '\n' ? k - 1 : k);
	if (lf != NULL) {
		if (pass(t, err) == -1 ||
		    seki_out_write(t->to, s, (size_t)(lf + 1 - s), err) == -1)
			return -1;
		k -= (size_t)(lf + 1 - s);
		s = lf + 1;
	}
	return seki_buf_add(t->line, s, k, err) == -1 ? -1 : r;
}

static void
through_free(void *ctx)
{
	struct through *t = ctx;

	seki_in_free(t->below);
	free(t);
}

static struct seki_in *
through(struct seki_in *below, struct seki_out *to, struct seki_buf *line,
    struct seki_err *err)
{
	static const struct seki_in_ops ops = { through_read, through_free };
	struct through *t = malloc(sizeof(*t));

	if (t == NULL) {
		seki_in_free(below);
		(void)seki_err_nomem(err);
		return NULL;
	}
	*t = (struct through){ below, to, line };
	return seki_in_new(&ops, t, seki_in_name(below), err);
}

/* Findings go to the caller and to the report. */
struct both {
	const struct seki_scan_run *run;
	struct seki_scan_report *report;
	struct seki_err err; /* of the report */
};

static void
finding(void *ctx, const struct seki_scan_finding *at)
{
	struct both *b = ctx;

	if (b->run->how.finding != NULL)
		b->run->how.finding(b->run->how.ctx, at);
	if (b->report != NULL && b->err.reason == SEKI_OK)
		(void)seki_scan_report_add(b->report, at, &b->err);
}

static void
unknown(void *ctx, const char *name)
{
	const struct both *b = ctx;

	if (b->run->how.unknown != NULL)
		b->run->how.unknown(b->run->how.ctx, name);
}

static int
result(
    const struct seki_scan *s, struct seki_scanned *res, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int level, r;

	for (level = 0; level < SEKI_SCAN_LEVEL_COUNT; level++)
		res->level[level] =
		    seki_scan_total(s, (enum seki_scan_level)level);
	res->unseen = seki_scan_unseen(s);
	res->result = seki_scan_result(s);
	if ((r = seki_scan_summary(s, SEKI_SCAN_NOTE, &b, err)) == 0 && b.n > 0)
		(void)snprintf(res->summary, sizeof(res->summary), "%s", b.p);
	seki_buf_free(&b);
	return r;
}

static int
report_error(const struct both *b, struct seki_err *err)
{
	if (b->err.reason == SEKI_OK)
		return 0;
	*err = b->err;
	return -1;
}

static int
records(struct seki_stream_in *in, struct seki_scan *s, struct both *b,
    struct seki_scanned *res, struct seki_err *err)
{
	struct seki_record *rec;
	const char *p;
	size_t n;
	int r;

	p = seki_stream_line(in, &n);
	if (seki_scan_around(s, p, n, err) == -1)
		return -1;
	while ((r = seki_stream_next(in, &rec, err)) == 1) {
		if (seki_scan_record(s, rec, err) == -1)
			return -1;
		if (report_error(b, err) == -1)
			return -1;
		if (++res->records % 1024 == 0 && b->run->progress != NULL)
			b->run->progress(res->records);
	}
	if (r == -1)
		return -1;
	res->proof = *seki_stream_proof(in);
	p = seki_stream_state(in);
	if (seki_scan_around(s, p, strlen(p), err) == -1)
		return -1;
	return report_error(b, err);
}

static int
work(struct both *b, struct seki_stream_in *in, struct seki_out *out,
    const struct seki_buf *line, struct seki_scanned *res, struct seki_err *err)
{
	struct seki_scan_how how = b->run->how;
	struct seki_scan *s;
	int r = -1;

	how.finding = finding;
	how.unknown = unknown;
	how.ctx = b;
	if ((s = seki_scan_new(seki_stream_schema(in), &how, err)) == NULL)
		return -1;
	if (records(in, s, b, res, err) == 0 && result(s, res, err) == 0 &&
	    (b->report == NULL ||
		seki_scan_report_save(b->report, b->run->csv,
		    seki_stream_schema(in), b->run->report, err) == 0) &&
	    seki_scan_verdict(s, err) == 0)
		r = seki_out_write(out, line->p, line->n, err);
	seki_scan_free(s);
	return r;
}

int
seki_scan_stream(const struct seki_scan_run *run, struct seki_in *in,
    struct seki_out *out, struct seki_scanned *res, struct seki_err *err)
{
	struct both b = { .run = run };
	struct seki_buf line = SEKI_BUF_INIT;
	struct seki_stream_in *stream = NULL;
	int r = -1;

	memset(res, 0, sizeof(*res));
	res->result = "";
	if ((in = through(in, out, &line, err)) != NULL)
		stream = seki_stream_open(in, err);
	if (stream != NULL &&
	    (run->report == NULL ||
		(b.report = seki_scan_report_new(run->how.spool, err)) != NULL))
		r = work(&b, stream, out, &line, res, err);
	seki_scan_report_free(b.report);
	seki_stream_free(stream);
	seki_buf_free(&line);
	return r;
}
