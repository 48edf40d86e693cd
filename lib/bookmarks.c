#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "delta_int.h"
#include "steps.h"

static void
restore(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("Take them out of the last bundle that the other side imported "
	      "(seki-pull(1), EXAMPLES). Or move the file away and pull once "
	      "in full."));
}

static int
same(const json_t *doc, const char *key, const char *want, struct seki_err *err)
{
	const char *s = json_string_value(json_object_get(doc, key));

	if (s != NULL && strcmp(s, want) == 0)
		return 0;
	if (s == NULL) {
		restore(err);
		return seki_fail(err, SEKI_CONFIG,
		    _("the bookmarks are damaged: they do not name their %s"),
		    key);
	}
	(void)seki_fail(err, SEKI_CONFIG,
	    _("the bookmarks belong to another %s than %s"), key, want);
	seki_err_hint(err, "%s",
	    strcmp(key, "stream") == 0
		? _("Check the spelling of --stream first. Each stream has a "
		    "bookmarks file of its own: name another file, or move "
		    "this one away to begin anew.")
		: _("Each stream has a bookmarks file of its own. Name another "
		    "file, or move this one away to begin anew."));
	return -1;
}

static void
text(const json_t *doc, const char *key, char *out, size_t size)
{
	const char *s = json_string_value(json_object_get(doc, key));

	if (s != NULL && strlen(s) < size)
		memcpy(out, s, strlen(s) + 1);
}

