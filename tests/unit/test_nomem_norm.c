#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "char_files.h"
#include "characters.h"
#include "held_book.h"

/* As test_nomem, for rules and normalising: the n-th allocation of our own
 * objects fails, and all that follows is an error and nothing lost. */
static long left = -1;

static int
refuse(void)
{
	return left >= 0 && left-- == 0;
}

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__real_reallocarray(void *, size_t, size_t);
char *__real_strdup(const char *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__wrap_reallocarray(void *, size_t, size_t);
char *__wrap_strdup(const char *);

void *
__wrap_malloc(size_t n)
{
	return refuse() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return refuse() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return refuse() ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
	return refuse() ? NULL : __real_strdup(s);
}

static struct seki_buf raw;
static char path[] = "/tmp/seki-nomem-XXXXXX";
static int fd;

static const char table[] =
    "output,label,source,kind,required,default,on-broken,keep-original\n"
    "name,,姓+名,name_kanji,yes,,,\n"
    "sum,,金額,number,,,keep,yes\n"
    "day,,日|姓,date,,令和6年4月1日,,\n"
    "表.年,,表.年,number,,,,\n"
    "表.名,,表.名,name_kanji,,,,yes\n";

/* Three records; the second one breaks rules. */
static const struct {
	const char *sei, *mei, *sum, *day, *year;
} records[] = {
	{ "山田", "ﾀﾛｳ", "1,234円", "R6.4.1", "二十" },
	{ "佐藤　　", NULL, "約100", NULL, "x" },
	{ "鈴木", "花子", NULL, "㋿6年4月1日", "5" },
};

/* The last run made another form, a person accepts today's, and a second table
 * comes behind. */
static const char memory[] =
    "{\"form\":{\"$id\":\"__ID__\",\"nm\":\"SINGLE_LINE_TEXT\","
    "\"old\":\"DATE\",\"tab\":\"SUBTABLE\",\"tab.n\":"
    "\"SINGLE_LINE_TEXT\"},"
    "\"made\":{\"nm\":\"surname|名\",\"old\":\"x\",\"tab.n\":\"表.名\"},"
    "\"by\":\"山田\",\"at\":\"2026-11-20T01:00:00Z\",\"revision\":\"7\","
    "\"continues\":{\"surname\":\"姓\"},"
    "\"next\":{\"form\":{},\"made\":{}}}";

static void
set(struct seki_value *v, const char *s)
{
	memset(v, 0, sizeof(*v));
	v->p = s;
	v->n = s == NULL ? 0 : strlen(s);
	v->set = s != NULL;
}

static int
setup(void **state)
{
	static const char *const code[] = { "$id", "姓", "名", "金額", "日" };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_schema *s = seki_schema_new("s", "$id", &err);
	struct seki_ending end = { .kind = "full",
		.bookmarks = "{\"form\":{},\"retry\":[\"1\",\"2\"]}" };
	struct seki_value v[6], inner[2];
	struct seki_row row = { .v = inner };
	struct seki_record rec = { .v = v };
	struct seki_stream_out *w;
	struct seki_out *out;
	struct seki_field *t;
	char key[2] = "1";
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++)
		seki_schema_add(s, NULL, code[i], code[i],
		    i == 0 ? SEKI_T_ID : SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER,
		    &err);
	t = seki_schema_add(
	    s, NULL, "表", "表", SEKI_T_SUBTABLE, SEKI_C_NUMBER, &err);
	seki_schema_add(
	    s, t, "年", "年", SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER, &err);
	seki_schema_add(
	    s, t, "名", "氏名", SEKI_T_SINGLE_LINE_TEXT, SEKI_C_NUMBER, &err);
	assert_int_equal(seki_schema_finish(s, &err), 0);
	s->normal = json_loads(memory, 0, NULL);
	assert_non_null(s->normal);
	fd = mkstemp(path);
	out = seki_out_fd(fd, "t", &err);
	w = seki_stream_create(out, s, &err);
	for (i = 0; i < 3; i++, key[0]++) {
		set(&rec.key, key);
		v[0] = rec.key;
		set(&v[1], records[i].sei);
		set(&v[2], records[i].mei);
		set(&v[3], records[i].sum);
		set(&v[4], records[i].day);
		set(&v[5], "");
		v[5].nrow = 1;
		v[5].row = &row;
		set(&row.id, key);
		set(&inner[0], records[i].year);
		set(&inner[1], records[i].sei);
		assert_int_equal(seki_stream_put(w, &rec, &err), 0);
	}
	assert_int_equal(seki_stream_end(w, &end, NULL, 0, NULL, &err), 0);
	seki_stream_abort(w);
	assert_int_equal(seki_out_commit(out, &err), 0);
	assert_int_equal(seki_in_slurp(path, 1 << 20, &raw, &err), 0);
	seki_schema_free(s);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)close(fd);
	(void)unlink(path);
	seki_buf_free(&raw);
	return 0;
}

