#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker_int.h"

/* A part that nobody bounded otherwise; room for a chunk and what is around. */
#define PART (SEKI_CHUNK + 64)
/* A failure has five texts, all bounded. */
#define FAILURE (sizeof(struct seki_err) + 64)

static int off;

void
seki_worker_off(void)
{
	off = 1;
}

/* What is read from a file when first used, before the door is shut. */
static int
warm_up(struct seki_err *err)
{
	static int done;
	unsigned char digest[SEKI_SHA256];

	if (done)
		return 0;
	if (seki_sha256_of("", 0, digest, err) == -1)
		return -1;
	(void)seki_err_sentence(SEKI_WORKER);
	(void)strerror(EIO);
	seki_doc_warm();
	done = 1;
	return 0;
}

static uint64_t
cpu_of(const struct seki_worker_job *job)
{
	if (job->cpu > 0)
		return job->cpu;
	return SEKI_WORKER_CPU + job->inflated / SEKI_WORKER_INFLATED;
}

/* What the parent does about signals is the parent's; a child that ends removes
 * no files of the parent's. */
static void
own_signals(const sigset_t *before)
{
	struct sigaction now;
	int i;

	for (i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &now) == 0 &&
		    (now.sa_handler != SIG_IGN || i == SIGXFSZ))
			(void)signal(i, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, before, NULL);
}

static void
clear(const struct seki_worker_job *job)
{
	size_t i;

	for (i = 0; i < job->nwipe; i++)
		explicit_bzero(job->wipe[i].p, job->wipe[i].n);
}

static _Noreturn void
child(struct seki_worker *w, int answer, pid_t parent, const sigset_t *before)
{
	const struct seki_worker_job *job = w->job;
	struct seki_err err = SEKI_ERR_INIT, why = SEKI_ERR_INIT;
	struct seki_answer a = { .fd = SEKI_SANDBOX_ANSWER, .err = &err },
			   e = { .fd = SEKI_SANDBOX_ANSWER, .err = &why };
	size_t i;
	int r;

	own_signals(before);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	clear(job);
	/* The arenas of other threads open a file of /proc when they shrink. */
	(void)mallopt(M_ARENA_MAX, 1);
	/* An arena that is there already must not shrink: whether it may, the
	 * C library looks up in a file. */
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	for (i = 0; i < job->nin; i++)
		if (w->ro[i] != -1 && dup2(w->ro[i], job->in[i]) == -1)
			_exit(1);
	if (answer != SEKI_SANDBOX_ANSWER &&
	    dup2(answer, SEKI_SANDBOX_ANSWER) == -1)
		_exit(1);
	if (seki_sandbox_enter(&w->box, w->filter) == -1) {
		(void)seki_answer_send(&e, 'N');
		_exit(0);
	}
	r = job->run(job->ctx, &a, &err);
	if (r == 0 && seki_answer_send(&a, 'A') == 0)
		_exit(0);
	if (err.reason == SEKI_OK)
		(void)seki_fail(&err, SEKI_BUG, "worker");
	seki_answer_err(&e, &err);
	_exit(seki_answer_send(&e, 'E') == 0 ? 0 : 1);
}

/* What is written to elsewhere is only read here. */
static int
read_only(struct seki_worker *w, struct seki_err *err)
{
	const struct seki_worker_job *job = w->job;
	size_t i;
	int how;

	for (i = 0; i < job->nin; i++) {
		how = fcntl(job->in[i], F_GETFL);
		if (how == -1)
			return seki_err_errno(err, _("worker"));
		if ((how & O_ACCMODE) != O_RDONLY &&
		    (w->ro[i] = seki_dir_reopen(job->in[i], err)) == -1)
			return -1;
	}
	return 0;
}

