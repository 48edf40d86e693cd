#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xlsxwriter.h>

#include "sheet_int.h"
#include "sheet_out.h"
#include "workbook.h"
#include "xlsx.h"

#define FONT "BIZ UDゴシック"
/* Excel's: characters of a sheet's name. */
#define NAME_CHARS 31
/* Of a list that stands in the cell's own rule Excel takes 255 characters;
 * libxlsxwriter 1.1 counts those too, then writes past 255 bytes. */
#define LIST_BYTES 255
#define MORE "…"
/* Columns whose widths are known when a row's height is reckoned. */
#define WIDTHS 256
/* Points of room in the rows of a page for print. */
#define PADDING 7

struct seki_workbook {
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_format *look[SEKI_LOOKS], *number[SEKI_LOOKS], *head;
	int fd;
	uint32_t row, links;
	uint16_t col, wide, ncol;
	unsigned char width[WIDTHS];
	size_t lines; /* of the row's highest cell so far */
	int form;     /* the columns are text where nothing stands yet, too */
	int page;     /* the sheet is one for print */
	struct seki_buf text;
};

static int
failed(lxw_error e, struct seki_err *err)
{
	if (e == LXW_NO_ERROR)
		return 0;
	if (e == LXW_ERROR_MEMORY_MALLOC_FAILED)
		return seki_err_nomem(err);
	if (e == LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE)
		return seki_fail(err, SEKI_LIMIT, "%s",
		    _("a sheet has no more than 1048576 rows"));
	return seki_fail(err, e <= LXW_ERROR_ZIP_CLOSE ? SEKI_IO : SEKI_BUG,
	    _("workbook: %s"), lxw_strerror(e));
}

static const struct {
	uint32_t fill;
	int size, bold, border, wrap;
	enum { TOP, MIDDLE, CENTRE, BOTTOM } place;
	unsigned lines; /* as high as so many; 0: as many as it has */
} looks[SEKI_LOOKS] = { [SEKI_LOOK_TITLE] = { 0, 16, 1, 0, 0, TOP, 2 },
	[SEKI_LOOK_LABEL] = { 0xE7E6E6, 10, 1, 1, 1, TOP, 0 },
	[SEKI_LOOK_WRAP] = { 0, 10, 0, 0, 1, TOP, 0 },
	[SEKI_LOOK_GREY] = { 0xF2F2F2, 10, 0, 0, 1, TOP, 0 },
	[SEKI_LOOK_WRONG] = { 0xFFC7CE, 10, 0, 0, 1, TOP, 0 },
	[SEKI_LOOK_DOUBT] = { 0xFFEB9C, 10, 0, 0, 1, TOP, 0 },
	[SEKI_LOOK_GOOD] = { 0xE2EFDA, 10, 0, 0, 1, TOP, 0 },
	[SEKI_LOOK_FILL] = { 0xFFFFE5, 10, 0, 1, 1, TOP, 0 },
	[SEKI_LOOK_NAME] = { 0xE7E6E6, 11, 1, 1, 1, MIDDLE, 0 },
	[SEKI_LOOK_VALUE] = { 0, 11, 0, 1, 1, MIDDLE, 0 },
	[SEKI_LOOK_BAND] = { 0xBFBFBF, 12, 1, 1, 0, MIDDLE, 0 },
	[SEKI_LOOK_CODE] = { 0, 24, 1, 1, 0, CENTRE, 3 },
	[SEKI_LOOK_BOX] = { 0xE7E6E6, 11, 1, 1, 0, CENTRE, 0 },
	[SEKI_LOOK_ROOM] = { 0, 11, 0, 1, 0, BOTTOM, 5 } };