static struct seki_stream_in *
stream(struct seki_err *err)
{
	struct seki_in *in = seki_in_mem(raw.p, raw.n, "raw", err);

	return in == NULL ? NULL : seki_stream_open(in, err);
}

static struct seki_normal last;

static int
normalise(struct seki_err *err)
{
	struct seki_in *t = seki_in_mem(table, sizeof(table) - 1, "t", err);
	struct seki_rules *rules = t == NULL ? NULL : seki_rules_read(t, err);
	struct seki_stream_in *in = rules == NULL ? NULL : stream(err);
	struct seki_plan *plan =
	    in == NULL ? NULL
		       : seki_plan_new(rules, seki_stream_schema(in), err);
	struct seki_buf left_out = SEKI_BUF_INIT;
	struct seki_out *out;
	int r = -1;

	if (plan != NULL && seki_plan_left(plan, &left_out, err) != -1 &&
	    ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
	    (out = seki_out_fd(fd, "out", err)) != NULL) {
		r = seki_normalize(plan, in, out, 1, NULL, &last, err);
		seki_normal_release(&last);
		if (r == 0)
			r = seki_out_commit(out, err);
		else
			seki_out_abort(out);
	}
	seki_buf_free(&left_out);
	seki_plan_free(plan);
	seki_stream_free(in);
	seki_rules_free(rules);
	return r;
}

static int
first(struct seki_err *err)
{
	struct seki_stream_in *in = stream(err);
	struct seki_out *out = in == NULL ? NULL : seki_out_fd(fd, "out", err);
	int r = out == NULL ? -1 : seki_rules_init(in, out, 1, err);

	seki_out_abort(out);
	seki_stream_free(in);
	return r;
}

static int
book(struct seki_err *err)
{
	struct seki_stream_in *in = stream(err);
	struct seki_out *out = in == NULL ? NULL : seki_out_fd(fd, "out", err);
	int r = out == NULL ? -1 : seki_rules_book(in, out, 1, err);

	seki_out_abort(out);
	seki_stream_free(in);
	return r;
}

static struct seki_rules *
rules_of(const char *text, struct seki_err *err)
{
	struct seki_in *in = seki_in_mem(text, strlen(text), path, err);

	return in == NULL ? NULL : seki_rules_read(in, err);
}

static int
counted(void *ctx, const struct seki_rules_change *c, struct seki_err *err)
{
	(void)c;
	(void)err;
	++*(int *)ctx;
	return 0;
}

