#include <jansson.h>
#include <stdlib.h>

#include "trust_int.h"

int
seki_trust_at_bad(
    const struct seki_trust_at *a, const char *key, const char *why)
{
	return seki_fail(
	    a->err, SEKI_TRUST, "%s: \"%s\": %s", a->what, key, why);
}

const char *
seki_trust_at_str(const struct seki_trust_at *a, const json_t *o,
    const char *key, enum seki_form form)
{
	const char *s = seki_doc_str(o, key, SEKI_TRUST, a->what, a->err);

	if (s == NULL || seki_form_ok(form, s))
		return s;
	(void)seki_trust_at_bad(a, key, seki_form_what(form));
	return NULL;
}

int
seki_trust_at_id(const struct seki_trust_at *a, const json_t *o,
    const char *key, char to[SEKI_ID_MAX + 1])
{
	const char *s = seki_trust_at_str(a, o, key, SEKI_F_ID);

	if (s == NULL)
		return -1;
	(void)memcpy(to, s, strlen(s) + 1);
	return 0;
}

int
seki_trust_at_number(const struct seki_trust_at *a, const json_t *o,
    const char *key, uint64_t min, uint64_t max, uint64_t *to)
{
	if (seki_doc_uint(o, key, to, SEKI_TRUST, a->what, a->err) == -1)
		return -1;
	return *to >= min && *to <= max
		   ? 0
		   : seki_trust_at_bad(a, key, _("out of range"));
}

json_t *
seki_trust_at_list(
    const struct seki_trust_at *a, const json_t *o, const char *key)
{
	return seki_doc_array(o, key, SEKI_TRUST, a->what, a->err);
}

int
seki_trust_at_time(const struct seki_trust_at *a, const json_t *o,
    const char *key, seki_time *to)
{
	return seki_doc_time(o, key, to, SEKI_TRUST, a->what, a->err);
}

int
seki_trust_at_known(
    const struct seki_trust_at *a, const json_t *o, const char *const *keys)
{
	return seki_doc_known(o, keys, SEKI_TRUST, a->what, a->err);
}

char *
seki_trust_at_copy(const struct seki_trust_at *a, const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		(void)seki_err_nomem(a->err);
	return p;
}

int
seki_trust_at_words(const struct seki_trust_at *a, const json_t *o,
    const char *key, const char *const *word, unsigned *bits)
{
	json_t *all = seki_trust_at_list(a, o, key), *v;
	size_t i, w;

	if (all == NULL)
		return -1;
	*bits = 0;
	json_array_foreach(all, i, v)
	{
		for (w = 0; word[w] != NULL; w++)
			if (json_is_string(v) &&
			    strcmp(json_string_value(v), word[w]) == 0)
				break;
		if (word[w] == NULL)
			return seki_trust_at_bad(a, key, _("an unknown word"));
		if ((*bits & 1U << w) != 0)
			return seki_trust_at_bad(a, key, _("a word twice"));
		*bits |= 1U << w;
	}
	return *bits != 0 ? 0 : seki_trust_at_bad(a, key, _("empty"));
}
