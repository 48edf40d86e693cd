#include <string.h>

#include "seki_int.h"

/* How two forms differ, for people: what went away and what came, by codes.
 * Where a field stands in the form is not looked at. */
#define NAMED 10 /* of each kind; the others are counted */

struct list {
	struct seki_buf b;
	size_t n;
};

static const struct seki_field *
find(const struct seki_field *f, size_t n, const char *code)
{
	for (; n > 0; n--, f++)
		if (strcmp(f->code, code) == 0)
			return f;
	return NULL;
}

static int
add(struct list *l, const char *table, const char *code, struct seki_err *err)
{
	if (l->n++ >= NAMED)
		return 0;
	return seki_buf_fmt(&l->b, err, "%s%s%s%s", l->n > 1 ? ", " : "", table,
	    table[0] != '\0' ? "." : "", code);
}

/* What of the fields a is not among b; of a table only itself. */
static int
missing(const struct seki_field *a, size_t na, const struct seki_field *b,
    size_t nb, const char *table, struct list *l, struct seki_err *err)
{
	const struct seki_field *f;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < na; i++) {
		if ((f = find(b, nb, a[i].code)) == NULL)
			r = add(l, table, a[i].code, err);
		else if (f->nsub > 0)
			r = missing(a[i].sub, a[i].nsub, f->sub, f->nsub,
			    a[i].code, l, err);
	}
	return r;
}

static const char *
format(const struct seki_field *f)
{
	return f->type == SEKI_T_CALC ? seki_calc_word(f->calc) : "";
}

static int
retyped(const struct seki_field *a, size_t na, const struct seki_field *b,
    size_t nb, const char *table, struct list *l, struct seki_err *err)
{
	const struct seki_field *f;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < na; i++) {
		if ((f = find(b, nb, a[i].code)) == NULL)
			continue;
		if (f->type == a[i].type && f->calc == a[i].calc) {
			r = retyped(a[i].sub, a[i].nsub, f->sub, f->nsub,
			    a[i].code, l, err);
			continue;
		}
		if ((r = add(l, table, f->code, err)) == 0 && l->n <= NAMED)
			r = seki_buf_fmt(&l->b, err,
			    _(" (type %s%s%s where %s%s%s was)"),
			    seki_type_word(f->type), *format(f) ? ":" : "",
			    format(f), seki_type_word(a[i].type),
			    *format(&a[i]) ? ":" : "", format(&a[i]));
	}
	return r;
}

static int
say(struct seki_buf *b, const char *word, const struct list *l,
    struct seki_err *err)
{
	if (l->n == 0)
		return 0;
	if (seki_buf_fmt(
		b, err, "%s%s %s", b->n > 0 ? "; " : "", word, l->b.p) == -1)
		return -1;
	return l->n <= NAMED
		   ? 0
		   : seki_buf_fmt(b, err, _(" and %zu more"), l->n - NAMED);
}

int
seki_schema_differs(const struct seki_schema *a, const struct seki_schema *b,
    struct seki_err *err)
{
	struct list gone = { .n = 0 }, come = { .n = 0 }, other = { .n = 0 };
	struct seki_buf text = SEKI_BUF_INIT;
	int r = 1;

	if (strcmp(a->key, b->key) != 0)
		(void)seki_fail(
		    err, SEKI_SCHEMA, _("key %s where %s was"), b->key, a->key);
	else if (missing(a->field, a->n, b->field, b->n, "", &gone, err) == 0 &&
		 missing(b->field, b->n, a->field, a->n, "", &come, err) == 0 &&
		 retyped(a->field, a->n, b->field, b->n, "", &other, err) ==
		     0 &&
		 say(&text, _("gone:"), &gone, err) == 0 &&
		 say(&text, _("new:"), &come, err) == 0 &&
		 say(&text, _("changed:"), &other, err) == 0) {
		r = text.n > 0;
		if (r == 1)
			(void)seki_fail(err, SEKI_SCHEMA,
			    _("the form is not the stored one, and nobody "
			      "accepted another: %s"),
			    text.p);
	}
	seki_buf_free(&gone.b);
	seki_buf_free(&come.b);
	seki_buf_free(&other.b);
	seki_buf_free(&text);
	return r;
}
