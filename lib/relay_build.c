#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "relay_int.h"
#include "xlsx.h"

/*
 * From the sheets of a relay's workbook back to the record stream.  The rows
 * come in the order of their keys (relay_group.c); each list is compared with
 * its record list (relay_match.c); held and deleted records, SCHEMA and STATE
 * are the frame's, whose bytes are signed.
 */
struct build {
	struct seki_bundle *b;
	struct seki_stream_in *frame;
	const struct seki_schema *schema;
	struct seki_sheet_in in;
	struct seki_relay_rows *rows;
	struct seki_relay_group g;
	struct seki_relay_match **match; /* records, tables */
	struct seki_canon *canon;
	seki_damage_fn *damage; /* or NULL */
	void *ctx;
	struct seki_record
	    *mark;	      /* of the frame, the next; NULL: none is left */
	struct seki_out *out; /* or NULL: only the root is asked for */
	struct seki_buf line;
	struct seki_value *v, *cell;	  /* by fields; by columns */
	const struct seki_value **column; /* by columns of the record list */
	uint64_t wrong, repaired, written;
	uint32_t crc;
};

static int
put(struct build *w, const char *s, size_t n, struct seki_err *err)
{
	if (w->wrong > 0 || w->out == NULL)
		return 0;
	w->crc = (uint32_t)crc32(w->crc, (const unsigned char *)s, (uInt)n);
	w->written += n;
	return seki_out_write(w->out, s, n, err);
}

static int
frame_line(struct build *w, struct seki_err *err)
{
	const char *s;
	size_t n;

	s = seki_stream_line(w->frame, &n);
	return put(w, s, n, err) == -1 ? -1 : put(w, "\n", 1, err);
}

/* The next held or deleted record of the frame. */
static int
next_mark(struct build *w, struct seki_err *err)
{
	int r = seki_stream_next(w->frame, &w->mark, err);

	if (r == 1 && w->mark->kind == SEKI_RECORD_ROW)
		return seki_fail(err, SEKI_RECORD, "%s",
		    _("data/frame.jsonl: a record stands in it"));
	if (r == 0)
		w->mark = NULL;
	return r == -1 ? -1 : 0;
}

static int
odd(struct build *w, size_t list, const struct seki_relay_row *r,
    enum seki_damage_kind kind, struct seki_err *err)
{
	struct seki_damage_item item = { .kind = kind,
		.list = w->in.layout->list[list].name,
		.sheet = "",
		.cell = "" };
	char cell[16];
	char *key = strndup(r == NULL ? w->mark->key.p : r->key,
	    r == NULL ? w->mark->key.n : r->nkey);
	int n = 0;

	if (key == NULL)
		return seki_err_nomem(err);
	w->wrong++;
	if (r != NULL) {
		seki_relay_rows_cell(w->rows, list, r->sheet, r->row, 0, cell);
		item.sheet = seki_xlsx_name(w->in.x, r->sheet);
		item.cell = cell;
	}
	item.key = key;
	if (w->damage != NULL)
		n = w->damage(w->ctx, &item, err);
	free(key);
	return n;
}

/* The line of the frame, and whether its row in 保留・削除 says the same. */
static int
mark(struct build *w, const struct seki_relay_row *r, struct seki_err *err)
{
	const char *word = w->mark->kind == SEKI_RECORD_HELD
			       ? SEKI_WORD_HELD
			       : SEKI_WORD_DELETED;
	size_t list = w->in.layout->marks;

	if (r == NULL && odd(w, list, NULL, SEKI_DAMAGE_MISSING, err) == -1)
		return -1;
	if (r != NULL &&
	    (r->cell[1].n != strlen(word) ||
		memcmp(r->cell[1].p, word, r->cell[1].n) != 0) &&
	    odd(w, list, r, SEKI_DAMAGE_CHANGED, err) == -1)
		return -1;
	if (frame_line(w, err) == -1 ||
	    seki_canon_record(w->canon, w->mark, NULL, err) == -1)
		return -1;
	return next_mark(w, err);
}

