#include <stdlib.h>
#include <string.h>

#include "scan.h"
#include "sort.h"
#include "workbook.h"

/* Findings wait in the order in which they are to be read: the worst first,
 * then as they came.  Each is a row of texts, every one with its NUL. */
enum { LEVEL, RECORD, LABEL, CODE, ROW, ATTACHMENT, WHAT, WHY, FOUND, COLS };
static const char *const titles[COLS] = { "判定", "番号", "項目",
	"フィールドコード", "表の行", "添付", "内容", "理由", "実際の種類" };
static const unsigned widths[COLS] = { 12, 14, 24, 24, 8, 6, 44, 44, 24 };

struct seki_scan_report {
	struct seki_sort *sort;
	struct seki_buf row;
	uint64_t n, level[SEKI_SCAN_LEVEL_COUNT];
};

struct seki_scan_report *
seki_scan_report_new(const char *spool, struct seki_err *err)
{
	struct seki_scan_report *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	if ((r->sort = seki_sort_new(spool, 0, err)) != NULL)
		return r;
	free(r);
	return NULL;
}

static int
cell(struct seki_buf *b, const char *s, size_t n, struct seki_err *err)
{
	return seki_buf_add(b, s, n, err) == -1 ||
		       seki_buf_byte(b, '\0', err) == -1
		   ? -1
		   : 0;
}

static int
ordinal(struct seki_buf *b, size_t n, struct seki_err *err)
{
	if (n > 0 && seki_buf_fmt(b, err, "%zu", n) == -1)
		return -1;
	return seki_buf_byte(b, '\0', err);
}

static int
path(struct seki_buf *b, const char *table, const char *field,
    struct seki_err *err)
{
	if (table != NULL && seki_buf_fmt(b, err, "%s.", table) == -1)
		return -1;
	return cell(b, field, strlen(field), err);
}

/* The names of a form that are findings themselves are not shown. */
static int
place(struct seki_buf *b, const struct seki_scan_finding *at,
    struct seki_err *err)
{
	const struct seki_field *f = at->nth > 0 ? at->field : NULL,
				*t = f != NULL ? at->table : NULL;

	if (at->key != NULL ? cell(b, at->key, at->nkey, err) == -1
			    : seki_buf_fmt(b, err, _("(%llu of the stream)"),
				  (unsigned long long)at->nth) == -1 ||
				  seki_buf_byte(b, '\0', err) == -1)
		return -1;
	if (path(b, t == NULL ? NULL : t->label, f == NULL ? "" : f->label,
		err) == -1 ||
	    path(b, t == NULL ? NULL : t->code, f == NULL ? "" : f->code,
		err) == -1)
		return -1;
	return ordinal(b, at->row, err) == -1 || ordinal(b, at->file, err) == -1
		   ? -1
		   : 0;
}

int
seki_scan_report_add(struct seki_scan_report *r,
    const struct seki_scan_finding *at, struct seki_err *err)
{
	const char *level = seki_scan_level_sentence(at->level),
		   *what = seki_scan_what_sentence(at->what);
	struct seki_buf *b = &r->row;
	struct seki_sorted row;
	char k[32];

	(void)snprintf(k, sizeof(k), "%d%020llu",
	    SEKI_SCAN_LEVEL_COUNT - (int)at->level, (unsigned long long)r->n++);
	r->level[at->level]++;
	seki_buf_reset(b);
	if (seki_buf_byte(b, '0' + (int)at->level, err) == -1 ||
	    cell(b, level, strlen(level), err) == -1 ||
	    place(b, at, err) == -1 || cell(b, what, strlen(what), err) == -1 ||
	    seki_scan_why_text(at->why, b, err) == -1 ||
	    seki_buf_byte(b, '\0', err) == -1 ||
	    cell(b, at->found, strlen(at->found), err) == -1)
		return -1;
	row = (struct seki_sorted){ k, b->p, strlen(k), b->n };
	return seki_sort_add(r->sort, &row, err);
}

static int
csv_titles(struct seki_csv_out *csv, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < COLS; i++)
		if (seki_csv_put(csv, titles[i], strlen(titles[i]), err) == -1)
			return -1;
	return seki_csv_end(csv, err);
}

static int
csv_row(struct seki_csv_out *csv, const char *s, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < COLS; i++) {
		if (seki_csv_put(csv, s, strlen(s), err) == -1)
			return -1;
		s += strlen(s) + 1;
	}
	return seki_csv_end(csv, err);
}

