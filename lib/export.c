#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "store_int.h"

/*
 * What the store holds goes out again: as the record stream it came as, with
 * the same root, or as CSV.  Every row is held against its leaf on the way.
 */
struct export
{
	const struct seki_export *opt;
	struct seki_store *store;
	struct seki_out *out;
	struct seki_exported *done;
	sqlite3 *db;
	struct seki_store_form form;
	struct seki_export_att *att; /* or NULL */
};

int
seki_export_column(
    const struct seki_store_table *t, const char *code, struct seki_err *err)
{
	const char **names;
	const char *near;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->col[i].field->code, code) == 0)
			return (int)i;
	if ((names = calloc(t->n + 1, sizeof(*names))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < t->n; i++)
		names[i] = t->col[i].field->code;
	near = seki_text_nearest(code, names);
	if (near != NULL)
		seki_err_hint(err, _("did you mean %s?"), near);
	free(names);
	return seki_fail(
	    err, SEKI_CONFIG, _("there is no field %s to export"), code);
}

/* A stream that is not there: the ones that are. */
static int
no_stream(sqlite3 *db, const char *stream, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	struct seki_err why = SEKI_ERR_INIT;

	if (db != NULL &&
	    seki_store_prepare(db, &st, &why, "%s",
		"SELECT group_concat(stream, ', ') FROM seki_stream") == 0 &&
	    seki_store_step(db, st, &why) == 1 &&
	    sqlite3_column_type(st, 0) != SQLITE_NULL)
		seki_err_hint(err, _("the store holds: %s"),
		    (const char *)sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
	return seki_fail(
	    err, SEKI_CONFIG, _("the store holds no stream %s"), stream);
}

/* The schema of the chosen fields, in the form's order, the key among them. */
static struct seki_schema *
chosen(const struct export *x, size_t *index, struct seki_err *err)
{
	const struct seki_schema *s = x->form.schema;
	struct seki_schema *c = seki_schema_new(s->stream, s->key, err);
	struct seki_field *f;
	size_t i, k;
	int want;

	if (c == NULL || seki_schema_source(c, s->source.system,
			     s->source.domain, s->source.app, err) == -1)
		goto fail;
	for (i = 0; i < s->n; i++) {
		want = strcmp(s->field[i].code, s->key) == 0;
		for (k = 0; k < x->opt->nfield && !want; k++)
			want = strcmp(x->opt->fields[k], s->field[i].code) == 0;
		if (!want)
			continue;
		index[c->n] = i;
		f = seki_schema_add(c, NULL, s->field[i].code,
		    s->field[i].label, s->field[i].type, s->field[i].calc, err);
		for (k = 0; f != NULL && k < s->field[i].nsub; k++)
			if (seki_schema_add(c, f, s->field[i].sub[k].code,
				s->field[i].sub[k].label,
				s->field[i].sub[k].type,
				s->field[i].sub[k].calc, err) == NULL)
				goto fail;
		if (f == NULL)
			goto fail;
	}
	if (seki_schema_finish(c, err) == 0)
		return c;
fail:
	seki_schema_free(c);
	return NULL;
}

/* Each name of --fields is a field of the form, tables among them. */
static int
fields_ok(const struct export *x, struct seki_err *err)
{
	const struct seki_schema *s = x->form.schema;
	const char *code;
	size_t i;

	for (i = 0; i < x->opt->nfield; i++) {
		code = x->opt->fields[i];
		if (seki_schema_find(s, code, strlen(code)) == -1 &&
		    seki_export_column(&x->form.table[0], code, err) == -1)
			return -1;
	}
	return 0;
}

/* What is needed to find the records again in this store's ledger, for who
 * makes something of them. */
static int
from_here(const struct seki_store_form *f, json_t *source, struct seki_err *err)
{
	char root[SEKI_HEX], manifest[SEKI_HEX];
	json_t *o;

	seki_text_hex(f->root, SEKI_SHA256, root);
	seki_text_hex(f->digest, SEKI_SHA256, manifest);
	o = f->local
		? json_pack("{s:s,s:I,s:s}", "stream", f->schema->stream, "run",
		      (json_int_t)f->seq, "root", root)
		: json_pack("{s:s,s:I,s:I,s:s,s:s}", "stream",
		      f->schema->stream, "epoch", (json_int_t)f->epoch, "seq",
		      (json_int_t)f->seq, "root", root, "manifest", manifest);
	if (o == NULL || json_object_set_new(source, "exported", o) != 0)
		return seki_err_nomem(err);
	return 0;
}

/* How the records were fetched.  A delta's counts and ids are those of what had
 * changed: of the whole they say nothing. */
static char *
fetched(const struct export *x, json_t *complete, struct seki_err *err)
{
	json_t *source = json_object_get(complete, "source");
	char *text = NULL;

	if (x->form.delta) {
		(void)json_object_del(source, "total");
		(void)json_object_del(source, "id_min");
		(void)json_object_del(source, "id_max");
	}
	if (from_here(&x->form, source, err) == 0 &&
	    (text = json_dumps(source, JSON_COMPACT)) == NULL)
		(void)seki_err_nomem(err);
	return text;
}

/* Source and rules as they came; the bookmarks are the cloud's business. */
static int
end_stream(const struct export *x, struct seki_stream_out *w,
    const struct seki_proof *from, struct seki_err *err)
{
	struct seki_ending end = { .kind = "full" };
	struct seki_proof proof;
	json_t *state = seki_doc_parse(x->form.state, strlen(x->form.state),
	    SEKI_SCHEMA, "seki_bundle", err);
	json_t *complete = json_object_get(state, "complete");
	char *source = NULL;
	int r = -1;

	if (state == NULL)
		return -1;
	source = fetched(x, complete, err);
	end.source = source;
	end.rules = json_string_value(json_object_get(complete, "rules"));
	if (source != NULL)
		r = seki_stream_end(w, &end, from, 0, &proof, err);
	if (r == 0)
		memcpy(x->done->root, proof.root, SEKI_SHA256);
	free(source);
	json_decref(state);
	return r;
}

static int
drained(
    const struct export *x, struct seki_store_read *in, struct seki_err *err)
{
	const struct seki_proof *p = seki_store_read_proof(in);
	const struct seki_store_form *f = &x->form;

	if (x->opt->unchecked ||
	    (memcmp(p->root, f->root, SEKI_SHA256) == 0 &&
		memcmp(seki_store_read_sum(in), f->sum, SEKI_SHA256) == 0))
		return 0;
	return seki_store_differs(f, p, err);
}

static void
count(const struct export *x, const struct seki_store_item *item)
{
	uint64_t n;

	if (item->rec.kind == SEKI_RECORD_HELD)
		x->done->held++;
	else
		x->done->records++;
	n = x->done->records + x->done->held;
	if (n % 1000 == 0 && x->opt->progress != NULL)
		x->opt->progress(
		    x->opt->ctx, n, x->form.proof.records + x->form.proof.held);
}

/* Of a held record those of its last good version, where that is given. */
static int
attachments(const struct export *x, const struct seki_store_item *item,
    struct seki_err *err)
{
	const struct seki_record *rec = &item->rec;

	if (rec->kind == SEKI_RECORD_HELD)
		rec = x->opt->format != SEKI_EXPORT_STREAM && item->has_old
			  ? &item->old
			  : NULL;
	return x->att == NULL || rec == NULL
		   ? 0
		   : seki_export_att_put(x->att, rec, rec != &item->rec, err);
}

static int
put(struct seki_stream_out *w, const struct seki_record *rec,
    const size_t *index, struct seki_value *v, size_t n, struct seki_err *err)
{
	struct seki_record part = *rec;
	size_t i;

	if (rec->kind == SEKI_RECORD_ROW) {
		for (i = 0; i < n; i++)
			v[i] = rec->v[index[i]];
		part.v = v;
	}
	return seki_stream_put(w, &part, err);
}

static int
stream(struct export *x, struct seki_store_read *in, struct seki_err *err)
{
	size_t index[SEKI_FIELDS_MAX];
	struct seki_value v[SEKI_FIELDS_MAX];
	const struct seki_schema *s = x->form.schema;
	struct seki_schema *part = NULL;
	struct seki_stream_out *w = NULL;
	struct seki_store_item *item;
	size_t i;
	int r = -1;

	for (i = 0; i < s->n; i++)
		index[i] = i;
	if (x->opt->nfield > 0 &&
	    (fields_ok(x, err) == -1 ||
		(s = part = chosen(x, index, err)) == NULL))
		return -1;
	if ((w = seki_stream_create(x->out, s, err)) == NULL)
		goto out;
	while ((r = seki_store_read_next(in, &item, err)) == 1) {
		if (put(w, &item->rec, index, v, s->n, err) == -1 ||
		    attachments(x, item, err) == -1) {
			r = -1;
			break;
		}
		count(x, item);
	}
	if (r == 0 && (r = drained(x, in, err)) == 0)
		r = end_stream(x, w, part == NULL ? NULL : &x->form.proof, err);
out:
	seki_stream_abort(w);
	seki_schema_free(part);
	return r;
}

static int
csv(struct export *x, struct seki_store_read *in, struct seki_err *err)
{
	struct seki_export_csv *w =
	    seki_export_csv_open(x->opt, &x->form, x->out, x->done, err);
	struct seki_store_item *item;
	int r = -1;

	if (w == NULL)
		return -1;
	while ((r = seki_store_read_next(in, &item, err)) == 1) {
		if (seki_export_csv_put(w, item, err) == -1 ||
		    attachments(x, item, err) == -1) {
			r = -1;
			break;
		}
		count(x, item);
	}
	if (r == 0 && (r = drained(x, in, err)) == 0)
		r = seki_export_csv_end(w, err);
	memcpy(x->done->root, x->form.root, SEKI_SHA256);
	seki_export_csv_free(w);
	return r;
}

/* Nothing of it goes out, but what goes out is only as good as it. */
static int
genuine(const struct export *x, struct seki_err *err)
{
	if (x->opt->unchecked)
		return 0;
	return seki_store_ledger(x->store, err) == -1 ||
		       seki_store_past_check(x->db, &x->form, err) == -1
		   ? -1
		   : 0;
}

static int
run(struct export *x, struct seki_err *err)
{
	struct seki_store_read *in;
	int r = seki_store_form_load(x->db, x->opt->stream, &x->form, err);

	if (r == 0 || (r == 1 && x->form.bundle == 0))
		return no_stream(x->db, x->opt->stream, err);
	if (r == -1 || seki_store_check(x->db, &x->form, err) == -1 ||
	    genuine(x, err) == -1 ||
	    (x->opt->attachments != NULL &&
		(x->att = seki_export_att_open(
		     x->store, x->opt, x->form.schema, err)) == NULL) ||
	    (in = seki_store_read_open(
		 x->db, &x->form, !x->opt->unchecked, err)) == NULL)
		return -1;
	x->done->epoch = x->form.epoch;
	x->done->seq = x->form.seq;
	x->done->local = x->form.local;
	r = x->opt->format == SEKI_EXPORT_STREAM ? stream(x, in, err)
						 : csv(x, in, err);
	if (r == 0 && x->att != NULL)
		r = seki_export_att_end(x->att, x->done, err);
	seki_store_read_free(in);
	return r;
}

int
seki_export_run(struct seki_store *store, const struct seki_export *opt,
    struct seki_out *out, struct seki_exported *done, struct seki_err *err)
{
	struct export x = { .opt = opt,
		.store = store,
		.out = out,
		.done = done,
		.db = store->db };
	int r = -1;

	memset(done, 0, sizeof(*done));
	if (x.db == NULL)
		(void)no_stream(NULL, opt->stream, err);
	/* One transaction: an import meanwhile changes nothing of it. */
	else if (seki_store_exec(x.db, err, "BEGIN") == 0) {
		r = run(&x, err);
		seki_store_rollback(store);
	}
	seki_export_att_free(x.att);
	seki_store_form_free(&x.form);
	if (r == -1 && err->reason != SEKI_USAGE)
		seki_err_object(err, store->path);
	return r;
}
