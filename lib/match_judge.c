#include <stdlib.h>
#include <string.h>

#include "match_int.h"

/*
 * One record against all checks.  The words are data of the output, not
 * messages: they are the same in every language.
 */
enum verdict {
	V_EQUAL,
	V_FOLDED,
	V_NEAR,
	V_DIFFERS,
	V_OVER,
	V_UNDER,
	V_MISSING,
	V_AMBIGUOUS,
	V_FOUND,
	V_DOUBLE,
	V_UNREADABLE
};
static const char *const words[] = { "一致", "表記の違い", "許容差内", "相違",
	"超過", "不足", "該当なし", "複数該当", "該当あり", "重複",
	"数値でない" };
static const char *const severities[] = { "OK", "情報", "注意", "NG" };

/* A finding while it is made; texts lie in the arena. */
struct finding {
	const struct seki_match_check *c;
	enum verdict verdict;
	enum seki_severity severity;
	const char *own, *theirs, *last, *master, *place;
	const char *who, *why; /* approved by, and why */
	char finger[17];
};

struct judge {
	struct seki_match *m;
	const struct seki_record *rec;
	struct finding *f;
	size_t n;
	enum seki_severity worst;
	struct seki_dec x, y;
};

static const char *
kept(struct seki_match *m, const struct seki_buf *b, struct seki_err *err)
{
	return b->n == 0 ? "" : seki_arena_copy(&m->arena, b->p, b->n + 1, err);
}

static char *
copy_column(struct seki_match *m, sqlite3_stmt *st, int i, struct seki_err *err)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return seki_arena_copy(
	    &m->arena, s == NULL ? "" : s, s == NULL ? 1 : strlen(s) + 1, err);
}

static int
hit(struct seki_match *m, struct seki_match_lookup *l, sqlite3_stmt *st,
    struct seki_err *err)
{
	size_t k;

	if ((l->place[l->hits] = copy_column(m, st, 0, err)) == NULL)
		return -1;
	for (k = 0; l->hits == 0 && k < m->master[l->master].n; k++)
		if ((l->value[k] = copy_column(m, st, (int)k + 1, err)) == NULL)
			return -1;
	l->hits++;
	return 0;
}

/* The rows of the master that the first key finds that finds any. */
static int
look_up(struct judge *j, struct seki_match_lookup *l, struct seki_err *err)
{
	struct seki_match *m = j->m;
	sqlite3_stmt *st;
	size_t i;
	int r = 0;

	if (l->done)
		return 0;
	l->done = 1;
	l->hits = 0;
	for (i = 0; r == 0 && l->hits == 0 && i < l->check->nalt; i++) {
		r = seki_match_key(m, &l->check->alt[i], j->rec, &m->a, err);
		if (r == 1)
			r = 0;
		else if (r == 0) {
			st = l->find[i];
			if (sqlite3_bind_text(st, 1, m->a.p, (int)m->a.n,
				SQLITE_STATIC) != SQLITE_OK)
				return seki_match_failed(m, err);
			while (r == 0 && (r = sqlite3_step(st)) == SQLITE_ROW)
				r = hit(m, l, st, err);
			if (r == SQLITE_DONE)
				r = 0;
			else if (r != -1)
				r = seki_match_failed(m, err);
			(void)sqlite3_reset(st);
		}
	}
	return r;
}

/* What the field is compared with: one text, or the product of numbers.  1
 * when a factor is no number. */
