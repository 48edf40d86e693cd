#include <stdlib.h>
#include <string.h>

#include "sheet_out.h"

/* Records whose texts decide the columns' widths: they wait until all of them
 * are there. */
#define SAMPLE 200

struct seki_sheet_out {
	const struct seki_schema *schema;
	struct seki_sheet_layout *layout;
	struct seki_book *book;
	struct seki_arena arena;
	struct seki_record *kept[SAMPLE];
	size_t nkept, weight;
	int begun;
};

static struct seki_sheet_out *
create(const struct seki_schema *schema, const struct seki_manifest *m,
    struct seki_parts *parts, struct seki_err *err)
{
	struct seki_sheet_out *o = calloc(1, sizeof(*o));
	int relay =
	    m != NULL && m->carrier != NULL && strcmp(m->carrier, "relay") == 0;

	if (o == NULL)
		(void)seki_err_nomem(err);
	else if ((o->layout = seki_sheet_layout_new(schema, relay, err)) !=
		 NULL) {
		o->schema = schema;
		if ((o->book = seki_book_new(o->layout, m, parts, err)) != NULL)
			return o;
		parts = NULL;
	}
	if (parts != NULL)
		parts->ops->free(parts->ctx);
	seki_sheet_abort(o);
	return NULL;
}

struct seki_sheet_out *
seki_sheet_create(int fd, const struct seki_schema *schema,
    const struct seki_manifest *m, struct seki_press *press, const char *spool,
    struct seki_err *err)
{
	struct seki_parts parts;

	return seki_parts_file(&parts, fd, press, spool, err) == -1
		   ? NULL
		   : create(schema, m, &parts, err);
}

struct seki_sheet_out *
seki_sheet_same(int fd, uint64_t offset, uint64_t length,
    const struct seki_schema *schema, const struct seki_manifest *m,
    struct seki_err *err)
{
	struct seki_parts parts;

	return seki_parts_same(&parts, fd, offset, length, err) == -1
		   ? NULL
		   : create(schema, m, &parts, err);
}

void
seki_sheet_repair(struct seki_sheet_out *o, const struct seki_repair *borrowed)
{
	o->book->repair = borrowed;
}

void
seki_sheet_seal(struct seki_sheet_out *o, int fd, uint64_t length)
{
	o->book->seal = fd;
	o->book->nseal = length;
}

void
seki_sheet_abort(struct seki_sheet_out *o)
{
	if (o == NULL)
		return;
	seki_book_free(o->book);
	seki_sheet_layout_free(o->layout);
	seki_arena_free(&o->arena);
	free(o);
}

/* The widths are known: the records that waited, and from now on all. */
static int
begin(struct seki_sheet_out *o, struct seki_err *err)
{
	size_t i;

	o->begun = 1;
	for (i = 0; i < o->nkept; i++)
		seki_book_measure(o->book, o->kept[i]);
	for (i = 0; i < o->nkept; i++)
		if (seki_book_put(o->book, o->kept[i], err) == -1)
			return -1;
	seki_arena_free(&o->arena);
	return 0;
}

int
seki_sheet_put(
    struct seki_sheet_out *o, const struct seki_record *r, struct seki_err *err)
{
	if (o->begun)
		return seki_book_put(o->book, r, err);
	o->kept[o->nkept] =
	    seki_record_copy(o->schema, r, &o->arena, &o->weight, err);
	if (o->kept[o->nkept] == NULL)
		return -1;
	o->nkept++;
	if (o->nkept < SAMPLE && o->weight < SEKI_SHEET_KEEP)
		return 0;
	return begin(o, err);
}

int
seki_sheet_end(struct seki_sheet_out *o, struct seki_err *err)
{
	struct seki_book *b;
	int r = o->begun ? 0 : begin(o, err);

	if (r == 0) {
		b = o->book;
		o->book = NULL;
		r = seki_book_close(b, err);
	}
	seki_sheet_abort(o);
	return r;
}
