#include <stdlib.h>
#include <string.h>

#include "relay_int.h"
#include "xlsx.h"

/* A row of the block that is not as it was signed, until its columns are
 * known. */
struct bad {
	enum seki_damage_kind kind; /* CHANGED or MISSING */
	char *key;
	uint32_t ordinal;
	uint32_t sheet, row;
	char **found; /* by the record list's columns; NULL: empty */
};
struct seki_relay_match {
	struct seki_reclist_in *in;
	size_t list;
	struct seki_relay_where where;
	struct seki_reclist_cols cols;
	size_t *col; /* of the sheet, by the record list's columns */
	struct seki_reclist_sum *sum;
	unsigned char *sums;
	struct seki_reclist_row want;
	int have; /* 1: want was not found yet; 0: none is left; -1: to be read
		   */
	const unsigned char *block;
	struct bad bad[SEKI_RECLIST_BLOCK];
	size_t nbad;
	int holes; /* rows of the block are missing: no column can be told */
	int64_t wrong;
};

/* Columns of the list's sheet: those of the record list come in its order. */
static int
columns(struct seki_relay_match *m, struct seki_err *err)
{
	const struct seki_list *l = &m->where.layout->list[m->list];
	size_t i, k = 0;

	if ((m->col = calloc(m->cols.n + 1, sizeof(*m->col))) == NULL ||
	    (m->sums = calloc(m->cols.n + 1, SEKI_RECLIST_SUM)) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < l->n; i++)
		if (l->col[i].what == SEKI_COL_FIELD ||
		    l->col[i].what == SEKI_COL_ROW_ID)
			m->col[k++] = i;
	return 0;
}

struct seki_relay_match *
seki_relay_match_new(struct seki_in *list, const struct seki_schema *schema,
    size_t nlist, const struct seki_relay_where *where, struct seki_err *err)
{
	struct seki_relay_match *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		(void)seki_err_nomem(err);
		seki_in_free(list);
		return NULL;
	}
	m->list = nlist;
	m->where = *where;
	m->have = -1;
	if ((m->in = seki_reclist_open(list, schema, nlist, err)) != NULL &&
	    seki_reclist_cols(schema, nlist, &m->cols, err) == 0 &&
	    columns(m, err) == 0 &&
	    (m->sum = seki_reclist_sum_new(m->cols.n, err)) != NULL)
		return m;
	seki_relay_match_free(m);
	return NULL;
}

static void
forget(struct bad *b, size_t cols)
{
	size_t i;

	for (i = 0; b->found != NULL && i < cols; i++)
		free(b->found[i]);
	free(b->found);
	free(b->key);
	memset(b, 0, sizeof(*b));
}

static int
say(struct seki_relay_match *m, const struct bad *b, size_t col, int suspect,
    struct seki_err *err)
{
	const struct seki_reclist_col *c =
	    col == SIZE_MAX ? NULL : &m->cols.col[col];
	struct seki_damage_item item = { .kind = b->kind,
		.suspect = suspect,
		.list = m->where.layout->list[m->list].name,
		.key = b->key,
		.ordinal = b->ordinal };
	char cell[16] = "";

	if (m->where.damage == NULL)
		return 0;
	if (c != NULL) {
		item.label =
		    c->field == NULL
			? m->where.layout->list[m->list].col[m->col[col]].head
			: c->field->label;
		item.code = c->field == NULL ? "$id" : c->field->code;
		item.found = b->found == NULL ? NULL : b->found[col];
	}
	if (b->kind == SEKI_DAMAGE_CHANGED) {
		seki_relay_rows_cell(m->where.rows, m->list, b->sheet, b->row,
		    c == NULL ? 0 : m->col[col], cell);
		item.sheet = seki_xlsx_name(m->where.x, b->sheet);
	} else
		item.sheet = "";
	item.cell = cell;
	return m->where.damage(m->where.ctx, &item, err);
}

static int
known(const struct seki_relay_match *m)
{
	size_t i;

	for (i = 0; i < m->cols.n * SEKI_RECLIST_SUM; i++)
		if (m->block[i] != 0)
			return 1;
	return 0;
}

static int
differs(const struct seki_relay_match *m, size_t col)
{
	return memcmp(m->block + col * SEKI_RECLIST_SUM,
		   m->sums + col * SEKI_RECLIST_SUM, SEKI_RECLIST_SUM) != 0;
}

/* The columns that are wrong cross the rows that are. */
static int
name(struct seki_relay_match *m, int lost, struct seki_err *err)
{
	size_t i, k, cols = 0, rows = 0;
	int blind = m->holes || lost || !known(m), suspect;

	for (k = 0; !blind && k < m->cols.n; k++)
		cols += (size_t)differs(m, k);
	for (i = 0; i < m->nbad; i++)
		rows += m->bad[i].kind == SEKI_DAMAGE_CHANGED;
	suspect = rows > 1 && cols > 1;
	for (i = 0; i < m->nbad; i++) {
		if (m->bad[i].kind != SEKI_DAMAGE_CHANGED || cols == 0) {
			if (say(m, &m->bad[i], SIZE_MAX, 0, err) == -1)
				return -1;
			continue;
		}
		for (k = 0; k < m->cols.n; k++)
			if (differs(m, k) &&
			    say(m, &m->bad[i], k, suspect, err) == -1)
				return -1;
	}
	return 0;
}

