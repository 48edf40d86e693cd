#include <string.h>

#include "scan.h"
#include "sheet_int.h"

/*
 * The scan's findings, for who reads the cover.  The note is what
 * seki_scan_summary makes: "KIND: LEVEL N, LEVEL N; KIND: LEVEL N".
 */
static const char *const kinds[][2] = { { "mynumber", "マイナンバー" },
	{ "juminhyo", "住民票コード" }, { "card", "クレジットカード等の番号" },
	{ "nenkin", "基礎年金番号" }, { "zairyu", "在留カードの番号" },
	{ "field", "禁止項目の値" },
	{ "formula", "表計算ソフトが数式とみなす文字列" },
	{ "name", "見えない文字の入った名前" },
	{ "type", "名前や種類と中身が違うファイル" },
	{ "program", "プログラムまたはスクリプト" }, { "macro", "マクロ" },
	{ "object", "埋込みオブジェクト" },
	{ "link", "開いたときに読みに行くリンク" },
	{ "dde", "ほかのプログラムへの命令" },
	{ "javascript", "PDF の JavaScript" },
	{ "launch", "プログラムを起動する PDF" },
	{ "embedded", "PDF やメールの中のファイル" },
	{ "action", "開いたときに動作する PDF" },
	{ "form", "XFA などの PDF フォーム" },
	{ "script", "ウェブページや画像の中のスクリプト" },
	{ "encrypted", "暗号化されたもの" },
	{ "archive", "中を見られない書庫ファイル" },
	{ "odd", "壊れているか、二つのファイルを兼ねるもの" },
	{ "limit", "大きすぎるか深すぎるもの" } };
static const char *const levels[][2] = { { "found", "該当" },
	{ "suspect", "疑い" }, { "low", "要確認" }, { "note", "参考" } };
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == SEKI_SCAN_WHAT_COUNT,
    "each kind has its words here");

#define DIGITS 20

/* The word at *s, up to end, in Japanese; *s is behind end then. */
static const char *
word(const char **s, const char *end, const char *const (*list)[2], size_t n)
{
	const char *at = strstr(*s, end);
	size_t i, len;

	if (at == NULL)
		return NULL;
	len = (size_t)(at - *s);
	for (i = 0; i < n; i++)
		if (strlen(list[i][0]) == len &&
		    memcmp(list[i][0], *s, len) == 0) {
			*s = at + strlen(end);
			return list[i][1];
		}
	return NULL;
}

/* A kind and how often: 0, or 1 when it is none. */
static int
kind(struct seki_buf *b, const char **s, struct seki_err *err)
{
	const char *w = word(s, ": ", kinds, sizeof(kinds) / sizeof(kinds[0]));
	const char *glue = "　";
	size_t n;

	if (w == NULL)
		return 1;
	if (seki_buf_fmt(b, err, "\n%s", w) == -1)
		return -1;
	for (;;) {
		w = word(s, " ", levels, sizeof(levels) / sizeof(levels[0]));
		n = strspn(*s, "0123456789");
		if (w == NULL || n == 0 || n > DIGITS)
			return 1;
		if (seki_buf_fmt(b, err, "%s%s %.*s件", glue, w, (int)n, *s) ==
		    -1)
			return -1;
		*s += n;
		glue = "、";
		if (strncmp(*s, ", ", 2) != 0)
			return 0;
		*s += 2;
	}
}

int
seki_cover_scan(struct seki_buf *b, const char *note, struct seki_err *err)
{
	const size_t from = b->n;
	int r;

	do {
		if ((r = kind(b, &note, err)) != 0 || *note == '\0')
			break;
		if (strncmp(note, "; ", 2) != 0)
			r = 1;
		note += r == 1 ? 0 : 2;
	} while (r == 0);
	if (r == 1) {
		b->n = from;
		if (b->p != NULL)
			b->p[from] = '\0';
	}
	return r;
}
