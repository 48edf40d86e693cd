#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "seki_int.h"

/* The reader of a record stream.  Every line is checked as it comes; the end
 * is believed only when its proof is that of what was read. */
struct seki_stream_in {
	struct seki_in *in;
	struct seki_schema *schema;
	struct seki_canon *canon;
	struct seki_arena arena;
	struct seki_record rec;
	struct seki_buf head; /* how a RECORD line of this stream begins */
	struct seki_buf held; /* and a HELD one */
	struct seki_buf state, bookmarks, source, rules;
	struct seki_ending ending;
	struct seki_proof stated, found;
	char *line;
	size_t nline;
	uint64_t number;
	unsigned char leaf[SEKI_SHA256];
	int done, elsewhere, part_ok;
	/* What something else reads; in has a name then, nothing else. */
	const struct seki_stream_ops *own;
	void *ctx;
	/* The line that is read already, and what came of reading it. */
	int ahead, got;
	struct seki_err why;
	/* A twin: whose lines it has, and where it is in them. */
	const struct seki_stream_in *of;
	struct seki_buf lines;
	size_t at;
	uint64_t before;
};

/* What a twin is lent at once: enough that handing it over costs nothing. */
#define LEND (2 * SEKI_CHUNK)

static int
bad(struct seki_err *err, const char *why)
{
	return seki_fail(err, SEKI_RECORD, "%s", why);
}

static int
bundle(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("seki-verify and seki-import take a bundle, seki-show shows "
	      "it"));
	return bad(err, _("a bundle or workbook, not a record stream"));
}

/* An editor puts one before the first byte; no tool of ours does. */
static int
marked(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("take the stream as the tool wrote it; an editor or a "
	      "spreadsheet changes it"));
	return bad(err, _("a byte order mark (BOM) stands before the stream"));
}

/* A CSV is soon named by mistake, and a rules table where the stream goes. */
static int
not_stream(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("give the output of seki-pull, seki-normalize or seki-export "
	      "--format stream; a CSV goes to none of these tools but as "
	      "--rules"));
	return bad(
	    err, _("not a record stream (.jsonl) but a CSV or other text"));
}

/* What comes through a pipe ends early when the tool that writes it did. */
static int
stopped(struct seki_err *err)
{
	if (err->reason == SEKI_CUT)
		seki_err_hint(err, "%s",
		    _("the tool before this one stopped: read its message, "
		      "then run the whole again"));
	return -1;
}

static int
read_schema(struct seki_stream_in *s, struct seki_err *err)
{
	int r = seki_in_line(s->in, &s->line, &s->nline, SEKI_SCHEMA_MAX, err);

	if (r == 0)
		(void)seki_fail(err, SEKI_CUT, "%s",
		    _("the input is empty: not even a SCHEMA message"));
	if (r != 1)
		return stopped(err);
	s->number = 1;
	if (s->nline >= 4 && memcmp(s->line, "PK\003\004", 4) == 0)
		return bundle(err);
	if (s->nline >= 4 && memcmp(s->line, "\xEF\xBB\xBF{", 4) == 0)
		return marked(err);
	if (s->nline == 0 || s->line[0] != '{')
		return not_stream(err);
	if ((s->schema = seki_schema_parse(s->line, s->nline, err)) == NULL ||
	    (s->canon = seki_canon_new(s->schema, err)) == NULL)
		return -1;
	if (seki_buf_fmt(&s->held, err,
		"{\"type\":\"HELD\",\"stream\":\"%s\",\"key\":",
		s->schema->stream) == -1)
		return -1;
	return seki_buf_fmt(&s->head, err,
	    "{\"type\":\"RECORD\",\"stream\":\"%s\",\"record\":{",
	    s->schema->stream);
}

static void
where(const struct seki_stream_in *s, struct seki_err *err)
{
	seki_err_line(err, s->number);
	seki_err_object(err, seki_in_name(s->in));
}

struct seki_stream_in *
seki_stream_open(struct seki_in *in, struct seki_err *err)
{
	struct seki_stream_in *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		seki_in_free(in);
		(void)seki_err_nomem(err);
		return NULL;
	}
	s->in = in;
	if (read_schema(s, err) == 0)
		return s;
	seki_err_object(err, seki_in_name(in));
	seki_stream_free(s);
	return NULL;
}

