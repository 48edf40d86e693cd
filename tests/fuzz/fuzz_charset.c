/* Any bytes as CP932: what decodes is valid UTF-8, and encodes to what decodes
 * to the same again.  Any UTF-8 looked through for each set. */
#include <stdlib.h>

#include "charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
decode(const char *s, size_t n)
{
	struct seki_buf a = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	struct seki_buf c = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	size_t bad;

	if (seki_charset_decode_cp932(s, n, &a, &bad, &err) == -1) {
		if (bad >= n || a.n != 0)
			abort();
	} else if (seki_charset_encode_cp932(a.p, a.n, &b, &bad, &err) == -1 ||
		   b.n != n ||
		   seki_charset_decode_cp932(b.p, b.n, &c, &bad, &err) == -1 ||
		   c.n != a.n || memcmp(a.p, c.p, a.n) != 0)
		abort();
	seki_buf_free(&a);
	seki_buf_free(&b);
	seki_buf_free(&c);
}

/* A text that nothing is lost of can be written, and no other one. */
static void
look(const char *s, size_t n)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_charset_found f;
	size_t at, bad, lost;
	int set, r;

	for (set = SEKI_CP932; set <= SEKI_JISX0213; set++) {
		if (seki_charset_open((enum seki_charset)set, &err) == -1)
			abort();
		at = 0;
		lost = 0;
		while (
		    seki_charset_next((enum seki_charset)set, s, n, &at, &f)) {
			if (f.n == 0 || f.at + f.n != at || at > n)
				abort();
			lost += f.lost && f.as != SEKI_CHARSET_PUA;
			if (f.as == SEKI_CHARSET_PUA && set == SEKI_CP932 &&
			    seki_charset_code(f.c) == UINT32_MAX)
				lost++;
		}
		if (set != SEKI_CP932)
			continue;
		r = seki_charset_encode_cp932(s, n, &b, &bad, &err);
		if ((r == -1) != (lost > 0))
			abort();
	}
	seki_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	decode((const char *)data, size);
	if (seki_text_utf8((const char *)data, size, NULL))
		look((const char *)data, size);
	return 0;
}
