#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "approval.h"
#include "part.h"
#include "relay.h"
#include "store_int.h"

/*
 * What the ledger says of an import: who, when, what, how many, on whose
 * signature (municipal-rules 1.4).  Counts and digests, never a record.
 */
struct entry {
	json_t *o;
	int bad;
};

static void
text(struct entry *e, const char *key, const char *s)
{
	if (s != NULL && s[0] != '\0' &&
	    json_object_set_new(e->o, key, json_string(s)) != 0)
		e->bad = 1;
}

static void
number(struct entry *e, const char *key, uint64_t n)
{
	if (json_object_set_new(e->o, key, json_integer((json_int_t)n)) != 0)
		e->bad = 1;
}

static void
flag(struct entry *e, const char *key, int yes)
{
	if (json_object_set_new(e->o, key, json_boolean(yes)) != 0)
		e->bad = 1;
}

static void
digest(struct entry *e, const char *key, const unsigned char *d)
{
	char hex[SEKI_HEX];

	seki_text_hex(d, SEKI_SHA256, hex);
	text(e, key, hex);
}

static void
when(struct entry *e, const char *key, seki_time t)
{
	char s[SEKI_TIME];

	seki_time_format(t, s);
	text(e, key, s);
}

/* One line each: id, role, key, time. */
static void
signers(struct entry *e, const struct seki_verdict *v, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char t[SEKI_TIME];
	size_t i;

	for (i = 0; i < v->nsigner; i++) {
		seki_time_format(v->signer[i].when, t);
		if (seki_buf_fmt(&b, err, "%s%s %s %s %s", i > 0 ? "\n" : "",
			v->signer[i].id,
			seki_purpose_word(v->signer[i].purpose),
			v->signer[i].key, t) == -1)
			e->bad = 1;
	}
	text(e, "signers", b.p);
	seki_buf_free(&b);
}

static void
what(struct entry *e, const struct seki_manifest *m)
{
	text(e, "org", m->org);
	text(e, "stream", m->stream);
	number(e, "epoch", m->epoch);
	number(e, "seq", m->seq);
	text(e, "prev", m->prev);
	text(e, "bundle_kind", m->kind);
	when(e, "created", m->created);
	text(e, "domain", m->source.domain);
	text(e, "app", m->source.app);
	text(e, "title", m->title);
	text(e, "purpose", m->purpose);
	text(e, "class", m->class);
	text(e, "period", m->period);
	text(e, "carrier", m->carrier);
	text(e, "prepared_by", m->prepared_by);
	text(e, "scan", m->scan);
	text(e, "scan_by", m->scan_by);
	text(e, "scan_reason", m->scan_reason);
	text(e, "approval_kind", m->approval_kind);
	text(e, "approval_number", m->approval_number);
	text(e, "approval_code", m->approval_code);
	if (seki_approval_recorded(m)) {
		text(e, "approval", SEKI_APPROVAL_RECORDED);
		text(e, "approver", seki_approval_name(m));
	}
	text(e, "rules", m->rules);
	digest(e, "schema", m->schema);
	digest(e, "root", m->root);
	flag(e, "test", m->test);
}

/* How many files came with the records. */
static void
attachments(struct entry *e, const struct seki_manifest *m)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < m->nfile; i++)
		n += strcmp(m->file[i].role, "attachment") == 0;
	if (n > 0)
		number(e, "attachments", n);
}

/* What a relay did and a person let pass. */
static void
accepted(struct entry *e, const struct seki_bundle *b,
    const struct seki_import *opt, const struct seki_verdict *v,
    struct seki_err *err)
{
	struct seki_buf lines = SEKI_BUF_INIT;

	size_t i;

