#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan_int.h"

/* What is known of a column before any record is read. */
struct column {
	unsigned bits; /* of its name */
	int forbidden;
	enum seki_shape shape;
	struct column *sub; /* of a table */
};

/* Contents that were looked into: many records may name one file. */
struct seen {
	unsigned char sha256[SEKI_SHA256];
	struct seki_scan_inside inside;
};

struct seki_scan {
	const struct seki_schema *schema;
	const struct seki_scan_how *how;
	struct column *col;
	size_t key; /* the field that is the key, or schema->n */
	struct seki_scan_text text;
	struct seki_scan_finding at; /* where the work is */
	int probing; /* only whether there is a number: hits counts */
	unsigned hits;
	uint64_t count[SEKI_SCAN_LEVEL_COUNT][SEKI_SCAN_WHAT_COUNT];
	uint64_t unseen;
	struct seki_spool *spool;
	struct seki_scan_file *file;
	struct seen *seen;
	size_t nseen;
	struct seki_buf item, name, type;
};

static void
emit(struct seki_scan *s, enum seki_scan_level level, enum seki_scan_what what,
    unsigned why)
{
	s->at.level = level;
	s->at.what = what;
	s->at.why = why;
	s->count[level][what]++;
	if (s->how->finding != NULL)
		s->how->finding(s->how->ctx, &s->at);
}

static void
number(void *ctx, const struct seki_scan_hit *h)
{
	struct seki_scan *s = ctx;

	s->hits++;
	if (!s->probing)
		emit(s, h->level, h->what, h->why);
}

/* A name on the list: CODE, LABEL, TABLE.CODE or TABLE.LABEL. */
static int
is_called(const struct seki_field *table, const struct seki_field *f,
    const char *name)
{
	size_t n = table == NULL ? 0 : strlen(table->code);

	if (strcmp(f->code, name) == 0 || strcmp(f->label, name) == 0)
		return 1;
	return n > 0 && strncmp(name, table->code, n) == 0 && name[n] == '.' &&
	       (strcmp(f->code, name + n + 1) == 0 ||
		   strcmp(f->label, name + n + 1) == 0);
}

static int
forbidden(const struct seki_scan *s, const struct seki_field *table,
    const struct seki_field *f, unsigned char *used)
{
	const char *const *w = s->how->forbid;
	int yes = 0;
	size_t i;

	for (i = 0; w != NULL && w[i] != NULL; i++)
		if (is_called(table, f, w[i])) {
			used[i] = 1;
			yes = 1;
		}
	return yes;
}

/* The name of a field is carried, too, so a number in it would be. */
static int
heading(struct seki_scan *s, const struct seki_field *table,
    const struct seki_field *f, struct column *c, struct seki_err *err)
{
	unsigned bits;

	if (seki_scan_label(&s->text, f->label, &c->bits, err) == -1 ||
	    seki_scan_label(&s->text, f->code, &bits, err) == -1)
		return -1;
	if (c->bits == 0)
		c->bits = bits;
	c->shape = seki_field_shape(f);
	s->at.table = table;
	s->at.field = f;
	if (seki_scan_text(&s->text, f->label, strlen(f->label), 0, err) == -1)
		return -1;
	if (strcmp(f->label, f->code) == 0)
		return 0;
	return seki_scan_text(&s->text, f->code, strlen(f->code), 0, err);
}

static int
columns(struct seki_scan *s, const struct seki_field *table,
    const struct seki_field *f, size_t n, struct column **col,
    unsigned char *used, struct seki_err *err)
{
	struct column *c;
	size_t i;

	if ((*col = calloc(n + 1, sizeof(*c))) == NULL)
		return seki_err_nomem(err);
	c = *col;
	for (i = 0; i < n; i++) {
		c[i].forbidden = forbidden(s, table, &f[i], used);
		if (heading(s, table, &f[i], &c[i], err) == -1 ||
		    (f[i].nsub > 0 && columns(s, &f[i], f[i].sub, f[i].nsub,
					  &c[i].sub, used, err) == -1))
			return -1;
	}
	return 0;
}

