#include <stdlib.h>

#include "cloud_int.h"

/*
 * 寄附金受付: 40 plain fields and no table, about 2.8 kB a record, for
 * measuring.
 */
#define BASE 1743465600 /* 2025-04-01T00:00:00Z */
#define DAY ((seki_time)86400)
#define below seki_cloud_gen_below
#define str seki_cloud_gen_str
#define strf seki_cloud_gen_strf

enum { DONOR, AMOUNT };

static void
begin(struct seki_cloud_gen *g)
{
	g->u[DONOR] = below(g, 234);
	g->u[AMOUNT] = (1 + below(g, 300)) * 1000;
	g->created = BASE + (seki_time)g->id * 300;
	g->updated = g->created + (seki_time)((g->revision - 1) * 86400);
}

static void
record_number(struct seki_cloud_gen *g)
{
	strf(g, "%ju", (uintmax_t)g->id);
}

static void
user(struct seki_cloud_gen *g)
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
reception(struct seki_cloud_gen *g)
{
	strf(g, "KIFU-2025-%07ju", (uintmax_t)g->id);
}

static void
name(struct seki_cloud_gen *g)
{
	seki_cloud_words_name(g, g->u[DONOR]);
}

static void
kana(struct seki_cloud_gen *g)
{
	seki_cloud_words_kana(g, g->u[DONOR]);
}

static void
mail(struct seki_cloud_gen *g)
{
	strf(g, "kifu%07ju@example.jp", (uintmax_t)g->id);
}

static void
amount(struct seki_cloud_gen *g)
{
	strf(g, "%ju", (uintmax_t)g->u[AMOUNT]);
}

static void
fee(struct seki_cloud_gen *g)
{
	strf(g, "%ju", (uintmax_t)(g->u[AMOUNT] / 40));
}

static void
net(struct seki_cloud_gen *g)
{
	strf(g, "%ju", (uintmax_t)(g->u[AMOUNT] - g->u[AMOUNT] / 40));
}

static void
rate(struct seki_cloud_gen *g)
{
	strf(g, "%u.%02u", (unsigned)below(g, 100), 1 + (unsigned)below(g, 99));
}

static void
count(struct seki_cloud_gen *g)
{
	strf(g, "%u", 1 + (unsigned)below(g, 9));
}

static void
code(struct seki_cloud_gen *g)
{
	strf(g, "%06u", (unsigned)below(g, 1000000));
}

static void
day(struct seki_cloud_gen *g)
{
	seki_cloud_gen_date(g, g->created + (seki_time)below(g, 30) * DAY);
}

static void
moment(struct seki_cloud_gen *g)
{
	seki_cloud_gen_time(g, g->created + (seki_time)below(g, 86400));
}

static void
hour(struct seki_cloud_gen *g)
{
	strf(g, "%02u:%02u", (unsigned)below(g, 24), (unsigned)below(g, 60));
}

static void
message(struct seki_cloud_gen *g)
{
	if (g->id % 20 == 0)
		seki_cloud_text_awkward(g);
	else
		seki_cloud_text_prose(g, 1 + below(g, 3), "\n");
}

static void
note(struct seki_cloud_gen *g)
{
	if (below(g, 4) == 0)
		str(g, "");
	else
		seki_cloud_text_prose(g, 1, "");
}

static void
gift(struct seki_cloud_gen *g)
{
	static const char *const list[] = { "みどり米 10kg",
		"手摘み新茶 詰合せ（3種）", "ひかり牛 切り落とし 800g",
		"ガラス工房 ﾀﾝﾌﾞﾗｰ 2個", "返礼品なし" };

	str(g, seki_cloud_gen_pick(g, list, 5));
}

static void
url(struct seki_cloud_gen *g)
{
	strf(g, "https://kifu.example.lg.jp/receipt?no=%ju", (uintmax_t)g->id);
}

#define F(code, type, line, arg, fn)                                           \
	{                                                                      \
		code, code, type, line, arg, fn, NULL                          \
	}

