#include <string.h>

#include "norm_int.h"

/* Which fields of a form a rules table makes something of. */

/* Is the source (n bytes of A+B|C) this field, a field inside this table, or
 * the whole table it stands in? */
static int
names(const char *s, size_t n, const char *path)
{
	size_t len = strlen(path), table = 0;
	const char *dot = strchr(path, '.');

	while (n > 0 && s[0] == ' ') {
		s++;
		n--;
	}
	while (n > 0 && s[n - 1] == ' ')
		n--;
	if (dot != NULL)
		table = (size_t)(dot - path);
	return (n == len && memcmp(s, path, n) == 0) ||
	       (n > len && memcmp(s, path, len) == 0 && s[len] == '.') ||
	       (table > 0 && n == table && memcmp(s, path, n) == 0);
}

int
seki_rules_source(const char *source, const char *path)
{
	const char *s = source, *from = source;
	size_t len = 0;
	int plus;

	for (;; s++) {
		if (*s != '\0' && (len = seki_plan_separator(s, &plus)) == 0)
			continue;
		if (names(from, (size_t)(s - from), path))
			return 1;
		if (*s == '\0')
			return 0;
		from = s + len;
		s = from - 1;
	}
}

unsigned long long
seki_rules_uses(const struct seki_rules *rules, const char *path)
{
	size_t i;

	for (i = 0; i < rules->n; i++)
		if (seki_rules_source(rules->rule[i].source, path))
			return rules->rule[i].row;
	return 0;
}

const char *
seki_rules_name(const struct seki_rules *rules)
{
	return rules->name;
}
