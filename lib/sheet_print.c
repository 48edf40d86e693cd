#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sheet_out.h"

/* Character widths that fit A4 landscape, legibly when shrunk to one page;
 * beyond that the sheet goes on to the right, with its first column. */
#define ONE_PAGE 220
#define SHRUNK 70

/* & begins a code in a page header. */
static void
plain(const char *s, char *out, size_t size)
{
	size_t n = 0, i = 0, at;
	uint32_t c;

	while (s[i] != '\0' && n + 6 < size) {
		at = i;
		c = seki_text_get(s, strlen(s), &i);
		if (c < 0x20 || c == 0x7F)
			continue;
		if (c == '&')
			out[n++] = '&';
		memcpy(out + n, s + at, i - at);
		n += i - at;
	}
	out[n] = '\0';
}

void
seki_book_print(
    struct seki_book *b, const struct seki_book_sheet *s, const char *title)
{
	const struct seki_list *l = &b->layout->list[s->list];
	const unsigned char *width = b->list[s->list].width;
	char name[160], head[255];
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < l->n; i++) {
		(void)worksheet_set_column(
		    s->ws, (lxw_col_t)i, (lxw_col_t)i, width[i], NULL);
		sum += width[i];
	}
	worksheet_freeze_panes(s->ws, 1, 1);
	(void)worksheet_autofilter(s->ws, 0, 0, s->rows, (lxw_col_t)(l->n - 1));
	(void)worksheet_ignore_errors(
	    s->ws, LXW_IGNORE_NUMBER_STORED_AS_TEXT, "A1:XFD1048576");
	worksheet_gridlines(s->ws, LXW_SHOW_ALL_GRIDLINES);
	worksheet_set_landscape(s->ws);
	worksheet_set_paper(s->ws, 9);
	worksheet_set_margins(s->ws, 0.4, 0.4, 0.7, 0.6);
	(void)worksheet_repeat_rows(s->ws, 0, 0);
	if (sum <= ONE_PAGE)
		worksheet_fit_to_pages(s->ws, 1, 0);
	else {
		(void)worksheet_repeat_columns(s->ws, 0, 0);
		worksheet_set_print_scale(s->ws, SHRUNK);
		worksheet_print_across(s->ws);
	}
	plain(title, name, sizeof(name));
	(void)snprintf(head, sizeof(head),
	    "&L&\"BIZ UDゴシック,標準\"&9%s&R&\"BIZ UDゴシック,標準\"&9&A",
	    name);
	(void)worksheet_set_header(s->ws, head);
	(void)worksheet_set_footer(
	    s->ws, "&C&\"BIZ UDゴシック,標準\"&9&P / &N");
}

/*
 * The library does not look whether its temporary files took every byte:
 * a full disk must not become a shorter sheet.
 */
static int
flushed(struct seki_book *b, struct seki_err *err)
{
	size_t i;
	FILE *f;

	for (i = 0; i < b->nsheet; i++) {
		f = b->sheet[i].ws->optimize_tmpfile;
		if (f == NULL)
			continue;
		errno = 0;
		if (fflush(f) == EOF || ferror(f)) {
			if (errno == 0)
				errno = EIO;
			return seki_err_errno(
			    err, _("the workbook's temporary file"));
		}
	}
	return 0;
}

/* The library prints what it cannot open, and leaves the mode to the umask. */
static int
openable(const char *path, struct seki_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1)
		return seki_err_errno(err, _("the workbook"));
	(void)close(fd);
	return 0;
}

static int
finished(struct seki_book *b, struct seki_err *err)
{
	lxw_error e;

	if (openable(b->path, err) == -1)
		return -1;
	errno = 0;
	e = workbook_close(b->wb);
	b->wb = NULL;
	if (e == LXW_NO_ERROR)
		return 0;
	if (e == LXW_ERROR_MEMORY_MALLOC_FAILED)
		(void)seki_err_nomem(err);
	else if (errno != 0)
		(void)seki_err_errno(err, _("the workbook"));
	else
		(void)seki_fail(
		    err, SEKI_IO, _("the workbook: %s"), lxw_strerror(e));
	(void)unlink(b->path);
	return -1;
}

int
seki_book_close(
    struct seki_book *b, const struct seki_manifest *m, struct seki_err *err)
{
	const char *title = b->layout->schema->stream;
	size_t i;
	int r = -1;

	if (m != NULL && m->title != NULL && m->title[0] != '\0')
		title = m->title;
	if (seki_book_cover(b, m, err) == 0 && seki_book_fields(b, err) == 0) {
		for (i = 0; i < b->nsheet; i++)
			seki_book_print(b, &b->sheet[i], title);
		if (flushed(b, err) == 0)
			r = finished(b, err);
	}
	seki_book_abort(b);
	return r;
}
