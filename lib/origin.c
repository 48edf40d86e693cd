#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "seki_int.h"

static const char what[] = "STATE: source";

/* What stream and manifest both say of the fetch, under the same keys. */
static const struct {
	const char *key;
	size_t at, size;
	size_t in_manifest;
} texts[] = {
#define X(name)                                                                \
	{                                                                      \
#name, offsetof(struct seki_origin, name),                     \
		    sizeof(((struct seki_origin *)0)->name),                   \
		    offsetof(struct seki_manifest, name)                       \
	}
	X(attachments),
	X(query_sha256),
	X(fetched_from),
	X(fetched_to),
	X(id_min),
	X(id_max),
#undef X
};
#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static const char *
in_origin(const struct seki_origin *o, size_t i)
{
	return (const char *)o + texts[i].at;
}

/* What a stream does not say stays as it is. */
static int
take_text(
    struct seki_origin *to, const json_t *o, size_t i, struct seki_err *err)
{
	const json_t *v = json_object_get(o, texts[i].key);

	if (v == NULL)
		return 0;
	if (!json_is_string(v))
		return seki_fail(err, SEKI_RECORD,
		    _("STATE: source: \"%s\" is not a string"), texts[i].key);
	if (json_string_length(v) >= texts[i].size)
		return seki_fail(err, SEKI_RECORD,
		    _("STATE: source: \"%s\" is too long"), texts[i].key);
	(void)strcpy((char *)to + texts[i].at, json_string_value(v));
	return 0;
}

int
seki_origin_parse(
    const char *text, struct seki_origin *to, struct seki_err *err)
{
	json_t *o = seki_doc_parse(text, strlen(text), SEKI_RECORD, what, err);
	size_t i;
	int r = o == NULL ? -1 : 0;

	memset(to, 0, sizeof(*to));
	(void)strcpy(to->attachments, "none");
	for (i = 0; r == 0 && i < TEXTS; i++)
		r = take_text(to, o, i, err);
	if (r == 0 && json_object_get(o, "total") != NULL)
		r = seki_doc_uint(
		    o, "total", &to->total, SEKI_RECORD, what, err);
	json_decref(o);
	return r;
}

int
seki_origin_fill(
    const struct seki_origin *o, struct seki_manifest *m, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < TEXTS; i++)
		if (seki_manifest_set(
			(char **)(void *)((char *)m + texts[i].in_manifest),
			in_origin(o, i), err) == -1)
			return -1;
	m->total = o->total;
	return 0;
}

int
seki_origin_same(const struct seki_origin *o, const struct seki_manifest *m,
    struct seki_err *err)
{
	const char *stated, *found;
	size_t i;

	for (i = 0; i < TEXTS; i++) {
		found = in_origin(o, i);
		stated = *(char *const *)(const void *)((const char *)m +
							texts[i].in_manifest);
		if (strcmp(stated, found) != 0)
			return seki_fail(err, SEKI_CONTENT,
			    _("source: \"%s\": the records say \"%s\", the "
			      "manifest says \"%s\""),
			    texts[i].key, found, stated);
	}
	if (m->total == o->total)
		return 0;
	return seki_fail(err, SEKI_CONTENT,
	    _("source: \"total\": the records say %llu, the manifest says "
	      "%llu"),
	    (unsigned long long)o->total, (unsigned long long)m->total);
}

void
seki_origin_schema(
    const char *stream, const unsigned char *digest, char id[SEKI_SCHEMA_ID])
{
	char hex[9];

	seki_text_hex(digest, 4, hex);
	(void)snprintf(
	    id, SEKI_SCHEMA_ID, "%.*s.%s", (int)SEKI_STREAM_MAX, stream, hex);
}
