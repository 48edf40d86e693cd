#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/* U+241B, which opens every escape of ours: ␛{HEX}. */
#define ESC "\xE2\x90\x9B"

int
seki_key_cmp(const char *a, size_t na, const char *b, size_t nb)
{
	if (na != nb)
		return na < nb ? -1 : 1;
	return memcmp(a, b, na);
}

static int
digits(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return 0;
	return n > 0;
}

static int
two(const char *s)
{
	return (s[0] - '0') * 10 + (s[1] - '0');
}

static int
date_ok(const char *s, size_t n)
{
	return n == 10 && digits(s, 4) && s[4] == '-' && digits(s + 5, 2) &&
	       s[7] == '-' && digits(s + 8, 2) &&
	       seki_time_day_ok(
		   two(s) * 100 + two(s + 2), two(s + 5), two(s + 8));
}

static int
time_ok(const char *s, size_t n)
{
	if ((n != 5 && n != 8) || !digits(s, 2) || s[2] != ':' ||
	    !digits(s + 3, 2) || two(s) > 23 || two(s + 3) > 59)
		return 0;
	return n == 5 || (s[5] == ':' && digits(s + 6, 2) && two(s + 6) < 60);
}

static int
duration_ok(const char *s, size_t n)
{
	if (n > 0 && s[0] == '-') {
		s++;
		n--;
	}
	return n >= 4 && n <= 20 && digits(s, n - 3) && s[n - 3] == ':' &&
	       digits(s + n - 2, 2) && two(s + n - 2) < 60;
}

/* As memmem, whose setting-up costs more than most texts are long. */
static const char *
find_escape(const char *s, size_t n)
{
	const char *end = s + n, *e = s;

	while (n >= 3 && (e = memchr(e, (unsigned char)ESC[0],
			      (size_t)(end - e))) != NULL) {
		if (end - e < 3)
			break;
		if (memcmp(e, ESC, 3) == 0)
			return e;
		e++;
	}
	return NULL;
}

/* The code point of the escape at s (behind ESC), its length in *len; an
 * empty one is 0.  -1 when it is none of ours. */
static long
escape(const char *s, size_t n, size_t *len)
{
	long c = 0;
	size_t i;

	if (n < 2 || s[0] != '{')
		return -1;
	for (i = 1; i < n && i < 8 && s[i] != '}'; i++) {
		if (s[i] >= '0' && s[i] <= '9')
			c = c * 16 + (s[i] - '0');
		else if (s[i] >= 'A' && s[i] <= 'F')
			c = c * 16 + (s[i] - 'A' + 10);
		else
			return -1;
	}
	if (i == n || s[i] != '}' || c > 0x10FFFF ||
	    (c >= 0xD800 && c <= 0xDFFF) || (i > 1 && s[1] == '0'))
		return -1;
	*len = i + 1;
	return c;
}

/* One item of a list text, taken apart but not unescaped. */
struct raw {
	const char *name, *code, *size, *sha256, *type;
	size_t nname, ncode, nsize, nsha256, ntype;
};

static int
hex_ok(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (memchr("0123456789abcdef", s[i], 16) == NULL)
			return 0;
	return n == 2 * SEKI_SHA256;
}

/* "size sha256 type" between the angle brackets. */
static int
split_file(const char *s, size_t n, struct raw *r)
{
	const char *sp = memchr(s, ' ', n), *sp2;
	size_t left;

	if (sp == NULL || !digits(s, (size_t)(sp - s)))
		return -1;
	r->size = s;
	r->nsize = (size_t)(sp - s);
	left = n - r->nsize - 1;
	sp2 = memchr(sp + 1, ' ', left);
	r->sha256 = sp + 1;
	r->nsha256 = sp2 == NULL ? left : (size_t)(sp2 - sp - 1);
	if (sp2 != NULL) {
		r->type = sp2 + 1;
		r->ntype = left - r->nsha256 - 1;
		if (r->ntype == 0)
			return -1;
	}
	if (r->nsha256 == 1 && r->sha256[0] == '-')
		return 0;
	return hex_ok(r->sha256, r->nsha256) ? 0 : -1;
}

