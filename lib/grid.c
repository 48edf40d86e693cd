#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grid_int.h"

const char *
seki_encoding_word(enum seki_encoding e)
{
	static const char *const word[] = { "auto", "UTF-8", "CP932",
		"UTF-16LE", "UTF-16BE", "XLSX" };

	return word[e];
}

int
seki_grid_room(struct seki_grid *g, size_t n, struct seki_err *err)
{
	struct seki_grid_cell *cell;
	size_t *at;

	if (n <= g->ncell)
		return 0;
	if ((cell = reallocarray(g->cell, n, sizeof(*cell))) != NULL)
		g->cell = cell;
	if ((at = reallocarray(g->at, n, sizeof(*at))) != NULL)
		g->at = at;
	if (cell == NULL || at == NULL)
		return seki_err_nomem(err);
	g->ncell = n;
	return 0;
}

/* What the bytes say while they pass. */
struct look {
	unsigned char head[4];
	size_t nhead;
	int utf8; /* so far */
	size_t carry;
};

/* A character may be cut where the chunk ends. */
static void
look_at(struct look *l, const char *s, size_t n, int last)
{
	size_t bad = 0, from = 0;

	while (
	    l->nhead < sizeof(l->head) && l->nhead < l->carry + n && from < n)
		l->head[l->nhead++] = (unsigned char)s[from++];
	l->carry = 0;
	if (!l->utf8 || seki_text_utf8(s, n, &bad))
		return;
	if (!last && n - bad < 4 && ((unsigned char)s[bad] & 0xC0) == 0xC0)
		l->carry = n - bad;
	else
		l->utf8 = 0;
}

static int
put(int fd, const char *s, size_t n, struct seki_err *err)
{
	ssize_t r;

	while (n > 0) {
		if ((r = write(fd, s, n)) == -1)
			return seki_err_errno(err, _("temporary file"));
		s += r;
		n -= (size_t)r;
	}
	return 0;
}

static int
too_large(uint64_t max, struct seki_err *err)
{
	return seki_fail(err, SEKI_LIMIT, _("more than %llu bytes"),
	    (unsigned long long)max);
}

static int
copy(struct seki_grid *g, struct seki_in *in, struct look *l,
    struct seki_err *err)
{
	uint64_t max = g->how.max > 0 ? g->how.max : SEKI_BUNDLE_MAX;
	struct seki_sha256 sha;
	char *buf = malloc(SEKI_CHUNK + 4);
	ssize_t r = -1;

	if (buf == NULL)
		return seki_err_nomem(err);
	if (seki_sha256_init(&sha, err) == -1)
		goto out;
	seki_sha256_restart(&sha);
	while ((r = seki_in_read(in, buf + l->carry, SEKI_CHUNK, err)) > 0) {
		seki_sha256_add(&sha, buf + l->carry, (size_t)r);
		g->size += (uint64_t)r;
		if (g->size > max)
			r = too_large(max, err);
		if (r == -1 || put(g->fd, buf + l->carry, (size_t)r, err) == -1)
			break;
		r += (ssize_t)l->carry;
		look_at(l, buf, (size_t)r, 0);
		memmove(buf, buf + r - l->carry, l->carry);
	}
	if (r == 0) {
		look_at(l, buf, l->carry, 1);
		seki_sha256_end(&sha, g->digest);
	}
	seki_sha256_free(&sha);
out:
	free(buf);
	return r == 0 ? 0 : -1;
}

static int
is_head(const struct look *l, const char *s, size_t n)
{
	return l->nhead >= n && memcmp(l->head, s, n) == 0;
}

/* Excel's old format, and its new one behind a password. */
static int
old_book(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("open it in Excel and save it as .xlsx, without a password"));
	return seki_fail(err, SEKI_XLSX, "%s",
	    _("a workbook in the old format (.xls), or one with a password"));
}

static int
decide(struct seki_grid *g, const struct look *l, struct seki_err *err)
{
	enum seki_encoding is = l->utf8 ? SEKI_ENC_UTF8 : SEKI_ENC_CP932;

	if (is_head(l, "\xD0\xCF\x11\xE0", 4))
		return old_book(err);
	if (is_head(l, "PK\3\4", 4))
		is = SEKI_ENC_BOOK;
	else if (is_head(l, "\xEF\xBB\xBF", 3))
		is = SEKI_ENC_UTF8;
	else if (is_head(l, "\xFF\xFE", 2))
		is = SEKI_ENC_UTF16LE;
	else if (is_head(l, "\xFE\xFF", 2))
		is = SEKI_ENC_UTF16BE;
	g->encoding = g->how.encoding == SEKI_ENC_ANY ? is : g->how.encoding;
	if (is == SEKI_ENC_BOOK && g->encoding != is)
		return seki_fail(err, SEKI_CSV, _("a workbook, not %s"),
		    seki_encoding_word(g->encoding));
	return 0;
}

