#include <string.h>

#include "approval.h"
#include "sheet_int.h"
#include "workbook.h"

/*
 * The page that goes through the town's own papers.  What stands in its first
 * part is what the check code binds (lib/approval.c), all of it and nothing
 * else; the second is for comparison only.  No value of a record is on it.
 */

static const unsigned char widths[] = { 18, 24, 24, 24 };
#define COLS (sizeof(widths) / sizeof(widths[0]))
#define REST (COLS - 1)
#define SPACE "　"
/* Half-width letters: a field's name; of all fields together, which leaves
 * room for the rest of the page. */
#define NAME_WIDTH 40
#define FIELDS_WIDTH 700

struct page {
	const struct seki_approval_page *of;
	struct seki_workbook *w;
	struct seki_buf b; /* a text in the making */
	uint64_t fields, named;
	size_t wide;
};

static int
whole(struct page *p, enum seki_look look, const char *s, struct seki_err *err)
{
	if (seki_workbook_wide(p->w, look, s, COLS, err) == -1)
		return -1;
	return seki_workbook_end(p->w, err);
}

static int
row(struct page *p, const char *label, enum seki_look look, const char *s,
    struct seki_err *err)
{
	if (seki_workbook_str(p->w, SEKI_LOOK_NAME, label, err) == -1 ||
	    seki_workbook_wide(p->w, look, s, REST, err) == -1)
		return -1;
	return seki_workbook_end(p->w, err);
}

static int
value(struct page *p, const char *label, const char *s, struct seki_err *err)
{
	return row(
	    p, label, SEKI_LOOK_VALUE, s[0] == '\0' ? "（なし）" : s, err);
}

/* What was made in p->b, which is empty then. */
static int
made(struct page *p, const char *label, struct seki_err *err)
{
	int r = value(p, label, p->b.n == 0 ? "" : p->b.p, err);

	seki_buf_reset(&p->b);
	return r;
}

static const char *
kind(const char *word)
{
	return strcmp(word, "full") == 0 ? "全件" : "差分";
}

static int
texts(struct page *p, struct seki_err *err)
{
	const struct seki_manifest *m = p->of->m;

	if (value(p, "件名", m->title, err) == -1 ||
	    value(p, "利用目的", m->purpose, err) == -1 ||
	    value(p, "情報の区分", m->class, err) == -1 ||
	    value(p, "対象期間", m->period, err) == -1 ||
	    seki_buf_fmt(&p->b, err,
		"団体コード %s" SPACE "%s" SPACE "アプリ %s", m->org,
		m->source.domain, m->source.app) == -1 ||
	    made(p, "送付元", err) == -1 ||
	    value(p, "送付先", m->audience, err) == -1 ||
	    seki_buf_fmt(&p->b, err, "%s" SPACE "（ストリーム %s）",
		kind(m->kind), m->stream) == -1)
		return -1;
	return made(p, "種別", err);
}

static int
counts(struct page *p, struct seki_err *err)
{
	const struct seki_manifest *m = p->of->m;
	char records[32], held[32], deletes[32], files[32];
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < m->nfile; i++)
		n += strcmp(m->file[i].role, "attachment") == 0;
	seki_cover_grouped(m->records, records);
	seki_cover_grouped(m->held, held);
	seki_cover_grouped(m->deletes, deletes);
	seki_cover_grouped(n, files);
	if (seki_buf_fmt(&p->b, err,
		"レコード %s件" SPACE "保留 %s件" SPACE "削除 %s件" SPACE
		"添付ファイル %s%s",
		records, held, deletes,
		strcmp(m->attachments, "all") == 0 ? files : "含まない",
		strcmp(m->attachments, "all") == 0 ? "個" : "") == -1)
		return -1;
	return made(p, "件数", err);
}

/* The service's own, whose type is its name. */
static int
inborn(const struct seki_field *f)
{
	return f->code[0] == '$';
}

/* As much of a field's name as there is room for. */
static int
name(struct page *p, const struct seki_field *f, struct seki_err *err)
{
	const char *s = f->label;
	const size_t n = strlen(s);
	size_t i = 0, at, w = 0;
	uint32_t c;

	if (n == 0 || inborn(f))
		return seki_buf_str(
		    &p->b, inborn(f) ? seki_cover_type(f) : f->code, err);
	while (i < n && w < NAME_WIDTH) {
		at = i;
		c = seki_text_get(s, n, &i);
		w += seki_cover_width(s + at, i - at);
		if ((c < 0x20 ? seki_buf_byte(&p->b, ' ', err)
			      : seki_buf_add(&p->b, s + at, i - at, err)) == -1)
			return -1;
	}
	return i < n ? seki_buf_str(&p->b, "…", err) : 0;
}

