#include "apart.h"

/* By itself, so that only who reads workbooks links what reads them. */

static int
run(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	const struct seki_apart_view *v = ctx;

	(void)a;
	return seki_work_view(v->fd, v->records, v->view, v->m, v->name, err);
}

int
seki_apart_view_start(struct seki_apart_view *v, int fd,
    const struct seki_place *records, const struct seki_place *view,
    const struct seki_manifest *m, const char *name, struct seki_err *err)
{
	*v = (struct seki_apart_view){
		.fd = fd, .records = records, .view = view, .m = m, .name = name
	};
	/* A workbook inflates to no more than its parts may be; what decides
	 * how long it takes is the stream that it is compared with. */
	v->job = (struct seki_worker_job){ .run = run,
		.ctx = v,
		.in = { fd },
		.nin = 1,
		.inflated = records->size + SEKI_INFLATED_MAX };
	v->worker = seki_worker_start(&v->job, err);
	return v->worker == NULL ? -1 : 0;
}

int
seki_apart_view_end(struct seki_apart_view *v, struct seki_err *err)
{
	struct seki_worker *w = v->worker;

	v->worker = NULL;
	return w == NULL ? 0 : seki_worker_end(w, err);
}

void
seki_apart_view_stop(struct seki_apart_view *v)
{
	seki_worker_stop(v->worker);
	v->worker = NULL;
}