static int
as_csv(struct seki_scan_report *r, struct seki_out *out, struct seki_err *err)
{
	struct seki_csv_out *csv = seki_csv_create(out, SEKI_CSV_PEOPLE, err);
	struct seki_sorted row;
	int got = csv == NULL ? -1 : csv_titles(csv, err);

	while (got == 0 && (got = seki_sort_next(r->sort, &row, err)) == 1)
		got = csv_row(csv, row.data + 1, err);
	seki_csv_close(csv);
	return got;
}

static int
pair(struct seki_workbook *w, const char *label, const char *value,
    struct seki_err *err)
{
	return seki_workbook_str(w, SEKI_LOOK_LABEL, label, err) == -1 ||
		       seki_workbook_str(w, SEKI_LOOK_WRAP, value, err) == -1 ||
		       seki_workbook_end(w, err) == -1
		   ? -1
		   : 0;
}

static int
cover(const struct seki_scan_report *r, struct seki_workbook *w,
    const struct seki_schema *schema, struct seki_err *err)
{
	static const char *const labels[] = { NULL, "参考", "確認してください",
		"疑いあり（持ち出せません）", "該当あり（持ち出せません）" };
	char text[SEKI_TIME];
	int level;

	if (seki_workbook_sheet(w, "表紙", NULL, 0, err) == -1)
		return -1;
	seki_workbook_width(w, 40);
	seki_workbook_width(w, 60);
	if (seki_workbook_str(w, SEKI_LOOK_TITLE, "持出検査の結果", err) ==
		-1 ||
	    seki_workbook_end(w, err) == -1)
		return -1;
	seki_time_jst(seki_time_now(), text);
	if (pair(w, "検査した日時", text, err) == -1 ||
	    pair(w, "対象", schema->stream, err) == -1)
		return -1;
	for (level = SEKI_SCAN_FOUND; level > SEKI_SCAN_NONE; level--) {
		(void)snprintf(text, sizeof(text), "%llu",
		    (unsigned long long)r->level[level]);
		if (pair(w, labels[level], text, err) == -1)
			return -1;
	}
	return pair(w, "進め方",
	    "「該当あり」「疑いあり」を元のアプリで直し、取り直してください。"
	    "値はこの表に載せていません。持ち出すことに決めたときは、"
	    "seki-pack --scan-override に理由を、--by に決めた人を入れます。",
	    err);
}

static int
line(struct seki_workbook *w, const char *s, struct seki_err *err)
{
	int level = *s - '0';
	enum seki_look look = level == SEKI_SCAN_FOUND	   ? SEKI_LOOK_WRONG
			      : level == SEKI_SCAN_SUSPECT ? SEKI_LOOK_DOUBT
							   : SEKI_LOOK_PLAIN;
	size_t i;

	s++;
	for (i = 0; i < COLS; i++) {
		if (seki_workbook_str(w,
			i == LEVEL		? look
			: i == WHAT || i == WHY ? SEKI_LOOK_WRAP
						: SEKI_LOOK_PLAIN,
			s, err) == -1)
			return -1;
		s += strlen(s) + 1;
	}
	return seki_workbook_end(w, err);
}

static int
as_book(struct seki_scan_report *r, const struct seki_schema *schema,
    struct seki_out *out, struct seki_err *err)
{
	struct seki_workbook *w = seki_workbook_create(NULL, err);
	struct seki_workbook_col col[COLS];
	struct seki_sorted row;
	size_t i;
	int got = -1;

	for (i = 0; i < COLS; i++)
		col[i] =
		    (struct seki_workbook_col){ titles[i], widths[i], NULL };
	if (w != NULL && cover(r, w, schema, err) == 0)
		got = seki_workbook_sheet(w, "検査結果", col, COLS, err);
	if (got == 0)
		seki_workbook_landscape(w);
	while (got == 0 && (got = seki_sort_next(r->sort, &row, err)) == 1)
		got = line(w, row.data, err);
	if (got == 0)
		got = seki_workbook_save(w, out, err);
	seki_workbook_free(w);
	return got;
}

int
seki_scan_report_save(struct seki_scan_report *r, int csv,
    const struct seki_schema *schema, struct seki_out *out,
    struct seki_err *err)
{
	return csv ? as_csv(r, out, err) : as_book(r, schema, out, err);
}

void
seki_scan_report_free(struct seki_scan_report *r)
{
	if (r == NULL)
		return;
	seki_sort_free(r->sort);
	seki_buf_free(&r->row);
	free(r);
}
