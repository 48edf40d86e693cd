#include <string.h>

#include "seki_int.h"

/* Where a record of the cloud is shown to people (record API 1). */

/* The number that the service gave the record, or NULL. */
static const struct seki_value *
id_of(const struct seki_schema *s, const struct seki_record *rec)
{
	size_t i;

	if (strcmp(s->key, "$id") == 0)
		return &rec->key;
	for (i = 0; rec->v != NULL && i < s->n; i++)
		if (s->field[i].type == SEKI_T_ID)
			return &rec->v[i];
	return NULL;
}

static int
digits(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return 0;
	return n > 0;
}

int
seki_record_link(const struct seki_schema *s, const struct seki_record *rec,
    struct seki_buf *b, struct seki_err *err)
{
	static const char host[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
	const struct seki_source *from = &s->source;
	const struct seki_value *id = id_of(s, rec);

	if (from->domain == NULL || from->app == NULL || id == NULL ||
	    from->domain[0] == '\0' ||
	    from->domain[strspn(from->domain, host)] != '\0' ||
	    !digits(from->app, strlen(from->app)) || !digits(id->p, id->n))
		return seki_buf_str(b, "", err);
	return seki_buf_fmt(b, err, "https://%s/k/%s/show#record=%.*s",
	    from->domain, from->app, (int)id->n, id->p);
}