static int
open_rows(struct seki_grid *g, struct seki_err *err)
{
	g->row = 0;
	g->ended = g->hidden = 0;
	g->merged[0] = '\0';
	return g->encoding == SEKI_ENC_BOOK ? seki_grid_book_open(g, err)
					    : seki_grid_text_open(g, err);
}

static struct seki_grid *
begin(const char *name, const struct seki_grid_how *how, struct seki_err *err)
{
	struct seki_grid *g = calloc(1, sizeof(*g));

	if (g == NULL || (g->name = strdup(name)) == NULL) {
		free(g);
		(void)seki_err_nomem(err);
		return NULL;
	}
	if (how != NULL)
		g->how = *how;
	if ((g->fd = seki_dir_spool(g->how.spool, err)) != -1)
		return g;
	free(g->name);
	free(g);
	return NULL;
}

struct seki_grid *
seki_grid_read(
    struct seki_in *in, const struct seki_grid_how *how, struct seki_err *err)
{
	struct seki_grid *g = begin(seki_in_name(in), how, err);
	struct look l = { .utf8 = 1 };
	int r = -1;

	if (g != NULL && copy(g, in, &l, err) == 0 && decide(g, &l, err) == 0 &&
	    open_rows(g, err) == 0)
		r = 0;
	seki_in_free(in);
	if (r == 0)
		return g;
	if (g != NULL)
		seki_err_object(err, g->name);
	seki_grid_free(g);
	return NULL;
}

struct seki_grid *
seki_grid_open(
    const char *path, const struct seki_grid_how *how, struct seki_err *err)
{
	uint64_t max = how != NULL && how->max > 0 ? how->max : SEKI_BUNDLE_MAX;
	struct seki_in *in = seki_in_file(path, max, err);

	return in == NULL ? NULL : seki_grid_read(in, how, err);
}

int
seki_grid_next(struct seki_grid *g, const struct seki_grid_cell **cell,
    size_t *n, struct seki_err *err)
{
	int r = 0;

	if (!g->ended)
		r = g->encoding == SEKI_ENC_BOOK
			? seki_grid_book_next(g, n, err)
			: seki_grid_text_next(g, n, err);
	g->ended |= r == 0;
	if (r == -1)
		seki_err_object(err, g->name);
	*cell = g->cell;
	return r;
}

int
seki_grid_rewind(struct seki_grid *g, const char *sheet, struct seki_err *err)
{
	g->how.sheet = sheet;
	if (open_rows(g, err) == 0)
		return 0;
	seki_err_object(err, g->name);
	return -1;
}

void
seki_grid_place(const struct seki_grid *g, size_t i, char out[SEKI_GRID_PLACE])
{
	char cell[16];

	if (g->encoding != SEKI_ENC_BOOK) {
		(void)snprintf(out, SEKI_GRID_PLACE, _("row %llu, cell %zu"),
		    (unsigned long long)g->row, i + 1);
		return;
	}
	seki_cell_name((uint32_t)g->row - 1, (uint32_t)i, cell);
	(void)snprintf(out, SEKI_GRID_PLACE, "%.*s!%s",
	    seki_text_cut(g->sheet, 120), g->sheet, cell);
}

uint64_t
seki_grid_row(const struct seki_grid *g)
{
	return g->row;
}

int
seki_grid_hidden(const struct seki_grid *g)
{
	return g->hidden;
}

const char *
seki_grid_name(const struct seki_grid *g)
{
	return g->name;
}

const char *
seki_grid_sheet(const struct seki_grid *g)
{
	return g->sheet == NULL ? "" : g->sheet;
}

enum seki_encoding
seki_grid_encoding(const struct seki_grid *g)
{
	return g->encoding;
}

char
seki_grid_separator(const struct seki_grid *g)
{
	return g->separator;
}

void
seki_grid_digest(const struct seki_grid *g, unsigned char out[SEKI_SHA256])
{
	memcpy(out, g->digest, SEKI_SHA256);
}

const char *
seki_grid_merged(const struct seki_grid *g)
{
	return g->merged[0] == '\0' ? NULL : g->merged;
}

const struct seki_range *
seki_grid_merges(const struct seki_grid *g, size_t *n)
{
	*n = 0;
	return g->rows == NULL ? NULL : seki_xlsx_merges(g->rows, n);
}

size_t
seki_grid_sheets(const struct seki_grid *g)
{
	return g->book == NULL ? 0 : seki_xlsx_sheets(g->book);
}

const char *
seki_grid_sheet_name(const struct seki_grid *g, size_t i)
{
	return seki_xlsx_name(g->book, i);
}

int
seki_grid_sheet_hidden(const struct seki_grid *g, size_t i)
{
	return seki_xlsx_hidden(g->book, i);
}

void
seki_grid_free(struct seki_grid *g)
{
	if (g == NULL)
		return;
	seki_grid_text_close(g);
	seki_grid_book_close(g);
	seki_xlsx_free(g->book);
	(void)close(g->fd);
	free(g->sheet);
	free(g->cell);
	free(g->at);
	seki_buf_free(&g->text);
	seki_buf_free(&g->work);
	free(g->name);
	free(g);
}
