#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "norm_int.h"

static struct seki_schema *form;

static int
setup(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_field *t;
	struct seki_schema *s = seki_schema_new("s", "$id", &err);
	size_t i;
	static const struct {
		const char *code, *label;
		enum seki_type type;
		enum seki_calc calc;
	} f[] = {
		{ "$id", "$id", SEKI_T_ID, 0 },
		{ "$revision", "$revision", SEKI_T_REVISION, 0 },
		{ "姓", "姓", SEKI_T_SINGLE_LINE_TEXT, 0 },
		{ "名", "名", SEKI_T_SINGLE_LINE_TEXT, 0 },
		{ "金額", "金額", SEKI_T_SINGLE_LINE_TEXT, 0 },
		{ "memo", "備考欄", SEKI_T_MULTI_LINE_TEXT, 0 },
		{ "num", "数", SEKI_T_NUMBER, 0 },
		{ "day", "日", SEKI_T_DATE, 0 },
		{ "at", "時", SEKI_T_DATETIME, 0 },
		{ "calc", "計", SEKI_T_CALC, SEKI_C_DATE },
		{ "calc2", "計2", SEKI_T_CALC, SEKI_C_NUMBER },
		{ "box", "箱", SEKI_T_CHECK_BOX, 0 },
		{ "who", "人", SEKI_T_USER_SELECT, 0 },
		{ "radio", "択", SEKI_T_RADIO_BUTTON, 0 },
	};

	(void)state;
	for (i = 0; i < sizeof(f) / sizeof(f[0]); i++)
		assert_non_null(seki_schema_add(s, NULL, f[i].code, f[i].label,
		    f[i].type, f[i].calc, &err));
	t = seki_schema_add(
	    s, NULL, "表", "家族", SEKI_T_SUBTABLE, SEKI_C_NUMBER, &err);
	seki_schema_add(
	    s, t, "氏名", "氏名", SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER, &err);
	seki_schema_add(
	    s, t, "年齢", "年齢", SEKI_T_NUMBER, SEKI_C_NUMBER, &err);
	t = seki_schema_add(
	    s, NULL, "別表", "別", SEKI_T_SUBTABLE, SEKI_C_NUMBER, &err);
	seki_schema_add(s, t, "日", "日", SEKI_T_DATE, SEKI_C_NUMBER, &err);
	assert_int_equal(seki_schema_finish(s, &err), 0);
	form = s;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	seki_schema_free(form);
	return 0;
}

/* The form that comes out, as "CODE:TYPE:LABEL", inner fields in {}. */
static void
show_fields(struct seki_buf *b, const struct seki_field *f, size_t n)
{
	struct seki_err err = SEKI_ERR_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		seki_buf_fmt(b, &err, "%s%s:%s%s%s:%s", i > 0 ? " " : "",
		    f[i].code, seki_type_word(f[i].type),
		    f[i].type == SEKI_T_CALC ? "/" : "",
		    f[i].type == SEKI_T_CALC ? seki_calc_word(f[i].calc) : "",
		    f[i].label);
		if (f[i].nsub > 0) {
			seki_buf_str(b, "{", &err);
			show_fields(b, f[i].sub, f[i].nsub);
			seki_buf_str(b, "}", &err);
		}
	}
}