/* A message in any order of its members: where its parts are. */
struct message {
	const char *type, *stream;
	size_t ntype, nstream;
	struct seki_json record, reasons; /* the tokenizer behind the value */
	const char *nreasons;		  /* begin of reasons' text */
	const char *key;
	size_t nkey, lreasons;
	unsigned seen;
};

enum {
	M_TYPE = 1,
	M_STREAM = 2,
	M_RECORD = 4,
	M_KEY = 8,
	M_REASONS = 16,
	M_VALUE = 32
};

static int
member(struct seki_stream_in *s, struct seki_json *j, struct message *m,
    struct seki_err *err)
{
	static const struct {
		const char *name;
		unsigned bit;
		enum seki_json_tok tok;
	} known[] = {
		{ "type", M_TYPE, SEKI_J_STRING },
		{ "stream", M_STREAM, SEKI_J_STRING },
		{ "record", M_RECORD, SEKI_J_OBJECT },
		{ "key", M_KEY, SEKI_J_STRING },
		{ "reasons", M_REASONS, SEKI_J_ARRAY },
		{ "value", M_VALUE, SEKI_J_OBJECT },
	};
	enum seki_json_tok tok;
	const char *from;
	size_t i, n = sizeof(known) / sizeof(known[0]);

	for (i = 0; i < n && !seki_json_is(j, known[i].name);)
		i++;
	if (i == n)
		return bad(err, _("a message with an unknown key"));
	if ((m->seen & known[i].bit) != 0)
		return bad(err, _("a key stands twice"));
	m->seen |= known[i].bit;
	if ((tok = seki_json_next(j)) != known[i].tok)
		return j->why != NULL
			   ? seki_json_fail(j, SEKI_RECORD, "JSON", err)
			   : bad(err,
				 _("a message's member is of another kind"));
	from = j->text + seki_json_at(j);
	switch (known[i].bit) {
	case M_TYPE:
		return seki_json_text(j, &s->arena, &m->type, &m->ntype, err);
	case M_STREAM:
		return seki_json_text(
		    j, &s->arena, &m->stream, &m->nstream, err);
	case M_KEY:
		return seki_json_text(j, &s->arena, &m->key, &m->nkey, err);
	case M_RECORD:
		m->record = *j;
		break;
	default:
		break;
	}
	if (seki_json_skip(j, tok) == -1)
		return seki_json_fail(j, SEKI_RECORD, "JSON", err);
	if (known[i].bit == M_REASONS) {
		m->nreasons = from;
		m->lreasons = (size_t)(j->p - from);
	}
	return 0;
}

static int
scan(struct seki_stream_in *s, struct message *m, struct seki_err *err)
{
	struct seki_json j;
	enum seki_json_tok tok;

	memset(m, 0, sizeof(*m));
	seki_json_init(&j, s->line, s->nline);
	if ((tok = seki_json_next(&j)) != SEKI_J_OBJECT) {
		/* Broken JSON is named before JSON of another kind. */
		if (tok == SEKI_J_BAD || seki_json_skip(&j, tok) == -1)
			return seki_json_fail(&j, SEKI_RECORD, "JSON", err);
		return bad(err, _("a line is no JSON object"));
	}
	while ((tok = seki_json_next(&j)) == SEKI_J_KEY)
		if (member(s, &j, m, err) == -1)
			return -1;
	if (tok != SEKI_J_OBJECT_END || seki_json_next(&j) != SEKI_J_END)
		return seki_json_fail(&j, SEKI_RECORD, "JSON", err);
	if ((m->seen & M_TYPE) == 0)
		return bad(err, _("a message without its type"));
	return 0;
}

static int
same(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(p, word, n) == 0;
}

static int
deleted(struct seki_stream_in *s, struct seki_json *j, struct seki_err *err)
{
	struct seki_record *r = &s->rec;
	struct seki_value *v;
	enum seki_json_tok tok;
	seki_time t;

	memset(r, 0, sizeof(*r));
	r->kind = SEKI_RECORD_DELETED;
	while ((tok = seki_json_next(j)) == SEKI_J_KEY) {
		v = seki_json_is(j, "_sdc_deleted_at") ? &r->deleted
		    : seki_json_is(j, s->schema->key)  ? &r->key
						       : NULL;
		if (v == NULL || v->set || seki_json_next(j) != SEKI_J_STRING)
			return bad(err, _("a deletion holds its key and "
					  "_sdc_deleted_at, nothing else"));
		if (seki_json_text(j, &s->arena, &v->p, &v->n, err) == -1)
			return -1;
		v->set = 1;
	}
	if (tok != SEKI_J_OBJECT_END || !r->key.set ||
	    seki_time_parse(r->deleted.p != NULL ? r->deleted.p : "",
		r->deleted.n, &t) == -1)
		return bad(err, _("a deletion holds its key and "
				  "_sdc_deleted_at, nothing else"));
	return 0;
}

