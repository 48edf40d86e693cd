#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "seki_int.h"

static const char *const types[] = {
#define X(name, word) word,
	SEKI_TYPES(X)
#undef X
};

static const char *const calcs[] = { "NUMBER", "NUMBER_DIGIT", "DATETIME",
	"DATE", "TIME", "HOUR_MINUTE", "DAY_HOUR_MINUTE" };

const char *
seki_type_word(enum seki_type type)
{
	return types[type];
}

static int
find(const char *const *list, size_t n, const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(list[i]) == len && memcmp(list[i], word, len) == 0)
			return (int)i;
	return -1;
}

enum seki_type
seki_type_find(const char *word, size_t n)
{
	int i = find(types, SEKI_T_NONE, word, n);

	return i == -1 ? SEKI_T_NONE : (enum seki_type)i;
}

const char *
seki_calc_word(enum seki_calc calc)
{
	return calcs[calc];
}

int
seki_calc_find(const char *word, size_t n)
{
	return find(calcs, sizeof(calcs) / sizeof(calcs[0]), word, n);
}

static enum seki_shape
calc_shape(enum seki_calc calc)
{
	switch (calc) {
	case SEKI_C_DATETIME:
		return SEKI_S_DATETIME;
	case SEKI_C_DATE:
		return SEKI_S_DATE;
	case SEKI_C_TIME:
		return SEKI_S_TIME;
	case SEKI_C_HOUR_MINUTE:
	case SEKI_C_DAY_HOUR_MINUTE:
		return SEKI_S_DURATION;
	case SEKI_C_NUMBER:
	case SEKI_C_NUMBER_DIGIT:
	default:
		return SEKI_S_NUMBER;
	}
}

enum seki_shape
seki_field_shape(const struct seki_field *f)
{
	static const unsigned char shape[] = {
		[SEKI_T_REVISION] = SEKI_S_NUMBER,
		[SEKI_T_NUMBER] = SEKI_S_NUMBER,
		[SEKI_T_CREATOR] = SEKI_S_USERS,
		[SEKI_T_MODIFIER] = SEKI_S_USERS,
		[SEKI_T_CREATED_TIME] = SEKI_S_DATETIME,
		[SEKI_T_UPDATED_TIME] = SEKI_S_DATETIME,
		[SEKI_T_DATETIME] = SEKI_S_DATETIME,
		[SEKI_T_DATE] = SEKI_S_DATE,
		[SEKI_T_TIME] = SEKI_S_TIME,
		[SEKI_T_CHECK_BOX] = SEKI_S_CHOICES,
		[SEKI_T_MULTI_SELECT] = SEKI_S_CHOICES,
		[SEKI_T_CATEGORY] = SEKI_S_CHOICES,
		[SEKI_T_FILE] = SEKI_S_FILES,
		[SEKI_T_USER_SELECT] = SEKI_S_USERS,
		[SEKI_T_ORGANIZATION_SELECT] = SEKI_S_USERS,
		[SEKI_T_GROUP_SELECT] = SEKI_S_USERS,
		[SEKI_T_STATUS_ASSIGNEE] = SEKI_S_USERS,
		[SEKI_T_SUBTABLE] = SEKI_S_TABLE,
		[SEKI_T_NONE] = SEKI_S_TEXT, /* and all others */
	};

	return f->type == SEKI_T_CALC ? calc_shape(f->calc)
				      : (enum seki_shape)shape[f->type];
}

struct seki_schema *
seki_schema_new(const char *stream, const char *key, struct seki_err *err)
{
	struct seki_schema *s = calloc(1, sizeof(*s));

	if (s != NULL && (s->stream = strdup(stream)) != NULL &&
	    (s->key = strdup(key)) != NULL &&
	    seki_schema_source(s, "", "", "", err) == 0)
		return s;
	seki_schema_free(s);
	(void)seki_err_nomem(err);
	return NULL;
}

