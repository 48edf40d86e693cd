#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "relay.h"

/* What file managers leave behind. */
static int
litter(const char *name)
{
	return name[0] == '.' || strncmp(name, "~$", 2) == 0 ||
	       strcasecmp(name, "Thumbs.db") == 0 ||
	       strcasecmp(name, "desktop.ini") == 0;
}

/* Its bytes behind those of the others; n: how many of them and of it. */
static int
append(struct seki_relay *r, struct seki_in *in, struct seki_place *p,
    struct seki_err *err)
{
	unsigned char buf[SEKI_CHUNK];
	ssize_t n, w;

	p->at = r->nwhole;
	p->crc = (uint32_t)crc32(0, NULL, 0);
	while ((n = seki_in_read(in, buf, sizeof(buf), err)) > 0) {
		w = pwrite(r->whole, buf, (size_t)n, (off_t)r->nwhole);
		if (w != n)
			return seki_err_errno(err, _("copy to the spool"));
		p->crc = (uint32_t)crc32(p->crc, buf, (uInt)n);
		r->nwhole += (uint64_t)n;
		if (r->nwhole > SEKI_BUNDLE_MAX)
			return seki_fail(err, SEKI_LIMIT,
			    _("more than %llu bytes"),
			    (unsigned long long)SEKI_BUNDLE_MAX);
	}
	p->packed = p->size = r->nwhole - p->at;
	return n == -1 ? -1 : 0;
}

/* One file of the folder, copied: the folder may change under us. */
static int
take(struct seki_relay *r, int dir, const char *name, struct seki_err *err)
{
	int fd =
	    openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct seki_place place = { .at = 0 };
	struct seki_in *in;
	struct stat st = { .st_mode = 0 };
	int got;

	/* A socket does not even open. */
	if (fd == -1 && errno != ENXIO)
		return seki_err_errno(err, name);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		if (fd != -1)
			(void)close(fd);
		if (S_ISDIR(st.st_mode))
			seki_err_hint(err, "%s",
			    _("give the folder in which the workbook and its "
			      "attachments lie themselves"));
		return seki_fail(
		    err, SEKI_FILE, _("%s: not a regular file"), name);
	}
	if ((in = seki_in_fd(fd, name, err)) == NULL)
		return -1;
	got = append(r, in, &place, err);
	seki_in_free(in);
	return got == -1 ? -1 : seki_relay_add(r, name, &place, err);
}

int
seki_relay_folder(struct seki_relay *r, const char *path, const char *spool,
    struct seki_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	int got = 0;

	if (dir == NULL) {
		if (fd != -1)
			(void)close(fd);
		return seki_err_errno(err, path);
	}
	r->folder = 1;
	if (faccessat(fd, "manifest.json", F_OK, 0) == 0 &&
	    faccessat(fd, "sig/.", F_OK, 0) == 0) {
		(void)closedir(dir);
		seki_err_hint(err, "%s",
		    _("name the .zip as it came; it is not to be unpacked"));
		return seki_fail(
		    err, SEKI_ZIP, "%s", _("a bundle that was unpacked"));
	}
	if ((r->whole = seki_dir_spool(spool, err)) == -1)
		got = -1;
	while (got == 0 && (errno = 0, e = readdir(dir)) != NULL) {
		if (litter(e->d_name))
			continue;
		if (r->nfile == SEKI_ENTRIES_MAX)
			got = seki_fail(err, SEKI_LIMIT,
			    _("more than %d files"), (int)SEKI_ENTRIES_MAX);
		else
			got = take(r, fd, e->d_name, err);
	}
	if (got == 0 && errno != 0)
		got = seki_err_errno(err, path);
	(void)closedir(dir);
	return got;
}
