#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "apart.h"
#include "part.h"
#include "relay.h"

/* Where an entry may stand in a bundle (threats C1), and how. */
static const struct kind {
	const char *begin, *end;
	int stored; /* nothing is inflated before the signatures hold */
	uint64_t max;
} kinds[] = {
	{ "manifest.json", "", 1, SEKI_MANIFEST_MAX },
	{ "sig/", ".p7s", 1, SEKI_SIGNATURE_MAX },
	{ "trust/", ".json", 1, SEKI_TRUST_MAX },
	{ "trust/", ".p7s", 1, SEKI_SIGNATURE_MAX },
	{ SEKI_WHOLE_MANIFEST, "", 1, SEKI_MANIFEST_MAX },
	{ SEKI_WHOLE, ".p7s", 1, SEKI_SIGNATURE_MAX },
	{ "data/records.jsonl", "", 0, SEKI_INFLATED_MAX },
	{ "data/records.cms", "", 1, SEKI_INFLATED_MAX },
	/* What a relay's workbook holds in 署名. */
	{ "data/frame.jsonl", "", 0, SEKI_INFLATED_MAX },
	{ "data/", ".bin", 0, SEKI_INFLATED_MAX },
	/* The workbook is read where it lies. */
	{ "view/records.xlsx", "", 1, SEKI_BUNDLE_MAX },
	{ "view/records.cms", "", 1, SEKI_BUNDLE_MAX },
	{ "att/", "", 0, SEKI_INFLATED_MAX },
};

static int
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static int
is(const char *name, const struct kind *k)
{
	size_t n = strlen(name), b = strlen(k->begin), e = strlen(k->end);

	if (k->begin[b - 1] != '/')
		return strcmp(name, k->begin) == 0;
	return n > b + e && begins(name, k->begin) &&
	       strcmp(name + n - e, k->end) == 0;
}

static int
entry_ok(const struct seki_zip_entry *e, struct seki_err *err)
{
	size_t i, n = sizeof(kinds) / sizeof(kinds[0]);

	for (i = 0; i < n && !is(e->name, &kinds[i]);)
		i++;
	if (i == n)
		return seki_fail(
		    err, SEKI_ZIP, _("name not allowed: '%s'"), e->name);
	if (kinds[i].stored && e->place.deflated)
		return seki_fail(err, SEKI_ZIP,
		    _("%s: must be stored, not compressed"), e->name);
	if (e->place.size > kinds[i].max)
		return seki_fail(err, SEKI_LIMIT,
		    _("%s: the entry exceeds %llu bytes"), e->name,
		    (unsigned long long)kinds[i].max);
	return 0;
}

int
seki_bundle_stored(struct seki_bundle *b, const struct seki_zip_entry *e,
    struct seki_buf *buf, struct seki_err *err)
{
	size_t n = (size_t)e->place.size;
	ssize_t r;

	if (seki_buf_room(buf, n, err) == -1)
		return -1;
	while (buf->n < n) {
		r = pread(b->fd, buf->p + buf->n, n - buf->n,
		    (off_t)(e->place.at + buf->n));
		if (r == -1)
			return seki_err_errno(err, _("read"));
		if (r == 0)
			return seki_fail(
			    err, SEKI_ZIP, "%s", _("the file became shorter"));
		buf->n += (size_t)r;
	}
	if (n > 0)
		buf->p[n] = '\0';
	if (b->crc == NULL && crc32(crc32(0, NULL, 0), (const Bytef *)buf->p,
				  (uInt)n) != e->place.crc)
		b->crc = e->name;
	return 0;
}

int
seki_bundle_read_sigs(struct seki_bundle *b, const char *folder,
    struct seki_sig *sig, struct seki_buf *der, size_t *n, struct seki_err *err)
{
	const struct seki_zip_entry *e;
	size_t i;

	for (i = 0; i < b->zip.n; i++) {
		e = &b->zip.entry[i];
		if (!begins(e->name, folder) ||
		    strcmp(e->name, SEKI_WHOLE_MANIFEST) == 0)
			continue;
		if (*n == SEKI_SIGNATURES_MAX)
			return seki_fail(err, SEKI_LIMIT,
			    _("more than %zu signatures"), SEKI_SIGNATURES_MAX);
		if (seki_bundle_stored(b, e, &der[*n], err) == -1)
			return -1;
		sig[*n] = (struct seki_sig){ e->name, der[*n].p, der[*n].n };
		++*n;
	}
	return 0;
}

/* why: of a manifest that is none. */
static int
read_manifest(
    struct seki_bundle *b, const struct seki_err *why, struct seki_err *err)
{
	const struct seki_zip_entry *e = &b->zip.entry[0];
	size_t i;