/* The item at *at: 1, 0 after the last, -1 when it is none. */
static int
split(enum seki_shape shape, const char *text, size_t len, size_t *at,
    struct raw *r)
{
	const char *s = text + *at, *lf, *open;
	size_t n;

	memset(r, 0, sizeof(*r));
	if (*at > len || len == 0)
		return 0;
	lf = memchr(s, '\n', len - *at);
	n = lf == NULL ? len - *at : (size_t)(lf - s);
	*at += n + 1;
	r->name = s;
	r->nname = n;
	if (shape == SEKI_S_CHOICES || n == 0)
		return n == 0 ? -1 : 1;
	open = memrchr(s, '<', n);
	if (open == NULL || open == s || open[-1] != ' ' || s[n - 1] != '>')
		return -1;
	r->nname = (size_t)(open - s) - 1;
	n -= (size_t)(open + 1 - s) + 1;
	if (shape == SEKI_S_FILES)
		return split_file(open + 1, n, r) == 0 ? 1 : -1;
	r->code = open + 1;
	r->ncode = n;
	return 1;
}

static int
escapes_ok(const char *s, size_t n)
{
	const char *e, *end = n > 0 ? s + n : s;
	size_t len;

	while (n > 0 && (e = find_escape(s, (size_t)(end - s))) != NULL) {
		s = e + 3;
		if (escape(s, (size_t)(end - s), &len) == -1)
			return 0;
		s += len;
	}
	return 1;
}

static int
list_ok(enum seki_shape shape, const char *s, size_t n)
{
	struct raw r;
	size_t at = 0;
	int more;

	while ((more = split(shape, s, n, &at, &r)) == 1)
		if (!escapes_ok(r.name, r.nname) ||
		    !escapes_ok(r.code, r.ncode) ||
		    !escapes_ok(r.type, r.ntype))
			return 0;
	return more == 0;
}

const char *
seki_value_check(enum seki_shape shape, const char *s, size_t n)
{
	seki_time t;

	switch (shape) {
	case SEKI_S_NUMBER:
		return seki_num_ok(s, n) ? NULL : N_("not a plain decimal");
	case SEKI_S_DATE:
		return date_ok(s, n) ? NULL : N_("not a date YYYY-MM-DD");
	case SEKI_S_TIME:
		return time_ok(s, n) ? NULL : N_("not a time hh:mm");
	case SEKI_S_DATETIME:
		return seki_time_parse(s, n, &t) == 0
			   ? NULL
			   : N_("not an instant YYYY-MM-DDThh:mm:ssZ");
	case SEKI_S_DURATION:
		return duration_ok(s, n) ? NULL : N_("not a duration hh:mm");
	case SEKI_S_CHOICES:
	case SEKI_S_USERS:
	case SEKI_S_FILES:
		return list_ok(shape, s, n) ? NULL
					    : N_("not a list of its kind");
	case SEKI_S_TEXT:
	case SEKI_S_TABLE:
	default:
		return NULL;
	}
}

/* Append s with its escapes undone. */
static int
unescape(struct seki_buf *b, const char *s, size_t n, struct seki_err *err)
{
	size_t i = 0, len;
	char u[4];
	long c;

	while (i < n) {
		const char *e = find_escape(s + i, n - i);
		size_t plain = e == NULL ? n - i : (size_t)(e - s) - i;

		if (seki_buf_add(b, s + i, plain, err) == -1)
			return -1;
		if (e == NULL)
			return 0;
		i += plain + 3;
		if ((c = escape(s + i, n - i, &len)) == -1)
			return seki_fail(err, SEKI_RECORD, "%s",
			    _("an unknown escape in a list"));
		i += len;
		if (c != 0 && seki_buf_add(b, u, seki_text_put(u, (uint32_t)c),
				  err) == -1)
			return -1;
	}
	return 0;
}

static int
bad_item(struct seki_err *err)
{
	return seki_fail(
	    err, SEKI_RECORD, "%s", _("a list holds an item of another form"));
}

