#include <stdlib.h>
#include <string.h>

#include "pull_int.h"

/* Ids lie close together, so that runs of them are few. */
struct run {
	uint64_t first, last;
};

static struct run *
runs(const struct seki_idset *s, size_t *n)
{
	*n = s->runs.n / sizeof(struct run);
	return (struct run *)(void *)s->runs.p;
}

int
seki_idset_add(struct seki_idset *s, uint64_t id, struct seki_err *err)
{
	struct run one = { id, id };
	size_t n;
	struct run *r = runs(s, &n);

	if (n > 0 && id <= r[n - 1].last)
		return seki_fail(err, SEKI_PROTOCOL, "%s",
		    _("the record numbers do not rise"));
	s->n++;
	if (n > 0 && id == r[n - 1].last + 1) {
		r[n - 1].last = id;
		return 0;
	}
	return seki_buf_add(&s->runs, &one, sizeof(one), err);
}

int
seki_idset_has(const struct seki_idset *s, uint64_t id)
{
	size_t lo = 0, hi, mid;
	const struct run *r = runs(s, &hi);

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (r[mid].last < id)
			lo = mid + 1;
		else if (r[mid].first > id)
			hi = mid;
		else
			return 1;
	}
	return 0;
}

uint64_t
seki_idset_without(
    const struct seki_idset *a, const struct seki_idset *b, uint64_t *first)
{
	uint64_t id, found = 0;
	size_t n, i;
	const struct run *r = runs(a, &n);

	*first = 0;
	for (i = 0; i < n; i++)
		for (id = r[i].first; id <= r[i].last; id++)
			if (!seki_idset_has(b, id) && found++ == 0)
				*first = id;
	return found;
}

void
seki_idset_free(struct seki_idset *s)
{
	seki_buf_free(&s->runs);
	s->n = 0;
}