static int
other_side(struct judge *j, const struct seki_match_check *c,
    const struct seki_match_lookup *l, struct seki_buf *b, struct seki_err *err)
{
	struct seki_match *m = j->m;
	const struct seki_match_factor *f = c->factor;
	size_t i;
	int r = 0;

	seki_buf_reset(b);
	for (i = 0; r == 0 && i < c->nfactor; i++, f++) {
		seki_buf_reset(&m->text);
		if (f->number != NULL)
			r = seki_dec_text(f->number, &m->text, err);
		else if (l != NULL)
			r = seki_buf_str(&m->text, l->value[f->at], err);
		else
			r = seki_match_text(
			    m->in, j->rec, f->at, f->sub, &m->text, err);
		if (r == 0 && c->nfactor == 1)
			return seki_buf_add(b, m->text.p, m->text.n, err);
		seki_buf_reset(b);
		if (r == 0)
			r = seki_match_fold(SEKI_HOW_NUMBER, NULL, m->text.p,
			    m->text.n, b, err);
		if (r == 0)
			r = seki_dec_set(
			    i == 0 ? &j->x : &j->y, b->p, b->n, err);
		if (r == 0 && i > 0)
			r = seki_dec_mul(&j->x, &j->y, err);
	}
	seki_buf_reset(b);
	return r == 0 && c->nfactor > 0 ? seki_dec_text(&j->x, b, err) : r;
}

/* Both as numbers, x and y: 0, 1 when one of them is none. */
static int
numbers(
    struct judge *j, const char *own, const char *theirs, struct seki_err *err)
{
	const char *const s[] = { own, theirs };
	struct seki_dec *const d[] = { &j->x, &j->y };
	struct seki_buf *b = &j->m->text;
	int i, r = 0;

	for (i = 0; r == 0 && i < 2; i++) {
		seki_buf_reset(b);
		r = seki_match_fold(
		    SEKI_HOW_NUMBER, NULL, s[i], strlen(s[i]), b, err);
		if (r == 0)
			r = b->n == 0 ? 1 : seki_dec_set(d[i], b->p, b->n, err);
	}
	return r;
}

/* Is |x - y| within the tolerance?  y is what counts for a percentage. */
static int
within(struct judge *j, const struct seki_match_check *c, int *yes,
    struct seki_err *err)
{
	struct seki_dec may, hundredth;
	int r, order;

	*yes = 0;
	if (c->tolerance == NULL)
		return 0;
	if (seki_dec_init(&may, err) == -1)
		return -1;
	if (seki_dec_init(&hundredth, err) == -1) {
		seki_dec_release(&may);
		return -1;
	}
	r = seki_dec_set(&may, c->tolerance, strlen(c->tolerance), err);
	if (r == 0 && c->percent &&
	    (r = seki_dec_set(&hundredth, "0.01", 4, err)) == 0 &&
	    (r = seki_dec_mul(&may, &hundredth, err)) == 0)
		r = seki_dec_mul(&may, &j->y, err);
	if (r == 0)
		r = seki_dec_sub(&j->x, &j->y, err);
	seki_dec_abs(&j->x);
	seki_dec_abs(&may);
	if (r == 0 && (r = seki_dec_cmp(&j->x, &may, &order, err)) == 0)
		*yes = order <= 0;
	seki_dec_release(&may);
	seki_dec_release(&hundredth);
	return r;
}

static int
by_number(struct judge *j, const struct seki_match_check *c, const char *own,
    const char *theirs, enum verdict *v, struct seki_err *err)
{
	int order, near, r = numbers(j, own, theirs, err);

	if (r == 1)
		*v = V_UNREADABLE;
	if (r != 0)
		return r == 1 ? 0 : -1;
	if (seki_dec_cmp(&j->x, &j->y, &order, err) == -1)
		return -1;
	*v = order == 0 ? (strcmp(own, theirs) == 0 ? V_EQUAL : V_FOLDED)
	     : c->how == SEKI_HOW_MOST	? (order < 0 ? V_EQUAL : V_OVER)
	     : c->how == SEKI_HOW_LEAST ? (order > 0 ? V_EQUAL : V_UNDER)
					: V_DIFFERS;
	if (*v < V_DIFFERS)
		return 0;
	if (within(j, c, &near, err) == -1)
		return -1;
	if (near)
		*v = V_NEAR;
	return 0;
}

