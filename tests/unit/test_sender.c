#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "sigfile.h"

static char dir[] = "/tmp/seki-sender-XXXXXX";

static char *
in_dir(const char *name)
{
	static char path[2][256];
	static int i;

	i = !i;
	(void)snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static void
test_weekdays(void **state)
{
	/* From an instant, so many days, to the end of a day in Japan. */
	static const struct {
		const char *from;
		unsigned n;
		const char *to;
	} rows[] = {
		{ "2026-11-20T03:00:00Z", 1, "2026-11-23T15:00:00Z" }, /* Fri */
		{ "2026-11-20T03:00:00Z", 10, "2026-12-04T15:00:00Z" },
		{ "2026-11-21T03:00:00Z", 1, "2026-11-23T15:00:00Z" }, /* Sat */
		{ "2026-11-22T03:00:00Z", 1, "2026-11-23T15:00:00Z" }, /* Sun */
		{ "2026-11-23T03:00:00Z", 1, "2026-11-24T15:00:00Z" }, /* Mon */
		/* 15:00 UTC is the next day's midnight in Japan. */
		{ "2026-11-19T14:59:59Z", 1, "2026-11-20T15:00:00Z" },
		{ "2026-11-19T15:00:00Z", 1, "2026-11-23T15:00:00Z" },
		{ "2028-02-28T03:00:00Z", 2,
		    "2028-03-01T15:00:00Z" }, /* leap */
		{ "2026-12-31T03:00:00Z", 366, "2028-05-26T15:00:00Z" },
	};
	seki_time from;
	char to[SEKI_TIME];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(seki_time_parse(rows[i].from, 20, &from), 0);
		seki_time_format(seki_sender_weekdays(from, rows[i].n), to);
		if (strcmp(to, rows[i].to) != 0)
			fail_msg("row %zu: %s, not %s", i, to, rows[i].to);
	}
}

/* A lane keeps the order, and its first failure comes back. */
struct sum {
	unsigned next, fail_at;
};

static int
add(void *ctx, void *box, struct seki_err *err)
{
	struct sum *s = ctx;
	unsigned *n = box;

	if (*n != s->next)
		return seki_fail(err, SEKI_BUG, "%u, not %u", *n, s->next);
	if (*n == s->fail_at)
		return seki_fail(err, SEKI_FULL, "as asked");
	s->next++;
	return 0;
}

static int
through_lane(struct sum *s, unsigned count, struct seki_err *err)
{
	unsigned n[SEKI_LANE_BOXES], i, *box;
	void *boxes[SEKI_LANE_BOXES] = { &n[0], &n[1], &n[2], &n[3] };
	struct seki_lane *lane = seki_lane_new(boxes, add, s, err);

	assert_non_null(lane);
	for (i = 0; i < count; i++) {
		if ((box = seki_lane_get(lane, err)) == NULL)
			break;
		*box = i;
		seki_lane_send(lane, box);
	}
	return seki_lane_end(lane, err);
}

static void
test_lane(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct sum s = { 0, UINT32_MAX };

	(void)state;
	assert_int_equal(through_lane(&s, 10000, &err), 0);
	assert_int_equal(s.next, 10000);
	s = (struct sum){ 0, 5000 };
	assert_int_equal(through_lane(&s, 10000, &err), -1);
	assert_int_equal(err.reason, SEKI_FULL);
	assert_int_equal(s.next, 5000);
	/* The very last one, when nobody asks for a box any more. */
	seki_err_clear(&err);
	s = (struct sum){ 0, 9 };
	assert_int_equal(through_lane(&s, 10, &err), -1);
	assert_int_equal(err.reason, SEKI_FULL);
}

/* size bytes of text that shrinks, but not to nothing. */
static char *
text(size_t size)
{
	char *s = malloc(size + 1), line[101];
	size_t i, n;

	assert_non_null(s);
	for (i = 0; i < size; i += n) {
		(void)snprintf(line, sizeof(line), "%099zu\n", i * 7919);
		n = size - i < 100 ? size - i : 100;
		memcpy(s + i, line, n);
	}
	return s;
}

