#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "push_int.h"

/* An app: one field of each kind that matters here. */
#define FIELD(code, type, more)                                                \
	"\"" code "\":{\"type\":\"" type "\",\"code\":\"" code                 \
	"\",\"label\":\"" code "\"" more "}"
/* clang-format off */
#define FORM                                                                   \
	"{\"properties\":{"                                                    \
	FIELD("key", "SINGLE_LINE_TEXT", ",\"unique\":true") ","               \
	FIELD("t", "MULTI_LINE_TEXT", "") ","                                  \
	FIELD("auto", "SINGLE_LINE_TEXT", ",\"expression\":\"key\"") ","       \
	FIELD("n", "NUMBER", ",\"unique\":false") ","                          \
	FIELD("d", "DATE", "") ","                                             \
	FIELD("h", "TIME", "") ","                                             \
	FIELD("m", "DATETIME", "") ","                                         \
	FIELD("r", "RADIO_BUTTON", ",\"defaultValue\":\"X\"") ","              \
	FIELD("p", "DROP_DOWN", "") ","                                        \
	FIELD("c", "CHECK_BOX", "") ","                                        \
	FIELD("u", "USER_SELECT", "") ","                                      \
	FIELD("f", "FILE", "") ","                                             \
	FIELD("k", "CALC", ",\"format\":\"NUMBER\"") ","                       \
	FIELD("look", "SINGLE_LINE_TEXT", ",\"lookup\":{\"fieldMappings\":["   \
	    "{\"field\":\"copy\",\"relatedField\":\"x\"}]}") ","               \
	FIELD("copy", "SINGLE_LINE_TEXT", "") ","                              \
	FIELD("w", "CREATOR", "") ","                                          \
	FIELD("s", "SUBTABLE", ",\"fields\":{"                                 \
	    FIELD("x", "NUMBER", "") ","                                       \
	    FIELD("y", "RADIO_BUTTON", ",\"defaultValue\":\"A\"") ","          \
	    FIELD("z", "FILE", "") "}")                                        \
	"},\"revision\":\"3\"}"
/* clang-format on */
#define LAYOUT "{\"layout\":[],\"revision\":\"3\"}"

struct want {
	const char *code;
	enum seki_type type;
	const char *table;
};
static const struct want every[] = {
	{ "$id", SEKI_T_ID, NULL },
	{ "$revision", SEKI_T_REVISION, NULL },
	{ "key", SEKI_T_SINGLE_LINE_TEXT, NULL },
	{ "t", SEKI_T_MULTI_LINE_TEXT, NULL },
	{ "auto", SEKI_T_SINGLE_LINE_TEXT, NULL },
	{ "n", SEKI_T_NUMBER, NULL },
	{ "d", SEKI_T_DATE, NULL },
	{ "h", SEKI_T_TIME, NULL },
	{ "m", SEKI_T_DATETIME, NULL },
	{ "r", SEKI_T_RADIO_BUTTON, NULL },
	{ "p", SEKI_T_DROP_DOWN, NULL },
	{ "c", SEKI_T_CHECK_BOX, NULL },
	{ "u", SEKI_T_USER_SELECT, NULL },
	{ "f", SEKI_T_FILE, NULL },
	{ "k", SEKI_T_CALC, NULL },
	{ "look", SEKI_T_SINGLE_LINE_TEXT, NULL },
	{ "copy", SEKI_T_SINGLE_LINE_TEXT, NULL },
	{ "w", SEKI_T_CREATOR, NULL },
	{ "s", SEKI_T_SUBTABLE, NULL },
	{ "x", SEKI_T_NUMBER, "s" },
	{ "y", SEKI_T_RADIO_BUTTON, "s" },
	{ "z", SEKI_T_FILE, "s" },
	{ NULL, SEKI_T_NONE, NULL },
};