static int
compare(struct judge *j, const struct seki_match_check *c, const char *own,
    const char *theirs, enum verdict *v, struct seki_err *err)
{
	struct seki_match *m = j->m;

	*v = V_EQUAL;
	if (own[0] == '\0' && theirs[0] == '\0')
		return 0;
	if (c->how == SEKI_HOW_NUMBER || c->how == SEKI_HOW_MOST ||
	    c->how == SEKI_HOW_LEAST)
		return by_number(j, c, own, theirs, v, err);
	if (strcmp(own, theirs) == 0)
		return 0;
	seki_buf_reset(&m->a);
	seki_buf_reset(&m->b);
	if (seki_match_fold(c->how, m->fold, own, strlen(own), &m->a, err) ==
		-1 ||
	    seki_match_fold(
		c->how, m->fold, theirs, strlen(theirs), &m->b, err) == -1)
		return -1;
	*v = c->how != SEKI_HOW_EXACT && m->a.n == m->b.n && m->a.n > 0 &&
		     memcmp(m->a.p, m->b.p, m->a.n) == 0
		 ? V_FOLDED
		 : V_DIFFERS;
	return 0;
}

/* All rows that were found, for whoever must choose. */
static const char *
places(struct seki_match *m, const struct seki_match_lookup *l,
    struct seki_err *err)
{
	size_t i;

	seki_buf_reset(&m->a);
	for (i = 0; i < l->hits; i++)
		if (seki_buf_fmt(&m->a, err, "%s%s", i > 0 ? ", " : "",
			l->place[i]) == -1)
			return NULL;
	if (l->hits == SEKI_MATCH_HITS && seki_buf_str(&m->a, " …", err) == -1)
		return NULL;
	return kept(m, &m->a, err);
}

/* Is this the first of the checks that share the lookup?  Only it says that
 * there is no row, or more than one. */
static int
first_of(const struct judge *j, const struct seki_match_check *c)
{
	size_t i;

	for (i = 0; i < j->n; i++)
		if (j->f[i].c->lookup == c->lookup)
			return 0;
	return 1;
}

/* The lookup's own verdict: 1 when there is a row to compare with. */
static int
found(struct judge *j, struct finding *f, struct seki_match_lookup *l,
    struct seki_err *err)
{
	const struct seki_match_check *c = f->c;
	int first = first_of(j, c);

	if (look_up(j, l, err) == -1 ||
	    (f->place = places(j->m, l, err)) == NULL)
		return -1;
	if (c->how == SEKI_HOW_ABSENT) {
		f->verdict = l->hits == 0 ? V_EQUAL : V_FOUND;
		f->severity = l->hits == 0 ? SEKI_SEV_OK : c->severity;
		return 0;
	}
	if (l->hits == 1 || (l->hits > 1 && c->how == SEKI_HOW_THERE &&
				c->ambiguous == SEKI_SEV_OK)) {
		f->verdict = V_EQUAL;
		return c->how != SEKI_HOW_THERE;
	}
	f->verdict = l->hits == 0 ? V_MISSING : V_AMBIGUOUS;
	f->severity = l->hits == 0 ? c->missing : c->ambiguous;
	if (!first && f->severity > SEKI_SEV_INFO)
		f->severity = SEKI_SEV_INFO;
	return 0;
}

/* Others of the batch with the same key; where a field is named, only those
 * that differ in it. */
