#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "approval.h"
#include "part.h"

/*
 * All parts of one whole, as it: its manifest and signatures are what each of
 * them carries, its records are theirs one behind the other.
 */

int
seki_set_missing(struct seki_bundle *const *part, size_t n, struct seki_buf *to,
    struct seki_err *err)
{
	size_t i, from = to->n;

	for (i = 0; i < n; i++)
		if (part[i] == NULL &&
		    seki_buf_fmt(to, err, "%s%zu", to->n > from ? ", " : "",
			i + 1) == -1)
			return -1;
	return 0;
}

static int
complete(struct seki_bundle *const *part, size_t n, struct seki_err *err)
{
	struct seki_buf missing = SEKI_BUF_INIT;
	int r = seki_set_missing(part, n, &missing, err);

	if (r == 0 && missing.n > 0) {
		seki_err_hint(err, "%s",
		    _("give all parts to one command; a part that did not "
		      "arrive is handed out again by seki-pack --resend"));
		r = seki_fail(err, SEKI_GAP, _("of %zu parts are missing: %s"),
		    n, missing.p);
	}
	seki_buf_free(&missing);
	return r;
}

/* The same whole, cut into as many. */
static int
alike(struct seki_bundle *const *part, size_t n, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (part[i]->whole == NULL || part[i]->manifest->parts != n ||
		    part[i]->manifest->part != i + 1 ||
		    strcmp(part[i]->manifest->set, part[0]->manifest->set) != 0)
			return seki_fail(err, SEKI_POLICY,
			    _("%s is not part %zu of %zu of the same bundle as "
			      "%s"),
			    part[i]->path, i + 1, n, part[0]->path);
	for (i = 1; i < n; i++)
		if (!seki_lines_meet(part[i - 1]->manifest, part[i]->manifest))
			return seki_fail(err, SEKI_POLICY,
			    _("%s does not begin where %s ends: the bundle was "
			      "cut twice, and these are not of the same cut"),
			    part[i]->path, part[i - 1]->path);
	return 0;
}

/* The whole is good as long as each of its parts. */
static void
last_day(struct seki_bundle *b)
{
	size_t i;
	seki_time t;

	b->manifest->expires = b->set->part[0]->manifest->expires;
	for (i = 1; i < b->set->n; i++)
		if ((t = b->set->part[i]->manifest->expires) <
		    b->manifest->expires)
			b->manifest->expires = t;
}

struct seki_bundle *
seki_set_join(struct seki_bundle *const *part, size_t n, struct seki_err *err)
{
	struct seki_bundle *b;
	struct seki_set *set;
	size_t i;

	if (complete(part, n, err) == -1 || alike(part, n, err) == -1)
		return NULL;
	b = calloc(1, sizeof(*b));
	set = calloc(1, sizeof(*set));
	if (b == NULL || set == NULL ||
	    asprintf(&b->path, "%s … %s", part[0]->path, part[n - 1]->path) ==
		-1) {
		free(b);
		free(set);
		(void)seki_err_nomem(err);
		return NULL;
	}
	b->set = set;
	b->fd = set->stream = -1;
	set->n = n;
	memcpy(set->part, part, n * sizeof(*part));
	for (i = 0; i < n; i++)
		b->length += part[i]->length;
	b->manifest = part[0]->whole->manifest;
	b->bytes = part[0]->whole->bytes;
	memcpy(b->digest, part[0]->whole->digest, sizeof(b->digest));
	b->spool = part[0]->spool;
	last_day(b);
	return b;
}

void
seki_set_free(struct seki_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		seki_bundle_free(set->part[i]);
	if (set->stream != -1)
		(void)close(set->stream);
	free(set);
}

/* What people are told of a set is what is told of any of its parts. */
static void
add(struct seki_verdict *all, const struct seki_verdict *one)
{
	size_t n = strlen(all->names);

	all->hidden += one->hidden;
	all->repaired += one->repaired;
	all->extra += one->extra;
	all->remade += one->remade;
	all->relay |= one->relay;
	all->no_view |= one->no_view;
	(void)snprintf(all->names + n, sizeof(all->names) - n, "%s%s",
	    n > 0 && one->names[0] != '\0' ? ", " : "", one->names);
}

