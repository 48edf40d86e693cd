/* A form that changed, and a stream that becomes local, while memory runs out:
 * always an error, never half a change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include "nomem.h"

#include "steps.h"
#include "storemaker.h"

/* The one that the records name: an empty file. */
static void
attachment(void)
{
	char name[400];
	int fd;

	(void)snprintf(name, sizeof(name), "%s.att", store_path);
	assert_int_equal(mkdir(name, 0700), 0);
	(void)snprintf(name, sizeof(name), "%s.att/%s", store_path,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	(void)close(fd);
}

/* The stream under construction becomes local; another form is accepted. */
static int
local(struct seki_err *e)
{
	struct seki_local opt = { .stream = "mine",
		.host = "test",
		.operator= "test",
		.by = "B",
		.accept_form = "A",
		.max_drop = 100 };
	struct seki_store *s = seki_store_open(store_path, 0, 1, e);
	struct seki_in *in = NULL;
	struct seki_localized d;
	int r = -1;

	if (s != NULL &&
	    (in = seki_in_mem(records.p, records.n, "records", e)) != NULL)
		r = seki_local_run(s, &opt, in, &d, e);
	seki_store_free(s);
	return r;
}

/* One field goes on under another code, one ends, one begins. */
static void
another_form(void)
{
	const char *at = "\"app\":\"7\"}";
	struct seki_schema *schema =
	    seki_schema_parse(records.p, strcspn(records.p, "\n"), &err);
	json_t *form = seki_steps_form(schema, &err);
	struct seki_buf b = SEKI_BUF_INIT;
	char hex[SEKI_HEX];
	char *s = strstr(records.p, at) + strlen(at);

	assert_int_equal(seki_steps_digest(form, hex, &err), 0);
	assert_int_equal(
	    seki_buf_add(&b, records.p, (size_t)(s - records.p), &err), 0);
	assert_int_equal(
	    seki_buf_fmt(&b, &err,
		",\"accepted\":[{\"by\":\"A\",\"at\":\"2026-11-20T01:00:00Z\","
		"\"revision\":\"7\",\"from\":\"%s\",\"continues\":{\"一行\":"
		"\"壱行\"},\"ended\":[\"複数行\"],\"added\":[\"別数行\"]}]",
		hex),
	    0);
	*s++ = '\0'; /* a brace, written anew */
	assert_int_equal(seki_buf_fmt(&b, &err, "}%s", s), 0);
	seki_buf_free(&records);
	records = b;
	s = strstr(records.p, "\"properties\"");
	assert_non_null(s);
	for (; (s = strstr(s, "\"一行\"")) != NULL;)
		memcpy(s, "\"壱行\"", strlen("\"壱行\""));
	s = strstr(records.p, "\"properties\"");
	for (; (s = strstr(s, "\"複数行\"")) != NULL;)
		memcpy(s, "\"別数行\"", strlen("\"別数行\""));
	json_decref(form);
	seki_schema_free(schema);
}

static void
test_form(void **state)
{
	struct seki_position p;

	(void)state;
	/* What test_nomem_store imports step by step, in one each. */
	first_bundle();
	assert_int_equal(import(&err), 0);
	next_bundle();
	assert_int_equal(import(&err), 0);
	delta_bundle();
	assert_int_equal(import(&err), 0);
	last_one(&p);
	begin("every");
	m->seq = 4;
	m->created = m->not_before = NOW + 480;
	seki_text_hex(p.digest, SEKI_SHA256, m->prev);
	another_form();
	prove();
	finish();
	exhaust("evolve", import);
	last_one(&p);
	assert_int_equal(p.seq, 4);
	begin("held");
	exhaust("local", local);
	exhaust("local again", local);
	begin("every");
	attachment();
	exhaust("local, another form", local);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