static struct seki_schema *
schema(const struct want *w, const char *domain)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_schema *s = seki_schema_new("s", "$id", &err);
	struct seki_field *parent;
	int i;

	assert_non_null(s);
	assert_int_equal(
	    seki_schema_source(s, "kintone", domain, "5", &err), 0);
	for (; w->code != NULL; w++) {
		i = w->table ? seki_schema_find(s, w->table, strlen(w->table))
			     : -1;
		parent = i == -1 ? NULL : &s->field[i];
		assert_non_null(seki_schema_add(
		    s, parent, w->code, w->code, w->type, SEKI_C_NUMBER, &err));
	}
	assert_int_equal(seki_schema_finish(s, &err), 0);
	return s;
}

static int
pairs(struct seki_pairs *to, const struct seki_push *push,
    const struct seki_schema *s, struct seki_err *err)
{
	struct seki_reply f = SEKI_REPLY_INIT, l = SEKI_REPLY_INIT;
	int r;

	assert_int_equal(seki_buf_str(&f.body, FORM, err), 0);
	assert_int_equal(seki_buf_str(&l.body, LAYOUT, err), 0);
	r = seki_pairs_build(to, push, s, "localhost:1", &f, &l, err);
	to->decimals = 2;
	seki_reply_free(&f);
	seki_reply_free(&l);
	return r;
}

static void
codes(const struct seki_pair *p, size_t n, struct seki_buf *b)
{
	struct seki_err err = SEKI_ERR_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		(void)seki_buf_fmt(b, &err, "%s%s", i ? " " : "", p[i].code);
		if (p[i].sub == NULL)
			continue;
		(void)seki_buf_byte(b, '(', &err);
		codes(p[i].sub, p[i].nsub, b);
		(void)seki_buf_byte(b, ')', &err);
	}
}

/* What is written, and what is left alone. */
static void
test_pairs(void **state)
{
	struct seki_push push = {
		.app = "5", .mode = SEKI_PUSH_MODE_UPSERT, .key = "key"
	};
	struct seki_schema *s = schema(every, "localhost:1");
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_pairs p;

	(void)state;
	if (pairs(&p, &push, s, &err) == -1)
		fail_msg("%s", err.text);
	codes(p.pair, p.n, &b);
	assert_string_equal(b.p, "key t n d h m r p c u look s(x y)");
	assert_string_equal(p.left.p, "auto, k, copy");
	assert_string_equal(p.files.p, "f, s.z");
	assert_int_equal(p.same_app, 1);
	assert_int_equal(p.key, 2);
	assert_string_equal(p.app.schema->field[p.key_theirs].code, "key");
	seki_buf_free(&b);
	seki_pairs_release(&p);
	seki_schema_free(s);
}

static void
test_pairs_refused(void **state)
{
	static const struct want odd[] = {
		{ "$id", SEKI_T_ID, NULL },
		{ "key", SEKI_T_SINGLE_LINE_TEXT, NULL },
		{ "gone", SEKI_T_NUMBER, NULL },
		{ "n", SEKI_T_SINGLE_LINE_TEXT, NULL },
		{ "oldcalc", SEKI_T_CALC, NULL },
		{ "t", SEKI_T_CALC, NULL },
		{ "otherwho", SEKI_T_CREATOR, NULL },
		{ "s", SEKI_T_SUBTABLE, NULL },
		{ "x", SEKI_T_DATE, "s" },
		{ "lost", SEKI_T_NUMBER, "s" },
		{ NULL, SEKI_T_NONE, NULL },
	};
	static const char *const one[] = { "key", NULL };
	static const char *const who[] = { "otherwho", NULL };
	static const char *const none[] = { "oldcalc", NULL };
	static const struct {
		const char *key;
		const char *const *fields;
		enum seki_push_mode mode;
		enum seki_reason reason;
		const char *text;
	} rows[] = {
		{ "key", NULL, SEKI_PUSH_MODE_UPSERT, SEKI_SCHEMA,
		    "no such field: gone, s.lost; another type in the app "
		    "(stream / app): n (SINGLE_LINE_TEXT / NUMBER), t (CALC / "
		    "MULTI_LINE_TEXT), s.x (DATE / NUMBER)" },
		{ "key", one, SEKI_PUSH_MODE_UPSERT, SEKI_OK, "" },
		{ "key", who, SEKI_PUSH_MODE_UPSERT, SEKI_CONFIG, "itself" },
		{ "kex", one, SEKI_PUSH_MODE_UPSERT, SEKI_CONFIG, "--key" },
		{ "n", one, SEKI_PUSH_MODE_UPSERT, SEKI_SCHEMA, "n (" },
		{ NULL, one, SEKI_PUSH_MODE_UPDATE, SEKI_SOURCE, "app 5 of" },
		{ NULL, none, SEKI_PUSH_MODE_ADD, SEKI_CONFIG, "no field" },
		{ "oldcalc", one, SEKI_PUSH_MODE_UPSERT, SEKI_CONFIG,
		    "keeps unique" },
	};
	struct seki_schema *s = schema(odd, "other.example");
	struct seki_pairs p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_push push = { .app = "5",
			.mode = rows[i].mode,
			.key = rows[i].key,
			.fields = rows[i].fields };
		struct seki_err err = SEKI_ERR_INIT;

		(void)pairs(&p, &push, s, &err);
		if (err.reason != rows[i].reason ||
		    strstr(err.text, rows[i].text) == NULL)
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
		seki_pairs_release(&p);
	}
	seki_schema_free(s);
}