/* One field more, as long as there is room; the others are counted. */
static int
field(struct page *p, const struct seki_field *table,
    const struct seki_field *f, struct seki_err *err)
{
	const size_t from = p->b.n;

	if (p->fields++ > p->named)
		return 0;
	if (p->named > 0 && seki_buf_str(&p->b, "、", err) == -1)
		return -1;
	if (table != NULL &&
	    (name(p, table, err) == -1 || seki_buf_str(&p->b, "／", err) == -1))
		return -1;
	if (name(p, f, err) == -1 ||
	    (!inborn(f) &&
		seki_buf_fmt(&p->b, err, "〔%s〕", seki_cover_type(f)) == -1))
		return -1;
	p->wide += seki_cover_width(p->b.p + from, p->b.n - from);
	if (p->wide <= FIELDS_WIDTH) {
		p->named++;
		return 0;
	}
	p->b.n = from;
	p->b.p[from] = '\0';
	return 0;
}

static int
fields(struct page *p, struct seki_err *err)
{
	const struct seki_schema *s = p->of->schema;
	char head[64];
	size_t i, k;

	for (i = 0; i < s->n; i++) {
		if (field(p, NULL, &s->field[i], err) == -1)
			return -1;
		for (k = 0; k < s->field[i].nsub; k++)
			if (field(p, &s->field[i], &s->field[i].sub[k], err) ==
			    -1)
				return -1;
	}
	if (p->named < p->fields &&
	    seki_buf_fmt(&p->b, err, "、ほか %llu項目",
		(unsigned long long)(p->fields - p->named)) == -1)
		return -1;
	(void)snprintf(head, sizeof(head), "項目\n（全%llu項目）",
	    (unsigned long long)p->fields);
	return made(p, head, err);
}

static int
scan(struct page *p, struct seki_err *err)
{
	const struct seki_manifest *m = p->of->m;

	if (seki_buf_str(&p->b,
		strcmp(m->scan, "clear") == 0	  ? "問題なし"
		: strcmp(m->scan, "suspect") == 0 ? "疑いあり"
		: strcmp(m->scan, "found") == 0	  ? "該当あり"
						  : "未実施",
		err) == -1 ||
	    seki_cover_scan(&p->b, seki_manifest_noted(m, "scan"), err) == -1 ||
	    (m->scan_by[0] != '\0' &&
		seki_buf_fmt(&p->b, err, "\n持出の判断 %s: %s", m->scan_by,
		    m->scan_reason) == -1))
		return -1;
	return made(p, "検査結果", err);
}

static int
root(struct page *p, struct seki_err *err)
{
	char hex[SEKI_HEX];
	size_t i;

	seki_text_hex(p->of->m->root, SEKI_SHA256, hex);
	for (i = 0; i < SEKI_HEX - 1; i += 8)
		if (seki_buf_fmt(&p->b, err, "%s%.8s",
			i == 0	  ? ""
			: i == 32 ? "\n"
				  : " ",
			hex + i) == -1)
			return -1;
	return made(p, "内容の指紋", err);
}

static int
subject(struct page *p, const char *code, struct seki_err *err)
{
	if (whole(p, SEKI_LOOK_BAND, "承認の対象（照合符号に結び付く内容）",
		err) == -1 ||
	    texts(p, err) == -1 || counts(p, err) == -1 || scan(p, err) == -1 ||
	    fields(p, err) == -1 || root(p, err) == -1)
		return -1;
	return row(p, "照合符号", SEKI_LOOK_CODE, code, err);
}

/* "+4件（1,230件から1,234件）" */
static int
change(struct page *p, const char *what, uint64_t from, uint64_t to,
    struct seki_err *err)
{
	char before[32], after[32], by[32];

	seki_cover_grouped(from, before);
	seki_cover_grouped(to, after);
	seki_cover_grouped(to > from ? to - from : from - to, by);
	return seki_buf_fmt(&p->b, err, "%s %s%s件（%s件から%s件）", what,
	    to > from	? "+"
	    : to < from ? "−"
			: "±",
	    by, before, after);
}

/* Full bundles are of all records, so that they can be compared. */
static int
changes(struct page *p, struct seki_err *err)
{
	const struct seki_manifest *m = p->of->m;
	const struct seki_sent *l = p->of->last;

	if (strcmp(m->kind, "full") != 0)
		return seki_buf_str(
		    &p->b, "差分：件数は前回の後に変わったものだけの数", err);
	if (strcmp(l->kind, "full") != 0)
		return seki_buf_str(
		    &p->b, "前回は差分のため、全件の数とは比べられない", err);
	if (change(p, "レコード", l->records, m->records, err) == -1 ||
	    seki_buf_str(&p->b, SPACE, err) == -1 ||
	    change(p, "保留", l->held, m->held, err) == -1)
		return -1;
	/* As much as seki-pack speaks of. */
	return l->records + l->held > m->records + m->held &&
		       (l->records + l->held - m->records - m->held) * 10 >
			   l->records + l->held
		   ? seki_buf_str(&p->b,
			 "\n【注意】1割を超えて減った。送付先からも消える", err)
		   : 0;
}