static int
held(struct seki_stream_in *s, const struct message *m, struct seki_err *err)
{
	struct seki_record *r = &s->rec;

	if (m->seen != (M_TYPE | M_STREAM | M_KEY | M_REASONS))
		return bad(err, _("HELD has stream, key and reasons"));
	memset(r, 0, sizeof(*r));
	r->kind = SEKI_RECORD_HELD;
	r->key.p = m->key;
	r->key.n = m->nkey;
	r->key.set = 1;
	r->reasons.p = m->nreasons;
	r->reasons.n = m->lreasons;
	r->reasons.set = 1;
	return 0;
}

static int
counts(const json_t *o, struct seki_proof *p, struct seki_err *err)
{
	const char *root = seki_doc_str(o, "root", SEKI_RECORD, "STATE", err);

	if (root == NULL ||
	    seki_doc_uint(
		o, "records", &p->records, SEKI_RECORD, "STATE", err) == -1 ||
	    seki_doc_uint(o, "held", &p->held, SEKI_RECORD, "STATE", err) ==
		-1 ||
	    seki_doc_uint(
		o, "deleted", &p->deleted, SEKI_RECORD, "STATE", err) == -1)
		return -1;
	if (seki_text_unhex(root, p->root, SEKI_SHA256) == -1)
		return bad(err, _("STATE: root is no SHA-256 in hexadecimal"));
	return 0;
}

static int
keep(struct seki_buf *b, const json_t *o, struct seki_err *err)
{
	char *text = json_dumps(o, JSON_COMPACT);
	int r = text == NULL ? seki_err_nomem(err) : seki_buf_str(b, text, err);

	free(text);
	return r;
}

/* A filter that lost a record cannot be believed, however whole its output. */
static int
made_from(
    const struct seki_stream_in *s, const json_t *done, struct seki_err *err)
{
	const struct seki_proof *p = &s->stated;
	struct seki_proof from;
	json_t *o;
	uint64_t dropped;

	if (json_object_get(done, "from") == NULL)
		return 0;
	o = seki_doc_object(done, "from", SEKI_RECORD, "STATE", err);
	if (o == NULL || counts(o, &from, err) == -1 ||
	    seki_doc_uint(o, "dropped", &dropped, SEKI_RECORD, "STATE", err) ==
		-1)
		return -1;
	if (from.records + from.held == p->records + p->held + dropped &&
	    from.deleted == p->deleted)
		return 0;
	return seki_fail(err, SEKI_CONTENT,
	    _("%llu records came in, %llu went out"),
	    (unsigned long long)(from.records + from.held),
	    (unsigned long long)(p->records + p->held + dropped));
}

static void
ending(struct seki_stream_in *s)
{
	s->ending.kind = s->stated.kind;
	s->ending.bookmarks = s->bookmarks.p;
	s->ending.source = s->source.p;
	s->ending.rules = s->rules.n > 0 ? s->rules.p : NULL;
}

int
seki_stream_kind_ok(const char *kind)
{
	return strcmp(kind, "full") == 0 || strcmp(kind, "delta") == 0 ||
	       strcmp(kind, "part") == 0;
}

/* Taken for the whole, a part would remove what is in the others. */
static int
kind_ok(const struct seki_stream_in *s, const char *kind, const json_t *done,
    struct seki_err *err)
{
	if (!seki_stream_kind_ok(kind))
		return bad(err, _("STATE: kind is neither full nor delta"));
	if (strcmp(kind, "part") == 0 && json_object_get(done, "from") != NULL)
		return bad(err, _("STATE: from in a part"));
	if (s->part_ok || strcmp(kind, "part") != 0)
		return 0;
	seki_err_hint(err, "%s",
	    _("give all parts of the bundle to one seki-import, which puts "
	      "them together"));
	return bad(err, _("STATE: only a part of a stream"));
}

