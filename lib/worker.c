#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "worker.h"

/* A part that nobody bounded otherwise; room for a chunk and what is around. */
#define PART (SEKI_CHUNK + 64)
/* A failure has five texts, all bounded. */
#define FAILURE (sizeof(struct seki_err) + 64)
/* Nothing heard for so many times the CPU time that it has: it waits for
 * something that never comes. */
#define PATIENCE 10
/* Milliseconds to end in when there is nothing more to hear. */
#define GRACE 5000

struct seki_worker {
	const struct seki_worker_job *job;
	struct seki_sandbox box;
	const struct seki_sandbox_filter *filter;
	struct seki_sandbox_filter own; /* of a job that writes files */
	pid_t pid;
	int fd;
	size_t part;
	unsigned char *buf;
	size_t n;    /* bytes of the part in buf */
	char letter; /* the part in buf: A, E, N; 0: it is not the last */
	int lost;    /* no part, but the end: only the end can say why */
	int ro[SEKI_WORKER_FDS]; /* in[] for the child, or -1 */
	int keep[3 * SEKI_WORKER_FDS];
};

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

int
seki_worker_garbage(struct seki_err *err)
{
	return seki_fail(err, SEKI_WORKER, "%s",
	    _("the parser said something that is no answer"));
}

/* n bytes: 1; 0 at the end, whether some came before it or not. */
static int
get(struct seki_worker *w, void *to, size_t n)
{
	struct pollfd wait = { .fd = w->fd, .events = POLLIN };
	uint64_t ms = w->box.cpu * PATIENCE * 1000;
	char *p = to;
	ssize_t r;
	int got;

	for (; n > 0; p += r, n -= (size_t)r) {
		got = poll(&wait, 1, ms > INT32_MAX ? INT32_MAX : (int)ms);
		if (got == 0)
			return 0;
		r = read(w->fd, p, n);
		if (r == -1 && errno == EINTR)
			r = 0;
		else if (r <= 0)
			return 0;
	}
	return 1;
}

int
seki_worker_next(
    struct seki_worker *w, struct seki_heard *h, struct seki_err *err)
{
	unsigned char head[SEKI_PART_HEAD];

	*h = (struct seki_heard){ .p = w->buf, .end = w->buf };
	if (w->letter != 0 || w->lost)
		return 0;
	if (!get(w, head, sizeof(head))) {
		w->lost = 1;
		return 0;
	}
	w->n = (size_t)head[1] | (size_t)head[2] << 8 | (size_t)head[3] << 16 |
	       (size_t)head[4] << 24;
	if (w->n > w->part || memchr("PAEN", head[0], 4) == NULL)
		return seki_worker_garbage(err);
	if (!get(w, w->buf, w->n)) {
		w->lost = 1;
		return 0;
	}
	h->end = w->buf + w->n;
	if (head[0] == 'P')
		return 1;
	w->letter = (char)head[0];
	return 0;
}

/* How it ended, when it did not say. */
static int
fate(const struct seki_worker *w, int status, struct seki_err *err)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (sig == SIGXCPU)
		return seki_fail(err, SEKI_LIMIT,
		    _("parsing it takes more than %llu s of computing time"),
		    (unsigned long long)w->box.cpu);
	if (sig == SIGXFSZ)
		return seki_fail(err, SEKI_LIMIT,
		    _("what it yields is more than %llu bytes"),
		    (unsigned long long)w->box.file);
	if (sig != 0)
		return seki_fail(err, SEKI_WORKER,
		    _("the parser was ended by signal %d (%s)"), sig,
		    strsignal(sig));
	return seki_fail(
	    err, SEKI_WORKER, "%s", _("the parser ended without an answer"));
}

/* The failure it told.  Memory that the limit denied is no lack of memory. */
static int
told(const struct seki_worker *w, const struct rusage *used,
    struct seki_err *err)
{
	struct seki_heard h = { .p = w->buf, .end = w->buf + w->n };
	struct seki_err why;

	seki_heard_err(&h, &why);
	if (!seki_heard_end(&h))
		return seki_worker_garbage(err);
	if (why.reason == SEKI_NOMEM &&
	    (uint64_t)used->ru_maxrss * 1024 >= w->box.memory / 4) {
		seki_err_clear(&why);
		(void)seki_fail(&why, SEKI_LIMIT,
		    _("parsing it takes more than %llu MiB of memory"),
		    (unsigned long long)(w->box.memory / SEKI_MIB));
	}
	if (err->reason == SEKI_OK)
		*err = why;
	return -1;
}

static int
no_sandbox(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("\"seki doctor\" shows what the kernel offers; on a kernel "
	      "without either, --no-sandbox takes the risk that a crafted "
	      "file gets this program's rights"));
	return seki_fail(err, SEKI_CONFIG, "%s",
	    _("neither Landlock nor seccomp is to be had: nothing is parsed "
	      "without a sandbox"));
}

/* Whoever has said its last is not waited for; who is silent has a moment to
 * end in its own way, which is then told. */
static void
reap(struct seki_worker *w, int silent, int *status, struct rusage *used)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	pid_t got = 0;
	int i;

	for (i = 0; silent && got == 0 && i < GRACE; i++)
		if ((got = wait4(w->pid, status, WNOHANG, used)) == 0)
			(void)nanosleep(&moment, NULL);
	if (got == 0) {
		(void)kill(w->pid, SIGKILL);
		do
			got = wait4(w->pid, status, 0, used);
		while (got == -1 && errno == EINTR);
	}
	w->pid = -1;
}

int
seki_worker_end(struct seki_worker *w, struct seki_err *err)
{
	struct seki_heard h;
	struct rusage used = { .ru_maxrss = 0 };
	int status = 0, r = seki_worker_next(w, &h, err);

	if (r == 1)
		r = seki_worker_garbage(err);
	reap(w, r == 0 && w->letter == 0, &status, &used);
	h = (struct seki_heard){ .p = w->buf, .end = w->buf + w->n };
	if (r == 0 && w->letter == 0)
		r = fate(w, status, err);
	else if (r == 0 && w->letter == 'N')
		r = no_sandbox(err);
	else if (r == 0 && w->letter == 'E')
		r = told(w, &used, err);
	else if (r == 0 && w->job->take != NULL)
		r = w->job->take(w->job->ctx, &h, err);
	else if (r == 0 && h.p != h.end)
		r = seki_worker_garbage(err);
	seki_worker_stop(w);
	return r;
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
