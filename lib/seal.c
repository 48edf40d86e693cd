#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "approval.h"
#include "envelope.h"

/*
 * A bundle's parts before they leave.  Each envelope holds a ZIP archive of the
 * narrow profile, filled up so that its size tells little of what is in it.
 */

/* Sizes go in steps of this, and larger ones in steps of at most a sixteenth:
 * the power of two that leaves log2(log2(size)) bits (PADMÉ). */
#define STEP ((uint64_t)4096)

static uint64_t
step(uint64_t size)
{
	uint64_t bits = 0, of_bits = 0, n;

	for (n = size; n > 1; n >>= 1)
		bits++;
	for (n = bits; n > 0; n >>= 1)
		of_bits++;
	n = bits > of_bits ? (uint64_t)1 << (bits - of_bits) : 1;
	return n > STEP ? n : STEP;
}

int
seki_seal_root(const unsigned char *blind, const unsigned char *root,
    unsigned char *out, struct seki_err *err)
{
	unsigned char text[1 + 2 * SEKI_SHA256] = { 3 };

	memcpy(text + 1, blind, SEKI_SHA256);
	memcpy(text + 1 + SEKI_SHA256, root, SEKI_SHA256);
	return seki_sha256_of(text, sizeof(text), out, err);
}

/* An archive in the making. */
struct archive {
	struct seki_out *out;
	struct seki_zipout *zip;
	int fd;
	uint64_t size; /* with all headers */
};

/* Both headers of an entry. */
static uint64_t
headers(const char *name)
{
	return 30 + 46 + 2 * (uint64_t)strlen(name);
}

static int
begin(struct archive *a, const char *spool, struct seki_err *err)
{
	a->size = 22;
	if ((a->fd = seki_dir_spool(spool, err)) != -1 &&
	    (a->out = seki_out_fd(a->fd, _("temporary file"), err)) != NULL)
		a->zip = seki_zipout_new(a->out, err);
	return a->zip == NULL ? -1 : 0;
}

static int
part(struct archive *a, const char *name, const struct seki_part *p,
    struct seki_err *err)
{
	a->size += headers(name) + p->packed;
	return seki_zipout_part(a->zip, name, p, err);
}

/* Zeros up to the next step. */
static int
fill(struct archive *a, const char *spool, struct seki_err *err)
{
	static const char name[] = "pad";
	struct seki_part zeros = { .fd = seki_dir_spool(spool, err) };
	uint64_t size = a->size + headers(name), u = step(size);
	int r = -1;

	if (zeros.fd == -1)
		return -1;
	if (ftruncate(zeros.fd, (off_t)((u - size % u) % u)) == -1)
		(void)seki_err_errno(err, _("temporary file"));
	else if (seki_zipout_stored(zeros.fd, &zeros, err) == 0)
		r = part(a, name, &zeros, err);
	(void)close(zeros.fd);
	return r;
}

/* The archive's end; then all of it into an envelope. */
static int
end(struct archive *a, const struct seki_seal *s, struct seki_part *to,
    struct seki_err *err)
{
	unsigned char sum[SEKI_SHA256];
	uint64_t size;

	if (fill(a, s->spool, err) == -1 ||
	    seki_zipout_end(a->zip, &size, sum, err) == -1 ||
	    seki_out_flush(a->out, err) == -1)
		return -1;
	return seki_envelope_seal(
	    a->fd, s->to->cert, s->to->n, s->spool, to, err);
}

static void
forget(struct archive *a)
{
	seki_zipout_free(a->zip);
	seki_out_abort(a->out);
	if (a->fd != -1)
		(void)close(a->fd);
}

/* 32 random bytes; those of the whole in each of its parts, whose root comes
 * third. */
static int
blind(const struct seki_seal *s, unsigned char *all, struct seki_err *err)
{
	if (s->of != NULL) {
		memcpy(all, s->of->blind, SEKI_SHA256);
		memcpy(all + 2 * SEKI_SHA256, s->of->root, SEKI_SHA256);
	} else if (RAND_bytes(all, SEKI_SHA256) != 1)
		return seki_key_fail(err, SEKI_BUG, _("random numbers"));
	memcpy(s->blind, all, SEKI_SHA256);
	return 0;
}