static int
read_state(struct seki_stream_in *s, const json_t *root, struct seki_err *err)
{
	json_t *value =
	    seki_doc_object(root, "value", SEKI_RECORD, "STATE", err);
	json_t *marks, *done, *source;
	const char *kind, *alg, *rules;
	static const char *const in_value[] = { "bookmarks", "complete", NULL };
	static const char *const in_complete[] = { "kind", "alg", "records",
		"held", "deleted", "root", "from", "rules", "source", NULL };

	if (value == NULL || (marks = seki_doc_object(value, "bookmarks",
				  SEKI_RECORD, "STATE", err)) == NULL)
		return -1;
	if (json_object_get(value, "complete") == NULL)
		return seki_fail(err, SEKI_CUT, "%s",
		    _("STATE without a proof of completeness"));
	if ((done = seki_doc_object(
		 value, "complete", SEKI_RECORD, "STATE", err)) == NULL ||
	    (kind = seki_doc_str(done, "kind", SEKI_RECORD, "STATE", err)) ==
		NULL ||
	    (alg = seki_doc_str(done, "alg", SEKI_RECORD, "STATE", err)) ==
		NULL ||
	    (source = seki_doc_object(
		 done, "source", SEKI_RECORD, "STATE", err)) == NULL ||
	    counts(done, &s->stated, err) == -1 ||
	    seki_doc_known(value, in_value, SEKI_RECORD, "STATE", err) == -1 ||
	    seki_doc_known(done, in_complete, SEKI_RECORD, "STATE", err) ==
		-1 ||
	    made_from(s, done, err) == -1)
		return -1;
	if (strcmp(alg, "seki-root-1") != 0)
		return bad(err, _("STATE: this root is of another algorithm"));
	if (kind_ok(s, kind, done, err) == -1)
		return -1;
	(void)snprintf(s->stated.kind, sizeof(s->stated.kind), "%s", kind);
	rules = json_string_value(json_object_get(done, "rules"));
	if (keep(&s->state, value, err) == -1 ||
	    keep(&s->bookmarks, marks, err) == -1 ||
	    keep(&s->source, source, err) == -1 ||
	    seki_buf_str(&s->rules, rules == NULL ? "" : rules, err) == -1)
		return -1;
	ending(s);
	return 0;
}

static int
prove(struct seki_stream_in *s, struct seki_err *err)
{
	const struct seki_proof *a = &s->stated, *b = &s->found;

	if (seki_canon_end(s->canon, &s->found, err) == -1)
		return -1;
	memcpy(s->found.kind, a->kind, sizeof(a->kind));
	if (strcmp(a->kind, "full") == 0 && b->deleted > 0)
		return bad(err, _("a full stream has no deletions"));
	if (a->records != b->records || a->held != b->held ||
	    a->deleted != b->deleted)
		return seki_fail(err, SEKI_CONTENT,
		    _("counts differ: %llu records, %llu held, %llu deleted "
		      "stated; %llu, %llu, %llu found"),
		    (unsigned long long)a->records, (unsigned long long)a->held,
		    (unsigned long long)a->deleted,
		    (unsigned long long)b->records, (unsigned long long)b->held,
		    (unsigned long long)b->deleted);
	if (memcmp(a->root, b->root, SEKI_SHA256) != 0)
		return seki_fail(err, SEKI_CONTENT, "%s",
		    _("the content root is not the stated one: a record was "
		      "changed on the way"));
	return 0;
}

static int
finish(struct seki_stream_in *s, struct seki_err *err)
{
	json_t *root =
	    seki_doc_parse(s->line, s->nline, SEKI_RECORD, "STATE", err);
	int r;

	if (root == NULL)
		return -1;
	r = read_state(s, root, err);
	json_decref(root);
	if (r == -1 || (!s->elsewhere && prove(s, err) == -1))
		return -1;
	r = seki_in_line(s->in, &s->line, &s->nline, SEKI_RECORD_MAX, err);
	if (r == 1)
		return bad(err, _("something follows the STATE message"));
	s->done = r == 0;
	return r;
}

