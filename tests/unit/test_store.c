/* The store through the library: what it knows of bundles, its key order, and
 * what an epoch with another source does. */
#include "bundlemaker.h"
#include "prove.h"
#include "store_int.h"

static char store_path[300];

static struct seki_store *
fresh(void)
{
	struct seki_store *s;

	seki_err_clear(&err);
	(void)snprintf(store_path, sizeof(store_path), "%s/town.db", dir);
	(void)unlink(store_path);
	if ((s = seki_store_open(store_path, 1, 1, &err)) == NULL)
		fail_msg("%s: %s", seki_err_word(err.reason), err.text);
	return s;
}

/* The bundle under construction is finished and imported. */
static int
import(struct seki_store *s, struct seki_verdict *v, struct seki_imported *n)
{
	struct seki_import opt = { .operator= "test" };
	struct seki_bundle *b;
	int r = -1;

	build();
	end(&plain);
	save();
	check.store = s;
	seki_err_clear(&err);
	if ((b = seki_bundle_open(path, dir, &err)) != NULL)
		r = seki_import_bundle(b, &check, &opt, v, n, &err);
	seki_bundle_free(b);
	return r;
}

static void
must(struct seki_store *s, struct seki_verdict *v, struct seki_imported *n)
{
	if (import(s, v, n) == -1)
		fail_msg("%s: %s", seki_err_word(err.reason), err.text);
}

static int64_t
number(struct seki_store *s, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		fail_msg("%s: %s", sql, sqlite3_errmsg(s->db));
	n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return n;
}

/* Nothing is known, and no file is made, until something is imported. */
static void
test_empty(void **state)
{
	struct seki_store *s = fresh();
	struct seki_position p;
	unsigned char digest[SEKI_SHA256] = { 0 };
	seki_time t = 7;

	(void)state;
	assert_int_equal(seki_store_position(s, "vector", &p, &err), 0);
	assert_int_equal(p.known, 0);
	assert_int_equal(seki_store_taken(s, digest, &t, &err), 0);
	assert_int_equal(seki_store_floor(s, &t, &err), 0);
	assert_int_equal(t, 0);
	assert_int_equal(seki_store_ledger(s, &err), 0);
	seki_store_free(s);
	assert_int_equal(access(store_path, F_OK), -1);
	assert_null(seki_store_open(store_path, 0, 1, &err));
	assert_int_equal(err.reason, SEKI_FILE);
}

static void
test_position(void **state)
{
	struct seki_store *s = fresh();
	struct seki_verdict v;
	struct seki_imported n;
	struct seki_position p;
	seki_time t;

	(void)state;
	begin("order");
	must(s, &v, &n);
	assert_int_equal(n.added, m->records);
	assert_int_equal(seki_store_position(s, "vector", &p, &err), 0);
	assert_int_equal(p.known, 1);
	assert_int_equal(p.epoch, 1);
	assert_int_equal(p.seq, 1);
	assert_int_equal(p.created, NOW);
	assert_int_equal(p.taken, NOW + HOUR);
	assert_memory_equal(p.root, m->root, SEKI_SHA256);
	assert_string_equal(p.domain, m->source.domain);
	assert_string_equal(p.app, m->source.app);
	assert_int_equal(seki_store_floor(s, &t, &err), 0);
	assert_int_equal(t, NOW);
	assert_int_equal(seki_store_taken(s, p.digest, &t, &err), 1);
	assert_int_equal(t, NOW + HOUR);
	p.digest[0] ^= 1;
	assert_int_equal(seki_store_taken(s, p.digest, &t, &err), 0);
	assert_int_equal(seki_store_position(s, "vecto", &p, &err), 0);
	assert_int_equal(p.known, 0);
	assert_int_equal(seki_store_ledger(s, &err), 0);
	seki_store_free(s);
}