/* Two tables compared, the first accepted, the second refused. */
static int
accepted(struct seki_err *err)
{
	struct seki_rules *a = rules_of(table, err), *b = NULL;
	struct seki_err no = SEKI_ERR_INIT;
	struct seki_rules_ok res;
	char ok[80];
	int n = 0, r = -1;

	(void)snprintf(ok, sizeof(ok), "%s.ok", path);
	(void)unlink(ok);
	if (a != NULL)
		b = rules_of("output,kind\nname,text\nz,text\n", err);
	if (b != NULL && seki_rules_diff(a, b, 1, counted, &n, err) == n &&
	    seki_rules_accept(a, "山田", 1, NULL, NULL, &res, err) == 0 &&
	    seki_rules_accept(b, NULL, 1, counted, &n, &res, err) == 0 &&
	    seki_rules_accepted(a, 1, err) == 0) {
		r = seki_rules_accepted(b, 1, &no) == -1 ? 0 : -1;
		if (no.reason != SEKI_CONFIG) {
			*err = no;
			r = -1;
		}
	}
	(void)unlink(ok);
	seki_rules_free(a);
	seki_rules_free(b);
	return r;
}

/* Tables about characters, what they say, and both ways of CP932. */
static int
characters(struct seki_err *err)
{
	static const char own[] = "code,text,name\nU+E000,吉,土\nU+E001,高,\n";
	static const char text[] = "山田\uE000〜𠮷";
	struct seki_fold *f = seki_fold_open("tests/data/fold.csv", err);
	struct seki_in *in =
	    f == NULL ? NULL : seki_in_mem(own, sizeof(own) - 1, "g", err);
	struct seki_gaiji *g = in == NULL ? NULL : seki_gaiji_read(in, err);
	struct seki_charset_tables t = { .fold = f, .gaiji = g };
	const struct seki_charset_found why = { .c = 0xE000 };
	struct seki_buf a = SEKI_BUF_INIT, b = SEKI_BUF_INIT;
	struct seki_buf c = SEKI_BUF_INIT;
	size_t bad = 0;
	int r = -1;

	if (g != NULL && seki_charset_open(SEKI_CP932, err) == 0 &&
	    seki_candidates(
		&t, seki_norm_find("cp932"), "\uE000", 3, &why, &a, err) == 1 &&
	    seki_fold_text(f, "邉", 3, &b, err) == 0 &&
	    seki_charset_report(SEKI_CP932, text, sizeof(text) - 1, &a, err) ==
		0 &&
	    seki_charset_encode_cp932("髙い", 6, &c, &bad, err) == 0) {
		seki_buf_free(&a);
		r = seki_charset_decode_cp932(c.p, c.n, &a, &bad, err);
	}
	seki_buf_free(&a);
	seki_buf_free(&b);
	seki_buf_free(&c);
	seki_gaiji_free(g);
	seki_fold_free(f);
	return r;
}

static const char gates[] =
    "output,source,kind,on-broken,keep-original\n"
    "日,日,jisx0208,,yes\n姓,金額,jisx0208,,\n名,名,kana_zengin,keep,\n表.年,表.年,number,,\n";
static const char choices[] = "文字,代替\n㋿,令和\n";

static int
saved(struct seki_held_book *held, struct seki_characters *chars,
    struct seki_err *err)
{
	const struct seki_held_run run = { .res = &last };
	struct seki_out *out;
	int r;

	if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0 ||
	    (out = seki_out_fd(fd, "out", err)) == NULL)
		return -1;
	r = seki_held_book_save(held, &run, out, err);
	if (r == 0)
		r = seki_characters_book(chars, out, 1, err);
	if (r == 0)
		r = seki_characters_csv(chars, out, 0, err);
	seki_out_abort(out);
	return r;
}

