#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "local_int.h"
#include "steps.h"

/*
 * A stream that was made here becomes the store's local stream.  It is read to
 * its proof first, into a file without a name: who writes it reads this very
 * database, and could not go on while it is written to; and so nothing is
 * written for a stream that turns out cut.
 */
struct local {
	struct seki_store *store;
	sqlite3 *db;
	const struct seki_local *opt;
	struct seki_localized *out;
	int fd;
	const char *name;	    /* of the input, for messages */
	struct seki_schema *schema; /* the stream's, under the local name */
	struct seki_proof proof;
	struct seki_local_end end;
	struct seki_local_last last;
	struct seki_store_form form;
	json_t *doc;
	struct seki_buf bytes; /* of doc */
	unsigned char digest[SEKI_SHA256];
	seki_time now, created;
	int64_t id;
	uint64_t kept, was;		 /* records that stood there */
	unsigned char held[SEKI_SHA256]; /* what was held, and why */
	int another; /* form than the one that stood there */
};

static int
rename_schema(
    struct local *l, const struct seki_schema *s, struct seki_err *err)
{
	(void)snprintf(l->out->origin, sizeof(l->out->origin), "%s", s->stream);
	if ((l->schema = seki_schema_copy(s, err)) == NULL)
		return -1;
	l->schema->deletes = 0; /* a table deletes nothing */
	free(l->schema->stream);
	l->schema->stream = strdup(l->opt->stream);
	return l->schema->stream == NULL ? seki_err_nomem(err) : 0;
}

static int
whole(const struct seki_proof *p, struct seki_err *err)
{
	if (strcmp(p->kind, "full") == 0)
		return 0;
	seki_err_hint(err, "%s",
	    _("a local stream is made anew from all records: give the output "
	      "of seki-export"));
	return seki_fail(err, SEKI_POLICY, "%s",
	    _("a delta, which says nothing of the other records"));
}

/* All of it once, to its proof. */
static int
learn(struct local *l, struct seki_err *err)
{
	struct seki_stream_in *in = seki_stream_again(l->fd, l->name, err);
	struct seki_record *rec;
	int r;

	if (in == NULL)
		return -1;
	while ((r = seki_stream_next(in, &rec, err)) == 1)
		;
	if (r == 0) {
		l->proof = *seki_stream_proof(in);
		if (whole(&l->proof, err) == -1 ||
		    rename_schema(l, seki_stream_schema(in), err) == -1 ||
		    seki_local_end_read(in, &l->end, err) == -1)
			r = -1;
	}
	seki_stream_free(in);
	if (r == -1)
		seki_err_object(err, l->name);
	return r;
}

/* The name of a carried stream would mix what is signed with what is not. */
static int
name_ok(const struct local *l, struct seki_err *err)
{
	if (l->form.local)
		return 0;
	seki_err_hint(err,
	    _("give the local stream a name of its own: --local %s-local"),
	    l->opt->stream);
	return seki_fail(err, SEKI_CONFIG,
	    _("%s is a carried stream, up to seq %llu: only bundles may "
	      "change it"),
	    l->opt->stream, (unsigned long long)l->form.seq);
}

static int
source_ok(const struct local *l, struct seki_err *err)
{
	const struct seki_source *a = &l->form.schema->source,
				 *b = &l->schema->source;

	if (strcmp(a->system, b->system) == 0 &&
	    strcmp(a->domain, b->domain) == 0 && strcmp(a->app, b->app) == 0 &&
	    strcmp(l->last.origin, l->out->origin) == 0)
		return 0;
	seki_err_object(err, l->name);
	seki_err_hint(err, "%s",
	    _("records of another stream or app go under another local name: "
	      "--local NAME"));
	return seki_fail(err, SEKI_SOURCE,
	    _("local stream %s is made from stream %s of %s app %s; these "
	      "records come from stream %s of %s app %s"),
	    l->opt->stream, l->last.origin, a->domain, a->app, l->out->origin,
	    b->domain, b->app);
}

/* An export that was left lying about must not bring old records back. */
static int
later(const struct local *l, struct seki_err *err)
{
	const struct seki_local_trace *a = &l->last.trace, *b = &l->end.trace;

	if (b->stream[0] == '\0' || strcmp(a->stream, b->stream) != 0 ||
	    b->epoch > a->epoch || (b->epoch == a->epoch && b->seq >= a->seq))
		return 0;
	seki_err_object(err, l->name);
	seki_err_hint(err, "%s",
	    _("export and normalise again: seki-export gives what the store "
	      "holds now"));
	return seki_fail(err, SEKI_ORDER,
	    _("exported when stream %s stood at %llu; local stream %s is made "
	      "from %llu already"),
	    b->stream, (unsigned long long)b->seq, l->opt->stream,
	    (unsigned long long)a->seq);
}

