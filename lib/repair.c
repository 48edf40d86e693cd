#include <stdlib.h>
#include <string.h>

#include "repair.h"
#include "xlsx.h"

#define HEAD "seki-damage-1"

struct entry {
	char *key;
	size_t nkey;
	char *code;
};
struct seki_repair {
	struct entry *v;
	size_t n, room;
};

static int
cmp(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = seki_key_cmp(x->key, x->nkey, y->key, y->nkey);

	return c != 0 ? c : strcmp(x->code, y->code);
}

static int
add(struct seki_repair *r, const char *key, size_t nkey, const char *code,
    struct seki_err *err)
{
	struct entry *more, *e;

	if (r->n == r->room) {
		r->room = r->room == 0 ? 64 : r->room * 2;
		more = reallocarray(r->v, r->room, sizeof(*more));
		if (more == NULL)
			return seki_err_nomem(err);
		r->v = more;
	}
	e = &r->v[r->n];
	e->key = strndup(key, nkey);
	e->nkey = nkey;
	e->code = strdup(code);
	if (e->key == NULL || e->code == NULL) {
		free(e->key);
		free(e->code);
		return seki_err_nomem(err);
	}
	r->n++;
	return 0;
}

static int
bad(const char *path, uint64_t line, const char *what, struct seki_err *err)
{
	seki_err_line(err, line);
	seki_err_object(err, path);
	seki_err_hint(err, "%s",
	    _("seki-verify --damage FILE writes it, on the other side; a line "
	      "is a record's key, a tab and a field's code"));
	return seki_fail(err, SEKI_TEXT, "%s", what);
}

/* "seki-damage-1 STREAM SEQ" */
static int
head(const char *s, const char *path, const char *stream, uint64_t *seq,
    struct seki_err *err)
{
	const char *digits;
	char name[SEKI_STREAM_MAX + 1];
	size_t n, d;

	if (strncmp(s, HEAD "\t", sizeof(HEAD)) != 0)
		return bad(path, 1, _("not a damage list"), err);
	s += sizeof(HEAD);
	n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-");
	digits = s + n + 1;
	if (n == 0 || n > SEKI_STREAM_MAX || s[n] != '\t' ||
	    (d = strspn(digits, "0123456789")) == 0 || d > 16 ||
	    digits[d] != '\0' || digits[0] == '0')
		return bad(path, 1, _("not a damage list"), err);
	memcpy(name, s, n);
	name[n] = '\0';
	if (strcmp(name, stream) != 0) {
		seki_err_object(err, path);
		return seki_fail(err, SEKI_CONFIG,
		    _("the damage list is about stream %s, not %s"), name,
		    stream);
	}
	*seq = strtoull(digits, NULL, 10);
	return 0;
}

static int
entry(struct seki_repair *r, const char *s, size_t n, const char *path,
    uint64_t number, struct seki_err *err)
{
	const char *tab = memchr(s, '\t', n);

	if (tab == NULL || tab == s || (size_t)(tab - s) > SEKI_KEY_MAX ||
	    tab[1] == '\0' || strchr(tab + 1, '\t') != NULL)
		return bad(path, number, _("not a key and a field"), err);
	return add(r, s, (size_t)(tab - s), tab + 1, err);
}

static int
lines(struct seki_repair *r, struct seki_in *in, const char *path,
    const char *stream, uint64_t *seq, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	uint64_t number = 0;
	char *s;
	size_t n;
	int got;

	while ((got = seki_in_line(in, &s, &n, SEKI_RECORD_MAX, err)) == 1) {
		number++;
		seki_buf_reset(&b);
		if (n > 0 && s[n - 1] == '\r')
			n--;
		if (seki_buf_add(&b, s, n, err) == -1)
			got = -1;
		else if (b.n == 0 && number > 1)
			continue;
		else if (!seki_text_utf8(b.p, b.n, NULL) || strlen(b.p) != b.n)
			got = bad(path, number, _("not UTF-8"), err);
		else if (number == 1)
			got = head(b.p, path, stream, seq, err);
		else
			got = entry(r, b.p, b.n, path, number, err);
		if (got == -1)
			break;
	}
	seki_buf_free(&b);
	if (got == 0 && number == 0)
		got = bad(path, 1, _("not a damage list"), err);
	return got;
}

