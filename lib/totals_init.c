#include <stdlib.h>
#include <string.h>

#include "norm_int.h"
#include "totals_int.h"
#include "workbook.h"

/* A first table of totals: the groups that a stream has.  Its figures are left
 * empty, since they must come from the other system's screen. */

/* FIELD, FIELD:月, FIELD:年度. */
static int
add_key(
    struct seki_totals *t, const char *by, int english, struct seki_err *err)
{
	static const struct {
		const char *word;
		enum seki_totals_kind kind;
	} periods[] = { { "月", SEKI_TOTALS_MONTH },
		{ "month", SEKI_TOTALS_MONTH }, { "年度", SEKI_TOTALS_YEAR },
		{ "fiscal-year", SEKI_TOTALS_YEAR } };
	const char *colon = strrchr(by, ':'), *head;
	size_t i;

	for (i = 0; i < t->nkey; i++)
		if (strcmp(t->key[i].field, by) == 0)
			return seki_fail(err, SEKI_USAGE,
			    _("--by: \"%.*s\" stands twice"),
			    seki_text_cut(by, 80), by);

	for (i = 0; colon != NULL && i < 4; i++) {
		if (!seki_norm_same(colon + 1, periods[i].word))
			continue;
		if (t->date != NULL)
			return seki_fail(err, SEKI_USAGE, "%s",
			    _("--by: only one 月 or 年度"));
		t->date = strndup(by, (size_t)(colon - by));
		if (t->date == NULL)
			return seki_err_nomem(err);
		head = periods[i / 2 * 2 + (english ? 1 : 0)].word;
		return seki_totals_add(t, periods[i].kind, head, "", err) ==
			       NULL
			   ? -1
			   : 0;
	}
	return seki_totals_add(t, SEKI_TOTALS_FIELD, by, by, err) == NULL ? -1
									  : 0;
}

static int
add_sum(
    struct seki_totals *t, const char *field, int english, struct seki_err *err)
{
	struct seki_buf head = SEKI_BUF_INIT;
	int r =
	    seki_buf_fmt(&head, err, "%s %s", english ? "sum" : "合計", field);

	if (r == 0 &&
	    seki_totals_add(t, SEKI_TOTALS_SUM, head.p, field, err) == NULL)
		r = -1;
	seki_buf_free(&head);
	return r;
}

static struct seki_totals *
wanted(const char *const *by, const char *const *sum, int english,
    struct seki_err *err)
{
	struct seki_totals *t = seki_totals_new("--by, --sum", err);
	int r = t == NULL ? -1 : 0;

	for (; r == 0 && by != NULL && *by != NULL; by++)
		r = add_key(t, *by, english, err);
	if (r == 0 && seki_totals_add(t, SEKI_TOTALS_COUNT,
			  english ? "count" : "件数", "", err) == NULL)
		r = -1;
	for (; r == 0 && sum != NULL && *sum != NULL; sum++)
		r = add_sum(t, *sum, english, err);
	if (r == 0)
		return t;
	if (err->reason == SEKI_LIMIT)
		err->reason = SEKI_USAGE;
	seki_totals_free(t);
	return NULL;
}

/* Rows in the order of their groups, whatever the stream's order was. */
static int
rows(const struct seki_totals *t, struct seki_workbook *w, struct seki_err *err)
{
	size_t i, k;

	for (i = 0; i < t->n; i++) {
		for (k = 0; k < t->nkey; k++)
			if (seki_workbook_str(w, SEKI_LOOK_PLAIN,
				t->index[i]->show[k], err) == -1)
				return -1;
		for (k = 0; k < t->nfig; k++)
			if (seki_workbook_none(w, SEKI_LOOK_FILL, err) == -1)
				return -1;
		if (seki_workbook_end(w, err) == -1)
			return -1;
	}
	return 0;
}

static int
sheet(const struct seki_totals *t, int english, struct seki_workbook *w,
    struct seki_err *err)
{
	struct seki_workbook_col col[SEKI_TOTALS_COLS + 1];
	size_t i, n = 0;

	for (i = 0; i < t->nkey; i++)
		col[n++] =
		    (struct seki_workbook_col){ t->key[i].head, 20, NULL };
	for (i = 0; i < t->nfig; i++)
		col[n++] =
		    (struct seki_workbook_col){ t->fig[i].head, 18, NULL };
	col[n++] =
	    (struct seki_workbook_col){ english ? "note" : "備考", 30, NULL };
	if (seki_workbook_sheet(
		w, english ? "totals" : "照合表", col, n, err) == -1)
		return -1;
	if (t->date != NULL &&
	    (seki_workbook_str(
		 w, SEKI_LOOK_GREY, english ? "@date" : "@日付", err) == -1 ||
		seki_workbook_str(w, SEKI_LOOK_GREY, t->date, err) == -1 ||
		seki_workbook_end(w, err) == -1))
		return -1;
	return rows(t, w, err);
}

int
seki_totals_init(struct seki_in *in, const char *const *by,
    const char *const *sum, int english, struct seki_out *out,
    struct seki_err *err)
{
	char stream[SEKI_STREAM_MAX + 1];
	struct seki_totals *t = wanted(by, sum, english, err);
	struct seki_totaled res;
	struct seki_workbook *w = NULL;
	int r = -1;

	if (t == NULL)
		seki_in_free(in);
	else if (seki_totals_take(t, in, NULL, &res, stream, err) == 0 &&
		 (w = seki_workbook_create(NULL, err)) != NULL &&
		 sheet(t, english, w, err) == 0)
		r = seki_workbook_save(w, out, err);
	seki_workbook_free(w);
	seki_totals_free(t);
	return r;
}
