#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "cloud_int.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static struct seki_cloud *cloud;
static char tokens[] = "/tmp/seki-test-cloud.XXXXXX";

static int
setup(void **state)
{
	static const char text[] = "all\n21:add add,view\n21:edit edit,view\n"
				   "21:del delete\n21:see view\n"
				   "21:own view,add,edit,delete\n22:src view\n";
	struct seki_err err = SEKI_ERR_INIT;
	int fd;

	(void)state;
	(void)strcpy(tokens + sizeof(tokens) - 7, "XXXXXX");
	if ((fd = mkstemp(tokens)) == -1 ||
	    write(fd, text, sizeof(text) - 1) != sizeof(text) - 1 ||
	    close(fd) == -1)
		return -1;
	if ((cloud = seki_cloud_open(NULL, "/tmp", &err)) == NULL ||
	    seki_cloud_load(cloud, "tests/data/cloud/main", 0, &err) == -1 ||
	    seki_cloud_load(cloud, "tests/data/cloud/master", 0, &err) == -1 ||
	    seki_cloud_tokens(cloud, tokens, &err) == -1) {
		print_error("%s: %s\n", err.object, err.text);
		return -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	seki_cloud_free(cloud);
	return unlink(tokens);
}

/* The answer: its code or "200"; the body, in English, in *b. */
static const char *
ask(const char *token, const char *method, const char *api, const char *body,
    struct seki_buf *b)
{
	struct seki_cloud_fault fault = { .code = SEKI_CLOUD_OK };
	struct seki_err err = SEKI_ERR_INIT;
	char path[80];
	struct seki_cloud_request q = { .method = method,
		.path = path,
		.args = "",
		.type = "application/json",
		.tokens = token,
		.body = body,
		.nbody = strlen(body) };
	int r;

	(void)snprintf(path, sizeof(path), "/k/v1/%s.json", api);
	seki_buf_reset(b);
	r = seki_cloud_api(cloud, &q, b, &fault, &err);
	if (r == 0)
		return "200";
	if (fault.code == SEKI_CLOUD_OK)
		fail_msg("%s: %s", body, err.text);
	seki_buf_reset(b);
	assert_int_equal(seki_cloud_error_body(&fault, 1, b, &err), 0);
	return seki_cloud_error_word(fault.code);
}

struct row {
	const char *call, *body, *code, *has;
};

/* One after the other: later rows see what earlier ones wrote.  call: "METHOD
 * API", then the token when it is another than "all"; has: pieces of the
 * answer, each after the one before, joined by "~". */
static void
play(const struct row *rows, size_t n)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char method[8], api[40], token[40], piece[400];
	const char *code;

	for (size_t i = 0; i < n; i++) {
		(void)strcpy(token, "all");
		assert_true(sscanf(rows[i].call, "%7s %39s %39s", method, api,
				token) >= 2);
		code = ask(token, method, api, rows[i].body, &b);
		if (strcmp(code, rows[i].code) != 0)
			fail_msg("row %zu: %s %s: %s %.*s", i, rows[i].call,
			    rows[i].body, code, (int)b.n, b.p);
		for (const char *s = rows[i].has, *at = b.p; s != NULL;) {
			size_t len = strcspn(s, "~");

			(void)snprintf(
			    piece, sizeof(piece), "%.*s", (int)len, s);
			if ((at = strstr(at, piece)) == NULL)
				fail_msg("row %zu: %s: %s is not in %.*s", i,
				    rows[i].body, piece, (int)b.n, b.p);
			s = s[len] == '~' ? s + len + 1 : NULL;
		}
	}
	seki_buf_free(&b);
}

#define ADD "POST record"
#define PUT "PUT record"
#define GET "GET record"
#define ADDS "POST records"
#define PUTS "PUT records"
#define DEL "DELETE records"
/* A new record with a key and one field more; one field of a known record. */
#define NEW(key, more)                                                         \
	"{\"app\":21,\"record\":{\"key\":{\"value\":\"" key "\"}," more "}}"
