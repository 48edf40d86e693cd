#include <jansson.h>
#include <stdlib.h>

#include "manifest_int.h"

static const char root_what[] = "manifest.json";

/* Keys of the members of one object, and those this file treats itself. */
static int
known(const json_t *o, enum seki_manifest_where where, struct seki_err *err)
{
	static const char *const root_more[] = { "format", "files",
		"recipients", "notes", NULL };
	static const char *const content_more[] = { "alg", NULL };
	const char *key[48], *const *more = NULL;
	const struct seki_manifest_member *f;
	size_t i, n = 0;

	for (f = seki_manifest_members; f->key != NULL; f++)
		if (f->object == where)
			key[n++] = f->key;
	for (i = 0; i < SEKI_M_OBJECTS; i++)
		if (seki_manifest_objects[i].key != NULL &&
		    seki_manifest_objects[i].parent == where)
			key[n++] = seki_manifest_objects[i].key;
	if (where == SEKI_M_ROOT)
		more = root_more;
	else if (where == SEKI_M_CONTENT)
		more = content_more;
	for (; more != NULL && *more != NULL; more++)
		key[n++] = *more;
	key[n] = NULL;
	return seki_doc_known(
	    o, key, SEKI_MANIFEST, seki_manifest_objects[where].what, err);
}

static int
read_digest(const char *hex, unsigned char *out, const char *what,
    const char *key, struct seki_err *err)
{
	if (seki_text_unhex(hex, out, SEKI_SHA256) == 0 &&
	    hex[(size_t)2 * SEKI_SHA256] == '\0')
		return 0;
	return seki_fail(err, SEKI_MANIFEST, "%s: \"%s\": %s", what, key,
	    seki_form_what(SEKI_F_HEX));
}

/* 1970 itself would be a second way to write nothing. */
static int
read_time_or_none(struct seki_manifest *m, const struct seki_manifest_member *f,
    const json_t *o, const char *what, struct seki_err *err)
{
	seki_time *t = SEKI_M_AT(m, f, seki_time);

	if (*json_string_value(json_object_get(o, f->key)) == '\0')
		return 0;
	if (seki_doc_time(o, f->key, t, SEKI_MANIFEST, what, err) == -1)
		return -1;
	if (*t != 0)
		return 0;
	return seki_fail(err, SEKI_MANIFEST, "%s: \"%s\": %s", what, f->key,
	    seki_form_what(SEKI_F_TIME_OR_NONE));
}

static int
read_text(struct seki_manifest *m, const struct seki_manifest_member *f,
    const json_t *o, const char *what, struct seki_err *err)
{
	const char *s = seki_doc_str(o, f->key, SEKI_MANIFEST, what, err);

	if (s == NULL)
		return -1;
	if (f->kind == SEKI_M_DIGEST)
		return read_digest(
		    s, SEKI_M_AT(m, f, unsigned char), what, f->key, err);
	if (f->kind == SEKI_M_TEXT)
		return seki_manifest_set(SEKI_M_AT(m, f, char *), s, err);
	if (f->kind == SEKI_M_TIME_OR_NONE)
		return read_time_or_none(m, f, o, what, err);
	if (strlen(s) >= sizeof(m->prev))
		return seki_fail(err, SEKI_MANIFEST, "%s: \"%s\": %s", what,
		    f->key, seki_form_what(SEKI_F_HEX_OR_NONE));
	memcpy(m->prev, s, strlen(s) + 1);
	return 0;
}

static int
read_member(struct seki_manifest *m, const struct seki_manifest_member *f,
    const json_t *o, struct seki_err *err)
{
	const char *what = seki_manifest_objects[f->object].what;

	switch (f->kind) {
	case SEKI_M_UINT:
		return seki_doc_uint(o, f->key, SEKI_M_AT(m, f, uint64_t),
		    SEKI_MANIFEST, what, err);
	case SEKI_M_BOOL:
		return seki_doc_bool(
		    o, f->key, SEKI_M_AT(m, f, int), SEKI_MANIFEST, what, err);
	case SEKI_M_TIME:
		return seki_doc_time(o, f->key, SEKI_M_AT(m, f, seki_time),
		    SEKI_MANIFEST, what, err);
	case SEKI_M_TEXT:
	case SEKI_M_TIME_OR_NONE:
	case SEKI_M_DIGEST:
	case SEKI_M_PREV:
		break;
	}
	return read_text(m, f, o, what, err);
}

