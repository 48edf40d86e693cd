/* What a worker may not do, what it may not say, and how its end is told. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "apart.h"

static char path[] = "/tmp/seki-test-worker-XXXXXX";
static int in;
static pid_t us;

static int
setup(void **state)
{
	(void)state;
	in = mkstemp(path);
	us = getpid();
	return in == -1 || write(in, "abc", 3) != 3;
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

typedef int job_fn(void *, struct seki_answer *, struct seki_err *);

static struct seki_worker_job
job_of(job_fn *run, void *ctx)
{
	return (struct seki_worker_job){
		.run = run, .ctx = ctx, .in = { in }, .nin = 1
	};
}

static enum seki_reason
fate(job_fn *run, void *ctx)
{
	struct seki_worker_job job = job_of(run, ctx);
	struct seki_err err = SEKI_ERR_INIT;

	job.cpu = 2;
	if (seki_worker_run(&job, &err) == 0)
		return SEKI_OK;
	assert_true(err.text[0] != '\0');
	return err.reason;
}

static volatile int sink;

#ifndef SEKI_SANITIZED
/* What ends it: each is tried, and none may come back. */

static int
opens(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)a;
	(void)err;
	sink = open(ctx, O_RDONLY | O_CLOEXEC);
	return 0;
}

static int
makes(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)a;
	(void)err;
	sink = open(ctx, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return 0;
}

static int
stats(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	struct stat st;

	(void)a;
	(void)err;
	sink = stat(ctx, &st);
	return 0;
}

static int
sockets(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)a;
	(void)err;
	sink = socket(AF_INET, SOCK_STREAM, 0);
	return 0;
}

static int
executes(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	char *argv[] = { ctx, NULL };

	(void)a;
	(void)err;
	sink = execv(ctx, argv);
	return 0;
}

static int
forks(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)a;
	(void)err;
	if (fork() == 0)
		_exit(0);
	return 0;
}

static int
kills(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)a;
	(void)err;
	sink = kill(us, SIGUSR1);
	return 0;
}

static int
traces(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)a;
	(void)err;
	sink = (int)ptrace(PTRACE_ATTACH, us, NULL, NULL);
	return 0;
}

static int
unlinks(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)a;
	(void)err;
	sink = unlink(ctx);
	return 0;
}

static int
runs_code(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)a;
	(void)err;
	sink = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
	return 0;
}

static int
maps_input(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)a;
	(void)err;
	sink = mmap(NULL, 3, PROT_READ, MAP_SHARED, in, 0) == MAP_FAILED;
	return 0;
}

static int
reads_null(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	volatile char *volatile p = ctx;

	(void)a;
	(void)err;
	sink = *p;
	return 0;
}

static void
test_forbidden(void **state)
{
	static char made[] = "/tmp/seki-test-worker-made";
	static char program[] = "/bin/true";

	(void)state;
	assert_int_equal(fate(opens, path), SEKI_WORKER);
	assert_int_equal(fate(makes, made), SEKI_WORKER);
	assert_int_equal(access(made, F_OK), -1);
	assert_int_equal(fate(stats, path), SEKI_WORKER);
	assert_int_equal(fate(sockets, NULL), SEKI_WORKER);
	assert_int_equal(fate(executes, program), SEKI_WORKER);
	assert_int_equal(fate(forks, NULL), SEKI_WORKER);
	assert_int_equal(fate(kills, NULL), SEKI_WORKER);
	assert_int_equal(fate(traces, NULL), SEKI_WORKER);
	assert_int_equal(fate(unlinks, path), SEKI_WORKER);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(fate(runs_code, NULL), SEKI_WORKER);
	assert_int_equal(fate(maps_input, NULL), SEKI_WORKER);
	assert_int_equal(fate(reads_null, NULL), SEKI_WORKER);
}
#endif

/* Landlock by itself, as where there is no seccomp: the calls come back. */
static int
fenced(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	(void)ctx;
	(void)err;
	seki_answer_uint(a, fd != -1);
	seki_answer_uint(a, open(path, O_WRONLY | O_CLOEXEC) != -1);
	seki_answer_uint(a, unlink(path) != -1);
	seki_answer_uint(a, kill(us, 0) != -1 ? 2 : 0);
	return seki_answer_send(a, 'A');
}

