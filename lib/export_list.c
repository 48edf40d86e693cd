#include <stdlib.h>
#include <string.h>

#include "export_int.h"
#include "rowfile.h"
#include "workbook.h"

struct seki_export_list {
	const struct seki_schema *schema;
	struct seki_rowfile *rows;
	struct seki_buf text;
};

/* Cells of a row, in this order; columns of the sheet. */
enum {
	NUMBER,
	RECORD,
	LINK,
	LABEL,
	CODE,
	ROW,
	PATH,
	NAME,
	SIZE,
	TYPE,
	SHA256,
	NOTE,
	CELLS
};
static const struct seki_workbook_col cols[CELLS] = { { "番号", 6, NULL },
	{ "レコード", 10, NULL }, { "レコードのページ", 26, NULL },
	{ "項目", 12, NULL }, { "項目コード", 12, NULL }, { "行", 5, NULL },
	{ "新しい名前", 32, NULL }, { "元の名前", 22, NULL },
	{ "サイズ（バイト）", 14, NULL }, { "種類", 11, NULL },
	{ "SHA-256", 37, NULL }, { "備考", 16, NULL } };

struct seki_export_list *
seki_export_list_new(const struct seki_schema *schema, struct seki_err *err)
{
	struct seki_export_list *l = calloc(1, sizeof(*l));

	if (l == NULL)
		(void)seki_err_nomem(err);
	else if ((l->rows = seki_rowfile_new(NULL, err)) != NULL) {
		l->schema = schema;
		return l;
	}
	seki_export_list_free(l);
	return NULL;
}

void
seki_export_list_free(struct seki_export_list *l)
{
	if (l == NULL)
		return;
	seki_rowfile_free(l->rows);
	seki_buf_free(&l->text);
	free(l);
}

static int
put(struct seki_export_list *l, uint32_t tag, const char *s, size_t n,
    struct seki_err *err)
{
	return seki_rowfile_put(l->rows, tag, s == NULL ? "" : s, n, err);
}

static int
count(
    struct seki_export_list *l, uint32_t tag, uint64_t n, struct seki_err *err)
{
	char text[24] = "";

	if (n > 0)
		(void)snprintf(
		    text, sizeof(text), "%llu", (unsigned long long)n);
	return put(l, tag, text, strlen(text), err);
}

static int
note(struct seki_export_list *l, const struct seki_export_list_row *r,
    struct seki_err *err)
{
	static const struct {
		unsigned flag;
		const char *text;
	} words[] = { { SEKI_NAME_REPLACED, "文字置換" },
		{ SEKI_NAME_RESERVED, "使えない名前のため _ を付加" },
		{ SEKI_NAME_CUT, "長いため短縮" },
		{ SEKI_NAME_TWIN, "同名のため番号付与" } };
	const char *sep = "";
	size_t i;

	seki_buf_reset(&l->text);
	if (r->path == NULL) {
		if (seki_buf_str(&l->text,
			"ファイルの本体は届いていません（"
			"名前のみ）",
			err) == -1)
			return -1;
		sep = "、";
	}
	for (i = 0; r->path != NULL && i < sizeof(words) / sizeof(words[0]);
	     i++) {
		if ((r->flags & words[i].flag) == 0)
			continue;
		if (seki_buf_fmt(&l->text, err, "%s%s", sep, words[i].text) ==
		    -1)
			return -1;
		sep = "、";
	}
	if (r->held && seki_buf_fmt(&l->text, err, "%s%s", sep,
			   "保留中（最後の良い版）") == -1)
		return -1;
	return put(l, NOTE, l->text.p, l->text.n, err);
}

static int
link_of(struct seki_export_list *l, const struct seki_record *rec,
    struct seki_err *err)
{
	seki_buf_reset(&l->text);
	if (seki_record_link(l->schema, rec, &l->text, err) == -1)
		return -1;
	return put(l, LINK, l->text.p, l->text.n, err);
}

int
seki_export_list_put(struct seki_export_list *l,
    const struct seki_export_list_row *r, struct seki_err *err)
{
	const struct seki_name_file *f = r->file;
	const struct seki_item *i = r->item;
	const char *path = r->path == NULL ? "" : r->path;

	if (count(l, NUMBER, seki_rowfile_rows(l->rows) + 1, err) == -1 ||
	    put(l, RECORD, f->rec->key.p, f->rec->key.n, err) == -1 ||
	    link_of(l, f->rec, err) == -1 ||
	    put(l, LABEL, r->label, strlen(r->label), err) == -1 ||
	    put(l, CODE, f->field->code, strlen(f->field->code), err) == -1 ||
	    count(l, ROW, f->nrow, err) == -1 ||
	    put(l, PATH, path, strlen(path), err) == -1 ||
	    put(l, NAME, f->name, f->nname, err) == -1 ||
	    put(l, SIZE, i->size, i->nsize, err) == -1 ||
	    put(l, TYPE, i->type, i->ntype, err) == -1 ||
	    put(l, SHA256, i->sha256, i->nsha256, err) == -1 ||
	    note(l, r, err) == -1)
		return -1;
	return seki_rowfile_end(l->rows, err);
}