#define SET(more) "{\"app\":21,\"id\":1,\"record\":{" more "}}"
#define F(code, value) "\"" code "\":{\"value\":" value "}"
#define V(type, value) "{\"type\":\"" type "\",\"value\":" value "}"
#define FIRST "{\"app\":21,\"id\":1}"
#define BAD(key) "\"errors\":{\"" key "\""

static void
adding(void **state)
{
	static const struct row
	    rows[] = {
		    { ADD, "{\"app\":21}", "CB_VA01", BAD("record.key.value") },
		    { ADD, "{\"app\":21,\"record\":[]}", "CB_VA01",
			BAD("record") },
		    { ADD, "{\"app\":20}", "GAIA_AP01", NULL },
		    { ADD, NEW("k1", F("nowhere", "1") "," F("item", "\"x\"")),
			"200", "{\"id\":\"1\",\"revision\":\"1\"}" },
		    /* all default values, and the empty ones by type */
		    { GET, FIRST, "200",
			"\"番号\":" V("RECORD_NUMBER", "\"T-1\"") "~"
								  "\"作成者\""
								  ":" V(
								      "CREATOR", "{\"code\":\"Administrator\","
										 "\"name\":\"Administrator\"}") "~"
														"\"ステータス\":" V("STATUS", "\"受付\"") "~"
																			  "\"作業者\":" V("STATUS_ASSIGNEE", "[]") "~"
																								   "\"key\":" V("SINGLE_LINE_TEXT", "\"k1\"") "~"
																													      "\"text\":" V("SINGLE_LINE_TEXT", "\"\"") "~"
																																			"\"memo\":" V("MULTI_LINE_TEXT", "\"memo\"") "~"
																																								     "\"num\":" V("NUMBER", "\"\"") "~"
																																												    "\"check\":" V(
																																													"CHECK_BOX",
																																													"[\"A\"]") "~"
																																														   "\"radio\":" V("RADIO_BUTTON", "\"X\"") "~"
																																																			   "\"drop\":" V(
																																																			       "DROP_DOWN", "null") "~"
																																																						    "\"multi\":" V(
																																																							"MULTI_SELECT", "[]") "~"
																																																									      "\"hour\":" V("TIME", "null") "~"
																																																													    "\"at\":" V(
																																																														"DATETIME",
																																																														"\"\"") "~"
																																																															"\"who\":" V(
																																																															    "USER_SELECT",
																																																															    "[]") "~"
																																																																  "\"file\":" V("FILE", "[]") "~"
																																																																			      "\"calc\":" V(
																																																																				  "CALC", "\"0\"") "~"
																																																																						  "\"table\":" V("SUBTABLE", "[]") "~"
																																																																										   "\"$revision\":" V(
																																																																										       "__REVISION__",
																																																																										       "\"1\"") },
		    { ADD, NEW("k1", F("text", "\"ab\"")), "CB_VA01",
			BAD("record.key.value") },
		    { ADD, "{\"app\":21,\"record\":{" F("key", "\"\"") "}}",
			"CB_VA01", BAD("record.key.value") "~Required." },
		    { ADD, NEW("k2", F("text", "\"ab\"")), "200",
			"\"id\":\"2\"" },
		    /* what the service works out is passed over */
		    { ADD,
			NEW("k3",
			    F("calc", "\"5\"") "," F("auto", "\"x\"") "," F(
				"番号", "\"9\"") "," F("ステータス",
				"\"完了\"") "," F("name", "\"x\"") "," F("$id",
				"\"77\"") "," F("カテゴリー", "[\"a\"]")),
			"200", "\"id\":\"3\"" },
		    { GET, "{\"app\":21,\"id\":3}", "200",
			"\"番号\":" V("RECORD_NUMBER",
			    "\"T-3\"") "~"
				       "\"ステータス\":" V("STATUS",
					   "\"受付\"") "~"
						       "\"calc\":" V("CALC",
							   "\"0\"") "~"
								   "\"auto\""
								   ":" V(
								       "SINGLE_"
								       "LINE_"
								       "TEXT",
								       "\"k3!\"") "~"
									       "\"name\":" V(
										   "SINGLE_LINE_TEXT",
										   "\"\"") "~"
											   "\"$id\":" V(
											       "__ID__",
											       "\"3\"") },
		    /* creator and the like: only an administrator */
		    { ADD,
			NEW("k4",
			    F("作成者", "{\"code\":\"hana\"}") "," F(
				"作成日時", "\"2026-04-01T09:15:37+09:00\"")),
			"200", "\"id\":\"4\"" },
		    { GET, "{\"app\":21,\"id\":4}", "200",
			"{\"code\":\"hana\",\"name\":\"山田 花\"}~"
			"\"2026-04-01T00:15:00Z\"" },
		    { ADD " own", NEW("k5", F("作成者", "{\"code\":\"hana\"}")),
			"GAIA_NO01", NULL },
		    { ADD, NEW("k5", F("更新日時", "\"2999-01-01T00:00:00Z\"")),
			"CB_VA01", BAD("record.更新日時.value") },
		    { PUT, SET(F("作成者", "{\"code\":\"hana\"}")), "CB_VA01",
			BAD("record.作成者.value") },
		    /* a failed one uses no id up that is seen */
		    { ADD, NEW("k6", F("text", "\"ab\"")), "200", NULL },
		    { "GET records",
			"{\"app\":21,\"fields\":[\"key\"],"
			"\"query\":\"order by $id asc\"}",
			"200", "k1~k2~k3~k4~k6" },
	    };

	(void)state;
	play(rows, ROWS(rows));
}

