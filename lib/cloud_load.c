#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "cloud_int.h"

/* The bodies of one app, as files of a folder; the last ones may be absent. */
#define FILE_MAX ((size_t)512 * SEKI_MIB)
static const struct {
	const char *file, *doc;
	int required;
} docs[] = {
	{ "form-fields.json", "app/form/fields", 1 },
	{ "form-layout.json", "app/form/layout", 1 },
	{ "app-settings.json", "app/settings", 0 },
	{ "app-status.json", "app/status", 0 },
	{ "app-views.json", "app/views", 0 },
};

/* 1 and the text appended; 0 when there is no such file. */
static int
slurp(const char *dir, const char *file, size_t max, int required,
    struct seki_buf *b, struct seki_err *err)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (!required && access(path, F_OK) == -1 && errno == ENOENT)
		return 0;
	if (seki_in_slurp(path, max, b, err) == -1)
		return -1;
	return 1;
}

/* How the app was made, for the data file: which bodies were loaded. */
int
seki_cloud_load_made(
    const char *dir, char made[SEKI_CLOUD_MADE], struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char hex[SEKI_HEX];
	int r;

	r = slurp(dir, "app.json", SEKI_SCHEMA_MAX, 1, &b, err);
	for (size_t i = 0; r != -1 && i < sizeof(docs) / sizeof(docs[0]); i++)
		r = slurp(dir, docs[i].file, SEKI_SCHEMA_MAX, docs[i].required,
		    &b, err);
	if (r != -1)
		r = slurp(dir, "records.json", FILE_MAX, 1, &b, err);
	if (r != -1)
		r = seki_sha256_hex(b.p, b.n, hex, err);
	if (r != -1)
		(void)snprintf(made, SEKI_CLOUD_MADE, "load sha256 %s", hex);
	seki_buf_free(&b);
	return r == -1 ? -1 : 0;
}

static json_t *
about(const char *dir, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	json_t *doc = NULL;

	if (slurp(dir, "app.json", SEKI_SCHEMA_MAX, 1, &b, err) == 1)
		doc = seki_doc_parse(b.p, b.n, SEKI_RECORD, "app.json", err);
	seki_buf_free(&b);
	return doc;
}

int
seki_cloud_load_id(const char *dir, uint64_t *app, struct seki_err *err)
{
	json_t *doc = about(dir, err);
	const char *id;
	int r = -1;

	if (doc == NULL)
		return -1;
	id = json_string_value(json_object_get(doc, "appId"));
	if (*app == 0 && id != NULL)
		*app = strtoull(id, NULL, 10);
	if (*app > 0 && *app <= SEKI_CLOUD_APP_MAX)
		r = 0;
	else
		seki_fail(
		    err, SEKI_RECORD, _("app.json: appId is no id of an app"));
	json_decref(doc);
	return r;
}

static int
set_about(struct seki_cloud_db *db, uint64_t app, const char *dir,
    struct seki_err *err)
{
	json_t *doc = about(dir, err);
	char id[24], *text;
	int r;

	if (doc == NULL)
		return -1;
	(void)snprintf(id, sizeof(id), "%ju", (uintmax_t)app);
	if (json_object_set_new(doc, "appId", json_string(id)) == -1 ||
	    (text = json_dumps(doc, JSON_COMPACT)) == NULL) {
		json_decref(doc);
		return seki_err_nomem(err);
	}
	r = seki_cloud_db_doc_set(db, app, "app", text, strlen(text), err);
	free(text);
	json_decref(doc);
	return r;
}

/* Valid JSON without the white space between its tokens. */
static int
compact(const char *s, size_t n, struct seki_buf *b, struct seki_err *err)
{
	int string = 0;

	if (seki_buf_room(b, n, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!string && strchr(" \t\r\n", s[i]) != NULL)
			continue;
		b->p[b->n++] = s[i];
		if (string && s[i] == '\\')
			b->p[b->n++] = s[++i];
		else if (s[i] == '"')
			string = !string;
	}
	b->p[b->n] = '\0';
	return 0;
}

static int
number(const struct seki_json *j, uint64_t *id)
{
	*id = 0;
	if (j->n == 0 || j->n > 12)
		return -1;
	for (size_t i = 0; i < j->n; i++) {
		if (j->s[i] < '0' || j->s[i] > '9')
			return -1;
		*id = *id * 10 + (uint64_t)(j->s[i] - '0');
	}
	return *id > 0 && *id <= SEKI_CLOUD_ID_MAX ? 0 : -1;
}

/* The rest of a record after its brace; 0 in *id when it has none. */
static int
record(struct seki_json *j, uint64_t *id)
{
	enum seki_json_tok t, u;

	*id = 0;
	while ((t = seki_json_next(j)) == SEKI_J_KEY) {
		int mine = seki_json_is(j, "$id");

		t = seki_json_next(j);
		if (!mine || t != SEKI_J_OBJECT) {
			if (seki_json_skip(j, t) == -1)
				return -1;
			continue;
		}
		while ((u = seki_json_next(j)) == SEKI_J_KEY) {
			int value = seki_json_is(j, "value");

			u = seki_json_next(j);
			if (value && u == SEKI_J_STRING && number(j, id) == -1)
				*id = 0;
			if (seki_json_skip(j, u) == -1)
				return -1;
		}
		if (u != SEKI_J_OBJECT_END)
			return -1;
	}
	return t == SEKI_J_OBJECT_END ? 0 : -1;
}

