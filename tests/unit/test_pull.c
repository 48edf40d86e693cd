#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pull_int.h"

#define SAMPLES "tests/data/record-api-samples/"

static struct seki_pull pull = { .app = "11", .stream = "s" };

/* A form of few fields; a calculation and a table among them. */
#define PROPS                                                                  \
	"{\"properties\":{"                                                    \
	"\"t\":{\"type\":\"SINGLE_LINE_TEXT\",\"code\":\"t\",\"label\":\"T\"}" \
	","                                                                    \
	"\"n\":{\"type\":\"NUMBER\",\"code\":\"n\",\"label\":\"N\"},"          \
	"\"d\":{\"type\":\"DATE\",\"code\":\"d\",\"label\":\"D\"},"            \
	"\"h\":{\"type\":\"TIME\",\"code\":\"h\",\"label\":\"H\"},"            \
	"\"m\":{\"type\":\"DATETIME\",\"code\":\"m\",\"label\":\"M\"},"        \
	"\"k\":{\"type\":\"CALC\",\"code\":\"k\",\"label\":\"K\","             \
	"\"format\":\"HOUR_MINUTE\"},"                                         \
	"\"c\":{\"type\":\"CHECK_BOX\",\"code\":\"c\",\"label\":\"C\"},"       \
	"\"u\":{\"type\":\"USER_SELECT\",\"code\":\"u\",\"label\":\"U\"},"     \
	"\"w\":{\"type\":\"CREATOR\",\"code\":\"w\",\"label\":\"W\"},"         \
	"\"f\":{\"type\":\"FILE\",\"code\":\"f\",\"label\":\"F\"},"            \
	"\"off\":{\"type\":\"CATEGORY\",\"code\":\"off\",\"label\":\"O\","     \
	"\"enabled\":false},"                                                  \
	"\"g\":{\"type\":\"GROUP\",\"code\":\"g\",\"label\":\"G\"},"           \
	"\"s\":{\"type\":\"SUBTABLE\",\"code\":\"s\",\"label\":\"S\","         \
	"\"fields\":{"                                                         \
	"\"x\":{\"type\":\"NUMBER\",\"code\":\"x\",\"label\":\"X\"},"          \
	"\"y\":{\"type\":\"DROP_DOWN\",\"code\":\"y\",\"label\":\"Y\"}}}"      \
	"},\"revision\":\"7\"}"
#define LAYOUT                                                                 \
	"{\"layout\":[{\"type\":\"SUBTABLE\",\"code\":\"s\",\"fields\":["      \
	"{\"type\":\"DROP_DOWN\",\"code\":\"y\"},"                             \
	"{\"type\":\"NUMBER\",\"code\":\"x\"}]},"                              \
	"{\"type\":\"GROUP\",\"code\":\"g\",\"layout\":[{\"type\":\"ROW\","    \
	"\"fields\":[{\"type\":\"NUMBER\",\"code\":\"n\"},"                    \
	"{\"type\":\"LABEL\",\"label\":\"l\"}]}]},"                            \
	"{\"type\":\"ROW\",\"fields\":["                                       \
	"{\"type\":\"SINGLE_LINE_TEXT\",\"code\":\"t\"}]}"                     \
	"],\"revision\":\"7\"}"

static int
form(struct seki_app *app, const char *props, const char *layout,
    const struct seki_pull *p, struct seki_err *err)
{
	return seki_app_parse(app, props, strlen(props), layout, strlen(layout),
	    "localhost:1", p, err);
}

/* The columns as one line: code, and a table's fields in brackets. */
static void
line(const struct seki_schema *s, char *out, size_t size)
{
	size_t i, k, n = 0;

	for (i = 0; i < s->n; i++) {
		n += (size_t)snprintf(
		    out + n, size - n, "%s%s", i ? " " : "", s->field[i].code);
		for (k = 0; k < s->field[i].nsub; k++)
			n += (size_t)snprintf(out + n, size - n, "%s%s",
			    k ? " " : "[", s->field[i].sub[k].code);
		if (s->field[i].nsub > 0)
			n += (size_t)snprintf(out + n, size - n, "]");
	}
}