#define ID "$id:__ID__:$id $revision:__REVISION__:$revision "
#define HEAD "output,source,kind\n"
/* Table; what comes out, or !part of the message. */
static const struct {
	const char *table, *want;
} rows[] = {
	/* Headers. */
	{ "", "!the table is empty" },
	{ "\n,,\n", "!the table is empty" },
	{ HEAD, "!headers but no rows" },
	{ HEAD ",,\n", "!headers but no rows" },
	{ "kind\nkeep\n", "!no column 出力項目 (output)" },
	{ "output\na\n", "!no column 種別 (kind)" },
	{ "output,knid\n", "!row 1, cell 2: unknown column \"knid\"; did you "
			   "mean \"kind\"?" },
	{ "出力項目,種類\n", "!row 1, cell 2: unknown column \"種類\"; did you "
			     "mean \"種別\"?" },
	{ "output,zzzzzzzzzzzz\n", "!unknown column \"zzzzzzzzzzzz\"" },
	{ "output,kind,kind\n", "!row 1, column kind: the column stands "
				"twice" },
	{ "output,kind,種別\n", "!the column stands twice" },
	{ "\xEF\xBB\xBF出力項目,種別\r\nnum,number\r\n", ID "num:NUMBER:数" },
	{ "Output, KIND \nnum,Number\n", ID "num:NUMBER:数" },
	/* Shapes of rows. */
	{ "output,kind,,\nnum,keep,,\n", ID "num:NUMBER:数" },
	{ "output,kind,\nnum,keep,x\n", "!row 2, cell 3: it stands in a "
					"column without a header" },
	{ "output,kind\nnum\n", "!row 2: 1 cells where the first row has 2" },
	{ "output,kind\nnum,keep,,\n", ID "num:NUMBER:数" },
	{ "output,kind\nnum,keep,x\n", "!row 2, cell 3" },
	{ "output,kind\n\nnum,\"keep\n", "!row 3: RFC 4180 2.5: a quote is "
					 "opened" },
	/* Excel's plain CSV in Japan, 出力項目 and 種別. */
	{ "\x8F\x6F\x97\xCD\x8D\x80\x96\xDA,\x8E\xED\x95\xCA\nnum,number\n",
	    ID "num:NUMBER:数" },
	{ "output,kind\nnum,\xFF\n", "!line 2: a byte (0xFF) that is neither "
				      "UTF-8 nor CP932" },
	/* Outputs. */
	{ HEAD ",num,number\n", "!row 2, column output: an empty field code" },
	{ HEAD "a b,num,number\n", "!row 2, column output: a field code is "
				   "letters" },
	{ HEAD "a　b,num,number\n", "!a field code is letters" },
	{ HEAD "a\"b,num,number\n", "!row 2: RFC 4180" },
	{ HEAD "$x,num,number\n", "!a field code is letters" },
	{ HEAD "_sdc_x,num,number\n", "!codes beginning with _sdc_" },
	{ HEAD "a.b.c,num,number\n", "!a field code is letters" },
	{ HEAD ".b,num,number\n", "!an empty field code" },
	{ HEAD "num,num,number\nnum,num,keep\n", "!row 3, column output: row 2 "
						 "has the same output" },
	{ HEAD "$id,$id,keep\nnum,num,keep\n",
	    "$revision:__REVISION__:$revision $id:__ID__:$id num:NUMBER:数" },
	{ HEAD "$id,num,keep\n", "!no rule may change the key" },
	{ HEAD "$revision,$revision,number\n", "!no rule may change the key" },
	{ HEAD "no,$id,keep\nrev,$revision,keep\n",
	    ID "no:SINGLE_LINE_TEXT:$id rev:NUMBER:$revision" },
	/* Kinds. */
	{ HEAD "num,num,\n", "!row 2, column kind: no kind; keep carries" },
	{ HEAD "num,num,nubmer\n", "!row 2, column kind: unknown kind: "
				   "\"nubmer\"; did you mean \"number\"?" },
	{ HEAD "num,num,qqqqqqqqqqqq\n", "!unknown kind: \"qqqqqqqqqqqq\"" },
	{ HEAD "a,姓,adress\n", "!unknown kind: \"adress\"; did you mean "
				"\"address\"?" },
	{ HEAD "a,姓,date_lenient\n", "!this kind lets through what is not "
				      "strictly right" },
	{ HEAD "box,box,text\n", "!the kind text cannot read a field of type "
				 "CHECK_BOX; keep carries it on: \"box\"" },
	{ HEAD "at,at,date\n", "!the kind date cannot read a field of type "
			       "DATETIME" },
	{ HEAD "表,表,number\n", "!cannot read a field of type SUBTABLE" },
	/* Types that come out. */
	{ HEAD "a,姓,text\nb,memo,text\nc,radio,text\nd,num,text\ne,$id,text\n",
	    ID "a:SINGLE_LINE_TEXT:姓 b:MULTI_LINE_TEXT:備考欄 "
	       "c:RADIO_BUTTON:択 d:SINGLE_LINE_TEXT:数 "
	       "e:SINGLE_LINE_TEXT:$id" },
	{ HEAD
	    "a,金額,number\nb,金額,date\nc,金額,datetime\nd,at,datetime_jst\n"
	    "e,金額,tel\nf,num,postal\n",
	    ID "a:NUMBER:金額 b:DATE:金額 c:DATETIME:金額 "
	       "d:SINGLE_LINE_TEXT:時 e:SINGLE_LINE_TEXT:金額 "
	       "f:SINGLE_LINE_TEXT:数" },
	{ HEAD "calc,calc,keep\ncalc2,calc2,number\nbox,box,そのまま\n",
	    ID "calc:CALC/DATE:計 calc2:NUMBER:計2 box:CHECK_BOX:箱" },
	{ HEAD "a,姓+memo,text\nb,姓|radio,text\nc,姓|名,text\n",
	    ID "a:MULTI_LINE_TEXT:姓 b:SINGLE_LINE_TEXT:姓 "
	       "c:SINGLE_LINE_TEXT:姓" },
	/* Sources. */
	{ "output,kind\n姓,text\n", ID "姓:SINGLE_LINE_TEXT:姓" },
	{ HEAD "a,性,text\n", "!row 2, column source: the form has no such "
			      "field: \"性\"" },
	{ HEAD "a,備考欄,text\n", "!no such field: \"備考欄\"; did you mean "
				  "\"memo\"?" },
	{ HEAD "a,zzzzzzzzzzzzz,text\n", "!no such field: \"zzzzzzzzzzzzz\"" },
	{ HEAD "a,姓+,text\n", "!a source is empty" },
	{ HEAD "a,|姓,text\n", "!a source is empty" },
	{ HEAD "a,姓＋名｜金額,name_kanji\n", ID "a:SINGLE_LINE_TEXT:姓" },
	{ HEAD "a, 姓 + 名 ,name_kanji\n", ID "a:SINGLE_LINE_TEXT:姓" },
	{ HEAD "a,姓+名,number\n", "!this kind joins nothing: \"number\"" },
	{ HEAD "a,姓+名,keep\n", "!keep joins nothing" },
	{ HEAD "a,姓|名,keep\n", ID "a:SINGLE_LINE_TEXT:姓" },
	{ HEAD "a,姓|num,keep\n", "!keep needs sources of one type" },
	{ HEAD "a,calc|calc2,keep\n", "!keep needs sources of one type" },
	{ HEAD "a,表|別表,keep\n", "!keep needs sources of one type" },
	/* Tables. */
	{ HEAD "表,表,keep\n", ID
	    "表:SUBTABLE:家族{氏名:SINGLE_LINE_TEXT:氏名 年齢:NUMBER:年齢}" },
	{ HEAD
	    "家族.名,表.氏名,name_kanji\nnum,num,keep\n家族.歳,表.年齢,keep\n",
	    ID "家族:SUBTABLE:家族{名:SINGLE_LINE_TEXT:氏名 歳:NUMBER:年齢} "
	       "num:NUMBER:数" },
	{ HEAD "a,表.氏名,text\n", "!a field of a table cannot leave it" },
	{ HEAD "表.氏名,姓,text\n", "!made from fields of a table" },
	{ HEAD "表.a,表.氏名+別表.日,text\n", "!all sources of a table's "
					      "field are in one table" },
	{ HEAD "表.a,表.氏名,text\n表.b,別表.日,date\n",
	    "!row 3, column source: all fields of a table come from one" },
	{ HEAD "表.a,無表.氏名,text\n",
	    "!the form has no such table: \"無表\"" },
	{ HEAD "表.a,姓.氏名,text\n", "!the form has no such table: \"姓\"" },
	{ HEAD "表.a,表.氏,text\n", "!the form has no such field: \"氏\"; did "
				    "you mean \"氏名\"?" },
	{ HEAD "表,表,keep\n表.氏名,表.氏名,text\n", "!row 3, column output: "
						     "two rows make" },
	{ HEAD "表.氏名,表.氏名,text\n表,表,keep\n", "!row 3, column output: "
						     "two rows make" },
	/* Labels, beside, defaults, lengths. */
	{ "output,kind,label,keep-original\nnum,number,個数,yes\n",
	    ID "num:NUMBER:個数 num_原値:SINGLE_LINE_TEXT:個数（原値）" },
	{ "output,kind,on-broken\n姓,text,keep\n",
	    ID "姓:SINGLE_LINE_TEXT:姓 姓_不備:SINGLE_LINE_TEXT:姓（不備）" },
	{ "output,source,kind,on-broken,keep-original\na,金額,number,残す,"
	  "はい\n",
	    ID "a:NUMBER:金額 a_原値:SINGLE_LINE_TEXT:金額（原値） "
	       "a_不備:SINGLE_LINE_TEXT:金額（不備）" },
	{ "output,kind,on-broken\n金額,number,keep\n",
	    "!cannot stay in its field: set keep-original" },
	{ "output,kind,on-broken\n金額,number,sotp\n",
	    "!row 2, column on-broken: not one of the words for this column: "
	    "\"sotp\"; did you mean \"stop\"?" },
	{ "output,kind,keep-original\nbox,keep,yes\n",
	    "!keep changes nothing" },
	{ "output,source,kind,keep-original\n姓,姓,text,yes\n姓_原値,名,text,"
	  "\n",
	    "!row 3, column output: two rows make the same output" },
	{ "output,kind,required\n姓,text,maybe\n",
	    "!row 2, column required: not one of the words" },
	{ "output,kind,length\n姓,text,２０\nnum,number,2-10\n",
	    ID "姓:SINGLE_LINE_TEXT:姓 num:NUMBER:数" },
	{ "output,kind,length\n姓,text,x\n", "!a length is a number such as" },
	{ "output,kind,length\n姓,text,0\n", "!a length is a number such as" },
	{ "output,kind,length\n姓,text,10-2\n", "!a length is a number such" },
	{ "output,kind,length\n姓,text,2-\n", "!a length is a number such" },
	{ "output,kind,length\n姓,text,-2\n", "!a length is a number such" },
	{ "output,kind,length\n姓,text,2-3-4\n", "!a length is a number such" },
	{ "output,kind,length\nbox,keep,20\n", "!has neither length nor" },
	{ "output,kind,default\n姓,text,未記入\n",
	    ID "姓:SINGLE_LINE_TEXT:姓" },
	{ "output,kind,default\nnum,number,約100\n",
	    "!row 2, column default: the default does not fit the kind: "
	    "\"unparsed\"" },
	{ "output,kind,default\nday,date,令和6年4月\n",
	    "!the default does not fit the kind: \"no-day\"" },
	{ "output,kind,default,length\n姓,text,あああ,2\n",
	    "!the default is not of the length" },
	{ "output,kind,default\nday,keep,x\n", "!not of the field's type" },
	{ "output,kind,default\nwho,keep,x\n", "!has neither length nor" },
	/* A lookup table stands beside the rules table. */
	{ "output,kind,lookup\n姓,text,a.csv\n",
	    "!row 2, column lookup: there is no such file" },
	{ "output,kind,on-miss\n姓,text,worklist\n",
	    "!row 2, column on-miss: there is no lookup table" },
};

