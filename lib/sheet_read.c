#include <stdlib.h>
#include <string.h>

#include "sheet_in.h"

/* One workbook being read back. */
struct reading {
	struct seki_sheet_in in;
	const struct seki_schema *schema;
	struct seki_canon *canon;
	struct seki_value *v;  /* by a list's fields */
	struct seki_buf *buf;  /* by a list's columns */
	struct seki_buf last;  /* key of the row before */
	struct seki_value key; /* of this row, for messages */
	uint32_t ordinal;
	int long_waits; /* a row of the long texts is read, but not used */
};

static int
bare(struct reading *r, const struct seki_rows_in *rows, size_t col,
    struct seki_value *v, struct seki_err *err)
{
	enum seki_shape shape = rows->list->col[col].shape;
	int n = seki_cell_read(shape, rows->cell[col], seki_xlsx_1904(r->in.x),
	    &r->buf[col], v, err);

	if (n != 1)
		return n;
	return seki_rows_fail(
	    rows, col, _("not a value of this field's type"), err);
}

static int
same(const struct seki_value *v, const char *s)
{
	return v->n == strlen(s) && memcmp(v->p, s, v->n) == 0;
}

/* The number in a column of ours, 0 when blank. */
static int
small(const struct seki_rows_in *rows, size_t col, uint32_t *n,
    struct seki_buf *b, struct seki_err *err)
{
	struct seki_value v;
	uint64_t x = 0;
	size_t i;
	int r = seki_cell_read(SEKI_S_NUMBER, rows->cell[col], 0, b, &v, err);

	for (i = 0; r == 0 && i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9' || x > UINT32_MAX / 10)
			r = 1;
		else
			x = x * 10 + (uint64_t)(v.p[i] - '0');
	}
	*n = (uint32_t)x;
	return r != 1 ? r
		      : seki_rows_fail(
			    rows, col, _("not a number counted from 1"), err);
}

/*
 * Long texts stand in the order of the records they belong to, list by list:
 * each list reads their sheet once, beside its own.
 */
static int
long_next(struct reading *r, const char *list, struct seki_err *err)
{
	struct seki_rows_in *l = &r->in.list[r->in.layout->longs];
	struct seki_buf *b = &r->in.buf;
	struct seki_value v;
	size_t i;
	int n;

	while (!r->long_waits) {
		if ((n = seki_rows_next(l, err)) != 1)
			return n;
		if (seki_cell_read(SEKI_S_TEXT, l->cell[1], 0, b, &v, err) ==
		    -1)
			return -1;
		for (i = 0; i < r->in.layout->marks; i++)
			if (same(&v, r->in.layout->list[i].name))
				break;
		if (i == r->in.layout->marks)
			return seki_rows_fail(
			    l, 1, _("no sheet of this name"), err);
		r->long_waits = same(&v, list);
	}
	return 1;
}

/* Does the waiting row hold piece k of this cell's text? */
static int
long_here(struct reading *r, const struct seki_rows_in *rows, size_t col,
    const struct seki_value *key, uint32_t ordinal, uint32_t k,
    struct seki_err *err)
{
	struct seki_rows_in *l = &r->in.list[r->in.layout->longs];
	struct seki_buf *b = &r->in.buf;
	struct seki_value v;
	uint32_t n;

	if (seki_cell_read(SEKI_S_TEXT, l->cell[0], 0, b, &v, err) == -1)
		return -1;
	if (v.n != key->n || memcmp(v.p, key->p, v.n) != 0)
		return 0;
	if (small(l, 2, &n, b, err) == -1)
		return -1;
	if (n != ordinal)
		return 0;
	if (seki_cell_read(SEKI_S_TEXT, l->cell[3], 0, b, &v, err) == -1)
		return -1;
	if (!same(&v, rows->list->col[col].head))
		return 0;
	if (small(l, 4, &n, b, err) == -1)
		return -1;
	return n == k;
}