static int
general(struct seki_stream_in *s, struct seki_err *err)
{
	struct message m;

	if (scan(s, &m, err) == -1)
		return -1;
	if (same(m.type, m.ntype, "STATE")) {
		if (m.seen != (M_TYPE | M_VALUE))
			return bad(err, _("STATE has a value, nothing else"));
		return finish(s, err);
	}
	if ((m.seen & M_STREAM) == 0 ||
	    !same(m.stream, m.nstream, s->schema->stream))
		return bad(err, _("a message of another stream"));
	if (same(m.type, m.ntype, "HELD"))
		return held(s, &m, err) == -1 ? -1 : 1;
	if (!same(m.type, m.ntype, "RECORD"))
		return bad(err, _("a message of an unknown type"));
	if (m.seen != (M_TYPE | M_STREAM | M_RECORD))
		return bad(err, _("RECORD has stream and record"));
	if (s->schema->deletes &&
	    memmem(s->line, s->nline, "\"_sdc_deleted_at\"", 17) != NULL)
		return deleted(s, &m.record, err) == -1 ? -1 : 1;
	return seki_record_parse(
		   s->schema, &m.record, &s->arena, &s->rec, err) == -1
		   ? -1
		   : 1;
}

/* The form our writer gives a RECORD: parsed in one pass. */
static int
usual(struct seki_stream_in *s, struct seki_err *err)
{
	struct seki_json j;
	int i;

	seki_json_init(&j, s->line, s->nline);
	for (i = 0; i < 7; i++) /* {, type, RECORD, stream, NAME, record, { */
		(void)seki_json_next(&j);
	if (seki_record_parse(s->schema, &j, &s->arena, &s->rec, err) == -1)
		return -1;
	if (seki_json_next(&j) != SEKI_J_OBJECT_END ||
	    seki_json_next(&j) != SEKI_J_END)
		return j.why != NULL
			   ? seki_json_fail(&j, SEKI_RECORD, "JSON", err)
			   : bad(err, _("RECORD has stream and record"));
	return 1;
}

static int
begins(const struct seki_stream_in *s, const struct seki_buf *head)
{
	return s->nline > head->n && memcmp(s->line, head->p, head->n) == 0;
}

/* The next line of what a twin was lent. */
static int
lent(struct seki_stream_in *s)
{
	char *lf;

	if (s->at == s->lines.n)
		return 0;
	s->line = s->lines.p + s->at;
	lf = memchr(s->line, '\n', s->lines.n - s->at);
	*lf = '\0';
	s->nline = (size_t)(lf - s->line);
	s->at += s->nline + 1;
	return 1;
}

static int
next_line(struct seki_stream_in *s, struct seki_err *err)
{
	if (s->of != NULL)
		return lent(s);
	if (!s->ahead)
		return seki_in_line(
		    s->in, &s->line, &s->nline, SEKI_RECORD_MAX, err);
	s->ahead = 0;
	if (s->got == -1)
		*err = s->why;
	return s->got;
}

static int
own_next(struct seki_stream_in *s, struct seki_err *err)
{
	struct seki_buf text[SEKI_STREAM_TEXTS];
	int r = s->own->next(s->ctx, s->schema, &s->arena, &s->rec, err);

	if (r != 0)
		return r;
	s->own->proof(s->ctx, &s->stated, text);
	s->state = text[0];
	s->bookmarks = text[1];
	s->source = text[2];
	s->rules = text[3];
	ending(s);
	s->done = 1;
	return s->elsewhere ? 0 : prove(s, err);
}

static int
line_next(struct seki_stream_in *s, struct seki_err *err)
{
	int r = next_line(s, err);

	if (r == 0 && s->of != NULL)
		return 0;
	s->number++;
	if (r == 0)
		r = seki_fail(err, SEKI_CUT, "%s",
		    _("the stream ends without its proof"));
	if (r == -1)
		return stopped(err);
	return !s->schema->deletes &&
		       begins(s, s->of == NULL ? &s->head : &s->of->head)
		   ? usual(s, err)
		   : general(s, err);
}

int
seki_stream_next(
    struct seki_stream_in *s, struct seki_record **rec, struct seki_err *err)
{
	int r;

	if (s->done)
		return 0;
	seki_arena_reset(&s->arena);
	r = s->own != NULL ? own_next(s, err) : line_next(s, err);
	if (r == 1 && !s->elsewhere &&
	    seki_canon_add(s->canon, &s->rec, s->leaf, err) == -1)
		r = -1;
	if (r == -1)
		where(s, err);
	*rec = &s->rec;
	return r;
}