static int
read_file(struct seki_manifest *m, const json_t *o, struct seki_err *err)
{
	static const char *const keys[] = { "name", "role", "sha256", "size",
		NULL };
	static const char what[] = "manifest.json: files";
	const char *name, *role, *hex;
	unsigned char sha256[SEKI_SHA256];
	uint64_t size;

	if (m->nfile >= SEKI_ENTRIES_MAX)
		return seki_fail(
		    err, SEKI_LIMIT, "%s: %s", what, _("too many entries"));
	if (seki_doc_known(o, keys, SEKI_MANIFEST, what, err) == -1 ||
	    (name = seki_doc_str(o, "name", SEKI_MANIFEST, what, err)) ==
		NULL ||
	    (role = seki_doc_str(o, "role", SEKI_MANIFEST, what, err)) ==
		NULL ||
	    (hex = seki_doc_str(o, "sha256", SEKI_MANIFEST, what, err)) ==
		NULL ||
	    read_digest(hex, sha256, what, "sha256", err) == -1 ||
	    seki_doc_uint(o, "size", &size, SEKI_MANIFEST, what, err) == -1)
		return -1;
	/* Kept in the order found, so that the check sees a wrong one. */
	if (m->nfile > 0 && strcmp(m->file[m->nfile - 1].name, name) >= 0)
		return seki_fail(err, SEKI_MANIFEST, "%s: %s", what,
		    _("not sorted by name, or a name twice"));
	return seki_manifest_file(m, name, role, size, sha256, err);
}

static int
read_recipient(struct seki_manifest *m, const json_t *o, struct seki_err *err)
{
	char **recipient;

	if (!json_is_string(o))
		return seki_fail(err, SEKI_MANIFEST,
		    _("manifest.json: \"recipients\": not a list of strings"));
	recipient = seki_manifest_recipient(m, err);
	return recipient == NULL
		   ? -1
		   : seki_manifest_set(recipient, json_string_value(o), err);
}

static int
read_lists(struct seki_manifest *m, json_t *doc, struct seki_err *err)
{
	json_t *list, *o;
	const char *key;
	size_t i;

	list = seki_doc_array(doc, "files", SEKI_MANIFEST, root_what, err);
	if (list == NULL)
		return -1;
	json_array_foreach(list, i, o)
	{
		if (read_file(m, o, err) == -1)
			return -1;
	}
	list = seki_doc_array(doc, "recipients", SEKI_MANIFEST, root_what, err);
	if (list == NULL)
		return -1;
	json_array_foreach(list, i, o)
	{
		if (read_recipient(m, o, err) == -1)
			return -1;
	}
	list = seki_doc_object(doc, "notes", SEKI_MANIFEST, root_what, err);
	if (list == NULL)
		return -1;
	json_object_foreach(list, key, o)
	{
		if (!json_is_string(o))
			return seki_fail(err, SEKI_MANIFEST,
			    _("manifest.json: \"notes\": not an object of "
			      "strings"));
		if (seki_manifest_note(m, key, json_string_value(o), err) == -1)
			return -1;
	}
	return 0;
}

/* Before anything else: another version must be named as such, whatever else
 * it holds. */
static int
read_format(const json_t *doc, struct seki_err *err)
{
	const char *format = json_string_value(json_object_get(doc, "format"));

	if (format != NULL && strcmp(format, SEKI_M_FORMAT) == 0)
		return 0;
	if (format != NULL && strncmp(format, "seki-bundle/", 12) == 0) {
		seki_err_hint(err, "%s",
		    _("Install the version of seki that the sender uses."));
		return seki_fail(err, SEKI_MANIFEST,
		    _("manifest.json: made by a newer seki: its format is "
		      "not %s"),
		    SEKI_M_FORMAT);
	}
	return seki_fail(err, SEKI_MANIFEST,
	    _("manifest.json: not a bundle of seki: its format is not %s"),
	    SEKI_M_FORMAT);
}

static int
read_all(struct seki_manifest *m, json_t *doc, struct seki_err *err)
{
	json_t *object[SEKI_M_OBJECTS] = { [SEKI_M_ROOT] = doc };
	const struct seki_manifest_member *f;
	const struct seki_manifest_object *o;
	const char *alg;
	enum seki_manifest_where i;

	if (known(doc, SEKI_M_ROOT, err) == -1)
		return -1;
	for (i = SEKI_M_ROOT + 1; i < SEKI_M_OBJECTS; i++) {
		o = &seki_manifest_objects[i];
		object[i] = seki_doc_object(object[o->parent], o->key,
		    SEKI_MANIFEST, seki_manifest_objects[o->parent].what, err);
		if (object[i] == NULL || known(object[i], i, err) == -1)
			return -1;
	}
	alg = seki_doc_str(object[SEKI_M_CONTENT], "alg", SEKI_MANIFEST,
	    seki_manifest_objects[SEKI_M_CONTENT].what, err);
	if (alg == NULL)
		return -1;
	if (strcmp(alg, SEKI_M_ALG) != 0)
		return seki_fail(err, SEKI_MANIFEST,
		    _("manifest.json: content: \"alg\": not %s"), SEKI_M_ALG);
	for (f = seki_manifest_members; f->key != NULL; f++)
		if (read_member(m, f, object[f->object], err) == -1)
			return -1;
	return read_lists(m, doc, err);
}

