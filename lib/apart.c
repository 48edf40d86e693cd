#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apart.h"
#include "manifest_int.h"

/* A directory of 4 MiB and a manifest of 1 MiB, with what stands around each
 * of their texts. */
#define ANSWER (12 * SEKI_MIB)
/* A name as the directory has it. */
#define NAME 65535

struct job {
	int fd;
	uint64_t length;
	struct seki_zip *zip;
	struct seki_manifest **m;
	struct seki_err *why;
	const struct seki_place *place; /* of a manifest alone */
};

static void
say_zip(struct seki_answer *a, const struct seki_zip *zip)
{
	const struct seki_place *p;
	size_t i;

	seki_answer_uint(a, zip->n);
	for (i = 0; i < zip->n; i++) {
		p = &zip->entry[i].place;
		seki_answer_text(a, zip->entry[i].name);
		seki_answer_uint(a, p->at);
		seki_answer_uint(a, p->packed);
		seki_answer_uint(a, p->size);
		seki_answer_uint(a, p->crc);
		seki_answer_uint(a, (uint64_t)p->deflated);
	}
}

static void
say_member(struct seki_answer *a, const struct seki_manifest *m,
    const struct seki_manifest_member *f)
{
	switch (f->kind) {
	case SEKI_M_TEXT:
		seki_answer_text(a, *SEKI_M_READ(m, f, char *));
		break;
	case SEKI_M_PREV:
		seki_answer_text(a, m->prev);
		break;
	case SEKI_M_UINT:
		seki_answer_uint(a, *SEKI_M_READ(m, f, uint64_t));
		break;
	case SEKI_M_BOOL:
		seki_answer_uint(a, *SEKI_M_READ(m, f, int) != 0);
		break;
	case SEKI_M_TIME:
	case SEKI_M_TIME_OR_NONE:
		seki_answer_uint(a, (uint64_t)*SEKI_M_READ(m, f, seki_time));
		break;
	case SEKI_M_DIGEST:
		seki_answer_bytes(
		    a, SEKI_M_READ(m, f, unsigned char), SEKI_SHA256);
		break;
	}
}

static void
say_manifest(struct seki_answer *a, const struct seki_manifest *m)
{
	const struct seki_manifest_member *f;
	size_t i;

	for (f = seki_manifest_members; f->key != NULL; f++)
		say_member(a, m, f);
	seki_answer_uint(a, m->nfile);
	for (i = 0; i < m->nfile; i++) {
		seki_answer_text(a, m->file[i].name);
		seki_answer_text(a, m->file[i].role);
		seki_answer_uint(a, m->file[i].size);
		seki_answer_bytes(a, m->file[i].sha256, SEKI_SHA256);
	}
	seki_answer_uint(a, m->nrecipient);
	for (i = 0; i < m->nrecipient; i++)
		seki_answer_text(a, m->recipient[i]);
	seki_answer_uint(a, m->nnote);
	for (i = 0; i < 2 * m->nnote; i++)
		seki_answer_text(a, m->note[i]);
}

static struct seki_manifest *
parse(const struct job *j, const struct seki_place *p, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_manifest *m = NULL;
	ssize_t r;

	if (seki_buf_room(&b, (size_t)p->size, err) == -1)
		return NULL;
	while (b.n < p->size) {
		r = pread(j->fd, b.p + b.n, (size_t)p->size - b.n,
		    (off_t)(p->at + b.n));
		if (r <= 0)
			break;
		b.n += (size_t)r;
	}
	if (b.n < p->size)
		(void)seki_fail(
		    err, SEKI_ZIP, "%s", _("the file became shorter"));
	else
		m = seki_manifest_parse(b.p, b.n, err);
	seki_buf_free(&b);
	return m;
}

/* 0: none, 1: a manifest, 2: a failure. */
static void
say_parsed(const struct job *j, const struct seki_place *p,
    struct seki_answer *a)
{
	struct seki_err why = SEKI_ERR_INIT;
	struct seki_manifest *m = parse(j, p, &why);

	seki_answer_uint(a, m == NULL ? 2 : 1);
	if (m == NULL)
		seki_answer_err(a, &why);
	else
		say_manifest(a, m);
	seki_manifest_free(m);
}