static int
prepare(struct seki_scan *s, struct seki_err *err)
{
	unsigned char used[SEKI_SCAN_FORBID] = { 0 };
	const char *const *w = s->how->forbid;
	size_t n = 0, i;
	int at =
	    seki_schema_find(s->schema, s->schema->key, strlen(s->schema->key));

	while (w != NULL && w[n] != NULL)
		if (++n > SEKI_SCAN_FORBID)
			return seki_fail(err, SEKI_LIMIT,
			    _("more than %zu forbidden fields"),
			    SEKI_SCAN_FORBID);
	s->key = at < 0 ? s->schema->n : (size_t)at;
	if (columns(s, NULL, s->schema->field, s->schema->n, &s->col, used,
		err) == -1)
		return -1;
	for (i = 0; i < n && s->how->unknown != NULL; i++)
		if (!used[i])
			s->how->unknown(s->how->ctx, w[i]);
	if (s->how->attachments == NULL)
		return 0;
	s->spool = seki_spool_read(s->how->attachments, err);
	return s->spool == NULL ? -1 : 0;
}

struct seki_scan *
seki_scan_new(const struct seki_schema *schema, const struct seki_scan_how *how,
    struct seki_err *err)
{
	struct seki_scan *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	s->schema = schema;
	s->how = how;
	s->text.hit = number;
	s->text.ctx = s;
	s->at.found = "";
	if (prepare(s, err) == 0)
		return s;
	seki_scan_free(s);
	return NULL;
}

