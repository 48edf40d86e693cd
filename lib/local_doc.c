#include <stdlib.h>
#include <string.h>

#include "local_int.h"

/*
 * What is written down of a local stream's run.  Its document stands where a
 * bundle's row has the manifest; the ledger's entry is the same and what the
 * run did.  Nobody signs it: the chain of the ledger is what holds it.
 */
static int
bad(struct seki_err *err)
{
	return seki_fail(err, SEKI_RECORD, "%s",
	    _("STATE: \"exported\" is not what seki-export writes"));
}

static int
hex_ok(const char *s)
{
	return s != NULL && strlen(s) == SEKI_HEX - 1 &&
	       strspn(s, "0123456789abcdef") == SEKI_HEX - 1;
}

static int
number_of(const json_t *o, const char *key, uint64_t *n)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 1)
		return -1;
	*n = (uint64_t)json_integer_value(v);
	return 0;
}

/* Where it was exported from, if it says so. */
static int
trace(const json_t *source, const char *stream, struct seki_local_trace *t,
    struct seki_err *err)
{
	const json_t *o = json_object_get(source, "exported");
	const char *s = json_string_value(json_object_get(o, "stream"));
	const char *root = json_string_value(json_object_get(o, "root"));
	const char *m = json_string_value(json_object_get(o, "manifest"));
	int run = json_object_get(o, "run") != NULL;

	memset(t, 0, sizeof(*t));
	if (o == NULL)
		return 0;
	if (s == NULL || strcmp(s, stream) != 0 || !hex_ok(root) ||
	    (!run && !hex_ok(m)))
		return bad(err);
	if (run ? number_of(o, "run", &t->seq) == -1
		: number_of(o, "epoch", &t->epoch) == -1 ||
		      number_of(o, "seq", &t->seq) == -1)
		return bad(err);
	(void)snprintf(t->stream, sizeof(t->stream), "%s", s);
	(void)snprintf(t->root, sizeof(t->root), "%s", root);
	(void)snprintf(t->manifest, sizeof(t->manifest), "%s", run ? "" : m);
	return 0;
}

/* The stream's reader has looked at it: what stands there is right. */
static void
made_from(const json_t *done, struct seki_local_end *e)
{
	const json_t *o = json_object_get(done, "from");
	const char *root = json_string_value(json_object_get(o, "root"));

	if (root == NULL ||
	    seki_text_unhex(root, e->from.root, SEKI_SHA256) == -1)
		return;
	e->made = 1;
	e->from.records =
	    (uint64_t)json_integer_value(json_object_get(o, "records"));
	e->from.held = (uint64_t)json_integer_value(json_object_get(o, "held"));
	e->dropped =
	    (uint64_t)json_integer_value(json_object_get(o, "dropped"));
}

int
seki_local_end_read(const struct seki_stream_in *in, struct seki_local_end *e,
    struct seki_err *err)
{
	const char *state = seki_stream_state(in);
	const char *rules = seki_stream_ending(in)->rules;
	json_t *doc, *done;
	int r = -1;

	memset(e, 0, sizeof(*e));
	if ((e->state = strdup(state)) == NULL)
		return seki_err_nomem(err);
	doc = seki_doc_parse(state, strlen(state), SEKI_RECORD, "STATE", err);
	if (doc == NULL)
		return -1;
	done = json_object_get(doc, "complete");
	if (rules != NULL && !hex_ok(rules))
		(void)seki_fail(err, SEKI_RECORD, "%s",
		    _("STATE: rules is no SHA-256 in hexadecimal"));
	else
		r = trace(json_object_get(done, "source"),
		    seki_stream_schema(in)->stream, &e->trace, err);
	made_from(done, e);
	(void)snprintf(
	    e->rules, sizeof(e->rules), "%s", rules == NULL ? "" : rules);
	json_decref(doc);
	return r;
}

void
seki_local_end_free(struct seki_local_end *e)
{
	free(e->state);
	e->state = NULL;
}

static void
copy(const json_t *doc, const char *key, char *to, size_t size)
{
	const char *s = json_string_value(json_object_get(doc, key));

	(void)snprintf(to, size, "%s", s == NULL ? "" : s);
}

