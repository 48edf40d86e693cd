#include <stdlib.h>
#include <string.h>

#include "apart.h"
#include "approval.h"
#include "manifest_int.h"
#include "part.h"

/*
 * What a part carries of the whole.  It proves itself: the digest stands in the
 * part's own manifest, and the signatures are judged like those of a bundle.
 */

/* What a part says for itself: how it travels, and which records are in it. */
static int
own(const struct seki_manifest_member *f)
{
	static const char *const root[] = { "carrier", "expires", "trust",
		"prepared_by", "held" };
	size_t i;

	if (f->object == SEKI_M_APPROVAL)
		return strcmp(f->key, "code") == 0;
	if (f->object != SEKI_M_ROOT)
		return f->object == SEKI_M_CONTENT ||
		       f->object == SEKI_M_PART || f->object == SEKI_M_SCAN ||
		       f->object == SEKI_M_OVERRIDE;
	for (i = 0; i < sizeof(root) / sizeof(root[0]); i++)
		if (strcmp(f->key, root[i]) == 0)
			return 1;
	return 0;
}

static int
same(const struct seki_manifest_member *f, const struct seki_manifest *a,
    const struct seki_manifest *b)
{
	switch (f->kind) {
	case SEKI_M_TEXT:
		return strcmp(*SEKI_M_READ(a, f, char *),
			   *SEKI_M_READ(b, f, char *)) == 0;
	case SEKI_M_PREV:
		return strcmp(a->prev, b->prev) == 0;
	case SEKI_M_UINT:
		return *SEKI_M_READ(a, f, uint64_t) ==
		       *SEKI_M_READ(b, f, uint64_t);
	case SEKI_M_BOOL:
		return *SEKI_M_READ(a, f, int) == *SEKI_M_READ(b, f, int);
	case SEKI_M_TIME:
	case SEKI_M_TIME_OR_NONE:
		return *SEKI_M_READ(a, f, seki_time) ==
		       *SEKI_M_READ(b, f, seki_time);
	case SEKI_M_DIGEST:
	default:
		return memcmp(SEKI_M_READ(a, f, unsigned char),
			   SEKI_M_READ(b, f, unsigned char), SEKI_SHA256) == 0;
	}
}

static int
differs(const char *what, const char *key, struct seki_err *err)
{
	return seki_fail(err, SEKI_MANIFEST,
	    _("%s: \"%s\" of the part is not that of the whole"), what, key);
}

/* Its lines are as many as it says, at the whole's beginning and end too. */
static int
in_place(const struct seki_manifest *m, const struct seki_manifest *w)
{
	struct seki_lines r;

	return seki_lines_read(m, &r) == 0 &&
	       r.to - r.from + 1 == m->records + m->held + m->deletes &&
	       r.of == w->records + w->held + w->deletes &&
	       (r.from == 1) == (m->part == 1) &&
	       (r.to == r.of) == (m->part == m->parts);
}

static int
fits(const struct seki_manifest *m, const struct seki_manifest *w,
    struct seki_err *err)
{
	const struct seki_manifest_member *f;

	if (w->parts > 1)
		return seki_fail(err, SEKI_MANIFEST, "%s",
		    _("the whole of a part is a part itself"));
	for (f = seki_manifest_members; f->key != NULL; f++)
		if (!own(f) && !same(f, m, w))
			return differs(
			    seki_manifest_objects[f->object].what, f->key, err);
	if (strcmp(seki_approval_name(m), seki_approval_name(w)) != 0)
		return differs("manifest.json: notes", SEKI_NOTE_APPROVER, err);
	if (m->records > w->records || m->held > w->held ||
	    m->deletes > w->deletes)
		return seki_fail(err, SEKI_MANIFEST, "%s",
		    _("a part has more records than the whole"));
	if (!in_place(m, w))
		return seki_fail(err, SEKI_MANIFEST, "%s",
		    _("manifest.json: notes: \"lines\" does not fit the part's "
		      "counts, its number and the whole"));
	/* In the clear, one of them would tell what the other hides. */
	if ((m->nrecipient > 0) != (w->nrecipient > 0))
		return seki_fail(err, SEKI_MANIFEST, "%s",
		    _("either part or whole is encrypted, and the other is "
		      "not"));
	return 0;
}

static int
parse(
    struct seki_bundle *b, const struct seki_zip_entry *e, struct seki_err *err)
{
	struct seki_whole *w = b->whole;
	struct seki_err why = SEKI_ERR_INIT;

	if (b->direct) {
		w->manifest = seki_manifest_parse(w->bytes.p, w->bytes.n, err);
		return w->manifest == NULL ? -1 : 0;
	}
	if (seki_apart_manifest(b->fd, &e->place, &w->manifest, &why, err) ==
	    -1)
		return -1;
	if (w->manifest != NULL)
		return seki_apart_true(w->manifest, &w->bytes, err);
	*err = why;
	return -1;
}

int
seki_whole_read(struct seki_bundle *b, struct seki_err *err)
{
	const struct seki_zip_entry *e =
	    seki_zip_find(&b->zip, SEKI_WHOLE_MANIFEST);
	struct seki_whole *w;
	char hex[SEKI_HEX];

	if ((w = b->whole = calloc(1, sizeof(*w))) == NULL)
		return seki_err_nomem(err);
	if (e == NULL)
		return seki_fail(
		    err, SEKI_DIGEST, _("%s is missing"), SEKI_WHOLE_MANIFEST);
	if (seki_bundle_stored(b, e, &w->bytes, err) == -1 ||
	    seki_sha256_of(w->bytes.p, w->bytes.n, w->digest, err) == -1)
		return -1;
	seki_text_hex(w->digest, SEKI_SHA256, hex);
	if (strcmp(hex, b->manifest->set) != 0)
		return seki_fail(err, SEKI_DIGEST,
		    _("%s is not the signed one"), SEKI_WHOLE_MANIFEST);
	if (parse(b, e, err) == -1 || seki_bundle_read_sigs(b, SEKI_WHOLE,
					  w->sig, w->der, &w->nsig, err) == -1)
		return -1;
	return fits(b->manifest, w->manifest, err);
}

void
seki_whole_free(struct seki_whole *w)
{
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < SEKI_SIGNATURES_MAX; i++)
		seki_buf_free(&w->der[i]);
	seki_manifest_free(w->manifest);
	seki_buf_free(&w->bytes);
	free(w);
}

const struct seki_manifest *
seki_bundle_placed(const struct seki_bundle *b, const unsigned char **digest)
{
	*digest = b->whole != NULL ? b->whole->digest : b->digest;
	return b->whole != NULL ? b->whole->manifest : b->manifest;
}
