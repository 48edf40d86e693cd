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

#include "cloud_int.h"

#define SAMPLES "tests/data/record-api-samples"
#define ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define JSON "application/json"

static struct seki_cloud *cloud;
static char tokens[] = "/tmp/seki-test-cloud.XXXXXX";

/* App 1 of 30 generated records, app 11 as the samples say, app 12 the same
 * without the field 件名. */
static int
setup(void **state)
{
	static const char text[] = "# made up\n11:eleven\n12:twelve\nany\n"
				   "11:eleven2 add,edit\n1:one view\n";
	struct seki_err err = SEKI_ERR_INIT;
	int fd = mkstemp(tokens);

	(void)state;
	if (fd == -1 || write(fd, text, sizeof(text) - 1) != sizeof(text) - 1 ||
	    close(fd) == -1)
		return -1;
	if ((cloud = seki_cloud_open(NULL, "/tmp", &err)) == NULL ||
	    seki_cloud_generate(cloud, "soudan:30", 1, 0, &err) == -1 ||
	    seki_cloud_load(cloud, SAMPLES, 0, &err) == -1 ||
	    seki_cloud_load(cloud, SAMPLES, 12, &err) == -1 ||
	    seki_cloud_hide(cloud, "12:件名", &err) == -1 ||
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

/* The answer: its code, "200" or "404", and the body in *b. */
static const char *
ask(const struct seki_cloud_request *q, struct seki_buf *b)
{
	struct seki_cloud_fault fault = { .code = SEKI_CLOUD_OK };
	struct seki_err err = SEKI_ERR_INIT;
	int r = seki_cloud_api(cloud, q, b, &fault, &err);

	if (r == 1)
		return "404";
	if (r == 0)
		return "200";
	if (fault.code == SEKI_CLOUD_OK)
		return seki_err_word(err.reason);
	seki_buf_reset(b);
	assert_int_equal(seki_cloud_error_body(&fault, 1, b, &err), 0);
	return seki_cloud_error_word(fault.code);
}

#define R "/k/v1/records.json"
#define GET(p, a) TOKEN("any", p, a)
#define TOKEN(t, p, a)                                                         \
	{                                                                      \
		.method = "GET", .path = (p), .args = (a), .tokens = (t)       \
	}
#define BODY(m, o, t, b)                                                       \
	{                                                                      \
		.method = m, .path = R, .args = "", .tokens = "any",           \
		.override = o, .type = t, .body = b, .nbody = sizeof(b) - 1    \
	}

static void
requests(void **state)
{
	static const struct {
		struct seki_cloud_request q;
		const char *code, *has; /* has: a piece of the body */
	} rows[] = {
		{ GET(R, "app=11"), "200", "\"totalCount\":null}" },
		{ GET(R, "app=11&totalCount=true"), "200",
		    "\"totalCount\":\"6\"}" },
		{ GET(R, "app=11&fields%5B0%5D=%24id&query=limit+1"), "200",
		    "{\"records\":[{\"$id\":{\"type\":\"__ID__\","
		    "\"value\":\"6\"}}],\"totalCount\":null}" },
		{ GET(R, "app=11&fields[0]=nowhere&query=limit%201"), "200",
		    "{\"records\":[{}],\"totalCount\":null}" },
		{ GET(R, "app=11&query=limit%200&totalCount=true"), "200",
		    "{\"records\":[],\"totalCount\":\"6\"}" },
		{ GET(R, "app=11&fields[100]=a"), "CB_VA01",
		    "\"errors\":{\"fields\"" },
		{ GET(R, "app=11&totalCount=maybe"), "CB_VA01",
		    "\"errors\":{\"totalCount\"" },
		{ GET(R, ""), "CB_VA01", "\"errors\":{\"app\"" },
		{ GET(R, "app=x"), "CB_VA01", "\"errors\":{\"app\"" },
		{ GET(R, "app=0"), "CB_VA01", "\"errors\":{\"app\"" },
		{ GET(R, "app=-11"), "CB_VA01", "\"errors\":{\"app\"" },
		{ GET(R, "app=11&query=%4"), "CB_IL02", NULL },
		{ GET(R, "app=11&query=%zz"), "CB_IL02", NULL },
		{ GET(R, "app=11&query=%ff"), "CB_IL02", NULL },
		{ GET(R, "app=99"), "GAIA_AP01", "(id: 99)" },
		{ GET("/k/v1/record.json", "app=11&id=3"), "200",
		    "{\"record\":{" },
		{ GET("/k/v1/record.json", "app=11&id=7"), "GAIA_RE01",
		    "(id: 7)" },
		{ GET("/k/v1/record.json", "app=11"), "CB_VA01",
		    "\"errors\":{\"id\"" },
		{ GET("/k/v1/app.json", "id=12"), "200", "\"appId\":\"12\"" },
		{ GET("/k/v1/app.json", "app=12"), "CB_VA01",
		    "\"errors\":{\"id\"" },
		{ GET("/k/v1/app/form/fields.json", "app=1&lang=ja"), "200",
		    "\"properties\"" },
		{ GET("/k/v1/app/form/layout.json", "app=1"), "200",
		    "\"layout\"" },
		{ GET("/k/v1/app/settings.json", "app=1"), "200",
		    "\"firstMonthOfFiscalYear\"" },
		{ GET("/k/v1/app/status.json", "app=1"), "200",
		    "\"enable\":true" },
		{ GET("/k/v1/app/status.json", "app=11"), "200",
		    "\"states\":null" },
		{ GET("/k/v1/app/settings.json", "app=11"), "CB_NO02", NULL },
		{ GET("/k/v1/apps.json", ""), "GAIA_NO01", NULL },
		{ GET("/k/v1/nothing.json", ""), "404", NULL },
		{ GET("/k/v1/records", ""), "404", NULL },
		{ GET("/", ""), "404", NULL },
		{ GET("/k/guest/x/v1/records.json", ""), "404", NULL },
		{ GET("/k/guest/3/v1/records.json", "app=11"), "CB_NO02",
		    NULL },
		{ TOKEN(NULL, R, "app=11"), "CB_AU01", NULL },
		{ TOKEN("", R, "app=11"), "CB_AU01", NULL },
		{ TOKEN("wrong", R, "app=11"), "GAIA_IA02", NULL },
		{ TOKEN("eleve", R, "app=11"), "GAIA_IA02", NULL },
		{ TOKEN("twelve", R, "app=11"), "GAIA_IA02", NULL },
		{ TOKEN("twelve,eleven", R, "app=11"), "200", NULL },
		{ TOKEN("twelve, eleven", R, "app=11"), "200", NULL },
		{ TOKEN("eleven,wrong", R, "app=11"), "GAIA_IA02", NULL },
		{ TOKEN("eleven,eleven", R, "app=11"), "GAIA_DA03", NULL },
		{ TOKEN("eleven,eleven2", R, "app=11"), "GAIA_DA03", NULL },
		{ TOKEN("a,b,c,d,e,f,g,h,i,j", R, "app=11"), "GAIA_IA02",
		    NULL },
		{ TOKEN("eleven2", R, "app=11"), "GAIA_NO01", NULL },
		{ TOKEN("eleven2", "/k/v1/app/form/fields.json", "app=11"),
		    "200", NULL },
		{ TOKEN("one", R, "app=1"), "200", NULL },
		{ { .method = "GET",
		      .path = R,
		      .args = "app=11",
		      .tokens = "any",
		      .password = "dGVzdA==" },
		    "CB_WA01", NULL },
		{ { .method = "GET",
		      .path = R,
		      .args = "app=11",
		      .tokens = "any",
		      .type = JSON },
		    "CB_IL02", NULL },
		{ BODY("GET", NULL, JSON, "{\"app\":11}"), "200", NULL },
		{ BODY("GET", NULL, JSON ";charset=utf-8", "{\"app\":\"11\"}"),
		    "200", NULL },
		{ BODY("GET", NULL, NULL, "{\"app\":11}"), "CB_IL02", NULL },
		{ BODY("GET", NULL, "text/plain", "{\"app\":11}"), "CB_IL02",
		    NULL },
		{ BODY("GET", NULL, "application/jsonx", "{\"app\":11}"),
		    "CB_IL02", NULL },
		{ BODY("POST", "GET", JSON,
		      "{\"app\":11,\"fields\":[\"$id\"],\"totalCount\":true,"
		      "\"query\":\"$id < 2\"}"),
		    "200",
		    "{\"records\":[{\"$id\":{\"type\":\"__ID__\","
		    "\"value\":\"1\"}}],\"totalCount\":\"1\"}" },
		{ BODY("POST", "GET", JSON,
		      "{\"app\":11,\"totalCount\":\"true\"}"),
		    "200", "\"totalCount\":\"6\"}" },
		{ BODY("POST", "GET", JSON, "{\"app\":11,\"fields\":[]}"),
		    "200", "{\"records\":[{},{},{},{},{},{}]," },
		{ BODY("POST", "GET", JSON, "{\"app\":[]}"), "CB_VA01",
		    "\"errors\":{\"app\"" },
		{ BODY("POST", "GET", JSON, "{\"app\":11,\"fields\":\"a\"}"),
		    "CB_VA01", "\"errors\":{\"fields\"" },
		{ BODY("POST", "GET", JSON, "{\"app\":11,\"fields\":[1]}"),
		    "CB_VA01", "\"errors\":{\"fields\"" },
		{ BODY("POST", "GET", JSON, "{\"app\":11"), "CB_IJ01", NULL },
		{ BODY("POST", "GET", JSON, "[]"), "CB_IJ01", NULL },
		{ BODY("POST", "GET", JSON, "{\"app\":11,\"app\":12}"),
		    "CB_IJ01", NULL },
		{ BODY("POST", "GET", JSON, ""), "CB_IJ01", NULL },
		{ BODY("POST", "get", JSON, "{\"app\":11}"), "CB_IL02", NULL },
		{ BODY("POST", "PUT", JSON, "{\"app\":11}"), "CB_VA01",
		    "\"errors\":{\"records\"" },
		{ BODY("POST", NULL, JSON, "{\"app\":11}"), "CB_VA01",
		    "\"errors\":{\"records\"" },
		{ BODY("DELETE", NULL, JSON, "{\"app\":11}"), "CB_VA01",
		    "\"errors\":{\"ids\"" },
		{ BODY("PATCH", NULL, JSON, "{\"app\":11}"), "GAIA_NO01",
		    NULL },
	};
	struct seki_buf b = SEKI_BUF_INIT;
	const char *code;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		seki_buf_reset(&b);
		code = ask(&rows[i].q, &b);
		if (strcmp(code, rows[i].code) != 0)
			fail_msg("row %zu: %s?%s: %s", i, rows[i].q.path,
			    rows[i].q.args, code);
		if (rows[i].has != NULL &&
		    (b.p == NULL || strstr(b.p, rows[i].has) == NULL))
			fail_msg("row %zu: %.*s", i, (int)b.n, b.p);
	}
	seki_buf_free(&b);
}

/* Ten good tokens are one too many. */
static void
nine_tokens(void **state)
{
	char file[] = "/tmp/seki-test-cloud.XXXXXX";
	struct seki_cloud_fault fault = { .code = SEKI_CLOUD_OK };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_cloud_auth *a;
	FILE *f = fdopen(mkstemp(file), "w");

	(void)state;
	for (int i = 1; i <= 10; i++)
		fprintf(f, "%d:t%d\n", i, i);
	fclose(f);
	a = seki_cloud_auth_open(file, &err);
	assert_non_null(a);
	assert_int_equal(
	    seki_cloud_auth_known(a, "t1,t2,t3,t4,t5,t6,t7,t8,t9", &fault), 0);
	assert_int_equal(
	    seki_cloud_auth_known(a, "t1,t2,t3,t4,t5,t6,t7,t8,t9,t10", &fault),
	    -1);
	assert_int_equal(fault.code, SEKI_CLOUD_CB_IL02);
	seki_cloud_auth_free(a);
	unlink(file);
}

static void
token_files(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		int ok;
		enum seki_reason reason;
	} rows[] = {
		{ "t\n", 0600, 1, SEKI_OK },
		{ "t", 0400, 1, SEKI_OK },
		{ "1:t view,add\n\n# x\nu\n", 0600, 1, SEKI_OK },
		{ "t\n", 0644, 0, SEKI_UNSAFE },
		{ "", 0600, 0, SEKI_CONFIG },
		{ "# only\n", 0600, 0, SEKI_CONFIG },
		{ "x:t\n", 0600, 0, SEKI_CONFIG },
		{ "1:\n", 0600, 0, SEKI_CONFIG },
		{ "1:a:b\n", 0600, 0, SEKI_CONFIG },
		{ "t look\n", 0600, 0, SEKI_CONFIG },
		{ "t view,\n", 0600, 0, SEKI_CONFIG },
		{ "t \n", 0600, 0, SEKI_CONFIG },
		{ "a,b\n", 0600, 0, SEKI_CONFIG },
	};
	struct seki_cloud_auth *a;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		char file[] = "/tmp/seki-test-cloud.XXXXXX";
		FILE *f = fdopen(mkstemp(file), "w");

		fputs(rows[i].text, f);
		fclose(f);
		chmod(file, rows[i].mode);
		a = seki_cloud_auth_open(file, &err);
		if ((a != NULL) != rows[i].ok || err.reason != rows[i].reason)
			fail_msg("row %zu: %s", i, err.text);
		seki_cloud_auth_free(a);
		unlink(file);
	}
}

