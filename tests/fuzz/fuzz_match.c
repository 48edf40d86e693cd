/* A table of checks of any bytes: read or refused, with a reason. */
#include <stdlib.h>

#include "match_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_match_rules *rules;
	struct seki_grid *g =
	    seki_grid_read(seki_in_mem(data, size, "fuzz", &err), NULL, &err);
	size_t i;

	if (g == NULL)
		return 0;
	rules = seki_match_rules_read(g, &err);
	seki_grid_free(g);
	if (rules == NULL && err.reason != SEKI_RULES &&
	    err.reason != SEKI_LIMIT)
		abort();
	for (i = 0; rules != NULL && i < rules->n; i++)
		if (rules->check[i].name[0] == '\0')
			abort();
	seki_match_rules_free(rules);
	return 0;
}
