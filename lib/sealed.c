#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apart.h"
#include "approval.h"
#include "envelope.h"
#include "part.h"

/*
 * An encrypted bundle becomes one in the clear, as far as everything behind it
 * can see.  By then its signatures and the digests of its files held, and what
 * was encrypted lies in a file without a name.
 */

static const char *
owners(const struct seki_manifest *m, const struct seki_trust *t, char *text,
    size_t size)
{
	const char *who;
	size_t i, n = 0;

	text[0] = '\0';
	for (i = 0; i < m->nrecipient && n < size; i++) {
		who = seki_trust_owner(t, m->recipient[i]);
		n += (size_t)snprintf(text + n, size - n, "%s%.16s%s%s%s",
		    i > 0 ? ", " : "", m->recipient[i], who == NULL ? "" : " (",
		    who == NULL ? "" : who, who == NULL ? "" : ")");
	}
	return text;
}

int
seki_sealed_mine(const struct seki_bundle *b, const struct seki_check *c,
    struct seki_err *err)
{
	const struct seki_manifest *m = b->manifest;
	char text[512];
	size_t i;

	if (c->key == NULL && c->no_key != NULL) {
		*err = *c->no_key;
		return -1;
	}
	if (c->key == NULL) {
		seki_err_hint(err,
		    _("--key FILE, the key that seki-key recipient made here; "
		      "it is one of: %s"),
		    owners(m, c->trust, text, sizeof(text)));
		return seki_fail(err, SEKI_CREDENTIALS, "%s",
		    _("the bundle is encrypted, and no key was given that "
		      "opens it"));
	}
	for (i = 0; i < m->nrecipient; i++)
		if (strcmp(m->recipient[i], seki_key_id(c->key)) == 0)
			return 0;
	seki_err_hint(err,
	    _("is --key the key of this host? if it is: the sending side has "
	      "to name it, seki-key add, and pack again. It is encrypted to: "
	      "%s"),
	    owners(m, c->trust, text, sizeof(text)));
	return seki_fail(err, SEKI_RECIPIENT,
	    _("the bundle is not encrypted to the key %.16s of %s"),
	    seki_key_id(c->key), seki_key_owner(c->key));
}

/* What it becomes. */
struct opening {
	struct seki_bundle *b;
	int fd;
	uint64_t end; /* of what was decrypted so far */
	struct seki_zip zip[SEKI_SEALED_MAX];
	size_t n; /* archives */
	unsigned char root[SEKI_SHA256];
	unsigned char blind[SEKI_SHA256];
};

static int
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Blind and root; of a part the whole's root, too. */
static uint64_t
roots(const struct seki_bundle *b)
{
	return (b->whole == NULL ? 2 : 3) * (uint64_t)SEKI_SHA256;
}

/* What may stand in the archive of that role. */
static int
belongs(const char *role, const struct seki_zip_entry *e)
{
	unsigned char sum[SEKI_SHA256];

	if (strcmp(e->name, "pad") == 0)
		return !e->place.deflated;
	if (strcmp(role, "records") == 0)
		return strcmp(e->name, "data/records.jsonl") == 0 ||
		       (strcmp(e->name, "root") == 0 && !e->place.deflated);
	if (strcmp(role, "view") == 0)
		return strcmp(e->name, "view/records.xlsx") == 0 &&
		       !e->place.deflated;
	return begins(e->name, "att/") && strlen(e->name) == SEKI_HEX + 3 &&
	       seki_text_unhex(e->name + 4, sum, SEKI_SHA256) == 0;
}

/* The entry that an archive of the role cannot be without. */
static const char *
needed(const char *role)
{
	return strcmp(role, "records") == 0 ? "data/records.jsonl"
	       : strcmp(role, "view") == 0  ? "view/records.xlsx"
					    : NULL;
}

static int
archive(struct opening *o, const struct seki_entry *f, uint64_t from,
    struct seki_err *err)
{
	struct seki_zip *zip = &o->zip[o->n];
	const char *want = needed(f->role);
	size_t i;