int
seki_schema_source(struct seki_schema *s, const char *system,
    const char *domain, const char *app, struct seki_err *err)
{
	char *a = strdup(system), *b = strdup(domain), *c = strdup(app);

	if (a == NULL || b == NULL || c == NULL) {
		free(a);
		free(b);
		free(c);
		return seki_err_nomem(err);
	}
	free(s->source.system);
	free(s->source.domain);
	free(s->source.app);
	s->source.system = a;
	s->source.domain = b;
	s->source.app = c;
	return 0;
}

static size_t
count(const struct seki_schema *s)
{
	size_t i, n = s->n;

	for (i = 0; i < s->n; i++)
		n += s->field[i].nsub;
	return n;
}

/* Codes are unique over the whole form, inner fields too (record API 3.1),
 * but rules may reuse an inner code, so each list is looked at alone. */
static int
twice(const struct seki_field *f, size_t n, const char *code)
{
	for (; n > 0; n--, f++)
		if (strcmp(f->code, code) == 0)
			return 1;
	return 0;
}

static int
as_json(struct seki_field *f, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;

	if (seki_json_quote(&b, f->code, strlen(f->code), err) == 0 &&
	    seki_buf_byte(&b, ':', err) == 0) {
		f->json = b.p;
		f->njson = b.n;
		return 0;
	}
	seki_buf_free(&b);
	return -1;
}

struct seki_field *
seki_schema_add(struct seki_schema *s, struct seki_field *parent,
    const char *code, const char *label, enum seki_type type,
    enum seki_calc calc, struct seki_err *err)
{
	struct seki_field **list = parent != NULL ? &parent->sub : &s->field;
	size_t *n = parent != NULL ? &parent->nsub : &s->n;
	struct seki_field *f;

	if (strcmp(code, "_sdc_deleted_at") == 0) {
		seki_err_field(err, code);
		(void)seki_fail(err, SEKI_RECORD, "%s",
		    _("this field code means a deletion in a stream"));
		return NULL;
	}
	if (twice(*list, *n, code) || code[0] == '\0') {
		seki_err_field(err, code);
		(void)seki_fail(err, SEKI_RECORD, "%s",
		    _("a field code is empty or stands twice in the form"));
		return NULL;
	}
	if (count(s) >= SEKI_FIELDS_MAX) {
		(void)seki_fail(err, SEKI_LIMIT, _("more than %zu fields"),
		    SEKI_FIELDS_MAX);
		return NULL;
	}
	if ((f = reallocarray(*list, *n + 1, sizeof(*f))) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	*list = f;
	f += *n;
	memset(f, 0, sizeof(*f));
	f->type = type;
	f->calc = type == SEKI_T_CALC ? calc : SEKI_C_NUMBER;
	f->code = strdup(code);
	f->label = strdup(label);
	++*n;
	if (f->code != NULL && f->label != NULL)
		return as_json(f, err) == 0 ? f : NULL;
	(void)seki_err_nomem(err);
	return NULL;
}

static int
lp(struct seki_buf *b, const char *s, struct seki_err *err)
{
	size_t n = strlen(s);
	unsigned char len[4] = { (unsigned char)(n >> 24),
		(unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	return seki_buf_add(b, len, 4, err) == -1 ||
		       seki_buf_add(b, s, n, err) == -1
		   ? -1
		   : 0;
}

static int
digest_fields(struct seki_buf *b, const struct seki_field *f, size_t n,
    struct seki_err *err)
{
	unsigned char be[4] = { 0, 0, (unsigned char)(n >> 8),
		(unsigned char)n };
	char type[64];
	size_t i;

	if (seki_buf_add(b, be, 4, err) == -1)
		return -1;
	for (i = 0; i < n; i++, f++) {
		(void)snprintf(type, sizeof(type), "%s%s%s", types[f->type],
		    f->type == SEKI_T_CALC ? ":" : "",
		    f->type == SEKI_T_CALC ? calcs[f->calc] : "");
		if (lp(b, f->code, err) == -1 || lp(b, type, err) == -1 ||
		    lp(b, f->label, err) == -1)
			return -1;
		if (f->type == SEKI_T_SUBTABLE &&
		    digest_fields(b, f->sub, f->nsub, err) == -1)
			return -1;
	}
	return 0;
}

int
seki_schema_finish(struct seki_schema *s, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_sha256 h;
	size_t i;
	int r = -1;

	s->tables = 0;
	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE)
			s->field[i].table = s->tables++;
	if (seki_schema_find(s, s->key, strlen(s->key)) == -1) {
		seki_err_field(err, s->key);
		return seki_fail(err, SEKI_RECORD, "%s",
		    _("the key is not among the fields"));
	}
	if (seki_sha256_init(&h, err) == -1)
		return -1;
	seki_sha256_restart(&h);
	if (seki_buf_add(&b, "\x04\0\0\0\1", 5, err) == 0 &&
	    lp(&b, s->key, err) == 0 &&
	    digest_fields(&b, s->field, s->n, err) == 0) {
		seki_sha256_add(&h, b.p, b.n);
		seki_sha256_end(&h, s->digest);
		r = 0;
	}
	seki_sha256_free(&h);
	seki_buf_free(&b);
	return r;
}

int
seki_schema_find(const struct seki_schema *s, const char *code, size_t n)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strncmp(s->field[i].code, code, n) == 0 &&
		    s->field[i].code[n] == '\0')
			return (int)i;
	return -1;
}

