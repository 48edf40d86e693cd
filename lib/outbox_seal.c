#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender_int.h"

/* The manifest of a bundle that is kept, or NULL. */
static struct seki_manifest *
manifest(int fd, struct seki_err *err)
{
	const struct seki_zip_entry *e;
	struct seki_manifest *m = NULL;
	struct seki_buf text = SEKI_BUF_INIT;
	struct seki_zip zip;
	struct stat st;
	size_t n;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    seki_zip_open(
		fd, 0, (uint64_t)st.st_size, SEKI_ZIP_OWN, &zip, err) == -1)
		return NULL;
	e = seki_zip_find(&zip, "manifest.json");
	if (e != NULL && !e->place.deflated &&
	    e->place.size <= SEKI_MANIFEST_MAX) {
		n = (size_t)e->place.size;
		if (seki_buf_room(&text, n, err) == 0 &&
		    pread(fd, text.p, n, (off_t)e->place.at) == (ssize_t)n)
			m = seki_manifest_parse(text.p, n, err);
	}
	seki_buf_free(&text);
	seki_zip_release(&zip);
	return m;
}

static int
same(const struct seki_manifest *m, const struct seki_recipients *to)
{
	size_t i;

	if (m->nrecipient != to->n)
		return 0;
	for (i = 0; i < to->n; i++)
		if (strcmp(m->recipient[i], to->id[i]) != 0)
			return 0;
	return 1;
}

int
seki_outbox_sealed(const struct seki_sender *s, const struct seki_sent *b,
    const struct seki_recipients *to)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf path = SEKI_BUF_INIT;
	struct seki_manifest *m = NULL;
	int fd = -1, r;

	if (seki_outbox_path(s, b, &path, &err) == 0)
		fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd != -1) {
		m = manifest(fd, &err);
		(void)close(fd);
	}
	/* What cannot be read is a matter of whoever hands it out. */
	r = m == NULL ? to->n == 0 : same(m, to);
	seki_manifest_free(m);
	seki_buf_free(&path);
	return r;
}