static lxw_format *
format(struct seki_workbook *w, enum seki_look look, const char *number)
{
	static const uint8_t vertical[] = { [TOP] = LXW_ALIGN_VERTICAL_TOP,
		[MIDDLE] = LXW_ALIGN_VERTICAL_CENTER,
		[CENTRE] = LXW_ALIGN_VERTICAL_CENTER,
		[BOTTOM] = LXW_ALIGN_VERTICAL_BOTTOM };
	lxw_format *f = workbook_add_format(w->book);

	if (f == NULL)
		return NULL;
	format_set_font_name(f, FONT);
	format_set_font_size(f, looks[look].size == 0 ? 10 : looks[look].size);
	format_set_num_format(f, number);
	format_set_align(f, vertical[looks[look].place]);
	if (looks[look].place >= CENTRE)
		format_set_align(f, LXW_ALIGN_CENTER);
	else if (looks[look].place == MIDDLE)
		format_set_indent(f, 1);
	if (looks[look].bold)
		format_set_bold(f);
	if (looks[look].wrap)
		format_set_text_wrap(f);
	if (looks[look].border)
		format_set_border(f, LXW_BORDER_THIN);
	if (looks[look].fill != 0) {
		format_set_pattern(f, LXW_PATTERN_SOLID);
		format_set_fg_color(f, looks[look].fill);
	}
	return f;
}

static int
formats(struct seki_workbook *w)
{
	int i;

	for (i = 0; i < SEKI_LOOKS; i++) {
		w->look[i] = format(w, (enum seki_look)i, "@");
		w->number[i] = format(w, (enum seki_look)i, "General");
		if (w->look[i] == NULL || w->number[i] == NULL)
			return -1;
	}
	w->head = format(w, SEKI_LOOK_LABEL, "@");
	return w->head == NULL ? -1 : 0;
}

struct seki_workbook *
seki_workbook_create(const char *spool, struct seki_err *err)
{
	struct seki_workbook *w = calloc(1, sizeof(*w));
	lxw_workbook_options how = { .constant_memory = LXW_TRUE };
	lxw_doc_properties properties = { .created = 1 };
	char path[64], dir[4096];

	if (w == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	if ((w->fd = seki_dir_spool(spool, err)) == -1)
		goto fail;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", w->fd);
	(void)snprintf(
	    dir, sizeof(dir), "%s", spool == NULL ? "/var/tmp" : spool);
	how.tmpdir = dir;
	if ((w->book = workbook_new_opt(path, &how)) == NULL ||
	    formats(w) == -1) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	(void)workbook_set_properties(w->book, &properties);
	return w;

fail:
	seki_workbook_free(w);
	return NULL;
}

/* A name that a spreadsheet takes, and not yet in the book: at most 31
 * characters and as many UTF-16 units. */
static void
bend(const struct seki_workbook *w, const char *name, char out[160])
{
	static const char bad[] = "[]:*?/\\'";
	size_t i = 0, n = 0, chars = 0, len = strlen(name);
	unsigned k = 1;
	uint32_t c;

	while (i < len && chars < NAME_CHARS - 4) {
		c = seki_text_get(name, len, &i);
		if (c < 0x20 || (c < 0x80 && strchr(bad, (int)c) != NULL))
			c = c < 0x20 ? '_' : c + 0xFEE0;
		chars += c > 0xFFFF ? 2 : 1;
		n += seki_text_put(out + n, c);
	}
	out[n] = '\0';
	if (n == 0)
		n = (size_t)snprintf(out, 8, "Sheet");
	while (workbook_get_worksheet_by_name(w->book, out) != NULL)
		(void)snprintf(out + n, 16, "~%u", ++k);
}

static int
choices_below(struct seki_workbook *w, uint16_t col, const char *const *choices,
    struct seki_err *err)
{
	lxw_data_validation rule = { .ignore_blank = LXW_VALIDATION_ON,
		.validate = LXW_VALIDATION_TYPE_LIST,
		.value_list = (char **)(uintptr_t)choices };
	size_t bytes = 0, n;

	for (n = 0; choices[n] != NULL; n++)
		bytes += strlen(choices[n]) + 1;
	if (bytes > LIST_BYTES)
		return seki_fail(err, SEKI_LIMIT, "%s",
		    _("a list of choices is longer than a cell may have"));
	return failed(worksheet_data_validation_range(
			  w->sheet, 1, col, SEKI_SHEET_ROWS, col, &rule),
	    err);
}

/* Not every spreadsheet makes a row higher by itself for a text that wraps;
 * without a height the lines lie over those of the next row. */
static void
measure(struct seki_workbook *w, uint16_t col, size_t cols, enum seki_look look,
    const char *s, size_t n)
{
	size_t lines = looks[look].lines, width = 0, last = (size_t)col + cols;

	if (lines == 0 && looks[look].wrap && last <= w->wide &&
	    last <= WIDTHS) {
		while (last > col)
			width += w->width[--last];
		/* A column is measured in letters of ten points. */
		if (looks[look].size > 10)
			width = width * 10 / (size_t)looks[look].size;
		lines = seki_book_lines(s, n, width);
	}
	if (lines > w->lines)
		w->lines = lines;
}

static int
high(struct seki_workbook *w, uint32_t row, struct seki_err *err)
{
	size_t lines = w->lines;

	w->lines = 1;
	if (lines <= 1 && !w->page)
		return 0;
	return failed(
	    worksheet_set_row(w->sheet, row,
		seki_book_height(lines) / 2.0 + (w->page ? PADDING : 0), NULL),
	    err);
}

static int
titles(struct seki_workbook *w, const struct seki_workbook_col *c, size_t n,
    struct seki_err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		seki_workbook_width(
		    w, c[i].width > 0 ? c[i].width
				      : (unsigned)seki_cover_width(
					    c[i].title, strlen(c[i].title)) +
					    4);
		if (failed(worksheet_write_string(
			       w->sheet, 0, (uint16_t)i, c[i].title, w->head),
			err) == -1 ||
		    (c[i].choices != NULL &&
			choices_below(w, (uint16_t)i, c[i].choices, err) == -1))
			return -1;
		measure(w, (uint16_t)i, 1, SEKI_LOOK_LABEL, c[i].title,
		    strlen(c[i].title));
	}
	if (high(w, 0, err) == -1)
		return -1;
	worksheet_freeze_panes(w->sheet, 1, 0);
	w->row = 1;
	w->ncol = (uint16_t)n;
	return 0;
}

