/* A table of totals of any bytes: read or refused, with a reason; a row that
 * is read is found again. */
#include <stdlib.h>
#include <string.h>

#include "totals_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_totals_figure f = { .v = SEKI_TOTALS_SAME };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_totals *t;
	struct seki_grid *g =
	    seki_grid_read(seki_in_mem(data, size, "fuzz", &err), NULL, &err);
	size_t i, k;

	if (g == NULL)
		return 0;
	t = seki_totals_read(g, &err);
	seki_grid_free(g);
	if (t == NULL && err.reason != SEKI_RULES && err.reason != SEKI_LIMIT)
		abort();
	if (t != NULL && (t->nfig == 0 || seki_totals_own(t, &err) == -1))
		abort();
	for (i = 0; t != NULL && i < t->n; i++) {
		/* In order, none twice. */
		if (i > 0 && t->index[i - 1]->key.n == t->index[i]->key.n &&
		    memcmp(t->index[i - 1]->key.p, t->index[i]->key.p,
			t->index[i]->key.n) >= 0)
			abort();
		for (k = 0; k < t->nfig; k++)
			if (seki_totals_judge(t->group[i], k, &f, &err) != 0)
				abort();
	}
	seki_buf_free(&f.have);
	seki_buf_free(&f.diff);
	seki_totals_free(t);
	return 0;
}