/* The files for people beside a run. */
static int
books(struct seki_err *err)
{
	struct seki_in *t = seki_in_mem(gates, sizeof(gates) - 1, "t", err);
	struct seki_rules *rules = t == NULL ? NULL : seki_rules_read(t, err);
	struct seki_stream_in *in = rules == NULL ? NULL : stream(err);
	struct seki_plan *plan =
	    in == NULL ? NULL
		       : seki_plan_new(rules, seki_stream_schema(in), err);
	struct seki_charset_tables none = { NULL, NULL };
	struct seki_standins s = { .fallback = NULL };
	struct seki_plan_more more = { .standins = &s };
	struct seki_out *out;
	char hex[SEKI_HEX];
	int r = -1;

	if (plan != NULL &&
	    (t = seki_in_mem(choices, sizeof(choices) - 1, "f", err)) != NULL &&
	    (s.fallback = seki_fallback_read(t, rules, hex, err)) != NULL &&
	    seki_rules_bind(rules, "@fallbacks", hex, err) == 0 &&
	    (more.held = seki_held_book_new(plan, NULL, err)) != NULL &&
	    (more.characters = seki_characters_new(
		 plan->in, &none, &s, 1, NULL, err)) != NULL &&
	    ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
	    (out = seki_out_fd(fd, "out", err)) != NULL) {
		seki_plan_with(plan, &more);
		r = seki_normalize(plan, in, out, 3, NULL, &last, err);
		seki_out_abort(out);
		if (r == 0)
			r = saved(more.held, more.characters, err);
		seki_normal_release(&last);
	}
	seki_held_book_free(more.held);
	seki_characters_free(more.characters);
	seki_fallback_free(s.fallback);
	seki_plan_free(plan);
	seki_stream_free(in);
	seki_rules_free(rules);
	return r;
}

static void
each(int (*fn)(struct seki_err *))
{
	struct seki_err err = SEKI_ERR_INIT;
	long n;
	int r = -1;

	for (n = 0; n < 100000; n++) {
		err = (struct seki_err)SEKI_ERR_INIT;
		left = n;
		r = fn(&err);
		if (left >= 0)
			break;
		if (r == 0)
			continue; /* a summary left out is no failure */
		if (err.reason != SEKI_NOMEM)
			fail_msg("allocation %ld: %s: %s", n,
			    seki_err_word(err.reason), err.text);
	}
	left = -1;
	if (r != 0)
		fail_msg("%s: %s", seki_err_word(err.reason), err.text);
	assert_true(n > 20);
}

static void
test_normalise(void **state)
{
	struct seki_buf made = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	(void)state;
	each(normalise);
	assert_int_equal(last.records, 3);
	assert_int_equal(last.held, 1);
	assert_int_equal(seki_in_slurp(path, 1 << 20, &made, &err), 0);
	assert_non_null(strstr(made.p,
	    "{\"$id\":\"1\",\"name\":\"山田 タロウ\",\"sum\":\"1234\",\"sum_"
	    "原値\":\"1,234円\",\"sum_不備\":null,\"day\":\"2024-04-01\",\"表\""
	    ":[{\"$id\":\"1\",\"年\":\"20\",\"名\":\"山田\",\"名_原値\":"
	    "\"山田\"}"
	    "]}"));
	assert_non_null(strstr(made.p,
	    "\"continues\":{\"nm\":\"name\",\"tab\":\"表\",\"tab.n\":"
	    "\"表.名\"},\"ended\":[\"old\"],\"added\":[\"day\",\"sum\","
	    "\"sum_不備\",\"sum_原値\",\"表.名_原値\",\"表.年\"]}]"));
	assert_non_null(strstr(
	    made.p, "\"normal\":{\"form\":{},\"made\":{},\"by\":\"山田\""));
	/* Its retry names a key once. */
	assert_non_null(strstr(made.p, "\"retry\":[\"1\",\"2\"]"));
	assert_non_null(strstr(made.p,
	    "\"reasons\":[{\"field\":\"day\",\"code\":\"unparsed\",\"rule\":"
	    "\"date\"},{\"field\":\"表.年\",\"code\":\"unparsed\",\"rule\":"
	    "\"number\",\"row\":1}]"));
	seki_buf_free(&made);
}

static void
test_init(void **state)
{
	(void)state;
	each(first);
	each(book);
}

static void
test_accepted(void **state)
{
	(void)state;
	each(accepted);
}

static void
test_books(void **state)
{
	(void)state;
	each(books);
}

static void
test_characters(void **state)
{
	(void)state;
	each(characters);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normalise),
		cmocka_unit_test(test_books),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_accepted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