static int
doubles(struct judge *j, struct finding *f, struct seki_err *err)
{
	struct seki_match *m = j->m;
	const struct seki_match_check *c = f->c;
	const struct seki_match_check *keyed =
	    c->nalt > 0 ? c : m->lookup[c->lookup].check;
	size_t n = 0;
	int r;

	if ((r = seki_match_key(m, keyed->alt, j->rec, &m->a, err)) != 0)
		return r == 1 ? 0 : -1;
	seki_buf_reset(&m->b);
	if (c->at != SIZE_MAX) {
		seki_buf_reset(&m->text);
		if (seki_match_text(
			m->in, j->rec, c->at, c->sub, &m->text, err) == -1 ||
		    seki_match_fold(c->how, m->fold, m->text.p, m->text.n,
			&m->b, err) == -1)
			return -1;
	}
	if (sqlite3_bind_int64(m->same, 1, (sqlite3_int64)c->row) |
	    sqlite3_bind_text(m->same, 2, m->a.p, (int)m->a.n, SQLITE_STATIC) |
	    sqlite3_bind_text(
		m->same, 3, j->rec->key.p, (int)j->rec->key.n, SQLITE_STATIC) |
	    sqlite3_bind_int(m->same, 4, c->at != SIZE_MAX) |
	    sqlite3_bind_text(m->same, 5, m->b.n == 0 ? "" : m->b.p,
		(int)m->b.n, SQLITE_STATIC))
		return seki_match_failed(m, err);
	seki_buf_reset(&m->text);
	r = 0;
	while (r == 0 && (r = sqlite3_step(m->same)) == SQLITE_ROW)
		r = seki_buf_fmt(&m->text, err, "%s%s", n++ > 0 ? ", " : "",
		    (const char *)sqlite3_column_text(m->same, 0));
	(void)sqlite3_reset(m->same);
	if (r != SQLITE_DONE)
		return r == -1 ? -1 : seki_match_failed(m, err);
	if (n == 0)
		return 0;
	m->alike = 1;
	f->verdict = V_DOUBLE;
	f->severity = c->severity;
	return (f->theirs = kept(m, &m->text, err)) == NULL ? -1 : 0;
}

/* Last time's value of the field, where last time's record was found. */
static int
last_time(struct judge *j, struct finding *f, struct seki_err *err)
{
	struct seki_match *m = j->m;
	struct seki_match_lookup *l;
	size_t i, k;

	f->last = "";
	for (i = 0; i < m->nlookup && f->c->at != SIZE_MAX; i++) {
		l = &m->lookup[i];
		if (l->master == SIZE_MAX ||
		    strcmp(m->master[l->master].name, SEKI_LAST_WORD) != 0)
			continue;
		if (look_up(j, l, err) == -1)
			return -1;
		for (k = 0; l->hits == 1 && k < m->master[l->master].n; k++)
			if (strcmp(m->master[l->master].column[k],
				f->c->field) == 0)
				f->last = l->value[k];
	}
	return 0;
}

static int
applies(struct seki_match *m, const struct seki_record *rec,
    const struct seki_match_check *c, struct seki_err *err)
{
	if (c->when_at == SIZE_MAX)
		return 1;
	seki_buf_reset(&m->text);
	seki_buf_reset(&m->a);
	seki_buf_reset(&m->b);
	if (seki_match_text(m->in, rec, c->when_at, SIZE_MAX, &m->text, err) ==
		-1 ||
	    seki_match_fold(
		SEKI_HOW_TEXT, NULL, m->text.p, m->text.n, &m->a, err) == -1 ||
	    seki_match_fold(
		SEKI_HOW_TEXT, NULL, c->is, strlen(c->is), &m->b, err) == -1)
		return -1;
	return m->a.n == m->b.n &&
	       (m->a.n == 0 || memcmp(m->a.p, m->b.p, m->a.n) == 0);
}

/* What a decision is about: this record, this check, these very values. */
static int
finger(const struct judge *j, struct finding *f, struct seki_err *err)
{
	const char *const part[] = { "seki-match-1", f->c->name,
		words[f->verdict], f->own, f->theirs };
	unsigned char digest[SEKI_SHA256];
	struct seki_sha256 sha;
	char hex[SEKI_HEX];
	size_t i;

	if (seki_sha256_init(&sha, err) == -1)
		return -1;
	seki_sha256_restart(&sha);
	seki_sha256_add(&sha, j->rec->key.p, j->rec->key.n);
	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		seki_sha256_add(&sha, "", 1);
		seki_sha256_add(&sha, part[i], strlen(part[i]));
	}
	seki_sha256_end(&sha, digest);
	seki_sha256_free(&sha);
	seki_text_hex(digest, SEKI_SHA256, hex);
	memcpy(f->finger, hex, 16);
	f->finger[16] = '\0';
	return 0;
}

static int
decide(struct judge *j, struct finding *f, struct seki_err *err)
{
	int r;

	if (f->severity < SEKI_SEV_WARN)
		return 0;
	if (finger(j, f, err) == -1 || (r = seki_match_decided(j->m, f->finger,
					    &f->who, &f->why, err)) == -1)
		return -1;
	if (r == 1) {
		f->severity = SEKI_SEV_INFO;
		j->m->res->approved++;
	}
	return 0;
}