	if (strcmp(e->name, "manifest.json") != 0)
		return seki_fail(err, SEKI_ZIP, "%s",
		    _("the first entry is not manifest.json: not a bundle"));
	for (i = 0; i < b->zip.n; i++)
		if (entry_ok(&b->zip.entry[i], err) == -1)
			return -1;
	if (seki_bundle_stored(b, e, &b->bytes, err) == -1 ||
	    seki_sha256_of(b->bytes.p, b->bytes.n, b->digest, err) == -1)
		return -1;
	if (b->direct)
		b->manifest = seki_manifest_parse(b->bytes.p, b->bytes.n, err);
	if (b->direct)
		return b->manifest == NULL ? -1 : 0;
	if (b->manifest != NULL)
		return seki_apart_true(b->manifest, &b->bytes, err);
	if (why->reason == SEKI_OK)
		return seki_worker_garbage(err);
	*err = *why;
	return -1;
}

static int
write_all(int fd, const char *p, size_t n, struct seki_err *err)
{
	ssize_t w;

	for (; n > 0; n -= (size_t)w, p += w)
		if ((w = write(fd, p, n)) == -1) {
			if (errno != EINTR)
				return seki_err_errno(
				    err, _("copy to the spool"));
			w = 0;
		}
	return 0;
}

/* The medium is read once: whatever it answers later, this is the bundle. */
static int
copy(struct seki_bundle *b, const char *spool, struct seki_err *err)
{
	struct seki_in *in = seki_in_file(b->path, SEKI_BUNDLE_MAX, err);
	char *buf = malloc(SEKI_CHUNK);
	ssize_t r = -1;

	if (in != NULL)
		in = seki_in_sha256(in, b->sha256, &b->length, err);
	if (buf == NULL)
		(void)seki_err_nomem(err);
	if (in == NULL || buf == NULL ||
	    (b->fd = seki_dir_spool(spool, err)) == -1)
		goto out;
	while ((r = seki_in_read(in, buf, SEKI_CHUNK, err)) > 0) {
		if (b->length > SEKI_BUNDLE_MAX) {
			r = seki_fail(err, SEKI_LIMIT,
			    _("more than %llu bytes"),
			    (unsigned long long)SEKI_BUNDLE_MAX);
			break;
		}
		if (write_all(b->fd, buf, (size_t)r, err) == -1) {
			r = -1;
			break;
		}
	}
out:
	seki_in_free(in);
	free(buf);
	return r == -1 ? -1 : 0;
}

/* Whatever a relay delivered: the archive in its sheet 署名 is the bundle. */
static int
relayed(struct seki_bundle *b, int fd, struct seki_err *err)
{
	struct seki_part part;
	int seal;

	b->relay = seki_relay_open(fd, b->length, b->path, b->spool, b->direct,
	    &seal, &b->nseal, err);
	if (b->relay == NULL)
		return -1;
	b->fd = seal;
	/* A folder is no file: what was copied of it stands for one. */
	if (fd == -1 && seki_zipout_stored(b->relay->whole, &part, err) == -1)
		return -1;
	if (fd == -1) {
		b->length = part.size;
		memcpy(b->sha256, part.sha256, SEKI_SHA256);
	}
	return 0;
}

static int
read_all(struct seki_bundle *b, struct seki_err *err)
{
	struct seki_err why = SEKI_ERR_INIT;
	int fd = b->fd;

	if (fd != -1 && seki_relay_ours(fd))
		b->nseal = b->length;
	else {
		b->fd = -1;
		if (relayed(b, fd, err) == -1)
			return -1;
	}
	if ((b->direct
		    ? seki_work_structure(b->fd, b->nseal, &b->zip, err)
		    : seki_apart_structure(b->fd, b->nseal, &b->zip,
			  &b->manifest, &why, err)) == -1)
		return -1;
	if (read_manifest(b, &why, err) == -1 ||
	    seki_bundle_read_sigs(
		b, "sig/", b->sig, b->der, &b->nsig, err) == -1)
		return -1;
	return b->manifest->parts > 1 ? seki_whole_read(b, err) : 0;
}

static struct seki_bundle *new (
    const char *path, const char *spool, struct seki_err *err)
{
	struct seki_bundle *b = calloc(1, sizeof(*b));

	if (b != NULL)
		b->fd = -1;
	if (b != NULL && (b->path = strdup(path)) != NULL &&
	    (spool == NULL || (b->spool = strdup(spool)) != NULL))
		return b;
	seki_bundle_free(b);
	(void)seki_err_nomem(err);
	return NULL;
}

static int
is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

struct seki_bundle *
seki_bundle_open(const char *path, const char *spool, struct seki_err *err)
{
	struct seki_bundle *b = new (path, spool, err);

	if (b == NULL)
		return NULL;
	if ((is_folder(path) || copy(b, spool, err) == 0) &&
	    read_all(b, err) == 0)
		return b;
	seki_err_object(err, path);
	if (err->reason == SEKI_ZIP)
		seki_err_hint(err, "%s",
		    _("copy the file from the medium again; if the answer "
		      "stays, ask the sender: seki-pack --resend"));
	seki_bundle_free(b);
	return NULL;
}

