#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "relay.h"
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

/* ESC too: of ISO-2022-JP. */
static int
looks_text(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 &&
		    (s[i] == '\0' ||
			strchr("\t\r\n\f\x1A\x1B", s[i]) == NULL))
			return 0;
	return n > 0;
}

/* Line ends and tabs of what is shown are blanks; none stands at its end. */
static size_t
in_one_line(char *s, size_t n)
{
	size_t i, to = 0;

	for (i = 0; i < n; i++)
		if (strchr("\t\r\n\f ", s[i]) == NULL || s[i] == '\0')
			s[to++] = s[i];
		else if (to > 0 && s[to - 1] != ' ')
			s[to++] = ' ';
	return to > 0 && s[to - 1] == ' ' ? to - 1 : to;
}

/* Lines that have commas or tabs, many or as many as the next: records of
 * people may stand there, and are not to be shown. */
static int
looks_table(const char *s, size_t n)
{
	size_t i, line = 0, count[2] = { 0, 0 };

	if (n > 0 && (s[0] == '{' || s[0] == '['))
		return 1;
	for (i = 0; i < n && line < 2; i++)
		if (s[i] == '\n')
			line++;
		else
			count[line] += s[i] == ',' || s[i] == '\t';
	return count[0] >= 3 || (count[0] > 0 && count[0] == count[1]);
}

/* No report but what somebody took for a bundle: why not, and never a word of
 * what is in it. */
static int
data(const char *s, size_t n, const char *name, struct seki_err *err)
{
	static const char begin[] = "{\"type\":\"SCHEMA\"";

	if (n >= sizeof(begin) - 1 && memcmp(s, begin, sizeof(begin) - 1) == 0)
		return seki_zip_stream(err);
	seki_err_hint(err, "%s",
	    _("name the bundle: a workbook with a sheet 署名, or a .zip"));
	return seki_fail(err, SEKI_ZIP,
	    _("a table of texts, not a bundle (%s)"), name);
}

/* Text that is a signature's, or the front of one. */
static int
is_signature(const char *s, size_t n, struct seki_err *err)
{
	struct seki_sigtext *t = seki_sigtext_new(-1, err);
	const char *end = memchr(s, '\n', n);
	int r = -1;

	if (t != NULL)
		r = seki_sigtext_take(
		    t, s, end == NULL ? n : (size_t)(end - s), err);
	seki_sigtext_free(t);
	return r;
}

static int
alone(const char *name, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("bring the workbook too, and name a folder in which both lie"));
	return seki_fail(err, SEKI_ZIP,
	    _("the text of a signature, without its workbook (%s)"), name);
}

/* A gate that stops a file often delivers a report under its name.  Others may
 * stand behind its size bytes. */