struct seki_stream_in *
seki_stream_new(const struct seki_stream_ops *own, void *ctx,
    struct seki_schema *schema, const char *name, struct seki_err *err)
{
	struct seki_stream_in *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)seki_err_nomem(err);
		own->free(ctx);
		seki_schema_free(schema);
		return NULL;
	}
	s->own = own;
	s->ctx = ctx;
	s->schema = schema;
	if ((s->in = seki_in_mem("", 0, name, err)) != NULL &&
	    (s->canon = seki_canon_new(schema, err)) != NULL)
		return s;
	seki_stream_free(s);
	return NULL;
}

struct seki_stream_in *
seki_stream_twin(struct seki_stream_in *of, struct seki_err *err)
{
	struct seki_stream_in *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	s->of = of;
	s->in = of->in;
	s->schema = of->schema;
	s->elsewhere = of->elsewhere;
	if ((s->canon = seki_canon_new(of->schema, err)) != NULL) {
		seki_canon_keep(s->canon);
		return s;
	}
	seki_stream_free(s);
	return NULL;
}

int
seki_stream_lend(
    struct seki_stream_in *s, struct seki_stream_in *twin, struct seki_err *err)
{
	seki_buf_reset(&twin->lines);
	twin->at = 0;
	twin->number = twin->before = s->number;
	while (!s->done && twin->lines.n < LEND) {
		if (!s->ahead) {
			seki_err_clear(&s->why);
			s->got = seki_in_line(s->in, &s->line, &s->nline,
			    SEKI_RECORD_MAX, &s->why);
			s->ahead = 1;
		}
		if (s->got != 1 ||
		    !(begins(s, &s->head) || begins(s, &s->held)))
			break;
		if (seki_buf_room(&twin->lines, s->nline + 1, err) == -1)
			return -1;
		(void)seki_buf_add(&twin->lines, s->line, s->nline, err);
		(void)seki_buf_byte(&twin->lines, '\n', err);
		s->ahead = 0;
		s->number++;
	}
	return twin->lines.n > 0;
}

int
seki_stream_back(
    struct seki_stream_in *s, struct seki_stream_in *twin, struct seki_err *err)
{
	if (s->elsewhere || seki_canon_pass(s->canon, twin->canon, err) == 0)
		return 0;
	seki_err_line(err, twin->before + 1);
	seki_err_object(err, seki_in_name(s->in));
	return -1;
}

void
seki_stream_elsewhere(struct seki_stream_in *s)
{
	s->elsewhere = 1;
}

void
seki_stream_allow_part(struct seki_stream_in *s)
{
	s->part_ok = 1;
}

struct seki_stream_in *
seki_stream_again(int fd, const char *name, struct seki_err *err)
{
	struct seki_in *in = seki_in_again(fd, name, err);

	return in == NULL ? NULL : seki_stream_open(in, err);
}

const struct seki_schema *
seki_stream_schema(const struct seki_stream_in *s)
{
	return s->schema;
}

const char *
seki_stream_line(const struct seki_stream_in *s, size_t *n)
{
	*n = s->nline;
	return s->line;
}

const unsigned char *
seki_stream_leaf(const struct seki_stream_in *s)
{
	return s->leaf;
}

const struct seki_proof *
seki_stream_proof(const struct seki_stream_in *s)
{
	return &s->found;
}

const struct seki_proof *
seki_stream_stated(const struct seki_stream_in *s)
{
	return &s->stated;
}

const struct seki_ending *
seki_stream_ending(const struct seki_stream_in *s)
{
	return &s->ending;
}

const char *
seki_stream_state(const struct seki_stream_in *s)
{
	return s->state.p;
}

void
seki_stream_free(struct seki_stream_in *s)
{
	if (s == NULL)
		return;
	if (s->own != NULL)
		s->own->free(s->ctx);
	if (s->of == NULL) {
		seki_in_free(s->in);
		seki_schema_free(s->schema);
	}
	seki_canon_free(s->canon);
	seki_arena_free(&s->arena);
	seki_buf_free(&s->lines);
	seki_buf_free(&s->held);
	seki_buf_free(&s->head);
	seki_buf_free(&s->state);
	seki_buf_free(&s->bookmarks);
	seki_buf_free(&s->source);
	seki_buf_free(&s->rules);
	free(s);
}
