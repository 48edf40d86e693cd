#include <stdlib.h>

#include "cloud_int.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))

static const char *const users[] = {
	"{\"code\":\"sato.k\",\"name\":\"佐藤 花子\"}",
	"{\"code\":\"kato_m\",\"name\":\"加藤 誠\"}",
	"{\"code\":\"yoshida\",\"name\":\"𠮷田　太郎\"}",
	"{\"code\":\"katsuragi\",\"name\":\"葛󠄀城 結衣\"}",
	"{\"code\":\"guest/tanaka@example.com\",\"name\":\"田中 (保護者会)\"}",
	"{\"code\":\"Administrator\",\"name\":\"Administrator\"}",
	"{\"code\":\"o'brien\",\"name\":\"O\\\"Brien, <J>\"}",
};

void
seki_cloud_text_user(struct seki_cloud_gen *g)
{
	seki_cloud_gen_raw(g, seki_cloud_gen_pick(g, users, N(users)));
}

void
seki_cloud_text_users(struct seki_cloud_gen *g, uint64_t n)
{
	uint64_t first = seki_cloud_gen_below(g, N(users));

	n = seki_cloud_gen_below(g, n + 1);
	seki_cloud_gen_raw(g, "[");
	for (uint64_t i = 0; i < n; i++) {
		seki_cloud_gen_raw(g, i > 0 ? "," : "");
		seki_cloud_gen_raw(g, users[(first + i) % N(users)]);
	}
	seki_cloud_gen_raw(g, "]");
}

static size_t
option(const char *list, uint64_t i, const char **s)
{
	for (*s = list; i > 0; i--)
		*s += strcspn(*s, "|") + 1;
	return strcspn(*s, "|");
}

static uint64_t
options(const char *list)
{
	uint64_t n = 1;

	for (; *list != '\0'; list++)
		n += *list == '|';
	return n;
}

void
seki_cloud_text_choice(struct seki_cloud_gen *g)
{
	const char *list = g->column->arg, *s;
	size_t n = option(list, seki_cloud_gen_below(g, options(list)), &s);

	seki_cloud_gen_fmt(g, "\"%.*s\"", (int)n, s);
}

void
seki_cloud_text_choices(struct seki_cloud_gen *g)
{
	const char *list = g->column->arg, *s, *sep = "";
	uint64_t n = options(list);
	size_t len;

	seki_cloud_gen_raw(g, "[");
	for (uint64_t i = 0; i < n; i++) {
		if (seki_cloud_gen_below(g, 3) != 0)
			continue;
		len = option(list, i, &s);
		seki_cloud_gen_fmt(g, "%s\"%.*s\"", sep, (int)len, s);
		sep = ",";
	}
	seki_cloud_gen_raw(g, "]");
}

/* In turn, so that a few dozen records show them all. */
void
seki_cloud_text_awkward(struct seki_cloud_gen *g)
{
	static const char *const list[] = {
		"=1+1",
		"+81",
		"0012",
		"-5",
		"@SUM(A1:A9)",
		"=cmd|' /C x'!A0",
		"  前後に半角の空白  ",
		"　前後に全角の空白　",
		"\t先頭にタブ",
		"ｶﾞｽ･水道 ﾊﾝｶｸｶﾅ｡",
		"𠮷野家で待ち合わせ",
		"葛󠄀城市と葛城市",
		"😀👨‍👩‍👧‍👦🇯🇵絵文字",
		"か\u3099き\u3099く\u3099（結合文字）",
		"\"引用符\"と,カンマ",
		"1行目\n2行目\n\n4行目\n",
		"*",
		"髙﨑①㈱㎡〜−～－",
		"<b>太字</b> & &lt;実体&gt;",
		"\\u3042\\n",
		"NULL",
		"null",
		"行区切り\u2028あり",
		"_x0041_",
		"１２３ＡＢＣ",
		"2026/4/1",
		"1E5",
		"true",
		"'先頭に引用符",
		"終わりに空白 ",
		"ア゛",
		"；セミコロン;コロン:",
		"␛{A}",
		"",
		"神　羽　隆",
		"#N/A",
	};

	seki_cloud_gen_str(g, list[g->id % N(list)]);
}