/* A relay may have damaged several: they are told of at once, so that one list
 * repairs them all.  The first failure is the answer. */
static int
each(struct seki_bundle *b, const struct seki_check *c, struct seki_verdict *v,
    struct seki_err *err)
{
	struct seki_verdict *one = malloc(sizeof(*one));
	struct seki_check own = *c;
	struct seki_err now = SEKI_ERR_INIT;
	size_t i;
	int r = one == NULL ? seki_err_nomem(err) : 0;

	own.meanwhile = NULL;
	for (i = 0; one != NULL && i < b->set->n; i++) {
		seki_err_clear(&now);
		if (seki_bundle_verify(b->set->part[i], &own, one, &now) == 0) {
			if (i == 0)
				*v = *one;
			else
				add(v, one);
			continue;
		}
		b->set->damaged += now.reason == SEKI_CONTENT;
		if (r == 0)
			*err = now;
		r = -1;
		if (c->damage == NULL || now.reason != SEKI_CONTENT)
			break;
	}
	free(one);
	return r;
}

/* One part's records, as another worker reads them; still those that were
 * signed. */
static int
append(struct seki_stream_out *w, struct seki_stream_in *in,
    const struct seki_bundle *part, struct seki_err *err)
{
	const struct seki_manifest *m = part->manifest;
	struct seki_record *rec;
	int r;

	while ((r = seki_stream_next(in, &rec, err)) == 1)
		if (seki_stream_put(w, rec, err) == -1) {
			r = -1;
			break;
		}
	if (r == 0 &&
	    memcmp(seki_stream_proof(in)->root, m->root, SEKI_SHA256) != 0)
		r = seki_fail(err, SEKI_CONTENT, "%s",
		    _("the content root is not the signed one"));
	if (r == 0 && m->part < m->parts &&
	    strcmp(seki_stream_ending(in)->bookmarks, "{}") != 0)
		r = seki_fail(err, SEKI_RECORD, "%s",
		    _("STATE: bookmarks in a part that is not the last"));
	if (r == -1)
		seki_err_object(err, part->path);
	return r;
}

/* SCHEMA says more than its digest covers: whose files, and who accepted which
 * form. */
static int
one_form(const struct seki_stream_in *in, const struct seki_bundle *part,
    struct seki_buf *form, struct seki_err *err)
{
	struct seki_buf own = SEKI_BUF_INIT;
	int r = seki_schema_format(seki_stream_schema(in), &own, err);

	if (r == 0 && form->n == 0)
		r = seki_buf_add(form, own.p, own.n, err);
	else if (r == 0 &&
		 (own.n != form->n || memcmp(own.p, form->p, own.n) != 0)) {
		seki_err_object(err, part->path);
		r = seki_fail(err, SEKI_CONTENT, "%s",
		    _("SCHEMA is not that of the first part"));
	}
	seki_buf_free(&own);
	return r;
}

/* What the pull needs next, stands in the last part. */
static int
finish(struct seki_bundle *b, struct seki_stream_out *w,
    const struct seki_stream_in *last, struct seki_err *err)
{
	struct seki_ending end = *seki_stream_ending(last);
	struct seki_proof proof;

	end.kind = b->manifest->kind;
	if (seki_stream_end(w, &end, NULL, 0, &proof, err) == -1)
		return -1;
	if (memcmp(proof.root, b->manifest->root, SEKI_SHA256) == 0)
		return 0;
	seki_err_object(err, b->path);
	return seki_fail(err, SEKI_CONTENT, "%s",
	    _("the parts together are not the whole: their content root is "
	      "not the signed one"));
}

static int
put_together(struct seki_bundle *b, struct seki_out *out, struct seki_err *err)
{
	struct seki_set *set = b->set;
	struct seki_stream_in *in = NULL, *first = NULL;
	struct seki_stream_out *w = NULL;
	struct seki_buf form = SEKI_BUF_INIT;
	size_t i;
	int r = 0;

	/* The first one's schema is in use to the end. */
	for (i = 0; r == 0 && i < set->n; i++) {
		if (in != first)
			seki_stream_free(in);
		in = seki_bundle_records(set->part[i], err);
		if (i == 0 && (first = in) != NULL)
			w = seki_stream_create(
			    out, seki_stream_schema(in), err);
		r = in == NULL || w == NULL ||
			    one_form(in, set->part[i], &form, err) == -1
			? -1
			: append(w, in, set->part[i], err);
	}
	seki_buf_free(&form);
	if (r == 0)
		r = finish(b, w, in, err);
	seki_stream_abort(w);
	if (in != first)
		seki_stream_free(in);
	seki_stream_free(first);
	return r;
}