/* Lines of the frame up to this key, and what stands in 保留・削除 under it. */
static int
marks(struct build *w, const char *key, size_t n, struct seki_err *err)
{
	size_t list = w->in.layout->marks, i = 0;
	enum seki_damage_kind kind;
	int c = -1;

	while (w->mark != NULL &&
	       (c = key == NULL ? -1
				: seki_key_cmp(w->mark->key.p, w->mark->key.n,
				      key, n)) < 0)
		if (mark(w, NULL, err) == -1)
			return -1;
	if (key == NULL)
		return 0;
	if (w->mark != NULL && c == 0 &&
	    mark(w, w->g.n[list] > 0 ? &w->g.row[list][i++] : NULL, err) == -1)
		return -1;
	kind = i == 0 ? SEKI_DAMAGE_ADDED : SEKI_DAMAGE_DOUBLED;
	for (; i < w->g.n[list]; i++)
		if (odd(w, list, &w->g.row[list][i], kind, err) == -1)
			return -1;
	return 0;
}

/*
 * The values of a row, by the columns of its sheet into cell, by those of the
 * record list into column, where NULL is no value.  Spelt those that 補修
 * spells out are its.  How many were: or -1.
 */
static int
values(struct build *w, size_t list, const struct seki_relay_row *r, int how,
    int *readable, struct seki_err *err)
{
	const struct seki_list *l = &w->in.layout->list[list];
	struct seki_value v;
	size_t i, k = 0;
	int n, given = 0;

	*readable = 1;
	for (i = 1; i < l->n; i++) {
		if (l->col[i].what != SEKI_COL_FIELD &&
		    l->col[i].what != SEKI_COL_ROW_ID)
			continue;
		n = seki_relay_group_value(
		    &w->g, list, r, i, how & SEKI_RELAY_EXACT, &v, err);
		if ((how & SEKI_RELAY_SPELT) != 0 && n != -1) {
			struct seki_value other;
			int m = seki_relay_group_value(
			    &w->g, list, r, i, SEKI_RELAY_SPELT, &other, err);

			if (m == -1)
				return -1;
			if (m == 0 && (n == 1 || v.n != other.n ||
					  memcmp(v.p, other.p, v.n) != 0)) {
				v = other;
				n = 0;
				given++;
			}
		}
		if (n == -1)
			return -1;
		w->cell[i] = v;
		w->column[k++] = n == 1 ? NULL : &w->cell[i];
		*readable &= n == 0;
	}
	return given;
}

/* The row as the schema has it, from cell. */
static void
arrange(
    struct build *w, size_t list, struct seki_value *v, struct seki_value *id)
{
	const struct seki_list *l = &w->in.layout->list[list];
	size_t i;

	for (i = 1; i < l->n; i++)
		if (l->col[i].what == SEKI_COL_FIELD)
			v[l->col[i].index] = w->cell[i];
		else if (l->col[i].what == SEKI_COL_ROW_ID && id != NULL)
			*id = w->cell[i];
}

static const unsigned char *
leaf_of(struct build *w, size_t list, const struct seki_record *rec,
    const struct seki_row *row, uint32_t ordinal, struct seki_err *err)
{
	struct seki_canon_place at = { list - 1, w->g.key, w->g.nkey, ordinal };

	return list == 0 ? seki_canon_of(w->canon, rec, err)
			 : seki_canon_of_row(w->canon, &at, row, err);
}

/* 1: it is the signed one, and its values stand in cell; 0; -1. */
static int
same(struct build *w, size_t list, const struct seki_relay_row *r,
    uint32_t ordinal, int how, const unsigned char *want, unsigned char *leaf,
    struct seki_err *err)
{
	struct seki_record rec = { .kind = SEKI_RECORD_ROW,
		.key = { .p = w->g.key, .n = w->g.nkey, .set = 1 },
		.v = w->v };
	struct seki_row row = { .v = w->v };
	const unsigned char *found;
	int readable, n = values(w, list, r, how, &readable, err);

	if (n == -1)
		return -1;
	if (!readable)
		return 0;
	arrange(w, list, w->v, &row.id);
	if ((found = leaf_of(w, list, &rec, &row, ordinal, err)) == NULL)
		return -1;
	memcpy(leaf, found, SEKI_SHA256);
	if (memcmp(found, want, SEKI_RECLIST_LEAF) != 0)
		return 0;
	w->repaired += (uint64_t)n;
	return 1;
}

