#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay_int.h"
#include "xlsx.h"

/* Per list and thread; the records' list gets more. */
#define MEMORY (SEKI_MIB)
#define MEMORY_RECORDS (6 * SEKI_MIB)

/* A thread's own: the same workbook once more, and what it read. */
struct reader {
	struct seki_relay_rows *of;
	struct seki_xlsx *x;
	struct seki_sort **sort; /* by list, made when needed */
	struct seki_buf data, text, exact;
	uint64_t hidden;
};
struct seki_relay_rows {
	struct seki_sheet_in *in;
	const struct seki_sheet_layout *layout;
	const char *spool;
	struct reader reader[2];
	struct seki_sort_file spills;
	pthread_mutex_t lock;
	size_t list, sheet; /* the next to be read */
	int failed;
	/* By list and sheet of the workbook: which column is which. */
	uint16_t ***map;
	/* By list and reader: the row that waits, and whether one does. */
	struct seki_sorted (*head)[2];
	int (*have)[2]; /* 1; 0 none; -1 not looked yet */
};

/* The next sheet to read: 1, or 0 when there is none. */
static int
job(struct seki_relay_rows *r, size_t *list, size_t *sheet)
{
	int got = 0;

	(void)pthread_mutex_lock(&r->lock);
	while (!r->failed && r->list < r->layout->n && !got) {
		got = r->sheet < r->in->list[r->list].n;
		if (got) {
			*list = r->list;
			*sheet = r->sheet++;
		} else {
			r->list++;
			r->sheet = 0;
		}
	}
	(void)pthread_mutex_unlock(&r->lock);
	return got;
}

static void
stop(struct seki_relay_rows *r)
{
	(void)pthread_mutex_lock(&r->lock);
	r->failed = 1;
	(void)pthread_mutex_unlock(&r->lock);
}

static int
put(struct seki_buf *b, enum seki_relay_tag tag, const char *p, size_t n,
    struct seki_err *err)
{
	uint32_t len = (uint32_t)n;

	if (n > SEKI_RECORD_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("a value is longer than %zu bytes"), SEKI_VALUE_MAX);
	return seki_buf_byte(b, (int)tag, err) == -1 ||
		       seki_buf_add(b, &len, sizeof(len), err) == -1 ||
		       seki_buf_add(b, p, n, err) == -1
		   ? -1
		   : 0;
}

static int
cell(struct reader *t, const struct seki_col *col, const struct seki_cell *c,
    struct seki_err *err)
{
	struct seki_value v;
	int r;

	if (c == NULL || c->n == 0)
		return put(&t->data, SEKI_RELAY_EMPTY, NULL, 0, err);
	if (c->n == sizeof(SEKI_CELL_LONG) - 1 &&
	    memcmp(c->p, SEKI_CELL_LONG, c->n) == 0)
		return put(&t->data, SEKI_RELAY_LONG, NULL, 0, err);
	r = seki_cell_read(
	    col->shape, c, seki_xlsx_1904(t->x), &t->text, &v, err);
	if (r == -1)
		return -1;
	if (r == 1 || c->error)
		return put(&t->data, SEKI_RELAY_ODD, c->p, c->n, err);
	if (c->kind == SEKI_CELL_NUMBER &&
	    (col->shape == SEKI_S_TEXT || col->shape == SEKI_S_NUMBER) &&
	    (r = seki_cell_exact(c, &t->exact, err)) != 1)
		return r == -1 || put(&t->data, SEKI_RELAY_TWO, v.p, v.n,
				      err) == -1
			   ? -1
			   : put(&t->data, SEKI_RELAY_VALUE, t->exact.p,
				 t->exact.n, err);
	return put(&t->data, v.set ? SEKI_RELAY_VALUE : SEKI_RELAY_EMPTY, v.p,
	    v.n, err);
}

