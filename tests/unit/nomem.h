/* Included once by a test that the Makefile links with WRAP. */
#ifndef NOMEM_H
#define NOMEM_H

#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "seki_int.h"

/*
 * The n-th allocation of our own objects fails, for n = 0, 1, 2 … until the
 * work succeeds: each time it must end with SEKI_NOMEM, without a crash, and
 * (under the address sanitizer) without a leak.  The linker redirects the
 * calls: see WRAP in the Makefile.
 */
static _Atomic long left = -1; /* jobs run in threads */

static int
refuse(void)
{
	return left >= 0 && left-- == 0;
}

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__real_reallocarray(void *, size_t, size_t);
char *__real_strdup(const char *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__wrap_reallocarray(void *, size_t, size_t);
char *__wrap_strdup(const char *);

void *
__wrap_malloc(size_t n)
{
	return refuse() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return refuse() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return refuse() ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
	return refuse() ? NULL : __real_strdup(s);
}

/*
 * What is freed is kept back by the sanitizer, 256 MB of it, which every worker
 * is forked with; one time through makes a small part of this.
 */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "quarantine_size_mb=16";
}

static void
exhaust(const char *name, int (*work)(struct seki_err *))
{
	struct seki_err err;
	long n;
	int r;

	(void)unlink("/tmp/seki-nomem.out");
	for (n = 0;; n++) {
		seki_err_clear(&err);
		left = n;
		r = work(&err);
		left = -1;
		if (access("/tmp/seki-nomem.out", F_OK) == 0 && r == -1)
			fail_msg(
			    "%s: %ld: a file in spite of failure", name, n);
		if (r == 0)
			break;
		if (err.reason != SEKI_NOMEM)
			fail_msg("%s: %ld: %s: %s", name, n,
			    seki_err_word(err.reason), err.text);
		if (n > 100000)
			fail_msg("%s: no end", name);
	}
	(void)unlink("/tmp/seki-nomem.out");
	assert_true(n >= 5);
}

#endif