/* Sealed again with another title: the same place and content (DESIGN 6). */
static void
test_twin(void **state)
{
	struct seki_store *s = fresh();
	struct seki_verdict v;
	struct seki_imported n;
	seki_time t;

	(void)state;
	begin("order");
	must(s, &v, &n);
	begin("order");
	set(&m->title, "again");
	must(s, &v, &n);
	assert_int_equal(v.already, 1);
	assert_int_equal(v.taken, NOW + HOUR);
	assert_int_equal(number(s, "SELECT count(*) FROM seki_bundle"), 1);
	assert_int_equal(seki_store_again(s, m, &t, &err), 1);
	/* One thing differs: no twin. */
	set(&m->source.app, "8");
	assert_int_equal(seki_store_again(s, m, &t, &err), 0);
	set(&m->source.app, "7");
	set(&m->source.domain, "other.cybozu.com");
	assert_int_equal(seki_store_again(s, m, &t, &err), 0);
	set(&m->source.domain, "example.cybozu.com");
	m->root[0] ^= 1;
	assert_int_equal(seki_store_again(s, m, &t, &err), 0);
	m->root[0] ^= 1;
	m->seq = 2;
	assert_int_equal(seki_store_again(s, m, &t, &err), 0);
	m->seq = 1;
	m->epoch = 2;
	assert_int_equal(seki_store_again(s, m, &t, &err), 0);
	m->epoch = 1;
	assert_int_equal(seki_store_again(s, m, &t, &err), 1);
	seki_store_free(s);
}

/* A delta that has nothing to change is refused, and nothing is made. */
static void
test_delta(void **state)
{
	struct seki_store *s = fresh();
	struct seki_verdict v;
	struct seki_imported n;

	(void)state;
	begin("delta");
	assert_int_equal(import(s, &v, &n), -1);
	assert_int_equal(err.reason, SEKI_GAP);
	assert_non_null(strstr(err.text, "delta"));
	seki_store_free(s);
	assert_int_equal(access(store_path, F_OK), -1);
}

/* The trust folder once more, with the stream in epoch 2. */
static struct seki_trust *
second_epoch(void)
{
	struct seki_buf text = SEKI_BUF_INIT, der = SEKI_BUF_INIT;
	char name[400], *epoch;
	struct seki_key *person;
	struct seki_trust *t;
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s/trust/1.json", dir);
	assert_int_equal(seki_in_slurp(name, 65536, &text, &err), 0);
	epoch = strstr(text.p, "\"epoch\":1");
	assert_non_null(epoch);
	epoch[8] = '2';
	(void)snprintf(name, sizeof(name), "%s/p-0001.key", dir);
	assert_non_null(person = seki_key_open(name, &err));
	assert_int_equal(seki_cms_sign(person, SEKI_P_TRUST, text.p, text.n,
			     NOW, &der, &err),
	    0);
	(void)snprintf(name, sizeof(name), "%s/trust2", dir);
	assert_int_equal(seki_dir_private(name, 1, &err), 0);
	(void)snprintf(name, sizeof(name), "%s/trust2/1.json", dir);
	assert_non_null(f = fopen(name, "w"));
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	assert_int_equal(fclose(f), 0);
	(void)snprintf(name, sizeof(name), "%s/trust2/1.%.16s.p7s", dir,
	    seki_key_id(person));
	assert_non_null(f = fopen(name, "w"));
	assert_int_equal(fwrite(der.p, 1, der.n, f), der.n);
	assert_int_equal(fclose(f), 0);
	(void)snprintf(name, sizeof(name), "%s/trust2", dir);
	if ((t = seki_trust_open(name, NOW, &err)) == NULL)
		fail_msg("%s: %s", seki_err_word(err.reason), err.text);
	seki_key_free(person);
	seki_buf_free(&text);
	seki_buf_free(&der);
	return t;
}

/* In records and manifest: the same app, copied. */
static void
other_app(void)
{
	char *s = strstr(records.p, "\"app\":\"7\"");

	assert_non_null(s);
	s[7] = '8';
	set(&m->source.app, "8");
}

