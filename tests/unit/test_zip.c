/* The structure check of a ZIP: archives are built here, one fault each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "seki_int.h"
#include "zipmaker.h"

static void
start(void)
{
	memset(&a, 0, sizeof(a));
}

static void
good(void)
{
	static char text[100000];

	memset(text, 'x', sizeof(text));
	start();
	add("manifest.json", 0, "{}", 2);
	add("data/records.jsonl", 8, text, sizeof(text));
	add("att/a", 0, "abc", 3);
}

static struct seki_err err;

/* The answer for what stands in a.b, lying at an offset in a file. */
static enum seki_reason
check(int own)
{
	int fd = seki_dir_spool(NULL, &err);

	memset(&err, 0, sizeof(err));
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, "prefix", 6), 6);
	assert_int_equal(write(fd, a.b, a.n), (ssize_t)a.n);
	(void)seki_zip_check(fd, 6, a.n, own, &err);
	(void)close(fd);
	return err.reason;
}

static void
expect(const char *what, int own, enum seki_reason want)
{
	enum seki_reason got = check(own);

	if (got != want)
		fail_msg("%s (own=%d): %s '%s', not %s", what, own,
		    seki_err_word(got), err.text, seki_err_word(want));
}

static void
test_good(void **state)
{
	(void)state;
	good();
	end(&plain);
	expect("good", 1, SEKI_OK);
	expect("good", 0, SEKI_OK);
	start();
	add("manifest.json", 8, "", 0);
	end(&plain);
	expect("nothing, deflated", 1, SEKI_OK);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		enum seki_reason own, others;
	} rows[] = {
		{ "data/records.jsonl", 0, SEKI_OK, SEKI_OK },
		{ "[Content_Types].xml", 0, SEKI_ZIP, SEKI_OK },
		{ "xl/worksheets/sheet1.xml", 0, SEKI_ZIP, SEKI_OK },
		{ "Data", 0, SEKI_ZIP, SEKI_OK },
		{ "a b", 0, SEKI_ZIP, SEKI_OK },
		{ "../x", 0, SEKI_ZIP, SEKI_ZIP },
		{ "x/../y", 0, SEKI_ZIP, SEKI_ZIP },
		{ "..", 0, SEKI_ZIP, SEKI_ZIP },
		{ "/x", 0, SEKI_ZIP, SEKI_ZIP },
		{ "C:\\x", 0, SEKI_ZIP, SEKI_ZIP },
		{ "c:x", 0, SEKI_ZIP, SEKI_ZIP },
		{ "a\\..\\b", 0, SEKI_ZIP, SEKI_ZIP },
		{ "a//b", 0, SEKI_ZIP, SEKI_ZIP },
		{ "./a", 0, SEKI_ZIP, SEKI_ZIP },
		{ "", 0, SEKI_ZIP, SEKI_ZIP },
		{ "a.", 0, SEKI_ZIP, SEKI_ZIP },
		{ "a/b.", 0, SEKI_ZIP, SEKI_ZIP },
		{ "a ", 0, SEKI_ZIP, SEKI_ZIP },
		{ "a./b", 0, SEKI_ZIP, SEKI_ZIP },
		{ "/", 0, SEKI_ZIP, SEKI_ZIP },
		{ "a\nb", 0, SEKI_ZIP, SEKI_ZIP },
		{ "a\0b", 3, SEKI_ZIP, SEKI_ZIP },
		{ "a\x7f", 0, SEKI_ZIP, SEKI_ZIP },
		{ "\xe5\x90\x8d", 0, SEKI_ZIP, SEKI_ZIP },
		{ "-a", 0, SEKI_ZIP, SEKI_OK },
		{ "a/b/c", 0, SEKI_ZIP, SEKI_OK },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaa",
		    0, SEKI_OK, SEKI_OK },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaa",
		    0, SEKI_ZIP, SEKI_OK },
	};
	size_t i;
	struct says s;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start();
		s = (struct says){
			.name = rows[i].name, .nname = rows[i].n, .version = 20
		};
		a.central[a.count++] = s;
		add_local(&s, "", 0);
		end(&plain);
		expect(rows[i].name, 1, rows[i].own);
		expect(rows[i].name, 0, rows[i].others);
	}
}