static int
values(struct judge *j, struct finding *f, const struct seki_match_lookup *l,
    struct seki_err *err)
{
	struct seki_match *m = j->m;
	int r;

	if (f->c->nfactor == 0)
		return 0;
	if ((r = other_side(j, f->c, l, &m->b, err)) == -1 ||
	    (f->theirs = kept(m, &m->b, err)) == NULL)
		return -1;
	if (r == 1)
		f->verdict = V_UNREADABLE;
	else if (compare(j, f->c, f->own, f->theirs, &f->verdict, err) == -1)
		return -1;
	f->severity = f->verdict > V_NEAR ? f->c->severity : SEKI_SEV_OK;
	return 0;
}

static int
check(struct judge *j, const struct seki_match_check *c, struct seki_err *err)
{
	struct seki_match *m = j->m;
	struct finding *f = &j->f[j->n];
	struct seki_match_lookup *l = NULL;
	int r = applies(m, j->rec, c, err);

	if (r != 1)
		return r;
	memset(f, 0, sizeof(*f));
	f->c = c;
	f->theirs = f->place = "";
	f->master = c->master;
	seki_buf_reset(&m->text);
	if (c->at != SIZE_MAX &&
	    seki_match_text(m->in, j->rec, c->at, c->sub, &m->text, err) == -1)
		return -1;
	if ((f->own = kept(m, &m->text, err)) == NULL)
		return -1;
	if (c->from != SIZE_MAX)
		l = &m->lookup[c->lookup];
	r = strcmp(c->master, SEKI_BATCH_WORD) == 0 ? doubles(j, f, err)
	    : l != NULL				    ? found(j, f, l, err)
						    : 1;
	if (r == -1 || (r == 1 && values(j, f, l, err) == -1) ||
	    last_time(j, f, err) == -1 || decide(j, f, err) == -1)
		return -1;
	if (f->severity > j->worst)
		j->worst = f->severity;
	j->n++;
	return 0;
}

static void
text(struct seki_value *v, const char *s)
{
	v->p = s;
	v->n = strlen(s);
	v->set = v->n > 0;
}

static int
row(struct judge *j, const struct finding *f, size_t i, struct seki_row *row,
    struct seki_err *err)
{
	struct seki_match *m = j->m;
	size_t n = m->out->field[m->findings].nsub, k;
	const char *message = f->c->message;

	if ((row->v = seki_arena_get(&m->arena, n * sizeof(*row->v), err)) ==
	    NULL)
		return -1;
	memset(row->v, 0, n * sizeof(*row->v));
	seki_buf_reset(&m->a);
	if (seki_buf_fmt(&m->a, err, "%zu", i + 1) == -1)
		return -1;
	text(&row->id, kept(m, &m->a, err));
	seki_buf_reset(&m->a);
	if (f->who != NULL &&
	    seki_buf_fmt(&m->a, err, "承認（%s）: %s", f->who, f->why) == -1)
		return -1;
	if (f->who != NULL)
		message = kept(m, &m->a, err);
	else if (f->severity < SEKI_SEV_WARN)
		message = "";
	seki_buf_reset(&m->b);
	if (seki_buf_fmt(&m->b, err, "%llu", (unsigned long long)f->c->row) ==
	    -1)
		return -1;
	const char *const v[] = { f->c->name, f->c->field, words[f->verdict],
		severities[f->severity], f->own, f->theirs, f->last, f->master,
		f->place, kept(m, &m->b, err), message };

	for (k = 0; k < n; k++) {
		if (v[k] == NULL)
			return -1;
		text(&row->v[k], v[k]);
	}
	return row->id.p == NULL ? -1 : 0;
}

