#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay_int.h"
#include "sheet_int.h"
#include "sigtext.h"
#include "xlsx.h"

/* Of a text that came in place of the bundle, this much is shown. */
#define SHOWN 240
/* A text file larger than this is no third copy of a signature. */
#define TEXT_MAX (512 * SEKI_MIB)

static ssize_t
begin_of(int fd, uint64_t at, char *buf, size_t n)
{
	return pread(fd, buf, n, (off_t)at);
}

int
seki_relay_ours(int fd)
{
	char buf[30 + 13];

	return begin_of(fd, 0, buf, sizeof(buf)) == (ssize_t)sizeof(buf) &&
	       memcmp(buf, "PK\3\4", 4) == 0 &&
	       memcmp(buf + 30, "manifest.json", 13) == 0;
}

static int
ends(const char *name, const char *with)
{
	size_t n = strlen(name), w = strlen(with);

	return n > w && strcasecmp(name + n - w, with) == 0;
}

/* What was read as UTF-8, into out, which holds half as much again: a byte
 * order mark tells UTF-16. */
static size_t
plain(const char *buf, size_t n, char *out)
{
	const unsigned char *u = (const unsigned char *)buf;
	int le = n >= 2 && memcmp(buf, "\xFF\xFE", 2) == 0;
	int be = n >= 2 && memcmp(buf, "\xFE\xFF", 2) == 0;
	size_t i, to = 0, skip = 0;
	uint32_t c;

	if (!le && !be) {
		if (n >= 3 && memcmp(buf, "\xEF\xBB\xBF", 3) == 0)
			skip = 3;
		memcpy(out, buf + skip, n - skip);
		return n - skip;
	}
	for (i = 2; i + 1 < n; i += 2) {
		c = u[i + (size_t)be] | (uint32_t)u[i + (size_t)le] << 8;
		to += seki_text_put(
		    out + to, c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c);
	}
	return to;
}

static int
looks_text(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 &&
		    strchr("\t\r\n\f\x1A", s[i]) == NULL)
			return 0;
	return n > 0;
}

/* A gate that stops a file often delivers a report under its name. */
static int
report(int fd, uint64_t at, const char *name, struct seki_err *err)
{
	char raw[2048], buf[sizeof(raw) * 3 / 2];
	ssize_t got = begin_of(fd, at, raw, sizeof(raw));
	size_t n = got > 0 ? (size_t)got : 0;
	struct seki_buf shown = SEKI_BUF_INIT;

	if (n >= 4 && memcmp(raw, "%PDF", 4) == 0)
		return seki_fail(err, SEKI_ZIP, "%s",
		    _("a PDF came in place of the bundle"));
	n = plain(raw, n, buf);
	if (!looks_text(buf, n))
		return 0;
	if (n > SHOWN)
		n = (size_t)seki_text_cut(buf, SHOWN);
	if (seki_text_utf8(buf, n, NULL))
		(void)seki_text_show(&shown, buf, n, err);
	seki_err_hint(
	    err, "%s", _("ask who runs the relay why it stopped the file"));
	if (shown.n > 0)
		(void)seki_fail(err, SEKI_ZIP,
		    _("a text came in place of the bundle (%s); it begins: "
		      "%s"),
		    name, shown.p);
	else
		(void)seki_fail(err, SEKI_ZIP,
		    _("a text came in place of the bundle (%s)"), name);
	seki_buf_free(&shown);
	return -1;
}

static int
add(struct seki_relay *r, const char *name, int fd, int own,
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
	f->fd = fd;
	f->own = own;
	f->place = *place;
	r->nfile++;
	return 0;
}

/* Whatever it yields, in a file of its own. */
static int
spooled(const struct seki_relay_file *f, const char *spool, uint64_t *length,
    struct seki_err *err)
{
	struct seki_in *in = seki_zip_in(f->fd, &f->place, f->name, err);
	off_t end;
	int fd;

	if (in == NULL)
		return -1;
	fd = seki_in_spool(spool, in, err);
	seki_in_free(in);
	if (fd == -1)
		return -1;
	if ((end = lseek(fd, 0, SEEK_END)) == -1) {
		(void)seki_err_errno(err, _("read"));
		(void)close(fd);
		return -1;
	}
	*length = (uint64_t)end;
	return fd;
}

/* The cells of one sheet, whichever of them are of a signature. */
static int
from_sheet(struct seki_sigtext *s, struct seki_xlsx *x, size_t sheet,
    struct seki_err *err)
{
	struct seki_xlsx_rows *rows = seki_xlsx_rows(x, sheet, err);
	struct seki_cells *row;
	size_t i;
	int r = -1;