static void
test_twice(void **state)
{
	(void)state;
	start();
	add("data/records.jsonl", 0, "a", 1);
	add("data/records.jsonl", 0, "b", 1);
	end(&plain);
	expect("twice", 1, SEKI_ZIP);
	assert_non_null(strstr(err.text, "twice"));
	expect("twice", 0, SEKI_ZIP);
	start();
	add("xl/a.xml", 0, "a", 1);
	add("xl/A.xml", 0, "b", 1);
	end(&plain);
	expect("twice but for case", 0, SEKI_ZIP);
	assert_non_null(strstr(err.text, "twice"));
}

/* One header of entry 2 of the good archive says something else. */
enum place { LOCAL, CENTRAL, BOTH };
struct lie {
	const char *what;
	size_t field, n; /* of struct says */
	uint32_t value;
	enum seki_reason own, others;
};
#define LIE(f, v, own, others)                                                 \
	{                                                                      \
#f " = " #v, offsetof(struct says, f),                         \
		    sizeof(((struct says *)0)->f), v, own, others              \
	}

static void
tell(struct says *s, const struct lie *l)
{
	unsigned u = l->value;

	memcpy((char *)s + l->field, &u, l->n);
}

static void
lie(const struct lie *l, enum place where)
{
	static char text[100000];
	size_t np;
	struct says s, t;

	memset(text, 'x', sizeof(text));
	start();
	add("manifest.json", 0, "{}", 2);
	s = t = truth("data/records.jsonl", 8, text, sizeof(text), packed, &np);
	if (where != LOCAL)
		tell(&s, l);
	if (where != CENTRAL)
		tell(&t, l);
	a.central[a.count++] = s;
	add_local(&t, packed, np);
	add("att/a", 0, "abc", 3);
	end(&plain);
	expect(l->what, 1, l->own);
	expect(l->what, 0, l->others);
}

static void
test_disagree(void **state)
{
	static const struct lie rows[] = {
		LIE(flags, 2, SEKI_ZIP, SEKI_ZIP),
		LIE(method, 0, SEKI_ZIP, SEKI_ZIP),
		LIE(crc, 7, SEKI_ZIP, SEKI_ZIP),
		LIE(packed, 7, SEKI_ZIP, SEKI_ZIP),
		LIE(size, 7, SEKI_ZIP, SEKI_ZIP),
		LIE(time, 7, SEKI_ZIP, SEKI_OK),
		LIE(version, 10, SEKI_ZIP, SEKI_OK),
	};
	struct lie name = { "name", offsetof(struct says, name), 0, 0, SEKI_ZIP,
		SEKI_ZIP };
	size_t i, np;
	struct says s, t;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		lie(&rows[i], LOCAL);
		lie(&rows[i], CENTRAL);
	}
	start();
	s = t = truth("data/a", 0, "a", 1, packed, &np);
	t.name = "data/b";
	a.central[a.count++] = s;
	add_local(&t, packed, np);
	end(&plain);
	expect(name.what, 1, SEKI_ZIP);
	assert_non_null(strstr(err.text, "disagree"));
}

