#include <stdlib.h>

#include "cloud_int.h"

/*
 * 学校相談: consultations with a school, with every type a field may have and
 * values as people type them.
 */
#define BASE 1743465600 /* 2025-04-01T00:00:00Z */
#define DAY ((seki_time)86400)
#define below seki_cloud_gen_below
#define raw seki_cloud_gen_raw
#define str seki_cloud_gen_str
#define strf seki_cloud_gen_strf

/* What fields of one record share, by index of gen.u. */
enum { CHILD, PARENT, COST, SECONDS, SCHOOL, HOUR };

static const struct {
	const char *code, *name;
	unsigned number;
} schools[] = {
	{ "SH-001", "みどり小学校", 101 },
	{ "SH-002", "第二みどり小学校", 102 },
	{ "CH-001", "葛󠄀城中学校", 201 },
	{ "CH-010", "𠮷祥寺中学校", 210 },
	{ "", "", 0 },
};

static void
begin(struct seki_cloud_gen *g)
{
	g->u[CHILD] = below(g, 234);
	g->u[PARENT] = g->u[CHILD] % 18 + 18 * below(g, 13);
	g->u[COST] = below(g, 3) == 0 ? 0 : below(g, 90000) * 10;
	g->u[SECONDS] = below(g, 4) == 0 ? 0 : 60 * below(g, 6000);
	g->u[SCHOOL] = below(g, sizeof(schools) / sizeof(schools[0]));
	g->u[HOUR] = 8 + below(g, 10);
	/* Now and then one with nothing but what the service fills in. */
	g->bare = g->id % 97 == 0;
	g->created = BASE + (seki_time)g->id * 2220;
	g->updated = g->created + (seki_time)((g->revision - 1) * 93600);
}

static void
record_number(struct seki_cloud_gen *g)
{
	strf(g, "SOUDAN-%ju", (uintmax_t)g->id);
}

static void
creator(struct seki_cloud_gen *g)
{
	seki_cloud_text_user(g);
}

static void
created(struct seki_cloud_gen *g)
{
	seki_cloud_gen_time(g, g->created);
}

static void
updated(struct seki_cloud_gen *g)
{
	seki_cloud_gen_time(g, g->updated);
}

static void
category(struct seki_cloud_gen *g)
{
	static const char *const list[] = { "[]", "[\"不登校\"]",
		"[\"不登校\",\"小学校\"]", "[\"いじめ\",\"中学校\"]" };

	raw(g, seki_cloud_gen_pick(g, list, 4));
}

static void
status(struct seki_cloud_gen *g)
{
	static const char *const list[] = { "未処理", "対応中", "完了" };

	str(g, seki_cloud_gen_pick(g, list, 3));
}

static void
assignee(struct seki_cloud_gen *g)
{
	seki_cloud_text_users(g, 2);
}

static void
reception(struct seki_cloud_gen *g)
{
	strf(g, "R07-%05ju", (uintmax_t)g->id);
}

/* Leading zeros are part of it. */
static void
filing(struct seki_cloud_gen *g)
{
	strf(g, "%04ju", (uintmax_t)(g->id % 10000));
}

static void
title(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "\"\""))
		seki_cloud_text_awkward(g);
}

static void
heading(struct seki_cloud_gen *g)
{
	strf(g, "R07-%05ju 相談", (uintmax_t)g->id);
}

static void
child(struct seki_cloud_gen *g)
{
	seki_cloud_words_name(g, g->u[CHILD]);
}

static void
child_kana(struct seki_cloud_gen *g)
{
	seki_cloud_words_kana(g, g->u[CHILD]);
}

static void
parent(struct seki_cloud_gen *g)
{
	seki_cloud_words_name(g, g->u[PARENT]);
}

static void
contents(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "\"\""))
		seki_cloud_text_prose(
		    g, g->id % 50 == 0 ? 40 : 1 + below(g, 5), "\n");
}