/* The rows of the last sheet are known now. */
static void
filters(struct seki_workbook *w)
{
	if (w->sheet != NULL && w->ncol > 0 && w->row > 1)
		(void)worksheet_autofilter(
		    w->sheet, 0, 0, w->row - 1, (uint16_t)(w->ncol - 1));
}

int
seki_workbook_sheet(struct seki_workbook *w, const char *name,
    const struct seki_workbook_col *c, size_t n, struct seki_err *err)
{
	char bent[160];

	filters(w);
	bend(w, name, bent);
	if ((w->sheet = workbook_add_worksheet(w->book, bent)) == NULL)
		return seki_err_nomem(err);
	worksheet_set_paper(w->sheet, 9); /* A4 */
	worksheet_fit_to_pages(w->sheet, 1, 0);
	(void)worksheet_set_footer(w->sheet, "&C&P / &N");
	w->row = w->links = w->col = w->wide = w->ncol = 0;
	w->page = 0;
	w->lines = 1;
	if (n == 0)
		return 0;
	worksheet_repeat_rows(w->sheet, 0, 0);
	return titles(w, c, n, err);
}

int
seki_workbook_form(struct seki_workbook *w, const char *name,
    const struct seki_workbook_col *c, size_t n, struct seki_err *err)
{
	int r;

	w->form = 1;
	r = seki_workbook_sheet(w, name, c, n, err);
	w->form = 0;
	return r;
}

/* libxlsxwriter 1.1 loses a copy of a list's formula, of a custom rule's not:
 * what differs between them is this word. */
static void
as_list(struct seki_workbook *w)
{
	lxw_data_val_obj *rule;

	STAILQ_FOREACH(rule, w->sheet->data_validations, list_pointers)
	{
		if (rule->validate == LXW_VALIDATION_TYPE_CUSTOM_FORMULA)
			rule->validate = LXW_VALIDATION_TYPE_LIST_FORMULA;
	}
}