static int
row(struct reader *t, const struct seki_rows_in *in, uint32_t sheet,
    struct seki_sort *sort, struct seki_err *err)
{
	uint32_t at[2] = { sheet, in->row };
	struct seki_buf key = SEKI_BUF_INIT;
	struct seki_sorted s;
	struct seki_value v;
	size_t i;
	int r;

	seki_buf_reset(&t->data);
	r = seki_buf_add(&t->data, at, sizeof(at), err);
	for (i = 1; r == 0 && i < in->list->n; i++)
		r = cell(t, &in->list->col[i], in->cell[i], err);
	if (r == 0)
		r = seki_cell_read(in->list->col[0].shape, in->cell[0],
		    seki_xlsx_1904(t->x), &key, &v, err);
	if (r == 1) {
		v.p = in->cell[0]->p;
		v.n = in->cell[0]->n;
	}
	if (r != -1) {
		/* One that is too long is none of ours in any case. */
		s.key = v.n == 0 ? "" : v.p;
		s.nkey = v.n > SEKI_KEY_MAX
			     ? (size_t)seki_text_cut(v.p, SEKI_KEY_MAX)
			     : v.n;
		s.data = t->data.p;
		s.ndata = t->data.n;
		r = seki_sort_add(sort, &s, err);
	}
	seki_buf_free(&key);
	return r;
}

