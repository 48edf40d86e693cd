#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "push_int.h"

/* The numbers of the records that the answer is about. */
struct told {
	const char **id;
	size_t n;
};

/* A number as the service writes it: never 0, no zero before it. */
static const char *
number(const json_t *v)
{
	const char *s = json_string_value(v);
	size_t n = s == NULL ? 0 : strlen(s);

	return n > 0 && n < 20 && s[0] != '0' && strspn(s, "0123456789") == n
		   ? s
		   : NULL;
}

static int
tell(struct told *t, const char *id, const char *revision)
{
	if (id == NULL || revision == NULL)
		return 0;
	t->id[t->n++] = id;
	return 1;
}

static int
added(const json_t *one, size_t n, struct told *t)
{
	const json_t *ids = json_object_get(one, "ids");
	const json_t *revisions = json_object_get(one, "revisions");
	size_t i;

	if (json_array_size(ids) != n || json_array_size(revisions) != n)
		return 0;
	for (i = 0; i < n; i++)
		if (!tell(t, number(json_array_get(ids, i)),
			number(json_array_get(revisions, i))))
			return 0;
	return 1;
}

static int
asked(const struct seki_push_part *p, const char *id)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->item[i]->id, id) == 0)
			return 1;
	return 0;
}

static int
updated(const json_t *one, const struct seki_push_part *p, struct told *t)
{
	const json_t *list = json_object_get(one, "records"), *rec;
	size_t i;

	if (json_array_size(list) != p->n)
		return 0;
	for (i = 0; i < p->n; i++) {
		rec = json_array_get(list, i);
		if (!tell(t, number(json_object_get(rec, "id")),
			number(json_object_get(rec, "revision"))) ||
		    !asked(p, t->id[t->n - 1]))
			return 0;
	}
	return 1;
}

static int
cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
once_each(struct told *t)
{
	size_t i;

	qsort(t->id, t->n, sizeof(*t->id), cmp);
	for (i = 1; i < t->n; i++)
		if (strcmp(t->id[i - 1], t->id[i]) == 0)
			return 0;
	return 1;
}

int
seki_push_complete(
    json_t *doc, const struct seki_push_part *part, size_t requests)
{
	const json_t *list = json_object_get(doc, "results"), *one;
	size_t i, n = requests > 0 ? requests : 1, room = 0;
	struct told t = { .n = 0 };
	int ok;

	for (i = 0; i < n; i++)
		room += part[i].n;
	ok = (requests == 0 || json_array_size(list) == requests) && room > 0 &&
	     (t.id = calloc(room, sizeof(*t.id))) != NULL;
	for (i = 0; ok && i < n; i++) {
		one = requests > 0 ? json_array_get(list, i) : doc;
		ok = json_object_get(one, "code") == NULL &&
		     (part[i].state == SEKI_PUSH_ADD
			     ? added(one, part[i].n, &t)
			     : updated(one, &part[i], &t));
	}
	ok = ok && once_each(&t);
	free(t.id);
	return ok;
}
