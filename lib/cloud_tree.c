#include "cloud_int.h"

/* Members of one object: each is compared with all before it. */
#define MEMBERS 2000

struct reader {
	struct seki_json j;
	struct seki_arena *arena;
	struct seki_err *err;
};

static int value(struct reader *, enum seki_json_tok, struct seki_cloud_tree *);

void
seki_cloud_tree_add(struct seki_cloud_tree *parent, struct seki_cloud_tree *t)
{
	struct seki_cloud_tree **at = &parent->child;

	while (*at != NULL)
		at = &(*at)->next;
	*at = t;
	parent->count++;
}

static struct seki_cloud_tree *
node(struct reader *r)
{
	struct seki_cloud_tree *t =
	    seki_arena_get(r->arena, sizeof(*t), r->err);

	if (t != NULL)
		memset(t, 0, sizeof(*t));
	return t;
}

/* The key just read: 0; 1 when the object has it already; -1. */
static int
name(struct reader *r, const struct seki_cloud_tree *object,
    struct seki_cloud_tree *t)
{
	if (seki_json_text(&r->j, r->arena, &t->key, &t->nkey, r->err) == -1)
		return -1;
	if (object->count == MEMBERS)
		return 1;
	for (const struct seki_cloud_tree *o = object->child; o != NULL;
	     o = o->next)
		if (o->nkey == t->nkey && memcmp(o->key, t->key, t->nkey) == 0)
			return 1;
	return 0;
}

static int
children(struct reader *r, struct seki_cloud_tree *parent)
{
	struct seki_cloud_tree *t, **at = &parent->child;
	int object = parent->kind == SEKI_J_OBJECT, n = 0;
	enum seki_json_tok tok;

	while ((tok = seki_json_next(&r->j)) !=
	       (object ? SEKI_J_OBJECT_END : SEKI_J_ARRAY_END)) {
		if ((t = node(r)) == NULL)
			return -1;
		if (object) {
			if (tok != SEKI_J_KEY)
				return 1;
			if ((n = name(r, parent, t)) != 0)
				return n;
			tok = seki_json_next(&r->j);
		}
		if ((n = value(r, tok, t)) != 0)
			return n;
		*at = t;
		at = &t->next;
		parent->count++;
	}
	return 0;
}

static int
value(struct reader *r, enum seki_json_tok tok, struct seki_cloud_tree *t)
{
	const char *s;
	int n = 0;

	t->kind = tok;
	t->raw = r->j.text + seki_json_at(&r->j);
	switch (tok) {
	case SEKI_J_OBJECT:
	case SEKI_J_ARRAY:
		n = children(r, t);
		break;
	case SEKI_J_STRING:
		if (seki_json_text(&r->j, r->arena, &s, &t->n, r->err) == -1 ||
		    (t->p = seki_arena_copy(r->arena, s, t->n, r->err)) == NULL)
			return -1;
		break;
	case SEKI_J_NUMBER:
		t->n = r->j.n;
		t->p = seki_arena_copy(r->arena, r->j.s, r->j.n, r->err);
		if (t->p == NULL)
			return -1;
		break;
	case SEKI_J_TRUE:
	case SEKI_J_FALSE:
	case SEKI_J_NULL:
		break;
	case SEKI_J_END:
	case SEKI_J_OBJECT_END:
	case SEKI_J_ARRAY_END:
	case SEKI_J_KEY:
	case SEKI_J_BAD:
		return 1;
	}
	t->nraw = (size_t)(r->j.p - t->raw);
	return n;
}

int
seki_cloud_tree_parse(struct seki_cloud_tree **out, const char *text, size_t n,
    struct seki_arena *arena, struct seki_err *err)
{
	struct reader r = { .arena = arena, .err = err };
	int v;

	seki_json_init(&r.j, text, n);
	if ((*out = node(&r)) == NULL)
		return -1;
	if ((v = value(&r, seki_json_next(&r.j), *out)) != 0)
		return v;
	return seki_json_next(&r.j) == SEKI_J_END ? 0 : 1;
}

const struct seki_cloud_tree *
seki_cloud_tree_get(const struct seki_cloud_tree *t, const char *word)
{
	size_t n = strlen(word);

	if (t == NULL || t->kind != SEKI_J_OBJECT)
		return NULL;
	for (t = t->child; t != NULL; t = t->next)
		if (t->nkey == n && memcmp(t->key, word, n) == 0)
			return t;
	return NULL;
}

int
seki_cloud_tree_is(const struct seki_cloud_tree *t, const char *text)
{
	return t != NULL && t->kind == SEKI_J_STRING && t->n == strlen(text) &&
	       memcmp(t->p, text, t->n) == 0;
}
