#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sheet_int.h"
#include "xlsx.h"

/* Heads of the columns that are no fields. */
#define HEAD_ORDINAL "行番号"
#define HEAD_ROW_ID "行ID"
#define HEAD_JST "（日本時間）"

static int
head_taken(const struct seki_list *l, const char *head)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->col[i].head, head) == 0)
			return 1;
	return 0;
}

/* A label may equal another's with its suffix, or a head of ours. */
static char *
unique_head(const struct seki_list *l, const char *name, const char *suffix,
    struct seki_err *err)
{
	char *head = NULL;
	unsigned k;

	for (k = 1; k <= SEKI_FIELDS_MAX + 8; k++) {
		free(head);
		if ((k == 1 ? asprintf(&head, "%s%s", name, suffix)
			    : asprintf(&head, "%s%s（%u）", name, suffix, k)) ==
		    -1) {
			(void)seki_err_nomem(err);
			return NULL;
		}
		if (!head_taken(l, head))
			return head;
	}
	free(head);
	(void)seki_fail(err, SEKI_BUG, "no head for a column");
	return NULL;
}

static struct seki_col *
add_col(struct seki_list *l, enum seki_col_what what, const char *name,
    const char *suffix, struct seki_err *err)
{
	struct seki_col *c;
	char *head = unique_head(l, name, suffix, err);

	if (head == NULL)
		return NULL;
	if ((c = reallocarray(l->col, l->n + 1, sizeof(*c))) == NULL) {
		free(head);
		(void)seki_err_nomem(err);
		return NULL;
	}
	l->col = c;
	c += l->n++;
	memset(c, 0, sizeof(*c));
	c->what = what;
	c->head = head;
	c->shape = SEKI_S_TEXT;
	return c;
}

/* The service gives these two no label of their own. */
static const char *
label(const struct seki_field *f, const char *numbered)
{
	if (f->label[0] != '\0' && strcmp(f->label, f->code) != 0)
		return numbered;
	if (f->type == SEKI_T_ID)
		return "レコードID";
	if (f->type == SEKI_T_REVISION)
		return "リビジョン";
	return f->label[0] == '\0' ? f->code : numbered;
}

static int
add_field(struct seki_list *l, enum seki_col_what what,
    const struct seki_schema *s, const struct seki_field *parent, size_t i,
    struct seki_err *err)
{
	const struct seki_field *f =
	    parent != NULL ? &parent->sub[i] : &s->field[i];
	enum seki_shape shape = seki_field_shape(f);
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_col *c = NULL;

	if (seki_schema_label(s, parent, i, &b, err) == 0)
		c = add_col(l, what, label(f, b.p),
		    what == SEKI_COL_FIELD && shape == SEKI_S_DATETIME
			? HEAD_JST
			: "",
		    err);
	seki_buf_free(&b);
	if (c == NULL)
		return -1;
	c->field = f;
	c->index = i;
	if (what == SEKI_COL_FIELD)
		c->shape = shape;
	return 0;
}

static int
records(struct seki_list *l, const struct seki_schema *s, struct seki_err *err)
{
	size_t key = (size_t)seki_schema_find(s, s->key, strlen(s->key)), i;

	if (add_field(l, SEKI_COL_KEY, s, NULL, key, err) == -1)
		return -1;
	for (i = 0; i < s->n; i++)
		if (i != key && s->field[i].type != SEKI_T_SUBTABLE &&
		    add_field(l, SEKI_COL_FIELD, s, NULL, i, err) == -1)
			return -1;
	return 0;
}

static int
table(struct seki_list *l, const struct seki_schema *s, const char *key,
    struct seki_err *err)
{
	size_t i;

	if (add_col(l, SEKI_COL_KEY, key, "", err) == NULL ||
	    add_col(l, SEKI_COL_ORDINAL, HEAD_ORDINAL, "", err) == NULL ||
	    add_col(l, SEKI_COL_ROW_ID, HEAD_ROW_ID, "", err) == NULL)
		return -1;
	for (i = 0; i < l->table->nsub; i++)
		if (add_field(l, SEKI_COL_FIELD, s, l->table, i, err) == -1)
			return -1;
	return 0;
}

static int
others(struct seki_list *l, const char *key, struct seki_err *err)
{
	static const struct {
		enum seki_col_what what;
		const char *head;
	} marks[] = { { SEKI_COL_KIND, "区分" } },
	  longs[] = { { SEKI_COL_LIST, "シート" },
		  { SEKI_COL_ORDINAL, HEAD_ORDINAL }, { SEKI_COL_HEAD, "項目" },
		  { SEKI_COL_PIECE, "番号" }, { SEKI_COL_TEXT, "本文" } };
	int repair = l->what == SEKI_LIST_REPAIR;
	size_t i;

	if (add_col(l, SEKI_COL_KEY, key, "", err) == NULL)
		return -1;
	if (l->what == SEKI_LIST_MARKS)
		return add_col(l, marks[0].what, marks[0].head, "", err) == NULL
			   ? -1
			   : 0;
	for (i = 0; i < sizeof(longs) / sizeof(longs[0]); i++)
		if (add_col(l, longs[i].what,
			repair && longs[i].what == SEKI_COL_TEXT
			    ? "綴り"
			    : longs[i].head,
			"", err) == NULL)
			return -1;
	return 0;
}

/* The letters of a label that a sheet's name may have, cut to units.  Round
 * brackets are kept for "NAME (2)". */
