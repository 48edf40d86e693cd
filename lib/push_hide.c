#include <string.h>

#include "push_int.h"

struct text {
	char p[SEKI_PUSH_MESSAGE];
	size_t n;
};

/* How many bytes of white space s begins with, of those that Japanese texts
 * have too. */
static size_t
space(const char *s, size_t n)
{
	if (strchr(" \t\r\n\v\f", s[0]) != NULL && s[0] != '\0')
		return 1;
	if (n >= 2 && memcmp(s, "\xC2\xA0", 2) == 0)
		return 2;
	if (n >= 3 &&
	    (memcmp(s, "\xE3\x80\x80", 3) == 0 ||
		(memcmp(s, "\xE2\x80", 2) == 0 && (unsigned char)s[2] >= 0x80 &&
		    (unsigned char)s[2] <= 0x8B)))
		return 3;
	return 0;
}

/* Without white space; 0 when it is longer than room. */
static int
squeeze(const char *s, size_t n, size_t room, struct text *to)
{
	size_t i = 0, k;

	to->n = 0;
	while (i < n) {
		k = space(s + i, n - i);
		if (k == 0 && to->n == room)
			return 0;
		if (k == 0)
			to->p[to->n++] = s[i++];
		i += k;
	}
	return 1;
}

/* One character alone says nothing. */
static int
holds(const struct text *message, const char *s, size_t n)
{
	struct text v;
	size_t i, chars = 0;

	if (s == NULL || !squeeze(s, n, message->n, &v))
		return 0;
	for (i = 0; i < v.n && chars < 2; i++)
		chars += (v.p[i] & 0xC0) != 0x80;
	return chars == 2 && memmem(message->p, message->n, v.p, v.n) != NULL;
}

static int
holds_item(const struct text *message, enum seki_shape shape,
    const struct seki_value *v)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_item item;
	size_t at = 0;
	int got, found = 0;

	while (!found &&
	       (got = seki_item_next(shape, v, &at, &b, &item, &err)) != 0)
		found = got == -1 || holds(message, item.p, item.n) ||
			(shape == SEKI_S_USERS &&
			    holds(message, item.code, item.ncode));
	seki_buf_free(&b);
	return found;
}

static int
holds_value(const struct text *message, const struct seki_pair *p,
    const struct seki_value *v)
{
	size_t i, k;

	if (p->shape == SEKI_S_TABLE) {
		for (i = 0; i < v->nrow; i++)
			for (k = 0; k < p->nsub; k++)
				if (holds_value(message, &p->sub[k],
					&v->row[i].v[p->sub[k].ours]))
					return 1;
		return 0;
	}
	if (!v->set || v->n == 0)
		return 0;
	return p->shape == SEKI_S_CHOICES || p->shape == SEKI_S_USERS ||
		       p->shape == SEKI_S_FILES
		   ? holds_item(message, p->shape, v)
		   : holds(message, v->p, v->n);
}

int
seki_push_hide(struct seki_push_answer *a, const struct seki_pairs *pairs,
    const char *said, size_t n)
{
	struct text message;
	const struct seki_push_part *p;
	size_t i, k, f;

	/* A request may have a million values. */
	if (n > sizeof(message.p) || ++a->searched > SEKI_PUSH_SEARCHES)
		return 1;
	(void)squeeze(said, n, sizeof(message.p), &message);
	for (p = a->part, i = 0; i < a->parts; i++)
		for (k = 0; k < p[i].n; k++)
			for (f = 0; f < pairs->n; f++)
				if (holds_value(&message, &pairs->pair[f],
					&p[i].item[k]
					     ->rec->v[pairs->pair[f].ours]))
					return 1;
	return 0;
}