/* The form was loaded, so the document is the one of its digest. */
static int
read_last(sqlite3_stmt *st, struct seki_local_last *l, struct seki_err *err)
{
	const char *text = (const char *)sqlite3_column_text(st, 0);
	const char *created = (const char *)sqlite3_column_text(st, 1);
	const char *taken = (const char *)sqlite3_column_text(st, 2);
	json_t *doc;

	if (text == NULL || created == NULL || taken == NULL ||
	    seki_time_parse(created, strlen(created), &l->created) == -1 ||
	    seki_time_parse(taken, strlen(taken), &l->taken) == -1)
		return seki_fail(err, SEKI_SCHEMA, "%s",
		    _("table seki_bundle: a time that is none; the store was "
		      "changed by hand"));
	if ((doc = seki_doc_open(
		 text, strlen(text), SEKI_LEDGER, "seki_bundle", err)) == NULL)
		return -1;
	copy(doc, "origin", l->origin, sizeof(l->origin));
	copy(doc, "rules", l->rules, sizeof(l->rules));
	copy(doc, "from_stream", l->trace.stream, sizeof(l->trace.stream));
	copy(doc, "from_root", l->trace.root, sizeof(l->trace.root));
	copy(
	    doc, "from_manifest", l->trace.manifest, sizeof(l->trace.manifest));
	if (number_of(doc, "from_seq", &l->trace.seq) == 0)
		(void)number_of(doc, "from_epoch", &l->trace.epoch);
	else
		(void)number_of(doc, "from_run", &l->trace.seq);
	json_decref(doc);
	return 0;
}

int
seki_local_last(sqlite3 *db, const struct seki_store_form *f,
    struct seki_local_last *l, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	int r;

	memset(l, 0, sizeof(*l));
	if (f->bundle == 0)
		return 0;
	l->run = f->seq;
	seki_text_hex(f->digest, SEKI_SHA256, l->digest);
	if (seki_store_prepare(db, &st, err,
		"SELECT manifest, created, taken FROM seki_bundle"
		" WHERE id = %lld",
		(long long)f->bundle) == -1)
		return -1;
	if ((r = seki_store_step(db, st, err)) == 1)
		r = read_last(st, l, err);
	(void)sqlite3_finalize(st);
	return r;
}

struct doc {
	json_t *o;
	int bad;
};

static void
text(struct doc *d, const char *key, const char *s)
{
	if (s != NULL && s[0] != '\0' &&
	    json_object_set_new(d->o, key, json_string(s)) != 0)
		d->bad = 1;
}

static void
number(struct doc *d, const char *key, uint64_t n)
{
	if (json_object_set_new(d->o, key, json_integer((json_int_t)n)) != 0)
		d->bad = 1;
}

static void
digest(struct doc *d, const char *key, const unsigned char *p)
{
	char hex[SEKI_HEX];

	seki_text_hex(p, SEKI_SHA256, hex);
	text(d, key, hex);
}

static json_t *
done(struct doc *d, struct seki_err *err)
{
	if (!d->bad)
		return d->o;
	json_decref(d->o);
	(void)seki_err_nomem(err);
	return NULL;
}

/* What went in: the stream before the rules, and where that one was from. */
static void
origin(struct doc *d, const struct seki_local_end *e, const char *stream)
{
	const struct seki_local_trace *t = &e->trace;

	text(d, "origin", stream);
	text(d, "rules", e->rules);
	if (e->made) {
		number(d, "in_records", e->from.records);
		number(d, "in_held", e->from.held);
		number(d, "dropped", e->dropped);
		digest(d, "in_root", e->from.root);
	}
	if (t->stream[0] == '\0')
		return;
	text(d, "from_stream", t->stream);
	if (t->epoch > 0)
		number(d, "from_epoch", t->epoch);
	number(d, t->epoch > 0 ? "from_seq" : "from_run", t->seq);
	text(d, "from_root", t->root);
	text(d, "from_manifest", t->manifest);
}

json_t *
seki_local_doc(const struct seki_local *opt, const struct seki_local_end *e,
    const struct seki_local_last *before, const struct seki_schema *s,
    const struct seki_proof *p, seki_time created, const char *from,
    struct seki_err *err)
{
	struct doc d = { .o = json_object() };
	char t[SEKI_TIME];

	if (d.o == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	seki_time_format(created, t);
	text(&d, "stream", s->stream);
	number(&d, "epoch", 0);
	number(&d, "run", before->run + 1);
	text(&d, "prev", before->digest);
	text(&d, "created", t);
	text(&d, "system", s->source.system);
	text(&d, "domain", s->source.domain);
	text(&d, "app", s->source.app);
	origin(&d, e, from);
	digest(&d, "schema", s->digest);
	digest(&d, "root", p->root);
	number(&d, "records", p->records);
	number(&d, "held", p->held);
	text(&d, "host", opt->host);
	text(&d, "operator", opt->operator);
	text(&d, "by", opt->by);
	return done(&d, err);
}

json_t *
seki_local_entry(json_t *doc, const char *run, const struct seki_imported *n,
    const struct seki_store_form *after, struct seki_err *err)
{
	struct doc d = { .o = json_copy(doc) };

	if (d.o == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	text(&d, "run_sha256", run);
	number(&d, "added", n->added);
	number(&d, "changed", n->changed);
	number(&d, "removed", n->removed);
	text(&d, "form_accepted", n->accepted);
	digest(&d, "rows_sha256", after->sum);
	number(&d, "past", after->past);
	digest(&d, "past_sha256", after->past_sum);
	text(&d, "result", "ok");
	return done(&d, err);
}
