#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "nomem.h"
#include "pull_int.h"
#include "seki_int.h"

static int
copy_stream(const char *path, struct seki_err *err)
{
	struct seki_in *in = seki_in_file(path, 0, err);
	struct seki_stream_in *s = NULL;
	struct seki_stream_out *w = NULL;
	struct seki_out *out = NULL;
	struct seki_record *rec;
	int r = -1;

	if (in == NULL || (s = seki_stream_open(in, err)) == NULL ||
	    (out = seki_out_file(
		 "/tmp/seki-nomem.out", 0600, SEKI_OUT_REPLACE, err)) == NULL ||
	    (w = seki_stream_create(out, seki_stream_schema(s), err)) == NULL)
		goto end;
	while ((r = seki_stream_next(s, &rec, err)) == 1)
		if (seki_stream_put(w, rec, err) == -1) {
			r = -1;
			break;
		}
	if (r == 0)
		r = seki_stream_end(w, seki_stream_ending(s),
		    seki_stream_proof(s), 0, NULL, err);
end:
	seki_stream_abort(w);
	if (r == 0)
		r = seki_out_commit(out, err);
	else
		seki_out_abort(out);
	seki_stream_free(s);
	return r;
}

static int
copy_every(struct seki_err *err)
{
	return copy_stream("tests/data/root/every.jsonl", err);
}

static int
copy_held(struct seki_err *err)
{
	return copy_stream("tests/data/root/held.jsonl", err);
}

static int
copy_schema(struct seki_err *err)
{
	struct seki_in *in =
	    seki_in_file("tests/data/root/every.jsonl", 0, err);
	struct seki_stream_in *s =
	    in == NULL ? NULL : seki_stream_open(in, err);
	struct seki_schema *c =
	    s == NULL ? NULL : seki_schema_copy(seki_stream_schema(s), err);

	seki_schema_free(c);
	seki_stream_free(s);
	return c == NULL ? -1 : 0;
}

#define SAMPLES "tests/data/record-api-samples/"

/* The form and a page of the service, up to the last value. */
static int
read_page(struct seki_err *err)
{
	struct seki_buf f = SEKI_BUF_INIT, l = SEKI_BUF_INIT, r = SEKI_BUF_INIT;
	struct seki_pull pull = { .app = "11", .stream = "s" };
	struct seki_app app = { .schema = NULL };
	struct seki_page *page = NULL;
	struct seki_record *rec;
	int got = -1;

	if (seki_in_slurp(SAMPLES "form-fields.json", 1 << 20, &f, err) == 0 &&
	    seki_in_slurp(SAMPLES "form-layout.json", 1 << 20, &l, err) == 0 &&
	    seki_in_slurp(SAMPLES "records.json", 1 << 20, &r, err) == 0 &&
	    seki_app_parse(&app, f.p, f.n, l.p, l.n, "localhost", &pull, err) ==
		0 &&
	    (page = seki_page_new(&app, &pull, err)) != NULL) {
		seki_page_begin(page, r.p, r.n, 1);
		while ((got = seki_page_next(page, &rec, err)) == 1)
			;
	}
	seki_page_free(page);
	seki_app_release(&app);
	seki_buf_free(&f);
	seki_buf_free(&l);
	seki_buf_free(&r);
	return got;
}

static int
open_http(struct seki_err *err)
{
	struct seki_http_opt o = { .base = "https://a.example:8443",
		.token = "t" };
	struct seki_http *h = seki_http_open(&o, err);

	seki_http_free(h);
	return h == NULL ? -1 : 0;
}

#define BOOK "/tmp/seki-nomem.xlsx"

static int
write_sheet(struct seki_err *err)
{
	struct seki_in *in =
	    seki_in_file("tests/data/root/every.jsonl", 0, err);
	struct seki_stream_in *s =
	    in == NULL ? NULL : seki_stream_open(in, err);
	struct seki_press *press = s == NULL ? NULL : seki_press_new(err);
	int fd = open(BOOK, O_RDWR | O_CREAT | O_TRUNC, 0600), r = -1;
	struct seki_sheet_out *o = press == NULL
	    ? NULL
	    : seki_sheet_create(
		  fd, seki_stream_schema(s), NULL, press, "/tmp", err);
	struct seki_record *rec;

	while (o != NULL && (r = seki_stream_next(s, &rec, err)) == 1)
		if (seki_sheet_put(o, rec, err) == -1) {
			r = -1;
			break;
		}
	if (r == 0)
		r = seki_sheet_end(o, err);
	else
		seki_sheet_abort(o);
	seki_press_free(press);
	(void)close(fd);
	seki_stream_free(s);
	return r;
}

static int
read_sheet(struct seki_err *err)
{
	struct seki_in *in =
	    seki_in_file("tests/data/root/every.jsonl", 0, err);
	struct seki_stream_in *s =
	    in == NULL ? NULL : seki_stream_open(in, err);
	int fd = open(BOOK, O_RDONLY), r = -1;
	struct seki_proof proof;
	struct stat st;

	if (s != NULL && fd != -1 && fstat(fd, &st) == 0)
		r = seki_sheet_read(fd, 0, (uint64_t)st.st_size,
		    seki_stream_schema(s), NULL, &proof, err);
	if (fd != -1)
		(void)close(fd);
	seki_stream_free(s);
	return r;
}

static void
test_streams(void **state)
{
	(void)state;
	exhaust("every", copy_every);
	exhaust("held", copy_held);
	exhaust("schema", copy_schema);
}

static void
test_pull(void **state)
{
	(void)state;
	exhaust("page", read_page);
	exhaust("http", open_http);
}

static void
test_workbooks(void **state)
{
	(void)state;
	exhaust("write_sheet", write_sheet);
	exhaust("read_sheet", read_sheet);
	(void)unlink(BOOK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_pull),
		cmocka_unit_test(test_workbooks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