static struct seki_value
value(const char *p)
{
	struct seki_value v = {
		.p = p, .n = p ? strlen(p) : 0, .set = p != NULL
	};

	return v;
}

/* Two values, whether they are the same, and how ours is written. */
static const struct {
	const char *code, *ours, *theirs;
	int same;
	const char *json;
} values[] = {
	{ "t", "a", "a", 1, "\"a\"" },
	{ "t", "a", "b", 0, "\"a\"" },
	{ "t", "a", NULL, 0, "\"a\"" },
	{ "t", NULL, "a", 0, "\"\"" },
	{ "t", NULL, NULL, 1, "\"\"" },
	{ "t", "a\r\nb\rc", "a\nb\nc", 1, "\"a\\r\\nb\\rc\"" },
	/* か and か゛ composed and not: names must not change. */
	{ "t", "\xE3\x81\x8C", "\xE3\x81\x8B\xE3\x82\x99", 0,
	    "\"\xE3\x81\x8C\"" },
	{ "n", "10", "10", 1, "\"10\"" },
	{ "n", NULL, "0", 0, "\"\"" },
	{ "d", NULL, "2026-04-01", 0, "null" },
	{ "d", "2026-04-01", "2026-04-01", 1, "\"2026-04-01\"" },
	{ "h", "09:15:00", "09:15", 1, "\"09:15\"" },
	{ "h", "09:15", "09:16", 0, "\"09:15\"" },
	{ "h", NULL, NULL, 1, "null" },
	{ "m", NULL, "2026-04-01T00:00:00Z", 0, "\"\"" },
	{ "r", NULL, "X", 1, "\"\"" },
	{ "r", NULL, "Y", 0, "\"\"" },
	{ "r", "X", NULL, 0, "\"X\"" },
	{ "p", NULL, "X", 0, "\"\"" },
	{ "c", "a\nb", "b\na", 1, "[\"a\",\"b\"]" },
	{ "c", "a\nb", "a", 0, "[\"a\",\"b\"]" },
	{ "c", "a\na", "a\nb", 0, "[\"a\",\"a\"]" },
	{ "c", "a\xE2\x90\x9B{A}b", "a\nb", 0, "[\"a\\nb\"]" },
	{ "c", NULL, "a", 0, "[]" },
	{ "c", NULL, NULL, 1, "[]" },
	{ "u", "One <a>\nTwo <b>", "2 <b>\n1 <a>", 1,
	    "[{\"code\":\"a\"},{\"code\":\"b\"}]" },
	{ "u", "One <a>", "One <b>", 0, "[{\"code\":\"a\"}]" },
};

struct world {
	struct seki_schema *schema;
	struct seki_pairs pairs;
	struct seki_arena arena;
};