/* A value of each type: what is stored, or the key of its problem. */
static void
values(void **state)
{
	static const struct {
		const char *field, *value, *want;
	} rows[] = {
		{ "text", "\"ab\"", "\"ab\"" },
		{ "text", "\"\"", "\"\"" },
		{ "text", "null", "\"\"" },
		{ "text", "1.50", "\"1.50\"" },
		{ "text", "\"a\"", "!record.text.value" },
		{ "text", "\"abcde\"", "\"abcde\"" },
		{ "text", "\"abcdef\"", "!record.text.value" },
		{ "text", "\"あい\\uD83D\\uDE00\"", "\"あい😀\"" },
		{ "text", "\"\\uD83D\\uDE00\\uD83D\\uDE00\\uD83D\\uDE00\"",
		    "!record.text.value" },
		{ "text", "[\"ab\"]", "!record.text.value" },
		{ "text", "{}", "!record.text.value" },
		{ "memo", "\"a\\nb\\r\\n\\t\\u2028\"",
		    "\"a\\nb\\r\\n\\t\xe2\x80\xa8\"" },
		{ "num", "\"12\"", "\"12\"" },
		{ "num", "12", "\"12\"" },
		{ "num", "1.10", "\"1.10\"" },
		{ "num", "\"1.5e1\"", "\"15\"" },
		{ "num", "\" 42 \"", "\"42\"" },
		{ "num", "\"+7\"", "\"7\"" },
		{ "num", "\"007\"", "\"7\"" },
		{ "num", "\"-0.004\"", "\"0\"" },
		{ "num", "\"1.005\"", "\"1\"" },
		{ "num", "\"1.015\"", "\"1.02\"" },
		{ "num", "\"1.0050001\"", "\"1.01\"" },
		{ "num", "\"99.999\"", "\"100\"" },
		{ "num", "\"-9.999\"", "\"-10\"" },
		{ "num", "\"\"", "\"\"" },
		{ "num", "null", "\"\"" },
		{ "num", "\"1000\"", "\"1000\"" },
		{ "num", "\"1000.01\"", "!record.num.value" },
		{ "num", "\"-10\"", "\"-10\"" },
		{ "num", "\"-10.01\"", "!record.num.value" },
		{ "num", "\"1,000\"", "!record[num].value" },
		{ "num", "\"abc\"", "!record[num].value" },
		{ "num", "\"１２\"", "!record[num].value" },
		{ "num", "true", "!record.num.value" },
		{ "price", "\"99999999\"", "\"\"" /* a lookup fills it in */ },
		{ "serial", "\"99999999.99\"", "\"99999999.99\"" },
		{ "serial", "\"100000000\"", "!record.serial.value" },
		{ "serial", "\"99999999.999\"", "!record.serial.value" },
		{ "serial", "\"\"", "\"\"" },
		{ "check", "[\"B\",\"A\"]", "[\"B\",\"A\"]" },
		{ "check", "[]", "[]" },
		{ "check", "[\"B\",\"C\"]", "!record.check.values[1].value" },
		{ "check", "\"B\"", "!record.check.value" },
		{ "check", "[1]", "!record.check.values[0].value" },
		{ "multi", "[\"N\"]", "[\"N\"]" },
		{ "multi", "null", "[]" },
		{ "radio", "\"Y\"", "\"Y\"" },
		{ "radio", "\"\"", "\"X\"" },
		{ "radio", "\"Z\"", "!record.radio.value" },
		{ "drop", "\"Q\"", "\"Q\"" },
		{ "drop", "\"\"", "null" },
		{ "drop", "null", "null" },
		{ "drop", "\"Z\"", "!record.drop.value" },
		{ "day", "\"2026-02-28\"", "\"2026-02-28\"" },
		{ "day", "\"2026-02-29\"", "!record.day.value" },
		{ "day", "\"2026/02/28\"", "!record.day.value" },
		{ "day", "\"0999-12-31\"", "!record.day.value" },
		{ "day", "\"\"", "null" },
		{ "day", "null", "null" },
		{ "hour", "\"23:59\"", "\"23:59\"" },
		{ "hour", "\"24:00\"", "!record.hour.value" },
		{ "hour", "\"9:00\"", "!record.hour.value" },
		{ "hour", "\"\"", "null" },
		{ "at", "\"2026-04-01T00:15:59Z\"",
		    "\"2026-04-01T00:15:00Z\"" },
		{ "at", "\"2026-04-01T00:15Z\"", "\"2026-04-01T00:15:00Z\"" },
		{ "at", "\"2026-04-01T09:15:00+0900\"",
		    "\"2026-04-01T00:15:00Z\"" },
		{ "at", "\"2026-04-01\"", "!record.at.value" },
		{ "at", "null", "\"\"" },
		{ "link", "\"https://a.example/?x=1&y\"",
		    "\"https://a.example/?x=1&y\"" },
		{ "who", "[{\"code\":\"taro\"},{\"code\":\"hana\",\"x\":1}]",
		    "[{\"code\":\"taro\",\"name\":\"鈴木 太郎\"},"
		    "{\"code\":\"hana\",\"name\":\"山田 花\"}]" },
		{ "who", "[]", "[]" },
		{ "who", "[{\"code\":\"nobody\"}]", "!GAIA_IL26" },
		{ "who", "[{}]", "!record.who.value" },
		{ "who", "{\"code\":\"taro\"}", "!record.who.value" },
		{ "org", "[{\"code\":\"soumu\"}]",
		    "[{\"code\":\"soumu\",\"name\":\"総務課\"}]" },
		{ "org", "[{\"code\":\"taro\"}]", "!GAIA_IL28" },
		{ "group", "[{\"code\":\"wg\"}]",
		    "[{\"code\":\"wg\",\"name\":\"班\"}]" },
		{ "file", "[]", "[]" },
		{ "file", "[{\"fileKey\":\"nowhere\"}]", "!GAIA_BL01" },
		{ "file", "[{}]", "!record.file.value" },
		{ "table", "{}", "!record.table.value" },
	};
	struct seki_buf b = SEKI_BUF_INIT;
	char body[400], want[400];
	const char *code;

	(void)state;
	code = ask("all", "POST", "record", NEW("k1", F("text", "\"ab\"")), &b);
	assert_string_equal(code, "200");
	for (size_t i = 0; i < ROWS(rows); i++) {
		(void)snprintf(body, sizeof(body),
		    "{\"app\":21,\"id\":1,\"record\":{\"%s\":{\"value\":%s}}}",
		    rows[i].field, rows[i].value);
		code = ask("all", "PUT", "record", body, &b);
		if (rows[i].want[0] == '!') {
			(void)snprintf(
			    want, sizeof(want), "\"%s\"", rows[i].want + 1);
			if (strcmp(code, "200") == 0 ||
			    strstr(b.p, want) == NULL)
				fail_msg("row %zu: %s: %s %.*s", i, body, code,
				    (int)b.n, b.p);
			continue;
		}
		if (strcmp(code, "200") != 0)
			fail_msg("row %zu: %s: %.*s", i, body, (int)b.n, b.p);
		(void)snprintf(
		    want, sizeof(want), "\"%s\":{\"type\":", rows[i].field);
		assert_string_equal(
		    ask("all", "GET", "record", FIRST, &b), "200");
		code = strstr(b.p, want);
		assert_non_null(code);
		code = strstr(code, "\"value\":") + 8;
		if (strncmp(code, rows[i].want, strlen(rows[i].want)) != 0)
			fail_msg("row %zu: %s: %.60s", i, body, code);
	}
	seki_buf_free(&b);
}