static void
answer(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "\"\""))
		strf(g,
		    "<div>第%u回の対応。<br /><b>継続</b>して見守る。"
		    "&quot;要連絡&quot;</div>",
		    1 + (unsigned)below(g, 9));
}

static void
days(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "\"\""))
		strf(g, "%u", (unsigned)below(g, 60));
}

/* Up to 30 digits, 10 of them decimals; none fits a double. */
static void
precise(struct seki_cloud_gen *g)
{
	static const char *const list[] = { "12345678901234567890.0123456789",
		"-99999999999999999999.9999999999", "0.0000000001", "1234.50",
		"100000000000000000000", "-0.5", "0", "9007199254740993" };

	if (!seki_cloud_text_empty(g, "\"\""))
		str(g, g->id % 3 == 0 ? list[g->id / 3 % 8] : "12.5");
}

static void
cost(struct seki_cloud_gen *g)
{
	if (g->u[COST] == 0)
		raw(g, "\"\"");
	else
		strf(g, "%ju", (uintmax_t)g->u[COST]);
}

static void
cost_plain(struct seki_cloud_gen *g)
{
	strf(g, "%ju", (uintmax_t)g->u[COST]);
}

static void
cost_taxed(struct seki_cloud_gen *g)
{
	strf(g, "%ju", (uintmax_t)(g->u[COST] * 11 / 10));
}

static void
due_time(struct seki_cloud_gen *g)
{
	seki_cloud_gen_time(g, g->created + 14 * DAY);
}

static void
due_date(struct seki_cloud_gen *g)
{
	seki_cloud_gen_date(g, g->created + 14 * DAY);
}

static void
start(struct seki_cloud_gen *g)
{
	if (g->bare)
		raw(g, "\"\"");
	else
		strf(g, "%02u:15", (unsigned)g->u[HOUR]);
}

static void
spent(struct seki_cloud_gen *g)
{
	strf(g, "%02ju:%02ju", (uintmax_t)(g->u[SECONDS] / 3600),
	    (uintmax_t)(g->u[SECONDS] / 60 % 60));
}

static void
seconds(struct seki_cloud_gen *g)
{
	if (g->u[SECONDS] == 0)
		raw(g, "\"\"");
	else
		strf(g, "%ju", (uintmax_t)g->u[SECONDS]);
}

static void
choices(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "[]"))
		seki_cloud_text_choices(g);
}

static void
choice(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "null"))
		seki_cloud_text_choice(g);
}

static void
date(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "null"))
		seki_cloud_gen_date(g, g->created);
}

static void
hour(struct seki_cloud_gen *g)
{
	if (g->bare)
		raw(g, "null");
	else
		strf(g, "%02u:15", (unsigned)g->u[HOUR]);
}

/* Some lie in another day, and another fiscal year, in Japan than in UTC. */
static void
next_meeting(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "\"\""))
		seki_cloud_gen_time(
		    g, g->id % 11 == 0
			   ? 1774969200
			   : g->created + (seki_time)below(g, 60) * DAY);
}

static void
web(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "\"\""))
		strf(g, "https://www.example.lg.jp/soudan?id=%ju&lang=ja",
		    (uintmax_t)g->id);
}

static void
mail(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "\"\""))
		strf(g, "hogosha%ju@example.jp", (uintmax_t)g->id);
}

static void
officers(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "[]"))
		seki_cloud_text_users(g, 3);
}

static void
school_code(struct seki_cloud_gen *g)
{
	str(g, schools[g->u[SCHOOL]].code);
}

static void
school_name(struct seki_cloud_gen *g)
{
	str(g, schools[g->u[SCHOOL]].name);
}

static void
school_number(struct seki_cloud_gen *g)
{
	if (schools[g->u[SCHOOL]].number == 0)
		raw(g, "\"\"");
	else
		strf(g, "%u", schools[g->u[SCHOOL]].number);
}

/* 面談記録: no row, rows, and now and then a row with nothing in it. */
static void
meetings(struct seki_cloud_gen *g)
{
	uint64_t n = g->bare ? 0 : below(g, 4);
	int bare = g->bare;

	if (g->id % 13 == 0) {
		n = 1;
		g->bare = 1;
	}
	seki_cloud_gen_rows(g, n, g->id * 100 + 1);
	g->bare = bare;
}