/* The content of a file when the folder has it as files/KEY, in one piece. */
static int
content(struct seki_cloud_db *db, const char *dir,
    const struct seki_cloud_tree *file, char data[64], struct seki_err *err)
{
	const struct seki_cloud_tree *key =
	    seki_cloud_tree_get(file, "fileKey");
	struct seki_buf b = SEKI_BUF_INIT;
	char name[128];
	int r;

	*data = '\0';
	if (key == NULL || key->kind != SEKI_J_STRING || key->n > 63 ||
	    strchr(key->p, '/') != NULL)
		return 0;
	(void)snprintf(name, sizeof(name), "files/%s", key->p);
	if ((r = slurp(dir, name, FILE_MAX, 0, &b, err)) == 1) {
		(void)snprintf(data, 64, "%s", key->p);
		for (size_t at = 0, n = 0; r != -1 && at < b.n; at += n) {
			n = b.n - at < SEKI_CLOUD_PIECE ? b.n - at
							: SEKI_CLOUD_PIECE;
			r = seki_cloud_run(db, err,
			    "INSERT INTO piece(data, n, bytes)"
			    " VALUES(?1, ?2, ?3)",
			    "sib", data, (uint64_t)(at / SEKI_CLOUD_PIECE),
			    b.p + at, n);
		}
	}
	seki_buf_free(&b);
	return r == -1 ? -1 : 0;
}

static int
files(struct seki_cloud_db *db, uint64_t app, uint64_t id, const char *dir,
    const struct seki_cloud_tree *t, struct seki_err *err)
{
	char data[64];

	if (seki_cloud_tree_get(t, "fileKey") != NULL &&
	    (content(db, dir, t, data, err) == -1 ||
		seki_cloud_file_add(db, app, id, t, data, err) == -1))
		return -1;
	for (t = t->child; t != NULL; t = t->next)
		if (files(db, app, id, dir, t, err) == -1)
			return -1;
	return 0;
}

/* People and files that the record names. */
static int
learn(struct seki_cloud_db *db, uint64_t app, uint64_t id, const char *dir,
    const struct seki_buf *b, struct seki_err *err)
{
	struct seki_arena arena = SEKI_ARENA_INIT;
	struct seki_cloud_tree *t;
	int r;

	if ((r = seki_cloud_person_learn(db, b->p, b->n, err)) == 0 &&
	    memmem(b->p, b->n, "\"fileKey\"", 9) != NULL &&
	    (r = seki_cloud_tree_parse(&t, b->p, b->n, &arena, err)) == 0)
		r = files(db, app, id, dir, t, err);
	seki_arena_free(&arena);
	return r == -1 ? -1 : 0;
}

static int
add(struct seki_cloud_db *db, uint64_t app, const char *dir,
    struct seki_json *j, struct seki_buf *b, struct seki_err *err)
{
	const char *from = j->text + seki_json_at(j);
	uint64_t id;

	if (record(j, &id) == -1)
		return 1;
	if (id == 0)
		return seki_fail(err, SEKI_RECORD,
		    _("records.json: a record without a proper $id"));
	seki_buf_reset(b);
	if (compact(from, (size_t)(j->p - from), b, err) == -1)
		return -1;
	if (learn(db, app, id, dir, b, err) == -1)
		return -1;
	return seki_cloud_db_add(db, app, id, b->p, b->n, err);
}

static int
records(struct seki_cloud_db *db, uint64_t app, const char *dir,
    const char *text, size_t n, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_json j;
	enum seki_json_tok t;
	int r = 0, found = 0;

	seki_json_init(&j, text, n);
	if (seki_json_next(&j) != SEKI_J_OBJECT)
		r = 1;
	while (r == 0 && (t = seki_json_next(&j)) != SEKI_J_END) {
		int mine = t == SEKI_J_KEY && seki_json_is(&j, "records");

		if (t == SEKI_J_OBJECT_END)
			continue;
		t = seki_json_next(&j);
		if (!mine || t != SEKI_J_ARRAY)
			r = seki_json_skip(&j, t) == -1;
		else {
			found = 1;
			while ((t = seki_json_next(&j)) == SEKI_J_OBJECT &&
			       (r = add(db, app, dir, &j, &b, err)) == 0)
				;
			if (r == 0 && t != SEKI_J_ARRAY_END)
				r = 1;
		}
	}
	seki_buf_free(&b);
	if (r == 0 && !found)
		return seki_fail(
		    err, SEKI_RECORD, _("records.json: no list of records"));
	if (r == 1)
		return seki_json_fail(&j, SEKI_RECORD, "records.json", err);
	return r;
}

int
seki_cloud_load_app(struct seki_cloud_db *db, uint64_t app, const char *dir,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	json_t *doc;
	int r;

	r = set_about(db, app, dir, err);
	for (size_t i = 0; r == 0 && i < sizeof(docs) / sizeof(docs[0]); i++) {
		seki_buf_reset(&b);
		r = slurp(dir, docs[i].file, SEKI_SCHEMA_MAX, docs[i].required,
		    &b, err);
		if (r != 1)
			continue;
		doc = seki_doc_parse(b.p, b.n, SEKI_RECORD, docs[i].file, err);
		r = doc == NULL ? -1
				: seki_cloud_db_doc_set(
				      db, app, docs[i].doc, b.p, b.n, err);
		json_decref(doc);
	}
	seki_buf_reset(&b);
	if (r == 0 &&
	    (r = slurp(dir, "records.json", FILE_MAX, 1, &b, err)) == 1)
		r = records(db, app, dir, b.p, b.n, err);
	seki_buf_free(&b);
	if (r == -1)
		seki_err_object(err, dir);
	return r;
}
