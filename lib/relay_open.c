#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "apart_relay.h"
#include "relay.h"
#include "sigtext.h"

int
seki_relay_ours(int fd)
{
	char buf[30 + 13];

	return pread(fd, buf, sizeof(buf), 0) == (ssize_t)sizeof(buf) &&
	       memcmp(buf, "PK\3\4", 4) == 0 &&
	       memcmp(buf + 30, "manifest.json", 13) == 0;
}

int
seki_relay_add(struct seki_relay *r, const char *name,
    const struct seki_place *place, struct seki_err *err)
{
	struct seki_relay_file *f =
	    reallocarray(r->file, r->nfile + 1, sizeof(*f));

	if (f == NULL)
		return seki_err_nomem(err);
	r->file = f;
	f += r->nfile;
	memset(f, 0, sizeof(*f));
	if ((f->name = strdup(name)) == NULL)
		return seki_err_nomem(err);
	f->place = *place;
	r->nfile++;
	return 0;
}

/* Places for what the parsing writes, then the parsing. */
static int
find(struct seki_relay *r, const char *path, const char *spool, int direct,
    int *seal, uint64_t *nseal, struct seki_err *err)
{
	struct seki_relay_find f = { .r = r,
		.path = path,
		.spool = spool,
		.book = -1,
		.seal = seki_dir_spool(spool, err) };
	int got = -1;

	if (f.seal != -1 && (f.book = seki_dir_spool(spool, err)) != -1)
		got = direct ? seki_relay_find(&f, err)
			     : seki_apart_find(&f, err);
	if (got == -1) {
		if (f.book != -1)
			(void)close(f.book);
		if (f.seal != -1)
			(void)close(f.seal);
		r->book = -1;
		return -1;
	}
	r->book = f.inflated ? f.book : r->whole;
	if (!f.inflated)
		(void)close(f.book);
	*seal = f.seal;
	*nseal = f.nseal;
	return 0;
}

struct seki_relay *
seki_relay_open(int fd, uint64_t length, const char *path, const char *spool,
    int direct, int *seal, uint64_t *nseal, struct seki_err *err)
{
	struct seki_relay *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		(void)seki_err_nomem(err);
		if (fd != -1)
			(void)close(fd);
		return NULL;
	}
	r->book = r->stream = -1;
	r->whole = fd;
	r->nwhole = fd == -1 ? 0 : length;
	if ((fd != -1 || seki_relay_folder(r, path, spool, err) == 0) &&
	    find(r, path, spool, direct, seal, nseal, err) == 0)
		return r;
	seki_relay_free(r);
	return NULL;
}

int
seki_relay_text(const struct seki_relay *r, const struct seki_relay_file *f)
{
	const char *end = strrchr(f->name, '.');
	size_t n = end == NULL ? 0 : (size_t)(end - f->name), i;

	if (strcasecmp(f->name, SEKI_SIGTEXT_FILE) == 0)
		return 1;
	if (n == 0 || strcasecmp(end, ".txt") != 0)
		return 0;
	for (i = 0; i < r->nfile; i++)
		if (strncmp(r->file[i].name, f->name, n) == 0 &&
		    (strcasecmp(r->file[i].name + n, ".xlsx") == 0 ||
			strcasecmp(r->file[i].name + n, ".xlsm") == 0))
			return 1;
	return 0;
}

int
seki_relay_stream(const struct seki_relay *r, int fd)
{
	return r != NULL && fd == r->stream;
}

const struct seki_relay_file *
seki_relay_att(
    const struct seki_relay *r, const struct seki_entry *f, int *exact)
{
	size_t i;

	*exact = 1;
	for (i = 0; i < r->nfile; i++)
		if (r->file[i].known &&
		    memcmp(r->file[i].sha256, f->sha256, SEKI_SHA256) == 0)
			return &r->file[i];
	*exact = 0;
	for (i = 0; i < r->nfile; i++)
		if (strcasecmp(r->file[i].name, f->name) == 0)
			return &r->file[i];
	return NULL;
}

void
seki_relay_free(struct seki_relay *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->nfile; i++)
		free(r->file[i].name);
	free(r->file);
	if (r->book != -1 && r->book != r->whole)
		(void)close(r->book);
	if (r->whole != -1)
		(void)close(r->whole);
	if (r->stream != -1)
		(void)close(r->stream);
	free(r);
}
