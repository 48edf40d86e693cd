#include <stdlib.h>

#include "norm_int.h"

/*
 * A first rules table: a row for every field, with what the form and the
 * values seem to say.  Nobody starts from an empty sheet, and nobody has to
 * trust a guess without its reason.
 */
#define SAMPLES 3
#define SAMPLE_CHARS 20
#define LOOKED_AT 1000 /* values a field, for the guess */

/* In the order they are tried: the more a name says, the earlier. */
enum guess {
	G_EMAIL,
	G_KANA,
	G_POSTAL,
	G_TEL,
	G_FISCAL,
	G_DATE,
	G_TIME,
	G_SEX,
	G_PREF,
	G_HOUJIN,
	G_LGCODE,
	G_YESNO,
	G_ADDRESS,
	G_NUMBER,
	G_COUNT
};
static const char *const guess_kind[] = { "email", "name_kana", "postal", "tel",
	"fiscal_year", "date", "time", "sex", "pref", "houjin", "lgcode",
	"yesno", "address", "number" };

struct seen {
	uint64_t values;	/* that were looked at */
	uint64_t good[G_COUNT]; /* how many a kind could read */
	char *sample[SAMPLES];
	size_t samples;
	int coded; /* a value that is no amount, though it may read as one */
};

/* One field, alone or in a table; its statistics lie beside it. */
struct line {
	const struct seki_field *f;
	const struct seki_field *table; /* or NULL */
	struct seen seen;
};

struct first {
	struct line *line;
	size_t n;
	struct seki_buf work;
};

static int
add_lines(struct first *t, const struct seki_field *f, size_t n,
    const struct seki_field *in, struct seki_err *err)
{
	struct line *grown;
	size_t i;

	for (i = 0; i < n; i++) {
		grown = reallocarray(t->line, t->n + 1, sizeof(*grown));
		if (grown == NULL)
			return seki_err_nomem(err);
		t->line = grown;
		memset(&grown[t->n], 0, sizeof(*grown));
		grown[t->n].f = &f[i];
		grown[t->n++].table = in;
		if (f[i].type == SEKI_T_SUBTABLE &&
		    add_lines(t, f[i].sub, f[i].nsub, &f[i], err) == -1)
			return -1;
	}
	return 0;
}

/* Short and harmless: for the eyes of staff who may see the records. */
static int
sample(struct seen *s, const struct seki_value *v, struct seki_buf *b,
    struct seki_err *err)
{
	size_t i, at = 0, chars;

	seki_buf_reset(b);
	for (chars = 0; at < v->n && chars < SAMPLE_CHARS; chars++)
		(void)seki_text_get(v->p, v->n, &at);
	if (seki_text_show(b, v->p, at, err) == -1 ||
	    (at < v->n && seki_buf_str(b, "…", err) == -1))
		return -1;
	for (i = 0; i < s->samples; i++)
		if (strcmp(s->sample[i], b->p) == 0)
			return 0;
	if ((s->sample[s->samples] = strdup(b->p)) == NULL)
		return seki_err_nomem(err);
	s->samples++;
	return 0;
}

/* 0012 and a number of 16 digits are codes: read as numbers they would lose
 * their zeros, or their last digits in a spreadsheet. */
static int
is_code(const struct seki_value *v)
{
	size_t i = 0, digits = 0;
	int zero = 0;
	uint32_t c;

	while (i < v->n) {
		c = seki_text_get(v->p, v->n, &i);
		if (c >= 0xFF10 && c <= 0xFF19)
			c -= 0xFF10 - '0';
		if (c < '0' || c > '9')
			return 0;
		zero |= digits++ == 0 && c == '0';
	}
	return (zero && digits > 1) || digits > 15;
}

static int
look(struct first *t, struct line *l, const struct seki_value *v,
    struct seki_err *err)
{
	struct seen *s = &l->seen;
	int i, r;

	if (!v->set || s->values == LOOKED_AT ||
	    seki_field_shape(l->f) == SEKI_S_TABLE)
		return 0;
	s->values++;
	if (s->samples < SAMPLES && sample(s, v, &t->work, err) == -1)
		return -1;
	if (l->f->type != SEKI_T_SINGLE_LINE_TEXT)
		return 0;
	s->coded |= is_code(v);
	for (i = 0; i < G_COUNT; i++) {
		seki_buf_reset(&t->work);
		r = seki_norm_apply(
		    seki_norm_find(guess_kind[i]), v->p, v->n, &t->work, err);
		if (r == -1)
			return -1;
		s->good[i] += r == 0 ? 1U : 0;
	}
	return 0;
}