struct seki_repair *
seki_repair_open(
    const char *path, const char *stream, uint64_t *seq, struct seki_err *err)
{
	struct seki_repair *r = calloc(1, sizeof(*r));
	struct seki_in *in;
	int got = -1;

	if (r == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	if ((in = seki_in_file(path, SEKI_DAMAGE_MAX, err)) != NULL)
		got = lines(r, in, path, stream, seq, err);
	seki_in_free(in);
	if (got == -1) {
		seki_repair_free(r);
		return NULL;
	}
	if (r->n > 0)
		qsort(r->v, r->n, sizeof(*r->v), cmp);
	return r;
}

int
seki_repair_has(
    const struct seki_repair *r, const char *key, size_t nkey, const char *code)
{
	union {
		const char *from;
		char *p;
	} k = { key }, c = { code }, any = { "*" };
	struct entry want = { k.p, nkey, c.p }, all = { k.p, nkey, any.p };

	if (r == NULL || r->n == 0)
		return 0;
	return bsearch(&want, r->v, r->n, sizeof(*r->v), cmp) != NULL ||
	       bsearch(&all, r->v, r->n, sizeof(*r->v), cmp) != NULL;
}

size_t
seki_repair_count(const struct seki_repair *r)
{
	return r->n;
}

void
seki_repair_free(struct seki_repair *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++) {
		free(r->v[i].key);
		free(r->v[i].code);
	}
	free(r->v);
	free(r);
}

/* Some make a number of a text that is one in their language, and the next
 * program has but 15 digits for it, and no number that is none. */
static int
number_like(const char *s, size_t n)
{
	size_t i = n > 0 && s[0] == '-', digits = 0, points = 0;

	if ((n == 3 && memcmp(s, "NaN", 3) == 0) ||
	    (n - i == 8 && memcmp(s + i, "Infinity", 8) == 0))
		return 1;
	for (; i < n; i++) {
		if (s[i] == '.')
			points++;
		else if (s[i] < '0' || s[i] > '9')
			return 0;
		else
			digits += digits > 0 || s[i] != '0';
	}
	return digits > 15 && points < 2;
}

int
seki_repair_wants(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0xF0)
			return 1;
	return number_like(s, n) ? 2 : 0;
}

int
seki_repair_spell(
    struct seki_buf *b, const char *s, size_t n, int all, struct seki_err *err)
{
	size_t i = 0, at, from = 0;
	uint32_t c;

	while (i < n) {
		at = i;
		c = seki_text_get(s, n, &i);
		if (c <= 0xFFFF && (!all || (c <= 0x7F && at > 0)))
			continue;
		if (seki_cell_escape(b, s + from, at - from, err) == -1 ||
		    seki_buf_fmt(b, err, "␛{%X}", (unsigned)c) == -1)
			return -1;
		from = i;
	}
	return seki_cell_escape(b, s + from, n - from, err);
}

size_t
seki_repair_cut(const char *s, size_t n, int all)
{
	size_t i = 0, at, units = all ? 8 : 0;
	uint32_t c;

	while (i < n) {
		at = i;
		c = seki_text_get(s, n, &i);
		/* The longest escape is ␛{10FFFF}; white space and controls
		 * may need one too. */
		units += c > 0xFFFF || (all && c > 0x7F) || c <= 0x20 ||
				 c == '_' || (c >= 0x7F && c <= 0xA0) ||
				 c >= 0x1680
			     ? 9
			     : 1;
		if (units > SEKI_CELL_MAX)
			return at;
	}
	return n;
}