/* Where the digest stands among those seen, or is to stand. */
static size_t
find(const struct seki_scan *s, const unsigned char *sha256)
{
	size_t low = 0, high = s->nseen, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (memcmp(s->seen[mid].sha256, sha256, SEKI_SHA256) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
remember(struct seki_scan *s, size_t at, const unsigned char *sha256,
    const struct seki_scan_inside *in)
{
	if (s->seen == NULL)
		s->seen = calloc(SEKI_SCAN_FILES, sizeof(*s->seen));
	if (s->seen == NULL || s->nseen == SEKI_SCAN_FILES)
		return; /* it is looked into again */
	memmove(
	    &s->seen[at + 1], &s->seen[at], (s->nseen - at) * sizeof(*s->seen));
	memcpy(s->seen[at].sha256, sha256, SEKI_SHA256);
	s->seen[at].inside = *in;
	s->nseen++;
}

static int
look_into(struct seki_scan *s, const struct seki_item *item,
    struct seki_scan_inside *in, struct seki_err *err)
{
	unsigned char sha256[SEKI_SHA256];
	uint64_t size = strtoull(item->size, NULL, 10);
	char hex[SEKI_HEX];
	size_t at;
	int fd, r;

	(void)snprintf(hex, sizeof(hex), "%.*s", SEKI_HEX - 1, item->sha256);
	if (seki_text_unhex(hex, sha256, SEKI_SHA256) == -1)
		return seki_fail(err, SEKI_BUG, "digest");
	at = find(s, sha256);
	if (at < s->nseen &&
	    memcmp(s->seen[at].sha256, sha256, SEKI_SHA256) == 0) {
		*in = s->seen[at].inside;
		return 0;
	}
	if (s->file == NULL &&
	    (s->file = seki_scan_file_new(s->how->spool, err)) == NULL)
		return -1;
	if ((fd = seki_spool_file(s->spool, hex, size, err)) == -1) {
		seki_err_object(err, s->how->attachments);
		seki_err_hint(err,
		    _("Pull the stream again: seki-pull --attachments %s"),
		    s->how->attachments);
		return -1;
	}
	r = seki_scan_file(s->file, fd, size, in, err);
	(void)close(fd);
	if (r == 0)
		remember(s, at, sha256, in);
	return r;
}

static int
text_of(struct seki_buf *b, const char *p, size_t n, struct seki_err *err)
{
	seki_buf_reset(b);
	return seki_buf_add(b, p == NULL ? "" : p, p == NULL ? 0 : n, err);
}

/* Once for each kind, at its worst level. */
static void
emit_bits(struct seki_scan *s, const struct seki_scan_inside *in)
{
	uint32_t done = 0;
	int level;
	unsigned what;

	for (level = SEKI_SCAN_LEVEL_COUNT - 1; level > SEKI_SCAN_NONE; level--)
		for (what = 0; what < SEKI_SCAN_WHAT_COUNT; what++) {
			if ((in->bits[level] & ~done & 1U << what) == 0)
				continue;
			done |= 1U << what;
			s->at.found =
			    what == SEKI_SCAN_TYPE || what == SEKI_SCAN_PROGRAM
				? in->type
				: "";
			emit(s, (enum seki_scan_level)level,
			    (enum seki_scan_what)what, 0);
		}
	s->at.found = "";
}

static int
file(struct seki_scan *s, const struct seki_item *item, struct seki_err *err)
{
	struct seki_scan_inside in = { .type = "" }, all;

	if (text_of(&s->name, item->p, item->n, err) == -1 ||
	    text_of(&s->type, item->type, item->ntype, err) == -1 ||
	    seki_scan_text(&s->text, s->name.p, s->name.n, 0, err) == -1 ||
	    seki_scan_text(&s->text, s->type.p, s->type.n, 0, err) == -1)
		return -1;
	if (s->spool == NULL || item->nsha256 != SEKI_HEX - 1)
		s->unseen++;
	else if (look_into(s, item, &in, err) == -1)
		return -1;
	seki_scan_file_name(&in, s->name.p, s->type.p, &all);
	emit_bits(s, &all);
	return 0;
}

static int
files(struct seki_scan *s, const struct seki_value *v, struct seki_err *err)
{
	struct seki_item item;
	size_t at = 0;
	int r;

	s->at.file = 0;
	while ((r = seki_item_next(
		    SEKI_S_FILES, v, &at, &s->item, &item, err)) == 1) {
		s->at.file++;
		if ((r = file(s, &item, err)) == -1)
			break;
	}
	s->at.file = 0;
	return r;
}

static int values(struct seki_scan *, const struct seki_field *table,
    const struct seki_field *, const struct column *, size_t n,
    const struct seki_value *, struct seki_err *);

static int
rows(struct seki_scan *s, const struct seki_field *f, const struct column *c,
    const struct seki_value *v, struct seki_err *err)
{
	size_t i;
	int r = 0;

	for (i = 0; i < v->nrow && r == 0; i++) {
		s->at.row = i + 1;
		if (seki_scan_text(
			&s->text, v->row[i].id.p, v->row[i].id.n, 0, err) == -1)
			return -1;
		r = values(s, f, f->sub, c->sub, f->nsub, v->row[i].v, err);
	}
	if (r == 0)
		s->at.row = 0;
	return r;
}

static int
value(struct seki_scan *s, const struct seki_field *f, const struct column *c,
    const struct seki_value *v, struct seki_err *err)
{
	if (c->forbidden && (v->set || v->nrow > 0))
		emit(s, SEKI_SCAN_FOUND, SEKI_SCAN_FIELD, 0);
	switch (c->shape) {
	case SEKI_S_TEXT:
		if (seki_scan_formula(v->p, v->n))
			emit(s, SEKI_SCAN_NOTE, SEKI_SCAN_FORMULA, 0);
		return seki_scan_text(&s->text, v->p, v->n, c->bits, err);
	case SEKI_S_NUMBER:
		return seki_scan_number(&s->text, v->p, v->n, c->bits, err);
	case SEKI_S_CHOICES:
	case SEKI_S_USERS:
		return seki_scan_text(&s->text, v->p, v->n, c->bits, err);
	case SEKI_S_FILES:
		return files(s, v, err);
	case SEKI_S_TABLE:
		return rows(s, f, c, v, err);
	case SEKI_S_DATE:
	case SEKI_S_TIME:
	case SEKI_S_DATETIME:
	case SEKI_S_DURATION:
		break; /* nothing else can stand in them */
	}
	return 0;
}

static int
values(struct seki_scan *s, const struct seki_field *table,
    const struct seki_field *f, const struct column *c, size_t n,
    const struct seki_value *v, struct seki_err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!v[i].set && v[i].nrow == 0)
			continue;
		s->at.table = table;
		s->at.field = &f[i];
		if (value(s, &f[i], &c[i], &v[i], err) == -1) {
			seki_err_field(err, f[i].code);
			return -1;
		}
	}
	return 0;
}