static int
look_at(struct first *t, const struct seki_schema *s,
    const struct seki_record *rec, struct seki_err *err)
{
	struct line *l = t->line;
	const struct seki_value *v;
	size_t i, k, row;

	for (i = 0; i < s->n; i++) {
		v = &rec->v[i];
		if (look(t, l++, v, err) == -1)
			return -1;
		for (row = 0; row < v->nrow; row++)
			for (k = 0; k < s->field[i].nsub; k++)
				if (look(t, &l[k], &v->row[row].v[k], err) ==
				    -1)
					return -1;
		l += s->field[i].nsub;
	}
	return 0;
}

static int
says(const struct line *l, const char *const *words)
{
	size_t i;

	for (i = 0; words[i] != NULL; i++)
		if (strstr(l->f->label, words[i]) != NULL ||
		    strstr(l->f->code, words[i]) != NULL)
			return 1;
	return 0;
}

/* A kind for a line of text, by its label and by what its values are; why is
 * translated. */
static const char *
guess_text(const struct line *l, char *why, size_t size)
{
	static const char *const tel[] = { "電話", "携帯", "TEL", "Tel", "tel",
		"ＴＥＬ", NULL };
	static const char *const postal[] = { "郵便", "〒", "postal", NULL };
	static const char *const name[] = { "氏名", "名前", "姓名", NULL };
	static const char *const kana[] = { "カナ", "かな", "ｶﾅ", "フリガナ",
		"ふりがな", "ﾌﾘｶﾞﾅ", NULL };
	static const char *const email[] = { "メール", "mail", "Mail", "MAIL",
		NULL };
	static const char *const fiscal[] = { "年度", NULL };
	static const char *const clock[] = { "時刻", NULL };
	static const char *const sex[] = { "性別", NULL };
	static const char *const pref[] = { "都道府県", NULL };
	static const char *const houjin[] = { "法人番号", NULL };
	static const char *const lgcode[] = { "団体コード", NULL };
	static const char *const yesno[] = { "有無", "希望", "同意", "該当",
		"可否", "要否", NULL };
	static const char *const address[] = { "住所", "所在地", NULL };
	static const char *const words[] = { "日付", "年月日", "生年月日",
		"期日", "日", NULL };
	static const char *const money[] = { "金額", "額", "料", "数", "点",
		"回", "年齢", NULL };
	const struct seen *s = &l->seen;
	const char *const *list[G_COUNT] = { [G_EMAIL] = email,
		[G_KANA] = kana,
		[G_POSTAL] = postal,
		[G_TEL] = tel,
		[G_FISCAL] = fiscal,
		[G_DATE] = words,
		[G_TIME] = clock,
		[G_SEX] = sex,
		[G_PREF] = pref,
		[G_HOUJIN] = houjin,
		[G_LGCODE] = lgcode,
		[G_YESNO] = yesno,
		[G_ADDRESS] = address,
		[G_NUMBER] = money };
	int g;

	for (g = 0; g < G_COUNT; g++) {
		if (!says(l, list[g]) || s->good[g] * 2 < s->values ||
		    (g == G_NUMBER && s->coded))
			continue;
		(void)snprintf(why, size,
		    _("guessed by its name; %llu of %llu values can be read "
		      "as %s"),
		    (unsigned long long)s->good[g],
		    (unsigned long long)s->values,
		    seki_norm_shown(guess_kind[g]));
		return guess_kind[g];
	}
	if (says(l, name) && !says(l, kana)) {
		(void)snprintf(why, size, "%s", _("guessed by its name"));
		return "name_kanji";
	}
	(void)snprintf(why, size, "%s",
	    _("a line of text, and neither name nor values say more"));
	return "text";
}

static const char *
guess(const struct line *l, char *why, size_t size)
{
	(void)snprintf(
	    why, size, _("its type is %s"), seki_type_word(l->f->type));
	switch (l->f->type) {
	case SEKI_T_SINGLE_LINE_TEXT:
		return guess_text(l, why, size);
	case SEKI_T_MULTI_LINE_TEXT:
		return "text";
	case SEKI_T_NUMBER:
		return "number";
	case SEKI_T_DATE:
		return "date";
	case SEKI_T_DATETIME:
		return "datetime";
	case SEKI_T_ID:
	case SEKI_T_REVISION:
	case SEKI_T_RECORD_NUMBER:
	case SEKI_T_CREATOR:
	case SEKI_T_CREATED_TIME:
	case SEKI_T_MODIFIER:
	case SEKI_T_UPDATED_TIME:
	case SEKI_T_RICH_TEXT:
	case SEKI_T_CALC:
	case SEKI_T_CHECK_BOX:
	case SEKI_T_RADIO_BUTTON:
	case SEKI_T_MULTI_SELECT:
	case SEKI_T_DROP_DOWN:
	case SEKI_T_TIME:
	case SEKI_T_LINK:
	case SEKI_T_FILE:
	case SEKI_T_USER_SELECT:
	case SEKI_T_ORGANIZATION_SELECT:
	case SEKI_T_GROUP_SELECT:
	case SEKI_T_STATUS:
	case SEKI_T_STATUS_ASSIGNEE:
	case SEKI_T_CATEGORY:
	case SEKI_T_SUBTABLE:
	case SEKI_T_NONE:
	default:
		return "keep";
	}
}

