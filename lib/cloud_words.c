#include <stdlib.h>

#include "cloud_int.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))
#define PICK(g, list) seki_cloud_gen_pick(g, list, N(list))

static const struct {
	const char *kanji, *kana;
} family[] = {
	{ "佐藤", "サトウ" }, { "髙橋", "タカハシ" }, { "𠮷田", "ヨシダ" },
	{ "葛󠄀城", "カツラギ" }, { "渡邉", "ワタナベ" }, { "渡邊", "ワタナベ" },
	{ "﨑山", "サキヤマ" }, { "三ヶ島", "ミカジマ" }, { "神谷", "カミヤ" },
	{ "長谷川", "ハセガワ" }, { "五十嵐", "イガラシ" }, { "𩸽谷", "ホッケタニ" },
	{ "佐々木", "ササキ" }, { "〇田", "マルタ" }, { "齋藤", "サイトウ" },
	{ "邊見", "ヘンミ" }, { "山田", "ヤマダ" }, { "菅󠄀野", "スガノ" },
}, given[] = {
	{ "花子", "ハナコ" }, { "太郎", "タロウ" }, { "さくら", "サクラ" },
	{ "結衣", "ユイ" }, { "翔太", "ショウタ" }, { "みすゞ", "ミスズ" },
	{ "ヴィオラ", "ヴィオラ" }, { "京子", "キョウコ" }, { "悠真", "ユウマ" },
	{ "凜", "リン" }, { "誠", "マコト" }, { "陽菜", "ヒナ" },
	{ "𠮟太", "シッタ" },
};

#define FAMILY(p) family[(p) % N(family)]
#define GIVEN(p) given[(p) / N(family) % N(given)]

static int
flaw(struct seki_cloud_gen *g)
{
	return g->flaws && seki_cloud_gen_below(g, 40) == 0;
}

/* ASCII as full-width letters. */
static void
wide(struct seki_cloud_gen *g, const char *s)
{
	char to[256];
	size_t n = 0;

	for (; *s != '\0' && n < sizeof(to) - 4; s++)
		n += seki_text_put(to + n, *s > ' ' && *s < 0x7f
					       ? (uint32_t)(*s - '!') + 0xff01
					       : (unsigned char)*s);
	to[n] = '\0';
	seki_cloud_gen_str(g, to);
}

void
seki_cloud_words_name(struct seki_cloud_gen *g, uint64_t person)
{
	static const char *const gap[] = { " ", "　", "　", " ", "  ", "" };
	static const char *const odd[] = { "ﾔﾏﾀﾞ ﾊﾅｺ", "ＪＯＨＮ　Ｓｍｉｔｈ",
		"マイケル･Ｊ", "か\u3099くせい 一郎", "　山田　太郎　" };

	if (seki_cloud_gen_below(g, 25) == 0) {
		seki_cloud_gen_str(g, PICK(g, odd));
		return;
	}
	seki_cloud_gen_strf(g, "%s%s%s", FAMILY(person).kanji, PICK(g, gap),
	    GIVEN(person).kanji);
}

void
seki_cloud_words_kana(struct seki_cloud_gen *g, uint64_t person)
{
	seki_cloud_gen_strf(
	    g, "%s %s", FAMILY(person).kana, GIVEN(person).kana);
}