static void
test_columns(void **state)
{
	static const char *const two[] = { "t", "s", NULL };
	static const char *const none[] = { "T", NULL };
	static const char *const inner[] = { "x", NULL };
	static const char *const group[] = { "g", NULL };
	static const char *const off[] = { "off", NULL };
	static const char *const hidden[] = { "y", "z", NULL };
	static const struct {
		const char *const *fields, *const *hidden;
		const char *layout;
		enum seki_reason reason;
		const char *text; /* columns, or a piece of the message */
	} rows[] = {
		{ NULL, NULL, LAYOUT, SEKI_OK,
		    "$id $revision s[y x] n t w c d f h k m u" },
		{ two, NULL, LAYOUT, SEKI_OK, "$id $revision s[y x] t" },
		{ NULL, NULL, "{\"layout\":[],\"revision\":\"7\"}", SEKI_OK,
		    "$id $revision w c d f h k m n s[x y] t u" },
		{ NULL, NULL, "{\"layout\":[],\"revision\":\"8\"}", SEKI_MOVED,
		    "changed" },
		{ NULL, NULL, "{\"layout\":[]}", SEKI_PROTOCOL, "revision" },
		{ NULL, NULL, "{}", SEKI_PROTOCOL, "" },
		{ NULL, NULL, "[", SEKI_PROTOCOL, "" },
		{ none, NULL, LAYOUT, SEKI_CONFIG, "no such field" },
		{ inner, NULL, LAYOUT, SEKI_CONFIG, "no column" },
		{ group, NULL, LAYOUT, SEKI_CONFIG, "no column" },
		{ off, NULL, LAYOUT, SEKI_CONFIG, "no column" },
		{ NULL, inner, LAYOUT, SEKI_OK,
		    "$id $revision s[y x] n t w c d f h k m u" },
		{ NULL, none, LAYOUT, SEKI_CONFIG, "no such field" },
		{ NULL, NULL,
		    "{\"layout\":[{\"type\":\"ROW\",\"fields\":["
		    "{\"type\":\"NUMBER\",\"code\":\"z\"}]}],"
		    "\"revision\":\"7\"}",
		    SEKI_PERMISSION, "not the field" },
		{ NULL, hidden,
		    "{\"layout\":[{\"type\":\"ROW\",\"fields\":["
		    "{\"type\":\"NUMBER\",\"code\":\"z\"}]}],"
		    "\"revision\":\"7\"}",
		    SEKI_OK, "$id $revision w c d f h k m n s[x y] t u" },
		{ NULL, NULL,
		    "{\"layout\":[{\"type\":\"ROW\",\"fields\":["
		    "{\"type\":\"NUMBER\",\"code\":\"n\"},"
		    "{\"type\":\"NUMBER\",\"code\":\"n\"}]}],"
		    "\"revision\":\"7\"}",
		    SEKI_RECORD, "" },
	};
	char got[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_pull p = pull;
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_app app;
		int r;

		p.fields = rows[i].fields;
		p.hidden = rows[i].hidden;
		r = form(&app, PROPS, rows[i].layout, &p, &err);
		if (err.reason != rows[i].reason)
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
		if (r == 0)
			line(app.schema, got, sizeof(got));
		if (r == 0 ? strcmp(got, rows[i].text) != 0
			   : strstr(err.text, rows[i].text) == NULL)
			fail_msg("row %zu: %s", i, r == 0 ? got : err.text);
		seki_app_release(&app);
	}
}

static void
slurp(const char *path, struct seki_buf *b)
{
	struct seki_err err = SEKI_ERR_INIT;

	if (seki_in_slurp(path, 1 << 20, b, &err) == -1)
		fail_msg("%s: %s", path, err.text);
}

/* The sample app: every type, groups, two tables, system fields off the
 * form. */
