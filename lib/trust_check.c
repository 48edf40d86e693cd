#include <stdlib.h>

#include "trust_int.h"

/* A signature may be this much older than the manifest it signs: the draft
 * carries the instant it was begun (threats C4). */
#define SIGNED_BEFORE 86400

struct check {
	const struct seki_trust *trust;
	const struct seki_manifest *m;
	const void *bytes;
	size_t n;
	struct seki_signer *signer;
	size_t nsigner;
	const char *misnamed; /* a file named after another role */
	enum seki_purpose misnamed_as;
};

/* The names in sig/ are hints; this is for the message only. */
static void
note_name(struct check *c, const char *name, enum seki_purpose purpose)
{
	const char *word = seki_purpose_word(purpose),
		   *base = strchr(name, '/');
	size_t n = strlen(word);

	base = base == NULL ? name : base + 1;
	if (strncmp(base, word, n) == 0 && base[n] == '.')
		return;
	c->misnamed = name;
	c->misnamed_as = purpose;
}

static int
revoked(
    const struct check *c, const struct seki_trust_key *k, struct seki_err *err)
{
	const struct seki_revoked *r =
	    seki_trust_file_revoked(c->trust->file, k->id);
	char text[SEKI_TIME];

	if (seki_trust_denied(c->trust, k->id))
		return seki_fail(err, SEKI_REVOKED,
		    _("the key of %s is on this host's deny list"), k->owner);
	if (r == NULL)
		return 0;
	seki_time_jst(r->time, text);
	return seki_fail(err, SEKI_REVOKED,
	    _("the key of %s was revoked on %s (Japan time)"), k->owner, text);
}

int
seki_trust_key_for(const struct seki_trust_key *k, const char *stream)
{
	size_t i;

	for (i = 0; i < k->nstream; i++)
		if (strcmp(k->stream[i], "*") == 0 ||
		    strcmp(k->stream[i], stream) == 0)
			return 1;
	return 0;
}

/* May this key sign this bundle for this purpose, then? */
static int
may_sign(const struct check *c, const struct seki_trust_key *k,
    enum seki_purpose purpose, seki_time when, struct seki_err *err)
{
	if (purpose != SEKI_P_PREPARE && purpose != SEKI_P_APPROVE &&
	    purpose != SEKI_P_RELEASE)
		return seki_fail(err, SEKI_SIGNATURE,
		    _("signed as %s, which no bundle is"),
		    seki_purpose_word(purpose));
	if ((k->roles & 1U << purpose) == 0)
		return seki_fail(err, SEKI_SIGNATURE,
		    _("signed as %s, but the key of %s has not that role"),
		    seki_purpose_word(purpose), k->owner);
	if (!seki_trust_key_for(k, c->m->stream))
		return seki_fail(err, SEKI_SIGNATURE,
		    _("the key of %s is not for this stream"), k->owner);
	if (when < c->m->created - SIGNED_BEFORE || when > c->m->expires)
		return seki_fail(err, SEKI_SIGNATURE,
		    _("signed by %s at a time that does not fit the bundle's "
		      "dates"),
		    k->owner);
	return revoked(c, k, err);
}

static int
one(struct check *c, const struct seki_sig *sig, struct seki_err *err)
{
	struct seki_signer *s = &c->signer[c->nsigner];
	struct seki_cms *cms = seki_cms_open(sig->der, sig->n, err);
	const struct seki_trust_key *k;
	int r = -1;

	if (cms == NULL)
		return -1;
	k = seki_trust_file_signer(c->trust->file, cms);
	if (k == NULL) {
		seki_err_hint(err, "seki-key show --trust %s", c->trust->dir);
		(void)seki_fail(err, SEKI_SIGNATURE, "%s",
		    _("the signer is not in the trust file"));
	} else if (seki_trust_file_holds(k, cms, c->bytes, c->n, err) == 0 &&
		   may_sign(c, k, seki_cms_purpose(cms), seki_cms_when(cms),
		       err) == 0) {
		(void)memcpy(s->id, k->owner, sizeof(s->id));
		(void)memcpy(s->key, k->id, sizeof(s->key));
		s->purpose = seki_cms_purpose(cms);
		s->when = seki_cms_when(cms);
		note_name(c, sig->name, s->purpose);
		c->nsigner++;
		r = 0;
	}
	seki_cms_free(cms);
	return r;
}

static int
signed_as(const struct check *c, const char *id, enum seki_purpose purpose)
{
	size_t i;

	for (i = 0; i < c->nsigner; i++)
		if (c->signer[i].purpose == purpose &&
		    strcmp(c->signer[i].id, id) == 0)
			return 1;
	return 0;
}

/* Different owners in this role; who prepared does not approve or release. */
static unsigned
persons(const struct check *c, enum seki_purpose purpose)
{
	unsigned n = 0;
	size_t i, j;

	for (i = 0; i < c->nsigner; i++) {
		if (c->signer[i].purpose != purpose)
			continue;
		for (j = 0; j < i; j++)
			if (c->signer[j].purpose == purpose &&
			    strcmp(c->signer[j].id, c->signer[i].id) == 0)
				break;
		if (j < i || (purpose != SEKI_P_PREPARE &&
				 signed_as(c, c->signer[i].id, SEKI_P_PREPARE)))
			continue;
		n++;
	}
	return n;
}