/* out[] and the pool come first: they may be written to. */
static int
descriptors(struct seki_worker *w, struct seki_err *err)
{
	const struct seki_worker_job *job = w->job;
	struct seki_sandbox *b = &w->box;
	size_t i;

	if (job->nin > SEKI_WORKER_FDS || job->nout > SEKI_WORKER_FDS ||
	    job->pool > SEKI_WORKER_FDS)
		return seki_fail(err, SEKI_BUG, "worker: descriptors");
	b->keep = w->keep;
	for (i = 0; i < job->nout; i++)
		w->keep[b->nkeep++] = job->out[i];
	for (i = 0; i < job->pool; i++) {
		w->keep[b->nkeep] = seki_dir_spool(job->dir, err);
		if (w->keep[b->nkeep] == -1)
			return -1;
		b->nkeep++;
	}
	b->nout = b->nkeep;
	for (i = 0; i < job->nin; i++)
		w->keep[b->nkeep++] = job->in[i];
	for (i = 0; i < b->nkeep; i++)
		if (w->keep[i] == SEKI_SANDBOX_ANSWER)
			return seki_fail(err, SEKI_BUG, "worker: output");
	return read_only(w, err);
}

/* Most jobs have the same one. */
static void
filter(struct seki_worker *w)
{
	static struct seki_sandbox_filter common[2];
	struct seki_sandbox_filter *f =
	    w->box.nout > 0 ? &w->own : &common[w->box.threads != 0];

	if (f->n == 0 && !off)
		seki_sandbox_filter(&w->box, f);
	w->filter = f;
}

static int
spawn(struct seki_worker *w, struct seki_err *err)
{
	sigset_t all, before;
	pid_t parent = getpid();
	int p[2];

	if (pipe2(p, O_CLOEXEC) == -1)
		return seki_err_errno(err, _("worker"));
	(void)fcntl(p[0], F_SETPIPE_SZ, 16 * (int)SEKI_CHUNK);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	if ((w->pid = fork()) == 0) {
		seki_dir_pool(w->keep + w->job->nout, w->job->pool);
		child(w, p[1], parent, &before);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)close(p[1]);
	w->fd = p[0];
	return w->pid == -1 ? seki_err_errno(err, _("worker")) : 0;
}

/* What only the child needs. */
static void
close_theirs(struct seki_worker *w)
{
	size_t i, pool = w->job->nout;

	for (i = 0; i < w->job->nin; i++)
		if (w->ro[i] != -1)
			(void)close(w->ro[i]);
	for (i = pool; i < w->box.nout; i++)
		(void)close(w->keep[i]);
}

struct seki_worker *
seki_worker_start(const struct seki_worker_job *job, struct seki_err *err)
{
	struct seki_worker *w;
	size_t i;
	int r;

	if (off && job->strict) {
		seki_err_hint(err, "%s",
		    _("leave --no-sandbox out, and worker.sandbox in the "
		      "configuration"));
		(void)seki_fail(err, SEKI_CONFIG, "%s",
		    _("what comes through a relay is never parsed without a "
		      "sandbox"));
		return NULL;
	}
	if (warm_up(err) == -1)
		return NULL;
	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->buf = malloc((job->part > FAILURE ? job->part : PART))) ==
		NULL) {
		free(w);
		(void)seki_err_nomem(err);
		return NULL;
	}
	w->job = job;
	w->fd = -1;
	w->pid = -1;
	w->part = job->part > FAILURE ? job->part : PART;
	for (i = 0; i < SEKI_WORKER_FDS; i++)
		w->ro[i] = -1;
	w->box.cpu = cpu_of(job);
	w->box.memory = job->memory > 0 ? job->memory : SEKI_WORKER_MEMORY;
	w->box.file = job->file;
	w->box.threads = job->threads;
	w->box.off = off;
	if ((r = descriptors(w, err)) == 0) {
		filter(w);
		r = spawn(w, err);
	}
	close_theirs(w);
	if (r == 0)
		return w;
	seki_worker_stop(w);
	return NULL;
}

void
seki_worker_stop(struct seki_worker *w)
{
	if (w == NULL)
		return;
	if (w->pid > 0) {
		(void)kill(w->pid, SIGKILL);
		while (waitpid(w->pid, NULL, 0) == -1 && errno == EINTR)
			;
	}
	if (w->fd != -1)
		(void)close(w->fd);
	free(w->buf);
	free(w);
}

int
seki_worker_run(const struct seki_worker_job *job, struct seki_err *err)
{
	struct seki_worker *w = seki_worker_start(job, err);

	return w == NULL ? -1 : seki_worker_end(w, err);
}
