#include <jansson.h>
#include <stdlib.h>

#include "manifest_int.h"

/* Which object of the document a member stands in. */
const struct seki_manifest_object seki_manifest_objects[SEKI_M_OBJECTS] = {
	[SEKI_M_ROOT] = { NULL, SEKI_M_ROOT, "manifest.json" },
	[SEKI_M_APPROVAL] = { "approval", SEKI_M_ROOT,
	    "manifest.json: approval" },
	[SEKI_M_CONTENT] = { "content", SEKI_M_ROOT, "manifest.json: content" },
	[SEKI_M_PART] = { "part", SEKI_M_ROOT, "manifest.json: part" },
	[SEKI_M_SCAN] = { "scan", SEKI_M_ROOT, "manifest.json: scan" },
	[SEKI_M_OVERRIDE] = { "override", SEKI_M_SCAN,
	    "manifest.json: scan.override" },
	[SEKI_M_SCHEMA] = { "schema", SEKI_M_ROOT, "manifest.json: schema" },
	[SEKI_M_SOURCE] = { "source", SEKI_M_ROOT, "manifest.json: source" },
};

#define TEXT(o, key, member, form)                                             \
	{                                                                      \
		o, key, SEKI_M_TEXT, offsetof(struct seki_manifest, member),   \
		    form, 0                                                    \
	}
#define UINT(o, key, member, min)                                              \
	{                                                                      \
		o, key, SEKI_M_UINT, offsetof(struct seki_manifest, member),   \
		    SEKI_F_ORG, min                                            \
	}
#define OTHER(o, key, member, kind)                                            \
	{                                                                      \
		o, key, kind, offsetof(struct seki_manifest, member),          \
		    SEKI_F_ORG, 0                                              \
	}

const struct seki_manifest_member seki_manifest_members[] = {
	TEXT(SEKI_M_ROOT, "org", org, SEKI_F_ORG),
	TEXT(SEKI_M_ROOT, "stream", stream, SEKI_F_STREAM),
	TEXT(SEKI_M_ROOT, "audience", audience, SEKI_F_ID),
	TEXT(SEKI_M_ROOT, "kind", kind, SEKI_F_KIND),
	TEXT(SEKI_M_ROOT, "carrier", carrier, SEKI_F_CARRIER),
	TEXT(SEKI_M_ROOT, "prepared_by", prepared_by, SEKI_F_ID),
	TEXT(SEKI_M_ROOT, "title", title, SEKI_F_LINE),
	TEXT(SEKI_M_ROOT, "purpose", purpose, SEKI_F_LINE),
	TEXT(SEKI_M_ROOT, "class", class, SEKI_F_LINE),
	TEXT(SEKI_M_ROOT, "period", period, SEKI_F_LINE),
	TEXT(SEKI_M_ROOT, "rules", rules, SEKI_F_HEX_OR_NONE),
	UINT(SEKI_M_ROOT, "epoch", epoch, 1),
	UINT(SEKI_M_ROOT, "seq", seq, 1),
	UINT(SEKI_M_ROOT, "trust", trust, 1),
	UINT(SEKI_M_ROOT, "held", held, 0),
	OTHER(SEKI_M_ROOT, "prev", prev, SEKI_M_PREV),
	OTHER(SEKI_M_ROOT, "created", created, SEKI_M_TIME),
	OTHER(SEKI_M_ROOT, "not_before", not_before, SEKI_M_TIME),
	OTHER(SEKI_M_ROOT, "expires", expires, SEKI_M_TIME),
	OTHER(SEKI_M_ROOT, "next_by", next_by, SEKI_M_TIME_OR_NONE),
	OTHER(SEKI_M_ROOT, "test", test, SEKI_M_BOOL),
	TEXT(SEKI_M_APPROVAL, "kind", approval_kind, SEKI_F_APPROVAL),
	TEXT(SEKI_M_APPROVAL, "number", approval_number, SEKI_F_LINE),
	TEXT(SEKI_M_APPROVAL, "code", approval_code, SEKI_F_LINE),
	OTHER(SEKI_M_CONTENT, "root", root, SEKI_M_DIGEST),
	UINT(SEKI_M_CONTENT, "records", records, 0),
	UINT(SEKI_M_CONTENT, "deletes", deletes, 0),
	UINT(SEKI_M_PART, "n", part, 1),
	UINT(SEKI_M_PART, "of", parts, 1),
	TEXT(SEKI_M_PART, "set", set, SEKI_F_HEX_OR_NONE),
	TEXT(SEKI_M_SCAN, "result", scan, SEKI_F_WORD),
	TEXT(SEKI_M_OVERRIDE, "by", scan_by, SEKI_F_ID_OR_NONE),
	TEXT(SEKI_M_OVERRIDE, "reason", scan_reason, SEKI_F_LINE),
	TEXT(SEKI_M_SCHEMA, "id", schema_id, SEKI_F_LABEL),
	OTHER(SEKI_M_SCHEMA, "sha256", schema, SEKI_M_DIGEST),
	TEXT(SEKI_M_SOURCE, "system", source.system, SEKI_F_SYSTEM),
	TEXT(SEKI_M_SOURCE, "domain", source.domain, SEKI_F_DOMAIN),
	TEXT(SEKI_M_SOURCE, "app", source.app, SEKI_F_APP),
	TEXT(SEKI_M_SOURCE, "attachments", attachments, SEKI_F_ATTACHMENTS),
	TEXT(SEKI_M_SOURCE, "query_sha256", query_sha256, SEKI_F_HEX_OR_NONE),
	TEXT(SEKI_M_SOURCE, "fetched_from", fetched_from, SEKI_F_TIME_OR_NONE),
	TEXT(SEKI_M_SOURCE, "fetched_to", fetched_to, SEKI_F_TIME_OR_NONE),
	TEXT(SEKI_M_SOURCE, "id_min", id_min, SEKI_F_DIGITS),
	TEXT(SEKI_M_SOURCE, "id_max", id_max, SEKI_F_DIGITS),
	UINT(SEKI_M_SOURCE, "total", total, 0),
	{ SEKI_M_ROOT, NULL, SEKI_M_TEXT, 0, SEKI_F_ORG, 0 },
};