static void
test_sample(void **state)
{
	struct seki_buf f = SEKI_BUF_INIT, l = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_app app;
	const struct seki_schema *s;
	int i;

	(void)state;
	slurp(SAMPLES "form-fields.json", &f);
	slurp(SAMPLES "form-layout.json", &l);
	if (form(&app, f.p, l.p, &pull, &err) == -1)
		fail_msg("%s: %s", seki_err_word(err.reason), err.text);
	s = app.schema;
	assert_string_equal(app.revision, "42");
	assert_int_equal(s->n, 44);
	assert_int_equal(s->tables, 2);
	assert_string_equal(s->field[2].code, "レコード番号");
	assert_string_equal(s->field[3].code, "受付番号");
	assert_string_equal(s->field[4].label, "件名(要約)");
	assert_string_equal(s->field[43].code, "カテゴリー");
	assert_string_equal(s->source.domain, "localhost:1");
	assert_string_equal(s->source.app, "11");
	assert_string_equal(s->source.system, "kintone");
	i = seki_schema_find(s, "滞留時間", strlen("滞留時間"));
	assert_int_equal(s->field[i].calc, SEKI_C_DAY_HOUR_MINUTE);
	assert_int_equal(seki_schema_find(s, "内部情報", 12), -1);
	assert_int_equal(seki_schema_find(s, "過去の修繕", 15), -1);
	assert_true(seki_app_knows(&app, "内部情報", 12));
	assert_true(seki_app_knows(&app, "品目", 6));
	assert_false(seki_app_knows(&app, "品", 3));
	assert_false(seki_app_knows(&app, "品目x", 7));
	seki_app_release(&app);
	seki_buf_free(&f);
	seki_buf_free(&l);
}

static void
test_types(void **state)
{
	static const struct {
		const char *prop;
		enum seki_reason reason;
	} rows[] = {
		{ "{\"type\":\"LINK\"}", SEKI_OK },
		{ "{\"type\":\"HOLOGRAM\"}", SEKI_PROTOCOL },
		{ "{\"type\":\"__ID__\"}", SEKI_PROTOCOL },
		{ "{}", SEKI_PROTOCOL },
		{ "{\"type\":\"CALC\"}", SEKI_PROTOCOL },
		{ "{\"type\":\"CALC\",\"format\":\"ROMAN\"}", SEKI_PROTOCOL },
		{ "{\"type\":\"CALC\",\"format\":\"DATE\"}", SEKI_OK },
		{ "{\"type\":\"SUBTABLE\"}", SEKI_PROTOCOL },
		{ "{\"type\":\"SUBTABLE\",\"fields\":{\"b\":"
		  "{\"type\":\"SUBTABLE\",\"fields\":{}}}}",
		    SEKI_PROTOCOL },
		{ "{\"type\":\"STATUS\",\"enabled\":true}", SEKI_OK },
		{ "{\"type\":\"REFERENCE_TABLE\",\"referenceTable\":null}",
		    SEKI_OK },
	};
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_app app;

		(void)snprintf(text, sizeof(text),
		    "{\"properties\":{\"a\":%s},\"revision\":\"7\"}",
		    rows[i].prop);
		(void)form(
		    &app, text, "{\"layout\":[],\"revision\":7}", &pull, &err);
		if (err.reason != rows[i].reason)
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
		seki_app_release(&app);
	}
}

/* One record in which every field is empty in its own way, but one. */
static const struct {
	const char *code, *type, *empty;
} cells[] = {
	{ "t", "SINGLE_LINE_TEXT", "\"\"" },
	{ "n", "NUMBER", "\"\"" },
	{ "d", "DATE", "null" },
	{ "h", "TIME", "null" },
	{ "m", "DATETIME", "\"\"" },
	{ "k", "CALC", "\"\"" },
	{ "c", "CHECK_BOX", "[]" },
	{ "u", "USER_SELECT", "[]" },
	{ "w", "CREATOR", "null" },
	{ "f", "FILE", "[]" },
	{ "s", "SUBTABLE", "[]" },
	{ "$id", "__ID__", "\"3\"" },
	{ "$revision", "__REVISION__", "\"1\"" },
};
#define NCELLS (sizeof(cells) / sizeof(cells[0]))

static void
compose(char *out, size_t size, const char *code, const char *value)
{
	size_t i, n;

	n = (size_t)snprintf(out, size, "{\"records\":[{");
	for (i = 0; i < NCELLS; i++)
		n += (size_t)snprintf(out + n, size - n,
		    "%s\"%s\":{\"type\":\"%s\",\"value\":%s}", i ? "," : "",
		    cells[i].code, cells[i].type,
		    strcmp(cells[i].code, code) == 0 ? value : cells[i].empty);
	(void)snprintf(out + n, size - n, "}],\"totalCount\":null}");
}