/*
 * The rows of one number under the key, 1 to n of them: one is taken, as it
 * stands, with numbers in their other reading, or as 補修 spells it; others are
 * one too many.
 */
#define BOTH (SEKI_RELAY_EXACT | SEKI_RELAY_SPELT)
static const int ways[] = { SEKI_RELAY_AS_IT_IS, SEKI_RELAY_EXACT, BOTH,
	SEKI_RELAY_SPELT };

static int
rows_of(struct build *w, size_t list, const struct seki_relay_row *r, size_t n,
    uint32_t ordinal, const struct seki_relay_row **taken, struct seki_err *err)
{
	const unsigned char *want;
	unsigned char leaf[SEKI_SHA256] = { 0 };
	size_t i, at = 0;
	int ok = 0, got, way;

	*taken = NULL;
	got = ordinal == 0 && list > 0
		  ? 0
		  : seki_relay_match_find(w->match[list], w->g.key, w->g.nkey,
			ordinal, &want, err);
	if (got == -1)
		return -1;
	for (way = 0; got == 1 && way < 4 && ok == 0; way++)
		for (i = 0; i < n && ok == 0; i++) {
			/* Mostly these two are not different from others. */
			if (!r[i].two && way % 2 == 1)
				continue;
			ok = same(w, list, &r[i], ordinal, ways[way], want,
			    leaf, err);
			at = ok == 1 ? i : at;
		}
	if (ok == -1)
		return -1;
	/* What is said to differ is the first. */
	if (got == 1 && ok == 0 && (n > 1 || r[0].two) &&
	    same(w, list, &r[0], ordinal, BOTH, want, leaf, err) == -1)
		return -1;
	if (got == 1 && (seki_relay_match_put(w->match[list], &r[at], w->column,
			     ok, err) == -1 ||
			    seki_canon_put(w->canon, list, leaf, err) == -1))
		return -1;
	for (i = 0; i < n; i++)
		if ((got == 0 || i != at) &&
		    seki_relay_match_odd(w->match[list], &r[i], ordinal,
			got == 0 ? SEKI_DAMAGE_ADDED : SEKI_DAMAGE_DOUBLED,
			err) == -1)
			return -1;
	w->wrong += (uint64_t)(got == 0 || n > 1 || !ok);
	if (ok == 1)
		*taken = &r[at];
	return 0;
}

static int
by_ordinal(const void *a, const void *b)
{
	const struct seki_relay_row *x = a, *y = b;
	uint32_t m = seki_relay_number(x, 1), n = seki_relay_number(y, 1);

	return m < n ? -1 : m > n;
}

/* A table's rows under the key, into the record's value. */
static int
table(struct build *w, size_t list, struct seki_value *to, struct seki_err *err)
{
	const struct seki_field *f = w->in.layout->list[list].table;
	struct seki_relay_row *r = w->g.row[list];
	const struct seki_relay_row *taken;
	size_t i, k, n = w->g.n[list];
	struct seki_row *row;
	uint32_t ordinal;

	memset(to, 0, sizeof(*to));
	if (n == 0)
		return 0;
	qsort(r, n, sizeof(*r), by_ordinal);
	to->row = seki_arena_get(&w->g.arena, n * sizeof(*to->row), err);
	if (to->row == NULL)
		return -1;
	for (i = 0; i < n; i += k) {
		ordinal = seki_relay_number(&r[i], 1);
		for (k = 1;
		     i + k < n && seki_relay_number(&r[i + k], 1) == ordinal;)
			k++;
		if (rows_of(w, list, &r[i], k, ordinal, &taken, err) == -1)
			return -1;
		if (taken == NULL)
			continue;
		row = &to->row[to->nrow++];
		memset(row, 0, sizeof(*row));
		row->v = seki_arena_get(
		    &w->g.arena, (f->nsub + 1) * sizeof(*row->v), err);
		if (row->v == NULL)
			return -1;
		memset(row->v, 0, f->nsub * sizeof(*row->v));
		arrange(w, list, row->v, &row->id);
	}
	to->set = to->nrow > 0;
	return 0;
}

