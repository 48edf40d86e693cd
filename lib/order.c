#include <string.h>

#include "seki_int.h"

/*
 * May this bundle be taken now, after what was taken before?  Threats C6, row
 * by row; nothing here touches a database, so that every row can be tested.
 */

static unsigned long long
ull(uint64_t n)
{
	return (unsigned long long)n;
}

static int
clock_ok(seki_time floor, seki_time now, struct seki_err *err)
{
	char newest[SEKI_TIME], here[SEKI_TIME];

	if (floor == 0 || now >= floor - SEKI_CLOCK_BEHIND)
		return 0;
	seki_time_jst(floor, newest);
	seki_time_jst(now, here);
	seki_err_hint(
	    err, "%s", _("set this host's clock, then run again: timedatectl"));
	return seki_fail(err, SEKI_CLOCK,
	    _("this host's clock is behind: it says %s, a bundle of %s was "
	      "taken before (Japan time)"),
	    here, newest);
}

static int
expired(seki_time end, struct seki_err *err)
{
	char day[SEKI_TIME];

	seki_time_jst(end, day);
	seki_err_hint(err, "%s", _("ask the sender for a newer bundle"));
	return seki_fail(
	    err, SEKI_EXPIRED, _("expired on %s (Japan time)"), day);
}

int
seki_order_dates(const struct seki_manifest *m, const struct seki_policy *p,
    seki_time now, struct seki_err *err)
{
	seki_time from =
	    m->created > m->not_before ? m->created : m->not_before;
	char day[SEKI_TIME];

	if (from > now + SEKI_CLOCK_AHEAD) {
		seki_time_jst(from, day);
		seki_err_hint(err, "%s",
		    _("if that day is past, this host's clock is behind: "
		      "timedatectl"));
		return seki_fail(err, SEKI_EARLY,
		    _("not valid before %s (Japan time)"), day);
	}
	if (now >= m->expires)
		return expired(m->expires, err);
	if (p->max_age > 0 && now - m->created > p->max_age)
		return expired(m->created + p->max_age, err);
	return 0;
}

static int
fork_found(const struct seki_manifest *m, uint64_t seq, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("stop; import nothing more of this stream and call the "
	      "sending side: two hosts or two copies of one state pack it"));
	return seki_fail(err, SEKI_FORK,
	    _("two bundles claim seq %llu of stream %s"), ull(seq), m->stream);
}

static int
epoch_ok(const struct seki_order *o, const struct seki_policy *p,
    const struct seki_manifest *m, struct seki_err *err)
{
	if (m->epoch < p->epoch || (o->at.known && m->epoch < o->at.epoch))
		return seki_fail(err, SEKI_REPLAY,
		    _("epoch %llu of the stream was closed; it is in epoch "
		      "%llu"),
		    ull(m->epoch),
		    ull(o->at.known && o->at.epoch > p->epoch ? o->at.epoch
							      : p->epoch));
	if (m->epoch == p->epoch)
		return 0;
	seki_err_hint(err, "%s",
	    _("if a new epoch was really opened, bring the new trust file: "
	      "seki-key accept"));
	return seki_fail(err, SEKI_EPOCH,
	    _("the bundle is of epoch %llu, by the trust file the stream's "
	      "epoch is %llu"),
	    ull(m->epoch), ull(p->epoch));
}

int
seki_order_alone(const struct seki_manifest *m, const struct seki_policy *p,
    seki_time now, struct seki_err *err)
{
	const struct seki_order none = { .at = { .known = 0 } };

	if (seki_order_dates(m, p, now, err) == -1)
		return -1;
	return epoch_ok(&none, p, m, err);
}

/* A copied app is another source; only a new epoch may change it. */
static int
source_ok(const struct seki_order *o, const struct seki_manifest *m,
    struct seki_err *err)
{
	if (!o->at.known || m->epoch > o->at.epoch ||
	    (strcmp(m->source.domain, o->at.domain) == 0 &&
		strcmp(m->source.app, o->at.app) == 0))
		return 0;
	seki_err_hint(err, "%s",
	    _("records of another app go under another stream name; a "
	      "copied app that takes over needs a new epoch in the trust "
	      "file"));
	return seki_fail(err, SEKI_SOURCE,
	    _("stream %s is bound to %s app %s; these records come from %s "
	      "app %s"),
	    m->stream, o->at.domain, o->at.app, m->source.domain,
	    m->source.app);
}

static int
older(const struct seki_order *o, const struct seki_manifest *m, uint64_t base,
    struct seki_err *err)
{
	char day[SEKI_TIME];

	if (!o->at.known)
		return seki_fail(err, SEKI_REPLAY,
		    _("seq %llu; by the trust file the stream begins after "
		      "%llu"),
		    ull(m->seq), ull(base));
	seki_time_jst(o->at.taken, day);
	return seki_fail(err, SEKI_REPLAY,
	    _("seq %llu was superseded by %llu on %s (Japan time); nothing "
	      "to do"),
	    ull(m->seq), ull(base), day);
}

/* A number that was passed, on a bundle made after the one that passed it: no
 * old file, but another count of the stream's numbers. */