static void
test_landlock_alone(void **state)
{
	static const struct seki_sandbox_filter none = { .n = 0 };
	struct seki_sandbox_offer offer;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_sandbox box = { .cpu = 5, .memory = SEKI_WORKER_MEMORY };
	unsigned char part[64];
	struct seki_heard h;
	int p[2], status;
	pid_t pid;
	ssize_t n;

	(void)state;
	seki_sandbox_offers(&offer);
	if (offer.landlock == 0)
		skip();
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		struct seki_answer a = { .fd = 1, .err = &err };

		(void)dup2(p[1], 1);
		if (seki_sandbox_enter(&box, &none) == -1)
			_exit(2);
		_exit(fenced(NULL, &a, &err) == -1);
	}
	(void)close(p[1]);
	n = read(p[0], part, 5);
	n += read(p[0], part + 5, sizeof(part) - 5);
	(void)close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(n, 5 + 4 * 9);
	h = (struct seki_heard){ part + 5, part + n, 0 };
	assert_int_equal(seki_heard_uint(&h, 1), 0);
	assert_int_equal(seki_heard_uint(&h, 1), 0);
	assert_int_equal(seki_heard_uint(&h, 1), 0);
	assert_int_equal(seki_heard_uint(&h, 2), offer.landlock >= 6 ? 0 : 2);
	assert_int_equal(access(path, F_OK), 0);
}

/* Descriptors: those handed in, nothing else. */

static int
lists(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	unsigned char c;
	int fd;

	(void)ctx;
	(void)err;
	/* read and pread are all there is to ask with. */
	for (fd = 0; fd < 512; fd++)
		if (pread(fd, &c, 1, 0) != -1 || errno != EBADF)
			seki_answer_uint(a, (uint64_t)fd);
	return 0;
}

static int
hear_list(void *ctx, struct seki_heard *h, struct seki_err *err)
{
	int *seen = ctx;

	(void)err;
	while (h->p < h->end && !h->bad)
		seen[seki_heard_uint(h, 511)]++;
	return h->bad ? -1 : 0;
}

static void
test_descriptors(void **state)
{
	int seen[512] = { 0 }, fd, other = open("/dev/zero", O_RDONLY);
	struct seki_worker_job job = job_of(lists, seen);
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	assert_true(other > 2);
	job.take = hear_list;
	assert_int_equal(seki_worker_run(&job, &err), 0);
	for (fd = 3; fd < 512; fd++)
		assert_int_equal(seen[fd], fd == in);
#ifndef SEKI_SANITIZED
	assert_int_equal(seen[0] + seen[2], 0);
	/* The answer's own, which is no file. */
	assert_int_equal(seen[1], 1);
#endif
	(void)close(other);
}

/* The file is open for writing here, and must not be there. */
static int
writes(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	ssize_t n = write(in, "x", 1);

	(void)ctx;
	(void)err;
	seki_answer_uint(a, n == -1);
	return 0;
}

static void
test_input_is_read_only(void **state)
{
	char was[4] = "";

	(void)state;
	assert_int_not_equal(fate(writes, NULL), SEKI_OK);
	assert_int_equal(pread(in, was, 3, 0), 3);
	assert_string_equal(was, "abc");
	assert_int_equal(lseek(in, 0, SEEK_END), 3);
}

/* Files that are handed in for writing, and their bound. */

static int
fills(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	const size_t *n = ctx;
	int fd = seki_dir_spool(NULL, err);
	char page[4096] = { 'y' };
	size_t done;

	(void)a;
	if (fd == -1 || seki_dir_spool(NULL, &(struct seki_err){ 0 }) != -1)
		return seki_fail(err, SEKI_BUG, "pool");
	for (done = 0; done < *n; done += sizeof(page))
		if (write(fd, page, sizeof(page)) == -1 ||
		    pwrite(n == NULL ? 0 : (int)n[1], page, sizeof(page),
			(off_t)done) == -1)
			return seki_err_errno(err, "write");
	return 0;
}

