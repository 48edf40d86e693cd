#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/seccomp.h>
#include <seccomp.h>

#include "worker.h"

/* What a parser needs: read, take memory, wait for its own threads, end.  The C
 * library asks for the size of memory in qsort, and for the cores when there is
 * no more memory. */
static const int plain[] = { SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(lseek),
	SCMP_SYS(close), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(clock_gettime),
	SCMP_SYS(sched_yield), SCMP_SYS(getrandom), SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(exit), SCMP_SYS(exit_group) };
/* The start of a thread, beside clone. */
static const int of_threads[] = { SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(gettid) };

static int
allow(scmp_filter_ctx f, const int *call, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, call[i], 0) != 0)
			return -1;
	return 0;
}

/* Memory of our own, and none that can be run. */
static int
memory(scmp_filter_ctx f)
{
	if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)) != 0)
		return -1;
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int
writing(scmp_filter_ctx f, const struct seki_sandbox *s)
{
	static const int call[] = { SCMP_SYS(write), SCMP_SYS(pwrite64),
		SCMP_SYS(ftruncate) };
	size_t i, k;

	if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
		SCMP_A0(SCMP_CMP_EQ, SEKI_SANDBOX_ANSWER, 0)) != 0)
		return -1;
	for (i = 0; i < s->nout; i++)
		for (k = 0; k < sizeof(call) / sizeof(call[0]); k++)
			if (seccomp_rule_add(f, SCMP_ACT_ALLOW, call[k], 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)s->keep[i],
				    0)) != 0)
				return -1;
	return 0;
}

/*
 * A thread is one only with CLONE_THREAD, which the kernel takes in no other
 * process.  clone3 hides its flags from a filter; without it the C library
 * takes clone.  A job without threads is told that there is no more room for
 * one, and does its work by itself.
 */
static int
threads(scmp_filter_ctx f, const struct seki_sandbox *s)
{
	if (seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) !=
		0 ||
	    seccomp_rule_add(f,
		s->threads ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EAGAIN),
		SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) != 0)
		return -1;
	if (!s->threads)
		return 0;
	return allow(f, of_threads, sizeof(of_threads) / sizeof(of_threads[0]));
}

/* What libseccomp makes of the rules, as the kernel takes it. */
static int
compile(scmp_filter_ctx f, struct seki_sandbox_filter *out)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), r = -1;
	struct stat st;

	if (fd != -1 && seccomp_export_bpf(f, fd) == 0 && fstat(fd, &st) == 0 &&
	    st.st_size > 0 && (size_t)st.st_size <= sizeof(out->code) &&
	    pread(fd, out->code, sizeof(out->code), 0) == st.st_size) {
		out->n =
		    (unsigned short)((size_t)st.st_size / sizeof(out->code[0]));
		r = 0;
	}
	if (fd != -1)
		(void)close(fd);
	return r;
}

void
seki_sandbox_filter(
    const struct seki_sandbox *s, struct seki_sandbox_filter *out)
{
	scmp_filter_ctx f;

	out->n = 0;
	/* A sanitizer's own calls are many and change with it; Landlock and
	 * limits stay. */
#ifdef SEKI_SANITIZED
	return;
#endif
	if ((f = seccomp_init(SCMP_ACT_KILL_PROCESS)) == NULL)
		return;
	if (seccomp_attr_set(
		f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
	    allow(f, plain, sizeof(plain) / sizeof(plain[0])) != 0 ||
	    memory(f) != 0 || writing(f, s) != 0 || threads(f, s) != 0 ||
	    compile(f, out) != 0)
		out->n = 0;
	seccomp_release(f);
}

int
seki_sandbox_calls(const struct seki_sandbox_filter *f)
{
	struct sock_fprog prog = { .len = f->n,
		.filter = (struct sock_filter *)(uintptr_t)f->code };

	return f->n > 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0;
}
