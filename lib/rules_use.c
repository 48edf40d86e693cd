#include <string.h>

#include "norm_int.h"

/* Which fields of a form a rules table makes something of. */

/* A text that is no field: the quotes of a keyboard, or those of Japanese. */
size_t
seki_rules_quoted(const char *s)
{
	static const char *const pair[][2] = { { "\"", "\"" }, { "「", "」" } };
	const char *end;
	size_t i, n;

	for (i = 0; i < sizeof(pair) / sizeof(pair[0]); i++) {
		n = strlen(pair[i][0]);
		if (strncmp(s, pair[i][0], n) == 0 &&
		    (end = strstr(s + n, pair[i][1])) != NULL)
			return (size_t)(end - s) + n;
	}
	return 0;
}

int
seki_rules_next(const char **at, const char **from, size_t *n)
{
	const char *s = *at;
	size_t len = 0, quoted;
	int plus;

	if (s == NULL)
		return 0;
	*from = s;
	while (*s != '\0' && (len = seki_plan_separator(s, &plus)) == 0)
		s += (quoted = seki_rules_quoted(s)) > 0 ? quoted : 1;
	*n = (size_t)(s - *from);
	*at = *s == '\0' ? NULL : s + len;
	while (*n > 0 && **from == ' ') {
		++*from;
		--*n;
	}
	while (*n > 0 && (*from)[*n - 1] == ' ')
		--*n;
	return 1;
}

/* Is the source this field, a field inside this table, or the whole table it
 * stands in? */
static int
names(const char *s, size_t n, const char *path)
{
	size_t len = strlen(path), table = 0;
	const char *dot = strchr(path, '.');

	if (dot != NULL)
		table = (size_t)(dot - path);
	return (n == len && memcmp(s, path, n) == 0) ||
	       (n > len && memcmp(s, path, len) == 0 && s[len] == '.') ||
	       (table > 0 && n == table && memcmp(s, path, n) == 0);
}

static int
source(const char *list, const char *path)
{
	const char *s;
	size_t n;

	while (seki_rules_next(&list, &s, &n))
		if (names(s, n, path))
			return 1;
	return 0;
}

unsigned long long
seki_rules_uses(const struct seki_rules *rules, const char *path)
{
	size_t i;

	for (i = 0; i < rules->n; i++)
		if (source(rules->rule[i].source, path) ||
		    (rules->rule[i].when != NULL &&
			names(rules->rule[i].when, strlen(rules->rule[i].when),
			    path)))
			return rules->rule[i].row;
	return 0;
}

const char *
seki_rules_name(const struct seki_rules *rules)
{
	return rules->name;
}
