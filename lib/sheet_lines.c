#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "approval.h"
#include "part.h"
#include "sheet_int.h"

/*
 * What the cover says, line by line.  These texts are data: they are what the
 * reader of a workbook compares, whatever language the tools speak.
 */

/* Half-width letters in one line of the cover. */
#define LINE_WIDTH 62
#define SPACE "　"

size_t
seki_cover_width(const char *s, size_t n)
{
	size_t i = 0, w = 0;
	uint32_t c;

	while (i < n) {
		c = seki_text_get(s, n, &i);
		if ((c >= 0xFE00 && c <= 0xFE0F) ||
		    (c >= 0xE0100 && c <= 0xE01EF) || c == 0x200D)
			continue;
		w += c < 0x2010 || (c >= 0xFF61 && c <= 0xFFDC) ? 1 : 2;
	}
	return w;
}

static struct seki_line *
add(struct seki_cover *c, enum seki_line_style style, struct seki_err *err)
{
	struct seki_line *l;
	size_t size;

	if (c->n == c->size) {
		size = c->size == 0 ? 64 : c->size * 2;
		if ((l = reallocarray(c->line, size, sizeof(*l))) == NULL) {
			(void)seki_err_nomem(err);
			return NULL;
		}
		c->line = l;
		c->size = size;
	}
	l = &c->line[c->n++];
	memset(l, 0, sizeof(*l));
	l->style = style;
	return l;
}

static int
say(struct seki_cover *c, enum seki_line_style style, const char *text,
    struct seki_err *err)
{
	struct seki_line *l = add(c, style, err);

	if (l == NULL)
		return -1;
	l->cell[0] = text;
	return 0;
}

/* How much of s fits one line; white space around the cut is left out. */
static size_t
fit(const char *s, size_t n, size_t *skip)
{
	const char *lf = memchr(s, '\n', n);
	size_t most = lf == NULL ? n : (size_t)(lf - s), i = 0, at = 0, w = 0;

	while (i < most && w <= LINE_WIDTH) {
		at = i;
		(void)seki_text_get(s, most, &i);
		w += seki_cover_width(s + at, i - at);
	}
	if (w <= LINE_WIDTH)
		at = most;
	*skip = at;
	while (*skip < n && (s[*skip] == ' ' || s[*skip] == '\n'))
		++*skip;
	while (at > 0 && s[at - 1] == ' ')
		at--;
	return at;
}

/* A value under its name; long ones go on in the next line. */
static int
field(struct seki_cover *c, const char *name, const char *text,
    struct seki_err *err)
{
	size_t n = strlen(text), len, skip;
	struct seki_line *l;

	do {
		if ((l = add(c, SEKI_LINE_FIELD, err)) == NULL)
			return -1;
		l->cell[0] = name;
		name = NULL;
		len = fit(text, n, &skip);
		if (len > 0 && (l->cell[1] = seki_arena_copy(
				    &c->arena, text, len, err)) == NULL)
			return -1;
		text += skip;
		n -= skip;
	} while (n > 0);
	l->style = SEKI_LINE_LAST;
	return 0;
}

/* The same, with the text made here.  Returns what field returns. */
static int __attribute__((format(printf, 4, 5))) fieldf(struct seki_cover *c,
    const char *name, struct seki_err *err, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (r == -1)
		return seki_err_nomem(err);
	r = field(c, name, s, err);
	free(s);
	return r;
}

static const char *
or_none(const char *s)
{
	return s == NULL ? "" : s;
}

static int
when(struct seki_cover *c, const char *name, seki_time t, struct seki_err *err)
{
	char out[SEKI_TIME] = "";

	if (t != 0)
		seki_time_jst(t, out);
	return field(c, name, out, err);
}

void
seki_cover_grouped(uint64_t n, char out[32])
{
	char digits[24];
	size_t len, i, at = 0;

	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	len = strlen(digits);
	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
}

static int
count(struct seki_cover *c, const char *name, uint64_t n, struct seki_err *err)
{
	char out[32];

	seki_cover_grouped(n, out);
	return fieldf(c, name, err, "%s件", out);
}

/* Who carries one must see that there are others, and what is to be done. */
static int
part(struct seki_cover *c, const struct seki_manifest *m, struct seki_err *err)
{
	char from[32], to[32], of[32];
	struct seki_lines l;

	if (seki_lines_read(m, &l) == -1)
		return fieldf(c, "分割", err, "%llu / %llu",
		    (unsigned long long)m->part, (unsigned long long)m->parts);
	seki_cover_grouped(l.from, from);
	seki_cover_grouped(l.to, to);
	seki_cover_grouped(l.of, of);
	return fieldf(c, "分割", err,
	    "%llu / %llu\n全体 %s件のうち %s～%s件目\n"
	    "全部そろえて一度に取り込む",
	    (unsigned long long)m->part, (unsigned long long)m->parts, of, from,
	    to);
}

