/* Every kind over any text: it makes valid text of the type's shape, and makes
 * the same again of that. */
#include <stdlib.h>

#include "norm_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static enum seki_shape
shape(enum seki_type to)
{
	return to == SEKI_T_NUMBER     ? SEKI_S_NUMBER
	       : to == SEKI_T_DATE     ? SEKI_S_DATE
	       : to == SEKI_T_DATETIME ? SEKI_S_DATETIME
				       : SEKI_S_TEXT;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct seki_norm_kind *k;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf in = SEKI_BUF_INIT, a = SEKI_BUF_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	int r;

	if (size == 0 || !seki_text_utf8((const char *)data, size, NULL))
		return 0;
	if (seki_buf_add(&in, data, size, &err) == -1)
		abort();
	for (k = seki_norm_kinds; k->name != NULL; k++) {
		if (k->fn == NULL)
			continue;
		seki_buf_reset(&a);
		seki_buf_reset(&b);
		r = seki_norm_apply(k, in.p, in.n, &a, &err);
		if (r == -1 || (r > 0 && (a.n > 0 || r >= SEKI_B_COUNT)))
			abort();
		if (r > 0) {
			if (seki_norm_lost(k, in.p, in.n, &b, &err) == -1)
				abort();
			continue;
		}
		if (a.n == 0 || !seki_text_utf8(a.p, a.n, NULL) ||
		    seki_value_check(shape(k->to), a.p, a.n) != NULL)
			abort();
		if ((k->how & SEKI_KIND_ONCE) == 0 &&
		    (seki_norm_apply(k, a.p, a.n, &b, &err) != 0 ||
			a.n != b.n || memcmp(a.p, b.p, a.n) != 0))
			abort();
	}
	seki_buf_free(&in);
	seki_buf_free(&a);
	seki_buf_free(&b);
	return 0;
}