static int
run(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	struct job *j = ctx;
	const struct seki_zip_entry *e;

	if (seki_work_structure(j->fd, j->length, j->zip, err) == -1)
		return -1;
	say_zip(a, j->zip);
	e = &j->zip->entry[0];
	if (strcmp(e->name, "manifest.json") != 0 || e->place.deflated ||
	    e->place.size > SEKI_MANIFEST_MAX) {
		seki_answer_uint(a, 0);
		return 0;
	}
	say_parsed(j, &e->place, a);
	return 0;
}

/* Names stand where zip.c has them: each with its NUL in one piece. */
static int
hear_zip(struct seki_heard *h, uint64_t length, struct seki_zip *zip,
    struct seki_err *err)
{
	size_t i, len, n = seki_heard_count(h, SEKI_ENTRIES_MAX);
	struct seki_place *p;
	const char *s;
	char *name;

	zip->entry = calloc(n + 1, sizeof(*zip->entry));
	zip->names = name = malloc((size_t)(h->end - h->p) + 1);
	if (zip->entry == NULL || zip->names == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < n && !h->bad; i++) {
		s = seki_heard_text(h, &len, NAME);
		memcpy(name, s, len + 1);
		zip->entry[i].name = name;
		p = &zip->entry[i].place;
		p->at = seki_heard_uint(h, length);
		p->packed = seki_heard_uint(h, length - p->at);
		p->size = seki_heard_uint(h, SEKI_INFLATED_MAX);
		p->crc = (uint32_t)seki_heard_uint(h, UINT32_MAX);
		p->deflated = (int)seki_heard_uint(h, 1);
		if (!seki_zip_name_ok(name, len, 1) ||
		    (!p->deflated && p->size != p->packed))
			h->bad = 1;
		name += len + 1;
	}
	zip->n = h->bad ? 0 : n;
	return h->bad || n == 0 ? seki_worker_garbage(err) : 0;
}

static int
hear_member(struct seki_heard *h, struct seki_manifest *m,
    const struct seki_manifest_member *f, struct seki_err *err)
{
	switch (f->kind) {
	case SEKI_M_TEXT:
		return seki_manifest_set(SEKI_M_AT(m, f, char *),
		    seki_heard_text(h, NULL, SEKI_MANIFEST_MAX), err);
	case SEKI_M_PREV:
		seki_heard_copy(h, m->prev, sizeof(m->prev));
		break;
	case SEKI_M_UINT:
		*SEKI_M_AT(m, f, uint64_t) =
		    seki_heard_uint(h, SEKI_M_UINT_MAX);
		break;
	case SEKI_M_BOOL:
		*SEKI_M_AT(m, f, int) = (int)seki_heard_uint(h, 1);
		break;
	case SEKI_M_TIME:
	case SEKI_M_TIME_OR_NONE:
		*SEKI_M_AT(m, f, seki_time) =
		    (seki_time)seki_heard_uint(h, UINT64_MAX);
		break;
	case SEKI_M_DIGEST:
		seki_heard_exact(
		    h, SEKI_M_AT(m, f, unsigned char), SEKI_SHA256);
		break;
	}
	return 0;
}

static int
hear_files(struct seki_heard *h, struct seki_manifest *m, struct seki_err *err)
{
	size_t i, n = seki_heard_count(h, SEKI_ENTRIES_MAX);
	unsigned char sha256[SEKI_SHA256];
	const char *name, *role;
	uint64_t size;

	for (i = 0; i < n && !h->bad; i++) {
		name = seki_heard_text(h, NULL, NAME);
		role = seki_heard_text(h, NULL, NAME);
		size = seki_heard_uint(h, SEKI_M_UINT_MAX);
		seki_heard_exact(h, sha256, sizeof(sha256));
		/* In their order, else putting them there takes too long. */
		if (m->nfile > 0 &&
		    strcmp(m->file[m->nfile - 1].name, name) >= 0)
			h->bad = 1;
		if (!h->bad &&
		    seki_manifest_file(m, name, role, size, sha256, err) == -1)
			return -1;
	}
	return 0;
}

