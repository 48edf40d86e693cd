#include <string.h>

#include "match_int.h"
#include "workbook.h"

/* The workbook that a section works through: problems first. */

/* How often each check found what. */
static int
by_reason(struct seki_match_book *r, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	char n[32];
	int got = 0;

	if (seki_match_prepare(r->m,
		"SELECT name, verdict, severity, count(*) FROM finding "
		"GROUP BY 1, 2, 3 ORDER BY 3 DESC, 4 DESC, 1",
		&st, err) == -1)
		return -1;
	while (got == 0 && sqlite3_step(st) == SQLITE_ROW) {
		(void)snprintf(n, sizeof(n), "%lld",
		    (long long)sqlite3_column_int64(st, 3));
		seki_buf_reset(&r->b);
		got = seki_buf_fmt(&r->b, err, "%s %s（%s）",
		    (const char *)sqlite3_column_text(st, 0),
		    (const char *)sqlite3_column_text(st, 1),
		    sqlite3_column_int(st, 2) == SEKI_SEV_NG ? "NG" : "注意");
		if (got == 0 && (seki_workbook_str(r->w, SEKI_LOOK_LABEL,
				     r->b.p, err) == -1 ||
				    seki_workbook_number(r->w, SEKI_LOOK_WRAP,
					n, strlen(n), err) == -1 ||
				    seki_workbook_end(r->w, err) == -1))
			got = -1;
	}
	(void)sqlite3_finalize(st);
	return got;
}

static int
masters(struct seki_match_book *r, struct seki_err *err)
{
	const struct seki_match *m = r->m;
	size_t i;

	for (i = 0; i < m->nmaster; i++) {
		seki_buf_reset(&r->b);
		if (seki_buf_fmt(&r->b, err, "%s  %llu 行  SHA-256 %s",
			m->master[i].name,
			(unsigned long long)m->master[i].rows,
			m->master[i].hex) == -1 ||
		    seki_workbook_pair(r->w, "台帳", r->b.p, err) == -1)
			return -1;
	}
	return 0;
}

static int
cover(struct seki_match_book *r, struct seki_err *err)
{
	const struct seki_match *m = r->m;
	char now[SEKI_TIME], hex[SEKI_HEX];
	uint64_t alike;

	if (seki_match_alike_count(r->m, &alike, err) == -1 ||
	    seki_workbook_sheet(r->w, "表紙", NULL, 0, err) == -1)
		return -1;
	seki_workbook_width(r->w, 40);
	seki_workbook_width(r->w, 60);
	if (seki_workbook_str(r->w, SEKI_LOOK_TITLE, "照合結果", err) == -1 ||
	    seki_workbook_end(r->w, err) == -1)
		return -1;
	seki_time_jst(seki_time_now(), now);
	if (seki_workbook_pair(r->w, "照合した日時", now, err) == -1 ||
	    seki_workbook_pair(r->w, "対象", m->in->stream, err) == -1 ||
	    seki_workbook_count(r->w, "件数", m->res->records, err) == -1 ||
	    seki_workbook_count(
		r->w, "NG（直すか、決めてください）", m->res->ng, err) == -1 ||
	    seki_workbook_count(
		r->w, "注意（見てください）", m->res->warn, err) == -1 ||
	    seki_workbook_count(r->w, "OK", m->res->ok, err) == -1 ||
	    seki_workbook_count(r->w, "保留のまま（照合していません）",
		m->res->held, err) == -1 ||
	    seki_workbook_count(
		r->w, "承認済みの指摘", m->res->approved, err) == -1 ||
	    seki_workbook_count(r->w, "重複・類似の組", alike, err) == -1)
		return -1;
	if (by_reason(r, err) == -1 || masters(r, err) == -1)
		return -1;
	seki_text_hex(m->rules->digest, SEKI_SHA256, hex);
	if (seki_workbook_pair(r->w, "照合の規則表の SHA-256", hex, err) == -1)
		return -1;
	seki_text_hex(m->res->proof.root, SEKI_SHA256, hex);
	if (seki_workbook_pair(r->w, "内容の要約値", hex, err) == -1)
		return -1;
	return seki_workbook_pair(r->w, "進め方",
	    "「要確認」の各行の決定・理由・決定者を入れて保存し、"
	    "seki-match --decisions にこのファイルを渡します。値が変わった"
	    "ものには、前の決定は効きません。",
	    err);
}

/* Where the record is in the cloud, or nothing. */
int
seki_match_link(
    struct seki_match_book *r, const char *key, struct seki_err *err)
{
	const struct seki_record rec = { .key = {
					     .p = key, .n = strlen(key) } };

	seki_buf_reset(&r->b);
	if (seki_record_link(r->m->in, &rec, &r->b, err) == -1)
		return -1;
	return seki_workbook_link(r->w, r->b.p, key, err);
}