/* The ids a query finds, or the code of its refusal. */
static void
find(uint64_t app, const char *query, char *out, size_t size)
{
	struct seki_buf body = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	struct seki_cloud_request q = { .method = "POST",
		.path = R,
		.args = "",
		.override = "GET",
		.type = JSON,
		.tokens = "any" };
	json_t *doc, *rec;
	const char *code;
	size_t i, n = 0;

	doc = json_pack("{s:I,s:s,s:[s],s:b}", "app", (json_int_t)app, "query",
	    query, "fields", "$id", "totalCount", 1);
	assert_non_null(doc);
	q.body = json_dumps(doc, 0);
	q.nbody = strlen(q.body);
	json_decref(doc);
	code = ask(&q, &b);
	*out = '\0';
	if (strcmp(code, "200") != 0)
		snprintf(out, size, "%s", code);
	else {
		doc = json_loadb(b.p, b.n, 0, NULL);
		assert_non_null(doc);
		json_array_foreach(json_object_get(doc, "records"), i,
		    rec) n += (size_t)snprintf(out + n, size - n, "%s%s",
		    n > 0 ? " " : "",
		    json_string_value(
			json_object_get(json_object_get(rec, "$id"), "value")));
		snprintf(out + n, size - n, "/%s",
		    json_string_value(json_object_get(doc, "totalCount")));
		json_decref(doc);
	}
	free((void *)(uintptr_t)q.body);
	seki_buf_free(&body);
	seki_buf_free(&b);
}