#define U(code, name) "{\"code\":\"" code "\",\"name\":\"" name "\"}"
#define ROW(id, x, y)                                                          \
	"{\"id\":\"" id "\",\"value\":{\"x\":{\"type\":\"NUMBER\","            \
	"\"value\":" x "},\"y\":{\"type\":\"DROP_DOWN\",\"value\":" y "}}}"

static const struct {
	const char *code, *value;
	enum seki_reason reason;
	const char *text; /* NULL: empty */
} values[] = {
	{ "t", "\"a\\u3042\\n\\\"b\"", SEKI_OK, "a\xE3\x81\x82\n\"b" },
	{ "t", "\" \"", SEKI_OK, " " },
	{ "t", "null", SEKI_OK, NULL },
	{ "t", "[]", SEKI_OK, NULL },
	{ "t", "[\"a\"]", SEKI_PROTOCOL, NULL },
	{ "t", "{}", SEKI_PROTOCOL, NULL },
	{ "t", "1", SEKI_PROTOCOL, NULL },
	{ "t", "true", SEKI_PROTOCOL, NULL },
	{ "n", "\"1.50\"", SEKI_OK, "1.5" },
	{ "n", "\"-0\"", SEKI_OK, "0" },
	{ "n", "\"1.5e3\"", SEKI_OK, "1500" },
	{ "n", "\"1E-7\"", SEKI_OK, "0.0000001" },
	{ "n", "\"123456789012345678901234567890.1234567890\"", SEKI_OK,
	    "123456789012345678901234567890.123456789" },
	{ "n", "null", SEKI_OK, NULL },
	{ "n", "1.5", SEKI_PROTOCOL, NULL },
	{ "n", "\"abc\"", SEKI_RECORD, NULL },
	{ "n", "\"1,000\"", SEKI_RECORD, NULL },
	{ "n", "\" 1\"", SEKI_RECORD, NULL },
	{ "n", "\"NaN\"", SEKI_RECORD, NULL },
	{ "n", "\"1e9999\"", SEKI_RECORD, NULL },
	{ "d", "\"2026-04-01\"", SEKI_OK, "2026-04-01" },
	{ "d", "\"\"", SEKI_OK, NULL },
	{ "d", "\"2026-02-30\"", SEKI_RECORD, NULL },
	{ "d", "\"2026/04/01\"", SEKI_RECORD, NULL },
	{ "h", "\"09:15\"", SEKI_OK, "09:15" },
	{ "h", "\"24:00\"", SEKI_RECORD, NULL },
	{ "m", "\"2026-04-02T01:30:00Z\"", SEKI_OK, "2026-04-02T01:30:00Z" },
	{ "m", "\"2026-04-02T01:30:00.000Z\"", SEKI_OK,
	    "2026-04-02T01:30:00Z" },
	{ "m", "\"2026-04-02T10:30:00+09:00\"", SEKI_OK,
	    "2026-04-02T01:30:00Z" },
	{ "m", "null", SEKI_OK, NULL },
	{ "m", "\"2026-04-02\"", SEKI_RECORD, NULL },
	{ "k", "\"49:30\"", SEKI_OK, "49:30" },
	{ "k", "\"-1:05\"", SEKI_OK, "-1:05" },
	{ "k", "\"49:60\"", SEKI_RECORD, NULL },
	{ "c", "[\"a\",\"b\\nc\",\"\"]", SEKI_OK,
	    "a\nb\xE2\x90\x9B{A}c\n\xE2\x90\x9B{}" },
	{ "c", "[null]", SEKI_PROTOCOL, NULL },
	{ "c", "[\"a\",[\"b\"]]", SEKI_PROTOCOL, NULL },
	{ "c", "\"a\"", SEKI_PROTOCOL, NULL },
	{ "c", "null", SEKI_OK, NULL },
	{ "c", "\"\"", SEKI_OK, NULL },
	{ "u", "[" U("a.b", "N M") "," U("g/x@y", "<z>") "]", SEKI_OK,
	    "N M <a.b>\n<z> <g/x@y>" },
	{ "u", "[{\"code\":\"a\",\"x\":[{}],\"name\":null}]", SEKI_OK, " <a>" },
	{ "u", "[{\"code\":\"a\"}]", SEKI_PROTOCOL, NULL },
	{ "u", "[{\"code\":\"a\",\"code\":\"a\",\"name\":\"b\"}]",
	    SEKI_PROTOCOL, NULL },
	{ "u", "[\"a\"]", SEKI_PROTOCOL, NULL },
	{ "u", U("a", "b"), SEKI_PROTOCOL, NULL },
	{ "w", U("a", "b"), SEKI_OK, "b <a>" },
	{ "w", "\"a\"", SEKI_PROTOCOL, NULL },
	{ "f",
	    "[{\"fileKey\":\"K\",\"name\":\"a.pdf\",\"contentType\":"
	    "\"application/pdf\",\"size\":\"12\"}]",
	    SEKI_OK, "a.pdf <12 - application/pdf>" },
	{ "f", "[{\"fileKey\":\"K\",\"name\":\"a\",\"size\":\"12\"}]",
	    SEKI_PROTOCOL, NULL },
	{ "f", "[{\"name\":\"a\",\"contentType\":\"x/y\",\"size\":\"\"}]",
	    SEKI_RECORD, NULL },
	{ "f", "[{\"name\":\"a\",\"contentType\":\"x/y\",\"size\":\"1k\"}]",
	    SEKI_RECORD, NULL },
	{ "f", "[{\"name\":\"a\",\"contentType\":\"\",\"size\":\"0\"}]",
	    SEKI_OK, "a <0 ->" },
	{ "s",
	    "[" ROW("5", "\"1.0\"", "null") "," ROW("4", "null", "\"q\"") "]",
	    SEKI_OK, "5:1,- 4:-,q" },
	{ "s", "[" ROW("5", "\"x\"", "null") "]", SEKI_RECORD, NULL },
	{ "s", "[" ROW("", "null", "null") "]", SEKI_PROTOCOL, NULL },
	{ "s", "[{\"id\":\"5\"}]", SEKI_PROTOCOL, NULL },
	{ "s", "[{\"value\":{}}]", SEKI_PERMISSION, NULL },
	{ "s", "[{\"id\":\"5\",\"value\":{}}]", SEKI_PERMISSION, NULL },
	{ "s", "[1]", SEKI_PROTOCOL, NULL },
	{ "s", "{}", SEKI_PROTOCOL, NULL },
	{ "$id", "\"12\"", SEKI_OK, "12" },
	{ "$id", "12", SEKI_OK, "12" },
	{ "$id", "\"012\"", SEKI_PROTOCOL, NULL },
	{ "$id", "\"-1\"", SEKI_PROTOCOL, NULL },
	{ "$id", "null", SEKI_PROTOCOL, NULL },
	{ "$id", "\"9999999999999999999\"", SEKI_PROTOCOL, NULL },
};

