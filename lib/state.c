#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "seki_int.h"

/*
 * The value of a STATE as a link: a delta says which one it continues, so that
 * nothing that lies between can be skipped.
 */
int
seki_state_digest(const json_t *value, char hex[SEKI_HEX], struct seki_err *err)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
	int r;

	if (text == NULL)
		return seki_err_nomem(err);
	r = seki_sha256_hex(text, strlen(text), hex, err);
	free(text);
	return r;
}

static void
text(const json_t *o, const char *key, char to[SEKI_HEX])
{
	const char *s = json_string_value(json_object_get(o, key));

	(void)snprintf(
	    to, SEKI_HEX, "%s", s != NULL && strlen(s) < SEKI_HEX ? s : "");
}

int
seki_state_read(const char *value, struct seki_state *s, struct seki_err *err)
{
	json_t *doc =
	    seki_doc_parse(value, strlen(value), SEKI_RECORD, "STATE", err);
	json_t *marks = json_object_get(doc, "bookmarks");
	json_t *form = json_object_get(marks, "form");
	json_t *done = json_object_get(doc, "complete");
	int r = 0;

	memset(s, 0, sizeof(*s));
	if (doc == NULL)
		return -1;
	text(marks, "after", s->after);
	text(done, "rules", s->rules);
	text(json_object_get(done, "source"), "attachments", s->attachments);
	if (form != NULL)
		r = seki_state_digest(form, s->form, err);
	if (r == 0)
		r = seki_state_digest(doc, s->own, err);
	json_decref(doc);
	return r;
}
