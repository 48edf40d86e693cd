#include <jansson.h>
#include <stdlib.h>

#include "trust_int.h"

static int
count(const struct seki_trust_at *a, const json_t *o, const char *key,
    uint64_t min, unsigned *to)
{
	uint64_t n;

	if (seki_trust_at_number(a, o, key, min, SEKI_SIGNATURES_MAX, &n) == -1)
		return -1;
	*to = (unsigned)n;
	return 0;
}

static int
decrypts(const struct seki_trust_file *t, const char *id)
{
	size_t i;

	for (i = 0; i < t->nkey; i++)
		if (strcmp(t->key[i].id, id) == 0)
			return (t->key[i].roles & SEKI_R_DECRYPT) != 0;
	return 0;
}

static int
recipients(
    const struct seki_trust_at *a, const json_t *o, struct seki_policy *p)
{
	json_t *all = seki_trust_at_list(a, o, "recipients"), *v;
	const char *id;
	size_t i, k;

	if (all == NULL)
		return -1;
	json_array_foreach(all, i, v)
	{
		id = json_string_value(v);
		if (id == NULL || !seki_form_ok(SEKI_F_HEX, id))
			return seki_trust_at_bad(
			    a, "recipients", seki_form_what(SEKI_F_HEX));
		if (!decrypts(a->t, id))
			return seki_trust_at_bad(a, "recipients",
			    _("no key of the role decrypt here"));
		for (k = 0; k < p->nrecipient; k++)
			if (strcmp(p->recipient[k], id) == 0)
				return seki_trust_at_bad(
				    a, "recipients", _("a key twice"));
		if (p->nrecipient == SEKI_RECIPIENTS_MAX)
			return seki_trust_at_bad(
			    a, "recipients", _("more than 16"));
		memcpy(p->recipient[p->nrecipient++], id, SEKI_HEX);
	}
	return 0;
}

static int
audience(const struct seki_trust_at *a, const json_t *o, struct seki_policy *p)
{
	const char *s =
	    seki_doc_str(o, "audience", SEKI_TRUST, a->what, a->err);

	if (s == NULL)
		return -1;
	if (strcmp(s, "*") != 0 && !seki_form_ok(SEKI_F_ID, s))
		return seki_trust_at_bad(
		    a, "audience", seki_form_what(SEKI_F_ID));
	(void)memcpy(p->audience, s, strlen(s) + 1);
	return 0;
}

/* A rule that this version cannot enforce must not be passed over. */
static int
operator(const struct seki_trust_at *a, const json_t *o)
{
	int separate;

	if (seki_doc_bool(o, "separate_operator", &separate, SEKI_TRUST,
		a->what, a->err) == -1)
		return -1;
	return separate ? seki_trust_at_bad(a, "separate_operator",
			      _("this version of seki cannot enforce it"))
			: 0;
}

static int
one_policy(
    const struct seki_trust_at *a, const json_t *o, struct seki_policy *p)
{
	static const char *const keys[] = { "approve", "audience", "carriers",
		"clear", "epoch", "limits", "max_age", "max_jump", "prepare",
		"recipients", "release", "separate_operator", "start", "view",
		NULL };
	static const char *const limit_keys[] = { "bytes", "records", NULL };
	static const char *const carriers[] = { "media", "relay", NULL };
	const uint64_t any = UINT64_MAX;
	uint64_t max_age;
	unsigned bits;
	json_t *limits;

	limits = seki_doc_object(o, "limits", SEKI_TRUST, a->what, a->err);
	if (limits == NULL || seki_trust_at_known(a, o, keys) == -1 ||
	    seki_trust_at_known(a, limits, limit_keys) == -1 ||
	    count(a, o, "prepare", 1, &p->prepare) == -1 ||
	    count(a, o, "approve", 0, &p->approve) == -1 ||
	    count(a, o, "release", 0, &p->release) == -1 ||
	    seki_trust_at_number(a, o, "epoch", 1, any, &p->epoch) == -1 ||
	    seki_trust_at_number(a, o, "start", 0, any, &p->start) == -1 ||
	    seki_trust_at_number(a, o, "max_jump", 0, any, &p->max_jump) ==
		-1 ||
	    seki_trust_at_number(a, o, "max_age", 0, any, &max_age) == -1 ||
	    seki_trust_at_number(a, limits, "bytes", 0, any, &p->max_bytes) ==
		-1 ||
	    seki_trust_at_number(
		a, limits, "records", 0, any, &p->max_records) == -1 ||
	    seki_doc_bool(o, "clear", &p->clear, SEKI_TRUST, a->what, a->err) ==
		-1 ||
	    seki_doc_bool(o, "view", &p->view, SEKI_TRUST, a->what, a->err) ==
		-1 ||
	    seki_trust_at_words(a, o, "carriers", carriers, &bits) == -1 ||
	    audience(a, o, p) == -1 || recipients(a, o, p) == -1)
		return -1;
	p->max_age = (int64_t)max_age;
	p->media = (bits & 1) != 0;
	p->relay = (bits & 2) != 0;
	return operator(a, o);
}

int
seki_trust_file_policies(const struct seki_trust_at *a, const json_t *doc)
{
	struct seki_trust_file *t = a->t;
	struct seki_stream_policy *p;
	json_t *all, *o;
	const char *key;

	all = seki_doc_object(doc, "streams", SEKI_TRUST, a->what, a->err);
	if (all == NULL)
		return -1;
	t->stream = calloc(json_object_size(all) + 1, sizeof(*t->stream));
	if (t->stream == NULL)
		return seki_err_nomem(a->err);
	json_object_foreach(all, key, o)
	{
		p = &t->stream[t->nstream++];
		if (strcmp(key, "*") != 0 && !seki_form_ok(SEKI_F_STREAM, key))
			return seki_trust_at_bad(
			    a, "streams", seki_form_what(SEKI_F_STREAM));
		if (!json_is_object(o))
			return seki_trust_at_bad(
			    a, "streams", _("not an object of objects"));
		(void)memcpy(p->stream, key, strlen(key) + 1);
		if (one_policy(a, o, &p->policy) == -1)
			return -1;
	}
	return 0;
}