static int
gather(struct seki_bundle *b, struct seki_err *err)
{
	struct seki_out *out;
	struct seki_part p;

	if ((b->set->stream = seki_dir_spool(b->spool, err)) == -1 ||
	    (out = seki_out_fd(b->set->stream, _("temporary file"), err)) ==
		NULL)
		return -1;
	if (put_together(b, out, err) == -1) {
		seki_out_abort(out);
		return -1;
	}
	if (seki_out_commit(out, err) == -1 ||
	    seki_zipout_stored(b->set->stream, &p, err) == -1)
		return -1;
	b->set->made = (struct seki_place){
		.packed = p.size, .size = p.size, .crc = p.crc
	};
	return 0;
}

static int
listed(const struct seki_manifest *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->nfile; i++)
		if (strcmp(m->file[i].name, name) == 0)
			return 1;
	return 0;
}

/* The attachments of one part, which may be in another one too. */
static int
gathered(struct seki_manifest *to, const struct seki_manifest *from,
    struct seki_err *err)
{
	char name[SEKI_HEX + 4] = "att/";
	const struct seki_entry *f;
	size_t i;

	for (i = 0; i < from->nfile; i++) {
		f = &from->file[i];
		seki_text_hex(f->sha256, SEKI_SHA256, name + 4);
		if (strcmp(f->role, "attachment") == 0 && !listed(to, name) &&
		    seki_manifest_file(
			to, name, f->role, f->size, f->sha256, err) == -1)
			return -1;
	}
	return 0;
}

/* What the whole says of its attachments, unless that was encrypted. */
static int
all_there(const struct seki_manifest *whole, const struct seki_manifest *came)
{
	size_t i, k, n = 0;

	for (i = 0; whole->nrecipient == 0 && i < whole->nfile; i++) {
		if (strcmp(whole->file[i].role, "attachment") != 0)
			continue;
		for (k = 0; k < came->nfile; k++)
			if (came->file[k].size == whole->file[i].size &&
			    memcmp(came->file[k].sha256, whole->file[i].sha256,
				SEKI_SHA256) == 0)
				break;
		if (k == came->nfile)
			return 0;
		n++;
	}
	return whole->nrecipient > 0 || n == came->nfile;
}

/* The whole's own files never travelled: what came are those of the parts, and
 * as the parts they came. */
static int
files(struct seki_bundle *b, struct seki_err *err)
{
	struct seki_manifest *m = b->manifest, *came = seki_manifest_new(err);
	size_t i;
	int r = came == NULL ? -1 : 0;

	for (i = 0; r == 0 && i < b->set->n; i++)
		r = gathered(came, b->set->part[i]->manifest, err);
	if (r == 0 && !all_there(m, came)) {
		seki_err_object(err, b->path);
		r = seki_fail(err, SEKI_CONTENT, "%s",
		    _("the attachments of the parts are not those that the "
		      "whole lists"));
	}
	if (r == 0) {
		seki_manifest_no_files(m);
		r = gathered(m, came, err);
	}
	if (r == 0)
		r = seki_manifest_set(
		    &m->carrier, b->set->part[0]->manifest->carrier, err);
	seki_manifest_free(came);
	return r;
}

int
seki_set_verify(struct seki_bundle *b, const struct seki_check *c,
    struct seki_verdict *v, struct seki_err *err)
{
	const struct seki_whole *w = b->set->part[0]->whole;

	if (each(b, c, v, err) == -1)
		return -1;
	if (v->already && !v->twin)
		return 0;
	if (gather(b, err) == -1 || files(b, err) == -1)
		return -1;
	if (b->manifest->nrecipient == 0)
		return 0;
	return seki_approval_unblind(b->manifest, w->blind, err) == -1
		   ? -1
		   : seki_approval_check(b->manifest, err);
}
