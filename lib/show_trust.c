#include <jansson.h>
#include <stdlib.h>

#include "trust_int.h"

static void
members(struct seki_show_to *to, const struct seki_trust *t)
{
	const struct seki_trust_member *m;
	char text[512];
	size_t i;

	for (i = 0; (m = seki_trust_member(t, i)) != NULL; i++) {
		(void)snprintf(text, sizeof(text), "%s %s", m->id, m->name);
		if (m->host)
			seki_show_text(to, "hosts[]", _("host"), text);
		else if (m->safe)
			seki_show_text(to, "safes[]", _("safe key"), text);
		else
			seki_show_text(to, "persons[]", _("person"), text);
	}
}

static void
key(struct seki_show_to *to, const struct seki_trust *t,
    const struct seki_trust_key *k)
{
	char text[768], until[SEKI_TIME];
	seki_time when;
	const char *role;
	size_t i, n;

	seki_time_jst(k->not_after, until);
	n = (size_t)snprintf(text, sizeof(text), _("%s of %s until %s:"), k->id,
	    k->owner, until);
	for (i = 0; (role = seki_trust_role(i)) != NULL; i++)
		if ((k->roles & 1U << i) != 0 && n < sizeof(text))
			n += (size_t)snprintf(
			    text + n, sizeof(text) - n, " %s", role);
	if (seki_trust_revoked(t, k->id, &when) && n < sizeof(text))
		(void)snprintf(text + n, sizeof(text) - n, " (%s)",
		    seki_err_word(SEKI_REVOKED));
	seki_show_text(to, "keys[]", _("key"), text);
}

void
seki_show_trust(struct seki_show_to *to, const struct seki_trust *t)
{
	const struct seki_trust_key *k;
	const char *stream;
	size_t i;

	seki_show_text(to, "org", _("organisation"), seki_trust_org(t));
	seki_show_count(to, "#version", _("version"), seki_trust_version(t));
	seki_show_time(to, "created", _("created"), seki_trust_created(t));
	seki_show_time(to, "expires", _("valid until"), seki_trust_expires(t));
	seki_show_count(to, "#threshold", _("root persons needed"),
	    seki_trust_threshold(t));
	members(to, t);
	for (i = 0; (k = seki_trust_key(t, i)) != NULL; i++)
		key(to, t, k);
	for (i = 0; (stream = seki_trust_stream(t, i)) != NULL; i++)
		seki_show_text(to, "streams[]", _("stream"), stream);
}

int
seki_show_trust_file(struct seki_show_to *to, struct seki_buf *text)
{
	struct seki_trust t = { .file = NULL };
	json_t *doc =
	    seki_doc_parse(text->p, text->n, SEKI_TRUST, "trust file", to->err);
	uint64_t version;
	int r = -1;

	if (doc == NULL)
		seki_buf_free(text);
	else if (seki_doc_uint(doc, "version", &version, SEKI_TRUST,
		     "trust file", to->err) == 0 &&
		 (t.file = seki_trust_file_parse(text, version, to->err)) !=
		     NULL) {
		seki_show_text(to, "what", _("what"), "trust file");
		seki_show_trust(to, &t);
		r = 0;
	}
	json_decref(doc);
	seki_trust_file_free(t.file);
	return r;
}