/* A table's rows as "id:x,y id:x,y". */
static void
flat(const struct seki_value *v, char *out, size_t size)
{
	size_t i, k, n = 0;

	for (i = 0; i < v->nrow; i++) {
		const struct seki_row *r = &v->row[i];

		n += (size_t)snprintf(out + n, size - n,
		    "%s%.*s:", i ? " " : "", (int)r->id.n, r->id.p);
		/* As on the form: y before x. */
		for (k = 2; k-- > 0;)
			n += (size_t)snprintf(out + n, size - n, "%s%.*s",
			    k ? "" : ",", r->v[k].set ? (int)r->v[k].n : 1,
			    r->v[k].set ? r->v[k].p : "-");
	}
}

static int
one(const struct seki_app *app, const char *text, const struct seki_pull *p,
    const char *code, char *out, size_t size, struct seki_err *err)
{
	struct seki_page *page = seki_page_new(app, p, err);
	const struct seki_value *v;
	struct seki_record *rec;
	int r;

	assert_non_null(page);
	out[0] = '\0';
	seki_page_begin(page, text, strlen(text), 1);
	if ((r = seki_page_next(page, &rec, err)) == 1) {
		assert_true(rec->key.set);
		v = &rec->v[seki_schema_find(app->schema, code, strlen(code))];
		if (v->row != NULL)
			flat(v, out, size);
		else
			(void)snprintf(out, size, "%.*s%s", (int)v->n,
			    v->n ? v->p : "", v->set ? "" : "(empty)");
		r = seki_page_next(page, &rec, err);
	}
	seki_page_free(page);
	return r;
}

