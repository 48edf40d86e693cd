#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

static int
grow(struct seki_buf *b, size_t n, struct seki_err *err)
{
	size_t want, size;
	char *p;

	if (__builtin_add_overflow(b->n, n, &want) ||
	    __builtin_add_overflow(want, (size_t)1, &want))
		return seki_err_nomem(err);
	size = b->size < 128 ? 128 : b->size;
	while (size < want)
		if (__builtin_mul_overflow(size, (size_t)2, &size))
			return seki_err_nomem(err);
	if ((p = realloc(b->p, size)) == NULL)
		return seki_err_nomem(err);
	b->p = p;
	b->size = size;
	b->p[b->n] = '\0';
	return 0;
}

/* n and a NUL: b->n is below b->size, or both are 0. */
int
seki_buf_room(struct seki_buf *b, size_t n, struct seki_err *err)
{
	return n < b->size - b->n ? 0 : grow(b, n, err);
}

int
seki_buf_add(struct seki_buf *b, const void *p, size_t n, struct seki_err *err)
{
	if (seki_buf_room(b, n, err) == -1)
		return -1;
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
	return 0;
}

int
seki_buf_byte(struct seki_buf *b, int c, struct seki_err *err)
{
	if (seki_buf_room(b, 1, err) == -1)
		return -1;
	b->p[b->n++] = (char)c;
	b->p[b->n] = '\0';
	return 0;
}

int
seki_buf_str(struct seki_buf *b, const char *s, struct seki_err *err)
{
	return seki_buf_add(b, s, strlen(s), err);
}

int
seki_buf_fmt(struct seki_buf *b, struct seki_err *err, const char *fmt, ...)
{
	va_list ap;
	int n;

	/* Mostly there is room already: once is enough. */
	va_start(ap, fmt);
	n = vsnprintf(
	    b->p == NULL ? NULL : b->p + b->n, b->size - b->n, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < b->size - b->n) {
		b->n += (size_t)n;
		return 0;
	}
	if (b->p != NULL)
		b->p[b->n] = '\0';
	if (n < 0)
		return seki_fail(err, SEKI_BUG, "vsnprintf: %s", fmt);
	if (seki_buf_room(b, (size_t)n, err) == -1)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
	return 0;
}

void
seki_buf_reset(struct seki_buf *b)
{
	b->n = 0;
	if (b->p != NULL)
		b->p[0] = '\0';
}

void
seki_buf_free(struct seki_buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = b->size = 0;
}

void
seki_buf_wipe(struct seki_buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->size);
	seki_buf_free(b);
}
