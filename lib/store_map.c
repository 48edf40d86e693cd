#include <stdlib.h>
#include <string.h>

#include "steps.h"
#include "store_int.h"

/* From the stored form to the one that came: what goes on where. */

static size_t *
nowhere(size_t n)
{
	size_t *v = calloc(n + 1, sizeof(*v)), i;

	for (i = 0; v != NULL && i < n; i++)
		v[i] = SEKI_STORE_NONE;
	return v;
}

static int
room(struct seki_store_map *m, struct seki_err *err)
{
	size_t i, t;

	m->field = nowhere(m->to->n);
	m->table = calloc(m->to->tables + 1, sizeof(*m->table));
	m->ends = calloc(m->from->n + 1, 1);
	m->inner = calloc(m->from->n + 1, sizeof(*m->inner));
	if (m->field == NULL || m->table == NULL || m->ends == NULL ||
	    m->inner == NULL)
		return seki_err_nomem(err);
	memset(m->ends, 1, m->from->n);
	for (i = 0; i < m->from->n; i++) {
		if ((m->inner[i] = malloc(m->from->field[i].nsub + 1)) == NULL)
			return seki_err_nomem(err);
		memset(m->inner[i], 1, m->from->field[i].nsub + 1);
	}
	for (i = 0; i < m->to->n; i++) {
		if (m->to->field[i].type != SEKI_T_SUBTABLE)
			continue;
		t = m->to->field[i].table;
		m->table[t].table = SEKI_STORE_NONE;
		m->table[t].field = nowhere(m->to->field[i].nsub);
		if (m->table[t].field == NULL)
			return seki_err_nomem(err);
	}
	return 0;
}

/* One pair of fields, inner or not. */
static int
link_fields(struct seki_store_map *m, const char *path, const char *old,
    struct seki_err *err)
{
	const struct seki_field *in, *was_in;
	const struct seki_field *f = seki_steps_find(m->to, path, &in);
	const struct seki_field *was = seki_steps_find(m->from, old, &was_in);
	size_t i;

	if (f == NULL || was == NULL || (in == NULL) != (was_in == NULL) ||
	    (f->type == SEKI_T_SUBTABLE) != (was->type == SEKI_T_SUBTABLE)) {
		seki_err_field(err, path);
		return seki_fail(err, SEKI_SCHEMA, "%s",
		    _("a field cannot go on in another table"));
	}
	if (in != NULL) {
		m->table[in->table].field[f - in->sub] =
		    (size_t)(was - was_in->sub);
		m->inner[was_in - m->from->field][was - was_in->sub] = 0;
		return 0;
	}
	i = (size_t)(was - m->from->field);
	m->field[f - m->to->field] = i;
	m->ends[i] = 0;
	if (f->type == SEKI_T_SUBTABLE)
		m->table[f->table].table = was->table;
	return 0;
}

static int
link_all(struct seki_store_map *m, json_t *origin, struct seki_err *err)
{
	const char *path;
	json_t *v;

	json_object_foreach(origin, path, v)
	{
		if (link_fields(m, path, json_string_value(v), err) == -1)
			return -1;
	}
	return 0;
}

/* {PATH: PATH}: only labels and order changed. */
static json_t *
itself(json_t *form, struct seki_err *err)
{
	json_t *o = json_object(), *v;
	const char *path;

	json_object_foreach(form, path, v)
	{
		if (json_object_set_new(o, path, json_string(path)) == -1) {
			json_decref(o);
			(void)seki_err_nomem(err);
			return NULL;
		}
	}
	return o;
}

static int
refuse(const struct seki_store_map *m, struct seki_err *err)
{
	int r = seki_schema_differs(m->from, m->to, err);

	seki_err_hint(err,
	    _("on the sending side: was seki-normalize left out, or its rules "
	      "table changed? Have that undone and the stream packed again. "
	      "If the form in the cloud was changed: have the stream pulled "
	      "in full with --bookmarks FILE and --accept-form 'NAME'. If the "
	      "bookmarks were lost there: FILE must be taken from the bundle "
	      "that was imported here last, seq %llu, which is in the "
	      "sender's outbox (seki-pull(1), EXAMPLES)"),
	    (unsigned long long)m->seq);
	return r == 1 ? -1
		      : seki_fail(err, SEKI_SCHEMA, "%s",
			    _("the sender's form is another one"));
}

/* The chain does not lead here: its own reason, and what is to be done. */
static int
misled(const struct seki_store_map *m, const struct seki_err *why,
    struct seki_err *err)
{
	seki_err_field(err, why->field);
	seki_err_hint(err,
	    _("on the sending side: have the stream pulled in full with "
	      "--bookmarks FILE, taken from the bundle that was imported here "
	      "last (seq %llu, in the sender's outbox), and --accept-form "
	      "'NAME' by who knows what was changed, and packed again; or "
	      "import into a new store"),
	    (unsigned long long)m->seq);
	return seki_fail(err, why->reason, "%s", why->text);
}