static void
test_values(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_app app;
	char text[4096], got[1024];
	size_t i;
	int r;

	(void)state;
	assert_int_equal(form(&app, PROPS, LAYOUT, &pull, &err), 0);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		seki_err_clear(&err);
		compose(text, sizeof(text), values[i].code, values[i].value);
		r = one(
		    &app, text, &pull, values[i].code, got, sizeof(got), &err);
		if (err.reason != values[i].reason ||
		    (r == 0) != (err.reason == SEKI_OK))
			fail_msg("row %zu, %s=%s: %s: %s", i, values[i].code,
			    values[i].value, seki_err_word(err.reason),
			    err.text);
		if (r == 0 && strcmp(got, values[i].text ? values[i].text
							 : "(empty)") != 0)
			fail_msg("row %zu, %s=%s: %s", i, values[i].code,
			    values[i].value, got);
		if (r == -1 && err.field[0] == '\0')
			fail_msg("row %zu: no field: %s", i, err.text);
		if (r == -1 && strcmp(values[i].code, "$id") != 0 &&
		    strcmp(err.record, "3") != 0)
			fail_msg("row %zu: record '%s'", i, err.record);
	}
	seki_app_release(&app);
}

static void
replace(char *text, size_t size, const char *from, const char *to)
{
	char *at = strstr(text, from), rest[4096];

	assert_non_null(at);
	(void)snprintf(rest, sizeof(rest), "%s", at + strlen(from));
	(void)snprintf(at, size - (size_t)(at - text), "%s%s", to, rest);
}

#define T "\"t\":{\"type\":\"SINGLE_LINE_TEXT\",\"value\":\"\"},"
#define K "\"k\":{\"type\":\"CALC\",\"value\":\"\"},"
#define ID ",\"$id\":{\"type\":\"__ID__\",\"value\":\"3\"}"

