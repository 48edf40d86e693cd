#include "json_int.h"
#include "norm_int.h"

/*
 * Text cleaning.  Most values need none of it: the first pass only looks for
 * what could.
 */
struct clean {
	struct seki_buf *out;
	int how;
	size_t start;  /* of what we append */
	size_t end;    /* behind the last character that is no space */
	size_t at;     /* of the last character */
	uint32_t last; /* the last character; 0: none, or a space */
	int gap;       /* WS1: a space is due */
};

/* 1 when the three bytes of a character at s could need work. */
static int
three(const unsigned char *s, int how)
{
	if (s[0] == 0xE3)
		return (s[1] == 0x82 && (s[2] == 0x99 || s[2] == 0x9A)) ||
		       (s[1] == 0x80 && s[2] == 0x80 &&
			   (how & SEKI_CLEAN_WS1) != 0);
	if (s[0] == 0xE2)
		return s[1] <= 0x81 || s[1] >= 0xBA;
	if (s[0] != 0xEF)
		return 0;
	if (s[1] == 0xBC || (s[1] == 0xBD && s[2] < 0xA1))
		return (how & SEKI_CLEAN_ASCII) != 0;
	return s[1] >= 0xBB; /* FEFF, half-width kana, FFFE */
}

/* Eight letters of ASCII, without a space between them. */
static int
eight_clean(const unsigned char *s)
{
	uint64_t w = seki_json_eight((const char *)s);

	return (seki_json_below(w, 0x21) | (w & SEKI_JSON_HIGH) |
		   seki_json_below(w ^ (SEKI_JSON_ONES * 0x7F), 1)) == 0;
}

static int
outer_space(const char *s, size_t n)
{
	size_t i = n;

	while (i > 0 && ((unsigned char)s[i - 1] & 0xC0) == 0x80)
		i--;
	return s[0] == ' ' || s[n - 1] == ' ' ||
	       (n >= 3 && (memcmp(s, "\xE3\x80\x80", 3) == 0 ||
			      memcmp(s + n - 3, "\xE3\x80\x80", 3) == 0));
}

static int
is_clean(const char *text, size_t n, int how)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + n;

	if (n == 0 || outer_space(text, n))
		return 0;
	while (s < end) {
		if (end - s >= 8 && eight_clean(s))
			s += 8;
		else if (*s < 0x80) {
			if (*s < 0x20 || *s == 0x7F ||
			    (*s == ' ' && s[1] == ' '))
				return 0;
			s++;
		} else if (*s < 0xE0) {
			if (*s == 0xC2)
				return 0;
			s += 2;
		} else if (*s < 0xF0) {
			if (three(s, how))
				return 0;
			s += 3;
		} else
			s += 4;
	}
	return 1;
}

static int
put(struct clean *k, uint32_t c, struct seki_err *err)
{
	if (seki_buf_room(k->out, 5, err) == -1)
		return -1;
	if (k->gap && k->end > k->start)
		k->out->p[k->out->n++] = ' ';
	k->gap = 0;
	k->at = k->out->n;
	k->out->n += seki_text_put(k->out->p + k->out->n, c);
	k->end = k->out->n;
	k->last = c;
	return 0;
}

/* Spaces wait: those at the end are never written, those in front neither. */
static int
space(struct clean *k, uint32_t c, struct seki_err *err)
{
	size_t end = k->end;

	k->last = 0;
	if ((k->how & SEKI_CLEAN_WS1) != 0) {
		k->gap = 1;
		return 0;
	}
	if (end == k->start)
		return 0;
	if (c != '\n' && c != '\t' && c != 0x3000)
		c = ' ';
	if (put(k, c, err) == -1)
		return -1;
	k->end = end;
	k->last = 0;
	return 0;
}

/* A voicing mark joins the kana before it.  Alone, a half-width one becomes the
 * spacing one, which joins nothing later; a combining one stays: with its kana
 * it is a letter of its own (か゚ of JIS X 0213). */
static int
mark(struct clean *k, uint32_t c, struct seki_err *err)
{
	uint32_t m = c == 0xFF9E ? 0x3099 : c == 0xFF9F ? 0x309A : c;
	uint32_t both = seki_norm_compose(k->last, m);

	if (both == 0)
		return put(k, c == m ? c : m + 2, err);
	k->out->n = k->at;
	return put(k, both, err);
}

static int
one(struct clean *k, uint32_t c, struct seki_err *err)
{
	if (seki_norm_drop(c))
		return 0;
	if (c == '\t' || c == '\n' || seki_norm_space(c))
		return space(k, c, err);
	if (c < 0x2E80)
		return put(k, c, err);
	if (c == 0x3099 || c == 0x309A || c == 0xFF9E || c == 0xFF9F)
		return mark(k, c, err);
	if (c >= 0xFF61 && c < 0xFF9E)
		c = seki_norm_kana(c);
	else if (c >= 0xFF01 && c <= 0xFF5D && (k->how & SEKI_CLEAN_ASCII) != 0)
		c -= 0xFEE0;
	else if (c <= 0x2FD5 && (k->how & SEKI_CLEAN_RADICAL) != 0)
		c = seki_norm_radical(c);
	return put(k, c, err);
}

int
seki_norm_clean(const char *s, size_t n, int how, struct seki_buf *out,
    struct seki_err *err)
{
	struct clean k = {
		.out = out, .how = how, .start = out->n, .end = out->n
	};
	uint32_t c;
	size_t i = 0;

	if (is_clean(s, n, how))
		return seki_buf_add(out, s, n, err);
	while (i < n) {
		c = seki_text_get(s, n, &i);
		if (c == '\r') {
			if (i < n && s[i] == '\n')
				continue;
			c = '\n';
		}
		if (one(&k, c, err) == -1)
			return -1;
	}
	out->n = k.end;
	if (out->p != NULL)
		out->p[out->n] = '\0';
	return out->n == k.start ? SEKI_B_EMPTY : 0;
}

int
seki_norm_text(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return seki_norm_clean(s, n, 0, out, err);
}

/* Never NFC or NFKC: both change names (municipal rules 5.4). */
int
seki_norm_name_kanji(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	return seki_norm_clean(s, n,
	    SEKI_CLEAN_WS1 | SEKI_CLEAN_ASCII | SEKI_CLEAN_RADICAL, out, err);
}

size_t
seki_norm_chars(const char *s, size_t n)
{
	size_t i = 0, count = 0;
	uint32_t c;

	while (i < n) {
		c = seki_text_get(s, n, &i);
		count += !((c >= 0xFE00 && c <= 0xFE0F) ||
			   (c >= 0xE0100 && c <= 0xE01EF));
	}
	return count;
}