static void
changing(void **state)
{
	static const struct row rows[] = {
		{ ADD, NEW("k1", F("num", "\"5\"")), "200", NULL },
		{ ADD, NEW("k2", F("serial", "\"1.50\"")), "200", NULL },
		{ PUT, SET(F("text", "\"ab\"")), "200",
		    "{\"revision\":\"2\"}" },
		{ GET, FIRST, "200",
		    "\"text\":" V("SINGLE_LINE_TEXT",
			"\"ab\"") "~"
				  "\"num\":" V("NUMBER",
				      "\"5\"") "~"
					       "\"$revision\":" V(
						   "__REVISION__", "\"2\"") },
		{ PUT, "{\"app\":21,\"id\":1}", "200", "\"3\"" },
		{ PUT, "{\"app\":21,\"id\":\"1\",\"revision\":\"3\"}", "200",
		    "\"4\"" },
		{ PUT, "{\"app\":21,\"id\":1,\"revision\":3}", "GAIA_CO02",
		    NULL },
		{ PUT, "{\"app\":21,\"id\":1,\"revision\":-1}", "200",
		    "\"5\"" },
		{ PUT, "{\"app\":21,\"id\":1,\"revision\":\"x\"}", "CB_VA01",
		    BAD("revision") },
		{ PUT, "{\"app\":21,\"id\":9}", "GAIA_RE01", "(id: 9)" },
		{ PUT, "{\"app\":21}", "CB_VA01", BAD("id") },
		{ PUT, SET(F("key", "\"k2\"")), "CB_VA01",
		    BAD("record.key.value") "~another record" },
		{ PUT, SET(F("key", "\"k1\"")), "200", "\"6\"" },
		{ PUT, SET(F("key", "\"\"")), "CB_VA01",
		    BAD("record.key.value") "~Required." },
		{ PUT, SET(F("serial", "1.5")), "CB_VA01",
		    BAD("record.serial.value") },
	/* by a unique field */
#define KEY(f, v) "\"updateKey\":{\"field\":\"" f "\",\"value\":" v "}"
		{ PUT, "{\"app\":21," KEY("key", "\"k1\"") "}", "200",
		    "\"7\"" },
		{ PUT, "{\"app\":21," KEY("serial", "\"1.5\"") "}", "200",
		    "\"2\"" },
		{ PUT, "{\"app\":21," KEY("key", "\"no\"") "}", "GAIA_RE20",
		    NULL },
		{ PUT, "{\"app\":21," KEY("text", "\"ab\"") "}", "CB_VA01",
		    BAD("updateKey.field") },
		{ PUT, "{\"app\":21," KEY("nowhere", "\"ab\"") "}", "GAIA_IQ11",
		    NULL },
		{ PUT, "{\"app\":21,\"id\":1," KEY("key", "\"k1\"") "}",
		    "CB_VA01", BAD("updateKey") },
		{ PUT,
		    "{\"app\":21," KEY("key", "\"k1\"") ",\"record\":{" F(
			"key", "\"k9\"") "}}",
		    "CB_VA01", BAD("updateKey") },
		/* many: all or none */
		{ PUTS,
		    "{\"app\":21,\"records\":[{\"id\":1,\"record\":{" F(
			"num", "6") "}},{\"id\":2,\"record\":{" F("num",
			"\"x\"") "}}]}",
		    "CB_VA01", BAD("records[1][num].value") },
		{ GET, FIRST, "200", "\"num\":" V("NUMBER", "\"5\"") },
		{ PUTS,
		    "{\"app\":21,\"records\":[{\"id\":1,\"record\":{" F("num",
			"6") "}},{" KEY("key", "\"k2\"") ",\"revision\":2}]}",
		    "200",
		    "{\"records\":[{\"id\":\"1\",\"revision\":\"8\"},"
		    "{\"id\":\"2\",\"revision\":\"3\"}]}" },
		{ PUTS, "{\"app\":21,\"records\":[]}", "200",
		    "{\"records\":[]}" },
		{ PUTS, "{\"app\":21,\"records\":{}}", "CB_VA01",
		    BAD("records") },
		{ PUTS,
		    "{\"app\":21,\"upsert\":true,\"records\":[{" KEY(
			"key", "\"k1\"") "},{" KEY("key",
			"\"k3\"") ",\"record\":{" F("num",
			"1") "}},{\"id\":77,\"record\":{" F("key",
			"\"k4\"") "}}]}",
		    "200",
		    "\"id\":\"1\",\"revision\":\"9\",\"operation\":"
		    "\"UPDATE\"~\"id\":\"3\",\"revision\":\"1\",\"operation\":"
		    "\"INSERT\"~\"id\":\"4\"~INSERT" },
		{ GET, "{\"app\":21,\"id\":3}", "200",
		    "\"key\":" V("SINGLE_LINE_TEXT", "\"k3\"") },
		{ PUTS " edit", "{\"app\":21,\"upsert\":true,\"records\":[]}",
		    "GAIA_NO01", NULL },
		{ ADD " edit", NEW("k5", F("num", "1")), "GAIA_NO01", NULL },
		{ PUT " add", "{\"app\":21,\"id\":1}", "GAIA_NO01", NULL },
		{ DEL " edit", "{\"app\":21,\"ids\":[1]}", "GAIA_NO01", NULL },
	};

	(void)state;
	play(rows, ROWS(rows));
}

