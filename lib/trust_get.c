#include "trust_int.h"

/* From here on people are told that something ends (threats C11). */
#define WARN_BEFORE ((seki_time)30 * 86400)

uint64_t
seki_trust_version(const struct seki_trust *t)
{
	return t->file->version;
}

const char *
seki_trust_org(const struct seki_trust *t)
{
	return t->file->org;
}

seki_time
seki_trust_created(const struct seki_trust *t)
{
	return t->file->created;
}

seki_time
seki_trust_expires(const struct seki_trust *t)
{
	return t->file->expires;
}

size_t
seki_trust_threshold(const struct seki_trust *t)
{
	return t->file->threshold;
}

const char *
seki_trust_bytes(const struct seki_trust *t, size_t *n)
{
	*n = t->file->bytes.n;
	return t->file->bytes.p;
}

const struct seki_trust_member *
seki_trust_member(const struct seki_trust *t, size_t i)
{
	return i < t->file->nmember ? &t->file->member[i] : NULL;
}

const struct seki_trust_key *
seki_trust_key(const struct seki_trust *t, size_t i)
{
	return i < t->file->nkey ? &t->file->key[i] : NULL;
}

const char *
seki_trust_stream(const struct seki_trust *t, size_t i)
{
	return i < t->file->nstream ? t->file->stream[i].stream : NULL;
}

int
seki_trust_denied(const struct seki_trust *t, const char *key_id)
{
	size_t i;

	for (i = 0; i < t->ndeny; i++)
		if (strcmp(t->deny[i], key_id) == 0)
			return 1;
	return 0;
}

int
seki_trust_revoked(
    const struct seki_trust *t, const char *key_id, seki_time *when)
{
	const struct seki_revoked *r = seki_trust_file_revoked(t->file, key_id);

	*when = r == NULL ? 0 : r->time;
	return r != NULL || seki_trust_denied(t, key_id);
}

/* Somebody who could approve: a person, not the sealed key. */
size_t
seki_trust_persons(const struct seki_trust *t)
{
	const struct seki_trust_file *f = t->file;
	size_t i, k, n = 0;
	seki_time when;

	for (i = 0; i < f->nmember; i++)
		for (k = 0; k < f->nkey; k++)
			if (strcmp(f->key[k].owner, f->member[i].id) == 0 &&
			    (f->key[k].roles & SEKI_R_APPROVE) != 0 &&
			    !seki_trust_revoked(t, f->key[k].id, &when)) {
				n++;
				break;
			}
	return n;
}

int
seki_trust_policy(const struct seki_trust *t, const char *stream,
    struct seki_policy *p, struct seki_err *err)
{
	const struct seki_stream_policy *found = NULL;
	size_t i;

	for (i = 0; i < t->file->nstream; i++)
		if (strcmp(t->file->stream[i].stream, stream) == 0 ||
		    (found == NULL &&
			strcmp(t->file->stream[i].stream, "*") == 0))
			found = &t->file->stream[i];
	if (found == NULL) {
		seki_err_hint(err, "seki-key show --trust %s", t->dir);
		return seki_fail(err, SEKI_POLICY,
		    _("the trust file has no policy for the stream %s"),
		    stream);
	}
	*p = found->policy;
	return 0;
}

const char *
seki_trust_owner(const struct seki_trust *t, const char *key_id)
{
	size_t i;

	for (i = 0; i < t->file->nkey; i++)
		if (strcmp(t->file->key[i].id, key_id) == 0)
			return t->file->key[i].owner;
	return NULL;
}

static int
ends_soon(seki_time end, seki_time now)
{
	return now < end && end - now <= WARN_BEFORE;
}

int
seki_trust_warn(const struct seki_trust *t, seki_time now, size_t i, char *text,
    size_t size)
{
	const struct seki_trust_file *f = t->file;
	char when[SEKI_TIME];
	seki_time gone;
	size_t k, n = 0;

	if (ends_soon(f->expires, now) && n++ == i) {
		seki_time_jst(f->expires, when);
		(void)snprintf(text, size,
		    _("The trust file %s ends on %s (Japan time)."), f->name,
		    when);
		return 1;
	}
	for (k = 0; k < f->nkey; k++) {
		if (!ends_soon(f->key[k].not_after, now) ||
		    seki_trust_revoked(t, f->key[k].id, &gone) || n++ != i)
			continue;
		seki_time_jst(f->key[k].not_after, when);
		(void)snprintf(text, size,
		    _("A key of %s ends on %s (Japan time)."), f->key[k].owner,
		    when);
		return 1;
	}
	return 0;
}
