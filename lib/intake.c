#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "intake_int.h"
#include "norm_int.h"
#include "xlsx.h"

/* Files of others on their way into a record stream. */

void
seki_intake_say(struct seki_intake *t, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (t->how.say == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	t->how.say(line);
}

/* What stands in err when there was at least one problem. */
static int
gave_up(const struct seki_intake *t, int more, struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("mend what is named above, then read all of it again"));
	return seki_fail(err, t->why,
	    more ? _("problems so far: %llu (--max-errors); nothing was "
		     "written")
		 : _("problems: %llu; nothing was written"),
	    (unsigned long long)t->problems);
}

int
seki_intake_sound(const struct seki_intake *t, struct seki_err *err)
{
	return t->problems == 0 ? 0 : gave_up(t, 0, err);
}

int
seki_intake_problem(
    struct seki_intake *t, struct seki_err *p, struct seki_err *err)
{
	if (t->problems++ == 0)
		t->why = p->reason;
	if (t->how.problem != NULL)
		t->how.problem(p);
	return t->problems < t->how.max_errors ? 0 : gave_up(t, 1, err);
}

/* A form's cells are looked at when its sheet has ended. */
static void
place(const struct seki_intake_at *at, size_t col, char out[SEKI_GRID_PLACE])
{
	const struct seki_range *r;
	char name[16];

	if (!at->l->form) {
		seki_grid_place(at->grid, col, out);
		return;
	}
	r = &at->l->col[col].cell;
	seki_cell_name(r->r1, r->c1, name);
	(void)snprintf(out, SEKI_GRID_PLACE, "%.*s!%s",
	    seki_text_cut(seki_grid_sheet(at->grid), 120),
	    seki_grid_sheet(at->grid), name);
}

int
seki_intake_cell(struct seki_intake_at *at, size_t col, const char *field,
    const char *why, const char *hint, struct seki_err *err)
{
	struct seki_err p = SEKI_ERR_INIT;
	char where[SEKI_GRID_PLACE];

	place(at, col, where);
	seki_err_object(&p, at->file->name);
	if (field != NULL)
		seki_err_field(&p, field);
	if (hint != NULL)
		seki_err_hint(&p, "%s", hint);
	(void)seki_fail(&p,
	    seki_grid_separator(at->grid) == 0 ? SEKI_XLSX : SEKI_CSV, "%s: %s",
	    where, why);
	return seki_intake_problem(at->t, &p, err);
}

static const struct seki_range everything = { 0, 0, SEKI_RANGE_END,
	SEKI_RANGE_END };

static int
encoding(struct seki_intake *t, struct seki_err *err)
{
	const char *list[SEKI_ENC_BOOK + 1], *near;
	int e;

	for (e = SEKI_ENC_UTF8; e < SEKI_ENC_BOOK; e++)
		list[e - SEKI_ENC_UTF8] =
		    seki_encoding_word((enum seki_encoding)e);
	list[SEKI_ENC_BOOK - SEKI_ENC_UTF8] = NULL;
	if (t->how.encoding == NULL)
		return 0;
	for (e = SEKI_ENC_UTF8; e < SEKI_ENC_BOOK; e++)
		if (seki_norm_same(t->how.encoding, list[e - SEKI_ENC_UTF8])) {
			t->encoding = (enum seki_encoding)e;
			return 0;
		}
	near = seki_text_nearest(t->how.encoding, list);
	if (near != NULL)
		seki_err_hint(err, "--encoding %s", near);
	return seki_fail(err, SEKI_USAGE,
	    _("--encoding %.40s: not one of UTF-8, CP932, UTF-16LE, UTF-16BE"),
	    t->how.encoding);
}

static int
begin(struct seki_intake *t, struct seki_err *err)
{
	const struct seki_intake_how *how = &t->how;

	t->box = everything;
	if (!seki_schema_stream_ok(how->stream))
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--stream takes 1 to 64 of a-z, 0-9, dot and hyphen"));
	if (how->range != NULL && seki_range_parse(how->range, &t->box) == -1)
		return seki_fail(err, SEKI_USAGE,
		    _("--range %.40s: not a range such as A3:F200 or A:F"),
		    how->range);
	if (encoding(t, err) == -1)
		return -1;
	if ((t->sort = seki_sort_new(how->spool, 0, err)) == NULL)
		return -1;
	if (how->layouts != NULL &&
	    seki_layout_dir(how->layouts, &t->list, &t->nlist, err) == -1)
		return -1;
	if (how->form == NULL)
		return 0;
	if ((t->own = seki_layout_open(how->form, err)) == NULL)
		return -1;
	if (t->own->form)
		return 0;
	seki_err_object(err, how->form);
	seki_err_hint(
	    err, "%s", _("layouts of columns go into a folder: --layouts DIR"));
	return seki_fail(
	    err, SEKI_RULES, "%s", _("no column セル (cell): not a form"));
}

