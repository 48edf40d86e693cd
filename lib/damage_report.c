#include <stdlib.h>
#include <string.h>

#include "workbook.h"

/* The workbook that --report makes: a page in words, and a row for each cell
 * in question.  It is Japanese whatever language the tools speak: it is for the
 * colleague who must decide. */

static const char *const kinds[] = {
	[SEKI_DAMAGE_CHANGED] = "変更",
	[SEKI_DAMAGE_MISSING] = "欠落",
	[SEKI_DAMAGE_ADDED] = "追加",
	[SEKI_DAMAGE_DOUBLED] = "重複",
};

/* A row of the page, framed. */
static int
line(struct seki_workbook *w, const char *label, const char *value,
    struct seki_err *err)
{
	return seki_workbook_str(w, SEKI_LOOK_NAME, label, err) == -1 ||
		       seki_workbook_str(w, SEKI_LOOK_VALUE, value, err) == -1
		   ? -1
		   : seki_workbook_end(w, err);
}

static int
lines(struct seki_workbook *w, const char *label, uint64_t n, const char *unit,
    struct seki_err *err)
{
	char text[40];

	(void)snprintf(
	    text, sizeof(text), "%llu%s", (unsigned long long)n, unit);
	return line(w, label, text, err);
}

static int
page(struct seki_workbook *w, const struct seki_damage *d,
    const struct seki_manifest *m, const char *file, struct seki_err *err)
{
	static const char *const next[] = {
		"1. 壊れていない元のファイルがあれば、もう一度運んでください。",
		"2. 送付元に頼み、壊れる値を補修して再発行してもらえます"
		"（seki-verify --damage の一覧を伝えてください）。",
		"3. 送付元に頼み、USB "
		"メモリなどの媒体用に再発行してもらえます。",
	};
	size_t i;

	if (seki_workbook_sheet(w, "概要", NULL, 0, err) == -1)
		return -1;
	seki_workbook_width(w, 16);
	seki_workbook_width(w, 72);
	if (seki_workbook_str(w, SEKI_LOOK_TITLE, "送付内容の照合結果", err) ==
		-1 ||
	    seki_workbook_end(w, err) == -1 ||
	    line(w, "結果", "取り込んでいません（一部だけの取込はできません）",
		err) == -1 ||
	    line(w, "ファイル", file, err) == -1 ||
	    line(w, "件名", m->title, err) == -1 ||
	    line(w, "ストリーム", m->stream, err) == -1 ||
	    lines(w, "通番", m->seq, "", err) == -1 ||
	    lines(w, "送付件数", m->records, "件", err) == -1)
		return -1;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (lines(w, kinds[i],
			seki_damage_count(d, (enum seki_damage_kind)i), "件",
			err) == -1)
			return -1;
	for (i = 0; i < sizeof(next) / sizeof(next[0]); i++)
		if (line(w, i == 0 ? "次にすること" : "", next[i], err) == -1)
			return -1;
	return 0;
}

static int
cell(struct seki_workbook *w, const char *s, enum seki_look look,
    struct seki_err *err)
{
	return s == NULL || s[0] == '\0'
		   ? seki_workbook_none(w, SEKI_LOOK_PLAIN, err)
		   : seki_workbook_str(w, look, s, err);
}

static int
row(struct seki_workbook *w, const struct seki_damage_item *i,
    struct seki_err *err)
{
	enum seki_look look = i->suspect ? SEKI_LOOK_DOUBT : SEKI_LOOK_WRONG;
	char ordinal[16] = "";
	int unknown = i->kind == SEKI_DAMAGE_CHANGED && i->code == NULL;

	if (i->ordinal > 0)
		(void)snprintf(
		    ordinal, sizeof(ordinal), "%u", (unsigned)i->ordinal);
	return cell(w, kinds[i->kind], look, err) == -1 ||
		       cell(w, i->suspect ? "疑い" : "確定", SEKI_LOOK_PLAIN,
			   err) == -1 ||
		       cell(w, i->key, SEKI_LOOK_PLAIN, err) == -1 ||
		       cell(w, ordinal, SEKI_LOOK_PLAIN, err) == -1 ||
		       cell(w, unknown ? "（特定できません）" : i->label,
			   SEKI_LOOK_PLAIN, err) == -1 ||
		       cell(w, i->code, SEKI_LOOK_PLAIN, err) == -1 ||
		       cell(w,
			   i->sheet != NULL && i->sheet[0] != '\0' ? i->sheet
								   : i->list,
			   SEKI_LOOK_PLAIN, err) == -1 ||
		       cell(w, i->cell, SEKI_LOOK_PLAIN, err) == -1 ||
		       cell(w, i->found, look, err) == -1
		   ? -1
		   : seki_workbook_end(w, err);
}

static int
rows(struct seki_workbook *w, const struct seki_damage *d, struct seki_err *err)
{
	static const struct seki_workbook_col cols[] = { { "区分", 8, NULL },
		{ "確かさ", 8, NULL }, { "キー", 14, NULL },
		{ "行番号", 8, NULL }, { "項目", 20, NULL },
		{ "項目コード", 20, NULL }, { "シート", 20, NULL },
		{ "セル", 8, NULL }, { "届いた値", 50, NULL } };
	const struct seki_damage_item *item;
	char more[128];
	size_t i;

	if (seki_workbook_sheet(
		w, "一覧", cols, sizeof(cols) / sizeof(cols[0]), err) == -1)
		return -1;
	seki_workbook_landscape(w);
	seki_workbook_lines(w);
	for (i = 0; (item = seki_damage_item(d, i)) != NULL; i++)
		if (row(w, item, err) == -1)
			return -1;
	if (seki_damage_rest(d) == 0)
		return 0;
	(void)snprintf(more, sizeof(more), "ほか %llu 件（表示上限）",
	    (unsigned long long)seki_damage_rest(d));
	return seki_workbook_str(w, SEKI_LOOK_WRONG, more, err) == -1
		   ? -1
		   : seki_workbook_end(w, err);
}

int
seki_damage_report(const struct seki_damage *d, const struct seki_manifest *m,
    const char *file, struct seki_out *out, struct seki_err *err)
{
	struct seki_workbook *w = seki_workbook_create(NULL, err);
	int r = -1;

	if (w == NULL)
		return -1;
	if (page(w, d, m, file, err) == 0 && rows(w, d, err) == 0)
		r = seki_workbook_save(w, out, err);
	seki_workbook_free(w);
	return r;
}
