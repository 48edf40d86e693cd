#include <stdlib.h>
#include <string.h>

#include <unicode/ucnv.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "characters.h"

/* What could stand for a character that a gate's set does not have. */
struct list {
	const struct seki_norm_kind *gate;
	struct seki_buf *b;
	size_t start;
	int n;
};

/* Each once, and only what passes the gate: another one would be refused when
 * the filled-in table is read. */
static int
put(struct list *l, const char *s, size_t n, struct seki_err *err)
{
	const char *p = l->b->p + l->start, *bar;
	size_t len;

	if (n == 0 || !seki_lost_none(l->gate, s, n))
		return 0;
	for (; l->n > 0 && p != NULL; p = bar == NULL ? NULL : bar + 1) {
		bar = strchr(p, '|');
		len = bar == NULL ? strlen(p) : (size_t)(bar - p);
		if (len == n && memcmp(p, s, n) == 0)
			return 0;
	}
	if (l->n++ > 0 && seki_buf_byte(l->b, '|', err) == -1)
		return -1;
	return seki_buf_add(l->b, s, n, err);
}

static int
put_point(struct list *l, uint32_t c, struct seki_err *err)
{
	char s[8];

	return c == 0 ? 0 : put(l, s, seki_text_put(s, c), err);
}

/* The whole in NFC: か and U+3099 are が, U+FA12 is 晴. */
static int
composed(struct list *l, const char *s, size_t n, struct seki_err *err)
{
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&e);
	UChar from[SEKI_LOST_BYTES], to[4 * SEKI_LOST_BYTES];
	char text[4 * SEKI_LOST_BYTES];
	int32_t len;

	u_strFromUTF8(from, SEKI_LOST_BYTES, &len, s, (int32_t)n, &e);
	len = unorm2_normalize(nfc, from, len, to, 4 * SEKI_LOST_BYTES, &e);
	u_strToUTF8(text, sizeof(text), &len, to, len, &e);
	if (U_FAILURE(e) || ((size_t)len == n && memcmp(text, s, n) == 0))
		return 0;
	return put(l, text, (size_t)len, err);
}

/* 39 printed forms have a cousin in CP932, such as 剥 of 剝, which ICU writes
 * when it is allowed to (municipal rules 5.3). */
static int
cousin(struct list *l, uint32_t c, struct seki_err *err)
{
	UErrorCode e = U_ZERO_ERROR;
	UConverter *icu;
	UChar from[2], to[2];
	char code[8];
	int32_t n = 0;

	if (c > 0xFFFF || c < 0x80)
		return 0;
	icu = ucnv_open("windows-31j", &e);
	ucnv_setFromUCallBack(
	    icu, UCNV_FROM_U_CALLBACK_STOP, NULL, NULL, NULL, &e);
	if (U_SUCCESS(e)) {
		ucnv_setFallback(icu, 1);
		from[0] = (UChar)c;
		n = ucnv_fromUChars(icu, code, sizeof(code), from, 1, &e);
		/* One byte would be a backslash for a yen sign; none, a
		 * character that was dropped. */
		if (U_SUCCESS(e) && n == 2)
			n = ucnv_toUChars(icu, to, 2, code, n, &e);
		else
			n = 0;
	}
	ucnv_close(icu);
	return U_SUCCESS(e) && n == 1 ? put_point(l, to[0], err) : 0;
}

static int
from_tables(struct list *l, const struct seki_charset_tables *t, uint32_t c,
    struct seki_err *err)
{
	const struct seki_gaiji_char *own =
	    t->gaiji == NULL ? NULL : seki_gaiji_find(t->gaiji, c);
	const struct seki_fold_to *to;
	size_t n = t->fold == NULL ? 0 : seki_fold_find(t->fold, c, &to), i;

	if (own != NULL && put(l, own->text, strlen(own->text), err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (put_point(l, to[i].to, err) == -1)
			return -1;
	return 0;
}

int
seki_candidates(const struct seki_charset_tables *t,
    const struct seki_norm_kind *gate, const char *s, size_t n,
    const struct seki_charset_found *why, struct seki_buf *b,
    struct seki_err *err)
{
	struct list l = { .gate = gate, .b = b, .start = b->n };
	size_t base = 0;
	uint32_t c = seki_text_get(s, n, &base);

	if (seki_buf_str(b, "", err) == -1 ||
	    from_tables(&l, t, c, err) == -1 ||
	    put_point(&l, why->fold, err) == -1 ||
	    composed(&l, s, n, err) == -1 ||
	    (base < n && put(&l, s, base, err) == -1) ||
	    cousin(&l, c, err) == -1)
		return -1;
	return l.n;
}