static int
by_id(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int
retry(struct seki_bookmarks *m, const json_t *list, struct seki_err *err)
{
	const char *s;
	json_t *v;
	size_t i;

	m->retry = calloc(json_array_size(list) + 1, sizeof(*m->retry));
	if (m->retry == NULL)
		return seki_err_nomem(err);
	json_array_foreach(list, i, v)
	{
		s = json_string_value(v);
		if (s != NULL && seki_page_id_ok(s, strlen(s)))
			m->retry[m->nretry++] = strtoull(s, NULL, 10);
		else
			m->strange++;
	}
	qsort(m->retry, m->nretry, sizeof(*m->retry), by_id);
	return 0;
}

/* "ID:REVISION"; what is not of this form is not remembered. */
static int
seen(struct seki_bookmarks *m, const json_t *list, struct seki_err *err)
{
	const char *s;
	json_t *v;
	size_t i;
	char *end;

	m->seen = calloc(json_array_size(list) + 1, sizeof(*m->seen));
	if (m->seen == NULL)
		return seki_err_nomem(err);
	json_array_foreach(list, i, v)
	{
		if ((s = json_string_value(v)) == NULL || s[0] < '0' ||
		    s[0] > '9')
			continue;
		m->seen[m->nseen].id = strtoull(s, &end, 10);
		if (*end == ':')
			m->seen[m->nseen++].revision =
			    strtoull(end + 1, NULL, 10);
	}
	qsort(m->seen, m->nseen, sizeof(*m->seen), by_id);
	return 0;
}

/* Records the last pull knew of, or 0: after a delta only its list tells. */
static uint64_t
known(const struct seki_bookmarks *m, const json_t *state)
{
	const json_t *done = json_object_get(state, "complete");
	const char *kind = json_string_value(json_object_get(done, "kind"));
	json_int_t n = json_integer_value(json_object_get(done, "records")) +
		       json_integer_value(json_object_get(done, "held"));

	if (m->ids.name[0] != '\0')
		return m->ids.n;
	return kind != NULL && strcmp(kind, "full") == 0 && n > 0 ? (uint64_t)n
								  : 0;
}

/* What the last pull left behind, a delta does not fetch. */
static int
attachments(const json_t *state)
{
	const char *s = json_string_value(json_object_get(
	    json_object_get(json_object_get(state, "complete"), "source"),
	    "attachments"));

	return s != NULL && strcmp(s, "all") == 0;
}

static int
take(struct seki_bookmarks *m, const json_t *state, const char *domain,
    const struct seki_pull *pull, struct seki_err *err)
{
	const json_t *doc = json_object_get(state, "bookmarks");
	json_t *ids = json_object_get(doc, "ids");
	json_t *n = json_object_get(ids, "count");
	char max[24] = "";

	if (same(doc, "domain", domain, err) == -1 ||
	    same(doc, "app", pull->app, err) == -1 ||
	    same(doc, "stream", pull->stream, err) == -1)
		return -1;
	if (seki_state_digest(state, m->own, err) == -1)
		return -1;
	m->found = 1;
	text(doc, "started", m->started, sizeof(m->started));
	text(doc, "query_sha256", m->query, sizeof(m->query));
	text(ids, "name", m->ids.name, sizeof(m->ids.name));
	text(ids, "sha256", m->ids.sha256, sizeof(m->ids.sha256));
	m->ids.n = (uint64_t)json_integer_value(n);
	/* The name becomes part of a path. */
	if (strncmp(m->ids.name, "ids-", 4) != 0 ||
	    strchr(m->ids.name, '/') != NULL)
		m->ids.name[0] = '\0';
	m->known = known(m, state);
	m->attachments = attachments(state);
	text(doc, "id_max", max, sizeof(max));
	if (seki_page_id_ok(max, strlen(max)))
		m->id_max = strtoull(max, NULL, 10);
	m->hidden = json_incref(json_object_get(doc, "hidden"));
	m->form = json_incref(json_object_get(doc, "form"));
	m->columns = json_incref(json_object_get(doc, "columns"));
	m->steps = json_incref(json_object_get(doc, "accepted"));
	m->normal = json_incref(json_object_get(doc, "normal"));
	if (m->steps != NULL && seki_steps_check(m->steps, err) == -1) {
		err->reason = SEKI_CONFIG;
		return -1;
	}
	return retry(m, json_object_get(doc, "retry"), err) == -1 ||
		       seen(m, json_object_get(doc, "seen"), err) == -1
		   ? -1
		   : 0;
}

int
seki_bookmarks_read(const char *path, const char *domain,
    const struct seki_pull *pull, struct seki_bookmarks *m,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	json_t *doc = NULL;
	struct stat st;
	int r = -1;

	memset(m, 0, sizeof(*m));
	if (lstat(path, &st) == -1 && errno == ENOENT)
		return 0;
	if (seki_in_believed(path, SEKI_SCHEMA_MAX, &b, err) == 0) {
		doc = seki_doc_parse(b.p != NULL ? b.p : "", b.n, SEKI_CONFIG,
		    _("the bookmarks are damaged"), err);
		if (doc == NULL && err->reason == SEKI_CONFIG)
			restore(err);
	}
	/* What seki-pack stores when the only bundle was withdrawn. */
	if (json_is_object(doc) && json_object_size(doc) == 0)
		r = 0;
	else if (doc != NULL)
		r = take(m, doc, domain, pull, err);
	json_decref(doc);
	seki_buf_free(&b);
	if (r == -1) {
		seki_err_object(err, path);
		seki_bookmarks_free(m);
	}
	return r;
}

void
seki_bookmarks_free(struct seki_bookmarks *m)
{
	json_decref(m->form);
	json_decref(m->hidden);
	json_decref(m->columns);
	json_decref(m->steps);
	json_decref(m->normal);
	free(m->retry);
	free(m->seen);
	memset(m, 0, sizeof(*m));
}

int
seki_bookmarks_query(
    const char *query, char hex[SEKI_HEX], struct seki_err *err)
{
	return seki_sha256_hex(query, strlen(query), hex, err);
}

/* Borrowed from m. */
static const struct seki_mark *
find(const struct seki_bookmarks *m, uint64_t id)
{
	return bsearch(&id, m->seen, m->nseen, sizeof(*m->seen), by_id);
}

int
seki_bookmarks_seen(
    const struct seki_bookmarks *m, uint64_t id, uint64_t revision)
{
	const struct seki_mark *mark = find(m, id);

	return mark != NULL && mark->revision == revision;
}

int
seki_bookmarks_retry(const struct seki_bookmarks *m, uint64_t id)
{
	return bsearch(&id, m->retry, m->nretry, sizeof(*m->retry), by_id) !=
	       NULL;
}

int
seki_bookmarks_again(struct seki_bookmarks *m, const uint64_t *id, size_t n,
    struct seki_err *err)
{
	uint64_t *more =
	    reallocarray(m->retry, m->nretry + n + 1, sizeof(*more));
	size_t i, k = m->nretry;

	if (more == NULL)
		return seki_err_nomem(err);
	m->retry = more;
	for (i = 0; i < n; i++)
		if (!seki_bookmarks_retry(m, id[i]))
			more[k++] = id[i];
	m->nretry = k;
	qsort(more, k, sizeof(*more), by_id);
	return 0;
}

/* Codes and types, inner ones too: codes are unique over the whole form. */
static void
form(json_t *o, const struct seki_field *f, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		(void)json_object_set_new(o, f[i].code,
		    json_sprintf("%s%s%s", seki_type_word(f[i].type),
			f[i].type == SEKI_T_CALC ? ":" : "",
			f[i].type == SEKI_T_CALC ? seki_calc_word(f[i].calc)
						 : ""));
		form(o, f[i].sub, f[i].nsub);
	}
}