static int
end_block(struct seki_relay_match *m, struct seki_err *err)
{
	int lost = seki_reclist_sum_end(m->sum, m->sums), r = 0;
	size_t i;

	if (m->nbad > 0)
		r = name(m, lost, err);
	for (i = 0; i < m->nbad; i++)
		forget(&m->bad[i], m->cols.n);
	m->nbad = 0;
	m->holes = 0;
	return r;
}

static struct bad *
keep(struct seki_relay_match *m, enum seki_damage_kind kind, const char *key,
    size_t n, uint32_t ordinal, struct seki_err *err)
{
	struct bad *b = &m->bad[m->nbad];

	m->wrong++;
	b->kind = kind;
	b->ordinal = ordinal;
	if ((b->key = strndup(key, n)) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	m->nbad++;
	return b;
}

/* want is done with: found, or missing. */
static int
done(struct seki_relay_match *m, struct seki_err *err)
{
	m->have = -1;
	return m->block == NULL ? 0 : end_block(m, err);
}

static int
missing(struct seki_relay_match *m, struct seki_err *err)
{
	m->holes = 1;
	if (keep(m, SEKI_DAMAGE_MISSING, m->want.key, m->want.nkey,
		m->want.ordinal, err) == NULL)
		return -1;
	return done(m, err);
}

static int
look(struct seki_relay_match *m, struct seki_err *err)
{
	if (m->have == -1) {
		m->have = seki_reclist_next(m->in, &m->want, err);
		if (m->have == -1)
			return -1;
		m->block = m->have == 1 ? seki_reclist_block(m->in) : NULL;
	}
	return m->have;
}

int
seki_relay_match_find(struct seki_relay_match *m, const char *key, size_t n,
    uint32_t ordinal, const unsigned char **leaf, struct seki_err *err)
{
	int r, c;

	while ((r = look(m, err)) == 1) {
		c = seki_key_cmp(m->want.key, m->want.nkey, key, n);
		if (c == 0)
			c = m->want.ordinal < ordinal	? -1
			    : m->want.ordinal > ordinal ? 1
							: 0;
		if (c > 0)
			return 0;
		*leaf = m->want.leaf;
		if (c == 0)
			return 1;
		if (missing(m, err) == -1)
			return -1;
	}
	return r;
}

/* Bytes of what the cell shows, for the report: whole characters. */
#define SHOWN 400

static char *
shown(const struct seki_relay_cell *c, const struct seki_value *v)
{
	const char *p = c->tag == SEKI_RELAY_ODD || v == NULL ? c->p : v->p;
	size_t n = c->tag == SEKI_RELAY_ODD || v == NULL ? c->n : v->n;

	if (n > SHOWN)
		n = (size_t)seki_text_cut(p, SHOWN);
	return n == 0 ? NULL : strndup(p, n);
}

static int
changed(struct seki_relay_match *m, const struct seki_relay_row *r,
    const struct seki_value *const *v, struct seki_err *err)
{
	struct bad *b = keep(m, SEKI_DAMAGE_CHANGED, m->want.key, m->want.nkey,
	    m->want.ordinal, err);
	size_t i;

	if (b == NULL)
		return -1;
	b->sheet = r->sheet;
	b->row = r->row;
	if ((b->found = calloc(m->cols.n + 1, sizeof(*b->found))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < m->cols.n; i++)
		b->found[i] = shown(&r->cell[m->col[i]], v[i]);
	return 0;
}

int
seki_relay_match_put(struct seki_relay_match *m, const struct seki_relay_row *r,
    const struct seki_value *const *v, int same, struct seki_err *err)
{
	/* What is no value differs from every value. */
	static const struct seki_value odd = { .p = "␛", .n = 3, .set = 1 };
	size_t i;

	for (i = 0; i < m->cols.n; i++)
		if (seki_reclist_sum_add(m->sum, i,
			v[i] == NULL ? SEKI_S_NUMBER : m->cols.col[i].shape,
			v[i] == NULL ? &odd : v[i], err) == -1)
			return -1;
	if (!same && changed(m, r, v, err) == -1)
		return -1;
	return done(m, err);
}

int
seki_relay_match_odd(struct seki_relay_match *m, const struct seki_relay_row *r,
    uint32_t ordinal, enum seki_damage_kind kind, struct seki_err *err)
{
	char cell[16];
	char *key;
	struct seki_damage_item item = { .kind = kind,
		.list = m->where.layout->list[m->list].name,
		.ordinal = ordinal,
		.sheet = seki_xlsx_name(m->where.x, r->sheet),
		.cell = cell };
	int n;

	m->wrong++;
	if (m->where.damage == NULL)
		return 0;
	seki_relay_rows_cell(m->where.rows, m->list, r->sheet, r->row, 0, cell);
	if ((key = strndup(r->key, r->nkey)) == NULL)
		return seki_err_nomem(err);
	item.key = key;
	n = m->where.damage(m->where.ctx, &item, err);
	free(key);
	return n;
}

int64_t
seki_relay_match_end(struct seki_relay_match *m, struct seki_err *err)
{
	int r;

	while ((r = look(m, err)) == 1)
		if (missing(m, err) == -1)
			return -1;
	return r == -1 ? -1 : m->wrong;
}

void
seki_relay_match_free(struct seki_relay_match *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->nbad; i++)
		forget(&m->bad[i], m->cols.n);
	seki_reclist_free(m->in);
	seki_reclist_sum_free(m->sum);
	free(m->cols.col);
	free(m->col);
	free(m->sums);
	free(m);
}