static int
other_count(const struct seki_order *o, const struct seki_manifest *m,
    struct seki_err *err)
{
	seki_err_hint(err,
	    _("do not put it away: call the sending side, which packs stream "
	      "%s with the --state folder that holds seq %llu, and then brings "
	      "a new bundle"),
	    m->stream, ull(o->at.seq));
	return seki_fail(err, SEKI_REPLAY,
	    _("seq %llu, but it was made after seq %llu, which is stored; the "
	      "sending side seems to use another --state folder"),
	    ull(m->seq), ull(o->at.seq));
}

/* A delta changes what one bundle left; here nothing of its epoch was taken,
 * and what the trust file says of a start is no record. */
static int
nothing_to_change(const struct seki_manifest *m, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("have the whole stream packed, from a pull without --delta, and "
	      "import that first"));
	return seki_fail(err, SEKI_GAP,
	    _("a delta bundle, but nothing of stream %s in epoch %llu is here "
	      "that it could change"),
	    m->stream, ull(m->epoch));
}

/* Bundles between the last one and this are missing. */
static int
skipped(const struct seki_order *o, const struct seki_policy *p,
    const struct seki_manifest *m, uint64_t base, struct seki_verdict *v,
    struct seki_err *err)
{
	if (strcmp(m->kind, "full") != 0) {
		seki_err_hint(err,
		    _("bring the missing ones (on the sending host: "
		      "seki-pack --resend %llu), then run again; a later full "
		      "bundle does, too"),
		    ull(base + 1));
		return seki_fail(err, SEKI_GAP,
		    _("seq %llu is missing; this one is %llu"), ull(base + 1),
		    ull(m->seq));
	}
	/* A new store: a full bundle is all there is to have, whatever number
	 * the stream has reached. */
	v->first = !o->at.known && p->start == 0;
	if (!v->first && m->seq - base > p->max_jump) {
		seki_err_hint(err,
		    _("bring the missing ones (on the sending host: "
		      "seki-pack --resend %llu), or ask why so many are "
		      "missing"),
		    ull(base + 1));
		return seki_fail(err, SEKI_JUMP,
		    _("seq %llu after %llu: more than %llu at once"),
		    ull(m->seq), ull(base), ull(p->max_jump));
	}
	v->gap = m->seq - base - 1;
	return 0;
}

int
seki_order_decide(const struct seki_order *o, const struct seki_policy *p,
    const struct seki_manifest *m, const unsigned char *digest, seki_time now,
    struct seki_verdict *v, struct seki_err *err)
{
	const struct seki_position *at = &o->at;
	int same = at->known && m->epoch == at->epoch;
	uint64_t base = same ? at->seq : at->known ? 0 : p->start;
	char hex[SEKI_HEX];

	if (clock_ok(o->floor, now, err) == -1)
		return -1;
	if (o->taken) {
		v->already = 1;
		v->taken = o->when;
		return 0;
	}
	if (seki_order_dates(m, p, now, err) == -1 ||
	    epoch_ok(o, p, m, err) == -1 || source_ok(o, m, err) == -1)
		return -1;
	if (o->twin) {
		v->already = v->twin = 1;
		v->taken = o->when;
		return 0;
	}
	if (same && m->seq == base && memcmp(digest, at->digest, SEKI_SHA256))
		return fork_found(m, m->seq, err);
	if (m->seq < base && same && m->created > at->created)
		return other_count(o, m, err);
	if (m->seq <= base)
		return older(o, m, base, err);
	if (same && m->created <= at->created)
		return seki_fail(err, SEKI_ORDER, "%s",
		    _("it was made no later than the bundle taken before it"));
	if (!same && strcmp(m->kind, "full") != 0)
		return nothing_to_change(m, err);
	if (m->seq > base + 1)
		return skipped(o, p, m, base, v, err);
	if (!same)
		return 0;
	seki_text_hex(at->digest, SEKI_SHA256, hex);
	if (strcmp(m->prev, hex) == 0 || o->follows)
		return 0;
	seki_err_hint(err,
	    _("if bundle %llu was withdrawn and packed again, import that one "
	      "first (on the sending host: seki-pack --resend %llu); if not, "
	      "stop and call the sending side: two hosts or two copies of one "
	      "state pack it"),
	    ull(base), ull(base));
	return fork_found(m, base, err);
}

int
seki_order_check(struct seki_store *store, const struct seki_policy *p,
    const struct seki_manifest *m, const unsigned char *digest, seki_time now,
    struct seki_verdict *v, struct seki_err *err)
{
	struct seki_order o;

	memset(&o, 0, sizeof(o));
	if (seki_store_ledger(store, err) == -1 ||
	    seki_store_carried(store, m->stream, err) == -1 ||
	    seki_store_position(store, m->stream, &o.at, err) == -1 ||
	    seki_store_floor(store, &o.floor, err) == -1 ||
	    (o.taken = seki_store_taken(store, digest, &o.when, err)) == -1)
		return -1;
	/* The note of another bundle only claims whose twin this one is. */
	if (o.taken == 2 &&
	    (o.taken = seki_store_again(store, m, &o.when, err)) == -1)
		return -1;
	if (!o.taken &&
	    ((o.twin = seki_store_again(store, m, &o.when, err)) == -1 ||
		(o.follows = seki_store_follows(store, m, err)) == -1))
		return -1;
	return seki_order_decide(&o, p, m, digest, now, v, err);
}