static int
long_value(struct reading *r, const struct seki_rows_in *rows, size_t col,
    const struct seki_value *key, struct seki_value *v, struct seki_err *err)
{
	struct seki_rows_in *l = &r->in.list[r->in.layout->longs];
	uint32_t ordinal = rows->list->what == SEKI_LIST_TABLE ? r->ordinal : 0;
	struct seki_buf *b = &r->buf[col];
	struct seki_value piece;
	uint32_t k;
	int n;

	seki_buf_reset(b);
	for (k = 1;; k++) {
		if ((n = long_next(r, rows->list->name, err)) == 1)
			n = long_here(r, rows, col, key, ordinal, k, err);
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		if (seki_cell_read(SEKI_S_TEXT, l->cell[5], 0, &r->in.buf,
			&piece, err) == -1 ||
		    seki_buf_add(b, piece.p, piece.n, err) == -1)
			return -1;
		if (b->n > SEKI_VALUE_MAX)
			return seki_fail(err, SEKI_LIMIT,
			    _("a value is longer than %zu bytes"),
			    SEKI_VALUE_MAX);
		r->long_waits = 0;
	}
	if (k == 1)
		return seki_rows_fail(rows, col,
		    _("its long text is missing, or not in the order of the "
		      "rows"),
		    err);
	v->p = b->p;
	v->n = b->n;
	v->set = 1;
	if (seki_value_check(rows->list->col[col].shape, v->p, v->n) == NULL)
		return 0;
	return seki_rows_fail(
	    rows, col, _("not a value of this field's type"), err);
}

static int
value(struct reading *r, const struct seki_rows_in *rows, size_t col,
    const struct seki_value *key, struct seki_value *v, struct seki_err *err)
{
	const struct seki_cell *c = rows->cell[col];

	if (c != NULL && c->n == sizeof(SEKI_CELL_LONG) - 1 &&
	    memcmp(c->p, SEKI_CELL_LONG, c->n) == 0)
		return long_value(r, rows, col, key, v, err);
	return bare(r, rows, col, v, err);
}

/* Keys ascend; a table's rows of one record are counted from 1. */
static int
ascends(struct reading *r, const struct seki_rows_in *rows,
    const struct seki_value *key, int again, struct seki_err *err)
{
	int c = r->last.p == NULL
		    ? 1
		    : seki_key_cmp(key->p, key->n, r->last.p, r->last.n);

	if (key->n == 0)
		return seki_rows_fail(rows, 0, _("the row has no key"), err);
	r->key = *key;
	if (key->n > SEKI_KEY_MAX)
		return seki_rows_fail(rows, 0, _("the key is too long"), err);
	if (c == 0 && !again)
		return seki_rows_fail(rows, 0, _("the key stands twice"), err);
	if (c < 0) {
		(void)seki_rows_fail(rows, 0,
		    _("the rows are not in the order of their keys"), err);
		seki_err_hint(err, "%s",
		    _("Somebody has sorted the sheet.  Ask the sender for the "
		      "bundle again and carry it unchanged."));
		return -1;
	}
	if (c == 0) {
		r->ordinal++;
		return 0;
	}
	r->ordinal = 1;
	seki_buf_reset(&r->last);
	return seki_buf_add(&r->last, key->p, key->n, err);
}

static int
record(struct reading *r, const struct seki_rows_in *rows, unsigned char *leaf,
    struct seki_err *err)
{
	struct seki_record rec = { .kind = SEKI_RECORD_ROW, .v = r->v };
	const struct seki_list *l = rows->list;
	size_t i;

	if (bare(r, rows, 0, &rec.key, err) == -1 ||
	    ascends(r, rows, &rec.key, 0, err) == -1)
		return -1;
	for (i = 1; i < l->n; i++)
		if (value(r, rows, i, &rec.key, &r->v[l->col[i].index], err) ==
		    -1)
			return -1;
	r->v[l->col[0].index] = rec.key;
	return seki_canon_record(r->canon, &rec, leaf, err);
}

static int
row(struct reading *r, const struct seki_rows_in *rows, struct seki_err *err)
{
	const struct seki_list *l = rows->list;
	struct seki_row row = { .v = r->v };
	struct seki_value key;
	uint32_t ordinal;
	size_t i;

	if (bare(r, rows, 0, &key, err) == -1 ||
	    ascends(r, rows, &key, 1, err) == -1 ||
	    small(rows, 1, &ordinal, &r->buf[1], err) == -1)
		return -1;
	if (ordinal != r->ordinal)
		return seki_rows_fail(rows, 1,
		    _("the rows of this record are not in their order"), err);
	if (value(r, rows, 2, &key, &row.id, err) == -1)
		return -1;
	for (i = 3; i < l->n; i++)
		if (value(r, rows, i, &key, &r->v[l->col[i].index], err) == -1)
			return -1;
	return seki_canon_row(
	    r->canon, l->table->table, key.p, key.n, &row, err);
}

static int
mark(struct reading *r, const struct seki_rows_in *rows, struct seki_err *err)
{
	struct seki_record rec = { .kind = SEKI_RECORD_HELD };
	struct seki_value word;

	if (bare(r, rows, 0, &rec.key, err) == -1 ||
	    bare(r, rows, 1, &word, err) == -1 ||
	    ascends(r, rows, &rec.key, 0, err) == -1)
		return -1;
	if (same(&word, SEKI_WORD_DELETED))
		rec.kind = SEKI_RECORD_DELETED;
	else if (!same(&word, SEKI_WORD_HELD))
		return seki_rows_fail(
		    rows, 1, _("neither held nor deleted"), err);
	return seki_canon_record(r->canon, &rec, NULL, err);
}