static void
deleting(void **state)
{
	static const struct row rows[] = {
		{ ADDS,
		    "{\"app\":21,\"records\":[{" F("key", "\"a\"") "},{" F(
			"key", "\"b\"") "},{" F("key", "\"c\"") "}]}",
		    "200",
		    "{\"ids\":[\"1\",\"2\",\"3\"],"
		    "\"revisions\":[\"1\",\"1\",\"1\"]}" },
		{ DEL, "{\"app\":21,\"ids\":[]}", "CB_VA01", BAD("ids") },
		{ DEL, "{\"app\":21,\"ids\":[1,9]}", "GAIA_RE01", NULL },
		{ DEL, "{\"app\":21,\"ids\":[\"x\"]}", "CB_VA01", BAD("ids") },
		{ DEL, "{\"app\":21,\"ids\":[1,2],\"revisions\":[1,2]}",
		    "GAIA_CO02", NULL },
		{ GET, FIRST, "200", NULL },
		{ DEL, "{\"app\":21,\"ids\":[1,3],\"revisions\":[null,-1]}",
		    "200", "{}" },
		{ GET, FIRST, "GAIA_RE01", NULL },
		/* an id is never used again, a value is free again */
		{ ADD, NEW("a", F("num", "1")), "200", "\"id\":\"4\"" },
		{ ADDS,
		    "{\"app\":21,\"records\":[{" F("key", "\"d\"") "},{" F(
			"key", "\"d\"") "}]}",
		    "CB_VA01", BAD("records[1].key.value") },
		{ ADDS, "{\"app\":21,\"records\":[]}", "200",
		    "{\"ids\":[],\"revisions\":[]}" },
	};

	(void)state;
	play(rows, ROWS(rows));
}

