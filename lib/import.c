#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "scan.h"
#include "store_int.h"

/*
 * Step 10 of threats C8: rows, stream position and ledger entry in one
 * transaction, and what the database then holds must be what was signed.
 */
struct import {
	struct seki_bundle *bundle;
	const struct seki_manifest *m;
	const struct seki_check *check;
	const struct seki_import *opt;
	struct seki_verdict *verdict;
	struct seki_imported *out;
	sqlite3 *db;
	struct seki_store_form form;
	/* Of a changed form: versions that went to the history for it, those
	 * that would have gone anyway, and who accepted what. */
	uint64_t kept, doubled;
	char accepted[sizeof(((struct seki_imported *)0)->accepted)];
	uint64_t nheld;
	char keys[sizeof(((struct seki_imported *)0)->keys)];
	char beside[sizeof(((struct seki_imported *)0)->beside)];
	struct seki_proof due; /* what the tables must hold in the end */
	int64_t id;	       /* of the bundle's row */
	int delta;
};

/* The order once more: another import may have come first meanwhile. */
static int
in_order(struct import *i, struct seki_err *err)
{
	struct seki_verdict again;
	struct seki_policy p;

	memset(&again, 0, sizeof(again));
	if (seki_trust_policy(i->check->trust, i->m->stream, &p, err) == -1 ||
	    seki_order_check(i->check->store, &p, i->m,
		seki_bundle_digest(i->bundle), i->check->now, &again,
		err) == -1)
		return -1;
	i->verdict->already = again.already;
	i->verdict->twin = again.twin;
	i->verdict->first = again.first;
	i->verdict->taken = again.taken;
	i->verdict->gap = again.gap;
	return 0;
}

static int
reload(struct import *i, struct seki_err *err)
{
	seki_store_form_free(&i->form);
	return seki_store_form_load(i->db, i->m->stream, &i->form, err) == 1
		   ? 0
		   : -1;
}

/* What the import before this left must still be there: else what somebody
 * changed by hand would go into the history as if it had been imported. */
static int
as_left(struct import *i, struct seki_err *err)
{
	return seki_store_sum_check(i->db, &i->form, err) == -1 ||
		       seki_store_past_check(i->db, &i->form, err) == -1
		   ? -1
		   : 0;
}

/* Who accepted what, for ledger and people. */
static int
accepted(
    struct import *i, const struct seki_store_map *map, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r = seki_store_map_say(map, &b, err);

	(void)snprintf(i->accepted, sizeof(i->accepted), "%.*s",
	    b.n == 0 ? 0 : seki_text_cut(b.p, sizeof(i->accepted) - 1),
	    b.n == 0 ? "" : b.p);
	seki_buf_free(&b);
	return r;
}

/* 1: the form must be loaded again. */
static int
evolve(struct import *i, const struct seki_store_map *map, struct seki_err *err)
{
	int64_t id = seki_store_next(i->db, err);

	if (id == -1 || accepted(i, map, err) == -1 ||
	    seki_store_relabel(i->db, &i->form, map, id, i->m->created,
		i->check->now, &i->kept, err) == -1 ||
	    seki_store_evolve(i->db, &i->form, map, err) == -1)
		return -1;
	i->id = id;
	return 1;
}

/* The form is the stored one; perhaps by another way, back and forth. */
static int
same_form(struct import *i, const struct seki_schema *s, struct seki_err *err)
{
	struct seki_schema *copy;
	int r = -1;

	if (s->steps == NULL || json_equal(s->steps, i->form.schema->steps))
		return 0;
	if ((copy = seki_schema_copy(s, err)) != NULL) {
		copy->deletes = 0;
		r = seki_store_schema_put(i->db, i->form.id, copy, err);
	}
	seki_schema_free(copy);
	return r;
}

static int
take_form(struct import *i, const struct seki_schema *s, struct seki_err *err)
{
	struct seki_store_map map;
	int r = seki_store_form_load(i->db, i->m->stream, &i->form, err);

	if (r == -1)
		return -1;
	if (r == 0)
		return seki_store_beside(
			   i->db, i->beside, sizeof(i->beside), err) == -1
			   ? -1
			   : seki_store_form_make(i->db, s, &i->form, err);
	r = -1;
	if (seki_store_fit(i->db, &i->form, i->bundle, s, &map, err) == 0 &&
	    as_left(i, err) == 0)
		r = memcmp(s->digest, i->form.schema->digest, SEKI_SHA256) == 0
			? same_form(i, s, err)
			: evolve(i, &map, err);
	seki_store_map_free(&map);
	return r == 1 ? reload(i, err) : r;
}

