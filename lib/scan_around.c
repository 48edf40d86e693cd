#include <string.h>

#include <jansson.h>

#include "scan_int.h"

/* What is carried beside the records: every string of a JSON text, and every
 * integer. */
static int
text(const struct seki_scan_each *to, const char *name, const char *s, size_t n,
    struct seki_err *err)
{
	return to->each(to->ctx, name, s, n, err);
}

static int
integer(const struct seki_scan_each *to, const char *name, const json_t *v,
    struct seki_err *err)
{
	char s[32];
	int n =
	    snprintf(s, sizeof(s), "%lld", (long long)json_integer_value(v));

	return text(to, name, s, (size_t)n, err);
}

/* The depth is that of the reader, which refuses what is deeper. */
static int
walk(const struct seki_scan_each *to, const char *name, json_t *v,
    struct seki_err *err)
{
	const char *key;
	json_t *one;
	size_t i;

	if (json_is_string(v))
		return text(
		    to, name, json_string_value(v), json_string_length(v), err);
	if (json_is_integer(v))
		return integer(to, name, v, err);
	json_array_foreach(
	    v, i, one) if (walk(to, name, one, err) == -1) return -1;
	json_object_foreach(
	    v, key, one) if (text(to, "", key, strlen(key), err) == -1 ||
			     walk(to, key, one, err) == -1) return -1;
	return 0;
}

int
seki_scan_each(const struct seki_scan_each *to, const char *json, size_t n,
    struct seki_err *err)
{
	json_t *v = json_loadb(json, n, JSON_ALLOW_NUL, NULL);
	int r;

	if (v == NULL)
		return seki_fail(err, SEKI_BUG, "json");
	r = walk(to, "", v, err);
	json_decref(v);
	return r;
}
