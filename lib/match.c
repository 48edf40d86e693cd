#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "match_int.h"

static const char tables[] =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
    "PRAGMA cache_size = -16000;"
    "CREATE TABLE same (rule INTEGER, key TEXT, record TEXT, other TEXT,"
    " rank INTEGER, own TEXT, also TEXT);"
    "CREATE TABLE finding (worst INTEGER, rank INTEGER, record TEXT,"
    " severity INTEGER, name TEXT, field TEXT, verdict TEXT, own TEXT,"
    " theirs TEXT, last TEXT, master TEXT, place TEXT, message TEXT,"
    " finger TEXT);"
    "CREATE TABLE decision (finger TEXT PRIMARY KEY, record TEXT, name TEXT,"
    " answer TEXT, why TEXT, who TEXT, used INTEGER DEFAULT 0);"
    "CREATE TABLE shown (rank INTEGER, col INTEGER, value TEXT,"
    " PRIMARY KEY (rank, col)) WITHOUT ROWID;"
    "BEGIN";

static int
begin(struct seki_match *m, struct seki_err *err)
{
	/* "": a file of SQLite's own, gone at once. */
	if (sqlite3_open("", &m->db) != SQLITE_OK)
		return seki_match_failed(m, err);
	if (seki_match_sql(m, tables, err) == -1 ||
	    seki_match_prepare(m,
		"INSERT INTO same VALUES (?, ?, ?, ?, ?, ?, ?)", &m->key,
		err) == -1 ||
	    seki_match_prepare(
		m, "INSERT INTO shown VALUES (?, ?, ?)", &m->show, err) == -1)
		return -1;
	return seki_match_prepare(m,
	    "INSERT INTO finding VALUES "
	    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    &m->note, err);
}

/* All keys of the batch, once each record is known; the report asks which of
 * them are equal unfolded. */
static int
index_batch(struct seki_match *m, struct seki_err *err)
{
	if (seki_match_sql(m,
		m->how->report == NULL
		    ? "CREATE INDEX same_key ON same (rule, key)"
		    : "CREATE INDEX same_key ON same (rule, key, own)",
		err) == -1)
		return -1;
	return seki_match_prepare(m,
	    "SELECT record FROM same WHERE rule = ?1 AND key = ?2 AND "
	    "record <> ?3 AND (NOT ?4 OR other <> ?5) LIMIT 5",
	    &m->same, err);
}

static int
first_pass(
    struct seki_match *m, struct seki_stream_in *in, struct seki_err *err)
{
	struct seki_record *rec;
	int r;

	while ((r = seki_stream_next(in, &rec, err)) == 1) {
		m->rank++;
		if (rec->kind == SEKI_RECORD_ROW &&
		    seki_match_note(m, rec, err) == -1)
			return -1;
	}
	m->rank = 0;
	return r == -1 ? -1 : index_batch(m, err);
}

/* Fields that the report shows beside the key. */
static int
show(struct seki_match *m, const struct seki_record *rec, struct seki_err *err)
{
	const char *const *s = m->how->show;
	int i, at;

	for (i = 0; m->how->report != NULL && s != NULL && s[i] != NULL; i++) {
		at = seki_schema_find(m->in, s[i], strlen(s[i]));
		seki_buf_reset(&m->text);
		if (seki_match_text(
			m->in, rec, (size_t)at, SIZE_MAX, &m->text, err) == -1)
			return -1;
		if (sqlite3_bind_int64(m->show, 1, (sqlite3_int64)m->rank) |
			sqlite3_bind_int(m->show, 2, i) |
			sqlite3_bind_text(m->show, 3,
			    m->text.n == 0 ? "" : m->text.p, (int)m->text.n,
			    SQLITE_STATIC) ||
		    sqlite3_step(m->show) != SQLITE_DONE ||
		    sqlite3_reset(m->show) != SQLITE_OK)
			return seki_match_failed(m, err);
	}
	return 0;
}

static int
one(struct seki_match *m, struct seki_record *rec, struct seki_stream_out *out,
    struct seki_err *err)
{
	struct seki_record made = *rec;
	uint64_t before = m->res->findings;

	m->rank++;
	m->alike = 0;
	m->res->held += rec->kind == SEKI_RECORD_HELD;
	m->res->deleted += rec->kind == SEKI_RECORD_DELETED;
	if (rec->kind != SEKI_RECORD_ROW)
		return seki_stream_put(out, rec, err);
	m->res->records++;
	seki_arena_reset(&m->arena);
	made.v = seki_arena_get(&m->arena, m->out->n * sizeof(*made.v), err);
	if (made.v == NULL)
		return -1;
	memset(made.v, 0, m->out->n * sizeof(*made.v));
	memcpy(made.v, rec->v, m->in->n * sizeof(*made.v));
	if (seki_match_judge(m, rec, made.v, err) == -1 ||
	    ((m->res->findings > before || m->alike) &&
		show(m, rec, err) == -1)) {
		seki_err_record(err, rec->key.p, rec->key.n);
		return -1;
	}
	return seki_stream_put(out, &made, err);
}