static int
open_world(void **state)
{
	static struct seki_push push = {
		.app = "5", .mode = SEKI_PUSH_MODE_UPSERT, .key = "key"
	};
	struct world *w = calloc(1, sizeof(*w));
	struct seki_err err = SEKI_ERR_INIT;

	assert_non_null(w);
	w->schema = schema(every, "localhost:1");
	assert_int_equal(pairs(&w->pairs, &push, w->schema, &err), 0);
	*state = w;
	return 0;
}

static int
close_world(void **state)
{
	struct world *w = *state;

	seki_pairs_release(&w->pairs);
	seki_schema_free(w->schema);
	seki_arena_free(&w->arena);
	free(w);
	return 0;
}

static const struct seki_pair *
pair(const struct world *w, const char *code)
{
	size_t i;

	for (i = 0; strcmp(w->pairs.pair[i].code, code) != 0;)
		i++;
	return &w->pairs.pair[i];
}

static void
test_values(void **state)
{
	struct world *w = *state;
	const struct seki_pair *p;
	struct seki_value a, b;
	size_t i;
	int same;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_buf json = SEKI_BUF_INIT;

		p = pair(w, values[i].code);
		a = value(values[i].ours);
		b = value(values[i].theirs);
		same = seki_push_same(p, &a, &b, 1, &w->arena, &err);
		assert_int_equal(seki_push_value(p, &a, &b, 1, &json, &err), 0);
		if (same != values[i].same ||
		    strcmp(json.p, values[i].json) != 0)
			fail_msg("row %zu: %s: same %d, %s", i, values[i].code,
			    same, json.p);
		seki_buf_free(&json);
	}
}

/* Rows as "ID=X/Y ...", - for none. */
static void
rows_of(struct world *w, struct seki_value *v, const char *text)
{
	struct seki_err err = SEKI_ERR_INIT;
	char *copy = seki_arena_copy(&w->arena, text, strlen(text), &err);
	char *word, *x, *y;
	struct seki_row *r;

	memset(v, 0, sizeof(*v));
	v->row = seki_arena_get(&w->arena, 9 * sizeof(*v->row), &err);
	while ((word = strsep(&copy, " ")) != NULL && *word != '\0') {
		r = &v->row[v->nrow++];
		x = strchr(word, '=');
		*x++ = '\0';
		y = strchr(x, '/');
		*y++ = '\0';
		r->id = value(strcmp(word, "-") == 0 ? NULL : word);
		r->v = seki_arena_get(&w->arena, 3 * sizeof(*r->v), &err);
		r->v[0] = value(strcmp(x, "-") == 0 ? NULL : x);
		r->v[1] = value(strcmp(y, "-") == 0 ? NULL : y);
		r->v[2] = value(NULL);
	}
	v->set = v->nrow > 0;
}

#define ROW(id, x, y)                                                          \
	"{" id "\"value\":{\"x\":{\"value\":\"" x "\"},\"y\":{\"value\":\"" y  \
	"\"}}}"

