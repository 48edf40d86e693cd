#include <stdlib.h>
#include <string.h>

#include "steps.h"

/* A step from one form to the next, as pull and normalize write it. */

static const char *
text_at(const json_t *o, const char *path)
{
	return json_string_value(json_object_get(o, path));
}

/* Where the table of a path goes: itself, another one, or NULL when it ends;
 * the path of a field of the record has none. */
static int
table_goes(const json_t *from, const json_t *to, const json_t *goes,
    const char *path, struct seki_buf *b, struct seki_err *err)
{
	size_t n = seki_steps_table(path);
	char table[SEKI_PATH_MAX + 1];
	const char *next;

	seki_buf_reset(b);
	if (n == 0 || n >= sizeof(table))
		return seki_buf_str(b, path, err) == -1 ? -1 : 1;
	(void)snprintf(table, sizeof(table), "%.*s", (int)n, path);
	if ((next = text_at(goes, table)) == NULL) {
		if (text_at(to, table) == NULL ||
		    strcmp(text_at(to, table), text_at(from, table)) != 0)
			return 0;
		next = table;
	}
	return seki_buf_fmt(b, err, "%s%s", next, path + n) == -1 ? -1 : 1;
}

static int
append(json_t *list, const char *path, struct seki_err *err)
{
	return json_array_append_new(list, json_string(path)) == -1
		   ? seki_err_nomem(err)
		   : 0;
}

/* What of from is no more: neither where it was nor named in goes.  still
 * collects the paths of to that are accounted for. */
static int
ends(const json_t *from, const json_t *to, const json_t *goes, json_t *ended,
    json_t *still, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	const char **path, *type, *next;
	size_t i, n;
	int r = 0;

	if ((path = seki_steps_paths(from, &n, err)) == NULL)
		return -1;
	for (i = 0; r != -1 && i < n; i++) {
		if ((next = text_at(goes, path[i])) == NULL) {
			r = table_goes(from, to, goes, path[i], &b, err);
			if (r != 1)
				continue;
			next = b.p;
			type = text_at(to, next);
			if (type == NULL ||
			    strcmp(type, text_at(from, path[i])) != 0) {
				r = append(ended, path[i], err);
				continue;
			}
		}
		r = json_object_set_new(still, next, json_true()) == -1
			? seki_err_nomem(err)
			: 0;
	}
	free(path);
	seki_buf_free(&b);
	return r == -1 ? -1 : 0;
}

/* What of to has no origin; of a new table only itself is named. */
static int
begins(
    const json_t *to, const json_t *still, json_t *added, struct seki_err *err)
{
	const char **path;
	size_t i, k, n;
	int r = 0;

	if ((path = seki_steps_paths(to, &n, err)) == NULL)
		return -1;
	for (i = 0; r == 0 && i < n; i++) {
		k = seki_steps_table(path[i]);
		if (json_object_get(still, path[i]) == NULL &&
		    (k == 0 || json_object_getn(still, path[i], k) != NULL))
			r = append(added, path[i], err);
	}
	free(path);
	return r;
}

json_t *
seki_steps_make(const json_t *from, const json_t *to, const json_t *goes,
    const char *by, const char *at, const char *revision, struct seki_err *err)
{
	json_t *ended = json_array(), *added = json_array();
	json_t *still = json_object(), *copy = json_deep_copy(goes);
	json_t *step = NULL;
	char hex[SEKI_HEX];

	if (ended == NULL || added == NULL || still == NULL || copy == NULL)
		(void)seki_err_nomem(err);
	else if (seki_steps_digest(from, hex, err) == 0 &&
		 ends(from, to, goes, ended, still, err) == 0 &&
		 begins(to, still, added, err) == 0 &&
		 (step = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O, s:O}", "by",
		      by, "at", at, "revision", revision, "from", hex,
		      "continues", copy, "ended", ended, "added", added)) ==
		     NULL)
		(void)seki_err_nomem(err);
	json_decref(ended);
	json_decref(added);
	json_decref(still);
	json_decref(copy);
	return step;
}

int
seki_steps_add(json_t *steps, json_t *step, struct seki_err *err)
{
	if (json_array_append_new(steps, step) == -1)
		return seki_err_nomem(err);
	while (json_array_size(steps) > SEKI_STEPS_MAX)
		(void)json_array_remove(steps, 0);
	return 0;
}