/* In steps of so many bytes, with front before it. */
static void
make_part(struct seki_part *part, const char *s, size_t size, size_t step,
    const char *front, struct seki_err *err)
{
	struct seki_press *press = seki_press_new(err);
	struct seki_squeeze *q = seki_squeeze_new(press, dir, err);
	size_t i, n;

	assert_non_null(q);
	for (i = 0; i < size; i += n) {
		n = size - i < step ? size - i : step;
		assert_int_equal(seki_squeeze_write(q, s + i, n, err), 0);
	}
	assert_int_equal(
	    seki_squeeze_end(q, front, strlen(front), part, err), 0);
	assert_int_equal(part->size, strlen(front) + size);
	seki_press_free(press);
}

static void
same_text(const struct seki_part *part, const char *s, size_t size,
    const char *front, struct seki_err *err)
{
	struct seki_place place = { .at = part->at,
		.packed = part->packed,
		.size = part->size,
		.crc = part->crc,
		.deflated = 1 };
	struct seki_in *in = seki_zip_in(part->fd, &place, "x", err);
	size_t n = strlen(front), at = 0;
	char buf[5000];
	ssize_t r, i;

	assert_non_null(in);
	while ((r = seki_in_read(in, buf, sizeof(buf), err)) > 0)
		for (i = 0; i < r; i++, at++)
			if (buf[i] != (at < n ? front[at] : s[at - n]))
				fail_msg("size %zu: byte %zu", size, at);
	if (r == -1)
		fail_msg("size %zu: %s", size, err->text);
	assert_int_equal(at, n + size);
	seki_in_free(in);
}

static void
same_bytes(const struct seki_part *a, const struct seki_part *b)
{
	char x[4096], y[4096];
	uint64_t i, n;

	assert_int_equal(a->packed, b->packed);
	for (i = 0; i < a->packed; i += n) {
		n = a->packed - i < sizeof(x) ? a->packed - i : sizeof(x);
		assert_int_equal(pread(a->fd, x, n, (off_t)(a->at + i)), n);
		assert_int_equal(pread(b->fd, y, n, (off_t)(b->at + i)), n);
		assert_memory_equal(x, y, n);
	}
}

static void
test_squeeze(void **state)
{
	/* Around one piece and several. */
	static const size_t sizes[] = { 0, 1, 131071, 131072, 131073, 262144,
		3000000 };
	static const char *const fronts[] = { "", "<front>" };
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_part part, again;
	size_t i, k;
	char *s;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (k = 0; k < 2; k++) {
			s = text(sizes[i]);
			make_part(&part, s, sizes[i], 100, fronts[k], &err);
			same_text(&part, s, sizes[i], fronts[k], &err);
			make_part(&again, s, sizes[i], 70001, fronts[k], &err);
			same_bytes(&part, &again);
			(void)close(part.fd);
			(void)close(again.fd);
			free(s);
		}
}