static int
try(const char *table, struct seki_buf *b, struct seki_err *err)
{
	struct seki_rules *r;
	struct seki_plan *p = NULL;

	r = seki_rules_read(
	    seki_in_mem(table, strlen(table), "t.csv", err), err);
	if (r != NULL && (p = seki_plan_new(r, form, err)) != NULL)
		show_fields(
		    b, seki_plan_schema(p)->field, seki_plan_schema(p)->n);
	seki_plan_free(p);
	seki_rules_free(r);
	return p == NULL ? -1 : 0;
}

static void
test_tables(void **state)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err;
	size_t i, fails = 0;
	int r;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = (struct seki_err)SEKI_ERR_INIT;
		seki_buf_reset(&b);
		r = try(rows[i].table, &b, &err);
		if (rows[i].want[0] == '!'
			? r == -1 && err.reason == SEKI_RULES &&
			      strcmp(err.object, "t.csv") == 0 &&
			      strstr(err.text, rows[i].want + 1) != NULL
			: r == 0 && strcmp(b.p, rows[i].want) == 0)
			continue;
		fails++;
		print_error("row %zu '%s': %d %s [%s] '%s', not '%s'\n", i,
		    rows[i].table, r, seki_err_word(err.reason), err.object,
		    r == -1 ? err.text : b.p, rows[i].want);
	}
	seki_buf_free(&b);
	assert_int_equal(fails, 0);
}