static int
enough(const struct check *c, const struct seki_policy *p, struct seki_err *err)
{
	const unsigned want[] = { p->prepare, p->approve, p->release };
	const enum seki_purpose purpose[] = { SEKI_P_PREPARE, SEKI_P_APPROVE,
		SEKI_P_RELEASE };
	unsigned have;
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		if ((have = persons(c, purpose[i])) >= want[i])
			continue;
		seki_err_hint(
		    err, "%s", _("Ask the sender to have the bundle signed."));
		if (c->misnamed != NULL)
			return seki_fail(err, SEKI_THRESHOLD,
			    _("%u of %u persons signed as %s; %s was signed "
			      "as %s"),
			    have, want[i], seki_purpose_word(purpose[i]),
			    c->misnamed, seki_purpose_word(c->misnamed_as));
		return seki_fail(err, SEKI_THRESHOLD,
		    _("%u of %u persons signed as %s"), have, want[i],
		    seki_purpose_word(purpose[i]));
	}
	return 0;
}

/* What the stream's policy says about the manifest itself. */
static int
permits(const struct seki_policy *p, const struct seki_manifest *m,
    struct seki_err *err)
{
	int media = strcmp(m->carrier, "media") == 0, view = 0;
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < m->nfile; i++) {
		bytes += m->file[i].size;
		view |= strcmp(m->file[i].role, "view") == 0;
	}
	if (!(media ? p->media : p->relay))
		return seki_fail(err, SEKI_POLICY,
		    _("the stream may not travel by the carrier %s"),
		    m->carrier);
	if (!p->clear && m->nrecipient == 0)
		return seki_fail(err, SEKI_POLICY, "%s",
		    _("the stream may not travel unencrypted"));
	if (media && p->nrecipient > 0 && m->nrecipient == 0)
		return seki_fail(err, SEKI_POLICY, "%s",
		    _("the trust file names keys that the stream is to be "
		      "encrypted to, and the bundle is in the clear"));
	if (strcmp(p->audience, "*") != 0 &&
	    strcmp(p->audience, m->audience) != 0)
		return seki_fail(err, SEKI_POLICY,
		    _("the stream is for %s only"), p->audience);
	if (p->max_records != 0 && m->records > p->max_records)
		return seki_fail(err, SEKI_POLICY,
		    _("more records than the %llu the stream may hold"),
		    (unsigned long long)p->max_records);
	if (p->max_bytes != 0 && bytes > p->max_bytes)
		return seki_fail(err, SEKI_POLICY,
		    _("larger than the %llu bytes the stream may have"),
		    (unsigned long long)p->max_bytes);
	if (p->view && media && !view)
		return seki_fail(err, SEKI_POLICY, "%s",
		    _("the stream must carry a workbook"));
	return 0;
}

static int
all(struct check *c, const struct seki_sig *sig, size_t nsig,
    struct seki_err *err)
{
	struct seki_err why = SEKI_ERR_INIT;
	size_t i;

	if (nsig > SEKI_SIGNATURES_MAX)
		return seki_fail(
		    err, SEKI_LIMIT, "%s", _("too many signatures"));
	for (i = 0; i < nsig; i++)
		if (one(c, &sig[i], &why) == -1) {
			seki_err_hint(err, "%s", why.hint);
			return seki_fail(
			    err, why.reason, "%s: %s", sig[i].name, why.text);
		}
	return 0;
}

int
seki_trust_check(const struct seki_trust *t, const struct seki_manifest *m,
    const void *bytes, size_t n, const struct seki_sig *sig, size_t nsig,
    struct seki_signer *signer, struct seki_err *err)
{
	struct check c = {
		.trust = t, .m = m, .bytes = bytes, .n = n, .signer = signer
	};
	struct seki_policy p;

	if (strcmp(m->org, t->file->org) != 0)
		return seki_fail(err, SEKI_TRUST,
		    _("a bundle of the organisation %s; the trust file is of "
		      "%s"),
		    m->org, t->file->org);
	if (m->trust > t->file->version) {
		seki_err_hint(err,
		    _("bring the sender's trust folder here and accept it: "
		      "seki-key accept --trust %s FOLDER"),
		    t->dir);
		return seki_fail(err, SEKI_TRUST_OLD,
		    _("packed with version %llu of the trust file; here is "
		      "%llu"),
		    (unsigned long long)m->trust,
		    (unsigned long long)t->file->version);
	}
	if (all(&c, sig, nsig, err) == -1 ||
	    seki_trust_policy(t, m->stream, &p, err) == -1 ||
	    enough(&c, &p, err) == -1)
		return -1;
	if (!signed_as(&c, m->prepared_by, SEKI_P_PREPARE))
		return seki_fail(err, SEKI_SIGNATURE,
		    _("the manifest names %s, who did not sign, as the one "
		      "who prepared it"),
		    m->prepared_by);
	return permits(&p, m, err);
}