int
seki_manifest_set(char **member, const char *s, struct seki_err *err)
{
	char *copy = strdup(s == NULL ? "" : s);

	if (copy == NULL)
		return seki_err_nomem(err);
	free(*member);
	*member = copy;
	return 0;
}

struct seki_manifest *
seki_manifest_new(struct seki_err *err)
{
	const struct seki_manifest_member *f;
	struct seki_manifest *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	for (f = seki_manifest_members; f->key != NULL; f++)
		if (f->kind == SEKI_M_TEXT &&
		    seki_manifest_set(SEKI_M_AT(m, f, char *), NULL, err) ==
			-1) {
			seki_manifest_free(m);
			return NULL;
		}
	m->part = m->parts = 1;
	return m;
}

void
seki_manifest_free(struct seki_manifest *m)
{
	const struct seki_manifest_member *f;
	size_t i;

	if (m == NULL)
		return;
	for (f = seki_manifest_members; f->key != NULL; f++)
		if (f->kind == SEKI_M_TEXT)
			free(*SEKI_M_AT(m, f, char *));
	seki_manifest_no_files(m);
	for (i = 0; i < m->nrecipient; i++)
		free(m->recipient[i]);
	for (i = 0; i < 2 * m->nnote; i++)
		free(m->note[i]);
	free(m->file);
	free(m->recipient);
	free(m->note);
	free(m);
}

int
seki_manifest_file(struct seki_manifest *m, const char *name, const char *role,
    uint64_t size, const unsigned char *sha256, struct seki_err *err)
{
	struct seki_entry *file, new = { .size = size };
	size_t i = m->nfile;

	while (i > 0 && strcmp(m->file[i - 1].name, name) > 0)
		i--;
	if (i > 0 && strcmp(m->file[i - 1].name, name) == 0)
		return seki_fail(err, SEKI_MANIFEST,
		    _("manifest.json: \"files\": a name stands twice"));
	file = reallocarray(m->file, m->nfile + 1, sizeof(*file));
	if (file == NULL)
		return seki_err_nomem(err);
	m->file = file;
	if (seki_manifest_set(&new.name, name, err) == -1 ||
	    seki_manifest_set(&new.role, role, err) == -1) {
		free(new.name);
		return -1;
	}
	memcpy(new.sha256, sha256, sizeof(new.sha256));
	memmove(&file[i + 1], &file[i], (m->nfile - i) * sizeof(*file));
	file[i] = new;
	m->nfile++;
	return 0;
}

void
seki_manifest_no_files(struct seki_manifest *m)
{
	while (m->nfile > 0) {
		free(m->file[--m->nfile].name);
		free(m->file[m->nfile].role);
	}
}

char **
seki_manifest_recipient(struct seki_manifest *m, struct seki_err *err)
{
	char **more =
	    reallocarray(m->recipient, m->nrecipient + 1, sizeof(*more));

	if (more == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	m->recipient = more;
	more[m->nrecipient] = NULL;
	return &more[m->nrecipient++];
}

int
seki_manifest_note(struct seki_manifest *m, const char *name, const char *text,
    struct seki_err *err)
{
	char **note = reallocarray(m->note, 2 * (m->nnote + 1), sizeof(*note));

	if (note == NULL)
		return seki_err_nomem(err);
	m->note = note;
	note += 2 * m->nnote;
	note[0] = note[1] = NULL;
	if (seki_manifest_set(&note[0], name, err) == -1 ||
	    seki_manifest_set(&note[1], text, err) == -1) {
		free(note[0]);
		return -1;
	}
	m->nnote++;
	return 0;
}

const char *
seki_manifest_noted(const struct seki_manifest *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->nnote; i++)
		if (strcmp(m->note[2 * i], name) == 0)
			return m->note[2 * i + 1];
	return "";
}