static void
test_tables(void **state)
{
	static const struct {
		const char *ours, *theirs;
		int same_app, same;
		const char *json;
	} rows[] = {
		{ "", "", 1, 1, "[]" },
		{ "", "7=1/A", 1, 0, "[]" },
		{ "7=1/A", "7=1/A", 1, 1,
		    "[" ROW("\"id\":\"7\",", "1", "A") "]" },
		{ "7=2/A", "7=1/A", 1, 0,
		    "[" ROW("\"id\":\"7\",", "2", "A") "]" },
		/* An empty radio button is the standard one. */
		{ "7=1/-", "7=1/A", 1, 1,
		    "[" ROW("\"id\":\"7\",", "1", "") "]" },
		{ "7=1/-", "7=1/B", 1, 0,
		    "[" ROW("\"id\":\"7\",", "1", "") "]" },
		/* The same rows in another order; a row that is gone there. */
		{ "8=2/A 7=1/A", "7=1/A 8=2/A", 1, 0,
		    "[" ROW("\"id\":\"8\",", "2", "A") "," ROW(
			"\"id\":\"7\",", "1", "A") "]" },
		{ "9=2/A 7=1/A", "7=1/A", 1, 0,
		    "[" ROW("", "2", "A") "," ROW(
			"\"id\":\"7\",", "1", "A") "]" },
		{ "-=1/A", "7=1/A", 1, 0, "[" ROW("", "1", "A") "]" },
		/* Another app's rows go by place. */
		{ "1=1/A 2=2/A", "7=1/A 8=2/A", 0, 1,
		    "[" ROW("\"id\":\"7\",", "1", "A") "," ROW(
			"\"id\":\"8\",", "2", "A") "]" },
		{ "7=5/A 8=2/A 9=3/A", "8=1/A 7=2/A", 0, 0,
		    "[" ROW("\"id\":\"8\",", "5", "A") "," ROW(
			"\"id\":\"7\",", "2", "A") "," ROW("", "3", "A") "]" },
	};
	struct world *w = *state;
	const struct seki_pair *p = pair(w, "s");
	struct seki_value a, b;
	size_t i;
	int same;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_buf json = SEKI_BUF_INIT;

		rows_of(w, &a, rows[i].ours);
		rows_of(w, &b, rows[i].theirs);
		same = seki_push_same(
		    p, &a, &b, rows[i].same_app, &w->arena, &err);
		assert_int_equal(
		    seki_push_value(p, &a, &b, rows[i].same_app, &json, &err),
		    0);
		if (same != rows[i].same || strcmp(json.p, rows[i].json) != 0)
			fail_msg("row %zu: same %d, %s", i, same, json.p);
		seki_buf_free(&json);
	}
}

static void
test_unfit(void **state)
{
	static const struct {
		const char *code, *text;
		int fits;
	} rows[] = {
		{ "m", "2026-04-01T00:15:00Z", 1 },
		{ "m", "2026-04-01T00:15:01Z", 0 },
		{ "h", "09:15", 1 },
		{ "h", "09:15:00", 1 },
		{ "h", "09:15:30", 0 },
		{ "n", "1.25", 1 },
		{ "n", "-1.255", 0 },
		{ "n", "1234567890123456789012", 1 },
		{ "u", "One <a>", 1 },
		{ "u", "One <a>\nGone <>", 0 },
		{ "t", "2026-04-01T00:15:01Z", 1 },
	};
	struct world *w = *state;
	struct seki_value v[64];
	struct seki_record rec = { .v = v };
	const char *field;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(v, 0, sizeof(v));
		v[pair(w, rows[i].code)->ours] = value(rows[i].text);
		if ((seki_push_unfit(&w->pairs, &rec, &field) == NULL) !=
		    rows[i].fits)
			fail_msg("row %zu", i);
		if (!rows[i].fits && strcmp(field, rows[i].code) != 0)
			fail_msg("row %zu: %s", i, field);
	}
	memset(v, 0, sizeof(v));
	rows_of(w, &v[pair(w, "s")->ours], "1=1.255/A");
	assert_non_null(seki_push_unfit(&w->pairs, &rec, &field));
	assert_string_equal(field, "s");
	rows_of(w, &v[pair(w, "s")->ours], "1=1/- 2=2/A 3=3/-");
	assert_int_equal(seki_push_empties(&w->pairs, &rec), 3);
}

