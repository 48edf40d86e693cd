#include <jansson.h>
#include <stdlib.h>

#include "trust_int.h"

const struct seki_trust_member *
seki_trust_file_member(const struct seki_trust_file *t, const char *who)
{
	size_t i;

	for (i = 0; i < t->nmember; i++)
		if (strcmp(t->member[i].id, who) == 0)
			return &t->member[i];
	return NULL;
}

static int
members(const struct seki_trust_at *a, const json_t *doc, int host)
{
	static const char *const host_keys[] = { "id", "name", NULL };
	static const char *const person_keys[] = { "id", "name", "safe", NULL };
	struct seki_trust_file *t = a->t;
	struct seki_trust_member *m;
	json_t *all, *o;
	const char *name;
	size_t i;

	if ((all = seki_trust_at_list(a, doc, host ? "hosts" : "persons")) ==
	    NULL)
		return -1;
	m = reallocarray(
	    t->member, t->nmember + json_array_size(all) + 1, sizeof(*m));
	if (m == NULL)
		return seki_err_nomem(a->err);
	t->member = m;
	json_array_foreach(all, i, o)
	{
		m = &t->member[t->nmember];
		memset(m, 0, sizeof(*m));
		m->host = host;
		if (seki_trust_at_known(a, o, host ? host_keys : person_keys) ==
			-1 ||
		    seki_trust_at_id(a, o, "id", m->id) == -1 ||
		    (name = seki_trust_at_str(a, o, "name", SEKI_F_LINE)) ==
			NULL ||
		    (!host && seki_doc_bool(o, "safe", &m->safe, SEKI_TRUST,
				  a->what, a->err) == -1))
			return -1;
		if (seki_trust_file_member(t, m->id) != NULL)
			return seki_trust_at_bad(a, "id", _("one id for two"));
		if ((m->name = seki_trust_at_copy(a, name)) == NULL)
			return -1;
		t->nmember++;
	}
	return 0;
}

static int
root(const struct seki_trust_at *a, const json_t *doc)
{
	static const char *const keys[] = { "persons", "threshold", NULL };
	struct seki_trust_file *t = a->t;
	json_t *o, *all, *v;
	const char *s;
	uint64_t n;
	size_t i, m;

	o = seki_doc_object(doc, "root", SEKI_TRUST, a->what, a->err);
	if (o == NULL || seki_trust_at_known(a, o, keys) == -1 ||
	    (all = seki_trust_at_list(a, o, "persons")) == NULL ||
	    seki_trust_at_number(
		a, o, "threshold", 1, json_array_size(all), &n) == -1)
		return -1;
	t->threshold = (size_t)n;
	json_array_foreach(all, i, v)
	{
		s = json_is_string(v) ? json_string_value(v) : "";
		for (m = 0; m < t->nmember; m++)
			if (strcmp(t->member[m].id, s) == 0)
				break;
		if (m == t->nmember || t->member[m].host || t->member[m].root)
			return seki_trust_at_bad(
			    a, "root", _("not a list of different persons"));
		t->member[m].root = 1;
	}
	return 0;
}

static int
revoked_of(const struct seki_trust_at *a, const json_t *doc)
{
	static const char *const keys[] = { "key", "reason", "time", NULL };
	struct seki_trust_file *t = a->t;
	json_t *all = seki_trust_at_list(a, doc, "revoked"), *o;
	struct seki_revoked *r;
	const char *key, *reason;
	size_t i;

	if (all == NULL)
		return -1;
	t->revoked = calloc(json_array_size(all) + 1, sizeof(*t->revoked));
	if (t->revoked == NULL)
		return seki_err_nomem(a->err);
	json_array_foreach(all, i, o)
	{
		r = &t->revoked[i];
		if (seki_trust_at_known(a, o, keys) == -1 ||
		    (key = seki_trust_at_str(a, o, "key", SEKI_F_HEX)) ==
			NULL ||
		    (reason = seki_trust_at_str(a, o, "reason", SEKI_F_LINE)) ==
			NULL ||
		    seki_trust_at_time(a, o, "time", &r->time) == -1)
			return -1;
		if (seki_trust_file_revoked(t, key) != NULL)
			return seki_trust_at_bad(
			    a, "revoked", _("a key twice"));
		(void)memcpy(r->key, key, sizeof(r->key));
		if ((r->reason = seki_trust_at_copy(a, reason)) == NULL)
			return -1;
		t->nrevoked++;
	}
	return 0;
}

const struct seki_revoked *
seki_trust_file_revoked(const struct seki_trust_file *t, const char *key_id)
{
	size_t i;

	for (i = 0; i < t->nrevoked; i++)
		if (strcmp(t->revoked[i].key, key_id) == 0)
			return &t->revoked[i];
	return NULL;
}