static void
family(struct seki_cloud_gen *g)
{
	seki_cloud_gen_rows(g, g->bare ? 0 : below(g, 3), g->id * 100 + 51);
}

static void
round_number(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "\"\""))
		strf(g, "%ju", (uintmax_t)(g->row + 1));
}

static void
ended(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "\"\""))
		seki_cloud_gen_time(
		    g, g->created + (seki_time)(g->row * 7) * DAY + 3600);
}

static void
member_name(struct seki_cloud_gen *g)
{
	seki_cloud_words_name(g, g->u[CHILD] % 18 + 18 * below(g, 13));
}

static void
relation(struct seki_cloud_gen *g)
{
	static const char *const list[] = { "父", "母", "祖母", "兄", "" };

	str(g, seki_cloud_gen_pick(g, list, 5));
}

#define LOOKUP(app, code, key, map)                                            \
	"{\"relatedApp\":{\"app\":\"" app "\",\"code\":\"" code "\"},"         \
	"\"relatedKeyField\":\"" key "\",\"fieldMappings\":[" map "],"         \
	"\"lookupPickerFields\":[\"" key "\"],\"filterCond\":\"\","            \
	"\"sort\":\"" key " asc\"}"

static const struct seki_cloud_column meeting[] = {
	{ "面談回", "回", "NUMBER", 0, NULL, round_number, NULL },
	{ "面談日", "面談日", "DATE", 0, NULL, date, NULL },
	{ "面談時刻", "時刻", "TIME", 0, NULL, hour, NULL },
	{ "面談終了", "終了", "DATETIME", 0, NULL, ended, NULL },
	{ "面談方法", "方法", "DROP_DOWN", 0, "来校|訪問|電話|オンライン",
	    choice, NULL },
	{ "面談結果", "結果", "RADIO_BUTTON", 0, "継続|終結", choice, NULL },
	{ "同席", "同席者", "CHECK_BOX", 0, "担任|養護教諭|管理職", choices,
	    NULL },
	{ "面談種別", "種別", "MULTI_SELECT", 0, "本人|保護者", choices, NULL },
	{ "面談概要", "概要", "SINGLE_LINE_TEXT", 0, NULL, title, NULL },
	{ "面談内容", "内容", "MULTI_LINE_TEXT", 0, NULL, contents, NULL },
	{ "面談所感", "所感", "RICH_TEXT", 0, NULL, answer, NULL },
	{ "面談費用", "費用", "CALC", 0, "NUMBER_DIGIT=概算費用", cost_plain,
	    NULL },
	{ "面談者", "面談者", "USER_SELECT", 0, NULL, officers, NULL },
	{ "面談資料", "資料", "FILE", 0, NULL, seki_cloud_text_files, NULL },
	{ "面談URL", "URL", "LINK", 0, "WEB", web, NULL },
	{ NULL, NULL, NULL, 0, NULL, NULL, NULL },
};

static const struct seki_cloud_column relative[] = {
	{ "家族氏名", "氏名", "SINGLE_LINE_TEXT", 0, NULL, member_name, NULL },
	{ "続柄", "続柄", "SINGLE_LINE_TEXT", 0, NULL, relation, NULL },
	{ "家族電話", "電話", "SINGLE_LINE_TEXT", 0, NULL, seki_cloud_words_tel,
	    NULL },
	{ "家族生年月日", "生年月日", "SINGLE_LINE_TEXT", 0, NULL,
	    seki_cloud_words_wareki, NULL },
	{ "家族所属", "所属", "ORGANIZATION_SELECT", 0, NULL,
	    seki_cloud_text_section, NULL },
	{ "家族グループ", "グループ", "GROUP_SELECT", 0, NULL,
	    seki_cloud_text_group, NULL },
	{ NULL, NULL, NULL, 0, NULL, NULL, NULL },
};

