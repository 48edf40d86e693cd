#include <string.h>

#include "totals_int.h"
#include "workbook.h"

/* The workbook of a comparison: what differs first, both figures side by
 * side. */
struct report {
	const struct seki_totals *t;
	struct seki_workbook *w;
	struct seki_totals_figure f;
};

static int
pair(struct report *r, const char *label, const char *value,
    struct seki_err *err)
{
	if (seki_workbook_str(r->w, SEKI_LOOK_LABEL, label, err) == -1 ||
	    seki_workbook_str(r->w, SEKI_LOOK_WRAP, value, err) == -1)
		return -1;
	return seki_workbook_end(r->w, err);
}

static int
count(struct report *r, const char *label, uint64_t n, struct seki_err *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	if (seki_workbook_str(r->w, SEKI_LOOK_LABEL, label, err) == -1 ||
	    seki_workbook_number(
		r->w, SEKI_LOOK_WRAP, text, strlen(text), err) == -1)
		return -1;
	return seki_workbook_end(r->w, err);
}

static int
cover(struct report *r, const char *stream, const struct seki_totaled *res,
    struct seki_err *err)
{
	const struct {
		const char *label;
		uint64_t n;
	} counts[] = { { "数えた件数", res->records },
		{ "除いた件数（@除外）", res->excluded },
		{ "保留（値がなく、数えていません）", res->held },
		{ "合計する項目が空の値", res->nothing },
		{ "NG（合わない数字）", res->differ },
		{ "未入力（照合していません）", res->unasked },
		{ "OK（一致した数字）", res->same } };
	char now[SEKI_TIME], hex[SEKI_HEX];
	size_t i;

	if (seki_workbook_sheet(r->w, "表紙", NULL, 0, err) == -1)
		return -1;
	seki_workbook_width(r->w, 40);
	seki_workbook_width(r->w, 60);
	if (seki_workbook_str(r->w, SEKI_LOOK_TITLE, "照合表との突合", err) ==
		-1 ||
	    seki_workbook_end(r->w, err) == -1)
		return -1;
	seki_time_jst(seki_time_now(), now);
	if (pair(r, "照合した日時", now, err) == -1 ||
	    pair(r, "対象", stream, err) == -1)
		return -1;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (count(r, counts[i].label, counts[i].n, err) == -1)
			return -1;
	for (i = 0; i < r->t->nexcept; i++)
		if (pair(r, "除いたもの", r->t->except[i].field, err) == -1 ||
		    pair(r, "", r->t->except[i].value, err) == -1)
			return -1;
	seki_text_hex(res->proof.root, SEKI_SHA256, hex);
	if (pair(r, "照合表の SHA-256", r->t->digest, err) == -1 ||
	    pair(r, "内容の要約値", hex, err) == -1)
		return -1;
	return pair(r, "見方",
	    "月と年度は日本時間です。差は、ストリームの値から照合表の値を"
	    "引いたものです。空欄は照合していません。",
	    err);
}

static int
number(
    struct report *r, enum seki_look look, const char *s, struct seki_err *err)
{
	return s[0] == '\0'
		   ? seki_workbook_none(r->w, look, err)
		   : seki_workbook_number(r->w, look, s, strlen(s), err);
}

static int
line(struct report *r, const struct seki_totals_group *g, size_t fig,
    struct seki_err *err)
{
	static const char *const why[] = { "一致", "未入力", "相違",
		"ストリームにない", "照合表にない", "合計行の相違" };
	static const char *const level[] = { "OK", "注意", "NG", "NG", "NG",
		"NG" };
	enum seki_totals_verdict v = r->f.v;
	enum seki_look look = v == SEKI_TOTALS_SAME	 ? SEKI_LOOK_PLAIN
			      : v == SEKI_TOTALS_UNASKED ? SEKI_LOOK_DOUBT
							 : SEKI_LOOK_WRONG;
	const char *diff = v == SEKI_TOTALS_UNASKED ? "" : r->f.diff.p;
	char row[24] = "";
	size_t i;

	if (g->row > 0)
		(void)snprintf(
		    row, sizeof(row), "%llu", (unsigned long long)g->row);
	if (seki_workbook_str(r->w, look, level[v], err) == -1)
		return -1;
	for (i = 0; i < r->t->nkey; i++)
		if (seki_workbook_str(r->w, SEKI_LOOK_WRAP,
			g->show[i] == NULL ? "合計" : g->show[i], err) == -1)
			return -1;
	if (seki_workbook_str(
		r->w, SEKI_LOOK_PLAIN, r->t->fig[fig].head, err) == -1 ||
	    number(r, look, r->f.want, err) == -1 ||
	    number(r, look, r->f.have.p, err) == -1 ||
	    number(r, look, diff, err) == -1 ||
	    seki_workbook_str(r->w, SEKI_LOOK_WRAP, why[v], err) == -1 ||
	    number(r, SEKI_LOOK_GREY, row, err) == -1)
		return -1;
	return seki_workbook_end(r->w, err);
}

/* What differs, then what is empty, then what agrees. */
static int
lines(struct report *r, struct seki_err *err)
{
	const struct seki_totals *t = r->t;
	size_t i, k;
	int pass, mine;

	for (pass = 0; pass < 3; pass++)
		for (i = 0; i < t->n; i++)
			for (k = 0; k < t->nfig; k++) {
				if (seki_totals_judge(
					t->group[i], k, &r->f, err) == -1)
					return -1;
				mine = r->f.v >= SEKI_TOTALS_DIFFERS   ? 0
				       : r->f.v == SEKI_TOTALS_UNASKED ? 1
								       : 2;
				if (mine == pass &&
				    line(r, t->group[i], k, err) == -1)
					return -1;
			}
	return 0;
}

static int
figures(struct report *r, struct seki_err *err)
{
	static const struct seki_workbook_col after[] = { { "項目", 18, NULL },
		{ "照合表の値", 18, NULL }, { "ストリームの値", 18, NULL },
		{ "差", 16, NULL }, { "結果", 18, NULL },
		{ "照合表の行", 12, NULL } };
	struct seki_workbook_col col[SEKI_TOTALS_COLS + 7];
	size_t i, n = 0;

	col[n++] = (struct seki_workbook_col){ "判定", 6, NULL };
	for (i = 0; i < r->t->nkey; i++)
		col[n++] =
		    (struct seki_workbook_col){ r->t->key[i].head, 18, NULL };
	for (i = 0; i < sizeof(after) / sizeof(after[0]); i++)
		col[n++] = after[i];
	if (seki_workbook_sheet(r->w, "照合", col, n, err) == -1)
		return -1;
	seki_workbook_landscape(r->w);
	return lines(r, err);
}

int
seki_totals_report(const struct seki_totals *t, const char *stream,
    const struct seki_totaled *res, struct seki_out *out, struct seki_err *err)
{
	struct report r = { .t = t, .w = seki_workbook_create(NULL, err) };
	int got = -1;

	if (r.w != NULL && cover(&r, stream, res, err) == 0 &&
	    figures(&r, err) == 0)
		got = seki_workbook_save(r.w, out, err);
	seki_workbook_free(r.w);
	seki_buf_free(&r.f.have);
	seki_buf_free(&r.f.diff);
	return got;
}