	if (rows == NULL)
		return -1;
	while ((r = seki_xlsx_next(rows, &row, err)) == 1)
		for (i = 0; i < row->n; i++)
			if (seki_sigtext_take(
				s, row->cell[i].p, row->cell[i].n, err) == -1) {
				r = -1;
				goto out;
			}
out:
	seki_xlsx_rows_free(rows);
	return r;
}

/* The sheet of that name first: mostly the others need not be read. */
static int
from_book(struct seki_sigtext *s, int fd, uint64_t at, uint64_t length,
    struct seki_err *err)
{
	struct seki_xlsx *x = seki_xlsx_open(fd, at, length, err);
	size_t i;
	int r = x == NULL ? -1 : 0, pass;

	for (pass = 0; pass < 2 && r == 0; pass++)
		for (i = 0; r == 0 && i < seki_xlsx_sheets(x); i++)
			if ((strcmp(seki_xlsx_name(x, i), SEKI_SHEET_SEAL) ==
				0) == (pass == 0) &&
			    !seki_sigtext_whole(s))
				r = from_sheet(s, x, i, err);
	seki_xlsx_free(x);
	return r;
}

/* The third copy: a text with a cell a line. */
static int
from_text(struct seki_sigtext *s, const struct seki_relay_file *f,
    struct seki_err *err)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	struct seki_in *in = seki_zip_in(f->fd, &f->place, f->name, err);
	char *line;
	size_t n;
	int r = 0;

	if (in == NULL)
		return -1;
	while (r != -1 &&
	       seki_in_line(in, &line, &n, SEKI_RECORD_MAX, &ignored) == 1)
		r = seki_sigtext_take(s, line, n, err);
	seki_in_free(in);
	return r == -1 ? -1 : 0;
}

static int
from_texts(struct seki_relay *r, struct seki_sigtext *s, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < r->nfile && !seki_sigtext_whole(s); i++)
		if (ends(r->file[i].name, ".txt") &&
		    r->file[i].place.size <= TEXT_MAX &&
		    from_text(s, &r->file[i], err) == -1)
			return -1;
	return 0;
}

static int
is_workbook(const char *name)
{
	return ends(name, ".xlsx") || ends(name, ".xlsm");
}

/* One workbook and a text: the signature may be in that alone. */
static int
beside(const struct seki_relay *r)
{
	size_t i, books = 0, texts = 0;

	for (i = 0; i < r->nfile; i++) {
		books += (size_t)is_workbook(r->file[i].name);
		texts += (size_t)ends(r->file[i].name, ".txt");
	}
	return books == 1 && texts > 0;
}

/* The workbook is the one with a signature: attachments may be workbooks, too.
 */
static int
choose(struct seki_relay *r, const char *spool, struct seki_sigtext **s,
    struct seki_err *err)
{
	struct seki_err own;
	struct seki_sigtext *now;
	uint64_t length;
	size_t i, books = 0;
	int fd, got;

	for (i = 0; i < r->nfile; i++) {
		if (!is_workbook(r->file[i].name))
			continue;
		books++;
		memset(&own, 0, sizeof(own));
		if ((fd = spooled(&r->file[i], spool, &length, err)) == -1)
			return -1;
		if ((now = seki_sigtext_new(spool, err)) == NULL) {
			(void)close(fd);
			return -1;
		}
		got = from_book(now, fd, 0, length, &own);
		if (got == 0 && (seki_sigtext_any(now) || beside(r))) {
			if (r->fd != -1) {
				seki_sigtext_free(now);
				(void)close(fd);
				return seki_fail(err, SEKI_ZIP, "%s",
				    _("two workbooks with a signature are in "
				      "it; give them one by one"));
			}
			r->fd = fd;
			r->at = 0;
			r->length = length;
			r->file[i].taken = 1;
			*s = now;
			continue;
		}
		if (books == 1 || got == -1)
			*err = own;
		seki_sigtext_free(now);
		(void)close(fd);
	}
	if (r->fd != -1) {
		seki_err_clear(err);
		return 0;
	}
	if (books > 0 && err->reason != SEKI_OK)
		return -1;
	for (i = 0; books == 0 && i < r->nfile; i++)
		if (!r->file[i].place.deflated &&
		    report(r->file[i].fd, r->file[i].place.at, r->file[i].name,
			err) == -1)
			return -1;
	seki_err_hint(err, "%s",
	    _("is it the right file? A relay delivers a workbook with a sheet "
	      "署名, alone or with its attachments"));
	return seki_fail(err, SEKI_ZIP, "%s",
	    books == 0 ? _("no workbook is in it: not a bundle")
		       : _("no workbook in it has a signature: not a bundle"));
}

/* Entries of an archive that others may have written anew. */
static int
archive(struct seki_relay *r, int fd, const struct seki_zip *zip,
    struct seki_err *err)
{
	const char *base;
	size_t i;