/* Offsets first, pointers when buf has stopped moving. */
static int
take(struct seki_buf *b, const char *s, size_t n, size_t *at, size_t *len,
    struct seki_err *err)
{
	*at = b->n;
	if (unescape(b, s, n, err) == -1)
		return -1;
	*len = b->n - *at;
	return seki_buf_byte(b, '\0', err);
}

int
seki_item_next(enum seki_shape shape, const struct seki_value *v, size_t *at,
    struct seki_buf *b, struct seki_item *item, struct seki_err *err)
{
	struct raw r;
	size_t name, code = 0, size = 0, sha = 0, type = 0;
	int more = v->set ? split(shape, v->p, v->n, at, &r) : 0;

	memset(item, 0, sizeof(*item));
	if (more == -1)
		return bad_item(err);
	if (more == 0)
		return 0;
	seki_buf_reset(b);
	if (take(b, r.name, r.nname, &name, &item->n, err) == -1 ||
	    take(b, r.code, r.ncode, &code, &item->ncode, err) == -1 ||
	    take(b, r.size, r.nsize, &size, &item->nsize, err) == -1 ||
	    take(b, r.sha256, r.nsha256, &sha, &item->nsha256, err) == -1 ||
	    take(b, r.type, r.ntype, &type, &item->ntype, err) == -1)
		return -1;
	item->p = b->p + name;
	item->code = r.code == NULL ? NULL : b->p + code;
	item->size = r.size == NULL ? NULL : b->p + size;
	item->sha256 = r.sha256 == NULL ? NULL : b->p + sha;
	item->type = r.type == NULL ? NULL : b->p + type;
	return 1;
}

/* also: one more ASCII character to escape beside LF, CR and ESC; or 0. */
static int
add(struct seki_buf *b, const char *s, size_t n, const char *also,
    struct seki_err *err)
{
	size_t i, from = 0;
	int esc;

	for (i = 0; i < n; i++) {
		/* Past all that is escaped, and no ESC begins here. */
		if ((unsigned char)s[i] > '<' && s[i] != ESC[0])
			continue;
		esc = n - i >= 3 && memcmp(s + i, ESC, 3) == 0;
		if (!esc && s[i] != '\n' && s[i] != '\r' &&
		    (s[i] == '\0' || strchr(also, s[i]) == NULL))
			continue;
		if (seki_buf_add(b, s + from, i - from, err) == -1 ||
		    seki_buf_fmt(b, err, ESC "{%X}",
			esc ? 0x241BU : (unsigned)s[i]) == -1)
			return -1;
		if (esc)
			i += 2;
		from = i + 1;
	}
	return seki_buf_add(b, s + from, n - from, err);
}

int
seki_item_add(enum seki_shape shape, struct seki_buf *b,
    const struct seki_item *item, struct seki_err *err)
{
	if (b->n > 0 && seki_buf_byte(b, '\n', err) == -1)
		return -1;
	if (shape == SEKI_S_CHOICES && item->n == 0)
		return seki_buf_str(b, ESC "{}", err);
	if (add(b, item->p, item->n, "", err) == -1)
		return -1;
	if (shape == SEKI_S_CHOICES)
		return 0;
	if (seki_buf_str(b, " <", err) == -1)
		return -1;
	if (shape == SEKI_S_USERS) {
		if (add(b, item->code, item->ncode, "<", err) == -1)
			return -1;
	} else if (seki_buf_add(b, item->size, item->nsize, err) == -1 ||
		   seki_buf_byte(b, ' ', err) == -1 ||
		   (item->sha256 == NULL ? seki_buf_byte(b, '-', err)
					 : seki_buf_add(b, item->sha256,
					       item->nsha256, err)) == -1)
		return -1;
	else if (item->type != NULL && item->ntype > 0 &&
		 (seki_buf_byte(b, ' ', err) == -1 ||
		     add(b, item->type, item->ntype, "< ", err) == -1))
		return -1;
	return seki_buf_byte(b, '>', err);
}
