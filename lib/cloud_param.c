#include "cloud_int.h"

/* Subscripts in an address go up to 99; a body may name 1,000 fields. */
#define LIST_URL 100
#define FIELDS_BODY 1000

static int
hex(int c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* %XX and + undone; must be text. */
static int
decode(const char *s, size_t n, const char **out, size_t *len,
    struct seki_arena *arena, struct seki_cloud_fault *fault,
    struct seki_err *err)
{
	char *to;
	size_t bad;

	if ((to = seki_arena_get(arena, n + 1, err)) == NULL)
		return -1;
	*out = to;
	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)s[i];

		if (c == '+')
			c = ' ';
		else if (c == '%') {
			if (i + 2 >= n || hex(s[i + 1]) == -1 ||
			    hex(s[i + 2]) == -1)
				return seki_cloud_refuse(
				    fault, SEKI_CLOUD_CB_IL02, NULL, 0);
			c = hex(s[i + 1]) << 4 | hex(s[i + 2]);
			i += 2;
		}
		*to++ = (char)c;
	}
	*to = '\0';
	*len = (size_t)(to - *out);
	if (!seki_text_utf8(*out, *len, &bad))
		return seki_cloud_refuse(fault, SEKI_CLOUD_CB_IL02, NULL, 0);
	return 0;
}

static struct seki_cloud_tree *
make(struct seki_arena *arena, enum seki_json_tok kind, struct seki_err *err)
{
	struct seki_cloud_tree *t = seki_arena_get(arena, sizeof(*t), err);

	if (t != NULL) {
		memset(t, 0, sizeof(*t));
		t->kind = kind;
	}
	return t;
}

static struct seki_cloud_tree *
member(struct seki_cloud_tree *o, const char *name, size_t n)
{
	for (struct seki_cloud_tree *t = o->child; t != NULL; t = t->next)
		if (t->nkey == n && memcmp(t->key, name, n) == 0)
			return t;
	return NULL;
}

/* NAME=VALUE, NAME[I]=VALUE into the object. */
static int
put(struct seki_cloud_tree *o, const char *name, size_t n,
    struct seki_cloud_tree *v, struct seki_arena *arena,
    struct seki_cloud_fault *fault, struct seki_err *err)
{
	const char *open = memchr(name, '[', n);
	size_t len = open != NULL ? (size_t)(open - name) : n, digits;
	struct seki_cloud_tree *t = member(o, name, len);

	if (open == NULL) {
		v->key = name;
		v->nkey = n;
		/* The last one counts. */
		if (t != NULL) {
			v->next = t->next;
			*t = *v;
		} else
			seki_cloud_tree_add(o, v);
		return 0;
	}
	digits = strspn(open + 1, "0123456789");
	if (digits == 0 || strcmp(open + 1 + digits, "]") != 0 ||
	    (t != NULL && t->kind != SEKI_J_ARRAY))
		return 0;
	if (digits > 2 || (t != NULL && t->count == LIST_URL)) {
		char key[32];

		(void)snprintf(
		    key, sizeof(key), "%.*s", (int)(len < 31 ? len : 31), name);
		return seki_cloud_invalid(
		    fault, key, SEKI_CLOUD_TOO_MANY, "100", 3);
	}
	if (t == NULL) {
		if ((t = make(arena, SEKI_J_ARRAY, err)) == NULL)
			return -1;
		t->key = name;
		t->nkey = len;
		seki_cloud_tree_add(o, t);
	}
	seki_cloud_tree_add(t, v);
	return 0;
}

int
seki_cloud_param_parse(const struct seki_cloud_request *q,
    struct seki_cloud_tree **out, struct seki_arena *arena,
    struct seki_cloud_fault *fault, struct seki_err *err)
{
	struct seki_cloud_tree *v;
	const char *s = q->args, *name;
	size_t n, eq, nname;
	int r;