const struct seki_field *
seki_schema_table(const struct seki_schema *s, size_t table)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->field[i].type == SEKI_T_SUBTABLE &&
		    s->field[i].table == table)
			return &s->field[i];
	return NULL;
}

static int
copy_fields(struct seki_schema *to, struct seki_field *parent,
    const struct seki_field *f, size_t n, struct seki_err *err)
{
	struct seki_field *made;
	size_t i;

	for (i = 0; i < n; i++, f++) {
		made = seki_schema_add(
		    to, parent, f->code, f->label, f->type, f->calc, err);
		if (made == NULL ||
		    copy_fields(to, made, f->sub, f->nsub, err) == -1)
			return -1;
	}
	return 0;
}

struct seki_schema *
seki_schema_copy(const struct seki_schema *s, struct seki_err *err)
{
	struct seki_schema *c = seki_schema_new(s->stream, s->key, err);

	if (c != NULL &&
	    seki_schema_source(c, s->source.system, s->source.domain,
		s->source.app, err) == 0 &&
	    copy_fields(c, NULL, s->field, s->n, err) == 0 &&
	    seki_schema_finish(c, err) == 0) {
		c->deletes = s->deletes;
		c->steps = json_incref(s->steps);
		c->source.files = json_incref(s->source.files);
		return c;
	}
	seki_schema_free(c);
	return NULL;
}

int
seki_schema_label(const struct seki_schema *s, const struct seki_field *parent,
    size_t index, struct seki_buf *b, struct seki_err *err)
{
	const struct seki_field *f = parent != NULL ? parent->sub : s->field;
	size_t i, before = 1;

	for (i = 0; i < index; i++)
		before += strcmp(f[i].label, f[index].label) == 0;
	if (seki_buf_str(b, f[index].label, err) == -1)
		return -1;
	return before > 1 ? seki_buf_fmt(b, err, "（%zu）", before) : 0;
}

static void
free_fields(struct seki_field *f, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(f[i].code);
		free(f[i].label);
		free(f[i].json);
		free_fields(f[i].sub, f[i].nsub);
	}
	free(f);
}

void
seki_schema_free(struct seki_schema *s)
{
	if (s == NULL)
		return;
	free(s->stream);
	free(s->key);
	free(s->source.system);
	free(s->source.domain);
	free(s->source.app);
	free_fields(s->field, s->n);
	json_decref(s->source.files);
	json_decref(s->steps);
	json_decref(s->normal);
	free(s);
}