/* Exchanges that begin with 0 are nobody's. */
void
seki_cloud_words_tel(struct seki_cloud_gen *g)
{
	static const char *const odd[] = { "なし", "03-0123-456",
		"9001234567" };
	unsigned a = (unsigned)seki_cloud_gen_below(g, 1000);
	unsigned b = (unsigned)seki_cloud_gen_below(g, 10000);
	char text[64];

	if (flaw(g)) {
		seki_cloud_gen_str(g, PICK(g, odd));
		return;
	}
	(void)snprintf(text, sizeof(text), "03-0%03u-%04u", a, b);
	switch (seki_cloud_gen_below(g, 18)) {
	case 0:
		wide(g, text);
		break;
	case 1:
		seki_cloud_gen_strf(g, "03(0%03u)%04u", a, b);
		break;
	case 2:
		seki_cloud_gen_strf(g, "(03)0%03u-%04u", a, b);
		break;
	case 3:
		seki_cloud_gen_strf(g, "03ー0%03uー%04u", a, b);
		break;
	case 4:
		seki_cloud_gen_strf(g, "０３一0%03u一%04u", a, b);
		break;
	case 5:
		seki_cloud_gen_strf(g, "0900%03u%04u", a, b);
		break;
	case 6:
		seki_cloud_gen_strf(g, "0900-%03u-%04u", a, b);
		break;
	case 7:
		seki_cloud_gen_strf(g, "030%03u%04u", a, b);
		break;
	case 8:
		seki_cloud_gen_strf(g, "+81-3-0%03u-%04u", a, b);
		break;
	case 9:
		seki_cloud_gen_strf(g, "+81 90 0%03u %04u", a, b);
		break;
	case 10:
		seki_cloud_gen_strf(g, "012000%04u", b);
		break;
	case 11:
		seki_cloud_gen_strf(g, "%s 内線 %u", text, a % 100);
		break;
	case 12:
		seki_cloud_gen_strf(g, "TEL：%s", text);
		break;
	case 13:
		seki_cloud_gen_strf(g, "%s（代）", text);
		break;
	case 14:
		seki_cloud_gen_str(g, "");
		break;
	case 15:
		seki_cloud_gen_strf(g, "090-0%03u-%04u", a, b);
		break;
	default:
		seki_cloud_gen_str(g, text);
	}
}

void
seki_cloud_words_postal(struct seki_cloud_gen *g)
{
	static const char *const odd[] = { "１０００１３", "600000",
		"100-001a" };
	unsigned a = 1 + (unsigned)seki_cloud_gen_below(g, 999);
	unsigned b = (unsigned)seki_cloud_gen_below(g, 10000);
	char text[32];

	if (flaw(g)) {
		seki_cloud_gen_str(g, PICK(g, odd));
		return;
	}
	(void)snprintf(text, sizeof(text), "%03u-%04u", a, b);
	switch (seki_cloud_gen_below(g, 8)) {
	case 0:
		wide(g, text);
		break;
	case 1:
		seki_cloud_gen_strf(g, "〒%s", text);
		break;
	case 2:
		seki_cloud_gen_strf(g, "%03uー%04u", a, b);
		break;
	case 3:
		seki_cloud_gen_strf(g, "%03u%04u", a, b);
		break;
	case 4:
		seki_cloud_gen_strf(g, "%03u %04u", a, b);
		break;
	case 5:
		seki_cloud_gen_str(g, "");
		break;
	default:
		seki_cloud_gen_str(g, text);
	}
}

void
seki_cloud_words_address(struct seki_cloud_gen *g)
{
	static const char *const town[] = { "架空県みどり市緑町",
		"架空県葛󠄀城市𠮷祥寺",
		"架空県大字三ヶ島字辻󠄀",
		"架空県ひかり市ニュータウン", "架空県海辺郡浜町" };
	static const char *const fmt[] = { "%s%u-%u-%u", "%s%u丁目%u番%u号",
		"%s%u番地%u　第二緑荘%u号室", "%s%u－%u－%u",
		"%s%u-%u ﾐﾄﾞﾘﾊｲﾂ%u" };
	unsigned n[3];
	char text[256];

	for (int i = 0; i < 3; i++)
		n[i] = 1 + (unsigned)seki_cloud_gen_below(g, 40);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(
	    text, sizeof(text), PICK(g, fmt), PICK(g, town), n[0], n[1], n[2]);
#pragma GCC diagnostic pop
	seki_cloud_gen_str(g, text);
}

/* 1,234 */
static void
grouped(char text[32], unsigned n)
{
	if (n >= 1000000)
		(void)snprintf(text, 32, "%u,%03u,%03u", n / 1000000,
		    n / 1000 % 1000, n % 1000);
	else if (n >= 1000)
		(void)snprintf(text, 32, "%u,%03u", n / 1000, n % 1000);
	else
		(void)snprintf(text, 32, "%u", n);
}

