#include "norm_int.h"

/*
 * Addresses as GIF DS-442 writes them: digits joined by hyphens.  Numerals in
 * the names of places (三番町, 麻布十番, 六本木) are never touched: what is
 * rewritten stands between the words below (municipal rules 6.6).
 */
#define CHO 0x4E01
#define ME 0x76EE
#define BAN 0x756A
#define CHI 0x5730
#define GO 0x53F7
#define NO 0x306E
#define JO 0x6761

static int
digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static int
numeral(uint32_t c)
{
	return c >= 0x3007 &&
	       (seki_norm_digit(c) >= 0 || seki_norm_small(c) > 0);
}

static uint32_t
at(const struct seki_points *p, size_t i)
{
	return i < p->n ? p->c[i] : 0;
}

static int
one_of(uint32_t c, const char *set)
{
	size_t i = 0, n = strlen(set);

	while (i < n)
		if (seki_text_get(set, n, &i) == c)
			return 1;
	return 0;
}

/* 号 at i that counts houses, not a building, room, ridge, line or car. */
static int
house(const struct seki_points *p, size_t i)
{
	return at(p, i) == GO && !one_of(at(p, i + 1), "館棟室線車") &&
	       !digit(at(p, i + 1));
}

static int
chome(const struct seki_points *p, size_t i)
{
	return at(p, i) == CHO && at(p, i + 1) == ME;
}

/* Behind 番, 番地, 番地の, 番の at i. */
static size_t
behind_ban(const struct seki_points *p, size_t i)
{
	i++;
	i += at(p, i) == CHI ? 1U : 0;
	i += at(p, i) == NO ? 1U : 0;
	return i;
}

/* N番M号 with the 番 at i. */
static int
ban_go(const struct seki_points *p, size_t i)
{
	size_t k = behind_ban(p, i), from = k;

	while (digit(at(p, k)) || numeral(at(p, k)))
		k++;
	return k > from && house(p, k);
}

/* The same, seen from M at i. */
static int
after_ban(const struct seki_points *p, size_t i)
{
	i -= i > 0 && p->c[i - 1] == NO ? 1U : 0;
	i -= i > 0 && p->c[i - 1] == CHI ? 1U : 0;
	return i > 1 && p->c[i - 1] == BAN &&
	       (digit(p->c[i - 2]) || numeral(p->c[i - 2]));
}

/* Is the kanji numeral from i to k a number, and no part of a name? */
static int
counts(const struct seki_points *p, size_t i, size_t k)
{
	if (chome(p, k) || (at(p, k) == BAN && at(p, k + 1) == CHI))
		return 1;
	if (at(p, k) == JO)
		return i > 0 && one_of(p->c[i - 1], "北南東西");
	if (at(p, k) == BAN)
		return ban_go(p, k) || (i > 1 && chome(p, i - 2) &&
					   !one_of(at(p, k + 1), "町丁"));
	if (k == p->n || p->c[k] == ' ')
		return i > 0 && (p->c[i - 1] == CHI || p->c[i - 1] == NO) &&
		       after_ban(p, i);
	return house(p, k) && after_ban(p, i);
}

/* 1 when something changed. */
static int
numerals(struct seki_points *p)
{
	char text[8];
	size_t i = 0, k, len;
	int changed = 0, value;

	for (; i<p->n; i = k> i ? k : i + 1) {
		for (k = i; numeral(at(p, k)); k++)
			;
		if (k == i || !counts(p, i, k) ||
		    (value = seki_norm_count(p->c + i, k - i)) <= 0)
			continue;
		len = (size_t)snprintf(text, sizeof(text), "%d", value);
		if (p->n - (k - i) + len > SEKI_POINTS)
			return changed;
		memmove(p->c + i + len, p->c + k, (p->n - k) * sizeof(p->c[0]));
		p->n = p->n - (k - i) + len;
		k = i + len;
		while (len-- > 0)
			p->c[i + len] = (unsigned char)text[len];
		changed = 1;
	}
	return changed;
}

static void
cut(struct seki_points *p, size_t from, size_t to)
{
	memmove(p->c + from, p->c + to, (p->n - to) * sizeof(p->c[0]));
	p->n -= to - from;
}

/* Hyphens, with spaces around them, and の between digits. */
static int
hyphens(struct seki_points *p)
{
	size_t i, from, to;
	int changed = 0;

	for (i = 1; i + 1 < p->n; i++) {
		if (!seki_norm_hyphen(p->c[i]) && p->c[i] != NO)
			continue;
		from = i;
		to = i + 1;
		if (p->c[i] != NO) {
			from -= p->c[i - 1] == ' ' ? 1U : 0;
			to += at(p, to) == ' ' ? 1U : 0;
		}
		if (from == 0 || !digit(p->c[from - 1]) || !digit(at(p, to)))
			continue;
		changed = changed || p->c[from] != '-' || to - from > 1;
		p->c[from] = '-';
		cut(p, from + 1, to);
		i = from;
	}
	return changed;
}

/* What 番 or 番地 at i becomes: the end of what goes, and what comes; 0 when it
 * stays. */
static size_t
lot(const struct seki_points *p, size_t i, uint32_t *to)
{
	size_t k = i + 1, no;
	int chi = at(p, k) == CHI;

	k += chi ? 1U : 0;
	if (one_of(at(p, k), "町丁外先"))
		return 0;
	no = k + (at(p, k) == NO ? 1U : 0);
	*to = '-';
	if (digit(at(p, no)))
		return no;
	if (no > k)
		return 0;
	*to = 0;
	if (k == p->n || p->c[k] == ' ')
		return k;
	*to = ' ';
	return chi ? k : 0;
}

/* The words behind digits. */
static int
words(struct seki_points *p)
{
	size_t i, end;
	uint32_t to;
	int changed = 0;

	for (i = 1; i < p->n; i++) {
		if (!digit(p->c[i - 1]))
			continue;
		end = 0;
		to = 0;
		if (chome(p, i) && digit(at(p, i + 2))) {
			end = i + 2;
			to = '-';
		} else if (p->c[i] == BAN)
			end = lot(p, i, &to);
		if (end == 0)
			continue;
		p->c[i] = to;
		cut(p, i + (to != 0 ? 1U : 0), end);
		changed = 1;
	}
	return changed;
}

/* -M号 */
static int
houses(struct seki_points *p)
{
	size_t i, k;
	int changed = 0;

	for (i = 0; i < p->n; i++) {
		if (p->c[i] != '-')
			continue;
		for (k = i + 1; digit(at(p, k)); k++)
			;
		if (k == i + 1 || !house(p, k))
			continue;
		cut(p, k, k + 1);
		changed = 1;
	}
	return changed;
}

int
seki_norm_address(
    const char *s, size_t n, struct seki_buf *out, struct seki_err *err)
{
	struct seki_points p SEKI_UNSET;
	int again = 1;
	int code = seki_norm_cleaned(s, n,
	    SEKI_CLEAN_WS1 | SEKI_CLEAN_ASCII | SEKI_CLEAN_RADICAL, &p, out,
	    err);

	if (code != 0)
		return code;
	/* What a step makes may be what another one looks for; each shortens
	 * the text, or has one kanji numeral or hyphen less before it. */
	while (again) {
		again = numerals(&p);
		again = hyphens(&p) || again;
		again = words(&p) || again;
		again = houses(&p) || again;
	}
	return seki_norm_put(out, p.c, p.n, err);
}
