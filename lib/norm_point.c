#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "norm_int.h"

/* Characters that NFKC leaves alone and that join nothing: the kanji and kana
 * of nearly every value. */
static int
stable(uint32_t c)
{
	return c < 0x80 || (c >= 0x4E00 && c <= 0x9FFF) ||
	       (c >= 0x3041 && c <= 0x3096) || (c >= 0x30A1 && c <= 0x30FE);
}

static int
icu(struct seki_points *p, struct seki_err *err)
{
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *nfkc = unorm2_getNFKCInstance(&e);
	UChar in[2 * SEKI_POINTS] SEKI_UNSET, out[4 * SEKI_POINTS] SEKI_UNSET;
	int32_t n = 0;

	(void)u_strFromUTF32(
	    in, 2 * SEKI_POINTS, &n, (const UChar32 *)p->c, (int32_t)p->n, &e);
	n = unorm2_normalize(nfkc, in, n, out, 4 * SEKI_POINTS, &e);
	(void)u_strToUTF32((UChar32 *)p->c, SEKI_POINTS, &n, out, n, &e);
	if (e == U_BUFFER_OVERFLOW_ERROR)
		return SEKI_B_TOO_LONG;
	if (U_FAILURE(e))
		return e == U_MEMORY_ALLOCATION_ERROR
			   ? seki_err_nomem(err)
			   : seki_fail(
				 err, SEKI_BUG, "ICU: %s", u_errorName(e));
	p->n = (size_t)n;
	return 0;
}

static void
trim(struct seki_points *p)
{
	size_t i, from = 0;

	for (i = 0; i < p->n; i++)
		if (p->c[i] > 0x3000 || (p->c[i] > ' ' && p->c[i] < 0x7F))
			continue;
		else if (p->c[i] == '\t' || p->c[i] == '\n' ||
			 p->c[i] == '\r' || seki_norm_space(p->c[i]))
			p->c[i] = ' ';
	while (p->n > 0 && p->c[p->n - 1] == ' ')
		p->n--;
	while (from < p->n && p->c[from] == ' ')
		from++;
	p->n -= from;
	memmove(p->c, p->c + from, p->n * sizeof(p->c[0]));
}

int
seki_norm_points(const char *s, size_t n, int nfkc, struct seki_points *p,
    struct seki_err *err)
{
	int all = 1, r;
	size_t i = 0;
	uint32_t c;

	p->n = 0;
	while (i < n) {
		c = (unsigned char)s[i];
		if (c >= ' ' && c < 0x7F)
			i++;
		else {
			c = seki_text_get(s, n, &i);
			if (c >= 0xFF01 && c <= 0xFF5D)
				c -= 0xFEE0;
			if (seki_norm_drop(c))
				continue;
		}
		if (p->n == SEKI_POINTS)
			return SEKI_B_TOO_LONG;
		p->c[p->n++] = c;
		all = all && stable(c);
	}
	if (nfkc && !all && (r = icu(p, err)) != 0)
		return r;
	trim(p);
	return p->n == 0 ? SEKI_B_EMPTY : 0;
}

int
seki_norm_cleaned(const char *s, size_t n, int how, struct seki_points *p,
    struct seki_buf *scratch, struct seki_err *err)
{
	const size_t start = scratch->n;
	size_t i = start;
	int code = seki_norm_clean(s, n, how, scratch, err);

	p->n = 0;
	while (code == 0 && i < scratch->n) {
		if (p->n == SEKI_POINTS)
			code = SEKI_B_TOO_LONG;
		else if ((unsigned char)scratch->p[i] < 0x80)
			p->c[p->n++] = (unsigned char)scratch->p[i++];
		else
			p->c[p->n++] =
			    seki_text_get(scratch->p, scratch->n, &i);
	}
	scratch->n = start;
	return code;
}

int
seki_norm_put(
    struct seki_buf *out, const uint32_t *c, size_t n, struct seki_err *err)
{
	size_t i;

	if (seki_buf_room(out, 4 * n, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (c[i] < 0x80)
			out->p[out->n++] = (char)c[i];
		else
			out->n += seki_text_put(out->p + out->n, c[i]);
	out->p[out->n] = '\0';
	return 0;
}

/* All of it, without trimming: for keys that values are compared by. */
int
seki_norm_nfkc(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p = { .n = 0 };
	size_t i = 0;
	int code;

	while (i < n) {
		if (p.n == SEKI_POINTS)
			return SEKI_B_TOO_LONG;
		p.c[p.n++] = seki_text_get(s, n, &i);
	}
	if ((code = icu(&p, err)) != 0)
		return code;
	return seki_norm_put(out, p.c, p.n, err);
}

static uint32_t
upper(uint32_t c)
{
	return c >= 'a' && c <= 'z' ? c - 32 : c;
}

int
seki_norm_begins(const uint32_t *c, size_t n, const char *word, size_t *len)
{
	size_t i = 0, k = 0, w = strlen(word);

	while (k < w) {
		if (i == n || upper(c[i]) != upper(seki_text_get(word, w, &k)))
			return 0;
		i++;
	}
	*len = i;
	return 1;
}

int
seki_norm_ends(const uint32_t *c, size_t n, const char *word, size_t *len)
{
	size_t k = 0, w = strlen(word), chars = 0;

	while (k < w) {
		(void)seki_text_get(word, w, &k);
		chars++;
	}
	return chars <= n && seki_norm_begins(c + n - chars, chars, word, len);
}