static void
test_both(void **state)
{
	static const struct lie rows[] = {
		LIE(flags, 1, SEKI_ZIP, SEKI_ZIP),
		LIE(flags, 2, SEKI_ZIP, SEKI_OK),
		LIE(flags, 0x800, SEKI_ZIP, SEKI_OK),
		LIE(flags, 0x20, SEKI_ZIP, SEKI_ZIP),
		LIE(flags, 0x40, SEKI_ZIP, SEKI_ZIP),
		LIE(flags, 0x2000, SEKI_ZIP, SEKI_ZIP),
		LIE(method, 0, SEKI_ZIP, SEKI_ZIP),
		LIE(method, 9, SEKI_ZIP, SEKI_ZIP),
		LIE(method, 12, SEKI_ZIP, SEKI_ZIP),
		LIE(method, 99, SEKI_ZIP, SEKI_ZIP),
		LIE(version, 45, SEKI_ZIP, SEKI_OK),
		LIE(extra_id, 0x5455, SEKI_ZIP, SEKI_OK),
		LIE(extra_id, 0x0001, SEKI_ZIP, SEKI_ZIP),
		LIE(extra_id, 0x7075, SEKI_ZIP, SEKI_ZIP),
		LIE(extra_id, 0x6375, SEKI_ZIP, SEKI_ZIP),
		LIE(extra_id, 0x9901, SEKI_ZIP, SEKI_ZIP),
		LIE(extra_id, 0x0017, SEKI_ZIP, SEKI_ZIP),
		LIE(crc, 7, SEKI_ZIP, SEKI_ZIP),
		LIE(packed, 7, SEKI_ZIP, SEKI_ZIP),
		LIE(packed, 0xffffffff, SEKI_ZIP, SEKI_ZIP),
		LIE(packed, 0xfffffff0, SEKI_ZIP, SEKI_ZIP),
		LIE(size, 10, SEKI_ZIP, SEKI_ZIP),
		LIE(size, 99999, SEKI_ZIP, SEKI_ZIP),
		LIE(size, 100001, SEKI_ZIP, SEKI_ZIP),
		LIE(size, 0, SEKI_ZIP, SEKI_ZIP),
		LIE(size, 0xffffffff, SEKI_ZIP, SEKI_ZIP),
		LIE(size, (512U << 20) + 1, SEKI_ZIP, SEKI_LIMIT),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		lie(&rows[i], BOTH);
}

static void
test_directory(void **state)
{
	static const struct lie rows[] = {
		LIE(attr, 0120777U << 16, SEKI_ZIP, SEKI_ZIP),
		LIE(attr, 0040755U << 16, SEKI_ZIP, SEKI_ZIP),
		LIE(attr, 0060644U << 16, SEKI_ZIP, SEKI_ZIP),
		LIE(attr, 0010644U << 16, SEKI_ZIP, SEKI_ZIP),
		LIE(attr, 0x10, SEKI_ZIP, SEKI_ZIP),
		LIE(attr, 0, SEKI_OK, SEKI_OK),
		LIE(attr, 0x20, SEKI_OK, SEKI_OK),
		LIE(disk, 1, SEKI_ZIP, SEKI_ZIP),
		LIE(comment, 3, SEKI_ZIP, SEKI_ZIP),
		LIE(local, 0, SEKI_ZIP, SEKI_ZIP),
		LIE(local, 46, SEKI_ZIP, SEKI_ZIP),
		LIE(local, 0xffffffff, SEKI_ZIP, SEKI_ZIP),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		lie(&rows[i], CENTRAL);
}

static void
test_tiles(void **state)
{
	struct says hidden = { .name = "att/h", .version = 20 };
	size_t n;

	(void)state;
	good();
	end(&plain);
	memmove(a.b + 5, a.b, a.n);
	a.n += 5;
	expect("prefix", 1, SEKI_ZIP);
	good();
	end(&plain);
	put(0, 1);
	expect("trailing byte", 1, SEKI_ZIP);
	assert_non_null(strstr(err.text, "1 bytes"));
	expect("trailing byte", 0, SEKI_ZIP);
	good();
	end(&(struct last){ .comment = 4 });
	put_bytes("note", 4);
	expect("comment", 1, SEKI_ZIP);
	expect("comment", 0, SEKI_ZIP);
	good();
	end(&(struct last){ .comment = 4 });
	expect("comment announced, absent", 1, SEKI_ZIP);
	good();
	put(0, 3);
	end(&plain);
	expect("gap before the directory", 1, SEKI_ZIP);
	expect("gap before the directory", 0, SEKI_ZIP);
	start();
	put(0, 3);
	add("manifest.json", 0, "{}", 2);
	end(&plain);
	expect("prefix that offsets know of", 1, SEKI_ZIP);
	assert_non_null(strstr(err.text, "3 bytes before entry 1"));
	good();
	add_local(&hidden, "", 0);
	end(&plain);
	expect("hidden local entry at the end", 1, SEKI_ZIP);
	start();
	add("manifest.json", 0, "{}", 2);
	add_local(&hidden, "", 0);
	add("att/a", 0, "abc", 3);
	end(&plain);
	expect("hidden local entry", 1, SEKI_ZIP);
	good();
	end(&plain);
	n = a.n;
	memcpy(a.b + n, a.b, n);
	a.n = 2 * n;
	expect("two archives", 1, SEKI_ZIP);
	assert_non_null(strstr(err.text, "not where it must be"));
	expect("two archives", 0, SEKI_ZIP);
	good();
	end(&(struct last){ .comment = END_RECORD });
	n = a.n;
	memcpy(a.b + n, a.b + n - END_RECORD, END_RECORD);
	a.b[n + END_RECORD - 2] = 0;
	a.n += END_RECORD;
	expect("an end in a comment", 1, SEKI_ZIP);
	assert_non_null(strstr(err.text, "not where it must be"));
}

static void
test_order(void **state)
{
	struct says s;

	(void)state;
	good();
	s = a.central[1];
	a.central[1] = a.central[2];
	a.central[2] = s;
	end(&plain);
	expect("directory in another order", 1, SEKI_ZIP);
	good();
	a.central[2] = a.central[1];
	a.central[2].name = "att/b";
	end(&plain);
	expect("two entries, one local header", 1, SEKI_ZIP);
	assert_non_null(strstr(err.text, "overlap"));
}

static void
test_end(void **state)
{
	static const struct {
		const char *what;
		struct last l;
	} rows[] = {
		{ "one entry more", { .count = 1 } },
		{ "one entry fewer", { .count = -1 } },
		{ "no entries", { .count = -3 } },
		{ "directory earlier", { .dir = -1 } },
		{ "directory later", { .dir = 1 } },
		{ "directory shorter, earlier", { .dir = -5, .size = 5 } },
		{ "directory longer, later", { .dir = 5, .size = -5 } },
		{ "disk", { .disk = 1 } },
		{ "ZIP64 count", { .count = 0xffff - 3 } },
		{ "ZIP64 size", { .size = -1000 } },
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		good();
		end(&rows[i].l);
		expect(rows[i].what, 1, SEKI_ZIP);
		expect(rows[i].what, 0, SEKI_ZIP);
	}
	/* Cut anywhere. */
	good();
	end(&plain);
	for (n = a.n; n > 0; n--) {
		a.n = n - 1;
		if (check(1) != SEKI_ZIP)
			fail_msg("cut at %zu: %s", a.n, err.text);
	}
}

static void
test_descriptor(void **state)
{
	static const struct {
		const char *what;
		int bytes;
		uint32_t wrong; /* added to the directory's size afterwards */
		enum seki_reason others;
	} rows[] = {
		{ "with signature", 16, 0, SEKI_OK },
		{ "without signature", 12, 0, SEKI_OK },
		{ "absent", 0, 0, SEKI_ZIP },
		{ "that disagrees", 16, 1, SEKI_ZIP },
	};
	size_t i, np;
	struct says s, t;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start();
		s = truth("xl/a.xml", 8, "aaaa", 4, packed, &np);
		s.flags = 8;
		t = s;
		t.crc = t.packed = t.size = 0;
		t.descriptor = rows[i].bytes;
		a.central[a.count++] = s;
		add_local(&t, packed, np);
		a.central[0].size += rows[i].wrong;
		add("xl/b.xml", 0, "b", 1);
		end(&plain);
		expect(rows[i].what, 0, rows[i].others);
		expect(rows[i].what, 1, SEKI_ZIP);
	}
}

static void
test_folders(void **state)
{
	(void)state;
	start();
	add("xl/", 0, "", 0);
	a.central[0].attr = 0040755U << 16 | 0x10;
	add("xl/a.xml", 0, "a", 1);
	end(&plain);
	expect("folder", 0, SEKI_OK);
	expect("folder", 1, SEKI_ZIP);
	start();
	add("xl/", 0, "data", 4);
	end(&plain);
	expect("folder with data", 0, SEKI_ZIP);
	start();
	add("xl//", 0, "", 0);
	end(&plain);
	expect("folder without a name", 0, SEKI_ZIP);
}

/* Bytes of a good archive, each changed: never believed, never a crash. */
static void
test_flips(void **state)
{
	size_t i;

	(void)state;
	good();
	end(&plain);
	for (i = 0; i < a.n; i++) {
		a.b[i] ^= 0x41;
		(void)check(1);
		if (err.reason != SEKI_ZIP && err.reason != SEKI_OK)
			fail_msg("byte %zu: %s", i, err.text);
		(void)check(0);
		a.b[i] ^= 0x41;
	}
}

/* Data behind the end of the compressed stream; the entry's reader alone. */
static void
test_slack(void **state)
{
	size_t np;
	struct says s;

	(void)state;
	start();
	s = truth("att/a", 8, "aaaa", 4, packed, &np);
	packed[np++] = 0;
	s.packed++;
	a.central[a.count++] = s;
	add_local(&s, packed, np);
	end(&plain);
	expect("slack", 1, SEKI_ZIP);
	assert_non_null(strstr(err.text, "1 bytes follow"));
	start();
	s = truth("att/a", 8, "aaaa", 4, packed, &np);
	s.packed--;
	a.central[a.count++] = s;
	add_local(&s, packed, np - 1);
	end(&plain);
	expect("cut stream", 1, SEKI_ZIP);
}

/* One past each ceiling on the number of entries. */
static void
test_many(void **state)
{
	static const struct {
		int own;
		size_t max;
	} rows[] = { { 1, SEKI_ENTRIES_MAX }, { 0, SEKI_PARTS_MAX } };
	unsigned char *b, *p;
	size_t i, k, n;
	char name[32];
	int over;

	(void)state;
	for (i = 0; i < 2; i++)
		for (over = 0; over < 2; over++) {
			n = rows[i].max + (size_t)over;
			assert_non_null(b = calloc(n, 128));
			start();
			for (k = 0, p = b; k < n; k++) {
				a.n = 0;
				(void)snprintf(name, sizeof(name), "a%05zu", k);
				a.central[0] = (struct says){ .name = name,
					.version = 20 };
				add_local(&a.central[0], "", 0);
				memcpy(p, a.b, a.n);
				p += a.n;
			}
			for (k = 0; k < n; k++) {
				(void)snprintf(name, sizeof(name), "a%05zu", k);
				a.central[0] = (struct says){ .name = name,
					.version = 20,
					.local = (uint32_t)(k * 36) };
				a.n = 0;
				a.count = 1;
				end(&plain);
				memcpy(p, a.b, a.n - END_RECORD);
				p += a.n - END_RECORD;
			}
			memcpy(a.b, b, (size_t)(p - b));
			a.n = (size_t)(p - b);
			put(0x06054b50, 4);
			put(0, 4);
			put(n, 2);
			put(n, 2);
			put(n * 52, 4);
			put(n * 36, 4);
			put(0, 2);
			free(b);
			expect(
			    "many", rows[i].own, over ? SEKI_LIMIT : SEKI_OK);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_disagree),
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_tiles),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_slack),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
