#include <string.h>

#include "match_int.h"
#include "workbook.h"

/*
 * Records of one batch that belong together by a check with 同一: the same
 * person, account, household, amount and day.  What is equal only once folded
 * is a look-alike, for a person to judge.
 */
#define GROUPS                                                                 \
	"FROM same WHERE rule = ?1 GROUP BY key HAVING count(*) > 1 AND "      \
	"(NOT ?2 OR min(other) <> max(other))"

static int
of_batch(const struct seki_match_check *c)
{
	return strcmp(c->master, SEKI_BATCH_WORD) == 0;
}

/* The check's row, and whether a field must differ. */
static int
about(struct seki_match *m, sqlite3_stmt *st, const struct seki_match_check *c,
    struct seki_err *err)
{
	if (sqlite3_bind_int64(st, 1, (sqlite3_int64)c->row) |
	    sqlite3_bind_int(st, 2, c->at != SIZE_MAX))
		return seki_match_failed(m, err);
	return 0;
}

int
seki_match_alike_count(struct seki_match *m, uint64_t *n, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	size_t i;
	int r = seki_match_prepare(
	    m, "SELECT count(*) FROM (SELECT 1 " GROUPS ")", &st, err);

	*n = 0;
	for (i = 0; r == 0 && i < m->rules->n; i++) {
		if (!of_batch(&m->rules->check[i]))
			continue;
		r = about(m, st, &m->rules->check[i], err);
		if (r == 0 && sqlite3_step(st) != SQLITE_ROW)
			r = seki_match_failed(m, err);
		if (r == 0)
			*n += (uint64_t)sqlite3_column_int64(st, 0);
		(void)sqlite3_reset(st);
	}
	(void)sqlite3_finalize(st);
	return r;
}

struct alike {
	struct seki_match_book *book;
	const struct seki_match_check *c;
	struct seki_buf why; /* the check's key */
	sqlite3_stmt *group, *member;
	char number[24];
	uint64_t n;
};

/* The fields of the check's key, as the table writes them. */
static int
why(struct alike *a, struct seki_err *err)
{
	const struct seki_match *m = a->book->m;
	const struct seki_match_check *c =
	    a->c->nalt > 0 ? a->c : m->lookup[a->c->lookup].check;
	size_t i;

	seki_buf_reset(&a->why);
	for (i = 0; i < c->alt->n; i++)
		if (seki_buf_fmt(&a->why, err, "%s%s", i > 0 ? "+" : "",
			c->alt->part[i].field) == -1)
			return -1;
	return 0;
}

static const char *
text(sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return s == NULL ? "" : s;
}

static int
member(struct alike *a, struct seki_err *err)
{
	struct seki_match_book *k = a->book;
	sqlite3_stmt *st = a->member;
	int equal = sqlite3_column_int(st, 4);
	const char *also = text(st, 3);

	if (seki_workbook_number(k->w, SEKI_LOOK_PLAIN, a->number,
		strlen(a->number), err) == -1 ||
	    seki_workbook_str(k->w, equal ? SEKI_LOOK_WRONG : SEKI_LOOK_DOUBT,
		equal ? "重複" : "類似", err) == -1 ||
	    seki_workbook_str(k->w, SEKI_LOOK_WRAP, a->c->name, err) == -1 ||
	    seki_workbook_str(k->w, SEKI_LOOK_WRAP, a->why.p, err) == -1 ||
	    seki_match_link(k, text(st, 0), err) == -1 ||
	    seki_match_shown(k, sqlite3_column_int64(st, 1), err) == -1)
		return -1;
	seki_buf_reset(&k->b);
	if (seki_buf_fmt(&k->b, err, "%s%s%s", text(st, 2),
		also[0] == '\0' ? "" : "\n", also) == -1 ||
	    seki_workbook_str(k->w, SEKI_LOOK_WRAP, k->b.p, err) == -1 ||
	    seki_workbook_str(k->w, SEKI_LOOK_WRAP, a->c->message, err) == -1)
		return -1;
	return seki_workbook_end(k->w, err);
}

static int
group(struct alike *a, struct seki_err *err)
{
	struct seki_match *m = a->book->m;
	int got, r = 0;

	(void)snprintf(
	    a->number, sizeof(a->number), "%llu", (unsigned long long)++a->n);
	if (about(m, a->member, a->c, err) == -1)
		return -1;
	if (sqlite3_bind_text(a->member, 3, text(a->group, 0),
		sqlite3_column_bytes(a->group, 0), SQLITE_STATIC) != SQLITE_OK)
		return seki_match_failed(m, err);
	while (r == 0 && (got = sqlite3_step(a->member)) == SQLITE_ROW)
		r = member(a, err);
	if (r == 0 && got != SQLITE_DONE)
		r = seki_match_failed(m, err);
	(void)sqlite3_reset(a->member);
	return r;
}

static int
check(struct alike *a, struct seki_err *err)
{
	struct seki_match *m = a->book->m;
	int got, r = 0;

	if (why(a, err) == -1 || about(m, a->group, a->c, err) == -1)
		return -1;
	while (r == 0 && (got = sqlite3_step(a->group)) == SQLITE_ROW)
		r = group(a, err);
	if (r == 0 && got != SQLITE_DONE)
		r = seki_match_failed(m, err);
	(void)sqlite3_reset(a->group);
	return r;
}

static int
sheet(struct seki_match_book *k, struct seki_err *err)
{
	static const struct seki_workbook_col before[] = { { "組", 6, NULL },
		{ "種別", 6, NULL }, { "照合", 18, NULL }, { "鍵", 20, NULL },
		{ "番号", 12, NULL } };
	struct seki_workbook_col col[7 + SEKI_MATCH_SHOWN];
	size_t i, n = 0;

	for (i = 0; i < 5; i++)
		col[n++] = before[i];
	for (i = 0; i < k->nshow; i++)
		col[n++] = (struct seki_workbook_col){ k->show[i], 20, NULL };
	col[n++] = (struct seki_workbook_col){ "値", 40, NULL };
	col[n++] = (struct seki_workbook_col){ "メッセージ", 30, NULL };
	if (seki_workbook_sheet(k->w, "重複・類似", col, n, err) == -1)
		return -1;
	seki_workbook_landscape(k->w);
	return 0;
}

int
seki_match_alike(struct seki_match_book *k, struct seki_err *err)
{
	struct seki_match *m = k->m;
	struct alike a = { .book = k };
	size_t i;
	int r = sheet(k, err);

	if (r == 0)
		r = seki_match_prepare(m,
		    "SELECT key " GROUPS " ORDER BY min(rank)", &a.group, err);
	if (r == 0)
		r = seki_match_prepare(m,
		    "SELECT record, rank, own, also, EXISTS (SELECT 1 FROM "
		    "same x WHERE x.rule = s.rule AND x.key = s.key AND "
		    "x.own = s.own AND x.rowid <> s.rowid AND "
		    "(NOT ?2 OR x.other <> s.other)) FROM same s "
		    "WHERE s.rule = ?1 AND s.key = ?3 ORDER BY rank",
		    &a.member, err);
	for (i = 0; r == 0 && i < m->rules->n; i++)
		if (of_batch(&m->rules->check[i])) {
			a.c = &m->rules->check[i];
			r = check(&a, err);
		}
	(void)sqlite3_finalize(a.group);
	(void)sqlite3_finalize(a.member);
	seki_buf_free(&a.why);
	return r;
}