	if (seki_zip_open(o->fd, from, o->end - from, SEKI_ZIP_OWN, zip, err) ==
	    -1)
		return -1;
	o->n++;
	for (i = 0; i < zip->n; i++)
		if (!belongs(f->role, &zip->entry[i]))
			return seki_fail(err, SEKI_ZIP,
			    _("name not allowed: '%s'"), zip->entry[i].name);
	if (strcmp(f->role, "records") == 0 &&
	    (zip->n == 0 || strcmp(zip->entry[0].name, "root") != 0))
		return seki_fail(err, SEKI_ZIP, "%s",
		    _("the first entry inside is not root"));
	if (strcmp(f->role, "records") == 0 &&
	    zip->entry[0].place.size != roots(o->b))
		return seki_fail(err, SEKI_ZIP,
		    _("root inside has not %llu bytes"),
		    (unsigned long long)roots(o->b));
	if (want == NULL || seki_zip_find(zip, want) != NULL)
		return 0;
	return seki_fail(err, SEKI_ZIP, _("%s is missing"), want);
}

static int
one(struct opening *o, const struct seki_entry *f, const struct seki_key *key,
    struct seki_err *err)
{
	const struct seki_zip_entry *e = seki_zip_find(&o->b->zip, f->name);
	uint64_t from = o->end;

	if (o->n == SEKI_SEALED_MAX)
		return seki_fail(err, SEKI_LIMIT, "%s", _("too many entries"));
	if (seki_envelope_open(o->b->fd, e->place.at, e->place.size,
		o->b->manifest->nrecipient, key, o->fd, &o->end, err) == 0 &&
	    archive(o, f, from, err) == 0)
		return 0;
	return -1;
}

/* Each attachment is what its name says: in the clear the manifest would have
 * said so. */
static int
named(const struct opening *o, const struct seki_zip_entry *e,
    struct seki_err *err)
{
	unsigned char want[SEKI_SHA256], sum[SEKI_SHA256];
	struct seki_in *in;
	uint64_t n;

	if (!begins(e->name, "att/"))
		return 0;
	if (seki_text_unhex(e->name + 4, want, SEKI_SHA256) == -1 ||
	    (in = seki_apart_in(o->fd, &e->place, e->name, err)) == NULL ||
	    seki_work_digest(in, sum, &n, err) == -1)
		return -1;
	return memcmp(sum, want, SEKI_SHA256) == 0
		   ? 0
		   : seki_fail(err, SEKI_DIGEST, _("%s is not the signed one"),
			 e->name);
}

static int
all_named(const struct opening *o, struct seki_err *err)
{
	size_t i, k;

	for (i = 0; i < o->n; i++)
		for (k = 0; k < o->zip[i].n; k++)
			if (named(o, &o->zip[i].entry[k], err) == -1)
				return -1;
	return 0;
}

static int
other(struct seki_err *err)
{
	return seki_fail(err, SEKI_CONTENT, "%s",
	    _("the content root inside, blinded, is not the signed one"));
}

/* The blind is the same for all parts. */
static int
unblind_whole(
    struct seki_whole *w, const unsigned char *all, struct seki_err *err)
{
	const unsigned char *root = all + 2 * SEKI_SHA256;
	unsigned char blinded[SEKI_SHA256];

	if (seki_seal_root(all, root, blinded, err) == -1)
		return -1;
	if (memcmp(blinded, w->manifest->root, SEKI_SHA256) != 0)
		return other(err);
	memcpy(w->blind, all, SEKI_SHA256);
	memcpy(w->manifest->root, root, SEKI_SHA256);
	return 0;
}

