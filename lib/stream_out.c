#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "seki_int.h"

/* The writer of a record stream: the proof is worked out while it writes. */
struct seki_stream_out {
	struct seki_out *out;
	const struct seki_schema *schema;
	struct seki_canon *canon;
	struct seki_buf head, line;
};

static int
record_head(
    const struct seki_schema *s, struct seki_buf *b, struct seki_err *err)
{
	return seki_buf_fmt(b, err,
	    "{\"type\":\"RECORD\",\"stream\":\"%s\",\"record\":", s->stream);
}

struct seki_stream_out *
seki_stream_create(struct seki_out *out, const struct seki_schema *schema,
    struct seki_err *err)
{
	struct seki_stream_out *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	w->out = out;
	w->schema = schema;
	if ((w->canon = seki_canon_new(schema, err)) != NULL &&
	    record_head(schema, &w->head, err) == 0 &&
	    seki_schema_format(schema, &w->line, err) == 0 &&
	    seki_buf_byte(&w->line, '\n', err) == 0 &&
	    seki_out_write(out, w->line.p, w->line.n, err) == 0)
		return w;
	seki_stream_abort(w);
	return NULL;
}

static int
held(const struct seki_schema *s, const struct seki_record *rec,
    struct seki_buf *b, struct seki_err *err)
{
	if (seki_buf_fmt(b, err,
		"{\"type\":\"HELD\",\"stream\":\"%s\",\"key\":", s->stream) ==
		-1 ||
	    seki_json_quote(b, rec->key.p, rec->key.n, err) == -1 ||
	    seki_buf_str(b, ",\"reasons\":", err) == -1)
		return -1;
	return seki_buf_add(b, rec->reasons.p, rec->reasons.n, err);
}

/* Append the record's line; head is how one of this stream begins. */
static int
line(const struct seki_schema *s, const struct seki_buf *head,
    const struct seki_record *rec, struct seki_buf *b, struct seki_err *err)
{
	size_t from = b->n;

	if ((rec->kind == SEKI_RECORD_HELD ? held(s, rec, b, err)
		: seki_buf_add(b, head->p, head->n, err) == -1
		    ? -1
		    : seki_record_format(s, rec, b, err)) == -1 ||
	    seki_buf_add(b, "}\n", 2, err) == -1)
		return -1;
	if (b->n - from <= SEKI_RECORD_MAX)
		return 0;
	seki_err_record(err, rec->key.p, rec->key.n);
	return seki_fail(err, SEKI_LIMIT,
	    _("a record is longer than %zu bytes"), SEKI_RECORD_MAX);
}

int
seki_stream_put(struct seki_stream_out *w, const struct seki_record *rec,
    struct seki_err *err)
{
	seki_buf_reset(&w->line);
	if (seki_canon_add(w->canon, rec, NULL, err) == -1 ||
	    line(w->schema, &w->head, rec, &w->line, err) == -1)
		return -1;
	return seki_out_write(w->out, w->line.p, w->line.n, err);
}

struct seki_stream_part {
	const struct seki_schema *schema;
	struct seki_canon *canon;
	struct seki_buf head, lines;
};

struct seki_stream_part *
seki_stream_part_new(const struct seki_schema *schema, struct seki_err *err)
{
	struct seki_stream_part *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	p->schema = schema;
	if ((p->canon = seki_canon_new(schema, err)) == NULL ||
	    record_head(schema, &p->head, err) == -1) {
		seki_stream_part_free(p);
		return NULL;
	}
	seki_canon_keep(p->canon);
	return p;
}

int
seki_stream_part_put(struct seki_stream_part *p, const struct seki_record *rec,
    struct seki_err *err)
{
	if (seki_canon_add(p->canon, rec, NULL, err) == -1)
		return -1;
	return line(p->schema, &p->head, rec, &p->lines, err);
}

int
seki_stream_join(
    struct seki_stream_out *w, struct seki_stream_part *p, struct seki_err *err)
{
	if (seki_canon_pass(w->canon, p->canon, err) == -1 ||
	    (p->lines.n > 0 &&
		seki_out_write(w->out, p->lines.p, p->lines.n, err) == -1))
		return -1;
	seki_buf_reset(&p->lines);
	return 0;
}

void
seki_stream_part_free(struct seki_stream_part *p)
{
	if (p == NULL)
		return;
	seki_canon_free(p->canon);
	seki_buf_free(&p->head);
	seki_buf_free(&p->lines);
	free(p);
}

static int
counts(struct seki_buf *b, const struct seki_proof *p, struct seki_err *err)
{
	char hex[SEKI_HEX];

	seki_text_hex(p->root, SEKI_SHA256, hex);
	return seki_buf_fmt(b, err,
	    "\"records\":%llu,\"held\":%llu,\"deleted\":%llu,\"root\":\"%s\"",
	    (unsigned long long)p->records, (unsigned long long)p->held,
	    (unsigned long long)p->deleted, hex);
}

static int
state(struct seki_stream_out *w, const struct seki_ending *end,
    const struct seki_proof *from, uint64_t dropped, const struct seki_proof *p,
    struct seki_err *err)
{
	struct seki_buf *b = &w->line;

	seki_buf_reset(b);
	if (seki_buf_fmt(b, err,
		"{\"type\":\"STATE\",\"value\":{\"bookmarks\":%s,"
		"\"complete\":{\"kind\":\"%s\",\"alg\":\"seki-root-1\",",
		end->bookmarks == NULL ? "{}" : end->bookmarks,
		end->kind) == -1 ||
	    counts(b, p, err) == -1)
		return -1;
	if (from != NULL && (seki_buf_str(b, ",\"from\":{", err) == -1 ||
				counts(b, from, err) == -1 ||
				seki_buf_fmt(b, err, ",\"dropped\":%llu}",
				    (unsigned long long)dropped) == -1))
		return -1;
	if (end->rules != NULL &&
	    seki_buf_fmt(b, err, ",\"rules\":\"%s\"", end->rules) == -1)
		return -1;
	return seki_buf_fmt(b, err, ",\"source\":%s}}}\n",
	    end->source == NULL ? "{}" : end->source);
}

int
seki_stream_end(struct seki_stream_out *w, const struct seki_ending *end,
    const struct seki_proof *from, uint64_t dropped, struct seki_proof *proof,
    struct seki_err *err)
{
	struct seki_proof p;

	memset(&p, 0, sizeof(p));
	if (seki_canon_end(w->canon, &p, err) == -1)
		return -1;
	(void)snprintf(p.kind, sizeof(p.kind), "%s", end->kind);
	if (from != NULL &&
	    (from->records + from->held != p.records + p.held + dropped ||
		from->deleted != p.deleted))
		return seki_fail(err, SEKI_BUG,
		    _("%llu records came in, %llu went out"),
		    (unsigned long long)(from->records + from->held),
		    (unsigned long long)(p.records + p.held + dropped));
	if (state(w, end, from, dropped, &p, err) == -1)
		return -1;
	if (w->line.n > SEKI_RECORD_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("the bookmarks are longer than %zu bytes"),
		    SEKI_RECORD_MAX);
	if (proof != NULL)
		*proof = p;
	return seki_out_write(w->out, w->line.p, w->line.n, err);
}

void
seki_stream_abort(struct seki_stream_out *w)
{
	if (w == NULL)
		return;
	seki_canon_free(w->canon);
	seki_buf_free(&w->head);
	seki_buf_free(&w->line);
	free(w);
}
