#include "charset.h"
#include "norm_int.h"

/* Gates: can the other system hold every character?  A value that passes is
 * the same to the byte. */
static int
gate(enum seki_charset set, const char *s, size_t n, struct seki_buf *out,
    struct seki_err *err)
{
	struct seki_charset_found f;
	size_t at = 0;

	if (seki_charset_open(set, err) == -1)
		return -1;
	while (seki_charset_next(set, s, n, &at, &f))
		if (f.lost)
			return SEKI_B_CHARSET;
	return seki_buf_add(out, s, n, err);
}

enum seki_charset
seki_norm_set(const struct seki_norm_kind *kind)
{
	return kind->fn == seki_norm_jisx0208	? SEKI_JISX0208
	       : kind->fn == seki_norm_jisx0213 ? SEKI_JISX0213
						: SEKI_CP932;
}

/* How many characters a reason names. */
#define NAMED 32

int
seki_norm_lost(const struct seki_norm_kind *kind, const char *s, size_t n,
    struct seki_buf *b, struct seki_err *err)
{
	const enum seki_charset set = seki_norm_set(kind);
	struct seki_charset_found f;
	char token[SEKI_CHARSET_TOKEN], name[SEKI_CHARSET_NAME];
	uint32_t named[NAMED];
	size_t at = 0, k = 0, i;

	if ((kind->how & SEKI_KIND_GATE) == 0)
		return 0;
	while (k < NAMED && seki_charset_next(set, s, n, &at, &f)) {
		for (i = 0; i < k && named[i] != f.c;)
			i++;
		if (!f.lost || i < k ||
		    (f.as == SEKI_CHARSET_FOLD &&
			(kind->how & SEKI_KIND_LENIENT) != 0))
			continue;
		named[k++] = f.c;
		seki_charset_token(&f, token);
		seki_charset_name(f.c, name);
		if (seki_buf_fmt(b, err, "%s\"%s %s\"",
			k == 1 ? ",\"characters\":[" : ",", token, name) == -1)
			return -1;
	}
	return k == 0 ? 0 : seki_buf_byte(b, ']', err);
}

int
seki_norm_cp932(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return gate(SEKI_CP932, s, n, out, err);
}

int
seki_norm_jisx0208(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return gate(SEKI_JISX0208, s, n, out, err);
}

int
seki_norm_jisx0213(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return gate(SEKI_JISX0213, s, n, out, err);
}

/* The same, with the code points that CP932 has for the same characters. */
int
seki_norm_cp932_fold(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	const size_t start = out->n;
	struct seki_charset_found f;
	size_t at = 0, from = 0;

	if (seki_charset_open(SEKI_CP932, err) == -1)
		return -1;
	while (seki_charset_next(SEKI_CP932, s, n, &at, &f)) {
		if (!f.lost)
			continue;
		if (f.as != SEKI_CHARSET_FOLD) {
			out->n = start;
			return SEKI_B_CHARSET;
		}
		if (seki_buf_add(out, s + from, f.at - from, err) == -1 ||
		    seki_norm_put(out, &f.fold, 1, err) == -1)
			return -1;
		from = at;
	}
	return seki_buf_add(out, s + from, n - from, err);
}