struct seki_manifest *
seki_manifest_parse(const char *s, size_t n, struct seki_err *err)
{
	struct seki_manifest *m = NULL;
	json_t *doc = NULL;

	if (n > SEKI_MANIFEST_MAX) {
		(void)seki_fail(err, SEKI_LIMIT,
		    _("manifest.json: larger than %zu bytes"),
		    SEKI_MANIFEST_MAX);
		return NULL;
	}
	/* The format is looked at before the canonical form: a later version's
	 * form may be another. */
	if ((doc = seki_doc_parse(s, n, SEKI_MANIFEST, root_what, err)) ==
		NULL ||
	    read_format(doc, err) == -1)
		goto fail;
	json_decref(doc);
	if ((doc = seki_doc_open(s, n, SEKI_MANIFEST, root_what, err)) ==
		NULL ||
	    (m = seki_manifest_new(err)) == NULL ||
	    read_all(m, doc, err) == -1 || seki_manifest_check(m, err) == -1)
		goto fail;
	json_decref(doc);
	return m;

fail:
	json_decref(doc);
	seki_manifest_free(m);
	return NULL;
}

static json_t *
time_text(seki_time t)
{
	char text[SEKI_TIME];

	seki_time_format(t, text);
	return json_string(text);
}

static json_t *
digest_text(const unsigned char *digest)
{
	char hex[SEKI_HEX];

	seki_text_hex(digest, SEKI_SHA256, hex);
	return json_string(hex);
}

static json_t *
write_member(
    const struct seki_manifest *m, const struct seki_manifest_member *f)
{
	seki_time t;

	switch (f->kind) {
	case SEKI_M_TEXT:
		return json_string(*SEKI_M_READ(m, f, char *));
	case SEKI_M_UINT:
		return json_integer((json_int_t)*SEKI_M_READ(m, f, uint64_t));
	case SEKI_M_BOOL:
		return json_boolean(*SEKI_M_READ(m, f, int));
	case SEKI_M_TIME:
		return time_text(*SEKI_M_READ(m, f, seki_time));
	case SEKI_M_TIME_OR_NONE:
		t = *SEKI_M_READ(m, f, seki_time);
		return t == 0 ? json_string("") : time_text(t);
	case SEKI_M_DIGEST:
		return digest_text(SEKI_M_READ(m, f, unsigned char));
	case SEKI_M_PREV:
		return json_string(m->prev);
	}
	return NULL;
}

/* json_*_set_new take the value, NULL too, and fail then: so the failures of
 * a whole row of calls are gathered in one flag. */
static int
write_lists(const struct seki_manifest *m, json_t *doc)
{
	json_t *files = json_array(), *recipients = json_array(),
	       *notes = json_object(), *o;
	int bad = 0;
	size_t i;

	for (i = 0; i < m->nfile; i++) {
		o = json_object();
		bad |= json_object_set_new(
		    o, "name", json_string(m->file[i].name));
		bad |= json_object_set_new(
		    o, "role", json_string(m->file[i].role));
		bad |= json_object_set_new(
		    o, "sha256", digest_text(m->file[i].sha256));
		bad |= json_object_set_new(
		    o, "size", json_integer((json_int_t)m->file[i].size));
		bad |= json_array_append_new(files, o);
	}
	for (i = 0; i < m->nrecipient; i++)
		bad |= json_array_append_new(
		    recipients, json_string(m->recipient[i]));
	for (i = 0; i < m->nnote; i++)
		bad |= json_object_set_new(
		    notes, m->note[2 * i], json_string(m->note[2 * i + 1]));
	bad |= json_object_set_new(doc, "files", files);
	bad |= json_object_set_new(doc, "recipients", recipients);
	bad |= json_object_set_new(doc, "notes", notes);
	return bad;
}

static json_t *
write_all(const struct seki_manifest *m)
{
	json_t *object[SEKI_M_OBJECTS] = { [SEKI_M_ROOT] = json_object() };
	const struct seki_manifest_object *o;
	const struct seki_manifest_member *f;
	enum seki_manifest_where i;
	int bad = 0;

	for (i = SEKI_M_ROOT + 1; i < SEKI_M_OBJECTS && !bad; i++) {
		o = &seki_manifest_objects[i];
		object[i] = json_object();
		bad |=
		    json_object_set_new(object[o->parent], o->key, object[i]);
	}
	if (!bad) {
		for (f = seki_manifest_members; f->key != NULL; f++)
			bad |= json_object_set_new(
			    object[f->object], f->key, write_member(m, f));
		bad |= json_object_set_new(
		    object[SEKI_M_CONTENT], "alg", json_string(SEKI_M_ALG));
		bad |= json_object_set_new(
		    object[SEKI_M_ROOT], "format", json_string(SEKI_M_FORMAT));
		bad |= write_lists(m, object[SEKI_M_ROOT]);
	}
	if (bad) {
		json_decref(object[SEKI_M_ROOT]);
		return NULL;
	}
	return object[SEKI_M_ROOT];
}

int
seki_manifest_format(
    const struct seki_manifest *m, struct seki_buf *buf, struct seki_err *err)
{
	size_t before = buf->n;
	json_t *doc;
	int r;

	if (seki_manifest_check(m, err) == -1)
		return -1;
	if ((doc = write_all(m)) == NULL)
		return seki_err_nomem(err);
	r = seki_doc_canon(doc, buf, err);
	json_decref(doc);
	if (r == 0 && buf->n - before > SEKI_MANIFEST_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("manifest.json: larger than %zu bytes"),
		    SEKI_MANIFEST_MAX);
	return r;
}