/* Many on one press; some abandoned, empty and in the middle. */
static void
test_press(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_press *press = seki_press_new(&err);
	struct seki_squeeze *q[20];
	struct seki_part part;
	char *s = text(400000);
	size_t i, k;

	(void)state;
	for (i = 0; i < 20; i++)
		assert_non_null(q[i] = seki_squeeze_new(press, dir, &err));
	for (k = 0; k < 400000; k += 50000)
		for (i = 1; i < 20; i++)
			assert_int_equal(
			    seki_squeeze_write(q[i], s + k, 50000, &err), 0);
	for (i = 0; i < 20; i++)
		if (i % 3 == 0)
			seki_squeeze_abort(q[i]);
		else {
			assert_int_equal(
			    seki_squeeze_end(q[i], NULL, 0, &part, &err), 0);
			same_text(&part, s, 400000, "", &err);
			(void)close(part.fd);
		}
	/* More than an entry may hold. */
	q[0] = seki_squeeze_new(press, dir, &err);
	assert_int_equal(
	    seki_squeeze_write(q[0], s, (size_t)SEKI_BUNDLE_MAX + 1, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	seki_squeeze_abort(q[0]);
	seki_press_free(press);
	free(s);
}

/* What the writer makes is what the check of C1 calls ours. */
static void
test_zipout(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	unsigned char sha256[SEKI_SHA256];
	struct seki_part part, whole;
	char *s;
	struct seki_zipout *z;
	struct seki_out *out;
	struct seki_zip zip;
	uint64_t size;
	int fd;

	(void)state;
	s = text(300000);
	make_part(&part, s, 300000, 1000, "x", &err);
	out = seki_out_file(in_dir("a.zip"), 0600, SEKI_OUT_NEW, &err);
	assert_non_null(out);
	z = seki_zipout_new(out, &err);
	assert_non_null(z);
	assert_int_equal(seki_zipout_mem(z, "manifest.json", "{}", 2, &err), 0);
	assert_int_equal(
	    seki_zipout_part(z, "data/records.jsonl", &part, &err), 0);
	assert_int_equal(seki_zipout_mem(z, "empty", "", 0, &err), 0);
	assert_int_equal(seki_zipout_end(z, &size, sha256, &err), 0);
	seki_zipout_free(z);
	assert_int_equal(seki_out_commit(out, &err), 0);
	fd = open(in_dir("a.zip"), O_RDONLY);
	assert_int_equal(seki_zipout_stored(fd, &whole, &err), 0);
	assert_int_equal(whole.size, size);
	assert_memory_equal(whole.sha256, sha256, SEKI_SHA256);
	if (seki_zip_open(fd, 0, size, 1, &zip, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(zip.n, 3);
	assert_string_equal(zip.entry[1].name, "data/records.jsonl");
	assert_int_equal(zip.entry[1].place.packed, part.packed);
	seki_zip_release(&zip);
	(void)close(fd);

	/* A part that is shorter than it says is a fault of ours. */
	out = seki_out_file(in_dir("b.zip"), 0600, SEKI_OUT_NEW, &err);
	z = seki_zipout_new(out, &err);
	part.packed++;
	assert_int_equal(seki_zipout_part(z, "x", &part, &err), -1);
	assert_int_equal(err.reason, SEKI_BUG);
	seki_zipout_free(z);
	seki_out_abort(out);
	(void)close(part.fd);
	free(s);
	assert_int_equal(access(in_dir("b.zip"), F_OK), -1);
}

static void
test_entries(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_zipout *z;
	struct seki_out *out;
	size_t i;

	(void)state;
	out = seki_out_file(in_dir("c.zip"), 0600, SEKI_OUT_NEW, &err);
	z = seki_zipout_new(out, &err);
	for (i = 0; i < SEKI_ENTRIES_MAX; i++)
		assert_int_equal(seki_zipout_mem(z, "x", "", 0, &err), 0);
	assert_int_equal(seki_zipout_mem(z, "x", "", 0, &err), -1);
	assert_int_equal(err.reason, SEKI_LIMIT);
	seki_zipout_free(z);
	seki_out_abort(out);
}

static void
test_publish(void **state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct stat st;
	char buf[16];
	int fd, got;

	(void)state;
	fd = seki_dir_spool(dir, &err);
	assert_int_equal(write(fd, "content", 7), 7);
	assert_int_equal(seki_publish(fd, in_dir("p"), NULL, &err), 0);
	assert_int_equal(stat(in_dir("p"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	got = open(in_dir("p"), O_RDONLY);
	assert_int_equal(read(got, buf, sizeof(buf)), 7);
	assert_memory_equal(buf, "content", 7);
	(void)close(got);
	/* Again: there already. */
	assert_int_equal(seki_publish(fd, in_dir("p"), NULL, &err), -1);
	assert_int_equal(err.reason, SEKI_FILE);
	assert_string_equal(err.object, in_dir("p"));
	seki_err_clear(&err);
	/* A link is not followed, wherever it points. */
	assert_int_equal(symlink("nowhere", in_dir("link")), 0);
	assert_int_equal(seki_publish(fd, in_dir("link"), NULL, &err), -1);
	assert_int_equal(err.reason, SEKI_FILE);
	assert_int_equal(access(in_dir("nowhere"), F_OK), -1);
	seki_err_clear(&err);
	assert_int_equal(seki_publish(fd, in_dir("no/p"), NULL, &err), -1);
	assert_int_equal(err.reason, SEKI_FILE);
	(void)close(fd);
}

/* A signature's text, and the bundle's file that it goes with. */
static void
prepare(struct seki_sigfile *text, int fd)
{
	struct seki_err err = SEKI_ERR_INIT;

	assert_int_equal(
	    seki_sigfile_make(text, in_dir("b.xlsx"), fd, 7, &err), 0);
	assert_string_equal(text->path, in_dir("b.txt"));
	assert_int_equal(access(in_dir("b.txt"), F_OK), -1);
}

static void
make(const char *name)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_int_equal(write(fd, "mine", 4), 4);
	assert_int_equal(close(fd), 0);
}

/* Both or none, also when a name is taken between. */
static void
test_publish_text(void **state)
{
	struct seki_sigfile text = { .path = NULL };
	struct seki_err err = SEKI_ERR_INIT;
	struct stat st;
	int fd;

	(void)state;
	fd = seki_dir_spool(dir, &err);
	assert_int_equal(write(fd, "content", 7), 7);
	prepare(&text, fd);
	make("b.txt");
	assert_int_equal(seki_publish(fd, in_dir("b.xlsx"), &text, &err), -1);
	assert_int_equal(err.reason, SEKI_FILE);
	assert_string_equal(err.object, in_dir("b.txt"));
	assert_int_equal(access(in_dir("b.xlsx"), F_OK), -1);
	assert_int_equal(stat(in_dir("b.txt"), &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(unlink(in_dir("b.txt")), 0);
	seki_sigfile_release(&text);
	seki_err_clear(&err);

	prepare(&text, fd);
	make("b.xlsx");
	assert_int_equal(seki_publish(fd, in_dir("b.xlsx"), &text, &err), -1);
	assert_string_equal(err.object, in_dir("b.xlsx"));
	assert_int_equal(access(in_dir("b.txt"), F_OK), -1);
	assert_int_equal(unlink(in_dir("b.xlsx")), 0);
	seki_sigfile_release(&text);
	seki_err_clear(&err);

	prepare(&text, fd);
	assert_int_equal(seki_publish(fd, in_dir("b.xlsx"), &text, &err), 0);
	assert_int_equal(unlink(in_dir("b.xlsx")), 0);
	seki_sigfile_release(&text);
	/* What stands there is the same: it stays, even when the bundle does
	 * not get its name. */
	assert_int_equal(
	    seki_sigfile_make(&text, in_dir("b.xlsx"), fd, 7, &err), 0);
	make("b.xlsx");
	assert_int_equal(seki_publish(fd, in_dir("b.xlsx"), &text, &err), -1);
	assert_int_equal(access(in_dir("b.txt"), F_OK), 0);
	seki_sigfile_release(&text);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weekdays),
		cmocka_unit_test(test_lane),
		cmocka_unit_test(test_squeeze),
		cmocka_unit_test(test_press),
		cmocka_unit_test(test_zipout),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_publish),
		cmocka_unit_test(test_publish_text),
	};
	static const char *const made[] = { "a.zip", "p", "link", "b.txt",
		"b.xlsx" };
	size_t i;
	int r;

	if (mkdtemp(dir) == NULL)
		return 1;
	r = cmocka_run_group_tests_name("sender", tests, NULL, NULL);
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		(void)unlink(in_dir(made[i]));
	if (rmdir(dir) == -1) {
		perror(dir);
		return 1;
	}
	return r;
}
