#include <string.h>

#include "steps.h"

/* A step in words, for ledger and people. */

static int
list(const char *word, const json_t *paths, struct seki_buf *b,
    struct seki_err *err)
{
	json_t *v;
	size_t i;

	json_array_foreach(paths, i, v)
	{
		if (seki_buf_str(b, i == 0 ? word : ", ", err) == -1 ||
		    seki_buf_str(b, json_string_value(v), err) == -1)
			return -1;
	}
	return 0;
}

int
seki_steps_say(const json_t *step, struct seki_buf *b, struct seki_err *err)
{
	const char *by = json_string_value(json_object_get(step, "by"));
	const char *at = json_string_value(json_object_get(step, "at")), *old;
	json_t *goes = json_object_get(step, "continues"), *v;
	char when[SEKI_TIME];
	seki_time t;

	if (seki_time_parse(at, strlen(at), &t) == -1)
		return seki_fail(err, SEKI_BUG, "%s", at);
	seki_time_jst(t, when);
	if (seki_buf_fmt(b, err, "%s, %s:", by[0] != '\0' ? by : "-", when) ==
	    -1)
		return -1;
	json_object_foreach(goes, old, v)
	{
		if (seki_buf_fmt(b, err, " %s=%s", old, json_string_value(v)) ==
		    -1)
			return -1;
	}
	return list(" -", json_object_get(step, "ended"), b, err) == -1
		   ? -1
		   : list(" +", json_object_get(step, "added"), b, err);
}