/* One line a finding that somebody has to see. */
static int
reasons(struct judge *j, struct seki_value *v, struct seki_err *err)
{
	struct seki_match *m = j->m;
	const struct finding *f = j->f;
	const char *s;
	size_t i;

	seki_buf_reset(&m->a);
	for (i = 0; i < j->n; i++, f++) {
		if (f->severity < SEKI_SEV_WARN && f->who == NULL)
			continue;
		if (m->a.n > 0 && seki_buf_byte(&m->a, '\n', err) == -1)
			return -1;
		if (seki_buf_fmt(&m->a, err, "%s: %s%s%s", f->c->name,
			f->c->field, f->c->field[0] == '\0' ? "" : " ",
			words[f->verdict]) == -1 ||
		    (f->who != NULL &&
			seki_buf_fmt(&m->a, err, "（承認 %s: %s）", f->who,
			    f->why) == -1) ||
		    (f->who == NULL && f->c->message[0] != '\0' &&
			seki_buf_fmt(&m->a, err, "。%s", f->c->message) == -1))
			return -1;
	}
	if ((s = kept(m, &m->a, err)) == NULL)
		return -1;
	text(v, s);
	return 0;
}

/* For the report, which shows the worst first. */
static int
keep(struct judge *j, const struct finding *f, struct seki_err *err)
{
	struct seki_match *m = j->m;
	const char *const v[] = { f->c->name, f->c->field, words[f->verdict],
		f->own, f->theirs, f->last, f->master, f->place, f->c->message,
		f->finger };
	int i, ok = 0;

	ok |= sqlite3_bind_int(m->note, 1, (int)j->worst);
	ok |= sqlite3_bind_int64(m->note, 2, (sqlite3_int64)m->rank);
	ok |= sqlite3_bind_text(
	    m->note, 3, j->rec->key.p, (int)j->rec->key.n, SQLITE_STATIC);
	ok |= sqlite3_bind_int(m->note, 4, (int)f->severity);
	for (i = 0; i < (int)(sizeof(v) / sizeof(v[0])); i++)
		ok |=
		    sqlite3_bind_text(m->note, i + 5, v[i], -1, SQLITE_STATIC);
	if (ok == SQLITE_OK && sqlite3_step(m->note) == SQLITE_DONE &&
	    sqlite3_reset(m->note) == SQLITE_OK)
		return 0;
	return seki_match_failed(m, err);
}

static int
write_down(struct judge *j, struct seki_value *v, struct seki_err *err)
{
	struct seki_match *m = j->m;
	struct seki_value *table = &v[m->findings];
	size_t i;

	text(&v[m->verdict],
	    severities[j->worst < SEKI_SEV_WARN ? SEKI_SEV_OK : j->worst]);
	if (reasons(j, &v[m->reasons], err) == -1)
		return -1;
	table->nrow = j->n;
	table->row =
	    seki_arena_get(&m->arena, (j->n + 1) * sizeof(*table->row), err);
	if (table->row == NULL)
		return -1;
	for (i = 0; i < j->n; i++) {
		if (row(j, &j->f[i], i, &table->row[i], err) == -1)
			return -1;
		if (j->f[i].severity < SEKI_SEV_WARN)
			continue;
		m->res->findings++;
		if (m->how->report != NULL && keep(j, &j->f[i], err) == -1)
			return -1;
	}
	return 0;
}

int
seki_match_judge(struct seki_match *m, const struct seki_record *rec,
    struct seki_value *v, struct seki_err *err)
{
	struct judge j = { .m = m, .rec = rec };
	size_t i;
	int r = -1;

	for (i = 0; i < m->nlookup; i++)
		m->lookup[i].done = 0;
	j.f = seki_arena_get(&m->arena, m->rules->n * sizeof(*j.f), err);
	if (j.f == NULL || seki_dec_init(&j.x, err) == -1)
		return -1;
	if (seki_dec_init(&j.y, err) == 0) {
		for (i = 0, r = 0; r == 0 && i < m->rules->n; i++)
			r = check(&j, &m->rules->check[i], err);
		if (r == 0)
			r = write_down(&j, v, err);
		seki_dec_release(&j.y);
	}
	seki_dec_release(&j.x);
	m->res->ok += j.worst < SEKI_SEV_WARN;
	m->res->warn += j.worst == SEKI_SEV_WARN;
	m->res->ng += j.worst == SEKI_SEV_NG;
	return r;
}