static void
test_epoch(void **state)
{
	struct seki_store *s = fresh();
	struct seki_trust *t = second_epoch();
	struct seki_verdict v;
	struct seki_imported n;
	struct seki_position p;

	(void)state;
	begin("order");
	must(s, &v, &n);
	/* Another source in the same epoch. */
	begin("order");
	other_app();
	assert_int_equal(import(s, &v, &n), -1);
	assert_int_equal(err.reason, SEKI_SOURCE);
	/* In an epoch that the trust file did not open. */
	begin("order");
	other_app();
	m->epoch = 2;
	assert_int_equal(import(s, &v, &n), -1);
	assert_int_equal(err.reason, SEKI_EPOCH);
	/* In one that it did: the old source's records end. */
	begin("order");
	other_app();
	m->epoch = 2;
	m->created = m->not_before = NOW + 60;
	check.trust = t;
	must(s, &v, &n);
	assert_int_equal(n.added, m->records);
	assert_int_equal(n.removed, m->records);
	assert_int_equal(number(s, "SELECT count(*) FROM vector"), m->records);
	assert_int_equal(
	    number(s, "SELECT count(*) FROM vector WHERE seki_source = 1"), 0);
	assert_int_equal(
	    number(s, "SELECT count(*) FROM vector_history h JOIN seki_source"
		      " o ON o.id = h.seki_source WHERE o.app = '7'"),
	    m->records);
	assert_int_equal(seki_store_position(s, "vector", &p, &err), 0);
	assert_int_equal(p.epoch, 2);
	assert_string_equal(p.app, "8");
	/* And the old epoch is closed. */
	begin("order");
	m->seq = 2;
	strcpy(m->prev, "00");
	memset(m->prev, 'a', SEKI_HEX - 1);
	m->created = m->not_before = NOW + 61;
	check.trust = t;
	assert_int_equal(import(s, &v, &n), -1);
	assert_int_equal(err.reason, SEKI_REPLAY);
	seki_trust_free(t);
	seki_store_free(s);
}

/* Keys of every length, in and out: shorter first, then by bytes. */
static void
test_key_order(void **state)
{
	static const char *const keys[] = { "9", "A", "a", "10", "9a", "é",
		"100", "aaa", "あ", "zzzz", "\xF0\xA0\xAE\xB7", "00000" };
	struct seki_store *s = fresh();
	struct seki_store_form f;
	struct seki_store_write *w;
	struct seki_store_read *r;
	struct seki_store_item *item;
	struct seki_schema *schema = seki_schema_new("k", "key", &err);
	struct seki_value v[2];
	struct seki_record rec = { .v = v };
	struct seki_imported n;
	struct seki_canon *c;
	struct seki_proof proof;
	unsigned char leaf[SEKI_SHA256];
	size_t i, count = sizeof(keys) / sizeof(keys[0]);
	char last[SEKI_KEY_MAX + 1];

	(void)state;
	(void)seki_schema_add(
	    schema, NULL, "x", "x", SEKI_T_NUMBER, SEKI_C_NUMBER, &err);
	(void)seki_schema_add(schema, NULL, "key", "key",
	    SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER, &err);
	assert_int_equal(seki_schema_finish(schema, &err), 0);
	assert_int_equal(seki_store_begin(s, "h", &err), 0);
	assert_int_equal(seki_store_form_make(s->db, schema, &f, &err), 0);
	assert_int_equal(f.table[0].key, 1);
	assert_non_null(c = seki_canon_new(schema, &err));
	assert_non_null(
	    w = seki_store_write_open(s->db, &f, 1, NOW, NOW, 0, &err));
	memset(last, 'z', SEKI_KEY_MAX);
	last[SEKI_KEY_MAX] = '\0';
	for (i = 0; i <= count; i++) {
		memset(v, 0, sizeof(v));
		v[1].p = i < count ? keys[i] : last;
		v[1].n = strlen(v[1].p);
		v[1].set = 1;
		rec.key = v[1];
		assert_int_equal(seki_canon_record(c, &rec, leaf, &err), 0);
		if (seki_store_write_put(w, &rec, leaf, &err) == -1)
			fail_msg("%zu: %s", i, err.text);
	}
	assert_int_equal(seki_store_write_end(w, &n, &err), 0);
	seki_store_write_free(w);
	assert_int_equal(n.added, count + 1);
	assert_non_null(r = seki_store_read_open(s->db, &f, 1, &err));
	for (i = 0; seki_store_read_next(r, &item, &err) == 1; i++)
		assert_string_equal(
		    item->rec.key.p, i < count ? keys[i] : last);
	if (err.reason != SEKI_OK)
		fail_msg("%zu: %s: %s", i, err.record, err.text);
	assert_int_equal(i, count + 1);
	assert_int_equal(seki_canon_end(c, &proof, &err), 0);
	assert_memory_equal(
	    proof.root, seki_store_read_proof(r)->root, SEKI_SHA256);
	/* The order is the index's, not a sort's. */
	seki_store_read_free(r);
	seki_canon_free(c);
	assert_int_equal(number(s, "SELECT count(*) FROM k WHERE seki_len <> "
				   "length(CAST(key AS BLOB))"),
	    0);
	seki_store_rollback(s);
	seki_store_form_free(&f);
	seki_schema_free(schema);
	seki_store_free(s);
}

