#include <stdlib.h>

#include "norm_int.h"

/* What a table's digest covers: itself, and the other files that decide what
 * comes out (seki-rules(5)). */

static int
by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(strstr(*x, "  "), strstr(*y, "  "));
}

static int
add(struct seki_rules *rules, const char *name, const char *hex,
    struct seki_err *err)
{
	struct seki_buf line = SEKI_BUF_INIT;
	char **grown;

	if (seki_buf_fmt(&line, err, "%s  %s\n", hex, name) == -1)
		return -1;
	grown = reallocarray(rules->bound, rules->nbound + 1, sizeof(*grown));
	if (grown == NULL) {
		seki_buf_free(&line);
		return seki_err_nomem(err);
	}
	rules->bound = grown;
	grown[rules->nbound++] = line.p;
	qsort(grown, rules->nbound, sizeof(*grown), by_name);
	return 0;
}

int
seki_rules_bind(struct seki_rules *rules, const char *name, const char *hex,
    struct seki_err *err)
{
	struct seki_buf all = SEKI_BUF_INIT;
	size_t i;
	int r = name == NULL ? 0 : add(rules, name, hex, err);

	if (r == 0 && rules->nbound == 0) {
		memcpy(rules->digest, rules->file, sizeof(rules->digest));
		return 0;
	}
	if (r == 0)
		r = seki_buf_fmt(&all, err, "seki-rules-2\n%s\n", rules->file);
	for (i = 0; r == 0 && i < rules->nbound; i++)
		r = seki_buf_str(&all, rules->bound[i], err);
	if (r == 0)
		r = seki_sha256_hex(all.p, all.n, rules->digest, err);
	seki_buf_free(&all);
	return r;
}