/* One row past the number of fields; a cell, a code as long as can be. */
static void
test_limits(void **state)
{
	struct seki_buf t = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	size_t i;

	(void)state;
	(void)seki_buf_str(&t, HEAD, &err);
	for (i = 0; i <= SEKI_FIELDS_MAX; i++)
		(void)seki_buf_fmt(&t, &err, "f%zu,num,keep\n", i);
	assert_int_equal(try(t.p, &b, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);

	for (i = 128; i <= 129; i++) {
		err = (struct seki_err)SEKI_ERR_INIT;
		seki_buf_reset(&t);
		(void)seki_buf_str(&t, HEAD, &err);
		while (t.n < strlen(HEAD) + 3 * i)
			(void)seki_buf_str(&t, "字", &err);
		(void)seki_buf_str(&t, ",num,keep\n", &err);
		assert_int_equal(try(t.p, &b, &err), i == 128 ? 0 : -1);
	}
	assert_int_equal(err.reason, SEKI_RULES);
	assert_non_null(strstr(err.text, "longer than 128 characters"));

	/* Words of any length do not overrun a message. */
	for (i = 0; i < 4; i++) {
		static const char *const before[] = { "", "output,kind\na,",
			"output,source,kind\na,",
			"output,kind,required\nnum,"
			"keep," };
		static const char *const after[] = { ",x\n", "\n", ",keep\n",
			"\n" };

		err = (struct seki_err)SEKI_ERR_INIT;
		seki_buf_reset(&t);
		(void)seki_buf_str(&t, before[i], &err);
		while (t.n < 300000)
			(void)seki_buf_str(&t, "長い", &err);
		(void)seki_buf_str(&t, after[i], &err);
		assert_int_equal(try(t.p, &b, &err), -1);
		assert_int_equal(err.reason, SEKI_RULES);
	}
	seki_buf_free(&t);
	seki_buf_free(&b);
}

static void
test_left(void **state)
{
	static const char table[] =
	    "output,source,kind\na,姓,text\n表.氏名,表.氏名,text\n";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_rules *r = seki_rules_read(
	    seki_in_mem(table, sizeof(table) - 1, "t", &err), &err);
	struct seki_plan *p = seki_plan_new(r, form, &err);

	(void)state;
	assert_non_null(p);
	assert_int_equal(seki_plan_left(p, &b, &err), 13);
	assert_string_equal(b.p,
	    "名, 金額, memo, num, day, at, calc, calc2, box, who, radio, "
	    "表.年齢, 別表");
	seki_plan_free(p);
	seki_rules_free(r);
	seki_buf_free(&b);
}

/* SHA-256 of the bytes, so that anybody can compare it. */
static void
test_digest(void **state)
{
	static const char table[] = "output,kind\nnum,keep\n";
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_rules *r = seki_rules_read(
	    seki_in_mem(table, sizeof(table) - 1, "t", &err), &err);

	(void)state;
	assert_non_null(r);
	assert_string_equal(seki_rules_digest(r),
	    "9de1704f1602ed4046c54b15dfa84ee5631c8eea02648a73ca725ee8fa429028");
	seki_rules_free(r);
}

/* Files that are no CSV at all. */
static void
test_files(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *want;
	} files[] = { { "PK\3\4abc", 7, "" },
		{ "\xD0\xCF\x11\xE0", 4, "old format" },
		{ "\xFF\xFEo\0", 4, "unknown column" }, { "", 0, "empty" },
		{ "PK", 2, "unknown column" } };
	struct seki_err err = SEKI_ERR_INIT;
	char path[64];
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		err = (struct seki_err)SEKI_ERR_INIT;
		strcpy(path, "/tmp/seki-test-XXXXXX");
		fd = mkstemp(path);
		assert_int_equal(
		    write(fd, files[i].bytes, files[i].n), files[i].n);
		(void)close(fd);
		assert_null(seki_rules_open(path, &err));
		assert_int_equal(err.reason, SEKI_RULES);
		assert_string_equal(err.object, path);
		assert_non_null(strstr(err.text, files[i].want));
		(void)unlink(path);
	}
	err = (struct seki_err)SEKI_ERR_INIT;
	assert_null(seki_rules_open("/nonexistent/rules.csv", &err));
	assert_int_equal(err.reason, SEKI_FILE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
