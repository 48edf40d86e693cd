/*
 * A form with every shape, and a workbook written from it beside the root of
 * what goes into it.  Included once by a test.
 */
#ifndef SHEET_PAIR_H
#define SHEET_PAIR_H

#include "book.h"
#include "seki_int.h"

static struct seki_err err;
static char dir[] = "/tmp/sekisheetXXXXXX";
static char path[64];

static struct seki_value
value(const char *s)
{
	return (struct seki_value){ .p = s, .n = strlen(s), .set = *s != '\0' };
}

static void
field(struct seki_schema *s, const char *parent, const char *code,
    enum seki_type type, enum seki_calc calc)
{
	struct seki_field *p =
	    parent == NULL
		? NULL
		: &s->field[seki_schema_find(s, parent, strlen(parent))];

	assert_non_null(seki_schema_add(s, p, code, code, type, calc, &err));
}

enum {
	ID,
	REVISION,
	TEXT,
	LINES,
	NUMBER,
	DATE,
	TIME,
	INSTANT,
	DURATION,
	CHOICES,
	USERS,
	FILES,
	TABLE,
	FIELDS
};

static struct seki_schema *
form(void)
{
	struct seki_schema *s = seki_schema_new("hard", "$id", &err);

	assert_non_null(s);
	assert_int_equal(
	    seki_schema_source(s, "kintone", "example.cybozu.com", "7", &err),
	    0);
	field(s, NULL, "$id", SEKI_T_ID, 0);
	field(s, NULL, "$revision", SEKI_T_REVISION, 0);
	field(s, NULL, "件名", SEKI_T_SINGLE_LINE_TEXT, 0);
	field(s, NULL, "内容", SEKI_T_MULTI_LINE_TEXT, 0);
	field(s, NULL, "数値", SEKI_T_NUMBER, 0);
	field(s, NULL, "日付", SEKI_T_DATE, 0);
	field(s, NULL, "時刻", SEKI_T_TIME, 0);
	field(s, NULL, "日時", SEKI_T_DATETIME, 0);
	field(s, NULL, "時間", SEKI_T_CALC, SEKI_C_HOUR_MINUTE);
	field(s, NULL, "区分", SEKI_T_CHECK_BOX, 0);
	field(s, NULL, "担当", SEKI_T_USER_SELECT, 0);
	field(s, NULL, "添付", SEKI_T_FILE, 0);
	field(s, NULL, "明細", SEKI_T_SUBTABLE, 0);
	field(s, "明細", "品", SEKI_T_SINGLE_LINE_TEXT, 0);
	field(s, "明細", "数", SEKI_T_NUMBER, 0);
	field(s, "明細", "行ID", SEKI_T_SINGLE_LINE_TEXT, 0);
	assert_int_equal(seki_schema_finish(s, &err), 0);
	return s;
}

/* A workbook at path, whose file is closed by its end or abort below. */
static int out_fd = -1;
static struct seki_press *press;

static struct seki_sheet_out *
create(const struct seki_schema *s, const struct seki_manifest *m)
{
	(void)unlink(path);
	out_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_not_equal(out_fd, -1);
	assert_non_null(press = seki_press_new(&err));
	return seki_sheet_create(out_fd, s, m, press, dir, &err);
}

static void
closed(void)
{
	seki_press_free(press);
	press = NULL;
	(void)close(out_fd);
	out_fd = -1;
}

static int
end_sheet(struct seki_sheet_out *o)
{
	int r = seki_sheet_end(o, &err);

	closed();
	return r;
}

static void __attribute__((unused)) abort_sheet(struct seki_sheet_out *o)
{
	seki_sheet_abort(o);
	closed();
}

/* A workbook being written, beside the root of what goes into it. */
struct pair {
	struct seki_schema *s;
	struct seki_sheet_out *o;
	struct seki_canon *c;
	struct seki_proof proof;
	struct seki_value v[FIELDS], row[2][3];
	struct seki_row rows[2];
	char id[16];
};

static void
begin(struct pair *p, const struct seki_manifest *m)
{
	memset(p, 0, sizeof(*p));
	seki_err_clear(&err);
	p->s = form();
	p->o = create(p->s, m);
	p->c = seki_canon_new(p->s, &err);
	assert_non_null(p->o);
	assert_non_null(p->c);
}

/* Puts v as record id and forgets it. */
static void __attribute__((unused))
put(struct pair *p, unsigned id, enum seki_kind kind)
{
	struct seki_record rec = { .kind = kind, .v = p->v };

	(void)snprintf(p->id, sizeof(p->id), "%u", id);
	rec.key = p->v[ID] = value(p->id);
	if (seki_canon_add(p->c, &rec, NULL, &err) == -1 ||
	    seki_sheet_put(p->o, &rec, &err) == -1)
		fail_msg("record %u: %s", id, err.text);
	memset(p->v, 0, sizeof(p->v));
}

static void __attribute__((unused))
rows(struct pair *p, const char *a, const char *b)
{
	p->row[0][0] = value(a);
	p->row[0][1] = value("1.5");
	p->row[1][0] = value(b);
	p->row[1][2] = value("x");
	p->rows[0].id = value("101");
	p->rows[1].id = value("102");
	p->rows[0].v = p->row[0];
	p->rows[1].v = p->row[1];
	p->v[TABLE].set = 1;
	p->v[TABLE].nrow = 2;
	p->v[TABLE].row = p->rows;
}

static void
finish(struct pair *p)
{
	assert_int_equal(seki_canon_end(p->c, &p->proof, &err), 0);
	if (end_sheet(p->o) == -1)
		fail_msg("%s", err.text);
}

static void
release(struct pair *p)
{
	seki_canon_free(p->c);
	seki_schema_free(p->s);
}

static int __attribute__((unused))
read_fd(int fd, const struct seki_schema *s, const struct seki_manifest *m,
    struct seki_proof *proof)
{
	int r;

	seki_err_clear(&err);
	r = seki_sheet_read(fd, 0, book_size(fd), s, m, proof, &err);
	close(fd);
	return r;
}

static void __attribute__((unused)) same_root(struct pair *p)
{
	struct seki_proof q;

	if (read_fd(open(path, O_RDONLY), p->s, NULL, &q) == -1)
		fail_msg("%s %s: %s", err.record, err.field, err.text);
	assert_memory_equal(q.root, p->proof.root, SEKI_SHA256);
	assert_int_equal(q.records, p->proof.records);
	assert_int_equal(q.held, p->proof.held);
	assert_int_equal(q.deleted, p->proof.deleted);
	assert_int_equal(q.rows[0], p->proof.rows[0]);
}

#define COUNT(list) (sizeof(list) / sizeof(list[0]))

#endif
