#include <string.h>

#include "norm_int.h"
#include "workbook.h"

/* The first rules table as the workbook that staff go on from: the table, what
 * its columns mean and what to do next, all kinds. */

struct book {
	struct seki_workbook *w;
	int english, begun;
	struct seki_buf b;
};

static const char *
word(const struct book *k, const char *english, const char *ja)
{
	return k->english ? english : ja;
}

static const char *
kinds_sheet(const struct book *k)
{
	return word(k, "kinds", "種別");
}

static size_t
kinds(void)
{
	size_t n = 0;

	while (seki_norm_kinds[n].name != NULL)
		n++;
	return n;
}

/* 0: as wide as the title. */
static const unsigned widths[SEKI_COL_COUNT] = {
	[SEKI_COL_OUTPUT] = 26,
	[SEKI_COL_LABEL] = 22,
	[SEKI_COL_SOURCE] = 26,
	[SEKI_COL_KIND] = 18,
	[SEKI_COL_DEFAULT] = 14,
	[SEKI_COL_LOOKUP] = 16,
	[SEKI_COL_NOTE] = 70,
};

static int
begin(struct book *k, const char *const *head, struct seki_err *err)
{
	struct seki_workbook_col col[SEKI_COL_COUNT];
	const char *words[SEKI_COL_COUNT][SEKI_RULES_WORDS];
	int i;

	for (i = 0; i < SEKI_COL_COUNT; i++) {
		col[i].title = head[i];
		col[i].width = widths[i];
		col[i].choices = seki_rules_words(
		    (enum seki_rules_col)i, k->english, words[i]);
	}
	k->begun = 1;
	if (seki_workbook_form(k->w, word(k, "rules", "規則表"), col,
		SEKI_COL_COUNT, err) == -1)
		return -1;
	seki_workbook_landscape(k->w);
	return seki_workbook_choose(
	    k->w, SEKI_COL_KIND, kinds_sheet(k), kinds(), err);
}

/* What people decide is framed, also where it is empty. */
static enum seki_look
look(int col)
{
	return col == SEKI_COL_NOTE			       ? SEKI_LOOK_GREY
	       : col >= SEKI_COL_KIND || col == SEKI_COL_LABEL ? SEKI_LOOK_FILL
							       : SEKI_LOOK_WRAP;
}

static int
row(void *ctx, const char *const *cell, struct seki_err *err)
{
	struct book *k = ctx;
	const char *s;
	int i;

	if (!k->begun)
		return begin(k, cell, err);
	for (i = 0; i < SEKI_COL_COUNT; i++) {
		s = cell[i];
		if (i == SEKI_COL_KIND && !k->english)
			s = seki_norm_find(s)->ja;
		seki_buf_reset(&k->b);
		/* The reader takes one away. */
		if ((s[0] == '\'' && seki_buf_byte(&k->b, '\'', err) == -1) ||
		    seki_buf_str(&k->b, s, err) == -1 ||
		    seki_workbook_str(k->w, look(i), k->b.p, err) == -1)
			return -1;
	}
	return seki_workbook_end(k->w, err);
}

static int
line(struct book *k, enum seki_look first, const char *a, const char *b,
    struct seki_err *err)
{
	if (seki_workbook_str(k->w, first, a, err) == -1 ||
	    seki_workbook_str(k->w, SEKI_LOOK_WRAP, b, err) == -1)
		return -1;
	return seki_workbook_end(k->w, err);
}

static int
title(struct book *k, const char *s, struct seki_err *err)
{
	if (seki_workbook_str(k->w, SEKI_LOOK_TITLE, s, err) == -1)
		return -1;
	return seki_workbook_end(k->w, err);
}

static int
steps(struct book *k, struct seki_err *err)
{
	static const char *const step[] = {
		N_("Look through the first sheet row by row. Is the kind "
		   "right? Delete the rows of fields that must not be "
		   "carried, and save it as a workbook or as CSV UTF-8."),
		N_("Does it fit?  seki-normalize --rules TABLE.xlsx --check "
		   "raw.jsonl"),
		N_("Try it:  seki-normalize --rules TABLE.xlsx -o clean.jsonl "
		   "raw.jsonl"),
		N_("What changed between two tables?  seki-normalize --diff "
		   "OLD.xlsx NEW.xlsx"),
		N_("Before a job uses it without a person:  seki-normalize "
		   "--accept --by NAME --rules TABLE.xlsx"),
		N_("The last column shows values of records: personal data. "
		   "Delete that column before the table goes to anybody who "
		   "may not see the records."),
	};
	char number[8];
	size_t i;

	if (title(k, _("What to do next"), err) == -1)
		return -1;
	for (i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		(void)snprintf(number, sizeof(number), "%zu", i + 1);
		if (line(k, SEKI_LOOK_LABEL, number, _(step[i]), err) == -1)
			return -1;
	}
	return 0;
}

static int
guide(struct book *k, struct seki_err *err)
{
	const char *s;
	int i;

	if (seki_workbook_sheet(k->w, word(k, "guide", "説明"), NULL, 0, err) ==
	    -1)
		return -1;
	seki_workbook_width(k->w, 18);
	seki_workbook_width(k->w, 100);
	if (steps(k, err) == -1 || title(k, _("The columns"), err) == -1)
		return -1;
	for (i = 0; i < SEKI_COL_COUNT; i++) {
		s = seki_rules_help((enum seki_rules_col)i);
		if (line(k, SEKI_LOOK_LABEL,
			word(k, seki_rules_en[i], seki_rules_ja[i]),
			s == NULL ? "" : s, err) == -1)
			return -1;
	}
	return 0;
}

static int
all_kinds(struct book *k, struct seki_err *err)
{
	const struct seki_workbook_col col[] = { { _("kind"), 20, NULL },
		{ _("also called"), 20, NULL },
		{ _("what it makes"), 90, NULL } };
	const struct seki_norm_kind *kind;
	const char *s;

	if (seki_workbook_sheet(k->w, kinds_sheet(k), col, 3, err) == -1)
		return -1;
	for (kind = seki_norm_kinds; kind->name != NULL; kind++) {
		s = seki_norm_help(kind);
		if (seki_workbook_str(k->w, SEKI_LOOK_LABEL,
			word(k, kind->name, kind->ja), err) == -1 ||
		    seki_workbook_str(k->w, SEKI_LOOK_WRAP,
			word(k, kind->ja, kind->name), err) == -1 ||
		    seki_workbook_str(
			k->w, SEKI_LOOK_WRAP, s == NULL ? "" : s, err) == -1 ||
		    seki_workbook_end(k->w, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_rules_book(struct seki_stream_in *in, struct seki_out *out, int english,
    struct seki_err *err)
{
	struct book k = { .english = english };
	int r = -1;

	if ((k.w = seki_workbook_create(NULL, err)) != NULL &&
	    seki_rules_first(in, english, row, &k, err) == 0 &&
	    guide(&k, err) == 0 && all_kinds(&k, err) == 0)
		r = seki_workbook_save(k.w, out, err);
	seki_workbook_free(k.w);
	seki_buf_free(&k.b);
	return r;
}