static int
all_rows(struct reading *r, struct seki_rows_in *rows, struct seki_err *err)
{
	enum seki_list_what what = rows->list->what;
	int n;

	while ((n = seki_rows_next(rows, err)) == 1) {
		n = what == SEKI_LIST_RECORDS ? record(r, rows, NULL, err)
		    : what == SEKI_LIST_TABLE ? row(r, rows, err)
					      : mark(r, rows, err);
		if (n == -1) {
			seki_err_record(err, r->key.p, r->key.n);
			return -1;
		}
		r->key.n = 0;
	}
	return n;
}

/*
 * Most of the work is the XML of the records' sheets.  So the next sheet is
 * read ahead by a thread of its own, as far as the leaves may be kept, and what
 * it found counts when the sheet before it has been read: the result, failures
 * too, is that of reading one after the other.
 */
struct ahead {
	struct reading r;
	struct seki_rows_in rows;
	struct seki_buf first; /* key of its first row, until compared */
	uint32_t first_row;
	int begun, left; /* left: of seki_rows_next */
	struct seki_buf leaves;
	struct seki_err err;
};

static int
take_ahead(struct ahead *a)
{
	unsigned char leaf[SEKI_SHA256];
	struct reading *r = &a->r;
	int n = record(r, &a->rows, leaf, &a->err);

	if (!a->begun && r->key.n > 0) {
		a->begun = 1;
		a->first_row = a->rows.row;
		if (seki_buf_add(&a->first, r->key.p, r->key.n, &a->err) == -1)
			n = -1;
	}
	if (n == 0)
		n = seki_buf_add(&a->leaves, leaf, sizeof(leaf), &a->err);
	if (n == -1)
		seki_err_record(&a->err, r->key.p, r->key.n);
	r->key.n = 0;
	return n;
}

/* A failure is kept: its turn comes later. */
static int
ahead(void *ctx, struct seki_err *unused)
{
	struct ahead *a = ctx;

	(void)unused;
	seki_buf_reset(&a->leaves);
	while (a->leaves.n < SEKI_SHEET_AHEAD * SEKI_SHA256 &&
	       (a->left = seki_rows_next(&a->rows, &a->err)) == 1)
		if (take_ahead(a) == -1) {
			a->left = -1;
			break;
		}
	return 0;
}

/* The sheet before has been read: what was read ahead follows it. */
static int
join(struct reading *r, struct ahead *a, size_t at, struct seki_err *err)
{
	struct seki_value key = { .p = a->first.p, .n = a->first.n, .set = 1 };
	struct seki_rows_in rows = a->rows;

	if (key.n > 0) {
		rows.at = at;
		rows.row = a->first_row;
		if (ascends(r, &rows, &key, 0, err) == -1) {
			seki_err_record(err, key.p, key.n);
			return -1;
		}
		r->key.n = a->first.n = 0;
	}
	if (a->leaves.n > 0) {
		seki_buf_reset(&r->last);
		if (seki_buf_add(&r->last, a->r.last.p, a->r.last.n, err) ==
			-1 ||
		    seki_canon_join(r->canon, a->r.canon, a->leaves.p,
			a->leaves.n / SEKI_SHA256, err) == -1)
			return -1;
	}
	if (a->left == -1)
		*err = a->err;
	return a->left;
}

struct behind {
	struct reading *r;
	struct seki_rows_in *rows;
};

static int
behind(void *ctx, struct seki_err *err)
{
	struct behind *b = ctx;

	return all_rows(b->r, b->rows, err);
}

static void
release(struct reading *r)
{
	size_t i;

	for (i = 0; r->buf != NULL && i < SEKI_FIELDS_MAX + 3; i++)
		seki_buf_free(&r->buf[i]);
	free(r->v);
	free(r->buf);
	seki_buf_free(&r->last);
	seki_buf_free(&r->in.buf);
	seki_xlsx_free(r->in.x);
	seki_canon_free(r->canon);
}

static int
prepare(struct reading *r, struct seki_err *err)
{
	r->v = calloc(SEKI_FIELDS_MAX, sizeof(*r->v));
	r->buf = calloc(SEKI_FIELDS_MAX + 3, sizeof(*r->buf));
	if (r->v == NULL || r->buf == NULL)
		return seki_err_nomem(err);
	return (r->canon = seki_canon_new(r->schema, err)) == NULL ? -1 : 0;
}