/* A key that is such a number must not be shown, whatever shows it. */
static int
key(struct seki_scan *s, const struct seki_record *rec, struct seki_err *err)
{
	unsigned bits = s->key < s->schema->n ? s->col[s->key].bits : 0;
	int probe = rec->kind == SEKI_RECORD_ROW;

	s->hits = 0;
	s->at.key = NULL;
	s->at.nkey = 0;
	s->at.table = NULL;
	s->at.row = s->at.file = 0;
	s->at.field = s->key < s->schema->n ? &s->schema->field[s->key] : NULL;
	/* The fields of a record have its key among them. */
	s->probing = probe && s->at.field != NULL;
	if (seki_scan_text(&s->text, rec->key.p, rec->key.n, bits, err) == -1)
		return -1;
	s->probing = 0;
	s->at.field = NULL;
	if (s->hits > 0)
		return 0;
	s->at.key = rec->key.p;
	s->at.nkey = rec->key.n;
	return 0;
}

/* The code or label of a field, which was looked at with the form. */
static int
known(const struct seki_field *f, size_t n, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((strlen(f[i].code) == len &&
			memcmp(f[i].code, s, len) == 0) ||
		    (strlen(f[i].label) == len &&
			memcmp(f[i].label, s, len) == 0) ||
		    known(f[i].sub, f[i].nsub, s, len))
			return 1;
	return 0;
}

static int
beside(
    void *ctx, const char *name, const char *p, size_t n, struct seki_err *err)
{
	struct seki_scan *s = ctx;
	unsigned bits;
	int r;

	if (seki_scan_label(&s->text, name, &bits, err) == -1)
		return -1;
	s->hits = 0;
	s->probing = 1;
	r = seki_scan_text(&s->text, p, n, bits, err);
	s->probing = 0;
	if (r == -1 || s->hits == 0 ||
	    (s->at.nth == 0 && known(s->schema->field, s->schema->n, p, n)))
		return r;
	return seki_scan_text(&s->text, p, n, bits, err);
}

int
seki_scan_around(
    struct seki_scan *s, const char *json, size_t n, struct seki_err *err)
{
	const struct seki_scan_each to = { beside, s };
	uint64_t nth = s->at.nth;
	int r;

	s->at.nth = 0;
	s->at.key = NULL;
	s->at.nkey = 0;
	s->at.table = s->at.field = NULL;
	s->at.row = s->at.file = 0;
	r = seki_scan_each(&to, json, n, err);
	s->at.nth = nth;
	return r;
}

int
seki_scan_record(
    struct seki_scan *s, const struct seki_record *rec, struct seki_err *err)
{
	const struct seki_scan_each to = { beside, s };

	s->at.nth++;
	if (key(s, rec, err) == -1)
		return -1;
	if (rec->kind == SEKI_RECORD_HELD)
		return seki_scan_each(&to, rec->reasons.p, rec->reasons.n, err);
	if (rec->kind != SEKI_RECORD_ROW)
		return 0;
	if (values(s, NULL, s->schema->field, s->col, s->schema->n, rec->v,
		err) == 0)
		return 0;
	if (s->at.key != NULL)
		seki_err_record(err, s->at.key, s->at.nkey);
	return -1;
}