static int
hear_lists(struct seki_heard *h, struct seki_manifest *m, struct seki_err *err)
{
	size_t i, n;
	const char *name;

	if (hear_files(h, m, err) == -1)
		return -1;
	n = seki_heard_count(h, SEKI_MANIFEST_MAX);
	m->recipient = calloc(n + 1, sizeof(*m->recipient));
	if (m->recipient == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < n && !h->bad; i++, m->nrecipient++)
		if (seki_manifest_set(&m->recipient[i],
			seki_heard_text(h, NULL, NAME), err) == -1)
			return -1;
	n = seki_heard_count(h, SEKI_NOTES_MAX);
	for (i = 0; i < n && !h->bad; i++) {
		name = seki_heard_text(h, NULL, SEKI_MANIFEST_MAX);
		if (seki_manifest_note(m, name,
			seki_heard_text(h, NULL, SEKI_MANIFEST_MAX), err) == -1)
			return -1;
	}
	return 0;
}

static struct seki_manifest *
hear_manifest(struct seki_heard *h, struct seki_err *err)
{
	struct seki_manifest *m = seki_manifest_new(err);
	const struct seki_manifest_member *f;
	int r = m == NULL ? -1 : 0;

	for (f = seki_manifest_members; r == 0 && f->key != NULL; f++)
		r = hear_member(h, m, f, err);
	if (r == 0)
		r = hear_lists(h, m, err);
	if (r == 0 && !h->bad)
		return m;
	seki_manifest_free(m);
	if (r == 0)
		(void)seki_worker_garbage(err);
	return NULL;
}

/* After say_parsed, to the end. */
static int
hear_parsed(struct seki_heard *h, struct seki_manifest **m,
    struct seki_err *why, struct seki_err *err)
{
	uint64_t what = seki_heard_uint(h, 2);

	*m = NULL;
	if (what == 1)
		*m = hear_manifest(h, err);
	else if (what == 2)
		seki_heard_err(h, why);
	if (err->reason == SEKI_OK && seki_heard_end(h))
		return 0;
	seki_manifest_free(*m);
	*m = NULL;
	return seki_worker_garbage(err);
}

int
seki_apart_hear_structure(struct seki_heard *h, uint64_t length,
    struct seki_zip *zip, struct seki_manifest **m, struct seki_err *why,
    struct seki_err *err)
{
	memset(zip, 0, sizeof(*zip));
	*m = NULL;
	if (hear_zip(h, length, zip, err) == 0 &&
	    hear_parsed(h, m, why, err) == 0)
		return 0;
	seki_zip_release(zip);
	return seki_worker_garbage(err);
}

static int
take(void *ctx, struct seki_heard *h, struct seki_err *err)
{
	struct job *j = ctx;

	return seki_apart_hear_structure(
	    h, j->length, j->zip, j->m, j->why, err);
}

int
seki_apart_structure(int fd, uint64_t length, struct seki_zip *zip,
    struct seki_manifest **m, struct seki_err *why, struct seki_err *err)
{
	struct job j = {
		.fd = fd, .length = length, .zip = zip, .m = m, .why = why
	};
	const struct seki_worker_job job = { .run = run,
		.take = take,
		.ctx = &j,
		.in = { fd },
		.nin = 1,
		.part = ANSWER };

	memset(zip, 0, sizeof(*zip));
	*m = NULL;
	return seki_worker_run(&job, err);
}

static int
run_manifest(void *ctx, struct seki_answer *a, struct seki_err *err)
{
	const struct job *j = ctx;

	(void)err;
	say_parsed(j, j->place, a);
	return 0;
}

static int
take_manifest(void *ctx, struct seki_heard *h, struct seki_err *err)
{
	struct job *j = ctx;

	return hear_parsed(h, j->m, j->why, err);
}

int
seki_apart_manifest(int fd, const struct seki_place *place,
    struct seki_manifest **m, struct seki_err *why, struct seki_err *err)
{
	struct job j = { .fd = fd, .place = place, .m = m, .why = why };
	const struct seki_worker_job job = { .run = run_manifest,
		.take = take_manifest,
		.ctx = &j,
		.in = { fd },
		.nin = 1,
		.part = ANSWER };

	*m = NULL;
	return seki_worker_run(&job, err);
}

int
seki_apart_true(const struct seki_manifest *m, const struct seki_buf *bytes,
    struct seki_err *err)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	struct seki_buf again = SEKI_BUF_INIT;
	int r = seki_manifest_format(m, &again, &ignored);

	if (r == -1 && ignored.reason == SEKI_NOMEM)
		(void)seki_err_nomem(err);
	else if (r == -1 || again.n != bytes->n ||
		 memcmp(again.p, bytes->p, again.n) != 0)
		r = seki_worker_garbage(err);
	seki_buf_free(&again);
	return r;
}