/* Found ids in order, then how many there are in all. */
static const struct {
	const char *query, *want;
} queries[] = {
	{ "", "6 5 4 3 2 1/6" },
	{ "order by $id asc", "1 2 3 4 5 6/6" },
	{ "$id > 3 order by $id asc limit 500", "4 5 6/3" },
	{ "$id > \"3\" order by $id asc limit 2", "4 5/3" },
	{ "$id >= 3 and $id < 5 order by $id asc", "3 4/2" },
	{ "$id = 3", "3/1" },
	{ "$id != 3", "6 5 4 2 1/5" },
	{ "$id > -1 order by $id asc limit 1", "1/6" },
	{ "$id < 0", "/0" },
	{ "$id > 999999999999", "/0" },
	{ "$id > 3.5", "6 5 4/3" },
	{ "$id in (1, \"2\", 9)", "2 1/2" },
	{ "$id not in (1,2)", "6 5 4 3/4" },
	{ "order by $id asc limit 2 offset 3", "4 5/6" },
	{ "order by $id desc offset 4", "2 1/6" },
	{ "limit 0", "/6" },
	{ "offset 10000", "/6" },
	{ "担当者 in (LOGINUSER())", "/0" },
	{ "担当者 in (LOGINUSER(), \"kato_m\")", "1/1" },
	{ "受付日 < FROM_TODAY(-90000, DAYS)", "4/1" },
	{ "レコード番号 > 4", "6 5/2" },
	{ "概算費用 > 100", "5 1/2" },
	{ "概算費用 >= \"48000\"", "5 1/2" },
	{ "概算費用 = 48000.0", "1/1" },
	{ "概算費用 = 4.8E4", "1/1" },
	{ "概算費用 < 0", "4/1" },
	{ "概算費用 > 12345678901234567889", "5/1" },
	{ "概算費用 > 12345678901234567890", "/0" },
	{ "概算費用 in (\"\")", "6 3 2/3" },
	{ "概算費用 = \"\"", "6 3 2/3" },
	{ "概算費用 != \"\"", "5 4 1/3" },
	{ "精密値 < -98765432109876543210.0123456788", "5/1" },
	{ "精密値 < -98765432109876543210.0123456789", "/0" },
	{ "精密値 = 0", "4/1" },
	{ "件名 = \"桁数の大きい計測値\"", "5/1" },
	{ "件名 like \"ベンチ\"", "1/1" },
	{ "件名 not like \"ベンチ\" and $id < 3", "2/1" },
	{ "件名 in (\"\", \"桁数の大きい計測値\")", "5 2/2" },
	{ "件名 = \"=HYPERLINK(\\\"https://www.example.jp/\\\","
	  "\\\"こちら\\\")\"",
	    "4/1" },
	{ "申出内容 is empty", "5 2/2" },
	{ "申出内容 is not empty", "6 4 3 1/4" },
	{ "申出内容 like \"\\t=cmd\"", "4/1" },
	{ "緊急度 in (\"中\")", "6 1/2" },
	{ "緊急度 in (\"\")", "2/1" },
	{ "緊急度 not in (\"中\", \"低\")", "4 2/2" },
	{ "対応区分 in (\"応急処置\", \"業者手配\")", "4 1/2" },
	{ "対応区分 not in (\"応急処置\")", "6 5 4 3 2/5" },
	{ "受付日 = \"2026-04-02\"", "3/1" },
	{ "受付日 < \"2026-04-02\"", "4 1/2" },
	{ "受付時刻 >= \"15:05\"", "6 3/2" },
	{ "更新日時 >= \"2026-04-08T05:42:00Z\"", "6 5 1/3" },
	{ "更新日時 > \"2026-04-08T14:42:00+0900\"", "6 5/2" },
	{ "更新日時 >= \"2026-04-08T14:42:00+09:00\"", "6 5 1/3" },
	{ "期限日時 < \"2026-04-16T00:00:00Z\"", "2 1/2" },
	{ "期限日 = \"2026-04-15\"", "2 1/2" },
	{ "担当者 in (\"kato_m\")", "1/1" },
	{ "担当者 not in (\"kato_m\")", "6 5 4 3 2/5" },
	{ "担当者 in (\"guest/tanaka@example.com\")", "3/1" },
	{ "ステータス = \"未処理\"", "6 3 2/3" },
	{ "ステータス not in (\"未処理\")", "5 4 1/3" },
	{ "添付資料 like \"同名\"", "3/1" },
	{ "添付資料 is empty", "6 5 4 2/4" },
	{ "品目 in (\"流量計\", \"座面板\")", "5 1/2" },
	{ "品目 not in (\"座面板\")", "5 4 3/3" },
	{ "数量 > 10", "1/1" },
	{ "支払区分 in (\"完了払\")", "1/1" },
	/* one row must satisfy what and joins */
	{ "品目 in (\"座面板\") and 数量 > 10", "/0" },
	{ "品目 in (\"座面板\") and 数量 < 10", "1/1" },
	{ "品目 in (\"座面板\") or 数量 > 10", "1/1" },
	{ "(品目 in (\"座面板\")) and ($id > 0 and 数量 > 10)", "/0" },
	{ "支払区分 in (\"完了払\") and 数量 <= 4 and 品目 like \"座\"", "1/1" },
	{ "ステータス = \"未処理\" and 緊急度 in (\"中\")", "6/1" },
	{ "緊急度 in (\"高\") or ステータス = \"完了\" and $id > 5", "4/1" },
	{ "(緊急度 in (\"高\") or ステータス = \"完了\") and $id >= 5", "5/1" },
	{ "($id > 2 and ($id < 6)) order by $id asc", "3 4 5/3" },
	{ "$id > 2　and\n$id < 4", "3/1" },
	{ "order by 概算費用 asc, $id asc", "2 3 6 4 1 5/6" },
	{ "order by 概算費用 desc, $id asc", "5 1 4 2 3 6/6" },
	{ "order by 緊急度 asc limit 3", "2 6 1/6" },
	{ "order by 更新日時 desc limit 2 offset 1", "5 1/6" },
	{ "ステータス = \"未処理\" order by 受付日 desc", "6 3 2/3" },
	/* refused */
	{ "limit 501", "GAIA_QU01" },
	{ "limit 99999999999999999999", "GAIA_QU01" },
	{ "offset 10001", "GAIA_QU02" },
	{ "limit -1", "CB_VA01" },
	{ "limit", "CB_VA01" },
	{ "limit \"5\"", "CB_VA01" },
	{ "limit 1 limit 2", "CB_VA01" },
	{ "offset 1 limit 2", "CB_VA01" },
	{ "$id >", "CB_VA01" },
	{ "$id > 3 and", "CB_VA01" },
	{ "$id > 3 $id < 5", "CB_VA01" },
	{ "$id ! 3", "CB_VA01" },
	{ "$id > abc", "CB_VA01" },
	{ "$id > \"abc\"", "CB_VA01" },
	{ "$id in ()", "CB_VA01" },
	{ "$id in (1,)", "CB_VA01" },
	{ "$id in (1", "CB_VA01" },
	{ "$id in 1", "CB_VA01" },
	{ "($id > 3", "CB_VA01" },
	{ "$id > 3)", "CB_VA01" },
	{ "()", "CB_VA01" },
	{ "\"$id\" > 3", "CB_VA01" },
	{ "件名 = \"", "CB_VA01" },
	{ "件名 = \"\\x\"", "CB_VA01" },
	{ "件名 = \"a\nb\"", "CB_VA01" },
	{ "件名 = あ", "CB_VA01" },
	{ "件名 = ", "CB_VA01" },
	{ "件名 not = \"a\"", "CB_VA01" },
	{ "申出内容 is", "CB_VA01" },
	{ "order by", "CB_VA01" },
	{ "order $id", "CB_VA01" },
	{ "order by $id up", "CB_VA01" },
	{ "order by 対応区分 asc", "CB_VA01" },
	{ "order by 数量 asc", "CB_VA01" },
	{ "order by nowhere asc", "GAIA_IQ11" },
	{ "受付日 = TODAY", "CB_VA01" },
	{ "受付日 = TODAY(", "CB_VA01" },
	{ "受付日 = TODAY(1)", "GAIA_IL08" },
	{ "受付日 = NOW()", "CB_VA01" },
	{ "受付日 = NOWHERE()", "CB_VA01" },
	{ "受付日 = FROM_TODAY(1)", "GAIA_IL08" },
	{ "受付日 = FROM_TODAY(1, HOURS)", "GAIA_IQ25" },
	{ "受付日 = FROM_TODAY(x, DAYS)", "GAIA_IL08" },
	{ "受付日 = THIS_MONTH(32)", "GAIA_IQ23" },
	{ "受付日 = THIS_WEEK(MOONDAY)", "GAIA_IL08" },
	{ "受付時刻 = TODAY()", "CB_VA01" },
	{ "件名 = LOGINUSER()", "CB_VA01" },
	{ "件名 in (LOGINUSER())", "CB_VA01" },
	{ "受付日 = \"2026-02-30\"", "CB_VA01" },
	{ "受付時刻 = \"25:00\"", "CB_VA01" },
	{ "更新日時 > \"yesterday\"", "CB_VA01" },
	{ "更新日時 > \"2026-04-08\"", "CB_VA01" },
	{ "nowhere = 1", "GAIA_IQ11" },
	{ "$revision = 1", "GAIA_IQ11" },
	{ "一覧.件名 = \"a\"", "GAIA_IR02" },
	{ "緊急度 = \"中\"", "GAIA_IQ03" },
	{ "件名 > \"a\"", "GAIA_IQ03" },
	{ "申出内容 = \"a\"", "GAIA_IQ03" },
	{ "更新日時 in (\"2026-04-08T05:42:00Z\")", "GAIA_IQ03" },
	{ "添付資料 = \"a\"", "GAIA_IQ03" },
	{ "作業明細 in (\"a\")", "GAIA_IQ03" },
	{ "内部情報 = \"a\"", "GAIA_IQ03" },
	{ "件名 is empty", "GAIA_IQ03" },
	{ "品目 = \"a\"", "GAIA_IQ07" },
	{ "数量 != 1", "GAIA_IQ07" },
	{ "緊急度 in (\"なし\")", "GAIA_IQ10" },
};