static int
row(struct seki_workbook *w, const struct seki_rowcell *c, struct seki_err *err)
{
	size_t i;
	int number, odd = c[NOTE].n > 0;

	for (i = 0; i < CELLS; i++) {
		number = i == NUMBER || i == ROW || i == SIZE;
		if ((number ? seki_workbook_number(
				  w, SEKI_LOOK_WRAP, c[i].p, c[i].n, err)
			    : seki_workbook_text(w,
				  i == NOTE && odd ? SEKI_LOOK_DOUBT
						   : SEKI_LOOK_WRAP,
				  c[i].p, c[i].n, err)) == -1)
			return -1;
	}
	return seki_workbook_end(w, err);
}

static int
sheet(struct seki_workbook *w, struct seki_err *err)
{
	if (seki_workbook_sheet(w, "目録", cols, CELLS, err) == -1)
		return -1;
	seki_workbook_landscape(w);
	seki_workbook_lines(w);
	return 0;
}

static int
sheets(
    struct seki_export_list *l, struct seki_workbook *w, struct seki_err *err)
{
	const struct seki_rowcell *c;
	uint32_t done = 0;
	size_t n;
	int r;

	if (seki_rowfile_rewind(l->rows, err) == -1 || sheet(w, err) == -1)
		return -1;
	while ((r = seki_rowfile_next(l->rows, &c, &n, err)) == 1) {
		if (done > 0 && done % SEKI_SHEET_RECORDS == 0 &&
		    sheet(w, err) == -1)
			return -1;
		if (row(w, c, err) == -1)
			return -1;
		done++;
	}
	return r;
}

/* No time stands here, so that the same command gives the same file. */
static int
about(struct seki_workbook *w, const struct seki_export_list_of *of,
    struct seki_err *err)
{
	if (seki_workbook_sheet(w, "件数", NULL, 0, err) == -1)
		return -1;
	seki_workbook_width(w, 40);
	seki_workbook_width(w, 60);
	if (seki_workbook_str(w, SEKI_LOOK_TITLE, "添付ファイルの目録", err) ==
		-1 ||
	    seki_workbook_end(w, err) == -1 ||
	    seki_workbook_pair(w, "記録の出どころ", of->from, err) == -1 ||
	    seki_workbook_pair(w, "名前の付け方", of->template, err) == -1 ||
	    seki_workbook_count(w, "記録", of->records, err) == -1 ||
	    seki_workbook_count(w, "添付ファイル（記録にある数）",
		of->files + of->left, err) == -1 ||
	    seki_workbook_count(w, "このフォルダに出した数", of->files, err) ==
		-1 ||
	    seki_workbook_count(w, "本体が届いていない数", of->left, err) ==
		-1 ||
	    seki_workbook_pair(w, "内容の指紋", of->root, err) == -1)
		return -1;
	return seki_workbook_pair(w, "この目録について",
	    "ファイルの名前に使えない文字（\\ / : * ? \" < > | など）は全角の"
	    "形に、長い名前は短くしています。元の名前は「元の名前」の列の"
	    "とおりです。大文字と小文字の違いや濁点の書き方の違いしかない"
	    "名前には番号を付けています。",
	    err);
}

int
seki_export_list_save(struct seki_export_list *l,
    const struct seki_export_list_of *of, struct seki_out *out,
    struct seki_err *err)
{
	struct seki_workbook *w = seki_workbook_create(NULL, err);
	int r = -1;

	if (w != NULL && sheets(l, w, err) == 0 && about(w, of, err) == 0)
		r = seki_workbook_save(w, out, err);
	seki_workbook_free(w);
	return r;
}

void
seki_export_list_place(
    struct seki_export_list *l, const char *path, struct seki_err *err)
{
	struct seki_err own = SEKI_ERR_INIT;
	const struct seki_rowcell *c;
	size_t n;

	if (seki_rowfile_rewind(l->rows, &own) == -1)
		return;
	while (seki_rowfile_next(l->rows, &c, &n, &own) == 1)
		if (strcmp(c[PATH].p, path) == 0) {
			seki_err_record(err, c[RECORD].p, c[RECORD].n);
			seki_err_field(err, c[CODE].p);
			return;
		}
}