static int
note(const struct line *l, const char *why, struct seki_buf *b,
    struct seki_err *err)
{
	size_t i;

	seki_buf_reset(b);
	if (seki_buf_str(b, why, err) == -1)
		return -1;
	for (i = 0; i < l->seen.samples; i++)
		if (seki_buf_fmt(b, err, "%s%s",
			i == 0 ? _("; such as ") : " / ",
			l->seen.sample[i]) == -1)
			return -1;
	return 0;
}

static int
write_line(struct first *t, const struct line *l, seki_rules_put *put,
    void *ctx, struct seki_err *err)
{
	const char *v[SEKI_COL_COUNT];
	char why[256], code[600];
	int i;

	(void)snprintf(code, sizeof(code), "%s%s%s",
	    l->table == NULL ? "" : l->table->code, l->table == NULL ? "" : ".",
	    l->f->code);
	for (i = 0; i < SEKI_COL_COUNT; i++)
		v[i] = "";
	v[SEKI_COL_OUTPUT] = v[SEKI_COL_SOURCE] = code;
	v[SEKI_COL_LABEL] = l->f->label;
	v[SEKI_COL_KIND] = guess(l, why, sizeof(why));
	if (note(l, why, &t->work, err) == -1)
		return -1;
	v[SEKI_COL_NOTE] = t->work.p;
	return put(ctx, v, err);
}

/* A table of which no field has a rule of its own is carried on whole. */
static int
plain_table(const struct first *t, const struct line *l)
{
	const struct line *k;
	char why[256];

	for (k = l + 1; k < t->line + t->n && k->table == l->f; k++)
		if (strcmp(guess(k, why, sizeof(why)), "keep") != 0)
			return 0;
	return 1;
}

static int
write_table(struct first *t, const struct seki_schema *s, seki_rules_put *put,
    void *ctx, struct seki_err *err)
{
	const struct line *l;
	int whole = 1;

	for (l = t->line; l < t->line + t->n; l++) {
		if (l->f->type == SEKI_T_SUBTABLE &&
		    !(whole = plain_table(t, l)))
			continue;
		if ((l->table != NULL && whole) ||
		    (l->table == NULL &&
			(strcmp(l->f->code, "$id") == 0 ||
			    strcmp(l->f->code, "$revision") == 0 ||
			    strcmp(l->f->code, s->key) == 0)))
			continue;
		if (write_line(t, l, put, ctx, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_rules_first(struct seki_stream_in *in, int english, seki_rules_put *put,
    void *ctx, struct seki_err *err)
{
	const struct seki_schema *s = seki_stream_schema(in);
	struct first t = { .n = 0 };
	struct seki_record *rec;
	size_t i;
	int r = add_lines(&t, s->field, s->n, NULL, err);

	while (r == 0 && (r = seki_stream_next(in, &rec, err)) == 1)
		r = rec->kind == SEKI_RECORD_ROW ? look_at(&t, s, rec, err) : 0;
	/* Only now is the stream known to be whole. */
	if (r == 0)
		r = put(ctx, english ? seki_rules_en : seki_rules_ja, err);
	if (r == 0)
		r = write_table(&t, s, put, ctx, err);
	for (i = 0; i < t.n; i++)
		while (t.line[i].seen.samples > 0)
			free(t.line[i].seen.sample[--t.line[i].seen.samples]);
	free(t.line);
	seki_buf_free(&t.work);
	return r;
}

struct csv {
	struct seki_out *out;
	struct seki_csv_out *csv;
};

static int
csv_row(void *ctx, const char *const *cell, struct seki_err *err)
{
	struct csv *c = ctx;
	int i;

	if (c->csv == NULL &&
	    (c->csv = seki_csv_create(c->out, SEKI_CSV_PEOPLE, err)) == NULL)
		return -1;
	for (i = 0; i < SEKI_COL_COUNT; i++)
		if (seki_csv_put(c->csv, cell[i], strlen(cell[i]), err) == -1)
			return -1;
	return seki_csv_end(c->csv, err);
}

int
seki_rules_init(struct seki_stream_in *in, struct seki_out *out, int english,
    struct seki_err *err)
{
	struct csv c = { out, NULL };
	int r = seki_rules_first(in, english, csv_row, &c, err);

	seki_csv_close(c.csv);
	return r;
}