static void
query(void **state)
{
	char got[256];

	(void)state;
	for (size_t i = 0; i < ROWS(queries); i++) {
		find(11, queries[i].query, got, sizeof(got));
		if (strcmp(got, queries[i].want) != 0)
			fail_msg("%s: %s, not %s", queries[i].query, got,
			    queries[i].want);
	}
}

/* On Friday 2026-02-27, 23:30 UTC, which is Saturday in Japan. */
static void
functions(void **state)
{
	static const struct {
		struct seki_cloud_func f;
		const char *from, *to; /* days in Japan; to: not in it */
	} rows[] = {
		{ { "TODAY", { "" }, 0 }, "2026-02-28", "2026-03-01" },
		{ { "YESTERDAY", { "" }, 0 }, "2026-02-27", "2026-02-28" },
		{ { "TOMORROW", { "" }, 0 }, "2026-03-01", "2026-03-02" },
		{ { "THIS_WEEK", { "" }, 0 }, "2026-02-22", "2026-03-01" },
		{ { "LAST_WEEK", { "" }, 0 }, "2026-02-15", "2026-02-22" },
		{ { "NEXT_WEEK", { "MONDAY" }, 1 }, "2026-03-02",
		    "2026-03-03" },
		{ { "THIS_MONTH", { "" }, 0 }, "2026-02-01", "2026-03-01" },
		{ { "THIS_MONTH", { "LAST" }, 1 }, "2026-02-28", "2026-03-01" },
		{ { "THIS_MONTH", { "31" }, 1 }, "2026-03-01", "2026-03-02" },
		{ { "LAST_MONTH", { "31" }, 1 }, "2026-01-31", "2026-02-01" },
		{ { "NEXT_MONTH", { "" }, 0 }, "2026-03-01", "2026-04-01" },
		{ { "THIS_YEAR", { "" }, 0 }, "2026-01-01", "2027-01-01" },
		{ { "LAST_YEAR", { "" }, 0 }, "2025-01-01", "2026-01-01" },
		{ { "NEXT_YEAR", { "" }, 0 }, "2027-01-01", "2028-01-01" },
		{ { "FROM_TODAY", { "-28", "DAYS" }, 2 }, "2026-01-31",
		    "2026-02-01" },
		{ { "FROM_TODAY", { "1", "WEEKS" }, 2 }, "2026-03-07",
		    "2026-03-08" },
		{ { "FROM_TODAY", { "-2", "MONTHS" }, 2 }, "2025-12-28",
		    "2025-12-29" },
		{ { "FROM_TODAY", { "-14", "MONTHS" }, 2 }, "2024-12-28",
		    "2024-12-29" },
		{ { "FROM_TODAY", { "2", "YEARS" }, 2 }, "2028-02-28",
		    "2028-02-29" },
	};
	struct seki_cloud_fault fault = { .code = SEKI_CLOUD_OK };
	struct seki_cloud_call k = { .c = cloud, .fault = &fault };
	char got[SEKI_TIME];
	seki_time from, to;

	(void)state;
	k.now = seki_time_days(2026, 2, 27) * 86400 + 23 * 3600 + 1800;
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_int_equal(
		    seki_cloud_func(&k, &rows[i].f, &from, &to), 0);
		seki_time_jst(from, got);
		if (strncmp(got, rows[i].from, 10) != 0 ||
		    strcmp(got + 10, " 00:00") != 0)
			fail_msg("row %zu: from %s", i, got);
		seki_time_jst(to, got);
		if (strncmp(got, rows[i].to, 10) != 0)
			fail_msg("row %zu: to %s", i, got);
	}
}