void
seki_cloud_text_prose(struct seki_cloud_gen *g, uint64_t n, const char *sep)
{
	static const char *const list[] = {
		"登校をしぶる日が続いていると相談があった。",
		"担任と保護者で面談を行い、経過を見ることにした。",
		"次回は関係機関も交えて話し合う予定。",
		"友人関係についての悩みを本人から聞き取った。",
		"家庭での様子は落ち着いているとのこと。",
		"給食の時間に体調を崩すことが多い。",
		"スクールカウンセラーとの面談を希望している。",
		"学習のつまずきについて支援を検討する。",
		"電話で状況を確認し、記録を共有した。",
		"本人の希望で教室以外の場所を用意した。",
	};
	char text[4096];
	size_t at = 0;

	text[0] = '\0';
	for (uint64_t i = 0; i < n && at < sizeof(text) - 128; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
		    i > 0 ? sep : "", seki_cloud_gen_pick(g, list, N(list)));
	seki_cloud_gen_str(g, text);
}

int
seki_cloud_text_empty(struct seki_cloud_gen *g, const char *as)
{
	if (!g->bare && seki_cloud_gen_below(g, 10) != 0)
		return 0;
	seki_cloud_gen_raw(g, as);
	return 1;
}

#define SECTIONS "[{\"code\":\"gakko\",\"name\":\"学校教育課\"}]"
#define GROUPS                                                                 \
	"[{\"code\":\"soudan_wg\",\"name\":\"相談支援班\"},"              \
	"{\"code\":\"kocho\",\"name\":\"校長会\"}]"

void
seki_cloud_text_people(struct seki_cloud_gen *g)
{
	seki_cloud_gen_raw(g, "{\"u\":{\"type\":\"USER_SELECT\",\"value\":[");
	for (size_t i = 0; i < N(users); i++) {
		seki_cloud_gen_raw(g, i > 0 ? "," : "");
		seki_cloud_gen_raw(g, users[i]);
	}
	seki_cloud_gen_raw(g,
	    "]},\"o\":{\"type\":\"ORGANIZATION_SELECT\",\"value\":" SECTIONS
	    "},\"g\":{\"type\":\"GROUP_SELECT\",\"value\":" GROUPS "}}");
}

void
seki_cloud_text_section(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "[]"))
		seki_cloud_gen_raw(g, SECTIONS);
}

void
seki_cloud_text_group(struct seki_cloud_gen *g)
{
	if (!seki_cloud_text_empty(g, "[]"))
		seki_cloud_gen_raw(g, GROUPS);
}

/* Two files of a field may share a name. */
void
seki_cloud_text_files(struct seki_cloud_gen *g)
{
	static const char *const name[] = { "面談記録.pdf", "現況写真.jpg",
		"か\u3099くせい名簿.xlsx", "見積書 (控え), 第2版.pdf" };
	uint64_t n = g->bare ? 0 : seki_cloud_gen_below(g, 3);
	size_t which = seki_cloud_gen_below(g, 4);

	seki_cloud_gen_raw(g, "[");
	for (uint64_t i = 0; i < n; i++)
		seki_cloud_gen_fmt(g,
		    "%s{\"contentType\":\"%s\","
		    "\"fileKey\":\"20250401001500%08jX%08jX%019ju\","
		    "\"name\":\"%s\",\"size\":\"%u\"}",
		    i > 0 ? "," : "",
		    which == 1 ? "image/jpeg"
		    : which == 2
			? "application/vnd.openxmlformats-officedocument."
			  "spreadsheetml.sheet"
			: "application/pdf",
		    (uintmax_t)seki_cloud_gen_below(g, 1ull << 32),
		    (uintmax_t)seki_cloud_gen_below(g, 1ull << 32),
		    (uintmax_t)(g->id * 1000 + g->row * 10 + i), name[which],
		    (unsigned)seki_cloud_gen_below(g, 4000000));
	seki_cloud_gen_raw(g, "]");
}
