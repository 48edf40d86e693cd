#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "norm_int.h"

/* The lookup table of a row. */

/* A file beside the rules table or in a folder below, so that a table brings
 * its own along and reads nothing else. */
static const char *
why_not(const char *name)
{
	const char *s;

	if (name[0] == '/' || strchr(name, '\\') != NULL)
		return N_("name a file beside the rules table, without its "
			  "folder");
	for (s = name; s != NULL; s = strchr(s, '/')) {
		s += *s == '/';
		if (*s == '.' || *s == '/' || *s == '\0')
			return N_("name a file beside the rules table, without "
				  "its folder");
	}
	return NULL;
}

static char *
beside(const char *table, const char *name, struct seki_err *err)
{
	const char *slash = strrchr(table, '/');
	struct seki_buf b = SEKI_BUF_INIT;

	if ((slash != NULL && seki_buf_add(&b, table,
				  (size_t)(slash + 1 - table), err) == -1) ||
	    seki_buf_fmt(&b, err, "%s", name) == -1) {
		seki_buf_free(&b);
		return NULL;
	}
	return b.p;
}

static struct seki_lookup *
read_once(const struct seki_rules_table *at, const char *name, int absent,
    struct seki_err *err)
{
	struct seki_rules *rules = at->rules;
	struct seki_lookup **grown, *t;
	char *path;
	size_t i;

	for (i = 0; i < rules->nlookup; i++)
		if (strcmp(rules->lookup[i]->name, name) == 0)
			return rules->lookup[i];
	grown = reallocarray(rules->lookup, rules->nlookup + 1, sizeof(*grown));
	if (grown == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	rules->lookup = grown;
	if ((path = beside(rules->name, name, err)) == NULL)
		return NULL;
	if (!absent && access(path, F_OK) == -1 && errno == ENOENT) {
		free(path);
		(void)seki_rules_bad_word(at, SEKI_COL_LOOKUP, name, NULL,
		    _("there is no such file beside the rules table"), err);
		seki_err_hint(err, "%s",
		    _("with 作業表 (worklist) under 不一致時 (on-miss) it may "
		      "be missing: --worklist makes the first one"));
		return NULL;
	}
	t = seki_lookup_read(path, name, absent, err);
	free(path);
	if (t == NULL)
		return NULL;
	rules->lookup[rules->nlookup++] = t;
	return seki_rules_bind(rules, name, t->digest, err) == -1 ? NULL : t;
}

/* A result that breaks its own row would do so in every record. */
static int
fits(const struct seki_rules_table *t, const struct seki_rule *r,
    struct seki_err *err)
{
	const struct seki_lookup *l = r->lookup;
	struct seki_buf b = SEKI_BUF_INIT;
	char why[256];
	size_t i;
	int code = 0;

	for (i = 0; code == 0 && i < l->n; i++) {
		if (l->row[i].to == NULL || l->row[i].to[0] == '\0')
			continue;
		seki_buf_reset(&b);
		code = seki_norm_apply(
		    r->kind, l->row[i].to, strlen(l->row[i].to), &b, err);
		if (code == 0)
			code = seki_rules_length(r, b.p, b.n);
		if (code <= 0)
			continue;
		(void)snprintf(why, sizeof(why),
		    _("%.*s, row %llu: the result does not fit kind or length: "
		      "%s"),
		    seki_text_cut(l->name, 80), l->name,
		    (unsigned long long)l->row[i].row,
		    seki_broken_word((enum seki_broken)code));
		code = seki_rules_bad(t, SEKI_COL_LOOKUP, err, why);
	}
	seki_buf_free(&b);
	return code;
}

static int
miss(
    const struct seki_rules_table *t, struct seki_rule *r, struct seki_err *err)
{
	static const char *const words[] = { "hold", "保留", "keep", "残す",
		"worklist", "作業表", NULL };
	int i;

	if (seki_rules_choice(t, SEKI_COL_ON_MISS, words, 2, &i, err) == -1)
		return -1;
	r->miss = (enum seki_miss)i;
	return 0;
}

/* What is wrong with a file is wrong with the cell that names it; what it is
 * stays the message's object. */
static int
lookup(const struct seki_rules_table *t, struct seki_rule *r, const char *name,
    struct seki_err *err)
{
	struct seki_lookup *l;
	const char *why = why_not(name);

	if (why != NULL)
		return seki_rules_bad_word(
		    t, SEKI_COL_LOOKUP, name, NULL, _(why), err);
	if (r->kind->fn == NULL)
		return seki_rules_bad(t, SEKI_COL_LOOKUP, err,
		    _("keep changes nothing; the kind text takes a lookup "
		      "table"));
	l = read_once(t, name, r->miss == SEKI_MISS_WORKLIST, err);
	r->lookup = l;
	return l == NULL ? -1 : fits(t, r, err);
}

int
seki_rules_lookup(
    const struct seki_rules_table *t, struct seki_rule *r, struct seki_err *err)
{
	char *name = seki_rules_cell(t, SEKI_COL_LOOKUP, err);
	char *word = NULL;
	int code = name == NULL ? -1 : miss(t, r, err);

	if (code == 0 && name[0] != '\0')
		code = lookup(t, r, name, err);
	else if (code == 0 &&
		 (word = seki_rules_cell(t, SEKI_COL_ON_MISS, err)) == NULL)
		code = -1;
	else if (code == 0 && word[0] != '\0')
		code = seki_rules_bad(t, SEKI_COL_ON_MISS, err,
		    _("there is no lookup table (変換表) in the row"));
	free(word);
	free(name);
	return code;
}

static struct seki_lookup *
waiting(const struct seki_rules *rules, size_t i)
{
	size_t k;

	for (k = 0; k < rules->nlookup; k++)
		if ((rules->lookup[k]->nopen > 0 ||
			rules->lookup[k]->more > 0) &&
		    i-- == 0)
			return rules->lookup[k];
	return NULL;
}

const char *
seki_rules_waiting(
    const struct seki_rules *rules, size_t i, uint64_t *values, uint64_t *more)
{
	const struct seki_lookup *t = waiting(rules, i);

	if (t == NULL)
		return NULL;
	*values = t->nopen;
	*more = t->more;
	return t->name;
}

int
seki_rules_worklist(const struct seki_rules *rules, size_t i, int english,
    const char *spool, struct seki_out *out, struct seki_err *err)
{
	return seki_lookup_worklist(
	    waiting(rules, i), english, spool, out, err);
}