/* What the verdicts rest on: the rules the records went through before, the
 * checks, each master, the decisions (seki-match(5), DIGEST). */
static int
rules_digest(const struct seki_match *m, const char *before, char hex[SEKI_HEX],
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t i;
	int r;

	seki_text_hex(m->rules->digest, SEKI_SHA256, hex);
	r = seki_buf_fmt(&b, err, "seki-match-1\nrules %s\nchecks %s\n",
	    before == NULL ? "-" : before, hex);
	for (i = 0; r == 0 && i < m->nmaster; i++)
		r = seki_buf_fmt(&b, err, "master %s %s\n", m->master[i].hex,
		    m->master[i].name);
	if (r == 0 && m->decisions[0] != '\0')
		r = seki_buf_fmt(&b, err, "decisions %s\n", m->decisions);
	if (r == 0)
		r = seki_sha256_hex(b.p, b.n, hex, err);
	seki_buf_free(&b);
	return r;
}

static int
second_pass(struct seki_match *m, struct seki_stream_in *in,
    struct seki_out *out, struct seki_err *err)
{
	struct seki_stream_out *w = seki_stream_create(out, m->out, err);
	struct seki_record *rec;
	struct seki_ending end;
	char hex[SEKI_HEX];
	int r = -1;

	while (w != NULL && (r = seki_stream_next(in, &rec, err)) == 1) {
		if (one(m, rec, w, err) == -1) {
			r = -1;
			break;
		}
		if (m->rank % 1024 == 0 && m->how->progress != NULL)
			m->how->progress(m->rank);
	}
	if (r == 0) {
		end = *seki_stream_ending(in);
		if ((r = rules_digest(m, end.rules, hex, err)) == 0) {
			end.rules = hex;
			r = seki_stream_end(w, &end, seki_stream_proof(in), 0,
			    &m->res->proof, err);
		}
	}
	seki_stream_abort(w);
	return r;
}

static int
work(struct seki_match *m, int fd, const char *name, struct seki_out *out,
    struct seki_err *err)
{
	struct seki_stream_in *in = seki_stream_again(fd, name, err), *again;
	int r = -1;

	if (in == NULL)
		return -1;
	m->in = seki_stream_schema(in);
	if (begin(m, err) == 0 && seki_master_load(m, err) == 0 &&
	    seki_match_bind(m, err) == 0 && seki_match_decisions(m, err) == 0 &&
	    first_pass(m, in, err) == 0 &&
	    (again = seki_stream_again(fd, name, err)) != NULL) {
		r = second_pass(m, again, out, err);
		seki_stream_free(again);
	}
	if (r == 0 &&
	    (seki_match_stale(m, err) == -1 ||
		(m->how->report != NULL && seki_match_report(m, err) == -1)))
		r = -1;
	seki_stream_free(in);
	return r;
}

static void
release(struct seki_match *m)
{
	seki_master_release(m);
	(void)sqlite3_finalize(m->note);
	(void)sqlite3_finalize(m->same);
	(void)sqlite3_finalize(m->key);
	(void)sqlite3_finalize(m->show);
	(void)sqlite3_finalize(m->decided);
	(void)sqlite3_close(m->db);
	seki_fold_free(m->fold);
	seki_schema_free(m->out);
	seki_arena_free(&m->arena);
	seki_buf_free(&m->a);
	seki_buf_free(&m->b);
	seki_buf_free(&m->text);
}

/*
 * The input is copied first and read twice: what of a record is double is
 * known only after the last one, and what is not whole is not judged.
 */
int
seki_match(const struct seki_match_how *how, struct seki_in *in,
    struct seki_out *out, struct seki_matched *res, struct seki_err *err)
{
	struct seki_match m = { .how = how, .rules = how->rules, .res = res };
	int fd = seki_in_spool(NULL, in, err), r = -1;

	memset(res, 0, sizeof(*res));
	if (fd != -1 && (how->fold == NULL ||
			    (m.fold = seki_fold_open(how->fold, err)) != NULL))
		r = work(&m, fd, seki_in_name(in), out, err);
	release(&m);
	if (fd != -1)
		(void)close(fd);
	seki_in_free(in);
	return r;
}