static int
others(struct page *p, struct seki_err *err)
{
	const struct seki_manifest *m = p->of->m;
	const struct seki_sent *l = p->of->last;
	char hex[SEKI_HEX];

	seki_text_hex(m->root, SEKI_SHA256, hex);
	if (strcmp(hex, l->root) == 0 &&
	    seki_buf_str(&p->b, "\n内容は前回と同じ", err) == -1)
		return -1;
	if (p->of->form &&
	    seki_buf_str(&p->b, "\n【注意】項目の構成が前回と違う", err) == -1)
		return -1;
	if (strcmp(l->audience, m->audience) != 0 &&
	    seki_buf_fmt(&p->b, err, "\n【注意】送付先が前回（%s）と違う",
		l->audience) == -1)
		return -1;
	return 0;
}

static int
comparison(struct page *p, struct seki_err *err)
{
	const struct seki_sent *l = p->of->last;
	char when[SEKI_TIME], records[32];

	if (whole(p, SEKI_LOOK_BAND, "前回との比較（参考）", err) == -1)
		return -1;
	if (l == NULL)
		return value(
		    p, "前回", "なし（このストリームを送るのは初めて）", err);
	seki_time_jst(l->created, when);
	seki_cover_grouped(l->records, records);
	if (seki_buf_fmt(&p->b, err,
		"通番 %llu" SPACE "%s 作成" SPACE "%s" SPACE "レコード %s件",
		(unsigned long long)l->seq, when, kind(l->kind),
		records) == -1 ||
	    made(p, "前回", err) == -1 || changes(p, err) == -1 ||
	    others(p, err) == -1)
		return -1;
	return made(p, "増減など", err);
}

/* For who decides, and for who enters it afterwards. */
static int
boxes(struct page *p, const char *code, struct seki_err *err)
{
	static const char *const head[COLS] = { "起案", "決裁", "決裁番号",
		"入力（決裁の後）" };
	static const char *const room[COLS] = { "年　月　日", "年　月　日", "",
		"年　月　日" };
	size_t i;

	if (whole(p, SEKI_LOOK_BAND, "決裁", err) == -1)
		return -1;
	for (i = 0; i < COLS; i++)
		if (seki_workbook_str(p->w, SEKI_LOOK_BOX, head[i], err) == -1)
			return -1;
	if (seki_workbook_end(p->w, err) == -1)
		return -1;
	for (i = 0; i < COLS; i++)
		if (seki_workbook_str(p->w, SEKI_LOOK_ROOM, room[i], err) == -1)
			return -1;
	if (seki_workbook_end(p->w, err) == -1 ||
	    seki_buf_fmt(&p->b, err,
		"この票と同じファイル、同じ件名などで seki-pack を実行し、"
		"次を加えます。\n"
		"--approved '決裁番号:決裁者の氏名:%s'\n"
		"内容が変わると符号も変わり、バンドルは作られません。その"
		"場合は、この票を作り直してください。",
		code) == -1)
		return -1;
	return made(p, "入力の方法", err);
}

static int
sheet(struct page *p, struct seki_err *err)
{
	char code[SEKI_APPROVAL_CODE], when[SEKI_TIME];
	size_t i;

	if (seki_approval_code(p->of->m, code, err) == -1 ||
	    seki_workbook_sheet(p->w, "承認票", NULL, 0, err) == -1)
		return -1;
	seki_workbook_page(p->w);
	for (i = 0; i < COLS; i++)
		seki_workbook_width(p->w, widths[i]);
	seki_time_jst(p->of->now, when);
	if (whole(p, SEKI_LOOK_TITLE, "持出し承認票", err) == -1 ||
	    (p->of->m->test &&
		whole(p, SEKI_LOOK_DOUBT, "試験用（本番の情報ではない）",
		    err) == -1) ||
	    seki_buf_fmt(&p->b, err,
		SEKI_APPROVAL_RECORDED "用" SPACE "%s 作成", when) == -1 ||
	    whole(p, SEKI_LOOK_WRAP, p->b.p, err) == -1)
		return -1;
	seki_buf_reset(&p->b);
	return subject(p, code, err) == -1 || comparison(p, err) == -1
		   ? -1
		   : boxes(p, code, err);
}

int
seki_approval_print(const struct seki_approval_page *of, const char *spool,
    struct seki_out *out, struct seki_err *err)
{
	struct page p = { .of = of };
	int r = -1;

	if ((p.w = seki_workbook_create(spool, err)) != NULL &&
	    sheet(&p, err) == 0)
		r = seki_workbook_save(p.w, out, err);
	seki_workbook_free(p.w);
	seki_buf_free(&p.b);
	return r;
}