static int
record_line(struct build *w, struct seki_value *v, struct seki_err *err)
{
	struct seki_record rec = { .kind = SEKI_RECORD_ROW,
		.key = { .p = w->g.key, .n = w->g.nkey, .set = 1 },
		.v = v };

	if (w->wrong > 0 || w->out == NULL)
		return 0;
	v[w->in.layout->list[0].col[0].index] = rec.key;
	seki_buf_reset(&w->line);
	if (seki_buf_fmt(&w->line, err,
		"{\"type\":\"RECORD\",\"stream\":\"%s\",\"record\":",
		w->schema->stream) == -1 ||
	    seki_record_format(w->schema, &rec, &w->line, err) == -1 ||
	    seki_buf_str(&w->line, "}\n", err) == -1)
		return -1;
	return put(w, w->line.p, w->line.n, err);
}

/* Nothing stands in 長文 but what a cell sends there. */
static int
longs(struct build *w, struct seki_err *err)
{
	size_t list = w->in.layout->longs, i;

	for (i = 0; i < w->g.n[list]; i++)
		if (!w->g.row[list][i].used &&
		    odd(w, list, &w->g.row[list][i], SEKI_DAMAGE_ADDED, err) ==
			-1)
			return -1;
	return 0;
}

/* Everything of one key. */
static int
group(struct build *w, struct seki_err *err)
{
	const struct seki_schema *s = w->schema;
	const struct seki_relay_row *taken = NULL;
	struct seki_value *v =
	    seki_arena_get(&w->g.arena, (s->n + 1) * sizeof(*v), err);
	size_t i;

	if (v == NULL || marks(w, w->g.key, w->g.nkey, err) == -1)
		return -1;
	memset(v, 0, s->n * sizeof(*v));
	if (w->g.n[0] > 0 &&
	    rows_of(w, 0, w->g.row[0], w->g.n[0], 0, &taken, err) == -1)
		return -1;
	if (taken != NULL)
		arrange(w, 0, v, NULL);
	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE &&
		    table(w, 1 + s->field[i].table, &v[i], err) == -1)
			return -1;
	if (longs(w, err) == -1)
		return -1;
	return taken == NULL ? 0 : record_line(w, v, err);
}

static int
state(struct build *w, struct seki_err *err)
{
	seki_buf_reset(&w->line);
	if (seki_buf_fmt(&w->line, err, "{\"type\":\"STATE\",\"value\":%s}\n",
		seki_stream_state(w->frame)) == -1)
		return -1;
	return put(w, w->line.p, w->line.n, err);
}

static int
all(struct build *w, struct seki_err *err)
{
	size_t i;
	int64_t wrong;
	int r;

	while ((r = seki_relay_group_next(&w->g, err)) == 1)
		if (group(w, err) == -1)
			return -1;
	if (r == -1 || marks(w, NULL, 0, err) == -1)
		return -1;
	for (i = 0; i <= w->schema->tables; i++) {
		if ((wrong = seki_relay_match_end(w->match[i], err)) == -1)
			return -1;
		w->wrong += (uint64_t)wrong;
	}
	return state(w, err);
}

static int
lists(struct build *w, struct seki_err *err)
{
	const struct seki_relay_where where = { w->rows, w->in.x, w->damage,
		w->ctx, w->in.layout };
	char name[SEKI_RECLIST_NAME];
	struct seki_in *in;
	size_t i;

	w->match = calloc(w->schema->tables + 1, sizeof(*w->match));
	if (w->match == NULL)
		return seki_err_nomem(err);
	for (i = 0; i <= w->schema->tables; i++) {
		seki_reclist_name(i, name);
		if ((in = seki_bundle_entry(w->b, name, err)) == NULL ||
		    (w->match[i] = seki_relay_match_new(
			 in, w->schema, i, &where, err)) == NULL)
			return -1;
	}
	return 0;
}

static int
frame(struct build *w, struct seki_err *err)
{
	struct seki_in *in = seki_bundle_entry(w->b, "data/frame.jsonl", err);

	if (in == NULL || (w->frame = seki_stream_open(in, err)) == NULL)
		return -1;
	/* Its proof is that of the whole stream. */
	seki_stream_elsewhere(w->frame);
	seki_stream_allow_part(w->frame);
	w->schema = seki_stream_schema(w->frame);
	if (memcmp(w->schema->digest, w->b->manifest->schema, SEKI_SHA256) != 0)
		return seki_fail(err, SEKI_CONTENT, "%s",
		    _("the records have another form than the manifest "
		      "says"));
	return frame_line(w, err) == -1 ? -1 : next_mark(w, err);
}

