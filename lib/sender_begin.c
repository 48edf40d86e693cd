#include <string.h>

#include "approval.h"
#include "scan.h"
#include "sender_job.h"

static int
same_source(const struct seki_job *j, struct seki_err *err)
{
	const struct seki_source *now = &seki_pack_schema(j->pack)->source;

	if (!j->known || (strcmp(now->system, j->at.system) == 0 &&
			     strcmp(now->domain, j->at.domain) == 0 &&
			     strcmp(now->app, j->at.app) == 0))
		return 0;
	seki_err_hint(err, "%s",
	    _("Is it another app? Give it a stream of its own. A copied app"
	      " is another app."));
	return seki_fail(err, SEKI_SOURCE,
	    _("the stream is bound to app %s of %s, these records come from"
	      " app %s of %s"),
	    j->at.app, j->at.domain, now->app, now->domain);
}

static int
allowed(struct seki_job *j, struct seki_policy *p, struct seki_err *err)
{
	const char *stream = seki_pack_schema(j->pack)->stream;

	if (seki_trust_policy(j->o->trust, stream, p, err) == -1)
		return -1;
	if (seki_recipients_find(j->o, stream, p, &j->to, err) == -1)
		return -1;
	j->clear = seki_sender_relay(j->o) && p->nrecipient > 0;
	if (seki_sender_may(j->o, p, j->to.n, stream, err) == -1)
		return -1;
	if (p->audience[0] != '\0' && strcmp(p->audience, "*") != 0 &&
	    strcmp(p->audience, j->o->audience) != 0)
		return seki_fail(err, SEKI_AUDIENCE,
		    _("the trust file sends stream %s to %s"), stream,
		    p->audience);
	if (j->known && p->epoch < j->at.epoch)
		return seki_fail(err, SEKI_EPOCH,
		    _("the trust file says epoch %llu, the stream is in epoch"
		      " %llu: is it an old trust file?"),
		    (unsigned long long)p->epoch,
		    (unsigned long long)j->at.epoch);
	return 0;
}

/* Later than every bundle ever made of the stream, withdrawn ones too: one of
 * them may be on its way. */
static int
created(struct seki_job *j, seki_time *t, struct seki_err *err)
{
	sqlite3_stmt *stmt = seki_sender_sql(j->s, err,
	    "SELECT max(created) FROM outbox WHERE stream = ?", "s",
	    seki_pack_schema(j->pack)->stream);
	seki_time last = j->known ? j->at.created : 0;
	int r;

	if (stmt == NULL)
		return -1;
	if ((r = seki_sender_step(j->s, stmt, err)) == 1 &&
	    sqlite3_column_int64(stmt, 0) > last)
		last = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	if (r == -1)
		return -1;
	j->first = last == 0;
	if (j->o->created != 0 && j->o->created <= last)
		return seki_fail(err, SEKI_ORDER, "%s",
		    _("--created is not later than the bundle before"));
	*t = j->o->created != 0 ? j->o->created : j->o->now;
	if (*t <= last)
		*t = last + 1;
	if (*t <= seki_time_now() + SEKI_CLOCK_AHEAD)
		return 0;
	seki_err_hint(err, "%s",
	    j->o->created != 0
		? _("give --created an instant that is not to come")
		: _("set this host's clock right (timedatectl); if it was "
		    "ahead before, wait until the time of the last bundle"));
	return seki_fail(err, SEKI_CLOCK, "%s",
	    _("the bundle would be dated in the future, and every later one "
	      "after it"));
}

/* Who answers for what the scan found: a slip in the name would be signed. */
static int
answers(const struct seki_job *j, struct seki_err *err)
{
	const struct seki_packing *o = j->o;
	const struct seki_trust_member *who;
	size_t i;

	if (o->by == NULL)
		return 0;
	if (o->override[strspn(o->override, " ")] == '\0' ||
	    !seki_form_ok(SEKI_F_LINE, o->override))
		return seki_fail(err, SEKI_USAGE, "--scan-override: %s",
		    seki_form_what(SEKI_F_LINE));
	for (i = 0; (who = seki_trust_member(o->trust, i)) != NULL; i++)
		if (!who->host && !who->safe && strcmp(who->id, o->by) == 0)
			break;
	if (who == NULL) {
		seki_err_hint(err, "%s",
		    _("seki-key show lists the persons of the trust file."));
		return seki_fail(err, SEKI_USAGE,
		    _("--by %.63s: not a person of the trust file"), o->by);
	}
	if (seki_manifest_set(&j->m->scan_by, o->by, err) == -1)
		return -1;
	return seki_manifest_set(&j->m->scan_reason, o->override, err);
}