/* The chain that led to the stored form goes on; a person may add a step. */
static int
steps(struct local *l, int accept, struct seki_err *err)
{
	json_t *was = NULL, *is = NULL, *none = NULL, *step = NULL;
	char at[SEKI_TIME];
	int r = -1;

	if (l->schema->steps == NULL && l->form.schema->steps != NULL &&
	    (l->schema->steps = json_copy(l->form.schema->steps)) == NULL)
		return seki_err_nomem(err);
	if (!accept)
		return 0;
	if (l->schema->steps == NULL)
		l->schema->steps = json_array();
	seki_time_format(l->now, at);
	if ((none = json_object()) == NULL || l->schema->steps == NULL)
		(void)seki_err_nomem(err);
	else if ((was = seki_steps_form(l->form.schema, err)) != NULL &&
		 (is = seki_steps_form(l->schema, err)) != NULL &&
		 (step = seki_steps_make(
		      was, is, none, l->opt->accept_form, at, "", err)) != NULL)
		r = seki_steps_add(l->schema->steps, step, err);
	json_decref(was);
	json_decref(is);
	json_decref(none);
	return r;
}

static int
another_form(
    const struct local *l, const struct seki_err *why, struct seki_err *err)
{
	seki_err_object(err, l->name);
	seki_err_field(err, why->field);
	seki_err_hint(err, "%s",
	    _("if the rules table was changed on purpose: the same with "
	      "--accept-form 'NAME' of who knows what was changed; values of "
	      "fields that end go to the history.  Or another local stream: "
	      "--local NAME"));
	return seki_fail(err, why->reason, "%s", why->text);
}

static int
fit(struct local *l, struct seki_store_map *map, struct seki_err *err)
{
	struct seki_err why = SEKI_ERR_INIT;
	uint64_t seq = l->form.seq;
	int r;

	memset(map, 0, sizeof(*map));
	if (steps(l, 0, err) == -1)
		return -1;
	r = seki_store_map_make(map, l->form.schema, seq, l->schema, &why);
	if (r == -1 && why.reason == SEKI_SCHEMA &&
	    l->opt->accept_form != NULL) {
		seki_store_map_free(map);
		seki_err_clear(&why);
		if (steps(l, 1, err) == -1)
			return -1;
		r = seki_store_map_make(
		    map, l->form.schema, seq, l->schema, &why);
	}
	if (r == 0)
		return seki_store_check(l->db, &l->form, err);
	return another_form(l, &why, err);
}

static int
accepted(
    struct local *l, const struct seki_store_map *map, struct seki_err *err)
{
	char *to = l->out->n.accepted;
	struct seki_buf b = SEKI_BUF_INIT;
	int r = seki_store_map_say(map, &b, err);

	(void)snprintf(to, sizeof(l->out->n.accepted), "%.*s",
	    b.n == 0 ? 0 : seki_text_cut(b.p, sizeof(l->out->n.accepted) - 1),
	    b.n == 0 ? "" : b.p);
	seki_buf_free(&b);
	return r;
}

static int
reload(struct local *l, struct seki_err *err)
{
	seki_store_form_free(&l->form);
	return seki_store_form_load(l->db, l->opt->stream, &l->form, err) == 1
		   ? 0
		   : -1;
}

/* The tables take the stream's form; what stands there is as it was left. */
static int
evolve(struct local *l, struct seki_err *err)
{
	struct seki_store_map map;
	int r = -1;

	if (fit(l, &map, err) == 0 &&
	    seki_store_sum_check(l->db, &l->form, err) == 0 &&
	    seki_store_past_check(l->db, &l->form, err) == 0)
		r = 0;
	l->another = r == 0 && memcmp(l->schema->digest, l->form.schema->digest,
				   SEKI_SHA256) != 0;
	if (l->another &&
	    (accepted(l, &map, err) == -1 ||
		seki_store_relabel(l->db, &l->form, &map, l->id, l->created,
		    l->now, &l->kept, err) == -1 ||
		seki_store_evolve(l->db, &l->form, &map, err) == -1))
		r = -1;
	seki_store_map_free(&map);
	return l->another && r == 0 ? reload(l, err) : r;
}