/* The blind and the root come before all else: whoever opens it can tell first
 * that this is what was signed. */
static int
records(const struct seki_seal *s, struct seki_manifest *m,
    struct seki_part *to, struct seki_err *err)
{
	struct archive a = { .fd = -1 };
	unsigned char all[3 * SEKI_SHA256], blinded[SEKI_SHA256];
	size_t n = (s->of == NULL ? 2 : 3) * (size_t)SEKI_SHA256;
	int r = -1;

	memcpy(all + SEKI_SHA256, m->root, SEKI_SHA256);
	if (blind(s, all, err) == 0 &&
	    seki_seal_root(all, m->root, blinded, err) == 0 &&
	    begin(&a, s->spool, err) == 0 &&
	    seki_zipout_mem(a.zip, "root", all, n, err) == 0) {
		a.size += headers("root") + n;
		if (part(&a, "data/records.jsonl", s->records, err) == 0)
			r = end(&a, s, to, err);
	}
	forget(&a);
	if (r == 0)
		r = seki_approval_blind(m, all, err);
	if (r == 0)
		memcpy(m->root, blinded, SEKI_SHA256);
	return r;
}

static int
view(const struct seki_seal *s, struct seki_part *to, struct seki_err *err)
{
	struct archive a = { .fd = -1 };
	int r = -1;

	if (begin(&a, s->spool, err) == 0 &&
	    part(&a, "view/records.xlsx", s->view, err) == 0)
		r = end(&a, s, to, err);
	forget(&a);
	return r;
}

/* All of them together: neither their number, nor their sizes, nor their
 * digests are seen. */
static int
attachments(
    const struct seki_seal *s, struct seki_part *to, struct seki_err *err)
{
	struct archive a = { .fd = -1 };
	char name[SEKI_HEX + 4], hex[SEKI_HEX];
	int r = begin(&a, s->spool, err);
	size_t i;

	for (i = 0; r == 0 && i < s->natt; i++) {
		seki_text_hex(s->att[i].sha256, SEKI_SHA256, hex);
		(void)snprintf(name, sizeof(name), "att/%s", hex);
		r = part(&a, name, &s->att[i], err);
	}
	if (r == 0)
		r = end(&a, s, to, err);
	forget(&a);
	return r;
}

static void
replace(struct seki_part *part, const struct seki_part *by)
{
	if (part->fd != -1)
		(void)close(part->fd);
	*part = *by;
}

static int
list(const struct seki_seal *s, struct seki_manifest *m, struct seki_err *err)
{
	char **id;
	size_t i;

	seki_manifest_no_files(m);
	if (seki_manifest_file(m, "data/records.cms", "records",
		s->records->size, s->records->sha256, err) == -1 ||
	    seki_manifest_file(m, "view/records.cms", "view", s->view->size,
		s->view->sha256, err) == -1 ||
	    (s->natt > 0 &&
		seki_manifest_file(m, SEKI_SEALED_FILES, "attachment",
		    s->files->size, s->files->sha256, err) == -1))
		return -1;
	for (i = 0; i < s->to->n; i++) {
		id = seki_manifest_recipient(m, err);
		if (id == NULL ||
		    seki_manifest_set(id, s->to->id[i], err) == -1)
			return -1;
	}
	return 0;
}

int
seki_seal(
    const struct seki_seal *s, struct seki_manifest *m, struct seki_err *err)
{
	struct seki_part by;

	if (records(s, m, &by, err) == -1)
		return -1;
	replace(s->records, &by);
	if (view(s, &by, err) == -1)
		return -1;
	replace(s->view, &by);
	if (s->natt > 0) {
		if (attachments(s, &by, err) == -1)
			return -1;
		replace(s->files, &by);
	}
	return list(s, m, err);
}
