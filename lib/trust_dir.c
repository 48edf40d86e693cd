#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust_int.h"

int
seki_trust_slurp(const char *dir, const char *name, int anybody, size_t max,
    struct seki_buf *buf, struct seki_err *err)
{
	char path[1024];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return seki_fail(
		    err, SEKI_FILE, "%s: %s", name, _("the name is too long"));
	return anybody ? seki_in_slurp(path, max, buf, err)
		       : seki_in_believed(path, max, buf, err);
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* 7.json; a leading zero would give one version two names. */
static uint64_t
version_of(const char *name)
{
	char *end;
	unsigned long long n;

	if (*name < '1' || *name > '9' || strlen(name) > 20)
		return 0;
	n = strtoull(name, &end, 10);
	return strcmp(end, ".json") == 0 ? n : 0;
}

/* Fills *list; the folder is open. */
static int
numbers(DIR *d, uint64_t **list, size_t *n, struct seki_err *err)
{
	struct dirent *e;
	uint64_t v, *more;

	errno = 0;
	while ((e = readdir(d)) != NULL) {
		if ((v = version_of(e->d_name)) == 0)
			continue;
		if (*n == SEKI_TRUST_VERSIONS)
			return seki_fail(
			    err, SEKI_LIMIT, "%s", _("too many trust files"));
		more = reallocarray(*list, *n + 1, sizeof(*more));
		if (more == NULL)
			return seki_err_nomem(err);
		*list = more;
		more[(*n)++] = v;
		errno = 0;
	}
	if (errno != 0)
		return seki_err_errno(err, _("trust folder"));
	if (*n == 0) {
		seki_err_hint(err, "seki-key accept --trust DIR SOURCE");
		return seki_fail(err, SEKI_CONFIG, "%s",
		    _("no trust file (1.json) in this folder"));
	}
	qsort(*list, *n, sizeof(**list), by_number);
	return 0;
}

int
seki_trust_versions(
    const char *dir, uint64_t **version, size_t *n, struct seki_err *err)
{
	DIR *d = opendir(dir);
	int r;

	*version = NULL;
	*n = 0;
	if (d == NULL)
		return seki_err_errno(err, _("trust folder"));
	r = numbers(d, version, n, err);
	(void)closedir(d);
	if (r == -1) {
		free(*version);
		*version = NULL;
	}
	return r;
}

/* N.KEYID16.p7s: the name only says which version it is for. */
static int
is_sig(const char *name, const char *prefix)
{
	size_t n = strlen(prefix), len = strlen(name);

	return strncmp(name, prefix, n) == 0 && len > n + 4 && len < 64 &&
	       strcmp(name + len - 4, ".p7s") == 0;
}

static int
sigs(DIR *d, const struct seki_trust *t, const char *prefix,
    struct seki_trust_sigs *all, struct seki_err *err)
{
	struct seki_trust_sig *s;
	struct dirent *e;

	errno = 0;
	while ((e = readdir(d)) != NULL) {
		if (!is_sig(e->d_name, prefix))
			continue;
		if (all->n == SEKI_SIGNATURES_MAX)
			return seki_fail(err, SEKI_LIMIT, "%sjson: %s", prefix,
			    _("too many signatures"));
		s = &all->sig[all->n++];
		(void)snprintf(s->name, sizeof(s->name), "%.63s", e->d_name);
		s->der = (struct seki_buf)SEKI_BUF_INIT;
		if (seki_trust_slurp(t->dir, s->name, t->keep,
			SEKI_SIGNATURE_MAX, &s->der, err) == -1)
			return -1;
		errno = 0;
	}
	return errno == 0 ? 0 : seki_err_errno(err, _("trust folder"));
}

int
seki_trust_sigs_read(const struct seki_trust *t, uint64_t version,
    struct seki_trust_sigs *all, struct seki_err *err)
{
	DIR *d = opendir(t->dir);
	char prefix[32];
	int r;

	all->n = 0;
	if (d == NULL)
		return seki_err_errno(err, _("trust folder"));
	(void)snprintf(
	    prefix, sizeof(prefix), "%llu.", (unsigned long long)version);
	r = sigs(d, t, prefix, all, err);
	(void)closedir(d);
	if (r == -1)
		seki_trust_sigs_free(all);
	return r;
}

void
seki_trust_sigs_free(struct seki_trust_sigs *all)
{
	while (all->n > 0)
		seki_buf_free(&all->sig[--all->n].der);
}