/* What a query may cost: nesting and terms end somewhere. */
static void
deep(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	char got[256];

	(void)state;
	for (int n = 32; n <= 33; n++) {
		seki_buf_reset(&b);
		for (int i = 0; i < n; i++)
			seki_buf_str(&b, "(", &err);
		seki_buf_str(&b, "$id=1", &err);
		for (int i = 0; i < n; i++)
			seki_buf_str(&b, ")", &err);
		find(11, b.p, got, sizeof(got));
		assert_string_equal(got, n == 32 ? "1/1" : "CB_VA01");
	}
	for (int n = 1000; n <= 1001; n++) {
		seki_buf_reset(&b);
		for (int i = 0; i < n; i++)
			seki_buf_str(&b, i > 0 ? " and $id=1" : "$id=1", &err);
		find(11, b.p, got, sizeof(got));
		assert_string_equal(got, n == 1000 ? "1/1" : "CB_VA01");
	}
	seki_buf_free(&b);
}

/* Every record comes back with every value as it was loaded. */
static void
loaded(void **state)
{
	struct seki_cloud_request q = GET(R, "app=11&query=order+by+$id+asc");
	struct seki_buf b = SEKI_BUF_INIT;
	json_t *want, *got;

	(void)state;
	assert_string_equal(ask(&q, &b), "200");
	got = json_loadb(b.p, b.n, JSON_REJECT_DUPLICATES, NULL);
	want = json_load_file(SAMPLES "/records.json", 0, NULL);
	assert_non_null(got);
	assert_int_equal(json_array_size(json_object_get(got, "records")), 6);
	assert_true(json_equal(
	    json_object_get(got, "records"), json_object_get(want, "records")));
	json_decref(got);
	json_decref(want);
	seki_buf_free(&b);
}