/* Whom and what the service's errors are about, and what may be shown. */
static void
test_blamed(void **state)
{
	static const struct {
		const char *key, *message;
		size_t i, n;
		int blamed;
		const char *field, *why;
	} rows[] = {
		{ "records[1].t.value", "too long", 1, 3, 1, "t", "too long" },
		{ "records[1].t.value", "too long", 0, 3, 0, "", "" },
		{ "records[12].t.value", "x", 1, 20, 0, "", "" },
		{ "records[1].record.t.value", "x", 1, 3, 1, "t", "x" },
		{ "record[n].value", "x", 0, 1, 1, "n", "x" },
		{ "record.t.value", "x", 0, 1, 1, "t", "x" },
		{ "record.t.value", "x", 0, 2, 0, "", "" },
		{ "records[0].s.value[0].value.x.value", "x", 0, 2, 1, "s",
		    "" },
		{ "records[0].c.values[0].value", "x", 0, 2, 1, "c", "" },
		{ "records[0].key.value", "unique", 0, 2, 1, "key", "unique" },
		{ "records[0].unknown.value", "x", 0, 2, 1, "", "" },
		/* It repeats what it was sent. */
		{ "records[0].t.value", "Yamada is too long", 0, 2, 1, "t",
		    "" },
		{ "records[0].n.value", "Yamada", 0, 2, 1, "n", "" },
		{ "records[0].n.value", "(Ya\xE3\x80\x80ma da)", 0, 2, 1, "n",
		    "" },
		{ "records[0].n.value", "Blue or Cell", 0, 2, 1, "n",
		    "Blue or Cell" },
		{ "records[0].n.value", "not One!", 0, 2, 1, "n", "" },
		{ "records[0].n.value", "a u1?", 0, 2, 1, "n", "" },
		{ "records[0].n.value", "at 1.255", 0, 2, 1, "n", "" },
		{ "records", "x", 0, 1, 0, "", "" },
	};
	struct world *w = *state;
	struct seki_value v[64];
	struct seki_record rec = { .v = v };
	struct seki_push_item item = { .rec = &rec }, *list[] = { &item };
	const struct seki_push_part part = { list, 1, SEKI_PUSH_ADD };
	const char *field;
	size_t i;
	int got;

	memset(v, 0, sizeof(v));
	v[pair(w, "t")->ours] = value("Yamada");
	v[pair(w, "key")->ours] = value("x");
	v[pair(w, "u")->ours] = value("One <u1>");
	rows_of(w, &v[pair(w, "s")->ours], "1=1.255/A");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_push_answer a = { .said = SEKI_PUSH_NO,
			.part = &part,
			.parts = 1 };
		struct seki_buf why = SEKI_BUF_INIT, hidden = SEKI_BUF_INIT;

		a.errors = json_pack(
		    "{s:{s:[s]}}", rows[i].key, "messages", rows[i].message);
		got = seki_push_blamed(&a, &w->pairs, rows[i].i, rows[i].n,
		    &field, &why, &hidden);
		if (got != rows[i].blamed ||
		    strcmp(field, rows[i].field) != 0 ||
		    strcmp(why.n ? why.p : "", rows[i].why) != 0)
			fail_msg("row %zu: %d, field '%s', '%s'", i, got, field,
			    why.n ? why.p : "");
		seki_buf_free(&why);
		seki_buf_free(&hidden);
		seki_push_answer_release(&a);
	}
}

static void
test_once(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_once *o;
	char key[24];
	int i, round;

	(void)state;
	for (round = 0; round < 2; round++) {
		o = seki_once_new(NULL, &err);
		assert_non_null(o);
		for (i = 0; i < 5000; i++) {
			(void)snprintf(key, sizeof(key), "k%d", i * 7919);
			assert_int_equal(
			    seki_once_add(o, key, strlen(key), &err), 0);
		}
		if (round == 1)
			assert_int_equal(seki_once_add(o, "k7919", 5, &err), 0);
		assert_int_equal(seki_once_twice(o, &err), round);
		assert_int_equal(seki_once_is(o, "k7919", 5), round);
		assert_int_equal(seki_once_is(o, "k15838", 6), 0);
		seki_once_free(o);
	}
	o = seki_once_new(NULL, &err);
	assert_int_equal(seki_once_twice(o, &err), 0);
	seki_once_free(o);
}

static struct seki_push_journal *
journal(const char *dir, const char *app, unsigned char root, int *already,
    struct seki_err *err)
{
	struct seki_proof *p = calloc(1, sizeof(*p));
	struct seki_push_journal *j;

	assert_non_null(p);
	p->records = 200;
	p->root[0] = root;
	*already = 0;
	seki_err_clear(err);
	j = seki_push_journal_open(dir, "localhost:1", app, p, already, err);
	free(p);
	return j;
}

