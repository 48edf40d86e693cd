#include <stdlib.h>
#include <string.h>

#include "sets.h"

/* The same whole, cut into as many. */
static int
akin(const struct cmd_set *set, const struct seki_manifest *m)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->part[i] != NULL)
			return set->n == m->parts &&
			       strcmp(set->part[i]->manifest->set, m->set) == 0;
	return 0;
}

/* And at the same places, as far as the parts beside it are there. */
static int
belongs(const struct cmd_set *set, const struct seki_manifest *m)
{
	const size_t at = (size_t)m->part - 1;
	const struct seki_bundle *same, *before, *after;

	if (!akin(set, m))
		return 0;
	same = set->part[at];
	before = at > 0 ? set->part[at - 1] : NULL;
	after = at + 1 < set->n ? set->part[at + 1] : NULL;
	if (same != NULL)
		return strcmp(
			   seki_manifest_noted(same->manifest, SEKI_NOTE_LINES),
			   seki_manifest_noted(m, SEKI_NOTE_LINES)) == 0;
	return (before == NULL || seki_lines_meet(before->manifest, m)) &&
	       (after == NULL || seki_lines_meet(m, after->manifest));
}

static struct cmd_set *
find(struct cmd_sets *s, const struct seki_manifest *m, struct seki_err *err)
{
	struct cmd_set *more;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (belongs(&s->v[i], m))
			return &s->v[i];
	more = reallocarray(s->v, s->n + 1, sizeof(*more));
	if (more == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	s->v = more;
	memset(&s->v[s->n], 0, sizeof(*more));
	s->v[s->n].n = (size_t)m->parts;
	return &s->v[s->n++];
}

static int
full(const struct cmd_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->part[i] == NULL)
			return 0;
	return 1;
}

int
cmd_sets_add(struct cmd_sets *s, struct seki_bundle *part,
    struct seki_bundle **whole, struct seki_err *err)
{
	const struct seki_manifest *m = seki_bundle_manifest(part);
	struct cmd_set *set = find(s, m, err);
	struct seki_bundle **at;

	*whole = NULL;
	if (set == NULL) {
		seki_bundle_free(part);
		return -1;
	}
	at = &set->part[m->part - 1];
	if (*at != NULL) {
		cmd_note(
		    _("%s: the same part as %s, which is used; to use this "
		      "one put the other away"),
		    part->path, (*at)->path);
		seki_bundle_free(part);
		return 0;
	}
	*at = part;
	if (!full(set))
		return 0;
	if ((*whole = seki_set_join(set->part, set->n, err)) == NULL)
		return -1;
	memset(set->part, 0, sizeof(set->part));
	set->n = 0;
	return 0;
}

static const struct seki_bundle *
first(const struct cmd_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->part[i] != NULL)
			return set->part[i];
	return NULL;
}

/* Is another of them of the same bundle? */
static int
mixed(const struct cmd_sets *s, const struct cmd_set *set)
{
	const struct seki_bundle *a = first(set), *b;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (&s->v[i] != set && (b = first(&s->v[i])) != NULL &&
		    strcmp(a->manifest->set, b->manifest->set) == 0)
			return 1;
	return 0;
}

static int
rest(const struct cmd_set *set, struct seki_buf *path, struct seki_buf *here,
    struct seki_buf *missing, struct seki_err *err)
{
	const struct seki_bundle *last = NULL;
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (set->part[i] == NULL)
			continue;
		last = set->part[i];
		if (seki_buf_fmt(here, err, "%s%zu", here->n > 0 ? ", " : "",
			i + 1) == -1)
			return -1;
	}
	if (seki_buf_fmt(path, err, "%s", first(set)->path) == -1 ||
	    (last != first(set) &&
		seki_buf_fmt(path, err, " … %s", last->path) == -1))
		return -1;
	return seki_set_missing(set->part, set->n, missing, err);
}

void
cmd_sets_rest(const struct cmd_sets *s,
    void (*fn)(const struct cmd_set *, const struct cmd_rest *))
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf path = SEKI_BUF_INIT, here = SEKI_BUF_INIT,
			missing = SEKI_BUF_INIT;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (s->v[i].n == 0)
			continue;
		seki_buf_reset(&path);
		seki_buf_reset(&here);
		seki_buf_reset(&missing);
		if (rest(&s->v[i], &path, &here, &missing, &err) == -1)
			(void)cmd_fail(NULL, &err);
		else
			fn(&s->v[i], &(struct cmd_rest){ .path = path.p,
					 .here = here.p,
					 .missing = missing.p,
					 .mixed = mixed(s, &s->v[i]) });
	}
	seki_buf_free(&path);
	seki_buf_free(&here);
	seki_buf_free(&missing);
}

void
cmd_sets_free(struct cmd_sets *s)
{
	size_t i, k;

	for (i = 0; i < s->n; i++)
		for (k = 0; k < s->v[i].n; k++)
			seki_bundle_free(s->v[i].part[k]);
	free(s->v);
}