void
seki_cloud_words_amount(struct seki_cloud_gen *g)
{
	static const char *const odd[] = { "約100", "1,23", "12a" };
	static const char *const word[] = { "金壱万弐千円也", "二千五百",
		"1.5万", "3億2,000万円", "5千円", "二〇二四", "" };
	unsigned n = (unsigned)seki_cloud_gen_below(g, 2000000);
	char text[32], yen[48];

	if (flaw(g)) {
		seki_cloud_gen_str(g, PICK(g, odd));
		return;
	}
	grouped(text, n);
	switch (seki_cloud_gen_below(g, 12)) {
	case 0:
		(void)snprintf(yen, sizeof(yen), "%s円", text);
		seki_cloud_gen_str(g, yen);
		break;
	case 1:
		wide(g, text);
		break;
	case 2:
		seki_cloud_gen_strf(g, "￥%s-", text);
		break;
	case 3:
		seki_cloud_gen_strf(g, "\\%s", text);
		break;
	case 4:
		seki_cloud_gen_strf(g, "△%s", text);
		break;
	case 5:
		seki_cloud_gen_strf(g, "▲%u", n);
		break;
	case 6:
		seki_cloud_gen_strf(g, "(%s)", text);
		break;
	case 7:
		seki_cloud_gen_strf(g, "%u.50", n);
		break;
	case 8:
		seki_cloud_gen_strf(g, "%u万円", n % 500 + 1);
		break;
	case 9:
		seki_cloud_gen_str(g, PICK(g, word));
		break;
	case 10:
		seki_cloud_gen_strf(
		    g, "１，%u%u%u円", n % 10, n / 10 % 10, n / 100 % 10);
		break;
	default:
		seki_cloud_gen_strf(g, "%s円", text);
	}
}

/* 1 to 99 in kanji, 12 bytes at the most. */
static void
kanji(char to[16], unsigned n)
{
	static const char *const digit[] = { "", "一", "二", "三", "四", "五",
		"六", "七", "八", "九" };

	(void)snprintf(to, 16, "%s%s%s", n < 20 ? "" : digit[n / 10 % 10],
	    n < 10 ? "" : "十", digit[n % 10]);
}

void
seki_cloud_words_wareki(struct seki_cloud_gen *g)
{
	static const char *const odd[] = { "不詳", "昭和64年1月8日",
		"令和7年2月29日", "6.4.1" };
	/* Years that lie within one era from the first day to the last. */
	static const struct {
		const char *name, *one, *letter;
		unsigned first, years, first_year;
	} era[] = {
		{ "昭和", "昭", "S", 1926, 62, 2 },
		{ "平成", "平", "H", 1989, 29, 2 },
		{ "令和", "令", "R", 2019, 7, 2 },
	};
	size_t e = seki_cloud_gen_below(g, 3);
	unsigned y = 2 + (unsigned)seki_cloud_gen_below(g, era[e].years - 1);
	unsigned m = 1 + (unsigned)seki_cloud_gen_below(g, 12);
	unsigned d = 1 + (unsigned)seki_cloud_gen_below(g, 28);
	unsigned ad = era[e].first + y - 1;
	char text[64], ky[16], km[16], kd[16];

	if (flaw(g)) {
		seki_cloud_gen_str(g, PICK(g, odd));
		return;
	}
	switch (seki_cloud_gen_below(g, 12)) {
	case 0:
		seki_cloud_gen_strf(g, "%s%u.%u.%u", era[e].letter, y, m, d);
		break;
	case 1:
		(void)snprintf(
		    text, sizeof(text), "%s%u.%u.%u", era[e].letter, y, m, d);
		wide(g, text);
		break;
	case 2:
		seki_cloud_gen_strf(g, "%c%02u/%02u/%02u",
		    era[e].letter[0] + ('a' - 'A'), y, m, d);
		break;
	case 3:
		seki_cloud_gen_strf(
		    g, "%s%02u%02u%02u", era[e].letter, y, m, d);
		break;
	case 4:
		seki_cloud_gen_strf(g, "%s%u.%u.%u", era[e].one, y, m, d);
		break;
	case 5:
		kanji(ky, y);
		kanji(km, m);
		kanji(kd, d);
		seki_cloud_gen_strf(
		    g, "%s%s年%s月%s日", era[e].name, ky, km, kd);
		break;
	case 6:
		seki_cloud_gen_strf(g, "%u/%u/%u", ad, m, d);
		break;
	case 7:
		seki_cloud_gen_strf(g, "%04u%02u%02u", ad, m, d);
		break;
	case 8:
		seki_cloud_gen_strf(
		    g, "%u(%s%u)年%u月%u日", ad, era[e].name, y, m, d);
		break;
	case 9:
		seki_cloud_gen_str(g, "令和元年５月１日");
		break;
	case 10:
		seki_cloud_gen_strf(
		    g, "%s %u 年 %u 月 %u 日", era[e].name, y, m, d);
		break;
	default:
		seki_cloud_gen_strf(g, "%s%u年%u月%u日", era[e].name, y, m, d);
	}
}