static void
test_journal(void **state)
{
	char dir[] = "/tmp/seki-push.XXXXXX", path[64];
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_push_journal *j, *second;
	int already;

	(void)state;
	assert_non_null(mkdtemp(dir));
	j = journal(dir, "5", 1, &already, &err);
	assert_non_null(j);
	second = journal(dir, "5", 1, &already, &err);
	assert_null(second);
	assert_int_equal(err.reason, SEKI_LOCKED);
	seki_err_clear(&err);
	assert_int_equal(seki_push_journal_begin(j, 100, &err), 0);
	assert_int_equal(seki_push_journal_end(j, 0, &err), 0);
	assert_int_equal(seki_push_journal_begin(j, 200, &err), 0);
	/* Killed here: nobody knows. */
	seki_push_journal_free(j);
	assert_null(journal(dir, "5", 1, &already, &err));
	assert_int_equal(err.reason, SEKI_HELD);
	assert_non_null(strstr(err.text, "101 to 200"));
	assert_null(journal(dir, "5", 2, &already, &err));
	assert_int_equal(err.reason, SEKI_HELD);
	assert_null(journal(dir, "6", 1, &already, &err));
	assert_int_equal(err.reason, SEKI_CONFIG);
	(void)snprintf(path, sizeof(path), "%s/push.json", dir);
	assert_int_equal(unlink(path), 0);

	/* Refused before anything arrived; then to the end. */
	j = journal(dir, "5", 1, &already, &err);
	assert_int_equal(seki_push_journal_begin(j, 100, &err), 0);
	assert_int_equal(seki_push_journal_end(j, 0, &err), 0);
	assert_int_equal(seki_push_journal_begin(j, 200, &err), 0);
	assert_int_equal(seki_push_journal_undo(j, &err), 0);
	seki_push_journal_free(j);
	assert_null(journal(dir, "5", 2, &already, &err));
	assert_int_equal(err.reason, SEKI_CONFIG);
	j = journal(dir, "5", 1, &already, &err);
	assert_non_null(j);
	assert_int_equal(already, 0);
	assert_int_equal(seki_push_journal_done(j), 100);
	assert_int_equal(seki_push_journal_begin(j, 200, &err), 0);
	assert_int_equal(seki_push_journal_end(j, 0, &err), 0);
	seki_push_journal_free(j);
	j = journal(dir, "5", 1, &already, &err);
	assert_int_equal(already, 1);
	seki_push_journal_free(j);
	j = journal(dir, "5", 2, &already, &err);
	assert_non_null(j);
	assert_int_equal(already, 0);
	assert_int_equal(seki_push_journal_done(j), 0);
	assert_int_equal(seki_push_journal_begin(j, 200, &err), 0);
	assert_int_equal(seki_push_journal_end(j, 3, &err), 0);
	seki_push_journal_free(j);
	j = journal(dir, "5", 1, &already, &err);
	assert_int_equal(already, 1);
	assert_int_equal(seki_push_journal_refused(j), 0);
	seki_push_journal_free(j);
	j = journal(dir, "5", 3, &already, &err);
	assert_int_equal(already, 0);
	assert_int_equal(seki_push_journal_begin(j, 200, &err), 0);
	assert_int_equal(seki_push_journal_undo(j, &err), 0);
	seki_push_journal_free(j);
	j = journal(dir, "5", 2, &already, &err);
	assert_int_equal(already, 1);
	assert_int_equal(seki_push_journal_refused(j), 3);
	seki_push_journal_free(j);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/finished", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/lock", dir);
	(void)unlink(path);
	(void)rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_pairs_refused),
		cmocka_unit_test_setup_teardown(
		    test_values, open_world, close_world),
		cmocka_unit_test_setup_teardown(
		    test_tables, open_world, close_world),
		cmocka_unit_test_setup_teardown(
		    test_unfit, open_world, close_world),
		cmocka_unit_test_setup_teardown(
		    test_blamed, open_world, close_world),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