	if (q->nbody == 0) {
		if ((*out = make(arena, SEKI_J_OBJECT, err)) == NULL)
			return -1;
	} else if ((r = seki_cloud_tree_parse(
			out, q->body, q->nbody, arena, err)) == -1)
		return -1;
	else if (r == 1 || (*out)->kind != SEKI_J_OBJECT)
		return seki_cloud_refuse(fault, SEKI_CLOUD_CB_IJ01, NULL, 0);
	for (; *s != '\0'; s += n + (s[n] == '&')) {
		n = strcspn(s, "&");
		for (eq = 0; eq < n && s[eq] != '=';)
			eq++;
		if (n == 0)
			continue;
		if ((v = make(arena, SEKI_J_STRING, err)) == NULL ||
		    decode(s, eq, &name, &nname, arena, fault, err) == -1 ||
		    decode(s + eq + (eq < n), n - eq - (eq < n), &v->p, &v->n,
			arena, fault, err) == -1 ||
		    put(*out, name, nname, v, arena, fault, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_cloud_param_number(
    const struct seki_cloud_tree *t, uint64_t max, uint64_t *out)
{
	*out = 0;
	if ((t->kind != SEKI_J_STRING && t->kind != SEKI_J_NUMBER) ||
	    t->n == 0 || t->n > 13)
		return -1;
	for (size_t i = 0; i < t->n; i++) {
		if (t->p[i] < '0' || t->p[i] > '9')
			return -1;
		*out = *out * 10 + (uint64_t)(t->p[i] - '0');
	}
	return *out <= max ? 0 : -1;
}

int
seki_cloud_param_id(const struct seki_cloud_tree *args, const char *name,
    uint64_t *id, struct seki_cloud_fault *fault)
{
	const struct seki_cloud_tree *t = seki_cloud_tree_get(args, name);

	*id = 0;
	if (t == NULL || t->kind == SEKI_J_NULL)
		return 0;
	if (seki_cloud_param_number(t, SEKI_CLOUD_ID_MAX, id) == 0 && *id > 0)
		return 0;
	return seki_cloud_invalid(fault, name, SEKI_CLOUD_INTEGER, NULL, 0);
}

int
seki_cloud_param_bool(const struct seki_cloud_tree *args, const char *name,
    int *on, struct seki_cloud_fault *fault)
{
	const struct seki_cloud_tree *t = seki_cloud_tree_get(args, name);

	*on = t != NULL &&
	      (t->kind == SEKI_J_TRUE || seki_cloud_tree_is(t, "true"));
	if (t == NULL || *on || t->kind == SEKI_J_FALSE ||
	    t->kind == SEKI_J_NULL || seki_cloud_tree_is(t, "false"))
		return 0;
	return seki_cloud_invalid(fault, name, SEKI_CLOUD_BOOLEAN, NULL, 0);
}

int
seki_cloud_param_list(const struct seki_cloud_tree *args, const char *name,
    const struct seki_cloud_tree **list, size_t max,
    struct seki_cloud_fault *fault)
{
	const struct seki_cloud_tree *t = seki_cloud_tree_get(args, name);
	char most[24];

	*list = NULL;
	if (t == NULL || t->kind == SEKI_J_NULL)
		return 0;
	if (t->kind != SEKI_J_ARRAY)
		return seki_cloud_invalid(
		    fault, name, SEKI_CLOUD_SHAPE, NULL, 0);
	if (t->count > max) {
		(void)snprintf(most, sizeof(most), "%zu", max);
		return seki_cloud_invalid(
		    fault, name, SEKI_CLOUD_TOO_MANY, most, strlen(most));
	}
	*list = t;
	return 0;
}

int
seki_cloud_param_read(struct seki_cloud_param *p,
    const struct seki_cloud_tree *args, struct seki_cloud_fault *fault)
{
	const struct seki_cloud_tree *q = seki_cloud_tree_get(args, "query");

	*p = (struct seki_cloud_param){ .query = "" };
	if (seki_cloud_param_bool(args, "totalCount", &p->total, fault) == -1 ||
	    seki_cloud_param_list(
		args, "fields", &p->fields, FIELDS_BODY, fault) == -1)
		return -1;
	if (p->fields != NULL)
		for (const struct seki_cloud_tree *f = p->fields->child;
		     f != NULL; f = f->next)
			if (f->kind != SEKI_J_STRING)
				return seki_cloud_invalid(
				    fault, "fields", SEKI_CLOUD_SHAPE, NULL, 0);
	if (q == NULL || q->kind == SEKI_J_NULL)
		return 0;
	if (q->kind != SEKI_J_STRING)
		return seki_cloud_invalid(
		    fault, "query", SEKI_CLOUD_SYNTAX, NULL, 0);
	p->query = q->p;
	p->nquery = q->n;
	return 0;
}
