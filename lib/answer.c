#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "answer.h"

static void
le(unsigned char *p, uint64_t v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static void
add(struct seki_answer *a, const void *p, size_t n)
{
	if (a->err->reason == SEKI_OK)
		(void)seki_buf_add(&a->items, p, n, a->err);
}

void
seki_answer_uint(struct seki_answer *a, uint64_t v)
{
	unsigned char item[9] = { 'u' };

	le(item + 1, v, 8);
	add(a, item, sizeof(item));
}

static void
sized(struct seki_answer *a, unsigned char letter, const void *p, size_t n)
{
	unsigned char item[5] = { letter };

	le(item + 1, n, 4);
	add(a, item, sizeof(item));
	if (n > 0)
		add(a, p, n);
}

void
seki_answer_bytes(struct seki_answer *a, const void *p, size_t n)
{
	sized(a, 'b', p, n);
}

void
seki_answer_textn(struct seki_answer *a, const char *s, size_t n)
{
	sized(a, 't', s, n);
	add(a, "", 1);
}

void
seki_answer_text(struct seki_answer *a, const char *s)
{
	seki_answer_textn(a, s == NULL ? "" : s, s == NULL ? 0 : strlen(s));
}

static void
members(struct seki_answer *a, json_t *o)
{
	void *at;

	seki_answer_uint(a, json_object_size(o));
	for (at = json_object_iter(o); at != NULL;
	     at = json_object_iter_next(o, at)) {
		seki_answer_text(a, json_object_iter_key(at));
		seki_answer_json(a, json_object_iter_value(at));
	}
}

void
seki_answer_json(struct seki_answer *a, const json_t *o)
{
	uint64_t bits;
	double real;
	size_t i;

	seki_answer_uint(a, o == NULL ? 0 : 1 + (uint64_t)json_typeof(o));
	if (json_is_object(o))
		members(a, (json_t *)(uintptr_t)o);
	else if (json_is_array(o)) {
		seki_answer_uint(a, json_array_size(o));
		for (i = 0; i < json_array_size(o); i++)
			seki_answer_json(a, json_array_get(o, i));
	} else if (json_is_string(o))
		seki_answer_textn(
		    a, json_string_value(o), json_string_length(o));
	else if (json_is_integer(o))
		seki_answer_uint(a, (uint64_t)json_integer_value(o));
	else if (json_is_real(o)) {
		real = json_real_value(o);
		memcpy(&bits, &real, sizeof(bits));
		seki_answer_uint(a, bits);
	}
}

/* A path need not be UTF-8, and what a message shows of it then neither. */
static void
message(struct seki_answer *a, const char *s)
{
	char fit[sizeof(((struct seki_err *)0)->hint)];
	size_t n = strlen(s), i = 0, bad;

	memcpy(fit, s, n + 1);
	for (; !seki_text_utf8(fit + i, n - i, &bad); i += bad + 1)
		fit[i + bad] = '?';
	seki_answer_textn(a, fit, n);
}

void
seki_answer_err(struct seki_answer *a, const struct seki_err *e)
{
	seki_answer_uint(a, (uint64_t)e->reason);
	seki_answer_uint(a, e->line);
	seki_answer_bytes(a, e->object, strlen(e->object));
	message(a, e->record);
	message(a, e->field);
	message(a, e->text);
	message(a, e->hint);
}

static int
write_all(int fd, const void *bytes, size_t n, struct seki_err *err)
{
	const char *p = bytes;
	ssize_t w;

	for (; n > 0; p += w, n -= (size_t)w)
		if ((w = write(fd, p, n)) == -1) {
			if (errno != EINTR)
				return seki_fail(err, SEKI_IO, "answer");
			w = 0;
		}
	return 0;
}

int
seki_answer_send(struct seki_answer *a, char letter)
{
	unsigned char head[SEKI_PART_HEAD] = { (unsigned char)letter };

	if (a->err->reason != SEKI_OK)
		return -1;
	le(head + 1, a->items.n, 4);
	if (write_all(a->fd, head, sizeof(head), a->err) == -1 ||
	    write_all(a->fd, a->items.p, a->items.n, a->err) == -1)
		return -1;
	a->items.n = 0;
	return 0;
}
