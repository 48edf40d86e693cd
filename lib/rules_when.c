#include <stdlib.h>

#include "norm_int.h"

/* The condition of a row: FIELD=VALUE|VALUE. */

static size_t
equals(const char *s)
{
	return *s == '=' ? 1 : strncmp(s, "＝", 3) == 0 ? 3 : 0;
}

/* s to its next separator, or its end, without the spaces around it. */
static char *
piece(const char *s, size_t n)
{
	while (n > 0 && *s == ' ') {
		s++;
		n--;
	}
	while (n > 0 && s[n - 1] == ' ')
		n--;
	return strndup(s, n);
}

static int
values(struct seki_rule *r, const char *s, struct seki_err *err)
{
	size_t n = 0, len;
	const char *from = s;
	char **grown;
	int plus;

	for (;; s++) {
		len = *s == '\0' ? 0 : seki_plan_separator(s, &plus);
		if (*s != '\0' && (len == 0 || plus))
			continue;
		grown = reallocarray(r->is, n + 2, sizeof(*grown));
		if (grown == NULL)
			return seki_err_nomem(err);
		r->is = grown;
		r->is[n + 1] = NULL;
		r->is[n] = piece(from, (size_t)(s - from));
		if (r->is[n++] == NULL)
			return seki_err_nomem(err);
		if (*s == '\0')
			return 0;
		from = s + len;
		s = from - 1;
	}
}

int
seki_rules_when(
    const struct seki_rules_table *t, struct seki_rule *r, struct seki_err *err)
{
	char *word = seki_rules_cell(t, SEKI_COL_WHEN, err);
	const char *s = word;
	int code = 0;

	if (word == NULL)
		return -1;
	if (word[0] == '\0') {
		free(word);
		return 0;
	}
	while (*s != '\0' && equals(s) == 0)
		s++;
	if (*s == '\0' || s == word)
		code = seki_rules_bad_word(t, SEKI_COL_WHEN, word, NULL,
		    _("a condition is FIELD=VALUE or FIELD=VALUE|VALUE"), err);
	else if ((r->when = piece(word, (size_t)(s - word))) == NULL)
		code = seki_err_nomem(err);
	else
		code = values(r, s + equals(s), err);
	free(word);
	return code;
}

const char *
seki_rules_apart(const struct seki_rule *a, const struct seki_rule *b)
{
	size_t i, k;

	if (a->when == NULL && b->when == NULL)
		return "";
	if (a->when == NULL || b->when == NULL)
		return NULL;
	if (strcmp(a->when, b->when) != 0)
		return N_("and its condition asks another field");
	for (i = 0; a->is[i] != NULL; i++)
		for (k = 0; b->is[k] != NULL; k++)
			if (strcmp(a->is[i], b->is[k]) == 0)
				return N_("and the same value in its "
					  "condition");
	return NULL;
}
