#include <stdlib.h>
#include <string.h>

#include "match_int.h"
#include "norm_int.h"

/*
 * What people decided in a report (seki-match(1), DECISIONS).  A decision holds
 * for the very values it was made about: the mark in its row says which.
 */
enum col { D_RECORD, D_NAME, D_ANSWER, D_WHY, D_WHO, D_FINGER, D_COUNT };
static const char *const heads[D_COUNT] = { "番号", "照合", "決定", "理由",
	"決定者", "照合印" };
const char *const seki_match_answers[] = { "承認", "却下", "保留", "修正済",
	NULL };

struct table {
	struct seki_match *m;
	struct seki_grid *g;
	const struct seki_grid_cell *cell;
	size_t n, at[D_COUNT];
	char *value[D_COUNT];
};

static int
bad(const struct table *t, enum col col, const char *why, struct seki_err *err)
{
	char place[SEKI_GRID_PLACE];

	seki_grid_place(t->g, t->at[col], place);
	return seki_fail(
	    err, SEKI_RULES, _("%s, column %s: %s"), place, heads[col], why);
}

static int
head(struct table *t, struct seki_err *err)
{
	size_t i, k;
	int r;

	while ((r = seki_grid_next(t->g, &t->cell, &t->n, err)) == 1) {
		for (k = 0; k < D_COUNT; k++)
			t->at[k] = SIZE_MAX;
		for (i = 0; i < t->n; i++)
			for (k = 0; k < D_COUNT; k++)
				if (strcmp(t->cell[i].p, heads[k]) == 0)
					t->at[k] = i;
		if (t->at[D_FINGER] != SIZE_MAX)
			break;
	}
	if (r != 1)
		return r == -1 ? -1
			       : seki_fail(err, SEKI_RULES,
				     _("no column %s: not a report of "
				       "seki-match"),
				     heads[D_FINGER]);
	for (k = 0; k < D_COUNT; k++)
		if (t->at[k] == SIZE_MAX)
			return seki_fail(err, SEKI_RULES,
			    _("the column %s is gone"), heads[k]);
	return 0;
}

static int
take(struct table *t, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t k;

	for (k = 0; k < D_COUNT; k++) {
		const struct seki_grid_cell *c =
		    t->at[k] < t->n ? &t->cell[t->at[k]] : NULL;

		if (c != NULL && (c->formula || c->kind == SEKI_GRID_ERROR))
			return bad(t, (enum col)k,
			    _("a formula; write what it gives"), err);
		seki_buf_reset(&b);
		if (c != NULL &&
		    seki_norm_clean(c->p, c->n, SEKI_CLEAN_WS1, &b, err) == -1)
			return -1;
		if (seki_buf_room(&b, 0, err) == -1)
			return -1;
		t->value[k] = seki_arena_copy(&t->m->arena, b.p, b.n + 1, err);
		if (t->value[k] == NULL) {
			seki_buf_free(&b);
			return -1;
		}
	}
	seki_buf_free(&b);
	return 0;
}

static int
hexadecimal(const char *s)
{
	return strlen(s) == 16 && strspn(s, "0123456789abcdef") == 16;
}

/* An approval says who and why; nothing is approved by a slip of the mouse. */
static int
sense(const struct table *t, struct seki_err *err)
{
	char *const *v = t->value;
	size_t i;

	for (i = 0; seki_match_answers[i] != NULL; i++)
		if (strcmp(v[D_ANSWER], seki_match_answers[i]) == 0)
			break;
	if (seki_match_answers[i] == NULL)
		return bad(
		    t, D_ANSWER, _("not one of 承認, 却下, 保留, 修正済"), err);
	if (!hexadecimal(v[D_FINGER]))
		return bad(t, D_FINGER,
		    _("the mark was changed; copy it from the report"), err);
	if (i == 0 && v[D_WHO][0] == '\0')
		return bad(t, D_WHO, _("an approval needs who approves"), err);
	if (i == 0 && v[D_WHY][0] == '\0')
		return bad(t, D_WHY, _("an approval needs a reason"), err);
	return 0;
}

static int
row(struct table *t, sqlite3_stmt *st, struct seki_err *err)
{
	static const enum col order[] = { D_FINGER, D_RECORD, D_NAME, D_ANSWER,
		D_WHY, D_WHO };
	size_t i;
	int ok = 0;

	seki_arena_reset(&t->m->arena);
	if (take(t, err) == -1)
		return -1;
	if (t->value[D_ANSWER][0] == '\0')
		return 0;
	if (sense(t, err) == -1)
		return -1;
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		ok |= sqlite3_bind_text(
		    st, (int)i + 1, t->value[order[i]], -1, SQLITE_STATIC);
	if (ok == SQLITE_OK && sqlite3_step(st) == SQLITE_DONE &&
	    sqlite3_reset(st) == SQLITE_OK)
		return 0;
	if ((sqlite3_errcode(t->m->db) & 0xFF) == SQLITE_CONSTRAINT)
		return bad(
		    t, D_FINGER, _("two rows decide the same finding"), err);
	return seki_match_failed(t->m, err);
}

