#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/* By all its digits, or as many as seki-key shows. */
static const struct seki_trust_key *
named(const struct seki_trust *t, const char *id)
{
	const struct seki_trust_key *k, *found = NULL;
	size_t i, n = strlen(id);

	for (i = 0; (n == 16 || n == SEKI_HEX - 1) &&
		    (k = seki_trust_key(t, i)) != NULL;
	     i++)
		if (strncmp(k->id, id, n) == 0)
			found = k;
	return found;
}

static int
bad(struct seki_err *err, const struct seki_trust_key *k, const char *why)
{
	seki_err_hint(err, "%s",
	    _("seki-key show lists the keys; seki-key add names another one "
	      "of the role decrypt"));
	return seki_fail(err, SEKI_TRUST, _("the key %.16s of %s: %s"), k->id,
	    k->owner, why);
}

const struct seki_trust_key *
seki_recipient(const struct seki_trust *t, const char *id, const char *stream,
    seki_time now, struct seki_err *err)
{
	const struct seki_trust_key *k = named(t, id);
	char day[SEKI_TIME], why[128];
	seki_time when;

	if (k == NULL) {
		seki_err_hint(err, "%s",
		    _("seki-key show lists the keys; seki-key add names "
		      "another one"));
		(void)seki_fail(err, SEKI_TRUST,
		    _("%.64s: no key of the trust file has this id"), id);
		return NULL;
	}
	if ((k->roles & SEKI_R_DECRYPT) == 0) {
		(void)bad(err, k, _("it has not the role decrypt"));
		return NULL;
	}
	if (!seki_trust_key_for(k, stream)) {
		(void)bad(err, k, _("it is not for this stream"));
		return NULL;
	}
	if (seki_trust_revoked(t, k->id, &when)) {
		(void)seki_fail(err, SEKI_REVOKED,
		    _("the key %.16s of %s is revoked or denied"), k->id,
		    k->owner);
		return NULL;
	}
	if (now >= k->not_before && now < k->not_after)
		return k;
	seki_time_jst(now < k->not_before ? k->not_before : k->not_after, day);
	(void)snprintf(why, sizeof(why),
	    now < k->not_before ? _("it is good from %s on (Japan time)")
				: _("it ended on %s (Japan time)"),
	    day);
	(void)bad(err, k, why);
	return NULL;
}

/* Sorted, each once. */
static int
insert(struct seki_recipients *to, const struct seki_trust_key *k,
    struct seki_err *err)
{
	size_t i = to->n;

	while (i > 0 && strcmp(to->id[i - 1], k->id) > 0)
		i--;
	if (i > 0 && strcmp(to->id[i - 1], k->id) == 0)
		return 0;
	if (to->n == SEKI_RECIPIENTS_MAX)
		return seki_fail(err, SEKI_LIMIT, _("more than %zu recipients"),
		    SEKI_RECIPIENTS_MAX);
	memmove(to->id[i + 1], to->id[i], (to->n - i) * sizeof(to->id[0]));
	memmove(
	    &to->cert[i + 1], &to->cert[i], (to->n - i) * sizeof(to->cert[0]));
	memcpy(to->id[i], k->id, SEKI_HEX);
	to->cert[i] = (struct seki_buf)SEKI_BUF_INIT;
	to->n++;
	return seki_buf_add(&to->cert[i], k->cert.p, k->cert.n, err);
}

/* When the audience is a host, it must be able to open what is for it. */
static int
reaches(const struct seki_packing *o, const struct seki_recipients *to,
    struct seki_err *err)
{
	const struct seki_trust_member *m;
	size_t i;

	for (i = 0; (m = seki_trust_member(o->trust, i)) != NULL; i++)
		if (m->host && strcmp(m->id, o->audience) == 0)
			break;
	if (m == NULL)
		return 0;
	for (i = 0; i < to->n; i++)
		if (strcmp(seki_trust_owner(o->trust, to->id[i]), m->id) == 0)
			return 0;
	seki_err_hint(err, "%s",
	    _("check --audience; seki-key add names a key of that host"));
	return seki_fail(err, SEKI_AUDIENCE,
	    _("the bundle is for %s, and none of the keys it is to be "
	      "encrypted to is of that host"),
	    m->id);
}

int
seki_recipients_find(const struct seki_packing *o, const char *stream,
    const struct seki_policy *p, struct seki_recipients *to,
    struct seki_err *err)
{
	const struct seki_trust_key *k;
	size_t i, more = 0;
	const char *id;

	if (strcmp(o->carrier, "media") != 0)
		return o->recipients == NULL || o->recipients[0] == NULL
			   ? 0
			   : seki_fail(err, SEKI_USAGE, "%s",
				 _("--recipient: a relay carries nothing "
				   "encrypted"));
	while (o->recipients != NULL && o->recipients[more] != NULL)
		more++;
	for (i = 0; i < p->nrecipient + more; i++) {
		id = i < p->nrecipient ? p->recipient[i]
				       : o->recipients[i - p->nrecipient];
		k = seki_recipient(o->trust, id, stream, o->now, err);
		if (k == NULL || insert(to, k, err) == -1)
			return -1;
	}
	return to->n == 0 ? 0 : reaches(o, to, err);
}

void
seki_recipients_free(struct seki_recipients *to)
{
	while (to->n > 0)
		seki_buf_free(&to->cert[--to->n]);
}