/* The row of the bundle itself; its STATE is known only at the end. */
static int
insert_bundle(struct import *i, struct seki_err *err)
{
	const struct seki_manifest *m = i->m;
	char created[SEKI_TIME], taken[SEKI_TIME];
	sqlite3_stmt *st = NULL;
	int r;

	seki_time_format(m->created, created);
	seki_time_format(i->check->now, taken);
	if (seki_store_exec(i->db, err,
		"INSERT OR IGNORE INTO seki_source (system, domain, app)"
		" VALUES (%Q, %Q, %Q)",
		m->source.system, m->source.domain, m->source.app) == -1 ||
	    seki_store_prepare(i->db, &st, err,
		"INSERT INTO seki_bundle (stream, epoch, seq, kind, digest,"
		" prev, root, schema, source, records, held, created, taken,"
		" state, manifest, rows_sha256, past, past_sha256)"
		" SELECT %lld, %lld, %lld, %Q, ?1, %Q, ?2, ?3, id, %lld,"
		" %lld, %Q, %Q, '', ?4, zeroblob(32), %lld, ?5"
		" FROM seki_source"
		" WHERE system = %Q AND domain = %Q AND app = %Q",
		(long long)i->form.id, (long long)m->epoch, (long long)m->seq,
		m->kind, m->prev, (long long)m->records, (long long)m->held,
		created, taken, (long long)i->form.past, m->source.system,
		m->source.domain, m->source.app) == -1)
		return -1;
	(void)sqlite3_bind_blob(
	    st, 1, seki_bundle_digest(i->bundle), SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_blob(st, 2, m->root, SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_blob(st, 3, m->schema, SEKI_SHA256, SQLITE_STATIC);
	(void)sqlite3_bind_text64(st, 4, i->bundle->bytes.p, i->bundle->bytes.n,
	    SQLITE_STATIC, SQLITE_UTF8);
	(void)sqlite3_bind_blob(
	    st, 5, i->form.past_sum, SEKI_SHA256, SQLITE_STATIC);
	r = seki_store_step(i->db, st, err);
	(void)sqlite3_finalize(st);
	if (r == 0 && i->id > 0 && i->id != sqlite3_last_insert_rowid(i->db))
		return seki_fail(err, SEKI_BUG, "%s",
		    _("the bundle's row has another number than foreseen"));
	i->id = sqlite3_last_insert_rowid(i->db);
	return r;
}

static int64_t
source_of(struct import *i, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int64_t id = -1;

	if (seki_store_prepare(i->db, &st, err,
		"SELECT source FROM seki_bundle WHERE id = %lld",
		(long long)i->id) == 0 &&
	    seki_store_step(i->db, st, err) == 1)
		id = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return id;
}

/* A new epoch may bring another source; the old one's records end here. */
static int
change_source(
    struct import *i, int64_t source, uint64_t *gone, struct seki_err *err)
{
	struct seki_store_write *w;
	struct seki_imported old;
	int r;

	*gone = 0;
	if (source == i->form.source)
		return 0;
	if (i->delta)
		return seki_fail(err, SEKI_SOURCE, "%s",
		    _("a delta of another source than the records it is to "
		      "change"));
	w = seki_store_write_open(
	    i->db, &i->form, i->id, i->m->created, i->check->now, 0, err);
	if (w == NULL)
		return -1;
	memset(&old, 0, sizeof(old));
	r = seki_store_write_end(w, &old, err);
	seki_store_write_free(w);
	*gone = old.removed;
	i->doubled = old.doubled;
	i->form.source = source;
	return r;
}

/* The root that what is read back must give: a full bundle's is the signed
 * one, a delta's is worked out from what stands and what is signed. */
static int
foresee(struct import *i, struct seki_err *err)
{
	struct seki_stream_in *in;
	int r = -1;

	if (!i->delta) {
		memcpy(i->due.root, i->m->root, SEKI_SHA256);
		return 0;
	}
	if ((in = seki_bundle_records(i->bundle, err)) != NULL)
		r = seki_store_after(i->db, &i->form, in, &i->due, err);
	seki_stream_free(in);
	return r;
}

/* The first of them are named; one whose key is too long for that ends it. */
static void
note_held(struct import *i, const struct seki_value *key)
{
	size_t n = strlen(i->keys);

	if (i->nheld++ < SEKI_HELD_NAMED && n + key->n + 3 < sizeof(i->keys))
		(void)snprintf(i->keys + n, sizeof(i->keys) - n, "%s%.*s",
		    n > 0 ? ", " : "", (int)key->n, key->p);
	else if (i->nheld <= SEKI_HELD_NAMED)
		i->nheld = SEKI_HELD_NAMED;
}

static int
copy(struct import *i, struct seki_stream_in *in, struct seki_err *err)
{
	struct seki_store_write *w = seki_store_write_open(i->db, &i->form,
	    i->id, i->m->created, i->check->now, i->delta, err);
	uint64_t n = 0, total = i->m->records + i->m->held + i->m->deletes;
	struct seki_record *rec;
	int r = -1;

	if (w == NULL)
		return -1;
	while ((r = seki_stream_next(in, &rec, err)) == 1) {
		if (seki_store_write_put(w, rec, seki_stream_leaf(in), err) ==
		    -1) {
			r = -1;
			break;
		}
		if (rec->kind == SEKI_RECORD_HELD)
			note_held(i, &rec->key);
		if (++n % 1000 == 0 && i->opt->progress != NULL)
			i->opt->progress(i->opt->ctx, n, total);
	}
	if (r == 0)
		r = seki_store_write_end(w, i->out, err);
	seki_store_write_free(w);
	return r;
}

static int
not_signed(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("the database does not keep what it is given: call who runs "
	      "this host"));
	return seki_fail(err, SEKI_CONTENT, "%s",
	    _("what the database holds is not what was signed; nothing was "
	      "imported"));
}

/* What went to the history is what was counted. */
static int
seal(struct import *i, const unsigned char *sum, struct seki_err *err)
{
	uint64_t grown;

	if (seki_store_seal(i->db, &i->form, i->id, sum, &grown, err) == -1)
		return -1;
	return grown + i->doubled == i->out->changed + i->out->removed + i->kept
		   ? 0
		   : not_signed(err);
}

static void
stored(struct seki_imported *n, const struct seki_proof *p)
{
	n->stored_records = p->records;
	n->stored_held = p->held;
	memcpy(n->stored_root, p->root, SEKI_SHA256);
}

/* Read back from the tables, not from memory (promise 1). */
static int
read_back(struct import *i, struct seki_err *err)
{
	struct seki_store_item *item;
	struct seki_store_read *in;
	int r;

	if (reload(i, err) == -1 ||
	    (in = seki_store_read_open(i->db, &i->form, 1, err)) == NULL)
		return -1;
	while ((r = seki_store_read_next(in, &item, err)) == 1)
		;
	if (r == 0 && memcmp(seki_store_read_proof(in)->root, i->due.root,
			  SEKI_SHA256) != 0)
		r = not_signed(err);
	if (r == 0) {
		stored(i->out, seki_store_read_proof(in));
		r = seal(i, seki_store_read_sum(in), err);
	}
	seki_store_read_free(in);
	return r;
}

/* A delta says nothing of the records that did not change, nor of their
 * attachments. */
static int
alike(const struct import *i, struct seki_err *err)
{
	struct seki_state s;

	if (!i->delta || i->form.state == NULL)
		return 0;
	if (seki_state_read(i->form.state, &s, err) == -1)
		return -1;
	if (s.attachments[0] == '\0' ||
	    strcmp(s.attachments, i->m->attachments) == 0)
		return 0;
	seki_err_hint(err, "%s",
	    _("call the sending side: it needs a full bundle, of a pull "
	      "without --delta"));
	return seki_fail(err, SEKI_ORDER, "%s",
	    _("the delta brings attachments and the bundle before did not, or "
	      "the other way round"));
}

/* The records, parsed anew by another worker than step 8's.  The form, whose
 * digest was worked out here, must be the signed one; so must in the end the
 * root. */
static struct seki_stream_in *
records(struct import *i, struct seki_err *err)
{
	struct seki_stream_in *in = seki_bundle_records(i->bundle, err);

	if (in == NULL || memcmp(seki_stream_schema(in)->digest, i->m->schema,
			      SEKI_SHA256) == 0)
		return in;
	seki_stream_free(in);
	(void)seki_fail(err, SEKI_CONTENT, "%s",
	    _("the records have another form than the manifest says"));
	return NULL;
}

static int
write_rows(struct import *i, struct seki_err *err)
{
	struct seki_stream_in *in = records(i, err);
	uint64_t gone = 0;
	int64_t source;
	int r = -1;

	if (in != NULL && take_form(i, seki_stream_schema(in), err) == 0 &&
	    alike(i, err) == 0 && insert_bundle(i, err) == 0 &&
	    (source = source_of(i, err)) != -1 &&
	    change_source(i, source, &gone, err) == 0 && foresee(i, err) == 0 &&
	    copy(i, in, err) == 0)
		r = memcmp(seki_stream_proof(in)->root, i->m->root,
			SEKI_SHA256) == 0
			? seki_store_exec(i->db, err,
			      "UPDATE seki_bundle SET state = %Q WHERE id ="
			      " %lld; UPDATE seki_stream SET bundle = %lld,"
			      " source = %lld WHERE id = %lld",
			      seki_stream_state(in), (long long)i->id,
			      (long long)i->id, (long long)source,
			      (long long)i->form.id)
			: not_signed(err);
	i->out->removed += gone;
	i->doubled += i->out->doubled;
	i->out->kept = i->kept;
	memcpy(i->out->accepted, i->accepted, sizeof(i->accepted));
	memcpy(i->out->keys, i->keys, sizeof(i->keys));
	memcpy(i->out->beside, i->beside, sizeof(i->beside));
	seki_stream_free(in);
	return r == 0 ? seki_store_view_make(i->db, &i->form, err) : -1;
}

/* The next bundle may name this one as its predecessor. */
static int
remember(struct import *i, struct seki_err *err)
{
	const unsigned char *digest = seki_bundle_digest(i->bundle);

	if (seki_store_remember(
		i->check->store, i->m, digest, i->check->now, err) == -1)
		return -1;
	return seki_ledger_add(i->db, "again", i->check->now,
	    seki_import_again(i->bundle, i->check, i->opt, i->verdict, err),
	    err);
}

static int
transaction(struct import *i, struct seki_err *err)
{
	if (in_order(i, err) == -1)
		return -1;
	if (i->verdict->already)
		return i->verdict->twin ? remember(i, err) : 0;
	if (write_rows(i, err) == -1 || read_back(i, err) == -1)
		return -1;
	return seki_ledger_add(i->db, "import", i->check->now,
	    seki_import_entry(
		i->bundle, i->check, i->opt, i->verdict, i->out, &i->form, err),
	    err);
}

/* A failure of the database is named by its file, others by the bundle. */
static void
where(const struct import *i, struct seki_err *err)
{
	int store = err->reason == SEKI_LOCKED || err->reason == SEKI_FULL ||
		    err->reason == SEKI_IO || err->reason == SEKI_PERMISSION ||
		    err->reason == SEKI_SCHEMA || err->reason == SEKI_LEDGER ||
		    err->reason == SEKI_UNSAFE || err->reason == SEKI_FILE ||
		    err->reason == SEKI_CONTENT;

	seki_err_object(err, store ? i->check->store->path : i->bundle->path);
}

/* Step 10 but for its commit; runs while the workbook is still verified. */
static int
meanwhile(void *ctx, struct seki_err *err)
{
	struct import *i = ctx;
	int r = -1;

	if (seki_store_begin(i->check->store, i->check->audience, err) == 0) {
		i->db = i->check->store->db;
		r = transaction(i, err);
	}
	if (r == -1)
		where(i, err);
	return r;
}

/* Both stand in the ledger, which people read and nothing is taken out of. */
static int
accepted_ok(const struct seki_import *opt, struct seki_err *err)
{
	if (opt->accept_why == NULL)
		return 0;
	if (seki_form_ok(SEKI_F_LINE, opt->accept_why) &&
	    opt->accept_by != NULL && seki_form_ok(SEKI_F_LINE, opt->accept_by))
		return seki_scan_line("--accept-attachments", opt->accept_why,
			   err) == -1
			   ? -1
			   : seki_scan_line("--by", opt->accept_by, err);
	seki_err_hint(err, "seki-import --help");
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("--accept-attachments and --by: one line of at most 512 bytes "
	      "each"));
}