static void
test_records(void **state)
{
	static const struct {
		const char *from, *to;
		enum seki_reason reason;
		const char *text;
	} rows[] = {
		{ T, T, SEKI_OK, NULL },
		{ T, "", SEKI_PERMISSION, "left the field out" },
		{ K, "", SEKI_OK, NULL },
		{ ID, "", SEKI_PROTOCOL, "number" },
		{ T, T T, SEKI_PROTOCOL, "twice" },
		{ T, T "\"z\":{\"type\":\"NUMBER\",\"value\":\"1\"},",
		    SEKI_MOVED, "did not have" },
		{ T, T "\"z\":{\"value\":\"1\"},\"y2\":[{\"type\":1}],",
		    SEKI_OK, NULL },
		/* Known to the form, but no column. */
		{ T, T "\"off\":{\"type\":\"CATEGORY\",\"value\":[]},", SEKI_OK,
		    NULL },
		{ T, "\"t\":{\"value\":\"\",\"type\":\"SINGLE_LINE_TEXT\"},",
		    SEKI_OK, NULL },
		{ T,
		    "\"\\u0074\":{\"typ\\u0065\":\"SINGLE_LINE_TEX\\u0054\","
		    "\"value\":\"\"},",
		    SEKI_OK, NULL },
		{ T, "\"t\":{\"type\":\"NUMBER\",\"value\":\"\"},",
		    SEKI_PROTOCOL, "type" },
		{ T, "\"t\":{\"type\":\"SINGLE_LINE_TEXT\"},", SEKI_PROTOCOL,
		    "" },
		{ T, "\"t\":{\"value\":\"\"},", SEKI_PROTOCOL, "" },
		{ T, "\"t\":{\"type\":1,\"value\":\"\"},", SEKI_PROTOCOL, "" },
		{ T, "\"t\":\"\",", SEKI_PROTOCOL, "" },
		{ "{\"records\":[{", "[[{", SEKI_PROTOCOL, "" },
		{ "{\"records\":[{", "{\"records\":[1,{", SEKI_PROTOCOL,
		    "not a record" },
		{ "\"records\":[{", "\"more\":{\"a\":[1]},\"records\":[{",
		    SEKI_OK, NULL },
		{ ",\"totalCount\":null}", ",\"records\":[]}", SEKI_PROTOCOL,
		    "twice" },
		{ ",\"totalCount\":null}", ",\"totalCount\":nul", SEKI_NETWORK,
		    "incomplete" },
		{ ",\"totalCount\":null}", "", SEKI_NETWORK, "incomplete" },
		{ "],\"totalCount\":null}", "", SEKI_NETWORK, "incomplete" },
		{ ",\"totalCount\":null}", "}x", SEKI_NETWORK, "" },
		{ ",\"totalCount\":null}", "} {}", SEKI_PROTOCOL, "RFC 8259" },
		{ ",\"totalCount\":null}", "} \n", SEKI_OK, NULL },
		{ "\"\"", "\"\\ud800\"", SEKI_PROTOCOL, "RFC 8259" },
		{ "\"\"", "\"\xC0\x80\"", SEKI_PROTOCOL, "RFC 8259" },
		{ "\"\"", "\"\\u0000\"", SEKI_PROTOCOL, "U+0000" },
		{ T, T "\"z\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]],", SEKI_LIMIT,
		    "deep" },
	};
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_app app;
	char text[4096], got[64];
	size_t i;
	int r;

	(void)state;
	assert_int_equal(form(&app, PROPS, LAYOUT, &pull, &err), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seki_err_clear(&err);
		compose(text, sizeof(text), "", "");
		replace(text, sizeof(text), rows[i].from, rows[i].to);
		r = one(&app, text, &pull, "t", got, sizeof(got), &err);
		if (err.reason != rows[i].reason ||
		    (r == 0) != (err.reason == SEKI_OK))
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
		if (r == -1 && strstr(err.text, rows[i].text) == NULL)
			fail_msg("row %zu: %s", i, err.text);
	}
	seki_app_release(&app);
}

/* A page cut at any byte is never whole, and never a crash. */
static void
test_cut(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_app app;
	char text[4096], part[4096], got[256];
	size_t n;

	(void)state;
	assert_int_equal(form(&app, PROPS, LAYOUT, &pull, &err), 0);
	compose(
	    text, sizeof(text), "s", "[" ROW("5", "\"1\"", "\"\\u3042\"") "]");
	for (n = 0; n < strlen(text); n++) {
		seki_err_clear(&err);
		memcpy(part, text, n);
		part[n] = '\0';
		if (one(&app, part, &pull, "s", got, sizeof(got), &err) != -1)
			fail_msg("cut at %zu was taken", n);
		if (err.reason != (n == 0 ? SEKI_PROTOCOL : SEKI_NETWORK))
			fail_msg("cut at %zu: %s", n, err.text);
	}
	seki_app_release(&app);
}

static unsigned noted;

static void
count_notes(void *ctx, const char *text)
{
	(void)ctx;
	if (strstr(text, "left out") == NULL)
		fail_msg("%s", text);
	noted++;
}

static void
test_hidden(void **state)
{
	static const char *const hidden[] = { "t", "x", NULL };
	struct seki_pull p = { .app = "11",
		.stream = "s",
		.hidden = hidden,
		.note = count_notes };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_page *page;
	struct seki_record *rec;
	struct seki_app app;
	char text[4096];

	(void)state;
	assert_int_equal(form(&app, PROPS, LAYOUT, &p, &err), 0);
	compose(text, sizeof(text), "s",
	    "[{\"id\":\"5\",\"value\":{\"y\":{\"type\":\"DROP_DOWN\","
	    "\"value\":\"q\"}}}]");
	replace(text, sizeof(text), T, "");
	page = seki_page_new(&app, &p, &err);
	seki_page_begin(page, text, strlen(text), 1);
	if (seki_page_next(page, &rec, &err) != 1)
		fail_msg("%s", err.text);
	assert_false(rec->v[seki_schema_find(app.schema, "t", 1)].set);
	assert_int_equal(seki_page_next(page, &rec, &err), 0);
	seki_page_notes(page);
	assert_int_equal(noted, 2);
	seki_page_free(page);
	seki_app_release(&app);
}