struct seki_intake *
seki_intake_new(const struct seki_intake_how *how, struct seki_err *err)
{
	struct seki_intake *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	t->how = *how;
	if (t->how.max_errors == 0)
		t->how.max_errors = SEKI_INTAKE_ERRORS;
	if (begin(t, err) == 0)
		return t;
	seki_intake_free(t);
	return NULL;
}

/* The same bytes again would double every record. */
static int
seen(const struct seki_intake *t, const struct seki_intake_file *f,
    struct seki_err *err)
{
	size_t i;

	for (i = 0; i + 1 < t->nfile; i++)
		if (strcmp(t->file[i].digest, f->digest) == 0) {
			seki_err_hint(err, "%s", _("name only one of them"));
			return seki_fail(err, SEKI_CONFIG,
			    _("the same file as %s, byte for byte"),
			    t->file[i].name);
		}
	return 0;
}

/* The stream is UTF-8, and so a name of other bytes stands in it as messages
 * show it.  The caller's; NULL when there is no memory. */
static char *
readable(const char *name, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t n = strlen(name), bad;
	char *s = NULL;

	if (seki_text_utf8(name, n, &bad))
		return strdup(name);
	if (seki_text_show(&b, name, n, err) == 0)
		s = strdup(b.p);
	seki_buf_free(&b);
	return s;
}

static struct seki_intake_file *
file_new(struct seki_intake *t, const struct seki_grid *g, struct seki_err *err)
{
	struct seki_intake_file *f;
	unsigned char digest[SEKI_SHA256];
	const char *name = seki_grid_name(g), *slash = strrchr(name, '/');

	if (t->nfile == SEKI_INTAKE_FILES) {
		(void)seki_fail(err, SEKI_LIMIT, _("more than %zu files"),
		    SEKI_INTAKE_FILES);
		return NULL;
	}
	f = reallocarray(t->file, t->nfile + 1, sizeof(*f));
	if (f == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	t->file = f;
	f += t->nfile++;
	memset(f, 0, sizeof(*f));
	f->name = readable(slash == NULL ? name : slash + 1, err);
	f->layout = strdup("");
	f->sheet = strdup("");
	f->encoding = seki_encoding_word(seki_grid_encoding(g));
	seki_grid_digest(g, digest);
	seki_text_hex(digest, SEKI_SHA256, f->digest);
	if (f->name != NULL && f->layout != NULL && f->sheet != NULL)
		return f;
	(void)seki_err_nomem(err);
	return NULL;
}

/* Nothing came in that is not accounted for. */
static int
balanced(const struct seki_intake_file *f, struct seki_err *err)
{
	if (f->rows == f->records + f->above + f->empty + f->outside)
		return 0;
	return seki_fail(err, SEKI_BUG, "%llu rows: %llu + %llu + %llu + %llu",
	    (unsigned long long)f->rows, (unsigned long long)f->records,
	    (unsigned long long)f->above, (unsigned long long)f->empty,
	    (unsigned long long)f->outside);
}

static int
layout_of(const struct seki_intake_at *at, struct seki_err *err)
{
	struct seki_intake_file *f = at->file;

	free(f->layout);
	(void)strcpy(f->layout_digest, at->l->digest);
	if ((f->layout = strdup(at->l->name)) == NULL)
		return seki_err_nomem(err);
	return balanced(f, err);
}

int
seki_intake_add(struct seki_intake *t, const char *path, struct seki_err *err)
{
	struct seki_grid_how how = { .encoding = t->encoding,
		.separator = t->how.separator,
		.spool = t->how.spool };
	struct seki_intake_at at = { .t = t };
	int r = -1;

	/* A layout may name its own sheet: see seki_intake_choose. */
	if (t->nlist == 0)
		how.sheet = t->how.sheet;
	if ((at.grid = seki_grid_open(path, &how, err)) == NULL)
		return -1;
	if ((at.file = file_new(t, at.grid, err)) != NULL &&
	    seen(t, at.file, err) == 0 &&
	    (t->how.form != NULL ? seki_intake_forms(&at, err)
				 : seki_intake_rows(&at, err)) == 0)
		r = layout_of(&at, err);
	if (r == -1)
		seki_err_object(err, path);
	seki_grid_free(at.grid);
	free(at.of);
	free(at.map);
	free(at.cell);
	free(at.place);
	return r;
}

const struct seki_intake_file *
seki_intake_file(const struct seki_intake *t, size_t i)
{
	return i < t->nfile ? &t->file[i] : NULL;
}

void
seki_intake_free(struct seki_intake *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->nlist; i++)
		seki_layout_free(t->list[i]);
	free(t->list);
	seki_layout_free(t->own);
	for (i = 0; i < t->n; i++) {
		free(t->field[i].code);
		free(t->field[i].label);
	}
	for (i = 0; i < t->nfile; i++) {
		free(t->file[i].name);
		free(t->file[i].layout);
		free(t->file[i].sheet);
	}
	free(t->field);
	free(t->key);
	free(t->at);
	free(t->file);
	seki_sort_free(t->sort);
	seki_buf_free(&t->id);
	seki_buf_free(&t->data);
	free(t);
}