/* "FIELD: VALUE", on a line of its own. */
static int
told(const char *field, const struct seki_buf *value, struct seki_buf *to,
    struct seki_err *err)
{
	return seki_buf_fmt(to, err, "%s%s: %.*s", to->n > 0 ? "\n" : "", field,
	    (int)value->n, value->n == 0 ? "" : value->p);
}

/* What the report shows of the record in its group: the values of the key, to
 * own, and of the field that must differ, to also. */
static int
values_of(struct seki_match *m, const struct seki_record *rec,
    const struct seki_match_check *c, const struct seki_match_alt *key,
    struct seki_buf *own, struct seki_buf *also, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < key->n; i++) {
		seki_buf_reset(&m->text);
		if (seki_match_text(m->in, rec, key->part[i].at, SIZE_MAX,
			&m->text, err) == -1 ||
		    told(key->part[i].field, &m->text, own, err) == -1)
			return -1;
	}
	seki_buf_reset(&m->text);
	if (c->at == SIZE_MAX)
		return 0;
	if (seki_match_text(m->in, rec, c->at, c->sub, &m->text, err) == -1)
		return -1;
	return told(c->field, &m->text, also, err);
}

static int
write_key(struct seki_match *m, const struct seki_record *rec,
    const struct seki_match_check *c, const struct seki_buf *own,
    const struct seki_buf *also, struct seki_err *err)
{
	const struct seki_buf *const b[] = { &m->b, NULL, own, also };
	int i, bad = 0;

	bad |= sqlite3_bind_int64(m->key, 1, (sqlite3_int64)c->row);
	bad |= sqlite3_bind_text(m->key, 2, m->a.p, (int)m->a.n, SQLITE_STATIC);
	bad |= sqlite3_bind_text(
	    m->key, 3, rec->key.p, (int)rec->key.n, SQLITE_STATIC);
	bad |= sqlite3_bind_int64(m->key, 5, (sqlite3_int64)m->rank);
	for (i = 0; i < 4; i++)
		if (b[i] != NULL)
			bad |= sqlite3_bind_text(m->key, i + 4,
			    b[i]->n == 0 ? "" : b[i]->p, (int)b[i]->n,
			    SQLITE_STATIC);
	if (bad != SQLITE_OK || sqlite3_step(m->key) != SQLITE_DONE ||
	    sqlite3_reset(m->key) != SQLITE_OK)
		return seki_match_failed(m, err);
	return 0;
}

/* The record's key by one check of the batch. */
static int
note(struct seki_match *m, const struct seki_record *rec,
    const struct seki_match_check *c, struct seki_err *err)
{
	const struct seki_match_check *keyed =
	    c->nalt > 0 ? c : m->lookup[c->lookup].check;
	struct seki_buf own = SEKI_BUF_INIT, also = SEKI_BUF_INIT;
	int r;

	if ((r = applies(m, rec, c, err)) != 1)
		return r;
	if ((r = seki_match_key(m, keyed->alt, rec, &m->a, err)) != 0)
		return r == 1 ? 0 : -1;
	seki_buf_reset(&m->b);
	seki_buf_reset(&m->text);
	if (c->at != SIZE_MAX &&
	    (seki_match_text(m->in, rec, c->at, c->sub, &m->text, err) == -1 ||
		seki_match_fold(
		    c->how, m->fold, m->text.p, m->text.n, &m->b, err) == -1))
		return -1;
	if (m->how->report != NULL)
		r = values_of(m, rec, c, keyed->alt, &own, &also, err);
	if (r == 0)
		r = write_key(m, rec, c, &own, &also, err);
	seki_buf_free(&own);
	seki_buf_free(&also);
	return r;
}

int
seki_match_note(
    struct seki_match *m, const struct seki_record *rec, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < m->rules->n; i++)
		if (strcmp(m->rules->check[i].master, SEKI_BATCH_WORD) == 0 &&
		    note(m, rec, &m->rules->check[i], err) == -1)
			return -1;
	return 0;
}