static void
test_arguments(void **state)
{
	static const struct {
		const char *app, *stream, *query;
		enum seki_reason reason;
	} rows[] = {
		/* Nobody listens: NETWORK means that it was taken. */
		{ "1", "a.b-9", NULL, SEKI_NETWORK },
		{ "1", "s", "", SEKI_NETWORK },
		{ "1", "s", "a = \"(\" or b in (\"\\\")\", \"x\")",
		    SEKI_NETWORK },
		{ "", "s", NULL, SEKI_CONFIG },
		{ "0", "s", NULL, SEKI_CONFIG },
		{ "01", "s", NULL, SEKI_CONFIG },
		{ "1&x=2", "s", NULL, SEKI_CONFIG },
		{ "-1", "s", NULL, SEKI_CONFIG },
		{ "1", "", NULL, SEKI_CONFIG },
		{ "1", "S", NULL, SEKI_CONFIG },
		{ "1", "a/b", NULL, SEKI_CONFIG },
		{ "1", "s", "a > 1) or (b > 2", SEKI_CONFIG },
		{ "1", "s", "a in (1", SEKI_CONFIG },
		{ "1", "s", "a = \"x", SEKI_CONFIG },
		{ "1", "s", "a = \"x\\\"", SEKI_CONFIG },
		{ "1", "s", "a = \"\xFF\"", SEKI_CONFIG },
	};
	struct seki_http_opt o = {
		.base = "http://127.0.0.1:1", .token = "t", .tries = 1
	};
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_http *h = seki_http_open(&o, &err);
	struct seki_out *out = seki_out_fd(2, "stderr", &err);
	size_t i;

	(void)state;
	assert_non_null(h);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_pull p = { .app = rows[i].app,
			.stream = rows[i].stream,
			.query = rows[i].query };

		seki_err_clear(&err);
		assert_int_equal(seki_pull_run(h, &p, out, NULL, &err), -1);
		if (err.reason != rows[i].reason)
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
	}
	seki_out_abort(out);
	seki_http_free(h);
}

static void
test_bookmarks(void **state)
{
#define MARKS(domain, app, stream)                                             \
	"{\"bookmarks\":{\"app\":\"" app "\",\"domain\":\"" domain             \
	"\",\"stream\":\"" stream "\"},\"complete\":{}}"
	static const struct {
		const char *text;
		enum seki_reason reason;
	} rows[] = {
		{ NULL, SEKI_OK },
		{ MARKS("d", "11", "s"), SEKI_OK },
		{ MARKS("e", "11", "s"), SEKI_CONFIG },
		{ MARKS("d", "12", "s"), SEKI_CONFIG },
		{ MARKS("d", "11", "t"), SEKI_CONFIG },
		{ "{\"bookmarks\":{}}", SEKI_CONFIG },
		{ "{\"complete\":{}}", SEKI_CONFIG },
		/* Of seki-pack after the only bundle was withdrawn. */
		{ "{}", SEKI_OK },
		{ "[]", SEKI_CONFIG },
		{ "", SEKI_CONFIG },
		{ "{\"bookmarks\":", SEKI_CONFIG },
	};
	char path[] = "/tmp/test_pull.XXXXXX";
	size_t i;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd != -1);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		struct seki_bookmarks marks;
		int r;

		if (rows[i].text == NULL) {
			(void)unlink(path);
		} else {
			FILE *fp = fopen(path, "w");

			(void)fputs(rows[i].text, fp);
			(void)fclose(fp);
		}
		r = seki_bookmarks_read(path, "d", &pull, &marks, &err);
		if (r == 0)
			seki_bookmarks_free(&marks);
		if (err.reason != rows[i].reason ||
		    (r == 0) != (err.reason == SEKI_OK))
			fail_msg("row %zu: %s: %s", i,
			    seki_err_word(err.reason), err.text);
	}
	(void)close(fd);
	(void)unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_bookmarks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