/* A hundred records are one too few for a refusal. */
static void
batch(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT, body = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	for (int n = 100; n <= 101; n++) {
		seki_buf_reset(&body);
		seki_buf_str(&body, "{\"app\":22,\"records\":[{}", &err);
		for (int i = 1; i < n; i++)
			seki_buf_str(&body, ",{}", &err);
		seki_buf_str(&body, "]}", &err);
		assert_string_equal(ask("all", "POST", "records", body.p, &b),
		    n == 100 ? "200" : "CB_VA01");
	}
	seki_buf_free(&b);
	seki_buf_free(&body);
}

#define ITEM(v) "{\"value\":{" F("item", "\"" v "\"") "}}"
#define ROW(id, more) "{\"id\":\"" id "\",\"value\":{" more "}}"
#define TABLE(rows) SET("\"table\":{\"value\":[" rows "]}")

static void
tables(void **state)
{
	static const struct row rows[] = {
		{ ADD,
		    NEW("k", "\"table\":{\"value\":[" ITEM("one") "," ITEM(
				 "two") "]}"),
		    "200", NULL },
		{ GET, FIRST, "200",
		    "{\"id\":\"2000000000\",\"value\":{\"item\":" V(
			"SINGLE_LINE_TEXT", "\"one\"") ",\"qty\":" V("NUMBER",
			"\"\"") ",\"ok\":" V("RADIO_BUTTON",
			"\"no\"") "~\"2000000001\"~two" },
		/* kept with what it does not say; a new one; one gone */
		{ PUT, TABLE(ROW("2000000001", F("qty", "3")) "," ITEM("new")),
		    "200", NULL },
		{ GET, FIRST, "200",
		    "\"value\":[{\"id\":\"2000000001\",\"value\":{\"item\":" V(
			"SINGLE_LINE_TEXT", "\"two\"") ",\"qty\":" V("NUMBER",
			"\"3\"") "~{\"id\":\"2000000002\"~new" },
		/* not given: untouched; unknown id: a new row */
		{ PUT, SET(F("num", "1")), "200", NULL },
		{ GET, FIRST, "200", "2000000001~2000000002" },
		{ PUT, TABLE(ROW("77", F("item", "\"x\""))), "200", NULL },
		{ GET, FIRST, "200",
		    "\"table\":{\"type\":\"SUBTABLE\",\"value\":[{\"id\":"
		    "\"2000000003\"" },
		/* no number is silently empty */
		{ PUT, TABLE(ROW("2000000003", F("qty", "\"abc\""))), "200",
		    NULL },
		{ GET, FIRST, "200", "\"qty\":" V("NUMBER", "\"\"") },
		{ PUT,
		    TABLE(ROW("2000000003", F("qty", "1")) "," ROW(
			"2000000003", F("qty", "2"))),
		    "GAIA_SI01", "2000000003" },
		{ PUT, TABLE(ROW("x", F("qty", "1"))), "CB_IJ01", NULL },
		{ PUT, TABLE("{\"value\":{}}"), "CB_VA01",
		    BAD("record.table.value[0].value.item.value") },
		{ PUT,
		    TABLE(ITEM("a") ",{\"value\":{" F("item", "\"b\"") "," F(
			"marks", "[\"1\",\"9\"]") "}}"),
		    "CB_VA01",
		    BAD("record.table.value[1].value.marks.values[1].value") },
		{ PUT,
		    TABLE("{\"value\":{" F("item", "\"a\"") "," F(
			"part", "\"A-2\"") "}}"),
		    "200", NULL },
		{ GET, FIRST, "200",
		    "\"partname\":" V("SINGLE_LINE_TEXT", "\"椅子\"") },
		{ PUT, TABLE(""), "200", NULL },
		{ GET, FIRST, "200", "\"table\":" V("SUBTABLE", "[]") },
	};

	(void)state;
	play(rows, ROWS(rows));
}