static const struct seki_cloud_column columns[] = {
	F("レコード番号", "RECORD_NUMBER", 1, NULL, record_number),
	F("受付番号", "SINGLE_LINE_TEXT", 1, NULL, reception),
	F("受付日", "DATE", 1, NULL, day),
	F("受付時刻", "TIME", 1, NULL, hour),
	F("氏名", "SINGLE_LINE_TEXT", 2, NULL, name),
	F("フリガナ", "SINGLE_LINE_TEXT", 2, NULL, kana),
	F("電話番号", "SINGLE_LINE_TEXT", 2, NULL, seki_cloud_words_tel),
	F("メール", "LINK", 2, "MAIL", mail),
	F("郵便番号", "SINGLE_LINE_TEXT", 3, NULL, seki_cloud_words_postal),
	F("住所", "SINGLE_LINE_TEXT", 3, NULL, seki_cloud_words_address),
	F("生年月日", "SINGLE_LINE_TEXT", 3, NULL, seki_cloud_words_wareki),
	F("寄附金額", "NUMBER", 4, NULL, amount),
	F("手数料", "NUMBER", 4, NULL, fee),
	F("差引額", "CALC", 4, "NUMBER_DIGIT=寄附金額-手数料", net),
	F("申告金額", "SINGLE_LINE_TEXT", 4, NULL, seki_cloud_words_amount),
	F("割合", "NUMBER", 4, NULL, rate),
	F("使い道", "DROP_DOWN", 5, "教育|福祉|環境|まちづくり|おまかせ",
	    seki_cloud_text_choice),
	F("支払方法", "RADIO_BUTTON", 5, "クレジット|振込|窓口|納付書",
	    seki_cloud_text_choice),
	F("希望事項", "CHECK_BOX", 5, "広報掲載|領収書|ワンストップ特例|匿名",
	    seki_cloud_text_choices),
	F("きっかけ", "MULTI_SELECT", 5, "広報紙|ポータル|紹介|SNS",
	    seki_cloud_text_choices),
	F("返礼品", "SINGLE_LINE_TEXT", 6, NULL, gift),
	F("返礼品コード", "SINGLE_LINE_TEXT", 6, NULL, code),
	F("返礼品個数", "NUMBER", 6, NULL, count),
	F("発送日", "DATE", 6, NULL, day),
	F("配送先氏名", "SINGLE_LINE_TEXT", 7, NULL, name),
	F("配送先住所", "SINGLE_LINE_TEXT", 7, NULL, seki_cloud_words_address),
	F("配送先電話番号", "SINGLE_LINE_TEXT", 7, NULL, seki_cloud_words_tel),
	F("応援メッセージ", "MULTI_LINE_TEXT", 8, NULL, message),
	F("職員メモ", "MULTI_LINE_TEXT", 8, NULL, note),
	F("入金日", "DATE", 9, NULL, day),
	F("入金日時", "DATETIME", 9, NULL, moment),
	F("証明書発行日", "DATE", 9, NULL, day),
	F("証明書番号", "SINGLE_LINE_TEXT", 9, NULL, code),
	F("確認URL", "LINK", 9, "WEB", url),
	F("特例申請日時", "DATETIME", 10, NULL, moment),
	F("特例申請番号", "SINGLE_LINE_TEXT", 10, NULL, code),
	F("作成者", "CREATOR", 11, NULL, user),
	F("作成日時", "CREATED_TIME", 11, NULL, created),
	F("更新者", "MODIFIER", 11, NULL, user),
	F("更新日時", "UPDATED_TIME", 11, NULL, updated),
	{ NULL, NULL, NULL, 0, NULL, NULL, NULL },
};

const struct seki_cloud_kind seki_cloud_kifu = {
	.name = "kifu",
	.title = "寄附金受付",
	.code = "",
	.description = "<div>寄附金の受付簿（すべて架空のデータ）</div>",
	.title_field = "受付番号",
	.column = columns,
	.begin = begin,
};