static int
notes(const struct seki_trust_at *a, const json_t *doc)
{
	json_t *all, *v;
	const char *key;

	all = seki_doc_object(doc, "notes", SEKI_TRUST, a->what, a->err);
	if (all == NULL)
		return -1;
	json_object_foreach(all, key, v)
	{
		if (!seki_form_ok(SEKI_F_STREAM, key) || !json_is_string(v) ||
		    !seki_form_ok(SEKI_F_NOTE, json_string_value(v)))
			return seki_trust_at_bad(a, "notes",
			    _("a name or text that is not allowed"));
	}
	return 0;
}

static int
format(const struct seki_trust_at *a, const json_t *doc)
{
	const char *s = json_string_value(json_object_get(doc, "format"));

	if (s != NULL && strcmp(s, SEKI_TRUST_FORMAT) == 0)
		return 0;
	if (s != NULL && strncmp(s, "seki-trust/", 11) == 0)
		return seki_fail(a->err, SEKI_TRUST,
		    _("%s: made by a newer seki: its format is not %s"),
		    a->what, SEKI_TRUST_FORMAT);
	return seki_fail(a->err, SEKI_TRUST,
	    _("%s: not a trust file of seki: its format is not %s"), a->what,
	    SEKI_TRUST_FORMAT);
}

static int
all_of(const struct seki_trust_at *a, const json_t *doc, uint64_t version)
{
	static const char *const keys[] = { "created", "expires", "format",
		"hosts", "keys", "notes", "org", "persons", "revoked", "root",
		"streams", "version", NULL };
	struct seki_trust_file *t = a->t;
	const char *org;

	if (seki_trust_at_known(a, doc, keys) == -1 ||
	    (org = seki_trust_at_str(a, doc, "org", SEKI_F_ORG)) == NULL ||
	    seki_trust_at_number(
		a, doc, "version", 1, UINT64_MAX, &t->version) == -1 ||
	    seki_trust_at_time(a, doc, "created", &t->created) == -1 ||
	    seki_trust_at_time(a, doc, "expires", &t->expires) == -1)
		return -1;
	(void)memcpy(t->org, org, strlen(org) + 1);
	if (t->version != version)
		return seki_trust_at_bad(
		    a, "version", _("not the one in the file's name"));
	if (t->created >= t->expires)
		return seki_trust_at_bad(
		    a, "expires", _("not later than \"created\""));
	if (members(a, doc, 0) == -1 || members(a, doc, 1) == -1 ||
	    root(a, doc) == -1 || revoked_of(a, doc) == -1 ||
	    seki_trust_file_keys(a, doc) == -1 ||
	    seki_trust_file_policies(a, doc) == -1)
		return -1;
	return notes(a, doc);
}

struct seki_trust_file *
seki_trust_file_parse(
    struct seki_buf *text, uint64_t version, struct seki_err *err)
{
	struct seki_trust_file *t = calloc(1, sizeof(*t));
	struct seki_trust_at a = { t, NULL, err };
	json_t *doc = NULL;
	int r = -1;

	if (t == NULL) {
		(void)seki_err_nomem(err);
		seki_buf_free(text);
		return NULL;
	}
	t->bytes = *text;
	*text = (struct seki_buf)SEKI_BUF_INIT;
	(void)snprintf(
	    t->name, sizeof(t->name), "%llu.json", (unsigned long long)version);
	a.what = t->name;
	doc = seki_doc_parse(t->bytes.p, t->bytes.n, SEKI_TRUST, a.what, err);
	if (doc != NULL && format(&a, doc) == 0) {
		json_decref(doc);
		doc = seki_doc_open(
		    t->bytes.p, t->bytes.n, SEKI_TRUST, a.what, err);
		if (doc != NULL)
			r = all_of(&a, doc, version);
	}
	json_decref(doc);
	if (r == 0)
		return t;
	seki_trust_file_free(t);
	return NULL;
}

void
seki_trust_file_free(struct seki_trust_file *t)
{
	size_t i, j;

	if (t == NULL)
		return;
	for (i = 0; i < t->nmember; i++)
		free(t->member[i].name);
	for (i = 0; i < t->nkey; i++) {
		for (j = 0; j < t->key[i].nstream; j++)
			free(t->key[i].stream[j]);
		free(t->key[i].stream);
		seki_buf_free(&t->key[i].cert);
	}
	for (i = 0; i < t->nrevoked; i++)
		free(t->revoked[i].reason);
	free(t->member);
	free(t->key);
	free(t->revoked);
	free(t->stream);
	seki_buf_free(&t->bytes);
	free(t);
}