/* The sheet the list stands at and the one behind it. */
static int
two_sheets(struct reading *r, struct seki_rows_in *rows, struct seki_err *err)
{
	size_t at = rows->at + 1;
	struct ahead *a = calloc(1, sizeof(*a));
	struct behind b = { r, rows };
	struct seki_work_task first = { behind, &b }, second = { ahead, a };
	int n = -1;

	if (a == NULL)
		return seki_err_nomem(err);
	a->r.schema = r->schema;
	a->r.in.layout = r->in.layout;
	if (prepare(&a->r, err) == 0 &&
	    (a->r.in.x = seki_xlsx_twin(r->in.x, err)) != NULL) {
		a->rows = (struct seki_rows_in){ .x = a->r.in.x,
			.list = rows->list,
			.sheet = rows->sheet,
			.part = rows->part,
			.at = at,
			.n = at + 1 };
		rows->n = at;
		if ((n = seki_work_both(&first, &second, err)) == 0)
			while ((n = join(r, a, at, err)) == 1)
				(void)ahead(a, err);
		rows->at = at + 1;
	}
	a->rows.sheet = NULL;
	a->rows.part = NULL;
	seki_rows_free(&a->rows);
	release(&a->r);
	seki_buf_free(&a->first);
	seki_buf_free(&a->leaves);
	free(a);
	return n;
}

static int
list(struct reading *r, size_t i, struct seki_err *err)
{
	struct seki_rows_in *rows = &r->in.list[i];
	const struct seki_list *l = rows->list;
	size_t sheets = rows->n;
	int n = 0;

	seki_buf_free(&r->last);
	memset(r->v, 0, SEKI_FIELDS_MAX * sizeof(*r->v));
	r->long_waits = 0;
	/* Long texts stand in one sheet for all: they are read in turn. */
	if (l->what == SEKI_LIST_RECORDS &&
	    r->in.list[r->in.layout->longs].n == 0)
		while (n == 0 && rows->at + 1 < sheets) {
			n = two_sheets(r, rows, err);
			rows->n = sheets;
		}
	if (n == 0)
		n = all_rows(r, rows, err);
	if (n == -1 || r->in.list[r->in.layout->longs].n == 0)
		return n;
	if ((n = long_next(r, l->name, err)) == 1)
		n = seki_rows_fail(&r->in.list[r->in.layout->longs], 0,
		    _("a long text that belongs to no row"), err);
	seki_rows_rewind(&r->in.list[r->in.layout->longs]);
	return n;
}

static int
begin(struct reading *r, int fd, uint64_t offset, uint64_t length,
    struct seki_err *err)
{
	if ((r->in.layout = seki_sheet_layout_new(r->schema, 0, err)) == NULL ||
	    prepare(r, err) == -1)
		return -1;
	r->in.list = calloc(r->in.layout->n, sizeof(*r->in.list));
	if (r->in.list == NULL)
		return seki_err_nomem(err);
	if ((r->in.x = seki_xlsx_open(fd, offset, length, err)) == NULL)
		return -1;
	return seki_sheet_find(&r->in, err);
}

static void
end(struct reading *r)
{
	size_t i;

	for (i = 0; r->in.list != NULL && i < r->in.layout->n; i++)
		seki_rows_free(&r->in.list[i]);
	free(r->in.list);
	release(r);
	seki_sheet_layout_free(r->in.layout);
}

int
seki_sheet_read(int fd, uint64_t offset, uint64_t length,
    const struct seki_schema *schema, const struct seki_manifest *m,
    struct seki_proof *proof, struct seki_err *err)
{
	struct reading r = { .schema = schema };
	size_t i;
	int n = begin(&r, fd, offset, length, err);

	memset(proof, 0, sizeof(*proof));
	for (i = 0; n == 0 && i < r.in.layout->longs; i++)
		n = list(&r, i, err);
	if (n == 0)
		n = seki_canon_end(r.canon, proof, err);
	if (n == 0 && m != NULL) {
		(void)snprintf(proof->kind, sizeof(proof->kind), "%s",
		    m->kind == NULL ? "" : m->kind);
		n = seki_sheet_cover(&r.in, m, proof, err);
	}
	if (n == -1 && r.in.x != NULL && seki_xlsx_broken(r.in.x) > 0)
		seki_err_hint(err,
		    _("%llu characters of the workbook are broken: a program "
		      "on the way has damaged it.  Carry the bundle again by "
		      "another way."),
		    (unsigned long long)seki_xlsx_broken(r.in.x));
	end(&r);
	return n;
}
