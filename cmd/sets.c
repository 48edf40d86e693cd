#include <stdlib.h>
#include <string.h>

#include "sets.h"

/* The same whole, cut into as many. */
static int
akin(const struct seki_manifest *a, const struct seki_manifest *b)
{
	return a->parts == b->parts && strcmp(a->set, b->set) == 0;
}

static const struct seki_manifest *
manifest(const struct cmd_sets *s, size_t i)
{
	return seki_bundle_manifest(s->part[i]);
}

static const struct seki_bundle *
same(const struct cmd_sets *s, const struct seki_manifest *m)
{
	const char *lines = seki_manifest_noted(m, SEKI_NOTE_LINES);
	size_t i;

	for (i = 0; i < s->n; i++)
		if (akin(manifest(s, i), m) &&
		    manifest(s, i)->part == m->part &&
		    strcmp(seki_manifest_noted(manifest(s, i), SEKI_NOTE_LINES),
			lines) == 0)
			return s->part[i];
	return NULL;
}

static int
each_number(const struct cmd_sets *s, const struct seki_manifest *m)
{
	char there[SEKI_SET_MAX] = { 0 };
	size_t i;

	for (i = 0; i < s->n; i++)
		if (akin(manifest(s, i), m))
			there[manifest(s, i)->part - 1] = 1;
	return memchr(there, 0, (size_t)m->parts) == NULL;
}

/* Parts of two cuts may be mixed in any order: from each one that begins where
 * the one before ends, on to the last; dead are those that led nowhere. */
static int
chain(const struct cmd_sets *s, const struct seki_manifest *m, size_t *at,
    char *dead)
{
	size_t i, n = 0;

	at[0] = 0;
	for (;;) {
		for (i = at[n]; i < s->n; i++)
			if (!dead[i] && akin(manifest(s, i), m) &&
			    manifest(s, i)->part == n + 1 &&
			    (n == 0 || seki_lines_meet(manifest(s, at[n - 1]),
					   manifest(s, i))))
				break;
		at[n] = i;
		if (i < s->n && n + 1 == m->parts)
			return 1;
		if (i < s->n)
			at[++n] = 0;
		else if (n == 0)
			return 0;
		else
			dead[at[--n]] = 1;
	}
}

/* All parts of one cut leave the others. */
static int
join(struct cmd_sets *s, const size_t *at, size_t n, struct seki_bundle **whole,
    struct seki_err *err)
{
	struct seki_bundle *part[SEKI_SET_MAX];
	size_t i, k;

	for (i = 0; i < n; i++)
		part[i] = s->part[at[i]];
	if ((*whole = seki_set_join(part, n, err)) == NULL)
		return -1;
	for (i = 0; i < n; i++)
		s->part[at[i]] = NULL;
	for (i = k = 0; i < s->n; i++)
		if (s->part[i] != NULL)
			s->part[k++] = s->part[i];
	s->n = k;
	return 0;
}

static int
push(struct cmd_sets *s, struct seki_bundle *part, struct seki_err *err)
{
	struct seki_bundle **more =
	    reallocarray(s->part, s->n + 1, sizeof(*more));

	if (more == NULL) {
		seki_bundle_free(part);
		return seki_err_nomem(err);
	}
	s->part = more;
	s->part[s->n++] = part;
	return 0;
}

int
cmd_sets_add(struct cmd_sets *s, struct seki_bundle *part,
    struct seki_bundle **whole, struct seki_err *err)
{
	const struct seki_manifest *m = seki_bundle_manifest(part);
	const struct seki_bundle *first = same(s, m);
	size_t at[SEKI_SET_MAX];
	char *dead;
	int r;

	*whole = NULL;
	if (first != NULL) {
		cmd_note(
		    _("%s: the same part as %s, which is used; to use this "
		      "one put the other away"),
		    part->path, first->path);
		seki_bundle_free(part);
		return 0;
	}
	if (push(s, part, err) == -1)
		return -1;
	if (!each_number(s, m))
		return 0;
	if ((dead = calloc(s->n, 1)) == NULL)
		return seki_err_nomem(err);
	r = chain(s, m, at, dead) ? join(s, at, (size_t)m->parts, whole, err)
				  : 0;
	free(dead);
	return r;
}

/* And at the same places, as far as the parts beside it are there. */
static int
belongs(const struct cmd_set *set, const struct seki_manifest *m)
{
	const size_t at = (size_t)m->part - 1;
	const struct seki_bundle *before, *after;

	if (set->part[at] != NULL)
		return 0;
	before = at > 0 ? set->part[at - 1] : NULL;
	after = at + 1 < set->n ? set->part[at + 1] : NULL;
	return (before == NULL || seki_lines_meet(before->manifest, m)) &&
	       (after == NULL || seki_lines_meet(m, after->manifest));
}

/* Part i and those that may be of the same cut, as far as they are not told. */
static void
gather(const struct cmd_sets *s, size_t i, char *told, struct cmd_set *set)
{
	const struct seki_manifest *m = manifest(s, i);

	memset(set, 0, sizeof(*set));
	set->n = (size_t)m->parts;
	for (; i < s->n; i++)
		if (!told[i] && akin(manifest(s, i), m) &&
		    belongs(set, manifest(s, i))) {
			set->part[manifest(s, i)->part - 1] = s->part[i];
			told[i] = 1;
		}
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

/* Is a part of the same bundle here that is none of these? */
static int
mixed(const struct cmd_sets *s, const struct cmd_set *set)
{
	const struct seki_manifest *m = first(set)->manifest;
	size_t i, k;

	for (i = 0; i < s->n; i++) {
		for (k = 0; k < set->n && set->part[k] != s->part[i];)
			k++;
		if (k == set->n && strcmp(manifest(s, i)->set, m->set) == 0)
			return 1;
	}
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

static void
tell(const struct cmd_sets *s, const struct cmd_set *set,
    void (*fn)(const struct cmd_set *, const struct cmd_rest *))
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf path = SEKI_BUF_INIT, here = SEKI_BUF_INIT,
			missing = SEKI_BUF_INIT;

	if (rest(set, &path, &here, &missing, &err) == -1)
		(void)cmd_fail(NULL, &err);
	else
		fn(set, &(struct cmd_rest){ .path = path.p,
			    .here = here.p,
			    .missing = missing.p,
			    .mixed = mixed(s, set) });
	seki_buf_free(&path);
	seki_buf_free(&here);
	seki_buf_free(&missing);
}

void
cmd_sets_rest(const struct cmd_sets *s,
    void (*fn)(const struct cmd_set *, const struct cmd_rest *))
{
	struct seki_err err = SEKI_ERR_INIT;
	struct cmd_set set;
	char *told = calloc(s->n + 1, 1);
	size_t i;

	if (told == NULL) {
		(void)seki_err_nomem(&err);
		(void)cmd_fail(NULL, &err);
		return;
	}
	for (i = 0; i < s->n; i++)
		if (!told[i]) {
			gather(s, i, told, &set);
			tell(s, &set, fn);
		}
	free(told);
}

void
cmd_sets_free(struct cmd_sets *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		seki_bundle_free(s->part[i]);
	free(s->part);
}