static void
hidden(void **state)
{
	struct seki_cloud_request q = GET(R, "app=12&fields[0]=件名"),
				  one = GET("/k/v1/record.json", "app=12&id=1");
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;

	(void)state;
	assert_string_equal(ask(&q, &b), "200");
	assert_string_equal(
	    b.p, "{\"records\":[{},{},{},{},{},{}],\"totalCount\":null}");
	seki_buf_reset(&b);
	assert_string_equal(ask(&one, &b), "200");
	assert_null(strstr(b.p, "\"件名\""));
	assert_non_null(strstr(b.p, "\"申出内容\""));
	seki_buf_free(&b);
	assert_int_equal(seki_cloud_hide(cloud, "12:nowhere", &err), -1);
	assert_int_equal(err.reason, SEKI_USAGE);
	seki_err_clear(&err);
	assert_int_equal(seki_cloud_hide(cloud, "12:品目", &err), -1);
	assert_int_equal(err.reason, SEKI_USAGE);
	seki_err_clear(&err);
	assert_int_equal(seki_cloud_hide(cloud, "99:件名", &err), -1);
	seki_err_clear(&err);
	assert_int_equal(seki_cloud_hide(cloud, "件名", &err), -1);
}

static void
messages(void **state)
{
	struct seki_cloud_fault f = { .code = SEKI_CLOUD_OK };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	json_t *doc;

	(void)state;
	for (int c = SEKI_CLOUD_CB_VA01; c <= SEKI_CLOUD_GAIA_TO04; c++)
		for (int english = 0; english < 2; english++) {
			seki_buf_reset(&b);
			f = (struct seki_cloud_fault){ .code = SEKI_CLOUD_OK };
			seki_cloud_refuse(
			    &f, (enum seki_cloud_code)c, "\"<\\\n", 4);
			assert_int_equal(
			    seki_cloud_error_body(&f, english, &b, &err), 0);
			doc = json_loadb(b.p, b.n, 0, NULL);
			assert_non_null(doc);
			assert_non_null(json_object_get(doc, "id"));
			assert_non_null(json_object_get(doc, "message"));
			assert_string_equal(
			    json_string_value(json_object_get(doc, "code")),
			    seki_cloud_error_word((enum seki_cloud_code)c));
			json_decref(doc);
		}
	seki_buf_free(&b);
}