	for (i = 0; i < zip->n; i++) {
		base = strrchr(zip->entry[i].name, '/');
		base = base == NULL ? zip->entry[i].name : base + 1;
		if (base[0] != '\0' &&
		    add(r, base, fd, 0, &zip->entry[i].place, err) == -1)
			return -1;
	}
	return 0;
}

static int
is_book(const struct seki_zip *zip)
{
	return seki_zip_find(zip, "[Content_Types].xml") != NULL;
}

static int
file(struct seki_relay *r, int fd, uint64_t length, const char *path,
    const char *spool, struct seki_sigtext **s, struct seki_err *err)
{
	struct seki_zip zip = { .entry = NULL };
	int got;

	if (report(fd, 0, path, err) == -1 ||
	    seki_zip_open(fd, 0, length, SEKI_ZIP_OTHERS, &zip, err) == -1)
		return -1;
	if (is_book(&zip)) {
		r->length = length;
		if ((r->fd = dup(fd)) == -1)
			got = seki_err_errno(err, _("read"));
		else if ((*s = seki_sigtext_new(spool, err)) == NULL)
			got = -1;
		else
			got = from_book(*s, fd, 0, length, err);
	} else if ((got = archive(r, fd, &zip, err)) == 0)
		got = choose(r, spool, s, err);
	seki_zip_release(&zip);
	return got;
}

/* What file managers leave behind. */
static int
litter(const char *name)
{
	return name[0] == '.' || strncmp(name, "~$", 2) == 0 ||
	       strcasecmp(name, "Thumbs.db") == 0 ||
	       strcasecmp(name, "desktop.ini") == 0;
}

/* One file of the folder, copied: the folder may change under us. */
static int
take(struct seki_relay *r, int dir, const char *name, const char *spool,
    uint64_t *sum, struct seki_err *err)
{
	int fd =
	    openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct seki_place place = { .at = 0 };
	struct seki_part part;
	struct seki_in *in;
	struct stat st;

	if (fd == -1)
		return seki_err_errno(err, name);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return seki_fail(
		    err, SEKI_FILE, _("%s: not a regular file"), name);
	}
	if ((*sum += (uint64_t)st.st_size) > SEKI_BUNDLE_MAX) {
		(void)close(fd);
		return seki_fail(err, SEKI_LIMIT, _("more than %llu bytes"),
		    (unsigned long long)SEKI_BUNDLE_MAX);
	}
	if ((in = seki_in_fd(fd, name, err)) == NULL)
		return -1;
	fd = seki_in_spool(spool, in, err);
	seki_in_free(in);
	if (fd == -1)
		return -1;
	if (seki_zipout_stored(fd, &part, err) == 0) {
		place.size = place.packed = part.size;
		place.crc = part.crc;
		if (add(r, name, fd, 1, &place, err) == 0)
			return 0;
	}
	(void)close(fd);
	return -1;
}

static int
folder(struct seki_relay *r, const char *path, const char *spool,
    struct seki_sigtext **s, struct seki_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	uint64_t sum = 0;
	int got = 0;

	if (dir == NULL) {
		if (fd != -1)
			(void)close(fd);
		return seki_err_errno(err, path);
	}
	while (got == 0 && (errno = 0, e = readdir(dir)) != NULL) {
		if (litter(e->d_name))
			continue;
		if (r->nfile == SEKI_ENTRIES_MAX)
			got = seki_fail(err, SEKI_LIMIT,
			    _("more than %d files"), (int)SEKI_ENTRIES_MAX);
		else
			got = take(r, fd, e->d_name, spool, &sum, err);
	}
	if (got == 0 && errno != 0)
		got = seki_err_errno(err, path);
	(void)closedir(dir);
	return got == -1 ? -1 : choose(r, spool, s, err);
}

struct seki_relay *
seki_relay_open(int fd, uint64_t length, const char *path, const char *spool,
    int *seal, uint64_t *nseal, struct seki_err *err)
{
	struct seki_relay *r = calloc(1, sizeof(*r));
	struct seki_sigtext *s = NULL;
	int got = -1;

	if (r == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	r->fd = r->stream = r->whole = -1;
	got = fd == -1 ? folder(r, path, spool, &s, err)
		       : file(r, fd, length, path, spool, &s, err);
	if (got == 0 && (got = from_texts(r, s, err)) == 0 &&
	    (*seal = seki_sigtext_end(s, nseal, err)) == -1)
		got = -1;
	seki_sigtext_free(s);
	if (got == 0)
		return r;
	seki_relay_free(r);
	return NULL;
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
	for (i = 0; i < r->nfile; i++) {
		free(r->file[i].name);
		if (r->file[i].own)
			(void)close(r->file[i].fd);
	}
	free(r->file);
	if (r->whole != -1)
		(void)close(r->whole);
	if (r->fd != -1)
		(void)close(r->fd);
	if (r->stream != -1)
		(void)close(r->stream);
	free(r);
}