/* The held keys and their reasons; of the latter the root says nothing. */
static int
held_sum(struct local *l, unsigned char *sum, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	struct seki_sha256 h;
	int r;

	if (seki_sha256_init(&h, err) == -1)
		return -1;
	seki_sha256_restart(&h);
	r = seki_store_prepare(l->db, &st, err,
	    "SELECT key, reasons FROM seki_held WHERE stream = %lld"
	    " ORDER BY seki_source, seki_len, key",
	    (long long)l->form.id);
	while (r == 0 && (r = seki_store_step(l->db, st, err)) == 1) {
		seki_store_sum_column(&h, st, 0);
		seki_store_sum_column(&h, st, 1);
		r = 0;
	}
	seki_sha256_end(&h, sum);
	seki_sha256_free(&h);
	(void)sqlite3_finalize(st);
	return r;
}

static int
standing(struct local *l, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r = -1;

	if (seki_store_prepare(l->db, &st, err, "SELECT count(*) FROM %s",
		l->form.table[0].name) == 0 &&
	    seki_store_step(l->db, st, err) == 1) {
		l->was = (uint64_t)sqlite3_column_int64(st, 0);
		r = held_sum(l, l->held, err);
	}
	(void)sqlite3_finalize(st);
	return r;
}

static int
take_form(struct local *l, struct seki_err *err)
{
	int r = seki_store_form_load(l->db, l->opt->stream, &l->form, err);

	if (r == -1 || (l->id = seki_store_next(l->db, err)) == -1)
		return -1;
	l->created = l->now;
	if (r == 0)
		return seki_store_beside(l->db, l->out->n.beside,
			   sizeof(l->out->n.beside), err) == -1
			   ? -1
			   : seki_store_form_make(
				 l->db, l->schema, &l->form, err);
	if (name_ok(l, err) == -1 ||
	    seki_local_last(l->db, &l->form, &l->last, err) == -1 ||
	    source_ok(l, err) == -1 || later(l, err) == -1)
		return -1;
	/* A version that ends as it begins would be no version. */
	if (l->created <= l->last.created)
		l->created = l->last.created + 1;
	return evolve(l, err) == -1 ? -1 : standing(l, err);
}

static int
document(struct local *l, struct seki_err *err)
{
	l->doc = seki_local_doc(l->opt, &l->end, &l->last, l->schema, &l->proof,
	    l->created, l->out->origin, err);
	if (l->doc == NULL || seki_doc_canon(l->doc, &l->bytes, err) == -1)
		return -1;
	return seki_sha256_of(l->bytes.p, l->bytes.n, l->digest, err);
}