static void
addresses(void **state)
{
	static const char *const bad[] = { "", "localhost", ":80",
		"localhost:", "localhost:x", "localhost:65536", "localhost:-1",
		"::1:80", "example.test:80", "[::1]", "127.0.0.1:0 " };
	char url[SEKI_CLOUD_URL];
	int fd[2];

	(void)state;
	for (size_t i = 0; i < ROWS(bad); i++) {
		struct seki_err err = SEKI_ERR_INIT;

		if (seki_cloud_socket_open(bad[i], fd, url, &err) != -1 ||
		    err.reason != SEKI_USAGE)
			fail_msg("%s: %s", bad[i], err.text);
	}
}

static void
broken_bodies(void **state)
{
	static const struct {
		const char *records;
		enum seki_reason reason;
	} rows[] = {
		{ "{\"records\":[]}", SEKI_OK },
		{ "{\"records\":[{\"$id\":{\"value\":\"1\"}}],\"x\":[{}]}",
		    SEKI_OK },
		{ "{}", SEKI_RECORD },
		{ "[]", SEKI_RECORD },
		{ "", SEKI_RECORD },
		{ "{\"records\":{}}", SEKI_RECORD },
		{ "{\"records\":[1]}", SEKI_RECORD },
		{ "{\"records\":[{}]}", SEKI_RECORD },
		{ "{\"records\":[{\"$id\":{\"value\":\"0\"}}]}", SEKI_RECORD },
		{ "{\"records\":[{\"$id\":{\"value\":\"x\"}}]}", SEKI_RECORD },
		{ "{\"records\":[{\"$id\":{\"value\":1}}]}", SEKI_RECORD },
		{ "{\"records\":[{\"$id\":{\"value\":\"1099511627776\"}}]}",
		    SEKI_RECORD },
		{ "{\"records\":[{\"$id\":{\"value\":\"1\"}}]", SEKI_RECORD },
		{ "{\"records\":[{\"$id\":{\"value\":\"1\"}},]}", SEKI_RECORD },
		{ "{\"records\":[]}x", SEKI_RECORD },
	};
	char dir[] = "/tmp/seki-test-cloud.XXXXXX", cmd[256], path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(cmd, sizeof(cmd), "cp " SAMPLES "/*.json %s", dir);
	assert_int_equal(system(cmd), 0);
	snprintf(path, sizeof(path), "%s/records.json", dir);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct seki_err err = SEKI_ERR_INIT;
		uint64_t before = seki_cloud_apps(cloud), more;
		FILE *f;

		unlink(path);
		f = fopen(path, "w");
		fputs(rows[i].records, f);
		fclose(f);
		more = rows[i].reason == SEKI_OK;
		(void)seki_cloud_load(cloud, dir, 100 + i, &err);
		if (err.reason != rows[i].reason)
			fail_msg(
			    "row %zu: %s: %s", i, rows[i].records, err.text);
		assert_int_equal(seki_cloud_apps(cloud), before + more);
	}
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	assert_int_equal(system(cmd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(nine_tokens),
		cmocka_unit_test(token_files),
		cmocka_unit_test(query),
		cmocka_unit_test(functions),
		cmocka_unit_test(deep),
		cmocka_unit_test(loaded),
		cmocka_unit_test(hidden),
		cmocka_unit_test(messages),
		cmocka_unit_test(addresses),
		cmocka_unit_test(broken_bodies),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