static const struct seki_cloud_column columns[] = {
	{ "-", "<div><b>学校相談</b></div>", "LABEL", 1, NULL, NULL, NULL },
	{ "レコード番号", "レコード番号", "RECORD_NUMBER", 1, NULL,
	    record_number, NULL },
	{ "受付番号", "受付番号", "SINGLE_LINE_TEXT", 2, NULL, reception,
	    NULL },
	{ "整理番号", "整理番号", "SINGLE_LINE_TEXT", 2, NULL, filing, NULL },
	{ "件名", "件名", "SINGLE_LINE_TEXT", 2, NULL, title, NULL },
	{ "見出し", "見出し(自動)", "SINGLE_LINE_TEXT", 2, "受付番号&\" 相談\"",
	    heading, NULL },
	{ "児童生徒氏名", "児童生徒氏名", "SINGLE_LINE_TEXT", 3, NULL, child,
	    NULL },
	{ "児童生徒カナ", "フリガナ", "SINGLE_LINE_TEXT", 3, NULL, child_kana,
	    NULL },
	{ "保護者氏名", "保護者氏名", "SINGLE_LINE_TEXT", 3, NULL, parent,
	    NULL },
	{ "生年月日", "生年月日(和暦)", "SINGLE_LINE_TEXT", 3, NULL,
	    seki_cloud_words_wareki, NULL },
	{ "電話番号", "電話番号", "SINGLE_LINE_TEXT", 4, NULL,
	    seki_cloud_words_tel, NULL },
	{ "郵便番号", "郵便番号", "SINGLE_LINE_TEXT", 4, NULL,
	    seki_cloud_words_postal, NULL },
	{ "住所", "住所", "SINGLE_LINE_TEXT", 4, NULL, seki_cloud_words_address,
	    NULL },
	{ "費用負担額", "費用負担額", "SINGLE_LINE_TEXT", 4, NULL,
	    seki_cloud_words_amount, NULL },
	{ "相談内容", "相談内容", "MULTI_LINE_TEXT", 5, NULL, contents, NULL },
	{ "対応記録", "対応記録", "RICH_TEXT", 6, NULL, answer, NULL },
	{ "-", "", "HR", 7, NULL, NULL, NULL },
	{ "欠席日数", "欠席日数", "NUMBER", 8, NULL, days, NULL },
	{ "精密値", "指標(精密)", "NUMBER", 8, NULL, precise, NULL },
	{ "概算費用", "概算費用", "NUMBER", 8, NULL, cost, NULL },
	{ "費用計", "費用計", "CALC", 9, "NUMBER=概算費用", cost_plain, NULL },
	{ "税込費用", "税込費用", "CALC", 9, "NUMBER_DIGIT=概算費用*1.1",
	    cost_taxed, NULL },
	{ "期限日時", "期限日時", "CALC", 9, "DATETIME=作成日時+60*60*24*14",
	    due_time, NULL },
	{ "期限日", "期限日", "CALC", 9, "DATE=作成日時+60*60*24*14", due_date,
	    NULL },
	{ "開始時刻", "開始時刻", "CALC", 9, "TIME=相談時刻", start, NULL },
	{ "対応時間", "対応時間", "CALC", 9, "HOUR_MINUTE=対応秒数", spent,
	    NULL },
	{ "滞留時間", "滞留時間", "CALC", 9, "DAY_HOUR_MINUTE=対応秒数", spent,
	    NULL },
	{ "相談区分", "相談区分", "CHECK_BOX", 10,
	    "不登校|いじめ|学習|家庭|その他", choices, NULL },
	{ "緊急度", "緊急度", "RADIO_BUTTON", 10, "低|中|高", choice, NULL },
	{ "学校種別", "学校種別", "DROP_DOWN", 10, "小学校|中学校|高等学校",
	    choice, NULL },
	{ "関係機関", "関係機関", "MULTI_SELECT", 10,
	    "児童相談所|医療機関|警察|福祉課", choices, NULL },
	{ "相談日", "相談日", "DATE", 11, NULL, date, NULL },
	{ "相談時刻", "相談時刻", "TIME", 11, NULL, hour, NULL },
	{ "次回面談", "次回面談", "DATETIME", 11, NULL, next_meeting, NULL },
	{ "参考URL", "参考URL", "LINK", 12, "WEB", web, NULL },
	{ "連絡先電話", "連絡先電話", "LINK", 12, "CALL", seki_cloud_words_tel,
	    NULL },
	{ "連絡先メール", "連絡先メール", "LINK", 12, "MAIL", mail, NULL },
	{ "担当者", "担当者", "USER_SELECT", 13, NULL, officers, NULL },
	{ "担当課", "担当課", "ORGANIZATION_SELECT", 13, NULL,
	    seki_cloud_text_section, NULL },
	{ "共有グループ", "共有グループ", "GROUP_SELECT", 13, NULL,
	    seki_cloud_text_group, NULL },
	{ "添付資料", "添付資料", "FILE", 14, NULL, seki_cloud_text_files,
	    NULL },
	{ "学校コード", "学校コード", "SINGLE_LINE_TEXT", 15,
	    LOOKUP("901", "GAKKO", "学校コード",
		"{\"field\":\"学校名\","
		"\"relatedField\":\"学校名\"}"),
	    school_code, NULL },
	{ "学校名", "学校名(自動)", "SINGLE_LINE_TEXT", 15, NULL, school_name,
	    NULL },
	{ "学校番号", "学校番号", "NUMBER", 15,
	    LOOKUP("901", "GAKKO", "学校番号", ""), school_number, NULL },
	{ "過去の相談", "過去の相談", "REFERENCE_TABLE", 16,
	    "{\"relatedApp\":{\"app\":\"1\",\"code\":\"SOUDAN\"},"
	    "\"condition\":{\"field\":\"学校コード\","
	    "\"relatedField\":\"学校コード\"},\"filterCond\":\"\","
	    "\"displayFields\":[\"受付番号\",\"件名\"],"
	    "\"sort\":\"相談日 desc\",\"size\":\"5\"}",
	    NULL, NULL },
	{ "面談記録", "面談記録", "SUBTABLE", 17, NULL, meetings, meeting },
	{ "家族", "家族", "SUBTABLE", 18, NULL, family, relative },
	{ "内部情報", "内部情報(職員用)", "GROUP", 100, NULL, NULL, NULL },
	{ "対応秒数", "対応秒数(内部)", "NUMBER", 101, NULL, seconds, NULL },
	{ "-", "", "SPACER", 101, NULL, NULL, NULL },
	{ "文字列__1行__3", "備考", "SINGLE_LINE_TEXT", 102, NULL,
	    seki_cloud_text_awkward, NULL },
	{ "備考", "備考", "MULTI_LINE_TEXT", 102, NULL, seki_cloud_text_awkward,
	    NULL },
	{ "作成者", "作成者", "CREATOR", 103, NULL, creator, NULL },
	{ "作成日時", "作成日時", "CREATED_TIME", 103, NULL, created, NULL },
	{ "更新者", "更新者", "MODIFIER", 103, NULL, creator, NULL },
	{ "更新日時", "更新日時", "UPDATED_TIME", 103, NULL, updated, NULL },
	{ "ステータス", "ステータス", "STATUS", 0, NULL, status, NULL },
	{ "作業者", "作業者", "STATUS_ASSIGNEE", 0, NULL, assignee, NULL },
	{ "カテゴリー", "カテゴリー", "CATEGORY", 0, NULL, category, NULL },
	{ NULL, NULL, NULL, 0, NULL, NULL, NULL },
};

const struct seki_cloud_kind seki_cloud_soudan = {
	.name = "soudan",
	.title = "学校相談",
	.code = "SOUDAN",
	.description = "<div>学校相談の記録（すべて架空のデータ）</div>",
	.title_field = "件名",
	.column = columns,
	.begin = begin,
};
