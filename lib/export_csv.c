#include <stdlib.h>
#include <string.h>

#include "store_int.h"

/*
 * CSV: the records without their tables, or the rows of one table with their
 * record's key.  What is not in it is said, table by table.
 */
struct seki_export_csv {
	const struct seki_export *opt;
	const struct seki_store_form *form;
	const struct seki_store_table *table; /* the one written */
	struct seki_csv_out *csv;
	struct seki_exported *done;
	int people, mark;  /* for people; with a column 保留 */
	size_t *column, n; /* of the table, in output order */
	uint64_t *rows;	   /* seen, by table */
	struct seki_buf buf;
};

static int
cell(struct seki_export_csv *w, const char *s, struct seki_err *err)
{
	return seki_csv_put(w->csv, s, strlen(s), err);
}

static int
label(struct seki_export_csv *w, const struct seki_store_table *t, size_t col,
    struct seki_err *err)
{
	seki_buf_reset(&w->buf);
	if (seki_schema_label(w->form->schema, t->field, t->col[col].index,
		&w->buf, err) == -1)
		return -1;
	return seki_csv_put(
	    w->csv, w->buf.n == 0 ? "" : w->buf.p, w->buf.n, err);
}

static int
header(struct seki_export_csv *w, struct seki_err *err)
{
	const struct seki_store_table *t = w->table, *main = &w->form->table[0];
	size_t i;

	if (t->field != NULL && w->people &&
	    (label(w, main, main->key, err) == -1 || cell(w, "行", err) == -1))
		return -1;
	if (t->field != NULL && !w->people &&
	    (cell(w, "$parent", err) == -1 || cell(w, "$row", err) == -1 ||
		cell(w, "$id", err) == -1))
		return -1;
	for (i = 0; i < w->n; i++)
		if ((w->people ? label(w, t, w->column[i], err)
			       : cell(w, t->col[w->column[i]].field->code,
				     err)) == -1)
			return -1;
	if (w->mark && cell(w, "保留", err) == -1)
		return -1;
	return seki_csv_end(w->csv, err);
}

static int
choose_table(struct seki_export_csv *w, struct seki_err *err)
{
	const char *names[SEKI_FIELDS_MAX + 1], *near;
	size_t i, n = w->form->schema->tables;

	w->table = &w->form->table[0];
	if (w->opt->table == NULL)
		return 0;
	for (i = 0; i < n; i++) {
		names[i] = w->form->table[1 + i].field->code;
		if (strcmp(names[i], w->opt->table) != 0)
			continue;
		w->table = &w->form->table[1 + i];
		return 0;
	}
	names[n] = NULL;
	near = n == 1 ? names[0] : seki_text_nearest(w->opt->table, names);
	if (near != NULL)
		seki_err_hint(err, _("did you mean %s?"), near);
	return seki_fail(err, SEKI_CONFIG, _("stream %s has no table %s"),
	    w->form->schema->stream, w->opt->table);
}

static int
is_table(const struct seki_schema *s, const char *code)
{
	int i = seki_schema_find(s, code, strlen(code));

	return i != -1 && s->field[i].type == SEKI_T_SUBTABLE;
}