/* A database that passes over some writes without a word. */
static const struct {
	const char *name;
	int delta, action;
	const char *table;
} forgets[] = {
	{ "full, changes", 0, SQLITE_UPDATE, "vector" },
	{ "full, history", 0, SQLITE_INSERT, "vector_history" },
	{ "delta, changes", 1, SQLITE_UPDATE, "vector" },
	{ "delta, history", 1, SQLITE_INSERT, "vector_history" },
};

static int
forget(void *ctx, int action, const char *table, const char *column,
    const char *database, const char *trigger)
{
	const size_t *row = ctx;

	(void)column;
	(void)database;
	(void)trigger;
	return action == forgets[*row].action && table != NULL &&
		       strcmp(table, forgets[*row].table) == 0
		   ? SQLITE_IGNORE
		   : SQLITE_OK;
}

static void
test_forgets(void **state)
{
	struct seki_store *s;
	struct seki_verdict v;
	struct seki_imported n;
	struct seki_position p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forgets) / sizeof(forgets[0]); i++) {
		s = fresh();
		begin("order");
		must(s, &v, &n);
		assert_int_equal(seki_store_position(s, "vector", &p, &err), 0);
		begin("order");
		revise('9');
		if (forgets[i].delta)
			as_delta();
		m->seq = 2;
		m->created = m->not_before = NOW + 60;
		seki_text_hex(p.digest, SEKI_SHA256, m->prev);
		prove();
		(void)sqlite3_set_authorizer(s->db, forget, &i);
		if (import(s, &v, &n) != -1 || err.reason != SEKI_CONTENT)
			fail_msg("%s: %s", forgets[i].name, err.text);
		assert_non_null(strstr(err.text, "nothing was imported"));
		(void)sqlite3_set_authorizer(s->db, NULL, NULL);
		assert_int_equal(
		    number(s, "SELECT count(*) FROM seki_bundle"), 1);
		seki_store_free(s);
	}
}

static const struct {
	const char *name, *quoted;
} names[] = {
	{ "a", "\"a\"" },
	{ "", "\"\"" },
	{ "a\"b", "\"a\"\"b\"" },
	{ "\"", "\"\"\"\"" },
	{ "select", "\"select\"" },
	{ "項目; --", "\"項目; --\"" },
};

static void
test_quote(void **state)
{
	size_t i;
	char *q;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		q = seki_store_quote(names[i].name, strlen(names[i].name));
		if (strcmp(q, names[i].quoted) != 0)
			fail_msg("row %zu: %s", i, q);
		free(q);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_position),
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_delta),
		cmocka_unit_test(test_epoch),
		cmocka_unit_test(test_key_order),
		cmocka_unit_test(test_forgets),
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