static void
lookups(void **state)
{
	static const struct row rows[] = {
		{ ADD, NEW("k", F("code", "\"A-1\"") "," F("name", "\"mine\"")),
		    "200", NULL },
		{ GET, FIRST, "200",
		    "\"code\":" V("SINGLE_LINE_TEXT", "\"A-1\"") "~\"name\":" V(
			"SINGLE_LINE_TEXT", "\"机\"") "~\"price\":" V("NUMBER",
			"\"1200\"") },
		{ PUT, SET(F("code", "\"A-2\"")), "200", NULL },
		{ GET, FIRST, "200",
		    "\"name\":" V("SINGLE_LINE_TEXT",
			"\"椅子\"") "~\"price\":" V("NUMBER", "\"\"") },
		/* without the key the copies stay, also when written to */
		{ PUT, SET(F("name", "\"x\"")), "200", NULL },
		{ GET, FIRST, "200",
		    "\"name\":" V("SINGLE_LINE_TEXT", "\"椅子\"") },
		{ PUT, SET(F("code", "\"A-9\"")), "GAIA_LO04", "A-9" },
		{ PUT, SET(F("loose", "\"1200\"")), "GAIA_LO03", NULL },
		/* its source is another app: its token is needed too */
		{ PUT " own", SET(F("code", "\"A-1\"")), "GAIA_IA02", NULL },
		{ PUT " own,src", SET(F("code", "\"A-1\"")), "200", NULL },
		{ PUT " own", SET(F("code", "\"\"")), "200", NULL },
		{ GET, FIRST, "200",
		    "\"name\":" V("SINGLE_LINE_TEXT", "\"\"") "~\"price\":" V(
			"NUMBER", "\"\"") },
		/* a source that is not here takes any key */
		{ PUT, SET(F("far", "\"Z\"") "," F("farname", "\"ab\"")), "200",
		    NULL },
		{ GET, FIRST, "200",
		    "\"far\":" V("SINGLE_LINE_TEXT", "\"Z\"") "~\"farname\":" V(
			"SINGLE_LINE_TEXT", "\"ab\"") },
	};

	(void)state;
	play(rows, ROWS(rows));
}