struct seki_bundle *
seki_bundle_of(int fd, uint64_t length, const char *spool, struct seki_err *err)
{
	struct seki_bundle *b = new ("records.xlsx", spool, err);

	if (b == NULL)
		return NULL;
	b->length = length;
	b->direct = 1;
	if ((b->fd = dup(fd)) == -1)
		(void)seki_err_errno(err, _("read"));
	else if (read_all(b, err) == 0)
		return b;
	seki_bundle_free(b);
	return NULL;
}

const struct seki_manifest *
seki_bundle_manifest(const struct seki_bundle *b)
{
	return b->manifest;
}

const unsigned char *
seki_bundle_digest(const struct seki_bundle *b)
{
	return b->digest;
}

const unsigned char *
seki_bundle_sha256(const struct seki_bundle *b)
{
	return b->sha256;
}

uint64_t
seki_bundle_size(const struct seki_bundle *b)
{
	return b->length;
}

const struct seki_sig *
seki_bundle_sigs(const struct seki_bundle *b, size_t *n)
{
	*n = b->nsig;
	return b->sig;
}

const struct seki_entry *
seki_bundle_file(const struct seki_bundle *b, const char *role)
{
	size_t i;

	for (i = 0; i < b->manifest->nfile; i++)
		if (strcmp(b->manifest->file[i].role, role) == 0)
			return &b->manifest->file[i];
	return NULL;
}

/* An attachment of the manifest, whose name in a relay's may be another now. */
static const struct seki_entry *
attachment(const struct seki_bundle *b, const char *name)
{
	size_t i;

	for (i = 0; i < b->manifest->nfile; i++)
		if (strcmp(b->manifest->file[i].role, "attachment") == 0 &&
		    strcmp(b->manifest->file[i].name, name) == 0)
			return &b->manifest->file[i];
	return NULL;
}

/* The descriptor that holds it, and where, or -1. */
static int
find(const struct seki_bundle *b, const char *name, struct seki_place *place)
{
	const struct seki_zip_entry *e = seki_zip_find(&b->zip, name);
	const struct seki_relay_file *f = NULL;
	const struct seki_entry *a;
	int exact;

	if (e != NULL) {
		*place = e->place;
		return b->fd;
	}
	if (b->set != NULL && strcmp(name, "data/records.jsonl") == 0) {
		*place = b->set->made;
		return b->set->stream;
	}
	if (b->relay == NULL)
		return -1;
	if (strcmp(name, "data/records.jsonl") == 0) {
		*place = b->relay->made;
		return b->relay->stream;
	}
	if ((a = attachment(b, name)) != NULL)
		f = seki_relay_att(b->relay, a, &exact);
	if (f == NULL)
		return -1;
	*place = f->place;
	return b->relay->whole;
}

struct seki_in *
seki_bundle_entry(
    const struct seki_bundle *b, const char *name, struct seki_err *err)
{
	struct seki_buf where = SEKI_BUF_INIT;
	struct seki_place place;
	struct seki_in *in = NULL;
	int fd;

	if ((fd = find(b, name, &place)) == -1)
		(void)seki_fail(err, SEKI_DIGEST, _("%s is missing"), name);
	else if (seki_buf_fmt(&where, err, "%s: %s", b->path, name) == 0)
		in = b->set != NULL || seki_relay_stream(b->relay, fd)
			 ? seki_in_again(fd, where.p, err)
		     : b->direct ? seki_zip_in(fd, &place, where.p, err)
				 : seki_apart_in(fd, &place, where.p, err);
	seki_buf_free(&where);
	if (in == NULL)
		seki_err_object(err, b->path);
	return in;
}

struct seki_stream_in *
seki_bundle_records(const struct seki_bundle *b, struct seki_err *err)
{
	struct seki_buf where = SEKI_BUF_INIT;
	struct seki_stream_in *s = NULL;
	struct seki_place place;
	int fd = find(b, "data/records.jsonl", &place);

	if (fd == -1)
		(void)seki_fail(
		    err, SEKI_DIGEST, _("%s is missing"), "data/records.jsonl");
	else if (seki_buf_fmt(
		     &where, err, "%s: data/records.jsonl", b->path) == 0)
		s = seki_apart_stream(fd, &place, where.p, err);
	seki_buf_free(&where);
	if (s == NULL)
		seki_err_object(err, b->path);
	return s;
}

void
seki_bundle_free(struct seki_bundle *b)
{
	size_t i;

	if (b == NULL)
		return;
	if (b->set != NULL) {
		seki_set_free(b->set);
		free(b->path);
		free(b);
		return;
	}
	for (i = 0; i < SEKI_SIGNATURES_MAX; i++)
		seki_buf_free(&b->der[i]);
	seki_manifest_free(b->manifest);
	seki_buf_free(&b->bytes);
	seki_zip_release(&b->zip);
	seki_relay_free(b->relay);
	seki_whole_free(b->whole);
	free(b->spool);
	if (b->fd != -1)
		(void)close(b->fd);
	free(b->path);
	free(b);
}