static void
test_files_to_write(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	int out = seki_dir_spool(NULL, &err);
	size_t n[2] = { 65536, (size_t)out };
	struct seki_worker_job job = job_of(fills, n);

	(void)state;
	job.out[0] = out;
	job.nout = 1;
	job.pool = 1;
	job.file = 65536;
	assert_int_equal(seki_worker_run(&job, &err), 0);
	assert_int_equal(lseek(out, 0, SEEK_END), 65536);
	n[0] = 65536 + 4096;
	assert_int_equal(seki_worker_run(&job, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	assert_int_equal(lseek(out, 0, SEEK_END), 65536);
	(void)close(out);
}

/* Limits. */

static int
spins(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)a;
	(void)err;
	while (sink != -1)
		sink &= 1;
	return 0;
}

#ifndef SEKI_SANITIZED
static int
eats(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char page[4096] = { 1 };

	(void)ctx;
	(void)a;
	while (seki_buf_add(&b, page, sizeof(page), err) == 0)
		;
	seki_buf_free(&b);
	return -1;
}

/* Small pieces come from elsewhere than large ones. */
static int
nibbles(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	void **p, **last = NULL;

	(void)ctx;
	(void)a;
	while ((p = malloc(100)) != NULL) {
		*p = last;
		last = p;
	}
	for (; last != NULL; last = p) {
		p = *last;
		free(last);
	}
	return seki_err_nomem(err);
}

static int
overflows(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	volatile char big[65536];

	big[0] = (char)sink;
	if (sink == -1)
		return 0;
	return overflows(ctx, a, err) + big[0];
}
#endif

static void
test_limits(void **state)
{
	struct seki_worker_job job = job_of(spins, NULL);
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	job.cpu = 1;
	assert_int_equal(seki_worker_run(&job, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
#ifndef SEKI_SANITIZED
	job = job_of(eats, NULL);
	job.memory = 256 * SEKI_MIB;
	seki_err_clear(&err);
	assert_int_equal(seki_worker_run(&job, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	job.run = nibbles;
	seki_err_clear(&err);
	assert_int_equal(seki_worker_run(&job, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	assert_int_equal(fate(overflows, NULL), SEKI_WORKER);
#endif
}

/* Threads: refused softly, or had when asked for; never a process. */

static void *
thread(void *ctx)
{
	*(int *)ctx = 1;
	return NULL;
}

static int
threads(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	pthread_t id;
	int ran = 0;

	(void)ctx;
	(void)err;
	if (pthread_create(&id, NULL, thread, &ran) == 0)
		(void)pthread_join(id, NULL);
	seki_answer_uint(a, (uint64_t)ran);
	return 0;
}

static int
hear_one(void *ctx, struct seki_heard *h, struct seki_err *err)
{
	*(uint64_t *)ctx = seki_heard_uint(h, 1);
	return seki_heard_end(h) ? 0 : seki_worker_garbage(err);
}

static void
test_threads(void **state)
{
	uint64_t ran = 2;
	struct seki_worker_job job = job_of(threads, &ran);
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	job.take = hear_one;
#ifndef SEKI_SANITIZED
	assert_int_equal(seki_worker_run(&job, &err), 0);
	assert_int_equal(ran, 0);
#endif
	job.threads = 1;
	assert_int_equal(seki_worker_run(&job, &err), 0);
	assert_int_equal(ran, 1);
#ifndef SEKI_SANITIZED
	job.run = forks;
	job.take = NULL;
	assert_int_equal(seki_worker_run(&job, &err), -1);
	assert_int_equal(err.reason, SEKI_WORKER);
#endif
}

/* What the C library does behind one's back. */

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void *
hoards(void *ctx)
{
	void *p[4096];
	size_t i, k;

	for (k = 0; k < 4; k++) {
		for (i = 0; i < 4096; i++)
			p[i] = calloc(1, 1000 + i % 300);
		for (i = 4096; i > 0; i--)
			free(p[i - 1]);
	}
	return ctx;
}

static int
lives(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	static int v[100000];
	pthread_t id[4];
	size_t i;

	(void)ctx;
	(void)a;
	for (i = 0; i < 100000; i++)
		v[i] = (int)(i * 7919 % 100003);
	qsort(v, 100000, sizeof(v[0]), by_number);
	for (i = 0; i < 4; i++)
		if (pthread_create(&id[i], NULL, hoards, NULL) != 0)
			return seki_fail(err, SEKI_BUG, "thread");
	(void)hoards(NULL);
	for (i = 0; i < 4; i++)
		(void)pthread_join(id[i], NULL);
	return strerror(ENOENT) == NULL;
}

static void
test_library(void **state)
{
	struct seki_worker_job job = job_of(lives, NULL);
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	job.threads = 1;
	if (seki_worker_run(&job, &err) == -1)
		fail_msg("%s", err.text);
}

/* Answers that are none. */

static int
raw(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	const struct seki_buf *b = ctx;

	(void)err;
	(void)!write(a->fd, b->p, b->n);
	_exit(0);
}

static void
refused(const void *p, size_t n)
{
	struct seki_buf b = { .p = (char *)(uintptr_t)p, .n = n };

	assert_int_equal(fate(raw, &b), SEKI_WORKER);
}

static void
test_garbage(void **state)
{
	static const char reason[] = "E\x40\0\0\0"
				     "u\0\0\0\0\0\0\0\0";
	struct seki_err fine = SEKI_ERR_INIT, err = SEKI_ERR_INIT;
	struct seki_answer a = { .err = &err };
	unsigned char head[5] = { 'E' };
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;

	(void)state;
	refused("", 0);
	refused("A", 1);
	refused("A\0\0\0", 4);
	refused("A\1\0\0\0", 5);  /* cut */
	refused("A\1\0\0\0u", 6); /* nobody asked for an item */
	refused("A\xff\xff\xff\xff", 5);
	refused("A\0\0\0\x80", 5);
	refused("Q\0\0\0\0", 5);
	refused("P\0\0\0\0", 5); /* parts where none are heard */
	refused("E\0\0\0\0", 5);
	refused(reason, sizeof(reason) - 1);
	/* A failure that says all is well, or that no parser may have. */
	for (i = 0; i <= SEKI_UNSAFE + 1; i++) {
		fine.reason = (enum seki_reason)i;
		a.items.n = 0;
		seki_answer_err(&a, &fine);
		head[1] = (unsigned char)a.items.n;
		head[2] = (unsigned char)(a.items.n >> 8);
		b.n = 0;
		assert_int_equal(seki_buf_add(&b, head, 5, &err), 0);
		assert_int_equal(
		    seki_buf_add(&b, a.items.p, a.items.n, &err), 0);
		if (i == SEKI_OK || i == SEKI_ALREADY || i == SEKI_LOCKED ||
		    i == SEKI_THRESHOLD || i == SEKI_CONFIG ||
		    i == SEKI_UNSAFE + 1)
			refused(b.p, b.n);
	}
	seki_buf_free(&b);
	seki_buf_free(&a.items);
}

/* Says all it has to, then stays: nobody waits for it. */
static int
stays(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)err;
	(void)seki_answer_send(a, 'A');
	while (sink != -1)
		sink &= 1;
	return 0;
}

static int
aborts(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)a;
	(void)err;
	abort();
}

static void
test_ends(void **state)
{
	(void)state;
	assert_int_equal(fate(stays, NULL), SEKI_OK);
	assert_int_equal(fate(aborts, NULL), SEKI_WORKER);
	/* None is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* A parser's own failure comes as it is. */
static int
fails(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	(void)ctx;
	(void)a;
	seki_err_object(err, "a\xff.zip");
	seki_err_line(err, 7);
	seki_err_record(err, "12", 2);
	seki_err_field(err, "\xe4\xbb\xb6\xe5\x90\x8d");
	seki_err_hint(err, "bad \xff byte");
	return seki_fail(err, SEKI_RECORD, "%s", strerror(ENOSPC));
}

static void
test_failure(void **state)
{
	struct seki_worker_job job = job_of(fails, NULL);
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	assert_int_equal(seki_worker_run(&job, &err), -1);
	assert_int_equal(err.reason, SEKI_RECORD);
	assert_string_equal(err.object, "a\xff.zip");
	assert_int_equal(err.line, 7);
	assert_string_equal(err.record, "12");
	assert_string_equal(err.field, "\xe4\xbb\xb6\xe5\x90\x8d");
	assert_string_equal(err.text, strerror(ENOSPC));
	assert_string_equal(err.hint, "bad ? byte");
}

/* Secrets that the child's memory must not have. */

static int
looks(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	const char *p = ctx;

	(void)err;
	seki_answer_uint(a, p[0] != '\0' || p[31] != '\0');
	return 0;
}

static int
hear_seen(void *ctx, struct seki_heard *h, struct seki_err *err)
{
	(void)ctx;
	return seki_heard_uint(h, 1) == 0 && seki_heard_end(h)
		   ? 0
		   : seki_fail(err, SEKI_UNSAFE, "seen");
}

static void
test_secrets(void **state)
{
	char key[32] = "0123456789abcdef0123456789abcde";
	const struct seki_worker_wipe wipe = { key, sizeof(key) };
	struct seki_worker_job job = job_of(looks, key);
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	job.take = hear_seen;
	key[31] = 'f';
	assert_int_equal(seki_worker_run(&job, &err), -1);
	assert_int_equal(err.reason, SEKI_UNSAFE);
	job.wipe = &wipe;
	job.nwipe = 1;
	seki_err_clear(&err);
	assert_int_equal(seki_worker_run(&job, &err), 0);
	assert_int_equal(key[0], '0');
	assert_int_equal(key[31], 'f');
}

/* Items, one by one. */

static struct seki_heard
heard(const struct seki_answer *a)
{
	return (struct seki_heard){ (const unsigned char *)a->items.p,
		(const unsigned char *)a->items.p + a->items.n, 0 };
}

static void
test_items(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_answer a = { .err = &err };
	json_t *o = json_loads(
		   "{\"a\":[1,-2,true,null,\"x\",1.5],\"b\":{}}", 0, NULL),
	       *p;
	struct seki_heard h;
	char dst[4];
	size_t n;

	(void)state;
	seki_answer_uint(&a, UINT64_MAX);
	seki_answer_text(&a, "abc");
	seki_answer_json(&a, o);
	seki_answer_json(&a, NULL);
	h = heard(&a);
	assert_true(seki_heard_uint(&h, UINT64_MAX) == UINT64_MAX);
	seki_heard_copy(&h, dst, sizeof(dst));
	assert_string_equal(dst, "abc");
	p = seki_heard_json(&h);
	assert_true(json_equal(o, p));
	assert_null(seki_heard_json(&h));
	assert_true(seki_heard_end(&h));
	json_decref(o);
	json_decref(p);
	/* Too large, too long, another kind, invalid, with a NUL inside. */
	h = heard(&a);
	(void)seki_heard_uint(&h, UINT64_MAX - 1);
	assert_true(h.bad);
	h = heard(&a);
	(void)seki_heard_uint(&h, UINT64_MAX);
	seki_heard_copy(&h, dst, 3);
	assert_true(h.bad && dst[0] == '\0');
	h = heard(&a);
	assert_string_equal(seki_heard_text(&h, &n, 100), "");
	assert_true(h.bad);
	a.items.n = 0;
	seki_answer_textn(&a, "a\0b", 3);
	h = heard(&a);
	assert_string_equal(seki_heard_text(&h, NULL, 100), "");
	assert_true(h.bad);
	a.items.n = 0;
	seki_answer_text(&a, "\xff");
	h = heard(&a);
	(void)seki_heard_text(&h, NULL, 100);
	assert_true(h.bad);
	/* More than there can be. */
	a.items.n = 0;
	seki_answer_uint(&a, 1000);
	h = heard(&a);
	assert_int_equal(seki_heard_count(&h, 1 << 20), 0);
	assert_true(h.bad);
	seki_buf_free(&a.items);
}

/* The last test: it cannot be undone.  A process of its own, with its limits
 * and descriptors, is what remains. */
static int
free_to_stat(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	struct stat st;

	(void)ctx;
	(void)err;
	seki_answer_uint(a, stat(path, &st) == 0);
	return 0;
}

static void
test_off(void **state)
{
	uint64_t could = 0;
	struct seki_worker_job job = job_of(free_to_stat, &could);
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	seki_worker_off();
	job.take = hear_one;
	job.strict = 1;
	assert_int_equal(seki_worker_run(&job, &err), -1);
	assert_int_equal(err.reason, SEKI_CONFIG);
	assert_true(err.hint[0] != '\0');
	seki_err_clear(&err);
	job.strict = 0;
	assert_int_equal(seki_worker_run(&job, &err), 0);
	assert_int_equal(could, 1);
	job = job_of(spins, NULL);
	job.cpu = 1;
	assert_int_equal(seki_worker_run(&job, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef SEKI_SANITIZED
		cmocka_unit_test(test_forbidden),
#endif
		cmocka_unit_test(test_landlock_alone),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_input_is_read_only),
		cmocka_unit_test(test_files_to_write),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_off),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