static int
open_all(struct build *w, const char *spool, struct seki_err *err)
{
	const struct seki_relay *r = w->b->relay;

	w->in.relay = 1;
	if (frame(w, err) == -1 ||
	    (w->in.layout = seki_sheet_layout_new(w->schema, 1, err)) == NULL)
		return -1;
	w->in.list = calloc(w->in.layout->n, sizeof(*w->in.list));
	w->v = calloc(SEKI_FIELDS_MAX + 1, sizeof(*w->v));
	w->cell = calloc(SEKI_FIELDS_MAX + 4, sizeof(*w->cell));
	w->column =
	    calloc(SEKI_FIELDS_MAX + 4, sizeof(const struct seki_value *));
	if (w->in.list == NULL || w->v == NULL || w->cell == NULL ||
	    w->column == NULL)
		return seki_err_nomem(err);
	if ((w->canon = seki_canon_new(w->schema, err)) == NULL ||
	    (w->in.x = seki_xlsx_open(r->book, r->at, r->length, err)) == NULL ||
	    seki_sheet_find(&w->in, err) == -1 ||
	    (w->rows = seki_relay_rows_read(&w->in, spool, err)) == NULL ||
	    seki_relay_group_init(&w->g, w->in.layout, w->rows, err) == -1)
		return -1;
	return lists(w, err);
}

static void
release(struct build *w)
{
	size_t i;

	for (i = 0; w->match != NULL && i <= w->schema->tables; i++)
		seki_relay_match_free(w->match[i]);
	free(w->match);
	if (w->g.layout != NULL)
		seki_relay_group_release(&w->g);
	seki_relay_rows_free(w->rows);
	for (i = 0; w->in.list != NULL && i < w->in.layout->n; i++)
		seki_rows_free(&w->in.list[i]);
	free(w->in.list);
	seki_xlsx_free(w->in.x);
	seki_buf_free(&w->in.buf);
	seki_sheet_layout_free(w->in.layout);
	seki_canon_free(w->canon);
	seki_stream_free(w->frame);
	seki_buf_free(&w->line);
	free(w->v);
	free(w->cell);
	free(w->column);
}

/* What was met, for people; and the verdict. */
static int
verdict(struct build *w, struct seki_relay_made *made, struct seki_err *err)
{
	const struct seki_manifest *m = w->b->manifest;
	struct seki_proof *found = calloc(1, sizeof(*found));
	int n = -1;

	if (found == NULL)
		return seki_err_nomem(err);
	made->hidden = w->in.hidden + seki_relay_rows_hidden(w->rows);
	made->repaired = w->repaired;
	made->broken = seki_xlsx_broken(w->in.x);
	made->written = w->written;
	made->crc = w->crc;
	if (w->wrong > 0)
		n = seki_fail(err, SEKI_CONTENT, "%s",
		    _("the sheets are not what was signed; nothing was taken"));
	else if (seki_canon_end(w->canon, found, err) == 0) {
		memcpy(made->root, found->root, SEKI_SHA256);
		n = memcmp(found->root, m->root, SEKI_SHA256) == 0
			? seki_sheet_cover(&w->in, m, found, err)
			: seki_fail(err, SEKI_CONTENT, "%s",
			      _("the content root is not the signed one"));
	}
	free(found);
	return n;
}

int
seki_relay_make(struct seki_bundle *b, int out, seki_damage_fn *damage,
    void *ctx, struct seki_relay_made *made, struct seki_err *err)
{
	struct build w = { .b = b, .damage = damage, .ctx = ctx };
	int n = -1;

	memset(made, 0, sizeof(*made));
	w.crc = (uint32_t)crc32(0, NULL, 0);
	if ((out == -1 || (w.out = seki_out_fd(
			       out, _("the records"), err)) != NULL) &&
	    open_all(&w, b->spool, err) == 0 && all(&w, err) == 0 &&
	    (w.out == NULL || seki_out_flush(w.out, err) == 0))
		n = verdict(&w, made, err);
	seki_out_abort(w.out);
	release(&w);
	return n;
}
