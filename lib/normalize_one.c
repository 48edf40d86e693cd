#include "norm_run.h"

/* One record of a stream, explained. */

static int
explained(struct seki_run *r, const struct seki_record *rec,
    struct seki_explain *e, struct seki_err *err)
{
	struct seki_err stop = SEKI_ERR_INIT;
	int code;

	if (rec->kind != SEKI_RECORD_ROW)
		return seki_buf_str(&e->text,
		    rec->kind == SEKI_RECORD_HELD
			? _("held before it came here\n")
			: _("deleted at its source\n"),
		    err);
	code = seki_run_record(r, rec, &stop);
	/* A rule that stops the run has said so. */
	if (code == -1 && stop.reason != SEKI_HELD) {
		*err = stop;
		return -1;
	}
	if (e->failed) {
		*err = e->err;
		return -1;
	}
	return 0;
}

int
seki_normalize_explain(struct seki_plan *plan, struct seki_stream_in *in,
    const char *key, struct seki_buf *text, struct seki_err *err)
{
	struct seki_explain e = { .plan = plan, .err = SEKI_ERR_INIT };
	const struct seki_plan_more had = plan->more;
	struct seki_plan_more more = { .standins = had.standins,
		.explain = &e };
	struct seki_normal res = { .records = 0 };
	struct seki_run r = { .plan = plan, .in = in, .res = &res };
	struct seki_record *rec;
	size_t n = strlen(key);
	int code, found = 0;

	seki_plan_with(plan, &more);
	while (!found && (code = seki_stream_next(in, &rec, err)) == 1)
		found = rec->key.n == n && memcmp(rec->key.p, key, n) == 0;
	if (found)
		code = explained(&r, rec, &e, err) == -1 ? -1 : 1;
	if (code == 1)
		code =
		    seki_buf_add(text, e.text.p, e.text.n, err) == -1 ? -1 : 1;
	seki_plan_with(plan, &had);
	seki_buf_free(&e.text);
	seki_run_release(&r);
	return code;
}
