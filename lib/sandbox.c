#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker.h"

/*
 * Landlock by its own calls: Debian's headers are older than many kernels, and
 * what the headers do not know could then not be forbidden.
 */
#define LANDLOCK_CREATE 444
#define LANDLOCK_RESTRICT 446

struct landlock {
	uint64_t fs, net, scoped;
};

/* How many rights each kind has, from which ABI on. */
static const struct {
	int abi;
	unsigned fs, net, scoped;
} rights[] = {
	{ 1, 13, 0, 0 }, { 2, 14, 0, 0 }, /* to another folder */
	{ 3, 15, 0, 0 },		  /* truncate */
	{ 4, 15, 2, 0 },		  /* TCP */
	{ 5, 16, 2, 0 },		  /* devices */
	{ 6, 16, 2, 2 },		  /* abstract sockets, signals */
};

/* A later kernel's further rights are left as they are: it tells no mask. */
static int
landlock(void)
{
	struct landlock all = { 0, 0, 0 };
	struct seki_sandbox_offer offer;
	int have, fd, r;
	size_t i;

	seki_sandbox_offers(&offer);
	if ((have = offer.landlock) == 0)
		return 0;
	for (i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
		if (rights[i].abi <= have) {
			all.fs = ((uint64_t)1 << rights[i].fs) - 1;
			all.net = ((uint64_t)1 << rights[i].net) - 1;
			all.scoped = ((uint64_t)1 << rights[i].scoped) - 1;
		}
	/* What an older kernel does not know of the struct is zero. */
	if ((fd = (int)syscall(LANDLOCK_CREATE, &all, sizeof(all), 0)) == -1)
		return 0;
	r = (int)syscall(LANDLOCK_RESTRICT, fd, 0);
	(void)close(fd);
	return r == 0;
}

/* A kernel without the call has no Landlock either, and few descriptors. */
static void
close_span(unsigned from, unsigned to)
{
	struct rlimit most;

	if (syscall(SYS_close_range, from, to, 0) == 0 ||
	    getrlimit(RLIMIT_NOFILE, &most) == -1)
		return;
	for (; from <= to && from < most.rlim_max; from++)
		(void)close((int)from);
}

static void
close_others(const struct seki_sandbox *s)
{
	unsigned from = 0;
	size_t i;
	int next;

	/* The smallest kept one from there on, again and again. */
	for (;;) {
		next = SEKI_SANDBOX_ANSWER >= from ? SEKI_SANDBOX_ANSWER : -1;
		for (i = 0; i < s->nkeep; i++)
			if (s->keep[i] >= (int)from &&
			    (next == -1 || s->keep[i] < next))
				next = s->keep[i];
#ifdef SEKI_SANITIZED
		/* Where a sanitizer says what it found. */
		if (from <= 2)
			next = (int)from;
#endif
		if (next == -1)
			break;
		if ((unsigned)next > from)
			close_span(from, (unsigned)next - 1);
		from = (unsigned)next + 1;
	}
	close_span(from, ~0U);
}

/* soft is told by a signal or by the call that fails; nothing raises it. */
static void
limit(int what, uint64_t n, uint64_t slack)
{
	struct rlimit now, to = { n, n + slack };

	if (getrlimit((__rlimit_resource_t)what, &now) == 0) {
		if (now.rlim_max < to.rlim_max)
			to.rlim_max = now.rlim_max;
		if (to.rlim_max < to.rlim_cur)
			to.rlim_cur = to.rlim_max;
	}
	(void)setrlimit((__rlimit_resource_t)what, &to);
}

static void
limits(const struct seki_sandbox *s)
{
	limit(RLIMIT_CORE, 0, 0);
	limit(RLIMIT_CPU, s->cpu, 5);
	limit(RLIMIT_FSIZE, s->file, 0);
	limit(RLIMIT_NOFILE, 0, 0);
	if (!s->threads)
		limit(RLIMIT_NPROC, 0, 0);
#ifndef SEKI_SANITIZED
	limit(RLIMIT_AS, s->memory, 0);
#endif
}

int
seki_sandbox_enter(
    const struct seki_sandbox *s, const struct seki_sandbox_filter *f)
{
	int fenced, filtered;

	close_others(s);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 && !s->off)
		return -1;
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	fenced = s->off ? 0 : landlock();
	limits(s);
	filtered = s->off ? 0 : seki_sandbox_calls(f);
#ifdef SEKI_SANITIZED
	filtered = 1;
#endif
	return s->off || fenced || filtered ? 0 : -1;
}
