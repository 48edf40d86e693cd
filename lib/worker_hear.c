#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "worker_int.h"

/* Nothing heard for so many times the CPU time that it has: it waits for
 * something that never comes. */
#define PATIENCE 10
/* Milliseconds to end in when there is nothing more to hear. */
#define GRACE 5000
/* A sanitizer's memory has no limit (sandbox.c), and is large at once. */
#ifdef SEKI_SANITIZED
#define LIMITED 0
#else
#define LIMITED 1
#endif

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
	if (why.reason == SEKI_NOMEM && LIMITED &&
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