static void
legal(const char *name, size_t most, char *out)
{
	size_t n = strlen(name), i = 0, units = 0, at = 0;
	uint32_t c;

	while (i < n) {
		c = seki_text_get(name, n, &i);
		if (c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xFFFE ||
		    c == 0xFFFF || c == '\'' || c == 0x241B ||
		    (at == 0 && (c == ' ' || c == 0x3000)) ||
		    (c < 0x80 && strchr("[]:*?/\\()", (int)c) != NULL))
			continue;
		units += c > 0xFFFF ? 2 : 1;
		if (units > most)
			break;
		at += seki_text_put(out + at, c);
	}
	while (at > 0 && out[at - 1] == ' ')
		at--;
	out[at] = '\0';
}

static int
name_taken(const struct seki_sheet_layout *y, size_t n, const char *name)
{
	size_t i;

	if (strcasecmp(name, SEKI_SHEET_COVER) == 0 ||
	    strcasecmp(name, SEKI_SHEET_FIELDS) == 0 || name[0] == '\0' ||
	    strcasecmp(name, y->list[y->marks].name) == 0 ||
	    strcasecmp(name, y->list[y->longs].name) == 0 ||
	    (y->repair != 0 &&
		(strcasecmp(name, y->list[y->repair].name) == 0 ||
		    strcasecmp(name, SEKI_SHEET_SEAL) == 0)))
		return 1;
	for (i = 0; i < n; i++)
		if (strcasecmp(name, y->list[i].name) == 0)
			return 1;
	return 0;
}

static char *
table_name(const struct seki_sheet_layout *y, size_t n,
    const struct seki_field *f, struct seki_err *err)
{
	char name[SEKI_SHEET_NAME], tail[16] = "", *out;
	unsigned k = 1;

	for (;;) {
		legal(f->label, SEKI_SHEET_BASE - strlen(tail), name);
		if (name[0] == '\0')
			(void)snprintf(name, sizeof(name), "表");
		(void)snprintf(name + strlen(name), sizeof(tail), "%s", tail);
		if (!name_taken(y, n, name))
			break;
		(void)snprintf(tail, sizeof(tail), "~%u", ++k);
	}
	if ((out = strdup(name)) == NULL)
		(void)seki_err_nomem(err);
	return out;
}

static int
named(struct seki_list *l, enum seki_list_what what, const char *name,
    struct seki_err *err)
{
	l->what = what;
	if ((l->name = strdup(name)) == NULL)
		return seki_err_nomem(err);
	return 0;
}

static int
fill(struct seki_sheet_layout *y, struct seki_err *err)
{
	const struct seki_schema *s = y->schema;
	size_t i, t = 0;
	char *key;

	if (named(&y->list[0], SEKI_LIST_RECORDS, "レコード", err) == -1 ||
	    named(&y->list[y->marks], SEKI_LIST_MARKS, "保留・削除", err) ==
		-1 ||
	    named(&y->list[y->longs], SEKI_LIST_LONG, "長文", err) == -1 ||
	    records(&y->list[0], s, err) == -1 ||
	    (y->repair != 0 && named(&y->list[y->repair], SEKI_LIST_REPAIR,
				   "補修", err) == -1))
		return -1;
	key = y->list[0].col[0].head;
	for (i = 0; i < s->n; i++) {
		if (s->field[i].type != SEKI_T_SUBTABLE)
			continue;
		y->list[++t].what = SEKI_LIST_TABLE;
		y->list[t].table = &s->field[i];
		y->list[t].name = table_name(y, t, &s->field[i], err);
		if (y->list[t].name == NULL ||
		    table(&y->list[t], s, key, err) == -1)
			return -1;
	}
	return others(&y->list[y->marks], key, err) == -1 ||
		       others(&y->list[y->longs], key, err) == -1 ||
		       (y->repair != 0 &&
			   others(&y->list[y->repair], key, err) == -1)
		   ? -1
		   : 0;
}

struct seki_sheet_layout *
seki_sheet_layout_new(
    const struct seki_schema *s, int relay, struct seki_err *err)
{
	struct seki_sheet_layout *y = calloc(1, sizeof(*y));

	if (y != NULL) {
		y->schema = s;
		y->n = s->tables + 3;
		y->marks = y->n - 2;
		y->longs = y->n - 1;
		if (relay)
			y->repair = y->n++;
		y->list = calloc(y->n, sizeof(*y->list));
	}
	if (y == NULL || y->list == NULL)
		(void)seki_err_nomem(err);
	else if (fill(y, err) == 0)
		return y;
	seki_sheet_layout_free(y);
	return NULL;
}

void
seki_sheet_layout_free(struct seki_sheet_layout *y)
{
	size_t i, k;

	if (y == NULL)
		return;
	for (i = 0; y->list != NULL && i < y->n; i++) {
		for (k = 0; k < y->list[i].n; k++)
			free(y->list[i].col[k].head);
		free(y->list[i].col);
		free(y->list[i].name);
	}
	free(y->list);
	free(y);
}

void
seki_sheet_layout_name(
    const struct seki_list *l, unsigned part, char out[SEKI_SHEET_NAME])
{
	if (part == 1)
		(void)snprintf(out, SEKI_SHEET_NAME, "%s", l->name);
	else
		(void)snprintf(out, SEKI_SHEET_NAME, "%s (%u)", l->name, part);
}

unsigned
seki_sheet_layout_part(const struct seki_list *l, const char *name)
{
	size_t n = strlen(l->name);
	char want[SEKI_SHEET_NAME];
	unsigned long part;

	if (strcmp(name, l->name) == 0)
		return 1;
	if (strncmp(name, l->name, n) != 0 || strncmp(name + n, " (", 2) != 0)
		return 0;
	part = strtoul(name + n + 2, NULL, 10);
	if (part < 2 || part > SEKI_PARTS_MAX)
		return 0;
	seki_sheet_layout_name(l, (unsigned)part, want);
	return strcmp(name, want) == 0 ? (unsigned)part : 0;
}