int
seki_workbook_choose(struct seki_workbook *w, size_t col, const char *sheet,
    size_t n, struct seki_err *err)
{
	lxw_data_validation rule = { .ignore_blank = LXW_VALIDATION_ON,
		.validate = LXW_VALIDATION_TYPE_CUSTOM_FORMULA,
		.error_type = LXW_VALIDATION_ERROR_TYPE_WARNING };
	char range[256];
	int r;

	(void)snprintf(range, sizeof(range), "='%s'!$A$2:$A$%zu", sheet, n + 1);
	rule.value_formula = range;
	r = failed(worksheet_data_validation_range(w->sheet, 1, (uint16_t)col,
		       SEKI_SHEET_ROWS, (uint16_t)col, &rule),
	    err);
	as_list(w);
	return r;
}

void
seki_workbook_width(struct seki_workbook *w, unsigned width)
{
	if (width > 200)
		width = 200;
	if (w->wide < WIDTHS)
		w->width[w->wide] = (unsigned char)width;
	(void)worksheet_set_column(w->sheet, w->wide, w->wide, width,
	    w->form ? w->look[SEKI_LOOK_PLAIN] : NULL);
	w->wide++;
}

void
seki_workbook_lines(struct seki_workbook *w)
{
	worksheet_gridlines(w->sheet, LXW_SHOW_ALL_GRIDLINES);
}

void
seki_workbook_page(struct seki_workbook *w)
{
	w->page = 1;
	worksheet_fit_to_pages(w->sheet, 1, 1);
	worksheet_center_horizontally(w->sheet);
	worksheet_set_margins(w->sheet, 0.6, 0.6, 0.6, 0.6);
}

void
seki_workbook_landscape(struct seki_workbook *w)
{
	worksheet_set_landscape(w->sheet);
}

/* What looks like an escape of the format is none; two code points no XML can
 * hold.  1 when something had to be cut. */
static int
spell(struct seki_workbook *w, const char *s, size_t n, struct seki_err *err)
{
	struct seki_buf *b = &w->text;
	size_t i = 0, from, units = 0;
	uint32_t c;

	seki_buf_reset(b);
	while (i < n) {
		from = i;
		c = seki_text_get(s, n, &i);
		units += c > 0xFFFF ? 2 : c < 0x20 && c != '\n' ? 7 : 1;
		if (c == '_' && n - i >= 1 && (s[i] | 0x20) == 'x')
			units += 6;
		if (units > SEKI_CELL_MAX - 1)
			return seki_buf_str(b, MORE, err) == -1 ? -1 : 1;
		if (c == '_' && n - i >= 1 && (s[i] | 0x20) == 'x') {
			if (seki_buf_str(b, "_x005F_", err) == -1)
				return -1;
		} else if (c == 0xFFFE || c == 0xFFFF) {
			if (seki_buf_fmt(b, err, "␛{%X}", c) == -1)
				return -1;
		} else if (seki_buf_add(b, s + from, i - from, err) == -1)
			return -1;
	}
	return seki_buf_room(b, 0, err);
}

int
seki_workbook_text(struct seki_workbook *w, enum seki_look look, const char *s,
    size_t n, struct seki_err *err)
{
	int cut;

	if (n == 0)
		return seki_workbook_none(w, look, err);
	if ((cut = spell(w, s, n, err)) == -1)
		return -1;
	if (cut == 1)
		look = SEKI_LOOK_WRONG;
	measure(w, w->col, 1, look, s, n);
	return failed(worksheet_write_string(
			  w->sheet, w->row, w->col++, w->text.p, w->look[look]),
	    err);
}

int
seki_workbook_str(struct seki_workbook *w, enum seki_look look, const char *s,
    struct seki_err *err)
{
	return seki_workbook_text(w, look, s, strlen(s), err);
}