static int
what(struct seki_cover *c, const struct seki_schema *s,
    const struct seki_manifest *m, struct seki_err *err)
{
	const char *title = or_none(m->title);
	const char *kind = or_none(m->kind);
	const char *org = or_none(m->org);

	if (field(c, "件名", title[0] == '\0' ? s->stream : title, err) == -1 ||
	    field(c, "利用目的", or_none(m->purpose), err) == -1 ||
	    field(c, "情報の区分", or_none(m->class), err) == -1 ||
	    field(c, "対象期間", or_none(m->period), err) == -1 ||
	    fieldf(c, "整理番号", err, "%s" SPACE "%llu-%llu", s->stream,
		(unsigned long long)m->epoch,
		(unsigned long long)m->seq) == -1 ||
	    field(c, "種別",
		strcmp(kind, "full") == 0    ? "全件"
		: strcmp(kind, "delta") == 0 ? "差分"
					     : kind,
		err) == -1)
		return -1;
	if (m->parts > 1 && part(c, m, err) == -1)
		return -1;
	return fieldf(c, "送付元", err, "%s%s\n%s" SPACE "アプリ %s",
		   org[0] == '\0' ? "" : "団体コード ", org, s->source.domain,
		   s->source.app) == -1 ||
		       field(c, "送付先", or_none(m->audience), err) == -1 ||
		       when(c, "作成（日本時間）", m->created, err) == -1 ||
		       when(c, "期限（日本時間）", m->expires, err) == -1 ||
		       when(c, "次回（日本時間）", m->next_by, err) == -1
		   ? -1
		   : 0;
}

/* Its kind; number and who decided; the code, whole in a line to be compared
 * with the page. */
static int
approval(
    struct seki_cover *c, const struct seki_manifest *m, struct seki_err *err)
{
	const char *kind = or_none(m->approval_kind);
	const char *number = or_none(m->approval_number);
	const char *code = or_none(m->approval_code), *by = "";

	if (strcmp(kind, "signed") == 0)
		kind = "電子署名";
	else if (strcmp(kind, "recorded") == 0) {
		kind = SEKI_APPROVAL_RECORDED;
		by = seki_manifest_noted(m, SEKI_NOTE_APPROVER);
	}
	return fieldf(c, "承認", err, "%s%s%s%s%s%s%s", kind,
	    number[0] == '\0' ? "" : "\n番号 ", number,
	    by[0] == '\0' ? "" : "\n承認者 ", by,
	    code[0] == '\0' ? "" : "\n照合符号 ", code);
}

/* The root as an auditor reads it out: eight letters at a time. */
static int
root(struct seki_cover *c, const struct seki_manifest *m, struct seki_err *err)
{
	char hex[SEKI_HEX], out[SEKI_HEX + 16];
	size_t i, at = 0;

	seki_text_hex(m->root, sizeof(m->root), hex);
	for (i = 0; i < SEKI_HEX - 1; i++) {
		if (i > 0 && i % 8 == 0)
			out[at++] = i == 32 ? '\n' : ' ';
		out[at++] = hex[i];
	}
	out[at] = '\0';
	return field(c, "内容の指紋", out, err);
}

/* What the scan answered and met, and who let it pass all the same, why. */
static int
scan(struct seki_cover *c, const struct seki_manifest *m, struct seki_err *err)
{
	static const char *const words[][2] = { { "", "未実施" },
		{ "clear", "問題なし" }, { "suspect", "疑いあり" },
		{ "found", "該当あり" } };
	const char *result = or_none(m->scan), *by = or_none(m->scan_by);
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(result, words[i][0]) == 0)
			break;
	if (i < sizeof(words) / sizeof(words[0]))
		result = words[i][1];
	r = seki_buf_str(&b, result, err);
	if (r == 0 &&
	    seki_cover_scan(&b, seki_manifest_noted(m, "scan"), err) == -1)
		r = -1;
	if (r == 0 && by[0] != '\0')
		r = seki_buf_fmt(&b, err, "\n持出の判断 %s: %s", by,
		    or_none(m->scan_reason));
	if (r == 0)
		r = field(c, "検査結果", b.p, err);
	seki_buf_free(&b);
	return r;
}

static int
checks(struct seki_cover *c, const struct seki_manifest *m,
    const struct seki_proof *p, struct seki_err *err)
{
	return count(c, "件数", p->records, err) == -1 ||
		       count(c, "保留", p->held, err) == -1 ||
		       count(c, "削除", p->deleted, err) == -1 ||
		       scan(c, m, err) == -1 ||
		       field(c, "署名者", or_none(m->prepared_by), err) == -1 ||
		       approval(c, m, err) == -1 || root(c, m, err) == -1
		   ? -1
		   : 0;
}