/* Numbers to so many places, by each mode. */
static void
rounding(void **state)
{
	static const struct {
		const char *in;
		const char *even, *up, *down;
	} rows[] = {
		{ "0.125", "0.12", "0.13", "0.12" },
		{ "0.135", "0.14", "0.14", "0.13" },
		{ "-0.125", "-0.12", "-0.13", "-0.12" },
		{ "0.1251", "0.13", "0.13", "0.12" },
		{ "0.994", "0.99", "1", "0.99" },
		{ "9.999", "10", "10", "9.99" },
		{ "-99.996", "-100", "-100", "-99.99" },
		{ "0.001", "0", "0.01", "0" },
		{ "-0.001", "0", "-0.01", "0" },
		{ "1.10", "1.10", "1.10", "1.10" },
		{ "1.100", "1.1", "1.1", "1.1" },
		{ "12345678", "12345678", "12345678", "12345678" },
		{ "1e3", "1000", "1000", "1000" },
	};
	static const char *const mode[] = { "HALF_EVEN", "UP", "DOWN" };
	struct seki_cloud_app a = { .digits = 10, .places = 2 };
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		for (size_t m = 0; m < 3; m++) {
			const char *want = m == 0   ? rows[i].even
					   : m == 1 ? rows[i].up
						    : rows[i].down;

			a.rounding = mode[m];
			seki_buf_reset(&b);
			assert_int_equal(seki_cloud_number(&a, rows[i].in,
					     strlen(rows[i].in), &b, &err),
			    0);
			if (strcmp(b.p, want) != 0)
				fail_msg("%s %s: %s", rows[i].in, mode[m], b.p);
		}
	a.places = 0;
	a.rounding = "HALF_EVEN";
	seki_buf_reset(&b);
	assert_int_equal(seki_cloud_number(&a, "2.5", 3, &b, &err), 0);
	assert_string_equal(b.p, "2");
	seki_buf_free(&b);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(adding), T(values), T(changing),
		T(deleting), T(batch), T(tables), T(lookups),
		cmocka_unit_test(rounding) };
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