int
seki_match_shown(
    struct seki_match_book *r, sqlite3_int64 rank, struct seki_err *err)
{
	sqlite3_stmt *st = r->shown;
	const char *s;
	size_t i;
	int got;

	for (i = 0; i < r->nshow; i++) {
		if (sqlite3_bind_int64(st, 1, rank) |
		    sqlite3_bind_int(st, 2, (int)i))
			return seki_match_failed(r->m, err);
		s = sqlite3_step(st) == SQLITE_ROW
			? (const char *)sqlite3_column_text(st, 0)
			: NULL;
		got = seki_workbook_str(
		    r->w, SEKI_LOOK_WRAP, s == NULL ? "" : s, err);
		(void)sqlite3_reset(st);
		if (got == -1)
			return -1;
	}
	return 0;
}

static int
finding(struct seki_match_book *r, sqlite3_stmt *st, struct seki_err *err)
{
	enum seki_severity sev = (enum seki_severity)sqlite3_column_int(st, 3);
	enum seki_look look =
	    sev == SEKI_SEV_NG ? SEKI_LOOK_WRONG : SEKI_LOOK_DOUBT;
	const char *v[14];
	int i;

	for (i = 2; i < 14; i++) {
		v[i] = (const char *)sqlite3_column_text(st, i);
		if (v[i] == NULL)
			v[i] = "";
	}
	if (seki_workbook_str(
		r->w, look, sev == SEKI_SEV_NG ? "NG" : "注意", err) == -1 ||
	    seki_match_link(r, v[2], err) == -1 ||
	    seki_match_shown(r, sqlite3_column_int64(st, 1), err) == -1)
		return -1;
	/* name, field, verdict; both values; last time's; where. */
	for (i = 4; i < 13; i++)
		if (seki_workbook_str(r->w,
			i == 7 || i == 8 ? look
			: i == 9	 ? SEKI_LOOK_GREY
					 : SEKI_LOOK_WRAP,
			v[i], err) == -1)
			return -1;
	for (i = 0; i < 3; i++)
		if (seki_workbook_none(r->w, SEKI_LOOK_FILL, err) == -1)
			return -1;
	if (seki_workbook_str(r->w, SEKI_LOOK_GREY, v[13], err) == -1)
		return -1;
	return seki_workbook_end(r->w, err);
}

static int
problems(struct seki_match_book *r, struct seki_err *err)
{
	static const struct seki_workbook_col before[] = { { "判定", 6, NULL },
		{ "番号", 10, NULL } };
	static const struct seki_workbook_col after[] = { { "照合", 18, NULL },
		{ "項目", 16, NULL }, { "結果", 10, NULL }, { "値", 28, NULL },
		{ "台帳の値", 28, NULL }, { "前回の値", 20, NULL },
		{ "台帳", 14, NULL }, { "台帳の行", 10, NULL },
		{ "メッセージ", 30, NULL }, { "決定", 10, seki_match_answers },
		{ "理由", 30, NULL }, { "決定者", 12, NULL },
		{ "照合印", 18, NULL } };
	struct seki_workbook_col col[15 + SEKI_MATCH_SHOWN];
	sqlite3_stmt *st = NULL;
	size_t i, n = 0;
	int got;

	for (i = 0; i < 2; i++)
		col[n++] = before[i];
	for (i = 0; i < r->nshow; i++)
		col[n++] = (struct seki_workbook_col){ r->show[i], 20, NULL };
	for (i = 0; i < 13; i++)
		col[n++] = after[i];
	got = seki_workbook_sheet(r->w, "要確認", col, n, err);
	seki_workbook_landscape(r->w);
	if (got == 0)
		got = seki_match_prepare(r->m,
		    "SELECT * FROM finding ORDER BY worst DESC, rank, "
		    "severity DESC, rowid",
		    &st, err);
	while (got == 0 && sqlite3_step(st) == SQLITE_ROW)
		got = finding(r, st, err);
	(void)sqlite3_finalize(st);
	return got;
}

int
seki_match_report(struct seki_match *m, struct seki_err *err)
{
	struct seki_match_book r = { .m = m, .show = m->how->show };
	int got = -1;

	while (r.show != NULL && r.show[r.nshow] != NULL)
		r.nshow++;
	if (r.nshow > SEKI_MATCH_SHOWN)
		return seki_fail(err, SEKI_USAGE,
		    _("--show: no more than %d fields"), SEKI_MATCH_SHOWN);
	if ((r.w = seki_workbook_create(NULL, err)) != NULL &&
	    seki_match_prepare(m,
		"SELECT value FROM shown WHERE rank = ? AND col = ?", &r.shown,
		err) == 0 &&
	    cover(&r, err) == 0 && problems(&r, err) == 0 &&
	    seki_match_alike(&r, err) == 0)
		got = seki_workbook_save(r.w, m->how->report, err);
	(void)sqlite3_finalize(r.shown);
	seki_workbook_free(r.w);
	seki_buf_free(&r.b);
	return got;
}