static int
contents(struct seki_cover *c, const struct seki_sheet_layout *y,
    const struct seki_proof *p, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char n[32];
	size_t i;
	int r = 0;

	for (i = 0; i < y->marks && r == 0; i++) {
		seki_cover_grouped(i == 0 ? p->records : p->rows[i - 1], n);
		r = seki_buf_fmt(&b, err, "%s" SPACE "%s%s\n", y->list[i].name,
		    n, i == 0 ? "件" : "行");
	}
	seki_cover_grouped(p->held + p->deleted, n);
	if (r == 0 && p->held + p->deleted > 0)
		r = seki_buf_fmt(
		    &b, err, "%s" SPACE "%s件\n", y->list[y->marks].name, n);
	if (r == 0)
		r = seki_buf_str(&b,
		    SEKI_SHEET_FIELDS SPACE "表示名・項目コード・種類", err);
	if (r == 0 && y->repair != 0)
		r = seki_buf_str(&b,
		    "\n" SEKI_SHEET_SEAL SPACE "電子署名（変更・削除しない）",
		    err);
	if (r == 0)
		r = field(c, "シート", b.p, err);
	seki_buf_free(&b);
	return r;
}

/* How many files come along. */
static int
attachments(
    struct seki_cover *c, const struct seki_manifest *m, struct seki_err *err)
{
	const char *come = or_none(m->attachments);
	uint64_t n = 0;
	char out[32];
	size_t i;

	if (strcmp(come, "all") != 0)
		return field(c, "添付ファイル",
		    strcmp(come, "none") == 0 ? "含まない" : come, err);
	for (i = 0; i < m->nfile; i++)
		n += strcmp(m->file[i].role, "attachment") == 0;
	seki_cover_grouped(n, out);
	return fieldf(c, "添付ファイル", err, "%s個", out);
}

/* Notes are signed; some have a place of their own. */
static int
notes(struct seki_cover *c, const struct seki_manifest *m, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	const char *name, *text;
	struct seki_lines l;
	size_t i;
	int r = 0;

	for (i = 0; i < m->nnote && r == 0; i++) {
		name = m->note[2 * i];
		text = m->note[2 * i + 1];
		if (strcmp(name, "contact") == 0 ||
		    (strcmp(name, SEKI_NOTE_LINES) == 0 && m->parts > 1 &&
			seki_lines_read(m, &l) == 0) ||
		    (strcmp(name, SEKI_NOTE_APPROVER) == 0 &&
			m->approval_kind != NULL && seki_approval_recorded(m)))
			continue;
		r = strcmp(name, "scan") == 0 ? seki_cover_scan(&b, text, err)
					      : 1;
		if (r == 1 && strcmp(name, SEKI_NOTE_REISSUE) == 0)
			r = fieldf(
			    c, "再発行", err, "はじめの送付 %.16s", text);
		else if (r == 1)
			r = fieldf(c, "備考", err, "%s: %s", name, text);
	}
	seki_buf_free(&b);
	return r == 0 ? field(c, "連絡先", seki_manifest_noted(m, "contact"),
			    err)
		      : -1;
}

static int
boxes(struct seki_cover *c, struct seki_err *err)
{
	static const char *const box[] = { "起案", "承認", "持出", "取込",
		"消去" };
	struct seki_line *l = add(c, SEKI_LINE_BOXES, err);
	size_t i;

	if (l == NULL)
		return -1;
	memcpy(l->cell, box, sizeof(box));
	if ((l = add(c, SEKI_LINE_ROOM, err)) == NULL)
		return -1;
	for (i = 0; i < sizeof(box) / sizeof(box[0]); i++)
		l->cell[i] = "年　月　日";
	return 0;
}

int
seki_cover_fill(struct seki_cover *c, const struct seki_sheet_layout *y,
    const struct seki_manifest *m, const struct seki_proof *p,
    struct seki_err *err)
{
	static const struct seki_manifest none;

	if (m == NULL)
		m = &none;
	if (say(c, SEKI_LINE_TITLE, "送付票", err) == -1 ||
	    say(c, SEKI_LINE_NOTICE, "開いて保存せず取込フォルダへ", err) ==
		-1 ||
	    (m->test && say(c, SEKI_LINE_NOTICE, "試験用（本番の情報ではない）",
			    err) == -1) ||
	    say(c, SEKI_LINE_SPACE, NULL, err) == -1)
		return -1;
	return what(c, y->schema, m, err) == -1 || checks(c, m, p, err) == -1 ||
		       contents(c, y, p, err) == -1 ||
		       attachments(c, m, err) == -1 || notes(c, m, err) == -1 ||
		       say(c, SEKI_LINE_SPACE, NULL, err) == -1 ||
		       boxes(c, err) == -1
		   ? -1
		   : 0;
}

void
seki_cover_free(struct seki_cover *c)
{
	free(c->line);
	seki_arena_free(&c->arena);
}