/* Where each column of the list stands. */
static int
remember(struct seki_relay_rows *r, size_t list, const struct seki_rows_in *in,
    size_t sheet, struct seki_err *err)
{
	uint16_t *m;
	size_t i;

	if (r->map[list][sheet] != NULL || in->map == NULL)
		return 0;
	if ((m = calloc(in->list->n, sizeof(*m))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < SEKI_SHEET_COLS; i++)
		if (in->map[i] >= 0)
			m[in->map[i]] = (uint16_t)i;
	r->map[list][sheet] = m;
	return 0;
}

static int
sheet(struct reader *t, size_t list, size_t i, struct seki_err *err)
{
	struct seki_relay_rows *r = t->of;
	const struct seki_rows_in *from = &r->in->list[list];
	struct seki_rows_in in = { .x = t->x,
		.list = from->list,
		.sheet = &from->sheet[i],
		.part = &from->part[i],
		.n = 1,
		.relay = 1 };
	size_t number = from->sheet[i];
	int n;

	if (t->sort[list] == NULL) {
		t->sort[list] = seki_sort_new(
		    r->spool, list == 0 ? MEMORY_RECORDS : MEMORY, err);
		if (t->sort[list] == NULL)
			return -1;
		seki_sort_share(t->sort[list], &r->spills);
	}
	while ((n = seki_rows_next(&in, err)) == 1)
		if (remember(r, list, &in, number, err) == -1 ||
		    row(t, &in, (uint32_t)number, t->sort[list], err) == -1) {
			n = -1;
			break;
		}
	t->hidden += in.hidden;
	in.sheet = NULL;
	in.part = NULL;
	seki_rows_free(&in);
	return n;
}

static int
work(void *ctx, struct seki_err *err)
{
	struct reader *t = ctx;
	size_t list, i;

	while (job(t->of, &list, &i))
		if (sheet(t, list, i, err) == -1) {
			stop(t->of);
			return -1;
		}
	return 0;
}

static int
prepare(struct seki_relay_rows *r, struct seki_err *err)
{
	size_t n = r->layout->n, i;

	r->map = calloc(n, sizeof(*r->map));
	r->head = calloc(n, sizeof(*r->head));
	r->have = calloc(n, sizeof(*r->have));
	if (r->map == NULL || r->head == NULL || r->have == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < n; i++) {
		r->have[i][0] = r->have[i][1] = -1;
		r->map[i] =
		    calloc(seki_xlsx_sheets(r->in->x) + 1, sizeof(**r->map));
		if (r->map[i] == NULL)
			return seki_err_nomem(err);
	}
	for (i = 0; i < 2; i++) {
		r->reader[i].of = r;
		r->reader[i].sort = calloc(n, sizeof(*r->reader[i].sort));
		if (r->reader[i].sort == NULL)
			return seki_err_nomem(err);
	}
	r->reader[0].x = r->in->x;
	return (r->reader[1].x = seki_xlsx_twin(r->in->x, err)) == NULL ? -1
									: 0;
}

struct seki_relay_rows *
seki_relay_rows_read(
    struct seki_sheet_in *in, const char *spool, struct seki_err *err)
{
	struct seki_relay_rows *r = calloc(1, sizeof(*r));
	struct seki_work_task a, b;

	if (r == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	r->in = in;
	r->layout = in->layout;
	r->spool = spool;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_mutex_init(&r->spills.lock, NULL);
	r->spills.fd = seki_dir_spool(spool, err);
	a = (struct seki_work_task){ work, &r->reader[0] };
	b = (struct seki_work_task){ work, &r->reader[1] };
	if (r->spills.fd != -1 && prepare(r, err) == 0 &&
	    seki_work_both(&a, &b, err) == 0)
		return r;
	seki_relay_rows_free(r);
	return NULL;
}

static int
look(struct seki_relay_rows *r, size_t list, size_t i, struct seki_err *err)
{
	struct seki_sort *s = r->reader[i].sort[list];

	if (r->have[list][i] == -1)
		r->have[list][i] =
		    s == NULL ? 0 : seki_sort_next(s, &r->head[list][i], err);
	return r->have[list][i];
}

/* Which reader's row is the first; both must have been looked at. */
static size_t
first(const struct seki_relay_rows *r, size_t list)
{
	const struct seki_sorted *a = &r->head[list][0], *b = &r->head[list][1];

	if (r->have[list][0] != 1)
		return 1;
	if (r->have[list][1] != 1)
		return 0;
	return seki_key_cmp(a->key, a->nkey, b->key, b->nkey) <= 0 ? 0 : 1;
}

int
seki_relay_rows_peek(struct seki_relay_rows *r, size_t list,
    struct seki_sorted *s, struct seki_err *err)
{
	if (look(r, list, 0, err) == -1 || look(r, list, 1, err) == -1)
		return -1;
	if (r->have[list][0] != 1 && r->have[list][1] != 1)
		return 0;
	*s = r->head[list][first(r, list)];
	return 1;
}

void
seki_relay_rows_take(struct seki_relay_rows *r, size_t list)
{
	r->have[list][first(r, list)] = -1;
}

void
seki_relay_rows_cell(const struct seki_relay_rows *r, size_t list,
    uint32_t sheet, uint32_t row, size_t col, char out[16])
{
	const uint16_t *m = r->map[list][sheet];

	seki_cell_name(row, m == NULL ? 0 : m[col], out);
}

uint64_t
seki_relay_rows_hidden(const struct seki_relay_rows *r)
{
	return r->reader[0].hidden + r->reader[1].hidden;
}

void
seki_relay_rows_free(struct seki_relay_rows *r)
{
	size_t i, k;

	if (r == NULL)
		return;
	for (i = 0; i < 2; i++) {
		for (k = 0; r->reader[i].sort != NULL && k < r->layout->n; k++)
			seki_sort_free(r->reader[i].sort[k]);
		free(r->reader[i].sort);
		seki_buf_free(&r->reader[i].data);
		seki_buf_free(&r->reader[i].text);
		seki_buf_free(&r->reader[i].exact);
	}
	seki_xlsx_free(r->reader[1].x);
	for (k = 0; r->map != NULL && k < r->layout->n; k++) {
		for (i = 0; r->map[k] != NULL && i < seki_xlsx_sheets(r->in->x);
		     i++)
			free(r->map[k][i]);
		free(r->map[k]);
	}
	free(r->map);
	free(r->head);
	free(r->have);
	if (r->spills.fd != -1)
		(void)close(r->spills.fd);
	(void)pthread_mutex_destroy(&r->spills.lock);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}