uint64_t
seki_scan_count(const struct seki_scan *s, enum seki_scan_level level,
    enum seki_scan_what what)
{
	return s->count[level][what];
}

uint64_t
seki_scan_total(const struct seki_scan *s, enum seki_scan_level level)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < SEKI_SCAN_WHAT_COUNT; i++)
		n += s->count[level][i];
	return n;
}

uint64_t
seki_scan_unseen(const struct seki_scan *s)
{
	return s->unseen;
}

const char *
seki_scan_result(const struct seki_scan *s)
{
	if (seki_scan_total(s, SEKI_SCAN_FOUND) > 0)
		return "found";
	return seki_scan_total(s, SEKI_SCAN_SUSPECT) > 0 ? "suspect" : "clear";
}

int
seki_scan_summary(const struct seki_scan *s, enum seki_scan_level least,
    struct seki_buf *b, struct seki_err *err)
{
	const char *glue = "", *front;
	size_t what;
	int level;

	for (what = 0; what < SEKI_SCAN_WHAT_COUNT; what++) {
		front = ": ";
		for (level = SEKI_SCAN_FOUND; level >= (int)least; level--) {
			if (s->count[level][what] == 0)
				continue;
			if (front[0] == ':' &&
			    seki_buf_fmt(b, err, "%s%s", glue,
				seki_scan_what_word(
				    (enum seki_scan_what)what)) == -1)
				return -1;
			if (seki_buf_fmt(b, err, "%s%s %llu", front,
				seki_scan_level_word(
				    (enum seki_scan_level)level),
				(unsigned long long)s->count[level][what]) ==
			    -1)
				return -1;
			front = ", ";
			glue = "; ";
		}
	}
	return 0;
}

int
seki_scan_verdict(const struct seki_scan *s, struct seki_err *err)
{
	uint64_t found = seki_scan_total(s, SEKI_SCAN_FOUND),
		 suspect = seki_scan_total(s, SEKI_SCAN_SUSPECT);

	if (found + suspect == 0)
		return 0;
	return seki_fail(err, SEKI_FORBIDDEN,
	    _("found %llu times, suspected %llu times"),
	    (unsigned long long)found, (unsigned long long)suspect);
}

int
seki_scan_place(const struct seki_scan_finding *at, struct seki_buf *b,
    struct seki_err *err)
{
	const struct seki_field *f = at->field;
	int r;

	if (at->nth == 0)
		r = seki_buf_str(b,
		    f != NULL ? _("the form")
			      : _("what the stream says beside its records"),
		    err);
	else if (at->key != NULL)
		r = seki_buf_fmt(
		    b, err, _("record %.*s"), (int)at->nkey, at->key);
	else
		r = seki_buf_fmt(b, err,
		    _("record %llu of the stream (its key is not shown)"),
		    (unsigned long long)at->nth);
	/* A name with a number in it is not shown either. */
	if (r == 0 && f != NULL && at->nth > 0)
		r = at->table == NULL
			? seki_buf_fmt(b, err, _(": field %s"), f->label)
			: seki_buf_fmt(b, err, _(": field %s of %s"), f->label,
			      at->table->label);
	if (r == 0 && at->row > 0)
		r = seki_buf_fmt(b, err, _(", row %zu"), at->row);
	if (r == 0 && at->file > 0)
		r = seki_buf_fmt(b, err, _(", attachment %zu"), at->file);
	return r;
}

void
seki_scan_free(struct seki_scan *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; s->col != NULL && i < s->schema->n; i++)
		free(s->col[i].sub);
	free(s->col);
	free(s->seen);
	seki_scan_file_free(s->file);
	seki_spool_free(s->spool);
	seki_buf_free(&s->text.points);
	seki_buf_free(&s->item);
	seki_buf_free(&s->name);
	seki_buf_free(&s->type);
	free(s);
}
