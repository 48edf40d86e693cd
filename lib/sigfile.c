#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sigfile.h"
#include "sigtext.h"

static int
put(void *ctx, const char *cell, size_t n, struct seki_err *err)
{
	return seki_out_write(ctx, cell, n, err) == -1
		   ? -1
		   : seki_out_write(ctx, "\n", 1, err);
}

struct sum {
	struct seki_sha256 sha;
	uint64_t n;
};

static int
add(void *ctx, const char *cell, size_t n, struct seki_err *err)
{
	struct sum *s = ctx;

	(void)err;
	seki_sha256_add(&s->sha, cell, n);
	seki_sha256_add(&s->sha, "\n", 1);
	s->n += n + 1;
	return 0;
}

/* What stands in the file there is the text: 1, 0, -1. */
static int
equal(int there, int fd, uint64_t length, struct seki_err *err)
{
	unsigned char sha256[SEKI_SHA256];
	struct sum s = { .n = 0 };
	struct seki_part part;
	struct stat st;
	int r;

	if (fstat(there, &st) == -1 || !S_ISREG(st.st_mode))
		return 0;
	if (seki_zipout_stored(there, &part, err) == -1 ||
	    seki_sha256_init(&s.sha, err) == -1)
		return -1;
	seki_sha256_restart(&s.sha);
	r = seki_sigtext_write(fd, length, add, &s, err);
	seki_sha256_end(&s.sha, sha256);
	seki_sha256_free(&s.sha);
	if (r == -1)
		return -1;
	return part.size == s.n &&
	       memcmp(part.sha256, sha256, SEKI_SHA256) == 0;
}

/* As a run that was interrupted left it. */
static int
stands(const char *path, int fd, uint64_t length, struct seki_err *err)
{
	int there = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int r = there == -1 ? 0 : equal(there, fd, length, err);

	if (there != -1)
		(void)close(there);
	if (r == -1)
		seki_err_object(err, path);
	return r;
}

int
seki_sigfile_make(struct seki_sigfile *f, const char *book, int fd,
    uint64_t length, struct seki_err *err)
{
	size_t n = strlen(book);
	int r;

	assert(n > 5);
	if (asprintf(&f->path, "%.*s.txt", (int)(n - 5), book) == -1) {
		f->path = NULL;
		return seki_err_nomem(err);
	}
	if ((r = stands(f->path, fd, length, err)) != 0)
		return r == 1 ? 0 : -1;
	f->out = seki_out_file(f->path, 0600, SEKI_OUT_NEW, err);
	if (f->out == NULL ||
	    seki_sigtext_write(fd, length, put, f->out, err) == -1)
		return -1;
	return seki_out_flush(f->out, err);
}

int
seki_sigfile_place(struct seki_sigfile *f, struct seki_err *err)
{
	struct seki_out *out = f->out;

	f->out = NULL;
	if (out == NULL)
		return 0;
	if (seki_out_commit(out, err) == -1)
		return -1;
	f->named = 1;
	return 0;
}

void
seki_sigfile_undo(struct seki_sigfile *f)
{
	if (f->named)
		(void)unlink(f->path);
	f->named = 0;
}

void
seki_sigfile_release(struct seki_sigfile *f)
{
	seki_out_abort(f->out);
	free(f->path);
	memset(f, 0, sizeof(*f));
}