/* What a person says about the bundle stands in the clear in its manifest: no
 * override lets a number of a person pass there. */
static int
said(const struct seki_packing *o, struct seki_err *err)
{
	const char *const w[][2] = { { "--title", o->title },
		{ "--purpose", o->purpose }, { "--class", o->class },
		{ "--period", o->period }, { "--contact", o->contact },
		{ "--scan-override", o->override },
		{ "--approved", o->approval ? o->approval->number : NULL },
		{ "--approved", o->approval ? o->approval->name : NULL } };
	size_t i;

	for (i = 0; i < sizeof(w) / sizeof(w[0]); i++)
		if (seki_scan_line(w[i][0], w[i][1], err) == -1)
			return -1;
	return 0;
}

/* A line for the cover, signed with the rest. */
static int
contact(
    const struct seki_packing *o, struct seki_manifest *m, struct seki_err *err)
{
	if (o->contact == NULL || o->contact[0] == '\0')
		return 0;
	if (!seki_form_ok(SEKI_F_LINE, o->contact))
		return seki_fail(err, SEKI_USAGE, "--contact: %s",
		    seki_form_what(SEKI_F_LINE));
	return seki_manifest_note(m, "contact", o->contact, err);
}

/* What the manifest says before a record is read. */
int
seki_job_begin(struct seki_job *j, struct seki_err *err)
{
	const char *owner =
	    seki_trust_owner(j->o->trust, seki_key_id(j->o->key));
	const struct seki_packing *o = j->o;
	struct seki_manifest *m = j->m;
	struct seki_policy policy;
	const char *stream = seki_pack_schema(j->pack)->stream;

	if (owner == NULL) {
		seki_err_hint(err, "%s",
		    _("seki-key show lists whose keys the trust file names."));
		return seki_fail(err, SEKI_SIGNATURE, "%s",
		    _("the key is not in the trust file"));
	}
	if ((j->known = seki_sender_stand(j->s, stream, &j->at, err)) == -1 ||
	    said(o, err) == -1 || same_source(j, err) == -1 ||
	    allowed(j, &policy, err) == -1 ||
	    created(j, &m->created, err) == -1)
		return -1;
	m->epoch = policy.epoch;
	m->seq = 1;
	if (j->known && j->at.epoch == policy.epoch) {
		m->seq = j->at.seq + 1;
		memcpy(m->prev, j->at.manifest, sizeof(m->prev));
	}
	m->trust = seki_trust_version(o->trust);
	m->not_before = m->created;
	m->expires = seki_sender_weekdays(m->created, o->expires);
	m->part = m->parts = 1;
	m->test = o->test;
	if (seki_manifest_set(&m->org, seki_trust_org(o->trust), err) == -1 ||
	    seki_manifest_set(&m->stream, stream, err) == -1 ||
	    seki_manifest_set(&m->audience, o->audience, err) == -1 ||
	    seki_manifest_set(&m->carrier, o->carrier, err) == -1 ||
	    seki_manifest_set(&m->prepared_by, owner, err) == -1 ||
	    seki_manifest_set(&m->title, o->title, err) == -1 ||
	    seki_manifest_set(&m->purpose, o->purpose, err) == -1 ||
	    seki_manifest_set(&m->class, o->class, err) == -1 ||
	    answers(j, err) == -1 || contact(o, m, err) == -1 ||
	    (o->approval != NULL &&
		seki_approval_set(m, o->approval, err) == -1))
		return -1;
	return seki_manifest_set(&m->period, o->period, err);
}