int
seki_workbook_wide(struct seki_workbook *w, enum seki_look look, const char *s,
    size_t n, struct seki_err *err)
{
	const uint16_t from = w->col;

	if (n < 2)
		return seki_workbook_str(w, look, s, err);
	if (spell(w, s, strlen(s), err) == -1)
		return -1;
	measure(w, from, n, look, s, strlen(s));
	w->col = (uint16_t)(from + n);
	return failed(worksheet_merge_range(w->sheet, w->row, from, w->row,
			  (uint16_t)(w->col - 1), w->text.p, w->look[look]),
	    err);
}

/* The double of a decimal of 15 digits gives it back: this is for eyes and
 * sums, never read again as a record. */
int
seki_workbook_number(struct seki_workbook *w, enum seki_look look,
    const char *s, size_t n, struct seki_err *err)
{
	char digits[64];
	int decimals;

	if (n == 0 || n >= sizeof(digits) || !seki_cell_number(s, n, &decimals))
		return seki_workbook_text(w, look, s, n, err);
	memcpy(digits, s, n);
	digits[n] = '\0';
	return failed(worksheet_write_number(w->sheet, w->row, w->col++,
			  strtod(digits, NULL), w->number[look]),
	    err);
}

int
seki_workbook_none(
    struct seki_workbook *w, enum seki_look look, struct seki_err *err)
{
	if (look == SEKI_LOOK_PLAIN) {
		w->col++;
		return 0;
	}
	return failed(
	    worksheet_write_blank(w->sheet, w->row, w->col++, w->look[look]),
	    err);
}

int
seki_workbook_link(struct seki_workbook *w, const char *url, const char *text,
    struct seki_err *err)
{
	if (strncmp(url, "https://", 8) != 0 || strlen(url) > 2000 ||
	    w->links++ >= SEKI_WORKBOOK_LINKS)
		return seki_workbook_str(w, SEKI_LOOK_PLAIN, text, err);
	return failed(worksheet_write_url_opt(
			  w->sheet, w->row, w->col++, url, NULL, text, NULL),
	    err);
}

int
seki_workbook_pair(struct seki_workbook *w, const char *label,
    const char *value, struct seki_err *err)
{
	if (seki_workbook_str(w, SEKI_LOOK_LABEL, label, err) == -1 ||
	    seki_workbook_str(w, SEKI_LOOK_WRAP, value, err) == -1)
		return -1;
	return seki_workbook_end(w, err);
}

int
seki_workbook_count(struct seki_workbook *w, const char *label, uint64_t n,
    struct seki_err *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	if (seki_workbook_str(w, SEKI_LOOK_LABEL, label, err) == -1 ||
	    seki_workbook_number(w, SEKI_LOOK_WRAP, text, strlen(text), err) ==
		-1)
		return -1;
	return seki_workbook_end(w, err);
}

int
seki_workbook_end(struct seki_workbook *w, struct seki_err *err)
{
	w->col = 0;
	if (high(w, w->row, err) == -1)
		return -1;
	if (w->row++ < SEKI_SHEET_ROWS)
		return 0;
	return failed(LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE, err);
}

int
seki_workbook_save(
    struct seki_workbook *w, struct seki_out *out, struct seki_err *err)
{
	char buf[SEKI_CHUNK];
	lxw_workbook *book = w->book;
	struct seki_in *in;
	ssize_t n;

	filters(w);
	w->book = NULL;
	if (failed(workbook_close(book), err) == -1 ||
	    (in = seki_in_again(w->fd, "workbook", err)) == NULL)
		return -1;
	while ((n = seki_in_read(in, buf, sizeof(buf), err)) > 0)
		if (seki_out_write(out, buf, (size_t)n, err) == -1)
			break;
	seki_in_free(in);
	return n == 0 ? 0 : -1;
}

void
seki_workbook_free(struct seki_workbook *w)
{
	if (w == NULL)
		return;
	if (w->book != NULL)
		lxw_workbook_free(w->book);
	if (w->fd != -1)
		(void)close(w->fd);
	seki_buf_free(&w->text);
	free(w);
}
