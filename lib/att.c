#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/* Where the digest stands, or is to stand. */
static size_t
find(const struct seki_atts *a, const unsigned char *sha256)
{
	size_t low = 0, high = a->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (memcmp(a->v[mid]->sha256, sha256, SEKI_SHA256) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int
insert(struct seki_atts *a, size_t at, const struct seki_att *new,
    struct seki_err *err)
{
	struct seki_att **more, *copy;

	if (a->n == SEKI_ENTRIES_MAX) {
		a->more = 1;
		return 0;
	}
	if (a->n == a->room) {
		size_t room = a->room ? 2 * a->room : 64;

		more = reallocarray(a->v, room, sizeof(*more));
		if (more == NULL)
			return seki_err_nomem(err);
		a->v = more;
		a->room = room;
	}
	if ((copy = malloc(sizeof(*copy))) == NULL)
		return seki_err_nomem(err);
	*copy = *new;
	memmove(&a->v[at + 1], &a->v[at], (a->n - at) * sizeof(*a->v));
	a->v[at] = copy;
	a->n++;
	return 0;
}

/* The end of a file's name when it is one that a gate knows by: a dot and up to
 * five letters or digits, in lower case. */
static void
extension(const struct seki_item *item, char out[8])
{
	const char *dot = memrchr(item->p, '.', item->n);
	size_t n = dot == NULL ? 0 : (size_t)(item->p + item->n - dot), i;

	out[0] = '\0';
	if (n < 2 || n > 6)
		return;
	for (i = 1; i < n; i++)
		if (!(dot[i] >= '0' && dot[i] <= '9') &&
		    !((dot[i] | 0x20) >= 'a' && (dot[i] | 0x20) <= 'z'))
			return;
	for (i = 0; i < n; i++)
		out[i] = (char)(dot[i] >= 'A' && dot[i] <= 'Z' ? dot[i] | 0x20
							       : dot[i]);
	out[n] = '\0';
}

void
seki_att_name(const struct seki_att *a, int relay, char out[SEKI_ATT_NAME])
{
	char hex[SEKI_HEX];

	seki_text_hex(a->sha256, SEKI_SHA256, hex);
	if (relay)
		(void)snprintf(out, SEKI_ATT_NAME, "%.32s%s", hex, a->ext);
	else
		(void)snprintf(out, SEKI_ATT_NAME, "att/%s", hex);
}

static int
one(void *atts, const struct seki_record *rec, const struct seki_field *f,
    const struct seki_item *item, struct seki_err *err)
{
	struct seki_atts *a = atts;
	struct seki_att new = { .size = 0 };
	size_t at;

	if (item->nsha256 != SEKI_HEX - 1) {
		a->unknown++;
		return 0;
	}
	(void)seki_text_unhex(item->sha256, new.sha256, SEKI_SHA256);
	new.size =
	    item->nsize < 19 ? strtoull(item->size, NULL, 10) : UINT64_MAX;
	(void)snprintf(new.record, sizeof(new.record), "%.*s",
	    seki_text_cut(
		rec->key.p, rec->key.n < 63 ? rec->key.n : (size_t)63),
	    rec->key.p);
	(void)snprintf(new.field, sizeof(new.field), "%.*s",
	    seki_text_cut(f->code, 199), f->code);
	extension(item, new.ext);
	at = find(a, new.sha256);
	if (at == a->n ||
	    memcmp(a->v[at]->sha256, new.sha256, SEKI_SHA256) != 0)
		return insert(a, at, &new, err);
	if (a->v[at]->size != new.size && a->clash.record[0] == '\0')
		a->clash = new;
	return 0;
}

static int
value(const struct seki_field *f, const struct seki_record *rec,
    const struct seki_value *v, const struct seki_att_walk *w,
    struct seki_err *err)
{
	struct seki_item item;
	size_t at = 0;
	int r;

	while ((r = seki_item_next(
		    SEKI_S_FILES, v, &at, w->text, &item, err)) == 1)
		if (w->file(w->ctx, rec, f, &item, err) == -1)
			return -1;
	return r;
}

int
seki_att_each(const struct seki_schema *s, const struct seki_record *rec,
    const struct seki_att_walk *w, struct seki_err *err)
{
	const struct seki_field *f;
	size_t i, k, n;

	if (rec->kind != SEKI_RECORD_ROW)
		return 0;
	for (i = 0; i < s->n; i++) {
		f = &s->field[i];
		if (f->type == SEKI_T_FILE &&
		    value(f, rec, &rec->v[i], w, err) == -1)
			return -1;
		for (k = 0; k < f->nsub; k++)
			for (n = 0; f->sub[k].type == SEKI_T_FILE &&
				    n < rec->v[i].nrow;
			     n++)
				if (value(&f->sub[k], rec,
					&rec->v[i].row[n].v[k], w, err) == -1)
					return -1;
	}
	return 0;
}

int
seki_atts_add(struct seki_atts *a, const struct seki_schema *s,
    const struct seki_record *rec, struct seki_err *err)
{
	const struct seki_att_walk w = { one, a, &a->text };

	return seki_att_each(s, rec, &w, err);
}

void
seki_att_place(const struct seki_att *att, struct seki_err *err)
{
	seki_err_record(err, att->record, strlen(att->record));
	seki_err_field(err, att->field);
}

static int
missing(const struct seki_att *att, struct seki_err *err)
{
	char hex[SEKI_HEX];

	seki_text_hex(att->sha256, SEKI_SHA256, hex);
	seki_att_place(att, err);
	return seki_fail(err, SEKI_CONTENT,
	    _("the attachment %.16s… is not in the bundle"), hex);
}

int
seki_atts_ok(const struct seki_atts *a, struct seki_err *err)
{
	if (a->unknown > 0)
		return seki_fail(err, SEKI_CONTENT,
		    _("%llu attachments have no digest, though all are said "
		      "to be here"),
		    (unsigned long long)a->unknown);
	if (a->clash.record[0] != '\0') {
		seki_att_place(&a->clash, err);
		return seki_fail(err, SEKI_RECORD, "%s",
		    _("the same attachment is named with another size "
		      "elsewhere"));
	}
	if (!a->more)
		return 0;
	seki_err_hint(err, "%s",
	    _("Pack fewer records at a time: pull them with --query."));
	return seki_fail(err, SEKI_LIMIT,
	    _("more than the %zu attachments that a bundle can hold"),
	    SEKI_ENTRIES_MAX);
}

/* An attachment is named by its digest, so nothing else has to be.  Only a
 * relay's lie in no folder (seki_manifest_check). */
static int
named(const struct seki_att *att, const struct seki_entry *f)
{
	char name[SEKI_ATT_NAME];

	seki_att_name(att, strchr(f->name, '/') == NULL, name);
	return strcmp(f->name, name) == 0;
}

int
seki_atts_same(const struct seki_atts *a, const struct seki_manifest *m,
    struct seki_err *err)
{
	int all = strcmp(m->attachments, "all") == 0;
	const struct seki_entry *f;
	size_t i, k = 0;

	if (all && seki_atts_ok(a, err) == -1)
		return -1;
	/* Both are sorted by digest: the manifest by its names. */
	for (i = 0; i < m->nfile; i++) {
		f = &m->file[i];
		if (strcmp(f->role, "attachment") != 0)
			continue;
		if (all && k < a->n &&
		    memcmp(a->v[k]->sha256, f->sha256, SEKI_SHA256) < 0)
			return missing(a->v[k], err);
		if (!all || k == a->n ||
		    memcmp(a->v[k]->sha256, f->sha256, SEKI_SHA256) != 0 ||
		    a->v[k]->size != f->size || !named(a->v[k], f))
			return seki_fail(err, SEKI_CONTENT,
			    _("%s: no record names this attachment"), f->name);
		k++;
	}
	return all && k < a->n ? missing(a->v[k], err) : 0;
}

void
seki_atts_free(struct seki_atts *a)
{
	while (a->n > 0)
		free(a->v[--a->n]);
	free(a->v);
	seki_buf_free(&a->text);
	memset(a, 0, sizeof(*a));
}