	flag(e, "relay", 1);
	number(e, "repaired", v->repaired);
	if (v->remade == 0)
		return;
	if (b->set == NULL && seki_relay_remade(b, &lines, err) == -1)
		e->bad = 1;
	for (i = 0; b->set != NULL && i < b->set->n; i++)
		if (b->set->part[i]->relay != NULL &&
		    seki_relay_remade(b->set->part[i], &lines, err) == -1)
			e->bad = 1;
	text(e, "attachments_remade", lines.p);
	text(e, "attachments_accepted_by", opt->accept_by);
	text(e, "attachments_accepted_why", opt->accept_why);
	seki_buf_free(&lines);
}

/* What came: a line for each part, its number, bytes and digest. */
static void
files(struct entry *e, const struct seki_bundle *b, struct seki_err *err)
{
	struct seki_buf lines = SEKI_BUF_INIT;
	char hex[SEKI_HEX];
	size_t i;

	number(e, "file_size", seki_bundle_size(b));
	if (b->set == NULL) {
		digest(e, "file_sha256", seki_bundle_sha256(b));
		return;
	}
	for (i = 0; i < b->set->n; i++) {
		seki_text_hex(
		    seki_bundle_sha256(b->set->part[i]), SEKI_SHA256, hex);
		if (seki_buf_fmt(&lines, err, "%s%zu %llu %s",
			i > 0 ? "\n" : "", i + 1,
			(unsigned long long)seki_bundle_size(b->set->part[i]),
			hex) == -1)
			e->bad = 1;
	}
	number(e, "parts", b->set->n);
	text(e, "files", lines.p);
	seki_buf_free(&lines);
}

static void
bundle(struct entry *e, const struct seki_bundle *b, const struct seki_check *c,
    const struct seki_import *opt, const struct seki_verdict *v,
    struct seki_err *err)
{
	what(e, seki_bundle_manifest(b));
	digest(e, "manifest", seki_bundle_digest(b));
	files(e, b, err);
	attachments(e, seki_bundle_manifest(b));
	if (v->relay)
		accepted(e, b, opt, v, err);
	if (seki_bundle_manifest(b)->nrecipient > 0)
		number(e, "recipients", seki_bundle_manifest(b)->nrecipient);
	signers(e, v, err);
	flag(e, "alone", v->alone);
	number(e, "trust_version", seki_trust_version(c->trust));
	text(e, "host", c->audience);
	text(e, "operator", opt->operator);
}

static json_t *
done(struct entry *e)
{
	if (!e->bad)
		return e->o;
	json_decref(e->o);
	return NULL;
}

json_t *
seki_import_again(const struct seki_bundle *b, const struct seki_check *c,
    const struct seki_import *opt, const struct seki_verdict *v,
    struct seki_err *err)
{
	struct entry e = { .o = json_object() };

	if (e.o == NULL)
		return NULL;
	bundle(&e, b, c, opt, v, err);
	text(&e, "result", "already");
	return done(&e);
}

json_t *
seki_import_entry(const struct seki_bundle *b, const struct seki_check *c,
    const struct seki_import *opt, const struct seki_verdict *v,
    const struct seki_imported *n, const struct seki_store_form *after,
    struct seki_err *err)
{
	struct entry e = { .o = json_object() };

	if (e.o == NULL)
		return NULL;
	bundle(&e, b, c, opt, v, err);
	number(&e, "records", n->records);
	number(&e, "held", n->held);
	number(&e, "added", n->added);
	number(&e, "changed", n->changed);
	number(&e, "removed", n->removed);
	text(&e, "form_accepted", n->accepted);
	number(&e, "deleted", n->deleted);
	number(&e, "absent", n->absent);
	number(&e, "stored_records", n->stored_records);
	number(&e, "stored_held", n->stored_held);
	digest(&e, "stored_root", n->stored_root);
	number(&e, "gap", v->gap);
	digest(&e, "rows_sha256", after->sum);
	number(&e, "past", after->past);
	digest(&e, "past_sha256", after->past_sum);
	text(&e, "result", "ok");
	return done(&e);
}
