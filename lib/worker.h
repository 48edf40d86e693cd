/*
 * Parsing without rights (threats C10): a function in a process of its own that
 * can read what it was handed, say something bounded, and nothing else.
 */
#ifndef SEKI_WORKER_H
#define SEKI_WORKER_H

#include <linux/filter.h>

#include "answer.h"

/*
 * What the kernel offers: Landlock's ABI, 0 for none; seccomp filters that end
 * the process.
 */
struct seki_sandbox_offer {
	int landlock, seccomp;
};
void seki_sandbox_offers(struct seki_sandbox_offer *);

/* Where a worker's answer goes; no other descriptor may be that one. */
#define SEKI_SANDBOX_ANSWER 1
/* What a process may still do.  Descriptors that stay open, in any order beside
 * the answer's; the first nout of them are written to. */
struct seki_sandbox {
	const int *keep;
	size_t nkeep, nout;
	uint64_t cpu;	 /* seconds */
	uint64_t memory; /* bytes of address space */
	uint64_t file;	 /* bytes that a file may grow to */
	int threads;
	int off; /* limits and descriptors only */
};
/* seccomp's rules, made before the fork: making them takes longer than it. */
struct seki_sandbox_filter {
	unsigned short n; /* 0: there is none */
	struct sock_filter code[512];
};
void seki_sandbox_filter(
    const struct seki_sandbox *, struct seki_sandbox_filter *);
/* 1 when it is in force. */
int seki_sandbox_calls(const struct seki_sandbox_filter *);
/* From here on nothing else, for good.  -1 when neither Landlock nor seccomp is
 * to be had: then nothing must be parsed here. */
int seki_sandbox_enter(
    const struct seki_sandbox *, const struct seki_sandbox_filter *);

/*
 * The child begins with a copy of all memory there is.  It has no way to hand
 * it to anybody but through its answer, yet a secret has no business there: who
 * reads a private key does so after its workers have ended, or in a process of
 * its own.  Verifying needs none.  What cannot wait (a key to decrypt with) and
 * stands in one place is named here, and the child's copy is cleared before
 * anything is parsed; copies inside libraries cannot be named.
 */
struct seki_worker_wipe {
	void *p;
	size_t n;
};
#define SEKI_WORKER_FDS 8

/*
 * A job.  All of it is borrowed until the worker ends.
 *
 * run works in the child: on the child's copy of ctx and of all memory there is
 * when the worker starts, so nothing it changes is seen here.  What it says
 * goes through the answer: parts by seki_answer_send(a, 'P'), and what it put
 * last is sent when it returns 0.  When it returns -1, err takes the place of
 * that.  It must open nothing: descriptors come in in[] (read only, whatever
 * they are here) and out[] (regular files, read and write); seki_dir_spool
 * gives it the files of the pool, and seki_out_flush, not commit, ends what it
 * writes to them.  Catalogue, digests and JSON are ready for
 * use; what else reads a file when first used must be used once before.
 *
 * take hears the last part, here.  It must believe nothing: numbers are in
 * bounds only when it gave them, and it returns 0, or -1 with err set, which
 * is SEKI_WORKER unless it says otherwise.  NULL: nothing but that it ended.
 */
struct seki_worker_job {
	int (*run)(void *ctx, struct seki_answer *, struct seki_err *);
	int (*take)(void *ctx, struct seki_heard *, struct seki_err *);
	void *ctx;
	int in[SEKI_WORKER_FDS], out[SEKI_WORKER_FDS];
	size_t nin, nout;
	/* Files without a name in dir (as seki_dir_spool's) that run may ask
	 * for, and how large they and those of out[] may get. */
	const char *dir;
	size_t pool;
	uint64_t file;
	/* What it inflates at most: CPU time (DESIGN 12).  Or seconds, and
	 * bytes of memory; 0: what C10 says. */
	uint64_t inflated;
	unsigned cpu;
	uint64_t memory;
	size_t part; /* bytes of its longest part; 0: 64 KiB */
	int threads; /* it may start threads; no processes, ever */
	int strict;  /* --no-sandbox is no excuse (the relay path) */
	const struct seki_worker_wipe *wipe;
	size_t nwipe;
};

struct seki_worker;
/* The call must come while this process has no other thread. */
struct seki_worker *seki_worker_start(
    const struct seki_worker_job *, struct seki_err *);
/* The next part but the last: 1; 0 when there is none; -1.  Borrowed until the
 * next call. */
int seki_worker_next(
    struct seki_worker *, struct seki_heard *, struct seki_err *);
/*
 * Wait for the end; frees.  Parts that nobody heard are a failure.  SEKI_LIMIT
 * when a limit ended it, SEKI_WORKER when anything else did or when what came
 * is no answer, SEKI_CONFIG without a sandbox, else run's own failure.
 */
int seki_worker_end(struct seki_worker *, struct seki_err *);
/* It is not needed any more: ended, freed.  NULL is fine. */
void seki_worker_stop(struct seki_worker *);
/* Start and end. */
int seki_worker_run(const struct seki_worker_job *, struct seki_err *);
/* For programs: from now on workers have no sandbox but their own process,
 * limits and descriptors, because somebody took that risk. */
void seki_worker_off(void);
/* "what it said is no answer": SEKI_WORKER. */
int seki_worker_garbage(struct seki_err *);

#endif