int
seki_import_bundle(struct seki_bundle *b, const struct seki_check *c,
    const struct seki_import *opt, struct seki_verdict *v,
    struct seki_imported *out, struct seki_err *err)
{
	struct seki_check own = *c;
	struct import i = { .bundle = b,
		.m = seki_bundle_manifest(b),
		.check = &own,
		.opt = opt,
		.verdict = v,
		.out = out,
		.delta = strcmp(seki_bundle_manifest(b)->kind, "delta") == 0 };
	int r = -1;

	memset(out, 0, sizeof(*out));
	memset(v, 0, sizeof(*v));
	own.meanwhile = meanwhile;
	own.ctx = &i;
	/* Until the workbook is verified too, nothing is committed. */
	if ((r = accepted_ok(opt, err)) == 0)
		r = seki_bundle_verify(b, &own, v, err);
	/* Files first: rows may only name what is there. */
	if (r == 0 && i.db != NULL && (!v->already || v->twin))
		r = seki_import_att(
		    b, c->store, v->already, &out->attachments, err);
	if (r == 0 && i.db == NULL && v->already)
		r = seki_import_att_again(
		    b, c->store, c->audience, &out->attachments, err);
	if (r == 0 && i.db != NULL && (!v->already || v->twin) &&
	    (r = seki_store_commit(c->store, err)) == -1)
		where(&i, err);
	if (i.db != NULL)
		seki_store_rollback(c->store);
	seki_store_form_free(&i.form);
	return r;
}