/* The root that was blinded for the manifest. */
static int
unblind(struct opening *o, struct seki_err *err)
{
	const struct seki_zip_entry *e = NULL;
	unsigned char all[3 * SEKI_SHA256], blinded[SEKI_SHA256];
	size_t i;
	ssize_t n;

	for (i = 0; i < o->n && e == NULL; i++)
		e = seki_zip_find(&o->zip[i], "root");
	if (e == NULL)
		return seki_fail(err, SEKI_BUG, "root");
	n = pread(o->fd, all, roots(o->b), (off_t)e->place.at);
	if (n != (ssize_t)roots(o->b))
		return seki_err_errno(err, _("temporary file"));
	if (seki_seal_root(all, all + SEKI_SHA256, blinded, err) == -1)
		return -1;
	memcpy(o->blind, all, SEKI_SHA256);
	memcpy(o->root, all + SEKI_SHA256, SEKI_SHA256);
	if (memcmp(blinded, o->b->manifest->root, SEKI_SHA256) != 0)
		return other(err);
	return o->b->whole == NULL
		   ? 0
		   : unblind_whole(o->b->whole, all, err);
}

/* The manifest's line of it, as it would stand in the clear. */
static int
line(struct seki_manifest *m, const struct seki_zip_entry *e,
    struct seki_err *err)
{
	unsigned char sum[SEKI_SHA256] = { 0 };
	const char *role = "records";

	if (strcmp(e->name, "pad") == 0 || strcmp(e->name, "root") == 0)
		return 0;
	if (begins(e->name, "view/"))
		role = "view";
	if (begins(e->name, "att/")) {
		role = "attachment";
		(void)seki_text_unhex(e->name + 4, sum, SEKI_SHA256);
	}
	return seki_manifest_file(m, e->name, role, e->place.size, sum, err);
}

/* The entries of all archives as those of one. */
static int
merge(const struct opening *o, struct seki_zip *all, struct seki_err *err)
{
	size_t i, k, n = 0, bytes = 1;
	char *name;

	for (i = 0; i < o->n; i++)
		for (k = 0; k < o->zip[i].n; k++, n++)
			bytes += strlen(o->zip[i].entry[k].name) + 1;
	memset(all, 0, sizeof(*all));
	if ((all->entry = calloc(n + 1, sizeof(*all->entry))) == NULL ||
	    (all->names = malloc(bytes)) == NULL) {
		seki_zip_release(all);
		return seki_err_nomem(err);
	}
	name = all->names;
	for (i = 0; i < o->n; i++)
		for (k = 0; k < o->zip[i].n; k++) {
			all->entry[all->n] = o->zip[i].entry[k];
			all->entry[all->n++].name = name;
			name = stpcpy(name, o->zip[i].entry[k].name) + 1;
		}
	return 0;
}

/* From here on it is another bundle; but whose bytes were signed, stays. */
static int
become(struct opening *o, struct seki_err *err)
{
	struct seki_manifest *m = o->b->manifest;
	struct seki_zip all;
	size_t i;
	int r = merge(o, &all, err);

	if (r == -1)
		return -1;
	seki_manifest_no_files(m);
	for (i = 0; r == 0 && i < all.n; i++)
		r = line(m, &all.entry[i], err);
	memcpy(m->root, o->root, SEKI_SHA256);
	seki_zip_release(&o->b->zip);
	o->b->zip = all;
	(void)close(o->b->fd);
	o->b->fd = o->fd;
	o->fd = -1;
	o->b->opened = 1;
	return r;
}

int
seki_sealed_open(
    struct seki_bundle *b, const struct seki_key *key, struct seki_err *err)
{
	struct opening o = { .b = b };
	const struct seki_entry *f = NULL;
	char name[512];
	size_t i;
	int r = 0;

	if ((o.fd = seki_dir_spool(b->spool, err)) == -1)
		return -1;
	for (i = 0; r == 0 && i < b->manifest->nfile; i++) {
		f = &b->manifest->file[i];
		r = one(&o, f, key, err);
	}
	if (r == -1) {
		(void)snprintf(name, sizeof(name), "%s: %s", b->path, f->name);
		seki_err_object(err, name);
	}
	if (r == 0 && (r = unblind(&o, err)) == 0 &&
	    (r = all_named(&o, err)) == 0)
		r = become(&o, err);
	if (r == 0)
		r = seki_approval_unblind(b->manifest, o.blind, err);
	while (o.n > 0)
		seki_zip_release(&o.zip[--o.n]);
	if (o.fd != -1)
		(void)close(o.fd);
	return r;
}