static int
report(
    int fd, uint64_t at, uint64_t size, const char *name, struct seki_err *err)
{
	char raw[2048], buf[sizeof(raw) * 3 / 2];
	ssize_t got = begin_of(
	    fd, at, raw, size < sizeof(raw) ? (size_t)size : sizeof(raw));
	size_t n = got > 0 ? (size_t)got : 0;
	struct seki_buf shown = SEKI_BUF_INIT;
	int r;

	if (n >= 4 && memcmp(raw, "%PDF", 4) == 0)
		return seki_fail(err, SEKI_ZIP, "%s",
		    _("a PDF came in place of the bundle"));
	n = plain(raw, n, buf);
	if (!looks_text(buf, n))
		return 0;
	if ((r = is_signature(buf, n, err)) != 0)
		return r == 1 ? alone(name, err) : -1;
	if (looks_table(buf, n))
		return data(buf, n, name, err);
	if (n > SHOWN)
		n = (size_t)seki_text_cut(buf, SHOWN);
	n = in_one_line(buf, n);
	if (seki_text_utf8(buf, n, NULL))
		(void)seki_text_show(&shown, buf, n, err);
	seki_err_hint(err, "%s",
	    _("is it the right file? If it is, ask who runs the relay why it "
	      "stopped what was sent"));
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

/* The sheet of that name first: mostly the others need not be read.  With probe
 * one cell is enough. */
static int
from_book(struct seki_sigtext *s, int fd, uint64_t at, uint64_t length,
    int probe, struct seki_err *err)
{
	struct seki_xlsx *x = seki_xlsx_open(fd, at, length, err);
	size_t i;
	int r = x == NULL ? -1 : 0, pass, named;

	for (pass = 0; pass < 2 && r == 0; pass++)
		for (i = 0; r == 0 && i < seki_xlsx_sheets(x); i++) {
			named = strcmp(seki_xlsx_name(x, i), SEKI_SHEET_SEAL);
			if ((named == 0) == (pass == 0) &&
			    !seki_sigtext_whole(s) &&
			    !(probe && seki_sigtext_any(s)))
				r = from_sheet(s, x, i, err);
		}
	seki_xlsx_free(x);
	return r;
}

/* The third copy: a text with a cell a line.  1 when it has any. */
static int
from_text(struct seki_sigtext *s, const struct seki_relay *r,
    const struct seki_relay_file *f, struct seki_err *err)
{
	struct seki_err ignored = SEKI_ERR_INIT;
	struct seki_in *in = seki_zip_in(r->whole, &f->place, f->name, err);
	char *line;
	size_t n;
	int got = 0, any = 0;

	if (in == NULL)
		return -1;
	while (got != -1 &&
	       seki_in_line(in, &line, &n, SEKI_RECORD_MAX, &ignored) == 1) {
		got = seki_sigtext_take(s, line, n, err);
		any |= got == 1;
	}
	seki_in_free(in);
	return got == -1 ? -1 : any;
}

/* When those that are called as ours are have any, or with passes 1, no others:
 * an attachment may be such a text, of another bundle. */
static int
from_texts(const struct seki_relay *r, struct seki_sigtext *s, int passes,
    struct seki_err *err)
{
	const struct seki_relay_file *f;
	size_t i;
	int pass, any, got = 0;

	for (pass = 0; pass < passes && got == 0; pass++)
		for (i = 0; i < r->nfile && !seki_sigtext_whole(s); i++) {
			f = &r->file[i];
			if (!ends(f->name, ".txt") ||
			    seki_relay_text(r, f) != (pass == 0) ||
			    f->place.size > TEXT_MAX)
				continue;
			if ((any = from_text(s, r, f, err)) == -1)
				return -1;
			got |= any;
		}
	return 0;
}

/* Into the file for the workbook, from its front. */
static int
inflate_book(const struct seki_relay_find *f, const struct seki_relay_file *of,
    uint64_t *n, struct seki_err *err)
{
	struct seki_in *in =
	    seki_zip_in(f->r->whole, &of->place, of->name, err);
	unsigned char buf[SEKI_CHUNK / 4];
	ssize_t got = -1, w;

	*n = 0;
	if (in == NULL)
		return -1;
	if (ftruncate(f->book, 0) == -1)
		(void)seki_err_errno(err, _("copy to the spool"));
	else
		while ((got = seki_in_read(in, buf, sizeof(buf), err)) > 0) {
			w = pwrite(f->book, buf, (size_t)got, (off_t)*n);
			if (w != got) {
				got =
				    seki_err_errno(err, _("copy to the spool"));
				break;
			}
			*n += (uint64_t)w;
		}
	seki_in_free(in);
	return got == -1 ? -1 : 0;
}

/* Where the bytes of a workbook lie: inflated, when they must be. */
static int
lies(const struct seki_relay_find *f, const struct seki_relay_file *of, int *fd,
    uint64_t *at, uint64_t *n, struct seki_err *err)
{
	*fd = f->r->whole;
	*at = of->place.at;
	*n = of->place.size;
	if (!of->place.deflated)
		return 0;
	*fd = f->book;
	*at = 0;
	return inflate_book(f, of, n, err);
}

/* 1 when any cell of it is one of a signature; 0; -1. */
static int
signs(const struct seki_relay_find *f, const struct seki_relay_file *of,
    struct seki_err *err)
{
	struct seki_sigtext *s;
	uint64_t at, n;
	int fd, r;

	if (lies(f, of, &fd, &at, &n, err) == -1 ||
	    (s = seki_sigtext_new(-1, err)) == NULL)
		return -1;
	r = from_book(s, fd, at, n, 1, err);
	if (r == 0)
		r = seki_sigtext_any(s);
	seki_sigtext_free(s);
	return r;
}

static int
is_workbook(const char *name)
{
	return ends(name, ".xlsx") || ends(name, ".xlsm");
}

static int
no_book(const struct seki_relay_find *f, size_t books,
    const struct seki_err *first, struct seki_err *err)
{
	const struct seki_relay *r = f->r;
	size_t i, zips = 0, zip = 0;

	for (i = 0; books == 0 && i < r->nfile; i++)
		if (ends(r->file[i].name, ".zip")) {
			zips++;
			zip = i;
		}
	if (zips > 0) {
		seki_err_hint(err, "%s",
		    !r->folder ? _("unpack it, and name every .zip that was "
				   "in it: *.zip")
		    : zips > 1 ? _("name every .zip in it, not the folder: "
				   "FOLDER/*.zip")
			       : _("name the .zip in it"));
		return zips == 1
			   ? seki_fail(err, SEKI_ZIP,
				 r->folder ? _("a folder; %.200s is in it")
					   : _("no bundle, but %.200s is in "
					       "it"),
				 r->file[zip].name)
			   : seki_fail(err, SEKI_ZIP,
				 r->folder
				     ? _("a folder; %zu .zip files are in it")
				     : _("no bundle, but %zu .zip files are in "
					 "it"),
				 zips);
	}
	/* Beside attachments that are workbooks, only what has our name stands
	 * in place of ours. */
	for (i = 0; i < r->nfile; i++)
		if (!r->file[i].place.deflated &&
		    (books == 0 ||
			strncasecmp(r->file[i].name, "records.", 8) == 0) &&
		    report(r->whole, r->file[i].place.at,
			r->file[i].place.packed, r->file[i].name, err) == -1)
			return -1;
	if (books > 0 && first->reason != SEKI_OK) {
		*err = *first;
		return -1;
	}
	seki_err_hint(err, "%s",
	    _("is it the right file? A relay delivers a workbook with a sheet "
	      "署名, alone or with its attachments"));
	return seki_fail(err, SEKI_ZIP, "%s",
	    books == 0 ? _("no workbook is in it: not a bundle")
		       : _("no workbook in it has a signature: not a bundle"));
}

static int
ours(const char *name)
{
	return strcasecmp(name, "records.xlsx") == 0;
}

/* One more workbook; *at is the one with a signature, if any before had one. */
static int
candidate(struct seki_relay_find *f, size_t i, size_t *at, struct seki_err *bad,
    struct seki_err *err)
{
	int got = signs(f, &f->r->file[i], bad);

	if (bad->reason == SEKI_NOMEM || bad->reason == SEKI_FULL ||
	    bad->reason == SEKI_IO) {
		*err = *bad;
		return -1;
	}
	if (got == 1 && *at != SIZE_MAX) {
		seki_err_hint(err, "%s",
		    f->r->folder ? _("name the workbooks, not the folder; "
				     "parts of a bundle all at once: "
				     "FOLDER/*.xlsx")
				 : _("unpack it and name the workbooks; parts "
				     "of a bundle all at once: *.xlsx"));
		return seki_fail(err, SEKI_ZIP, "%s",
		    _("more than one workbook with a signature is in it"));
	}
	if (got == 1)
		*at = i;
	return 0;
}

/* No workbook has a signature, but a text beside has: it is that of the one
 * there is, or of the one that is called as ours is.  With named both must be
 * called so. */
static int
beside(const struct seki_relay_find *f, int named, size_t *at,
    struct seki_err *err)
{
	const struct seki_relay *r = f->r;
	size_t i, book = SIZE_MAX, books = 0, own = 0;
	struct seki_sigtext *s;
	int got;

	for (i = 0; i < r->nfile; i++) {
		if (!is_workbook(r->file[i].name))
			continue;
		books++;
		own += (size_t)ours(r->file[i].name);
		if (book == SIZE_MAX || ours(r->file[i].name))
			book = i;
	}
	if (own != 1 && (named || books != 1))
		return 0;
	if ((s = seki_sigtext_new(-1, err)) == NULL)
		return -1;
	if ((got = from_texts(r, s, named ? 1 : 2, err)) == 0 &&
	    seki_sigtext_any(s))
		*at = book;
	seki_sigtext_free(s);
	return got;
}

/* The workbook is the one with a signature, first of those that are called as
 * ours is: attachments may be workbooks, too, and need not be lawful ones. */
static int
choose(struct seki_relay_find *f, struct seki_err *err)
{
	struct seki_err bad, first = SEKI_ERR_INIT;
	struct seki_relay *r = f->r;
	size_t i, books = 0, at = SIZE_MAX;
	int pass;

	for (pass = 0; pass < 2 && at == SIZE_MAX; pass++) {
		for (i = 0; i < r->nfile; i++) {
			if (!is_workbook(r->file[i].name) ||
			    ours(r->file[i].name) != (pass == 0))
				continue;
			memset(&bad, 0, sizeof(bad));
			if (candidate(f, i, &at, &bad, err) == -1)
				return -1;
			if (++books == 1 || bad.reason != SEKI_OK)
				first = bad;
		}
		if (at == SIZE_MAX && first.reason == SEKI_OK &&
		    beside(f, pass == 0, &at, err) == -1)
			return -1;
	}
	if (at == SIZE_MAX)
		return no_book(f, books, &first, err);
	r->file[at].taken = 1;
	f->inflated = r->file[at].place.deflated;
	return lies(f, &r->file[at], &r->book, &r->at, &r->length, err);
}

/* Entries of an archive that others may have written anew. */
static int
archive(struct seki_relay *r, const struct seki_zip *zip, struct seki_err *err)
{
	const char *base;
	size_t i;

	for (i = 0; i < zip->n; i++) {
		base = strrchr(zip->entry[i].name, '/');
		base = base == NULL ? zip->entry[i].name : base + 1;
		if (base[0] != '\0' &&
		    seki_relay_add(r, base, &zip->entry[i].place, err) == -1)
			return -1;
	}
	return 0;
}

static int
one_file(struct seki_relay_find *f, struct seki_err *err)
{
	struct seki_relay *r = f->r;
	struct seki_zip zip = { .entry = NULL };
	char head[4];
	int got;

	if (report(r->whole, 0, r->nwhole, f->path, err) == -1)
		return -1;
	if (begin_of(r->whole, 0, head, sizeof(head)) != sizeof(head) ||
	    memcmp(head, "PK\3\4", sizeof(head)) != 0)
		return seki_zip_none(r->nwhole, err);
	if (seki_zip_open(r->whole, 0, r->nwhole, SEKI_ZIP_OTHERS, &zip, err) ==
		-1)
		return -1;
	if (seki_zip_find(&zip, "[Content_Types].xml") != NULL) {
		r->book = r->whole;
		r->at = 0;
		r->length = r->nwhole;
		got = 0;
	} else if ((got = archive(r, &zip, err)) == 0)
		got = choose(f, err);
	seki_zip_release(&zip);
	return got;
}

int
seki_relay_find(struct seki_relay_find *f, struct seki_err *err)
{
	struct seki_relay *r = f->r;
	struct seki_sigtext *s;
	int got = r->folder ? choose(f, err) : one_file(f, err);

	if (got == -1 || (s = seki_sigtext_new(f->seal, err)) == NULL)
		return -1;
	if (from_book(s, r->book, r->at, r->length, 0, err) == -1 ||
	    from_texts(r, s, 2, err) == -1)
		got = -1;
	else
		got = seki_sigtext_end(s, &f->nseal, err);
	seki_sigtext_free(s);
	return got;
}