static int
choose_columns(struct seki_export_csv *w, struct seki_err *err)
{
	const struct seki_export *o = w->opt;
	size_t i, n = o->nfield > 0 ? o->nfield : w->table->n;
	int c;

	if ((w->column = calloc(n + 1, sizeof(*w->column))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < n; i++) {
		c = (int)i;
		if (o->nfield > 0 && w->table->field == NULL &&
		    is_table(w->form->schema, o->fields[i])) {
			seki_err_hint(err, "--table %s", o->fields[i]);
			return seki_fail(err, SEKI_CONFIG,
			    _("%s is a table; a CSV holds records or one "
			      "table"),
			    o->fields[i]);
		}
		if (o->nfield > 0 &&
		    (c = seki_export_column(w->table, o->fields[i], err)) == -1)
			return -1;
		w->column[w->n++] = (size_t)c;
	}
	return 0;
}

struct seki_export_csv *
seki_export_csv_open(const struct seki_export *opt,
    const struct seki_store_form *f, struct seki_out *out,
    struct seki_exported *done, struct seki_err *err)
{
	struct seki_export_csv *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	w->opt = opt;
	w->form = f;
	w->done = done;
	w->people = opt->format == SEKI_EXPORT_PEOPLE;
	w->mark = w->people && f->proof.held > 0;
	w->rows = calloc(f->schema->tables + 1, sizeof(*w->rows));
	if (w->rows == NULL)
		(void)seki_err_nomem(err);
	else if (choose_table(w, err) == 0 && choose_columns(w, err) == 0 &&
		 (w->csv = seki_csv_create(out,
		      w->people ? SEKI_CSV_PEOPLE : SEKI_CSV_MACHINE, err)) !=
		     NULL &&
		 header(w, err) == 0)
		return w;
	seki_export_csv_free(w);
	return NULL;
}

/* For people: Japan time, line ends as one, a file without its type. */
static int
for_people(struct seki_export_csv *w, enum seki_shape shape,
    const struct seki_value *v, struct seki_err *err)
{
	char jst[SEKI_TIME];
	seki_time t;

	if (shape == SEKI_S_DATETIME && seki_time_parse(v->p, v->n, &t) == 0) {
		seki_time_jst(t, jst);
		return cell(w, jst, err);
	}
	seki_buf_reset(&w->buf);
	if (seki_canon_text(shape, v, &w->buf, err) == -1)
		return -1;
	return seki_csv_put(w->csv, w->buf.p, w->buf.n, err);
}

static int
values(struct seki_export_csv *w, const struct seki_value *v, int held,
    struct seki_err *err)
{
	const struct seki_store_column *c;
	const struct seki_value *one;
	size_t i;
	int r = 0;

	for (i = 0; i < w->n && r == 0; i++) {
		c = &w->table->col[w->column[i]];
		one = &v[c->index];
		if (!one->set)
			r = cell(w, "", err);
		else if (w->people)
			r = for_people(w, seki_field_shape(c->field), one, err);
		else
			r = seki_csv_put(w->csv, one->p, one->n, err);
		if (r == -1)
			seki_err_field(err, c->field->code);
	}
	if (r == 0 && w->mark)
		r = cell(w, held ? "保留" : "", err);
	w->done->lines++;
	return r == -1 ? -1 : seki_csv_end(w->csv, err);
}

static int
table_rows(struct seki_export_csv *w, const struct seki_record *rec, int held,
    struct seki_err *err)
{
	size_t field = (size_t)(w->table->field - w->form->schema->field), k;
	const struct seki_value *v = &rec->v[field];
	char ordinal[24];

	for (k = 0; k < v->nrow; k++) {
		(void)snprintf(ordinal, sizeof(ordinal), "%zu", k + 1);
		if (seki_csv_put(w->csv, rec->key.p, rec->key.n, err) == -1 ||
		    cell(w, ordinal, err) == -1 ||
		    (!w->people && seki_csv_put(w->csv,
				       v->row[k].id.set ? v->row[k].id.p : "",
				       v->row[k].id.n, err) == -1) ||
		    values(w, v->row[k].v, held, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_export_csv_put(struct seki_export_csv *w,
    const struct seki_store_item *item, struct seki_err *err)
{
	int held = item->rec.kind == SEKI_RECORD_HELD, r;
	const struct seki_record *rec = held ? &item->old : &item->rec;
	const struct seki_schema *s = w->form->schema;
	size_t i;

	if (held && !item->has_old) {
		w->done->absent++;
		return 0;
	}
	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE)
			w->rows[s->field[i].table] += rec->v[i].nrow;
	r = w->table->field == NULL ? values(w, rec->v, held, err)
				    : table_rows(w, rec, held, err);
	if (r == -1)
		seki_err_record(err, rec->key.p, rec->key.n);
	return r;
}

static void
note(const struct seki_export_csv *w, const char *text)
{
	if (w->opt->note != NULL)
		w->opt->note(w->opt->ctx, text);
}

int
seki_export_csv_end(struct seki_export_csv *w, struct seki_err *err)
{
	const struct seki_store_table *t;
	size_t i;

	/* Who names fields or a table knows what is left out. */
	if (w->opt->nfield > 0 || w->table->field != NULL)
		return 0;
	for (i = 0; i < w->form->schema->tables; i++) {
		t = &w->form->table[1 + i];
		if (w->rows[i] == 0)
			continue;
		seki_buf_reset(&w->buf);
		if (seki_buf_fmt(&w->buf, err,
			_("the %llu rows of table %s are not in this CSV; "
			  "--table %s gives them"),
			(unsigned long long)w->rows[i], t->field->code,
			t->field->code) == -1)
			return -1;
		note(w, w->buf.p);
	}
	return 0;
}

void
seki_export_csv_free(struct seki_export_csv *w)
{
	if (w == NULL)
		return;
	seki_csv_close(w->csv);
	seki_buf_free(&w->buf);
	free(w->column);
	free(w->rows);
	free(w);
}