static int
insert_run(struct local *l, struct seki_err *err)
{
	char created[SEKI_TIME], taken[SEKI_TIME];
	sqlite3_stmt *st = NULL;
	int r;

	seki_time_format(l->created, created);
	seki_time_format(l->now, taken);
	if (document(l, err) == -1 ||
	    seki_store_prepare(l->db, &st, err,
		"INSERT INTO seki_bundle (id, stream, epoch, seq, kind, digest,"
		" prev, root, schema, source, records, held, created, taken,"
		" state, manifest, rows_sha256, past, past_sha256)"
		" VALUES (%lld, %lld, 0, %lld, %Q, ?1, %Q, ?2, ?3, %lld, %lld,"
		" %lld, %Q, %Q, %Q, ?4, zeroblob(32), %lld, ?5)",
		(long long)l->id, (long long)l->form.id,
		(long long)l->last.run + 1, SEKI_STORE_LOCAL, l->last.digest,
		(long long)l->form.source, (long long)l->proof.records,
		(long long)l->proof.held, created, taken, l->end.state,
		(long long)l->form.past) == -1)
		return -1;
	(void)sqlite3_bind_blob(st, 1, l->digest, SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_blob(
	    st, 2, l->proof.root, SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_blob(
	    st, 3, l->schema->digest, SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_text64(
	    st, 4, l->bytes.p, l->bytes.n, SQLITE_STATIC, SQLITE_UTF8);
	(void)sqlite3_bind_blob(
	    st, 5, l->form.past_sum, SEKI_SHA256, SQLITE_STATIC);
	r = seki_store_step(l->db, st, err);
	(void)sqlite3_finalize(st);
	return r == -1 ? -1
		       : seki_store_exec(l->db, err,
			     "UPDATE seki_stream SET bundle = %lld"
			     " WHERE id = %lld",
			     (long long)l->id, (long long)l->form.id);
}

/* The first of them are named. */
static void
note_held(struct local *l, const struct seki_value *key, uint64_t nth)
{
	char *keys = l->out->n.keys;
	size_t n = strlen(keys), size = sizeof(l->out->n.keys);

	if (nth < SEKI_HELD_NAMED && n + key->n + 3 < size)
		(void)snprintf(keys + n, size - n, "%s%.*s", n > 0 ? ", " : "",
		    (int)key->n, key->p);
}

static int
put_all(struct local *l, struct seki_stream_in *in, struct seki_store_write *w,
    struct seki_local_att *att, struct seki_err *err)
{
	uint64_t n = 0, held = 0, total = l->proof.records + l->proof.held;
	struct seki_record *rec;
	int r;

	while ((r = seki_stream_next(in, &rec, err)) == 1) {
		if (seki_local_att_check(att, rec, err) == -1 ||
		    seki_store_write_put(w, rec, seki_stream_leaf(in), err) ==
			-1)
			return -1;
		if (rec->kind == SEKI_RECORD_HELD)
			note_held(l, &rec->key, held++);
		if (++n % 1000 == 0 && l->opt->progress != NULL)
			l->opt->progress(l->opt->ctx, n, total);
	}
	return r;
}

static int
copy(struct local *l, struct seki_err *err)
{
	struct seki_stream_in *in = seki_stream_again(l->fd, l->name, err);
	struct seki_local_att *att = NULL;
	struct seki_store_write *w = NULL;
	struct seki_imported n;
	int r = -1;

	memset(&n, 0, sizeof(n));
	if (in != NULL &&
	    (att = seki_local_att_open(l->store, l->schema, err)) != NULL &&
	    (w = seki_store_write_open(
		 l->db, &l->form, l->id, l->created, l->now, 0, err)) != NULL &&
	    put_all(l, in, w, att, err) == 0)
		r = seki_store_write_end(w, &n, err);
	seki_store_write_free(w);
	seki_local_att_free(att);
	seki_stream_free(in);
	memcpy(n.keys, l->out->n.keys, sizeof(n.keys));
	memcpy(n.beside, l->out->n.beside, sizeof(n.beside));
	memcpy(n.accepted, l->out->n.accepted, sizeof(n.accepted));
	n.kept = l->kept;
	l->out->n = n;
	return r;
}

static int
fewer(const struct local *l, struct seki_err *err)
{
	uint64_t gone = l->out->n.removed;

	if (gone * 100 <= l->was * l->opt->max_drop)
		return 0;
	seki_err_object(err, l->name);
	seki_err_hint(err,
	    _("if they are to go, run once with --max-drop %u; else look at "
	      "what was left out on the way"),
	    (unsigned)((gone * 100 + l->was - 1) / l->was));
	return seki_fail(err, SEKI_HELD,
	    _("%llu of the %llu records of local stream %s are gone"),
	    (unsigned long long)gone, (unsigned long long)l->was,
	    l->opt->stream);
}

static int
not_kept(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("the database does not keep what it is given: call who runs "
	      "this host"));
	return seki_fail(err, SEKI_CONTENT, "%s",
	    _("what the database holds is not what came; nothing was "
	      "imported"));
}

static int
seal(struct local *l, const unsigned char *sum, struct seki_err *err)
{
	const struct seki_imported *n = &l->out->n;
	uint64_t grown;

	if (seki_store_seal(l->db, &l->form, l->id, sum, &grown, err) == -1)
		return -1;
	return grown + n->doubled == n->changed + n->removed + n->kept
		   ? 0
		   : not_kept(err);
}

/* Read back from the tables, not from memory (promise 1). */
static int
read_back(struct local *l, struct seki_err *err)
{
	struct seki_store_item *item;
	struct seki_store_read *in;
	const struct seki_proof *p;
	int r;

	if (reload(l, err) == -1 ||
	    (in = seki_store_read_open(l->db, &l->form, 1, err)) == NULL)
		return -1;
	while ((r = seki_store_read_next(in, &item, err)) == 1)
		;
	p = seki_store_read_proof(in);
	if (r == 0 && memcmp(p->root, l->proof.root, SEKI_SHA256) != 0)
		r = not_kept(err);
	if (r == 0) {
		l->out->n.stored_records = p->records;
		l->out->n.stored_held = p->held;
		memcpy(l->out->n.stored_root, p->root, SEKI_SHA256);
		r = seal(l, seki_store_read_sum(in), err);
	}
	seki_store_read_free(in);
	return r;
}

/* 1: the run before had the same records, from the same place, by the same
 * rules, so that there is nothing to write down. */
static int
already(struct local *l, struct seki_err *err)
{
	const struct seki_local_trace *a = &l->last.trace, *b = &l->end.trace;
	const struct seki_imported *n = &l->out->n;
	unsigned char held[SEKI_SHA256];

	if (l->last.run == 0 || l->another || n->added > 0 || n->changed > 0 ||
	    n->removed > 0 || strcmp(l->last.rules, l->end.rules) != 0 ||
	    strcmp(a->stream, b->stream) != 0 || a->epoch != b->epoch ||
	    a->seq != b->seq || strcmp(a->root, b->root) != 0)
		return 0;
	if (held_sum(l, held, err) == -1)
		return -1;
	return memcmp(held, l->held, SEKI_SHA256) == 0;
}

static int
note(struct local *l, struct seki_err *err)
{
	char hex[SEKI_HEX];

	seki_text_hex(l->digest, SEKI_SHA256, hex);
	return seki_ledger_add(l->db, SEKI_STORE_LOCAL, l->now,
	    seki_local_entry(l->doc, hex, &l->out->n, &l->form, err), err);
}

/* 0: to be committed, 1: nothing to do, -1. */
static int
transaction(struct local *l, struct seki_err *err)
{
	int r;

	if (seki_store_ledger(l->store, err) == -1 || take_form(l, err) == -1 ||
	    insert_run(l, err) == -1 || copy(l, err) == -1 ||
	    fewer(l, err) == -1 || read_back(l, err) == -1 ||
	    (r = already(l, err)) == -1)
		return -1;
	l->out->already = r;
	l->out->run = r ? l->last.run : l->last.run + 1;
	l->out->taken = r ? l->last.taken : l->now;
	if (r == 1)
		return 1;
	return seki_store_view_make(l->db, &l->form, err) == -1 ||
		       note(l, err) == -1
		   ? -1
		   : 0;
}

static int
arguments(const struct seki_local *opt, struct seki_err *err)
{
	const char *why = NULL;

	if (!seki_schema_stream_ok(opt->stream)) {
		seki_err_hint(err, "%s",
		    _("a stream's name is 1 to 64 of a-z, 0-9, - and ."));
		return seki_fail(err, SEKI_CONFIG,
		    _("--local %s: not the name of a stream"), opt->stream);
	}
	if (opt->by != NULL && (why = seki_steps_person_why(opt->by)) != NULL)
		return seki_fail(err, SEKI_USAGE, "--by: %s", _(why));
	if (opt->accept_form != NULL &&
	    (why = seki_steps_person_why(opt->accept_form)) != NULL)
		return seki_fail(err, SEKI_USAGE, "--accept-form: %s", _(why));
	return 0;
}

static int
write_down(struct local *l, struct seki_err *err)
{
	int r = -1;

	if (seki_store_begin(l->store, l->opt->host, err) == 0) {
		l->db = l->store->db;
		if ((r = transaction(l, err)) == 0)
			r = seki_store_commit(l->store, err);
		seki_store_rollback(l->store);
	}
	if (r == -1)
		seki_err_object(err, l->store->path);
	return r == -1 ? -1 : 0;
}

int
seki_local_run(struct seki_store *store, const struct seki_local *opt,
    struct seki_in *in, struct seki_localized *out, struct seki_err *err)
{
	struct local l = { .store = store,
		.opt = opt,
		.out = out,
		.fd = -1,
		.name = seki_in_name(in),
		.now = seki_time_now() };
	int r = -1;

	memset(out, 0, sizeof(*out));
	if (arguments(opt, err) == 0 &&
	    (l.fd = seki_in_spool(NULL, in, err)) != -1 && learn(&l, err) == 0)
		r = write_down(&l, err);
	out->from = l.end.trace;
	memcpy(out->rules, l.end.rules, sizeof(out->rules));
	if (l.fd != -1)
		(void)close(l.fd);
	seki_in_free(in);
	seki_local_end_free(&l.end);
	seki_store_form_free(&l.form);
	seki_schema_free(l.schema);
	seki_buf_free(&l.bytes);
	json_decref(l.doc);
	return r;
}