json_t *
seki_bookmarks_form(const struct seki_schema *s)
{
	json_t *o = json_object();

	form(o, s->field, s->n);
	return o;
}

/* Paths and labels in column order: what the next pull says of a change. */
static json_t *
columns(const struct seki_schema *s)
{
	json_t *list = json_array();
	const struct seki_field *f;
	size_t i, k;

	for (i = 0; i < s->n; i++) {
		f = &s->field[i];
		(void)json_array_append_new(
		    list, json_pack("[s, s]", f->code, f->label));
		for (k = 0; k < f->nsub; k++)
			(void)json_array_append_new(list,
			    json_pack("[o, s]",
				json_sprintf("%s.%s", f->code, f->sub[k].code),
				f->sub[k].label));
	}
	return list;
}

static json_t *
marks(const struct seki_mark *m, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n && i < SEKI_SEEN_MAX; i++)
		(void)json_array_append_new(
		    list, json_sprintf("%llu:%llu", (unsigned long long)m[i].id,
			      (unsigned long long)m[i].revision));
	return list;
}

static json_t *
hidden(const char *const *code)
{
	json_t *list = json_array();

	for (; *code != NULL; code++)
		(void)json_array_append_new(list, json_string(*code));
	return list;
}

char *
seki_bookmarks_write(const struct seki_bookmarks_new *fresh,
    const struct seki_app *app, struct seki_err *err)
{
	const struct seki_schema *s = app->schema;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[]}",
	    "app", s->source.app, "domain", s->source.domain, "stream",
	    s->stream, "fetched_from", fresh->from, "started", fresh->started,
	    "form_revision", app->revision, "id_max", fresh->id_max,
	    "query_sha256", fresh->query, "retry");
	char *made = NULL;

	if (o != NULL) {
		(void)json_object_set_new(o, "form", seki_bookmarks_form(s));
		(void)json_object_set_new(o, "columns", columns(s));
		if (s->steps != NULL)
			(void)json_object_set(o, "accepted", s->steps);
		if (fresh->normal != NULL)
			(void)json_object_set(o, "normal", fresh->normal);
		if (fresh->hidden != NULL && fresh->hidden[0] != NULL)
			(void)json_object_set_new(
			    o, "hidden", hidden(fresh->hidden));
		if (fresh->after != NULL)
			(void)json_object_set_new(
			    o, "after", json_string(fresh->after));
		(void)json_object_set_new(
		    o, "seen", marks(fresh->seen, fresh->nseen));
		if (fresh->ids.name[0] != '\0')
			(void)json_object_set_new(o, "ids",
			    json_pack("{s:s, s:s, s:I}", "name",
				fresh->ids.name, "sha256", fresh->ids.sha256,
				"count", (json_int_t)fresh->ids.n));
		made = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	}
	json_decref(o);
	if (made == NULL)
		(void)seki_err_nomem(err);
	return made;
}
