/* What a store can tell of its rows: the sums over leaves, the chain along the
 * history, and the root that a delta must leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

#include "store_int.h"

#define NOW ((seki_time)1775000000)

static char dir[] = "/tmp/seki-test-sum.XXXXXX";
static char store_path[300], stream_path[300];
static struct seki_err err;
static struct seki_store *store;
static struct seki_schema *schema; /* k: $id, text, table of y */
static struct seki_store_form form;
static int64_t bundle;

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(store_path, sizeof(store_path), "%s/t.db", dir);
	(void)snprintf(stream_path, sizeof(stream_path), "%s/s.jsonl", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(store_path);
	(void)unlink(stream_path);
	return rmdir(dir);
}

static void
must(int r)
{
	if (r == -1)
		fail_msg("%s: %s: %s", seki_err_word(err.reason), err.record,
		    err.text);
}

static void
sql(const char *text)
{
	char *why = NULL;

	if (sqlite3_exec(store->db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
}

static int
begin(void **state)
{
	struct seki_field *t;

	(void)state;
	seki_err_clear(&err);
	(void)unlink(store_path);
	bundle = 0;
	assert_non_null(store = seki_store_open(store_path, 1, 1, &err));
	assert_non_null(schema = seki_schema_new("k", "$id", &err));
	must(seki_schema_source(schema, "kintone", "x.example.jp", "7", &err));
	(void)seki_schema_add(
	    schema, NULL, "$id", "$id", SEKI_T_ID, SEKI_C_NUMBER, &err);
	(void)seki_schema_add(schema, NULL, "x", "x", SEKI_T_SINGLE_LINE_TEXT,
	    SEKI_C_NUMBER, &err);
	t = seki_schema_add(
	    schema, NULL, "t", "t", SEKI_T_SUBTABLE, SEKI_C_NUMBER, &err);
	(void)seki_schema_add(
	    schema, t, "y", "y", SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER, &err);
	must(seki_schema_finish(schema, &err));
	schema->deletes = 1;
	must(seki_store_begin(store, "h", &err));
	must(seki_store_form_make(store->db, schema, &form, &err));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	seki_store_rollback(store);
	seki_store_form_free(&form);
	seki_schema_free(schema);
	seki_store_free(store);
	return 0;
}

static struct seki_value
text(const char *s)
{
	return (struct seki_value){ .p = s, .n = strlen(s), .set = *s != '\0' };
}

/* "1=a/x/y", "2!" held, "3-" deleted, by blanks: a stream of them. */
static struct seki_stream_in *
stream(const char *what, int delta, struct seki_proof *proof)
{
	struct seki_out *out =
	    seki_out_file(stream_path, 0600, SEKI_OUT_REPLACE, &err);
	struct seki_stream_out *w = seki_stream_create(out, schema, &err);
	struct seki_ending ending = { .kind = delta ? "delta" : "full" };
	char *list = strdup(what), *item, *next, *cell, *in;
	struct seki_value v[3], y[9];
	struct seki_row row[9];
	struct seki_record rec;

	assert_non_null(w);
	for (item = strtok_r(list, " ", &next); item != NULL;
	     item = strtok_r(NULL, " ", &next)) {
		memset(&rec, 0, sizeof(rec));
		memset(v, 0, sizeof(v));
		rec.v = v;
		in = item + strcspn(item, "=!-");
		if (*in == '!') {
			rec.kind = SEKI_RECORD_HELD;
			rec.reasons = text("[]");
		} else if (*in == '-') {
			rec.kind = SEKI_RECORD_DELETED;
			rec.deleted = text("2026-04-01T00:00:00Z");
		}
		*in++ = '\0';
		rec.key = v[0] = text(item);
		v[2].row = row;
		cell = strsep(&in, "/");
		v[1] = text(cell);
		while ((cell = strsep(&in, "/")) != NULL) {
			y[v[2].nrow] = text(cell);
			row[v[2].nrow].id = text("5");
			row[v[2].nrow].v = &y[v[2].nrow];
			v[2].nrow++;
		}
		v[2].set = v[2].nrow > 0;
		must(seki_stream_put(w, &rec, &err));
	}
	must(seki_stream_end(w, &ending, NULL, 0, proof, &err));
	seki_stream_abort(w);
	must(seki_out_commit(out, &err));
	free(list);
	return seki_stream_open(seki_in_file(stream_path, 0, &err), &err);
}

/* What an import does with a bundle of these records, from its row on. */
static void
take(const char *what, int delta, struct seki_proof *after)
{
	struct seki_stream_in *in;
	struct seki_store_write *w;
	struct seki_store_item *item;
	struct seki_store_read *r;
	struct seki_record *rec;
	struct seki_imported n;
	struct seki_proof due;
	sqlite3_stmt *st;
	char line[900];

	in = stream(what, delta, &due);
	if (delta) {
		must(seki_store_after(store->db, &form, in, &due, &err));
		seki_stream_free(in);
		in = seki_stream_open(seki_in_file(stream_path, 0, &err), &err);
	}
	bundle++;
	(void)snprintf(line, sizeof(line),
	    "INSERT INTO seki_bundle SELECT %lld, id, 1, %lld, 'full',"
	    " randomblob(32), '', x'', schema, source, 0, 0,"
	    " '2026-04-0%lldT00:00:00Z', '', '', '', x'', 0, x''"
	    " FROM seki_stream",
	    (long long)bundle, (long long)bundle, (long long)(bundle % 9 + 1));
	sql(line);
	w = seki_store_write_open(
	    store->db, &form, bundle, NOW + bundle, NOW, delta, &err);
	assert_non_null(w);
	while (seki_stream_next(in, &rec, &err) == 1)
		must(seki_store_write_put(w, rec, seki_stream_leaf(in), &err));
	must(err.reason == SEKI_OK ? 0 : -1);
	must(seki_store_write_end(w, &n, &err));
	seki_store_write_free(w);
	seki_stream_free(in);
	r = seki_store_read_open(store->db, &form, 1, &err);
	while (seki_store_read_next(r, &item, &err) == 1)
		;
	must(err.reason == SEKI_OK ? 0 : -1);
	*after = *seki_store_read_proof(r);
	memcpy(form.sum, seki_store_read_sum(r), SEKI_SHA256);
	seki_store_read_free(r);
	assert_memory_equal(after->root, due.root, SEKI_SHA256);
	assert_int_equal(after->records, due.records);
	assert_int_equal(after->held, due.held);
	assert_int_equal(after->rows[0], due.rows[0]);
	must(seki_store_past_sum(
	    store->db, &form, &form.past, form.past_sum, &err));
	must(seki_store_prepare(store->db, &st, &err,
	    "UPDATE seki_bundle SET past = %lld, past_sha256 = ?"
	    " WHERE id = %lld",
	    (long long)form.past, (long long)bundle));
	(void)sqlite3_bind_blob(st, 1, form.past_sum, SEKI_SHA256, NULL);
	must(seki_store_step(store->db, st, &err));
	(void)sqlite3_finalize(st);
}

static void
root_of(const char *what, unsigned char *root)
{
	struct seki_proof p;

	seki_stream_free(stream(what, 0, &p));
	memcpy(root, p.root, SEKI_SHA256);
}

/* What a delta makes of what stands there. */
static const struct {
	const char *name, *before, *delta, *after;
} deltas[] = {
	{ "nothing", "1=a/x 2! 3=c", "", "1=a/x 2! 3=c" },
	{ "into nothing", "", "1=a 2=b/x/y", "1=a 2=b/x/y" },
	{ "changed, new, gone", "1=a 2=b 3=c", "1=A 2- 4=d", "1=A 3=c 4=d" },
	{ "first, last", "2=b 30=c", "1=a 2- 30- 100=d", "1=a 100=d" },
	{ "all gone", "1=a/x/y 2! 3=c", "1- 2- 3-", "" },
	{ "gone that was not there", "2=b", "1- 3-", "2=b" },
	{ "rows of a table", "1=a/x/y 2=b/z 3=c", "1=a/x 3=c/p/q/r",
	    "1=a/x 2=b/z 3=c/p/q/r" },
	{ "a row's order", "1=a/x/y", "1=a/y/x", "1=a/y/x" },
	{ "held", "1=a/x 2=b/y 3=c", "2!", "1=a/x 2! 3=c" },
	{ "held, never good", "1=a", "2!", "1=a 2!" },
	{ "held again", "1=a 2!", "2!", "1=a 2!" },
	{ "let go as it was", "1=a 2!", "2=b/z", "1=a 2=b/z" },
	{ "held and gone", "1=a 2! 3=c/x", "2-", "1=a 3=c/x" },
	{ "the same", "1=a/x 2=b", "1=a/x 2=b", "1=a/x 2=b" },
};

static void
test_after(void **state)
{
	unsigned char want[SEKI_SHA256];
	struct seki_proof after;
	size_t i;

	for (i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++) {
		(void)begin(state);
		take(deltas[i].before, 0, &after);
		take(deltas[i].delta, 1, &after);
		root_of(deltas[i].after, want);
		if (memcmp(want, after.root, SEKI_SHA256) != 0)
			fail_msg("%s", deltas[i].name);
		must(seki_store_sum_check(store->db, &form, &err));
		must(seki_store_past_check(store->db, &form, &err));
		(void)end(state);
	}
}

/* A record good, held with a good version behind it, and let go unchanged: the
 * rows of its table are counted only while it is good. */
static void
test_held_between(void **state)
{
	unsigned char want[SEKI_SHA256];
	struct seki_proof after;

	(void)state;
	take("1=a 2=b/x/y 3=c/z", 0, &after);
	take("2!", 1, &after);
	take("3=C/z", 1, &after);
	root_of("1=a 2! 3=C/z", want);
	assert_memory_equal(want, after.root, SEKI_SHA256);
	take("2=b/x/y", 1, &after);
	root_of("1=a 2=b/x/y 3=C/z", want);
	assert_memory_equal(want, after.root, SEKI_SHA256);
	/* Only record 3 was ever another. */
	assert_int_equal(form.past, 1);
	must(seki_store_past_check(store->db, &form, &err));
}

static unsigned rnd = 4711;

static unsigned
dice(unsigned n)
{
	rnd = rnd * 1103515245U + 12345U;
	return (rnd >> 16) % n;
}

/* One of 20 keys in some state; 0 is not there. */
static void
item(char *to, size_t size, unsigned key, unsigned state)
{
	size_t n = strlen(to);

	switch (state) {
	case 0:
		(void)snprintf(to + n, size - n, "%u- ", key);
		break;
	case 1:
		(void)snprintf(to + n, size - n, "%u=a ", key);
		break;
	case 2:
		(void)snprintf(to + n, size - n, "%u=a/x ", key);
		break;
	case 3:
		(void)snprintf(to + n, size - n, "%u=b/x/y ", key);
		break;
	case 4:
		(void)snprintf(to + n, size - n, "%u! ", key);
		break;
	default:
		(void)snprintf(to + n, size - n, "%u=c//z ", key);
	}
}

/* 300 deltas by chance, now and then a full one. */
static void
test_random(void **state)
{
	unsigned at[21] = { 0 }, i, k;
	unsigned char want[SEKI_SHA256];
	char part[900], whole[900];
	struct seki_proof after;
	int full;

	(void)state;
	take("", 0, &after);
	for (i = 0; i < 300; i++) {
		part[0] = whole[0] = '\0';
		full = dice(8) == 0;
		for (k = 1; k <= 20; k++) {
			if (dice(4) == 0) {
				at[k] = dice(6);
				item(part, sizeof(part), k, at[k]);
			}
			if (at[k] != 0)
				item(whole, sizeof(whole), k, at[k]);
		}
		take(full ? whole : part, !full, &after);
		root_of(whole, want);
		if (memcmp(want, after.root, SEKI_SHA256) != 0)
			fail_msg("round %u: %s", i, part);
	}
	must(seki_store_sum_check(store->db, &form, &err));
	must(seki_store_past_check(store->db, &form, &err));
	assert_in_range(form.past, 100, 3000);
}

static void
number(struct seki_sha256 *h, unsigned char n)
{
	unsigned char be[8] = { 0, 0, 0, 0, 0, 0, 0, n };

	seki_sha256_add(h, be, sizeof(be));
}

static void
blob(struct seki_sha256 *h, const char *tag, const void *p, unsigned char n)
{
	seki_sha256_add(h, tag, 1);
	number(h, n);
	seki_sha256_add(h, p, n);
}

/* seki-store(5), PROOFS, once more by hand. */
static void
test_formula(void **state)
{
	unsigned char head[3][SEKI_SHA256], leaf[SEKI_SHA256];
	struct seki_sha256 h;
	struct seki_proof after;
	sqlite3_stmt *st;
	size_t i;

	(void)state;
	take("1=a 2!", 0, &after);
	must(seki_store_prepare(
	    store->db, &st, &err, "%s", "SELECT seki_leaf FROM k"));
	assert_int_equal(seki_store_step(store->db, st, &err), 1);
	assert_int_equal(seki_store_digest(st, 0, leaf), 0);
	(void)sqlite3_finalize(st);
	must(seki_sha256_init(&h, &err));
	for (i = 0; i < 3; i++) {
		seki_sha256_restart(&h);
		if (i == 0) {
			blob(&h, "\x04", leaf, SEKI_SHA256);
			seki_sha256_add(&h, "\x01", 1);
			number(&h, (unsigned char)form.source);
			seki_sha256_add(&h, "\x01", 1);
			number(&h, 1);
			seki_sha256_add(&h, "\x01", 1);
			number(&h, 0);
		} else if (i == 2) {
			blob(&h, "\x03", "2", 1);
			blob(&h, "\x03", "[]", 2);
			seki_sha256_add(&h, "\x01", 1);
			number(&h, (unsigned char)form.source);
			seki_sha256_add(&h, "\x01", 1);
			number(&h, 1);
		}
		seki_sha256_end(&h, head[i]);
	}
	seki_sha256_restart(&h);
	seki_sha256_add(&h, "\x12", 1);
	seki_sha256_add(&h, head, sizeof(head));
	seki_sha256_end(&h, leaf);
	seki_sha256_free(&h);
	assert_memory_equal(leaf, form.sum, SEKI_SHA256);
}

/* One change by hand each; the sum over leaves sees it, whatever it is. */
static const struct {
	const char *change;
	const char *names; /* the record it tells, or "" */
} leaves[] = {
	{ "UPDATE k SET seki_leaf = zeroblob(32) WHERE \"$id\" = '3'", "3" },
	{ "UPDATE k SET seki_leaf = x'00' WHERE \"$id\" = '3'", "3" },
	{ "UPDATE k SET seki_leaf = zeroblob(33)", "1" },
	{ "UPDATE k_t SET seki_leaf = zeroblob(32) WHERE seki_key = '2'", "2" },
	{ "UPDATE k SET seki_bundle = 2 WHERE \"$id\" = '1'", "" },
	{ "UPDATE k SET seki_held = 1 WHERE \"$id\" = '1'", "1" },
	{ "UPDATE k SET seki_source = 9", "" },
	{ "DELETE FROM k WHERE \"$id\" = '1'", "" },
	{ "DELETE FROM k_t WHERE seki_key = '2'", "" },
	{ "DELETE FROM k_t WHERE seki_ordinal = 1", "2" },
	{ "DELETE FROM seki_held", "" },
	{ "UPDATE seki_held SET reasons = '[1]'", "" },
	{ "UPDATE seki_held SET seki_bundle = 9", "" },
	{ "INSERT INTO seki_held SELECT stream, seki_source, 1, '9', '[]', 1"
	  " FROM seki_held",
	    "" },
	/* The leaves of two records change places, and nothing else. */
	{ "UPDATE k SET seki_leaf = (SELECT seki_leaf FROM k o WHERE"
	  " o.\"$id\" = CASE k.\"$id\" WHEN '1' THEN '3' ELSE '1' END)"
	  " WHERE \"$id\" IN ('1', '3')",
	    "1" },
};

static void
test_leaves(void **state)
{
	struct seki_proof after;
	size_t i;

	(void)state;
	take("1=a 2=b/x/y 3=c 4!", 0, &after);
	must(seki_store_sum_check(store->db, &form, &err));
	for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		sql("SAVEPOINT a");
		sql(leaves[i].change);
		if (seki_store_sum_check(store->db, &form, &err) != -1 ||
		    err.reason != SEKI_CONTENT)
			fail_msg("row %zu: %s", i, leaves[i].change);
		if (strcmp(err.record, leaves[i].names) != 0)
			fail_msg("row %zu: names %s", i, err.record);
		assert_non_null(strstr(err.hint, "backup"));
		seki_err_clear(&err);
		sql("ROLLBACK TO a; RELEASE a");
	}
	must(seki_store_sum_check(store->db, &form, &err));
	/* A value without its leaf is not this sum's matter. */
	sql("UPDATE k SET x = 'z' WHERE \"$id\" = '1'");
	must(seki_store_sum_check(store->db, &form, &err));
}

/* Written before, a leaf that is not there: not taken for one that is. */
static void
test_after_no_leaf(void **state)
{
	struct seki_stream_in *in;
	struct seki_proof after;

	(void)state;
	take("1=a 3=c", 0, &after);
	sql("UPDATE k SET seki_leaf = x'00' WHERE \"$id\" = '3'");
	in = stream("2=b", 1, &after);
	assert_int_equal(
	    seki_store_after(store->db, &form, in, &after, &err), -1);
	assert_int_equal(err.reason, SEKI_CONTENT);
	assert_string_equal(err.record, "3");
	seki_stream_free(in);
}

static const char *const histories[] = {
	"DELETE FROM k_history WHERE n = 1",
	"DELETE FROM k_history WHERE n = 3",
	"DELETE FROM k_history",
	"UPDATE k_history SET n = 9 WHERE n = 3",
	"UPDATE k_history SET record = record || ' ' WHERE n = 2",
	"UPDATE k_history SET seki_leaf = zeroblob(32) WHERE n = 2",
	"UPDATE k_history SET valid_from = valid_to WHERE n = 1",
	"UPDATE k_history SET learnt = '' WHERE n = 3",
	"UPDATE k_history SET seki_bundle = 2 WHERE n = 1",
	"INSERT INTO k_history SELECT 4, seki_source, 1, '9', valid_from,"
	" valid_to, learnt, seki_bundle, seki_until, seki_schema, seki_leaf,"
	" record FROM k_history WHERE n = 1",
	"UPDATE seki_bundle SET past = past + 1 WHERE id = 2",
	"UPDATE seki_bundle SET past = 0, past_sha256 = zeroblob(32)",
	"UPDATE seki_bundle SET past_sha256 = x'00' WHERE id = 1",
};

static void
test_chain(void **state)
{
	unsigned char hash[SEKI_SHA256] = { 0 };
	struct seki_proof after;
	uint64_t n = 0;
	size_t i;

	(void)state;
	take("1=a 2=b/x/y 3=c", 0, &after);
	assert_int_equal(form.past, 0);
	assert_memory_equal(form.past_sum, hash, SEKI_SHA256);
	take("1=A", 1, &after);
	take("2- 3=C", 1, &after);
	assert_int_equal(form.past, 3);
	/* From the beginning, the same as bundle by bundle. */
	must(seki_store_past_sum(store->db, &form, &n, hash, &err));
	assert_int_equal(n, 3);
	assert_memory_equal(form.past_sum, hash, SEKI_SHA256);
	/* And once more, nothing. */
	must(seki_store_past_sum(store->db, &form, &n, hash, &err));
	assert_memory_equal(form.past_sum, hash, SEKI_SHA256);
	must(seki_store_past_check(store->db, &form, &err));
	for (i = 0; i < sizeof(histories) / sizeof(histories[0]); i++) {
		sql("SAVEPOINT a");
		sql(histories[i]);
		if (seki_store_past_check(store->db, &form, &err) != -1 ||
		    err.reason != SEKI_CONTENT)
			fail_msg("row %zu: %s", i, histories[i]);
		seki_err_clear(&err);
		sql("ROLLBACK TO a; RELEASE a");
	}
	must(seki_store_past_check(store->db, &form, &err));
}

/* A row whose values are not those of its leaf does not pass into the history,
 * whoever ends it. */
static void
test_past_genuine(void **state)
{
	static const char *const keys[] = { "1=A", "1-" };
	struct seki_stream_in *in;
	struct seki_store_write *w;
	struct seki_record *rec;
	struct seki_proof after;
	size_t i;

	(void)state;
	take("1=a/x 2=b", 0, &after);
	sql("UPDATE k_t SET y = 'z'");
	for (i = 0; i < 2; i++) {
		in = stream(keys[i], 1, &after);
		w = seki_store_write_open(
		    store->db, &form, 9, NOW, NOW, 1, &err);
		assert_int_equal(seki_stream_next(in, &rec, &err), 1);
		assert_int_equal(
		    seki_store_write_put(w, rec, seki_stream_leaf(in), &err),
		    -1);
		assert_int_equal(err.reason, SEKI_CONTENT);
		assert_string_equal(err.record, "1");
		seki_err_clear(&err);
		seki_store_write_free(w);
		seki_stream_free(in);
	}
	/* Only a delta deletes. */
	in = stream("2-", 1, &after);
	w = seki_store_write_open(store->db, &form, 9, NOW, NOW, 0, &err);
	assert_int_equal(seki_stream_next(in, &rec, &err), 1);
	assert_int_equal(
	    seki_store_write_put(w, rec, seki_stream_leaf(in), &err), -1);
	assert_int_equal(err.reason, SEKI_POLICY);
	seki_store_write_free(w);
	seki_stream_free(in);
}

/* The ledger says what the tables held after a delta. */
static void
test_proof(void **state)
{
	unsigned char digest[SEKI_SHA256] = { 7 }, zero[SEKI_SHA256] = { 0 };
	char manifest[SEKI_HEX], root[SEKI_HEX];
	struct seki_proof p;

	(void)state;
	seki_text_hex(digest, SEKI_SHA256, manifest);
	memset(root, 'a', SEKI_HEX);
	root[SEKI_HEX - 1] = '\0';
	must(seki_store_proof(store->db, digest, &p, &err));
	assert_memory_equal(p.root, zero, SEKI_SHA256);
	/* Another kind of entry about the same bundle says nothing. */
	must(seki_ledger_add(store->db, "again", NOW,
	    json_pack("{s:s,s:s,s:i,s:i}", "manifest", manifest, "stored_root",
		root, "stored_records", 3, "stored_held", 1),
	    &err));
	must(seki_store_proof(store->db, digest, &p, &err));
	assert_int_equal(p.records, 0);
	must(seki_ledger_add(store->db, "import", NOW,
	    json_pack("{s:s,s:s,s:i,s:i}", "manifest", manifest, "stored_root",
		root, "stored_records", 3, "stored_held", 1),
	    &err));
	must(seki_store_proof(store->db, digest, &p, &err));
	assert_int_equal(p.records, 3);
	assert_int_equal(p.held, 1);
	memset(zero, 0xaa, SEKI_SHA256);
	assert_memory_equal(p.root, zero, SEKI_SHA256);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_after),
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
		T(test_held_between),
		T(test_random),
		T(test_formula),
		T(test_leaves),
		T(test_after_no_leaf),
		T(test_chain),
		T(test_past_genuine),
		T(test_proof),
#undef T
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