/* The sheet with the column of marks: people may have moved the sheets. */
static int
find_sheet(struct table *t, struct seki_err *err)
{
	struct seki_err why = SEKI_ERR_INIT;
	size_t i, n = seki_grid_sheets(t->g);

	for (i = 0; i < n; i++) {
		why = (struct seki_err)SEKI_ERR_INIT;
		if (seki_grid_rewind(
			t->g, seki_grid_sheet_name(t->g, i), &why) == 0 &&
		    head(t, &why) == 0)
			return 0;
		if (why.reason != SEKI_RULES) {
			*err = why;
			return -1;
		}
	}
	if (n == 0)
		return head(t, err);
	*err = why;
	return -1;
}

static int
read_all(struct table *t, struct seki_err *err)
{
	unsigned char digest[SEKI_SHA256];
	sqlite3_stmt *st = NULL;
	int r;

	if (find_sheet(t, err) == -1 ||
	    seki_match_prepare(t->m,
		"INSERT INTO decision (finger, record, name, answer, why, who) "
		"VALUES (?, ?, ?, ?, ?, ?)",
		&st, err) == -1)
		return -1;
	while ((r = seki_grid_next(t->g, &t->cell, &t->n, err)) == 1)
		if (row(t, st, err) == -1) {
			r = -1;
			break;
		}
	(void)sqlite3_finalize(st);
	seki_grid_digest(t->g, digest);
	seki_text_hex(digest, SEKI_SHA256, t->m->decisions);
	return r;
}

int
seki_match_decisions(struct seki_match *m, struct seki_err *err)
{
	struct table t = { .m = m };
	int r = -1;

	if (m->how->decisions == NULL)
		return 0;
	if ((t.g = seki_grid_open(m->how->decisions, NULL, err)) != NULL)
		r = read_all(&t, err);
	if (r == -1 && (err->reason == SEKI_CSV || err->reason == SEKI_XLSX))
		err->reason = SEKI_RULES;
	if (r == -1)
		seki_err_object(err, m->how->decisions);
	seki_grid_free(t.g);
	return r == -1 ? -1
		       : seki_match_prepare(m,
			     "UPDATE decision SET used = 1 WHERE finger = ? "
			     "RETURNING answer, who, why",
			     &m->decided, err);
}

int
seki_match_decided(struct seki_match *m, const char *finger, const char **who,
    const char **why, struct seki_err *err)
{
	int i, r = 0;
	const char *s, **to[] = { who, why };

	if (m->decided == NULL)
		return 0;
	if (sqlite3_bind_text(m->decided, 1, finger, -1, SQLITE_STATIC) !=
	    SQLITE_OK)
		return seki_match_failed(m, err);
	if (sqlite3_step(m->decided) == SQLITE_ROW) {
		s = (const char *)sqlite3_column_text(m->decided, 0);
		r = s != NULL && strcmp(s, seki_match_answers[0]) == 0;
		for (i = 0; r == 1 && i < 2; i++) {
			s = (const char *)sqlite3_column_text(
			    m->decided, i + 1);
			*to[i] =
			    seki_arena_copy(&m->arena, s, strlen(s) + 1, err);
			if (*to[i] == NULL)
				r = -1;
		}
	}
	while (sqlite3_step(m->decided) == SQLITE_ROW)
		;
	(void)sqlite3_reset(m->decided);
	return r;
}

/* Decisions about what is no longer so. */
int
seki_match_stale(struct seki_match *m, struct seki_err *err)
{
	sqlite3_stmt *st = NULL;
	char text[256];

	if (seki_match_prepare(m,
		"SELECT record, name FROM decision WHERE used = 0 "
		"ORDER BY length(record), record",
		&st, err) == -1)
		return -1;
	while (sqlite3_step(st) == SQLITE_ROW) {
		if (m->res->stale++ >= 10 || m->how->note == NULL)
			continue;
		(void)snprintf(text, sizeof(text),
		    _("record %s, %s: decided before, but the finding is gone "
		      "or about other values now; the decision does not count"),
		    (const char *)sqlite3_column_text(st, 0),
		    (const char *)sqlite3_column_text(st, 1));
		m->how->note(m->how->ctx, text);
	}
	(void)sqlite3_finalize(st);
	return 0;
}
