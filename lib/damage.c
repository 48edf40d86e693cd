#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

#define FOUND 200
#define SHEET 160

struct seki_damage {
	struct seki_damage_item *item;
	size_t n, room;
	uint64_t count[SEKI_DAMAGE_DOUBLED + 1], rest;
	struct seki_arena arena;
	/* The row of the item before: its cells count once. */
	const char *list, *key;
	uint32_t ordinal;
};

struct seki_damage *
seki_damage_new(struct seki_err *err)
{
	struct seki_damage *d = calloc(1, sizeof(*d));

	if (d == NULL)
		(void)seki_err_nomem(err);
	return d;
}

void
seki_damage_free(struct seki_damage *d)
{
	if (d == NULL)
		return;
	seki_arena_free(&d->arena);
	free(d->item);
	free(d);
}

static int
text(struct seki_damage *d, const char **s, size_t most, struct seki_err *err)
{
	size_t n;

	if (*s == NULL)
		return 0;
	n = strlen(*s);
	*s = seki_arena_copy(
	    &d->arena, *s, n > most ? (size_t)seki_text_cut(*s, most) : n, err);
	return *s == NULL ? -1 : 0;
}

static int
again(const struct seki_damage *d, const struct seki_damage_item *i)
{
	return i->kind == SEKI_DAMAGE_CHANGED && d->n > 0 &&
	       d->item[d->n - 1].kind == i->kind &&
	       d->item[d->n - 1].ordinal == i->ordinal &&
	       strcmp(d->item[d->n - 1].list, i->list) == 0 &&
	       strcmp(d->item[d->n - 1].key, i->key) == 0;
}

int
seki_damage_add(struct seki_damage *d, const struct seki_damage_item *i,
    struct seki_err *err)
{
	struct seki_damage_item *more, *to;

	d->count[i->kind] += !again(d, i);
	if (d->n == SEKI_DAMAGE_ITEMS) {
		d->rest++;
		return 0;
	}
	if (d->n == d->room) {
		d->room = d->room == 0 ? 64 : d->room * 2;
		more = reallocarray(d->item, d->room, sizeof(*more));
		if (more == NULL)
			return seki_err_nomem(err);
		d->item = more;
	}
	to = &d->item[d->n];
	*to = *i;
	if (text(d, &to->list, SHEET, err) == -1 ||
	    text(d, &to->key, SEKI_KEY_MAX, err) == -1 ||
	    text(d, &to->label, SEKI_VALUE_MAX, err) == -1 ||
	    text(d, &to->code, SEKI_VALUE_MAX, err) == -1 ||
	    text(d, &to->sheet, SHEET, err) == -1 ||
	    text(d, &to->cell, FOUND, err) == -1 ||
	    text(d, &to->found, FOUND, err) == -1)
		return -1;
	d->n++;
	return 0;
}

uint64_t
seki_damage_count(const struct seki_damage *d, enum seki_damage_kind kind)
{
	return d->count[kind];
}

const struct seki_damage_item *
seki_damage_item(const struct seki_damage *d, size_t i)
{
	return i < d->n ? &d->item[i] : NULL;
}

uint64_t
seki_damage_rest(const struct seki_damage *d)
{
	return d->rest;
}

/* "record 7, row 2 of 内訳" */
static int
which(
    const struct seki_damage_item *i, struct seki_buf *b, struct seki_err *err)
{
	if (i->key[0] == '\0')
		return seki_buf_str(b, _("a row without a key"), err);
	if (i->ordinal == 0)
		return seki_buf_fmt(b, err, _("record %s"), i->key);
	return seki_buf_fmt(b, err, _("record %s, row %u of %s"), i->key,
	    (unsigned)i->ordinal, i->list);
}

static int
field(
    const struct seki_damage_item *i, struct seki_buf *b, struct seki_err *err)
{
	if (i->code == NULL)
		return 0;
	if (strcmp(i->label, i->code) == 0)
		return seki_buf_fmt(b, err, _(", field %s"), i->code);
	return seki_buf_fmt(b, err, _(", field %s (%s)"), i->label, i->code);
}

int
seki_damage_say(
    const struct seki_damage_item *i, struct seki_buf *b, struct seki_err *err)
{
	if (which(i, b, err) == -1 || field(i, b, err) == -1)
		return -1;
	switch (i->kind) {
	case SEKI_DAMAGE_MISSING:
		return seki_buf_fmt(
		    b, err, _(": missing in sheet %s"), i->list);
	case SEKI_DAMAGE_ADDED:
		return seki_buf_fmt(b, err,
		    _(": sheet %s, cell %s: a row that was not sent"), i->sheet,
		    i->cell);
	case SEKI_DAMAGE_DOUBLED:
		return seki_buf_fmt(b, err,
		    _(": sheet %s, cell %s: the row stands once more"),
		    i->sheet, i->cell);
	case SEKI_DAMAGE_CHANGED:
	default:
		break;
	}
	if (i->code == NULL)
		return seki_buf_fmt(b, err,
		    _(": sheet %s, row of cell %s: was changed; in which field "
		      "cannot be told"),
		    i->sheet, i->cell);
	return seki_buf_fmt(b, err,
	    i->suspect ? _(": sheet %s, cell %s: was perhaps changed, for "
			   "several rows beside it were, too")
		       : _(": sheet %s, cell %s: was changed"),
	    i->sheet, i->cell);
}

static int
count(enum seki_damage_kind kind, unsigned long long n, struct seki_buf *b,
    struct seki_err *err)
{
	switch (kind) {
	case SEKI_DAMAGE_CHANGED:
		return seki_buf_fmt(b, err, _("%llu changed"), n);
	case SEKI_DAMAGE_MISSING:
		return seki_buf_fmt(b, err, _("%llu missing"), n);
	case SEKI_DAMAGE_ADDED:
		return seki_buf_fmt(b, err, _("%llu added"), n);
	case SEKI_DAMAGE_DOUBLED:
	default:
		return seki_buf_fmt(b, err, _("%llu doubled"), n);
	}
}

int
seki_damage_sum(
    const struct seki_damage *d, struct seki_buf *b, struct seki_err *err)
{
	size_t i, n = 0;

	for (i = 0; i < sizeof(d->count) / sizeof(d->count[0]); i++) {
		if (d->count[i] == 0)
			continue;
		if ((n++ > 0 && seki_buf_str(b, _(", "), err) == -1) ||
		    count((enum seki_damage_kind)i, d->count[i], b, err) == -1)
			return -1;
	}
	return 0;
}

static int
entry(struct seki_out *out, const struct seki_damage_item *i,
    struct seki_err *err)
{
	return seki_out_str(out, i->key, err) == -1 ||
		       seki_out_str(out, "\t", err) == -1 ||
		       seki_out_str(
			   out, i->code == NULL ? "*" : i->code, err) == -1 ||
		       seki_out_str(out, "\n", err) == -1
		   ? -1
		   : 0;
}

/* Added and doubled rows cannot be spelt out better: only what was sent can. */
int
seki_damage_list(const struct seki_damage *d, const char *stream, uint64_t seq,
    struct seki_out *out, struct seki_err *err)
{
	char head[SEKI_STREAM_MAX + 64];
	size_t i;

	(void)snprintf(head, sizeof(head), "seki-damage-1\t%s\t%llu\n", stream,
	    (unsigned long long)seq);
	if (seki_out_str(out, head, err) == -1)
		return -1;
	for (i = 0; i < d->n; i++)
		if (d->item[i].kind == SEKI_DAMAGE_CHANGED &&
		    entry(out, &d->item[i], err) == -1)
			return -1;
	return 0;
}