static int
origin_of(struct seki_store_map *m, json_t *was, json_t *is, json_t **origin,
    struct seki_err *err)
{
	struct seki_err why = SEKI_ERR_INIT;

	if (json_equal(was, is)) {
		*origin = itself(is, err);
		return *origin == NULL ? -1 : 0;
	}
	if (m->to->steps == NULL)
		return refuse(m, err);
	m->steps = 1;
	*origin = seki_steps_follow(m->to->steps, was, is, &m->first, &why);
	if (*origin != NULL)
		return 0;
	return why.field[0] == '\0' && why.reason == SEKI_SCHEMA &&
		       m->first == SEKI_STORE_NONE
		   ? refuse(m, err)
		   : misled(m, &why, err);
}

int
seki_store_map_make(struct seki_store_map *m, const struct seki_schema *from,
    uint64_t seq, const struct seki_schema *to, struct seki_err *err)
{
	json_t *was = NULL, *is = NULL, *origin = NULL;
	int r = -1;

	memset(m, 0, sizeof(*m));
	m->from = from;
	m->to = to;
	m->seq = seq;
	m->first = SEKI_STORE_NONE;
	if (strcmp(from->key, to->key) != 0)
		return refuse(m, err);
	if ((was = seki_steps_form(from, err)) != NULL &&
	    (is = seki_steps_form(to, err)) != NULL &&
	    origin_of(m, was, is, &origin, err) == 0 && room(m, err) == 0)
		r = link_all(m, origin, err);
	json_decref(was);
	json_decref(is);
	json_decref(origin);
	if (r == 0 &&
	    m->field[seki_schema_find(to, to->key, strlen(to->key))] !=
		(size_t)seki_schema_find(from, to->key, strlen(to->key)))
		r = refuse(m, err);
	return r;
}

void
seki_store_map_free(struct seki_store_map *m)
{
	size_t i;

	for (i = 0; m->table != NULL && i < m->to->tables; i++)
		free(m->table[i].field);
	for (i = 0; m->inner != NULL && i < m->from->n; i++)
		free(m->inner[i]);
	free(m->table);
	free(m->inner);
	free(m->field);
	free(m->ends);
	memset(m, 0, sizeof(*m));
}

int
seki_store_map_say(
    const struct seki_store_map *m, struct seki_buf *b, struct seki_err *err)
{
	const json_t *steps = m->to->steps;
	size_t i;

	for (i = m->first; m->steps && i < json_array_size(steps); i++)
		if ((b->n > 0 && seki_buf_byte(b, '\n', err) == -1) ||
		    seki_steps_say(json_array_get(steps, i), b, err) == -1)
			return -1;
	return 0;
}

int
seki_store_map_loses(
    const struct seki_store_map *m, const struct seki_record *rec)
{
	const struct seki_value *v;
	size_t i, k, n;

	for (i = 0; i < m->from->n; i++) {
		v = &rec->v[i];
		if (m->ends[i] && (v->set || v->nrow > 0))
			return 1;
		for (k = 0; k < m->from->field[i].nsub; k++)
			for (n = 0; m->inner[i][k] && n < v->nrow; n++)
				if (v->row[n].v[k].set)
					return 1;
	}
	return 0;
}

static int
map_rows(const struct seki_store_map_table *t, size_t n,
    const struct seki_value *from, struct seki_arena *a, struct seki_value *to,
    struct seki_err *err)
{
	size_t i, k;

	*to = *from;
	if (from->nrow == 0)
		return 0;
	to->row = seki_arena_get(a, from->nrow * sizeof(*to->row), err);
	if (to->row == NULL)
		return -1;
	for (i = 0; i < from->nrow; i++) {
		to->row[i].id = from->row[i].id;
		to->row[i].v =
		    seki_arena_get(a, (n + 1) * sizeof(*to->row[i].v), err);
		if (to->row[i].v == NULL)
			return -1;
		memset(to->row[i].v, 0, (n + 1) * sizeof(*to->row[i].v));
		for (k = 0; k < n; k++)
			if (t->field[k] != SEKI_STORE_NONE)
				to->row[i].v[k] = from->row[i].v[t->field[k]];
	}
	return 0;
}

int
seki_store_map_record(const struct seki_store_map *m,
    const struct seki_record *from, struct seki_arena *a,
    struct seki_record *to, struct seki_err *err)
{
	const struct seki_field *f;
	size_t i;

	*to = *from;
	to->v = seki_arena_get(a, (m->to->n + 1) * sizeof(*to->v), err);
	if (to->v == NULL)
		return -1;
	memset(to->v, 0, (m->to->n + 1) * sizeof(*to->v));
	for (i = 0; i < m->to->n; i++) {
		f = &m->to->field[i];
		if (m->field[i] == SEKI_STORE_NONE)
			continue;
		to->v[i] = from->v[m->field[i]];
		if (f->type == SEKI_T_SUBTABLE &&
		    map_rows(&m->table[f->table], f->nsub,
			&from->v[m->field[i]], a, &to->v[i], err) == -1)
			return -1;
	}
	return 0;
}
