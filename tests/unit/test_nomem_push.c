#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "attach_int.h"
#include "nomem.h"
#include "push_int.h"

#define SAMPLES "tests/data/record-api-samples/"

static struct seki_reply fields, layout, page;
static struct seki_schema *schema;

/* The form against a stream of the same form; then each record as a new one
 * and against itself. */
static int
pair_and_compare(struct seki_err *err)
{
	static const struct seki_push push = { .app = "11",
		.mode = SEKI_PUSH_MODE_UPDATE };
	struct seki_push_run r = { .push = &push, .err = err };
	struct seki_buf body = SEKI_BUF_INIT, differs = SEKI_BUF_INIT;
	struct seki_record *rec;
	int got = -1;

	if (seki_pairs_build(&r.pairs, &push, schema, "example.cybozu.com",
		&fields, &layout, err) == -1 ||
	    (r.page = seki_page_new(&r.pairs.app, &r.pairs.pull, err)) == NULL)
		goto out;
	seki_page_begin(r.page, page.body.p, page.body.n, 1);
	while ((got = seki_page_next(r.page, &rec, err)) == 1) {
		struct seki_value v[SEKI_FIELDS_MAX];
		struct seki_record ours = { .v = v };
		size_t i;

		memset(v, 0, sizeof(v));
		for (i = 0; i < r.pairs.n; i++)
			v[r.pairs.pair[i].ours] =
			    rec->v[r.pairs.pair[i].theirs];
		if ((got = seki_push_body(&r, &ours, NULL, &body, &differs)) ==
		    -1)
			break;
		assert_true(body.n > 0);
		if ((got = seki_push_body(&r, &ours, rec, &body, &differs)) ==
		    -1)
			break;
		assert_int_equal(body.n, 0);
	}
out:
	seki_page_free(r.page);
	seki_pairs_release(&r.pairs);
	seki_arena_free(&r.scratch);
	seki_buf_free(&body);
	seki_buf_free(&differs);
	return got;
}

static int
keys(struct seki_err *err)
{
	struct seki_once *o = seki_once_new(NULL, err);
	int r = -1;

	if (o != NULL && seki_once_add(o, "a", 1, err) == 0 &&
	    seki_once_add(o, "b", 1, err) == 0)
		r = seki_once_twice(o, err);
	seki_once_free(o);
	return r;
}

static int
remember(struct seki_err *err)
{
	static struct seki_proof proof = { .records = 5 };
	struct seki_push_journal *j;
	int already, r = -1;

	if (keys(err) == -1)
		return -1;
	(void)unlink("/tmp/seki-nomem.push/push.json");
	j = seki_push_journal_open(
	    "/tmp/seki-nomem.push", "localhost:1", "5", &proof, &already, err);
	if (j != NULL && seki_push_journal_begin(j, 5, err) == 0)
		r = seki_push_journal_end(j, 0, err);
	seki_push_journal_free(j);
	return r;
}

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* A file into the folder and found there, and paired with theirs. */
static int
attach(struct seki_err *err)
{
	static const struct seki_file_id id = { "d", "1", "k", "n", 3 };
	static const struct seki_pair p = {
		.code = "f", .type = SEKI_T_FILE, .shape = SEKI_S_FILES
	};
	const struct seki_value ours = { .p = "a <3 " ABC " t>\nb <3 " ABC ">",
		.n = 15 + 2 * 64,
		.set = 1 };
	const struct seki_value theirs = {
		.p = "a <3 " ABC " k>", .n = 8 + 64, .set = 1
	};
	struct seki_arena a = SEKI_ARENA_INIT;
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_spool *s;
	struct seki_spool_new *f = NULL;
	char hex[SEKI_HEX];
	int r = -1;

	if ((s = seki_spool_open("/tmp/seki-nomem.spool", 1, err)) != NULL &&
	    (f = seki_spool_begin(s, err)) != NULL &&
	    seki_spool_restart(f, err) == 0 &&
	    seki_spool_write(f, "abc", 3, err) == 0) {
		r = seki_spool_commit(f, hex, err);
		f = NULL;
	}
	seki_spool_abort(f);
	if (r == 0 && (r = seki_spool_note(s, &id, hex, err)) == 0 &&
	    (r = seki_spool_holds(s, hex, 3, &b, err)) == 1)
		r = seki_push_same(&p, &ours, &theirs, 0, &a, err);
	if (r == 0)
		r = seki_push_value(&p, &ours, &theirs, 0, &b, err);
	seki_spool_free(s);
	seki_arena_free(&a);
	seki_buf_free(&b);
	return r;
}

static void
test_pairs(void **state)
{
	struct seki_pull pull = { .app = "11", .stream = "s" };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_app app;

	(void)state;
	assert_int_equal(seki_in_slurp(SAMPLES "form-fields.json", SEKI_MIB,
			     &fields.body, &err),
	    0);
	assert_int_equal(seki_in_slurp(SAMPLES "form-layout.json", SEKI_MIB,
			     &layout.body, &err),
	    0);
	assert_int_equal(
	    seki_in_slurp(SAMPLES "records.json", SEKI_MIB, &page.body, &err),
	    0);
	assert_int_equal(
	    seki_app_parse(&app, fields.body.p, fields.body.n, layout.body.p,
		layout.body.n, "example.cybozu.com", &pull, &err),
	    0);
	schema = app.schema;
	exhaust("pairs", pair_and_compare);
	seki_app_release(&app);
	seki_reply_free(&fields);
	seki_reply_free(&layout);
	seki_reply_free(&page);
}

static void
test_memory(void **state)
{
	(void)state;
	exhaust("keys, journal", remember);
	exhaust("attachments", attach);
	assert_int_equal(system("rm -r /tmp/seki-nomem.spool"), 0);
	(void)unlink("/tmp/seki-nomem.push/push.json");
	(void)unlink("/tmp/seki-nomem.push/lock");
	(void)rmdir("/tmp/seki-nomem.push");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
